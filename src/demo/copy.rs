//! Rows on their way into tables: collected in PostgreSQL's binary COPY format and sent by COPY, a few megabytes at a time, so
//! that a full city needs no more memory than a small one.

use crate::error::Problem;
use actix_web::web::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use futures_util::SinkExt;
use std::pin::pin;
use tokio_postgres::Client;
use uuid::Uuid;

/// Buffered bytes after which the rows are sent.
const ENOUGH: usize = 2 * 1024 * 1024;
/// What a COPY in binary format begins with: signature, flags, length of the header's extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with.
const TRAILER: [u8; 2] = (-1i16).to_be_bytes();
/// 2000-01-01, where PostgreSQL counts from, in microseconds of Unix time.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Declares the tables in the order in which their foreign keys let them be filled.
macro_rules! tables {
    ($($(#[$doc:meta])* $table:ident $name:literal ($columns:literal)),+ $(,)?) => {
        /// A table of the demo city.
        #[derive(Clone, Copy)]
        pub(super) enum Table { $($(#[$doc])* $table),+ }
        const TABLES: &[(&str, &str)] = &[$(($name, $columns)),+];
    };
}

tables! {
    Communities "communities" ("id, code, division_code, name, address, latitude, longitude, active_from, version, created_at"),
    Organisations "organisations" ("id, credit_code, name, tier, kind, takes_orders, always_open, phone, address, latitude, longitude, listed_from, version, created_at"),
    Coverage "organisation_coverage" ("organisation_id, division_prefix"),
    Offered "organisation_items" ("organisation_id, item_id, weekly_capacity, price_fen, below_market_fen, safety_net_fen"),
    Hours "organisation_hours" ("organisation_id, weekday, opens_minute, closes_minute"),
    Workers "workers" ("id, organisation_id, name, active, version, created_at"),
    Qualifications "qualifications" ("id, organisation_id, worker_id, kind, number, issued_by, valid_from, expires_on, created_at"),
    Users "users" ("id, username, password_hash, password_changed_at, must_change_password, display_name, role, scope, organisation_id, failed_logins, version, created_at"),
    Agreements "resource_agreements" ("id, organisation_id, counterparty_id, kind, shared, valid_from, entered_by, entered_at, version"),
    Changes "resource_changes" ("id, organisation_id, status, wanted, reason, asked_by, asked_at, version"),
    Leaves "steward_leaves" ("id, user_id, starts_at, ends_at, planned_ends_at, reason, recorded_by, created_at"),
    Assignments "steward_assignments" ("id, community_id, user_id, duty, starts_at, ends_at, reason, leave_id, stands_for, created_at"),
    Members "team_members" ("id, community_id, role, name, phone_sealed, phone_masked, starts_on, recorded_by, created_at"),
    Households "households" ("id, community_id, building, unit, floor, room, version, created_at"),
    Elders "elders" ("id, household_id, community_id, name, sex, birth_date, id_kind, id_sealed, id_hash, id_masked, phone_sealed, phone_hash, phone_masked, \
        status, status_since, status_until, entitlement, tier, tier_reasons, remarks, version, enrolled_at, updated_at"),
    Tags "elder_categories" ("id, elder_id, category_code, starts_on, evidence, recorded_at"),
    Statuses "elder_statuses" ("id, elder_id, status, starts_on, ends_on, reason, recorded_at"),
    Visits "visits" ("id, root_id, revision, household_id, community_id, steward_id, purposes, outcome, started_at, ended_at, received_at, device_offset_ms, \
        \"position\", latitude, longitude, accuracy_m, gas, electric, fire, water, check_points, form_version"),
    Met "visit_elders" ("visit_id, elder_id, condition, diet, mood"),
    Obligations "obligations" ("id, household_id, community_id, kind, period, starts_at, due_at, grace_until, reasons, risk, status, excuse, visit_id, \
        responsible_id, closed_at, created_at"),
    Doors "no_answer_cases" ("id, household_id, community_id, visit_id, status, opened_at, due_at, resolution, closed_by, closed_at, version"),
    Steps "no_answer_steps" ("id, case_id, step, note, done_by, done_at, received_at"),
    Emergencies "emergencies" ("id, household_id, community_id, no_answer_case_id, status, raised_at, acknowledged_by, acknowledged_at, closing_visit_id, \
        closed_by, closed_at, version, rung, answer_due_at, acknowledge_due_at, under_way_due_at, arrive_due_at, under_way_at, arrived_at"),
    Told "emergency_alerts" ("emergency_id, seq, reason, rung, user_ids, alerted_at"),
    Answers "emergency_steps" ("id, emergency_id, step, done_by, done_at, received_at, device_offset_ms, from_outside"),
    Shifts "duty_shifts" ("id, division, user_id, starts_at, ends_at, desk, phone_sealed, planned_by, planned_at, version"),
    Hazards "hazards" ("id, household_id, community_id, kind, severity, check_point, description, measure, status, found_visit_id, found_by, found_at, due_at, \
        escalation, escalated_at, report_due_at, reported_at, report_raised_at, responsible, noticed_at, rechecked_visit_id, rechecked_at, previous_id, cleared_visit_id, cleared_at, version"),
    HazardEvents "hazard_events" ("hazard_id, seq, from_status, to_status, actor_id, happened_at, received_at, reason, data"),
    Needs "needs" ("id, elder_id, household_id, community_id, item_id, channel, event_id, description, status, resolution, collected_by, collected_at, \
        received_at, closed_at, version"),
    Orders "service_orders" ("id, case_id, need_id, elder_id, household_id, community_id, item_id, entitlement, round, original_id, previous_id, status, \
        organisation_id, worker_id, tier_reached, refusals, requested_by, requested_at, scheduled_for, started_at, completed_at, signed_by, market_fen, \
        subsidy_fen, elder_pays_fen, closed_at, version, referred_to"),
    Events "order_events" ("id, order_id, seq, from_status, to_status, actor_id, device_at, received_at, reason, data"),
    Clocks "order_clocks" ("order_id, clock, started_at, due_at, paused_seconds, stopped_at, escalated_at"),
    Offers "offers" ("id, order_id, organisation_id, status, rank, figures, chosen_by, choice_reason, offered_at, expires_at, answered_at, answered_by, answer_reason"),
    QualityCases "quality_cases" ("id, order_id, organisation_id, status, reason, outcome, measures, measures_due, opened_at, closed_by, closed_at, version"),
    Followups "followups" ("id, order_id, original_id, round, community_id, surveyor_id, channel, reached, content, attitude, quality, efficiency, words, \
        surveyed_at, received_at"),
    Policies "policies" ("id, code, issued_by, created_by, created_at"),
    PolicyVersions "policy_versions" ("policy_id, version, title_zh, title_en, text, source, how_to_apply, documents, valid_from, age_from, categories_any, \
        categories_none, entitlement, ability, applies_in, recorded_by, recorded_at"),
    Applications "policy_applications" ("id, elder_id, policy_id, policy_version, status, applied_on, decided_on, recorded_by, recorded_at, version"),
    Explained "visit_policies" ("visit_id, elder_id, policy_id, policy_version"),
    Publicity "publicity_events" ("id, root_id, revision, channel, community_id, division_code, subject, venue, held_at, attendance, explained, recorded_by, \
        received_at"),
    PublicityPolicies "publicity_event_policies" ("event_id, policy_id, policy_version"),
}

/// A value in COPY's binary format: its length, then its bytes. An enum's value goes as its label.
pub(super) trait Field {
    /// Appends it.
    fn put(&self, out: &mut Vec<u8>);
}

fn sized(out: &mut Vec<u8>, bytes: &[u8]) {
    // A field is a short text or a number: far below 2 GB.
    out.extend_from_slice(&(bytes.len() as i32).to_be_bytes());
    out.extend_from_slice(bytes);
}

macro_rules! fields {
    ($($type:ty: |$value:ident| $bytes:expr),+ $(,)?) => {$(
        impl Field for $type {
            fn put(&self, out: &mut Vec<u8>) {
                let $value = self;
                sized(out, $bytes);
            }
        }
    )+};
}

fields! {
    Uuid: |v| v.as_bytes(),
    str: |v| v.as_bytes(),
    &str: |v| v.as_bytes(),
    String: |v| v.as_bytes(),
    Vec<u8>: |v| v,
    bool: |v| &[u8::from(*v)],
    i16: |v| &v.to_be_bytes(),
    i32: |v| &v.to_be_bytes(),
    i64: |v| &v.to_be_bytes(),
    f32: |v| &v.to_be_bytes(),
    f64: |v| &v.to_be_bytes(),
    DateTime<Utc>: |v| &(v.timestamp_micros() - EPOCH_MICROS).to_be_bytes(),
    NaiveDate: |v| &((*v - NaiveDate::default()).num_days() as i32 - 10_957).to_be_bytes(),
}

impl<T: Field> Field for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.put(out),
            None => out.extend_from_slice(&(-1i32).to_be_bytes()),
        }
    }
}

/// A `jsonb`.
pub(super) struct Json(pub String);

impl Field for Json {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&(self.0.len() as i32 + 1).to_be_bytes());
        out.push(1); // version of the format
        out.extend_from_slice(self.0.as_bytes());
    }
}

/// A one-dimensional array of texts, labels or ids, of this element type.
pub(super) struct List<'a, T>(pub u32, pub &'a [T]);

/// The type `text`.
pub(super) const TEXT: u32 = 25;
/// The element type of an array of ids.
pub(super) const UUID: u32 = 2950;

impl<T: AsRef<[u8]>> Field for List<'_, T> {
    fn put(&self, out: &mut Vec<u8>) {
        let mut array = Vec::new();
        let word = |array: &mut Vec<u8>, n: i32| array.extend_from_slice(&n.to_be_bytes());
        word(&mut array, i32::from(!self.1.is_empty()));
        word(&mut array, 0); // no nulls
        array.extend_from_slice(&self.0.to_be_bytes());
        if !self.1.is_empty() {
            word(&mut array, self.1.len() as i32);
            word(&mut array, 1); // counted from 1
        }
        for item in self.1 {
            sized(&mut array, item.as_ref());
        }
        sized(out, &array);
    }
}

/// Rows of every table that have not been sent yet.
pub(super) struct Rows(Vec<Vec<u8>>);

impl Rows {
    /// None.
    pub(super) fn new() -> Self {
        Self(TABLES.iter().map(|_| HEADER.to_vec()).collect())
    }

    /// Adds a row, its values in the order of the table's columns.
    pub(super) fn add(&mut self, table: Table, row: &[&dyn Field]) {
        let out = &mut self.0[table as usize];
        out.extend_from_slice(&(row.len() as i16).to_be_bytes());
        for field in row {
            field.put(out);
        }
    }

    /// Whether there is enough to be sent.
    pub(super) fn enough(&self) -> bool {
        self.0.iter().map(Vec::len).sum::<usize>() > ENOUGH
    }

    /// Sends them, table by table.
    ///
    /// # Errors
    /// What the database said.
    pub(super) async fn send(self, client: &Client) -> Result<(), Problem> {
        for ((name, columns), mut rows) in TABLES.iter().zip(self.0) {
            if rows.len() == HEADER.len() {
                continue;
            }
            rows.extend_from_slice(&TRAILER);
            let copy = format!("COPY {name} ({columns}) FROM STDIN (FORMAT binary)");
            let mut sink = pin!(
                client
                    .copy_in::<_, Bytes>(&copy)
                    .await
                    .map_err(Problem::internal)?
            );
            sink.send(Bytes::from(rows)).await.map_err(Problem::internal)?;
            sink.finish().await.map_err(Problem::internal)?;
        }
        Ok(())
    }
}
