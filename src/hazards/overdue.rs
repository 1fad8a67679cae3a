//! Every hour: what is past its deadline is escalated, once.

use super::queries;
use crate::{
    error::Problem,
    jobs::{NewJob, Registry, in_transaction},
    state::AppState,
    tx::Stamp,
};
use chrono::{DateTime, Duration, DurationRound, Utc};
use serde_json::Value;

/// Registers the job.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .on("hazards.overdue", |state, stamp, _| {
            Box::pin(overdue(state, stamp))
        })
        .recurring(next_hour)
}

fn next_hour(now: DateTime<Utc>) -> NewJob {
    let hour = now.duration_trunc(Duration::hours(1)).unwrap_or(now);
    NewJob {
        kind: "hazards.overdue",
        dedup_key: Some("hourly".to_owned()),
        payload: Value::Null,
        run_at: hour + Duration::hours(1),
    }
}

async fn overdue(state: &AppState, stamp: Stamp) -> Result<(), Problem> {
    while in_transaction(state, stamp.clone(), async |tx| queries::escalate(tx).await).await? {}
    Ok(())
}
