//! What is done about a hazard until a later visit finds it safe.

use super::{
    read,
    write::{self, Change, Locked},
};
use crate::{
    attachments::{
        model::{AttachmentCase, AttachmentRole, LinkedPhoto},
        queries::link,
    },
    config::ServiceConfig,
    db::statement,
    error::Problem,
    hazards::{
        HAZARD_ALREADY_EXTENDED, HAZARD_HAS_NO_DEADLINE, HAZARD_IN_REPAIR, HAZARD_NOT_FOUND, HAZARD_NOT_OPEN,
        model::{
            Hazard, HazardEvent, HazardSeverity, HazardStatus, NewExtension, NewNotice, NewPhotos, NewRepair,
            NewReport, NewResponsible, extended,
        },
    },
    ids::{HazardId, ItemId, NeedId},
    needs::{self, model::NewNeed},
    orders::{
        ITEM_NOT_ORDERED,
        model::{Happened, NewOrder},
        queries::staff as orders,
    },
    tx::{Actor, Tx},
};
use chrono::{DateTime, Utc};
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;

/// What most changes carry, and the field that would name them.
const NO_PHOTOS: (&[LinkedPhoto], &str) = (&[], "photos");

/// When it happened; now unless told.
fn instant(happened: Option<Happened>, now: DateTime<Utc>) -> Result<DateTime<Utc>, Problem> {
    happened
        .map_or(Some(now), |h| h.instant(now))
        .ok_or_else(|| Problem::field("happened.at", "lies in the future"))
}

/// Writes a change, unless it stands already, and reads the hazard again.
async fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    hazard: Locked,
    (photos, field): (&[LinkedPhoto], &'static str),
    change: Change<'_>,
) -> Result<Hazard, Problem> {
    let (id, at) = (hazard.id, change.at);
    if !write::stands(tx, actor, id, &change).await? {
        link(tx, actor, AttachmentCase::Hazard, id.0, photos, field).await?;
        write::save(tx, actor, hazard, change).await?;
    }
    // As of when it was told: who no longer serves the place is answered all the same.
    match read::one(tx.conn, actor, tx.now, id).await {
        Err(problem) if problem.code == HAZARD_NOT_FOUND => read::one(tx.conn, actor, at, id).await,
        found => found,
    }
}

/// Records that a hazard was reported. The same id with the same report changes nothing.
///
/// # Errors
/// 404, 409 when the id stands for something else, 422 for a time in the future.
pub async fn report(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: HazardId,
    new: &NewReport,
) -> Result<Hazard, Problem> {
    let at = instant(new.happened, tx.now)?;
    let hazard = write::lock_then(tx, actor, id, at).await?;
    let change = Change {
        event: HazardEvent::Reported { to: new.to.clone() },
        reason: &new.note,
        at,
        record: Some(new.id),
    };
    record(tx, actor, hazard, NO_PHOTOS, change).await
}

/// Records a notice that was served. The same id with the same notice changes nothing.
///
/// # Errors
/// 404, 409 when the id stands for something else, 422 for a time in the future, a signature that the actor did not upload, or a notice
/// that is neither signed nor refused.
pub async fn notify(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: HazardId,
    new: &NewNotice,
) -> Result<Hazard, Problem> {
    let at = instant(new.happened, tx.now)?;
    let hazard = write::lock_then(tx, actor, id, at).await?;
    let signature = new.signature.map(|attachment_id| LinkedPhoto {
        attachment_id,
        role: AttachmentRole::Signature,
    });
    let change = Change {
        event: HazardEvent::Noticed {
            to: new.to,
            recipient: new.recipient.clone(),
            text: new.text.clone(),
            signature: new.signature,
        },
        reason: new.refused.as_deref().unwrap_or_default(),
        at,
        record: Some(new.id),
    };
    record(tx, actor, hazard, (signature.as_slice(), "signature"), change).await
}

/// Adds photos to a hazard: before its repair, after it. The same id with the same photos changes nothing.
///
/// # Errors
/// 404, 409 when the id stands for something else, 422 for photos that the actor did not upload.
pub async fn photograph(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: HazardId,
    new: &NewPhotos,
) -> Result<Hazard, Problem> {
    let hazard = write::lock(tx, actor, id).await?;
    let photos: Vec<LinkedPhoto> = new
        .photos
        .iter()
        .map(|p| LinkedPhoto {
            attachment_id: p.attachment_id,
            role: p.role,
        })
        .collect();
    let change = Change {
        event: HazardEvent::Photographed {
            photos: photos.clone(),
        },
        reason: &new.note,
        at: tx.now,
        record: Some(new.id),
    };
    record(tx, actor, hazard, (&photos, "photos"), change).await
}

/// Says who has to mend a hazard.
///
/// # Errors
/// 404, 409 when it is not open.
pub async fn make_responsible(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: HazardId,
    new: &NewResponsible,
) -> Result<Hazard, Problem> {
    let hazard = write::lock(tx, actor, id).await?;
    let change = Change {
        event: HazardEvent::MadeResponsible { party: new.party },
        reason: &new.reason,
        at: tx.now,
        record: None,
    };
    record(tx, actor, hazard, NO_PHOTOS, change).await
}

/// Moves a hazard's deadline, once.
///
/// # Errors
/// 404, 409 when it is not open, has no deadline or had an extension, 422 for more days than the deadline had or too few to matter.
pub async fn extend(
    tx: &mut Tx<'_>,
    actor: &Actor,
    rules: &ServiceConfig,
    id: HazardId,
    new: &NewExtension,
) -> Result<Hazard, Problem> {
    let now = tx.now;
    let hazard = write::lock(tx, actor, id).await?;
    let state = &hazard.state;
    if state.status != HazardStatus::Open {
        return Err(HAZARD_NOT_OPEN.problem());
    }
    if state.extended_at.is_some() {
        return Err(HAZARD_ALREADY_EXTENDED.problem());
    }
    let due_at = state.due_at.ok_or_else(|| HAZARD_HAS_NO_DEADLINE.problem())?;
    let most = match state.severity {
        HazardSeverity::Major => rules.major_hazard_days,
        _ => rules.general_hazard_days,
    };
    let due_at = extended(due_at, new.days, most, now).map_err(|wrong| Problem::field("days", wrong))?;
    let change = Change {
        event: HazardEvent::Extended { due_at },
        reason: &new.reason,
        at: now,
        record: None,
    };
    record(tx, actor, hazard, NO_PHOTOS, change).await
}

#[derive(QueryableByName)]
struct Item {
    #[diesel(sql_type = ty::Uuid)]
    id: ItemId,
}

/// Orders the repair of a hazard: a need of the elder for the day's item of class `home_safety`, and an order of it, under one id. The
/// same id again changes nothing.
///
/// # Errors
/// 404, 409 when it is not open, a repair is under way or the id stands for something else, 422 for an elder who does not live there
/// and for whatever an order would be refused.
pub async fn repair(tx: &mut Tx<'_>, actor: &Actor, id: HazardId, new: NewRepair) -> Result<Hazard, Problem> {
    let (now, today) = (tx.now, tx.today());
    let hazard = write::lock(tx, actor, id).await?;
    let change = Change {
        event: HazardEvent::RepairOrdered { order_id: new.id },
        reason: "",
        at: now,
        record: Some(new.id.0),
    };
    if write::stands(tx, actor, id, &change).await? {
        return read::one(tx.conn, actor, now, id).await;
    }
    if hazard.state.status != HazardStatus::Open {
        return Err(HAZARD_NOT_OPEN.problem());
    }
    let under_way =
        statement("SELECT 1 FROM service_orders WHERE id = $1 AND status NOT IN ('closed', 'cancelled')")
            .bind::<ty::Nullable<ty::Uuid>, _>(hazard.state.repair_order_id)
            .execute(tx.conn)
            .await?;
    if under_way > 0 {
        return Err(HAZARD_IN_REPAIR.problem());
    }
    let lives_there =
        statement("SELECT 1 FROM elders WHERE id = $1 AND household_id = $2 AND status <> 'merged'")
            .bind::<ty::Uuid, _>(new.elder_id)
            .bind::<ty::Uuid, _>(hazard.household_id)
            .execute(tx.conn)
            .await?;
    if lives_there == 0 {
        return Err(Problem::field("elder_id", "does not live there"));
    }
    let item: Item = statement(
        "SELECT id FROM menu_items WHERE class = 'home_safety' AND valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1) ORDER BY slot LIMIT 1",
    )
    .bind::<ty::Date, _>(today)
    .get_result(tx.conn)
    .await
    .optional()?
    .ok_or_else(|| ITEM_NOT_ORDERED.with("no item of today's menu is of class home_safety"))?;
    let need = NewNeed {
        id: NeedId(new.id.0),
        elder_id: new.elder_id,
        item_id: item.id,
        event_id: None,
        description: if hazard.description.is_empty() {
            hazard.check_point.clone()
        } else {
            hazard.description.clone()
        },
        solved: None,
        collected_at: now,
        device_now: now,
    };
    needs::queries::collect(tx, actor, need).await?;
    let order = NewOrder {
        id: new.id,
        need_id: NeedId(new.id.0),
        choice: new.choice,
    };
    orders::request(tx, actor, order).await?;
    write::save(tx, actor, hazard, change).await?;
    read::one(tx.conn, actor, now, id).await
}
