//! Statements on visits.

use super::{
    HOUSEHOLD_NOT_FOUND, VISIT_ALREADY_LOGGED, VISIT_NOT_FOUND,
    model::{HazardSeverity, NewVisit, Visit},
};
use crate::{
    communities_in_scope,
    config::ServiceConfig,
    db::statement,
    error::{Problem, violates},
    http::{Page, PageQuery},
    ids::{HouseholdId, VisitId},
    schema::sql_types,
    tx::{Actor, Stamp},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

/// The whole visit in one statement: one round trip and one commit, all of it or nothing.
///
/// It writes tables of the storeys below (obligations, hazards, no-answer cases, jobs, the audit inbox): what a visit sets in
/// motion must not be able to get lost between two statements. `home` holds a row only when the household is in the steward's
/// scope and every elder named lives there; without it nothing is written.
const LOG: &str = concat!(
    "WITH home AS (SELECT h.id, h.community_id FROM households h WHERE h.id = $4 AND h.community_id IN (",
    communities_in_scope!(),
    ") AND NOT EXISTS (SELECT 1 FROM unnest($5) AS m (elder_id) WHERE NOT EXISTS ( \
       SELECT 1 FROM elders e WHERE e.id = m.elder_id AND e.household_id = h.id AND e.status <> 'merged'))), \
     visit AS (INSERT INTO visits (id, root_id, revision, household_id, community_id, steward_id, purposes, outcome, started_at, ended_at, \
       received_at, device_offset_ms, \"position\", latitude, longitude, accuracy_m, gas, electric, fire, water, check_points, note_sealed, form_version) \
       SELECT $3, $3, 1, home.id, home.community_id, $1, $6, $7, $8, $9, $2, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21 FROM home \
       RETURNING id), \
     met AS (INSERT INTO visit_elders (visit_id, elder_id, condition, diet, mood, note_sealed) \
       SELECT $3, m.* FROM home, unnest($5, $22, $23, $24, $25) AS m (elder_id, condition, diet, mood, note_sealed)), \
     fulfilled AS (UPDATE obligations o SET status = CASE WHEN $7 = 'met' THEN 'done'::obligation_status ELSE 'excused' END, \
       visit_id = CASE WHEN $7 = 'met' THEN $3 END, excuse = CASE $7 WHEN 'refused' THEN 'declined'::excuse WHEN 'moved' THEN 'moved' END, \
       responsible_id = $1, closed_at = $2 FROM home WHERE o.household_id = home.id AND o.status IN ('owed', 'missed') \
       AND o.starts_at <= $8 AND o.due_at > $8 AND $7 <> 'no_answer'), \
     found AS (INSERT INTO hazards (id, household_id, community_id, kind, severity, check_point, description, measure, status, \
       found_visit_id, found_by, found_at, due_at, previous_id, version) \
       SELECT f.id, home.id, home.community_id, f.kind, f.severity, f.check_point, f.description, f.measure, 'open', $3, $1, $8, f.due_at, \
       (SELECT p.id FROM hazards p WHERE p.household_id = home.id AND p.kind = f.kind AND p.check_point = f.check_point AND p.status = 'cleared' \
        ORDER BY p.cleared_at DESC LIMIT 1), 1 \
       FROM home, unnest($26, $27, $28, $29, $30, $31, $32) AS f (id, kind, severity, check_point, description, measure, due_at)), \
     cleared AS (UPDATE hazards c SET status = 'cleared', cleared_visit_id = $3, cleared_at = $8, version = c.version + 1 FROM home \
       WHERE c.household_id = home.id AND c.status = 'open' AND c.id = ANY ($33)), \
     shut AS (INSERT INTO no_answer_cases (id, household_id, community_id, visit_id, status, opened_at, due_at, version) \
       SELECT $34, home.id, home.community_id, $3, 'open', $2, $35, 1 FROM home WHERE $7 = 'no_answer'), \
     owed AS (INSERT INTO obligations (id, household_id, community_id, kind, period, starts_at, due_at, grace_until, reasons, risk, status, created_at) \
       SELECT $36, home.id, home.community_id, 'event', 'event:' || $3, $2, $37, $37, '{no_answer}', 50, 'owed', $2 FROM home WHERE $7 = 'no_answer'), \
     watch AS (INSERT INTO jobs (id, kind, dedup_key, payload, run_at, attempts, max_attempts, created_at) \
       SELECT $38, 'emergencies.no_answer_due', $34::text, jsonb_build_object('case_id', $34), $35, 0, 8, $2 FROM home WHERE $7 = 'no_answer'), \
     told AS (INSERT INTO audit_inbox (id, entry, occurred_at) \
       SELECT $39, $40 || jsonb_build_object('community_id', home.community_id), $2 FROM home) \
     SELECT count(*) AS logged FROM visit",
);

#[derive(QueryableByName)]
struct Logged {
    #[diesel(sql_type = ty::BigInt)]
    logged: i64,
}

/// Logs a visit. The same id with the same visit gives the visit that stands.
///
/// # Errors
/// 404 for a household out of scope, 409 when the id stands for another visit, 422 when an elder does not live there.
pub async fn log(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    rules: &ServiceConfig,
    new: &NewVisit,
) -> Result<Visit, Problem> {
    let (now, offset) = (stamp.now, new.offset(stamp.now));
    let checks = new.checks.as_ref();
    let notes = new.elders.iter().map(|e| {
        e.note
            .as_deref()
            .map(|n| stamp.seal("visit_elders.note", n))
            .transpose()
    });
    let due = |severity| match severity {
        HazardSeverity::Advice => None,
        HazardSeverity::General => Some(now + Duration::days(rules.general_hazard_days)),
        HazardSeverity::Major => Some(now + Duration::days(rules.major_hazard_days)),
    };
    let entry = stamp
        .entry("visits.log", "visit", Some(new.id.0))
        .detail(json!({ "outcome": new.outcome, "household_id": new.household_id }));
    let outcome = statement(LOG)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Uuid, _>(new.id)
        .bind::<ty::Uuid, _>(new.household_id)
        .bind::<ty::Array<ty::Uuid>, _>(new.elders.iter().map(|e| e.elder_id).collect::<Vec<_>>())
        .bind::<ty::Array<sql_types::VisitPurpose>, _>(new.purposes.clone())
        .bind::<sql_types::VisitOutcome, _>(new.outcome)
        .bind::<ty::Timestamptz, _>(new.started_at - offset)
        .bind::<ty::Timestamptz, _>(new.ended_at - offset)
        .bind::<ty::BigInt, _>(offset.num_milliseconds())
        .bind::<sql_types::VisitPosition, _>(new.check_in.position)
        .bind::<ty::Nullable<ty::Double>, _>(new.check_in.latitude)
        .bind::<ty::Nullable<ty::Double>, _>(new.check_in.longitude)
        .bind::<ty::Nullable<ty::Float>, _>(new.check_in.accuracy_m)
        .bind::<ty::Nullable<sql_types::CheckResult>, _>(checks.map(|c| c.gas.result))
        .bind::<ty::Nullable<sql_types::CheckResult>, _>(checks.map(|c| c.electric.result))
        .bind::<ty::Nullable<sql_types::CheckResult>, _>(checks.map(|c| c.fire.result))
        .bind::<ty::Nullable<sql_types::CheckResult>, _>(checks.map(|c| c.water.result))
        .bind::<ty::Jsonb, _>(json!(checks))
        .bind::<ty::Nullable<ty::Text>, _>(
            new.note
                .as_deref()
                .map(|n| stamp.seal("visits.note", n))
                .transpose()?,
        )
        .bind::<ty::SmallInt, _>(new.form_version)
        .bind::<ty::Array<sql_types::PhysicalCondition>, _>(
            new.elders.iter().map(|e| e.condition).collect::<Vec<_>>(),
        )
        .bind::<ty::Array<sql_types::Diet>, _>(new.elders.iter().map(|e| e.diet).collect::<Vec<_>>())
        .bind::<ty::Array<sql_types::Mood>, _>(new.elders.iter().map(|e| e.mood).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Nullable<ty::Text>>, _>(notes.collect::<Result<Vec<_>, _>>()?)
        .bind::<ty::Array<ty::Uuid>, _>(new.hazards.iter().map(|_| stamp.new_id()).collect::<Vec<_>>())
        .bind::<ty::Array<sql_types::HazardKind>, _>(new.hazards.iter().map(|h| h.kind).collect::<Vec<_>>())
        .bind::<ty::Array<sql_types::HazardSeverity>, _>(
            new.hazards.iter().map(|h| h.severity).collect::<Vec<_>>(),
        )
        .bind::<ty::Array<ty::Text>, _>(
            new.hazards
                .iter()
                .map(|h| h.check_point.clone())
                .collect::<Vec<_>>(),
        )
        .bind::<ty::Array<ty::Text>, _>(
            new.hazards
                .iter()
                .map(|h| h.description.clone())
                .collect::<Vec<_>>(),
        )
        .bind::<ty::Array<ty::Text>, _>(new.hazards.iter().map(|h| h.measure.clone()).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Nullable<ty::Timestamptz>>, _>(
            new.hazards.iter().map(|h| due(h.severity)).collect::<Vec<_>>(),
        )
        .bind::<ty::Array<ty::Uuid>, _>(new.cleared.clone())
        .bind::<ty::Uuid, _>(stamp.new_id())
        .bind::<ty::Timestamptz, _>(now + Duration::minutes(rules.no_answer_minutes))
        .bind::<ty::Uuid, _>(stamp.new_id())
        .bind::<ty::Timestamptz, _>(now + Duration::hours(24))
        .bind::<ty::Uuid, _>(stamp.new_id())
        .bind::<ty::Uuid, _>(entry.id)
        .bind::<ty::Jsonb, _>(entry.to_json())
        .get_result::<Logged>(conn)
        .await;
    match outcome {
        Ok(Logged { logged: 1 }) => get(conn, actor, now, new.id).await,
        Ok(_) => Err(why_not(conn, actor, now, new).await?),
        Err(error) if violates(&error, "visits_pkey") => {
            let stands = get(conn, actor, now, new.id)
                .await
                .map_err(|_| VISIT_ALREADY_LOGGED.problem())?;
            let same = stands.steward_id == actor.id
                && stands.household_id == new.household_id
                && stands.outcome == new.outcome;
            if same {
                Ok(stands)
            } else {
                Err(VISIT_ALREADY_LOGGED.problem())
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// Why the statement wrote nothing: the household is out of scope, or an elder does not live there.
async fn why_not(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    new: &NewVisit,
) -> Result<Problem, Problem> {
    let found: Logged = statement(concat!(
        "SELECT count(*) AS logged FROM households WHERE id = $3 AND community_id IN (",
        communities_in_scope!(),
        ")"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(new.household_id)
    .get_result(conn)
    .await?;
    Ok(match found.logged {
        0 => HOUSEHOLD_NOT_FOUND.problem(),
        _ => Problem::field("elders", "not all of them live in this household"),
    })
}

/// The visits of the actor's scope, the latest first.
const LIST: &str = concat!(
    "SELECT v.id, v.household_id, v.community_id, v.steward_id, v.purposes, v.outcome, v.started_at, v.ended_at, v.received_at, \
     v.gas, v.electric, v.fire, v.water, v.revision, \
     ARRAY(SELECT m.elder_id FROM visit_elders m WHERE m.visit_id = v.id ORDER BY m.elder_id) AS elders_met \
     FROM visits v WHERE (v.community_id IN (",
    communities_in_scope!(),
    ") OR v.steward_id = $1) AND v.superseded_at IS NULL AND ($3 IS NULL OR v.id = $3) AND ($4 IS NULL OR v.household_id = $4) \
     AND (v.started_at, v.id) < ($5, $6) ORDER BY v.started_at DESC, v.id DESC LIMIT $7"
);

async fn find(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    (id, household): (Option<VisitId>, Option<HouseholdId>),
    before: (DateTime<Utc>, Uuid),
    limit: i64,
) -> Result<Vec<Visit>, Problem> {
    Ok(statement(LIST)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Nullable<ty::Uuid>, _>(id)
        .bind::<ty::Nullable<ty::Uuid>, _>(household)
        .bind::<ty::Timestamptz, _>(before.0)
        .bind::<ty::Uuid, _>(before.1)
        .bind::<ty::BigInt, _>(limit)
        .load(conn)
        .await?)
}

/// After the last instant a visit can begin at.
fn end_of_time(now: DateTime<Utc>) -> (DateTime<Utc>, Uuid) {
    (now + Duration::days(1), Uuid::max())
}

/// One visit in the actor's scope, or of their own.
///
/// # Errors
/// 404 when there is none.
pub async fn get(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: VisitId,
) -> Result<Visit, Problem> {
    let found = find(conn, actor, now, (Some(id), None), end_of_time(now), 1)
        .await?
        .pop();
    found.ok_or_else(|| VISIT_NOT_FOUND.problem())
}

/// The visits in the actor's scope and their own, the latest first.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    household: Option<HouseholdId>,
    page: &PageQuery,
) -> Result<Page<Visit>, Problem> {
    let before = page.after()?.unwrap_or(end_of_time(now));
    let visits = find(conn, actor, now, (None, household), before, page.fetch()).await?;
    Ok(Page::cut(visits, page, |v| (v.started_at, v.id.0)))
}
