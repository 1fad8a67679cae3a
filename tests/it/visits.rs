//! The visit: what it must say, what it sets in motion, and that it is logged once.

use crate::{
    attachments::{photo, upload},
    support::{Person, TestCity},
};
use chrono::Duration;
use serde_json::{Value, json};
use steward::tx::Role;
use uuid::Uuid;

/// A home and who visits it.
pub struct Home {
    /// The city.
    pub city: TestCity,
    /// Who serves the community.
    pub steward: Person,
    /// The couple's dwelling.
    pub household: Uuid,
    /// Who lives there.
    pub couple: [Uuid; 2],
}

/// A couple at home on the Monday of 2024-W03, with this week's visit owed.
pub async fn home() -> Home {
    let city = TestCity::at("2024-01-14T12:00:00Z").await;
    let community = city.community("630104001000").await;
    let steward = city.steward(&[community]).await;
    let household = city.household(community, "1", "101").await;
    let couple = [city.elder(household).await, city.elder(household).await];
    city.service.run_jobs().await;
    city.advance(Duration::hours(13));
    city.service.run_jobs().await;
    Home {
        city,
        steward,
        household,
        couple,
    }
}

/// A check that found nothing.
pub fn safe() -> Value {
    json!({ "result": "safe" })
}

impl Home {
    /// The week's visit: both met, everything safe.
    pub fn visit(&self) -> Value {
        let elders: Vec<_> = self
            .couple
            .iter()
            .map(|e| json!({ "elder_id": e, "condition": "good", "diet": "regular", "mood": "calm" }))
            .collect();
        json!({ "id": Uuid::now_v7(), "household_id": self.household, "purposes": ["safety"], "outcome": "met", "started_at": "2024-01-15T00:30:00Z",
                "ended_at": "2024-01-15T00:50:00Z", "device_now": self.city.service.state.clock.now(),
                "check_in": { "position": "at_door", "latitude": 36.62, "longitude": 101.77, "accuracy_m": 12.0 },
                "checks": { "gas": safe(), "electric": safe(), "fire": safe(), "water": safe() }, "elders": elders, "form_version": 1 })
    }

    /// The same where nobody was met.
    pub fn unmet(&self, outcome: &str) -> Value {
        let mut visit = self.visit();
        visit["outcome"] = json!(outcome);
        visit["elders"] = json!([]);
        visit["checks"] = Value::Null;
        visit
    }

    /// Visits owed now.
    pub async fn owed(&self) -> usize {
        self.steward.get("/api/v1/obligations").await.expect(200)["items"]
            .as_array()
            .unwrap()
            .len()
    }
}

#[actix_web::test]
async fn a_visit_to_a_couple_is_one_visit_two_people_and_one_obligation_done_however_often_it_is_sent() {
    let home = home().await;
    assert_eq!(home.owed().await, 1);
    let visit = home.visit();
    let first = home
        .steward
        .post("/api/v1/visits", visit.clone())
        .await
        .expect(201);
    let again = home
        .steward
        .post("/api/v1/visits", visit.clone())
        .await
        .expect(201);
    assert_eq!(first, again);
    assert_eq!(first["elders_met"].as_array().unwrap().len(), 2);
    assert_eq!(home.owed().await, 0);
    let log = home.steward.get("/api/v1/visits").await.expect(200);
    assert_eq!(log["items"], json!([first]), "the answer is what the log holds");
    home.city.stop().await;
}

#[actix_web::test]
async fn the_same_id_with_any_other_content_is_refused_and_when_it_is_sent_is_no_content() {
    let home = home().await;
    let visit = home.visit();
    let first = home
        .steward
        .post("/api/v1/visits", visit.clone())
        .await
        .expect(201);
    let changes: [fn(&mut Value); 6] = [
        |v| v["note"] = json!("门口有快递"),
        |v| v["elders"][1]["mood"] = json!("low"),
        |v| v["elders"] = json!([v["elders"][0]]),
        |v| v["checks"]["gas"]["points"] = json!(["hose"]),
        |v| v["check_in"]["accuracy_m"] = json!(13.0),
        |v| v["ended_at"] = json!("2024-01-15T00:51:00Z"),
    ];
    for change in changes {
        let mut other = visit.clone();
        change(&mut other);
        assert_eq!(
            home.steward.post("/api/v1/visits", other).await.refused(409),
            "visit_already_logged"
        );
    }
    home.city.advance(Duration::hours(3));
    let mut later = visit.clone();
    later["device_now"] = json!(home.city.service.state.clock.now() + Duration::seconds(7));
    assert_eq!(
        home.steward.post("/api/v1/visits", later).await.expect(201),
        first
    );
    let community = first["community_id"].as_str().unwrap().parse().unwrap();
    let deputy = home.city.steward(&[community]).await;
    assert_eq!(
        deputy.post("/api/v1/visits", visit).await.refused(409),
        "visit_already_logged"
    );
    home.city.stop().await;
}

/// The id of an item of the menu.
pub fn item(slot: u8) -> String {
    format!("018b0000-0000-7000-8000-00000000000{slot}")
}

#[actix_web::test]
async fn needs_are_collected_with_the_visit_open_or_solved_on_the_spot() {
    let home = home().await;
    let (asked, solved) = (Uuid::now_v7(), Uuid::now_v7());
    let mut visit = home.visit();
    visit["needs"] = json!([
        { "id": solved, "elder_id": home.couple[1], "item_id": item(3), "description": "想说说话", "solved": "陪聊半小时" },
        { "id": asked, "elder_id": home.couple[0], "item_id": item(4), "description": "想订午餐", "solved": null },
    ]);
    let logged = home
        .steward
        .post("/api/v1/visits", visit.clone())
        .await
        .expect(201);
    let mut ids = [asked, solved];
    ids.sort();
    assert_eq!(logged["needs"], json!(ids));
    assert_eq!(
        home.steward.post("/api/v1/visits", visit).await.expect(201),
        logged
    );
    let id = logged["id"].as_str().unwrap();
    let of = |need: Uuid| format!("/api/v1/needs/{need}");
    let open = home.steward.get(&of(asked)).await.expect(200);
    assert_eq!(
        (
            &open["status"],
            &open["channel"],
            &open["event_id"],
            &open["collected_at"]
        ),
        (
            &json!("open"),
            &json!("visit"),
            &json!(id),
            &json!("2024-01-15T00:30:00Z")
        )
    );
    let done = home.steward.get(&of(solved)).await.expect(200);
    assert_eq!(
        (&done["status"], &done["resolution"]),
        (&json!("solved"), &json!("陪聊半小时"))
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn a_need_is_refused_where_nobody_was_met_who_lives_there_or_the_menu_does_not_hold_it() {
    let home = home().await;
    let stranger = home
        .city
        .elder(
            home.city
                .household(home.city.community("630104002000").await, "9", "901")
                .await,
        )
        .await;
    let need = |elder: Uuid, item: String, solved: Value| json!([{ "id": Uuid::now_v7(), "elder_id": elder, "item_id": item, "solved": solved }]);
    let cases = [
        ("lives elsewhere", need(stranger, item(4), Value::Null)),
        (
            "no such item",
            need(home.couple[0], Uuid::now_v7().to_string(), Value::Null),
        ),
        (
            "a provider's alone",
            need(home.couple[0], item(4), json!("自己做了饭")),
        ),
    ];
    for (why, needs) in cases {
        let mut visit = home.visit();
        visit["needs"] = needs;
        let refused = home.steward.post("/api/v1/visits", visit).await;
        assert_eq!(refused.body["fields"][0]["field"], "needs", "{why}");
        assert_eq!(refused.refused(422), "invalid", "{why}");
    }
    let mut shut = home.unmet("no_answer");
    shut["needs"] = need(home.couple[0], item(4), Value::Null);
    assert_eq!(
        home.steward.post("/api/v1/visits", shut).await.refused(422),
        "invalid"
    );
    let mut before_the_menu = home.visit();
    for (field, at) in [
        ("started_at", "2023-09-30T15:00:00Z"),
        ("ended_at", "2023-09-30T15:10:00Z"),
    ] {
        before_the_menu[field] = json!(at);
    }
    before_the_menu["needs"] = need(home.couple[0], item(4), Value::Null);
    assert_eq!(
        home.steward
            .post("/api/v1/visits", before_the_menu)
            .await
            .refused(422),
        "invalid"
    );
    let taken = Uuid::now_v7();
    let mut visit = home.visit();
    visit["needs"] = json!([{ "id": taken, "elder_id": home.couple[0], "item_id": item(4) }]);
    home.steward
        .post("/api/v1/visits", visit.clone())
        .await
        .expect(201);
    visit["id"] = json!(Uuid::now_v7());
    assert_eq!(
        home.steward.post("/api/v1/visits", visit).await.refused(409),
        "need_already_collected"
    );
    let log = home.steward.get("/api/v1/visits").await.expect(200);
    assert_eq!(
        log["items"].as_array().unwrap().len(),
        1,
        "what is refused leaves nothing"
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn photos_of_the_visit_and_of_a_hazard_are_linked_with_it_and_only_ones_own() {
    let home = home().await;
    let (seen, leak) = (Uuid::now_v7(), Uuid::now_v7());
    upload(&home.steward, Some(seen), photo(1)).await;
    upload(&home.steward, Some(leak), photo(2)).await;
    let mut visit = home.visit();
    visit["photos"] = json!([{ "attachment_id": seen, "role": "before" }]);
    visit["checks"]["gas"] = json!({ "result": "hazard", "points": ["hose"] });
    visit["hazards"] = json!([{ "kind": "gas", "severity": "general", "check_point": "hose", "description": "软管龟裂", "photos": [leak] }]);
    let logged = home
        .steward
        .post("/api/v1/visits", visit.clone())
        .await
        .expect(201);
    assert_eq!(
        logged["photos"],
        json!([{ "attachment_id": seen, "role": "before" }])
    );
    assert_eq!(
        home.steward.post("/api/v1/visits", visit).await.expect(201),
        logged
    );
    let hazard = logged["hazards"][0].as_str().unwrap();
    let found = home
        .steward
        .get(&format!("/api/v1/hazards/{hazard}"))
        .await
        .expect(200);
    assert_eq!(
        found["photos"],
        json!([{ "attachment_id": leak, "role": "photo" }])
    );
    let officer = home.city.scoped(Role::Officer, "630104").await;
    let elsewhere = home.city.scoped(Role::Officer, "630102").await;
    for linked in [seen, leak] {
        let path = format!("/api/v1/attachments/{linked}/content");
        assert_eq!(officer.get(&path).await.status.as_u16(), 200);
        assert_eq!(elsewhere.get(&path).await.refused(404), "attachment_not_found");
    }
    let community = logged["community_id"].as_str().unwrap().parse().unwrap();
    let deputy = home.city.steward(&[community]).await;
    let theirs = Uuid::now_v7();
    upload(&deputy, Some(theirs), photo(3)).await;
    for unusable in [theirs, Uuid::now_v7()] {
        let mut visit = home.visit();
        visit["photos"] = json!([{ "attachment_id": unusable, "role": "photo" }]);
        let refused = home.steward.post("/api/v1/visits", visit).await;
        assert_eq!(refused.body["fields"][0]["field"], "photos");
        assert_eq!(refused.refused(422), "invalid");
    }
    home.city.stop().await;
}

#[actix_web::test]
async fn photos_may_come_after_the_visit_from_who_recorded_it_and_more_than_once() {
    let home = home().await;
    let visit = home.visit();
    let logged = home
        .steward
        .post("/api/v1/visits", visit.clone())
        .await
        .expect(201);
    let path = format!("/api/v1/visits/{}/photos", visit["id"].as_str().unwrap());
    let late = Uuid::now_v7();
    let said = json!({ "photos": [{ "attachment_id": late, "role": "photo" }] });
    let refused = home.steward.post(&path, said.clone()).await;
    assert_eq!(refused.body["fields"][0]["field"], "photos");
    assert_eq!(refused.refused(422), "invalid");
    upload(&home.steward, Some(late), photo(1)).await;
    let first = home.steward.post(&path, said.clone()).await.expect(200);
    assert_eq!(first["photos"], said["photos"]);
    assert_eq!(home.steward.post(&path, said.clone()).await.expect(200), first);
    // The visit as it was sent is still the same visit.
    let again = home.steward.post("/api/v1/visits", visit).await.expect(201);
    assert_eq!(again["id"], logged["id"]);
    let signature = json!({ "photos": [{ "attachment_id": late, "role": "signature" }] });
    let refused = home.steward.post(&path, signature).await;
    assert_eq!(refused.body["fields"][0]["field"], "photos[0].role");
    let community = logged["community_id"].as_str().unwrap().parse().unwrap();
    let deputy = home.city.steward(&[community]).await;
    assert_eq!(deputy.post(&path, said).await.refused(403), "forbidden");
    home.city.stop().await;
}

#[actix_web::test]
async fn a_visit_opens_to_everything_that_was_said_and_its_notes_to_those_who_need_them() {
    let home = home().await;
    let mut visit = home.visit();
    visit["note"] = json!("门铃坏了");
    visit["elders"][0]["note"] = json!("膝盖疼");
    visit["elders"][0]["mood"] = json!("low");
    visit["checks"]["water"] = json!({ "result": "not_checked", "points": ["taps"], "reason": "停水" });
    visit["checks"]["fire"] = json!({ "result": "hazard", "points": ["corridor"] });
    visit["hazards"] =
        json!([{ "kind": "fire", "severity": "general", "check_point": "corridor", "description": "杂物" }]);
    visit["needs"] = json!([{ "id": Uuid::now_v7(), "elder_id": home.couple[0], "item_id": item(4), "description": "想订午餐" }]);
    let id = home.steward.post("/api/v1/visits", visit).await.expect_id(201);
    let path = format!("/api/v1/visits/{id}");
    let officer = home.city.scoped(Role::Officer, "6301").await;
    for person in [&home.steward, &officer] {
        let said = person.get(&path).await.expect(200);
        assert_eq!(
            said["checks"]["water"],
            json!({ "result": "not_checked", "points": ["taps"], "reason": "停水" })
        );
        assert_eq!(said["note"], "门铃坏了");
        let elders = said["elders"].as_array().unwrap();
        let first = elders
            .iter()
            .find(|e| e["elder_id"] == home.couple[0].to_string())
            .unwrap();
        assert_eq!(
            *first,
            json!({ "elder_id": home.couple[0], "condition": "good", "diet": "regular", "mood": "low", "note": "膝盖疼" })
        );
        assert_eq!(said["needs_collected"][0]["description"], "想订午餐");
        assert_eq!(said["hazards_found"][0]["check_point"], "corridor");
        assert_eq!(said["position"], "at_door");
    }
    let duty = home.city.scoped(Role::Duty, "6301").await;
    let said = duty.get(&path).await.expect(200);
    assert_eq!(said["note"], Value::Null);
    assert!(
        said["elders"]
            .as_array()
            .unwrap()
            .iter()
            .all(|e| e["note"].is_null())
    );
    let auditor = home.city.scoped(Role::Auditor, "6301").await;
    assert_eq!(auditor.get(&path).await.refused(403), "forbidden");
    let read: i64 = count(
        &home,
        "SELECT count(*) AS n FROM audit_entries WHERE action = 'visits.read' AND elder_id IS NOT NULL",
    )
    .await;
    assert_eq!(read, 6, "three readers, two elders each");
    home.city.stop().await;
}

/// Counts rows, after the audit trail has caught up.
pub async fn count(home: &Home, sql: &'static str) -> i64 {
    home.city.service.state.trail.append(Vec::new()).await.unwrap();
    let mut conn = home.city.service.state.pool.get().await.unwrap();
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let row: Count = diesel_async::RunQueryDsl::get_result(steward::db::statement(sql), &mut *conn)
        .await
        .unwrap();
    row.n
}

#[actix_web::test]
async fn what_a_visit_must_say_is_said_field_by_field() {
    let home = home().await;
    let cases = [
        ("checks", Value::Null, "checks"),
        ("elders", json!([]), "elders"),
        ("ended_at", json!("2024-01-15T00:29:00Z"), "ended_at"),
        ("started_at", json!("2024-01-16T00:00:00Z"), "started_at"),
        (
            "checks",
            json!({ "gas": { "result": "hazard" }, "electric": safe(), "fire": safe(), "water": safe() }),
            "checks.gas",
        ),
        (
            "checks",
            json!({ "gas": { "result": "not_checked" }, "electric": safe(), "fire": safe(), "water": safe() }),
            "checks.gas.reason",
        ),
        (
            "hazards",
            json!([{ "kind": "gas", "severity": "major", "check_point": "leak_test", "description": "漏气" }]),
            "hazards[0].measure",
        ),
        ("check_in", json!({ "position": "at_door" }), "check_in"),
    ];
    for (field, value, named) in cases {
        let mut visit = home.visit();
        visit[field] = value;
        let refused = home.steward.post("/api/v1/visits", visit).await;
        assert_eq!(refused.status.as_u16(), 422, "{field}");
        let fields: Vec<_> = refused.body["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["field"].as_str().unwrap().to_owned())
            .collect();
        assert!(fields.iter().any(|f| f == named), "{named} not in {fields:?}");
    }
    let neighbour = home
        .city
        .elder(
            home.city
                .household(home.city.community("630104002000").await, "9", "901")
                .await,
        )
        .await;
    let mut visit = home.visit();
    visit["elders"][0]["elder_id"] = json!(neighbour);
    let refused = home.steward.post("/api/v1/visits", visit).await;
    assert_eq!(refused.body["fields"][0]["field"], "elders");
    assert_eq!(home.owed().await, 1);
    home.city.stop().await;
}

#[actix_web::test]
async fn a_visit_is_logged_and_seen_in_its_area_alone() {
    let home = home().await;
    let elsewhere = home
        .city
        .steward(&[home.city.community("630102001000").await])
        .await;
    assert_eq!(
        elsewhere.post("/api/v1/visits", home.visit()).await.refused(404),
        "household_not_found"
    );
    let id = home
        .steward
        .post("/api/v1/visits", home.visit())
        .await
        .expect_id(201);
    let path = format!("/api/v1/visits/{id}");
    assert_eq!(elsewhere.get(&path).await.refused(404), "visit_not_found");
    assert_eq!(
        home.city
            .scoped(Role::Officer, "630102")
            .await
            .get(&path)
            .await
            .refused(404),
        "visit_not_found"
    );
    home.city
        .scoped(Role::Officer, "630104")
        .await
        .get(&path)
        .await
        .expect(200);
    home.city.stop().await;
}

#[actix_web::test]
async fn a_phone_whose_clock_is_two_days_off_logs_the_visit_at_its_true_time() {
    let home = home().await;
    let mut visit = home.visit();
    for field in ["started_at", "ended_at", "device_now"] {
        let at: chrono::DateTime<chrono::Utc> = visit[field].as_str().unwrap().parse().unwrap();
        visit[field] = json!(at + Duration::days(2));
    }
    let logged = home.steward.post("/api/v1/visits", visit).await.expect(201);
    assert_eq!(logged["started_at"], "2024-01-15T00:30:00Z");
    assert_eq!(home.owed().await, 0);
    home.city.stop().await;
}

#[actix_web::test]
async fn a_declined_visit_excuses_the_week_and_a_shut_door_owes_another_within_a_day_and_becomes_an_emergency()
 {
    let home = home().await;
    home.steward
        .post("/api/v1/visits", home.unmet("no_answer"))
        .await
        .expect(201);
    let worklist = home.steward.get("/api/v1/obligations").await.expect(200);
    assert_eq!(worklist["items"].as_array().unwrap().len(), 2);
    assert_eq!(worklist["items"][0]["reasons"], json!(["no_answer"]));
    let duty = home.city.scoped(Role::Duty, "6301").await;
    home.city.service.run_jobs().await;
    assert_eq!(
        duty.get("/api/v1/emergencies").await.expect(200)["items"],
        json!([])
    );
    home.city.advance(Duration::minutes(121));
    home.city.service.run_jobs().await;
    let raised = duty.get("/api/v1/emergencies").await.expect(200);
    assert_eq!(raised["items"][0]["household_id"], home.household.to_string());
    let id = raised["items"][0]["id"].as_str().unwrap();
    let acknowledge = format!("/api/v1/emergencies/{id}/acknowledge");
    assert_eq!(
        duty.post(&acknowledge, json!({})).await.expect(200)["status"],
        "acknowledged"
    );
    assert_eq!(
        duty.post(&acknowledge, json!({})).await.refused(409),
        "emergency_not_raised"
    );
    let mut declined = home.unmet("refused");
    declined["started_at"] = json!(home.city.service.state.clock.now());
    declined["ended_at"] = declined["started_at"].clone();
    home.steward.post("/api/v1/visits", declined).await.expect(201);
    assert_eq!(home.owed().await, 0);
    home.city.stop().await;
}
