//! Own password and second factor.

use crate::support::{Person, Service, TestCity};
use chrono::Duration;
use diesel::sql_types as ty;
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use steward::{auth::password, tx::Role};
use totp_rs::{Builder, Secret};

const PASSWORD: &str = "correct horse battery";

/// Gives a person a password, and says their user name.
async fn give_password(city: &TestCity, person: &Person, role: Role) -> String {
    let hash = password::hash_with_salt(&PASSWORD.into(), &[7; 16]).unwrap();
    let mut conn = city.service.state.pool.get().await.unwrap();
    steward::db::statement("UPDATE users SET password_hash = $2 WHERE id = $1")
        .bind::<ty::Uuid, _>(person.id)
        .bind::<ty::Text, _>(hash)
        .execute(&mut *conn)
        .await
        .unwrap();
    format!("{}-{}", role.as_str(), person.id.simple())
}

async fn log_in(city: &TestCity, username: &str, password: &str, code: Option<&str>) -> Answered {
    let mut body = json!({ "username": username, "password": password });
    if let Some(code) = code {
        body["totp_code"] = json!(code);
    }
    let reply = city.stranger().post("/api/v1/auth/login", body).await;
    Answered {
        status: reply.status.as_u16(),
        body: reply.body,
    }
}

/// What a log-in was answered with.
struct Answered {
    status: u16,
    body: Value,
}

impl Answered {
    #[track_caller]
    fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    #[track_caller]
    fn refused(self, status: u16) -> String {
        self.expect(status)["code"].as_str().unwrap().to_owned()
    }
}

/// The code that an app with this secret shows at the city's present instant, moved by some steps.
fn code(city: &TestCity, secret: &str, steps: i64) -> String {
    let at = city.service.state.clock.now().timestamp() + 30 * steps;
    let totp = Builder::new()
        .with_secret(Secret::try_from_base32(secret).unwrap())
        .build()
        .unwrap();
    totp.generate(u64::try_from(at).unwrap()).to_string()
}

/// Enrols a second factor and gives its secret.
async fn enrol(city: &TestCity, person: &Person) -> String {
    let started = person.post("/api/v1/auth/totp", json!({})).await.expect(200);
    let secret = started["secret"].as_str().unwrap().to_owned();
    assert!(started["otpauth_url"].as_str().unwrap().contains(&secret));
    person
        .post(
            "/api/v1/auth/totp/confirm",
            json!({ "code": code(city, &secret, 0) }),
        )
        .await
        .expect(200);
    secret
}

fn bearer(city: &TestCity, tokens: &Value) -> Person {
    city.stranger()
        .with_token(tokens["access_token"].as_str().unwrap())
}

#[actix_web::test]
async fn a_second_factor_is_asked_for_once_it_is_confirmed_and_each_code_works_once() {
    let city = TestCity::new().await;
    let officer = city.scoped(Role::Officer, "6301").await;
    let username = give_password(&city, &officer, Role::Officer).await;
    let started = officer.post("/api/v1/auth/totp", json!({})).await.expect(200);
    assert_eq!(officer.get("/api/v1/me").await.expect(200)["totp"], "started");
    // What is not confirmed is not asked for, and the second beginning forgets the first.
    log_in(&city, &username, PASSWORD, None).await.expect(200);
    let forgotten = started["secret"].as_str().unwrap();
    let anew = officer.post("/api/v1/auth/totp", json!({})).await.expect(200);
    let confirm = async |code: String| {
        officer
            .post("/api/v1/auth/totp/confirm", json!({ "code": code }))
            .await
    };
    assert_eq!(confirm(code(&city, forgotten, 0)).await.refused(401), "bad_totp");
    assert_eq!(confirm("12345".to_owned()).await.refused(422), "invalid");
    let secret = anew["secret"].as_str().unwrap();
    confirm(code(&city, secret, 0)).await.expect(200);
    assert_eq!(officer.get("/api/v1/me").await.expect(200)["totp"], "confirmed");
    assert_eq!(
        confirm(code(&city, secret, 0)).await.refused(409),
        "totp_confirmed"
    );
    assert_eq!(
        officer.post("/api/v1/auth/totp", json!({})).await.refused(409),
        "totp_confirmed"
    );
    assert_eq!(
        log_in(&city, &username, PASSWORD, None).await.refused(401),
        "totp_required"
    );
    // The code of the confirmation was used by it.
    let used = code(&city, secret, 0);
    assert_eq!(
        log_in(&city, &username, PASSWORD, Some(&used)).await.refused(401),
        "bad_totp"
    );
    city.advance(Duration::seconds(30));
    let next = code(&city, secret, 0);
    // The wrong password is the wrong password, whatever the code; and the code is still good then.
    assert_eq!(
        log_in(&city, &username, "wrong", Some(&next)).await.refused(401),
        "bad_credentials"
    );
    let tokens = log_in(&city, &username, PASSWORD, Some(&next)).await.expect(200);
    bearer(&city, &tokens)
        .get("/api/v1/communities")
        .await
        .expect(200);
    assert_eq!(
        log_in(&city, &username, PASSWORD, Some(&next)).await.refused(401),
        "bad_totp"
    );
    // Of a phone whose clock is half a minute fast.
    let early = code(&city, secret, 1);
    log_in(&city, &username, PASSWORD, Some(&early)).await.expect(200);
    city.advance(Duration::minutes(5));
    let late = code(&city, secret, -2);
    assert_eq!(
        log_in(&city, &username, PASSWORD, Some(&late)).await.refused(401),
        "bad_totp"
    );
    city.stop().await;
}

#[actix_web::test]
async fn one_code_that_comes_twice_at_once_opens_one_session() {
    let city = TestCity::new().await;
    let officer = city.scoped(Role::Officer, "6301").await;
    let username = give_password(&city, &officer, Role::Officer).await;
    let secret = enrol(&city, &officer).await;
    city.advance(Duration::seconds(60));
    let code = code(&city, &secret, 0);
    let (one, other) = futures_util::future::join(
        log_in(&city, &username, PASSWORD, Some(&code)),
        log_in(&city, &username, PASSWORD, Some(&code)),
    )
    .await;
    let (good, bad) = if one.status == 200 {
        (one, other)
    } else {
        (other, one)
    };
    good.expect(200);
    assert_eq!(bad.refused(401), "bad_totp");
    city.stop().await;
}

#[actix_web::test]
async fn wrong_codes_lock_the_account_and_an_administrator_takes_a_lost_factor_back() {
    let city = TestCity::new().await;
    let auditor = city.scoped(Role::Auditor, "6301").await;
    let username = give_password(&city, &auditor, Role::Auditor).await;
    let secret = enrol(&city, &auditor).await;
    city.advance(Duration::minutes(5));
    let (right, wrong) = (code(&city, &secret, 0), code(&city, &secret, 40));
    assert_ne!(right, wrong);
    for _ in 0..5 {
        assert_eq!(
            log_in(&city, &username, PASSWORD, Some(&wrong))
                .await
                .refused(401),
            "bad_totp"
        );
    }
    assert_eq!(
        log_in(&city, &username, PASSWORD, Some(&right))
            .await
            .refused(423),
        "account_locked"
    );
    let reset = format!("/api/v1/users/{}/totp/reset", auditor.id);
    assert_eq!(auditor.post(&reset, json!({})).await.refused(403), "forbidden");
    assert_eq!(
        city.admin.post(&reset, json!({})).await.expect(200)["totp"],
        "none"
    );
    city.admin
        .post(&format!("/api/v1/users/{}/unlock", auditor.id), json!({}))
        .await
        .expect(200);
    log_in(&city, &username, PASSWORD, None).await.expect(200);
    city.stop().await;
}

#[actix_web::test]
async fn where_the_city_requires_it_the_offices_enrol_before_anything_else() {
    let service =
        Service::start_with("2024-01-08T01:00:00Z", |config| config.login.require_totp = true).await;
    let city = TestCity::on(service).await;
    let community = city.community("630104001000").await;
    let officer = city.scoped(Role::Officer, "6301").await;
    let username = give_password(&city, &officer, Role::Officer).await;
    let tokens = log_in(&city, &username, PASSWORD, None).await.expect(200);
    assert_eq!(
        (
            tokens["must_enrol_totp"].as_bool(),
            tokens["must_change_password"].as_bool()
        ),
        (Some(true), Some(false))
    );
    let limited = bearer(&city, &tokens);
    assert_eq!(
        limited.get("/api/v1/communities").await.refused(403),
        "totp_enrolment_needed"
    );
    assert_eq!(limited.get("/api/v1/me").await.expect(200)["totp_required"], true);
    assert_eq!(
        limited
            .post("/api/v1/auth/totp/confirm", json!({ "code": "000000" }))
            .await
            .refused(409),
        "totp_not_started"
    );
    let started = limited.post("/api/v1/auth/totp", json!({})).await.expect(200);
    let secret = started["secret"].as_str().unwrap();
    let access = limited
        .post(
            "/api/v1/auth/totp/confirm",
            json!({ "code": code(&city, secret, 0) }),
        )
        .await
        .expect(200);
    bearer(&city, &access)
        .get("/api/v1/communities")
        .await
        .expect(200);
    // The refresh knows it too.
    let refreshed = city
        .stranger()
        .post(
            "/api/v1/auth/refresh",
            json!({ "refresh_token": tokens["refresh_token"] }),
        )
        .await
        .expect(200);
    assert_eq!(refreshed["must_enrol_totp"], false);
    // A steward at the door needs none.
    let steward = city.steward(&[community]).await;
    let username = give_password(&city, &steward, Role::Steward).await;
    let tokens = log_in(&city, &username, PASSWORD, None).await.expect(200);
    bearer(&city, &tokens)
        .get("/api/v1/obligations")
        .await
        .expect(200);
    city.stop().await;
}

#[actix_web::test]
async fn a_new_password_is_long_enough_another_and_ends_the_other_sessions() {
    let city = TestCity::new().await;
    let officer = city.scoped(Role::Officer, "6301").await;
    let username = give_password(&city, &officer, Role::Officer).await;
    let here = log_in(&city, &username, PASSWORD, None).await.expect(200);
    let elsewhere = log_in(&city, &username, PASSWORD, None).await.expect(200);
    let me = bearer(&city, &here);
    let change = async |current: &str, new: &str| {
        me.post("/api/v1/auth/password", json!({ "current": current, "new": new }))
            .await
    };
    for (current, new, field) in [
        (PASSWORD, "eleven char", "new"),
        (PASSWORD, username.as_str(), "new"),
        (PASSWORD, PASSWORD, "new"),
        ("not this one", "another horse battery", "current"),
    ] {
        let refused = change(current, new).await.expect(422);
        assert_eq!(refused["fields"][0]["field"], field, "{new}");
    }
    change(PASSWORD, "another horse battery").await.expect(200);
    let refresh = async |tokens: &Value| {
        city.stranger()
            .post(
                "/api/v1/auth/refresh",
                json!({ "refresh_token": tokens["refresh_token"] }),
            )
            .await
    };
    assert_eq!(refresh(&elsewhere).await.refused(401), "unauthenticated");
    refresh(&here).await.expect(200);
    assert_eq!(
        log_in(&city, &username, PASSWORD, None).await.refused(401),
        "bad_credentials"
    );
    log_in(&city, &username, "another horse battery", None)
        .await
        .expect(200);
    // Guessing the present one locks as at log-in.
    for _ in 0..5 {
        change("not this one", "yet another horse").await.expect(422);
    }
    assert_eq!(
        change("another horse battery", "yet another horse")
            .await
            .refused(423),
        "account_locked"
    );
    city.stop().await;
}
