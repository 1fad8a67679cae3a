//! Sealing, looking up and signing with the ring.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac;
use secrecy::ExposeSecret;

use super::KeyRing;
use super::cipher::{Cipher, NONCE};
use super::ring::mac;

/// The first part of a report's signature, HMAC-SHA256.
const REPORT: &str = "r1";

/// Why a value could not be sealed or opened. None of these carries any of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The text to seal is longer than the cipher can take.
    #[error("too long to seal")]
    TooLong,
    /// It was never the output of `seal`.
    #[error("not a sealed value")]
    Malformed,
    /// Its key is not in the ring (any more).
    #[error("sealed with a key that is not in STEWARD_KEYS")]
    UnknownKey,
    /// Changed since, moved from another context, or sealed by another key of the same id.
    #[error("a sealed value was changed or moved, or is under another key of that id")]
    Forged,
}

impl KeyRing {
    /// Seals a text for one context, such as `elders.id_number`, as `v1.<key id>.<base64url of nonce and ciphertext>`.
    /// The nonce comes from the clock's random source and never serves twice.
    pub fn seal(&self, context: &str, plain: &str, nonce: [u8; NONCE]) -> Result<String, SealError> {
        let cipher = Cipher::CURRENT;
        let keys = &self.current;
        let sealed = cipher
            .encrypt(keys.seal.expose_secret(), nonce, context, plain)
            .ok_or(SealError::TooLong)?;
        let bytes = [&nonce[..], &sealed].concat();
        Ok(format!(
            "{}.{}.{}",
            cipher.tag(),
            keys.id,
            URL_SAFE_NO_PAD.encode(bytes)
        ))
    }

    /// Opens what `seal` made for the same context, with whichever key of the ring sealed it.
    pub fn open(&self, context: &str, sealed: &str) -> Result<String, SealError> {
        let (cipher, kid, bytes) = parts(sealed).ok_or(SealError::Malformed)?;
        let cipher = Cipher::from_tag(cipher).ok_or(SealError::Malformed)?;
        let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE>().ok_or(SealError::Malformed)?;
        let keys = self.get(kid).ok_or(SealError::UnknownKey)?;
        let plain = cipher
            .decrypt(keys.seal.expose_secret(), *nonce, context, ciphertext)
            .ok_or(SealError::Forged)?;
        String::from_utf8(plain).map_err(|_| SealError::Forged)
    }

    /// Is this sealed value under the current key? If not, a rotation job seals it anew.
    pub fn is_current(&self, sealed: &str) -> bool {
        parts(sealed)
            .is_some_and(|(cipher, kid, _)| cipher == Cipher::CURRENT.tag() && kid == self.current.id)
    }

    /// A keyed hash to find a sealed value by, the same for the same normalised text in the same context. It is keyed
    /// by the **oldest** key of the ring, the last, so that it outlives rotation of the current one.
    pub fn lookup_hash(&self, context: &str, normalised: &str) -> [u8; 32] {
        let length = (context.len() as u64).to_be_bytes();
        let parts = [&length[..], context.as_bytes(), normalised.as_bytes()];
        mac(&self.oldest().lookup, &parts).finalize().into_bytes().into()
    }

    /// The signature of a frozen report: `r1.<key id>.<base64url of HMAC-SHA256>`.
    pub fn sign_report(&self, bytes: &[u8]) -> String {
        let signature = mac(&self.current.report, &[bytes]).finalize().into_bytes();
        format!(
            "{REPORT}.{}.{}",
            self.current.id,
            URL_SAFE_NO_PAD.encode(signature)
        )
    }

    /// Did a key of this ring sign exactly these bytes? Compared in constant time.
    pub fn verify_report(&self, bytes: &[u8], signature: &str) -> bool {
        let Some((REPORT, kid, claimed)) = parts(signature) else {
            return false;
        };
        self.get(kid)
            .is_some_and(|keys| mac(&keys.report, &[bytes]).verify_slice(&claimed).is_ok())
    }
}

/// Takes `tag.kid.base64url` apart.
fn parts(text: &str) -> Option<(&str, &str, Vec<u8>)> {
    let (tag, rest) = text.split_once('.')?;
    let (kid, body) = rest.split_once('.')?;
    Some((tag, kid, URL_SAFE_NO_PAD.decode(body).ok()?))
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    const CONTEXT: &str = "elders.id_number";
    const PLAIN: &str = "630104193810010025";
    const NONCE_7: [u8; NONCE] = [7; NONCE];

    /// `ring("2 1")` is k2, then k1.
    fn ring(keys: &str) -> KeyRing {
        let key = |n: &str| format!("k{n}:{}", STANDARD.encode([n.parse::<u8>().unwrap(); 32]));
        KeyRing::parse(&keys.split(' ').map(key).collect::<Vec<_>>().join(",")).unwrap()
    }

    #[test]
    fn a_sealed_text_opens() {
        let ring = ring("1");
        for plain in [PLAIN, "", "高血压 ❤"] {
            let sealed = ring.seal(CONTEXT, plain, NONCE_7).unwrap();
            assert!(sealed.starts_with("v1.k1."), "{sealed}");
            assert!(plain.is_empty() || !sealed.contains(plain));
            assert_eq!(ring.open(CONTEXT, &sealed).as_deref(), Ok(plain));
        }
        assert_ne!(
            ring.seal(CONTEXT, PLAIN, NONCE_7),
            ring.seal(CONTEXT, PLAIN, [8; NONCE])
        );
    }

    #[test]
    fn another_context_is_refused() {
        let sealed = ring("1").seal(CONTEXT, PLAIN, NONCE_7).unwrap();
        assert_eq!(ring("1").open("elders.phone", &sealed), Err(SealError::Forged));
    }

    #[test]
    fn every_changed_bit_is_refused() {
        let ring = ring("1");
        let sealed = ring.seal(CONTEXT, PLAIN, NONCE_7).unwrap();
        let (_, _, bytes) = parts(&sealed).unwrap();
        assert_eq!(bytes.len(), NONCE + PLAIN.len() + 16);
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let changed = format!("v1.k1.{}", URL_SAFE_NO_PAD.encode(changed));
            assert_eq!(ring.open(CONTEXT, &changed), Err(SealError::Forged), "bit {bit}");
        }
    }

    #[test]
    fn what_was_never_sealed_is_malformed() {
        let ring = ring("1");
        for text in [
            "",
            PLAIN,
            "v1.k1",
            "v1.k1.",
            "v1.k1.AAAA",
            "v1.k1.*",
            "v9.k1.AAAAAAAAAAAAAAAAAAAA",
        ] {
            assert_eq!(ring.open(CONTEXT, text), Err(SealError::Malformed), "{text}");
        }
    }

    #[test]
    fn rotation_keeps_old_values_readable() {
        let sealed = ring("1").seal(CONTEXT, PLAIN, NONCE_7).unwrap();
        let rotated = ring("3 2 1");
        assert_eq!(rotated.open(CONTEXT, &sealed).as_deref(), Ok(PLAIN));
        assert!(ring("1").is_current(&sealed) && !rotated.is_current(&sealed));
        assert!(
            rotated
                .seal(CONTEXT, PLAIN, NONCE_7)
                .unwrap()
                .starts_with("v1.k3.")
        );
        assert_eq!(ring("3 2").open(CONTEXT, &sealed), Err(SealError::UnknownKey));
        let other = KeyRing::parse(&format!("k1:{}", STANDARD.encode([9; 32]))).unwrap();
        assert_eq!(other.open(CONTEXT, &sealed), Err(SealError::Forged));
    }

    #[test]
    fn look_ups_outlive_rotation() {
        let hash = ring("1").lookup_hash(CONTEXT, PLAIN);
        assert_eq!(ring("3 2 1").lookup_hash(CONTEXT, PLAIN), hash);
        assert_ne!(ring("2").lookup_hash(CONTEXT, PLAIN), hash);
        assert_ne!(ring("1").lookup_hash("elders.phone", PLAIN), hash);
        assert_ne!(ring("1").lookup_hash(&CONTEXT[..15], &format!("r{PLAIN}")), hash);
    }

    #[test]
    fn reports_are_signed() {
        let signature = ring("1").sign_report(b"2024-01");
        assert!(signature.starts_with("r1.k1."));
        assert!(ring("2 1").verify_report(b"2024-01", &signature));
        assert!(!ring("2 1").verify_report(b"2024-02", &signature));
        assert!(!ring("2").verify_report(b"2024-01", &signature));
        for forged in ["", "r1.k1.", &signature.replace("r1", "v1"), &signature[..20]] {
            assert!(!ring("1").verify_report(b"2024-01", forged), "{forged}");
        }
    }
}
