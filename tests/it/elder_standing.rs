//! Tier and risk: every reason is told, and what a person decides against the rule is kept.

use crate::visits::{Home, home, safe};
use chrono::Duration;
use serde_json::{Value, json};
use uuid::Uuid;

async fn standing(home: &Home, elder: Uuid) -> Value {
    let path = format!("/api/v1/elders/{elder}/standing");
    home.steward.get(&path).await.expect(200)
}

fn points(standing: &Value) -> Vec<(&str, i64, &str)> {
    standing["risk_reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| {
            (
                r["reason"].as_str().unwrap(),
                r["points"].as_i64().unwrap(),
                r["since"].as_str().unwrap(),
            )
        })
        .collect()
}

/// The week's visit, which finds the first of the couple poorly and a gas hose that leaks.
fn bad_news(home: &Home) -> Value {
    let mut visit = home.visit();
    visit["elders"][0]["condition"] = json!("poor");
    visit["elders"][0]["mood"] = json!("low");
    visit["elders"][0]["diet"] = json!("insufficient");
    visit["checks"]["gas"] = json!({ "result": "hazard" });
    visit["hazards"] = json!([{ "kind": "gas", "severity": "major", "check_point": "hose", "description": "软管龟裂", "measure": "已关阀" }]);
    visit
}

async fn first_line(home: &Home) -> Value {
    home.steward.get("/api/v1/obligations").await.expect(200)["items"][0].clone()
}

#[actix_web::test]
async fn a_standing_tells_every_reason_with_its_weight_and_since_when() {
    let home = home().await;
    let [poorly, well] = home.couple;
    home.steward
        .post("/api/v1/visits", bad_news(&home))
        .await
        .expect(201);
    let told = standing(&home, poorly).await;
    let (entered, visited) = ("2023-09-30T16:00:00Z", "2024-01-15T00:30:00Z");
    assert_eq!(
        points(&told),
        [
            ("living_alone", 30, entered),
            ("condition_poor", 20, visited),
            ("hazard_major", 20, visited),
            ("diet_insufficient", 15, visited),
            ("mood_low", 10, visited)
        ]
    );
    assert_eq!((&told["risk"], &told["weights_edition"]), (&json!(95), &json!(1)));
    assert_eq!(told["risk_reasons"][2]["of_household"], true);
    assert_eq!(
        (&told["tier"], &told["rule_tier"], &told["tier_override"]),
        (&json!("weekly"), &json!("weekly"), &Value::Null)
    );
    assert_eq!(
        told["tier_reasons"],
        json!([{ "reason": "living_alone", "tier": "weekly", "since": "2023-10-01" }])
    );
    // What the visit found of one is not the other's; the hazard is both's.
    let other = standing(&home, well).await;
    assert_eq!(
        points(&other),
        [("living_alone", 30, entered), ("hazard_major", 20, visited)]
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn who_turned_eighty_and_is_disabled_is_told_since_when() {
    let home = home().await;
    let [elder, _] = home.couple;
    let path = format!("/api/v1/elders/{elder}");
    let file = home.steward.get(&path).await;
    let etag = file.etag.clone().unwrap();
    home.steward
        .patch(&path, &etag, json!({ "birth_date": "1944-01-10" }))
        .await
        .expect(200);
    let disabled = json!({ "code": "disabled", "starts_on": "2024-01-12", "evidence": "评估" });
    home.steward
        .post(&format!("{path}/categories"), disabled)
        .await
        .expect(200);
    let told = standing(&home, elder).await;
    let since: Vec<_> = told["tier_reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| {
            (
                r["reason"].as_str().unwrap(),
                r["tier"].as_str().unwrap(),
                r["since"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        since,
        [
            ("living_alone", "weekly", "2023-10-01"),
            ("disabled", "monthly", "2024-01-12"),
            ("advanced_age", "weekly", "2024-01-10")
        ]
    );
    assert_eq!(
        points(&told),
        [
            ("living_alone", 30, "2023-09-30T16:00:00Z"),
            ("advanced_age", 25, "2024-01-09T16:00:00Z"),
            ("disabled", 25, "2024-01-11T16:00:00Z")
        ]
    );
    // The file's change is in the worklist as soon as its job ran.
    home.city.service.run_jobs().await;
    let line = first_line(&home).await;
    assert_eq!(
        (&line["risk"], &line["reasons"]),
        (&json!(80), &json!(["living_alone", "advanced_age", "disabled"]))
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn an_override_is_told_beside_the_rule_ended_early_and_kept_in_the_history() {
    let home = home().await;
    let [elder, _] = home.couple;
    let path = format!("/api/v1/elders/{elder}");
    let by_hand = json!({ "tier": "quarterly", "reason": "护理员同住", "ends_on": "2024-03-01" });
    home.steward
        .post(&format!("{path}/tier-override"), by_hand)
        .await
        .expect(200);
    let told = standing(&home, elder).await;
    assert_eq!(
        (
            &told["tier"],
            &told["rule_tier"],
            &told["tier_override"]["reason"]
        ),
        (&json!("quarterly"), &json!("weekly"), &json!("护理员同住"))
    );
    let id = told["tier_override"]["id"].as_str().unwrap();
    let end = format!("{path}/tier-overrides/{id}/end");
    let why = json!({ "reason": "护理员已离开" });
    assert_eq!(
        home.steward.post(&end, why.clone()).await.expect(200)["tier"],
        "weekly"
    );
    assert_eq!(
        home.steward.post(&end, why.clone()).await.refused(409),
        "tier_override_over"
    );
    let nowhere = format!("{path}/tier-overrides/{}/end", Uuid::now_v7());
    assert_eq!(
        home.steward.post(&nowhere, why).await.refused(404),
        "tier_override_not_found"
    );
    let history = home
        .steward
        .get(&format!("{path}/tier-overrides"))
        .await
        .expect(200);
    let all = history["items"].as_array().unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(
        (
            &all[0]["ends_on"],
            &all[0]["planned_end"],
            &all[0]["end_reason"],
            &all[0]["ended_by"]
        ),
        (
            &json!("2024-01-15"),
            &json!("2024-03-01"),
            &json!("护理员已离开"),
            &json!(home.steward.id)
        )
    );
    assert_eq!(standing(&home, elder).await["tier_override"], Value::Null);
    home.city.stop().await;
}

#[actix_web::test]
async fn a_hazard_counts_in_the_worklist_at_once_and_what_the_visit_saw_after_the_night() {
    let home = home().await;
    let [elder, _] = home.couple;
    let now = home.city.service.state.clock.now();
    let fall = json!({ "id": Uuid::now_v7(), "kind": "fall", "occurred_at": "2024-01-15T00:55:00Z", "device_now": now });
    home.steward
        .post(&format!("/api/v1/elders/{elder}/events"), fall)
        .await
        .expect(201);
    let line = first_line(&home).await;
    assert_eq!(
        (&line["risk"], &line["reasons"]),
        (&json!(55), &json!(["fall", "living_alone"]))
    );
    // A visit from before the fall, which leaves its visit owed.
    let visit = bad_news(&home);
    home.steward.post("/api/v1/visits", visit).await.expect(201);
    let line = first_line(&home).await;
    assert_eq!(
        (&line["risk"], &line["reasons"]),
        (&json!(75), &json!(["fall", "living_alone", "hazard_major"]))
    );
    home.city.advance(Duration::hours(16));
    home.city.service.run_jobs().await;
    let line = first_line(&home).await;
    assert_eq!(line["kind"], "event");
    assert_eq!(
        (&line["risk"], &line["reasons"]),
        (
            &json!(100),
            &json!([
                "fall",
                "living_alone",
                "condition_poor",
                "diet_insufficient",
                "mood_low",
                "hazard_major"
            ])
        )
    );
    // Mended: the next visit found it safe, and met both well.
    let hazards = home.steward.get("/api/v1/hazards?status=open").await.expect(200);
    let mut mended = home.visit();
    mended["id"] = json!(Uuid::now_v7());
    mended["started_at"] = json!("2024-01-15T16:30:00Z");
    mended["ended_at"] = json!("2024-01-15T16:50:00Z");
    mended["cleared"] = json!([hazards["items"][0]["id"]]);
    mended["checks"]["gas"] = safe();
    home.steward.post("/api/v1/visits", mended).await.expect(201);
    let told = standing(&home, elder).await;
    let reasons: Vec<_> = points(&told).into_iter().map(|p| p.0).collect();
    assert_eq!(reasons, ["living_alone", "fall"]);
    home.city.stop().await;
}

#[actix_web::test]
async fn missed_visits_weigh_and_a_shut_door_comes_first() {
    let home = home().await;
    // The week and its grace go by; the night after the miss was found, it weighs.
    for _ in 0..11 {
        home.city.advance(Duration::days(1));
        home.city.service.run_jobs().await;
    }
    let line = first_line(&home).await;
    assert_eq!(
        (&line["period"], &line["risk"], &line["reasons"]),
        (
            &json!("2024-W04"),
            &json!(40),
            &json!(["living_alone", "missed_visit"])
        )
    );
    let mut shut = home.unmet("no_answer");
    shut["started_at"] = json!("2024-01-26T00:30:00Z");
    shut["ended_at"] = json!("2024-01-26T00:40:00Z");
    home.steward.post("/api/v1/visits", shut).await.expect(201);
    let line = first_line(&home).await;
    assert_eq!(
        (&line["kind"], &line["reasons"]),
        (&json!("event"), &json!(["no_answer"]))
    );
    assert_eq!(line["risk"], 50);
    let week = &home.steward.get("/api/v1/obligations").await.expect(200)["items"][1];
    assert_eq!(
        (&week["risk"], &week["reasons"]),
        (&json!(90), &json!(["living_alone", "missed_visit", "no_answer"]))
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn weights_are_data_and_another_edition_reckons_everything_again() {
    let home = home().await;
    assert_eq!(first_line(&home).await["risk"], 30);
    let admin = &home.city.admin;
    let nonsense = json!({ "reason": "试", "weights": [{ "reason": "hair_colour", "weight": 10 }] });
    let refused = admin.post("/api/v1/risk-weights", nonsense).await.expect(422);
    assert_eq!(refused["fields"][0]["field"], "weights[0].reason");
    let twice = json!({ "reason": "试", "weights": [{ "reason": "fall", "weight": 10 }, { "reason": "fall", "weight": 11 }] });
    assert_eq!(
        admin.post("/api/v1/risk-weights", twice).await.refused(422),
        "invalid"
    );
    let heavier = json!({ "reason": "独居加权", "weights": [{ "reason": "living_alone", "weight": 50 }] });
    let made = admin.post("/api/v1/risk-weights", heavier).await.expect(201);
    assert_eq!(made["edition"], 2);
    home.city.service.run_jobs().await;
    assert_eq!(first_line(&home).await["risk"], 50);
    let told = home.steward.get("/api/v1/risk-weights").await.expect(200);
    let weight = |reason: &str| {
        let all = told["weights"].as_array().unwrap();
        all.iter().find(|w| w["reason"] == reason).unwrap()["weight"].clone()
    };
    assert_eq!(
        (weight("living_alone"), weight("hazard_major")),
        (json!(50), json!(20))
    );
    assert_eq!(standing(&home, home.couple[0]).await["weights_edition"], 2);
    home.city.stop().await;
}
