//! Agreement, service plan, and the time of service.

use super::Keepers;
use crate::{
    auth::{CaseworkOrProvider, Ctx},
    calendar::Month,
    care_beds::{
        model::{CareBed, MonthUsage, NewAgreement, NewServicePlan, NewSuspension, Note},
        queries,
    },
    error::Problem,
    http::{Answer, Body, Empty, Params},
    ids::CareBedId,
};
use actix_web::{get, http::StatusCode, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(agree)
        .service(plan_service)
        .service(usage)
        .service(start)
        .service(suspend)
        .service(resume);
}

/// Record the agreement of elder and provider, with its photo
#[utoipa::path(operation_id = "care_beds_agree", tag = "care beds", params(("id" = CareBedId, Path)), request_body = NewAgreement, responses((status = 200, body = CareBed)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["care_bed_not_found", "care_bed_state"]))))]
#[post("/care-beds/{id}/agreements")]
async fn agree(
    mut ctx: Ctx<Keepers>,
    id: Path<CareBedId>,
    body: Body<NewAgreement>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::serve::agree(tx, &actor, *id, new).await?))
    })
    .await
}

/// Set how often and how long each item is given a month, from a month on
#[utoipa::path(operation_id = "care_beds_plan_service", tag = "care beds", params(("id" = CareBedId, Path)), request_body = NewServicePlan, responses((status = 200, body = CareBed)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["care_bed_not_found", "care_bed_state"]))))]
#[post("/care-beds/{id}/service-plan")]
async fn plan_service(
    mut ctx: Ctx<Keepers>,
    id: Path<CareBedId>,
    body: Body<NewServicePlan>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::serve::plan_service(tx, &actor, *id, new).await?,
        ))
    })
    .await
}

/// Which month.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct UsageQuery {
    /// This one unless told.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "2024-01")]
    month: Option<Month>,
}

/// What of a care bed's service plan was used in a month
#[utoipa::path(operation_id = "care_beds_usage", tag = "care beds", params(("id" = CareBedId, Path), UsageQuery), responses((status = 200, body = MonthUsage)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "provider"])), ("x-errors" = json!(["care_bed_not_found"]))))]
#[get("/care-beds/{id}/usage")]
async fn usage(
    mut ctx: Ctx<CaseworkOrProvider>,
    id: Path<CareBedId>,
    query: Params<UsageQuery>,
) -> Result<Answer, Problem> {
    let month = query.0.month.unwrap_or_else(|| Month::of(ctx.stamp().today()));
    let stamp = ctx.stamp();
    let found = queries::serve::usage(&mut ctx.conn, &stamp, &ctx.actor, *id, month).await?;
    let entry = stamp.entry("care_beds.usage", "care_bed", Some(id.0));
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// Begin the service of a care bed that has its agreement and service plan
#[utoipa::path(operation_id = "care_beds_start", tag = "care beds", params(("id" = CareBedId, Path)), request_body = Empty, responses((status = 200, body = CareBed)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["care_bed_not_found", "care_bed_state", "care_bed_not_ready"]))))]
#[post("/care-beds/{id}/start")]
async fn start(mut ctx: Ctx<Keepers>, id: Path<CareBedId>, body: Body<Empty>) -> Result<Answer, Problem> {
    let actor = ctx.actor;
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::serve::start(tx, &actor, *id).await?))
    })
    .await
}

/// Stop the service for a time
#[utoipa::path(operation_id = "care_beds_suspend", tag = "care beds", params(("id" = CareBedId, Path)), request_body = NewSuspension, responses((status = 200, body = CareBed)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["care_bed_not_found", "care_bed_state"]))))]
#[post("/care-beds/{id}/suspend")]
async fn suspend(
    mut ctx: Ctx<Keepers>,
    id: Path<CareBedId>,
    body: Body<NewSuspension>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::serve::suspend(tx, &actor, *id, &new).await?,
        ))
    })
    .await
}

/// Take the service up again
#[utoipa::path(operation_id = "care_beds_resume", tag = "care beds", params(("id" = CareBedId, Path)), request_body = Note, responses((status = 200, body = CareBed)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["care_bed_not_found", "care_bed_state", "care_bed_not_ready"]))))]
#[post("/care-beds/{id}/resume")]
async fn resume(mut ctx: Ctx<Keepers>, id: Path<CareBedId>, body: Body<Note>) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::serve::resume(tx, &actor, *id, &new.note).await?,
        ))
    })
    .await
}
