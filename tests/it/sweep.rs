//! The daily sweep.

use crate::support::TestCity;
use chrono::Duration;
use serde_json::json;
use uuid::Uuid;

#[actix_web::test]
async fn a_remembered_answer_is_forgotten_after_thirty_days_and_not_before() {
    let city = TestCity::new().await;
    let (key, body) = (
        Uuid::now_v7(),
        json!({ "code": "630104002000001", "name": "甲", "address": "", "active_from": "2023-10-01" }),
    );
    city.admin
        .post_with_key("/api/v1/communities", key, body.clone())
        .await
        .expect(201);
    city.service.run_jobs().await;
    city.advance(Duration::days(29));
    assert!(city.service.run_jobs().await > 0);
    city.admin
        .post_with_key("/api/v1/communities", key, body.clone())
        .await
        .expect(201);
    city.advance(Duration::days(3));
    assert!(city.service.run_jobs().await > 0);
    let anew = city.admin.post_with_key("/api/v1/communities", key, body).await;
    assert_eq!(anew.refused(409), "community_code_taken");
    city.stop().await;
}
