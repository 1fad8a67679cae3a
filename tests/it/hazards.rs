//! Hazards: the worst first, climbing while overdue, linked when they come back, seen in their area alone.

use crate::visits::{Home, count, home};
use chrono::Duration;
use serde_json::{Value, json};
use steward::tx::Role;
use uuid::Uuid;

/// A visit that found these: kind, severity, check point.
pub fn finding(home: &Home, found: &[(&str, &str, &str)]) -> Value {
    let mut visit = home.visit();
    visit["hazards"] = found
        .iter()
        .map(|(kind, severity, point)| {
            json!({ "kind": kind, "severity": severity, "check_point": point, "description": "隐患", "measure": "已关阀" })
        })
        .collect();
    visit
}

/// The same visit a while later.
pub fn at(home: &Home, mut visit: Value) -> Value {
    let now = home.city.service.state.clock.now();
    visit["started_at"] = json!(now - Duration::minutes(20));
    visit["ended_at"] = json!(now - Duration::minutes(5));
    visit
}

pub fn points(list: &Value) -> Vec<&str> {
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|h| h["check_point"].as_str().unwrap())
        .collect()
}

#[actix_web::test]
async fn the_worst_and_the_soonest_due_come_first_and_filters_narrow() {
    let home = home().await;
    let visit = finding(
        &home,
        &[
            ("dwelling", "advice", "bed"),
            ("electric", "general", "wiring"),
            ("gas", "major", "leak_test"),
            ("fire", "general", "corridor"),
        ],
    );
    let logged = home.steward.post("/api/v1/visits", visit).await.expect(201);
    assert_eq!(logged["hazards"].as_array().unwrap().len(), 4);
    let all = home.steward.get("/api/v1/hazards").await.expect(200);
    let order = points(&all);
    assert_eq!((order[0], order[3]), ("leak_test", "bed"));
    let mut paged = Vec::new();
    let mut path = "/api/v1/hazards?limit=1".to_owned();
    loop {
        let page = home.steward.get(&path).await.expect(200);
        paged.extend(points(&page).into_iter().map(str::to_owned));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/api/v1/hazards?limit=1&cursor={cursor}");
    }
    assert_eq!(paged, order);
    let household = home.household;
    let community = logged["community_id"].as_str().unwrap();
    for (query, expected) in [
        ("status=open".to_owned(), 4),
        ("status=cleared".to_owned(), 0),
        ("kind=gas".to_owned(), 1),
        ("severity=general".to_owned(), 2),
        (format!("household={household}&community={community}"), 4),
        (format!("household={}", Uuid::now_v7()), 0),
        ("overdue=true".to_owned(), 0),
        ("overdue=false".to_owned(), 4),
    ] {
        let found = home
            .steward
            .get(&format!("/api/v1/hazards?{query}"))
            .await
            .expect(200);
        assert_eq!(points(&found).len(), expected, "{query}");
    }
    assert_eq!(
        home.steward.get("/api/v1/hazards?status=bad").await.refused(422),
        "invalid"
    );
    home.city.stop().await;
}

/// Whom alerts of a topic told, in the order in which they were raised.
pub async fn told(home: &Home, topic: &str) -> Vec<Uuid> {
    #[derive(diesel::QueryableByName)]
    struct Told {
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        user_id: Uuid,
    }
    let mut conn = home.city.service.state.pool.get().await.unwrap();
    let told: Vec<Told> = diesel_async::RunQueryDsl::load(
        steward::db::statement(
            "SELECT r.user_id FROM alerts a JOIN alert_recipients r ON r.alert_id = a.id WHERE a.topic = $1 ORDER BY a.raised_at, r.user_id",
        )
        .bind::<diesel::sql_types::Text, _>(topic),
        &mut *conn,
    )
    .await
    .unwrap();
    told.into_iter().map(|t| t.user_id).collect()
}

#[actix_web::test]
async fn what_is_past_its_deadline_climbs_a_step_at_a_time_to_the_city_and_advice_never() {
    let home = home().await;
    let visit = finding(
        &home,
        &[
            ("gas", "major", "hose"),
            ("fire", "general", "corridor"),
            ("dwelling", "advice", "bed"),
        ],
    );
    home.steward.post("/api/v1/visits", visit).await.expect(201);
    let climbs = "SELECT count(*) AS n FROM audit_entries WHERE action = 'hazards.escalate'";
    home.city.advance(Duration::days(7) - Duration::minutes(61));
    home.city.service.run_jobs().await;
    assert_eq!(count(&home, climbs).await, 0);
    // Who is told: of the city, the district and the subdistrict; those of another district are not.
    let officers = [
        home.city.scoped(Role::Officer, "630104001").await.id,
        home.city.scoped(Role::Officer, "630104").await.id,
        home.city.scoped(Role::Officer, "6301").await.id,
    ];
    home.city.scoped(Role::Officer, "630102").await;
    let answering = [home.steward.id, officers[0], officers[1], officers[2]];
    let hose = async || {
        let all = home.steward.get("/api/v1/hazards").await.expect(200);
        all["items"][0].clone()
    };
    for (step, wait) in ["steward", "subdistrict", "county", "city"].into_iter().zip(1..) {
        home.city.advance(Duration::hours(2));
        home.city.service.run_jobs().await;
        let late = home.steward.get("/api/v1/hazards?overdue=true").await.expect(200);
        assert_eq!(points(&late), ["hose"]);
        let found = hose().await;
        assert_eq!(
            (&found["escalated"], &found["escalation"]),
            (&json!(true), &json!(step))
        );
        home.city.advance(Duration::hours(2));
        home.city.service.run_jobs().await;
        assert_eq!(count(&home, climbs).await, wait, "once a step");
        assert_eq!(
            told(&home, "hazard.overdue").await,
            answering[..usize::try_from(wait).unwrap()]
        );
        home.city.advance(Duration::days(3));
    }
    home.city.service.run_jobs().await;
    assert_eq!(count(&home, climbs).await, 4, "there is nobody above the city");
    home.city.advance(Duration::days(40));
    home.city.service.run_jobs().await;
    let all = home.steward.get("/api/v1/hazards").await.expect(200);
    let steps: Vec<_> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|h| &h["escalation"])
        .collect();
    assert_eq!(steps, [&json!("city"), &json!("steward"), &Value::Null]);
    home.city.stop().await;
}

#[actix_web::test]
async fn what_comes_back_names_the_one_before_and_shows_the_point_s_history() {
    let home = home().await;
    let first = home
        .steward
        .post("/api/v1/visits", finding(&home, &[("gas", "general", "hose")]))
        .await
        .expect(201);
    let first = first["hazards"][0].clone();
    home.city.advance(Duration::days(1));
    let mut clearing = at(&home, home.visit());
    clearing["cleared"] = json!([first]);
    let clearing = home.steward.post("/api/v1/visits", clearing).await.expect_id(201);
    home.city.advance(Duration::days(1));
    let again = home
        .steward
        .post(
            "/api/v1/visits",
            at(&home, finding(&home, &[("gas", "major", "hose")])),
        )
        .await
        .expect(201);
    let again = again["hazards"][0].as_str().unwrap();
    let path = format!("/api/v1/hazards/{again}");
    let found = home.steward.get(&path).await.expect(200);
    assert_eq!(found["previous_id"], first);
    let history: Vec<_> = found["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|h| (&h["id"], &h["status"]))
        .collect();
    assert_eq!(
        history,
        [(&first, &json!("cleared")), (&json!(again), &json!("open"))]
    );
    let before = home
        .steward
        .get(&format!("/api/v1/hazards/{}", first.as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(before["cleared_visit_id"], clearing.to_string());
    home.city.stop().await;
}

#[actix_web::test]
async fn hazards_are_seen_in_their_area_alone() {
    let home = home().await;
    let logged = home
        .steward
        .post("/api/v1/visits", finding(&home, &[("gas", "general", "hose")]))
        .await
        .expect(201);
    let path = format!("/api/v1/hazards/{}", logged["hazards"][0].as_str().unwrap());
    home.city
        .scoped(Role::Officer, "630104")
        .await
        .get(&path)
        .await
        .expect(200);
    let elsewhere = home.city.scoped(Role::Officer, "630102").await;
    assert_eq!(elsewhere.get(&path).await.refused(404), "hazard_not_found");
    assert_eq!(
        elsewhere.get("/api/v1/hazards").await.expect(200)["items"],
        json!([])
    );
    let (provider, ..) = home.city.provider(&[]).await;
    assert_eq!(provider.get(&path).await.refused(403), "forbidden");
    assert_eq!(
        count(
            &home,
            "SELECT count(*) AS n FROM audit_entries WHERE action = 'hazards.read'"
        )
        .await,
        1,
        "a look is audited, a refusal is none"
    );
    home.city.stop().await;
}
