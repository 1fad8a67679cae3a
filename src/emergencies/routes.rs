//! `/no-answer-cases` and `/emergencies`.

use super::{
    model::{
        Emergency, EmergencyClosing, EmergencyDetail, EmergencyService, EmergencyStepDone, NewEmergency,
        NewEmergencyService, NewEmergencyStep, NewNoAnswerStep, NoAnswerCase, NoAnswerCaseDetail,
        NoAnswerStepDone, Resolution,
    },
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
        .service(case)
        .service(take_step_at_the_door)
        .service(resolve)
        .service(list)
        .service(raise)
        .service(get)
        .service(acknowledge)
        .service(take_step)
        .service(order_service)
        .service(close);
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

/// One shut door, with the steps that were taken
#[utoipa::path(operation_id = "no_answer_cases_get", tag = "emergencies", params(("id" = NoAnswerCaseId, Path)),
    responses((status = 200, body = NoAnswerCaseDetail)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["no_answer_case_not_found"]))))]
#[get("/no-answer-cases/{id}")]
async fn case(mut ctx: Ctx<Casework>, id: Path<NoAnswerCaseId>) -> Result<Answer, Problem> {
    let found = queries::case(&mut ctx.conn, &ctx.actor, ctx.now, *id).await?;
    let entry = ctx
        .stamp()
        .entry("no_answer.read", "no_answer_case", Some(id.0))
        .community(found.case.community_id);
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// Record a step at a shut door; idempotent by its id
#[utoipa::path(operation_id = "no_answer_cases_take_step", tag = "emergencies", params(("id" = NoAnswerCaseId, Path)),
    request_body = NewNoAnswerStep, responses((status = 201, body = NoAnswerStepDone)),
    extensions(("x-roles" = json!(["steward", "duty"])),
        ("x-errors" = json!(["no_answer_case_not_found", "no_answer_case_not_open", "no_answer_step_already_taken"]))))]
#[post("/no-answer-cases/{id}/steps")]
async fn take_step_at_the_door(
    mut ctx: Ctx<Responders>,
    id: Path<NoAnswerCaseId>,
    body: Body<NewNoAnswerStep>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::CREATED,
            queries::take_step_at_the_door(tx, &actor, *id, new).await?,
        ))
    })
    .await
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

/// Raise an emergency; everyone of the ladder's first rung is alerted at once. Idempotent by its id
///
/// Where one is open in the household already, it is another call: a row of its own with `repeat_of` and `call`, and is said to
/// the next rung as well.
#[utoipa::path(operation_id = "emergencies_raise", tag = "emergencies", request_body = NewEmergency, responses((status = 201, body = Emergency)),
    extensions(("x-roles" = json!(["steward", "duty"])), ("x-errors" = json!(["household_not_found", "emergency_already_raised"]))))]
#[post("/emergencies")]
async fn raise(mut ctx: Ctx<Responders>, body: Body<NewEmergency>) -> Result<Answer, Problem> {
    let (actor, new, config) = (ctx.actor, body.value, ctx.state.config.clone());
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::CREATED,
            queries::raise(tx, &actor, &config.service, &new).await?,
        ))
    })
    .await
}

/// One emergency, with all that happened
#[utoipa::path(operation_id = "emergencies_get", tag = "emergencies", params(("id" = EmergencyId, Path)),
    responses((status = 200, body = EmergencyDetail)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["emergency_not_found"]))))]
#[get("/emergencies/{id}")]
async fn get(mut ctx: Ctx<Casework>, id: Path<EmergencyId>) -> Result<Answer, Problem> {
    let stamp = ctx.stamp();
    let found = queries::get(&mut ctx.conn, &stamp, &ctx.actor, *id).await?;
    let entry = stamp
        .entry("emergencies.read", "emergency", Some(id.0))
        .community(found.emergency.community_id);
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
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
    let (actor, config) = (ctx.actor, ctx.state.config.clone());
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::acknowledge(tx, &actor, &config.service, *id).await?,
        ))
    })
    .await
}

/// Record a step of the answer: under way, at the door, a life at risk, 120 rung, handed over. Idempotent by its id
///
/// 120 may be rung, and a life be at risk, before anybody has taken the emergency up. A step that a phone sends late counts by the time
/// at which it was taken.
#[utoipa::path(operation_id = "emergencies_take_step", tag = "emergencies", params(("id" = EmergencyId, Path)), request_body = NewEmergencyStep,
    responses((status = 201, body = EmergencyStepDone)),
    extensions(("x-roles" = json!(["steward", "duty"])),
        ("x-errors" = json!(["emergency_not_found", "emergency_not_acknowledged", "emergency_closed", "emergency_step_already_taken"]))))]
#[post("/emergencies/{id}/steps")]
async fn take_step(
    mut ctx: Ctx<Responders>,
    id: Path<EmergencyId>,
    body: Body<NewEmergencyStep>,
) -> Result<Answer, Problem> {
    let (actor, new, config) = (ctx.actor, body.value, ctx.state.config.clone());
    // What lies sealed is not remembered in the open.
    ctx.write_unremembered(async |tx| {
        Ok((
            StatusCode::CREATED,
            queries::take_step(tx, &actor, &config.service, *id, new).await?,
        ))
    })
    .await
}

/// Order transport to the hospital, or medicine, from the nearest provider that is open now. Idempotent by the order's id
#[utoipa::path(operation_id = "emergencies_order_service", tag = "emergencies", params(("id" = EmergencyId, Path)),
    request_body = NewEmergencyService, responses((status = 201, body = EmergencyService)),
    extensions(("x-roles" = json!(["steward", "duty"])),
        ("x-errors" = json!(["emergency_not_found", "emergency_closed", "ambulance_first", "order_already_requested", "item_not_ordered",
            "provider_not_eligible"]))))]
#[post("/emergencies/{id}/services")]
async fn order_service(
    mut ctx: Ctx<Responders>,
    id: Path<EmergencyId>,
    body: Body<NewEmergencyService>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::CREATED,
            queries::order_service(tx, &actor, *id, new).await?,
        ))
    })
    .await
}

/// Close an emergency by a visit that met somebody there on a later day
#[utoipa::path(operation_id = "emergencies_close", tag = "emergencies", params(("id" = EmergencyId, Path)), request_body = EmergencyClosing,
    responses((status = 200, body = Emergency)),
    extensions(("x-roles" = json!(["steward", "duty"])),
        ("x-errors" = json!(["emergency_not_found", "emergency_not_acknowledged", "emergency_closed"]))))]
#[post("/emergencies/{id}/close")]
async fn close(
    mut ctx: Ctx<Responders>,
    id: Path<EmergencyId>,
    body: Body<EmergencyClosing>,
) -> Result<Answer, Problem> {
    let (actor, visit) = (ctx.actor, body.value.visit_id);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::close(tx, &actor, *id, visit).await?))
    })
    .await
}
