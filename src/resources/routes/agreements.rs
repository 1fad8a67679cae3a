//! `/resource-agreements`.

use crate::{
    auth::{CaseworkOrProvider, Ctx, Officer},
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    ids::{AgreementId, OrganisationId},
    resources::{
        model::{Agreement, AgreementKind, NewAgreement},
        queries::agreements::{self as queries, NarrowAgreements},
        routes::changes::Reason,
    },
};
use actix_web::{get, http::StatusCode, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(create).service(end);
}

/// Which agreements to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct AgreementFilter {
    /// Those of this organisation, as either party.
    #[garde(skip)]
    resource: Option<OrganisationId>,
    /// One kind.
    #[garde(skip)]
    kind: Option<AgreementKind>,
    /// Those that hold today, or those that do not.
    #[garde(skip)]
    in_force: Option<bool>,
}

/// Who shares what with whom, the latest first; a provider reads its own agreements
#[utoipa::path(operation_id = "resource_agreements_list", tag = "resources", params(AgreementFilter, PageQuery), responses((status = 200, body = Page<Agreement>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "provider"]))))]
#[get("/resource-agreements")]
async fn list(
    mut ctx: Ctx<CaseworkOrProvider>,
    filter: Params<AgreementFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let AgreementFilter {
        resource,
        kind,
        in_force,
    } = filter.0;
    let narrow = NarrowAgreements {
        resource,
        kind,
        in_force,
    };
    let today = ctx.stamp().today();
    Answer::ok(&queries::list(&mut ctx.conn, &ctx.actor, today, narrow, &page.0).await?)
}

/// Enter an agreement of an organisation that you keep
#[utoipa::path(operation_id = "resource_agreements_create", tag = "resources", request_body = NewAgreement, responses((status = 201, body = Agreement)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["resource_not_found", "resource_outside_area"]))))]
#[post("/resource-agreements")]
async fn create(mut ctx: Ctx<Officer>, body: Body<NewAgreement>) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, queries::create(tx, &actor, new).await?))
    })
    .await
}

/// End an agreement before its time, with the reason
#[utoipa::path(operation_id = "resource_agreements_end", tag = "resources", params(("id" = AgreementId, Path)), request_body = Reason, responses((status = 200, body = Agreement)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["agreement_not_found", "agreement_ended", "resource_outside_area"]))))]
#[post("/resource-agreements/{id}/end")]
async fn end(mut ctx: Ctx<Officer>, id: Path<AgreementId>, body: Body<Reason>) -> Result<Answer, Problem> {
    let (actor, reason) = (ctx.actor, body.value.reason);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::end(tx, &actor, *id, &reason).await?))
    })
    .await
}
