//! The same import from the command line.

use super::{ElderImport, carry_out, error_sheet, judge};
use crate::{
    elders::sheet::{FORM, rows},
    error::Problem,
    jobs::in_transaction,
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
) -> Result<(ElderImport, Option<Vec<u8>>), Problem> {
    let (actor, stamp, read) = command::begin(state, officer, &FORM, &bytes).await?;
    let read = rows(read).map_err(Problem::internal)?;
    let mut conn = state.pool.get().await?;
    let (plan, rows) = judge(&mut conn, &stamp, &actor, read).await?;
    drop(conn);
    let report = in_transaction(state, stamp, async |tx| {
        carry_out(tx, &plan, fingerprint(&bytes), dry_run).await
    })
    .await?;
    let errors = error_sheet(plan, rows).await?;
    Ok((report, errors))
}
