//! Photos that come after the visit.

use super::read;
use crate::{
    attachments::{
        model::{AttachmentCase, LinkedPhoto},
        queries as attachments,
    },
    error::{FORBIDDEN, Problem},
    ids::VisitId,
    tx::{Actor, Tx},
    visits::model::{NewVisitPhotos, Visit},
};

/// Ties photos to the version of the visit that they were taken for, however late they come; what is tied already stays.
///
/// # Errors
/// 404 when there is no such visit in the actor's scope or of their own, 403 when somebody else recorded it, 422 for a photo that the
/// actor has not uploaded.
pub async fn photograph(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: VisitId,
    new: &NewVisitPhotos,
) -> Result<Visit, Problem> {
    let now = tx.now;
    let visit = read::get(tx.conn, actor, now, id).await?;
    if visit.steward_id != actor.id {
        return Err(FORBIDDEN.with("photos are added by the steward who recorded the visit"));
    }
    let photos: Vec<_> = new
        .photos
        .iter()
        .map(|p| LinkedPhoto {
            attachment_id: p.attachment_id,
            role: p.role,
        })
        .collect();
    attachments::link(tx, actor, AttachmentCase::Visit, id.0, &photos, "photos").await?;
    tx.audit(
        tx.entry("visits.photograph", "visit", Some(id.0))
            .community(visit.community_id),
    );
    read::get(tx.conn, actor, now, id).await
}
