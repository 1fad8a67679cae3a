//! What phone and service count.

use crate::{
    auth::{Ctx, Steward},
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    permission,
    sync::{
        model::tickets::{SyncAgreement, SyncCounts, SyncTicket, SyncTicketNote},
        queries::tickets,
    },
};
use actix_web::{get, http::StatusCode, post, web::Path};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Mounts the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(counts).service(list).service(close);
}

permission!(
    /// Who looks after the stewards' phones.
    PhoneMinders = Officer | Admin
);

/// Tell what the phone counts: how many receipts of the day it holds, and what waits to be sent
#[utoipa::path(operation_id = "sync_counts", tag = "sync", request_body = SyncCounts, responses((status = 200, body = SyncAgreement)),
    extensions(("x-roles" = json!(["steward"]))))]
#[post("/sync/counts")]
async fn counts(mut ctx: Ctx<Steward>, body: Body<SyncCounts>) -> Result<Answer, Problem> {
    let (actor, told) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, tickets::compare(tx, &actor, told).await?))
    })
    .await
}

/// Phones that count otherwise than the service, or hold what they could not send: the open ones first
#[utoipa::path(operation_id = "sync_tickets_list", tag = "sync", params(PageQuery), responses((status = 200, body = Page<SyncTicket>)),
    extensions(("x-roles" = json!(["officer", "admin"]))))]
#[get("/sync/tickets")]
async fn list(mut ctx: Ctx<PhoneMinders>, page: Params<PageQuery>) -> Result<Answer, Problem> {
    Answer::ok(&tickets::list(&mut ctx.conn, &ctx.actor, ctx.now, &page.0).await?)
}

/// Close a ticket with what was found
#[utoipa::path(operation_id = "sync_tickets_close", tag = "sync", params(("id" = Uuid, Path)), request_body = SyncTicketNote,
    responses((status = 200, body = SyncTicket)),
    extensions(("x-roles" = json!(["officer", "admin"])), ("x-errors" = json!(["sync_ticket_not_found", "sync_ticket_closed"]))))]
#[post("/sync/tickets/{id}/close")]
async fn close(
    mut ctx: Ctx<PhoneMinders>,
    id: Path<Uuid>,
    body: Body<SyncTicketNote>,
) -> Result<Answer, Problem> {
    let (actor, note) = (ctx.actor, body.value.note);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, tickets::close(tx, &actor, *id, note).await?))
    })
    .await
}
