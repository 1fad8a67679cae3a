//! What is sent of an order.

use super::CancelledBy;
use crate::{
    clock::put_right,
    ids::{AttachmentId, NeedId, OrderId, OrganisationId, WorkerId},
};
use chrono::{DateTime, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An order to be made of an open need.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// Made by the phone; the same id is the same order.
    #[garde(skip)]
    pub id: OrderId,
    /// Of which need.
    #[garde(skip)]
    pub need_id: NeedId,
    /// Whom to ask first, where it shall not be the first of the ranking.
    #[garde(dive)]
    pub choice: Option<Choice>,
}

/// A provider chosen otherwise than the ranking has it.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Whom.
    #[garde(skip)]
    pub organisation_id: OrganisationId,
    /// Why.
    #[garde(length(chars, min = 2, max = 500))]
    #[schema(example = "老人熟悉这家食堂")]
    pub reason: String,
}

/// Whom to offer an order next.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferNext {
    /// A provider; the first of the ranking unless told.
    #[garde(dive)]
    pub choice: Option<Choice>,
}

/// Why.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderReason {
    /// In a sentence.
    #[garde(length(chars, min = 2, max = 500))]
    #[schema(example = "本周人手已满")]
    pub reason: String,
}

/// On whose wish an order is cancelled, and why.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    /// On whose wish.
    #[garde(skip)]
    pub by: CancelledBy,
    /// Why.
    #[garde(length(chars, min = 2, max = 500))]
    #[schema(example = "子女已接走")]
    pub reason: String,
}

/// Who comes, when.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSchedule {
    /// Who.
    #[garde(skip)]
    pub worker_id: WorkerId,
    /// When.
    #[garde(skip)]
    pub scheduled_for: DateTime<Utc>,
}

/// When something happened, as the phone tells it.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Happened {
    /// When, by the device's clock.
    #[garde(skip)]
    pub at: DateTime<Utc>,
    /// The device's clock when it sent this.
    #[garde(skip)]
    pub device_now: DateTime<Utc>,
}

impl Happened {
    /// The instant with the device's clock put right; none when it lies more than ten minutes ahead.
    pub fn instant(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        put_right(self.at, self.device_now, now)
    }
}

/// The worker's arrival.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Arrival {
    /// When; now unless told.
    #[garde(dive)]
    pub happened: Option<Happened>,
}

/// That the work is done, with its evidence.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Completion {
    /// When; now unless told.
    #[garde(dive)]
    pub happened: Option<Happened>,
    /// Who signed for it.
    #[garde(length(chars, min = 1, max = 50))]
    #[schema(example = "张淑英")]
    pub signed_by: String,
    /// Photos and signatures, uploaded before.
    #[garde(length(max = 20))]
    #[serde(default)]
    pub evidence: Vec<AttachmentId>,
    /// What there is to say.
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    pub note: String,
}

/// Which phones to show to the provider, and why.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevealPhones {
    /// Which.
    #[garde(length(min = 1, max = 2))]
    pub fields: Vec<PhoneField>,
    /// Why.
    #[garde(length(chars, min = 2, max = 200))]
    #[schema(example = "到楼下找不到单元门")]
    pub reason: String,
}

/// A phone that a provider may need at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhoneField {
    /// The elder's.
    Phone,
    /// The contacts'.
    ContactPhone,
}
