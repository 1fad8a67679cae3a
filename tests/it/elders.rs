//! Elders: enrolment, what is shown to whom, and what follows from categories and status.

use crate::support::TestCity;
use serde_json::{Value, json};
use steward::tx::Role;
use uuid::Uuid;

fn new_elder(community: Uuid, number: &str) -> Value {
    json!({
        "household": { "community_id": community, "building": "3", "unit": "2", "floor": 5, "room": "502" },
        "name": "王福山", "id_kind": "resident_id", "id_number": number, "phone": "13900001234", "health_note": "高血压",
        "categories": ["subsistence_allowance"],
        "contacts": [{ "name": "王小宁", "relation": "女儿", "phone": "13900001235" }]
    })
}

#[actix_web::test]
async fn a_person_is_enrolled_once_in_the_city_and_shown_masked() {
    let city = TestCity::new().await;
    let (west, east) = (
        city.community("630104001000").await,
        city.community("630102001000").await,
    );
    let (steward, other) = (city.steward(&[west]).await, city.steward(&[east]).await);
    let mut wrong = new_elder(west, "630106193602290012");
    wrong["sex"] = json!("female");
    let elder = steward.post("/api/v1/elders", wrong).await.expect(201);
    assert_eq!(
        (&elder["birth_date"], &elder["entitlement"], &elder["tier"]),
        (&json!("1936-02-29"), &json!("safety_net"), &json!("weekly"))
    );
    assert_eq!(elder["tier_reasons"], json!(["advanced_age"]));
    assert!(
        elder["warnings"]
            .as_array()
            .unwrap()
            .contains(&json!("sex_differs_from_id"))
    );
    assert_eq!(elder["id_masked"], "6301**********0012");
    assert!(!elder.to_string().contains("630106193602290012") && !elder.to_string().contains("13900001234"));
    let again = other
        .post("/api/v1/elders", new_elder(east, "630106193602290012"))
        .await;
    assert_eq!(again.refused(409), "elder_already_enrolled");
    let bad = steward
        .post("/api/v1/elders", new_elder(west, "630106193602290013"))
        .await;
    assert_eq!(bad.refused(422), "invalid");
    let foreign = steward
        .post("/api/v1/elders", new_elder(east, "630106193602290012"))
        .await;
    assert_eq!(foreign.refused(404), "community_not_found");

    let path = format!("/api/v1/elders/{}", elder["id"].as_str().unwrap());
    assert_eq!(other.get(&path).await.refused(404), "elder_not_found");
    let ask = json!({ "fields": ["id_number", "phone", "contact_phone", "health_note"], "reason": "call" });
    let shown = steward
        .post(&format!("{path}/reveal"), ask.clone())
        .await
        .expect(200);
    assert_eq!(shown["id_number"], "630106193602290012");
    assert_eq!(shown["contact_phones"], json!(["13900001235"]));
    assert_eq!(
        other.post(&format!("{path}/reveal"), ask).await.refused(404),
        "elder_not_found"
    );
    let listed = steward.get("/api/v1/elders?q=%E7%A6%8F").await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert!(
        other.get("/api/v1/elders").await.expect(200)["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    city.stop().await;
}

#[actix_web::test]
async fn categories_overrides_and_status_follow_the_rules() {
    let city = TestCity::new().await;
    let west = city.community("630104001000").await;
    let officer = city.scoped(Role::Officer, "630104").await;
    let elder = officer
        .post("/api/v1/elders", new_elder(west, "630106193602290012"))
        .await
        .expect(201);
    let path = format!("/api/v1/elders/{}", elder["id"].as_str().unwrap());
    let ended = officer
        .post(&format!("{path}/categories/subsistence_allowance/end"), json!({}))
        .await
        .expect(200);
    assert_eq!(ended["entitlement"], "social");
    let derived = json!({ "code": "advanced_age", "starts_on": "2024-01-01" });
    assert_eq!(
        officer
            .post(&format!("{path}/categories"), derived)
            .await
            .refused(422),
        "invalid"
    );
    let by_hand = json!({ "tier": "quarterly", "reason": "lives with a nurse", "ends_on": "2024-02-01" });
    let set = officer
        .post(&format!("{path}/tier-override"), by_hand)
        .await
        .expect(200);
    assert_eq!(
        (&set["tier"], &set["tier_reasons"]),
        (&json!("quarterly"), &json!(["override"]))
    );
    let consent = json!({ "purpose": "photos", "basis": "consent", "form": "oral", "notice_version": "1", "given_on": "2024-01-08", "given_by": "elder" });
    officer
        .post(&format!("{path}/consents"), consent.clone())
        .await
        .expect(200);
    assert_eq!(
        officer
            .post(&format!("{path}/consents"), consent)
            .await
            .refused(409),
        "consent_in_force"
    );
    let son = json!({ "name": "王大", "relation": "儿子", "phone": "13900001236", "emergency": true });
    officer.post(&format!("{path}/contacts"), son).await.expect(200);
    let ask = json!({ "fields": ["contact_phone"], "reason": "call" });
    let shown = officer.post(&format!("{path}/reveal"), ask).await.expect(200);
    assert_eq!(shown["contact_phones"], json!(["13900001235", "13900001236"]));
    let form = officer
        .request(reqwest::Method::GET, "/api/v1/elders/import/template")
        .send()
        .await
        .unwrap();
    assert_eq!(form.status().as_u16(), 200);
    assert!(form.bytes().await.unwrap().starts_with(b"PK"));
    let gone = json!({ "status": "deceased", "since": "2024-01-08" });
    officer.post(&format!("{path}/status"), gone).await.expect(200);
    let away = json!({ "status": "away", "since": "2024-01-08" });
    assert_eq!(
        officer.post(&format!("{path}/status"), away).await.refused(409),
        "elder_status_not_possible"
    );
    city.stop().await;
}
