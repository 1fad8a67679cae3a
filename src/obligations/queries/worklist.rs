//! The visits owed now.

use crate::{
    communities_in_scope,
    db::statement,
    error::Problem,
    http::{Page, PageQuery},
    ids::HouseholdId,
    obligations::model::WorklistLine,
    tx::Actor,
};
use chrono::{DateTime, Utc};
use diesel::sql_types as ty;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// What the list was sorted by at a page's end.
type After = (i32, String, String, i16, String, Uuid);

/// What is open in the area is gathered once and joined: a hazard counts in the moment in which it is found, and no longer when it
/// is cleared. What the files, the last visits and misses weigh is written with the obligation.
macro_rules! worklist {
    ($more:literal, $page:literal, $limit:literal) => { concat!(
    "WITH area AS MATERIALIZED (",
    communities_in_scope!(),
    "), found AS MATERIALIZED (SELECT x.household_id, array_agg(x.reason ORDER BY w.weight DESC, x.reason) AS reasons, \
      array_agg(w.weight ORDER BY w.weight DESC, x.reason) AS weights FROM ( \
      SELECT z.household_id, 'hazard_' || z.severity::text AS reason FROM hazards z WHERE z.status = 'open' AND z.community_id IN (SELECT * FROM area) \
      UNION SELECT c.household_id, 'no_answer' FROM no_answer_cases c WHERE c.status = 'open' AND c.community_id IN (SELECT * FROM area) \
      UNION SELECT m.household_id, 'emergency' FROM emergencies m WHERE m.status <> 'closed' AND m.community_id IN (SELECT * FROM area)) x \
     JOIN risk_weights w ON w.reason = x.reason AND w.edition = (SELECT max(edition) FROM risk_editions) GROUP BY x.household_id) \
     SELECT * FROM (SELECT o.id, o.household_id, o.community_id, o.kind, o.period, k.name AS campaign, o.due_at, o.due_at <= $2 AS overdue, \
     o.reasons || coalesce(n.reasons, '{}') AS reasons, o.raised_by, least(100, o.risk + coalesce(n.points, 0))::int2 AS risk, \
     h.building, h.unit, coalesce(h.floor, 0::int2) AS floor, h.room, \
     ARRAY(SELECT e.name FROM elders e WHERE e.household_id = h.id AND e.status NOT IN ('merged', 'moved', 'deceased') ORDER BY e.id) AS elders, \
     (SELECT v.started_at FROM visits v WHERE v.household_id = h.id AND v.outcome = 'met' AND v.superseded_at IS NULL \
      ORDER BY v.started_at DESC LIMIT 1) AS last_met_at, \
     CASE WHEN o.due_at <= $2 THEN 1000 ELSE 0 END + CASE WHEN o.kind = 'event' THEN 500 ELSE 0 END \
     + least(100, o.risk + coalesce(n.points, 0))::int4 AS need \
     FROM obligations o JOIN households h ON h.id = o.household_id LEFT JOIN campaigns k ON k.id = o.campaign_id \
     LEFT JOIN found f ON f.household_id = o.household_id LEFT JOIN LATERAL ( \
      SELECT array_agg(y.reason) AS reasons, sum(y.weight) AS points FROM unnest(f.reasons, f.weights) AS y (reason, weight) \
      WHERE y.reason <> ALL (o.reasons)) n ON true \
     WHERE o.status = 'owed' AND o.community_id IN (SELECT * FROM area) AND ",
    $more,
    ") w",
    $page,
    " ORDER BY -w.need, w.building, w.unit, w.floor, w.room, w.id",
    $limit
    ) };
}

const WORKLIST: &str = worklist!(
    "o.starts_at <= $2",
    " WHERE (-w.need, w.building, w.unit, w.floor, w.room, w.id) > (-$3, $4, $5, $6, $7, $8)",
    " LIMIT $9"
);

/// The visits owed in the actor's scope, in the order of need: overdue, event, risk, then the way through the buildings.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn worklist(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    page: &PageQuery,
) -> Result<Page<WorklistLine>, Problem> {
    let (need, building, unit, floor, room, id) = page.after::<After>()?.unwrap_or((
        i32::MAX,
        String::new(),
        String::new(),
        i16::MIN,
        String::new(),
        Uuid::nil(),
    ));
    let lines: Vec<WorklistLine> = statement(WORKLIST)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Integer, _>(need)
        .bind::<ty::Text, _>(building)
        .bind::<ty::Text, _>(unit)
        .bind::<ty::SmallInt, _>(floor)
        .bind::<ty::Text, _>(room)
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::BigInt, _>(page.fetch())
        .load(conn)
        .await?;
    Ok(Page::cut(lines, page, |l| -> After {
        (
            l.need,
            l.building.clone(),
            l.unit.clone(),
            l.floor,
            l.room.clone(),
            l.id.0,
        )
    }))
}

/// What these households of the actor's scope are owed that begins before an instant: what is open now, and what comes.
///
/// # Errors
/// What the database said.
pub async fn owed_before(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    before: DateTime<Utc>,
    households: &[HouseholdId],
) -> Result<Vec<WorklistLine>, Problem> {
    Ok(statement(worklist!(
        "o.starts_at < $3 AND o.household_id = ANY ($4)",
        "",
        ""
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Timestamptz, _>(before)
    .bind::<ty::Array<ty::Uuid>, _>(households.to_vec())
    .load(conn)
    .await?)
}
