//! The one way an order changes: locked, its events applied, row, events and clocks written by one statement.

use super::read::{self, order_rows, visible_orders};
use crate::{
    areas::policy::instants,
    db::statement,
    error::{INTERNAL, Problem},
    ids::OrderId,
    menu::model::ServiceClass,
    orders::{
        ORDER_NOT_FOUND, ORDER_STATE,
        clocks::{self, ClockKind, ClockStart},
        jobs,
        model::{Order, OrderEvent, OrderState, OrderStatus},
    },
    schema::sql_types as native,
    tx::{Actor, Tx},
};
use chrono::{DateTime, Utc};
use diesel::sql_types as ty;
use diesel_async::RunQueryDsl;

/// An order, locked until the transaction ends.
pub struct Locked {
    /// As its reader sees it.
    pub order: Order,
    /// What its events have made of it.
    pub state: OrderState,
    events: Vec<(OrderEvent, String, DateTime<Utc>, OrderStatus, OrderStatus)>,
}

/// Locks an order that the actor may know of.
///
/// # Errors
/// 404 when there is none.
pub async fn lock(tx: &mut Tx<'_>, actor: &Actor, id: OrderId) -> Result<Locked, Problem> {
    let now = tx.now;
    lock_then(tx, actor, id, now).await
}

/// Locks an order for what an actor did at `then`: one that they may know of now, or a steward might then.
///
/// # Errors
/// 404 when there is none.
pub async fn lock_then(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: OrderId,
    then: DateTime<Utc>,
) -> Result<Locked, Problem> {
    for at in instants(actor, tx.now, then) {
        let mut found: Vec<Order> = statement(concat!(visible_orders!(), " AND o.id = $4 FOR UPDATE OF o"))
            .bind::<ty::Uuid, _>(actor.id)
            .bind::<ty::Timestamptz, _>(at)
            .bind::<ty::Nullable<ty::Uuid>, _>(actor.organisation_id)
            .bind::<ty::Uuid, _>(id)
            .load(tx.conn)
            .await?;
        if let Some(order) = found.pop() {
            return Ok(Locked::new(order));
        }
    }
    Err(ORDER_NOT_FOUND.problem())
}

/// Locks an order for the service itself.
///
/// # Errors
/// 404 when there is none.
pub async fn lock_any(tx: &mut Tx<'_>, id: OrderId) -> Result<Locked, Problem> {
    let now = tx.now;
    let mut found: Vec<Order> = statement(concat!(order_rows!(), "o.id = $1 FOR UPDATE OF o"))
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Nullable<ty::Uuid>, _>(None::<uuid::Uuid>)
        .load(tx.conn)
        .await?;
    found
        .pop()
        .map(Locked::new)
        .ok_or_else(|| ORDER_NOT_FOUND.problem())
}

impl Locked {
    fn new(order: Order) -> Self {
        Self {
            state: OrderState {
                status: order.status,
                organisation_id: order.organisation_id,
                worker_id: order.worker_id,
                scheduled_for: order.scheduled_for,
                started_at: order.started_at,
                completed_at: order.completed_at,
                signed_by: order.signed_by.clone(),
                tier_reached: order.tier_reached,
                refusals: order.refusals,
                referred_to: order.referred_to,
                closed_at: order.closed_at,
            },
            order,
            events: Vec::new(),
        }
    }

    /// Adds an event that happens now.
    ///
    /// # Errors
    /// 409 when the state does not allow it.
    pub fn then(&mut self, event: OrderEvent, reason: &str, now: DateTime<Utc>) -> Result<(), Problem> {
        self.then_at(event, reason, now, now)
    }

    /// Adds an event that happened on a device at `device_at`.
    ///
    /// # Errors
    /// 409 when the state does not allow it.
    pub fn then_at(
        &mut self,
        event: OrderEvent,
        reason: &str,
        device_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), Problem> {
        let from = self.state.status;
        if event == OrderEvent::Requested {
            self.events
                .push((event, reason.to_owned(), device_at, from, from));
            return Ok(());
        }
        let state = self
            .state
            .clone()
            .apply(&event, now)
            .map_err(|e| ORDER_STATE.with(format!("it is {}", name_of(e.from))))?;
        self.events
            .push((event, reason.to_owned(), device_at, from, state.status));
        self.state = state;
        Ok(())
    }

    /// Minutes that a provider has for its answer.
    pub fn accept_minutes(&self) -> i32 {
        self.order.allowed.accept_minutes
    }

    /// Writes the events that were added, the row they lead to, and the clocks they start and stop.
    ///
    /// # Errors
    /// What the database said.
    pub async fn save(mut self, tx: &mut Tx<'_>) -> Result<(), Problem> {
        let (now, actor) = (tx.now, tx.actor.map(|a| a.id));
        let (mut starts, mut stops): (Vec<ClockStart>, Vec<ClockKind>) = (vec![], vec![]);
        for (event, _, at, ..) in &self.events {
            let (started, stopped) = clocks::effect(event, *at, self.order.allowed);
            // A clock that is stopped and started in one go (declined, and offered to the next) just starts.
            starts.retain(|s| !stopped.contains(&s.clock));
            stops.retain(|s| !started.iter().any(|n| n.clock == *s));
            starts.extend(started);
            stops.extend(stopped);
        }
        let events = std::mem::take(&mut self.events);
        let version = self.order.version;
        let seqs = (1..).take(events.len()).map(|n: i32| i16::try_from(version + n));
        let seqs = seqs
            .collect::<Result<Vec<i16>, _>>()
            .map_err(|_| ORDER_STATE.with("it has had too many events"))?;
        let data = events
            .iter()
            .map(|(event, ..)| serde_json::to_value(event).map_err(Problem::internal))
            .collect::<Result<Vec<_>, _>>()?;
        let froms: Vec<Option<OrderStatus>> = events
            .iter()
            .map(|(event, _, _, from, _)| (*event != OrderEvent::Requested).then_some(*from))
            .collect();
        let state = self.state;
        let written = statement(
            "WITH moved AS (UPDATE service_orders SET status = $3, organisation_id = $4, worker_id = $5, scheduled_for = $6, started_at = $7, \
             completed_at = $8, signed_by = $9, tier_reached = $10, refusals = $11, referred_to = $12, closed_at = $13, version = $14 \
             WHERE id = $1 AND version = $2 RETURNING id), \
             told AS (INSERT INTO order_events (id, order_id, seq, from_status, to_status, actor_id, device_at, received_at, reason, data) \
             SELECT e.id, moved.id, e.seq, e.from_status, e.to_status, $15, e.device_at, $16, e.reason, e.data \
             FROM moved, unnest($17, $18, $19, $20, $21, $22, $23) AS e (id, seq, from_status, to_status, device_at, reason, data)), \
             started AS (INSERT INTO order_clocks (order_id, clock, started_at, due_at, paused_seconds) \
             SELECT moved.id, s.clock, s.started_at, s.due_at, 0 FROM moved, unnest($24, $25, $26) AS s (clock, started_at, due_at) \
             ON CONFLICT (order_id, clock) DO UPDATE SET started_at = excluded.started_at, due_at = excluded.due_at, paused_at = NULL, \
             pause_reason = NULL, paused_seconds = 0, stopped_at = NULL, escalated_at = NULL), \
             stopped AS (UPDATE order_clocks k SET stopped_at = $16, due_at = k.due_at + coalesce($16 - k.paused_at, interval '0'), \
             paused_seconds = k.paused_seconds + coalesce(extract(epoch FROM $16 - k.paused_at)::integer, 0), paused_at = NULL, pause_reason = NULL \
             FROM moved WHERE k.order_id = moved.id AND k.clock = ANY ($27) AND k.stopped_at IS NULL) \
             SELECT 1 FROM moved",
        )
        .bind::<ty::Uuid, _>(self.order.id)
        .bind::<ty::Integer, _>(version)
        .bind::<native::OrderStatus, _>(state.status)
        .bind::<ty::Nullable<ty::Uuid>, _>(state.organisation_id)
        .bind::<ty::Nullable<ty::Uuid>, _>(state.worker_id)
        .bind::<ty::Nullable<ty::Timestamptz>, _>(state.scheduled_for)
        .bind::<ty::Nullable<ty::Timestamptz>, _>(state.started_at)
        .bind::<ty::Nullable<ty::Timestamptz>, _>(state.completed_at)
        .bind::<ty::Nullable<ty::Text>, _>(state.signed_by)
        .bind::<native::ResourceTier, _>(state.tier_reached)
        .bind::<ty::SmallInt, _>(state.refusals)
        .bind::<ty::Nullable<ty::Uuid>, _>(state.referred_to)
        .bind::<ty::Nullable<ty::Timestamptz>, _>(state.closed_at)
        .bind::<ty::Integer, _>(version + i32::from(i16::try_from(events.len()).unwrap_or(i16::MAX)))
        .bind::<ty::Nullable<ty::Uuid>, _>(actor)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Array<ty::Uuid>, _>(events.iter().map(|_| tx.new_id()).collect::<Vec<_>>())
        .bind::<ty::Array<ty::SmallInt>, _>(seqs)
        .bind::<ty::Array<ty::Nullable<native::OrderStatus>>, _>(froms)
        .bind::<ty::Array<native::OrderStatus>, _>(events.iter().map(|e| e.4).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Timestamptz>, _>(events.iter().map(|e| e.2).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Text>, _>(events.iter().map(|e| e.1.clone()).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Jsonb>, _>(data)
        .bind::<ty::Array<native::ClockKind>, _>(starts.iter().map(|s| s.clock).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Timestamptz>, _>(starts.iter().map(|s| s.at).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Timestamptz>, _>(starts.iter().map(|s| s.due).collect::<Vec<_>>())
        .bind::<ty::Array<native::ClockKind>, _>(stops)
        .execute(tx.conn)
        .await?;
        if written == 0 {
            // The row is locked and its version was read under the lock.
            return Err(INTERNAL.with("the order changed under its lock"));
        }
        for (event, ..) in &events {
            let mut entry = tx
                .entry(&format!("orders.{}", verb(event)), "order", Some(self.order.id.0))
                .community(self.order.community_id);
            entry.elder_id = self.order.elder_id.map(|e| e.0);
            tx.audit(entry);
        }
        let stalled = matches!(state.status, OrderStatus::Unmet | OrderStatus::Referred)
            && self.order.errand.class == ServiceClass::Emergency;
        if stalled {
            tx.enqueue(jobs::emergency_stalled(self.order.id, now)).await?;
        }
        Ok(())
    }
}

/// Saves and reads the order again.
///
/// # Errors
/// What the database said; 404 for an actor who may know of it no more.
pub async fn save_and_read(tx: &mut Tx<'_>, actor: &Actor, order: Locked) -> Result<Order, Problem> {
    let (id, now) = (order.order.id, tx.now);
    order.save(tx).await?;
    read::get(tx.conn, actor, now, id).await
}

fn name_of(status: OrderStatus) -> String {
    serde_json::to_value(status)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// The event's name, as it is stored.
fn verb(event: &OrderEvent) -> String {
    serde_json::to_value(event)
        .ok()
        .and_then(|v| v["event"].as_str().map(str::to_owned))
        .unwrap_or_default()
}
