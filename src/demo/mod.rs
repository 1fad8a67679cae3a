//! The demo city: fictional people in Xining's real subdistricts, made by a seeded generator.
//!
//! 21 communities, each with its steward, about 3,000 elders, one account per role, and this week's visits owed. Nobody in it
//! exists: names are drawn from lists, ID numbers stand under a prefix that their birth years rule out, phones under
//! `1990000xxxx`.

mod people;

use crate::{
    areas,
    auth::password,
    db::statement,
    elders::{
        enrol::{ID_NUMBER, PHONE, document_hash},
        id_number::with_check,
        model::IdDocumentKind,
        phone::Phone,
        standing,
    },
    error::Problem,
    ids::HouseholdId,
    jobs::in_transaction,
    obligations,
    state::AppState,
    tx::{Stamp, Tx},
};
use chrono::{Duration, NaiveDate};
use diesel::sql_types as ty;
use diesel_async::RunQueryDsl;
use people::Population;
use secrecy::SecretString;
use uuid::Uuid;

/// The list of divisions that the project ships.
pub const DIVISIONS_2023: &str = include_str!("../../data/divisions/2023.csv");

/// Where the 21 communities lie: five in each of the four old districts' subdistricts, and one beyond.
const TOWNSHIPS: [&str; 21] = [
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
pub async fn make(state: &AppState, password: SecretString, seed: u64) -> Result<bool, Problem> {
    let hash = password::hash(state, password).await?;
    in_transaction(state, Stamp::system(state), async |tx| {
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = ty::BigInt)]
            users: i64,
        }
        let there: Count = statement("SELECT count(*) AS users FROM users")
            .get_result(tx.conn)
            .await?;
        if there.users > 0 {
            return Ok(false);
        }
        areas::queries::import_edition(tx, 2023, DIVISIONS_2023).await?;
        let communities = communities(tx).await?;
        users(tx, &hash, &communities).await?;
        let elders = elders(tx, &Population::draw(seed, communities.len()), &communities).await?;
        let today = tx.today();
        standing::refresh_standing(tx.conn, today, &elders).await?;
        let grace = Duration::hours(state.config.service.grace_hours);
        let mut after = Some(HouseholdId(Uuid::nil()));
        while let Some(from) = after {
            after = obligations::queries::open_periods(tx, grace, None, from).await?;
        }
        Ok(true)
    })
    .await
}

async fn communities(tx: &mut Tx<'_>) -> Result<Vec<Uuid>, Problem> {
    let ids: Vec<Uuid> = TOWNSHIPS.iter().map(|_| tx.new_id()).collect();
    let now = tx.now;
    statement(
        "INSERT INTO communities (id, code, division_code, name, address, latitude, longitude, active_from, version, created_at) \
         SELECT u.id, d.code || '001', d.code, d.name || '示例小区', '', 36.60 + u.n * 0.005, 101.70 + u.n * 0.005, '2023-10-01', 1, $3 \
         FROM unnest($1, $2) WITH ORDINALITY AS u (id, township, n) JOIN divisions d ON d.code = u.township || '000'",
    )
    .bind::<ty::Array<ty::Uuid>, _>(ids.clone())
    .bind::<ty::Array<ty::Text>, _>(TOWNSHIPS.map(str::to_owned).to_vec())
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    Ok(ids)
}

/// A steward for each community, and one account of every other role; all with the same password.
async fn users(tx: &mut Tx<'_>, hash: &str, communities: &[Uuid]) -> Result<(), Problem> {
    let (now, organisation) = (tx.now, tx.new_id());
    statement(
        "INSERT INTO organisations (id, credit_code, name, tier, kind, takes_orders, always_open, phone, address, listed_from, version, created_at) \
         VALUES ($1, '52630104MJY001047N', '示例养老服务中心', 'organisation', 'service_organisation', true, true, '19900000000', '', '2023-10-01', 1, $2)",
    )
    .bind::<ty::Uuid, _>(organisation)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    let mut rows: Vec<(String, &str, Option<&str>, Option<Uuid>)> = (1..=communities.len())
        .map(|n| (format!("steward{n:02}"), "steward", None, None))
        .collect();
    rows.push(("provider01".to_owned(), "provider", None, Some(organisation)));
    rows.push(("officer".to_owned(), "officer", Some("6301"), None));
    rows.push(("officer630104".to_owned(), "officer", Some("630104"), None));
    rows.push(("duty".to_owned(), "duty", Some("6301"), None));
    rows.push(("auditor".to_owned(), "auditor", Some("6301"), None));
    rows.push(("admin".to_owned(), "admin", None, None));
    let ids: Vec<Uuid> = rows.iter().map(|_| tx.new_id()).collect();
    statement(
        "INSERT INTO users (id, username, password_hash, password_changed_at, must_change_password, display_name, role, scope, organisation_id, \
         failed_logins, version, created_at) \
         SELECT u.id, u.username, $6, $7, false, u.username, u.role::user_role, u.scope, u.organisation_id, 0, 1, $7 \
         FROM unnest($1, $2, $3, $4, $5) AS u (id, username, role, scope, organisation_id)",
    )
    .bind::<ty::Array<ty::Uuid>, _>(ids.clone())
    .bind::<ty::Array<ty::Text>, _>(rows.iter().map(|r| r.0.clone()).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Text>, _>(rows.iter().map(|r| r.1).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Nullable<ty::Text>>, _>(rows.iter().map(|r| r.2).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Nullable<ty::Uuid>>, _>(rows.iter().map(|r| r.3).collect::<Vec<_>>())
    .bind::<ty::Text, _>(hash.to_owned())
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    let assignments: Vec<Uuid> = communities.iter().map(|_| tx.new_id()).collect();
    statement(
        "INSERT INTO steward_assignments (id, community_id, user_id, duty, starts_at, reason, created_at) \
         SELECT u.id, u.community_id, u.user_id, 'primary', '2023-10-01T00:00:00+08', '示例', $4 FROM unnest($1, $2, $3) AS u (id, community_id, user_id)",
    )
    .bind::<ty::Array<ty::Uuid>, _>(assignments)
    .bind::<ty::Array<ty::Uuid>, _>(communities.to_vec())
    .bind::<ty::Array<ty::Uuid>, _>(ids[..communities.len()].to_vec())
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    Ok(())
}

async fn elders(
    tx: &mut Tx<'_>,
    population: &Population,
    communities: &[Uuid],
) -> Result<Vec<Uuid>, Problem> {
    let (stamp, now) = (tx.stamp(), tx.now);
    let homes: Vec<Uuid> = population.dwellings.iter().map(|_| stamp.new_id()).collect();
    statement(
        "INSERT INTO households (id, community_id, building, unit, floor, room, version, created_at) \
         SELECT u.id, u.community_id, u.building, '1', u.floor, u.room, 1, $6 FROM unnest($1, $2, $3, $4, $5) AS u (id, community_id, building, floor, room)",
    )
    .bind::<ty::Array<ty::Uuid>, _>(homes.clone())
    .bind::<ty::Array<ty::Uuid>, _>(population.dwellings.iter().map(|d| communities[d.community]).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Text>, _>(population.dwellings.iter().map(|d| d.building.to_string()).collect::<Vec<_>>())
    .bind::<ty::Array<ty::SmallInt>, _>(population.dwellings.iter().map(|d| d.floor).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Text>, _>(population.dwellings.iter().map(|d| format!("{}0{}", d.floor, d.door)).collect::<Vec<_>>())
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    let ids: Vec<Uuid> = population.elders.iter().map(|_| stamp.new_id()).collect();
    let mut sealed = Sealed::default();
    for (n, elder) in population.elders.iter().enumerate() {
        sealed.add(&stamp, n, elder.birth, elder.male)?;
    }
    statement(
        "INSERT INTO elders (id, household_id, community_id, name, sex, birth_date, id_kind, id_sealed, id_hash, id_masked, phone_sealed, phone_hash, \
         phone_masked, status, status_since, entitlement, tier, tier_reasons, remarks, version, enrolled_at, updated_at) \
         SELECT u.id, h.id, h.community_id, u.name, u.sex::sex, u.birth, 'resident_id', u.id_sealed, u.id_hash, u.id_masked, u.phone_sealed, u.phone_hash, \
         u.phone_masked, 'active', '2023-10-01', 'social', 'quarterly', '{}', '', 1, $12, $12 \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         AS u (id, household_id, name, sex, birth, id_sealed, id_hash, id_masked, phone_sealed, phone_hash, phone_masked) JOIN households h ON h.id = u.household_id",
    )
    .bind::<ty::Array<ty::Uuid>, _>(ids.clone())
    .bind::<ty::Array<ty::Uuid>, _>(population.elders.iter().map(|e| homes[e.dwelling]).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Text>, _>(population.elders.iter().map(|e| e.name.clone()).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Text>, _>(population.elders.iter().map(|e| if e.male { "male" } else { "female" }).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Date>, _>(population.elders.iter().map(|e| e.birth).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Text>, _>(sealed.numbers)
    .bind::<ty::Array<ty::Binary>, _>(sealed.number_hashes)
    .bind::<ty::Array<ty::Text>, _>(sealed.numbers_masked)
    .bind::<ty::Array<ty::Text>, _>(sealed.phones)
    .bind::<ty::Array<ty::Binary>, _>(sealed.phone_hashes)
    .bind::<ty::Array<ty::Text>, _>(sealed.phones_masked)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    let tags: Vec<(Uuid, &str)> = population
        .elders
        .iter()
        .zip(&ids)
        .flat_map(|(e, id)| e.categories.iter().map(move |code| (*id, *code)))
        .collect();
    statement(
        "INSERT INTO elder_categories (id, elder_id, category_code, starts_on, evidence, recorded_at) \
         SELECT u.id, u.elder_id, u.code, '2023-10-01', '示例', $4 FROM unnest($1, $2, $3) AS u (id, elder_id, code)",
    )
    .bind::<ty::Array<ty::Uuid>, _>(tags.iter().map(|_| stamp.new_id()).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Uuid>, _>(tags.iter().map(|t| t.0).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Text>, _>(tags.iter().map(|t| t.1).collect::<Vec<_>>())
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    Ok(ids)
}

/// Columns of numbers and phones as they are stored.
#[derive(Default)]
struct Sealed {
    numbers: Vec<String>,
    number_hashes: Vec<Vec<u8>>,
    numbers_masked: Vec<String>,
    phones: Vec<String>,
    phone_hashes: Vec<Vec<u8>>,
    phones_masked: Vec<String>,
    born: std::collections::HashMap<NaiveDate, usize>,
}

impl Sealed {
    /// Adds the elder at `n`. Those born on one day are numbered through, odd for men and even for women, as registers do.
    fn add(&mut self, stamp: &Stamp, n: usize, birth: NaiveDate, male: bool) -> Result<(), Problem> {
        let twins = self.born.entry(birth).or_default();
        let sequence = *twins * 2 + usize::from(male);
        *twins += 1;
        let number = with_check(&format!("630106{}{sequence:03}", birth.format("%Y%m%d")))
            .ok_or_else(|| Problem::internal("the generator made a number that is none"))?;
        let phone = Phone::parse(&format!("1990000{n:04}")).map_err(Problem::internal)?;
        self.numbers_masked
            .push(format!("{}**********{}", &number[..4], &number[14..]));
        self.number_hashes
            .push(document_hash(stamp, IdDocumentKind::ResidentId, &number));
        self.numbers.push(stamp.seal(ID_NUMBER, &number)?);
        self.phones_masked.push(phone.masked());
        self.phone_hashes
            .push(stamp.keys.lookup_hash(PHONE, phone.as_str()).to_vec());
        self.phones.push(stamp.seal(PHONE, phone.as_str())?);
        Ok(())
    }
}
