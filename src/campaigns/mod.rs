//! Campaigns: a cold wave or a festival, in whose time each household of a group is owed one visit more.
//!
//! - **group**: the households of a division, or of some of its communities, with an elder who has one of the categories, one of the
//!   tiers, the age and the entitlement asked for, and who is owed visits at all. It is asked anew every day: who joins it later is
//!   visited too; who leaves it stays owed.
//! - **preview**: how many households that is, before anybody starts it.
//! - **coverage**: of the visits owed, how many are owed still, done, excused and missed; it opens to the obligations.
//!
//! The visits are made by a job, some communities at a time, when the campaign begins and every night of it; they are obligations of
//! the kind `campaign` (see [`crate::obligations`]), fulfilled, excused and missed like any other.
//!
//! ```text
//! planned ──→ running ──→ over
//!    └───────────┴──────→ stopped    what was still owed is excused as `campaign_stopped`; what was done or missed stays
//! ```

pub mod jobs;
pub mod model;
pub mod queries;
pub mod routes;

use crate::error::Code;

/// No such campaign, or none that reaches the actor's area.
pub const CAMPAIGN_NOT_FOUND: Code = Code::new(
    404,
    "campaign_not_found",
    "There is no such campaign in your area",
);
/// It was stopped, or its time is over.
pub const CAMPAIGN_OVER: Code = Code::new(
    409,
    "campaign_over",
    "The campaign was stopped already, or its time is over",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[CAMPAIGN_NOT_FOUND, CAMPAIGN_OVER];
