//! Visits as they are sent and received, and the rules that a visit must keep.

use crate::{
    error::{INVALID, Problem},
    ids::{CommunityId, ElderId, HazardId, HouseholdId, UserId, VisitId},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
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

/// What kind of thing is unsafe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::HazardKind")]
pub enum HazardKind {
    /// 气
    Gas,
    /// 电
    Electric,
    /// 火
    Fire,
    /// 水
    Water,
    /// 居
    Dwelling,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::HazardSeverity")]
pub enum HazardSeverity {
    /// 建议: no deadline.
    Advice,
    /// 一般
    General,
    /// 重大: handled before leaving.
    Major,
}

/// One of the four checks.
#[derive(Debug, Clone, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What it found.
    #[garde(skip)]
    pub result: CheckResult,
    /// The points looked at.
    #[garde(length(max = 30), inner(length(chars, min = 1, max = 60)))]
    #[serde(default)]
    #[schema(example = json!(["hose", "leak_test"]))]
    pub points: Vec<String>,
    /// Why it was not checked.
    #[garde(length(chars, max = 200))]
    pub reason: Option<String>,
}

/// The four checks of a safety visit.
#[derive(Debug, Clone, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Checks {
    /// 气
    #[garde(dive)]
    pub gas: Check,
    /// 电
    #[garde(dive)]
    pub electric: Check,
    /// 火
    #[garde(dive)]
    pub fire: Check,
    /// 水
    #[garde(dive)]
    pub water: Check,
}

impl Checks {
    /// Each with its name and the kind of hazard that it can find.
    pub fn each(&self) -> [(&'static str, HazardKind, &Check); 4] {
        [
            ("gas", HazardKind::Gas, &self.gas),
            ("electric", HazardKind::Electric, &self.electric),
            ("fire", HazardKind::Fire, &self.fire),
            ("water", HazardKind::Water, &self.water),
        ]
    }
}

/// An elder who was met.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ElderMet {
    /// Who.
    #[garde(skip)]
    pub elder_id: ElderId,
    /// Physical condition.
    #[garde(skip)]
    pub condition: PhysicalCondition,
    /// Daily diet.
    #[garde(skip)]
    pub diet: Diet,
    /// Mood.
    #[garde(skip)]
    pub mood: Mood,
    /// What else there is to say; sealed.
    #[garde(length(chars, max = 1000))]
    pub note: Option<String>,
}

/// Something unsafe that was found.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HazardFound {
    /// What kind.
    #[garde(skip)]
    pub kind: HazardKind,
    /// How bad.
    #[garde(skip)]
    pub severity: HazardSeverity,
    /// At which check point.
    #[garde(length(chars, min = 1, max = 60))]
    #[schema(example = "hose")]
    pub check_point: String,
    /// What was seen.
    #[garde(length(chars, max = 1000))]
    #[schema(example = "软管龟裂")]
    pub description: String,
    /// What was done before leaving; needed for a major one.
    #[garde(length(chars, max = 1000))]
    #[serde(default)]
    #[schema(example = "已关阀通风，联系燃气公司")]
    pub measure: String,
}

/// Where the phone was.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckIn {
    /// At the door, elsewhere, unknown: each is an answer.
    #[garde(skip)]
    pub position: VisitPosition,
    /// Degrees north, WGS 84.
    #[garde(inner(range(min = -90.0, max = 90.0)))]
    pub latitude: Option<f64>,
    /// Degrees east, WGS 84.
    #[garde(inner(range(min = -180.0, max = 180.0)))]
    pub longitude: Option<f64>,
    /// Radius in metres within which it was.
    #[garde(inner(range(min = 0.0, max = 100_000.0)))]
    pub accuracy_m: Option<f32>,
}

/// A visit to be logged.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVisit {
    /// Made by the phone; the same id is the same visit.
    #[garde(skip)]
    pub id: VisitId,
    /// Where.
    #[garde(skip)]
    pub household_id: HouseholdId,
    /// What for.
    #[garde(length(min = 1, max = 5))]
    pub purposes: Vec<VisitPurpose>,
    /// How it went.
    #[garde(skip)]
    pub outcome: VisitOutcome,
    /// Check-in, by the device's clock.
    #[garde(skip)]
    pub started_at: DateTime<Utc>,
    /// Check-out, by the device's clock.
    #[garde(skip)]
    pub ended_at: DateTime<Utc>,
    /// The device's clock when it sent this: what it is off by is taken from the other times.
    #[garde(skip)]
    pub device_now: DateTime<Utc>,
    /// Where the phone was.
    #[garde(dive)]
    pub check_in: CheckIn,
    /// The four checks, on a safety visit that met somebody.
    #[garde(dive)]
    pub checks: Option<Checks>,
    /// Who was met.
    #[garde(length(max = 10), dive)]
    #[serde(default)]
    pub elders: Vec<ElderMet>,
    /// What was found unsafe.
    #[garde(length(max = 20), dive)]
    #[serde(default)]
    pub hazards: Vec<HazardFound>,
    /// Hazards of earlier visits that are safe now.
    #[garde(length(max = 50))]
    #[serde(default)]
    pub cleared: Vec<HazardId>,
    /// What else there is to say; sealed.
    #[garde(length(chars, max = 2000))]
    pub note: Option<String>,
    /// Version of the form it was entered on; old ones are accepted for ever.
    #[garde(range(min = 1))]
    pub form_version: i16,
}

/// How far ahead of the server a visit may begin after the device's clock is put right.
const AHEAD: Duration = Duration::minutes(10);

impl NewVisit {
    /// What the device's clock was ahead of the server's by.
    pub fn offset(&self, now: DateTime<Utc>) -> Duration {
        self.device_now - now
    }

    /// The rules that hold between fields.
    ///
    /// # Errors
    /// 422 with every field at fault.
    pub fn check(&self, now: DateTime<Utc>) -> Result<(), Problem> {
        let mut problem = INVALID.problem();
        let mut wrong = |field: String, message: &str| {
            problem.fields.push(crate::error::FieldProblem {
                field,
                message: message.to_owned(),
            })
        };
        let started = self.started_at - self.offset(now);
        if started > now + AHEAD {
            wrong("started_at".into(), "lies in the future");
        }
        if self.ended_at < self.started_at || self.ended_at > self.started_at + Duration::hours(24) {
            wrong("ended_at".into(), "must lie within 24 hours after started_at");
        }
        for (n, purpose) in self.purposes.iter().enumerate() {
            if self.purposes[..n].contains(purpose) {
                wrong(format!("purposes[{n}]"), "is named twice");
            }
        }
        for (n, elder) in self.elders.iter().enumerate() {
            if self.elders[..n].iter().any(|e| e.elder_id == elder.elder_id) {
                wrong(format!("elders[{n}]"), "is named twice");
            }
        }
        let met = self.outcome == VisitOutcome::Met;
        if met == self.elders.is_empty() {
            wrong(
                "elders".into(),
                if met { "name who was met" } else { "nobody was met" },
            );
        }
        if self.checks.is_some() != (met && self.purposes.contains(&VisitPurpose::Safety)) {
            wrong(
                "checks".into(),
                "the four checks belong to a safety visit that met somebody, and only to it",
            );
        }
        if !met && (!self.hazards.is_empty() || !self.cleared.is_empty()) {
            wrong(
                "hazards".into(),
                "nothing can be found or cleared where nobody was met",
            );
        }
        for (name, kind, check) in self.checks.iter().flat_map(Checks::each) {
            let named = self.hazards.iter().any(|h| h.kind == kind);
            if check.result == CheckResult::Hazard && !named {
                wrong(format!("checks.{name}"), "says hazard: name it in hazards");
            }
            if check.result == CheckResult::NotChecked
                && check.reason.as_deref().is_none_or(|r| r.trim().is_empty())
            {
                wrong(format!("checks.{name}.reason"), "say why it was not checked");
            }
        }
        for (n, hazard) in self.hazards.iter().enumerate() {
            if hazard.severity == HazardSeverity::Major && hazard.measure.trim().is_empty() {
                wrong(
                    format!("hazards[{n}].measure"),
                    "a major hazard is handled before leaving: say how",
                );
            }
        }
        let at = &self.check_in;
        if at.latitude.is_some() != at.longitude.is_some()
            || at.position == VisitPosition::AtDoor && at.latitude.is_none()
        {
            wrong("check_in".into(), "a position has latitude and longitude");
        }
        if problem.fields.is_empty() {
            Ok(())
        } else {
            Err(problem)
        }
    }
}

/// A visit as it stands in the log.
#[derive(Debug, Clone, PartialEq, QueryableByName, Serialize, ToSchema)]
pub struct Visit {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: VisitId,
    /// Where.
    #[diesel(sql_type = ty::Uuid)]
    pub household_id: HouseholdId,
    /// In which compound.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// Who visited.
    #[diesel(sql_type = ty::Uuid)]
    pub steward_id: UserId,
    /// What for.
    #[diesel(sql_type = ty::Array<crate::schema::sql_types::VisitPurpose>)]
    pub purposes: Vec<VisitPurpose>,
    /// How it went.
    #[diesel(sql_type = crate::schema::sql_types::VisitOutcome)]
    pub outcome: VisitOutcome,
    /// Check-in, the device's clock put right.
    #[diesel(sql_type = ty::Timestamptz)]
    pub started_at: DateTime<Utc>,
    /// Check-out, the device's clock put right.
    #[diesel(sql_type = ty::Timestamptz)]
    pub ended_at: DateTime<Utc>,
    /// When the server received it.
    #[diesel(sql_type = ty::Timestamptz)]
    pub received_at: DateTime<Utc>,
    /// 气, on a safety visit.
    #[diesel(sql_type = ty::Nullable<crate::schema::sql_types::CheckResult>)]
    pub gas: Option<CheckResult>,
    /// 电
    #[diesel(sql_type = ty::Nullable<crate::schema::sql_types::CheckResult>)]
    pub electric: Option<CheckResult>,
    /// 火
    #[diesel(sql_type = ty::Nullable<crate::schema::sql_types::CheckResult>)]
    pub fire: Option<CheckResult>,
    /// 水
    #[diesel(sql_type = ty::Nullable<crate::schema::sql_types::CheckResult>)]
    pub water: Option<CheckResult>,
    /// Who was met.
    #[diesel(sql_type = ty::Array<ty::Uuid>)]
    pub elders_met: Vec<ElderId>,
    /// 1 for the first version.
    #[diesel(sql_type = ty::SmallInt)]
    pub revision: i16,
}
