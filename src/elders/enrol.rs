//! Enrolment of one elder, and what hangs on an elder's file.

use super::{
    CONSENT_IN_FORCE, ELDER_ALREADY_ENROLLED, ELDER_CATEGORY_OPEN, change,
    id_number::{IdSex, ResidentId},
    model::{
        Dwelling, Elder, ElderStatus, EnrolledElder, IdDocumentKind, NewConsent, NewContact, NewElder,
        NewElderCategory, Sex,
    },
    phone::Phone,
    queries,
    standing::refresh_standing,
};
use crate::{
    areas,
    db::statement,
    error::{Problem, on_constraint},
    ids::{ElderId, HouseholdId},
    jobs::{self, NewJob},
    schema::sql_types as native,
    tx::{Actor, Stamp, Tx},
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

/// The context of a sealed document number, and of its keyed hash.
pub const ID_NUMBER: &str = "elders.id_number";
/// The context of a sealed phone, and of its keyed hash.
pub const PHONE: &str = "elders.phone";
/// The context of a sealed health note.
pub const HEALTH_NOTE: &str = "elders.health_note";
/// The context of a contact's sealed phone.
pub const CONTACT_PHONE: &str = "contacts.phone";

/// A document that was checked, and what it says of its holder.
pub struct Document {
    /// Normalised.
    pub number: String,
    /// As it is shown.
    pub masked: String,
    /// What a resident's number says.
    pub says: Option<(Sex, NaiveDate)>,
    /// What looks odd but may be right.
    pub warnings: Vec<String>,
}

/// Checks a document's number.
///
/// # Errors
/// 422 naming the field.
pub fn document(kind: IdDocumentKind, raw: &str, today: NaiveDate) -> Result<Document, Problem> {
    if matches!(kind, IdDocumentKind::ResidentId) {
        let id = ResidentId::parse(raw, today).map_err(|e| Problem::field("id_number", e.to_string()))?;
        let sex = match id.sex() {
            IdSex::Male => Sex::Male,
            IdSex::Female => Sex::Female,
        };
        let warnings = if id.prefix_is_known() {
            vec![]
        } else {
            vec!["id_prefix_unknown".to_owned()]
        };
        return Ok(Document {
            number: id.as_str().to_owned(),
            masked: id.masked(),
            says: Some((sex, id.birth_date())),
            warnings,
        });
    }
    let mut number: String = crate::text::half_width(raw)
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    number.make_ascii_uppercase();
    let length = number.chars().count();
    if length < 4 {
        return Err(Problem::field("id_number", "is too short"));
    }
    let masked = number
        .chars()
        .enumerate()
        .map(|(at, c)| if at < 2 { c } else { '*' })
        .collect();
    Ok(Document {
        number,
        masked,
        says: None,
        warnings: vec![],
    })
}

/// The keyed hash by which a document is found anywhere in the city.
pub fn document_hash(stamp: &Stamp, kind: IdDocumentKind, number: &str) -> Vec<u8> {
    stamp
        .keys
        .lookup_hash(ID_NUMBER, &format!("{kind:?}:{number}"))
        .to_vec()
}

/// Checks a phone number.
///
/// # Errors
/// 422 naming the field.
pub fn phone(field: &str, raw: &str) -> Result<Phone, Problem> {
    Phone::parse(raw).map_err(|e| Problem::field(field, e.to_string()))
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = ty::Uuid)]
    id: Uuid,
}

/// The household of a dwelling, entered where it is new.
///
/// # Errors
/// What the database said.
pub async fn household(tx: &mut Tx<'_>, dwelling: &Dwelling) -> Result<HouseholdId, Problem> {
    let (id, now) = (tx.new_id(), tx.now);
    let found: Id = statement(
        "INSERT INTO households (id, community_id, building, unit, floor, room, version, created_at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7) \
         ON CONFLICT (community_id, building, unit, room) DO UPDATE SET floor = coalesce(excluded.floor, households.floor) RETURNING id",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(dwelling.community_id)
    .bind::<ty::Text, _>(dwelling.building.trim().to_owned())
    .bind::<ty::Text, _>(dwelling.unit.trim().to_owned())
    .bind::<ty::Nullable<ty::SmallInt>, _>(dwelling.floor)
    .bind::<ty::Text, _>(dwelling.room.trim().to_owned())
    .bind::<ty::Timestamptz, _>(now)
    .get_result(tx.conn)
    .await?;
    Ok(HouseholdId(found.id))
}

/// Enrols an elder.
///
/// # Errors
/// 404 for a community out of scope, 409 when the person is enrolled anywhere in the city, 422 for a bad number.
pub async fn enrol(tx: &mut Tx<'_>, actor: &Actor, new: NewElder) -> Result<EnrolledElder, Problem> {
    let (now, today, id) = (tx.now, tx.today(), ElderId(tx.new_id()));
    let community = areas::queries::get(tx.conn, actor, now, new.household.community_id).await?;
    let Document {
        number,
        masked,
        says,
        mut warnings,
    } = document(new.id_kind, &new.id_number, today)?;
    if says.is_some_and(|(sex, _)| new.sex.is_some_and(|given| given != sex)) {
        warnings.push("sex_differs_from_id".to_owned());
    }
    if says.is_some_and(|(_, birth)| new.birth_date.is_some_and(|given| given != birth)) {
        warnings.push("birth_date_differs_from_id".to_owned());
    }
    let sex = new
        .sex
        .or(says.map(|s| s.0))
        .ok_or_else(|| Problem::field("sex", "is needed with this document"))?;
    let birth = new
        .birth_date
        .or(says.map(|s| s.1))
        .filter(|day| *day <= today)
        .ok_or_else(|| Problem::field("birth_date", "is needed, and not in the future"))?;
    let phone = new.phone.as_deref().map(|raw| phone("phone", raw)).transpose()?;
    let household = household(tx, &new.household).await?;
    let stamp = tx.stamp();
    let sealed = |context, plain: Option<&str>| plain.map(|p| stamp.seal(context, p)).transpose();
    statement(
        "INSERT INTO elders (id, household_id, community_id, name, sex, birth_date, id_kind, id_sealed, id_hash, id_masked, phone_sealed, \
         phone_hash, phone_masked, health_note_sealed, status, status_since, entitlement, tier, tier_reasons, remarks, version, enrolled_at, \
         updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'active', $15, 'social', 'quarterly', '{}', $16, 1, $17, $17)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(household)
    .bind::<ty::Uuid, _>(community.id)
    .bind::<ty::Text, _>(new.name.trim().to_owned())
    .bind::<native::Sex, _>(sex)
    .bind::<ty::Date, _>(birth)
    .bind::<native::IdDocumentKind, _>(new.id_kind)
    .bind::<ty::Text, _>(stamp.seal(ID_NUMBER, &number)?)
    .bind::<ty::Binary, _>(document_hash(&stamp, new.id_kind, &number))
    .bind::<ty::Text, _>(masked)
    .bind::<ty::Nullable<ty::Text>, _>(sealed(PHONE, phone.as_ref().map(Phone::as_str))?)
    .bind::<ty::Nullable<ty::Binary>, _>(phone.as_ref().map(|p| stamp.keys.lookup_hash(PHONE, p.as_str()).to_vec()))
    .bind::<ty::Nullable<ty::Text>, _>(phone.as_ref().map(Phone::masked))
    .bind::<ty::Nullable<ty::Text>, _>(sealed(HEALTH_NOTE, new.health_note.as_deref().filter(|n| !n.is_empty()))?)
    .bind::<ty::Date, _>(today)
    .bind::<ty::Text, _>(new.remarks)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "elders_id_hash_key", || ELDER_ALREADY_ENROLLED.problem()))?;
    change::open_status(tx, id, ElderStatus::Active, (today, None), String::new()).await?;
    for code in new.categories {
        add_category(
            tx,
            id,
            NewElderCategory {
                code,
                starts_on: today,
                evidence: String::new(),
            },
        )
        .await?;
    }
    for (position, contact) in (1i16..).zip(new.contacts) {
        add_contact(tx, id, position, contact).await?;
    }
    for consent in new.consents {
        add_consent(tx, id, consent).await?;
    }
    refresh_standing(tx.conn, today, &[id.0]).await?;
    obligations_follow(tx, household).await?;
    tx.audit(
        tx.entry("elders.enrol", "elder", Some(id.0))
            .elder(id)
            .community(community.id),
    );
    let elder: Elder = queries::get_in_scope(tx.conn, actor, now, id).await?;
    Ok(EnrolledElder { elder, warnings })
}

/// Lets what is due at a household be reckoned again after the commit.
///
/// # Errors
/// What the database said.
pub async fn obligations_follow(tx: &mut Tx<'_>, household: HouseholdId) -> Result<(), Problem> {
    let run_at = tx.now;
    tx.enqueue(NewJob {
        kind: "obligations.household",
        dedup_key: None,
        payload: json!({ "household_id": household }),
        run_at,
    })
    .await
}

/// Lets the visit be owed, after the commit, that each of these elders is due who came back from hospital, and when.
///
/// # Errors
/// What the database said.
pub async fn discharges_follow(tx: &mut Tx<'_>, back: &[(ElderId, DateTime<Utc>)]) -> Result<(), Problem> {
    let now = tx.now;
    let ids: Vec<Uuid> = back.iter().map(|_| tx.new_id()).collect();
    let events: Vec<Uuid> = back.iter().map(|_| tx.new_id()).collect();
    statement(
        "INSERT INTO jobs (id, kind, payload, run_at, attempts, max_attempts, created_at) \
         SELECT n.id, 'obligations.discharged', jsonb_build_object('event_id', n.event_id, 'elder_id', n.elder_id, 'at', n.at), $5, 0, $6, $5 \
         FROM unnest($1, $2, $3, $4) AS n (id, event_id, elder_id, at)",
    )
    .bind::<ty::Array<ty::Uuid>, _>(ids)
    .bind::<ty::Array<ty::Uuid>, _>(events)
    .bind::<ty::Array<ty::Uuid>, _>(back.iter().map(|b| b.0).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Timestamptz>, _>(back.iter().map(|b| b.1).collect::<Vec<_>>())
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::SmallInt, _>(jobs::MAX_ATTEMPTS)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Up to so many households have a job each at once; of more, everything due in the city is reckoned again at once.
const JOBS: usize = 500;

/// The same for the households that a list touched, or in which somebody came back: `batch` tells one such time from another.
///
/// # Errors
/// What the database said.
pub async fn obligations_follow_all(
    tx: &mut Tx<'_>,
    batch: Uuid,
    households: BTreeSet<HouseholdId>,
) -> Result<(), Problem> {
    let now = tx.now;
    if households.len() > JOBS {
        return tx
            .enqueue(NewJob {
                kind: "obligations.midnight",
                // A second time is not to be dropped because the first one's job is under way.
                dedup_key: Some(format!("batch-{batch}")),
                payload: json!(null),
                run_at: now,
            })
            .await;
    }
    let ids: Vec<Uuid> = households.iter().map(|_| tx.new_id()).collect();
    statement(
        "INSERT INTO jobs (id, kind, payload, run_at, attempts, max_attempts, created_at) \
         SELECT n.id, 'obligations.household', jsonb_build_object('household_id', n.household_id), $3, 0, $4, $3 \
         FROM unnest($1, $2) AS n (id, household_id)",
    )
    .bind::<ty::Array<ty::Uuid>, _>(ids)
    .bind::<ty::Array<ty::Uuid>, _>(households.into_iter().collect::<Vec<_>>())
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::SmallInt, _>(jobs::MAX_ATTEMPTS)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Gives an elder a category.
///
/// # Errors
/// 422 for one that does not exist or is derived, 409 for one the elder carries.
pub async fn add_category(tx: &mut Tx<'_>, elder: ElderId, new: NewElderCategory) -> Result<(), Problem> {
    let (id, now, by) = (tx.new_id(), tx.now, tx.actor.map(|a| a.id));
    let written = statement(
        "INSERT INTO elder_categories (id, elder_id, category_code, starts_on, evidence, recorded_by, recorded_at) \
         SELECT $1, $2, code, $4, $5, $6, $7 FROM categories WHERE code = $3 AND NOT derived",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(elder)
    .bind::<ty::Text, _>(new.code)
    .bind::<ty::Date, _>(new.starts_on)
    .bind::<ty::Text, _>(new.evidence)
    .bind::<ty::Nullable<ty::Uuid>, _>(by)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "elder_categories_open", || ELDER_CATEGORY_OPEN.problem()))?;
    if written == 0 {
        return Err(Problem::field("code", "is no category that can be entered"));
    }
    Ok(())
}

/// Adds somebody to call.
///
/// # Errors
/// 422 for a bad number.
pub async fn add_contact(
    tx: &mut Tx<'_>,
    elder: ElderId,
    position: i16,
    new: NewContact,
) -> Result<(), Problem> {
    let number = phone("contacts.phone", &new.phone)?;
    let (id, sealed) = (tx.new_id(), tx.seal(CONTACT_PHONE, number.as_str())?);
    statement(
        "INSERT INTO contacts (id, elder_id, name, relation, phone_sealed, phone_masked, emergency, position) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(elder)
    .bind::<ty::Text, _>(new.name)
    .bind::<ty::Text, _>(new.relation)
    .bind::<ty::Text, _>(sealed)
    .bind::<ty::Text, _>(number.masked())
    .bind::<ty::Bool, _>(new.emergency)
    .bind::<ty::SmallInt, _>(position)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Records a consent.
///
/// # Errors
/// 409 when one for the purpose is in force.
pub async fn add_consent(tx: &mut Tx<'_>, elder: ElderId, new: NewConsent) -> Result<(), Problem> {
    let (id, now, by) = (tx.new_id(), tx.now, tx.actor.map(|a| a.id));
    statement(
        "INSERT INTO consents (id, elder_id, purpose, basis, form, notice_version, given_on, given_by, recorded_by, recorded_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(elder)
    .bind::<native::ConsentPurpose, _>(new.purpose)
    .bind::<native::LegalBasis, _>(new.basis)
    .bind::<native::ConsentForm, _>(new.form)
    .bind::<ty::Text, _>(new.notice_version)
    .bind::<ty::Date, _>(new.given_on)
    .bind::<ty::Text, _>(new.given_by)
    .bind::<ty::Nullable<ty::Uuid>, _>(by)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "consents_open", || CONSENT_IN_FORCE.problem()))?;
    Ok(())
}
