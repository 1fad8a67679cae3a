//! Signatures of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`.

use crate::{error::Problem, ids::AlertId};
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// A secret from 32 random bytes, as the receiver is given it.
pub fn secret(random: [u8; 32]) -> String {
    format!("{PREFIX}{}", BASE64_STANDARD.encode(random))
}

/// The header `webhook-signature`: one signature for each secret that is valid, the present one first.
///
/// # Errors
/// A fault of ours when a secret is not one that [`secret`] made.
pub fn header(secrets: &[String], id: AlertId, timestamp: i64, body: &str) -> Result<String, Problem> {
    let content = format!("{id}.{timestamp}.{body}");
    let signatures: Vec<String> = secrets
        .iter()
        .map(|secret| {
            let key = secret
                .strip_prefix(PREFIX)
                .and_then(|key| BASE64_STANDARD.decode(key).ok())
                .ok_or_else(|| Problem::internal("a webhook's secret is not one"))?;
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(Problem::internal)?;
            mac.update(content.as_bytes());
            Ok(format!(
                "v1,{}",
                BASE64_STANDARD.encode(mac.finalize().into_bytes())
            ))
        })
        .collect::<Result<_, Problem>>()?;
    Ok(signatures.join(" "))
}
