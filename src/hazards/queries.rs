//! Statements on hazards.

use super::{
    HAZARD_NOT_FOUND,
    model::{Hazard, HazardDetail, HazardFinding, HazardKind, HazardSeverity, HazardStatus},
};
use crate::{
    communities_in_scope,
    db::statement,
    error::Problem,
    http::{Page, PageQuery},
    ids::{CommunityId, HazardId, HouseholdId, VisitId},
    schema::sql_types,
    tx::{Actor, Tx},
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// Hazards that one statement of the job escalates.
const STEP: i64 = 1_000;

/// Which hazards to list.
#[derive(Debug, Default)]
pub struct Narrow {
    /// Of this status.
    pub status: Option<HazardStatus>,
    /// Of this kind.
    pub kind: Option<HazardKind>,
    /// As bad as this.
    pub severity: Option<HazardSeverity>,
    /// In this community.
    pub community: Option<CommunityId>,
    /// In this household.
    pub household: Option<HouseholdId>,
    /// Past their deadline, or not.
    pub overdue: Option<bool>,
}

/// The hazards in the actor's scope and those they found, as a table `w`; what narrows them is added before `) w`.
macro_rules! hazards_of_actor {
    ($narrowed:literal) => {
        concat!(
            "SELECT * FROM (SELECT z.id, z.household_id, z.community_id, z.kind, z.severity, z.check_point, z.description, z.measure, z.status, \
             z.found_visit_id, z.found_by, z.found_at, z.due_at, coalesce(z.status = 'open' AND z.due_at <= $2, false) AS overdue, \
             z.escalated_at IS NOT NULL AS escalated, z.escalated_at, z.previous_id, z.cleared_visit_id, z.cleared_at, z.withdrawn_visit_id, z.version, \
             (SELECT coalesce(jsonb_agg(jsonb_build_object('attachment_id', l.attachment_id, 'role', l.role) ORDER BY l.attachment_id), '[]') \
              FROM attachment_links l WHERE l.case_id = z.id AND l.case_kind = 'hazard') AS photos, \
             CASE z.status WHEN 'open' THEN 0 WHEN 'cleared' THEN 10 ELSE 20 END \
             + CASE z.severity WHEN 'major' THEN 0 WHEN 'general' THEN 1 ELSE 2 END AS rank, \
             coalesce(z.due_at, '9999-12-31T00:00:00Z'::timestamptz) AS soonest \
             FROM hazards z WHERE (z.community_id IN (",
            communities_in_scope!(),
            ") OR z.found_by = $1)",
            $narrowed,
            ") w"
        )
    };
}

/// What every list may be narrowed by, and its order: the open ones first, then the worst, then the soonest due. These conditions
/// need no index: an actor's hazards are few.
macro_rules! narrowed_list {
    ($more:literal) => {
        concat!(
            hazards_of_actor!(
                " AND ($3 IS NULL OR z.status = $3) AND ($4 IS NULL OR z.kind = $4) AND ($5 IS NULL OR z.severity = $5) \
                 AND ($6 IS NULL OR z.community_id = $6) AND ($7 IS NULL OR $7 = coalesce(z.status = 'open' AND z.due_at <= $2, false))"
            ),
            " WHERE (w.rank, w.soonest, w.id) > ($8, $9, $10)",
            $more,
            " ORDER BY w.rank, w.soonest, w.id LIMIT $11"
        )
    };
}

/// Before the first hazard of any list.
const START: (i32, DateTime<Utc>, Uuid) = (i32::MIN, DateTime::UNIX_EPOCH, Uuid::nil());

/// The hazards in the actor's scope and those they found, the open ones first, then the worst, then the soonest due.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    narrow: &Narrow,
    page: &PageQuery,
) -> Result<Page<Hazard>, Problem> {
    let after = page.after()?.unwrap_or(START);
    // Of one household in a statement of its own, so that it has a plan of its own.
    let text = if narrow.household.is_some() {
        narrowed_list!(" AND w.household_id = $12")
    } else {
        narrowed_list!("")
    };
    let narrowed = statement(text)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Nullable<sql_types::HazardStatus>, _>(narrow.status)
        .bind::<ty::Nullable<sql_types::HazardKind>, _>(narrow.kind)
        .bind::<ty::Nullable<sql_types::HazardSeverity>, _>(narrow.severity)
        .bind::<ty::Nullable<ty::Uuid>, _>(narrow.community)
        .bind::<ty::Nullable<ty::Bool>, _>(narrow.overdue)
        .bind::<ty::Integer, _>(after.0)
        .bind::<ty::Timestamptz, _>(after.1)
        .bind::<ty::Uuid, _>(after.2)
        .bind::<ty::BigInt, _>(page.fetch());
    let found: Vec<Hazard> = match narrow.household {
        Some(household) => narrowed.bind::<ty::Uuid, _>(household).load(conn).await?,
        None => narrowed.load(conn).await?,
    };
    Ok(Page::cut(found, page, |h| (h.rank, h.soonest, h.id.0)))
}

/// One hazard in the actor's scope, with what was found at its check point before and after.
///
/// # Errors
/// 404 when there is none.
pub async fn get(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: HazardId,
) -> Result<HazardDetail, Problem> {
    let found: Vec<Hazard> = statement(hazards_of_actor!(" AND z.id = $3"))
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Uuid, _>(id)
        .load(conn)
        .await?;
    let hazard = found
        .into_iter()
        .next()
        .ok_or_else(|| HAZARD_NOT_FOUND.problem())?;
    let history = statement(concat!(
        "SELECT z.id, z.severity, z.status, z.found_at, z.cleared_at, z.previous_id FROM hazards z \
         WHERE z.household_id = $3 AND z.kind = $4 AND z.check_point = $5 AND (z.found_by = $1 OR z.community_id IN (",
        communities_in_scope!(),
        ")) ORDER BY z.found_at, z.id LIMIT 50",
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(hazard.household_id)
    .bind::<sql_types::HazardKind, _>(hazard.kind)
    .bind::<ty::Text, _>(hazard.check_point.clone())
    .load::<HazardFinding>(conn)
    .await?;
    Ok(HazardDetail { hazard, history })
}

#[derive(QueryableByName)]
struct Late {
    #[diesel(sql_type = ty::Uuid)]
    id: HazardId,
    #[diesel(sql_type = ty::Uuid)]
    community_id: CommunityId,
}

/// Marks the next open hazards whose deadline is over, each once; says whether there may be more.
///
/// # Errors
/// What the database said.
pub async fn escalate(tx: &mut Tx<'_>) -> Result<bool, Problem> {
    let now = tx.now;
    let late: Vec<Late> = statement(
        "UPDATE hazards SET escalated_at = $1, version = version + 1 WHERE status = 'open' AND escalated_at IS NULL AND id = ANY (ARRAY( \
         SELECT id FROM hazards WHERE status = 'open' AND due_at <= $1 AND escalated_at IS NULL ORDER BY due_at LIMIT $2)) \
         RETURNING id, community_id",
    )
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::BigInt, _>(STEP)
    .load(tx.conn)
    .await?;
    let more = i64::try_from(late.len()).unwrap_or(i64::MAX) == STEP;
    for hazard in late {
        tx.audit(
            tx.entry("hazards.escalate", "hazard", Some(hazard.id.0))
                .community(hazard.community_id),
        );
    }
    Ok(more)
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
pub async fn reopen_cleared_by(tx: &mut Tx<'_>, visit: VisitId) -> Result<usize, Problem> {
    Ok(statement(
        "UPDATE hazards z SET status = 'open', cleared_visit_id = NULL, cleared_at = NULL, version = z.version + 1 \
         WHERE z.cleared_visit_id = $1 AND NOT EXISTS (SELECT 1 FROM hazards n WHERE n.previous_id = z.id AND n.status <> 'withdrawn')",
    )
    .bind::<ty::Uuid, _>(visit)
    .execute(tx.conn)
    .await?)
}

/// Writes what a corrected visit says of hazards that are there. Another severity has another deadline, counted from when the
/// hazard was found, and is escalated anew.
///
/// # Errors
/// What the database said.
pub async fn say_anew(
    tx: &mut Tx<'_>,
    said: &[SaidAnew],
    (general, major): (i64, i64),
) -> Result<(), Problem> {
    statement(
        "UPDATE hazards z SET severity = s.severity, description = s.description, measure = s.measure, version = z.version + 1, \
         due_at = CASE WHEN z.severity = s.severity THEN z.due_at ELSE CASE s.severity WHEN 'advice' THEN NULL \
         WHEN 'general' THEN z.found_at + $5 * interval '1 day' ELSE z.found_at + $6 * interval '1 day' END END, \
         escalated_at = CASE WHEN z.severity = s.severity THEN z.escalated_at END \
         FROM unnest($1, $2, $3, $4) AS s (id, severity, description, measure) \
         WHERE z.id = s.id AND (z.severity, z.description, z.measure) IS DISTINCT FROM (s.severity, s.description, s.measure)",
    )
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
pub async fn withdraw(tx: &mut Tx<'_>, hazards: &[HazardId], by: VisitId) -> Result<usize, Problem> {
    Ok(statement(
        "UPDATE hazards SET status = 'withdrawn', withdrawn_visit_id = $2, version = version + 1 WHERE id = ANY ($1) AND status = 'open'",
    )
    .bind::<ty::Array<ty::Uuid>, _>(hazards.to_vec())
    .bind::<ty::Uuid, _>(by)
    .execute(tx.conn)
    .await?)
}
