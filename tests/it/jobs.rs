//! The queue: tried again with a growing wait, never lost, a dead letter in the end.

use crate::support::Service;
use chrono::Duration;
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use steward::{
    db::statement,
    jobs::{self, MAX_ATTEMPTS, NewJob},
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
