//! The events of a hazard, and what they make of it.

use super::{HazardEscalation, HazardParty, HazardSeverity, HazardStatus};
use crate::{
    attachments::model::LinkedPhoto,
    ids::{AttachmentId, OrderId, VisitId},
    schema::sql_types,
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What happened to a hazard. Stored whole with each event, so that the events alone give the hazard again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum HazardEvent {
    /// A visit found it.
    Found {
        /// Which.
        visit_id: VisitId,
        /// How bad.
        severity: HazardSeverity,
        /// Its deadline.
        due_at: Option<DateTime<Utc>>,
        /// Until when it must be reported.
        report_due_at: Option<DateTime<Utc>>,
    },
    /// That visit was corrected, and says it otherwise.
    SaidAnew {
        /// The new version.
        visit_id: VisitId,
        /// How bad it is now said to be.
        severity: HazardSeverity,
        /// Its deadline.
        due_at: Option<DateTime<Utc>>,
        /// Until when it must be reported.
        report_due_at: Option<DateTime<Utc>>,
    },
    /// That visit was corrected, and names it no longer.
    Withdrawn {
        /// The new version.
        visit_id: VisitId,
    },
    /// It was reported.
    Reported {
        /// To whom.
        to: Vec<HazardParty>,
    },
    /// The hour for its report ran out.
    ReportMissed,
    /// A notice was served.
    Noticed {
        /// On whom.
        to: HazardParty,
        /// Who took it.
        recipient: String,
        /// What it demands.
        text: String,
        /// The photo of the signed notice; none where they refused to sign, for the event's reason.
        signature: Option<AttachmentId>,
    },
    /// It was said who has to mend it.
    MadeResponsible {
        /// Who.
        party: HazardParty,
    },
    /// Its deadline was moved.
    Extended {
        /// Until when.
        due_at: DateTime<Utc>,
    },
    /// Its repair was ordered.
    RepairOrdered {
        /// The order.
        order_id: OrderId,
    },
    /// Photos were added.
    Photographed {
        /// Which.
        photos: Vec<LinkedPhoto>,
    },
    /// Overdue, it climbed.
    Escalated {
        /// To whom.
        to: HazardEscalation,
    },
    /// A visit found it still unsafe.
    StillUnsafe {
        /// Which.
        visit_id: VisitId,
    },
    /// That visit was corrected.
    RecheckTakenBack {
        /// The version that was corrected.
        visit_id: VisitId,
    },
    /// A visit found it safe.
    Cleared {
        /// Which.
        visit_id: VisitId,
    },
    /// That visit was corrected.
    Reopened {
        /// The version that was corrected.
        visit_id: VisitId,
    },
}

/// What the events have made of a hazard: the columns of its row that they alone write.
#[derive(Clone, Debug, PartialEq, QueryableByName)]
pub struct HazardState {
    /// Where it stands.
    #[diesel(sql_type = sql_types::HazardStatus)]
    pub status: HazardStatus,
    /// How bad it is.
    #[diesel(sql_type = sql_types::HazardSeverity)]
    pub severity: HazardSeverity,
    /// Its deadline.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub due_at: Option<DateTime<Utc>>,
    /// When that was moved.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub extended_at: Option<DateTime<Utc>>,
    /// Until when it must be reported.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub report_due_at: Option<DateTime<Utc>>,
    /// When it was first reported.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub reported_at: Option<DateTime<Utc>>,
    /// When the missing report was raised.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub report_raised_at: Option<DateTime<Utc>>,
    /// Who has to mend it.
    #[diesel(sql_type = ty::Nullable<sql_types::HazardParty>)]
    pub responsible: Option<HazardParty>,
    /// When the latest notice was served.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub noticed_at: Option<DateTime<Utc>>,
    /// The latest order for its repair.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub repair_order_id: Option<OrderId>,
    /// How far up it has climbed.
    #[diesel(sql_type = ty::Nullable<sql_types::HazardEscalation>)]
    pub escalation: Option<HazardEscalation>,
    /// When.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub escalated_at: Option<DateTime<Utc>>,
    /// The latest visit that found it still unsafe.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub rechecked_visit_id: Option<VisitId>,
    /// When.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub rechecked_at: Option<DateTime<Utc>>,
    /// The visit that found it safe.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub cleared_visit_id: Option<VisitId>,
    /// When.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub cleared_at: Option<DateTime<Utc>>,
    /// The version of the visit that names it no longer.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub withdrawn_visit_id: Option<VisitId>,
}

/// An event that the state does not allow.
#[derive(Debug, PartialEq)]
pub struct InvalidTransition;

impl HazardState {
    /// A hazard that was just found.
    fn found(
        severity: HazardSeverity,
        due_at: Option<DateTime<Utc>>,
        report_due_at: Option<DateTime<Utc>>,
    ) -> Self {
        Self {
            status: HazardStatus::Open,
            severity,
            due_at,
            extended_at: None,
            report_due_at,
            reported_at: None,
            report_raised_at: None,
            responsible: None,
            noticed_at: None,
            repair_order_id: None,
            escalation: None,
            escalated_at: None,
            rechecked_visit_id: None,
            rechecked_at: None,
            cleared_visit_id: None,
            cleared_at: None,
            withdrawn_visit_id: None,
        }
    }

    /// The state after an event that happened at `at`. What was done at the door (a report, a notice, photos) is recorded whatever has
    /// become of the hazard meanwhile; what decides on it needs it open.
    ///
    /// # Errors
    /// When the state does not allow it.
    pub fn apply(self, event: &HazardEvent, at: DateTime<Utc>) -> Result<Self, InvalidTransition> {
        use HazardEvent as E;
        use HazardStatus as S;
        Ok(match (self.status, event) {
            (_, E::Reported { .. }) => Self {
                reported_at: Some(self.reported_at.map_or(at, |first| first.min(at))),
                ..self
            },
            (_, E::Noticed { .. }) => Self {
                noticed_at: Some(self.noticed_at.map_or(at, |latest| latest.max(at))),
                ..self
            },
            (_, E::Photographed { .. }) => self,
            (
                S::Open | S::Cleared,
                E::SaidAnew {
                    severity,
                    due_at,
                    report_due_at,
                    ..
                },
            ) if *severity != self.severity => Self {
                severity: *severity,
                due_at: *due_at,
                extended_at: None,
                report_due_at: *report_due_at,
                report_raised_at: None,
                escalation: None,
                escalated_at: None,
                ..self
            },
            (S::Open | S::Cleared, E::SaidAnew { .. }) => self,
            (S::Open, E::Withdrawn { visit_id }) => Self {
                status: S::Withdrawn,
                withdrawn_visit_id: Some(*visit_id),
                ..self
            },
            (S::Open, E::ReportMissed) => Self {
                report_raised_at: Some(at),
                ..self
            },
            (S::Open, E::MadeResponsible { party }) => Self {
                responsible: Some(*party),
                ..self
            },
            (S::Open, E::Extended { due_at }) if self.extended_at.is_none() => Self {
                due_at: Some(*due_at),
                extended_at: Some(at),
                escalation: None,
                escalated_at: None,
                ..self
            },
            (S::Open, E::RepairOrdered { order_id }) => Self {
                repair_order_id: Some(*order_id),
                ..self
            },
            (S::Open, E::Escalated { to }) => Self {
                escalation: Some(*to),
                escalated_at: Some(at),
                ..self
            },
            (S::Open, E::StillUnsafe { visit_id }) => Self {
                rechecked_visit_id: Some(*visit_id),
                rechecked_at: Some(at),
                ..self
            },
            (_, E::RecheckTakenBack { visit_id }) if self.rechecked_visit_id == Some(*visit_id) => Self {
                rechecked_visit_id: None,
                rechecked_at: None,
                ..self
            },
            (S::Open, E::Cleared { visit_id }) => Self {
                status: S::Cleared,
                cleared_visit_id: Some(*visit_id),
                cleared_at: Some(at),
                ..self
            },
            (S::Cleared, E::Reopened { visit_id }) if self.cleared_visit_id == Some(*visit_id) => Self {
                status: S::Open,
                cleared_visit_id: None,
                cleared_at: None,
                ..self
            },
            _ => return Err(InvalidTransition),
        })
    }
}

/// What the events of a hazard, in their sequence and each with the instant at which it happened, make of it.
///
/// # Errors
/// When they do not begin with the finding or one does not follow from those before.
pub fn replay(events: &[(HazardEvent, DateTime<Utc>)]) -> Result<HazardState, InvalidTransition> {
    match events.split_first() {
        Some((
            (
                HazardEvent::Found {
                    severity,
                    due_at,
                    report_due_at,
                    ..
                },
                _,
            ),
            later,
        )) => later.iter().try_fold(
            HazardState::found(*severity, *due_at, *report_due_at),
            |state, (event, at)| state.apply(event, *at),
        ),
        _ => Err(InvalidTransition),
    }
}

/// The deadline moved on by `days`, counted from the old one: no more of them than `most`, and to an instant after `now`.
///
/// # Errors
/// What is wrong with the days, in the field's words.
pub fn extended(
    due_at: DateTime<Utc>,
    days: i64,
    most: i64,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, String> {
    if days > most {
        return Err(format!("is more than the deadline had, which is {most}"));
    }
    let until = due_at + Duration::days(days);
    if until <= now {
        return Err("does not reach beyond today: the deadline is over for longer".to_owned());
    }
    Ok(until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::days(day)
    }

    fn visit(n: u128) -> VisitId {
        VisitId(Uuid::from_u128(n))
    }

    fn found() -> (HazardEvent, DateTime<Utc>) {
        let event = HazardEvent::Found {
            visit_id: visit(1),
            severity: HazardSeverity::General,
            due_at: Some(at(30)),
            report_due_at: None,
        };
        (event, at(0))
    }

    #[test]
    fn events_begin_with_the_finding_and_what_ended_is_decided_on_no_more() {
        assert_eq!(replay(&[]), Err(InvalidTransition));
        assert_eq!(
            replay(&[(HazardEvent::ReportMissed, at(1))]),
            Err(InvalidTransition)
        );
        let cleared = (HazardEvent::Cleared { visit_id: visit(2) }, at(3));
        let state = replay(&[found(), cleared.clone()]).unwrap();
        assert_eq!(
            (state.status, state.cleared_at),
            (HazardStatus::Cleared, Some(at(3)))
        );
        for refused in [
            HazardEvent::Extended { due_at: at(40) },
            HazardEvent::Escalated {
                to: HazardEscalation::Steward,
            },
            HazardEvent::StillUnsafe { visit_id: visit(3) },
            HazardEvent::Reopened { visit_id: visit(3) },
        ] {
            assert_eq!(
                replay(&[found(), cleared.clone(), (refused, at(4))]),
                Err(InvalidTransition)
            );
        }
        let report = (
            HazardEvent::Reported {
                to: vec![HazardParty::Family],
            },
            at(1),
        );
        assert_eq!(
            replay(&[found(), cleared, report]).unwrap().reported_at,
            Some(at(1)),
            "what was done at the door is recorded, however late it comes in"
        );
    }

    #[test]
    fn the_first_report_and_the_latest_notice_count_and_a_second_extension_is_none() {
        let report = |day| {
            let to = vec![HazardParty::GasFirm];
            (HazardEvent::Reported { to }, at(day))
        };
        let state = replay(&[found(), report(2), report(1), report(3)]).unwrap();
        assert_eq!(state.reported_at, Some(at(1)));
        let extension = (HazardEvent::Extended { due_at: at(37) }, at(5));
        let state = replay(&[found(), extension.clone()]).unwrap();
        assert_eq!((state.due_at, state.extended_at), (Some(at(37)), Some(at(5))));
        let climbed = (
            HazardEvent::Escalated {
                to: HazardEscalation::County,
            },
            at(4),
        );
        let anew = replay(&[found(), climbed, extension.clone()]).unwrap();
        assert_eq!(anew, state, "it climbs from the first step again");
        assert_eq!(
            replay(&[found(), extension.clone(), extension]),
            Err(InvalidTransition)
        );
    }

    #[test]
    fn another_severity_begins_anew_and_the_same_one_changes_nothing() {
        let climbed = (
            HazardEvent::Escalated {
                to: HazardEscalation::Steward,
            },
            at(31),
        );
        let anew = |severity, due_at, report_due_at| {
            let visit_id = visit(2);
            let event = HazardEvent::SaidAnew {
                visit_id,
                severity,
                due_at,
                report_due_at,
            };
            (event, at(32))
        };
        let before = replay(&[found(), climbed.clone()]).unwrap();
        let same = anew(HazardSeverity::General, Some(at(30)), None);
        assert_eq!(replay(&[found(), climbed.clone(), same]).unwrap(), before);
        let worse = anew(HazardSeverity::Major, Some(at(7)), Some(at(1)));
        let state = replay(&[found(), climbed, worse]).unwrap();
        assert_eq!(
            (state.escalation, state.due_at, state.report_due_at),
            (None, Some(at(7)), Some(at(1)))
        );
    }

    #[test]
    fn a_deadline_moves_by_no_more_than_its_own_length_and_into_the_future() {
        assert_eq!(extended(at(30), 30, 30, at(29)), Ok(at(60)));
        assert!(extended(at(30), 31, 30, at(29)).is_err());
        assert!(extended(at(30), 7, 30, at(37)).is_err());
    }
}
