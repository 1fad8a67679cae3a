//! Orders, offers and events as their readers may see them.

use crate::{
    account_enabled, communities_in_scope,
    db::statement,
    elders::queries as elders,
    error::Problem,
    http::{Page, PageQuery},
    ids::{AttachmentId, CommunityId, ElderId, HouseholdId, OrderId, UserId},
    orders::{
        ORDER_NOT_FOUND, ORDER_STATE,
        clocks::OrderClock,
        model::{
            Offer, Order, OrderEvent, OrderEventLine, OrderFile, OrderStatus, PhoneField, RevealedPhones,
        },
    },
    schema::sql_types as native,
    tx::{Actor, Stamp},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// Orders as a reader sees them, without a word on which: `$2` instant, `$3` organisation of a provider's account. A provider
/// reads name and address only between acceptance and the survey.
macro_rules! order_rows {
    () => {
        "SELECT o.id, o.case_id, o.need_id, CASE WHEN r.reads THEN o.elder_id END AS elder_id, CASE WHEN r.reads THEN e.name END AS elder_name, \
         CASE WHEN r.reads THEN o.household_id END AS household_id, \
         CASE WHEN r.reads THEN concat_ws(' ', c.name, h.building, nullif(h.unit, ''), h.room) END AS address, o.community_id, o.item_id, \
         m.code AS item_code, o.entitlement, o.round, o.original_id, o.previous_id, o.status, o.organisation_id, o.worker_id, o.tier_reached, \
         o.refusals, o.referred_to, o.requested_by, o.requested_at, o.scheduled_for, o.started_at, o.completed_at, o.signed_by, o.market_fen, \
         o.subsidy_fen, o.elder_pays_fen, o.closed_at, EXISTS (SELECT 1 FROM order_clocks k WHERE k.order_id = o.id AND k.stopped_at IS NULL \
         AND k.paused_at IS NULL AND k.due_at <= $2) AS late, o.version, \
         m.accept_minutes, m.arrive_minutes, m.finish_minutes, m.elder_minutes, m.follow_up_minutes, \
         m.class, coalesce(h.latitude, c.latitude) AS latitude, coalesce(h.longitude, c.longitude) AS longitude \
         FROM service_orders o JOIN elders e ON e.id = o.elder_id JOIN households h ON h.id = o.household_id \
         JOIN communities c ON c.id = o.community_id JOIN menu_items m ON m.id = o.item_id \
         CROSS JOIN LATERAL (SELECT $3::uuid IS NULL OR o.organisation_id = $3 AND o.status IN ('accepted', 'scheduled', 'in_service', 'completed') AS reads) r WHERE "
    };
}
pub(super) use order_rows;

/// The orders that an actor may know of: `$1` actor, and as [`order_rows`]. Staff: the communities in scope, and what they
/// requested. Providers: those they took, and those before them.
macro_rules! visible_orders {
    () => {
        concat!(
            order_rows!(),
            "(o.community_id IN (", $crate::communities_in_scope!(), ") OR o.requested_by = $1 AND ", $crate::account_enabled!(), " OR o.organisation_id = $3 \
             OR EXISTS (SELECT 1 FROM offers f WHERE f.order_id = o.id AND f.organisation_id = $3 AND f.status = 'open'))"
        )
    };
}
pub(super) use visible_orders;

/// What a list of orders is narrowed to.
#[derive(Debug, Default)]
pub struct Narrow {
    /// One status.
    pub status: Option<OrderStatus>,
    /// One community.
    pub community: Option<CommunityId>,
    /// One elder.
    pub elder: Option<ElderId>,
    /// Those whose clock ran out.
    pub late: bool,
}

/// What narrows a list and where its page begins, over an order `o`. A provider cannot ask for an elder whose name it may not read
/// yet, or no more: that the order is found would tell whose it is.
macro_rules! narrowed {
    () => {
        "($4 IS NULL OR o.status = $4) AND ($5 IS NULL OR o.community_id = $5) AND ($6 IS NULL OR o.elder_id = $6 \
         AND ($3::uuid IS NULL OR o.organisation_id = $3 AND o.status IN ('accepted', 'scheduled', 'in_service', 'completed'))) \
         AND (NOT $7 OR EXISTS (SELECT 1 FROM order_clocks k WHERE k.order_id = o.id AND k.stopped_at IS NULL AND k.paused_at IS NULL AND k.due_at <= $2)) \
         AND (o.requested_at, o.id) < ($8, $9) ORDER BY o.requested_at DESC, o.id DESC LIMIT $10"
    };
}

/// A page is sought on each way by which an order can be known, along an index that ends in the list's order, so that a large
/// community or a long past costs no more than a small one.
const LIST: &str = concat!(
    "WITH page AS ((SELECT known.id FROM (",
    communities_in_scope!(),
    ") scope (community_id) CROSS JOIN LATERAL ( \
     SELECT o.id FROM service_orders o WHERE o.community_id = scope.community_id AND ",
    narrowed!(),
    ") known) \
     UNION (SELECT o.id FROM service_orders o WHERE o.requested_by = $1 AND ",
    account_enabled!(),
    " AND ",
    narrowed!(),
    ") \
     UNION (SELECT o.id FROM service_orders o WHERE o.organisation_id = $3 AND ",
    narrowed!(),
    ") \
     UNION (SELECT o.id FROM offers f JOIN service_orders o ON o.id = f.order_id WHERE f.organisation_id = $3 AND f.status = 'open' AND ",
    narrowed!(),
    ")) ",
    order_rows!(),
    "o.id IN (SELECT id FROM page) ORDER BY o.requested_at DESC, o.id DESC LIMIT $10",
);

/// The orders that the actor may know of, the latest first.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    narrow: Narrow,
    page: &PageQuery,
) -> Result<Page<Order>, Problem> {
    let (at, id) = page
        .after::<(DateTime<Utc>, Uuid)>()?
        .unwrap_or((now + Duration::days(1), Uuid::max()));
    let orders: Vec<Order> = statement(LIST)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Nullable<ty::Uuid>, _>(actor.organisation_id)
        .bind::<ty::Nullable<native::OrderStatus>, _>(narrow.status)
        .bind::<ty::Nullable<ty::Uuid>, _>(narrow.community)
        .bind::<ty::Nullable<ty::Uuid>, _>(narrow.elder)
        .bind::<ty::Bool, _>(narrow.late)
        .bind::<ty::Timestamptz, _>(at)
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::BigInt, _>(page.fetch())
        .load(conn)
        .await?;
    Ok(Page::cut(orders, page, |o| (o.requested_at, o.id.0)))
}

/// One order that the actor may know of.
///
/// # Errors
/// 404 when there is none.
pub async fn get(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: OrderId,
) -> Result<Order, Problem> {
    let mut found: Vec<Order> = statement(concat!(visible_orders!(), " AND o.id = $4"))
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Nullable<ty::Uuid>, _>(actor.organisation_id)
        .bind::<ty::Uuid, _>(id)
        .load(conn)
        .await?;
    found.pop().ok_or_else(|| ORDER_NOT_FOUND.problem())
}

/// The orders of these households that are not over, or were done since an instant, the latest first; whether the actor may know of
/// the households is for the caller to say.
///
/// # Errors
/// What the database said.
pub async fn of_households(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    since: DateTime<Utc>,
    households: &[HouseholdId],
) -> Result<Vec<Order>, Problem> {
    Ok(statement(concat!(
        order_rows!(),
        "o.household_id = ANY ($1) AND (o.closed_at IS NULL AND o.status NOT IN ('cancelled', 'closed') OR o.completed_at >= $4) \
         ORDER BY o.requested_at DESC, o.id DESC"
    ))
    .bind::<ty::Array<ty::Uuid>, _>(households.to_vec())
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Nullable<ty::Uuid>, _>(None::<Uuid>)
    .bind::<ty::Timestamptz, _>(since)
    .load(conn)
    .await?)
}

/// A clock with its order.
#[derive(Debug, QueryableByName)]
pub struct ClockOfOrder {
    /// The order.
    #[diesel(sql_type = ty::Uuid)]
    pub order_id: OrderId,
    /// The clock.
    #[diesel(embed)]
    pub clock: OrderClock,
}

/// The clocks of these orders.
///
/// # Errors
/// What the database said.
pub async fn clocks_of(
    conn: &mut AsyncPgConnection,
    orders: Vec<OrderId>,
) -> Result<Vec<ClockOfOrder>, Problem> {
    Ok(statement(
        "SELECT order_id, clock, started_at, due_at, paused_at, pause_reason, paused_seconds, stopped_at, escalated_at \
         FROM order_clocks WHERE order_id = ANY ($1) ORDER BY order_id, clock",
    )
    .bind::<ty::Array<ty::Uuid>, _>(orders)
    .load(conn)
    .await?)
}

/// The phones of the elder of an order that the actor's organisation has in hand.
///
/// # Errors
/// 404 when the actor may not know of the order, 409 before it is taken and after it is done.
pub async fn phones(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    id: OrderId,
    fields: &[PhoneField],
) -> Result<(ElderId, CommunityId, RevealedPhones), Problem> {
    let order = get(conn, actor, stamp.now, id).await?;
    let elder = order
        .elder_id
        .filter(|_| order.status.in_hand() && order.organisation_id == actor.organisation_id)
        .ok_or_else(|| ORDER_STATE.problem())?;
    let (phone, contact_phones) = elders::phones(conn, stamp, elder).await?;
    let shown = RevealedPhones {
        phone: phone.filter(|_| fields.contains(&PhoneField::Phone)),
        contact_phones: fields
            .contains(&PhoneField::ContactPhone)
            .then_some(contact_phones),
    };
    Ok((elder, order.community_id, shown))
}

#[derive(QueryableByName)]
struct Linked {
    #[diesel(sql_type = ty::Uuid)]
    attachment_id: AttachmentId,
}

/// One order with its clocks and evidence; a provider is not told of what was taken when another did its work again.
///
/// # Errors
/// 404 when there is none.
pub async fn file(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: OrderId,
) -> Result<OrderFile, Problem> {
    let order = get(conn, actor, now, id).await?;
    let clocks: Vec<OrderClock> = statement(
        "SELECT clock, started_at, due_at, paused_at, pause_reason, paused_seconds, stopped_at, escalated_at \
         FROM order_clocks WHERE order_id = $1 ORDER BY clock",
    )
    .bind::<ty::Uuid, _>(id)
    .load(conn)
    .await?;
    let evidence: Vec<Linked> = statement(
        "SELECT l.attachment_id FROM attachment_links l WHERE l.case_id = $1 AND l.case_kind = 'service_case' \
         AND ($2 IS NULL OR NOT EXISTS (SELECT 1 FROM service_orders t WHERE t.original_id = $3 AND t.round > $4 \
         AND t.organisation_id IS DISTINCT FROM $2 AND t.requested_at <= l.linked_at)) ORDER BY l.linked_at, l.attachment_id LIMIT 200",
    )
    .bind::<ty::Uuid, _>(order.case_id)
    .bind::<ty::Nullable<ty::Uuid>, _>(actor.organisation_id)
    .bind::<ty::Uuid, _>(order.original_id)
    .bind::<ty::SmallInt, _>(order.round)
    .load(conn)
    .await?;
    Ok(OrderFile {
        order,
        clocks,
        evidence: evidence.into_iter().map(|l| l.attachment_id).collect(),
    })
}

#[derive(QueryableByName)]
struct EventRow {
    #[diesel(sql_type = ty::SmallInt)]
    seq: i16,
    #[diesel(sql_type = ty::Nullable<native::OrderStatus>)]
    from_status: Option<OrderStatus>,
    #[diesel(sql_type = native::OrderStatus)]
    to_status: OrderStatus,
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    actor_id: Option<UserId>,
    #[diesel(sql_type = ty::Timestamptz)]
    device_at: DateTime<Utc>,
    #[diesel(sql_type = ty::Timestamptz)]
    received_at: DateTime<Utc>,
    #[diesel(sql_type = ty::Text)]
    reason: String,
    #[diesel(sql_type = ty::Jsonb)]
    data: serde_json::Value,
}

/// The events of an order that the actor may know of, in their sequence. A provider does not read what concerned another
/// organisation alone: who else was asked, refused, for which reason, whom they would have sent.
///
/// # Errors
/// 404 when there is no such order.
pub async fn events(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: OrderId,
    page: &PageQuery,
) -> Result<Page<OrderEventLine>, Problem> {
    get(conn, actor, now, id).await?;
    let rows: Vec<EventRow> = statement(
        "SELECT seq, from_status, to_status, actor_id, device_at, received_at, reason, data FROM order_events \
         WHERE order_id = $1 AND seq > $2 AND ($4::uuid IS NULL OR $4 = coalesce((data ->> 'organisation_id')::uuid, \
         (SELECT f.organisation_id FROM offers f WHERE f.id = (data ->> 'offer_id')::uuid), \
         (SELECT w.organisation_id FROM workers w WHERE w.id = (data ->> 'worker_id')::uuid), $4)) ORDER BY seq LIMIT $3",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::SmallInt, _>(page.after::<i16>()?.unwrap_or(0))
    .bind::<ty::BigInt, _>(page.fetch())
    .bind::<ty::Nullable<ty::Uuid>, _>(actor.organisation_id)
    .load(conn)
    .await?;
    let lines = rows
        .into_iter()
        .map(|row| {
            Ok(OrderEventLine {
                seq: row.seq,
                from_status: row.from_status,
                to_status: row.to_status,
                event: serde_json::from_value::<OrderEvent>(row.data).map_err(Problem::internal)?,
                reason: row.reason,
                actor_id: row.actor_id,
                device_at: row.device_at,
                received_at: row.received_at,
            })
        })
        .collect::<Result<Vec<_>, Problem>>()?;
    Ok(Page::cut(lines, page, |l| l.seq))
}

const OFFER: &str = "SELECT f.id, f.order_id, f.organisation_id, f.status, f.rank, f.figures, f.chosen_by, f.choice_reason, f.offered_at, \
     f.expires_at, f.answered_at, f.answer_reason, m.code AS item_code, o.entitlement, o.community_id, o.round \
     FROM offers f JOIN service_orders o ON o.id = f.order_id JOIN menu_items m ON m.id = o.item_id \
     WHERE f.order_id = $1 AND ($2::uuid IS NULL OR f.organisation_id = $2) ORDER BY f.offered_at DESC, f.id DESC LIMIT 100";

/// The offers of an order that the actor may know of, the latest first; a provider sees its own alone.
///
/// # Errors
/// 404 when there is no such order.
pub async fn offers(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: OrderId,
) -> Result<Vec<Offer>, Problem> {
    get(conn, actor, now, id).await?;
    Ok(statement(OFFER)
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Nullable<ty::Uuid>, _>(actor.organisation_id)
        .load(conn)
        .await?)
}

/// The offers that wait for a provider's answer: safety-net elders first, then those that end soonest.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn inbox(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    page: &PageQuery,
) -> Result<Page<Offer>, Problem> {
    let (entitlement, expires, id) = page
        .after::<(crate::elders::model::Entitlement, DateTime<Utc>, Uuid)>()?
        .unwrap_or((
            crate::elders::model::Entitlement::SafetyNet,
            DateTime::UNIX_EPOCH,
            Uuid::nil(),
        ));
    let offers: Vec<Offer> = statement(
        "SELECT f.id, f.order_id, f.organisation_id, f.status, f.rank, f.figures, f.chosen_by, f.choice_reason, f.offered_at, f.expires_at, \
         f.answered_at, f.answer_reason, m.code AS item_code, o.entitlement, o.community_id, o.round \
         FROM offers f JOIN service_orders o ON o.id = f.order_id JOIN menu_items m ON m.id = o.item_id \
         WHERE f.organisation_id = $1 AND f.status = 'open' AND f.expires_at > $2 AND (o.entitlement, f.expires_at, f.id) > ($3, $4, $5) \
         ORDER BY o.entitlement, f.expires_at, f.id LIMIT $6",
    )
    .bind::<ty::Nullable<ty::Uuid>, _>(actor.organisation_id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<native::Entitlement, _>(entitlement)
    .bind::<ty::Timestamptz, _>(expires)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(Page::cut(offers, page, |o| (o.entitlement, o.expires_at, o.id.0)))
}
