//! `/obligations`: the worklist, and why a visit was missed.

use super::{
    missed::{self, MissedObligation, NewMissReason},
    model::WorklistLine,
    queries,
};
use crate::{
    auth::{Casework, Ctx},
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    ids::ObligationId,
    permission,
};
use actix_web::{get, http::StatusCode, post, web::Path};
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(worklist).service(explain);
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

permission!(
    /// Who says why a visit was missed.
    Explainers = Steward | Officer
);

/// Say why a visit was missed; once
#[utoipa::path(operation_id = "obligations_explain", tag = "obligations", params(("id" = ObligationId, Path)), request_body = NewMissReason,
    responses((status = 200, body = MissedObligation)),
    extensions(("x-roles" = json!(["steward", "officer"])),
               ("x-errors" = json!(["obligation_not_found", "obligation_not_missed", "obligation_explained"]))))]
#[post("/obligations/{id}/reason")]
async fn explain(
    mut ctx: Ctx<Explainers>,
    id: Path<ObligationId>,
    body: Body<NewMissReason>,
) -> Result<Answer, Problem> {
    let (actor, said) = (ctx.actor, body.value);
    said.check()?;
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, missed::explain(tx, &actor, *id, said).await?))
    })
    .await
}
