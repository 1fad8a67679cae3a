//! `/events`: a person's own alerts as they come.

use crate::{
    alerts::Feed,
    auth::{Anyone, Ctx},
    error::{MALFORMED, Problem},
    ids::AlertId,
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{self, ContentEncoding},
    web::Data,
};
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(events);
}

/// Your alerts as they are raised: a stream of server-sent events
///
/// Each event is `alert`, its `id` the alert's and its data the alert as JSON; a comment is sent every 15 seconds. `Last-Event-ID` goes on
/// after that alert, none skipped and none repeated; without it the stream begins with the present, and its first `id` names where that
/// is. The stream ends with the access token: log in anew and go on. Open the stream first, then read `/alerts`.
#[utoipa::path(operation_id = "events_stream", tag = "alerts",
    params(("Last-Event-ID" = Option<uuid::Uuid>, Header, description = "The last alert that was received; the nil UUID begins with the oldest")),
    responses((status = 200, content_type = "text/event-stream", body = String)),
    extensions(("x-roles" = json!(["steward", "provider", "officer", "duty", "auditor", "admin"])), ("x-errors" = json!(["alert_not_found", "too_many_streams"]))))]
#[get("/events")]
async fn events(ctx: Ctx<Anyone>, feed: Data<Feed>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let last = request
        .headers()
        .get("last-event-id")
        .map(|value| value.to_str().ok().and_then(|text| text.trim().parse().ok()))
        .map(|id| id.ok_or_else(|| MALFORMED.with("Last-Event-ID must be a UUID")))
        .transpose()?
        .map(AlertId);
    let Ctx {
        actor, conn, ends, ..
    } = ctx;
    let stream = feed.stream(conn, &actor, ends, last).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // Packed, an event would wait for the next one to fill the packet; so it would in a proxy that collects answers.
        .insert_header(ContentEncoding::Identity)
        .insert_header((header::HeaderName::from_static("x-accel-buffering"), "no"))
        .streaming(stream))
}
