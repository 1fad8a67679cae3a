//! `/communities` and `/divisions`.

use super::{
    division_code::Level,
    model::{Community, CommunityPatch, Division, EditionImport, NewCommunity, NewEdition},
    queries,
};
use crate::{
    auth::{Admin, Anyone, Ctx},
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
    config
        .service(list)
        .service(get)
        .service(create)
        .service(change)
        .service(divisions)
        .service(import_edition);
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

/// Which divisions to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct DivisionQuery {
    /// Only within this prefix.
    #[garde(inner(pattern("^[1-9][0-9]{0,11}$")))]
    prefix: Option<String>,
    /// Only of this level.
    #[garde(skip)]
    level: Option<Level>,
    /// Those too that the newest edition no longer has.
    #[garde(skip)]
    revoked: Option<bool>,
}

/// The administrative divisions by code
#[utoipa::path(operation_id = "divisions_list", tag = "areas", params(DivisionQuery, PageQuery), responses((status = 200, body = Page<Division>)),
    extensions(("x-roles" = json!(["steward", "provider", "officer", "duty", "auditor", "admin"]))))]
#[get("/divisions")]
async fn divisions(
    mut ctx: Ctx<Anyone>,
    query: Params<DivisionQuery>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let DivisionQuery {
        prefix,
        level,
        revoked,
    } = query.0;
    let with_revoked = revoked.unwrap_or(false);
    Answer::ok(&queries::divisions(&mut ctx.conn, prefix.as_deref(), level, with_revoked, &page.0).await?)
}

/// Import a yearly list of divisions, at most 512 kB; the command `steward divisions` takes longer ones
#[utoipa::path(operation_id = "divisions_import", tag = "areas", request_body = NewEdition, responses((status = 201, body = EditionImport)),
    extensions(("x-roles" = json!(["admin"])), ("x-errors" = json!(["edition_older", "edition_differs"]))))]
#[post("/divisions/editions")]
async fn import_edition(mut ctx: Ctx<Admin>, body: Body<NewEdition>) -> Result<Answer, Problem> {
    let NewEdition { edition, csv } = body.value;
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::CREATED,
            queries::import_edition(tx, edition, &csv).await?,
        ))
    })
    .await
}
