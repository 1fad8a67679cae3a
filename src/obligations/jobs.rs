//! Midnight in Asia/Shanghai, a change in a household, and a coming back from hospital.

use super::queries;
use crate::{
    calendar,
    elders::standing,
    error::Problem,
    ids::{ElderEventId, ElderId, HouseholdId},
    jobs::{NewJob, Registry, in_transaction},
    state::AppState,
    tx::Stamp,
};
use chrono::{DateTime, Days, Duration, Utc};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

/// Registers the domain's jobs.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .on("obligations.midnight", |state, stamp, _| {
            Box::pin(midnight(state, stamp))
        })
        .on("obligations.household", |state, stamp, payload| {
            Box::pin(household(state, stamp, payload))
        })
        .on("obligations.discharged", |state, stamp, payload| {
            Box::pin(discharged(state, stamp, payload))
        })
        .recurring(next_midnight)
}

fn next_midnight(now: DateTime<Utc>) -> NewJob {
    NewJob {
        kind: "obligations.midnight",
        dedup_key: Some("daily".to_owned()),
        payload: Value::Null,
        run_at: calendar::start_of_day(calendar::local_date(now) + Days::new(1)),
    }
}

/// Who is what from today on, then what begins to be owed, then what is over; each step in transactions of its own, and harmless to
/// repeat.
async fn midnight(state: &AppState, stamp: Stamp) -> Result<(), Problem> {
    standing::refresh_all(state, &stamp).await?;
    let grace = Duration::hours(state.config.service.grace_hours);
    let mut after = Some(HouseholdId(Uuid::nil()));
    while let Some(from) = after {
        after = in_transaction(state, stamp.clone(), async |tx| {
            queries::open_periods(tx, grace, None, from).await
        })
        .await?;
    }
    in_transaction(state, stamp, async |tx| {
        queries::excuse_absent(tx, None).await?;
        queries::close_missed(tx).await?;
        Ok(())
    })
    .await
}

/// Who is back is owed again first: what nobody of the household may be visited for is excused after it.
async fn household(state: &AppState, stamp: Stamp, payload: Value) -> Result<(), Problem> {
    let grace = Duration::hours(state.config.service.grace_hours);
    let id: HouseholdId =
        serde_json::from_value(payload["household_id"].clone()).map_err(Problem::internal)?;
    in_transaction(state, stamp, async |tx| {
        queries::owe_again(tx, id).await?;
        queries::open_periods(tx, grace, Some(id), HouseholdId(Uuid::nil())).await?;
        queries::excuse_absent(tx, Some(id)).await?;
        Ok(())
    })
    .await
}

#[derive(Deserialize)]
struct Discharged {
    event_id: ElderEventId,
    elder_id: ElderId,
    at: DateTime<Utc>,
}

async fn discharged(state: &AppState, stamp: Stamp, payload: Value) -> Result<(), Problem> {
    let grace = Duration::hours(state.config.service.grace_hours);
    let Discharged {
        event_id,
        elder_id,
        at,
    } = serde_json::from_value(payload).map_err(Problem::internal)?;
    in_transaction(state, stamp, async |tx| {
        queries::discharged(tx, grace, event_id, elder_id, at).await
    })
    .await
}
