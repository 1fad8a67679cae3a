//! Agreement, service plan and what was used of it, and the time of service.

use super::{
    read::{agreement_holds, get},
    write::{self, link},
};
use crate::{
    attachments::model::AttachmentRole,
    calendar::Month,
    care_beds::{
        CARE_BED_NOT_FOUND, CARE_BED_NOT_READY,
        model::{
            CareBed, CareBedEvent, ItemUsage, MonthUsage, NewAgreement, NewEnd, NewServicePlan, NewSuspension,
        },
    },
    db::statement,
    error::Problem,
    ids::{BedAgreementId, CareBedId},
    tx::{Actor, Stamp, Tx},
};
use chrono::{Months, NaiveDate};
use diesel::sql_types as ty;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use std::collections::BTreeSet;

/// The longest time for which an agreement is made.
const LONGEST: Months = Months::new(60);

/// Records an agreement with its photo.
///
/// # Errors
/// 404, 409 in another state, 422 for days out of order and for a photo that the actor did not upload.
pub async fn agree(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: CareBedId,
    new: NewAgreement,
) -> Result<CareBed, Problem> {
    let (now, today, agreement) = (tx.now, tx.today(), BedAgreementId(tx.new_id()));
    let NewAgreement {
        starts_on,
        ends_on,
        signed_by,
        signed_on,
        attachment_id,
    } = new;
    let longest = starts_on.checked_add_months(LONGEST).unwrap_or(starts_on);
    if ends_on < starts_on || ends_on > longest {
        return Err(Problem::field(
            "ends_on",
            "lies on the first day or within five years of it",
        ));
    }
    if signed_on > today {
        return Err(Problem::field("signed_on", "lies in the future"));
    }
    let mut bed = write::lock(tx, actor, id).await?;
    bed.then(
        CareBedEvent::AgreementSigned {
            agreement_id: agreement,
            starts_on,
            ends_on,
        },
        "",
        now,
    )?;
    link(
        tx,
        actor,
        id,
        "attachment_id",
        (&[attachment_id], AttachmentRole::Document),
    )
    .await?;
    statement(
        "INSERT INTO care_bed_agreements (id, bed_id, starts_on, ends_on, signed_by, signed_on, attachment_id, recorded_by, recorded_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind::<ty::Uuid, _>(agreement)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Date, _>(starts_on)
    .bind::<ty::Date, _>(ends_on)
    .bind::<ty::Text, _>(signed_by.trim().to_owned())
    .bind::<ty::Date, _>(signed_on)
    .bind::<ty::Uuid, _>(attachment_id)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    bed.save_and_read(tx, actor).await
}

/// Sets the quotas from a month on, in the place of whatever was set for it and later ones.
///
/// # Errors
/// 404, 409 in another state, 422 for a month that is past and for an item that is not on the menu in it.
pub async fn plan_service(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: CareBedId,
    new: NewServicePlan,
) -> Result<CareBed, Problem> {
    let (now, this) = (tx.now, Month::of(tx.today()));
    let NewServicePlan { from_month, quotas } = new;
    if from_month < this {
        return Err(Problem::field("from_month", "is past"));
    }
    let items: BTreeSet<_> = quotas.iter().map(|q| q.item_id).collect();
    if items.len() != quotas.len() {
        return Err(Problem::field("quotas", "name an item twice"));
    }
    let mut bed = write::lock(tx, actor, id).await?;
    let first = from_month.first_day();
    bed.then(
        CareBedEvent::ServicePlanned {
            from_month: first,
            quotas: quotas.clone(),
        },
        "",
        now,
    )?;
    statement("DELETE FROM care_bed_quotas WHERE bed_id = $1 AND from_month >= $2")
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Date, _>(first)
        .execute(tx.conn)
        .await?;
    let written = statement(
        "INSERT INTO care_bed_quotas (bed_id, from_month, item_id, times, minutes) SELECT $1, $2, m.id, n.times, n.minutes \
         FROM unnest($3, $4, $5) AS n (id, times, minutes) JOIN menu_items m ON m.id = n.id AND m.valid_from <= $6 AND (m.valid_to IS NULL OR m.valid_to > $2)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Date, _>(first)
    .bind::<ty::Array<ty::Uuid>, _>(quotas.iter().map(|q| q.item_id).collect::<Vec<_>>())
    .bind::<ty::Array<ty::SmallInt>, _>(quotas.iter().map(|q| q.times).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Integer>, _>(quotas.iter().map(|q| q.minutes).collect::<Vec<_>>())
    .bind::<ty::Date, _>(from_month.last_day())
    .execute(tx.conn)
    .await?;
    if written != quotas.len() {
        return Err(Problem::field("quotas", "name an item that is not on the menu"));
    }
    bed.save_and_read(tx, actor).await
}

/// Begins the service.
///
/// # Errors
/// 404; 409 in another state, or without an agreement that holds today and a service plan for this month.
pub async fn start(tx: &mut Tx<'_>, actor: &Actor, id: CareBedId) -> Result<CareBed, Problem> {
    let (now, today) = (tx.now, tx.today());
    let mut bed = write::lock(tx, actor, id).await?;
    bed.then(CareBedEvent::Started, "", now)?;
    ready(tx, id, today).await?;
    bed.save_and_read(tx, actor).await
}

async fn ready(tx: &mut Tx<'_>, id: CareBedId, today: NaiveDate) -> Result<(), Problem> {
    if is_ready(tx, id, today).await? {
        Ok(())
    } else {
        Err(CARE_BED_NOT_READY.problem())
    }
}

/// Whether a bed may be served: its service is planned and an agreement holds.
pub(super) async fn is_ready(tx: &mut Tx<'_>, id: CareBedId, today: NaiveDate) -> Result<bool, Problem> {
    let planned = statement("SELECT 1 FROM care_bed_quotas WHERE bed_id = $1 AND from_month <= $2 LIMIT 1")
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Date, _>(today)
        .execute(tx.conn)
        .await?;
    Ok(planned > 0 && agreement_holds(tx.conn, id, today).await?)
}

/// Stops the service for a time. A stay in hospital or elsewhere is the elder's status, which the bed follows by itself.
///
/// # Errors
/// 404, 409 in another state, 422 for a reason that is the elder's status.
pub async fn suspend(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: CareBedId,
    new: &NewSuspension,
) -> Result<CareBed, Problem> {
    let now = tx.now;
    if new.because.follows_elder() {
        return Err(Problem::field(
            "because",
            "is the elder's status: set that instead",
        ));
    }
    let mut bed = write::lock(tx, actor, id).await?;
    bed.then(CareBedEvent::Suspended { because: new.because }, &new.note, now)?;
    bed.save_and_read(tx, actor).await
}

/// Takes the service up again.
///
/// # Errors
/// 404; 409 in another state, or without an agreement that holds today and a service plan.
pub async fn resume(tx: &mut Tx<'_>, actor: &Actor, id: CareBedId, note: &str) -> Result<CareBed, Problem> {
    let (now, today) = (tx.now, tx.today());
    let mut bed = write::lock(tx, actor, id).await?;
    bed.then(CareBedEvent::Resumed, note, now)?;
    ready(tx, id, today).await?;
    bed.save_and_read(tx, actor).await
}

/// Ends a bed, or an application or project that is under way.
///
/// # Errors
/// 404, 409 when it is over.
pub async fn end(tx: &mut Tx<'_>, actor: &Actor, id: CareBedId, new: &NewEnd) -> Result<CareBed, Problem> {
    let now = tx.now;
    let mut bed = write::lock(tx, actor, id).await?;
    bed.then(CareBedEvent::Ended { because: new.because }, &new.note, now)?;
    bed.save_and_read(tx, actor).await
}

/// What of a bed's service plan was used in a month: the elder's orders that a provider completed in it under the plan's items, each
/// first round once; work done again is no further service. A provider is told of its own orders alone.
///
/// # Errors
/// 404 when there is no such bed, or a provider serves it no more.
pub async fn usage(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    id: CareBedId,
    month: Month,
) -> Result<MonthUsage, Problem> {
    if get(conn, stamp, actor, id).await?.is_hidden() {
        return Err(CARE_BED_NOT_FOUND.problem());
    }
    let items: Vec<ItemUsage> = statement(
        "SELECT u.*, u.times_used > u.times OR u.minutes_used > u.minutes AS over FROM (SELECT q.item_id, m.code AS item_code, q.times, \
         count(o.id) AS times_used, q.minutes, (coalesce(sum(extract(epoch FROM o.completed_at - o.started_at)), 0) / 60)::bigint AS minutes_used \
         FROM care_bed_quotas q JOIN menu_items m ON m.id = q.item_id JOIN care_beds b ON b.id = q.bed_id \
         LEFT JOIN service_orders o ON o.elder_id = b.elder_id AND o.item_id = q.item_id AND o.round = 1 AND o.completed_at >= $3 AND o.completed_at < $4 \
          AND ($5::uuid IS NULL OR o.organisation_id = $5) \
         WHERE q.bed_id = $1 AND q.from_month = (SELECT max(from_month) FROM care_bed_quotas WHERE bed_id = $1 AND from_month <= $2) \
         GROUP BY q.item_id, m.slot, m.code, q.times, q.minutes ORDER BY m.slot, q.item_id) u",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Date, _>(month.first_day())
    .bind::<ty::Timestamptz, _>(month.start())
    .bind::<ty::Timestamptz, _>(month.end())
    .bind::<ty::Nullable<ty::Uuid>, _>(actor.organisation_id)
    .load(conn)
    .await?;
    Ok(MonthUsage {
        month: month.to_string(),
        items,
    })
}
