//! Indicators: each figure is the count over a list of records, and opens to that list. Months are frozen, signed, and
//! compared with what the records say later.
//!
//! Reads every domain's tables and names no other domain's code.
//!
//! - **list**: the records behind an indicator; its figure is their count, or the share of those that count.
//! - **part**: the figure of one division, steward, kind …; told apart within one statement over the same list.
//! - **frozen month**: figures with the hash of each list, signed. Freezing again makes the next version, with a reason; what is
//!   in force is the newest. Nothing frozen is ever changed, and reading says whether it still is what was signed.
//!
//! - **weekly board**: where each visit owed in a week stands, by community and steward; it counts one indicator's list.
//!
//! Care beds, publicity events and explained policies have no tables yet: there are no indicators of them.

pub mod board;
pub mod command;
pub mod download;
pub mod export;
pub mod freeze;
pub mod model;
pub mod queries;
pub mod registry;
pub mod routes;
pub mod workbook;

use crate::error::Code;

/// No indicator has this code.
pub const INDICATOR_NOT_FOUND: Code = Code::new(404, "indicator_not_found", "There is no such indicator");
/// The division is not within the actor's, or the month was not frozen for it.
pub const REPORT_NOT_FOUND: Code = Code::new(404, "report_not_found", "There is no such report in your area");
/// A month is frozen after its end.
pub const MONTH_NOT_OVER: Code = Code::new(422, "month_not_over", "The month is not over yet");
/// Somebody else froze the month at the same time.
pub const REPORT_FROZEN_MEANWHILE: Code = Code::new(
    409,
    "report_frozen_meanwhile",
    "The month was frozen by somebody else just now",
);
/// A list that no workbook or answer should hold.
pub const TOO_MANY_ROWS: Code = Code::new(
    422,
    "too_many_rows",
    "There are more rows than can be given at once, ask for less",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[
    INDICATOR_NOT_FOUND,
    REPORT_NOT_FOUND,
    MONTH_NOT_OVER,
    REPORT_FROZEN_MEANWHILE,
    TOO_MANY_ROWS,
];

crate::permission!(
    /// Those who file reports for a division.
    Reports = Officer | Duty | Auditor
);
