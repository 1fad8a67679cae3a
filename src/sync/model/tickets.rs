//! What phone and service count, and where they do not agree.

use crate::ids::UserId;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// How many items of an operation were received.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationCount {
    /// The operationId.
    #[garde(length(chars, min = 1, max = 60))]
    #[schema(example = "visits_log")]
    pub operation: String,
    /// Receipts of the day.
    #[garde(range(min = 0, max = 1_000_000))]
    pub received: i64,
}

/// What a phone counts at the day's end.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncCounts {
    /// The installation.
    #[garde(skip)]
    pub device_id: Uuid,
    /// The day of the receipts' `server_time`, in Asia/Shanghai.
    #[garde(skip)]
    pub day: NaiveDate,
    /// Receipts by operation; one that is not named counts none.
    #[garde(length(max = 100), dive)]
    pub counts: Vec<OperationCount>,
    /// Items that wait to be sent.
    #[garde(range(min = 0, max = 1_000_000))]
    pub unsent: i32,
    /// When the oldest of them was made, by the device's clock.
    #[garde(skip)]
    pub oldest_unsent_at: Option<DateTime<Utc>>,
    /// The device's clock when it sent this; taken for right where it is absent.
    #[garde(skip)]
    pub device_now: Option<DateTime<Utc>>,
    /// The phone has promised not to throw away what it holds.
    #[garde(skip)]
    pub storage_persisted: bool,
    /// The version of the app.
    #[garde(length(chars, min = 1, max = 40))]
    #[schema(example = "1.0.0")]
    pub app_version: String,
}

/// An operation that the two count otherwise.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CountDifference {
    /// The operationId.
    #[schema(example = "visits_log")]
    pub operation: String,
    /// What the phone counts.
    pub phone: i64,
    /// What the service counts.
    pub server: i64,
}

/// Whether they agree.
#[derive(Debug, Serialize, ToSchema)]
pub struct SyncAgreement {
    /// They count the same.
    pub agrees: bool,
    /// Where they do not.
    pub differences: Vec<CountDifference>,
    /// The ticket that was raised; also where they agree and an item has been waiting for days.
    pub ticket_id: Option<Uuid>,
}

/// Somebody has to look.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct SyncTicket {
    /// The ticket.
    #[diesel(sql_type = ty::Uuid)]
    pub id: Uuid,
    /// Whose phone.
    #[diesel(sql_type = ty::Uuid)]
    pub user_id: UserId,
    /// The installation.
    #[diesel(sql_type = ty::Uuid)]
    pub device_id: Uuid,
    /// The day that was counted.
    #[diesel(sql_type = ty::Date)]
    pub day: NaiveDate,
    /// Where they do not agree.
    #[diesel(sql_type = ty::Jsonb)]
    #[schema(value_type = Vec<CountDifference>)]
    pub differences: Value,
    /// Items that wait on the phone.
    #[diesel(sql_type = ty::Integer)]
    pub unsent: i32,
    /// Since when the oldest of them waits.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub oldest_unsent_at: Option<DateTime<Utc>>,
    /// The phone has promised not to throw away what it holds.
    #[diesel(sql_type = ty::Bool)]
    pub storage_persisted: bool,
    /// The version of the app.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "1.0.0")]
    pub app_version: String,
    /// When it was raised.
    #[diesel(sql_type = ty::Timestamptz)]
    pub raised_at: DateTime<Utc>,
    /// When it was closed.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub closed_at: Option<DateTime<Utc>>,
    /// By whom.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub closed_by: Option<UserId>,
    /// What was found.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub note: Option<String>,
}

/// What was found about a ticket.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncTicketNote {
    /// In a sentence, without names.
    #[garde(length(chars, min = 2, max = 500))]
    #[schema(example = "手机换新，旧机数据已上传")]
    pub note: String,
}
