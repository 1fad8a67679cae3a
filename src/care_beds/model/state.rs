//! States of a bed, and the events that lead from one to the next.

use super::{PlanLine, Quota};
use crate::ids::{AssessmentId, BedAgreementId, OrganisationId, UserId};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::CareBedKind")]
pub enum CareBedKind {
    /// 家庭照护床位
    FamilyBed,
    /// 居家适老化改造: a project, without service.
    Adaptation,
    /// 智能设备: a project, without service.
    Devices,
}

/// Where a bed stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::CareBedStatus")]
pub enum CareBedStatus {
    /// It waits for the subdistrict.
    Applied,
    /// Given back for completion.
    Returned,
    /// The subdistrict is for it; it waits for the county.
    Endorsed,
    /// The county has approved it.
    Approved,
    /// Not approved.
    Refused,
    /// An ability assessment goes with it.
    Assessed,
    /// It is known what is built in, by whom, at what cost.
    Planned,
    /// Built in, not yet accepted.
    Installed,
    /// Accepted; the end of a project.
    Accepted,
    /// The elder is served.
    InService,
    /// Not served for a time.
    Suspended,
    /// Over.
    Ended,
}

/// Why a bed is not served for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuspendReason {
    /// The elder is in hospital: follows the elder's status.
    InHospital,
    /// The elder is away: follows the elder's status.
    Away,
    /// The elder or the family wishes it.
    Wish,
    /// Another reason.
    Other,
}

impl SuspendReason {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InHospital => "in_hospital",
            Self::Away => "away",
            Self::Wish => "wish",
            Self::Other => "other",
        }
    }

    /// Whether it is the elder's status, and over when that is.
    pub const fn follows_elder(self) -> bool {
        matches!(self, Self::InHospital | Self::Away)
    }
}

/// Why a bed is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The elder moved away: follows the elder's status.
    Moved,
    /// The elder died: follows the elder's status.
    Deceased,
    /// The elder lives in an institution: follows the elder's status.
    InInstitution,
    /// The elder or the family wishes it.
    Wish,
    /// Another reason.
    Other,
}

impl EndReason {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Deceased => "deceased",
            Self::InInstitution => "in_institution",
            Self::Wish => "wish",
            Self::Other => "other",
        }
    }
}

/// What happened to a bed. Stored whole with each event, so that the events alone give the bed again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum CareBedEvent {
    /// It was asked for.
    Applied,
    /// It was given back for completion.
    Returned,
    /// It was completed and goes to the subdistrict again.
    Resubmitted,
    /// The subdistrict is for it.
    Endorsed,
    /// The county approved it.
    Approved,
    /// Subdistrict or county refused it.
    Refused,
    /// An ability assessment was linked to it.
    Assessed {
        /// Which.
        assessment_id: AssessmentId,
    },
    /// A plan was made, or made anew.
    Planned {
        /// Who builds and serves.
        organisation_id: OrganisationId,
        /// What is built in.
        lines: Vec<PlanLine>,
    },
    /// The provider built it in.
    Installed {
        /// Who says so.
        by: UserId,
        /// When, on the device, its clock put right.
        at: DateTime<Utc>,
    },
    /// It was looked at and accepted.
    Accepted {
        /// By whom.
        by: UserId,
    },
    /// It was looked at and not accepted: the provider mends it.
    NotAccepted {
        /// By whom.
        by: UserId,
    },
    /// An agreement was signed.
    AgreementSigned {
        /// Which.
        agreement_id: BedAgreementId,
        /// First day.
        starts_on: NaiveDate,
        /// Last day.
        ends_on: NaiveDate,
    },
    /// A service plan was set.
    ServicePlanned {
        /// First day of the month from which it holds.
        from_month: NaiveDate,
        /// How often and how long a month.
        quotas: Vec<Quota>,
    },
    /// Service began.
    Started,
    /// It is not served for a time.
    Suspended {
        /// Why.
        because: SuspendReason,
    },
    /// It is served again.
    Resumed,
    /// It is over.
    Ended {
        /// Why.
        because: EndReason,
    },
}

/// What events have made of a bed.
#[derive(Clone, Debug, PartialEq)]
pub struct CareBedState {
    /// What it is.
    pub kind: CareBedKind,
    /// Where it stands.
    pub status: CareBedStatus,
    /// The assessment.
    pub assessment_id: Option<AssessmentId>,
    /// The provider.
    pub organisation_id: Option<OrganisationId>,
    /// What the plan costs, in fen.
    pub cost_fen: Option<i64>,
    /// Who built it in, when.
    pub installed: Option<(UserId, DateTime<Utc>)>,
    /// Who accepted it, when.
    pub accepted: Option<(UserId, DateTime<Utc>)>,
    /// When service began.
    pub started_at: Option<DateTime<Utc>>,
    /// Why it is suspended.
    pub suspended_for: Option<SuspendReason>,
    /// Why and when it ended.
    pub ended: Option<(EndReason, DateTime<Utc>)>,
}

/// The state does not allow the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTransition {
    /// The state.
    pub from: CareBedStatus,
}

impl CareBedState {
    /// A bed that was just asked for.
    pub fn applied(kind: CareBedKind) -> Self {
        Self {
            kind,
            status: CareBedStatus::Applied,
            assessment_id: None,
            organisation_id: None,
            cost_fen: None,
            installed: None,
            accepted: None,
            started_at: None,
            suspended_for: None,
            ended: None,
        }
    }

    /// The state after an event that the server received at `now`.
    ///
    /// # Errors
    /// When the state does not allow it.
    pub fn apply(self, event: &CareBedEvent, now: DateTime<Utc>) -> Result<Self, InvalidTransition> {
        use CareBedEvent as E;
        use CareBedStatus as S;
        let from = self.status;
        let bed = self.kind == CareBedKind::FamilyBed;
        let to = |status| Self {
            status,
            ..self.clone()
        };
        Ok(match (from, event) {
            (S::Applied | S::Endorsed, E::Returned) => to(S::Returned),
            (S::Applied | S::Endorsed, E::Refused) => to(S::Refused),
            (S::Returned, E::Resubmitted) => to(S::Applied),
            (S::Applied, E::Endorsed) => to(S::Endorsed),
            (S::Endorsed, E::Approved) => to(S::Approved),
            (S::Approved | S::Assessed, E::Assessed { assessment_id }) => Self {
                assessment_id: Some(*assessment_id),
                ..to(S::Assessed)
            },
            (
                S::Assessed | S::Planned,
                E::Planned {
                    organisation_id,
                    lines,
                },
            ) => Self {
                organisation_id: Some(*organisation_id),
                cost_fen: Some(lines.iter().map(|line| line.cost_fen).sum()),
                ..to(S::Planned)
            },
            (S::Planned, E::Installed { by, at }) => Self {
                installed: Some((*by, *at)),
                ..to(S::Installed)
            },
            (S::Installed, E::NotAccepted { .. }) => to(S::Planned),
            (S::Installed, E::Accepted { by }) => Self {
                accepted: Some((*by, now)),
                ..to(S::Accepted)
            },
            (
                S::Accepted | S::InService | S::Suspended,
                E::AgreementSigned { .. } | E::ServicePlanned { .. },
            ) if bed => self,
            (S::Accepted, E::Started) if bed => Self {
                started_at: Some(now),
                ..to(S::InService)
            },
            (S::InService, E::Suspended { because }) => Self {
                suspended_for: Some(*because),
                ..to(S::Suspended)
            },
            (S::Suspended, E::Resumed) => Self {
                suspended_for: None,
                ..to(S::InService)
            },
            (S::Refused | S::Ended, E::Ended { .. }) => return Err(InvalidTransition { from }),
            (S::Accepted, E::Ended { .. }) if !bed => return Err(InvalidTransition { from }),
            (_, E::Ended { because }) => Self {
                suspended_for: None,
                ended: Some((*because, now)),
                ..to(S::Ended)
            },
            _ => return Err(InvalidTransition { from }),
        })
    }
}

/// What the events of a bed, in their sequence and each with the instant of its receipt, make of it.
///
/// # Errors
/// When they do not begin with the application or one does not follow from those before.
pub fn replay(
    kind: CareBedKind,
    events: &[(CareBedEvent, DateTime<Utc>)],
) -> Result<CareBedState, InvalidTransition> {
    let applied = CareBedState::applied(kind);
    match events.split_first() {
        Some(((CareBedEvent::Applied, _), later)) => later
            .iter()
            .try_fold(applied, |state, (event, at)| state.apply(event, *at)),
        _ => Err(InvalidTransition { from: applied.status }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CareBedStatus as S;
    use uuid::Uuid;

    const STATES: [S; 12] = [
        S::Applied,
        S::Returned,
        S::Endorsed,
        S::Approved,
        S::Refused,
        S::Assessed,
        S::Planned,
        S::Installed,
        S::Accepted,
        S::InService,
        S::Suspended,
        S::Ended,
    ];

    /// Each event, the states of a bed that allow it, and where it leads; nowhere where it stays.
    fn events() -> Vec<(CareBedEvent, Vec<S>, Option<S>)> {
        use CareBedEvent as E;
        let (at, id, day) = (DateTime::UNIX_EPOCH, Uuid::nil(), NaiveDate::default());
        let by = UserId(id);
        let serving = vec![S::Accepted, S::InService, S::Suspended];
        let under_way = STATES.into_iter().filter(|s| ![S::Refused, S::Ended].contains(s));
        vec![
            (E::Applied, vec![], None),
            (E::Returned, vec![S::Applied, S::Endorsed], Some(S::Returned)),
            (E::Refused, vec![S::Applied, S::Endorsed], Some(S::Refused)),
            (E::Resubmitted, vec![S::Returned], Some(S::Applied)),
            (E::Endorsed, vec![S::Applied], Some(S::Endorsed)),
            (E::Approved, vec![S::Endorsed], Some(S::Approved)),
            (
                E::Assessed {
                    assessment_id: AssessmentId(id),
                },
                vec![S::Approved, S::Assessed],
                Some(S::Assessed),
            ),
            (
                E::Planned {
                    organisation_id: OrganisationId(id),
                    lines: vec![],
                },
                vec![S::Assessed, S::Planned],
                Some(S::Planned),
            ),
            (E::Installed { by, at }, vec![S::Planned], Some(S::Installed)),
            (E::Accepted { by }, vec![S::Installed], Some(S::Accepted)),
            (E::NotAccepted { by }, vec![S::Installed], Some(S::Planned)),
            (
                E::AgreementSigned {
                    agreement_id: BedAgreementId(id),
                    starts_on: day,
                    ends_on: day,
                },
                serving.clone(),
                None,
            ),
            (
                E::ServicePlanned {
                    from_month: day,
                    quotas: vec![],
                },
                serving,
                None,
            ),
            (E::Started, vec![S::Accepted], Some(S::InService)),
            (
                E::Suspended {
                    because: SuspendReason::Wish,
                },
                vec![S::InService],
                Some(S::Suspended),
            ),
            (E::Resumed, vec![S::Suspended], Some(S::InService)),
            (
                E::Ended {
                    because: EndReason::Moved,
                },
                under_way.collect(),
                Some(S::Ended),
            ),
        ]
    }

    #[test]
    fn every_event_from_every_state_leads_where_the_diagram_says_or_nowhere() {
        let of_projects = |event: &CareBedEvent, from: S| match event {
            CareBedEvent::AgreementSigned { .. }
            | CareBedEvent::ServicePlanned { .. }
            | CareBedEvent::Started => false,
            CareBedEvent::Ended { .. } => from != S::Accepted,
            _ => true,
        };
        for kind in [CareBedKind::FamilyBed, CareBedKind::Adaptation] {
            for (event, allowed, to) in events() {
                for from in STATES {
                    let state = CareBedState {
                        status: from,
                        ..CareBedState::applied(kind)
                    };
                    let after = state.apply(&event, DateTime::UNIX_EPOCH).map(|s| s.status);
                    let fits = kind == CareBedKind::FamilyBed || of_projects(&event, from);
                    let expected = if allowed.contains(&from) && fits {
                        Ok(to.unwrap_or(from))
                    } else {
                        Err(InvalidTransition { from })
                    };
                    assert_eq!(after, expected, "{event:?} from {from:?}");
                }
            }
        }
    }

    #[test]
    fn reasons_are_stored_as_they_are_sent() {
        for because in [
            EndReason::Moved,
            EndReason::Deceased,
            EndReason::InInstitution,
            EndReason::Wish,
            EndReason::Other,
        ] {
            assert_eq!(serde_json::to_value(because).unwrap(), because.as_str());
        }
        for because in [
            SuspendReason::InHospital,
            SuspendReason::Away,
            SuspendReason::Wish,
            SuspendReason::Other,
        ] {
            assert_eq!(serde_json::to_value(because).unwrap(), because.as_str());
        }
    }
}
