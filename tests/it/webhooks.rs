//! Webhooks: signed by the standard, tried again, given up visibly, and no door to anywhere else.

use crate::{
    alerts::{emergency, raise},
    support::{Service, TestCity},
};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use chrono::{Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time,
};
use steward::{
    alerts::{NewAlert, Urgency},
    db::statement,
    jobs::MAX_ATTEMPTS,
    tx::Role,
};
use uuid::Uuid;

/// What a gateway was sent.
#[derive(Clone)]
struct Received {
    path: String,
    headers: HeaderMap,
    body: web::Bytes,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Signed now with this secret, as the standard's own library says.
    fn verifies(&self, secret: &str) -> bool {
        Webhook::new(secret)
            .unwrap()
            .verify(&self.body, &self.headers)
            .is_ok()
    }

    /// Signed at any time with this secret, as the standard's own library signs.
    fn is_signed(&self, secret: &str) -> bool {
        let signature = Webhook::new(secret)
            .unwrap()
            .sign(
                self.header("webhook-id"),
                self.header("webhook-timestamp").parse().unwrap(),
                &self.body,
            )
            .unwrap();
        self.header("webhook-signature")
            .split(' ')
            .any(|one| one == signature)
    }
}

/// A gateway that answers what it is told to, and 200 when it is told nothing.
#[derive(Clone, Default)]
struct Gateway {
    received: Arc<Mutex<Vec<Received>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Gateway {
    /// Starts it; says where it is.
    async fn start() -> (Self, String) {
        let gateway = Self::default();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shared = gateway.clone();
        let server = HttpServer::new(move || {
            let gateway = shared.clone();
            App::new().default_service(web::to(move |request: HttpRequest, body: web::Bytes| {
                let gateway = gateway.clone();
                async move { gateway.take(&request, body).await }
            }))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
        actix_web::rt::spawn(server);
        (gateway, base)
    }

    async fn take(&self, request: &HttpRequest, body: web::Bytes) -> HttpResponse {
        let headers = request
            .headers()
            .iter()
            .map(|(name, value)| {
                let name: reqwest::header::HeaderName = name.as_str().parse().unwrap();
                (name, value.as_bytes().try_into().unwrap())
            })
            .collect();
        self.received.lock().unwrap().push(Received {
            path: request.path().to_owned(),
            headers,
            body,
        });
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(200);
        match answer {
            0 => std::future::pending().await,
            302 => HttpResponse::Found()
                .insert_header(("location", "/elsewhere"))
                .finish(),
            status => HttpResponse::build(status.try_into().unwrap()).body("a story"),
        }
    }

    /// What is answered next, one after the other; 0 is no answer.
    fn answer(&self, answers: &[u16]) {
        self.answers.lock().unwrap().extend(answers);
    }

    /// What was received since this was asked last.
    fn received(&self) -> Vec<Received> {
        std::mem::take(&mut *self.received.lock().unwrap())
    }
}

/// A gateway of the city; its id and its secret.
async fn webhook(city: &TestCity, url: &str, topics: &[&str]) -> (Uuid, String) {
    let made = city
        .admin
        .post(
            "/api/v1/webhooks",
            json!({ "name": Uuid::now_v7().to_string(), "url": url, "topics": topics }),
        )
        .await
        .expect(201);
    (
        made["id"].as_str().unwrap().parse().unwrap(),
        made["secret"].as_str().unwrap().to_owned(),
    )
}

async fn deliveries(city: &TestCity, webhook: Uuid, query: &str) -> Vec<Value> {
    let page = city
        .admin
        .get(&format!("/api/v1/webhooks/{webhook}/deliveries{query}"))
        .await
        .expect(200);
    page["items"].as_array().unwrap().clone()
}

/// A city of today: the standard's library compares with the machine's clock.
async fn city_of_today() -> TestCity {
    TestCity::at(&Utc::now().to_rfc3339()).await
}

#[actix_web::test]
async fn a_gateway_is_sent_what_it_asked_for_signed_by_the_standard_and_nothing_personal() {
    let city = city_of_today().await;
    let (gateway, base) = Gateway::start().await;
    let (id, secret) = webhook(&city, &format!("{base}/sms"), &["emergency.*"]).await;
    let (other, _) = webhook(&city, &format!("{base}/other"), &["hazard.overdue"]).await;
    let duty = city.scoped(Role::Duty, "6301").await;
    let alert = emergency(&[&duty]);
    let subject = alert.subject_id;
    let raised = raise(&city.service.state, alert).await;
    assert_eq!(
        deliveries(&city, id, "").await[0]["state"],
        "waiting",
        "it leaves after the transaction"
    );
    city.service.run_jobs().await;
    let received = gateway.received();
    assert_eq!(received.len(), 1);
    let sent = &received[0];
    assert_eq!(sent.path, "/sms");
    assert!(sent.verifies(&secret));
    assert!(!sent.verifies("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="));
    assert_eq!(sent.header("webhook-id"), raised.to_string());
    assert_eq!(sent.header("content-type"), "application/json");
    assert_eq!(
        sent.json(),
        json!({
            "type": "emergency.raised",
            "timestamp": city.service.state.clock.now(),
            "data": {
                "id": raised,
                "urgency": "immediate",
                "subject_kind": "emergency",
                "subject_id": subject,
                "community_id": null,
                "recipients": [duty.id],
                "detail": { "kind": "fall" },
            },
        })
    );
    let told = deliveries(&city, id, "").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["state"], "delivered");
    assert_eq!(told[0]["http_status"], 200);
    assert_eq!(told[0]["attempts"], 1);
    assert_eq!(deliveries(&city, id, "?undelivered=true").await, [] as [Value; 0]);
    assert_eq!(deliveries(&city, other, "").await, [] as [Value; 0]);
    assert_eq!(city.service.run_jobs().await, 0, "once");
    city.stop().await;
}

#[actix_web::test]
async fn a_secret_is_shown_once_sealed_in_the_database_and_for_a_day_two_sign() {
    let city = city_of_today().await;
    let (gateway, base) = Gateway::start().await;
    let (id, first) = webhook(&city, &base, &["*"]).await;
    assert!(first.starts_with("whsec_"));
    let shown = city
        .admin
        .get(&format!("/api/v1/webhooks/{id}"))
        .await
        .expect(200);
    assert!(!shown.to_string().contains("whsec_") && shown.get("secret").is_none());
    #[derive(QueryableByName)]
    struct Sealed {
        #[diesel(sql_type = ty::Text)]
        secret_sealed: String,
    }
    let mut conn = city.service.state.pool.get().await.unwrap();
    let kept: Sealed = statement("SELECT secret_sealed FROM webhook_endpoints")
        .get_result(&mut *conn)
        .await
        .unwrap();
    drop(conn);
    assert!(kept.secret_sealed.starts_with("v1.k1."), "{}", kept.secret_sealed);

    let rotated = city
        .admin
        .post(&format!("/api/v1/webhooks/{id}/rotate"), json!({}))
        .await
        .expect(200);
    let second = rotated["secret"].as_str().unwrap();
    assert_ne!(first, second);
    raise(&city.service.state, emergency(&[])).await;
    city.service.run_jobs().await;
    let both = &gateway.received()[0];
    assert!(both.verifies(&first) && both.verifies(second));

    city.advance(Duration::hours(24));
    raise(&city.service.state, emergency(&[])).await;
    city.service.run_jobs().await;
    let one = &gateway.received()[0];
    assert!(one.is_signed(second) && !one.is_signed(&first));
    city.stop().await;
}

#[actix_web::test]
async fn what_a_gateway_does_not_take_is_tried_again_given_up_visibly_and_can_be_tried_anew() {
    let city = TestCity::new().await;
    let (gateway, base) = Gateway::start().await;
    let (id, secret) = webhook(&city, &base, &["*"]).await;
    raise(&city.service.state, emergency(&[])).await;
    gateway.answer(&[500; MAX_ATTEMPTS as usize]);
    for attempt in 1..=MAX_ATTEMPTS {
        city.service.run_jobs().await;
        let told = deliveries(&city, id, "?undelivered=true").await;
        assert_eq!(told[0]["attempts"], attempt);
        assert_eq!(told[0]["http_status"], 500);
        assert_eq!(told[0]["last_error"], "the gateway answered 500");
        let state = if attempt == MAX_ATTEMPTS {
            "given_up"
        } else {
            "waiting"
        };
        assert_eq!(told[0]["state"], state);
        city.service.run_jobs().await;
        city.advance(steward::jobs::backoff(attempt));
    }
    let received = gateway.received();
    assert_eq!(
        received.len(),
        usize::try_from(MAX_ATTEMPTS).unwrap(),
        "not before its wait has passed"
    );
    let (first, last) = (&received[0], &received[received.len() - 1]);
    assert_eq!(first.header("webhook-id"), last.header("webhook-id"));
    assert_ne!(
        first.header("webhook-timestamp"),
        last.header("webhook-timestamp")
    );
    assert!(last.is_signed(&secret));

    let dead = city.admin.get("/api/v1/jobs").await.expect(200);
    let job = &dead["items"][0];
    assert_eq!(job["kind"], "alerts.deliver_now");
    assert_eq!(
        job["last_error"],
        "unavailable: Busy or out of reach for the moment, try again: the gateway answered 500"
    );
    city.admin
        .post(
            &format!("/api/v1/jobs/{}/retry", job["id"].as_str().unwrap()),
            json!({}),
        )
        .await
        .expect(200);
    assert_eq!(deliveries(&city, id, "").await[0]["state"], "waiting");
    city.service.run_jobs().await;
    assert_eq!(deliveries(&city, id, "").await[0]["state"], "delivered");
    assert_eq!(gateway.received().len(), 1);
    city.stop().await;
}

#[actix_web::test]
async fn what_is_immediate_overtakes_what_waits_and_when_it_is_tried_again_too() {
    let city = TestCity::new().await;
    let (gateway, base) = Gateway::start().await;
    webhook(&city, &base, &["*"]).await;
    let lesser = |urgency| NewAlert {
        topic: "hazard.overdue",
        urgency,
        ..emergency(&[])
    };
    for urgency in [Urgency::Routine, Urgency::Soon] {
        raise(&city.service.state, lesser(urgency)).await;
        city.advance(Duration::seconds(1));
    }
    raise(&city.service.state, emergency(&[])).await;
    gateway.answer(&[500; 3]);
    let urgencies = || -> Vec<String> {
        let received = gateway.received();
        let urgency = |r: &Received| r.json()["data"]["urgency"].as_str().unwrap().to_owned();
        received.iter().map(urgency).collect()
    };
    city.service.run_jobs().await;
    assert_eq!(urgencies(), ["immediate", "routine", "soon"]);
    city.advance(steward::jobs::backoff(1));
    city.service.run_jobs().await;
    assert_eq!(urgencies(), ["immediate", "routine", "soon"]);
    city.stop().await;
}

#[actix_web::test]
async fn no_redirect_is_followed_no_silence_waited_out_and_who_is_gone_is_left_alone() {
    let service = Service::start_with("2024-01-08T01:00:00Z", |config| {
        config.alerts.webhook_timeout = time::Duration::from_millis(300);
    })
    .await;
    let city = TestCity::on(service).await;
    let (gateway, base) = Gateway::start().await;
    let (id, _) = webhook(&city, &base, &["*"]).await;
    let state = &city.service.state;
    for (answer, status, error) in [
        (302, json!(302), "the gateway answered 302"),
        (0, Value::Null, "the gateway did not answer in time"),
        (410, json!(410), "the gateway answered 410"),
    ] {
        raise(state, emergency(&[])).await;
        city.advance(Duration::seconds(1));
        gateway.answer(&[answer]);
        city.service.run_jobs().await;
        let told = &deliveries(&city, id, "").await[0];
        assert_eq!(
            (&told["http_status"], &told["last_error"]),
            (&status, &json!(error))
        );
    }
    let paths: Vec<String> = gateway.received().into_iter().map(|r| r.path).collect();
    assert_eq!(paths, ["/", "/", "/"]);

    let gone = city
        .admin
        .get(&format!("/api/v1/webhooks/{id}"))
        .await
        .expect(200);
    assert_eq!(gone["enabled"], false);
    raise(state, emergency(&[])).await;
    city.advance(Duration::hours(1));
    city.service.run_jobs().await;
    assert!(gateway.received().is_empty());
    let told = deliveries(&city, id, "").await;
    assert_eq!(told.len(), 3, "what is raised now is not for it");
    for delivery in &told {
        assert_eq!(delivery["state"], "given_up");
        assert_eq!(delivery["last_error"], "the webhook is disabled");
    }

    let (closed, _) = webhook(&city, "http://127.0.0.1:1/", &["*"]).await;
    raise(state, emergency(&[])).await;
    city.service.run_jobs().await;
    assert_eq!(
        deliveries(&city, closed, "").await[0]["last_error"],
        "the gateway cannot be reached"
    );
    city.stop().await;
}

#[actix_web::test]
async fn gateways_are_kept_with_care() {
    let service = Service::start_with("2024-01-08T01:00:00Z", |config| {
        config.alerts.webhooks_plain = false;
    })
    .await;
    let city = TestCity::on(service).await;
    let new = |name: &str, url: &str, topic: &str| json!({ "name": name, "url": url, "topics": [topic] });
    for (body, field) in [
        (new("短信", "http://sms.example/", "*"), "url"),
        (new("短信", "https://a:b@sms.example/", "*"), "url"),
        (new("短信", "https://sms.example/", "Emergency"), "topics[0]"),
        (new("", "https://sms.example/", "*"), "name"),
    ] {
        let refused = city.admin.post("/api/v1/webhooks", body).await.expect(422);
        assert_eq!(refused["fields"][0]["field"], field);
    }
    let body = new("短信", "https://sms.example/", "emergency.raised");
    let made = city
        .admin
        .post("/api/v1/webhooks", body.clone())
        .await
        .expect(201);
    assert_eq!(
        city.admin.post("/api/v1/webhooks", body).await.refused(409),
        "webhook_name_taken"
    );
    let path = format!("/api/v1/webhooks/{}", made["id"].as_str().unwrap());
    let patch = json!({ "topics": ["*"], "enabled": false });
    let changed = city.admin.patch(&path, "\"1\"", patch.clone()).await.expect(200);
    assert_eq!(
        (
            &changed["topics"],
            &changed["enabled"],
            &changed["name"],
            &changed["version"]
        ),
        (&json!(["*"]), &json!(false), &json!("短信"), &json!(2))
    );
    assert_eq!(
        city.admin.patch(&path, "\"1\"", patch).await.refused(412),
        "stale"
    );
    let plain = json!({ "url": "http://sms.example/" });
    city.admin.patch(&path, "\"2\"", plain).await.expect(422);
    let list = city.admin.get("/api/v1/webhooks").await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    raise(&city.service.state, emergency(&[])).await;
    city.service.run_jobs().await;
    let none = city.admin.get(&format!("{path}/deliveries")).await.expect(200);
    assert_eq!(none["items"], json!([]), "a disabled one is told nothing");
    city.stop().await;
}
