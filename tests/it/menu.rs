//! The menu: eight items on every day, with the price of that day.

use crate::support::TestCity;
use diesel_async::RunQueryDsl;
use serde_json::json;
use steward::{db::statement, tx::Role};

#[actix_web::test]
async fn the_menu_has_eight_items_on_every_day_and_the_price_of_the_day() {
    let city = TestCity::new().await;
    let mut conn = city.service.state.pool.get().await.unwrap();
    statement(
        "INSERT INTO item_prices (id, item_id, valid_from, market_fen, below_market_fen, subsidy_fen, self_pay_fen, created_at) \
         SELECT md5(code)::uuid, id, '2024-02-01', 2200, 1600, 1900, 300, created_at FROM menu_items WHERE code = 'meals'",
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    drop(conn);
    for (day, price) in [
        ("2023-10-01", 2000),
        ("2024-01-31", 2000),
        ("2024-02-01", 2200),
        ("2030-01-01", 2200),
    ] {
        let menu = city
            .admin
            .get(&format!("/api/v1/menu?on={day}"))
            .await
            .expect(200);
        let slots: Vec<_> = menu
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["slot"].as_i64().unwrap())
            .collect();
        assert_eq!(slots, [1, 2, 3, 4, 5, 6, 7, 8], "{day}");
        assert_eq!(menu[3]["market_fen"], price, "{day}");
    }
    assert_eq!(
        city.admin.get("/api/v1/menu?on=2023-09-30").await.refused(404),
        "no_menu_yet"
    );
    city.stop().await;
}

async fn item(city: &TestCity, code: &str) -> String {
    let menu = city.admin.get("/api/v1/menu").await.expect(200);
    let line = menu.as_array().unwrap().iter().find(|line| line["code"] == code);
    line.unwrap()["id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn the_citys_staff_edit_an_item_and_set_its_price_from_a_day_on() {
    let city = TestCity::new().await;
    let (bureau, district) = (
        city.scoped(Role::Officer, "6301").await,
        city.scoped(Role::Officer, "630104").await,
    );
    let path = format!("/api/v1/menu/items/{}", item(&city, "meals").await);
    let edit =
        json!({ "name_zh": "送餐", "accept_minutes": 30, "qualification": null, "delivered_by": "either" });
    assert_eq!(
        district.patch(&path, "\"1\"", edit.clone()).await.refused(403),
        "menu_is_the_citys"
    );
    let changed = bureau.patch(&path, "\"1\"", edit.clone()).await.expect(200);
    assert_eq!(
        (
            &changed["name_zh"],
            &changed["accept_minutes"],
            &changed["qualification"]
        ),
        (&json!("送餐"), &json!(30), &json!(null))
    );
    assert_eq!(changed["arrive_minutes"], 240);
    assert_eq!(bureau.patch(&path, "\"1\"", edit).await.refused(412), "stale");
    let price = |day: &str, below: i64| json!({ "valid_from": day, "market_fen": 2400, "below_market_fen": below, "subsidy_fen": 2000, "self_pay_fen": 400 });
    let prices = format!("{path}/prices");
    for (day, below, field) in [
        ("2024-01-07", 1800, "valid_from"),
        ("2024-03-01", 2401, "below_market_fen"),
    ] {
        let refused = bureau.post(&prices, price(day, below)).await.expect(422);
        assert_eq!(refused["fields"][0]["field"], field);
    }
    bureau.post(&prices, price("2024-03-01", 1800)).await.expect(200);
    assert_eq!(
        bureau.post(&prices, price("2024-03-01", 1700)).await.refused(409),
        "price_is_set"
    );
    for (day, market) in [("2024-02-29", 2000), ("2024-03-01", 2400)] {
        let menu = bureau.get(&format!("/api/v1/menu?on={day}")).await.expect(200);
        assert_eq!(menu[3]["market_fen"], market, "{day}");
    }
    city.stop().await;
}

#[actix_web::test]
async fn a_replaced_item_leaves_its_slot_to_the_new_one_on_the_day_and_there_are_always_eight() {
    let city = TestCity::new().await;
    let path = format!(
        "/api/v1/menu/items/{}/replace",
        item(&city, "rehabilitation").await
    );
    let new = |from: &str, code: &str| {
        json!({ "code": code, "class": "cleaning", "name_zh": "助浴", "name_en": "bathing", "delivered_by": "provider",
                "price": { "valid_from": from, "market_fen": 9000, "below_market_fen": 6000, "subsidy_fen": 9000, "self_pay_fen": 0 } })
    };
    for (from, code, field) in [
        ("2024-01-08", "bathing", "price.valid_from"),
        ("2024-02-01", "meals", "code"),
    ] {
        let refused = city.admin.post(&path, new(from, code)).await.expect(422);
        assert_eq!(refused["fields"][0]["field"], field);
    }
    let item = city
        .admin
        .post(&path, new("2024-02-01", "bathing"))
        .await
        .expect(201);
    assert_eq!(
        (&item["slot"], &item["valid_from"]),
        (&json!(2), &json!("2024-02-01"))
    );
    assert_eq!(
        city.admin
            .post(&path, new("2024-03-01", "walking"))
            .await
            .refused(409),
        "menu_item_is_replaced"
    );
    for (day, code) in [("2024-01-31", "rehabilitation"), ("2024-02-01", "bathing")] {
        let menu = city
            .admin
            .get(&format!("/api/v1/menu?on={day}"))
            .await
            .expect(200);
        assert_eq!(menu.as_array().unwrap().len(), 8, "{day}");
        assert_eq!(menu[1]["code"], code, "{day}");
    }
    city.stop().await;
}
