//! What a corrected visit means for a shut door, and for an emergency that the visit closed.

use crate::{
    db::statement,
    emergencies::model::{Emergency, EmergencyStatus},
    error::Problem,
    ids::{EmergencyId, VisitId},
    schema::emergencies,
    tx::{Actor, Tx},
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::RunQueryDsl;

/// The door was answered after all: an open case is resolved with the correction's reason. What has become an emergency stays one
/// until somebody closes it.
///
/// # Errors
/// What the database said.
pub async fn door_was_answered(
    tx: &mut Tx<'_>,
    actor: &Actor,
    visit: VisitId,
    reason: &str,
) -> Result<(), Problem> {
    let now = tx.now;
    statement(
        "UPDATE no_answer_cases SET status = 'resolved', resolution = $2, closed_by = $3, closed_at = $4, version = version + 1 \
         WHERE visit_id = $1 AND status = 'open'",
    )
    .bind::<ty::Uuid, _>(visit)
    .bind::<ty::Text, _>(reason.to_owned())
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// The door stayed shut in the corrected version too: the case belongs to it from now on.
///
/// # Errors
/// What the database said.
pub async fn door_follows(tx: &mut Tx<'_>, old: VisitId, new: VisitId) -> Result<(), Problem> {
    statement("UPDATE no_answer_cases SET visit_id = $2, version = version + 1 WHERE visit_id = $1")
        .bind::<ty::Uuid, _>(old)
        .bind::<ty::Uuid, _>(new)
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// The visit that closed an emergency was corrected: closed it stays by a version that met somebody on a later day (`met_at`), or
/// else it stands acknowledged again.
///
/// # Errors
/// What the database said.
pub async fn closing_visit_corrected(
    tx: &mut Tx<'_>,
    old: VisitId,
    new: VisitId,
    met_at: Option<DateTime<Utc>>,
) -> Result<(), Problem> {
    let closed: Vec<Emergency> = emergencies::table
        .filter(emergencies::closing_visit_id.eq(old))
        .select(Emergency::as_select())
        .for_update()
        .load(tx.conn)
        .await?;
    for emergency in closed {
        let stays = met_at.is_some_and(|at| emergency.on_a_later_day(at));
        let row = emergencies::table.filter(emergencies::id.eq(emergency.id));
        if stays {
            diesel::update(row)
                .set((
                    emergencies::closing_visit_id.eq(new),
                    emergencies::version.eq(emergencies::version + 1),
                ))
                .execute(tx.conn)
                .await?;
        } else {
            reopen(tx, emergency.id).await?;
            tx.audit(
                tx.entry("emergencies.reopen", "emergency", Some(emergency.id.0))
                    .community(emergency.community_id),
            );
        }
    }
    Ok(())
}

async fn reopen(tx: &mut Tx<'_>, id: EmergencyId) -> Result<(), Problem> {
    diesel::update(emergencies::table.filter(emergencies::id.eq(id)))
        .set((
            emergencies::status.eq(EmergencyStatus::Acknowledged),
            emergencies::closing_visit_id.eq(None::<VisitId>),
            emergencies::closed_by.eq(None::<crate::ids::UserId>),
            emergencies::closed_at.eq(None::<DateTime<Utc>>),
            emergencies::version.eq(emergencies::version + 1),
        ))
        .execute(tx.conn)
        .await?;
    Ok(())
}
