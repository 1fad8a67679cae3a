//! elders: to be told.

pub mod id_number;
pub mod mask;
pub mod phone;
pub mod routes;
pub mod sheet;

use crate::error::Code;

/// The domain's error codes.
pub const CODES: &[Code] = &[];

/// Registers the domain's jobs.
pub fn jobs(registry: crate::jobs::Registry) -> crate::jobs::Registry {
    registry
}
