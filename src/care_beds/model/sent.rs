//! Bodies of the operations on beds.

use super::{CareBedKind, EndReason, PlanLine, Quota, SuspendReason};
use crate::{
    calendar::Month,
    clock::put_right,
    ids::{AssessmentId, AttachmentId, CareBedId, ElderId, OrganisationId},
};
use chrono::{DateTime, NaiveDate, Utc};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

/// An application.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCareBed {
    /// Made by the phone; the same id is the same application.
    #[garde(skip)]
    pub id: CareBedId,
    /// What is asked for.
    #[garde(skip)]
    pub kind: CareBedKind,
    /// For whom.
    #[garde(skip)]
    pub elder_id: ElderId,
    /// In the elder's words.
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    #[schema(example = "起身困难，想装扶手和呼叫器")]
    pub wish: String,
}

/// What an officer decides on an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// For it: the subdistrict endorses, the county approves.
    Approve,
    /// Back, for completion.
    Return,
    /// No.
    Refuse,
}

/// A decision.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    /// Which.
    #[garde(skip)]
    pub decision: Decision,
    /// Why; needed unless it is for it.
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    #[schema(example = "缺少身份证明")]
    pub reason: String,
}

/// What there is to say.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// In a sentence.
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    #[schema(example = "已补交证明")]
    pub note: String,
}

/// The assessment that goes with a bed.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CareBedLink {
    /// An assessment of the elder that stands.
    #[garde(skip)]
    pub assessment_id: AssessmentId,
}

/// What is built in, by whom.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlan {
    /// A provider of the library, who builds and serves.
    #[garde(skip)]
    pub organisation_id: OrganisationId,
    /// What is built in.
    #[garde(length(min = 1, max = 40), dive)]
    pub lines: Vec<PlanLine>,
}

/// That everything is built in.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Installation {
    /// When, by the device's clock.
    #[garde(skip)]
    pub installed_at: DateTime<Utc>,
    /// The device's clock when it sent this.
    #[garde(skip)]
    pub device_now: DateTime<Utc>,
    /// Photos that the provider has uploaded.
    #[garde(length(min = 1, max = 20))]
    pub photos: Vec<AttachmentId>,
    /// What there is to say.
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    #[schema(example = "扶手两处，呼叫器已联网")]
    pub note: String,
}

impl Installation {
    /// When it was, the device's clock put right; none when it lies ahead.
    pub fn at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        put_right(self.installed_at, self.device_now, now)
    }
}

/// Whether what was built in is accepted.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// It is.
    #[garde(skip)]
    pub passed: bool,
    /// What was found; needed where it is not.
    #[garde(length(chars, max = 1000))]
    #[serde(default)]
    #[schema(example = "卫生间扶手松动")]
    pub findings: String,
}

/// An agreement.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAgreement {
    /// First day on which it holds.
    #[garde(skip)]
    pub starts_on: NaiveDate,
    /// Last day.
    #[garde(skip)]
    pub ends_on: NaiveDate,
    /// Who signed for the elder.
    #[garde(length(chars, min = 1, max = 50))]
    #[schema(example = "张淑英")]
    pub signed_by: String,
    /// When.
    #[garde(skip)]
    pub signed_on: NaiveDate,
    /// A photo of it that the actor has uploaded.
    #[garde(skip)]
    pub attachment_id: AttachmentId,
}

/// How often and how long a month, from a month on.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewServicePlan {
    /// From this month on; not an earlier one than this.
    #[garde(skip)]
    #[schema(value_type = String, example = "2024-02")]
    pub from_month: Month,
    /// The quota of each item.
    #[garde(length(min = 1, max = 8), dive)]
    pub quotas: Vec<Quota>,
}

/// That a bed is not served for a time.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSuspension {
    /// Why.
    #[garde(skip)]
    pub because: SuspendReason,
    /// In a sentence.
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    pub note: String,
}

/// That a bed is over.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEnd {
    /// Why.
    #[garde(skip)]
    pub because: EndReason,
    /// In a sentence.
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    pub note: String,
}

/// What was done.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CareBedReason {
    /// In a sentence.
    #[garde(length(chars, min = 2, max = 500))]
    #[schema(example = "已更换呼叫器电池")]
    pub reason: String,
}
