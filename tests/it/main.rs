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
mod assessments;
mod attachments;
mod audit;
mod auth;
mod campaigns;
mod care_beds;
mod check_points;
mod contract;
mod demo;
mod elder_events;
mod elder_files;
mod elder_import;
mod elder_merge;
mod elder_standing;
mod elders;
mod emergencies;
mod emergency_ladder;
mod floor;
mod followups;
mod hazard_loop;
mod hazards;
mod jobs;
mod leaves;
mod menu;
mod needs;
mod obligations;
mod orders;
mod outreach;
mod permissions;
mod pilot;
mod policies;
mod resource_changes;
mod resource_import;
mod resources;
mod roster;
mod service_gaps;
mod staff;
mod statistics;
mod statistics_export;
mod statistics_frozen;
mod sweep;
mod sync;
mod teams;
mod totp;
mod visit_corrections;
mod visits;
mod webhooks;
mod weekly_board;
