//! The people around a community's steward, and how much each steward has to do.
//!
//! - **team**: the stewards of a community in the order in which they answer (see [`crate::staff`]), and its **members**: volunteers
//!   and grid workers (网格员), who need no account. A member belongs to the team from day to day; a number that changes is another
//!   member, so that who was called is not rewritten. Their phones are sealed; a reveal says why and is on the record.
//! - **load**: the visits that a steward's communities take in a week, if they were spread evenly: one for each weekly household, and
//!   the part of a week for the others. It says whether the communities are dealt out fairly.
//! - **goal**: the visits that this week has to bring: those owed weekly, and of the month's and the quarter's the share that falls on
//!   this week if what is left is spread over the weeks that are left. Both belong to the steward in charge: the primary, or who
//!   covers for them.

pub mod model;
pub mod queries;
pub mod routes;

use crate::error::Code;

/// No such member in the actor's scope.
pub const MEMBER_NOT_FOUND: Code = Code::new(
    404,
    "member_not_found",
    "There is no such member of a team in your area",
);
/// The member is of the team no more.
pub const MEMBER_ENDED: Code = Code::new(409, "member_ended", "The member has left the team already");
/// The team is as large as a team may be.
pub const TEAM_FULL: Code = Code::new(409, "team_full", "The community's team has 200 members already");

/// The domain's error codes.
pub const CODES: &[Code] = &[MEMBER_NOT_FOUND, MEMBER_ENDED, TEAM_FULL];
