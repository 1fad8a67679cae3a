//! Hazards as they are stored and sent.

use crate::{
    attachments::model::{LinkedPhoto, LinkedPhotos},
    ids::{CommunityId, HazardId, HouseholdId, UserId, VisitId},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What kind of thing is unsafe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::HazardKind")]
pub enum HazardKind {
    /// 气
    Gas,
    /// 电
    Electric,
    /// 火
    Fire,
    /// 水
    Water,
    /// 居
    Dwelling,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::HazardSeverity")]
pub enum HazardSeverity {
    /// 建议: no deadline.
    Advice,
    /// 一般
    General,
    /// 重大: handled before leaving.
    Major,
}

impl HazardSeverity {
    /// Until when it must be mended, from an instant on; never for advice.
    pub fn due(self, from: DateTime<Utc>, general_days: i64, major_days: i64) -> Option<DateTime<Utc>> {
        match self {
            Self::Advice => None,
            Self::General => Some(from + Duration::days(general_days)),
            Self::Major => Some(from + Duration::days(major_days)),
        }
    }
}

/// Where a hazard stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::HazardStatus")]
pub enum HazardStatus {
    /// Unsafe.
    Open,
    /// A later visit found it safe.
    Cleared,
    /// The visit that found it was corrected and names it no longer.
    Withdrawn,
}

/// Something unsafe.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct Hazard {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: HazardId,
    /// Where.
    #[diesel(sql_type = ty::Uuid)]
    pub household_id: HouseholdId,
    /// In which compound.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// What kind.
    #[diesel(sql_type = crate::schema::sql_types::HazardKind)]
    pub kind: HazardKind,
    /// How bad.
    #[diesel(sql_type = crate::schema::sql_types::HazardSeverity)]
    pub severity: HazardSeverity,
    /// At which check point.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "hose")]
    pub check_point: String,
    /// What was seen.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "软管龟裂")]
    pub description: String,
    /// What was done before leaving.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "已关阀通风，联系燃气公司")]
    pub measure: String,
    /// Where it stands.
    #[diesel(sql_type = crate::schema::sql_types::HazardStatus)]
    pub status: HazardStatus,
    /// The visit, or the version of it, that found it.
    #[diesel(sql_type = ty::Uuid)]
    pub found_visit_id: VisitId,
    /// Who found it.
    #[diesel(sql_type = ty::Uuid)]
    pub found_by: UserId,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub found_at: DateTime<Utc>,
    /// Until when it must be mended; none for advice.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub due_at: Option<DateTime<Utc>>,
    /// It is open and its deadline is over.
    #[diesel(sql_type = ty::Bool)]
    pub overdue: bool,
    /// Being late was raised.
    #[diesel(sql_type = ty::Bool)]
    pub escalated: bool,
    /// When.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub escalated_at: Option<DateTime<Utc>>,
    /// The cleared hazard of the same check point that has come back.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub previous_id: Option<HazardId>,
    /// The visit that found it safe.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub cleared_visit_id: Option<VisitId>,
    /// When.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub cleared_at: Option<DateTime<Utc>>,
    /// The corrected version of the visit, which names it no longer.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub withdrawn_visit_id: Option<VisitId>,
    /// Photos of it.
    #[diesel(sql_type = ty::Jsonb)]
    #[schema(value_type = Vec<LinkedPhoto>)]
    pub photos: LinkedPhotos,
    /// Counts the changes; the ETag.
    #[diesel(sql_type = ty::Integer)]
    pub version: i32,
    /// What the list is sorted by: open first, then the worst.
    #[diesel(sql_type = ty::Integer)]
    #[serde(skip)]
    pub rank: i32,
    /// Then by the deadline; far away where there is none.
    #[diesel(sql_type = ty::Timestamptz)]
    #[serde(skip)]
    pub soonest: DateTime<Utc>,
}

/// A hazard and what was found at the same check point of the same dwelling before and after.
#[derive(Debug, Serialize, ToSchema)]
pub struct HazardDetail {
    /// The hazard.
    #[serde(flatten)]
    pub hazard: Hazard,
    /// Every finding at this check point, itself among them, the earliest first; at most 50.
    pub history: Vec<HazardFinding>,
}

/// One finding in a check point's history.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct HazardFinding {
    /// The hazard.
    #[diesel(sql_type = ty::Uuid)]
    pub id: HazardId,
    /// How bad it was.
    #[diesel(sql_type = crate::schema::sql_types::HazardSeverity)]
    pub severity: HazardSeverity,
    /// Where it stands.
    #[diesel(sql_type = crate::schema::sql_types::HazardStatus)]
    pub status: HazardStatus,
    /// When it was found.
    #[diesel(sql_type = ty::Timestamptz)]
    pub found_at: DateTime<Utc>,
    /// When it was found safe.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub cleared_at: Option<DateTime<Utc>>,
    /// The cleared finding that came back with it.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub previous_id: Option<HazardId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_the_sooner_and_advice_never() {
        let from = DateTime::UNIX_EPOCH;
        let due = |severity: HazardSeverity| severity.due(from, 30, 7);
        assert_eq!(due(HazardSeverity::Advice), None);
        assert!(due(HazardSeverity::Major) < due(HazardSeverity::General));
    }
}
