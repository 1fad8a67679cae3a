//! An elder's standing, and what happened to them.

use crate::{
    auth::{Casework, Ctx},
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    ids::ElderId,
    obligations::{
        model::{ElderEvent, ElderStanding, NewElderEvent},
        queries,
    },
};
use actix_web::{get, http::StatusCode, post, web::Path};
use chrono::Duration;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(standing).service(record).service(list);
}

/// How often an elder is owed a visit and how urgent it is, with every reason, its weight and since when
#[utoipa::path(operation_id = "elders_standing", tag = "obligations", params(("id" = ElderId, Path)), responses((status = 200, body = ElderStanding)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["elder_not_found"]))))]
#[get("/elders/{id}/standing")]
async fn standing(mut ctx: Ctx<Casework>, id: Path<ElderId>) -> Result<Answer, Problem> {
    let found = queries::of_elder(&mut ctx.conn, &ctx.actor, ctx.now, *id).await?;
    let entry = ctx
        .stamp()
        .entry("elders.standing", "elder", Some(id.0))
        .elder(*id)
        .community(found.community_id);
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// Record what happened to an elder: it owes a visit within 24 hours. Idempotent by its id
#[utoipa::path(operation_id = "elder_events_record", tag = "obligations", params(("id" = ElderId, Path)), request_body = NewElderEvent,
    responses((status = 201, body = ElderEvent)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])),
        ("x-errors" = json!(["elder_not_found", "elder_event_already_recorded"]))))]
#[post("/elders/{id}/events")]
async fn record(
    mut ctx: Ctx<Casework>,
    id: Path<ElderId>,
    body: Body<NewElderEvent>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    let grace = Duration::hours(ctx.state.config.service.grace_hours);
    // What lies sealed is not remembered in the open.
    ctx.write_unremembered(async |tx| {
        Ok((
            StatusCode::CREATED,
            queries::record(tx, &actor, grace, *id, new).await?,
        ))
    })
    .await
}

/// What happened to an elder, the latest first, and what became of the visit that it owed
#[utoipa::path(operation_id = "elder_events_list", tag = "obligations", params(("id" = ElderId, Path), PageQuery), responses((status = 200, body = Page<ElderEvent>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["elder_not_found"]))))]
#[get("/elders/{id}/events")]
async fn list(mut ctx: Ctx<Casework>, id: Path<ElderId>, page: Params<PageQuery>) -> Result<Answer, Problem> {
    let stamp = ctx.stamp();
    let (community, found) = queries::events(&mut ctx.conn, &stamp, &ctx.actor, *id, &page.0).await?;
    let entry = stamp
        .entry("elders.events", "elder", Some(id.0))
        .elder(*id)
        .community(community);
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}
