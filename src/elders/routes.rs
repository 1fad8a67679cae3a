//! `/elders` and `/categories`.

use super::{
    model::{Category, Elder, Enrolled, NewElder, RevealReason, Revealed},
    queries,
};
use crate::{
    auth::{Anyone, Casework, Ctx},
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    ids::{CommunityId, ElderId},
    permission,
};
use actix_web::{get, http::StatusCode, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(get)
        .service(enrol)
        .service(reveal)
        .service(categories);
}

permission!(
    /// Who keeps elders' files.
    FileKeepers = Steward | Officer
);

/// Which elders to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct ElderFilter {
    /// Only of this community.
    #[garde(skip)]
    community: Option<CommunityId>,
    /// Only those whose name holds this.
    #[garde(length(chars, min = 1, max = 50))]
    name: Option<String>,
}

/// The elders in your area
#[utoipa::path(operation_id = "elders_list", tag = "elders", params(ElderFilter, PageQuery), responses((status = 200, body = Page<Elder>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"]))))]
#[get("/elders")]
async fn list(
    mut ctx: Ctx<Casework>,
    filter: Params<ElderFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let ElderFilter { community, name } = filter.0;
    let found = queries::list(
        &mut ctx.conn,
        &ctx.actor,
        ctx.now,
        community,
        name.as_deref(),
        &page.0,
    )
    .await?;
    let stamp = ctx.stamp();
    let mut entry = stamp.entry("elders.list", "elder", None);
    entry.detail = serde_json::json!({ "files": found.items.iter().map(|e| e.id).collect::<Vec<_>>() });
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// An elder's file
#[utoipa::path(operation_id = "elders_get", tag = "elders", params(("id" = ElderId, Path)), responses((status = 200, body = Elder)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["elder_not_found"]))))]
#[get("/elders/{id}")]
async fn get(mut ctx: Ctx<Casework>, id: Path<ElderId>) -> Result<Answer, Problem> {
    let elder = queries::get(&mut ctx.conn, &ctx.actor, ctx.now, *id).await?;
    let entry = ctx
        .stamp()
        .entry("elders.read", "elder", Some(id.0))
        .elder(*id)
        .community(elder.community_id);
    ctx.audit(vec![entry]).await?;
    Answer::ok(&elder)
}

/// Enrol an elder
#[utoipa::path(operation_id = "elders_enrol", tag = "elders", request_body = NewElder, responses((status = 201, body = Enrolled)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["community_not_found", "elder_already_enrolled"]))))]
#[post("/elders")]
async fn enrol(mut ctx: Ctx<FileKeepers>, body: Body<NewElder>) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, queries::enrol(tx, &actor, new).await?))
    })
    .await
}

/// Show a person's numbers in full, for a reason
#[utoipa::path(operation_id = "elders_reveal", tag = "elders", params(("id" = ElderId, Path)), request_body = RevealReason,
    responses((status = 200, body = Revealed)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["elder_not_found"]))))]
#[post("/elders/{id}/reveal")]
async fn reveal(
    mut ctx: Ctx<Casework>,
    id: Path<ElderId>,
    body: Body<RevealReason>,
) -> Result<Answer, Problem> {
    let (actor, reason) = (ctx.actor, body.value.reason);
    // Never remembered for an Idempotency-Key: a plain number must not come to lie in that table.
    ctx.write_unremembered(async |tx| Ok((StatusCode::OK, queries::reveal(tx, &actor, *id, &reason).await?)))
        .await
}

/// The categories an elder can carry
#[utoipa::path(operation_id = "categories_list", tag = "elders", responses((status = 200, body = Vec<Category>)),
    extensions(("x-roles" = json!(["steward", "provider", "officer", "duty", "auditor", "admin"]))))]
#[get("/categories")]
async fn categories(mut ctx: Ctx<Anyone>) -> Result<Answer, Problem> {
    Answer::ok(&queries::all_categories(&mut ctx.conn).await?)
}
