//! Statements on the library.

pub mod agreements;
pub mod changes;
pub mod entry;
pub mod search;
