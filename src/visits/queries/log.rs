//! The statement that logs a visit, or a version of it.

use super::read;
use crate::{
    attachments::model::{AttachmentCase, AttachmentRole, LinkedPhoto, LinkedPhotos},
    calendar, communities_in_scope,
    config::ServiceConfig,
    db::statement,
    error::{Problem, violates},
    hazards::{HAZARD_ALREADY_FOUND, model::HazardSeverity, queries::report_due},
    ids::{AttachmentId, CommunityId, ElderId, HazardId, VisitId},
    needs::NEED_ALREADY_COLLECTED,
    policies_in_force, risk_weight,
    schema::sql_types,
    served_then,
    tx::{Actor, Stamp},
    visits::{
        HOUSEHOLD_NOT_FOUND, VISIT_ALREADY_LOGGED,
        model::{NewVisit, Visit, VisitOutcome},
    },
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

/// The whole visit in one statement: one round trip and one commit, all of it or nothing.
///
/// It writes tables of the storeys below (obligations, hazards, needs, links of photos, no-answer cases, jobs, the audit inbox):
/// what a visit sets in motion must not be able to get lost between two statements. `home` holds a row only when the household is
/// in the steward's scope, or was when the visit began (it may come from the phone of one who no longer stands in), or the version
/// corrects the steward's own visit; when every elder named lives there, every photo is the steward's own and every need stands on
/// the day's menu; without it nothing is written. `$53` holds the needs and hazards that an earlier version has made. A campaign owes
/// one visit more: a visit that is the week's, month's or quarter's is not the campaign's too; and one made before a campaign was
/// stopped still is, however late it comes in. `$rule` adds to what `home` asks, `$more` to what is written: what most visits do not
/// tell of costs them nothing.
macro_rules! write_visit {
    ($rule:expr, $more:expr) => {
        concat!(
            "WITH home AS (SELECT h.id, h.community_id FROM households h WHERE h.id = $4 AND ($49 <> $3 OR h.community_id IN (",
            communities_in_scope!(),
            ") OR ",
            served_then!("h.community_id", "$8"),
            ") AND ",
            elders_live_there!("$5 || $43"),
            " AND ",
            photos_are_own!("$39"),
            " AND ",
            needs_are_on_the_menu!("$44, $46", "$47"),
            $rule,
            "), \
             visit AS (INSERT INTO visits (id, root_id, revision, correction_reason, household_id, community_id, steward_id, purposes, outcome, \
               started_at, ended_at, received_at, device_offset_ms, \"position\", latitude, longitude, accuracy_m, gas, electric, fire, water, \
               check_points, note_sealed, form_version, content_hash) \
               SELECT $3, $49, $50, $51, home.id, home.community_id, $1, $6, $7, $8, $9, $2, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, \
               $21, $48 FROM home RETURNING community_id), \
             met AS (INSERT INTO visit_elders (visit_id, elder_id, condition, diet, mood, note_sealed) \
               SELECT $3, m.* FROM home, unnest($5, $22, $23, $24, $25) AS m (elder_id, condition, diet, mood, note_sealed)), \
             fulfilled AS (UPDATE obligations o SET status = CASE WHEN $7 = 'met' THEN 'done'::obligation_status ELSE 'excused' END, \
               visit_id = CASE WHEN $7 = 'met' THEN $3 END, excuse = CASE $7 WHEN 'refused' THEN 'declined'::excuse WHEN 'moved' THEN 'moved' END, \
               responsible_id = $1, closed_at = $2 FROM home WHERE o.household_id = home.id \
               AND (o.status IN ('owed', 'missed') OR o.excuse = 'campaign_stopped' AND o.closed_at > $8) \
               AND o.starts_at <= $8 AND o.due_at > $8 AND $7 <> 'no_answer' AND ($7 <> 'met' OR o.kind <> 'campaign' OR NOT EXISTS ( \
               SELECT 1 FROM obligations r WHERE r.household_id = home.id AND r.kind IN ('weekly', 'monthly', 'quarterly') \
               AND r.status IN ('owed', 'missed') AND r.starts_at <= $8 AND r.due_at > $8))), ",
            $more,
            "asked AS (INSERT INTO needs (id, elder_id, household_id, community_id, item_id, channel, event_id, description, status, resolution, \
               collected_by, collected_at, received_at, closed_at, version) \
               SELECT n.id, n.elder_id, home.id, home.community_id, n.item_id, 'visit', $49, n.description, \
               CASE WHEN n.solved IS NULL THEN 'open'::need_status ELSE 'solved' END, n.solved, $1, $8, $2, CASE WHEN n.solved IS NOT NULL THEN $9 END, 1 \
               FROM home, unnest($42, $43, $44, $45, $46) AS n (id, elder_id, item_id, description, solved) WHERE n.id <> ALL ($53)), \
             linked AS (INSERT INTO attachment_links (attachment_id, case_kind, case_id, role, linked_at) \
               SELECT p.attachment_id, p.case_kind, p.case_id, p.role, $2 FROM home, unnest($39, $40, $41, $52) AS p (attachment_id, case_kind, case_id, role) \
               ON CONFLICT DO NOTHING), \
             shut AS (INSERT INTO no_answer_cases (id, household_id, community_id, visit_id, status, opened_at, due_at, version) \
               SELECT $34, home.id, home.community_id, $3, 'open', $2, $35, 1 FROM home WHERE $54), \
             owed AS (INSERT INTO obligations (id, household_id, community_id, kind, period, starts_at, due_at, grace_until, reasons, risk, status, created_at) \
               SELECT $36, home.id, home.community_id, 'event', 'event:' || $3, $2, $37, $37, '{no_answer}', ",
             risk_weight!("no_answer"),
             ", 'owed', $2 FROM home WHERE $54), \
             watch AS (INSERT INTO jobs (id, kind, dedup_key, payload, run_at, attempts, max_attempts, created_at) \
               SELECT $38, 'emergencies.no_answer_due', $34::text, jsonb_build_object('case_id', $34), $35, 0, 8, $2 FROM home WHERE $54), \
             told AS (INSERT INTO audit_inbox (id, entry, occurred_at) \
               SELECT $55, $56 || jsonb_build_object('community_id', home.community_id), $2 FROM home) \
             SELECT community_id FROM visit"
        )
    };
}

/// What the visit found, cleared or checked again. A later visit than the one that found a hazard clears it or says that it is still
/// unsafe; each change is an event.
macro_rules! hazards_follow {
    () => {
        concat!(
            "found AS (INSERT INTO hazards (id, household_id, community_id, kind, severity, check_point, description, measure, status, \
               found_visit_id, found_by, found_at, due_at, report_due_at, previous_id, version) \
               SELECT f.id, home.id, home.community_id, f.kind, f.severity, f.check_point, f.description, f.measure, 'open', $3, $1, $8, f.due_at, ",
            report_due!("f.severity", "$8"),
            ", (SELECT p.id FROM hazards p WHERE p.household_id = home.id AND p.kind = f.kind AND p.check_point = f.check_point AND p.status = 'cleared' \
                ORDER BY p.cleared_at DESC LIMIT 1), 1 \
               FROM home, unnest($26, $27, $28, $29, $30, $31, $32) AS f (id, kind, severity, check_point, description, measure, due_at) \
               WHERE f.id <> ALL ($53) RETURNING id, severity, due_at, report_due_at), \
             cleared AS (UPDATE hazards c SET status = 'cleared', cleared_visit_id = $3, cleared_at = $8, version = c.version + 1 FROM home \
               WHERE c.household_id = home.id AND c.status = 'open' AND c.id = ANY ($33) AND c.found_at < $8 RETURNING c.id, c.version), \
             unsafe AS (UPDATE hazards u SET rechecked_visit_id = $3, rechecked_at = $8, version = u.version + 1 FROM home \
               WHERE u.household_id = home.id AND u.status = 'open' AND u.id = ANY ($57) AND u.found_at < $8 RETURNING u.id, u.version), \
             happened AS (INSERT INTO hazard_events (hazard_id, seq, from_status, to_status, actor_id, happened_at, received_at, reason, data) \
               SELECT e.hazard_id, e.seq, e.from_status, e.to_status, $1, $8, $2, '', jsonb_build_object('visit_id', $3) || e.data FROM ( \
               SELECT id AS hazard_id, 1 AS seq, NULL::hazard_status AS from_status, 'open'::hazard_status AS to_status, \
                 jsonb_build_object('event', 'found', 'severity', severity, 'due_at', due_at, 'report_due_at', report_due_at) AS data FROM found \
               UNION ALL SELECT id, version, 'open', 'cleared', '{\"event\":\"cleared\"}' FROM cleared \
               UNION ALL SELECT id, version, 'open', 'open', '{\"event\":\"still_unsafe\"}' FROM unsafe) e), ",
        )
    };
}

/// The policies that were explained (`$58`, to the elders `$59`), in the versions in force on the day of the visit.
macro_rules! policies_explained {
    () => {
        concat!(
            "explained AS (INSERT INTO visit_policies (visit_id, elder_id, policy_id, policy_version) \
               SELECT $3, x.elder_id, p.policy_id, p.version FROM home, unnest($58, $59) AS x (policy_id, elder_id) JOIN ",
            policies_in_force!("$47"),
            " p ON p.policy_id = x.policy_id), "
        )
    };
}

/// Each policy that was explained is in force on the day of the visit.
macro_rules! policies_stand {
    () => {
        concat!(" AND ", policies_in_force_then!("$58", "$47"))
    };
}

const WRITE: &str = write_visit!("", "");
const WRITE_WITH_HAZARDS: &str = write_visit!("", hazards_follow!());
const WRITE_WITH_POLICIES: &str = write_visit!(policies_stand!(), policies_explained!());
const WRITE_WITH_BOTH: &str = write_visit!(
    policies_stand!(),
    concat!(hazards_follow!(), policies_explained!())
);

/// Why [`WRITE`] wrote nothing, rule by rule.
const WHY_NOT: &str = concat!(
    "SELECT (h.community_id IN (",
    communities_in_scope!(),
    ") OR ",
    served_then!("h.community_id", "$11"),
    ") AS in_scope, ",
    elders_live_there!("$4"),
    " AS elders, ",
    elders_live_there!("$5"),
    " AS askers, ",
    photos_are_own!("$6"),
    " AS photos, ",
    needs_are_on_the_menu!("$7, $8", "$9"),
    " AS needs, ",
    policies_in_force_then!("$10", "$9"),
    " AS policies FROM households h WHERE h.id = $3"
);

#[derive(QueryableByName)]
struct Written {
    #[diesel(sql_type = ty::Uuid)]
    community_id: CommunityId,
}

#[derive(QueryableByName)]
struct Rules {
    #[diesel(sql_type = ty::Bool)]
    in_scope: bool,
    #[diesel(sql_type = ty::Bool)]
    elders: bool,
    #[diesel(sql_type = ty::Bool)]
    askers: bool,
    #[diesel(sql_type = ty::Bool)]
    photos: bool,
    #[diesel(sql_type = ty::Bool)]
    needs: bool,
    #[diesel(sql_type = ty::Bool)]
    policies: bool,
}

/// Which version of which visit is written, and what earlier versions have made already.
pub(super) struct Version<'a> {
    /// The visit as it was sent: its content.
    pub said: &'a NewVisit,
    /// The first version.
    pub root: VisitId,
    /// 1 for the first.
    pub revision: i16,
    /// Why, for a correction.
    pub reason: Option<&'a str>,
    /// The id of each hazard, in the order of the visit's.
    pub hazards: Vec<HazardId>,
    /// Needs and hazards that are there already.
    pub there: Vec<Uuid>,
    /// A no-answer case is opened.
    pub opens_case: bool,
    /// `visits.log` or `visits.correct`.
    pub action: &'static str,
}

/// Until when a hazard that is recorded now must be mended.
pub(super) fn due(
    rules: &ServiceConfig,
    severity: HazardSeverity,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    severity.due(now, rules.general_hazard_days, rules.major_hazard_days)
}

/// Every photo with what it is linked to: the visit's version, or one of its hazards.
fn links(new: &NewVisit, hazards: &[HazardId]) -> Vec<(AttachmentId, AttachmentCase, Uuid, AttachmentRole)> {
    let of_visit = new
        .photos
        .iter()
        .map(|p| (p.attachment_id, AttachmentCase::Visit, new.id.0, p.role));
    let of_hazards = new.hazards.iter().zip(hazards).flat_map(|(found, id)| {
        found
            .photos
            .iter()
            .map(|photo| (*photo, AttachmentCase::Hazard, id.0, AttachmentRole::Photo))
    });
    of_visit.chain(of_hazards).collect()
}

/// Writes a version of a visit; says in which community it is, or nothing where a rule kept it from being written.
pub(super) async fn write(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    rules: &ServiceConfig,
    new: &NewVisit,
    version: &Version<'_>,
) -> Result<Option<CommunityId>, diesel::result::Error> {
    let sealed = |context, text: &Option<String>| {
        text.as_deref()
            .map(|t| stamp.seal(context, t))
            .transpose()
            .map_err(|problem| diesel::result::Error::SerializationError(Box::new(problem)))
    };
    let now = stamp.now;
    let checks = new.checks.as_ref();
    let mut notes = Vec::with_capacity(new.elders.len());
    for elder in &new.elders {
        notes.push(sealed("visit_elders.note", &elder.note)?);
    }
    let links = links(new, &version.hazards);
    let hash = version
        .said
        .content_hash()
        .map_err(|problem| diesel::result::Error::SerializationError(Box::new(problem)))?;
    let entry = stamp.entry(version.action, "visit", Some(new.id.0)).detail(
        json!({ "outcome": new.outcome, "household_id": new.household_id, "revision": version.revision }),
    );
    let hazards = || new.hazards.iter();
    let needs = || new.needs.iter();
    let text = match (new.tells_of_hazards(), new.policies.is_empty()) {
        (false, true) => WRITE,
        (true, true) => WRITE_WITH_HAZARDS,
        (false, false) => WRITE_WITH_POLICIES,
        (true, false) => WRITE_WITH_BOTH,
    };
    let mut written: Vec<Written> = statement(text)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Uuid, _>(new.id)
        .bind::<ty::Uuid, _>(new.household_id)
        .bind::<ty::Array<ty::Uuid>, _>(new.elders.iter().map(|e| e.elder_id).collect::<Vec<_>>())
        .bind::<ty::Array<sql_types::VisitPurpose>, _>(new.purposes.clone())
        .bind::<sql_types::VisitOutcome, _>(new.outcome)
        .bind::<ty::Timestamptz, _>(new.began(now))
        .bind::<ty::Timestamptz, _>(new.ended(now))
        .bind::<ty::BigInt, _>(new.offset(now).num_milliseconds())
        .bind::<sql_types::VisitPosition, _>(new.check_in.position)
        .bind::<ty::Nullable<ty::Double>, _>(new.check_in.latitude)
        .bind::<ty::Nullable<ty::Double>, _>(new.check_in.longitude)
        .bind::<ty::Nullable<ty::Float>, _>(new.check_in.accuracy_m)
        .bind::<ty::Nullable<sql_types::CheckResult>, _>(checks.map(|c| c.gas.result))
        .bind::<ty::Nullable<sql_types::CheckResult>, _>(checks.map(|c| c.electric.result))
        .bind::<ty::Nullable<sql_types::CheckResult>, _>(checks.map(|c| c.fire.result))
        .bind::<ty::Nullable<sql_types::CheckResult>, _>(checks.map(|c| c.water.result))
        .bind::<ty::Jsonb, _>(json!(checks))
        .bind::<ty::Nullable<ty::Text>, _>(sealed("visits.note", &new.note)?)
        .bind::<ty::SmallInt, _>(new.form_version)
        .bind::<ty::Array<sql_types::PhysicalCondition>, _>(
            new.elders.iter().map(|e| e.condition).collect::<Vec<_>>(),
        )
        .bind::<ty::Array<sql_types::Diet>, _>(new.elders.iter().map(|e| e.diet).collect::<Vec<_>>())
        .bind::<ty::Array<sql_types::Mood>, _>(new.elders.iter().map(|e| e.mood).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Nullable<ty::Text>>, _>(notes)
        .bind::<ty::Array<ty::Uuid>, _>(version.hazards.clone())
        .bind::<ty::Array<sql_types::HazardKind>, _>(hazards().map(|h| h.kind).collect::<Vec<_>>())
        .bind::<ty::Array<sql_types::HazardSeverity>, _>(hazards().map(|h| h.severity).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Text>, _>(hazards().map(|h| h.check_point.clone()).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Text>, _>(hazards().map(|h| h.description.clone()).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Text>, _>(hazards().map(|h| h.measure.clone()).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Nullable<ty::Timestamptz>>, _>(
            hazards().map(|h| due(rules, h.severity, now)).collect::<Vec<_>>(),
        )
        .bind::<ty::Array<ty::Uuid>, _>(new.cleared.clone())
        .bind::<ty::Uuid, _>(stamp.new_id())
        .bind::<ty::Timestamptz, _>(now + Duration::minutes(rules.no_answer_minutes))
        .bind::<ty::Uuid, _>(stamp.new_id())
        .bind::<ty::Timestamptz, _>(now + Duration::hours(24))
        .bind::<ty::Uuid, _>(stamp.new_id())
        .bind::<ty::Array<ty::Uuid>, _>(links.iter().map(|l| l.0).collect::<Vec<_>>())
        .bind::<ty::Array<sql_types::AttachmentCase>, _>(links.iter().map(|l| l.1).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Uuid>, _>(links.iter().map(|l| l.2).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Uuid>, _>(needs().map(|n| n.id).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Uuid>, _>(needs().map(|n| n.elder_id).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Uuid>, _>(needs().map(|n| n.item_id).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Text>, _>(needs().map(|n| n.description.clone()).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Nullable<ty::Text>>, _>(needs().map(|n| n.solved.clone()).collect::<Vec<_>>())
        .bind::<ty::Date, _>(calendar::local_date(new.began(now)))
        .bind::<ty::Binary, _>(hash.to_vec())
        .bind::<ty::Uuid, _>(version.root)
        .bind::<ty::SmallInt, _>(version.revision)
        .bind::<ty::Nullable<ty::Text>, _>(version.reason.map(str::to_owned))
        .bind::<ty::Array<sql_types::AttachmentRole>, _>(links.iter().map(|l| l.3).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Uuid>, _>(version.there.clone())
        .bind::<ty::Bool, _>(version.opens_case)
        .bind::<ty::Uuid, _>(entry.id)
        .bind::<ty::Jsonb, _>(entry.to_json())
        .bind::<ty::Array<ty::Uuid>, _>(new.still_unsafe.clone())
        .bind::<ty::Array<ty::Uuid>, _>(new.policies.iter().map(|p| p.policy_id).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Uuid>, _>(new.policies.iter().map(|p| p.elder_id).collect::<Vec<_>>())
        .load(conn)
        .await?;
    Ok(written.pop().map(|w| w.community_id))
}

/// Logs a visit. The same id with the same content gives the visit that was logged first.
///
/// # Errors
/// 404 for a household out of scope, 409 when the id stands for another visit or a need's or hazard's for another one, 422 when an elder
/// does not live there, a photo is not the steward's own, a need is not on the day's menu, or a policy not in force on the day.
pub async fn log(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    rules: &ServiceConfig,
    new: &NewVisit,
) -> Result<Visit, Problem> {
    let version = Version {
        said: new,
        root: new.id,
        revision: 1,
        reason: None,
        hazards: new
            .hazards
            .iter()
            .map(|h| h.id.unwrap_or_else(|| HazardId(stamp.new_id())))
            .collect(),
        there: Vec::new(),
        opens_case: new.outcome == VisitOutcome::NoAnswer,
        action: "visits.log",
    };
    let mut written = write(conn, stamp, actor, rules, new, &version).await;
    let mut kept = None;
    if let Ok(None) = written {
        // Asked only of what is refused otherwise, so that it costs no other visit anything.
        kept = under_kept_files(conn, new).await?;
        if let Some(kept) = &kept {
            written = write(conn, stamp, actor, rules, kept, &version).await;
        }
    }
    let told = kept.as_ref().unwrap_or(new);
    match written {
        Ok(Some(community)) => Ok(as_logged(told, stamp.now, actor, community, version.hazards)),
        Ok(None) => Err(why_not(conn, actor, stamp.now, told, true).await?),
        Err(error) if violates(&error, "visits_pkey") => {
            let stands = read::get(conn, actor, stamp.now, new.id)
                .await
                .map_err(|_| VISIT_ALREADY_LOGGED.problem())?;
            let same = stands.revision == 1
                && stands.steward_id == actor.id
                && stands.content_hash.as_deref() == Some(&new.content_hash()?[..]);
            if same {
                Ok(stands)
            } else {
                Err(VISIT_ALREADY_LOGGED.problem())
            }
        }
        Err(error) => Err(refused(error)),
    }
}

#[derive(QueryableByName)]
struct Merged {
    #[diesel(sql_type = ty::Uuid)]
    id: ElderId,
    #[diesel(sql_type = ty::Uuid)]
    kept: ElderId,
}

/// The visit with the files that are kept, where it names some that were merged since; nothing where it names none.
pub(super) async fn under_kept_files(
    conn: &mut AsyncPgConnection,
    new: &NewVisit,
) -> Result<Option<NewVisit>, Problem> {
    let merged: Vec<Merged> = statement(
        "SELECT id, merged_into_id AS kept FROM elders WHERE id = ANY ($1) AND merged_into_id IS NOT NULL",
    )
    .bind::<ty::Array<ty::Uuid>, _>(new.named_elders())
    .load(conn)
    .await?;
    let kept = merged.into_iter().map(|m| (m.id, m.kept)).collect();
    Ok(new.under_kept_files(&kept))
}

/// What a violated constraint means.
pub(super) fn refused(error: diesel::result::Error) -> Problem {
    if violates(&error, "needs_pkey") {
        NEED_ALREADY_COLLECTED.problem()
    } else if violates(&error, "hazards_pkey") {
        HAZARD_ALREADY_FOUND.problem()
    } else {
        error.into()
    }
}

/// The visit as the statement has just stored it: all that an answer says was sent, but for the community.
fn as_logged(
    new: &NewVisit,
    now: DateTime<Utc>,
    actor: &Actor,
    community_id: CommunityId,
    mut hazards: Vec<HazardId>,
) -> Visit {
    let checks = new.checks.as_ref();
    let mut elders_met: Vec<_> = new.elders.iter().map(|e| e.elder_id).collect();
    let mut needs: Vec<_> = new.needs.iter().map(|n| n.id).collect();
    let mut photos: Vec<_> = new
        .photos
        .iter()
        .map(|p| LinkedPhoto {
            attachment_id: p.attachment_id,
            role: p.role,
        })
        .collect();
    elders_met.sort_unstable();
    needs.sort_unstable();
    hazards.sort_unstable();
    photos.sort_unstable_by_key(|p| p.attachment_id);
    Visit {
        id: new.id,
        root_id: new.id,
        household_id: new.household_id,
        community_id,
        steward_id: actor.id,
        purposes: new.purposes.clone(),
        outcome: new.outcome,
        started_at: new.began(now),
        ended_at: new.ended(now),
        received_at: now,
        gas: checks.map(|c| c.gas.result),
        electric: checks.map(|c| c.electric.result),
        fire: checks.map(|c| c.fire.result),
        water: checks.map(|c| c.water.result),
        elders_met,
        revision: 1,
        correction_reason: None,
        superseded_at: None,
        needs,
        hazards,
        photos: LinkedPhotos(photos),
        content_hash: None,
    }
}

/// Why the statement wrote nothing.
pub(super) async fn why_not(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    new: &NewVisit,
    scoped: bool,
) -> Result<Problem, Problem> {
    let found: Vec<Rules> = statement(WHY_NOT)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Uuid, _>(new.household_id)
        .bind::<ty::Array<ty::Uuid>, _>(new.elders.iter().map(|e| e.elder_id).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Uuid>, _>(new.needs.iter().map(|n| n.elder_id).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Uuid>, _>(
            links(new, &vec![HazardId(Uuid::nil()); new.hazards.len()])
                .iter()
                .map(|l| l.0)
                .collect::<Vec<_>>(),
        )
        .bind::<ty::Array<ty::Uuid>, _>(new.needs.iter().map(|n| n.item_id).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Nullable<ty::Text>>, _>(
            new.needs.iter().map(|n| n.solved.clone()).collect::<Vec<_>>(),
        )
        .bind::<ty::Date, _>(calendar::local_date(new.began(now)))
        .bind::<ty::Array<ty::Uuid>, _>(new.policies.iter().map(|p| p.policy_id).collect::<Vec<_>>())
        .bind::<ty::Timestamptz, _>(new.began(now))
        .load(conn)
        .await?;
    let Some(rules) = found.into_iter().next().filter(|r| r.in_scope || !scoped) else {
        return Ok(HOUSEHOLD_NOT_FOUND.problem());
    };
    let broken = [
        (rules.elders, "elders", "not all of them live in this household"),
        (
            rules.askers,
            "needs",
            "not all of those who ask live in this household",
        ),
        (
            rules.photos,
            "photos",
            "not all of them are photos that you uploaded",
        ),
        (
            rules.needs,
            "needs",
            "not all items stand on the menu of that day, or may be solved by a steward",
        ),
        (
            rules.policies,
            "policies",
            "not all of them were in force on that day",
        ),
    ];
    let mut problem = crate::error::INVALID.problem();
    for (_, field, message) in broken.into_iter().filter(|(kept, ..)| !kept) {
        problem = problem.and_field(field, message);
    }
    Ok(problem)
}
