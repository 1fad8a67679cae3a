//! Visits as they stand in the log.

use super::{CheckResult, Checks, Diet, Mood, PhysicalCondition, VisitOutcome, VisitPosition, VisitPurpose};
use crate::{
    attachments::model::{LinkedPhoto, LinkedPhotos},
    hazards::model::{HazardKind, HazardSeverity, HazardStatus},
    ids::{CommunityId, ElderId, HazardId, HouseholdId, ItemId, NeedId, PolicyId, UserId, VisitId},
    needs::model::NeedStatus,
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use serde::Serialize;
use utoipa::ToSchema;

/// A visit as it stands in the log.
#[derive(Debug, Clone, PartialEq, QueryableByName, Serialize, ToSchema)]
pub struct Visit {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: VisitId,
    /// The first version's id: the visit over all its corrections.
    #[diesel(sql_type = ty::Uuid)]
    pub root_id: VisitId,
    /// Where.
    #[diesel(sql_type = ty::Uuid)]
    pub household_id: HouseholdId,
    /// In which compound.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// Who visited.
    #[diesel(sql_type = ty::Uuid)]
    pub steward_id: UserId,
    /// What for.
    #[diesel(sql_type = ty::Array<crate::schema::sql_types::VisitPurpose>)]
    pub purposes: Vec<VisitPurpose>,
    /// How it went.
    #[diesel(sql_type = crate::schema::sql_types::VisitOutcome)]
    pub outcome: VisitOutcome,
    /// Check-in, the device's clock put right.
    #[diesel(sql_type = ty::Timestamptz)]
    pub started_at: DateTime<Utc>,
    /// Check-out, the device's clock put right.
    #[diesel(sql_type = ty::Timestamptz)]
    pub ended_at: DateTime<Utc>,
    /// When the server received it.
    #[diesel(sql_type = ty::Timestamptz)]
    pub received_at: DateTime<Utc>,
    /// 气, on a safety visit.
    #[diesel(sql_type = ty::Nullable<crate::schema::sql_types::CheckResult>)]
    pub gas: Option<CheckResult>,
    /// 电
    #[diesel(sql_type = ty::Nullable<crate::schema::sql_types::CheckResult>)]
    pub electric: Option<CheckResult>,
    /// 火
    #[diesel(sql_type = ty::Nullable<crate::schema::sql_types::CheckResult>)]
    pub fire: Option<CheckResult>,
    /// 水
    #[diesel(sql_type = ty::Nullable<crate::schema::sql_types::CheckResult>)]
    pub water: Option<CheckResult>,
    /// Who was met.
    #[diesel(sql_type = ty::Array<ty::Uuid>)]
    pub elders_met: Vec<ElderId>,
    /// 1 for the first version.
    #[diesel(sql_type = ty::SmallInt)]
    pub revision: i16,
    /// Why it was corrected; none for the first version.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub correction_reason: Option<String>,
    /// When a correction took its place; none for the version that counts.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub superseded_at: Option<DateTime<Utc>>,
    /// What was asked for, over all versions.
    #[diesel(sql_type = ty::Array<ty::Uuid>)]
    pub needs: Vec<NeedId>,
    /// What was found unsafe, over all versions, without what was withdrawn.
    #[diesel(sql_type = ty::Array<ty::Uuid>)]
    pub hazards: Vec<HazardId>,
    /// Photos of this version.
    #[diesel(sql_type = ty::Jsonb)]
    #[schema(value_type = Vec<LinkedPhoto>)]
    pub photos: LinkedPhotos,
    /// What was sent, hashed.
    #[diesel(sql_type = ty::Nullable<ty::Binary>)]
    #[serde(skip)]
    pub content_hash: Option<Vec<u8>>,
}

/// A visit with everything that was said.
#[derive(Serialize, ToSchema)]
pub struct VisitDetail {
    /// The visit.
    #[serde(flatten)]
    pub visit: Visit,
    /// Where the steward stood.
    pub position: VisitPosition,
    /// Degrees north, WGS 84.
    pub latitude: Option<f64>,
    /// Degrees east, WGS 84.
    pub longitude: Option<f64>,
    /// Radius in metres within which it was.
    pub accuracy_m: Option<f32>,
    /// Milliseconds that the device's clock was ahead of the server's.
    pub device_offset_ms: i64,
    /// Version of the form it was entered on.
    pub form_version: i16,
    /// The four checks with their points and reasons.
    pub checks: Option<Checks>,
    /// Each elder who was met.
    pub elders: Vec<ElderSeen>,
    /// What else there was to say; not for the duty desk.
    pub note: Option<String>,
    /// What was asked for.
    pub needs_collected: Vec<NeedSeen>,
    /// Which policies were explained.
    pub policies_explained: Vec<PolicySeen>,
    /// What was found unsafe.
    pub hazards_found: Vec<HazardSeen>,
    /// Hazards of earlier visits that this version found safe.
    pub cleared: Vec<HazardId>,
    /// Hazards of earlier visits that this version, the latest to look, found still unsafe.
    pub still_unsafe: Vec<HazardId>,
}

/// How an elder was.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct ElderSeen {
    /// Who.
    #[diesel(sql_type = ty::Uuid)]
    pub elder_id: ElderId,
    /// Physical condition.
    #[diesel(sql_type = crate::schema::sql_types::PhysicalCondition)]
    pub condition: PhysicalCondition,
    /// Daily diet.
    #[diesel(sql_type = crate::schema::sql_types::Diet)]
    pub diet: Diet,
    /// Mood.
    #[diesel(sql_type = crate::schema::sql_types::Mood)]
    pub mood: Mood,
    /// What else there was to say; not for the duty desk.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub note: Option<String>,
}

/// A need that a visit collected, as it stands now.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct NeedSeen {
    /// The need.
    #[diesel(sql_type = ty::Uuid)]
    pub id: NeedId,
    /// Who asked.
    #[diesel(sql_type = ty::Uuid)]
    pub elder_id: ElderId,
    /// For which item of the menu.
    #[diesel(sql_type = ty::Uuid)]
    pub item_id: ItemId,
    /// In the elder's words.
    #[diesel(sql_type = ty::Text)]
    pub description: String,
    /// Where it stands.
    #[diesel(sql_type = crate::schema::sql_types::NeedStatus)]
    pub status: NeedStatus,
    /// How it was solved, or why it was withdrawn.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub resolution: Option<String>,
}

/// A policy that was explained on a visit.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct PolicySeen {
    /// Which policy.
    #[diesel(sql_type = ty::Uuid)]
    pub policy_id: PolicyId,
    /// Its version in force on the day of the visit.
    #[diesel(sql_type = ty::Integer)]
    pub policy_version: i32,
    /// Its Chinese title.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "高龄津贴")]
    pub title_zh: String,
    /// To whom.
    #[diesel(sql_type = ty::Uuid)]
    pub elder_id: ElderId,
}

/// A hazard that a visit found, as it stands now.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct HazardSeen {
    /// The hazard.
    #[diesel(sql_type = ty::Uuid)]
    pub id: HazardId,
    /// What kind.
    #[diesel(sql_type = crate::schema::sql_types::HazardKind)]
    pub kind: HazardKind,
    /// How bad.
    #[diesel(sql_type = crate::schema::sql_types::HazardSeverity)]
    pub severity: HazardSeverity,
    /// At which check point.
    #[diesel(sql_type = ty::Text)]
    pub check_point: String,
    /// What was seen.
    #[diesel(sql_type = ty::Text)]
    pub description: String,
    /// What was done before leaving.
    #[diesel(sql_type = ty::Text)]
    pub measure: String,
    /// Where it stands.
    #[diesel(sql_type = crate::schema::sql_types::HazardStatus)]
    pub status: HazardStatus,
}
