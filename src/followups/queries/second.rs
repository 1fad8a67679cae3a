//! The second ask: drawn with the survey, answered by somebody else, and the gap between the two.

use super::survey::not_its_doer;
use crate::{
    clock::put_right,
    communities_in_scope,
    db::statement,
    error::{Problem, on_constraint},
    followups::{
        SECOND_ASK_ANSWERED, SECOND_ASK_NOT_FOUND, SURVEY_ALREADY_RECORDED,
        model::{
            FollowupChannel, Satisfaction, SurveyAnswers,
            second::{Gap, SecondAnswer, SecondAsk, drawn, protected},
        },
    },
    http::{Page, PageQuery},
    ids::{FollowupId, UserId},
    orders::model::Order,
    schema::sql_types as native,
    tx::{Actor, Tx},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// How long a second ask may take.
const TERM: Duration = Duration::days(7);

macro_rules! columns {
    () => {
        "s.followup_id, s.order_id, s.community_id, s.organisation_id, s.drawn_at, s.due_at, s.tries, s.answer_id, s.asked_by, s.channel, s.content, \
         s.attitude, s.quality, s.efficiency, s.words, s.asked_at"
    };
}

/// Draws, or does not draw, a survey that reached its elder.
///
/// # Errors
/// What the database said.
pub async fn draw(
    tx: &mut Tx<'_>,
    order: &Order,
    survey: FollowupId,
    surveyor: UserId,
    satisfied: bool,
    percent: u8,
) -> Result<(), Problem> {
    let (now, random) = (tx.now, tx.clock.random());
    let Some(organisation) = order.organisation_id.filter(|_| drawn(random, percent)) else {
        return Ok(());
    };
    statement(
        "INSERT INTO second_asks (followup_id, order_id, community_id, organisation_id, first_surveyor_id, first_satisfied, drawn_at, due_at, tries) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)",
    )
    .bind::<ty::Uuid, _>(survey)
    .bind::<ty::Uuid, _>(order.id)
    .bind::<ty::Uuid, _>(order.community_id)
    .bind::<ty::Uuid, _>(organisation)
    .bind::<ty::Uuid, _>(surveyor)
    .bind::<ty::Bool, _>(satisfied)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Timestamptz, _>(now + TERM)
    .execute(tx.conn)
    .await?;
    tx.audit(
        tx.entry("second_asks.draw", "followup", Some(survey.0))
            .community(order.community_id),
    );
    Ok(())
}

/// The second asks that the actor may answer, the soonest due first. Who asked first is not told that they were drawn.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    page: &PageQuery,
) -> Result<Page<SecondAsk>, Problem> {
    let (due, id) = page
        .after::<(DateTime<Utc>, Uuid)>()?
        .unwrap_or((DateTime::UNIX_EPOCH, Uuid::nil()));
    let found: Vec<SecondAsk> = statement(concat!(
        "SELECT ",
        columns!(),
        " FROM second_asks s WHERE s.answer_id IS NULL AND s.first_surveyor_id <> $1 AND s.community_id IN (",
        communities_in_scope!(),
        ") AND (s.due_at, s.followup_id) > ($3, $4) ORDER BY s.due_at, s.followup_id LIMIT $5"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Timestamptz, _>(due)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(Page::cut(found, page, |s| (s.due_at, s.followup_id.0)))
}

#[derive(QueryableByName)]
struct Original {
    #[diesel(embed)]
    ask: SecondAsk,
    #[diesel(sql_type = ty::Uuid)]
    original_id: crate::ids::OrderId,
}

/// Records what came of asking again. The first answer stays what it is, and so does the order.
///
/// # Errors
/// 403 for who delivered the service, 404 when the actor may know of none, 409 when it is answered or the id stands for another
/// answer, 422 for a time in the future.
pub async fn answer(
    tx: &mut Tx<'_>,
    actor: &Actor,
    survey: FollowupId,
    new: SecondAnswer,
) -> Result<SecondAsk, Problem> {
    let now = tx.now;
    let at = put_right(new.asked_at, new.device_now, now)
        .ok_or_else(|| Problem::field("asked_at", "lies in the future"))?;
    let found: Option<Original> = statement(concat!(
        "SELECT ",
        columns!(),
        ", o.original_id FROM second_asks s JOIN service_orders o ON o.id = s.order_id WHERE s.followup_id = $3 AND s.first_surveyor_id <> $1 \
         AND s.community_id IN (",
        communities_in_scope!(),
        ") FOR UPDATE OF s"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(survey)
    .load(tx.conn)
    .await?
    .pop();
    let Original { ask, original_id } = found.ok_or_else(|| SECOND_ASK_NOT_FOUND.problem())?;
    if let Some(stands) = ask.answer_id {
        return if stands != new.id {
            Err(SECOND_ASK_ANSWERED.problem())
        } else if ask.asked_by == Some(actor.id)
            && ask.answers() == new.answers
            && ask.words.as_ref() == Some(&new.words)
        {
            Ok(ask)
        } else {
            Err(SURVEY_ALREADY_RECORDED.problem())
        };
    }
    not_its_doer(tx, actor, original_id).await?;
    tx.audit(
        tx.entry("second_asks.answer", "followup", Some(survey.0))
            .community(ask.community_id),
    );
    let Some(answers) = new.answers else {
        return tried(tx, survey).await;
    };
    let SurveyAnswers {
        content,
        attitude,
        quality,
        efficiency,
    } = answers;
    statement(concat!(
        "UPDATE second_asks s SET answer_id = $2, asked_by = $3, channel = $4, content = $5, attitude = $6, quality = $7, efficiency = $8, \
         words = $9, asked_at = $10, received_at = $11 WHERE s.followup_id = $1 AND s.answer_id IS NULL RETURNING ",
        columns!()
    ))
    .bind::<ty::Uuid, _>(survey)
    .bind::<ty::Uuid, _>(new.id)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<native::FollowupChannel, FollowupChannel>(new.channel)
    .bind::<native::Satisfaction, Satisfaction>(content)
    .bind::<native::Satisfaction, Satisfaction>(attitude)
    .bind::<native::Satisfaction, Satisfaction>(quality)
    .bind::<native::Satisfaction, Satisfaction>(efficiency)
    .bind::<ty::Text, _>(new.words)
    .bind::<ty::Timestamptz, _>(at)
    .bind::<ty::Timestamptz, _>(now)
    .get_result(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "second_asks_answer_id_key", || SURVEY_ALREADY_RECORDED.problem()))
}

/// The elder was not reached: asked another time.
async fn tried(tx: &mut Tx<'_>, survey: FollowupId) -> Result<SecondAsk, Problem> {
    Ok(statement(concat!(
        "UPDATE second_asks s SET tries = tries + 1 WHERE s.followup_id = $1 AND s.answer_id IS NULL RETURNING ",
        columns!()
    ))
    .bind::<ty::Uuid, _>(survey)
    .get_result(tx.conn)
    .await?)
}

/// Of what the gap is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapOf {
    /// Each provider's work.
    Organisation,
    /// Each steward's own surveys.
    Steward,
}

#[derive(QueryableByName)]
struct GapRow {
    #[diesel(sql_type = ty::Uuid)]
    of: Uuid,
    #[diesel(sql_type = ty::BigInt)]
    drawn: i64,
    #[diesel(sql_type = ty::BigInt)]
    asked: i64,
    #[diesel(sql_type = ty::BigInt)]
    gap: i64,
}

macro_rules! gaps {
    ($of:literal) => {
        concat!(
            "SELECT s.", $of, " AS of, count(*) AS drawn, count(*) FILTER (WHERE s.first_satisfied AND s.answer_id IS NOT NULL) AS asked, \
             count(*) FILTER (WHERE s.first_satisfied AND 'dissatisfied' IN (s.content, s.attitude, s.quality, s.efficiency)) AS gap \
             FROM second_asks s WHERE s.community_id IN (",
            communities_in_scope!(),
            ") AND s.drawn_at >= $3 AND s.drawn_at < $4 AND s.", $of, " > $5 GROUP BY s.", $of, " ORDER BY s.", $of, " LIMIT $6"
        )
    };
}

/// What the second asks drawn in a half-open range come to, for each provider or steward in the actor's scope; a figure of fewer than
/// `least` elders is not shown.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn gap(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    of: GapOf,
    range: (DateTime<Utc>, DateTime<Utc>),
    least: i64,
    page: &PageQuery,
) -> Result<Page<Gap>, Problem> {
    let after = page.after::<Uuid>()?.unwrap_or_default();
    let text = match of {
        GapOf::Organisation => gaps!("organisation_id"),
        GapOf::Steward => gaps!("first_surveyor_id"),
    };
    let rows: Vec<GapRow> = statement(text)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Timestamptz, _>(range.0)
        .bind::<ty::Timestamptz, _>(range.1)
        .bind::<ty::Uuid, _>(after)
        .bind::<ty::BigInt, _>(page.fetch())
        .load(conn)
        .await?;
    Ok(Page::cut(rows, page, |row| row.of).map(|row| Gap {
        of: row.of,
        drawn: row.drawn,
        asked: row.asked,
        gap: protected(row.asked, row.gap, least),
    }))
}
