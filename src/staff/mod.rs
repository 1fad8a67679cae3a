//! Staff: accounts, and who serves which community from when to when.
//!
//! An account has one role. What it may see follows from its scope (a division prefix), its organisation or, for a steward,
//! from assignments: `primary` (one at a time in a community) or `deputy`. An assignment begins, ends at an instant that is
//! not past, and is never rewritten: whoever asks later who served then gets the answer of then. A hand-over ends one and
//! begins the other at one instant.
//!
//! A steward who is away has a **leave**, and in each community that they answer for a `cover`: an assignment with an end, so that
//! whatever reads assignments lets the cover in while the leave lasts, and no longer. A cover stands for one assignment and ends
//! with it or with the leave, whichever is first; who is away keeps their own assignment, and answers for nothing. Who covers and
//! is away in turn is covered like anybody else. Nobody has two leaves at a time, and nobody covers who is away themself.
//!
//! Who answers first: the primary, the cover, the deputies ([`queries::leaves::team_at`]; as SQL `steward_in_charge!`).

pub mod commands;
pub mod model;
pub mod queries;
pub mod routes;

use crate::error::Code;

/// No such account.
pub const USER_NOT_FOUND: Code = Code::new(404, "user_not_found", "There is no such account");
/// The user name is taken.
pub const USERNAME_TAKEN: Code = Code::new(409, "username_taken", "Another account has this user name");
/// Administrators do not do this to their own account.
pub const NOT_YOURSELF: Code = Code::new(
    409,
    "not_yourself",
    "Another administrator must do this to your account",
);
/// Without it nobody could administer the city.
pub const LAST_ADMIN: Code = Code::new(
    409,
    "last_admin",
    "This is the last administrator who is not disabled",
);
/// The account is disabled already.
pub const USER_DISABLED: Code = Code::new(409, "user_disabled", "The account is disabled already");
/// The account is not disabled.
pub const USER_NOT_DISABLED: Code = Code::new(409, "user_not_disabled", "The account is not disabled");
/// The account is not one of a steward who can serve.
pub const NOT_A_STEWARD: Code = Code::new(
    422,
    "not_a_steward",
    "This is not the account of a steward who can serve",
);
/// The community has a primary steward then.
pub const PRIMARY_TAKEN: Code = Code::new(
    409,
    "primary_taken",
    "The community has another primary steward then; end that or hand over",
);
/// The steward serves the community then.
pub const ALREADY_SERVES: Code =
    Code::new(409, "already_serves", "This steward serves the community already");
/// Nobody is there to hand over.
pub const NO_PRIMARY: Code = Code::new(409, "no_primary", "The community has no primary steward now");
/// No such assignment in the actor's area.
pub const ASSIGNMENT_NOT_FOUND: Code = Code::new(
    404,
    "assignment_not_found",
    "There is no such assignment in your area",
);
/// The assignment has ended.
pub const ASSIGNMENT_ENDED: Code = Code::new(409, "assignment_ended", "The assignment has ended already");
/// The assignment is a cover.
pub const COVER_OF_LEAVE: Code = Code::new(
    409,
    "cover_of_leave",
    "A cover ends with the leave; shorten that or call it off",
);
/// The steward is away then.
pub const STEWARD_ON_LEAVE: Code = Code::new(409, "steward_on_leave", "The steward is on leave then");
/// No such steward in the actor's area.
pub const STEWARD_NOT_FOUND: Code =
    Code::new(404, "steward_not_found", "There is no such steward in your area");
/// No such leave in the actor's area.
pub const LEAVE_NOT_FOUND: Code = Code::new(404, "leave_not_found", "There is no such leave in your area");
/// The steward has another leave in that time.
pub const LEAVE_OVERLAPS: Code = Code::new(
    409,
    "leave_overlaps",
    "The steward has another leave within that time",
);
/// Who is to stand in is away in that time.
pub const COVER_ON_LEAVE: Code = Code::new(
    409,
    "cover_on_leave",
    "Who is to stand in is on leave within that time",
);
/// The leave is over, or was called off.
pub const LEAVE_ENDED: Code = Code::new(409, "leave_ended", "The leave is over or was called off already");

/// The domain's error codes.
pub const CODES: &[Code] = &[
    USER_NOT_FOUND,
    USERNAME_TAKEN,
    NOT_YOURSELF,
    LAST_ADMIN,
    USER_DISABLED,
    USER_NOT_DISABLED,
    NOT_A_STEWARD,
    PRIMARY_TAKEN,
    ALREADY_SERVES,
    NO_PRIMARY,
    ASSIGNMENT_NOT_FOUND,
    ASSIGNMENT_ENDED,
    COVER_OF_LEAVE,
    STEWARD_ON_LEAVE,
    STEWARD_NOT_FOUND,
    LEAVE_NOT_FOUND,
    LEAVE_OVERLAPS,
    COVER_ON_LEAVE,
    LEAVE_ENDED,
];

/// Registers the domain's jobs.
pub fn jobs(registry: crate::jobs::Registry) -> crate::jobs::Registry {
    registry
}
