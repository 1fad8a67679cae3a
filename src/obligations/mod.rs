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

pub mod jobs;
pub mod model;
pub mod queries;
pub mod routes;

use crate::error::Code;

/// The domain's error codes.
pub const CODES: &[Code] = &[];
