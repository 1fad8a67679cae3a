//! Statements on no-answer cases and emergencies.

use super::{
    CASE_NOT_FOUND, CASE_NOT_OPEN, EMERGENCY_NOT_FOUND, EMERGENCY_NOT_RAISED,
    model::{Emergency, EmergencyStatus, NoAnswerCase, NoAnswerStatus},
};
use crate::{
    areas::policy::InScope,
    db::statement,
    error::Problem,
    http::{Page, PageQuery},
    ids::{EmergencyId, NoAnswerCaseId},
    schema::{emergencies, no_answer_cases},
    tx::{Actor, Tx},
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

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
            .filter(InScope::of("no_answer_cases.community_id", actor, now))
    };
    let closed = diesel::update(
        no_answer_cases::table
            .filter(no_answer_cases::id.eq(id))
            .filter(no_answer_cases::status.eq(NoAnswerStatus::Open)),
    )
    .filter(InScope::of("no_answer_cases.community_id", actor, now))
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

/// Turns a case that is open past its deadline into an emergency; says whether it did.
///
/// # Errors
/// What the database said.
pub async fn escalate(tx: &mut Tx<'_>, id: NoAnswerCaseId) -> Result<bool, Problem> {
    let (emergency, now) = (EmergencyId(tx.new_id()), tx.now);
    let raised = statement(
        "WITH late AS (UPDATE no_answer_cases SET status = 'escalated', closed_at = $3, version = version + 1 \
         WHERE id = $1 AND status = 'open' AND due_at <= $3 RETURNING household_id, community_id) \
         INSERT INTO emergencies (id, household_id, community_id, no_answer_case_id, status, raised_at, version) \
         SELECT $2, household_id, community_id, $1, 'raised', $3, 1 FROM late",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(emergency)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    if raised > 0 {
        tx.audit(tx.entry("emergencies.raise", "emergency", Some(emergency.0)));
    }
    Ok(raised > 0)
}

/// The emergencies in the actor's scope, the latest first.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    page: &PageQuery,
) -> Result<Page<Emergency>, Problem> {
    let mut query = emergencies::table
        .filter(InScope::of("emergencies.community_id", actor, now))
        .select(Emergency::as_select())
        .order(emergencies::id.desc())
        .limit(page.fetch())
        .into_boxed();
    if let Some(after) = page.after::<EmergencyId>()? {
        query = query.filter(emergencies::id.lt(after));
    }
    Ok(Page::cut(query.load(conn).await?, page, |e| e.id))
}

/// Takes an emergency up: from now on the actor answers for it.
///
/// # Errors
/// 404 when there is none in scope, 409 when somebody has taken it up.
pub async fn acknowledge(tx: &mut Tx<'_>, actor: &Actor, id: EmergencyId) -> Result<Emergency, Problem> {
    let now = tx.now;
    let taken = diesel::update(
        emergencies::table
            .filter(emergencies::id.eq(id))
            .filter(emergencies::status.eq(EmergencyStatus::Raised)),
    )
    .filter(InScope::of("emergencies.community_id", actor, now))
    .set((
        emergencies::status.eq(EmergencyStatus::Acknowledged),
        emergencies::acknowledged_by.eq(actor.id),
        emergencies::acknowledged_at.eq(now),
        emergencies::version.eq(emergencies::version + 1),
    ))
    .returning(Emergency::as_returning())
    .get_result(tx.conn)
    .await
    .optional()?;
    let Some(emergency) = taken else {
        let visible = emergencies::table
            .filter(emergencies::id.eq(id))
            .filter(InScope::of("emergencies.community_id", actor, now));
        let known = diesel::select(diesel::dsl::exists(visible))
            .get_result::<bool>(tx.conn)
            .await?;
        return Err(if known {
            EMERGENCY_NOT_RAISED
        } else {
            EMERGENCY_NOT_FOUND
        }
        .problem());
    };
    tx.audit(
        tx.entry("emergencies.acknowledge", "emergency", Some(id.0))
            .community(emergency.community_id),
    );
    Ok(emergency)
}
