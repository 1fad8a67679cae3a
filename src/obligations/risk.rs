//! How urgent a visit is, 0 to 100: the sum of what its reasons weigh. The weights are data (`risk_weights`), in editions; what
//! is here is how they are counted. An automated decision about a person must be explainable and overridable (PIPL art. 24, 55):
//! every reason is told with its weight and since when, and a person may set the tier by hand.

use crate::ids::{ElderId, HouseholdId, UserId};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// What one reason weighs.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct RiskWeight {
    /// A category's code, `advanced_age`, or what was found.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "hazard_major")]
    pub reason: String,
    /// Its Chinese name.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "重大隐患未消除")]
    pub name_zh: String,
    /// Its English name.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "open major hazard")]
    pub name_en: String,
    /// What it adds, 0 to 100.
    #[diesel(sql_type = ty::SmallInt)]
    #[schema(example = 20)]
    pub weight: i16,
    /// How often it counts at most.
    #[diesel(sql_type = ty::SmallInt)]
    pub times: i16,
    /// For how many days it counts; null as long as it holds.
    #[diesel(sql_type = ty::Nullable<ty::SmallInt>)]
    pub days: Option<i16>,
}

/// The weights in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct RiskEdition {
    /// Counts the editions.
    pub edition: i16,
    /// Why it was made.
    pub reason: String,
    /// By whom; null for the one that the service came with.
    pub made_by: Option<UserId>,
    /// When.
    pub made_at: DateTime<Utc>,
    /// What each reason weighs.
    pub weights: Vec<RiskWeight>,
}

/// The next edition: what is not named stays as it is.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRiskEdition {
    /// Why.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(example = "冬季燃气隐患加权")]
    pub reason: String,
    /// What weighs otherwise.
    #[garde(length(min = 1, max = 100), dive)]
    pub weights: Vec<NewRiskWeight>,
}

/// What one reason weighs from now on.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRiskWeight {
    /// Which.
    #[garde(length(chars, min = 1, max = 40))]
    #[schema(example = "hazard_major")]
    pub reason: String,
    /// What it adds.
    #[garde(range(min = 0, max = 100))]
    pub weight: i16,
    /// For how many days it counts; absent or null as long as it holds.
    #[garde(range(min = 1, max = 365))]
    pub days: Option<i16>,
}

/// Weights by reason.
#[derive(Debug)]
pub struct Weights(BTreeMap<String, RiskWeight>);

impl Weights {
    /// Of these.
    pub fn new(all: impl IntoIterator<Item = RiskWeight>) -> Self {
        Self(all.into_iter().map(|w| (w.reason.clone(), w)).collect())
    }

    /// The sum of what these reasons weigh, each counted once and bounded.
    pub fn of(&self, reasons: &[String]) -> i16 {
        let distinct: BTreeSet<&String> = reasons.iter().collect();
        let known = distinct.into_iter().filter_map(|reason| self.0.get(reason));
        bounded(known.map(|w| w.weight))
    }
}

fn bounded(points: impl Iterator<Item = i16>) -> i16 {
    points.fold(0, |sum, more| i16::min(100, sum + more))
}

/// Something known of a household or of one of its elders that may weigh.
#[derive(Debug, Clone, QueryableByName)]
pub struct Fact {
    /// Where.
    #[diesel(sql_type = ty::Uuid)]
    pub household_id: HouseholdId,
    /// Of whom; none for what the whole household has in common.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub elder_id: Option<ElderId>,
    /// Its reason's code.
    #[diesel(sql_type = ty::Text)]
    pub reason: String,
    /// Since when.
    #[diesel(sql_type = ty::Timestamptz)]
    pub since: DateTime<Utc>,
    /// A hazard, shut door or emergency that is open now: a worklist adds these by itself, at once.
    #[diesel(sql_type = ty::Bool)]
    pub open: bool,
}

/// A reason with what it adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RiskReason {
    /// Its code.
    #[schema(example = "hazard_major")]
    pub reason: String,
    /// What it weighs once.
    #[schema(example = 20)]
    pub weight: i16,
    /// How often it counts.
    pub times: i16,
    /// What it adds: weight by times.
    #[schema(example = 20)]
    pub points: i16,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when it counts; null as long as it holds.
    pub until: Option<DateTime<Utc>>,
    /// It is the household's, not the elder's alone.
    pub of_household: bool,
}

/// The risk that follows from facts, and its reasons, the weightiest first. Facts without a weight, and those whose days are over,
/// do not count; the same reason counts as often as its weight allows, the eldest fact telling since when.
pub fn reckon<'a>(
    weights: &Weights,
    facts: impl IntoIterator<Item = &'a Fact>,
    now: DateTime<Utc>,
) -> (i16, Vec<RiskReason>) {
    let mut found: BTreeMap<&str, RiskReason> = BTreeMap::new();
    for fact in facts {
        let Some(of) = weights.0.get(&fact.reason).filter(|w| w.weight > 0) else {
            continue;
        };
        let until = of.days.map(|days| fact.since + Duration::days(days.into()));
        if until.is_some_and(|until| until <= now) {
            continue;
        }
        let reason = found.entry(&fact.reason).or_insert_with(|| RiskReason {
            reason: fact.reason.clone(),
            weight: of.weight,
            times: 0,
            points: 0,
            since: fact.since,
            until,
            of_household: false,
        });
        reason.times = of.times.min(reason.times + 1);
        reason.points = reason.weight * reason.times;
        reason.since = reason.since.min(fact.since);
        reason.until = reason.until.max(until);
        reason.of_household |= fact.elder_id.is_none();
    }
    let mut reasons: Vec<RiskReason> = found.into_values().collect();
    reasons.sort_by(|a, b| b.points.cmp(&a.points).then_with(|| a.reason.cmp(&b.reason)));
    (bounded(reasons.iter().map(|r| r.points)), reasons)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn weights() -> Weights {
        let weight = |reason: &str, weight, times, days| RiskWeight {
            reason: reason.to_owned(),
            name_zh: String::new(),
            name_en: String::new(),
            weight,
            times,
            days,
        };
        Weights::new([
            weight("living_alone", 30, 1, None),
            weight("emergency", 80, 1, None),
            weight("missed_visit", 10, 3, Some(90)),
            weight("campaign", 0, 1, None),
        ])
    }

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::days(day)
    }

    fn fact(reason: &str, day: i64) -> Fact {
        Fact {
            household_id: HouseholdId(Uuid::nil()),
            elder_id: None,
            reason: reason.to_owned(),
            since: at(day),
            open: false,
        }
    }

    #[test]
    fn each_reason_is_told_with_its_weight_and_since_when_and_the_sum_is_bounded() {
        let facts = [
            fact("living_alone", 5),
            fact("living_alone", 3),
            fact("emergency", 9),
            fact("of_no_weight", 9),
            fact("campaign", 9),
        ];
        let (risk, reasons) = reckon(&weights(), &facts, at(10));
        assert_eq!(risk, 100);
        let told: Vec<_> = reasons
            .iter()
            .map(|r| (r.reason.as_str(), r.points, r.since))
            .collect();
        assert_eq!(told, [("emergency", 80, at(9)), ("living_alone", 30, at(3))]);
        assert_eq!(reckon(&weights(), &[], at(10)), (0, vec![]));
    }

    #[test]
    fn missed_visits_add_up_to_three_and_are_forgotten_after_their_days() {
        let missed = |days: &[i64]| {
            let facts: Vec<_> = days.iter().map(|day| fact("missed_visit", *day)).collect();
            reckon(&weights(), &facts, at(100)).0
        };
        assert_eq!(missed(&[99]), 10);
        assert_eq!(missed(&[70, 80, 90]), 30);
        assert_eq!(missed(&[60, 70, 80, 90]), 30);
        // Day 10 is 90 days ago: over; day 11 is not.
        assert_eq!(missed(&[10]), 0);
        assert_eq!(missed(&[11]), 10);
    }

    #[test]
    fn reasons_named_twice_weigh_once() {
        let of =
            |reasons: &[&str]| weights().of(&reasons.iter().map(|r| (*r).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["living_alone", "living_alone"]), 30);
        assert_eq!(of(&["living_alone", "emergency", "nothing"]), 100);
        assert_eq!(of(&[]), 0);
    }
}
