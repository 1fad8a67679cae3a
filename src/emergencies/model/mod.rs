//! Cases and emergencies as they are stored and sent.

mod ladder;
mod steps;

pub use ladder::{Deadlines, Ladder, Reason, Rung, Said, patience};
pub use steps::{
    Ambulance, AmbulanceCaller, EmergencyService, EmergencyServiceKind, EmergencyServiceLine, EmergencyStep,
    EmergencyStepDone, NewEmergencyService, NewEmergencyStep,
};

use crate::{
    calendar,
    clock::AHEAD,
    ids::{CommunityId, EmergencyId, HouseholdId, NoAnswerCaseId, UserId, VisitId},
    roster::model::DutyDesk,
    schema::{emergencies, no_answer_cases},
};
use chrono::{DateTime, Days, Duration, SubsecRound, Utc};
use diesel::{prelude::*, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Where a no-answer case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::NoAnswerStatus")]
pub enum NoAnswerStatus {
    /// Nobody has been reached.
    Open,
    /// It is known what is the matter.
    Resolved,
    /// The deadline passed: it is an emergency now.
    Escalated,
}

/// A step of the chain at a shut door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::NoAnswerStep")]
pub enum NoAnswerStep {
    /// Rang again.
    Ring,
    /// Phoned.
    Phone,
    /// Asked the neighbours or the property office.
    Neighbour,
    /// Reached for the emergency contact.
    Contact,
    /// Told the residents' committee.
    Community,
    /// 110 or 120.
    Police,
}

/// Where an emergency stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::EmergencyStatus")]
pub enum EmergencyStatus {
    /// Nobody has acknowledged it.
    Raised,
    /// Somebody answers for it.
    Acknowledged,
    /// Over, and visited on a later day.
    Closed,
}

/// A door that stayed shut.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = no_answer_cases, check_for_backend(diesel::pg::Pg))]
pub struct NoAnswerCase {
    /// Its id.
    pub id: NoAnswerCaseId,
    /// Where.
    pub household_id: HouseholdId,
    /// In which compound.
    pub community_id: CommunityId,
    /// The visit that found it.
    pub visit_id: VisitId,
    /// Where it stands.
    pub status: NoAnswerStatus,
    /// Since when.
    pub opened_at: DateTime<Utc>,
    /// When it becomes an emergency.
    pub due_at: DateTime<Utc>,
    /// What was found out.
    pub resolution: Option<String>,
    /// Counts the changes; the ETag.
    pub version: i32,
}

/// What was found out about a shut door.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resolution {
    /// In a sentence.
    #[garde(length(chars, min = 2, max = 1000))]
    #[schema(example = "邻居告知外出，电话联系到本人")]
    pub resolution: String,
}

/// A case with the steps that were taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoAnswerCaseDetail {
    /// The case.
    #[serde(flatten)]
    pub case: NoAnswerCase,
    /// The steps, the earliest first.
    pub steps: Vec<NoAnswerStepDone>,
}

/// A step to be recorded.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNoAnswerStep {
    /// Made by the phone; the same id is the same step.
    #[garde(skip)]
    pub id: Uuid,
    /// Which.
    #[garde(skip)]
    pub step: NoAnswerStep,
    /// What came of it.
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    #[schema(example = "邻居说上午出门买菜")]
    pub note: String,
    /// When it was taken, by the device's clock.
    #[garde(skip)]
    pub done_at: DateTime<Utc>,
    /// The device's clock when it sent this: what it is off by is taken from `done_at`.
    #[garde(skip)]
    pub device_now: DateTime<Utc>,
}

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, QueryableByName, Serialize, ToSchema)]
pub struct NoAnswerStepDone {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: Uuid,
    /// At which door.
    #[diesel(sql_type = ty::Uuid)]
    pub case_id: NoAnswerCaseId,
    /// Which.
    #[diesel(sql_type = crate::schema::sql_types::NoAnswerStep)]
    pub step: NoAnswerStep,
    /// What came of it.
    #[diesel(sql_type = ty::Text)]
    pub note: String,
    /// Who took it.
    #[diesel(sql_type = ty::Uuid)]
    pub done_by: UserId,
    /// When, the device's clock put right.
    #[diesel(sql_type = ty::Timestamptz)]
    pub done_at: DateTime<Utc>,
    /// When the server received it.
    #[diesel(sql_type = ty::Timestamptz)]
    pub received_at: DateTime<Utc>,
    /// Milliseconds that the device's clock was ahead of the server's.
    #[diesel(sql_type = ty::BigInt)]
    pub device_offset_ms: i64,
}

/// When a step was taken that a device tells as `told` while its own clock stands at `device_now`: by the server's clock, and by how
/// many milliseconds the device was ahead. None when that lies in the future.
pub fn by_the_server(
    told: DateTime<Utc>,
    device_now: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<(DateTime<Utc>, i64)> {
    let ahead = (device_now - now).num_milliseconds();
    let at = told.trunc_subsecs(6) - Duration::milliseconds(ahead);
    (at <= now + AHEAD).then_some((at, ahead))
}

/// What the device told of a step, so that the same step is known when it is sent again.
pub fn by_the_device(at: DateTime<Utc>, ahead: i64) -> DateTime<Utc> {
    at + Duration::milliseconds(ahead)
}

/// What must be answered at once.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = emergencies, check_for_backend(diesel::pg::Pg))]
pub struct Emergency {
    /// Its id.
    pub id: EmergencyId,
    /// Where.
    pub household_id: HouseholdId,
    /// In which compound.
    pub community_id: CommunityId,
    /// The shut door it came from.
    pub no_answer_case_id: Option<NoAnswerCaseId>,
    /// Where it stands.
    pub status: EmergencyStatus,
    /// Since when.
    pub raised_at: DateTime<Utc>,
    /// Who raised it; none where the clock did.
    pub raised_by: Option<UserId>,
    /// The first emergency of the household that was still open then: this call is worse.
    pub repeat_of: Option<EmergencyId>,
    /// Which call it is while the first is open; 1 the first.
    pub call: i16,
    /// Who took it up.
    pub acknowledged_by: Option<UserId>,
    /// When somebody took it up.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// A life is at risk: 120 comes first.
    pub life_at_risk: bool,
    /// The highest rung of the ladder that it was said to.
    pub rung: Rung,
    /// When it climbs, or is said again on the last rung, unless somebody takes it up.
    pub answer_due_at: DateTime<Utc>,
    /// By when it is to be taken up.
    pub acknowledge_due_at: DateTime<Utc>,
    /// By when somebody is to be under way.
    pub under_way_due_at: DateTime<Utc>,
    /// When the first set out.
    pub under_way_at: Option<DateTime<Utc>>,
    /// By when somebody is to be at the door; later where the first who set out came from outside the compound.
    pub arrive_due_at: DateTime<Utc>,
    /// When the first was at the door.
    pub arrived_at: Option<DateTime<Utc>>,
    /// When 120 was first rung.
    pub ambulance_called_at: Option<DateTime<Utc>>,
    /// The visit that saw that it is over.
    pub closing_visit_id: Option<VisitId>,
    /// Who closed it.
    pub closed_by: Option<UserId>,
    /// When.
    pub closed_at: Option<DateTime<Utc>>,
    /// Counts the changes; the ETag.
    pub version: i32,
}

impl Emergency {
    /// When somebody must go there: the day after it was raised, in Asia/Shanghai, exclusive of its end.
    pub fn next_day(raised_at: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
        let day = calendar::local_date(raised_at);
        let start = |after| calendar::start_of_day(day + Days::new(after));
        (start(1), start(2))
    }

    /// Whether it was taken up and this step of the answer, which is due by now, was not taken.
    pub fn is_late(&self, late: Reason, now: DateTime<Utc>) -> bool {
        let (due, done) = match late {
            Reason::NotUnderWay => (self.under_way_due_at, self.under_way_at.or(self.arrived_at)),
            Reason::NotAtDoor => (self.arrive_due_at, self.arrived_at),
            _ => return false,
        };
        self.status == EmergencyStatus::Acknowledged && done.is_none() && due <= now
    }

    /// Whether a visit at this instant came on a later day.
    pub fn on_a_later_day(&self, instant: DateTime<Utc>) -> bool {
        calendar::local_date(instant) > calendar::local_date(self.raised_at)
    }
}

/// An emergency to be raised: one tap.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEmergency {
    /// Made by the phone; the same id is the same emergency.
    #[garde(skip)]
    pub id: EmergencyId,
    /// Where.
    #[garde(skip)]
    pub household_id: HouseholdId,
    /// What is the matter, where there was time to say; sealed.
    #[garde(length(chars, min = 1, max = 1000))]
    pub note: Option<String>,
    /// A life is at risk: 120 comes first.
    #[garde(skip)]
    #[serde(default)]
    pub life_at_risk: bool,
}

/// How an emergency is closed.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmergencyClosing {
    /// The visit that met somebody there, on a later day.
    #[garde(skip)]
    pub visit_id: VisitId,
}

/// An emergency with all that happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct EmergencyDetail {
    /// The emergency.
    #[serde(flatten)]
    pub emergency: Emergency,
    /// What is the matter.
    pub note: Option<String>,
    /// What happened, the earliest first.
    pub timeline: Vec<EmergencyMoment>,
    /// What those who answer did, the earliest first.
    pub steps: Vec<EmergencyStepDone>,
    /// What was ordered for it, the earliest first.
    pub services: Vec<EmergencyServiceLine>,
    /// The desks that can be rung now, the nearest first.
    pub desks: Vec<DutyDesk>,
}

/// What a moment of the timeline tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmergencyHappening {
    /// Nobody opened.
    NoAnswer,
    /// A step of the chain at the shut door.
    Step,
    /// It was raised.
    Raised,
    /// There was another call while it was open.
    Repeated,
    /// It was said to everyone of a rung.
    Alerted,
    /// Nobody was on a rung: it went on to the next at once.
    PassedOver,
    /// Somebody took it up.
    Acknowledged,
    /// Somebody who answers did something.
    Answer,
    /// Transport or medicine was ordered.
    ServiceOrdered,
    /// It was closed.
    Closed,
}

/// A moment of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EmergencyMoment {
    /// When.
    pub at: DateTime<Utc>,
    /// What happened.
    pub what: EmergencyHappening,
    /// Who did it; none where the clock did.
    pub by: Option<UserId>,
    /// The visit, step, order or emergency that it tells of.
    pub subject_id: Uuid,
    /// Which step of the chain at the shut door.
    pub step: Option<NoAnswerStep>,
    /// What came of the step.
    pub note: Option<String>,
    /// Which step of the answer.
    pub answer: Option<EmergencyStep>,
    /// What was ordered.
    pub service: Option<EmergencyServiceKind>,
    /// On which rung it was said.
    pub rung: Option<Rung>,
    /// Why it was said.
    pub reason: Option<Reason>,
    /// To whom.
    pub to: Vec<UserId>,
}

impl EmergencyMoment {
    /// A moment of which there is no more to tell.
    pub fn new(at: DateTime<Utc>, what: EmergencyHappening, by: Option<UserId>, subject_id: Uuid) -> Self {
        Self {
            at,
            what,
            by,
            subject_id,
            step: None,
            note: None,
            answer: None,
            service: None,
            rung: None,
            reason: None,
            to: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_day_is_the_next_day_in_xining() {
        let late: DateTime<Utc> = "2024-01-15T15:59:00Z".parse().unwrap();
        let (start, end) = Emergency::next_day(late);
        assert_eq!(start.to_rfc3339(), "2024-01-15T16:00:00+00:00");
        assert_eq!(end - start, Duration::days(1));
        let (start, _) = Emergency::next_day(late + Duration::minutes(1));
        assert_eq!(start.to_rfc3339(), "2024-01-16T16:00:00+00:00");
    }
}
