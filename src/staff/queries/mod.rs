//! Statements on accounts and assignments.

pub mod assignments;
pub mod users;
