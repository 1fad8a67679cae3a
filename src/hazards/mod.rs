//! What was found unsafe, until it is safe.
//!
//! A hazard is found on a visit, at a **check point** of the list in force ([`check_points`]), and cleared by a later visit: whoever
//! mends it, another visit has to have seen it safe. A visit that still finds it unsafe says so, and never clears what it found
//! itself. What comes back at the same check point after it was cleared is a new hazard that names the one before.
//!
//! ```text
//! open ──→ cleared      a later visit found it safe
//!   │ │      └→ open    that visit was corrected and says so no longer
//!   │ └──→ withdrawn    the visit that found it was corrected and names it no longer
//!   └ meanwhile: reported, notified, a responsible party, one extension, a repair order, photos, checked again; overdue it climbs
//! ```
//!
//! - A **major** one is handled before leaving and reported within an hour of being found ([`REPORT_WITHIN`]); a report that is
//!   missing is raised, once.
//! - General and major ones have a **deadline**, which is moved once, with a reason, by no more than its own length.
//! - Past it the hazard climbs: steward → officer of the subdistrict → of the county → of the city, a step at once and each further
//!   one after [`STEP_AFTER`]. An extension begins the climb anew.
//!
//! A hazard is what its **events** made of it: every change is one event, the row's `version` counts them, and [`model::replay`] of
//! the events gives the row again.

pub mod check_points;
pub mod jobs;
pub mod model;
pub mod queries;
pub mod routes;

use crate::error::Code;
use chrono::Duration;

/// How soon a major hazard is reported after it was found. The statements have it as `report_due!`.
pub const REPORT_WITHIN: Duration = Duration::hours(1);

/// How long an overdue hazard stays at one step before it climbs to the next.
pub const STEP_AFTER: Duration = Duration::days(3);

/// No such hazard, or none that the actor may know of.
pub const HAZARD_NOT_FOUND: Code = Code::new(404, "hazard_not_found", "There is no such hazard in your area");
/// It is cleared or withdrawn.
pub const HAZARD_NOT_OPEN: Code = Code::new(409, "hazard_not_open", "The hazard is not open any more");
/// The id stands for another hazard.
pub const HAZARD_ALREADY_FOUND: Code = Code::new(
    409,
    "hazard_already_found",
    "Another hazard was recorded under this id",
);
/// The id stands for another report, notice or set of photos.
pub const HAZARD_RECORD_TAKEN: Code = Code::new(
    409,
    "hazard_record_taken",
    "Something else was recorded of a hazard under this id",
);
/// Its deadline was moved before.
pub const HAZARD_ALREADY_EXTENDED: Code = Code::new(
    409,
    "hazard_already_extended",
    "The deadline of a hazard is extended once",
);
/// Advice has no deadline.
pub const HAZARD_HAS_NO_DEADLINE: Code = Code::new(
    409,
    "hazard_has_no_deadline",
    "A hazard that is advice has no deadline",
);
/// An order for its repair is under way.
pub const HAZARD_IN_REPAIR: Code = Code::new(
    409,
    "hazard_in_repair",
    "An order for the repair of this hazard is under way",
);
/// No list was in force on that day, or none has that number.
pub const CHECK_LIST_NOT_FOUND: Code = Code::new(
    404,
    "check_list_not_found",
    "There is no such list of check points",
);
/// A list begins on that day, or a later one is published.
pub const CHECK_LIST_IS_SET: Code = Code::new(
    409,
    "check_list_is_set",
    "A list of check points that begins on or after this day is published already",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[
    HAZARD_NOT_FOUND,
    HAZARD_NOT_OPEN,
    HAZARD_ALREADY_FOUND,
    HAZARD_RECORD_TAKEN,
    HAZARD_ALREADY_EXTENDED,
    HAZARD_HAS_NO_DEADLINE,
    HAZARD_IN_REPAIR,
    CHECK_LIST_NOT_FOUND,
    CHECK_LIST_IS_SET,
];
