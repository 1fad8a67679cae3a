//! `/service-gaps`: where the library does not reach.

use super::staff::Deciders;
use crate::{
    auth::Ctx,
    calendar::Month,
    error::Problem,
    http::{Answer, Page, PageQuery, Params},
    orders::gaps::{self, SupplyGap, UnmetOrders},
};
use actix_web::get;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(supply).service(unmet);
}

/// Where to look for gaps.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct GapFilter {
    /// Within this division prefix; your area unless told.
    #[garde(inner(pattern("^[1-9][0-9]{1,11}$")))]
    division: Option<String>,
}

/// Where and when to look for unmet orders.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct UnmetFilter {
    /// Requested in this month; the present one unless told.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "2024-01")]
    month: Option<Month>,
    /// Within this division prefix; your area unless told.
    #[garde(inner(pattern("^[1-9][0-9]{1,11}$")))]
    division: Option<String>,
}

/// Items of which no order can be taken this week, by division: nobody offers them there, or everybody's week is full
#[utoipa::path(operation_id = "service_gaps_supply", tag = "orders", params(GapFilter, PageQuery), responses((status = 200, body = Page<SupplyGap>)),
    extensions(("x-roles" = json!(["officer", "duty"]))))]
#[get("/service-gaps")]
async fn supply(
    mut ctx: Ctx<Deciders>,
    filter: Params<GapFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let division = filter.0.division;
    Answer::ok(&gaps::supply(&mut ctx.conn, &ctx.actor, ctx.now, division, &page.0).await?)
}

/// Orders of a month for which nobody was left, by division and item
#[utoipa::path(operation_id = "service_gaps_unmet", tag = "orders", params(UnmetFilter, PageQuery), responses((status = 200, body = Page<UnmetOrders>)),
    extensions(("x-roles" = json!(["officer", "duty"]))))]
#[get("/service-gaps/unmet")]
async fn unmet(
    mut ctx: Ctx<Deciders>,
    filter: Params<UnmetFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let UnmetFilter { month, division } = filter.0;
    let month = month.unwrap_or_else(|| Month::of(ctx.stamp().today()));
    Answer::ok(&gaps::unmet(&mut ctx.conn, &ctx.actor, ctx.now, (month, division), &page.0).await?)
}
