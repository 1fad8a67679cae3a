//! `/webhooks`: the gateways, kept by administrators.

use crate::{
    alerts::{
        model::{Delivery, NewWebhook, Webhook, WebhookPatch, WebhookWithSecret, check_url},
        queries::webhooks,
    },
    auth::{Admin, Ctx},
    error::Problem,
    http::{Answer, Body, Empty, IfMatch, Page, PageQuery, Params},
    ids::WebhookId,
};
use actix_web::{get, http::StatusCode, patch, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(create)
        .service(get)
        .service(change)
        .service(rotate)
        .service(deliveries);
}

/// The gateways that are told of alerts, by name
#[utoipa::path(operation_id = "webhooks_list", tag = "alerts", params(PageQuery), responses((status = 200, body = Page<Webhook>)),
    extensions(("x-roles" = json!(["admin"]))))]
#[get("/webhooks")]
async fn list(mut ctx: Ctx<Admin>, page: Params<PageQuery>) -> Result<Answer, Problem> {
    Answer::ok(&webhooks::list(&mut ctx.conn, &page.0).await?)
}

/// One gateway
#[utoipa::path(operation_id = "webhooks_get", tag = "alerts", params(("id" = WebhookId, Path)), responses((status = 200, body = Webhook)),
    extensions(("x-roles" = json!(["admin"])), ("x-errors" = json!(["webhook_not_found"]))))]
#[get("/webhooks/{id}")]
async fn get(mut ctx: Ctx<Admin>, id: Path<WebhookId>) -> Result<Answer, Problem> {
    Answer::ok(&webhooks::get(&mut ctx.conn, *id).await?)
}

/// Have a gateway told; the answer shows its secret this once, and a repetition is refused because the name is taken
#[utoipa::path(operation_id = "webhooks_create", tag = "alerts", request_body = NewWebhook, responses((status = 201, body = WebhookWithSecret)),
    extensions(("x-roles" = json!(["admin"])), ("x-errors" = json!(["webhook_name_taken"]))))]
#[post("/webhooks")]
async fn create(mut ctx: Ctx<Admin>, body: Body<NewWebhook>) -> Result<Answer, Problem> {
    let new = body.value;
    check_url(&new.url, &ctx.state.config.alerts)?;
    ctx.write_unremembered(async |tx| Ok((StatusCode::CREATED, webhooks::create(tx, new).await?)))
        .await
}

/// Change a gateway, or have it told no more
#[utoipa::path(operation_id = "webhooks_change", tag = "alerts", params(("id" = WebhookId, Path)), request_body = WebhookPatch, responses((status = 200, body = Webhook)),
    extensions(("x-roles" = json!(["admin"])), ("x-edits" = json!(true)), ("x-errors" = json!(["webhook_not_found", "webhook_name_taken"]))))]
#[patch("/webhooks/{id}")]
async fn change(
    mut ctx: Ctx<Admin>,
    id: Path<WebhookId>,
    version: IfMatch,
    body: Body<WebhookPatch>,
) -> Result<Answer, Problem> {
    let patch = body.value;
    if let Some(url) = &patch.url {
        check_url(url, &ctx.state.config.alerts)?;
    }
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, webhooks::change(tx, *id, version.0, patch).await?))
    })
    .await
}

/// Make a new secret, shown this once; for a day the former one signs beside it
#[utoipa::path(operation_id = "webhooks_rotate", tag = "alerts", params(("id" = WebhookId, Path)), request_body = Empty, responses((status = 200, body = WebhookWithSecret)),
    extensions(("x-roles" = json!(["admin"])), ("x-errors" = json!(["webhook_not_found"]))))]
#[post("/webhooks/{id}/rotate")]
async fn rotate(mut ctx: Ctx<Admin>, id: Path<WebhookId>, _: Body<Empty>) -> Result<Answer, Problem> {
    let hours = ctx.state.config.alerts.webhook_rotation_hours;
    ctx.write_unremembered(async |tx| Ok((StatusCode::OK, webhooks::rotate(tx, *id, hours).await?)))
        .await
}

/// Which deliveries to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct DeliveryFilter {
    /// Only those that the gateway has not taken.
    #[garde(skip)]
    undelivered: Option<bool>,
}

/// What a gateway was told, the newest first; one given up is a dead letter among the jobs, and is tried again from there
#[utoipa::path(operation_id = "webhooks_deliveries", tag = "alerts", params(("id" = WebhookId, Path), DeliveryFilter, PageQuery), responses((status = 200, body = Page<Delivery>)),
    extensions(("x-roles" = json!(["admin"])), ("x-errors" = json!(["webhook_not_found"]))))]
#[get("/webhooks/{id}/deliveries")]
async fn deliveries(
    mut ctx: Ctx<Admin>,
    id: Path<WebhookId>,
    filter: Params<DeliveryFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let undelivered = filter.0.undelivered.unwrap_or_default();
    Answer::ok(&webhooks::deliveries(&mut ctx.conn, ctx.now, *id, undelivered, &page.0).await?)
}
