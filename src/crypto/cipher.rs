//! The ciphers a sealed value can be under. A further one (SM4-GCM) is a variant with a tag of its own.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Payload};

/// Length of a nonce, the same for every cipher here.
pub(super) const NONCE: usize = 12;

/// How a value is sealed; its tag is the first part of the sealed text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cipher {
    Aes256Gcm,
}

impl Cipher {
    /// What new values are sealed with.
    pub(super) const CURRENT: Self = Self::Aes256Gcm;

    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Aes256Gcm => "v1",
        }
    }

    pub(super) fn from_tag(tag: &str) -> Option<Self> {
        (tag == Self::Aes256Gcm.tag()).then_some(Self::Aes256Gcm)
    }

    /// The ciphertext with its authentication tag; `None` only for more text than the cipher can take (64 GiB).
    pub(super) fn encrypt(
        self,
        key: &[u8; 32],
        nonce: [u8; NONCE],
        context: &str,
        plain: &str,
    ) -> Option<Vec<u8>> {
        let payload = Payload {
            msg: plain.as_bytes(),
            aad: context.as_bytes(),
        };
        match self {
            Self::Aes256Gcm => Aes256Gcm::new(key.into()).encrypt(&nonce.into(), payload).ok(),
        }
    }

    /// The text, if the key, the context and every bit are the ones it was encrypted with.
    pub(super) fn decrypt(
        self,
        key: &[u8; 32],
        nonce: [u8; NONCE],
        context: &str,
        sealed: &[u8],
    ) -> Option<Vec<u8>> {
        let payload = Payload {
            msg: sealed,
            aad: context.as_bytes(),
        };
        match self {
            Self::Aes256Gcm => Aes256Gcm::new(key.into()).decrypt(&nonce.into(), payload).ok(),
        }
    }
}
