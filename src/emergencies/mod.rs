//! The door that stays shut, and what becomes an emergency.
//!
//! A visit that nobody answers opens a case with a deadline (a setting of the city). Resolved before it, with what was found
//! out, the case is closed; unresolved it becomes an emergency by itself, before the duty desk and the steward.

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
/// No such emergency, or none that the actor may know of.
pub const EMERGENCY_NOT_FOUND: Code = Code::new(
    404,
    "emergency_not_found",
    "There is no such emergency in your area",
);
/// Somebody has acknowledged it.
pub const EMERGENCY_NOT_RAISED: Code = Code::new(
    409,
    "emergency_not_raised",
    "Somebody has acknowledged it already",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[
    CASE_NOT_FOUND,
    CASE_NOT_OPEN,
    EMERGENCY_NOT_FOUND,
    EMERGENCY_NOT_RAISED,
];
