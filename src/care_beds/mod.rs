//! Family care beds (家庭照护床位): built into the home under one provider, served by a monthly plan, looked at by the steward. The
//! installations of other elder-care projects (age-friendly adaptation, smart devices) are followed up the same way, up to their
//! acceptance.
//!
//! ```text
//! applied ─→ endorsed ─→ approved ─→ assessed ─→ planned ─→ installed ─→ accepted ─→ in_service ⇄ suspended
//!  │ ↑ └──────┬──┴─→ refused                        ↑    not   │              │            └─────┬─────┘
//!  ↓ │        ↓                                     └──────────┘              │                  │
//! returned ←──┘                                   accepted: mend              └ a project stops here
//!
//! every state before the end ─→ ended: moved, deceased, in an institution (follows the elder's status), or as somebody decides
//! ```
//!
//! - The subdistrict endorses, the county approves; each officer decides only at the level of their own scope.
//! - The provider of the plan installs, with photos; whoever accepts it is another.
//! - A bed is in service while it has an **agreement** that holds and a **service plan**: quotas of times and minutes a month, against
//!   which the elder's completed orders are counted.
//! - An **inspection** looks at the points of building or of service. Each point with a problem has a **finding** with a deadline; the
//!   provider mends it, and a later inspection clears it or opens it again. What is late is escalated, once.
//!
//! A bed is what its **events** made of it: every change is one event, the row's `version` counts them, and [`model::replay`] of the
//! events gives the row again.

pub mod jobs;
pub mod model;
pub mod queries;
pub mod routes;

use crate::error::Code;

/// No such bed, or none that the actor may know of.
pub const CARE_BED_NOT_FOUND: Code = Code::new(
    404,
    "care_bed_not_found",
    "There is no such care bed in your area",
);
/// The bed's state does not allow it.
pub const CARE_BED_STATE: Code = Code::new(
    409,
    "care_bed_state",
    "The care bed is in a state that does not allow this",
);
/// The id stands for another application.
pub const CARE_BED_ALREADY_APPLIED: Code = Code::new(
    409,
    "care_bed_already_applied",
    "Another application was made under this id",
);
/// The elder has one that is under way.
pub const CARE_BED_OPEN: Code = Code::new(
    409,
    "care_bed_open",
    "The elder has a care bed or project of this kind already",
);
/// Somebody of another level decides.
pub const CARE_BED_LEVEL: Code = Code::new(
    403,
    "care_bed_level",
    "An officer of another level decides: the subdistrict endorses, the county approves",
);
/// Who installed it does not accept it.
pub const ACCEPTED_BY_INSTALLER: Code = Code::new(
    403,
    "accepted_by_installer",
    "Somebody else must accept it: you installed it yourself",
);
/// The bed lacks what service needs.
pub const CARE_BED_NOT_READY: Code = Code::new(
    409,
    "care_bed_not_ready",
    "Service needs an agreement that holds today and a service plan for this month",
);
/// The id stands for another inspection.
pub const INSPECTION_ALREADY_RECORDED: Code = Code::new(
    409,
    "inspection_already_recorded",
    "Another inspection was recorded under this id",
);
/// No such finding, or none that the actor may know of.
pub const FINDING_NOT_FOUND: Code =
    Code::new(404, "finding_not_found", "There is no such finding in your area");
/// The finding is mended or cleared already.
pub const FINDING_NOT_OPEN: Code = Code::new(
    409,
    "finding_not_open",
    "The finding was mended or cleared already",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[
    CARE_BED_NOT_FOUND,
    CARE_BED_STATE,
    CARE_BED_ALREADY_APPLIED,
    CARE_BED_OPEN,
    CARE_BED_LEVEL,
    ACCEPTED_BY_INSTALLER,
    CARE_BED_NOT_READY,
    INSPECTION_ALREADY_RECORDED,
    FINDING_NOT_FOUND,
    FINDING_NOT_OPEN,
];
