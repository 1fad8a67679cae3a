//! Alerts: what somebody has to be told now.
//!
//! Whoever changes something that others must hear of calls [`raise`] in the same transaction; what it writes is the outbox.
//! From there an alert reaches its recipients as they look (`GET /alerts`) or as they listen (`GET /events`, server-sent
//! events), and the city's gateways (SMS, calls) as signed webhooks, which the job queue delivers.
//!
//! Nothing personal of an elder is in an alert: it says what happened (`topic`), to which record, how urgent it is and for
//! whom; who may know more opens the record.

pub mod model;
mod queries;

pub use model::{NewAlert, Urgency};
pub use queries::raise::raise;
