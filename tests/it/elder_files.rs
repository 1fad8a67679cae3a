//! An elder's file: who is let in, what is hidden, what is written down.

use crate::support::TestCity;
use serde_json::{Value, json};
use steward::tx::Role;
use uuid::Uuid;

fn new_elder(community: Uuid, number: &str) -> Value {
    json!({ "household": { "community_id": community, "building": "3", "unit": "2", "floor": 3, "room": "301" }, "name": "示例老人",
            "id_kind": "resident_id", "id_number": number, "phone": "19900001234", "categories": ["living_alone", "subsistence_allowance"] })
}

#[actix_web::test]
async fn an_enrolment_derives_what_the_document_says_and_hides_the_numbers() {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let steward = city.steward(&[community]).await;
    let elder = steward
        .post("/api/v1/elders", new_elder(community, "63010619440229024x"))
        .await
        .expect(201);
    assert_eq!(
        (elder["sex"].as_str(), elder["birth_date"].as_str()),
        (Some("female"), Some("1944-02-29"))
    );
    assert_eq!(
        (elder["entitlement"].as_str(), elder["tier"].as_str()),
        (Some("safety_net"), Some("weekly"))
    );
    assert_eq!(elder["phone_masked"], "199****1234");
    let file = format!("/api/v1/elders/{}", elder["id"].as_str().unwrap());
    let text = steward.get(&file).await.expect(200).to_string();
    assert!(
        !text.contains("0229024") && !text.contains("19900001234"),
        "{text}"
    );
    let revealed = steward
        .post(
            &format!("{file}/reveal"),
            json!({ "fields": ["id_number", "phone"], "reason": "核对补贴" }),
        )
        .await
        .expect(200);
    assert_eq!(
        (revealed["id_number"].as_str(), revealed["phone"].as_str()),
        (Some("63010619440229024X"), Some("19900001234"))
    );
    assert_eq!(
        steward
            .post(
                &format!("{file}/reveal"),
                json!({ "fields": ["phone"], "reason": "" })
            )
            .await
            .refused(422),
        "invalid"
    );
    // What was read and revealed stands in the trail, without the numbers.
    city.service.state.trail.append(Vec::new()).await.unwrap();
    let (client, connection) =
        tokio_postgres::connect(&city.service.state.config.database.url, tokio_postgres::NoTls)
            .await
            .unwrap();
    tokio::spawn(connection);
    let rows = client.query("SELECT action, row_to_json(a)::text FROM audit_entries a WHERE elder_id IS NOT NULL ORDER BY seq", &[]).await.unwrap();
    let actions: Vec<String> = rows.iter().map(|r| r.get(0)).collect();
    assert_eq!(actions, ["elders.enrol", "elders.read", "elders.reveal"]);
    for row in rows {
        let line: String = row.get(1);
        assert!(
            !line.contains("63010619440229024X")
                && !line.contains("示例老人")
                && !line.contains("19900001234"),
            "{line}"
        );
    }
    city.stop().await;
}

#[actix_web::test]
async fn a_person_is_enrolled_once_in_the_city_and_a_wrong_number_not_at_all() {
    let city = TestCity::new().await;
    let (west, east) = (
        city.community("630104001000").await,
        city.community("630102001000").await,
    );
    let (here, there) = (city.steward(&[west]).await, city.steward(&[east]).await);
    here.post("/api/v1/elders", new_elder(west, "630122194205129967"))
        .await
        .expect(201);
    let again = there
        .post("/api/v1/elders", new_elder(east, "630122194205129967"))
        .await;
    assert_eq!(again.refused(409), "elder_already_enrolled");
    for wrong in ["630106193702290010", "360426199101010072", "63010619360229001"] {
        let refused = there.post("/api/v1/elders", new_elder(east, wrong)).await;
        assert_eq!(refused.body["fields"][0]["field"], "id_number", "{wrong}");
        assert_eq!(refused.refused(422), "invalid");
    }
    let foreign = there
        .post("/api/v1/elders", new_elder(west, "630106193811070024"))
        .await;
    assert_eq!(foreign.refused(404), "community_not_found");
    let unknown = json!({ "categories": ["rich"] });
    let mut body = new_elder(east, "630106193811070024");
    body["categories"] = unknown["categories"].clone();
    assert_eq!(there.post("/api/v1/elders", body).await.refused(422), "invalid");
    city.stop().await;
}

#[actix_web::test]
async fn a_file_is_seen_in_its_area_alone_and_found_by_part_of_the_name() {
    let city = TestCity::new().await;
    let (west, east) = (
        city.community("630104001000").await,
        city.community("630102001000").await,
    );
    let elder = city.elder(city.household(west, "1", "101").await).await;
    let file = format!("/api/v1/elders/{elder}");
    for (person, sees) in [
        (city.steward(&[west]).await, true),
        (city.scoped(Role::Officer, "630104").await, true),
        (city.scoped(Role::Duty, "6301").await, true),
        (city.steward(&[east]).await, false),
        (city.scoped(Role::Officer, "630102").await, false),
    ] {
        let found = person
            .get("/api/v1/elders?q=%E8%AF%95%E8%80%81")
            .await
            .expect(200)["items"]
            .as_array()
            .unwrap()
            .len();
        assert_eq!(found, usize::from(sees));
        assert_eq!(
            person.get(&file).await.status.as_u16(),
            if sees { 200 } else { 404 }
        );
        let reveal = person
            .post(
                &format!("{file}/reveal"),
                json!({ "fields": ["id_number", "phone"], "reason": "核对补贴" }),
            )
            .await;
        assert_eq!(reveal.status.as_u16(), if sees { 200 } else { 404 });
    }
    city.stop().await;
}

#[actix_web::test]
async fn a_stay_in_hospital_that_is_over_ends_by_itself_on_the_day_it_was_expected_to() {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let steward = city.steward(&[community]).await;
    let home = city.household(community, "1", "101").await;
    let (one, open) = (city.elder(home).await, city.elder(home).await);
    for (elder, until) in [(one, json!("2024-01-10")), (open, json!(null))] {
        let status =
            json!({ "status": "in_hospital", "since": "2024-01-08", "until": until, "reason": "骨折" });
        steward
            .post(&format!("/api/v1/elders/{elder}/status"), status)
            .await
            .expect(200);
    }
    let file = async |elder: Uuid| steward.get(&format!("/api/v1/elders/{elder}")).await.expect(200);
    // The worker was down at midnight: the day counts, not the hour of the job.
    city.service.run_jobs().await;
    city.advance(chrono::Duration::days(1));
    city.service.run_jobs().await;
    let before = file(one).await;
    assert_eq!(before["status"], "in_hospital");
    city.advance(chrono::Duration::days(3));
    city.service.run_jobs().await;
    city.service.run_jobs().await;
    let after = file(one).await;
    assert_eq!(
        (&after["status"], &after["status_since"], &after["status_until"]),
        (&json!("active"), &json!("2024-01-10"), &json!(null))
    );
    assert_eq!(
        after["version"].as_i64(),
        before["version"].as_i64().map(|v| v + 1)
    );
    let history: Vec<_> = after["statuses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| {
            (
                s["status"].as_str().unwrap(),
                s["starts_on"].as_str().unwrap(),
                s["ends_on"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        history,
        [
            ("active", "2024-01-10", None),
            ("in_hospital", "2024-01-08", Some("2024-01-10"))
        ]
    );
    assert_eq!(
        file(open).await["status"],
        "in_hospital",
        "nobody said until when"
    );
    city.stop().await;
}

#[actix_web::test]
async fn the_list_is_narrowed_to_a_category_that_is_carried_today() {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let steward = city.steward(&[community]).await;
    let elder = city.elder(city.household(community, "1", "101").await).await;
    let count = async |code: &str| {
        let found = steward
            .get(&format!("/api/v1/elders?category={code}"))
            .await
            .expect(200);
        found["items"].as_array().unwrap().len()
    };
    assert_eq!((count("living_alone").await, count("disabled").await), (1, 0));
    steward
        .post(
            &format!("/api/v1/elders/{elder}/categories/living_alone/end"),
            json!({}),
        )
        .await
        .expect(200);
    assert_eq!(count("living_alone").await, 0);
    // Derived from the birth date, 1945-01-01.
    assert_eq!(count("advanced_age").await, 0);
    city.advance(chrono::Duration::days(365));
    assert_eq!(count("advanced_age").await, 1);
    city.stop().await;
}
