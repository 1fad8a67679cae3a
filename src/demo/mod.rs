//! The demo city: fictional people in Xining's real subdistricts and what happened to them, made by a seeded generator.
//!
//! 21 communities, each with its steward, about 3,000 elders, a library of 40 organisations, one account per role, and weeks
//! of history that end now: visits, hazards, needs, orders in every state, surveys, a few care beds, and this week's visits owed. Or a multiple
//! of it: everything is drawn community by community and sent by COPY, so a full city needs no more memory. The same seed at
//! the same instant gives the same city. Nobody in it exists: names are drawn from lists, ID numbers stand under a prefix that
//! their birth years rule out, phones under `1990000xxxx`.

mod campaign;
mod care_beds;
mod city;
mod copy;
mod draw;
mod emergencies;
mod hazards;
mod history;
mod library;
mod orders;
mod outreach;
mod people;
mod rates;
mod teams;
mod told;

use crate::{
    areas,
    auth::password,
    calendar::{IsoWeek, start_of_day},
    config::ServiceConfig,
    db::statement,
    elders::model::{Entitlement, Tag, VisitTier},
    error::Problem,
    jobs::in_transaction,
    obligations::risk::{RiskWeight, Weights},
    state::AppState,
    tx::Stamp,
};
use chrono::{Duration, NaiveDate};
use city::City;
use diesel::sql_types as ty;
use library::Item;
use secrecy::SecretString;
use tokio::sync::mpsc;
use tokio_postgres::{Client, NoTls, Row};

/// The list of divisions that the project ships.
pub const DIVISIONS_2023: &str = include_str!("../../data/divisions/2023.csv");

/// Which city to make.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// The same seed gives the same city.
    pub seed: u64,
    /// How many times 21 communities, 3,000 elders and 40 organisations.
    pub scale: usize,
    /// Weeks of history, the present one among them; at least 1.
    pub weeks: usize,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            seed: 1,
            scale: 1,
            weeks: 16,
        }
    }
}

/// A log-in of the demo city.
pub struct LogIn {
    /// What the account is for.
    pub role: &'static str,
    /// User name.
    pub username: &'static str,
}

/// One log-in per role.
pub const LOG_INS: [LogIn; 6] = [
    LogIn {
        role: "steward",
        username: "steward01",
    },
    LogIn {
        role: "provider",
        username: "provider01",
    },
    LogIn {
        role: "officer",
        username: "officer",
    },
    LogIn {
        role: "duty",
        username: "duty",
    },
    LogIn {
        role: "auditor",
        username: "auditor",
    },
    LogIn {
        role: "admin",
        username: "admin",
    },
];

/// Makes the demo city, unless there are users already. Says whether it did.
///
/// # Errors
/// What the database said.
pub async fn make(state: &AppState, password: SecretString, plan: Plan) -> Result<bool, Problem> {
    let hash = password::hash(state, password).await?;
    let stamp = Stamp::system(state);
    let fresh = in_transaction(state, stamp.clone(), async |tx| {
        use diesel_async::RunQueryDsl;
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = ty::BigInt)]
            users: i64,
        }
        let there: Count = statement("SELECT count(*) AS users FROM users")
            .get_result(tx.conn)
            .await?;
        if there.users == 0 {
            areas::queries::import_edition(tx, 2023, DIVISIONS_2023).await?;
        }
        Ok(there.users == 0)
    })
    .await?;
    if fresh {
        let url = state.config.database.url_with_search_path();
        let (mut client, connection) = tokio_postgres::connect(&url, NoTls)
            .await
            .map_err(Problem::internal)?;
        let connection = tokio::spawn(connection);
        let city = city(&client, &state.config.service, stamp.clone(), hash, plan).await?;
        let officer = city.officer;
        fill(&mut client, city, plan.scale).await?;
        campaign::start(state, stamp.clone(), officer).await?;
        drop(client);
        connection
            .await
            .map_err(Problem::internal)?
            .map_err(Problem::internal)?;
        care_beds::make(state, plan.seed).await?;
        in_transaction(state, stamp, async |tx| told::make(tx, officer).await).await?;
    }
    Ok(fresh)
}

/// All of the city in one transaction: one thread draws the next batch of rows while the database takes the last.
async fn fill(client: &mut Client, city: City, scale: usize) -> Result<(), Problem> {
    let tx = client.transaction().await.map_err(Problem::internal)?;
    let (into, mut batches) = mpsc::channel(1);
    let drawn = tokio::task::spawn_blocking(move || city.make(scale.max(1), &into));
    let mut sent = Ok(());
    while let Some(rows) = batches.recv().await {
        sent = rows.send(tx.client()).await;
        if sent.is_err() {
            break;
        }
    }
    // The thread ends by itself when nobody takes its rows.
    drop(batches);
    let drawn = drawn.await.map_err(Problem::internal)?;
    sent?;
    drawn?;
    tx.commit().await.map_err(Problem::internal)?;
    // Without statistics the first readers would get plans for empty tables.
    client.batch_execute("ANALYZE").await.map_err(Problem::internal)
}

/// What the generator needs to know of the database and the settings.
async fn city(
    client: &Client,
    service: &ServiceConfig,
    stamp: Stamp,
    password: String,
    plan: Plan,
) -> Result<City, Problem> {
    let query = async |sql: &str| client.query(sql, &[]).await.map_err(Problem::internal);
    let items = query(
        "SELECT i.id, i.code, i.delivered_by::text, i.accept_minutes, i.arrive_minutes, i.finish_minutes, i.elder_minutes, \
         i.follow_up_minutes, p.market_fen, p.below_market_fen, p.subsidy_fen, p.self_pay_fen FROM menu_items i \
         JOIN LATERAL (SELECT * FROM item_prices p WHERE p.item_id = i.id ORDER BY p.valid_from DESC LIMIT 1) p ON true \
         WHERE i.valid_to IS NULL ORDER BY i.slot",
    )
    .await?;
    let item = |row: &Row| Item {
        id: row.get(0),
        code: row.get(1),
        delivered_by: row.get(2),
        minutes: std::array::from_fn(|n| row.get(3 + n)),
        prices: std::array::from_fn(|n| row.get(8 + n)),
    };
    let categories =
        query("SELECT code, entitlement::text, tier::text FROM categories ORDER BY position").await?;
    let tag = |row: &Row| Tag {
        code: row.get(0),
        entitlement: match row.get(1) {
            "safety_net" => Entitlement::SafetyNet,
            _ => Entitlement::Social,
        },
        tier: match row.get(2) {
            "weekly" => VisitTier::Weekly,
            "monthly" => VisitTier::Monthly,
            _ => VisitTier::Quarterly,
        },
    };
    let weights = query(
        "SELECT reason, name_zh, name_en, weight, times, days FROM risk_weights WHERE edition = (SELECT max(edition) FROM risk_editions)",
    )
    .await?;
    let weight = |row: &Row| RiskWeight {
        reason: row.get(0),
        name_zh: row.get(1),
        name_en: row.get(2),
        weight: row.get(3),
        times: row.get(4),
        days: row.get(5),
    };
    let divisions = query("SELECT code, name FROM divisions").await?;
    let purpose = query("SELECT 'visit_purpose'::regtype::oid").await?;

    let (now, today) = (stamp.now, stamp.today());
    let mut weeks = vec![IsoWeek::of(today)];
    while weeks.len() < plan.weeks {
        weeks.extend(weeks.last().map(|w| w.prev()));
    }
    weeks.reverse();
    // The pilot began on this day.
    let pilot = NaiveDate::from_ymd_opt(2023, 10, 1).unwrap_or(today);
    let since = weeks.first().map_or(pilot, |w| w.first_day().min(pilot));
    let start = start_of_day(since);
    Ok(City {
        seed: plan.seed,
        now,
        today,
        since,
        start,
        periods: City::periods_of(&weeks, now),
        weeks,
        grace: Duration::hours(service.grace_hours),
        no_answer: Duration::minutes(service.no_answer_minutes),
        hazard_days: [
            Duration::days(service.general_hazard_days),
            Duration::days(service.major_hazard_days),
        ],
        items: items.iter().map(item).collect(),
        categories: categories.iter().map(tag).collect(),
        weights: Weights::new(weights.iter().map(weight)),
        purpose: purpose.first().map_or(0, |row| row.get(0)),
        divisions: divisions.iter().map(|row| (row.get(0), row.get(1))).collect(),
        password,
        officer: City::id_of(plan.seed, start, "officer"),
        duty: City::id_of(plan.seed, start, "duty"),
        stamp,
    })
}
