//! Administrative divisions (12-digit statistical codes) and the communities (residential compounds, 小区) in them.
//!
//! Divisions come from yearly lists ([`edition`]): a code that a newer list no longer has is revoked, never deleted. A
//! community lies in a division; what an actor may see of it is said in [`policy`], as part of every statement.

pub mod division_code;
pub mod edition;
pub mod model;
pub mod policy;
pub mod queries;
pub mod routes;

use crate::error::Code;

/// No such community, or none that the actor may know of.
pub const COMMUNITY_NOT_FOUND: Code = Code::new(
    404,
    "community_not_found",
    "There is no such community in your area",
);
/// The division code is in no list, or revoked.
pub const DIVISION_UNKNOWN: Code = Code::new(422, "division_unknown", "There is no such division");
/// The compound's code is taken.
pub const COMMUNITY_CODE_TAKEN: Code =
    Code::new(409, "community_code_taken", "Another community has this code");
/// A newer list has been imported.
pub const EDITION_OLDER: Code = Code::new(
    409,
    "edition_older",
    "A newer edition has been imported; an older one would undo it",
);
/// This year's list has been imported, and said something else.
pub const EDITION_DIFFERS: Code = Code::new(
    409,
    "edition_differs",
    "This edition has been imported with other content",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[
    COMMUNITY_NOT_FOUND,
    DIVISION_UNKNOWN,
    COMMUNITY_CODE_TAKEN,
    EDITION_OLDER,
    EDITION_DIFFERS,
];
