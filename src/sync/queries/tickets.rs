//! Counts and tickets.

use crate::{
    calendar::start_of_day,
    communities_in_scope,
    db::statement,
    error::Problem,
    http::{Page, PageQuery},
    sync::{
        STUCK_AFTER, SYNC_TICKET_CLOSED, SYNC_TICKET_NOT_FOUND,
        model::tickets::{CountDifference, SyncAgreement, SyncCounts, SyncTicket},
    },
    tx::{Actor, Role, Tx},
};
use chrono::{DateTime, Days, Utc};
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = ty::Text)]
    operation: String,
    #[diesel(sql_type = ty::BigInt)]
    received: i64,
}

#[derive(QueryableByName)]
struct Raised {
    #[diesel(sql_type = ty::Uuid)]
    id: Uuid,
}

/// Compares what a phone counts with what was received from it; raises a ticket where they differ, or where an item has been waiting
/// for days. One ticket stays open for a phone and a day.
///
/// # Errors
/// 422 for a day in the future.
pub async fn compare(tx: &mut Tx<'_>, actor: &Actor, told: SyncCounts) -> Result<SyncAgreement, Problem> {
    let now = tx.now;
    if told.day > tx.today() {
        return Err(Problem::field("day", "lies in the future"));
    }
    let counted: Vec<Counted> = statement(
        "SELECT operation, count(*) AS received FROM sync_receipts WHERE actor_id = $1 AND device_id = $2 AND received_at >= $3 \
         AND received_at < $4 GROUP BY operation",
    )
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Uuid, _>(told.device_id)
    .bind::<ty::Timestamptz, _>(start_of_day(told.day))
    .bind::<ty::Timestamptz, _>(start_of_day(told.day + Days::new(1)))
    .load(tx.conn)
    .await?;
    // Phone, server.
    let mut both: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for count in &told.counts {
        both.entry(&count.operation).or_default().0 += count.received;
    }
    for count in &counted {
        both.entry(&count.operation).or_default().1 += count.received;
    }
    let differences: Vec<CountDifference> = both
        .into_iter()
        .filter(|(_, (phone, server))| phone != server)
        .map(|(operation, (phone, server))| CountDifference {
            operation: operation.to_owned(),
            phone,
            server,
        })
        .collect();
    let agrees = differences.is_empty();
    let device_now = told.device_now.unwrap_or(now);
    let stuck = told
        .oldest_unsent_at
        .is_some_and(|oldest| device_now - oldest > STUCK_AFTER);
    let ticket_id = if agrees && !stuck {
        None
    } else {
        Some(raise(tx, actor, &told, &differences).await?)
    };
    Ok(SyncAgreement {
        agrees,
        differences,
        ticket_id,
    })
}

async fn raise(
    tx: &mut Tx<'_>,
    actor: &Actor,
    told: &SyncCounts,
    differences: &[CountDifference],
) -> Result<Uuid, Problem> {
    let (id, now) = (tx.new_id(), tx.now);
    let raised: Raised = statement(
        "INSERT INTO sync_tickets (id, user_id, device_id, day, differences, unsent, oldest_unsent_at, storage_persisted, app_version, raised_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (user_id, device_id, day) WHERE closed_at IS NULL \
         DO UPDATE SET differences = excluded.differences, unsent = excluded.unsent, oldest_unsent_at = excluded.oldest_unsent_at, \
         storage_persisted = excluded.storage_persisted, app_version = excluded.app_version RETURNING id",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Uuid, _>(told.device_id)
    .bind::<ty::Date, _>(told.day)
    .bind::<ty::Jsonb, _>(json!(differences))
    .bind::<ty::Integer, _>(told.unsent)
    .bind::<ty::Nullable<ty::Timestamptz>, _>(told.oldest_unsent_at)
    .bind::<ty::Bool, _>(told.storage_persisted)
    .bind::<ty::Text, _>(told.app_version.clone())
    .bind::<ty::Timestamptz, _>(now)
    .get_result(tx.conn)
    .await?;
    let detail = json!({ "day": told.day, "differences": differences.len(), "unsent": told.unsent });
    tx.audit(
        tx.entry("sync.ticket_raise", "sync_ticket", Some(raised.id))
            .detail(detail),
    );
    Ok(raised.id)
}

/// The tickets that an actor may know of, over a ticket `t`: `$1` actor, `$2` instant, `$3` whether all of the city. An officer knows
/// those of stewards who served a community of their area when the ticket was raised.
macro_rules! tickets_in_scope {
    ($more:literal) => {
        concat!(
            "SELECT t.id, t.user_id, t.device_id, t.day, t.differences, t.unsent, t.oldest_unsent_at, t.storage_persisted, t.app_version, \
             t.raised_at, t.closed_at, t.closed_by, t.note FROM sync_tickets t WHERE ($3 OR EXISTS (SELECT 1 FROM steward_assignments a \
             WHERE a.user_id = t.user_id AND a.starts_at <= t.raised_at AND (a.ends_at IS NULL OR a.ends_at > t.raised_at) AND a.community_id IN (",
            communities_in_scope!(),
            ")))",
            $more
        )
    };
}

/// The tickets that the actor may know of, the open ones first, then the latest.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    page: &PageQuery,
) -> Result<Page<SyncTicket>, Problem> {
    let (closed, at, id) = page.after::<(bool, DateTime<Utc>, Uuid)>()?.unwrap_or((
        false,
        now + chrono::Duration::days(1),
        Uuid::max(),
    ));
    let rows: Vec<SyncTicket> = statement(tickets_in_scope!(
        " AND ((t.closed_at IS NOT NULL) > $4 OR (t.closed_at IS NOT NULL) = $4 AND (t.raised_at, t.id) < ($5, $6)) \
         ORDER BY t.closed_at IS NOT NULL, t.raised_at DESC, t.id DESC LIMIT $7"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Bool, _>(actor.role == Role::Admin)
    .bind::<ty::Bool, _>(closed)
    .bind::<ty::Timestamptz, _>(at)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(Page::cut(rows, page, |t| {
        (t.closed_at.is_some(), t.raised_at, t.id)
    }))
}

/// Closes a ticket with what was found.
///
/// # Errors
/// 404 for a ticket that the actor may not know of, 409 when it was closed.
pub async fn close(tx: &mut Tx<'_>, actor: &Actor, id: Uuid, note: String) -> Result<SyncTicket, Problem> {
    let now = tx.now;
    let mut ticket: SyncTicket = statement(tickets_in_scope!(" AND t.id = $4 FOR UPDATE OF t"))
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Bool, _>(actor.role == Role::Admin)
        .bind::<ty::Uuid, _>(id)
        .get_result(tx.conn)
        .await
        .optional()?
        .ok_or_else(|| SYNC_TICKET_NOT_FOUND.problem())?;
    let closed = statement(
        "UPDATE sync_tickets SET closed_at = $2, closed_by = $3, note = $4 WHERE id = $1 AND closed_at IS NULL",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Text, _>(note.clone())
    .execute(tx.conn)
    .await?;
    if closed == 0 {
        return Err(SYNC_TICKET_CLOSED.problem());
    }
    tx.audit(tx.entry("sync.ticket_close", "sync_ticket", Some(id)));
    ticket.closed_at = Some(now);
    ticket.closed_by = Some(actor.id);
    ticket.note = Some(note);
    Ok(ticket)
}
