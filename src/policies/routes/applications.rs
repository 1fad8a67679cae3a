//! Applications.

use crate::{
    auth::Ctx,
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    ids::{ElderId, PolicyApplicationId, PolicyId},
    policies::{
        Advisers,
        model::{
            NewPolicyApplication, PolicyApplication, PolicyApplicationDecision, PolicyApplicationStatus,
            PolicyApplicationStop,
        },
        queries::applications::{self, Narrow},
    },
};
use actix_web::{get, http::StatusCode, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

/// Record that an elder has applied for a policy; idempotent by its id
#[utoipa::path(operation_id = "policy_applications_apply", tag = "policies", params(("id" = ElderId, Path)), request_body = NewPolicyApplication,
    responses((status = 201, body = PolicyApplication)),
    extensions(("x-roles" = json!(["steward", "officer"])),
        ("x-errors" = json!(["elder_not_found", "elder_merged", "policy_applied_for", "policy_application_already_recorded"]))))]
#[post("/elders/{id}/policy-applications")]
pub(super) async fn apply(
    mut ctx: Ctx<Advisers>,
    id: Path<ElderId>,
    body: Body<NewPolicyApplication>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::CREATED,
            applications::apply(tx, &actor, *id, new).await?,
        ))
    })
    .await
}

/// Which applications to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct ApplicationFilter {
    /// One status.
    #[garde(skip)]
    status: Option<PolicyApplicationStatus>,
    /// One policy.
    #[garde(skip)]
    policy: Option<PolicyId>,
    /// One elder.
    #[garde(skip)]
    elder: Option<ElderId>,
}

/// The applications of your area, the latest first
#[utoipa::path(operation_id = "policy_applications_list", tag = "policies", params(ApplicationFilter, PageQuery),
    responses((status = 200, body = Page<PolicyApplication>)), extensions(("x-roles" = json!(["steward", "officer"]))))]
#[get("/policy-applications")]
pub(super) async fn list(
    mut ctx: Ctx<Advisers>,
    filter: Params<ApplicationFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let ApplicationFilter {
        status,
        policy,
        elder,
    } = filter.0;
    let narrow = Narrow {
        status,
        policy,
        elder,
    };
    let found = applications::list(&mut ctx.conn, &ctx.actor, ctx.now, &narrow, &page.0).await?;
    let ids: Vec<_> = found.items.iter().map(|a| a.id).collect();
    let entry = ctx
        .stamp()
        .entry("policy_applications.list", "policy_application", None)
        .detail(json!({ "applications": ids }));
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// Say what the office decided on an application
#[utoipa::path(operation_id = "policy_applications_decide", tag = "policies", params(("id" = PolicyApplicationId, Path)),
    request_body = PolicyApplicationDecision, responses((status = 200, body = PolicyApplication)),
    extensions(("x-roles" = json!(["steward", "officer"])),
        ("x-errors" = json!(["policy_application_not_found", "policy_application_not_open"]))))]
#[post("/policy-applications/{id}/decide")]
pub(super) async fn decide(
    mut ctx: Ctx<Advisers>,
    id: Path<PolicyApplicationId>,
    body: Body<PolicyApplicationDecision>,
) -> Result<Answer, Problem> {
    let (actor, said) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, applications::decide(tx, &actor, *id, said).await?))
    })
    .await
}

/// Say that an application was taken back, or that the elder has what was granted no longer
#[utoipa::path(operation_id = "policy_applications_stop", tag = "policies", params(("id" = PolicyApplicationId, Path)),
    request_body = PolicyApplicationStop, responses((status = 200, body = PolicyApplication)),
    extensions(("x-roles" = json!(["steward", "officer"])),
        ("x-errors" = json!(["policy_application_not_found", "policy_application_not_open"]))))]
#[post("/policy-applications/{id}/stop")]
pub(super) async fn stop(
    mut ctx: Ctx<Advisers>,
    id: Path<PolicyApplicationId>,
    body: Body<PolicyApplicationStop>,
) -> Result<Answer, Problem> {
    let (actor, said) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, applications::stop(tx, &actor, *id, said).await?))
    })
    .await
}
