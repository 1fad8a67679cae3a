//! Where the visits of a week stand: each number opens to its list, and nothing that may still arrive is missed.

use crate::{
    statistics::sql,
    support::{Person, TestCity},
};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use steward::tx::Role;
use uuid::Uuid;

/// Five weekly households of a steward, on the Tuesday of 2024-W02.
struct Week {
    city: TestCity,
    community: Uuid,
    steward: Person,
    officer: Person,
    homes: Vec<[Uuid; 2]>,
}

async fn week() -> Week {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let steward = city.steward(&[community]).await;
    let mut homes = Vec::new();
    for room in ["101", "102", "103", "104", "105"] {
        let household = city.household(community, "1", room).await;
        homes.push([household, city.elder(household).await]);
    }
    city.service.run_jobs().await;
    city.advance(Duration::days(1));
    city.service.run_jobs().await;
    let officer = city.scoped(Role::Officer, "630104").await;
    Week {
        city,
        community,
        steward,
        officer,
        homes,
    }
}

impl Week {
    fn now(&self) -> DateTime<Utc> {
        self.city.service.state.clock.now()
    }

    async fn days(&self, days: i64) {
        for _ in 0..days {
            self.city.advance(Duration::days(1));
            self.city.service.run_jobs().await;
        }
    }

    /// A visit that met somebody then, and arrives now.
    async fn visit(&self, home: usize, at: DateTime<Utc>) {
        let [household, elder] = self.homes[home];
        let visit = json!({ "id": Uuid::now_v7(), "household_id": household, "purposes": ["needs"], "outcome": "met", "started_at": at,
            "ended_at": at + Duration::minutes(5), "device_now": self.now(),
            "check_in": { "position": "at_door", "latitude": 36.62, "longitude": 101.77, "accuracy_m": 12.0 },
            "elders": [{ "elder_id": elder, "condition": "good", "diet": "regular", "mood": "calm" }], "form_version": 1 });
        self.steward.post("/api/v1/visits", visit).await.expect(201);
    }

    /// The phone takes a new token at this instant.
    async fn contact(&self, at: DateTime<Utc>) {
        let (session, user) = (Uuid::now_v7(), self.steward.id);
        sql(
            &self.city,
            &format!(
                "INSERT INTO sessions (id, user_id, started_at, expires_at, ended_at, end_reason) \
                 VALUES ('{session}', '{user}', '{at}', '2024-03-01', '{at}', 'logged out'); \
                 INSERT INTO refresh_tokens (token_hash, session_id, issued_at) VALUES (decode(md5('{session}'), 'hex'), '{session}', '{at}')"
            ),
        )
        .await;
    }

    /// The one line of the board, whose numbers were opened.
    async fn line(&self, person: &Person) -> Value {
        let board = person.get("/api/v1/statistics/weekly/2024-W02").await.expect(200);
        assert_eq!(
            (&board["week"], board["items"].as_array().unwrap().len()),
            (&json!("2024-W02"), 1)
        );
        let line = board["items"][0].clone();
        assert_eq!(line["steward_id"], self.steward.id.to_string());
        let mut numbers: Vec<(String, i64)> = ["visited", "owed", "phone_silent", "missed_without_reason"]
            .iter()
            .map(|kind| ((*kind).to_owned(), line[kind].as_i64().unwrap()))
            .collect();
        for reasons in ["excused", "missed"] {
            for reason in line[reasons].as_array().unwrap() {
                numbers.push((
                    reason["kind"].as_str().unwrap().to_owned(),
                    reason["count"].as_i64().unwrap(),
                ));
            }
        }
        let mut sum = 0;
        for (kind, count) in numbers {
            let path = format!(
                "/api/v1/statistics/indicators/weekly_visits/records?week=2024-W02&community={}&steward={}&kind={kind}",
                self.community, self.steward.id
            );
            let records = person.get(&path).await.expect(200);
            let records = records["items"].as_array().unwrap();
            assert_eq!(i64::try_from(records.len()).unwrap(), count, "{kind}");
            assert!(records.iter().all(|r| r["record_kind"] == "obligation"));
            sum += count;
        }
        assert_eq!(
            line["visits"].as_i64(),
            Some(sum),
            "the board is the sum of its lists"
        );
        line
    }

    /// The ids of what was missed without a reason.
    async fn missed(&self) -> Vec<String> {
        let path =
            "/api/v1/statistics/indicators/weekly_visits/records?week=2024-W02&kind=missed_without_reason";
        let records = self.steward.get(path).await.expect(200);
        let records = records["items"].as_array().unwrap();
        records
            .iter()
            .map(|r| r["record_id"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn numbers(line: &Value) -> [i64; 4] {
    ["visited", "owed", "phone_silent", "missed_without_reason"].map(|kind| line[kind].as_i64().unwrap())
}

fn reasons(line: &Value, of: &str) -> Vec<(String, i64)> {
    let reasons = line[of].as_array().unwrap();
    reasons
        .iter()
        .map(|r| {
            (
                r["kind"].as_str().unwrap().to_owned(),
                r["count"].as_i64().unwrap(),
            )
        })
        .collect()
}

#[actix_web::test]
async fn each_number_of_the_week_opens_to_its_visits_and_none_that_may_still_arrive_is_missed() {
    let week = week().await;
    week.visit(0, week.now() - Duration::minutes(10)).await;
    let status = json!({ "status": "in_hospital", "reason": "骨折", "since": "2024-01-09" });
    let answer = week
        .officer
        .post(&format!("/api/v1/elders/{}/status", week.homes[1][1]), status)
        .await;
    assert!(answer.status.is_success(), "{}", answer.body);
    week.city.service.run_jobs().await;
    let line = week.line(&week.officer).await;
    assert_eq!(
        (numbers(&line), reasons(&line, "excused")),
        ([1, 3, 0, 0], vec![("in_hospital".to_owned(), 1)])
    );
    let friday = week.now() + Duration::days(3);
    // Tuesday, two days after the week: a visit of Friday comes in, the rest may still.
    week.days(7).await;
    week.visit(2, friday).await;
    week.contact(week.now()).await;
    let line = week.line(&week.officer).await;
    assert_eq!(numbers(&line), [2, 2, 0, 0], "the grace is not over");
    week.days(1).await;
    let line = week.line(&week.officer).await;
    assert_eq!((numbers(&line), reasons(&line, "missed")), ([2, 0, 0, 2], vec![]));
    let missed = week.missed().await;
    assert_eq!(missed.len(), 2);
    let path = format!("/api/v1/obligations/{}/reason", missed[0]);
    let said = week
        .steward
        .post(&path, json!({ "reason": "put_off", "words": "老人约到下周一" }))
        .await
        .expect(200);
    assert_eq!(said["responsible_id"], week.steward.id.to_string());
    let line = week.line(&week.officer).await;
    assert_eq!(
        (numbers(&line), reasons(&line, "missed")),
        ([2, 0, 0, 1], vec![("put_off".to_owned(), 1)])
    );
    assert_eq!(line["missed"][0]["name"], "老人改约");
    // The auditor and the steward read the same.
    let auditor = week.city.scoped(Role::Auditor, "6301").await;
    assert_eq!(week.line(&auditor).await, line);
    assert_eq!(week.line(&week.steward).await, line);
    let far = week.city.scoped(Role::Officer, "630102").await;
    let other = week
        .city
        .steward(&[week.city.community("630104002000").await])
        .await;
    for person in [far, other] {
        let board = person.get("/api/v1/statistics/weekly/2024-W02").await.expect(200);
        assert_eq!(board["items"], json!([]));
    }
    week.city.stop().await;
}

#[actix_web::test]
async fn a_phone_without_contact_for_a_day_is_silent_while_visits_are_owed_until_it_is_heard_of() {
    let week = week().await;
    let since = week.now() - Duration::hours(10);
    week.contact(since).await;
    assert_eq!(numbers(&week.line(&week.officer).await), [0, 5, 0, 0]);
    week.city.advance(Duration::hours(14) - Duration::microseconds(1));
    assert_eq!(numbers(&week.line(&week.officer).await), [0, 5, 0, 0]);
    week.city.advance(Duration::microseconds(1));
    let line = week.line(&week.officer).await;
    assert_eq!(numbers(&line), [0, 0, 5, 0]);
    assert_eq!(
        line["silent_since"]
            .as_str()
            .unwrap()
            .parse::<DateTime<Utc>>()
            .unwrap(),
        since
    );
    // A record that comes in is a contact too.
    week.visit(0, week.now() - Duration::hours(30)).await;
    let line = week.line(&week.officer).await;
    assert_eq!(
        (numbers(&line), &line["silent_since"]),
        ([1, 4, 0, 0], &Value::Null)
    );
    week.city.advance(Duration::hours(23));
    assert_eq!(numbers(&week.line(&week.officer).await), [1, 4, 0, 0]);
    week.city.advance(Duration::hours(1));
    assert_eq!(numbers(&week.line(&week.officer).await), [1, 0, 4, 0]);
    week.city.stop().await;
}

#[actix_web::test]
async fn a_phone_is_not_silent_on_monday_for_the_days_before() {
    let city = TestCity::at("2024-01-14T12:00:00Z").await;
    let community = city.community("630104001000").await;
    city.steward(&[community]).await;
    let household = city.household(community, "1", "101").await;
    city.elder(household).await;
    city.service.run_jobs().await;
    city.advance(Duration::hours(13));
    city.service.run_jobs().await;
    let officer = city.scoped(Role::Officer, "630104").await;
    let owed = async || {
        let board = officer
            .get("/api/v1/statistics/weekly/2024-W03")
            .await
            .expect(200);
        (
            board["items"][0]["owed"].as_i64(),
            board["items"][0]["phone_silent"].as_i64(),
        )
    };
    assert_eq!(owed().await, (Some(1), Some(0)));
    city.advance(Duration::hours(15));
    assert_eq!(
        owed().await,
        (Some(0), Some(1)),
        "a day of the week without any contact"
    );
    city.stop().await;
}

#[actix_web::test]
async fn the_reason_of_a_miss_is_said_once_of_what_was_missed_by_whom_it_concerns() {
    let week = week().await;
    let (path, reason) = (
        |id: &str| format!("/api/v1/obligations/{id}/reason"),
        json!({ "reason": "weather" }),
    );
    let owed = week.steward.get("/api/v1/obligations").await.expect(200)["items"][0]["id"].clone();
    let owed = owed.as_str().unwrap();
    assert_eq!(
        week.steward.post(&path(owed), reason.clone()).await.refused(409),
        "obligation_not_missed"
    );
    let tuesday = week.now();
    week.days(8).await;
    let missed = week.missed().await;
    assert_eq!(missed.len(), 5);
    let one = path(&missed[0]);
    assert_eq!(
        week.steward
            .post(&one, json!({ "reason": "other" }))
            .await
            .refused(422),
        "invalid"
    );
    assert_eq!(
        week.steward
            .post(&one, json!({ "reason": "forgot" }))
            .await
            .refused(422),
        "invalid"
    );
    let far = week.city.scoped(Role::Officer, "630102").await;
    assert_eq!(
        far.post(&one, reason.clone()).await.refused(404),
        "obligation_not_found"
    );
    let duty = week.city.scoped(Role::Duty, "630104").await;
    assert_eq!(duty.post(&one, reason.clone()).await.refused(403), "forbidden");
    week.officer.post(&one, reason.clone()).await.expect(200);
    assert_eq!(
        week.steward.post(&one, reason.clone()).await.refused(409),
        "obligation_explained"
    );
    // Who answered for it says why, also when somebody else serves there by now.
    let next = week.city.steward(&[]).await;
    let hand_over = json!({ "to_user_id": next.id, "reason": "调岗" });
    let communities = format!("/api/v1/communities/{}/hand-over", week.community);
    week.officer.post(&communities, hand_over).await.expect(201);
    week.steward
        .post(&path(&missed[1]), reason.clone())
        .await
        .expect(200);
    // A visit that arrives after all makes it done, and what was said stays.
    for home in 0..5 {
        week.visit(home, tuesday).await;
    }
    assert_eq!(
        week.steward.post(&path(&missed[2]), reason).await.refused(409),
        "obligation_not_missed"
    );
    let line = week.line(&week.officer).await;
    assert_eq!((numbers(&line), reasons(&line, "missed")), ([5, 0, 0, 0], vec![]));
    week.city.stop().await;
}
