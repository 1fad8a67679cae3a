//! What ran out of time: reports that are missing, deadlines that are over. Those who answer for it are told.

use crate::{
    alerts::{self, NewAlert, Urgency},
    db::statement,
    error::Problem,
    hazards::{
        STEP_AFTER,
        model::{HazardEscalation, HazardKind, HazardSeverity},
    },
    ids::{CommunityId, HazardId, UserId},
    schema::sql_types,
    tx::Tx,
};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use serde_json::json;

/// Hazards that one transaction of a job looks at: each has an alert of its own.
const STEP: i64 = 100;

/// The stewards of the community `c` at `$1`.
macro_rules! stewards {
    () => {
        "SELECT a.user_id FROM steward_assignments a JOIN users u ON u.id = a.user_id AND u.disabled_at IS NULL \
         WHERE a.community_id = c.id AND a.starts_at <= $1 AND (a.ends_at IS NULL OR a.ends_at > $1)"
    };
}

/// The officers of the smallest division that holds the community `c`, has any, and has a code of no more digits than this.
macro_rules! officers {
    ($digits:literal) => {
        concat!(
            "SELECT u.id FROM users u WHERE u.role = 'officer' AND u.disabled_at IS NULL AND c.division_code LIKE u.scope || '%' \
             AND char_length(u.scope) = (SELECT max(char_length(v.scope)) FROM users v WHERE v.role = 'officer' AND v.disabled_at IS NULL \
             AND c.division_code LIKE v.scope || '%' AND char_length(v.scope) <= ",
            $digits,
            ")"
        )
    };
}

/// A hazard that something ran out for, and who is told.
#[derive(QueryableByName)]
struct Late {
    #[diesel(sql_type = ty::Uuid)]
    id: HazardId,
    #[diesel(sql_type = ty::Uuid)]
    community_id: CommunityId,
    #[diesel(sql_type = sql_types::HazardKind)]
    kind: HazardKind,
    #[diesel(sql_type = sql_types::HazardSeverity)]
    severity: HazardSeverity,
    #[diesel(sql_type = ty::Nullable<sql_types::HazardEscalation>)]
    escalation: Option<HazardEscalation>,
    #[diesel(sql_type = ty::Array<ty::Uuid>)]
    recipients: Vec<UserId>,
}

/// Tells of each and leaves a row in the trail; says whether there may be more.
async fn tell(
    tx: &mut Tx<'_>,
    late: Vec<Late>,
    (topic, action): (&'static str, &str),
    urgency: Urgency,
) -> Result<bool, Problem> {
    let more = i64::try_from(late.len()).unwrap_or(i64::MAX) == STEP;
    for hazard in late {
        let detail = json!({ "kind": hazard.kind, "severity": hazard.severity, "to": hazard.escalation });
        tx.audit(
            tx.entry(action, "hazard", Some(hazard.id.0))
                .community(hazard.community_id)
                .detail(detail.clone()),
        );
        let alert = NewAlert {
            topic,
            urgency,
            subject_kind: "hazard",
            subject_id: hazard.id.0,
            community_id: Some(hazard.community_id),
            recipients: hazard.recipients,
            detail,
        };
        alerts::raise(tx, alert).await?;
    }
    Ok(more)
}

/// Raises the next open major hazards that nobody has reported in time, each once, to the stewards and the officers of the subdistrict;
/// says whether there may be more.
///
/// # Errors
/// What the database said.
pub async fn raise_unreported(tx: &mut Tx<'_>) -> Result<bool, Problem> {
    let now = tx.now;
    let raised: Vec<Late> = statement(concat!(
        "WITH due AS (SELECT id FROM hazards WHERE status = 'open' AND report_due_at <= $1 AND reported_at IS NULL AND report_raised_at IS NULL \
         ORDER BY report_due_at LIMIT $2 FOR UPDATE SKIP LOCKED), \
         raised AS (UPDATE hazards z SET report_raised_at = $1, version = z.version + 1 FROM due WHERE z.id = due.id \
         RETURNING z.id, z.version, z.community_id, z.kind, z.severity, z.escalation), \
         told AS (INSERT INTO hazard_events (hazard_id, seq, from_status, to_status, happened_at, received_at, reason, data) \
         SELECT id, version, 'open', 'open', $1, $1, '', jsonb_build_object('event', 'report_missed') FROM raised) \
         SELECT r.id, r.community_id, r.kind, r.severity, r.escalation, ARRAY(",
        stewards!(),
        " UNION ",
        officers!("9"),
        ") AS recipients FROM raised r JOIN communities c ON c.id = r.community_id",
    ))
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::BigInt, _>(STEP)
    .load(tx.conn)
    .await?;
    let names = ("hazard.report_missed", "hazards.report_missed");
    tell(tx, raised, names, Urgency::Immediate).await
}

/// Lets the next open hazards whose deadline is over climb a step: at once to the stewards, then a step whenever they have stood at one
/// for [`STEP_AFTER`], until they are with the officers of the city. Where a step has no officers, those of the next division above are
/// told. Says whether there may be more.
///
/// # Errors
/// What the database said.
pub async fn escalate(tx: &mut Tx<'_>) -> Result<bool, Problem> {
    let now = tx.now;
    let climbed: Vec<Late> = statement(concat!(
        "WITH due AS (SELECT id FROM hazards WHERE status = 'open' AND due_at <= $1 AND escalation IS DISTINCT FROM 'city' \
         AND (escalation IS NULL OR escalated_at <= $3) ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED), \
         climbed AS (UPDATE hazards z SET escalation = CASE z.escalation WHEN 'steward' THEN 'subdistrict'::hazard_escalation \
         WHEN 'subdistrict' THEN 'county' WHEN 'county' THEN 'city' ELSE 'steward' END, escalated_at = $1, version = z.version + 1 \
         FROM due WHERE z.id = due.id RETURNING z.id, z.version, z.community_id, z.kind, z.severity, z.escalation), \
         told AS (INSERT INTO hazard_events (hazard_id, seq, from_status, to_status, happened_at, received_at, reason, data) \
         SELECT id, version, 'open', 'open', $1, $1, '', jsonb_build_object('event', 'escalated', 'to', escalation) FROM climbed) \
         SELECT r.id, r.community_id, r.kind, r.severity, r.escalation, CASE r.escalation WHEN 'steward' THEN ARRAY(",
        stewards!(),
        ") ELSE ARRAY(",
        officers!("CASE r.escalation WHEN 'subdistrict' THEN 9 WHEN 'county' THEN 6 ELSE 4 END"),
        ") END AS recipients FROM climbed r JOIN communities c ON c.id = r.community_id",
    ))
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::BigInt, _>(STEP)
    .bind::<ty::Timestamptz, _>(now - STEP_AFTER)
    .load(tx.conn)
    .await?;
    let names = ("hazard.overdue", "hazards.escalate");
    tell(tx, climbed, names, Urgency::Soon).await
}
