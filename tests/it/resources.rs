//! The library: entered, kept by the office that covers it, read by those who dispatch.

use crate::orders::desk;
use serde_json::{Value, json};
use steward::tx::Role;

fn entry(coverage: &[&str], item: &str) -> Value {
    json!({ "credit_code": "52630104mjy001047n", "name": "示例养老服务中心", "tier": "organisation", "kind": "service_organisation",
            "takes_orders": true, "coverage": coverage, "items": [{ "item_id": item, "weekly_capacity": 20, "price_fen": 1800 }],
            "hours": [{ "weekday": 1, "opens_minute": 480, "closes_minute": 1080 }] })
}

#[actix_web::test]
async fn an_organisation_is_kept_by_the_office_whose_area_holds_its_coverage() {
    let desk = desk().await;
    let item = desk.item("meals").await;
    let district = desk.city.scoped(Role::Officer, "630104").await;
    let bureau = desk.city.scoped(Role::Officer, "6301").await;
    let path = "/api/v1/resources";
    assert_eq!(
        district
            .post(path, entry(&["630104", "630102"], &item))
            .await
            .refused(403),
        "resource_outside_area"
    );
    let wrong = |change: fn(&mut Value)| {
        let mut body = entry(&["630104"], &item);
        change(&mut body);
        body
    };
    for (body, field) in [
        (
            wrong(|b| b["credit_code"] = json!("52630100MJ0000010A")),
            "credit_code",
        ),
        (wrong(|b| b["hours"][0]["closes_minute"] = json!(400)), "hours[0]"),
        (
            wrong(|b| b["items"][0]["item_id"] = json!("018b0000-0000-7000-8000-0000000000ff")),
            "items",
        ),
    ] {
        let refused = district.post(path, body).await.expect(422);
        assert_eq!(refused["fields"][0]["field"], field);
    }
    let made = district.post(path, entry(&["630104"], &item)).await.expect(201);
    assert_eq!(made["credit_code"], "52630104MJY001047N");
    assert_eq!(
        bureau.post(path, entry(&["6301"], &item)).await.refused(409),
        "resource_already_listed"
    );
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    let wider = json!({ "coverage": ["6301"], "items": [] });
    assert_eq!(
        district.patch(&one, "\"1\"", wider.clone()).await.refused(403),
        "resource_outside_area"
    );
    let changed = bureau.patch(&one, "\"1\"", wider).await.expect(200);
    assert_eq!(
        (&changed["coverage"], &changed["items"]),
        (&json!(["6301"]), &json!([]))
    );
    assert_eq!(
        district
            .patch(&one, "\"2\"", json!({ "name": "别名" }))
            .await
            .refused(403),
        "resource_outside_area"
    );
    assert_eq!(
        bureau
            .patch(&one, "\"1\"", json!({ "name": "别名" }))
            .await
            .refused(412),
        "stale"
    );
    let worker = bureau
        .post(&format!("{one}/workers"), json!({ "name": "示例员工" }))
        .await
        .expect(201)["workers"][0]["id"]
        .clone();
    let licence = json!({ "worker_id": worker, "kind": "food_service", "number": "JY1", "valid_from": "2024-01-01", "expires_on": "2023-12-31" });
    let refused = bureau
        .post(&format!("{one}/qualifications"), licence.clone())
        .await
        .expect(422);
    assert_eq!(refused["fields"][0]["field"], "expires_on");
    let (provider, own, _) = desk.city.provider(&["meals"]).await;
    assert_eq!(provider.get(&one).await.refused(404), "resource_not_found");
    let list = provider.get(path).await.expect(200);
    assert_eq!(list["items"][0]["id"], own.to_string());
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let offering = format!("{path}?item={item}&takes_orders=true&division=630104001000");
    assert_eq!(
        desk.steward.get(&offering).await.expect(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        1,
        "the other offers nothing any more"
    );
    desk.city.stop().await;
}
