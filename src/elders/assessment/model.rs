//! Assessments as they are stored, sent and received.

use super::scheme::{AbilityReckoning, Scheme};
use crate::{
    error::Problem,
    ids::{AssessmentId, CommunityId, ElderId, UserId},
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Why an elder is assessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::AssessmentReason")]
pub enum AssessmentReason {
    /// 首次评估
    First,
    /// 常规评估: its time has come.
    Regular,
    /// 即时评估: something has changed.
    Change,
    /// 复评: the result was questioned.
    Review,
}

/// What kind of care-risk event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CareEventKind {
    /// 跌倒
    Fall,
    /// 噎食
    Choking,
    /// 自杀
    Suicide,
    /// 自伤
    SelfHarm,
    /// 走失
    Wandering,
    /// Another.
    Other,
}

/// A care-risk event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CareEvent {
    /// What kind.
    #[garde(skip)]
    pub kind: CareEventKind,
    /// On which day.
    #[garde(skip)]
    pub on: NaiveDate,
}

/// What the assessors found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
pub struct AbilityFindings {
    /// 昏迷: no scores are taken.
    #[garde(skip)]
    #[serde(default)]
    pub coma: bool,
    /// The score of each item of the scheme, by its code, in whole numbers.
    #[garde(length(max = 100))]
    #[serde(default)]
    #[schema(example = json!({ "eating": 4, "grooming": 3 }))]
    pub scores: BTreeMap<String, i16>,
    /// Dementia is diagnosed (ICD-10 F00–F03).
    #[garde(skip)]
    #[serde(default)]
    pub dementia: bool,
    /// Another mental or behavioural disorder is diagnosed by a psychiatrist (F04–F99).
    #[garde(skip)]
    #[serde(default)]
    pub mental_disorder: bool,
    /// Care-risk events of late.
    #[garde(length(max = 50), dive)]
    #[serde(default)]
    pub care_events: Vec<CareEvent>,
}

/// Who assessed: an account, or the name of somebody without one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assessor {
    /// A steward's or officer's account.
    #[garde(skip)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Otherwise the name, with the institution where it helps.
    #[garde(length(chars, min = 1, max = 100))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "李明（西宁市示例医院）")]
    pub name: Option<String>,
}

/// That an assessment takes the place of a wrong one.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssessmentReplacement {
    /// Which it replaces.
    #[garde(skip)]
    pub id: AssessmentId,
    /// Why.
    #[garde(length(chars, min = 2, max = 500))]
    #[schema(example = "听力一项录错")]
    pub reason: String,
}

/// An assessment to be recorded.
#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAssessment {
    /// Made by the phone; the same id is the same assessment.
    #[garde(skip)]
    pub id: AssessmentId,
    /// Why the elder is assessed.
    #[garde(skip)]
    pub reason: AssessmentReason,
    /// When, by the device's clock.
    #[garde(skip)]
    pub assessed_at: DateTime<Utc>,
    /// The device's clock when it sent this.
    #[garde(skip)]
    pub device_now: DateTime<Utc>,
    /// The two who assessed.
    #[garde(length(min = 2, max = 2), dive)]
    pub assessors: Vec<Assessor>,
    /// What they found.
    #[garde(dive)]
    pub findings: AbilityFindings,
    /// What else there is to say; sealed.
    #[garde(length(chars, max = 1000))]
    #[serde(default)]
    pub note: String,
    /// The assessment whose place it takes, where it corrects one.
    #[garde(dive)]
    pub replaces: Option<AssessmentReplacement>,
}

impl NewAssessment {
    /// What was sent, the device's present time left out, hashed: a phone that sends again tells another time.
    ///
    /// # Errors
    /// A fault of ours when it is not JSON.
    pub fn content_hash(&self) -> Result<Vec<u8>, Problem> {
        let mut content = serde_json::to_value(self).map_err(Problem::internal)?;
        if let Some(fields) = content.as_object_mut() {
            fields.remove("device_now");
        }
        let text = serde_json::to_vec(&content).map_err(Problem::internal)?;
        Ok(Sha256::digest(text).to_vec())
    }

    /// The two assessors, if each is named once and they are different persons.
    ///
    /// # Errors
    /// 422 with the field.
    pub fn two_assessors(&self) -> Result<[Assessor; 2], Problem> {
        let mut named = self.assessors.iter().enumerate().map(|(n, given)| {
            let name = given.name.as_deref().map(|name| name.trim().to_owned());
            match (given.user_id, name.as_deref()) {
                (Some(_), None) => Ok(given.clone()),
                (None, Some(text)) if !text.is_empty() => Ok(Assessor { user_id: None, name }),
                _ => Err(Problem::field(
                    format!("assessors[{n}]"),
                    "is an account or a name, one of them",
                )),
            }
        });
        match (named.next(), named.next()) {
            (Some(first), Some(second)) => {
                let (first, second) = (first?, second?);
                if first == second {
                    return Err(Problem::field("assessors[1]", "must be another person"));
                }
                Ok([first, second])
            }
            _ => Err(Problem::field("assessors", "must be two")),
        }
    }
}

/// What lies sealed of an assessment.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Sealed {
    pub findings: AbilityFindings,
    pub reckoning: AbilityReckoning,
    pub note: String,
}

/// An assessment's result.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct Assessment {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: AssessmentId,
    /// Of whom.
    #[diesel(sql_type = ty::Uuid)]
    pub elder_id: ElderId,
    /// The scheme by which it was made,
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "gb_t_42195_2022")]
    pub scheme_code: String,
    /// and its version.
    #[diesel(sql_type = ty::SmallInt)]
    pub scheme_version: i16,
    /// Why.
    #[diesel(sql_type = crate::schema::sql_types::AssessmentReason)]
    pub reason: AssessmentReason,
    /// When, the device's clock put right.
    #[diesel(sql_type = ty::Timestamptz)]
    pub assessed_at: DateTime<Utc>,
    /// The final level, 0 (intact) to 4 (totally disabled).
    #[diesel(sql_type = ty::SmallInt)]
    pub level: i16,
    /// The day on which the elder is to be assessed again.
    #[diesel(sql_type = ty::Date)]
    pub reassess_on: NaiveDate,
    /// The two who assessed.
    #[diesel(sql_type = ty::Jsonb)]
    #[schema(value_type = Vec<Assessor>)]
    pub assessors: Value,
    /// The assessment whose place it takes.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub replaces_id: Option<AssessmentId>,
    /// Why it does.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub replacement_reason: Option<String>,
    /// The assessment that has taken its place.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub replaced_by_id: Option<AssessmentId>,
    /// The elder's categories follow it.
    #[diesel(sql_type = ty::Bool)]
    pub current: bool,
    /// Who recorded it.
    #[diesel(sql_type = ty::Uuid)]
    pub recorded_by: UserId,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub recorded_at: DateTime<Utc>,
    /// The elder's community.
    #[diesel(sql_type = ty::Uuid)]
    #[serde(skip)]
    pub community_id: CommunityId,
    /// What lies sealed.
    #[diesel(sql_type = ty::Text)]
    #[serde(skip)]
    pub content_sealed: String,
    /// What was sent, hashed.
    #[diesel(sql_type = ty::Binary)]
    #[serde(skip)]
    pub content_hash: Vec<u8>,
}

/// An assessment with everything that was found, and how its level came about.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssessmentDetail {
    /// The assessment.
    #[serde(flatten)]
    pub assessment: Assessment,
    /// What was found.
    pub findings: AbilityFindings,
    /// How the level came about.
    pub reckoning: AbilityReckoning,
    /// What else was said.
    pub note: String,
    /// What the level is called in Chinese.
    #[schema(example = "能力中度受损（中度失能）")]
    pub level_zh: String,
    /// And in English.
    #[schema(example = "moderately disabled")]
    pub level_en: String,
}

/// A version of a standard.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct AssessmentScheme {
    /// Its code.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "gb_t_42195_2022")]
    pub code: String,
    /// Its version.
    #[diesel(sql_type = ty::SmallInt)]
    pub version: i16,
    /// Its Chinese name.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "老年人能力评估规范 GB/T 42195-2022")]
    pub name_zh: String,
    /// Its English name.
    #[diesel(sql_type = ty::Text)]
    pub name_en: String,
    /// First day on which assessments are made by it.
    #[diesel(sql_type = ty::Date)]
    pub valid_from: NaiveDate,
    /// What it says.
    #[diesel(sql_type = ty::Jsonb)]
    pub content: Scheme,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn assessed_by(first: Value, second: Value) -> NewAssessment {
        serde_json::from_value(json!({
            "id": uuid::Uuid::nil(), "reason": "first", "assessed_at": "2024-01-15T01:00:00Z", "device_now": "2024-01-15T01:00:00Z",
            "assessors": [first, second], "findings": { "coma": true } }))
        .unwrap()
    }

    #[test]
    fn two_different_persons_assess_each_an_account_or_a_name() {
        let (one, other) = (uuid::Uuid::nil(), uuid::Uuid::max());
        let (account, named) = (json!({ "user_id": one }), json!({ "name": "李明" }));
        for (first, second, fit) in [
            (account.clone(), named.clone(), true),
            (account.clone(), json!({ "user_id": other }), true),
            (named.clone(), json!({ "name": "王芳" }), true),
            (account.clone(), account.clone(), false),
            (named.clone(), json!({ "name": " 李明 " }), false),
            (named.clone(), json!({}), false),
            (named.clone(), json!({ "name": "  " }), false),
            (named, json!({ "user_id": one, "name": "王芳" }), false),
        ] {
            let told = format!("{first} {second}");
            assert_eq!(assessed_by(first, second).two_assessors().is_ok(), fit, "{told}");
        }
    }

    #[test]
    fn the_device_s_present_time_is_no_content() {
        let mut new = assessed_by(json!({ "name": "李明" }), json!({ "name": "王芳" }));
        let first = new.content_hash().unwrap();
        new.device_now += chrono::Duration::minutes(5);
        assert_eq!(new.content_hash().unwrap(), first);
        new.note = "另一次".to_owned();
        assert_ne!(new.content_hash().unwrap(), first);
    }
}
