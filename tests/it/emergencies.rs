//! The chain at a shut door, and the emergency from its tap to the visit of the day after.

use crate::visits::{Home, count, home};
use chrono::Duration;
use serde_json::{Value, json};
use steward::tx::Role;
use uuid::Uuid;

/// A shut door; its case's address.
async fn shut(home: &Home) -> String {
    home.steward
        .post("/api/v1/visits", home.unmet("no_answer"))
        .await
        .expect(201);
    let cases = home.steward.get("/api/v1/no-answer-cases").await.expect(200);
    format!(
        "/api/v1/no-answer-cases/{}",
        cases["items"][0]["id"].as_str().unwrap()
    )
}

fn step(home: &Home, kind: &str) -> Value {
    let now = home.city.service.state.clock.now();
    json!({ "id": Uuid::now_v7(), "step": kind, "note": "无人应答", "done_at": now - Duration::minutes(3), "device_now": now })
}

/// A visit that met both, today.
fn today(home: &Home) -> Value {
    let now = home.city.service.state.clock.now();
    let mut visit = home.visit();
    visit["started_at"] = json!(now - Duration::minutes(20));
    visit["ended_at"] = json!(now - Duration::minutes(5));
    visit
}

#[actix_web::test]
async fn each_step_at_a_shut_door_is_stamped_twice_and_recorded_once() {
    let home = home().await;
    let case = shut(&home).await;
    let steps = format!("{case}/steps");
    let ring = step(&home, "ring");
    let first = home.steward.post(&steps, ring.clone()).await.expect(201);
    let now = home.city.service.state.clock.now();
    assert_eq!(first["received_at"], json!(now));
    assert_eq!(first["done_at"], json!(now - Duration::minutes(3)));
    home.city.advance(Duration::minutes(2));
    let mut late = ring.clone();
    late["device_now"] = json!(home.city.service.state.clock.now());
    assert_eq!(home.steward.post(&steps, late).await.expect(201), first);
    let mut other = ring.clone();
    other["note"] = json!("有动静");
    assert_eq!(
        home.steward.post(&steps, other).await.refused(409),
        "no_answer_step_already_taken"
    );
    // A phone that is an hour ahead rang ten minutes ago.
    let now = home.city.service.state.clock.now();
    let mut ahead = step(&home, "phone");
    ahead["device_now"] = json!(now + Duration::hours(1));
    ahead["done_at"] = json!(now + Duration::minutes(50));
    let phoned = home.steward.post(&steps, ahead).await.expect(201);
    assert_eq!(
        (&phoned["done_at"], &phoned["device_offset_ms"]),
        (&json!(now - Duration::minutes(10)), &json!(3_600_000))
    );
    let mut future = step(&home, "police");
    future["done_at"] = json!(now + Duration::hours(1));
    assert_eq!(home.steward.post(&steps, future).await.refused(422), "invalid");
    let duty = home.city.scoped(Role::Duty, "6301").await;
    duty.post(&steps, step(&home, "contact")).await.expect(201);
    let seen = home.steward.get(&case).await.expect(200);
    let order: Vec<_> = seen["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["step"].as_str().unwrap())
        .collect();
    assert_eq!(order, ["phone", "ring", "contact"]);

    let elsewhere = home.city.scoped(Role::Duty, "630102").await;
    assert_eq!(
        elsewhere.get(&case).await.refused(404),
        "no_answer_case_not_found"
    );
    assert_eq!(
        elsewhere.post(&steps, step(&home, "ring")).await.refused(404),
        "no_answer_case_not_found"
    );
    home.steward
        .post(&format!("{case}/resolve"), json!({ "resolution": "在邻居家" }))
        .await
        .expect(200);
    assert_eq!(
        home.steward
            .post(&steps, step(&home, "police"))
            .await
            .refused(409),
        "no_answer_case_not_open"
    );
    assert_eq!(
        home.steward.post(&steps, ring).await.expect(201),
        first,
        "what was recorded stays so"
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn one_tap_raises_an_emergency_once_and_another_call_is_worse() {
    let home = home().await;
    let duty = home.city.scoped(Role::Duty, "6301").await;
    let tap = json!({ "id": Uuid::now_v7(), "household_id": home.household, "note": "老人跌倒" });
    let first = home
        .steward
        .post("/api/v1/emergencies", tap.clone())
        .await
        .expect(201);
    assert_eq!(
        (&first["status"], &first["call"], &first["repeat_of"]),
        (&json!("raised"), &json!(1), &Value::Null)
    );
    assert_eq!(
        home.steward
            .post("/api/v1/emergencies", tap.clone())
            .await
            .expect(201),
        first
    );
    assert_eq!(
        duty.post("/api/v1/emergencies", tap.clone()).await.refused(409),
        "emergency_already_raised"
    );
    let mut other = tap.clone();
    other["note"] = json!("呼吸困难");
    assert_eq!(
        home.steward.post("/api/v1/emergencies", other).await.refused(409),
        "emergency_already_raised"
    );
    let path = format!("/api/v1/emergencies/{}", first["id"].as_str().unwrap());
    duty.post(&format!("{path}/acknowledge"), json!({}))
        .await
        .expect(200);
    home.city.advance(Duration::minutes(5));
    let again = json!({ "id": Uuid::now_v7(), "household_id": home.household });
    let second = duty.post("/api/v1/emergencies", again).await.expect(201);
    assert_eq!(
        (&second["call"], &second["repeat_of"], &second["status"]),
        (&json!(2), &first["id"], &json!("raised"))
    );
    let seen = duty.get(&path).await.expect(200);
    assert_eq!(seen["note"], "老人跌倒");
    let what: Vec<_> = seen["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["what"].as_str().unwrap())
        .collect();
    assert_eq!(what, ["raised", "alerted", "acknowledged", "repeated"]);
    assert_eq!(seen["timeline"][0]["by"], home.steward.id.to_string());
    let elsewhere = home.city.scoped(Role::Duty, "630102").await;
    assert_eq!(elsewhere.get(&path).await.refused(404), "emergency_not_found");
    let theirs = json!({ "id": Uuid::now_v7(), "household_id": home.household });
    assert_eq!(
        elsewhere
            .post("/api/v1/emergencies", theirs.clone())
            .await
            .refused(404),
        "household_not_found"
    );
    let officer = home.city.scoped(Role::Officer, "6301").await;
    assert_eq!(
        officer.post("/api/v1/emergencies", theirs).await.refused(403),
        "forbidden"
    );
    assert_eq!(
        count(
            &home,
            "SELECT count(*) AS n FROM audit_entries WHERE action = 'emergencies.raise'"
        )
        .await,
        2
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn it_closes_only_after_a_visit_of_a_later_day_that_was_owed_from_the_first_instant() {
    let home = home().await;
    let duty = home.city.scoped(Role::Duty, "6301").await;
    home.steward
        .post("/api/v1/visits", home.visit())
        .await
        .expect(201);
    let tap = json!({ "id": Uuid::now_v7(), "household_id": home.household });
    let id = home.steward.post("/api/v1/emergencies", tap).await.expect_id(201);
    let (path, close) = (
        format!("/api/v1/emergencies/{id}"),
        format!("/api/v1/emergencies/{id}/close"),
    );
    let same_day = home
        .steward
        .post("/api/v1/visits", today(&home))
        .await
        .expect_id(201);
    assert_eq!(home.owed().await, 0, "the visit is owed tomorrow");
    assert_eq!(
        duty.post(&close, json!({ "visit_id": same_day }))
            .await
            .refused(409),
        "emergency_not_acknowledged"
    );
    duty.post(&format!("{path}/acknowledge"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        duty.post(&close, json!({ "visit_id": same_day }))
            .await
            .refused(422),
        "invalid"
    );
    home.city.advance(Duration::hours(24));
    assert_eq!(home.owed().await, 1);
    let worklist = home.steward.get("/api/v1/obligations").await.expect(200);
    assert_eq!(
        (&worklist["items"][0]["reasons"], &worklist["items"][0]["period"]),
        (&json!(["emergency"]), &json!(format!("event:{id}")))
    );
    let neighbour = home
        .city
        .household(
            home.steward.get("/api/v1/communities").await.expect(200)["items"][0]["id"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap(),
            "2",
            "202",
        )
        .await;
    let elder = home.city.elder(neighbour).await;
    let mut next_door = today(&home);
    next_door["household_id"] = json!(neighbour);
    next_door["elders"] =
        json!([{ "elder_id": elder, "condition": "good", "diet": "regular", "mood": "calm" }]);
    let next_door = home
        .steward
        .post("/api/v1/visits", next_door)
        .await
        .expect_id(201);
    let mut unmet = home.unmet("refused");
    unmet["started_at"] = today(&home)["started_at"].clone();
    unmet["ended_at"] = unmet["started_at"].clone();
    let unmet = home.steward.post("/api/v1/visits", unmet).await.expect_id(201);
    for wrong in [next_door, unmet, Uuid::now_v7()] {
        let refused = duty.post(&close, json!({ "visit_id": wrong })).await;
        assert_eq!(refused.body["fields"][0]["field"], "visit_id");
        assert_eq!(refused.refused(422), "invalid");
    }
    let visit = home
        .steward
        .post("/api/v1/visits", today(&home))
        .await
        .expect_id(201);
    let elsewhere = home.city.scoped(Role::Duty, "630102").await;
    assert_eq!(
        elsewhere
            .post(&close, json!({ "visit_id": visit }))
            .await
            .refused(404),
        "emergency_not_found"
    );
    let closed = duty.post(&close, json!({ "visit_id": visit })).await.expect(200);
    assert_eq!(
        (&closed["status"], &closed["closing_visit_id"]),
        (&json!("closed"), &json!(visit))
    );
    assert_eq!(
        duty.post(&close, json!({ "visit_id": visit })).await.refused(409),
        "emergency_closed"
    );
    let seen = duty.get(&path).await.expect(200);
    let last = seen["timeline"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["what"], &last["by"]), (&json!("closed"), &json!(duty.id)));
    let again = json!({ "id": Uuid::now_v7(), "household_id": home.household });
    let later = duty.post("/api/v1/emergencies", again).await.expect(201);
    assert_eq!(later["call"], 1, "the one before is over");
    home.city.stop().await;
}

#[actix_web::test]
async fn a_shut_door_that_became_an_emergency_tells_its_whole_chain() {
    let home = home().await;
    let duty = home.city.scoped(Role::Duty, "6301").await;
    let case = shut(&home).await;
    home.steward
        .post(&format!("{case}/steps"), step(&home, "neighbour"))
        .await
        .expect(201);
    home.city.advance(Duration::minutes(121));
    home.city.service.run_jobs().await;
    let raised = duty.get("/api/v1/emergencies").await.expect(200);
    let id = raised["items"][0]["id"].as_str().unwrap();
    let seen = duty.get(&format!("/api/v1/emergencies/{id}")).await.expect(200);
    let told: Vec<_> = seen["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| (m["what"].as_str().unwrap(), m["step"].as_str(), m["by"].is_null()))
        .collect();
    assert_eq!(
        told,
        [
            ("no_answer", None, false),
            ("step", Some("neighbour"), false),
            ("raised", None, true),
            ("alerted", None, true)
        ],
        "and from there it is an emergency like any other"
    );
    home.city.advance(Duration::hours(24));
    let worklist = home.steward.get("/api/v1/obligations").await.expect(200);
    let periods: Vec<_> = worklist["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["period"].as_str().unwrap())
        .collect();
    assert!(periods.contains(&format!("event:{id}").as_str()), "{periods:?}");
    home.city.stop().await;
}
