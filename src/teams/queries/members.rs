//! Statements on the people of a team.

use crate::{
    areas::COMMUNITY_NOT_FOUND,
    communities_in_scope,
    db::statement,
    elders::phone::Phone,
    error::{Problem, on_constraint},
    ids::{CommunityId, MemberId},
    schema::sql_types,
    teams::{
        MEMBER_ENDED, MEMBER_NOT_FOUND, TEAM_FULL,
        model::{EndMember, Member, NewMember, Team, TeamSteward},
    },
    tx::{Actor, Stamp, Tx},
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;

/// The context of a sealed phone.
const PHONE: &str = "team_members.phone";

/// The most members of a team.
const MOST: i64 = 200;

/// A member's columns, of `m`.
macro_rules! columns {
    () => {
        "m.id, m.community_id, m.role, m.name, m.phone_masked, m.user_id, m.starts_on, m.ends_on, m.end_reason"
    };
}

/// The team of a community in the actor's scope. Whether it is in scope has been looked at.
///
/// # Errors
/// What the database said.
pub async fn team(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    community_id: CommunityId,
) -> Result<Team, Problem> {
    let stewards: Vec<TeamSteward> = statement(
        "SELECT u.id AS user_id, u.display_name, min(a.duty) AS duty, \
         (SELECT max(l.ends_at) FROM steward_leaves l WHERE l.user_id = u.id AND l.starts_at <= $2 AND l.ends_at > $2) AS on_leave_until \
         FROM steward_assignments a JOIN users u ON u.id = a.user_id AND u.disabled_at IS NULL \
         WHERE a.community_id = $1 AND a.starts_at <= $2 AND (a.ends_at IS NULL OR a.ends_at > $2) \
         GROUP BY u.id ORDER BY on_leave_until NULLS FIRST, duty, min(a.starts_at), u.id LIMIT 100",
    )
    .bind::<ty::Uuid, _>(community_id)
    .bind::<ty::Timestamptz, _>(now)
    .load(conn)
    .await?;
    let members: Vec<Member> = statement(concat!(
        "SELECT ",
        columns!(),
        " FROM team_members m WHERE m.community_id = $1 AND m.starts_on <= $2 AND (m.ends_on IS NULL OR m.ends_on > $2) \
         ORDER BY m.role, m.name, m.id LIMIT $3"
    ))
    .bind::<ty::Uuid, _>(community_id)
    .bind::<ty::Date, _>(crate::calendar::local_date(now))
    .bind::<ty::BigInt, _>(MOST)
    .load(conn)
    .await?;
    Ok(Team {
        community_id,
        stewards,
        members,
    })
}

#[derive(QueryableByName)]
struct Room {
    #[diesel(sql_type = ty::BigInt)]
    members: i64,
}

/// Adds somebody to the team of a community.
///
/// # Errors
/// 404 when the community is not in the actor's scope, 409 when the team is full, 422 for a phone, days or an account that are none.
pub async fn add(
    tx: &mut Tx<'_>,
    actor: &Actor,
    community: CommunityId,
    new: NewMember,
) -> Result<Member, Problem> {
    let (id, now, today) = (MemberId(tx.new_id()), tx.now, tx.today());
    let (starts_on, ends_on) = new.days(today)?;
    let phone = Phone::parse(&new.phone).map_err(|e| Problem::field("phone", e.to_string()))?;
    let sealed = tx.seal(PHONE, phone.as_str())?;
    // The community is held: of two who add the last member, one waits and then sees it.
    let room: Option<Room> = statement(concat!(
        "SELECT (SELECT count(*) FROM team_members m WHERE m.community_id = c.id AND (m.ends_on IS NULL OR m.ends_on > $4)) AS members \
         FROM communities c WHERE c.id = $3 AND c.id IN (",
        communities_in_scope!(),
        ") FOR NO KEY UPDATE OF c"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(community)
    .bind::<ty::Date, _>(today)
    .load(tx.conn)
    .await?
    .pop();
    let room = room.ok_or_else(|| COMMUNITY_NOT_FOUND.problem())?;
    if room.members >= MOST {
        return Err(TEAM_FULL.problem());
    }
    let member: Member = statement(concat!(
        "INSERT INTO team_members AS m (id, community_id, role, name, phone_sealed, phone_masked, user_id, starts_on, ends_on, recorded_by, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING ",
        columns!()
    ))
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(community)
    .bind::<sql_types::TeamRole, _>(new.role)
    .bind::<ty::Text, _>(new.name)
    .bind::<ty::Text, _>(sealed)
    .bind::<ty::Text, _>(phone.masked())
    .bind::<ty::Nullable<ty::Uuid>, _>(new.user_id)
    .bind::<ty::Date, _>(starts_on)
    .bind::<ty::Nullable<ty::Date>, _>(ends_on)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .get_result(tx.conn)
    .await
    .map_err(|e| {
        on_constraint(e, "team_members_user_id_fkey", || {
            Problem::field("user_id", "there is no such account")
        })
    })?;
    tx.audit(
        tx.entry("team_members.add", "team_member", Some(id.0))
            .community(community)
            .detail(json!({ "role": new.role })),
    );
    Ok(member)
}

/// Ends a membership, on a day that is not past.
///
/// # Errors
/// 404 when there is none in the actor's scope, 409 when it has ended, 422 for a day that is past or after the end it has.
pub async fn end(tx: &mut Tx<'_>, actor: &Actor, id: MemberId, end: EndMember) -> Result<Member, Problem> {
    let (now, today) = (tx.now, tx.today());
    let before: Option<Member> = statement(concat!(
        "SELECT ",
        columns!(),
        " FROM team_members m WHERE m.id = $3 AND m.community_id IN (",
        communities_in_scope!(),
        ") FOR UPDATE OF m"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(id)
    .load(tx.conn)
    .await?
    .pop();
    let before = before.ok_or_else(|| MEMBER_NOT_FOUND.problem())?;
    if before
        .ends_on
        .is_some_and(|day| day <= today || day == before.starts_on)
    {
        return Err(MEMBER_ENDED.problem());
    }
    let soonest = today.max(before.starts_on);
    let ends_on = end.ends_on.unwrap_or(soonest);
    if ends_on < soonest || before.ends_on.is_some_and(|day| day < ends_on) {
        return Err(Problem::field("ends_on", "is past, or after the end it has"));
    }
    let member: Member = statement(concat!(
        "UPDATE team_members m SET ends_on = $2, end_reason = $3, ended_by = $4 WHERE m.id = $1 RETURNING ",
        columns!()
    ))
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Date, _>(ends_on)
    .bind::<ty::Text, _>(end.reason)
    .bind::<ty::Uuid, _>(actor.id)
    .get_result(tx.conn)
    .await?;
    tx.audit(
        tx.entry("team_members.end", "team_member", Some(id.0))
            .community(before.community_id),
    );
    Ok(member)
}

#[derive(QueryableByName)]
struct Sealed {
    #[diesel(sql_type = ty::Uuid)]
    community_id: CommunityId,
    #[diesel(sql_type = ty::Text)]
    phone_sealed: String,
}

/// The phone of a member in the actor's scope, opened.
///
/// # Errors
/// 404 when there is none.
pub async fn phone(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    id: MemberId,
) -> Result<(CommunityId, String), Problem> {
    let found: Option<Sealed> = statement(concat!(
        "SELECT m.community_id, m.phone_sealed FROM team_members m WHERE m.id = $3 AND m.community_id IN (",
        communities_in_scope!(),
        ")"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(stamp.now)
    .bind::<ty::Uuid, _>(id)
    .load(conn)
    .await?
    .pop();
    let found = found.ok_or_else(|| MEMBER_NOT_FOUND.problem())?;
    Ok((found.community_id, stamp.open(PHONE, &found.phone_sealed)?))
}
