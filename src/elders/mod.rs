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
/// No such household, or none that the actor may know of.
pub const HOUSEHOLD_NOT_FOUND: Code = Code::new(
    404,
    "household_not_found",
    "There is no such household in your area",
);
/// The list, or what it unpacks to, is larger than is looked at.
pub const SHEET_TOO_LARGE: Code = Code::new(413, "sheet_too_large", "The list is larger than allowed");
/// The list has more rows than are taken at once.
pub const SHEET_TOO_MANY_ROWS: Code = Code::new(
    422,
    "sheet_too_many_rows",
    "The list has too many rows for one file",
);
/// The file is no Excel workbook.
pub const SHEET_NOT_EXCEL: Code = Code::new(422, "sheet_not_excel", "The file is no Excel workbook");
/// The file asks for a password.
pub const SHEET_ENCRYPTED: Code = Code::new(422, "sheet_encrypted", "The file is protected by a password");
/// The file is an Excel workbook by its first bytes only.
pub const SHEET_DAMAGED: Code = Code::new(422, "sheet_damaged", "The file is damaged");
/// The headings are not the form's.
pub const SHEET_HEADINGS: Code = Code::new(422, "sheet_headings", "The headings are not those of the form");
/// The file brought down the process that read it, or held it up.
pub const SHEET_UNREADABLE: Code = Code::new(
    422,
    "sheet_unreadable",
    "The file cannot be read: open it in Excel, save it as a new .xlsx and send that",
);
/// Every row of the list can be taken.
pub const NOTHING_TO_CORRECT: Code = Code::new(
    409,
    "nothing_to_correct",
    "There is nothing to correct in this list",
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
    HOUSEHOLD_NOT_FOUND,
    SHEET_TOO_LARGE,
    SHEET_TOO_MANY_ROWS,
    SHEET_NOT_EXCEL,
    SHEET_ENCRYPTED,
    SHEET_DAMAGED,
    SHEET_HEADINGS,
    SHEET_UNREADABLE,
    NOTHING_TO_CORRECT,
    IMPORT_OVERTAKEN,
    ELDER_NOT_FOUND,
    ELDER_ALREADY_ENROLLED,
    ELDER_STATUS_NOT_POSSIBLE,
    ELDER_CATEGORY_OPEN,
    ELDER_CATEGORY_NOT_OPEN,
    CONSENT_IN_FORCE,
];

/// Registers the domain's jobs.
pub fn jobs(registry: crate::jobs::Registry) -> crate::jobs::Registry {
    standing::jobs(registry)
}
