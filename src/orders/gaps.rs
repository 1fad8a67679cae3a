//! Where the library does not reach: items that nobody can take an order of in a division this week, and orders of a month that
//! nobody took.

use crate::{
    calendar::{IsoWeek, Month, local_date},
    communities_in_scope,
    db::statement,
    error::Problem,
    http::{Page, PageQuery},
    ids::ItemId,
    suspended,
    tx::Actor,
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::dispatch::RECORD_DAYS;

/// An item of which no order can be taken in a division this week.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct SupplyGap {
    /// The division in which communities lie, 12 digits.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "630104002000")]
    pub division_code: String,
    /// Its name.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "古城台街道")]
    pub division_name: String,
    /// How many communities lie there.
    #[diesel(sql_type = ty::BigInt)]
    pub communities: i64,
    /// The item.
    #[diesel(sql_type = ty::Uuid)]
    pub item_id: ItemId,
    /// Its code.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "meals")]
    pub item_code: String,
    /// Its place on the menu.
    #[diesel(sql_type = ty::SmallInt)]
    pub slot: i16,
    /// Organisations that offer it there, licensed, not suspended and with a worker to send. Nought: there is no provider; more: their week is
    /// full.
    #[diesel(sql_type = ty::BigInt)]
    pub providers: i64,
    /// Orders that they can take in a week, all places that they serve together.
    #[diesel(sql_type = ty::BigInt)]
    pub weekly_capacity: i64,
}

/// Orders that nobody took.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct UnmetOrders {
    /// The division, 12 digits.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "630104002000")]
    pub division_code: String,
    /// Its name.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "古城台街道")]
    pub division_name: String,
    /// The item.
    #[diesel(sql_type = ty::Uuid)]
    pub item_id: ItemId,
    /// Its code.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "meals")]
    pub item_code: String,
    /// Its place on the menu.
    #[diesel(sql_type = ty::SmallInt)]
    pub slot: i16,
    /// Orders requested in the month for which at some time nobody was left.
    #[diesel(sql_type = ty::BigInt)]
    pub unmet: i64,
    /// Of these, how many still wait.
    #[diesel(sql_type = ty::BigInt)]
    pub still_unmet: i64,
}

/// Division, slot and item after which the page begins.
fn after(page: &PageQuery) -> Result<(String, i16, ItemId), Problem> {
    Ok(page.after()?.unwrap_or((String::new(), 0, ItemId(Uuid::nil()))))
}

/// What every provider can still take is counted once and summed by the prefixes that they cover, of which there are few; a prefix
/// within another one of the same organisation adds nothing. Who counts, and what fills a week, is what dispatch looks at:
/// emergencies are bound by no capacity.
const SUPPLY: &str = concat!(
    "WITH places AS MATERIALIZED (SELECT c.division_code, count(*) AS communities FROM communities c WHERE c.id IN (",
    communities_in_scope!(),
    ") AND c.division_code LIKE $3 || '%' AND c.active_from <= $4 AND coalesce(c.active_to > $4, true) GROUP BY c.division_code), \
     items AS MATERIALIZED (SELECT m.id, m.code, m.slot FROM menu_items m WHERE m.delivered_by <> 'steward' AND m.valid_from <= $4 \
      AND coalesce(m.valid_to > $4, true)), \
     held AS (SELECT l.organisation_id, l.item_id, count(*) AS orders FROM ( \
      SELECT o.organisation_id, o.item_id FROM service_orders o WHERE o.status IN ('accepted', 'scheduled', 'in_service') AND o.requested_at > $6 \
      UNION ALL SELECT o.organisation_id, o.item_id FROM service_orders o WHERE o.completed_at >= $5 AND o.requested_at > $6 \
      UNION ALL SELECT f.organisation_id, o.item_id FROM offers f JOIN service_orders o ON o.id = f.order_id WHERE f.status = 'open') l \
      GROUP BY l.organisation_id, l.item_id), \
     able AS MATERIALIZED (SELECT i.organisation_id, i.item_id, i.weekly_capacity, \
      m.class = 'emergency' OR i.weekly_capacity > coalesce(h.orders, 0) AS free \
      FROM organisation_items i JOIN menu_items m ON m.id = i.item_id JOIN organisations g ON g.id = i.organisation_id \
      LEFT JOIN held h ON h.organisation_id = i.organisation_id AND h.item_id = i.item_id \
      WHERE g.takes_orders AND g.listed_from <= $4 AND coalesce(g.listed_to > $4, true) AND NOT ",
    suspended!("g.id", "$4"),
    " \
      AND (m.qualification IS NULL OR EXISTS (SELECT 1 FROM qualifications q WHERE q.organisation_id = g.id AND q.worker_id IS NULL \
       AND q.kind = m.qualification AND q.valid_from <= $4 AND q.expires_on >= $4)) \
      AND EXISTS (SELECT 1 FROM workers w WHERE w.organisation_id = g.id AND w.active AND (m.qualification IS NULL OR EXISTS ( \
       SELECT 1 FROM qualifications q WHERE q.worker_id = w.id AND q.kind = m.qualification AND q.valid_from <= $4 AND q.expires_on >= $4)))), \
     supply AS MATERIALIZED (SELECT v.division_prefix, a.item_id, count(*) AS providers, sum(a.weekly_capacity) AS weekly_capacity, \
      bool_or(a.free) AS free FROM able a JOIN organisation_coverage v ON v.organisation_id = a.organisation_id \
      AND NOT EXISTS (SELECT 1 FROM organisation_coverage w WHERE w.organisation_id = v.organisation_id \
       AND w.division_prefix <> v.division_prefix AND v.division_prefix LIKE w.division_prefix || '%') \
      GROUP BY v.division_prefix, a.item_id) \
     SELECT p.division_code, coalesce(d.name, '') AS division_name, p.communities, m.id AS item_id, m.code AS item_code, m.slot, \
     coalesce(sum(s.providers), 0)::bigint AS providers, coalesce(sum(s.weekly_capacity), 0)::bigint AS weekly_capacity \
     FROM places p CROSS JOIN items m LEFT JOIN divisions d ON d.code = p.division_code \
     LEFT JOIN supply s ON s.item_id = m.id AND p.division_code LIKE s.division_prefix || '%' \
     WHERE (p.division_code, m.slot, m.id) > ($7, $8, $9) \
     GROUP BY p.division_code, d.name, p.communities, m.id, m.code, m.slot HAVING NOT coalesce(bool_or(s.free), false) \
     ORDER BY p.division_code, m.slot, m.id LIMIT $10",
);

/// The items of which no order can be taken this week, by division of the actor's scope.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn supply(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    division: Option<String>,
    page: &PageQuery,
) -> Result<Page<SupplyGap>, Problem> {
    let (today, (code, slot, item)) = (local_date(now), after(page)?);
    let gaps: Vec<SupplyGap> = statement(SUPPLY)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Text, _>(division.unwrap_or_default())
        .bind::<ty::Date, _>(today)
        .bind::<ty::Timestamptz, _>(IsoWeek::of(today).start())
        .bind::<ty::Timestamptz, _>(now - Duration::days(RECORD_DAYS))
        .bind::<ty::Text, _>(code)
        .bind::<ty::SmallInt, _>(slot)
        .bind::<ty::Uuid, _>(item)
        .bind::<ty::BigInt, _>(page.fetch())
        .load(conn)
        .await?;
    Ok(Page::cut(gaps, page, |g| {
        (g.division_code.clone(), g.slot, g.item_id)
    }))
}

/// The orders of a month for which nobody was left, by division of the actor's scope and item. They are those of the indicator
/// `unmet_orders`.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn unmet(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    (month, division): (Month, Option<String>),
    page: &PageQuery,
) -> Result<Page<UnmetOrders>, Problem> {
    let (code, slot, item) = after(page)?;
    let found: Vec<UnmetOrders> = statement(concat!(
        "SELECT c.division_code, coalesce(d.name, '') AS division_name, m.id AS item_id, m.code AS item_code, m.slot, count(*) AS unmet, \
         count(*) FILTER (WHERE o.status = 'unmet') AS still_unmet FROM communities c JOIN service_orders o ON o.community_id = c.id \
         AND o.requested_at >= $3 AND o.requested_at < $4 JOIN menu_items m ON m.id = o.item_id LEFT JOIN divisions d ON d.code = c.division_code \
         WHERE c.id IN (",
        communities_in_scope!(),
        ") AND c.division_code LIKE $5 || '%' AND (c.division_code, m.slot, m.id) > ($6, $7, $8) AND (o.status = 'unmet' \
         OR EXISTS (SELECT 1 FROM order_events v WHERE v.order_id = o.id AND v.to_status = 'unmet')) \
         GROUP BY c.division_code, d.name, m.id, m.code, m.slot ORDER BY c.division_code, m.slot, m.id LIMIT $9",
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Timestamptz, _>(month.start())
    .bind::<ty::Timestamptz, _>(month.end())
    .bind::<ty::Text, _>(division.unwrap_or_default())
    .bind::<ty::Text, _>(code)
    .bind::<ty::SmallInt, _>(slot)
    .bind::<ty::Uuid, _>(item)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(Page::cut(found, page, |u| {
        (u.division_code.clone(), u.slot, u.item_id)
    }))
}
