//! Statements on surveys.

pub mod dispute;
pub mod due;
pub mod second;
pub mod survey;
