//! Inspections and what they find.

use super::CareBedStatus;
use crate::{
    error::{INVALID, Problem},
    followups::model::Satisfaction,
    ids::{AttachmentId, CareBedId, CommunityId, FindingId, InspectionId, OrganisationId, UserId, VisitId},
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::{QueryableByName, deserialize, pg::Pg, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// The longest time for mending what was found.
const LONGEST: Days = Days::new(90);

/// What an inspection looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::CareBedInspectionKind")]
pub enum InspectionKind {
    /// What was built in.
    Building,
    /// How the elder is served.
    Service,
}

/// A point that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InspectionPoint {
    /// 设备在位
    DevicesPresent,
    /// 设备在线
    DevicesOnline,
    /// 设备使用
    DevicesUsed,
    /// 改造与方案一致
    AdaptationMatchesPlan,
    /// 协议在有效期内
    AgreementInDate,
    /// 服务次数与计划一致
    ServiceMatchesPlan,
    /// 服务记录有签字
    RecordsSigned,
    /// 佩戴工牌
    WorkerBadge,
    /// 呼叫按钮测试
    CallButton,
}

impl InspectionPoint {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DevicesPresent => "devices_present",
            Self::DevicesOnline => "devices_online",
            Self::DevicesUsed => "devices_used",
            Self::AdaptationMatchesPlan => "adaptation_matches_plan",
            Self::AgreementInDate => "agreement_in_date",
            Self::ServiceMatchesPlan => "service_matches_plan",
            Self::RecordsSigned => "records_signed",
            Self::WorkerBadge => "worker_badge",
            Self::CallButton => "call_button",
        }
    }
}

impl InspectionKind {
    /// The points of the kind: each is answered.
    pub const fn points(self) -> &'static [InspectionPoint] {
        use InspectionPoint as P;
        match self {
            Self::Building => &[
                P::DevicesPresent,
                P::DevicesOnline,
                P::AdaptationMatchesPlan,
                P::CallButton,
            ],
            Self::Service => &[
                P::DevicesPresent,
                P::DevicesOnline,
                P::DevicesUsed,
                P::AgreementInDate,
                P::ServiceMatchesPlan,
                P::RecordsSigned,
                P::WorkerBadge,
                P::CallButton,
            ],
        }
    }

    /// Whether a bed in this state can be looked at in this way.
    pub const fn fits(self, status: CareBedStatus) -> bool {
        match self {
            Self::Building => matches!(
                status,
                CareBedStatus::Installed
                    | CareBedStatus::Accepted
                    | CareBedStatus::InService
                    | CareBedStatus::Suspended
            ),
            Self::Service => matches!(status, CareBedStatus::InService | CareBedStatus::Suspended),
        }
    }
}

/// What was seen at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PointAnswer {
    /// As it should be.
    Ok,
    /// Not as it should be: a finding says what.
    Problem,
    /// There is nothing of the kind; a note says why.
    NotApplicable,
}

/// A point and what was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InspectionPointSeen)]
pub struct PointSeen {
    /// Which.
    #[garde(skip)]
    pub point: InspectionPoint,
    /// What was seen.
    #[garde(skip)]
    pub answer: PointAnswer,
    /// What there is to say.
    #[garde(length(chars, max = 200))]
    #[serde(default)]
    pub note: String,
}

/// Points as they are stored.
#[derive(Clone, Debug, PartialEq, Serialize, diesel::deserialize::FromSqlRow)]
#[serde(transparent)]
pub struct InspectionPoints(pub Vec<PointSeen>);

impl deserialize::FromSql<ty::Jsonb, Pg> for InspectionPoints {
    fn from_sql(bytes: diesel::pg::PgValue<'_>) -> deserialize::Result<Self> {
        let value: serde_json::Value = deserialize::FromSql::<ty::Jsonb, Pg>::from_sql(bytes)?;
        Ok(Self(serde_json::from_value(value)?))
    }
}

/// What is wrong, and until when it is to be mended.
#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCareBedFinding)]
pub struct NewFinding {
    /// Made by the phone.
    #[garde(skip)]
    pub id: FindingId,
    /// At which point.
    #[garde(skip)]
    pub point: InspectionPoint,
    /// What is wrong.
    #[garde(length(chars, min = 2, max = 500))]
    #[schema(example = "呼叫器无信号")]
    pub description: String,
    /// The last day for mending it, at most 90 days on.
    #[garde(skip)]
    pub due_on: NaiveDate,
}

/// What has become of an earlier finding.
#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CareBedRecheck)]
pub struct Recheck {
    /// Which.
    #[garde(skip)]
    pub finding_id: FindingId,
    /// It is as it should be now.
    #[garde(skip)]
    pub cleared: bool,
}

/// An inspection to be recorded.
#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInspection {
    /// Made by the phone; the same id is the same inspection.
    #[garde(skip)]
    pub id: InspectionId,
    /// What it looks at.
    #[garde(skip)]
    pub kind: InspectionKind,
    /// When, by the device's clock.
    #[garde(skip)]
    pub inspected_at: DateTime<Utc>,
    /// The device's clock when it sent this.
    #[garde(skip)]
    pub device_now: DateTime<Utc>,
    /// The visit on which it was made: the steward's own, to this household, for its care bed.
    #[garde(skip)]
    pub visit_id: Option<VisitId>,
    /// Every point of the kind.
    #[garde(length(max = 20), dive)]
    pub points: Vec<PointSeen>,
    /// What the elder says of the service; on an inspection of the service.
    #[garde(skip)]
    pub evaluation: Option<Satisfaction>,
    /// In the elder's words.
    #[garde(length(chars, max = 1000))]
    #[serde(default)]
    pub words: String,
    /// What is wrong: one or more for each point with a problem.
    #[garde(length(max = 20), dive)]
    #[serde(default)]
    pub findings: Vec<NewFinding>,
    /// What has become of earlier findings.
    #[garde(length(max = 50), dive)]
    #[serde(default)]
    pub rechecked: Vec<Recheck>,
    /// Photos that the steward has uploaded.
    #[garde(length(max = 10))]
    #[serde(default)]
    pub photos: Vec<AttachmentId>,
}

impl NewInspection {
    /// What the types cannot say: every point once, a note where there is nothing to see, a finding for each problem and for nothing
    /// else, deadlines ahead, the elder's word on the service.
    ///
    /// # Errors
    /// 422 with every field.
    pub fn check(&self, day: NaiveDate) -> Result<(), Problem> {
        let mut wrong = INVALID.problem();
        for point in self.kind.points() {
            if self.points.iter().filter(|seen| seen.point == *point).count() != 1 {
                wrong = wrong.and_field("points", format!("must answer {} once", point.as_str()));
            }
        }
        for (n, seen) in self.points.iter().enumerate() {
            if !self.kind.points().contains(&seen.point) {
                wrong = wrong.and_field(
                    format!("points[{n}].point"),
                    "is not looked at on such an inspection",
                );
            }
            if seen.answer == PointAnswer::NotApplicable && seen.note.trim().is_empty() {
                wrong = wrong.and_field(format!("points[{n}].note"), "says why there is nothing to see");
            }
            let told = self.findings.iter().any(|finding| finding.point == seen.point);
            if told != (seen.answer == PointAnswer::Problem) {
                wrong = wrong.and_field(
                    format!("points[{n}].answer"),
                    "is a problem where there is a finding, and only there",
                );
            }
        }
        let last = day.checked_add_days(LONGEST).unwrap_or(day);
        for (n, finding) in self.findings.iter().enumerate() {
            if finding.due_on < day || finding.due_on > last {
                wrong = wrong.and_field(
                    format!("findings[{n}].due_on"),
                    "lies between the day and 90 days on",
                );
            }
        }
        if self.evaluation.is_some() != (self.kind == InspectionKind::Service) {
            wrong = wrong.and_field("evaluation", "is given on an inspection of the service");
        }
        if wrong.fields.is_empty() {
            Ok(())
        } else {
            Err(wrong)
        }
    }

    /// The answer at a point.
    pub fn answer(&self, point: InspectionPoint) -> Option<PointAnswer> {
        self.points
            .iter()
            .find(|seen| seen.point == point)
            .map(|seen| seen.answer)
    }

    /// What was sent, the device's present time left out, hashed: a phone that sends again tells another time.
    ///
    /// # Errors
    /// A fault of ours when it is not JSON.
    pub fn content_hash(&self, bed: CareBedId) -> Result<Vec<u8>, Problem> {
        let mut content = serde_json::to_value(self).map_err(Problem::internal)?;
        if let Some(fields) = content.as_object_mut() {
            fields.remove("device_now");
            fields.insert("bed_id".to_owned(), bed.to_string().into());
        }
        Ok(Sha256::digest(serde_json::to_vec(&content).map_err(Problem::internal)?).to_vec())
    }
}

/// A look at a bed.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
#[schema(as = CareBedInspection)]
pub struct Inspection {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: InspectionId,
    /// Of which bed.
    #[diesel(sql_type = ty::Uuid)]
    pub bed_id: CareBedId,
    /// What it looked at.
    #[diesel(sql_type = crate::schema::sql_types::CareBedInspectionKind)]
    pub kind: InspectionKind,
    /// Who looked.
    #[diesel(sql_type = ty::Uuid)]
    pub inspector_id: UserId,
    /// The visit on which it was made.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub visit_id: Option<VisitId>,
    /// When, the device's clock put right.
    #[diesel(sql_type = ty::Timestamptz)]
    pub inspected_at: DateTime<Utc>,
    /// What was seen at each point.
    #[diesel(sql_type = ty::Jsonb)]
    #[schema(value_type = Vec<PointSeen>)]
    pub points: InspectionPoints,
    /// What the elder says of the service.
    #[diesel(sql_type = ty::Nullable<crate::schema::sql_types::Satisfaction>)]
    pub evaluation: Option<Satisfaction>,
    /// In the elder's words.
    #[diesel(sql_type = ty::Text)]
    pub words: String,
    /// What it found wrong.
    #[diesel(sql_type = ty::Array<ty::Uuid>)]
    pub findings: Vec<FindingId>,
    /// Earlier findings that it cleared.
    #[diesel(sql_type = ty::Array<ty::Uuid>)]
    pub cleared: Vec<FindingId>,
    /// When the server received it.
    #[diesel(sql_type = ty::Timestamptz)]
    pub received_at: DateTime<Utc>,
    /// What was sent, hashed.
    #[diesel(sql_type = ty::Binary)]
    #[serde(skip)]
    pub content_hash: Vec<u8>,
}

/// Where a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::CareBedFindingStatus")]
pub enum FindingStatus {
    /// To be mended.
    Open,
    /// Mended, as the provider says.
    Mended,
    /// A later inspection found it right.
    Cleared,
}

/// What an inspection found wrong.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct CareBedFinding {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: FindingId,
    /// At which bed.
    #[diesel(sql_type = ty::Uuid)]
    pub bed_id: CareBedId,
    /// In which compound.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// Who has to mend it.
    #[diesel(sql_type = ty::Uuid)]
    pub organisation_id: OrganisationId,
    /// The inspection that found it.
    #[diesel(sql_type = ty::Uuid)]
    pub inspection_id: InspectionId,
    /// At which point.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "call_button")]
    pub point: String,
    /// What is wrong.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "呼叫器无信号")]
    pub description: String,
    /// Where it stands.
    #[diesel(sql_type = crate::schema::sql_types::CareBedFindingStatus)]
    pub status: FindingStatus,
    /// When it was found.
    #[diesel(sql_type = ty::Timestamptz)]
    pub found_at: DateTime<Utc>,
    /// Until when it is to be mended.
    #[diesel(sql_type = ty::Timestamptz)]
    pub due_at: DateTime<Utc>,
    /// It is open and its deadline is over.
    #[diesel(sql_type = ty::Bool)]
    pub overdue: bool,
    /// When being late was raised.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub escalated_at: Option<DateTime<Utc>>,
    /// When the provider mended it.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub mended_at: Option<DateTime<Utc>>,
    /// What was done.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub mended_note: Option<String>,
    /// The later inspection that found it right.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub cleared_inspection_id: Option<InspectionId>,
    /// When.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub cleared_at: Option<DateTime<Utc>>,
    /// Counts the changes; the ETag.
    #[diesel(sql_type = ty::Integer)]
    pub version: i32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use uuid::Uuid;

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 1, 15).unwrap()
    }

    /// An inspection at which everything was as it should be, changed.
    fn seen(kind: InspectionKind, change: impl FnOnce(&mut Value)) -> NewInspection {
        let points: Vec<Value> = kind
            .points()
            .iter()
            .map(|p| json!({ "point": p.as_str(), "answer": "ok" }))
            .collect();
        let evaluation = (kind == InspectionKind::Service).then_some("satisfied");
        let mut told = json!({ "id": Uuid::nil(), "kind": kind, "inspected_at": "2024-01-15T01:00:00Z", "device_now": "2024-01-15T01:00:00Z",
            "points": points, "evaluation": evaluation });
        change(&mut told);
        serde_json::from_value(told).unwrap()
    }

    fn finding(point: &str, due: &str) -> Value {
        json!([{ "id": Uuid::nil(), "point": point, "description": "无信号", "due_on": due }])
    }

    #[test]
    fn every_point_is_answered_once_and_a_problem_has_a_finding_in_time() {
        let problem =
            |inspection: &NewInspection| inspection.check(day()).err().map(|p| p.fields[0].field.clone());
        for kind in [InspectionKind::Building, InspectionKind::Service] {
            assert_eq!(problem(&seen(kind, |_| ())), None);
            for n in 0..kind.points().len() {
                let left_out = seen(kind, |told| {
                    told["points"].as_array_mut().unwrap().remove(n);
                });
                assert_eq!(problem(&left_out).as_deref(), Some("points"));
            }
        }
        let building = |change: fn(&mut Value)| problem(&seen(InspectionKind::Building, change));
        assert_eq!(
            building(|t| t["points"][0]["point"] = json!("worker_badge")).as_deref(),
            Some("points")
        );
        assert_eq!(
            building(|t| t["points"][1]["answer"] = json!("not_applicable")).as_deref(),
            Some("points[1].note")
        );
        assert_eq!(
            building(|t| t["points"][0]["answer"] = json!("problem")).as_deref(),
            Some("points[0].answer")
        );
        assert_eq!(
            building(|t| t["findings"] = finding("call_button", "2024-01-20")).as_deref(),
            Some("points[3].answer")
        );
        assert_eq!(
            building(|t| t["evaluation"] = json!("satisfied")).as_deref(),
            Some("evaluation")
        );
        let told = |due: &str| {
            let due = due.to_owned();
            problem(&seen(InspectionKind::Building, move |t| {
                t["points"][3]["answer"] = json!("problem");
                t["findings"] = finding("call_button", &due);
            }))
        };
        assert_eq!(told("2024-01-15"), None);
        assert_eq!(told("2024-04-14"), None, "90 days on");
        assert_eq!(told("2024-01-14").as_deref(), Some("findings[0].due_on"));
        assert_eq!(told("2024-04-15").as_deref(), Some("findings[0].due_on"));
    }
}
