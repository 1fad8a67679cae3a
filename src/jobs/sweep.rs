//! What has served its time is deleted, a bounded number of rows a day: remembered answers and ended sessions.

use super::{NewJob, Registry, in_transaction};
use crate::{calendar, db::statement, error::Problem, state::AppState, tx::Stamp};
use chrono::{DateTime, Days, Duration, Utc};
use diesel::sql_types as ty;
use diesel_async::RunQueryDsl;

/// How long an `Idempotency-Key` is remembered.
const KEYS_KEPT: Duration = Duration::days(30);
/// How long a session is kept after its end; its tokens go with it.
const SESSIONS_KEPT: Duration = Duration::days(180);

/// Registers the daily sweep.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .on("jobs.sweep", |state, stamp, _| Box::pin(sweep(state, stamp)))
        .recurring(next)
}

/// Tomorrow at 03:00 in Asia/Shanghai, when nobody waits.
fn next(now: DateTime<Utc>) -> NewJob {
    let tomorrow = calendar::local_date(now) + Days::new(1);
    NewJob {
        kind: "jobs.sweep",
        dedup_key: Some("daily".to_owned()),
        payload: serde_json::Value::Null,
        run_at: calendar::start_of_day(tomorrow) + Duration::hours(3),
    }
}

async fn sweep(state: &AppState, stamp: Stamp) -> Result<(), Problem> {
    in_transaction(state, stamp, async |tx| {
        let now = tx.now;
        statement(
            "DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(SELECT ctid FROM idempotency_keys WHERE created_at < $1 LIMIT 100000))",
        )
        .bind::<ty::Timestamptz, _>(now - KEYS_KEPT)
        .execute(tx.conn)
        .await?;
        statement("DELETE FROM sessions WHERE id = ANY (ARRAY(SELECT id FROM sessions WHERE expires_at < $1 LIMIT 10000))")
            .bind::<ty::Timestamptz, _>(now - SESSIONS_KEPT)
            .execute(tx.conn)
            .await?;
        Ok(())
    })
    .await
}
