//! `/visits`.

use super::{
    model::{NewVisit, NewVisitPhotos, Visit, VisitCorrection, VisitDetail},
    queries,
};
use crate::{
    auth::{Casework, Ctx, Steward},
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    ids::{HouseholdId, VisitId},
};
use actix_web::{get, http::StatusCode, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(log)
        .service(list)
        .service(get)
        .service(correct)
        .service(photograph)
        .service(revisions);
}

/// Log a visit; idempotent by its id
#[utoipa::path(operation_id = "visits_log", tag = "visits", request_body = NewVisit, responses((status = 201, body = Visit)),
    extensions(("x-roles" = json!(["steward"])), ("x-errors" = json!(["household_not_found", "visit_already_logged", "need_already_collected", "hazard_already_found"]))))]
#[post("/visits")]
async fn log(mut ctx: Ctx<Steward>, body: Body<NewVisit>) -> Result<Answer, Problem> {
    let (stamp, new) = (ctx.stamp(), body.value);
    new.check(ctx.now)?;
    // One statement of its own: the visit's id does what an Idempotency-Key does elsewhere.
    let visit = queries::log(&mut ctx.conn, &stamp, &ctx.actor, &ctx.state.config.service, &new).await?;
    ctx.state.trail.wake();
    Answer::new(StatusCode::CREATED, &visit)
}

/// Which visits to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct VisitFilter {
    /// Only to this household.
    #[garde(skip)]
    household: Option<HouseholdId>,
}

/// The visits in your area and your own, the latest first
#[utoipa::path(operation_id = "visits_list", tag = "visits", params(VisitFilter, PageQuery), responses((status = 200, body = Page<Visit>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"]))))]
#[get("/visits")]
async fn list(
    mut ctx: Ctx<Casework>,
    filter: Params<VisitFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let found = queries::list(&mut ctx.conn, &ctx.actor, ctx.now, filter.0.household, &page.0).await?;
    let mut entry = ctx.stamp().entry("visits.list", "visit", None);
    entry.detail = serde_json::json!({ "visits": found.items.iter().map(|v| v.id).collect::<Vec<_>>() });
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// One visit, or one version of it, with everything that was said
#[utoipa::path(operation_id = "visits_get", tag = "visits", params(("id" = VisitId, Path)), responses((status = 200, body = VisitDetail)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["visit_not_found"]))))]
#[get("/visits/{id}")]
async fn get(mut ctx: Ctx<Casework>, id: Path<VisitId>) -> Result<Answer, Problem> {
    let stamp = ctx.stamp();
    let found = queries::detail(&mut ctx.conn, &stamp, &ctx.actor, *id).await?;
    let entry = || {
        stamp
            .entry("visits.read", "visit", Some(id.0))
            .community(found.visit.community_id)
    };
    // One row in the file of each elder who was met.
    let mut entries: Vec<_> = found.elders.iter().map(|e| entry().elder(e.elder_id)).collect();
    if entries.is_empty() {
        entries.push(entry());
    }
    ctx.audit(entries).await?;
    Answer::ok(&found)
}

/// Say a visit anew: a new version takes its place
///
/// By the steward who recorded it, within seven days. The new version has an id of its own and is idempotent by it.
#[utoipa::path(operation_id = "visits_correct", tag = "visits", params(("id" = VisitId, Path)), request_body = VisitCorrection,
    responses((status = 201, body = Visit)),
    extensions(("x-roles" = json!(["steward"])), ("x-errors" = json!(["visit_not_found", "visit_already_logged", "visit_superseded",
        "visit_correction_too_late", "need_already_collected", "hazard_already_found"]))))]
#[post("/visits/{id}/corrections")]
async fn correct(
    mut ctx: Ctx<Steward>,
    id: Path<VisitId>,
    body: Body<VisitCorrection>,
) -> Result<Answer, Problem> {
    let (actor, config, correction) = (ctx.actor, ctx.state.config.clone(), body.value);
    correction.visit.check(ctx.now).map_err(|mut problem| {
        for field in &mut problem.fields {
            field.field.insert_str(0, "visit.");
        }
        problem
    })?;
    ctx.write(body.fingerprint, async |tx| {
        let visit = queries::correct(tx, &actor, &config.service, *id, &correction).await?;
        Ok((StatusCode::CREATED, visit))
    })
    .await
}

/// Add photos to a visit that was received before them
///
/// By the steward who recorded it. Photos that are there already stay as they are, so that it can be said again.
#[utoipa::path(operation_id = "visits_photograph", tag = "visits", params(("id" = VisitId, Path)), request_body = NewVisitPhotos,
    responses((status = 200, body = Visit)),
    extensions(("x-roles" = json!(["steward"])), ("x-errors" = json!(["visit_not_found"]))))]
#[post("/visits/{id}/photos")]
async fn photograph(
    mut ctx: Ctx<Steward>,
    id: Path<VisitId>,
    body: Body<NewVisitPhotos>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    new.check()?;
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::photograph(tx, &actor, *id, &new).await?))
    })
    .await
}

/// Every version of a visit, the first first
#[utoipa::path(operation_id = "visits_revisions", tag = "visits", params(("id" = VisitId, Path), PageQuery),
    responses((status = 200, body = Page<Visit>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["visit_not_found"]))))]
#[get("/visits/{id}/revisions")]
async fn revisions(
    mut ctx: Ctx<Casework>,
    id: Path<VisitId>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let found = queries::revisions(&mut ctx.conn, &ctx.actor, ctx.now, *id, &page.0).await?;
    let entry = ctx.stamp().entry("visits.read", "visit", Some(id.0));
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}
