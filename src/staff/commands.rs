//! `steward user …`: accounts from the command line, for the first administrator of a fresh city and for who is locked out.

use super::{
    model::{NewUser, User},
    queries::users,
};
use crate::{
    auth::password, error::Problem, http::PageQuery, jobs::in_transaction, state::AppState, tx::Stamp,
};
use garde::Validate;
use secrecy::SecretString;

/// Makes an account and gives its one-time password.
///
/// # Errors
/// As the operation of the interface.
pub async fn add(state: &AppState, new: NewUser) -> Result<(User, SecretString), Problem> {
    new.validate().map_err(|report| {
        report
            .iter()
            .fold(crate::error::INVALID.problem(), |problem, (path, error)| {
                problem.and_field(path.to_string(), error.to_string())
            })
    })?;
    new.check()?;
    let password = password::one_time(&state.clock);
    let hash = password::hash(state, password.clone()).await?;
    let user = in_transaction(state, Stamp::system(state), async |tx| {
        users::create(tx, new, &hash).await
    })
    .await?;
    Ok((user, password))
}

/// Gives the account of this name a new one-time password.
///
/// # Errors
/// 404 when there is none.
pub async fn reset_password(state: &AppState, username: &str) -> Result<SecretString, Problem> {
    let password = password::one_time(&state.clock);
    let hash = password::hash(state, password.clone()).await?;
    in_transaction(state, Stamp::system(state), async |tx| {
        let user = users::by_name(tx.conn, username).await?;
        users::reset_password(tx, user.id, &hash).await
    })
    .await?;
    Ok(password)
}

/// Disables the account of this name.
///
/// # Errors
/// 404 when there is none, 409 when it is disabled already or the last administrator who is not.
pub async fn disable(state: &AppState, username: &str) -> Result<User, Problem> {
    in_transaction(state, Stamp::system(state), async |tx| {
        let user = users::by_name(tx.conn, username).await?;
        users::disable(tx, user.id).await
    })
    .await
}

/// Every account as a line: name, role, scope or organisation, what is the matter with it.
///
/// # Errors
/// What the database said.
pub async fn list(state: &AppState, mut print: impl FnMut(String)) -> Result<(), Problem> {
    let mut query = PageQuery {
        limit: Some(200),
        cursor: None,
    };
    loop {
        let page = users::list(&mut *state.pool.get().await?, None, &query).await?;
        for user in page.items {
            print(line(&user, state.clock.now()));
        }
        if page.next_cursor.is_none() {
            return Ok(());
        }
        query.cursor = page.next_cursor;
    }
}

fn line(user: &User, now: chrono::DateTime<chrono::Utc>) -> String {
    let bounds = match (&user.scope, user.organisation_id) {
        (Some(scope), _) => scope.clone(),
        (None, Some(organisation)) => organisation.to_string(),
        (None, None) => "-".to_owned(),
    };
    let matter = match (user.disabled_at, user.locked_until) {
        (Some(_), _) => "disabled",
        (None, Some(until)) if until > now => "locked",
        _ if user.must_change_password => "one-time password",
        _ => "",
    };
    format!(
        "{:<24} {:<9} {:<12} {matter}",
        user.username,
        user.role.as_str(),
        bounds
    )
    .trim_end()
    .to_owned()
}
