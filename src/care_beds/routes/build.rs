//! From the assessment to the acceptance.

use super::Keepers;
use crate::{
    auth::{Ctx, Provider},
    care_beds::{
        model::{Acceptance, CareBed, CareBedLink, Installation, NewPlan},
        queries,
    },
    error::Problem,
    http::{Answer, Body},
    ids::CareBedId,
};
use actix_web::{http::StatusCode, post, web::Path};
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(assess)
        .service(plan)
        .service(install)
        .service(accept);
}

/// Link the ability assessment that goes with a care bed
#[utoipa::path(operation_id = "care_beds_assess", tag = "care beds", params(("id" = CareBedId, Path)), request_body = CareBedLink, responses((status = 200, body = CareBed)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["care_bed_not_found", "care_bed_state"]))))]
#[post("/care-beds/{id}/assess")]
async fn assess(
    mut ctx: Ctx<Keepers>,
    id: Path<CareBedId>,
    body: Body<CareBedLink>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::build::assess(tx, &actor, *id, new.assessment_id).await?,
        ))
    })
    .await
}

/// Plan, or plan anew, what is built in, at what cost, by which provider
#[utoipa::path(operation_id = "care_beds_plan", tag = "care beds", params(("id" = CareBedId, Path)), request_body = NewPlan, responses((status = 200, body = CareBed)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["care_bed_not_found", "care_bed_state"]))))]
#[post("/care-beds/{id}/plan")]
async fn plan(mut ctx: Ctx<Keepers>, id: Path<CareBedId>, body: Body<NewPlan>) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::build::plan(tx, &actor, *id, new).await?))
    })
    .await
}

/// Record that your organisation has built in the plan, with photos
#[utoipa::path(operation_id = "care_beds_install", tag = "care beds", params(("id" = CareBedId, Path)), request_body = Installation, responses((status = 200, body = CareBed)),
    extensions(("x-roles" = json!(["provider"])), ("x-errors" = json!(["care_bed_not_found", "care_bed_state"]))))]
#[post("/care-beds/{id}/install")]
async fn install(
    mut ctx: Ctx<Provider>,
    id: Path<CareBedId>,
    body: Body<Installation>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::build::install(tx, &actor, *id, &new).await?,
        ))
    })
    .await
}

/// Accept what was built in, or give it back to be mended; not by who installed it
#[utoipa::path(operation_id = "care_beds_accept", tag = "care beds", params(("id" = CareBedId, Path)), request_body = Acceptance, responses((status = 200, body = CareBed)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["care_bed_not_found", "care_bed_state", "accepted_by_installer"]))))]
#[post("/care-beds/{id}/acceptance")]
async fn accept(
    mut ctx: Ctx<Keepers>,
    id: Path<CareBedId>,
    body: Body<Acceptance>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::build::accept(tx, &actor, *id, &new).await?,
        ))
    })
    .await
}
