//! Files that may be one person.

use crate::{
    communities_in_scope,
    db::statement,
    error::Problem,
    http::{Page, PageQuery},
    ids::{CommunityId, ElderId, HouseholdId},
    tx::Actor,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// One side of a pair.
#[derive(Debug, Serialize, ToSchema)]
pub struct DuplicateSide {
    /// The elder.
    pub id: ElderId,
    /// Name.
    pub name: String,
    /// Birth date.
    pub birth_date: NaiveDate,
    /// The document's number, masked.
    pub id_masked: String,
    /// The phone, masked.
    pub phone_masked: Option<String>,
    /// In which community.
    pub community_id: CommunityId,
    /// In which dwelling.
    pub household_id: HouseholdId,
}

/// Two files that may be one person.
#[derive(Debug, Serialize, ToSchema)]
pub struct DuplicatePair {
    /// The file entered first.
    pub first: DuplicateSide,
    /// The other.
    pub second: DuplicateSide,
    /// `phone`, `name_and_birth_date`.
    #[schema(example = json!(["phone"]))]
    pub reasons: Vec<String>,
}

#[derive(QueryableByName)]
struct PairRow {
    #[diesel(sql_type = ty::Uuid)]
    a_id: ElderId,
    #[diesel(sql_type = ty::Text)]
    a_name: String,
    #[diesel(sql_type = ty::Date)]
    a_birth_date: NaiveDate,
    #[diesel(sql_type = ty::Text)]
    a_id_masked: String,
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    a_phone_masked: Option<String>,
    #[diesel(sql_type = ty::Uuid)]
    a_community_id: CommunityId,
    #[diesel(sql_type = ty::Uuid)]
    a_household_id: HouseholdId,
    #[diesel(sql_type = ty::Uuid)]
    b_id: ElderId,
    #[diesel(sql_type = ty::Text)]
    b_name: String,
    #[diesel(sql_type = ty::Date)]
    b_birth_date: NaiveDate,
    #[diesel(sql_type = ty::Text)]
    b_id_masked: String,
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    b_phone_masked: Option<String>,
    #[diesel(sql_type = ty::Uuid)]
    b_community_id: CommunityId,
    #[diesel(sql_type = ty::Uuid)]
    b_household_id: HouseholdId,
    #[diesel(sql_type = ty::Bool)]
    same_phone: bool,
    #[diesel(sql_type = ty::Bool)]
    same_person: bool,
}

/// Each kind of likeness is joined by itself, so that each has a hash to go by. A couple who share a telephone is no pair:
/// in one dwelling the same phone counts only with the same birth date.
const DUPLICATES: &str = concat!(
    "WITH mine AS (SELECT id, name, birth_date, id_masked, phone_masked, phone_hash, community_id, household_id FROM elders \
     WHERE status <> 'merged' AND community_id IN (",
    communities_in_scope!(),
    ")), pairs AS ( \
     SELECT a.id AS a_id, b.id AS b_id FROM mine a JOIN mine b ON b.phone_hash = a.phone_hash AND b.id > a.id \
     WHERE a.household_id <> b.household_id OR a.birth_date = b.birth_date \
     UNION SELECT a.id, b.id FROM mine a JOIN mine b ON b.name = a.name AND b.birth_date = a.birth_date AND b.id > a.id) \
     SELECT a.id AS a_id, a.name AS a_name, a.birth_date AS a_birth_date, a.id_masked AS a_id_masked, a.phone_masked AS a_phone_masked, \
     a.community_id AS a_community_id, a.household_id AS a_household_id, \
     b.id AS b_id, b.name AS b_name, b.birth_date AS b_birth_date, b.id_masked AS b_id_masked, b.phone_masked AS b_phone_masked, \
     b.community_id AS b_community_id, b.household_id AS b_household_id, \
     coalesce(a.phone_hash = b.phone_hash, false) AS same_phone, a.name = b.name AND a.birth_date = b.birth_date AS same_person \
     FROM pairs p JOIN mine a ON a.id = p.a_id JOIN mine b ON b.id = p.b_id \
     WHERE $3 IS NULL OR (p.a_id, p.b_id) > ($3, $4) ORDER BY p.a_id, p.b_id LIMIT $5"
);

/// Pairs of files in the actor's scope that may be one person, in the order in which they were entered.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn duplicates(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    page: &PageQuery,
) -> Result<Page<DuplicatePair>, Problem> {
    let after: Option<(Uuid, Uuid)> = page.after()?;
    let rows: Vec<PairRow> = statement(DUPLICATES)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Nullable<ty::Uuid>, _>(after.map(|a| a.0))
        .bind::<ty::Nullable<ty::Uuid>, _>(after.map(|a| a.1))
        .bind::<ty::BigInt, _>(page.fetch())
        .load(conn)
        .await?;
    Ok(Page::cut(rows, page, |p| (p.a_id, p.b_id)).map(pair))
}

fn pair(row: PairRow) -> DuplicatePair {
    let mut reasons = Vec::new();
    if row.same_phone {
        reasons.push("phone".to_owned());
    }
    if row.same_person {
        reasons.push("name_and_birth_date".to_owned());
    }
    DuplicatePair {
        first: DuplicateSide {
            id: row.a_id,
            name: row.a_name,
            birth_date: row.a_birth_date,
            id_masked: row.a_id_masked,
            phone_masked: row.a_phone_masked,
            community_id: row.a_community_id,
            household_id: row.a_household_id,
        },
        second: DuplicateSide {
            id: row.b_id,
            name: row.b_name,
            birth_date: row.b_birth_date,
            id_masked: row.b_id_masked,
            phone_masked: row.b_phone_masked,
            community_id: row.b_community_id,
            household_id: row.b_household_id,
        },
        reasons,
    }
}
