//! The duty roster (值班表): who is on duty for the city and for each of its districts, from when to when, and at which desk.
//!
//! A **shift** names an account of the duty desk whose own division holds the place, so that whoever is on duty may also do what
//! duty asks. Two may be on duty at once; nobody is twice at one desk at one time. What was is not rewritten: a shift is ended
//! early or called off, never deleted. A **gap** is time ahead for which a place has nobody.

pub mod model;
pub mod queries;
pub mod routes;

use crate::error::Code;

/// No such shift, or none that the actor may know of.
pub const SHIFT_NOT_FOUND: Code = Code::new(404, "shift_not_found", "There is no such shift in your area");
/// The shift is over or was called off.
pub const SHIFT_ENDED: Code = Code::new(409, "shift_ended", "The shift has ended already");
/// The person is on duty there then.
pub const SHIFT_OVERLAPS: Code = Code::new(
    409,
    "shift_overlaps",
    "This person has a shift there at that time already",
);
/// The roster of a division outside the actor's own.
pub const ROSTER_OF_ANOTHER: Code = Code::new(
    403,
    "roster_of_another",
    "The roster of this division is kept by somebody else",
);
/// Not an account of the duty desk that may act there.
pub const NOT_FOR_DUTY: Code = Code::new(
    422,
    "not_for_duty",
    "This is not an account of the duty desk that may act there",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[
    SHIFT_NOT_FOUND,
    SHIFT_ENDED,
    SHIFT_OVERLAPS,
    ROSTER_OF_ANOTHER,
    NOT_FOR_DUTY,
];
