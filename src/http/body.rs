//! Request bodies and queries: bounded, strict, validated, with problems that name the field.

use crate::error::{INVALID, MALFORMED, Problem, TOO_LARGE};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web};
use futures_util::{StreamExt, future::LocalBoxFuture};
use garde::Validate;
use serde::{Deserialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::future::{Ready, ready};

/// The largest JSON body: 512 kB.
const LIMIT: usize = 512 * 1024;

/// SHA-256 of method, path and body: what an `Idempotency-Key` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// Of a request with these body bytes.
    pub fn of(request: &HttpRequest, body: &[u8]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(request.method().as_str());
        hasher.update([0]);
        hasher.update(request.path());
        hasher.update([0]);
        hasher.update(body);
        Self(hasher.finalize().into())
    }
}

/// A JSON body that has been read and validated.
pub struct Body<T> {
    /// What it says.
    pub value: T,
    /// What the request is, for its `Idempotency-Key`.
    pub fingerprint: Fingerprint,
}

/// The body of an action that takes none: nothing, or `{}`.
#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

impl<T> FromRequest for Body<T>
where
    T: DeserializeOwned + Validate + 'static,
    T::Context: Default,
{
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let mut bytes = web::BytesMut::new();
            while let Some(chunk) = payload.next().await {
                let chunk = chunk.map_err(|_| MALFORMED.with("the body broke off"))?;
                if bytes.len() + chunk.len() > LIMIT {
                    return Err(TOO_LARGE.with("at most 512 kB"));
                }
                bytes.extend_from_slice(&chunk);
            }
            // An item of an outbox says itself what it stands for: its body is another each time, by the device's present time.
            let given = request.extensions().get::<Fingerprint>().copied();
            let fingerprint = given.unwrap_or_else(|| Fingerprint::of(&request, &bytes));
            let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
            let value: T = serde_json::from_slice(text).map_err(|e| unreadable(&e))?;
            value.validate().map_err(|report| broken_rules(&report))?;
            Ok(Self { value, fingerprint })
        })
    }
}

/// A validated query string.
pub struct Params<T>(pub T);

impl<T> FromRequest for Params<T>
where
    T: DeserializeOwned + Validate + 'static,
    T::Context: Default,
{
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            web::Query::<T>::from_query(request.query_string())
                .map_err(|e| INVALID.with(e.to_string()))
                .and_then(|query| {
                    let value = query.into_inner();
                    value.validate().map_err(|report| broken_rules(&report))?;
                    Ok(Self(value))
                }),
        )
    }
}

/// Not JSON is 400; JSON of another shape is 422 with what serde says (it names fields and expected values, and quotes only
/// what the client itself sent).
fn unreadable(error: &serde_json::Error) -> Problem {
    if error.is_data() {
        INVALID.with(error.to_string())
    } else {
        MALFORMED.with(error.to_string())
    }
}

fn broken_rules(report: &garde::Report) -> Problem {
    report.iter().fold(INVALID.problem(), |problem, (path, error)| {
        problem.and_field(path.to_string(), error.to_string())
    })
}

/// For `Option<Option<T>>` in a patch: an absent field is `None`, a `null` is `Some(None)`.
///
/// # Errors
/// What the inner type says.
pub fn given<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
