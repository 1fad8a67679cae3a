//! Statements on orders: [`mod@read`] what there is, [`mod@write`] events, [`staff`] and [`provider`] what each side does,
//! [`chain`] what a survey leads to.

pub mod chain;
pub mod provider;
pub mod read;
pub mod staff;
pub mod write;
