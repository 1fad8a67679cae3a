//! Ability assessments: reckoned and explained, recorded once, replaced by name, and followed by the elder's categories.

use crate::support::{Person, TestCity};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Map, Value, json};
use steward::tx::Role;
use uuid::Uuid;

const STANDARD: &str = include_str!("../../data/assessments/gb_t_42195_2022-1.json");

/// The best of everything, less so many points taken from the items in their order.
pub fn scores(total: i64) -> Value {
    let standard: Value = serde_json::from_str(STANDARD).unwrap();
    let (mut scores, mut off) = (Map::new(), 90 - total);
    for part in standard["parts"].as_array().unwrap() {
        for item in part["items"].as_array().unwrap() {
            let max = item["max"].as_i64().unwrap();
            let taken = off.min(max);
            off -= taken;
            scores.insert(item["code"].as_str().unwrap().to_owned(), json!(max - taken));
        }
    }
    assert_eq!((scores.len(), off), (26, 0));
    Value::Object(scores)
}

/// An assessment of this total, made just now by two who have no account.
pub fn assessment(now: DateTime<Utc>, total: i64) -> Value {
    json!({ "id": Uuid::now_v7(), "reason": "first", "assessed_at": now, "device_now": now,
            "assessors": [{ "name": "李明（示例医院）" }, { "name": "王芳" }], "findings": { "scores": scores(total) } })
}

struct Desk {
    city: TestCity,
    steward: Person,
    officer: Person,
    elder: Uuid,
}

async fn desk() -> Desk {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let elder = city.elder(city.household(community, "1", "101").await).await;
    Desk {
        steward: city.steward(&[community]).await,
        officer: city.scoped(Role::Officer, "630104").await,
        elder,
        city,
    }
}

impl Desk {
    fn now(&self) -> DateTime<Utc> {
        self.city.service.state.clock.now()
    }

    fn path(&self) -> String {
        format!("/api/v1/elders/{}/assessments", self.elder)
    }

    async fn assessed(&self, body: Value) -> Value {
        self.steward.post(&self.path(), body).await.expect(201)
    }

    async fn elder(&self) -> Value {
        let path = format!("/api/v1/elders/{}", self.elder);
        self.steward.get(&path).await.expect(200)
    }

    /// Which of the categories of the standard the elder carries today, and carried: code, first day, day after the last.
    async fn carried(&self) -> Vec<(String, String, Value)> {
        let file = self.elder().await;
        let mut carried: Vec<_> = file["categories"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|c| c["code"].as_str().unwrap().ends_with("disabled"))
            .map(|c| {
                let text = |field: &str| c[field].as_str().unwrap().to_owned();
                (text("code"), text("starts_on"), c["ends_on"].clone())
            })
            .collect();
        carried.sort_by_key(|c| c.1.clone() + &c.0);
        carried
    }
}

fn carries(code: &str, from: &str, until: Value) -> (String, String, Value) {
    (code.to_owned(), from.to_owned(), until)
}

#[actix_web::test]
async fn the_standard_in_the_database_is_the_file_and_is_there_for_the_phone() {
    let desk = desk().await;
    let schemes = desk.steward.get("/api/v1/assessment-schemes").await.expect(200);
    let file: Value = serde_json::from_str(STANDARD).unwrap();
    assert_eq!(schemes.as_array().unwrap().len(), 1);
    assert_eq!(schemes[0]["content"], file);
    assert_eq!(
        (&schemes[0]["code"], &schemes[0]["version"]),
        (&json!("gb_t_42195_2022"), &json!(1))
    );
    desk.city.stop().await;
}

#[actix_web::test]
async fn an_assessment_is_explained_and_the_elder_s_category_and_tier_follow_it() {
    let desk = desk().await;
    let mut body = assessment(desk.now(), 60);
    body["findings"]["dementia"] = json!(true);
    body["note"] = json!("需要协助洗澡");
    let told = desk.assessed(body.clone()).await;
    let parts: Vec<_> = told["reckoning"]["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["sum"].as_i64().unwrap(), p["max"].as_i64().unwrap()))
        .collect();
    assert_eq!(parts, [(2, 32), (15, 15), (28, 28), (15, 15)]);
    assert_eq!(
        (
            &told["reckoning"]["total"],
            &told["reckoning"]["preliminary_level"]
        ),
        (&json!(60), &json!(2))
    );
    assert_eq!(told["reckoning"]["rules"], json!(["dementia"]));
    assert_eq!(
        (&told["level"], &told["reckoning"]["raised_by"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(told["level_zh"], "能力重度受损（重度失能）");
    assert_eq!(
        (&told["reassess_on"], &told["current"]),
        (&json!("2025-01-08"), &json!(true))
    );
    assert_eq!(told["note"], "需要协助洗澡");
    // Sent again it is the same; another under its id is refused.
    body["device_now"] = json!(desk.now() + Duration::minutes(3));
    assert_eq!(desk.assessed(body.clone()).await["id"], told["id"]);
    body["findings"]["dementia"] = json!(false);
    assert_eq!(
        desk.steward.post(&desk.path(), body).await.refused(409),
        "assessment_already_recorded"
    );
    assert_eq!(
        desk.carried().await,
        [carries("partly_disabled", "2024-01-08", Value::Null)]
    );
    // Worse: the other category from that day on.
    desk.city.advance(Duration::days(10));
    let coma = json!({ "coma": true });
    let mut worse = assessment(desk.now(), 90);
    (worse["findings"], worse["reason"]) = (coma, json!("change"));
    let worse = desk.assessed(worse).await;
    assert_eq!(
        (
            &worse["level"],
            &worse["reckoning"]["rules"],
            &worse["reckoning"]["total"]
        ),
        (&json!(4), &json!(["coma"]), &Value::Null)
    );
    let changed = [
        carries("partly_disabled", "2024-01-08", json!("2024-01-18")),
        carries("disabled", "2024-01-18", Value::Null),
    ];
    assert_eq!(desk.carried().await, changed);
    // One of an earlier day that comes in late changes nothing that stands.
    desk.city.advance(Duration::hours(1));
    let mut late = assessment(desk.now(), 90);
    late["assessed_at"] = json!(desk.now() - Duration::days(3));
    assert_eq!(desk.assessed(late).await["current"], false);
    assert_eq!(desk.carried().await, changed);
    // Well again: no category of the standard.
    desk.city.advance(Duration::days(1));
    desk.assessed(assessment(desk.now(), 90)).await;
    assert_eq!(
        desk.carried().await[1],
        carries("disabled", "2024-01-18", json!("2024-01-19"))
    );
    let list = desk
        .officer
        .get(&format!("{}?limit=2", desk.path()))
        .await
        .expect(200);
    let next = list["next_cursor"].as_str().unwrap();
    let rest = desk
        .officer
        .get(&format!("{}?limit=2&cursor={next}", desk.path()))
        .await
        .expect(200);
    let levels: Vec<_> = [&list, &rest]
        .iter()
        .flat_map(|page| page["items"].as_array().unwrap())
        .map(|a| a["level"].as_i64().unwrap())
        .collect();
    assert_eq!(levels, [0, 4, 0, 3]);
    assert!(list["items"][0]["findings"].is_null(), "a list tells no scores");
    desk.city.stop().await;
}

#[actix_web::test]
async fn the_tier_follows_the_category_of_an_elder_who_does_not_live_alone() {
    let desk = desk().await;
    let path = format!("/api/v1/elders/{}/categories/living_alone/end", desk.elder);
    desk.steward.post(&path, json!({})).await.expect(200);
    let before = desk.elder().await;
    assert_eq!(before["tier"], "quarterly", "{before}");
    desk.assessed(assessment(desk.now(), 20)).await;
    let after = desk.elder().await;
    assert_eq!(
        (&after["tier"], &after["tier_reasons"]),
        (&json!("monthly"), &json!(["disabled"]))
    );
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_wrong_assessment_is_replaced_by_one_that_names_it_and_only_once() {
    let desk = desk().await;
    let wrong = desk.assessed(assessment(desk.now(), 10)).await;
    assert_eq!(
        desk.carried().await,
        [carries("disabled", "2024-01-08", Value::Null)]
    );
    let replacing = |of: &Value| {
        let mut body = assessment(desk.now(), 70);
        body["replaces"] = json!({ "id": of["id"], "reason": "听力录错" });
        body
    };
    let right = desk.assessed(replacing(&wrong)).await;
    assert_eq!(
        (&right["replaces_id"], &right["current"]),
        (&wrong["id"], &json!(true))
    );
    assert_eq!(
        desk.carried().await,
        [
            carries("disabled", "2024-01-08", json!("2024-01-08")),
            carries("partly_disabled", "2024-01-08", Value::Null)
        ]
    );
    let path = format!("/api/v1/assessments/{}", wrong["id"].as_str().unwrap());
    let before = desk.officer.get(&path).await.expect(200);
    assert_eq!(
        (&before["replaced_by_id"], &before["current"], &before["level"]),
        (&right["id"], &json!(false), &json!(4)),
        "what was said stands"
    );
    assert_eq!(before["findings"]["scores"], scores(10));
    assert_eq!(
        desk.steward
            .post(&desk.path(), replacing(&wrong))
            .await
            .refused(409),
        "assessment_replaced"
    );
    let elsewhere = desk.city.community("630104001000").await;
    let other = desk
        .city
        .elder(desk.city.household(elsewhere, "1", "1").await)
        .await;
    let path = format!("/api/v1/elders/{other}/assessments");
    let refused = desk.officer.post(&path, replacing(&right)).await;
    assert_eq!(refused.body["fields"][0]["field"], "replaces.id");
    desk.city.stop().await;
}

#[actix_web::test]
async fn what_does_not_fit_the_standard_is_refused_field_by_field() {
    let desk = desk().await;
    let now = desk.now();
    let cases = [
        (json!(["findings", "scores", "eating"]), json!(5), "scores.eating"),
        (
            json!(["findings", "scores", "vision"]),
            json!(-1),
            "scores.vision",
        ),
        (
            json!(["findings", "scores", "singing"]),
            json!(1),
            "scores.singing",
        ),
        (json!(["findings", "coma"]), json!(true), "scores"),
        (
            json!(["findings", "care_events"]),
            json!([{ "kind": "fall", "on": "2024-01-09" }]),
            "care_events[0].on",
        ),
        (
            json!(["assessors"]),
            json!([{ "name": "王芳" }, { "name": "王芳" }]),
            "assessors[1]",
        ),
        (json!(["assessors"]), json!([{ "name": "王芳" }]), "assessors"),
        (
            json!(["assessors"]),
            json!([{ "name": "王芳" }, { "user_id": desk.city.admin.id }]),
            "assessors",
        ),
        (
            json!(["assessed_at"]),
            json!(now + Duration::hours(1)),
            "assessed_at",
        ),
    ];
    for (at, value, field) in cases {
        let mut body = assessment(now, 50);
        let mut place = &mut body;
        for key in at.as_array().unwrap() {
            place = &mut place[key.as_str().unwrap()];
        }
        *place = value;
        let refused = desk.steward.post(&desk.path(), body).await;
        assert_eq!(refused.body["fields"][0]["field"], field, "{}", refused.body);
        assert_eq!(refused.refused(422), "invalid");
    }
    let mut half = assessment(now, 50);
    half["findings"]["scores"]["eating"] = json!(2.5);
    assert_eq!(
        desk.steward.post(&desk.path(), half).await.refused(422),
        "invalid"
    );
    let mut early = assessment(now, 50);
    early["assessed_at"] = json!("2022-01-01T00:00:00Z");
    assert_eq!(
        desk.steward.post(&desk.path(), early).await.refused(422),
        "no_assessment_scheme"
    );
    let mut own = assessment(now, 50);
    own["assessors"] = json!([{ "user_id": desk.steward.id }, { "user_id": desk.officer.id }]);
    desk.assessed(own).await;
    desk.city.stop().await;
}

#[actix_web::test]
async fn who_is_due_again_is_listed_and_what_was_found_lies_sealed() {
    let desk = desk().await;
    let mut body = assessment(desk.now(), 50);
    body["note"] = json!("老人夜间易走失");
    desk.assessed(body).await;
    let due = async |who: &Person, until: &str| {
        let path = format!("/api/v1/assessments/due{until}");
        who.get(&path).await.expect(200)["items"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(due(&desk.steward, "").await, 0);
    assert_eq!(due(&desk.steward, "?until=2025-01-07").await, 0);
    assert_eq!(due(&desk.steward, "?until=2025-01-08").await, 1);
    let elsewhere = desk.city.scoped(Role::Officer, "630102").await;
    assert_eq!(due(&elsewhere, "?until=2025-01-08").await, 0);
    desk.city.advance(Duration::days(340));
    assert_eq!(due(&desk.officer, "").await, 1);
    desk.assessed(assessment(desk.now(), 50)).await;
    assert_eq!(due(&desk.officer, "").await, 0, "assessed anew");
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        line: String,
    }
    let mut conn = desk.city.service.state.pool.get().await.unwrap();
    let rows: Vec<Row> = diesel_async::RunQueryDsl::load(
        steward::db::statement(
            "SELECT a::text AS line FROM ability_assessments a UNION ALL SELECT k::text FROM idempotency_keys k",
        ),
        &mut *conn,
    )
    .await
    .unwrap();
    assert!(rows.len() >= 2);
    for row in rows {
        assert!(
            !row.line.contains("eating") && !row.line.contains("走失"),
            "{}",
            row.line
        );
    }
    drop(conn);
    let (provider, ..) = desk.city.provider(&[]).await;
    let duty = desk.city.scoped(Role::Duty, "630104").await;
    for nobody in [&provider, &duty] {
        assert_eq!(nobody.get(&desk.path()).await.refused(403), "forbidden");
    }
    desk.city.stop().await;
}

#[actix_web::test]
async fn assessments_go_with_a_merged_file_and_come_back() {
    let desk = desk().await;
    let community = desk.city.community("630104001000").await;
    let other = desk
        .city
        .elder(desk.city.household(community, "2", "202").await)
        .await;
    desk.assessed(assessment(desk.now(), 50)).await;
    desk.city.advance(Duration::days(1));
    let later = format!("/api/v1/elders/{other}/assessments");
    let later = desk
        .officer
        .post(&later, assessment(desk.now(), 90))
        .await
        .expect(201);
    let merge = desk
        .officer
        .post(
            &format!("/api/v1/elders/{}/merge", desk.elder),
            json!({ "other_id": other, "reason": "同一人" }),
        )
        .await
        .expect(200);
    assert_eq!(merge["moved"]["assessments"], 1);
    let current = async || {
        let list = desk.officer.get(&desk.path()).await.expect(200);
        let items = list["items"].as_array().unwrap().clone();
        let of = |a: &Value| (a["level"].as_i64().unwrap(), a["current"] == true);
        items.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(
        current().await,
        [(0, true), (2, false)],
        "the later of the person's"
    );
    let undo = format!("/api/v1/elder-merges/{}/undo", merge["id"].as_str().unwrap());
    desk.officer.post(&undo, json!({})).await.expect(200);
    assert_eq!(current().await, [(2, true)]);
    let path = format!("/api/v1/assessments/{}", later["id"].as_str().unwrap());
    let back = desk.officer.get(&path).await.expect(200);
    assert_eq!(
        (&back["elder_id"], &back["current"]),
        (&json!(other), &json!(true))
    );
    desk.city.stop().await;
}
