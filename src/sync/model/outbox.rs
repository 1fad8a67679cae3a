//! Items of an outbox and what becomes of them.

use crate::{
    error::{INVALID, Problem},
    sync::{
        OUTBOX_OPERATION_UNKNOWN, OUTBOX_SCHEMA_UNKNOWN,
        operations::{self, Operation},
    },
    text::canonical,
};
use chrono::{DateTime, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// The newest form of an item that the service knows.
pub const SCHEMA: i64 = 1;

/// What a phone sends.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Outbox {
    /// The installation that sends.
    #[garde(skip)]
    pub device_id: Uuid,
    /// What was done, in the order in which it was done. One bad item never keeps another from being done.
    #[garde(length(min = 1, max = 50))]
    #[schema(value_type = Vec<OutboxItem>)]
    pub items: Vec<Value>,
}

/// Something that a steward did.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutboxItem {
    /// Made by the phone; also the `Idempotency-Key` of the operation.
    #[garde(skip)]
    pub id: Uuid,
    /// An operationId of the contract.
    #[garde(length(chars, min = 1, max = 60))]
    #[schema(example = "visits_log")]
    pub operation: String,
    /// The parameters of the operation's path.
    #[garde(inner(length(max = 3)))]
    #[schema(value_type = Option<Object>, example = json!({ "id": "0190b8e2-0000-7000-8000-000000000001" }))]
    pub path: Option<BTreeMap<String, Uuid>>,
    /// The operation's body. Its `device_now` may be left out: the item's takes its place.
    #[garde(skip)]
    #[schema(value_type = Object)]
    pub body: Value,
    /// Items of this phone that must have been received before.
    #[garde(length(max = 10))]
    #[serde(default)]
    pub after: Vec<Uuid>,
    /// When the person finished it, by the device's clock.
    #[garde(skip)]
    pub recorded_at: DateTime<Utc>,
    /// The device's clock when it sent this.
    #[garde(skip)]
    pub device_now: DateTime<Utc>,
    /// The form of the item; old ones are accepted for ever.
    #[garde(range(min = 1))]
    #[schema(example = 1)]
    pub schema: i64,
}

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptStatus {
    /// It is done, and stays done.
    Received,
    /// A person has to mend it.
    Refused,
    /// What it follows has not been received yet.
    Held,
    /// It could not be done now: send it again as it is.
    Later,
}

/// What a phone is told of an item.
#[derive(Debug, Serialize, ToSchema)]
pub struct Receipt {
    /// The item; all zeros where it said none that could be read.
    pub id: Uuid,
    /// What became of it.
    pub status: ReceiptStatus,
    /// SHA-256, in hex, of what was received: the item as JSON with sorted keys, without the device's present time.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub hash: Option<String>,
    /// When it was received, or looked at.
    pub server_time: DateTime<Utc>,
    /// The version of what the operation made or changed, where it has one.
    pub version: Option<i32>,
    /// The status of the operation's answer; none where the operation was not reached.
    #[schema(example = 201)]
    pub answer_status: Option<i16>,
    /// The operation's answer; null where it was received earlier: the service keeps no copy.
    #[schema(value_type = Option<Object>)]
    pub answer: Option<Value>,
    /// Why it was refused or not done: the ordinary problem.
    #[schema(value_type = Option<Object>)]
    pub problem: Option<Value>,
    /// What it waits for.
    pub waiting_for: Vec<Uuid>,
}

/// What became of every item, in the order in which they were sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Receipts {
    /// The server's clock.
    pub server_time: DateTime<Utc>,
    /// One for each item.
    pub receipts: Vec<Receipt>,
}

impl Receipt {
    /// One that says nothing yet.
    pub fn of(id: Uuid, status: ReceiptStatus, server_time: DateTime<Utc>) -> Self {
        Self {
            id,
            status,
            hash: None,
            server_time,
            version: None,
            answer_status: None,
            answer: None,
            problem: None,
            waiting_for: Vec::new(),
        }
    }

    /// The item was refused before its operation was reached, or could not be done now.
    pub fn problem(id: Uuid, server_time: DateTime<Utc>, request: Option<Uuid>, problem: &Problem) -> Self {
        Self {
            problem: serde_json::to_value(problem.body(request)).ok(),
            ..Self::of(id, status_of(problem.code.status), server_time)
        }
    }
}

/// What an answer of this HTTP status means for the item. A role or a scope that has changed is for a person to see; a log-in that
/// ran out and whatever is the service's own fault is tried again.
pub fn status_of(http: u16) -> ReceiptStatus {
    match http {
        200..=299 => ReceiptStatus::Received,
        401 | 408 | 425 | 429 | 500.. => ReceiptStatus::Later,
        _ => ReceiptStatus::Refused,
    }
}

/// An item that can be done.
#[derive(Debug)]
pub struct Ready {
    /// The item.
    pub item: OutboxItem,
    /// Its operation.
    pub operation: &'static Operation,
    /// The operation's path with its parameters.
    pub path: String,
    /// SHA-256 of what it says.
    pub hash: [u8; 32],
}

impl Ready {
    /// Reads an item of any form, old or new.
    ///
    /// # Errors
    /// Its id, all zeros where there is none, and why it cannot be done.
    pub fn read(sent: &Value) -> Result<Self, (Uuid, Problem)> {
        let id = sent["id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .unwrap_or_default();
        Self::of(sent).map_err(|problem| (id, problem))
    }

    fn of(sent: &Value) -> Result<Self, Problem> {
        let item: OutboxItem =
            serde_json::from_value(upgraded(sent.clone())?).map_err(|e| INVALID.with(e.to_string()))?;
        item.validate().map_err(|report| {
            report.iter().fold(INVALID.problem(), |problem, (path, error)| {
                problem.and_field(path.to_string(), error.to_string())
            })
        })?;
        if !item.body.is_object() {
            return Err(Problem::field("body", "must be an object"));
        }
        let operation =
            operations::named(&item.operation).ok_or_else(|| OUTBOX_OPERATION_UNKNOWN.problem())?;
        let path = operation.path(&item.path.clone().unwrap_or_default())?;
        let mut said = sent.clone();
        if let Some(fields) = said.as_object_mut() {
            fields.remove("device_now");
            if let Some(body) = fields.get_mut("body") {
                *body = operation.untimed(body.take());
            }
        }
        let hash = Sha256::digest(canonical(&said)).into();
        Ok(Self {
            item,
            operation,
            path,
            hash,
        })
    }

    /// The operation's body, the device's time in it.
    pub fn body(&self) -> Value {
        self.operation
            .timed(self.item.body.clone(), &json!(self.item.device_now))
    }

    /// What the device's clock was ahead of the server's by, in milliseconds.
    pub fn offset_ms(&self, now: DateTime<Utc>) -> i64 {
        (self.item.device_now - now).num_milliseconds()
    }
}

/// An item in the newest form: each step turns one form into the next.
fn upgraded(item: Value) -> Result<Value, Problem> {
    match item["schema"].as_i64() {
        Some(newer) if newer > SCHEMA => Err(OUTBOX_SCHEMA_UNKNOWN.problem()),
        _ => Ok(item),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(change: impl FnOnce(&mut Value)) -> Value {
        let mut item = json!({ "id": Uuid::from_u128(1), "operation": "visits_log", "body": { "note": "a" }, "after": [],
            "recorded_at": "2024-01-08T01:00:00Z", "device_now": "2024-01-08T02:00:00Z", "schema": 1 });
        change(&mut item);
        item
    }

    #[test]
    fn the_hash_is_of_what_was_done_and_not_of_when_it_is_sent() {
        let hash = |change: fn(&mut Value)| Ready::read(&item(change)).unwrap().hash;
        let plain = hash(|_| {});
        assert_eq!(hash(|i| i["device_now"] = json!("2024-01-09T02:00:00Z")), plain);
        assert_eq!(
            hash(|i| i["body"]["device_now"] = json!("2024-01-09T02:00:00Z")),
            plain
        );
        let others: [fn(&mut Value); 3] = [
            |i| i["body"]["note"] = json!("b"),
            |i| i["recorded_at"] = json!("2024-01-08T01:00:01Z"),
            |i| i["id"] = json!(Uuid::from_u128(2)),
        ];
        for other in others {
            assert_ne!(hash(other), plain);
        }
    }

    #[test]
    fn an_item_that_cannot_be_done_says_why() {
        let refused = |change: fn(&mut Value)| Ready::read(&item(change)).unwrap_err();
        assert_eq!(refused(|i| i["schema"] = json!(2)).1.code, OUTBOX_SCHEMA_UNKNOWN);
        assert_eq!(
            refused(|i| i["operation"] = json!("users_create")).1.code,
            OUTBOX_OPERATION_UNKNOWN
        );
        assert_eq!(refused(|i| i["body"] = json!([])).1.code, INVALID);
        assert_eq!(refused(|i| i["id"] = json!("x")).0, Uuid::nil());
        assert_eq!(refused(|i| i["recorded_at"] = json!("x")).0, Uuid::from_u128(1));
    }

    #[test]
    fn what_passes_is_tried_again_and_what_does_not_is_shown() {
        for later in [401, 408, 429, 500, 503] {
            assert_eq!(status_of(later), ReceiptStatus::Later);
        }
        for refused in [400, 403, 404, 409, 422] {
            assert_eq!(status_of(refused), ReceiptStatus::Refused);
        }
        assert_eq!(status_of(201), ReceiptStatus::Received);
    }
}
