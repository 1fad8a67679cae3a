//! What the library means for elders.

use crate::{
    auth::Ctx,
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    ids::{CommunityId, ElderId, PolicyId},
    policies::{
        Advisers,
        model::{NewPolicySnooze, PolicyForElder, PolicySnooze, PolicyToDo},
        queries::elder,
    },
};
use actix_web::{get, http::StatusCode, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

/// How an elder stands to each policy in force: entitled or not, and why; applied for or not
#[utoipa::path(operation_id = "policies_of_elder", tag = "policies", params(("id" = ElderId, Path)),
    responses((status = 200, body = Vec<PolicyForElder>)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["elder_not_found"]))))]
#[get("/elders/{id}/policies")]
pub(super) async fn of_elder(mut ctx: Ctx<Advisers>, id: Path<ElderId>) -> Result<Answer, Problem> {
    let stamp = ctx.stamp();
    let (community, policies) =
        elder::of_elder(&mut ctx.conn, &ctx.actor, (ctx.now, stamp.today()), *id).await?;
    let entry = stamp
        .entry("policies.of_elder", "elder", Some(id.0))
        .elder(*id)
        .community(community);
    ctx.audit(vec![entry]).await?;
    Answer::ok(&policies)
}

/// Which of what is to be done.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct ToDoFilter {
    /// One policy.
    #[garde(skip)]
    policy: Option<PolicyId>,
    /// One community.
    #[garde(skip)]
    community: Option<CommunityId>,
}

/// The elders of your area who are entitled to a policy and have not applied for it
#[utoipa::path(operation_id = "policies_to_do", tag = "policies", params(ToDoFilter, PageQuery), responses((status = 200, body = Page<PolicyToDo>)),
    extensions(("x-roles" = json!(["steward", "officer"]))))]
#[get("/policies/to-do")]
pub(super) async fn to_do(
    mut ctx: Ctx<Advisers>,
    filter: Params<ToDoFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let ToDoFilter { policy, community } = filter.0;
    let stamp = ctx.stamp();
    let day = (ctx.now, stamp.today());
    let found = elder::to_do(&mut ctx.conn, &ctx.actor, day, policy, community, &page.0).await?;
    let mut elders: Vec<_> = found.items.iter().map(|t| t.elder_id).collect();
    elders.dedup();
    let entry = stamp
        .entry("policies.to_do", "elder", None)
        .detail(json!({ "elders": elders }));
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// Leave an elder unreminded of a policy until a day; idempotent by its id
#[utoipa::path(operation_id = "policies_snooze", tag = "policies", params(("id" = ElderId, Path)), request_body = NewPolicySnooze,
    responses((status = 201, body = PolicySnooze)),
    extensions(("x-roles" = json!(["steward", "officer"])),
        ("x-errors" = json!(["elder_not_found", "elder_merged", "policy_not_found", "policy_snooze_already_recorded"]))))]
#[post("/elders/{id}/policy-snoozes")]
pub(super) async fn snooze(
    mut ctx: Ctx<Advisers>,
    id: Path<ElderId>,
    body: Body<NewPolicySnooze>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, elder::snooze(tx, &actor, *id, new).await?))
    })
    .await
}
