//! What an order is: its states, and the events that lead from one to the next.

use crate::{
    ids::{FollowupId, OfferId, OrderId, OrganisationId, UserId, WorkerId},
    orders::clocks::ClockKind,
    resources::model::ResourceTier,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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

impl OrderStatus {
    /// The provider has the order in hand: taken, and not yet done.
    pub fn in_hand(self) -> bool {
        matches!(self, Self::Accepted | Self::Scheduled | Self::InService)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

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
