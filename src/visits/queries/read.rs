//! Statements that read visits.

use crate::{
    account_enabled, communities_in_scope,
    db::statement,
    error::Problem,
    http::{Page, PageQuery},
    ids::{HazardId, HouseholdId, VisitId},
    schema::sql_types,
    tx::{Actor, Role, Stamp},
    visits::{
        VISIT_NOT_FOUND,
        model::{Checks, ElderSeen, HazardSeen, NeedSeen, PolicySeen, Visit, VisitDetail, VisitPosition},
    },
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// The columns of a [`Visit`].
macro_rules! visit_columns {
    () => {
        "v.id, v.root_id, v.household_id, v.community_id, v.steward_id, v.purposes, v.outcome, v.started_at, v.ended_at, v.received_at, \
         v.gas, v.electric, v.fire, v.water, v.revision, v.correction_reason, v.superseded_at, v.content_hash, \
         ARRAY(SELECT m.elder_id FROM visit_elders m WHERE m.visit_id = v.id ORDER BY m.elder_id) AS elders_met, \
         ARRAY(SELECT n.id FROM needs n WHERE n.event_id = v.root_id AND n.channel = 'visit' ORDER BY n.id) AS needs, \
         ARRAY(SELECT z.id FROM visits w JOIN hazards z ON z.found_visit_id = w.id WHERE w.root_id = v.root_id AND z.status <> 'withdrawn' \
          ORDER BY z.id) AS hazards, \
         (SELECT coalesce(jsonb_agg(jsonb_build_object('attachment_id', l.attachment_id, 'role', l.role) ORDER BY l.attachment_id), '[]') \
          FROM attachment_links l WHERE l.case_id = v.id AND l.case_kind = 'visit') AS photos"
    };
}

/// The visit is in the actor's scope or their own.
macro_rules! seen_by_actor {
    () => {
        concat!(
            "(v.community_id IN (",
            communities_in_scope!(),
            ") OR v.steward_id = $1 AND ",
            account_enabled!(),
            ")"
        )
    };
}

/// The visits of the actor's scope, the latest first. A version that was corrected is found by its id alone.
const LIST: &str = concat!(
    "SELECT ",
    visit_columns!(),
    " FROM visits v WHERE ",
    seen_by_actor!(),
    " AND v.superseded_at IS NULL AND (v.started_at, v.id) < ($3, $4) ORDER BY v.started_at DESC, v.id DESC LIMIT $5"
);

/// Likewise those to one household: a statement of its own, so that it has a plan of its own.
const LIST_OF_HOUSEHOLD: &str = concat!(
    "SELECT ",
    visit_columns!(),
    " FROM visits v WHERE ",
    seen_by_actor!(),
    " AND v.superseded_at IS NULL AND (v.started_at, v.id) < ($3, $4) AND v.household_id = $6 \
     ORDER BY v.started_at DESC, v.id DESC LIMIT $5"
);

/// After the last instant a visit can begin at.
fn end_of_time(now: DateTime<Utc>) -> (DateTime<Utc>, Uuid) {
    (now + Duration::days(1), Uuid::max())
}

/// One visit in the actor's scope, or of their own.
///
/// # Errors
/// 404 when there is none.
pub async fn get(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: VisitId,
) -> Result<Visit, Problem> {
    let found: Vec<Visit> = statement(concat!(
        "SELECT ",
        visit_columns!(),
        " FROM visits v WHERE v.id = $3 AND ",
        seen_by_actor!()
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(id)
    .load(conn)
    .await?;
    found.into_iter().next().ok_or_else(|| VISIT_NOT_FOUND.problem())
}

/// The visits in the actor's scope and their own, the latest first.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    household: Option<HouseholdId>,
    page: &PageQuery,
) -> Result<Page<Visit>, Problem> {
    let before = page.after()?.unwrap_or(end_of_time(now));
    let text = if household.is_some() {
        LIST_OF_HOUSEHOLD
    } else {
        LIST
    };
    let narrowed = statement(text)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Timestamptz, _>(before.0)
        .bind::<ty::Uuid, _>(before.1)
        .bind::<ty::BigInt, _>(page.fetch());
    let visits: Vec<Visit> = match household {
        Some(household) => narrowed.bind::<ty::Uuid, _>(household).load(conn).await?,
        None => narrowed.load(conn).await?,
    };
    Ok(Page::cut(visits, page, |v| (v.started_at, v.id.0)))
}

/// Every version of the visit that `id` is one version of, the first first.
///
/// # Errors
/// 404 when there is none in the actor's scope or of their own.
pub async fn revisions(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: VisitId,
    page: &PageQuery,
) -> Result<Page<Visit>, Problem> {
    let root = get(conn, actor, now, id).await?.root_id;
    let visits: Vec<Visit> = statement(concat!(
        "SELECT ",
        visit_columns!(),
        " FROM visits v WHERE v.root_id = $1 AND v.revision > $2 ORDER BY v.revision LIMIT $3"
    ))
    .bind::<ty::Uuid, _>(root)
    .bind::<ty::SmallInt, _>(page.after::<i16>()?.unwrap_or_default())
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(Page::cut(visits, page, |v| v.revision))
}

#[derive(QueryableByName)]
struct Circumstances {
    #[diesel(sql_type = sql_types::VisitPosition)]
    position: VisitPosition,
    #[diesel(sql_type = ty::Nullable<ty::Double>)]
    latitude: Option<f64>,
    #[diesel(sql_type = ty::Nullable<ty::Double>)]
    longitude: Option<f64>,
    #[diesel(sql_type = ty::Nullable<ty::Float>)]
    accuracy_m: Option<f32>,
    #[diesel(sql_type = ty::BigInt)]
    device_offset_ms: i64,
    #[diesel(sql_type = ty::SmallInt)]
    form_version: i16,
    #[diesel(sql_type = ty::Jsonb)]
    check_points: serde_json::Value,
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    note_sealed: Option<String>,
    #[diesel(sql_type = ty::Array<ty::Uuid>)]
    cleared: Vec<HazardId>,
    #[diesel(sql_type = ty::Array<ty::Uuid>)]
    still_unsafe: Vec<HazardId>,
}

/// One visit with everything that was said. Notes are opened for the steward and the officer; the duty desk needs none.
///
/// # Errors
/// 404 when there is none in the actor's scope or of their own.
pub async fn detail(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    id: VisitId,
) -> Result<VisitDetail, Problem> {
    let visit = get(conn, actor, stamp.now, id).await?;
    let opened = |context, sealed: Option<String>| match sealed {
        Some(text) if actor.role != Role::Duty => stamp.open(context, &text).map(Some),
        _ => Ok(None),
    };
    let around: Circumstances = statement(
        "SELECT v.\"position\", v.latitude, v.longitude, v.accuracy_m, v.device_offset_ms, v.form_version, v.check_points, v.note_sealed, \
         ARRAY(SELECT z.id FROM hazards z WHERE z.cleared_visit_id = v.id ORDER BY z.id) AS cleared, \
         ARRAY(SELECT z.id FROM hazards z WHERE z.rechecked_visit_id = v.id ORDER BY z.id) AS still_unsafe FROM visits v WHERE v.id = $1",
    )
    .bind::<ty::Uuid, _>(id)
    .get_result(conn)
    .await?;
    let mut elders: Vec<ElderSeen> = statement(
        "SELECT elder_id, condition, diet, mood, note_sealed AS note FROM visit_elders WHERE visit_id = $1 ORDER BY elder_id",
    )
    .bind::<ty::Uuid, _>(id)
    .load(conn)
    .await?;
    for elder in &mut elders {
        elder.note = opened("visit_elders.note", elder.note.take())?;
    }
    let needs_collected: Vec<NeedSeen> = statement(
        "SELECT id, elder_id, item_id, description, status, resolution FROM needs WHERE id = ANY ($1) ORDER BY id",
    )
    .bind::<ty::Array<ty::Uuid>, _>(visit.needs.clone())
    .load(conn)
    .await?;
    // Under the file that is kept, where two that are one person were both met.
    let policies_explained: Vec<PolicySeen> = statement(
        "SELECT DISTINCT q.policy_id, q.policy_version, p.title_zh, coalesce(e.merged_into_id, e.id) AS elder_id FROM visit_policies q \
         JOIN elders e ON e.id = q.elder_id JOIN policy_versions p ON p.policy_id = q.policy_id AND p.version = q.policy_version \
         WHERE q.visit_id = $1 ORDER BY elder_id, q.policy_id",
    )
    .bind::<ty::Uuid, _>(id)
    .load(conn)
    .await?;
    let hazards_found: Vec<HazardSeen> = statement(
        "SELECT id, kind, severity, check_point, description, measure, status FROM hazards WHERE id = ANY ($1) ORDER BY id",
    )
    .bind::<ty::Array<ty::Uuid>, _>(visit.hazards.clone())
    .load(conn)
    .await?;
    // A visit that no phone sent (of the demo city) may carry none.
    let checks: Option<Checks> = serde_json::from_value(around.check_points).unwrap_or_default();
    Ok(VisitDetail {
        position: around.position,
        latitude: around.latitude,
        longitude: around.longitude,
        accuracy_m: around.accuracy_m,
        device_offset_ms: around.device_offset_ms,
        form_version: around.form_version,
        checks,
        elders,
        note: opened("visits.note", around.note_sealed)?,
        needs_collected,
        policies_explained,
        hazards_found,
        cleared: around.cleared,
        still_unsafe: around.still_unsafe,
        visit,
    })
}
