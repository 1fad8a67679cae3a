//! Figures are their lists, their parts are their records, and each counts what its definition says.

use crate::support::{Person, TestCity};
use diesel_async::SimpleAsyncConnection;
use serde_json::Value;
use std::collections::BTreeMap;
use steward::tx::Role;
use uuid::Uuid;

/// Runs SQL in the city's database.
pub async fn sql(city: &TestCity, text: &str) {
    let mut conn = city.service.state.pool.get().await.unwrap();
    conn.batch_execute(text)
        .await
        .unwrap_or_else(|e| panic!("{e}: {text}"));
}

/// A met visit for safety with all four checks, to these elders.
pub async fn visit(city: &TestCity, household: Uuid, steward: Uuid, elders: &[Uuid], at: &str) -> Uuid {
    let id = city.service.state.clock.new_id();
    let mut text = format!(
        "INSERT INTO visits (id, root_id, revision, household_id, community_id, steward_id, purposes, outcome, started_at, ended_at, \
         received_at, device_offset_ms, position, gas, electric, fire, water, check_points, form_version) \
         SELECT '{id}', '{id}', 1, h.id, h.community_id, '{steward}', '{{safety}}', 'met', '{at}', '{at}', \
         '{at}', 0, 'unknown', 'safe', 'safe', 'safe', 'safe', '{{}}', 1 FROM households h WHERE h.id = '{household}';"
    );
    for elder in elders {
        text += &format!(
            "INSERT INTO visit_elders (visit_id, elder_id, condition, diet, mood) VALUES ('{id}', '{elder}', 'good', 'regular', 'calm');"
        );
    }
    sql(city, &text).await;
    id
}

/// What stands in a city with records of everything.
pub struct Full {
    pub city: TestCity,
    pub officer: Person,
    pub auditor: Person,
    pub communities: [Uuid; 3],
    pub stewards: [Uuid; 2],
    pub households: [Uuid; 4],
    /// A couple, one, one (who is in another district), one who was never visited.
    pub elders: [Uuid; 5],
    pub organisation: Uuid,
    worker: Uuid,
}

impl Full {
    /// A need and its order.
    pub async fn order(
        &self,
        elder: Uuid,
        item: &str,
        completed: Option<&str>,
        status: &str,
        round_of: Option<Uuid>,
    ) -> Uuid {
        let (id, need) = (
            self.city.service.state.clock.new_id(),
            self.city.service.state.clock.new_id(),
        );
        let quoted = |text: Option<&str>| text.map_or("NULL".to_owned(), |t| format!("'{t}'"));
        let (at, steward) = (quoted(completed), self.stewards[0]);
        let taken = status != "unmet";
        let (organisation, worker) = if taken {
            (format!("'{}'", self.organisation), format!("'{}'", self.worker))
        } else {
            ("NULL".to_owned(), "NULL".to_owned())
        };
        let (round, original, previous) = match round_of {
            Some(first) => (2, first, format!("'{first}'")),
            None => (1, id, "NULL".to_owned()),
        };
        sql(
            &self.city,
            &format!(
                "INSERT INTO needs (id, elder_id, household_id, community_id, item_id, channel, event_id, description, status, collected_by, \
                 collected_at, received_at, closed_at, version) SELECT '{need}', e.id, e.household_id, e.community_id, i.id, 'call', '{need}', '', 'ordered', \
                 '{steward}', '2024-01-10T09:00:00+08', '2024-01-10T09:00:00+08', '2024-01-10T09:00:00+08', 1 FROM elders e, menu_items i \
                 WHERE e.id = '{elder}' AND i.code = '{item}'; \
                 INSERT INTO service_orders (id, case_id, need_id, elder_id, household_id, community_id, item_id, entitlement, round, original_id, previous_id, \
                 status, organisation_id, worker_id, tier_reached, refusals, requested_by, requested_at, scheduled_for, started_at, completed_at, signed_by, \
                 market_fen, subsidy_fen, elder_pays_fen, closed_at, version) SELECT '{id}', '{need}', '{need}', e.id, e.household_id, e.community_id, i.id, \
                 e.entitlement, {round}, '{original}', {previous}, '{status}', {organisation}, {worker}, 'organisation', 0, '{steward}', '2024-01-10T10:00:00+08', \
                 {at}, {at}, {at}, CASE WHEN {at}::timestamptz IS NOT NULL THEN '本人' END, 0, 0, 0, NULL, 1 FROM elders e, menu_items i \
                 WHERE e.id = '{elder}' AND i.code = '{item}'; \
                 INSERT INTO order_clocks (order_id, clock, started_at, due_at, paused_seconds) VALUES ('{id}', 'elder', '2024-01-10T10:00:00+08', \
                 '2024-01-15T10:00:00+08', 0)"
            ),
        )
        .await;
        id
    }

    /// A survey of a round; no answers where nobody was reached.
    pub async fn survey(&self, order: Uuid, original: Uuid, round: i16, answer: Option<&str>) {
        let id = self.city.service.state.clock.new_id();
        let (reached, a) = (
            answer.is_some(),
            answer.map_or("NULL".to_owned(), |a| format!("'{a}'")),
        );
        let good = answer.map_or("NULL", |_| "'satisfied'");
        sql(
            &self.city,
            &format!(
                "INSERT INTO followups (id, order_id, original_id, round, community_id, surveyor_id, channel, reached, content, attitude, quality, efficiency, words, \
                 surveyed_at, received_at) SELECT '{id}', '{order}', '{original}', {round}, o.community_id, '{}', 'call', {reached}, {good}, {good}, {a}, {good}, '', \
                 '2024-01-20T10:00:00+08', '2024-01-20T10:00:00+08' FROM service_orders o WHERE o.id = '{order}'",
                self.stewards[0]
            ),
        )
        .await;
    }

    /// The code of each indicator with numerator, denominator and excused, for a query.
    pub async fn figures(
        &self,
        person: &Person,
        query: &str,
    ) -> BTreeMap<String, (i64, Option<i64>, Option<i64>)> {
        let mut all = BTreeMap::new();
        for indicator in indicators(person).await {
            let code = indicator["code"].as_str().unwrap();
            let figure = person
                .get(&format!("/api/v1/statistics/indicators/{code}?{query}"))
                .await
                .expect(200);
            all.insert(code.to_owned(), counts(&figure));
        }
        all
    }
}

/// Numerator, denominator and excused of a figure.
pub fn counts(figure: &Value) -> (i64, Option<i64>, Option<i64>) {
    (
        figure["numerator"].as_i64().unwrap(),
        figure["denominator"].as_i64(),
        figure["excused"].as_i64(),
    )
}

/// The registry.
pub async fn indicators(person: &Person) -> Vec<Value> {
    let all = person.get("/api/v1/statistics/indicators").await.expect(200);
    let all = all.as_array().unwrap().clone();
    assert!(all.len() > 30);
    all
}

/// A city on 5 February 2024 with records of everything in January, and some before and after.
pub async fn full() -> Full {
    let city = TestCity::at("2024-02-05T01:00:00Z").await;
    let communities = [
        city.community("630104001000").await,
        city.community("630104002000").await,
        city.community("630102001000").await,
    ];
    let [a, b, c] = communities;
    let (one, two) = (city.steward(&[a, c]).await, city.steward(&[b]).await);
    let households = [
        city.household(a, "1", "101").await,
        city.household(b, "1", "101").await,
        city.household(c, "1", "101").await,
        city.household(a, "1", "102").await,
    ];
    let elders = [
        city.elder(households[0]).await,
        city.elder(households[0]).await,
        city.elder(households[1]).await,
        city.elder(households[2]).await,
        city.elder(households[3]).await,
    ];
    sql(&city, "UPDATE elders SET enrolled_at = '2023-10-01T00:00:00+08'").await;
    let (_, organisation, worker) = city.provider(&["meals", "cleaning"]).await;
    let full = Full {
        officer: city.scoped(Role::Officer, "6301").await,
        auditor: city.scoped(Role::Auditor, "6301").await,
        stewards: [one.id, two.id],
        city,
        communities,
        households,
        elders,
        organisation,
        worker,
    };
    let city = &full.city;
    // The last second of January in Xining, the first of February, and the last of December.
    visit(
        city,
        households[0],
        one.id,
        &elders[..2],
        "2024-01-31T23:59:59+08",
    )
    .await;
    visit(
        city,
        households[0],
        one.id,
        &elders[..2],
        "2024-02-01T00:00:00+08",
    )
    .await;
    visit(
        city,
        households[0],
        one.id,
        &elders[..1],
        "2023-12-31T23:59:59+08",
    )
    .await;
    visit(
        city,
        households[0],
        one.id,
        &elders[..1],
        "2024-01-10T10:00:00+08",
    )
    .await;
    let b_visit = visit(
        city,
        households[1],
        two.id,
        &elders[2..3],
        "2024-01-11T10:00:00+08",
    )
    .await;
    let later = visit(
        city,
        households[1],
        two.id,
        &elders[2..3],
        "2024-01-18T10:00:00+08",
    )
    .await;
    // Gas was left unchecked: a home visit, no safety visit.
    sql(
        city,
        &format!("UPDATE visits SET gas = 'not_checked' WHERE id = '{b_visit}'"),
    )
    .await;
    let c_visit = visit(
        city,
        households[2],
        one.id,
        &elders[3..4],
        "2024-01-12T10:00:00+08",
    )
    .await;
    // Corrected: the later version alone counts.
    let corrected = city.service.state.clock.new_id();
    sql(
        city,
        &format!(
            "INSERT INTO visits (id, root_id, revision, correction_reason, household_id, community_id, steward_id, purposes, outcome, started_at, ended_at, \
             received_at, device_offset_ms, position, gas, electric, fire, water, check_points, form_version) \
             SELECT '{corrected}', root_id, 2, 'time', household_id, community_id, steward_id, purposes, outcome, started_at, ended_at, received_at, \
             device_offset_ms, position, gas, electric, fire, water, check_points, form_version FROM visits WHERE id = '{c_visit}'; \
             UPDATE visits SET superseded_at = received_at WHERE id = '{c_visit}'; \
             INSERT INTO visit_elders (visit_id, elder_id, condition, diet, mood) VALUES ('{corrected}', '{}', 'good', 'regular', 'calm')",
            elders[3]
        ),
    )
    .await;
    // Needs of one event of one household: two needs, one household-time.
    let (event, other) = (
        city.service.state.clock.new_id(),
        city.service.state.clock.new_id(),
    );
    for (event, status, resolution) in [
        (event, "solved", "'done'"),
        (event, "open", "NULL"),
        (other, "withdrawn", "'no'"),
    ] {
        let id = city.service.state.clock.new_id();
        let closed = if status == "open" {
            "NULL"
        } else {
            "'2024-01-16T09:00:00+08'"
        };
        sql(
            city,
            &format!(
                "INSERT INTO needs (id, elder_id, household_id, community_id, item_id, channel, event_id, description, status, resolution, collected_by, \
                 collected_at, received_at, closed_at, version) SELECT '{id}', e.id, e.household_id, e.community_id, i.id, 'visit', '{event}', '', '{status}', {resolution}, \
                 '{}', '2024-01-16T09:00:00+08', '2024-01-16T09:00:00+08', {closed}, 1 FROM elders e, menu_items i WHERE e.id = '{}' AND i.code = 'companionship'",
                two.id, elders[2]
            ),
        )
        .await;
    }
    // Orders: satisfied; dissatisfied and satisfied after rework; not reached; basically satisfied and late, cleaning; unmet.
    let satisfied = full
        .order(
            elders[0],
            "meals",
            Some("2024-01-12T10:00:00+08"),
            "followed_up",
            None,
        )
        .await;
    full.survey(satisfied, satisfied, 1, Some("satisfied")).await;
    let reworked = full
        .order(
            elders[0],
            "meals",
            Some("2024-01-13T10:00:00+08"),
            "followed_up",
            None,
        )
        .await;
    full.survey(reworked, reworked, 1, Some("dissatisfied")).await;
    let rework = full
        .order(
            elders[0],
            "meals",
            Some("2024-01-14T10:00:00+08"),
            "followed_up",
            Some(reworked),
        )
        .await;
    full.survey(rework, reworked, 2, Some("satisfied")).await;
    let silent = full
        .order(
            elders[2],
            "meals",
            Some("2024-01-14T12:00:00+08"),
            "completed",
            None,
        )
        .await;
    full.survey(silent, silent, 1, None).await;
    let late = full
        .order(
            elders[3],
            "cleaning",
            Some("2024-01-25T10:00:00+08"),
            "followed_up",
            None,
        )
        .await;
    full.survey(late, late, 1, Some("basically_satisfied")).await;
    full.order(elders[3], "medical_nursing", None, "unmet", None)
        .await;
    // Hazards: cleared before its deadline, overdue, advice.
    sql(
        city,
        &format!(
            "INSERT INTO hazards (id, household_id, community_id, kind, severity, check_point, description, measure, status, found_visit_id, found_by, found_at, \
             due_at, report_due_at, reported_at, cleared_visit_id, cleared_at, version) VALUES \
             (gen_random_uuid(), '{h}', '{b}', 'gas', 'major', 'hose', '', 'shut', 'cleared', '{b_visit}', '{s}', '2024-01-11T10:00:00+08', '2024-02-03T10:00:00+08', '2024-01-11T11:00:00+08', \
              '2024-01-11T10:20:00+08', '{later}', '2024-01-18T10:00:00+08', 1), \
             (gen_random_uuid(), '{h}', '{b}', 'fire', 'general', 'door', '', '', 'open', '{b_visit}', '{s}', '2024-01-11T10:00:00+08', '2024-01-20T10:00:00+08', NULL, NULL, NULL, NULL, 1), \
             (gen_random_uuid(), '{h}', '{b}', 'water', 'advice', 'tap', '', '', 'open', '{b_visit}', '{s}', '2024-01-11T10:00:00+08', NULL, NULL, NULL, NULL, NULL, 1)",
            h = households[1], s = two.id
        ),
    )
    .await;
    // Obligations of the week that ended on 15 January, of January, and of the week that ended in it but is still in its grace.
    let owed = |community: Uuid,
                household: Uuid,
                kind: &str,
                period: &str,
                due: &str,
                grace: &str,
                end: &str| {
        format!(
            "INSERT INTO obligations (id, household_id, community_id, kind, period, starts_at, due_at, grace_until, reasons, risk, status, excuse, visit_id, \
             responsible_id, closed_at, created_at) VALUES (gen_random_uuid(), '{household}', '{community}', '{kind}', '{period}', '2024-01-01T00:00:00+08', \
             '{due}T00:00:00+08', '{grace}T00:00:00+08', '{{}}', 0, {end}, '2024-01-01T00:00:00+08');"
        )
    };
    let done = format!("'done', NULL, '{later}', '{}', '2024-01-18T10:00:00+08'", two.id);
    let (missed, excused) = (
        "'missed', NULL, NULL, NULL, '2024-01-17T00:00:00+08'",
        "'excused', 'in_hospital', NULL, NULL, '2024-01-12T00:00:00+08'",
    );
    let [ha, hb, hc, hd] = households;
    sql(
        city,
        &[
            owed(b, hb, "weekly", "2024-W02", "2024-01-15", "2024-01-17", &done),
            owed(a, ha, "weekly", "2024-W02", "2024-01-15", "2024-01-17", missed),
            owed(c, hc, "weekly", "2024-W02", "2024-01-15", "2024-01-17", excused),
            owed(
                a,
                hd,
                "weekly",
                "2024-W02",
                "2024-01-15",
                "2024-01-17",
                "'owed', NULL, NULL, NULL, NULL",
            ),
            owed(b, hb, "weekly", "2024-W05", "2024-01-31", "2024-02-06", &done),
            owed(b, hb, "monthly", "2024-01", "2024-02-01", "2024-02-03", &done),
        ]
        .join(""),
    )
    .await;
    // Acknowledged in the 90 seconds that these had, later, and never; at the door at the last moment, too late, and never.
    for (at, acknowledged, arrived) in [
        ("10:00:00", Some("10:01:30"), "r.at + interval '15 minutes'"),
        (
            "11:00:00",
            Some("11:01:31"),
            "r.at + interval '15 minutes 1 second'",
        ),
        ("12:00:00", None, "NULL"),
    ] {
        let acknowledged = acknowledged.map_or("'raised', NULL, NULL".to_owned(), |t| {
            format!("'acknowledged', '2024-01-09T{t}+08', '{}'", two.id)
        });
        sql(
            city,
            &format!(
                "INSERT INTO emergencies (id, household_id, community_id, status, acknowledged_at, acknowledged_by, raised_at, arrived_at, version, \
                 answer_due_at, acknowledge_due_at, under_way_due_at, arrive_due_at) \
                 SELECT gen_random_uuid(), '{hb}', '{b}', x.s::emergency_status, x.t::timestamptz, x.u::uuid, r.at, {arrived}, 1, \
                 r.at + interval '1 minute', r.at + interval '90 seconds', r.at + interval '5 minutes', r.at + interval '15 minutes' \
                 FROM (VALUES ({acknowledged})) AS x (s, t, u), (VALUES ('2024-01-09T{at}+08'::timestamptz)) AS r (at)"
            ),
        )
        .await;
    }
    // Sixty were told of a policy in a community, on television nobody in particular; at home a couple, and one whose visit was
    // corrected.
    let policy = city.service.state.clock.new_id();
    let event = |channel: &str, explained: i32| {
        let id = city.service.state.clock.new_id();
        format!(
            "INSERT INTO publicity_events (id, root_id, revision, channel, community_id, division_code, subject, venue, held_at, attendance, explained, \
             recorded_by, received_at) VALUES ('{id}', '{id}', 1, '{channel}', '{a}', '630104001000', '宣讲', '', '2024-01-17T10:00:00+08', 80, {explained}, \
             '{}', '2024-01-17T10:00:00+08');",
            one.id
        )
    };
    let told = format!(
        "INSERT INTO policies (id, code, issued_by, created_by, created_at) VALUES ('{policy}', 'allowance', '6301', '{o}', '2023-10-01'); \
         INSERT INTO policy_versions (policy_id, version, title_zh, title_en, text, source, how_to_apply, documents, valid_from, categories_any, \
         categories_none, applies_in, recorded_by, recorded_at) VALUES ('{policy}', 1, '津贴', 'allowance', '津贴', '示例', '', '{{}}', '2023-10-01', '{{}}', \
         '{{}}', '6301', '{o}', '2023-10-01'); \
         INSERT INTO visit_policies SELECT m.visit_id, m.elder_id, '{policy}', 1 FROM visit_elders m JOIN visits v ON v.id = m.visit_id \
         WHERE v.started_at = '2024-01-31T23:59:59+08' OR v.root_id = '{c_visit}';",
        o = full.officer.id
    );
    sql(
        city,
        &[told, event("leaflet", 60), event("television", 0)].join(""),
    )
    .await;
    full
}

#[actix_web::test]
async fn a_figure_is_its_list_and_no_key_leads_to_an_elder() {
    let full = full().await;
    let mut seen = 0;
    for indicator in indicators(&full.officer).await {
        let path = format!(
            "/api/v1/statistics/indicators/{}",
            indicator["code"].as_str().unwrap()
        );
        let figure = full
            .officer
            .get(&format!("{path}?month=2024-01"))
            .await
            .expect(200);
        let list = full
            .officer
            .get(&format!("{path}/records?month=2024-01&limit=200"))
            .await
            .expect(200);
        let items = list["items"].as_array().unwrap();
        seen += items.len();
        let of = |counts: bool, excused: bool| {
            let those = items
                .iter()
                .filter(|r| r["counts"] == counts && r["excused"] == excused);
            those.map(|r| r["weight"].as_i64().unwrap()).sum::<i64>()
        };
        assert_eq!(
            indicator["weighted"] == true,
            items.iter().any(|r| r["weight"] != 1),
            "{path}"
        );
        assert_eq!(of(true, true), 0, "{path}");
        assert_eq!(figure["numerator"], of(true, false), "{path}");
        if indicator["kind"] == "ratio" {
            let all = of(true, false) + of(false, false);
            assert_eq!(figure["denominator"], all, "{path}");
            assert_eq!(figure["excused"], of(false, true), "{path}");
            assert_eq!(figure["display"] == "—", all == 0, "{path}");
            assert_eq!(figure["value"].is_null(), all == 0, "{path}");
        } else {
            assert!(items.iter().all(|r| r["counts"] == true), "{path}");
        }
        // Page after page the same list.
        let mut pages = Vec::new();
        let mut next = format!("{path}/records?month=2024-01&limit=2");
        loop {
            let page = full.officer.get(&next).await.expect(200);
            pages.extend(page["items"].as_array().unwrap().clone());
            match page["next_cursor"].as_str() {
                Some(cursor) => next = format!("{path}/records?month=2024-01&limit=2&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(&pages, items, "{path}");
        let audited = full
            .auditor
            .get(&format!("{path}/records?month=2024-01&limit=200"))
            .await
            .expect(200)
            .to_string();
        for elder in full.elders {
            assert!(!audited.contains(&elder.to_string()), "{path}");
            assert!(!audited.contains(&md5(&full.city, elder).await), "{path}");
        }
    }
    assert!(seen > 50, "{seen}");
    full.city.stop().await;
}

/// What an unsalted digest of the id would be.
async fn md5(city: &TestCity, elder: Uuid) -> String {
    #[derive(diesel::QueryableByName)]
    struct Digest {
        #[diesel(sql_type = diesel::sql_types::Text)]
        md5: String,
    }
    let mut conn = city.service.state.pool.get().await.unwrap();
    let digest: Digest = diesel_async::RunQueryDsl::get_result(
        steward::db::statement("SELECT md5($1::text) AS md5")
            .bind::<diesel::sql_types::Text, _>(elder.to_string()),
        &mut *conn,
    )
    .await
    .unwrap();
    digest.md5
}

#[actix_web::test]
async fn each_indicator_counts_what_its_definition_says() {
    let full = full().await;
    let figures = full.figures(&full.officer, "month=2024-01").await;
    let expected = [
        ("communities", (3, None, None)),
        ("stewards", (2, None, None)),
        ("needs_households", (8, None, None)),
        ("needs_dwellings", (3, None, None)),
        ("needs", (9, None, None)),
        ("needs_solved", (1, None, None)),
        ("needs_ordered", (6, None, None)),
        ("home_visits", (6, None, None)),
        ("home_visit_people", (4, None, None)),
        ("safety_visits", (5, None, None)),
        ("safety_visit_people", (4, None, None)),
        ("coverage", (3, Some(4), Some(0))),
        ("elders_visited_rate", (4, Some(5), Some(0))),
        ("third_party_services", (4, None, None)),
        ("services_meal", (3, None, None)),
        ("services_cleaning", (1, None, None)),
        ("services_medical", (0, None, None)),
        ("third_party_people", (3, None, None)),
        ("rework_services", (1, None, None)),
        ("social_elders_served", (3, None, None)),
        ("followups", (3, None, None)),
        ("followup_rate", (3, Some(4), Some(0))),
        ("satisfaction_first", (2, Some(3), Some(1))),
        ("satisfaction_final", (3, Some(3), Some(1))),
        ("satisfied_strictly", (2, Some(3), Some(1))),
        ("satisfied_after_rework", (1, None, None)),
        ("on_time_rate", (3, Some(4), Some(0))),
        ("unmet_orders", (1, None, None)),
        ("resources", (1, None, None)),
        ("weekly_visits", (5, None, None)),
        ("weekly_rate", (1, Some(3), Some(1))),
        ("monthly_rate", (1, Some(1), Some(0))),
        ("hazards_found", (3, None, None)),
        ("hazards_cleared", (1, None, None)),
        ("clear_rate", (1, Some(2), Some(0))),
        ("hazards_overdue", (1, None, None)),
        ("reported_in_time", (1, Some(1), Some(0))),
        ("emergencies", (3, None, None)),
        ("ack_in_time", (1, Some(3), Some(0))),
        ("arrive_in_time", (1, Some(3), Some(0))),
        ("publicity_events", (2, None, None)),
        ("policy_explanations", (63, None, None)),
    ];
    for (code, counts) in expected {
        assert_eq!(figures[code], counts, "{code}");
    }
    // The week's grace ended on the 6th: from then on it is judged.
    full.city.advance(chrono::Duration::days(1));
    assert_eq!(
        full.figures(&full.officer, "month=2024-01").await["weekly_rate"],
        (2, Some(4), Some(1))
    );
    // A gap stays one, whoever takes the order later; and a withdrawn hazard is none.
    sql(
        &full.city,
        &format!(
            "INSERT INTO order_events (id, order_id, seq, to_status, device_at, received_at, reason, data) SELECT gen_random_uuid(), id, 1, 'unmet', requested_at, \
             requested_at, '', '{{}}' FROM service_orders WHERE status = 'unmet'; \
             UPDATE service_orders SET status = 'accepted', organisation_id = '{}' WHERE status = 'unmet'",
            full.organisation
        ),
    )
    .await;
    assert_eq!(
        full.figures(&full.officer, "month=2024-01").await["unmet_orders"].0,
        1
    );
    full.city.stop().await;
}

#[actix_web::test]
async fn coverage_of_an_old_month_is_that_of_the_people_who_lived_there_then() {
    let full = full().await;
    let coverage = async || {
        let path = "/api/v1/statistics/indicators/coverage?month=2024-01";
        counts(&full.officer.get(path).await.expect(200))
    };
    let history = async |elder: Uuid, status: &str, since: &str, before: &str| {
        sql(
            &full.city,
            &format!(
                "INSERT INTO elder_statuses (id, elder_id, status, starts_on, ends_on, reason, recorded_at) VALUES \
                 (gen_random_uuid(), '{elder}', '{before}', '2023-10-01', '{since}', '', '2024-02-04T00:00:00Z'), \
                 (gen_random_uuid(), '{elder}', '{status}', '{since}', NULL, '', '2024-02-04T00:00:00Z'); \
                 UPDATE elders SET status = '{status}', status_since = '{since}' WHERE id = '{elder}'"
            ),
        )
        .await;
    };
    assert_eq!(coverage().await, (3, Some(4), Some(0)));
    // Moved on the first day after: still of January.
    history(full.elders[4], "moved", "2024-02-01", "active").await;
    assert_eq!(coverage().await, (3, Some(4), Some(0)));
    sql(
        &full.city,
        &format!("DELETE FROM elder_statuses WHERE elder_id = '{}'", full.elders[4]),
    )
    .await;
    // Moved on the last day: no more of it.
    history(full.elders[4], "moved", "2024-01-31", "active").await;
    assert_eq!(coverage().await, (3, Some(3), Some(0)));
    sql(
        &full.city,
        &format!("DELETE FROM elder_statuses WHERE elder_id = '{}'", full.elders[4]),
    )
    .await;
    // Who declined then is shown apart, also when they want visits again by now.
    history(full.elders[4], "active", "2024-02-02", "declined").await;
    assert_eq!(coverage().await, (3, Some(3), Some(1)));
    sql(
        &full.city,
        &format!("DELETE FROM elder_statuses WHERE elder_id = '{}'", full.elders[4]),
    )
    .await;
    // Two files of one person: one elder of one household.
    sql(
        &full.city,
        &format!(
            "UPDATE elders SET status = 'merged', merged_into_id = '{}' WHERE id = '{}'",
            full.elders[2], full.elders[4]
        ),
    )
    .await;
    assert_eq!(coverage().await, (3, Some(3), Some(0)));
    sql(
        &full.city,
        &format!(
            "UPDATE elders SET status = 'merged', merged_into_id = '{}' WHERE id = '{}'",
            full.elders[2], full.elders[3]
        ),
    )
    .await;
    let figures = full.figures(&full.officer, "month=2024-01").await;
    assert_eq!(figures["home_visit_people"].0, 3);
    assert_eq!(figures["third_party_people"].0, 2);
    assert_eq!(figures["social_elders_served"].0, 2);
    full.city.stop().await;
}

#[actix_web::test]
async fn the_figures_of_the_divisions_are_those_asked_for_one_by_one() {
    let full = full().await;
    let mut compared = 0;
    for division in ["6301", "630104", "630104001", "630102"] {
        let monthly = full
            .officer
            .get(&format!(
                "/api/v1/statistics/monthly?month=2024-01&division={division}"
            ))
            .await
            .expect(200);
        let divisions = monthly["divisions"].as_array().unwrap();
        assert_eq!(divisions[0]["division"], division);
        for place in divisions {
            let query = format!("month=2024-01&division={}", place["division"].as_str().unwrap());
            let single = full.figures(&full.officer, &query).await;
            let grouped: BTreeMap<_, _> = place["figures"]
                .as_array()
                .unwrap()
                .iter()
                .map(|f| (f["code"].as_str().unwrap().to_owned(), counts(f)))
                .collect();
            assert_eq!(grouped, single, "{query}");
            compared += grouped.values().filter(|(numerator, ..)| *numerator > 0).count();
        }
    }
    assert!(compared > 100, "{compared}");
    let city = full
        .officer
        .get("/api/v1/statistics/monthly?month=2024-01&division=6301")
        .await
        .expect(200);
    let names: Vec<_> = city["divisions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| (d["division"].as_str().unwrap(), d["name"].as_str().unwrap()))
        .collect();
    assert_eq!(
        names,
        [("6301", "西宁市"), ("630102", "城东区"), ("630104", "城西区")]
    );
    full.city.stop().await;
}

#[actix_web::test]
async fn parts_open_to_their_records_and_sum_to_the_figure() {
    let full = full().await;
    let mut looked_at = 0;
    for indicator in indicators(&full.officer).await {
        let path = format!(
            "/api/v1/statistics/indicators/{}",
            indicator["code"].as_str().unwrap()
        );
        let whole = counts(
            &full
                .officer
                .get(&format!("{path}?month=2024-01"))
                .await
                .expect(200),
        );
        for by in indicator["by"].as_array().unwrap() {
            let by = by.as_str().unwrap();
            let answer = full
                .officer
                .get(&format!("{path}?month=2024-01&by={by}"))
                .await
                .expect(200);
            assert_eq!(counts(&answer), whole, "{path} by {by}");
            let mut sum = (0, 0, 0);
            for part in answer["parts"].as_array().unwrap() {
                let figure = counts(&part["figure"]);
                sum.0 += figure.0;
                sum.1 += figure.1.unwrap_or(0);
                sum.2 += figure.2.unwrap_or(0);
                let Some(name) = part["part"].as_str() else {
                    continue;
                };
                assert!(!part["name"].is_null(), "{path} by {by}: {name}");
                let single = full
                    .officer
                    .get(&format!("{path}?month=2024-01&{by}={name}"))
                    .await
                    .expect(200);
                assert_eq!(counts(&single), figure, "{path} {by}={name}");
                looked_at += 1;
            }
            if indicator["additive"] == true {
                let whole = (whole.0, whole.1.unwrap_or(0), whole.2.unwrap_or(0));
                assert_eq!(sum, whole, "{path} by {by}");
            }
        }
    }
    assert!(looked_at > 100, "{looked_at}");
    // One steward works in two districts.
    let stewards = full
        .officer
        .get("/api/v1/statistics/indicators/stewards?month=2024-01&by=division")
        .await
        .expect(200);
    let parts: Vec<_> = stewards["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| {
            (
                p["name"].as_str().unwrap(),
                p["figure"]["numerator"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        (parts, stewards["numerator"].as_i64()),
        (vec![("城东区", 1), ("城西区", 2)], Some(2))
    );
    let meals = full
        .officer
        .get("/api/v1/statistics/indicators/third_party_services?month=2024-01&by=item")
        .await
        .expect(200);
    assert_eq!(meals["parts"][1]["part"], "meal");
    assert_eq!(
        (
            &meals["parts"][1]["name"],
            &meals["parts"][1]["figure"]["numerator"]
        ),
        (&"助餐".into(), &3.into())
    );
    for foreign in [
        "emergencies?month=2024-01&by=steward",
        "emergencies?month=2024-01&item=meal",
        "coverage/records?month=2024-01&kind=gas",
    ] {
        let path = format!("/api/v1/statistics/indicators/{foreign}");
        assert_eq!(full.officer.get(&path).await.refused(422), "invalid", "{foreign}");
    }
    full.city.stop().await;
}

#[actix_web::test]
async fn figures_are_those_of_the_asker_s_area() {
    let full = full().await;
    let east = full.city.scoped(Role::Officer, "630102").await;
    let visits = "/api/v1/statistics/indicators/home_visits?month=2024-01";
    assert_eq!(full.officer.get(visits).await.expect(200)["numerator"], 6);
    assert_eq!(east.get(visits).await.expect(200)["numerator"], 1);
    let monthly = "/api/v1/statistics/monthly?month=2024-01&division=6301";
    let seen = east.get(monthly).await.expect(200);
    let visits = seen["divisions"][0]["figures"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["code"] == "home_visits")
        .unwrap();
    assert_eq!(visits["numerator"], 1);
    full.city.stop().await;
}
