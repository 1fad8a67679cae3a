//! Statements on leaves and covers, and who answers for a community.

use super::all_of_the_city;
use crate::{
    account_enabled,
    db::statement,
    error::{FORBIDDEN, Problem},
    http::{Page, PageQuery},
    ids::{AssignmentId, CommunityId, LeaveId, UserId},
    staff::{
        COVER_ON_LEAVE, LEAVE_NOT_FOUND, LEAVE_OVERLAPS, NOT_A_STEWARD, STEWARD_NOT_FOUND,
        model::{
            AHEAD, Cover, EndLeave, Leave, LeaveHead, NewLeave, PlannedCover, Served, StewardDuty, TeamMember,
        },
    },
    tx::{Actor, Role, Tx},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

/// Who serves a community at an instant, in the order in which they answer: the primary, the cover, the deputies; last, those
/// who are away. A disabled account serves nothing.
///
/// # Errors
/// What the database said.
pub async fn team_at(
    conn: &mut AsyncPgConnection,
    community: CommunityId,
    at: DateTime<Utc>,
) -> Result<Vec<TeamMember>, Problem> {
    Ok(statement(
        "SELECT a.user_id, min(a.duty) AS duty, \
         EXISTS (SELECT 1 FROM steward_leaves l WHERE l.user_id = a.user_id AND l.starts_at <= $2 AND l.ends_at > $2) AS on_leave \
         FROM steward_assignments a JOIN users u ON u.id = a.user_id AND u.disabled_at IS NULL \
         WHERE a.community_id = $1 AND a.starts_at <= $2 AND (a.ends_at IS NULL OR a.ends_at > $2) \
         GROUP BY a.user_id ORDER BY on_leave, duty, min(a.starts_at), a.user_id",
    )
    .bind::<ty::Uuid, _>(community)
    .bind::<ty::Timestamptz, _>(at)
    .load(conn)
    .await?)
}

/// A leave's columns, of `l` with its steward `u`. Why is told where `$told` holds.
macro_rules! columns {
    ($told:literal) => {
        concat!(
            "l.id, l.user_id, u.display_name, l.starts_at, l.ends_at, l.planned_ends_at, CASE WHEN ",
            $told,
            " THEN l.reason END AS reason, l.recorded_by, CASE WHEN ",
            $told,
            " THEN l.end_reason END AS end_reason, l.ended_by"
        )
    };
}

/// The leave `l` is of a steward who served a community of the area in its time.
macro_rules! of_the_area {
    () => {
        "EXISTS (SELECT 1 FROM steward_assignments a WHERE a.user_id = l.user_id AND a.starts_at < l.planned_ends_at \
         AND (a.ends_at IS NULL OR a.ends_at > l.starts_at) AND a.community_id IN (SELECT id FROM area))"
    };
}

/// The leaves of the actor's area, the latest first; for a steward, their own and those of stewards beside whom they serve.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    page: &PageQuery,
) -> Result<Page<Leave>, Problem> {
    // Nothing is planned further ahead.
    let end_of_time = (now + AHEAD + Duration::days(1), Uuid::max());
    let (starts_at, id) = page.after()?.unwrap_or(end_of_time);
    let heads: Vec<LeaveHead> = statement(concat!(
        area!(),
        "SELECT ",
        columns!("$4 OR l.user_id = $1"),
        " FROM steward_leaves l JOIN users u ON u.id = l.user_id WHERE (l.user_id = $1 AND ",
        account_enabled!(),
        " OR ",
        of_the_area!(),
        ") AND (l.starts_at, l.id) < ($5, $6) ORDER BY l.starts_at DESC, l.id DESC LIMIT $7"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Bool, _>(all_of_the_city(actor))
    .bind::<ty::Bool, _>(actor.role != Role::Steward)
    .bind::<ty::Timestamptz, _>(starts_at)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    let page = Page::cut(heads, page, |l| (l.starts_at, l.id.0));
    let mut covers = covers(conn, actor, now, page.items.iter().map(|l| l.id).collect()).await?;
    Ok(page.map(|head| {
        let (own, rest) = std::mem::take(&mut covers)
            .into_iter()
            .partition(|c| c.leave_id == head.id);
        covers = rest;
        Leave { head, covers: own }
    }))
}

/// The covers of these leaves that lie in the actor's area; of the actor's own leave, all.
async fn covers(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    leaves: Vec<LeaveId>,
) -> Result<Vec<Cover>, Problem> {
    Ok(statement(concat!(
        area!(),
        "SELECT a.leave_id, a.id AS assignment_id, a.community_id, c.name AS community, a.user_id, u.display_name, a.starts_at, a.ends_at \
         FROM steward_assignments a JOIN steward_leaves l ON l.id = a.leave_id JOIN communities c ON c.id = a.community_id \
         JOIN users u ON u.id = a.user_id WHERE a.leave_id = ANY ($4) AND (a.community_id IN (SELECT id FROM area) OR l.user_id = $1) \
         ORDER BY c.code, a.id"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Bool, _>(all_of_the_city(actor))
    .bind::<ty::Array<ty::Uuid>, _>(leaves)
    .load(conn)
    .await?)
}

async fn get(tx: &mut Tx<'_>, actor: &Actor, id: LeaveId) -> Result<Leave, Problem> {
    let now = tx.now;
    let head = statement(concat!(
        "SELECT ",
        columns!("true"),
        " FROM steward_leaves l JOIN users u ON u.id = l.user_id WHERE l.id = $1"
    ))
    .bind::<ty::Uuid, _>(id)
    .get_result(tx.conn)
    .await?;
    let covers = covers(tx.conn, actor, now, vec![id]).await?;
    Ok(Leave { head, covers })
}

#[derive(QueryableByName)]
struct Account {
    #[diesel(sql_type = ty::Uuid)]
    id: UserId,
}

/// Records a leave with its covers. Whoever else records a leave of the same people, or assigns in the same communities, waits.
///
/// # Errors
/// 404 when the steward serves no community of the actor's area, 403 when they answer for one outside of it; 409 for a second
/// leave in that time, or a cover who is away themself; 422 for a time or covers that do not fit, or a cover who is no steward.
pub async fn record(tx: &mut Tx<'_>, actor: &Actor, new: NewLeave) -> Result<Leave, Problem> {
    let (id, now) = (LeaveId(tx.new_id()), tx.now);
    let (starts_at, ends_at) = new.period(now)?;
    let mut people: Vec<UserId> = new.covers.iter().map(|c| c.user_id).collect();
    people.push(new.user_id);
    let stewards: Vec<Account> = statement(
        "SELECT id FROM users WHERE id = ANY ($1) AND role = 'steward' AND disabled_at IS NULL ORDER BY id FOR NO KEY UPDATE",
    )
    .bind::<ty::Array<ty::Uuid>, _>(people.clone())
    .load(tx.conn)
    .await?;
    let served = serves(tx, actor, new.user_id, (starts_at, ends_at)).await?;
    let known = |user: &UserId| stewards.iter().any(|s| s.id == *user);
    if !known(&new.user_id) || !(all_of_the_city(actor) || served.iter().any(|s| s.in_area)) {
        return Err(STEWARD_NOT_FOUND.problem());
    }
    if served.iter().any(|s| !s.in_area && s.duty != StewardDuty::Deputy) {
        return Err(FORBIDDEN.with("the steward answers for communities outside of your area too"));
    }
    if !people.iter().all(known) {
        return Err(NOT_A_STEWARD.problem());
    }
    let planned = new.plan(&served, (starts_at, ends_at))?;
    let away: Vec<Account> = statement(
        "SELECT user_id AS id FROM steward_leaves WHERE user_id = ANY ($1) AND starts_at < $3 AND ends_at > $2 AND ends_at > starts_at",
    )
    .bind::<ty::Array<ty::Uuid>, _>(people)
    .bind::<ty::Timestamptz, _>(starts_at)
    .bind::<ty::Timestamptz, _>(ends_at)
    .load(tx.conn)
    .await?;
    if away.iter().any(|a| a.id == new.user_id) {
        return Err(LEAVE_OVERLAPS.problem());
    }
    if !away.is_empty() {
        return Err(COVER_ON_LEAVE.problem());
    }
    statement(
        "INSERT INTO steward_leaves (id, user_id, starts_at, ends_at, planned_ends_at, reason, recorded_by, created_at) \
         VALUES ($1, $2, $3, $4, $4, $5, $6, $7)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(new.user_id)
    .bind::<ty::Timestamptz, _>(starts_at)
    .bind::<ty::Timestamptz, _>(ends_at)
    .bind::<ty::Text, _>(new.reason.clone())
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    stand_in(tx, actor, id, &new.reason, &planned).await?;
    tx.audit(
        tx.entry("leaves.record", "leave", Some(id.0))
            .detail(json!({ "user_id": new.user_id, "starts_at": starts_at, "ends_at": ends_at,
                            "covers": planned.iter().map(|c| (c.community_id, c.user_id)).collect::<Vec<_>>() })),
    );
    get(tx, actor, id).await
}

/// What a steward serves within a time; their communities are held until the transaction ends.
async fn serves(
    tx: &mut Tx<'_>,
    actor: &Actor,
    user: UserId,
    (starts_at, ends_at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Served>, Problem> {
    let now = tx.now;
    Ok(statement(concat!(
        area!(),
        "SELECT a.id, a.community_id, a.duty, a.starts_at, a.ends_at, a.community_id IN (SELECT id FROM area) AS in_area \
         FROM steward_assignments a JOIN communities c ON c.id = a.community_id WHERE a.user_id = $4 AND a.starts_at < $6 \
         AND (a.ends_at IS NULL OR a.ends_at > $5 AND a.ends_at > a.starts_at) ORDER BY c.id, a.id FOR NO KEY UPDATE OF c"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Bool, _>(all_of_the_city(actor))
    .bind::<ty::Uuid, _>(user)
    .bind::<ty::Timestamptz, _>(starts_at)
    .bind::<ty::Timestamptz, _>(ends_at)
    .load(tx.conn)
    .await?)
}

async fn stand_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    leave: LeaveId,
    reason: &str,
    covers: &[PlannedCover],
) -> Result<(), Problem> {
    let now = tx.now;
    let ids: Vec<Uuid> = covers.iter().map(|_| tx.new_id()).collect();
    statement(
        "INSERT INTO steward_assignments (id, community_id, user_id, duty, starts_at, ends_at, reason, assigned_by, leave_id, stands_for, created_at) \
         SELECT c.id, c.community_id, c.user_id, 'cover', c.starts_at, c.ends_at, $7, $8, $9, c.stands_for, $10 \
         FROM unnest($1, $2, $3, $4, $5, $6) AS c (id, community_id, user_id, starts_at, ends_at, stands_for)",
    )
    .bind::<ty::Array<ty::Uuid>, _>(ids)
    .bind::<ty::Array<ty::Uuid>, _>(covers.iter().map(|c| c.community_id).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Uuid>, _>(covers.iter().map(|c| c.user_id).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Timestamptz>, _>(covers.iter().map(|c| c.starts_at).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Timestamptz>, _>(covers.iter().map(|c| c.ends_at).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Uuid>, _>(covers.iter().map(|c| c.stands_for).collect::<Vec<_>>())
    .bind::<ty::Text, _>(reason)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Uuid, _>(leave)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Shortens a leave or calls it off; its covers end with it.
///
/// # Errors
/// 404 when it is not in the actor's area, 403 when a community that is covered lies outside of it, 409 when it is over, 422 for an
/// end that would rewrite what was or lengthen it.
pub async fn end(tx: &mut Tx<'_>, actor: &Actor, id: LeaveId, end: EndLeave) -> Result<Leave, Problem> {
    let now = tx.now;
    let before: Option<LeaveHead> = statement(concat!(
        area!(),
        "SELECT ",
        columns!("true"),
        " FROM steward_leaves l JOIN users u ON u.id = l.user_id WHERE l.id = $4 AND ($3 OR ",
        of_the_area!(),
        ") FOR UPDATE OF l"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Bool, _>(all_of_the_city(actor))
    .bind::<ty::Uuid, _>(id)
    .load(tx.conn)
    .await?
    .pop();
    let before = before.ok_or_else(|| LEAVE_NOT_FOUND.problem())?;
    let communities = covered(tx, actor, id).await?;
    let ends_at = before.end(end.ends_at, now)?;
    statement("UPDATE steward_leaves SET ends_at = $2, end_reason = $3, ended_by = $4 WHERE id = $1")
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Timestamptz, _>(ends_at)
        .bind::<ty::Text, _>(end.reason)
        .bind::<ty::Uuid, _>(actor.id)
        .execute(tx.conn)
        .await?;
    settle_covers(tx, communities).await?;
    tx.audit(
        tx.entry("leaves.end", "leave", Some(id.0))
            .detail(json!({ "user_id": before.user_id, "ends_at": [before.ends_at, ends_at] })),
    );
    get(tx, actor, id).await
}

#[derive(QueryableByName)]
struct Covered {
    #[diesel(sql_type = ty::Uuid)]
    id: CommunityId,
    #[diesel(sql_type = ty::Bool)]
    in_area: bool,
}

/// The communities that a leave's covers serve, held until the transaction ends.
async fn covered(tx: &mut Tx<'_>, actor: &Actor, leave: LeaveId) -> Result<Vec<CommunityId>, Problem> {
    let now = tx.now;
    let communities: Vec<Covered> = statement(concat!(
        area!(),
        "SELECT c.id, c.id IN (SELECT id FROM area) AS in_area FROM communities c \
         WHERE c.id IN (SELECT a.community_id FROM steward_assignments a WHERE a.leave_id = $4) ORDER BY c.id FOR NO KEY UPDATE OF c"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Bool, _>(all_of_the_city(actor))
    .bind::<ty::Uuid, _>(leave)
    .load(tx.conn)
    .await?;
    if communities.iter().any(|c| !c.in_area) {
        return Err(FORBIDDEN.with("communities outside of your area are covered too"));
    }
    Ok(communities.into_iter().map(|c| c.id).collect())
}

/// Ends every cover of these communities with what it stands for, or with its leave, whichever is first; also the cover of one
/// who covers. What is over stays as it is.
///
/// # Errors
/// What the database said.
pub(super) async fn settle_covers(tx: &mut Tx<'_>, communities: Vec<CommunityId>) -> Result<(), Problem> {
    let now = tx.now;
    let settled: Vec<Settled> = statement(
        "WITH RECURSIVE standing AS (SELECT a.id, coalesce(a.ends_at, 'infinity') AS ends_at FROM steward_assignments a \
           WHERE a.community_id = ANY ($1) AND a.duty <> 'cover' \
         UNION ALL SELECT c.id, greatest(c.starts_at, least(c.ends_at, l.ends_at, s.ends_at)) FROM standing s \
           JOIN steward_assignments c ON c.stands_for = s.id JOIN steward_leaves l ON l.id = c.leave_id) \
         UPDATE steward_assignments c SET ends_at = s.ends_at FROM standing s \
         WHERE c.id = s.id AND c.duty = 'cover' AND c.ends_at > s.ends_at AND c.ends_at > $2 RETURNING c.id, c.community_id, c.user_id",
    )
    .bind::<ty::Array<ty::Uuid>, _>(communities)
    .bind::<ty::Timestamptz, _>(now)
    .load(tx.conn)
    .await?;
    for cover in settled {
        tx.audit(
            tx.entry("stewards.cover_ends", "assignment", Some(cover.id.0))
                .community(cover.community_id)
                .detail(json!({ "user_id": cover.user_id })),
        );
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Settled {
    #[diesel(sql_type = ty::Uuid)]
    id: AssignmentId,
    #[diesel(sql_type = ty::Uuid)]
    community_id: CommunityId,
    #[diesel(sql_type = ty::Uuid)]
    user_id: UserId,
}
