//! How urgent a visit is, 0 to 100: the sum of what its reasons weigh. The weights are data (`risk_weights`), in editions; what
//! is here is how they are counted. An automated decision about a person must be explainable and overridable (PIPL art. 24, 55):
//! every reason is told with its weight and since when, and a person may set the tier by hand. What was found and missed also raises
//! the tier, by [`raised_by`].

use crate::{
    elders::model::VisitTier,
    ids::{ElderId, HouseholdId, UserId},
};
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
    /// From how many points of findings and missed visits on an elder is owed weekly visits, whatever the categories say.
    #[schema(example = 20)]
    pub weekly_from: i16,
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
    /// From how many points of findings and missed visits on visits are owed weekly.
    #[garde(range(min = 1, max = 100))]
    #[schema(example = 20)]
    pub weekly_from: Option<i16>,
    /// What weighs otherwise.
    #[garde(length(max = 100), dive)]
    #[serde(default)]
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
    /// A category or advanced age: the tier follows from these by itself.
    #[diesel(sql_type = ty::Bool)]
    pub filed: bool,
    /// A hazard, shut door or emergency that is open now: a worklist adds these by itself, at once.
    #[diesel(sql_type = ty::Bool)]
    pub open: bool,
}

impl Fact {
    /// It concerns this elder of its household: alone, or as the household's.
    pub fn is_of(&self, elder: ElderId) -> bool {
        self.elder_id.is_none_or(|of| of == elder)
    }
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

/// What raises a tier that follows from the file to weekly, the weightiest first: all that was found and missed, as soon as it comes
/// to this many points. None where it comes to less, and none where visits are owed weekly anyway: nothing is ever lowered.
pub fn raised_by<'a>(
    weights: &Weights,
    weekly_from: i16,
    of_file: VisitTier,
    facts: impl IntoIterator<Item = &'a Fact>,
    now: DateTime<Utc>,
) -> Vec<RiskReason> {
    let (points, reasons) = reckon(weights, facts.into_iter().filter(|f| !f.filed), now);
    if of_file == VisitTier::Weekly || points < weekly_from {
        return vec![];
    }
    reasons
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
            weight("mood_low", 10, 1, Some(60)),
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
            filed: reason == "living_alone",
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
    fn what_was_found_and_missed_raises_a_tier_from_so_many_points_on_and_what_the_file_says_does_not_count()
    {
        use VisitTier::{Monthly, Quarterly, Weekly};
        let raised = |of_file, facts: &[(&str, i64)]| -> Vec<String> {
            let facts: Vec<_> = facts.iter().map(|(reason, day)| fact(reason, *day)).collect();
            let by = raised_by(&weights(), 20, of_file, &facts, at(100));
            by.into_iter().map(|r| r.reason).collect()
        };
        let none: [&str; 0] = [];
        assert_eq!(raised(Quarterly, &[]), none);
        assert_eq!(raised(Quarterly, &[("living_alone", 1)]), none);
        // Ten points are too few, with the category's thirty too; twenty are enough.
        assert_eq!(
            raised(Monthly, &[("living_alone", 1), ("missed_visit", 90)]),
            none
        );
        assert_eq!(
            raised(Monthly, &[("missed_visit", 60), ("missed_visit", 90)]),
            ["missed_visit"]
        );
        let both = [("mood_low", 90), ("living_alone", 1), ("missed_visit", 95)];
        assert_eq!(raised(Quarterly, &both), ["missed_visit", "mood_low"]);
        // After its days one of them is forgotten.
        assert_eq!(raised(Quarterly, &[("mood_low", 40), ("missed_visit", 95)]), none);
        assert_eq!(raised(Monthly, &[("emergency", 99)]), ["emergency"]);
        assert_eq!(raised(Weekly, &[("emergency", 99)]), none);
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
