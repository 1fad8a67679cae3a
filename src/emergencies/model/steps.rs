//! What those who answer an emergency do, and what is ordered for it.

use super::{Emergency, EmergencyStatus};
use crate::{
    emergencies::{EMERGENCY_CLOSED, EMERGENCY_NOT_ACKNOWLEDGED},
    error::{INVALID, Problem},
    ids::{AttachmentId, ElderId, EmergencyId, OrderId, OrganisationId, UserId},
    orders::model::{Choice, Order, OrderStatus},
    schema::sql_types,
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A step of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::EmergencyStep")]
pub enum EmergencyStep {
    /// Somebody set out.
    UnderWay,
    /// Somebody is at the door.
    AtDoor,
    /// A life is at risk: 120 comes first.
    LifeAtRisk,
    /// 120 was rung.
    AmbulanceCalled,
    /// The crew took over.
    HandedOver,
}

impl EmergencyStep {
    /// Only of an emergency that somebody has taken up; 120 may be rung before anybody has.
    fn answers(self) -> bool {
        matches!(self, Self::UnderWay | Self::AtDoor)
    }
}

/// Who rang 120.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::AmbulanceCaller")]
pub enum AmbulanceCaller {
    /// The elder.
    Elder,
    /// Their family.
    Family,
    /// A neighbour or the property office.
    Neighbour,
    /// A steward.
    Steward,
    /// The duty desk.
    Duty,
    /// Somebody else.
    Other,
}

/// What goes with a call to 120, or with the hand-over to its crew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ambulance {
    /// Who rang; of a call, and of nothing else.
    #[garde(skip)]
    pub caller: Option<AmbulanceCaller>,
    /// The ambulance's number.
    #[garde(inner(length(chars, min = 1, max = 50)))]
    #[schema(example = "青A120示例")]
    pub vehicle: Option<String>,
    /// Where it goes.
    #[garde(inner(length(chars, min = 1, max = 100)))]
    #[schema(example = "示例人民医院")]
    pub hospital: Option<String>,
    /// What was said; sealed.
    #[garde(inner(length(chars, min = 1, max = 1000)))]
    pub said: Option<String>,
}

/// A step to be recorded.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEmergencyStep {
    /// Made by the phone; the same id is the same step.
    #[garde(skip)]
    pub id: Uuid,
    /// Which.
    #[garde(skip)]
    pub step: EmergencyStep,
    /// When it was taken, by the device's clock.
    #[garde(skip)]
    pub done_at: DateTime<Utc>,
    /// The device's clock when it sent this: what it is off by is taken from `done_at`.
    #[garde(skip)]
    pub device_now: DateTime<Utc>,
    /// Of setting out: from outside the compound, so that the way to the door is longer.
    #[garde(skip)]
    #[serde(default)]
    pub from_outside: bool,
    /// Of a call to 120, and of the hand-over to its crew.
    #[garde(dive)]
    pub ambulance: Option<Ambulance>,
}

impl NewEmergencyStep {
    /// Whether the step has what belongs to it, and nothing else.
    ///
    /// # Errors
    /// 422 with the fields at fault.
    pub fn check(&self) -> Result<(), Problem> {
        use EmergencyStep as S;
        let mut problem = INVALID.problem();
        if self.from_outside && self.step != S::UnderWay {
            problem = problem.and_field("from_outside", "is told of setting out");
        }
        match (self.step, &self.ambulance) {
            (S::AmbulanceCalled, Some(Ambulance { caller: Some(_), .. })) => {}
            (S::AmbulanceCalled, _) => problem = problem.and_field("ambulance.caller", "say who rang 120"),
            (S::HandedOver, Some(a)) if a.caller.is_some() => {
                problem = problem.and_field("ambulance.caller", "is told of the call");
            }
            (S::HandedOver, Some(a)) if a.vehicle.is_some() || a.hospital.is_some() => {}
            (S::HandedOver, _) => {
                problem = problem.and_field("ambulance", "say to which ambulance, or for which hospital");
            }
            (_, Some(_)) => {
                problem = problem.and_field("ambulance", "is told of the call to 120 and of the hand-over");
            }
            (_, None) => {}
        }
        if problem.fields.is_empty() {
            Ok(())
        } else {
            Err(problem)
        }
    }
}

impl Emergency {
    /// Whether a step that was taken at `done_at` belongs to it: one that a phone sends late does, as long as it was taken before the
    /// end.
    ///
    /// # Errors
    /// 409 when nobody has taken the emergency up, or it was over by then.
    pub fn takes(&self, step: EmergencyStep, done_at: DateTime<Utc>) -> Result<(), Problem> {
        if self.closed_at.is_some_and(|closed| done_at >= closed) {
            return Err(EMERGENCY_CLOSED.problem());
        }
        if step.answers() && self.status == EmergencyStatus::Raised {
            return Err(EMERGENCY_NOT_ACKNOWLEDGED.problem());
        }
        Ok(())
    }
}

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EmergencyStepDone {
    /// Its id.
    pub id: Uuid,
    /// Of which emergency.
    pub emergency_id: EmergencyId,
    /// Which.
    pub step: EmergencyStep,
    /// Who took it.
    pub done_by: UserId,
    /// When, the device's clock put right.
    pub done_at: DateTime<Utc>,
    /// When the server received it.
    pub received_at: DateTime<Utc>,
    /// Milliseconds that the device's clock was ahead of the server's.
    pub device_offset_ms: i64,
    /// Whoever set out was not in the compound.
    pub from_outside: bool,
    /// What goes with a call to 120, or with the hand-over.
    pub ambulance: Option<Ambulance>,
}

/// What a provider is asked for in an emergency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::EmergencyService")]
pub enum EmergencyServiceKind {
    /// 送医: to the hospital.
    Transport,
    /// 送药: medicine to the door.
    Medicine,
}

/// Transport or medicine to be ordered.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEmergencyService {
    /// Of the order; made by the phone: the same id is the same order.
    #[garde(skip)]
    pub id: OrderId,
    /// For whom of the household.
    #[garde(skip)]
    pub elder_id: ElderId,
    /// Which.
    #[garde(skip)]
    pub kind: EmergencyServiceKind,
    /// What is needed, for the provider.
    #[garde(length(chars, min = 1, max = 1000))]
    #[schema(example = "需轮椅，三楼无电梯")]
    pub description: String,
    /// Photos of the prescription; of medicine, and of nothing else.
    #[garde(length(max = 5))]
    #[serde(default)]
    pub prescription: Vec<AttachmentId>,
    /// Whom to ask first, where it shall not be the nearest that is open.
    #[garde(dive)]
    pub choice: Option<Choice>,
}

impl NewEmergencyService {
    /// Whether the prescription goes with the kind.
    ///
    /// # Errors
    /// 422 where it does not.
    pub fn check(&self) -> Result<(), Problem> {
        let medicine = self.kind == EmergencyServiceKind::Medicine;
        if medicine == self.prescription.is_empty() {
            let why = if medicine {
                "medicine needs a photo of the prescription"
            } else {
                "goes with medicine"
            };
            return Err(Problem::field("prescription", why));
        }
        Ok(())
    }
}

/// A service ordered for an emergency.
#[derive(Debug, Serialize, ToSchema)]
pub struct EmergencyService {
    /// Of which emergency.
    pub emergency_id: EmergencyId,
    /// What was asked for.
    pub kind: EmergencyServiceKind,
    /// The order: before the nearest provider that is open, or unmet.
    pub order: Order,
}

/// A service of an emergency, in its file.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct EmergencyServiceLine {
    /// The order; where the service was given again, that of the last round.
    #[diesel(sql_type = ty::Uuid)]
    pub order_id: OrderId,
    /// Which round it is.
    #[diesel(sql_type = ty::SmallInt)]
    pub round: i16,
    /// What was asked for.
    #[diesel(sql_type = sql_types::EmergencyService)]
    pub kind: EmergencyServiceKind,
    /// Where the order stands.
    #[diesel(sql_type = sql_types::OrderStatus)]
    pub status: OrderStatus,
    /// Who took it.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub organisation_id: Option<OrganisationId>,
    /// Who asked for it.
    #[diesel(sql_type = ty::Uuid)]
    pub requested_by: UserId,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub requested_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(step: EmergencyStep, from_outside: bool, ambulance: Option<Ambulance>) -> Vec<String> {
        let new = NewEmergencyStep {
            id: Uuid::nil(),
            step,
            done_at: DateTime::UNIX_EPOCH,
            device_now: DateTime::UNIX_EPOCH,
            from_outside,
            ambulance,
        };
        let fields = new.check().err().map(|p| p.fields).unwrap_or_default();
        fields.into_iter().map(|f| f.field).collect()
    }

    #[test]
    fn each_step_has_what_belongs_to_it_and_nothing_else() {
        use EmergencyStep as S;
        let none: [&str; 0] = [];
        let rung = Ambulance {
            caller: Some(AmbulanceCaller::Family),
            ..Ambulance::default()
        };
        let taken = Ambulance {
            hospital: Some("示例医院".into()),
            ..Ambulance::default()
        };
        assert_eq!(step(S::UnderWay, true, None), none);
        assert_eq!(step(S::AtDoor, true, None), ["from_outside"]);
        assert_eq!(step(S::AmbulanceCalled, false, Some(rung.clone())), none);
        for without in [None, Some(taken.clone())] {
            assert_eq!(step(S::AmbulanceCalled, false, without), ["ambulance.caller"]);
        }
        assert_eq!(step(S::HandedOver, false, Some(taken)), none);
        assert_eq!(
            step(S::HandedOver, false, Some(rung.clone())),
            ["ambulance.caller"]
        );
        for without in [None, Some(Ambulance::default())] {
            assert_eq!(step(S::HandedOver, false, without), ["ambulance"]);
        }
        for other in [S::UnderWay, S::AtDoor, S::LifeAtRisk] {
            assert_eq!(step(other, false, Some(rung.clone())), ["ambulance"]);
        }
    }

    #[test]
    fn medicine_has_a_prescription_and_transport_none() {
        let fits = |kind, photos: usize| {
            NewEmergencyService {
                id: OrderId(Uuid::nil()),
                elder_id: ElderId(Uuid::nil()),
                kind,
                description: "降压药".into(),
                prescription: vec![AttachmentId(Uuid::nil()); photos],
                choice: None,
            }
            .check()
            .is_ok()
        };
        assert!(fits(EmergencyServiceKind::Medicine, 1) && fits(EmergencyServiceKind::Transport, 0));
        assert!(!fits(EmergencyServiceKind::Medicine, 0) && !fits(EmergencyServiceKind::Transport, 1));
    }
}
