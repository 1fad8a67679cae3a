//! Hazards as they are read: listed, counted by place, one with its history.

use crate::{
    auth::{Casework, Ctx},
    error::Problem,
    hazards::{
        model::{
            BuildingHazards, Hazard, HazardDetail, HazardEventLine, HazardKind, HazardMap, HazardSeverity,
            HazardStatus,
        },
        queries::{
            places,
            read::{self as queries, Narrow},
        },
    },
    http::{Answer, Page, PageQuery, Params},
    ids::{CommunityId, HazardId, HouseholdId},
    permission,
};
use actix_web::{HttpResponse, get, web::Path};
use garde::Validate;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(by_building)
        .service(map)
        .service(get)
        .service(events);
}

permission!(
    /// Who looks over a division.
    Overseers = Officer | Duty
);

/// Which hazards to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct HazardFilter {
    /// Of this status.
    #[garde(skip)]
    status: Option<HazardStatus>,
    /// Of this kind.
    #[garde(skip)]
    kind: Option<HazardKind>,
    /// As bad as this.
    #[garde(skip)]
    severity: Option<HazardSeverity>,
    /// In this community.
    #[garde(skip)]
    community: Option<CommunityId>,
    /// In this household.
    #[garde(skip)]
    household: Option<HouseholdId>,
    /// Open and past their deadline, or not.
    #[garde(skip)]
    overdue: Option<bool>,
}

/// The hazards in your area and those you found: the open ones first, then the worst, then the soonest due
#[utoipa::path(operation_id = "hazards_list", tag = "hazards", params(HazardFilter, PageQuery), responses((status = 200, body = Page<Hazard>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"]))))]
#[get("/hazards")]
async fn list(
    mut ctx: Ctx<Casework>,
    filter: Params<HazardFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let HazardFilter {
        status,
        kind,
        severity,
        community,
        household,
        overdue,
    } = filter.0;
    let narrow = Narrow {
        status,
        kind,
        severity,
        community,
        household,
        overdue,
    };
    let found = queries::list(&mut ctx.conn, &ctx.actor, ctx.now, &narrow, &page.0).await?;
    let ids: Vec<_> = found.items.iter().map(|h| h.id).collect();
    let entry = ctx
        .stamp()
        .entry("hazards.list", "hazard", None)
        .detail(json!({ "hazards": ids }));
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// Whose buildings to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct BuildingFilter {
    /// Of this community.
    #[garde(skip)]
    community: CommunityId,
}

/// The buildings of a community with their open hazards: how many, how bad, how many overdue, the oldest deadline
#[utoipa::path(operation_id = "hazards_by_building", tag = "hazards", params(BuildingFilter, PageQuery), responses((status = 200, body = Page<BuildingHazards>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"]))))]
#[get("/hazards/by-building")]
async fn by_building(
    mut ctx: Ctx<Casework>,
    filter: Params<BuildingFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let community = filter.0.community;
    Answer::ok(&places::by_building(&mut ctx.conn, &ctx.actor, ctx.now, community, &page.0).await?)
}

/// The open hazards of your division as GeoJSON: a coarse point for each compound, with counts alone
#[utoipa::path(operation_id = "hazards_map", tag = "hazards", responses((status = 200, body = HazardMap, content_type = "application/geo+json")),
    extensions(("x-roles" = json!(["officer", "duty"]))))]
#[get("/hazards/map")]
async fn map(mut ctx: Ctx<Overseers>) -> Result<HttpResponse, Problem> {
    let map = places::map(&mut ctx.conn, &ctx.actor, ctx.now).await?;
    Ok(HttpResponse::Ok().content_type("application/geo+json").json(map))
}

/// One hazard, with its repair and with what was found at its check point before and after
#[utoipa::path(operation_id = "hazards_get", tag = "hazards", params(("id" = HazardId, Path)), responses((status = 200, body = HazardDetail)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["hazard_not_found"]))))]
#[get("/hazards/{id}")]
async fn get(mut ctx: Ctx<Casework>, id: Path<HazardId>) -> Result<Answer, Problem> {
    let found = queries::get(&mut ctx.conn, &ctx.actor, ctx.now, *id).await?;
    let entry = ctx
        .stamp()
        .entry("hazards.read", "hazard", Some(id.0))
        .community(found.hazard.community_id);
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// What happened to a hazard, in its sequence
#[utoipa::path(operation_id = "hazards_events", tag = "hazards", params(("id" = HazardId, Path), PageQuery), responses((status = 200, body = Page<HazardEventLine>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["hazard_not_found"]))))]
#[get("/hazards/{id}/events")]
async fn events(
    mut ctx: Ctx<Casework>,
    id: Path<HazardId>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let (community, found) = queries::events(&mut ctx.conn, &ctx.actor, ctx.now, *id, &page.0).await?;
    let entry = ctx
        .stamp()
        .entry("hazards.read", "hazard", Some(id.0))
        .community(community);
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}
