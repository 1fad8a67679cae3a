//! Who is away, who stands in, and that nothing is lost in between.

use crate::support::{Person, TestCity};
use chrono::{DateTime, Duration, Utc};
use diesel::sql_types as ty;
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use steward::{
    db::statement,
    ids::CommunityId,
    staff::{model::StewardDuty, queries::team_at},
    tx::Role,
};
use uuid::Uuid;

/// A community with its steward, another steward of another community, and the officer of both.
struct Two {
    city: TestCity,
    community: Uuid,
    household: Uuid,
    elder: Uuid,
    steward: Person,
    other: Person,
    officer: Person,
}

async fn two() -> Two {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let steward = city.steward(&[community]).await;
    let household = city.household(community, "1", "101").await;
    let elder = city.elder(household).await;
    let elsewhere = city.community("630104002000").await;
    let other = city.steward(&[elsewhere]).await;
    let officer = city.scoped(Role::Officer, "630104").await;
    // The midnight of the next day opens this week.
    city.service.run_jobs().await;
    city.advance(Duration::days(1));
    city.service.run_jobs().await;
    Two {
        city,
        community,
        household,
        elder,
        steward,
        other,
        officer,
    }
}

impl Two {
    fn now(&self) -> DateTime<Utc> {
        self.city.service.state.clock.now()
    }

    /// The steward is away from now for so many days, and the other stands in.
    async fn away(&self, days: i64) -> Value {
        let body = leave(
            &self.steward,
            self.now() + Duration::days(days),
            &[(None, &self.other)],
        );
        self.officer.post("/api/v1/leaves", body).await.expect(201)
    }

    /// Runs the jobs of each day.
    async fn days(&self, days: i64) {
        for _ in 0..days {
            self.city.advance(Duration::days(1));
            self.city.service.run_jobs().await;
        }
    }

    async fn responsible(&self, period: &str) -> (String, Option<Uuid>) {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = ty::Text)]
            status: String,
            #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
            responsible_id: Option<Uuid>,
        }
        let mut conn = self.city.service.state.pool.get().await.unwrap();
        let row: Row = statement("SELECT status::text AS status, responsible_id FROM obligations WHERE household_id = $1 AND period = $2")
            .bind::<ty::Uuid, _>(self.household)
            .bind::<ty::Text, _>(period)
            .get_result(&mut *conn)
            .await
            .unwrap();
        (row.status, row.responsible_id)
    }

    async fn ladder(&self) -> Vec<(Uuid, StewardDuty, bool)> {
        let mut conn = self.city.service.state.pool.get().await.unwrap();
        team_at(&mut conn, CommunityId(self.community), self.now())
            .await
            .unwrap()
            .into_iter()
            .map(|m| (m.user_id.0, m.duty, m.on_leave))
            .collect()
    }
}

fn leave(steward: &Person, ends_at: DateTime<Utc>, covers: &[(Option<Uuid>, &Person)]) -> Value {
    let covers: Vec<_> = covers
        .iter()
        .map(|(community, person)| json!({ "community_id": community, "user_id": person.id }))
        .collect();
    json!({ "user_id": steward.id, "ends_at": ends_at, "reason": "病假", "covers": covers })
}

/// A visit that met the elder, as a phone sends it now.
fn met(two: &Two, started_at: DateTime<Utc>) -> Value {
    json!({ "id": Uuid::now_v7(), "household_id": two.household, "purposes": ["needs"], "outcome": "met", "started_at": started_at,
            "ended_at": started_at + Duration::minutes(5), "device_now": two.now(), "check_in": { "position": "at_door", "latitude": 36.62, "longitude": 101.77, "accuracy_m": 12.0 },
            "elders": [{ "elder_id": two.elder, "condition": "good", "diet": "regular", "mood": "calm" }], "form_version": 1 })
}

async fn worklist(person: &Person) -> usize {
    let list = person.get("/api/v1/obligations").await.expect(200);
    list["items"].as_array().unwrap().len()
}

#[actix_web::test]
async fn the_cover_sees_and_does_what_the_steward_would_at_once_and_no_longer_than_the_leave() {
    let two = two().await;
    let home = format!("/api/v1/households/{}", two.household);
    assert_eq!((worklist(&two.steward).await, worklist(&two.other).await), (1, 0));
    assert_eq!(two.other.get(&home).await.refused(404), "household_not_found");
    let made = two.away(3).await;
    assert_eq!(
        (
            made["covers"][0]["user_id"].as_str(),
            made["covers"][0]["community_id"].as_str()
        ),
        (
            Some(&*two.other.id.to_string()),
            Some(&*two.community.to_string())
        )
    );
    assert_eq!(worklist(&two.other).await, 1);
    two.other.get(&home).await.expect(200);
    // The absent steward answers for nothing, and what is on their phone is taken as it was recorded.
    let absent = met(&two, two.now() - Duration::minutes(10));
    let absent = two.steward.post("/api/v1/visits", absent).await.expect(201);
    assert_eq!(absent["steward_id"], two.steward.id.to_string());
    assert_eq!(
        two.responsible("2024-W02").await,
        ("done".to_owned(), Some(two.steward.id))
    );
    two.city.advance(Duration::days(2));
    let then = two.now();
    // The leave ends on the instant, and so does what the cover may see.
    two.city.advance(Duration::days(1) - Duration::microseconds(1));
    two.other.get(&home).await.expect(200);
    two.city.advance(Duration::microseconds(1));
    assert_eq!(two.other.get(&home).await.refused(404), "household_not_found");
    assert_eq!(worklist(&two.other).await, 0);
    // A visit of that time is still on the cover's phone: it is taken as recorded. One of today is not theirs.
    let taken = two
        .other
        .post("/api/v1/visits", met(&two, then))
        .await
        .expect(201);
    assert_eq!(taken["steward_id"], two.other.id.to_string());
    let today = met(&two, two.now());
    assert_eq!(
        two.other.post("/api/v1/visits", today).await.refused(404),
        "household_not_found"
    );
    // What is wrong with a late visit is said, so that the phone can mend it.
    let mut wrong = met(&two, then);
    wrong["photos"] = json!([{ "attachment_id": Uuid::now_v7(), "role": "photo" }]);
    let wrong = two.other.post("/api/v1/visits", wrong).await.expect(422);
    assert_eq!(wrong["fields"][0]["field"], "photos");
    two.city.stop().await;
}

#[actix_web::test]
async fn what_a_cover_began_they_see_through_after_the_leave() {
    let two = two().await;
    two.away(3).await;
    two.city.advance(Duration::days(3) - Duration::minutes(5));
    let emergency = json!({ "id": Uuid::now_v7(), "household_id": two.household });
    let emergency = two
        .other
        .post("/api/v1/emergencies", emergency)
        .await
        .expect_id(201);
    let path = format!("/api/v1/emergencies/{emergency}");
    two.other
        .post(&format!("{path}/acknowledge"), json!({}))
        .await
        .expect(200);
    let mut shut = met(&two, two.now());
    shut["outcome"] = json!("no_answer");
    shut["elders"] = json!([]);
    two.other.post("/api/v1/visits", shut).await.expect(201);
    two.city.advance(Duration::minutes(5));
    let now = two.now();
    let step = |step: &str| json!({ "id": Uuid::now_v7(), "step": step, "done_at": now, "device_now": now });
    two.other
        .post(&format!("{path}/steps"), step("at_door"))
        .await
        .expect(201);
    let case = two.steward.get("/api/v1/no-answer-cases").await.expect(200);
    let case = format!(
        "/api/v1/no-answer-cases/{}",
        case["items"][0]["id"].as_str().unwrap()
    );
    two.other
        .post(&format!("{case}/steps"), step("ring"))
        .await
        .expect(201);
    // Nobody else without the community may, and reading is over with the leave.
    let stranger = two.city.steward(&[]).await;
    assert_eq!(
        stranger
            .post(&format!("{path}/steps"), step("at_door"))
            .await
            .refused(404),
        "emergency_not_found"
    );
    assert_eq!(
        stranger
            .post(&format!("{case}/steps"), step("ring"))
            .await
            .refused(404),
        "no_answer_case_not_found"
    );
    assert_eq!(
        two.other.get(&case).await.refused(404),
        "no_answer_case_not_found"
    );
    two.city.stop().await;
}

#[actix_web::test]
async fn what_is_missed_is_answered_for_by_whoever_was_in_charge_when_its_time_ended() {
    let two = two().await;
    // From Tuesday the 9th over the end of the second week, and back before the end of the third.
    two.away(8).await;
    two.days(16).await;
    assert_eq!(
        two.responsible("2024-W02").await,
        ("missed".to_owned(), Some(two.other.id))
    );
    assert_eq!(
        two.responsible("2024-W03").await,
        ("missed".to_owned(), Some(two.steward.id))
    );
    two.city.stop().await;
}

#[actix_web::test]
async fn who_goes_to_hospital_during_the_leave_is_excused_under_the_cover() {
    let two = two().await;
    two.away(3).await;
    let status = json!({ "status": "in_hospital", "reason": "骨折", "since": "2024-01-09" });
    let answer = two
        .other
        .post(&format!("/api/v1/elders/{}/status", two.elder), status)
        .await;
    assert!(answer.status.is_success(), "{}", answer.body);
    two.city.service.run_jobs().await;
    assert_eq!(
        two.responsible("2024-W02").await,
        ("excused".to_owned(), Some(two.other.id))
    );
    two.city.stop().await;
}

#[actix_web::test]
async fn the_cover_answers_first_then_the_deputy_and_who_is_away_last() {
    let two = two().await;
    let deputy = two.city.steward(&[two.community]).await;
    use StewardDuty::{Cover, Deputy, Primary};
    assert_eq!(
        two.ladder().await,
        [(two.steward.id, Primary, false), (deputy.id, Deputy, false)]
    );
    let made = two.away(3).await;
    assert_eq!(
        two.ladder().await,
        [
            (two.other.id, Cover, false),
            (deputy.id, Deputy, false),
            (two.steward.id, Primary, true)
        ]
    );
    let listed = two.officer.get("/api/v1/stewards").await.expect(200);
    let line = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["id"] == two.steward.id.to_string())
        .unwrap();
    assert_eq!(line["on_leave_until"], made["ends_at"]);
    let end = format!("/api/v1/leaves/{}/end", made["id"].as_str().unwrap());
    two.officer
        .post(&end, json!({ "reason": "提前返岗" }))
        .await
        .expect(200);
    // A deputy who covers is one person, who answers as the cover.
    let body = leave(&two.steward, two.now() + Duration::days(2), &[(None, &deputy)]);
    two.officer.post("/api/v1/leaves", body).await.expect(201);
    assert_eq!(
        two.ladder().await,
        [(deputy.id, Cover, false), (two.steward.id, Primary, true)]
    );
    let listed = two.officer.get("/api/v1/stewards").await.expect(200);
    let line = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["id"] == deputy.id.to_string())
        .unwrap();
    assert_eq!(
        line["communities"].as_array().unwrap().len(),
        1,
        "once, though twice assigned"
    );
    two.city.stop().await;
}

#[actix_web::test]
async fn a_leave_is_shortened_or_called_off_with_its_covers_and_the_history_stays() {
    let two = two().await;
    let made = two.away(5).await;
    let path = format!("/api/v1/leaves/{}/end", made["id"].as_str().unwrap());
    let later = json!({ "ends_at": two.now() + Duration::days(9), "reason": "延长" });
    assert_eq!(two.officer.post(&path, later).await.refused(422), "invalid");
    two.city.advance(Duration::days(1));
    let shorter = json!({ "ends_at": two.now() + Duration::days(1), "reason": "提前返岗" });
    let shortened = two.officer.post(&path, shorter).await.expect(200);
    assert_eq!(shortened["planned_ends_at"], made["ends_at"]);
    assert_eq!(shortened["covers"][0]["ends_at"], shortened["ends_at"]);
    assert_eq!(worklist(&two.other).await, 1);
    two.officer
        .post(&path, json!({ "reason": "今天返岗" }))
        .await
        .expect(200);
    assert_eq!(worklist(&two.other).await, 0);
    assert_eq!(
        two.officer
            .post(&path, json!({ "reason": "再次" }))
            .await
            .refused(409),
        "leave_ended"
    );
    // One that has not begun is called off, and makes room for another.
    let mut planned = leave(&two.steward, two.now() + Duration::days(9), &[(None, &two.other)]);
    planned["starts_at"] = json!(two.now() + Duration::days(2));
    let planned = two.officer.post("/api/v1/leaves", planned).await.expect(201);
    // It has no cover for a community that they would get now.
    let new = two.city.community("630104001000").await;
    let path = format!("/api/v1/communities/{new}/assignments");
    let charge = |duty| json!({ "user_id": two.steward.id, "duty": duty, "reason": "增援" });
    assert_eq!(
        two.officer.post(&path, charge("primary")).await.refused(409),
        "steward_on_leave"
    );
    two.officer.post(&path, charge("deputy")).await.expect(201);
    let path = format!("/api/v1/leaves/{}/end", planned["id"].as_str().unwrap());
    let off = two
        .officer
        .post(&path, json!({ "reason": "取消" }))
        .await
        .expect(200);
    assert_eq!(off["ends_at"], off["starts_at"]);
    two.city.advance(Duration::days(3));
    assert_eq!(
        two.ladder().await,
        [(two.steward.id, StewardDuty::Primary, false)]
    );
    two.away(1).await;
    let listed = two.officer.get("/api/v1/leaves").await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 3);
    let seen = two.steward.get("/api/v1/leaves").await.expect(200);
    assert_eq!(seen["items"][0]["reason"], "病假");
    // Who stands in reads that they do, and not why.
    let seen = two.other.get("/api/v1/leaves?limit=1").await.expect(200);
    assert_eq!(
        (seen["items"][0]["user_id"].as_str(), &seen["items"][0]["reason"]),
        (Some(&*two.steward.id.to_string()), &Value::Null)
    );
    two.city.stop().await;
}

#[actix_web::test]
async fn leaves_do_not_overlap_every_community_has_its_cover_and_nobody_covers_who_is_away() {
    let two = two().await;
    let soon = two.now() + Duration::days(2);
    let refused =
        async |body: Value, status: u16| two.officer.post("/api/v1/leaves", body).await.refused(status);
    assert_eq!(refused(leave(&two.steward, soon, &[]), 422).await, "invalid");
    assert_eq!(
        refused(leave(&two.steward, soon, &[(None, &two.steward)]), 422).await,
        "invalid"
    );
    assert_eq!(
        refused(leave(&two.steward, soon, &[(None, &two.officer)]), 422).await,
        "not_a_steward"
    );
    assert_eq!(
        refused(leave(&two.officer, soon, &[]), 404).await,
        "steward_not_found"
    );
    two.away(3).await;
    assert_eq!(
        refused(leave(&two.steward, soon, &[(None, &two.other)]), 409).await,
        "leave_overlaps"
    );
    assert_eq!(
        refused(leave(&two.other, soon, &[(None, &two.steward)]), 409).await,
        "cover_on_leave"
    );
    // Who covers and is away in turn needs a cover for that too.
    let third = two.city.steward(&[]).await;
    let own = two.other.get("/api/v1/stewards").await;
    assert_eq!(own.refused(403), "forbidden");
    let communities = two.other.get("/api/v1/communities").await.expect(200);
    let elsewhere: Uuid = communities["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["id"].as_str().unwrap().parse().unwrap())
        .find(|c| *c != two.community)
        .unwrap();
    assert_eq!(
        refused(leave(&two.other, soon, &[(Some(elsewhere), &third)]), 422).await,
        "invalid"
    );
    let both = leave(
        &two.other,
        soon,
        &[(Some(elsewhere), &third), (Some(two.community), &third)],
    );
    let both = two.officer.post("/api/v1/leaves", both).await.expect(201);
    assert_eq!(both["covers"].as_array().unwrap().len(), 2);
    assert_eq!((worklist(&third).await, two.ladder().await[0].0), (1, third.id));
    // An assignment is no way round: neither to cover, nor to end a cover, nor to give a community to who is away.
    let path = format!("/api/v1/communities/{}/assignments", two.community);
    let cover = json!({ "user_id": third.id, "duty": "cover", "reason": "代班" });
    assert_eq!(two.officer.post(&path, cover).await.refused(422), "invalid");
    let end = format!(
        "/api/v1/assignments/{}/end",
        both["covers"][0]["assignment_id"].as_str().unwrap()
    );
    assert_eq!(
        two.officer
            .post(&end, json!({ "reason": "结束" }))
            .await
            .refused(409),
        "cover_of_leave"
    );
    let path = format!("/api/v1/communities/{elsewhere}/hand-over");
    let to = json!({ "to_user_id": two.steward.id, "reason": "调整" });
    assert_eq!(two.officer.post(&path, to).await.refused(409), "steward_on_leave");
    two.city.stop().await;
}

#[actix_web::test]
async fn a_cover_ends_with_what_it_stands_for_and_the_cover_of_a_cover_with_it() {
    let two = two().await;
    let made = two.away(5).await;
    let third = two.city.steward(&[]).await;
    let soon = two.now() + Duration::days(4);
    two.officer
        .post("/api/v1/leaves", leave(&two.other, soon, &[(None, &third)]))
        .await
        .expect(201);
    assert_eq!(worklist(&third).await, 1);
    let end = format!("/api/v1/leaves/{}/end", made["id"].as_str().unwrap());
    two.officer
        .post(&end, json!({ "reason": "返岗" }))
        .await
        .expect(200);
    assert_eq!((worklist(&third).await, worklist(&two.other).await), (0, 0));
    let ladder: Vec<_> = two.ladder().await.into_iter().map(|m| m.0).collect();
    assert_eq!(ladder, [two.steward.id]);
    // A hand-over ends the stand-in for whoever hands over.
    let fourth = two.city.steward(&[]).await;
    let body = leave(&two.steward, soon, &[(None, &fourth)]);
    two.officer.post("/api/v1/leaves", body).await.expect(201);
    assert_eq!(worklist(&fourth).await, 1);
    let path = format!("/api/v1/communities/{}/hand-over", two.community);
    two.officer
        .post(&path, json!({ "to_user_id": third.id, "reason": "调整" }))
        .await
        .expect(201);
    assert_eq!((worklist(&third).await, worklist(&fourth).await), (1, 0));
    two.city.stop().await;
}

#[actix_web::test]
async fn a_leave_is_recorded_within_one_s_area() {
    let two = two().await;
    let far = two.city.scoped(Role::Officer, "630102").await;
    let soon = two.now() + Duration::days(2);
    let body = leave(&two.steward, soon, &[(None, &two.other)]);
    assert_eq!(
        far.post("/api/v1/leaves", body.clone()).await.refused(404),
        "steward_not_found"
    );
    // The other's community lies in another street: an officer of the steward's street alone may not leave it without anybody.
    let street = two.city.scoped(Role::Officer, "630104001").await;
    two.city.admin.post("/api/v1/leaves", body).await.expect(201);
    let body = leave(&two.other, soon, &[(None, &two.city.steward(&[]).await)]);
    assert_eq!(
        street.post("/api/v1/leaves", body).await.refused(403),
        "forbidden"
    );
    let made = two.officer.get("/api/v1/leaves").await.expect(200);
    let path = format!("/api/v1/leaves/{}/end", made["items"][0]["id"].as_str().unwrap());
    assert_eq!(
        far.post(&path, json!({ "reason": "返岗" })).await.refused(404),
        "leave_not_found"
    );
    assert_eq!(far.get("/api/v1/leaves").await.expect(200)["items"], json!([]));
    street.post(&path, json!({ "reason": "返岗" })).await.expect(200);
    two.city.stop().await;
}
