//! Offers that nobody answered, and clocks that ran out.

use super::queries::{provider, staff};
use crate::{
    calendar::local_date,
    db::statement,
    error::Problem,
    ids::{OrderId, OrganisationId},
    jobs::{NewJob, Registry, in_transaction},
    state::AppState,
    tx::Stamp,
};
use chrono::{DateTime, Duration, DurationRound, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};

/// An offer's time is over.
pub const OFFER_EXPIRES: &str = "orders.offer_expires";
/// A provider is offered nothing any more, and what lies before it goes on.
const PROVIDER_OUT: &str = "orders.provider_out";
/// The look at the clocks, every five minutes.
pub const LATE: &str = "orders.late";
/// An order of the menu's emergency item has found nobody, or waits for an officer. Whoever ordered it in an emergency handles this.
pub const EMERGENCY_STALLED: &str = "emergencies.service_stalled";
/// How many late clocks one statement marks.
const STEP: i64 = 1_000;

/// Registers the domain's jobs.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .recurring(next_look)
        .on(OFFER_EXPIRES, |state, stamp, payload| {
            Box::pin(offer_expires(state, stamp, payload))
        })
        .on(PROVIDER_OUT, |state, stamp, payload| {
            Box::pin(offers_go_on(state, stamp, payload))
        })
        .on(LATE, |state, stamp, _| Box::pin(late(state, stamp)))
}

fn next_look(now: DateTime<Utc>) -> NewJob {
    let step = Duration::minutes(5);
    let run_at = now.duration_trunc(step).unwrap_or(now) + step;
    NewJob {
        kind: LATE,
        dedup_key: Some(format!("{}T{}", local_date(run_at), run_at.format("%H:%M"))),
        payload: json!({}),
        run_at,
    }
}

/// Tells whoever handles it that an order of the emergency item stalls.
pub(super) fn emergency_stalled(order: OrderId, now: DateTime<Utc>) -> NewJob {
    NewJob {
        kind: EMERGENCY_STALLED,
        dedup_key: None,
        payload: json!({ "order_id": order }),
        run_at: now,
    }
}

async fn offer_expires(state: &AppState, stamp: Stamp, payload: Value) -> Result<(), Problem> {
    let order = serde_json::from_value(payload["order_id"].clone()).map_err(Problem::internal)?;
    let offer = serde_json::from_value(payload["offer_id"].clone()).map_err(Problem::internal)?;
    in_transaction(state, stamp, async |tx| provider::expire(tx, order, offer).await).await
}

/// Has what lies before an organisation go on, now that it is offered nothing.
pub(super) fn provider_out(organisation: OrganisationId, now: DateTime<Utc>) -> NewJob {
    NewJob {
        kind: PROVIDER_OUT,
        dedup_key: None,
        payload: json!({ "organisation_id": organisation }),
        run_at: now,
    }
}

/// Each order in a transaction of its own; what was answered meanwhile stays.
async fn offers_go_on(state: &AppState, stamp: Stamp, payload: Value) -> Result<(), Problem> {
    let organisation =
        serde_json::from_value(payload["organisation_id"].clone()).map_err(Problem::internal)?;
    let before_it = in_transaction(state, stamp.clone(), async |tx| {
        staff::orders_before(tx.conn, organisation).await
    })
    .await?;
    for order in before_it {
        in_transaction(state, stamp.clone(), async |tx| {
            staff::leave_provider(tx, order, organisation).await
        })
        .await?;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Late {
    #[diesel(sql_type = ty::Uuid)]
    order_id: OrderId,
    #[diesel(sql_type = ty::Text)]
    clock: String,
}

/// Marks every clock that ran out, once, with a row in the trail; the orders show as late from the minute itself.
async fn late(state: &AppState, stamp: Stamp) -> Result<(), Problem> {
    loop {
        let marked = in_transaction(state, stamp.clone(), async |tx| {
            let now = tx.now;
            let late: Vec<Late> = statement(
                "UPDATE order_clocks k SET escalated_at = $1 FROM (SELECT order_id, clock FROM order_clocks WHERE stopped_at IS NULL \
                 AND paused_at IS NULL AND escalated_at IS NULL AND due_at <= $1 ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED) d \
                 WHERE k.order_id = d.order_id AND k.clock = d.clock RETURNING k.order_id, k.clock::text AS clock",
            )
            .bind::<ty::Timestamptz, _>(now)
            .bind::<ty::BigInt, _>(STEP)
            .load(tx.conn)
            .await?;
            for Late { order_id, clock } in &late {
                tx.audit(
                    tx.entry("orders.late", "order", Some(order_id.0))
                        .detail(json!({ "clock": clock })),
                );
            }
            Ok(late.len())
        })
        .await?;
        if i64::try_from(marked).unwrap_or(i64::MAX) < STEP {
            return Ok(());
        }
    }
}
