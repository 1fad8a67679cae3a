//! The five clocks of an order, each with its deadline from the menu, and what the events do to them.

use super::model::OrderEvent;
use crate::schema::sql_types as native;
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::ClockKind")]
pub enum ClockKind {
    /// The elder's: request to completion; no refusal, return or reassignment stops it.
    Elder,
    /// The provider's answer to the present offer.
    Accept,
    /// From acceptance to the worker's arrival.
    Arrive,
    /// From arrival to completion.
    Finish,
    /// From completion to the survey.
    FollowUp,
}

/// A clock of an order.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct OrderClock {
    /// Which.
    #[diesel(sql_type = native::ClockKind)]
    pub clock: ClockKind,
    /// Since when it runs.
    #[diesel(sql_type = ty::Timestamptz)]
    pub started_at: DateTime<Utc>,
    /// Its deadline, later by every pause that is over.
    #[diesel(sql_type = ty::Timestamptz)]
    pub due_at: DateTime<Utc>,
    /// Since when it stands still.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub paused_at: Option<DateTime<Utc>>,
    /// Why.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub pause_reason: Option<String>,
    /// Seconds that it stood still in all.
    #[diesel(sql_type = ty::Integer)]
    pub paused_seconds: i32,
    /// When it was stopped for good.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub stopped_at: Option<DateTime<Utc>>,
    /// When it was found to be late.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub escalated_at: Option<DateTime<Utc>>,
}

/// Minutes that the menu allows.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub struct Allowed {
    /// For the answer to an offer.
    #[diesel(sql_type = ty::Integer)]
    pub accept_minutes: i32,
    /// From acceptance to arrival.
    #[diesel(sql_type = ty::Integer)]
    pub arrive_minutes: i32,
    /// From arrival to completion.
    #[diesel(sql_type = ty::Integer)]
    pub finish_minutes: i32,
    /// From request to completion.
    #[diesel(sql_type = ty::Integer)]
    pub elder_minutes: i32,
    /// From completion to the survey.
    #[diesel(sql_type = ty::Integer)]
    pub follow_up_minutes: i32,
}

/// A clock that an event starts: from when, until when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockStart {
    /// Which.
    pub clock: ClockKind,
    /// From when.
    pub at: DateTime<Utc>,
    /// Until when.
    pub due: DateTime<Utc>,
}

/// What an event at `at` does to the clocks: those it starts, and those it stops.
pub fn effect(event: &OrderEvent, at: DateTime<Utc>, allowed: Allowed) -> (Vec<ClockStart>, Vec<ClockKind>) {
    use ClockKind as C;
    use OrderEvent as E;
    let start = |clock, at: DateTime<Utc>, minutes: i32| {
        vec![ClockStart {
            clock,
            at,
            due: at + Duration::minutes(minutes.into()),
        }]
    };
    match event {
        E::Requested => (start(C::Elder, at, allowed.elder_minutes), vec![]),
        E::Offered { .. } => (start(C::Accept, at, allowed.accept_minutes), vec![]),
        E::OfferWithdrawn { .. } | E::Declined { .. } | E::Expired { .. } => (vec![], vec![C::Accept]),
        E::Accepted { .. } => (start(C::Arrive, at, allowed.arrive_minutes), vec![C::Accept]),
        E::Returned { .. } => (vec![], vec![C::Arrive]),
        E::Started { at } => (start(C::Finish, *at, allowed.finish_minutes), vec![C::Arrive]),
        E::Completed { at, .. } => (
            start(C::FollowUp, *at, allowed.follow_up_minutes),
            vec![C::Finish, C::Elder],
        ),
        E::FollowedUp { .. } => (vec![], vec![C::FollowUp]),
        E::Cancelled { .. } => (vec![], vec![C::Elder, C::Accept, C::Arrive, C::Finish]),
        E::Referred { .. }
        | E::FoundUnmet
        | E::Scheduled { .. }
        | E::ReworkOrdered { .. }
        | E::Closed
        | E::ClockPaused { .. }
        | E::ClockResumed { .. } => (vec![], vec![]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::{OfferId, OrganisationId},
        orders::model::CancelledBy,
        resources::model::ResourceTier,
    };
    use uuid::Uuid;

    const ALLOWED: Allowed = Allowed {
        accept_minutes: 60,
        arrive_minutes: 240,
        finish_minutes: 120,
        elder_minutes: 720,
        follow_up_minutes: 4320,
    };

    #[test]
    fn each_event_starts_and_stops_its_clocks_and_only_completion_or_cancelling_stops_the_elders() {
        use ClockKind as C;
        let at = DateTime::UNIX_EPOCH;
        let (offer_id, organisation_id) = (OfferId(Uuid::nil()), OrganisationId(Uuid::nil()));
        let cases = [
            (OrderEvent::Requested, vec![(C::Elder, 720)], vec![]),
            (
                OrderEvent::Offered {
                    offer_id,
                    organisation_id,
                    tier: ResourceTier::City,
                },
                vec![(C::Accept, 60)],
                vec![],
            ),
            (OrderEvent::Declined { offer_id }, vec![], vec![C::Accept]),
            (OrderEvent::Expired { offer_id }, vec![], vec![C::Accept]),
            (
                OrderEvent::Accepted { organisation_id },
                vec![(C::Arrive, 240)],
                vec![C::Accept],
            ),
            (OrderEvent::Returned { organisation_id }, vec![], vec![C::Arrive]),
            (
                OrderEvent::Started { at },
                vec![(C::Finish, 120)],
                vec![C::Arrive],
            ),
            (
                OrderEvent::Completed {
                    at,
                    signed_by: "x".into(),
                },
                vec![(C::FollowUp, 4320)],
                vec![C::Finish, C::Elder],
            ),
            (
                OrderEvent::Cancelled {
                    by: CancelledBy::Elder,
                },
                vec![],
                vec![C::Elder, C::Accept, C::Arrive, C::Finish],
            ),
            (OrderEvent::FoundUnmet, vec![], vec![]),
            (OrderEvent::Referred { officer_id: None }, vec![], vec![]),
        ];
        for (event, starts, stops) in cases {
            let (started, stopped) = effect(&event, at, ALLOWED);
            let minutes: Vec<_> = started
                .iter()
                .map(|s| (s.clock, (s.due - s.at).num_minutes()))
                .collect();
            assert_eq!((minutes, stopped), (starts, stops), "{event:?}");
        }
    }
}
