//! The menu of eight items that an elder can ask for.
//!
//! Exactly one item stands in each of the eight slots on any day. A replaced item keeps its row, because orders keep the item
//! that they were made under; figures look at an item's class, never at its code.

pub mod model;
pub mod queries;
pub mod routes;

use crate::error::Code;

/// The service had not begun on that day.
pub const NO_MENU_YET: Code = Code::new(404, "no_menu_yet", "There was no menu on that day");

/// The domain's error codes.
pub const CODES: &[Code] = &[NO_MENU_YET];
