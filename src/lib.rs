//! **steward**: the software with which a city looks after its elders at home.
//!
//! One binary: an HTTP service, a job worker and a few commands over one PostgreSQL schema per city. The modules are storeys
//! of a tower; a lower one never names a higher one:
//!
//! | storey | modules |
//! | --- | --- |
//! | floor | [`clock`] [`ids`] [`error`] [`text`] [`calendar`] [`config`] [`crypto`] [`schema`] [`db`] [`audit`] [`jobs`] [`tx`] [`state`] |
//! | | [`areas`] [`staff`] |
//! | | [`auth`] [`http`] [`sheet`] |
//! | | [`alerts`] |
//! | | [`elders`] [`menu`] [`attachments`] |
//! | | [`resources`] [`needs`] [`obligations`] [`teams`] [`roster`] [`policies`] |
//! | | [`orders`] [`campaigns`] |
//! | | [`hazards`] [`emergencies`] |
//! | | [`visits`] |
//! | | [`followups`] [`outreach`] |
//! | | [`care_beds`] |
//! | | [`sync`] |
//! | top | [`app`] [`demo`] |
//!
//! [`statistics`] stands beside the tower: it reads the tables and names no other domain.

pub mod alerts;
pub mod app;
pub mod areas;
pub mod attachments;
pub mod audit;
pub mod auth;
pub mod calendar;
pub mod campaigns;
pub mod care_beds;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod demo;
pub mod elders;
pub mod emergencies;
pub mod error;
pub mod followups;
pub mod hazards;
pub mod http;
pub mod ids;
pub mod jobs;
pub mod menu;
pub mod needs;
pub mod obligations;
pub mod orders;
pub mod outreach;
pub mod policies;
pub mod resources;
pub mod roster;
#[expect(
    missing_docs,
    reason = "generated from the migrations, which carry the comments"
)]
pub mod schema;
pub mod sheet;
pub mod staff;
pub mod state;
pub mod statistics;
pub mod sync;
pub mod teams;
pub mod text;
pub mod tx;
pub mod visits;
