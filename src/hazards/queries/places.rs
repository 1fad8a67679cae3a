//! Open hazards counted by building and by compound.

use crate::{
    communities_in_scope,
    db::statement,
    error::Problem,
    hazards::model::{BuildingHazards, HazardMap, HazardPlace},
    http::{Page, PageQuery},
    ids::CommunityId,
    tx::Actor,
};
use chrono::{DateTime, Utc};
use diesel::sql_types as ty;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

/// Compounds on one map at most; a city has about a thousand.
const MOST_PLACES: i64 = 5_000;

/// The columns of [`HazardCounts`](crate::hazards::model::HazardCounts) over hazards `z`; `$2` is the instant.
macro_rules! counts {
    () => {
        "count(*) AS count, count(*) FILTER (WHERE z.kind = 'gas') AS gas, count(*) FILTER (WHERE z.kind = 'electric') AS electric, \
         count(*) FILTER (WHERE z.kind = 'fire') AS fire, count(*) FILTER (WHERE z.kind = 'water') AS water, \
         count(*) FILTER (WHERE z.kind = 'dwelling') AS dwelling, count(*) FILTER (WHERE z.severity = 'advice') AS advice, \
         count(*) FILTER (WHERE z.severity = 'general') AS general, count(*) FILTER (WHERE z.severity = 'major') AS major, \
         count(*) FILTER (WHERE z.due_at <= $2) AS overdue, min(z.due_at) AS oldest_due_at"
    };
}

/// The buildings of a community in the actor's scope with their open hazards, by name.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn by_building(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    community: CommunityId,
    page: &PageQuery,
) -> Result<Page<BuildingHazards>, Problem> {
    let found: Vec<BuildingHazards> = statement(concat!(
        "SELECT z.community_id, h.building, ",
        counts!(),
        " FROM hazards z JOIN households h ON h.id = z.household_id WHERE z.status = 'open' AND z.community_id = $3 AND z.community_id IN (",
        communities_in_scope!(),
        ") AND h.building > $4 GROUP BY z.community_id, h.building ORDER BY h.building LIMIT $5",
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(community)
    .bind::<ty::Text, _>(page.after::<String>()?.unwrap_or_default())
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(Page::cut(found, page, |b| b.building.clone()))
}

/// The compounds in the actor's scope with their open hazards, those with the most major ones first; 5,000 at most.
///
/// # Errors
/// What the database said.
pub async fn map(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<HazardMap, Problem> {
    let places: Vec<HazardPlace> = statement(concat!(
        "SELECT c.id AS community_id, c.latitude, c.longitude, ",
        counts!(),
        " FROM hazards z JOIN communities c ON c.id = z.community_id WHERE z.status = 'open' AND z.community_id IN (",
        communities_in_scope!(),
        ") GROUP BY c.id ORDER BY major DESC, count DESC, c.id LIMIT $3",
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::BigInt, _>(MOST_PLACES)
    .load(conn)
    .await?;
    Ok(HazardMap::of(places))
}
