//! What a campaign owes is made when it begins and every night of it, and excused when it is stopped.

use super::queries;
use crate::{
    calendar,
    error::Problem,
    ids::{CampaignId, CommunityId},
    jobs::{NewJob, Registry, in_transaction},
    state::AppState,
    tx::Stamp,
};
use chrono::{DateTime, Days, Duration, Utc};
use serde_json::Value;
use uuid::Uuid;

/// Registers the domain's jobs.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .on("campaigns.owe", |state, stamp, payload| {
            Box::pin(async move { owe(state, stamp, named(&payload)?).await })
        })
        .on("campaigns.excuse", |state, stamp, payload| {
            Box::pin(async move { excuse(state, stamp, named(&payload)?).await })
        })
        .on("campaigns.nightly", |state, stamp, _| {
            Box::pin(nightly(state, stamp))
        })
        .recurring(next_night)
}

/// Five minutes after midnight: by then tiers and statuses are those of the new day.
fn next_night(now: DateTime<Utc>) -> NewJob {
    NewJob {
        kind: "campaigns.nightly",
        dedup_key: Some("daily".to_owned()),
        payload: Value::Null,
        run_at: calendar::start_of_day(calendar::local_date(now) + Days::new(1)) + Duration::minutes(5),
    }
}

fn named(payload: &Value) -> Result<CampaignId, Problem> {
    serde_json::from_value(payload["campaign_id"].clone()).map_err(Problem::internal)
}

async fn owe(state: &AppState, stamp: Stamp, id: CampaignId) -> Result<(), Problem> {
    let grace = Duration::hours(state.config.service.grace_hours);
    let mut after = Some(CommunityId(Uuid::nil()));
    while let Some(from) = after {
        after = in_transaction(state, stamp.clone(), async |tx| {
            queries::owe_step(tx, grace, id, from).await
        })
        .await?;
    }
    Ok(())
}

async fn excuse(state: &AppState, stamp: Stamp, id: CampaignId) -> Result<(), Problem> {
    while in_transaction(state, stamp.clone(), async |tx| {
        queries::excuse_step(tx, id).await
    })
    .await?
    {}
    Ok(())
}

async fn nightly(state: &AppState, stamp: Stamp) -> Result<(), Problem> {
    let (running, stopped) = in_transaction(state, stamp.clone(), async |tx| {
        let now = tx.now;
        Ok((
            queries::running(tx.conn, now).await?,
            queries::stopped_and_owing(tx.conn, now).await?,
        ))
    })
    .await?;
    for id in running {
        owe(state, stamp.clone(), id).await?;
    }
    for id in stopped {
        excuse(state, stamp.clone(), id).await?;
    }
    Ok(())
}
