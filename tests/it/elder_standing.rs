//! Tier and risk: every reason is told, and what a person decides against the rule is kept.

use crate::{
    support::TestCity,
    visits::{Home, home, safe},
};
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
    // From when on the tier is raised is of the edition too, and what is not named stays.
    assert_eq!(told["weekly_from"], 20);
    for nothing in [
        json!({ "reason": "试" }),
        json!({ "reason": "试", "weekly_from": 0 }),
    ] {
        assert_eq!(
            admin.post("/api/v1/risk-weights", nothing).await.refused(422),
            "invalid"
        );
    }
    let later = json!({ "reason": "人手不足", "weekly_from": 40 });
    let made = admin.post("/api/v1/risk-weights", later).await.expect(201);
    assert_eq!(
        (&made["edition"], &made["weekly_from"], &made["weights"]),
        (&json!(3), &json!(40), &told["weights"])
    );
    home.city.stop().await;
}

/// A couple below eighty on subsistence allowance, owed a visit a month, on the Monday of 2024-W03.
async fn monthly_home() -> Home {
    let city = TestCity::at("2024-01-15T01:00:00Z").await;
    let community = city.community("630104001000").await;
    let steward = city.steward(&[community]).await;
    let mut couple = [Uuid::nil(); 2];
    let mut household = Uuid::nil();
    for (n, elder) in couple.iter_mut().enumerate() {
        let new = json!({ "household": { "community_id": community, "building": "3", "room": "301" }, "name": "示例老人", "sex": "female",
                          "birth_date": "1954-03-01", "id_kind": "passport", "id_number": format!("TEST{n}"),
                          "categories": ["subsistence_allowance"] });
        let made = steward.post("/api/v1/elders", new).await.expect(201);
        *elder = serde_json::from_value(made["id"].clone()).unwrap();
        household = serde_json::from_value(made["household_id"].clone()).unwrap();
    }
    city.service.run_jobs().await;
    let home = Home {
        city,
        steward,
        household,
        couple,
    };
    assert_eq!(owed(&home).await, [("2024-01".to_owned(), json!([]))]);
    home
}

/// What is owed: the period, and what raised the tier to it.
async fn owed(home: &Home) -> Vec<(String, Value)> {
    let worklist = home.steward.get("/api/v1/obligations").await.expect(200);
    let lines = worklist["items"].as_array().unwrap();
    lines
        .iter()
        .map(|l| (l["period"].as_str().unwrap().to_owned(), l["raised_by"].clone()))
        .collect()
}

/// What raises an elder's tier.
fn raised(standing: &Value) -> Vec<&str> {
    let reasons = standing["raised_by"].as_array().unwrap();
    reasons.iter().map(|r| r["reason"].as_str().unwrap()).collect()
}

/// That day at 09:00 in Xining; the jobs of the days before have run.
async fn days_later(home: &Home, days: i64) {
    for _ in 0..days {
        home.city.advance(Duration::days(1));
        home.city.service.run_jobs().await;
    }
}

/// Half an hour ago both were well, and these hazards were gone.
async fn all_is_well(home: &Home, cleared: Value) {
    let now = home.city.service.state.clock.now();
    let mut visit = home.visit();
    visit["started_at"] = json!(now - Duration::minutes(30));
    visit["ended_at"] = json!(now - Duration::minutes(10));
    visit["cleared"] = cleared;
    home.steward.post("/api/v1/visits", visit).await.expect(201);
}

/// The visit of the month finds a gas hose that leaks.
async fn a_hose_leaks(home: &Home) {
    let mut visit = home.visit();
    let of_bad_news = bad_news(home);
    visit["checks"] = of_bad_news["checks"].clone();
    visit["hazards"] = of_bad_news["hazards"].clone();
    home.steward.post("/api/v1/visits", visit).await.expect(201);
}

#[actix_web::test]
async fn a_major_hazard_raises_the_tier_with_its_reason_until_it_is_gone() {
    let home = monthly_home().await;
    let [elder, _] = home.couple;
    let before = standing(&home, elder).await;
    assert_eq!(
        (&before["tier"], &before["weekly_from"], raised(&before)),
        (&json!("monthly"), &json!(20), vec![])
    );
    a_hose_leaks(&home).await;
    let told = standing(&home, elder).await;
    assert_eq!(
        (&told["tier"], &told["rule_tier"]),
        (&json!("weekly"), &json!("weekly"))
    );
    assert_eq!(
        told["tier_reasons"],
        json!([{ "reason": "subsistence_allowance", "tier": "monthly", "since": "2024-01-15" }])
    );
    let reason = &told["raised_by"][0];
    assert_eq!(
        (&reason["reason"], &reason["points"], &reason["since"]),
        (&json!("hazard_major"), &json!(20), &json!("2024-01-15T00:30:00Z"))
    );
    assert_eq!(raised(&told).len(), 1);
    // The visit that found it is the month's and, from the night on, the week's too; the next week owes one for the hazard.
    days_later(&home, 6).await;
    assert_eq!(owed(&home).await, []);
    days_later(&home, 1).await;
    let week = |name: &str| vec![(name.to_owned(), json!(["hazard_major"]))];
    assert_eq!(owed(&home).await, week("2024-W04"));
    all_is_well(&home, json!([])).await;
    assert_eq!(owed(&home).await, []);
    // While it is raised the new month owes nothing apart: on Thursday 1 February there is the week's alone.
    days_later(&home, 10).await;
    assert_eq!(owed(&home).await, week("2024-W05"));
    let hazards = home.steward.get("/api/v1/hazards?status=open").await.expect(200);
    all_is_well(&home, json!([hazards["items"][0]["id"]])).await;
    let told = standing(&home, elder).await;
    assert_eq!((&told["tier"], raised(&told)), (&json!("monthly"), vec![]));
    // Back to a visit a month: February's has been made, March's comes.
    days_later(&home, 28).await;
    assert_eq!(owed(&home).await, []);
    days_later(&home, 1).await;
    assert_eq!(owed(&home).await, [("2024-03".to_owned(), json!([]))]);
    home.city.stop().await;
}

#[actix_web::test]
async fn what_a_week_owes_for_a_hazard_stays_owed_when_the_hazard_is_gone() {
    let home = monthly_home().await;
    a_hose_leaks(&home).await;
    days_later(&home, 7).await;
    let week = [("2024-W04".to_owned(), json!(["hazard_major"]))];
    assert_eq!(owed(&home).await, week);
    // Sunday's visit, which found it mended, arrives from the phone on Monday.
    let hazards = home.steward.get("/api/v1/hazards?status=open").await.expect(200);
    let mut late = home.visit();
    late["started_at"] = json!("2024-01-21T02:00:00Z");
    late["ended_at"] = json!("2024-01-21T02:20:00Z");
    late["cleared"] = json!([hazards["items"][0]["id"]]);
    home.steward.post("/api/v1/visits", late).await.expect(201);
    let told = standing(&home, home.couple[0]).await;
    assert_eq!((&told["tier"], raised(&told)), (&json!("monthly"), vec![]));
    days_later(&home, 1).await;
    assert_eq!(owed(&home).await, week);
    home.city.stop().await;
}

#[actix_web::test]
async fn two_missed_visits_raise_the_tier_and_one_does_not() {
    let home = monthly_home().await;
    let [elder, _] = home.couple;
    // January is missed on 3 February, after its grace, and February on 3 March.
    days_later(&home, 20).await;
    assert_eq!(owed(&home).await, [("2024-02".to_owned(), json!([]))]);
    let told = standing(&home, elder).await;
    assert_eq!((&told["tier"], raised(&told)), (&json!("monthly"), vec![]));
    assert_eq!(points(&told).len(), 2, "the missed visit counts in the risk");
    days_later(&home, 29).await;
    let told = standing(&home, elder).await;
    assert_eq!(
        (&told["tier"], raised(&told)),
        (&json!("weekly"), vec!["missed_visit"])
    );
    assert_eq!(
        (&told["raised_by"][0]["times"], &told["raised_by"][0]["points"]),
        (&json!(2), &json!(20))
    );
    let mut all = owed(&home).await;
    all.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(
        all,
        [
            ("2024-03".to_owned(), json!([])),
            ("2024-W10".to_owned(), json!(["missed_visit"]))
        ]
    );
    // One visit is both.
    all_is_well(&home, json!([])).await;
    assert_eq!(owed(&home).await, []);
    // A city that has not enough stewards asks for more.
    let more = json!({ "reason": "人手不足", "weekly_from": 21 });
    home.city
        .admin
        .post("/api/v1/risk-weights", more)
        .await
        .expect(201);
    let told = standing(&home, elder).await;
    assert_eq!((&told["tier"], raised(&told)), (&json!("monthly"), vec![]));
    days_later(&home, 7).await;
    assert_eq!(owed(&home).await, []);
    home.city.stop().await;
}

#[actix_web::test]
async fn what_a_person_decided_stands_above_what_was_found() {
    let home = monthly_home().await;
    let [elder, other] = home.couple;
    a_hose_leaks(&home).await;
    let override_of = |id: Uuid| format!("/api/v1/elders/{id}/tier-override");
    let by_hand = json!({ "tier": "monthly", "reason": "女儿每周来", "ends_on": "2024-03-01" });
    home.steward
        .post(&override_of(elder), by_hand.clone())
        .await
        .expect(200);
    let told = standing(&home, elder).await;
    assert_eq!(
        (&told["tier"], &told["rule_tier"], raised(&told)),
        (&json!("monthly"), &json!("weekly"), vec!["hazard_major"])
    );
    // Nobody decided for the other one.
    assert_eq!(standing(&home, other).await["tier"], "weekly");
    days_later(&home, 7).await;
    let week = [("2024-W04".to_owned(), json!(["hazard_major"]))];
    assert_eq!(owed(&home).await, week);
    all_is_well(&home, json!([])).await;
    home.steward.post(&override_of(other), by_hand).await.expect(200);
    days_later(&home, 7).await;
    assert_eq!(owed(&home).await, []);
    // Ended before its time, and owed again as soon as the file's change is worked off.
    let id = told["tier_override"]["id"].as_str().unwrap();
    let end = format!("/api/v1/elders/{elder}/tier-overrides/{id}/end");
    let why = json!({ "reason": "女儿已回外地" });
    home.steward.post(&end, why).await.expect(200);
    home.city.service.run_jobs().await;
    assert_eq!(
        owed(&home).await,
        [("2024-W05".to_owned(), json!(["hazard_major"]))]
    );
    home.city.stop().await;
}
