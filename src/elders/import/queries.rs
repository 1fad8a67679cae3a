//! What a list is checked against and compared with, read by a fixed number of statements for each chunk of rows.

use super::{CHUNK, check::Lists};
use crate::{
    communities_in_scope,
    db::statement,
    elders::model::{ElderStatus, Sex},
    error::Problem,
    ids::{CommunityId, ElderId, HouseholdId},
    schema::sql_types as native,
    tx::Actor,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use std::collections::HashMap;
use uuid::Uuid;

#[derive(QueryableByName)]
struct Compound {
    #[diesel(sql_type = ty::Uuid)]
    id: CommunityId,
    #[diesel(sql_type = ty::Text)]
    code: String,
    #[diesel(sql_type = ty::Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Tag {
    #[diesel(sql_type = ty::Text)]
    code: String,
    #[diesel(sql_type = ty::Text)]
    name_zh: String,
    #[diesel(sql_type = ty::Bool)]
    derived: bool,
}

/// The communities in the actor's scope and all categories.
pub async fn lists(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<Lists, Problem> {
    let mut lists = Lists::default();
    let compounds: Vec<Compound> = statement(concat!(
        "SELECT id, code, name FROM communities WHERE id IN (",
        communities_in_scope!(),
        ") ORDER BY code"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .load(conn)
    .await?;
    for Compound { id, code, name } in compounds {
        lists.community(id, code, name);
    }
    let tags: Vec<Tag> = statement("SELECT code, name_zh, derived FROM categories ORDER BY position")
        .load(conn)
        .await?;
    for Tag {
        code,
        name_zh,
        derived,
    } in tags
    {
        lists.category(code, name_zh, derived);
    }
    Ok(lists)
}

/// A file of somebody on the list.
#[derive(QueryableByName, Clone)]
pub struct Filed {
    /// The elder.
    #[diesel(sql_type = ty::Uuid)]
    pub id: ElderId,
    /// Keyed hash of the document.
    #[diesel(sql_type = ty::Binary)]
    pub id_hash: Vec<u8>,
    /// Whether the file lies in the actor's scope.
    #[diesel(sql_type = ty::Bool)]
    pub mine: bool,
    /// Whether in care.
    #[diesel(sql_type = native::ElderStatus)]
    pub status: ElderStatus,
    /// Counts the edits.
    #[diesel(sql_type = ty::Integer)]
    pub version: i32,
    /// Name.
    #[diesel(sql_type = ty::Text)]
    pub name: String,
    /// Sex.
    #[diesel(sql_type = native::Sex)]
    pub sex: Sex,
    /// Birth date.
    #[diesel(sql_type = ty::Date)]
    pub birth_date: NaiveDate,
    /// Keyed hash of the phone.
    #[diesel(sql_type = ty::Nullable<ty::Binary>)]
    pub phone_hash: Option<Vec<u8>>,
    /// Health note, sealed.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub health_note_sealed: Option<String>,
    /// Remarks.
    #[diesel(sql_type = ty::Text)]
    pub remarks: String,
    /// Where the elder lives.
    #[diesel(sql_type = ty::Uuid)]
    pub household_id: HouseholdId,
    /// In which community.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// Building.
    #[diesel(sql_type = ty::Text)]
    pub building: String,
    /// Stairwell.
    #[diesel(sql_type = ty::Text)]
    pub unit: String,
    /// Floor.
    #[diesel(sql_type = ty::Nullable<ty::SmallInt>)]
    pub floor: Option<i16>,
    /// Room.
    #[diesel(sql_type = ty::Text)]
    pub room: String,
}

/// A contact of somebody on the list.
#[derive(QueryableByName, Clone)]
pub struct FiledContact {
    #[diesel(sql_type = ty::Uuid)]
    elder_id: ElderId,
    /// The contact.
    #[diesel(sql_type = ty::Uuid)]
    pub id: Uuid,
    /// Name.
    #[diesel(sql_type = ty::Text)]
    pub name: String,
    /// Relation to the elder.
    #[diesel(sql_type = ty::Text)]
    pub relation: String,
    /// Phone, sealed.
    #[diesel(sql_type = ty::Text)]
    pub phone_sealed: String,
    /// Place among the contacts.
    #[diesel(sql_type = ty::SmallInt)]
    pub position: i16,
}

#[derive(QueryableByName)]
struct Carried {
    #[diesel(sql_type = ty::Uuid)]
    elder_id: ElderId,
    #[diesel(sql_type = ty::Text)]
    category_code: String,
}

#[derive(QueryableByName)]
struct Consented {
    #[diesel(sql_type = ty::Uuid)]
    elder_id: ElderId,
    #[diesel(sql_type = ty::Date)]
    given_on: NaiveDate,
    #[diesel(sql_type = ty::Bool)]
    in_force: bool,
}

/// What is on file of everybody on the list.
#[derive(Default)]
pub struct OnFile {
    /// The files, by keyed hash of the document; a merged one only where no other bears the document.
    pub files: HashMap<Vec<u8>, Filed>,
    /// Open categories.
    pub categories: HashMap<ElderId, Vec<String>>,
    /// Contacts, in order.
    pub contacts: HashMap<ElderId, Vec<FiledContact>>,
    /// The newest consent to being visited, and whether one is in force.
    pub consents: HashMap<ElderId, (NaiveDate, bool)>,
}

/// Reads what is on file of these documents, anywhere in the city.
pub async fn on_file(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    documents: &[Vec<u8>],
) -> Result<OnFile, Problem> {
    let mut found = OnFile::default();
    for chunk in documents.chunks(CHUNK) {
        // Two partial indexes, one for each half.
        let files: Vec<Filed> = statement(concat!(
            "SELECT e.id, e.id_hash, e.community_id IN (",
            communities_in_scope!(),
            ") AS mine, e.status, e.version, e.name, e.sex, e.birth_date, e.phone_hash, e.health_note_sealed, e.remarks, \
             e.household_id, e.community_id, h.building, h.unit, h.floor, h.room FROM ( \
             SELECT * FROM elders WHERE id_hash = ANY ($3) AND status = 'merged' UNION ALL \
             SELECT * FROM elders WHERE id_hash = ANY ($3) AND status <> 'merged') e \
             JOIN households h ON h.id = e.household_id"
        ))
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Array<ty::Binary>, _>(chunk.to_vec())
        .load(conn)
        .await?;
        let ids: Vec<Uuid> = files.iter().filter(|f| f.mine).map(|f| f.id.0).collect();
        for file in files {
            if file.status != ElderStatus::Merged || !found.files.contains_key(&file.id_hash) {
                found.files.insert(file.id_hash.clone(), file);
            }
        }
        let carried: Vec<Carried> = statement(
            "SELECT elder_id, category_code FROM elder_categories WHERE elder_id = ANY ($1) AND ends_on IS NULL",
        )
        .bind::<ty::Array<ty::Uuid>, _>(ids.clone())
        .load(conn)
        .await?;
        for row in carried {
            found
                .categories
                .entry(row.elder_id)
                .or_default()
                .push(row.category_code);
        }
        let contacts: Vec<FiledContact> = statement(
            "SELECT elder_id, id, name, relation, phone_sealed, position FROM contacts WHERE elder_id = ANY ($1) \
             ORDER BY elder_id, position, id",
        )
        .bind::<ty::Array<ty::Uuid>, _>(ids.clone())
        .load(conn)
        .await?;
        for contact in contacts {
            found.contacts.entry(contact.elder_id).or_default().push(contact);
        }
        let consents: Vec<Consented> = statement(
            "SELECT elder_id, max(given_on) AS given_on, bool_or(withdrawn_on IS NULL) AS in_force FROM consents \
             WHERE elder_id = ANY ($1) AND purpose = 'visits' GROUP BY elder_id",
        )
        .bind::<ty::Array<ty::Uuid>, _>(ids)
        .load(conn)
        .await?;
        for row in consents {
            found.consents.insert(row.elder_id, (row.given_on, row.in_force));
        }
    }
    Ok(found)
}
