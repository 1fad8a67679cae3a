//! Lists of check points: versions from a day on, stable codes, old forms for ever.

use crate::{
    hazards::finding,
    support::TestCity,
    visits::{count, home},
};
use serde_json::{Value, json};
use steward::tx::Role;

const PATH: &str = "/api/v1/check-points";

fn first() -> Value {
    serde_json::from_str(include_str!("../../data/check-points/2023-10-01.json")).unwrap()
}

/// The first list from another day on, with a point more.
fn next(from: &str) -> Value {
    let mut list = first();
    list["valid_from"] = json!(from);
    let mut more = list["points"][0].clone();
    more["code"] = json!("gas_bottle");
    list["points"].as_array_mut().unwrap().push(more);
    list
}

#[actix_web::test]
async fn the_list_of_the_project_is_in_force_from_the_first_day_for_everybody() {
    let city = TestCity::new().await;
    let (provider, ..) = city.provider(&[]).await;
    let auditor = city.scoped(Role::Auditor, "6301").await;
    for person in [&city.admin, &provider, &auditor] {
        let list = person.get(PATH).await.expect(200);
        assert_eq!(
            (&list["form_version"], &list["published_by"]),
            (&json!(1), &Value::Null)
        );
        assert_eq!(
            list["points"],
            first()["points"],
            "the migration and the file are one"
        );
    }
    assert_eq!(
        city.admin
            .get(&format!("{PATH}?on=2023-09-30"))
            .await
            .refused(404),
        "check_list_not_found"
    );
    assert_eq!(
        city.admin
            .get(&format!("{PATH}?form_version=2"))
            .await
            .refused(404),
        "check_list_not_found"
    );
    city.stop().await;
}

#[actix_web::test]
async fn a_new_list_is_in_force_from_its_day_on_and_the_old_one_stays_to_be_read() {
    let city = TestCity::new().await;
    let published = city.admin.post(PATH, next("2024-02-01")).await.expect(201);
    assert_eq!(
        (&published["form_version"], &published["published_by"]),
        (&json!(2), &json!(city.admin.id))
    );
    for (query, version) in [
        ("", 1),
        ("?on=2024-01-31", 1),
        ("?on=2024-02-01", 2),
        ("?form_version=1", 1),
        ("?form_version=2", 2),
    ] {
        let list = city.admin.get(&format!("{PATH}{query}")).await.expect(200);
        assert_eq!(list["form_version"], version, "{query}");
    }
    city.advance(chrono::Duration::days(30));
    assert_eq!(city.admin.get(PATH).await.expect(200)["form_version"], 2);
    city.stop().await;
}

#[actix_web::test]
async fn a_list_begins_after_every_other_not_in_the_past_and_its_codes_keep_their_kind() {
    let city = TestCity::new().await;
    let past = city.admin.post(PATH, next("2024-01-07")).await;
    assert_eq!(past.body["fields"][0]["field"], "valid_from");
    city.admin.post(PATH, next("2024-02-01")).await.expect(201);
    for day in ["2024-02-01", "2024-01-20"] {
        assert_eq!(
            city.admin.post(PATH, next(day)).await.refused(409),
            "check_list_is_set"
        );
    }
    let mut moved = next("2024-03-01");
    moved["points"][0]["kind"] = json!("water");
    let refused = city.admin.post(PATH, moved).await;
    assert_eq!(refused.body["fields"][0]["field"], "points[0].kind");
    let mut without = next("2024-03-01");
    without["points"][0]["answers"] = json!([without["points"][0]["answers"][0]]);
    city.admin.post(PATH, without).await.expect(422);
    let officer = city.scoped(Role::Officer, "6301").await;
    assert_eq!(
        officer.post(PATH, next("2024-03-01")).await.refused(403),
        "forbidden"
    );
    city.stop().await;
}

#[actix_web::test]
async fn a_code_that_no_list_holds_is_taken_from_an_old_form_and_the_visit_keeps_its_number() {
    let home = home().await;
    let mut visit = finding(&home, &[("gas", "general", "of_an_old_form")]);
    visit["checks"]["gas"] = json!({ "result": "hazard", "points": ["of_an_old_form"] });
    visit["form_version"] = json!(7);
    let id = home.steward.post("/api/v1/visits", visit).await.expect_id(201);
    let mut list = next("2024-01-15");
    list["points"].as_array_mut().unwrap().truncate(1);
    home.city.admin.post(PATH, list).await.expect(201);
    let seen = home
        .steward
        .get(&format!("/api/v1/visits/{id}"))
        .await
        .expect(200);
    assert_eq!(
        (&seen["form_version"], &seen["hazards_found"][0]["check_point"]),
        (&json!(7), &json!("of_an_old_form"))
    );
    assert_eq!(
        count(&home, "SELECT count(*) AS n FROM check_lists").await,
        2,
        "a list is never changed"
    );
    home.city.stop().await;
}
