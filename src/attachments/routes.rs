//! `/attachments`.

use super::{
    NOT_AN_IMAGE,
    model::Attachment,
    queries,
    store::{Incoming, Refusal, Store},
};
use crate::{
    auth::{CaseworkOrProvider, Ctx},
    error::{MALFORMED, Problem, TOO_LARGE},
    http::{Answer, Fingerprint, Params},
    ids::AttachmentId,
};
use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    get,
    http::{StatusCode, header},
    post,
    web::{self, Bytes, Path},
};
use futures_util::{StreamExt, stream};
use garde::Validate;
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(upload).service(get).service(content);
}

/// Under which id.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct UploadQuery {
    /// A UUIDv7 made by the phone; the same id with the same photo is uploaded once.
    #[garde(custom(version_7))]
    id: Option<AttachmentId>,
}

fn version_7(id: &Option<AttachmentId>, (): &()) -> garde::Result {
    match id {
        Some(id) if id.0.get_version_num() != 7 => Err(garde::Error::new("is not a UUIDv7")),
        _ => Ok(()),
    }
}

/// Upload a photo; what else than its picture it says is cut out
///
/// The body is the image itself: JPEG, PNG or WebP, told by its content. At most 10 MB, a side at most 12,000 pixels.
#[utoipa::path(operation_id = "attachments_upload", tag = "attachments", params(UploadQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 201, body = Attachment)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "provider"])), ("x-errors" = json!(["not_an_image", "attachment_id_taken"]))))]
#[post("/attachments")]
async fn upload(
    mut ctx: Ctx<CaseworkOrProvider>,
    query: Params<UploadQuery>,
    request: HttpRequest,
    mut payload: web::Payload,
) -> Result<Answer, Problem> {
    // A phone may take minutes to send a photo: the connection goes back to the pool meanwhile.
    drop(ctx.conn);
    let store = Store::new(&ctx.state.config.attachments);
    let scratch = ctx.state.clock.new_id();
    let mut incoming = store.incoming(scratch).await.map_err(Problem::unavailable)?;
    receive(
        &mut payload,
        &mut incoming,
        ctx.state.config.attachments.max_bytes,
    )
    .await?;
    let stored = store
        .keep(scratch, incoming)
        .await
        .map_err(|refusal| match refusal {
            Refusal::Content(why) => NOT_AN_IMAGE.with(why),
            Refusal::Disk(error) => Problem::unavailable(error),
        })?;
    ctx.conn = ctx.state.pool.get().await?;
    let given = query.0.id.map(|id| id.0);
    let told = [
        &stored.sha256.0[..],
        given.as_ref().map_or(&[], |id| &id.as_bytes()[..]),
    ]
    .concat();
    let fingerprint = Fingerprint::of(&request, &told);
    let (actor, id) = (ctx.actor, AttachmentId(given.unwrap_or(scratch)));
    ctx.write(fingerprint, async |tx| {
        Ok((
            StatusCode::CREATED,
            queries::record(tx, &actor, id, &stored).await?,
        ))
    })
    .await
}

/// Writes the body into the file as it comes. What is too large is read on for a while without being kept, so that the phone has
/// sent it and hears why.
async fn receive(payload: &mut web::Payload, incoming: &mut Incoming, most: usize) -> Result<(), Problem> {
    let mut size = 0_usize;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| MALFORMED.with("the body broke off"))?;
        size += chunk.len();
        if size <= most {
            incoming.write(&chunk).await.map_err(Problem::unavailable)?;
        } else if size > most * 4 {
            break;
        }
    }
    if size > most {
        return Err(TOO_LARGE.with(format!("at most {} kB", most / 1024)));
    }
    Ok(())
}

/// What is known of a photo
#[utoipa::path(operation_id = "attachments_get", tag = "attachments", params(("id" = AttachmentId, Path)), responses((status = 200, body = Attachment)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "provider"])), ("x-errors" = json!(["attachment_not_found"]))))]
#[get("/attachments/{id}")]
async fn get(mut ctx: Ctx<CaseworkOrProvider>, id: Path<AttachmentId>) -> Result<Answer, Problem> {
    let found = queries::visible(&mut ctx.conn, &ctx.actor, ctx.now, *id).await?;
    let entry = ctx.stamp().entry("attachments.read", "attachment", Some(id.0));
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// The photo itself
#[utoipa::path(operation_id = "attachments_content", tag = "attachments", params(("id" = AttachmentId, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "image/*")),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "provider"])), ("x-errors" = json!(["attachment_not_found"]))))]
#[get("/attachments/{id}/content")]
async fn content(mut ctx: Ctx<CaseworkOrProvider>, id: Path<AttachmentId>) -> Result<HttpResponse, Problem> {
    let found = queries::visible(&mut ctx.conn, &ctx.actor, ctx.now, *id).await?;
    let entry = ctx.stamp().entry("attachments.open", "attachment", Some(id.0));
    let state = ctx.state.clone();
    ctx.audit(vec![entry]).await?;
    let file = Store::new(&state.config.attachments)
        .open(&found.sha256)
        .await
        .map_err(Problem::unavailable)?;
    let chunks = stream::try_unfold(file, |mut file| async move {
        let mut chunk = vec![0; 64 * 1024];
        let read = file.read(&mut chunk).await?;
        chunk.truncate(read);
        Ok::<_, std::io::Error>((read > 0).then(|| (Bytes::from(chunk), file)))
    });
    let name = format!("{id}.{}", found.media_type.trim_start_matches("image/"));
    let size = u64::try_from(found.size_bytes).map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .content_type(found.media_type)
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("inline; filename=\"{name}\""),
        ))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // The browser that was let in may show it again for a while without asking, nobody in between may keep it.
        .insert_header((header::CACHE_CONTROL, "private, max-age=600"))
        .body(SizedStream::new(size, Box::pin(chunks))))
}
