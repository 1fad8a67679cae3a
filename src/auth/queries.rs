//! Statements on accounts, sessions and refresh tokens.

use super::token;
use crate::{
    db::statement,
    error::Problem,
    ids::{OrganisationId, SessionId, UserId},
    schema::users,
    state::AppState,
    tx::{Actor, Role, Stamp, Tx},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

/// What log-in needs to know of an account.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub struct Account {
    /// Its id.
    pub id: UserId,
    /// Under which it logs in.
    pub username: String,
    /// argon2id, in PHC form.
    pub password_hash: String,
    /// The password is one that somebody else has set.
    pub must_change_password: bool,
    /// How the person is called.
    pub display_name: String,
    /// The account's one role.
    pub role: Role,
    /// Division prefix of an officer, duty desk or auditor.
    pub scope: Option<String>,
    /// Organisation of a provider's account.
    pub organisation_id: Option<OrganisationId>,
    /// Failures in a row.
    pub failed_logins: i16,
    /// Log-ins are refused until then.
    pub locked_until: Option<DateTime<Utc>>,
    /// Secret of the second factor, sealed.
    pub totp_sealed: Option<String>,
    /// When the second factor was confirmed; from then on it is asked for.
    pub totp_confirmed_at: Option<DateTime<Utc>>,
    /// Last time step whose code was used.
    pub totp_last_step: Option<i64>,
}

/// An account that is not disabled, by user name.
///
/// # Errors
/// What the database said.
pub async fn account_by_name(
    conn: &mut AsyncPgConnection,
    username: &str,
) -> Result<Option<Account>, Problem> {
    let query = users::table
        .filter(users::username.eq(username))
        .filter(users::disabled_at.is_null());
    Ok(query.select(Account::as_select()).first(conn).await.optional()?)
}

/// An account that is not disabled, by id.
///
/// # Errors
/// What the database said.
pub async fn account(conn: &mut AsyncPgConnection, id: UserId) -> Result<Option<Account>, Problem> {
    let query = users::table
        .filter(users::id.eq(id))
        .filter(users::disabled_at.is_null());
    Ok(query.select(Account::as_select()).first(conn).await.optional()?)
}

/// Counts a failed log-in; the one that reaches the most allowed locks the account and starts the count anew.
///
/// # Errors
/// What the database said.
pub async fn failed(state: &AppState, stamp: &Stamp, account: &Account) -> Result<(), Problem> {
    let rules = &state.config.login;
    statement(
        "UPDATE users SET failed_logins = CASE WHEN failed_logins + 1 >= $2 THEN 0 ELSE failed_logins + 1 END, \
         locked_until = CASE WHEN failed_logins + 1 >= $2 THEN $3 ELSE locked_until END WHERE id = $1",
    )
    .bind::<ty::Uuid, _>(account.id)
    .bind::<ty::SmallInt, _>(rules.max_failures)
    .bind::<ty::Timestamptz, _>(stamp.now + Duration::minutes(rules.lock_minutes))
    .execute(&mut *state.pool.get().await?)
    .await?;
    Ok(())
}

/// Opens a session and gives its first refresh token; none when the account was locked, disabled or given another password
/// while this one was being checked, or when the time step's code has been used.
///
/// # Errors
/// What the database said.
pub async fn open_session(
    tx: &mut Tx<'_>,
    account: &Account,
    totp_step: Option<i64>,
    days: i64,
) -> Result<Option<(SessionId, String)>, Problem> {
    let (id, now) = (SessionId(tx.new_id()), tx.now);
    // The row lock makes log-ins with one code, and whoever disables the account, wait for each other.
    let still_right = statement(
        "UPDATE users SET failed_logins = 0, locked_until = NULL, totp_last_step = coalesce($4, totp_last_step) \
         WHERE id = $1 AND disabled_at IS NULL AND password_hash = $2 AND (locked_until IS NULL OR locked_until <= $3) \
         AND (totp_confirmed_at IS NULL OR coalesce(totp_last_step, -1) < $4)",
    )
    .bind::<ty::Uuid, _>(account.id)
    .bind::<ty::Text, _>(account.password_hash.clone())
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Nullable<ty::BigInt>, _>(totp_step)
    .execute(tx.conn)
    .await?;
    if still_right == 0 {
        return Ok(None);
    }
    statement("INSERT INTO sessions (id, user_id, started_at, expires_at) VALUES ($1, $2, $3, $4)")
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Uuid, _>(account.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Timestamptz, _>(now + Duration::days(days))
        .execute(tx.conn)
        .await?;
    Ok(Some((id, new_refresh_token(tx, id).await?)))
}

async fn new_refresh_token(tx: &mut Tx<'_>, session: SessionId) -> Result<String, Problem> {
    let (token, hash) = token::refresh(tx.clock.random());
    let now = tx.now;
    statement("INSERT INTO refresh_tokens (token_hash, session_id, issued_at) VALUES ($1, $2, $3)")
        .bind::<ty::Binary, _>(hash)
        .bind::<ty::Uuid, _>(session)
        .bind::<ty::Timestamptz, _>(now)
        .execute(tx.conn)
        .await?;
    Ok(token)
}

/// What became of a refresh token that came back.
pub enum Rotation {
    /// It was good: the account, its session and the next token.
    Next(Box<Account>, SessionId, String),
    /// It had been used before: somebody else holds a copy, so the session is over.
    Reused(UserId),
    /// It is not ours, or its session or account is over.
    Unknown,
}

#[derive(QueryableByName)]
struct Presented {
    #[diesel(sql_type = ty::Uuid)]
    session_id: SessionId,
    #[diesel(sql_type = ty::Uuid)]
    user_id: UserId,
    #[diesel(sql_type = ty::Bool)]
    used: bool,
}

/// Takes a refresh token in exchange for the next.
///
/// # Errors
/// What the database said.
pub async fn rotate(tx: &mut Tx<'_>, presented: &str, days: i64) -> Result<Rotation, Problem> {
    let (hash, now) = (token::refresh_hash(presented), tx.now);
    // The row lock makes two that come with one token wait for each other: the second finds it used.
    let found: Option<Presented> = statement(
        "SELECT t.session_id, s.user_id, t.used_at IS NOT NULL AS used FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id \
         WHERE t.token_hash = $1 AND s.ended_at IS NULL AND s.expires_at > $2 FOR UPDATE OF t",
    )
    .bind::<ty::Binary, _>(hash.clone())
    .bind::<ty::Timestamptz, _>(now)
    .load(tx.conn)
    .await?
    .pop();
    let Some(found) = found else {
        return Ok(Rotation::Unknown);
    };
    if found.used {
        end_session(tx, found.session_id, "refresh token reused").await?;
        return Ok(Rotation::Reused(found.user_id));
    }
    let Some(account) = account(tx.conn, found.user_id).await? else {
        return Ok(Rotation::Unknown);
    };
    statement("UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1")
        .bind::<ty::Binary, _>(hash)
        .bind::<ty::Timestamptz, _>(now)
        .execute(tx.conn)
        .await?;
    statement("UPDATE sessions SET expires_at = $2 WHERE id = $1")
        .bind::<ty::Uuid, _>(found.session_id)
        .bind::<ty::Timestamptz, _>(now + Duration::days(days))
        .execute(tx.conn)
        .await?;
    let next = new_refresh_token(tx, found.session_id).await?;
    Ok(Rotation::Next(Box::new(account), found.session_id, next))
}

/// Ends a session; its refresh tokens end with it.
///
/// # Errors
/// What the database said.
pub async fn end_session(tx: &mut Tx<'_>, session: SessionId, reason: &str) -> Result<(), Problem> {
    let now = tx.now;
    statement("UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL")
        .bind::<ty::Uuid, _>(session)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Text, _>(reason)
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// Ends every session of an account but, where one is given, that one.
///
/// # Errors
/// What the database said.
pub async fn end_sessions(
    tx: &mut Tx<'_>,
    user: UserId,
    but: Option<SessionId>,
    reason: &str,
) -> Result<(), Problem> {
    let now = tx.now;
    statement(
        "UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE user_id = $1 AND ended_at IS NULL AND ($4 IS NULL OR id <> $4)",
    )
    .bind::<ty::Uuid, _>(user)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Text, _>(reason)
    .bind::<ty::Nullable<ty::Uuid>, _>(but)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Puts the actor's new password in the place of the one that was checked, and ends their other sessions.
///
/// # Errors
/// 422 when the password is no longer the one that was checked.
pub async fn change_password(
    tx: &mut Tx<'_>,
    actor: &Actor,
    checked: &str,
    hash: &str,
) -> Result<(), Problem> {
    let now = tx.now;
    let changed = statement(
        "UPDATE users SET password_hash = $3, password_changed_at = $4, must_change_password = false, failed_logins = 0 \
         WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL",
    )
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Text, _>(checked)
    .bind::<ty::Text, _>(hash)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    if changed == 0 {
        return Err(Problem::field("current", "is not the present password"));
    }
    end_sessions(tx, actor.id, Some(actor.session_id), "password changed").await
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = ty::Text)]
    username: String,
}

/// Stores the secret of a second factor that is not in force yet, and says the user name. None when one is in force.
///
/// # Errors
/// What the database said.
pub async fn start_totp(tx: &mut Tx<'_>, user: UserId, sealed: &str) -> Result<Option<String>, Problem> {
    let named: Option<Named> = statement(
        "UPDATE users SET totp_sealed = $2, totp_last_step = NULL WHERE id = $1 AND totp_confirmed_at IS NULL AND disabled_at IS NULL \
         RETURNING username",
    )
    .bind::<ty::Uuid, _>(user)
    .bind::<ty::Text, _>(sealed)
    .load(tx.conn)
    .await?
    .pop();
    Ok(named.map(|n| n.username))
}

/// Puts the second factor whose code was checked in force. Says whether it did: another may have been in between.
///
/// # Errors
/// What the database said.
pub async fn confirm_totp(tx: &mut Tx<'_>, user: UserId, sealed: &str, step: i64) -> Result<bool, Problem> {
    let now = tx.now;
    let confirmed = statement(
        "UPDATE users SET totp_confirmed_at = $3, totp_last_step = $4 \
         WHERE id = $1 AND totp_sealed = $2 AND totp_confirmed_at IS NULL AND disabled_at IS NULL",
    )
    .bind::<ty::Uuid, _>(user)
    .bind::<ty::Text, _>(sealed)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::BigInt, _>(step)
    .execute(tx.conn)
    .await?;
    Ok(confirmed == 1)
}
