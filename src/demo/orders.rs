//! The lives of service orders, step by step until the present instant: an order that was asked for yesterday stands
//! wherever it has come to by now.

use super::{
    city::{Community, Home, Resident},
    copy::{Json, Rows, Table},
    draw::Draw,
    library::{Item, Provider},
    rates,
};
use chrono::{DateTime, Duration, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

/// The clocks, as the database names them.
const CLOCKS: [&str; 5] = ["elder", "accept", "arrive", "finish", "follow_up"];
const ELDER: usize = 0;
const ACCEPT: usize = 1;
const ARRIVE: usize = 2;
const FINISH: usize = 3;
const FOLLOW_UP: usize = 4;

/// A need that is ordered.
pub(super) struct Wanted<'a> {
    /// The need.
    pub need: Uuid,
    /// Where.
    pub home: &'a Home<'a>,
    /// For whom.
    pub elder: &'a Resident,
    /// What.
    pub item: &'a Item,
}

struct Event {
    at: DateTime<Utc>,
    to: &'static str,
    actor: Option<Uuid>,
    reason: &'static str,
    data: Value,
}

struct Clock {
    started: DateTime<Utc>,
    due: DateTime<Utc>,
    stopped: Option<DateTime<Utc>>,
}

struct Offer<'a> {
    id: Uuid,
    to: &'a Provider,
    status: &'static str,
    rank: i16,
    chosen: Option<(Uuid, &'static str)>,
    at: DateTime<Utc>,
    expires: DateTime<Utc>,
    answered: Option<(DateTime<Utc>, Option<Uuid>, Option<&'static str>)>,
}

/// One order: what its row will say, and its history.
struct Life<'a> {
    id: Uuid,
    round: i16,
    original: Uuid,
    previous: Option<Uuid>,
    provider: Option<&'a Provider>,
    worker: Option<Uuid>,
    tier: &'static str,
    refusals: i16,
    requested: DateTime<Utc>,
    scheduled: Option<DateTime<Utc>>,
    started: Option<DateTime<Utc>>,
    completed: Option<DateTime<Utc>>,
    closed: Option<DateTime<Utc>>,
    events: Vec<Event>,
    clocks: [Option<Clock>; 5],
    offers: Vec<Offer<'a>>,
}

/// How an order is going to go, as far as it is drawn beforehand.
#[derive(Clone, Copy, PartialEq)]
enum Turn {
    None,
    CancelledEarly,
    CancelledLate,
}

/// What an order's life is told with.
pub(super) struct Tale<'a, 'r> {
    /// Where.
    pub community: &'a Community<'a>,
    /// Its dice.
    pub draw: &'r mut Draw,
    /// Where the rows go.
    pub rows: &'r mut Rows,
}

impl<'a> Tale<'a, '_> {
    /// Tells the order of a need, and its rework.
    pub(super) fn order(&mut self, wanted: &Wanted<'a>, requested: DateTime<Utc>) {
        let mut chain = vec![self.life(1, requested, None)];
        let turn = match self.draw.share(0.0..1.0) {
            at if at < rates::CANCELLED[0] => Turn::CancelledEarly,
            at if at < rates::CANCELLED[0] + rates::CANCELLED[1] => Turn::CancelledLate,
            _ => Turn::None,
        };
        self.serve(&mut chain[0], wanted, turn, None);
        let mut surveyed = self.survey(&mut chain, wanted);
        while let Some((at, false)) = surveyed {
            let (round, failed) = (chain.len() as i16 + 1, chain.len() - 1);
            let before = chain[failed].provider;
            if round == 3 {
                self.quality_case(&chain[failed], at);
            }
            let requested = at + self.draw.minutes(5..30);
            if requested > self.community.city.now {
                break;
            }
            let previous = (chain[0].id, chain[failed].id);
            chain.push(self.life(round, requested, Some(previous)));
            // The same provider does it again; after a second failure another.
            let same = before.filter(|_| round == 2);
            let index = chain.len() - 1;
            self.serve(&mut chain[index], wanted, Turn::None, same);
            surveyed = self.survey(&mut chain, wanted);
        }
        for life in &chain {
            self.write(life, wanted);
        }
    }

    fn life(&mut self, round: i16, requested: DateTime<Utc>, after: Option<(Uuid, Uuid)>) -> Life<'a> {
        let id = self.draw.id(requested);
        Life {
            id,
            round,
            original: after.map_or(id, |a| a.0),
            previous: after.map(|a| a.1),
            provider: None,
            worker: None,
            tier: "organisation",
            refusals: 0,
            requested,
            scheduled: None,
            started: None,
            completed: None,
            closed: None,
            events: Vec::new(),
            clocks: [const { None }; 5],
            offers: Vec::new(),
        }
    }

    /// Notes a step, if its instant has come; `None` ends the tale where it stands.
    fn step(&self, life: &mut Life<'a>, event: Event) -> Option<()> {
        (event.at <= self.community.city.now).then(|| life.events.push(event))
    }

    /// From the request to the completed service.
    fn serve(
        &mut self,
        life: &mut Life<'a>,
        wanted: &Wanted<'a>,
        turn: Turn,
        same: Option<&'a Provider>,
    ) -> Option<()> {
        let (steward, item) = (self.community.steward, wanted.item);
        let limit = |n: usize| Duration::minutes(i64::from(item.minutes[n]));
        let requested = life.requested;
        self.step(
            life,
            event(
                requested,
                "requested",
                Some(steward),
                json!({ "need_id": wanted.need }),
            ),
        )?;
        life.start(ELDER, requested, limit(3));
        let accepted = self.dispatch(life, wanted, turn, same)?;
        let provider = life.provider?;
        life.start(ARRIVE, accepted, limit(1));

        let arranged = accepted + self.draw.part(item.minutes[1].min(60), 0.05..0.25);
        let late = if self.draw.chance(rates::LATE) {
            limit(3)
        } else {
            TimeDelta::zero()
        };
        let mut planned = accepted + self.draw.part(item.minutes[1], 0.3..0.8) + late;
        if item.code != "emergency" {
            planned = self.draw.by_day(planned);
        }
        let worker = *self.draw.one(&provider.workers);
        self.step(
            life,
            event(
                arranged,
                "scheduled",
                Some(provider.account),
                json!({ "worker_id": worker, "scheduled_for": planned }),
            ),
        )?;
        (life.worker, life.scheduled) = (Some(worker), Some(planned));
        if turn == Turn::CancelledLate {
            let at = arranged + (planned - arranged) / 2;
            return self.cancel(life, at);
        }

        let arrived = planned + self.draw.part(item.minutes[1], 0.0..0.1);
        self.step(
            life,
            event(
                arrived,
                "in_service",
                Some(provider.account),
                json!({ "started_at": arrived }),
            ),
        )?;
        life.started = Some(arrived);
        life.stop(ARRIVE, arrived);
        life.start(FINISH, arrived, limit(2));

        let done = arrived + self.draw.part(item.minutes[2], 0.15..0.7);
        self.step(
            life,
            event(
                done,
                "completed",
                Some(provider.account),
                json!({ "completed_at": done, "signed_by": SIGNED_BY }),
            ),
        )?;
        life.completed = Some(done);
        life.stop(FINISH, done);
        life.stop(ELDER, done);
        life.start(FOLLOW_UP, done, limit(4));
        Some(())
    }

    /// Offers the order until somebody accepts; says when. `None` where nobody has (yet).
    fn dispatch(
        &mut self,
        life: &mut Life<'a>,
        wanted: &Wanted<'a>,
        turn: Turn,
        same: Option<&'a Provider>,
    ) -> Option<DateTime<Utc>> {
        let city = self.community.city;
        let minutes = wanted.item.minutes[0];
        let mut at = life.requested;
        let mut chosen = None;
        loop {
            at += self.draw.minutes(1..4);
            let to = same.or_else(|| self.next(life, wanted))?;
            let id = self.draw.id(at);
            let data = json!({ "offer_id": id, "organisation_id": to.id });
            self.step(
                life,
                event(
                    at,
                    "offered",
                    chosen.map_or(Some(self.community.steward), |c: (Uuid, _)| Some(c.0)),
                    data,
                ),
            )?;
            life.tier = to.tier;
            let expires = at + Duration::minutes(i64::from(minutes));
            life.start(ACCEPT, at, expires - at);
            life.offers.push(Offer {
                id,
                to,
                status: "open",
                rank: life.offers.len() as i16 + 1,
                chosen,
                at,
                expires,
                answered: None,
            });
            if turn == Turn::CancelledEarly {
                let end = at + self.draw.part(minutes, 0.1..0.5);
                self.cancel(life, end);
                return None;
            }
            let free = same.is_none() && chosen.is_none();
            let fate = if free { self.draw.share(0.0..1.0) } else { 1.0 };
            let answered = if fate < rates::EXPIRED {
                expires
            } else {
                at + self.draw.part(minutes, 0.05..0.7)
            };
            let who = Some(to.account);
            let data = json!({ "offer_id": id, "organisation_id": to.id });
            if fate >= rates::EXPIRED + rates::DECLINED {
                self.step(life, event(answered, "accepted", who, data))?;
                life.provider = Some(to);
                life.answer("accepted", answered, who, None);
                life.stop(ACCEPT, answered);
                return Some(answered);
            }
            let (status, who, why) = if fate < rates::EXPIRED {
                ("expired", None, "无人应答")
            } else {
                ("declined", who, "本周排班已满")
            };
            // Two refusals, and a named officer decides.
            let to_officer = life.refusals == 1;
            let next = if to_officer { "referred" } else { "requested" };
            self.step(
                life,
                Event {
                    reason: why,
                    ..event(answered, next, who, data)
                },
            )?;
            life.refusals += 1;
            life.answer(status, answered, who, Some(why).filter(|_| status == "declined"));
            life.stop(ACCEPT, answered);
            at = answered;
            if to_officer {
                life.tier = "city";
                let wait = self.draw.minutes(20..180);
                at = self.draw.by_day(answered + wait);
                if self.draw.chance(rates::UNMET) {
                    let given_up = event(at, "unmet", Some(city.officer), json!({}));
                    self.step(
                        life,
                        Event {
                            reason: "各级均无可用资源",
                            ..given_up
                        },
                    )?;
                    return None;
                }
                chosen = Some((city.officer, "由民政工作人员指定"));
            }
        }
    }

    /// The next candidate: somebody of the nearest tier who has not been asked, but the city's after a referral.
    fn next(&mut self, life: &Life<'a>, wanted: &Wanted<'a>) -> Option<&'a Provider> {
        let all = self.community.candidates(&wanted.item.code);
        let asked = |p: &Provider| life.offers.iter().any(|o| o.to.id == p.id);
        let mut left: Vec<&'a Provider> = all.iter().copied().filter(|p| !asked(p)).collect();
        if life.refusals > 1 {
            left.reverse();
        }
        let nearest = left.first().map(|p| p.tier);
        left.retain(|p| Some(p.tier) == nearest);
        if left.is_empty() {
            // All have been asked; the last resort is to ask again.
            left.extend(all.iter().copied());
        }
        (!left.is_empty()).then(|| *self.draw.one(&left))
    }

    fn cancel(&mut self, life: &mut Life<'a>, at: DateTime<Utc>) -> Option<()> {
        let cancelled = event(
            at,
            "cancelled",
            Some(self.community.steward),
            json!({ "cancelled_by": "elder" }),
        );
        self.step(
            life,
            Event {
                reason: "老人改变主意",
                ..cancelled
            },
        )?;
        life.closed = Some(at);
        for clock in 0..CLOCKS.len() {
            life.stop(clock, at);
        }
        if life.offers.last().is_some_and(|o| o.status == "open") {
            life.answer("withdrawn", at, None, None);
        }
        None
    }

    /// Surveys the last order of a chain. Says when, and whether the elder was satisfied; nothing where it has not come to it.
    fn survey(&mut self, chain: &mut [Life<'a>], wanted: &Wanted<'a>) -> Option<(DateTime<Utc>, bool)> {
        let (last, before) = chain.split_last_mut()?;
        let (now, steward) = (self.community.city.now, self.community.steward);
        let wait = self.draw.part(wanted.item.minutes[4], 0.1..0.7);
        let mut at = self.draw.by_day(last.completed? + wait);
        if self.draw.chance(rates::NOT_REACHED) && at <= now {
            self.answers(last, at, None);
            let wait = self.draw.minutes(180..1_500);
            at = self.draw.by_day(at + wait);
        }
        let dissatisfied = match last.round {
            1 => self.draw.chance(rates::DISSATISFIED),
            2 => self.draw.chance(rates::DISSATISFIED_AGAIN),
            _ => false,
        };
        if at > now {
            return None;
        }
        let survey = self.answers(last, at, Some(dissatisfied));
        self.step(
            last,
            event(at, "followed_up", Some(steward), json!({ "followup_id": survey })),
        )?;
        last.stop(FOLLOW_UP, at);
        if dissatisfied {
            self.step(
                last,
                event(at, "reworking", Some(steward), json!({ "followup_id": survey })),
            )?;
            return Some((at, false));
        }
        // Whoever waited for the chain closes with it.
        for life in before.iter_mut().chain([last]) {
            self.step(
                life,
                event(at, "closed", Some(steward), json!({ "followup_id": survey })),
            )?;
            life.closed = Some(at);
        }
        Some((at, true))
    }

    /// Writes a survey, one that reached nobody where there is no answer.
    fn answers(&mut self, life: &Life<'a>, at: DateTime<Utc>, dissatisfied: Option<bool>) -> Uuid {
        let id = self.draw.id(at);
        let with_what = self.draw.below(0..4);
        let answers: [Option<&str>; 4] = std::array::from_fn(|dimension| {
            dissatisfied.map(|dissatisfied| {
                if dissatisfied && dimension == with_what {
                    "dissatisfied"
                } else if self.draw.chance(rates::BASICALLY) {
                    "basically_satisfied"
                } else {
                    "satisfied"
                }
            })
        });
        let words = match dissatisfied {
            Some(true) => "没有做好，请再来一次",
            Some(false) => "",
            None => "无人接听",
        };
        let at_home = dissatisfied.is_some() && self.draw.chance(rates::SURVEYED_AT_HOME);
        let channel = if at_home { "visit" } else { "call" };
        self.rows.add(
            Table::Followups,
            &[
                &id,
                &life.id,
                &life.original,
                &life.round,
                &self.community.id,
                &self.community.steward,
                &channel,
                &dissatisfied.is_some(),
                &answers[0],
                &answers[1],
                &answers[2],
                &answers[3],
                &words,
                &at,
                &at,
            ],
        );
        id
    }

    /// The case against a provider whose rework failed too; an officer closes it within a fortnight.
    fn quality_case(&mut self, failed: &Life<'a>, at: DateTime<Utc>) {
        let (city, id) = (self.community.city, self.draw.id(at));
        let Some(provider) = failed.provider else { return };
        let wait = self.draw.minutes(1_440..20_160);
        let end = self.draw.by_day(at + wait);
        let over = end <= city.now;
        self.rows.add(
            Table::QualityCases,
            &[
                &id,
                &failed.id,
                &provider.id,
                &(if over { "closed" } else { "open" }),
                &"返工后仍不满意",
                &over.then_some("已约谈，限期整改"),
                &at,
                &over.then_some(city.officer),
                &over.then_some(end),
                &(1 + i32::from(over)),
            ],
        );
    }

    fn write(&mut self, life: &Life<'a>, wanted: &Wanted<'a>) {
        let (city, home) = (self.community.city, wanted.home);
        let [market, below_market, subsidy, own_share] = wanted.item.prices;
        let free = life.round > 1;
        let (subsidised, pays) = match (free, wanted.elder.safety_net) {
            (true, _) => (0, 0),
            (false, true) => (subsidy, own_share),
            (false, false) => (0, below_market),
        };
        let entitlement = if wanted.elder.safety_net {
            "safety_net"
        } else {
            "social"
        };
        let status = life.events.last().map_or("requested", |e| e.to);
        self.rows.add(
            Table::Orders,
            &[
                &life.id,
                &wanted.need,
                &wanted.need,
                &wanted.elder.id,
                &home.id,
                &self.community.id,
                &wanted.item.id,
                &entitlement,
                &life.round,
                &life.original,
                &life.previous,
                &status,
                &life.provider.map(|p| p.id),
                &life.worker,
                &life.tier,
                &life.refusals,
                &self.community.steward,
                &life.requested,
                &life.scheduled,
                &life.started,
                &life.completed,
                &life.completed.map(|_| SIGNED_BY),
                &market,
                &subsidised,
                &pays,
                &life.closed,
                &(life.events.len() as i32),
            ],
        );
        let mut from = None;
        for (seq, event) in (1i16..).zip(&life.events) {
            let id = self.draw.id(event.at);
            self.rows.add(
                Table::Events,
                &[
                    &id,
                    &life.id,
                    &seq,
                    &from,
                    &event.to,
                    &event.actor,
                    &event.at,
                    &event.at,
                    &event.reason,
                    &Json(event.data.to_string()),
                ],
            );
            from = Some(event.to);
        }
        for (kind, clock) in CLOCKS.iter().zip(&life.clocks) {
            let Some(clock) = clock else { continue };
            let late = clock.due < clock.stopped.unwrap_or(city.now);
            self.rows.add(
                Table::Clocks,
                &[
                    &life.id,
                    kind,
                    &clock.started,
                    &clock.due,
                    &0i32,
                    &clock.stopped,
                    &late.then_some(clock.due),
                ],
            );
        }
        for offer in &life.offers {
            let figures = json!({
                "tier": offer.to.tier,
                "distance_m": self.draw.below(100..6_000),
                "load": self.draw.below(0..20),
                "rework_rate": self.draw.below(0..5) as f64 / 100.0,
                "price_fen": market,
            });
            let (answered_at, answered_by, why) = offer
                .answered
                .map_or((None, None, None), |(at, by, why)| (Some(at), by, why));
            self.rows.add(
                Table::Offers,
                &[
                    &offer.id,
                    &life.id,
                    &offer.to.id,
                    &offer.status,
                    &offer.rank,
                    &Json(figures.to_string()),
                    &offer.chosen.map(|c| c.0),
                    &offer.chosen.map(|c| c.1),
                    &offer.at,
                    &offer.expires,
                    &answered_at,
                    &answered_by,
                    &why,
                ],
            );
        }
    }
}

/// Who signs that it was done.
const SIGNED_BY: &str = "本人";

fn event(at: DateTime<Utc>, to: &'static str, actor: Option<Uuid>, data: Value) -> Event {
    Event {
        at,
        to,
        actor,
        reason: "",
        data,
    }
}

impl Life<'_> {
    fn start(&mut self, clock: usize, at: DateTime<Utc>, runs: TimeDelta) {
        self.clocks[clock] = Some(Clock {
            started: at,
            due: at + runs,
            stopped: None,
        });
    }

    fn stop(&mut self, clock: usize, at: DateTime<Utc>) {
        if let Some(clock) = &mut self.clocks[clock] {
            clock.stopped.get_or_insert(at);
        }
    }

    /// Answers the offer that is open.
    fn answer(
        &mut self,
        status: &'static str,
        at: DateTime<Utc>,
        by: Option<Uuid>,
        why: Option<&'static str>,
    ) {
        if let Some(offer) = self.offers.last_mut() {
            (offer.status, offer.answered) = (status, Some((at, by, why)));
        }
    }
}
