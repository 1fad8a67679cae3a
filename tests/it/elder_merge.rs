//! Two files that are one person: found, made one, and taken apart again exactly.

use crate::{
    policies,
    support::{Person, TestCity},
};
use chrono::Duration;
use serde_json::{Value, json};
use steward::tx::Role;
use uuid::Uuid;

/// A city with an officer, a steward, and files of one person in two dwellings.
struct Case {
    city: TestCity,
    community: Uuid,
    officer: Person,
    steward: Person,
    /// The file to be kept.
    kept: Uuid,
    /// The other one.
    other: Uuid,
}

impl Case {
    async fn new() -> Self {
        let city = TestCity::new().await;
        let community = city.community("630104001000").await;
        let (officer, steward) = (
            city.scoped(Role::Officer, "630104").await,
            city.steward(&[community]).await,
        );
        let kept = city.elder(city.household(community, "1", "101").await).await;
        let other = city.elder(city.household(community, "2", "202").await).await;
        Self {
            city,
            community,
            officer,
            steward,
            kept,
            other,
        }
    }

    async fn sql(&self, sql: &str) -> Vec<String> {
        let url = &self.city.service.state.config.database.url;
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let rows = client.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    fn id(&self) -> Uuid {
        self.city.service.state.clock.new_id()
    }

    /// A visit at which these were met.
    async fn visit(&self, at: &str, elders: &[Uuid]) -> Uuid {
        let (id, steward) = (self.id(), self.steward.id);
        let home = elders[0];
        self.sql(&format!(
            "INSERT INTO visits (id, root_id, revision, household_id, community_id, steward_id, purposes, outcome, started_at, ended_at, \
             received_at, device_offset_ms, \"position\", gas, electric, fire, water, check_points, form_version) \
             SELECT '{id}', '{id}', 1, household_id, community_id, '{steward}', '{{safety,needs}}', 'met', '{at}', '{at}', '{at}', 0, \
             'unknown', 'safe', 'safe', 'safe', 'safe', '{{}}', 1 FROM elders WHERE id = '{home}'"
        ))
        .await;
        for elder in elders {
            self.sql(&format!(
                "INSERT INTO visit_elders (visit_id, elder_id, condition, diet, mood, note_sealed) \
                 VALUES ('{id}', '{elder}', 'good', 'regular', 'calm', 'sealed {elder}')"
            ))
            .await;
        }
        id
    }

    async fn need(&self, elder: Uuid, at: &str) -> Uuid {
        let (id, steward) = (self.id(), self.steward.id);
        self.sql(&format!(
            "INSERT INTO needs (id, elder_id, household_id, community_id, item_id, channel, event_id, description, status, collected_by, \
             collected_at, received_at, closed_at, version) SELECT '{id}', e.id, e.household_id, e.community_id, \
             (SELECT id FROM menu_items WHERE code = 'meals'), 'call', '{id}', '', 'ordered', '{steward}', '{at}', '{at}', '{at}', 1 \
             FROM elders e WHERE e.id = '{elder}'"
        ))
        .await;
        id
    }

    async fn order(&self, need: Uuid, at: &str) -> Uuid {
        let (id, steward) = (self.id(), self.steward.id);
        self.sql(&format!(
            "INSERT INTO service_orders (id, case_id, need_id, elder_id, household_id, community_id, item_id, entitlement, round, \
             original_id, status, tier_reached, refusals, requested_by, requested_at, market_fen, subsidy_fen, elder_pays_fen, version) \
             SELECT '{id}', '{id}', n.id, n.elder_id, n.household_id, n.community_id, n.item_id, 'social', 1, '{id}', 'requested', \
             'organisation', 0, '{steward}', '{at}', 0, 0, 0, 1 FROM needs n WHERE n.id = '{need}'"
        ))
        .await;
        id
    }

    /// Gives both files a life; the other one more of it.
    async fn lives(&self) {
        self.visit("2024-01-02T02:00:00Z", &[self.other]).await;
        self.visit("2024-01-03T02:00:00Z", &[self.kept, self.other]).await;
        self.visit("2024-01-04T02:00:00Z", &[self.kept]).await;
        for (elder, at) in [
            (self.kept, "2024-01-02T02:30:00Z"),
            (self.other, "2024-01-03T02:30:00Z"),
        ] {
            let need = self.need(elder, at).await;
            let order = self.order(need, at).await;
            let (id, steward, community) = (self.id(), self.steward.id, self.community);
            self.sql(&format!(
                "INSERT INTO followups (id, order_id, original_id, round, community_id, surveyor_id, channel, reached, words, surveyed_at, \
                 received_at) VALUES ('{id}', '{order}', '{order}', 1, '{community}', '{steward}', 'call', false, '', \
                 '2024-01-05T02:00:00Z', '2024-01-05T02:00:00Z')"
            ))
            .await;
        }
        let consent = |purpose: &str| {
            json!({ "purpose": purpose, "basis": "consent", "form": "written", "notice_version": "1", "given_on": "2023-11-01",
                    "given_by": "本人" })
        };
        for (elder, what, body) in [
            (
                self.kept,
                "contacts",
                json!({ "name": "甲", "relation": "儿子", "phone": "19900000001" }),
            ),
            (
                self.other,
                "contacts",
                json!({ "name": "乙", "relation": "女儿", "phone": "19900000002" }),
            ),
            (
                self.other,
                "contacts",
                json!({ "name": "丙", "relation": "邻居", "phone": "19900000003" }),
            ),
            (self.kept, "consents", consent("visits")),
            (self.other, "consents", consent("visits")),
            (self.other, "consents", consent("photos")),
            (
                self.other,
                "categories",
                json!({ "code": "subsistence_allowance", "starts_on": "2023-11-01" }),
            ),
            (
                self.other,
                "status",
                json!({ "status": "in_hospital", "since": "2024-01-08", "until": "2024-02-01" }),
            ),
            (
                self.other,
                "tier-override",
                json!({ "tier": "monthly", "reason": "家人同住", "ends_on": "2024-06-01" }),
            ),
        ] {
            self.officer
                .post(&format!("/api/v1/elders/{elder}/{what}"), body)
                .await
                .expect(200);
        }
        let now = self.city.service.state.clock.now();
        let fall =
            json!({ "id": self.id(), "kind": "fall", "occurred_at": now, "device_now": now, "note": "滑倒" });
        self.officer
            .post(&format!("/api/v1/elders/{}/events", self.other), fall)
            .await
            .expect(201);
        self.entitled().await;
    }

    /// Both files have applied for one policy; the other one for a second, which was refused, and wants no third for now.
    async fn entitled(&self) {
        let mut entered = Vec::new();
        for code in ["first", "second", "third"] {
            entered.push(policies::enter(&self.city, code, json!({})).await);
        }
        let apply = async |elder: Uuid, policy: Uuid| {
            let body = json!({ "id": self.id(), "policy_id": policy, "applied_on": "2024-01-05" });
            let path = format!("/api/v1/elders/{elder}/policy-applications");
            self.officer.post(&path, body).await.expect_id(201)
        };
        for elder in [self.kept, self.other] {
            apply(elder, entered[0]).await;
        }
        let second = apply(self.other, entered[1]).await;
        let no = json!({ "decision": "refused", "reason": "材料不全", "decided_on": "2024-01-06" });
        let path = format!("/api/v1/policy-applications/{second}/decide");
        self.officer.post(&path, no).await.expect(200);
        let snooze =
            json!({ "id": self.id(), "policy_id": entered[2], "reason": "暂不需要", "until": "2024-06-01" });
        let path = format!("/api/v1/elders/{}/policy-snoozes", self.other);
        self.officer.post(&path, snooze).await.expect(201);
    }

    /// The tables that a merge touches, without what counts edits.
    async fn dump(&self) -> Vec<String> {
        let mut all = Vec::new();
        for table in [
            "elders",
            "households",
            "needs",
            "service_orders",
            "visits",
            "visit_elders",
            "contacts",
            "consents",
            "elder_categories",
            "elder_statuses",
            "tier_overrides",
            "elder_events",
            "followups",
            "policy_applications",
            "policy_snoozes",
        ] {
            let sql = format!(
                "SELECT '{table} ' || (to_jsonb(t) - 'version' - 'updated_at')::text FROM {table} t ORDER BY 1"
            );
            all.extend(self.sql(&sql).await);
        }
        assert!(all.len() > 20, "the dump is not empty");
        all
    }

    async fn merge(&self, kept: Uuid, other: Uuid) -> Value {
        let body = json!({ "other_id": other, "reason": "同一人，两份档案" });
        self.officer
            .post(&format!("/api/v1/elders/{kept}/merge"), body)
            .await
            .expect(200)
    }

    async fn file(&self, elder: Uuid) -> Value {
        self.officer
            .get(&format!("/api/v1/elders/{elder}"))
            .await
            .expect(200)
    }
}

fn undo(merge: &Value) -> String {
    format!("/api/v1/elder-merges/{}/undo", merge["id"].as_str().unwrap())
}

fn codes(list: &Value, field: &str) -> Vec<String> {
    let mut codes: Vec<String> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item[field].as_str().unwrap().to_owned())
        .collect();
    codes.sort_unstable();
    codes
}

#[actix_web::test]
async fn a_merge_moves_what_hangs_on_the_file_and_its_undo_restores_the_exact_state() {
    let case = Case::new().await;
    case.lives().await;
    let before = case.dump().await;
    let merge = case.merge(case.kept, case.other).await;
    assert_eq!(
        merge["moved"],
        json!({ "needs": 1, "orders": 1, "visits": 2, "contacts": 2, "consents": 1, "categories": 1, "tier_overrides": 1, "events": 1,
                "assessments": 0, "care_beds": 0, "policy_applications": 1, "policy_snoozes": 1 })
    );
    let kept = case.file(case.kept).await;
    assert_eq!(
        (&kept["entitlement"], &kept["tier"], &kept["tier_reasons"]),
        (&json!("safety_net"), &json!("monthly"), &json!(["override"]))
    );
    assert_eq!(
        codes(&kept["categories"], "code"),
        ["living_alone", "subsistence_allowance"]
    );
    let called: Vec<_> = kept["contacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!(called, ["甲", "乙", "丙"]);
    assert_eq!(codes(&kept["consents"], "purpose"), ["photos", "visits"]);
    assert_eq!(kept["merges"][0]["merged_id"], json!(case.other));
    let met = format!(
        "SELECT count(*)::text FROM visit_elders WHERE elder_id = '{}'",
        case.kept
    );
    assert_eq!(
        case.sql(&met).await,
        ["3"],
        "a visit where both files were met is one person-time"
    );
    let given_up = case.file(case.other).await;
    assert_eq!(
        (&given_up["status"], &given_up["merged_into_id"]),
        (&json!("merged"), &json!(case.kept))
    );
    assert_eq!(given_up["status_until"], json!(null));
    let listed = case.officer.get("/api/v1/elders").await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    // A closed file is changed no more, by nobody.
    let path = format!("/api/v1/elders/{}", case.other);
    let etag = format!("\"{}\"", given_up["version"]);
    assert_eq!(
        case.officer
            .patch(&path, &etag, json!({ "name": "别名" }))
            .await
            .refused(409),
        "elder_merged"
    );
    for (what, body) in [
        (
            "categories",
            json!({ "code": "disabled", "starts_on": "2024-01-01" }),
        ),
        ("categories/living_alone/end", json!({})),
        (
            "contacts",
            json!({ "name": "丁", "relation": "儿子", "phone": "19900000004" }),
        ),
        ("status", json!({ "status": "active", "since": "2024-01-08" })),
        ("consents/visits/withdraw", json!({})),
    ] {
        assert_eq!(
            case.officer
                .post(&format!("{path}/{what}"), body)
                .await
                .refused(409),
            "elder_merged",
            "{what}"
        );
    }
    let undone = case.officer.post(&undo(&merge), json!({})).await.expect(200);
    assert!(undone["undone_at"].is_string() && undone["undone_by"] == json!(case.officer.id));
    assert_eq!(case.dump().await, before);
    assert_eq!(
        case.officer.post(&undo(&merge), json!({})).await.refused(409),
        "merge_not_undoable"
    );
    assert_eq!(case.dump().await, before);
    // The versions went on, so that nobody edits what they saw before.
    assert_eq!(
        case.file(case.kept).await["version"].as_i64(),
        kept["version"].as_i64().map(|v| v + 1)
    );
    case.city.service.state.trail.append(Vec::new()).await.unwrap();
    let told = case.sql("SELECT action || ' ' || (elder_id IS NOT NULL) FROM audit_entries WHERE action LIKE 'elders.merge%' ORDER BY seq").await;
    assert_eq!(
        told,
        [
            "elders.merge true",
            "elders.merge true",
            "elders.merge_undo true",
            "elders.merge_undo true"
        ]
    );
    case.city.stop().await;
}

#[actix_web::test]
async fn what_came_of_a_moved_record_since_goes_back_with_it() {
    let case = Case::new().await;
    let need = case.need(case.other, "2024-01-03T02:30:00Z").await;
    let visit = case.visit("2024-01-02T02:00:00Z", &[case.other]).await;
    let merge = case.merge(case.kept, case.other).await;
    let order = case.order(need, "2024-01-08T02:00:00Z").await;
    let (correction, kept, other) = (case.id(), case.kept, case.other);
    case.sql(&format!(
        "UPDATE visits SET superseded_at = '2024-01-08T01:00:00Z' WHERE id = '{visit}'"
    ))
    .await;
    case.sql(&format!(
        "INSERT INTO visits SELECT (jsonb_populate_record(v, jsonb_build_object('id', '{correction}', 'revision', 2, 'superseded_at', NULL, \
         'correction_reason', 'x'))).* FROM visits v WHERE v.id = '{visit}'"
    ))
    .await;
    case.sql(&format!(
        "INSERT INTO visit_elders (visit_id, elder_id, condition, diet, mood) VALUES ('{correction}', '{kept}', 'fair', 'regular', 'calm')"
    ))
    .await;
    case.officer.post(&undo(&merge), json!({})).await.expect(200);
    for sql in [
        format!("SELECT elder_id::text FROM needs WHERE id = '{need}'"),
        format!("SELECT elder_id::text FROM service_orders WHERE id = '{order}'"),
        format!("SELECT elder_id::text FROM visit_elders WHERE visit_id = '{visit}'"),
        format!("SELECT elder_id::text FROM visit_elders WHERE visit_id = '{correction}'"),
    ] {
        assert_eq!(case.sql(&sql).await, [other.to_string()], "{sql}");
    }
    case.city.stop().await;
}

#[actix_web::test]
async fn merges_are_undone_in_the_opposite_order_and_never_point_in_a_chain() {
    let case = Case::new().await;
    case.lives().await;
    let third = case
        .city
        .elder(case.city.household(case.community, "3", "303").await)
        .await;
    let before = case.dump().await;
    let first = case.merge(case.kept, case.other).await;
    case.city.advance(Duration::minutes(1));
    let second = case.merge(third, case.kept).await;
    assert_eq!(second["moved"]["needs"], 2);
    assert_eq!(
        case.file(case.other).await["merged_into_id"],
        json!(third),
        "no pointer points at a closed file"
    );
    assert_eq!(
        case.officer.post(&undo(&first), json!({})).await.refused(409),
        "merge_not_undoable"
    );
    for (kept, other) in [(case.kept, third), (third, case.kept), (third, case.other)] {
        let body = json!({ "other_id": other, "reason": "x" });
        let refused = case
            .officer
            .post(&format!("/api/v1/elders/{kept}/merge"), body)
            .await;
        assert_eq!(refused.refused(409), "elder_merged");
    }
    let itself = json!({ "other_id": third, "reason": "x" });
    assert_eq!(
        case.officer
            .post(&format!("/api/v1/elders/{third}/merge"), itself)
            .await
            .refused(422),
        "invalid"
    );
    case.officer.post(&undo(&second), json!({})).await.expect(200);
    assert_eq!(case.file(case.other).await["merged_into_id"], json!(case.kept));
    case.officer.post(&undo(&first), json!({})).await.expect(200);
    assert_eq!(case.dump().await, before);
    case.city.stop().await;
}

#[actix_web::test]
async fn a_file_of_another_area_is_neither_merged_nor_given_back() {
    let case = Case::new().await;
    let east = case.city.community("630102001000").await;
    let foreign = case.city.elder(case.city.household(east, "1", "101").await).await;
    let city_wide = case.city.scoped(Role::Officer, "6301").await;
    for (kept, other) in [
        (case.kept, foreign),
        (foreign, case.kept),
        (case.kept, Uuid::nil()),
    ] {
        let body = json!({ "other_id": other, "reason": "x" });
        let refused = case
            .officer
            .post(&format!("/api/v1/elders/{kept}/merge"), body)
            .await;
        assert_eq!(refused.refused(404), "elder_not_found");
    }
    let body = json!({ "other_id": foreign, "reason": "x" });
    let merge = city_wide
        .post(&format!("/api/v1/elders/{}/merge", case.kept), body)
        .await
        .expect(200);
    assert_eq!(
        case.officer.post(&undo(&merge), json!({})).await.refused(404),
        "merge_not_found"
    );
    // Somebody was enrolled with the closed file's document in the meantime.
    let hash = format!("(SELECT id_hash FROM elders WHERE id = '{foreign}')");
    case.sql(&format!(
        "UPDATE elders SET id_hash = {hash} WHERE id = '{}'",
        case.other
    ))
    .await;
    assert_eq!(
        city_wide.post(&undo(&merge), json!({})).await.refused(409),
        "elder_already_enrolled"
    );
    case.sql(&format!(
        "UPDATE elders SET id_hash = '\\x00' WHERE id = '{}'",
        case.other
    ))
    .await;
    city_wide.post(&undo(&merge), json!({})).await.expect(200);
    case.city.stop().await;
}

#[actix_web::test]
async fn likely_pairs_are_found_in_ones_own_area_a_page_at_a_time() {
    let case = Case::new().await;
    // The builder's elders share name and birth date; a couple shares a phone and nothing else.
    let wife = case
        .city
        .elder(case.city.household(case.community, "4", "404").await)
        .await;
    case.sql(&format!("UPDATE elders SET name = '王妻', birth_date = '1950-01-01', phone_sealed = '', phone_masked = '', phone_hash = '\\x01' WHERE id = '{wife}'")).await;
    let husband = case
        .city
        .elder(
            case.sql(&format!(
                "SELECT household_id::text FROM elders WHERE id = '{wife}'"
            ))
            .await[0]
                .parse()
                .unwrap(),
        )
        .await;
    case.sql(&format!("UPDATE elders SET name = '王夫', birth_date = '1948-01-01', phone_sealed = '', phone_masked = '', phone_hash = '\\x01' WHERE id = '{husband}'")).await;
    case.sql(&format!(
        "UPDATE elders SET phone_sealed = '', phone_masked = '', phone_hash = '\\x01' WHERE id = '{}'",
        case.kept
    ))
    .await;
    let foreign = case.city.community("630102001000").await;
    case.city
        .elder(case.city.household(foreign, "1", "101").await)
        .await;
    let mut expected: Vec<(String, String, Value)> = [
        (case.kept, case.other, json!(["name_and_birth_date"])),
        (case.kept, wife, json!(["phone"])),
        (case.kept, husband, json!(["phone"])),
    ]
    .into_iter()
    .map(|(a, b, why)| (a.min(b).to_string(), a.max(b).to_string(), why))
    .collect();
    expected.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = case
            .officer
            .get(&format!("/api/v1/elders/duplicates?limit=1{cursor}"))
            .await
            .expect(200);
        for pair in page["items"].as_array().unwrap() {
            let id = |side: &str| pair[side]["id"].as_str().unwrap().to_owned();
            found.push((id("first"), id("second"), pair["reasons"].clone()));
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found, expected);
    case.merge(case.kept, case.other).await;
    let left = case.officer.get("/api/v1/elders/duplicates").await.expect(200);
    assert_eq!(
        left["items"].as_array().unwrap().len(),
        2,
        "what is merged is no pair any more"
    );
    case.city.stop().await;
}

#[actix_web::test]
async fn the_timeline_tells_everything_newest_first_page_by_page() {
    let case = Case::new().await;
    case.lives().await;
    let visit = case.visit("2024-01-06T02:00:00Z", &[case.other]).await;
    let (id, steward) = (case.id(), case.steward.id);
    case.sql(&format!(
        "INSERT INTO hazards (id, household_id, community_id, kind, severity, check_point, description, measure, status, found_visit_id, \
         found_by, found_at, version) SELECT '{id}', household_id, community_id, 'gas', 'advice', '灶具', '', '', 'open', id, '{steward}', \
         started_at, 1 FROM visits WHERE id = '{visit}'"
    ))
    .await;
    let shut = case.visit("2024-01-07T02:00:00Z", &[case.other]).await;
    case.sql(&format!("DELETE FROM visit_elders WHERE visit_id = '{shut}'"))
        .await;
    case.sql(&format!(
        "UPDATE visits SET outcome = 'no_answer' WHERE id = '{shut}'"
    ))
    .await;
    let path = format!("/api/v1/elders/{}/timeline", case.other);
    let whole = case.steward.get(&path).await.expect(200);
    let lines: Vec<String> = whole["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| {
            ["kind", "summary", "subject"]
                .map(|f| e[f].as_str().unwrap())
                .join(" ")
        })
        .collect();
    let mut sorted = lines.clone();
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        [
            "event excused fall",
            "follow_up not_reached 1",
            "hazard open gas,advice",
            "need ordered meals",
            "order requested meals",
            "status in_hospital ",
            "visit met safety,needs",
            "visit met safety,needs",
            "visit met safety,needs",
            "visit no_answer safety,needs",
        ]
    );
    assert_eq!(lines[..2], ["event excused fall", "status in_hospital "]);
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = case
            .steward
            .get(&format!("{path}?limit=2{cursor}"))
            .await
            .expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        paged.extend(items.iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(json!(paged), whole["items"]);
    let times: Vec<&str> = paged.iter().map(|e| e["at"].as_str().unwrap()).collect();
    assert!(times.windows(2).all(|two| two[0] >= two[1]), "{times:?}");
    case.city.stop().await;
}

#[actix_web::test]
async fn nothing_is_owed_any_more_to_a_dwelling_that_a_merge_has_emptied() {
    let case = Case::new().await;
    for elder in [case.kept, case.other] {
        let category = json!({ "code": "disabled", "starts_on": "2024-01-01" });
        case.officer
            .post(&format!("/api/v1/elders/{elder}/categories"), category)
            .await
            .expect(200);
    }
    case.city.service.run_jobs().await;
    let owed = "SELECT h.building || ' ' || o.status || coalesce(' ' || o.excuse, '') FROM obligations o \
                JOIN households h ON h.id = o.household_id ORDER BY 1";
    assert_eq!(case.sql(owed).await, ["1 owed", "2 owed"]);
    case.merge(case.kept, case.other).await;
    case.city.service.run_jobs().await;
    assert_eq!(case.sql(owed).await, ["1 owed", "2 excused moved"]);
    case.city.stop().await;
}
