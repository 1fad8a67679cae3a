//! `/campaigns`.

use super::{
    model::{
        Campaign, CampaignCoverage, CampaignGroup, CampaignObligation, CampaignPreview, CampaignStop,
        NewCampaign,
    },
    queries,
};
use crate::{
    auth::{Casework, Ctx, Officer},
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    ids::{CampaignId, CommunityId},
    obligations::model::ObligationStatus,
};
use actix_web::{get, http::StatusCode, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations. The fixed path comes before `/campaigns/{id}`.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(preview)
        .service(start)
        .service(list)
        .service(get)
        .service(stop)
        .service(coverage)
        .service(obligations);
}

/// How many households belong to a group, before a campaign is started for it; nothing is written
#[utoipa::path(operation_id = "campaigns_preview", tag = "campaigns", request_body = CampaignGroup, responses((status = 200, body = CampaignPreview)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["community_not_found"]))))]
#[post("/campaigns/preview")]
async fn preview(mut ctx: Ctx<Officer>, body: Body<CampaignGroup>) -> Result<Answer, Problem> {
    Answer::ok(&queries::preview(&mut ctx.conn, &ctx.actor, ctx.now, &body.value).await?)
}

/// Start a campaign: one extra visit is owed to each household of the group in its time
#[utoipa::path(operation_id = "campaigns_start", tag = "campaigns", request_body = NewCampaign, responses((status = 201, body = Campaign)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["community_not_found"]))))]
#[post("/campaigns")]
async fn start(mut ctx: Ctx<Officer>, body: Body<NewCampaign>) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, queries::start(tx, &actor, new).await?))
    })
    .await
}

/// The campaigns that reach your area, the latest first
#[utoipa::path(operation_id = "campaigns_list", tag = "campaigns", params(PageQuery), responses((status = 200, body = Page<Campaign>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"]))))]
#[get("/campaigns")]
async fn list(mut ctx: Ctx<Casework>, page: Params<PageQuery>) -> Result<Answer, Problem> {
    Answer::ok(&queries::list(&mut ctx.conn, &ctx.actor, ctx.now, &page.0).await?)
}

/// One campaign
#[utoipa::path(operation_id = "campaigns_get", tag = "campaigns", params(("id" = CampaignId, Path)), responses((status = 200, body = Campaign)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["campaign_not_found"]))))]
#[get("/campaigns/{id}")]
async fn get(mut ctx: Ctx<Casework>, id: Path<CampaignId>) -> Result<Answer, Problem> {
    Answer::ok(&queries::get(&mut ctx.conn, &ctx.actor, ctx.now, *id).await?)
}

/// Stop a campaign before its end: what it still owes is excused, and shown apart in its figure
#[utoipa::path(operation_id = "campaigns_stop", tag = "campaigns", params(("id" = CampaignId, Path)), request_body = CampaignStop, responses((status = 200, body = Campaign)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["campaign_not_found", "campaign_over"]))))]
#[post("/campaigns/{id}/stop")]
async fn stop(
    mut ctx: Ctx<Officer>,
    id: Path<CampaignId>,
    body: Body<CampaignStop>,
) -> Result<Answer, Problem> {
    let (actor, reason) = (ctx.actor, body.value.reason);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::stop(tx, &actor, *id, &reason).await?))
    })
    .await
}

/// What became of a campaign's visits in your area, community by community
#[utoipa::path(operation_id = "campaigns_coverage", tag = "campaigns", params(("id" = CampaignId, Path), PageQuery), responses((status = 200, body = CampaignCoverage)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["campaign_not_found"]))))]
#[get("/campaigns/{id}/coverage")]
async fn coverage(
    mut ctx: Ctx<Casework>,
    id: Path<CampaignId>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    Answer::ok(&queries::coverage(&mut ctx.conn, &ctx.actor, ctx.now, *id, &page.0).await?)
}

/// Which of a campaign's visits to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct ObligationFilter {
    /// Of this status.
    #[garde(skip)]
    status: Option<ObligationStatus>,
    /// In this community.
    #[garde(skip)]
    community: Option<CommunityId>,
}

/// The visits of a campaign in your area: the records behind its coverage
#[utoipa::path(operation_id = "campaigns_obligations", tag = "campaigns", params(("id" = CampaignId, Path), ObligationFilter, PageQuery),
    responses((status = 200, body = Page<CampaignObligation>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["campaign_not_found"]))))]
#[get("/campaigns/{id}/obligations")]
async fn obligations(
    mut ctx: Ctx<Casework>,
    id: Path<CampaignId>,
    filter: Params<ObligationFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let ObligationFilter { status, community } = filter.0;
    let found = queries::obligations(
        &mut ctx.conn,
        &ctx.actor,
        ctx.now,
        *id,
        (status, community),
        &page.0,
    )
    .await?;
    let ids: Vec<_> = found.items.iter().map(|o| o.household_id).collect();
    let entry = ctx
        .stamp()
        .entry("campaigns.obligations", "campaign", Some(id.0))
        .detail(json!({ "households": ids }));
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}
