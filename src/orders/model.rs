//! What an order is: its states, the events that lead from one to the next, and the shapes in which it is sent and received.

use crate::{
    clock::put_right,
    ids::{
        AttachmentId, CommunityId, ElderId, FollowupId, HouseholdId, ItemId, NeedId, OfferId, OrderId,
        OrganisationId, UserId, WorkerId,
    },
    resources::model::ResourceTier,
    schema::sql_types as native,
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::clocks::{Allowed, ClockKind, OrderClock};

/// Refusals after which an officer decides.
pub const REFUSALS_TO_REFER: i16 = 2;

/// Where an order stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::OrderStatus")]
pub enum OrderStatus {
    /// A candidate is sought; never longer than a transaction.
    Requested,
    /// Before one provider.
    Offered,
    /// Two providers refused: an officer decides.
    Referred,
    /// A provider took it.
    Accepted,
    /// A worker and a time are set.
    Scheduled,
    /// The worker is there.
    InService,
    /// Done and signed for.
    Completed,
    /// The elder was asked.
    FollowedUp,
    /// Dissatisfied: a linked order does it again.
    Reworking,
    /// Over: the last of the chain satisfied.
    Closed,
    /// Over before it was done.
    Cancelled,
    /// Nobody could take it.
    Unmet,
}

/// On whose wish an order is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CancelledBy {
    /// The elder.
    Elder,
    /// Their family.
    Family,
    /// The steward.
    Steward,
    /// The provider.
    Provider,
    /// The office.
    Office,
}

/// What happened to an order. Stored whole with each event, so that the events alone give the order again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum OrderEvent {
    /// It was made of a need, or of the order it does again.
    Requested,
    /// It was put before a provider.
    Offered {
        /// The offer.
        offer_id: OfferId,
        /// To whom.
        organisation_id: OrganisationId,
        /// Their tier.
        tier: ResourceTier,
    },
    /// Its offer was taken back, because somebody chose otherwise.
    OfferWithdrawn {
        /// The offer.
        offer_id: OfferId,
    },
    /// The provider declined.
    Declined {
        /// The offer.
        offer_id: OfferId,
    },
    /// The provider did not answer in time.
    Expired {
        /// The offer.
        offer_id: OfferId,
    },
    /// The provider gave it back after taking it.
    Returned {
        /// Who gave it back.
        organisation_id: OrganisationId,
    },
    /// Two providers refused.
    Referred {
        /// Who decides.
        officer_id: Option<UserId>,
    },
    /// Nobody is left.
    FoundUnmet,
    /// The provider took it.
    Accepted {
        /// Who.
        organisation_id: OrganisationId,
    },
    /// A worker and a time were set, or set anew.
    Scheduled {
        /// Who comes.
        worker_id: WorkerId,
        /// When.
        scheduled_for: DateTime<Utc>,
    },
    /// The worker arrived.
    Started {
        /// When.
        at: DateTime<Utc>,
    },
    /// The work was done.
    Completed {
        /// When.
        at: DateTime<Utc>,
        /// Who signed.
        signed_by: String,
    },
    /// The elder was asked.
    FollowedUp {
        /// The survey.
        followup_id: FollowupId,
        /// On all four dimensions.
        satisfied: bool,
    },
    /// A linked order does it again.
    ReworkOrdered {
        /// That order.
        rework_id: OrderId,
    },
    /// The chain satisfied, or its rework was cancelled.
    Closed,
    /// It is wanted no more.
    Cancelled {
        /// On whose wish.
        by: CancelledBy,
    },
    /// A clock stands still.
    ClockPaused {
        /// Which.
        clock: ClockKind,
    },
    /// It runs again.
    ClockResumed {
        /// Which.
        clock: ClockKind,
    },
}

/// What the events have made of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderState {
    /// Where it stands.
    pub status: OrderStatus,
    /// Who took it.
    pub organisation_id: Option<OrganisationId>,
    /// Who comes.
    pub worker_id: Option<WorkerId>,
    /// When.
    pub scheduled_for: Option<DateTime<Utc>>,
    /// When the worker arrived.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was done.
    pub completed_at: Option<DateTime<Utc>>,
    /// Who signed.
    pub signed_by: Option<String>,
    /// The highest tier that was asked.
    pub tier_reached: ResourceTier,
    /// How many providers refused.
    pub refusals: i16,
    /// The officer who decides.
    pub referred_to: Option<UserId>,
    /// When it ended.
    pub closed_at: Option<DateTime<Utc>>,
}

/// An event that the state does not allow.
#[derive(Debug, PartialEq)]
pub struct InvalidTransition {
    /// The state.
    pub from: OrderStatus,
}

impl OrderState {
    /// An order that was just requested.
    pub fn requested() -> Self {
        Self {
            status: OrderStatus::Requested,
            organisation_id: None,
            worker_id: None,
            scheduled_for: None,
            started_at: None,
            completed_at: None,
            signed_by: None,
            tier_reached: ResourceTier::Organisation,
            refusals: 0,
            referred_to: None,
            closed_at: None,
        }
    }

    /// The state after an event that the server received at `now`.
    ///
    /// # Errors
    /// When the state does not allow it.
    pub fn apply(self, event: &OrderEvent, now: DateTime<Utc>) -> Result<Self, InvalidTransition> {
        use OrderEvent as E;
        use OrderStatus as S;
        let from = self.status;
        Ok(match (from, event) {
            (S::Requested | S::Referred | S::Unmet, E::Offered { tier, .. }) => Self {
                status: S::Offered,
                tier_reached: self.tier_reached.max(*tier),
                ..self
            },
            (S::Offered, E::OfferWithdrawn { .. }) => Self {
                status: S::Requested,
                ..self
            },
            (S::Offered, E::Declined { .. } | E::Expired { .. }) => Self {
                status: S::Requested,
                refusals: self.refusals.saturating_add(1),
                ..self
            },
            (S::Accepted | S::Scheduled, E::Returned { organisation_id })
                if self.organisation_id == Some(*organisation_id) =>
            {
                Self {
                    status: S::Requested,
                    organisation_id: None,
                    worker_id: None,
                    scheduled_for: None,
                    refusals: self.refusals.saturating_add(1),
                    ..self
                }
            }
            (S::Requested, E::Referred { officer_id }) => Self {
                status: S::Referred,
                referred_to: *officer_id,
                ..self
            },
            (S::Requested | S::Referred, E::FoundUnmet) => Self {
                status: S::Unmet,
                tier_reached: ResourceTier::City,
                ..self
            },
            (S::Offered, E::Accepted { organisation_id }) => Self {
                status: S::Accepted,
                organisation_id: Some(*organisation_id),
                ..self
            },
            (
                S::Accepted | S::Scheduled,
                E::Scheduled {
                    worker_id,
                    scheduled_for,
                },
            ) => Self {
                status: S::Scheduled,
                worker_id: Some(*worker_id),
                scheduled_for: Some(*scheduled_for),
                ..self
            },
            (S::Scheduled, E::Started { at }) => Self {
                status: S::InService,
                started_at: Some(*at),
                ..self
            },
            (S::InService, E::Completed { at, signed_by }) => Self {
                status: S::Completed,
                completed_at: Some(*at),
                signed_by: Some(signed_by.clone()),
                ..self
            },
            (S::Completed, E::FollowedUp { .. }) => Self {
                status: S::FollowedUp,
                ..self
            },
            (S::FollowedUp, E::ReworkOrdered { .. }) => Self {
                status: S::Reworking,
                ..self
            },
            (S::FollowedUp | S::Reworking, E::Closed) => Self {
                status: S::Closed,
                closed_at: Some(now),
                ..self
            },
            (
                S::Requested
                | S::Offered
                | S::Referred
                | S::Unmet
                | S::Accepted
                | S::Scheduled
                | S::InService,
                E::Cancelled { .. },
            ) => Self {
                status: S::Cancelled,
                closed_at: Some(now),
                ..self
            },
            (S::Closed | S::Cancelled, _) => return Err(InvalidTransition { from }),
            (_, E::ClockPaused { .. } | E::ClockResumed { .. }) => self,
            _ => return Err(InvalidTransition { from }),
        })
    }
}

/// What the events of an order, in their sequence and each with the instant of its receipt, make of it.
///
/// # Errors
/// When they do not begin with the request or one does not follow from those before.
pub fn replay(events: &[(OrderEvent, DateTime<Utc>)]) -> Result<OrderState, InvalidTransition> {
    match events.split_first() {
        Some(((OrderEvent::Requested, _), later)) => later
            .iter()
            .try_fold(OrderState::requested(), |state, (event, at)| {
                state.apply(event, *at)
            }),
        _ => Err(InvalidTransition {
            from: OrderStatus::Requested,
        }),
    }
}

/// An order. A provider reads who the elder is and where they live only while it has the order open.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct Order {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: OrderId,
    /// The case that evidence belongs to: one for all rounds.
    #[diesel(sql_type = ty::Uuid)]
    pub case_id: Uuid,
    /// The need it was made of.
    #[diesel(sql_type = ty::Uuid)]
    pub need_id: NeedId,
    /// For whom.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub elder_id: Option<ElderId>,
    /// Their name.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    #[schema(example = "张淑英")]
    pub elder_name: Option<String>,
    /// Where they live.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub household_id: Option<HouseholdId>,
    /// Compound, building, unit, room.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    #[schema(example = "古城台小区 3 1 301")]
    pub address: Option<String>,
    /// In which compound.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// Which item, as the menu had it then.
    #[diesel(sql_type = ty::Uuid)]
    pub item_id: ItemId,
    /// Its code.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "meals")]
    pub item_code: String,
    /// Under which entitlement: safety-net elders first.
    #[diesel(sql_type = native::Entitlement)]
    pub entitlement: crate::elders::model::Entitlement,
    /// 1, or the number of the rework.
    #[diesel(sql_type = ty::SmallInt)]
    pub round: i16,
    /// The first order of the chain.
    #[diesel(sql_type = ty::Uuid)]
    pub original_id: OrderId,
    /// The order that this one does again.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub previous_id: Option<OrderId>,
    /// Where it stands.
    #[diesel(sql_type = native::OrderStatus)]
    pub status: OrderStatus,
    /// Who took it.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub organisation_id: Option<OrganisationId>,
    /// Who comes.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub worker_id: Option<WorkerId>,
    /// The highest tier of the library that was asked.
    #[diesel(sql_type = native::ResourceTier)]
    pub tier_reached: ResourceTier,
    /// How many providers refused.
    #[diesel(sql_type = ty::SmallInt)]
    pub refusals: i16,
    /// The officer who decides.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub referred_to: Option<UserId>,
    /// Who requested it.
    #[diesel(sql_type = ty::Uuid)]
    pub requested_by: UserId,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub requested_at: DateTime<Utc>,
    /// For when it is set.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub scheduled_for: Option<DateTime<Utc>>,
    /// When the worker arrived.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub started_at: Option<DateTime<Utc>>,
    /// When it was done.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub completed_at: Option<DateTime<Utc>>,
    /// Who signed.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub signed_by: Option<String>,
    /// The market's price, in fen.
    #[diesel(sql_type = ty::BigInt)]
    pub market_fen: i64,
    /// What the city pays, in fen.
    #[diesel(sql_type = ty::BigInt)]
    pub subsidy_fen: i64,
    /// What the elder pays, in fen.
    #[diesel(sql_type = ty::BigInt)]
    pub elder_pays_fen: i64,
    /// When it ended.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub closed_at: Option<DateTime<Utc>>,
    /// A clock ran out.
    #[diesel(sql_type = ty::Bool)]
    pub late: bool,
    /// Counts its events; the ETag.
    #[diesel(sql_type = ty::Integer)]
    pub version: i32,
    /// Minutes that the menu allows.
    #[diesel(embed)]
    #[serde(skip)]
    pub allowed: Allowed,
    /// What dispatch looks at.
    #[diesel(embed)]
    #[serde(skip)]
    pub errand: super::dispatch::Errand,
}

/// An order with its clocks, its open offer and its evidence.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderFile {
    /// The order.
    #[serde(flatten)]
    pub order: Order,
    /// Its clocks.
    pub clocks: Vec<OrderClock>,
    /// Photos and signatures of the case.
    pub evidence: Vec<AttachmentId>,
}

/// What happened, when.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderEventLine {
    /// Its place in the sequence.
    pub seq: i16,
    /// The state before; none for the first.
    pub from_status: Option<OrderStatus>,
    /// The state after.
    pub to_status: OrderStatus,
    /// What happened.
    #[schema(value_type = Object, example = json!({ "event": "accepted", "organisation_id": "018b0000-0000-7000-8000-000000000001" }))]
    pub event: OrderEvent,
    /// Why.
    pub reason: String,
    /// Who did it; none for the service itself.
    pub actor_id: Option<UserId>,
    /// When, on the device, its clock put right.
    pub device_at: DateTime<Utc>,
    /// When the server received it.
    pub received_at: DateTime<Utc>,
}

/// How an offer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::OfferStatus")]
pub enum OfferStatus {
    /// It waits for an answer.
    Open,
    /// Taken.
    Accepted,
    /// Refused.
    Declined,
    /// Not answered in time.
    Expired,
    /// Taken back.
    Withdrawn,
}

/// An order before a provider.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct Offer {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: OfferId,
    /// Which order.
    #[diesel(sql_type = ty::Uuid)]
    pub order_id: OrderId,
    /// Before whom.
    #[diesel(sql_type = ty::Uuid)]
    pub organisation_id: OrganisationId,
    /// How it stands.
    #[diesel(sql_type = native::OfferStatus)]
    pub status: OfferStatus,
    /// Their place among the candidates.
    #[diesel(sql_type = ty::SmallInt)]
    pub rank: i16,
    /// The figures it was made on.
    #[diesel(sql_type = ty::Jsonb)]
    pub figures: serde_json::Value,
    /// Who chose otherwise than the ranking.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub chosen_by: Option<UserId>,
    /// Why.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub choice_reason: Option<String>,
    /// Since when.
    #[diesel(sql_type = ty::Timestamptz)]
    pub offered_at: DateTime<Utc>,
    /// Until when.
    #[diesel(sql_type = ty::Timestamptz)]
    pub expires_at: DateTime<Utc>,
    /// When it was answered.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub answered_at: Option<DateTime<Utc>>,
    /// Why it was refused.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub answer_reason: Option<String>,
    /// Which item.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "meals")]
    pub item_code: String,
    /// Under which entitlement: safety-net elders first.
    #[diesel(sql_type = native::Entitlement)]
    pub entitlement: crate::elders::model::Entitlement,
    /// In which compound.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// 1, or the number of the rework.
    #[diesel(sql_type = ty::SmallInt)]
    pub round: i16,
}

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

/// The phones that were asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevealedPhones {
    /// The elder's, where it was asked for and is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "19900001234")]
    pub phone: Option<String>,
    /// The contacts', the first to be called first, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["19900001235"]))]
    pub contact_phones: Option<Vec<String>>,
}

impl OrderStatus {
    /// The provider has the order in hand: taken, and not yet done.
    pub fn in_hand(self) -> bool {
        matches!(self, Self::Accepted | Self::Scheduled | Self::InService)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [OrderStatus; 12] = [
        OrderStatus::Requested,
        OrderStatus::Offered,
        OrderStatus::Referred,
        OrderStatus::Accepted,
        OrderStatus::Scheduled,
        OrderStatus::InService,
        OrderStatus::Completed,
        OrderStatus::FollowedUp,
        OrderStatus::Reworking,
        OrderStatus::Closed,
        OrderStatus::Cancelled,
        OrderStatus::Unmet,
    ];

    fn events() -> Vec<(&'static str, OrderEvent)> {
        let (at, id) = (DateTime::UNIX_EPOCH, Uuid::nil());
        vec![
            (
                "offered",
                OrderEvent::Offered {
                    offer_id: OfferId(id),
                    organisation_id: OrganisationId(id),
                    tier: ResourceTier::County,
                },
            ),
            (
                "withdrawn",
                OrderEvent::OfferWithdrawn {
                    offer_id: OfferId(id),
                },
            ),
            (
                "declined",
                OrderEvent::Declined {
                    offer_id: OfferId(id),
                },
            ),
            (
                "expired",
                OrderEvent::Expired {
                    offer_id: OfferId(id),
                },
            ),
            (
                "returned",
                OrderEvent::Returned {
                    organisation_id: OrganisationId(id),
                },
            ),
            ("referred", OrderEvent::Referred { officer_id: None }),
            ("unmet", OrderEvent::FoundUnmet),
            (
                "accepted",
                OrderEvent::Accepted {
                    organisation_id: OrganisationId(id),
                },
            ),
            (
                "scheduled",
                OrderEvent::Scheduled {
                    worker_id: WorkerId(id),
                    scheduled_for: at,
                },
            ),
            ("started", OrderEvent::Started { at }),
            (
                "completed",
                OrderEvent::Completed {
                    at,
                    signed_by: "x".into(),
                },
            ),
            (
                "followed_up",
                OrderEvent::FollowedUp {
                    followup_id: FollowupId(id),
                    satisfied: true,
                },
            ),
            (
                "rework",
                OrderEvent::ReworkOrdered {
                    rework_id: OrderId(id),
                },
            ),
            ("closed", OrderEvent::Closed),
            (
                "cancelled",
                OrderEvent::Cancelled {
                    by: CancelledBy::Elder,
                },
            ),
        ]
    }

    /// The whole table: from which state each event is allowed, and where it leads.
    #[test]
    fn every_event_is_allowed_from_the_states_of_the_lifecycle_and_no_other() {
        use OrderStatus as S;
        let before_done = [
            S::Requested,
            S::Offered,
            S::Referred,
            S::Accepted,
            S::Scheduled,
            S::InService,
            S::Unmet,
        ];
        let allowed: Vec<(&str, Vec<S>, S)> = vec![
            ("offered", vec![S::Requested, S::Referred, S::Unmet], S::Offered),
            ("withdrawn", vec![S::Offered], S::Requested),
            ("declined", vec![S::Offered], S::Requested),
            ("expired", vec![S::Offered], S::Requested),
            ("returned", vec![S::Accepted, S::Scheduled], S::Requested),
            ("referred", vec![S::Requested], S::Referred),
            ("unmet", vec![S::Requested, S::Referred], S::Unmet),
            ("accepted", vec![S::Offered], S::Accepted),
            ("scheduled", vec![S::Accepted, S::Scheduled], S::Scheduled),
            ("started", vec![S::Scheduled], S::InService),
            ("completed", vec![S::InService], S::Completed),
            ("followed_up", vec![S::Completed], S::FollowedUp),
            ("rework", vec![S::FollowedUp], S::Reworking),
            ("closed", vec![S::FollowedUp, S::Reworking], S::Closed),
            ("cancelled", before_done.to_vec(), S::Cancelled),
        ];
        let events = events();
        assert_eq!(events.len(), allowed.len());
        for ((name, event), (same, from, to)) in events.iter().zip(&allowed) {
            assert_eq!(name, same);
            for status in STATES {
                let state = OrderState {
                    status,
                    organisation_id: Some(OrganisationId(Uuid::nil())),
                    ..OrderState::requested()
                };
                let after = state.apply(event, DateTime::UNIX_EPOCH).map(|s| s.status);
                let expected = if from.contains(&status) {
                    Ok(*to)
                } else {
                    Err(InvalidTransition { from: status })
                };
                assert_eq!(after, expected, "{name} from {status:?}");
            }
        }
    }

    #[test]
    fn refusals_add_up_and_the_tier_only_climbs() {
        let at = DateTime::UNIX_EPOCH;
        let offer = |tier| OrderEvent::Offered {
            offer_id: OfferId(Uuid::nil()),
            organisation_id: OrganisationId(Uuid::nil()),
            tier,
        };
        let refused = OrderEvent::Expired {
            offer_id: OfferId(Uuid::nil()),
        };
        let events: Vec<_> = [
            OrderEvent::Requested,
            offer(ResourceTier::County),
            refused.clone(),
            offer(ResourceTier::Organisation),
            refused,
        ]
        .into_iter()
        .map(|event| (event, at))
        .collect();
        let state = replay(&events).unwrap();
        assert_eq!((state.refusals, state.tier_reached), (2, ResourceTier::County));
        assert!(replay(&events[1..]).is_err());
        assert!(replay(&[]).is_err());
    }

    #[test]
    fn an_event_is_read_back_as_it_was_written() {
        for (name, event) in events() {
            let text = serde_json::to_string(&event).unwrap();
            assert_eq!(
                serde_json::from_str::<OrderEvent>(&text).unwrap(),
                event,
                "{name}"
            );
        }
    }
}
