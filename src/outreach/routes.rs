//! `/publicity-events`.

use super::{
    model::{
        NewPublicityEvent, PublicityChannel, PublicityEvent, PublicityEventCorrection,
        PublicityEventWithdrawal,
    },
    queries::{self, Narrow},
};
use crate::{
    auth::Ctx,
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    ids::{CommunityId, PublicityEventId},
    policies::Advisers,
};
use actix_web::{get, http::StatusCode, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(record)
        .service(list)
        .service(get)
        .service(correct)
        .service(withdraw)
        .service(revisions);
}

/// Record a publicity event in a community, or of a whole division; idempotent by its id
#[utoipa::path(operation_id = "publicity_events_record", tag = "publicity events", request_body = NewPublicityEvent,
    responses((status = 201, body = PublicityEvent)),
    extensions(("x-roles" = json!(["steward", "officer"])),
        ("x-errors" = json!(["publicity_place_not_found", "publicity_event_already_recorded"]))))]
#[post("/publicity-events")]
async fn record(mut ctx: Ctx<Advisers>, body: Body<NewPublicityEvent>) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    new.check()?;
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, queries::record(tx, &actor, &new).await?))
    })
    .await
}

/// Which events to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct PublicityFilter {
    /// One channel.
    #[garde(skip)]
    channel: Option<PublicityChannel>,
    /// One community.
    #[garde(skip)]
    community: Option<CommunityId>,
    /// Those that were withdrawn, or those that count; both unless told.
    #[garde(skip)]
    withdrawn: Option<bool>,
}

/// The publicity events of your area and those you recorded, the latest first
#[utoipa::path(operation_id = "publicity_events_list", tag = "publicity events", params(PublicityFilter, PageQuery),
    responses((status = 200, body = Page<PublicityEvent>)), extensions(("x-roles" = json!(["steward", "officer"]))))]
#[get("/publicity-events")]
async fn list(
    mut ctx: Ctx<Advisers>,
    filter: Params<PublicityFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let PublicityFilter {
        channel,
        community,
        withdrawn,
    } = filter.0;
    let narrow = Narrow {
        channel,
        community,
        withdrawn,
    };
    Answer::ok(&queries::list(&mut ctx.conn, &ctx.actor, ctx.now, &narrow, &page.0).await?)
}

/// One publicity event, or one version of it
#[utoipa::path(operation_id = "publicity_events_get", tag = "publicity events", params(("id" = PublicityEventId, Path)),
    responses((status = 200, body = PublicityEvent)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["publicity_event_not_found"]))))]
#[get("/publicity-events/{id}")]
async fn get(mut ctx: Ctx<Advisers>, id: Path<PublicityEventId>) -> Result<Answer, Problem> {
    Answer::ok(&queries::get(&mut ctx.conn, &ctx.actor, ctx.now, *id).await?)
}

/// Say a publicity event anew: a new version takes its place; idempotent by its id
#[utoipa::path(operation_id = "publicity_events_correct", tag = "publicity events", params(("id" = PublicityEventId, Path)),
    request_body = PublicityEventCorrection, responses((status = 201, body = PublicityEvent)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["publicity_event_not_found", "publicity_place_not_found",
        "publicity_event_already_recorded", "publicity_event_superseded", "publicity_event_withdrawn"]))))]
#[post("/publicity-events/{id}/corrections")]
async fn correct(
    mut ctx: Ctx<Advisers>,
    id: Path<PublicityEventId>,
    body: Body<PublicityEventCorrection>,
) -> Result<Answer, Problem> {
    let (actor, correction) = (ctx.actor, body.value);
    correction.event.check().map_err(queries::within_event)?;
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::CREATED,
            queries::correct(tx, &actor, *id, &correction).await?,
        ))
    })
    .await
}

/// Withdraw a publicity event: it counts no more
#[utoipa::path(operation_id = "publicity_events_withdraw", tag = "publicity events", params(("id" = PublicityEventId, Path)),
    request_body = PublicityEventWithdrawal, responses((status = 200, body = PublicityEvent)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["publicity_event_not_found", "publicity_event_superseded",
        "publicity_event_withdrawn"]))))]
#[post("/publicity-events/{id}/withdraw")]
async fn withdraw(
    mut ctx: Ctx<Advisers>,
    id: Path<PublicityEventId>,
    body: Body<PublicityEventWithdrawal>,
) -> Result<Answer, Problem> {
    let (actor, reason) = (ctx.actor, body.value.reason);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::withdraw(tx, &actor, *id, &reason).await?))
    })
    .await
}

/// Every version of a publicity event, the first first
#[utoipa::path(operation_id = "publicity_events_revisions", tag = "publicity events", params(("id" = PublicityEventId, Path), PageQuery),
    responses((status = 200, body = Page<PublicityEvent>)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["publicity_event_not_found"]))))]
#[get("/publicity-events/{id}/revisions")]
async fn revisions(
    mut ctx: Ctx<Advisers>,
    id: Path<PublicityEventId>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    Answer::ok(&queries::revisions(&mut ctx.conn, &ctx.actor, ctx.now, *id, &page.0).await?)
}
