//! Passwords: argon2id at the library's defaults (19 MiB, 2 passes, about 25 ms), off the async threads, few at once.

use crate::{error::Problem, state::AppState};
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};

/// Hashes a password with a random salt.
///
/// # Errors
/// A fault of ours when hashing fails.
pub async fn hash(state: &AppState, password: SecretString) -> Result<String, Problem> {
    let salt: [u8; 16] = state.clock.random();
    bounded(state, move || hash_with_salt(&password, &salt)).await?
}

/// Hashes a password with the given salt, on the caller's thread; for commands.
///
/// # Errors
/// A fault of ours when hashing fails.
pub fn hash_with_salt(password: &SecretString, salt: &[u8; 16]) -> Result<String, Problem> {
    Argon2::default()
        .hash_password_with_salt(password.expose_secret().as_bytes(), salt)
        .map(|hash| hash.to_string())
        .map_err(|e| Problem::internal(e.to_string()))
}

/// Whether the password is the one that was hashed. With no hash (no such account) it takes as long and says no.
///
/// # Errors
/// A fault of ours when a stored hash cannot be read.
pub async fn verify(
    state: &AppState,
    password: SecretString,
    stored: Option<String>,
) -> Result<bool, Problem> {
    bounded(state, move || match stored {
        Some(stored) => {
            let parsed = PasswordHash::new(&stored).map_err(|e| Problem::internal(e.to_string()))?;
            Ok(Argon2::default()
                .verify_password(password.expose_secret().as_bytes(), &parsed)
                .is_ok())
        }
        None => hash_with_salt(&password, &[0; 16]).map(|_| false),
    })
    .await?
}

async fn bounded<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let _permit = state.hashing.acquire().await.map_err(Problem::unavailable)?;
    tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
}
