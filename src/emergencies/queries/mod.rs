//! Statements on no-answer cases and emergencies.

mod cases;
mod emergencies;

pub use cases::{case, cases, resolve, take_step};
pub use emergencies::{acknowledge, close, escalate, get, list, raise};
