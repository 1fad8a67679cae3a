//! What was found unsafe in a home, and what was done about it: reported, a notice served, checked again, climbing while nobody mends it.

use super::{
    city::{City, Home},
    copy::{Json, Rows, Table},
    draw::Draw,
    orders::label,
    rates,
};
use crate::{
    hazards::{
        REPORT_WITHIN, STEP_AFTER,
        model::{HazardEscalation, HazardEvent, HazardParty, HazardSeverity, replay},
    },
    ids::VisitId,
};
use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use uuid::Uuid;

/// The way up.
const STEPS: [HazardEscalation; 4] = [
    HazardEscalation::Steward,
    HazardEscalation::Subdistrict,
    HazardEscalation::County,
    HazardEscalation::City,
];

/// A visit and when it was.
type Seen = (Uuid, DateTime<Utc>);

/// A hazard, as far as the visits tell.
pub(super) struct Hazard {
    pub id: Uuid,
    pub kind: &'static str,
    pub point: &'static str,
    pub cleared: Option<Seen>,
    /// Visits that found it still unsafe.
    pub rechecks: Vec<Seen>,
    description: &'static str,
    severity: HazardSeverity,
    found: Seen,
    due: Option<DateTime<Utc>>,
    previous: Option<Uuid>,
}

/// What happened, when, by whom, and why.
type Happened = (HazardEvent, DateTime<Utc>, Option<Uuid>, &'static str);

impl Hazard {
    /// A hazard that a visit has just found.
    pub(super) fn found(
        draw: &mut Draw,
        city: &City,
        (kind, point, description): (&'static str, &'static str, &'static str),
        found: Seen,
        previous: Option<Uuid>,
    ) -> Self {
        let at = draw.share(0.0..1.0);
        let (severity, days) = if at < rates::SEVERITIES[0] {
            (HazardSeverity::Advice, None)
        } else if at < rates::SEVERITIES[0] + rates::SEVERITIES[1] {
            (HazardSeverity::General, Some(city.hazard_days[0]))
        } else {
            (HazardSeverity::Major, Some(city.hazard_days[1]))
        };
        Self {
            id: draw.id(found.1),
            kind,
            point,
            cleared: None,
            rechecks: Vec::new(),
            description,
            severity,
            found,
            due: days.map(|days| found.1 + days),
            previous,
        }
    }

    /// Its events until now, the earliest first. What is drawn for them is drawn from the hazard itself, so that the rest of the city is
    /// the same with and without.
    fn events(&self, home: &Home<'_>) -> Vec<Happened> {
        let mut draw = Draw::new(home.community.city.seed, self.id.as_u64_pair().1);
        let steward = Some(home.community.steward);
        let over = self.cleared.map_or(home.community.city.now, |c| c.1);
        let (visit, found_at) = self.found;
        let mut events: Vec<Happened> = Vec::new();
        if self.severity == HazardSeverity::Major {
            let in_time = draw.chance(rates::REPORTED_IN_TIME);
            let reported = found_at + draw.minutes(if in_time { 5..50 } else { 70..240 });
            if !in_time {
                events.push((HazardEvent::ReportMissed, found_at + REPORT_WITHIN, None, ""));
            }
            let to = vec![HazardParty::Property, HazardParty::Family];
            events.push((HazardEvent::Reported { to }, reported, steward, ""));
        }
        if self.severity != HazardSeverity::Advice && draw.chance(rates::NOTICED) {
            let notice = HazardEvent::Noticed {
                to: HazardParty::Household,
                recipient: "本人".to_owned(),
                text: "请按期整改，整改后由管家复查".to_owned(),
                signature: None,
            };
            let party = HazardParty::Household;
            let at = found_at + Duration::minutes(30);
            events.push((notice, at, steward, "老人不便签字，已口头告知"));
            events.push((HazardEvent::MadeResponsible { party }, at, steward, ""));
        }
        for (visit, at) in &self.rechecks {
            let visit_id = VisitId(*visit);
            events.push((HazardEvent::StillUnsafe { visit_id }, *at, steward, ""));
        }
        let mut climbs_at = self.due;
        for to in STEPS {
            let Some(at) = climbs_at else { break };
            events.push((HazardEvent::Escalated { to }, at, None, ""));
            climbs_at = Some(at + STEP_AFTER);
        }
        events.retain(|e| e.1 < over);
        events.sort_by_key(|e| e.1);
        let found = HazardEvent::Found {
            visit_id: VisitId(visit),
            severity: self.severity,
            due_at: self.due,
            report_due_at: self.severity.report_due(found_at),
        };
        events.insert(0, (found, found_at, steward, ""));
        if let Some((visit, at)) = self.cleared {
            let visit_id = VisitId(visit);
            events.push((HazardEvent::Cleared { visit_id }, at, steward, ""));
        }
        events
    }

    /// Writes it as its events make it.
    pub(super) fn write(&self, home: &Home<'_>, rows: &mut Rows) {
        let events = self.events(home);
        let told: Vec<_> = events.iter().map(|e| (e.0.clone(), e.1)).collect();
        let state = replay(&told);
        debug_assert!(state.is_ok(), "{told:?}");
        let Ok(state) = state else { return };
        let measure = match self.severity {
            HazardSeverity::Major => "已当场处理并通知家属",
            _ => "",
        };
        rows.add(
            Table::Hazards,
            &[
                &self.id,
                &home.id,
                &home.community.id,
                &self.kind,
                &label(self.severity),
                &self.point,
                &self.description,
                &measure,
                &label(state.status),
                &self.found.0,
                &home.community.steward,
                &self.found.1,
                &state.due_at,
                &state.escalation.map(label),
                &state.escalated_at,
                &state.report_due_at,
                &state.reported_at,
                &state.report_raised_at,
                &state.responsible.map(label),
                &state.noticed_at,
                &state.rechecked_visit_id.map(|v| v.0),
                &state.rechecked_at,
                &self.previous,
                &state.cleared_visit_id.map(|v| v.0),
                &state.cleared_at,
                &(events.len() as i32),
            ],
        );
        let mut before = None;
        for (n, (event, at, actor, reason)) in (1i32..).zip(&events) {
            let after = match event {
                HazardEvent::Cleared { .. } => "cleared",
                _ => "open",
            };
            rows.add(
                Table::HazardEvents,
                &[
                    &self.id,
                    &n,
                    &before,
                    &after,
                    actor,
                    at,
                    at,
                    reason,
                    &Json(json!(event).to_string()),
                ],
            );
            before = Some(after);
        }
    }
}
