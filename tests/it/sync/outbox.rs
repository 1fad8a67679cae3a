//! What is sent is done once, by the ordinary operation, whatever became of the rest.

use super::{count, id, item, received, refused, send};
use crate::{
    attachments::{photo, upload},
    care_beds::inspection,
    contract::operations,
    hazards::finding,
    orders::desk,
    policies::enter,
    statistics::sql,
    support::{Service, TestCity},
    visits::home,
};
use chrono::Duration;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use steward::{
    auth::token,
    ids::{SessionId, UserId},
    sync::operations::{DeviceNow, OPERATIONS},
    tx::{Actor, Role},
};
use uuid::Uuid;

#[test]
fn every_operation_of_an_outbox_is_one_of_the_contract_that_a_steward_may_post() {
    let document: Value = serde_json::from_str(&steward::app::openapi_text()).unwrap();
    let contract: BTreeMap<String, _> = operations()
        .into_iter()
        .map(|(method, path, operation)| {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            (id, (method, path, operation))
        })
        .collect();
    assert_eq!(OPERATIONS.len(), 35);
    for operation in OPERATIONS {
        let (method, path, told) = &contract[operation.id];
        assert_eq!(
            (method.as_str(), path.as_str()),
            ("POST", operation.path),
            "{}",
            operation.id
        );
        let roles = told["x-roles"].as_array().unwrap();
        assert!(roles.contains(&json!("steward")), "{}", operation.id);
        // Where the body tells the device's time, the item's takes its place, and nowhere else.
        let schema = |part: &Value| {
            let choices = part["oneOf"].as_array().into_iter().flatten();
            let name = [part]
                .into_iter()
                .chain(choices)
                .find_map(|p| p["$ref"].as_str()?.rsplit('/').next());
            name.map(|name| &document["components"]["schemas"][name]["properties"])
        };
        let body = schema(&told["requestBody"]["content"]["application/json"]["schema"]).unwrap();
        let found = if body.get("device_now").is_some() {
            DeviceNow::Here
        } else {
            let within = body
                .as_object()
                .into_iter()
                .flatten()
                .find(|(_, part)| schema(part).is_some_and(|inner| inner.get("device_now").is_some()));
            within.map_or(DeviceNow::Nowhere, |(name, _)| match name.as_str() {
                "visit" => DeviceNow::In("visit"),
                "event" => DeviceNow::In("event"),
                "happened" => DeviceNow::In("happened"),
                other => panic!("{}: {other}", operation.id),
            })
        };
        assert_eq!(found, operation.device_now, "{}", operation.id);
    }
}

/// Sends an item, then the same batch again, and counts what there is of it.
async fn once(city: &TestCity, steward: &crate::support::Person, item: &Value, sql: &str) -> Value {
    let first = received(steward, item).await;
    assert_eq!(first["hash"].as_str().unwrap().len(), 64);
    let again = received(steward, item).await;
    assert_eq!(first["hash"], again["hash"]);
    assert_eq!(
        first["server_time"], again["server_time"],
        "the receipt is the first one"
    );
    assert_eq!(again["answer"], Value::Null);
    assert_eq!(count(city, sql).await, 1, "{}", item["operation"]);
    first
}

#[actix_web::test]
async fn what_was_done_at_a_household_is_received_once_however_often_it_is_sent() {
    let home = home().await;
    let (city, steward) = (&home.city, &home.steward);
    let now = city.service.state.clock.now();
    let elder = home.couple[0];
    let policy = enter(city, "allowance", json!({})).await;
    let mut visit = finding(&home, &[("gas", "major", "hose")]);
    visit["hazards"][0]["id"] = json!(Uuid::now_v7());
    let hazard: Uuid = visit["hazards"][0]["id"].as_str().unwrap().parse().unwrap();
    let logged = once(
        city,
        steward,
        &item(now, "visits_log", None, visit.clone()),
        "SELECT count(*) FROM visits",
    )
    .await;
    assert_eq!(logged["answer_status"], 201);
    assert_eq!(logged["answer"]["id"], visit["id"]);
    let (_, taken) = upload(steward, None, photo(3)).await;
    let (_, late) = upload(steward, None, photo(4)).await;
    let photographed = once(
        city,
        steward,
        &item(
            now,
            "visits_photograph",
            Some(visit["id"].as_str().unwrap().parse().unwrap()),
            json!({ "photos": [{ "attachment_id": late["id"], "role": "photo" }] }),
        ),
        "SELECT count(*) FROM attachment_links WHERE case_kind = 'visit'",
    )
    .await;
    assert_eq!(photographed["answer"]["photos"][0]["attachment_id"], late["id"]);
    let new = || Uuid::now_v7();
    let shut = home.unmet("no_answer");
    received(steward, &item(now, "visits_log", None, shut)).await;
    let case = count_id(city, "SELECT id FROM no_answer_cases").await;
    let emergency = new();
    let need = new();
    for (operation, path, body, sql) in [
        (
            "hazards_report",
            Some(hazard),
            json!({ "id": new(), "to": ["gas_firm"], "note": "已上门", "happened": { "at": now } }),
            "SELECT count(*) FROM hazard_events WHERE data->>'event' = 'reported'",
        ),
        (
            "hazards_notify",
            Some(hazard),
            json!({ "id": new(), "to": "family", "recipient": "女儿", "text": "请更换软管", "refused": "不在场" }),
            "SELECT count(*) FROM hazard_events WHERE data->>'event' = 'noticed'",
        ),
        (
            "hazards_photograph",
            Some(hazard),
            json!({ "id": new(), "photos": [{ "attachment_id": taken["id"], "role": "before" }] }),
            "SELECT count(*) FROM attachment_links WHERE case_kind = 'hazard'",
        ),
        (
            "no_answer_cases_take_step",
            Some(case),
            json!({ "id": new(), "step": "ring", "done_at": now }),
            "SELECT count(*) FROM no_answer_steps",
        ),
        (
            "no_answer_cases_resolve",
            Some(case),
            json!({ "resolution": "外出买菜" }),
            "SELECT count(*) FROM no_answer_cases WHERE status = 'resolved'",
        ),
        (
            "emergencies_raise",
            None,
            json!({ "id": emergency, "household_id": home.household, "life_at_risk": true }),
            "SELECT count(*) FROM emergencies",
        ),
        (
            "emergencies_acknowledge",
            Some(emergency),
            json!({}),
            "SELECT count(*) FROM emergencies WHERE status = 'acknowledged'",
        ),
        (
            "emergencies_take_step",
            Some(emergency),
            json!({ "id": new(), "step": "under_way", "done_at": now }),
            "SELECT count(*) FROM emergencies WHERE under_way_at IS NOT NULL",
        ),
        (
            "elder_events_record",
            Some(elder),
            json!({ "id": new(), "kind": "fall", "occurred_at": now, "note": "左腕疼痛" }),
            "SELECT count(*) FROM elder_events",
        ),
        (
            "elders_add_contact",
            Some(elder),
            json!({ "name": "女儿", "relation": "女儿", "phone": "19900001235" }),
            "SELECT count(*) FROM contacts",
        ),
        (
            "elders_add_consent",
            Some(elder),
            json!({ "purpose": "photos", "basis": "consent", "form": "oral", "notice_version": "1",
            "given_on": "2024-01-15", "given_by": "本人" }),
            "SELECT count(*) FROM consents",
        ),
        (
            "elders_set_status",
            Some(elder),
            json!({ "status": "in_hospital", "since": "2024-01-15" }),
            "SELECT count(*) FROM elder_statuses WHERE status = 'in_hospital'",
        ),
        (
            "elders_override_tier",
            Some(elder),
            json!({ "tier": "weekly", "reason": "术后", "ends_on": "2024-02-15" }),
            "SELECT count(*) FROM tier_overrides",
        ),
        (
            "policy_applications_apply",
            Some(elder),
            json!({ "id": new(), "policy_id": policy, "applied_on": "2024-01-15" }),
            "SELECT count(*) FROM policy_applications",
        ),
        (
            "policies_snooze",
            Some(elder),
            json!({ "id": new(), "policy_id": policy, "reason": "暂不需要", "until": "2024-06-01" }),
            "SELECT count(*) FROM policy_snoozes",
        ),
        (
            "needs_collect",
            None,
            json!({ "id": need, "elder_id": elder, "item_id": crate::visits::item(3), "collected_at": now }),
            "SELECT count(*) FROM needs",
        ),
        (
            "needs_solve",
            Some(need),
            json!({ "resolution": "已陪同" }),
            "SELECT count(*) FROM needs WHERE status = 'solved'",
        ),
    ] {
        once(city, steward, &item(now, operation, path, body), sql).await;
    }
    assert_eq!(count(city, "SELECT count(*) FROM sync_receipts").await, 20);
    home.city.stop().await;
}

async fn count_id(city: &TestCity, sql: &str) -> Uuid {
    let url = &city.service.state.config.database.url;
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let row = client
        .query_one(&format!("SELECT ({sql})::text"), &[])
        .await
        .unwrap();
    row.get::<_, String>(0).parse().unwrap()
}

#[actix_web::test]
async fn orders_surveys_beds_and_events_are_received_once_too() {
    let desk = desk().await;
    let (city, steward, now) = (&desk.city, &desk.steward, desk.now());
    let provider = city.provider(&["cleaning"]).await;
    let policy = enter(city, "allowance", json!({})).await;
    let (need, order) = (Uuid::now_v7(), Uuid::now_v7());
    let wish = json!({ "id": need, "elder_id": desk.elder, "item_id": desk.item("cleaning").await, "collected_at": now });
    once(
        city,
        steward,
        &item(now, "needs_collect", None, wish),
        "SELECT count(*) FROM needs",
    )
    .await;
    let ordered = item(
        now,
        "orders_request",
        None,
        json!({ "id": order, "need_id": need }),
    );
    let receipt = once(city, steward, &ordered, "SELECT count(*) FROM service_orders").await;
    assert!(receipt["version"].as_i64().is_some(), "{receipt}");
    desk.serve(&provider.0, provider.2, &json!({ "id": order })).await;
    let mut survey = desk.survey("satisfied");
    survey.as_object_mut().unwrap().remove("device_now");
    once(
        city,
        steward,
        &item(now, "followups_survey", Some(order), survey),
        "SELECT count(*) FROM followups",
    )
    .await;
    let mut event = json!({ "id": Uuid::now_v7(), "channel": "leaflet", "community_id": desk.community, "subject": "宣传", "held_at": now,
        "attendance": 60, "explained": 40, "policies": [policy] });
    once(
        city,
        steward,
        &item(now, "publicity_events_record", None, event.clone()),
        "SELECT count(*) FROM publicity_events",
    )
    .await;
    let root = id(&event);
    event["id"] = json!(Uuid::now_v7());
    let correction = item(
        now,
        "publicity_events_correct",
        Some(root),
        json!({ "reason": "写错了", "event": event }),
    );
    once(
        city,
        steward,
        &correction,
        "SELECT count(*) FROM publicity_events WHERE revision = 2",
    )
    .await;
    let withdrawal = item(
        now,
        "publicity_events_withdraw",
        Some(id(&event)),
        json!({ "reason": "未举行" }),
    );
    once(
        city,
        steward,
        &withdrawal,
        "SELECT count(*) FROM publicity_events WHERE withdrawn_at IS NOT NULL",
    )
    .await;
    // An emergency at whose household a bed was built in.
    let hands = crate::care_beds::Hands {
        steward: steward.clone(),
        subdistrict: city.scoped(Role::Officer, "630104001").await,
        county: city.scoped(Role::Officer, "630104").await,
        provider: provider.0.clone(),
        organisation: provider.1,
        now,
    };
    let bed = hands.bed(desk.elder, "family_bed", "accepted").await;
    let mut looked = inspection("building", now);
    looked.as_object_mut().unwrap().remove("device_now");
    once(
        city,
        steward,
        &item(now, "care_beds_inspect", Some(bed), looked),
        "SELECT count(*) FROM care_bed_inspections",
    )
    .await;
    desk.city.stop().await;
}

#[actix_web::test]
async fn one_bad_item_keeps_no_other_from_being_done() {
    let home = home().await;
    let now = home.city.service.state.clock.now();
    let good = item(now, "visits_log", None, home.visit());
    let mut nowhere = item(now, "visits_log", None, home.visit());
    nowhere["body"]["household_id"] = json!(Uuid::now_v7());
    let mut wrong = item(now, "visits_log", None, home.visit());
    wrong["body"]["purposes"] = json!([]);
    let mut newer = item(now, "visits_log", None, home.visit());
    newer["schema"] = json!(2);
    newer["field_of_tomorrow"] = json!(true);
    let unknown = item(now, "users_create", None, json!({}));
    let pathless = item(now, "needs_solve", None, json!({ "resolution": "已办" }));
    let mut unreadable = item(now, "visits_log", None, home.visit());
    unreadable["recorded_at"] = json!("yesterday");
    let bad = [&nowhere, &wrong, &newer, &unknown, &pathless, &unreadable];
    let mut batch = bad.to_vec();
    batch.push(&good);
    let receipts = send(&home.steward, Uuid::nil(), &batch).await;
    let codes: Vec<_> = receipts.iter().map(|r| r["problem"]["code"].as_str()).collect();
    assert_eq!(
        codes,
        [
            Some("household_not_found"),
            Some("invalid"),
            Some("outbox_schema_unknown"),
            Some("outbox_operation_unknown"),
            Some("invalid"),
            Some("invalid"),
            None
        ]
    );
    assert_eq!(receipts[0]["answer_status"], 404);
    assert_eq!(receipts[1]["problem"]["fields"][0]["field"], "purposes");
    assert!(
        receipts[..6].iter().all(|r| r["status"] == "refused"),
        "{receipts:?}"
    );
    assert_eq!(receipts[6]["status"], "received");
    let nameless = json!({ "operation": "visits_log" });
    let told = json!({ "device_id": Uuid::nil(), "items": [nameless, item(now, "alerts_seen", Some(Uuid::now_v7()), json!({}))] });
    let told = home.steward.post("/api/v1/sync/outbox", told).await.expect(200);
    assert_eq!(told["receipts"][0]["id"], json!(Uuid::nil()));
    assert_eq!(told["receipts"][1]["problem"]["code"], "alert_not_found");
    assert_eq!(count(&home.city, "SELECT count(*) FROM visits").await, 1);
    home.city.stop().await;
}

#[actix_web::test]
async fn an_item_waits_for_what_it_follows_and_the_order_of_the_batch_does_not_matter() {
    let home = home().await;
    let now = home.city.service.state.clock.now();
    let need = Uuid::now_v7();
    let wish = json!({ "id": need, "elder_id": home.couple[0], "item_id": crate::visits::item(3), "collected_at": now });
    let collect = item(now, "needs_collect", None, wish);
    let mut solve = item(now, "needs_solve", Some(need), json!({ "resolution": "已陪同" }));
    solve["after"] = json!([collect["id"]]);
    let alone = send(&home.steward, Uuid::nil(), &[&solve]).await;
    assert_eq!(alone[0]["status"], "held");
    assert_eq!(alone[0]["waiting_for"], json!([collect["id"]]));
    assert_eq!(count(&home.city, "SELECT count(*) FROM needs").await, 0);
    let both = send(&home.steward, Uuid::nil(), &[&solve, &collect]).await;
    assert_eq!(
        (&both[0]["status"], &both[1]["status"]),
        (&json!("received"), &json!("received"))
    );
    assert_eq!(
        count(&home.city, "SELECT count(*) FROM needs WHERE status = 'solved'").await,
        1
    );
    // What follows something refused is held, what follows each other in a circle too.
    let bad = item(
        now,
        "needs_solve",
        Some(Uuid::now_v7()),
        json!({ "resolution": "已办" }),
    );
    let mut first = item(now, "visits_log", None, home.visit());
    let mut second = item(now, "visits_log", None, home.visit());
    first["after"] = json!([bad["id"], second["id"]]);
    second["after"] = json!([first["id"]]);
    let all = send(&home.steward, Uuid::nil(), &[&bad, &first, &second]).await;
    let statuses: Vec<_> = all.iter().map(|r| r["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["refused", "held", "held"]);
    home.city.stop().await;
}

#[actix_web::test]
async fn what_was_done_but_has_no_receipt_is_not_done_again_and_has_one_then() {
    let home = home().await;
    let (city, steward) = (&home.city, &home.steward);
    let now = city.service.state.clock.now();
    let elder = home.couple[0];
    let wish = json!({ "id": Uuid::now_v7(), "elder_id": elder, "item_id": crate::visits::item(3), "collected_at": now });
    let items = [
        item(now, "visits_log", None, home.visit()),
        item(now, "needs_collect", None, wish),
        item(
            now,
            "elder_events_record",
            Some(elder),
            json!({ "id": Uuid::now_v7(), "kind": "fall", "occurred_at": now }),
        ),
        // It has no id of its own: the item's goes as its Idempotency-Key.
        item(
            now,
            "elders_add_contact",
            Some(elder),
            json!({ "name": "女儿", "relation": "女儿", "phone": "19900001235" }),
        ),
    ];
    let first = send(steward, Uuid::nil(), &items.each_ref()).await;
    assert!(first.iter().all(|r| r["status"] == "received"), "{first:?}");
    sql(city, "DELETE FROM sync_receipts").await;
    // Hours later the phone's clock says something else, which is no content.
    city.advance(Duration::hours(5));
    let later: Vec<Value> = items
        .iter()
        .map(|item| {
            let mut item = item.clone();
            item["device_now"] = json!(city.service.state.clock.now() + Duration::seconds(9));
            item
        })
        .collect();
    let again = send(steward, Uuid::nil(), &later.iter().collect::<Vec<_>>()).await;
    assert!(again.iter().all(|r| r["status"] == "received"), "{again:?}");
    for (first, again) in first.iter().zip(&again) {
        assert_eq!(first["hash"], again["hash"]);
        assert_eq!(first["answer"], again["answer"]);
    }
    for table in ["visits", "needs", "elder_events", "contacts"] {
        assert_eq!(
            count(city, &format!("SELECT count(*) FROM {table}")).await,
            1,
            "{table}"
        );
    }
    assert_eq!(count(city, "SELECT count(*) FROM sync_receipts").await, 4);
    home.city.stop().await;
}

#[actix_web::test]
async fn an_item_that_comes_again_with_another_content_is_refused() {
    let home = home().await;
    let now = home.city.service.state.clock.now();
    let sent = item(now, "visits_log", None, home.visit());
    received(&home.steward, &sent).await;
    let mut changed = sent.clone();
    changed["body"]["note"] = json!("门口有快递");
    assert_eq!(refused(&home.steward, &changed).await, "outbox_item_changed");
    // In the same batch likewise.
    let wish = json!({ "id": Uuid::now_v7(), "elder_id": home.couple[0], "item_id": crate::visits::item(3), "collected_at": now });
    let one = item(now, "needs_collect", None, wish);
    let mut other = one.clone();
    other["body"]["description"] = json!("另一句");
    let receipts = send(&home.steward, Uuid::nil(), &[&one, &one, &other]).await;
    let statuses: Vec<_> = receipts.iter().map(|r| r["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["received", "received", "refused"]);
    assert_eq!(count(&home.city, "SELECT count(*) FROM needs").await, 1);
    home.city.stop().await;
}

#[actix_web::test]
async fn a_clock_two_days_off_still_lands_on_the_right_day() {
    let home = home().await;
    let now = home.city.service.state.clock.now();
    for days in [-2, 2] {
        let off = Duration::days(days);
        let mut visit = home.visit();
        for name in ["started_at", "ended_at"] {
            let at: chrono::DateTime<chrono::Utc> = visit[name].as_str().unwrap().parse().unwrap();
            visit[name] = json!(at + off);
        }
        // What a body says of the present is of the time when it was made: the item's counts.
        visit["device_now"] = json!(now + off - Duration::hours(30));
        let receipt = received(&home.steward, &item(now + off, "visits_log", None, visit)).await;
        assert_eq!(receipt["answer"]["started_at"], "2024-01-15T00:30:00Z", "{days}");
    }
    assert_eq!(
        count(&home.city, "SELECT count(*) FROM sync_receipts WHERE recorded_at = received_at AND abs(device_offset_ms) = 172800000").await,
        2
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn an_expired_log_in_is_401_for_the_whole_batch_and_nothing_is_lost() {
    let home = home().await;
    let now = home.city.service.state.clock.now();
    let actor = Actor {
        id: UserId(home.steward.id),
        role: Role::Steward,
        organisation_id: None,
        session_id: SessionId(Uuid::nil()),
    };
    let old = token::issue(
        &home.city.service.state.config.keys,
        actor,
        now - Duration::seconds(1),
    )
    .unwrap();
    let sent = item(now, "visits_log", None, home.visit());
    let body = json!({ "device_id": Uuid::nil(), "items": [sent] });
    let expired = home.steward.with_token(&old);
    assert_eq!(
        expired.post("/api/v1/sync/outbox", body).await.refused(401),
        "unauthenticated"
    );
    assert_eq!(count(&home.city, "SELECT count(*) FROM visits").await, 0);
    received(&home.steward, &sent).await;
    home.city.stop().await;
}

#[actix_web::test]
async fn a_batch_is_bounded_and_a_pool_of_one_connection_is_enough() {
    let service = Service::start_with("2024-01-08T01:00:00Z", |config| config.database.pool_size = 1).await;
    let desk = crate::orders::desk_in(TestCity::on(service).await).await;
    let now = desk.now();
    let cleaning = desk.item("cleaning").await;
    let items: Vec<Value> = (0..50)
        .map(|_| {
            let wish = json!({ "id": Uuid::now_v7(), "elder_id": desk.elder, "item_id": cleaning, "collected_at": now });
            item(now, "needs_collect", None, wish)
        })
        .collect();
    let receipts = send(&desk.steward, Uuid::nil(), &items.iter().collect::<Vec<_>>()).await;
    assert!(
        receipts.iter().all(|r| r["status"] == "received"),
        "{:?}",
        receipts[0]
    );
    let mut many = items.clone();
    many.push(item(now, "needs_collect", None, json!({})));
    for items in [many, Vec::new()] {
        let body = json!({ "device_id": Uuid::nil(), "items": items });
        assert_eq!(
            desk.steward.post("/api/v1/sync/outbox", body).await.refused(422),
            "invalid"
        );
    }
    let long = item(
        now,
        "needs_collect",
        None,
        json!({ "description": "长".repeat(200_000) }),
    );
    let body = json!({ "device_id": Uuid::nil(), "items": [long] });
    assert_eq!(
        desk.steward.post("/api/v1/sync/outbox", body).await.refused(413),
        "too_large"
    );
    desk.city.stop().await;
}

#[actix_web::test]
async fn what_an_item_does_is_in_the_trail_as_the_ordinary_operation_writes_it() {
    let home = home().await;
    let now = home.city.service.state.clock.now();
    let contact = json!({ "name": "女儿", "relation": "女儿", "phone": "19900001235" });
    let answer = home
        .steward
        .post("/api/v1/sync/outbox", json!({ "device_id": Uuid::nil(), "items": [item(now, "elders_add_contact", Some(home.couple[0]), contact)] }))
        .await
        .expect(200);
    assert_eq!(answer["receipts"][0]["status"], "received");
    home.city.service.state.trail.append(Vec::new()).await.unwrap();
    let trail = format!(
        "SELECT count(*) FROM audit_entries WHERE action = 'elders.contact_add' AND actor_id = '{}' AND elder_id = '{}' AND request_id IS NOT NULL",
        home.steward.id, home.couple[0]
    );
    assert_eq!(count(&home.city, &trail).await, 1);
    // No number and no word of an item lies in the open.
    let receipts =
        "SELECT count(*) FROM sync_receipts r WHERE r::text LIKE '%19900001235%' OR r::text LIKE '%女儿%'";
    assert_eq!(count(&home.city, receipts).await, 0);
    home.city.stop().await;
}
