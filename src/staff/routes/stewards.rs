//! `/stewards`, `/communities/{id}/assignments`, `/assignments`: who serves which community.

use crate::{
    areas,
    auth::Ctx,
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    ids::{AssignmentId, CommunityId},
    permission,
    staff::{
        model::{Assignment, EndAssignment, HandOver, NewAssignment, StewardLine},
        queries::assignments as queries,
    },
};
use actix_web::{get, http::StatusCode, post, web::Path};
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(history)
        .service(assign)
        .service(end)
        .service(hand_over);
}

permission!(
    /// Who looks at the staff of an area.
    Overseers = Officer | Duty | Admin
);
permission!(
    /// Who looks at the history of a community they know.
    Historians = Steward | Officer | Duty | Admin
);
permission!(
    /// Who puts stewards in charge.
    Assigners = Officer | Admin
);

/// The stewards of your area, with what they answer for now
#[utoipa::path(operation_id = "stewards_list", tag = "staff", params(PageQuery), responses((status = 200, body = Page<StewardLine>)),
    extensions(("x-roles" = json!(["officer", "duty", "admin"]))))]
#[get("/stewards")]
async fn list(mut ctx: Ctx<Overseers>, page: Params<PageQuery>) -> Result<Answer, Problem> {
    Answer::ok(&queries::stewards(&mut ctx.conn, &ctx.actor, ctx.now, &page.0).await?)
}

/// Who has served a community and who will, the latest first
#[utoipa::path(operation_id = "assignments_history", tag = "staff", params(("id" = CommunityId, Path), PageQuery),
    responses((status = 200, body = Page<Assignment>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "admin"])), ("x-errors" = json!(["community_not_found"]))))]
#[get("/communities/{id}/assignments")]
async fn history(
    mut ctx: Ctx<Historians>,
    id: Path<CommunityId>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    areas::queries::get(&mut ctx.conn, &ctx.actor, ctx.now, *id).await?;
    Answer::ok(&queries::history(&mut ctx.conn, ctx.now, *id, &page.0).await?)
}

/// Put a steward in charge of a community
#[utoipa::path(operation_id = "assignments_create", tag = "staff", params(("id" = CommunityId, Path)), request_body = NewAssignment,
    responses((status = 201, body = Assignment)),
    extensions(("x-roles" = json!(["officer", "admin"])),
               ("x-errors" = json!(["community_not_found", "not_a_steward", "already_serves", "primary_taken"]))))]
#[post("/communities/{id}/assignments")]
async fn assign(
    mut ctx: Ctx<Assigners>,
    id: Path<CommunityId>,
    body: Body<NewAssignment>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, queries::assign(tx, &actor, *id, new).await?))
    })
    .await
}

/// End an assignment
#[utoipa::path(operation_id = "assignments_end", tag = "staff", params(("id" = AssignmentId, Path)), request_body = EndAssignment,
    responses((status = 200, body = Assignment)),
    extensions(("x-roles" = json!(["officer", "admin"])), ("x-errors" = json!(["assignment_not_found", "assignment_ended"]))))]
#[post("/assignments/{id}/end")]
async fn end(
    mut ctx: Ctx<Assigners>,
    id: Path<AssignmentId>,
    body: Body<EndAssignment>,
) -> Result<Answer, Problem> {
    let (actor, end) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::end(tx, &actor, *id, end).await?))
    })
    .await
}

/// Hand a community over to another primary steward, without a moment in between
#[utoipa::path(operation_id = "assignments_hand_over", tag = "staff", params(("id" = CommunityId, Path)), request_body = HandOver,
    responses((status = 201, body = Assignment)),
    extensions(("x-roles" = json!(["officer", "admin"])),
               ("x-errors" = json!(["community_not_found", "not_a_steward", "already_serves", "primary_taken", "no_primary"]))))]
#[post("/communities/{id}/hand-over")]
async fn hand_over(
    mut ctx: Ctx<Assigners>,
    id: Path<CommunityId>,
    body: Body<HandOver>,
) -> Result<Answer, Problem> {
    let (actor, to) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::CREATED,
            queries::hand_over(tx, &actor, *id, to).await?,
        ))
    })
    .await
}
