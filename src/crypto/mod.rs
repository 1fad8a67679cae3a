//! Sealed fields, keyed look-ups, and the secrets of tokens and of signed reports.
//!
//! The operator gives master keys in `STEWARD_KEYS`, `k2:BASE64,k1:BASE64`: 32 bytes each, the first is current. From
//! each master a key per purpose is derived, so that none is ever used for two things.
//!
//! **Rotation**: put a new key in front and restart. New values are sealed, new tokens and reports signed with it; what
//! older keys of the ring made stays readable. The **last** key keys the look-up hashes and so stays last for as long as
//! rows are found by them; one in the middle may go when nothing it sealed or signed is left.
//!
//! Invariants: a value opens only in the context it was sealed for, so a ciphertext moved to another column is refused;
//! nonces come from the caller and are never used twice; no key appears in `Debug` or in an error.

mod cipher;
mod ring;
mod seal;

pub use ring::{KeyError, KeyRing, Secret};
pub use seal::SealError;
