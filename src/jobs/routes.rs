//! `/jobs`: the queue, for administrators; what became of a dead letter is their decision.

use super::{
    JOB_NOT_DEAD, JOB_NOT_FOUND, JOB_WAITS_ALREADY,
    model::{Job, JobState},
    queries,
};
use crate::{
    auth::{Admin, Ctx},
    error::{Code, Problem},
    http::{Answer, Body, Empty, Page, PageQuery, Params},
};
use actix_web::{get, http::StatusCode, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The domain's error codes.
pub const CODES: &[Code] = &[JOB_NOT_FOUND, JOB_NOT_DEAD, JOB_WAITS_ALREADY];

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(retry).service(discard);
}

/// Which jobs to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct JobQuery {
    /// The dead letters, unless told.
    #[garde(skip)]
    #[param(inline)]
    state: Option<JobState>,
}

/// Why a dead letter is given up.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct Discard {
    /// It goes into the audit trail: nothing personal.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(example = "重复任务")]
    reason: String,
}

/// The dead letters, the latest first; or the jobs that wait, the next first
#[utoipa::path(operation_id = "jobs_list", tag = "jobs", params(JobQuery, PageQuery), responses((status = 200, body = Page<Job>)),
    extensions(("x-roles" = json!(["admin"]))))]
#[get("/jobs")]
async fn list(
    mut ctx: Ctx<Admin>,
    query: Params<JobQuery>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let state = query.0.state.unwrap_or_default();
    Answer::ok(&queries::list(&mut ctx.conn, ctx.now, state, &page.0).await?)
}

/// Try a dead letter again, now and with all its attempts
#[utoipa::path(operation_id = "jobs_retry", tag = "jobs", params(("id" = Uuid, Path)), request_body = Empty, responses((status = 200, body = Job)),
    extensions(("x-roles" = json!(["admin"])), ("x-errors" = json!(["job_not_found", "job_not_dead", "job_waits_already"]))))]
#[post("/jobs/{id}/retry")]
async fn retry(mut ctx: Ctx<Admin>, id: Path<Uuid>, body: Body<Empty>) -> Result<Answer, Problem> {
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::retry(tx, *id).await?))
    })
    .await
}

/// Give a dead letter up, with a reason
#[utoipa::path(operation_id = "jobs_discard", tag = "jobs", params(("id" = Uuid, Path)), request_body = Discard, responses((status = 200, body = Job)),
    extensions(("x-roles" = json!(["admin"])), ("x-errors" = json!(["job_not_found", "job_not_dead"]))))]
#[post("/jobs/{id}/discard")]
async fn discard(mut ctx: Ctx<Admin>, id: Path<Uuid>, body: Body<Discard>) -> Result<Answer, Problem> {
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::discard(tx, *id, &body.value.reason).await?,
        ))
    })
    .await
}
