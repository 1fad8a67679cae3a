//! `/auth` and `/me`.

use super::{Anyone, Ctx, password, queries, queries::Account, queries::Rotation, token};
use crate::{
    error::{Code, Problem, UNAUTHENTICATED},
    http::{Answer, Body, Empty, request_id},
    ids::{OrganisationId, SessionId, UserId},
    jobs::in_transaction,
    state::AppState,
    tx::{Actor, Role, Stamp},
};
use actix_web::{HttpRequest, get, http::StatusCode, post, web};
use chrono::Duration;
use garde::Validate;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// User name or password is wrong; which of them is not said.
pub const BAD_CREDENTIALS: Code = Code::new(401, "bad_credentials", "User name or password is wrong");
/// Too many failures in a row.
pub const ACCOUNT_LOCKED: Code = Code::new(423, "account_locked", "Too many failed log-ins, try again later");
/// A refresh token came a second time.
pub const REFRESH_REUSED: Code = Code::new(
    401,
    "refresh_reused",
    "This refresh token was used before; the session has been ended, log in again",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[BAD_CREDENTIALS, ACCOUNT_LOCKED, REFRESH_REUSED];

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(login).service(refresh).service(logout).service(me);
}

/// A log-in.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct LoginRequest {
    /// User name.
    #[garde(length(chars, min = 1, max = 64))]
    #[schema(example = "steward01")]
    username: String,
    /// Password.
    #[garde(skip)]
    #[schema(value_type = String, example = "…")]
    password: SecretString,
}

/// A refresh.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefreshRequest {
    /// The refresh token of the last answer; it works once.
    #[garde(length(min = 1, max = 100))]
    refresh_token: String,
}

/// What a log-in or refresh gives.
#[derive(Serialize, ToSchema)]
struct Tokens {
    /// For `Authorization: Bearer`.
    access_token: String,
    /// For the next refresh.
    refresh_token: String,
    /// Life of the access token in seconds.
    #[schema(example = 900)]
    expires_in: i64,
    /// The account's role.
    role: Role,
    /// The password must be changed.
    must_change_password: bool,
}

/// Who is logged in.
#[derive(Serialize, ToSchema)]
struct Me {
    /// The account.
    id: UserId,
    /// How the person is called.
    display_name: String,
    /// Its role.
    role: Role,
    /// Its division prefix, where it has one.
    scope: Option<String>,
    /// Its organisation, where it has one.
    organisation_id: Option<OrganisationId>,
}

/// Log in
#[utoipa::path(operation_id = "auth_login", tag = "auth", request_body = LoginRequest, responses((status = 200, body = Tokens)),
    extensions(("x-roles" = json!([])), ("x-errors" = json!(["bad_credentials", "account_locked"]))))]
#[post("/auth/login")]
async fn login(
    request: HttpRequest,
    state: web::Data<AppState>,
    body: Body<LoginRequest>,
) -> Result<Answer, Problem> {
    let stamp = stamp(&request, &state);
    let LoginRequest { username, password } = body.value;
    // The connection goes back before the hash is computed: hashing must not hold up those who read.
    let account = queries::account_by_name(&mut *state.pool.get().await?, &username).await?;
    if account
        .as_ref()
        .and_then(|a| a.locked_until)
        .is_some_and(|until| until > stamp.now)
    {
        return Err(ACCOUNT_LOCKED.problem());
    }
    let right = password::verify(
        &state,
        password,
        account.as_ref().map(|a| a.password_hash.clone()),
    )
    .await?;
    let account = match account {
        Some(account) if right => account,
        refused => {
            let entry = stamp.entry("auth.refused", "user", refused.as_ref().map(|a| a.id.0));
            if let Some(account) = refused {
                let rules = &state.config.login;
                let locked_until = stamp.now + Duration::minutes(rules.lock_minutes);
                queries::failed(
                    &mut *state.pool.get().await?,
                    account.id,
                    rules.max_failures,
                    locked_until,
                )
                .await?;
            }
            state.trail.append(vec![entry]).await?;
            return Err(BAD_CREDENTIALS.problem());
        }
    };
    let days = state.config.login.refresh_days;
    let (session, refresh_token) = in_transaction(&state, stamp.clone(), async |tx| {
        let opened = queries::open_session(tx, account.id, days).await?;
        tx.audit(tx.entry("auth.login", "user", Some(account.id.0)));
        Ok(opened)
    })
    .await?;
    tokens(&state, &stamp, &account, session, refresh_token)
}

/// Exchange a refresh token for new tokens
#[utoipa::path(operation_id = "auth_refresh", tag = "auth", request_body = RefreshRequest, responses((status = 200, body = Tokens)),
    extensions(("x-roles" = json!([])), ("x-errors" = json!(["unauthenticated", "refresh_reused"]))))]
#[post("/auth/refresh")]
async fn refresh(
    request: HttpRequest,
    state: web::Data<AppState>,
    body: Body<RefreshRequest>,
) -> Result<Answer, Problem> {
    let (stamp, days) = (stamp(&request, &state), state.config.login.refresh_days);
    let rotation = in_transaction(&state, stamp.clone(), async |tx| {
        let rotation = queries::rotate(tx, &body.value.refresh_token, days).await?;
        if let Rotation::Reused(user) = &rotation {
            tx.audit(tx.entry("auth.refresh_reused", "user", Some(user.0)));
        }
        Ok(rotation)
    })
    .await?;
    match rotation {
        Rotation::Next(account, session, next) => tokens(&state, &stamp, &account, session, next),
        Rotation::Reused(_) => Err(REFRESH_REUSED.problem()),
        Rotation::Unknown => Err(UNAUTHENTICATED.problem()),
    }
}

/// Log out: the session's refresh tokens end
#[utoipa::path(operation_id = "auth_logout", tag = "auth", request_body = Empty, responses((status = 200, description = "Ended", body = Empty)),
    extensions(("x-roles" = json!(["steward", "provider", "officer", "duty", "auditor", "admin"]))))]
#[post("/auth/logout")]
async fn logout(mut ctx: Ctx<Anyone>, body: Body<Empty>) -> Result<Answer, Problem> {
    let actor = ctx.actor;
    ctx.write(body.fingerprint, async |tx| {
        queries::end_session(tx, actor.session_id, "logged out").await?;
        tx.audit(tx.entry("auth.logout", "user", Some(actor.id.0)));
        Ok((StatusCode::OK, serde_json::json!({})))
    })
    .await
}

/// Who is logged in
#[utoipa::path(operation_id = "me", tag = "auth", responses((status = 200, body = Me)),
    extensions(("x-roles" = json!(["steward", "provider", "officer", "duty", "auditor", "admin"]))))]
#[get("/me")]
async fn me(mut ctx: Ctx<Anyone>) -> Result<Answer, Problem> {
    let id = ctx.actor.id;
    let account = queries::account(&mut ctx.conn, id)
        .await?
        .ok_or_else(|| UNAUTHENTICATED.problem())?;
    let Account {
        display_name,
        role,
        scope,
        organisation_id,
        ..
    } = account;
    Answer::ok(&Me {
        id,
        display_name,
        role,
        scope,
        organisation_id,
    })
}

fn stamp(request: &HttpRequest, state: &AppState) -> Stamp {
    Stamp {
        request_id: request_id(request),
        ..Stamp::system(state)
    }
}

fn tokens(
    state: &AppState,
    stamp: &Stamp,
    account: &Account,
    session: SessionId,
    refresh_token: String,
) -> Result<Answer, Problem> {
    let minutes = state.config.login.access_minutes;
    let actor = Actor {
        id: account.id,
        role: account.role,
        organisation_id: account.organisation_id,
        session_id: session,
    };
    Answer::ok(&Tokens {
        access_token: token::issue(&stamp.keys, actor, stamp.now + Duration::minutes(minutes))?,
        refresh_token,
        expires_in: minutes * 60,
        role: account.role,
        must_change_password: account.must_change_password,
    })
}
