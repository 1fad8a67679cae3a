//! Statements on communities and divisions.

use super::{
    COMMUNITY_CODE_TAKEN, COMMUNITY_NOT_FOUND, DIVISION_UNKNOWN,
    edition::parse_edition,
    model::{Community, CommunityPatch, NewCommunity},
    policy::InScope,
};
use crate::{
    db::statement,
    error::{Problem, on_constraint},
    http::{IfMatch, Page, PageQuery},
    ids::CommunityId,
    schema::{communities, divisions},
    tx::{Actor, Tx},
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use sha2::{Digest, Sha256};

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

/// Imports a yearly list of divisions: new codes are added, names follow the list, codes that it no longer has are revoked.
/// The same list again changes nothing. Says how many rows it has.
///
/// # Errors
/// 422 with the line that is wrong.
pub async fn import_edition(tx: &mut Tx<'_>, edition: i16, csv: &str) -> Result<usize, Problem> {
    let rows = parse_edition(csv).map_err(|e| crate::error::INVALID.with(e.to_string()))?;
    let (now, sha256) = (tx.now, Sha256::digest(csv.as_bytes()).to_vec());
    let fresh = statement(
        "INSERT INTO division_editions (edition, sha256, row_count, imported_at) VALUES ($1, $2, $3, $4) ON CONFLICT (edition) DO NOTHING",
    )
    .bind::<ty::SmallInt, _>(edition)
    .bind::<ty::Binary, _>(sha256)
    .bind::<ty::Integer, _>(i32::try_from(rows.len()).unwrap_or(i32::MAX))
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    if fresh == 0 {
        return Ok(rows.len());
    }
    let codes: Vec<String> = rows.iter().map(|r| r.code.as_str().to_owned()).collect();
    statement(
        "INSERT INTO divisions (code, name, level, kind, since_edition) \
         SELECT u.code, u.name, u.level::division_level, u.kind::division_kind, $5 FROM unnest($1, $2, $3, $4) AS u (code, name, level, kind) \
         ON CONFLICT (code) DO UPDATE SET name = excluded.name, kind = excluded.kind, revoked_edition = NULL",
    )
    .bind::<ty::Array<ty::Text>, _>(codes.clone())
    .bind::<ty::Array<ty::Text>, _>(rows.iter().map(|r| r.name.clone()).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Text>, _>(rows.iter().map(|r| r.level.as_str().to_owned()).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Text>, _>(rows.iter().map(|r| r.kind.as_str().to_owned()).collect::<Vec<_>>())
    .bind::<ty::SmallInt, _>(edition)
    .execute(tx.conn)
    .await?;
    statement(
        "INSERT INTO division_names (code, edition, name, kind) SELECT d.code, $2, d.name, d.kind FROM divisions d WHERE d.code = ANY ($1) \
         AND NOT EXISTS (SELECT 1 FROM division_names n WHERE n.code = d.code AND n.name = d.name AND n.kind = d.kind)",
    )
    .bind::<ty::Array<ty::Text>, _>(codes.clone())
    .bind::<ty::SmallInt, _>(edition)
    .execute(tx.conn)
    .await?;
    statement("UPDATE divisions SET revoked_edition = $2 WHERE revoked_edition IS NULL AND code <> ALL ($1)")
        .bind::<ty::Array<ty::Text>, _>(codes)
        .bind::<ty::SmallInt, _>(edition)
        .execute(tx.conn)
        .await?;
    tx.audit(
        tx.entry("divisions.import", "division_edition", None)
            .detail(json!({ "edition": edition, "rows": rows.len() })),
    );
    Ok(rows.len())
}
