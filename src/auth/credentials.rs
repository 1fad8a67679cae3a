//! What somebody does about their own log-in: a new password, a second factor.

use super::{
    Ctx, Enrolling, Settling, password, queries,
    routes::{ACCOUNT_LOCKED, BAD_TOTP, TOTP_CONFIRMED, TOTP_NOT_STARTED, unfinished},
    token::{self, Unfinished},
    totp,
};
use crate::{
    error::{Problem, UNAUTHENTICATED},
    http::{Answer, Body, Empty},
    jobs::in_transaction,
    state::AppState,
    tx::{Actor, Stamp},
};
use actix_web::{http::StatusCode, post};
use chrono::Duration;
use garde::Validate;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A change of one's own password.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The present one.
    #[garde(skip)]
    #[schema(value_type = String, example = "…")]
    current: SecretString,
    /// The new one: at least 12 characters for officers, duty desk, auditors and administrators, 8 for others; not the user name.
    #[garde(skip)]
    #[schema(value_type = String, example = "…")]
    new: SecretString,
}

/// A new access token for the same session.
#[derive(Serialize, ToSchema)]
pub struct Access {
    /// For `Authorization: Bearer`.
    access_token: String,
    /// Its life in seconds.
    #[schema(example = 900)]
    expires_in: i64,
    /// A second factor must be enrolled before anything else.
    must_enrol_totp: bool,
}

/// A second factor to be put into an authenticator app; it is said once.
#[derive(Serialize, ToSchema)]
pub struct TotpEnrolment {
    /// For a QR code.
    #[schema(
        example = "otpauth://totp/steward:officer?secret=…&issuer=steward&algorithm=SHA1&digits=6&period=30"
    )]
    otpauth_url: String,
    /// For typing, base32.
    secret: String,
}

/// The first code, which shows that the app has the secret.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpCode {
    /// Six digits.
    #[garde(pattern("^[0-9]{6}$"))]
    #[schema(example = "287082")]
    code: String,
}

/// Change your own password: your other sessions end
#[utoipa::path(operation_id = "auth_password", tag = "auth", request_body = PasswordChange, responses((status = 200, body = Access)),
    extensions(("x-roles" = json!(["steward", "provider", "officer", "duty", "auditor", "admin"])), ("x-errors" = json!(["account_locked"]))))]
#[post("/auth/password")]
pub async fn change_password(mut ctx: Ctx<Settling>, body: Body<PasswordChange>) -> Result<Answer, Problem> {
    let PasswordChange { current, new } = body.value;
    let account = queries::account(&mut ctx.conn, ctx.actor.id)
        .await?
        .ok_or_else(|| UNAUTHENTICATED.problem())?;
    if account.locked_until.is_some_and(|until| until > ctx.now) {
        return Err(ACCOUNT_LOCKED.problem());
    }
    password::check_new(account.role, &account.username, &new)?;
    // The connection goes back before the hashes are computed, as at log-in.
    let (state, stamp, actor) = (ctx.state.clone(), ctx.stamp(), ctx.actor);
    drop(ctx);
    let same = current.expose_secret() == new.expose_secret();
    if !password::verify(&state, current, Some(account.password_hash.clone())).await? {
        // Guessing here counts like guessing at log-in.
        queries::failed(&state, &stamp, &account).await?;
        let entry = stamp
            .entry("auth.refused", "user", Some(actor.id.0))
            .detail(serde_json::json!({ "at": "password" }));
        state.trail.append(vec![entry]).await?;
        return Err(Problem::field("current", "is not the present password"));
    }
    if same {
        return Err(Problem::field("new", "is the present password"));
    }
    let hash = password::hash(&state, new).await?;
    let account = in_transaction(&state, stamp.clone(), async |tx| {
        queries::change_password(tx, &actor, &account.password_hash, &hash).await?;
        tx.audit(tx.entry("auth.password_change", "user", Some(actor.id.0)));
        queries::account(tx.conn, actor.id)
            .await?
            .ok_or_else(|| UNAUTHENTICATED.problem())
    })
    .await?;
    Answer::ok(&access(
        &state,
        &stamp,
        actor,
        unfinished(&account, &state.config.login),
    )?)
}

/// Begin to enrol a second factor; an enrolment that was begun and not confirmed is forgotten
#[utoipa::path(operation_id = "auth_totp_start", tag = "auth", request_body = Empty, responses((status = 200, body = TotpEnrolment)),
    extensions(("x-roles" = json!(["steward", "provider", "officer", "duty", "auditor", "admin"])), ("x-errors" = json!(["totp_confirmed"]))))]
#[post("/auth/totp")]
pub async fn start_totp(mut ctx: Ctx<Enrolling>, _body: Body<Empty>) -> Result<Answer, Problem> {
    let actor = ctx.actor;
    ctx.write_unremembered(async |tx| {
        let secret = totp::secret(tx.clock.random());
        let sealed = tx.seal(totp::SEALED, &secret)?;
        let username = queries::start_totp(tx, actor.id, &sealed)
            .await?
            .ok_or_else(|| TOTP_CONFIRMED.problem())?;
        tx.audit(tx.entry("auth.totp_start", "user", Some(actor.id.0)));
        let otpauth_url = totp::url(&username, &secret);
        Ok((StatusCode::OK, TotpEnrolment { otpauth_url, secret }))
    })
    .await
}

/// Confirm the second factor with its first code
#[utoipa::path(operation_id = "auth_totp_confirm", tag = "auth", request_body = TotpCode, responses((status = 200, body = Access)),
    extensions(("x-roles" = json!(["steward", "provider", "officer", "duty", "auditor", "admin"])),
               ("x-errors" = json!(["totp_confirmed", "totp_not_started", "bad_totp"]))))]
#[post("/auth/totp/confirm")]
pub async fn confirm_totp(mut ctx: Ctx<Enrolling>, body: Body<TotpCode>) -> Result<Answer, Problem> {
    let (actor, state, stamp) = (ctx.actor, ctx.state.clone(), ctx.stamp());
    ctx.write_unremembered(async |tx| {
        let account = queries::account(tx.conn, actor.id)
            .await?
            .ok_or_else(|| UNAUTHENTICATED.problem())?;
        if account.totp_confirmed_at.is_some() {
            return Err(TOTP_CONFIRMED.problem());
        }
        let sealed = account.totp_sealed.ok_or_else(|| TOTP_NOT_STARTED.problem())?;
        let secret = tx.open(totp::SEALED, &sealed)?;
        let step = totp::step(&secret, &body.value.code, tx.now, None)?.ok_or_else(|| BAD_TOTP.problem())?;
        if !queries::confirm_totp(tx, actor.id, &sealed, step).await? {
            return Err(TOTP_CONFIRMED.problem());
        }
        tx.audit(tx.entry("auth.totp_confirm", "user", Some(actor.id.0)));
        // Who is let in here has no password to change.
        Ok((StatusCode::OK, access(&state, &stamp, actor, None)?))
    })
    .await
}

fn access(
    state: &AppState,
    stamp: &Stamp,
    actor: Actor,
    first: Option<Unfinished>,
) -> Result<Access, Problem> {
    let minutes = state.config.login.access_minutes;
    Ok(Access {
        access_token: token::issue_for(&stamp.keys, actor, first, stamp.now + Duration::minutes(minutes))?,
        expires_in: minutes * 60,
        must_enrol_totp: first == Some(Unfinished::Totp),
    })
}
