//! The door that stays shut, and what becomes an emergency.
//!
//! A visit that nobody answers opens a case with a deadline (a setting of the city). Each step of the chain (ring, phone,
//! neighbour, contact, community, police) is stamped by the phone and by the server. Resolved before the deadline, with what was
//! found out, the case is closed; unresolved it becomes an emergency by itself, before the duty desk and the steward. A steward
//! or the duty desk raises one with one tap.
//!
//! ```text
//! raised ──→ acknowledged ──→ closed
//!   │          by a person       by a visit that met somebody there on a later day
//!   └ not in time: it climbs      (under way, at the door, 120: steps of those who answer, each with its deadline)
//!     steward → deputy → district duty → city duty, and there it is said again
//! ```
//!
//! **The ladder.** Everyone of the first rung is alerted in the transaction that raises it; a job with the rung's deadline says it to
//! the next. A rung climbs once, an empty one is passed over at once, and what is acknowledged or closed climbs no more: the row's own
//! deadline is what a job goes by, so that a late worker climbs in order and one that runs twice changes nothing.
//!
//! **The answer.** Under way, at the door, a life at risk, 120 rung, handed over to its crew: append-only steps, each stamped by the
//! device and by the server. What is late is said once to all who know of it, and does not climb. Transport and medicine are service
//! orders of the menu's emergency item, before the nearest provider that is open; with a life at risk transport waits for 120.
//!
//! From the first instant a visit is owed the next day. A second call while one is open is worse: a row of its own, which says
//! which call it is and of which emergency, is said at once to all who know and to the next rung, and is acknowledged and closed for
//! itself.

pub mod jobs;
pub mod model;
pub mod queries;
pub mod routes;

use crate::error::Code;

/// No such case, or none that the actor may know of.
pub const CASE_NOT_FOUND: Code = Code::new(
    404,
    "no_answer_case_not_found",
    "There is no such case in your area",
);
/// The case is closed.
pub const CASE_NOT_OPEN: Code = Code::new(409, "no_answer_case_not_open", "The case is closed already");
/// The id stands for another step.
pub const STEP_ALREADY_TAKEN: Code = Code::new(
    409,
    "no_answer_step_already_taken",
    "Another step was recorded under this id",
);
/// No such household, or none that the actor may know of.
pub const HOUSEHOLD_NOT_FOUND: Code = Code::new(
    404,
    "household_not_found",
    "There is no such household in your area",
);
/// No such emergency, or none that the actor may know of.
pub const EMERGENCY_NOT_FOUND: Code = Code::new(
    404,
    "emergency_not_found",
    "There is no such emergency in your area",
);
/// The id stands for another emergency.
pub const EMERGENCY_ALREADY_RAISED: Code = Code::new(
    409,
    "emergency_already_raised",
    "Another emergency was raised under this id",
);
/// Somebody has acknowledged it.
pub const EMERGENCY_NOT_RAISED: Code = Code::new(
    409,
    "emergency_not_raised",
    "Somebody has acknowledged it already",
);
/// Nobody has acknowledged it.
pub const EMERGENCY_NOT_ACKNOWLEDGED: Code = Code::new(
    409,
    "emergency_not_acknowledged",
    "Nobody has acknowledged it yet",
);
/// It is over.
pub const EMERGENCY_CLOSED: Code = Code::new(409, "emergency_closed", "The emergency is closed already");

/// The id stands for another step.
pub const EMERGENCY_STEP_TAKEN: Code = Code::new(
    409,
    "emergency_step_already_taken",
    "Another step was recorded under this id",
);
/// A life is at risk and nobody has rung 120.
pub const AMBULANCE_FIRST: Code = Code::new(
    409,
    "ambulance_first",
    "A life is at risk: ring 120 first, and record it",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[
    CASE_NOT_FOUND,
    CASE_NOT_OPEN,
    STEP_ALREADY_TAKEN,
    HOUSEHOLD_NOT_FOUND,
    EMERGENCY_NOT_FOUND,
    EMERGENCY_ALREADY_RAISED,
    EMERGENCY_NOT_RAISED,
    EMERGENCY_NOT_ACKNOWLEDGED,
    EMERGENCY_CLOSED,
    EMERGENCY_STEP_TAKEN,
    AMBULANCE_FIRST,
];
