//! Edits of an elder's fields that were made without signal.

use crate::{
    auth::{Ctx, Officer, Steward},
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    sync::{
        model::profile::{NewProfileDecision, NewProfileEdit, ProfileConflict, ProfileDecided, ProfileEdit},
        queries::profile,
    },
};
use actix_web::{get, http::StatusCode, post, web::Path};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(edit).service(conflicts).service(decide);
}

/// Edit an elder's fields against what the phone showed; idempotent by its id
///
/// What nobody else has changed is changed; of what somebody has, both values are kept for a decision.
#[utoipa::path(operation_id = "sync_profile_edit", tag = "sync", request_body = NewProfileEdit, responses((status = 201, body = ProfileEdit)),
    extensions(("x-roles" = json!(["steward"])), ("x-errors" = json!(["elder_not_found", "profile_edit_already_made"]))))]
#[post("/sync/profile-edits")]
async fn edit(mut ctx: Ctx<Steward>, body: Body<NewProfileEdit>) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    new.check()?;
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, profile::edit(tx, &actor, new).await?))
    })
    .await
}

/// Fields that were changed in two places, in your area: the open ones first. Both values are shown in full, on the record
#[utoipa::path(operation_id = "sync_profile_conflicts", tag = "sync", params(PageQuery), responses((status = 200, body = Page<ProfileConflict>)),
    extensions(("x-roles" = json!(["officer"]))))]
#[get("/sync/profile-conflicts")]
async fn conflicts(mut ctx: Ctx<Officer>, page: Params<PageQuery>) -> Result<Answer, Problem> {
    let stamp = ctx.stamp();
    let found = profile::conflicts(&mut ctx.conn, &stamp, &ctx.actor, &page.0).await?;
    let mut read: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for conflict in &found.items {
        let of = read
            .entry((conflict.elder_id, conflict.community_id))
            .or_default();
        of.push(conflict.field);
    }
    let entries = read.into_iter().map(|((elder, community), fields)| {
        let entry = stamp.entry("sync.conflicts_read", "elder", Some(elder.0));
        let entry = entry.elder(elder).community(community);
        entry.detail(json!({ "fields": fields }))
    });
    ctx.audit(entries.collect()).await?;
    Answer::ok(&found)
}

/// Decide which of two values a field has
#[utoipa::path(operation_id = "sync_profile_conflicts_decide", tag = "sync", params(("id" = Uuid, Path)), request_body = NewProfileDecision,
    responses((status = 200, body = ProfileDecided)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["profile_conflict_not_found", "profile_conflict_decided"]))))]
#[post("/sync/profile-conflicts/{id}/decide")]
async fn decide(
    mut ctx: Ctx<Officer>,
    id: Path<Uuid>,
    body: Body<NewProfileDecision>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, profile::decide(tx, &actor, *id, new).await?))
    })
    .await
}
