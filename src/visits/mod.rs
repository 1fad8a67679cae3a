//! The visit log: a steward at a household, for one or more purposes, with what was found.
//!
//! Append-only and idempotent by the id that the phone gave: the same id with the same content is the same visit, with any other
//! it is refused. What a visit sets in motion is written with it, in one statement: the elders met (one person-time each), the
//! obligations it fulfils, the hazards found and cleared, the needs collected, the policies explained, the photos, and where nobody
//! opened, the no-answer case, a visit owed within 24 hours and the job that watches the case.
//!
//! | outcome | what follows |
//! | --- | --- |
//! | met | every obligation whose period holds the visit is done; a campaign's only by a visit that is not the week's, month's or quarter's |
//! | no_answer | a no-answer case with its deadline; a visit is owed within 24 hours |
//! | refused | the obligations of the period are excused: declined |
//! | moved | the obligations of the period are excused: moved |
//!
//! A correction is a new version by the steward who recorded the visit, within a week; the old one is kept, and only the newest
//! counts. What the old version set in motion follows the new one:
//!
//! | set in motion | named or met again | no longer |
//! | --- | --- | --- |
//! | obligations | done by the new version | done by another visit of the period, or owed, or missed after its grace |
//! | hazards found | as they are said now | withdrawn, unless a later visit has cleared them |
//! | hazards cleared | cleared by the new version | open again |
//! | hazards still unsafe | by the new version | taken back |
//! | policies explained | as the new version says; the old one keeps its own | count no more |
//! | needs | as they are said now, unless ordered | withdrawn, unless ordered |
//! | a shut door | belongs to the new version | resolved, unless it is an emergency already |
//! | an emergency it closed | closed by the new version | acknowledged, to be closed anew |

pub mod model;
pub mod queries;
pub mod routes;

use crate::error::Code;
use chrono::Duration;

/// How long a visit may be corrected after the server received it: a working week and its end. Later it stands in a month that may be
/// frozen, and in worklists and counts that others have acted on.
pub const CORRECTION_TIME: Duration = Duration::days(7);

/// No such visit, or none that the actor may know of.
pub const VISIT_NOT_FOUND: Code = Code::new(404, "visit_not_found", "There is no such visit in your area");
pub use crate::emergencies::HOUSEHOLD_NOT_FOUND;
/// The id stands for another visit.
pub const VISIT_ALREADY_LOGGED: Code = Code::new(
    409,
    "visit_already_logged",
    "Another visit was logged under this id",
);
/// A newer version stands in its place.
pub const VISIT_SUPERSEDED: Code = Code::new(
    409,
    "visit_superseded",
    "This version was corrected already: correct the newest",
);
/// The time for corrections is over.
pub const VISIT_CORRECTION_TOO_LATE: Code = Code::new(
    409,
    "visit_correction_too_late",
    "A visit may be corrected for seven days",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[
    VISIT_NOT_FOUND,
    VISIT_ALREADY_LOGGED,
    VISIT_SUPERSEDED,
    VISIT_CORRECTION_TOO_LATE,
];
