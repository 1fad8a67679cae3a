//! What was recorded while responsible is accepted as recorded, and reaches whoever is responsible now.

use super::{count, id, item, received, refused};
use crate::{
    hazards::finding,
    orders::desk,
    policies::enter,
    statistics::sql,
    support::{Person, TestCity},
    visits::{Home, home},
};
use chrono::Duration;
use serde_json::{Value, json};
use steward::tx::Role;
use uuid::Uuid;

/// Gives the community to somebody else.
async fn hand_over(city: &TestCity, community: &Value) -> Person {
    let (officer, next) = (city.scoped(Role::Officer, "6301").await, city.steward(&[]).await);
    let path = format!("/api/v1/communities/{}/hand-over", community.as_str().unwrap());
    let told = officer
        .post(&path, json!({ "to_user_id": next.id, "reason": "离职" }))
        .await;
    assert!(told.status.is_success(), "{}", told.body);
    next
}

async fn caseload(steward: &Person) -> Value {
    steward.get("/api/v1/sync/caseload").await.expect(200)
}

fn began(home: &Home) -> chrono::DateTime<chrono::Utc> {
    home.visit()["started_at"].as_str().unwrap().parse().unwrap()
}

async fn community(home: &Home) -> Value {
    caseload(&home.steward).await["households"][0]["household"]["community_id"].clone()
}

#[actix_web::test]
async fn a_visit_made_before_the_hand_over_is_its_makers_and_on_the_next_ones_phone() {
    let home = home().await;
    let community = community(&home).await;
    let now = home.city.service.state.clock.now();
    let visit = item(now, "visits_log", None, home.visit());
    home.city.advance(Duration::hours(1));
    let next = hand_over(&home.city, &community).await;
    home.city.advance(Duration::days(2));
    assert_eq!(caseload(&home.steward).await["household_ids"], json!([]));
    // Sent two days late, by a clock that is right.
    let mut late = visit.clone();
    late["device_now"] = json!(home.city.service.state.clock.now());
    let receipt = received(&home.steward, &late).await;
    assert_eq!(receipt["answer"]["steward_id"], json!(home.steward.id));
    let theirs = caseload(&next).await;
    let visits = &theirs["households"][0]["visits"];
    assert_eq!(visits[0]["id"], receipt["answer"]["id"]);
    assert_eq!(visits[0]["steward_id"], json!(home.steward.id));
    // One that was made afterwards is not theirs to make.
    let mut after = home.visit();
    let at = began(&home) + Duration::days(1);
    (after["started_at"], after["ended_at"]) = (json!(at), json!(at + Duration::minutes(20)));
    let after = item(home.city.service.state.clock.now(), "visits_log", None, after);
    assert_eq!(refused(&home.steward, &after).await, "household_not_found");
    home.city.stop().await;
}

#[actix_web::test]
async fn what_comes_after_sixty_days_is_no_longer_taken() {
    let home = home().await;
    let community = community(&home).await;
    hand_over(&home.city, &community).await;
    let late = |days: i64| {
        let now = began(&home) + Duration::days(days);
        home.city.service.state.clock.set(now);
        item(now, "visits_log", None, home.visit())
    };
    let in_time = late(59);
    received(&home.steward, &in_time).await;
    let too_late = late(61);
    assert_eq!(refused(&home.steward, &too_late).await, "household_not_found");
    home.city.stop().await;
}

#[actix_web::test]
async fn needs_events_reports_surveys_and_publicity_of_the_one_before_are_taken_too() {
    let desk = desk().await;
    let (city, steward, then) = (&desk.city, &desk.steward, desk.now());
    let provider = city.provider(&["cleaning"]).await;
    let policy = enter(city, "allowance", json!({})).await;
    // Somebody else's order, so that it is not the steward's own.
    let deputy = city.steward(&[desk.community]).await;
    let wish = json!({ "id": Uuid::now_v7(), "elder_id": desk.elder, "item_id": desk.item("cleaning").await, "collected_at": then, "device_now": then });
    let need = deputy.post("/api/v1/needs", wish).await.expect_id(201);
    let order = deputy
        .post("/api/v1/orders", json!({ "id": Uuid::now_v7(), "need_id": need }))
        .await
        .expect(201);
    desk.serve(&provider.0, provider.2, &order).await;
    // And somebody else's hazard.
    let household = caseload(steward).await["households"][0]["household"]["id"].clone();
    let found = Uuid::now_v7();
    let visit = json!({ "id": Uuid::now_v7(), "household_id": household, "purposes": ["needs"], "outcome": "met", "started_at": then, "ended_at": then,
        "device_now": then, "check_in": { "position": "unknown" }, "form_version": 1,
        "elders": [{ "elder_id": desk.elder, "condition": "good", "diet": "regular", "mood": "calm" }],
        "hazards": [{ "id": found, "kind": "gas", "severity": "general", "check_point": "hose", "description": "" }] });
    deputy.post("/api/v1/visits", visit).await.expect(201);
    let event = json!({ "id": Uuid::now_v7(), "channel": "leaflet", "community_id": desk.community, "subject": "宣传", "held_at": then,
        "attendance": 60, "explained": 40, "policies": [policy] });
    let mut survey = desk.survey("satisfied");
    survey["surveyed_at"] = json!(then);
    let wish = json!({ "id": Uuid::now_v7(), "elder_id": desk.elder, "item_id": desk.item("cleaning").await, "collected_at": then });
    let fall = json!({ "id": Uuid::now_v7(), "kind": "fall", "occurred_at": then });
    let report = json!({ "id": Uuid::now_v7(), "to": ["gas_firm"], "happened": { "at": then } });
    let items = [
        ("needs_collect", None, wish),
        ("elder_events_record", Some(desk.elder), fall),
        ("hazards_report", Some(found), report),
        ("followups_survey", Some(id(&order)), survey),
        ("publicity_events_record", None, event),
    ]
    .map(|(operation, path, body)| item(then, operation, path, body));
    city.advance(Duration::hours(1));
    sql(
        city,
        &format!(
            "UPDATE steward_assignments SET ends_at = '2024-01-08T02:00:00Z' WHERE user_id = '{}'",
            steward.id
        ),
    )
    .await;
    city.advance(Duration::days(3));
    for item in &items {
        let mut late = item.clone();
        late["device_now"] = json!(desk.now());
        received(steward, &late).await;
        // A stranger who never served there is told nothing.
        let stranger = city.steward(&[]).await;
        let mut theirs = late.clone();
        theirs["id"] = json!(Uuid::now_v7());
        theirs["body"]["id"] = json!(Uuid::now_v7());
        let code = refused(&stranger, &theirs).await;
        assert!(code.ends_with("_not_found"), "{}: {code}", item["operation"]);
    }
    assert_eq!(
        count(
            city,
            &format!(
                "SELECT count(*) FROM followups WHERE surveyor_id = '{}'",
                steward.id
            )
        )
        .await,
        1
    );
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_visit_that_names_a_file_that_was_merged_since_goes_to_the_kept_one() {
    let home = home().await;
    let (city, steward) = (&home.city, &home.steward);
    let [kept, other] = home.couple;
    let mut visit = home.visit();
    visit["needs"] = json!([{ "id": Uuid::now_v7(), "elder_id": other, "item_id": crate::visits::item(3) }]);
    let now = city.service.state.clock.now();
    let both = item(now, "visits_log", None, visit);
    let mut alone = home.visit();
    alone["elders"] = json!([alone["elders"][1]]);
    let alone = item(now, "visits_log", None, alone);
    let officer = city.scoped(Role::Officer, "6301").await;
    officer
        .post(
            &format!("/api/v1/elders/{kept}/merge"),
            json!({ "other_id": other, "reason": "重复建档" }),
        )
        .await
        .expect(200);
    for item in [&both, &alone] {
        let receipt = received(steward, item).await;
        assert_eq!(receipt["answer"]["elders_met"], json!([kept]));
    }
    sql(city, "DELETE FROM sync_receipts").await;
    let again = received(steward, &both).await;
    assert_eq!(again["answer"]["elders_met"], json!([kept]));
    assert_eq!(count(city, "SELECT count(*) FROM visits").await, 2);
    assert_eq!(
        count(
            city,
            &format!("SELECT count(*) FROM needs WHERE elder_id = '{kept}'")
        )
        .await,
        1
    );
    // The ordinary operation likewise, and what happens to the person too.
    let fall = json!({ "id": Uuid::now_v7(), "kind": "fall", "occurred_at": now });
    let receipt = received(steward, &item(now, "elder_events_record", Some(other), fall)).await;
    assert_eq!(receipt["answer"]["elder_id"], json!(kept));
    home.city.stop().await;
}

#[actix_web::test]
async fn a_visit_to_somebody_who_died_or_moved_away_meanwhile_is_taken() {
    let home = home().await;
    let (city, steward) = (&home.city, &home.steward);
    let now = city.service.state.clock.now();
    let (first, mut second) = (home.visit(), finding(&home, &[("gas", "major", "hose")]));
    second["elders"] = json!([second["elders"][1]]);
    for (elder, status) in home.couple.iter().zip(["deceased", "moved"]) {
        let path = format!("/api/v1/elders/{elder}/status");
        steward
            .post(&path, json!({ "status": status, "since": "2024-01-15" }))
            .await
            .expect(200);
    }
    assert_eq!(
        caseload(steward).await["household_ids"],
        json!([]),
        "it leaves the phone"
    );
    received(steward, &item(now, "visits_log", None, first)).await;
    // One moved within the city: they live elsewhere now, and were met here before.
    let community = count(city, "SELECT count(*) FROM communities").await;
    assert_eq!(community, 1);
    sql(city, &format!(
        "INSERT INTO households (id, community_id, building, unit, room, version, created_at) SELECT '{0}', community_id, '9', '', '901', 1, created_at FROM households LIMIT 1; ",
        Uuid::from_u128(9))).await;
    sql(
        city,
        &format!(
            "UPDATE elders SET household_id = '{}' WHERE id = '{}'",
            Uuid::from_u128(9),
            home.couple[1]
        ),
    )
    .await;
    received(steward, &item(now, "visits_log", None, second)).await;
    home.city.stop().await;
}
