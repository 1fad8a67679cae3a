//! Orders as a provider works on them.

use crate::{
    auth::{Ctx, Provider},
    error::Problem,
    http::{Answer, Body, Empty, Page, PageQuery, Params},
    ids::OrderId,
    orders::{
        model::{Arrival, Completion, NewSchedule, Offer, Order, OrderReason, RevealPhones, RevealedPhones},
        queries::{provider as queries, read},
    },
};
use actix_web::{get, http::StatusCode, post, web::Path};
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(inbox)
        .service(accept)
        .service(decline)
        .service(schedule)
        .service(start)
        .service(complete)
        .service(reveal);
}

/// The offers that wait for your organisation's answer: safety-net elders first, then those that end soonest
#[utoipa::path(operation_id = "offers_inbox", tag = "orders", params(PageQuery), responses((status = 200, body = Page<Offer>)),
    extensions(("x-roles" = json!(["provider"]))))]
#[get("/offers")]
async fn inbox(mut ctx: Ctx<Provider>, page: Params<PageQuery>) -> Result<Answer, Problem> {
    Answer::ok(&read::inbox(&mut ctx.conn, &ctx.actor, ctx.now, &page.0).await?)
}

/// Take an order that is before your organisation
#[utoipa::path(operation_id = "orders_accept", tag = "orders", params(("id" = OrderId, Path)), request_body = Empty, responses((status = 200, body = Order)),
    extensions(("x-roles" = json!(["provider"])), ("x-errors" = json!(["order_not_found", "no_open_offer", "order_state"]))))]
#[post("/orders/{id}/accept")]
async fn accept(mut ctx: Ctx<Provider>, id: Path<OrderId>, body: Body<Empty>) -> Result<Answer, Problem> {
    let actor = ctx.actor;
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::accept(tx, &actor, *id).await?))
    })
    .await
}

/// Refuse an order that is before your organisation, or give one back that you have not begun
#[utoipa::path(operation_id = "orders_decline", tag = "orders", params(("id" = OrderId, Path)), request_body = OrderReason,
    responses((status = 200, description = "It goes to somebody else", body = Empty)),
    extensions(("x-roles" = json!(["provider"])), ("x-errors" = json!(["order_not_found", "no_open_offer", "order_state"]))))]
#[post("/orders/{id}/decline")]
async fn decline(
    mut ctx: Ctx<Provider>,
    id: Path<OrderId>,
    body: Body<OrderReason>,
) -> Result<Answer, Problem> {
    let (actor, reason) = (ctx.actor, body.value.reason);
    ctx.write(body.fingerprint, async |tx| {
        queries::decline(tx, &actor, *id, &reason).await?;
        Ok((StatusCode::OK, json!({})))
    })
    .await
}

/// Set who comes and when, or set it anew
#[utoipa::path(operation_id = "orders_schedule", tag = "orders", params(("id" = OrderId, Path)), request_body = NewSchedule, responses((status = 200, body = Order)),
    extensions(("x-roles" = json!(["provider"])), ("x-errors" = json!(["order_not_found", "order_state", "worker_not_fit"]))))]
#[post("/orders/{id}/schedule")]
async fn schedule(
    mut ctx: Ctx<Provider>,
    id: Path<OrderId>,
    body: Body<NewSchedule>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::schedule(tx, &actor, *id, new).await?))
    })
    .await
}

/// The worker has arrived
#[utoipa::path(operation_id = "orders_start", tag = "orders", params(("id" = OrderId, Path)), request_body = Arrival, responses((status = 200, body = Order)),
    extensions(("x-roles" = json!(["provider"])), ("x-errors" = json!(["order_not_found", "order_state"]))))]
#[post("/orders/{id}/start")]
async fn start(mut ctx: Ctx<Provider>, id: Path<OrderId>, body: Body<Arrival>) -> Result<Answer, Problem> {
    let (actor, arrival) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::start(tx, &actor, *id, &arrival).await?))
    })
    .await
}

/// The work is done and signed for
#[utoipa::path(operation_id = "orders_complete", tag = "orders", params(("id" = OrderId, Path)), request_body = Completion, responses((status = 200, body = Order)),
    extensions(("x-roles" = json!(["provider"])), ("x-errors" = json!(["order_not_found", "order_state"]))))]
#[post("/orders/{id}/complete")]
async fn complete(
    mut ctx: Ctx<Provider>,
    id: Path<OrderId>,
    body: Body<Completion>,
) -> Result<Answer, Problem> {
    let (actor, completion) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::complete(tx, &actor, *id, &completion).await?,
        ))
    })
    .await
}

/// Show the phones of the elder of an order that you have in hand, with a reason, on the record
// Not through `write`: an idempotent memory of this answer would keep the plain values.
#[utoipa::path(operation_id = "orders_reveal", tag = "orders", params(("id" = OrderId, Path)), request_body = RevealPhones, responses((status = 200, body = RevealedPhones)),
    extensions(("x-roles" = json!(["provider"])), ("x-errors" = json!(["order_not_found", "order_state"]))))]
#[post("/orders/{id}/reveal")]
async fn reveal(
    mut ctx: Ctx<Provider>,
    id: Path<OrderId>,
    body: Body<RevealPhones>,
) -> Result<Answer, Problem> {
    let (stamp, asked) = (ctx.stamp(), body.value);
    let (elder, community, shown) =
        read::phones(&mut ctx.conn, &stamp, &ctx.actor, *id, &asked.fields).await?;
    let entry = stamp
        .entry("orders.reveal", "order", Some(id.0))
        .elder(elder)
        .community(community);
    let detail = json!({ "fields": asked.fields, "reason": asked.reason });
    ctx.audit(vec![entry.detail(detail)]).await?;
    Answer::ok(&shown)
}
