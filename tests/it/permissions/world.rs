//! A small city with everything in it that an operation can be about: in the steward's own community, in another of the same
//! district, in another district; and before the one provider, and before the other.

use super::calls::{application, counts, renamed, snooze};
use crate::{
    alerts::{emergency, raise},
    assessments::assessment,
    attachments::{photo, upload},
    care_beds::{Hands, broken_button},
    policies,
    support::{Person, TestCity},
};
use chrono::{DateTime, Utc};
use diesel_async::RunQueryDsl;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use steward::{resources::credit_code::with_checks, tx::Role};
use uuid::Uuid;

/// Meals: a provider's work.
pub const MEALS: &str = "018b0000-0000-7000-8000-000000000004";
/// Company: a steward may give it.
pub const COMPANY: &str = "018b0000-0000-7000-8000-000000000003";

/// A day of somebody's duty for a district.
pub fn shift(county: &str, user: Uuid) -> Value {
    json!({ "division": county, "user_id": user, "starts_at": "2024-01-09T00:00:00+08:00", "ends_at": "2024-01-10T00:00:00+08:00",
            "desk": "值班室", "phone": "6100000" })
}

/// Where a thing is, seen from the steward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the steward's community.
    Own,
    /// In another steward's community of the same district.
    Near,
    /// In another district.
    Far,
}

/// Whose order a thing is, seen from the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Firm {
    /// The provider's own.
    Own,
    /// The other organisation's.
    Other,
}

/// Where a thing is, and whose.
pub type At = (Place, Firm);

/// The steward's own, and the provider's.
pub const HERE: At = (Place::Own, Firm::Own);

/// Somebody who asks, and about which things the table says what they may do.
pub struct Asker {
    pub role: Role,
    pub person: Person,
    pub about: &'static [At],
}

const AREAS: &[At] = &[
    (Place::Own, Firm::Own),
    (Place::Near, Firm::Own),
    (Place::Far, Firm::Own),
];
const FIRMS: &[At] = &[(Place::Own, Firm::Own), (Place::Own, Firm::Other)];

/// Whether a role may know of what is there.
pub fn sees(role: Role, (place, firm): At) -> bool {
    match role {
        Role::Steward => place == Place::Own,
        Role::Provider => firm == Firm::Own,
        Role::Officer | Role::Duty | Role::Auditor => place != Place::Far,
        Role::Admin => true,
    }
}

/// One place.
pub struct Spot {
    pub community: Uuid,
    pub code: String,
    pub division: &'static str,
    pub household: Uuid,
    pub elder: Uuid,
    pub steward: Person,
    pub resource: Uuid,
}

/// One provider.
pub struct Provider {
    pub person: Person,
    pub organisation: Uuid,
    pub worker: Uuid,
}

/// The city.
pub struct World {
    pub city: TestCity,
    pub askers: Vec<Asker>,
    /// For each role that has an area or an organisation, somebody of another one.
    pub strangers: Vec<(Role, Person)>,
    /// A second steward of the own community.
    pub deputy: Person,
    /// An officer of the whole city, who makes what an officer has to make.
    pub bureau: Person,
    spots: Vec<Spot>,
    providers: Vec<Provider>,
    known: BTreeMap<(&'static str, At), Uuid>,
    /// The ids of what lies somewhere, by which a leak is found.
    marks: BTreeSet<(At, String)>,
    serial: u32,
}

impl World {
    pub async fn new() -> Self {
        let city = TestCity::new().await;
        let mut world = Self {
            askers: Vec::new(),
            strangers: Vec::new(),
            deputy: city.stranger(),
            bureau: city.scoped(Role::Officer, "6301").await,
            spots: Vec::new(),
            providers: Vec::new(),
            known: BTreeMap::new(),
            marks: BTreeSet::new(),
            serial: 0,
            city,
        };
        for _ in 0..2 {
            let (person, organisation, worker) = world.city.provider(&["meals"]).await;
            world.providers.push(Provider {
                person,
                organisation,
                worker,
            });
        }
        // Nobody is ever full here, and nobody too full for an elder who pays.
        world
            .sql("UPDATE organisation_items SET weekly_capacity = 10000")
            .await;
        for division in ["630104001000", "630104002000", "630102001000"] {
            let (community, code) = world.community(division).await;
            let household = world.city.household(community, "1", "101").await;
            let elder = world.city.elder(household).await;
            let steward = world.city.steward(&[community]).await;
            let resource = world.resource(division).await;
            world.spots.push(Spot {
                community,
                code,
                division,
                household,
                elder,
                steward,
                resource,
            });
        }
        world.deputy = world.city.steward(&[world.spots[0].community]).await;
        for (n, place) in [Place::Own, Place::Near, Place::Far].into_iter().enumerate() {
            let Spot {
                community,
                household,
                elder,
                ..
            } = world.spots[n];
            for id in [community, household, elder] {
                world.mark((place, Firm::Own), id);
            }
        }
        let Provider {
            organisation, worker, ..
        } = world.providers[1];
        world.mark((Place::Own, Firm::Other), organisation);
        world.mark((Place::Own, Firm::Other), worker);
        world.askers = vec![
            Asker {
                role: Role::Steward,
                person: world.spots[0].steward.clone(),
                about: AREAS,
            },
            Asker {
                role: Role::Provider,
                person: world.providers[0].person.clone(),
                about: FIRMS,
            },
        ];
        world.strangers = vec![
            (Role::Steward, world.spots[2].steward.clone()),
            (Role::Provider, world.providers[1].person.clone()),
        ];
        for role in [Role::Officer, Role::Duty, Role::Auditor] {
            let stranger = world.city.scoped(role, "630102").await;
            world.strangers.push((role, stranger));
            let person = world.city.scoped(role, "630104").await;
            let about = AREAS;
            world.askers.push(Asker { role, person, about });
        }
        world.askers.push(Asker {
            role: Role::Admin,
            person: world.city.admin.clone(),
            about: AREAS,
        });
        world
    }

    pub fn spot(&self, (place, _): At) -> &Spot {
        &self.spots[place as usize]
    }

    pub fn provider(&self, (_, firm): At) -> &Provider {
        &self.providers[firm as usize]
    }

    pub fn now(&self) -> Value {
        json!(self.city.service.state.clock.now())
    }

    pub fn instant(&self) -> DateTime<Utc> {
        self.city.service.state.clock.now()
    }

    /// The one who asks as this role.
    pub fn asker(&self, role: Role) -> Person {
        let asker = self.askers.iter().find(|a| a.role == role);
        asker.expect("every role asks").person.clone()
    }

    pub fn serial(&mut self) -> u32 {
        self.serial += 1;
        self.serial
    }

    /// Remembers where a thing lies.
    fn mark(&mut self, at: At, id: Uuid) {
        self.marks.insert((at, id.to_string()));
    }

    /// What an answer to this role tells that it must not.
    pub fn leaks(&self, role: Role, text: &str) -> Vec<&str> {
        self.marks
            .iter()
            .filter(|(at, id)| !sees(role, *at) && text.contains(id.as_str()))
            .map(|(_, id)| id.as_str())
            .collect()
    }

    pub async fn sql(&self, text: &str) {
        let mut conn = self.city.service.state.pool.get().await.unwrap();
        diesel::sql_query(text)
            .execute(&mut *conn)
            .await
            .unwrap_or_else(|e| panic!("{e}: {text}"));
    }

    /// The one id that a query gives.
    async fn id(&self, text: &str) -> Uuid {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Uuid)]
            id: Uuid,
        }
        let mut conn = self.city.service.state.pool.get().await.unwrap();
        let row: Row = diesel::sql_query(text)
            .get_result(&mut *conn)
            .await
            .unwrap_or_else(|e| panic!("{e}: {text}"));
        row.id
    }

    /// What a thing's answer carries as its version.
    pub async fn etag(&self, path: &str) -> String {
        let person = if path.contains("/elders/") || path.contains("/resources/") {
            &self.bureau
        } else {
            &self.city.admin
        };
        let reply = person.get(path).await;
        reply
            .etag
            .unwrap_or_else(|| format!("\"{}\"", reply.body["version"]))
    }

    async fn community(&mut self, division: &str) -> (Uuid, String) {
        let (id, code) = (Uuid::now_v7(), format!("{division}{:03}", 500 + self.serial()));
        self.sql(&format!(
            "INSERT INTO communities (id, code, division_code, name, address, latitude, longitude, active_from, version, created_at) \
             VALUES ('{id}', '{code}', '{division}', '示例小区', '', 36.62, 101.77, '2023-10-01', 1, '2023-10-01')"
        ))
        .await;
        (id, code)
    }

    async fn resource(&mut self, division: &str) -> Uuid {
        let (id, code) = (Uuid::now_v7(), self.credit_code());
        self.sql(&format!(
            "INSERT INTO organisations (id, credit_code, name, tier, kind, takes_orders, always_open, phone, address, listed_from, version, created_at) \
             VALUES ('{id}', '{code}', '示例中心', 'organisation', 'service_organisation', false, true, '', '', '2023-10-01', 1, '2023-10-01')"
        ))
        .await;
        self.sql(&format!(
            "INSERT INTO organisation_coverage (organisation_id, division_prefix) VALUES ('{id}', '{}')",
            &division[..9]
        ))
        .await;
        id
    }

    pub fn credit_code(&mut self) -> String {
        with_checks("52", "630104", &format!("MJY{:05}", self.serial())).unwrap()
    }

    /// The same thing whenever it is asked for: for operations that change nothing.
    pub async fn seen(&mut self, kind: &'static str, at: At) -> Uuid {
        if let Some(id) = self.known.get(&(kind, at)) {
            return *id;
        }
        let id = self.make(kind, at).await;
        self.known.insert((kind, at), id);
        id
    }

    /// A thing of its own.
    pub async fn make(&mut self, kind: &'static str, at: At) -> Uuid {
        let id = match kind {
            "household" => self.household(at).await,
            "elder" => self.elder(at).await,
            "merge" => self.merge(at).await,
            "event" => {
                let elder = self.spot(at).elder;
                let fall = json!({ "id": Uuid::now_v7(), "kind": "fall", "occurred_at": self.now(), "device_now": self.now() });
                let path = format!("/api/v1/elders/{elder}/events");
                self.bureau.post(&path, fall).await.expect_id(201)
            }
            "campaign" => {
                let body = json!({ "name": "测试", "reason": "测试", "from": "2024-01-08", "to": "2024-01-09",
                                   "group": { "division": &self.spot(at).division[..9] } });
                self.bureau.post("/api/v1/campaigns", body).await.expect_id(201)
            }
            "need" => self.need(at, COMPANY).await,
            "visit" => self.visit(at).await,
            "photo" => self.photo(at).await,
            "hazard" => self.hazard(at).await,
            "report" => {
                let (id, hazard) = (Uuid::now_v7(), self.hazard(at).await);
                let path = format!("/api/v1/hazards/{hazard}/reports");
                let body = json!({ "id": id, "to": ["community"] });
                self.spot(at).steward.post(&path, body).await.expect(200);
                id
            }
            "case" => self.case(at).await,
            "emergency" => self.emergency(at).await,
            "emergency taken up" => {
                let id = self.emergency(at).await;
                self.sql(&format!(
                    "UPDATE emergencies SET raised_at = raised_at - interval '2 days' WHERE id = '{id}'"
                ))
                .await;
                let path = format!("/api/v1/emergencies/{id}/acknowledge");
                self.spot(at).steward.post(&path, json!({})).await.expect(200);
                id
            }
            "emergency step" => {
                let (step, now) = (Uuid::now_v7(), self.now());
                let emergency = Box::pin(self.make("emergency taken up", at)).await;
                let path = format!("/api/v1/emergencies/{emergency}/steps");
                let body = json!({ "id": step, "step": "under_way", "done_at": now, "device_now": now });
                self.spot(at).steward.post(&path, body).await.expect_id(201)
            }
            "shift" => {
                let county = &self.spot(at).division[..6];
                let user = self.city.scoped(Role::Duty, county).await.id;
                self.bureau
                    .post("/api/v1/duty-shifts", shift(county, user))
                    .await
                    .expect_id(201)
            }
            // A visit anywhere else leaves it owed.
            "obligation" => self.obligation(at, "event", "owed").await,
            "weekly visit" => self.obligation(at, "weekly", "owed").await,
            "obligation missed" => self.obligation(at, "event", "missed").await,
            "member" => {
                let path = format!("/api/v1/communities/{}/team", self.spot(at).community);
                let body = json!({ "role": "volunteer", "name": "示例", "phone": "19900001234" });
                self.spot(at).steward.post(&path, body).await.expect_id(201)
            }
            "policy" => {
                let division = &self.spot(at).division[..9];
                let content = policies::content("2023-10-01", json!({ "applies_in": division }));
                let code = format!("policy_{}", self.serial());
                let body = json!({ "code": code, "issued_by": division, "content": content });
                self.bureau.post("/api/v1/policies", body).await.expect_id(201)
            }
            "application" => {
                let (elder, policy) = (self.elder(at).await, self.policy().await);
                let path = format!("/api/v1/elders/{elder}/policy-applications");
                let body = application(Uuid::now_v7(), policy);
                self.spot(at).steward.post(&path, body).await.expect_id(201)
            }
            "snooze" => {
                let (elder, policy) = (self.spot(at).elder, self.policy().await);
                let path = format!("/api/v1/elders/{elder}/policy-snoozes");
                let body = snooze(Uuid::now_v7(), policy);
                self.spot(at).steward.post(&path, body).await.expect_id(201)
            }
            "conflict" => {
                let body = renamed(self.elder(at).await, "旧名");
                let path = "/api/v1/sync/profile-edits";
                let made = self.spot(at).steward.post(path, body).await.expect(201);
                made["conflicts"][0]["id"].as_str().unwrap().parse().unwrap()
            }
            "ticket" => {
                let body = counts(Uuid::now_v7());
                let path = "/api/v1/sync/counts";
                let told = self.spot(at).steward.post(path, body).await.expect(200);
                told["ticket_id"].as_str().unwrap().parse().unwrap()
            }
            "publicity event" => {
                let body = self.publicity(at);
                let path = "/api/v1/publicity-events";
                self.spot(at).steward.post(path, body).await.expect_id(201)
            }
            "found wanting" => {
                let order = self.order(at, "completed").await;
                self.wanting(order).await;
                order
            }
            "dispute" => {
                let order = self.order(at, "completed").await;
                let (id, survey) = (Uuid::now_v7(), self.wanting(order).await);
                let by = self.provider(at).person.id;
                self.sql(&format!(
                    "INSERT INTO survey_disputes (id, followup_id, order_id, organisation_id, community_id, status, reason, raised_by, raised_at) \
                     SELECT '{id}', '{survey}', id, organisation_id, community_id, 'open', '不服', '{by}', '2024-01-08' FROM service_orders WHERE id = '{order}'"
                ))
                .await;
                id
            }
            "second ask" => {
                // The survey has the id of who made it, so that one mark tells of both.
                let community = self.spot(at).community;
                let id = self.city.steward(&[community]).await.id;
                let order = self.order(at, "completed").await;
                self.sql(&format!(
                    "INSERT INTO followups (id, order_id, original_id, round, community_id, surveyor_id, channel, reached, content, attitude, quality, efficiency, \
                     words, surveyed_at, received_at) SELECT '{id}', id, original_id, round, community_id, '{id}', 'call', true, 'satisfied', 'satisfied', 'satisfied', \
                     'satisfied', '', '2024-01-08', '2024-01-08' FROM service_orders WHERE id = '{order}'"
                ))
                .await;
                self.sql(&format!(
                    "INSERT INTO second_asks (followup_id, order_id, community_id, organisation_id, first_surveyor_id, first_satisfied, drawn_at, due_at, tries) \
                     SELECT '{id}', id, community_id, organisation_id, '{id}', true, '2024-01-08', '2024-01-15', 0 FROM service_orders WHERE id = '{order}'"
                ))
                .await;
                id
            }
            "quality case" => {
                let (id, order) = (Uuid::now_v7(), self.order(at, "offered").await);
                self.sql(&format!(
                    "INSERT INTO quality_cases (id, order_id, organisation_id, status, reason, opened_at, version) \
                     VALUES ('{id}', '{order}', '{}', 'open', '不满意', '2024-01-08', 1)",
                    self.provider(at).organisation
                ))
                .await;
                id
            }
            "assignment" => {
                let (id, user, community) = (
                    Uuid::now_v7(),
                    self.city.steward(&[]).await.id,
                    self.spot(at).community,
                );
                self.sql(&format!(
                    "INSERT INTO steward_assignments (id, community_id, user_id, duty, starts_at, reason, created_at) \
                     VALUES ('{id}', '{community}', '{user}', 'deputy', '2023-10-01', '', '2023-10-01')"
                ))
                .await;
                id
            }
            // A deputy leaves nobody without a steward.
            "steward" => self.city.steward(&[self.spot(at).community]).await.id,
            "leave" => {
                let (id, user) = (
                    Uuid::now_v7(),
                    self.city.steward(&[self.spot(at).community]).await.id,
                );
                self.sql(&format!(
                    "INSERT INTO steward_leaves (id, user_id, starts_at, ends_at, planned_ends_at, reason, recorded_by, created_at) \
                     VALUES ('{id}', '{user}', '2024-01-08', '2024-02-01', '2024-02-01', '年休假', '{}', '2024-01-08')",
                    self.bureau.id
                ))
                .await;
                id
            }
            "community" => {
                let (id, _) = self.community(self.spot(at).division).await;
                self.city.steward(&[id]).await;
                id
            }
            "account" => {
                self.city
                    .scoped(Role::Duty, &self.spot(at).division[..9])
                    .await
                    .id
            }
            "account disabled" => {
                let id = self
                    .city
                    .scoped(Role::Duty, &self.spot(at).division[..9])
                    .await
                    .id;
                self.sql(&format!(
                    "UPDATE users SET disabled_at = '2024-01-01' WHERE id = '{id}'"
                ))
                .await;
                id
            }
            "job" => {
                let id = Uuid::now_v7();
                self.sql(&format!(
                    "INSERT INTO jobs (id, kind, payload, run_at, attempts, max_attempts, last_error, dead_at, created_at) \
                     VALUES ('{id}', 'tests.dead', '{{}}', '2024-01-01', 8, 8, 'x', '2024-01-02', '2024-01-01')"
                ))
                .await;
                id
            }
            "alert" => {
                // For whoever may know of the place, and for nobody else.
                let recipients = self.askers.iter().filter(|asker| sees(asker.role, at));
                let recipients: Vec<&Person> = recipients.map(|asker| &asker.person).collect();
                raise(&self.city.service.state, emergency(&recipients)).await
            }
            "webhook" => {
                self.city
                    .admin
                    .post(
                        "/api/v1/webhooks",
                        json!({ "name": Uuid::now_v7(), "url": "https://sms.example/", "topics": ["tests.none"] }),
                    )
                    .await
                    .expect_id(201)
            }
            "item" => {
                self.id("SELECT id FROM menu_items WHERE slot = 8 AND valid_to IS NULL")
                    .await
            }
            "unmet" => {
                // Nobody offers company here.
                let need = self.need(at, COMPANY).await;
                let body = json!({ "id": Uuid::now_v7(), "need_id": need });
                let steward = &self.spot(at).steward;
                steward.post("/api/v1/orders", body).await.expect_id(201)
            }
            "change" => self.change(self.spot(at).resource).await,
            "change of a provider" => self.change(self.provider(at).organisation).await,
            "agreement" => {
                let (one, other) = (self.spot(at).resource, self.provider(at).organisation);
                let (id, by) = (Uuid::now_v7(), self.bureau.id);
                self.sql(&format!(
                    "INSERT INTO resource_agreements (id, organisation_id, counterparty_id, kind, shared, valid_from, entered_by, entered_at, version) \
                     VALUES ('{id}', '{one}', '{other}', 'pairing', '结对', '2024-01-01', '{by}', '2024-01-01', 1)"
                ))
                .await;
                id
            }
            "worker" => {
                let (id, organisation) = (Uuid::now_v7(), self.spot(at).resource);
                self.sql(&format!(
                    "INSERT INTO workers (id, organisation_id, name, active, version, created_at) VALUES ('{id}', '{organisation}', '示例', true, 1, '2023-10-01')"
                ))
                .await;
                id
            }
            "assessment" => {
                let household = self.household(at).await;
                let elder = self.city.elder(household).await;
                self.assessed(elder, at).await
            }
            "finding" => {
                let bed = self.bed(at, "in_service").await;
                let told = broken_button("service", self.instant(), "2024-01-20");
                let path = format!("/api/v1/care-beds/{bed}/inspections");
                let told = self.spot(at).steward.post(&path, told).await.expect(201);
                told["findings"][0].as_str().unwrap().parse().unwrap()
            }
            stage => match stage.strip_prefix("care bed ") {
                Some(stage) => self.bed(at, stage).await,
                None => self.order(at, stage).await,
            },
        };
        if !matches!(
            kind,
            "job" | "item" | "webhook" | "policy" | "account" | "account disabled"
        ) {
            self.mark(at, id);
        }
        id
    }

    /// A licence that an organisation asks to have entered.
    async fn change(&self, organisation: Uuid) -> Uuid {
        let (id, by) = (Uuid::now_v7(), self.provider(HERE).person.id);
        let wanted = json!({ "change": "qualification", "qualification_id": null, "terms": { "worker_id": null, "kind": "food_service",
                             "number": "T-9", "issued_by": "", "valid_from": "2023-01-01", "expires_on": "2030-01-01" } });
        self.sql(&format!(
            "INSERT INTO resource_changes (id, organisation_id, status, wanted, reason, asked_by, asked_at, version) \
             VALUES ('{id}', '{organisation}', 'pending', '{wanted}', '新证', '{by}', '2024-01-01', 1)"
        ))
        .await;
        id
    }

    /// A visit owed to a household of its own in 2024-W02, or one that was missed in the week before.
    async fn obligation(&mut self, at: At, kind: &str, status: &str) -> Uuid {
        let (id, household) = (Uuid::now_v7(), self.household(at).await);
        self.city.elder(household).await;
        let (days, closed) = match status {
            "missed" => (
                ["2024-01-01", "2024-01-05", "2024-01-07"],
                "'2024-01-07T00:00:00+08'",
            ),
            _ => (["2024-01-08", "2024-01-15", "2024-01-17"], "NULL"),
        };
        let [starts, due, grace] = days.map(|day| format!("'{day}T00:00:00+08'"));
        self.sql(&format!(
            "INSERT INTO obligations (id, household_id, community_id, kind, period, starts_at, due_at, grace_until, reasons, risk, status, closed_at, created_at) \
             VALUES ('{id}', '{household}', '{}', '{kind}', 'event:{id}', {starts}, {due}, {grace}, '{{}}', 0, '{status}', {closed}, {starts})",
            self.spot(at).community
        ))
        .await;
        id
    }

    /// The survey of an order that was found wanting.
    async fn wanting(&self, order: Uuid) -> Uuid {
        let (id, by) = (Uuid::now_v7(), self.bureau.id);
        self.sql(&format!(
            "INSERT INTO followups (id, order_id, original_id, round, community_id, surveyor_id, channel, reached, content, attitude, quality, efficiency, \
             words, surveyed_at, received_at) SELECT '{id}', id, original_id, round, community_id, '{by}', 'call', true, 'satisfied', 'satisfied', 'dissatisfied', \
             'satisfied', '', '2024-01-08', '2024-01-08' FROM service_orders WHERE id = '{order}'"
        ))
        .await;
        id
    }

    async fn household(&mut self, at: At) -> Uuid {
        let room = self.serial().to_string();
        self.city.household(self.spot(at).community, "2", &room).await
    }

    /// An elder whose tier was set by hand, and that decision.
    pub async fn overridden(&mut self, at: At) -> (Uuid, Uuid) {
        let elder = self.make("elder", at).await;
        let path = format!("/api/v1/elders/{elder}/tier-override");
        let body = json!({ "tier": "monthly", "ends_on": "2024-03-01", "reason": "测试" });
        self.bureau.post(&path, body).await.expect(200);
        let decision = format!("SELECT id FROM tier_overrides WHERE elder_id = '{elder}'");
        (elder, self.id(&decision).await)
    }

    async fn elder(&mut self, at: At) -> Uuid {
        let household = self.household(at).await;
        self.city.elder(household).await
    }

    async fn merge(&mut self, at: At) -> Uuid {
        let household = self.household(at).await;
        let (kept, other) = (self.city.elder(household).await, self.city.elder(household).await);
        self.bureau
            .post(
                &format!("/api/v1/elders/{kept}/merge"),
                json!({ "other_id": other, "reason": "同一人" }),
            )
            .await
            .expect_id(200)
    }

    pub async fn need(&mut self, at: At, item: &str) -> Uuid {
        let spot = self.spot(at);
        let body = json!({ "id": Uuid::now_v7(), "elder_id": spot.elder, "item_id": item, "collected_at": self.now(), "device_now": self.now() });
        spot.steward.post("/api/v1/needs", body).await.expect_id(201)
    }

    /// What a steward says of a visit that met the elder of a place and found a hazard.
    pub fn met(&self, at: At) -> Value {
        let (spot, safe) = (self.spot(at), json!({ "result": "safe" }));
        json!({ "id": Uuid::now_v7(), "household_id": spot.household, "purposes": ["safety"], "outcome": "met",
                "started_at": "2024-01-08T00:30:00Z", "ended_at": "2024-01-08T00:50:00Z", "device_now": self.now(),
                "check_in": { "position": "at_door", "latitude": 36.62, "longitude": 101.77, "accuracy_m": 12.0 },
                "checks": { "gas": { "result": "hazard" }, "electric": safe, "fire": safe, "water": safe },
                "hazards": [{ "kind": "gas", "severity": "general", "check_point": "hose", "description": "隐患", "measure": "" }],
                "elders": [{ "elder_id": spot.elder, "condition": "good", "diet": "regular", "mood": "calm" }], "form_version": 1 })
    }

    /// A policy that every elder of the city is entitled to.
    pub async fn policy(&mut self) -> Uuid {
        let kind = "policy of the city";
        if let Some(id) = self.known.get(&(kind, HERE)) {
            return *id;
        }
        let id = policies::enter(&self.city, "for_everybody", json!({})).await;
        self.known.insert((kind, HERE), id);
        id
    }

    /// What a steward says of leaflets given out in a place.
    pub fn publicity(&self, at: At) -> Value {
        json!({ "id": Uuid::now_v7(), "channel": "leaflet", "community_id": self.spot(at).community, "subject": "宣传", "venue": "",
                "held_at": self.now(), "device_now": self.now(), "attendance": 60, "explained": 0 })
    }

    async fn visit(&mut self, at: At) -> Uuid {
        let body = self.met(at);
        self.spot(at)
            .steward
            .post("/api/v1/visits", body)
            .await
            .expect_id(201)
    }

    async fn hazard(&mut self, at: At) -> Uuid {
        let visit = self.visit(at).await;
        self.id(&format!(
            "SELECT id FROM hazards WHERE found_visit_id = '{visit}'"
        ))
        .await
    }

    /// A photo that the steward of the place uploaded and nobody linked.
    pub async fn photo_of_a_steward(&mut self, at: At) -> Uuid {
        let (status, taken) = upload(&self.spot(at).steward, None, photo(2)).await;
        assert_eq!(status, 201, "{taken}");
        taken["id"].as_str().unwrap().parse().unwrap()
    }

    /// A visit to the own household by the other steward of the community.
    pub async fn visit_of_the_deputy(&mut self) -> Uuid {
        let body = self.met(HERE);
        self.deputy.post("/api/v1/visits", body).await.expect_id(201)
    }

    /// A visit to another dwelling of the own community that met somebody.
    pub async fn visit_next_door(&mut self) -> Uuid {
        let household = self.household(HERE).await;
        let elder = self.city.elder(household).await;
        let mut body = self.met(HERE);
        (body["household_id"], body["elders"][0]["elder_id"]) = (json!(household), json!(elder));
        self.deputy.post("/api/v1/visits", body).await.expect_id(201)
    }

    /// A photo of a provider's work.
    async fn photo(&mut self, at: At) -> Uuid {
        let order = self.order(at, "in_service").await;
        let provider = self.provider(at);
        let (status, taken) = upload(&provider.person, None, photo(1)).await;
        assert_eq!(status, 201, "{taken}");
        let path = format!("/api/v1/orders/{order}/complete");
        let body = json!({ "signed_by": "测试老人", "evidence": [taken["id"]] });
        provider.person.post(&path, body).await.expect(200);
        taken["id"].as_str().unwrap().parse().unwrap()
    }

    async fn case(&mut self, at: At) -> Uuid {
        let household = self.household(at).await;
        self.city.elder(household).await;
        let mut body = self.met(at);
        body["household_id"] = json!(household);
        body["outcome"] = json!("no_answer");
        (body["elders"], body["hazards"], body["checks"]) = (json!([]), json!([]), Value::Null);
        let visit = self
            .spot(at)
            .steward
            .post("/api/v1/visits", body)
            .await
            .expect_id(201);
        self.id(&format!(
            "SELECT id FROM no_answer_cases WHERE visit_id = '{visit}'"
        ))
        .await
    }

    async fn emergency(&mut self, at: At) -> Uuid {
        let spot = self.spot(at);
        let body = json!({ "id": Uuid::now_v7(), "household_id": spot.household });
        spot.steward
            .post("/api/v1/emergencies", body)
            .await
            .expect_id(201)
    }

    /// An order as far as this.
    async fn order(&mut self, at: At, stage: &str) -> Uuid {
        let need = self.need(at, MEALS).await;
        let (spot, provider) = (self.spot(at), self.provider(at));
        let other = &self.providers[1 - at.1 as usize];
        let second_hand = stage == "second hand";
        let first = if second_hand { other } else { provider };
        let choice = json!({ "organisation_id": first.organisation, "reason": "就近" });
        let body = json!({ "id": Uuid::now_v7(), "need_id": need, "choice": choice });
        let order = spot.steward.post("/api/v1/orders", body).await.expect_id(201);
        let act = async |person: &Person, action: &str, body: Value| {
            let path = format!("/api/v1/orders/{order}/{action}");
            person.post(&path, body).await.expect(200);
        };
        if stage == "paused" {
            act(&spot.steward, "clocks/accept/pause", json!({ "reason": "停电" })).await;
            return order;
        }
        let refusal = || json!({ "reason": "人手不足" });
        if stage == "referred" {
            act(&provider.person, "decline", refusal()).await;
            act(&other.person, "decline", refusal()).await;
            return order;
        }
        if second_hand {
            // Taken, planned and given back by the other organisation.
            let plan = json!({ "worker_id": other.worker, "scheduled_for": self.now() });
            act(&other.person, "accept", json!({})).await;
            act(&other.person, "schedule", plan).await;
            act(&other.person, "decline", refusal()).await;
            act(&provider.person, "accept", json!({})).await;
            return order;
        }
        let steps = ["offered", "accepted", "scheduled", "in_service", "completed"];
        let last = steps
            .iter()
            .position(|s| *s == stage)
            .unwrap_or_else(|| panic!("the world has no {stage}"));
        for step in &steps[1..=last] {
            let (action, body) = match *step {
                "accepted" => ("accept", json!({})),
                "scheduled" => (
                    "schedule",
                    json!({ "worker_id": provider.worker, "scheduled_for": self.now() }),
                ),
                "in_service" => ("start", json!({})),
                _ => ("complete", json!({ "signed_by": "测试老人" })),
            };
            act(&provider.person, action, body).await;
        }
        order
    }

    async fn assessed(&self, elder: Uuid, at: At) -> Uuid {
        let path = format!("/api/v1/elders/{elder}/assessments");
        let told = assessment(self.instant(), 60);
        self.spot(at).steward.post(&path, told).await.expect_id(201)
    }

    /// An assessment of the elder of a bed.
    pub async fn assessment_of_bed(&mut self, bed: Uuid, at: At) -> Uuid {
        let elder = self
            .id(&format!(
                "SELECT elder_id AS id FROM care_beds WHERE id = '{bed}'"
            ))
            .await;
        self.assessed(elder, at).await
    }

    /// A care bed of an elder of its own as far as this.
    async fn bed(&mut self, at: At, stage: &str) -> Uuid {
        let household = self.household(at).await;
        let elder = self.city.elder(household).await;
        let (spot, provider) = (self.spot(at), self.provider(at));
        let hands = Hands {
            steward: spot.steward.clone(),
            subdistrict: self.city.scoped(Role::Officer, &spot.division[..9]).await,
            county: self.city.scoped(Role::Officer, &spot.division[..6]).await,
            provider: provider.person.clone(),
            organisation: provider.organisation,
            now: self.instant(),
        };
        if stage != "returned" {
            return hands.bed(elder, "family_bed", stage).await;
        }
        let bed = hands.bed(elder, "family_bed", "applied").await;
        let back = json!({ "decision": "return", "reason": "缺少证明" });
        hands.act(&hands.subdistrict, bed, "decide", back).await;
        bed
    }

    /// The reports of the month before, one of each place's township.
    pub async fn freeze(&self) {
        for spot in &self.spots {
            self.bureau
                .send(
                    Method::POST,
                    "/api/v1/statistics/monthly/2023-12/freeze",
                    &[],
                    Some(&json!({ "division": &spot.division[..9] })),
                )
                .await
                .expect(201);
        }
    }
}
