//! Frozen months stay as they were, say whether they still are, and are taken from one state of the database.

use crate::statistics::{Full, counts, full, sql, visit};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use steward::{db::statement, tx::Role};

const FREEZE: &str = "/api/v1/statistics/monthly/2024-01/freeze";

fn of<'a>(month: &'a Value, code: &str) -> &'a Value {
    month["figures"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["frozen"]["code"] == code)
        .unwrap()
}

async fn frozen(full: &Full, more: &str) -> Value {
    full.officer
        .get(&format!(
            "/api/v1/statistics/monthly/2024-01?division=630104{more}"
        ))
        .await
        .expect(200)
}

#[actix_web::test]
async fn what_arrives_late_is_named_and_changes_nothing_that_was_frozen() {
    let full = full().await;
    let other = full.city.scoped(Role::Officer, "630102").await;
    let body = json!({ "division": "630104" });
    assert_eq!(
        other.post(FREEZE, body.clone()).await.refused(404),
        "report_not_found"
    );
    let open = "/api/v1/statistics/monthly/2024-02/freeze";
    assert_eq!(
        full.officer.post(open, body.clone()).await.refused(422),
        "month_not_over"
    );
    let first = full.officer.post(FREEZE, body).await.expect(201);
    assert_eq!((&first["version"], &first["verified"]), (&json!(1), &json!(true)));
    let figures = full.figures(&full.officer, "month=2024-01&division=630104").await;
    assert_eq!(first["figures"].as_array().unwrap().len(), figures.len());
    for (code, now) in &figures {
        let figure = of(&first, code);
        assert_eq!(&counts(&figure["frozen"]), now, "{code}");
        assert_eq!(figure["listed"], true);
    }
    let unchanged = frozen(&full, "").await;
    assert_eq!((&unchanged, &unchanged["verified"]), (&first, &json!(true)));

    // A visit arrives from a phone, one is corrected away, and a hazard changes from open to cleared.
    let [ha, ..] = full.households;
    visit(
        &full.city,
        ha,
        full.stewards[0],
        &full.elders[..2],
        "2024-01-20T10:00:00+08",
    )
    .await;
    sql(
        &full.city,
        "UPDATE visits SET superseded_at = received_at WHERE started_at = '2024-01-10T10:00:00+08'",
    )
    .await;
    let month = frozen(&full, "").await;
    assert_eq!(month["verified"], true);
    let late = of(&month, "home_visits");
    assert_eq!(late["frozen"], of(&first, "home_visits")["frozen"]);
    assert_eq!((counts(&late["frozen"]).0, counts(&late["restated"]).0), (5, 6));
    let lines = |key: &str| late[key].as_array().unwrap().len();
    assert_eq!(
        (&late["differs"], lines("added"), lines("removed")),
        (&json!(true), 2, 1)
    );
    assert!(
        late["added"]
            .as_array()
            .unwrap()
            .iter()
            .all(|l| l.as_str().unwrap().starts_with('+'))
    );
    assert_eq!(of(&month, "hazards_found")["differs"], false);
    let stored = stored(&full).await;
    for elder in full.elders {
        assert!(!stored.contains(&elder.to_string()));
    }
    full.city.stop().await;
}

/// Every frozen report as text.
async fn stored(full: &Full) -> String {
    #[derive(diesel::QueryableByName)]
    struct Stored {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }
    let mut conn = full.city.service.state.pool.get().await.unwrap();
    let stored: Stored =
        statement("SELECT string_agg(body::text || lists::text, ' ') AS text FROM frozen_reports")
            .get_result(&mut *conn)
            .await
            .unwrap();
    stored.text
}

#[actix_web::test]
async fn a_correction_is_a_version_with_its_reason() {
    let full = full().await;
    full.officer
        .post(FREEZE, json!({ "division": "630104" }))
        .await
        .expect(201);
    let [ha, ..] = full.households;
    visit(
        &full.city,
        ha,
        full.stewards[0],
        &full.elders[..1],
        "2024-01-20T10:00:00+08",
    )
    .await;
    let again = full
        .officer
        .post(FREEZE, json!({ "division": "630104" }))
        .await
        .expect(422);
    assert_eq!(
        (&again["code"], &again["fields"][0]["field"]),
        (&json!("invalid"), &json!("reason"))
    );
    let second = full
        .officer
        .post(
            FREEZE,
            json!({ "division": "630104", "reason": "迟到的入户记录" }),
        )
        .await
        .expect(201);
    assert_eq!(second["version"], 2);
    let versions = "/api/v1/statistics/monthly/2024-01/versions?division=630104";
    let list = full.officer.get(versions).await.expect(200);
    let list: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| {
            (
                v["version"].as_i64().unwrap(),
                v["reason"].clone(),
                v["verified"].clone(),
            )
        })
        .collect();
    assert_eq!(
        list,
        [
            (2, json!("迟到的入户记录"), json!(true)),
            (1, Value::Null, json!(true))
        ]
    );
    let page = full.officer.get(&format!("{versions}&limit=1")).await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let page = full
        .officer
        .get(&format!("{versions}&limit=1&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(
        (&page["items"][0]["version"], &page["next_cursor"]),
        (&json!(1), &Value::Null)
    );
    let visits = |month: &Value| counts(&of(month, "home_visits")["frozen"]).0;
    assert_eq!(
        (
            visits(&frozen(&full, "").await),
            visits(&frozen(&full, "&version=1").await)
        ),
        (6, 5)
    );
    let other = full.city.scoped(Role::Officer, "630102").await;
    assert_eq!(other.get(versions).await.refused(404), "report_not_found");
    full.city.stop().await;
}

#[actix_web::test]
async fn whatever_is_altered_of_a_frozen_month_is_found() {
    let full = full().await;
    full.officer
        .post(FREEZE, json!({ "division": "630104" }))
        .await
        .expect(201);
    sql(&full.city, "CREATE TABLE kept AS SELECT * FROM frozen_reports").await;
    let figure = "(SELECT min(at) - 1 FROM jsonb_array_elements(body->'figures') WITH ORDINALITY f (f, at) WHERE f->>'code' = 'home_visits')";
    let changes = [
        format!("body = jsonb_set(body, ARRAY['figures', {figure}::text, 'numerator'], '500')"),
        format!(
            "body = jsonb_set(body, ARRAY['figures', {figure}::text, 'numerator'], '500'), sha256 = sha256('x')"
        ),
        format!("body = body #- ARRAY['figures', {figure}::text]"),
        "body = '{\"figures\": 5}'".to_owned(),
        "lists = jsonb_set(lists, '{home_visits}', (lists->'home_visits') - 0)".to_owned(),
        "lists = lists - 'home_visits'".to_owned(),
        "reason = 'because'".to_owned(),
        "frozen_at = frozen_at + interval '1 second'".to_owned(),
        "frozen_by = (SELECT id FROM users WHERE role = 'admin' LIMIT 1)".to_owned(),
        "version = 3, reason = 'because'".to_owned(),
        "signature = replace(signature, '.', '..')".to_owned(),
    ];
    for change in changes {
        assert_eq!(frozen(&full, "").await["verified"], true);
        sql(&full.city, &format!("UPDATE frozen_reports SET {change}")).await;
        assert_eq!(frozen(&full, "").await["verified"], false, "{change}");
        sql(
            &full.city,
            "DELETE FROM frozen_reports; INSERT INTO frozen_reports SELECT * FROM kept",
        )
        .await;
    }
    // The report of another month or division in its place.
    for change in ["month = '2023-12'", "division_prefix = '6301'"] {
        sql(&full.city, &format!("UPDATE frozen_reports SET {change}")).await;
        let path = if change.starts_with("month") {
            "/api/v1/statistics/monthly/2023-12?division=630104"
        } else {
            "/api/v1/statistics/monthly/2024-01?division=6301"
        };
        assert_eq!(
            full.officer.get(path).await.expect(200)["verified"],
            false,
            "{change}"
        );
        sql(
            &full.city,
            "DELETE FROM frozen_reports; INSERT INTO frozen_reports SELECT * FROM kept",
        )
        .await;
    }
    full.city.stop().await;
}

#[actix_web::test]
async fn a_freeze_sees_one_state_of_the_database() {
    let full = full().await;
    let (client, connection) = tokio_postgres::connect(
        &full.city.service.state.config.database.url,
        tokio_postgres::NoTls,
    )
    .await
    .unwrap();
    tokio::spawn(connection);
    // The freeze has read what comes before the emergencies when it must wait for their table.
    client
        .batch_execute("BEGIN; LOCK TABLE emergencies IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let officer = full.officer.clone();
    let freeze = tokio::spawn(async move {
        officer
            .post(FREEZE, json!({ "division": "630104" }))
            .await
            .expect(201)
    });
    let (watcher, connection) = tokio_postgres::connect(
        &full.city.service.state.config.database.url,
        tokio_postgres::NoTls,
    )
    .await
    .unwrap();
    tokio::spawn(connection);
    let waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'emergencies'::regclass AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let mut looked = 0;
    while watcher.query(waits, &[]).await.unwrap().is_empty() {
        looked += 1;
        assert!(looked < 20_000, "the freeze does not come to the emergencies");
    }
    client
        .batch_execute(&format!(
            "INSERT INTO emergencies (id, household_id, community_id, status, raised_at, version, answer_due_at, acknowledge_due_at, \
             under_way_due_at, arrive_due_at) SELECT gen_random_uuid(), '{}', '{}', 'raised', at, 1, at, at, at, at \
             FROM (VALUES ('2024-01-09T13:00:00+08'::timestamptz)) AS r (at); COMMIT",
            full.households[0], full.communities[0]
        ))
        .await
        .unwrap();
    let month = freeze.await.unwrap();
    assert_eq!(counts(&of(&month, "emergencies")["frozen"]).0, 3);
    assert_eq!(
        counts(&of(&frozen(&full, "").await, "emergencies")["restated"]).0,
        4
    );
    full.city.stop().await;
}

#[actix_web::test]
async fn the_same_freeze_twice_is_one() {
    let full = full().await;
    let key = uuid::Uuid::now_v7();
    let body = json!({ "division": "630104" });
    let first = full
        .officer
        .post_with_key(FREEZE, key, body.clone())
        .await
        .expect(201);
    let again = full.officer.post_with_key(FREEZE, key, body).await.expect(201);
    assert_eq!(first, again);
    full.city.stop().await;
}
