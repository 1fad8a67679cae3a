//! The city that is made: its communities, accounts and homes. What happens in the homes is in `history`.

use super::{
    copy::{List, Rows, TEXT, Table},
    draw::Draw,
    emergencies, history,
    library::{self, Item, Provider},
    people::{self, Dwelling},
    rates,
};
use crate::{
    calendar::{IsoWeek, start_of_day},
    elders::{
        enrol::{ID_NUMBER, PHONE, document_hash},
        id_number::with_check,
        model::{self, Entitlement, IdDocumentKind, Tag, VisitTier},
        phone::Phone,
    },
    error::Problem,
    obligations::model::{Period, risk},
    tx::Stamp,
};
use chrono::{DateTime, Days, Duration, NaiveDate, TimeDelta, Utc};
use std::collections::{BTreeSet, HashMap};
use tokio::sync::mpsc;
use uuid::Uuid;

/// Where the communities lie: five in each of the four old districts' subdistricts, and one beyond.
pub(super) const TOWNSHIPS: [&str; 21] = [
    "630102001",
    "630102002",
    "630102003",
    "630102004",
    "630102005",
    "630103001",
    "630103002",
    "630103003",
    "630103004",
    "630103005",
    "630104001",
    "630104002",
    "630104003",
    "630104004",
    "630104005",
    "630105001",
    "630105002",
    "630105003",
    "630105004",
    "630106102",
    "630121101",
];

/// What is the same for the whole city.
pub(super) struct City {
    /// The seed.
    pub seed: u64,
    /// The instant at which the history ends.
    pub now: DateTime<Utc>,
    /// Its day in Xining.
    pub today: NaiveDate,
    /// First day of the service.
    pub since: NaiveDate,
    /// Its first instant.
    pub start: DateTime<Utc>,
    /// The weeks of the history, the present one last.
    pub weeks: Vec<IsoWeek>,
    /// The periods of each tier that the history touches, in order.
    pub periods: HashMap<VisitTier, Vec<Period>>,
    /// How long after a period a visit may come in.
    pub grace: TimeDelta,
    /// How long a shut door may stay unresolved.
    pub no_answer: TimeDelta,
    /// Deadlines of general and major hazards.
    pub hazard_days: [TimeDelta; 2],
    /// The menu.
    pub items: Vec<Item>,
    /// The categories, in their order.
    pub categories: Vec<Tag>,
    /// Object id of the array elements of `visits.purposes`.
    pub purpose: u32,
    /// Names of the divisions by code.
    pub divisions: HashMap<String, String>,
    /// The hash of everybody's password.
    pub password: String,
    /// The account that decides on referred orders.
    pub officer: Uuid,
    /// The account that acknowledges emergencies.
    pub duty: Uuid,
    /// For sealing.
    pub stamp: Stamp,
}

/// A community, with who serves it.
pub(super) struct Community<'a> {
    /// The city.
    pub city: &'a City,
    /// Its id.
    pub id: Uuid,
    /// Its steward.
    pub steward: Uuid,
    /// Where it is.
    pub position: (f64, f64),
    providers: HashMap<&'a str, Vec<&'a Provider>>,
}

impl<'a> Community<'a> {
    /// Who offers an item here, the nearest tier first.
    pub(super) fn candidates(&self, item: &str) -> &[&'a Provider] {
        self.providers.get(item).map_or(&[], Vec::as_slice)
    }
}

/// An elder in a home.
pub(super) struct Resident {
    /// The elder.
    pub id: Uuid,
    /// Whether of the safety net.
    pub safety_net: bool,
}

/// A household and what is owed to it.
pub(super) struct Home<'a> {
    /// The household.
    pub id: Uuid,
    /// In which community.
    pub community: &'a Community<'a>,
    /// Who lives there.
    pub elders: Vec<Resident>,
    /// The strictest tier of its elders.
    pub tier: VisitTier,
    /// Why.
    pub reasons: Vec<String>,
    /// For the worklist's order.
    pub risk: i16,
    /// Weeks of an absence, by their place in the history, and what it is.
    pub absent: Option<Absence>,
}

/// An absence of a household's only elder: from the Wednesday of a week to the Monday of a later one.
#[derive(Clone, Copy)]
pub(super) struct Absence {
    /// `in_hospital` or `away`.
    pub status: &'static str,
    /// First day.
    pub from: NaiveDate,
    /// First day back.
    pub until: NaiveDate,
}

impl City {
    /// The township of the community or organisation at this place.
    pub(super) fn township(&self, n: usize) -> &'static str {
        TOWNSHIPS[n % TOWNSHIPS.len()]
    }

    /// Degrees north and east of the community at this place.
    pub(super) fn position(&self, n: usize) -> (f64, f64) {
        let (place, ring) = ((n % TOWNSHIPS.len() + 1) as f64, (n / TOWNSHIPS.len()) as f64);
        (
            36.60 + place * 0.005 + ring * 0.000_5,
            101.70 + place * 0.005 - ring * 0.000_5,
        )
    }

    /// The periods of a tier that the history touches.
    pub(super) fn periods_of(weeks: &[IsoWeek], now: DateTime<Utc>) -> HashMap<VisitTier, Vec<Period>> {
        let first = weeks.first().map_or(now, |w| w.start());
        [VisitTier::Weekly, VisitTier::Monthly, VisitTier::Quarterly]
            .into_iter()
            .map(|tier| {
                let mut periods = vec![Period::of(tier, first)];
                while let Some(next) = periods.last().map(|p| p.due_at).filter(|at| *at <= now) {
                    periods.push(Period::of(tier, next));
                }
                (tier, periods)
            })
            .collect()
    }

    /// Writes an account.
    pub(super) fn account(
        &self,
        rows: &mut Rows,
        id: Uuid,
        username: &str,
        role: &str,
        scope: Option<&str>,
        organisation: Option<Uuid>,
    ) {
        rows.add(
            Table::Users,
            &[
                &id,
                &username,
                &self.password,
                &self.start,
                &false,
                &username,
                &role,
                &scope,
                &organisation,
                &0i16,
                &1i32,
                &self.start,
            ],
        );
    }

    /// Makes the city, batch by batch into `into`, `scale` times its usual size.
    ///
    /// # Errors
    /// A fault of ours when something cannot be sealed.
    pub(super) fn make(&self, scale: usize, into: &mpsc::Sender<Rows>) -> Result<(), Problem> {
        let mut rows = Rows::new();
        for (id, name, role, scope) in [
            (self.officer, "officer", "officer", Some("6301")),
            (
                self.id("officer630104"),
                "officer630104",
                "officer",
                Some("630104"),
            ),
            (self.duty, "duty", "duty", Some("6301")),
            (self.id("auditor"), "auditor", "auditor", Some("6301")),
            (self.id("admin"), "admin", "admin", None),
        ] {
            self.account(&mut rows, id, name, role, scope, None);
        }
        emergencies::roster(self, &mut rows)?;
        let providers = library::organisations(self, &mut rows, scale)?;
        let mut register = Register::default();
        for n in 0..TOWNSHIPS.len() * scale {
            self.community(&mut rows, &mut register, &providers, n)?;
            if rows.enough() {
                let full = std::mem::replace(&mut rows, Rows::new());
                into.blocking_send(full).map_err(Problem::internal)?;
            }
        }
        into.blocking_send(rows).map_err(Problem::internal)
    }

    /// The id of an account of the city's own.
    pub(super) fn id_of(seed: u64, start: DateTime<Utc>, name: &str) -> Uuid {
        let part = name
            .bytes()
            .fold(0u64, |sum, b| sum.wrapping_mul(31) + u64::from(b));
        Draw::new(seed, part << 32).id(start)
    }

    fn id(&self, name: &str) -> Uuid {
        Self::id_of(self.seed, self.start, name)
    }

    fn community(
        &self,
        rows: &mut Rows,
        register: &mut Register,
        providers: &[Provider],
        n: usize,
    ) -> Result<(), Problem> {
        let mut draw = Draw::new(self.seed, n as u64);
        let (township, serial) = (self.township(n), n / TOWNSHIPS.len() + 1);
        let division = format!("{township}000");
        let named = self.divisions.get(&division).map_or("", String::as_str);
        let name = match serial {
            1 => format!("{named}示例小区"),
            _ => format!("{named}示例小区{serial}"),
        };
        let mut covering: HashMap<&str, Vec<&Provider>> = HashMap::new();
        for provider in providers.iter().filter(|p| township.starts_with(&p.prefix)) {
            for item in provider.items {
                covering.entry(item).or_default().push(provider);
            }
        }
        let community = Community {
            city: self,
            id: draw.id(self.start),
            steward: draw.id(self.start),
            position: self.position(n),
            providers: covering,
        };
        rows.add(
            Table::Communities,
            &[
                &community.id,
                &format!("{division}{serial:03}"),
                &division,
                &name,
                &"",
                &community.position.0,
                &community.position.1,
                &self.since,
                &1i32,
                &self.start,
            ],
        );
        self.account(
            rows,
            community.steward,
            &format!("steward{:02}", n + 1),
            "steward",
            None,
            None,
        );
        rows.add(
            Table::Assignments,
            &[
                &draw.id(self.start),
                &community.id,
                &community.steward,
                &"primary",
                &self.start,
                &"示例",
                &self.start,
            ],
        );
        for dwelling in people::community(&mut draw) {
            let home = self.home(rows, register, &community, &mut draw, &dwelling)?;
            history::of(&home, &mut draw, rows);
        }
        Ok(())
    }

    /// Writes a household and who lives there.
    fn home<'a>(
        &self,
        rows: &mut Rows,
        register: &mut Register,
        community: &'a Community<'a>,
        draw: &mut Draw,
        dwelling: &Dwelling,
    ) -> Result<Home<'a>, Problem> {
        let id = draw.id(self.start);
        rows.add(
            Table::Households,
            &[
                &id,
                &community.id,
                &dwelling.building.to_string(),
                &"1",
                &dwelling.floor,
                &format!("{}0{}", dwelling.floor, dwelling.door),
                &1i32,
                &self.start,
            ],
        );
        let standing: Vec<(Entitlement, VisitTier, Vec<String>)> = dwelling
            .people
            .iter()
            .map(|person| {
                let carries = |tag: &&Tag| person.categories.contains(&tag.code.as_str());
                let tags: Vec<Tag> = self.categories.iter().filter(carries).cloned().collect();
                let (tier, reasons) = model::tier(person.birth, self.today, &tags, None);
                (model::entitlement(&tags), tier, reasons)
            })
            .collect();
        let tier = standing.iter().map(|s| s.1).min().unwrap_or(VisitTier::Quarterly);
        let absent = self.absence(draw, tier, dwelling);
        let mut elders = Vec::with_capacity(dwelling.people.len());
        for (person, (entitlement, own_tier, reasons)) in dwelling.people.iter().zip(&standing) {
            let elder = draw.id(self.start);
            let papers = register.papers(&self.stamp, person.birth, person.male)?;
            let now_absent = absent.filter(|a| a.until > self.today);
            let safety_net = *entitlement == Entitlement::SafetyNet;
            rows.add(
                Table::Elders,
                &[
                    &elder,
                    &id,
                    &community.id,
                    &person.name,
                    &(if person.male { "male" } else { "female" }),
                    &person.birth,
                    &"resident_id",
                    &papers.number,
                    &papers.number_hash,
                    &papers.number_masked,
                    &papers.phone,
                    &papers.phone_hash,
                    &papers.phone_masked,
                    &now_absent.map_or("active", |a| a.status),
                    &now_absent.map_or(absent.map_or(self.since, |a| a.until), |a| a.from),
                    &now_absent.map(|a| a.until),
                    &(if safety_net { "safety_net" } else { "social" }),
                    &match own_tier {
                        VisitTier::Weekly => "weekly",
                        VisitTier::Monthly => "monthly",
                        VisitTier::Quarterly => "quarterly",
                    },
                    &List(TEXT, reasons),
                    &"",
                    &1i32,
                    &self.start,
                    &self.start,
                ],
            );
            for category in &person.categories {
                rows.add(
                    Table::Tags,
                    &[
                        &draw.id(self.start),
                        &elder,
                        category,
                        &self.since,
                        &"示例",
                        &self.start,
                    ],
                );
            }
            self.statuses(rows, draw, elder, absent);
            elders.push(Resident {
                id: elder,
                safety_net,
            });
        }
        let reasons: BTreeSet<String> = standing.into_iter().flat_map(|s| s.2).collect();
        let reasons: Vec<String> = reasons.into_iter().collect();
        Ok(Home {
            id,
            community,
            elders,
            tier,
            risk: risk(&reasons),
            reasons,
            absent,
        })
    }

    /// Whether, and when, the only elder of a weekly household was in hospital or away; never from the present week on.
    fn absence(&self, draw: &mut Draw, tier: VisitTier, dwelling: &Dwelling) -> Option<Absence> {
        let past = self.weeks.len() - 1;
        if dwelling.people.len() > 1 || tier != VisitTier::Weekly || past == 0 || !draw.chance(rates::ABSENT)
        {
            return None;
        }
        let week = self.weeks[draw.below(0..past)];
        let lasts = draw.below(1..rates::ABSENT_WEEKS + 1) as u64;
        Some(Absence {
            status: if draw.chance(0.6) { "in_hospital" } else { "away" },
            from: week.first_day() + Days::new(2),
            until: week.first_day() + Days::new(7 * lasts),
        })
    }

    fn statuses(&self, rows: &mut Rows, draw: &mut Draw, elder: Uuid, absent: Option<Absence>) {
        let mut spells = vec![("active", self.since)];
        if let Some(absence) = absent {
            spells.push((absence.status, absence.from));
            if absence.until <= self.today {
                spells.push(("active", absence.until));
            }
        }
        for (n, (status, from)) in spells.iter().enumerate() {
            let until = spells.get(n + 1).map(|next| next.1);
            let recorded = start_of_day(*from) + Duration::hours(9);
            rows.add(
                Table::Statuses,
                &[&draw.id(recorded), &elder, status, from, &until, &"", &recorded],
            );
        }
    }
}

/// Who was registered, so that no number is given twice.
#[derive(Default)]
struct Register {
    born: HashMap<NaiveDate, usize>,
    people: usize,
}

/// Number and phone of an elder as they are stored.
struct Papers {
    number: String,
    number_hash: Vec<u8>,
    number_masked: String,
    phone: String,
    phone_hash: Vec<u8>,
    phone_masked: String,
}

impl Register {
    /// The next person's papers. Those born on one day are numbered through, odd for men and even for women, as registers do;
    /// phones begin anew after ten thousand.
    fn papers(&mut self, stamp: &Stamp, birth: NaiveDate, male: bool) -> Result<Papers, Problem> {
        let twins = self.born.entry(birth).or_default();
        let sequence = *twins * 2 + usize::from(male);
        *twins += 1;
        let number = with_check(&format!("630106{}{sequence:03}", birth.format("%Y%m%d")))
            .ok_or_else(|| Problem::internal("the generator made a number that is none"))?;
        let phone =
            Phone::parse(&format!("1990000{:04}", self.people % 10_000)).map_err(Problem::internal)?;
        self.people += 1;
        Ok(Papers {
            number: stamp.seal(ID_NUMBER, &number)?,
            number_hash: document_hash(stamp, IdDocumentKind::ResidentId, &number),
            number_masked: format!("{}**********{}", &number[..4], &number[14..]),
            phone: stamp.seal(PHONE, phone.as_str())?,
            phone_hash: stamp.keys.lookup_hash(PHONE, phone.as_str()).to_vec(),
            phone_masked: phone.masked(),
        })
    }
}
