//! Statements on who serves which community.

use super::{all_of_the_city, leaves::settle_covers};
use crate::{
    areas::COMMUNITY_NOT_FOUND,
    communities_in_scope,
    db::statement,
    error::{Problem, on_constraint},
    http::{Page, PageQuery},
    ids::{AssignmentId, CommunityId, UserId},
    schema::sql_types,
    staff::{
        ALREADY_SERVES, ASSIGNMENT_NOT_FOUND, NO_PRIMARY, NOT_A_STEWARD, PRIMARY_TAKEN, STEWARD_ON_LEAVE,
        model::{
            AHEAD, Assignment, EndAssignment, HandOver, NewAssignment, Serving, StewardDuty, StewardLine,
        },
    },
    tx::{Actor, Tx},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

/// An assignment's columns, of `a` with its steward `u`.
macro_rules! columns {
    () => {
        "a.id, a.community_id, a.user_id, u.display_name, a.duty, a.starts_at, a.ends_at, a.reason, a.assigned_by, a.end_reason, a.ended_by"
    };
}

#[derive(QueryableByName)]
struct StewardRow {
    #[diesel(sql_type = ty::Uuid)]
    id: UserId,
    #[diesel(sql_type = ty::Text)]
    username: String,
    #[diesel(sql_type = ty::Text)]
    display_name: String,
    #[diesel(sql_type = ty::Bool)]
    disabled: bool,
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    on_leave_until: Option<DateTime<Utc>>,
}

/// The stewards who serve a community of the actor's area now, by user name; and, so that they can be assigned, those who serve
/// nobody now and have served the area before or nobody ever.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn stewards(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    page: &PageQuery,
) -> Result<Page<StewardLine>, Problem> {
    let rows: Vec<StewardRow> = statement(concat!(
        area!(),
        ", held AS (SELECT user_id, bool_or(starts_at <= $2 AND (ends_at IS NULL OR ends_at > $2)) AS serves, \
         bool_or(community_id IN (SELECT id FROM area) AND starts_at <= $2 AND (ends_at IS NULL OR ends_at > $2)) AS serves_here, \
         bool_or(community_id IN (SELECT id FROM area)) AS served_here FROM steward_assignments GROUP BY user_id) \
         SELECT u.id, u.username, u.display_name, u.disabled_at IS NOT NULL AS disabled, \
         (SELECT max(l.ends_at) FROM steward_leaves l WHERE l.user_id = u.id AND l.starts_at <= $2 AND l.ends_at > $2) AS on_leave_until \
         FROM users u LEFT JOIN held h ON h.user_id = u.id WHERE u.role = 'steward' AND u.username > $4 \
         AND (h.serves_here OR u.disabled_at IS NULL AND (h.user_id IS NULL OR NOT h.serves AND (h.served_here OR $3))) \
         ORDER BY u.username LIMIT $5"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Bool, _>(all_of_the_city(actor))
    .bind::<ty::Text, _>(page.after::<String>()?.unwrap_or_default())
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    let page = Page::cut(rows, page, |r| r.username.clone());
    let ids: Vec<UserId> = page.items.iter().map(|r| r.id).collect();
    let mut serving: Vec<Serving> = statement(concat!(
        area!(),
        "SELECT a.user_id, a.id AS assignment_id, a.community_id, c.name, a.duty, a.starts_at, \
         (SELECT count(*) FROM households h WHERE h.community_id = c.id AND EXISTS (SELECT 1 FROM elders e \
          WHERE e.household_id = h.id AND e.status NOT IN ('merged', 'moved', 'deceased'))) AS households, \
         (SELECT count(*) FROM obligations o WHERE o.community_id = c.id AND o.status = 'owed' AND o.starts_at <= $2) AS owed \
         FROM steward_assignments a JOIN communities c ON c.id = a.community_id WHERE a.user_id = ANY ($4) \
         AND a.starts_at <= $2 AND (a.ends_at IS NULL OR a.ends_at > $2) AND a.community_id IN (SELECT id FROM area) \
         AND NOT EXISTS (SELECT 1 FROM steward_assignments b WHERE b.user_id = a.user_id AND b.community_id = a.community_id \
         AND b.starts_at <= $2 AND (b.ends_at IS NULL OR b.ends_at > $2) AND (b.duty, b.id) < (a.duty, a.id)) ORDER BY c.code, a.id"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Bool, _>(all_of_the_city(actor))
    .bind::<ty::Array<ty::Uuid>, _>(ids)
    .load(conn)
    .await?;
    Ok(page.map(|row| {
        let (communities, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut serving)
            .into_iter()
            .partition(|s| s.user_id == row.id);
        serving = rest;
        StewardLine {
            id: row.id,
            username: row.username,
            display_name: row.display_name,
            disabled: row.disabled,
            on_leave_until: row.on_leave_until,
            households: communities.iter().map(|c| c.households).sum(),
            owed: communities.iter().map(|c| c.owed).sum(),
            communities,
        }
    }))
}

/// Who has served a community and who will, the latest first.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn history(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    community: CommunityId,
    page: &PageQuery,
) -> Result<Page<Assignment>, Problem> {
    // Nothing is planned further ahead.
    let end_of_time = (now + AHEAD + Duration::days(1), Uuid::max());
    let (starts_at, id) = page.after()?.unwrap_or(end_of_time);
    let found: Vec<Assignment> = statement(concat!(
        "SELECT ",
        columns!(),
        " FROM steward_assignments a JOIN users u ON u.id = a.user_id WHERE a.community_id = $1 AND (a.starts_at, a.id) < ($2, $3) \
         ORDER BY a.starts_at DESC, a.id DESC LIMIT $4"
    ))
    .bind::<ty::Uuid, _>(community)
    .bind::<ty::Timestamptz, _>(starts_at)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(Page::cut(found, page, |a| (a.starts_at, a.id.0)))
}

async fn get(conn: &mut AsyncPgConnection, id: AssignmentId) -> Result<Assignment, Problem> {
    Ok(statement(concat!(
        "SELECT ",
        columns!(),
        " FROM steward_assignments a JOIN users u ON u.id = a.user_id WHERE a.id = $1"
    ))
    .bind::<ty::Uuid, _>(id)
    .get_result(conn)
    .await?)
}

/// Takes the community for this transaction: whoever else assigns in it waits. Records that point at it do not.
async fn hold(tx: &mut Tx<'_>, actor: &Actor, community: CommunityId) -> Result<(), Problem> {
    let now = tx.now;
    let held = statement(concat!(
        "SELECT 1 FROM communities c WHERE c.id = $4 AND ($3 OR c.id IN (",
        communities_in_scope!(),
        ")) FOR NO KEY UPDATE OF c"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Bool, _>(all_of_the_city(actor))
    .bind::<ty::Uuid, _>(community)
    .execute(tx.conn)
    .await?;
    if held == 0 {
        return Err(COMMUNITY_NOT_FOUND.problem());
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Standing {
    /// The account is one of a steward who can serve.
    #[diesel(sql_type = ty::Bool)]
    steward: bool,
    /// Somebody is the primary steward at or after the instant.
    #[diesel(sql_type = ty::Bool)]
    primary: bool,
    /// The steward serves at or after the instant, and not only in somebody's stead.
    #[diesel(sql_type = ty::Bool)]
    serves: bool,
    /// The steward is away at the instant.
    #[diesel(sql_type = ty::Bool)]
    on_leave: bool,
}

/// What stands in the way of an assignment without end from `from`. With `but_present`, leaves out what a hand-over ends: the
/// present primary steward, unless that is the same person, and the person's own present deputyship.
async fn standing(
    tx: &mut Tx<'_>,
    community: CommunityId,
    user: UserId,
    from: DateTime<Utc>,
    but_present: bool,
) -> Result<Standing, Problem> {
    Ok(statement(
        "WITH other AS (SELECT user_id, duty, starts_at <= $3 AS present FROM steward_assignments \
         WHERE community_id = $1 AND (ends_at IS NULL OR ends_at > $3 AND ends_at > starts_at)) \
         SELECT EXISTS (SELECT 1 FROM users WHERE id = $2 AND role = 'steward' AND disabled_at IS NULL) AS steward, \
         EXISTS (SELECT 1 FROM other WHERE duty = 'primary' AND NOT ($4 AND present)) AS \"primary\", \
         EXISTS (SELECT 1 FROM other WHERE user_id = $2 AND duty <> 'cover' AND NOT ($4 AND present AND duty = 'deputy')) AS serves, \
         EXISTS (SELECT 1 FROM steward_leaves WHERE user_id = $2 AND starts_at <= $3 AND ends_at > $3) AS on_leave",
    )
    .bind::<ty::Uuid, _>(community)
    .bind::<ty::Uuid, _>(user)
    .bind::<ty::Timestamptz, _>(from)
    .bind::<ty::Bool, _>(but_present)
    .get_result(tx.conn)
    .await?)
}

/// What the two indexes say that stand behind the checks.
fn taken(error: diesel::result::Error) -> Problem {
    if crate::error::violates(&error, "steward_assignments_once") {
        ALREADY_SERVES.problem()
    } else {
        on_constraint(error, "steward_assignments_one_primary", || {
            PRIMARY_TAKEN.problem()
        })
    }
}

/// Puts a steward in charge of a community.
///
/// # Errors
/// 404 when the community is not in the actor's area; 422 for who is no steward; 409 when the place is taken, or the steward is
/// away then.
pub async fn assign(
    tx: &mut Tx<'_>,
    actor: &Actor,
    community: CommunityId,
    new: NewAssignment,
) -> Result<Assignment, Problem> {
    let (id, now) = (AssignmentId(tx.new_id()), tx.now);
    let starts_at = new.starts_at(now)?;
    hold(tx, actor, community).await?;
    let standing = standing(tx, community, new.user_id, starts_at, false).await?;
    if !standing.steward {
        return Err(NOT_A_STEWARD.problem());
    }
    if standing.on_leave {
        return Err(STEWARD_ON_LEAVE.problem());
    }
    if standing.serves {
        return Err(ALREADY_SERVES.problem());
    }
    if standing.primary && new.duty == StewardDuty::Primary {
        return Err(PRIMARY_TAKEN.problem());
    }
    statement(
        "INSERT INTO steward_assignments (id, community_id, user_id, duty, starts_at, reason, assigned_by, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(community)
    .bind::<ty::Uuid, _>(new.user_id)
    .bind::<sql_types::StewardDuty, _>(new.duty)
    .bind::<ty::Timestamptz, _>(starts_at)
    .bind::<ty::Text, _>(new.reason)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await
    .map_err(taken)?;
    tx.audit(
        tx.entry("stewards.assign", "assignment", Some(id.0))
            .community(community)
            .detail(json!({ "user_id": new.user_id, "duty": new.duty, "starts_at": starts_at })),
    );
    get(tx.conn, id).await
}

/// Ends an assignment, at an instant that is not past.
///
/// # Errors
/// 404 when it is not in the actor's area, 409 when it has ended or is a cover, 422 for an end that would rewrite what was.
pub async fn end(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: AssignmentId,
    end: EndAssignment,
) -> Result<Assignment, Problem> {
    let now = tx.now;
    let found: Option<Assignment> = statement(concat!(
        area!(),
        "SELECT ",
        columns!(),
        " FROM steward_assignments a JOIN users u ON u.id = a.user_id WHERE a.id = $4 AND a.community_id IN (SELECT id FROM area) \
         FOR UPDATE OF a"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Bool, _>(all_of_the_city(actor))
    .bind::<ty::Uuid, _>(id)
    .load(tx.conn)
    .await?
    .pop();
    let before = found.ok_or_else(|| ASSIGNMENT_NOT_FOUND.problem())?;
    let ends_at = before.end(end.ends_at, now)?;
    statement("UPDATE steward_assignments SET ends_at = $2, end_reason = $3, ended_by = $4 WHERE id = $1")
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Timestamptz, _>(ends_at)
        .bind::<ty::Text, _>(end.reason)
        .bind::<ty::Uuid, _>(actor.id)
        .execute(tx.conn)
        .await?;
    settle_covers(tx, vec![before.community_id]).await?;
    tx.audit(
        tx.entry("stewards.end", "assignment", Some(id.0))
            .community(before.community_id)
            .detail(json!({ "user_id": before.user_id, "duty": before.duty, "ends_at": ends_at })),
    );
    get(tx.conn, id).await
}

/// Ends the present primary steward's assignment and begins another's at the same instant, in one statement: there is no moment
/// without a steward, and what is owed is on the new one's worklist with the commit. A deputy who takes over is deputy no more.
///
/// # Errors
/// 404 when the community is not in the actor's area; 422 for who is no steward; 409 when nobody is there to hand over, or the
/// steward is the primary already or away, or another is planned for later.
pub async fn hand_over(
    tx: &mut Tx<'_>,
    actor: &Actor,
    community: CommunityId,
    hand_over: HandOver,
) -> Result<Assignment, Problem> {
    let (id, now, to) = (AssignmentId(tx.new_id()), tx.now, hand_over.to_user_id);
    hold(tx, actor, community).await?;
    let standing = standing(tx, community, to, now, true).await?;
    if !standing.steward {
        return Err(NOT_A_STEWARD.problem());
    }
    if standing.on_leave {
        return Err(STEWARD_ON_LEAVE.problem());
    }
    if standing.serves {
        return Err(ALREADY_SERVES.problem());
    }
    if standing.primary {
        return Err(PRIMARY_TAKEN.problem());
    }
    // The count reads all of what is ended before the new row is written: the indexes allow one of each.
    let begun = statement(
        "WITH ended AS (UPDATE steward_assignments SET ends_at = $2, end_reason = $5, ended_by = $1 \
         WHERE community_id = $3 AND starts_at <= $2 AND (ends_at IS NULL OR ends_at > $2) AND (duty = 'primary' OR user_id = $4) \
         RETURNING duty) \
         INSERT INTO steward_assignments (id, community_id, user_id, duty, starts_at, reason, assigned_by, created_at) \
         SELECT $6, $3, $4, 'primary', $2, $5, $1, $2 FROM (SELECT count(*) FILTER (WHERE duty = 'primary') AS primaries FROM ended) e \
         WHERE e.primaries > 0",
    )
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(community)
    .bind::<ty::Uuid, _>(to)
    .bind::<ty::Text, _>(hand_over.reason)
    .bind::<ty::Uuid, _>(id)
    .execute(tx.conn)
    .await
    .map_err(taken)?;
    if begun == 0 {
        return Err(NO_PRIMARY.problem());
    }
    settle_covers(tx, vec![community]).await?;
    tx.audit(
        tx.entry("stewards.hand_over", "assignment", Some(id.0))
            .community(community)
            .detail(json!({ "user_id": to })),
    );
    get(tx.conn, id).await
}
