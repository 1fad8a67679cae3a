//! The one way in which one hazard changes at a person's word: locked, its event applied, row and event written by one statement.

use super::read::seen_by_actor;
use crate::{
    account_enabled,
    areas::policy::instants,
    communities_in_scope,
    db::statement,
    error::{INTERNAL, Problem, on_constraint},
    hazards::{
        HAZARD_NOT_FOUND, HAZARD_NOT_OPEN, HAZARD_RECORD_TAKEN,
        model::{HazardEvent, HazardState},
    },
    ids::{CommunityId, HazardId, HouseholdId, UserId},
    schema::sql_types,
    tx::{Actor, Tx},
};
use chrono::{DateTime, Utc};
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

/// A hazard, locked until the transaction ends.
#[derive(QueryableByName)]
pub(super) struct Locked {
    #[diesel(sql_type = ty::Uuid)]
    pub id: HazardId,
    #[diesel(sql_type = ty::Uuid)]
    pub household_id: HouseholdId,
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    #[diesel(sql_type = ty::Text)]
    pub check_point: String,
    #[diesel(sql_type = ty::Text)]
    pub description: String,
    #[diesel(sql_type = ty::Integer)]
    version: i32,
    #[diesel(embed)]
    pub state: HazardState,
}

/// Locks a hazard in the actor's scope, or that they found.
///
/// # Errors
/// 404 when there is none.
pub(super) async fn lock(tx: &mut Tx<'_>, actor: &Actor, id: HazardId) -> Result<Locked, Problem> {
    let now = tx.now;
    lock_then(tx, actor, id, now).await
}

/// The same for what an actor did at `then`: a hazard in their scope now, or in a steward's then.
///
/// # Errors
/// 404 when there is none.
pub(super) async fn lock_then(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: HazardId,
    then: DateTime<Utc>,
) -> Result<Locked, Problem> {
    for at in instants(actor, tx.now, then) {
        let found = statement(concat!(
            "SELECT z.* FROM hazards z WHERE z.id = $3 AND ",
            seen_by_actor!(),
            " FOR UPDATE OF z"
        ))
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(at)
        .bind::<ty::Uuid, _>(id)
        .get_result(tx.conn)
        .await
        .optional()?;
        if let Some(hazard) = found {
            return Ok(hazard);
        }
    }
    Err(HAZARD_NOT_FOUND.problem())
}

#[derive(QueryableByName)]
struct Recorded {
    #[diesel(sql_type = ty::Uuid)]
    hazard_id: HazardId,
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    actor_id: Option<UserId>,
    #[diesel(sql_type = ty::Text)]
    reason: String,
    #[diesel(sql_type = ty::Jsonb)]
    data: Value,
}

/// A change that a person makes.
pub(super) struct Change<'a> {
    /// What.
    pub event: HazardEvent,
    /// Why, or what was said.
    pub reason: &'a str,
    /// When, the device's clock put right.
    pub at: DateTime<Utc>,
    /// The id that the phone gave to what it recorded.
    pub record: Option<Uuid>,
}

/// Whether the change stands already under the id that the phone gave to it.
///
/// # Errors
/// 409 when something else stands under that id.
pub(super) async fn stands(
    tx: &mut Tx<'_>,
    actor: &Actor,
    hazard: HazardId,
    change: &Change<'_>,
) -> Result<bool, Problem> {
    let found: Option<Recorded> =
        statement("SELECT hazard_id, actor_id, reason, data FROM hazard_events WHERE record_id = $1")
            .bind::<ty::Nullable<ty::Uuid>, _>(change.record)
            .get_result(tx.conn)
            .await
            .optional()?;
    let Some(found) = found else { return Ok(false) };
    let event: HazardEvent = serde_json::from_value(found.data).map_err(Problem::internal)?;
    let same = found.hazard_id == hazard
        && found.actor_id == Some(actor.id)
        && found.reason == change.reason
        && event == change.event;
    if same {
        Ok(true)
    } else {
        Err(HAZARD_RECORD_TAKEN.problem())
    }
}

/// Writes a change: the row, its event, a row of the trail.
///
/// # Errors
/// 409 when the hazard's state does not allow it, or something else was recorded under its id meanwhile.
pub(super) async fn save(
    tx: &mut Tx<'_>,
    actor: &Actor,
    hazard: Locked,
    change: Change<'_>,
) -> Result<(), Problem> {
    let (now, Change { event, at, .. }) = (tx.now, &change);
    let from = hazard.state.status;
    let state = hazard
        .state
        .apply(event, *at)
        .map_err(|_| HAZARD_NOT_OPEN.problem())?;
    let data = serde_json::to_value(event).map_err(Problem::internal)?;
    let action = format!("hazards.{}", data["event"].as_str().unwrap_or_default());
    let written = statement(
        "WITH moved AS (UPDATE hazards SET due_at = $3, extended_at = $4, reported_at = $5, responsible = $6, noticed_at = $7, repair_order_id = $8, \
         escalation = $16, escalated_at = $17, version = version + 1 WHERE id = $1 AND version = $2 AND status = $9 RETURNING id, version) \
         INSERT INTO hazard_events (hazard_id, seq, record_id, from_status, to_status, actor_id, happened_at, received_at, reason, data) \
         SELECT id, version, $10, $9, $9, $11, $12, $13, $14, $15 FROM moved",
    )
    .bind::<ty::Uuid, _>(hazard.id)
    .bind::<ty::Integer, _>(hazard.version)
    .bind::<ty::Nullable<ty::Timestamptz>, _>(state.due_at)
    .bind::<ty::Nullable<ty::Timestamptz>, _>(state.extended_at)
    .bind::<ty::Nullable<ty::Timestamptz>, _>(state.reported_at)
    .bind::<ty::Nullable<sql_types::HazardParty>, _>(state.responsible)
    .bind::<ty::Nullable<ty::Timestamptz>, _>(state.noticed_at)
    .bind::<ty::Nullable<ty::Uuid>, _>(state.repair_order_id)
    .bind::<sql_types::HazardStatus, _>(from)
    .bind::<ty::Nullable<ty::Uuid>, _>(change.record)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(*at)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Text, _>(change.reason.to_owned())
    .bind::<ty::Jsonb, _>(data)
    .bind::<ty::Nullable<sql_types::HazardEscalation>, _>(state.escalation)
    .bind::<ty::Nullable<ty::Timestamptz>, _>(state.escalated_at)
    .execute(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "hazard_events_record_key", || HAZARD_RECORD_TAKEN.problem()))?;
    if written == 0 {
        // The row is locked and its version was read under the lock.
        return Err(INTERNAL.with("the hazard changed under its lock"));
    }
    tx.audit(
        tx.entry(&action, "hazard", Some(hazard.id.0))
            .community(hazard.community_id),
    );
    Ok(())
}
