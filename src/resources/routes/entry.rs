//! `/resources`: the three-tier library. Providers are the resources that take orders: `/resources?takes_orders=true`.

use crate::{
    auth::{CaseworkOrProvider, Ctx, Officer},
    error::Problem,
    http::{Answer, Body, IfMatch, Page, PageQuery, Params},
    ids::{CommunityId, ItemId, OrganisationId, WorkerId},
    permission,
    resources::{
        model::{
            FoundResource, NewQualification, NewResource, NewWorker, ResourceFile, ResourceKind,
            ResourcePatch, ResourceTier, WorkerPatch,
        },
        queries::{
            entry as queries,
            search::{self, Narrow},
        },
    },
};
use actix_web::{get, http::StatusCode, patch, post, web::Path};
use chrono::{DateTime, Utc};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(get)
        .service(create)
        .service(change)
        .service(add_worker)
        .service(change_worker)
        .service(add_qualification);
}

permission!(
    /// Who keeps an organisation's entry and workers: the organisation itself and the office.
    EntryKeepers = Officer | Provider
);

/// Which organisations to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct ResourceFilter {
    /// Part of the name.
    #[garde(length(chars, min = 1, max = 100))]
    q: Option<String>,
    /// One tier.
    #[garde(skip)]
    tier: Option<ResourceTier>,
    /// One kind.
    #[garde(skip)]
    kind: Option<ResourceKind>,
    /// Those that offer this item.
    #[garde(skip)]
    item: Option<ItemId>,
    /// Those that serve in this division, the whole of it or a part.
    #[garde(inner(pattern("^[1-9][0-9]{1,11}$")))]
    division: Option<String>,
    /// Those that serve this community.
    #[garde(skip)]
    community: Option<CommunityId>,
    /// Those that serve round the clock, or those that do not.
    #[garde(skip)]
    always_open: Option<bool>,
    /// Those that are open at this instant.
    #[garde(skip)]
    open_at: Option<DateTime<Utc>>,
    /// The nearest first: degrees north of where you are.
    #[garde(inner(range(min = -90.0, max = 90.0)))]
    near_latitude: Option<f64>,
    /// The nearest first: degrees east of where you are.
    #[garde(inner(range(min = -180.0, max = 180.0)))]
    near_longitude: Option<f64>,
    /// Those that take orders (providers), or those that do not.
    #[garde(skip)]
    takes_orders: Option<bool>,
}

/// The library by item, place, time, tier, kind and name, the nearest first where you say from where; a provider reads its own entry
#[utoipa::path(operation_id = "resources_list", tag = "resources", params(ResourceFilter, PageQuery), responses((status = 200, body = Page<FoundResource>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "provider"]))))]
#[get("/resources")]
async fn list(
    mut ctx: Ctx<CaseworkOrProvider>,
    filter: Params<ResourceFilter>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let ResourceFilter {
        q,
        tier,
        kind,
        item,
        division,
        community,
        always_open,
        open_at,
        near_latitude,
        near_longitude,
        takes_orders,
    } = filter.0;
    if near_latitude.is_some() != near_longitude.is_some() {
        return Err(Problem::field(
            "near_latitude",
            "a place has a latitude and a longitude",
        ));
    }
    let narrow = Narrow {
        q,
        tier,
        kind,
        item,
        division,
        community,
        takes_orders,
        always_open,
        open_at,
        near: near_latitude.zip(near_longitude),
    };
    Answer::ok(&search::list(&mut ctx.conn, &ctx.actor, narrow, &page.0).await?)
}

/// One organisation with its coverage, items, hours, qualifications and workers
#[utoipa::path(operation_id = "resources_get", tag = "resources", params(("id" = OrganisationId, Path)), responses((status = 200, body = ResourceFile)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "provider"])), ("x-errors" = json!(["resource_not_found"]))))]
#[get("/resources/{id}")]
async fn get(mut ctx: Ctx<CaseworkOrProvider>, id: Path<OrganisationId>) -> Result<Answer, Problem> {
    Answer::ok(&queries::file(&mut ctx.conn, &ctx.actor, *id).await?)
}

/// Enter an organisation
#[utoipa::path(operation_id = "resources_create", tag = "resources", request_body = NewResource, responses((status = 201, body = ResourceFile)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["resource_outside_area", "resource_already_listed"]))))]
#[post("/resources")]
async fn create(mut ctx: Ctx<Officer>, body: Body<NewResource>) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, queries::create(tx, &actor, new).await?))
    })
    .await
}

/// Change an organisation's entry; a list that is given replaces the whole list. A provider changes phone, address, position, hours and capacities of its own
#[utoipa::path(operation_id = "resources_change", tag = "resources", params(("id" = OrganisationId, Path)), request_body = ResourcePatch, responses((status = 200, body = ResourceFile)),
    extensions(("x-roles" = json!(["officer", "provider"])), ("x-errors" = json!(["resource_not_found", "resource_outside_area", "resource_kept_by_office"])), ("x-edits" = json!(true))))]
#[patch("/resources/{id}")]
async fn change(
    mut ctx: Ctx<EntryKeepers>,
    id: Path<OrganisationId>,
    seen: IfMatch,
    body: Body<ResourcePatch>,
) -> Result<Answer, Problem> {
    let (actor, patch) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::change(tx, &actor, *id, seen, patch).await?,
        ))
    })
    .await
}

/// Enter a worker
#[utoipa::path(operation_id = "resources_add_worker", tag = "resources", params(("id" = OrganisationId, Path)), request_body = NewWorker, responses((status = 201, body = ResourceFile)),
    extensions(("x-roles" = json!(["officer", "provider"])), ("x-errors" = json!(["resource_not_found", "resource_outside_area"]))))]
#[post("/resources/{id}/workers")]
async fn add_worker(
    mut ctx: Ctx<EntryKeepers>,
    id: Path<OrganisationId>,
    body: Body<NewWorker>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::CREATED,
            queries::add_worker(tx, &actor, *id, new).await?,
        ))
    })
    .await
}

/// Change a worker
#[utoipa::path(operation_id = "resources_change_worker", tag = "resources", params(("id" = OrganisationId, Path), ("worker_id" = WorkerId, Path)),
    request_body = WorkerPatch, responses((status = 200, body = ResourceFile)),
    extensions(("x-roles" = json!(["officer", "provider"])), ("x-errors" = json!(["resource_not_found", "resource_outside_area", "worker_not_found"]))))]
#[post("/resources/{id}/workers/{worker_id}")]
async fn change_worker(
    mut ctx: Ctx<EntryKeepers>,
    ids: Path<(OrganisationId, WorkerId)>,
    body: Body<WorkerPatch>,
) -> Result<Answer, Problem> {
    let (actor, patch) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::change_worker(tx, &actor, *ids, patch).await?,
        ))
    })
    .await
}

/// Enter a licence of the organisation or a certificate of a worker
#[utoipa::path(operation_id = "resources_add_qualification", tag = "resources", params(("id" = OrganisationId, Path)), request_body = NewQualification,
    responses((status = 201, body = ResourceFile)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["resource_not_found", "resource_outside_area", "worker_not_found"]))))]
#[post("/resources/{id}/qualifications")]
async fn add_qualification(
    mut ctx: Ctx<Officer>,
    id: Path<OrganisationId>,
    body: Body<NewQualification>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::CREATED,
            queries::add_qualification(tx, &actor, *id, new).await?,
        ))
    })
    .await
}
