//! A file that was edited in two places: different fields merge, the same field waits for a decision.

use super::{count, item, received};
use crate::{
    support::Person,
    visits::{Home, home},
};
use serde_json::{Value, json};
use steward::tx::Role;
use uuid::Uuid;

const EDITS: &str = "/api/v1/sync/profile-edits";
const CONFLICTS: &str = "/api/v1/sync/profile-conflicts";

fn edit(home: &Home, changes: Value) -> Value {
    json!({ "id": Uuid::now_v7(), "elder_id": home.couple[0], "base_version": 1, "changes": changes })
}

fn change(field: &str, base: impl Into<Value>, value: &str) -> Value {
    json!({ "field": field, "base": base.into(), "value": value })
}

/// What the file says now.
async fn file(home: &Home) -> Value {
    let answer = home.steward.get("/api/v1/sync/caseload").await.expect(200);
    let elders = answer["households"][0]["elders"].as_array().unwrap().clone();
    elders
        .into_iter()
        .find(|e| e["id"] == json!(home.couple[0]))
        .unwrap()
}

/// The office changes a field while the phone is away.
async fn office(home: &Home, officer: &Person, patch: Value) {
    let version = file(home).await["version"].to_string();
    let path = format!("/api/v1/elders/{}", home.couple[0]);
    officer
        .patch(&path, &format!("\"{version}\""), patch)
        .await
        .expect(200);
}

#[actix_web::test]
async fn different_fields_merge_and_the_same_value_is_no_conflict() {
    let home = home().await;
    let officer = home.city.scoped(Role::Officer, "6301").await;
    office(
        &home,
        &officer,
        json!({ "phone": "0971-6100000", "remarks": "楼下有狗" }),
    )
    .await;
    let sent = edit(
        &home,
        json!([
            change("name", "测试老人", "王福山"),
            change("phone", Value::Null, "09716100000"),
            change("health_note", Value::Null, "青霉素过敏")
        ]),
    );
    let made = home.steward.post(EDITS, sent.clone()).await.expect(201);
    assert_eq!(made["conflicts"], json!([]));
    assert_eq!(
        made["applied"],
        json!(["name", "health_note"]),
        "the phone says already what it should"
    );
    let now = file(&home).await;
    assert_eq!(
        (&now["name"], &now["phone"], &now["health_note"], &now["remarks"]),
        (
            &json!("王福山"),
            &json!("09716100000"),
            &json!("青霉素过敏"),
            &json!("楼下有狗")
        )
    );
    assert_eq!(now["version"], made["version"]);
    assert_eq!(
        home.steward.post(EDITS, sent.clone()).await.expect(201),
        made,
        "again it is the same edit"
    );
    assert_eq!(file(&home).await["version"], made["version"]);
    let mut other = sent;
    other["changes"][0]["value"] = json!("王富山");
    assert_eq!(
        home.steward.post(EDITS, other).await.refused(409),
        "profile_edit_already_made"
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn the_same_field_keeps_both_values_until_an_officer_decides() {
    let home = home().await;
    let (city, steward) = (&home.city, &home.steward);
    let officer = city.scoped(Role::Officer, "6301").await;
    let foreign = city.scoped(Role::Officer, "630102").await;
    office(&home, &officer, json!({ "name": "王福山", "phone": "19900001234", "birth_date": "1945-02-01", "health_note": "心脏支架" })).await;
    let now = city.service.state.clock.now();
    let changes = json!([
        change("name", "测试老人", "王富山"),
        change("phone", "19900000000", "19900005678"),
        change("birth_date", "1945-01-01", "1943-01-01"),
        change("health_note", "无", "青霉素过敏")
    ]);
    let receipt = received(
        steward,
        &item(now, "sync_profile_edit", None, edit(&home, changes)),
    )
    .await;
    let made = &receipt["answer"];
    assert_eq!(made["applied"], json!([]));
    assert_eq!(made["conflicts"].as_array().unwrap().len(), 4);
    assert_eq!(receipt["version"], made["version"]);
    // The more cautious ones meanwhile.
    let shown = file(&home).await;
    assert_eq!(
        (&shown["name"], &shown["phone"]),
        (&json!("王福山"), &json!("19900001234"))
    );
    assert_eq!(
        (&shown["birth_date"], &shown["health_note"]),
        (&json!("1943-01-01"), &json!("心脏支架 / 青霉素过敏"))
    );
    // No word of it lies in the open.
    let open = "SELECT count(*) FROM profile_conflicts c WHERE c::text ~ '1990000|青霉素|王富山'";
    assert_eq!(count(city, open).await, 0);
    assert_eq!(foreign.get(CONFLICTS).await.expect(200)["items"], json!([]));
    let list = officer.get(CONFLICTS).await.expect(200);
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 4);
    let of = |field: &str| items.iter().find(|c| c["field"] == field).unwrap();
    let phone = of("phone");
    assert_eq!(
        (&phone["base"], &phone["present"], &phone["edit"]),
        (
            &json!("19900000000"),
            &json!("19900001234"),
            &json!("19900005678")
        )
    );
    assert_eq!(
        (
            &phone["shown"],
            &of("birth_date")["shown"],
            &of("health_note")["shown"]
        ),
        (&json!("present"), &json!("edit"), &json!("both"))
    );
    city.service.state.trail.append(Vec::new()).await.unwrap();
    assert_eq!(
        count(
            city,
            "SELECT count(*) FROM audit_entries WHERE action = 'sync.conflicts_read' AND elder_id IS NOT NULL"
        )
        .await,
        1
    );
    let decide = async |who: &Person, field: &str, value: &str| {
        let path = format!("{CONFLICTS}/{}/decide", of(field)["id"].as_str().unwrap());
        who.post(&path, json!({ "value": value, "reason": "已电话核实" }))
            .await
    };
    assert_eq!(
        decide(&foreign, "phone", "edit_taken").await.refused(404),
        "profile_conflict_not_found"
    );
    decide(&officer, "phone", "edit_taken").await.expect(200);
    decide(&officer, "birth_date", "base_kept").await.expect(200);
    decide(&officer, "name", "base_kept").await.expect(200);
    let decided = file(&home).await;
    assert_eq!(
        (&decided["phone"], &decided["birth_date"], &decided["name"]),
        (&json!("19900005678"), &json!("1945-02-01"), &json!("王福山"))
    );
    assert_eq!(
        decide(&officer, "phone", "base_kept").await.refused(409),
        "profile_conflict_decided"
    );
    assert_eq!(file(&home).await["phone"], "19900005678");
    // What somebody has changed since is not put back.
    office(&home, &officer, json!({ "health_note": "两者都对" })).await;
    decide(&officer, "health_note", "base_kept").await.expect(200);
    assert_eq!(file(&home).await["health_note"], "两者都对");
    let order: Vec<_> = officer.get(&format!("{CONFLICTS}?limit=2")).await.expect(200)["items"]
        .as_array()
        .unwrap()
        .clone();
    assert!(order.iter().all(|c| c["decision"] != Value::Null));
    city.service.state.trail.append(Vec::new()).await.unwrap();
    assert_eq!(
        count(
            city,
            "SELECT count(*) FROM audit_entries WHERE action = 'sync.conflict_decide'"
        )
        .await,
        4
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn an_edit_of_a_file_that_was_merged_since_goes_to_the_kept_one_and_a_strangers_nowhere() {
    let home = home().await;
    let [kept, other] = home.couple;
    let officer = home.city.scoped(Role::Officer, "6301").await;
    let mut sent = edit(&home, json!([change("remarks", "", "楼下有狗")]));
    sent["elder_id"] = json!(other);
    let stranger = home.city.steward(&[]).await;
    assert_eq!(
        stranger.post(EDITS, sent.clone()).await.refused(404),
        "elder_not_found"
    );
    let path = format!("/api/v1/elders/{kept}/merge");
    officer
        .post(&path, json!({ "other_id": other, "reason": "重复建档" }))
        .await
        .expect(200);
    let made = home.steward.post(EDITS, sent).await.expect(201);
    assert_eq!(made["elder_id"], json!(kept));
    assert_eq!(file(&home).await["remarks"], "楼下有狗");
    home.city.stop().await;
}
