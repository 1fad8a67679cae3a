//! The order in which alerts are told.

use crate::{
    alerts::model::Alert,
    db::{self, statement},
    error::Problem,
    ids::UserId,
};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

/// The most alerts that one commit places, or that one look takes.
pub const BATCH: i64 = 200;

/// Gives every committed alert that has none its position. `lock` is the city's key for it: who places waits for who did, and
/// sees what they placed, so that positions become visible in their own order.
///
/// # Errors
/// What the database said.
pub async fn place(conn: &mut AsyncPgConnection, lock: i64) -> Result<(), Problem> {
    loop {
        let waits = statement("SELECT 1 FROM alerts WHERE position IS NULL LIMIT 1")
            .execute(conn)
            .await?;
        if waits == 0 {
            return Ok(());
        }
        db::transaction(conn, async |conn| {
            statement("SELECT pg_advisory_xact_lock($1)")
                .bind::<ty::BigInt, _>(lock)
                .execute(conn)
                .await?;
            statement(
                "WITH next AS (SELECT a.id, row_number() OVER (ORDER BY a.id) + (SELECT coalesce(max(position), 0) FROM alerts) AS position \
                 FROM (SELECT id FROM alerts WHERE position IS NULL ORDER BY id LIMIT $1) a), \
                 told AS (UPDATE alert_recipients r SET position = next.position FROM next WHERE r.alert_id = next.id) \
                 UPDATE alerts a SET position = next.position FROM next WHERE a.id = next.id",
            )
            .bind::<ty::BigInt, _>(BATCH)
            .execute(conn)
            .await?;
            Ok(())
        })
        .await?;
    }
}

#[derive(QueryableByName)]
struct Last {
    #[diesel(sql_type = ty::BigInt)]
    position: i64,
}

/// The position of the last alert that has one; 0 before the first.
///
/// # Errors
/// What the database said.
pub async fn last(conn: &mut AsyncPgConnection) -> Result<i64, Problem> {
    let last: Last = statement("SELECT coalesce(max(position), 0) AS position FROM alerts")
        .get_result(conn)
        .await?;
    Ok(last.position)
}

/// A placed alert with those who are told of it.
#[derive(QueryableByName)]
pub struct Placed {
    /// The alert.
    #[diesel(embed)]
    pub alert: Alert,
    /// Its place in the order.
    #[diesel(sql_type = ty::BigInt)]
    pub position: i64,
    /// Who is told; nobody whose account is disabled.
    #[diesel(sql_type = ty::Array<ty::Uuid>)]
    pub recipients: Vec<UserId>,
}

/// The alerts after a position, at most [`BATCH`].
///
/// # Errors
/// What the database said.
pub async fn after(conn: &mut AsyncPgConnection, position: i64) -> Result<Vec<Placed>, Problem> {
    Ok(statement(
        "SELECT a.id, a.topic, a.urgency, a.subject_kind, a.subject_id, a.community_id, a.detail, a.raised_at, a.position, \
         ARRAY(SELECT r.user_id FROM alert_recipients r JOIN users u ON u.id = r.user_id AND u.disabled_at IS NULL WHERE r.alert_id = a.id) AS recipients \
         FROM alerts a WHERE a.position > $1 ORDER BY a.position LIMIT $2",
    )
    .bind::<ty::BigInt, _>(position)
    .bind::<ty::BigInt, _>(BATCH)
    .load(conn)
    .await?)
}
