//! Builds the pilot's records with the functions that the handlers call, each act at its own instant and by its own person.
//!
//! 21 communities in 21 subdistricts and towns, each with its steward, a provider, about 1,000 households, of which every fifth
//! is a couple. The counts are laid out so that each published figure comes out by itself; nothing is written past the service.

use crate::{
    care_beds::inspection,
    support::{Person, Service, TestCity},
};
use chrono::{DateTime, Duration, Utc};
use diesel_async::AsyncPgConnection;
use futures_util::StreamExt;
use serde_json::json;
use steward::{
    areas,
    attachments::{self, clean::Format, model::ContentHash, store::Stored},
    care_beds, db, demo,
    elders::{self, id_number::with_check},
    error::Problem,
    followups,
    ids::{
        AssessmentId, AttachmentId, CareBedId, CommunityId, ElderId, HouseholdId, OrderId, OrganisationId,
        PolicyId, SessionId, UserId,
    },
    needs, orders, outreach, policies,
    resources::{self, credit_code},
    tx::{Actor, Role, Stamp, Tx},
    visits,
};
use uuid::Uuid;

/// Services that did not satisfy at first, and were done again.
pub const REWORKED: u64 = 21;

/// Communities that are replayed at a time: one connection each, and one left over.
const LANES: usize = 3;
const COMMUNITIES: usize = 21;
const HOUSEHOLDS: usize = 1_000;
/// Every fifth household is a couple.
const COUPLES: usize = 200;
const NEEDS_EVENTS: usize = 2_900;
const SERVICES: usize = 3_300;
const PERSON_TIMES: usize = 6_983;
const SAFETY_PERSON_TIMES: usize = 630;
const RESOURCES: usize = 2_644;
const SOCIAL_SERVED: usize = 848;
const BEDS: usize = 10;
const PUBLICITY_EVENTS: usize = 70;
/// Persons to whom policies were explained at each event; and at home, one a visit: 70 × 30 + 900 = 3,000.
const EXPLAINED_AT_EVENT: usize = 30;
const EXPLAINED_AT_HOME: usize = 900;
/// Every sixth elder of a community is of the safety net.
const SAFETY_NET_EVERY: usize = 6;
/// What is ordered.
const ITEMS: [&str; 3] = ["medical_nursing", "meals", "cleaning"];

/// A community with the people who work there.
struct Place {
    community: CommunityId,
    steward: Actor,
    /// The officers who decide on its care beds.
    subdistrict: Actor,
    county: Actor,
    provider: Actor,
    worker: Uuid,
    homes: Vec<Home>,
}

struct Home {
    id: HouseholdId,
    elders: Vec<(ElderId, bool)>,
}

fn actor(person: &Person, role: Role, organisation: Option<Uuid>) -> Actor {
    Actor {
        id: UserId(person.id),
        role,
        organisation_id: organisation.map(OrganisationId),
        session_id: SessionId(Uuid::nil()),
    }
}

/// Does one act as `who` at `at`, with its audit rows, inside the transaction that `conn` is in.
async fn act<T>(
    service: &Service,
    conn: &mut AsyncPgConnection,
    (who, at): (Actor, DateTime<Utc>),
    work: impl AsyncFnOnce(&mut Tx<'_>) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let stamp = Stamp {
        actor: Some(who),
        now: at,
        ..Stamp::system(&service.state)
    };
    let mut tx = Tx::new(conn, stamp);
    let value = work(&mut tx).await?;
    tx.flush_audit().await?;
    Ok(value)
}

fn day(n: usize) -> DateTime<Utc> {
    let first: DateTime<Utc> = "2023-10-09T01:00:00Z".parse().expect("an instant");
    first + Duration::days(i64::try_from(n).expect("few days"))
}

/// The city with the whole pilot in it, on 2024-02-05.
pub async fn pilot() -> TestCity {
    let city = TestCity::at("2024-02-05T01:00:00Z").await;
    let bureau = actor(&city.scoped(Role::Officer, "6301").await, Role::Officer, None);
    let townships = townships();
    let mut places = Vec::new();
    for (n, township) in townships.iter().enumerate() {
        places.push(place(&city, bureau, n, township).await);
    }
    let mut conn = city.service.state.pool.get().await.expect("a connection");
    library(&city.service, &mut conn, bureau, &townships)
        .await
        .expect("the library is entered");
    let policy = library_of_policies(&city.service, &mut conn, bureau)
        .await
        .expect("the policy is entered");
    drop(conn);
    let tasks = places
        .iter()
        .enumerate()
        .map(|(n, place)| live(&city.service, n, place, policy));
    let mut lanes = futures_util::stream::iter(tasks).buffer_unordered(LANES);
    while let Some(done) = lanes.next().await {
        done.expect("the community's pilot is replayed");
    }
    drop(lanes);
    city
}

/// The first subdistricts and towns of the list, over six districts and counties.
fn townships() -> Vec<String> {
    let wanted = [
        ("630102", 5),
        ("630103", 5),
        ("630104", 5),
        ("630105", 4),
        ("630106", 1),
        ("630121", 1),
    ];
    let mut found = Vec::new();
    for (county, many) in wanted {
        let codes = demo::DIVISIONS_2023
            .lines()
            .filter_map(|line| line.split(',').next())
            .filter(|code| code.starts_with(county) && code.ends_with("000") && !code.ends_with("000000"));
        found.extend(codes.take(many).map(str::to_owned));
    }
    assert_eq!(found.len(), COMMUNITIES);
    found
}

/// A community, its steward, its provider and its elders, from the service's first days.
async fn place(city: &TestCity, bureau: Actor, n: usize, township: &str) -> Place {
    let service = &city.service;
    let start = day(0) - Duration::days(6);
    let mut conn = service.state.pool.get().await.expect("a connection");
    let made = db::transaction(&mut conn, async |conn| {
        if n == 0 {
            act(service, conn, (bureau, start), async |tx| {
                areas::queries::import_edition(tx, 2024, demo::DIVISIONS_2023).await
            })
            .await?;
        }
        act(service, conn, (bureau, start), async |tx| {
            let new = json!({ "code": format!("{township}001"), "name": format!("示例小区{n}"), "address": "",
                              "position": { "latitude": 36.6, "longitude": 101.7 }, "active_from": "2023-10-01" });
            areas::queries::create(tx, serde_json::from_value(new).expect("a community")).await
        })
        .await
    })
    .await
    .expect("the community is entered");
    drop(conn);
    let steward = actor(&city.steward(&[made.id.0]).await, Role::Steward, None);
    let (person, organisation, worker) = city.provider(&[]).await;
    let provider = actor(&person, Role::Provider, Some(organisation));
    let mut conn = service.state.pool.get().await.expect("a connection");
    let homes = db::transaction(&mut conn, async |conn| {
        act(service, conn, (bureau, start), async |tx| {
            let items = ITEMS.map(|code| json!({ "item_id": item(code), "weekly_capacity": 200, "price_fen": 1500 }));
            let offers = json!({ "coverage": [township], "items": items });
            let patch = serde_json::from_value(offers).expect("a patch");
            let id = OrganisationId(organisation);
            resources::queries::entry::change(tx, &bureau, id, steward::http::IfMatch(1), patch).await
        })
        .await?;
        let mut homes = Vec::new();
        for (place, home) in (n..HOUSEHOLDS).step_by(COMMUNITIES).enumerate() {
            let mut elders = Vec::new();
            for person in 0..=usize::from(home % (HOUSEHOLDS / COUPLES) == 0) {
                let safety_net = (place + person) % SAFETY_NET_EVERY == 0;
                let serial = home * 2 + person;
                let number = with_check(&format!("630106194501{:02}{:03}", 1 + serial / 999, serial % 999 + 1));
                let new = json!({
                    "household": { "community_id": made.id, "building": (home / 210 + 1).to_string(), "unit": "1", "floor": 3, "room": home.to_string() },
                    "name": format!("示例老人{serial}"), "id_kind": "resident_id", "id_number": number.expect("a number"),
                    "categories": if safety_net { vec!["extreme_difficulty"] } else { vec!["living_alone"] } });
                let enrolled = act(service, conn, (bureau, start), async |tx| {
                    elders::enrol::enrol(tx, &bureau, serde_json::from_value(new).expect("an elder")).await
                })
                .await?;
                elders.push((enrolled.elder.id, safety_net));
                if person == 0 {
                    homes.push(Home { id: enrolled.elder.household_id, elders: vec![] });
                }
            }
            homes.last_mut().expect("just pushed").elders = elders;
        }
        Ok(homes)
    })
    .await
    .expect("the elders are enrolled");
    let officer = async |scope: &str| actor(&city.scoped(Role::Officer, scope).await, Role::Officer, None);
    Place {
        community: made.id,
        steward,
        subdistrict: officer(&township[..9]).await,
        county: officer(&township[..6]).await,
        provider,
        worker,
        homes,
    }
}

/// The item of the menu that every city begins with.
fn item(code: &str) -> Uuid {
    let slot = match code {
        "medical_nursing" => 1,
        "meals" => 4,
        _ => 5,
    };
    format!("018b0000-0000-7000-8000-00000000000{slot}")
        .parse()
        .expect("an id")
}

/// The rest of the library: organisations of every tier and kind that take no orders.
async fn library(
    service: &Service,
    conn: &mut AsyncPgConnection,
    bureau: Actor,
    townships: &[String],
) -> Result<(), Problem> {
    let kinds = [
        "elder_care",
        "medical",
        "property",
        "service_organisation",
        "social_work",
        "volunteer",
    ];
    db::transaction(conn, async |conn| {
        for n in COMMUNITIES..RESOURCES {
            let (tier, covers) = match n % 40 {
                0 => ("city", "6301".to_owned()),
                1..=5 => ("county", townships[n % COMMUNITIES][..6].to_owned()),
                _ => ("organisation", townships[n % COMMUNITIES].clone()),
            };
            let code = credit_code::with_checks("52", "630104", &format!("MJ{n:06}"));
            let new = json!({ "credit_code": code.expect("a code"), "name": format!("示例组织{n}"), "tier": tier, "kind": kinds[n % 6],
                              "takes_orders": false, "listed_from": "2023-10-15", "coverage": [covers] });
            act(service, conn, (bureau, day(1)), async |tx| {
                resources::queries::entry::create(tx, &bureau, serde_json::from_value(new).expect("an organisation")).await
            })
            .await?;
        }
        Ok(())
    })
    .await
}

/// The policy that is explained: in force since the service began.
async fn library_of_policies(
    service: &Service,
    conn: &mut AsyncPgConnection,
    bureau: Actor,
) -> Result<PolicyId, Problem> {
    db::transaction(conn, async |conn| {
        let made = act(service, conn, (bureau, day(0)), async |tx| {
            let new = json!({ "code": "advanced_age_allowance", "issued_by": "6301", "content": { "title_zh": "高龄津贴",
                "title_en": "advanced-age allowance", "text": "按月发放", "source": "示例民发〔2023〕1号", "valid_from": "2023-10-01",
                "eligibility": { "age_from": 80, "applies_in": "6301" } } });
            policies::queries::library::create(tx, &bureau, serde_json::from_value(new).expect("a policy")).await
        })
        .await?;
        Ok(made.policy.id)
    })
    .await
}

/// The share of `total` that falls to number `n` of `among`, so that the shares add up.
fn share(total: usize, n: usize, among: usize) -> usize {
    total * (n + 1) / among - total * n / among
}

/// The sixteen weeks of one community.
async fn live(service: &Service, n: usize, place: &Place, policy: PolicyId) -> Result<(), Problem> {
    let mut conn = service.state.pool.get().await?;
    db::transaction(&mut conn, async |conn| {
        visits_of(service, conn, n, place, policy).await?;
        services_of(service, conn, n, place).await?;
        publicity_of(service, conn, n, place, policy).await?;
        beds_of(service, conn, n, place).await
    })
    .await
}

/// The community's care beds, each from the application to an inspection of its building and one of its service.
async fn beds_of(
    service: &Service,
    conn: &mut AsyncPgConnection,
    n: usize,
    place: &Place,
) -> Result<(), Problem> {
    use care_beds::queries::{apply, build, inspect, serve};
    let Place {
        steward,
        subdistrict,
        county,
        provider,
        ..
    } = place;
    for home in &place.homes[..share(BEDS, n, COMMUNITIES)] {
        let (bed, assessment) = (
            CareBedId(service.state.clock.new_id()),
            service.state.clock.new_id(),
        );
        let elder = home.elders[0].0;
        act(service, conn, (*steward, day(3)), async |tx| {
            let new = json!({ "id": bed, "kind": "family_bed", "elder_id": elder });
            apply::apply(tx, steward, told(new)).await
        })
        .await?;
        for (officer, when) in [(subdistrict, day(4)), (county, day(6))] {
            act(service, conn, (*officer, when), async |tx| {
                apply::decide(tx, officer, bed, &told(json!({ "decision": "approve" }))).await
            })
            .await?;
        }
        act(service, conn, (*steward, day(8)), async |tx| {
            let new = assessment_of(assessment, day(8));
            elders::assessment::queries::record(tx, steward, elder, &told(new)).await
        })
        .await?;
        act(service, conn, (*steward, day(8)), async |tx| {
            build::assess(tx, steward, bed, AssessmentId(assessment)).await?;
            let lines = json!([{ "measure_code": "handrail", "quantity": 2, "cost_fen": 400_000 },
                               { "measure_code": "call_button", "quantity": 1, "cost_fen": 551_600 }]);
            let new = json!({ "organisation_id": provider.organisation_id, "lines": lines });
            build::plan(tx, steward, bed, told(new)).await
        })
        .await?;
        act(service, conn, (*provider, day(20)), async |tx| {
            let photo = photo(tx, provider).await?;
            let new = json!({ "installed_at": day(20), "device_now": day(20), "photos": [photo] });
            build::install(tx, provider, bed, &told(new)).await
        })
        .await?;
        act(service, conn, (*steward, day(22)), async |tx| {
            build::accept(tx, steward, bed, &told(json!({ "passed": true }))).await?;
            let building = inspection("building", day(22));
            inspect::inspect(tx, steward, bed, &told(building)).await?;
            let photo = photo(tx, steward).await?;
            let new = json!({ "starts_on": "2023-11-01", "ends_on": "2024-10-31", "signed_by": "示例老人", "signed_on": "2023-10-31",
                              "attachment_id": photo });
            serve::agree(tx, steward, bed, told(new)).await?;
            let quotas = json!([{ "item_id": item("cleaning"), "times": 4, "minutes": 480 }]);
            let new = json!({ "from_month": "2023-11", "quotas": quotas });
            serve::plan_service(tx, steward, bed, told(new)).await
        })
        .await?;
        act(service, conn, (*steward, day(24)), async |tx| {
            serve::start(tx, steward, bed).await
        })
        .await?;
        act(service, conn, (*steward, day(60)), async |tx| {
            let served = inspection("service", day(60));
            inspect::inspect(tx, steward, bed, &told(served)).await
        })
        .await?;
    }
    Ok(())
}

/// The community's publicity events, over the whole time.
async fn publicity_of(
    service: &Service,
    conn: &mut AsyncPgConnection,
    n: usize,
    place: &Place,
    policy: PolicyId,
) -> Result<(), Problem> {
    let (who, events) = (place.steward, share(PUBLICITY_EVENTS, n, COMMUNITIES));
    for event in 0..events {
        let at = day(n + event * 105 / events) + Duration::hours(3);
        act(service, conn, (who, at), async |tx| {
            let new = json!({ "id": tx.new_id(), "channel": "on_site", "community_id": place.community, "subject": "高龄津贴政策宣讲",
                "held_at": at, "device_now": at, "attendance": 40, "explained": EXPLAINED_AT_EVENT, "policies": [policy] });
            outreach::queries::record(tx, &who, &serde_json::from_value(new).expect("an event")).await
        })
        .await?;
    }
    Ok(())
}

/// What somebody says to an operation.
fn told<T: serde::de::DeserializeOwned>(body: serde_json::Value) -> T {
    serde_json::from_value(body).expect("it fits the operation")
}

fn assessment_of(id: Uuid, at: DateTime<Utc>) -> serde_json::Value {
    let mut told = crate::assessments::assessment(at, 50);
    told["id"] = json!(id);
    told
}

/// A photo that somebody has uploaded; its bytes are of no account here.
async fn photo(tx: &mut Tx<'_>, who: &Actor) -> Result<AttachmentId, Problem> {
    let id = AttachmentId(tx.new_id());
    let mut sha256 = [0; 32];
    sha256[..16].copy_from_slice(id.0.as_bytes());
    let stored = Stored {
        sha256: ContentHash(sha256),
        format: Format::Jpeg,
        size: 1,
        width: 1,
        height: 1,
    };
    attachments::queries::record(tx, who, id, &stored).await?;
    Ok(id)
}

/// Visits until the community's share of person-times is reached exactly; a couple counts two.
async fn visits_of(
    service: &Service,
    conn: &mut AsyncPgConnection,
    n: usize,
    place: &Place,
    policy: PolicyId,
) -> Result<(), Problem> {
    let (mut left, mut safety_left, mut advice_left) = (
        share(PERSON_TIMES, n, COMMUNITIES),
        share(SAFETY_PERSON_TIMES, n, COMMUNITIES),
        share(EXPLAINED_AT_HOME, n, COMMUNITIES),
    );
    for round in 0.. {
        for (at, home) in place.homes.iter().enumerate() {
            // The last single person-time of a community goes to somebody who lives alone.
            if home.elders.len() > left {
                continue;
            }
            let safety = safety_left >= home.elders.len();
            let when = day((round * 17 + at % 7).min(112))
                + Duration::minutes(i64::try_from(at).expect("few homes") * 5);
            let mut visit = json!({ "id": service.state.clock.new_id(), "household_id": home.id, "outcome": "met",
                "purposes": [if safety { "safety" } else { "needs" }], "started_at": when, "ended_at": when + Duration::minutes(20),
                "device_now": when + Duration::minutes(21), "check_in": { "position": "unknown" }, "form_version": 1,
                "elders": home.elders.iter().map(|(id, _)| json!({ "elder_id": id, "condition": "good", "diet": "regular", "mood": "calm" })).collect::<Vec<_>>() });
            if safety {
                let safe = json!({ "result": "safe" });
                visit["checks"] = json!({ "gas": safe, "electric": safe, "fire": safe, "water": safe });
                safety_left -= home.elders.len();
            }
            if advice_left > 0 {
                visit["policies"] = json!([{ "policy_id": policy, "elder_id": home.elders[0].0 }]);
                advice_left -= 1;
            }
            left -= home.elders.len();
            let visit: visits::model::NewVisit = serde_json::from_value(visit).expect("a visit");
            let stamp = Stamp {
                actor: Some(place.steward),
                now: when + Duration::minutes(21),
                ..Stamp::system(&service.state)
            };
            visit.check(stamp.now)?;
            visits::queries::log(
                conn,
                &stamp,
                &place.steward,
                &service.state.config.service,
                &visit,
            )
            .await?;
        }
        if left == 0 {
            break;
        }
    }
    assert_eq!((safety_left, advice_left), (0, 0));
    Ok(())
}

/// Needs collected in calls, each ordered, served by the community's provider and followed up; some served again.
async fn services_of(
    service: &Service,
    conn: &mut AsyncPgConnection,
    n: usize,
    place: &Place,
) -> Result<(), Problem> {
    let (events, services) = (
        share(NEEDS_EVENTS, n, COMMUNITIES),
        share(SERVICES, n, COMMUNITIES),
    );
    let social_served = share(SOCIAL_SERVED, n, COMMUNITIES);
    let people: Vec<(ElderId, bool)> = place
        .homes
        .iter()
        .flat_map(|h| h.elders.iter().copied())
        .collect();
    let (net, social): (Vec<_>, Vec<_>) = people.into_iter().partition(|(_, safety_net)| *safety_net);
    for event in 0..events {
        // First every social elder who is to be served, once, with a meal or cleaning; then safety-net elders in turn.
        let (elder, first) = if event < social_served {
            (social[event].0, 1 + event % 2)
        } else {
            (net[event % net.len()].0, event % 3)
        };
        let at = day(event * 105 / events) + Duration::minutes(i64::try_from(event).expect("few"));
        let call = service.state.clock.new_id();
        // Two needs of one call are one household-time: the last events carry what there are more services than events.
        for second in 0..=usize::from(event >= events - (services - events)) {
            let code = ITEMS[(first + second) % 3];
            let order = ordered(service, conn, place, (elder, code, call), at).await?;
            let fails = event == 5;
            serve(
                service,
                conn,
                place,
                order,
                at,
                if fails { "dissatisfied" } else { "satisfied" },
            )
            .await?;
            if fails {
                let later = at + Duration::days(1);
                let narrow = orders::queries::read::Narrow {
                    status: Some(orders::model::OrderStatus::Offered),
                    ..Default::default()
                };
                let page = steward::http::PageQuery::default();
                let offered =
                    orders::queries::read::list(conn, &place.provider, later, narrow, &page).await?;
                let rework = offered.items.first().expect("the rework is offered").id;
                serve(service, conn, place, rework, later, "basically_satisfied").await?;
            }
        }
    }
    Ok(())
}

/// A need collected in a call, and the order made of it.
async fn ordered(
    service: &Service,
    conn: &mut AsyncPgConnection,
    place: &Place,
    (elder, code, call): (ElderId, &str, Uuid),
    at: DateTime<Utc>,
) -> Result<OrderId, Problem> {
    let who = place.steward;
    let need = act(service, conn, (who, at), async |tx| {
        let new = json!({ "id": tx.new_id(), "elder_id": elder, "item_id": item(code), "event_id": call, "collected_at": at, "device_now": at });
        needs::queries::collect(tx, &who, serde_json::from_value(new).expect("a need")).await
    })
    .await?;
    let order = act(service, conn, (who, at), async |tx| {
        let new = json!({ "id": tx.new_id(), "need_id": need.id });
        orders::queries::staff::request(tx, &who, serde_json::from_value(new).expect("an order")).await
    })
    .await?;
    Ok(order.id)
}

/// From the offer to the survey.
async fn serve(
    service: &Service,
    conn: &mut AsyncPgConnection,
    place: &Place,
    order: OrderId,
    at: DateTime<Utc>,
    quality: &str,
) -> Result<(), Problem> {
    use orders::queries::provider;
    let who = place.provider;
    let hour = Duration::hours(1);
    act(service, conn, (who, at + Duration::minutes(10)), async |tx| {
        provider::accept(tx, &who, order).await
    })
    .await?;
    act(service, conn, (who, at + Duration::minutes(20)), async |tx| {
        let when = json!({ "worker_id": place.worker, "scheduled_for": at + hour });
        provider::schedule(tx, &who, order, serde_json::from_value(when).expect("a schedule")).await
    })
    .await?;
    act(service, conn, (who, at + hour), async |tx| {
        provider::start(
            tx,
            &who,
            order,
            &serde_json::from_value(json!({})).expect("an arrival"),
        )
        .await
    })
    .await?;
    act(service, conn, (who, at + hour * 2), async |tx| {
        let done = json!({ "signed_by": "示例老人" });
        provider::complete(
            tx,
            &who,
            order,
            &serde_json::from_value(done).expect("a completion"),
        )
        .await
    })
    .await?;
    let next_day = at + Duration::days(1);
    act(service, conn, (place.steward, next_day), async |tx| {
        let survey = json!({ "id": tx.new_id(), "channel": "call", "surveyed_at": next_day, "device_now": next_day,
            "answers": { "content": "satisfied", "attitude": "satisfied", "quality": quality, "efficiency": "satisfied" } });
        let survey = serde_json::from_value(survey).expect("a survey");
        followups::queries::survey::survey(tx, &place.steward, order, survey, 0).await
    })
    .await?;
    Ok(())
}
