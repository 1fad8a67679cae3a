//! Enrolment lists from Excel: read in a process of their own, checked row by row, compared with what is on file, and written
//! in one transaction.
//!
//! ```text
//! bytes ──reader──→ rows ──check──→ good rows ──plan──→ created, changed, unchanged ──write──→ one transaction
//!        (a process)          └─→ bad rows  ←──┘        (hashes and seals are made before the transaction begins)
//! ```
//!
//! - A row of somebody who is not enrolled enrols; of somebody in the officer's scope corrects; of somebody elsewhere in the
//!   city is refused without saying where.
//! - The same list a second time changes nothing.
//! - The bad rows come back in the same form with their reasons; the file itself is kept nowhere.

pub mod check;
pub mod command;
pub mod plan;
pub mod queries;
pub mod write;

use self::plan::Plan;
use super::sheet::{self, RawRow};
use crate::{
    db::statement,
    error::Problem,
    sheet::{RowRejection, RowWarning, named_rejections, named_warnings},
    tx::{Actor, Stamp, Tx},
};
use diesel::sql_types as ty;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// Rows that one statement reads or writes: well within the statement timeout.
const CHUNK: usize = 5_000;
/// Where the bad rows come back.
pub const ERROR_SHEET: &str = "/api/v1/elders/import/error-sheet";

/// What became of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ElderImport {
    /// The import.
    pub id: Uuid,
    /// Nothing was changed: this is what would become of it.
    pub dry_run: bool,
    /// Rows of the list.
    pub rows: usize,
    /// Elders enrolled.
    pub created: usize,
    /// Files changed.
    pub updated: usize,
    /// Rows that say what is on file already.
    pub unchanged: usize,
    /// Rows that cannot be taken.
    pub rejected: usize,
    /// Why, for the first 200 of them.
    pub rejections: Vec<RowRejection>,
    /// What does not fit together but does not stand in the way, for the first 200 rows that have such.
    pub warnings: Vec<RowWarning>,
    /// Send the same file here to get its bad rows back with the reasons, ready to be corrected; none where all are good.
    #[schema(example = "/api/v1/elders/import/error-sheet")]
    pub error_sheet: Option<&'static str>,
}

/// Says what the rows would do; nothing is written. Gives the rows back for the sheet of what has to be corrected.
///
/// # Errors
/// What the database said.
pub async fn judge(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    rows: Vec<RawRow>,
) -> Result<(Plan, Vec<RawRow>), Problem> {
    let lists = queries::lists(conn, actor, stamp.now).await?;
    let by = stamp.clone();
    let (checks, rows) = actix_web::web::block(move || (plan::check(&rows, &lists, &by), rows))
        .await
        .map_err(Problem::internal)?;
    let documents: Vec<Vec<u8>> = checks.good.iter().map(|row| row.document.clone()).collect();
    let on_file = queries::on_file(conn, actor, stamp.now, &documents).await?;
    let by = stamp.clone();
    let plan = actix_web::web::block(move || plan::plan(checks, &on_file, &by))
        .await
        .map_err(Problem::internal)??;
    Ok((plan, rows))
}

/// Carries a plan out, or only records it for a dry run.
///
/// # Errors
/// 409 when a file was changed, or somebody was enrolled, since the plan was made.
pub async fn carry_out(
    tx: &mut Tx<'_>,
    plan: &Plan,
    file_sha256: [u8; 32],
    dry_run: bool,
) -> Result<ElderImport, Problem> {
    let (id, now, by) = (tx.new_id(), tx.now, tx.actor_id()?);
    let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let (created, updated) = (plan.created.len(), plan.changed.len());
    statement(
        "INSERT INTO elder_imports (id, file_sha256, imported_by, dry_run, row_count, created_count, updated_count, unchanged_count, \
         rejected_count, imported_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Binary, _>(file_sha256.to_vec())
    .bind::<ty::Uuid, _>(by)
    .bind::<ty::Bool, _>(dry_run)
    .bind::<ty::Integer, _>(count(plan.rows))
    .bind::<ty::Integer, _>(count(created))
    .bind::<ty::Integer, _>(count(updated))
    .bind::<ty::Integer, _>(count(plan.unchanged))
    .bind::<ty::Integer, _>(count(plan.rejections.len()))
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    if !dry_run {
        write::write(tx, id, plan).await?;
    }
    let report = ElderImport {
        id,
        dry_run,
        rows: plan.rows,
        created,
        updated,
        unchanged: plan.unchanged,
        rejected: plan.rejections.len(),
        rejections: named_rejections(&plan.rejections),
        warnings: named_warnings(&plan.warnings),
        error_sheet: (!plan.rejections.is_empty()).then_some(ERROR_SHEET),
    };
    let counts = json!({ "dry_run": dry_run, "rows": report.rows, "created": created, "updated": updated,
                         "unchanged": report.unchanged, "rejected": report.rejected });
    tx.audit(tx.entry("elders.import", "elder_import", Some(id)).detail(counts));
    Ok(report)
}

/// The sheet of what has to be corrected; none when every row is good.
///
/// # Errors
/// A fault of ours when it cannot be made.
pub async fn error_sheet(plan: Plan, rows: Vec<RawRow>) -> Result<Option<Vec<u8>>, Problem> {
    if plan.rejections.is_empty() {
        return Ok(None);
    }
    actix_web::web::block(move || sheet::error_sheet(&rows, &plan.rejections))
        .await
        .map_err(Problem::internal)?
        .map(Some)
        .map_err(Problem::internal)
}
