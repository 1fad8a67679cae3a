//! Statements on care beds: applications and decisions, building, service, inspections, and what is read of them.

pub mod apply;
pub mod build;
pub mod inspect;
pub mod mend;
pub mod read;
pub mod serve;
pub mod write;
