//! Statements on alerts and webhooks.

pub mod deliver;
pub mod own;
pub mod place;
pub mod raise;
pub mod webhooks;
