//! What a survey leads to: the chain closes, or a linked order does the work again.

use super::{staff, write};
use crate::{
    db::statement,
    error::Problem,
    ids::{FollowupId, OrderId, UserId},
    orders::{model::OrderEvent, model::OrderStatus, quality},
    tx::Tx,
};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;

#[derive(QueryableByName)]
struct Link {
    #[diesel(sql_type = ty::Uuid)]
    id: OrderId,
}

/// Closes every order of a chain that waits for its rework.
///
/// # Errors
/// What the database said.
pub async fn close(tx: &mut Tx<'_>, original: OrderId, reason: &str) -> Result<(), Problem> {
    let waiting: Vec<Link> = statement(
        "SELECT id FROM service_orders WHERE original_id = $1 AND status = 'reworking' ORDER BY round FOR UPDATE",
    )
    .bind::<ty::Uuid, _>(original)
    .load(tx.conn)
    .await?;
    let now = tx.now;
    for Link { id } in waiting {
        let mut order = write::lock_any(tx, id).await?;
        order.then(OrderEvent::Closed, reason, now)?;
        order.save(tx).await?;
    }
    Ok(())
}

/// The elder was reached and is satisfied on all four dimensions: the order closes, and with it every earlier round.
///
/// # Errors
/// 409 when the order is not completed.
pub async fn satisfied(
    tx: &mut Tx<'_>,
    mut order: write::Locked,
    followup_id: FollowupId,
) -> Result<(), Problem> {
    let (now, original) = (tx.now, order.order.original_id);
    order.then(
        OrderEvent::FollowedUp {
            followup_id,
            satisfied: true,
        },
        "",
        now,
    )?;
    order.then(OrderEvent::Closed, "", now)?;
    order.save(tx).await?;
    close(tx, original, "").await
}

/// The elder is dissatisfied on at least one dimension: a linked order does it again, without charge and with deadlines of its
/// own. The first rework goes to the provider itself; after the second failure another does it, and a quality case is opened.
///
/// # Errors
/// 409 when the order is not completed.
pub async fn dissatisfied(
    tx: &mut Tx<'_>,
    mut order: write::Locked,
    followup_id: FollowupId,
    requested_by: UserId,
    words: &str,
) -> Result<OrderId, Problem> {
    let (now, rework) = (tx.now, OrderId(tx.new_id()));
    let (id, round, provider) = (order.order.id, order.order.round, order.state.organisation_id);
    order.then(
        OrderEvent::FollowedUp {
            followup_id,
            satisfied: false,
        },
        words,
        now,
    )?;
    order.then(OrderEvent::ReworkOrdered { rework_id: rework }, "", now)?;
    debug_assert_eq!(order.state.status, OrderStatus::Reworking);
    order.save(tx).await?;
    statement(
        "INSERT INTO service_orders (id, case_id, need_id, elder_id, household_id, community_id, item_id, entitlement, round, original_id, previous_id, \
         status, tier_reached, refusals, requested_by, requested_at, market_fen, subsidy_fen, elder_pays_fen, version) \
         SELECT $2, case_id, need_id, elder_id, household_id, community_id, item_id, entitlement, round + 1, original_id, id, \
         'requested', 'organisation', 0, $3, $4, market_fen, 0, 0, 0 FROM service_orders WHERE id = $1",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(rework)
    .bind::<ty::Uuid, _>(requested_by)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    let mut again = write::lock_any(tx, rework).await?;
    again.then(OrderEvent::Requested, words, now)?;
    match provider {
        Some(provider) if round == 1 => staff::same_provider(tx, &mut again, provider).await?,
        provider => {
            if let Some(provider) = provider {
                quality::open(tx, id, provider, words).await?;
            }
            staff::next_candidate(tx, &mut again).await?;
        }
    }
    again.save(tx).await?;
    Ok(rework)
}
