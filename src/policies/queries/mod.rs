//! Statements on policies.

pub mod applications;
pub mod elder;
pub mod library;
