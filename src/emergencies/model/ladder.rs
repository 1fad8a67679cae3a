//! The ladder: whom an emergency is said to, and what comes next when nobody takes it up.

use crate::{
    config::ServiceConfig,
    ids::UserId,
    roster::model::OnDuty,
    staff::model::{StewardDuty, TeamMember},
};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// On the last rung it is said again ever more slowly, but never less often than this.
const SLOWEST: Duration = Duration::minutes(30);

/// A rung of the ladder, the lowest first.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    diesel_derive_enum::DbEnum,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::EmergencyRung")]
pub enum Rung {
    /// The steward who answers for the community, or who covers for them.
    Steward,
    /// Their deputies.
    Deputy,
    /// The district's duty desk.
    District,
    /// The city's.
    City,
}

impl Rung {
    /// All of them, from the lowest.
    pub const ALL: [Self; 4] = [Self::Steward, Self::Deputy, Self::District, Self::City];

    /// The next higher.
    pub fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|rung| *rung > self)
    }

    /// The rungs that hear of an emergency at once: the first; of another call in a household where one is open, all that the first
    /// call has reached (`before`) and the next as well, because a repeat is worse.
    pub fn at_once(before: Option<Self>) -> &'static [Self] {
        const ALL: &[Rung] = &Rung::ALL;
        match before {
            None => &ALL[..1],
            Some(Self::Steward) => &ALL[..2],
            Some(Self::Deputy) => &ALL[..3],
            Some(Self::District | Self::City) => ALL,
        }
    }
}

/// Why an emergency is said to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::EmergencyReason")]
pub enum Reason {
    /// It was raised.
    Raised,
    /// It is another call from a household where one is open.
    Repeated,
    /// Nobody took it up in time: it climbed.
    NotAcknowledged,
    /// Nobody took it up and there is no higher rung.
    Again,
    /// It was taken up, and nobody set out in time.
    NotUnderWay,
    /// Nobody was at the door in time.
    NotAtDoor,
    /// A life turned out to be at risk.
    LifeAtRisk,
    /// No provider was found for a service that was ordered for it, or two refused and an officer decides.
    ServiceUnmet,
}

impl Reason {
    /// Under which topic the alert goes out.
    pub fn topic(self) -> &'static str {
        match self {
            Self::Raised => "emergency.raised",
            Self::Repeated => "emergency.repeated",
            Self::NotAcknowledged => "emergency.not_acknowledged",
            Self::Again => "emergency.again",
            Self::NotUnderWay => "emergency.not_under_way",
            Self::NotAtDoor => "emergency.not_at_door",
            Self::LifeAtRisk => "emergency.life_at_risk",
            Self::ServiceUnmet => "emergency.service_unmet",
        }
    }
}

/// An emergency said to everyone of a rung; to nobody where the rung was empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    /// Why.
    pub reason: Reason,
    /// On which rung.
    pub rung: Rung,
    /// To whom.
    pub user_ids: Vec<UserId>,
}

/// Who stands on each rung now.
#[derive(Debug)]
pub struct Ladder([Vec<UserId>; 4]);

impl Ladder {
    /// Of a community's team and of those on duty for it. Who is on leave does not answer. A gap in the city's roster does not
    /// silence the last rung: the accounts of the city's duty desk stand in.
    pub fn of(team: &[TeamMember], on_duty: &[OnDuty]) -> Self {
        let members = |of: &[StewardDuty]| -> Vec<UserId> {
            team.iter()
                .filter(|m| !m.on_leave && of.contains(&m.duty))
                .map(|m| m.user_id)
                .collect()
        };
        let duty = |of_city, on_shift| -> Vec<UserId> {
            on_duty
                .iter()
                .filter(|d| d.of_city == of_city && d.on_shift == on_shift)
                .map(|d| d.user_id)
                .collect()
        };
        let city = Some(duty(true, true))
            .filter(|on_shift| !on_shift.is_empty())
            .unwrap_or_else(|| duty(true, false));
        Self([
            members(&[StewardDuty::Primary, StewardDuty::Cover]),
            members(&[StewardDuty::Deputy]),
            duty(false, true),
            city,
        ])
    }

    /// Says it to everyone of these rungs; and while nobody is on any of them, to the next higher.
    pub fn say(&self, rungs: &[Rung], reason: Reason) -> Vec<Said> {
        let on = |rung: Rung| Said {
            reason,
            rung,
            user_ids: self.0[rung as usize].clone(),
        };
        let mut said: Vec<Said> = rungs.iter().map(|rung| on(*rung)).collect();
        while said.iter().all(|s| s.user_ids.is_empty())
            && let Some(next) = said.last().and_then(|s| s.rung.next())
        {
            said.push(on(next));
        }
        said
    }

    /// What is said when nobody took up what was last said on `rung`.
    pub fn climb(&self, rung: Rung) -> Vec<Said> {
        match rung.next() {
            Some(next) => self.say(&[next], Reason::NotAcknowledged),
            None => self.say(&[rung], Reason::Again),
        }
    }
}

/// How long a rung has to take it up; on the last, after it was said `again` times there, twice as long each time.
pub fn patience(rules: &ServiceConfig, again: i64) -> Duration {
    let seconds = rules.acknowledge_seconds;
    let doublings = u32::try_from(again.clamp(0, 12)).unwrap_or_default();
    let longer = Duration::seconds(seconds * 2_i64.pow(doublings)).min(SLOWEST);
    longer.max(Duration::seconds(seconds))
}

/// The deadlines that an emergency has from its first instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// By when it is to be taken up.
    pub acknowledge: DateTime<Utc>,
    /// By when somebody is to be under way.
    pub under_way: DateTime<Utc>,
    /// By when somebody from the compound is to be at the door.
    pub arrive: DateTime<Utc>,
    /// By when somebody from outside.
    pub arrive_outside: DateTime<Utc>,
}

impl Deadlines {
    /// By the city's rules.
    pub fn of(rules: &ServiceConfig, raised_at: DateTime<Utc>) -> Self {
        let minutes = |n| raised_at + Duration::minutes(n);
        Self {
            acknowledge: raised_at + Duration::seconds(rules.acknowledge_seconds),
            under_way: minutes(rules.under_way_minutes),
            arrive: minutes(rules.at_the_door_minutes),
            arrive_outside: minutes(rules.at_the_door_outside_minutes),
        }
    }

    /// When to ask after a step that was due at `due`, of an emergency taken up at `now`: who takes it up late has as long for it as
    /// who takes it up at the last moment.
    pub fn ask_after(&self, due: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
        due.max(now + (due - self.acknowledge))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn user(n: u128) -> UserId {
        UserId(Uuid::from_u128(n))
    }

    fn ladder(people: [&[u128]; 4]) -> Ladder {
        Ladder(people.map(|of| of.iter().map(|n| user(*n)).collect()))
    }

    fn told(said: &[Said]) -> Vec<(Rung, usize)> {
        said.iter().map(|s| (s.rung, s.user_ids.len())).collect()
    }

    #[test]
    fn it_climbs_rung_by_rung_and_passes_over_an_empty_one_at_once() {
        use Rung::{City, Deputy, District, Steward};
        let full = ladder([&[1], &[2, 3], &[4], &[5]]);
        assert_eq!(
            told(&full.say(Rung::at_once(None), Reason::Raised)),
            [(Steward, 1)]
        );
        let mut rung = Steward;
        for (next, people) in [(Deputy, 2), (District, 1), (City, 1)] {
            let said = full.climb(rung);
            assert_eq!(told(&said), [(next, people)]);
            assert_eq!(said[0].reason, Reason::NotAcknowledged);
            rung = next;
        }
        let again = full.climb(City);
        assert_eq!(told(&again), [(City, 1)]);
        assert_eq!(again[0].reason, Reason::Again);

        let thin = ladder([&[], &[], &[4], &[]]);
        assert_eq!(
            told(&thin.say(Rung::at_once(None), Reason::Raised)),
            [(Steward, 0), (Deputy, 0), (District, 1)]
        );
        assert_eq!(told(&thin.climb(District)), [(City, 0)]);
        let nobody = ladder([&[]; 4]);
        assert_eq!(told(&nobody.say(&[Steward], Reason::Raised)).len(), 4);
        assert_eq!(told(&nobody.climb(City)), [(City, 0)]);
    }

    #[test]
    fn a_repeat_is_said_to_all_who_know_and_to_the_next_rung() {
        use Rung::{City, Deputy, District, Steward};
        assert_eq!(Rung::at_once(Some(Steward)), [Steward, Deputy]);
        assert_eq!(Rung::at_once(Some(Deputy)), [Steward, Deputy, District]);
        assert_eq!(Rung::at_once(Some(District)), Rung::ALL);
        assert_eq!(Rung::at_once(Some(City)), Rung::ALL);
        let thin = ladder([&[], &[2], &[], &[5]]);
        let said = thin.say(Rung::at_once(Some(Steward)), Reason::Repeated);
        assert_eq!(told(&said), [(Steward, 0), (Deputy, 1)]);
    }

    #[test]
    fn who_is_on_leave_does_not_answer_their_cover_does_and_a_gap_does_not_silence_the_city() {
        let member = |n, duty, on_leave| TeamMember {
            user_id: user(n),
            duty,
            on_leave,
        };
        let team = [
            member(1, StewardDuty::Primary, true),
            member(2, StewardDuty::Cover, false),
            member(3, StewardDuty::Deputy, false),
            member(4, StewardDuty::Deputy, true),
        ];
        let duty = |n, of_city, on_shift| OnDuty {
            user_id: user(n),
            of_city,
            on_shift,
        };
        let with_roster = [duty(5, false, true), duty(6, true, true), duty(7, true, false)];
        let ladder = Ladder::of(&team, &with_roster);
        assert_eq!(
            ladder.0,
            [vec![user(2)], vec![user(3)], vec![user(5)], vec![user(6)]]
        );
        let gap = Ladder::of(&team, &[duty(7, true, false)]);
        assert_eq!(gap.0[2..], [vec![], vec![user(7)]]);
    }

    fn rules() -> ServiceConfig {
        ServiceConfig {
            city: "6301".into(),
            grace_hours: 48,
            no_answer_minutes: 120,
            general_hazard_days: 30,
            major_hazard_days: 7,
            acknowledge_seconds: 60,
            under_way_minutes: 5,
            at_the_door_minutes: 15,
            at_the_door_outside_minutes: 30,
            second_ask_percent: 5,
            dispute_days: 7,
            calls_before_visit: 3,
            small_number: 5,
        }
    }

    #[test]
    fn the_last_rung_is_told_again_more_slowly_each_time_and_never_never() {
        let minutes = |again| patience(&rules(), again).num_minutes();
        assert_eq!([0, 1, 2, 3, 4, 5].map(minutes), [1, 2, 4, 8, 16, 30]);
        assert_eq!(minutes(1_000), 30);
        let slow = ServiceConfig {
            acknowledge_seconds: 3_600,
            ..rules()
        };
        assert_eq!(patience(&slow, 3).num_minutes(), 60);
    }

    #[test]
    fn who_takes_it_up_late_is_asked_as_late() {
        let raised = DateTime::UNIX_EPOCH;
        let at = |seconds| raised + Duration::seconds(seconds);
        let due = Deadlines::of(&rules(), raised);
        assert_eq!(due.ask_after(due.under_way, at(20)), at(300));
        assert_eq!(due.ask_after(due.under_way, at(60)), at(300));
        assert_eq!(due.ask_after(due.under_way, at(600)), at(840));
        assert_eq!(due.ask_after(due.arrive, at(600)), at(1_440));
    }
}
