//! Staff: accounts, and who serves which community from when to when.
//!
//! An account has one role. What it may see follows from its scope (a division prefix), its organisation or, for a steward,
//! from assignments: `primary` (one at a time in a community) or `deputy`. An assignment begins, ends at an instant that is
//! not past, and is never rewritten: whoever asks later who served then gets the answer of then. A hand-over ends one and
//! begins the other at one instant.

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
];

/// Registers the domain's jobs.
pub fn jobs(registry: crate::jobs::Registry) -> crate::jobs::Registry {
    registry
}
