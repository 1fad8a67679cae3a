//! Which surveys are owed, and when to try next.

use super::FollowupChannel;
use crate::{
    calendar::{local_date, start_of_day},
    ids::{CommunityId, ElderId, ItemId, OrderId, OrganisationId},
};
use chrono::{DateTime, Days, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use serde::Serialize;
use utoipa::ToSchema;

/// What is tried again sooner than this is the same try.
pub const SPACING: Duration = Duration::hours(3);
/// When the parts of a day begin at which people are reached: morning, afternoon, evening, in minutes after midnight.
const PARTS: [i64; 3] = [9 * 60, 14 * 60, 18 * 60 + 30];

/// How to go on with an elder who was not reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextTry {
    /// Tries until now.
    pub tries: u32,
    /// Not before.
    pub not_before: DateTime<Utc>,
    /// By telephone, until that was in vain often enough; then at home.
    pub channel: FollowupChannel,
}

/// The next try after those at `tried`, in their sequence: on the next day at another part of it, after `calls` tries at home.
pub fn next_try(completed_at: DateTime<Utc>, tried: &[DateTime<Utc>], calls: u32) -> NextTry {
    let mut tries = 0;
    let mut counted: Option<DateTime<Utc>> = None;
    for at in tried {
        if counted.is_none_or(|last| *at - last >= SPACING) {
            tries += 1;
            counted = Some(*at);
        }
    }
    let not_before = counted.map_or(completed_at, |last| {
        let day = local_date(last);
        let minutes = (last - start_of_day(day)).num_minutes();
        // Before noon is the morning, before six the afternoon.
        let part = usize::from(minutes >= 12 * 60) + usize::from(minutes >= 18 * 60);
        start_of_day(day + Days::new(1)) + Duration::minutes(PARTS[(part + 1) % PARTS.len()])
    });
    NextTry {
        tries,
        not_before,
        channel: if tries >= calls {
            FollowupChannel::Visit
        } else {
            FollowupChannel::Call
        },
    }
}

/// A survey that is owed.
#[derive(Debug, Serialize, ToSchema)]
pub struct DueFollowup {
    /// Of which order.
    pub order_id: OrderId,
    /// Who is asked.
    pub elder_id: ElderId,
    /// Where.
    pub community_id: CommunityId,
    /// What was done.
    pub item_id: ItemId,
    /// By whom.
    pub organisation_id: Option<OrganisationId>,
    /// In which round.
    pub round: i16,
    /// When it was done.
    pub completed_at: DateTime<Utc>,
    /// Until when the elder has to be asked.
    pub due_at: DateTime<Utc>,
    /// That is past.
    pub late: bool,
    /// How often the elder was tried and not reached; what followed within three hours is the same try.
    pub tries: u32,
    /// When to try next.
    pub not_before: DateTime<Utc>,
    /// How.
    pub channel: FollowupChannel,
}

/// A survey that is owed, as the database has it.
#[derive(QueryableByName)]
pub struct DueRow {
    /// See [`DueFollowup`].
    #[diesel(sql_type = ty::Uuid)]
    pub order_id: OrderId,
    /// See [`DueFollowup`].
    #[diesel(sql_type = ty::Uuid)]
    pub elder_id: ElderId,
    /// See [`DueFollowup`].
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// See [`DueFollowup`].
    #[diesel(sql_type = ty::Uuid)]
    pub item_id: ItemId,
    /// See [`DueFollowup`].
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub organisation_id: Option<OrganisationId>,
    /// See [`DueFollowup`].
    #[diesel(sql_type = ty::SmallInt)]
    pub round: i16,
    /// See [`DueFollowup`].
    #[diesel(sql_type = ty::Timestamptz)]
    pub completed_at: DateTime<Utc>,
    /// See [`DueFollowup`].
    #[diesel(sql_type = ty::Timestamptz)]
    pub due_at: DateTime<Utc>,
    /// When nobody was reached, in the sequence of the tries.
    #[diesel(sql_type = ty::Array<ty::Timestamptz>)]
    pub tried: Vec<DateTime<Utc>>,
}

impl DueRow {
    /// With what follows from it at `now`, where `calls` are made before a visit.
    pub fn at(self, now: DateTime<Utc>, calls: u32) -> DueFollowup {
        let next = next_try(self.completed_at, &self.tried, calls);
        DueFollowup {
            order_id: self.order_id,
            elder_id: self.elder_id,
            community_id: self.community_id,
            item_id: self.item_id,
            organisation_id: self.organisation_id,
            round: self.round,
            completed_at: self.completed_at,
            due_at: self.due_at,
            late: self.due_at <= now,
            tries: next.tries,
            not_before: next.not_before,
            channel: next.channel,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}+08:00").parse().unwrap()
    }

    #[test]
    fn an_elder_is_tried_on_the_next_day_at_another_part_of_it_and_then_visited() {
        let done = at("2024-01-08T10:00:00");
        let next = |tried: &[&str]| {
            let tried: Vec<_> = tried.iter().map(|t| at(t)).collect();
            let NextTry {
                tries,
                not_before,
                channel,
            } = next_try(done, &tried, 3);
            (tries, not_before, channel)
        };
        let call = FollowupChannel::Call;
        assert_eq!(next(&[]), (0, done, call));
        assert_eq!(
            next(&["2024-01-08T11:00:00"]),
            (1, at("2024-01-09T14:00:00"), call)
        );
        assert_eq!(
            next(&["2024-01-08T14:30:00"]),
            (1, at("2024-01-09T18:30:00"), call)
        );
        assert_eq!(
            next(&["2024-01-08T19:00:00"]),
            (1, at("2024-01-09T09:00:00"), call)
        );
        assert_eq!(
            next(&[
                "2024-01-08T11:00:00",
                "2024-01-08T11:05:00",
                "2024-01-08T13:59:00"
            ]),
            (1, at("2024-01-09T14:00:00"), call),
            "ringing three times in a row is one try"
        );
        assert_eq!(
            next(&[
                "2024-01-08T11:00:00",
                "2024-01-09T14:00:00",
                "2024-01-10T19:00:00"
            ]),
            (3, at("2024-01-11T09:00:00"), FollowupChannel::Visit)
        );
    }
}
