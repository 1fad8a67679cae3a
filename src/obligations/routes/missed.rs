//! Why a visit was missed.

use crate::{
    auth::Ctx,
    error::Problem,
    http::{Answer, Body},
    ids::ObligationId,
    obligations::missed::{self, MissedObligation, NewMissReason},
    permission,
};
use actix_web::{http::StatusCode, post, web::Path};
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(explain);
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
