//! A small city, built by SQL for what a test takes as given, and its people.

use super::{Person, Service};
use diesel::sql_types as ty;
use diesel_async::RunQueryDsl;
use steward::{db::statement, tx::Role};
use uuid::Uuid;

/// The service with a city in it: divisions of two districts, nothing else until it is asked for.
pub struct TestCity {
    /// The running service.
    pub service: Service,
    /// An administrator.
    pub admin: Person,
}

impl TestCity {
    /// A city on Monday 2024-01-08, 09:00 in Xining.
    pub async fn new() -> Self {
        Self::at("2024-01-08T01:00:00Z").await
    }

    /// A city at another instant.
    pub async fn at(now: &str) -> Self {
        Self::on(Service::start(now).await).await
    }

    /// A city in a service that a test has started its own way.
    pub async fn on(service: Service) -> Self {
        let mut conn = service.state.pool.get().await.expect("a connection");
        statement("INSERT INTO division_editions (edition, sha256, row_count, imported_at) VALUES (2023, '\\x00', 5, $1)")
            .bind::<ty::Timestamptz, _>(service.state.clock.now())
            .execute(&mut *conn)
            .await
            .expect("an edition");
        statement(
            "INSERT INTO divisions (code, name, level, kind, since_edition) VALUES \
             ('630000000000', '青海省', 'province', 'province', 2023), ('630100000000', '西宁市', 'city', 'city', 2023), \
             ('630102000000', '城东区', 'county', 'district', 2023), ('630104000000', '城西区', 'county', 'district', 2023), \
             ('630102001000', '东关大街街道', 'township', 'subdistrict', 2023), ('630104001000', '西关大街街道', 'township', 'subdistrict', 2023), \
             ('630104002000', '古城台街道', 'township', 'subdistrict', 2023)",
        )
        .execute(&mut *conn)
        .await
        .expect("divisions");
        drop(conn);
        let admin = user(&service, Role::Admin, None, None).await;
        Self { service, admin }
    }

    /// A community; `division` is the 12-digit code of a division of the city.
    pub async fn community(&self, division: &str) -> Uuid {
        let id = self.service.state.clock.new_id();
        let serial = u32::from_be_bytes(id.as_bytes()[12..].try_into().expect("four bytes")) % 1000;
        let mut conn = self.service.state.pool.get().await.expect("a connection");
        statement(
            "INSERT INTO communities (id, code, division_code, name, address, latitude, longitude, active_from, version, created_at) \
             VALUES ($1, $2, $3, '示例小区', '', 36.62, 101.77, '2023-10-01', 1, $4)",
        )
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Text, _>(format!("{division}{serial:03}"))
        .bind::<ty::Text, _>(division)
        .bind::<ty::Timestamptz, _>(self.service.state.clock.now())
        .execute(&mut *conn)
        .await
        .expect("a community");
        id
    }

    /// A steward who serves these communities from the city's first instant.
    pub async fn steward(&self, communities: &[Uuid]) -> Person {
        let person = user(&self.service, Role::Steward, None, None).await;
        let mut conn = self.service.state.pool.get().await.expect("a connection");
        for community in communities {
            statement(
                "INSERT INTO steward_assignments (id, community_id, user_id, duty, starts_at, reason, created_at) \
                 VALUES ($1, $2, $3, CASE WHEN EXISTS (SELECT 1 FROM steward_assignments WHERE community_id = $2 AND ends_at IS NULL) \
                 THEN 'deputy'::steward_duty ELSE 'primary' END, '2023-10-01T00:00:00+08', 'test', $4)",
            )
            .bind::<ty::Uuid, _>(self.service.state.clock.new_id())
            .bind::<ty::Uuid, _>(*community)
            .bind::<ty::Uuid, _>(person.id)
            .bind::<ty::Timestamptz, _>(self.service.state.clock.now())
            .execute(&mut *conn)
            .await
            .expect("an assignment");
        }
        person
    }

    /// An officer, duty desk or auditor of a division prefix.
    pub async fn scoped(&self, role: Role, prefix: &str) -> Person {
        user(&self.service, role, Some(prefix), None).await
    }

    /// A household in a community.
    pub async fn household(&self, community: Uuid, building: &str, room: &str) -> Uuid {
        let id = self.service.state.clock.new_id();
        let mut conn = self.service.state.pool.get().await.expect("a connection");
        statement(
            "INSERT INTO households (id, community_id, building, unit, floor, room, latitude, longitude, version, created_at) \
             VALUES ($1, $2, $3, '1', 3, $4, 36.62, 101.77, 1, $5)",
        )
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Uuid, _>(community)
        .bind::<ty::Text, _>(building)
        .bind::<ty::Text, _>(room)
        .bind::<ty::Timestamptz, _>(self.service.state.clock.now())
        .execute(&mut *conn)
        .await
        .expect("a household");
        id
    }

    /// An elder of a household who lives alone: weekly, social.
    pub async fn elder(&self, household: Uuid) -> Uuid {
        let (id, now) = (self.service.state.clock.new_id(), self.service.state.clock.now());
        let keys = &self.service.state.config.keys;
        let number = format!("TEST{}", id.simple());
        let sealed = keys
            .seal("elders.id_number", &number, self.service.state.clock.random())
            .expect("a sealed number");
        let mut conn = self.service.state.pool.get().await.expect("a connection");
        statement(
            "INSERT INTO elders (id, household_id, community_id, name, sex, birth_date, id_kind, id_sealed, id_hash, id_masked, status, \
             status_since, entitlement, tier, tier_reasons, remarks, version, enrolled_at, updated_at) \
             SELECT $1, h.id, h.community_id, '测试老人', 'female', '1945-01-01', 'passport', $3, $4, 'TEST****', 'active', '2023-10-01', \
             'social', 'weekly', '{living_alone}', '', 1, $5, $5 FROM households h WHERE h.id = $2",
        )
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Uuid, _>(household)
        .bind::<ty::Text, _>(sealed)
        .bind::<ty::Binary, _>(keys.lookup_hash("elders.id_number", &number).to_vec())
        .bind::<ty::Timestamptz, _>(now)
        .execute(&mut *conn)
        .await
        .expect("an elder");
        statement(
            "INSERT INTO elder_categories (id, elder_id, category_code, starts_on, evidence, recorded_at) \
             VALUES ($1, $2, 'living_alone', '2023-10-01', '', $3)",
        )
        .bind::<ty::Uuid, _>(self.service.state.clock.new_id())
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Timestamptz, _>(now)
        .execute(&mut *conn)
        .await
        .expect("a category");
        id
    }

    /// A provider of the library that offers these items everywhere in the city, with one worker and every qualification, and
    /// somebody who acts for it. Returns the person, the organisation and the worker.
    pub async fn provider(&self, items: &[&str]) -> (Person, Uuid, Uuid) {
        let (clock, now) = (&self.service.state.clock, self.service.state.clock.now());
        let (organisation, worker) = (clock.new_id(), clock.new_id());
        let code = format!("T{}", &organisation.simple().to_string()[15..]).to_uppercase();
        let mut conn = self.service.state.pool.get().await.expect("a connection");
        statement(
            "INSERT INTO organisations (id, credit_code, name, tier, kind, takes_orders, always_open, phone, address, latitude, longitude, \
             listed_from, version, created_at) VALUES ($1, $2, $2, 'organisation', 'service_organisation', true, true, '', '', 36.62, 101.77, \
             '2023-10-01', 1, $3)",
        )
        .bind::<ty::Uuid, _>(organisation)
        .bind::<ty::Text, _>(code)
        .bind::<ty::Timestamptz, _>(now)
        .execute(&mut *conn)
        .await
        .expect("an organisation");
        statement("INSERT INTO organisation_coverage (organisation_id, division_prefix) VALUES ($1, '6301')")
            .bind::<ty::Uuid, _>(organisation)
            .execute(&mut *conn)
            .await
            .expect("coverage");
        statement(
            "INSERT INTO organisation_items (organisation_id, item_id, weekly_capacity, price_fen) \
             SELECT $1, id, 100, 3000 FROM menu_items WHERE code = ANY ($2) AND valid_to IS NULL",
        )
        .bind::<ty::Uuid, _>(organisation)
        .bind::<ty::Array<ty::Text>, _>(items.iter().map(|i| (*i).to_owned()).collect::<Vec<_>>())
        .execute(&mut *conn)
        .await
        .expect("items");
        statement("INSERT INTO workers (id, organisation_id, name, active, version, created_at) VALUES ($1, $2, '示例员工', true, 1, $3)")
            .bind::<ty::Uuid, _>(worker)
            .bind::<ty::Uuid, _>(organisation)
            .bind::<ty::Timestamptz, _>(now)
            .execute(&mut *conn)
            .await
            .expect("a worker");
        for (kind, of_worker) in [
            ("medical_practice", false),
            ("food_service", false),
            ("medical_practice", true),
            ("food_service", true),
        ] {
            statement(
                "INSERT INTO qualifications (id, organisation_id, worker_id, kind, number, issued_by, valid_from, expires_on, created_at) \
                 VALUES ($1, $2, CASE WHEN $5 THEN $3 END, $4, 'T-1', '', '2023-01-01', '2099-12-31', $6)",
            )
            .bind::<ty::Uuid, _>(clock.new_id())
            .bind::<ty::Uuid, _>(organisation)
            .bind::<ty::Uuid, _>(worker)
            .bind::<ty::Text, _>(kind)
            .bind::<ty::Bool, _>(of_worker)
            .bind::<ty::Timestamptz, _>(now)
            .execute(&mut *conn)
            .await
            .expect("a qualification");
        }
        drop(conn);
        (
            user(&self.service, Role::Provider, None, Some(organisation)).await,
            organisation,
            worker,
        )
    }

    /// Somebody without an account.
    pub fn stranger(&self) -> Person {
        Person::stranger(&self.service)
    }

    /// Moves the clock on.
    pub fn advance(&self, by: chrono::Duration) {
        self.service.state.clock.advance(by);
    }

    /// Stops the service and drops its database.
    pub async fn stop(self) {
        self.service.stop().await;
    }
}

/// An account with a log-in, its password unusable.
async fn user(service: &Service, role: Role, scope: Option<&str>, organisation: Option<Uuid>) -> Person {
    let id = service.state.clock.new_id();
    let mut conn = service.state.pool.get().await.expect("a connection");
    statement(
        "INSERT INTO users (id, username, password_hash, password_changed_at, must_change_password, display_name, role, scope, \
         organisation_id, failed_logins, version, created_at) VALUES ($1, $2, '!', $3, false, $2, $4::text::user_role, $5, $6, 0, 1, $3)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Text, _>(format!("{}-{}", role.as_str(), id.simple()))
    .bind::<ty::Timestamptz, _>(service.state.clock.now())
    .bind::<ty::Text, _>(role.as_str())
    .bind::<ty::Nullable<ty::Text>, _>(scope)
    .bind::<ty::Nullable<ty::Uuid>, _>(organisation)
    .execute(&mut *conn)
    .await
    .expect("a user");
    Person::logged_in(service, id, role, organisation)
}
