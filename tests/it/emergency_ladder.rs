//! The ladder of an emergency, the answer and its deadlines, 120, and what is ordered for it.

use crate::{
    attachments::{photo, upload},
    roster::shift,
    support::{Person, TestCity},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use steward::{
    app,
    db::statement,
    jobs::{self, NewJob, Worker},
    tx::Role,
};
use uuid::Uuid;

/// A community, and everybody whom an emergency there may be said to.
struct Night {
    city: TestCity,
    community: Uuid,
    household: Uuid,
    elder: Uuid,
    steward: Person,
    officer: Person,
    district: Person,
    bureau: Person,
}

async fn night() -> Night {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let steward = city.steward(&[community]).await;
    let household = city.household(community, "1", "101").await;
    let elder = city.elder(household).await;
    Night {
        community,
        household,
        elder,
        steward,
        officer: city.scoped(Role::Officer, "6301").await,
        district: city.scoped(Role::Duty, "630104").await,
        bureau: city.scoped(Role::Duty, "6301").await,
        city,
    }
}

impl Night {
    fn now(&self) -> DateTime<Utc> {
        self.city.service.state.clock.now()
    }

    /// Both desks are on duty for a week.
    async fn roster(&self) {
        for (person, division) in [(&self.district, "630104"), (&self.bureau, "6301")] {
            let body = shift(person, division, self.now(), 7 * 24);
            self.officer.post("/api/v1/duty-shifts", body).await.expect(201);
        }
    }

    async fn deputy(&self) -> Person {
        self.city.steward(&[self.community]).await
    }

    /// One tap; the emergency's address.
    async fn raise(&self, extra: Value) -> String {
        let mut tap = json!({ "id": Uuid::now_v7(), "household_id": self.household });
        tap.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        let id = self.steward.post("/api/v1/emergencies", tap).await.expect_id(201);
        format!("/api/v1/emergencies/{id}")
    }

    /// Time goes on by so many seconds, and the worker works.
    async fn pass(&self, seconds: i64) {
        self.city.advance(Duration::seconds(seconds));
        self.city.service.run_jobs().await;
    }

    /// To whom it was said: what happened, rung, reason, to how many.
    async fn said(&self, path: &str) -> Vec<(String, String, String, usize)> {
        let seen = self.bureau.get(path).await.expect(200);
        let text = |v: &Value| v.as_str().unwrap().to_owned();
        seen["timeline"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|m| !m["rung"].is_null())
            .map(|m| {
                let to = m["to"].as_array().unwrap().len();
                (text(&m["what"]), text(&m["rung"]), text(&m["reason"]), to)
            })
            .collect()
    }

    /// What somebody was alerted of, the earliest first.
    async fn heard(&self, person: &Person) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Heard {
            #[diesel(sql_type = ty::Text)]
            topic: String,
        }
        let mut conn = self.city.service.state.pool.get().await.unwrap();
        let heard: Vec<Heard> = statement(
            "SELECT a.topic FROM alerts a JOIN alert_recipients r ON r.alert_id = a.id WHERE r.user_id = $1 AND a.subject_kind = 'emergency' \
             AND a.urgency = 'immediate' ORDER BY a.raised_at, a.topic",
        )
        .bind::<ty::Uuid, _>(person.id)
        .load(&mut *conn)
        .await
        .unwrap();
        heard.into_iter().map(|h| h.topic).collect()
    }

    async fn sql(&self, text: String) -> usize {
        let mut conn = self.city.service.state.pool.get().await.unwrap();
        diesel::sql_query(text).execute(&mut *conn).await.unwrap()
    }

    fn step(&self, kind: &str, extra: Value) -> Value {
        let mut step =
            json!({ "id": Uuid::now_v7(), "step": kind, "done_at": self.now(), "device_now": self.now() });
        step.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        step
    }
}

fn line(what: &str, rung: &str, reason: &str, to: usize) -> (String, String, String, usize) {
    (what.to_owned(), rung.to_owned(), reason.to_owned(), to)
}

#[actix_web::test]
async fn it_climbs_in_order_each_rung_once_and_is_said_again_on_the_last_until_somebody_takes_it_up() {
    let night = night().await;
    night.roster().await;
    let deputy = night.deputy().await;
    let path = night.raise(json!({})).await;
    let mut said = vec![line("alerted", "steward", "raised", 1)];
    assert_eq!(night.said(&path).await, said, "in the transaction that raises it");
    night.pass(59).await;
    assert_eq!(night.said(&path).await, said);
    night.pass(1).await;
    said.push(line("alerted", "deputy", "not_acknowledged", 1));
    assert_eq!(night.said(&path).await, said);
    night.pass(0).await;
    assert_eq!(night.said(&path).await, said, "nothing climbs twice");
    // A worker that was away for an hour goes on where the ladder stands, one rung at a time.
    night.pass(3_600).await;
    said.push(line("alerted", "district", "not_acknowledged", 1));
    assert_eq!(night.said(&path).await, said);
    night.pass(60).await;
    said.push(line("alerted", "city", "not_acknowledged", 1));
    assert_eq!(night.said(&path).await, said);
    // On the last rung it is said again, after one minute, two, four.
    for minutes in [1, 2, 4] {
        night.pass(minutes * 60 - 1).await;
        assert_eq!(night.said(&path).await, said);
        night.pass(1).await;
        said.push(line("alerted", "city", "again", 1));
        assert_eq!(night.said(&path).await, said);
    }
    assert_eq!(night.heard(&night.steward).await, ["emergency.raised"]);
    assert_eq!(night.heard(&deputy).await, ["emergency.not_acknowledged"]);
    assert_eq!(night.heard(&night.district).await, ["emergency.not_acknowledged"]);
    let again = "emergency.again";
    assert_eq!(
        night.heard(&night.bureau).await,
        ["emergency.not_acknowledged", again, again, again]
    );

    let taken = night
        .bureau
        .post(&format!("{path}/acknowledge"), json!({}))
        .await
        .expect(200);
    assert_eq!(taken["rung"], "city");
    night.pass(24 * 3_600).await;
    let reasons: Vec<_> = night
        .said(&path)
        .await
        .into_iter()
        .skip(said.len())
        .map(|s| s.2)
        .collect();
    assert_eq!(
        reasons,
        ["not_under_way", "not_at_door"],
        "what is taken up climbs no more"
    );
    night.city.stop().await;
}

#[actix_web::test]
async fn an_empty_rung_is_passed_over_at_once_and_a_gap_in_the_roster_does_not_silence_the_city() {
    let night = night().await;
    let path = night.raise(json!({})).await;
    night.pass(60).await;
    assert_eq!(
        night.said(&path).await,
        [
            line("alerted", "steward", "raised", 1),
            line("passed_over", "deputy", "not_acknowledged", 0),
            line("passed_over", "district", "not_acknowledged", 0),
            line("alerted", "city", "not_acknowledged", 1),
        ]
    );
    assert_eq!(night.heard(&night.bureau).await, ["emergency.not_acknowledged"]);
    assert_eq!(
        night.heard(&night.district).await,
        [""; 0],
        "a desk that has no shift is not on duty"
    );
    let seen = night.steward.get(&path).await.expect(200);
    assert_eq!(seen["desks"], json!([]));
    night.roster().await;
    let seen = night.steward.get(&path).await.expect(200);
    assert_eq!(
        seen["desks"],
        json!([
            { "division": "630104", "desk": "民政局值班室", "phone": "09716100000" },
            { "division": "6301", "desk": "民政局值班室", "phone": "09716100000" }
        ]),
        "the nearest first"
    );
    night.city.stop().await;
}

#[actix_web::test]
async fn who_is_on_leave_is_not_alerted_and_their_cover_is() {
    let night = night().await;
    let elsewhere = night.city.community("630104002000").await;
    let cover = night.city.steward(&[elsewhere]).await;
    let leave = json!({ "user_id": night.steward.id, "ends_at": night.now() + Duration::days(2), "reason": "病假",
                        "covers": [{ "user_id": cover.id }] });
    night.officer.post("/api/v1/leaves", leave).await.expect(201);
    let tap = json!({ "id": Uuid::now_v7(), "household_id": night.household });
    let id = cover.post("/api/v1/emergencies", tap).await.expect_id(201);
    assert_eq!(
        night.said(&format!("/api/v1/emergencies/{id}")).await,
        [line("alerted", "steward", "raised", 1)]
    );
    assert_eq!(night.heard(&cover).await, ["emergency.raised"]);
    assert_eq!(night.heard(&night.steward).await, [""; 0]);
    night.city.stop().await;
}

#[actix_web::test]
async fn a_repeat_is_said_at_once_to_all_who_know_and_to_the_next_rung() {
    let night = night().await;
    night.roster().await;
    let deputy = night.deputy().await;
    let first = night.raise(json!({})).await;
    night
        .steward
        .post(&format!("{first}/acknowledge"), json!({}))
        .await
        .expect(200);
    let second = night.raise(json!({})).await;
    assert_eq!(
        night.said(&second).await,
        [
            line("alerted", "steward", "repeated", 1),
            line("alerted", "deputy", "repeated", 1)
        ],
        "also when the first was taken up"
    );
    assert_eq!(night.heard(&deputy).await, ["emergency.repeated"]);
    night.pass(60).await;
    assert_eq!(
        night.said(&second).await[2..],
        [line("alerted", "district", "not_acknowledged", 1)],
        "it climbs for itself"
    );
    let third = night.raise(json!({})).await;
    let rungs: Vec<_> = night.said(&third).await.into_iter().map(|s| s.1).collect();
    assert_eq!(rungs, ["steward", "deputy", "district", "city"]);
    assert_eq!(
        night.said(&first).await.len(),
        1,
        "the first is taken up and stays so"
    );
    night.city.stop().await;
}

#[actix_web::test]
async fn each_step_of_the_answer_is_stamped_and_its_deadline_kept() {
    let night = night().await;
    let raised_at = night.now();
    let path = night.raise(json!({})).await;
    let steps = format!("{path}/steps");
    let early = night.step("under_way", json!({}));
    assert_eq!(
        night.steward.post(&steps, early).await.refused(409),
        "emergency_not_acknowledged"
    );
    night.city.advance(Duration::seconds(30));
    let taken = night
        .steward
        .post(&format!("{path}/acknowledge"), json!({}))
        .await
        .expect(200);
    let minute = |n| json!(raised_at + Duration::minutes(n));
    assert_eq!(
        [
            &taken["acknowledge_due_at"],
            &taken["under_way_due_at"],
            &taken["arrive_due_at"]
        ],
        [&minute(1), &minute(5), &minute(15)]
    );
    night.pass(269).await;
    assert_eq!(night.said(&path).await.len(), 1);
    night.pass(1).await;
    assert_eq!(
        night.said(&path).await[1..],
        [line("alerted", "steward", "not_under_way", 1)]
    );
    assert_eq!(
        night.heard(&night.steward).await,
        ["emergency.raised", "emergency.not_under_way"]
    );
    // Set out a minute ago, by a phone that is an hour ahead, from outside the compound: 30 minutes to the door.
    let mut out = night.step("under_way", json!({ "from_outside": true }));
    out["done_at"] = json!(night.now() + Duration::minutes(59));
    out["device_now"] = json!(night.now() + Duration::hours(1));
    let first = night.steward.post(&steps, out.clone()).await.expect(201);
    assert_eq!(
        (
            &first["done_at"],
            &first["received_at"],
            &first["device_offset_ms"]
        ),
        (
            &json!(night.now() - Duration::minutes(1)),
            &json!(night.now()),
            &json!(3_600_000)
        )
    );
    night.city.advance(Duration::seconds(1));
    let mut again = out.clone();
    again["device_now"] = json!(night.now() + Duration::hours(1));
    assert_eq!(night.steward.post(&steps, again).await.expect(201), first);
    let mut other = out.clone();
    other["from_outside"] = json!(false);
    assert_eq!(
        night.steward.post(&steps, other).await.refused(409),
        "emergency_step_already_taken"
    );
    let seen = night.steward.get(&path).await.expect(200);
    assert_eq!(
        (&seen["arrive_due_at"], &seen["under_way_at"]),
        (&minute(30), &first["done_at"])
    );
    night.pass(15 * 60).await;
    assert_eq!(night.said(&path).await.len(), 2, "15 minutes are not theirs");
    night.pass(10 * 60).await;
    assert_eq!(
        night.said(&path).await[2..],
        [line("alerted", "steward", "not_at_door", 1)]
    );
    let door = night.step("at_door", json!({}));
    night.bureau.post(&steps, door.clone()).await.expect(201);
    let nonsense = night.step("at_door", json!({ "from_outside": true }));
    let refused = night.steward.post(&steps, nonsense).await;
    assert_eq!(refused.body["fields"][0]["field"], "from_outside");
    let mut ahead = night.step("at_door", json!({}));
    ahead["done_at"] = json!(night.now() + Duration::hours(1));
    assert_eq!(night.steward.post(&steps, ahead).await.refused(422), "invalid");
    let elsewhere = night.city.scoped(Role::Duty, "630102").await;
    assert_eq!(
        elsewhere
            .post(&steps, night.step("at_door", json!({})))
            .await
            .refused(404),
        "emergency_not_found"
    );
    let seen = night.steward.get(&path).await.expect(200);
    assert_eq!(seen["arrived_at"], door["done_at"]);
    let answers: Vec<_> = seen["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|m| m["what"] == "answer")
        .map(|m| (m["answer"].as_str().unwrap(), m["by"].as_str().unwrap()))
        .collect();
    assert_eq!(
        answers,
        [
            ("under_way", night.steward.id.to_string().as_str()),
            ("at_door", night.bureau.id.to_string().as_str())
        ]
    );
    night.pass(24 * 3_600).await;
    assert_eq!(night.said(&path).await.len(), 3, "each is said once");
    night.city.stop().await;
}

#[actix_web::test]
async fn what_a_phone_sends_after_the_end_counts_by_when_it_was_done() {
    let night = night().await;
    let path = night.raise(json!({})).await;
    night
        .steward
        .post(&format!("{path}/acknowledge"), json!({}))
        .await
        .expect(200);
    let done_at = night.now() + Duration::minutes(8);
    night.city.advance(Duration::hours(24));
    let now = night.now();
    let visit = json!({ "id": Uuid::now_v7(), "household_id": night.household, "purposes": ["needs"], "outcome": "met", "started_at": now,
                        "ended_at": now, "device_now": now,
                        "check_in": { "position": "at_door", "latitude": 36.62, "longitude": 101.77, "accuracy_m": 12.0 },
                        "elders": [{ "elder_id": night.elder, "condition": "good", "diet": "regular", "mood": "calm" }], "form_version": 1 });
    let visit = night.steward.post("/api/v1/visits", visit).await.expect_id(201);
    night
        .steward
        .post(&format!("{path}/close"), json!({ "visit_id": visit }))
        .await
        .expect(200);
    let steps = format!("{path}/steps");
    let mut late = night.step("at_door", json!({}));
    assert_eq!(
        night.steward.post(&steps, late.clone()).await.refused(409),
        "emergency_closed"
    );
    late["done_at"] = json!(done_at);
    night.steward.post(&steps, late).await.expect(201);
    let seen = night.steward.get(&path).await.expect(200);
    assert_eq!(seen["arrived_at"], json!(done_at));
    night.pass(3_600).await;
    assert_eq!(night.said(&path).await.len(), 1, "what is closed is not late");
    night.city.stop().await;
}

#[actix_web::test]
async fn with_a_life_at_risk_120_comes_first_and_what_was_said_is_sealed() {
    let night = night().await;
    night.city.provider(&["emergency"]).await;
    let path = night.raise(json!({})).await;
    let steps = format!("{path}/steps");
    let risk = night.step("life_at_risk", json!({}));
    night.steward.post(&steps, risk.clone()).await.expect(201);
    night.steward.post(&steps, risk).await.expect(201);
    assert_eq!(
        night.heard(&night.steward).await,
        ["emergency.life_at_risk", "emergency.raised"],
        "once, in one instant with the tap"
    );
    let transport = json!({ "id": Uuid::now_v7(), "elder_id": night.elder, "kind": "transport", "description": "需轮椅" });
    let services = format!("{path}/services");
    assert_eq!(
        night
            .steward
            .post(&services, transport.clone())
            .await
            .refused(409),
        "ambulance_first"
    );
    let unsaid = night.step("ambulance_called", json!({}));
    let refused = night.steward.post(&steps, unsaid).await;
    assert_eq!(refused.body["fields"][0]["field"], "ambulance.caller");
    let ambulance = json!({ "caller": "family", "vehicle": "青A120示例", "said": "胸痛，意识清楚" });
    let called = night.step("ambulance_called", json!({ "ambulance": ambulance }));
    let told = night.steward.post(&steps, called).await.expect(201);
    assert_eq!(
        told["ambulance"],
        json!({ "caller": "family", "vehicle": "青A120示例", "hospital": null, "said": "胸痛，意识清楚" })
    );
    night.steward.post(&services, transport).await.expect(201);
    let over = night.step(
        "handed_over",
        json!({ "ambulance": { "hospital": "示例人民医院" } }),
    );
    night.steward.post(&steps, over).await.expect(201);
    let seen = night.bureau.get(&path).await.expect(200);
    assert_eq!(
        (&seen["life_at_risk"], &seen["ambulance_called_at"]),
        (&json!(true), &json!(night.now()))
    );
    let kinds: Vec<_> = seen["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["step"].as_str().unwrap())
        .collect();
    assert_eq!(kinds.len(), 3);
    assert!(kinds.contains(&"handed_over"));
    assert!(seen["steps"].to_string().contains("胸痛") && seen["steps"].to_string().contains("示例人民医院"));
    let bare = night
        .sql("UPDATE emergency_steps SET step = step WHERE said_sealed LIKE '%胸痛%'".to_owned())
        .await;
    let sealed = night
        .sql("UPDATE emergency_steps SET step = step WHERE said_sealed IS NOT NULL".to_owned())
        .await;
    assert_eq!((bare, sealed), (0, 1));
    // An emergency that is one of life from its first tap says so in its first alert.
    let grave = night.raise(json!({ "life_at_risk": true })).await;
    let id = grave.rsplit('/').next().unwrap();
    let alerted = night
        .sql(format!(
            "UPDATE alerts SET topic = topic WHERE subject_id = '{id}' AND (detail->>'life_at_risk')::boolean"
        ))
        .await;
    assert_eq!(alerted, 1);
    night.city.stop().await;
}

#[actix_web::test]
async fn transport_and_medicine_go_to_the_nearest_provider_that_is_open_now() {
    let night = night().await;
    let (_, closed, _) = night.city.provider(&["emergency"]).await;
    let (_, far, _) = night.city.provider(&["emergency"]).await;
    let (driver, near, _) = night.city.provider(&["emergency"]).await;
    night
        .sql(format!(
            "UPDATE organisations SET always_open = false WHERE id = '{closed}'"
        ))
        .await;
    // The nearest is 400 metres away and of the city's tier; the farther one cheaper and of the lowest.
    for (organisation, latitude, tier) in [(near, 36.6236, "city"), (far, 36.629, "organisation")] {
        night
            .sql(format!(
                "UPDATE organisations SET latitude = {latitude}, tier = '{tier}' WHERE id = '{organisation}'"
            ))
            .await;
    }
    let path = night.raise(json!({})).await;
    let services = format!("{path}/services");
    let (status, prescription) = upload(&night.steward, None, photo(7)).await;
    assert_eq!(status, 201);
    let (_, others) = upload(&driver, None, photo(8)).await;
    let medicine = |elder: Uuid, photos: Value| json!({ "id": Uuid::now_v7(), "elder_id": elder, "kind": "medicine", "description": "降压药", "prescription": photos });
    let photo = &prescription["id"];
    let elsewhere = night.city.household(night.community, "9", "901").await;
    let neighbour = night.city.elder(elsewhere).await;
    for (body, field) in [
        (medicine(night.elder, json!([])), "prescription"),
        (medicine(night.elder, json!([others["id"]])), "prescription"),
        (medicine(night.elder, json!([photo, photo])), "prescription"),
        (medicine(neighbour, json!([photo])), "elder_id"),
    ] {
        let refused = night.steward.post(&services, body).await;
        assert_eq!(refused.body["fields"][0]["field"], field);
        assert_eq!(refused.refused(422), "invalid");
    }
    let wanted = medicine(night.elder, json!([photo]));
    let made = night.steward.post(&services, wanted.clone()).await.expect(201);
    assert_eq!(
        night.steward.post(&services, wanted.clone()).await.expect(201),
        made
    );
    let mut other = wanted.clone();
    (other["kind"], other["prescription"]) = (json!("transport"), json!([]));
    assert_eq!(
        night.steward.post(&services, other).await.refused(409),
        "order_already_requested"
    );
    assert_eq!(
        (&made["order"]["status"], &made["order"]["item_code"]),
        (&json!("offered"), &json!("emergency"))
    );
    let order = format!("/api/v1/orders/{}", made["order"]["id"].as_str().unwrap());
    let candidates = night
        .steward
        .get(&format!("{order}/candidates"))
        .await
        .expect(200);
    let ranked: Vec<_> = candidates
        .as_array()
        .unwrap()
        .iter()
        .map(|c| {
            (
                c["organisation_id"].clone(),
                c["rank"].clone(),
                c["obstacles"].clone(),
            )
        })
        .collect();
    assert_eq!(
        ranked,
        [
            (json!(near), json!(1), json!([])),
            (json!(far), json!(2), json!([])),
            (json!(closed), Value::Null, json!(["closed_now"]))
        ]
    );
    // The prescription is read by whoever has the order, and by nobody before.
    let seen = format!("/api/v1/attachments/{}", photo.as_str().unwrap());
    assert_eq!(driver.get(&seen).await.refused(404), "attachment_not_found");
    driver
        .post(&format!("{order}/accept"), json!({}))
        .await
        .expect(200);
    driver.get(&seen).await.expect(200);
    let file = night.bureau.get(&path).await.expect(200);
    assert_eq!(
        (
            &file["services"][0]["kind"],
            &file["services"][0]["organisation_id"],
            &file["services"][0]["status"]
        ),
        (&json!("medicine"), &json!(near), &json!("accepted"))
    );
    assert_eq!(file["services"].as_array().unwrap().len(), 1);
    let ordered = file["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|m| m["what"] == "service_ordered" && m["service"] == "medicine")
        .count();
    assert_eq!(ordered, 1);
    night.city.stop().await;
}

#[actix_web::test]
async fn a_service_that_nobody_can_give_is_said_to_all_who_know() {
    let night = night().await;
    let path = night.raise(json!({})).await;
    let transport = json!({ "id": Uuid::now_v7(), "elder_id": night.elder, "kind": "transport", "description": "需担架" });
    let made = night
        .bureau
        .post(&format!("{path}/services"), transport)
        .await
        .expect(201);
    assert_eq!(made["order"]["status"], "unmet");
    assert_eq!(
        night.said(&path).await[1..],
        [line("alerted", "steward", "service_unmet", 1)]
    );
    let officer = night.officer.post(&format!("{path}/services"), json!({})).await;
    assert_eq!(officer.refused(403), "forbidden");
    night.city.stop().await;
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = ty::BigInt)]
    said: i64,
}

#[actix_web::test]
async fn it_climbs_while_a_long_job_of_the_city_is_still_running() {
    let night = night().await;
    night.deputy().await;
    let state = &night.city.service.state;
    let began = night.now();
    night.raise(json!({})).await;
    night.city.advance(Duration::seconds(61));
    let mut conn = state.pool.get().await.unwrap();
    for (kind, run_at) in [("tests.nightly", began), ("tests.afterwards", night.now())] {
        let job = NewJob {
            kind,
            dedup_key: None,
            payload: Value::Null,
            run_at,
        };
        jobs::enqueue(&mut conn, state.clock.new_id(), night.now(), job)
            .await
            .unwrap();
    }
    drop(conn);
    // The nightly job, which was due before the rung, ends when the urgent lane has run what is due; then it looks.
    let (afterwards, ran) = tokio::sync::watch::channel(false);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let (saw, seen) = tokio::sync::watch::channel(0);
    let registry = app::jobs()
        .on("tests.nightly", move |state, _, _| {
            let (mut ran, saw, stop) = (ran.clone(), saw.clone(), stop.clone());
            Box::pin(async move {
                ran.wait_for(|ran| *ran).await.unwrap();
                let mut conn = state.pool.get().await?;
                let count: Count = statement("SELECT count(*) AS said FROM emergency_alerts")
                    .get_result(&mut *conn)
                    .await?;
                saw.send_replace(count.said);
                stop.send_replace(true);
                Ok(())
            })
        })
        .on_urgent("tests.afterwards", move |_, _, _| {
            afterwards.send_replace(true);
            Box::pin(async { Ok(()) })
        });
    let worker = Worker::new(state.clone(), registry);
    tokio::time::timeout(std::time::Duration::from_secs(20), worker.run(stopped))
        .await
        .expect("both run");
    assert_eq!(*seen.borrow(), 2, "raised, and climbed meanwhile");
    night.city.stop().await;
}

#[actix_web::test]
async fn it_climbs_also_when_its_job_was_lost() {
    let night = night().await;
    night.roster().await;
    night.deputy().await;
    night.pass(0).await;
    let path = night.raise(json!({})).await;
    for rungs in 2..=4 {
        let lost = "DELETE FROM jobs WHERE kind = 'emergencies.answer_due'".to_owned();
        assert_eq!(night.sql(lost).await, 1);
        night.pass(60).await;
        assert_eq!(night.said(&path).await.len(), rungs, "each once");
    }
    night
        .steward
        .post(&format!("{path}/acknowledge"), json!({}))
        .await
        .expect(200);
    night.pass(60).await;
    assert_eq!(night.said(&path).await.len(), 4);
    night.city.stop().await;
}

#[actix_web::test]
async fn who_set_out_first_decides_how_long_the_way_may_be_whoever_says_so_first() {
    let night = night().await;
    let raised_at = night.now();
    let minute = |n| json!(raised_at + Duration::minutes(n));
    let path = night.raise(json!({})).await;
    night
        .steward
        .post(&format!("{path}/acknowledge"), json!({}))
        .await
        .expect(200);
    night.pass(240).await;
    let steps = format!("{path}/steps");
    let set_out = |n, from_outside: bool| {
        let mut step = night.step("under_way", json!({ "from_outside": from_outside }));
        step["done_at"] = minute(n);
        step
    };
    let due = async || night.steward.get(&path).await.expect(200)["arrive_due_at"].clone();
    night.bureau.post(&steps, set_out(3, true)).await.expect(201);
    assert_eq!(due().await, minute(30));
    night.pass(13 * 60).await;
    assert_eq!(night.said(&path).await.len(), 1, "15 minutes are not theirs");
    // Somebody inside had set out before, and their phone sends it only now: they are late already.
    night.steward.post(&steps, set_out(2, false)).await.expect(201);
    assert_eq!(due().await, minute(15));
    night.pass(0).await;
    assert_eq!(
        night.said(&path).await[1..],
        [line("alerted", "steward", "not_at_door", 1)]
    );
    night.bureau.post(&steps, set_out(1, true)).await.expect(201);
    assert_eq!(due().await, minute(30));
    night.steward.post(&steps, set_out(4, false)).await.expect(201);
    assert_eq!(due().await, minute(30));
    night.city.stop().await;
}

#[actix_web::test]
async fn a_service_that_finds_nobody_later_is_said_once_to_all_who_know() {
    let night = night().await;
    night.city.provider(&["emergency"]).await;
    let path = night.raise(json!({})).await;
    night
        .steward
        .post(&format!("{path}/acknowledge"), json!({}))
        .await
        .expect(200);
    let services = format!("{path}/services");
    let order = async |status: &str| {
        let transport = json!({ "id": Uuid::now_v7(), "elder_id": night.elder, "kind": "transport", "description": "需担架" });
        let made = night.steward.post(&services, transport).await.expect(201);
        assert_eq!(made["order"]["status"], status);
        format!("/api/v1/orders/{}", made["order"]["id"].as_str().unwrap())
    };
    let stalled = async || {
        let said = night.said(&path).await;
        said.iter().filter(|s| s.2 == "service_unmet").count()
    };
    let first = order("offered").await;
    night.pass(3_600).await;
    assert_eq!(night.steward.get(&first).await.expect(200)["status"], "unmet");
    assert_eq!(stalled().await, 1, "the only offer expired");
    night.pass(3_600).await;
    assert_eq!(stalled().await, 1, "once");
    assert!(
        night
            .heard(&night.steward)
            .await
            .contains(&"emergency.service_unmet".to_owned())
    );

    night.city.provider(&["emergency"]).await;
    let second = order("offered").await;
    night.pass(3_600).await;
    assert_eq!(stalled().await, 1, "it is before the other");
    night.pass(3_600).await;
    assert_eq!(night.steward.get(&second).await.expect(200)["status"], "referred");
    assert_eq!(stalled().await, 2, "two refused: an officer decides");
    night.city.stop().await;
}

#[actix_web::test]
async fn a_service_that_is_given_again_is_shown_by_its_last_round_and_said_when_it_stalls() {
    let night = night().await;
    let (driver, _, worker) = night.city.provider(&["emergency"]).await;
    let path = night.raise(json!({})).await;
    night
        .steward
        .post(&format!("{path}/acknowledge"), json!({}))
        .await
        .expect(200);
    let transport = json!({ "id": Uuid::now_v7(), "elder_id": night.elder, "kind": "transport", "description": "需担架" });
    let made = night
        .steward
        .post(&format!("{path}/services"), transport)
        .await
        .expect(201);
    let first = made["order"]["id"].as_str().unwrap();
    for (action, body) in [
        ("accept", json!({})),
        (
            "schedule",
            json!({ "worker_id": worker, "scheduled_for": night.now() }),
        ),
        ("start", json!({})),
        ("complete", json!({ "signed_by": "测试老人" })),
    ] {
        let reply = driver
            .post(&format!("/api/v1/orders/{first}/{action}"), body)
            .await;
        assert!(reply.status.is_success(), "{action}: {}", reply.body);
    }
    let service = async || night.steward.get(&path).await.expect(200)["services"].clone();
    let told = service().await;
    assert_eq!(
        (&told[0]["order_id"], &told[0]["round"], &told[0]["status"]),
        (&json!(first), &json!(1), &json!("completed"))
    );
    let survey = json!({ "id": Uuid::now_v7(), "channel": "call", "surveyed_at": night.now(), "device_now": night.now(),
        "answers": { "content": "satisfied", "attitude": "dissatisfied", "quality": "satisfied", "efficiency": "satisfied" },
        "words": "担架没有固定" });
    night
        .steward
        .post(&format!("/api/v1/orders/{first}/follow-ups"), survey)
        .await
        .expect(201);
    let told = service().await;
    assert_eq!(told.as_array().unwrap().len(), 1);
    assert_eq!(
        (&told[0]["round"], &told[0]["status"]),
        (&json!(2), &json!("offered"))
    );
    assert_ne!(told[0]["order_id"], json!(first));
    night.pass(3_600).await;
    assert_eq!(service().await[0]["status"], "unmet");
    let said = night.said(&path).await;
    assert_eq!(said.iter().filter(|s| s.2 == "service_unmet").count(), 1);
    night.pass(3_600).await;
    assert_eq!(night.said(&path).await.len(), said.len(), "once");
    night.city.stop().await;
}
