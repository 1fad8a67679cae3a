//! What a phone holds: all that it may, what has changed, and nothing of anybody else's.

use super::count;
use crate::{
    hazards::finding,
    policies::enter,
    statistics::sql,
    support::{Person, TestCity},
    visits::home,
};
use chrono::Duration;
use serde_json::{Value, json};
use std::time::Instant;
use uuid::Uuid;

async fn caseload(steward: &Person, cursor: &str) -> Value {
    let path = format!("/api/v1/sync/caseload?cursor={cursor}");
    steward.get(&path).await.expect(200)
}

/// The households that an answer brings.
fn brought(answer: &Value) -> Vec<&str> {
    let all = answer["households"].as_array().unwrap().iter();
    all.map(|entry| entry["household"]["id"].as_str().unwrap())
        .collect()
}

#[actix_web::test]
async fn a_phone_has_all_that_its_steward_needs_at_the_door() {
    let home = home().await;
    let (city, steward) = (&home.city, &home.steward);
    enter(city, "allowance", json!({ "age_from": 60 })).await;
    let elder = home.couple[0];
    let path = |what: &str| format!("/api/v1/elders/{elder}{what}");
    steward
        .patch(
            &path(""),
            "\"1\"",
            json!({ "phone": "19900001234", "health_note": "青霉素过敏" }),
        )
        .await
        .expect(200);
    let contact = json!({ "name": "女儿", "relation": "女儿", "phone": "19900001235", "emergency": true });
    steward.post(&path("/contacts"), contact).await.expect(200);
    let mut visit = finding(&home, &[("gas", "major", "hose")]);
    visit["note"] = json!("门口有快递");
    visit["elders"][0]["mood"] = json!("low");
    visit["elders"][0]["note"] = json!("想念女儿");
    let need = json!({ "id": Uuid::now_v7(), "elder_id": elder, "item_id": crate::visits::item(3), "description": "陪聊" });
    visit["needs"] = json!([need]);
    let visit = steward.post("/api/v1/visits", visit).await.expect(201);
    let shut = home.unmet("no_answer");
    steward.post("/api/v1/visits", shut).await.expect(201);
    let alarm = json!({ "id": Uuid::now_v7(), "household_id": home.household, "life_at_risk": true });
    steward.post("/api/v1/emergencies", alarm).await.expect(201);
    let all = caseload(steward, "").await;
    assert_eq!(
        (&all["full"], &all["week"], &all["truncated"]),
        (&json!(true), &json!("2024-W03"), &json!(false))
    );
    assert_eq!(all["household_ids"], json!([home.household]));
    assert_eq!(
        all["progress"],
        steward.get("/api/v1/me/progress").await.expect(200)
    );
    let entry = &all["households"][0];
    assert_eq!(entry["household"]["community_name"], "示例小区");
    let told = entry["elders"]
        .as_array()
        .unwrap()
        .iter()
        .find(|e| e["id"] == json!(elder))
        .unwrap();
    assert_eq!(told["phone"], "19900001234");
    assert_eq!(told["contacts"][0]["phone"], "19900001235");
    assert_eq!(told["health_note"], "青霉素过敏");
    assert_eq!(told["categories"], json!(["living_alone"]));
    assert_eq!(told["age"], 79);
    assert_eq!(told["policies"][0]["code"], "allowance");
    assert_eq!(told["last_seen"]["mood"], "low");
    assert_eq!(told["last_seen"]["visit_id"], visit["id"]);
    assert_eq!(told["version"], 3);
    let standing = steward.get(&path("/standing")).await.expect(200);
    assert_eq!(told["risk"], standing["risk"]);
    assert_eq!(told["risk_reasons"], standing["risk_reasons"]);
    let visits = entry["visits"].as_array().unwrap();
    assert_eq!(visits.len(), 2);
    let met = visits.iter().find(|v| v["id"] == visit["id"]).unwrap();
    assert_eq!(
        (&met["note"], &met["gas"]),
        (&json!("门口有快递"), &json!("safe"))
    );
    let seen = met["elders"]
        .as_array()
        .unwrap()
        .iter()
        .find(|e| e["elder_id"] == json!(elder));
    assert_eq!(seen.unwrap()["note"], "想念女儿");
    for (part, list) in [
        ("hazards", format!("/api/v1/hazards?household={}", home.household)),
        ("emergencies", "/api/v1/emergencies".to_owned()),
        ("needs", format!("/api/v1/needs?elder={elder}")),
    ] {
        let ordinary = steward.get(&list).await.expect(200);
        assert_eq!(entry[part].as_array().unwrap().len(), 1, "{part}");
        assert_eq!(
            entry[part], ordinary["items"],
            "{part} is what the ordinary operation answers"
        );
    }
    let owed = steward.get("/api/v1/obligations").await.expect(200);
    let first = &owed["items"][0];
    let obligations = entry["obligations"].as_array().unwrap();
    assert!(obligations.contains(first), "{obligations:?}");
    assert_eq!(entry["no_answer_case"]["status"], "open");
    assert_eq!(all["reference"]["me"]["id"], json!(steward.id));
    assert!(all["reference"]["menu"].as_array().unwrap().len() >= 8);
    assert!(
        !all["reference"]["check_points"]["points"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert!(!all["reference"]["categories"].as_array().unwrap().is_empty());
    assert_eq!(all["reference"]["policies"].as_array().unwrap().len(), 1);
    // Each elder whose entry is delivered stands in the trail, and nobody twice for nothing.
    city.service.state.trail.append(Vec::new()).await.unwrap();
    let rows = "SELECT count(*) FROM audit_entries WHERE action = 'sync.caseload' AND elder_id IS NOT NULL AND community_id IS NOT NULL";
    assert_eq!(count(city, rows).await, 2);
    let cursor = all["cursor"].as_str().unwrap();
    let none = caseload(steward, cursor).await;
    assert_eq!(
        (&none["full"], &none["households"], &none["reference"]),
        (&json!(false), &json!([]), &Value::Null)
    );
    assert_eq!(none["household_ids"], json!([home.household]));
    city.service.state.trail.append(Vec::new()).await.unwrap();
    assert_eq!(count(city, rows).await, 2);
    home.city.stop().await;
}

#[actix_web::test]
async fn only_what_has_changed_comes_again_and_a_cursor_of_no_account_brings_everything() {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let steward = city.steward(&[community]).await;
    let mut homes = Vec::new();
    for room in ["101", "102", "103"] {
        let household = city.household(community, "1", room).await;
        homes.push((household, city.elder(household).await));
    }
    let first = caseload(&steward, "").await;
    assert_eq!(brought(&first).len(), 3);
    let cursor = first["cursor"].as_str().unwrap();
    let contact = json!({ "name": "女儿", "relation": "女儿", "phone": "19900001235" });
    steward
        .post(&format!("/api/v1/elders/{}/contacts", homes[1].1), contact)
        .await
        .expect(200);
    let second = caseload(&steward, cursor).await;
    assert_eq!(brought(&second), [homes[1].0.to_string()]);
    let cursor = second["cursor"].as_str().unwrap();
    assert_eq!(brought(&caseload(&steward, cursor).await), Vec::<&str>::new());
    // A household whose last elder is gone leaves, and one more community comes.
    steward
        .post(
            &format!("/api/v1/elders/{}/status", homes[2].1),
            json!({ "status": "deceased", "since": "2024-01-08" }),
        )
        .await
        .expect(200);
    let third = caseload(&steward, cursor).await;
    let mut left = [homes[0].0, homes[1].0];
    left.sort_unstable();
    assert_eq!(third["household_ids"], json!(left));
    assert_eq!(brought(&third), Vec::<&str>::new());
    enter(&city, "allowance", json!({ "age_from": 99 })).await;
    let fourth = caseload(&steward, third["cursor"].as_str().unwrap()).await;
    assert_eq!(brought(&fourth), Vec::<&str>::new());
    assert_eq!(fourth["reference"]["policies"][0]["code"], "allowance");
    for nonsense in ["%25%25", "AQ", "xyz"] {
        let all = caseload(&steward, nonsense).await;
        assert_eq!(
            (&all["full"], brought(&all).len()),
            (&json!(true), 2),
            "{nonsense}"
        );
    }
    city.stop().await;
}

#[actix_web::test]
async fn what_is_committed_late_is_not_skipped() {
    let home = home().await;
    let steward = &home.steward;
    let url = &home.city.service.state.config.database.url;
    let (mut late, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let elder = home.couple[0];
    let before = caseload(steward, "").await;
    // It changes a file before the phone asks, with the time of then, and commits after.
    let change = late.transaction().await.unwrap();
    change.execute("UPDATE elders SET remarks = '迟到的修改', updated_at = updated_at - interval '1 day' WHERE id = $1::text::uuid", &[&elder.to_string()]).await.unwrap();
    let meanwhile = caseload(steward, before["cursor"].as_str().unwrap()).await;
    assert_eq!(brought(&meanwhile), Vec::<&str>::new());
    change.commit().await.unwrap();
    let after = caseload(steward, meanwhile["cursor"].as_str().unwrap()).await;
    assert_eq!(brought(&after), [home.household.to_string()]);
    let elders = after["households"][0]["elders"].as_array().unwrap();
    let told = elders.iter().find(|e| e["id"] == json!(elder)).unwrap();
    assert_eq!(told["remarks"], "迟到的修改");
    home.city.stop().await;
}

#[actix_web::test]
async fn nobody_holds_what_is_anothers() {
    let home = home().await;
    let foreign = home.city.community("630102001000").await;
    let other = home.city.steward(&[foreign]).await;
    let household = home.city.household(foreign, "7", "701").await;
    let elder = home.city.elder(household).await;
    let theirs = caseload(&other, "").await;
    assert_eq!(theirs["household_ids"], json!([household]));
    assert_eq!(theirs["households"][0]["elders"].as_array().unwrap().len(), 1);
    assert_eq!(theirs["households"][0]["elders"][0]["id"], json!(elder));
    assert!(!theirs.to_string().contains(&home.household.to_string()));
    // Another's cursor tells nothing: what it names is not theirs to hold.
    let own = caseload(&home.steward, "").await;
    let with_anothers = caseload(&other, own["cursor"].as_str().unwrap()).await;
    assert_eq!(brought(&with_anothers), [household.to_string()]);
    let nobody = home.city.steward(&[]).await;
    assert_eq!(caseload(&nobody, "").await["household_ids"], json!([]));
    home.city.stop().await;
}

#[actix_web::test]
async fn eighty_elders_with_a_dozen_visits_each_fit_and_come_quickly() {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let steward = city.steward(&[community]).await;
    for n in 0..80 {
        let household = city
            .household(community, &format!("{}", n / 10), &format!("{}", 100 + n))
            .await;
        city.elder(household).await;
    }
    sql(&city, &format!(
        "INSERT INTO visits (id, root_id, revision, household_id, community_id, steward_id, purposes, outcome, started_at, ended_at, received_at, \
         device_offset_ms, \"position\", gas, electric, fire, water, check_points, form_version) \
         SELECT i.id, i.id, 1, i.household_id, i.community_id, '{}', '{{safety}}', 'met', i.at, i.at + interval '20 minutes', i.at, 0, 'unknown', \
         'safe', 'safe', 'safe', 'safe', 'null', 1 FROM (SELECT gen_random_uuid() AS id, h.id AS household_id, h.community_id, \
         '2024-01-07T01:00:00Z'::timestamptz - n * interval '7 days' AS at FROM households h, generate_series(1, 14) n) i", steward.id)).await;
    sql(&city, "INSERT INTO visit_elders (visit_id, elder_id, condition, diet, mood) SELECT v.id, e.id, 'good', 'regular', 'calm' FROM visits v JOIN elders e ON e.household_id = v.household_id").await;
    caseload(&steward, "").await;
    let started = Instant::now();
    let response = steward
        .request(reqwest::Method::GET, "/api/v1/sync/caseload")
        .send()
        .await
        .unwrap();
    let bytes = response.bytes().await.unwrap();
    let took = started.elapsed();
    let all: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(brought(&all).len(), 80);
    assert!(
        all["households"]
            .as_array()
            .unwrap()
            .iter()
            .all(|e| e["visits"].as_array().unwrap().len() == 12)
    );
    println!("{} bytes in {took:?}", bytes.len());
    assert!(bytes.len() < 1_500_000, "{}", bytes.len());
    city.advance(Duration::hours(1));
    let next = caseload(&steward, all["cursor"].as_str().unwrap()).await;
    assert_eq!(
        brought(&next),
        Vec::<&str>::new(),
        "the hour alone changes nothing"
    );
    city.stop().await;
}
