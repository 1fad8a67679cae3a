//! Communities: the register, and who sees which.

use crate::support::TestCity;
use serde_json::json;
use steward::tx::Role;
use uuid::Uuid;

fn new_community(code: &str) -> serde_json::Value {
    json!({ "code": code, "name": "古城台小区", "address": "昆仑路1号", "position": { "latitude": 36.6, "longitude": 101.7 }, "active_from": "2023-10-01" })
}

#[actix_web::test]
async fn an_administrator_enters_a_community_once_however_often_it_is_sent() {
    let city = TestCity::new().await;
    let key = Uuid::now_v7();
    let first = city
        .admin
        .post_with_key("/api/v1/communities", key, new_community("630104002000001"))
        .await
        .expect(201);
    let again = city
        .admin
        .post_with_key("/api/v1/communities", key, new_community("630104002000001"))
        .await
        .expect(201);
    assert_eq!(first, again);
    assert_eq!(first["division_code"], "630104002000");
    let other = city
        .admin
        .post_with_key("/api/v1/communities", key, new_community("630104002000002"))
        .await;
    assert_eq!(other.refused(409), "idempotency_mismatch");
    let taken = city
        .admin
        .post("/api/v1/communities", new_community("630104002000001"))
        .await;
    assert_eq!(taken.refused(409), "community_code_taken");
    let nowhere = city
        .admin
        .post("/api/v1/communities", new_community("630104009000001"))
        .await;
    assert_eq!(nowhere.refused(422), "division_unknown");
    city.stop().await;
}

#[actix_web::test]
async fn an_edit_names_the_version_it_was_based_on() {
    let city = TestCity::new().await;
    let id = city.community("630104001000").await;
    let path = format!("/api/v1/communities/{id}");
    let seen = city.admin.get(&path).await.etag.unwrap();
    let changed = city
        .admin
        .patch(&path, &seen, json!({ "name": "新名小区" }))
        .await
        .expect(200);
    assert_eq!(
        (changed["name"].as_str(), changed["version"].as_i64()),
        (Some("新名小区"), Some(2))
    );
    assert_eq!(
        city.admin
            .patch(&path, &seen, json!({ "name": "又一名" }))
            .await
            .refused(412),
        "stale"
    );
    let unversioned = city
        .admin
        .send(reqwest::Method::PATCH, &path, &[], Some(&json!({})))
        .await;
    assert_eq!(unversioned.refused(428), "precondition_required");
    let unknown_field = city.admin.patch(&path, "\"2\"", json!({ "nmae": "x" })).await;
    assert_eq!(unknown_field.refused(422), "invalid");
    city.stop().await;
}

#[actix_web::test]
async fn each_sees_the_communities_of_their_own_area_alone() {
    let city = TestCity::new().await;
    let (east, west) = (
        city.community("630102001000").await,
        city.community("630104001000").await,
    );
    let steward = city.steward(&[west]).await;
    let officer = city.scoped(Role::Officer, "630102").await;
    let whole = city.scoped(Role::Officer, "6301").await;
    for (person, sees, not) in [(&steward, west, east), (&officer, east, west)] {
        let list = person.get("/api/v1/communities").await.expect(200);
        let ids: Vec<_> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(ids, [sees.to_string()]);
        person
            .get(&format!("/api/v1/communities/{sees}"))
            .await
            .expect(200);
        assert_eq!(
            person
                .get(&format!("/api/v1/communities/{not}"))
                .await
                .refused(404),
            "community_not_found"
        );
    }
    let first = whole.get("/api/v1/communities?limit=1").await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = whole
        .get(&format!("/api/v1/communities?limit=1&cursor={cursor}"))
        .await
        .expect(200);
    assert_ne!(first["items"][0]["id"], second["items"][0]["id"]);
    assert!(second["next_cursor"].is_null());
    assert_eq!(
        steward
            .post("/api/v1/communities", new_community("630104002000001"))
            .await
            .refused(403),
        "forbidden"
    );
    assert_eq!(
        city.stranger().get("/api/v1/communities").await.refused(401),
        "unauthenticated"
    );
    city.stop().await;
}
