//! A standard as data, and the reckoning by it.

use super::model::{AbilityFindings, CareEvent};
use crate::error::{INVALID, Problem};
use chrono::{Months, NaiveDate};
use diesel::{deserialize, pg::Pg, sql_types as ty};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a version of a standard says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, diesel::deserialize::FromSqlRow, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AssessmentSchemeContent)]
pub struct Scheme {
    /// Its parts, in order.
    pub parts: Vec<Part>,
    /// Its levels.
    pub levels: Vec<Level>,
    /// The level of who is in a coma.
    pub coma_level: i16,
    /// What raises a level.
    pub raise: Raise,
    /// Months after which an elder is assessed again.
    pub reassess_months: u32,
}

/// A part with its items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AssessmentPart)]
pub struct Part {
    /// Its stable code.
    #[schema(example = "self_care")]
    pub code: String,
    /// Its Chinese name.
    #[schema(example = "自理能力")]
    pub name_zh: String,
    /// Its English name.
    #[schema(example = "self-care")]
    pub name_en: String,
    /// What is scored.
    pub items: Vec<Item>,
}

/// What is scored, from 0 to its maximum in whole numbers; the higher the better.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AssessmentItem)]
pub struct Item {
    /// Its stable code.
    #[schema(example = "eating")]
    pub code: String,
    /// Its Chinese name.
    #[schema(example = "进食")]
    pub name_zh: String,
    /// Its English name.
    #[schema(example = "eating")]
    pub name_en: String,
    /// The best score.
    #[schema(example = 4)]
    pub max: i16,
}

/// A level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AssessmentLevel)]
pub struct Level {
    /// 0 (intact) to 4.
    pub level: i16,
    /// Its Chinese name.
    #[schema(example = "能力中度受损（中度失能）")]
    pub name_zh: String,
    /// Its English name.
    #[schema(example = "moderately disabled")]
    pub name_en: String,
    /// The lowest total that has it.
    pub from: i16,
    /// The category that an elder of this level carries.
    #[schema(example = "partly_disabled")]
    pub category: Option<String>,
}

/// What raises a level, once however many rules apply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AssessmentRaise)]
pub struct Raise {
    /// By so much.
    pub by: i16,
    /// No further than this.
    pub most: i16,
    /// So many care-risk events do it,
    pub care_events: usize,
    /// when they lie no further back than so many days.
    pub within_days: i64,
}

impl deserialize::FromSql<ty::Jsonb, Pg> for Scheme {
    fn from_sql(bytes: diesel::pg::PgValue<'_>) -> deserialize::Result<Self> {
        let value: serde_json::Value = deserialize::FromSql::<ty::Jsonb, Pg>::from_sql(bytes)?;
        Ok(serde_json::from_value(value)?)
    }
}

/// A rule that decides a level otherwise than the total does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssessmentRule {
    /// 昏迷: the level follows without scores.
    Coma,
    /// 确诊痴呆 (ICD-10 F00–F03): raised.
    Dementia,
    /// 确诊其他精神和行为障碍 (F04–F99): raised.
    MentalDisorder,
    /// 近30天内发生2次及以上照护风险事件: raised.
    CareEvents,
}

/// The sum of a part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AssessmentPartSum {
    /// Which part.
    #[schema(example = "self_care")]
    pub part: String,
    /// Its sum.
    pub sum: i16,
    /// The best there is.
    pub max: i16,
}

/// How a level came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AbilityReckoning {
    /// The sums of the parts; none in a coma.
    pub parts: Vec<AssessmentPartSum>,
    /// Their total; none in a coma.
    pub total: Option<i16>,
    /// The level of the total; none in a coma.
    pub preliminary_level: Option<i16>,
    /// The rules that apply.
    pub rules: Vec<AssessmentRule>,
    /// By how much they raised the level.
    pub raised_by: i16,
    /// The final level.
    pub level: i16,
}

impl Scheme {
    /// The level of this number.
    ///
    /// # Errors
    /// A fault of ours when the scheme has none.
    pub fn level(&self, level: i16) -> Result<&Level, Problem> {
        self.levels
            .iter()
            .find(|l| l.level == level)
            .ok_or_else(|| Problem::internal("the scheme of assessment lacks a level"))
    }

    /// The categories that follow from one level or another.
    pub fn categories(&self) -> Vec<String> {
        let mut all: Vec<String> = self.levels.iter().filter_map(|l| l.category.clone()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// When an elder who was assessed on this day is assessed again.
    pub fn reassess_on(&self, day: NaiveDate) -> NaiveDate {
        day.checked_add_months(Months::new(self.reassess_months))
            .unwrap_or(NaiveDate::MAX)
    }

    /// Reckons the level of what was found on a day.
    ///
    /// # Errors
    /// 422 with a field for each item that is missing, unknown or out of its range, and for care-risk events after the day.
    pub fn reckon(&self, found: &AbilityFindings, day: NaiveDate) -> Result<AbilityReckoning, Problem> {
        let wrong = found
            .care_events
            .iter()
            .enumerate()
            .filter(|(_, event)| event.on > day)
            .fold(INVALID.problem(), |wrong, (n, _)| {
                wrong.and_field(format!("care_events[{n}].on"), "lies after the assessment")
            });
        let wrong = self.check(found, wrong);
        if !wrong.fields.is_empty() {
            return Err(wrong);
        }
        if found.coma {
            return Ok(AbilityReckoning {
                parts: Vec::new(),
                total: None,
                preliminary_level: None,
                rules: vec![AssessmentRule::Coma],
                raised_by: 0,
                level: self.coma_level,
            });
        }
        let parts: Vec<AssessmentPartSum> = self.parts.iter().map(|part| part.sum(&found.scores)).collect();
        let total = parts.iter().map(|p| p.sum).sum();
        let preliminary = self
            .levels
            .iter()
            .filter(|l| l.from <= total)
            .max_by_key(|l| l.from)
            .map(|l| l.level)
            .ok_or_else(|| Problem::internal("the scheme of assessment has no level for this total"))?;
        let rules = self.rules(found, day);
        let level = if rules.is_empty() {
            preliminary
        } else {
            preliminary.max((preliminary + self.raise.by).min(self.raise.most))
        };
        Ok(AbilityReckoning {
            parts,
            total: Some(total),
            preliminary_level: Some(preliminary),
            rules,
            raised_by: level - preliminary,
            level,
        })
    }

    /// Adds a field for each score that is not one of the scheme's.
    fn check(&self, found: &AbilityFindings, wrong: Problem) -> Problem {
        if found.coma {
            return if found.scores.is_empty() {
                wrong
            } else {
                wrong.and_field("scores", "are not taken in a coma")
            };
        }
        let items: BTreeMap<&str, i16> = self
            .parts
            .iter()
            .flat_map(|part| part.items.iter().map(|item| (item.code.as_str(), item.max)))
            .collect();
        let wrong = items
            .iter()
            .fold(wrong, |wrong, (code, max)| match found.scores.get(*code) {
                Some(score) if (0..=*max).contains(score) => wrong,
                Some(_) => wrong.and_field(format!("scores.{code}"), format!("must lie between 0 and {max}")),
                None => wrong.and_field(format!("scores.{code}"), "is missing"),
            });
        found
            .scores
            .keys()
            .filter(|code| !items.contains_key(code.as_str()))
            .fold(wrong, |wrong, code| {
                wrong.and_field(format!("scores.{code}"), "is no item of the scheme")
            })
    }

    /// The rules that raise.
    fn rules(&self, found: &AbilityFindings, day: NaiveDate) -> Vec<AssessmentRule> {
        let near = |event: &&CareEvent| (day - event.on).num_days() <= self.raise.within_days;
        let events = found.care_events.iter().filter(near).count();
        [
            (found.dementia, AssessmentRule::Dementia),
            (found.mental_disorder, AssessmentRule::MentalDisorder),
            (events >= self.raise.care_events, AssessmentRule::CareEvents),
        ]
        .into_iter()
        .filter_map(|(applies, rule)| applies.then_some(rule))
        .collect()
    }
}

impl Part {
    fn sum(&self, scores: &BTreeMap<String, i16>) -> AssessmentPartSum {
        AssessmentPartSum {
            part: self.code.clone(),
            sum: self.items.iter().filter_map(|item| scores.get(&item.code)).sum(),
            max: self.items.iter().map(|item| item.max).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::model::CareEventKind, *};
    use chrono::Duration;

    fn scheme() -> Scheme {
        serde_json::from_str(include_str!("../../../data/assessments/gb_t_42195_2022-1.json")).unwrap()
    }

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 1, 15).unwrap()
    }

    /// The best of everything, less so many points taken from the items in their order.
    fn less(scheme: &Scheme, mut points: i16) -> AbilityFindings {
        let mut found = AbilityFindings::default();
        for item in scheme.parts.iter().flat_map(|p| &p.items) {
            let taken = points.min(item.max);
            points -= taken;
            found.scores.insert(item.code.clone(), item.max - taken);
        }
        assert_eq!(points, 0);
        found
    }

    fn events(on: &[NaiveDate]) -> Vec<CareEvent> {
        let event = |on: &NaiveDate| CareEvent {
            kind: CareEventKind::Fall,
            on: *on,
        };
        on.iter().map(event).collect()
    }

    #[test]
    fn the_standard_has_26_items_of_32_15_28_and_15_points() {
        let scheme = scheme();
        let sums: Vec<i16> = scheme
            .parts
            .iter()
            .map(|p| p.items.iter().map(|i| i.max).sum())
            .collect();
        assert_eq!(sums, [32, 15, 28, 15]);
        assert_eq!(scheme.parts.iter().map(|p| p.items.len()).sum::<usize>(), 26);
        assert_eq!(scheme.categories(), ["disabled", "partly_disabled"]);
    }

    #[test]
    fn every_total_has_the_level_of_the_standard() {
        let scheme = scheme();
        for total in 0..=90 {
            let expected = match total {
                90 => 0,
                66..=89 => 1,
                46..=65 => 2,
                30..=45 => 3,
                _ => 4,
            };
            let reckoned = scheme.reckon(&less(&scheme, 90 - total), day()).unwrap();
            assert_eq!(reckoned.total, Some(total));
            assert_eq!((reckoned.level, reckoned.raised_by), (expected, 0), "{total}");
            assert_eq!(reckoned.parts.iter().map(|p| p.sum).sum::<i16>(), total);
        }
    }

    #[test]
    fn every_item_takes_its_scores_and_no_other() {
        let scheme = scheme();
        let mut looked_at = 0;
        for item in scheme.parts.iter().flat_map(|p| &p.items) {
            for score in -1..=item.max + 1 {
                let mut found = less(&scheme, 0);
                found.scores.insert(item.code.clone(), score);
                let taken = scheme.reckon(&found, day());
                match taken {
                    Ok(reckoned) => {
                        assert!((0..=item.max).contains(&score), "{} {score}", item.code);
                        assert_eq!(reckoned.total, Some(90 - item.max + score));
                    }
                    Err(problem) => {
                        assert!(score == -1 || score == item.max + 1, "{} {score}", item.code);
                        assert_eq!(problem.fields[0].field, format!("scores.{}", item.code));
                    }
                }
                looked_at += 1;
            }
            let mut found = less(&scheme, 0);
            found.scores.remove(&item.code);
            assert_eq!(scheme.reckon(&found, day()).unwrap_err().fields.len(), 1);
        }
        assert_eq!(looked_at, 90 + 3 * 26);
        let mut found = less(&scheme, 0);
        found.scores.insert("singing".to_owned(), 1);
        assert_eq!(
            scheme.reckon(&found, day()).unwrap_err().fields[0].field,
            "scores.singing"
        );
    }

    #[test]
    fn each_rule_raises_and_all_together_raise_once_and_never_past_4() {
        let scheme = scheme();
        let twice = events(&[day(), day()]);
        for (points, level) in [(0, 0), (1, 1), (25, 2), (45, 3), (61, 4)] {
            for rules in 0..8 {
                let found = AbilityFindings {
                    dementia: rules & 1 > 0,
                    mental_disorder: rules & 2 > 0,
                    care_events: if rules & 4 > 0 { twice.clone() } else { vec![] },
                    ..less(&scheme, points)
                };
                let reckoned = scheme.reckon(&found, day()).unwrap();
                assert_eq!(reckoned.preliminary_level, Some(level));
                let raised = i16::from(rules > 0 && level < 4);
                assert_eq!((reckoned.level, reckoned.raised_by), (level + raised, raised));
                assert_eq!(reckoned.rules.len(), (rules as u32).count_ones() as usize);
            }
        }
    }

    #[test]
    fn two_events_in_thirty_days_raise_one_or_an_old_one_does_not() {
        let scheme = scheme();
        let back = |days| day() - Duration::days(days);
        for (on, raised) in [
            (vec![], 0),
            (vec![back(0)], 0),
            (vec![back(0), back(30)], 1),
            (vec![back(0), back(31)], 0),
            (vec![back(31), back(32), back(33)], 0),
            (vec![back(1), back(2), back(3)], 1),
        ] {
            let found = AbilityFindings {
                care_events: events(&on),
                ..less(&scheme, 1)
            };
            assert_eq!(scheme.reckon(&found, day()).unwrap().raised_by, raised, "{on:?}");
        }
        let later = AbilityFindings {
            care_events: events(&[back(0), back(-1)]),
            ..less(&scheme, 1)
        };
        assert_eq!(
            scheme.reckon(&later, day()).unwrap_err().fields[0].field,
            "care_events[1].on"
        );
    }

    #[test]
    fn a_coma_is_level_4_without_scores_and_not_with_them() {
        let scheme = scheme();
        let coma = AbilityFindings {
            coma: true,
            dementia: true,
            ..AbilityFindings::default()
        };
        let reckoned = scheme.reckon(&coma, day()).unwrap();
        assert_eq!((reckoned.level, reckoned.total), (4, None));
        assert_eq!(reckoned.rules, [AssessmentRule::Coma]);
        let scored = AbilityFindings {
            coma: true,
            ..less(&scheme, 0)
        };
        assert_eq!(
            scheme.reckon(&scored, day()).unwrap_err().fields[0].field,
            "scores"
        );
    }

    #[test]
    fn the_next_assessment_is_a_year_later_also_after_a_leap_day() {
        let leap = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
        assert_eq!(
            scheme().reassess_on(leap),
            NaiveDate::from_ymd_opt(2025, 2, 28).unwrap()
        );
    }
}
