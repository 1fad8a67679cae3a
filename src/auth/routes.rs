//! `/auth` and `/me`.

use super::{
    Ctx, Settling, credentials, password,
    queries::{self, Account, Rotation},
    token::{self, Unfinished},
    totp,
};
use crate::{
    config::LoginConfig,
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
/// The account has a second factor and the log-in came without its code.
pub const TOTP_REQUIRED: Code = Code::new(401, "totp_required", "Give the code of your second factor too");
/// The code is wrong, too old, or was used before.
pub const BAD_TOTP: Code = Code::new(
    401,
    "bad_totp",
    "The code of the second factor is wrong or was used before",
);
/// The second factor is in force; only an administrator can take it back.
pub const TOTP_CONFIRMED: Code = Code::new(
    409,
    "totp_confirmed",
    "The second factor is in force; an administrator can reset it",
);
/// A code came before an enrolment was begun.
pub const TOTP_NOT_STARTED: Code = Code::new(409, "totp_not_started", "Begin the enrolment first");

/// The domain's error codes.
pub const CODES: &[Code] = &[
    BAD_CREDENTIALS,
    ACCOUNT_LOCKED,
    REFRESH_REUSED,
    TOTP_REQUIRED,
    BAD_TOTP,
    TOTP_CONFIRMED,
    TOTP_NOT_STARTED,
];

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(login)
        .service(refresh)
        .service(logout)
        .service(me)
        .service(credentials::change_password)
        .service(credentials::start_totp)
        .service(credentials::confirm_totp);
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
    /// The code of the second factor, six digits, where the account has one.
    #[garde(inner(pattern("^[0-9]{6}$")))]
    #[schema(example = "287082")]
    totp_code: Option<String>,
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
    /// The password must be changed before anything else; until then the access token permits nothing more.
    must_change_password: bool,
    /// A second factor must be enrolled before anything else; until then the access token permits nothing more.
    must_enrol_totp: bool,
}

/// Who is logged in.
#[derive(Serialize, ToSchema)]
struct Me {
    /// The account.
    id: UserId,
    /// Under which it logs in.
    #[schema(example = "officer")]
    username: String,
    /// How the person is called.
    display_name: String,
    /// Its role.
    role: Role,
    /// Its division prefix, where it has one.
    scope: Option<String>,
    /// Its organisation, where it has one.
    organisation_id: Option<OrganisationId>,
    /// The password must be changed before anything else.
    must_change_password: bool,
    /// How far the second factor is.
    totp: TotpState,
    /// The role must have a second factor.
    totp_required: bool,
}

/// How far a second factor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TotpState {
    /// There is none.
    None,
    /// Enrolment was begun; it is not asked for yet.
    Started,
    /// It is asked for at log-in.
    Confirmed,
}

impl TotpState {
    /// Of an account.
    pub fn of(sealed: bool, confirmed: bool) -> Self {
        match (sealed, confirmed) {
            (_, true) => Self::Confirmed,
            (true, false) => Self::Started,
            (false, false) => Self::None,
        }
    }
}

/// What this account must do before anything else.
pub fn unfinished(account: &Account, rules: &LoginConfig) -> Option<Unfinished> {
    if account.must_change_password {
        Some(Unfinished::Password)
    } else if totp_required(account.role, rules) && account.totp_confirmed_at.is_none() {
        Some(Unfinished::Totp)
    } else {
        None
    }
}

/// Whether the role must have a second factor.
fn totp_required(role: Role, rules: &LoginConfig) -> bool {
    rules.require_totp && matches!(role, Role::Officer | Role::Duty | Role::Auditor | Role::Admin)
}

/// Log in
#[utoipa::path(operation_id = "auth_login", tag = "auth", request_body = LoginRequest, responses((status = 200, body = Tokens)),
    extensions(("x-roles" = json!([])), ("x-errors" = json!(["bad_credentials", "account_locked", "totp_required", "bad_totp"]))))]
#[post("/auth/login")]
async fn login(
    request: HttpRequest,
    state: web::Data<AppState>,
    body: Body<LoginRequest>,
) -> Result<Answer, Problem> {
    let stamp = stamp(&request, &state);
    let LoginRequest {
        username,
        password,
        totp_code,
    } = body.value;
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
        refused => return Err(refuse(&state, &stamp, refused.as_ref(), BAD_CREDENTIALS).await?),
    };
    let totp_step = match (account.totp_confirmed_at, &totp_code) {
        (None, _) => None,
        (Some(_), None) => return Err(TOTP_REQUIRED.problem()),
        (Some(_), Some(code)) => match totp_step(&stamp, &account, code)? {
            None => return Err(refuse(&state, &stamp, Some(&account), BAD_TOTP).await?),
            some => some,
        },
    };
    let days = state.config.login.refresh_days;
    let opened = in_transaction(&state, stamp.clone(), async |tx| {
        let opened = queries::open_session(tx, &account, totp_step, days).await?;
        if opened.is_some() {
            tx.audit(tx.entry("auth.login", "user", Some(account.id.0)));
        }
        Ok(opened)
    })
    .await?;
    match (opened, totp_step) {
        (Some((session, refresh_token)), _) => tokens(&state, &stamp, &account, session, refresh_token),
        (None, Some(_)) => Err(refuse(&state, &stamp, Some(&account), BAD_TOTP).await?),
        (None, None) => Err(refuse(&state, &stamp, Some(&account), BAD_CREDENTIALS).await?),
    }
}

/// Records a refused log-in and counts it towards the lock-out.
async fn refuse(
    state: &AppState,
    stamp: &Stamp,
    account: Option<&Account>,
    code: Code,
) -> Result<Problem, Problem> {
    if let Some(account) = account {
        queries::failed(state, stamp, account).await?;
    }
    let entry = stamp
        .entry("auth.refused", "user", account.map(|a| a.id.0))
        .detail(serde_json::json!({ "code": code.name }));
    state.trail.append(vec![entry]).await?;
    Ok(code.problem())
}

/// The time step whose code this is, if it may be used.
fn totp_step(stamp: &Stamp, account: &Account, code: &str) -> Result<Option<i64>, Problem> {
    let sealed = account
        .totp_sealed
        .as_deref()
        .ok_or_else(|| Problem::internal("a confirmed second factor has no secret"))?;
    let secret = stamp.open(totp::SEALED, sealed)?;
    totp::step(&secret, code, stamp.now, account.totp_last_step)
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
async fn logout(mut ctx: Ctx<Settling>, body: Body<Empty>) -> Result<Answer, Problem> {
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
async fn me(mut ctx: Ctx<Settling>) -> Result<Answer, Problem> {
    let id = ctx.actor.id;
    let account = queries::account(&mut ctx.conn, id)
        .await?
        .ok_or_else(|| UNAUTHENTICATED.problem())?;
    let totp = TotpState::of(account.totp_sealed.is_some(), account.totp_confirmed_at.is_some());
    let totp_required = totp_required(account.role, &ctx.state.config.login);
    let Account {
        username,
        display_name,
        role,
        scope,
        organisation_id,
        must_change_password,
        ..
    } = account;
    Answer::ok(&Me {
        id,
        username,
        display_name,
        role,
        scope,
        organisation_id,
        must_change_password,
        totp,
        totp_required,
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
    let first = unfinished(account, &state.config.login);
    let expires = stamp.now + Duration::minutes(minutes);
    Answer::ok(&Tokens {
        access_token: token::issue_for(&stamp.keys, actor, first, expires)?,
        refresh_token,
        expires_in: minutes * 60,
        role: account.role,
        must_change_password: first == Some(Unfinished::Password),
        must_enrol_totp: first == Some(Unfinished::Totp),
    })
}
