//! What follows for hazards when the visit that found, cleared or checked them again is corrected.

use crate::{
    db::statement,
    error::Problem,
    hazards::model::{HazardKind, HazardSeverity},
    ids::{HazardId, VisitId},
    schema::sql_types,
    tx::Tx,
};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;

/// A change of hazards, as a statement that gives their ids, versions and statuses, with its event: from and to which status, and
/// what it carries. `$1` is who, `$2` when, `$3` the version of the visit that it names.
macro_rules! with_event {
    ($changed:expr, $from:literal, $to:literal, $data:literal) => {
        concat!(
            "WITH changed AS (",
            $changed,
            ") INSERT INTO hazard_events (hazard_id, seq, from_status, to_status, actor_id, happened_at, received_at, reason, data) SELECT id, version, ",
            $from,
            ", ",
            $to,
            ", $1, $2, $2, '', jsonb_build_object('visit_id', $3, ",
            $data,
            ") FROM changed"
        )
    };
}

/// A hazard that some version of a visit found.
#[derive(Debug, QueryableByName)]
pub struct FoundByVisit {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: HazardId,
    /// What kind.
    #[diesel(sql_type = sql_types::HazardKind)]
    pub kind: HazardKind,
    /// At which check point.
    #[diesel(sql_type = ty::Text)]
    pub check_point: String,
}

/// What a corrected visit says of a hazard that an earlier version found.
#[derive(Debug)]
pub struct SaidAnew {
    /// Which.
    pub id: HazardId,
    /// How bad.
    pub severity: HazardSeverity,
    /// What was seen.
    pub description: String,
    /// What was done before leaving.
    pub measure: String,
}

/// What the versions of a visit found and did not withdraw, locked until the transaction ends.
///
/// # Errors
/// What the database said.
pub async fn found_by_visit(tx: &mut Tx<'_>, root: VisitId) -> Result<Vec<FoundByVisit>, Problem> {
    Ok(statement(
        "SELECT z.id, z.kind, z.check_point FROM hazards z JOIN visits v ON v.id = z.found_visit_id \
         WHERE v.root_id = $1 AND z.status <> 'withdrawn' ORDER BY z.id FOR UPDATE OF z",
    )
    .bind::<ty::Uuid, _>(root)
    .load(tx.conn)
    .await?)
}

/// Opens again what a version of a visit cleared, but for what has come back since as a hazard of its own.
///
/// # Errors
/// What the database said.
pub async fn reopen_cleared_by(tx: &mut Tx<'_>, visit: VisitId) -> Result<(), Problem> {
    let (actor, now) = (tx.actor_id()?, tx.now);
    statement(with_event!(
        "UPDATE hazards z SET status = 'open', cleared_visit_id = NULL, cleared_at = NULL, version = z.version + 1 \
         WHERE z.cleared_visit_id = $3 AND NOT EXISTS (SELECT 1 FROM hazards n WHERE n.previous_id = z.id AND n.status <> 'withdrawn') \
         RETURNING z.id, z.version",
         "'cleared'",
        "'open'",
        "'event', 'reopened'"
    ))
    .bind::<ty::Uuid, _>(actor)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(visit)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Takes back that a version of a visit found hazards still unsafe.
///
/// # Errors
/// What the database said.
pub async fn take_back_rechecks(tx: &mut Tx<'_>, visit: VisitId) -> Result<(), Problem> {
    let (actor, now) = (tx.actor_id()?, tx.now);
    statement(with_event!(
        "UPDATE hazards SET rechecked_visit_id = NULL, rechecked_at = NULL, version = version + 1 WHERE rechecked_visit_id = $3 \
         RETURNING id, version, status",
        "status",
        "status",
        "'event', 'recheck_taken_back'"
    ))
    .bind::<ty::Uuid, _>(actor)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(visit)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Writes what the version `by` of a visit says of hazards that are there. Another severity has another deadline, counted from when the
/// hazard was found, and begins anew: not extended, not raised, not climbed.
///
/// # Errors
/// What the database said.
pub async fn say_anew(
    tx: &mut Tx<'_>,
    said: &[SaidAnew],
    by: VisitId,
    (general, major): (i64, i64),
) -> Result<(), Problem> {
    let (actor, now) = (tx.actor_id()?, tx.now);
    statement(with_event!(
        concat!(
        "UPDATE hazards z SET severity = s.severity, description = s.description, measure = s.measure, version = z.version + 1, \
         due_at = CASE WHEN z.severity = s.severity THEN z.due_at ELSE CASE s.severity WHEN 'advice' THEN NULL \
         WHEN 'general' THEN z.found_at + $8 * interval '1 day' ELSE z.found_at + $9 * interval '1 day' END END, \
         extended_at = CASE WHEN z.severity = s.severity THEN z.extended_at END, \
         report_due_at = ",
        report_due!("s.severity", "z.found_at"),
        ", report_raised_at = CASE WHEN z.severity = s.severity THEN z.report_raised_at END, \
         escalation = CASE WHEN z.severity = s.severity THEN z.escalation END, \
         escalated_at = CASE WHEN z.severity = s.severity THEN z.escalated_at END \
         FROM unnest($4, $5, $6, $7) AS s (id, severity, description, measure) \
         WHERE z.id = s.id AND (z.severity, z.description, z.measure) IS DISTINCT FROM (s.severity, s.description, s.measure) \
         RETURNING z.id, z.version, z.status, z.severity, z.due_at, z.report_due_at"
        ),
        "status",
        "status",
        "'event', 'said_anew', 'severity', severity, 'due_at', due_at, 'report_due_at', report_due_at"
    ))
    .bind::<ty::Uuid, _>(actor)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(by)
    .bind::<ty::Array<ty::Uuid>, _>(said.iter().map(|s| s.id).collect::<Vec<_>>())
    .bind::<ty::Array<sql_types::HazardSeverity>, _>(said.iter().map(|s| s.severity).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Text>, _>(said.iter().map(|s| s.description.clone()).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Text>, _>(said.iter().map(|s| s.measure.clone()).collect::<Vec<_>>())
    .bind::<ty::BigInt, _>(general)
    .bind::<ty::BigInt, _>(major)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Withdraws what the version `by` of a visit names no longer. What a later visit has cleared was there, and stays.
///
/// # Errors
/// What the database said.
pub async fn withdraw(tx: &mut Tx<'_>, hazards: &[HazardId], by: VisitId) -> Result<(), Problem> {
    let (actor, now) = (tx.actor_id()?, tx.now);
    statement(with_event!(
        "UPDATE hazards SET status = 'withdrawn', withdrawn_visit_id = $3, version = version + 1 WHERE id = ANY ($4) AND status = 'open' \
         RETURNING id, version",
         "'open'",
        "'withdrawn'",
        "'event', 'withdrawn'"
    ))
    .bind::<ty::Uuid, _>(actor)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(by)
    .bind::<ty::Array<ty::Uuid>, _>(hazards.to_vec())
    .execute(tx.conn)
    .await?;
    Ok(())
}
