//! Statements of the phone's part.

pub mod caseload;
pub mod profile;
pub mod receipts;
pub mod tickets;
