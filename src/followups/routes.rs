//! `/orders/{id}/follow-ups`.

use super::{
    model::{Followup, NewFollowup},
    queries,
};
use crate::{
    auth::{Casework, Ctx, Steward},
    error::Problem,
    http::{Answer, Body},
    ids::OrderId,
};
use actix_web::{get, http::StatusCode, post, web::Path};
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(survey).service(list);
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
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, queries::survey(tx, &actor, *id, new).await?))
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
