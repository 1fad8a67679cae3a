//! The queue: tried again with a growing wait, never lost, a dead letter in the end.

use crate::support::{Service, TestCity};
use chrono::Duration;
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use serde_json::json;
use steward::{
    db::statement,
    error::Problem,
    jobs::{self, MAX_ATTEMPTS, NewJob, Registry, Worker, in_transaction},
    tx::Role,
};

#[derive(QueryableByName, Debug, PartialEq)]
struct Waiting {
    #[diesel(sql_type = ty::SmallInt)]
    attempts: i16,
    #[diesel(sql_type = ty::Bool)]
    dead: bool,
}

async fn waiting(service: &Service) -> Vec<Waiting> {
    let mut conn = service.state.pool.get().await.unwrap();
    statement("SELECT attempts, dead_at IS NOT NULL AS dead FROM jobs WHERE kind = 'tests.impossible'")
        .load(&mut *conn)
        .await
        .unwrap()
}

async fn enqueue(service: &Service) {
    let (id, now) = (service.state.clock.new_id(), service.state.clock.now());
    let job = NewJob {
        kind: "tests.impossible",
        dedup_key: Some("once".to_owned()),
        payload: serde_json::Value::Null,
        run_at: now,
    };
    jobs::enqueue(&mut service.state.pool.get().await.unwrap(), id, now, job)
        .await
        .unwrap();
}

#[actix_web::test]
async fn a_job_that_fails_is_tried_again_later_and_ends_as_a_dead_letter() {
    let service = Service::start("2024-01-08T01:00:00Z").await;
    enqueue(&service).await;
    enqueue(&service).await;
    for attempt in 1..=MAX_ATTEMPTS {
        service.run_jobs().await;
        assert_eq!(
            waiting(&service).await,
            [Waiting {
                attempts: attempt,
                dead: attempt == MAX_ATTEMPTS
            }]
        );
        // Not yet: the wait has not passed.
        service.run_jobs().await;
        assert_eq!(
            waiting(&service).await,
            [Waiting {
                attempts: attempt,
                dead: attempt == MAX_ATTEMPTS
            }]
        );
        service
            .state
            .clock
            .advance(jobs::backoff(attempt) + Duration::seconds(1));
    }
    service.stop().await;
}

#[actix_web::test]
async fn a_job_whose_worker_died_in_the_last_attempt_becomes_visible() {
    let service = Service::start("2024-01-08T01:00:00Z").await;
    enqueue(&service).await;
    let until = service.state.clock.now() + Duration::minutes(10);
    let mut conn = service.state.pool.get().await.unwrap();
    statement("UPDATE jobs SET attempts = max_attempts, claimed_until = $1 WHERE kind = 'tests.impossible'")
        .bind::<ty::Timestamptz, _>(until)
        .execute(&mut *conn)
        .await
        .unwrap();
    drop(conn);
    service.run_jobs().await;
    assert_eq!(
        waiting(&service).await,
        [Waiting {
            attempts: MAX_ATTEMPTS,
            dead: false
        }]
    );
    service.state.clock.advance(Duration::minutes(11));
    service.run_jobs().await;
    assert_eq!(
        waiting(&service).await,
        [Waiting {
            attempts: MAX_ATTEMPTS,
            dead: true
        }]
    );
    service.stop().await;
}

fn dead(page: &serde_json::Value) -> Vec<String> {
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|j| j["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Enqueues the impossible job and lets all its attempts fail.
async fn make_dead(city: &TestCity) {
    enqueue(&city.service).await;
    for attempt in 1..=MAX_ATTEMPTS {
        city.service.run_jobs().await;
        city.advance(jobs::backoff(attempt) + Duration::seconds(1));
    }
}

#[actix_web::test]
async fn an_administrator_sees_the_dead_letters_and_tries_again_or_gives_up() {
    let city = TestCity::new().await;
    make_dead(&city).await;
    let list = city.admin.get("/api/v1/jobs?state=dead").await.expect(200);
    let id = dead(&list)[0].clone();
    let job = &list["items"][0];
    assert_eq!(
        (
            job["kind"].as_str(),
            job["attempts"].as_i64(),
            job["dead_at"].is_string()
        ),
        (Some("tests.impossible"), Some(i64::from(MAX_ATTEMPTS)), true)
    );
    assert!(job["last_error"].as_str().unwrap().contains("no handler"));
    let waiting = city.admin.get("/api/v1/jobs?state=waiting").await.expect(200);
    assert!(!dead(&waiting).is_empty() && !dead(&waiting).contains(&id));
    let first = city
        .admin
        .get("/api/v1/jobs?state=waiting&limit=1")
        .await
        .expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = city
        .admin
        .get(&format!("/api/v1/jobs?state=waiting&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!([dead(&first), dead(&rest)].concat(), dead(&waiting));
    let retried = city
        .admin
        .post(&format!("/api/v1/jobs/{id}/retry"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        (retried["attempts"].as_i64(), retried["dead_at"].is_null()),
        (Some(0), true)
    );
    for verb in ["retry", "discard"] {
        let alive = city
            .admin
            .post(&format!("/api/v1/jobs/{id}/{verb}"), body(verb))
            .await;
        assert_eq!(alive.refused(409), "job_not_dead");
    }
    for attempt in 1..=MAX_ATTEMPTS {
        city.service.run_jobs().await;
        city.advance(jobs::backoff(attempt) + Duration::seconds(1));
    }
    // Another that waits to do the same stands in the way of trying again.
    enqueue(&city.service).await;
    let twice = city
        .admin
        .post(&format!("/api/v1/jobs/{id}/retry"), json!({}))
        .await;
    assert_eq!(twice.refused(409), "job_waits_already");
    assert_eq!(
        city.admin
            .post(&format!("/api/v1/jobs/{id}/discard"), json!({ "reason": "" }))
            .await
            .refused(422),
        "invalid"
    );
    city.admin
        .post(&format!("/api/v1/jobs/{id}/discard"), body("discard"))
        .await
        .expect(200);
    assert!(dead(&city.admin.get("/api/v1/jobs").await.expect(200)).is_empty());
    for verb in ["retry", "discard"] {
        let gone = city
            .admin
            .post(&format!("/api/v1/jobs/{id}/{verb}"), body(verb))
            .await;
        assert_eq!(gone.refused(404), "job_not_found");
    }
    city.service.state.trail.append(Vec::new()).await.unwrap();
    let trail = city
        .admin
        .get(&format!("/api/v1/audit?subject={id}"))
        .await
        .expect(200);
    let told: Vec<_> = trail["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["action"].as_str().unwrap(), r["detail"]["reason"].as_str()))
        .collect();
    assert_eq!(told, [("jobs.discard", Some("重复")), ("jobs.retry", None)]);
    let officer = city.scoped(Role::Officer, "6301").await;
    assert_eq!(officer.get("/api/v1/jobs").await.refused(403), "forbidden");
    assert_eq!(
        city.admin.get("/api/v1/jobs?state=lost").await.refused(422),
        "invalid"
    );
    city.stop().await;
}

fn body(verb: &str) -> serde_json::Value {
    match verb {
        "discard" => json!({ "reason": "重复" }),
        _ => json!({}),
    }
}

#[actix_web::test]
async fn a_job_of_the_city_never_waits_behind_one_that_waits_for_somebody_elses_machine() {
    let service = Service::start("2024-01-08T01:00:00Z").await;
    let now = service.state.clock.now();
    let mut conn = service.state.pool.get().await.unwrap();
    for (kind, before) in [("tests.gateway", 1), ("tests.city", 0)] {
        let job = NewJob {
            kind,
            dedup_key: None,
            payload: serde_json::Value::Null,
            run_at: now - Duration::seconds(before),
        };
        jobs::enqueue(&mut conn, service.state.clock.new_id(), now, job)
            .await
            .unwrap();
    }
    drop(conn);
    // The gateway answers only when the city's job, which is due later, has run.
    let (done, ran) = tokio::sync::watch::channel(false);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let registry = Registry::default()
        .on_outside("tests.gateway", move |_, _, _| {
            let (mut ran, stop) = (ran.clone(), stop.clone());
            Box::pin(async move {
                ran.wait_for(|ran| *ran).await.unwrap();
                stop.send_replace(true);
                Ok(())
            })
        })
        .on("tests.city", move |_, _, _| {
            done.send_replace(true);
            Box::pin(async { Ok(()) })
        });
    let worker = Worker::new(service.state.clone(), registry);
    tokio::time::timeout(std::time::Duration::from_secs(20), worker.run(stopped))
        .await
        .expect("both run");
    service.stop().await;
}

#[actix_web::test]
async fn a_handler_that_panics_has_failed_and_stops_nothing() {
    let service = Service::start("2024-01-08T01:00:00Z").await;
    enqueue(&service).await;
    let registry = Registry::default().on("tests.impossible", |state, stamp, _| {
        Box::pin(in_transaction(state, stamp, async |tx| {
            let deleted = statement("DELETE FROM jobs").execute(tx.conn).await?;
            assert_eq!(deleted, 0, "a fault");
            Ok::<(), Problem>(())
        }))
    });
    let worker = Worker::new(service.state.clone(), registry);
    for attempt in 1..=MAX_ATTEMPTS {
        assert_eq!(worker.run_due().await.unwrap(), 1);
        assert_eq!(
            waiting(&service).await,
            [Waiting {
                attempts: attempt,
                dead: attempt == MAX_ATTEMPTS
            }],
            "and what it had done is undone"
        );
        service.state.clock.advance(jobs::backoff(attempt));
    }
    assert_eq!(worker.run_due().await.unwrap(), 0);
    service.stop().await;
}

#[actix_web::test]
async fn an_urgent_job_whose_worker_was_killed_waits_a_minute() {
    let service = Service::start("2024-01-08T01:00:00Z").await;
    enqueue(&service).await;
    let (begun, mut told) = tokio::sync::watch::channel(());
    let never = Registry::default().on_urgent("tests.impossible", move |_, _, _| {
        begun.send_replace(());
        Box::pin(std::future::pending())
    });
    let killed = Worker::new(service.state.clone(), never);
    tokio::select! {
        _ = killed.run_due() => panic!("it never ends"),
        begun = told.changed() => begun.unwrap(),
    }
    let next = Registry::default().on_urgent("tests.impossible", |_, _, _| Box::pin(async { Ok(()) }));
    let next = Worker::new(service.state.clone(), next);
    service.state.clock.advance(Duration::seconds(59));
    assert_eq!(next.run_due().await.unwrap(), 0);
    service.state.clock.advance(Duration::seconds(1));
    assert_eq!(next.run_due().await.unwrap(), 1);
    service.stop().await;
}
