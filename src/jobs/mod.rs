//! Work after the transaction: a queue in PostgreSQL.
//!
//! A job is enqueued in the transaction that needs it ([`enqueue`]), claimed with `SKIP LOCKED` for a bounded time, run
//! outside the claim's transaction, deleted when done, tried again later with a growing wait when it failed, and left as a
//! visible dead letter when its attempts are used up. A job may run twice (a worker that dies after the work): every handler
//! is idempotent.

pub mod model;
mod queries;
pub mod routes;
pub mod sweep;
mod worker;

pub use worker::{Registry, Worker, in_transaction};

use crate::{
    db::statement,
    error::{Code, Problem},
};
use chrono::{DateTime, Utc};
use diesel::sql_types as ty;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use uuid::Uuid;

/// No such job: done, given up, or never there.
pub const JOB_NOT_FOUND: Code = Code::new(404, "job_not_found", "There is no such job");
/// The job still has attempts.
pub const JOB_NOT_DEAD: Code = Code::new(409, "job_not_dead", "The job is not a dead letter");
/// Another job of the kind waits to do the same.
pub const JOB_WAITS_ALREADY: Code = Code::new(
    409,
    "job_waits_already",
    "Another job waits to do the same; discard this one",
);

/// Attempts that a job has unless it says otherwise.
pub const MAX_ATTEMPTS: i16 = 8;

/// A job to be put into the queue.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Which handler: `orders.expire_offer`.
    pub kind: &'static str,
    /// At most one waiting job of the kind with this key; a second is dropped.
    pub dedup_key: Option<String>,
    /// What the handler needs; ids, nothing personal.
    pub payload: Value,
    /// Not before.
    pub run_at: DateTime<Utc>,
}

/// Puts a job into the queue, within the caller's transaction.
///
/// # Errors
/// What the database said.
pub async fn enqueue(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    now: DateTime<Utc>,
    job: NewJob,
) -> Result<(), Problem> {
    statement(
        "INSERT INTO jobs (id, kind, dedup_key, payload, run_at, attempts, max_attempts, created_at) \
         VALUES ($1, $2, $3, $4, $5, 0, $6, $7) ON CONFLICT (kind, dedup_key) WHERE dead_at IS NULL DO NOTHING",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Text, _>(job.kind)
    .bind::<ty::Nullable<ty::Text>, _>(job.dedup_key)
    .bind::<ty::Jsonb, _>(job.payload)
    .bind::<ty::Timestamptz, _>(job.run_at)
    .bind::<ty::SmallInt, _>(MAX_ATTEMPTS)
    .bind::<ty::Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts several jobs, each with its id, into the queue with one statement; none is none.
///
/// # Errors
/// What the database said.
pub async fn enqueue_all(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    all: Vec<(Uuid, NewJob)>,
) -> Result<(), Problem> {
    if all.is_empty() {
        return Ok(());
    }
    statement(
        "INSERT INTO jobs (id, kind, dedup_key, payload, run_at, attempts, max_attempts, created_at) \
         SELECT n.id, n.kind, n.dedup_key, n.payload, n.run_at, 0, $6, $7 FROM unnest($1, $2, $3, $4, $5) AS n (id, kind, dedup_key, payload, run_at) \
         ON CONFLICT (kind, dedup_key) WHERE dead_at IS NULL DO NOTHING",
    )
    .bind::<ty::Array<ty::Uuid>, _>(all.iter().map(|(id, _)| *id).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Text>, _>(all.iter().map(|(_, job)| job.kind).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Nullable<ty::Text>>, _>(
        all.iter().map(|(_, job)| job.dedup_key.as_deref()).collect::<Vec<_>>(),
    )
    .bind::<ty::Array<ty::Jsonb>, _>(all.iter().map(|(_, job)| job.payload.clone()).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Timestamptz>, _>(all.iter().map(|(_, job)| job.run_at).collect::<Vec<_>>())
    .bind::<ty::SmallInt, _>(MAX_ATTEMPTS)
    .bind::<ty::Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// How long to wait before attempt `attempts + 1`: 10 s, doubling, at most an hour.
pub fn backoff(attempts: i16) -> chrono::Duration {
    let doublings = u32::try_from(attempts.clamp(1, 10) - 1).unwrap_or_default();
    chrono::Duration::seconds((10 * 2_i64.pow(doublings)).min(3_600))
}

#[cfg(test)]
mod tests {
    use super::backoff;

    #[test]
    fn waits_grow_and_are_bounded() {
        let waits: Vec<_> = (1..=12).map(|n| backoff(n).num_seconds()).collect();
        assert_eq!(waits[..4], [10, 20, 40, 80]);
        assert_eq!(waits[11], 3_600);
    }
}
