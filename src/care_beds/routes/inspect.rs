//! Inspections, and the findings that they leave to be mended.

use crate::{
    auth::{Casework, CaseworkOrProvider, Ctx, Provider, Steward},
    care_beds::{
        model::{CareBedFinding, CareBedReason, FindingStatus, Inspection, NewInspection},
        queries,
    },
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    ids::{CareBedId, CommunityId, FindingId},
};
use actix_web::{get, http::StatusCode, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(inspect)
        .service(inspections)
        .service(findings)
        .service(mend);
}

/// Record an inspection of building or service, with what it found and rechecked; idempotent by its id
#[utoipa::path(operation_id = "care_beds_inspect", tag = "care beds", params(("id" = CareBedId, Path)), request_body = NewInspection, responses((status = 201, body = Inspection)),
    extensions(("x-roles" = json!(["steward"])), ("x-errors" = json!(["care_bed_not_found", "care_bed_state", "inspection_already_recorded"]))))]
#[post("/care-beds/{id}/inspections")]
async fn inspect(
    mut ctx: Ctx<Steward>,
    id: Path<CareBedId>,
    body: Body<NewInspection>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::CREATED,
            queries::inspect::inspect(tx, &actor, *id, &new).await?,
        ))
    })
    .await
}

/// The inspections of a care bed, the latest first
#[utoipa::path(operation_id = "care_beds_inspections", tag = "care beds", params(("id" = CareBedId, Path), PageQuery), responses((status = 200, body = Page<Inspection>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["care_bed_not_found"]))))]
#[get("/care-beds/{id}/inspections")]
async fn inspections(
    mut ctx: Ctx<Casework>,
    id: Path<CareBedId>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let stamp = ctx.stamp();
    let found = queries::read::inspections(&mut ctx.conn, &stamp, &ctx.actor, *id, &page.0).await?;
    let entry = stamp.entry("care_beds.inspections", "care_bed", Some(id.0));
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// Which findings to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct FindingFilter {
    /// Of this status.
    #[garde(skip)]
    status: Option<FindingStatus>,
    /// In this community.
    #[garde(skip)]
    community: Option<CommunityId>,
    /// Open and past their deadline, or not.
    #[garde(skip)]
    overdue: Option<bool>,
}

/// What was found wrong at care beds in your area, or is your organisation's to mend, the soonest due first
#[utoipa::path(operation_id = "care_bed_findings_list", tag = "care beds", params(FindingFilter, PageQuery), responses((status = 200, body = Page<CareBedFinding>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "provider"]))))]
#[get("/care-bed-findings")]
async fn findings(
    mut ctx: Ctx<CaseworkOrProvider>,
    filter: Params<FindingFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let FindingFilter {
        status,
        community,
        overdue,
    } = filter.0;
    let narrow = queries::mend::Narrow {
        status,
        community,
        overdue,
    };
    let found = queries::mend::list(&mut ctx.conn, &ctx.actor, ctx.now, &narrow, &page.0).await?;
    let ids: Vec<_> = found.items.iter().map(|f| f.id).collect();
    let entry = ctx
        .stamp()
        .entry("care_beds.findings", "care_bed_finding", None)
        .detail(json!({ "findings": ids }));
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// Record that your organisation has mended what was found
#[utoipa::path(operation_id = "care_bed_findings_mend", tag = "care beds", params(("id" = FindingId, Path)), request_body = CareBedReason, responses((status = 200, body = CareBedFinding)),
    extensions(("x-roles" = json!(["provider"])), ("x-errors" = json!(["finding_not_found", "finding_not_open"]))))]
#[post("/care-bed-findings/{id}/mend")]
async fn mend(
    mut ctx: Ctx<Provider>,
    id: Path<FindingId>,
    body: Body<CareBedReason>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::mend::mend(tx, &actor, *id, &new.reason).await?,
        ))
    })
    .await
}
