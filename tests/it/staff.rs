//! Accounts, stewards, and who serves which community.

use crate::support::{Person, TestCity};
use chrono::Duration;
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use std::process::Command;
use steward::{
    db::statement,
    ids::UserId,
    jobs::in_transaction,
    staff::{commands, queries::users},
    tx::{Role, Stamp},
};
use uuid::Uuid;

const CHOSEN: &str = "long enough for anybody";

async fn log_in(city: &TestCity, username: &str, password: &str) -> Value {
    city.stranger()
        .post(
            "/api/v1/auth/login",
            json!({ "username": username, "password": password }),
        )
        .await
        .expect(200)
}

fn bearer(city: &TestCity, tokens: &Value) -> Person {
    city.stranger()
        .with_token(tokens["access_token"].as_str().unwrap())
}

fn ids(page: &Value) -> Vec<String> {
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect()
}

fn fields(refused: &Value) -> Vec<&str> {
    refused["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["field"].as_str().unwrap())
        .collect()
}

#[actix_web::test]
async fn a_new_account_has_a_password_for_one_log_in_that_is_stored_nowhere_and_must_be_changed() {
    let city = TestCity::new().await;
    city.community("630104001000").await;
    let key = Uuid::now_v7();
    let body =
        json!({ "username": "officer.west", "display_name": "示例", "role": "officer", "scope": "630104" });
    let made = city
        .admin
        .post_with_key("/api/v1/users", key, body.clone())
        .await
        .expect(201);
    let password = made["one_time_password"].as_str().unwrap().to_owned();
    assert_eq!(
        (made["version"].as_i64(), made["must_change_password"].as_bool()),
        (Some(1), Some(true))
    );
    assert_eq!(
        city.admin
            .post_with_key("/api/v1/users", key, body)
            .await
            .refused(409),
        "username_taken"
    );
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = ty::BigInt)]
        found: i64,
    }
    let mut conn = city.service.state.pool.get().await.unwrap();
    let found: Count = statement(
        "SELECT (SELECT count(*) FROM idempotency_keys) + (SELECT count(*) FROM users u WHERE u::text LIKE '%' || $1 || '%') \
         + (SELECT count(*) FROM audit_inbox i WHERE i.entry::text LIKE '%' || $1 || '%') \
         + (SELECT count(*) FROM audit_entries a WHERE a.detail::text LIKE '%' || $1 || '%') AS found",
    )
    .bind::<ty::Text, _>(&password)
    .get_result(&mut *conn)
    .await
    .unwrap();
    assert_eq!(found.found, 0);
    drop(conn);
    let tokens = log_in(&city, "officer.west", &password).await;
    assert_eq!(tokens["must_change_password"], true);
    let officer = bearer(&city, &tokens);
    for path in ["/api/v1/communities", "/api/v1/obligations", "/api/v1/divisions"] {
        assert_eq!(officer.get(path).await.refused(403), "password_change_needed");
    }
    assert_eq!(
        officer.post("/api/v1/auth/totp", json!({})).await.refused(403),
        "password_change_needed"
    );
    let me = officer.get("/api/v1/me").await.expect(200);
    assert_eq!(
        (
            me["username"].as_str(),
            me["must_change_password"].as_bool(),
            me["totp"].as_str()
        ),
        (Some("officer.west"), Some(true), Some("none"))
    );
    // The refreshed token permits no more than the first.
    let refreshed = city
        .stranger()
        .post(
            "/api/v1/auth/refresh",
            json!({ "refresh_token": tokens["refresh_token"] }),
        )
        .await
        .expect(200);
    assert_eq!(
        bearer(&city, &refreshed)
            .get("/api/v1/communities")
            .await
            .refused(403),
        "password_change_needed"
    );
    let access = officer
        .post(
            "/api/v1/auth/password",
            json!({ "current": password, "new": CHOSEN }),
        )
        .await
        .expect(200);
    let communities = bearer(&city, &access)
        .get("/api/v1/communities")
        .await
        .expect(200);
    assert_eq!(ids(&communities).len(), 1);
    let again = log_in(&city, "officer.west", CHOSEN).await;
    assert_eq!(again["must_change_password"], false);
    city.stop().await;
}

#[actix_web::test]
async fn accounts_are_kept_by_administrators_whose_mistakes_are_said_field_by_field() {
    let city = TestCity::new().await;
    let (_, organisation, _) = city.provider(&[]).await;
    let new = |username: &str, role: &str, scope: Option<&str>, organisation: Option<Uuid>| json!({ "username": username, "display_name": "示例", "role": role, "scope": scope, "organisation_id": organisation });
    for (body, at) in [
        (new("Upper", "steward", None, None), "username"),
        (new("someone", "officer", None, None), "scope"),
        (new("someone", "steward", Some("6301"), None), "scope"),
        (new("someone", "officer", Some("630100"), None), "scope"),
        (new("someone", "officer", Some("630199"), None), "scope"),
        (new("someone", "provider", None, None), "organisation_id"),
        (
            new("someone", "provider", None, Some(Uuid::now_v7())),
            "organisation_id",
        ),
    ] {
        let refused = city.admin.post("/api/v1/users", body.clone()).await.expect(422);
        assert_eq!(fields(&refused), [at], "{body}");
    }
    let provider = city
        .admin
        .post(
            "/api/v1/users",
            new("provider.new", "provider", None, Some(organisation)),
        )
        .await
        .expect_id(201);
    let officer = city.scoped(Role::Officer, "630104").await;
    let path = format!("/api/v1/users/{}", officer.id);
    let changed = city
        .admin
        .patch(
            &path,
            "\"1\"",
            json!({ "display_name": "新名", "scope": "630102" }),
        )
        .await
        .expect(200);
    assert_eq!(
        (
            changed["display_name"].as_str(),
            changed["scope"].as_str(),
            changed["version"].as_i64()
        ),
        (Some("新名"), Some("630102"), Some(2))
    );
    // The new scope counts at once, whatever the token was issued for.
    let east = city.community("630102001000").await;
    let west = city.community("630104001000").await;
    assert_eq!(
        ids(&officer.get("/api/v1/communities").await.expect(200)),
        [east.to_string()]
    );
    officer
        .get(&format!("/api/v1/communities/{west}"))
        .await
        .expect(404);
    assert_eq!(
        city.admin
            .patch(&path, "\"1\"", json!({ "display_name": "旧" }))
            .await
            .refused(412),
        "stale"
    );
    let of_a_provider = city
        .admin
        .patch(
            &format!("/api/v1/users/{provider}"),
            "\"1\"",
            json!({ "scope": "6301" }),
        )
        .await;
    assert_eq!(fields(&of_a_provider.expect(422)), ["scope"]);
    assert_eq!(
        city.admin
            .patch(&path, "\"2\"", json!({ "role": "admin" }))
            .await
            .refused(422),
        "invalid"
    );
    assert_eq!(
        city.admin
            .get(&format!("/api/v1/users/{}", Uuid::now_v7()))
            .await
            .refused(404),
        "user_not_found"
    );
    assert_eq!(officer.get("/api/v1/users").await.refused(403), "forbidden");
    let officers = city.admin.get("/api/v1/users?role=officer").await.expect(200);
    assert_eq!(ids(&officers), [officer.id.to_string()]);
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = city
            .admin
            .get(&format!("/api/v1/users?limit=1{cursor}"))
            .await
            .expect(200);
        seen.extend(ids(&page));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    // The administrator, two of the provider's, the officer.
    assert_eq!(seen.len(), 4);
    city.stop().await;
}

#[actix_web::test]
async fn a_disabled_account_is_turned_away_at_once_whatever_its_role() {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let household = city.household(community, "1", "101").await;
    city.elder(household).await;
    city.service.run_jobs().await;
    city.advance(Duration::days(1));
    city.service.run_jobs().await;
    let steward = city.steward(&[community]).await;
    let (provider, _, _) = city.provider(&[]).await;
    let second = city.admin_too().await;
    let people = [
        (&provider, "/api/v1/me"),
        (&city.scoped(Role::Officer, "6301").await, "/api/v1/communities"),
        (&city.scoped(Role::Duty, "6301").await, "/api/v1/emergencies"),
        (&city.scoped(Role::Auditor, "6301").await, "/api/v1/audit"),
        (&second, "/api/v1/users"),
    ]
    .map(|(person, path)| (person.clone(), path));
    let disable = async |id: Uuid| {
        city.admin
            .post(&format!("/api/v1/users/{id}/disable"), json!({}))
            .await
    };
    for (person, path) in &people {
        person.get(path).await.expect(200);
        assert!(disable(person.id).await.expect(200)["disabled_at"].is_string());
        assert_eq!(person.get(path).await.refused(401), "unauthenticated", "{path}");
        assert_eq!(
            person.get("/api/v1/divisions").await.refused(401),
            "unauthenticated"
        );
    }
    assert_eq!(
        ids(&steward.get("/api/v1/obligations").await.expect(200)).len(),
        1
    );
    disable(steward.id).await.expect(200);
    for path in ["/api/v1/obligations", "/api/v1/communities"] {
        assert_eq!(ids(&steward.get(path).await.expect(200)).len(), 0, "{path}");
    }
    assert_eq!(steward.get("/api/v1/me").await.refused(401), "unauthenticated");
    assert_eq!(disable(steward.id).await.refused(409), "user_disabled");
    assert_eq!(disable(Uuid::now_v7()).await.refused(404), "user_not_found");
    assert_eq!(disable(city.admin.id).await.refused(409), "not_yourself");
    let enable = async |id: Uuid| {
        city.admin
            .post(&format!("/api/v1/users/{id}/enable"), json!({}))
            .await
    };
    enable(steward.id).await.expect(200);
    assert_eq!(
        ids(&steward.get("/api/v1/obligations").await.expect(200)).len(),
        1
    );
    assert_eq!(enable(steward.id).await.refused(409), "user_not_disabled");
    city.stop().await;
}

#[actix_web::test]
async fn a_disabled_account_neither_refreshes_nor_logs_in_and_its_old_sessions_stay_ended() {
    let city = TestCity::new().await;
    let made = city
        .admin
        .post(
            "/api/v1/users",
            json!({ "username": "steward.new", "display_name": "示例", "role": "steward" }),
        )
        .await
        .expect(201);
    let (id, password) = (
        made["id"].as_str().unwrap(),
        made["one_time_password"].as_str().unwrap(),
    );
    let tokens = log_in(&city, "steward.new", password).await;
    let refresh = async || {
        city.stranger()
            .post(
                "/api/v1/auth/refresh",
                json!({ "refresh_token": tokens["refresh_token"] }),
            )
            .await
            .refused(401)
    };
    city.admin
        .post(&format!("/api/v1/users/{id}/disable"), json!({}))
        .await
        .expect(200);
    assert_eq!(refresh().await, "unauthenticated");
    let refused = city
        .stranger()
        .post(
            "/api/v1/auth/login",
            json!({ "username": "steward.new", "password": password }),
        )
        .await;
    assert_eq!(refused.refused(401), "bad_credentials");
    city.admin
        .post(&format!("/api/v1/users/{id}/enable"), json!({}))
        .await
        .expect(200);
    assert_eq!(refresh().await, "unauthenticated");
    log_in(&city, "steward.new", password).await;
    city.stop().await;
}

#[actix_web::test]
async fn two_administrators_who_disable_each_other_at_once_leave_one() {
    let city = TestCity::new().await;
    let second = city.admin_too().await;
    let state = &city.service.state;
    let (ready, first_is_done) = tokio::sync::oneshot::channel();
    // The first holds its transaction open until the second waits for it.
    let one = in_transaction(state, Stamp::system(state), async |tx| {
        users::disable(tx, UserId(second.id)).await?;
        ready.send(()).unwrap();
        let mut looks = 0;
        while waiting(tx.conn).await == 0 && looks < 500 {
            looks += 1;
        }
        Ok(())
    });
    let other = async {
        first_is_done.await.unwrap();
        in_transaction(state, Stamp::system(state), async |tx| {
            users::disable(tx, UserId(city.admin.id)).await
        })
        .await
    };
    let (one, other) = futures_util::future::join(one, other).await;
    one.unwrap();
    assert_eq!(other.unwrap_err().code.name, "last_admin");
    city.admin.get("/api/v1/users").await.expect(200);
    // Over HTTP one of two that come together is stopped by the guard, or turned away because it came after.
    city.admin
        .post(&format!("/api/v1/users/{}/enable", second.id), json!({}))
        .await
        .expect(200);
    let (one, other) = futures_util::future::join(
        city.admin
            .post(&format!("/api/v1/users/{}/disable", second.id), json!({})),
        second.post(&format!("/api/v1/users/{}/disable", city.admin.id), json!({})),
    )
    .await;
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert!(matches!(statuses, [200, 401 | 409]), "{statuses:?}");
    city.stop().await;
}

/// How many connections of this database wait for a lock.
async fn waiting(conn: &mut diesel_async::AsyncPgConnection) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = ty::BigInt)]
        found: i64,
    }
    let count: Count = statement(
        "SELECT count(*) AS found FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE NOT l.granted AND a.datname = current_database()",
    )
    .get_result(conn)
    .await
    .unwrap();
    count.found
}

#[actix_web::test]
async fn a_reset_password_ends_the_sessions_and_an_unlocked_account_logs_in_again() {
    let city = TestCity::new().await;
    let made = city
        .admin
        .post(
            "/api/v1/users",
            json!({ "username": "duty.new", "display_name": "示例", "role": "duty", "scope": "6301" }),
        )
        .await
        .expect(201);
    let id = made["id"].as_str().unwrap();
    let first = made["one_time_password"].as_str().unwrap();
    let tokens = log_in(&city, "duty.new", first).await;
    let reset = city
        .admin
        .post(&format!("/api/v1/users/{id}/reset-password"), json!({}))
        .await
        .expect(200);
    let second = reset["one_time_password"].as_str().unwrap();
    assert_ne!(first, second);
    let refreshed = city
        .stranger()
        .post(
            "/api/v1/auth/refresh",
            json!({ "refresh_token": tokens["refresh_token"] }),
        )
        .await;
    assert_eq!(refreshed.refused(401), "unauthenticated");
    let attempt = async |password: &str| {
        city.stranger()
            .post(
                "/api/v1/auth/login",
                json!({ "username": "duty.new", "password": password }),
            )
            .await
    };
    for _ in 0..5 {
        assert_eq!(attempt(first).await.refused(401), "bad_credentials");
    }
    assert_eq!(attempt(second).await.refused(423), "account_locked");
    let unlocked = city
        .admin
        .post(&format!("/api/v1/users/{id}/unlock"), json!({}))
        .await
        .expect(200);
    assert!(unlocked["locked_until"].is_null());
    assert_eq!(attempt(second).await.expect(200)["must_change_password"], true);
    for verb in ["reset-password", "totp/reset"] {
        let own = city
            .admin
            .post(&format!("/api/v1/users/{}/{verb}", city.admin.id), json!({}))
            .await;
        assert_eq!(own.refused(409), "not_yourself");
    }
    for verb in ["reset-password", "totp/reset", "unlock", "enable"] {
        let nobody = city
            .admin
            .post(&format!("/api/v1/users/{}/{verb}", Uuid::now_v7()), json!({}))
            .await;
        assert_eq!(nobody.refused(404), "user_not_found");
    }
    city.stop().await;
}

#[actix_web::test]
async fn stewards_are_listed_with_what_they_answer_for_in_the_area_of_who_asks() {
    let city = TestCity::new().await;
    let (east, west) = (
        city.community("630102001000").await,
        city.community("630104001000").await,
    );
    let (of_both, of_west) = (city.steward(&[east, west]).await, city.steward(&[west]).await);
    let idle = city.steward(&[]).await;
    for (community, room) in [(east, "101"), (west, "101"), (west, "102")] {
        city.elder(city.household(community, "1", room).await).await;
    }
    city.household(west, "1", "103").await;
    city.service.run_jobs().await;
    city.advance(Duration::days(1));
    city.service.run_jobs().await;
    let figures = async |person: &Person| {
        let page = person.get("/api/v1/stewards").await.expect(200);
        let mut lines: Vec<(String, usize, i64, i64)> = page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| {
                (
                    s["id"].as_str().unwrap().to_owned(),
                    s["communities"].as_array().unwrap().len(),
                    s["households"].as_i64().unwrap(),
                    s["owed"].as_i64().unwrap(),
                )
            })
            .collect();
        lines.sort();
        lines
    };
    let sorted = |mut lines: Vec<(String, usize, i64, i64)>| {
        lines.sort();
        lines
    };
    let line = |person: &Person, communities, households, owed| {
        (person.id.to_string(), communities, households, owed)
    };
    let eastern = city.scoped(Role::Officer, "630102").await;
    assert_eq!(
        figures(&eastern).await,
        sorted(vec![line(&of_both, 1, 1, 1), line(&idle, 0, 0, 0)])
    );
    assert_eq!(
        figures(&city.scoped(Role::Duty, "630104").await).await,
        sorted(vec![
            line(&of_both, 1, 2, 2),
            line(&of_west, 1, 2, 2),
            line(&idle, 0, 0, 0)
        ])
    );
    assert_eq!(
        figures(&city.admin).await,
        sorted(vec![
            line(&of_both, 2, 3, 3),
            line(&of_west, 1, 2, 2),
            line(&idle, 0, 0, 0)
        ])
    );
    // Who is disabled is seen while they still stand for a community, so that it is handed over.
    for person in [&of_west, &idle] {
        city.admin
            .post(&format!("/api/v1/users/{}/disable", person.id), json!({}))
            .await
            .expect(200);
    }
    let page = city.admin.get("/api/v1/stewards").await.expect(200);
    let disabled: Vec<_> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|s| s["disabled"] == true)
        .map(|s| s["id"].as_str().unwrap())
        .collect();
    assert_eq!(disabled, [of_west.id.to_string()]);
    let first = city.admin.get("/api/v1/stewards?limit=1").await.expect(200);
    let rest = city
        .admin
        .get(&format!(
            "/api/v1/stewards?cursor={}",
            first["next_cursor"].as_str().unwrap()
        ))
        .await
        .expect(200);
    assert_eq!((ids(&first).len(), ids(&rest).len()), (1, 1));
    assert_eq!(of_both.get("/api/v1/stewards").await.refused(403), "forbidden");
    city.stop().await;
}

#[actix_web::test]
async fn an_assignment_begins_and_ends_without_rewriting_what_was() {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let officer = city.scoped(Role::Officer, "630104").await;
    let foreign = city.scoped(Role::Officer, "630102").await;
    let (one, other) = (city.steward(&[]).await, city.steward(&[]).await);
    let path = format!("/api/v1/communities/{community}/assignments");
    let new = |person: &Person, duty: &str| json!({ "user_id": person.id, "duty": duty, "reason": "到岗" });
    let at = |mut body: Value, field: &str, days: i64| {
        body[field] = json!(city.service.state.clock.now() + Duration::days(days));
        body
    };
    assert_eq!(
        foreign.post(&path, new(&one, "primary")).await.refused(404),
        "community_not_found"
    );
    assert_eq!(
        one.post(&path, new(&one, "primary")).await.refused(403),
        "forbidden"
    );
    assert_eq!(
        officer.post(&path, new(&officer, "primary")).await.refused(422),
        "not_a_steward"
    );
    let past = officer
        .post(&path, at(new(&one, "primary"), "starts_at", -1))
        .await
        .expect(422);
    assert_eq!(fields(&past), ["starts_at"]);
    let first = officer.post(&path, new(&one, "primary")).await.expect_id(201);
    assert_eq!(
        ids(&one.get("/api/v1/communities").await.expect(200)),
        [community.to_string()]
    );
    assert_eq!(
        officer.post(&path, new(&one, "deputy")).await.refused(409),
        "already_serves"
    );
    assert_eq!(
        officer.post(&path, new(&other, "primary")).await.refused(409),
        "primary_taken"
    );
    assert_eq!(
        officer
            .post(&path, at(new(&other, "primary"), "starts_at", 7))
            .await
            .refused(409),
        "primary_taken"
    );
    let end = |days: i64| at(json!({ "reason": "离职" }), "ends_at", days);
    let end_path = format!("/api/v1/assignments/{first}/end");
    assert_eq!(
        foreign.post(&end_path, end(5)).await.refused(404),
        "assignment_not_found"
    );
    assert_eq!(
        fields(&officer.post(&end_path, end(-1)).await.expect(422)),
        ["ends_at"]
    );
    officer.post(&end_path, end(5)).await.expect(200);
    assert_eq!(
        officer
            .post(&path, at(new(&other, "primary"), "starts_at", 4))
            .await
            .refused(409),
        "primary_taken"
    );
    let second = officer
        .post(&path, at(new(&other, "primary"), "starts_at", 5))
        .await
        .expect_id(201);
    assert_eq!(ids(&other.get("/api/v1/communities").await.expect(200)).len(), 0);
    city.advance(Duration::days(5));
    assert_eq!(ids(&one.get("/api/v1/communities").await.expect(200)).len(), 0);
    assert_eq!(ids(&other.get("/api/v1/communities").await.expect(200)).len(), 1);
    assert_eq!(
        officer
            .post(&end_path, json!({ "reason": "再" }))
            .await
            .refused(409),
        "assignment_ended"
    );
    let history = officer.get(&path).await.expect(200);
    assert_eq!(ids(&history), [second.to_string(), first.to_string()]);
    assert_eq!(
        (
            history["items"][1]["reason"].as_str(),
            history["items"][1]["end_reason"].as_str(),
            history["items"][1]["ended_by"].as_str()
        ),
        (Some("到岗"), Some("离职"), Some(officer.id.to_string().as_str()))
    );
    let page = officer.get(&format!("{path}?limit=1")).await.expect(200);
    let next = officer
        .get(&format!(
            "{path}?cursor={}",
            page["next_cursor"].as_str().unwrap()
        ))
        .await
        .expect(200);
    assert_eq!(ids(&next), [first.to_string()]);
    assert_eq!(foreign.get(&path).await.refused(404), "community_not_found");
    // The steward who serves it now may know who was there before; the one who left may not.
    assert_eq!(ids(&other.get(&path).await.expect(200)).len(), 2);
    assert_eq!(one.get(&path).await.refused(404), "community_not_found");
    city.admin.get(&path).await.expect(200);
    city.stop().await;
}

#[actix_web::test]
async fn a_hand_over_in_mid_week_loses_no_visit_and_the_old_steward_keeps_what_they_recorded() {
    // Wednesday of 2024-W03, with the week's visits owed.
    let city = TestCity::at("2024-01-14T12:00:00Z").await;
    let community = city.community("630104001000").await;
    let leaving = city.steward(&[community]).await;
    let deputy = city.steward(&[community]).await;
    let mut households = Vec::new();
    for room in ["101", "102", "103"] {
        let household = city.household(community, "1", room).await;
        households.push((household, city.elder(household).await));
    }
    city.service.run_jobs().await;
    city.advance(Duration::hours(13));
    city.service.run_jobs().await;
    city.advance(Duration::days(2));
    let (household, elder) = households[0];
    let safe = json!({ "result": "safe" });
    let visit = leaving
        .post(
            "/api/v1/visits",
            json!({ "id": Uuid::now_v7(), "household_id": household, "purposes": ["safety"], "outcome": "met",
                    "started_at": "2024-01-16T00:30:00Z", "ended_at": "2024-01-16T00:50:00Z", "device_now": city.service.state.clock.now(),
                    "check_in": { "position": "at_door", "latitude": 36.62, "longitude": 101.77, "accuracy_m": 12.0 },
                    "checks": { "gas": safe, "electric": safe, "fire": safe, "water": safe },
                    "elders": [{ "elder_id": elder, "condition": "good", "diet": "regular", "mood": "calm" }], "form_version": 1 }),
        )
        .await
        .expect_id(201);
    let owed = async |person: &Person| {
        let mut owed: Vec<String> = person.get("/api/v1/obligations").await.expect(200)["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|o| o["household_id"].as_str().unwrap().to_owned())
            .collect();
        owed.sort();
        owed
    };
    let before = owed(&leaving).await;
    assert_eq!(before.len(), 2);
    let officer = city.scoped(Role::Officer, "630104").await;
    let path = format!("/api/v1/communities/{community}/hand-over");
    let to = |person: &Person| json!({ "to_user_id": person.id, "reason": "休假" });
    assert_eq!(
        city.scoped(Role::Officer, "630102")
            .await
            .post(&path, to(&deputy))
            .await
            .refused(404),
        "community_not_found"
    );
    assert_eq!(leaving.post(&path, to(&deputy)).await.refused(403), "forbidden");
    assert_eq!(
        officer.post(&path, to(&officer)).await.refused(422),
        "not_a_steward"
    );
    assert_eq!(
        officer.post(&path, to(&leaving)).await.refused(409),
        "already_serves"
    );
    let begun = officer.post(&path, to(&deputy)).await.expect(201);
    assert_eq!(
        (begun["duty"].as_str(), begun["ends_at"].is_null()),
        (Some("primary"), true)
    );
    assert_eq!(owed(&deputy).await, before);
    assert_eq!(owed(&leaving).await, [""; 0]);
    leaving.get(&format!("/api/v1/visits/{visit}")).await.expect(200);
    assert_eq!(
        ids(&leaving.get("/api/v1/visits").await.expect(200)),
        [visit.to_string()]
    );
    // From one to the other and on, at one instant, and nobody serves twice.
    let third = city.steward(&[]).await;
    officer.post(&path, to(&third)).await.expect(201);
    assert_eq!(owed(&third).await, before);
    assert_eq!(owed(&deputy).await, [""; 0]);
    let history = officer
        .get(&format!("/api/v1/communities/{community}/assignments"))
        .await
        .expect(200);
    let lines: Vec<(String, String, bool)> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| {
            (
                a["user_id"].as_str().unwrap().to_owned(),
                a["duty"].as_str().unwrap().to_owned(),
                a["ends_at"].is_null(),
            )
        })
        .collect();
    assert_eq!(lines.len(), 4);
    let open: Vec<_> = lines.iter().filter(|l| l.2).collect();
    assert_eq!(open, [&(third.id.to_string(), "primary".to_owned(), true)]);
    assert_eq!(begun["starts_at"], history["items"][0]["starts_at"]);
    let empty = city.community("630104002000").await;
    assert_eq!(
        officer
            .post(&format!("/api/v1/communities/{empty}/hand-over"), to(&third))
            .await
            .refused(409),
        "no_primary"
    );
    // A primary planned for later would serve beside the new one.
    let present = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|a| a["ends_at"].is_null())
        .unwrap()["id"]
        .as_str()
        .unwrap();
    let in_three_days = city.service.state.clock.now() + Duration::days(3);
    officer
        .post(
            &format!("/api/v1/assignments/{present}/end"),
            json!({ "reason": "计划", "ends_at": in_three_days }),
        )
        .await
        .expect(200);
    officer
        .post(
            &format!("/api/v1/communities/{community}/assignments"),
            json!({ "user_id": leaving.id, "duty": "primary", "starts_at": in_three_days, "reason": "回来" }),
        )
        .await
        .expect(201);
    assert_eq!(
        officer.post(&path, to(&deputy)).await.refused(409),
        "primary_taken"
    );
    assert_eq!(owed(&third).await, before);
    city.stop().await;
}

#[actix_web::test]
async fn two_hand_overs_at_once_leave_one_primary_steward() {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    city.steward(&[community]).await;
    let (one, other) = (city.steward(&[]).await, city.steward(&[]).await);
    let officer = city.scoped(Role::Officer, "630104").await;
    let path = format!("/api/v1/communities/{community}/hand-over");
    let to = |person: &Person| json!({ "to_user_id": person.id, "reason": "休假" });
    let (first, second) =
        futures_util::future::join(officer.post(&path, to(&one)), officer.post(&path, to(&other))).await;
    first.expect(201);
    second.expect(201);
    let history = officer
        .get(&format!("/api/v1/communities/{community}/assignments"))
        .await
        .expect(200);
    let open = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|a| a["ends_at"].is_null())
        .count();
    assert_eq!((ids(&history).len(), open), (3, 1));
    city.stop().await;
}

/// Runs a command of the binary on the city's database.
fn command(city: &TestCity, arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_steward"))
        .args(arguments)
        .env_clear()
        .env("DATABASE_URL", &city.service.state.config.database.url)
        .env("STEWARD_KEYS", crate::support::TEST_KEYS)
        .env("STEWARD_LOG", "warn")
        .output()
        .unwrap();
    (
        output.status.success(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[actix_web::test]
async fn the_first_administrator_of_a_city_comes_from_the_command_line() {
    let city = TestCity::new().await;
    let (done, said, _) = command(&city, &["user", "add", "root.admin", "--role", "admin"]);
    assert!(done);
    let password = said.trim().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(
        log_in(&city, "root.admin", &password).await["must_change_password"],
        true
    );
    let (done, said, _) = command(&city, &["user", "reset-password", "root.admin"]);
    assert!(done);
    let anew = said.trim().rsplit(' ').next().unwrap();
    assert_ne!(anew, password);
    log_in(&city, "root.admin", anew).await;
    let (done, _, why) = command(
        &city,
        &[
            "user",
            "add",
            "officer.x",
            "--role",
            "officer",
            "--scope",
            "630100",
        ],
    );
    assert!(!done && why.contains("scope"), "{why}");
    let (done, said, _) = command(&city, &["user", "list"]);
    assert!(
        done && said
            .lines()
            .any(|l| l.starts_with("root.admin") && l.contains("one-time")),
        "{said}"
    );
    assert_eq!(
        commands::disable(&city.service.state, "nobody.at.all")
            .await
            .unwrap_err()
            .code
            .name,
        "user_not_found"
    );
    let (done, ..) = command(&city, &["user", "disable", "root.admin"]);
    assert!(done);
    let left = format!("admin-{}", city.admin.id.simple());
    assert_eq!(
        commands::disable(&city.service.state, &left)
            .await
            .unwrap_err()
            .code
            .name,
        "last_admin"
    );
    city.stop().await;
}

impl TestCity {
    /// Another administrator.
    async fn admin_too(&self) -> Person {
        let id = self.service.state.clock.new_id();
        let mut conn = self.service.state.pool.get().await.unwrap();
        statement(
            "INSERT INTO users (id, username, password_hash, password_changed_at, must_change_password, display_name, role, failed_logins, \
             version, created_at) VALUES ($1, $2, '!', $3, false, $2, 'admin', 0, 1, $3)",
        )
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Text, _>(format!("admin-{}", id.simple()))
        .bind::<ty::Timestamptz, _>(self.service.state.clock.now())
        .execute(&mut *conn)
        .await
        .unwrap();
        Person::logged_in(&self.service, id, Role::Admin, None)
    }
}
