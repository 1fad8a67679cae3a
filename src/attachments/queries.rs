//! Statements on attachments.

use super::{
    ATTACHMENT_ID_TAKEN, ATTACHMENT_NOT_FOUND,
    model::{Attachment, AttachmentCase, LinkedPhoto},
    store::Stored,
};
use crate::{
    account_enabled, communities_in_scope,
    db::statement,
    error::Problem,
    ids::AttachmentId,
    schema::sql_types,
    tx::{Actor, Tx},
};
use chrono::{DateTime, Utc};
use diesel::sql_types as ty;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// Records an upload. The same id with the same content by the same person gives the row that stands.
///
/// # Errors
/// 409 when the id stands for another photo.
pub async fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: AttachmentId,
    stored: &Stored,
) -> Result<Attachment, Problem> {
    let now = tx.now;
    let number = |n: usize| i32::try_from(n).map_err(Problem::internal);
    let fresh = statement(
        "INSERT INTO attachments (id, sha256, media_type, size_bytes, width, height, uploaded_by, uploaded_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Binary, _>(stored.sha256.0.to_vec())
    .bind::<ty::Text, _>(stored.format.media_type())
    .bind::<ty::Integer, _>(number(stored.size)?)
    .bind::<ty::Integer, _>(number(stored.width)?)
    .bind::<ty::Integer, _>(number(stored.height)?)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    let stands: Attachment = statement(
        "SELECT id, sha256, media_type, size_bytes, width, height, uploaded_by, uploaded_at FROM attachments WHERE id = $1",
    )
    .bind::<ty::Uuid, _>(id)
    .get_result(tx.conn)
    .await?;
    if fresh > 0 {
        tx.audit(tx.entry("attachments.upload", "attachment", Some(id.0)));
    } else if stands.uploaded_by != actor.id || stands.sha256 != stored.sha256 {
        return Err(ATTACHMENT_ID_TAKEN.problem());
    }
    Ok(stands)
}

/// Who may see it is part of the statement. A case lies in one community, a publicity event perhaps in a whole division; a provider
/// sees what belongs to an open order of the organisation or to a care bed that it builds or serves, and what its own people uploaded
/// until it is linked. An order that was done again by another stays open until the chain ends: of that other's rounds its provider
/// sees nothing. The evidence of a dispute is for the one that disputes, not for who does its work again.
const VISIBLE: &str = concat!(
    "SELECT a.id, a.sha256, a.media_type, a.size_bytes, a.width, a.height, a.uploaded_by, a.uploaded_at FROM attachments a WHERE a.id = $3 AND ( \
     a.uploaded_by = $1 AND ",
    account_enabled!(),
    " AND ($4 IS NULL OR NOT EXISTS (SELECT 1 FROM attachment_links l WHERE l.attachment_id = a.id)) \
     OR EXISTS (SELECT 1 FROM attachment_links l WHERE l.attachment_id = a.id AND coalesce( \
       (SELECT v.community_id FROM visits v WHERE l.case_kind = 'visit' AND v.id = l.case_id), \
       (SELECT z.community_id FROM hazards z WHERE l.case_kind = 'hazard' AND z.id = l.case_id), \
       (SELECT e.community_id FROM emergencies e WHERE l.case_kind = 'emergency' AND e.id = l.case_id), \
       (SELECT b.community_id FROM care_beds b WHERE l.case_kind = 'care_bed' AND b.id = l.case_id), \
       (SELECT d.community_id FROM survey_disputes d WHERE l.case_kind = 'dispute' AND d.id = l.case_id), \
       (SELECT p.community_id FROM publicity_events p WHERE l.case_kind = 'publicity_event' AND p.id = l.case_id), \
       (SELECT s.community_id FROM service_orders s WHERE l.case_kind = 'service_case' AND s.case_id = l.case_id LIMIT 1), \
       (SELECT n.community_id FROM needs n WHERE l.case_kind = 'service_case' AND n.id = l.case_id)) IN (",
    communities_in_scope!(),
    ")) OR EXISTS (SELECT 1 FROM attachment_links l JOIN publicity_events p ON p.id = l.case_id AND p.community_id IS NULL \
       JOIN users u ON u.id = $1 AND u.disabled_at IS NULL AND p.division_code LIKE u.scope || '%' \
       WHERE l.attachment_id = a.id AND l.case_kind = 'publicity_event') \
     OR $4 IS NOT NULL AND EXISTS (SELECT 1 FROM attachment_links l JOIN service_orders s ON s.case_id = l.case_id \
       WHERE l.attachment_id = a.id AND l.case_kind = 'service_case' AND s.organisation_id = $4 AND s.status NOT IN ('closed', 'cancelled') \
       AND NOT EXISTS (SELECT 1 FROM service_orders t WHERE t.original_id = s.original_id AND t.round > s.round \
       AND t.organisation_id IS DISTINCT FROM s.organisation_id AND t.requested_at <= l.linked_at)) \
     OR $4 IS NOT NULL AND EXISTS (SELECT 1 FROM attachment_links l JOIN care_beds b ON b.id = l.case_id \
       WHERE l.attachment_id = a.id AND l.case_kind = 'care_bed' AND b.organisation_id = $4 AND b.status <> 'ended') \
     OR $4 IS NOT NULL AND EXISTS (SELECT 1 FROM attachment_links l JOIN survey_disputes d ON d.id = l.case_id \
       WHERE l.attachment_id = a.id AND l.case_kind = 'dispute' AND d.organisation_id = $4))"
);

/// One photo that the actor may see.
///
/// # Errors
/// 404 when there is none.
pub async fn visible(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: AttachmentId,
) -> Result<Attachment, Problem> {
    let found: Vec<Attachment> = statement(VISIBLE)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Nullable<ty::Uuid>, _>(actor.organisation_id)
        .load(conn)
        .await?;
    found
        .into_iter()
        .next()
        .ok_or_else(|| ATTACHMENT_NOT_FOUND.problem())
}

/// Ties photos that the actor uploaded to a case; what is tied to it already stays. `field` is what named them.
///
/// # Errors
/// 422 when one of them is neither.
pub async fn link(
    tx: &mut Tx<'_>,
    actor: &Actor,
    kind: AttachmentCase,
    case: Uuid,
    photos: &[LinkedPhoto],
    field: &'static str,
) -> Result<(), Problem> {
    if photos.is_empty() {
        return Ok(());
    }
    let (now, ids) = (tx.now, photos.iter().map(|p| p.attachment_id).collect::<Vec<_>>());
    statement(
        "INSERT INTO attachment_links (attachment_id, case_kind, case_id, role, linked_at) \
         SELECT a.id, $1, $2, p.role, $6 FROM unnest($3, $4) AS p (id, role) JOIN attachments a ON a.id = p.id AND a.uploaded_by = $5 \
         ON CONFLICT (case_id, attachment_id) DO NOTHING",
    )
    .bind::<sql_types::AttachmentCase, _>(kind)
    .bind::<ty::Uuid, _>(case)
    .bind::<ty::Array<ty::Uuid>, _>(ids.clone())
    .bind::<ty::Array<sql_types::AttachmentRole>, _>(photos.iter().map(|p| p.role).collect::<Vec<_>>())
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    let missing = statement(
        "SELECT 1 FROM unnest($2) AS e (id) WHERE NOT EXISTS (SELECT 1 FROM attachment_links l WHERE l.case_id = $1 AND l.attachment_id = e.id)",
    )
    .bind::<ty::Uuid, _>(case)
    .bind::<ty::Array<ty::Uuid>, _>(ids)
    .execute(tx.conn)
    .await?;
    if missing > 0 {
        return Err(Problem::field(field, "names what you have not uploaded"));
    }
    Ok(())
}
