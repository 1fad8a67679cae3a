//! One error type for every answer that is not a success: an RFC 9457 problem with a stable code.
//!
//! A domain declares its own [`Code`]s beside its routes; the floor's are here. What the server did wrong itself is opaque
//! outside and complete in the log, once.

use actix_web::http::StatusCode;
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};
use serde::Serialize;
use std::borrow::Cow;
use utoipa::ToSchema;

/// A kind of error: HTTP status, stable code that the web app translates, and English title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// HTTP status.
    pub status: u16,
    /// Stable machine-readable name.
    pub name: &'static str,
    /// Short English sentence, the same for every occurrence.
    pub title: &'static str,
}

impl Code {
    /// Declares a code.
    pub const fn new(status: u16, name: &'static str, title: &'static str) -> Self {
        Self { status, name, title }
    }

    /// The problem of this kind, with nothing more to say.
    pub fn problem(self) -> Problem {
        Problem {
            code: self,
            detail: None,
            fields: Vec::new(),
            source: None,
        }
    }

    /// The problem of this kind with what is particular to this occurrence.
    pub fn with(self, detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem {
            detail: Some(detail.into()),
            ..self.problem()
        }
    }
}

/// The request's body, query or path is not what the operation takes.
pub const INVALID: Code = Code::new(422, "invalid", "Some fields are not acceptable");
/// The request cannot be read at all.
pub const MALFORMED: Code = Code::new(400, "malformed", "The request cannot be read");
/// No such path.
pub const NO_SUCH_PATH: Code = Code::new(404, "no_such_path", "There is nothing at this address");
/// The path does not take this method.
pub const METHOD_NOT_ALLOWED: Code = Code::new(
    405,
    "method_not_allowed",
    "This address does not take this method",
);
/// The body is larger than the operation takes.
pub const TOO_LARGE: Code = Code::new(413, "too_large", "The body is larger than allowed");
/// No valid access token came with the request.
pub const UNAUTHENTICATED: Code = Code::new(401, "unauthenticated", "Log in first");
/// The role may not do this.
pub const FORBIDDEN: Code = Code::new(403, "forbidden", "This role may not do this");
/// The log-in may do nothing but change its password.
pub const PASSWORD_CHANGE_NEEDED: Code =
    Code::new(403, "password_change_needed", "Change your password first");
/// The log-in may do nothing but enrol a second factor.
pub const TOTP_ENROLMENT_NEEDED: Code =
    Code::new(403, "totp_enrolment_needed", "Enrol a second factor first");
/// An edit without `If-Match`.
pub const PRECONDITION_REQUIRED: Code = Code::new(
    428,
    "precondition_required",
    "Say with If-Match which version you edit",
);
/// The record has changed since it was read.
pub const STALE: Code = Code::new(412, "stale", "The record has changed since you read it");
/// The same `Idempotency-Key` came with another request.
pub const IDEMPOTENCY_MISMATCH: Code = Code::new(
    409,
    "idempotency_mismatch",
    "This Idempotency-Key was used for another request",
);
/// The database or another part cannot answer now.
pub const UNAVAILABLE: Code = Code::new(
    503,
    "unavailable",
    "Busy or out of reach for the moment, try again",
);
/// A fault of the server's own.
pub const INTERNAL: Code = Code::new(500, "internal", "Something went wrong on the server");

/// Codes that any operation can answer with.
pub const COMMON: &[Code] = &[
    MALFORMED,
    UNAUTHENTICATED,
    FORBIDDEN,
    PASSWORD_CHANGE_NEEDED,
    TOTP_ENROLMENT_NEEDED,
    INVALID,
    UNAVAILABLE,
    INTERNAL,
];

/// What is wrong with one field.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Path of the field, `elders[0].mood`.
    #[schema(example = "elders[0].mood")]
    pub field: String,
    /// What is wrong, in the field's words.
    #[schema(example = "must be one of cheerful, calm, low, distressed")]
    pub message: String,
}

/// An error on its way to the client.
#[derive(Debug)]
pub struct Problem {
    /// Which kind.
    pub code: Code,
    /// What is particular to this occurrence; never personal data.
    pub detail: Option<Cow<'static, str>>,
    /// The fields at fault.
    pub fields: Vec<FieldProblem>,
    /// What caused it, for the log only.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The answer's body, `application/problem+json`.
#[derive(Serialize, ToSchema)]
pub struct ProblemBody<'a> {
    /// A reference that names the kind of problem.
    #[schema(example = "/api/docs#invalid")]
    pub r#type: String,
    /// The kind in a sentence.
    pub title: &'a str,
    /// The HTTP status.
    #[schema(example = 422)]
    pub status: u16,
    /// The stable code.
    #[schema(example = "invalid")]
    pub code: &'a str,
    /// What is particular to this occurrence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'a str>,
    /// Quote it when you ask for help.
    pub request_id: Option<uuid::Uuid>,
    /// The fields at fault.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub fields: &'a [FieldProblem],
}

impl Problem {
    /// A field that breaks a rule which the types cannot say.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        INVALID.problem().and_field(field, message)
    }

    /// Adds a field at fault.
    pub fn and_field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.fields.push(FieldProblem {
            field: field.into(),
            message: message.into(),
        });
        self
    }

    /// A fault of the server's own, with its cause for the log.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            source: Some(source.into()),
            ..INTERNAL.problem()
        }
    }

    /// Out of reach for the moment, with its cause for the log.
    pub fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            source: Some(source.into()),
            ..UNAVAILABLE.problem()
        }
    }

    /// The body to send.
    pub fn body(&self, request_id: Option<uuid::Uuid>) -> ProblemBody<'_> {
        ProblemBody {
            r#type: format!("/api/docs#{}", self.code.name),
            title: self.code.title,
            status: self.code.status,
            code: self.code.name,
            detail: self.detail.as_deref(),
            request_id,
            fields: &self.fields,
        }
    }

    /// Whether the same request may succeed a moment later.
    pub fn is_passing(&self) -> bool {
        self.code == UNAVAILABLE
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.name, self.code.title)?;
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        for field in &self.fields {
            write!(f, "; {}: {}", field.field, field.message)?;
        }
        if let Some(source) = &self.source {
            write!(f, ": {source}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

impl actix_web::ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> actix_web::HttpResponse {
        // The middleware `http::problems` writes the body again with the request's id; this one serves where it is not mounted.
        actix_web::HttpResponse::build(self.status_code())
            .content_type("application/problem+json")
            .json(self.body(None))
    }
}

impl From<DieselError> for Problem {
    /// Classifies what the database said: out of reach, too slow or in each other's way is 503, anything else is a fault of ours.
    fn from(error: DieselError) -> Self {
        match &error {
            DieselError::DatabaseError(
                DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::ClosedConnection,
                _,
            ) => Self::unavailable(error),
            // The driver's own word that it lost the server comes as `UnableToSendCommand`, as do the faults of a statement of ours.
            DieselError::DatabaseError(
                DatabaseErrorKind::Unknown | DatabaseErrorKind::UnableToSendCommand,
                info,
            ) if is_passing(&**info) => Self::unavailable(error),
            DieselError::BrokenTransactionManager => Self::unavailable(error),
            _ => Self::internal(error),
        }
    }
}

/// Messages of PostgreSQL and its driver that tell of load or loss of contact. They carry no kind of their own in diesel.
fn is_passing(info: &(dyn DatabaseErrorInformation + Send + Sync)) -> bool {
    const PASSING: [&str; 9] = [
        "statement timeout",
        "lock timeout",
        "deadlock detected",
        "connection closed",
        "terminating connection",
        "idle-in-transaction timeout",
        "error communicating with the server",
        "the database system is",
        "too many clients",
    ];
    PASSING.iter().any(|text| info.message().contains(text))
}

/// Turns the violation of the constraint `name` into `problem`; every other error keeps its meaning.
///
/// A relayed error (a distributed PostgreSQL) has no constraint field, and the name in its message ends in a shard number:
/// the message is looked at then.
pub fn on_constraint(error: DieselError, name: &str, problem: impl FnOnce() -> Problem) -> Problem {
    if violates(&error, name) {
        problem()
    } else {
        error.into()
    }
}

/// Whether `error` is the violation of the constraint `name`.
pub fn violates(error: &DieselError, name: &str) -> bool {
    match error {
        DieselError::DatabaseError(_, info) => match info.constraint_name() {
            Some(found) => found == name,
            None => info.message().contains(name),
        },
        _ => false,
    }
}

impl From<diesel_async::pooled_connection::deadpool::PoolError> for Problem {
    fn from(error: diesel_async::pooled_connection::deadpool::PoolError) -> Self {
        Self::unavailable(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_server_is_out_of_reach_and_a_wrong_statement_is_a_fault_of_ours() {
        let told = |message: &str| {
            let info = Box::new(message.to_owned());
            Problem::from(DieselError::DatabaseError(DatabaseErrorKind::UnableToSendCommand, info)).code
        };
        assert_eq!(told("connection closed"), UNAVAILABLE);
        assert_eq!(told("error communicating with the server: Broken pipe"), UNAVAILABLE);
        assert_eq!(told("error serializing parameter 3"), INTERNAL);
    }
}
