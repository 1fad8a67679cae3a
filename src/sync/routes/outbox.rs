//! What phones send.

use crate::{
    auth::{Ctx, Steward},
    error::{Problem, UNAVAILABLE},
    http::{Answer, Body, Fingerprint, request_id},
    state::AppState,
    sync::{
        OUTBOX_ITEM_CHANGED, Within,
        model::outbox::{Outbox, Ready, Receipt, ReceiptStatus, Receipts, status_of},
        queries::receipts::{self, Done, Received},
    },
    tx::{Actor, Stamp},
};
use actix_web::{HttpRequest, post};
use serde_json::Value;
use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// How long a batch is worked on; what is left then is sent again.
const PATIENCE: Duration = Duration::from_secs(20);

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(outbox);
}

/// Send what was done without signal
///
/// Each item is done as its ordinary operation would be, in a transaction of its own, and has its own receipt. A batch that comes again
/// changes nothing.
#[utoipa::path(operation_id = "sync_outbox", tag = "sync", request_body = Outbox, responses((status = 200, body = Receipts)),
    extensions(("x-roles" = json!(["steward"]))))]
#[post("/sync/outbox")]
async fn outbox(request: HttpRequest, mut ctx: Ctx<Steward>, body: Body<Outbox>) -> Result<Answer, Problem> {
    let Outbox { device_id, items } = body.value;
    let read: Vec<_> = items.iter().map(Ready::read).collect();
    let named = read.iter().filter_map(|ready| ready.as_ref().ok());
    let named = named.flat_map(|ready| ready.item.after.iter().copied().chain([ready.item.id]));
    let received = receipts::of(&mut ctx.conn, &ctx.actor, named.collect()).await?;
    let mut batch = Batch {
        operations: request
            .app_data::<Within>()
            .cloned()
            .ok_or_else(|| Problem::internal("an outbox within an outbox"))?,
        request: request.clone(),
        state: ctx.state.clone(),
        stamp: ctx.stamp(),
        actor: ctx.actor,
        device_id,
        received,
        until: Instant::now() + PATIENCE,
    };
    // The operations take connections of their own: whoever waits for one of the last must not hold it.
    drop(ctx);
    let receipts = batch.work(read).await;
    Answer::ok(&Receipts {
        server_time: batch.state.clock.now(),
        receipts,
    })
}

struct Batch {
    operations: Within,
    request: HttpRequest,
    state: AppState,
    stamp: Stamp,
    actor: Actor,
    device_id: Uuid,
    received: HashMap<Uuid, Received>,
    until: Instant,
}

impl Batch {
    /// Does every item whose predecessors were received, until there is none more.
    async fn work(&mut self, read: Vec<Result<Ready, (Uuid, Problem)>>) -> Vec<Receipt> {
        let now = self.stamp.now;
        let mut receipts: Vec<Option<Receipt>> = Vec::with_capacity(read.len());
        let mut waiting = Vec::new();
        for (place, ready) in read.into_iter().enumerate() {
            receipts.push(match ready {
                Ok(ready) => {
                    waiting.push((place, ready));
                    None
                }
                Err((id, problem)) => Some(self.refused(id, &problem)),
            });
        }
        loop {
            let (due, held): (Vec<_>, Vec<_>) = waiting
                .into_iter()
                .partition(|(_, ready)| self.missing(ready).is_empty());
            waiting = held;
            if due.is_empty() {
                break;
            }
            for (place, ready) in due {
                receipts[place] = Some(self.one(&ready).await);
            }
        }
        for (place, ready) in waiting {
            receipts[place] = Some(Receipt {
                waiting_for: self.missing(&ready),
                ..Receipt::of(ready.item.id, ReceiptStatus::Held, now)
            });
        }
        receipts.into_iter().flatten().collect()
    }

    /// Which predecessors were not received. What was received itself waits for nothing.
    fn missing(&self, ready: &Ready) -> Vec<Uuid> {
        if self.received.contains_key(&ready.item.id) {
            return Vec::new();
        }
        let after: HashSet<_> = ready.item.after.iter().copied().collect();
        let mut missing: Vec<_> = after
            .into_iter()
            .filter(|id| !self.received.contains_key(id))
            .collect();
        missing.sort_unstable();
        missing
    }

    fn refused(&self, id: Uuid, problem: &Problem) -> Receipt {
        Receipt::problem(id, self.state.clock.now(), request_id(&self.request), problem)
    }

    async fn one(&mut self, ready: &Ready) -> Receipt {
        match self.done(ready).await {
            Ok(receipt) => receipt,
            Err(problem) => {
                if problem.code.status >= 500 {
                    tracing::error!(request_id = ?self.stamp.request_id, problem = %problem, "an item of an outbox could not be done");
                }
                self.refused(ready.item.id, &problem)
            }
        }
    }

    async fn done(&mut self, ready: &Ready) -> Result<Receipt, Problem> {
        let id = ready.item.id;
        if let Some(received) = self.received.get(&id) {
            return if received.says(&self.stamp, &ready.hash) {
                Ok(receipt(ready, received))
            } else {
                Err(OUTBOX_ITEM_CHANGED.problem())
            };
        }
        if Instant::now() >= self.until {
            return Err(UNAVAILABLE.with("the batch took too long"));
        }
        let key = (id, Fingerprint(ready.hash));
        let answered = self
            .operations
            .post(&self.request, &ready.path, key, &ready.body())
            .await?;
        let http = answered.status.as_u16();
        let (status, now) = (status_of(http), self.state.clock.now());
        let answer_status = i16::try_from(http).unwrap_or(i16::MAX);
        if status != ReceiptStatus::Received {
            return Ok(Receipt {
                answer_status: Some(answer_status),
                problem: answered.body,
                ..Receipt::of(id, status, now)
            });
        }
        let done = Done {
            status: answer_status,
            version: version(answered.body.as_ref()),
            subject: subject(answered.body.as_ref(), ready),
        };
        let mut conn = self.state.pool.get().await?;
        let received = receipts::keep(
            &mut conn,
            &self.stamp,
            &self.actor,
            self.device_id,
            ready,
            (now, &done),
        )
        .await?;
        let receipt = Receipt {
            answer: answered.body,
            ..receipt(ready, &received)
        };
        self.received.insert(id, received);
        Ok(receipt)
    }
}

fn receipt(ready: &Ready, received: &Received) -> Receipt {
    Receipt {
        hash: Some(ready.hash.iter().map(|byte| format!("{byte:02x}")).collect()),
        version: received.answer_version,
        answer_status: Some(received.answer_status),
        ..Receipt::of(ready.item.id, ReceiptStatus::Received, received.received_at)
    }
}

fn version(answer: Option<&Value>) -> Option<i32> {
    answer?.get("version")?.as_i64()?.try_into().ok()
}

/// What the operation made or changed: what its answer names, or what its path did.
fn subject(answer: Option<&Value>, ready: &Ready) -> Option<Uuid> {
    let named = answer
        .and_then(|body| body.get("id"))
        .and_then(Value::as_str)
        .and_then(|id| id.parse().ok());
    named.or_else(|| ready.item.path.as_ref()?.get("id").copied())
}
