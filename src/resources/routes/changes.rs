//! `/resource-changes`: what providers want changed and officers approve.

use super::entry::EntryKeepers;
use crate::{
    auth::{Ctx, Officer, Provider},
    error::Problem,
    http::{Answer, Body, Empty, Page, PageQuery, Params},
    ids::{OrganisationId, ResourceChangeId},
    resources::{
        model::{NewResourceChange, ResourceChange, ResourceChangeStatus},
        queries::changes as queries,
    },
};
use actix_web::{get, http::StatusCode, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(ask)
        .service(list)
        .service(approve)
        .service(refuse)
        .service(withdraw);
}

/// Why.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ResourceReason)]
pub(super) struct Reason {
    /// In a sentence.
    #[garde(length(chars, min = 2, max = 500))]
    #[schema(example = "许可证照片不清楚，请重新提交")]
    pub(super) reason: String,
}

/// Which changes to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct ChangeFilter {
    /// Of this status.
    #[garde(skip)]
    status: Option<ResourceChangeStatus>,
    /// Of this organisation.
    #[garde(skip)]
    resource: Option<OrganisationId>,
}

/// Ask for another price of an item, or for a licence or certificate, new or renewed; an officer decides
#[utoipa::path(operation_id = "resource_changes_ask", tag = "resources", params(("id" = OrganisationId, Path)), request_body = NewResourceChange, responses((status = 201, body = ResourceChange)),
    extensions(("x-roles" = json!(["provider"])), ("x-errors" = json!(["resource_not_found", "resource_change_pending"]))))]
#[post("/resources/{id}/changes")]
async fn ask(
    mut ctx: Ctx<Provider>,
    id: Path<OrganisationId>,
    body: Body<NewResourceChange>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, queries::ask(tx, &actor, *id, new).await?))
    })
    .await
}

/// The changes of the entries that you keep, the latest first; a provider reads its own
#[utoipa::path(operation_id = "resource_changes_list", tag = "resources", params(ChangeFilter, PageQuery), responses((status = 200, body = Page<ResourceChange>)),
    extensions(("x-roles" = json!(["officer", "provider"]))))]
#[get("/resource-changes")]
async fn list(
    mut ctx: Ctx<EntryKeepers>,
    filter: Params<ChangeFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let narrow = (filter.0.status, filter.0.resource);
    Answer::ok(&queries::list(&mut ctx.conn, &ctx.actor, narrow, &page.0).await?)
}

/// Approve a change: from now on it is in force
#[utoipa::path(operation_id = "resource_changes_approve", tag = "resources", params(("id" = ResourceChangeId, Path)), request_body = Empty, responses((status = 200, body = ResourceChange)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["resource_change_not_found", "resource_change_decided", "resource_change_overtaken"]))))]
#[post("/resource-changes/{id}/approve")]
async fn approve(
    mut ctx: Ctx<Officer>,
    id: Path<ResourceChangeId>,
    body: Body<Empty>,
) -> Result<Answer, Problem> {
    let actor = ctx.actor;
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::approve(tx, &actor, *id).await?))
    })
    .await
}

/// Refuse a change, with the reason
#[utoipa::path(operation_id = "resource_changes_refuse", tag = "resources", params(("id" = ResourceChangeId, Path)), request_body = Reason, responses((status = 200, body = ResourceChange)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["resource_change_not_found", "resource_change_decided"]))))]
#[post("/resource-changes/{id}/refuse")]
async fn refuse(
    mut ctx: Ctx<Officer>,
    id: Path<ResourceChangeId>,
    body: Body<Reason>,
) -> Result<Answer, Problem> {
    let (actor, reason) = (ctx.actor, body.value.reason);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::refuse(tx, &actor, *id, &reason).await?))
    })
    .await
}

/// Take a change of your own back
#[utoipa::path(operation_id = "resource_changes_withdraw", tag = "resources", params(("id" = ResourceChangeId, Path)), request_body = Empty, responses((status = 200, body = ResourceChange)),
    extensions(("x-roles" = json!(["provider"])), ("x-errors" = json!(["resource_change_not_found", "resource_change_decided"]))))]
#[post("/resource-changes/{id}/withdraw")]
async fn withdraw(
    mut ctx: Ctx<Provider>,
    id: Path<ResourceChangeId>,
    body: Body<Empty>,
) -> Result<Answer, Problem> {
    let actor = ctx.actor;
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::withdraw(tx, &actor, *id).await?))
    })
    .await
}
