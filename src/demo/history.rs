//! What happened in a home, week after week until the present: visits owed, made, refused and missed, shut doors, hazards
//! found and cleared, needs solved and ordered.

use super::{
    city::Home,
    copy::{Json, List, Rows, TEXT, Table},
    draw::Draw,
    emergencies,
    hazards::Hazard,
    orders::{Tale, Wanted},
    outreach, rates,
};
use crate::{
    calendar::start_of_day, elders::model::VisitTier, obligations::model::Period, orders::model::OrderStatus,
};
use chrono::{DateTime, Duration, Utc};
use std::fmt::Write;
use uuid::Uuid;

/// A check: its name, its points, and what is found there.
const CHECKS: [(&str, [&str; 2], &str); 4] = [
    ("gas", ["hose", "leak_test"], "软管老化"),
    ("electric", ["wiring", "overload"], "插座松动"),
    ("fire", ["corridor", "open_flame"], "楼道堆放杂物"),
    ("water", ["taps", "wet_floor"], "水管渗漏"),
];
const CONDITIONS: [(&str, u32); 4] = [("good", 60), ("fair", 32), ("poor", 7), ("acute", 1)];
const DIETS: [(&str, u32); 3] = [("regular", 85), ("irregular", 12), ("insufficient", 3)];
const MOODS: [(&str, u32); 4] = [("cheerful", 35), ("calm", 52), ("low", 11), ("distressed", 2)];

/// Results of the four checks, and their points as the service stores them.
type Checked = ([Option<&'static str>; 4], String);

/// Where nobody was met nothing is checked.
fn unchecked() -> Checked {
    ([None; 4], "null".to_owned())
}

/// How an obligation ended.
#[derive(Default)]
struct End {
    visit: Option<Uuid>,
    excuse: Option<&'static str>,
    missed: bool,
    responsible: Option<Uuid>,
    closed: Option<DateTime<Utc>>,
}

struct Story<'h, 'a, 'r> {
    home: &'h Home<'a>,
    draw: &'r mut Draw,
    rows: &'r mut Rows,
    hazards: Vec<Hazard>,
}

/// Writes the history of a home.
pub(super) fn of<'a>(home: &Home<'a>, draw: &mut Draw, rows: &mut Rows) {
    let mut story = Story {
        home,
        draw,
        rows,
        hazards: Vec::new(),
    };
    for period in home.community.city.periods.get(&home.tier).into_iter().flatten() {
        story.period(period);
    }
    for hazard in &story.hazards {
        hazard.write(home, story.rows);
    }
}

impl Story<'_, '_, '_> {
    fn period(&mut self, period: &Period) {
        let city = self.home.community.city;
        let steward = Some(self.home.community.steward);
        if let Some(absence) = self.home.absent {
            let (from, until) = (start_of_day(absence.from), start_of_day(absence.until));
            if period.starts_at < from && from < period.due_at {
                let closed = from + Duration::hours(9);
                let end = End {
                    excuse: Some(absence.status),
                    closed: Some(closed),
                    ..End::default()
                };
                return self.obligation(period, end);
            }
            if from <= period.starts_at && period.starts_at < until {
                return;
            }
        }
        let over = period.due_at <= city.now;
        let grace_over = period.due_at + city.grace <= city.now;
        if over && self.draw.chance(rates::MISSED) {
            let end = End {
                missed: true,
                responsible: steward,
                closed: Some(period.due_at + city.grace),
                ..End::default()
            };
            // Until its grace is over it is still owed.
            return self.obligation(period, if grace_over { end } else { End::default() });
        }
        let Some(at) = self.instant(period, over) else {
            return self.obligation(period, End::default());
        };
        if self.draw.chance(rates::REFUSED) {
            let id = self.draw.id(at);
            let received = self.visit(id, at, "refused", false, unchecked());
            let end = End {
                excuse: Some("declined"),
                responsible: steward,
                closed: Some(received),
                ..End::default()
            };
            return self.obligation(period, end);
        }
        let next_day = at + Duration::hours(24);
        let may_be_shut = next_day < period.due_at && at + Duration::hours(3) < city.now;
        let met = if self.draw.chance(rates::SHUT) && may_be_shut {
            self.shut_door(at)
        } else {
            Some(self.met(at))
        };
        let end = met.map_or_else(End::default, |(visit, received)| End {
            visit: Some(visit),
            responsible: steward,
            closed: Some(received),
            ..End::default()
        });
        self.obligation(period, end);
    }

    /// When the visit of a period is made; in the period of the present most are still to be.
    fn instant(&mut self, period: &Period, over: bool) -> Option<DateTime<Utc>> {
        let city = self.home.community.city;
        let from = period.starts_at.max(city.start);
        let until = period.due_at.min(city.now);
        let days = (period.due_at - from).num_days().max(1);
        let so_far = (until - from).num_days();
        let share = match (over, self.home.tier) {
            (true, _) => 1.0,
            (false, VisitTier::Weekly) => rates::THIS_WEEK,
            (false, _) => so_far as f64 / days as f64,
        };
        if until <= from || !self.draw.chance(share) {
            return None;
        }
        let last = if over { days - 1 } else { so_far.min(days - 1) };
        let day = from + Duration::days(self.draw.below(0..last as usize + 1) as i64);
        // Visits begin between 8:00 and 17:30, and what is under way now has not been received.
        let latest = (day + Duration::minutes(17 * 60 + 30)).min(city.now - Duration::hours(1));
        let earliest = day + Duration::hours(8);
        let minutes = (latest - earliest).num_minutes();
        (minutes > 0).then(|| earliest + self.draw.minutes(0..minutes))
    }

    /// Writes a visit; says when it was received.
    fn visit(
        &mut self,
        id: Uuid,
        at: DateTime<Utc>,
        outcome: &str,
        needs: bool,
        checked: Checked,
    ) -> DateTime<Utc> {
        let home = self.home;
        let (city, community) = (home.community.city, home.community);
        let ended = at + self.draw.minutes(if outcome == "met" { 10..40 } else { 1..5 });
        let received = (ended + self.draw.minutes(0..10)).min(city.now);
        let mut purposes = vec!["safety"];
        if needs {
            purposes.push("needs");
        }
        if outcome == "met" && self.draw.chance(rates::POLICY) {
            purposes.push("policy");
            outreach::explained(city, self.rows, id, home.elders[0].id);
        }
        let (results, points) = checked;
        let known = !self.draw.chance(rates::NO_POSITION);
        let mut near = |degrees: f64| known.then(|| degrees + self.draw.share(-0.000_5..0.000_5));
        let (latitude, longitude) = (near(community.position.0), near(community.position.1));
        let offset = self.draw.below(0..4_000) as i64 - 2_000;
        self.rows.add(
            Table::Visits,
            &[
                &id,
                &id,
                &1i16,
                &home.id,
                &community.id,
                &community.steward,
                &List(city.purpose, &purposes),
                &outcome,
                &at,
                &ended,
                &received,
                &offset,
                &(if known { "at_door" } else { "unknown" }),
                &latitude,
                &longitude,
                &known.then(|| 5.0 + self.draw.below(0..30) as f32),
                &results[0],
                &results[1],
                &results[2],
                &results[3],
                &Json(points),
                &1i16,
            ],
        );
        received
    }

    /// A visit that met somebody, with what came of it.
    fn met(&mut self, at: DateTime<Utc>) -> (Uuid, DateTime<Utc>) {
        let home = self.home;
        let asks = self.draw.chance(rates::NEED);
        let by_call = asks && self.draw.chance(rates::BY_CALL);
        let id = self.draw.id(at);
        let checked = self.checks(id, at);
        let received = self.visit(id, at, "met", asks && !by_call, checked);
        for (n, elder) in home.elders.iter().enumerate() {
            // One of a couple is out now and then.
            if n > 0 && self.draw.chance(0.1) {
                continue;
            }
            let (condition, diet, mood) = (
                self.draw.weighted(&CONDITIONS),
                self.draw.weighted(&DIETS),
                self.draw.weighted(&MOODS),
            );
            self.rows
                .add(Table::Met, &[&id, &elder.id, &condition, &diet, &mood]);
        }
        if asks {
            self.needs(id, received, by_call);
        }
        (id, received)
    }

    /// The four checks of a visit: their results, and the points as the service stores them.
    fn checks(&mut self, visit: Uuid, at: DateTime<Utc>) -> Checked {
        let mut results = [None; 4];
        let mut stored = String::from("{");
        for (n, (kind, points, seen)) in CHECKS.into_iter().enumerate() {
            let open = self
                .hazards
                .iter_mut()
                .find(|h| h.kind == kind && h.cleared.is_none());
            let result = match open {
                Some(hazard) if self.draw.chance(rates::MENDED) => {
                    hazard.cleared = Some((visit, at));
                    "safe"
                }
                Some(hazard) => {
                    hazard.rechecks.push((visit, at));
                    "hazard"
                }
                // Whether a home has gas does not change from week to week.
                None if kind == "gas" && f64::from(self.home.id.as_bytes()[15]) / 256.0 < rates::NO_GAS => {
                    "not_applicable"
                }
                None if self.draw.chance(rates::HAZARD) => {
                    let point = *self.draw.one(&points);
                    self.found(kind, point, seen, (visit, at));
                    "hazard"
                }
                None if self.draw.chance(rates::NOT_CHECKED) => "not_checked",
                None => "safe",
            };
            results[n] = Some(result);
            let points = match result {
                "safe" | "hazard" => format!("[\"{}\",\"{}\"]", points[0], points[1]),
                _ => "[]".to_owned(),
            };
            let reason = if result == "not_checked" {
                "\"老人不便\""
            } else {
                "null"
            };
            let comma = if n == 0 { "" } else { "," };
            // Writing to a string does not fail.
            let _ = write!(
                stored,
                "{comma}\"{kind}\":{{\"points\":{points},\"reason\":{reason},\"result\":\"{result}\"}}"
            );
        }
        stored.push('}');
        (results, stored)
    }

    fn found(
        &mut self,
        kind: &'static str,
        point: &'static str,
        description: &'static str,
        found: (Uuid, DateTime<Utc>),
    ) {
        let city = self.home.community.city;
        let same = |h: &&Hazard| h.kind == kind && h.point == point;
        let previous = self.hazards.iter().rfind(same).map(|h| h.id);
        let hazard = Hazard::found(self.draw, city, (kind, point, description), found, previous);
        self.hazards.push(hazard);
    }

    /// Nobody opened: the chain of steps, a visit owed within a day, an emergency where nobody was found. Gives the visit of
    /// the next day, where that has come.
    fn shut_door(&mut self, at: DateTime<Utc>) -> Option<(Uuid, DateTime<Utc>)> {
        let home = self.home;
        let (city, steward) = (home.community.city, home.community.steward);
        let visit = self.draw.id(at);
        let opened = self.visit(visit, at, "no_answer", false, unchecked());
        let case = self.draw.id(opened);
        let deadline = opened + city.no_answer;
        // Back at the same time next day, a little earlier: within the 24 hours.
        let again = at + Duration::hours(24) - self.draw.minutes(1..10);
        let again = Some(again).filter(|again| *again + Duration::hours(1) < city.now);
        let met = again.map(|again| self.met(again));
        let escalated = met.is_some() && self.draw.chance(rates::ESCALATED);
        let found = opened + self.draw.minutes(20..90);
        let mut step_at = at;
        for step in ["ring", "phone", "neighbour", "contact"] {
            step_at += self.draw.minutes(2..12);
            let id = self.draw.id(step_at);
            self.rows.add(
                Table::Steps,
                &[&id, &case, &step, &"", &steward, &step_at, &step_at],
            );
            if !escalated && self.draw.chance(0.5) {
                break;
            }
        }
        let found = found.max(step_at);
        let (status, resolution, by, closed) = if escalated {
            ("escalated", None, None, deadline)
        } else {
            (
                "resolved",
                Some("电话联系到本人，外出买菜"),
                Some(steward),
                found.min(deadline),
            )
        };
        self.rows.add(
            Table::Doors,
            &[
                &case,
                &home.id,
                &home.community.id,
                &visit,
                &status,
                &opened,
                &deadline,
                &resolution,
                &by,
                &closed,
                &2i32,
            ],
        );
        if let (true, Some(closing)) = (escalated, met) {
            emergencies::answered(home, (self.draw, self.rows), case, deadline, closing);
        }
        let due = opened + Duration::hours(24);
        let id = self.draw.id(opened);
        let missed = met.is_none() && due <= city.now;
        self.rows.add(
            Table::Obligations,
            &[
                &id,
                &home.id,
                &home.community.id,
                &"event",
                &format!("event:{visit}"),
                &opened,
                &due,
                &due,
                &List(TEXT, &["no_answer"]),
                &50i16,
                &match (met.is_some(), missed) {
                    (true, _) => "done",
                    (false, true) => "missed",
                    (false, false) => "owed",
                },
                &None::<&str>,
                &met.map(|m| m.0),
                &(met.is_some() || missed).then_some(steward),
                &met.map(|m| m.1).or(missed.then_some(due)),
                &opened,
            ],
        );
        met
    }

    fn obligation(&mut self, period: &Period, end: End) {
        let home = self.home;
        let city = home.community.city;
        let created = period.starts_at.max(city.start);
        let id = self.draw.id(created);
        let kind = match home.tier {
            VisitTier::Weekly => "weekly",
            VisitTier::Monthly => "monthly",
            VisitTier::Quarterly => "quarterly",
        };
        let status = match &end {
            End { visit: Some(_), .. } => "done",
            End { excuse: Some(_), .. } => "excused",
            End { missed: true, .. } => "missed",
            _ => "owed",
        };
        self.rows.add(
            Table::Obligations,
            &[
                &id,
                &home.id,
                &home.community.id,
                &kind,
                &period.name,
                &period.starts_at,
                &period.due_at,
                &(period.due_at + city.grace),
                &List(TEXT, &home.reasons),
                &home.risk,
                &status,
                &end.excuse,
                &end.visit,
                &end.responsible,
                &end.closed,
                &created,
            ],
        );
    }

    /// What was asked for at a visit, or by telephone some days after it.
    fn needs(&mut self, visit: Uuid, at: DateTime<Utc>, by_call: bool) {
        let city = self.home.community.city;
        let (channel, at) = if by_call {
            let later = at + self.draw.minutes(600..4_000);
            ("call", self.draw.by_day(later))
        } else {
            ("visit", at)
        };
        if at > city.now {
            return;
        }
        let event = if by_call { self.draw.id(at) } else { visit };
        for _ in 0..=usize::from(self.draw.chance(rates::SECOND_NEED)) {
            self.need(channel, event, at);
        }
    }

    fn need(&mut self, channel: &str, event: Uuid, at: DateTime<Utc>) {
        let home = self.home;
        let (city, community) = (home.community.city, home.community);
        let elder = self.draw.one(&home.elders);
        let wanted = self.draw.weighted(&rates::WANTED);
        let Some(item) = city.items.iter().find(|i| i.code == wanted) else {
            return;
        };
        let id = self.draw.id(at);
        let solved = match item.delivered_by.as_str() {
            "steward" => true,
            "either" => self.draw.chance(rates::SOLVED),
            _ => false,
        };
        let ordered = at + self.draw.minutes(1..30);
        let recent = at + Duration::days(2) > city.now;
        let (status, resolution, closed) = if solved {
            ("solved", Some("当场解决"), Some(at))
        } else if self.draw.chance(rates::WITHDRAWN) && ordered <= city.now {
            ("withdrawn", Some("老人自行解决"), Some(ordered))
        } else if ordered > city.now || recent && self.draw.chance(rates::STILL_OPEN) {
            ("open", None, None)
        } else {
            ("ordered", None, Some(ordered))
        };
        let description = match wanted {
            "meals" => "希望送午餐",
            "cleaning" => "需要打扫房间",
            "medical_nursing" => "需要上门测量血压",
            "rehabilitation" => "需要康复训练",
            "companionship" => "想有人陪着说说话",
            "home_safety" => "家里有东西要修",
            "policy_advice" => "想了解补贴政策",
            _ => "需要送药",
        };
        // A cancelled order gives its need back.
        let (mut status, mut closed) = (status, closed);
        if status == "ordered" {
            let wanted = Wanted {
                need: id,
                home,
                elder,
                item,
            };
            let mut tale = Tale {
                community,
                draw: self.draw,
                rows: self.rows,
            };
            if tale.order(&wanted, ordered) == OrderStatus::Cancelled {
                (status, closed) = ("open", None);
            }
        }
        self.rows.add(
            Table::Needs,
            &[
                &id,
                &elder.id,
                &home.id,
                &community.id,
                &item.id,
                &channel,
                &event,
                &description,
                &status,
                &resolution,
                &community.steward,
                &at,
                &at,
                &closed,
                &(if status == "ordered" || status == "withdrawn" {
                    2i32
                } else {
                    1
                }),
            ],
        );
    }
}
