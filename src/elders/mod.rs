//! Elders and their households: enrolment, categories over time, contacts, consents, status, ability assessments, and what follows
//! from them.

pub mod assessment;
pub mod change;
pub mod enrol;
pub mod file;
pub mod id_number;
pub mod import;
pub mod mask;
pub mod merge;
pub mod model;
pub mod overrides;
pub mod phone;
pub mod queries;
pub mod routes;
pub mod sheet;
pub mod standing;

use crate::error::Code;

/// No such elder, or none that the actor may know of.
pub const ELDER_NOT_FOUND: Code = Code::new(404, "elder_not_found", "There is no such elder in your area");
/// The person is enrolled, somewhere in the city.
pub const ELDER_ALREADY_ENROLLED: Code = Code::new(
    409,
    "elder_already_enrolled",
    "A person with this document is enrolled in the city already",
);
/// The status cannot follow the present one.
pub const ELDER_STATUS_NOT_POSSIBLE: Code = Code::new(
    409,
    "elder_status_not_possible",
    "This status cannot follow the present one",
);
/// The elder carries the category already.
pub const ELDER_CATEGORY_OPEN: Code = Code::new(
    409,
    "elder_category_open",
    "The elder carries this category already",
);
/// The elder does not carry the category.
pub const ELDER_CATEGORY_NOT_OPEN: Code = Code::new(
    404,
    "elder_category_not_open",
    "The elder does not carry this category",
);
/// A consent for the purpose is in force.
pub const CONSENT_IN_FORCE: Code =
    Code::new(409, "consent_in_force", "A consent for this purpose is in force");
/// No consent for the purpose is in force.
pub const CONSENT_NOT_IN_FORCE: Code = Code::new(
    409,
    "consent_not_in_force",
    "No consent for this purpose is in force",
);
/// The file is closed: the person's other file is kept.
pub const ELDER_MERGED: Code = Code::new(
    409,
    "elder_merged",
    "This file was merged into another one, which is kept instead",
);
/// No such merge, or none that the actor may know of.
pub const MERGE_NOT_FOUND: Code = Code::new(404, "merge_not_found", "There is no such merge in your area");
/// The merge was taken back already, or one of its files was merged again since.
pub const MERGE_NOT_UNDOABLE: Code = Code::new(
    409,
    "merge_not_undoable",
    "This merge was undone already, or one of its files was merged again since",
);
/// The elder has no such override of the tier.
pub const TIER_OVERRIDE_NOT_FOUND: Code = Code::new(
    404,
    "tier_override_not_found",
    "The elder's tier was never set so by hand",
);
/// The override has ended.
pub const TIER_OVERRIDE_OVER: Code = Code::new(
    409,
    "tier_override_over",
    "This decision on the tier is over already",
);
/// No such household, or none that the actor may know of.
pub const HOUSEHOLD_NOT_FOUND: Code = Code::new(
    404,
    "household_not_found",
    "There is no such household in your area",
);
/// Files that the list changes were changed while it was being read.
pub const IMPORT_OVERTAKEN: Code = Code::new(
    409,
    "import_overtaken",
    "Some of the elders were changed at the same moment; nothing was imported, send the list again",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[
    CONSENT_NOT_IN_FORCE,
    ELDER_MERGED,
    MERGE_NOT_FOUND,
    MERGE_NOT_UNDOABLE,
    TIER_OVERRIDE_NOT_FOUND,
    TIER_OVERRIDE_OVER,
    HOUSEHOLD_NOT_FOUND,
    IMPORT_OVERTAKEN,
    ELDER_NOT_FOUND,
    ELDER_ALREADY_ENROLLED,
    ELDER_STATUS_NOT_POSSIBLE,
    ELDER_CATEGORY_OPEN,
    ELDER_CATEGORY_NOT_OPEN,
    CONSENT_IN_FORCE,
];
