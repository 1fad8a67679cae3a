//! The weights of risk.

use crate::{
    auth::{Admin, Ctx},
    error::Problem,
    http::{Answer, Body},
    obligations::{
        queries,
        risk::{NewRiskEdition, RiskEdition},
    },
    permission,
};
use actix_web::{get, http::StatusCode, post};
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(current).service(make);
}

permission!(
    /// Who may know how risk is reckoned: everybody but providers.
    Readers = Steward | Officer | Duty | Auditor | Admin
);

/// What each reason adds to a risk: the edition in force
#[utoipa::path(operation_id = "risk_weights_get", tag = "obligations", responses((status = 200, body = RiskEdition)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "auditor", "admin"]))))]
#[get("/risk-weights")]
async fn current(mut ctx: Ctx<Readers>) -> Result<Answer, Problem> {
    Answer::ok(&queries::weights_in_force(&mut ctx.conn).await?)
}

/// Make the next edition of the weights; what is owed is reckoned again by it
#[utoipa::path(operation_id = "risk_weights_change", tag = "obligations", request_body = NewRiskEdition, responses((status = 201, body = RiskEdition)),
    extensions(("x-roles" = json!(["admin"])), ("x-errors" = json!(["risk_edition_made_meanwhile"]))))]
#[post("/risk-weights")]
async fn make(mut ctx: Ctx<Admin>, body: Body<NewRiskEdition>) -> Result<Answer, Problem> {
    let new = body.value;
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, queries::make_edition(tx, new).await?))
    })
    .await
}
