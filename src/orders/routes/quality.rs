//! `/quality-cases`.

use crate::{
    auth::{Ctx, Officer},
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    ids::QualityCaseId,
    orders::quality::{self, QualityCase, QualityCaseStatus, QualityClosing},
};
use actix_web::{get, http::StatusCode, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(close);
}

/// Which cases to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct QualityFilter {
    /// Open or closed ones.
    #[garde(skip)]
    status: Option<QualityCaseStatus>,
}

/// The quality cases of your area, the latest first
#[utoipa::path(operation_id = "quality_cases_list", tag = "orders", params(QualityFilter, PageQuery), responses((status = 200, body = Page<QualityCase>)),
    extensions(("x-roles" = json!(["officer"]))))]
#[get("/quality-cases")]
async fn list(
    mut ctx: Ctx<Officer>,
    filter: Params<QualityFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    Answer::ok(&quality::list(&mut ctx.conn, &ctx.actor, ctx.now, filter.0.status, &page.0).await?)
}

/// Close a quality case with what came of it: a suspended provider is offered nothing until its deadline, a removed one is in the library no more
#[utoipa::path(operation_id = "quality_cases_close", tag = "orders", params(("id" = QualityCaseId, Path)), request_body = QualityClosing, responses((status = 200, body = QualityCase)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["quality_case_not_found", "quality_case_closed", "resource_outside_area"]))))]
#[post("/quality-cases/{id}/close")]
async fn close(
    mut ctx: Ctx<Officer>,
    id: Path<QualityCaseId>,
    body: Body<QualityClosing>,
) -> Result<Answer, Problem> {
    let (actor, closing) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, quality::close(tx, &actor, *id, closing).await?))
    })
    .await
}
