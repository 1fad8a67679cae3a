//! The duty roster: who may keep it, who is fit for it, and the gaps ahead.

use crate::support::{Person, TestCity};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use steward::tx::Role;

/// What an officer says of a shift.
pub fn shift(person: &Person, division: &str, from: DateTime<Utc>, hours: i64) -> Value {
    json!({ "division": division, "user_id": person.id, "starts_at": from, "ends_at": from + Duration::hours(hours),
            "desk": "民政局值班室", "phone": "0971-6100000" })
}

fn now(city: &TestCity) -> DateTime<Utc> {
    city.service.state.clock.now()
}

#[actix_web::test]
async fn a_roster_is_kept_by_its_own_officers_for_those_who_may_act_there() {
    let city = TestCity::new().await;
    let (bureau, officer) = (
        city.scoped(Role::Officer, "6301").await,
        city.scoped(Role::Officer, "630104").await,
    );
    let (duty, elsewhere) = (
        city.scoped(Role::Duty, "630104").await,
        city.scoped(Role::Duty, "630102").await,
    );
    let plan = async |who: &Person, body: Value| who.post("/api/v1/duty-shifts", body).await;
    let begin = now(&city) - Duration::hours(1);
    let mine = plan(&officer, shift(&duty, "630104", begin, 8)).await.expect(201);
    assert_eq!(
        (&mine["phone"], &mine["version"], &mine["user_id"]),
        (&json!("09716100000"), &json!(1), &json!(duty.id))
    );
    // Not the city's by a district's officer, nor another district's; the city's officer and the administrator keep them all.
    for division in ["6301", "630102"] {
        let refused = plan(&officer, shift(&duty, division, begin, 8)).await;
        assert_eq!(refused.refused(403), "roster_of_another", "{division}");
    }
    for who in [&bureau, &city.admin] {
        let later = begin + Duration::hours(if who.id == bureau.id { 100 } else { 200 });
        plan(who, shift(&elsewhere, "630102", later, 8)).await.expect(201);
    }
    // Nobody who could not see what happens there, and nobody whose role it is not.
    for unfit in [&elsewhere, &officer, &bureau] {
        let refused = plan(&bureau, shift(unfit, "630104", begin, 8)).await;
        assert_eq!(refused.refused(422), "not_for_duty");
    }
    let refused = plan(&bureau, shift(&duty, "6301", begin, 8)).await;
    assert_eq!(
        refused.refused(422),
        "not_for_duty",
        "a district's desk is not the city's"
    );
    // Nobody is twice at one desk; right after is not twice.
    let overlapping = shift(&duty, "630104", begin + Duration::hours(7), 8);
    assert_eq!(plan(&officer, overlapping).await.refused(409), "shift_overlaps");
    plan(&officer, shift(&duty, "630104", begin + Duration::hours(8), 8))
        .await
        .expect(201);
    let wrong = plan(&officer, shift(&duty, "630104001", begin, 8)).await;
    assert_eq!(wrong.body["fields"][0]["field"], "division");

    let seen = duty.get("/api/v1/duty-shifts").await.expect(200);
    assert_eq!(seen["items"].as_array().unwrap().len(), 2);
    assert_eq!(seen["items"][0], mine, "the next to end comes first");
    let all = bureau.get("/api/v1/duty-shifts?limit=3").await.expect(200);
    assert_eq!(all["items"].as_array().unwrap().len(), 3);
    let cursor = all["next_cursor"].as_str().unwrap();
    let rest = bureau
        .get(&format!("/api/v1/duty-shifts?cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    let one = bureau
        .get("/api/v1/duty-shifts?division=630102")
        .await
        .expect(200);
    assert_eq!(one["items"].as_array().unwrap().len(), 2);
    city.stop().await;
}

#[actix_web::test]
async fn a_shift_ends_early_or_is_called_off_and_what_was_stays() {
    let city = TestCity::new().await;
    let officer = city.scoped(Role::Officer, "630104").await;
    let stranger = city.scoped(Role::Officer, "630102").await;
    let duty = city.scoped(Role::Duty, "630104").await;
    let desk = city.scoped(Role::Duty, "6301").await;
    let begin = now(&city) - Duration::hours(1);
    let running = officer
        .post("/api/v1/duty-shifts", shift(&duty, "630104", begin, 8))
        .await
        .expect_id(201);
    let ahead = officer
        .post(
            "/api/v1/duty-shifts",
            shift(&duty, "630104", begin + Duration::hours(24), 8),
        )
        .await
        .expect_id(201);
    let of_city = city
        .admin
        .post("/api/v1/duty-shifts", shift(&desk, "6301", begin, 8))
        .await
        .expect_id(201);
    let end = |id| format!("/api/v1/duty-shifts/{id}/end");
    let reason = json!({ "reason": "换班" });
    assert_eq!(
        stranger.post(&end(running), reason.clone()).await.refused(404),
        "shift_not_found"
    );
    assert_eq!(
        officer.post(&end(of_city), reason.clone()).await.refused(403),
        "roster_of_another",
        "the city's roster is read in the district and not kept there"
    );
    let past = json!({ "reason": "换班", "ends_at": now(&city) - Duration::minutes(1) });
    assert_eq!(officer.post(&end(running), past).await.refused(422), "invalid");
    let ended = officer.post(&end(running), reason.clone()).await.expect(200);
    assert_eq!(
        (&ended["starts_at"], &ended["ends_at"], &ended["ended_by"]),
        (&json!(begin), &json!(now(&city)), &json!(officer.id))
    );
    let off = officer.post(&end(ahead), reason.clone()).await.expect(200);
    assert_eq!(off["starts_at"], off["ends_at"]);
    for over in [running, ahead] {
        assert_eq!(
            officer.post(&end(over), reason.clone()).await.refused(409),
            "shift_ended"
        );
    }
    // What was called off is in nobody's way.
    officer
        .post(
            "/api/v1/duty-shifts",
            shift(&duty, "630104", begin + Duration::hours(25), 8),
        )
        .await
        .expect(201);
    city.stop().await;
}

#[actix_web::test]
async fn the_gaps_ahead_are_shown_to_those_whose_roster_it_is() {
    let city = TestCity::new().await;
    city.community("630104001000").await;
    let (bureau, officer) = (
        city.scoped(Role::Officer, "6301").await,
        city.scoped(Role::Officer, "630104").await,
    );
    let (district, desk) = (
        city.scoped(Role::Duty, "630104").await,
        city.scoped(Role::Duty, "6301").await,
    );
    let begin = now(&city);
    let plan = async |person: &Person, division, from: i64, hours| {
        let body = shift(person, division, begin + Duration::hours(from), hours);
        bureau.post("/api/v1/duty-shifts", body).await.expect(201)
    };
    plan(&district, "630104", -2, 12).await;
    plan(&district, "630104", 14, 20).await;
    plan(&desk, "6301", -2, 100).await;
    let told = |gaps: Value| -> Vec<(String, i64, i64)> {
        let hour = |v: &Value| {
            let at: DateTime<Utc> = v.as_str().unwrap().parse().unwrap();
            (at - begin).num_hours()
        };
        gaps.as_array()
            .unwrap()
            .iter()
            .map(|g| {
                (
                    g["division"].as_str().unwrap().to_owned(),
                    hour(&g["starts_at"]),
                    hour(&g["ends_at"]),
                )
            })
            .collect()
    };
    let ahead = "/api/v1/duty-shifts/gaps?days=2";
    let of_district = [("630104".to_owned(), 10, 14), ("630104".to_owned(), 34, 48)];
    assert_eq!(told(officer.get(ahead).await.expect(200)), of_district);
    // No community is served in the other district: nobody has to be on duty there.
    assert_eq!(told(bureau.get(ahead).await.expect(200)), of_district);
    assert_eq!(
        told(bureau.get("/api/v1/duty-shifts/gaps?days=5").await.expect(200))[0],
        ("6301".to_owned(), 98, 120)
    );
    // Who was disabled covers nothing.
    city.admin
        .post(&format!("/api/v1/users/{}/disable", district.id), json!({}))
        .await
        .expect(200);
    assert_eq!(
        told(officer.get(ahead).await.expect(200)),
        [("630104".to_owned(), 0, 48)]
    );
    city.stop().await;
}
