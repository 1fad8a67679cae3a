//! Statements on teams and loads.

pub mod load;
pub mod members;
