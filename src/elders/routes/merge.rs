//! Two files that are one person.

use crate::{
    auth::{Ctx, Officer},
    elders::merge::{self, DuplicatePair, ElderMerge, MergeElder},
    error::Problem,
    http::{Answer, Body, Empty, Page, PageQuery, Params},
    ids::{ElderId, MergeId},
};
use actix_web::{get, http::StatusCode, post, web::Path};
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(duplicates)
        .service(merge_elders)
        .service(undo_merge);
}

/// Pairs of files in your area that may be one person: the same phone, or the same name and birth date
#[utoipa::path(tag = "elders", operation_id = "elders_duplicates", params(PageQuery), responses((status = 200, body = Page<DuplicatePair>)),
    extensions(("x-roles" = json!(["officer"]))))]
#[get("/elders/duplicates")]
async fn duplicates(mut ctx: Ctx<Officer>, page: Params<PageQuery>) -> Result<Answer, Problem> {
    let found = merge::duplicates(&mut ctx.conn, &ctx.actor, ctx.now, &page.0).await?;
    let ids: Vec<_> = found.items.iter().map(|p| [p.first.id, p.second.id]).collect();
    let entry = ctx.stamp().entry("elders.duplicates", "elder", None);
    ctx.audit(vec![entry.detail(json!({ "pairs": ids }))]).await?;
    Answer::ok(&found)
}

/// Keep one of two files of a person: the other one's needs, orders, visits, contacts, consents and categories move to it
#[utoipa::path(tag = "elders", operation_id = "elders_merge", params(("id" = ElderId, Path)), request_body = MergeElder, responses((status = 200, body = ElderMerge)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["elder_not_found", "elder_merged"]))))]
#[post("/elders/{id}/merge")]
async fn merge_elders(
    mut ctx: Ctx<Officer>,
    id: Path<ElderId>,
    body: Body<MergeElder>,
) -> Result<Answer, Problem> {
    let (actor, asked) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, merge::merge(tx, &actor, *id, asked).await?))
    })
    .await
}

/// Take a merge back: exactly what it moved goes back
#[utoipa::path(tag = "elders", operation_id = "elder_merges_undo", params(("id" = MergeId, Path)), request_body = Empty, responses((status = 200, body = ElderMerge)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["merge_not_found", "merge_not_undoable", "elder_already_enrolled"]))))]
#[post("/elder-merges/{id}/undo")]
async fn undo_merge(mut ctx: Ctx<Officer>, id: Path<MergeId>, body: Body<Empty>) -> Result<Answer, Problem> {
    let actor = ctx.actor;
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, merge::undo(tx, &actor, *id).await?))
    })
    .await
}
