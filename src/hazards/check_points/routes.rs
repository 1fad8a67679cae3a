//! `/check-points`.

use super::{
    model::{CheckList, NewCheckList},
    queries,
};
use crate::{
    auth::{Admin, Anyone, Ctx},
    error::Problem,
    http::{Answer, Body, Params},
};
use actix_web::{get, http::StatusCode, post};
use chrono::NaiveDate;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(check_points).service(publish);
}

/// Which list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct WhichList {
    /// The one in force on this day in Asia/Shanghai; today unless told.
    #[garde(skip)]
    on: Option<NaiveDate>,
    /// The one of this number, under which a visit was recorded, whatever the day.
    #[garde(skip)]
    form_version: Option<i16>,
}

/// The check points of a day, or those that an old visit was recorded under, with suggested grades
#[utoipa::path(operation_id = "check_points_get", tag = "hazards", params(WhichList), responses((status = 200, body = CheckList)),
    extensions(("x-roles" = json!(["steward", "provider", "officer", "duty", "auditor", "admin"])), ("x-errors" = json!(["check_list_not_found"]))))]
#[get("/check-points")]
async fn check_points(mut ctx: Ctx<Anyone>, which: Params<WhichList>) -> Result<Answer, Problem> {
    let list = match which.0.form_version {
        Some(version) => queries::numbered(&mut ctx.conn, version).await?,
        None => {
            let day = which.0.on.unwrap_or(ctx.stamp().today());
            queries::on(&mut ctx.conn, day).await?
        }
    };
    Answer::ok(&list)
}

/// Publish the next list of check points, from a day on
#[utoipa::path(operation_id = "check_points_publish", tag = "hazards", request_body = NewCheckList, responses((status = 201, body = CheckList)),
    extensions(("x-roles" = json!(["admin"])), ("x-errors" = json!(["check_list_is_set"]))))]
#[post("/check-points")]
async fn publish(mut ctx: Ctx<Admin>, body: Body<NewCheckList>) -> Result<Answer, Problem> {
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, queries::publish(tx, &body.value).await?))
    })
    .await
}
