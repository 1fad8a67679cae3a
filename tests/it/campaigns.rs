//! Campaigns: one visit more to each household of a group, counted to the last.

use crate::{
    statistics::counts,
    support::{Person, TestCity},
    visits::home,
};
use chrono::Duration;
use serde_json::{Value, json};
use steward::tx::Role;
use uuid::Uuid;

/// Two communities of one district, three households, and who works there.
struct Field {
    city: TestCity,
    communities: [Uuid; 2],
    households: [Uuid; 3],
    /// Of the first household two.
    elders: Vec<Uuid>,
    steward: Person,
    officer: Person,
}

async fn field() -> Field {
    let city = TestCity::new().await;
    let communities = [
        city.community("630104001000").await,
        city.community("630104002000").await,
    ];
    let households = [
        city.household(communities[0], "1", "101").await,
        city.household(communities[0], "1", "102").await,
        city.household(communities[1], "1", "101").await,
    ];
    let mut elders = Vec::new();
    for household in [households[0], households[0], households[1], households[2]] {
        elders.push(city.elder(household).await);
    }
    // A stranger's district: never of the group.
    let far = city.community("630102001000").await;
    let home = city.household(far, "1", "101").await;
    city.elder(home).await;
    let steward = city.steward(&communities).await;
    let officer = city.scoped(Role::Officer, "630104").await;
    Field {
        city,
        communities,
        households,
        elders,
        steward,
        officer,
    }
}

fn cold_wave(group: Value) -> Value {
    json!({ "name": "寒潮加密探访", "reason": "橙色预警", "from": "2024-01-08", "to": "2024-01-10", "group": group })
}

impl Field {
    async fn start(&self, body: Value) -> String {
        let started = self.officer.post("/api/v1/campaigns", body).await.expect(201);
        self.city.service.run_jobs().await;
        started["id"].as_str().unwrap().to_owned()
    }

    /// The households to which campaigns owe a visit now.
    async fn owed(&self) -> Vec<String> {
        let list = self
            .steward
            .get("/api/v1/obligations?limit=200")
            .await
            .expect(200);
        let mut owed: Vec<String> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|line| line["kind"] == "campaign")
            .map(|line| line["household_id"].as_str().unwrap().to_owned())
            .collect();
        owed.sort_unstable();
        owed
    }

    async fn visit(&self, elder: Uuid, household: Uuid, started_at: &str) {
        let now = self.city.service.state.clock.now();
        let safe = json!({ "result": "safe" });
        let visit = json!({ "id": Uuid::now_v7(), "household_id": household, "purposes": ["safety"], "outcome": "met",
            "started_at": started_at, "ended_at": started_at, "device_now": now, "check_in": { "position": "unknown" },
            "checks": { "gas": safe, "electric": safe, "fire": safe, "water": safe },
            "elders": [{ "elder_id": elder, "condition": "good", "diet": "regular", "mood": "calm" }], "form_version": 1 });
        self.steward.post("/api/v1/visits", visit).await.expect(201);
    }

    /// Owed, done, excused and missed of the whole; and every one of them opens to as many visits.
    async fn coverage(&self, id: &str) -> [i64; 4] {
        let path = format!("/api/v1/campaigns/{id}");
        let told = self.officer.get(&format!("{path}/coverage")).await.expect(200);
        let names = ["owed", "done", "excused", "missed"];
        let whole = names.map(|name| told["whole"][name].as_i64().unwrap());
        let mut summed = [0; 4];
        let communities = told["communities"]["items"].as_array().unwrap();
        assert!(!communities.is_empty());
        for community in communities {
            for (n, name) in names.iter().enumerate() {
                let query = format!(
                    "status={name}&community={}",
                    community["community_id"].as_str().unwrap()
                );
                let opened = self
                    .officer
                    .get(&format!("{path}/obligations?{query}"))
                    .await
                    .expect(200);
                let opened = i64::try_from(opened["items"].as_array().unwrap().len()).unwrap();
                assert_eq!(community[name], opened, "{name}");
                summed[n] += opened;
            }
        }
        assert_eq!(summed, whole);
        whole
    }
}

fn sorted(households: &[Uuid]) -> Vec<String> {
    let mut all: Vec<String> = households.iter().map(Uuid::to_string).collect();
    all.sort_unstable();
    all
}

#[actix_web::test]
async fn a_campaign_is_previewed_and_owes_one_visit_to_each_household_of_its_group_and_to_who_joins() {
    let field = field().await;
    let group = json!({ "division": "630104", "categories": ["living_alone"], "tiers": ["weekly"], "age_from": 75, "entitlement": "social" });
    let preview = field
        .officer
        .post("/api/v1/campaigns/preview", group.clone())
        .await
        .expect(200);
    assert_eq!(preview, json!({ "households": 3, "elders": 4, "communities": 2 }));
    assert_eq!(field.owed().await, Vec::<String>::new());
    let id = field.start(cold_wave(group)).await;
    assert_eq!(field.owed().await, sorted(&field.households));
    let list = field.steward.get("/api/v1/obligations").await.expect(200);
    let line = &list["items"][0];
    assert_eq!(
        (
            &line["campaign"],
            &line["reasons"],
            &line["risk"],
            &line["period"]
        ),
        (
            &json!("寒潮加密探访"),
            &json!(["campaign", "living_alone"]),
            &json!(30),
            &json!(format!("campaign:{id}"))
        )
    );
    let told = field
        .steward
        .get(&format!("/api/v1/campaigns/{id}"))
        .await
        .expect(200);
    assert_eq!(
        (&told["status"], &told["from"], &told["to"], &told["households"]),
        (
            &json!("running"),
            &json!("2024-01-08"),
            &json!("2024-01-10"),
            &json!(3)
        )
    );
    // Another night owes nobody a second visit, and the newcomer one.
    let newcomer = field.city.household(field.communities[1], "2", "201").await;
    field.city.elder(newcomer).await;
    field.city.advance(Duration::days(1));
    field.city.service.run_jobs().await;
    let mut all = field.households.to_vec();
    all.push(newcomer);
    assert_eq!(field.owed().await, sorted(&all));
    // After its last day nobody joins.
    let late = field.city.household(field.communities[1], "2", "202").await;
    field.city.elder(late).await;
    field.city.advance(Duration::days(2));
    field.city.service.run_jobs().await;
    assert_eq!(field.owed().await, sorted(&all));
    field.city.stop().await;
}

#[actix_web::test]
async fn what_a_group_asks_for_narrows_it() {
    let field = field().await;
    let [first, second] = field.communities;
    let disabled = json!({ "code": "disabled", "starts_on": "2024-01-01", "evidence": "" });
    let path = format!("/api/v1/elders/{}", field.elders[2]);
    field
        .officer
        .post(&format!("{path}/categories"), disabled)
        .await
        .expect(200);
    let away = json!({ "status": "away", "since": "2024-01-08" });
    let gone = format!("/api/v1/elders/{}/status", field.elders[3]);
    for (group, households) in [
        (json!({ "division": "630104" }), 3),
        (json!({ "division": "630104001" }), 2),
        (json!({ "division": "630104", "communities": [second] }), 1),
        (
            json!({ "division": "630104", "communities": [first, second], "categories": ["disabled"] }),
            1,
        ),
        (json!({ "division": "630104", "categories": ["advanced_age"] }), 0),
        (
            json!({ "division": "630104", "categories": ["advanced_age", "living_alone"] }),
            3,
        ),
        (
            json!({ "division": "630104", "tiers": ["monthly", "quarterly"] }),
            0,
        ),
        (json!({ "division": "630104", "age_from": 79 }), 3),
        (json!({ "division": "630104", "age_from": 80 }), 0),
        (json!({ "division": "630104", "entitlement": "safety_net" }), 0),
    ] {
        let preview = field
            .officer
            .post("/api/v1/campaigns/preview", group.clone())
            .await
            .expect(200);
        assert_eq!(preview["households"], households, "{group}");
    }
    // Who is away is owed no visit.
    field.officer.post(&gone, away).await.expect(200);
    let preview = field
        .officer
        .post("/api/v1/campaigns/preview", json!({ "division": "630104" }))
        .await
        .expect(200);
    assert_eq!(preview["households"], 2);
    field.city.stop().await;
}

#[actix_web::test]
async fn nobody_starts_one_beyond_their_division_for_nobody_or_for_days_that_are_over() {
    let field = field().await;
    let far = field.city.community("630102001000").await;
    let start = async |body: Value| field.officer.post("/api/v1/campaigns", body).await;
    let wider = start(cold_wave(json!({ "division": "6301" }))).await;
    assert_eq!(wider.refused(403), "forbidden");
    let foreign = start(cold_wave(json!({ "division": "630104", "communities": [far] }))).await;
    assert_eq!(foreign.refused(404), "community_not_found");
    for (group, name) in [
        (json!({ "division": "630104", "age_from": 100 }), "group"),
        (
            json!({ "division": "630104", "categories": ["tall"] }),
            "group.categories",
        ),
        (json!({ "division": "63010" }), "group.division"),
    ] {
        let refused = start(cold_wave(group)).await.expect(422);
        assert_eq!(refused["fields"][0]["field"], name);
    }
    let mut over = cold_wave(json!({ "division": "630104" }));
    over["from"] = json!("2024-01-07");
    assert_eq!(start(over).await.expect(422)["fields"][0]["field"], "from");
    field.city.stop().await;
}

#[actix_web::test]
async fn one_planned_for_tomorrow_owes_nothing_before_it_begins() {
    let field = field().await;
    let mut body = cold_wave(json!({ "division": "630104" }));
    body["from"] = json!("2024-01-09");
    let id = field.start(body).await;
    assert_eq!(field.owed().await, Vec::<String>::new());
    let path = format!("/api/v1/campaigns/{id}");
    assert_eq!(field.steward.get(&path).await.expect(200)["status"], "planned");
    field.city.advance(Duration::hours(15));
    field.city.service.run_jobs().await;
    assert_eq!(field.owed().await, sorted(&field.households));
    field.city.stop().await;
}

#[actix_web::test]
async fn a_visit_is_the_weeks_or_the_campaigns_and_not_both() {
    let home = home().await;
    let officer = home.city.scoped(Role::Officer, "630104").await;
    let mut body = cold_wave(json!({ "division": "630104" }));
    (body["from"], body["to"]) = (json!("2024-01-15"), json!("2024-01-17"));
    officer.post("/api/v1/campaigns", body).await.expect(201);
    home.city.service.run_jobs().await;
    home.city.advance(Duration::hours(3));
    let kinds = async || {
        let list = home.steward.get("/api/v1/obligations").await.expect(200);
        let lines = list["items"].as_array().unwrap().clone();
        let mut kinds: Vec<_> = lines
            .iter()
            .map(|line| line["kind"].as_str().unwrap().to_owned())
            .collect();
        kinds.sort_unstable();
        kinds
    };
    assert_eq!(kinds().await, ["campaign", "weekly"]);
    let mut visits = Vec::new();
    for (started_at, left) in [
        ("2024-01-15T01:30:00Z", vec!["campaign"]),
        ("2024-01-15T03:30:00Z", vec![]),
    ] {
        let mut visit = home.visit();
        (visit["started_at"], visit["ended_at"]) = (json!(started_at), json!(started_at));
        home.steward
            .post("/api/v1/visits", visit.clone())
            .await
            .expect(201);
        assert_eq!(kinds().await, left);
        visits.push(visit);
    }
    // The first turns out to have met nobody: the second is the week's then, and the campaign's is owed again.
    let shut = |visit: &Value| {
        let mut visit = visit.clone();
        (visit["id"], visit["outcome"], visit["elders"]) =
            (json!(Uuid::now_v7()), json!("no_answer"), json!([]));
        visit.as_object_mut().unwrap().remove("checks");
        json!({ "reason": "误选了结果", "visit": visit })
    };
    let correct = async |visit: &Value| {
        let path = format!("/api/v1/visits/{}/corrections", visit["id"].as_str().unwrap());
        home.steward.post(&path, shut(visit)).await.expect(201);
    };
    correct(&visits[0]).await;
    assert!(!kinds().await.contains(&"weekly".to_owned()));
    assert!(kinds().await.contains(&"campaign".to_owned()));
    // Stopped, the campaign owes nothing, and what a correction takes from it is excused, not missed.
    let list = officer.get("/api/v1/campaigns").await.expect(200);
    let path = format!("/api/v1/campaigns/{}", list["items"][0]["id"].as_str().unwrap());
    let mut third = home.visit();
    (third["started_at"], third["ended_at"]) = (json!("2024-01-15T03:40:00Z"), json!("2024-01-15T03:40:00Z"));
    home.steward
        .post("/api/v1/visits", third.clone())
        .await
        .expect(201);
    officer
        .post(&format!("{path}/stop"), json!({ "reason": "预警解除" }))
        .await
        .expect(200);
    home.city.service.run_jobs().await;
    let done = format!("{path}/obligations?status=done");
    assert_eq!(
        officer.get(&done).await.expect(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    correct(&third).await;
    let excused = officer
        .get(&format!("{path}/obligations?status=excused"))
        .await
        .expect(200);
    assert_eq!(excused["items"][0]["excuse"], "campaign_stopped");
    assert!(excused["items"][0]["responsible_id"].is_string());
    home.city.stop().await;
}

#[actix_web::test]
async fn stopped_early_it_excuses_what_it_owes_keeps_what_was_done_and_takes_visits_from_before() {
    let field = field().await;
    let id = field.start(cold_wave(json!({ "division": "630104" }))).await;
    let path = format!("/api/v1/campaigns/{id}");
    field.city.advance(Duration::hours(2));
    field
        .visit(field.elders[0], field.households[0], "2024-01-08T01:30:00Z")
        .await;
    assert_eq!(field.coverage(&id).await, [2, 1, 0, 0]);
    let why = json!({ "reason": "预警解除" });
    // A street's officer knows of it and may not stop it; another district's does not know of it.
    let street = field.city.scoped(Role::Officer, "630104001").await;
    assert_eq!(street.get(&path).await.expect(200)["status"], "running");
    assert_eq!(
        street
            .post(&format!("{path}/stop"), why.clone())
            .await
            .refused(403),
        "forbidden"
    );
    let stranger = field.city.scoped(Role::Officer, "630102").await;
    assert_eq!(
        stranger
            .post(&format!("{path}/stop"), why.clone())
            .await
            .refused(404),
        "campaign_not_found"
    );
    let stopped = field
        .officer
        .post(&format!("{path}/stop"), why.clone())
        .await
        .expect(200);
    assert_eq!(
        (&stopped["status"], &stopped["stop_reason"]),
        (&json!("stopped"), &json!("预警解除"))
    );
    field.city.service.run_jobs().await;
    assert_eq!(field.owed().await, Vec::<String>::new());
    assert_eq!(field.coverage(&id).await, [0, 1, 2, 0]);
    let excused = field
        .officer
        .get(&format!("{path}/obligations?status=excused"))
        .await
        .expect(200);
    assert_eq!(excused["items"][0]["excuse"], "campaign_stopped");
    // Made before the stop, received after it: done. Made after it: nobody owed it.
    field.city.advance(Duration::hours(1));
    field
        .visit(field.elders[2], field.households[1], "2024-01-08T02:30:00Z")
        .await;
    field
        .visit(field.elders[3], field.households[2], "2024-01-08T03:30:00Z")
        .await;
    assert_eq!(field.coverage(&id).await, [0, 2, 1, 0]);
    let again = field.officer.post(&format!("{path}/stop"), why).await;
    assert_eq!(again.refused(409), "campaign_over");
    field.city.advance(Duration::days(1));
    field.city.service.run_jobs().await;
    assert_eq!(field.owed().await, Vec::<String>::new());
    field.city.stop().await;
}

#[actix_web::test]
async fn its_figure_opens_to_its_visits_and_who_is_in_hospital_is_excused_apart() {
    let field = field().await;
    let id = field.start(cold_wave(json!({ "division": "630104" }))).await;
    field.city.advance(Duration::hours(1));
    field
        .visit(field.elders[0], field.households[0], "2024-01-08T01:30:00Z")
        .await;
    let ward = |status: &str| json!({ "status": status, "since": "2024-01-08" });
    let path = format!("/api/v1/elders/{}/status", field.elders[2]);
    field.officer.post(&path, ward("in_hospital")).await.expect(200);
    field.city.service.run_jobs().await;
    assert_eq!(field.coverage(&id).await, [1, 1, 1, 0]);
    // Back while it runs: owed again; away again: excused again.
    field.officer.post(&path, ward("active")).await.expect(200);
    field.city.service.run_jobs().await;
    assert_eq!(field.coverage(&id).await, [2, 1, 0, 0]);
    field.officer.post(&path, ward("away")).await.expect(200);
    field.city.service.run_jobs().await;
    field.city.advance(Duration::days(6));
    field.city.service.run_jobs().await;
    assert_eq!(field.coverage(&id).await, [0, 1, 1, 1]);
    let figure = "/api/v1/statistics/indicators/campaign_rate";
    let told = field
        .officer
        .get(&format!("{figure}?month=2024-01"))
        .await
        .expect(200);
    assert_eq!(counts(&told), (1, Some(2), Some(1)));
    let list = field
        .officer
        .get(&format!("{figure}/records?month=2024-01"))
        .await
        .expect(200);
    let records = list["items"].as_array().unwrap();
    assert_eq!(records.len(), 3);
    let excused: Vec<_> = records
        .iter()
        .filter(|r| r["excused"] == true)
        .map(|r| &r["kind"])
        .collect();
    assert_eq!(excused, [&json!("away")]);
    field.city.stop().await;
}
