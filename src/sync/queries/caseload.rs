//! What a steward may hold, in one state of the database and in a number of statements that does not grow with the households.

use crate::{
    auth,
    calendar::{IsoWeek, age_on},
    care_beds::queries::read as care_beds,
    communities_in_scope,
    db::{self, statement},
    elders::{
        enrol::{CONTACT_PHONE, HEALTH_NOTE, PHONE},
        file::{DwellingRecord, ElderConsent},
        model::{Elder, ElderStatus},
        queries::all_categories,
    },
    emergencies::model::{Emergency, EmergencyStatus, NoAnswerCase, NoAnswerStatus},
    error::{Problem, UNAUTHENTICATED},
    followups::queries::due,
    hazards::{check_points::queries as check_points, queries::read as hazards},
    http::PageQuery,
    ids::{ElderId, HouseholdId, OrganisationId, UserId, VisitId},
    menu::queries as menu,
    needs::model::{Need, NeedStatus},
    obligations::queries as obligations,
    orders::queries::read as orders,
    policies::queries::{elder as policies, library},
    schema::{elders, emergencies, needs, no_answer_cases, sql_types as native},
    sync::model::caseload::{
        CaseloadContact, CaseloadElder, CaseloadOrder, CaseloadOwner, CaseloadPolicy, CaseloadReference,
        CaseloadSeen, CaseloadVisit, HouseholdEntry, LastSeen,
    },
    teams::{model::WeekGoal, queries::load},
    tx::{Actor, Stamp},
    visits::model::{CheckResult, VisitOutcome, VisitPurpose},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, prelude::*, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use std::{collections::HashMap, hash::Hash};
use uuid::Uuid;

/// The most households that a phone holds: many times what one person can visit.
pub const MOST: usize = 2_000;
/// How long what is over stays on a phone.
const RECENT: Duration = Duration::days(30);

/// What there is to hold.
pub struct Holding {
    /// The week's goal.
    pub progress: WeekGoal,
    /// There are more than [`MOST`].
    pub truncated: bool,
    /// The households, by their ids.
    pub entries: Vec<HouseholdEntry>,
    /// What is the same at every door.
    pub reference: CaseloadReference,
}

/// Everything that a steward may hold now.
///
/// # Errors
/// What the database said.
pub async fn holding(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    calls: u32,
) -> Result<Holding, Problem> {
    db::transaction(conn, async |conn| {
        db::one_snapshot(conn).await?;
        let week = IsoWeek::of(stamp.today());
        let progress = load::own(conn, actor, stamp.now, week).await?;
        let mut dwellings = dwellings(conn, actor, stamp.now).await?;
        let truncated = dwellings.len() > MOST;
        dwellings.truncate(MOST);
        let entries = entries(conn, stamp, actor, calls, dwellings).await?;
        let reference = reference(conn, stamp, actor).await?;
        Ok(Holding {
            progress,
            truncated,
            entries,
            reference,
        })
    })
    .await
}

/// The dwellings of the actor's scope in which somebody lives who is in care; where they are more than a phone holds, those whose
/// visit is due soonest.
async fn dwellings(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<Vec<DwellingRecord>, Problem> {
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    Ok(statement(concat!(
        "SELECT h.id, h.community_id, c.name AS community_name, h.building, h.unit, h.floor, h.room, \
         coalesce(h.latitude, c.latitude) AS latitude, coalesce(h.longitude, c.longitude) AS longitude \
         FROM households h JOIN communities c ON c.id = h.community_id WHERE h.community_id IN (",
        communities_in_scope!(),
        ") AND EXISTS (SELECT 1 FROM elders e WHERE e.household_id = h.id AND e.status NOT IN ('merged', 'moved', 'deceased')) \
         ORDER BY (SELECT min(o.due_at) FROM obligations o WHERE o.household_id = h.id AND o.status = 'owed'), h.id LIMIT $3"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::BigInt, _>(most + 1)
    .load(conn)
    .await?)
}

/// Things by what they belong to, in the order in which they came.
fn grouped<K: Eq + Hash, T>(all: Vec<T>, of: impl Fn(&T) -> Option<K>) -> HashMap<K, Vec<T>> {
    let mut groups: HashMap<K, Vec<T>> = HashMap::new();
    for thing in all {
        if let Some(key) = of(&thing) {
            groups.entry(key).or_default().push(thing);
        }
    }
    groups
}

async fn entries(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    calls: u32,
    mut dwellings: Vec<DwellingRecord>,
) -> Result<Vec<HouseholdEntry>, Problem> {
    let (now, since) = (stamp.now, stamp.now - RECENT);
    dwellings.sort_by_key(|d| d.id);
    let ids: Vec<HouseholdId> = dwellings.iter().map(|d| d.id).collect();
    // Until the end of the next week.
    let before = IsoWeek::of(stamp.today()).next().end();
    let mut obligations = grouped(
        obligations::owed_before(conn, actor, now, before, &ids).await?,
        |o| Some(o.household_id),
    );
    let mut visits = visits(conn, stamp, &ids).await?;
    let mut hazards = grouped(
        hazards::of_households(conn, actor, now, since, &ids).await?,
        |z| Some(z.household_id),
    );
    let orders = orders::of_households(conn, now, since, &ids).await?;
    let order_ids: Vec<_> = orders.iter().map(|o| o.id).collect();
    let at: HashMap<_, _> = orders.iter().map(|o| (o.id, o.household_id)).collect();
    let mut due = grouped(due::of_orders(conn, now, calls, order_ids.clone()).await?, |f| {
        at.get(&f.order_id).copied().flatten()
    });
    let mut orders = grouped(with_clocks(conn, orders, order_ids).await?, |o| {
        o.order.household_id
    });
    let cases: Vec<NoAnswerCase> = no_answer_cases::table
        .filter(no_answer_cases::household_id.eq_any(&ids))
        .filter(no_answer_cases::status.eq(NoAnswerStatus::Open))
        .order(no_answer_cases::id)
        .select(NoAnswerCase::as_select())
        .load(conn)
        .await?;
    let mut cases = grouped(cases, |c| Some(c.household_id));
    let alarms: Vec<Emergency> = emergencies::table
        .filter(emergencies::household_id.eq_any(&ids))
        .filter(emergencies::status.ne(EmergencyStatus::Closed))
        .order(emergencies::id)
        .select(Emergency::as_select())
        .load(conn)
        .await?;
    let mut alarms = grouped(alarms, |e| Some(e.household_id));
    let wishes: Vec<Need> = needs::table
        .filter(needs::household_id.eq_any(&ids))
        .filter(needs::status.eq(NeedStatus::Open))
        .order(needs::id)
        .select(Need::as_select())
        .load(conn)
        .await?;
    let mut wishes = grouped(wishes, |n| Some(n.household_id));
    let mut beds = grouped(care_beds::of_households(conn, stamp, &ids).await?, |b| {
        b.household_id
    });
    let mut elders = people(conn, stamp, actor, &ids, &visits).await?;
    Ok(dwellings
        .into_iter()
        .map(|household| {
            let id = household.id;
            HouseholdEntry {
                household,
                elders: elders.remove(&id).unwrap_or_default(),
                obligations: obligations.remove(&id).unwrap_or_default(),
                visits: visits.remove(&id).unwrap_or_default(),
                hazards: hazards.remove(&id).unwrap_or_default(),
                orders: orders.remove(&id).unwrap_or_default(),
                follow_ups_due: due.remove(&id).unwrap_or_default(),
                no_answer_case: cases.remove(&id).and_then(|mut of| of.pop()),
                care_beds: beds.remove(&id).unwrap_or_default(),
                emergencies: alarms.remove(&id).unwrap_or_default(),
                needs: wishes.remove(&id).unwrap_or_default(),
            }
        })
        .collect())
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = ty::Uuid)]
    id: OrganisationId,
    #[diesel(sql_type = ty::Text)]
    name: String,
}

async fn with_clocks(
    conn: &mut AsyncPgConnection,
    all: Vec<crate::orders::model::Order>,
    ids: Vec<crate::ids::OrderId>,
) -> Result<Vec<CaseloadOrder>, Problem> {
    let mut clocks = grouped(orders::clocks_of(conn, ids).await?, |c| Some(c.order_id));
    let names: Vec<Named> = statement("SELECT id, name FROM organisations WHERE id = ANY ($1)")
        .bind::<ty::Array<ty::Uuid>, _>(all.iter().filter_map(|o| o.organisation_id).collect::<Vec<_>>())
        .load(conn)
        .await?;
    let names: HashMap<_, _> = names.into_iter().map(|n| (n.id, n.name)).collect();
    Ok(all
        .into_iter()
        .map(|order| CaseloadOrder {
            organisation_name: order.organisation_id.and_then(|id| names.get(&id).cloned()),
            clocks: clocks
                .remove(&order.id)
                .into_iter()
                .flatten()
                .map(|c| c.clock)
                .collect(),
            order,
        })
        .collect())
}

#[derive(QueryableByName)]
struct VisitRow {
    #[diesel(sql_type = ty::Uuid)]
    id: VisitId,
    #[diesel(sql_type = ty::Uuid)]
    household_id: HouseholdId,
    #[diesel(sql_type = ty::Timestamptz)]
    started_at: DateTime<Utc>,
    #[diesel(sql_type = ty::Uuid)]
    steward_id: UserId,
    #[diesel(sql_type = ty::Text)]
    steward_name: String,
    #[diesel(sql_type = native::VisitOutcome)]
    outcome: VisitOutcome,
    #[diesel(sql_type = ty::Array<native::VisitPurpose>)]
    purposes: Vec<VisitPurpose>,
    #[diesel(sql_type = ty::Nullable<native::CheckResult>)]
    gas: Option<CheckResult>,
    #[diesel(sql_type = ty::Nullable<native::CheckResult>)]
    electric: Option<CheckResult>,
    #[diesel(sql_type = ty::Nullable<native::CheckResult>)]
    fire: Option<CheckResult>,
    #[diesel(sql_type = ty::Nullable<native::CheckResult>)]
    water: Option<CheckResult>,
    #[diesel(sql_type = ty::Jsonb)]
    elders: Value,
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    note: Option<String>,
}

/// The last twelve visits to each household, the latest first.
async fn visits(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    households: &[HouseholdId],
) -> Result<HashMap<HouseholdId, Vec<CaseloadVisit>>, Problem> {
    let rows: Vec<VisitRow> = statement(
        "SELECT v.id, v.household_id, v.started_at, v.steward_id, u.display_name AS steward_name, v.outcome, v.purposes, v.gas, v.electric, \
         v.fire, v.water, v.note_sealed AS note, (SELECT coalesce(jsonb_agg(jsonb_build_object('elder_id', m.elder_id, 'condition', m.condition, \
         'diet', m.diet, 'mood', m.mood, 'note', m.note_sealed) ORDER BY m.elder_id), '[]') FROM visit_elders m WHERE m.visit_id = v.id) AS elders \
         FROM unnest($1) AS h (id) CROSS JOIN LATERAL (SELECT * FROM visits w WHERE w.household_id = h.id AND w.superseded_at IS NULL \
         ORDER BY w.started_at DESC, w.id DESC LIMIT 12) v JOIN users u ON u.id = v.steward_id \
         ORDER BY v.household_id, v.started_at DESC, v.id DESC",
    )
    .bind::<ty::Array<ty::Uuid>, _>(households.to_vec())
    .load(conn)
    .await?;
    let mut visits: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let mut elders: Vec<CaseloadSeen> = serde_json::from_value(row.elders).map_err(Problem::internal)?;
        for seen in &mut elders {
            seen.note = opened(stamp, "visit_elders.note", seen.note.take())?;
        }
        visits.entry(row.household_id).or_default().push(CaseloadVisit {
            id: row.id,
            started_at: row.started_at,
            steward_id: row.steward_id,
            steward_name: row.steward_name,
            outcome: row.outcome,
            purposes: row.purposes,
            gas: row.gas,
            electric: row.electric,
            fire: row.fire,
            water: row.water,
            elders,
            note: opened(stamp, "visits.note", row.note)?,
        });
    }
    Ok(visits)
}

fn opened(stamp: &Stamp, context: &str, sealed: Option<String>) -> Result<Option<String>, Problem> {
    sealed.map(|text| stamp.open(context, &text)).transpose()
}

#[derive(QueryableByName)]
struct ContactRow {
    #[diesel(sql_type = ty::Uuid)]
    id: Uuid,
    #[diesel(sql_type = ty::Uuid)]
    elder_id: ElderId,
    #[diesel(sql_type = ty::Text)]
    name: String,
    #[diesel(sql_type = ty::Text)]
    relation: String,
    #[diesel(sql_type = ty::Text)]
    phone: String,
    #[diesel(sql_type = ty::Bool)]
    emergency: bool,
}

#[derive(QueryableByName)]
struct ConsentRow {
    #[diesel(sql_type = ty::Uuid)]
    elder_id: ElderId,
    #[diesel(embed)]
    consent: ElderConsent,
}

#[derive(QueryableByName)]
struct CategoryRow {
    #[diesel(sql_type = ty::Uuid)]
    elder_id: ElderId,
    #[diesel(sql_type = ty::Text)]
    code: String,
}

/// Who lives in these households.
async fn people(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    households: &[HouseholdId],
    visits: &HashMap<HouseholdId, Vec<CaseloadVisit>>,
) -> Result<HashMap<HouseholdId, Vec<CaseloadElder>>, Problem> {
    let (now, today) = (stamp.now, stamp.today());
    let gone = [ElderStatus::Merged, ElderStatus::Moved, ElderStatus::Deceased];
    let rows: Vec<(Elder, Option<String>, Option<String>)> = elders::table
        .filter(elders::household_id.eq_any(households))
        .filter(elders::status.ne_all(gone))
        .order((elders::household_id, elders::id))
        .select((
            Elder::as_select(),
            elders::phone_sealed,
            elders::health_note_sealed,
        ))
        .load(conn)
        .await?;
    let ids: Vec<ElderId> = rows.iter().map(|(elder, ..)| elder.id).collect();
    let contacts: Vec<ContactRow> = statement(
        "SELECT id, elder_id, name, relation, phone_sealed AS phone, emergency FROM contacts WHERE elder_id = ANY ($1) \
         ORDER BY elder_id, position, id",
    )
    .bind::<ty::Array<ty::Uuid>, _>(ids.clone())
    .load(conn)
    .await?;
    let mut contacts = grouped(contacts, |c| Some(c.elder_id));
    let consents: Vec<ConsentRow> = statement(
        "SELECT elder_id, id, purpose, basis, form, notice_version, given_on, given_by, withdrawn_on, recorded_by FROM consents \
         WHERE elder_id = ANY ($1) AND withdrawn_on IS NULL ORDER BY elder_id, purpose",
    )
    .bind::<ty::Array<ty::Uuid>, _>(ids.clone())
    .load(conn)
    .await?;
    let mut consents = grouped(consents, |c| Some(c.elder_id));
    let carried: Vec<CategoryRow> = statement(
        "SELECT k.elder_id, k.category_code AS code FROM elder_categories k JOIN categories c ON c.code = k.category_code \
         WHERE k.elder_id = ANY ($1) AND k.starts_on <= $2 AND (k.ends_on IS NULL OR k.ends_on > $2) ORDER BY k.elder_id, c.position",
    )
    .bind::<ty::Array<ty::Uuid>, _>(ids)
    .bind::<ty::Date, _>(today)
    .load(conn)
    .await?;
    let mut carried = grouped(carried, |c| Some(c.elder_id));
    let of: Vec<_> = rows
        .iter()
        .map(|(elder, ..)| (elder.household_id, elder.id))
        .collect();
    let mut risks = obligations::risks(conn, now, &of).await?;
    let mut to_do = grouped(
        policies::to_do_of(conn, actor, (now, today), households).await?,
        |p| Some(p.elder_id),
    );
    let mut people: HashMap<_, Vec<_>> = HashMap::new();
    for (elder, phone, health_note) in rows {
        let (id, home) = (elder.id, elder.household_id);
        let (risk, risk_reasons) = risks.remove(&id).unwrap_or_default();
        let mut called = Vec::new();
        for contact in contacts.remove(&id).into_iter().flatten() {
            called.push(CaseloadContact {
                id: contact.id,
                name: contact.name,
                relation: contact.relation,
                phone: stamp.open(CONTACT_PHONE, &contact.phone)?,
                emergency: contact.emergency,
            });
        }
        people.entry(home).or_default().push(CaseloadElder {
            id,
            age: age_on(elder.birth_date, today),
            name: elder.name,
            sex: elder.sex,
            birth_date: elder.birth_date,
            status: elder.status,
            status_until: elder.status_until,
            entitlement: elder.entitlement,
            categories: carried
                .remove(&id)
                .into_iter()
                .flatten()
                .map(|c| c.code)
                .collect(),
            tier: elder.tier,
            tier_reasons: elder.tier_reasons,
            risk,
            risk_reasons,
            phone: opened(stamp, PHONE, phone)?,
            contacts: called,
            consents: consents
                .remove(&id)
                .into_iter()
                .flatten()
                .map(|c| c.consent)
                .collect(),
            health_note: opened(stamp, HEALTH_NOTE, health_note)?,
            remarks: elder.remarks,
            version: elder.version,
            last_seen: visits.get(&home).and_then(|all| last_seen(all, id)),
            policies: to_do
                .remove(&id)
                .into_iter()
                .flatten()
                .map(|p| CaseloadPolicy {
                    policy_id: p.policy_id,
                    code: p.code,
                    title_zh: p.title_zh,
                })
                .collect(),
        });
    }
    Ok(people)
}

fn last_seen(visits: &[CaseloadVisit], elder: ElderId) -> Option<LastSeen> {
    visits.iter().find_map(|visit| {
        let seen = visit.elders.iter().find(|seen| seen.elder_id == elder)?;
        Some(LastSeen {
            visit_id: visit.id,
            at: visit.started_at,
            condition: seen.condition,
            diet: seen.diet,
            mood: seen.mood,
        })
    })
}

async fn reference(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
) -> Result<CaseloadReference, Problem> {
    let today = stamp.today();
    let account = auth::queries::account(conn, actor.id)
        .await?
        .ok_or_else(|| UNAUTHENTICATED.problem())?;
    let most = PageQuery {
        limit: Some(200),
        cursor: None,
    };
    Ok(CaseloadReference {
        menu: none_yet(menu::on(conn, today).await)?.unwrap_or_default(),
        check_points: none_yet(check_points::on(conn, today).await)?,
        policies: library::in_force(conn, today, &most).await?.items,
        categories: all_categories(conn).await?,
        me: CaseloadOwner {
            id: actor.id,
            username: account.username,
            display_name: account.display_name,
        },
    })
}

/// What the city has not made yet is none.
fn none_yet<T>(found: Result<T, Problem>) -> Result<Option<T>, Problem> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(problem) if problem.code.status == 404 => Ok(None),
        Err(problem) => Err(problem),
    }
}
