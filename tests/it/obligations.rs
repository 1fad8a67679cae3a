//! What is due: made on Monday and at enrolment, answered for by whoever serves now.

use crate::support::TestCity;
use chrono::Duration;
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use steward::db::statement;

fn lines(worklist: &Value) -> Vec<(String, String)> {
    let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    worklist["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| (text(l, "household_id"), text(l, "period")))
        .collect()
}

#[actix_web::test]
async fn monday_midnight_opens_the_week_once_and_a_hospitalised_elder_owes_none() {
    // Sunday 2024-01-14, 20:00 in Xining.
    let city = TestCity::at("2024-01-14T12:00:00Z").await;
    let community = city.community("630104001000").await;
    let steward = city.steward(&[community]).await;
    let (home, ward) = (
        city.household(community, "1", "101").await,
        city.household(community, "1", "102").await,
    );
    city.elder(home).await;
    let patient = city.elder(ward).await;
    let mut conn = city.service.state.pool.get().await.unwrap();
    statement("UPDATE elders SET status = 'in_hospital' WHERE id = $1")
        .bind::<diesel::sql_types::Uuid, _>(patient)
        .execute(&mut *conn)
        .await
        .unwrap();
    drop(conn);
    city.service.run_jobs().await;
    assert_eq!(lines(&steward.get("/api/v1/obligations").await.expect(200)), []);
    city.advance(Duration::hours(4));
    for _ in 0..2 {
        city.service.run_jobs().await;
        let worklist = steward.get("/api/v1/obligations").await.expect(200);
        assert_eq!(lines(&worklist), [(home.to_string(), "2024-W03".to_owned())]);
        assert_eq!(worklist["items"][0]["reasons"], json!(["living_alone"]));
        city.advance(Duration::days(1));
    }
    city.stop().await;
}

#[actix_web::test]
async fn an_enrolment_owes_a_visit_of_this_week_at_once() {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let steward = city.steward(&[community]).await;
    let body = json!({ "household": { "community_id": community, "building": "3", "room": "301" }, "name": "示例老人", "id_kind": "resident_id",
                       "id_number": "630106193811070024" });
    let household = steward.post("/api/v1/elders", body).await.expect(201)["household_id"]
        .as_str()
        .unwrap()
        .to_owned();
    city.service.run_jobs().await;
    assert_eq!(
        lines(&steward.get("/api/v1/obligations").await.expect(200)),
        [(household, "2024-W02".to_owned())]
    );
    city.stop().await;
}

#[actix_web::test]
async fn a_hand_over_in_mid_week_loses_none_and_an_unpaid_debt_is_missed_after_its_grace() {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let leaving = city.steward(&[community]).await;
    let household = city.household(community, "1", "101").await;
    city.elder(household).await;
    city.advance(Duration::days(1));
    city.service.run_jobs().await;
    city.advance(Duration::days(1));
    city.service.run_jobs().await;
    let owed = [(household.to_string(), "2024-W02".to_owned())];
    assert_eq!(lines(&leaving.get("/api/v1/obligations").await.expect(200)), owed);
    let mut conn = city.service.state.pool.get().await.unwrap();
    statement("UPDATE steward_assignments SET ends_at = $1")
        .bind::<diesel::sql_types::Timestamptz, _>(city.service.state.clock.now())
        .execute(&mut *conn)
        .await
        .unwrap();
    drop(conn);
    let coming = city.steward(&[community]).await;
    assert_eq!(lines(&leaving.get("/api/v1/obligations").await.expect(200)), []);
    assert_eq!(lines(&coming.get("/api/v1/obligations").await.expect(200)), owed);
    // The week ends on Sunday; for two days more a visit may still come in from a phone.
    city.advance(Duration::days(6));
    city.service.run_jobs().await;
    let overdue = coming.get("/api/v1/obligations").await.expect(200);
    assert_eq!(
        (
            overdue["items"][0]["period"].as_str(),
            overdue["items"][0]["overdue"].as_bool()
        ),
        (Some("2024-W02"), Some(true))
    );
    city.advance(Duration::days(2));
    city.service.run_jobs().await;
    assert_eq!(
        lines(&coming.get("/api/v1/obligations").await.expect(200)),
        [(household.to_string(), "2024-W03".to_owned())]
    );
    city.stop().await;
}

#[actix_web::test]
async fn what_is_owed_is_excused_when_the_last_elder_of_the_household_goes_to_hospital() {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let steward = city.steward(&[community]).await;
    let household = city.household(community, "1", "101").await;
    let couple = [city.elder(household).await, city.elder(household).await];
    city.service.run_jobs().await;
    city.advance(Duration::days(1));
    city.service.run_jobs().await;
    for (elder, owed) in [(couple[0], 1), (couple[1], 0)] {
        let status = json!({ "status": "in_hospital", "reason": "骨折", "since": "2024-01-09" });
        let answer = steward
            .post(&format!("/api/v1/elders/{elder}/status"), status)
            .await;
        assert!(answer.status.is_success(), "{}", answer.body);
        city.service.run_jobs().await;
        assert_eq!(
            lines(&steward.get("/api/v1/obligations").await.expect(200)).len(),
            owed
        );
    }
    city.stop().await;
}
