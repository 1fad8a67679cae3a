//! The deadline of a shut door.

use super::queries;
use crate::{
    error::Problem,
    jobs::{Registry, in_transaction},
    state::AppState,
    tx::Stamp,
};
use serde_json::Value;

/// Registers the domain's jobs.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry.on("emergencies.no_answer_due", |state, stamp, payload| {
        Box::pin(no_answer_due(state, stamp, payload))
    })
}

async fn no_answer_due(state: &AppState, stamp: Stamp, payload: Value) -> Result<(), Problem> {
    let case = serde_json::from_value(payload["case_id"].clone()).map_err(Problem::internal)?;
    let rules = &state.config.service;
    in_transaction(state, stamp, async |tx| queries::escalate(tx, rules, case).await).await?;
    Ok(())
}
