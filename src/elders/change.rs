//! Changes to an elder's file, each ended in the same way: standing, version, obligations, audit.

use super::{
    CONSENT_NOT_IN_FORCE, ELDER_CATEGORY_NOT_OPEN, ELDER_STATUS_NOT_POSSIBLE,
    enrol::{self, HEALTH_NOTE, PHONE},
    model::{
        ConsentPurpose, Elder, ElderPatch, ElderStatus, NewConsent, NewContact, NewElderCategory,
        NewElderStatus,
    },
    queries::{get_in_scope, lock_in_scope},
    standing::refresh_standing,
};
use crate::{
    calendar::start_of_day,
    db::statement,
    error::{Problem, STALE},
    http::IfMatch,
    ids::ElderId,
    schema::{contacts, elders, sql_types as native},
    tx::{Actor, Tx},
};
use chrono::NaiveDate;
use diesel::{prelude::*, sql_types as ty};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use uuid::Uuid;

/// Ends a change to a file: standing, version, obligations, audit.
pub(super) async fn changed(
    tx: &mut Tx<'_>,
    actor: &Actor,
    elder: &Elder,
    action: &str,
    detail: Value,
) -> Result<Elder, Problem> {
    let (now, today) = (tx.now, tx.today());
    refresh_standing(tx.conn, today, &[elder.id.0]).await?;
    statement("UPDATE elders SET version = version + 1, updated_at = $2 WHERE id = $1")
        .bind::<ty::Uuid, _>(elder.id)
        .bind::<ty::Timestamptz, _>(now)
        .execute(tx.conn)
        .await?;
    enrol::obligations_follow(tx, elder.household_id).await?;
    tx.audit(
        tx.entry(action, "elder", Some(elder.id.0))
            .elder(elder.id)
            .community(elder.community_id)
            .detail(detail),
    );
    get_in_scope(tx.conn, actor, now, elder.id).await
}

/// Changes an elder's own fields.
///
/// # Errors
/// 404, 412 when it has changed since, 422 for a bad number.
pub async fn change(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ElderId,
    seen: IfMatch,
    patch: ElderPatch,
) -> Result<Elder, Problem> {
    let before = lock_in_scope(tx, actor, id).await?;
    if before.version != seen.0 {
        return Err(STALE.problem());
    }
    let ElderPatch {
        name,
        sex,
        birth_date,
        phone,
        health_note,
        remarks,
    } = patch;
    if birth_date.is_some_and(|day| day > tx.today()) {
        return Err(Problem::field("birth_date", "lies in the future"));
    }
    if let Some(raw) = phone {
        let phone = enrol::phone("phone", &raw)?;
        let (sealed, hash) = (
            tx.seal(PHONE, phone.as_str())?,
            tx.keys.lookup_hash(PHONE, phone.as_str()).to_vec(),
        );
        diesel::update(elders::table.filter(elders::id.eq(id)))
            .set((
                elders::phone_sealed.eq(sealed),
                elders::phone_hash.eq(hash),
                elders::phone_masked.eq(phone.masked()),
            ))
            .execute(tx.conn)
            .await?;
    }
    if let Some(note) = health_note {
        let sealed = tx.seal(HEALTH_NOTE, &note)?;
        diesel::update(elders::table.filter(elders::id.eq(id)))
            .set(elders::health_note_sealed.eq(sealed))
            .execute(tx.conn)
            .await?;
    }
    diesel::update(elders::table.filter(elders::id.eq(id)))
        .set((
            elders::name.eq(name.unwrap_or_else(|| before.name.clone())),
            elders::sex.eq(sex.unwrap_or(before.sex)),
            elders::birth_date.eq(birth_date.unwrap_or(before.birth_date)),
            elders::remarks.eq(remarks.unwrap_or_else(|| before.remarks.clone())),
        ))
        .execute(tx.conn)
        .await?;
    changed(tx, actor, &before, "elders.change", json!({})).await
}

/// Opens a row of the status history, closing the one before, and gives its id.
pub(super) async fn open_status(
    tx: &mut Tx<'_>,
    elder: ElderId,
    status: ElderStatus,
    (since, until): (NaiveDate, Option<NaiveDate>),
    reason: String,
) -> Result<Uuid, Problem> {
    let (id, now, by) = (tx.new_id(), tx.now, tx.actor.map(|a| a.id));
    statement("UPDATE elder_statuses SET ends_on = $2 WHERE elder_id = $1 AND ends_on IS NULL")
        .bind::<ty::Uuid, _>(elder)
        .bind::<ty::Date, _>(since)
        .execute(tx.conn)
        .await?;
    statement(
        "INSERT INTO elder_statuses (id, elder_id, status, starts_on, until, reason, recorded_by, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(elder)
    .bind::<native::ElderStatus, _>(status)
    .bind::<ty::Date, _>(since)
    .bind::<ty::Nullable<ty::Date>, _>(until)
    .bind::<ty::Text, _>(reason)
    .bind::<ty::Nullable<ty::Uuid>, _>(by)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    Ok(id)
}

/// Gives an elder another status, or a pause (in hospital, away …) another expected end: what was said before stays in the
/// history. Coming back from hospital owes a visit.
///
/// # Errors
/// 404; 409 when it cannot follow the present one; 422 for days out of order.
pub async fn set_status(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ElderId,
    new: NewElderStatus,
) -> Result<Elder, Problem> {
    let before = lock_in_scope(tx, actor, id).await?;
    let dead_end = before.status == ElderStatus::Deceased && new.status != ElderStatus::Active;
    let prolonged = before.status == new.status;
    let says_nothing = prolonged && (new.until.is_none() || before.status_until == new.until);
    if new.status == ElderStatus::Merged || says_nothing || dead_end {
        return Err(ELDER_STATUS_NOT_POSSIBLE.problem());
    }
    if new.since > tx.today() || new.since < before.status_since {
        return Err(Problem::field(
            "since",
            "lies in the future or before the present status began",
        ));
    }
    if new.until.is_some_and(|until| until <= new.since) {
        return Err(Problem::field("until", "lies before since"));
    }
    // A pause that is prolonged is one pause: its days go over to the row with the new end, and the row before keeps the old one.
    let since = if prolonged { before.status_since } else { new.since };
    open_status(tx, id, new.status, (since, new.until), new.reason).await?;
    diesel::update(elders::table.filter(elders::id.eq(id)))
        .set((
            elders::status.eq(new.status),
            elders::status_since.eq(since),
            elders::status_until.eq(new.until),
        ))
        .execute(tx.conn)
        .await?;
    if before.status == ElderStatus::InHospital && new.status == ElderStatus::Active {
        let at = if new.since == tx.today() {
            tx.now
        } else {
            start_of_day(new.since)
        };
        enrol::discharges_follow(tx, &[(id, at)]).await?;
    }
    changed(
        tx,
        actor,
        &before,
        "elders.status",
        json!({ "from": before.status, "to": new.status }),
    )
    .await
}

/// Gives an elder a category.
///
/// # Errors
/// 404, 409 when carried already, 422 when it cannot be entered.
pub async fn add_category(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ElderId,
    new: NewElderCategory,
) -> Result<Elder, Problem> {
    let before = lock_in_scope(tx, actor, id).await?;
    let detail = json!({ "category": new.code });
    enrol::add_category(tx, id, new).await?;
    changed(tx, actor, &before, "elders.category_add", detail).await
}

/// Ends a category today.
///
/// # Errors
/// 404 for the elder, or when it is not carried.
pub async fn end_category(tx: &mut Tx<'_>, actor: &Actor, id: ElderId, code: &str) -> Result<Elder, Problem> {
    let before = lock_in_scope(tx, actor, id).await?;
    let today = tx.today();
    let ended = statement(
        "UPDATE elder_categories SET ends_on = greatest(starts_on, $3) WHERE elder_id = $1 AND category_code = $2 AND ends_on IS NULL",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Text, _>(code.to_owned())
    .bind::<ty::Date, _>(today)
    .execute(tx.conn)
    .await?;
    if ended == 0 {
        return Err(ELDER_CATEGORY_NOT_OPEN.problem());
    }
    changed(tx, actor, &before, "elders.category_end", json!({})).await
}

/// Lets an elder whose file is locked carry `wanted` from a day on, on this evidence, and no other category of `among`.
///
/// # Errors
/// What the database said.
pub(super) async fn exchange_categories(
    tx: &mut Tx<'_>,
    actor: &Actor,
    elder: &Elder,
    among: &[String],
    wanted: Option<&str>,
    (from, evidence): (NaiveDate, String),
) -> Result<(), Problem> {
    let ended = statement(
        "UPDATE elder_categories SET ends_on = greatest(starts_on, $4) WHERE elder_id = $1 AND category_code = ANY ($2) \
         AND category_code IS DISTINCT FROM $3 AND ends_on IS NULL",
    )
    .bind::<ty::Uuid, _>(elder.id)
    .bind::<ty::Array<ty::Text>, _>(among.to_vec())
    .bind::<ty::Nullable<ty::Text>, _>(wanted.map(str::to_owned))
    .bind::<ty::Date, _>(from)
    .execute(tx.conn)
    .await?;
    let mut begun = false;
    if let Some(code) = wanted {
        let carried = statement(
            "SELECT 1 FROM elder_categories WHERE elder_id = $1 AND category_code = $2 AND ends_on IS NULL",
        )
        .bind::<ty::Uuid, _>(elder.id)
        .bind::<ty::Text, _>(code.to_owned())
        .execute(tx.conn)
        .await?;
        begun = carried == 0;
        if begun {
            let new = NewElderCategory {
                code: code.to_owned(),
                starts_on: from,
                evidence,
            };
            enrol::add_category(tx, elder.id, new).await?;
        }
    }
    if ended > 0 || begun {
        let detail = json!({ "among": among, "carries": wanted });
        changed(tx, actor, elder, "elders.category_exchange", detail).await?;
    }
    Ok(())
}

/// Adds somebody to call, after those who are there.
///
/// # Errors
/// 404, 422 for a bad number.
pub async fn add_contact(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ElderId,
    new: NewContact,
) -> Result<Elder, Problem> {
    let before = lock_in_scope(tx, actor, id).await?;
    let last: Option<i16> = contacts::table
        .filter(contacts::elder_id.eq(id))
        .select(diesel::dsl::max(contacts::position))
        .first(tx.conn)
        .await?;
    enrol::add_contact(tx, id, last.unwrap_or(0).saturating_add(1), new).await?;
    changed(tx, actor, &before, "elders.contact_add", json!({})).await
}

/// Records a consent.
///
/// # Errors
/// 404, 409 when one for the purpose is in force.
pub async fn add_consent(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ElderId,
    new: NewConsent,
) -> Result<Elder, Problem> {
    let before = lock_in_scope(tx, actor, id).await?;
    let detail = json!({ "purpose": new.purpose });
    enrol::add_consent(tx, id, new).await?;
    changed(tx, actor, &before, "elders.consent_add", detail).await
}

/// Withdraws the consent for a purpose, today.
///
/// # Errors
/// 404, 409 when none is in force.
pub async fn withdraw_consent(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ElderId,
    purpose: ConsentPurpose,
) -> Result<Elder, Problem> {
    let before = lock_in_scope(tx, actor, id).await?;
    let today = tx.today();
    let withdrawn = statement(
        "UPDATE consents SET withdrawn_on = greatest(given_on, $3) WHERE elder_id = $1 AND purpose = $2 AND withdrawn_on IS NULL",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<native::ConsentPurpose, _>(purpose)
    .bind::<ty::Date, _>(today)
    .execute(tx.conn)
    .await?;
    if withdrawn == 0 {
        return Err(CONSENT_NOT_IN_FORCE.problem());
    }
    let detail = json!({ "purpose": purpose });
    changed(tx, actor, &before, "elders.consent_withdraw", detail).await
}
