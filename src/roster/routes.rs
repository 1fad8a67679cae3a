//! `/duty-shifts`.

use super::{
    model::{DutyShift, EndShift, NewShift, RosterGap},
    queries,
};
use crate::{
    auth::Ctx,
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    ids::DutyShiftId,
    permission,
};
use actix_web::{get, http::StatusCode, post, web::Path};
use chrono::Duration;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(gaps).service(list).service(plan).service(end);
}

permission!(
    /// Who reads the roster.
    Readers = Officer | Duty | Admin
);
permission!(
    /// Who keeps it.
    Keepers = Officer | Admin
);

/// Which shifts to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct ShiftFilter {
    /// One division and what lies in it.
    #[garde(length(max = 12), pattern("^[0-9]*$"))]
    #[serde(default)]
    division: String,
}

/// Who is on duty now and later, in your area and in those it lies in, the next to end first
#[utoipa::path(operation_id = "duty_shifts_list", tag = "roster", params(ShiftFilter, PageQuery), responses((status = 200, body = Page<DutyShift>)),
    extensions(("x-roles" = json!(["officer", "duty", "admin"]))))]
#[get("/duty-shifts")]
async fn list(
    mut ctx: Ctx<Readers>,
    filter: Params<ShiftFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let stamp = ctx.stamp();
    Answer::ok(&queries::list(&mut ctx.conn, &stamp, &ctx.actor, &filter.0.division, &page.0).await?)
}

/// Plan a shift of the duty desk, for the city or for a district of it
#[utoipa::path(operation_id = "duty_shifts_plan", tag = "roster", request_body = NewShift, responses((status = 201, body = DutyShift)),
    extensions(("x-roles" = json!(["officer", "admin"])), ("x-errors" = json!(["roster_of_another", "not_for_duty", "shift_overlaps"]))))]
#[post("/duty-shifts")]
async fn plan(mut ctx: Ctx<Keepers>, body: Body<NewShift>) -> Result<Answer, Problem> {
    let (actor, new, config) = (ctx.actor, body.value, ctx.state.config.clone());
    // What lies sealed is not remembered in the open.
    ctx.write_unremembered(async |tx| {
        Ok((
            StatusCode::CREATED,
            queries::plan(tx, &actor, &config.service.city, new).await?,
        ))
    })
    .await
}

/// End a shift early, or call one off that has not begun
#[utoipa::path(operation_id = "duty_shifts_end", tag = "roster", params(("id" = DutyShiftId, Path)), request_body = EndShift,
    responses((status = 200, body = DutyShift)),
    extensions(("x-roles" = json!(["officer", "admin"])), ("x-errors" = json!(["shift_not_found", "roster_of_another", "shift_ended"]))))]
#[post("/duty-shifts/{id}/end")]
async fn end(mut ctx: Ctx<Keepers>, id: Path<DutyShiftId>, body: Body<EndShift>) -> Result<Answer, Problem> {
    let (actor, how) = (ctx.actor, body.value);
    // What lies sealed is not remembered in the open.
    ctx.write_unremembered(async |tx| Ok((StatusCode::OK, queries::end(tx, &actor, *id, how).await?)))
        .await
}

/// How far to look ahead.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct GapsAhead {
    /// Days, 1 to 31; 14 unless told.
    #[garde(range(min = 1, max = 31))]
    days: Option<i64>,
}

/// When nobody is on duty in the days ahead, for the city and for each district of your area
#[utoipa::path(operation_id = "duty_shifts_gaps", tag = "roster", params(GapsAhead), responses((status = 200, body = Vec<RosterGap>)),
    extensions(("x-roles" = json!(["officer", "duty", "admin"]))))]
#[get("/duty-shifts/gaps")]
async fn gaps(mut ctx: Ctx<Readers>, ahead: Params<GapsAhead>) -> Result<Answer, Problem> {
    let (stamp, config) = (ctx.stamp(), ctx.state.config.clone());
    let until = ctx.now + Duration::days(ahead.0.days.unwrap_or(14));
    Answer::ok(&queries::gaps_ahead(&mut ctx.conn, &stamp, &ctx.actor, &config.service.city, until).await?)
}
