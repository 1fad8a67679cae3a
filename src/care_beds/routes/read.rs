//! Beds, their events, and what can be built in.

use crate::{
    auth::{Casework, CaseworkOrProvider, Ctx},
    care_beds::{
        model::{CareBed, CareBedEventLine, CareBedFile, CareBedKind, CareBedMeasure, CareBedStatus},
        queries::read::{self, Narrow},
    },
    error::Problem,
    http::{Answer, Page, PageQuery, Params},
    ids::{CareBedId, CommunityId, ElderId},
};
use actix_web::{get, web::Path};
use garde::Validate;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(measures)
        .service(list)
        .service(get)
        .service(events);
}

/// What can be built in: adaptations of the home, and devices
#[utoipa::path(operation_id = "care_bed_measures_list", tag = "care beds", responses((status = 200, body = Vec<CareBedMeasure>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "provider"]))))]
#[get("/care-bed-measures")]
async fn measures(mut ctx: Ctx<CaseworkOrProvider>) -> Result<Answer, Problem> {
    Answer::ok(&read::measures(&mut ctx.conn).await?)
}

/// Which care beds to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct CareBedFilter {
    /// Of this kind.
    #[garde(skip)]
    kind: Option<CareBedKind>,
    /// Of this status.
    #[garde(skip)]
    status: Option<CareBedStatus>,
    /// In this community.
    #[garde(skip)]
    community: Option<CommunityId>,
    /// Of this elder.
    #[garde(skip)]
    elder: Option<ElderId>,
}

/// The care beds and other installations in your area, or of your organisation, the latest application first
#[utoipa::path(operation_id = "care_beds_list", tag = "care beds", params(CareBedFilter, PageQuery), responses((status = 200, body = Page<CareBed>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "provider"]))))]
#[get("/care-beds")]
async fn list(
    mut ctx: Ctx<CaseworkOrProvider>,
    filter: Params<CareBedFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let CareBedFilter {
        kind,
        status,
        community,
        elder,
    } = filter.0;
    let narrow = Narrow {
        kind,
        status,
        community,
        elder,
    };
    let stamp = ctx.stamp();
    let found = read::list(&mut ctx.conn, &stamp, &ctx.actor, &narrow, &page.0).await?;
    let ids: Vec<_> = found.items.iter().map(|b| b.id).collect();
    let entry = stamp
        .entry("care_beds.list", "care_bed", None)
        .detail(json!({ "care_beds": ids }));
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// One care bed with its plan, agreements, quotas, findings and photos
#[utoipa::path(operation_id = "care_beds_get", tag = "care beds", params(("id" = CareBedId, Path)), responses((status = 200, body = CareBedFile)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "provider"])), ("x-errors" = json!(["care_bed_not_found"]))))]
#[get("/care-beds/{id}")]
async fn get(mut ctx: Ctx<CaseworkOrProvider>, id: Path<CareBedId>) -> Result<Answer, Problem> {
    let stamp = ctx.stamp();
    let found = read::file(&mut ctx.conn, &stamp, &ctx.actor, *id).await?;
    let mut entry = stamp
        .entry("care_beds.read", "care_bed", Some(id.0))
        .community(found.bed.community_id);
    entry.elder_id = found.bed.elder_id.map(|e| e.0);
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// What happened to a care bed, in its sequence
#[utoipa::path(operation_id = "care_beds_events", tag = "care beds", params(("id" = CareBedId, Path), PageQuery), responses((status = 200, body = Page<CareBedEventLine>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["care_bed_not_found"]))))]
#[get("/care-beds/{id}/events")]
async fn events(
    mut ctx: Ctx<Casework>,
    id: Path<CareBedId>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let stamp = ctx.stamp();
    let found = read::events(&mut ctx.conn, &stamp, &ctx.actor, *id, &page.0).await?;
    let entry = stamp.entry("care_beds.events", "care_bed", Some(id.0));
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}
