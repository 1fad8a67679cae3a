//! Which visit is owed to which household, in which period, why, and how urgently.
//!
//! - **period**: a household is owed the visits of its strictest elder: every ISO week, month or quarter of Asia/Shanghai. The
//!   server makes the present period's obligations every midnight there (so those of a week on Monday 00:00) and when an elder is
//!   enrolled, never further ahead. While an obligation is owed, whoever serves the community now answers for it: a hand-over
//!   loses none.
//! - **event** (back from hospital, fall, bereavement …): owes a visit within 24 hours of becoming known. A coming back from hospital
//!   is recorded by the service itself.
//! - **campaign**: owes one visit more in its time; see [`crate::campaigns`].
//! - **risk**, 0 to 100: the sum of what weighs, by [`risk`]'s editions of weights. It orders the worklist and is told with every
//!   reason.
//! - **tier**: how often. It follows from the file (categories and age), and is raised to weekly while the points of what was found and
//!   missed, without the file's, come to the edition's `weekly_from`: an open major hazard, two missed visits within 90 days. It is
//!   never lowered by them, and what a person decided for an elder stands before all. The elder's row keeps the tier by the file and by
//!   hand; the raise is reckoned where visits come to be owed, every night and when the file changes, and is kept there with its
//!   reasons (`raised_by`). A visit that is owed stays owed when these are gone: the next period is as the file says.
//!
//! Risk is reckoned here, below hazards and visits, because the worklist is sorted by it: it reads their tables and names nothing
//! of their code. What the file and the last visits weigh is written with the obligation, at night and when the file changes, so that
//! logging a visit costs nothing more; what is open (hazards, shut doors, emergencies) is joined to the worklist and counts at once.
//!
//! ```text
//! owed ──→ done       a visit that met somebody within the period, however late it arrives from the phone
//!   ├────→ excused    nobody of the household is owed a visit: in hospital, away, moved …; the visit was declined; the campaign
//!   │         │       was stopped
//!   │         └─→ owed   somebody is back while a day or more of the period is left
//!   └────→ missed     the period's grace is over; a visit that arrives later still makes it done
//! ```
//!
//! Each that is closed has a steward who answers for it: who made the visit, or else who was in charge of the community then. Why one
//! was missed is said once, afterwards, by a steward or an officer.
//! One visit makes done all that is owed then, but for a campaign's: that visit is one more, and done by the next. Where the tier
//! changes in the middle of a period, the visit made in it already makes done what comes to be owed for it.

pub mod jobs;
pub mod missed;
pub mod model;
pub mod queries;
pub mod risk;
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

/// The id stands for another event.
pub const ELDER_EVENT_ALREADY_RECORDED: Code = Code::new(
    409,
    "elder_event_already_recorded",
    "This id stands for another event",
);
/// Two made the next edition of the weights at once.
pub const RISK_EDITION_MADE_MEANWHILE: Code = Code::new(
    409,
    "risk_edition_made_meanwhile",
    "Somebody else changed the weights just now, look at them again",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[
    OBLIGATION_NOT_FOUND,
    OBLIGATION_NOT_MISSED,
    OBLIGATION_EXPLAINED,
    ELDER_EVENT_ALREADY_RECORDED,
    RISK_EDITION_MADE_MEANWHILE,
];
