//! What a provider keeps of its own entry, what it has to ask for, and what is in force meanwhile.

use crate::{
    orders::{Desk, desk},
    support::Person,
};
use serde_json::{Value, json};
use steward::tx::Role;
use uuid::Uuid;

async fn entry(person: &Person, id: Uuid) -> Value {
    person.get(&format!("/api/v1/resources/{id}")).await.expect(200)
}

async fn ask(provider: &Person, id: Uuid, wanted: Value) -> Value {
    let path = format!("/api/v1/resources/{id}/changes");
    let body = json!({ "wanted": wanted, "reason": "食材涨价" });
    provider.post(&path, body).await.expect(201)
}

fn prices(item: &str, market: i64, below: Option<i64>, safety: Option<i64>) -> Value {
    json!({ "change": "prices", "item_id": item, "price_fen": market, "below_market_fen": below, "safety_net_fen": safety })
}

fn decide(change: &Value, verb: &str) -> String {
    format!(
        "/api/v1/resource-changes/{}/{verb}",
        change["id"].as_str().unwrap()
    )
}

/// The price by which dispatch ranks the provider for a fresh order.
async fn ranked_price(desk: &Desk, provider: Uuid) -> Value {
    let order = json!({ "id": Uuid::now_v7(), "need_id": desk.need("meals").await });
    let order = desk.steward.post("/api/v1/orders", order).await.expect_id(201);
    let path = format!("/api/v1/orders/{order}/candidates");
    let all = desk.steward.get(&path).await.expect(200);
    let of = all.as_array().unwrap().iter();
    let mut of = of.filter(|c| c["organisation_id"] == provider.to_string());
    of.next().unwrap()["price_fen"].clone()
}

#[actix_web::test]
async fn a_provider_keeps_phone_hours_and_capacity_and_nothing_else() {
    let desk = desk().await;
    let (provider, own, _) = desk.city.provider(&["meals"]).await;
    let (_, other, _) = desk.city.provider(&["meals"]).await;
    let meals = desk.item("meals").await;
    let path = format!("/api/v1/resources/{own}");
    let kept = json!({ "phone": "0971-6000000", "address": "示例路2号", "always_open": false, "capacities": [{ "item_id": meals, "weekly_capacity": 7 }],
                       "hours": [{ "weekday": 1, "opens_minute": 480, "closes_minute": 1080 }], "position": { "latitude": 36.6, "longitude": 101.7 } });
    let changed = provider.patch(&path, "\"1\"", kept).await.expect(200);
    assert_eq!(
        (
            &changed["phone"],
            &changed["items"][0]["weekly_capacity"],
            &changed["items"][0]["price_fen"],
            &changed["version"]
        ),
        (&json!("0971-6000000"), &json!(7), &json!(3000), &json!(2))
    );
    for (field, value) in [
        ("name", json!("别名")),
        ("takes_orders", json!(false)),
        ("listed_to", json!("2024-02-01")),
        ("coverage", json!(["63"])),
        ("items", json!([])),
    ] {
        let refused = provider.patch(&path, "\"2\"", json!({ field: value })).await;
        assert!(refused.body["detail"].as_str().unwrap().contains(field));
        assert_eq!(refused.refused(403), "resource_kept_by_office");
    }
    assert_eq!(entry(&provider, own).await["version"], 2);
    let cleaning = desk.item("cleaning").await;
    let not_offered = json!({ "capacities": [{ "item_id": cleaning, "weekly_capacity": 7 }] });
    let refused = provider.patch(&path, "\"2\"", not_offered).await.expect(422);
    assert_eq!(refused["fields"][0]["field"], "capacities");
    let foreign = provider
        .patch(
            &format!("/api/v1/resources/{other}"),
            "\"1\"",
            json!({ "phone": "1" }),
        )
        .await;
    assert_eq!(foreign.refused(404), "resource_not_found");
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_price_is_in_force_when_an_officer_has_approved_it_and_not_before() {
    let desk = desk().await;
    let (provider, own, _) = desk.city.provider(&["meals"]).await;
    let meals = desk.item("meals").await;
    let bureau = desk.city.scoped(Role::Officer, "6301").await;
    let district = desk.city.scoped(Role::Officer, "630104").await;
    let change = ask(&provider, own, prices(&meals, 2800, Some(2000), Some(500))).await;
    assert_eq!(
        (&change["status"], &change["in_force"]),
        (&json!("pending"), &prices(&meals, 3000, None, None))
    );
    assert_eq!(entry(&provider, own).await["items"][0]["price_fen"], 3000);
    assert_eq!(
        ranked_price(&desk, own).await,
        3000,
        "dispatch does not know what is only wanted"
    );
    let path = format!("/api/v1/resources/{own}/changes");
    let again = json!({ "wanted": prices(&meals, 2900, None, None), "reason": "再调一次" });
    assert_eq!(
        provider.post(&path, again).await.refused(409),
        "resource_change_pending"
    );
    assert_eq!(
        district
            .post(&decide(&change, "approve"), json!({}))
            .await
            .refused(404),
        "resource_change_not_found",
        "the provider serves the whole city"
    );
    let listed = bureau
        .get("/api/v1/resource-changes?status=pending")
        .await
        .expect(200);
    assert_eq!(listed["items"][0]["id"], change["id"]);
    let approved = bureau
        .post(&decide(&change, "approve"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&approved["status"], &approved["decided_by"]),
        (&json!("approved"), &json!(bureau.id))
    );
    assert_eq!(entry(&provider, own).await["items"][0]["safety_net_fen"], 500);
    assert_eq!(
        ranked_price(&desk, own).await,
        2000,
        "the elder is not of the safety net"
    );
    for verb in ["approve", "refuse", "withdraw"] {
        let who = if verb == "withdraw" { &provider } else { &bureau };
        let body = if verb == "refuse" {
            json!({ "reason": "重复" })
        } else {
            json!({})
        };
        assert_eq!(
            who.post(&decide(&change, verb), body).await.refused(409),
            "resource_change_decided"
        );
    }
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_refused_and_a_withdrawn_change_leave_everything_as_it_is() {
    let desk = desk().await;
    let (provider, own, _) = desk.city.provider(&["meals"]).await;
    let (stranger, other, _) = desk.city.provider(&["meals"]).await;
    let meals = desk.item("meals").await;
    let bureau = desk.city.scoped(Role::Officer, "6301").await;
    let before = entry(&provider, own).await;
    let first = ask(&provider, own, prices(&meals, 9900, None, None)).await;
    assert_eq!(
        stranger
            .post(&decide(&first, "withdraw"), json!({}))
            .await
            .refused(404),
        "resource_change_not_found"
    );
    let none = stranger.get("/api/v1/resource-changes").await.expect(200);
    assert_eq!(none["items"], json!([]));
    let refused = bureau
        .post(&decide(&first, "refuse"), json!({ "reason": "高于指导价" }))
        .await
        .expect(200);
    assert_eq!(
        (&refused["status"], &refused["decision_reason"]),
        (&json!("refused"), &json!("高于指导价"))
    );
    assert_eq!(
        bureau
            .post(&decide(&first, "refuse"), json!({}))
            .await
            .refused(422),
        "invalid"
    );
    let second = ask(&provider, own, prices(&meals, 9800, None, None)).await;
    let withdrawn = provider
        .post(&decide(&second, "withdraw"), json!({}))
        .await
        .expect(200);
    assert_eq!(withdrawn["status"], "withdrawn");
    assert_eq!(entry(&provider, own).await, before);
    let path = |id: Uuid| format!("/api/v1/resources/{id}/changes");
    let rise = |wanted: Value| json!({ "wanted": wanted, "reason": "涨价" });
    assert_eq!(
        provider
            .post(&path(other), rise(prices(&meals, 1, None, None)))
            .await
            .refused(404),
        "resource_not_found"
    );
    let cleaning = desk.item("cleaning").await;
    for (wanted, field) in [
        (prices(&cleaning, 1, None, None), "wanted.item_id"),
        (prices(&meals, 1800, Some(1801), None), "wanted.price_fen"),
        (prices(&meals, 1800, Some(1500), Some(1501)), "wanted.price_fen"),
    ] {
        let answer = provider.post(&path(own), rise(wanted)).await.expect(422);
        assert_eq!(answer["fields"][0]["field"], field);
    }
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_change_is_not_approved_over_what_has_changed_since() {
    let desk = desk().await;
    let (provider, own, _) = desk.city.provider(&["meals"]).await;
    let meals = desk.item("meals").await;
    let bureau = desk.city.scoped(Role::Officer, "6301").await;
    let change = ask(&provider, own, prices(&meals, 2800, None, None)).await;
    let items = json!({ "items": [{ "item_id": meals, "weekly_capacity": 100, "price_fen": 2500 }] });
    bureau
        .patch(&format!("/api/v1/resources/{own}"), "\"1\"", items)
        .await
        .expect(200);
    assert_eq!(
        bureau
            .post(&decide(&change, "approve"), json!({}))
            .await
            .refused(409),
        "resource_change_overtaken"
    );
    assert_eq!(entry(&provider, own).await["items"][0]["price_fen"], 2500);
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_licence_holds_as_it_was_until_its_renewal_is_approved() {
    let desk = desk().await;
    let (provider, own, worker) = desk.city.provider(&["meals"]).await;
    let bureau = desk.city.scoped(Role::Officer, "6301").await;
    let licences = entry(&provider, own).await["qualifications"].clone();
    let licence = licences.as_array().unwrap().iter();
    let mut licence = licence.filter(|q| q["kind"] == "food_service" && q["worker_id"].is_null());
    let licence = licence.next().unwrap()["id"].clone();
    let terms = |kind: &str, worker: Value, expires: &str| json!({ "kind": kind, "worker_id": worker, "number": "JY2", "issued_by": "市场监管局", "valid_from": "2023-01-01", "expires_on": expires });
    // Renewed so that it ends next week: in force it would not, wanted it still does.
    let renewal = json!({ "change": "qualification", "qualification_id": licence, "terms": terms("food_service", Value::Null, "2024-01-14") });
    let change = ask(&provider, own, renewal.clone()).await;
    assert_eq!(change["in_force"]["terms"]["expires_on"], "2099-12-31");
    let path = format!("/api/v1/resources/{own}/changes");
    let twice = provider
        .post(&path, json!({ "wanted": renewal, "reason": "换证" }))
        .await;
    assert_eq!(twice.refused(409), "resource_change_pending");
    desk.city.advance(chrono::Duration::days(7));
    let obstacles = async || {
        let order = json!({ "id": Uuid::now_v7(), "need_id": desk.need("meals").await });
        let order = desk.steward.post("/api/v1/orders", order).await.expect_id(201);
        let all = desk
            .steward
            .get(&format!("/api/v1/orders/{order}/candidates"))
            .await
            .expect(200);
        all[0]["obstacles"].clone()
    };
    assert_eq!(obstacles().await, json!([]));
    bureau
        .post(&decide(&change, "approve"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        obstacles().await,
        json!(["not_qualified"]),
        "now it has ended yesterday"
    );

    let certificate = json!({ "change": "qualification", "qualification_id": null, "terms": terms("first_aid", json!(worker), "2026-01-01") });
    let change = ask(&provider, own, certificate).await;
    assert_eq!(change["in_force"], Value::Null);
    bureau
        .post(&decide(&change, "approve"), json!({}))
        .await
        .expect(200);
    let now = entry(&provider, own).await["qualifications"].clone();
    assert!(
        now.as_array()
            .unwrap()
            .iter()
            .any(|q| q["kind"] == "first_aid" && q["worker_id"] == json!(worker))
    );
    let (_, _, foreign) = desk.city.provider(&[]).await;
    for (id, terms, field) in [
        (
            Value::Null,
            terms("first_aid", json!(foreign), "2026-01-01"),
            "wanted.terms.worker_id",
        ),
        (
            Value::Null,
            terms("first_aid", Value::Null, "2022-01-01"),
            "wanted.terms.expires_on",
        ),
        (
            json!(Uuid::now_v7()),
            terms("first_aid", Value::Null, "2026-01-01"),
            "wanted.qualification_id",
        ),
        (
            licence.clone(),
            terms("food_service", json!(worker), "2026-01-01"),
            "wanted.terms.worker_id",
        ),
    ] {
        let wanted = json!({ "change": "qualification", "qualification_id": id, "terms": terms });
        let answer = provider
            .post(&path, json!({ "wanted": wanted, "reason": "新证" }))
            .await
            .expect(422);
        assert_eq!(answer["fields"][0]["field"], field);
    }
    desk.city.stop().await;
}
