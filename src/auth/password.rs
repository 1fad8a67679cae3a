//! Passwords: argon2id at the library's defaults (19 MiB, 2 passes, about 25 ms), off the async threads, few at once.

use crate::{clock::Clock, error::Problem, state::AppState, tx::Role};
use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        PasswordHasher,
        phc::{Output, PasswordHash},
    },
};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Mutex;

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
            let hash = PasswordHash::new(&stored).map_err(|e| Problem::internal(e.to_string()))?;
            let params = Params::try_from(&hash).map_err(|e| Problem::internal(e.to_string()))?;
            match (&hash.salt, &hash.hash) {
                (Some(salt), Some(expected)) => {
                    let found = recompute(params, password.expose_secret(), salt, expected.len())?;
                    let found = Output::new(&found).map_err(|e| Problem::internal(e.to_string()))?;
                    Ok(found == *expected)
                }
                _ => Err(Problem::internal("a stored hash has no salt")),
            }
        }
        None => recompute(
            Params::default(),
            password.expose_secret(),
            &[0; 16],
            Params::DEFAULT_OUTPUT_LEN,
        )
        .map(|_| false),
    })
    .await?
}

/// The memory of the hashes that are done, for the next ones: as many pieces as were ever computed at once. Left to the allocator,
/// a burst of log-ins keeps several times as much for ever.
static MEMORY: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

/// Argon2id of a password, in memory that is used again.
fn recompute(params: Params, password: &str, salt: &[u8], length: usize) -> Result<Vec<u8>, Problem> {
    let mut blocks = MEMORY
        .lock()
        .map_or_else(|_| Vec::new(), |mut free| free.pop().unwrap_or_default());
    blocks.resize(params.block_count(), Block::default());
    let mut out = vec![0; length];
    let done = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into_with_memory(
        password.as_bytes(),
        salt,
        &mut out,
        &mut blocks,
    );
    if let Ok(mut free) = MEMORY.lock() {
        free.push(blocks);
    }
    done.map_err(|e| Problem::internal(e.to_string()))?;
    Ok(out)
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
