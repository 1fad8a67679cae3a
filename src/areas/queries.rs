//! Statements on communities and divisions.

use super::{
    COMMUNITY_CODE_TAKEN, COMMUNITY_NOT_FOUND, DIVISION_UNKNOWN,
    model::{Community, CommunityPatch, NewCommunity},
    policy::InScope,
};
use crate::{
    error::{Problem, on_constraint},
    http::{IfMatch, Page, PageQuery},
    ids::CommunityId,
    schema::{communities, divisions},
    tx::{Actor, Tx},
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;

/// The communities in the actor's scope, by code.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    division: Option<&str>,
    page: &PageQuery,
) -> Result<Page<Community>, Problem> {
    let mut query = communities::table
        .filter(InScope::register(actor, now))
        .select(Community::as_select())
        .order(communities::code)
        .limit(page.fetch())
        .into_boxed();
    if let Some(prefix) = division {
        query = query.filter(communities::division_code.like(format!("{prefix}%")));
    }
    if let Some(after) = page.after::<String>()? {
        query = query.filter(communities::code.gt(after));
    }
    Ok(Page::cut(query.load(conn).await?, page, |c| c.code.clone()))
}

/// One community in the actor's scope.
///
/// # Errors
/// 404 when there is none.
pub async fn get(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: CommunityId,
) -> Result<Community, Problem> {
    communities::table
        .filter(communities::id.eq(id))
        .filter(InScope::register(actor, now))
        .select(Community::as_select())
        .first(conn)
        .await
        .optional()?
        .ok_or_else(|| COMMUNITY_NOT_FOUND.problem())
}

/// Enters a community.
///
/// # Errors
/// 409 when the code is taken, 422 when its division is in no list or revoked.
pub async fn create(tx: &mut Tx<'_>, new: NewCommunity) -> Result<Community, Problem> {
    let community = Community {
        id: CommunityId(tx.new_id()),
        division_code: new.code[..12].to_owned(),
        code: new.code,
        name: new.name,
        address: new.address,
        latitude: new.position.map(|p| p.latitude),
        longitude: new.position.map(|p| p.longitude),
        active_from: new.active_from,
        active_to: None,
        version: 1,
        created_at: tx.now,
    };
    let known = diesel::dsl::exists(
        divisions::table
            .filter(divisions::code.eq(&community.division_code))
            .filter(divisions::revoked_edition.is_null()),
    );
    if !diesel::select(known).get_result::<bool>(tx.conn).await? {
        return Err(DIVISION_UNKNOWN
            .problem()
            .and_field("code", "its first 12 digits are not a current division"));
    }
    diesel::insert_into(communities::table)
        .values(&community)
        .execute(tx.conn)
        .await
        .map_err(|e| on_constraint(e, "communities_code_key", || COMMUNITY_CODE_TAKEN.problem()))?;
    tx.audit(
        tx.entry("communities.create", "community", Some(community.id.0))
            .community(community.id),
    );
    Ok(community)
}

/// Changes a community.
///
/// # Errors
/// 404 when there is none in scope, 412 when it has changed since.
pub async fn change(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: CommunityId,
    seen: IfMatch,
    patch: CommunityPatch,
) -> Result<Community, Problem> {
    let before = get(tx.conn, actor, tx.now, id).await?;
    seen.check(before.version)?;
    let CommunityPatch {
        name,
        address,
        position,
        active_to,
    } = patch;
    let changed = diesel::update(
        communities::table
            .filter(communities::id.eq(id))
            .filter(communities::version.eq(seen.0)),
    )
    .set((
        communities::name.eq(name.unwrap_or(before.name)),
        communities::address.eq(address.unwrap_or(before.address)),
        communities::latitude.eq(position.map_or(before.latitude, |p| Some(p.latitude))),
        communities::longitude.eq(position.map_or(before.longitude, |p| Some(p.longitude))),
        communities::active_to.eq(active_to.unwrap_or(before.active_to)),
        communities::version.eq(seen.0 + 1),
    ))
    .returning(Community::as_returning())
    .get_result(tx.conn)
    .await
    .optional()
    .map_err(|e| {
        on_constraint(e, "communities_active_order", || {
            Problem::field("active_to", "lies before active_from")
        })
    })?
    .ok_or_else(|| crate::error::STALE.problem())?;
    tx.audit(
        tx.entry("communities.change", "community", Some(id.0))
            .community(id)
            .detail(json!({ "version": changed.version })),
    );
    Ok(changed)
}
