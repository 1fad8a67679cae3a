//! The visit log: a steward at a household, for one or more purposes, with what was found.
//!
//! Append-only and idempotent by the id that the phone gave. What a visit sets in motion is written with it, in one
//! statement: the elders met (one person-time each), the obligations it fulfils, the hazards found and cleared, and where
//! nobody opened, the no-answer case, a visit owed within 24 hours and the job that watches the case.
//!
//! | outcome | what follows |
//! | --- | --- |
//! | met | every obligation whose period holds the visit is done |
//! | no_answer | a no-answer case with its deadline; a visit is owed within 24 hours |
//! | refused | the obligations of the period are excused: declined |
//! | moved | the obligations of the period are excused: moved |

pub mod model;
pub mod queries;
pub mod routes;

use crate::error::Code;

/// No such visit, or none that the actor may know of.
pub const VISIT_NOT_FOUND: Code = Code::new(404, "visit_not_found", "There is no such visit in your area");
/// No such household, or none that the actor may know of.
pub const HOUSEHOLD_NOT_FOUND: Code = Code::new(
    404,
    "household_not_found",
    "There is no such household in your area",
);
/// The id stands for another visit.
pub const VISIT_ALREADY_LOGGED: Code = Code::new(
    409,
    "visit_already_logged",
    "Another visit was logged under this id",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[VISIT_NOT_FOUND, HOUSEHOLD_NOT_FOUND, VISIT_ALREADY_LOGGED];
