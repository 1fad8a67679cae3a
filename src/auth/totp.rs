//! Second factor: codes of six digits that change every 30 seconds (RFC 6238, SHA-1, as every authenticator app knows them).

use crate::error::Problem;
use chrono::{DateTime, Utc};
use totp_rs::{Builder, Secret};

/// Where the secret is stored, as the context of its seal.
pub const SEALED: &str = "users.totp";
/// How the account is headed in an authenticator app.
const ISSUER: &str = "steward";

/// A new secret from 20 random bytes, in base32 as apps take it.
pub fn secret(random: [u8; 20]) -> String {
    Secret::from(random).to_base32()
}

/// The address that an app reads from a QR code. Neither name nor secret has a character that would have to be escaped.
pub fn url(username: &str, secret: &str) -> String {
    format!(
        "otpauth://totp/{ISSUER}:{username}?secret={secret}&issuer={ISSUER}&algorithm=SHA1&digits=6&period=30"
    )
}

/// The time step whose code this is: the present one, the one before or the one after, if it is later than `last`.
///
/// # Errors
/// A fault of ours when the stored secret cannot be read.
pub fn step(secret: &str, code: &str, now: DateTime<Utc>, last: Option<i64>) -> Result<Option<i64>, Problem> {
    let secret = Secret::try_from_base32(secret).map_err(|e| Problem::internal(e.to_string()))?;
    let totp = Builder::new()
        .with_secret(secret)
        .build()
        .map_err(|e| Problem::internal(e.to_string()))?;
    let seconds = u64::try_from(now.timestamp()).map_err(Problem::internal)?;
    Ok(totp
        .check(code, seconds)
        .and_then(|step| i64::try_from(step).ok())
        .filter(|step| last.is_none_or(|last| *step > last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret and the codes of RFC 6238, appendix B, cut to six digits.
    #[test]
    fn the_codes_are_those_of_the_rfc_and_each_works_once_within_a_minute_and_a_half() {
        let secret = secret(*b"12345678901234567890");
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let accepted = |code, seconds, last| step(&secret, code, at(seconds), last).unwrap();
        assert_eq!(accepted("287082", 59, None), Some(1));
        assert_eq!(accepted("081804", 1_111_111_109, None), Some(37_037_036));
        assert_eq!(accepted("081804", 1_111_111_109, Some(37_037_036)), None);
        assert_eq!(
            accepted("081804", 1_111_111_109, Some(37_037_035)),
            Some(37_037_036)
        );
        assert_eq!(accepted("287082", 89, None), Some(1));
        assert_eq!(accepted("287082", 29, None), Some(1));
        assert_eq!(accepted("287082", 90, None), None);
        assert_eq!(accepted("287083", 59, None), None);
        assert!(step("not base32!", "287082", at(59), None).is_err());
        assert_eq!(
            url("officer01", &secret),
            "otpauth://totp/steward:officer01?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=steward&algorithm=SHA1&digits=6&period=30"
        );
    }
}
