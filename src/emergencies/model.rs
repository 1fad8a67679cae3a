//! Cases and emergencies as they are stored and sent.

use crate::{
    ids::{CommunityId, EmergencyId, HouseholdId, NoAnswerCaseId, VisitId},
    schema::{emergencies, no_answer_cases},
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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

/// Where an emergency stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::EmergencyStatus")]
pub enum EmergencyStatus {
    /// Nobody has acknowledged it.
    Raised,
    /// Somebody answers for it.
    Acknowledged,
    /// Over, and visited on a later day.
    Closed,
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

/// What must be answered at once.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = emergencies, check_for_backend(diesel::pg::Pg))]
pub struct Emergency {
    /// Its id.
    pub id: EmergencyId,
    /// Where.
    pub household_id: HouseholdId,
    /// In which compound.
    pub community_id: CommunityId,
    /// The shut door it came from.
    pub no_answer_case_id: Option<NoAnswerCaseId>,
    /// Where it stands.
    pub status: EmergencyStatus,
    /// Since when.
    pub raised_at: DateTime<Utc>,
    /// When somebody took it up.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// Counts the changes; the ETag.
    pub version: i32,
}
