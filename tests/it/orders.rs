//! Orders: from a need to the end of the last rework, refused, expired, given up, and what each side may see.

use crate::{
    attachments::{photo, upload},
    support::{Person, TestCity},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use steward::{
    db::statement,
    orders::model::{OrderEvent, OrderStatus, replay},
    tx::Role,
};
use uuid::Uuid;

/// A community with its steward, an elder, and the item that they ask for.
pub(crate) struct Desk {
    pub city: TestCity,
    pub steward: Person,
    pub community: Uuid,
    pub elder: Uuid,
}

pub(crate) async fn desk() -> Desk {
    desk_in(TestCity::new().await).await
}

/// The same in a city that a test has made its own way.
pub(crate) async fn desk_in(city: TestCity) -> Desk {
    let community = city.community("630104001000").await;
    let steward = city.steward(&[community]).await;
    let household = city.household(community, "1", "101").await;
    let elder = city.elder(household).await;
    Desk {
        city,
        steward,
        community,
        elder,
    }
}

impl Desk {
    pub fn now(&self) -> DateTime<Utc> {
        self.city.service.state.clock.now()
    }

    pub async fn item(&self, code: &str) -> String {
        let menu = self.steward.get("/api/v1/menu").await.expect(200);
        let line = menu.as_array().unwrap().iter().find(|l| l["code"] == code);
        line.unwrap()["id"].as_str().unwrap().to_owned()
    }

    pub async fn need(&self, code: &str) -> Uuid {
        let body = json!({ "id": Uuid::now_v7(), "elder_id": self.elder, "item_id": self.item(code).await, "description": "想每天中午送餐",
                           "collected_at": self.now(), "device_now": self.now() });
        self.steward.post("/api/v1/needs", body).await.expect_id(201)
    }

    /// Orders a fresh need.
    pub async fn order(&self, code: &str) -> Value {
        let body = json!({ "id": Uuid::now_v7(), "need_id": self.need(code).await });
        self.steward.post("/api/v1/orders", body).await.expect(201)
    }

    pub async fn act(&self, who: &Person, order: &Value, action: &str, body: Value) -> Value {
        let path = format!("/api/v1/orders/{}/{action}", order["id"].as_str().unwrap());
        who.post(&path, body).await.expect(200)
    }

    async fn refused(&self, who: &Person, order: &Value, action: &str, body: Value, status: u16) -> String {
        let path = format!("/api/v1/orders/{}/{action}", order["id"].as_str().unwrap());
        who.post(&path, body).await.refused(status)
    }

    pub async fn get(&self, order: &Value) -> Value {
        let path = format!("/api/v1/orders/{}", order["id"].as_str().unwrap());
        self.steward.get(&path).await.expect(200)
    }

    /// From the offer to completion.
    pub async fn serve(&self, provider: &Person, worker: Uuid, order: &Value) {
        self.act(provider, order, "accept", json!({})).await;
        let when = json!({ "worker_id": worker, "scheduled_for": self.now() });
        self.act(provider, order, "schedule", when).await;
        self.act(provider, order, "start", json!({})).await;
        let done = self
            .act(provider, order, "complete", json!({ "signed_by": "测试老人" }))
            .await;
        assert_eq!(done["status"], "completed");
    }

    pub fn survey(&self, quality: &str) -> Value {
        json!({ "id": Uuid::now_v7(), "channel": "call", "words": "菜凉了", "surveyed_at": self.now(), "device_now": self.now(),
                "answers": { "content": "satisfied", "attitude": "basically_satisfied", "quality": quality, "efficiency": "satisfied" } })
    }

    pub async fn ask(&self, order: &Value, quality: &str) {
        let path = format!("/api/v1/orders/{}/follow-ups", order["id"].as_str().unwrap());
        self.steward.post(&path, self.survey(quality)).await.expect(201);
    }

    /// The orders of the elder, the latest first.
    pub async fn orders(&self) -> Vec<Value> {
        let list = self.steward.get("/api/v1/orders").await.expect(200);
        list["items"].as_array().unwrap().clone()
    }

    /// Every order's row is what its events make of it, and the events follow from one another.
    async fn assert_replays(&self) {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = ty::Text)]
            status: String,
            #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
            organisation_id: Option<Uuid>,
            #[diesel(sql_type = ty::SmallInt)]
            refusals: i16,
            #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
            completed_at: Option<DateTime<Utc>>,
            #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
            closed_at: Option<DateTime<Utc>>,
            #[diesel(sql_type = ty::Integer)]
            version: i32,
            #[diesel(sql_type = ty::Jsonb)]
            events: Value,
        }
        let mut conn = self.city.service.state.pool.get().await.unwrap();
        let rows: Vec<Row> = statement(
            "SELECT o.status::text AS status, o.organisation_id, o.refusals, o.completed_at, o.closed_at, o.version, \
             (SELECT jsonb_agg(jsonb_build_array(v.data, v.received_at, v.from_status, v.to_status) ORDER BY v.seq) FROM order_events v WHERE v.order_id = o.id) AS events \
             FROM service_orders o",
        )
        .load(&mut *conn)
        .await
        .unwrap();
        assert!(!rows.is_empty());
        for row in rows {
            let lines = row.events.as_array().unwrap();
            assert_eq!(i32::try_from(lines.len()).unwrap(), row.version);
            for (before, after) in lines.iter().zip(&lines[1..]) {
                assert_eq!(before[3], after[2], "{lines:?}");
            }
            let events: Vec<(OrderEvent, DateTime<Utc>)> = lines
                .iter()
                .map(|l| {
                    (
                        serde_json::from_value(l[0].clone()).unwrap(),
                        l[1].as_str().unwrap().parse().unwrap(),
                    )
                })
                .collect();
            let state = replay(&events).unwrap();
            assert_eq!(json!(state.status), row.status);
            assert_eq!(state.organisation_id.map(|o| o.0), row.organisation_id);
            assert_eq!(state.refusals, row.refusals);
            assert_eq!(state.completed_at, row.completed_at);
            assert_eq!(state.closed_at, row.closed_at);
        }
    }
}

#[actix_web::test]
async fn an_order_declined_once_goes_to_the_next_and_a_dissatisfied_elder_is_served_again_until_satisfied() {
    let desk = desk().await;
    let one = desk.city.provider(&["meals"]).await;
    let two = desk.city.provider(&["meals"]).await;
    let order = desk.order("meals").await;
    assert_eq!(order["status"], "offered");
    let offers = format!("/api/v1/orders/{}/offers", order["id"].as_str().unwrap());
    let first = desk.steward.get(&offers).await.expect(200)[0].clone();
    assert_eq!(first["figures"]["among"], 2);
    let (asked, other) = if first["organisation_id"] == one.1.to_string() {
        (one, two)
    } else {
        (two, one)
    };
    assert_eq!(
        asked.0.get("/api/v1/offers").await.expect(200)["items"][0]["order_id"],
        order["id"]
    );
    assert_eq!(
        desk.refused(&other.0, &order, "accept", json!({}), 404).await,
        "order_not_found"
    );
    desk.act(&asked.0, &order, "decline", json!({ "reason": "本周人手已满" }))
        .await;
    assert_eq!(
        asked.0.get("/api/v1/offers").await.expect(200)["items"],
        json!([])
    );
    assert_eq!(
        desk.refused(&asked.0, &order, "accept", json!({}), 404).await,
        "order_not_found"
    );
    desk.serve(&other.0, other.2, &order).await;
    desk.ask(&order, "dissatisfied").await;
    assert_eq!(desk.get(&order).await["status"], "reworking");
    let rework = desk.orders().await.into_iter().find(|o| o["round"] == 2).unwrap();
    assert_eq!(
        (&rework["original_id"], &rework["case_id"]),
        (&order["id"], &order["case_id"])
    );
    assert_eq!(
        (&rework["elder_pays_fen"], &rework["subsidy_fen"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(
        other.0.get("/api/v1/offers").await.expect(200)["items"][0]["order_id"],
        rework["id"]
    );
    desk.serve(&other.0, other.2, &rework).await;
    desk.ask(&rework, "basically_satisfied").await;
    for order in [&order, &rework] {
        assert_eq!(desk.get(order).await["status"], "closed");
    }
    let surveys = format!("/api/v1/orders/{}/follow-ups", order["id"].as_str().unwrap());
    assert_eq!(
        desk.steward
            .get(&surveys)
            .await
            .expect(200)
            .as_array()
            .unwrap()
            .len(),
        2
    );
    desk.assert_replays().await;
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_provider_sees_the_photos_of_its_own_rounds_and_not_those_of_who_did_its_work_again() {
    let desk = desk().await;
    let one = desk.city.provider(&["meals"]).await;
    let two = desk.city.provider(&["meals"]).await;
    let first = desk.order("meals").await;
    let offers = format!("/api/v1/orders/{}/offers", first["id"].as_str().unwrap());
    let asked = desk.steward.get(&offers).await.expect(200)[0]["organisation_id"].clone();
    let (failed, other) = if asked == one.1.to_string() {
        (one, two)
    } else {
        (two, one)
    };
    let (mut orders, mut photos) = (vec![first], Vec::new());
    // Twice by the one that fails, then by the other.
    for (round, provider) in [(1_u8, &failed), (2, &failed), (3, &other)] {
        let order = orders.last().unwrap().clone();
        assert_eq!(order["round"], round);
        desk.act(&provider.0, &order, "accept", json!({})).await;
        let when = json!({ "worker_id": provider.2, "scheduled_for": desk.now() });
        desk.act(&provider.0, &order, "schedule", when).await;
        desk.act(&provider.0, &order, "start", json!({})).await;
        let taken = upload(&provider.0, None, photo(round)).await.1;
        let done = json!({ "signed_by": "测试老人", "evidence": [taken["id"]] });
        desk.act(&provider.0, &order, "complete", done).await;
        photos.push(format!("/api/v1/attachments/{}", taken["id"].as_str().unwrap()));
        desk.city.advance(Duration::minutes(10));
        if round < 3 {
            desk.ask(&order, "dissatisfied").await;
            let all = desk.orders().await;
            orders.push(all.into_iter().find(|o| o["round"] == round + 1).unwrap());
        }
    }
    let seen = |file: Value| file["evidence"].as_array().unwrap().len();
    let file = format!("/api/v1/orders/{}", orders[1]["id"].as_str().unwrap());
    assert_eq!(seen(failed.0.get(&file).await.expect(200)), 2);
    assert_eq!(seen(desk.get(&orders[1]).await), 3);
    for (n, path) in photos.iter().enumerate() {
        other.0.get(path).await.expect(200);
        desk.steward.get(path).await.expect(200);
        let status = failed.0.get(path).await.status;
        assert_eq!(status, if n < 2 { 200 } else { 404 }, "round {}", n + 1);
    }
    desk.city.stop().await;
}

#[actix_web::test]
async fn two_refusals_bring_an_order_before_the_nearest_officer_who_decides() {
    let desk = desk().await;
    let _bureau = desk.city.scoped(Role::Officer, "6301").await;
    let district = desk.city.scoped(Role::Officer, "630104").await;
    let providers = [
        desk.city.provider(&["meals"]).await,
        desk.city.provider(&["meals"]).await,
        desk.city.provider(&["meals"]).await,
    ];
    let order = desk.order("meals").await;
    // Nobody answers within the menu's hour, twice.
    for refusals in [1, 2] {
        desk.city.advance(Duration::minutes(61));
        desk.city.service.run_jobs().await;
        assert_eq!(desk.get(&order).await["refusals"], refusals);
    }
    let referred = desk.get(&order).await;
    assert_eq!(
        (&referred["status"], &referred["referred_to"]),
        (&json!("referred"), &json!(district.id))
    );
    assert_eq!(
        desk.refused(&desk.steward, &order, "offer", json!({}), 403).await,
        "order_is_referred"
    );
    let candidates = format!("/api/v1/orders/{}/candidates", order["id"].as_str().unwrap());
    let candidates = district.get(&candidates).await.expect(200);
    let (ranked, refused): (Vec<_>, Vec<_>) = candidates
        .as_array()
        .unwrap()
        .iter()
        .partition(|c| c["rank"].is_number());
    assert_eq!((ranked.len(), refused.len()), (1, 2));
    assert_eq!(refused[0]["obstacles"], json!(["refused_before"]));
    // The officer has talked to one that let it pass.
    let choice =
        json!({ "choice": { "organisation_id": refused[0]["organisation_id"], "reason": "电话已确认可接" } });
    desk.act(&district, &order, "offer", choice).await;
    let chosen = providers
        .iter()
        .find(|p| refused[0]["organisation_id"] == p.1.to_string())
        .unwrap();
    desk.act(&chosen.0, &order, "accept", json!({})).await;
    desk.assert_replays().await;
    desk.city.stop().await;
}

#[actix_web::test]
async fn an_order_that_nobody_can_take_is_unmet_until_somebody_can() {
    let desk = desk().await;
    let (provider, organisation, worker) = desk.city.provider(&["meals"]).await;
    let mut conn = desk.city.service.state.pool.get().await.unwrap();
    statement("UPDATE qualifications SET expires_on = '2024-01-07' WHERE worker_id IS NULL")
        .execute(&mut *conn)
        .await
        .unwrap();
    let order = desk.order("meals").await;
    assert_eq!(
        (&order["status"], &order["tier_reached"]),
        (&json!("unmet"), &json!("city"))
    );
    let candidates = format!("/api/v1/orders/{}/candidates", order["id"].as_str().unwrap());
    let why = desk.steward.get(&candidates).await.expect(200);
    assert_eq!(why[0]["obstacles"], json!(["not_qualified"]));
    let choice = json!({ "choice": { "organisation_id": organisation, "reason": "老人要求" } });
    assert_eq!(
        desk.refused(&desk.steward, &order, "offer", choice.clone(), 422)
            .await,
        "provider_not_eligible"
    );
    // On its last day the licence is good.
    statement("UPDATE qualifications SET expires_on = '2024-01-08' WHERE worker_id IS NULL")
        .execute(&mut *conn)
        .await
        .unwrap();
    desk.act(&desk.steward, &order, "offer", json!({})).await;
    desk.act(&provider, &order, "accept", json!({})).await;
    statement("UPDATE qualifications SET expires_on = '2024-01-07' WHERE worker_id IS NOT NULL")
        .execute(&mut *conn)
        .await
        .unwrap();
    drop(conn);
    let when = json!({ "worker_id": worker, "scheduled_for": desk.now() });
    assert_eq!(
        desk.refused(&provider, &order, "schedule", when, 422).await,
        "worker_not_fit"
    );
    desk.assert_replays().await;
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_second_failure_goes_to_another_provider_and_opens_a_quality_case() {
    let desk = desk().await;
    let officer = desk.city.scoped(Role::Officer, "630104").await;
    let one = desk.city.provider(&["cleaning"]).await;
    let two = desk.city.provider(&["cleaning"]).await;
    let order = desk.order("cleaning").await;
    let round = |n: i64| {
        let desk = &desk;
        async move { desk.orders().await.into_iter().find(|o| o["round"] == n).unwrap() }
    };
    let asked = |offer: &Value| {
        if offer["organisation_id"] == one.1.to_string() {
            (&one, &two)
        } else {
            (&two, &one)
        }
    };
    let offers = format!("/api/v1/orders/{}/offers", order["id"].as_str().unwrap());
    let (first, other) = asked(&desk.steward.get(&offers).await.expect(200)[0]);
    desk.serve(&first.0, first.2, &order).await;
    desk.ask(&order, "dissatisfied").await;
    let second = round(2).await;
    desk.serve(&first.0, first.2, &second).await;
    assert_eq!(
        officer.get("/api/v1/quality-cases").await.expect(200)["items"],
        json!([])
    );
    desk.ask(&second, "dissatisfied").await;
    let third = round(3).await;
    assert_eq!(
        other.0.get("/api/v1/offers").await.expect(200)["items"][0]["order_id"],
        third["id"]
    );
    let case = officer.get("/api/v1/quality-cases?status=open").await.expect(200)["items"][0].clone();
    assert_eq!(
        (&case["order_id"], &case["organisation_id"]),
        (&second["id"], &json!(first.1))
    );
    desk.serve(&other.0, other.2, &third).await;
    desk.ask(&third, "satisfied").await;
    for order in [&order, &second, &third] {
        assert_eq!(desk.get(order).await["status"], "closed");
    }
    let close = format!("/api/v1/quality-cases/{}/close", case["id"].as_str().unwrap());
    for (outcome, due) in [
        ("rectification", Value::Null),
        ("rectification", json!("2024-01-07")),
        ("unfounded", json!("2024-01-22")),
    ] {
        let closing = json!({ "outcome": outcome, "measures": "约谈负责人", "measures_due": due });
        let refused = officer.post(&close, closing).await.expect(422);
        assert_eq!(refused["fields"][0]["field"], "measures_due");
    }
    let outcome = json!({ "outcome": "rectification", "measures": "约谈负责人，限期整改", "measures_due": "2024-01-22" });
    let closed = officer.post(&close, outcome.clone()).await.expect(200);
    assert_eq!(
        (&closed["status"], &closed["outcome"], &closed["measures_due"]),
        (&json!("closed"), &json!("rectification"), &json!("2024-01-22"))
    );
    assert_eq!(
        officer.post(&close, outcome).await.refused(409),
        "quality_case_closed"
    );
    let foreign = desk.city.scoped(Role::Officer, "630102").await;
    assert_eq!(
        foreign.get("/api/v1/quality-cases").await.expect(200)["items"],
        json!([])
    );
    desk.assert_replays().await;
    desk.city.stop().await;
}

/// The quality case against the only provider of cleaning, whose work and its rework failed: where it is closed.
async fn failed_twice(desk: &Desk, provider: &(Person, Uuid, Uuid)) -> String {
    desk.order("cleaning").await;
    for round in [1, 2] {
        let order = desk
            .orders()
            .await
            .into_iter()
            .find(|o| o["round"] == round)
            .unwrap();
        desk.serve(&provider.0, provider.2, &order).await;
        desk.ask(&order, "dissatisfied").await;
    }
    let officer = desk.city.scoped(Role::Officer, "630104").await;
    let case = officer.get("/api/v1/quality-cases?status=open").await.expect(200)["items"][0].clone();
    assert_eq!(case["organisation_id"], json!(provider.1));
    format!("/api/v1/quality-cases/{}/close", case["id"].as_str().unwrap())
}

#[actix_web::test]
async fn a_suspended_provider_is_offered_nothing_until_the_day_after_its_deadline() {
    let desk = desk().await;
    let officer = desk.city.scoped(Role::Officer, "630104").await;
    let provider = desk.city.provider(&["cleaning"]).await;
    let close = failed_twice(&desk, &provider).await;
    let suspension = json!({ "outcome": "suspension", "measures": "暂停派单", "measures_due": "2024-01-10" });
    officer.post(&close, suspension).await.expect(200);
    for wait in [0, 2] {
        desk.city.advance(Duration::days(wait));
        let order = desk.order("cleaning").await;
        assert_eq!(order["status"], "unmet");
        let path = format!("/api/v1/orders/{}/candidates", order["id"].as_str().unwrap());
        let candidates = desk.steward.get(&path).await.expect(200);
        assert_eq!(
            (&candidates[0]["obstacles"], &candidates[0]["rank"]),
            (&json!(["suspended"]), &Value::Null)
        );
        let choice = json!({ "choice": { "organisation_id": provider.1, "reason": "老人指定" } });
        assert_eq!(
            desk.refused(&officer, &order, "offer", choice, 422).await,
            "provider_not_eligible"
        );
    }
    desk.city.advance(Duration::days(1));
    assert_eq!(desk.order("cleaning").await["status"], "offered");
    desk.city.stop().await;
}

#[actix_web::test]
async fn what_lies_before_a_provider_that_is_suspended_goes_on_at_once_and_it_counts_as_no_supply() {
    let desk = desk().await;
    let officer = desk.city.scoped(Role::Officer, "630104").await;
    let provider = desk.city.provider(&["cleaning"]).await;
    let close = failed_twice(&desk, &provider).await;
    let waits = desk.order("cleaning").await;
    let path = format!("/api/v1/orders/{}", waits["id"].as_str().unwrap());
    let offered = async || {
        let offers = desk.steward.get(&format!("{path}/offers")).await.expect(200);
        offers
            .as_array()
            .unwrap()
            .iter()
            .map(|o| (o["organisation_id"].clone(), o["status"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(offered().await, [(json!(provider.1), json!("open"))]);
    let (_, other, _) = desk.city.provider(&["cleaning"]).await;
    let suspension = json!({ "outcome": "suspension", "measures": "暂停派单", "measures_due": "2024-01-10" });
    officer.post(&close, suspension).await.expect(200);
    desk.city.service.run_jobs().await;
    let mut now = offered().await;
    now.sort_by_key(|o| o.1.to_string());
    assert_eq!(
        now,
        [
            (json!(other), json!("open")),
            (json!(provider.1), json!("withdrawn"))
        ]
    );
    assert_eq!(desk.steward.get(&path).await.expect(200)["refusals"], 0);
    // The other leaves the library: cleaning has nobody now, though the suspended one is still listed.
    let gone = format!("UPDATE organisations SET listed_to = '2024-01-08' WHERE id = '{other}'");
    let mut conn = desk.city.service.state.pool.get().await.unwrap();
    diesel::sql_query(gone).execute(&mut *conn).await.unwrap();
    drop(conn);
    let gaps = officer.get("/api/v1/service-gaps?limit=100").await.expect(200);
    let cleaning: Vec<_> = gaps["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|g| g["item_code"] == "cleaning")
        .map(|g| g["providers"].clone())
        .collect();
    assert_eq!(cleaning, [json!(0)]);
    desk.assert_replays().await;
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_removed_provider_is_in_the_library_no_more_from_the_day_on() {
    let desk = desk().await;
    let district = desk.city.scoped(Role::Officer, "630104").await;
    let city = desk.city.scoped(Role::Officer, "6301").await;
    let provider = desk.city.provider(&["cleaning"]).await;
    let close = failed_twice(&desk, &provider).await;
    let removal = json!({ "outcome": "removal", "measures": "移出资源库" });
    assert_eq!(
        district.post(&close, removal.clone()).await.refused(403),
        "resource_outside_area",
        "it serves the whole city"
    );
    let closed = city.post(&close, removal).await.expect(200);
    assert_eq!(closed["outcome"], "removal");
    let entry = format!("/api/v1/resources/{}", provider.1);
    let entry = city.get(&entry).await.expect(200);
    assert_eq!(
        (&entry["listed_to"], &entry["version"]),
        (&json!("2024-01-08"), &json!(2))
    );
    let order = desk.order("cleaning").await;
    assert_eq!(order["status"], "unmet");
    let path = format!("/api/v1/orders/{}/candidates", order["id"].as_str().unwrap());
    assert_eq!(desk.steward.get(&path).await.expect(200), json!([]));
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_cancelled_order_gives_its_need_back_and_a_cancelled_rework_ends_its_chain() {
    let desk = desk().await;
    let (provider, _, worker) = desk.city.provider(&["cleaning"]).await;
    let need = desk.need("cleaning").await;
    let ask = |id: Uuid| json!({ "id": id, "need_id": need });
    let id = Uuid::now_v7();
    let order = desk.steward.post("/api/v1/orders", ask(id)).await.expect(201);
    assert_eq!(
        desk.steward.post("/api/v1/orders", ask(id)).await.expect(201)["id"],
        order["id"]
    );
    assert_eq!(
        desk.steward
            .post("/api/v1/orders", ask(Uuid::now_v7()))
            .await
            .refused(409),
        "need_not_open"
    );
    let wish = json!({ "by": "family", "reason": "子女已接走" });
    desk.act(&desk.steward, &order, "cancel", wish.clone()).await;
    assert_eq!(
        provider.get("/api/v1/offers").await.expect(200)["items"],
        json!([])
    );
    assert_eq!(
        desk.refused(&desk.steward, &order, "cancel", wish.clone(), 409)
            .await,
        "order_state"
    );
    let order = desk
        .steward
        .post("/api/v1/orders", ask(Uuid::now_v7()))
        .await
        .expect(201);
    desk.serve(&provider, worker, &order).await;
    assert_eq!(
        desk.refused(&desk.steward, &order, "cancel", wish.clone(), 409)
            .await,
        "order_state"
    );
    desk.ask(&order, "dissatisfied").await;
    let rework = desk.orders().await.into_iter().find(|o| o["round"] == 2).unwrap();
    desk.act(&desk.steward, &rework, "cancel", wish).await;
    assert_eq!(desk.get(&order).await["status"], "closed");
    let need = desk
        .steward
        .get(&format!("/api/v1/needs/{need}"))
        .await
        .expect(200);
    assert_eq!(need["status"], "ordered");
    desk.assert_replays().await;
    desk.city.stop().await;
}

#[actix_web::test]
async fn an_order_given_back_goes_to_the_next_and_the_elders_clock_does_not_wait() {
    let desk = desk().await;
    let one = desk.city.provider(&["meals"]).await;
    let two = desk.city.provider(&["meals"]).await;
    let order = desk.order("meals").await;
    let clock = |file: &Value, name: &str| {
        file["clocks"]
            .as_array()
            .unwrap()
            .iter()
            .find(|c| c["clock"] == name)
            .cloned()
            .unwrap_or(Value::Null)
    };
    let promised = clock(&desk.get(&order).await, "elder")["due_at"].clone();
    let offers = format!("/api/v1/orders/{}/offers", order["id"].as_str().unwrap());
    let (asked, other) =
        if desk.steward.get(&offers).await.expect(200)[0]["organisation_id"] == one.1.to_string() {
            (one, two)
        } else {
            (two, one)
        };
    desk.act(&asked.0, &order, "accept", json!({})).await;
    let path = |action: &str| format!("clocks/arrive/{action}");
    let reason = json!({ "reason": "老人希望明天上门" });
    assert_eq!(
        desk.refused(&desk.steward, &order, "clocks/elder/pause", reason.clone(), 409)
            .await,
        "clock_not_pausable"
    );
    let due: DateTime<Utc> = clock(&desk.get(&order).await, "arrive")["due_at"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    desk.act(&desk.steward, &order, &path("pause"), reason).await;
    desk.city.advance(Duration::hours(5));
    assert_eq!(
        desk.get(&order).await["late"],
        false,
        "what stands still is not late"
    );
    desk.act(&desk.steward, &order, &path("resume"), json!({})).await;
    let later: DateTime<Utc> = clock(&desk.get(&order).await, "arrive")["due_at"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(later - due, Duration::hours(5));
    desk.city.advance(Duration::hours(5));
    // The look at the clocks is every five minutes.
    desk.city.service.run_jobs().await;
    desk.city.advance(Duration::minutes(5));
    desk.city.service.run_jobs().await;
    let late = desk.steward.get("/api/v1/orders?late=true").await.expect(200);
    assert_eq!(late["items"][0]["id"], order["id"]);
    assert!(clock(&desk.get(&order).await, "arrive")["escalated_at"].is_string());
    assert!(clock(&desk.get(&order).await, "elder")["escalated_at"].is_null());
    desk.act(&asked.0, &order, "decline", json!({ "reason": "员工生病" }))
        .await;
    let returned = desk.get(&order).await;
    assert_eq!(
        (&returned["status"], &returned["refusals"]),
        (&json!("offered"), &json!(1))
    );
    assert_eq!(clock(&returned, "elder")["due_at"], promised);
    assert!(clock(&returned, "elder")["stopped_at"].is_null());
    desk.serve(&other.0, other.2, &order).await;
    let done = desk.get(&order).await;
    for name in ["elder", "accept", "arrive", "finish"] {
        assert!(clock(&done, name)["stopped_at"].is_string(), "{name}");
    }
    assert!(clock(&done, "follow_up")["stopped_at"].is_null());
    desk.assert_replays().await;
    desk.city.stop().await;
}

#[actix_web::test]
async fn each_sees_of_an_order_what_they_may() {
    let desk = desk().await;
    let (provider, _, worker) = desk.city.provider(&["meals"]).await;
    let elsewhere = desk
        .city
        .steward(&[desk.city.community("630102001000").await])
        .await;
    let order = desk.order("meals").await;
    let path = format!("/api/v1/orders/{}", order["id"].as_str().unwrap());
    assert_eq!(elsewhere.get(&path).await.refused(404), "order_not_found");
    assert_eq!(
        elsewhere.get("/api/v1/orders").await.expect(200)["items"],
        json!([])
    );
    assert_eq!(desk.get(&order).await["elder_name"], "测试老人");
    let before = provider.get(&path).await.expect(200);
    assert_eq!(
        (&before["elder_name"], &before["address"]),
        (&Value::Null, &Value::Null)
    );
    desk.serve(&provider, worker, &order).await;
    assert_eq!(provider.get(&path).await.expect(200)["elder_name"], "测试老人");
    desk.ask(&order, "satisfied").await;
    let after = provider.get(&path).await.expect(200);
    assert_eq!(
        (&after["status"], &after["elder_name"]),
        (&json!("closed"), &Value::Null)
    );
    assert_eq!(
        desk.refused(&provider, &order, "start", json!({}), 409).await,
        "order_state"
    );
    let follow_ups = format!("{path}/follow-ups");
    let late = desk.steward.post(&follow_ups, desk.survey("satisfied")).await;
    assert_eq!(late.refused(409), "nothing_to_survey");
    let events = desk.steward.get(&format!("{path}/events")).await.expect(200);
    let names: Vec<_> = events["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["event"]["event"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "requested",
            "offered",
            "accepted",
            "scheduled",
            "started",
            "completed",
            "followed_up",
            "closed"
        ]
    );
    desk.city.stop().await;
}

#[actix_web::test]
async fn who_was_not_reached_is_asked_again_and_who_did_the_service_never_asks() {
    let desk = desk().await;
    let (provider, _, worker) = desk.city.provider(&["meals"]).await;
    let order = desk.order("meals").await;
    desk.serve(&provider, worker, &order).await;
    let path = format!("/api/v1/orders/{}/follow-ups", order["id"].as_str().unwrap());
    let mut unreached = desk.survey("satisfied");
    unreached["answers"] = Value::Null;
    let first = desk.steward.post(&path, unreached.clone()).await.expect(201);
    assert_eq!(
        desk.steward.post(&path, unreached.clone()).await.expect(201),
        first
    );
    unreached["words"] = json!("另一句话");
    assert_eq!(
        desk.steward.post(&path, unreached).await.refused(409),
        "survey_already_recorded"
    );
    assert_eq!(desk.get(&order).await["status"], "completed");
    let figure = "/api/v1/statistics/indicators/followup_rate?month=2024-01";
    assert_eq!(desk.steward.get(figure).await.expect(200)["display"], "0.00%");
    // An account that once carried the service out.
    let mut conn = desk.city.service.state.pool.get().await.unwrap();
    statement("UPDATE order_events SET actor_id = $1 WHERE to_status = 'completed'")
        .bind::<ty::Uuid, _>(desk.steward.id)
        .execute(&mut *conn)
        .await
        .unwrap();
    drop(conn);
    assert_eq!(
        desk.steward
            .post(&path, desk.survey("satisfied"))
            .await
            .refused(403),
        "surveyed_by_its_doer"
    );
    let colleague = desk.city.steward(&[desk.community]).await;
    colleague.post(&path, desk.survey("satisfied")).await.expect(201);
    assert_eq!(desk.steward.get(figure).await.expect(200)["display"], "100.00%");
    assert_eq!(desk.get(&order).await["status"], json!(OrderStatus::Closed));
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_provider_is_shown_the_phones_while_it_has_the_order_in_hand_and_that_is_on_record() {
    let desk = desk().await;
    let (provider, _, worker) = desk.city.provider(&["meals"]).await;
    let path = format!("/api/v1/elders/{}", desk.elder);
    desk.steward
        .patch(&path, "\"1\"", json!({ "phone": "19900001234" }))
        .await
        .expect(200);
    let contact = json!({ "name": "王小宁", "phone": "19900001235", "relation": "女儿" });
    desk.steward
        .post(&format!("{path}/contacts"), contact)
        .await
        .expect(200);
    let order = desk.order("meals").await;
    let ask = json!({ "fields": ["phone", "contact_phone"], "reason": "找不到单元门" });
    assert_eq!(
        desk.refused(&provider, &order, "reveal", ask.clone(), 409).await,
        "order_state",
        "offered"
    );
    desk.act(&provider, &order, "accept", json!({})).await;
    let (other, _, _) = desk.city.provider(&["meals"]).await;
    assert_eq!(
        desk.refused(&other, &order, "reveal", ask.clone(), 404).await,
        "order_not_found"
    );
    assert_eq!(
        desk.refused(&desk.steward, &order, "reveal", ask.clone(), 403)
            .await,
        "forbidden"
    );
    let shown = desk.act(&provider, &order, "reveal", ask.clone()).await;
    assert_eq!(
        shown,
        json!({ "phone": "19900001234", "contact_phones": ["19900001235"] })
    );
    for wrong in [
        json!({ "fields": ["id_number"], "reason": "核对" }),
        json!({ "fields": [], "reason": "核对" }),
        json!({ "fields": ["phone"], "reason": "" }),
    ] {
        desk.refused(&provider, &order, "reveal", wrong, 422).await;
    }
    let when = json!({ "worker_id": worker, "scheduled_for": desk.now() });
    desk.act(&provider, &order, "schedule", when).await;
    desk.act(&provider, &order, "start", json!({})).await;
    let phone = json!({ "fields": ["phone"], "reason": "人不在家" });
    assert_eq!(
        desk.act(&provider, &order, "reveal", phone).await,
        json!({ "phone": "19900001234" })
    );
    desk.act(&provider, &order, "complete", json!({ "signed_by": "测试老人" }))
        .await;
    assert_eq!(
        desk.refused(&provider, &order, "reveal", ask.clone(), 409).await,
        "order_state",
        "done"
    );
    let cancelled = desk.order("meals").await;
    desk.act(
        &desk.steward,
        &cancelled,
        "cancel",
        json!({ "by": "elder", "reason": "不需要了" }),
    )
    .await;
    assert_eq!(
        desk.refused(&provider, &cancelled, "reveal", ask, 404).await,
        "order_not_found"
    );

    let auditor = desk.city.scoped(Role::Auditor, "6301").await;
    desk.city.service.state.trail.append(Vec::new()).await.unwrap();
    let trail = auditor
        .get(&format!(
            "/api/v1/audit?elder={}&action=orders.reveal",
            desk.elder
        ))
        .await
        .expect(200);
    let told = trail["items"].as_array().unwrap();
    assert_eq!(told.len(), 2, "{trail}");
    let one = told
        .iter()
        .find(|e| e["detail"]["reason"] == "找不到单元门")
        .unwrap();
    assert_eq!(
        (&one["detail"]["fields"], &one["actor_id"], &one["subject_id"]),
        (
            &json!(["phone", "contact_phone"]),
            &json!(provider.id),
            &order["id"]
        )
    );
    assert!(!trail.to_string().contains("1990000123"), "never the numbers");
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_candidate_is_ranked_by_the_price_of_the_elders_class() {
    let desk = desk().await;
    let (_, dear, _) = desk.city.provider(&["meals"]).await;
    let (_, cheap, _) = desk.city.provider(&["meals"]).await;
    let mut conn = desk.city.service.state.pool.get().await.unwrap();
    for (organisation, market, below, safety) in [(dear, 1_900, 1_800, 100), (cheap, 2_000, 1_700, 200)] {
        statement(
            "UPDATE organisation_items SET price_fen = $2, below_market_fen = $3, safety_net_fen = $4 WHERE organisation_id = $1",
        )
        .bind::<ty::Uuid, _>(organisation)
        .bind::<ty::BigInt, _>(market)
        .bind::<ty::BigInt, _>(below)
        .bind::<ty::BigInt, _>(safety)
        .execute(&mut *conn)
        .await
        .unwrap();
    }
    let first = async || {
        let order = desk.order("meals").await;
        let path = format!("/api/v1/orders/{}", order["id"].as_str().unwrap());
        let first = desk.steward.get(&format!("{path}/candidates")).await.expect(200)[0].clone();
        // Whoever holds one is fuller than the other: each order starts from an empty week.
        desk.act(
            &desk.steward,
            &order,
            "cancel",
            json!({ "by": "elder", "reason": "不需要了" }),
        )
        .await;
        (first["organisation_id"].clone(), first["price_fen"].clone())
    };
    assert_eq!(
        first().await,
        (json!(cheap), json!(1_700)),
        "others pay the price below the market's"
    );
    statement("UPDATE elders SET entitlement = 'safety_net' WHERE id = $1")
        .bind::<ty::Uuid, _>(desk.elder)
        .execute(&mut *conn)
        .await
        .unwrap();
    assert_eq!(
        first().await,
        (json!(dear), json!(100)),
        "the safety net has its own"
    );
    drop(conn);
    desk.city.stop().await;
}
