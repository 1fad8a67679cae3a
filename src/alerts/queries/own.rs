//! A person's own alerts.

use super::place::BATCH;
use crate::{
    account_enabled,
    alerts::{
        ALERT_NOT_FOUND,
        model::{Alert, OwnAlert},
    },
    db::statement,
    error::Problem,
    http::{Page, PageQuery},
    ids::AlertId,
    tx::{Actor, Tx},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

macro_rules! own {
    () => {
        "SELECT a.id, a.topic, a.urgency, a.subject_kind, a.subject_id, a.community_id, a.detail, a.raised_at, r.seen_at, r.position \
         FROM alert_recipients r JOIN alerts a ON a.id = r.alert_id WHERE r.user_id = $1 AND "
    };
}

/// The actor's alerts, the newest first; all of them or those not seen.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    unseen: bool,
    page: &PageQuery,
) -> Result<Page<OwnAlert>, Problem> {
    let (at, id) = page
        .after::<(DateTime<Utc>, Uuid)>()?
        .unwrap_or((now + Duration::days(1), Uuid::max()));
    let text = if unseen {
        concat!(
            own!(),
            account_enabled!(),
            " AND r.seen_at IS NULL AND (r.raised_at, r.alert_id) < ($2, $3) ORDER BY r.raised_at DESC, r.alert_id DESC LIMIT $4"
        )
    } else {
        concat!(
            own!(),
            account_enabled!(),
            " AND (r.raised_at, r.alert_id) < ($2, $3) ORDER BY r.raised_at DESC, r.alert_id DESC LIMIT $4"
        )
    };
    let found: Vec<OwnAlert> = statement(text)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(at)
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::BigInt, _>(page.fetch())
        .load(conn)
        .await?;
    Ok(Page::cut(found, page, |own| {
        (own.alert.raised_at, own.alert.id.0)
    }))
}

/// Notes that the actor has seen an alert; the first time counts.
///
/// # Errors
/// 404 when it is none of theirs.
pub async fn seen(tx: &mut Tx<'_>, actor: &Actor, id: AlertId) -> Result<OwnAlert, Problem> {
    let now = tx.now;
    statement(concat!(
        "UPDATE alert_recipients SET seen_at = $3 WHERE user_id = $1 AND alert_id = $2 AND seen_at IS NULL AND ",
        account_enabled!()
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    let found: Option<OwnAlert> = statement(concat!(own!(), account_enabled!(), " AND r.alert_id = $2"))
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Uuid, _>(id)
        .load(tx.conn)
        .await?
        .pop();
    let own = found.ok_or_else(|| ALERT_NOT_FOUND.problem())?;
    if own.seen_at == Some(now) {
        let mut entry = tx.entry("alerts.seen", "alert", Some(id.0));
        entry.community_id = own.alert.community_id.map(|c| c.0);
        tx.audit(entry);
    }
    Ok(own)
}

/// Where a stream stands: the last alert that was told, and its position.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub struct Stand {
    /// The alert; nil before the first.
    #[diesel(sql_type = ty::Uuid)]
    pub id: AlertId,
    /// Its position; 0 before the first.
    #[diesel(sql_type = ty::BigInt)]
    pub position: i64,
}

impl Stand {
    /// Before the first alert.
    pub const START: Self = Self {
        id: AlertId(Uuid::nil()),
        position: 0,
    };
}

/// Where the actor's stream stood that was told `last`; without it, at their newest alert.
///
/// # Errors
/// 404 when that is none of theirs.
pub async fn stand(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    last: Option<AlertId>,
) -> Result<Stand, Problem> {
    match last {
        Some(id) if id == Stand::START.id => Ok(Stand::START),
        Some(id) => statement(
            "SELECT alert_id AS id, position FROM alert_recipients WHERE user_id = $1 AND alert_id = $2 AND position IS NOT NULL",
        )
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Uuid, _>(id)
        .load(conn)
        .await?
        .pop()
        .ok_or_else(|| ALERT_NOT_FOUND.problem()),
        None => Ok(statement(
            "SELECT alert_id AS id, position FROM alert_recipients WHERE user_id = $1 AND position IS NOT NULL ORDER BY position DESC LIMIT 1",
        )
        .bind::<ty::Uuid, _>(actor.id)
        .load(conn)
        .await?
        .pop()
        .unwrap_or(Stand::START)),
    }
}

/// An alert that a stream has to tell.
#[derive(QueryableByName)]
pub struct Untold {
    /// The alert.
    #[diesel(embed)]
    pub alert: Alert,
    /// Its position.
    #[diesel(sql_type = ty::BigInt)]
    pub position: i64,
}

/// The actor's alerts after a position, at most [`BATCH`].
///
/// # Errors
/// What the database said.
pub async fn after(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    position: i64,
) -> Result<Vec<Untold>, Problem> {
    Ok(statement(concat!(
        own!(),
        account_enabled!(),
        " AND r.position > $2 ORDER BY r.position LIMIT $3"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::BigInt, _>(position)
    .bind::<ty::BigInt, _>(BATCH)
    .load(conn)
    .await?)
}
