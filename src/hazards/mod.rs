//! What was found unsafe, until it is safe.
//!
//! A hazard is found on a visit and cleared by a later one; general and major ones have a deadline. What comes back at the same
//! check point after it was cleared is a new hazard that names the one before.
//!
//! ```text
//! open ──→ cleared      a later visit found it safe
//!   │ └──→ withdrawn    the visit that found it was corrected and names it no longer
//!   └ past its deadline it is escalated, once, and stays open
//! ```

pub mod model;
pub mod overdue;
pub mod queries;
pub mod routes;

use crate::error::Code;

/// No such hazard, or none that the actor may know of.
pub const HAZARD_NOT_FOUND: Code = Code::new(404, "hazard_not_found", "There is no such hazard in your area");

/// The domain's error codes.
pub const CODES: &[Code] = &[HAZARD_NOT_FOUND];

/// Registers the domain's jobs.
pub fn jobs(registry: crate::jobs::Registry) -> crate::jobs::Registry {
    overdue::register(registry)
}
