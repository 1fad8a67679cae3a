//! `/second-asks`.

use crate::{
    auth::{Casework, Ctx, Officer},
    calendar::Month,
    error::Problem,
    followups::{
        model::second::{Gap, SecondAnswer, SecondAsk},
        queries::second::{self, GapOf},
    },
    http::{Answer, Body, Page, PageQuery, Params},
    ids::FollowupId,
};
use actix_web::{get, http::StatusCode, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(gap).service(answer);
}

/// The surveys of your area that somebody else has to ask again, the soonest due first
#[utoipa::path(operation_id = "second_asks_list", tag = "follow-ups", params(PageQuery), responses((status = 200, body = Page<SecondAsk>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"]))))]
#[get("/second-asks")]
async fn list(mut ctx: Ctx<Casework>, page: Params<PageQuery>) -> Result<Answer, Problem> {
    Answer::ok(&second::list(&mut ctx.conn, &ctx.actor, ctx.now, &page.0).await?)
}

/// Record what an elder says when asked again; the first answer stays; idempotent by its id
#[utoipa::path(operation_id = "second_asks_answer", tag = "follow-ups", params(("id" = FollowupId, Path)), request_body = SecondAnswer, responses((status = 201, body = SecondAsk)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["second_ask_not_found", "second_ask_answered", "surveyed_by_its_doer", "survey_already_recorded"]))))]
#[post("/second-asks/{id}/answer")]
async fn answer(
    mut ctx: Ctx<Casework>,
    id: Path<FollowupId>,
    body: Body<SecondAnswer>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, second::answer(tx, &actor, *id, new).await?))
    })
    .await
}

/// Of what the gap is shown.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum By {
    /// Each provider's work.
    Organisation,
    /// Each steward's own surveys.
    Steward,
}

/// Which second asks are counted.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct GapQuery {
    /// Drawn in this month.
    #[garde(skip)]
    #[param(value_type = String, example = "2024-01")]
    month: Month,
    /// For each provider, or for each steward who asked first.
    #[garde(skip)]
    by: By,
}

/// How often elders who were satisfied at first are not when somebody else asks; no figure of fewer than five elders
#[utoipa::path(operation_id = "second_asks_gap", tag = "follow-ups", params(GapQuery, PageQuery), responses((status = 200, body = Page<Gap>)),
    extensions(("x-roles" = json!(["officer"]))))]
#[get("/second-asks/gap")]
async fn gap(
    mut ctx: Ctx<Officer>,
    query: Params<GapQuery>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let GapQuery { month, by } = query.0;
    let of = match by {
        By::Organisation => GapOf::Organisation,
        By::Steward => GapOf::Steward,
    };
    let least = ctx.state.config.service.small_number;
    let range = (month.start(), month.end());
    Answer::ok(&second::gap(&mut ctx.conn, &ctx.actor, ctx.now, of, range, least, &page.0).await?)
}
