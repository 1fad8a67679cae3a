//! What ran out of time: reports that are missing, deadlines that are over.

use crate::{
    db::statement,
    error::Problem,
    hazards::{STEP_AFTER, model::HazardEscalation},
    ids::{CommunityId, HazardId},
    schema::sql_types,
    tx::Tx,
};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use serde_json::json;

/// Hazards that one statement of a job looks at.
const STEP: i64 = 1_000;

#[derive(QueryableByName)]
struct Unreported {
    #[diesel(sql_type = ty::Uuid)]
    id: HazardId,
    #[diesel(sql_type = ty::Uuid)]
    community_id: CommunityId,
}

/// Raises the next open major hazards that nobody has reported in time, each once; says whether there may be more.
///
/// # Errors
/// What the database said.
pub async fn raise_unreported(tx: &mut Tx<'_>) -> Result<bool, Problem> {
    let now = tx.now;
    let raised: Vec<Unreported> = statement(
        "WITH due AS (SELECT id FROM hazards WHERE status = 'open' AND report_due_at <= $1 AND reported_at IS NULL AND report_raised_at IS NULL \
         ORDER BY report_due_at LIMIT $2 FOR UPDATE SKIP LOCKED), \
         raised AS (UPDATE hazards z SET report_raised_at = $1, version = z.version + 1 FROM due WHERE z.id = due.id \
         RETURNING z.id, z.version, z.community_id), \
         told AS (INSERT INTO hazard_events (hazard_id, seq, from_status, to_status, happened_at, received_at, reason, data) \
         SELECT id, version, 'open', 'open', $1, $1, '', jsonb_build_object('event', 'report_missed') FROM raised) \
         SELECT id, community_id FROM raised",
    )
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::BigInt, _>(STEP)
    .load(tx.conn)
    .await?;
    let more = i64::try_from(raised.len()).unwrap_or(i64::MAX) == STEP;
    for hazard in raised {
        tx.audit(
            tx.entry("hazards.report_missed", "hazard", Some(hazard.id.0))
                .community(hazard.community_id),
        );
    }
    Ok(more)
}

#[derive(QueryableByName)]
struct Climbed {
    #[diesel(sql_type = ty::Uuid)]
    id: HazardId,
    #[diesel(sql_type = ty::Uuid)]
    community_id: CommunityId,
    #[diesel(sql_type = sql_types::HazardEscalation)]
    escalation: HazardEscalation,
}

/// Lets the next open hazards whose deadline is over climb a step: at once to the steward, then a step whenever they have stood at one
/// for [`STEP_AFTER`], until they are at the city. Says whether there may be more.
///
/// # Errors
/// What the database said.
pub async fn escalate(tx: &mut Tx<'_>) -> Result<bool, Problem> {
    let now = tx.now;
    let climbed: Vec<Climbed> = statement(
        "WITH due AS (SELECT id FROM hazards WHERE status = 'open' AND due_at <= $1 AND escalation IS DISTINCT FROM 'city' \
         AND (escalation IS NULL OR escalated_at <= $2) ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED), \
         climbed AS (UPDATE hazards z SET escalation = CASE z.escalation WHEN 'steward' THEN 'subdistrict'::hazard_escalation \
         WHEN 'subdistrict' THEN 'county' WHEN 'county' THEN 'city' ELSE 'steward' END, escalated_at = $1, version = z.version + 1 \
         FROM due WHERE z.id = due.id RETURNING z.id, z.version, z.community_id, z.escalation), \
         told AS (INSERT INTO hazard_events (hazard_id, seq, from_status, to_status, happened_at, received_at, reason, data) \
         SELECT id, version, 'open', 'open', $1, $1, '', jsonb_build_object('event', 'escalated', 'to', escalation) FROM climbed) \
         SELECT id, community_id, escalation FROM climbed",
    )
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Timestamptz, _>(now - STEP_AFTER)
    .bind::<ty::BigInt, _>(STEP)
    .load(tx.conn)
    .await?;
    let more = i64::try_from(climbed.len()).unwrap_or(i64::MAX) == STEP;
    for hazard in climbed {
        tx.audit(
            tx.entry("hazards.escalate", "hazard", Some(hazard.id.0))
                .community(hazard.community_id)
                .detail(json!({ "to": hazard.escalation })),
        );
    }
    Ok(more)
}
