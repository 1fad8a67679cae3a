//! Which visit is owed to which household, in which period, and why.
//!
//! A household is owed the visits of its strictest elder: every ISO week, month or quarter of Asia/Shanghai. The server makes
//! the present period's obligations every midnight there (so those of a week on Monday 00:00) and when an elder is enrolled,
//! never further ahead. While an obligation is owed, whoever serves the community now answers for it: a hand-over loses none.
//!
//! ```text
//! owed ──→ done       a visit that met somebody within the period, however late it arrives from the phone
//!   ├────→ excused    nobody of the household is owed a visit: in hospital, away, moved …, or the visit was declined
//!   └────→ missed     the period's grace is over; a visit that arrives later still makes it done
//! ```
//!
//! Each that is closed has a steward who answers for it: who made the visit, or else who was in charge of the community then. Why one
//! was missed is said once, afterwards, by a steward or an officer.

pub mod jobs;
pub mod missed;
pub mod model;
pub mod queries;
pub mod routes;

use crate::error::Code;

/// No such obligation in the actor's scope.
pub const OBLIGATION_NOT_FOUND: Code = Code::new(
    404,
    "obligation_not_found",
    "There is no such visit owed in your area",
);
/// Only what was missed has a reason for that.
pub const OBLIGATION_NOT_MISSED: Code = Code::new(409, "obligation_not_missed", "The visit was not missed");
/// The reason has been given.
pub const OBLIGATION_EXPLAINED: Code = Code::new(
    409,
    "obligation_explained",
    "Why the visit was missed has been said already",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[OBLIGATION_NOT_FOUND, OBLIGATION_NOT_MISSED, OBLIGATION_EXPLAINED];
