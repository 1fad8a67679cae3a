//! hazards: to be told.

pub mod routes;

use crate::error::Code;

/// The domain's error codes.
pub const CODES: &[Code] = &[];

/// Registers the domain's jobs.
pub fn jobs(registry: crate::jobs::Registry) -> crate::jobs::Registry {
    registry
}
