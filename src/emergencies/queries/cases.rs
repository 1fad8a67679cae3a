//! Statements on shut doors.

use crate::{
    areas::policy::InScope,
    db::statement,
    emergencies::{
        CASE_NOT_FOUND, CASE_NOT_OPEN, STEP_ALREADY_TAKEN,
        model::{
            NewNoAnswerStep, NoAnswerCase, NoAnswerCaseDetail, NoAnswerStatus, NoAnswerStepDone,
            by_the_device, by_the_server,
        },
    },
    error::{Problem, on_constraint},
    http::{Page, PageQuery},
    ids::NoAnswerCaseId,
    schema::{no_answer_cases, sql_types},
    tx::{Actor, Tx},
};
use chrono::{DateTime, SubsecRound, Utc};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

/// The cases in the actor's scope, the latest first.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn cases(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    page: &PageQuery,
) -> Result<Page<NoAnswerCase>, Problem> {
    let mut query = no_answer_cases::table
        .filter(InScope::of("no_answer_cases.community_id", actor, now))
        .select(NoAnswerCase::as_select())
        .order(no_answer_cases::id.desc())
        .limit(page.fetch())
        .into_boxed();
    if let Some(after) = page.after::<NoAnswerCaseId>()? {
        query = query.filter(no_answer_cases::id.lt(after));
    }
    Ok(Page::cut(query.load(conn).await?, page, |c| c.id))
}

/// A case that the actor may act on: of their scope, or found by their own visit, so that who stood in sees it through.
fn within_reach(actor: &Actor, now: DateTime<Utc>) -> InScope {
    InScope::of("no_answer_cases.community_id", actor, now).or_own(
        "EXISTS (SELECT 1 FROM visits own_v WHERE own_v.id = no_answer_cases.visit_id AND own_v.steward_id = $1)",
    )
}

/// Closes a case with what was found out.
///
/// # Errors
/// 404 when there is none in scope, 409 when it is closed.
pub async fn resolve(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: NoAnswerCaseId,
    resolution: &str,
) -> Result<NoAnswerCase, Problem> {
    let now = tx.now;
    let visible = || {
        no_answer_cases::table
            .filter(no_answer_cases::id.eq(id))
            .filter(within_reach(actor, now))
    };
    let closed = diesel::update(
        no_answer_cases::table
            .filter(no_answer_cases::id.eq(id))
            .filter(no_answer_cases::status.eq(NoAnswerStatus::Open)),
    )
    .filter(within_reach(actor, now))
    .set((
        no_answer_cases::status.eq(NoAnswerStatus::Resolved),
        no_answer_cases::resolution.eq(resolution),
        no_answer_cases::closed_by.eq(actor.id),
        no_answer_cases::closed_at.eq(now),
        no_answer_cases::version.eq(no_answer_cases::version + 1),
    ))
    .returning(NoAnswerCase::as_returning())
    .get_result(tx.conn)
    .await
    .optional()?;
    let Some(case) = closed else {
        let known = diesel::select(diesel::dsl::exists(visible()))
            .get_result::<bool>(tx.conn)
            .await?;
        return Err(if known { CASE_NOT_OPEN } else { CASE_NOT_FOUND }.problem());
    };
    tx.audit(
        tx.entry("no_answer.resolve", "no_answer_case", Some(id.0))
            .community(case.community_id),
    );
    Ok(case)
}

/// The steps taken at a door, the earliest first.
///
/// # Errors
/// What the database said.
pub(super) async fn steps(
    conn: &mut AsyncPgConnection,
    id: NoAnswerCaseId,
) -> Result<Vec<NoAnswerStepDone>, Problem> {
    Ok(statement(
        "SELECT id, case_id, step, note, done_by, done_at, received_at, device_offset_ms FROM no_answer_steps WHERE case_id = $1 \
         ORDER BY done_at, id LIMIT 500",
    )
    .bind::<ty::Uuid, _>(id)
    .load(conn)
    .await?)
}

/// One case in the actor's scope, with its steps.
///
/// # Errors
/// 404 when there is none.
pub async fn case(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: NoAnswerCaseId,
) -> Result<NoAnswerCaseDetail, Problem> {
    let case = no_answer_cases::table
        .filter(no_answer_cases::id.eq(id))
        .filter(InScope::of("no_answer_cases.community_id", actor, now))
        .select(NoAnswerCase::as_select())
        .first(conn)
        .await
        .optional()?
        .ok_or_else(|| CASE_NOT_FOUND.problem())?;
    let steps = steps(conn, id).await?;
    Ok(NoAnswerCaseDetail { case, steps })
}

/// Records a step. The same id with the same step gives the step that stands, also after the case was closed.
///
/// # Errors
/// 404 when there is no case in scope, 409 when it is closed or the id stands for another step, 422 for a step in the future.
pub async fn take_step(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: NoAnswerCaseId,
    new: NewNoAnswerStep,
) -> Result<NoAnswerStepDone, Problem> {
    let now = tx.now;
    let case = no_answer_cases::table
        .filter(no_answer_cases::id.eq(id))
        .filter(within_reach(actor, now))
        .select(NoAnswerCase::as_select())
        .for_update()
        .first(tx.conn)
        .await
        .optional()?
        .ok_or_else(|| CASE_NOT_FOUND.problem())?;
    if let Some(stands) = step(tx, new.id).await? {
        let same = stands.case_id == id
            && stands.done_by == actor.id
            && stands.step == new.step
            && stands.note == new.note
            && by_the_device(stands.done_at, stands.device_offset_ms) == new.done_at.trunc_subsecs(6);
        return if same {
            Ok(stands)
        } else {
            Err(STEP_ALREADY_TAKEN.problem())
        };
    }
    if case.status != NoAnswerStatus::Open {
        return Err(CASE_NOT_OPEN.problem());
    }
    let (done_at, device_offset_ms) = by_the_server(new.done_at, new.device_now, now)
        .ok_or_else(|| Problem::field("done_at", "lies in the future"))?;
    let done = NoAnswerStepDone {
        id: new.id,
        case_id: id,
        step: new.step,
        note: new.note,
        done_by: actor.id,
        done_at,
        received_at: now,
        device_offset_ms,
    };
    statement(
        "INSERT INTO no_answer_steps (id, case_id, step, note, done_by, done_at, received_at, device_offset_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind::<ty::Uuid, _>(done.id)
    .bind::<ty::Uuid, _>(done.case_id)
    .bind::<sql_types::NoAnswerStep, _>(done.step)
    .bind::<ty::Text, _>(done.note.clone())
    .bind::<ty::Uuid, _>(done.done_by)
    .bind::<ty::Timestamptz, _>(done.done_at)
    .bind::<ty::Timestamptz, _>(done.received_at)
    .bind::<ty::BigInt, _>(done.device_offset_ms)
    .execute(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "no_answer_steps_pkey", || STEP_ALREADY_TAKEN.problem()))?;
    tx.audit(
        tx.entry("no_answer.step", "no_answer_case", Some(id.0))
            .community(case.community_id)
            .detail(json!({ "step": done.step })),
    );
    Ok(done)
}

async fn step(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<NoAnswerStepDone>, Problem> {
    Ok(statement(
        "SELECT id, case_id, step, note, done_by, done_at, received_at, device_offset_ms FROM no_answer_steps WHERE id = $1",
    )
    .bind::<ty::Uuid, _>(id)
    .get_result(tx.conn)
    .await
    .optional()?)
}
