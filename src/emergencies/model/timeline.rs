//! What the timeline of an emergency tells.

use super::{EmergencyServiceKind, EmergencyStep, NoAnswerStep, Reason, Rung};
use crate::ids::UserId;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

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
