//! What is done about a hazard until a later visit finds it safe.

use crate::{
    auth::{Casework, Ctx, Steward},
    error::Problem,
    hazards::{
        model::{Hazard, NewExtension, NewNotice, NewPhotos, NewRepair, NewReport, NewResponsible},
        queries::follow as queries,
    },
    http::{Answer, Body},
    ids::HazardId,
    permission,
};
use actix_web::{http::StatusCode, post, web::Path};
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(report)
        .service(notify)
        .service(photograph)
        .service(make_responsible)
        .service(extend)
        .service(repair);
}

permission!(
    /// Who keeps the list of hazards of a community.
    Keepers = Steward | Officer
);

/// Record that a hazard was reported: to whom, when; a major one within the hour. Idempotent by its id
#[utoipa::path(operation_id = "hazards_report", tag = "hazards", params(("id" = HazardId, Path)), request_body = NewReport, responses((status = 200, body = Hazard)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["hazard_not_found", "hazard_record_taken"]))))]
#[post("/hazards/{id}/reports")]
async fn report(
    mut ctx: Ctx<Casework>,
    id: Path<HazardId>,
    body: Body<NewReport>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::report(tx, &actor, *id, &new).await?))
    })
    .await
}

/// Record a notice that was served: signed, or refused with the reason. Idempotent by its id
#[utoipa::path(operation_id = "hazards_notify", tag = "hazards", params(("id" = HazardId, Path)), request_body = NewNotice, responses((status = 200, body = Hazard)),
    extensions(("x-roles" = json!(["steward"])), ("x-errors" = json!(["hazard_not_found", "hazard_record_taken"]))))]
#[post("/hazards/{id}/notices")]
async fn notify(mut ctx: Ctx<Steward>, id: Path<HazardId>, body: Body<NewNotice>) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    new.check()?;
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::notify(tx, &actor, *id, &new).await?))
    })
    .await
}

/// Add photos: before the repair, after it. Idempotent by its id
#[utoipa::path(operation_id = "hazards_photograph", tag = "hazards", params(("id" = HazardId, Path)), request_body = NewPhotos, responses((status = 200, body = Hazard)),
    extensions(("x-roles" = json!(["steward"])), ("x-errors" = json!(["hazard_not_found", "hazard_record_taken"]))))]
#[post("/hazards/{id}/photos")]
async fn photograph(
    mut ctx: Ctx<Steward>,
    id: Path<HazardId>,
    body: Body<NewPhotos>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    new.check()?;
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::photograph(tx, &actor, *id, &new).await?))
    })
    .await
}

/// Say who has to mend a hazard
#[utoipa::path(operation_id = "hazards_make_responsible", tag = "hazards", params(("id" = HazardId, Path)), request_body = NewResponsible, responses((status = 200, body = Hazard)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["hazard_not_found", "hazard_not_open"]))))]
#[post("/hazards/{id}/responsible")]
async fn make_responsible(
    mut ctx: Ctx<Keepers>,
    id: Path<HazardId>,
    body: Body<NewResponsible>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::make_responsible(tx, &actor, *id, &new).await?,
        ))
    })
    .await
}

/// Move a hazard's deadline, once, with a reason
#[utoipa::path(operation_id = "hazards_extend", tag = "hazards", params(("id" = HazardId, Path)), request_body = NewExtension, responses((status = 200, body = Hazard)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["hazard_not_found", "hazard_not_open", "hazard_already_extended", "hazard_has_no_deadline"]))))]
#[post("/hazards/{id}/extension")]
async fn extend(
    mut ctx: Ctx<Keepers>,
    id: Path<HazardId>,
    body: Body<NewExtension>,
) -> Result<Answer, Problem> {
    let (actor, config, new) = (ctx.actor, ctx.state.config.clone(), body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::extend(tx, &actor, &config.service, *id, &new).await?,
        ))
    })
    .await
}

/// Order the repair of a hazard from a provider, under the item of class `home_safety`. Idempotent by the order's id
#[utoipa::path(operation_id = "hazards_repair", tag = "hazards", params(("id" = HazardId, Path)), request_body = NewRepair, responses((status = 200, body = Hazard)),
    extensions(("x-roles" = json!(["steward"])), ("x-errors" = json!(["hazard_not_found", "hazard_not_open", "hazard_in_repair", "hazard_record_taken", "need_not_found", "need_already_collected", "need_not_open", "order_already_requested", "item_not_ordered", "provider_not_eligible"]))))]
#[post("/hazards/{id}/repair-order")]
async fn repair(mut ctx: Ctx<Steward>, id: Path<HazardId>, body: Body<NewRepair>) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::repair(tx, &actor, *id, new).await?))
    })
    .await
}
