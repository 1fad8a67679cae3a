//! Statements on accounts, as an administrator keeps them.

use crate::{
    areas::{DIVISION_UNKNOWN, division_code::Scope},
    auth::{queries::end_sessions, routes::TotpState},
    db::statement,
    error::{INVALID, Problem, STALE, on_constraint},
    http::{IfMatch, Page, PageQuery},
    ids::{OrganisationId, UserId},
    schema::sql_types,
    staff::{
        LAST_ADMIN, USER_DISABLED, USER_NOT_DISABLED, USER_NOT_FOUND, USERNAME_TAKEN,
        model::{NewUser, User, UserPatch, has_scope},
    },
    tx::{Role, Tx},
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;

macro_rules! columns {
    () => {
        "id, username, display_name, role, scope, organisation_id, must_change_password, totp_sealed IS NOT NULL AS totp_started, \
         totp_confirmed_at IS NOT NULL AS totp_confirmed, locked_until, disabled_at, version, created_at"
    };
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = ty::Uuid)]
    id: UserId,
    #[diesel(sql_type = ty::Text)]
    username: String,
    #[diesel(sql_type = ty::Text)]
    display_name: String,
    #[diesel(sql_type = sql_types::UserRole)]
    role: Role,
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    scope: Option<String>,
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    organisation_id: Option<OrganisationId>,
    #[diesel(sql_type = ty::Bool)]
    must_change_password: bool,
    #[diesel(sql_type = ty::Bool)]
    totp_started: bool,
    #[diesel(sql_type = ty::Bool)]
    totp_confirmed: bool,
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    locked_until: Option<DateTime<Utc>>,
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    disabled_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = ty::Integer)]
    version: i32,
    #[diesel(sql_type = ty::Timestamptz)]
    created_at: DateTime<Utc>,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            username: row.username,
            display_name: row.display_name,
            role: row.role,
            scope: row.scope,
            organisation_id: row.organisation_id,
            must_change_password: row.must_change_password,
            totp: TotpState::of(row.totp_started, row.totp_confirmed),
            locked_until: row.locked_until,
            disabled_at: row.disabled_at,
            version: row.version,
            created_at: row.created_at,
        }
    }
}

/// The accounts by user name, of one role or of all.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    role: Option<Role>,
    page: &PageQuery,
) -> Result<Page<User>, Problem> {
    let rows: Vec<Row> = statement(concat!(
        "SELECT ",
        columns!(),
        " FROM users WHERE username > $1 AND ($2 IS NULL OR role = $2) ORDER BY username LIMIT $3"
    ))
    .bind::<ty::Text, _>(page.after::<String>()?.unwrap_or_default())
    .bind::<ty::Nullable<sql_types::UserRole>, _>(role)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(Page::cut(rows, page, |r| r.username.clone()).map(User::from))
}

/// One account.
///
/// # Errors
/// 404 when there is none.
pub async fn get(conn: &mut AsyncPgConnection, id: UserId) -> Result<User, Problem> {
    let row: Option<Row> = statement(concat!("SELECT ", columns!(), " FROM users WHERE id = $1"))
        .bind::<ty::Uuid, _>(id)
        .load(conn)
        .await?
        .pop();
    row.map(User::from).ok_or_else(|| USER_NOT_FOUND.problem())
}

/// One account by its user name; for commands.
///
/// # Errors
/// 404 when there is none.
pub async fn by_name(conn: &mut AsyncPgConnection, username: &str) -> Result<User, Problem> {
    let row: Option<Row> = statement(concat!("SELECT ", columns!(), " FROM users WHERE username = $1"))
        .bind::<ty::Text, _>(username)
        .load(conn)
        .await?
        .pop();
    row.map(User::from).ok_or_else(|| USER_NOT_FOUND.problem())
}

/// Makes an account whose password must be changed at its first log-in.
///
/// # Errors
/// 409 when the user name is taken; 422 when role, scope and organisation do not go together or do not exist.
pub async fn create(tx: &mut Tx<'_>, new: NewUser, password_hash: &str) -> Result<User, Problem> {
    new.check()?;
    if let Some(scope) = &new.scope {
        known_division(tx, scope).await?;
    }
    let (id, now) = (UserId(tx.new_id()), tx.now);
    statement(
        "INSERT INTO users (id, username, password_hash, password_changed_at, must_change_password, display_name, role, scope, \
         organisation_id, failed_logins, version, created_at) VALUES ($1, $2, $3, $4, true, $5, $6, $7, $8, 0, 1, $4)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Text, _>(new.username)
    .bind::<ty::Text, _>(password_hash)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Text, _>(new.display_name)
    .bind::<sql_types::UserRole, _>(new.role)
    .bind::<ty::Nullable<ty::Text>, _>(new.scope)
    .bind::<ty::Nullable<ty::Uuid>, _>(new.organisation_id)
    .execute(tx.conn)
    .await
    .map_err(|e| {
        if crate::error::violates(&e, "users_organisation_id_fkey") {
            Problem::field("organisation_id", "there is no such organisation")
        } else {
            on_constraint(e, "users_username_key", || USERNAME_TAKEN.problem())
        }
    })?;
    tx.audit(
        tx.entry("users.create", "user", Some(id.0))
            .detail(json!({ "role": new.role })),
    );
    get(tx.conn, id).await
}

/// Holds that the prefix is one of a division that is not revoked.
async fn known_division(tx: &mut Tx<'_>, scope: &str) -> Result<(), Problem> {
    let scope = Scope::parse(scope).map_err(|e| Problem::field("scope", e.to_string()))?;
    let known = statement("SELECT 1 FROM divisions WHERE code = $1 AND revoked_edition IS NULL")
        .bind::<ty::Text, _>(scope.division().as_str())
        .execute(tx.conn)
        .await?;
    if known == 0 {
        return Err(DIVISION_UNKNOWN
            .problem()
            .and_field("scope", "is no current division"));
    }
    Ok(())
}

/// Changes name or scope; a new scope counts at once.
///
/// # Errors
/// 404 when there is no such account, 412 when it has changed since, 422 for a scope that the role has not or that is none.
pub async fn change(tx: &mut Tx<'_>, id: UserId, seen: IfMatch, patch: UserPatch) -> Result<User, Problem> {
    let before = get(tx.conn, id).await?;
    seen.check(before.version)?;
    let UserPatch { display_name, scope } = patch;
    if let Some(scope) = &scope {
        if !has_scope(before.role) {
            return Err(INVALID.problem().and_field("scope", "this role has none"));
        }
        known_division(tx, scope).await?;
    }
    let fields: Vec<&str> = [
        display_name.as_ref().map(|_| "display_name"),
        scope.as_ref().map(|_| "scope"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let entry = tx
        .entry("users.change", "user", Some(id.0))
        .detail(json!({ "fields": fields, "scope": [before.scope, scope] }));
    let changed = statement(
        "UPDATE users SET display_name = coalesce($3, display_name), scope = coalesce($4, scope), version = version + 1 \
         WHERE id = $1 AND version = $2",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Integer, _>(seen.0)
    .bind::<ty::Nullable<ty::Text>, _>(display_name)
    .bind::<ty::Nullable<ty::Text>, _>(scope)
    .execute(tx.conn)
    .await?;
    if changed == 0 {
        return Err(STALE.problem());
    }
    tx.audit(entry);
    get(tx.conn, id).await
}

/// Disables an account: its sessions end, and no statement gives it a scope any more.
///
/// # Errors
/// 404 when there is none, 409 when it is disabled or the last administrator who is not.
pub async fn disable(tx: &mut Tx<'_>, id: UserId) -> Result<User, Problem> {
    let now = tx.now;
    let before = get(tx.conn, id).await?;
    if before.role == Role::Admin {
        // Two administrators who disable each other wait here for each other; the second then sees that the first is gone.
        statement("SELECT id FROM users WHERE role = 'admin' AND disabled_at IS NULL ORDER BY id FOR UPDATE")
            .execute(tx.conn)
            .await?;
    }
    let disabled = statement(
        "UPDATE users u SET disabled_at = $2, version = version + 1 WHERE u.id = $1 AND u.disabled_at IS NULL AND (u.role <> 'admin' \
         OR EXISTS (SELECT 1 FROM users o WHERE o.role = 'admin' AND o.disabled_at IS NULL AND o.id <> $1))",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    let after = get(tx.conn, id).await?;
    if disabled == 0 {
        return Err(match after.disabled_at {
            Some(_) => USER_DISABLED,
            None => LAST_ADMIN,
        }
        .problem());
    }
    end_sessions(tx, id, None, "disabled").await?;
    tx.audit(tx.entry("users.disable", "user", Some(id.0)));
    Ok(after)
}

/// Enables an account again; it logs in anew.
///
/// # Errors
/// 404 when there is none, 409 when it is not disabled.
pub async fn enable(tx: &mut Tx<'_>, id: UserId) -> Result<User, Problem> {
    let enabled = statement(
        "UPDATE users SET disabled_at = NULL, version = version + 1 WHERE id = $1 AND disabled_at IS NOT NULL",
    )
    .bind::<ty::Uuid, _>(id)
    .execute(tx.conn)
    .await?;
    let after = get(tx.conn, id).await?;
    if enabled == 0 {
        return Err(USER_NOT_DISABLED.problem());
    }
    // A log-in that was on its way when the account was disabled may have opened one.
    end_sessions(tx, id, None, "disabled").await?;
    tx.audit(tx.entry("users.enable", "user", Some(id.0)));
    Ok(after)
}

/// Takes a lock-out back.
///
/// # Errors
/// 404 when there is no such account.
pub async fn unlock(tx: &mut Tx<'_>, id: UserId) -> Result<User, Problem> {
    statement("UPDATE users SET failed_logins = 0, locked_until = NULL, version = version + 1 WHERE id = $1")
        .bind::<ty::Uuid, _>(id)
        .execute(tx.conn)
        .await?;
    let after = get(tx.conn, id).await?;
    tx.audit(tx.entry("users.unlock", "user", Some(id.0)));
    Ok(after)
}

/// Gives an account a password for one log-in; its sessions end, and a lock-out with them.
///
/// # Errors
/// 404 when there is no such account.
pub async fn reset_password(tx: &mut Tx<'_>, id: UserId, password_hash: &str) -> Result<User, Problem> {
    let now = tx.now;
    statement(
        "UPDATE users SET password_hash = $2, password_changed_at = $3, must_change_password = true, failed_logins = 0, \
         locked_until = NULL, version = version + 1 WHERE id = $1",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Text, _>(password_hash)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    let after = get(tx.conn, id).await?;
    end_sessions(tx, id, None, "password reset").await?;
    tx.audit(tx.entry("users.reset_password", "user", Some(id.0)));
    Ok(after)
}

/// Takes a second factor back, for somebody who lost it; their sessions end.
///
/// # Errors
/// 404 when there is no such account.
pub async fn reset_totp(tx: &mut Tx<'_>, id: UserId) -> Result<User, Problem> {
    statement(
        "UPDATE users SET totp_sealed = NULL, totp_confirmed_at = NULL, totp_last_step = NULL, version = version + 1 WHERE id = $1",
    )
    .bind::<ty::Uuid, _>(id)
    .execute(tx.conn)
    .await?;
    let after = get(tx.conn, id).await?;
    end_sessions(tx, id, None, "second factor reset").await?;
    tx.audit(tx.entry("users.reset_totp", "user", Some(id.0)));
    Ok(after)
}
