//! The worklist of surveys.

use crate::{
    communities_in_scope,
    db::statement,
    error::Problem,
    followups::model::due::{DueFollowup, DueRow},
    http::{Page, PageQuery},
    ids::OrderId,
    tx::Actor,
};
use chrono::{DateTime, Utc};
use diesel::sql_types as ty;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// The surveys owed, without a word on which.
macro_rules! surveys_due {
    () => {
        "SELECT o.id AS order_id, o.elder_id, o.community_id, o.item_id, o.organisation_id, o.round, o.completed_at, k.due_at, \
         ARRAY(SELECT f.surveyed_at FROM followups f WHERE f.order_id = o.id AND NOT f.reached ORDER BY f.surveyed_at LIMIT 100) AS tried \
         FROM service_orders o JOIN order_clocks k ON k.order_id = o.id AND k.clock = 'follow_up' AND k.stopped_at IS NULL \
         WHERE o.status = 'completed' AND "
    };
}

/// The surveys owed in the actor's scope, the soonest due first; `calls` are made before a visit.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    calls: u32,
    page: &PageQuery,
) -> Result<Page<DueFollowup>, Problem> {
    let (due, id) = page
        .after::<(DateTime<Utc>, Uuid)>()?
        .unwrap_or((DateTime::UNIX_EPOCH, Uuid::nil()));
    let rows: Vec<DueRow> = statement(concat!(
        surveys_due!(),
        "o.community_id IN (",
        communities_in_scope!(),
        ") AND (k.due_at, o.id) > ($3, $4) ORDER BY k.due_at, o.id LIMIT $5"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Timestamptz, _>(due)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(Page::cut(rows, page, |row| (row.due_at, row.order_id.0)).map(|row| row.at(now, calls)))
}

/// The surveys owed of these orders, the soonest due first; whether the actor may know of them is for the caller to say.
///
/// # Errors
/// What the database said.
pub async fn of_orders(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    calls: u32,
    orders: Vec<OrderId>,
) -> Result<Vec<DueFollowup>, Problem> {
    let rows: Vec<DueRow> = statement(concat!(surveys_due!(), "o.id = ANY ($1) ORDER BY k.due_at, o.id"))
        .bind::<ty::Array<ty::Uuid>, _>(orders)
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.at(now, calls)).collect())
}
