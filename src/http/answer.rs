//! Successful answers, and the versions that edits refer to.

use crate::error::{PRECONDITION_REQUIRED, Problem, STALE};
use actix_web::{
    FromRequest, HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    dev::Payload,
    http::{StatusCode, header},
    web::Bytes,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::future::{Ready, ready};

/// An answer with a JSON body. A body with a `version` carries it as its `ETag`.
#[derive(Debug, Clone)]
pub struct Answer {
    status: StatusCode,
    body: Bytes,
    version: Option<i64>,
}

/// What a body begins with that is a page of a list: it has no version.
const PAGE: &[u8] = b"{\"items\":";

impl Answer {
    /// An answer with this status.
    ///
    /// # Errors
    /// A fault of ours when the value is not JSON.
    pub fn new<T: Serialize>(status: StatusCode, value: &T) -> Result<Self, Problem> {
        #[derive(Deserialize)]
        struct Versioned {
            version: Option<i64>,
        }
        let body = Bytes::from(serde_json::to_vec(value).map_err(Problem::internal)?);
        let version = match body.first() {
            Some(b'{') if !body.starts_with(PAGE) => serde_json::from_slice::<Versioned>(&body)
                .ok()
                .and_then(|v| v.version),
            _ => None,
        };
        Ok(Self {
            status,
            body,
            version,
        })
    }

    /// 200.
    ///
    /// # Errors
    /// A fault of ours when the value is not JSON.
    pub fn ok<T: Serialize>(value: &T) -> Result<Self, Problem> {
        Self::new(StatusCode::OK, value)
    }

    /// An answer that was given before.
    pub(crate) fn again(status: Option<i16>, body: Option<Value>) -> Result<Self, Problem> {
        let status = status
            .and_then(|s| u16::try_from(s).ok())
            .and_then(|s| StatusCode::from_u16(s).ok())
            .ok_or_else(|| Problem::internal("a remembered answer has no status"))?;
        Self::new(status, &body.unwrap_or(Value::Null))
    }

    pub(crate) fn status_i16(&self) -> i16 {
        i16::try_from(self.status.as_u16()).unwrap_or(i16::MAX)
    }

    /// The body as it is remembered.
    pub(crate) fn body(&self) -> Result<Value, Problem> {
        serde_json::from_slice(&self.body).map_err(Problem::internal)
    }
}

impl Responder for Answer {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(version) = self.version {
            response.insert_header((header::ETAG, etag(version)));
        }
        if self.body.as_ref() == b"null" {
            response.finish()
        } else {
            response.content_type(header::ContentType::json()).body(self.body)
        }
    }
}

/// A version as an entity tag.
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// The version that an edit is based on, from `If-Match`.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(pub i32);

impl IfMatch {
    /// Compares with the record's version.
    ///
    /// # Errors
    /// 412 when they differ.
    pub fn check(self, version: i32) -> Result<(), Problem> {
        if self.0 == version {
            Ok(())
        } else {
            Err(STALE.problem())
        }
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            request
                .headers()
                .get(header::IF_MATCH)
                .and_then(|value| value.to_str().ok())
                .and_then(|value| {
                    value
                        .trim()
                        .trim_start_matches("W/")
                        .trim_matches('"')
                        .parse()
                        .ok()
                })
                .map(Self)
                .ok_or_else(|| PRECONDITION_REQUIRED.problem()),
        )
    }
}
