//! Elders and their households: enrolment, categories over time, contacts, consents, status, and what follows from them.

pub mod enrol;
pub mod id_number;
pub mod mask;
pub mod model;
pub mod phone;
pub mod queries;
pub mod routes;
pub mod sheet;
pub mod standing;

use crate::error::Code;

/// No such elder, or none that the actor may know of.
pub const ELDER_NOT_FOUND: Code = Code::new(404, "elder_not_found", "There is no such elder in your area");
/// The person is enrolled, somewhere in the city.
pub const ELDER_ALREADY_ENROLLED: Code = Code::new(
    409,
    "elder_already_enrolled",
    "A person with this document is enrolled in the city already",
);
/// The status cannot follow the present one.
pub const ELDER_STATUS_NOT_POSSIBLE: Code = Code::new(
    409,
    "elder_status_not_possible",
    "This status cannot follow the present one",
);
/// The elder carries the category already.
pub const ELDER_CATEGORY_OPEN: Code = Code::new(
    409,
    "elder_category_open",
    "The elder carries this category already",
);
/// The elder does not carry the category.
pub const ELDER_CATEGORY_NOT_OPEN: Code = Code::new(
    404,
    "elder_category_not_open",
    "The elder does not carry this category",
);
/// A consent for the purpose is in force.
pub const CONSENT_IN_FORCE: Code =
    Code::new(409, "consent_in_force", "A consent for this purpose is in force");

/// The domain's error codes.
pub const CODES: &[Code] = &[
    ELDER_NOT_FOUND,
    ELDER_ALREADY_ENROLLED,
    ELDER_STATUS_NOT_POSSIBLE,
    ELDER_CATEGORY_OPEN,
    ELDER_CATEGORY_NOT_OPEN,
    CONSENT_IN_FORCE,
];

/// Registers the domain's jobs.
pub fn jobs(registry: crate::jobs::Registry) -> crate::jobs::Registry {
    standing::jobs(registry)
}
