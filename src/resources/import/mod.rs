//! Organisations from Excel: read in a process of their own, checked row by row, compared with the library under lock, and
//! written in one transaction.
//!
//! - Rows with one credit code are one organisation. A filled cell says how it is to be; an empty one changes nothing, and what
//!   is on file and not on the list stays.
//! - An officer's list touches the entries that the officer keeps; coverage elsewhere is refused.
//! - The same list a second time changes nothing.
//! - The bad rows come back in the same form with their reasons; the file itself is kept nowhere.

pub mod check;
pub mod command;
pub mod hours;
pub mod plan;
pub mod queries;

use self::plan::Plan;
use super::sheet::FORM;
use crate::{
    error::Problem,
    sheet::{self, Row, RowRejection, named_rejections},
    tx::{Actor, Tx},
};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// Where the bad rows come back.
pub const ERROR_SHEET: &str = "/api/v1/resources/import/error-sheet";

/// What became of a list of organisations.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResourceImport {
    /// The import; it stands with this id in the audit trail.
    pub id: Uuid,
    /// Nothing was changed: this is what would become of it.
    pub dry_run: bool,
    /// Rows of the list.
    pub rows: usize,
    /// Organisations entered.
    pub created: usize,
    /// Entries changed.
    pub updated: usize,
    /// Organisations of which the list says what is on file already.
    pub unchanged: usize,
    /// Rows that cannot be taken.
    pub rejected: usize,
    /// Why, for the first 200 of them.
    pub rejections: Vec<RowRejection>,
    /// Send the same file here to get its bad rows back with the reasons, ready to be corrected; none where all are good.
    #[schema(example = "/api/v1/resources/import/error-sheet")]
    pub error_sheet: Option<&'static str>,
}

/// Says what the rows would do; nothing is written. The entries that they name stay locked until the transaction ends.
///
/// # Errors
/// What the database said.
pub async fn judge(tx: &mut Tx<'_>, actor: &Actor, rows: &[Row]) -> Result<Plan, Problem> {
    let (stamp, today) = (tx.stamp(), tx.today());
    let lists = queries::lists(tx.conn, actor, today).await?;
    let checks = check::check(rows, &lists);
    let codes = checks.codes();
    let on_file = queries::on_file(tx.conn, actor, &codes).await?;
    Ok(plan::plan(checks, on_file, today, || stamp.new_id()))
}

/// Carries a plan out, or only tells what would come of it.
///
/// # Errors
/// 409 when one of the organisations was entered at the same moment.
pub async fn carry_out(
    tx: &mut Tx<'_>,
    plan: &Plan,
    file_sha256: [u8; 32],
    dry_run: bool,
) -> Result<ResourceImport, Problem> {
    let id = tx.new_id();
    if !dry_run {
        queries::write(tx, id, plan).await?;
    }
    let report = ResourceImport {
        id,
        dry_run,
        rows: plan.rows,
        created: plan.created.len(),
        updated: plan.changed.len(),
        unchanged: plan.unchanged,
        rejected: plan.rejections.len(),
        rejections: named_rejections(&plan.rejections),
        error_sheet: (!plan.rejections.is_empty()).then_some(ERROR_SHEET),
    };
    let told = json!({ "dry_run": dry_run, "rows": report.rows, "created": report.created, "updated": report.updated,
                       "unchanged": report.unchanged, "rejected": report.rejected, "sha256": hex::encode(file_sha256) });
    tx.audit(
        tx.entry("resources.import", "resource_import", Some(id))
            .detail(told),
    );
    Ok(report)
}

/// The sheet of what has to be corrected; none when every row is good.
///
/// # Errors
/// A fault of ours when it cannot be made.
pub async fn error_sheet(plan: Plan, rows: Vec<Row>) -> Result<Option<Vec<u8>>, Problem> {
    if plan.rejections.is_empty() {
        return Ok(None);
    }
    let made = move || {
        let rows = rows
            .iter()
            .map(|row| (row.row, row.cells.iter().map(String::as_str).collect()));
        sheet::error_sheet(&FORM, rows, &plan.rejections)
    };
    actix_web::web::block(made)
        .await
        .map_err(Problem::internal)?
        .map(Some)
        .map_err(Problem::internal)
}
