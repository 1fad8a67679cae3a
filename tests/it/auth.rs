//! Log-in, refresh, lock-out.

use crate::support::TestCity;
use chrono::Duration;
use serde_json::json;
use steward::{auth::password, tx::Role};

const PASSWORD: &str = "correct horse battery";

/// Gives a person a password, and says their user name.
async fn give_password(city: &TestCity, id: uuid::Uuid) -> String {
    let hash = password::hash_with_salt(&PASSWORD.into(), &[7; 16]).unwrap();
    let mut conn = city.service.state.pool.get().await.unwrap();
    use diesel_async::RunQueryDsl;
    steward::db::statement("UPDATE users SET password_hash = $2 WHERE id = $1")
        .bind::<diesel::sql_types::Uuid, _>(id)
        .bind::<diesel::sql_types::Text, _>(hash)
        .execute(&mut *conn)
        .await
        .unwrap();
    format!("officer-{}", id.simple())
}

#[actix_web::test]
async fn a_log_in_gives_a_token_of_fifteen_minutes_and_a_refresh_that_rotates() {
    let city = TestCity::new().await;
    let officer = city.scoped(Role::Officer, "6301").await;
    let username = give_password(&city, officer.id).await;
    let nobody = city.stranger();
    let first = nobody
        .post(
            "/api/v1/auth/login",
            json!({ "username": username, "password": PASSWORD }),
        )
        .await
        .expect(200);
    assert_eq!(
        (first["role"].as_str(), first["expires_in"].as_i64()),
        (Some("officer"), Some(900))
    );
    let logged_in = nobody.with_token(first["access_token"].as_str().unwrap());
    assert_eq!(logged_in.get("/api/v1/me").await.expect(200)["scope"], "6301");
    city.advance(Duration::minutes(15));
    assert_eq!(logged_in.get("/api/v1/me").await.refused(401), "unauthenticated");
    let second = nobody
        .post(
            "/api/v1/auth/refresh",
            json!({ "refresh_token": first["refresh_token"] }),
        )
        .await
        .expect(200);
    nobody
        .with_token(second["access_token"].as_str().unwrap())
        .get("/api/v1/me")
        .await
        .expect(200);
    // The first token again: somebody holds a copy, so the whole family ends.
    let reused = nobody
        .post(
            "/api/v1/auth/refresh",
            json!({ "refresh_token": first["refresh_token"] }),
        )
        .await;
    assert_eq!(reused.refused(401), "refresh_reused");
    let after = nobody
        .post(
            "/api/v1/auth/refresh",
            json!({ "refresh_token": second["refresh_token"] }),
        )
        .await;
    assert_eq!(after.refused(401), "unauthenticated");
    city.stop().await;
}

#[actix_web::test]
async fn five_failures_lock_the_account_for_half_an_hour_and_do_not_tell_who_exists() {
    let city = TestCity::new().await;
    let officer = city.scoped(Role::Officer, "6301").await;
    let username = give_password(&city, officer.id).await;
    let nobody = city.stranger();
    let attempt = async |name: &str, password: &str| {
        nobody
            .post(
                "/api/v1/auth/login",
                json!({ "username": name, "password": password }),
            )
            .await
    };
    assert_eq!(
        attempt("no-such-user", PASSWORD).await.refused(401),
        "bad_credentials"
    );
    for _ in 0..5 {
        assert_eq!(attempt(&username, "wrong").await.refused(401), "bad_credentials");
    }
    assert_eq!(attempt(&username, PASSWORD).await.refused(423), "account_locked");
    city.advance(Duration::minutes(31));
    attempt(&username, PASSWORD).await.expect(200);
    city.stop().await;
}

#[actix_web::test]
async fn a_log_out_ends_the_session() {
    let city = TestCity::new().await;
    let officer = city.scoped(Role::Officer, "6301").await;
    let username = give_password(&city, officer.id).await;
    let nobody = city.stranger();
    let tokens = nobody
        .post(
            "/api/v1/auth/login",
            json!({ "username": username, "password": PASSWORD }),
        )
        .await
        .expect(200);
    nobody
        .with_token(tokens["access_token"].as_str().unwrap())
        .post("/api/v1/auth/logout", json!({}))
        .await
        .expect(200);
    let refreshed = nobody
        .post(
            "/api/v1/auth/refresh",
            json!({ "refresh_token": tokens["refresh_token"] }),
        )
        .await;
    assert_eq!(refreshed.refused(401), "unauthenticated");
    city.stop().await;
}
