//! Jobs as an administrator sees them.

use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// Whether a job may still run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Its attempts are used up.
    #[default]
    Dead,
    /// It waits, or runs now.
    Waiting,
}

/// A job of the queue.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct Job {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: Uuid,
    /// What it does.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "emergencies.no_answer_due")]
    pub kind: String,
    /// To what: ids.
    #[diesel(sql_type = ty::Jsonb)]
    #[schema(value_type = Object, example = json!({ "case_id": "018d0000-0000-7000-8000-000000000001" }))]
    pub payload: Value,
    /// How often it was tried.
    #[diesel(sql_type = ty::SmallInt)]
    #[schema(example = 8)]
    pub attempts: i16,
    /// How often it may be.
    #[diesel(sql_type = ty::SmallInt)]
    #[schema(example = 8)]
    pub max_attempts: i16,
    /// Not before.
    #[diesel(sql_type = ty::Timestamptz)]
    pub run_at: DateTime<Utc>,
    /// A worker holds it until then.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub claimed_until: Option<DateTime<Utc>>,
    /// Why the last attempt failed.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    #[schema(example = "internal: Something went wrong on the server")]
    pub last_error: Option<String>,
    /// Since when its attempts are used up.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub dead_at: Option<DateTime<Utc>>,
    /// When it was asked for.
    #[diesel(sql_type = ty::Timestamptz)]
    pub created_at: DateTime<Utc>,
}
