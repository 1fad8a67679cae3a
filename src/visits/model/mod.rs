//! The words of a visit; as it is sent ([`NewVisit`]) and as it stands ([`Visit`]).

mod seen;
mod sent;

pub use seen::{ElderSeen, HazardSeen, NeedSeen, PolicySeen, Visit, VisitDetail};
pub use sent::{
    Check, CheckIn, Checks, ElderMet, HazardFound, NeedCollected, NewVisit, NewVisitPhotos, PhotoTaken,
    PolicyExplained, VisitCorrection,
};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a visit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::VisitPurpose")]
pub enum VisitPurpose {
    /// The weekly safety visit, with the four checks.
    Safety,
    /// Collecting needs.
    Needs,
    /// Surveying a service.
    FollowUp,
    /// Inspecting a family care bed.
    CareBed,
    /// Explaining policies.
    Policy,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::VisitOutcome")]
pub enum VisitOutcome {
    /// Somebody was met.
    Met,
    /// Nobody opened.
    NoAnswer,
    /// The visit was declined.
    Refused,
    /// They live there no more.
    Moved,
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::CheckResult")]
pub enum CheckResult {
    /// Nothing unsafe.
    Safe,
    /// Something unsafe.
    Hazard,
    /// There is nothing to check.
    NotApplicable,
    /// It was not checked, for a reason.
    NotChecked,
}

/// Where the steward stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::VisitPosition")]
pub enum VisitPosition {
    /// At the door.
    AtDoor,
    /// Somewhere else.
    Elsewhere,
    /// The phone had no position.
    Unknown,
}

/// Physical condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::PhysicalCondition")]
pub enum PhysicalCondition {
    /// Good.
    Good,
    /// Fair.
    Fair,
    /// Poor.
    Poor,
    /// Needs help now.
    Acute,
}

/// Daily diet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::Diet")]
pub enum Diet {
    /// Regular.
    Regular,
    /// Irregular.
    Irregular,
    /// Too little.
    Insufficient,
}

/// Mood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::Mood")]
pub enum Mood {
    /// Cheerful.
    Cheerful,
    /// Calm.
    Calm,
    /// Low.
    Low,
    /// Distressed.
    Distressed,
}
