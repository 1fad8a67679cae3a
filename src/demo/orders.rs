//! The lives of service orders, step by step until the present instant: an order that was asked for yesterday stands
//! wherever it has come to by now.

use super::{
    city::{Community, Home, Resident},
    copy::{Json, Rows, Table},
    draw::Draw,
    library::{Item, Provider},
    rates,
};
use crate::{
    calendar,
    ids::{FollowupId, OfferId, OrderId, OrganisationId, UserId, WorkerId},
    orders::model::{CancelledBy, OrderEvent, OrderState, OrderStatus, REFUSALS_TO_REFER},
};
use chrono::{DateTime, Days, Duration, TimeDelta, Utc};
use serde::Serialize;
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
    what: OrderEvent,
    actor: Option<Uuid>,
    reason: &'static str,
    /// The states before and after, once it has happened.
    from: OrderStatus,
    to: OrderStatus,
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
    requested: DateTime<Utc>,
    state: OrderState,
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
    /// Tells the order of a need, and its rework. Says how the first round ended or stands.
    pub(super) fn order(&mut self, wanted: &Wanted<'a>, requested: DateTime<Utc>) -> OrderStatus {
        let first = self.draw.id(requested);
        let mut chain = vec![self.life(first, 1, requested, None)];
        let turn = match self.draw.share(0.0..1.0) {
            at if at < rates::CANCELLED[0] => Turn::CancelledEarly,
            at if at < rates::CANCELLED[0] + rates::CANCELLED[1] => Turn::CancelledLate,
            _ => Turn::None,
        };
        self.serve(&mut chain[0], wanted, turn, None);
        let mut surveyed = self.survey(&mut chain, wanted);
        while let Some((at, Some(rework))) = surveyed {
            let (round, failed) = (chain.len() as i16 + 1, chain.len() - 1);
            let before = chain[failed].provider;
            if round == 3 {
                self.quality_case(&chain[failed], at);
            }
            let previous = (chain[0].id, chain[failed].id);
            chain.push(self.life(rework, round, at, Some(previous)));
            // The same provider does it again; after a second failure another.
            let same = before.filter(|_| round == 2);
            let index = chain.len() - 1;
            self.serve(&mut chain[index], wanted, Turn::None, same);
            surveyed = self.survey(&mut chain, wanted);
        }
        for life in &chain {
            self.write(life, wanted);
        }
        chain[0].state.status
    }

    fn life(&self, id: Uuid, round: i16, requested: DateTime<Utc>, after: Option<(Uuid, Uuid)>) -> Life<'a> {
        Life {
            id,
            round,
            original: after.map_or(id, |a| a.0),
            previous: after.map(|a| a.1),
            provider: None,
            requested,
            state: OrderState::requested(),
            events: Vec::new(),
            clocks: [const { None }; 5],
            offers: Vec::new(),
        }
    }

    /// Takes a step by the service's own rules, if its instant has come; `None` ends the tale where it stands.
    fn step(&self, life: &mut Life<'a>, mut event: Event) -> Option<()> {
        if event.at > self.community.city.now {
            return None;
        }
        if event.what != OrderEvent::Requested {
            let after = life.state.clone().apply(&event.what, event.at);
            debug_assert!(after.is_ok(), "{:?} after {:?}", event.what, life.state.status);
            event.from = life.state.status;
            life.state = after.ok()?;
            event.to = life.state.status;
        }
        life.events.push(event);
        Some(())
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
        self.step(life, event(requested, Some(steward), OrderEvent::Requested))?;
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
        let scheduled = OrderEvent::Scheduled {
            worker_id: WorkerId(worker),
            scheduled_for: planned,
        };
        self.step(life, event(arranged, Some(provider.account), scheduled))?;
        if turn == Turn::CancelledLate {
            let at = arranged + (planned - arranged) / 2;
            return self.cancel(life, at);
        }

        let arrived = planned + self.draw.part(item.minutes[1], 0.0..0.1);
        let started = OrderEvent::Started { at: arrived };
        self.step(life, event(arrived, Some(provider.account), started))?;
        life.stop(ARRIVE, arrived);
        life.start(FINISH, arrived, limit(2));

        let done = arrived + self.draw.part(item.minutes[2], 0.15..0.7);
        let completed = OrderEvent::Completed {
            at: done,
            signed_by: SIGNED_BY.to_owned(),
        };
        self.step(life, event(done, Some(provider.account), completed))?;
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
            let Some(to) = same.or_else(|| self.next(life, wanted)) else {
                let unmet = event(at, chosen.map(|c: (Uuid, _)| c.0), OrderEvent::FoundUnmet);
                return self.step(life, unmet).and(None);
            };
            let id = self.draw.id(at);
            let offered = OrderEvent::Offered {
                offer_id: OfferId(id),
                organisation_id: OrganisationId(to.id),
                tier: to.tier,
            };
            let by = chosen.map_or(self.community.steward, |c| c.0);
            self.step(life, event(at, Some(by), offered))?;
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
            if fate >= rates::EXPIRED + rates::DECLINED {
                let organisation_id = OrganisationId(to.id);
                self.step(
                    life,
                    event(answered, who, OrderEvent::Accepted { organisation_id }),
                )?;
                life.provider = Some(to);
                life.answer("accepted", answered, who, None);
                life.stop(ACCEPT, answered);
                return Some(answered);
            }
            let offer_id = OfferId(id);
            let (status, who, why, refused) = if fate < rates::EXPIRED {
                ("expired", None, "无人应答", OrderEvent::Expired { offer_id })
            } else {
                ("declined", who, "本周排班已满", OrderEvent::Declined { offer_id })
            };
            let refused = Event {
                reason: why,
                ..event(answered, who, refused)
            };
            self.step(life, refused)?;
            life.answer(status, answered, who, Some(why).filter(|_| status == "declined"));
            life.stop(ACCEPT, answered);
            at = answered;
            // Two refusals, and a named officer decides.
            if life.state.refusals == REFUSALS_TO_REFER {
                let officer_id = Some(UserId(city.officer));
                self.step(life, event(answered, who, OrderEvent::Referred { officer_id }))?;
                let wait = self.draw.minutes(20..180);
                at = self.draw.by_day(answered + wait);
                if self.draw.chance(rates::UNMET) {
                    let given_up = Event {
                        reason: "各级均无可用资源",
                        ..event(at, Some(city.officer), OrderEvent::FoundUnmet)
                    };
                    return self.step(life, given_up).and(None);
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
        if life.state.refusals >= REFUSALS_TO_REFER {
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
        let steward = Some(self.community.steward);
        if let Some(open) = life.offers.last().filter(|o| o.status == "open") {
            let offer_id = OfferId(open.id);
            self.step(life, event(at, steward, OrderEvent::OfferWithdrawn { offer_id }))?;
            life.answer("withdrawn", at, None, None);
        }
        let by = CancelledBy::Elder;
        let cancelled = Event {
            reason: "老人改变主意",
            ..event(at, steward, OrderEvent::Cancelled { by })
        };
        self.step(life, cancelled)?;
        for clock in 0..CLOCKS.len() {
            life.stop(clock, at);
        }
        None
    }

    /// Surveys the last order of a chain. Says when, and which order does it again where the elder is dissatisfied; nothing where
    /// it has not come to it.
    fn survey(
        &mut self,
        chain: &mut [Life<'a>],
        wanted: &Wanted<'a>,
    ) -> Option<(DateTime<Utc>, Option<Uuid>)> {
        let (last, before) = chain.split_last_mut()?;
        let (now, steward) = (self.community.city.now, self.community.steward);
        let wait = self.draw.part(wanted.item.minutes[4], 0.1..0.7);
        let mut at = self.draw.by_day(last.state.completed_at? + wait);
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
        let followup_id = FollowupId(self.answers(last, at, Some(dissatisfied)));
        let asked = OrderEvent::FollowedUp {
            followup_id,
            satisfied: !dissatisfied,
        };
        self.step(last, event(at, Some(steward), asked))?;
        last.stop(FOLLOW_UP, at);
        if dissatisfied {
            let rework = self.draw.id(at);
            let rework_id = OrderId(rework);
            self.step(
                last,
                event(at, Some(steward), OrderEvent::ReworkOrdered { rework_id }),
            )?;
            return Some((at, Some(rework)));
        }
        // Whoever waited for the chain closes with it.
        for life in before.iter_mut().chain([last]) {
            self.step(life, event(at, Some(steward), OrderEvent::Closed))?;
        }
        Some((at, None))
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
                &over.then_some("rectification"),
                &over.then_some("已约谈，限期整改"),
                &over.then_some(calendar::local_date(end) + Days::new(14)),
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
        let state = &life.state;
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
                &label(state.status),
                &state.organisation_id.map(|o| o.0),
                &state.worker_id.map(|w| w.0),
                &label(state.tier_reached),
                &state.refusals,
                &self.community.steward,
                &life.requested,
                &state.scheduled_for,
                &state.started_at,
                &state.completed_at,
                &state.signed_by,
                &market,
                &subsidised,
                &pays,
                &state.closed_at,
                &(life.events.len() as i32),
                &state.referred_to.map(|o| o.0),
            ],
        );
        for (seq, event) in (1i16..).zip(&life.events) {
            let id = self.draw.id(event.at);
            self.rows.add(
                Table::Events,
                &[
                    &id,
                    &life.id,
                    &seq,
                    &(seq > 1).then(|| label(event.from)),
                    &label(event.to),
                    &event.actor,
                    &event.at,
                    &event.at,
                    &event.reason,
                    &Json(json!(event.what).to_string()),
                ],
            );
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
            let candidate = json!({
                "rank": offer.rank,
                "organisation_id": offer.to.id,
                "tier": offer.to.tier,
                "distance_m": self.draw.below(100..6_000),
                "load": self.draw.below(0..20),
                "weekly_capacity": 40,
                "services": 100,
                "reworked": self.draw.below(0..5),
                "price_fen": market,
                "obstacles": [],
            });
            let figures = json!({ "among": self.draw.below(2..9), "candidate": candidate });
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

fn event(at: DateTime<Utc>, actor: Option<Uuid>, what: OrderEvent) -> Event {
    Event {
        at,
        what,
        actor,
        reason: "",
        from: OrderStatus::Requested,
        to: OrderStatus::Requested,
    }
}

/// A value of an enum as PostgreSQL and JSON name it.
pub(super) fn label(value: impl Serialize) -> String {
    match json!(value) {
        Value::String(name) => name,
        _ => String::new(),
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
