//! Teams, loads and goals as they are sent and received, and their rules.

use crate::{
    calendar::{IsoWeek, Month, Quarter},
    error::Problem,
    ids::{CommunityId, MemberId, UserId},
    schema::sql_types,
    staff::model::StewardDuty,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a member of a team is.
#[derive(diesel_derive_enum::DbEnum, Serialize, Deserialize, ToSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::TeamRole")]
pub enum TeamRole {
    /// 志愿者.
    Volunteer,
    /// 网格员: the residents' committee's worker for some buildings.
    GridWorker,
}

/// A community's team.
#[derive(Debug, Serialize, ToSchema)]
pub struct Team {
    /// The community.
    pub community_id: CommunityId,
    /// Its stewards in the order in which they answer, those who are away last.
    pub stewards: Vec<TeamSteward>,
    /// Volunteers and grid workers of today.
    pub members: Vec<Member>,
}

/// A steward of a team.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct TeamSteward {
    /// The account.
    #[diesel(sql_type = ty::Uuid)]
    pub user_id: UserId,
    /// How the steward is called.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "示例管家")]
    pub display_name: String,
    /// As what.
    #[diesel(sql_type = sql_types::StewardDuty)]
    pub duty: StewardDuty,
    /// Until when they are away.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub on_leave_until: Option<DateTime<Utc>>,
}

/// A volunteer or grid worker.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct Member {
    /// Their id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: MemberId,
    /// The community.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// As what.
    #[diesel(sql_type = sql_types::TeamRole)]
    pub role: TeamRole,
    /// How they are called.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "示例志愿者")]
    pub name: String,
    /// Their phone, masked.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "199****1234")]
    pub phone_masked: String,
    /// Their account, where they have one.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub user_id: Option<UserId>,
    /// The first day.
    #[diesel(sql_type = ty::Date)]
    pub starts_on: NaiveDate,
    /// The first day after; open while absent.
    #[diesel(sql_type = ty::Nullable<ty::Date>)]
    pub ends_on: Option<NaiveDate>,
    /// Why they left.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub end_reason: Option<String>,
}

/// A member to be added.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    /// As what.
    #[garde(skip)]
    pub role: TeamRole,
    /// How they are called.
    #[garde(length(chars, min = 1, max = 50))]
    #[schema(example = "示例志愿者")]
    pub name: String,
    /// Their phone: a mobile number, or a fixed line of the city.
    #[garde(length(max = 30))]
    #[schema(example = "19900001234")]
    pub phone: String,
    /// Their account, where they have one.
    #[garde(skip)]
    pub user_id: Option<UserId>,
    /// The first day; today unless told.
    #[garde(skip)]
    pub starts_on: Option<NaiveDate>,
    /// The first day after, where it is known.
    #[garde(skip)]
    pub ends_on: Option<NaiveDate>,
}

impl NewMember {
    /// The first day, and the first day after.
    ///
    /// # Errors
    /// 422 when the end is not after the beginning.
    pub fn days(&self, today: NaiveDate) -> Result<(NaiveDate, Option<NaiveDate>), Problem> {
        let starts_on = self.starts_on.unwrap_or(today);
        if self.ends_on.is_some_and(|end| end <= starts_on) {
            return Err(Problem::field("ends_on", "is not after the beginning"));
        }
        Ok((starts_on, self.ends_on))
    }
}

/// A member's leaving.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndMember {
    /// The first day on which they are of the team no more; today unless told. Not in the past.
    #[garde(skip)]
    pub ends_on: Option<NaiveDate>,
    /// Why.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(example = "搬离小区")]
    pub reason: String,
}

/// Why a phone number is to be shown.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevealMember {
    /// For what it is needed.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(example = "敲门无人应答，请网格员协助")]
    pub reason: String,
}

/// A phone number in full.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberPhone {
    /// The number.
    #[schema(example = "19900001234")]
    pub phone: String,
}

/// Weeks in a month and in a quarter, over the years.
const WEEKS_A_MONTH: f64 = 365.2425 / 12.0 / 7.0;
const WEEKS_A_QUARTER: f64 = 3.0 * WEEKS_A_MONTH;

/// From which multiple of the average a load is too much. A week has five working days: who carries a fifth more than the others
/// needs a sixth in every week.
pub const TOO_MUCH: f64 = 1.2;

/// How many weeks are left of a period, this one among them. A week belongs to the month and the quarter that its Monday lies in, so
/// that a goal does not change within the week.
pub fn weeks_left(week: IsoWeek, ends_before: NaiveDate) -> i64 {
    let days = (ends_before - week.first_day()).num_days();
    (days + 6).div_euclid(7).max(1)
}

/// The share of what is left of a period that this week has to bring; the last week brings the rest.
pub fn share(left: i64, weeks: i64) -> i64 {
    (left + weeks - 1).div_euclid(weeks)
}

/// Visits of one kind that a week has to bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Carried {
    /// Visits that were owed as the week began, but for those excused.
    #[schema(example = 40)]
    pub owed: i64,
    /// How many of them the week has to bring.
    #[schema(example = 10)]
    pub goal: i64,
    /// How many it has brought.
    #[schema(example = 4)]
    pub done: i64,
}

/// What a week has to bring, and has brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WeekGoal {
    /// The week.
    #[schema(example = "2024-W03")]
    pub week: String,
    /// Visits that it has to bring.
    #[schema(example = 52)]
    pub goal: i64,
    /// Visits that it has brought.
    #[schema(example = 31)]
    pub done: i64,
    /// Those owed weekly: all of them.
    pub weekly: Carried,
    /// Those owed monthly: this week's share.
    pub monthly: Carried,
    /// Those owed quarterly: this week's share.
    pub quarterly: Carried,
}

/// A steward in charge, and what is counted of their communities.
#[derive(Debug, Clone, QueryableByName)]
pub struct Charge {
    /// The steward.
    #[diesel(sql_type = ty::Uuid)]
    pub user_id: UserId,
    /// Under which they log in.
    #[diesel(sql_type = ty::Text)]
    pub username: String,
    /// How they are called.
    #[diesel(sql_type = ty::Text)]
    pub display_name: String,
    /// Communities.
    #[diesel(sql_type = ty::BigInt)]
    pub communities: i64,
    /// What is counted.
    #[diesel(embed)]
    pub counted: Caseload,
    /// Visits a week at an even pace.
    #[diesel(sql_type = ty::Double)]
    pub load: f64,
    /// The same of the average steward of the area.
    #[diesel(sql_type = ty::Double)]
    pub average: f64,
}

/// What is counted of a steward's communities.
#[derive(Debug, Clone, Default, QueryableByName)]
pub struct Caseload {
    /// Households by their strictest elder.
    #[diesel(sql_type = ty::BigInt)]
    pub weekly_households: i64,
    /// Likewise.
    #[diesel(sql_type = ty::BigInt)]
    pub monthly_households: i64,
    /// Likewise.
    #[diesel(sql_type = ty::BigInt)]
    pub quarterly_households: i64,
    /// Elders by tier.
    #[diesel(sql_type = ty::BigInt)]
    pub weekly_elders: i64,
    /// Likewise.
    #[diesel(sql_type = ty::BigInt)]
    pub monthly_elders: i64,
    /// Likewise.
    #[diesel(sql_type = ty::BigInt)]
    pub quarterly_elders: i64,
    /// Visits owed in this week, and done.
    #[diesel(sql_type = ty::BigInt)]
    pub weekly_owed: i64,
    /// Likewise.
    #[diesel(sql_type = ty::BigInt)]
    pub weekly_done: i64,
    /// Visits of the month that were owed as the week began, and those of them done since.
    #[diesel(sql_type = ty::BigInt)]
    pub monthly_owed: i64,
    /// Likewise.
    #[diesel(sql_type = ty::BigInt)]
    pub monthly_done: i64,
    /// Likewise of the quarter.
    #[diesel(sql_type = ty::BigInt)]
    pub quarterly_owed: i64,
    /// Likewise.
    #[diesel(sql_type = ty::BigInt)]
    pub quarterly_done: i64,
}

/// The weight of a monthly and of a quarterly household in a load, in visits a week.
pub const WEIGHTS: (f64, f64) = (1.0 / WEEKS_A_MONTH, 1.0 / WEEKS_A_QUARTER);

impl Caseload {
    /// What the week has to bring in these communities.
    pub fn goal(&self, week: IsoWeek) -> WeekGoal {
        let monday = week.first_day();
        let carried = |owed, done, ends: NaiveDate| Carried {
            owed,
            goal: share(owed, weeks_left(week, ends)),
            done,
        };
        let weekly = Carried {
            owed: self.weekly_owed,
            goal: self.weekly_owed,
            done: self.weekly_done,
        };
        let month = Month::of(monday).next().first_day();
        let quarter = Quarter::of(monday).next().first_day();
        let monthly = carried(self.monthly_owed, self.monthly_done, month);
        let quarterly = carried(self.quarterly_owed, self.quarterly_done, quarter);
        let all = [weekly, monthly, quarterly];
        WeekGoal {
            week: week.to_string(),
            goal: all.iter().map(|c| c.goal).sum(),
            done: all.iter().map(|c| c.done).sum(),
            weekly,
            monthly,
            quarterly,
        }
    }
}

/// Elders by how often they are owed a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct ByTier {
    /// Every week.
    #[schema(example = 40)]
    pub weekly: i64,
    /// Every month.
    #[schema(example = 55)]
    pub monthly: i64,
    /// Every quarter.
    #[schema(example = 80)]
    pub quarterly: i64,
}

/// How much a steward has to do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StewardLoad {
    /// The steward in charge.
    pub user_id: UserId,
    /// Under which they log in.
    #[schema(example = "steward01")]
    pub username: String,
    /// How they are called.
    #[schema(example = "示例管家")]
    pub display_name: String,
    /// Communities that they are in charge of, their own or in somebody's stead.
    pub communities: i64,
    /// Households with an elder who is owed visits.
    #[schema(example = 120)]
    pub households: i64,
    /// These elders by tier.
    pub elders: ByTier,
    /// This week.
    pub week: WeekGoal,
    /// Visits a week at an even pace: a household counts as often as its strictest elder is owed one.
    #[schema(example = 58.8)]
    pub load: f64,
    /// The average load of your area's stewards.
    #[schema(example = 49.2)]
    pub average: f64,
    /// Load over average; absent where there is nothing to do.
    #[schema(example = 1.2)]
    pub ratio: Option<f64>,
    /// Where the load is 1.2 times the average or more: how many visits a week somebody else should take over.
    #[schema(example = 10)]
    pub relieve_by: Option<i64>,
}

impl StewardLoad {
    /// What is counted, weighed.
    pub fn of(charge: Charge, week: IsoWeek) -> Self {
        let Charge {
            counted,
            load,
            average,
            ..
        } = charge;
        let (ratio, relieve_by) = weigh(load, average);
        Self {
            week: counted.goal(week),
            user_id: charge.user_id,
            username: charge.username,
            display_name: charge.display_name,
            communities: charge.communities,
            households: counted.weekly_households + counted.monthly_households + counted.quarterly_households,
            elders: ByTier {
                weekly: counted.weekly_elders,
                monthly: counted.monthly_elders,
                quarterly: counted.quarterly_elders,
            },
            load,
            average,
            ratio,
            relieve_by,
        }
    }
}

/// A load over the average, and how many visits a week are too many where it is too much.
pub fn weigh(load: f64, average: f64) -> (Option<f64>, Option<i64>) {
    let ratio = (average > 0.0).then(|| load / average);
    let too_much = ratio.filter(|r| *r >= TOO_MUCH);
    (ratio, too_much.map(|_| (load - average).ceil() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(text: &str) -> IsoWeek {
        text.parse().unwrap()
    }

    #[test]
    fn a_week_belongs_to_the_month_of_its_monday_and_the_last_week_brings_the_rest() {
        let until = |text, ends: &str| weeks_left(week(text), ends.parse().unwrap());
        // January 2024 has the Mondays 1, 8, 15, 22 and 29.
        let left: Vec<_> = ["2024-W01", "2024-W02", "2024-W03", "2024-W04", "2024-W05"]
            .iter()
            .map(|w| until(w, "2024-02-01"))
            .collect();
        assert_eq!(left, [5, 4, 3, 2, 1]);
        // April 2024 begins on a Monday: the week before is the last of March.
        assert_eq!(
            (until("2024-W13", "2024-04-01"), until("2024-W14", "2024-05-01")),
            (1, 5)
        );
        assert_eq!(until("2024-W01", "2024-04-01"), 13);
    }

    #[test]
    fn what_is_left_is_spread_evenly_and_comes_to_the_whole_at_the_end() {
        let mut left = 22;
        let mut brought = Vec::new();
        for weeks in (1..=5).rev() {
            let now = share(left, weeks);
            left -= now;
            brought.push(now);
        }
        assert_eq!((left, brought), (0, vec![5, 5, 4, 4, 4]));
        assert_eq!((share(0, 3), share(1, 5), share(7, 1)), (0, 1, 7));
    }

    #[test]
    fn a_goal_is_the_weekly_visits_and_the_shares_of_the_longer_periods() {
        let counted = Caseload {
            weekly_owed: 10,
            weekly_done: 4,
            monthly_owed: 9,
            monthly_done: 1,
            quarterly_owed: 11,
            quarterly_done: 2,
            ..Caseload::default()
        };
        // 2024-W03: three Mondays are left of January, eleven of the quarter.
        let goal = counted.goal(week("2024-W03"));
        assert_eq!((goal.goal, goal.done), (10 + 3 + 1, 4 + 1 + 2));
        assert_eq!((goal.monthly.goal, goal.quarterly.goal), (3, 1));
    }

    #[test]
    fn who_carries_a_fifth_more_than_the_average_is_to_be_relieved_of_what_is_above_it() {
        assert_eq!(weigh(60.0, 50.0), (Some(1.2), Some(10)));
        assert_eq!(weigh(59.0, 50.0).1, None);
        assert_eq!(weigh(61.5, 50.0).1, Some(12), "a started visit is a whole one");
        assert_eq!(weigh(0.0, 0.0), (None, None));
    }

    #[test]
    fn a_member_is_of_the_team_for_a_day_at_least() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let new = |starts: Option<&str>, ends: Option<&str>| NewMember {
            role: TeamRole::Volunteer,
            name: "示例".into(),
            phone: "19900001234".into(),
            user_id: None,
            starts_on: starts.map(day),
            ends_on: ends.map(day),
        };
        let today = day("2024-01-10");
        assert_eq!(new(None, None).days(today).unwrap(), (today, None));
        assert!(new(None, Some("2024-01-11")).days(today).is_ok());
        assert!(new(None, Some("2024-01-10")).days(today).is_err());
        assert!(new(Some("2024-02-01"), Some("2024-01-20")).days(today).is_err());
    }
}
