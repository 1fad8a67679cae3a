//! Statements on communities and divisions.

use super::{
    COMMUNITY_CODE_TAKEN, COMMUNITY_NOT_FOUND, DIVISION_UNKNOWN, EDITION_DIFFERS, EDITION_OLDER,
    division_code::Level,
    edition::{DivisionRow, parse_edition},
    model::{Community, CommunityPatch, Division, EditionImport, NewCommunity},
    policy::InScope,
};
use crate::{
    db::statement,
    error::{Problem, on_constraint},
    http::{IfMatch, Page, PageQuery},
    ids::CommunityId,
    schema::{communities, divisions, sql_types},
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

/// The divisions of a prefix and level, by code; revoked ones only when they are asked for.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn divisions(
    conn: &mut AsyncPgConnection,
    prefix: Option<&str>,
    level: Option<Level>,
    with_revoked: bool,
    page: &PageQuery,
) -> Result<Page<Division>, Problem> {
    // A range instead of LIKE: the primary key's index serves it, and it gives the order.
    let prefix = prefix.unwrap_or_default();
    let rows: Vec<Division> = statement(
        "SELECT code, name, level, kind, since_edition, revoked_edition FROM divisions WHERE code >= $1 AND code <= $2 AND code > $3 \
         AND ($4 IS NULL OR level = $4) AND ($5 OR revoked_edition IS NULL) ORDER BY code LIMIT $6",
    )
    .bind::<ty::Text, _>(prefix)
    .bind::<ty::Text, _>(format!("{prefix:9<12}"))
    .bind::<ty::Text, _>(page.after::<String>()?.unwrap_or_default())
    .bind::<ty::Nullable<sql_types::DivisionLevel>, _>(level)
    .bind::<ty::Bool, _>(with_revoked)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(Page::cut(rows, page, |d| d.code.clone()))
}

#[derive(QueryableByName)]
struct Imported {
    #[diesel(sql_type = ty::SmallInt)]
    edition: i16,
    #[diesel(sql_type = ty::Binary)]
    sha256: Vec<u8>,
}

#[derive(QueryableByName)]
struct Effect {
    #[diesel(sql_type = ty::BigInt)]
    added: i64,
    #[diesel(sql_type = ty::BigInt)]
    renamed: i64,
}

/// Imports a yearly list of divisions: new codes are added, names follow the list, codes that it no longer has are revoked.
/// The same list again changes nothing. Says what it has changed, and which communities lie in revoked divisions.
///
/// # Errors
/// 422 with the line that is wrong; 409 when a newer list has been imported, or this one with other content.
pub async fn import_edition(tx: &mut Tx<'_>, edition: i16, csv: &str) -> Result<EditionImport, Problem> {
    let rows = parse_edition(csv).map_err(|e| Problem::field("csv", format!("{}: {e}", e.code())))?;
    let (now, sha256) = (tx.now, Sha256::digest(csv.as_bytes()).to_vec());
    let mut import = EditionImport {
        edition,
        rows: rows.len(),
        ..EditionImport::default()
    };
    // One import at a time; whoever reads divisions, or enters a community in one, is not held up.
    statement("LOCK TABLE division_editions IN SHARE ROW EXCLUSIVE MODE")
        .execute(tx.conn)
        .await?;
    let newest: Option<Imported> = statement(
        "SELECT edition, sha256 FROM division_editions WHERE edition >= $1 ORDER BY edition DESC LIMIT 1",
    )
    .bind::<ty::SmallInt, _>(edition)
    .load(tx.conn)
    .await?
    .pop();
    match newest {
        Some(there) if there.edition > edition => return Err(EDITION_OLDER.problem()),
        Some(there) if there.sha256 != sha256 => return Err(EDITION_DIFFERS.problem()),
        Some(_) => {}
        None => {
            apply_edition(tx, &mut import, &rows, sha256).await?;
            tx.audit(
                tx.entry("divisions.import", "division_edition", None)
                    .detail(json!({ "edition": edition, "rows": import.rows, "revoked": import.revoked })),
            );
        }
    }
    import.communities_in_revoked = statement(
        "SELECT c.id, c.code, c.name, c.division_code FROM communities c JOIN divisions d ON d.code = c.division_code \
         WHERE d.revoked_edition IS NOT NULL AND (c.active_to IS NULL OR c.active_to > $1) ORDER BY c.code LIMIT 1000",
    )
    .bind::<ty::Date, _>(crate::calendar::local_date(now))
    .load(tx.conn)
    .await?;
    Ok(import)
}

/// Writes an edition that is new, and the newest.
async fn apply_edition(
    tx: &mut Tx<'_>,
    import: &mut EditionImport,
    rows: &[DivisionRow],
    sha256: Vec<u8>,
) -> Result<(), Problem> {
    let (edition, now) = (import.edition, tx.now);
    statement(
        "INSERT INTO division_editions (edition, sha256, row_count, imported_at) VALUES ($1, $2, $3, $4)",
    )
    .bind::<ty::SmallInt, _>(edition)
    .bind::<ty::Binary, _>(sha256)
    .bind::<ty::Integer, _>(i32::try_from(rows.len()).unwrap_or(i32::MAX))
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    let codes: Vec<String> = rows.iter().map(|r| r.code.as_str().to_owned()).collect();
    // The counts are of the table as it was before: one statement sees one state.
    let effect: Effect = statement(
        "WITH listed AS (SELECT u.code, u.name, u.level::division_level AS level, u.kind::division_kind AS kind \
           FROM unnest($1, $2, $3, $4) AS u (code, name, level, kind)), \
         written AS (INSERT INTO divisions (code, name, level, kind, since_edition) SELECT code, name, level, kind, $5 FROM listed \
           ON CONFLICT (code) DO UPDATE SET name = excluded.name, kind = excluded.kind, revoked_edition = NULL) \
         SELECT count(*) FILTER (WHERE d.code IS NULL OR d.revoked_edition IS NOT NULL) AS added, \
         count(*) FILTER (WHERE d.name <> l.name OR d.kind <> l.kind) AS renamed FROM listed l LEFT JOIN divisions d ON d.code = l.code",
    )
    .bind::<ty::Array<ty::Text>, _>(codes.clone())
    .bind::<ty::Array<ty::Text>, _>(rows.iter().map(|r| r.name.clone()).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Text>, _>(rows.iter().map(|r| r.level.as_str().to_owned()).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Text>, _>(rows.iter().map(|r| r.kind.as_str().to_owned()).collect::<Vec<_>>())
    .bind::<ty::SmallInt, _>(edition)
    .get_result(tx.conn)
    .await?;
    // What an edition calls a division is kept where it differs from what the latest before it said.
    statement(
        "INSERT INTO division_names (code, edition, name, kind) SELECT d.code, $2, d.name, d.kind FROM divisions d \
         LEFT JOIN LATERAL (SELECT n.name, n.kind FROM division_names n WHERE n.code = d.code ORDER BY n.edition DESC LIMIT 1) p ON true \
         WHERE d.code = ANY ($1) AND (p.name, p.kind) IS DISTINCT FROM (d.name, d.kind)",
    )
    .bind::<ty::Array<ty::Text>, _>(codes.clone())
    .bind::<ty::SmallInt, _>(edition)
    .execute(tx.conn)
    .await?;
    let revoked = statement(
        "UPDATE divisions SET revoked_edition = $2 WHERE revoked_edition IS NULL AND code <> ALL ($1)",
    )
    .bind::<ty::Array<ty::Text>, _>(codes)
    .bind::<ty::SmallInt, _>(edition)
    .execute(tx.conn)
    .await?;
    import.added = usize::try_from(effect.added).unwrap_or_default();
    import.renamed = usize::try_from(effect.renamed).unwrap_or_default();
    import.revoked = revoked;
    Ok(())
}
