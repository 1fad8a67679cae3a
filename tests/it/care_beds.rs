//! Family care beds: up the divisions, built and accepted by different hands, served by a plan, looked at until all is right.

use crate::{
    assessments::assessment,
    attachments::{photo, upload},
    support::{Person, TestCity},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use steward::{
    care_beds::model::{CareBedEvent, CareBedKind, replay},
    db::statement,
    tx::Role,
};
use uuid::Uuid;

/// Cleaning, an item of the first menu.
const CLEANING: &str = "018b0000-0000-7000-8000-000000000005";

/// Everybody through whose hands a bed goes.
pub struct Hands {
    pub steward: Person,
    pub subdistrict: Person,
    pub county: Person,
    pub provider: Person,
    pub organisation: Uuid,
    pub now: DateTime<Utc>,
}

/// A photo that this person has uploaded.
pub async fn uploaded(person: &Person) -> Value {
    let (status, taken) = upload(person, None, photo(7)).await;
    assert_eq!(status, 201, "{taken}");
    taken["id"].clone()
}

/// A plan of a handrail and a call button with this organisation.
pub fn plan(organisation: Uuid) -> Value {
    json!({ "organisation_id": organisation, "lines": [{ "measure_code": "handrail", "quantity": 2, "cost_fen": 48_000 },
                                                      { "measure_code": "call_button", "quantity": 1, "cost_fen": 30_000 }] })
}

/// An agreement of the year, with this photo.
pub fn agreement(photo: Value) -> Value {
    json!({ "starts_on": "2024-01-01", "ends_on": "2024-12-31", "signed_by": "测试老人", "signed_on": "2024-01-02", "attachment_id": photo })
}

/// Eight times and 480 minutes of cleaning a month.
pub fn quotas() -> Value {
    json!({ "from_month": "2024-01", "quotas": [{ "item_id": CLEANING, "times": 2, "minutes": 90 }] })
}

/// An inspection at which everything was as it should be.
pub fn inspection(kind: &str, now: DateTime<Utc>) -> Value {
    let points = match kind {
        "building" => vec![
            "devices_present",
            "devices_online",
            "adaptation_matches_plan",
            "call_button",
        ],
        _ => vec![
            "devices_present",
            "devices_online",
            "devices_used",
            "agreement_in_date",
            "service_matches_plan",
            "records_signed",
            "worker_badge",
            "call_button",
        ],
    };
    let points: Vec<Value> = points
        .into_iter()
        .map(|point| json!({ "point": point, "answer": "ok" }))
        .collect();
    let evaluation = (kind == "service").then_some("satisfied");
    json!({ "id": Uuid::now_v7(), "kind": kind, "inspected_at": now, "device_now": now, "points": points, "evaluation": evaluation })
}

/// The same with a call button that does not work, to be mended until a day.
pub fn broken_button(kind: &str, now: DateTime<Utc>, due_on: &str) -> Value {
    let mut told = inspection(kind, now);
    for seen in told["points"].as_array_mut().unwrap() {
        if seen["point"] == "call_button" {
            seen["answer"] = json!("problem");
        }
    }
    told["findings"] =
        json!([{ "id": Uuid::now_v7(), "point": "call_button", "description": "无信号", "due_on": due_on }]);
    told
}

impl Hands {
    pub async fn act(&self, who: &Person, bed: Uuid, action: &str, body: Value) -> Value {
        let path = format!("/api/v1/care-beds/{bed}/{action}");
        let reply = who.post(&path, body).await;
        assert!(reply.status.is_success(), "{action}: {}", reply.body);
        reply.body
    }

    /// A bed, or project, of an elder as far as this.
    pub async fn bed(&self, elder: Uuid, kind: &str, stage: &str) -> Uuid {
        let body = json!({ "id": Uuid::now_v7(), "kind": kind, "elder_id": elder, "wish": "想装扶手" });
        let bed = self.steward.post("/api/v1/care-beds", body).await.expect_id(201);
        let approve = || json!({ "decision": "approve" });
        let stages = [
            "applied",
            "endorsed",
            "approved",
            "assessed",
            "planned",
            "installed",
            "accepted",
            "ready",
            "in_service",
            "suspended",
        ];
        let last = stages
            .iter()
            .position(|s| *s == stage)
            .unwrap_or_else(|| panic!("a bed has no stage {stage}"));
        for step in &stages[1..=last] {
            match *step {
                "endorsed" => self.act(&self.subdistrict, bed, "decide", approve()).await,
                "approved" => self.act(&self.county, bed, "decide", approve()).await,
                "assessed" => {
                    let path = format!("/api/v1/elders/{elder}/assessments");
                    let made = self
                        .steward
                        .post(&path, assessment(self.now, 50))
                        .await
                        .expect_id(201);
                    self.act(&self.steward, bed, "assess", json!({ "assessment_id": made }))
                        .await
                }
                "planned" => {
                    self.act(&self.steward, bed, "plan", plan(self.organisation))
                        .await
                }
                "installed" => {
                    let built = self.installation().await;
                    self.act(&self.provider, bed, "install", built).await
                }
                "accepted" => {
                    self.act(&self.steward, bed, "acceptance", json!({ "passed": true }))
                        .await
                }
                "ready" => {
                    let signed = agreement(uploaded(&self.steward).await);
                    self.act(&self.steward, bed, "agreements", signed).await;
                    self.act(&self.steward, bed, "service-plan", quotas()).await
                }
                "in_service" => self.act(&self.steward, bed, "start", json!({})).await,
                _ => {
                    self.act(&self.steward, bed, "suspend", json!({ "because": "wish" }))
                        .await
                }
            };
        }
        bed
    }

    pub async fn installation(&self) -> Value {
        let taken = uploaded(&self.provider).await;
        json!({ "installed_at": self.now, "device_now": self.now, "photos": [taken], "note": "扶手两处" })
    }
}

/// A community with an elder, and everybody through whose hands a bed goes.
struct Desk {
    city: TestCity,
    household: Uuid,
    elder: Uuid,
    worker: Uuid,
    hands: Hands,
}

async fn desk() -> Desk {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let household = city.household(community, "1", "101").await;
    let elder = city.elder(household).await;
    let (provider, organisation, worker) = city.provider(&["cleaning"]).await;
    let hands = Hands {
        steward: city.steward(&[community]).await,
        subdistrict: city.scoped(Role::Officer, "630104001").await,
        county: city.scoped(Role::Officer, "630104").await,
        provider,
        organisation,
        now: city.service.state.clock.now(),
    };
    // From now on the service looks every hour.
    city.service.run_jobs().await;
    Desk {
        city,
        household,
        elder,
        worker,
        hands,
    }
}

impl Desk {
    fn now(&self) -> DateTime<Utc> {
        self.city.service.state.clock.now()
    }

    async fn bed(&self, stage: &str) -> Uuid {
        self.hands.bed(self.elder, "family_bed", stage).await
    }

    async fn get(&self, who: &Person, bed: Uuid) -> Value {
        who.get(&format!("/api/v1/care-beds/{bed}")).await.expect(200)
    }

    async fn refused(&self, who: &Person, bed: Uuid, action: &str, body: Value, status: u16) -> String {
        let path = format!("/api/v1/care-beds/{bed}/{action}");
        who.post(&path, body).await.refused(status)
    }

    async fn inspect(&self, bed: Uuid, told: Value) -> Value {
        let path = format!("/api/v1/care-beds/{bed}/inspections");
        self.hands.steward.post(&path, told).await.expect(201)
    }

    async fn status(&self, elder_status: &str) {
        let path = format!("/api/v1/elders/{}/status", self.elder);
        let since = self.now().date_naive();
        let body = json!({ "status": elder_status, "since": since, "reason": "测试" });
        self.hands.county.post(&path, body).await.expect(200);
        self.city.advance(Duration::hours(1));
        self.city.service.run_jobs().await;
    }

    /// Every bed is what its events say.
    async fn replays(&self) {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = ty::Text)]
            kind: String,
            #[diesel(sql_type = ty::Jsonb)]
            bed: Value,
            #[diesel(sql_type = ty::Jsonb)]
            events: Value,
        }
        let mut conn = self.city.service.state.pool.get().await.unwrap();
        let rows: Vec<Row> = statement(
            "SELECT b.kind::text AS kind, to_jsonb(b) AS bed, (SELECT jsonb_agg(jsonb_build_array(v.data, v.received_at, v.from_status, v.to_status) \
             ORDER BY v.seq) FROM care_bed_events v WHERE v.bed_id = b.id) AS events FROM care_beds b",
        )
        .load(&mut *conn)
        .await
        .unwrap();
        assert!(!rows.is_empty());
        for row in rows {
            let lines = row.events.as_array().unwrap();
            assert_eq!(json!(lines.len()), row.bed["version"]);
            for (before, after) in lines.iter().zip(&lines[1..]) {
                assert_eq!(before[3], after[2], "{lines:?}");
            }
            let events: Vec<(CareBedEvent, DateTime<Utc>)> = lines
                .iter()
                .map(|l| {
                    let at = l[1].as_str().unwrap().parse().unwrap();
                    (serde_json::from_value(l[0].clone()).unwrap(), at)
                })
                .collect();
            let kind: CareBedKind = serde_json::from_value(row.kind.into()).unwrap();
            let state = replay(kind, &events).unwrap();
            let instant = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp_micros());
            let stored = |field: &str| {
                let at = row.bed[field]
                    .as_str()
                    .map(|t| t.parse::<DateTime<Utc>>().unwrap());
                at.map(|at| at.timestamp_micros())
            };
            assert_eq!(json!(state.status), row.bed["status"]);
            assert_eq!(json!(state.assessment_id), row.bed["assessment_id"]);
            assert_eq!(json!(state.organisation_id), row.bed["organisation_id"]);
            assert_eq!(json!(state.cost_fen), row.bed["cost_fen"]);
            assert_eq!(json!(state.installed.map(|i| i.0)), row.bed["installed_by"]);
            assert_eq!(json!(state.accepted.map(|a| a.0)), row.bed["accepted_by"]);
            assert_eq!(json!(state.suspended_for), row.bed["suspended_for"]);
            assert_eq!(json!(state.ended.map(|e| e.0)), row.bed["ended_for"]);
            assert_eq!(instant(state.installed.map(|i| i.1)), stored("installed_at"));
            assert_eq!(instant(state.accepted.map(|a| a.1)), stored("accepted_at"));
            assert_eq!(instant(state.started_at), stored("started_at"));
            assert_eq!(instant(state.ended.map(|e| e.1)), stored("ended_at"));
        }
    }
}

#[actix_web::test]
async fn an_application_goes_up_the_divisions_and_each_officer_decides_at_their_level_alone() {
    let desk = desk().await;
    let Hands {
        steward,
        subdistrict,
        county,
        ..
    } = &desk.hands;
    let body =
        json!({ "id": Uuid::now_v7(), "kind": "family_bed", "elder_id": desk.elder, "wish": "想装扶手" });
    let bed = steward.post("/api/v1/care-beds", body.clone()).await.expect(201);
    assert_eq!(
        steward.post("/api/v1/care-beds", body.clone()).await.expect(201),
        bed
    );
    assert_eq!(bed["wish"], "想装扶手");
    let plain = statement("SELECT 1 FROM care_beds WHERE wish_sealed LIKE '%扶手%'");
    let mut conn = desk.city.service.state.pool.get().await.unwrap();
    assert_eq!(plain.execute(&mut *conn).await.unwrap(), 0);
    drop(conn);
    let mut other = body.clone();
    other["wish"] = json!("想要护理床");
    let taken = steward.post("/api/v1/care-beds", other.clone()).await;
    assert_eq!(taken.refused(409), "care_bed_already_applied");
    other["id"] = json!(Uuid::now_v7());
    let second = steward.post("/api/v1/care-beds", other).await;
    assert_eq!(second.refused(409), "care_bed_open");
    let id: Uuid = bed["id"].as_str().unwrap().parse().unwrap();
    let say = |decision: &str, reason: &str| json!({ "decision": decision, "reason": reason });
    let city = desk.city.scoped(Role::Officer, "6301").await;
    for early in [county, &city] {
        let code = desk.refused(early, id, "decide", say("approve", ""), 403).await;
        assert_eq!(code, "care_bed_level");
    }
    let elsewhere = desk.city.scoped(Role::Officer, "630104002").await;
    let code = desk
        .refused(&elsewhere, id, "decide", say("approve", ""), 404)
        .await;
    assert_eq!(code, "care_bed_not_found");
    assert_eq!(
        desk.refused(subdistrict, id, "decide", say("return", " "), 422)
            .await,
        "invalid"
    );
    let act = async |who: &Person, action: &str, body: Value| {
        desk.hands.act(who, id, action, body).await["status"].clone()
    };
    assert_eq!(
        act(subdistrict, "decide", say("return", "缺少证明")).await,
        "returned"
    );
    let code = desk
        .refused(subdistrict, id, "decide", say("approve", ""), 409)
        .await;
    assert_eq!(code, "care_bed_state");
    assert_eq!(
        act(steward, "resubmit", json!({ "note": "已补" })).await,
        "applied"
    );
    assert_eq!(act(subdistrict, "decide", say("approve", "")).await, "endorsed");
    let code = desk
        .refused(subdistrict, id, "decide", say("approve", ""), 403)
        .await;
    assert_eq!(code, "care_bed_level", "not both");
    assert_eq!(
        act(county, "decide", say("refuse", "已享受同类补贴")).await,
        "refused"
    );
    // A new application is possible then.
    let again = json!({ "id": Uuid::now_v7(), "kind": "family_bed", "elder_id": desk.elder });
    steward.post("/api/v1/care-beds", again).await.expect(201);
    let events = steward
        .get(&format!("/api/v1/care-beds/{id}/events"))
        .await
        .expect(200);
    let told: Vec<_> = events["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| {
            (
                e["event"]["event"].as_str().unwrap(),
                e["reason"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("applied", ""),
            ("returned", "缺少证明"),
            ("resubmitted", "已补"),
            ("endorsed", ""),
            ("refused", "已享受同类补贴")
        ]
    );
    desk.replays().await;
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_bed_is_assessed_planned_built_accepted_and_served_each_with_its_evidence() {
    let desk = desk().await;
    let Hands {
        steward, provider, ..
    } = &desk.hands;
    let bed = desk.bed("approved").await;
    // Nothing out of turn.
    let code = desk
        .refused(steward, bed, "plan", plan(desk.hands.organisation), 409)
        .await;
    assert_eq!(code, "care_bed_state");
    let stranger = desk.city.elder(desk.household).await;
    let path = format!("/api/v1/elders/{stranger}/assessments");
    let of_another = steward
        .post(&path, assessment(desk.now(), 50))
        .await
        .expect_id(201);
    let code = desk
        .refused(
            steward,
            bed,
            "assess",
            json!({ "assessment_id": of_another }),
            422,
        )
        .await;
    assert_eq!(code, "invalid");
    let path = format!("/api/v1/elders/{}/assessments", desk.elder);
    let own = steward
        .post(&path, assessment(desk.now(), 50))
        .await
        .expect_id(201);
    let assessed = desk
        .hands
        .act(steward, bed, "assess", json!({ "assessment_id": own }))
        .await;
    assert_eq!(
        (&assessed["status"], &assessed["level"]),
        (&json!("assessed"), &json!(2))
    );
    for (field, value) in [
        ("organisation_id", json!(Uuid::now_v7())),
        (
            "lines",
            json!([{ "measure_code": "gold_bath", "quantity": 1, "cost_fen": 1 }]),
        ),
        (
            "lines",
            json!([{ "measure_code": "handrail", "quantity": 1, "cost_fen": 1 }, { "measure_code": "handrail", "quantity": 1, "cost_fen": 1 }]),
        ),
    ] {
        let mut wrong = plan(desk.hands.organisation);
        wrong[field] = value;
        let path = format!("/api/v1/care-beds/{bed}/plan");
        let refused = steward.post(&path, wrong).await;
        assert_eq!(refused.body["fields"][0]["field"], field);
        assert_eq!(refused.refused(422), "invalid");
    }
    let planned = desk
        .hands
        .act(steward, bed, "plan", plan(desk.hands.organisation))
        .await;
    assert_eq!(planned["cost_fen"], 78_000);
    // Another organisation knows of no such bed; a photo must be one's own.
    let (rival, ..) = desk.city.provider(&[]).await;
    let code = desk
        .refused(&rival, bed, "install", desk.hands.installation().await, 404)
        .await;
    assert_eq!(code, "care_bed_not_found");
    let mut foreign = desk.hands.installation().await;
    foreign["photos"] = json!([uploaded(steward).await]);
    assert_eq!(
        desk.refused(provider, bed, "install", foreign, 422).await,
        "invalid"
    );
    let built = desk.hands.installation().await;
    desk.hands.act(provider, bed, "install", built.clone()).await;
    let code = desk
        .refused(steward, bed, "acceptance", json!({ "passed": false }), 422)
        .await;
    assert_eq!(code, "invalid", "a refusal says what was found");
    let mended = json!({ "passed": false, "findings": "扶手松动" });
    assert_eq!(
        desk.hands.act(steward, bed, "acceptance", mended).await["status"],
        "planned"
    );
    desk.hands.act(provider, bed, "install", built).await;
    // Whoever built it in does not accept it, whatever their account has become.
    let mut conn = desk.city.service.state.pool.get().await.unwrap();
    let installer = async |conn: &mut diesel_async::AsyncPgConnection, id: Uuid| {
        statement("UPDATE care_beds SET installed_by = $1 WHERE installed_by IS NOT NULL")
            .bind::<ty::Uuid, _>(id)
            .execute(conn)
            .await
            .unwrap();
    };
    installer(&mut conn, steward.id).await;
    let code = desk
        .refused(steward, bed, "acceptance", json!({ "passed": true }), 403)
        .await;
    assert_eq!(code, "accepted_by_installer");
    installer(&mut conn, provider.id).await;
    drop(conn);
    let accepted = desk
        .hands
        .act(steward, bed, "acceptance", json!({ "passed": true }))
        .await;
    assert_eq!(
        (&accepted["status"], &accepted["accepted_by"]),
        (&json!("accepted"), &json!(steward.id))
    );
    // No service without an agreement that holds and a plan.
    assert_eq!(
        desk.refused(steward, bed, "start", json!({}), 409).await,
        "care_bed_not_ready"
    );
    desk.hands.act(steward, bed, "service-plan", quotas()).await;
    let mut over = agreement(uploaded(steward).await);
    (over["starts_on"], over["ends_on"]) = (json!("2023-10-01"), json!("2024-01-07"));
    desk.hands.act(steward, bed, "agreements", over).await;
    assert_eq!(
        desk.refused(steward, bed, "start", json!({}), 409).await,
        "care_bed_not_ready"
    );
    let signed = agreement(uploaded(steward).await);
    desk.hands.act(steward, bed, "agreements", signed).await;
    assert_eq!(
        desk.hands.act(steward, bed, "start", json!({})).await["status"],
        "in_service"
    );
    let file = desk.get(steward, bed).await;
    assert_eq!(file["plan"].as_array().unwrap().len(), 2);
    assert_eq!(file["agreements"].as_array().unwrap().len(), 2);
    assert_eq!(file["quotas"][0]["times"], 2);
    assert_eq!(file["photos"].as_array().unwrap().len(), 3, "{file}");
    desk.replays().await;
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_provider_sees_its_beds_while_it_builds_or_serves_and_never_what_led_to_them() {
    let desk = desk().await;
    let Hands {
        steward, provider, ..
    } = &desk.hands;
    let bed = desk.bed("assessed").await;
    let path = format!("/api/v1/care-beds/{bed}");
    assert_eq!(provider.get(&path).await.refused(404), "care_bed_not_found");
    desk.hands
        .act(steward, bed, "plan", plan(desk.hands.organisation))
        .await;
    let seen = desk.get(provider, bed).await;
    assert_eq!(
        (&seen["elder_name"], &seen["address"]),
        (&json!("测试老人"), &json!("示例小区 1 1 101"))
    );
    for hidden in ["wish", "applied_by", "assessment_id", "level"] {
        assert_eq!(seen[hidden], Value::Null, "{hidden}");
        assert_ne!(desk.get(steward, bed).await[hidden], Value::Null, "{hidden}");
    }
    let photos = {
        let built = desk.hands.installation().await;
        desk.hands.act(provider, bed, "install", built.clone()).await;
        built["photos"][0].as_str().unwrap().to_owned()
    };
    let photo = format!("/api/v1/attachments/{photos}");
    steward.get(&photo).await.expect(200);
    provider.get(&photo).await.expect(200);
    let (rival, ..) = desk.city.provider(&[]).await;
    assert_eq!(rival.get(&photo).await.refused(404), "attachment_not_found");
    desk.hands
        .act(
            steward,
            bed,
            "end",
            json!({ "because": "wish", "note": "子女接走" }),
        )
        .await;
    let over = desk.get(provider, bed).await;
    for hidden in ["elder_id", "elder_name", "household_id", "address"] {
        assert_eq!(over[hidden], Value::Null, "{hidden}");
    }
    assert_eq!(provider.get(&photo).await.refused(404), "attachment_not_found");
    let of_elder = format!("/api/v1/care-beds?elder={}", desk.elder);
    assert_eq!(provider.get(&of_elder).await.expect(200)["items"], json!([]));
    assert_eq!(
        provider.get("/api/v1/care-beds?status=ended").await.expect(200)["items"][0]["id"],
        json!(bed)
    );
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_provider_counts_its_own_orders_and_reads_nothing_of_the_person_once_the_bed_has_ended() {
    let desk = desk().await;
    let Hands {
        steward, provider, ..
    } = &desk.hands;
    let bed = desk.bed("in_service").await;
    desk.inspect(bed, broken_button("service", desk.now(), "2024-01-20"))
        .await;
    // Another organisation serves the elder too.
    let (rival, of_rival, worker) = desk.city.provider(&["cleaning"]).await;
    let now = desk.now();
    let need = json!({ "id": Uuid::now_v7(), "elder_id": desk.elder, "item_id": CLEANING, "collected_at": now, "device_now": now });
    let need = steward.post("/api/v1/needs", need).await.expect_id(201);
    let order = json!({ "id": Uuid::now_v7(), "need_id": need });
    let order = steward.post("/api/v1/orders", order).await.expect_id(201);
    let act = async |who: &Person, action: &str, body: Value| {
        let path = format!("/api/v1/orders/{order}/{action}");
        let reply = who.post(&path, body).await;
        assert!(reply.status.is_success(), "{action}: {}", reply.body);
    };
    let asked = steward
        .get(&format!("/api/v1/orders/{order}/offers"))
        .await
        .expect(200);
    if asked[0]["organisation_id"] != json!(of_rival) {
        act(provider, "decline", json!({ "reason": "人手不足" })).await;
    }
    act(&rival, "accept", json!({})).await;
    act(
        &rival,
        "schedule",
        json!({ "worker_id": worker, "scheduled_for": now }),
    )
    .await;
    act(&rival, "start", json!({})).await;
    desk.city.advance(Duration::minutes(30));
    act(&rival, "complete", json!({ "signed_by": "测试老人" })).await;
    let usage = format!("/api/v1/care-beds/{bed}/usage?month=2024-01");
    for (person, used) in [(provider, 0), (steward, 1)] {
        let told = person.get(&usage).await.expect(200);
        assert_eq!(told["items"][0]["times_used"], used);
    }
    let of_the_person = async |who: &Person| {
        let file = desk.get(who, bed).await;
        ["agreements", "findings", "photos"].map(|part| file[part].as_array().unwrap().len())
    };
    let whole = of_the_person(steward).await;
    assert!(whole.iter().all(|lines| *lines > 0), "{whole:?}");
    assert_eq!(of_the_person(provider).await, whole);
    let findings = "/api/v1/care-bed-findings";
    let finding = provider.get(findings).await.expect(200)["items"][0]["id"].clone();
    assert!(finding.is_string());
    desk.hands
        .act(steward, bed, "end", json!({ "because": "wish" }))
        .await;
    assert_eq!(of_the_person(steward).await, whole);
    assert_eq!(of_the_person(provider).await, [0, 0, 0]);
    steward.get(&usage).await.expect(200);
    let found = async |who: &Person| who.get(findings).await.expect(200)["items"].clone();
    assert_eq!(found(steward).await[0]["id"], finding);
    assert_eq!(found(provider).await, json!([]));
    let mend = format!("{findings}/{}/mend", finding.as_str().unwrap());
    let told = provider.post(&mend, json!({ "reason": "已换按钮" })).await;
    assert_eq!(told.refused(404), "finding_not_found");
    assert_eq!(provider.get(&usage).await.refused(404), "care_bed_not_found");
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_suspended_provider_builds_no_bed_until_the_day_after_its_deadline() {
    let desk = desk().await;
    let Hands {
        steward,
        organisation,
        ..
    } = &desk.hands;
    let bed = desk.bed("assessed").await;
    let now = desk.now();
    let need = json!({ "id": Uuid::now_v7(), "elder_id": desk.elder, "item_id": CLEANING, "collected_at": now, "device_now": now });
    let need = steward.post("/api/v1/needs", need).await.expect_id(201);
    let order = json!({ "id": Uuid::now_v7(), "need_id": need });
    let order = steward.post("/api/v1/orders", order).await.expect_id(201);
    let today = now.date_naive();
    let mut conn = desk.city.service.state.pool.get().await.unwrap();
    let case = format!(
        "INSERT INTO quality_cases (id, order_id, organisation_id, status, reason, outcome, measures, measures_due, opened_at, closed_at, closed_by, version) \
         VALUES ('{}', '{order}', '{organisation}', 'closed', '两次不满意', 'suspension', '暂停派单', '{today}', '{now}', '{now}', '{}', 1)",
        Uuid::now_v7(),
        desk.hands.county.id,
    );
    diesel::sql_query(case).execute(&mut *conn).await.unwrap();
    drop(conn);
    let path = format!("/api/v1/care-beds/{bed}/plan");
    let refused = steward.post(&path, plan(*organisation)).await;
    assert_eq!(refused.body["fields"][0]["field"], "organisation_id");
    assert_eq!(refused.refused(422), "invalid");
    desk.city.advance(Duration::days(1));
    desk.hands.act(steward, bed, "plan", plan(*organisation)).await;
    desk.city.stop().await;
}

#[actix_web::test]
async fn completed_orders_are_counted_against_the_month_s_quota_and_what_is_over_shows() {
    let desk = desk().await;
    let Hands {
        steward, provider, ..
    } = &desk.hands;
    let bed = desk.bed("in_service").await;
    let usage = async |month: &str| {
        let path = format!("/api/v1/care-beds/{bed}/usage?month={month}");
        let told = provider.get(&path).await.expect(200);
        assert_eq!(steward.get(&path).await.expect(200), told);
        told
    };
    let line = |told: &Value| {
        let of = |field: &str| told["items"][0][field].as_i64().unwrap();
        (
            of("times_used"),
            of("times"),
            of("minutes_used"),
            of("minutes"),
            told["items"][0]["over"] == true,
        )
    };
    assert_eq!(line(&usage("2024-01").await), (0, 2, 0, 90, false));
    assert_eq!(usage("2023-12").await["items"], json!([]), "no plan held then");
    let served = async |minutes: i64| {
        let now = desk.now();
        let need = json!({ "id": Uuid::now_v7(), "elder_id": desk.elder, "item_id": CLEANING, "collected_at": now, "device_now": now });
        let need = steward.post("/api/v1/needs", need).await.expect_id(201);
        let order = json!({ "id": Uuid::now_v7(), "need_id": need });
        let order = steward.post("/api/v1/orders", order).await.expect_id(201);
        let act = async |action: &str, body: Value| {
            let path = format!("/api/v1/orders/{order}/{action}");
            provider.post(&path, body).await.expect(200);
        };
        act("accept", json!({})).await;
        act(
            "schedule",
            json!({ "worker_id": desk.worker, "scheduled_for": now }),
        )
        .await;
        act("start", json!({})).await;
        desk.city.advance(Duration::minutes(minutes));
        act("complete", json!({ "signed_by": "测试老人" })).await;
    };
    served(60).await;
    assert_eq!(line(&usage("2024-01").await), (1, 2, 60, 90, false));
    served(30).await;
    assert_eq!(
        line(&usage("2024-01").await),
        (2, 2, 90, 90, false),
        "used up, not over"
    );
    served(1).await;
    assert_eq!(line(&usage("2024-01").await), (3, 2, 91, 90, true));
    assert_eq!(
        line(&usage("2024-02").await),
        (0, 2, 0, 90, false),
        "the plan holds on"
    );
    // Another plan from the next month on leaves this month's as it is.
    let more =
        json!({ "from_month": "2024-02", "quotas": [{ "item_id": CLEANING, "times": 4, "minutes": 240 }] });
    desk.hands.act(steward, bed, "service-plan", more).await;
    assert_eq!(line(&usage("2024-01").await).1, 2);
    assert_eq!(line(&usage("2024-02").await).1, 4);
    let past =
        json!({ "from_month": "2023-12", "quotas": [{ "item_id": CLEANING, "times": 4, "minutes": 240 }] });
    assert_eq!(
        desk.refused(steward, bed, "service-plan", past, 422).await,
        "invalid"
    );
    desk.replays().await;
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_bed_follows_its_elder_to_hospital_and_back_and_ends_with_the_move() {
    let desk = desk().await;
    let Hands { steward, .. } = &desk.hands;
    let bed = desk.bed("in_service").await;
    let state = async || {
        let bed = desk.get(steward, bed).await;
        (
            bed["status"].clone(),
            bed["suspended_for"].clone(),
            bed["ended_for"].clone(),
        )
    };
    desk.status("in_hospital").await;
    assert_eq!(
        state().await,
        (json!("suspended"), json!("in_hospital"), Value::Null)
    );
    desk.status("active").await;
    assert_eq!(state().await.0, "in_service");
    let by_hand = json!({ "because": "in_hospital" });
    assert_eq!(
        desk.refused(steward, bed, "suspend", by_hand, 422).await,
        "invalid"
    );
    // What somebody suspended stays so.
    desk.hands
        .act(steward, bed, "suspend", json!({ "because": "wish" }))
        .await;
    desk.status("away").await;
    desk.status("active").await;
    assert_eq!(state().await, (json!("suspended"), json!("wish"), Value::Null));
    assert_eq!(
        desk.hands.act(steward, bed, "resume", json!({})).await["status"],
        "in_service"
    );
    // A built project stays what it is; an application that is under way ends too.
    let devices = desk.hands.bed(desk.elder, "devices", "accepted").await;
    let adaptation = desk.hands.bed(desk.elder, "adaptation", "applied").await;
    desk.status("in_institution").await;
    assert_eq!(
        state().await,
        (json!("ended"), Value::Null, json!("in_institution"))
    );
    assert_eq!(desk.get(steward, devices).await["status"], "accepted");
    assert_eq!(desk.get(steward, adaptation).await["ended_for"], "in_institution");
    let late = json!({ "id": Uuid::now_v7(), "kind": "family_bed", "elder_id": desk.elder });
    assert_eq!(
        steward.post("/api/v1/care-beds", late).await.refused(422),
        "invalid"
    );
    let events = steward
        .get(&format!("/api/v1/care-beds/{bed}/events"))
        .await
        .expect(200);
    let last = events["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["actor_id"], &last["event"]["because"]),
        (&Value::Null, &json!("in_institution"))
    );
    desk.replays().await;
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_bed_is_served_again_after_a_stay_in_hospital_only_under_an_agreement_that_holds() {
    let desk = desk().await;
    let Hands { steward, .. } = &desk.hands;
    let bed = desk.bed("accepted").await;
    let mut signed = agreement(uploaded(steward).await);
    signed["ends_on"] = json!("2024-01-10");
    desk.hands.act(steward, bed, "agreements", signed).await;
    desk.hands.act(steward, bed, "service-plan", quotas()).await;
    desk.hands.act(steward, bed, "start", json!({})).await;
    desk.status("in_hospital").await;
    desk.city.advance(Duration::days(3));
    desk.status("active").await;
    let waits = desk.get(steward, bed).await;
    assert_eq!(
        (&waits["status"], &waits["suspended_for"]),
        (&json!("suspended"), &json!("in_hospital")),
        "the agreement ended meanwhile"
    );
    let renewed = agreement(uploaded(steward).await);
    desk.hands.act(steward, bed, "agreements", renewed).await;
    desk.city.advance(Duration::hours(1));
    desk.city.service.run_jobs().await;
    assert_eq!(desk.get(steward, bed).await["status"], "in_service");
    desk.replays().await;
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_project_is_followed_up_to_its_acceptance_and_is_never_in_service() {
    let desk = desk().await;
    let Hands { steward, .. } = &desk.hands;
    let bed = desk.hands.bed(desk.elder, "devices", "accepted").await;
    let signed = agreement(uploaded(steward).await);
    for (action, body) in [
        ("agreements", signed),
        ("service-plan", quotas()),
        ("start", json!({})),
        ("end", json!({ "because": "wish" })),
    ] {
        assert_eq!(
            desk.refused(steward, bed, action, body, 409).await,
            "care_bed_state",
            "{action}"
        );
    }
    desk.inspect(bed, inspection("building", desk.now())).await;
    let path = "inspections";
    let code = desk
        .refused(steward, bed, path, inspection("service", desk.now()), 409)
        .await;
    assert_eq!(code, "care_bed_state", "a project is not served");
    // The next project of the kind can begin.
    desk.hands.bed(desk.elder, "devices", "applied").await;
    desk.replays().await;
    desk.city.stop().await;
}

#[actix_web::test]
async fn what_an_inspection_finds_is_mended_in_time_or_escalated_and_cleared_by_a_later_one() {
    let desk = desk().await;
    let Hands {
        steward, provider, ..
    } = &desk.hands;
    let bed = desk.bed("in_service").await;
    let told = broken_button("service", desk.now(), "2024-01-20");
    let first = desk.inspect(bed, told.clone()).await;
    let mut again = told.clone();
    again["device_now"] = json!(desk.now() + Duration::minutes(1));
    assert_eq!(
        desk.inspect(bed, told.clone()).await,
        first,
        "the same, sent again"
    );
    again = told;
    again["words"] = json!("另一次");
    assert_eq!(
        desk.refused(steward, bed, "inspections", again, 409).await,
        "inspection_already_recorded"
    );
    let finding = first["findings"][0].as_str().unwrap().to_owned();
    let findings = async |who: &Person, query: &str| {
        let path = format!("/api/v1/care-bed-findings{query}");
        who.get(&path).await.expect(200)["items"]
            .as_array()
            .unwrap()
            .clone()
    };
    assert_eq!(findings(provider, "").await[0]["id"], json!(finding));
    let (rival, ..) = desk.city.provider(&[]).await;
    assert!(findings(&rival, "").await.is_empty());
    // The last day is the 20th in Xining: late from its end on, escalated once.
    desk.city.advance(Duration::days(12));
    desk.city.service.run_jobs().await;
    assert!(
        findings(steward, "?overdue=true").await.is_empty(),
        "the 20th, 09:00"
    );
    desk.city.advance(Duration::hours(15));
    desk.city.service.run_jobs().await;
    let late = findings(&desk.hands.county, "?overdue=true").await;
    assert_eq!((late.len(), &late[0]["version"]), (1, &json!(2)));
    assert_ne!(late[0]["escalated_at"], Value::Null);
    desk.city.advance(Duration::hours(2));
    desk.city.service.run_jobs().await;
    assert_eq!(findings(steward, "").await[0]["version"], 2, "once");
    // Mended by the provider alone, once; a later inspection opens it again, another clears it.
    let mend = format!("/api/v1/care-bed-findings/{finding}/mend");
    let done = || json!({ "reason": "已更换电池" });
    assert_eq!(rival.post(&mend, done()).await.refused(404), "finding_not_found");
    assert_eq!(steward.post(&mend, done()).await.refused(403), "forbidden");
    assert_eq!(provider.post(&mend, done()).await.expect(200)["status"], "mended");
    assert_eq!(
        provider.post(&mend, done()).await.refused(409),
        "finding_not_open"
    );
    let look = async |cleared: bool| {
        let mut told = inspection("service", desk.now());
        told["rechecked"] = json!([{ "finding_id": finding, "cleared": cleared }]);
        desk.inspect(bed, told).await
    };
    look(false).await;
    assert_eq!(findings(steward, "").await[0]["status"], "open");
    provider.post(&mend, done()).await.expect(200);
    let clearing = look(true).await;
    assert_eq!(clearing["cleared"], json!([finding]));
    let file = desk.get(steward, bed).await;
    assert_eq!(
        (&file["open_findings"], &file["findings"][0]["status"]),
        (&json!(0), &json!("cleared"))
    );
    let mut twice = inspection("service", desk.now());
    twice["rechecked"] = json!([{ "finding_id": finding, "cleared": true }]);
    assert_eq!(
        desk.refused(steward, bed, "inspections", twice, 422).await,
        "invalid"
    );
    let list = steward
        .get(&format!("/api/v1/care-beds/{bed}/inspections"))
        .await
        .expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 3);
    desk.city.stop().await;
}

#[actix_web::test]
async fn an_inspection_tells_the_truth_of_the_agreement_and_names_only_a_visit_for_the_bed() {
    let desk = desk().await;
    let Hands { steward, .. } = &desk.hands;
    let bed = desk.bed("in_service").await;
    let refused = async |told: Value, field: &str| {
        let path = format!("/api/v1/care-beds/{bed}/inspections");
        let refused = steward.post(&path, told).await;
        assert_eq!(refused.body["fields"][0]["field"], field, "{}", refused.body);
        assert_eq!(refused.refused(422), "invalid");
    };
    let mut denied = inspection("service", desk.now());
    denied["points"][3]["answer"] = json!("problem");
    denied["findings"] = json!([{ "id": Uuid::now_v7(), "point": "agreement_in_date", "description": "未见协议", "due_on": "2024-01-20" }]);
    refused(denied, "points").await;
    let visit = |purpose: &str| {
        let now = desk.now();
        json!({ "id": Uuid::now_v7(), "household_id": desk.household, "purposes": [purpose], "outcome": "met", "started_at": now - Duration::minutes(20),
                "ended_at": now - Duration::minutes(1), "device_now": now, "check_in": { "position": "unknown" },
                "elders": [{ "elder_id": desk.elder, "condition": "good", "diet": "regular", "mood": "calm" }], "form_version": 1 })
    };
    let for_needs = steward
        .post("/api/v1/visits", visit("needs"))
        .await
        .expect_id(201);
    let for_bed = steward
        .post("/api/v1/visits", visit("care_bed"))
        .await
        .expect_id(201);
    let named = |visit: Uuid| {
        let mut told = inspection("building", desk.now());
        told["visit_id"] = json!(visit);
        told
    };
    refused(named(for_needs), "visit_id").await;
    refused(named(Uuid::now_v7()), "visit_id").await;
    let made = desk.inspect(bed, named(for_bed)).await;
    assert_eq!(made["visit_id"], json!(for_bed));
    // The agreement runs out with the year.
    desk.city.advance(Duration::days(365));
    refused(inspection("service", desk.now()), "points").await;
    let mut found = inspection("service", desk.now());
    found["points"][3]["answer"] = json!("problem");
    found["findings"] = json!([{ "id": Uuid::now_v7(), "point": "agreement_in_date", "description": "协议到期", "due_on": "2025-01-20" }]);
    desk.inspect(bed, found).await;
    desk.city.stop().await;
}

#[actix_web::test]
async fn households_supervised_and_beds_in_service_are_counted_from_their_records() {
    let desk = desk().await;
    let Hands { steward, county, .. } = &desk.hands;
    let bed = desk.bed("in_service").await;
    // The other of the couple has a bed too, and a neighbour a project.
    let other = desk.city.elder(desk.household).await;
    let theirs = desk.hands.bed(other, "family_bed", "accepted").await;
    let devices = desk.hands.bed(other, "devices", "accepted").await;
    let figure = async |code: &str, query: &str| {
        let path = format!("/api/v1/statistics/indicators/{code}");
        let figure = county.get(&format!("{path}?{query}")).await.expect(200);
        let list = county.get(&format!("{path}/records?{query}")).await.expect(200);
        let listed = list["items"].as_array().unwrap().len();
        assert_eq!(figure["numerator"], json!(listed), "{code} {query}");
        listed
    };
    let january = "month=2024-01";
    assert_eq!(figure("care_beds_supervised", january).await, 0);
    desk.inspect(devices, inspection("building", desk.now())).await;
    assert_eq!(
        figure("care_beds_supervised", january).await,
        0,
        "a project is no bed"
    );
    desk.inspect(bed, inspection("building", desk.now())).await;
    desk.inspect(bed, inspection("service", desk.now())).await;
    desk.inspect(theirs, inspection("building", desk.now())).await;
    assert_eq!(figure("care_beds_supervised", january).await, 1, "one household");
    assert_eq!(
        figure("care_beds_supervised", "month=2024-01&kind=service").await,
        1
    );
    assert_eq!(figure("care_beds_supervised", "month=2023-12").await, 0);
    assert_eq!(
        figure(
            "care_beds_supervised",
            &format!("{january}&steward={}", steward.id)
        )
        .await,
        1
    );
    assert_eq!(figure("care_beds", january).await, 1);
    // What ends later was in service before.
    desk.city.advance(Duration::days(30));
    desk.hands
        .act(steward, bed, "suspend", json!({ "because": "wish" }))
        .await;
    assert_eq!(figure("care_beds", january).await, 1);
    assert_eq!(figure("care_beds", "month=2024-02").await, 0);
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_bed_goes_with_a_merged_file_and_comes_back() {
    let desk = desk().await;
    let other = desk.city.elder(desk.household).await;
    let bed = desk.hands.bed(other, "family_bed", "applied").await;
    let merge = json!({ "other_id": other, "reason": "同一人" });
    let path = format!("/api/v1/elders/{}/merge", desk.elder);
    let merge = desk.hands.county.post(&path, merge).await.expect(200);
    assert_eq!(merge["moved"]["care_beds"], 1);
    let of = async || desk.get(&desk.hands.steward, bed).await["elder_id"].clone();
    assert_eq!(of().await, json!(desk.elder));
    let undo = format!("/api/v1/elder-merges/{}/undo", merge["id"].as_str().unwrap());
    desk.hands.county.post(&undo, json!({})).await.expect(200);
    assert_eq!(of().await, json!(other));
    desk.city.stop().await;
}
