//! Surveys and what they lead to.

use super::second;
use crate::{
    clock::put_right,
    db::statement,
    error::Problem,
    followups::{
        NOTHING_TO_SURVEY, SURVEY_ALREADY_RECORDED, SURVEYED_BY_ITS_DOER,
        model::{Followup, FollowupChannel, NewFollowup, Satisfaction},
    },
    ids::{FollowupId, OrderId},
    orders::{
        model::OrderStatus,
        queries::{chain, read, write},
    },
    schema::{followups, sql_types as native},
    tx::{Actor, Tx},
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

async fn find(conn: &mut AsyncPgConnection, id: FollowupId) -> Result<Option<Followup>, Problem> {
    Ok(followups::table
        .find(id)
        .select(Followup::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Records a survey of a completed order and lets it take its effect: the chain closes, or the work is done again; of `percent` of
/// those that reach somebody, somebody else asks again. The same id with the same survey gives the survey that stands.
///
/// # Errors
/// 403 for who delivered the service, 404 for an order out of scope, 409 when there is nothing to ask about or the id stands for
/// another survey, 422 for a time in the future.
pub async fn survey(
    tx: &mut Tx<'_>,
    actor: &Actor,
    order_id: OrderId,
    new: NewFollowup,
    percent: u8,
) -> Result<Followup, Problem> {
    let now = tx.now;
    let at = put_right(new.surveyed_at, new.device_now, now)
        .ok_or_else(|| Problem::field("surveyed_at", "lies in the future"))?;
    let order = write::lock_then(tx, actor, order_id, at).await?;
    if let Some(stands) = find(tx.conn, new.id).await? {
        let same = stands.order_id == order_id
            && stands.surveyor_id == actor.id
            && stands.content == new.answers.map(|a| a.content)
            && stands.attitude == new.answers.map(|a| a.attitude)
            && stands.quality == new.answers.map(|a| a.quality)
            && stands.efficiency == new.answers.map(|a| a.efficiency)
            && stands.words == new.words;
        return if same {
            Ok(stands)
        } else {
            Err(SURVEY_ALREADY_RECORDED.problem())
        };
    }
    if order.state.status != OrderStatus::Completed {
        return Err(NOTHING_TO_SURVEY.problem());
    }
    not_its_doer(tx, actor, order.order.original_id).await?;
    let answers = new.answers;
    statement(
        "INSERT INTO followups (id, order_id, original_id, round, community_id, surveyor_id, channel, reached, content, attitude, quality, efficiency, \
         words, surveyed_at, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind::<ty::Uuid, _>(new.id)
    .bind::<ty::Uuid, _>(order_id)
    .bind::<ty::Uuid, _>(order.order.original_id)
    .bind::<ty::SmallInt, _>(order.order.round)
    .bind::<ty::Uuid, _>(order.order.community_id)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<native::FollowupChannel, FollowupChannel>(new.channel)
    .bind::<ty::Bool, _>(answers.is_some())
    .bind::<ty::Nullable<native::Satisfaction>, Option<Satisfaction>>(answers.map(|a| a.content))
    .bind::<ty::Nullable<native::Satisfaction>, Option<Satisfaction>>(answers.map(|a| a.attitude))
    .bind::<ty::Nullable<native::Satisfaction>, Option<Satisfaction>>(answers.map(|a| a.quality))
    .bind::<ty::Nullable<native::Satisfaction>, Option<Satisfaction>>(answers.map(|a| a.efficiency))
    .bind::<ty::Text, _>(new.words.clone())
    .bind::<ty::Timestamptz, _>(at)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    let mut entry = tx
        .entry("followups.survey", "followup", Some(new.id.0))
        .community(order.order.community_id);
    entry.elder_id = order.order.elder_id.map(|e| e.0);
    tx.audit(entry);
    if let Some(answers) = answers {
        second::draw(tx, &order.order, new.id, actor.id, answers.satisfied(), percent).await?;
    }
    match answers {
        None => {}
        Some(answers) if answers.satisfied() => chain::satisfied(tx, order, new.id).await?,
        Some(_) => {
            chain::dissatisfied(tx, order, new.id, actor.id, &reason(&new.words)).await?;
        }
    }
    find(tx.conn, new.id)
        .await?
        .ok_or_else(|| NOTHING_TO_SURVEY.problem())
}

/// What of the elder's words goes with the rework: an event's reason is bounded.
fn reason(words: &str) -> String {
    words.chars().take(500).collect()
}

/// Who did the service, in any round, never surveys it.
pub(super) async fn not_its_doer(tx: &mut Tx<'_>, actor: &Actor, original: OrderId) -> Result<(), Problem> {
    let did = statement(
        "SELECT 1 FROM order_events v JOIN service_orders o ON o.id = v.order_id WHERE o.original_id = $1 AND v.actor_id = $2 \
         AND v.to_status IN ('in_service', 'completed') AND v.from_status <> v.to_status LIMIT 1",
    )
    .bind::<ty::Uuid, _>(original)
    .bind::<ty::Uuid, _>(actor.id)
    .execute(tx.conn)
    .await?;
    if did > 0 {
        Err(SURVEYED_BY_ITS_DOER.problem())
    } else {
        Ok(())
    }
}

/// The surveys of an order's whole chain, in the sequence they were made.
///
/// # Errors
/// 404 when the actor may know of no such order.
pub async fn of_chain(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    order: OrderId,
) -> Result<Vec<Followup>, Problem> {
    let order = read::get(conn, actor, now, order).await?;
    Ok(followups::table
        .filter(followups::original_id.eq(order.original_id))
        .order((followups::round, followups::surveyed_at, followups::id))
        .limit(200)
        .select(Followup::as_select())
        .load(conn)
        .await?)
}
