//! The library.

use crate::{
    auth::{Anyone, Ctx},
    error::Problem,
    http::{Answer, Body, IfMatch, Page, PageQuery, Params},
    ids::PolicyId,
    policies::{
        PolicyKeepers,
        model::{NewPolicy, NewPolicyVersion, PolicyFile, PolicyInForce},
        queries::library,
    },
};
use actix_web::{get, http::StatusCode, post, web::Path};
use chrono::NaiveDate;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

/// Of which day.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct LibraryDay {
    /// The day in Asia/Shanghai; today unless told.
    #[garde(skip)]
    on: Option<NaiveDate>,
}

/// The policies in force on a day
#[utoipa::path(operation_id = "policies_list", tag = "policies", params(LibraryDay, PageQuery),
    responses((status = 200, body = Page<PolicyInForce>)),
    extensions(("x-roles" = json!(["steward", "provider", "officer", "duty", "auditor", "admin"]))))]
#[get("/policies")]
pub(super) async fn list(
    mut ctx: Ctx<Anyone>,
    day: Params<LibraryDay>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let on = day.0.on.unwrap_or(ctx.stamp().today());
    Answer::ok(&library::in_force(&mut ctx.conn, on, &page.0).await?)
}

/// Enter a policy
#[utoipa::path(operation_id = "policies_create", tag = "policies", request_body = NewPolicy, responses((status = 201, body = PolicyFile)),
    extensions(("x-roles" = json!(["officer", "admin"])), ("x-errors" = json!(["policy_outside_area", "policy_code_taken"]))))]
#[post("/policies")]
pub(super) async fn create(mut ctx: Ctx<PolicyKeepers>, body: Body<NewPolicy>) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, library::create(tx, &actor, new).await?))
    })
    .await
}

/// One policy with everything that it said, says and will say
#[utoipa::path(operation_id = "policies_get", tag = "policies", params(("id" = PolicyId, Path)), responses((status = 200, body = PolicyFile)),
    extensions(("x-roles" = json!(["steward", "provider", "officer", "duty", "auditor", "admin"])), ("x-errors" = json!(["policy_not_found"]))))]
#[get("/policies/{id}")]
pub(super) async fn get(mut ctx: Ctx<Anyone>, id: Path<PolicyId>) -> Result<Answer, Problem> {
    Answer::ok(&library::file(&mut ctx.conn, *id).await?)
}

/// Add the next version of a policy; an end of the policy is a version with its last day
#[utoipa::path(operation_id = "policies_revise", tag = "policies", params(("id" = PolicyId, Path)), request_body = NewPolicyVersion,
    responses((status = 201, body = PolicyFile)),
    extensions(("x-roles" = json!(["officer", "admin"])), ("x-errors" = json!(["policy_not_found", "policy_outside_area"])), ("x-edits" = json!(true))))]
#[post("/policies/{id}/versions")]
pub(super) async fn revise(
    mut ctx: Ctx<PolicyKeepers>,
    id: Path<PolicyId>,
    seen: IfMatch,
    body: Body<NewPolicyVersion>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::CREATED,
            library::revise(tx, &actor, *id, seen, new).await?,
        ))
    })
    .await
}
