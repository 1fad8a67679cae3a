//! Statements on no-answer cases and emergencies.

mod cases;
mod corrected;
mod emergencies;
mod ladder;
mod raise;
mod services;
mod steps;
mod timeline;

pub use cases::{case, cases, resolve, take_step as take_step_at_the_door};
pub use corrected::{closing_visit_corrected, door_follows, door_was_answered};
pub use emergencies::{acknowledge, close, get, list};
pub use ladder::{climb, step_is_late, unanswered};
pub use raise::{escalate, raise};
pub use services::{order_service, service_stalled};
pub use steps::take_step;
