//! The deadlines: of a shut door, of each rung of the ladder, and of the steps of those who answer; and what was ordered and stalls.
//!
//! All of them run in the urgent lane. A rung whose job was lost is found by the look at the ladder, every minute.

use super::{
    model::{Emergency, Reason},
    queries,
};
use crate::{
    error::Problem,
    ids::EmergencyId,
    jobs::{NewJob, Registry, in_transaction},
    orders::jobs::EMERGENCY_STALLED,
    state::AppState,
    tx::Stamp,
};
use chrono::{DateTime, Duration, DurationRound, Utc};
use serde_json::{Value, json};

/// Registers the domain's jobs.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .recurring(next_look)
        .on_urgent("emergencies.no_answer_due", |state, stamp, payload| {
            Box::pin(no_answer_due(state, stamp, payload))
        })
        .on_urgent(ANSWER_DUE, |state, stamp, payload| {
            Box::pin(climb(state, stamp, payload))
        })
        .on_urgent(STEP_DUE, |state, stamp, payload| {
            Box::pin(step_is_due(state, stamp, payload))
        })
        .on_urgent(LOOK, |state, stamp, _| Box::pin(look(state, stamp)))
        .on_urgent(EMERGENCY_STALLED, |state, stamp, payload| {
            Box::pin(service_stalled(state, stamp, payload))
        })
}

const ANSWER_DUE: &str = "emergencies.answer_due";
const STEP_DUE: &str = "emergencies.step_due";
const LOOK: &str = "emergencies.look";

/// The look at the ladder, at every full minute.
fn next_look(now: DateTime<Utc>) -> NewJob {
    let step = Duration::minutes(1);
    let run_at = now.duration_trunc(step).unwrap_or(now) + step;
    NewJob {
        kind: LOOK,
        dedup_key: Some(run_at.timestamp().to_string()),
        payload: json!({}),
        run_at,
    }
}

/// Asks whether an emergency was taken up by the deadline of its rung. Each deadline is asked after once.
pub(super) fn answer_due(emergency: &Emergency) -> NewJob {
    let at = emergency.answer_due_at;
    NewJob {
        kind: ANSWER_DUE,
        dedup_key: Some(format!("{}:{}", emergency.id, at.timestamp_micros())),
        payload: json!({ "emergency_id": emergency.id }),
        run_at: at,
    }
}

/// Asks whether a step was taken by then: `late` is what is said if it was not.
pub(super) fn step_due(id: EmergencyId, late: Reason, at: DateTime<Utc>) -> NewJob {
    NewJob {
        kind: STEP_DUE,
        dedup_key: Some(format!("{id}:{}:{}", late.topic(), at.timestamp_micros())),
        payload: json!({ "emergency_id": id, "late": late }),
        run_at: at,
    }
}

/// A field of a payload.
fn told<T: serde::de::DeserializeOwned>(payload: &Value, field: &str) -> Result<T, Problem> {
    serde_json::from_value(payload[field].clone()).map_err(Problem::internal)
}

async fn no_answer_due(state: &AppState, stamp: Stamp, payload: Value) -> Result<(), Problem> {
    let case = told(&payload, "case_id")?;
    let rules = &state.config.service;
    in_transaction(state, stamp, async |tx| queries::escalate(tx, rules, case).await).await?;
    Ok(())
}

async fn climb(state: &AppState, stamp: Stamp, payload: Value) -> Result<(), Problem> {
    let id = told(&payload, "emergency_id")?;
    let rules = &state.config.service;
    in_transaction(state, stamp, async |tx| queries::climb(tx, rules, id).await).await
}

/// Climbs what should have climbed, each in a transaction of its own: one that cannot does not hold up the others.
async fn look(state: &AppState, stamp: Stamp) -> Result<(), Problem> {
    let mut conn = state.pool.get().await?;
    let waiting = queries::unanswered(&mut conn, stamp.now).await?;
    drop(conn);
    let rules = &state.config.service;
    let mut outcome = Ok(());
    for id in waiting {
        let climbed = in_transaction(state, stamp.clone(), async |tx| {
            queries::climb(tx, rules, id).await
        })
        .await;
        outcome = outcome.and(climbed);
    }
    outcome
}

async fn service_stalled(state: &AppState, stamp: Stamp, payload: Value) -> Result<(), Problem> {
    let order = told(&payload, "order_id")?;
    in_transaction(state, stamp, async |tx| queries::service_stalled(tx, order).await).await
}

async fn step_is_due(state: &AppState, stamp: Stamp, payload: Value) -> Result<(), Problem> {
    let (id, late) = (told(&payload, "emergency_id")?, told(&payload, "late")?);
    in_transaction(state, stamp, async |tx| queries::step_is_late(tx, id, late).await).await
}
