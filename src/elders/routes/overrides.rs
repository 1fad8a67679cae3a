//! A person's decisions on an elder's tier.

use super::file::Keepers;
use crate::{
    auth::{Casework, Ctx},
    elders::{
        model::{Elder, NewTierOverride, TierOverrideEnd},
        overrides::{self, ElderTierOverride},
    },
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    ids::{ElderId, TierOverrideId},
};
use actix_web::{get, http::StatusCode, post, web::Path};
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(override_tier)
        .service(end_override)
        .service(history);
}

/// Set the visit tier by hand for a time
#[utoipa::path(tag = "elders", operation_id = "elders_override_tier", params(("id" = ElderId, Path)), request_body = NewTierOverride, responses((status = 200, body = Elder)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["elder_not_found", "elder_merged"]))))]
#[post("/elders/{id}/tier-override")]
async fn override_tier(
    mut ctx: Ctx<Keepers>,
    id: Path<ElderId>,
    body: Body<NewTierOverride>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, overrides::set(tx, &actor, *id, new).await?))
    })
    .await
}

/// End a decision on the tier before its time: the rule holds again from today on
#[utoipa::path(tag = "elders", operation_id = "tier_overrides_end", params(("id" = ElderId, Path), ("override_id" = TierOverrideId, Path)),
    request_body = TierOverrideEnd, responses((status = 200, body = Elder)),
    extensions(("x-roles" = json!(["steward", "officer"])),
        ("x-errors" = json!(["elder_not_found", "elder_merged", "tier_override_not_found", "tier_override_over"]))))]
#[post("/elders/{id}/tier-overrides/{override_id}/end")]
async fn end_override(
    mut ctx: Ctx<Keepers>,
    path: Path<(ElderId, TierOverrideId)>,
    body: Body<TierOverrideEnd>,
) -> Result<Answer, Problem> {
    let (actor, (elder, id), end) = (ctx.actor, path.into_inner(), body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, overrides::end(tx, &actor, elder, id, end).await?))
    })
    .await
}

/// Every decision on an elder's tier, the latest first
#[utoipa::path(tag = "elders", operation_id = "tier_overrides_list", params(("id" = ElderId, Path), PageQuery), responses((status = 200, body = Page<ElderTierOverride>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["elder_not_found"]))))]
#[get("/elders/{id}/tier-overrides")]
async fn history(
    mut ctx: Ctx<Casework>,
    id: Path<ElderId>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let (community, found) = overrides::history(&mut ctx.conn, &ctx.actor, ctx.now, *id, &page.0).await?;
    let entry = ctx
        .stamp()
        .entry("elders.tier_overrides", "elder", Some(id.0))
        .elder(*id)
        .community(community);
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}
