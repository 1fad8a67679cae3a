//! Policies, applications and snoozes as they are stored, sent and received.

use super::eligibility::{Eligibility, Verdict};
use crate::{
    ids::{CommunityId, ElderId, HouseholdId, PolicyApplicationId, PolicyId, PolicySnoozeId, UserId},
    schema::sql_types as native,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a version of a policy says.
#[derive(Debug, Clone, PartialEq, QueryableByName, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyContent {
    /// Chinese title.
    #[diesel(sql_type = ty::Text)]
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(example = "高龄津贴")]
    pub title_zh: String,
    /// English title.
    #[diesel(sql_type = ty::Text)]
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(example = "advanced-age allowance")]
    pub title_en: String,
    /// What it gives, in full.
    #[diesel(sql_type = ty::Text)]
    #[garde(length(chars, min = 1, max = 20_000))]
    #[schema(example = "年满80周岁的老年人按月发放高龄津贴。")]
    pub text: String,
    /// The document that it stands in.
    #[diesel(sql_type = ty::Text)]
    #[garde(length(chars, min = 1, max = 300))]
    #[schema(example = "示例民发〔2023〕1号")]
    pub source: String,
    /// How to apply.
    #[diesel(sql_type = ty::Text)]
    #[garde(length(chars, max = 2_000))]
    #[serde(default)]
    #[schema(example = "向户籍所在地街道申请")]
    pub how_to_apply: String,
    /// Documents needed.
    #[diesel(sql_type = ty::Array<ty::Text>)]
    #[garde(length(max = 20), inner(length(chars, min = 1, max = 100)))]
    #[serde(default)]
    #[schema(example = json!(["身份证", "户口簿"]))]
    pub documents: Vec<String>,
    /// The first day.
    #[diesel(sql_type = ty::Date)]
    #[garde(skip)]
    pub valid_from: NaiveDate,
    /// The first day on which it is no longer in force.
    #[diesel(sql_type = ty::Nullable<ty::Date>)]
    #[garde(skip)]
    pub valid_to: Option<NaiveDate>,
    /// Who is entitled.
    #[diesel(embed)]
    #[garde(dive)]
    pub eligibility: Eligibility,
}

/// A policy to be entered, with its first version.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPolicy {
    /// A code of its own.
    #[garde(pattern("^[a-z][a-z0-9_]{1,59}$"))]
    #[schema(example = "advanced_age_allowance")]
    pub code: String,
    /// Prefix of the issuing division's code.
    #[garde(pattern("^[1-9][0-9]{1,11}$"))]
    #[schema(example = "6301")]
    pub issued_by: String,
    /// What it says.
    #[garde(dive)]
    pub content: PolicyContent,
}

/// The next version of a policy.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPolicyVersion {
    /// Why it is changed.
    #[garde(length(chars, min = 2, max = 500))]
    #[schema(example = "2024年起提高标准")]
    pub reason: String,
    /// The whole content as it should stand from its first day on.
    #[garde(dive)]
    pub content: PolicyContent,
}

/// A version of a policy.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct PolicyVersion {
    /// 1 is the first.
    #[diesel(sql_type = ty::Integer)]
    pub version: i32,
    /// What it says.
    #[diesel(embed)]
    pub content: PolicyContent,
    /// Why it took the place of the one before; none for the first.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub reason: Option<String>,
    /// Who entered it.
    #[diesel(sql_type = ty::Uuid)]
    pub recorded_by: UserId,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub recorded_at: DateTime<Utc>,
}

/// A policy without what it says.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct Policy {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: PolicyId,
    /// Its code.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "advanced_age_allowance")]
    pub code: String,
    /// Prefix of the issuing division's code.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "6301")]
    pub issued_by: String,
    /// The newest version; the ETag.
    #[diesel(sql_type = ty::Integer)]
    pub version: i32,
}

/// A policy with everything that it said, says and will say.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyFile {
    /// The policy.
    #[serde(flatten)]
    pub policy: Policy,
    /// Its versions, the newest first; at most 200.
    pub versions: Vec<PolicyVersion>,
}

/// A policy in force on a day.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct PolicyInForce {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: PolicyId,
    /// Its code.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "advanced_age_allowance")]
    pub code: String,
    /// Prefix of the issuing division's code.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "6301")]
    pub issued_by: String,
    /// The version in force.
    #[diesel(sql_type = ty::Integer)]
    pub version: i32,
    /// What it says.
    #[diesel(embed)]
    pub content: PolicyContent,
}

/// Where an application stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::PolicyApplicationStatus")]
pub enum PolicyApplicationStatus {
    /// Waits for the office.
    Applied,
    /// The elder has it.
    Granted,
    /// The office refused.
    Refused,
    /// It was taken back, or the elder has it no longer.
    Stopped,
}

/// An application.
#[derive(Debug, Clone, PartialEq, QueryableByName, Serialize, ToSchema)]
pub struct PolicyApplication {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: PolicyApplicationId,
    /// For whom.
    #[diesel(sql_type = ty::Uuid)]
    pub elder_id: ElderId,
    /// For what.
    #[diesel(sql_type = ty::Uuid)]
    pub policy_id: PolicyId,
    /// The version in force on the day of the application.
    #[diesel(sql_type = ty::Integer)]
    pub policy_version: i32,
    /// Where it stands.
    #[diesel(sql_type = native::PolicyApplicationStatus)]
    pub status: PolicyApplicationStatus,
    /// When it was handed in.
    #[diesel(sql_type = ty::Date)]
    pub applied_on: NaiveDate,
    /// When it was granted or refused.
    #[diesel(sql_type = ty::Nullable<ty::Date>)]
    pub decided_on: Option<NaiveDate>,
    /// Why it was refused.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub refusal_reason: Option<String>,
    /// When it was taken back, or the first day without it.
    #[diesel(sql_type = ty::Nullable<ty::Date>)]
    pub stopped_on: Option<NaiveDate>,
    /// Why.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub stop_reason: Option<String>,
    /// Who recorded it.
    #[diesel(sql_type = ty::Uuid)]
    pub recorded_by: UserId,
    /// When the server received it.
    #[diesel(sql_type = ty::Timestamptz)]
    pub recorded_at: DateTime<Utc>,
    /// Counts the changes.
    #[diesel(sql_type = ty::Integer)]
    pub version: i32,
}

/// An application to be recorded.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPolicyApplication {
    /// Made by the phone; the same id is the same application.
    #[garde(skip)]
    pub id: PolicyApplicationId,
    /// For what.
    #[garde(skip)]
    pub policy_id: PolicyId,
    /// When it was handed in; not after today.
    #[garde(skip)]
    pub applied_on: NaiveDate,
}

/// What the office said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicyDecision {
    /// The elder has it.
    Granted,
    /// The elder does not get it.
    Refused,
}

/// The decision on an application.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyApplicationDecision {
    /// What the office said.
    #[garde(skip)]
    pub decision: PolicyDecision,
    /// Why it refused; only then.
    #[garde(length(chars, min = 2, max = 500))]
    #[schema(example = "未满80周岁")]
    pub reason: Option<String>,
    /// When; not after today.
    #[garde(skip)]
    pub decided_on: NaiveDate,
}

/// The end of an application, or of what was granted.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyApplicationStop {
    /// Why.
    #[garde(length(chars, min = 2, max = 500))]
    #[schema(example = "已迁往外省")]
    pub reason: String,
    /// When; not after today.
    #[garde(skip)]
    pub stopped_on: NaiveDate,
}

/// What an elder does not want for a while.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPolicySnooze {
    /// Made by the phone; the same id is the same snooze.
    #[garde(skip)]
    pub id: PolicySnoozeId,
    /// Which policy.
    #[garde(skip)]
    pub policy_id: PolicyId,
    /// Why, in the elder's words.
    #[garde(length(chars, min = 2, max = 500))]
    #[schema(example = "老人表示暂不需要")]
    pub reason: String,
    /// The day on which to ask again; after today, within a year.
    #[garde(skip)]
    pub until: NaiveDate,
}

/// A policy that an elder is not reminded of before a day.
#[derive(Debug, Clone, PartialEq, QueryableByName, Serialize, ToSchema)]
pub struct PolicySnooze {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: PolicySnoozeId,
    /// Whose.
    #[diesel(sql_type = ty::Uuid)]
    pub elder_id: ElderId,
    /// Which policy.
    #[diesel(sql_type = ty::Uuid)]
    pub policy_id: PolicyId,
    /// Why.
    #[diesel(sql_type = ty::Text)]
    pub reason: String,
    /// The day on which to ask again.
    #[diesel(sql_type = ty::Date)]
    pub until: NaiveDate,
    /// Who recorded it.
    #[diesel(sql_type = ty::Uuid)]
    pub recorded_by: UserId,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub recorded_at: DateTime<Utc>,
}

/// How an elder stands to a policy in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyForElder {
    /// The policy.
    pub policy_id: PolicyId,
    /// Its code.
    #[schema(example = "advanced_age_allowance")]
    pub code: String,
    /// The version in force.
    pub policy_version: i32,
    /// Chinese title.
    #[schema(example = "高龄津贴")]
    pub title_zh: String,
    /// English title.
    #[schema(example = "advanced-age allowance")]
    pub title_en: String,
    /// Every condition is met.
    pub entitled: bool,
    /// Each condition that the policy asks for.
    pub conditions: Vec<Verdict>,
    /// The last application.
    pub application: Option<PolicyApplication>,
    /// The snooze that runs longest, while one runs.
    pub snooze: Option<PolicySnooze>,
}

/// A policy that an elder is entitled to and has not applied for.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct PolicyToDo {
    /// Whose.
    #[diesel(sql_type = ty::Uuid)]
    pub elder_id: ElderId,
    /// The name in full.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "王福山")]
    pub elder_name: String,
    /// Where they live.
    #[diesel(sql_type = ty::Uuid)]
    pub household_id: HouseholdId,
    /// In which compound.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// Which policy.
    #[diesel(sql_type = ty::Uuid)]
    pub policy_id: PolicyId,
    /// Its code.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "advanced_age_allowance")]
    pub code: String,
    /// The version in force.
    #[diesel(sql_type = ty::Integer)]
    pub policy_version: i32,
    /// Chinese title.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "高龄津贴")]
    pub title_zh: String,
    /// English title.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "advanced-age allowance")]
    pub title_en: String,
}
