//! Two files that are one person: one is kept, the other is closed and gives up what hangs on it. What was moved is written
//! down, so that a merge that was a mistake can be taken back exactly.
//!
//! - Needs, orders and contacts move all; consents, categories and tier overrides that are in force move where the kept file
//!   has none in force for the same thing; the rest stays with the closed file as its history.
//! - Of a visit where both files were met the kept file's line stays; the other is remembered and comes back with the undo.
//! - A file that was merged is never merged again; files that were merged into it earlier point on to the file that is kept
//!   now. Merges are taken back in the opposite order.

use super::{
    ELDER_ALREADY_ENROLLED, ELDER_MERGED, ELDER_NOT_FOUND, MERGE_NOT_FOUND, MERGE_NOT_UNDOABLE, enrol,
    model::{Elder, ElderStatus},
    queries,
    standing::refresh_standing,
};
use crate::{
    areas::policy::InScope,
    communities_in_scope,
    db::statement,
    error::{Problem, on_constraint},
    http::{Page, PageQuery},
    ids::{CommunityId, ElderId, HouseholdId, MergeId, UserId},
    schema::{elders, sql_types as native},
    tx::{Actor, Tx},
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// Which file is given up, and why.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeElder {
    /// The file that is given up.
    #[garde(skip)]
    pub other_id: ElderId,
    /// Why the two are one person.
    #[garde(length(chars, min = 1, max = 500))]
    pub reason: String,
}

/// How much was moved.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct MovedCounts {
    /// Needs.
    pub needs: usize,
    /// Service orders.
    pub orders: usize,
    /// Visits at which the person was met.
    pub visits: usize,
    /// Contacts.
    pub contacts: usize,
    /// Consents in force.
    pub consents: usize,
    /// Categories carried.
    pub categories: usize,
    /// Tier overrides in force.
    pub tier_overrides: usize,
}

/// Two files made one.
#[derive(Debug, Serialize, ToSchema)]
pub struct ElderMerge {
    /// The merge.
    pub id: MergeId,
    /// The file that is kept.
    pub kept_id: ElderId,
    /// The file that was given up.
    pub merged_id: ElderId,
    /// Why.
    pub reason: String,
    /// Who merged.
    pub merged_by: UserId,
    /// When.
    pub merged_at: DateTime<Utc>,
    /// Who took it back.
    pub undone_by: Option<UserId>,
    /// When it was taken back.
    pub undone_at: Option<DateTime<Utc>>,
    /// What was moved.
    pub moved: MovedCounts,
}

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

/// What a merge moved, as it is remembered.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Moved {
    needs: Vec<Uuid>,
    orders: Vec<Uuid>,
    visits: Vec<Uuid>,
    contacts: Vec<(Uuid, i16)>,
    consents: Vec<Uuid>,
    categories: Vec<Uuid>,
    tier_overrides: Vec<Uuid>,
    /// Lines of visits where both files were met, whole; notes in them are sealed.
    met_twice: Vec<Value>,
    /// Files merged into the other one earlier.
    pointed_on: Vec<Uuid>,
    /// The open rows of the status history that were closed, and the one that was opened.
    statuses_closed: Vec<Uuid>,
    status_opened: Uuid,
    /// The other file's status before.
    before: Option<Before>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Before {
    status: ElderStatus,
    since: NaiveDate,
    until: Option<NaiveDate>,
}

impl Moved {
    fn counts(&self) -> MovedCounts {
        MovedCounts {
            needs: self.needs.len(),
            orders: self.orders.len(),
            visits: self.visits.len() + self.met_twice.len(),
            contacts: self.contacts.len(),
            consents: self.consents.len(),
            categories: self.categories.len(),
            tier_overrides: self.tier_overrides.len(),
        }
    }
}

#[derive(QueryableByName)]
struct MergeRow {
    #[diesel(sql_type = ty::Uuid)]
    id: MergeId,
    #[diesel(sql_type = ty::Uuid)]
    kept_id: ElderId,
    #[diesel(sql_type = ty::Uuid)]
    merged_id: ElderId,
    #[diesel(sql_type = ty::Jsonb)]
    moved: Value,
    #[diesel(sql_type = ty::Text)]
    reason: String,
    #[diesel(sql_type = ty::Uuid)]
    merged_by: UserId,
    #[diesel(sql_type = ty::Timestamptz)]
    merged_at: DateTime<Utc>,
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    undone_by: Option<UserId>,
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    undone_at: Option<DateTime<Utc>>,
}

impl MergeRow {
    fn moved(&self) -> Result<Moved, Problem> {
        serde_json::from_value(self.moved.clone()).map_err(Problem::internal)
    }

    fn shown(self) -> Result<ElderMerge, Problem> {
        let moved = self.moved()?.counts();
        Ok(ElderMerge {
            id: self.id,
            kept_id: self.kept_id,
            merged_id: self.merged_id,
            reason: self.reason,
            merged_by: self.merged_by,
            merged_at: self.merged_at,
            undone_by: self.undone_by,
            undone_at: self.undone_at,
            moved,
        })
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = ty::Uuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = ty::Jsonb)]
    line: Value,
}

#[derive(QueryableByName)]
struct Placed {
    #[diesel(sql_type = ty::Uuid)]
    id: Uuid,
    #[diesel(sql_type = ty::SmallInt)]
    position: i16,
}

/// The merges in which a file was kept or given up, newest first.
///
/// # Errors
/// What the database said.
pub async fn of_elder(conn: &mut AsyncPgConnection, id: ElderId) -> Result<Vec<ElderMerge>, Problem> {
    let rows: Vec<MergeRow> = statement(
        "SELECT id, kept_id, merged_id, moved, reason, merged_by, merged_at, undone_by, undone_at FROM elder_merges \
         WHERE kept_id = $1 OR merged_id = $1 ORDER BY merged_at DESC, id DESC LIMIT 200",
    )
    .bind::<ty::Uuid, _>(id)
    .load(conn)
    .await?;
    rows.into_iter().map(MergeRow::shown).collect()
}

/// Locks files in the order of their ids, so that two merges never wait for each other in a circle; with them whatever was
/// merged into `other`.
async fn lock(
    tx: &mut Tx<'_>,
    actor: &Actor,
    kept: ElderId,
    other: ElderId,
) -> Result<(Elder, Elder), Problem> {
    let now = tx.now;
    statement("SELECT id FROM elders WHERE id = $1 OR id = $2 OR merged_into_id = $2 ORDER BY id FOR UPDATE")
        .bind::<ty::Uuid, _>(kept)
        .bind::<ty::Uuid, _>(other)
        .execute(tx.conn)
        .await?;
    let found: Vec<Elder> = elders::table
        .filter(elders::id.eq_any([kept, other]))
        .filter(InScope::of("elders.community_id", actor, now))
        .select(Elder::as_select())
        .load(tx.conn)
        .await?;
    let one = |id| {
        let elder = found.iter().find(|e| e.id == id);
        elder.cloned().ok_or_else(|| ELDER_NOT_FOUND.problem())
    };
    Ok((one(kept)?, one(other)?))
}

/// Runs a statement on `kept` ($1) and `other` ($2) that gives the ids of the rows it moved.
async fn moved(
    tx: &mut Tx<'_>,
    text: &'static str,
    kept: ElderId,
    other: ElderId,
) -> Result<Vec<Uuid>, Problem> {
    let rows: Vec<Row> = statement(text)
        .bind::<ty::Uuid, _>(kept)
        .bind::<ty::Uuid, _>(other)
        .load(tx.conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Keeps `kept` and gives up the other file.
///
/// # Errors
/// 404 for a file out of scope, 409 for one that was merged before, 422 for one and the same file.
pub async fn merge(
    tx: &mut Tx<'_>,
    actor: &Actor,
    kept: ElderId,
    asked: MergeElder,
) -> Result<ElderMerge, Problem> {
    let MergeElder {
        other_id: other,
        reason,
    } = asked;
    if kept == other {
        return Err(Problem::field("other_id", "is the same file"));
    }
    let (keeps, gives) = lock(tx, actor, kept, other).await?;
    if [keeps.status, gives.status].contains(&ElderStatus::Merged) {
        return Err(ELDER_MERGED.problem());
    }
    let mut all = move_what_hangs_on(tx, kept, other).await?;
    close(tx, kept, &gives, &mut all).await?;
    let (id, now, today, by) = (MergeId(tx.new_id()), tx.now, tx.today(), tx.actor_id()?);
    statement(
        "INSERT INTO elder_merges (id, kept_id, merged_id, moved, reason, merged_by, merged_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(kept)
    .bind::<ty::Uuid, _>(other)
    .bind::<ty::Jsonb, _>(serde_json::to_value(&all).map_err(Problem::internal)?)
    .bind::<ty::Text, _>(reason.clone())
    .bind::<ty::Uuid, _>(by)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    refresh_standing(tx.conn, today, &[kept.0]).await?;
    told(tx, "elders.merge", id, &keeps, &gives).await?;
    Ok(ElderMerge {
        id,
        kept_id: kept,
        merged_id: other,
        reason,
        merged_by: by,
        merged_at: now,
        undone_by: None,
        undone_at: None,
        moved: all.counts(),
    })
}

async fn move_what_hangs_on(tx: &mut Tx<'_>, kept: ElderId, other: ElderId) -> Result<Moved, Problem> {
    let today = tx.today();
    let needs = "UPDATE needs SET elder_id = $1 WHERE elder_id = $2 RETURNING id";
    let orders = "UPDATE service_orders SET elder_id = $1 WHERE elder_id = $2 RETURNING id";
    let consents = "UPDATE consents SET elder_id = $1 WHERE elder_id = $2 AND withdrawn_on IS NULL AND purpose NOT IN ( \
                    SELECT purpose FROM consents WHERE elder_id = $1 AND withdrawn_on IS NULL) RETURNING id";
    let categories = "UPDATE elder_categories SET elder_id = $1 WHERE elder_id = $2 AND ends_on IS NULL AND category_code NOT IN ( \
                      SELECT category_code FROM elder_categories WHERE elder_id = $1 AND ends_on IS NULL) RETURNING id";
    let visits = "UPDATE visit_elders SET elder_id = $1 WHERE elder_id = $2 RETURNING visit_id AS id";
    let met_twice: Vec<Line> = statement(
        "DELETE FROM visit_elders o USING visit_elders k WHERE k.elder_id = $1 AND o.elder_id = $2 AND k.visit_id = o.visit_id \
         RETURNING to_jsonb(o) AS line",
    )
    .bind::<ty::Uuid, _>(kept)
    .bind::<ty::Uuid, _>(other)
    .load(tx.conn)
    .await?;
    let tier_overrides: Vec<Row> = statement(
        "UPDATE tier_overrides SET elder_id = $1 WHERE elder_id = $2 AND starts_on <= $3 AND ends_on > $3 AND NOT EXISTS ( \
         SELECT 1 FROM tier_overrides WHERE elder_id = $1 AND starts_on <= $3 AND ends_on > $3) RETURNING id",
    )
    .bind::<ty::Uuid, _>(kept)
    .bind::<ty::Uuid, _>(other)
    .bind::<ty::Date, _>(today)
    .load(tx.conn)
    .await?;
    let contacts: Vec<Placed> =
        statement("SELECT id, position FROM contacts WHERE elder_id = $1 ORDER BY position, id FOR UPDATE")
            .bind::<ty::Uuid, _>(other)
            .load(tx.conn)
            .await?;
    // Behind those whom the kept file names, in their order.
    statement(
        "UPDATE contacts c SET elder_id = $1, position = n.place + (SELECT coalesce(max(position), 0) FROM contacts WHERE elder_id = $1) \
         FROM unnest($2, $3) AS n (id, place) WHERE c.id = n.id",
    )
    .bind::<ty::Uuid, _>(kept)
    .bind::<ty::Array<ty::Uuid>, _>(contacts.iter().map(|c| c.id).collect::<Vec<_>>())
    .bind::<ty::Array<ty::SmallInt>, _>((1..).take(contacts.len()).collect::<Vec<i16>>())
    .execute(tx.conn)
    .await?;
    Ok(Moved {
        needs: moved(tx, needs, kept, other).await?,
        orders: moved(tx, orders, kept, other).await?,
        visits: moved(tx, visits, kept, other).await?,
        consents: moved(tx, consents, kept, other).await?,
        categories: moved(tx, categories, kept, other).await?,
        contacts: contacts.iter().map(|c| (c.id, c.position)).collect(),
        tier_overrides: tier_overrides.iter().map(|row| row.id).collect(),
        met_twice: met_twice.into_iter().map(|row| row.line).collect(),
        ..Moved::default()
    })
}

/// Closes the file that is given up.
async fn close(tx: &mut Tx<'_>, kept: ElderId, gives: &Elder, all: &mut Moved) -> Result<(), Problem> {
    let (now, today, other) = (tx.now, tx.today(), gives.id);
    let point_on = "UPDATE elders SET merged_into_id = $1 WHERE merged_into_id = $2 RETURNING id";
    all.pointed_on = moved(tx, point_on, kept, other).await?;
    let open: Vec<Row> =
        statement("SELECT id FROM elder_statuses WHERE elder_id = $1 AND ends_on IS NULL ORDER BY id")
            .bind::<ty::Uuid, _>(other)
            .load(tx.conn)
            .await?;
    all.statuses_closed = open.iter().map(|row| row.id).collect();
    all.status_opened = queries::open_status(tx, other, ElderStatus::Merged, today, String::new()).await?;
    all.before = Some(Before {
        status: gives.status,
        since: gives.status_since,
        until: gives.status_until,
    });
    statement(
        "UPDATE elders SET status = 'merged', merged_into_id = $2, status_since = $3, status_until = NULL, version = version + 1, \
         updated_at = $4 WHERE id = $1",
    )
    .bind::<ty::Uuid, _>(other)
    .bind::<ty::Uuid, _>(kept)
    .bind::<ty::Date, _>(today)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    statement("UPDATE elders SET version = version + 1, updated_at = $2 WHERE id = $1")
        .bind::<ty::Uuid, _>(kept)
        .bind::<ty::Timestamptz, _>(now)
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// Obligations of both dwellings, and an audit row in both files.
async fn told(
    tx: &mut Tx<'_>,
    action: &str,
    id: MergeId,
    keeps: &Elder,
    gives: &Elder,
) -> Result<(), Problem> {
    enrol::obligations_follow(tx, keeps.household_id).await?;
    if gives.household_id != keeps.household_id {
        enrol::obligations_follow(tx, gives.household_id).await?;
    }
    for elder in [keeps, gives] {
        let entry = tx.entry(action, "elder_merge", Some(id.0));
        let detail = json!({ "kept_id": keeps.id, "merged_id": gives.id });
        tx.audit(entry.elder(elder.id).community(elder.community_id).detail(detail));
    }
    Ok(())
}

/// Takes a merge back: what it moved goes back, with what has come of it since (the orders of a need, the corrections of a
/// visit).
///
/// # Errors
/// 404 when there is none in scope; 409 when it was undone already, when one of its files was merged again since, or when
/// somebody was enrolled with the closed file's document.
pub async fn undo(tx: &mut Tx<'_>, actor: &Actor, id: MergeId) -> Result<ElderMerge, Problem> {
    let (now, today, by) = (tx.now, tx.today(), tx.actor_id()?);
    let mut row: MergeRow = statement(concat!(
        "SELECT m.id, m.kept_id, m.merged_id, m.moved, m.reason, m.merged_by, m.merged_at, m.undone_by, m.undone_at \
         FROM elder_merges m JOIN elders k ON k.id = m.kept_id JOIN elders o ON o.id = m.merged_id \
         WHERE m.id = $3 AND k.community_id IN (",
        communities_in_scope!(),
        ") AND o.community_id IN (",
        communities_in_scope!(),
        ") FOR UPDATE OF m"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(id)
    .get_result(tx.conn)
    .await
    .optional()?
    .ok_or_else(|| MERGE_NOT_FOUND.problem())?;
    let (kept, other) = (row.kept_id, row.merged_id);
    let (keeps, gives) = lock(tx, actor, kept, other).await?;
    let later: Vec<Row> = statement(
        "SELECT id FROM elder_merges WHERE id <> $1 AND undone_at IS NULL AND merged_at >= $2 \
         AND (kept_id = ANY ($3) OR merged_id = ANY ($3)) LIMIT 1",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Timestamptz, _>(row.merged_at)
    .bind::<ty::Array<ty::Uuid>, _>(vec![kept, other])
    .load(tx.conn)
    .await?;
    if row.undone_at.is_some() || !later.is_empty() {
        return Err(MERGE_NOT_UNDOABLE.problem());
    }
    let all = row.moved()?;
    let before = all
        .before
        .as_ref()
        .ok_or_else(|| Problem::internal("a merge does not remember the file's status"))?;
    give_back(tx, kept, other, &all).await?;
    statement("DELETE FROM elder_statuses WHERE id = $1")
        .bind::<ty::Uuid, _>(all.status_opened)
        .execute(tx.conn)
        .await?;
    statement("UPDATE elder_statuses SET ends_on = NULL WHERE id = ANY ($1)")
        .bind::<ty::Array<ty::Uuid>, _>(all.statuses_closed.clone())
        .execute(tx.conn)
        .await?;
    statement(
        "UPDATE elders SET status = $2, status_since = $3, status_until = $4, merged_into_id = NULL, version = version + 1, \
         updated_at = $5 WHERE id = $1",
    )
    .bind::<ty::Uuid, _>(other)
    .bind::<native::ElderStatus, _>(before.status)
    .bind::<ty::Date, _>(before.since)
    .bind::<ty::Nullable<ty::Date>, _>(before.until)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "elders_id_hash_key", || ELDER_ALREADY_ENROLLED.problem()))?;
    statement("UPDATE elders SET merged_into_id = $1 WHERE id = ANY ($2)")
        .bind::<ty::Uuid, _>(other)
        .bind::<ty::Array<ty::Uuid>, _>(all.pointed_on.clone())
        .execute(tx.conn)
        .await?;
    statement("UPDATE elders SET version = version + 1, updated_at = $2 WHERE id = $1")
        .bind::<ty::Uuid, _>(kept)
        .bind::<ty::Timestamptz, _>(now)
        .execute(tx.conn)
        .await?;
    statement("UPDATE elder_merges SET undone_by = $2, undone_at = $3 WHERE id = $1")
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Uuid, _>(by)
        .bind::<ty::Timestamptz, _>(now)
        .execute(tx.conn)
        .await?;
    refresh_standing(tx.conn, today, &[kept.0, other.0]).await?;
    told(tx, "elders.merge_undo", id, &keeps, &gives).await?;
    (row.undone_by, row.undone_at) = (Some(by), Some(now));
    row.shown()
}

async fn give_back(tx: &mut Tx<'_>, kept: ElderId, other: ElderId, all: &Moved) -> Result<(), Problem> {
    for (text, ids) in [
        (
            "UPDATE needs SET elder_id = $2 WHERE elder_id = $1 AND id = ANY ($3)",
            &all.needs,
        ),
        (
            "UPDATE service_orders SET elder_id = $2 WHERE elder_id = $1 AND id = ANY ($3)",
            &all.orders,
        ),
        // Ordered, or done again, after the merge.
        (
            "UPDATE service_orders SET elder_id = $2 WHERE elder_id = $1 AND need_id = ANY ($3)",
            &all.needs,
        ),
        (
            "UPDATE visit_elders SET elder_id = $2 WHERE elder_id = $1 AND visit_id IN ( \
             SELECT later.id FROM visits v JOIN visits later ON later.root_id = v.root_id WHERE v.id = ANY ($3))",
            &all.visits,
        ),
        (
            "UPDATE consents SET elder_id = $2 WHERE elder_id = $1 AND id = ANY ($3)",
            &all.consents,
        ),
        (
            "UPDATE elder_categories SET elder_id = $2 WHERE elder_id = $1 AND id = ANY ($3)",
            &all.categories,
        ),
        (
            "UPDATE tier_overrides SET elder_id = $2 WHERE elder_id = $1 AND id = ANY ($3)",
            &all.tier_overrides,
        ),
    ] {
        statement(text)
            .bind::<ty::Uuid, _>(kept)
            .bind::<ty::Uuid, _>(other)
            .bind::<ty::Array<ty::Uuid>, _>(ids.clone())
            .execute(tx.conn)
            .await?;
    }
    statement(
        "UPDATE contacts c SET elder_id = $1, position = n.place FROM unnest($2, $3) AS n (id, place) WHERE c.id = n.id",
    )
    .bind::<ty::Uuid, _>(other)
    .bind::<ty::Array<ty::Uuid>, _>(all.contacts.iter().map(|c| c.0).collect::<Vec<_>>())
    .bind::<ty::Array<ty::SmallInt>, _>(all.contacts.iter().map(|c| c.1).collect::<Vec<_>>())
    .execute(tx.conn)
    .await?;
    statement("INSERT INTO visit_elders SELECT * FROM jsonb_populate_recordset(NULL::visit_elders, $1)")
        .bind::<ty::Jsonb, _>(Value::Array(all.met_twice.clone()))
        .execute(tx.conn)
        .await?;
    Ok(())
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
