//! A community's team, how much its stewards have to do, and how far they are.

use crate::{
    statistics::{sql, visit},
    support::TestCity,
    visits::home,
};
use chrono::Duration;
use diesel::sql_types as ty;
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use steward::{db::statement, tx::Role};
use uuid::Uuid;

fn volunteer() -> Value {
    json!({ "role": "volunteer", "name": "示例志愿者", "phone": "199 0000 1234" })
}

fn names(team: &Value) -> Vec<&str> {
    let members = team["members"].as_array().unwrap();
    members.iter().map(|m| m["name"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn volunteers_and_grid_workers_need_no_account_and_their_phones_are_sealed_and_shown_on_the_record() {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let steward = city.steward(&[community]).await;
    let path = format!("/api/v1/communities/{community}/team");
    let added = steward.post(&path, volunteer()).await.expect(201);
    assert_eq!(added["phone_masked"], "199****1234");
    let worker = json!({ "role": "grid_worker", "name": "示例网格员", "phone": "0971-6123456", "user_id": steward.id, "starts_on": "2024-01-10", "ends_on": "2024-02-01" });
    steward.post(&path, worker).await.expect(201);
    assert_eq!(
        names(&steward.get(&path).await.expect(200)),
        ["示例志愿者"],
        "the other has not begun"
    );
    city.advance(Duration::days(2));
    let team = steward.get(&path).await.expect(200);
    assert_eq!(names(&team), ["示例志愿者", "示例网格员"]);
    assert!(!team.to_string().contains("19900001234"));
    #[derive(diesel::QueryableByName)]
    struct Found {
        #[diesel(sql_type = ty::BigInt)]
        n: i64,
    }
    let count = async |text: &'static str| {
        city.service.state.trail.append(Vec::new()).await.unwrap();
        let mut conn = city.service.state.pool.get().await.unwrap();
        let found: Found = statement(text).get_result(&mut *conn).await.unwrap();
        found.n
    };
    assert_eq!(
        count("SELECT count(*) AS n FROM team_members m WHERE m::text LIKE '%19900001234%'").await,
        0
    );
    let id = added["id"].as_str().unwrap();
    let reveal = format!("/api/v1/team-members/{id}/reveal");
    assert_eq!(
        steward.post(&reveal, json!({ "reason": "" })).await.refused(422),
        "invalid"
    );
    let shown = steward
        .post(&reveal, json!({ "reason": "敲门无人应答" }))
        .await
        .expect(200);
    assert_eq!(shown["phone"], "19900001234");
    assert_eq!(
        count("SELECT count(*) AS n FROM audit_entries WHERE action = 'team_members.reveal' AND detail->>'reason' = '敲门无人应答'").await,
        1
    );
    let end = format!("/api/v1/team-members/{id}/end");
    let past = json!({ "ends_on": "2024-01-09", "reason": "搬离" });
    assert_eq!(steward.post(&end, past).await.refused(422), "invalid");
    let left = steward.post(&end, json!({ "reason": "搬离" })).await.expect(200);
    assert_eq!(
        (left["ends_on"].as_str(), left["end_reason"].as_str()),
        (Some("2024-01-10"), Some("搬离"))
    );
    assert_eq!(
        steward.post(&end, json!({ "reason": "搬离" })).await.refused(409),
        "member_ended"
    );
    assert_eq!(names(&steward.get(&path).await.expect(200)), ["示例网格员"]);
    city.advance(Duration::days(22));
    assert_eq!(
        names(&steward.get(&path).await.expect(200)),
        [""; 0],
        "until the day before"
    );
    city.stop().await;
}

#[actix_web::test]
async fn a_team_is_kept_in_its_area_with_phones_and_accounts_that_are_some() {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let steward = city.steward(&[community]).await;
    let path = format!("/api/v1/communities/{community}/team");
    let refused = async |field: &str, value: Value| {
        let mut body = volunteer();
        body[field] = value;
        let refused = steward.post(&path, body).await.expect(422);
        refused["fields"][0]["field"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(refused("phone", json!("12345")).await, "phone");
    assert_eq!(refused("user_id", json!(Uuid::now_v7())).await, "user_id");
    assert_eq!(refused("ends_on", json!("2024-01-08")).await, "ends_on");
    let member = steward.post(&path, volunteer()).await.expect_id(201);
    let far = city.scoped(Role::Officer, "630102").await;
    assert_eq!(far.get(&path).await.refused(404), "community_not_found");
    assert_eq!(
        far.post(&path, volunteer()).await.refused(404),
        "community_not_found"
    );
    for action in ["end", "reveal"] {
        let path = format!("/api/v1/team-members/{member}/{action}");
        assert_eq!(
            far.post(&path, json!({ "reason": "核对" })).await.refused(404),
            "member_not_found"
        );
    }
    sql(
        &city,
        &format!(
            "INSERT INTO team_members (id, community_id, role, name, phone_sealed, phone_masked, starts_on, recorded_by, created_at) \
             SELECT gen_random_uuid(), '{community}', 'volunteer', 'x', '', '', '2024-01-01', '{}', '2024-01-01' FROM generate_series(1, 199)",
            steward.id
        ),
    )
    .await;
    assert_eq!(steward.post(&path, volunteer()).await.refused(409), "team_full");
    city.stop().await;
}

#[actix_web::test]
async fn who_answers_stands_first_and_who_is_away_last() {
    let home = home().await;
    let community = home.steward.get("/api/v1/communities").await.expect(200)["items"][0]["id"].clone();
    let community: Uuid = community.as_str().unwrap().parse().unwrap();
    let deputy = home.city.steward(&[community]).await;
    let cover = home.city.steward(&[]).await;
    let ends_at = home.city.service.state.clock.now() + Duration::days(3);
    let leave = json!({ "user_id": home.steward.id, "ends_at": ends_at, "reason": "培训", "covers": [{ "user_id": cover.id }] });
    let officer = home.city.scoped(Role::Officer, "630104").await;
    officer.post("/api/v1/leaves", leave).await.expect(201);
    let team = deputy
        .get(&format!("/api/v1/communities/{community}/team"))
        .await
        .expect(200);
    let told: Vec<_> = team["stewards"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| {
            (
                s["user_id"].as_str().unwrap().to_owned(),
                s["duty"].as_str().unwrap(),
                !s["on_leave_until"].is_null(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (cover.id.to_string(), "cover", false),
            (deputy.id.to_string(), "deputy", false),
            (home.steward.id.to_string(), "primary", true)
        ]
    );
    home.city.stop().await;
}

/// A city on the Wednesday of 2024-W03 with two stewards of a district: one of six weekly, four monthly and thirteen quarterly households,
/// one of two weekly ones.
async fn uneven() -> (TestCity, [crate::support::Person; 2], Vec<[Uuid; 2]>) {
    let city = TestCity::at("2024-01-14T12:00:00Z").await;
    let communities = [
        city.community("630104001000").await,
        city.community("630104002000").await,
    ];
    let stewards = [
        city.steward(&communities[..1]).await,
        city.steward(&communities[1..]).await,
    ];
    let mut homes = Vec::new();
    for n in 0..25 {
        let household = city
            .household(communities[usize::from(n >= 23)], "1", &n.to_string())
            .await;
        let elder = city.elder(household).await;
        let tier = match n {
            6..10 => "monthly",
            10..23 => "quarterly",
            _ => "weekly",
        };
        sql(
            &city,
            &format!("UPDATE elders SET tier = '{tier}' WHERE id = '{elder}'"),
        )
        .await;
        homes.push([household, elder]);
    }
    city.service.run_jobs().await;
    city.advance(Duration::hours(13));
    city.service.run_jobs().await;
    city.advance(Duration::days(2));
    (city, stewards, homes)
}

#[actix_web::test]
async fn a_week_s_goal_is_all_of_the_weekly_and_its_share_of_the_rest_and_the_steward_reads_what_the_officer_reads()
 {
    let (city, stewards, homes) = uneven().await;
    // A weekly and a monthly household are visited; a monthly one was, in the week before.
    for (n, day) in [
        (0, "2024-01-16T02:00:00Z"),
        (6, "2024-01-16T03:00:00Z"),
        (7, "2024-01-12T03:00:00Z"),
    ] {
        let id = visit(&city, homes[n][0], stewards[0].id, &[homes[n][1]], day).await;
        sql(
            &city,
            &format!(
                "UPDATE obligations SET status = 'done', visit_id = '{id}', responsible_id = '{}', closed_at = '2024-01-16T04:00:00Z' \
                 WHERE household_id = '{}'",
                stewards[0].id, homes[n][0]
            ),
        )
        .await;
    }
    let own = stewards[0].get("/api/v1/me/progress").await.expect(200);
    // Three Mondays are left of January, eleven of the quarter.
    let carried = |owed, goal, done| json!({ "owed": owed, "goal": goal, "done": done });
    assert_eq!(
        own,
        json!({ "week": "2024-W03", "goal": 6 + 1 + 2, "done": 2, "weekly": carried(6, 6, 1), "monthly": carried(3, 1, 1), "quarterly": carried(13, 2, 0) })
    );
    let officer = city.scoped(Role::Officer, "630104").await;
    let loads = officer.get("/api/v1/stewards/load").await.expect(200);
    let line = |n: usize| {
        let lines = loads["items"].as_array().unwrap();
        lines
            .iter()
            .find(|l| l["user_id"] == stewards[n].id.to_string())
            .unwrap()
            .clone()
    };
    assert_eq!(loads["items"].as_array().unwrap().len(), 2);
    assert_eq!(line(0)["week"], own);
    assert_eq!(
        (line(0)["households"].as_i64(), &line(0)["elders"]),
        (Some(23), &json!({ "weekly": 6, "monthly": 4, "quarterly": 13 }))
    );
    // 6 + 4 / 4.348 + 13 / 13.044 against 2.
    let number = |line: &Value, name: &str| line[name].as_f64().unwrap();
    assert!((number(&line(0), "load") - 7.917).abs() < 0.001, "{}", line(0));
    assert!((number(&line(0), "average") - 4.958).abs() < 0.001);
    assert!((number(&line(0), "ratio") - 1.597).abs() < 0.001);
    assert_eq!(
        (line(0)["relieve_by"].as_i64(), line(1)["relieve_by"].as_i64()),
        (Some(3), None)
    );
    city.stop().await;
}

#[actix_web::test]
async fn while_a_steward_is_away_their_goal_is_the_cover_s() {
    let (city, stewards, _) = uneven().await;
    let goal = async |n: usize| stewards[n].get("/api/v1/me/progress").await.expect(200)["goal"].as_i64();
    assert_eq!((goal(0).await, goal(1).await), (Some(6 + 2 + 2), Some(2)));
    let officer = city.scoped(Role::Officer, "630104").await;
    let ends_at = city.service.state.clock.now() + Duration::days(1);
    let leave = json!({ "user_id": stewards[0].id, "ends_at": ends_at, "reason": "病假", "covers": [{ "user_id": stewards[1].id }] });
    officer.post("/api/v1/leaves", leave).await.expect(201);
    assert_eq!((goal(0).await, goal(1).await), (Some(0), Some(6 + 2 + 2 + 2)));
    let loads = officer.get("/api/v1/stewards/load").await.expect(200);
    assert_eq!(loads["items"].as_array().unwrap().len(), 1);
    assert_eq!(loads["items"][0]["communities"], 2);
    city.advance(Duration::days(1));
    assert_eq!((goal(0).await, goal(1).await), (Some(6 + 2 + 2), Some(2)));
    let far = city.scoped(Role::Officer, "630102").await;
    assert_eq!(
        far.get("/api/v1/stewards/load").await.expect(200)["items"],
        json!([])
    );
    city.stop().await;
}
