//! `/orders/{id}/follow-ups` and `/follow-ups/due`.

use crate::{
    auth::{Casework, Ctx, Steward},
    error::Problem,
    followups::{
        model::{Followup, NewFollowup, due::DueFollowup},
        queries::{due as worklist, survey as queries},
    },
    http::{Answer, Body, Page, PageQuery, Params},
    ids::OrderId,
};
use actix_web::{get, http::StatusCode, post, web::Path};
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(survey).service(list).service(due);
}

/// Record what an elder says of a completed service; idempotent by its id
#[utoipa::path(operation_id = "followups_survey", tag = "follow-ups", params(("id" = OrderId, Path)), request_body = NewFollowup, responses((status = 201, body = Followup)),
    extensions(("x-roles" = json!(["steward"])), ("x-errors" = json!(["order_not_found", "nothing_to_survey", "surveyed_by_its_doer", "survey_already_recorded"]))))]
#[post("/orders/{id}/follow-ups")]
async fn survey(
    mut ctx: Ctx<Steward>,
    id: Path<OrderId>,
    body: Body<NewFollowup>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    let percent = ctx.state.config.service.second_ask_percent;
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::CREATED,
            queries::survey(tx, &actor, *id, new, percent).await?,
        ))
    })
    .await
}

/// The surveys of an order and of every round of its chain
#[utoipa::path(operation_id = "followups_list", tag = "follow-ups", params(("id" = OrderId, Path)), responses((status = 200, body = Vec<Followup>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["order_not_found"]))))]
#[get("/orders/{id}/follow-ups")]
async fn list(mut ctx: Ctx<Casework>, id: Path<OrderId>) -> Result<Answer, Problem> {
    let found = queries::of_chain(&mut ctx.conn, &ctx.actor, ctx.now, *id).await?;
    let entry = ctx.stamp().entry("followups.list", "order", Some(id.0));
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// The surveys that you owe, the soonest due first, and how to go on with elders who were not reached
#[utoipa::path(operation_id = "followups_due", tag = "follow-ups", params(PageQuery), responses((status = 200, body = Page<DueFollowup>)),
    extensions(("x-roles" = json!(["steward"]))))]
#[get("/follow-ups/due")]
async fn due(mut ctx: Ctx<Steward>, page: Params<PageQuery>) -> Result<Answer, Problem> {
    let calls = ctx.state.config.service.calls_before_visit;
    Answer::ok(&worklist::list(&mut ctx.conn, &ctx.actor, ctx.now, calls, &page.0).await?)
}
