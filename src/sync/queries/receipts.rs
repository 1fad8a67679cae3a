//! Receipts.

use crate::{
    db::statement,
    error::Problem,
    sync::model::outbox::Ready,
    tx::{Actor, Stamp},
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use std::collections::HashMap;
use uuid::Uuid;

/// What the hash of an item is keyed for.
const HASH: &str = "sync_receipts.content";

/// An item that was received.
#[derive(Debug, Clone, QueryableByName)]
pub struct Received {
    #[diesel(sql_type = ty::Uuid)]
    item_id: Uuid,
    #[diesel(sql_type = ty::Binary)]
    content_hash: Vec<u8>,
    /// The status of the operation's answer.
    #[diesel(sql_type = ty::SmallInt)]
    pub answer_status: i16,
    /// The version that the answer told.
    #[diesel(sql_type = ty::Nullable<ty::Integer>)]
    pub answer_version: Option<i32>,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub received_at: DateTime<Utc>,
}

/// What an operation answered, as far as its receipt keeps it.
pub struct Done {
    /// The HTTP status.
    pub status: i16,
    /// The version of what it made or changed.
    pub version: Option<i32>,
    /// What it made or changed.
    pub subject: Option<Uuid>,
}

fn keyed(stamp: &Stamp, hash: &[u8; 32]) -> Vec<u8> {
    let text: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    stamp.keys.lookup_hash(HASH, &text).to_vec()
}

impl Received {
    /// Whether it was received with this content.
    pub fn says(&self, stamp: &Stamp, hash: &[u8; 32]) -> bool {
        self.content_hash == keyed(stamp, hash)
    }
}

/// Which of these items the actor's phones have sent before.
///
/// # Errors
/// What the database said.
pub async fn of(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    items: Vec<Uuid>,
) -> Result<HashMap<Uuid, Received>, Problem> {
    let found: Vec<Received> = statement(
        "SELECT item_id, content_hash, answer_status, answer_version, received_at FROM sync_receipts WHERE actor_id = $1 AND item_id = ANY ($2)",
    )
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Array<ty::Uuid>, _>(items)
    .load(conn)
    .await?;
    Ok(found
        .into_iter()
        .map(|received| (received.item_id, received))
        .collect())
}

/// Keeps that an item was received. The operation is done already: whoever came first at the same moment wrote the same.
///
/// # Errors
/// What the database said.
pub async fn keep(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    device: Uuid,
    ready: &Ready,
    (now, done): (DateTime<Utc>, &Done),
) -> Result<Received, Problem> {
    let offset = ready.offset_ms(now);
    let received = Received {
        item_id: ready.item.id,
        content_hash: keyed(stamp, &ready.hash),
        answer_status: done.status,
        answer_version: done.version,
        received_at: now,
    };
    statement(
        "INSERT INTO sync_receipts (actor_id, item_id, device_id, operation, subject_id, content_hash, recorded_at, device_offset_ms, \
         answer_status, answer_version, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
    )
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Uuid, _>(received.item_id)
    .bind::<ty::Uuid, _>(device)
    .bind::<ty::Text, _>(ready.operation.id)
    .bind::<ty::Nullable<ty::Uuid>, _>(done.subject)
    .bind::<ty::Binary, _>(received.content_hash.clone())
    .bind::<ty::Timestamptz, _>(ready.item.recorded_at - (ready.item.device_now - now))
    .bind::<ty::BigInt, _>(offset)
    .bind::<ty::SmallInt, _>(done.status)
    .bind::<ty::Nullable<ty::Integer>, _>(done.version)
    .bind::<ty::Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(received)
}
