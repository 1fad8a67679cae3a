//! `/hazards`.

use super::{
    model::{Hazard, HazardDetail, HazardKind, HazardSeverity, HazardStatus},
    queries::{self, Narrow},
};
use crate::{
    auth::{Casework, Ctx},
    error::Problem,
    http::{Answer, Page, PageQuery, Params},
    ids::{CommunityId, HazardId, HouseholdId},
};
use actix_web::{get, web::Path};
use garde::Validate;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(get);
}

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

/// One hazard, with what was found at its check point before and after
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
