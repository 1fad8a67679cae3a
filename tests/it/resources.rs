//! The library: entered, kept by the office that covers it, read by those who dispatch.

use crate::{
    orders::{Desk, desk},
    support::Person,
};
use serde_json::{Value, json};
use steward::tx::Role;
use uuid::Uuid;

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

/// Names of what a search finds, in its order.
async fn found(person: &Person, query: &str) -> Vec<String> {
    let page = person
        .get(&format!("/api/v1/resources?{query}"))
        .await
        .expect(200);
    let items = page["items"].as_array().unwrap().iter();
    items.map(|g| g["name"].as_str().unwrap().to_owned()).collect()
}

async fn library(desk: &Desk) -> Person {
    let (meals, cleaning) = (desk.item("meals").await, desk.item("cleaning").await);
    let bureau = desk.city.scoped(Role::Officer, "6301").await;
    let add = async |code: &str, name: &str, change: Value| {
        let mut body = entry(&["630104"], &meals);
        (body["credit_code"], body["name"]) = (json!(code), json!(name));
        for (field, value) in change.as_object().unwrap() {
            body[field] = value.clone();
        }
        bureau.post("/api/v1/resources", body).await.expect(201);
    };
    let at = |latitude: f64| json!({ "latitude": latitude, "longitude": 101.77 });
    add("52630104MJY001047N", "近", json!({ "position": at(36.621) })).await;
    let cleans = json!([{ "item_id": cleaning, "weekly_capacity": 1, "price_fen": 1 }]);
    add(
        "91630100MA00030483",
        "远",
        json!({ "position": at(36.70), "always_open": true, "hours": [], "items": cleans }),
    )
    .await;
    add("126301000000050636", "无", json!({})).await;
    bureau
}

#[actix_web::test]
async fn the_library_is_searched_by_place_time_and_distance() {
    let desk = desk().await;
    let bureau = library(&desk).await;
    let near = "near_latitude=36.62&near_longitude=101.77";
    assert_eq!(
        found(&bureau, near).await,
        ["近", "远", "无"],
        "whose place is unknown comes last"
    );
    let page = bureau
        .get(&format!("/api/v1/resources?{near}&limit=1"))
        .await
        .expect(200);
    assert_eq!(page["items"][0]["distance_m"], 111);
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(
        found(&bureau, &format!("{near}&limit=2&cursor={cursor}")).await,
        ["远", "无"]
    );
    let half = bureau
        .get("/api/v1/resources?near_latitude=36.62")
        .await
        .expect(422);
    assert_eq!(half["fields"][0]["field"], "near_latitude");

    // Monday 09:00 and 18:00, Sunday 09:00 in Xining; two are open on Mondays alone.
    assert_eq!(found(&bureau, "open_at=2024-01-08T01:00:00Z").await.len(), 3);
    assert_eq!(found(&bureau, "open_at=2024-01-08T10:00:00Z").await, ["远"]);
    assert_eq!(found(&bureau, "open_at=2024-01-07T01:00:00Z").await, ["远"]);
    assert_eq!(found(&bureau, "always_open=true").await, ["远"]);

    let (here, east) = (desk.community, desk.city.community("630102001000").await);
    assert_eq!(found(&bureau, &format!("community={here}")).await.len(), 3);
    assert_eq!(
        found(&bureau, &format!("community={east}")).await,
        Vec::<String>::new()
    );
    for (division, many) in [("630104", 3), ("630104001", 3), ("6301", 3), ("630102", 0)] {
        assert_eq!(
            found(&bureau, &format!("division={division}")).await.len(),
            many,
            "{division}"
        );
    }
    let cleaning = desk.item("cleaning").await;
    assert_eq!(found(&bureau, &format!("item={cleaning}&{near}")).await, ["远"]);
    desk.city.stop().await;
}

#[actix_web::test]
async fn no_class_pays_more_than_the_next_one_up() {
    let desk = desk().await;
    let (bureau, meals) = (
        desk.city.scoped(Role::Officer, "6301").await,
        desk.item("meals").await,
    );
    for (below, safety, status) in [(1801, 0, 422), (1500, 1501, 422), (1500, 1500, 201)] {
        let mut body = entry(&["630104"], &meals);
        body["items"][0]["below_market_fen"] = json!(below);
        body["items"][0]["safety_net_fen"] = json!(safety);
        let answer = bureau.post("/api/v1/resources", body).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    }
    desk.city.stop().await;
}

#[actix_web::test]
async fn an_agreement_is_entered_by_who_keeps_the_giving_party_and_ended_with_a_reason() {
    let desk = desk().await;
    let (bureau, meals) = (
        desk.city.scoped(Role::Officer, "6301").await,
        desk.item("meals").await,
    );
    let west = desk.city.scoped(Role::Officer, "630104").await;
    let own = west
        .post("/api/v1/resources", entry(&["630104"], &meals))
        .await
        .expect_id(201);
    let (provider, other, _) = desk.city.provider(&["meals"]).await;
    let (stranger, _, _) = desk.city.provider(&["meals"]).await;
    let path = "/api/v1/resource-agreements";
    let agreement = |one: Uuid, two: Uuid| {
        json!({ "organisation_id": one, "counterparty_id": two, "kind": "sharing", "shared": "康复器材室", "item_ids": [meals],
                "valid_from": "2024-01-01", "valid_to": "2024-02-01" })
    };
    assert_eq!(
        west.post(path, agreement(other, own)).await.refused(403),
        "resource_outside_area"
    );
    assert_eq!(
        west.post(path, agreement(Uuid::now_v7(), own)).await.refused(404),
        "resource_not_found"
    );
    let mut backwards = agreement(own, other);
    backwards["valid_to"] = json!("2024-01-01");
    let mut unknown = agreement(own, other);
    unknown["item_ids"] = json!([Uuid::now_v7()]);
    for (body, field) in [
        (agreement(own, own), "counterparty_id"),
        (agreement(own, Uuid::now_v7()), "counterparty_id"),
        (backwards, "valid_to"),
        (unknown, "item_ids"),
    ] {
        assert_eq!(
            west.post(path, body).await.expect(422)["fields"][0]["field"],
            field
        );
    }
    let made = west.post(path, agreement(own, other)).await.expect(201);
    assert_eq!(
        (&made["in_force"], &made["item_ids"]),
        (&json!(true), &json!([meals]))
    );
    let count = async |person: &Person, query: &str| {
        let page = person.get(&format!("{path}?{query}")).await.expect(200);
        page["items"].as_array().unwrap().len()
    };
    assert_eq!(count(&provider, "").await, 1, "the counterparty reads it");
    assert_eq!(count(&stranger, "").await, 0);
    assert_eq!(count(&stranger, &format!("resource={other}")).await, 0);
    assert_eq!(
        count(
            &desk.steward,
            &format!("resource={own}&in_force=true&kind=sharing")
        )
        .await,
        1
    );
    assert_eq!(count(&desk.steward, "kind=pairing").await, 0);
    let end = format!("{path}/{}/end", made["id"].as_str().unwrap());
    let east = desk.city.scoped(Role::Officer, "630102").await;
    let why = json!({ "reason": "场地收回" });
    assert_eq!(
        east.post(&end, why.clone()).await.refused(403),
        "resource_outside_area"
    );
    let ended = bureau.post(&end, why.clone()).await.expect(200);
    assert_eq!(
        (&ended["in_force"], &ended["end_reason"], &ended["ended_by"]),
        (&json!(false), &json!("场地收回"), &json!(bureau.id))
    );
    assert_eq!(
        bureau.post(&end, why.clone()).await.refused(409),
        "agreement_ended"
    );
    assert_eq!(count(&desk.steward, "in_force=true").await, 0);
    // One whose time is over needs no end.
    let second = west.post(path, agreement(own, other)).await.expect(201);
    desk.city.advance(chrono::Duration::days(24));
    assert_eq!(count(&desk.steward, "in_force=true").await, 0);
    let end = format!("{path}/{}/end", second["id"].as_str().unwrap());
    assert_eq!(west.post(&end, why).await.refused(409), "agreement_ended");
    desk.city.stop().await;
}
