//! Statements on assessments.

use super::{
    ASSESSMENT_ALREADY_RECORDED, ASSESSMENT_NOT_FOUND, ASSESSMENT_REPLACED, NO_ASSESSMENT_SCHEME,
    model::{
        Assessment, AssessmentDetail, AssessmentReason, AssessmentScheme, Assessor, NewAssessment, Sealed,
    },
};
use crate::{
    calendar::local_date,
    clock::put_right,
    communities_in_scope,
    db::statement,
    elders::{change, model::Elder, queries},
    error::{Problem, on_constraint},
    http::{Page, PageQuery},
    ids::{AssessmentId, CommunityId, ElderId},
    schema::sql_types as native,
    tx::{Actor, Stamp, Tx},
};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// What seals an assessment's content.
const CONTENT: &str = "ability_assessments.content";

macro_rules! schemes {
    ($narrowed:literal) => {
        concat!(
            "SELECT code, version, name_zh, name_en, valid_from, content FROM assessment_schemes ",
            $narrowed
        )
    };
}

/// Every version of every standard, the newest first.
///
/// # Errors
/// What the database said.
pub async fn schemes(conn: &mut AsyncPgConnection) -> Result<Vec<AssessmentScheme>, Problem> {
    Ok(statement(schemes!("ORDER BY valid_from DESC LIMIT 100"))
        .load(conn)
        .await?)
}

/// The scheme in force on a day.
async fn scheme_on(conn: &mut AsyncPgConnection, day: NaiveDate) -> Result<AssessmentScheme, Problem> {
    statement(schemes!(
        "WHERE valid_from <= $1 ORDER BY valid_from DESC LIMIT 1"
    ))
    .bind::<ty::Date, _>(day)
    .get_result(conn)
    .await
    .optional()?
    .ok_or_else(|| NO_ASSESSMENT_SCHEME.problem())
}

/// The scheme by which an assessment was made.
async fn scheme_of(conn: &mut AsyncPgConnection, of: &Assessment) -> Result<AssessmentScheme, Problem> {
    Ok(statement(schemes!("WHERE code = $1 AND version = $2"))
        .bind::<ty::Text, _>(of.scheme_code.clone())
        .bind::<ty::SmallInt, _>(of.scheme_version)
        .get_result(conn)
        .await?)
}

/// Assessments of the elders in the actor's scope: `$1` actor, `$2` instant.
macro_rules! assessments_in_scope {
    ($narrowed:literal) => {
        concat!(
            "SELECT a.id, a.elder_id, a.scheme_code, a.scheme_version, a.reason, a.assessed_at, a.level, a.reassess_on, \
             jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('user_id', a.first_assessor_id, 'name', a.first_assessor_name)), \
             jsonb_strip_nulls(jsonb_build_object('user_id', a.second_assessor_id, 'name', a.second_assessor_name))) AS assessors, \
             a.replaces_id, a.replacement_reason, (SELECT r.id FROM ability_assessments r WHERE r.replaces_id = a.id) AS replaced_by_id, \
             a.current, a.recorded_by, a.recorded_at, e.community_id, a.content_sealed, a.content_hash \
             FROM ability_assessments a JOIN elders e ON e.id = a.elder_id WHERE e.community_id IN (",
            communities_in_scope!(),
            ")",
            $narrowed
        )
    };
}

/// An elder's assessments, the latest first.
///
/// # Errors
/// 404 when there is no such elder in scope, 400 for a foreign cursor.
pub async fn of_elder(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    elder: ElderId,
    page: &PageQuery,
) -> Result<(CommunityId, Page<Assessment>), Problem> {
    let (before, id) = page
        .after::<(DateTime<Utc>, Uuid)>()?
        .unwrap_or((now + Duration::days(1), Uuid::max()));
    let elder: Elder = queries::get_in_scope(conn, actor, now, elder).await?;
    let found = statement(assessments_in_scope!(
        " AND a.elder_id = $3 AND (a.assessed_at, a.id) < ($4, $5) ORDER BY a.assessed_at DESC, a.id DESC LIMIT $6"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(elder.id)
    .bind::<ty::Timestamptz, _>(before)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    let cut = Page::cut(found, page, |a: &Assessment| (a.assessed_at, a.id.0));
    Ok((elder.community_id, cut))
}

/// The current assessments in scope whose elders are to be assessed again until a day, the longest due first.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn due(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    until: NaiveDate,
    page: &PageQuery,
) -> Result<Page<Assessment>, Problem> {
    let (after, id) = page
        .after::<(NaiveDate, Uuid)>()?
        .unwrap_or((NaiveDate::default(), Uuid::nil()));
    let found = statement(assessments_in_scope!(
        " AND a.current AND e.status IN ('active', 'in_hospital', 'away') AND a.reassess_on <= $3 AND (a.reassess_on, a.id) > ($4, $5) \
         ORDER BY a.reassess_on, a.id LIMIT $6"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Date, _>(until)
    .bind::<ty::Date, _>(after)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(Page::cut(found, page, |a: &Assessment| (a.reassess_on, a.id.0)))
}

/// One assessment in scope.
///
/// # Errors
/// 404 when there is none.
pub async fn find(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: AssessmentId,
) -> Result<Assessment, Problem> {
    statement(assessments_in_scope!(" AND a.id = $3"))
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Uuid, _>(id)
        .get_result(conn)
        .await
        .optional()?
        .ok_or_else(|| ASSESSMENT_NOT_FOUND.problem())
}

/// One assessment in scope with everything that was found.
///
/// # Errors
/// 404 when there is none.
pub async fn get(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    id: AssessmentId,
) -> Result<AssessmentDetail, Problem> {
    let assessment = find(conn, actor, stamp.now, id).await?;
    let scheme = scheme_of(conn, &assessment).await?;
    let plain = stamp.open(CONTENT, &assessment.content_sealed)?;
    let Sealed {
        findings,
        reckoning,
        note,
    } = serde_json::from_str(&plain).map_err(Problem::internal)?;
    let level = scheme.content.level(assessment.level)?;
    Ok(AssessmentDetail {
        level_zh: level.name_zh.clone(),
        level_en: level.name_en.clone(),
        assessment,
        findings,
        reckoning,
        note,
    })
}

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = ty::Uuid)]
    elder_id: ElderId,
    #[diesel(sql_type = ty::Binary)]
    content_hash: Vec<u8>,
}

/// Records an assessment; the elder's categories follow if it is the current one. The same id with the same content gives the
/// assessment that stands.
///
/// # Errors
/// 404 for an elder, or an assessment to be replaced, out of scope; 409 for an id that stands for another one and for one replaced
/// already; 422 for what the scheme does not take.
pub async fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    elder: ElderId,
    new: &NewAssessment,
) -> Result<AssessmentDetail, Problem> {
    let (now, by, hash) = (tx.now, tx.actor_id()?, new.content_hash()?);
    let elder = queries::lock_in_scope(tx, actor, elder).await?;
    let stands: Option<Known> =
        statement("SELECT elder_id, content_hash FROM ability_assessments WHERE id = $1")
            .bind::<ty::Uuid, _>(new.id)
            .get_result(tx.conn)
            .await
            .optional()?;
    if let Some(stands) = stands {
        return if stands.elder_id == elder.id && stands.content_hash == hash {
            let stamp = tx.stamp();
            get(tx.conn, &stamp, actor, new.id).await
        } else {
            Err(ASSESSMENT_ALREADY_RECORDED.problem())
        };
    }
    let at = put_right(new.assessed_at, new.device_now, now)
        .ok_or_else(|| Problem::field("assessed_at", "lies in the future"))?;
    let day = local_date(at);
    let scheme = scheme_on(tx.conn, day).await?;
    let reckoning = scheme.content.reckon(&new.findings, day)?;
    let [first, second] = new.two_assessors()?;
    assessors_may(tx, &[&first, &second]).await?;
    if let Some(replaced) = &new.replaces {
        replaceable(tx, actor, &elder, replaced.id).await?;
    }
    let level = reckoning.level;
    let sealed = Sealed {
        findings: new.findings.clone(),
        reckoning,
        note: new.note.clone(),
    };
    let plain = serde_json::to_string(&sealed).map_err(Problem::internal)?;
    let sealed = tx.seal(CONTENT, &plain)?;
    statement(
        "INSERT INTO ability_assessments (id, elder_id, scheme_code, scheme_version, reason, assessed_at, content_sealed, content_hash, level, \
         reassess_on, first_assessor_id, first_assessor_name, second_assessor_id, second_assessor_name, replaces_id, replacement_reason, current, \
         recorded_by, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, false, $17, $18)",
    )
    .bind::<ty::Uuid, _>(new.id)
    .bind::<ty::Uuid, _>(elder.id)
    .bind::<ty::Text, _>(scheme.code.clone())
    .bind::<ty::SmallInt, _>(scheme.version)
    .bind::<native::AssessmentReason, AssessmentReason>(new.reason)
    .bind::<ty::Timestamptz, _>(at)
    .bind::<ty::Text, _>(sealed)
    .bind::<ty::Binary, _>(hash)
    .bind::<ty::SmallInt, _>(level)
    .bind::<ty::Date, _>(scheme.content.reassess_on(day))
    .bind::<ty::Nullable<ty::Uuid>, _>(first.user_id)
    .bind::<ty::Nullable<ty::Text>, _>(first.name)
    .bind::<ty::Nullable<ty::Uuid>, _>(second.user_id)
    .bind::<ty::Nullable<ty::Text>, _>(second.name)
    .bind::<ty::Nullable<ty::Uuid>, _>(new.replaces.as_ref().map(|r| r.id))
    .bind::<ty::Nullable<ty::Text>, _>(new.replaces.as_ref().map(|r| r.reason.clone()))
    .bind::<ty::Uuid, _>(by)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await
    .map_err(|e| {
        on_constraint(e, "ability_assessments_replaces_once", || {
            ASSESSMENT_REPLACED.problem()
        })
    })?;
    tx.audit(
        tx.entry("assessments.record", "assessment", Some(new.id.0))
            .elder(elder.id)
            .community(elder.community_id),
    );
    settle(tx.conn, &[elder.id]).await?;
    categories_follow(tx, actor, &elder).await?;
    let stamp = tx.stamp();
    get(tx.conn, &stamp, actor, new.id).await
}

/// Assessors with an account are stewards or officers who have not been disabled.
async fn assessors_may(tx: &mut Tx<'_>, assessors: &[&Assessor]) -> Result<(), Problem> {
    let accounts: Vec<_> = assessors.iter().filter_map(|a| a.user_id).collect();
    let fit = statement(
        "SELECT 1 FROM users WHERE id = ANY ($1) AND role IN ('steward', 'officer') AND disabled_at IS NULL",
    )
    .bind::<ty::Array<ty::Uuid>, _>(accounts.clone())
    .execute(tx.conn)
    .await?;
    if fit == accounts.len() {
        Ok(())
    } else {
        Err(Problem::field(
            "assessors",
            "must be stewards' or officers' accounts, or names",
        ))
    }
}

/// What is replaced is an assessment of the same elder that stands.
async fn replaceable(tx: &mut Tx<'_>, actor: &Actor, elder: &Elder, id: AssessmentId) -> Result<(), Problem> {
    let now = tx.now;
    let before: Assessment = statement(assessments_in_scope!(" AND a.id = $3 AND a.elder_id = $4"))
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Uuid, _>(elder.id)
        .get_result(tx.conn)
        .await
        .optional()?
        .ok_or_else(|| Problem::field("replaces.id", "is no assessment of this elder"))?;
    match before.replaced_by_id {
        None => Ok(()),
        Some(_) => Err(ASSESSMENT_REPLACED.problem()),
    }
}

/// Makes the latest assessment of each of these elders that was not replaced the current one.
///
/// # Errors
/// What the database said.
pub async fn settle(conn: &mut AsyncPgConnection, elders: &[ElderId]) -> Result<(), Problem> {
    statement("UPDATE ability_assessments SET current = false WHERE elder_id = ANY ($1) AND current")
        .bind::<ty::Array<ty::Uuid>, _>(elders.to_vec())
        .execute(conn)
        .await?;
    statement(
        "UPDATE ability_assessments SET current = true WHERE id = ANY (ARRAY(SELECT DISTINCT ON (a.elder_id) a.id FROM ability_assessments a \
         WHERE a.elder_id = ANY ($1) AND NOT EXISTS (SELECT 1 FROM ability_assessments r WHERE r.replaces_id = a.id) \
         ORDER BY a.elder_id, a.assessed_at DESC, a.recorded_at DESC, a.id DESC))",
    )
    .bind::<ty::Array<ty::Uuid>, _>(elders.to_vec())
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets the elder carry the category of the current assessment's level, from its day on, and no other of the scheme.
async fn categories_follow(tx: &mut Tx<'_>, actor: &Actor, elder: &Elder) -> Result<(), Problem> {
    let now = tx.now;
    let current: Assessment = statement(assessments_in_scope!(" AND a.elder_id = $3 AND a.current"))
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Uuid, _>(elder.id)
        .get_result(tx.conn)
        .await?;
    let AssessmentScheme { name_zh, content, .. } = scheme_of(tx.conn, &current).await?;
    let level = content.level(current.level)?;
    let evidence = format!("{name_zh}：{}", level.name_zh);
    change::exchange_categories(
        tx,
        actor,
        elder,
        &content.categories(),
        level.category.as_deref(),
        (local_date(current.assessed_at), evidence),
    )
    .await
}
