//! Lists of check points, and the rules that a new one must keep.

use crate::{
    error::{INVALID, Problem},
    hazards::model::{HazardKind, HazardSeverity},
    ids::UserId,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{QueryableByName, deserialize, pg::Pg, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// What can be found at a check point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckAnswer {
    /// Its code; no other answer of the point has it.
    #[garde(pattern("^[a-z][a-z0-9_]{0,39}$"))]
    #[schema(example = "leaking")]
    pub code: String,
    /// Chinese name.
    #[garde(length(chars, min = 1, max = 50))]
    #[schema(example = "漏气")]
    pub name_zh: String,
    /// English name.
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(example = "leaking")]
    pub name_en: String,
    /// The suggested grade of what is found so; none where it is safe or there is nothing to check.
    #[garde(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<HazardSeverity>,
}

/// A check point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckPoint {
    /// Its code, the same in every list.
    #[garde(pattern("^[a-z][a-z0-9_]{1,59}$"))]
    #[schema(example = "hose")]
    pub code: String,
    /// Under which of the checks.
    #[garde(skip)]
    pub kind: HazardKind,
    /// Chinese name.
    #[garde(length(chars, min = 1, max = 50))]
    #[schema(example = "连接软管材质与年限")]
    pub name_zh: String,
    /// English name.
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(example = "hose: type and age")]
    pub name_en: String,
    /// What to look at, and why.
    #[garde(length(chars, max = 500))]
    #[schema(example = "GB 55009-2021 起不得使用橡胶软管")]
    pub note: String,
    /// The suggested grade of a hazard here, unless the answer has another.
    #[garde(skip)]
    pub severity: HazardSeverity,
    /// What can be found.
    #[garde(length(min = 2, max = 10), dive)]
    pub answers: Vec<CheckAnswer>,
}

/// Check points as they are stored: one array.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema, diesel::deserialize::FromSqlRow)]
#[serde(transparent)]
pub struct CheckPoints(pub Vec<CheckPoint>);

impl deserialize::FromSql<ty::Jsonb, Pg> for CheckPoints {
    fn from_sql(bytes: diesel::pg::PgValue<'_>) -> deserialize::Result<Self> {
        let value: serde_json::Value = deserialize::FromSql::<ty::Jsonb, Pg>::from_sql(bytes)?;
        Ok(Self(serde_json::from_value(value)?))
    }
}

/// A list of check points.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct CheckList {
    /// Its number, which a visit names as its `form_version`.
    #[diesel(sql_type = ty::SmallInt)]
    #[serde(rename = "form_version")]
    #[schema(example = 1)]
    pub version: i16,
    /// The first day on which it is in force, in Asia/Shanghai.
    #[diesel(sql_type = ty::Date)]
    pub valid_from: NaiveDate,
    /// Who published it; none for the list that the service starts with.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub published_by: Option<UserId>,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub published_at: DateTime<Utc>,
    /// Its check points, in the order of the form.
    #[diesel(sql_type = ty::Jsonb)]
    #[schema(value_type = Vec<CheckPoint>)]
    pub points: CheckPoints,
}

/// A list to be published.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCheckList {
    /// Its first day: today or later, and after that of every other list.
    #[garde(skip)]
    pub valid_from: NaiveDate,
    /// Its check points, in the order of the form.
    #[garde(length(min = 1, max = 200), dive)]
    pub points: Vec<CheckPoint>,
}

impl NewCheckList {
    /// The rules that hold between fields, and with what earlier lists said: `kinds` are the codes that they had.
    ///
    /// # Errors
    /// 422 with every field at fault.
    pub fn check(&self, kinds: &BTreeMap<String, HazardKind>) -> Result<(), Problem> {
        let mut problem = INVALID.problem();
        let mut codes = BTreeSet::new();
        for (n, point) in self.points.iter().enumerate() {
            if !codes.insert(&point.code) {
                problem = problem.and_field(format!("points[{n}].code"), "is named twice");
            }
            if kinds.get(&point.code).is_some_and(|kind| *kind != point.kind) {
                problem = problem.and_field(format!("points[{n}].kind"), "was another in an earlier list");
            }
            let answers: BTreeSet<_> = point.answers.iter().map(|a| &a.code).collect();
            if answers.len() < point.answers.len() {
                problem = problem.and_field(format!("points[{n}].answers"), "name one answer twice");
            }
            if !point.answers.iter().any(|a| a.severity == Some(point.severity)) {
                problem =
                    problem.and_field(format!("points[{n}].severity"), "is that of none of its answers");
            }
            if point.answers.iter().all(|a| a.severity.is_some()) {
                problem = problem.and_field(format!("points[{n}].answers"), "hold none that is safe");
            }
        }
        if problem.fields.is_empty() {
            Ok(())
        } else {
            Err(problem)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first() -> NewCheckList {
        serde_json::from_str(include_str!("../../../data/check-points/2023-10-01.json")).unwrap()
    }

    fn fields(list: &NewCheckList, kinds: &BTreeMap<String, HazardKind>) -> Vec<String> {
        let fields = list.check(kinds).err().map(|p| p.fields).unwrap_or_default();
        fields.into_iter().map(|f| f.field).collect()
    }

    #[test]
    fn the_first_list_keeps_the_rules_and_holds_all_five_kinds() {
        let list = first();
        assert_eq!(fields(&list, &BTreeMap::new()), Vec::<String>::new());
        assert!(list.validate().is_ok());
        let kinds: Vec<_> = list.points.iter().map(|p| p.kind).collect();
        for kind in [
            HazardKind::Gas,
            HazardKind::Electric,
            HazardKind::Fire,
            HazardKind::Water,
            HazardKind::Dwelling,
        ] {
            assert!(kinds.contains(&kind), "{kind:?}");
        }
    }

    #[test]
    fn a_code_keeps_its_kind_and_an_answer_has_the_suggested_grade() {
        let kinds = BTreeMap::from([("hose".to_owned(), HazardKind::Water)]);
        assert_eq!(fields(&first(), &kinds), ["points[0].kind"]);
        let mut list = first();
        list.points.truncate(1);
        list.points[0].severity = HazardSeverity::Advice;
        assert_eq!(fields(&list, &BTreeMap::new()), ["points[0].severity"]);
        let twice = list.points[0].answers[0].clone();
        list.points[0].severity = HazardSeverity::Major;
        list.points[0].answers.push(twice);
        list.points.push(list.points[0].clone());
        assert_eq!(
            fields(&list, &BTreeMap::new()),
            ["points[0].answers", "points[1].code", "points[1].answers"]
        );
        list.points.truncate(1);
        list.points[0].answers.retain(|a| a.severity.is_some());
        assert_eq!(fields(&list, &BTreeMap::new()), ["points[0].answers"]);
    }
}
