//! Statements on no-answer cases and emergencies.

mod cases;
mod corrected;
mod emergencies;

pub use cases::{case, cases, resolve, take_step};
pub use corrected::{closing_visit_corrected, door_follows, door_was_answered};
pub use emergencies::{acknowledge, close, escalate, get, list, raise};
