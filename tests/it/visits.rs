//! The visit: what it must say, what it sets in motion, and that it is logged once.

use crate::support::{Person, TestCity};
use chrono::Duration;
use serde_json::{Value, json};
use steward::tx::Role;
use uuid::Uuid;

struct Home {
    city: TestCity,
    steward: Person,
    household: Uuid,
    couple: [Uuid; 2],
}

/// A couple at home on the Monday of 2024-W03, with this week's visit owed.
async fn home() -> Home {
    let city = TestCity::at("2024-01-14T12:00:00Z").await;
    let community = city.community("630104001000").await;
    let steward = city.steward(&[community]).await;
    let household = city.household(community, "1", "101").await;
    let couple = [city.elder(household).await, city.elder(household).await];
    city.service.run_jobs().await;
    city.advance(Duration::hours(13));
    city.service.run_jobs().await;
    Home {
        city,
        steward,
        household,
        couple,
    }
}

fn safe() -> Value {
    json!({ "result": "safe" })
}

impl Home {
    fn visit(&self) -> Value {
        let elders: Vec<_> = self
            .couple
            .iter()
            .map(|e| json!({ "elder_id": e, "condition": "good", "diet": "regular", "mood": "calm" }))
            .collect();
        json!({ "id": Uuid::now_v7(), "household_id": self.household, "purposes": ["safety"], "outcome": "met", "started_at": "2024-01-15T00:30:00Z",
                "ended_at": "2024-01-15T00:50:00Z", "device_now": self.city.service.state.clock.now(),
                "check_in": { "position": "at_door", "latitude": 36.62, "longitude": 101.77, "accuracy_m": 12.0 },
                "checks": { "gas": safe(), "electric": safe(), "fire": safe(), "water": safe() }, "elders": elders, "form_version": 1 })
    }

    async fn owed(&self) -> usize {
        self.steward.get("/api/v1/obligations").await.expect(200)["items"]
            .as_array()
            .unwrap()
            .len()
    }
}

#[actix_web::test]
async fn a_visit_to_a_couple_is_one_visit_two_people_and_one_obligation_done_however_often_it_is_sent() {
    let home = home().await;
    assert_eq!(home.owed().await, 1);
    let visit = home.visit();
    let first = home
        .steward
        .post("/api/v1/visits", visit.clone())
        .await
        .expect(201);
    let again = home
        .steward
        .post("/api/v1/visits", visit.clone())
        .await
        .expect(201);
    assert_eq!(first, again);
    assert_eq!(first["elders_met"].as_array().unwrap().len(), 2);
    assert_eq!(home.owed().await, 0);
    let log = home.steward.get("/api/v1/visits").await.expect(200);
    assert_eq!(log["items"].as_array().unwrap().len(), 1);
    let mut other = visit;
    other["outcome"] = json!("refused");
    other["elders"] = json!([]);
    other["checks"] = Value::Null;
    assert_eq!(
        home.steward.post("/api/v1/visits", other).await.refused(409),
        "visit_already_logged"
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn what_a_visit_must_say_is_said_field_by_field() {
    let home = home().await;
    let cases = [
        ("checks", Value::Null, "checks"),
        ("elders", json!([]), "elders"),
        ("ended_at", json!("2024-01-15T00:29:00Z"), "ended_at"),
        ("started_at", json!("2024-01-16T00:00:00Z"), "started_at"),
        (
            "checks",
            json!({ "gas": { "result": "hazard" }, "electric": safe(), "fire": safe(), "water": safe() }),
            "checks.gas",
        ),
        (
            "checks",
            json!({ "gas": { "result": "not_checked" }, "electric": safe(), "fire": safe(), "water": safe() }),
            "checks.gas.reason",
        ),
        (
            "hazards",
            json!([{ "kind": "gas", "severity": "major", "check_point": "leak_test", "description": "漏气" }]),
            "hazards[0].measure",
        ),
        ("check_in", json!({ "position": "at_door" }), "check_in"),
    ];
    for (field, value, named) in cases {
        let mut visit = home.visit();
        visit[field] = value;
        let refused = home.steward.post("/api/v1/visits", visit).await;
        assert_eq!(refused.status.as_u16(), 422, "{field}");
        let fields: Vec<_> = refused.body["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["field"].as_str().unwrap().to_owned())
            .collect();
        assert!(fields.iter().any(|f| f == named), "{named} not in {fields:?}");
    }
    let neighbour = home
        .city
        .elder(
            home.city
                .household(home.city.community("630104002000").await, "9", "901")
                .await,
        )
        .await;
    let mut visit = home.visit();
    visit["elders"][0]["elder_id"] = json!(neighbour);
    let refused = home.steward.post("/api/v1/visits", visit).await;
    assert_eq!(refused.body["fields"][0]["field"], "elders");
    assert_eq!(home.owed().await, 1);
    home.city.stop().await;
}

#[actix_web::test]
async fn a_visit_is_logged_and_seen_in_its_area_alone() {
    let home = home().await;
    let elsewhere = home
        .city
        .steward(&[home.city.community("630102001000").await])
        .await;
    assert_eq!(
        elsewhere.post("/api/v1/visits", home.visit()).await.refused(404),
        "household_not_found"
    );
    let id = home
        .steward
        .post("/api/v1/visits", home.visit())
        .await
        .expect_id(201);
    let path = format!("/api/v1/visits/{id}");
    assert_eq!(elsewhere.get(&path).await.refused(404), "visit_not_found");
    assert_eq!(
        home.city
            .scoped(Role::Officer, "630102")
            .await
            .get(&path)
            .await
            .refused(404),
        "visit_not_found"
    );
    home.city
        .scoped(Role::Officer, "630104")
        .await
        .get(&path)
        .await
        .expect(200);
    home.city.stop().await;
}

#[actix_web::test]
async fn a_phone_whose_clock_is_two_days_off_logs_the_visit_at_its_true_time() {
    let home = home().await;
    let mut visit = home.visit();
    for field in ["started_at", "ended_at", "device_now"] {
        let at: chrono::DateTime<chrono::Utc> = visit[field].as_str().unwrap().parse().unwrap();
        visit[field] = json!(at + Duration::days(2));
    }
    let logged = home.steward.post("/api/v1/visits", visit).await.expect(201);
    assert_eq!(logged["started_at"], "2024-01-15T00:30:00Z");
    assert_eq!(home.owed().await, 0);
    home.city.stop().await;
}

#[actix_web::test]
async fn a_declined_visit_excuses_the_week_and_a_shut_door_owes_another_within_a_day_and_becomes_an_emergency()
 {
    let home = home().await;
    let nobody_met = |outcome: &str| {
        let mut visit = home.visit();
        visit["outcome"] = json!(outcome);
        visit["elders"] = json!([]);
        visit["checks"] = Value::Null;
        visit
    };
    home.steward
        .post("/api/v1/visits", nobody_met("no_answer"))
        .await
        .expect(201);
    let worklist = home.steward.get("/api/v1/obligations").await.expect(200);
    assert_eq!(worklist["items"].as_array().unwrap().len(), 2);
    assert_eq!(worklist["items"][0]["reasons"], json!(["no_answer"]));
    let duty = home.city.scoped(Role::Duty, "6301").await;
    home.city.service.run_jobs().await;
    assert_eq!(
        duty.get("/api/v1/emergencies").await.expect(200)["items"],
        json!([])
    );
    home.city.advance(Duration::minutes(121));
    home.city.service.run_jobs().await;
    let raised = duty.get("/api/v1/emergencies").await.expect(200);
    assert_eq!(raised["items"][0]["household_id"], home.household.to_string());
    let id = raised["items"][0]["id"].as_str().unwrap();
    let acknowledge = format!("/api/v1/emergencies/{id}/acknowledge");
    assert_eq!(
        duty.post(&acknowledge, json!({})).await.expect(200)["status"],
        "acknowledged"
    );
    assert_eq!(
        duty.post(&acknowledge, json!({})).await.refused(409),
        "emergency_not_raised"
    );
    let mut declined = nobody_met("refused");
    declined["started_at"] = json!(home.city.service.state.clock.now());
    declined["ended_at"] = declined["started_at"].clone();
    home.steward.post("/api/v1/visits", declined).await.expect(201);
    assert_eq!(home.owed().await, 0);
    home.city.stop().await;
}
