//! One integration binary; its modules mirror `src/`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should stop"
)]
#![expect(clippy::disallowed_methods, reason = "a client draws its own ids and keys")]

mod support;

mod alerts;
mod areas;
mod attachments;
mod audit;
mod auth;
mod contract;
mod demo;
mod elder_files;
mod elder_import;
mod elder_merge;
mod elders;
mod emergencies;
mod floor;
mod followups;
mod hazards;
mod jobs;
mod menu;
mod needs;
mod obligations;
mod orders;
mod permissions;
mod pilot;
mod resources;
mod staff;
mod statistics;
mod statistics_export;
mod statistics_frozen;
mod sweep;
mod totp;
mod visit_corrections;
mod visits;
mod webhooks;
