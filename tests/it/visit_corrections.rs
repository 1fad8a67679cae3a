//! A visit said anew: the old version is kept, and what it set in motion follows the new one.

use crate::{
    attachments::{photo, upload},
    visits::{Home, count, home, item},
};
use chrono::Duration;
use serde_json::{Value, json};
use steward::tx::Role;
use uuid::Uuid;

fn anew(visit: &Value) -> Value {
    let mut visit = visit.clone();
    visit["id"] = json!(Uuid::now_v7());
    json!({ "reason": "误选了结果", "visit": visit })
}

fn of(visit: Uuid) -> String {
    format!("/api/v1/visits/{visit}/corrections")
}

async fn log(home: &Home, visit: &Value) -> Uuid {
    home.steward
        .post("/api/v1/visits", visit.clone())
        .await
        .expect_id(201)
}

async fn statuses(home: &Home) -> Vec<String> {
    use diesel_async::RunQueryDsl;
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        said: String,
    }
    let mut conn = home.city.service.state.pool.get().await.unwrap();
    let rows: Vec<Row> = steward::db::statement(
        "SELECT kind::text || ' ' || status || coalesce(' ' || excuse, '') AS said FROM obligations ORDER BY kind, created_at, id",
    )
    .load(&mut *conn)
    .await
    .unwrap();
    rows.into_iter().map(|r| r.said).collect()
}

#[actix_web::test]
async fn a_correction_is_a_new_version_that_counts_and_the_old_one_is_kept() {
    let home = home().await;
    let visit = home.visit();
    let first = log(&home, &visit).await;
    let mut corrected = anew(&visit);
    corrected["visit"]["elders"] = json!([visit["elders"][0]]);
    corrected["visit"]["note"] = json!("只见到一位");
    let second = home.steward.post(&of(first), corrected.clone()).await.expect(201);
    assert_eq!(
        (
            &second["revision"],
            &second["root_id"],
            &second["correction_reason"]
        ),
        (&json!(2), &json!(first), &json!("误选了结果"))
    );
    assert_eq!(second["elders_met"], json!([home.couple[0]]));
    assert_eq!(
        home.steward.post(&of(first), corrected.clone()).await.expect(201),
        second,
        "sent again"
    );
    let mut other = corrected;
    other["visit"]["note"] = json!("又改了");
    assert_eq!(
        home.steward.post(&of(first), other).await.refused(409),
        "visit_already_logged"
    );
    assert_eq!(
        home.steward.post(&of(first), anew(&visit)).await.refused(409),
        "visit_superseded"
    );
    let second_id: Uuid = second["id"].as_str().unwrap().parse().unwrap();
    let third = home.steward.post(&of(second_id), anew(&visit)).await.expect(201);
    assert_eq!(third["revision"], 3);
    for id in [first, second_id] {
        let versions = home
            .steward
            .get(&format!("/api/v1/visits/{id}/revisions"))
            .await
            .expect(200);
        let told: Vec<_> = versions["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| {
                (
                    v["elders_met"].as_array().unwrap().len(),
                    v["superseded_at"].is_null(),
                )
            })
            .collect();
        assert_eq!(told, [(2, false), (1, false), (2, true)]);
    }
    let list = home.steward.get("/api/v1/visits").await.expect(200);
    assert_eq!(list["items"], json!([third]), "only the newest counts");
    let old = home
        .steward
        .get(&format!("/api/v1/visits/{second_id}"))
        .await
        .expect(200);
    assert_eq!(old["note"], "只见到一位");
    assert_eq!(
        count(
            &home,
            "SELECT count(*) AS n FROM visits v JOIN visit_elders e ON e.visit_id = v.id WHERE v.superseded_at IS NULL"
        )
        .await,
        2,
        "person-times"
    );
    assert_eq!(
        count(
            &home,
            "SELECT count(*) AS n FROM audit_entries WHERE action = 'visits.correct'"
        )
        .await,
        2
    );
    // What was sent before the correction is still answered as it was logged.
    let again = home.steward.post("/api/v1/visits", visit).await.expect(201);
    assert_eq!((&again["id"], &again["revision"]), (&json!(first), &json!(1)));
    home.city.stop().await;
}

#[actix_web::test]
async fn only_who_recorded_it_corrects_it_within_seven_days_at_the_same_door() {
    let home = home().await;
    let visit = home.visit();
    let id = log(&home, &visit).await;
    let logged = home
        .steward
        .get(&format!("/api/v1/visits/{id}"))
        .await
        .expect(200);
    let community = logged["community_id"].as_str().unwrap().parse().unwrap();
    let deputy = home.city.steward(&[community]).await;
    assert_eq!(deputy.post(&of(id), anew(&visit)).await.refused(403), "forbidden");
    let elsewhere = home
        .city
        .steward(&[home.city.community("630102001000").await])
        .await;
    assert_eq!(
        elsewhere.post(&of(id), anew(&visit)).await.refused(404),
        "visit_not_found"
    );
    assert_eq!(
        elsewhere
            .get(&format!("/api/v1/visits/{id}/revisions"))
            .await
            .refused(404),
        "visit_not_found"
    );
    let officer = home.city.scoped(Role::Officer, "6301").await;
    assert_eq!(
        officer.post(&of(id), anew(&visit)).await.refused(403),
        "forbidden"
    );
    let mut moved = anew(&visit);
    moved["visit"]["household_id"] = json!(home.city.household(community, "8", "808").await);
    let refused = home.steward.post(&of(id), moved).await;
    assert_eq!(refused.body["fields"][0]["field"], "visit.household_id");
    let mut wrong = anew(&visit);
    wrong["visit"]["elders"] = json!([]);
    let refused = home.steward.post(&of(id), wrong).await;
    assert_eq!(refused.body["fields"][0]["field"], "visit.elders");
    let mut foreign = anew(&visit);
    foreign["visit"]["photos"] = json!([{ "attachment_id": Uuid::now_v7(), "role": "photo" }]);
    let refused = home.steward.post(&of(id), foreign).await;
    assert_eq!(refused.body["fields"][0]["field"], "photos");
    assert_eq!(home.owed().await, 0, "a refused correction changes nothing");
    // A hand-over takes nothing away from who recorded it.
    use diesel_async::RunQueryDsl;
    let mut conn = home.city.service.state.pool.get().await.unwrap();
    steward::db::statement("UPDATE steward_assignments SET ends_at = $2 WHERE user_id = $1")
        .bind::<diesel::sql_types::Uuid, _>(home.steward.id)
        .bind::<diesel::sql_types::Timestamptz, _>(home.city.service.state.clock.now())
        .execute(&mut *conn)
        .await
        .unwrap();
    drop(conn);
    home.city.advance(Duration::days(7));
    let second = home.steward.post(&of(id), anew(&visit)).await.expect_id(201);
    home.city.advance(Duration::seconds(1));
    assert_eq!(
        home.steward.post(&of(second), anew(&visit)).await.refused(409),
        "visit_correction_too_late"
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn obligations_follow_the_new_version_and_are_missed_again_after_their_grace() {
    let home = home().await;
    let visit = home.visit();
    let met = log(&home, &visit).await;
    assert_eq!(statuses(&home).await, ["weekly done"]);
    let refused = home
        .steward
        .post(&of(met), anew(&home.unmet("refused")))
        .await
        .expect_id(201);
    assert_eq!(statuses(&home).await, ["weekly excused declined"]);
    let moved = home
        .steward
        .post(&of(refused), anew(&home.unmet("moved")))
        .await
        .expect_id(201);
    assert_eq!(statuses(&home).await, ["weekly excused moved"]);
    let again = home.steward.post(&of(moved), anew(&visit)).await.expect_id(201);
    assert_eq!(statuses(&home).await, ["weekly done"]);
    let shut = home
        .steward
        .post(&of(again), anew(&home.unmet("no_answer")))
        .await
        .expect_id(201);
    assert_eq!(statuses(&home).await, ["weekly owed", "event owed"]);
    home.steward.post(&of(shut), anew(&visit)).await.expect(201);
    assert_eq!(statuses(&home).await, ["weekly done", "event done"]);
    home.city.stop().await;
}

#[actix_web::test]
async fn another_visit_of_the_week_carries_what_the_corrected_one_no_longer_does() {
    let home = home().await;
    let visit = home.visit();
    let first = log(&home, &visit).await;
    let mut other = home.visit();
    other["started_at"] = json!("2024-01-15T00:55:00Z");
    other["ended_at"] = json!("2024-01-15T00:58:00Z");
    log(&home, &other).await;
    let declined = home
        .steward
        .post(&of(first), anew(&home.unmet("refused")))
        .await
        .expect_id(201);
    assert_eq!(statuses(&home).await, ["weekly done"], "by the other");
    home.steward
        .post(&of(declined), anew(&home.unmet("no_answer")))
        .await
        .expect(201);
    assert_eq!(statuses(&home).await, ["weekly done", "event owed"]);
    home.city.stop().await;
}

#[actix_web::test]
async fn what_is_past_its_grace_is_missed_at_once() {
    let home = home().await;
    let mut visit = home.visit();
    // Sunday evening of the week, received on Tuesday, within the grace of 48 hours.
    home.city.advance(Duration::days(8));
    let now = home.city.service.state.clock.now();
    visit["device_now"] = json!(now);
    visit["started_at"] = json!("2024-01-21T10:00:00Z");
    visit["ended_at"] = json!("2024-01-21T10:20:00Z");
    let id = log(&home, &visit).await;
    assert_eq!(statuses(&home).await, ["weekly done"]);
    home.city.advance(Duration::days(2));
    let mut shut = home.unmet("no_answer");
    for field in ["started_at", "ended_at"] {
        shut[field] = visit[field].clone();
    }
    shut["device_now"] = json!(home.city.service.state.clock.now());
    home.steward.post(&of(id), anew(&shut)).await.expect(201);
    assert_eq!(statuses(&home).await, ["weekly missed", "event owed"]);
    assert_eq!(
        count(
            &home,
            "SELECT count(*) AS n FROM obligations WHERE status = 'missed' AND responsible_id IS NOT NULL"
        )
        .await,
        1
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn hazards_follow_the_new_version() {
    let home = home().await;
    let hazard = |kind: &str, point: &str, severity: &str| json!({ "kind": kind, "severity": severity, "check_point": point, "description": "隐患", "measure": "已处理" });
    let mut earlier = home.visit();
    earlier["hazards"] = json!([hazard("water", "taps", "general")]);
    let earlier = home.steward.post("/api/v1/visits", earlier).await.expect(201);
    let taps = earlier["hazards"][0].clone();
    let mut visit = home.visit();
    visit["started_at"] = json!("2024-01-15T00:55:00Z");
    visit["ended_at"] = json!("2024-01-15T00:58:00Z");
    visit["hazards"] = json!([
        hazard("gas", "hose", "general"),
        hazard("fire", "corridor", "general")
    ]);
    visit["cleared"] = json!([taps]);
    let logged = home
        .steward
        .post("/api/v1/visits", visit.clone())
        .await
        .expect(201);
    let id: Uuid = logged["id"].as_str().unwrap().parse().unwrap();
    let mut by_point = std::collections::BTreeMap::new();
    for found in home.steward.get("/api/v1/hazards").await.expect(200)["items"]
        .as_array()
        .unwrap()
    {
        by_point.insert(found["check_point"].as_str().unwrap().to_owned(), found.clone());
    }
    assert_eq!(by_point["taps"]["status"], "cleared");

    let mut corrected = anew(&visit);
    corrected["visit"]["hazards"] = json!([
        hazard("gas", "hose", "major"),
        hazard("electric", "wiring", "general")
    ]);
    corrected["visit"]["cleared"] = json!([by_point["hose"]["id"]]);
    let refused = home.steward.post(&of(id), corrected.clone()).await;
    assert_eq!(
        refused.body["fields"][0]["field"], "visit.cleared[0]",
        "it does not clear what it found"
    );
    corrected["visit"]["cleared"] = json!([]);
    let second = home.steward.post(&of(id), corrected).await.expect(201);
    assert_eq!(second["hazards"].as_array().unwrap().len(), 2);
    let seen = |point: &'static str| {
        let id = by_point[point]["id"].as_str().unwrap().to_owned();
        let steward = home.steward.clone();
        async move { steward.get(&format!("/api/v1/hazards/{id}")).await.expect(200) }
    };
    let hose = seen("hose").await;
    assert_eq!(
        (&hose["status"], &hose["severity"]),
        (&json!("open"), &json!("major"))
    );
    assert_eq!(
        hose["due_at"], "2024-01-22T00:55:00Z",
        "seven days from when it was found"
    );
    let corridor = seen("corridor").await;
    assert_eq!(
        (&corridor["status"], &corridor["withdrawn_visit_id"]),
        (&json!("withdrawn"), &second["id"])
    );
    assert_eq!(
        seen("taps").await["status"],
        "open",
        "the new version did not find it safe"
    );
    let open = home.steward.get("/api/v1/hazards?status=open").await.expect(200);
    assert_eq!(open["items"].as_array().unwrap().len(), 3);
    home.city.stop().await;
}

#[actix_web::test]
async fn needs_and_photos_follow_the_new_version_and_an_ordered_need_stays() {
    let home = home().await;
    let ids: [Uuid; 4] = std::array::from_fn(|_| Uuid::now_v7());
    let need = |n: usize, words: &str| json!({ "id": ids[n], "elder_id": home.couple[0], "item_id": item(3), "description": words });
    let (before, after) = (Uuid::now_v7(), Uuid::now_v7());
    upload(&home.steward, Some(before), photo(1)).await;
    upload(&home.steward, Some(after), photo(2)).await;
    let mut visit = home.visit();
    visit["needs"] = json!([need(0, "说说话"), need(1, "理发"), need(2, "打扫")]);
    visit["photos"] = json!([{ "attachment_id": before, "role": "before" }]);
    let id = log(&home, &visit).await;
    use diesel_async::RunQueryDsl;
    let mut conn = home.city.service.state.pool.get().await.unwrap();
    steward::db::statement("UPDATE needs SET status = 'ordered', closed_at = collected_at WHERE id = $1")
        .bind::<diesel::sql_types::Uuid, _>(ids[2])
        .execute(&mut *conn)
        .await
        .unwrap();
    drop(conn);
    let mut corrected = anew(&visit);
    let mut solved = need(0, "想说说话");
    solved["solved"] = json!("陪聊");
    corrected["visit"]["needs"] = json!([solved, need(3, "量血压")]);
    corrected["visit"]["photos"] = json!([{ "attachment_id": after, "role": "after" }]);
    let second = home.steward.post(&of(id), corrected).await.expect(201);
    assert_eq!(
        second["photos"],
        json!([{ "attachment_id": after, "role": "after" }])
    );
    let path = format!("/api/v1/visits/{}", second["id"].as_str().unwrap());
    let seen = home.steward.get(&path).await.expect(200);
    let told: Vec<_> = ids
        .iter()
        .map(|id| {
            let need = seen["needs_collected"]
                .as_array()
                .unwrap()
                .iter()
                .find(|n| n["id"] == id.to_string())
                .unwrap();
            (need["status"].as_str().unwrap(), need["resolution"].as_str())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("solved", Some("陪聊")),
            ("withdrawn", Some("误选了结果")),
            ("ordered", None),
            ("open", None)
        ]
    );
    assert_eq!(
        count(&home, "SELECT count(DISTINCT event_id) AS n FROM needs").await,
        1,
        "one collecting event, however often it is corrected"
    );
    let old = home
        .steward
        .get(&format!("/api/v1/visits/{id}"))
        .await
        .expect(200);
    assert_eq!(
        old["photos"],
        json!([{ "attachment_id": before, "role": "before" }])
    );
    let figure = "/api/v1/statistics/indicators/needs?from=2024-01-01&to=2024-02-01";
    assert_eq!(
        home.steward.get(figure).await.expect(200)["numerator"],
        3,
        "what a correction no longer names was never collected"
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn a_shut_door_that_was_none_is_resolved_and_one_that_stays_shut_follows() {
    let home = home().await;
    let first = log(&home, &home.unmet("no_answer")).await;
    let mut noted = anew(&home.unmet("no_answer"));
    noted["visit"]["note"] = json!("敲了两次");
    let second = home.steward.post(&of(first), noted).await.expect_id(201);
    let cases = home.steward.get("/api/v1/no-answer-cases").await.expect(200);
    assert_eq!(cases["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&cases["items"][0]["visit_id"], &cases["items"][0]["status"]),
        (&json!(second), &json!("open"))
    );
    let third = home
        .steward
        .post(&of(second), anew(&home.visit()))
        .await
        .expect_id(201);
    let cases = home.steward.get("/api/v1/no-answer-cases").await.expect(200);
    assert_eq!(
        (&cases["items"][0]["status"], &cases["items"][0]["resolution"]),
        (&json!("resolved"), &json!("误选了结果"))
    );
    home.city.advance(Duration::minutes(121));
    home.city.service.run_jobs().await;
    let duty = home.city.scoped(Role::Duty, "6301").await;
    assert_eq!(
        duty.get("/api/v1/emergencies").await.expect(200)["items"],
        json!([])
    );
    // Shut after all: a case of its own, whose clock runs from now.
    let mut shut = home.unmet("no_answer");
    shut["device_now"] = json!(home.city.service.state.clock.now());
    home.steward.post(&of(third), anew(&shut)).await.expect(201);
    home.city.advance(Duration::minutes(121));
    home.city.service.run_jobs().await;
    assert_eq!(
        duty.get("/api/v1/emergencies").await.expect(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn an_emergency_that_a_corrected_visit_closed_stands_again_unless_the_new_version_closes_it_too() {
    let home = home().await;
    let duty = home.city.scoped(Role::Duty, "6301").await;
    let tap = json!({ "id": Uuid::now_v7(), "household_id": home.household });
    let id = duty.post("/api/v1/emergencies", tap).await.expect_id(201);
    let path = format!("/api/v1/emergencies/{id}");
    duty.post(&format!("{path}/acknowledge"), json!({}))
        .await
        .expect(200);
    home.city.advance(Duration::hours(24));
    let now = home.city.service.state.clock.now();
    let today = |mut visit: Value| {
        for field in ["started_at", "ended_at", "device_now"] {
            visit[field] = json!(now);
        }
        visit
    };
    let visit = log(&home, &today(home.visit())).await;
    duty.post(&format!("{path}/close"), json!({ "visit_id": visit }))
        .await
        .expect(200);
    let mut noted = anew(&today(home.visit()));
    noted["visit"]["note"] = json!("精神好");
    let second = home.steward.post(&of(visit), noted).await.expect_id(201);
    let seen = duty.get(&path).await.expect(200);
    assert_eq!(
        (&seen["status"], &seen["closing_visit_id"]),
        (&json!("closed"), &json!(second))
    );
    home.steward
        .post(&of(second), anew(&today(home.unmet("refused"))))
        .await
        .expect(201);
    let seen = duty.get(&path).await.expect(200);
    assert_eq!(
        (&seen["status"], &seen["closing_visit_id"]),
        (&json!("acknowledged"), &Value::Null)
    );
    home.city.stop().await;
}
