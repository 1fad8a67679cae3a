//! resources: to be told.

pub mod credit_code;
pub mod routes;

use crate::error::Code;

/// The domain's error codes.
pub const CODES: &[Code] = &[];
