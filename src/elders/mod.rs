//! Households and elders: who is in care of the service, and on what grounds.
//!
//! - An elder carries **categories** over time (non-exclusive). From them follow the **entitlement** (`safety_net` 兜底 or
//!   `social`) and, with the age, the **tier**: how often a visit is owed. The rules are pure functions in [`model`].
//! - ID numbers are checked by GB 11643 ([`id_number`]), sealed, and found again by keyed hash: one person is enrolled once in
//!   the city, whoever tries again.
//! - Numbers and phones are sent masked; a reveal needs a reason and is audited.

pub mod id_number;
pub mod mask;
pub mod model;
pub mod phone;
pub mod queries;
pub mod routes;
pub mod sheet;

use crate::error::Code;

/// No such elder, or none that the actor may know of.
pub const ELDER_NOT_FOUND: Code = Code::new(404, "elder_not_found", "There is no such elder in your area");
/// The ID number is enrolled somewhere in the city.
pub const ELDER_ALREADY_ENROLLED: Code = Code::new(
    409,
    "elder_already_enrolled",
    "A person with this document is already enrolled in the city",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[ELDER_NOT_FOUND, ELDER_ALREADY_ENROLLED];

/// Context under which ID numbers are sealed and hashed.
pub const ID_NUMBER: &str = "elders.id_number";
/// Context under which phones are sealed and hashed.
pub const PHONE: &str = "elders.phone";
