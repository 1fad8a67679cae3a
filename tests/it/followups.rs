//! Follow-ups: who was not reached is tried again, some are asked again by somebody else, and the gap is shown with care.

use crate::{
    attachments::{photo, upload},
    orders::{Desk, desk, desk_in},
    support::{Person, Service, TestCity},
};
use chrono::Duration;
use futures_util::future::join_all;
use serde_json::{Value, json};
use steward::tx::Role;
use uuid::Uuid;

/// A completed order of a fresh need.
async fn done(desk: &Desk, provider: &(Person, Uuid, Uuid)) -> Value {
    let order = desk.order("cleaning").await;
    desk.serve(&provider.0, provider.2, &order).await;
    order
}

/// A desk where `percent` of the surveys are drawn.
async fn drawing(percent: u8) -> Desk {
    let service = Service::start_with("2024-01-08T01:00:00Z", |config| {
        config.service.second_ask_percent = percent;
        config.service.small_number = 2;
    })
    .await;
    desk_in(TestCity::on(service).await).await
}

fn unreached(desk: &Desk) -> Value {
    json!({ "id": Uuid::now_v7(), "channel": "call", "surveyed_at": desk.now(), "device_now": desk.now() })
}

async fn due(desk: &Desk) -> Vec<Value> {
    let page = desk.steward.get("/api/v1/follow-ups/due").await.expect(200);
    page["items"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn who_was_not_reached_stays_on_the_list_is_tried_at_other_times_and_then_visited() {
    let desk = desk().await;
    let provider = desk.city.provider(&["cleaning"]).await;
    let first = done(&desk, &provider).await;
    desk.city.advance(Duration::hours(1));
    let second = done(&desk, &provider).await;
    let list = due(&desk).await;
    assert_eq!(
        list.iter().map(|d| &d["order_id"]).collect::<Vec<_>>(),
        [&first["id"], &second["id"]],
        "the soonest due first"
    );
    assert_eq!(
        (&list[0]["tries"], &list[0]["channel"], &list[0]["late"]),
        (&json!(0), &json!("call"), &json!(false))
    );
    assert_eq!(list[0]["not_before"], list[0]["completed_at"]);

    let path = format!("/api/v1/orders/{}/follow-ups", first["id"].as_str().unwrap());
    for (tries, channel, not_before) in [
        (1, "call", "2024-01-09T06:00:00Z"),
        (2, "call", "2024-01-10T10:30:00Z"),
        (3, "visit", "2024-01-11T01:00:00Z"),
    ] {
        // Twice in a row is one try.
        for _ in 0..2 {
            desk.steward.post(&path, unreached(&desk)).await.expect(201);
        }
        let list = due(&desk).await;
        assert_eq!(
            (&list[0]["tries"], &list[0]["channel"], &list[0]["not_before"]),
            (&json!(tries), &json!(channel), &json!(not_before))
        );
        let next: chrono::DateTime<chrono::Utc> = not_before.parse().unwrap();
        desk.city.service.state.clock.set(next);
    }
    assert_eq!(desk.get(&first).await["status"], "completed", "not satisfied");
    desk.city.advance(Duration::days(30));
    assert!(due(&desk).await.iter().all(|d| d["late"] == true));
    desk.ask(&first, "satisfied").await;
    let left = due(&desk).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["order_id"], second["id"]);
    let elsewhere = desk
        .city
        .steward(&[desk.city.community("630102001000").await])
        .await;
    let none = elsewhere.get("/api/v1/follow-ups/due").await.expect(200);
    assert_eq!(none["items"], json!([]));
    desk.city.stop().await;
}

/// What an elder says when asked again.
fn again(desk: &Desk, quality: &str) -> Value {
    json!({ "id": Uuid::now_v7(), "channel": "visit", "words": "上次没好意思说", "asked_at": desk.now(), "device_now": desk.now(),
            "answers": { "content": "satisfied", "attitude": "satisfied", "quality": quality, "efficiency": "satisfied" } })
}

async fn open(person: &Person) -> Vec<Value> {
    let page = person.get("/api/v1/second-asks").await.expect(200);
    page["items"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn a_drawn_survey_is_asked_again_by_somebody_else_and_changes_nothing() {
    let desk = drawing(100).await;
    let provider = desk.city.provider(&["cleaning"]).await;
    let deputy = desk.city.steward(&[desk.community]).await;
    let order = done(&desk, &provider).await;
    let path = format!("/api/v1/orders/{}/follow-ups", order["id"].as_str().unwrap());
    desk.steward.post(&path, unreached(&desk)).await.expect(201);
    assert_eq!(open(&deputy).await, [] as [Value; 0], "nothing was said yet");
    desk.ask(&order, "satisfied").await;
    assert_eq!(
        open(&desk.steward).await,
        [] as [Value; 0],
        "who asked first is not told"
    );
    let drawn = open(&deputy).await;
    assert_eq!(drawn.len(), 1);
    assert_eq!(drawn[0]["order_id"], order["id"]);
    assert!(drawn[0].get("first_satisfied").is_none() && drawn[0]["content"].is_null());
    let path = format!(
        "/api/v1/second-asks/{}/answer",
        drawn[0]["followup_id"].as_str().unwrap()
    );
    let foreign = desk
        .city
        .steward(&[desk.city.community("630104001000").await])
        .await;
    for somebody in [&desk.steward, &foreign] {
        assert_eq!(
            somebody.post(&path, again(&desk, "satisfied")).await.refused(404),
            "second_ask_not_found"
        );
    }
    let nobody =
        json!({ "id": Uuid::now_v7(), "channel": "call", "asked_at": desk.now(), "device_now": desk.now() });
    let tried = deputy.post(&path, nobody).await.expect(201);
    assert_eq!((&tried["tries"], &tried["answer_id"]), (&json!(1), &Value::Null));

    let body = again(&desk, "dissatisfied");
    let said = deputy.post(&path, body.clone()).await.expect(201);
    assert_eq!(said["asked_by"], json!(deputy.id));
    assert_eq!(deputy.post(&path, body.clone()).await.expect(201), said);
    let mut other = body;
    other["words"] = json!("别的");
    assert_eq!(
        deputy.post(&path, other).await.refused(409),
        "survey_already_recorded"
    );
    assert_eq!(
        deputy.post(&path, again(&desk, "satisfied")).await.refused(409),
        "second_ask_answered"
    );
    assert_eq!(
        desk.get(&order).await["status"],
        "closed",
        "the order stays closed"
    );
    let surveys = format!("/api/v1/orders/{}/follow-ups", order["id"].as_str().unwrap());
    let surveys = desk.steward.get(&surveys).await.expect(200);
    assert_eq!(surveys.as_array().unwrap().len(), 2);
    assert_eq!(surveys[1]["quality"], "satisfied", "and the first answer");
    let officer = desk.city.scoped(Role::Officer, "6301").await;
    for indicator in ["satisfaction_first", "satisfaction_final"] {
        let figure = officer
            .get(&format!(
                "/api/v1/statistics/indicators/{indicator}?month=2024-01"
            ))
            .await
            .expect(200);
        assert_eq!(figure["numerator"], 1, "{indicator}: {figure}");
    }
    desk.city.stop().await;
}

#[actix_web::test]
async fn the_gap_is_shown_by_provider_and_steward_and_not_of_single_elders() {
    let desk = drawing(100).await;
    let provider = desk.city.provider(&["cleaning"]).await;
    let officer = desk.city.scoped(Role::Officer, "6301").await;
    let gap = async |by: &str| {
        let path = format!("/api/v1/second-asks/gap?month=2024-01&by={by}");
        officer.get(&path).await.expect(200)["items"].clone()
    };
    assert_eq!(gap("steward").await, json!([]));
    // Dissatisfied at first: there is nothing to differ.
    let order = done(&desk, &provider).await;
    desk.ask(&order, "dissatisfied").await;
    for (n, second) in [(1, "dissatisfied"), (2, "satisfied")] {
        let order = done(&desk, &provider).await;
        desk.ask(&order, "satisfied").await;
        let drawn = open(&officer).await;
        let of = |ask: &&Value| ask["order_id"] == order["id"];
        let ask = drawn.iter().find(of).unwrap();
        let path = format!(
            "/api/v1/second-asks/{}/answer",
            ask["followup_id"].as_str().unwrap()
        );
        officer.post(&path, again(&desk, second)).await.expect(201);
        let figure = if n < 2 { Value::Null } else { json!(1) };
        for (by, of) in [("organisation", provider.1), ("steward", desk.steward.id)] {
            assert_eq!(
                gap(by).await,
                json!([{ "of": of, "drawn": n + 1, "asked": n, "gap": figure }])
            );
        }
    }
    let foreign = desk.city.scoped(Role::Officer, "630102").await;
    let none = foreign
        .get("/api/v1/second-asks/gap?month=2024-01&by=steward")
        .await
        .expect(200);
    assert_eq!(none["items"], json!([]));
    desk.city.stop().await;
}

#[actix_web::test]
async fn nothing_is_drawn_where_the_setting_says_none() {
    let desk = drawing(0).await;
    let provider = desk.city.provider(&["cleaning"]).await;
    let deputy = desk.city.steward(&[desk.community]).await;
    let order = done(&desk, &provider).await;
    desk.ask(&order, "satisfied").await;
    assert_eq!(open(&deputy).await, [] as [Value; 0]);
    desk.city.stop().await;
}

#[actix_web::test]
async fn a_provider_disputes_within_a_term_an_officer_decides_and_the_elder_does_not_wait() {
    let desk = desk().await;
    let provider = desk.city.provider(&["cleaning"]).await;
    let (rival, ..) = desk.city.provider(&["meals"]).await;
    let officer = desk.city.scoped(Role::Officer, "630104").await;
    let dispute = |reason: &str, evidence: Vec<Value>| json!({ "id": Uuid::now_v7(), "reason": reason, "evidence": evidence });
    let order = done(&desk, &provider).await;
    let path = format!("/api/v1/orders/{}/dispute", order["id"].as_str().unwrap());
    let plain = dispute("老人当时外出", vec![]);
    assert_eq!(
        provider.0.post(&path, plain.clone()).await.refused(409),
        "nothing_to_dispute"
    );
    desk.ask(&order, "dissatisfied").await;
    assert_eq!(
        rival.post(&path, plain.clone()).await.refused(404),
        "order_not_found"
    );
    let foreign = upload(&desk.steward, None, photo(1)).await.1;
    provider
        .0
        .post(&path, dispute("有照片", vec![foreign["id"].clone()]))
        .await
        .expect(422);
    let own = upload(&provider.0, None, photo(2)).await.1;
    let body = dispute("有照片", vec![own["id"].clone()]);
    let raised = provider.0.post(&path, body.clone()).await.expect(201);
    assert_eq!(raised["status"], "open");
    assert_eq!(provider.0.post(&path, body).await.expect(201), raised);
    assert_eq!(
        provider.0.post(&path, plain).await.refused(409),
        "disputed_already"
    );
    officer
        .get(&format!("/api/v1/attachments/{}", own["id"].as_str().unwrap()))
        .await
        .expect(200);

    // The work is done again meanwhile.
    assert_eq!(desk.get(&order).await["status"], "reworking");
    let orders = desk.orders().await;
    let rework = orders.iter().find(|o| o["round"] == 2).unwrap();
    desk.serve(&provider.0, provider.2, rework).await;
    desk.ask(rework, "satisfied").await;

    let reworked = async || {
        let probe = desk.order("cleaning").await;
        let offers = format!("/api/v1/orders/{}/offers", probe["id"].as_str().unwrap());
        let offers = desk.steward.get(&offers).await.expect(200);
        offers[0]["figures"]["candidate"]["reworked"].clone()
    };
    assert_eq!(reworked().await, 1);
    let decide = format!("/api/v1/disputes/{}/decide", raised["id"].as_str().unwrap());
    let decision = json!({ "upheld": true, "reason": "照片与签到时间相符" });
    assert_eq!(
        desk.city
            .scoped(Role::Officer, "630102")
            .await
            .post(&decide, decision.clone())
            .await
            .refused(404),
        "dispute_not_found"
    );
    let decided = officer.post(&decide, decision.clone()).await.expect(200);
    assert_eq!(
        (&decided["status"], &decided["decided_by"]),
        (&json!("upheld"), &json!(officer.id))
    );
    assert_eq!(
        officer.post(&decide, decision).await.refused(409),
        "dispute_decided"
    );
    assert_eq!(reworked().await, 0, "its record leaves the survey out");
    let figure = officer
        .get("/api/v1/statistics/indicators/satisfaction_first?month=2024-01")
        .await
        .expect(200);
    assert_eq!(figure["numerator"], 0, "the elder's answer stands");
    for person in [&provider.0, &officer] {
        let list = person.get("/api/v1/disputes?status=upheld").await.expect(200);
        assert_eq!(list["items"][0]["id"], raised["id"]);
    }
    let none = rival.get("/api/v1/disputes").await.expect(200);
    assert_eq!(none["items"], json!([]));

    let late = done(&desk, &provider).await;
    desk.ask(&late, "dissatisfied").await;
    desk.city.advance(Duration::days(7) + Duration::seconds(1));
    let path = format!("/api/v1/orders/{}/dispute", late["id"].as_str().unwrap());
    assert_eq!(
        provider.0.post(&path, dispute("晚了", vec![])).await.refused(409),
        "dispute_too_late"
    );
    desk.city.stop().await;
}

#[actix_web::test]
async fn the_evidence_of_a_dispute_is_its_own_case_and_not_seen_by_who_does_the_work_again() {
    let desk = desk().await;
    let one = desk.city.provider(&["cleaning"]).await;
    let two = desk.city.provider(&["cleaning"]).await;
    let officer = desk.city.scoped(Role::Officer, "630104").await;
    let order = desk.order("cleaning").await;
    let offers = format!("/api/v1/orders/{}/offers", order["id"].as_str().unwrap());
    let asked = desk.steward.get(&offers).await.expect(200)[0]["organisation_id"].clone();
    let (failed, rival) = if asked == one.1.to_string() {
        (one, two)
    } else {
        (two, one)
    };
    desk.serve(&failed.0, failed.2, &order).await;
    desk.ask(&order, "dissatisfied").await;
    let orders = desk.orders().await;
    let rework = orders.iter().find(|o| o["round"] == 2).unwrap();
    let decline = format!("/api/v1/orders/{}/decline", rework["id"].as_str().unwrap());
    let refused = failed.0.post(&decline, json!({ "reason": "人手不足" })).await;
    assert!(refused.status.is_success(), "{}", refused.body);
    desk.act(&rival.0, rework, "accept", json!({})).await;

    let photo = upload(&failed.0, None, photo(1)).await.1["id"].clone();
    let path = format!("/api/v1/orders/{}/dispute", order["id"].as_str().unwrap());
    let body = json!({ "id": Uuid::now_v7(), "reason": "有照片", "evidence": [photo] });
    let raised = failed.0.post(&path, body).await.expect(201);
    assert_eq!(raised["evidence"], json!([photo]));
    let path = format!("/api/v1/attachments/{}", photo.as_str().unwrap());
    for person in [&failed.0, &officer, &desk.steward] {
        person.get(&path).await.expect(200);
    }
    let foreign = desk.city.scoped(Role::Officer, "630102").await;
    for person in [&rival.0, &foreign] {
        assert_eq!(person.get(&path).await.refused(404), "attachment_not_found");
    }
    let file = format!("/api/v1/orders/{}", rework["id"].as_str().unwrap());
    assert_eq!(
        rival.0.get(&file).await.expect(200)["evidence"],
        json!([]),
        "it is no evidence of the work"
    );
    for person in [&failed.0, &officer] {
        let list = person.get("/api/v1/disputes").await.expect(200);
        assert_eq!(list["items"][0]["evidence"], json!([photo]));
    }
    let decide = format!("/api/v1/disputes/{}/decide", raised["id"].as_str().unwrap());
    let decision = json!({ "upheld": false, "reason": "照片与时间不符" });
    assert_eq!(
        officer.post(&decide, decision).await.expect(200)["evidence"],
        json!([photo])
    );
    desk.city.stop().await;
}

#[actix_web::test]
async fn of_two_disputes_at_once_one_stands_and_the_other_is_told() {
    let desk = desk().await;
    let provider = desk.city.provider(&["cleaning"]).await;
    let order = done(&desk, &provider).await;
    desk.ask(&order, "dissatisfied").await;
    let path = format!("/api/v1/orders/{}/dispute", order["id"].as_str().unwrap());
    let said = |reason: &str| json!({ "id": Uuid::now_v7(), "reason": reason });
    let said = ["老人外出", "已当面解释", "已返工", "误会"].map(said);
    let replies = join_all(said.into_iter().map(|body| provider.0.post(&path, body))).await;
    let (stands, rest): (Vec<_>, Vec<_>) = replies.into_iter().partition(|r| r.status == 201);
    assert_eq!((stands.len(), rest.len()), (1, 3));
    for reply in rest {
        assert_eq!(reply.refused(409), "disputed_already");
    }
    desk.city.stop().await;
}
