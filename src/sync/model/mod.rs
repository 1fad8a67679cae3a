//! What phone and service say to each other.

pub mod caseload;
pub mod outbox;
pub mod profile;
pub mod tickets;
