//! Leaves and covers as they are stored, sent and received, and their rules.

use super::{AHEAD, StewardDuty};
use crate::{
    error::{INVALID, Problem},
    ids::{AssignmentId, CommunityId, LeaveId, UserId},
    schema::sql_types,
    staff::LEAVE_ENDED,
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Somebody who serves a community at some instant, for whoever has to find out who answers there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct TeamMember {
    /// The steward.
    #[diesel(sql_type = ty::Uuid)]
    pub user_id: UserId,
    /// As what: the primary steward and who covers for them are the first to answer, deputies the next.
    #[diesel(sql_type = sql_types::StewardDuty)]
    pub duty: StewardDuty,
    /// They are away, and answer nothing.
    #[diesel(sql_type = ty::Bool)]
    pub on_leave: bool,
}

/// A leave to be recorded.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLeave {
    /// The steward who is away.
    #[garde(skip)]
    pub user_id: UserId,
    /// From when; now unless told. Not in the past.
    #[garde(skip)]
    pub starts_at: Option<DateTime<Utc>>,
    /// Until when, exclusive; at most a year ahead.
    #[garde(skip)]
    pub ends_at: DateTime<Utc>,
    /// Why; shown to the steward and to officers.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(example = "年休假")]
    pub reason: String,
    /// Who stands in: one for each community that the steward answers for, or one for all that are not named.
    #[garde(length(max = 100), dive)]
    pub covers: Vec<NewCover>,
}

/// Who is to stand in.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCover {
    /// In which community; in all that are not named, unless told.
    #[garde(skip)]
    pub community_id: Option<CommunityId>,
    /// The steward who stands in.
    #[garde(skip)]
    pub user_id: UserId,
}

/// The end of a leave before its time.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndLeave {
    /// Until when; now unless told. Not in the past; a leave that has not begun is called off.
    #[garde(skip)]
    pub ends_at: Option<DateTime<Utc>>,
    /// Why.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(example = "提前返岗")]
    pub reason: String,
}

/// A steward's leave.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Leave {
    /// Which.
    #[serde(flatten)]
    pub head: LeaveHead,
    /// Who stands in, where.
    pub covers: Vec<Cover>,
}

/// A leave without its covers.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct LeaveHead {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: LeaveId,
    /// The steward who is away.
    #[diesel(sql_type = ty::Uuid)]
    pub user_id: UserId,
    /// How the steward is called.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "示例管家")]
    pub display_name: String,
    /// From when.
    #[diesel(sql_type = ty::Timestamptz)]
    pub starts_at: DateTime<Utc>,
    /// Until when, exclusive; a leave that was called off ends as it begins.
    #[diesel(sql_type = ty::Timestamptz)]
    pub ends_at: DateTime<Utc>,
    /// Until when it was meant to last.
    #[diesel(sql_type = ty::Timestamptz)]
    pub planned_ends_at: DateTime<Utc>,
    /// Why; withheld from other stewards.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub reason: Option<String>,
    /// Who recorded it.
    #[diesel(sql_type = ty::Uuid)]
    pub recorded_by: UserId,
    /// Why it was shortened or called off; withheld from other stewards.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub end_reason: Option<String>,
    /// Who said so.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub ended_by: Option<UserId>,
}

/// Who stands in for whom, where, from when to when.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct Cover {
    /// For which leave.
    #[diesel(sql_type = ty::Uuid)]
    #[serde(skip)]
    pub leave_id: LeaveId,
    /// By which assignment.
    #[diesel(sql_type = ty::Uuid)]
    pub assignment_id: AssignmentId,
    /// The community.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// Its name.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "古城台小区")]
    pub community: String,
    /// The steward who stands in.
    #[diesel(sql_type = ty::Uuid)]
    pub user_id: UserId,
    /// How that steward is called.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "示例管家")]
    pub display_name: String,
    /// From when.
    #[diesel(sql_type = ty::Timestamptz)]
    pub starts_at: DateTime<Utc>,
    /// Until when.
    #[diesel(sql_type = ty::Timestamptz)]
    pub ends_at: DateTime<Utc>,
}

/// What the steward who is to be away serves in that time.
#[derive(Debug, Clone, QueryableByName)]
pub struct Served {
    /// By which assignment.
    #[diesel(sql_type = ty::Uuid)]
    pub id: AssignmentId,
    /// The community.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// As what.
    #[diesel(sql_type = sql_types::StewardDuty)]
    pub duty: StewardDuty,
    /// From when.
    #[diesel(sql_type = ty::Timestamptz)]
    pub starts_at: DateTime<Utc>,
    /// Until when.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub ends_at: Option<DateTime<Utc>>,
    /// The community is in the area of whoever records the leave.
    #[diesel(sql_type = ty::Bool)]
    pub in_area: bool,
}

/// A cover to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedCover {
    /// The assignment of the absent steward.
    pub stands_for: AssignmentId,
    /// The community.
    pub community_id: CommunityId,
    /// Who stands in.
    pub user_id: UserId,
    /// From when.
    pub starts_at: DateTime<Utc>,
    /// Until when.
    pub ends_at: DateTime<Utc>,
}

impl NewLeave {
    /// From when to when it is.
    ///
    /// # Errors
    /// 422 when it begins in the past, ends no later than it begins, or more than a year ahead.
    pub fn period(&self, now: DateTime<Utc>) -> Result<(DateTime<Utc>, DateTime<Utc>), Problem> {
        let starts_at = self.starts_at.unwrap_or(now);
        if starts_at < now {
            return Err(Problem::field(
                "starts_at",
                "is past, and history is not rewritten",
            ));
        }
        if self.ends_at <= starts_at {
            return Err(Problem::field("ends_at", "is not after the beginning"));
        }
        if self.ends_at > now + AHEAD {
            return Err(Problem::field("ends_at", "is more than a year ahead"));
        }
        Ok((starts_at, self.ends_at))
    }

    /// Who stands in where and when: in each community that the steward answers for within the leave, as long as they would have.
    /// Deputies stand in themselves, so nobody stands in for them.
    ///
    /// # Errors
    /// 422 when a community is left without anybody, is named twice or is none that needs a cover, or when the steward would
    /// stand in for themselves.
    pub fn plan(
        &self,
        served: &[Served],
        (starts_at, ends_at): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Vec<PlannedCover>, Problem> {
        let answered = || served.iter().filter(|s| s.duty != StewardDuty::Deputy);
        let mut problem = INVALID.problem();
        for (n, cover) in self.covers.iter().enumerate() {
            let field = || format!("covers[{n}]");
            if self.covers[..n]
                .iter()
                .any(|c| c.community_id == cover.community_id)
            {
                problem = problem.and_field(field(), "names a community that is named already");
            }
            if cover.user_id == self.user_id {
                problem = problem.and_field(field(), "is the steward who is away");
            }
            if cover
                .community_id
                .is_some_and(|c| answered().all(|s| s.community_id != c))
            {
                problem = problem.and_field(
                    field(),
                    "names a community that the steward does not answer for then",
                );
            }
        }
        let cover_of = |community| {
            let of = |wanted| self.covers.iter().find(|c| c.community_id == wanted);
            of(Some(community)).or_else(|| of(None))
        };
        let mut planned = Vec::new();
        for assignment in answered() {
            match cover_of(assignment.community_id) {
                Some(cover) => planned.push(PlannedCover {
                    stands_for: assignment.id,
                    community_id: assignment.community_id,
                    user_id: cover.user_id,
                    starts_at: starts_at.max(assignment.starts_at),
                    ends_at: assignment.ends_at.map_or(ends_at, |end| end.min(ends_at)),
                }),
                None => {
                    problem = problem.and_field(
                        "covers",
                        format!("nobody stands in for community {}", assignment.community_id),
                    );
                }
            }
        }
        if problem.fields.is_empty() {
            Ok(planned)
        } else {
            Err(problem)
        }
    }
}

impl LeaveHead {
    /// When it ends if it is to end at `asked`, or as soon as it can. One that has not begun is called off.
    ///
    /// # Errors
    /// 409 when it is over or was called off, 422 when the end is past, before its beginning, or not before the end it has.
    pub fn end(&self, asked: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<DateTime<Utc>, Problem> {
        if self.ends_at <= now || self.ends_at == self.starts_at {
            return Err(LEAVE_ENDED.problem());
        }
        let soonest = now.max(self.starts_at);
        let end = asked.unwrap_or(soonest);
        if end < soonest {
            return Err(Problem::field(
                "ends_at",
                "is past or before the beginning, and history is not rewritten",
            ));
        }
        if end >= self.ends_at {
            return Err(Problem::field(
                "ends_at",
                "is not before the end it has; record another leave",
            ));
        }
        Ok(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Duration;
    use uuid::Uuid;

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::days(day)
    }

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn served(n: u128, duty: StewardDuty, from: i64, to: Option<i64>) -> Served {
        Served {
            id: AssignmentId(id(n)),
            community_id: CommunityId(id(n)),
            duty,
            starts_at: at(from),
            ends_at: to.map(at),
            in_area: true,
        }
    }

    fn leave(covers: &[(Option<u128>, u128)]) -> NewLeave {
        NewLeave {
            user_id: UserId(id(100)),
            starts_at: Some(at(10)),
            ends_at: at(20),
            reason: "年休假".into(),
            covers: covers
                .iter()
                .map(|(community, user)| NewCover {
                    community_id: community.map(|c| CommunityId(id(c))),
                    user_id: UserId(id(*user)),
                })
                .collect(),
        }
    }

    fn faults(leave: &NewLeave, served: &[Served]) -> Vec<String> {
        let problem = leave.plan(served, (at(10), at(20))).err();
        problem.map_or_else(Vec::new, |p| p.fields.into_iter().map(|f| f.field).collect())
    }

    #[test]
    fn a_leave_begins_now_or_later_and_ends_after_it_began_within_a_year() {
        let of = |starts_at, ends_at| NewLeave {
            starts_at,
            ends_at,
            ..leave(&[])
        };
        assert_eq!(of(None, at(20)).period(at(5)).unwrap(), (at(5), at(20)));
        assert_eq!(of(Some(at(10)), at(20)).period(at(5)).unwrap(), (at(10), at(20)));
        assert!(of(Some(at(4)), at(20)).period(at(5)).is_err());
        assert!(of(Some(at(20)), at(20)).period(at(5)).is_err());
        assert!(
            of(None, at(5) + AHEAD + Duration::seconds(1))
                .period(at(5))
                .is_err()
        );
    }

    #[test]
    fn a_cover_stands_in_where_the_steward_answers_and_as_long_as_they_would_have() {
        use StewardDuty::{Cover, Deputy, Primary};
        let all = [
            served(1, Primary, 0, None),
            served(2, Primary, 12, None),
            served(3, Cover, 0, Some(15)),
            served(4, Deputy, 0, None),
        ];
        let planned = leave(&[(Some(2), 202), (None, 201)])
            .plan(&all, (at(10), at(20)))
            .unwrap();
        let told: Vec<_> = planned
            .iter()
            .map(|c| (c.community_id, c.user_id, c.starts_at, c.ends_at))
            .collect();
        let of = |n| CommunityId(id(n));
        let by = |n| UserId(id(n));
        assert_eq!(
            told,
            [
                (of(1), by(201), at(10), at(20)),
                (of(2), by(202), at(12), at(20)),
                (of(3), by(201), at(10), at(15)),
            ]
        );
    }

    #[test]
    fn nobody_is_left_without_a_cover_and_nobody_covers_what_is_not_theirs_to_leave() {
        use StewardDuty::{Deputy, Primary};
        let two = [served(1, Primary, 0, None), served(2, Primary, 0, None)];
        assert_eq!(faults(&leave(&[(Some(1), 201)]), &two), ["covers"]);
        assert_eq!(faults(&leave(&[]), &two), ["covers", "covers"]);
        assert_eq!(faults(&leave(&[]), &[served(4, Deputy, 0, None)]), [""; 0]);
        assert_eq!(
            faults(&leave(&[(None, 201), (Some(4), 201)]), &two),
            ["covers[1]"],
            "not served"
        );
        assert_eq!(
            faults(&leave(&[(None, 201), (None, 202)]), &two),
            ["covers[1]"],
            "twice"
        );
        assert_eq!(faults(&leave(&[(None, 100)]), &two), ["covers[0]"], "themselves");
    }

    #[test]
    fn a_leave_is_shortened_or_called_off_and_never_lengthened() {
        let head = |starts, ends| LeaveHead {
            id: LeaveId(id(1)),
            user_id: UserId(id(100)),
            display_name: String::new(),
            starts_at: at(starts),
            ends_at: at(ends),
            planned_ends_at: at(20),
            reason: None,
            recorded_by: UserId(id(2)),
            end_reason: None,
            ended_by: None,
        };
        let running = head(10, 20);
        assert_eq!(running.end(None, at(12)).unwrap(), at(12));
        assert_eq!(running.end(Some(at(15)), at(12)).unwrap(), at(15));
        assert_eq!(running.end(None, at(5)).unwrap(), at(10), "called off");
        assert!(running.end(Some(at(11)), at(12)).is_err());
        assert!(running.end(Some(at(20)), at(12)).is_err());
        for over in [head(10, 12), head(13, 13)] {
            assert_eq!(over.end(None, at(12)).unwrap_err().code, LEAVE_ENDED);
        }
    }
}
