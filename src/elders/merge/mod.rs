//! Two files that are one person: one is kept, the other is closed and gives up what hangs on it. What was moved is written
//! down, so that a merge that was a mistake can be taken back exactly.
//!
//! - Needs, orders and contacts move all; consents, categories and tier overrides that are in force move where the kept file
//!   has none in force for the same thing; the rest stays with the closed file as its history.
//! - Applications for policies and snoozes move too, but for an open application where the kept file has one for the same policy.
//! - Of a visit where both files were met the kept file's line stays; the other is remembered and comes back with the undo. The
//!   policies explained on a visit stay as recorded and are read under the file that is kept.
//! - A file that was merged is never merged again; files that were merged into it earlier point on to the file that is kept
//!   now. Merges are taken back in the opposite order.

mod duplicates;
mod make;
mod undo;

pub use duplicates::{DuplicatePair, DuplicateSide, duplicates};
pub use make::merge;
pub use undo::undo;

use super::{
    ELDER_NOT_FOUND, enrol,
    model::{Elder, ElderStatus},
};
use crate::{
    areas::policy::InScope,
    db::statement,
    error::Problem,
    ids::{ElderId, MergeId, UserId},
    schema::elders,
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
    /// Events that owed a visit.
    pub events: usize,
    /// Ability assessments.
    pub assessments: usize,
    /// Care beds and other installations.
    pub care_beds: usize,
    /// Applications for policies.
    pub policy_applications: usize,
    /// Policies not to be reminded of.
    pub policy_snoozes: usize,
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
    events: Vec<Uuid>,
    assessments: Vec<Uuid>,
    care_beds: Vec<Uuid>,
    policy_applications: Vec<Uuid>,
    policy_snoozes: Vec<Uuid>,
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
            events: self.events.len(),
            assessments: self.assessments.len(),
            care_beds: self.care_beds.len(),
            policy_applications: self.policy_applications.len(),
            policy_snoozes: self.policy_snoozes.len(),
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
