//! Alerts: what somebody has to be told now.
//!
//! Whoever changes something that others must hear of calls [`raise`] in the same transaction; what it writes is the outbox.
//! From there an alert reaches its recipients as they look (`GET /alerts`) or as they listen (`GET /events`, server-sent
//! events), and the city's gateways (SMS, calls) as signed webhooks, which the job queue delivers.
//!
//! ```text
//!                        ┌─ alert_recipients ── placed ── Feed ── streams of this process
//! change ── raise ── alerts
//!                        └─ webhook_deliveries ── job alerts.deliver(_now) ── gateway: delivered │ tried again │ given up
//! ```
//!
//! - **No alert is skipped and none comes twice.** An id is drawn before its transaction commits, so a stream that goes on after
//!   an id, or after a time, would miss what was committed late. Alerts are therefore told in the order of a *position*, which
//!   they are given after their commit by whoever holds the lock ([`Feed`]): what has a position has no earlier one coming.
//! - **One gateway's silence holds up nobody**: deliveries run in lanes of their own, outside any transaction, with a time-out;
//!   what is immediate waits behind nothing that is not.
//! - **Nothing personal of an elder is in an alert**: it says what happened (`topic`), to which record, how urgent it is and for
//!   whom; who may know more opens the record.

mod feed;
pub mod jobs;
pub mod model;
mod queries;
pub mod routes;
mod signature;

pub use feed::Feed;
pub use model::{NewAlert, Urgency};
pub use queries::raise::raise;

use crate::error::Code;

/// None of one's own alerts.
pub const ALERT_NOT_FOUND: Code = Code::new(404, "alert_not_found", "There is no such alert for you");
/// The account listens often enough.
pub const TOO_MANY_STREAMS: Code = Code::new(
    429,
    "too_many_streams",
    "This account has as many streams open as it may",
);
/// No such gateway.
pub const WEBHOOK_NOT_FOUND: Code = Code::new(404, "webhook_not_found", "There is no such webhook");
/// Another gateway has the name.
pub const WEBHOOK_NAME_TAKEN: Code = Code::new(409, "webhook_name_taken", "Another webhook has this name");

/// The domain's error codes.
pub const CODES: &[Code] = &[
    ALERT_NOT_FOUND,
    TOO_MANY_STREAMS,
    WEBHOOK_NOT_FOUND,
    WEBHOOK_NAME_TAKEN,
];
