//! The worker: claims due jobs and runs their handlers.

use super::backoff;
use crate::{
    db::{self, statement},
    error::Problem,
    state::AppState,
    tx::{Stamp, Tx},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use futures_util::{
    FutureExt,
    future::{LocalBoxFuture, join_all},
};
use serde_json::Value;
use std::{collections::HashMap, panic::AssertUnwindSafe, rc::Rc};
use uuid::Uuid;

type Handler = Rc<dyn for<'a> Fn(&'a AppState, Stamp, Value) -> LocalBoxFuture<'a, Result<(), Problem>>>;

/// Which function does which kind of job, and which jobs recur.
#[derive(Default, Clone)]
pub struct Registry {
    handlers: HashMap<&'static str, (Lane, Handler)>,
    recurring: Vec<fn(DateTime<Utc>) -> super::NewJob>,
}

/// Which jobs a lane of the worker takes. An emergency's clock waits behind nothing but other emergencies': neither behind the
/// city's nightly work nor behind a gateway that does not answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lane {
    /// What needs nothing but the database, short, where a person may be in danger; one after the other.
    Urgent,
    /// What needs nothing but the database, however long it takes; one after the other.
    Inside,
    /// What waits for other people's machines where a person may be in danger.
    OutsideUrgent,
    /// What waits for other people's machines.
    Outside,
}

impl Lane {
    const ALL: [Self; 4] = [Self::Urgent, Self::Inside, Self::OutsideUrgent, Self::Outside];

    /// How many of its jobs run at once.
    fn at_once(self) -> usize {
        match self {
            Self::Urgent | Self::Inside => 1,
            Self::OutsideUrgent => 2,
            Self::Outside => 4,
        }
    }

    /// How long a claimed job is left alone: a handler must be done by then, and one whose worker was killed waits as long.
    fn lease(self) -> Duration {
        match self {
            Self::Urgent => Duration::seconds(60),
            // Longer than the longest that a gateway may be given for its answer.
            Self::OutsideUrgent => Duration::seconds(120),
            Self::Inside | Self::Outside => Duration::minutes(10),
        }
    }
}

impl Registry {
    /// Registers the handler of a kind.
    #[must_use]
    pub fn on<F>(self, kind: &'static str, handler: F) -> Self
    where
        F: for<'a> Fn(&'a AppState, Stamp, Value) -> LocalBoxFuture<'a, Result<(), Problem>> + 'static,
    {
        self.on_lane(Lane::Inside, kind, Rc::new(handler))
    }

    /// Registers the handler of a kind that waits behind no other work of the city: short, because a person may be in danger.
    #[must_use]
    pub fn on_urgent<F>(self, kind: &'static str, handler: F) -> Self
    where
        F: for<'a> Fn(&'a AppState, Stamp, Value) -> LocalBoxFuture<'a, Result<(), Problem>> + 'static,
    {
        self.on_lane(Lane::Urgent, kind, Rc::new(handler))
    }

    /// Registers the handler of a kind that waits for other people's machines.
    #[must_use]
    pub fn on_outside<F>(self, kind: &'static str, handler: F) -> Self
    where
        F: for<'a> Fn(&'a AppState, Stamp, Value) -> LocalBoxFuture<'a, Result<(), Problem>> + 'static,
    {
        self.on_lane(Lane::Outside, kind, Rc::new(handler))
    }

    /// Registers the handler of a kind that waits for other people's machines, but never for those of less urgency.
    #[must_use]
    pub fn on_outside_urgent<F>(self, kind: &'static str, handler: F) -> Self
    where
        F: for<'a> Fn(&'a AppState, Stamp, Value) -> LocalBoxFuture<'a, Result<(), Problem>> + 'static,
    {
        self.on_lane(Lane::OutsideUrgent, kind, Rc::new(handler))
    }

    fn on_lane(mut self, lane: Lane, kind: &'static str, handler: Handler) -> Self {
        self.handlers.insert(kind, (lane, handler));
        self
    }

    /// The kinds whose lane is this one, or any but this one.
    fn kinds(&self, lane: Lane, of_it: bool) -> Vec<&'static str> {
        let all = self.handlers.iter();
        all.filter(|(_, (its, _))| (*its == lane) == of_it)
            .map(|(kind, _)| *kind)
            .collect()
    }

    /// Registers a job that recurs: `next(now)` says when it runs next. It is put into the queue at start and after each run.
    #[must_use]
    pub fn recurring(mut self, next: fn(DateTime<Utc>) -> super::NewJob) -> Self {
        self.recurring.push(next);
        self
    }
}

/// Runs jobs: those of the city itself one after the other, beside them the urgent ones, and a few that wait for other people's
/// machines.
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
        let lanes = Lane::ALL
            .into_iter()
            .flat_map(|lane| std::iter::repeat_n(lane, lane.at_once()));
        join_all(lanes.map(|lane| self.keep_on(lane, stop.clone()))).await;
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
        let mut done = 0;
        // What a job of one lane asks of another is due now, too.
        loop {
            let before = done;
            for lane in Lane::ALL {
                done += self.run_lane(lane).await?;
            }
            if done == before {
                return Ok(done);
            }
        }
    }

    async fn run_lane(&self, lane: Lane) -> Result<usize, Problem> {
        // The lane that is never busy for long looks after the queue, also for the others.
        if lane == Lane::Urgent {
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
        // The city's own lane takes all that no other does, so that a kind which nobody handles fails visibly.
        let of_it = lane != Lane::Inside;
        let mut claimed: Vec<Claimed> = statement(
            "UPDATE jobs SET claimed_until = $2, attempts = attempts + 1 WHERE id = (SELECT id FROM jobs \
             WHERE dead_at IS NULL AND run_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1) AND attempts < max_attempts \
             AND (kind = ANY ($3)) = $4 ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, kind, payload, attempts, max_attempts",
        )
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Timestamptz, _>(now + lane.lease())
        .bind::<ty::Array<ty::Text>, _>(self.registry.kinds(lane, of_it))
        .bind::<ty::Bool, _>(of_it)
        .load(&mut *conn)
        .await?;
        Ok(claimed.pop())
    }

    /// Runs a job; the worker holds no connection meanwhile. A handler that panics has failed, and stops no lane: what it said goes
    /// to the process's own log, because it may be personal.
    async fn run_one(&self, job: Claimed) -> Result<(), Problem> {
        let outcome = match self.registry.handlers.get(job.kind.as_str()) {
            Some((_, handler)) => {
                let work = async { handler(&self.state, Stamp::system(&self.state), job.payload).await };
                AssertUnwindSafe(work)
                    .catch_unwind()
                    .await
                    .unwrap_or_else(|_| Err(Problem::internal("the handler panicked")))
            }
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
