//! Statements that read hazards.

use crate::{
    account_enabled, communities_in_scope,
    db::statement,
    error::Problem,
    hazards::{
        HAZARD_NOT_FOUND,
        model::{
            Hazard, HazardDetail, HazardEvent, HazardEventLine, HazardFinding, HazardKind, HazardSeverity,
            HazardStatus,
        },
    },
    http::{Page, PageQuery},
    ids::{CommunityId, HazardId, HouseholdId, UserId},
    orders::model::OrderStatus,
    schema::sql_types,
    tx::Actor,
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

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

/// The hazard `z` is in the actor's scope, or they found it.
macro_rules! seen_by_actor {
    () => {
        concat!(
            "(z.community_id IN (",
            communities_in_scope!(),
            ") OR z.found_by = $1 AND ",
            account_enabled!(),
            ")"
        )
    };
}
pub(super) use seen_by_actor;

/// The hazards in the actor's scope and those they found, as a table `w`; what narrows them is added before `) w`.
macro_rules! hazards_of_actor {
    ($narrowed:literal) => {
        concat!(
            "SELECT * FROM (SELECT z.id, z.household_id, z.community_id, z.kind, z.severity, z.check_point, z.description, z.measure, z.status, \
             z.found_visit_id, z.found_by, z.found_at, z.due_at, z.extended_at, coalesce(z.status = 'open' AND z.due_at <= $2, false) AS overdue, \
             z.escalation IS NOT NULL AS escalated, z.escalation, z.escalated_at, z.report_due_at, z.reported_at, z.report_raised_at, z.responsible, \
             z.noticed_at, z.repair_order_id, z.rechecked_visit_id, z.rechecked_at, z.previous_id, z.cleared_visit_id, z.cleared_at, z.withdrawn_visit_id, z.version, \
             (SELECT coalesce(jsonb_agg(jsonb_build_object('attachment_id', l.attachment_id, 'role', l.role) ORDER BY l.attachment_id), '[]') \
              FROM attachment_links l WHERE l.case_id = z.id AND l.case_kind = 'hazard') AS photos, \
             CASE z.status WHEN 'open' THEN 0 WHEN 'cleared' THEN 10 ELSE 20 END \
             + CASE z.severity WHEN 'major' THEN 0 WHEN 'general' THEN 1 ELSE 2 END AS rank, \
             coalesce(z.due_at, '9999-12-31T00:00:00Z'::timestamptz) AS soonest \
             FROM hazards z WHERE ",
            seen_by_actor!(),
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

/// One hazard in the actor's scope, or that they found.
///
/// # Errors
/// 404 when there is none.
pub async fn one(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: HazardId,
) -> Result<Hazard, Problem> {
    let found: Vec<Hazard> = statement(hazards_of_actor!(" AND z.id = $3"))
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Uuid, _>(id)
        .load(conn)
        .await?;
    found.into_iter().next().ok_or_else(|| HAZARD_NOT_FOUND.problem())
}

/// The hazards of these households of the actor's scope that are open, or were found safe since an instant; the open ones first.
///
/// # Errors
/// What the database said.
pub async fn of_households(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    since: DateTime<Utc>,
    households: &[HouseholdId],
) -> Result<Vec<Hazard>, Problem> {
    Ok(statement(concat!(
        hazards_of_actor!(" AND z.household_id = ANY ($3) AND (z.status = 'open' OR z.cleared_at >= $4)"),
        " ORDER BY w.rank, w.soonest, w.id"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Array<ty::Uuid>, _>(households.to_vec())
    .bind::<ty::Timestamptz, _>(since)
    .load(conn)
    .await?)
}

#[derive(QueryableByName)]
struct Repair {
    #[diesel(sql_type = sql_types::OrderStatus)]
    status: OrderStatus,
}

/// One hazard in the actor's scope, or that they found, with its repair and with what was found at its check point before and after.
///
/// # Errors
/// 404 when there is none.
pub async fn get(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: HazardId,
) -> Result<HazardDetail, Problem> {
    let hazard = one(conn, actor, now, id).await?;
    let repairs: Vec<Repair> = statement("SELECT status FROM service_orders WHERE id = $1")
        .bind::<ty::Nullable<ty::Uuid>, _>(hazard.repair_order_id)
        .load(conn)
        .await?;
    let history = statement(concat!(
        "SELECT z.id, z.severity, z.status, z.found_at, z.cleared_at, z.previous_id FROM hazards z \
         WHERE z.household_id = $3 AND z.kind = $4 AND z.check_point = $5 AND ",
        seen_by_actor!(),
        " ORDER BY z.found_at, z.id LIMIT 50",
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(hazard.household_id)
    .bind::<sql_types::HazardKind, _>(hazard.kind)
    .bind::<ty::Text, _>(hazard.check_point.clone())
    .load::<HazardFinding>(conn)
    .await?;
    Ok(HazardDetail {
        hazard,
        repair: repairs.into_iter().next().map(|r| r.status),
        history,
    })
}

#[derive(QueryableByName)]
struct EventRow {
    #[diesel(sql_type = ty::Integer)]
    seq: i32,
    #[diesel(sql_type = ty::Nullable<sql_types::HazardStatus>)]
    from_status: Option<HazardStatus>,
    #[diesel(sql_type = sql_types::HazardStatus)]
    to_status: HazardStatus,
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    actor_id: Option<UserId>,
    #[diesel(sql_type = ty::Timestamptz)]
    happened_at: DateTime<Utc>,
    #[diesel(sql_type = ty::Timestamptz)]
    received_at: DateTime<Utc>,
    #[diesel(sql_type = ty::Text)]
    reason: String,
    #[diesel(sql_type = ty::Jsonb)]
    data: serde_json::Value,
}

/// What happened to a hazard in the actor's scope, or that they found, in its sequence; with the community that it lies in.
///
/// # Errors
/// 404 when there is none.
pub async fn events(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: HazardId,
    page: &PageQuery,
) -> Result<(CommunityId, Page<HazardEventLine>), Problem> {
    let community = one(conn, actor, now, id).await?.community_id;
    let rows: Vec<EventRow> = statement(
        "SELECT seq, from_status, to_status, actor_id, happened_at, received_at, reason, data FROM hazard_events \
         WHERE hazard_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Integer, _>(page.after::<i32>()?.unwrap_or(0))
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    let lines = rows
        .into_iter()
        .map(|row| {
            Ok(HazardEventLine {
                seq: row.seq,
                from_status: row.from_status,
                to_status: row.to_status,
                event: serde_json::from_value::<HazardEvent>(row.data).map_err(Problem::internal)?,
                reason: row.reason,
                actor_id: row.actor_id,
                happened_at: row.happened_at,
                received_at: row.received_at,
            })
        })
        .collect::<Result<Vec<_>, Problem>>()?;
    Ok((community, Page::cut(lines, page, |l| l.seq)))
}
