//! The phone without signal.

mod caseload;
mod counts;
mod moved;
mod outbox;
mod profile;

use crate::support::{Person, TestCity};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

/// An item as a phone whose clock is right sends it now.
pub fn item(now: DateTime<Utc>, operation: &str, path: Option<Uuid>, body: Value) -> Value {
    let path = path.map(|id| json!({ "id": id }));
    json!({ "id": Uuid::now_v7(), "operation": operation, "path": path, "body": body, "after": [], "recorded_at": now,
            "device_now": now, "schema": 1 })
}

/// The id of a thing that a phone made.
pub fn id(thing: &Value) -> Uuid {
    thing["id"].as_str().expect("an id").parse().expect("a UUID")
}

/// Sends a batch and gives the receipts, one for each item.
pub async fn send(steward: &Person, device: Uuid, items: &[&Value]) -> Vec<Value> {
    let body = json!({ "device_id": device, "items": items });
    let answer = steward.post("/api/v1/sync/outbox", body).await.expect(200);
    let receipts = answer["receipts"].as_array().unwrap().clone();
    assert_eq!(receipts.len(), items.len());
    for (receipt, item) in receipts.iter().zip(items) {
        assert_eq!(receipt["id"], item["id"]);
    }
    receipts
}

/// Sends one item, which must be received.
pub async fn received(steward: &Person, item: &Value) -> Value {
    let receipt = send(steward, Uuid::nil(), &[item]).await.remove(0);
    assert_eq!(receipt["status"], "received", "{}: {receipt}", item["operation"]);
    receipt
}

/// Sends one item, which must be refused, and gives the code.
pub async fn refused(steward: &Person, item: &Value) -> String {
    let receipt = send(steward, Uuid::nil(), &[item]).await.remove(0);
    assert_eq!(receipt["status"], "refused", "{}: {receipt}", item["operation"]);
    receipt["problem"]["code"].as_str().unwrap().to_owned()
}

/// A figure that the database knows.
pub async fn count(city: &TestCity, sql: &str) -> i64 {
    let url = &city.service.state.config.database.url;
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.query_one(sql, &[]).await.unwrap().get(0)
}
