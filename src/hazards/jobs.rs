//! What ran out of time: every five minutes the reports that are missing, every hour the deadlines that are over.

use super::queries::late;
use crate::{
    error::Problem,
    jobs::{NewJob, Registry, in_transaction},
    state::AppState,
    tx::Stamp,
};
use chrono::{DateTime, Duration, DurationRound, Utc};
use serde_json::Value;

/// The look for major hazards that nobody has reported.
const UNREPORTED: &str = "hazards.unreported";
/// The look for hazards past their deadline.
const OVERDUE: &str = "hazards.overdue";

/// Registers the jobs.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .on(UNREPORTED, |state, stamp, _| Box::pin(unreported(state, stamp)))
        .recurring(|now| next(UNREPORTED, Duration::minutes(5), now))
        .on(OVERDUE, |state, stamp, _| Box::pin(overdue(state, stamp)))
        .recurring(|now| next(OVERDUE, Duration::hours(1), now))
}

fn next(kind: &'static str, every: Duration, now: DateTime<Utc>) -> NewJob {
    NewJob {
        kind,
        dedup_key: Some("next".to_owned()),
        payload: Value::Null,
        run_at: now.duration_trunc(every).unwrap_or(now) + every,
    }
}

async fn unreported(state: &AppState, stamp: Stamp) -> Result<(), Problem> {
    while in_transaction(state, stamp.clone(), async |tx| late::raise_unreported(tx).await).await? {}
    Ok(())
}

async fn overdue(state: &AppState, stamp: Stamp) -> Result<(), Problem> {
    while in_transaction(state, stamp.clone(), async |tx| late::escalate(tx).await).await? {}
    Ok(())
}
