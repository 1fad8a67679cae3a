//! What a provider does with an order that is before it or its own.

use super::{staff::next_candidate, write};
use crate::{
    attachments::{
        model::{AttachmentCase, AttachmentRole, LinkedPhoto},
        queries::link,
    },
    db::statement,
    error::Problem,
    ids::{AttachmentId, OfferId, OrderId, OrganisationId, WorkerId},
    orders::{
        NO_OPEN_OFFER, ORDER_NOT_FOUND, WORKER_NOT_FIT,
        model::{Arrival, Completion, NewSchedule, OfferStatus, Order, OrderEvent},
    },
    schema::sql_types as native,
    tx::{Actor, Tx},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// How far ahead a service may be scheduled.
const FARTHEST: Duration = Duration::days(90);

fn organisation(actor: &Actor) -> Result<OrganisationId, Problem> {
    actor.organisation_id.ok_or_else(|| ORDER_NOT_FOUND.problem())
}

#[derive(QueryableByName)]
struct Answered {
    #[diesel(sql_type = ty::Uuid)]
    id: OfferId,
}

/// Answers the open offer of an order to the actor's organisation.
async fn answer(
    tx: &mut Tx<'_>,
    actor: &Actor,
    order: OrderId,
    status: OfferStatus,
    reason: Option<&str>,
) -> Result<OfferId, Problem> {
    let now = tx.now;
    let answered: Vec<Answered> = statement(
        "UPDATE offers SET status = $3, answered_at = $4, answered_by = $5, answer_reason = $6 \
         WHERE order_id = $1 AND organisation_id = $2 AND status = 'open' AND expires_at > $4 RETURNING id",
    )
    .bind::<ty::Uuid, _>(order)
    .bind::<ty::Uuid, _>(organisation(actor)?)
    .bind::<native::OfferStatus, _>(status)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Nullable<ty::Text>, _>(reason.map(str::to_owned))
    .load(tx.conn)
    .await?;
    answered
        .into_iter()
        .next()
        .map(|a| a.id)
        .ok_or_else(|| NO_OPEN_OFFER.problem())
}

/// Takes an order that is before the actor's organisation.
///
/// # Errors
/// 404, 409 when its offer is not open any more.
pub async fn accept(tx: &mut Tx<'_>, actor: &Actor, id: OrderId) -> Result<Order, Problem> {
    let now = tx.now;
    let mut order = write::lock(tx, actor, id).await?;
    answer(tx, actor, id, OfferStatus::Accepted, None).await?;
    order.then(
        OrderEvent::Accepted {
            organisation_id: organisation(actor)?,
        },
        "",
        now,
    )?;
    write::save_and_read(tx, actor, order).await
}

/// Refuses an order that is before the actor's organisation, or gives back one that it took and has not begun. It goes to the
/// next candidate, after the second refusal to an officer.
///
/// # Errors
/// 404, 409 when there is nothing to refuse.
pub async fn decline(tx: &mut Tx<'_>, actor: &Actor, id: OrderId, reason: &str) -> Result<(), Problem> {
    let now = tx.now;
    let mut order = write::lock(tx, actor, id).await?;
    let own = organisation(actor)?;
    if order.state.organisation_id == Some(own) {
        order.then(OrderEvent::Returned { organisation_id: own }, reason, now)?;
    } else {
        let offer_id = answer(tx, actor, id, OfferStatus::Declined, Some(reason)).await?;
        order.then(OrderEvent::Declined { offer_id }, reason, now)?;
    }
    next_candidate(tx, &mut order).await?;
    order.save(tx).await
}

/// An offer's time is over: the order goes on as if it had been declined. Nothing happens when it was answered.
///
/// # Errors
/// What the database said.
pub async fn expire(tx: &mut Tx<'_>, order: OrderId, offer: OfferId) -> Result<(), Problem> {
    let now = tx.now;
    let mut order = write::lock_any(tx, order).await?;
    let expired = statement(
        "UPDATE offers SET status = 'expired', answered_at = $2 WHERE id = $1 AND status = 'open' AND expires_at <= $2",
    )
    .bind::<ty::Uuid, _>(offer)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    if expired == 0 {
        return Ok(());
    }
    order.then(OrderEvent::Expired { offer_id: offer }, "", now)?;
    next_candidate(tx, &mut order).await?;
    order.save(tx).await
}

/// Sets worker and time, or sets them anew.
///
/// # Errors
/// 404, 409 in another state, 422 for a time out of bounds and a worker who may not be sent.
pub async fn schedule(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: OrderId,
    new: NewSchedule,
) -> Result<Order, Problem> {
    let now = tx.now;
    let mut order = write::lock(tx, actor, id).await?;
    if new.scheduled_for < now - Duration::minutes(10) || new.scheduled_for > now + FARTHEST {
        return Err(Problem::field(
            "scheduled_for",
            "must lie between now and 90 days ahead",
        ));
    }
    order.then(
        OrderEvent::Scheduled {
            worker_id: new.worker_id,
            scheduled_for: new.scheduled_for,
        },
        "",
        now,
    )?;
    fit(tx, actor, new.worker_id, &order.order, new.scheduled_for).await?;
    write::save_and_read(tx, actor, order).await
}

/// The worker is the organisation's, active, and holds what the item needs on the day.
async fn fit(
    tx: &mut Tx<'_>,
    actor: &Actor,
    worker: WorkerId,
    order: &Order,
    at: DateTime<Utc>,
) -> Result<(), Problem> {
    let fit = statement(
        "SELECT 1 FROM workers w JOIN menu_items m ON m.id = $3 WHERE w.id = $1 AND w.organisation_id = $2 AND w.active \
         AND (m.qualification IS NULL OR EXISTS (SELECT 1 FROM qualifications q WHERE q.worker_id = w.id AND q.kind = m.qualification \
         AND q.valid_from <= $4 AND q.expires_on >= $4))",
    )
    .bind::<ty::Uuid, _>(worker)
    .bind::<ty::Uuid, _>(organisation(actor)?)
    .bind::<ty::Uuid, _>(order.item_id)
    .bind::<ty::Date, _>(crate::calendar::local_date(at))
    .execute(tx.conn)
    .await?;
    if fit == 0 {
        Err(WORKER_NOT_FIT.problem())
    } else {
        Ok(())
    }
}

/// The worker arrived.
///
/// # Errors
/// 404, 409 in another state, 422 for a time in the future.
pub async fn start(tx: &mut Tx<'_>, actor: &Actor, id: OrderId, arrival: &Arrival) -> Result<Order, Problem> {
    let now = tx.now;
    let at = arrival.happened.map_or(Some(now), |h| h.instant(now));
    let at = at.ok_or_else(|| Problem::field("happened.at", "lies in the future"))?;
    let mut order = write::lock(tx, actor, id).await?;
    if at < order.order.requested_at {
        return Err(Problem::field("happened.at", "lies before the request"));
    }
    order.then_at(OrderEvent::Started { at }, "", at, now)?;
    write::save_and_read(tx, actor, order).await
}

/// The work is done and signed for; its evidence belongs to the case.
///
/// # Errors
/// 404, 409 in another state, 422 for a time out of order and for evidence that the actor did not upload.
pub async fn complete(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: OrderId,
    completion: &Completion,
) -> Result<Order, Problem> {
    let now = tx.now;
    let at = completion.happened.map_or(Some(now), |h| h.instant(now));
    let at = at.ok_or_else(|| Problem::field("happened.at", "lies in the future"))?;
    let mut order = write::lock(tx, actor, id).await?;
    if order.state.started_at.is_some_and(|started| at < started) {
        return Err(Problem::field("happened.at", "lies before the arrival"));
    }
    order.then_at(
        OrderEvent::Completed {
            at,
            signed_by: completion.signed_by.trim().to_owned(),
        },
        &completion.note,
        at,
        now,
    )?;
    link_evidence(tx, actor, order.order.case_id, &completion.evidence).await?;
    write::save_and_read(tx, actor, order).await
}

/// Ties evidence that the actor uploaded to a case of the organisation's.
async fn link_evidence(
    tx: &mut Tx<'_>,
    actor: &Actor,
    case: Uuid,
    evidence: &[AttachmentId],
) -> Result<(), Problem> {
    let photos: Vec<LinkedPhoto> = evidence
        .iter()
        .map(|id| LinkedPhoto {
            attachment_id: *id,
            role: AttachmentRole::Photo,
        })
        .collect();
    link(tx, actor, AttachmentCase::ServiceCase, case, &photos, "evidence").await
}
