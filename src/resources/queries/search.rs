//! Finding organisations.

use crate::{
    db::statement,
    error::Problem,
    http::{Page, PageQuery},
    ids::{CommunityId, ItemId, OrganisationId},
    resources::model::{FoundResource, ResourceKind, ResourceTier, local_minute},
    schema::sql_types as native,
    tx::Actor,
};
use chrono::{DateTime, Utc};
use diesel::sql_types as ty;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// What a list of organisations is narrowed to.
#[derive(Debug, Default)]
pub struct Narrow {
    /// Part of the name.
    pub q: Option<String>,
    /// One tier.
    pub tier: Option<ResourceTier>,
    /// One kind.
    pub kind: Option<ResourceKind>,
    /// Those that offer this item.
    pub item: Option<ItemId>,
    /// Those that serve in this division, the whole of it or a part.
    pub division: Option<String>,
    /// Those that serve this community.
    pub community: Option<CommunityId>,
    /// Those that take orders, or those that do not.
    pub takes_orders: Option<bool>,
    /// Those that serve round the clock, or those that do not.
    pub always_open: Option<bool>,
    /// Those that are open then.
    pub open_at: Option<DateTime<Utc>>,
    /// The nearest first, from here: degrees north and east.
    pub near: Option<(f64, f64)>,
}

/// What narrows the list, over an organisation `g`. The library is a few thousand rows, read in its order: none of this needs an
/// index of its own but what belongs to an organisation, which is found by its key.
macro_rules! narrowed {
    () => {
        "($1 IS NULL OR g.id = $1) AND ($2 IS NULL OR g.name LIKE $2) AND ($3 IS NULL OR g.tier = $3) AND ($4 IS NULL OR g.kind = $4) \
         AND ($5 IS NULL OR EXISTS (SELECT 1 FROM organisation_items i WHERE i.organisation_id = g.id AND i.item_id = $5)) \
         AND ($6 IS NULL OR EXISTS (SELECT 1 FROM organisation_coverage v WHERE v.organisation_id = g.id \
          AND ($6 LIKE v.division_prefix || '%' OR v.division_prefix LIKE $6 || '%'))) \
         AND ($7 IS NULL OR EXISTS (SELECT 1 FROM organisation_coverage v JOIN communities c ON c.id = $7 \
          AND c.division_code LIKE v.division_prefix || '%' WHERE v.organisation_id = g.id)) \
         AND ($8 IS NULL OR g.takes_orders = $8) AND ($9 IS NULL OR g.always_open = $9) \
         AND ($10 IS NULL OR g.always_open OR EXISTS (SELECT 1 FROM organisation_hours h WHERE h.organisation_id = g.id \
          AND h.weekday = $10 AND h.opens_minute <= $11 AND h.closes_minute > $11))"
    };
}

const BY_ID: &str = concat!(
    "SELECT g.*, NULL::bigint AS distance_m FROM organisations g WHERE ",
    narrowed!(),
    " AND g.id > $12 ORDER BY g.id LIMIT $13"
);

/// By the haversine formula, as dispatch counts; those whose place is not known come last.
const NEAREST: &str = concat!(
    "SELECT g.*, d.metres AS distance_m FROM organisations g CROSS JOIN LATERAL (SELECT round(2 * 6371000 * asin(least(1, sqrt( \
     power(sin(radians(g.latitude - $15) / 2), 2) + cos(radians($15)) * cos(radians(g.latitude)) \
     * power(sin(radians(g.longitude - $16) / 2), 2)))))::bigint AS metres) d WHERE ",
    narrowed!(),
    " AND (coalesce(d.metres, 9223372036854775807), g.id) > ($14, $12) \
     ORDER BY coalesce(d.metres, 9223372036854775807), g.id LIMIT $13"
);

/// The library, by id or the nearest first. It holds no personal data of elders: everybody who works on cases reads all of it; a
/// provider its own entry.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    narrow: Narrow,
    page: &PageQuery,
) -> Result<Page<FoundResource>, Problem> {
    let (far, after) = page.after::<(i64, Uuid)>()?.unwrap_or((-1, Uuid::nil()));
    let like = narrow.q.map(|q| {
        let q = q.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        format!("%{q}%")
    });
    let (weekday, minute) = narrow.open_at.map(local_minute).unzip();
    let (latitude, longitude) = narrow.near.unzip();
    let text = if narrow.near.is_some() { NEAREST } else { BY_ID };
    let found: Vec<FoundResource> = statement(text)
        .bind::<ty::Nullable<ty::Uuid>, _>(actor.organisation_id)
        .bind::<ty::Nullable<ty::Text>, _>(like)
        .bind::<ty::Nullable<native::ResourceTier>, _>(narrow.tier)
        .bind::<ty::Nullable<native::ResourceKind>, _>(narrow.kind)
        .bind::<ty::Nullable<ty::Uuid>, _>(narrow.item)
        .bind::<ty::Nullable<ty::Text>, _>(narrow.division)
        .bind::<ty::Nullable<ty::Uuid>, _>(narrow.community)
        .bind::<ty::Nullable<ty::Bool>, _>(narrow.takes_orders)
        .bind::<ty::Nullable<ty::Bool>, _>(narrow.always_open)
        .bind::<ty::Nullable<ty::SmallInt>, _>(weekday)
        .bind::<ty::Nullable<ty::SmallInt>, _>(minute)
        .bind::<ty::Uuid, _>(OrganisationId(after))
        .bind::<ty::BigInt, _>(page.fetch())
        .bind::<ty::BigInt, _>(far)
        .bind::<ty::Nullable<ty::Double>, _>(latitude)
        .bind::<ty::Nullable<ty::Double>, _>(longitude)
        .load(conn)
        .await?;
    Ok(Page::cut(found, page, |f| {
        (f.distance_m.unwrap_or(i64::MAX), f.resource.id.0)
    }))
}
