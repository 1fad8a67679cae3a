//! What stewards, officers and the duty desk do with an order, and the search for its provider.

use super::{read, write};
use crate::{
    db::statement,
    error::Problem,
    ids::{OfferId, OrderId, OrganisationId, UserId},
    jobs::NewJob,
    needs,
    orders::{
        CLOCK_NOT_PAUSABLE, ITEM_NOT_ORDERED, ORDER_ALREADY_REQUESTED, ORDER_IS_REFERRED, ORDER_STATE,
        PROVIDER_NOT_ELIGIBLE,
        clocks::ClockKind,
        dispatch::{self, Candidate},
        model::{Cancellation, Choice, NewOrder, Order, OrderEvent, OrderStatus, REFUSALS_TO_REFER},
    },
    schema::sql_types as native,
    tx::{Actor, Role, Tx},
};
use chrono::Duration;
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;
use write::Locked;

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = ty::Uuid)]
    need_id: Uuid,
    #[diesel(sql_type = ty::Uuid)]
    requested_by: UserId,
}

/// Makes an order of an open need and puts it before the first candidate. The same id with the same need gives the order
/// that stands.
///
/// # Errors
/// 404 for a need out of scope, 409 for one that has ended or an id that stands for another order, 422 for an item that
/// stewards deliver themselves and for a choice that may not have the order.
pub async fn request(tx: &mut Tx<'_>, actor: &Actor, new: NewOrder) -> Result<Order, Problem> {
    let (now, today) = (tx.now, tx.today());
    let known: Vec<Known> = statement("SELECT need_id, requested_by FROM service_orders WHERE id = $1")
        .bind::<ty::Uuid, _>(new.id)
        .load(tx.conn)
        .await?;
    if let Some(known) = known.into_iter().next() {
        return if known.need_id == new.need_id.0 && known.requested_by == actor.id {
            read::get(tx.conn, actor, now, new.id).await
        } else {
            Err(ORDER_ALREADY_REQUESTED.problem())
        };
    }
    let need = needs::queries::order(tx, actor, new.need_id).await?;
    // The price of the day for the elder's entitlement; the order keeps both.
    let written = statement(
        "INSERT INTO service_orders (id, case_id, need_id, elder_id, household_id, community_id, item_id, entitlement, round, original_id, status, \
         tier_reached, refusals, requested_by, requested_at, market_fen, subsidy_fen, elder_pays_fen, version) \
         SELECT $1, $1, $2, e.id, e.household_id, e.community_id, m.id, e.entitlement, 1, $1, 'requested', 'organisation', 0, $5, $6, p.market_fen, \
         CASE e.entitlement WHEN 'safety_net' THEN p.subsidy_fen ELSE 0 END, \
         CASE e.entitlement WHEN 'safety_net' THEN p.self_pay_fen ELSE p.below_market_fen END, 0 \
         FROM elders e, menu_items m JOIN LATERAL (SELECT * FROM item_prices q WHERE q.item_id = m.id AND q.valid_from <= $7 \
         ORDER BY q.valid_from DESC LIMIT 1) p ON true WHERE e.id = $3 AND m.id = $4 AND m.delivered_by <> 'steward'",
    )
    .bind::<ty::Uuid, _>(new.id)
    .bind::<ty::Uuid, _>(new.need_id)
    .bind::<ty::Uuid, _>(need.elder_id)
    .bind::<ty::Uuid, _>(need.item_id)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Date, _>(today)
    .execute(tx.conn)
    .await?;
    if written == 0 {
        return Err(ITEM_NOT_ORDERED.problem());
    }
    let mut order = write::lock_any(tx, new.id).await?;
    order.then(OrderEvent::Requested, "", now)?;
    match new.choice {
        Some(choice) => choose(tx, actor, &mut order, choice).await?,
        None => next_candidate(tx, &mut order).await?,
    }
    write::save_and_read(tx, actor, order).await
}

/// Leads an order in `requested` on: to the officer after two refusals, else to the next candidate, else to unmet.
///
/// # Errors
/// What the database said.
pub async fn next_candidate(tx: &mut Tx<'_>, order: &mut Locked) -> Result<(), Problem> {
    let now = tx.now;
    if order.state.refusals >= REFUSALS_TO_REFER {
        let officer_id = officer_for(tx, order).await?;
        return order.then(OrderEvent::Referred { officer_id }, "", now);
    }
    let candidates = dispatch::candidates(tx.conn, now, &order.order).await?;
    match candidates.iter().find(|c| c.rank.is_some()) {
        Some(first) => offer(tx, order, first, candidates.len(), None).await,
        None => order.then(OrderEvent::FoundUnmet, "", now),
    }
}

/// The officer who decides: of the smallest division that holds the community.
async fn officer_for(tx: &mut Tx<'_>, order: &Locked) -> Result<Option<UserId>, Problem> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = ty::Uuid)]
        id: UserId,
    }
    let found: Vec<Found> = statement(
        "SELECT u.id FROM users u JOIN communities c ON c.id = $1 AND c.division_code LIKE u.scope || '%' \
         WHERE u.role = 'officer' AND u.disabled_at IS NULL ORDER BY char_length(u.scope) DESC, u.id LIMIT 1",
    )
    .bind::<ty::Uuid, _>(order.order.community_id)
    .load(tx.conn)
    .await?;
    Ok(found.into_iter().next().map(|f| f.id))
}

/// Puts an order before a provider, with the figures it was chosen by, until the menu's time for an answer is over.
async fn offer(
    tx: &mut Tx<'_>,
    order: &mut Locked,
    candidate: &Candidate,
    among: usize,
    choice: Option<(UserId, &str)>,
) -> Result<(), Problem> {
    let (id, now) = (OfferId(tx.new_id()), tx.now);
    let expires_at = now + Duration::minutes(order.accept_minutes().into());
    let rank = candidate.rank.unwrap_or(i16::MAX);
    statement(
        "INSERT INTO offers (id, order_id, organisation_id, status, rank, figures, chosen_by, choice_reason, offered_at, expires_at) \
         VALUES ($1, $2, $3, 'open', $4, $5, $6, $7, $8, $9)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(order.order.id)
    .bind::<ty::Uuid, _>(candidate.organisation_id)
    .bind::<ty::SmallInt, _>(rank)
    .bind::<ty::Jsonb, _>(json!({ "among": among, "candidate": candidate }))
    .bind::<ty::Nullable<ty::Uuid>, _>(choice.map(|c| c.0))
    .bind::<ty::Nullable<ty::Text>, _>(choice.map(|c| c.1.to_owned()))
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Timestamptz, _>(expires_at)
    .execute(tx.conn)
    .await?;
    tx.enqueue(NewJob {
        kind: super::super::jobs::OFFER_EXPIRES,
        dedup_key: Some(id.to_string()),
        payload: json!({ "offer_id": id, "order_id": order.order.id }),
        run_at: expires_at,
    })
    .await?;
    order.then(
        OrderEvent::Offered {
            offer_id: id,
            organisation_id: candidate.organisation_id,
            tier: candidate.tier,
        },
        choice.map_or("", |c| c.1),
        now,
    )
}

/// Puts an order before a provider that somebody chose, whatever its rank; law and facts bind the choice too.
async fn choose(tx: &mut Tx<'_>, actor: &Actor, order: &mut Locked, choice: Choice) -> Result<(), Problem> {
    let now = tx.now;
    let candidates = dispatch::candidates(tx.conn, now, &order.order).await?;
    let chosen = candidates
        .iter()
        .find(|c| c.organisation_id == choice.organisation_id)
        .ok_or_else(|| PROVIDER_NOT_ELIGIBLE.with("it does not offer the item here, or takes no orders"))?;
    if let Some(obstacle) = chosen.obstacles.iter().find(|o| o.is_absolute()) {
        let name = serde_json::to_value(obstacle).map_err(Problem::internal)?;
        return Err(PROVIDER_NOT_ELIGIBLE.with(name.as_str().unwrap_or_default().to_owned()));
    }
    offer(
        tx,
        order,
        chosen,
        candidates.len(),
        Some((actor.id, &choice.reason)),
    )
    .await
}

/// Puts a rework before the provider of the round before, so that it mends its own work; before the next candidate where
/// that one may not have it.
///
/// # Errors
/// What the database said.
pub async fn same_provider(
    tx: &mut Tx<'_>,
    order: &mut Locked,
    provider: OrganisationId,
) -> Result<(), Problem> {
    let now = tx.now;
    let candidates = dispatch::candidates(tx.conn, now, &order.order).await?;
    let same = candidates
        .iter()
        .find(|c| c.organisation_id == provider && !c.obstacles.iter().any(|o| o.is_absolute()));
    match same.or_else(|| candidates.iter().find(|c| c.rank.is_some())) {
        Some(candidate) => offer(tx, order, candidate, candidates.len(), None).await,
        None => order.then(OrderEvent::FoundUnmet, "", now),
    }
}

/// The orders that lie before an organisation, the longest there first; more than it can have.
///
/// # Errors
/// What the database said.
pub async fn orders_before(
    conn: &mut AsyncPgConnection,
    organisation: OrganisationId,
) -> Result<Vec<OrderId>, Problem> {
    #[derive(QueryableByName)]
    struct Before {
        #[diesel(sql_type = ty::Uuid)]
        order_id: OrderId,
    }
    let before: Vec<Before> = statement(
        "SELECT order_id FROM offers WHERE organisation_id = $1 AND status = 'open' ORDER BY offered_at, id LIMIT 10000",
    )
    .bind::<ty::Uuid, _>(organisation)
    .load(conn)
    .await?;
    Ok(before.into_iter().map(|b| b.order_id).collect())
}

/// Takes an order back that lies before an organisation, and puts it before the next candidate. That is no refusal. Nothing happens to
/// one that has gone on meanwhile.
///
/// # Errors
/// What the database said.
pub async fn leave_provider(
    tx: &mut Tx<'_>,
    order: OrderId,
    organisation: OrganisationId,
) -> Result<(), Problem> {
    let mut order = write::lock_any(tx, order).await?;
    let still =
        statement("SELECT 1 FROM offers WHERE order_id = $1 AND organisation_id = $2 AND status = 'open'")
            .bind::<ty::Uuid, _>(order.order.id)
            .bind::<ty::Uuid, _>(organisation)
            .execute(tx.conn)
            .await?;
    if still == 0 {
        return Ok(());
    }
    withdraw_offer(tx, &mut order).await?;
    next_candidate(tx, &mut order).await?;
    order.save(tx).await
}

/// Withdraws the open offer of an order, if there is one.
async fn withdraw_offer(tx: &mut Tx<'_>, order: &mut Locked) -> Result<(), Problem> {
    #[derive(QueryableByName)]
    struct Taken {
        #[diesel(sql_type = ty::Uuid)]
        id: OfferId,
    }
    let now = tx.now;
    let taken: Vec<Taken> = statement(
        "UPDATE offers SET status = 'withdrawn', answered_at = $2 WHERE order_id = $1 AND status = 'open' RETURNING id",
    )
    .bind::<ty::Uuid, _>(order.order.id)
    .bind::<ty::Timestamptz, _>(now)
    .load(tx.conn)
    .await?;
    for Taken { id } in taken {
        order.then(OrderEvent::OfferWithdrawn { offer_id: id }, "", now)?;
    }
    Ok(())
}

/// Offers an order to the provider chosen, or to the first of the ranking: one that waits for an answer, was referred, or
/// found nobody.
///
/// # Errors
/// 403 for a steward when an officer decides, 404, 409 in another state, 422 for a provider that may not have it.
pub async fn offer_next(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: OrderId,
    choice: Option<Choice>,
) -> Result<Order, Problem> {
    let now = tx.now;
    let mut order = write::lock(tx, actor, id).await?;
    if order.state.status == OrderStatus::Referred && actor.role == Role::Steward {
        return Err(ORDER_IS_REFERRED.problem());
    }
    withdraw_offer(tx, &mut order).await?;
    match choice {
        Some(choice) => choose(tx, actor, &mut order, choice).await?,
        None => {
            let candidates = dispatch::candidates(tx.conn, now, &order.order).await?;
            let first = candidates
                .iter()
                .find(|c| c.rank.is_some())
                .ok_or_else(|| PROVIDER_NOT_ELIGIBLE.with("nobody is eligible"))?;
            offer(tx, &mut order, first, candidates.len(), None).await?;
        }
    }
    write::save_and_read(tx, actor, order).await
}

/// Records that nobody can take a referred order.
///
/// # Errors
/// 404, 409 in another state.
pub async fn give_up(tx: &mut Tx<'_>, actor: &Actor, id: OrderId, reason: &str) -> Result<Order, Problem> {
    let now = tx.now;
    let mut order = write::lock(tx, actor, id).await?;
    order.then(OrderEvent::FoundUnmet, reason, now)?;
    write::save_and_read(tx, actor, order).await
}

/// Cancels an order that is not completed. The need of a first order is open again; a cancelled rework ends its chain, which
/// stays dissatisfied in the figures.
///
/// # Errors
/// 404, 409 when it is completed or over.
pub async fn cancel(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: OrderId,
    cancellation: &Cancellation,
) -> Result<Order, Problem> {
    let now = tx.now;
    let mut order = write::lock(tx, actor, id).await?;
    withdraw_offer(tx, &mut order).await?;
    order.then(
        OrderEvent::Cancelled { by: cancellation.by },
        &cancellation.reason,
        now,
    )?;
    let (round, need, original) = (order.order.round, order.order.need_id, order.order.original_id);
    let order = write::save_and_read(tx, actor, order).await?;
    if round == 1 {
        needs::queries::reopen(tx, need.0).await?;
    } else {
        super::chain::close(tx, original, &cancellation.reason).await?;
    }
    Ok(order)
}

/// Stops a clock that is not the elder's, because its party has to wait.
///
/// # Errors
/// 404, 409 when the clock does not run or is the elder's.
pub async fn pause(
    tx: &mut Tx<'_>,
    actor: &Actor,
    (id, clock): (OrderId, ClockKind),
    reason: &str,
) -> Result<Order, Problem> {
    let now = tx.now;
    let mut order = write::lock(tx, actor, id).await?;
    let stopped = statement(
        "UPDATE order_clocks SET paused_at = $3, pause_reason = $4 WHERE order_id = $1 AND clock = $2 AND clock <> 'elder' \
         AND stopped_at IS NULL AND paused_at IS NULL",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<native::ClockKind, _>(clock)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Text, _>(reason.to_owned())
    .execute(tx.conn)
    .await?;
    if stopped == 0 {
        return Err(CLOCK_NOT_PAUSABLE.problem());
    }
    order.then(OrderEvent::ClockPaused { clock }, reason, now)?;
    write::save_and_read(tx, actor, order).await
}

/// Lets a clock run again; its deadline is later by the pause.
///
/// # Errors
/// 404, 409 when the clock does not stand still.
pub async fn resume(
    tx: &mut Tx<'_>,
    actor: &Actor,
    (id, clock): (OrderId, ClockKind),
) -> Result<Order, Problem> {
    let now = tx.now;
    let mut order = write::lock(tx, actor, id).await?;
    let running = statement(
        "UPDATE order_clocks SET due_at = due_at + ($3 - paused_at), paused_seconds = paused_seconds + extract(epoch FROM $3 - paused_at)::integer, \
         paused_at = NULL, pause_reason = NULL, escalated_at = NULL WHERE order_id = $1 AND clock = $2 AND paused_at IS NOT NULL",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<native::ClockKind, _>(clock)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    if running == 0 {
        return Err(CLOCK_NOT_PAUSABLE.problem());
    }
    order.then(OrderEvent::ClockResumed { clock }, "", now)?;
    write::save_and_read(tx, actor, order).await
}

/// The candidates of an order.
///
/// # Errors
/// 404 when the actor may know of no such order, 409 when it is over.
pub async fn candidates(
    conn: &mut diesel_async::AsyncPgConnection,
    actor: &Actor,
    now: chrono::DateTime<chrono::Utc>,
    id: OrderId,
) -> Result<Vec<Candidate>, Problem> {
    let order = read::get(conn, actor, now, id).await?;
    if matches!(order.status, OrderStatus::Closed | OrderStatus::Cancelled) {
        return Err(ORDER_STATE.with("it is over"));
    }
    dispatch::candidates(conn, now, &order).await
}
