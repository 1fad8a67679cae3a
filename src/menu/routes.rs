//! `/menu`.

use super::{model::MenuLine, queries};
use crate::{
    auth::{Anyone, Ctx},
    error::Problem,
    http::{Answer, Params},
};
use actix_web::get;
use chrono::NaiveDate;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(menu);
}

/// Of which day.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct MenuDay {
    /// The day in Asia/Shanghai; today unless told.
    #[garde(skip)]
    on: Option<NaiveDate>,
}

/// The eight items of a day, with the prices in force
#[utoipa::path(operation_id = "menu", tag = "menu", params(MenuDay), responses((status = 200, body = Vec<MenuLine>)),
    extensions(("x-roles" = json!(["steward", "provider", "officer", "duty", "auditor", "admin"])), ("x-errors" = json!(["no_menu_yet"]))))]
#[get("/menu")]
async fn menu(mut ctx: Ctx<Anyone>, day: Params<MenuDay>) -> Result<Answer, Problem> {
    let on = day.0.on.unwrap_or(ctx.stamp().today());
    Answer::ok(&queries::on(&mut ctx.conn, on).await?)
}
