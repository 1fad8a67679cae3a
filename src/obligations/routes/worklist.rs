//! The worklist.

use crate::{
    auth::{Casework, Ctx},
    error::Problem,
    http::{Answer, Page, PageQuery, Params},
    obligations::{model::WorklistLine, queries},
};
use actix_web::get;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(worklist);
}

/// The visits owed now in your area, by need
#[utoipa::path(operation_id = "obligations_worklist", tag = "obligations", params(PageQuery), responses((status = 200, body = Page<WorklistLine>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"]))))]
#[get("/obligations")]
async fn worklist(mut ctx: Ctx<Casework>, page: Params<PageQuery>) -> Result<Answer, Problem> {
    let found = queries::worklist(&mut ctx.conn, &ctx.actor, ctx.now, &page.0).await?;
    let mut entry = ctx.stamp().entry("obligations.worklist", "household", None);
    entry.detail =
        serde_json::json!({ "households": found.items.iter().map(|l| l.household_id).collect::<Vec<_>>() });
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}
