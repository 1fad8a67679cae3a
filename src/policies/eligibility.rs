//! Who is entitled to a policy, and why: one pure evaluator. The list of what is to do asks the same of many elders in SQL
//! (`entitled_in_sql!`, right below it); a test holds the two to the same answers.

use crate::{
    elders::model::{ElderStatus, Entitlement},
    schema::sql_types as native,
};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// How disabled an elder must at least be. Kept as the categories of the same names.
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
#[db_enum(existing_type_path = "crate::schema::sql_types::PolicyAbility")]
pub enum PolicyAbility {
    /// 半失能
    PartlyDisabled,
    /// 失能
    Disabled,
}

impl PolicyAbility {
    /// The worst that an elder's categories say.
    fn of(categories: &[String]) -> Option<Self> {
        let carries = |code: &str| categories.iter().any(|c| c == code);
        if carries("disabled") {
            Some(Self::Disabled)
        } else if carries("partly_disabled") {
            Some(Self::PartlyDisabled)
        } else {
            None
        }
    }
}

/// Who is entitled: every condition that says something must be met.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Eligibility {
    /// From this completed year of age on.
    #[diesel(sql_type = ty::Nullable<ty::SmallInt>)]
    #[garde(inner(range(min = 0, max = 130)))]
    #[schema(example = 80)]
    pub age_from: Option<i16>,
    /// Up to this completed year of age.
    #[diesel(sql_type = ty::Nullable<ty::SmallInt>)]
    #[garde(inner(range(min = 0, max = 130)))]
    pub age_to: Option<i16>,
    /// At least one of these categories; empty asks for none.
    #[diesel(sql_type = ty::Array<ty::Text>)]
    #[garde(length(max = 20))]
    #[serde(default)]
    #[schema(example = json!(["subsistence_allowance", "extreme_difficulty"]))]
    pub categories_any: Vec<String>,
    /// None of these categories.
    #[diesel(sql_type = ty::Array<ty::Text>)]
    #[garde(length(max = 20))]
    #[serde(default)]
    pub categories_none: Vec<String>,
    /// On this ground of service.
    #[diesel(sql_type = ty::Nullable<native::Entitlement>)]
    #[garde(skip)]
    pub entitlement: Option<Entitlement>,
    /// At least so disabled.
    #[diesel(sql_type = ty::Nullable<native::PolicyAbility>)]
    #[garde(skip)]
    pub ability: Option<PolicyAbility>,
    /// Prefix of the division in which the elder lives.
    #[diesel(sql_type = ty::Text)]
    #[garde(pattern("^[1-9][0-9]{1,11}$"))]
    #[schema(example = "6301")]
    pub applies_in: String,
}

/// What the evaluator needs to know of an elder on a day.
#[derive(Debug, Clone)]
pub struct ElderFacts {
    /// Whether in care.
    pub status: ElderStatus,
    /// Completed years.
    pub age: i32,
    /// Categories carried that day, without those that follow from the age.
    pub categories: Vec<String>,
    /// On what ground the elder is served.
    pub entitlement: Entitlement,
    /// Code of the division in which the elder lives.
    pub division: String,
}

/// A condition of eligibility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EligibilityCondition)]
pub enum Condition {
    /// The elder has neither moved away nor died, and the file is the one that is kept. Asked of everybody.
    Present,
    /// Old enough.
    AgeFrom,
    /// Not too old.
    AgeTo,
    /// Carries one of the categories.
    CategoriesAny,
    /// Carries none of the categories.
    CategoriesNone,
    /// Served on this ground.
    Entitlement,
    /// At least so disabled.
    Ability,
    /// Lives in the division. Asked of everybody.
    Division,
}

/// How an elder stands to one condition.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = EligibilityVerdict)]
pub struct Verdict {
    /// Which condition.
    pub condition: Condition,
    /// What the policy asks for; null where it is asked of everybody.
    #[schema(value_type = Object, example = 80)]
    pub required: Value,
    /// What is known of the elder.
    #[schema(value_type = Object, example = 83)]
    pub found: Value,
    /// Whether it is met.
    pub met: bool,
}

impl Eligibility {
    /// How an elder stands to each condition that is asked for.
    pub fn judge(&self, elder: &ElderFacts) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        let mut say = |condition, required, found, met| {
            verdicts.push(Verdict {
                condition,
                required,
                found,
                met,
            });
        };
        let gone = [ElderStatus::Moved, ElderStatus::Deceased, ElderStatus::Merged].contains(&elder.status);
        say(Condition::Present, Value::Null, json!(elder.status), !gone);
        if let Some(from) = self.age_from {
            let met = elder.age >= i32::from(from);
            say(Condition::AgeFrom, json!(from), json!(elder.age), met);
        }
        if let Some(to) = self.age_to {
            let met = elder.age <= i32::from(to);
            say(Condition::AgeTo, json!(to), json!(elder.age), met);
        }
        for (condition, asked, wanted) in [
            (Condition::CategoriesAny, &self.categories_any, true),
            (Condition::CategoriesNone, &self.categories_none, false),
        ] {
            if !asked.is_empty() {
                let found: Vec<_> = elder.categories.iter().filter(|c| asked.contains(c)).collect();
                let met = found.is_empty() != wanted;
                say(condition, json!(asked), json!(found), met);
            }
        }
        if let Some(entitlement) = self.entitlement {
            let met = elder.entitlement == entitlement;
            say(
                Condition::Entitlement,
                json!(entitlement),
                json!(elder.entitlement),
                met,
            );
        }
        if let Some(least) = self.ability {
            let found = PolicyAbility::of(&elder.categories);
            let met = found.is_some_and(|found| found >= least);
            say(Condition::Ability, json!(least), json!(found), met);
        }
        let met = elder.division.starts_with(&self.applies_in);
        say(
            Condition::Division,
            json!(self.applies_in),
            json!(elder.division),
            met,
        );
        verdicts
    }
}

/// Elder `e` of community `m`, `k.years` old and carrying `k.codes`, is entitled under version `p`: [`Eligibility::judge`] for many.
macro_rules! entitled_in_sql {
    () => {
        "e.status NOT IN ('moved', 'deceased', 'merged') \
         AND (p.age_from IS NULL OR k.years >= p.age_from) AND (p.age_to IS NULL OR k.years <= p.age_to) \
         AND (p.categories_any = '{}' OR k.codes && p.categories_any) AND NOT k.codes && p.categories_none \
         AND (p.entitlement IS NULL OR e.entitlement = p.entitlement) \
         AND (p.ability IS NULL OR 'disabled' = ANY (k.codes) OR p.ability = 'partly_disabled' AND 'partly_disabled' = ANY (k.codes)) \
         AND m.division_code LIKE p.applies_in || '%'"
    };
}
pub(super) use entitled_in_sql;

#[cfg(test)]
mod tests {
    use super::*;

    fn asks_nothing() -> Eligibility {
        Eligibility {
            age_from: None,
            age_to: None,
            categories_any: vec![],
            categories_none: vec![],
            entitlement: None,
            ability: None,
            applies_in: "6301".into(),
        }
    }

    fn elder(age: i32, categories: &[&str]) -> ElderFacts {
        ElderFacts {
            status: ElderStatus::Active,
            age,
            categories: categories.iter().map(|c| (*c).to_owned()).collect(),
            entitlement: Entitlement::Social,
            division: "630104001000".into(),
        }
    }

    /// The conditions that are not met.
    fn unmet(policy: &Eligibility, elder: &ElderFacts) -> Vec<Condition> {
        let verdicts = policy.judge(elder);
        assert!(!verdicts.is_empty());
        verdicts.iter().filter(|v| !v.met).map(|v| v.condition).collect()
    }

    #[test]
    fn a_policy_that_asks_nothing_is_for_everybody_who_lives_there_and_is_still_there() {
        let policy = asks_nothing();
        assert_eq!(unmet(&policy, &elder(60, &[])), []);
        assert_eq!(
            policy.judge(&elder(60, &[])).len(),
            2,
            "what is not asked is not answered"
        );
        let abroad = ElderFacts {
            division: "630201001000".into(),
            ..elder(60, &[])
        };
        assert_eq!(unmet(&policy, &abroad), [Condition::Division]);
        for (status, gone) in [
            (ElderStatus::InInstitution, false),
            (ElderStatus::Declined, false),
            (ElderStatus::InHospital, false),
            (ElderStatus::Moved, true),
            (ElderStatus::Deceased, true),
            (ElderStatus::Merged, true),
        ] {
            let elder = ElderFacts {
                status,
                ..elder(60, &[])
            };
            assert_eq!(unmet(&policy, &elder) == [Condition::Present], gone, "{status:?}");
        }
    }

    #[test]
    fn ages_hold_at_both_ends() {
        let policy = Eligibility {
            age_from: Some(80),
            age_to: Some(89),
            ..asks_nothing()
        };
        for (age, expected) in [
            (79, vec![Condition::AgeFrom]),
            (80, vec![]),
            (89, vec![]),
            (90, vec![Condition::AgeTo]),
        ] {
            assert_eq!(unmet(&policy, &elder(age, &[])), expected, "{age}");
        }
    }

    #[test]
    fn one_of_the_wanted_categories_is_enough_and_one_of_the_unwanted_too_much() {
        let policy = Eligibility {
            categories_any: vec!["subsistence_allowance".into(), "extreme_difficulty".into()],
            categories_none: vec!["kinless".into()],
            ..asks_nothing()
        };
        assert_eq!(unmet(&policy, &elder(70, &[])), [Condition::CategoriesAny]);
        assert_eq!(unmet(&policy, &elder(70, &["extreme_difficulty"])), []);
        let both = elder(70, &["extreme_difficulty", "kinless"]);
        assert_eq!(unmet(&policy, &both), [Condition::CategoriesNone]);
        let none = policy
            .judge(&both)
            .into_iter()
            .find(|v| v.condition == Condition::CategoriesNone)
            .unwrap();
        assert_eq!(
            (none.required, none.found),
            (json!(["kinless"]), json!(["kinless"]))
        );
    }

    #[test]
    fn the_ability_asked_for_is_the_least() {
        let asks = |ability| Eligibility {
            ability: Some(ability),
            ..asks_nothing()
        };
        for (categories, partly, wholly) in [
            (&[][..], false, false),
            (&["partly_disabled"], true, false),
            (&["disabled"], true, true),
            (&["partly_disabled", "disabled"], true, true),
        ] {
            let met = |ability| unmet(&asks(ability), &elder(70, categories)).is_empty();
            assert_eq!(
                (met(PolicyAbility::PartlyDisabled), met(PolicyAbility::Disabled)),
                (partly, wholly),
                "{categories:?}"
            );
        }
    }

    #[test]
    fn the_ground_of_service_is_compared() {
        let policy = Eligibility {
            entitlement: Some(Entitlement::SafetyNet),
            ..asks_nothing()
        };
        assert_eq!(unmet(&policy, &elder(70, &[])), [Condition::Entitlement]);
        let served = ElderFacts {
            entitlement: Entitlement::SafetyNet,
            ..elder(70, &[])
        };
        assert_eq!(unmet(&policy, &served), []);
    }
}
