//! Statements on alerts and webhooks.

pub mod raise;
