//! `/no-answer-cases` and `/emergencies`.

use super::{
    model::{Emergency, NoAnswerCase, Resolution},
    queries,
};
use crate::{
    auth::{Casework, Ctx},
    error::Problem,
    http::{Answer, Body, Empty, Page, PageQuery, Params},
    ids::{EmergencyId, NoAnswerCaseId},
    permission,
};
use actix_web::{get, http::StatusCode, post, web::Path};
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(cases)
        .service(resolve)
        .service(list)
        .service(acknowledge);
}

permission!(
    /// Who answers an emergency.
    Responders = Steward | Duty
);

/// The doors that stayed shut in your area, the latest first
#[utoipa::path(operation_id = "no_answer_cases_list", tag = "emergencies", params(PageQuery), responses((status = 200, body = Page<NoAnswerCase>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"]))))]
#[get("/no-answer-cases")]
async fn cases(mut ctx: Ctx<Casework>, page: Params<PageQuery>) -> Result<Answer, Problem> {
    Answer::ok(&queries::cases(&mut ctx.conn, &ctx.actor, ctx.now, &page.0).await?)
}

/// Say what was found out about a shut door
#[utoipa::path(operation_id = "no_answer_cases_resolve", tag = "emergencies", params(("id" = NoAnswerCaseId, Path)), request_body = Resolution,
    responses((status = 200, body = NoAnswerCase)),
    extensions(("x-roles" = json!(["steward", "duty"])), ("x-errors" = json!(["no_answer_case_not_found", "no_answer_case_not_open"]))))]
#[post("/no-answer-cases/{id}/resolve")]
async fn resolve(
    mut ctx: Ctx<Responders>,
    id: Path<NoAnswerCaseId>,
    body: Body<Resolution>,
) -> Result<Answer, Problem> {
    let (actor, resolution) = (ctx.actor, body.value.resolution);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::resolve(tx, &actor, *id, &resolution).await?,
        ))
    })
    .await
}

/// The emergencies in your area, the latest first
#[utoipa::path(operation_id = "emergencies_list", tag = "emergencies", params(PageQuery), responses((status = 200, body = Page<Emergency>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"]))))]
#[get("/emergencies")]
async fn list(mut ctx: Ctx<Casework>, page: Params<PageQuery>) -> Result<Answer, Problem> {
    Answer::ok(&queries::list(&mut ctx.conn, &ctx.actor, ctx.now, &page.0).await?)
}

/// Take an emergency up
#[utoipa::path(operation_id = "emergencies_acknowledge", tag = "emergencies", params(("id" = EmergencyId, Path)), request_body = Empty,
    responses((status = 200, body = Emergency)),
    extensions(("x-roles" = json!(["steward", "duty"])), ("x-errors" = json!(["emergency_not_found", "emergency_not_raised"]))))]
#[post("/emergencies/{id}/acknowledge")]
async fn acknowledge(
    mut ctx: Ctx<Responders>,
    id: Path<EmergencyId>,
    body: Body<Empty>,
) -> Result<Answer, Problem> {
    let actor = ctx.actor;
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::acknowledge(tx, &actor, *id).await?))
    })
    .await
}
