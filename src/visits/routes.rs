//! `/visits`.

use super::{
    model::{NewVisit, Visit},
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
    config.service(log).service(list).service(get);
}

/// Log a visit; idempotent by its id
#[utoipa::path(operation_id = "visits_log", tag = "visits", request_body = NewVisit, responses((status = 201, body = Visit)),
    extensions(("x-roles" = json!(["steward"])), ("x-errors" = json!(["household_not_found", "visit_already_logged"]))))]
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

/// One visit
#[utoipa::path(operation_id = "visits_get", tag = "visits", params(("id" = VisitId, Path)), responses((status = 200, body = Visit)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["visit_not_found"]))))]
#[get("/visits/{id}")]
async fn get(mut ctx: Ctx<Casework>, id: Path<VisitId>) -> Result<Answer, Problem> {
    let visit = queries::get(&mut ctx.conn, &ctx.actor, ctx.now, *id).await?;
    let entry = ctx
        .stamp()
        .entry("visits.read", "visit", Some(id.0))
        .community(visit.community_id);
    ctx.audit(vec![entry]).await?;
    Answer::ok(&visit)
}
