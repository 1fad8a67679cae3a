//! `/alerts`: a person's own.

use crate::{
    alerts::{model::OwnAlert, queries::own},
    auth::{Anyone, Ctx},
    error::Problem,
    http::{Answer, Body, Empty, Page, PageQuery, Params},
    ids::AlertId,
};
use actix_web::{get, http::StatusCode, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(seen);
}

/// Which alerts to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct AlertFilter {
    /// Only those not seen.
    #[garde(skip)]
    unseen: Option<bool>,
}

/// Your alerts, the newest first
#[utoipa::path(operation_id = "alerts_list", tag = "alerts", params(AlertFilter, PageQuery), responses((status = 200, body = Page<OwnAlert>)),
    extensions(("x-roles" = json!(["steward", "provider", "officer", "duty", "auditor", "admin"]))))]
#[get("/alerts")]
async fn list(
    mut ctx: Ctx<Anyone>,
    filter: Params<AlertFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let unseen = filter.0.unseen.unwrap_or_default();
    Answer::ok(&own::list(&mut ctx.conn, &ctx.actor, ctx.now, unseen, &page.0).await?)
}

/// Say that you have seen an alert; the first time counts
#[utoipa::path(operation_id = "alerts_seen", tag = "alerts", params(("id" = AlertId, Path)), request_body = Empty, responses((status = 200, body = OwnAlert)),
    extensions(("x-roles" = json!(["steward", "provider", "officer", "duty", "auditor", "admin"])), ("x-errors" = json!(["alert_not_found"]))))]
#[post("/alerts/{id}/seen")]
async fn seen(mut ctx: Ctx<Anyone>, id: Path<AlertId>, body: Body<Empty>) -> Result<Answer, Problem> {
    let actor = ctx.actor;
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, own::seen(tx, &actor, *id).await?))
    })
    .await
}
