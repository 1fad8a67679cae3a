//! The policy library, what it means for an elder, what is to be done, and advice given at home.

use crate::{
    statistics::sql,
    support::{Person, TestCity},
    visits::home,
};
use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use steward::tx::Role;
use uuid::Uuid;

/// What a policy says that asks for these things.
pub fn content(from: &str, eligibility: Value) -> Value {
    json!({ "title_zh": "示例津贴", "title_en": "example allowance", "text": "按月发放。", "source": "示例民发〔2023〕1号",
            "how_to_apply": "向街道申请", "documents": ["身份证", "户口簿"], "valid_from": from, "eligibility": eligibility })
}

/// A policy of the whole city in force since October.
pub fn policy(code: &str, mut eligibility: Value) -> Value {
    eligibility["applies_in"] = json!("6301");
    json!({ "code": code, "issued_by": "6301", "content": content("2023-10-01", eligibility) })
}

/// Enters it.
pub async fn enter(city: &TestCity, code: &str, eligibility: Value) -> Uuid {
    let entered = city
        .admin
        .post("/api/v1/policies", policy(code, eligibility))
        .await;
    entered.expect_id(201)
}

async fn revise(who: &Person, policy: Uuid, etag: &str, body: &Value) -> crate::support::Reply {
    let path = format!("/api/v1/policies/{policy}/versions");
    who.send(Method::POST, &path, &[("if-match", etag)], Some(body))
        .await
}

/// What of a list stands under a name.
fn each(list: &Value, name: &str) -> Vec<String> {
    let items = list["items"].as_array().or(list.as_array()).unwrap();
    items
        .iter()
        .map(|i| i[name].as_str().unwrap().to_owned())
        .collect()
}

#[actix_web::test]
async fn a_policy_says_on_a_day_what_its_newest_version_says_that_has_begun_and_keeps_the_others() {
    let city = TestCity::new().await;
    let entered = city
        .admin
        .post("/api/v1/policies", policy("allowance", json!({ "age_from": 80 })))
        .await;
    assert_eq!(entered.etag.as_deref(), Some("\"1\""));
    let id = entered.expect_id(201);
    let next = json!({ "reason": "提高标准", "content": content("2024-02-01", json!({ "age_from": 70, "applies_in": "6301" })) });
    assert_eq!(
        revise(&city.admin, id, "\"2\"", &next).await.refused(412),
        "stale"
    );
    let file = revise(&city.admin, id, "\"1\"", &next).await.expect(201);
    assert_eq!(file["version"], 2);
    assert_eq!(
        revise(&city.admin, id, "\"1\"", &next).await.refused(412),
        "stale"
    );
    let mut last = next.clone();
    last["content"]["valid_to"] = json!("2024-06-01");
    revise(&city.admin, id, "\"2\"", &last).await.expect(201);
    let mut early = next;
    early["content"]["valid_from"] = json!("2024-01-31");
    let refused = revise(&city.admin, id, "\"3\"", &early).await.expect(422);
    assert_eq!(refused["fields"][0]["field"], "content.valid_from");
    let steward = city.steward(&[]).await;
    for (day, version, age) in [
        ("2023-09-30", None, None),
        ("2023-10-01", Some(1), Some(80)),
        ("2024-01-31", Some(1), Some(80)),
        ("2024-02-01", Some(3), Some(70)),
        ("2024-05-31", Some(3), Some(70)),
        ("2024-06-01", None, None),
    ] {
        let list = steward
            .get(&format!("/api/v1/policies?on={day}"))
            .await
            .expect(200);
        let found = &list["items"][0];
        assert_eq!(found["version"].as_i64(), version, "{day}");
        let from = found["content"]["eligibility"]["age_from"].as_i64();
        assert_eq!(from, age, "{day}");
    }
    let file = steward.get(&format!("/api/v1/policies/{id}")).await.expect(200);
    let said: Vec<_> = file["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| {
            (
                v["version"].as_i64(),
                v["reason"].as_str(),
                &v["content"]["documents"][1],
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            (Some(3), Some("提高标准"), &json!("户口簿")),
            (Some(2), Some("提高标准"), &json!("户口簿")),
            (Some(1), None, &json!("户口簿"))
        ]
    );
    let again = city
        .admin
        .post("/api/v1/policies", policy("allowance", json!({})))
        .await;
    assert_eq!(again.refused(409), "policy_code_taken");
    city.stop().await;
}

#[actix_web::test]
async fn an_officer_keeps_what_their_division_or_one_below_has_issued() {
    let city = TestCity::new().await;
    let (bureau, district) = (
        city.scoped(Role::Officer, "6301").await,
        city.scoped(Role::Officer, "630104").await,
    );
    let of = |code: &str, issued_by: &str| {
        let content = content("2023-10-01", json!({ "applies_in": issued_by }));
        json!({ "code": code, "issued_by": issued_by, "content": content })
    };
    let street = district
        .post("/api/v1/policies", of("street", "630104001"))
        .await
        .expect_id(201);
    let citys = bureau
        .post("/api/v1/policies", of("city", "6301"))
        .await
        .expect_id(201);
    for issued_by in ["6301", "630102"] {
        let refused = district.post("/api/v1/policies", of("no", issued_by)).await;
        assert_eq!(refused.refused(403), "policy_outside_area", "{issued_by}");
    }
    let next = json!({ "reason": "更正", "content": content("2023-10-01", json!({ "applies_in": "6301" })) });
    assert_eq!(
        revise(&district, citys, "\"1\"", &next).await.refused(403),
        "policy_outside_area"
    );
    let next =
        json!({ "reason": "更正", "content": content("2023-10-01", json!({ "applies_in": "630104001" })) });
    revise(&bureau, street, "\"1\"", &next).await.expect(201);
    let duty = city.scoped(Role::Duty, "630102").await;
    let read = duty.get("/api/v1/policies").await.expect(200);
    let mut codes = each(&read, "code");
    codes.sort_unstable();
    assert_eq!(codes, ["city", "street"], "everybody reads all");
    city.stop().await;
}

#[actix_web::test]
async fn who_is_entitled_is_said_in_words_that_are_known() {
    let city = TestCity::new().await;
    let cases = [
        (
            json!({ "categories_any": ["living_alone", "rich"] }),
            "content.eligibility.categories_any[1]",
        ),
        (
            json!({ "categories_none": ["advanced_age"] }),
            "content.eligibility.categories_none[0]",
        ),
        (
            json!({ "age_from": 80, "age_to": 79 }),
            "content.eligibility.age_to",
        ),
        (json!({ "age_from": 131 }), "content.eligibility.age_from"),
    ];
    for (eligibility, field) in cases {
        let refused = city
            .admin
            .post("/api/v1/policies", policy("wrong", eligibility))
            .await
            .expect(422);
        assert_eq!(refused["fields"][0]["field"], field);
    }
    let mut elsewhere = policy("wrong", json!({}));
    elsewhere["content"]["eligibility"]["applies_in"] = json!("6302");
    let mut backwards = policy("wrong", json!({}));
    backwards["content"]["valid_to"] = json!("2023-10-01");
    let mut unknown = policy("wrong", json!({}));
    unknown["content"]["eligibility"]["income"] = json!(1);
    for (body, field) in [
        (elsewhere, Some("content.eligibility.applies_in")),
        (backwards, Some("content.valid_to")),
        (unknown, None),
    ] {
        let refused = city.admin.post("/api/v1/policies", body).await.expect(422);
        assert_eq!(refused["fields"][0]["field"].as_str(), field, "{refused}");
    }
    city.stop().await;
}

/// Two elders of a community, its steward, and somebody else's.
struct Case {
    city: TestCity,
    community: Uuid,
    steward: Person,
    other: Person,
    elders: [Uuid; 2],
}

async fn case() -> Case {
    let city = TestCity::new().await;
    let community = city.community("630104001000").await;
    let foreign = city.community("630102001000").await;
    let household = city.household(community, "1", "101").await;
    let mut elders = [city.elder(household).await, city.elder(household).await];
    elders.sort_unstable();
    Case {
        steward: city.steward(&[community]).await,
        other: city.steward(&[foreign]).await,
        elders,
        community,
        city,
    }
}

impl Case {
    async fn of(&self, elder: Uuid) -> Vec<Value> {
        let path = format!("/api/v1/elders/{elder}/policies");
        let all = self.steward.get(&path).await.expect(200);
        all.as_array().unwrap().clone()
    }

    async fn to_do(&self, query: &str) -> Vec<(Uuid, String)> {
        let path = format!("/api/v1/policies/to-do?{query}");
        let list = self.steward.get(&path).await.expect(200);
        let items = list["items"].as_array().unwrap();
        items
            .iter()
            .map(|t| {
                let elder = t["elder_id"].as_str().unwrap().parse().unwrap();
                (elder, t["code"].as_str().unwrap().to_owned())
            })
            .collect()
    }

    async fn apply(&self, elder: Uuid, policy: Uuid, on: &str) -> Uuid {
        let body = json!({ "id": Uuid::now_v7(), "policy_id": policy, "applied_on": on });
        let path = format!("/api/v1/elders/{elder}/policy-applications");
        self.steward.post(&path, body).await.expect_id(201)
    }

    async fn decide(&self, application: Uuid, body: Value) -> crate::support::Reply {
        let path = format!("/api/v1/policy-applications/{application}/decide");
        self.steward.post(&path, body).await
    }

    async fn stop(&self, application: Uuid, on: &str) -> crate::support::Reply {
        let path = format!("/api/v1/policy-applications/{application}/stop");
        let body = json!({ "reason": "迁出", "stopped_on": on });
        self.steward.post(&path, body).await
    }
}

#[actix_web::test]
async fn an_elder_is_told_each_condition_with_what_was_found() {
    let case = case().await;
    enter(&case.city, "eighty", json!({ "age_from": 80 })).await;
    let any = json!({ "age_from": 60, "categories_any": ["living_alone", "empty_nest"], "categories_none": ["disabled"] });
    enter(&case.city, "alone", any).await;
    let [elder, _] = case.elders;
    let all = case.of(elder).await;
    assert_eq!(
        (&all[0]["code"], &all[0]["entitled"]),
        (&json!("alone"), &json!(true))
    );
    assert_eq!(
        (&all[1]["code"], &all[1]["entitled"]),
        (&json!("eighty"), &json!(false))
    );
    let verdict = |condition: &str, required: Value, found: Value, met: bool| json!({ "condition": condition, "required": required, "found": found, "met": met });
    assert_eq!(
        all[0]["conditions"],
        json!([
            verdict("present", Value::Null, json!("active"), true),
            verdict("age_from", json!(60), json!(79), true),
            verdict(
                "categories_any",
                json!(["living_alone", "empty_nest"]),
                json!(["living_alone"]),
                true
            ),
            verdict("categories_none", json!(["disabled"]), json!([]), true),
            verdict("division", json!("6301"), json!("630104001000"), true),
        ])
    );
    assert_eq!(
        all[1]["conditions"][1],
        verdict("age_from", json!(80), json!(79), false)
    );
    // The birthday is on New Year's Day: a year later the elder is old enough.
    case.city.advance(Duration::days(365));
    assert_eq!(case.of(elder).await[1]["conditions"][1]["found"], 80);
    let path = format!("/api/v1/elders/{elder}/policies");
    let far = case.city.scoped(Role::Officer, "630102").await;
    for who in [&case.other, &far] {
        assert_eq!(who.get(&path).await.refused(404), "elder_not_found");
    }
    case.city.stop().await;
}

/// The list of what is to be done is SQL over many elders; the evaluator judges one. They must never differ.
#[actix_web::test]
async fn what_is_to_be_done_is_what_the_evaluator_says_of_everybody() {
    let city = TestCity::at("2024-02-28T16:30:00Z").await;
    let bureau = city.scoped(Role::Officer, "6301").await;
    let mut elders = Vec::new();
    for division in ["630104001000", "630102001000"] {
        let household = city.household(city.community(division).await, "1", "101").await;
        for _ in 0..12 {
            elders.push(city.elder(household).await);
        }
    }
    // Xining has the 29th of February: whose birthday is then, and whose is the day after.
    let births = ["1944-02-29", "1944-03-01", "1934-02-28", "1963-12-31"];
    let categories = [
        &[][..],
        &["disabled"],
        &["partly_disabled"],
        &["empty_nest", "kinless"],
        &["partly_disabled", "kinless"],
    ];
    let statuses = ["active", "declined", "deceased", "in_institution", "moved"];
    for (n, elder) in elders.iter().enumerate() {
        let (birth, status) = (births[n % births.len()], statuses[(n / 2) % statuses.len()]);
        let ground = if n % 3 == 0 { "safety_net" } else { "social" };
        sql(
            &city,
            &format!(
                "UPDATE elders SET birth_date = '{birth}', status = '{status}', entitlement = '{ground}' WHERE id = '{elder}'"
            ),
        )
        .await;
        for (k, code) in categories[n % categories.len()].iter().enumerate() {
            // Of every seventh elder it is over since today, or begins tomorrow.
            let (from, to) = match (n % 7, k) {
                (0, _) => ("2023-01-01", "'2024-02-29'"),
                (1, 0) => ("2024-03-01", "NULL"),
                _ => ("2024-02-29", "'2024-03-01'"),
            };
            sql(
                &city,
                &format!(
                    "INSERT INTO elder_categories (id, elder_id, category_code, starts_on, ends_on, evidence, recorded_at) \
                     VALUES (gen_random_uuid(), '{elder}', '{code}', '{from}', {to}, '', '2024-01-01')"
                ),
            )
            .await;
        }
    }
    let asks = [
        json!({}),
        json!({ "age_from": 80 }),
        json!({ "age_from": 60, "age_to": 80 }),
        json!({ "age_to": 79 }),
        json!({ "categories_any": ["disabled", "empty_nest"] }),
        json!({ "categories_none": ["kinless", "disabled"] }),
        json!({ "entitlement": "safety_net" }),
        json!({ "ability": "partly_disabled" }),
        json!({ "ability": "disabled", "age_from": 60 }),
        json!({ "age_from": 90, "categories_any": ["partly_disabled"], "entitlement": "social" }),
    ];
    for (n, asks) in asks.into_iter().enumerate() {
        enter(&city, &format!("policy_{n}"), asks).await;
    }
    let mut local = policy("local", json!({}));
    local["content"]["eligibility"]["applies_in"] = json!("630102");
    city.admin.post("/api/v1/policies", local).await.expect(201);
    let (mut judged, mut all) = (BTreeSet::new(), 0);
    for elder in &elders {
        let path = format!("/api/v1/elders/{elder}/policies");
        for policy in bureau.get(&path).await.expect(200).as_array().unwrap() {
            all += 1;
            if policy["entitled"] == true {
                judged.insert((elder.to_string(), policy["code"].as_str().unwrap().to_owned()));
            }
        }
    }
    assert_eq!(all, elders.len() * 11);
    let codes: BTreeSet<_> = judged.iter().map(|(_, code)| code).collect();
    assert_eq!(codes.len(), 11, "somebody is entitled to each");
    assert!(judged.len() < all / 2);
    let (mut listed, mut query) = (BTreeSet::new(), String::new());
    loop {
        let path = format!("/api/v1/policies/to-do?limit=7{query}");
        let page = bureau.get(&path).await.expect(200);
        for item in page["items"].as_array().unwrap() {
            let text = |name: &str| item[name].as_str().unwrap().to_owned();
            assert!(
                listed.insert((text("elder_id"), text("code"))),
                "listed twice: {item}"
            );
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => query = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(listed, judged);
    city.stop().await;
}

#[actix_web::test]
async fn what_is_to_be_done_is_the_stewards_own_and_can_be_narrowed() {
    let case = case().await;
    let (a, b) = (
        enter(&case.city, "for_all", json!({})).await,
        enter(&case.city, "for_none", json!({ "age_from": 100 })).await,
    );
    let [one, two] = case.elders;
    assert_eq!(
        case.to_do("").await,
        [(one, "for_all".into()), (two, "for_all".into())]
    );
    assert_eq!(case.to_do("limit=1").await, [(one, "for_all".into())]);
    assert_eq!(case.to_do(&format!("policy={a}")).await.len(), 2);
    assert_eq!(case.to_do(&format!("policy={b}")).await, []);
    assert_eq!(
        case.to_do(&format!("community={}", case.community)).await.len(),
        2
    );
    assert_eq!(case.to_do(&format!("community={}", Uuid::now_v7())).await, []);
    let nothing = case.other.get("/api/v1/policies/to-do").await.expect(200);
    assert_eq!(nothing["items"], json!([]));
    sql(
        &case.city,
        &format!("UPDATE elders SET status = 'merged', merged_into_id = '{one}' WHERE id = '{two}'"),
    )
    .await;
    assert_eq!(case.to_do("").await, [(one, "for_all".into())]);
    // Ended yesterday: it is nothing that could be done.
    let mut next =
        json!({ "reason": "停止执行", "content": content("2023-10-01", json!({ "applies_in": "6301" })) });
    next["content"]["valid_to"] = json!("2024-01-08");
    revise(&case.city.admin, a, "\"1\"", &next).await.expect(201);
    assert_eq!(case.to_do("").await, []);
    case.city.stop().await;
}

#[actix_web::test]
async fn an_application_is_granted_or_refused_with_a_reason_and_can_stop() {
    let case = case().await;
    let id = enter(&case.city, "allowance", json!({})).await;
    let [one, two] = case.elders;
    let path = format!("/api/v1/elders/{one}/policy-applications");
    let new = json!({ "id": Uuid::now_v7(), "policy_id": id, "applied_on": "2024-01-05" });
    let first = case.steward.post(&path, new.clone()).await.expect(201);
    assert_eq!(
        (&first["status"], &first["policy_version"]),
        (&json!("applied"), &json!(1))
    );
    assert_eq!(
        case.steward.post(&path, new.clone()).await.expect(201),
        first,
        "sent again"
    );
    let mut other = new.clone();
    other["applied_on"] = json!("2024-01-04");
    assert_eq!(
        case.steward.post(&path, other).await.refused(409),
        "policy_application_already_recorded"
    );
    let mut second = new.clone();
    second["id"] = json!(Uuid::now_v7());
    assert_eq!(
        case.steward.post(&path, second.clone()).await.refused(409),
        "policy_applied_for"
    );
    for (field, value) in [
        ("applied_on", json!("2024-01-09")),
        ("policy_id", json!(Uuid::now_v7())),
        ("applied_on", json!("2023-09-30")),
    ] {
        let mut wrong = second.clone();
        wrong[field] = value;
        case.steward.post(&path, wrong).await.expect(422);
    }
    assert_eq!(
        case.other.post(&path, second).await.refused(404),
        "elder_not_found"
    );
    assert_eq!(case.to_do("").await, [(two, "allowance".into())]);
    assert_eq!(case.of(one).await[0]["application"], first);

    let first: Uuid = first["id"].as_str().unwrap().parse().unwrap();
    let granted = json!({ "decision": "granted", "decided_on": "2024-01-08" });
    for (field, value) in [
        ("decided_on", json!("2024-01-04")),
        ("decided_on", json!("2024-01-09")),
        ("reason", json!("为何")),
        ("decision", json!("refused")),
    ] {
        let mut wrong = granted.clone();
        wrong[field] = value;
        let refused = case.decide(first, wrong).await.expect(422);
        let at = if field == "decision" { "reason" } else { field };
        assert_eq!(refused["fields"][0]["field"], at);
    }
    let foreign = format!("/api/v1/policy-applications/{first}/decide");
    assert_eq!(
        case.other.post(&foreign, granted.clone()).await.refused(404),
        "policy_application_not_found"
    );
    assert_eq!(
        case.decide(first, granted.clone()).await.expect(200)["status"],
        "granted"
    );
    assert_eq!(
        case.decide(first, granted).await.refused(409),
        "policy_application_not_open"
    );
    case.stop(first, "2024-01-07").await.expect(422);
    let stopped = case.stop(first, "2024-01-08").await.expect(200);
    assert_eq!(
        (&stopped["status"], &stopped["decided_on"], &stopped["version"]),
        (&json!("stopped"), &json!("2024-01-08"), &json!(3))
    );
    assert_eq!(
        case.stop(first, "2024-01-08").await.refused(409),
        "policy_application_not_open"
    );

    // Taken back before anybody decided; and refused.
    let back = case.apply(one, id, "2024-01-08").await;
    case.stop(back, "2024-01-08").await.expect(200);
    let refused = case.apply(two, id, "2024-01-07").await;
    let no = json!({ "decision": "refused", "reason": "材料不全", "decided_on": "2024-01-08" });
    case.decide(refused, no).await.expect(200);
    assert_eq!(
        case.to_do("").await,
        [],
        "what was said under this version is not asked again"
    );
    let list = |query: &str| format!("/api/v1/policy-applications?{query}");
    for (query, expected) in [
        (String::new(), vec![back, refused, first]),
        ("status=refused".into(), vec![refused]),
        (format!("elder={one}"), vec![back, first]),
        (format!("policy={}", Uuid::now_v7()), vec![]),
    ] {
        let found = case.steward.get(&list(&query)).await.expect(200);
        let expected: Vec<_> = expected.iter().map(Uuid::to_string).collect();
        assert_eq!(each(&found, "id"), expected, "{query}");
    }
    let none = case.other.get(&list("")).await.expect(200);
    assert_eq!(none["items"], json!([]));
    let next =
        json!({ "reason": "放宽条件", "content": content("2024-01-08", json!({ "applies_in": "6301" })) });
    revise(&case.city.admin, id, "\"1\"", &next).await.expect(201);
    assert_eq!(case.to_do("").await.len(), 2, "another version may say otherwise");
    let again = case.apply(two, id, "2024-01-08").await;
    let found = case.steward.get(&list("status=applied")).await.expect(200);
    assert_eq!(each(&found, "id"), [again.to_string()]);
    assert_eq!(found["items"][0]["policy_version"], 2);
    case.city.stop().await;
}

#[actix_web::test]
async fn what_is_not_wanted_rests_until_the_day() {
    let case = case().await;
    let id = enter(&case.city, "allowance", json!({})).await;
    let [one, two] = case.elders;
    let path = format!("/api/v1/elders/{one}/policy-snoozes");
    let new = json!({ "id": Uuid::now_v7(), "policy_id": id, "reason": "老人不想要", "until": "2024-01-10" });
    for (field, value) in [
        ("until", json!("2024-01-08")),
        ("until", json!("2025-01-10")),
        ("reason", json!("")),
    ] {
        let mut wrong = new.clone();
        wrong[field] = value;
        let refused = case.steward.post(&path, wrong).await.expect(422);
        assert_eq!(refused["fields"][0]["field"], field);
    }
    let mut nowhere = new.clone();
    nowhere["policy_id"] = json!(Uuid::now_v7());
    assert_eq!(
        case.steward.post(&path, nowhere).await.refused(404),
        "policy_not_found"
    );
    assert_eq!(
        case.other.post(&path, new.clone()).await.refused(404),
        "elder_not_found"
    );
    let snooze = case.steward.post(&path, new.clone()).await.expect(201);
    assert_eq!(case.steward.post(&path, new.clone()).await.expect(201), snooze);
    let mut other = new;
    other["reason"] = json!("另一个原因");
    assert_eq!(
        case.steward.post(&path, other).await.refused(409),
        "policy_snooze_already_recorded"
    );
    assert_eq!(case.to_do("").await, [(two, "allowance".into())]);
    assert_eq!(case.of(one).await[0]["snooze"], snooze);
    case.city.advance(Duration::days(2));
    assert_eq!(case.to_do("").await.len(), 2);
    assert_eq!(case.of(one).await[0]["snooze"], Value::Null);
    case.city.stop().await;
}

#[actix_web::test]
async fn advice_at_home_is_part_of_the_visit_with_the_version_of_its_day() {
    let home = home().await;
    let id = enter(&home.city, "allowance", json!({ "age_from": 100 })).await;
    let next =
        json!({ "reason": "放宽条件", "content": content("2024-01-16", json!({ "applies_in": "6301" })) });
    revise(&home.city.admin, id, "\"1\"", &next).await.expect(201);
    let [mut one, mut two] = home.couple;
    if two < one {
        (one, two) = (two, one);
    }
    let said = |elder: Uuid| json!({ "policy_id": id, "elder_id": elder });
    let mut visit = home.visit();
    visit["policies"] = json!([said(one), said(two)]);
    let logged = home
        .steward
        .post("/api/v1/visits", visit.clone())
        .await
        .expect(201);
    assert_eq!(
        home.steward
            .post("/api/v1/visits", visit.clone())
            .await
            .expect(201),
        logged,
        "sent again"
    );
    let mut less = visit.clone();
    less["policies"] = json!([said(one)]);
    assert_eq!(
        home.steward.post("/api/v1/visits", less).await.refused(409),
        "visit_already_logged"
    );
    let detail = async |id: &Value| {
        let path = format!("/api/v1/visits/{}", id.as_str().unwrap());
        home.steward.get(&path).await.expect(200)["policies_explained"].clone()
    };
    let explained = |elder: Uuid, version: i32| json!({ "policy_id": id, "policy_version": version, "title_zh": "示例津贴", "elder_id": elder });
    assert_eq!(
        detail(&logged["id"]).await,
        json!([explained(one, 1), explained(two, 1)])
    );

    // The next day another version is in force.
    home.city.advance(Duration::days(1));
    let mut later = home.visit();
    (later["started_at"], later["ended_at"]) = (json!("2024-01-16T00:30:00Z"), json!("2024-01-16T00:50:00Z"));
    later["policies"] = json!([said(two)]);
    let second = home.steward.post("/api/v1/visits", later).await.expect(201);
    assert_eq!(detail(&second["id"]).await, json!([explained(two, 2)]));

    // A correction says anew what was explained; the old version keeps what it said.
    let mut anew = visit.clone();
    (anew["id"], anew["device_now"]) = (json!(Uuid::now_v7()), json!(home.city.service.state.clock.now()));
    anew["policies"] = json!([said(two)]);
    let path = format!("/api/v1/visits/{}/corrections", logged["id"].as_str().unwrap());
    let body = json!({ "reason": "只向一位讲解", "visit": anew });
    let corrected = home.steward.post(&path, body.clone()).await.expect(201);
    assert_eq!(home.steward.post(&path, body).await.expect(201), corrected);
    assert_eq!(detail(&corrected["id"]).await, json!([explained(two, 1)]));
    assert_eq!(
        detail(&logged["id"]).await.as_array().unwrap().len(),
        2,
        "the old version"
    );
    home.city.stop().await;
}

#[actix_web::test]
async fn advice_is_on_policies_in_force_and_to_those_met() {
    let home = home().await;
    let id = enter(&home.city, "allowance", json!({})).await;
    let mut ended = policy("ended", json!({}));
    ended["content"]["valid_to"] = json!("2024-01-15");
    let ended = home
        .city
        .admin
        .post("/api/v1/policies", ended)
        .await
        .expect_id(201);
    let [one, two] = home.couple;
    let mut visit = home.visit();
    for (policies, field) in [
        (json!([{ "policy_id": ended, "elder_id": one }]), "policies"),
        (
            json!([{ "policy_id": Uuid::now_v7(), "elder_id": one }]),
            "policies",
        ),
        (
            json!([{ "policy_id": id, "elder_id": Uuid::now_v7() }]),
            "policies[0].elder_id",
        ),
        (
            json!([{ "policy_id": id, "elder_id": two }, { "policy_id": id, "elder_id": two }]),
            "policies[1]",
        ),
    ] {
        visit["policies"] = policies;
        let refused = home
            .steward
            .post("/api/v1/visits", visit.clone())
            .await
            .expect(422);
        assert_eq!(refused["fields"][0]["field"], field);
    }
    let mut unmet = home.unmet("refused");
    unmet["policies"] = json!([{ "policy_id": id, "elder_id": one }]);
    home.steward.post("/api/v1/visits", unmet).await.expect(422);
    visit["policies"] = json!([{ "policy_id": id, "elder_id": one }]);
    home.steward.post("/api/v1/visits", visit).await.expect(201);
    home.city.stop().await;
}
