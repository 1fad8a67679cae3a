//! The demo city, and the list of divisions that the project ships.

use crate::support::{Person, Service};
use serde_json::json;
use steward::demo;

#[actix_web::test]
async fn the_demo_city_is_made_once_and_its_people_can_log_in() {
    let service = Service::start("2024-01-15T01:00:00Z").await;
    assert!(
        demo::make(&service.state, "demo password".into(), demo::Plan::default())
            .await
            .unwrap()
    );
    assert!(
        !demo::make(&service.state, "another".into(), demo::Plan::default())
            .await
            .unwrap()
    );
    let nobody = Person::stranger(&service);
    for log_in in &demo::LOG_INS {
        let body = json!({ "username": log_in.username, "password": "demo password" });
        assert_eq!(
            nobody.post("/api/v1/auth/login", body).await.expect(200)["role"],
            log_in.role
        );
    }
    let body = json!({ "username": "steward01", "password": "demo password" });
    let token = nobody.post("/api/v1/auth/login", body).await.expect(200)["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let steward = nobody.with_token(&token);
    assert_eq!(
        steward.get("/api/v1/communities").await.expect(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let worklist = steward.get("/api/v1/obligations?limit=200").await.expect(200);
    let lines = worklist["items"].as_array().unwrap();
    assert!(lines.len() > 50);
    let needs: Vec<i64> = lines.iter().map(|l| l["risk"].as_i64().unwrap()).collect();
    assert!(needs.is_sorted_by(|a, b| a >= b), "{needs:?}");
    service.stop().await;
}
