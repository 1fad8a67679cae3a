//! Access tokens (JWT, HS256 with the key ring's token keys) and refresh tokens (random, stored as hashes).

use crate::{
    crypto::KeyRing,
    error::{Problem, UNAUTHENTICATED},
    ids::{OrganisationId, SessionId, UserId},
    tx::{Actor, Role},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a log-in must do before it may do anything else. It stands in the access token, so that no look-up is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfinished {
    /// The password is one that somebody else has set.
    Password,
    /// The role must have a second factor and has none.
    Totp,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: UserId,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    org: Option<OrganisationId>,
    sid: SessionId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first: Option<Unfinished>,
    exp: i64,
}

/// Issues an access token that ends at `expires`.
///
/// # Errors
/// A fault of ours when it cannot be signed.
pub fn issue(keys: &KeyRing, actor: Actor, expires: DateTime<Utc>) -> Result<String, Problem> {
    issue_for(keys, actor, None, expires)
}

/// Issues an access token that permits nothing but what must be done first, where there is such a thing.
///
/// # Errors
/// A fault of ours when it cannot be signed.
pub fn issue_for(
    keys: &KeyRing,
    actor: Actor,
    first: Option<Unfinished>,
    expires: DateTime<Utc>,
) -> Result<String, Problem> {
    let header = Header {
        kid: Some(keys.current_kid().to_owned()),
        ..Header::new(Algorithm::HS256)
    };
    let claims = Claims {
        sub: actor.id,
        role: actor.role,
        org: actor.organisation_id,
        sid: actor.session_id,
        first,
        exp: expires.timestamp(),
    };
    let secret = keys
        .token_secret(keys.current_kid())
        .ok_or_else(|| Problem::internal("no token key"))?;
    jsonwebtoken::encode(
        &header,
        &claims,
        &EncodingKey::from_secret(secret.expose_secret()),
    )
    .map_err(Problem::internal)
}

/// What an access token says.
pub struct Access {
    /// Who it is.
    pub actor: Actor,
    /// What they must do first.
    pub first: Option<Unfinished>,
    /// When it ends.
    pub ends: DateTime<Utc>,
}

/// Reads an access token.
///
/// # Errors
/// 401 when it is not ours, altered, or past its end at `now`.
pub fn read(keys: &KeyRing, token: &str, now: DateTime<Utc>) -> Result<Access, Problem> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| UNAUTHENTICATED.problem())?;
    let secret = header
        .kid
        .as_deref()
        .and_then(|kid| keys.token_secret(kid))
        .ok_or_else(|| UNAUTHENTICATED.problem())?;
    let mut rules = Validation::new(Algorithm::HS256);
    // The service's own clock decides, not the library's.
    rules.validate_exp = false;
    let claims =
        jsonwebtoken::decode::<Claims>(token, &DecodingKey::from_secret(secret.expose_secret()), &rules)
            .map_err(|_| UNAUTHENTICATED.problem())?
            .claims;
    let ends = DateTime::from_timestamp(claims.exp, 0).ok_or_else(|| UNAUTHENTICATED.problem())?;
    if ends.timestamp() <= now.timestamp() {
        return Err(UNAUTHENTICATED.with("the access token has expired"));
    }
    let actor = Actor {
        id: claims.sub,
        role: claims.role,
        organisation_id: claims.org,
        session_id: claims.sid,
    };
    Ok(Access {
        actor,
        first: claims.first,
        ends,
    })
}

/// A new refresh token from 32 random bytes, and the hash under which it is stored.
pub fn refresh(random: [u8; 32]) -> (String, Vec<u8>) {
    let token = BASE64_URL_SAFE_NO_PAD.encode(random);
    let hash = refresh_hash(&token);
    (token, hash)
}

/// The hash under which a refresh token is stored.
pub fn refresh_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
