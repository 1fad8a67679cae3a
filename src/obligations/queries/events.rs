//! Events, and the visit within 24 hours that each owes.

use super::{excuses::excuse_absent, standing::refresh};
use crate::{
    clock::put_right,
    db::statement,
    elders::queries::{get_in_scope, lock_kept_then},
    error::{Problem, on_constraint},
    http::{Page, PageQuery},
    ids::{CommunityId, ElderEventId, ElderId, HouseholdId, ObligationId, UserId, VisitId},
    obligations::{
        ELDER_EVENT_ALREADY_RECORDED,
        model::{ElderEvent, ElderEventKind, Excuse, NewElderEvent, ObligationStatus},
    },
    schema::sql_types,
    tx::{Actor, Stamp, Tx},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;

/// Within which a visit is owed, from when the event became known.
const WITHIN: Duration = Duration::hours(24);
/// An event that lies further back owes no visit: it is history.
const OLDEST: Duration = Duration::days(30);
/// Sealed under this name.
const NOTE: &str = "elder_events.note";

/// What happened, to whom.
struct Happened<'a> {
    id: ElderEventId,
    elder: ElderId,
    household: HouseholdId,
    community: CommunityId,
    kind: ElderEventKind,
    at: DateTime<Utc>,
    note: Option<&'a str>,
}

/// Owes the visit and writes the event; says whether it was not there already. A visit that met somebody since then, and came in
/// from its phone before the event did, is the visit.
async fn owe(tx: &mut Tx<'_>, grace: Duration, event: &Happened<'_>) -> Result<bool, Problem> {
    let (obligation, now, by) = (ObligationId(tx.new_id()), tx.now, tx.actor.map(|a| a.id));
    let due = now + WITHIN;
    let fresh = statement(
        "INSERT INTO obligations (id, household_id, community_id, kind, period, starts_at, due_at, grace_until, reasons, risk, status, visit_id, \
         responsible_id, closed_at, created_at) \
         SELECT $1, $2, $3, 'event', $4, $5, $6, $7, ARRAY[$8::text], coalesce((SELECT w.weight FROM risk_weights w WHERE w.reason = $8 \
         ORDER BY w.edition DESC LIMIT 1), 0::int2), CASE WHEN v.id IS NULL THEN 'owed'::obligation_status ELSE 'done' END, v.id, v.steward_id, \
         v.received_at, $9 FROM (SELECT 1) one LEFT JOIN LATERAL (SELECT v.id, v.steward_id, v.received_at FROM visits v \
         WHERE v.household_id = $2 AND v.superseded_at IS NULL AND v.outcome = 'met' AND v.started_at >= $5 AND v.started_at < $6 \
         ORDER BY v.started_at LIMIT 1) v ON true ON CONFLICT ON CONSTRAINT obligations_once DO NOTHING",
    )
    .bind::<ty::Uuid, _>(obligation)
    .bind::<ty::Uuid, _>(event.household)
    .bind::<ty::Uuid, _>(event.community)
    .bind::<ty::Text, _>(format!("event:{}", event.id))
    .bind::<ty::Timestamptz, _>(event.at)
    .bind::<ty::Timestamptz, _>(due)
    .bind::<ty::Timestamptz, _>(due + grace)
    .bind::<ty::Text, _>(event.kind.reason())
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    if fresh == 0 {
        return Ok(false);
    }
    let note = event.note.map(|text| tx.seal(NOTE, text)).transpose()?;
    statement(
        "INSERT INTO elder_events (id, elder_id, household_id, community_id, obligation_id, kind, note_sealed, occurred_at, received_at, recorded_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind::<ty::Uuid, _>(event.id)
    .bind::<ty::Uuid, _>(event.elder)
    .bind::<ty::Uuid, _>(event.household)
    .bind::<ty::Uuid, _>(event.community)
    .bind::<ty::Uuid, _>(obligation)
    .bind::<sql_types::ElderEventKind, _>(event.kind)
    .bind::<ty::Nullable<ty::Text>, _>(note)
    .bind::<ty::Timestamptz, _>(event.at)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Nullable<ty::Uuid>, _>(by)
    .execute(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "elder_events_pkey", || ELDER_EVENT_ALREADY_RECORDED.problem()))?;
    refresh(tx, &[event.household]).await?;
    excuse_absent(tx, Some(event.household)).await?;
    let entry = tx
        .entry("elders.event", "elder_event", Some(event.id.0))
        .elder(event.elder)
        .community(event.community);
    tx.audit(entry.detail(json!({ "kind": event.kind, "obligation_id": obligation })));
    Ok(true)
}

/// Records an event. The same id with the same content by the same person gives the event that stands.
///
/// # Errors
/// 404 for an elder out of scope, 409 when the id stands for another event or the file was merged, 422 for a time in the future or
/// more than 30 days ago.
pub async fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    grace: Duration,
    elder: ElderId,
    new: NewElderEvent,
) -> Result<ElderEvent, Problem> {
    let (now, stamp) = (tx.now, tx.stamp());
    let at = put_right(new.occurred_at, new.device_now, now)
        .ok_or_else(|| Problem::field("occurred_at", "lies in the future"))?;
    let file = lock_kept_then(tx, actor, elder, at).await?;
    let elder = file.id;
    if let Some(stands) = find(tx.conn, &stamp, new.id).await? {
        let same = stands.elder_id == elder
            && stands.recorded_by == Some(actor.id)
            && stands.kind == new.kind
            && stands.note == new.note;
        return if same {
            Ok(stands)
        } else {
            Err(ELDER_EVENT_ALREADY_RECORDED.problem())
        };
    }
    if at < now - OLDEST {
        return Err(Problem::field("occurred_at", "lies more than 30 days back"));
    }
    let event = Happened {
        id: new.id,
        elder,
        household: file.household_id,
        community: file.community_id,
        kind: new.kind,
        at,
        note: new.note.as_deref(),
    };
    owe(tx, grace, &event).await?;
    find(tx.conn, &stamp, new.id)
        .await?
        .ok_or_else(|| ELDER_EVENT_ALREADY_RECORDED.problem())
}

#[derive(QueryableByName)]
struct Home {
    #[diesel(sql_type = ty::Uuid)]
    household_id: HouseholdId,
    #[diesel(sql_type = ty::Uuid)]
    community_id: CommunityId,
}

/// The elder came back from hospital: recorded by the service itself, once for each `event`. Who has left again since then is not
/// visited for it.
///
/// # Errors
/// What the database said.
pub async fn discharged(
    tx: &mut Tx<'_>,
    grace: Duration,
    event: ElderEventId,
    elder: ElderId,
    at: DateTime<Utc>,
) -> Result<(), Problem> {
    let home: Option<Home> = statement(
        "SELECT household_id, community_id FROM elders WHERE id = $1 AND status = 'active' FOR UPDATE",
    )
    .bind::<ty::Uuid, _>(elder)
    .get_result(tx.conn)
    .await
    .optional()?;
    let Some(Home {
        household_id,
        community_id,
    }) = home
    else {
        return Ok(());
    };
    let event = Happened {
        id: event,
        elder,
        household: household_id,
        community: community_id,
        kind: ElderEventKind::Discharge,
        at,
        note: None,
    };
    owe(tx, grace, &event).await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = ty::Uuid)]
    id: ElderEventId,
    #[diesel(sql_type = ty::Uuid)]
    elder_id: ElderId,
    #[diesel(sql_type = ty::Uuid)]
    household_id: HouseholdId,
    #[diesel(sql_type = ty::Uuid)]
    community_id: CommunityId,
    #[diesel(sql_type = sql_types::ElderEventKind)]
    kind: ElderEventKind,
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    note_sealed: Option<String>,
    #[diesel(sql_type = ty::Timestamptz)]
    occurred_at: DateTime<Utc>,
    #[diesel(sql_type = ty::Timestamptz)]
    received_at: DateTime<Utc>,
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    recorded_by: Option<UserId>,
    #[diesel(sql_type = ty::Uuid)]
    obligation_id: ObligationId,
    #[diesel(sql_type = ty::Timestamptz)]
    due_at: DateTime<Utc>,
    #[diesel(sql_type = sql_types::ObligationStatus)]
    status: ObligationStatus,
    #[diesel(sql_type = ty::Nullable<sql_types::Excuse>)]
    excuse: Option<Excuse>,
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    visit_id: Option<VisitId>,
}

impl Stored {
    fn open(self, stamp: &Stamp) -> Result<ElderEvent, Problem> {
        Ok(ElderEvent {
            id: self.id,
            elder_id: self.elder_id,
            household_id: self.household_id,
            community_id: self.community_id,
            kind: self.kind,
            note: self
                .note_sealed
                .map(|sealed| stamp.open(NOTE, &sealed))
                .transpose()?,
            occurred_at: self.occurred_at,
            received_at: self.received_at,
            recorded_by: self.recorded_by,
            obligation_id: self.obligation_id,
            due_at: self.due_at,
            status: self.status,
            excuse: self.excuse,
            visit_id: self.visit_id,
        })
    }
}

macro_rules! events {
    ($which:literal) => {
        concat!(
            "SELECT x.id, x.elder_id, x.household_id, x.community_id, x.kind, x.note_sealed, x.occurred_at, x.received_at, x.recorded_by, \
             x.obligation_id, o.due_at, o.status, o.excuse, o.visit_id FROM elder_events x JOIN obligations o ON o.id = x.obligation_id WHERE ",
            $which
        )
    };
}

async fn find(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    id: ElderEventId,
) -> Result<Option<ElderEvent>, Problem> {
    let found: Option<Stored> = statement(events!("x.id = $1"))
        .bind::<ty::Uuid, _>(id)
        .get_result(conn)
        .await
        .optional()?;
    found.map(|stored| stored.open(stamp)).transpose()
}

/// What happened to an elder in scope, the latest first, with what became of the visit that it owed.
///
/// # Errors
/// 404 when there is no such elder in scope, 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    elder: ElderId,
    page: &PageQuery,
) -> Result<(CommunityId, Page<ElderEvent>), Problem> {
    let (at, id) = page
        .after::<(DateTime<Utc>, ElderEventId)>()?
        .unwrap_or((DateTime::<Utc>::MAX_UTC, ElderEventId(uuid::Uuid::max())));
    let file = get_in_scope(conn, actor, stamp.now, elder).await?;
    let found: Vec<Stored> = statement(events!(
        "x.elder_id = $1 AND (x.occurred_at, x.id) < ($2, $3) ORDER BY x.occurred_at DESC, x.id DESC LIMIT $4"
    ))
    .bind::<ty::Uuid, _>(elder)
    .bind::<ty::Timestamptz, _>(at)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    let mut opened = Vec::with_capacity(found.len());
    for stored in found {
        opened.push(stored.open(stamp)?);
    }
    Ok((
        file.community_id,
        Page::cut(opened, page, |e| (e.occurred_at, e.id)),
    ))
}
