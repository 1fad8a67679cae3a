//! Alerts: raised with the change or not at all, on one's own list, and told as they come: none skipped, none twice.

use crate::support::{Person, Service, TestCity, admin};
use chrono::Duration;
use diesel::sql_types as ty;
use diesel_async::RunQueryDsl;
use reqwest::Method;
use serde_json::{Value, json};
use std::time;
use steward::{
    alerts::{self, NewAlert, Urgency},
    auth::token,
    db::statement,
    error::Problem,
    http::server,
    ids::{AlertId, SessionId, UserId},
    jobs::in_transaction,
    state::AppState,
    tx::{Actor, Role, Stamp, Tx},
};
use uuid::Uuid;

/// An alert of an emergency that nobody has.
pub fn emergency(recipients: &[&Person]) -> NewAlert {
    NewAlert {
        topic: "emergency.raised",
        urgency: Urgency::Immediate,
        subject_kind: "emergency",
        subject_id: Uuid::now_v7(),
        community_id: None,
        recipients: recipients.iter().map(|person| UserId(person.id)).collect(),
        detail: json!({ "kind": "fall" }),
    }
}

/// Raises it in a transaction of its own.
pub async fn raise(state: &AppState, alert: NewAlert) -> Uuid {
    in_transaction(state, Stamp::system(state), async |tx| {
        alerts::raise(tx, alert).await
    })
    .await
    .unwrap()
    .0
}

/// The ids of a page of alerts.
fn ids(page: &Value) -> Vec<Uuid> {
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap().parse().unwrap())
        .collect()
}

/// An open stream.
struct Events {
    response: reqwest::Response,
    text: String,
}

/// What a stream says: the id, and the data where there is some.
type Event = (Uuid, Option<Value>);

impl Events {
    /// Opens a stream that goes on after `last`, and reads where it stands.
    async fn open(person: &Person, last: Option<Uuid>) -> (Self, Uuid) {
        let mut request = person.request(Method::GET, "/api/v1/events");
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut events = Self {
            response,
            text: String::new(),
        };
        let (stand, data) = events.next().await.unwrap();
        assert_eq!(data, None, "an id without data is kept, but not dispatched");
        (events, stand)
    }

    /// The next block of lines; none when the stream has ended.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some(at) = self.text.find("\n\n") {
                let block = self.text[..at].to_owned();
                self.text.drain(..at + 2);
                return Some(block);
            }
            let chunk = tokio::time::timeout(time::Duration::from_secs(20), self.response.chunk())
                .await
                .expect("the stream says something in time")
                .unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event; none when the stream has ended.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let block = self.block().await?;
            let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
            let Some(id) = field("id: ") else { continue };
            return Some((
                id.parse().unwrap(),
                field("data: ").map(|data| serde_json::from_str(data).unwrap()),
            ));
        }
    }

    /// The id of the next alert.
    async fn alert(&mut self) -> Uuid {
        let (id, data) = self.next().await.expect("the stream goes on");
        assert_eq!(data.expect("an alert")["id"], json!(id));
        id
    }
}

/// A token of a person's that ends after 15 minutes.
fn short(service: &Service, person: &Person, role: Role) -> Person {
    let actor = Actor {
        id: UserId(person.id),
        role,
        organisation_id: None,
        session_id: SessionId(Uuid::nil()),
    };
    let ends = service.state.clock.now() + Duration::minutes(15);
    person.with_token(&token::issue(&service.state.config.keys, actor, ends).unwrap())
}

#[actix_web::test]
async fn an_alert_is_on_its_recipients_lists_until_they_have_seen_it_and_on_nobody_elses() {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let steward = city.steward(&[community]).await;
    let duty = city.scoped(Role::Duty, "6301").await;
    let other = city.steward(&[community]).await;
    let state = &city.service.state;
    let mut alert = emergency(&[&steward, &duty, &steward]);
    alert.community_id = Some(steward::ids::CommunityId(community));
    let subject = alert.subject_id;
    let first = raise(state, alert).await;
    city.advance(Duration::seconds(1));
    let second = raise(state, emergency(&[&steward])).await;

    let list = steward.get("/api/v1/alerts").await.expect(200);
    assert_eq!(ids(&list), [second, first]);
    let told = &list["items"][1];
    assert_eq!(told["topic"], "emergency.raised");
    assert_eq!(told["urgency"], "immediate");
    assert_eq!(told["subject_id"], json!(subject));
    assert_eq!(told["community_id"], json!(community));
    assert_eq!(told["detail"], json!({ "kind": "fall" }));
    assert_eq!(told["seen_at"], Value::Null);
    assert_eq!(ids(&duty.get("/api/v1/alerts").await.expect(200)), [first]);
    assert_eq!(
        ids(&other.get("/api/v1/alerts").await.expect(200)),
        [] as [Uuid; 0]
    );

    let page = steward.get("/api/v1/alerts?limit=1").await.expect(200);
    let next = page["next_cursor"].as_str().unwrap();
    let rest = steward
        .get(&format!("/api/v1/alerts?limit=1&cursor={next}"))
        .await
        .expect(200);
    assert_eq!((ids(&page), ids(&rest)), (vec![second], vec![first]));

    let seen = steward
        .post(&format!("/api/v1/alerts/{first}/seen"), json!({}))
        .await
        .expect(200);
    city.advance(Duration::minutes(5));
    let again = steward
        .post(&format!("/api/v1/alerts/{first}/seen"), json!({}))
        .await
        .expect(200);
    assert!(seen["seen_at"].is_string());
    assert_eq!(seen["seen_at"], again["seen_at"], "the first time counts");
    let unseen = steward.get("/api/v1/alerts?unseen=true").await.expect(200);
    assert_eq!(ids(&unseen), [second]);
    assert_eq!(
        ids(&duty.get("/api/v1/alerts?unseen=true").await.expect(200)),
        [first],
        "what one has seen, another has not"
    );
    for id in [second, Uuid::now_v7()] {
        let refused = duty
            .post(&format!("/api/v1/alerts/{id}/seen"), json!({}))
            .await
            .refused(404);
        assert_eq!(refused, "alert_not_found");
    }
    city.admin
        .post(&format!("/api/v1/users/{}/disable", steward.id), json!({}))
        .await
        .expect(200);
    assert_eq!(
        ids(&steward.get("/api/v1/alerts").await.expect(200)),
        [] as [Uuid; 0],
        "a disabled account is told nothing"
    );
    city.stop().await;
}

#[actix_web::test]
async fn an_alert_of_a_change_that_did_not_happen_was_never_raised() {
    let city = TestCity::new().await;
    let state = &city.service.state;
    let failed: Result<(), Problem> = in_transaction(state, Stamp::system(state), async |tx| {
        alerts::raise(tx, emergency(&[&city.admin])).await?;
        Err(Problem::field("kind", "is not to be"))
    })
    .await;
    assert!(failed.is_err());
    let kept = raise(state, emergency(&[&city.admin])).await;
    assert_eq!(ids(&city.admin.get("/api/v1/alerts").await.expect(200)), [kept]);
    city.stop().await;
}

#[actix_web::test]
async fn a_stream_tells_ones_own_alerts_as_they_come_and_between_them_that_it_lives() {
    let city = TestCity::new().await;
    let duty = city.scoped(Role::Duty, "6301").await;
    let state = &city.service.state;
    let before = raise(state, emergency(&[&duty])).await;
    let (mut events, stand) = Events::open(&duty, None).await;
    assert_eq!(stand, before, "it begins with the present");
    assert_eq!(events.block().await.as_deref(), Some(":"), "a heartbeat");
    raise(state, emergency(&[&city.admin])).await;
    let alert = emergency(&[&duty]);
    let subject = alert.subject_id;
    let own = raise(state, alert).await;
    let (id, data) = events.next().await.unwrap();
    let data = data.unwrap();
    assert_eq!(id, own, "and nobody else's");
    assert_eq!(data["subject_id"], json!(subject));
    assert_eq!(data["topic"], "emergency.raised");
    city.admin
        .post(&format!("/api/v1/users/{}/disable", duty.id), json!({}))
        .await
        .expect(200);
    raise(state, emergency(&[&duty])).await;
    duty.get("/api/v1/events").await.refused(401);
    let mut steady = Events::open(&city.admin, Some(Uuid::nil())).await.0;
    steady.alert().await;
    let last = raise(state, emergency(&[&duty, &city.admin])).await;
    assert_eq!(steady.alert().await, last);
    assert_eq!(
        events.block().await.as_deref(),
        Some(":"),
        "a disabled account is told nothing more, though its stream is open"
    );
    city.stop().await;
}

#[actix_web::test]
async fn a_stream_goes_on_after_the_last_alert_and_none_is_skipped_that_was_committed_late() {
    let city = TestCity::new().await;
    let duty = city.scoped(Role::Duty, "6301").await;
    let state = &city.service.state;
    let (mut events, start) = Events::open(&duty, None).await;
    assert_eq!(start, Uuid::nil(), "before the first");

    // Raised first, committed last.
    let mut conn = state.pool.get().await.unwrap();
    statement("BEGIN").execute(&mut *conn).await.unwrap();
    let mut tx = Tx::new(&mut conn, Stamp::system(state));
    let AlertId(late) = alerts::raise(&mut tx, emergency(&[&duty])).await.unwrap();
    city.advance(Duration::seconds(1));
    let early = raise(state, emergency(&[&duty])).await;
    assert!(late < early);
    assert_eq!(events.alert().await, early);
    drop(events);
    statement("COMMIT").execute(&mut *conn).await.unwrap();
    drop(conn);

    let (mut events, stand) = Events::open(&duty, Some(early)).await;
    assert_eq!(stand, early);
    assert_eq!(events.alert().await, late);
    city.advance(Duration::seconds(1));
    let third = raise(state, emergency(&[&duty])).await;
    assert_eq!(events.alert().await, third, "what was told is not told again");

    let (mut all, stand) = Events::open(&duty, Some(Uuid::nil())).await;
    assert_eq!(stand, Uuid::nil());
    for expected in [early, late, third] {
        assert_eq!(all.alert().await, expected);
    }
    let foreign = raise(state, emergency(&[&city.admin])).await;
    for (last, status) in [(foreign.to_string(), 404), ("yesterday".to_owned(), 400)] {
        duty.send(Method::GET, "/api/v1/events", &[("last-event-id", &last)], None)
            .await
            .refused(status);
    }
    city.stop().await;
}

#[actix_web::test]
async fn a_long_absence_is_made_up_in_bounded_pieces() {
    let city = TestCity::new().await;
    let state = &city.service.state;
    let all: Vec<Uuid> = in_transaction(state, Stamp::system(state), async |tx| {
        let mut all = Vec::new();
        for _ in 0..450 {
            all.push(alerts::raise(tx, emergency(&[&city.admin])).await?.0);
        }
        Ok(all)
    })
    .await
    .unwrap();
    let (mut told, mut last, mut pieces) = (Vec::new(), Uuid::nil(), 0);
    while told.len() < all.len() {
        let (mut events, _) = Events::open(&city.admin, Some(last)).await;
        pieces += 1;
        while told.len() < all.len() {
            let Some((id, _)) = events.next().await else { break };
            told.push(id);
            last = id;
        }
    }
    let mut sorted = all.clone();
    sorted.sort();
    assert_eq!(told, sorted, "each once, in their order");
    assert_eq!(pieces, 3);
    city.stop().await;
}

#[actix_web::test]
async fn every_process_hears_of_every_alert_when_it_is_raised_and_one_that_is_not_woken_looks() {
    let service = Service::start_with("2024-01-08T01:00:00Z", |config| {
        config.alerts.poll = time::Duration::from_secs(3_600);
    })
    .await;
    let city = TestCity::on(service).await;
    let state = &city.service.state;
    // A second process on the same database, which nobody wakes when it is not told.
    let mut config = (*state.config).clone();
    config.alerts.poll = time::Duration::from_millis(50);
    let second = AppState::start(config, state.clock.clone()).await.unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = server::serve(second.clone(), listener).unwrap();
    let handle = server.handle();
    actix_web::rt::spawn(server);

    let (mut woken, _) = Events::open(&city.admin, None).await;
    let (mut looking, _) = Events::open(&city.admin.at(&base), None).await;
    let first = raise(&second, emergency(&[&city.admin])).await;
    assert_eq!(woken.alert().await, first, "woken by the other process");
    assert_eq!(looking.alert().await, first);

    // As a relayed database would do it that passes no notification on.
    let silent = Uuid::now_v7();
    let mut conn = state.pool.get().await.unwrap();
    statement(
        "WITH a AS (INSERT INTO alerts (id, topic, urgency, subject_kind, subject_id, detail, raised_at) \
         VALUES ($1, 'emergency.raised', 'immediate', 'emergency', $1, '{}', $3)) \
         INSERT INTO alert_recipients (alert_id, user_id, raised_at) VALUES ($1, $2, $3)",
    )
    .bind::<ty::Uuid, _>(silent)
    .bind::<ty::Uuid, _>(city.admin.id)
    .bind::<ty::Timestamptz, _>(state.clock.now())
    .execute(&mut *conn)
    .await
    .unwrap();
    drop(conn);
    assert_eq!(looking.alert().await, silent, "found by looking");
    let third = raise(state, emergency(&[&city.admin])).await;
    assert_eq!([woken.alert().await, woken.alert().await], [silent, third]);
    assert_eq!(looking.alert().await, third, "and told once");

    second.stopping.send_replace(true);
    handle.stop(true).await;
    city.stop().await;
}

#[actix_web::test]
async fn one_connection_listens_for_all_streams_and_is_replaced_when_it_is_lost() {
    let city = TestCity::new().await;
    let database = city.service.state.config.database.url.clone();
    let name = database.rsplit_once('/').unwrap().1;
    let (watcher, connection) = tokio_postgres::connect(&database, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let count = || async {
        let row = watcher
            .query_one(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'steward' AND datname = current_database()",
                &[],
            )
            .await
            .unwrap();
        row.get::<_, i64>(0)
    };
    let duty = city.scoped(Role::Duty, "6301").await;
    let mut streams = vec![Events::open(&city.admin, None).await.0];
    let with_one = count().await;
    streams.push(Events::open(&city.admin, None).await.0);
    streams.push(Events::open(&duty, None).await.0);
    assert_eq!(count().await, with_one);
    admin(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'steward' AND datname = '{name}'"
    ))
    .await;
    // By another process: the connections of this one are all lost.
    let other = AppState::start(
        (*city.service.state.config).clone(),
        city.service.state.clock.clone(),
    )
    .await
    .unwrap();
    let raised = raise(&other, emergency(&[&city.admin, &duty])).await;
    for stream in &mut streams {
        assert_eq!(stream.alert().await, raised);
    }
    city.stop().await;
}

#[actix_web::test]
async fn a_stream_ends_with_the_access_token_and_gives_its_place_back() {
    let service = Service::start_with("2024-01-08T01:00:00Z", |config| {
        config.alerts.streams_per_account = 3;
    })
    .await;
    let city = TestCity::on(service).await;
    let duty = city.scoped(Role::Duty, "6301").await;
    let short = short(&city.service, &duty, Role::Duty);
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(Events::open(&short, None).await.0);
    }
    let refused = duty.get("/api/v1/events").await.refused(429);
    assert_eq!(refused, "too_many_streams");
    Events::open(&city.admin, None).await;
    city.advance(Duration::minutes(15));
    raise(&city.service.state, emergency(&[&duty])).await;
    for events in &mut open {
        assert_eq!(
            events.next().await,
            None,
            "it ends, and what was raised then is not told"
        );
    }
    for _ in 0..3 {
        open.push(Events::open(&duty, None).await.0);
    }
    city.stop().await;
}

#[actix_web::test]
async fn a_process_has_a_bounded_number_of_streams_and_open_ones_do_not_hold_up_its_stop() {
    let service = Service::start_with("2024-01-08T01:00:00Z", |config| {
        config.alerts.streams = 2;
        config.alerts.heartbeat = time::Duration::from_secs(3_600);
        config.http.shutdown = time::Duration::from_secs(600);
    })
    .await;
    let city = TestCity::on(service).await;
    let duty = city.scoped(Role::Duty, "6301").await;
    let mut first = Events::open(&city.admin, None).await.0;
    let mut second = Events::open(&duty, None).await.0;
    let officer = city.scoped(Role::Officer, "6301").await;
    assert_eq!(officer.get("/api/v1/events").await.refused(503), "unavailable");
    tokio::time::timeout(time::Duration::from_secs(20), city.stop())
        .await
        .expect("the server stops");
    assert_eq!((first.next().await, second.next().await), (None, None));
}

#[actix_web::test]
async fn alerts_are_kept_a_year_and_no_position_is_given_twice() {
    let city = TestCity::new().await;
    let state = &city.service.state;
    let (mut events, _) = Events::open(&city.admin, None).await;
    let (first, second) = (
        raise(state, emergency(&[&city.admin])).await,
        raise(state, emergency(&[&city.admin])).await,
    );
    events.alert().await;
    events.alert().await;
    city.service.run_jobs().await;
    city.advance(Duration::days(367));
    city.service.run_jobs().await;
    let left = ids(&city.admin.get("/api/v1/alerts").await.expect(200));
    assert_eq!(left.len(), 1);
    assert!([first, second].contains(&left[0]));
    let third = raise(state, emergency(&[&city.admin])).await;
    assert_eq!(events.alert().await, third, "a position after all that were told");
    city.stop().await;
}

#[actix_web::test]
async fn alerts_that_are_raised_at_once_are_each_told_once() {
    let city = TestCity::new().await;
    let state = &city.service.state;
    let (mut events, _) = Events::open(&city.admin, None).await;
    // Many at once, each in a transaction of its own.
    let all = futures_util::future::join_all((0..20).map(|_| raise(state, emergency(&[&city.admin])))).await;
    let mut told = Vec::new();
    for _ in 0..all.len() {
        told.push(events.alert().await);
    }
    let (mut raised, mut sorted) = (all, told);
    raised.sort();
    sorted.sort();
    assert_eq!(raised, sorted);
    city.stop().await;
}
