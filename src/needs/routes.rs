//! `/needs`.

use super::{
    model::{Need, NeedResolution, NeedStatus, NewNeed},
    queries::{self, Narrow},
};
use crate::{
    auth::{Casework, Ctx, Steward},
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    ids::{CommunityId, ElderId, NeedId},
};
use actix_web::{get, http::StatusCode, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(collect)
        .service(list)
        .service(get)
        .service(solve)
        .service(withdraw);
}

/// Record a need collected in a call; those of a visit are logged with the visit. Idempotent by its id
#[utoipa::path(operation_id = "needs_collect", tag = "needs", request_body = NewNeed, responses((status = 201, body = Need)),
    extensions(("x-roles" = json!(["steward"])), ("x-errors" = json!(["need_not_found", "need_already_collected"]))))]
#[post("/needs")]
async fn collect(mut ctx: Ctx<Steward>, body: Body<NewNeed>) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, queries::collect(tx, &actor, new).await?))
    })
    .await
}

/// Which needs to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct NeedFilter {
    /// One status.
    #[garde(skip)]
    status: Option<NeedStatus>,
    /// One community.
    #[garde(skip)]
    community: Option<CommunityId>,
    /// One elder.
    #[garde(skip)]
    elder: Option<ElderId>,
}

/// The needs of your area, the latest first
#[utoipa::path(operation_id = "needs_list", tag = "needs", params(NeedFilter, PageQuery), responses((status = 200, body = Page<Need>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"]))))]
#[get("/needs")]
async fn list(
    mut ctx: Ctx<Casework>,
    filter: Params<NeedFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let NeedFilter {
        status,
        community,
        elder,
    } = filter.0;
    let narrow = Narrow {
        status,
        community,
        elder,
    };
    let found = queries::list(&mut ctx.conn, &ctx.actor, ctx.now, narrow, &page.0).await?;
    let entry = ctx
        .stamp()
        .entry("needs.list", "need", None)
        .detail(serde_json::json!({ "needs": found.items.iter().map(|n| n.id).collect::<Vec<_>>() }));
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// One need
#[utoipa::path(operation_id = "needs_get", tag = "needs", params(("id" = NeedId, Path)), responses((status = 200, body = Need)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["need_not_found"]))))]
#[get("/needs/{id}")]
async fn get(mut ctx: Ctx<Casework>, id: Path<NeedId>) -> Result<Answer, Problem> {
    let need = queries::get(&mut ctx.conn, &ctx.actor, ctx.now, *id).await?;
    let entry = ctx
        .stamp()
        .entry("needs.read", "need", Some(id.0))
        .elder(need.elder_id)
        .community(need.community_id);
    ctx.audit(vec![entry]).await?;
    Answer::ok(&need)
}

/// Say how an open need was solved
#[utoipa::path(operation_id = "needs_solve", tag = "needs", params(("id" = NeedId, Path)), request_body = NeedResolution, responses((status = 200, body = Need)),
    extensions(("x-roles" = json!(["steward"])), ("x-errors" = json!(["need_not_found", "need_not_open"]))))]
#[post("/needs/{id}/solve")]
async fn solve(
    mut ctx: Ctx<Steward>,
    id: Path<NeedId>,
    body: Body<NeedResolution>,
) -> Result<Answer, Problem> {
    let (actor, resolution) = (ctx.actor, body.value.resolution);
    ctx.write(body.fingerprint, async |tx| {
        let need = queries::end(tx, &actor, *id, NeedStatus::Solved, &resolution).await?;
        Ok((StatusCode::OK, need))
    })
    .await
}

/// Say why an open need is wanted no more
#[utoipa::path(operation_id = "needs_withdraw", tag = "needs", params(("id" = NeedId, Path)), request_body = NeedResolution, responses((status = 200, body = Need)),
    extensions(("x-roles" = json!(["steward"])), ("x-errors" = json!(["need_not_found", "need_not_open"]))))]
#[post("/needs/{id}/withdraw")]
async fn withdraw(
    mut ctx: Ctx<Steward>,
    id: Path<NeedId>,
    body: Body<NeedResolution>,
) -> Result<Answer, Problem> {
    let (actor, resolution) = (ctx.actor, body.value.resolution);
    ctx.write(body.fingerprint, async |tx| {
        let need = queries::end(tx, &actor, *id, NeedStatus::Withdrawn, &resolution).await?;
        Ok((StatusCode::OK, need))
    })
    .await
}
