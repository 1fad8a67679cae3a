//! Every hour: beds follow their elders' status, and what is past its deadline is escalated, once.

use super::queries::{apply, mend};
use crate::{
    error::Problem,
    ids::CareBedId,
    jobs::{NewJob, Registry, in_transaction},
    state::AppState,
    tx::Stamp,
};
use chrono::{DateTime, Duration, DurationRound, Utc};
use serde_json::Value;
use uuid::Uuid;

/// The hourly look.
const HOURLY: &str = "care_beds.hourly";
/// How many beds one transaction looks at.
const STEP: i64 = 500;

/// Registers the domain's job.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .on(HOURLY, |state, stamp, _| Box::pin(hourly(state, stamp)))
        .recurring(next_hour)
}

fn next_hour(now: DateTime<Utc>) -> NewJob {
    let hour = now.duration_trunc(Duration::hours(1)).unwrap_or(now);
    NewJob {
        kind: HOURLY,
        dedup_key: Some("hourly".to_owned()),
        payload: Value::Null,
        run_at: hour + Duration::hours(1),
    }
}

async fn hourly(state: &AppState, stamp: Stamp) -> Result<(), Problem> {
    let mut after = Some(CareBedId(Uuid::nil()));
    while let Some(last) = after {
        after = in_transaction(state, stamp.clone(), async |tx| {
            apply::follow_elders(tx, last, STEP).await
        })
        .await?;
    }
    while in_transaction(state, stamp.clone(), async |tx| mend::escalate(tx).await).await? {}
    Ok(())
}
