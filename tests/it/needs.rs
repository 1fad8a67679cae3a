//! Needs: solved on the spot, withdrawn, counted once a household and call.

use crate::orders::desk;
use serde_json::json;
use uuid::Uuid;

#[actix_web::test]
async fn needs_of_one_call_are_one_household_time_and_end_once() {
    let desk = desk().await;
    let now = desk.city.service.state.clock.now();
    let call = Uuid::now_v7();
    let need = |item: String| {
        json!({ "id": Uuid::now_v7(), "elder_id": desk.elder, "item_id": item, "event_id": call,
                "collected_at": now, "device_now": now })
    };
    let mut company = need(desk.item("companionship").await);
    company["solved"] = json!("陪老人聊了半小时");
    let solved = desk
        .steward
        .post("/api/v1/needs", company.clone())
        .await
        .expect(201);
    assert_eq!(solved["status"], "solved");
    assert_eq!(
        desk.steward
            .post("/api/v1/needs", company.clone())
            .await
            .expect(201),
        solved
    );
    company["description"] = json!("别的话");
    assert_eq!(
        desk.steward.post("/api/v1/needs", company).await.refused(409),
        "need_already_collected"
    );
    let mut meals = need(desk.item("meals").await);
    meals["solved"] = json!("自己做了饭");
    let refused = desk
        .steward
        .post("/api/v1/needs", meals.clone())
        .await
        .expect(422);
    assert_eq!(refused["fields"][0]["field"], "item_id");
    meals["solved"] = json!(null);
    let open = desk.steward.post("/api/v1/needs", meals).await.expect_id(201);
    let why = json!({ "resolution": "老人改去食堂" });
    let path = |action: &str| format!("/api/v1/needs/{open}/{action}");
    assert_eq!(
        desk.steward.post(&path("solve"), why.clone()).await.expect(422)["fields"][0]["field"],
        "item_id"
    );
    assert_eq!(
        desk.steward
            .post(&path("withdraw"), why.clone())
            .await
            .expect(200)["status"],
        "withdrawn"
    );
    assert_eq!(
        desk.steward.post(&path("withdraw"), why).await.refused(409),
        "need_not_open"
    );
    let figure = "/api/v1/statistics/indicators/needs_households?month=2024-01";
    assert_eq!(desk.steward.get(figure).await.expect(200)["numerator"], 1);
    let foreign = desk
        .city
        .steward(&[desk.city.community("630102001000").await])
        .await;
    assert_eq!(
        foreign.get(&format!("/api/v1/needs/{open}")).await.refused(404),
        "need_not_found"
    );
    assert_eq!(
        foreign
            .post("/api/v1/needs", need(desk.item("meals").await))
            .await
            .refused(404),
        "need_not_found"
    );
    desk.city.stop().await;
}
