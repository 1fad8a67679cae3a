//! The policy library, and what it means for an elder: entitled to what and why, applied for or not, still to be done.
//!
//! A **policy** has **versions**; none is ever changed. On a day counts the newest version that has begun by then, and the policy
//! is not in force where that one has ended: a policy ends by a version with an end. An officer keeps what their division, or one
//! below it, has issued; everybody reads the whole library.
//!
//! **Eligibility** is data of the version: age, categories, entitlement, ability, where the elder lives. An elder is entitled when
//! every condition that the version names is met ([`eligibility`]); each answers with what was required and what was found.
//!
//! **To do** is each policy in force that an elder of the area is entitled to, unless it is applied for or granted, was refused or
//! stopped under the version that is in force, or is **snoozed**: not wanted until a day, for a reason.
//!
//! ```text
//! applied ─→ granted ─→ stopped
//!    │ └───→ refused      ↑
//!    └────────────────────┘ taken back
//! ```

pub mod eligibility;
pub mod model;
pub mod queries;
pub mod routes;

use crate::{error::Code, permission};

/// The policies in force on a day as a derived table `$alias` of their versions' rows, as SQL text: `policies_in_force!("$5") AS p`.
#[macro_export]
macro_rules! policies_in_force {
    ($day:literal) => {
        concat!(
            "(SELECT newest.* FROM (SELECT DISTINCT ON (begun.policy_id) begun.* FROM policy_versions begun WHERE begun.valid_from <= ",
            $day,
            " ORDER BY begun.policy_id, begun.version DESC) newest WHERE newest.valid_to IS NULL OR newest.valid_to > ",
            $day,
            ")"
        )
    };
}

permission!(
    /// Those who advise elders on policies and make policies known.
    Advisers = Steward | Officer
);
permission!(
    /// Those who keep the library.
    PolicyKeepers = Officer | Admin
);

/// No such policy.
pub const POLICY_NOT_FOUND: Code = Code::new(404, "policy_not_found", "There is no such policy");
/// The policy was issued by a division that is not the officer's.
pub const POLICY_OUTSIDE_AREA: Code = Code::new(
    403,
    "policy_outside_area",
    "The policy is kept by the office of the division that issued it",
);
/// A policy has this code.
pub const POLICY_CODE_TAKEN: Code = Code::new(409, "policy_code_taken", "Another policy has this code");
/// No such application, or none that the actor may know of.
pub const POLICY_APPLICATION_NOT_FOUND: Code = Code::new(
    404,
    "policy_application_not_found",
    "There is no such application in your area",
);
/// The id stands for another application.
pub const POLICY_APPLICATION_ALREADY_RECORDED: Code = Code::new(
    409,
    "policy_application_already_recorded",
    "Another application was recorded under this id",
);
/// The elder has applied for it, or has it.
pub const POLICY_APPLIED_FOR: Code = Code::new(
    409,
    "policy_applied_for",
    "The elder has applied for this policy, or is granted it",
);
/// The application has been decided, or has ended.
pub const POLICY_APPLICATION_NOT_OPEN: Code = Code::new(
    409,
    "policy_application_not_open",
    "The application has been decided or has ended",
);
/// The id stands for another snooze.
pub const POLICY_SNOOZE_ALREADY_RECORDED: Code = Code::new(
    409,
    "policy_snooze_already_recorded",
    "Another snooze was recorded under this id",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[
    POLICY_NOT_FOUND,
    POLICY_OUTSIDE_AREA,
    POLICY_CODE_TAKEN,
    POLICY_APPLICATION_NOT_FOUND,
    POLICY_APPLICATION_ALREADY_RECORDED,
    POLICY_APPLIED_FOR,
    POLICY_APPLICATION_NOT_OPEN,
    POLICY_SNOOZE_ALREADY_RECORDED,
];
