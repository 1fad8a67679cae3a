//! Applications and decisions on them.

use super::Keepers;
use crate::{
    auth::{Ctx, Officer},
    care_beds::{
        model::{CareBed, NewCareBed, NewDecision, NewEnd, Note},
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
        .service(apply)
        .service(decide)
        .service(resubmit)
        .service(end);
}

/// Apply for a care bed, or another installation, for an elder; idempotent by its id
#[utoipa::path(operation_id = "care_beds_apply", tag = "care beds", request_body = NewCareBed, responses((status = 201, body = CareBed)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["elder_not_found", "elder_merged", "care_bed_already_applied", "care_bed_open"]))))]
#[post("/care-beds")]
async fn apply(mut ctx: Ctx<Keepers>, body: Body<NewCareBed>) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, queries::apply::apply(tx, &actor, new).await?))
    })
    .await
}

/// Decide on an application at the level of your scope: the subdistrict endorses, the county approves
#[utoipa::path(operation_id = "care_beds_decide", tag = "care beds", params(("id" = CareBedId, Path)), request_body = NewDecision, responses((status = 200, body = CareBed)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["care_bed_not_found", "care_bed_state", "care_bed_level"]))))]
#[post("/care-beds/{id}/decide")]
async fn decide(
    mut ctx: Ctx<Officer>,
    id: Path<CareBedId>,
    body: Body<NewDecision>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::apply::decide(tx, &actor, *id, &new).await?,
        ))
    })
    .await
}

/// Give an application that was returned to the subdistrict again
#[utoipa::path(operation_id = "care_beds_resubmit", tag = "care beds", params(("id" = CareBedId, Path)), request_body = Note, responses((status = 200, body = CareBed)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["care_bed_not_found", "care_bed_state"]))))]
#[post("/care-beds/{id}/resubmit")]
async fn resubmit(mut ctx: Ctx<Keepers>, id: Path<CareBedId>, body: Body<Note>) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::apply::resubmit(tx, &actor, *id, &new.note).await?,
        ))
    })
    .await
}

/// End a care bed, or an application or project that is under way
#[utoipa::path(operation_id = "care_beds_end", tag = "care beds", params(("id" = CareBedId, Path)), request_body = NewEnd, responses((status = 200, body = CareBed)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["care_bed_not_found", "care_bed_state"]))))]
#[post("/care-beds/{id}/end")]
async fn end(mut ctx: Ctx<Keepers>, id: Path<CareBedId>, body: Body<NewEnd>) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::serve::end(tx, &actor, *id, &new).await?))
    })
    .await
}
