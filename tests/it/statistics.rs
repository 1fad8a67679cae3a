//! Figures are their lists; frozen months stay as they were.

use crate::support::TestCity;
use diesel::sql_types as ty;
use diesel_async::RunQueryDsl;
use serde_json::json;
use steward::{db::statement, tx::Role};
use uuid::Uuid;

/// A met visit for safety with all four checks, to these elders.
async fn visit(city: &TestCity, household: Uuid, steward: Uuid, elders: &[Uuid], at: &str) {
    let id = city.service.state.clock.new_id();
    let mut conn = city.service.state.pool.get().await.unwrap();
    statement(
        "INSERT INTO visits (id, root_id, revision, household_id, community_id, steward_id, purposes, outcome, started_at, ended_at, \
         received_at, device_offset_ms, position, gas, electric, fire, water, check_points, form_version) \
         SELECT $1, $1, 1, h.id, h.community_id, $3, '{safety}', 'met', $4::text::timestamptz, $4::text::timestamptz, \
         $4::text::timestamptz, 0, 'unknown', 'safe', 'safe', 'safe', 'safe', '{}', 1 FROM households h WHERE h.id = $2",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(household)
    .bind::<ty::Uuid, _>(steward)
    .bind::<ty::Text, _>(at)
    .execute(&mut *conn)
    .await
    .unwrap();
    for elder in elders {
        statement("INSERT INTO visit_elders (visit_id, elder_id, condition, diet, mood) VALUES ($1, $2, 'good', 'regular', 'calm')")
            .bind::<ty::Uuid, _>(id)
            .bind::<ty::Uuid, _>(*elder)
            .execute(&mut *conn)
            .await
            .unwrap();
    }
}

#[actix_web::test]
async fn a_figure_is_its_list_and_a_frozen_month_stays() {
    let city = TestCity::at("2024-02-05T01:00:00Z").await;
    let (west, east) = (
        city.community("630104001000").await,
        city.community("630102001000").await,
    );
    let steward = city.steward(&[west]).await;
    let household = city.household(west, "1", "101").await;
    let couple = [city.elder(household).await, city.elder(household).await];
    let officer = city.scoped(Role::Officer, "630104").await;
    let other = city.scoped(Role::Officer, "630102").await;
    let auditor = city.scoped(Role::Auditor, "6301").await;
    let _ = east;
    // The last second of January in Xining, and the first of February.
    visit(&city, household, steward.id, &couple, "2024-01-31T23:59:59+08").await;
    visit(&city, household, steward.id, &couple, "2024-02-01T00:00:00+08").await;
    let indicators = officer.get("/api/v1/statistics/indicators").await.expect(200);
    for indicator in indicators.as_array().unwrap() {
        let path = format!(
            "/api/v1/statistics/indicators/{}",
            indicator["code"].as_str().unwrap()
        );
        let figure = officer.get(&format!("{path}?month=2024-01")).await.expect(200);
        let list = officer
            .get(&format!("{path}/records?month=2024-01&limit=200"))
            .await
            .expect(200);
        let items = list["items"].as_array().unwrap();
        let counting = items.iter().filter(|r| r["counts"] == true).count();
        assert_eq!(figure["numerator"], counting, "{path}");
        if indicator["kind"] == "ratio" {
            assert_eq!(figure["denominator"], items.len(), "{path}");
            assert_eq!(figure["display"] == "—", items.is_empty(), "{path}");
            assert_eq!(figure["value"].is_null(), items.is_empty(), "{path}");
        }
    }
    let visits = "/api/v1/statistics/indicators/home_visits?month=2024-01";
    assert_eq!(officer.get(visits).await.expect(200)["numerator"], 2);
    assert_eq!(other.get(visits).await.expect(200)["numerator"], 0);
    let list = "/api/v1/statistics/indicators/home_visits/records?month=2024-01";
    assert!(auditor.get(list).await.expect(200)["items"][0]["elder_id"].is_null());
    let freeze = "/api/v1/statistics/monthly/2024-01/freeze";
    assert_eq!(
        other
            .post(freeze, json!({ "division": "630104" }))
            .await
            .refused(404),
        "report_not_found"
    );
    officer
        .post(freeze, json!({ "division": "630104" }))
        .await
        .expect(201);
    visit(
        &city,
        household,
        steward.id,
        &couple[..1],
        "2024-01-20T10:00:00+08",
    )
    .await;
    let month = officer
        .get("/api/v1/statistics/monthly/2024-01?division=630104")
        .await
        .expect(200);
    let of = |code: &str| {
        month["figures"]
            .as_array()
            .unwrap()
            .iter()
            .find(|f| f["frozen"]["code"] == code)
            .unwrap()
            .clone()
    };
    let late = of("home_visits");
    assert_eq!(
        (&late["frozen"]["numerator"], &late["restated"]["numerator"]),
        (&json!(2), &json!(3))
    );
    assert_eq!(
        (
            late["added"].as_array().unwrap().len(),
            late["removed"].as_array().unwrap().len()
        ),
        (1, 0)
    );
    assert_eq!(of("hazards_found")["differs"], false);
    officer
        .get("/api/v1/statistics/monthly?month=2024-01&division=630104")
        .await
        .expect(200);
    city.stop().await;
}
