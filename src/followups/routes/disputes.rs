//! `/orders/{id}/dispute` and `/disputes`.

use crate::{
    auth::{Ctx, Officer, Provider},
    error::Problem,
    followups::{
        model::dispute::{Decision, Dispute, DisputeStatus, NewDispute},
        queries::dispute,
    },
    http::{Answer, Body, Page, PageQuery, Params},
    ids::{DisputeId, OrderId},
    permission,
};
use actix_web::{get, http::StatusCode, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

permission!(
    /// Those who dispute, and those who decide.
    Disputing = Provider | Officer
);

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(raise).service(list).service(decide);
}

/// Dispute what an elder said of your service, with evidence; the rework goes on meanwhile; idempotent by its id
#[utoipa::path(operation_id = "disputes_raise", tag = "follow-ups", params(("id" = OrderId, Path)), request_body = NewDispute, responses((status = 201, body = Dispute)),
    extensions(("x-roles" = json!(["provider"])), ("x-errors" = json!(["order_not_found", "nothing_to_dispute", "disputed_already", "dispute_too_late"]))))]
#[post("/orders/{id}/dispute")]
async fn raise(mut ctx: Ctx<Provider>, id: Path<OrderId>, body: Body<NewDispute>) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    let days = ctx.state.config.service.dispute_days;
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::CREATED,
            dispute::raise(tx, &actor, *id, new, days).await?,
        ))
    })
    .await
}

/// Which disputes to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct DisputeFilter {
    /// Of this status.
    #[garde(skip)]
    status: Option<DisputeStatus>,
}

/// The disputes of your area, or of your organisation, the latest first
#[utoipa::path(operation_id = "disputes_list", tag = "follow-ups", params(DisputeFilter, PageQuery), responses((status = 200, body = Page<Dispute>)),
    extensions(("x-roles" = json!(["provider", "officer"]))))]
#[get("/disputes")]
async fn list(
    mut ctx: Ctx<Disputing>,
    filter: Params<DisputeFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    Answer::ok(&dispute::list(&mut ctx.conn, &ctx.actor, ctx.now, filter.0.status, &page.0).await?)
}

/// Decide a dispute, with a reason; the survey stays, an upheld dispute is left out of the provider's record
#[utoipa::path(operation_id = "disputes_decide", tag = "follow-ups", params(("id" = DisputeId, Path)), request_body = Decision, responses((status = 200, body = Dispute)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["dispute_not_found", "dispute_decided"]))))]
#[post("/disputes/{id}/decide")]
async fn decide(mut ctx: Ctx<Officer>, id: Path<DisputeId>, body: Body<Decision>) -> Result<Answer, Problem> {
    let (actor, decision) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, dispute::decide(tx, &actor, *id, decision).await?))
    })
    .await
}
