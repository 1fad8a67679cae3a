//! The fictional organisations of the demo city: three tiers, six kinds, credit codes whose checks are right.

use super::{
    city::City,
    copy::{Field, Json, Rows, Table},
    draw::Draw,
    orders::label,
    people, rates,
};
use crate::{
    error::Problem,
    resources::{credit_code, model::ResourceTier},
};
use chrono::{Datelike, Days, NaiveDate};
use serde_json::json;
use uuid::Uuid;

/// An item of the menu, as orders need to know it.
pub(super) struct Item {
    /// Its id.
    pub id: Uuid,
    /// Its code.
    pub code: String,
    /// `steward`, `provider` or `either`.
    pub delivered_by: String,
    /// Minutes to accept, arrive and finish, to the elder's promise, to the survey.
    pub minutes: [i32; 5],
    /// Prices in fen: market, below market, subsidy, own share.
    pub prices: [i64; 4],
}

/// An organisation that takes orders.
pub(super) struct Provider {
    /// Its id.
    pub id: Uuid,
    /// Its tier.
    pub tier: ResourceTier,
    /// Prefix of the divisions that it covers.
    pub prefix: String,
    /// Codes of what it offers.
    pub items: &'static [&'static str],
    /// Whom it sends.
    pub workers: Vec<Uuid>,
    /// The account that answers for it.
    pub account: Uuid,
}

/// A kind of organisation: label, how it is called, registering authority and type, what it offers.
type Kind = (&'static str, &'static str, &'static str, &'static [&'static str]);

const KINDS: [Kind; 6] = [
    (
        "service_organisation",
        "养老服务中心",
        "52",
        &["meals", "cleaning", "companionship", "home_safety"],
    ),
    (
        "medical",
        "社区卫生服务站",
        "12",
        &["medical_nursing", "rehabilitation", "emergency"],
    ),
    (
        "elder_care",
        "康养院",
        "52",
        &["meals", "cleaning", "rehabilitation", "companionship"],
    ),
    (
        "property",
        "物业服务部",
        "91",
        &["cleaning", "home_safety", "emergency"],
    ),
    ("social_work", "社会工作服务社", "52", &["companionship"]),
    ("volunteer", "志愿服务队", "51", &["companionship"]),
];
/// What the organisation of the log-in `provider01` offers: everything that a provider may deliver.
const EVERYTHING: &[&str] = &[
    "meals",
    "cleaning",
    "companionship",
    "home_safety",
    "medical_nursing",
    "rehabilitation",
    "emergency",
];

/// The tier of the organisation at this place: of ten, seven are organisations, two a county's, one the city's.
fn tier(n: usize) -> ResourceTier {
    match n % 10 {
        8 => ResourceTier::City,
        3 | 6 => ResourceTier::County,
        _ => ResourceTier::Organisation,
    }
}

/// Writes the organisations, with an account for each that takes orders. Gives those to which orders can be offered.
///
/// # Errors
/// A fault of ours when a credit code cannot be made.
pub(super) fn organisations(city: &City, rows: &mut Rows, scale: usize) -> Result<Vec<Provider>, Problem> {
    let mut draw = Draw::new(city.seed, u64::MAX);
    let mut providers = Vec::new();
    for n in 0..rates::ORGANISATIONS * scale {
        let (kind, called, registered, usual) = KINDS[if n == 0 { 0 } else { (n / 2) % KINDS.len() }];
        let tier = tier(n);
        let township = city.township(n);
        let prefix = match tier {
            ResourceTier::Organisation if n > 0 => &township[..6],
            ResourceTier::County => &township[..6],
            _ => "6301",
        };
        let items = if n == 0 { EVERYTHING } else { usual };
        // A volunteer team in two only stands in the library.
        let takes_orders = kind != "volunteer" || n % 4 < 2;
        let always_open = n == 0 || items.contains(&"emergency");
        let id = draw.id(city.start);
        let code = credit_code::with_checks(registered, &township[..6], &format!("MJY{:05}", 104 + n))
            .ok_or_else(|| Problem::internal("the generator made a credit code that is none"))?;
        let name = if n == 0 {
            format!("示例{called}")
        } else {
            format!("示例{called}{n:02}")
        };
        let (latitude, longitude) = city.position(n);
        rows.add(
            Table::Organisations,
            &[
                &id,
                &code,
                &name,
                &label(tier),
                &kind,
                &takes_orders,
                &always_open,
                &format!("1990001{:04}", n % 10_000),
                &"",
                &(latitude + 0.002),
                &(longitude + 0.002),
                &city.since,
                &1i32,
                &city.start,
            ],
        );
        rows.add(Table::Coverage, &[&id, &prefix]);
        if !always_open {
            for weekday in 1..=6i16 {
                rows.add(Table::Hours, &[&id, &weekday, &480i16, &1_080i16]);
            }
        }
        if !takes_orders {
            continue;
        }
        for item in city.items.iter().filter(|i| items.contains(&i.code.as_str())) {
            let capacity = draw.below(20..80) as i32;
            let price = item.prices[0] * draw.below(80..121) as i64 / 100;
            // What other elders pay it, and what it takes for the safety net's.
            let (below, safety) = (price * 17 / 20, price * 7 / 10);
            rows.add(
                Table::Offered,
                &[&id, &item.id, &capacity, &price, &below, &safety],
            );
        }
        // One organisation in twenty has let its licences run out: it gets no offers.
        let expired = n % 20 == 11;
        let workers = workers(city, rows, &mut draw, id, items, expired);
        let account = draw.id(city.start);
        let username = format!("provider{:02}", n + 1);
        city.account(rows, account, &username, "provider", None, Some(id));
        if !expired {
            providers.push(Provider {
                id,
                tier,
                prefix: prefix.to_owned(),
                items,
                workers,
                account,
            });
        }
    }
    agreements(city, rows, &mut draw, &providers);
    renewal(city, rows, &mut draw, &providers);
    // The nearest tier is asked first.
    providers.sort_by_key(|p| p.tier);
    Ok(providers)
}

/// A few organisations that are paired with the next one, or share something with it.
fn agreements(city: &City, rows: &mut Rows, draw: &mut Draw, providers: &[Provider]) {
    let kinds = [
        ("pairing", "结对帮扶，节假日互相顶岗"),
        ("sharing", "康复器材室，每周二、四下午"),
    ];
    for ((kind, shared), pair) in kinds
        .iter()
        .cycle()
        .zip(providers.windows(2))
        .take(rates::AGREEMENTS)
    {
        let row: [&dyn Field; 9] = [
            &draw.id(city.start),
            &pair[0].id,
            &pair[1].id,
            kind,
            shared,
            &city.since,
            &city.officer,
            &city.start,
            &1i32,
        ];
        rows.add(Table::Agreements, &row);
    }
}

/// The first provider asks to have a certificate entered; an officer has not decided yet.
fn renewal(city: &City, rows: &mut Rows, draw: &mut Draw, providers: &[Provider]) {
    let Some(Provider { id, account, .. }) = providers.first() else {
        return;
    };
    let until = NaiveDate::from_ymd_opt(city.today.year() + 2, 12, 31).unwrap_or(city.today);
    let wanted = json!({ "change": "qualification", "qualification_id": null, "terms": { "worker_id": null, "kind": "first_aid",
                         "number": "示例-急救-000001", "issued_by": "示例机关", "valid_from": city.today, "expires_on": until } });
    let row: [&dyn Field; 8] = [
        &draw.id(city.now),
        id,
        &"pending",
        &Json(wanted.to_string()),
        &"全员完成急救培训",
        account,
        &city.now,
        &1i32,
    ];
    rows.add(Table::Changes, &row);
}

/// The workers of an organisation, and the licences that its items ask for: its own, and each worker's.
fn workers(
    city: &City,
    rows: &mut Rows,
    draw: &mut Draw,
    organisation: Uuid,
    items: &[&str],
    expired: bool,
) -> Vec<Uuid> {
    let medical = items.contains(&"medical_nursing") || items.contains(&"rehabilitation");
    let food = items.contains(&"meals");
    let kinds: Vec<&str> = [(medical, "medical_practice"), (food, "food_service")]
        .into_iter()
        .filter_map(|(needed, kind)| needed.then_some(kind))
        .collect();
    let expires = if expired {
        city.today - Days::new(30)
    } else {
        NaiveDate::from_ymd_opt(city.today.year() + 3, 12, 31).unwrap_or(city.today)
    };
    let from = city.since.min(expires) - Days::new(365);
    let licence = |rows: &mut Rows, draw: &mut Draw, worker: Option<Uuid>| {
        for kind in &kinds {
            let number = format!("示例-{:06}", draw.below(0..1_000_000));
            let row: [&dyn Field; 9] = [
                &draw.id(city.start),
                &organisation,
                &worker,
                kind,
                &number,
                &"示例机关",
                &from,
                &expires,
                &city.start,
            ];
            rows.add(Table::Qualifications, &row);
        }
    };
    licence(rows, draw, None);
    (0..rates::WORKERS)
        .map(|n| {
            let id = draw.id(city.start);
            let name = people::name(draw, n % 2 == 1);
            rows.add(
                Table::Workers,
                &[&id, &organisation, &name, &true, &1i32, &city.start],
            );
            licence(rows, draw, Some(id));
            id
        })
        .collect()
}
