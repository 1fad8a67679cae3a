//! The worker: claims due jobs and runs their handlers.

use super::backoff;
use crate::{
    db::{self, statement},
    error::Problem,
    state::AppState,
    tx::{Stamp, Tx},
};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use futures_util::future::{LocalBoxFuture, join_all};
use serde_json::Value;
use std::{collections::HashMap, rc::Rc};
use uuid::Uuid;

/// How long a claimed job is left alone; a handler must be done by then.
const LEASE: chrono::Duration = chrono::Duration::minutes(10);

type Handler = Rc<dyn for<'a> Fn(&'a AppState, Stamp, Value) -> LocalBoxFuture<'a, Result<(), Problem>>>;

/// Which function does which kind of job, and which jobs recur.
#[derive(Default, Clone)]
pub struct Registry {
    handlers: HashMap<&'static str, Handler>,
    recurring: Vec<fn(chrono::DateTime<chrono::Utc>) -> super::NewJob>,
    outside: Vec<&'static str>,
}

/// How many jobs wait for other people's machines at once.
const OUTSIDE_AT_ONCE: usize = 4;

/// Which jobs a lane of the worker takes. An emergency's clock never waits behind a gateway that does not answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lane {
    /// What needs nothing but the database, one after the other.
    Inside,
    /// What waits for other people's machines.
    Outside,
}

impl Registry {
    /// Registers the handler of a kind.
    #[must_use]
    pub fn on<F>(mut self, kind: &'static str, handler: F) -> Self
    where
        F: for<'a> Fn(&'a AppState, Stamp, Value) -> LocalBoxFuture<'a, Result<(), Problem>> + 'static,
    {
        self.handlers.insert(kind, Rc::new(handler));
        self
    }

    /// Registers the handler of a kind that waits for other people's machines.
    #[must_use]
    pub fn on_outside<F>(mut self, kind: &'static str, handler: F) -> Self
    where
        F: for<'a> Fn(&'a AppState, Stamp, Value) -> LocalBoxFuture<'a, Result<(), Problem>> + 'static,
    {
        self.outside.push(kind);
        self.on(kind, handler)
    }

    /// Registers a job that recurs: `next(now)` says when it runs next. It is put into the queue at start and after each run.
    #[must_use]
    pub fn recurring(mut self, next: fn(chrono::DateTime<chrono::Utc>) -> super::NewJob) -> Self {
        self.recurring.push(next);
        self
    }
}

/// Runs jobs: those of the city itself one after the other, beside them a few that wait for other people's machines.
pub struct Worker {
    state: AppState,
    registry: Registry,
}

#[derive(QueryableByName)]
struct Claimed {
    #[diesel(sql_type = ty::Uuid)]
    id: Uuid,
    #[diesel(sql_type = ty::Text)]
    kind: String,
    #[diesel(sql_type = ty::Jsonb)]
    payload: Value,
    #[diesel(sql_type = ty::SmallInt)]
    attempts: i16,
    #[diesel(sql_type = ty::SmallInt)]
    max_attempts: i16,
}

impl Worker {
    /// A worker with these handlers.
    pub fn new(state: AppState, registry: Registry) -> Self {
        Self { state, registry }
    }

    /// Works until `stop` is told.
    pub async fn run(self, stop: tokio::sync::watch::Receiver<bool>) {
        let outside = (0..OUTSIDE_AT_ONCE).map(|_| self.keep_on(Lane::Outside, stop.clone()));
        futures_util::future::join(self.keep_on(Lane::Inside, stop.clone()), join_all(outside)).await;
    }

    async fn keep_on(&self, lane: Lane, mut stop: tokio::sync::watch::Receiver<bool>) {
        while !*stop.borrow() {
            let busy = match self.run_lane(lane).await {
                Ok(done) => done > 0,
                Err(problem) => {
                    tracing::warn!(%problem, "the worker could not reach its queue");
                    false
                }
            };
            if !busy {
                tokio::select! {
                    () = tokio::time::sleep(self.state.config.worker.poll) => {}
                    _ = stop.changed() => {}
                }
            }
        }
    }

    /// Puts the recurring jobs into the queue, then runs everything that is due now. Says how many jobs ran.
    ///
    /// # Errors
    /// 503 when the queue cannot be reached; a job that fails is not an error of the worker.
    pub async fn run_due(&self) -> Result<usize, Problem> {
        Ok(self.run_lane(Lane::Inside).await? + self.run_lane(Lane::Outside).await?)
    }

    async fn run_lane(&self, lane: Lane) -> Result<usize, Problem> {
        if lane == Lane::Inside {
            self.keep_queue().await?;
        }
        let mut done = 0;
        while let Some(job) = self.claim(lane).await? {
            self.run_one(job).await?;
            done += 1;
        }
        Ok(done)
    }

    async fn keep_queue(&self) -> Result<(), Problem> {
        let mut conn = self.state.pool.get().await?;
        let now = self.state.clock.now();
        for next in &self.registry.recurring {
            super::enqueue(&mut conn, self.state.clock.new_id(), now, next(now)).await?;
        }
        // A worker that died in a job's last attempt leaves it claimed for ever: when the claim is over, it is a dead letter.
        statement(
            "UPDATE jobs SET dead_at = $1, claimed_until = NULL, last_error = coalesce(last_error, 'the worker died') \
             WHERE dead_at IS NULL AND attempts >= max_attempts AND claimed_until <= $1",
        )
        .bind::<ty::Timestamptz, _>(now)
        .execute(&mut *conn)
        .await?;
        Ok(())
    }

    async fn claim(&self, lane: Lane) -> Result<Option<Claimed>, Problem> {
        let mut conn = self.state.pool.get().await?;
        let now = self.state.clock.now();
        let mut claimed: Vec<Claimed> = statement(
            "UPDATE jobs SET claimed_until = $2, attempts = attempts + 1 WHERE id = (SELECT id FROM jobs \
             WHERE dead_at IS NULL AND run_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1) AND attempts < max_attempts \
             AND (kind = ANY ($3)) = $4 ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, kind, payload, attempts, max_attempts",
        )
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Timestamptz, _>(now + LEASE)
        .bind::<ty::Array<ty::Text>, _>(&self.registry.outside)
        .bind::<ty::Bool, _>(lane == Lane::Outside)
        .load(&mut *conn)
        .await?;
        Ok(claimed.pop())
    }

    /// Runs a job; the worker holds no connection meanwhile.
    async fn run_one(&self, job: Claimed) -> Result<(), Problem> {
        let outcome = match self.registry.handlers.get(job.kind.as_str()) {
            Some(handler) => handler(&self.state, Stamp::system(&self.state), job.payload).await,
            None => Err(Problem::internal(format!("no handler for {}", job.kind))),
        };
        let now = self.state.clock.now();
        let mut conn = self.state.pool.get().await?;
        match outcome {
            Ok(()) => {
                metrics::counter!("steward_jobs_done", "kind" => job.kind.clone()).increment(1);
                statement("DELETE FROM jobs WHERE id = $1")
                    .bind::<ty::Uuid, _>(job.id)
                    .execute(&mut *conn)
                    .await?;
                if let Some(next) = self
                    .registry
                    .recurring
                    .iter()
                    .map(|next| next(now))
                    .find(|next| next.kind == job.kind)
                {
                    super::enqueue(&mut conn, self.state.clock.new_id(), now, next).await?;
                }
            }
            Err(problem) => {
                let dead = job.attempts >= job.max_attempts;
                tracing::error!(kind = job.kind, job = %job.id, attempts = job.attempts, dead, %problem, "a job failed");
                metrics::counter!("steward_jobs_failed", "kind" => job.kind.clone()).increment(1);
                statement(
                    "UPDATE jobs SET claimed_until = NULL, last_error = left($2, 500), run_at = $3, \
                     dead_at = CASE WHEN $4 THEN $5 END WHERE id = $1",
                )
                .bind::<ty::Uuid, _>(job.id)
                .bind::<ty::Text, _>(problem.to_string())
                .bind::<ty::Timestamptz, _>(now + backoff(job.attempts))
                .bind::<ty::Bool, _>(dead)
                .bind::<ty::Timestamptz, _>(now)
                .execute(&mut *conn)
                .await?;
            }
        }
        Ok(())
    }
}

/// Runs `work` in a transaction of its own on a connection of the pool; what every handler does.
///
/// # Errors
/// What `work` or the database said.
pub async fn in_transaction<T, F>(state: &AppState, stamp: Stamp, work: F) -> Result<T, Problem>
where
    F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, Problem>,
{
    let mut conn = state.pool.get().await?;
    let value = db::transaction(&mut conn, async |conn| {
        let mut tx = Tx::new(conn, stamp);
        let value = work(&mut tx).await?;
        tx.flush_audit().await?;
        Ok(value)
    })
    .await?;
    state.trail.wake();
    Ok(value)
}
