//! `/elders/{id}/assessments`, `/assessments` and `/assessment-schemes`.

use super::{
    model::{Assessment, AssessmentDetail, AssessmentScheme, NewAssessment},
    queries,
};
use crate::{
    auth::Ctx,
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    ids::{AssessmentId, ElderId},
    permission,
};
use actix_web::{get, http::StatusCode, post, web::Path};
use chrono::{Days, NaiveDate};
use garde::Validate;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations. The fixed path comes before `/assessments/{id}`.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(schemes)
        .service(due)
        .service(get)
        .service(record)
        .service(list);
}

permission!(
    /// Who assesses and reads assessments: health data are not for the duty desk, and never for providers.
    Assessing = Steward | Officer
);

/// The standards by which elders are assessed, every version, the newest first
#[utoipa::path(operation_id = "assessment_schemes_list", tag = "assessments", responses((status = 200, body = Vec<AssessmentScheme>)),
    extensions(("x-roles" = json!(["steward", "officer"]))))]
#[get("/assessment-schemes")]
async fn schemes(mut ctx: Ctx<Assessing>) -> Result<Answer, Problem> {
    Answer::ok(&queries::schemes(&mut ctx.conn).await?)
}

/// Until when.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct DueQuery {
    /// Due until this day; within 30 days unless told.
    #[garde(skip)]
    until: Option<NaiveDate>,
}

/// The elders in your area who are to be assessed again, by their current assessments, the longest due first
#[utoipa::path(operation_id = "assessments_due", tag = "assessments", params(DueQuery, PageQuery), responses((status = 200, body = Page<Assessment>)),
    extensions(("x-roles" = json!(["steward", "officer"]))))]
#[get("/assessments/due")]
async fn due(
    mut ctx: Ctx<Assessing>,
    query: Params<DueQuery>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let today = ctx.stamp().today();
    let soon = today.checked_add_days(Days::new(30)).unwrap_or(today);
    let until = query.0.until.unwrap_or(soon);
    let found = queries::due(&mut ctx.conn, &ctx.actor, ctx.now, until, &page.0).await?;
    let ids: Vec<_> = found.items.iter().map(|a| a.elder_id).collect();
    let entry = ctx
        .stamp()
        .entry("assessments.due", "assessment", None)
        .detail(json!({ "elders": ids }));
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// One assessment: what was found, and how its level came about
#[utoipa::path(operation_id = "assessments_get", tag = "assessments", params(("id" = AssessmentId, Path)), responses((status = 200, body = AssessmentDetail)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["assessment_not_found"]))))]
#[get("/assessments/{id}")]
async fn get(mut ctx: Ctx<Assessing>, id: Path<AssessmentId>) -> Result<Answer, Problem> {
    let stamp = ctx.stamp();
    let found = queries::get(&mut ctx.conn, &stamp, &ctx.actor, *id).await?;
    let entry = stamp
        .entry("assessments.read", "assessment", Some(id.0))
        .elder(found.assessment.elder_id)
        .community(found.assessment.community_id);
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// Record an assessment, or one that takes the place of a wrong one; idempotent by its id
#[utoipa::path(operation_id = "assessments_record", tag = "assessments", params(("id" = ElderId, Path)), request_body = NewAssessment, responses((status = 201, body = AssessmentDetail)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["elder_not_found", "elder_merged", "assessment_already_recorded", "assessment_replaced", "no_assessment_scheme"]))))]
#[post("/elders/{id}/assessments")]
async fn record(
    mut ctx: Ctx<Assessing>,
    id: Path<ElderId>,
    body: Body<NewAssessment>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    // What was found lies sealed: an answer that is remembered would hold it open.
    ctx.write_unremembered(async |tx| {
        Ok((StatusCode::CREATED, queries::record(tx, &actor, *id, &new).await?))
    })
    .await
}

/// An elder's assessments, the latest first
#[utoipa::path(operation_id = "assessments_list", tag = "assessments", params(("id" = ElderId, Path), PageQuery), responses((status = 200, body = Page<Assessment>)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["elder_not_found"]))))]
#[get("/elders/{id}/assessments")]
async fn list(
    mut ctx: Ctx<Assessing>,
    id: Path<ElderId>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let (community, found) = queries::of_elder(&mut ctx.conn, &ctx.actor, ctx.now, *id, &page.0).await?;
    let entry = ctx
        .stamp()
        .entry("assessments.list", "elder", Some(id.0))
        .elder(*id)
        .community(community);
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}
