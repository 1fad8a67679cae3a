//! The same import from the command line.

use super::{ResourceImport, carry_out, error_sheet, judge};
use crate::{
    error::Problem,
    jobs::in_transaction,
    resources::sheet::FORM,
    sheet::{command, fingerprint},
    state::AppState,
};

/// Imports a list as this officer, within the officer's scope and in the officer's name. Gives the sheet of what has to be
/// corrected, where there is something.
///
/// # Errors
/// 403 when the account is not an officer's; else what the operation answers.
pub async fn run(
    state: &AppState,
    officer: &str,
    bytes: Vec<u8>,
    dry_run: bool,
) -> Result<(ResourceImport, Option<Vec<u8>>), Problem> {
    let (actor, stamp, rows) = command::begin(state, officer, &FORM, &bytes).await?;
    let (report, plan) = in_transaction(state, stamp, async |tx| {
        let plan = judge(tx, &actor, &rows).await?;
        let report = carry_out(tx, &plan, fingerprint(&bytes), dry_run).await?;
        Ok((report, plan))
    })
    .await?;
    let errors = error_sheet(plan, rows).await?;
    Ok((report, errors))
}
