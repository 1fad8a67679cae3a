//! `/leaves`: who is away, and who stands in.

use super::stewards::{Assigners, Historians};
use crate::{
    auth::Ctx,
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    ids::LeaveId,
    staff::{
        model::{EndLeave, Leave, NewLeave},
        queries::leaves as queries,
    },
};
use actix_web::{get, http::StatusCode, post, web::Path};
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(record).service(end);
}

/// The leaves of your area with who stands in, the latest first
#[utoipa::path(operation_id = "leaves_list", tag = "staff", params(PageQuery), responses((status = 200, body = Page<Leave>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "admin"]))))]
#[get("/leaves")]
async fn list(mut ctx: Ctx<Historians>, page: Params<PageQuery>) -> Result<Answer, Problem> {
    Answer::ok(&queries::list(&mut ctx.conn, &ctx.actor, ctx.now, &page.0).await?)
}

/// Record a steward's leave, and who stands in
#[utoipa::path(operation_id = "leaves_record", tag = "staff", request_body = NewLeave, responses((status = 201, body = Leave)),
    extensions(("x-roles" = json!(["officer", "admin"])),
               ("x-errors" = json!(["steward_not_found", "not_a_steward", "leave_overlaps", "cover_on_leave"]))))]
#[post("/leaves")]
async fn record(mut ctx: Ctx<Assigners>, body: Body<NewLeave>) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, queries::record(tx, &actor, new).await?))
    })
    .await
}

/// Shorten a leave, or call it off
#[utoipa::path(operation_id = "leaves_end", tag = "staff", params(("id" = LeaveId, Path)), request_body = EndLeave,
    responses((status = 200, body = Leave)),
    extensions(("x-roles" = json!(["officer", "admin"])), ("x-errors" = json!(["leave_not_found", "leave_ended"]))))]
#[post("/leaves/{id}/end")]
async fn end(mut ctx: Ctx<Assigners>, id: Path<LeaveId>, body: Body<EndLeave>) -> Result<Answer, Problem> {
    let (actor, end) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::end(tx, &actor, *id, end).await?))
    })
    .await
}
