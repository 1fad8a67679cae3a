//! statistics: to be told.

pub mod routes;
pub mod workbook;

use crate::error::Code;

/// The domain's error codes.
pub const CODES: &[Code] = &[];
