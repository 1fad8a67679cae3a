//! Where the library does not reach: without a provider, without a place in the week, and the orders nobody took.

use crate::{
    orders::{Desk, desk},
    support::Person,
};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use steward::{db::statement, tx::Role};
use uuid::Uuid;

const HERE: &str = "630104001000";

/// Division, item and providers of each gap.
async fn gaps(person: &Person, query: &str) -> Vec<(String, String, i64)> {
    let found = person
        .get(&format!("/api/v1/service-gaps?limit=200{query}"))
        .await
        .expect(200);
    let text = |gap: &Value, name: &str| gap[name].as_str().unwrap().to_owned();
    let items = found["items"].as_array().unwrap().iter();
    items
        .map(|gap| {
            (
                text(gap, "division_code"),
                text(gap, "item_code"),
                gap["providers"].as_i64().unwrap(),
            )
        })
        .collect()
}

fn has(gaps: &[(String, String, i64)], division: &str, item: &str) -> Option<i64> {
    let found = gaps.iter().find(|(of, code, _)| of == division && code == item);
    found.map(|(_, _, providers)| *providers)
}

async fn order(desk: &Desk, code: &str) -> Value {
    let body = json!({ "id": Uuid::now_v7(), "need_id": desk.need(code).await });
    desk.steward.post("/api/v1/orders", body).await.expect(201)
}

#[actix_web::test]
async fn an_item_without_provider_or_without_a_place_in_the_week_is_a_gap_of_its_division() {
    let desk = desk().await;
    desk.city.community("630102001000").await;
    let officer = desk.city.scoped(Role::Officer, "630104").await;
    let bureau = desk.city.scoped(Role::Officer, "6301").await;
    let all = gaps(&officer, "").await;
    assert_eq!(has(&all, HERE, "meals"), Some(0));
    assert!(
        all.iter().all(|(of, _, _)| of == HERE),
        "the officer's own district"
    );
    assert_eq!(has(&gaps(&bureau, "").await, "630102001000", "meals"), Some(0));
    assert_eq!(
        has(&gaps(&bureau, "&division=630104").await, "630102001000", "meals"),
        None
    );
    assert!(
        all.iter().all(|(_, item, _)| item != "policy_advice"),
        "the steward's own items need no provider"
    );

    let (provider, own, _) = desk.city.provider(&["meals"]).await;
    assert_eq!(has(&gaps(&officer, "").await, HERE, "meals"), None);
    let set = async |version: i64, capacity: i64| {
        let body =
            json!({ "capacities": [{ "item_id": desk.item("meals").await, "weekly_capacity": capacity }] });
        let path = format!("/api/v1/resources/{own}");
        provider
            .patch(&path, &format!("\"{version}\""), body)
            .await
            .expect(200);
    };
    set(1, 2).await;
    let first = order(&desk, "meals").await;
    assert_eq!(first["status"], "offered");
    assert_eq!(
        has(&gaps(&officer, "").await, HERE, "meals"),
        None,
        "one place is left"
    );
    set(2, 1).await;
    assert_eq!(
        has(&gaps(&officer, "").await, HERE, "meals"),
        Some(1),
        "the offer fills the week"
    );
    set(3, 2).await;
    // Without a valid licence nobody provides, whatever the capacity.
    let mut conn = desk.city.service.state.pool.get().await.unwrap();
    statement("UPDATE qualifications SET expires_on = '2024-01-07' WHERE kind = 'food_service' AND worker_id IS NULL")
        .execute(&mut *conn)
        .await
        .unwrap();
    drop(conn);
    assert_eq!(has(&gaps(&officer, "").await, HERE, "meals"), Some(0));
    let page = officer.get("/api/v1/service-gaps?limit=1").await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let next = officer
        .get(&format!("/api/v1/service-gaps?limit=1&cursor={cursor}"))
        .await
        .expect(200);
    assert_ne!(page["items"][0]["item_code"], next["items"][0]["item_code"]);
    desk.city.stop().await;
}

#[actix_web::test]
async fn the_unmet_orders_of_a_month_are_told_by_division_and_item() {
    let desk = desk().await;
    let officer = desk.city.scoped(Role::Officer, "630104").await;
    let east = desk.city.scoped(Role::Officer, "630102").await;
    assert_eq!(order(&desk, "cleaning").await["status"], "unmet");
    let second = order(&desk, "meals").await;
    assert_eq!(second["status"], "unmet");
    // Somebody takes it in the end: it was unmet all the same.
    desk.city.provider(&["meals"]).await;
    let path = format!("/api/v1/orders/{}/offer", second["id"].as_str().unwrap());
    officer.post(&path, json!({})).await.expect(200);
    let month = officer
        .get("/api/v1/service-gaps/unmet?month=2024-01")
        .await
        .expect(200);
    let told: Vec<_> = month["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|u| {
            (
                u["division_code"].as_str().unwrap(),
                u["item_code"].as_str().unwrap(),
                u["unmet"].as_i64().unwrap(),
                u["still_unmet"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [(HERE, "meals", 1, 0), (HERE, "cleaning", 1, 1)]);
    let indicator = officer
        .get("/api/v1/statistics/indicators/unmet_orders?month=2024-01")
        .await
        .expect(200);
    assert_eq!(indicator["numerator"], 2, "the same orders: {indicator}");
    for (person, query) in [(&officer, "month=2023-12"), (&east, "month=2024-01")] {
        let none = person
            .get(&format!("/api/v1/service-gaps/unmet?{query}"))
            .await
            .expect(200);
        assert_eq!(none["items"], json!([]));
    }
    desk.city.stop().await;
}
