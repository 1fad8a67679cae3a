//! `/communities`.

use super::{
    model::{Community, CommunityPatch, NewCommunity},
    queries,
};
use crate::{
    auth::{Admin, Ctx},
    error::Problem,
    http::{Answer, Body, IfMatch, Page, PageQuery, Params},
    ids::CommunityId,
    permission,
};
use actix_web::{get, http::StatusCode, patch, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(get).service(create).service(change);
}

permission!(
    /// Who may look at communities: everybody but providers.
    Readers = Steward | Officer | Duty | Auditor | Admin
);

/// Which communities to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only within this division prefix.
    #[garde(inner(pattern("^[1-9][0-9]{1,11}$")))]
    division: Option<String>,
}

/// The communities in your area
#[utoipa::path(operation_id = "communities_list", tag = "areas", params(ListQuery, PageQuery), responses((status = 200, body = Page<Community>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "auditor", "admin"]))))]
#[get("/communities")]
async fn list(
    mut ctx: Ctx<Readers>,
    query: Params<ListQuery>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    Answer::ok(
        &queries::list(
            &mut ctx.conn,
            &ctx.actor,
            ctx.now,
            query.0.division.as_deref(),
            &page.0,
        )
        .await?,
    )
}

/// One community
#[utoipa::path(operation_id = "communities_get", tag = "areas", params(("id" = CommunityId, Path)), responses((status = 200, body = Community)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "auditor", "admin"])), ("x-errors" = json!(["community_not_found"]))))]
#[get("/communities/{id}")]
async fn get(mut ctx: Ctx<Readers>, id: Path<CommunityId>) -> Result<Answer, Problem> {
    Answer::ok(&queries::get(&mut ctx.conn, &ctx.actor, ctx.now, *id).await?)
}

/// Enter a community
#[utoipa::path(operation_id = "communities_create", tag = "areas", request_body = NewCommunity, responses((status = 201, body = Community)),
    extensions(("x-roles" = json!(["admin"])), ("x-errors" = json!(["division_unknown", "community_code_taken"]))))]
#[post("/communities")]
async fn create(mut ctx: Ctx<Admin>, body: Body<NewCommunity>) -> Result<Answer, Problem> {
    let new = body.value;
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, queries::create(tx, new).await?))
    })
    .await
}

/// Change a community
#[utoipa::path(operation_id = "communities_change", tag = "areas", params(("id" = CommunityId, Path)), request_body = CommunityPatch, responses((status = 200, body = Community)),
    extensions(("x-roles" = json!(["admin"])), ("x-errors" = json!(["community_not_found"])), ("x-edits" = json!(true))))]
#[patch("/communities/{id}")]
async fn change(
    mut ctx: Ctx<Admin>,
    id: Path<CommunityId>,
    seen: IfMatch,
    body: Body<CommunityPatch>,
) -> Result<Answer, Problem> {
    let (actor, patch) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::change(tx, &actor, *id, seen, patch).await?,
        ))
    })
    .await
}
