//! What phone and service count, and the ticket where they do not agree.

use super::{item, send};
use crate::visits::home;
use chrono::{Duration, NaiveDate};
use serde_json::{Value, json};
use steward::tx::Role;
use uuid::Uuid;

const COUNTS: &str = "/api/v1/sync/counts";
const TICKETS: &str = "/api/v1/sync/tickets";

#[actix_web::test]
async fn a_phone_that_counts_otherwise_or_waits_for_days_raises_a_ticket() {
    let home = home().await;
    let (city, steward) = (&home.city, &home.steward);
    let (device, now) = (Uuid::now_v7(), city.service.state.clock.now());
    let receipts = send(
        steward,
        device,
        &[
            &item(now, "visits_log", None, home.visit()),
            &item(now, "visits_log", None, home.visit()),
        ],
    )
    .await;
    assert!(receipts.iter().all(|r| r["status"] == "received"));
    let told = |received: i64, oldest: Option<Duration>| {
        json!({ "device_id": device, "day": NaiveDate::from_ymd_opt(2024, 1, 15), "counts": [{ "operation": "visits_log", "received": received }],
            "unsent": oldest.iter().count(), "oldest_unsent_at": oldest.map(|age| now - age), "storage_persisted": true, "app_version": "1.0.0" })
    };
    let agreed = json!({ "agrees": true, "differences": [], "ticket_id": null });
    assert_eq!(steward.post(COUNTS, told(2, None)).await.expect(200), agreed);
    assert_eq!(
        steward
            .post(COUNTS, told(2, Some(Duration::days(3))))
            .await
            .expect(200),
        agreed
    );
    let officer = city.scoped(Role::Officer, "630104").await;
    let foreign = city.scoped(Role::Officer, "630102").await;
    assert_eq!(officer.get(TICKETS).await.expect(200)["items"], json!([]));
    // The phone lost one, and has never heard of another kind.
    let mut lost = told(1, None);
    lost["counts"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "operation": "needs_collect", "received": 3 }));
    let answer = steward.post(COUNTS, lost).await.expect(200);
    assert_eq!(answer["agrees"], false);
    assert_eq!(
        answer["differences"],
        json!([{ "operation": "needs_collect", "phone": 3, "server": 0 }, { "operation": "visits_log", "phone": 1, "server": 2 }])
    );
    let ticket = &answer["ticket_id"];
    // The day's ticket stays one while it is open; a day without a word of an operation counts none of it.
    let mut silent = told(0, Some(Duration::days(3) + Duration::seconds(1)));
    silent["counts"] = json!([]);
    let again = steward.post(COUNTS, silent).await.expect(200);
    assert_eq!(&again["ticket_id"], ticket);
    let list = officer.get(TICKETS).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        (
            &list["items"][0]["id"],
            &list["items"][0]["user_id"],
            &list["items"][0]["unsent"]
        ),
        (ticket, &json!(steward.id), &json!(1))
    );
    assert_eq!(
        list["items"][0]["differences"],
        json!([{ "operation": "visits_log", "phone": 0, "server": 2 }])
    );
    assert_eq!(foreign.get(TICKETS).await.expect(200)["items"], json!([]));
    assert_eq!(city.admin.get(TICKETS).await.expect(200)["items"], list["items"]);
    let close = format!("{TICKETS}/{}/close", ticket.as_str().unwrap());
    let note = json!({ "note": "手机换新" });
    assert_eq!(
        foreign.post(&close, note.clone()).await.refused(404),
        "sync_ticket_not_found"
    );
    let closed = officer.post(&close, note.clone()).await.expect(200);
    assert_eq!(
        (&closed["closed_by"], &closed["note"]),
        (&json!(officer.id), &json!("手机换新"))
    );
    assert_eq!(
        city.admin.post(&close, note).await.refused(409),
        "sync_ticket_closed"
    );
    // Counts that agree but wait for days are a ticket too, a new one where the old is closed.
    let stuck = steward
        .post(COUNTS, told(2, Some(Duration::days(4))))
        .await
        .expect(200);
    assert_eq!(
        (&stuck["agrees"], &stuck["differences"]),
        (&json!(true), &json!([]))
    );
    assert!(stuck["ticket_id"] != Value::Null && stuck["ticket_id"] != *ticket);
    // A device whose clock is two days ahead waits no longer for that.
    let mut ahead = told(2, Some(Duration::days(2)));
    ahead["device_id"] = json!(Uuid::now_v7());
    ahead["counts"] = json!([]);
    ahead["oldest_unsent_at"] = json!(now);
    ahead["device_now"] = json!(now + Duration::days(2));
    assert_eq!(
        steward.post(COUNTS, ahead).await.expect(200)["ticket_id"],
        Value::Null
    );
    let mut tomorrow = told(2, None);
    tomorrow["day"] = json!("2024-01-16");
    assert_eq!(steward.post(COUNTS, tomorrow).await.refused(422), "invalid");
    home.city.stop().await;
}
