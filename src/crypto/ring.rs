//! The ring of master keys and what is derived from it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, ExposeSecretMut, SecretBox};
use sha2::Sha256;

/// 32 secret bytes: wiped when dropped, `[REDACTED]` in `Debug`.
pub type Secret = SecretBox<[u8; 32]>;

const MOST_KEYS: usize = 16;

/// What is wrong with `STEWARD_KEYS`. Keys are named by their place, since a mistyped id may be part of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nothing was given.
    #[error("no key: give id:base64, comma separated, the current one first")]
    Empty,
    /// More than 16 keys.
    #[error("more than {MOST_KEYS} keys")]
    TooMany,
    /// No colon between id and key.
    #[error("key {0} is not id:base64")]
    NoId(usize),
    /// The id is not 1 to 8 of a–z and 0–9.
    #[error("the id of key {0} is not 1 to 8 of a-z and 0-9")]
    BadId(usize),
    /// The key is not standard base64.
    #[error("key {0} is not standard base64 with its padding")]
    NotBase64(usize),
    /// The key is not of 32 bytes.
    #[error("key {0} is not exactly 32 bytes")]
    BadLength(usize),
    /// The id was used before.
    #[error("key {0} has the id of an earlier one")]
    SameId(usize),
    /// The key was given before.
    #[error("key {0} is the same as an earlier one")]
    SameKey(usize),
}

/// A master's derived keys, one per purpose.
pub(super) struct Keys {
    pub(super) id: String,
    pub(super) seal: Secret,
    pub(super) lookup: Secret,
    pub(super) token: Secret,
    pub(super) report: Secret,
}

/// The keys of a running service. The masters themselves are not kept.
pub struct KeyRing {
    pub(super) current: Keys,
    /// From the one before the current to the oldest.
    pub(super) older: Vec<Keys>,
}

impl KeyRing {
    /// Reads `STEWARD_KEYS`: 1 to 16 times `id:base64`, comma separated, current first.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut masters: Vec<(&str, Secret)> = Vec::new();
        for (index, part) in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .enumerate()
        {
            let place = index + 1;
            if place > MOST_KEYS {
                return Err(KeyError::TooMany);
            }
            let (id, key) = part.split_once(':').ok_or(KeyError::NoId(place))?;
            if !(1..=8).contains(&id.len())
                || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            {
                return Err(KeyError::BadId(place));
            }
            let key = decode(key, place)?;
            if masters.iter().any(|(earlier, _)| *earlier == id) {
                return Err(KeyError::SameId(place));
            }
            if masters
                .iter()
                .any(|(_, earlier)| earlier.expose_secret() == key.expose_secret())
            {
                return Err(KeyError::SameKey(place));
            }
            masters.push((id, key));
        }
        let mut keys = masters.iter().map(|(id, master)| Keys::derive(id, master));
        let current = keys.next().ok_or(KeyError::Empty)?;
        Ok(Self {
            current,
            older: keys.collect(),
        })
    }

    /// The id of the key that seals and signs now.
    pub fn current_kid(&self) -> &str {
        &self.current.id
    }

    /// The secret for tokens whose header names this key, old ones included.
    pub fn token_secret(&self, kid: &str) -> Option<&Secret> {
        self.get(kid).map(|keys| &keys.token)
    }

    /// All token secrets with their ids, current first.
    pub fn token_secrets(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.iter().map(|keys| (keys.id.as_str(), &keys.token))
    }

    pub(super) fn get(&self, kid: &str) -> Option<&Keys> {
        self.iter().find(|keys| keys.id == kid)
    }

    pub(super) fn oldest(&self) -> &Keys {
        self.older.last().unwrap_or(&self.current)
    }

    fn iter(&self) -> impl Iterator<Item = &Keys> {
        std::iter::once(&self.current).chain(&self.older)
    }
}

/// Says which keys there are, never what they are.
impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyRing")
            .field(&self.iter().map(|keys| &keys.id).collect::<Vec<_>>())
            .finish()
    }
}

impl Keys {
    fn derive(id: &str, master: &Secret) -> Self {
        let purpose = |label: &str| {
            SecretBox::init_with_mut(|key: &mut [u8; 32]| {
                key.copy_from_slice(&mac(master, &[label.as_bytes()]).finalize().into_bytes());
            })
        };
        Self {
            id: id.to_owned(),
            seal: purpose("seal"),
            lookup: purpose("lookup"),
            token: purpose("token"),
            report: purpose("report"),
        }
    }
}

/// HMAC-SHA256 over the parts, one after the other.
pub(super) fn mac(key: &Secret, parts: &[&[u8]]) -> Hmac<Sha256> {
    // HMAC pads a key to its block with zeros itself; done here, no length is left that could be wrong.
    let mut block = SecretBox::new(Box::new([0; 64]));
    block.expose_secret_mut()[..32].copy_from_slice(key.expose_secret());
    let mut mac = Hmac::<Sha256>::new(block.expose_secret().into());
    for part in parts {
        mac.update(part);
    }
    mac
}

fn decode(text: &str, place: usize) -> Result<Secret, KeyError> {
    let bytes = secrecy::SecretSlice::from(STANDARD.decode(text).map_err(|_| KeyError::NotBase64(place))?);
    let bytes = bytes.expose_secret();
    if bytes.len() != 32 {
        return Err(KeyError::BadLength(place));
    }
    Ok(SecretBox::init_with_mut(|key: &mut [u8; 32]| {
        key.copy_from_slice(bytes)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> String {
        STANDARD.encode([byte; 32])
    }

    #[test]
    fn a_ring_names_its_keys_and_shows_none() {
        let ring = KeyRing::parse(&format!(" k2:{}, k1:{},\n", key(2), key(1))).unwrap();
        assert_eq!(ring.current_kid(), "k2");
        assert_eq!(format!("{ring:?}"), r#"KeyRing(["k2", "k1"])"#);
        assert_eq!(
            ring.token_secrets().map(|(kid, _)| kid).collect::<Vec<_>>(),
            ["k2", "k1"]
        );
        assert!(ring.token_secret("k0").is_none());
        assert!(!format!("{:?}", ring.token_secret("k1").unwrap()).contains("1"));
    }

    #[test]
    fn every_purpose_has_a_key_of_its_own() {
        let ring = KeyRing::parse(&format!("k2:{},k1:{}", key(2), key(1))).unwrap();
        let mut all: Vec<[u8; 32]> = ring
            .iter()
            .flat_map(|k| [&k.seal, &k.lookup, &k.token, &k.report].map(|secret| *secret.expose_secret()))
            .chain([[1; 32], [2; 32]])
            .collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 10);
    }

    #[test]
    fn derived_keys_never_change() {
        // As `printf seal | openssl dgst -sha256 -mac HMAC -macopt hexkey:0101…` says: stored values depend on it.
        let ring = KeyRing::parse(&format!("k1:{}", key(1))).unwrap();
        let hex: String = ring
            .current
            .seal
            .expose_secret()
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert_eq!(
            hex,
            "edc9b0a31706f081da7d8ec9bb164cf46a48d08041594ba9eff27ae00c41d82c"
        );
    }

    #[test]
    fn each_mistake_is_named() {
        let (a, b) = (key(1), key(2));
        let many = (0..17)
            .map(|n| format!("k{n}:{}", key(n)))
            .collect::<Vec<_>>()
            .join(",");
        for (text, error) in [
            (String::new(), KeyError::Empty),
            (" , ".to_owned(), KeyError::Empty),
            (many, KeyError::TooMany),
            (format!("k1:{a},{b}"), KeyError::NoId(2)),
            (format!(":{a}"), KeyError::BadId(1)),
            (format!("K1:{a}"), KeyError::BadId(1)),
            (format!("k12345678:{a}"), KeyError::BadId(1)),
            ("k1:not base64".to_owned(), KeyError::NotBase64(1)),
            (format!("k1:{}", a.trim_end_matches('=')), KeyError::NotBase64(1)),
            (format!("k1:{}", STANDARD.encode([1; 31])), KeyError::BadLength(1)),
            (format!("k1:{}", STANDARD.encode([1; 33])), KeyError::BadLength(1)),
            ("k1:".to_owned(), KeyError::BadLength(1)),
            (format!("k1:{a},k1:{b}"), KeyError::SameId(2)),
            (format!("k2:{a},k1:{a}"), KeyError::SameKey(2)),
        ] {
            assert_eq!(KeyRing::parse(&text).unwrap_err(), error, "{text}");
            assert!(!error.to_string().contains(&a));
        }
    }
}
