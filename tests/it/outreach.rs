//! Publicity events: recorded once, corrected with the old version kept, withdrawn; and the figures that open to them.

use crate::{
    attachments::{photo, upload},
    policies::enter,
    statistics::sql,
    support::{Person, TestCity},
};
use chrono::Duration;
use serde_json::{Value, json};
use steward::tx::Role;
use uuid::Uuid;

const EVENTS: &str = "/api/v1/publicity-events";

/// A community of 630104 with its steward and deputy, one of 630102, and a policy.
struct Case {
    city: TestCity,
    community: Uuid,
    foreign: Uuid,
    steward: Person,
    deputy: Person,
    other: Person,
    policy: Uuid,
}

async fn case() -> Case {
    let city = TestCity::new().await;
    let (community, foreign) = (
        city.community("630104001000").await,
        city.community("630102001000").await,
    );
    Case {
        steward: city.steward(&[community]).await,
        deputy: city.steward(&[community]).await,
        other: city.steward(&[foreign]).await,
        policy: enter(&city, "allowance", json!({})).await,
        community,
        foreign,
        city,
    }
}

impl Case {
    /// Leaflets in the community this morning: sixty came, to forty the policy was explained.
    fn event(&self) -> Value {
        json!({ "id": Uuid::now_v7(), "channel": "leaflet", "community_id": self.community, "subject": "津贴政策宣传", "venue": "活动室",
                "held_at": "2024-01-08T00:00:00Z", "device_now": self.city.service.state.clock.now(), "attendance": 60, "explained": 40,
                "policies": [self.policy] })
    }
}

fn at(event: &Value, what: &str) -> String {
    format!("{EVENTS}/{}{what}", event["id"].as_str().unwrap())
}

fn anew(event: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut event = event.clone();
    event["id"] = json!(Uuid::now_v7());
    change(&mut event);
    json!({ "reason": "人数写错", "event": event })
}

fn ids(list: &Value) -> Vec<&Value> {
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["id"])
        .collect()
}

#[actix_web::test]
async fn an_event_is_recorded_once_however_often_it_is_sent_and_its_time_is_put_right() {
    let case = case().await;
    let mut event = case.event();
    // The phone is an hour ahead.
    let ahead = case.city.service.state.clock.now() + Duration::hours(1);
    (event["held_at"], event["device_now"]) = (json!("2024-01-08T01:00:00Z"), json!(ahead));
    let first = case.steward.post(EVENTS, event.clone()).await.expect(201);
    assert_eq!(first["held_at"], "2024-01-08T00:00:00Z");
    assert_eq!(
        (
            &first["division_code"],
            &first["policies"],
            &first["policy_versions"]
        ),
        (&json!("630104001000"), &json!([case.policy]), &json!([1]))
    );
    assert_eq!(case.steward.post(EVENTS, event.clone()).await.expect(201), first);
    let changes: [fn(&mut Value); 4] = [
        |e| e["explained"] = json!(41),
        |e| e["channel"] = json!("on_site"),
        |e| e["subject"] = json!("别的"),
        |e| (e["policies"], e["explained"]) = (json!([]), json!(0)),
    ];
    for change in changes {
        let mut other = event.clone();
        change(&mut other);
        assert_eq!(
            case.steward.post(EVENTS, other).await.refused(409),
            "publicity_event_already_recorded"
        );
    }
    assert_eq!(
        case.deputy.post(EVENTS, event.clone()).await.refused(409),
        "publicity_event_already_recorded"
    );
    event["id"] = json!(Uuid::now_v7());
    event["held_at"] = json!(ahead + Duration::minutes(11));
    assert_eq!(
        case.steward.post(EVENTS, event).await.expect(422)["fields"][0]["field"],
        "held_at"
    );
    let list = case.deputy.get(EVENTS).await.expect(200);
    assert_eq!(list["items"], json!([first]));
    case.city.stop().await;
}

#[actix_web::test]
async fn a_steward_has_communities_and_an_officer_a_division() {
    let case = case().await;
    let district = case.city.scoped(Role::Officer, "630104").await;
    let in_division = |code: &str| {
        let mut event = case.event();
        (event["community_id"], event["division_code"]) = (Value::Null, json!(code));
        event
    };
    let in_community = |community: Uuid| {
        let mut event = case.event();
        event["community_id"] = json!(community);
        event
    };
    case.steward
        .post(EVENTS, in_community(case.community))
        .await
        .expect(201);
    district
        .post(EVENTS, in_community(case.community))
        .await
        .expect(201);
    let of_district = district
        .post(EVENTS, in_division("630104000000"))
        .await
        .expect(201);
    assert_eq!(of_district["community_id"], Value::Null);
    for (who, event) in [
        (&case.steward, in_community(case.foreign)),
        (&case.steward, in_division("630104001000")),
        (&district, in_community(case.foreign)),
        (&district, in_division("630100000000")),
        (&district, in_division("630102000000")),
        (&district, in_division("630199000000")),
    ] {
        assert_eq!(
            who.post(EVENTS, event).await.refused(404),
            "publicity_place_not_found"
        );
    }
    // Who sees what: the district its own and its communities', the steward the community's, somebody else nothing.
    let bureau = case.city.scoped(Role::Officer, "6301").await;
    for (who, many) in [(&district, 3), (&bureau, 3), (&case.steward, 2), (&case.other, 0)] {
        let list = who.get(EVENTS).await.expect(200);
        assert_eq!(ids(&list).len(), many);
    }
    for who in [&case.steward, &case.other] {
        assert_eq!(
            who.get(&at(&of_district, "")).await.refused(404),
            "publicity_event_not_found"
        );
    }
    case.city.stop().await;
}

#[actix_web::test]
async fn policies_are_in_force_and_photos_are_ones_own_and_seen_in_the_area() {
    let case = case().await;
    let (_, own) = upload(&case.steward, None, photo(1)).await;
    let (_, foreign) = upload(&case.other, None, photo(2)).await;
    let mut event = case.event();
    for (field, value) in [
        ("photos", json!([foreign["id"]])),
        ("policies", json!([Uuid::now_v7()])),
        ("policies", json!([case.policy, case.policy])),
        ("explained", json!(61)),
    ] {
        let mut wrong = event.clone();
        wrong[field] = value;
        let refused = case.steward.post(EVENTS, wrong).await.expect(422);
        assert_eq!(refused["fields"][0]["field"], field);
    }
    event["photos"] = json!([own["id"]]);
    let recorded = case.steward.post(EVENTS, event.clone()).await.expect(201);
    assert_eq!(recorded["photos"], event["photos"]);
    let path = format!("/api/v1/attachments/{}", own["id"].as_str().unwrap());
    let (district, far) = (
        case.city.scoped(Role::Officer, "630104").await,
        case.city.scoped(Role::Officer, "630102").await,
    );
    for who in [&case.steward, &case.deputy, &district] {
        who.get(&path).await.expect(200);
    }
    for who in [&case.other, &far] {
        who.get(&path).await.expect(404);
    }
    // Of a whole division: its officers.
    let (_, taken) = upload(&district, None, photo(3)).await;
    let mut wide = case.event();
    (wide["community_id"], wide["division_code"]) = (Value::Null, json!("630104000000"));
    wide["photos"] = json!([taken["id"]]);
    district.post(EVENTS, wide).await.expect(201);
    let path = format!("/api/v1/attachments/{}", taken["id"].as_str().unwrap());
    let bureau = case.city.scoped(Role::Officer, "6301").await;
    bureau.get(&path).await.expect(200);
    for who in [&case.steward, &far] {
        who.get(&path).await.expect(404);
    }
    case.city.stop().await;
}

#[actix_web::test]
async fn a_correction_keeps_the_old_version_and_a_withdrawn_event_is_done_with() {
    let case = case().await;
    let (_, taken) = upload(&case.steward, None, photo(1)).await;
    let mut event = case.event();
    event["photos"] = json!([taken["id"]]);
    let first = case.steward.post(EVENTS, event.clone()).await.expect(201);
    // The deputy may correct it, and show the photo that it shows.
    let correction = anew(&event, |e| e["explained"] = json!(50));
    let second = case
        .deputy
        .post(&at(&first, "/corrections"), correction.clone())
        .await
        .expect(201);
    assert_eq!(
        (
            &second["root_id"],
            &second["revision"],
            &second["correction_reason"]
        ),
        (&first["id"], &json!(2), &json!("人数写错"))
    );
    assert_eq!(
        (&second["recorded_by"], &second["corrected_by"], &second["photos"]),
        (&first["recorded_by"], &json!(case.deputy.id), &event["photos"])
    );
    let again = case
        .deputy
        .post(&at(&first, "/corrections"), correction.clone())
        .await;
    assert_eq!(again.expect(201), second, "sent again");
    let mut other = correction;
    other["event"]["explained"] = json!(51);
    assert_eq!(
        case.deputy
            .post(&at(&first, "/corrections"), other)
            .await
            .refused(409),
        "publicity_event_already_recorded"
    );
    assert_eq!(
        case.steward
            .post(&at(&first, "/corrections"), anew(&event, |_| {}))
            .await
            .refused(409),
        "publicity_event_superseded"
    );
    assert_eq!(
        case.other
            .post(&at(&second, "/corrections"), anew(&event, |_| {}))
            .await
            .refused(404),
        "publicity_event_not_found"
    );
    let wrong = anew(&event, |e| e["explained"] = json!(61));
    assert_eq!(
        case.steward
            .post(&at(&second, "/corrections"), wrong)
            .await
            .expect(422)["fields"][0]["field"],
        "event.explained"
    );
    let wrong = anew(&event, |e| e["policies"] = json!([Uuid::now_v7()]));
    assert_eq!(
        case.steward
            .post(&at(&second, "/corrections"), wrong)
            .await
            .expect(422)["fields"][0]["field"],
        "event.policies"
    );
    let old = case.steward.get(&at(&first, "")).await.expect(200);
    assert_eq!(old["explained"], 40);
    assert!(old["superseded_at"].is_string());
    let list = case.steward.get(EVENTS).await.expect(200);
    assert_eq!(ids(&list), [&second["id"]]);
    let all = case.steward.get(&at(&second, "/revisions")).await.expect(200);
    assert_eq!(ids(&all), [&first["id"], &second["id"]]);

    let reason = json!({ "reason": "未举办" });
    assert_eq!(
        case.other
            .post(&at(&second, "/withdraw"), reason.clone())
            .await
            .refused(404),
        "publicity_event_not_found"
    );
    assert_eq!(
        case.steward
            .post(&at(&first, "/withdraw"), reason.clone())
            .await
            .refused(409),
        "publicity_event_superseded"
    );
    let withdrawn = case
        .steward
        .post(&at(&second, "/withdraw"), reason.clone())
        .await
        .expect(200);
    assert_eq!(
        (&withdrawn["withdrawal_reason"], &withdrawn["withdrawn_by"]),
        (&json!("未举办"), &json!(case.steward.id))
    );
    for (what, body) in [("/withdraw", reason), ("/corrections", anew(&event, |_| {}))] {
        assert_eq!(
            case.steward.post(&at(&second, what), body).await.refused(409),
            "publicity_event_withdrawn"
        );
    }
    for (query, many) in [("withdrawn=true", 1), ("withdrawn=false", 0)] {
        let list = case.steward.get(&format!("{EVENTS}?{query}")).await.expect(200);
        assert_eq!(ids(&list).len(), many, "{query}");
    }
    case.city.service.state.trail.append(Vec::new()).await.unwrap();
    let auditor = case.city.scoped(Role::Auditor, "630104").await;
    let trail = auditor.get("/api/v1/audit?limit=200").await.expect(200);
    let told: Vec<_> = trail["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|e| {
            e["action"]
                .as_str()
                .filter(|a| a.starts_with("publicity_events."))
        })
        .collect();
    assert_eq!(told.len(), 3, "{told:?}");
    case.city.stop().await;
}

#[actix_web::test]
async fn the_list_is_the_latest_first_by_channel_community_and_page() {
    let case = case().await;
    let mut made = Vec::new();
    for (hour, channel) in [(3, "television"), (1, "short_video"), (2, "short_video")] {
        let mut event = case.event();
        event["held_at"] = json!(case.city.service.state.clock.now() - Duration::hours(hour));
        event["channel"] = json!(channel);
        made.push(case.steward.post(EVENTS, event).await.expect(201)["id"].clone());
    }
    let get = async |query: &str| {
        let path = format!("{EVENTS}?{query}");
        case.steward.get(&path).await.expect(200)
    };
    assert_eq!(ids(&get("").await), [&made[1], &made[2], &made[0]]);
    assert_eq!(ids(&get("channel=short_video").await), [&made[1], &made[2]]);
    let here = format!("community={}&limit=2", case.community);
    let page = get(&here).await;
    assert_eq!(ids(&page), [&made[1], &made[2]]);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = get(&format!("{here}&cursor={cursor}")).await;
    assert_eq!(ids(&rest), [&made[0]]);
    assert_eq!(ids(&get(&format!("community={}", case.foreign)).await).len(), 0);
    case.city.stop().await;
}

const FIGURES: &str = "/api/v1/statistics/indicators";

/// A figure, and what its list comes to: how many records, and the sum of their weights.
async fn figure(who: &Person, code: &str, query: &str) -> (i64, usize, i64) {
    let figure = who.get(&format!("{FIGURES}/{code}?{query}")).await.expect(200);
    let list = who
        .get(&format!("{FIGURES}/{code}/records?{query}&limit=200"))
        .await
        .expect(200);
    let items = list["items"].as_array().unwrap();
    let weights = items.iter().map(|r| r["weight"].as_i64().unwrap()).sum();
    (figure["numerator"].as_i64().unwrap(), items.len(), weights)
}

#[actix_web::test]
async fn the_figures_of_events_and_explanations_open_to_lists_that_come_to_them() {
    let case = case().await;
    let bureau = case.city.scoped(Role::Officer, "6301").await;
    let district = case.city.scoped(Role::Officer, "630104").await;
    let second = enter(&case.city, "second", json!({})).await;
    // In the community: sixty there, forty were told; on television nobody was; one that did not take place.
    let event = case.event();
    let leaflets = case.steward.post(EVENTS, event.clone()).await.expect(201);
    let mut silent = case.event();
    (silent["channel"], silent["explained"], silent["policies"]) = (json!("television"), json!(0), json!([]));
    case.steward.post(EVENTS, silent).await.expect(201);
    let never = case.steward.post(EVENTS, case.event()).await.expect(201);
    let reason = json!({ "reason": "未举办" });
    case.steward
        .post(&at(&never, "/withdraw"), reason)
        .await
        .expect(200);
    // Of the district, by an officer; and of the other district, by a steward, in the month before.
    let mut wide = case.event();
    (wide["community_id"], wide["division_code"], wide["explained"]) =
        (Value::Null, json!("630104000000"), json!(7));
    district.post(EVENTS, wide).await.expect(201);
    let mut before = case.event();
    (before["community_id"], before["held_at"], before["explained"]) =
        (json!(case.foreign), json!("2023-12-31T15:59:59Z"), json!(5));
    case.other.post(EVENTS, before).await.expect(201);
    // At home: a couple, one told of two policies and the other of one; and a visit where nothing was said.
    let household = case.city.household(case.community, "1", "101").await;
    let couple = [case.city.elder(household).await, case.city.elder(household).await];
    let met = |elders: &[Uuid]| -> Vec<Value> {
        elders
            .iter()
            .map(|e| json!({ "elder_id": e, "condition": "good", "diet": "regular", "mood": "calm" }))
            .collect()
    };
    let mut visit = json!({ "id": Uuid::now_v7(), "household_id": household, "purposes": ["needs"], "outcome": "met",
        "started_at": "2024-01-08T00:00:00Z", "ended_at": "2024-01-08T00:30:00Z", "device_now": case.city.service.state.clock.now(),
        "check_in": { "position": "unknown" }, "form_version": 1, "elders": met(&couple),
        "policies": [{ "policy_id": case.policy, "elder_id": couple[0] }, { "policy_id": second, "elder_id": couple[0] },
                     { "policy_id": case.policy, "elder_id": couple[1] }] });
    let logged = case
        .steward
        .post("/api/v1/visits", visit.clone())
        .await
        .expect(201);
    let mut plain = visit.clone();
    (plain["id"], plain["policies"]) = (json!(Uuid::now_v7()), json!([]));
    case.steward.post("/api/v1/visits", plain).await.expect(201);

    let month = "month=2024-01";
    assert_eq!(figure(&bureau, "publicity_events", month).await, (3, 3, 3));
    assert_eq!(
        figure(&bureau, "policy_explanations", month).await,
        (49, 4, 49),
        "40 + 7 at events, 2 at home"
    );
    for (query, events, persons) in [
        ("month=2023-12".to_owned(), 1, 5),
        ("from=2023-12-01&to=2024-02-01".to_owned(), 4, 54),
        (format!("{month}&community={}", case.community), 2, 42),
        (format!("{month}&steward={}", case.steward.id), 2, 42),
        (format!("{month}&steward={}", district.id), 0, 0),
        (format!("{month}&division=630104"), 3, 49),
        (format!("{month}&division=630104001"), 2, 42),
        (format!("{month}&division=630102"), 0, 0),
        (format!("{month}&kind=leaflet"), 2, 47),
        (format!("{month}&kind=television"), 1, 0),
        (format!("{month}&kind=visit"), 0, 2),
    ] {
        let (figure_of, records, weights) = figure(&bureau, "publicity_events", &query).await;
        assert_eq!(
            (figure_of, records as i64, weights),
            (events, events, events),
            "{query}"
        );
        let (figure_of, _, weights) = figure(&bureau, "policy_explanations", &query).await;
        assert_eq!((figure_of, weights), (persons, persons), "{query}");
    }
    // Who sees what: a district officer the district's, a steward the community's.
    assert_eq!(figure(&district, "policy_explanations", month).await.0, 49);
    assert_eq!(figure(&case.steward, "policy_explanations", month).await.0, 42);
    assert_eq!(figure(&case.other, "policy_explanations", month).await.0, 0);
    for by in ["division", "community", "steward", "kind"] {
        let parts = bureau
            .get(&format!("{FIGURES}/policy_explanations?{month}&by={by}"))
            .await
            .expect(200);
        let parts = parts["parts"].as_array().unwrap();
        let sum: i64 = parts
            .iter()
            .map(|p| p["figure"]["numerator"].as_i64().unwrap())
            .sum();
        assert_eq!(sum, 49, "{by}");
    }
    // A correction takes the place of what it corrects, under the same key; two files of one person are told once.
    let key = |list: &Value| -> Vec<String> {
        list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["key"].as_str().unwrap().to_owned())
            .collect()
    };
    let records = format!("{FIGURES}/policy_explanations/records?{month}");
    let keys = key(&bureau.get(&records).await.expect(200));
    case.steward
        .post(
            &at(&leaflets, "/corrections"),
            anew(&event, |e| e["explained"] = json!(30)),
        )
        .await
        .expect(201);
    (visit["id"], visit["note"]) = (json!(Uuid::now_v7()), json!("补充"));
    let path = format!("/api/v1/visits/{}/corrections", logged["id"].as_str().unwrap());
    case.steward
        .post(&path, json!({ "reason": "补充记录", "visit": visit }))
        .await
        .expect(201);
    assert_eq!(figure(&bureau, "policy_explanations", month).await, (39, 4, 39));
    assert_eq!(key(&bureau.get(&records).await.expect(200)), keys);
    sql(
        &case.city,
        &format!(
            "UPDATE elders SET status = 'merged', merged_into_id = '{}' WHERE id = '{}'",
            couple[0], couple[1]
        ),
    )
    .await;
    assert_eq!(figure(&bureau, "policy_explanations", month).await, (38, 3, 38));
    case.city.stop().await;
}

#[actix_web::test]
async fn a_frozen_month_tells_that_an_event_weighs_less_now() {
    let case = case().await;
    let bureau = case.city.scoped(Role::Officer, "6301").await;
    let event = case.event();
    let first = case.steward.post(EVENTS, event.clone()).await.expect(201);
    case.city.advance(Duration::days(28));
    let freeze = "/api/v1/statistics/monthly/2024-01/freeze";
    bureau
        .post(freeze, json!({ "division": "6301" }))
        .await
        .expect(201);
    let now = case.city.service.state.clock.now();
    let correction = anew(&event, |e| {
        (e["explained"], e["device_now"]) = (json!(1), json!(now))
    });
    case.steward
        .post(&at(&first, "/corrections"), correction)
        .await
        .expect(201);
    let frozen = bureau
        .get("/api/v1/statistics/monthly/2024-01?division=6301")
        .await
        .expect(200);
    let figure = |code: &str| {
        let figures = frozen["figures"].as_array().unwrap();
        figures
            .iter()
            .find(|f| f["frozen"]["code"] == code)
            .unwrap()
            .clone()
    };
    let told = figure("policy_explanations");
    assert_eq!(
        (&told["frozen"]["numerator"], &told["restated"]["numerator"]),
        (&json!(40), &json!(1))
    );
    let root = first["id"].as_str().unwrap();
    assert_eq!(
        (&told["added"], &told["removed"]),
        (&json!([format!("+{root}")]), &json!([format!("+{root}*40")]))
    );
    assert_eq!(figure("publicity_events")["differs"], false);
    case.city.stop().await;
}
