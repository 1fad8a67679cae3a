//! Ability assessments by GB/T 42195: how much of daily life an elder manages, in levels 0 (intact) to 4 (totally disabled).
//!
//! ```text
//! scores ─→ sum of each part ─→ total ─→ preliminary level ─→ raised by one, once, at most to 4 ─→ level
//! coma ────────────────────────────────────────────────────────────────────────────────────────→ level 4
//! ```
//!
//! Items, cut-offs, rules and the category that follows from a level are a [`scheme::Scheme`]: data with a version and a first day.
//! An assessment keeps the version by which it was made, and its reckoning as it was told then. It is made by two assessors and never
//! changed: a wrong one is replaced by another that names it. The latest that was not replaced is the current one, and the elder's
//! category `disabled` or `partly_disabled` follows it, from the day of the assessment on.

pub mod model;
pub mod queries;
pub mod routes;
pub mod scheme;

use crate::error::Code;

/// No such assessment, or none that the actor may know of.
pub const ASSESSMENT_NOT_FOUND: Code = Code::new(
    404,
    "assessment_not_found",
    "There is no such assessment in your area",
);
/// The id stands for another assessment.
pub const ASSESSMENT_ALREADY_RECORDED: Code = Code::new(
    409,
    "assessment_already_recorded",
    "Another assessment was recorded under this id",
);
/// The assessment to be replaced was replaced before.
pub const ASSESSMENT_REPLACED: Code = Code::new(
    409,
    "assessment_replaced",
    "This assessment was replaced already: replace the newest",
);
/// No scheme is in force on the day.
pub const NO_ASSESSMENT_SCHEME: Code = Code::new(
    422,
    "no_assessment_scheme",
    "No scheme of assessment was in force on that day",
);

/// The codes of assessments.
pub const CODES: &[Code] = &[
    ASSESSMENT_NOT_FOUND,
    ASSESSMENT_ALREADY_RECORDED,
    ASSESSMENT_REPLACED,
    NO_ASSESSMENT_SCHEME,
];
