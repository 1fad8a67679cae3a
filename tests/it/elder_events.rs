//! What happened to an elder owes a visit within a day; who is in hospital, away or declines owes none, and does again when back.

use crate::{
    statistics::counts,
    visits::{Home, count, home},
};
use chrono::Duration;
use serde_json::{Value, json};
use uuid::Uuid;

fn event(home: &Home, kind: &str, at: &str) -> Value {
    json!({ "id": Uuid::now_v7(), "kind": kind, "occurred_at": at, "device_now": home.city.service.state.clock.now(), "note": "卫生间滑倒" })
}

async fn lines(home: &Home) -> Vec<Value> {
    home.steward.get("/api/v1/obligations").await.expect(200)["items"]
        .as_array()
        .unwrap()
        .clone()
}

fn periods(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| match line["period"].as_str().unwrap() {
            event if event.starts_with("event:") => "event",
            period => period,
        })
        .collect()
}

impl Home {
    async fn happened(&self, elder: Uuid, event: Value) -> Value {
        let path = format!("/api/v1/elders/{elder}/events");
        self.steward.post(&path, event).await.expect(201)
    }

    async fn events(&self, elder: Uuid) -> Vec<Value> {
        let path = format!("/api/v1/elders/{elder}/events");
        self.steward.get(&path).await.expect(200)["items"]
            .as_array()
            .unwrap()
            .clone()
    }

    async fn status(&self, elder: Uuid, status: Value) {
        let path = format!("/api/v1/elders/{elder}/status");
        self.steward.post(&path, status).await.expect(200);
        self.city.service.run_jobs().await;
    }
}

#[actix_web::test]
async fn a_fall_owes_a_visit_within_a_day_whose_note_is_sealed_and_the_visit_makes_it_done() {
    let home = home().await;
    let [elder, _] = home.couple;
    let path = format!("/api/v1/elders/{elder}/events");
    let fall = event(&home, "fall", "2024-01-15T00:00:00Z");
    let told = home.happened(elder, fall.clone()).await;
    assert_eq!(
        (&told["status"], &told["due_at"], &told["note"]),
        (
            &json!("owed"),
            &json!("2024-01-16T01:00:00Z"),
            &json!("卫生间滑倒")
        )
    );
    let plain = "SELECT count(*) AS n FROM elder_events WHERE note_sealed LIKE '%滑倒%'";
    assert_eq!(count(&home, plain).await, 0);
    // Sent again it is the same event; the id of it stands for no other.
    assert_eq!(home.happened(elder, fall.clone()).await, told);
    let mut other = fall;
    other["kind"] = json!("illness");
    assert_eq!(
        home.steward.post(&path, other).await.refused(409),
        "elder_event_already_recorded"
    );
    let owed = lines(&home).await;
    assert_eq!(periods(&owed), ["event", "2024-W03"]);
    assert_eq!(owed[0]["reasons"], json!(["fall", "living_alone"]));
    assert_eq!(owed[0]["risk"], 55);
    let visit = home.visit();
    let id = home.steward.post("/api/v1/visits", visit).await.expect_id(201);
    assert_eq!(lines(&home).await, Vec::<Value>::new());
    let events = home.events(elder).await;
    assert_eq!(events.len(), 1);
    assert_eq!(
        (&events[0]["status"], &events[0]["visit_id"]),
        (&json!("done"), &json!(id))
    );
    let timeline = home
        .steward
        .get(&format!("/api/v1/elders/{elder}/timeline"))
        .await
        .expect(200);
    let kinds: Vec<_> = timeline["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["kind"])
        .collect();
    assert!(kinds.contains(&&json!("event")), "{kinds:?}");
    home.city.stop().await;
}

#[actix_web::test]
async fn a_visit_that_came_in_before_the_event_is_the_visit_and_one_from_before_it_is_not() {
    let home = home().await;
    let [elder, partner] = home.couple;
    home.steward
        .post("/api/v1/visits", home.visit())
        .await
        .expect(201);
    let before = home
        .happened(elder, event(&home, "fall", "2024-01-15T00:10:00Z"))
        .await;
    assert_eq!(before["status"], "done");
    let after = home
        .happened(partner, event(&home, "bereavement", "2024-01-15T00:40:00Z"))
        .await;
    assert_eq!(after["status"], "owed");
    home.city.stop().await;
}

#[actix_web::test]
async fn an_event_lies_neither_in_the_future_nor_long_ago_nor_in_another_area() {
    let home = home().await;
    let [elder, _] = home.couple;
    let path = format!("/api/v1/elders/{elder}/events");
    for at in ["2024-01-15T02:00:00Z", "2023-12-15T00:00:00Z"] {
        let refused = home
            .steward
            .post(&path, event(&home, "fall", at))
            .await
            .expect(422);
        assert_eq!(refused["fields"][0]["field"], "occurred_at", "{at}");
    }
    let east = home.city.community("630102001000").await;
    let stranger = home.city.steward(&[east]).await;
    let fall = event(&home, "fall", "2024-01-15T00:00:00Z");
    assert_eq!(stranger.post(&path, fall).await.refused(404), "elder_not_found");
    assert_eq!(stranger.get(&path).await.refused(404), "elder_not_found");
    home.city.stop().await;
}

#[actix_web::test]
async fn an_event_is_done_excused_with_its_elder_or_missed_and_its_figure_opens_to_it() {
    let home = home().await;
    let [elder, partner] = home.couple;
    let officer = home.city.scoped(steward::tx::Role::Officer, "6301").await;
    home.happened(elder, event(&home, "fall", "2024-01-15T00:00:00Z"))
        .await;
    home.steward
        .post("/api/v1/visits", home.visit())
        .await
        .expect(201);
    home.happened(elder, event(&home, "illness", "2024-01-15T00:40:00Z"))
        .await;
    home.happened(partner, event(&home, "unreachable", "2024-01-15T00:45:00Z"))
        .await;
    // One of the couple goes to hospital: what the other's event owes stays.
    home.status(elder, json!({ "status": "in_hospital", "since": "2024-01-15" }))
        .await;
    let illness = &home.events(elder).await[0];
    assert_eq!(
        (&illness["kind"], &illness["status"], &illness["excuse"]),
        (&json!("illness"), &json!("excused"), &json!("in_hospital"))
    );
    // Of somebody who is in hospital already: excused at once.
    let fall = home
        .happened(elder, event(&home, "fall", "2024-01-15T00:50:00Z"))
        .await;
    assert_eq!(
        (&fall["status"], &fall["excuse"]),
        (&json!("excused"), &json!("in_hospital"))
    );
    assert_eq!(home.events(partner).await[0]["status"], "owed");
    let figure = async || {
        let path = "/api/v1/statistics/indicators/event_rate";
        let figure = officer.get(&format!("{path}?month=2024-01")).await.expect(200);
        let list = officer
            .get(&format!("{path}/records?month=2024-01"))
            .await
            .expect(200);
        let records = list["items"].as_array().unwrap();
        let of = |counts: bool, excused: bool| {
            let held = |r: &&Value| r["counts"] == counts && r["excused"] == excused;
            i64::try_from(records.iter().filter(held).count()).unwrap()
        };
        let told = counts(&figure);
        let opened = (
            of(true, false),
            Some(of(true, false) + of(false, false)),
            Some(of(false, true)),
        );
        assert_eq!(told, opened);
        told
    };
    // Nothing is judged before its grace is over.
    assert_eq!(figure().await, (0, Some(0), Some(0)));
    home.city.advance(Duration::hours(24 + 48 + 24));
    home.city.service.run_jobs().await;
    assert_eq!(home.events(partner).await[0]["status"], "missed");
    assert_eq!(figure().await, (1, Some(2), Some(2)));
    home.city.stop().await;
}

#[actix_web::test]
async fn coming_back_from_hospital_owes_a_visit_by_itself_also_when_the_expected_day_has_come() {
    let home = home().await;
    let [elder, partner] = home.couple;
    home.status(
        elder,
        json!({ "status": "in_hospital", "since": "2024-01-15", "reason": "骨折" }),
    )
    .await;
    let ward =
        json!({ "status": "in_hospital", "since": "2024-01-15", "until": "2024-01-17", "reason": "肺炎" });
    home.status(partner, ward).await;
    // Both in hospital: what was owed is excused.
    assert_eq!(lines(&home).await, Vec::<Value>::new());
    let excused = "SELECT count(*) AS n FROM obligations WHERE status = 'excused' AND excuse = 'in_hospital'";
    assert_eq!(count(&home, excused).await, 1);
    home.city.advance(Duration::hours(24));
    home.status(elder, json!({ "status": "active", "since": "2024-01-16" }))
        .await;
    assert_eq!(periods(&lines(&home).await), ["event", "2024-W03"]);
    let back = home.events(elder).await;
    assert_eq!(
        (&back[0]["kind"], &back[0]["recorded_by"], &back[0]["status"]),
        (&json!("discharge"), &Value::Null, &json!("owed"))
    );
    // The other's expected day comes with the next midnight.
    home.city.advance(Duration::hours(24));
    for _ in 0..2 {
        home.city.service.run_jobs().await;
        assert_eq!(home.events(partner).await.len(), 1);
    }
    assert_eq!(periods(&lines(&home).await), ["event", "event", "2024-W03"]);
    let file = home
        .steward
        .get(&format!("/api/v1/elders/{partner}"))
        .await
        .expect(200);
    let pauses = file["statuses"].as_array().unwrap();
    assert_eq!(
        (&pauses[0]["status"], &pauses[0]["recorded_by"]),
        (&json!("active"), &Value::Null)
    );
    assert_eq!(
        (
            &pauses[1]["starts_on"],
            &pauses[1]["until"],
            &pauses[1]["ends_on"],
            &pauses[1]["reason"],
            &pauses[1]["recorded_by"]
        ),
        (
            &json!("2024-01-15"),
            &json!("2024-01-17"),
            &json!("2024-01-17"),
            &json!("肺炎"),
            &json!(home.steward.id)
        )
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn what_a_pause_excused_is_owed_again_after_it_unless_hardly_any_time_is_left() {
    let home = home().await;
    let [elder, partner] = home.couple;
    home.status(partner, json!({ "status": "moved", "since": "2024-01-15" }))
        .await;
    for pause in ["away", "declined", "in_institution"] {
        home.status(elder, json!({ "status": pause, "since": "2024-01-15" }))
            .await;
        assert_eq!(lines(&home).await, Vec::<Value>::new(), "{pause}");
        home.status(elder, json!({ "status": "active", "since": "2024-01-15" }))
            .await;
        assert_eq!(periods(&lines(&home).await), ["2024-W03"], "{pause}");
    }
    assert_eq!(home.events(elder).await, Vec::<Value>::new());
    // Back on Sunday morning: the week has less than a day to go.
    home.status(elder, json!({ "status": "away", "since": "2024-01-15" }))
        .await;
    home.city.advance(Duration::days(6));
    home.status(elder, json!({ "status": "active", "since": "2024-01-21" }))
        .await;
    assert_eq!(lines(&home).await, Vec::<Value>::new());
    home.city.stop().await;
}

#[actix_web::test]
async fn a_visit_declined_at_the_door_is_not_owed_again_by_a_change_in_the_file() {
    let home = home().await;
    home.steward
        .post("/api/v1/visits", home.unmet("refused"))
        .await
        .expect(201);
    assert_eq!(home.owed().await, 0);
    let [elder, _] = home.couple;
    home.status(elder, json!({ "status": "away", "since": "2024-01-15" }))
        .await;
    home.status(elder, json!({ "status": "active", "since": "2024-01-15" }))
        .await;
    assert_eq!(home.owed().await, 0);
    home.city.stop().await;
}

#[actix_web::test]
async fn a_pause_is_prolonged_and_keeps_what_was_expected_before() {
    let home = home().await;
    let [elder, _] = home.couple;
    let path = format!("/api/v1/elders/{elder}");
    let ward = |until: &str| json!({ "status": "in_hospital", "since": "2024-01-15", "until": until, "reason": "住院" });
    home.status(elder, ward("2024-01-17")).await;
    let same = home
        .steward
        .post(&format!("{path}/status"), ward("2024-01-17"))
        .await;
    assert_eq!(same.refused(409), "elder_status_not_possible");
    home.city.advance(Duration::hours(1));
    home.status(elder, ward("2024-01-20")).await;
    home.city.advance(Duration::days(3));
    home.city.service.run_jobs().await;
    let file = home.steward.get(&path).await.expect(200);
    assert_eq!(
        (&file["status"], &file["status_since"], &file["status_until"]),
        (&json!("in_hospital"), &json!("2024-01-15"), &json!("2024-01-20"))
    );
    let untils: Vec<_> = file["statuses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["until"])
        .collect();
    assert_eq!(untils, [&json!("2024-01-20"), &json!("2024-01-17")]);
    home.city.stop().await;
}
