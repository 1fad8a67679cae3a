//! A hazard from the finding to the clearing: reported, notified, extended once, repaired, checked again, and its history.

use crate::{
    attachments::{photo, upload},
    hazards::{at, finding, points, told as alerted},
    support::Reply,
    visits::{Home, count, home},
};
use chrono::{DateTime, Duration, Utc};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use steward::{
    db::statement,
    hazards::model::{HazardEvent, HazardState, replay},
    tx::Role,
};
use uuid::Uuid;

fn path(hazard: impl std::fmt::Display, action: &str) -> String {
    format!("/api/v1/hazards/{hazard}{action}")
}

/// A visit that found one hazard: its id.
async fn found(home: &Home, kind: &str, severity: &str, point: &str) -> Uuid {
    let visit = at(home, finding(home, &[(kind, severity, point)]));
    let logged = home.steward.post("/api/v1/visits", visit).await.expect(201);
    logged["hazards"][0].as_str().unwrap().parse().unwrap()
}

async fn seen(home: &Home, hazard: Uuid) -> Value {
    home.steward.get(&path(hazard, "")).await.expect(200)
}

/// What happened to a hazard, by name.
async fn told(home: &Home, hazard: Uuid) -> Vec<String> {
    let events = home
        .steward
        .get(&path(hazard, "/events?limit=200"))
        .await
        .expect(200);
    let lines = events["items"].as_array().unwrap().iter();
    lines
        .map(|l| l["event"]["event"].as_str().unwrap().to_owned())
        .collect()
}

fn field(reply: Reply) -> Value {
    reply.expect(422)["fields"][0]["field"].clone()
}

/// That it was reported, so many minutes ago.
fn report(home: &Home, minutes_ago: i64) -> Value {
    let now = home.city.service.state.clock.now();
    json!({ "id": Uuid::now_v7(), "to": ["gas_firm", "family"], "note": "一小时内上门",
            "happened": { "at": now - Duration::minutes(minutes_ago), "device_now": now } })
}

#[actix_web::test]
async fn a_major_hazard_that_nobody_reports_within_the_hour_is_raised_once_and_others_never() {
    let home = home().await;
    let visit = at(
        &home,
        finding(
            &home,
            &[
                ("gas", "major", "leak_test"),
                ("fire", "major", "corridor"),
                ("water", "general", "taps"),
            ],
        ),
    );
    home.steward.post("/api/v1/visits", visit).await.expect(201);
    let all = home.steward.get("/api/v1/hazards").await.expect(200);
    let by_point = |point: &str| -> Uuid {
        let items = all["items"].as_array().unwrap();
        let found = items.iter().find(|h| h["check_point"] == point).unwrap();
        found["id"].as_str().unwrap().parse().unwrap()
    };
    let (leak, corridor, taps) = (by_point("leak_test"), by_point("corridor"), by_point("taps"));
    assert_eq!(
        seen(&home, leak).await["report_due_at"],
        "2024-01-15T01:40:00Z",
        "an hour after it was found"
    );
    home.steward
        .post(&path(corridor, "/reports"), report(&home, 5))
        .await
        .expect(200);
    let officer = home.city.scoped(Role::Officer, "630104").await;
    for _ in 0..3 {
        home.city.advance(Duration::minutes(41));
        home.city.service.run_jobs().await;
    }
    assert_eq!(told(&home, leak).await, ["found", "report_missed"]);
    assert_eq!(told(&home, corridor).await, ["found", "reported"]);
    assert_eq!(told(&home, taps).await, ["found"]);
    let mut answering = [home.steward.id, officer.id];
    answering.sort();
    assert_eq!(alerted(&home, "hazard.report_missed").await, answering);
    assert_eq!(
        count(
            &home,
            "SELECT count(*) AS n FROM audit_entries WHERE action = 'hazards.report_missed'"
        )
        .await,
        1
    );
    // Reported after all, and what was told the family at once comes in later still: the first counts.
    home.steward
        .post(&path(leak, "/reports"), report(&home, 1))
        .await
        .expect(200);
    let late = home
        .steward
        .post(&path(leak, "/reports"), report(&home, 100))
        .await
        .expect(200);
    assert_eq!(late["reported_at"], "2024-01-15T01:23:00Z");
    home.city.stop().await;
}

#[actix_web::test]
async fn the_share_of_major_hazards_reported_in_time_opens_to_its_list() {
    let home = home().await;
    let in_time = found(&home, "gas", "major", "leak_test").await;
    home.steward
        .post(&path(in_time, "/reports"), report(&home, 0))
        .await
        .expect(200);
    let late = found(&home, "fire", "major", "corridor").await;
    found(&home, "water", "general", "taps").await;
    let figure = async || {
        let officer = home.city.scoped(Role::Officer, "6301").await;
        let code = "/api/v1/statistics/indicators/reported_in_time";
        let said = officer.get(&format!("{code}?month=2024-01")).await.expect(200);
        let list = officer
            .get(&format!("{code}/records?month=2024-01"))
            .await
            .expect(200);
        (said, list["items"].as_array().unwrap().clone())
    };
    let (said, list) = figure().await;
    assert_eq!(
        (list.len(), &list[0]["record_id"]),
        (1, &json!(in_time)),
        "the other's hour still runs: {said}"
    );
    home.city.advance(Duration::minutes(61));
    home.steward
        .post(&path(late, "/reports"), report(&home, 0))
        .await
        .expect(200);
    let (said, list) = figure().await;
    let counting: Vec<_> = list
        .iter()
        .filter(|r| r["counts"] == true)
        .map(|r| &r["record_id"])
        .collect();
    assert_eq!((list.len(), counting), (2, vec![&json!(in_time)]));
    assert!(said.to_string().contains("\"numerator\":1") && said.to_string().contains("\"denominator\":2"));
    home.city.stop().await;
}

#[actix_web::test]
async fn what_a_phone_records_of_a_hazard_is_recorded_once() {
    let home = home().await;
    let hazard = found(&home, "gas", "major", "hose").await;
    let (reports, said) = (path(hazard, "/reports"), report(&home, 3));
    let first = home.steward.post(&reports, said.clone()).await.expect(200);
    home.city.advance(Duration::minutes(2));
    let mut again = said.clone();
    again["happened"]["device_now"] = json!(home.city.service.state.clock.now());
    assert_eq!(home.steward.post(&reports, again).await.expect(200), first);
    let mut other = said.clone();
    other["to"] = json!(["fire_service"]);
    assert_eq!(
        home.steward.post(&reports, other).await.refused(409),
        "hazard_record_taken"
    );
    let community = first["community_id"].as_str().unwrap().parse().unwrap();
    let deputy = home.city.steward(&[community]).await;
    assert_eq!(
        deputy.post(&reports, said.clone()).await.refused(409),
        "hazard_record_taken"
    );
    let next_door = found(&home, "gas", "general", "stove").await;
    assert_eq!(
        home.steward
            .post(&path(next_door, "/reports"), said)
            .await
            .refused(409),
        "hazard_record_taken"
    );
    let mut ahead = report(&home, -11);
    assert_eq!(
        field(home.steward.post(&reports, ahead.clone()).await),
        "happened.at"
    );
    ahead["to"] = json!([]);
    assert_eq!(field(home.steward.post(&reports, ahead).await), "to");
    assert_eq!(told(&home, hazard).await, ["found", "reported"]);
    let duty = home.city.scoped(Role::Duty, "6301").await;
    duty.post(&reports, report(&home, 0)).await.expect(200);
    home.city.stop().await;
}

#[actix_web::test]
async fn a_notice_is_signed_on_a_photo_of_ones_own_or_refused_with_the_reason() {
    let home = home().await;
    let hazard = found(&home, "gas", "general", "hose").await;
    let (notices, signature) = (path(hazard, "/notices"), Uuid::now_v7());
    let notice = |signature: Option<Uuid>, refused: Option<&str>| {
        json!({ "id": Uuid::now_v7(), "to": "household", "recipient": "女儿", "text": "请更换软管",
        "signature": signature, "refused": refused })
    };
    assert_eq!(
        field(home.steward.post(&notices, notice(None, None)).await),
        "signature"
    );
    assert_eq!(
        field(
            home.steward
                .post(&notices, notice(Some(signature), Some("不同意")))
                .await
        ),
        "signature"
    );
    assert_eq!(
        field(home.steward.post(&notices, notice(Some(signature), None)).await),
        "signature",
        "not uploaded"
    );
    upload(&home.steward, Some(signature), photo(3)).await;
    let signed = home
        .steward
        .post(&notices, notice(Some(signature), None))
        .await
        .expect(200);
    assert_eq!(signed["noticed_at"], "2024-01-15T01:00:00Z");
    assert_eq!(
        signed["photos"],
        json!([{ "attachment_id": signature, "role": "signature" }])
    );
    home.city.advance(Duration::days(1));
    let refused = home
        .steward
        .post(&notices, notice(None, Some("认为无需更换")))
        .await
        .expect(200);
    assert_eq!(
        (&refused["noticed_at"], &refused["version"]),
        (&json!("2024-01-16T01:00:00Z"), &json!(3))
    );
    let events = home.steward.get(&path(hazard, "/events")).await.expect(200);
    let [_, first, second] = events["items"].as_array().unwrap().as_slice() else {
        panic!("{events}")
    };
    assert_eq!(
        (
            &first["event"]["signature"],
            &first["event"]["recipient"],
            &first["actor_id"]
        ),
        (&json!(signature), &json!("女儿"), &json!(home.steward.id))
    );
    assert_eq!(
        (&second["event"]["signature"], &second["reason"]),
        (&Value::Null, &json!("认为无需更换"))
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn somebody_has_to_mend_it_and_the_deadline_moves_once_by_no_more_than_it_had() {
    let home = home().await;
    let hazard = found(&home, "gas", "major", "hose").await;
    let officer = home.city.scoped(Role::Officer, "630104").await;
    let said = home
        .steward
        .post(
            &path(hazard, "/responsible"),
            json!({ "party": "landlord", "reason": "租住房屋" }),
        )
        .await
        .expect(200);
    assert_eq!(said["responsible"], "landlord");
    let extension = path(hazard, "/extension");
    let days = |n: i64| json!({ "days": n, "reason": "配件需订货" });
    home.steward
        .post(&extension, json!({ "days": 5 }))
        .await
        .expect(422);
    assert_eq!(field(home.steward.post(&extension, days(8)).await), "days");
    let moved = officer.post(&extension, days(7)).await.expect(200);
    assert_eq!(
        (&moved["due_at"], &moved["extended_at"]),
        (&json!("2024-01-29T01:00:00Z"), &json!("2024-01-15T01:00:00Z"))
    );
    assert_eq!(
        home.steward.post(&extension, days(1)).await.refused(409),
        "hazard_already_extended"
    );
    let duty = home.city.scoped(Role::Duty, "6301").await;
    assert_eq!(duty.post(&extension, days(1)).await.refused(403), "forbidden");
    // It climbs by the new deadline.
    home.city.advance(Duration::days(8));
    home.city.service.run_jobs().await;
    assert_eq!(seen(&home, hazard).await["escalation"], Value::Null);
    home.city.advance(Duration::days(7));
    home.city.service.run_jobs().await;
    assert_eq!(seen(&home, hazard).await["escalation"], "steward");
    let advice = found(&home, "dwelling", "advice", "bed").await;
    assert_eq!(
        home.steward
            .post(&path(advice, "/extension"), days(1))
            .await
            .refused(409),
        "hazard_has_no_deadline"
    );
    let forgotten = found(&home, "fire", "general", "corridor").await;
    home.city.advance(Duration::days(40));
    assert_eq!(
        field(home.steward.post(&path(forgotten, "/extension"), days(9)).await),
        "days"
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn an_extension_begins_the_climb_anew_and_the_steward_is_told_again() {
    let home = home().await;
    let hazard = found(&home, "gas", "major", "hose").await;
    home.city.scoped(Role::Officer, "630104001").await;
    home.city.advance(Duration::days(7) + Duration::hours(2));
    home.city.service.run_jobs().await;
    assert_eq!(seen(&home, hazard).await["escalation"], "steward");
    let extension = json!({ "days": 7, "reason": "配件需订货" });
    let moved = home
        .steward
        .post(&path(hazard, "/extension"), extension)
        .await
        .expect(200);
    assert_eq!(
        (&moved["escalation"], &moved["escalated_at"], &moved["escalated"]),
        (&Value::Null, &Value::Null, &json!(false))
    );
    home.city.advance(Duration::days(6));
    home.city.service.run_jobs().await;
    assert_eq!(seen(&home, hazard).await["escalation"], Value::Null);
    home.city.advance(Duration::days(1));
    home.city.service.run_jobs().await;
    assert_eq!(seen(&home, hazard).await["escalation"], "steward");
    assert_eq!(
        alerted(&home, "hazard.overdue").await,
        [home.steward.id, home.steward.id]
    );
    assert_eq!(
        replays(&home, hazard).await,
        ["found", "report_missed", "escalated", "extended", "escalated"]
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn its_repair_is_ordered_from_a_provider_one_order_at_a_time() {
    let home = home().await;
    let (provider, organisation, _) = home.city.provider(&["home_safety"]).await;
    let hazard = found(&home, "gas", "general", "hose").await;
    let repair = path(hazard, "/repair-order");
    let elsewhere = home.city.community("630104001000").await;
    let stranger = home
        .city
        .elder(home.city.household(elsewhere, "9", "9").await)
        .await;
    let new = |elder: Uuid| json!({ "id": Uuid::now_v7(), "elder_id": elder });
    for nobody in [stranger, Uuid::now_v7()] {
        assert_eq!(field(home.steward.post(&repair, new(nobody)).await), "elder_id");
    }
    let order = new(home.couple[0]);
    let ordered = home.steward.post(&repair, order.clone()).await.expect(200);
    assert_eq!(ordered["repair_order_id"], order["id"]);
    assert_eq!(
        home.steward.post(&repair, order.clone()).await.expect(200),
        ordered,
        "sent again"
    );
    let id = order["id"].as_str().unwrap();
    let standing = home
        .steward
        .get(&format!("/api/v1/orders/{id}"))
        .await
        .expect(200);
    assert_eq!(
        (&standing["item_code"], &standing["status"], &standing["elder_id"]),
        (&json!("home_safety"), &json!("offered"), &json!(home.couple[0]))
    );
    let need = home.steward.get(&format!("/api/v1/needs/{id}")).await.expect(200);
    assert_eq!(
        (&need["status"], &need["description"]),
        (&json!("ordered"), &json!("隐患"))
    );
    assert_eq!(seen(&home, hazard).await["repair"], "offered");
    assert_eq!(
        home.steward.post(&repair, new(home.couple[0])).await.refused(409),
        "hazard_in_repair"
    );
    let cancel = json!({ "by": "elder", "reason": "已自行更换" });
    home.steward
        .post(&format!("/api/v1/orders/{id}/cancel"), cancel)
        .await
        .expect(200);
    let mut chosen = new(home.couple[1]);
    chosen["choice"] = json!({ "organisation_id": organisation, "reason": "就近" });
    let second = home.steward.post(&repair, chosen.clone()).await.expect(200);
    assert_eq!(second["repair_order_id"], chosen["id"]);
    let inbox = provider.get("/api/v1/offers").await;
    assert!(inbox.status.is_success(), "{}", inbox.body);
    assert_eq!(
        told(&home, hazard).await,
        ["found", "repair_ordered", "repair_ordered"]
    );
    // Before and after.
    let (before, after) = (Uuid::now_v7(), Uuid::now_v7());
    upload(&home.steward, Some(before), photo(4)).await;
    upload(&home.steward, Some(after), photo(5)).await;
    let photos = json!({ "id": Uuid::now_v7(), "note": "已更换", "photos": [{ "attachment_id": before, "role": "before" },
                         { "attachment_id": after, "role": "after" }] });
    let shown = home
        .steward
        .post(&path(hazard, "/photos"), photos)
        .await
        .expect(200);
    let mut both = [(before, "before"), (after, "after")];
    both.sort();
    assert_eq!(
        shown["photos"],
        json!(both.map(|(id, role)| json!({ "attachment_id": id, "role": role })))
    );
    let foreign =
        json!({ "id": Uuid::now_v7(), "photos": [{ "attachment_id": Uuid::now_v7(), "role": "after" }] });
    assert_eq!(
        field(home.steward.post(&path(hazard, "/photos"), foreign).await),
        "photos"
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn only_a_later_visit_clears_a_hazard_or_says_that_it_is_still_unsafe() {
    let home = home().await;
    let mut visit = at(&home, finding(&home, &[("gas", "general", "hose")]));
    let own = Uuid::now_v7();
    visit["hazards"][0]["id"] = json!(own);
    visit["cleared"] = json!([own]);
    assert_eq!(
        field(home.steward.post("/api/v1/visits", visit.clone()).await),
        "cleared[0]"
    );
    visit["cleared"] = json!([]);
    let logged = home
        .steward
        .post("/api/v1/visits", visit.clone())
        .await
        .expect(201);
    assert_eq!(logged["hazards"], json!([own]), "the id that the phone made");
    assert_eq!(
        home.steward.post("/api/v1/visits", visit).await.expect(201),
        logged
    );
    let mut taken = at(&home, finding(&home, &[("fire", "advice", "corridor")]));
    taken["hazards"][0]["id"] = json!(own);
    assert_eq!(
        home.steward.post("/api/v1/visits", taken).await.refused(409),
        "hazard_already_found"
    );
    // A visit before the finding, which comes in later.
    let says = async |field: &str, hours: i64| {
        let mut visit = at(&home, home.visit());
        let now = home.city.service.state.clock.now();
        visit["started_at"] = json!(now - Duration::hours(hours));
        visit["ended_at"] = json!(now - Duration::hours(hours));
        visit[field] = json!([own]);
        home.steward.post("/api/v1/visits", visit).await.expect(201)["id"].clone()
    };
    says("cleared", 5).await;
    says("still_unsafe", 5).await;
    assert_eq!(told(&home, own).await, ["found"]);
    home.city.advance(Duration::days(2));
    let unsafe_still = says("still_unsafe", 0).await;
    let checked = seen(&home, own).await;
    assert_eq!(
        (
            &checked["status"],
            &checked["rechecked_visit_id"],
            &checked["rechecked_at"]
        ),
        (&json!("open"), &unsafe_still, &json!("2024-01-17T01:00:00Z"))
    );
    let visit = home
        .steward
        .get(&format!("/api/v1/visits/{}", unsafe_still.as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(
        (&visit["still_unsafe"], &visit["cleared"]),
        (&json!([own]), &json!([]))
    );
    home.city.advance(Duration::days(2));
    says("cleared", 0).await;
    assert_eq!(told(&home, own).await, ["found", "still_unsafe", "cleared"]);
    assert_eq!(
        home.steward
            .post(&path(own, "/responsible"), json!({ "party": "household" }))
            .await
            .refused(409),
        "hazard_not_open"
    );
    home.city.stop().await;
}

/// The row of a hazard equals the replay of its events, which its version counts.
async fn replays(home: &Home, hazard: Uuid) -> Vec<String> {
    let mut conn = home.city.service.state.pool.get().await.unwrap();
    let row: HazardState = statement("SELECT * FROM hazards WHERE id = $1")
        .bind::<diesel::sql_types::Uuid, _>(hazard)
        .get_result(&mut *conn)
        .await
        .unwrap();
    let lines = home
        .steward
        .get(&path(hazard, "/events?limit=200"))
        .await
        .expect(200);
    let lines = lines["items"].as_array().unwrap();
    let mut before = Value::Null;
    for (n, line) in (1..).zip(lines) {
        assert_eq!(
            (&line["seq"], &line["from_status"]),
            (&json!(n), &before),
            "{line}"
        );
        before = line["to_status"].clone();
    }
    let now = seen(home, hazard).await;
    assert_eq!((&now["version"], &now["status"]), (&json!(lines.len()), &before));
    let events: Vec<(HazardEvent, DateTime<Utc>)> = lines
        .iter()
        .map(|l| {
            let event = serde_json::from_value(l["event"].clone()).unwrap();
            (event, serde_json::from_value(l["happened_at"].clone()).unwrap())
        })
        .collect();
    assert_eq!(replay(&events).unwrap(), row);
    told(home, hazard).await
}

#[actix_web::test]
async fn whatever_happens_to_hazards_their_events_give_them_again() {
    let home = home().await;
    home.city.provider(&["home_safety"]).await;
    let first = at(
        &home,
        finding(
            &home,
            &[
                ("gas", "major", "hose"),
                ("fire", "general", "corridor"),
                ("water", "general", "taps"),
                ("dwelling", "advice", "bed"),
            ],
        ),
    );
    let logged = home
        .steward
        .post("/api/v1/visits", first.clone())
        .await
        .expect(201);
    let mut ids = [Uuid::nil(); 4];
    for hazard in home.steward.get("/api/v1/hazards").await.expect(200)["items"]
        .as_array()
        .unwrap()
    {
        let order = ["hose", "corridor", "taps", "bed"];
        let n = order.iter().position(|p| hazard["check_point"] == *p).unwrap();
        ids[n] = hazard["id"].as_str().unwrap().parse().unwrap();
    }
    let [hose, corridor, taps, bed] = ids;
    let act = async |hazard: Uuid, action: &str, body: Value| {
        home.steward.post(&path(hazard, action), body).await.expect(200);
    };
    let correct = async |visit: &Value, change: &dyn Fn(&mut Value)| {
        let mut new = visit.clone();
        new["id"] = json!(Uuid::now_v7());
        new["device_now"] = json!(home.city.service.state.clock.now());
        change(&mut new);
        let of = format!("/api/v1/visits/{}/corrections", visit["id"].as_str().unwrap());
        let body = json!({ "reason": "写错了", "visit": new });
        home.steward.post(&of, body).await.expect(201);
        new
    };
    home.city.advance(Duration::minutes(61));
    home.city.service.run_jobs().await;
    act(hose, "/reports", report(&home, 0)).await;
    let notice = json!({ "id": Uuid::now_v7(), "to": "household", "recipient": "本人", "text": "请整改", "refused": "不同意" });
    act(corridor, "/notices", notice).await;
    act(corridor, "/responsible", json!({ "party": "property" })).await;
    act(
        corridor,
        "/extension",
        json!({ "days": 10, "reason": "待物业清运" }),
    )
    .await;
    act(
        taps,
        "/repair-order",
        json!({ "id": Uuid::now_v7(), "elder_id": home.couple[0] }),
    )
    .await;
    // Checked again, and that visit said anew: neither safe nor unsafe any more.
    home.city.advance(Duration::days(1));
    let mut again = at(&home, home.visit());
    again["cleared"] = json!([hose]);
    again["still_unsafe"] = json!([corridor]);
    home.steward
        .post("/api/v1/visits", again.clone())
        .await
        .expect(201);
    let again = correct(&again, &|v| {
        v["cleared"] = json!([taps]);
        v["still_unsafe"] = json!([]);
    })
    .await;
    assert_eq!(seen(&home, hose).await["status"], "open");
    // The first visit said anew: the hose was not that bad, the bed was none, and there was a socket.
    correct(&first, &|v| {
        v["hazards"] = json!([
            { "kind": "gas", "severity": "general", "check_point": "hose", "description": "软管老化", "measure": "" },
            v["hazards"][1], v["hazards"][2],
            { "kind": "electric", "severity": "major", "check_point": "breaker", "description": "", "measure": "已断电" },
        ]);
    })
    .await;
    // And what the second found safe it did after all, a little later.
    correct(&again, &|v| v["cleared"] = json!([taps, hose])).await;
    home.city.advance(Duration::days(45));
    home.city.service.run_jobs().await;
    let breaker = home
        .steward
        .get("/api/v1/hazards?kind=electric")
        .await
        .expect(200);
    assert_eq!(points(&breaker), ["breaker"]);
    let breaker: Uuid = breaker["items"][0]["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(
        replays(&home, hose).await,
        [
            "found",
            "report_missed",
            "reported",
            "cleared",
            "reopened",
            "said_anew",
            "cleared"
        ]
    );
    assert_eq!(
        replays(&home, corridor).await,
        [
            "found",
            "noticed",
            "made_responsible",
            "extended",
            "still_unsafe",
            "recheck_taken_back",
            "escalated"
        ]
    );
    assert_eq!(
        replays(&home, taps).await,
        ["found", "repair_ordered", "cleared", "reopened", "cleared"]
    );
    assert_eq!(replays(&home, bed).await, ["found", "withdrawn"]);
    assert_eq!(
        replays(&home, breaker).await,
        ["found", "report_missed", "escalated"]
    );
    assert_eq!(logged["hazards"].as_array().unwrap().len(), 4);
    home.city.stop().await;
}

#[actix_web::test]
async fn buildings_and_the_map_count_open_hazards_and_tell_no_dwelling() {
    let home = home().await;
    let officer = home.city.scoped(Role::Officer, "630104").await;
    for (kind, severity, point) in [
        ("gas", "major", "leak_test"),
        ("fire", "general", "corridor"),
        ("water", "advice", "taps"),
    ] {
        found(&home, kind, severity, point).await;
    }
    let hazard = found(&home, "electric", "general", "wiring").await;
    let community = seen(&home, hazard).await["community_id"].clone();
    let id: Uuid = community.as_str().unwrap().parse().unwrap();
    home.city.advance(Duration::days(1));
    let mut clearing = at(&home, home.visit());
    clearing["cleared"] = json!([hazard]);
    home.steward.post("/api/v1/visits", clearing).await.expect(201);
    let other = home.city.household(id, "2", "202").await;
    let mut visit = at(&home, finding(&home, &[("dwelling", "general", "bed")]));
    visit["household_id"] = json!(other);
    visit["elders"] = json!([visit["elders"][0]]);
    visit["elders"][0]["elder_id"] = json!(home.city.elder(other).await);
    home.steward.post("/api/v1/visits", visit).await.expect(201);
    home.city.advance(Duration::days(7));
    let by_building = format!("/api/v1/hazards/by-building?community={id}");
    let list = home.steward.get(&by_building).await.expect(200);
    assert_eq!(
        list["items"],
        json!([
            { "community_id": id, "building": "1", "count": 3, "kinds": { "gas": 1, "electric": 0, "fire": 1, "water": 1, "dwelling": 0 },
              "severities": { "advice": 1, "general": 1, "major": 1 }, "overdue": 1, "oldest_due_at": "2024-01-22T01:00:00Z" },
            { "community_id": id, "building": "2", "count": 1, "kinds": { "gas": 0, "electric": 0, "fire": 0, "water": 0, "dwelling": 1 },
              "severities": { "advice": 0, "general": 1, "major": 0 }, "overdue": 0, "oldest_due_at": "2024-02-15T01:00:00Z" },
        ])
    );
    let page = home
        .steward
        .get(&format!("{by_building}&limit=1"))
        .await
        .expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = home
        .steward
        .get(&format!("{by_building}&limit=1&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(rest["items"], json!([list["items"][1]]));
    let elsewhere = home.city.scoped(Role::Officer, "630102").await;
    assert_eq!(elsewhere.get(&by_building).await.expect(200)["items"], json!([]));

    home.city.community("630104002000").await;
    let response = officer
        .request(reqwest::Method::GET, "/api/v1/hazards/map")
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["content-type"], "application/geo+json");
    let map: Value = response.json().await.unwrap();
    assert_eq!(
        map,
        json!({ "type": "FeatureCollection", "features": [{ "type": "Feature",
            "geometry": { "type": "Point", "coordinates": [101.77, 36.62] },
            "properties": { "community_id": id, "count": 4, "kinds": { "gas": 1, "electric": 0, "fire": 1, "water": 1, "dwelling": 1 },
                "severities": { "advice": 1, "general": 2, "major": 1 }, "overdue": 1, "oldest_due_at": "2024-01-22T01:00:00Z" } }] }),
        "a compound without open hazards is not on it, nor is any dwelling"
    );
    assert_eq!(
        elsewhere.get("/api/v1/hazards/map").await.expect(200)["features"],
        json!([])
    );
    assert_eq!(
        home.steward.get("/api/v1/hazards/map").await.refused(403),
        "forbidden"
    );
    home.city.stop().await;
}
