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

use crate::error::Problem;
use crate::schema::audit_inbox;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

/// Writes rows into the inbox, within the caller's transaction.
///
/// # Errors
/// What the database said.
pub async fn record(conn: &mut AsyncPgConnection, entries: &[Entry]) -> Result<(), Problem> {
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| {
            (
                audit_inbox::id.eq(entry.id),
                audit_inbox::entry.eq(entry.to_json()),
                audit_inbox::occurred_at.eq(entry.occurred_at),
            )
        })
        .collect();
    diesel::insert_into(audit_inbox::table)
        .values(rows)
        .execute(conn)
        .await?;
    Ok(())
}
