//! One elder's file, the list of elders, households and categories.

use crate::{
    auth::{Casework, Ctx},
    elders::{
        change, enrol,
        file::{self, ElderFile, HouseholdFile, TimelineEntry},
        model::{
            Category, ConsentPurpose, Elder, ElderPatch, ElderStatus, EnrolledElder, Entitlement, NewConsent,
            NewContact, NewElder, NewElderCategory, NewElderStatus, RevealElder, VisitTier,
        },
        queries,
    },
    error::Problem,
    http::{Answer, Body, Empty, IfMatch, Page, PageQuery, Params},
    ids::{CommunityId, ElderId, HouseholdId},
    permission,
};
use actix_web::{get, http::StatusCode, patch, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(enrol_elder)
        .service(list)
        .service(get)
        .service(change_elder)
        .service(add_category)
        .service(end_category)
        .service(set_status)
        .service(add_contact)
        .service(add_consent)
        .service(withdraw_consent)
        .service(timeline)
        .service(household)
        .service(reveal)
        .service(categories);
}

permission!(
    /// Who keeps elders' files.
    Keepers = Steward | Officer
);

/// Which elders to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct ElderListQuery {
    /// Part of the name.
    #[garde(length(chars, min = 1, max = 50))]
    q: Option<String>,
    /// One community.
    #[garde(skip)]
    community: Option<CommunityId>,
    /// One tier.
    #[garde(skip)]
    tier: Option<VisitTier>,
    /// One entitlement.
    #[garde(skip)]
    entitlement: Option<Entitlement>,
    /// One status.
    #[garde(skip)]
    status: Option<ElderStatus>,
    /// One category that they carry today.
    #[garde(length(max = 40))]
    #[param(example = "living_alone")]
    category: Option<String>,
}

/// Enrol an elder
#[utoipa::path(tag = "elders", operation_id = "elders_enrol", request_body = NewElder, responses((status = 201, body = EnrolledElder)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["community_not_found", "elder_already_enrolled"]))))]
#[post("/elders")]
async fn enrol_elder(mut ctx: Ctx<Keepers>, body: Body<NewElder>) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, enrol::enrol(tx, &actor, new).await?))
    })
    .await
}

/// The elders in your area
#[utoipa::path(tag = "elders", operation_id = "elders_list", params(ElderListQuery, PageQuery), responses((status = 200, body = Page<Elder>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"]))))]
#[get("/elders")]
async fn list(
    mut ctx: Ctx<Casework>,
    query: Params<ElderListQuery>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let ElderListQuery {
        q,
        community,
        tier,
        entitlement,
        status,
        category,
    } = query.0;
    let narrow = queries::Narrow {
        q,
        community,
        tier,
        entitlement,
        status,
        category,
    };
    let found = queries::list(&mut ctx.conn, &ctx.actor, ctx.now, narrow, &page.0).await?;
    let mut entry = ctx.stamp().entry("elders.list", "elder", None);
    entry.detail = json!({ "ids": found.items.iter().map(|e| e.id).collect::<Vec<_>>() });
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// One elder's whole file: categories over time, contacts, consents, status history, dwelling
#[utoipa::path(tag = "elders", operation_id = "elders_get", params(("id" = ElderId, Path)), responses((status = 200, body = ElderFile)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["elder_not_found"]))))]
#[get("/elders/{id}")]
async fn get(mut ctx: Ctx<Casework>, id: Path<ElderId>) -> Result<Answer, Problem> {
    let found = file::get(&mut ctx.conn, &ctx.actor, ctx.now, *id).await?;
    let entry = ctx
        .stamp()
        .entry("elders.read", "elder", Some(id.0))
        .elder(*id)
        .community(found.elder.community_id);
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// Change an elder's fields
#[utoipa::path(tag = "elders", operation_id = "elders_change", params(("id" = ElderId, Path)), request_body = ElderPatch, responses((status = 200, body = Elder)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["elder_not_found", "elder_merged"])), ("x-edits" = json!(true))))]
#[patch("/elders/{id}")]
async fn change_elder(
    mut ctx: Ctx<Keepers>,
    id: Path<ElderId>,
    seen: IfMatch,
    body: Body<ElderPatch>,
) -> Result<Answer, Problem> {
    let (actor, patch) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            change::change(tx, &actor, *id, seen, patch).await?,
        ))
    })
    .await
}

/// End a category today
#[utoipa::path(tag = "elders", operation_id = "elders_end_category", params(("id" = ElderId, Path), ("code" = String, Path)), request_body = Empty, responses((status = 200, body = Elder)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["elder_not_found", "elder_merged", "elder_category_not_open"]))))]
#[post("/elders/{id}/categories/{code}/end")]
async fn end_category(
    mut ctx: Ctx<Keepers>,
    path: Path<(ElderId, String)>,
    body: Body<Empty>,
) -> Result<Answer, Problem> {
    let (actor, (id, code)) = (ctx.actor, path.into_inner());
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, change::end_category(tx, &actor, id, &code).await?))
    })
    .await
}

/// Show sealed fields in full, with a reason, on the record
// Not through `write`: an idempotent memory of this answer would keep the plain values.
#[utoipa::path(tag = "elders", operation_id = "elders_reveal", params(("id" = ElderId, Path)), request_body = RevealElder, responses((status = 200, body = Value, example = json!({ "id_number": "630106193602290012", "phone": "19900001234" }))),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["elder_not_found"]))))]
#[post("/elders/{id}/reveal")]
async fn reveal(
    mut ctx: Ctx<Casework>,
    id: Path<ElderId>,
    body: Body<RevealElder>,
) -> Result<Answer, Problem> {
    let (stamp, asked) = (ctx.stamp(), body.value);
    let (community, shown) = queries::reveal(&mut ctx.conn, &stamp, &ctx.actor, *id, &asked.fields).await?;
    let entry = stamp
        .entry("elders.reveal", "elder", Some(id.0))
        .elder(*id)
        .community(community);
    let detail = json!({ "fields": asked.fields, "reason": asked.reason });
    ctx.audit(vec![entry.detail(detail)]).await?;
    Answer::ok(&shown)
}

/// The categories that elders can carry
#[utoipa::path(tag = "elders", operation_id = "elders_categories", responses((status = 200, body = Vec<Category>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"]))))]
#[get("/categories")]
async fn categories(mut ctx: Ctx<Casework>) -> Result<Answer, Problem> {
    Answer::ok(&queries::all_categories(&mut ctx.conn).await?)
}

/// Give an elder a category
#[utoipa::path(tag = "elders", operation_id = "elders_add_category", params(("id" = ElderId, Path)), request_body = NewElderCategory, responses((status = 200, body = Elder)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["elder_not_found", "elder_merged", "elder_category_open"]))))]
#[post("/elders/{id}/categories")]
async fn add_category(
    mut ctx: Ctx<Keepers>,
    id: Path<ElderId>,
    body: Body<NewElderCategory>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, change::add_category(tx, &actor, *id, new).await?))
    })
    .await
}

/// Change an elder's status
#[utoipa::path(tag = "elders", operation_id = "elders_set_status", params(("id" = ElderId, Path)), request_body = NewElderStatus, responses((status = 200, body = Elder)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["elder_not_found", "elder_merged", "elder_status_not_possible"]))))]
#[post("/elders/{id}/status")]
async fn set_status(
    mut ctx: Ctx<Keepers>,
    id: Path<ElderId>,
    body: Body<NewElderStatus>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, change::set_status(tx, &actor, *id, new).await?))
    })
    .await
}

/// Add somebody to call
#[utoipa::path(tag = "elders", operation_id = "elders_add_contact", params(("id" = ElderId, Path)), request_body = NewContact, responses((status = 200, body = Elder)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["elder_not_found", "elder_merged"]))))]
#[post("/elders/{id}/contacts")]
async fn add_contact(
    mut ctx: Ctx<Keepers>,
    id: Path<ElderId>,
    body: Body<NewContact>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, change::add_contact(tx, &actor, *id, new).await?))
    })
    .await
}

/// Record a consent
#[utoipa::path(tag = "elders", operation_id = "elders_add_consent", params(("id" = ElderId, Path)), request_body = NewConsent, responses((status = 200, body = Elder)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["elder_not_found", "elder_merged", "consent_in_force"]))))]
#[post("/elders/{id}/consents")]
async fn add_consent(
    mut ctx: Ctx<Keepers>,
    id: Path<ElderId>,
    body: Body<NewConsent>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, change::add_consent(tx, &actor, *id, new).await?))
    })
    .await
}

/// Withdraw the consent for a purpose, today
#[utoipa::path(tag = "elders", operation_id = "elders_withdraw_consent", params(("id" = ElderId, Path), ("purpose" = ConsentPurpose, Path)), request_body = Empty, responses((status = 200, body = Elder)),
    extensions(("x-roles" = json!(["steward", "officer"])), ("x-errors" = json!(["elder_not_found", "elder_merged", "consent_not_in_force"]))))]
#[post("/elders/{id}/consents/{purpose}/withdraw")]
async fn withdraw_consent(
    mut ctx: Ctx<Keepers>,
    path: Path<(ElderId, ConsentPurpose)>,
    body: Body<Empty>,
) -> Result<Answer, Problem> {
    let (actor, (id, purpose)) = (ctx.actor, path.into_inner());
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            change::withdraw_consent(tx, &actor, id, purpose).await?,
        ))
    })
    .await
}

/// What happened in an elder's file, newest first
#[utoipa::path(tag = "elders", operation_id = "elders_timeline", params(("id" = ElderId, Path), PageQuery), responses((status = 200, body = Page<TimelineEntry>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["elder_not_found"]))))]
#[get("/elders/{id}/timeline")]
async fn timeline(
    mut ctx: Ctx<Casework>,
    id: Path<ElderId>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let (community, found) = file::timeline(&mut ctx.conn, &ctx.actor, ctx.now, *id, &page.0).await?;
    let entry = ctx
        .stamp()
        .entry("elders.timeline", "elder", Some(id.0))
        .elder(*id)
        .community(community);
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// A dwelling and the elders who live there
#[utoipa::path(tag = "elders", operation_id = "households_get", params(("id" = HouseholdId, Path)), responses((status = 200, body = HouseholdFile)),
    extensions(("x-roles" = json!(["steward", "officer", "duty"])), ("x-errors" = json!(["household_not_found"]))))]
#[get("/households/{id}")]
async fn household(mut ctx: Ctx<Casework>, id: Path<HouseholdId>) -> Result<Answer, Problem> {
    let found = file::household(&mut ctx.conn, &ctx.actor, ctx.now, *id).await?;
    let ids: Vec<_> = found.elders.iter().map(|e| e.id).collect();
    let entry = ctx
        .stamp()
        .entry("households.read", "household", Some(id.0))
        .community(found.dwelling.community_id)
        .detail(json!({ "ids": ids }));
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}
