//! The words of a care bed: what happens to it ([`CareBedEvent`], [`CareBedState`]), as it is sent, and as it stands.

mod inspected;
mod seen;
mod sent;
mod state;

pub use inspected::{
    CareBedFinding, FindingStatus, Inspection, InspectionKind, InspectionPoint, InspectionPoints, NewFinding,
    NewInspection, PointAnswer, PointSeen, Recheck,
};
pub(super) use seen::WISH;
pub use seen::{
    CareBed, CareBedAgreement, CareBedEventLine, CareBedFile, CareBedMeasure, CareBedMeasureKind, ItemUsage,
    MonthUsage, PlanLine, Quota,
};
pub use sent::{
    Acceptance, CareBedLink, CareBedReason, Decision, Installation, NewAgreement, NewCareBed, NewDecision,
    NewEnd, NewPlan, NewServicePlan, NewSuspension, Note,
};
pub use state::{
    CareBedEvent, CareBedKind, CareBedState, CareBedStatus, EndReason, InvalidTransition, SuspendReason,
    replay,
};
