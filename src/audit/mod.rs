//! The audit trail: who read or changed what, hash-chained and append-only.
//!
//! A change writes its row into `audit_inbox` within its own transaction, so that neither exists without the other. A read
//! hands its row to the [`Trail`] and waits until it is committed. One appender per city (it holds an advisory lock) moves
//! both, many at a time, to the end of the chain in `audit_entries`.
//!
//! What must never stand in a row: names, ID numbers, phones, addresses, diagnoses. Ids, states and field names may.

mod chain;
mod model;
mod queries;
pub mod routes;

pub use chain::{Trail, verify};
pub use model::Entry;

use crate::{db::statement, error::Problem};
use diesel::sql_types as ty;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

/// Writes rows into the inbox, within the caller's transaction.
///
/// # Errors
/// What the database said.
pub async fn record(conn: &mut AsyncPgConnection, entries: &[Entry]) -> Result<(), Problem> {
    statement("INSERT INTO audit_inbox (id, entry, occurred_at) SELECT r.id, r.entry, r.at FROM unnest($1, $2, $3) AS r (id, entry, at)")
        .bind::<ty::Array<ty::Uuid>, _>(entries.iter().map(|e| e.id).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Jsonb>, _>(entries.iter().map(Entry::to_json).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Timestamptz>, _>(entries.iter().map(|e| e.occurred_at).collect::<Vec<_>>())
        .execute(conn)
        .await?;
    Ok(())
}
