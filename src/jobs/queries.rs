//! Statements on the queue, for those who look after it.

use super::{
    JOB_NOT_DEAD, JOB_NOT_FOUND, JOB_WAITS_ALREADY, MAX_ATTEMPTS,
    model::{Job, JobState},
};
use crate::{
    db::statement,
    error::{Problem, on_constraint},
    http::{Page, PageQuery},
    tx::Tx,
};
use chrono::{DateTime, Duration, Utc};
use diesel::sql_types as ty;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

macro_rules! columns {
    () => {
        "id, kind, payload, attempts, max_attempts, run_at, claimed_until, last_error, dead_at, created_at"
    };
}

/// The dead letters, the latest first; or the jobs that wait, the next first.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    state: JobState,
    page: &PageQuery,
) -> Result<Page<Job>, Problem> {
    let after = page.after::<(DateTime<Utc>, Uuid)>()?;
    Ok(match state {
        JobState::Dead => {
            let (at, id) = after.unwrap_or((now + Duration::days(1), Uuid::max()));
            let jobs: Vec<Job> = statement(concat!(
                "SELECT ",
                columns!(),
                " FROM jobs WHERE dead_at IS NOT NULL AND (dead_at, id) < ($1, $2) ORDER BY dead_at DESC, id DESC LIMIT $3"
            ))
            .bind::<ty::Timestamptz, _>(at)
            .bind::<ty::Uuid, _>(id)
            .bind::<ty::BigInt, _>(page.fetch())
            .load(conn)
            .await?;
            Page::cut(jobs, page, |j| (j.dead_at.unwrap_or(j.created_at), j.id))
        }
        JobState::Waiting => {
            let (at, id) = after.unwrap_or((DateTime::UNIX_EPOCH, Uuid::nil()));
            let jobs: Vec<Job> = statement(concat!(
                "SELECT ",
                columns!(),
                " FROM jobs WHERE dead_at IS NULL AND run_at >= $1 AND (run_at, id) > ($1, $2) ORDER BY run_at, id LIMIT $3"
            ))
            .bind::<ty::Timestamptz, _>(at)
            .bind::<ty::Uuid, _>(id)
            .bind::<ty::BigInt, _>(page.fetch())
            .load(conn)
            .await?;
            Page::cut(jobs, page, |j| (j.run_at, j.id))
        }
    })
}

/// A dead letter, held for this transaction.
async fn dead_letter(tx: &mut Tx<'_>, id: Uuid) -> Result<Job, Problem> {
    let job: Option<Job> = statement(concat!(
        "SELECT ",
        columns!(),
        " FROM jobs WHERE id = $1 FOR UPDATE"
    ))
    .bind::<ty::Uuid, _>(id)
    .load(tx.conn)
    .await?
    .pop();
    let job = job.ok_or_else(|| JOB_NOT_FOUND.problem())?;
    if job.dead_at.is_none() {
        return Err(JOB_NOT_DEAD.problem());
    }
    Ok(job)
}

/// Puts a dead letter back into the queue, due now, with all its attempts.
///
/// # Errors
/// 404 when there is no such job, 409 when it is not dead or another one waits to do the same.
pub async fn retry(tx: &mut Tx<'_>, id: Uuid) -> Result<Job, Problem> {
    let (job, now) = (dead_letter(tx, id).await?, tx.now);
    let again: Job = statement(concat!(
        "UPDATE jobs SET dead_at = NULL, claimed_until = NULL, attempts = 0, max_attempts = $3, run_at = $2 WHERE id = $1 RETURNING ",
        columns!()
    ))
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::SmallInt, _>(MAX_ATTEMPTS)
    .get_result(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "jobs_dedup", || JOB_WAITS_ALREADY.problem()))?;
    tx.audit(
        tx.entry("jobs.retry", "job", Some(id))
            .detail(json!({ "kind": job.kind, "payload": job.payload })),
    );
    Ok(again)
}

/// Removes a dead letter; the trail keeps what it was and why it was given up.
///
/// # Errors
/// 404 when there is no such job, 409 when it is not dead.
pub async fn discard(tx: &mut Tx<'_>, id: Uuid, reason: &str) -> Result<Job, Problem> {
    let job = dead_letter(tx, id).await?;
    statement("DELETE FROM jobs WHERE id = $1")
        .bind::<ty::Uuid, _>(id)
        .execute(tx.conn)
        .await?;
    tx.audit(
        tx.entry("jobs.discard", "job", Some(id))
            .detail(json!({ "kind": job.kind, "payload": job.payload, "reason": reason })),
    );
    Ok(job)
}
