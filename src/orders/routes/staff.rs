//! Orders as stewards, officers and the duty desk work on them, and as everybody concerned reads them.

use crate::{
    auth::{Casework, CaseworkOrProvider, Ctx, Steward},
    error::Problem,
    http::{Answer, Body, Empty, Page, PageQuery, Params},
    ids::{CommunityId, ElderId, OrderId},
    orders::{
        clocks::ClockKind,
        dispatch::Candidate,
        model::{
            Cancellation, NewOrder, Offer, OfferNext, Order, OrderEventLine, OrderFile, OrderReason,
            OrderStatus,
        },
        queries::{read, read::Narrow, staff as queries},
    },
    permission,
};
use actix_web::{get, http::StatusCode, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(request)
        .service(list)
        .service(get)
        .service(events)
        .service(offers)
        .service(candidates)
        .service(offer)
        .service(give_up)
        .service(cancel)
        .service(pause)
        .service(resume);
}

permission!(
    /// Who decides on a referred order, and looks for what is missing.
    Deciders = Officer | Duty
);

/// Make an order of an open need; it is put before the first candidate at once. Idempotent by its id
#[utoipa::path(operation_id = "orders_request", tag = "orders", request_body = NewOrder, responses((status = 201, body = Order)),
    extensions(("x-roles" = json!(["steward"])), ("x-errors" = json!(["need_not_found", "need_not_open", "order_already_requested", "item_not_ordered", "provider_not_eligible"]))))]
#[post("/orders")]
async fn request(mut ctx: Ctx<Steward>, body: Body<NewOrder>) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, queries::request(tx, &actor, new).await?))
    })
    .await
}

/// Which orders to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct OrderFilter {
    /// One status.
    #[garde(skip)]
    status: Option<OrderStatus>,
    /// One community.
    #[garde(skip)]
    community: Option<CommunityId>,
    /// One elder.
    #[garde(skip)]
    elder: Option<ElderId>,
    /// Those whose clock ran out.
    #[garde(skip)]
    #[serde(default)]
    late: bool,
}

/// The orders of your area, or those your organisation took or has before it, the latest first
#[utoipa::path(operation_id = "orders_list", tag = "orders", params(OrderFilter, PageQuery), responses((status = 200, body = Page<Order>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "provider"]))))]
#[get("/orders")]
async fn list(
    mut ctx: Ctx<CaseworkOrProvider>,
    filter: Params<OrderFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let OrderFilter {
        status,
        community,
        elder,
        late,
    } = filter.0;
    let narrow = Narrow {
        status,
        community,
        elder,
        late,
    };
    let found = read::list(&mut ctx.conn, &ctx.actor, ctx.now, narrow, &page.0).await?;
    let entry = ctx
        .stamp()
        .entry("orders.list", "order", None)
        .detail(serde_json::json!({ "orders": found.items.iter().map(|o| o.id).collect::<Vec<_>>() }));
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// One order with its clocks and evidence
#[utoipa::path(operation_id = "orders_get", tag = "orders", params(("id" = OrderId, Path)), responses((status = 200, body = OrderFile)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "provider"])), ("x-errors" = json!(["order_not_found"]))))]
#[get("/orders/{id}")]
async fn get(mut ctx: Ctx<CaseworkOrProvider>, id: Path<OrderId>) -> Result<Answer, Problem> {
    let file = read::file(&mut ctx.conn, &ctx.actor, ctx.now, *id).await?;
    let mut entry = ctx
        .stamp()
        .entry("orders.read", "order", Some(id.0))
        .community(file.order.community_id);
    entry.elder_id = file.order.elder_id.map(|e| e.0);
    ctx.audit(vec![entry]).await?;
    Answer::ok(&file)
}

/// What happened to an order, in its sequence
#[utoipa::path(operation_id = "orders_events", tag = "orders", params(("id" = OrderId, Path), PageQuery), responses((status = 200, body = Page<OrderEventLine>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "provider"])), ("x-errors" = json!(["order_not_found"]))))]
#[get("/orders/{id}/events")]
async fn events(
    mut ctx: Ctx<CaseworkOrProvider>,
    id: Path<OrderId>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    Answer::ok(&read::events(&mut ctx.conn, &ctx.actor, ctx.now, *id, &page.0).await?)
}

/// The offers of an order with the figures they were made on; a provider sees its own
#[utoipa::path(operation_id = "orders_offers", tag = "orders", params(("id" = OrderId, Path)), responses((status = 200, body = Vec<Offer>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "provider"])), ("x-errors" = json!(["order_not_found"]))))]
#[get("/orders/{id}/offers")]
async fn offers(mut ctx: Ctx<CaseworkOrProvider>, id: Path<OrderId>) -> Result<Answer, Problem> {
    Answer::ok(&read::offers(&mut ctx.conn, &ctx.actor, ctx.now, *id).await?)
}

/// Who may have an order, in which order they are asked, and what stands in the way of the others
#[utoipa::path(operation_id = "orders_candidates", tag = "orders", params(("id" = OrderId, Path)), responses((status = 200, body = Vec<Candidate>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["order_not_found", "order_state"]))))]
#[get("/orders/{id}/candidates")]
async fn candidates(mut ctx: Ctx<Casework>, id: Path<OrderId>) -> Result<Answer, Problem> {
    Answer::ok(&queries::candidates(&mut ctx.conn, &ctx.actor, ctx.now, *id).await?)
}

/// Offer an order to the provider you choose, or to the first of the ranking
#[utoipa::path(operation_id = "orders_offer", tag = "orders", params(("id" = OrderId, Path)), request_body = OfferNext, responses((status = 200, body = Order)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["order_not_found", "order_state", "order_is_referred", "provider_not_eligible"]))))]
#[post("/orders/{id}/offer")]
async fn offer(mut ctx: Ctx<Casework>, id: Path<OrderId>, body: Body<OfferNext>) -> Result<Answer, Problem> {
    let (actor, choice) = (ctx.actor, body.value.choice);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::offer_next(tx, &actor, *id, choice).await?,
        ))
    })
    .await
}

/// Record that nobody can take a referred order
#[utoipa::path(operation_id = "orders_give_up", tag = "orders", params(("id" = OrderId, Path)), request_body = OrderReason, responses((status = 200, body = Order)),
    extensions(("x-roles" = json!(["officer", "duty"])), ("x-errors" = json!(["order_not_found", "order_state"]))))]
#[post("/orders/{id}/give-up")]
async fn give_up(
    mut ctx: Ctx<Deciders>,
    id: Path<OrderId>,
    body: Body<OrderReason>,
) -> Result<Answer, Problem> {
    let (actor, reason) = (ctx.actor, body.value.reason);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::give_up(tx, &actor, *id, &reason).await?))
    })
    .await
}

/// Cancel an order that is not completed
#[utoipa::path(operation_id = "orders_cancel", tag = "orders", params(("id" = OrderId, Path)), request_body = Cancellation, responses((status = 200, body = Order)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["order_not_found", "order_state"]))))]
#[post("/orders/{id}/cancel")]
async fn cancel(
    mut ctx: Ctx<Casework>,
    id: Path<OrderId>,
    body: Body<Cancellation>,
) -> Result<Answer, Problem> {
    let (actor, cancellation) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::cancel(tx, &actor, *id, &cancellation).await?,
        ))
    })
    .await
}

/// Stop a clock whose party has to wait
#[utoipa::path(operation_id = "orders_pause_clock", tag = "orders", params(("id" = OrderId, Path), ("clock" = ClockKind, Path)), request_body = OrderReason,
    responses((status = 200, body = Order)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["order_not_found", "order_state", "clock_not_pausable"]))))]
#[post("/orders/{id}/clocks/{clock}/pause")]
async fn pause(
    mut ctx: Ctx<Casework>,
    which: Path<(OrderId, ClockKind)>,
    body: Body<OrderReason>,
) -> Result<Answer, Problem> {
    let (actor, reason) = (ctx.actor, body.value.reason);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::pause(tx, &actor, *which, &reason).await?))
    })
    .await
}

/// Let a clock run again
#[utoipa::path(operation_id = "orders_resume_clock", tag = "orders", params(("id" = OrderId, Path), ("clock" = ClockKind, Path)), request_body = Empty,
    responses((status = 200, body = Order)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["order_not_found", "order_state", "clock_not_pausable"]))))]
#[post("/orders/{id}/clocks/{clock}/resume")]
async fn resume(
    mut ctx: Ctx<Casework>,
    which: Path<(OrderId, ClockKind)>,
    body: Body<Empty>,
) -> Result<Answer, Problem> {
    let actor = ctx.actor;
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::resume(tx, &actor, *which).await?))
    })
    .await
}
