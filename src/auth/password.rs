//! Passwords: argon2id at the library's defaults (19 MiB, 2 passes, about 25 ms), off the async threads, few at once.

use crate::{clock::Clock, error::Problem, state::AppState, tx::Role};
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};

/// The longest password in characters: hashing must not be made to take long.
const LONGEST: usize = 128;

/// Whether somebody may choose this password: at least 12 characters for those who see a whole area or the service's
/// settings, 8 for others, and not their user name.
///
/// # Errors
/// 422 with what is wrong with it.
pub fn check_new(role: Role, username: &str, new: &SecretString) -> Result<(), Problem> {
    let least = match role {
        Role::Officer | Role::Duty | Role::Auditor | Role::Admin => 12,
        Role::Steward | Role::Provider => 8,
    };
    let new = new.expose_secret();
    let length = new.chars().count();
    if length < least {
        return Err(Problem::field("new", format!("has at least {least} characters")));
    }
    if length > LONGEST {
        return Err(Problem::field("new", format!("has at most {LONGEST} characters")));
    }
    if new.trim().to_lowercase() == username.to_lowercase() {
        return Err(Problem::field("new", "is not the user name"));
    }
    Ok(())
}

/// A password for one log-in: 16 letters and digits (80 bits) in groups of four, none that is taken for another.
pub fn one_time(clock: &Clock) -> SecretString {
    const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let random: [u8; 16] = clock.random();
    let mut text = String::with_capacity(19);
    for (place, byte) in random.iter().enumerate() {
        if place > 0 && place % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(LETTERS[usize::from(byte % 32)]));
    }
    text.into()
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use std::collections::HashSet;

    #[test]
    fn a_password_is_long_enough_for_its_role_and_not_the_user_name() {
        let ok = |role, username, new: &str| check_new(role, username, &new.into()).is_ok();
        for role in Role::ALL {
            let office = !matches!(role, Role::Steward | Role::Provider);
            assert_eq!(ok(role, "somebody", "12345678"), !office, "{role:?}");
            assert!(!ok(role, "somebody", "1234567"), "{role:?}");
            assert!(ok(role, "somebody", "老人不孤单老人不孤单啊啊"), "{role:?}");
            assert!(!ok(role, "somebody", &"a".repeat(129)), "{role:?}");
            assert!(!ok(role, "administrator1", "Administrator1"), "{role:?}");
        }
    }

    #[test]
    fn one_time_passwords_differ_and_are_easily_read_out() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH, 7);
        let drawn: HashSet<String> = (0..100)
            .map(|_| one_time(&clock).expose_secret().to_owned())
            .collect();
        assert_eq!(drawn.len(), 100);
        for password in drawn {
            assert_eq!(password.len(), 19);
            assert!(!password.contains(['i', 'l', 'o', 'u']), "{password}");
        }
    }
}
