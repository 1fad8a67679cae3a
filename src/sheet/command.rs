//! What every import from the command line begins with.

use super::{Form, MAX_BYTES, Row, reader};
use crate::{
    auth::queries::account_by_name,
    error::{FORBIDDEN, Problem, TOO_LARGE},
    ids::SessionId,
    state::AppState,
    tx::{Actor, Role, Stamp},
};
use uuid::Uuid;

/// The officer in whose name a list is imported, and what it says.
///
/// # Errors
/// 403 when the account is not an officer's, 413 for a file that is too large; else as [`reader::read`].
pub async fn begin(
    state: &AppState,
    officer: &str,
    form: &Form,
    bytes: &[u8],
) -> Result<(Actor, Stamp, Vec<Row>), Problem> {
    if bytes.len() > MAX_BYTES {
        return Err(TOO_LARGE.with("at most 10 MB"));
    }
    let account = account_by_name(&mut *state.pool.get().await?, officer)
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
    let rows = reader::read(&state.config.sheets, form, bytes).await?;
    Ok((actor, stamp, rows))
}
