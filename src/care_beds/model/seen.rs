//! Beds as they stand.

use super::{
    CareBedEvent, CareBedFinding, CareBedKind, CareBedState, CareBedStatus, EndReason, SuspendReason,
};
use crate::{
    attachments::model::{LinkedPhoto, LinkedPhotos},
    error::Problem,
    ids::{
        AssessmentId, AttachmentId, BedAgreementId, CareBedId, CommunityId, ElderId, HouseholdId, ItemId,
        OrganisationId, UserId,
    },
    tx::Stamp,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Under what an elder's wish is sealed.
pub(in crate::care_beds) const WISH: &str = "care_beds.wish";

/// A bed. A provider reads who the elder is and where they live only while it builds or serves; what led to the bed never.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct CareBed {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: CareBedId,
    /// What it is.
    #[diesel(sql_type = crate::schema::sql_types::CareBedKind)]
    pub kind: CareBedKind,
    /// For whom.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub elder_id: Option<ElderId>,
    /// Their name.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    #[schema(example = "张淑英")]
    pub elder_name: Option<String>,
    /// Where.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub household_id: Option<HouseholdId>,
    /// The address.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    #[schema(example = "西苑小区 3 2 502")]
    pub address: Option<String>,
    /// In which compound.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// Where it stands.
    #[diesel(sql_type = crate::schema::sql_types::CareBedStatus)]
    pub status: CareBedStatus,
    /// What is asked for, in the elder's words.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub wish: Option<String>,
    /// Who applied.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub applied_by: Option<UserId>,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub applied_at: DateTime<Utc>,
    /// The ability assessment that goes with it.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub assessment_id: Option<AssessmentId>,
    /// Its level.
    #[diesel(sql_type = ty::Nullable<ty::SmallInt>)]
    pub level: Option<i16>,
    /// Who builds and serves.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub organisation_id: Option<OrganisationId>,
    /// What the plan costs, in fen.
    #[diesel(sql_type = ty::Nullable<ty::BigInt>)]
    pub cost_fen: Option<i64>,
    /// Who built it in.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub installed_by: Option<UserId>,
    /// When, the device's clock put right.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub installed_at: Option<DateTime<Utc>>,
    /// Who accepted it.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub accepted_by: Option<UserId>,
    /// When.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub accepted_at: Option<DateTime<Utc>>,
    /// When service began.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub started_at: Option<DateTime<Utc>>,
    /// Why it is not served at present.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    #[schema(example = "in_hospital")]
    pub suspended_for: Option<String>,
    /// Why it is over.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    #[schema(example = "moved")]
    pub ended_for: Option<String>,
    /// When it ended.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub ended_at: Option<DateTime<Utc>>,
    /// Findings that are not cleared yet.
    #[diesel(sql_type = ty::BigInt)]
    pub open_findings: i64,
    /// Counts its events; the ETag.
    #[diesel(sql_type = ty::Integer)]
    pub version: i32,
}

impl CareBed {
    /// Whose it is is kept from this reader, and so is what tells of them: see [`CareBed`].
    pub(in crate::care_beds) fn is_hidden(&self) -> bool {
        self.elder_id.is_none()
    }

    /// The row with its sealed words opened.
    ///
    /// # Errors
    /// A fault of ours when they were altered or their key is not in the ring.
    pub(in crate::care_beds) fn opened(mut self, stamp: &Stamp) -> Result<Self, Problem> {
        self.wish = self.wish.map(|words| stamp.open(WISH, &words)).transpose()?;
        Ok(self)
    }

    /// What its events have made of it, read from its row by somebody who may see all of it.
    ///
    /// # Errors
    /// A fault of ours when the row holds a reason that is none.
    pub(in crate::care_beds) fn state(&self) -> Result<CareBedState, Problem> {
        let suspended: Option<SuspendReason> = reason(self.suspended_for.as_deref())?;
        let ended: Option<EndReason> = reason(self.ended_for.as_deref())?;
        Ok(CareBedState {
            kind: self.kind,
            status: self.status,
            assessment_id: self.assessment_id,
            organisation_id: self.organisation_id,
            cost_fen: self.cost_fen,
            installed: self.installed_by.zip(self.installed_at),
            accepted: self.accepted_by.zip(self.accepted_at),
            started_at: self.started_at,
            suspended_for: suspended,
            ended: ended.zip(self.ended_at),
        })
    }
}

fn reason<T: serde::de::DeserializeOwned>(text: Option<&str>) -> Result<Option<T>, Problem> {
    text.map(|text| serde_json::from_value(text.into()).map_err(Problem::internal))
        .transpose()
}

/// What is built in.
#[derive(Debug, Clone, PartialEq, QueryableByName, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CareBedPlanLine)]
pub struct PlanLine {
    /// Which measure of the list.
    #[diesel(sql_type = ty::Text)]
    #[garde(length(min = 1, max = 40))]
    #[schema(example = "handrail")]
    pub measure_code: String,
    /// How many.
    #[diesel(sql_type = ty::SmallInt)]
    #[garde(range(min = 1, max = 100))]
    pub quantity: i16,
    /// What all of them cost together, in fen.
    #[diesel(sql_type = ty::BigInt)]
    #[garde(range(min = 0, max = 10_000_000))]
    #[schema(example = 48_000)]
    pub cost_fen: i64,
}

/// How often and how long an item of the menu is given in a month.
#[derive(Debug, Clone, PartialEq, QueryableByName, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CareBedQuota)]
pub struct Quota {
    /// Which item.
    #[diesel(sql_type = ty::Uuid)]
    #[garde(skip)]
    pub item_id: ItemId,
    /// So many times.
    #[diesel(sql_type = ty::SmallInt)]
    #[garde(range(min = 1, max = 1000))]
    #[schema(example = 8)]
    pub times: i16,
    /// So many minutes altogether.
    #[diesel(sql_type = ty::Integer)]
    #[garde(range(min = 1, max = 45_000))]
    #[schema(example = 480)]
    pub minutes: i32,
}

/// What elder and provider signed.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct CareBedAgreement {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: BedAgreementId,
    /// First day on which it holds.
    #[diesel(sql_type = ty::Date)]
    pub starts_on: NaiveDate,
    /// Last day.
    #[diesel(sql_type = ty::Date)]
    pub ends_on: NaiveDate,
    /// Who signed for the elder.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "张淑英")]
    pub signed_by: String,
    /// When.
    #[diesel(sql_type = ty::Date)]
    pub signed_on: NaiveDate,
    /// A photo of it.
    #[diesel(sql_type = ty::Uuid)]
    pub attachment_id: AttachmentId,
}

/// A bed with what belongs to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CareBedFile {
    /// The bed.
    #[serde(flatten)]
    pub bed: CareBed,
    /// What the plan builds in.
    pub plan: Vec<PlanLine>,
    /// Agreements, the latest first; at most 50.
    pub agreements: Vec<CareBedAgreement>,
    /// This month's quotas.
    pub quotas: Vec<Quota>,
    /// Findings, the latest first; at most 100.
    pub findings: Vec<CareBedFinding>,
    /// Photos of it.
    #[schema(value_type = Vec<LinkedPhoto>)]
    pub photos: LinkedPhotos,
}

/// What happened to a bed, when.
#[derive(Debug, Serialize, ToSchema)]
pub struct CareBedEventLine {
    /// Its place in the sequence.
    pub seq: i16,
    /// The state before; none for the first.
    pub from_status: Option<CareBedStatus>,
    /// The state after.
    pub to_status: CareBedStatus,
    /// What happened.
    #[schema(value_type = Object, example = json!({ "event": "endorsed" }))]
    pub event: CareBedEvent,
    /// Why, or what there was to say.
    pub reason: String,
    /// Who did it; none where it followed the elder's status.
    pub actor_id: Option<UserId>,
    /// When, on the device, its clock put right.
    pub device_at: DateTime<Utc>,
    /// When the server received it.
    pub received_at: DateTime<Utc>,
}

/// Whether a measure changes the home or is a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::CareBedMeasureKind")]
pub enum CareBedMeasureKind {
    /// 适老化改造
    Adaptation,
    /// 智能设备
    Device,
}

/// What can be built in.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct CareBedMeasure {
    /// Its stable code.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "handrail")]
    pub code: String,
    /// Which kind.
    #[diesel(sql_type = crate::schema::sql_types::CareBedMeasureKind)]
    pub kind: CareBedMeasureKind,
    /// Its Chinese name.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "扶手")]
    pub name_zh: String,
    /// Its English name.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "handrail")]
    pub name_en: String,
    /// First day on which no new plan may name it.
    #[diesel(sql_type = ty::Nullable<ty::Date>)]
    pub withdrawn_on: Option<NaiveDate>,
}

/// What of an item's quota was used in a month.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
#[schema(as = CareBedItemUsage)]
pub struct ItemUsage {
    /// Which item.
    #[diesel(sql_type = ty::Uuid)]
    pub item_id: ItemId,
    /// Its code.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "cleaning")]
    pub item_code: String,
    /// How often it is planned.
    #[diesel(sql_type = ty::SmallInt)]
    pub times: i16,
    /// How often it was given.
    #[diesel(sql_type = ty::BigInt)]
    pub times_used: i64,
    /// How many minutes are planned.
    #[diesel(sql_type = ty::Integer)]
    pub minutes: i32,
    /// How many were given, from arrival to completion.
    #[diesel(sql_type = ty::BigInt)]
    pub minutes_used: i64,
    /// More was given than planned, in times or in minutes.
    #[diesel(sql_type = ty::Bool)]
    pub over: bool,
}

/// What of a bed's service plan was used in a month.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CareBedMonthUsage)]
pub struct MonthUsage {
    /// Which month.
    #[schema(example = "2024-01")]
    pub month: String,
    /// Each item of the plan that holds in it; none without a plan.
    pub items: Vec<ItemUsage>,
}
