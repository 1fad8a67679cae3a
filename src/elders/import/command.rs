//! The same import from the command line.

use super::{ElderImport, carry_out, error_sheet, fingerprint, judge, reader};
use crate::{
    auth::queries::account_by_name,
    elders::sheet,
    error::{FORBIDDEN, Problem, TOO_LARGE},
    ids::SessionId,
    jobs::in_transaction,
    state::AppState,
    tx::{Actor, Role, Stamp},
};
use uuid::Uuid;

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
    if bytes.len() > sheet::MAX_BYTES {
        return Err(TOO_LARGE.with("at most 10 MB"));
    }
    let mut conn = state.pool.get().await?;
    let account = account_by_name(&mut conn, officer)
        .await?
        .filter(|account| account.role == Role::Officer)
        .ok_or_else(|| FORBIDDEN.with("this is no officer's account"))?;
    let actor = Actor {
        id: account.id,
        role: account.role,
        organisation_id: account.organisation_id,
        // Nobody has logged in: who may start this command has the keys.
        session_id: SessionId(Uuid::nil()),
    };
    let stamp = Stamp {
        actor: Some(actor),
        ..Stamp::system(state)
    };
    let rows = reader::read(&state.config.sheets, &bytes).await?;
    let (plan, rows) = judge(&mut conn, &stamp, &actor, rows).await?;
    drop(conn);
    let report = in_transaction(state, stamp, async |tx| {
        carry_out(tx, &plan, fingerprint(&bytes), dry_run).await
    })
    .await?;
    let errors = error_sheet(plan, rows).await?;
    Ok((report, errors))
}
