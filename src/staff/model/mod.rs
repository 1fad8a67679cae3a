//! Accounts and assignments as they are stored, sent and received, and their rules.

mod leaves;

pub use leaves::{Cover, EndLeave, Leave, LeaveHead, NewCover, NewLeave, PlannedCover, Served, TeamMember};

use super::{ASSIGNMENT_ENDED, COVER_OF_LEAVE};
use crate::{
    areas::division_code::Scope,
    auth::routes::TotpState,
    error::{INVALID, Problem},
    ids::{AssignmentId, CommunityId, OrganisationId, UserId},
    schema::sql_types,
    tx::Role,
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far ahead an assignment may be planned.
pub const AHEAD: Duration = Duration::days(366);

/// An account.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Under which it logs in.
    #[schema(example = "officer630104")]
    pub username: String,
    /// How the person is called.
    #[schema(example = "示例工作人员")]
    pub display_name: String,
    /// Its one role.
    pub role: Role,
    /// Division prefix of an officer, duty desk or auditor.
    #[schema(example = "630104")]
    pub scope: Option<String>,
    /// Organisation of a provider's account.
    pub organisation_id: Option<OrganisationId>,
    /// The password is one that an administrator has set.
    pub must_change_password: bool,
    /// How far the second factor is.
    pub totp: TotpState,
    /// Log-ins are refused until then.
    pub locked_until: Option<DateTime<Utc>>,
    /// Since when it is disabled.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Counts what administrators did to it; the ETag.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// An account with a password that is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserWithPassword {
    /// The account.
    #[serde(flatten)]
    pub user: User,
    /// For one log-in, after which it must be changed. It is stored nowhere: who loses it asks for another.
    #[schema(example = "7k2m-x9qd-4t8w-hz3c")]
    pub one_time_password: String,
}

/// An account to be made.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// Under which it will log in.
    #[garde(pattern("^[a-z0-9][a-z0-9._-]{1,63}$"))]
    #[schema(example = "officer630104")]
    pub username: String,
    /// How the person is called.
    #[garde(length(chars, min = 1, max = 50))]
    #[schema(example = "示例工作人员")]
    pub display_name: String,
    /// Its one role.
    #[garde(skip)]
    pub role: Role,
    /// Division prefix; of officer, duty desk and auditor, and of nobody else.
    #[garde(length(max = 12))]
    #[schema(example = "630104")]
    pub scope: Option<String>,
    /// Organisation; of a provider's account and of no other.
    #[garde(skip)]
    pub organisation_id: Option<OrganisationId>,
}

impl NewUser {
    /// Whether role, scope and organisation go together.
    ///
    /// # Errors
    /// 422 with the fields at fault.
    pub fn check(&self) -> Result<(), Problem> {
        let mut problem = INVALID.problem();
        match (&self.scope, has_scope(self.role)) {
            (None, true) => problem = problem.and_field("scope", "this role acts within a division"),
            (Some(_), false) => problem = problem.and_field("scope", "this role has none"),
            (Some(scope), true) => {
                if let Err(why) = Scope::parse(scope) {
                    problem = problem.and_field("scope", why.to_string());
                }
            }
            (None, false) => {}
        }
        match (self.organisation_id, self.role == Role::Provider) {
            (None, true) => {
                problem = problem.and_field("organisation_id", "this role acts for an organisation");
            }
            (Some(_), false) => problem = problem.and_field("organisation_id", "this role has none"),
            _ => {}
        }
        if problem.fields.is_empty() {
            Ok(())
        } else {
            Err(problem)
        }
    }
}

/// Whether accounts of this role act within a division prefix.
pub fn has_scope(role: Role) -> bool {
    matches!(role, Role::Officer | Role::Duty | Role::Auditor)
}

/// What of an account is to be changed; what is absent stays. Its role never changes: another duty is another account.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserPatch {
    /// How the person is called.
    #[garde(length(chars, min = 1, max = 50))]
    pub display_name: Option<String>,
    /// Division prefix of an officer, duty desk or auditor.
    #[garde(length(max = 12))]
    pub scope: Option<String>,
}

/// As what a steward serves a community.
#[derive(
    diesel_derive_enum::DbEnum, Serialize, Deserialize, ToSchema, Clone, Copy, Debug, PartialEq, Eq, Hash,
)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::StewardDuty")]
pub enum StewardDuty {
    /// Answers for the community; one at a time.
    Primary,
    /// Answers for it while the primary is away; comes of a leave, and ends with it.
    Cover,
    /// Serves beside the primary, and stands in.
    Deputy,
}

/// Who serves a community, from when to when.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct Assignment {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: AssignmentId,
    /// The community.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// The steward.
    #[diesel(sql_type = ty::Uuid)]
    pub user_id: UserId,
    /// How the steward is called.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "示例管家")]
    pub display_name: String,
    /// As what.
    #[diesel(sql_type = sql_types::StewardDuty)]
    pub duty: StewardDuty,
    /// From when.
    #[diesel(sql_type = ty::Timestamptz)]
    pub starts_at: DateTime<Utc>,
    /// Until when; open while absent.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub ends_at: Option<DateTime<Utc>>,
    /// Why it began.
    #[diesel(sql_type = ty::Text)]
    pub reason: String,
    /// Who said so.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub assigned_by: Option<UserId>,
    /// Why it ended.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub end_reason: Option<String>,
    /// Who said so.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub ended_by: Option<UserId>,
}

/// A steward to be put in charge.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAssignment {
    /// The steward.
    #[garde(skip)]
    pub user_id: UserId,
    /// As what.
    #[garde(skip)]
    pub duty: StewardDuty,
    /// From when; now unless told. Not in the past, and at most a year ahead.
    #[garde(skip)]
    pub starts_at: Option<DateTime<Utc>>,
    /// Why.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(example = "新管家到岗")]
    pub reason: String,
}

impl NewAssignment {
    /// From when it is.
    ///
    /// # Errors
    /// 422 when that is past or too far ahead, and for a cover, who comes of a leave.
    pub fn starts_at(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, Problem> {
        if self.duty == StewardDuty::Cover {
            return Err(Problem::field("duty", "a cover comes of a leave: record that"));
        }
        match self.starts_at {
            None => Ok(now),
            Some(at) if at < now => Err(Problem::field(
                "starts_at",
                "is past, and history is not rewritten",
            )),
            Some(at) if at > now + AHEAD => Err(Problem::field("starts_at", "is more than a year ahead")),
            Some(at) => Ok(at),
        }
    }
}

/// The end of an assignment.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndAssignment {
    /// Until when; now unless told. Not in the past.
    #[garde(skip)]
    pub ends_at: Option<DateTime<Utc>>,
    /// Why.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(example = "离职")]
    pub reason: String,
}

impl Assignment {
    /// When it ends if it is to end at `asked`, or as soon as it can. One that has not begun ends as it begins.
    ///
    /// # Errors
    /// 409 when it has ended or is a cover, which ends with its leave, 422 when the end is past, before its beginning, or later than the end it has.
    pub fn end(&self, asked: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<DateTime<Utc>, Problem> {
        if self
            .ends_at
            .is_some_and(|end| end <= now || end == self.starts_at)
        {
            return Err(ASSIGNMENT_ENDED.problem());
        }
        if self.duty == StewardDuty::Cover {
            return Err(COVER_OF_LEAVE.problem());
        }
        let soonest = now.max(self.starts_at);
        let end = asked.unwrap_or(soonest);
        if end < soonest {
            return Err(Problem::field(
                "ends_at",
                "is past or before the beginning, and history is not rewritten",
            ));
        }
        if self.ends_at.is_some_and(|present| present < end) {
            return Err(Problem::field(
                "ends_at",
                "is later than the end it has; make a new assignment",
            ));
        }
        Ok(end)
    }
}

/// A change of the primary steward.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// The steward who takes over.
    #[garde(skip)]
    pub to_user_id: UserId,
    /// Why.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(example = "原管家休假")]
    pub reason: String,
}

/// A steward, and what they answer for now.
#[derive(Debug, Serialize, ToSchema)]
pub struct StewardLine {
    /// The account.
    pub id: UserId,
    /// Under which it logs in.
    #[schema(example = "steward01")]
    pub username: String,
    /// How the person is called.
    #[schema(example = "示例管家")]
    pub display_name: String,
    /// The account is disabled: what it serves should be handed over.
    pub disabled: bool,
    /// Until when they are away.
    pub on_leave_until: Option<DateTime<Utc>>,
    /// What they serve now, within your area.
    pub communities: Vec<Serving>,
    /// Households with somebody in care in these communities.
    #[schema(example = 120)]
    pub households: i64,
    /// Visits owed now in these communities.
    #[schema(example = 14)]
    pub owed: i64,
}

/// A community that a steward serves now.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct Serving {
    /// The steward.
    #[diesel(sql_type = ty::Uuid)]
    #[serde(skip)]
    pub user_id: UserId,
    /// By which assignment.
    #[diesel(sql_type = ty::Uuid)]
    pub assignment_id: AssignmentId,
    /// The community.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// Its name.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "古城台小区")]
    pub name: String,
    /// As what.
    #[diesel(sql_type = sql_types::StewardDuty)]
    pub duty: StewardDuty,
    /// From when.
    #[diesel(sql_type = ty::Timestamptz)]
    pub starts_at: DateTime<Utc>,
    /// Its households with somebody in care.
    #[diesel(sql_type = ty::BigInt)]
    #[schema(example = 120)]
    pub households: i64,
    /// Its visits owed now.
    #[diesel(sql_type = ty::BigInt)]
    #[schema(example = 14)]
    pub owed: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OrganisationId;
    use uuid::Uuid;

    fn faults(role: Role, scope: Option<&str>, organisation: bool) -> Vec<String> {
        let new = NewUser {
            username: "somebody".into(),
            display_name: "某人".into(),
            role,
            scope: scope.map(str::to_owned),
            organisation_id: organisation.then_some(OrganisationId(Uuid::nil())),
        };
        new.check()
            .err()
            .map(|p| p.fields.into_iter().map(|f| f.field).collect())
            .unwrap_or_default()
    }

    #[test]
    fn each_role_has_its_scope_or_organisation_and_no_other() {
        let none: [&str; 0] = [];
        for role in Role::ALL {
            let provider = role == Role::Provider;
            let right = has_scope(role).then_some("6301");
            assert_eq!(faults(role, right, provider), none, "{role:?}");
            assert_eq!(faults(role, right, !provider), ["organisation_id"], "{role:?}");
            let wrong = (!has_scope(role)).then_some("6301");
            assert_eq!(faults(role, wrong, provider), ["scope"], "{role:?}");
        }
        for scope in ["63010", "630100", "0301", "6301x0", ""] {
            assert_eq!(faults(Role::Officer, Some(scope), false), ["scope"], "{scope}");
        }
    }

    #[test]
    fn an_assignment_begins_now_or_later_and_ends_once_and_not_in_the_past() {
        let now: DateTime<Utc> = "2024-01-10T04:00:00Z".parse().unwrap();
        let day = Duration::days(1);
        let new = |starts_at| NewAssignment {
            user_id: UserId(Uuid::nil()),
            duty: StewardDuty::Primary,
            starts_at,
            reason: "到岗".into(),
        };
        assert_eq!(new(None).starts_at(now).unwrap(), now);
        assert_eq!(new(Some(now + day)).starts_at(now).unwrap(), now + day);
        assert!(new(Some(now - day)).starts_at(now).is_err());
        assert!(new(Some(now + day * 400)).starts_at(now).is_err());
        let cover = NewAssignment {
            duty: StewardDuty::Cover,
            ..new(None)
        };
        assert!(cover.starts_at(now).is_err());
        let of = |starts_at, ends_at| Assignment {
            id: AssignmentId(Uuid::nil()),
            community_id: CommunityId(Uuid::nil()),
            user_id: UserId(Uuid::nil()),
            display_name: String::new(),
            duty: StewardDuty::Primary,
            starts_at,
            ends_at,
            reason: String::new(),
            assigned_by: None,
            end_reason: None,
            ended_by: None,
        };
        let running = of(now - day, None);
        assert_eq!(running.end(None, now).unwrap(), now);
        assert_eq!(running.end(Some(now + day), now).unwrap(), now + day);
        assert!(running.end(Some(now - day), now).is_err());
        let bounded = of(now - day, Some(now + day));
        assert_eq!(bounded.end(Some(now), now).unwrap(), now);
        assert!(bounded.end(Some(now + day * 2), now).is_err());
        assert_eq!(
            of(now - day, Some(now)).end(None, now).unwrap_err().code,
            ASSIGNMENT_ENDED
        );
        let cover = Assignment {
            duty: StewardDuty::Cover,
            ..of(now - day, Some(now + day))
        };
        assert_eq!(cover.end(None, now).unwrap_err().code, COVER_OF_LEAVE);
        let planned = of(now + day, None);
        assert_eq!(planned.end(None, now).unwrap(), now + day);
        assert_eq!(
            of(now + day, Some(now + day)).end(None, now).unwrap_err().code,
            ASSIGNMENT_ENDED
        );
    }
}
