//! Shut doors and the steps of the chain.

use crate::{
    ids::{CommunityId, HouseholdId, NoAnswerCaseId, UserId, VisitId},
    schema::no_answer_cases,
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Where a no-answer case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::NoAnswerStatus")]
pub enum NoAnswerStatus {
    /// Nobody has been reached.
    Open,
    /// It is known what is the matter.
    Resolved,
    /// The deadline passed: it is an emergency now.
    Escalated,
}

/// A step of the chain at a shut door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::NoAnswerStep")]
pub enum NoAnswerStep {
    /// Rang again.
    Ring,
    /// Phoned.
    Phone,
    /// Asked the neighbours or the property office.
    Neighbour,
    /// Reached for the emergency contact.
    Contact,
    /// Told the residents' committee.
    Community,
    /// 110 or 120.
    Police,
}

/// A door that stayed shut.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = no_answer_cases, check_for_backend(diesel::pg::Pg))]
pub struct NoAnswerCase {
    /// Its id.
    pub id: NoAnswerCaseId,
    /// Where.
    pub household_id: HouseholdId,
    /// In which compound.
    pub community_id: CommunityId,
    /// The visit that found it.
    pub visit_id: VisitId,
    /// Where it stands.
    pub status: NoAnswerStatus,
    /// Since when.
    pub opened_at: DateTime<Utc>,
    /// When it becomes an emergency.
    pub due_at: DateTime<Utc>,
    /// What was found out.
    pub resolution: Option<String>,
    /// Counts the changes; the ETag.
    pub version: i32,
}

/// What was found out about a shut door.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resolution {
    /// In a sentence.
    #[garde(length(chars, min = 2, max = 1000))]
    #[schema(example = "邻居告知外出，电话联系到本人")]
    pub resolution: String,
}

/// A case with the steps that were taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoAnswerCaseDetail {
    /// The case.
    #[serde(flatten)]
    pub case: NoAnswerCase,
    /// The steps, the earliest first.
    pub steps: Vec<NoAnswerStepDone>,
}

/// A step to be recorded.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNoAnswerStep {
    /// Made by the phone; the same id is the same step.
    #[garde(skip)]
    pub id: Uuid,
    /// Which.
    #[garde(skip)]
    pub step: NoAnswerStep,
    /// What came of it.
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    #[schema(example = "邻居说上午出门买菜")]
    pub note: String,
    /// When it was taken, by the device's clock.
    #[garde(skip)]
    pub done_at: DateTime<Utc>,
    /// The device's clock when it sent this: what it is off by is taken from `done_at`.
    #[garde(skip)]
    pub device_now: DateTime<Utc>,
}

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, QueryableByName, Serialize, ToSchema)]
pub struct NoAnswerStepDone {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: Uuid,
    /// At which door.
    #[diesel(sql_type = ty::Uuid)]
    pub case_id: NoAnswerCaseId,
    /// Which.
    #[diesel(sql_type = crate::schema::sql_types::NoAnswerStep)]
    pub step: NoAnswerStep,
    /// What came of it.
    #[diesel(sql_type = ty::Text)]
    pub note: String,
    /// Who took it.
    #[diesel(sql_type = ty::Uuid)]
    pub done_by: UserId,
    /// When, the device's clock put right.
    #[diesel(sql_type = ty::Timestamptz)]
    pub done_at: DateTime<Utc>,
    /// When the server received it.
    #[diesel(sql_type = ty::Timestamptz)]
    pub received_at: DateTime<Utc>,
    /// Milliseconds that the device's clock was ahead of the server's.
    #[diesel(sql_type = ty::BigInt)]
    pub device_offset_ms: i64,
}
