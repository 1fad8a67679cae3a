//! Statements on publicity events.

use super::{
    PUBLICITY_EVENT_ALREADY_RECORDED, PUBLICITY_EVENT_NOT_FOUND, PUBLICITY_EVENT_SUPERSEDED,
    PUBLICITY_EVENT_WITHDRAWN, PUBLICITY_PLACE_NOT_FOUND,
    model::{NewPublicityEvent, PublicityChannel, PublicityEvent, PublicityEventCorrection},
};
use crate::{
    account_enabled,
    areas::policy::instants,
    calendar::local_date,
    clock::put_right,
    communities_in_scope,
    db::statement,
    error::{INVALID, Problem, on_constraint},
    http::{Page, PageQuery},
    ids::{CommunityId, PublicityEventId, UserId},
    policies_in_force,
    schema::sql_types as native,
    tx::{Actor, Tx},
};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// The columns of a [`PublicityEvent`], of row `v`.
macro_rules! event_columns {
    () => {
        "v.id, v.root_id, v.revision, v.superseded_at, v.correction_reason, v.corrected_by, v.channel, v.community_id, v.division_code, v.subject, \
         v.venue, v.held_at, v.attendance, v.explained, v.recorded_by, v.received_at, v.withdrawn_at, v.withdrawn_by, v.withdrawal_reason, \
         ARRAY(SELECT p.policy_id FROM publicity_event_policies p WHERE p.event_id = v.id ORDER BY p.policy_id) AS policies, \
         ARRAY(SELECT p.policy_version FROM publicity_event_policies p WHERE p.event_id = v.id ORDER BY p.policy_id) AS policy_versions, \
         ARRAY(SELECT l.attachment_id FROM attachment_links l WHERE l.case_id = v.id AND l.case_kind = 'publicity_event' \
          ORDER BY l.attachment_id) AS photos"
    };
}

/// The division `$division` is in the actor's own.
macro_rules! division_in_scope {
    ($division:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM users scope_d WHERE scope_d.id = $1 AND scope_d.disabled_at IS NULL AND ",
            $division,
            " LIKE scope_d.scope || '%')"
        )
    };
}

/// The event lies in the actor's scope, or they recorded it.
macro_rules! seen_by_actor {
    () => {
        concat!(
            "(v.community_id IN (",
            communities_in_scope!(),
            ") OR v.community_id IS NULL AND ",
            division_in_scope!("v.division_code"),
            " OR v.recorded_by = $1 AND ",
            account_enabled!(),
            ")"
        )
    };
}

macro_rules! one {
    ($more:literal) => {
        concat!(
            "SELECT ",
            event_columns!(),
            " FROM publicity_events v WHERE v.id = $3 AND ",
            seen_by_actor!(),
            $more
        )
    };
}

async fn read(
    conn: &mut AsyncPgConnection,
    text: &'static str,
    actor: &Actor,
    now: DateTime<Utc>,
    id: PublicityEventId,
) -> Result<PublicityEvent, Problem> {
    statement(text)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Uuid, _>(id)
        .get_result(conn)
        .await
        .optional()?
        .ok_or_else(|| PUBLICITY_EVENT_NOT_FOUND.problem())
}

/// One event, or one version of it, in the actor's scope, or one that they recorded.
///
/// # Errors
/// 404 when there is none.
pub async fn get(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: PublicityEventId,
) -> Result<PublicityEvent, Problem> {
    read(conn, one!(""), actor, now, id).await
}

/// What a list of events is narrowed to.
#[derive(Debug, Default)]
pub struct Narrow {
    /// One channel.
    pub channel: Option<PublicityChannel>,
    /// One community.
    pub community: Option<CommunityId>,
    /// Withdrawn ones, or those that count; both unless told.
    pub withdrawn: Option<bool>,
}

macro_rules! list {
    ($more:literal) => {
        concat!(
            "SELECT ",
            event_columns!(),
            " FROM publicity_events v WHERE ",
            seen_by_actor!(),
            " AND v.superseded_at IS NULL AND (v.held_at, v.id) < ($3, $4) AND ($6 IS NULL OR v.channel = $6) \
             AND ($7 IS NULL OR (v.withdrawn_at IS NOT NULL) = $7)",
            $more,
            " ORDER BY v.held_at DESC, v.id DESC LIMIT $5"
        )
    };
}

/// The newest versions of the events of the actor's scope and of those they recorded, the latest first.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    narrow: &Narrow,
    page: &PageQuery,
) -> Result<Page<PublicityEvent>, Problem> {
    // None is held later than a device may be ahead.
    let before = page.after()?.unwrap_or((now + Duration::days(1), Uuid::max()));
    // Of one community in a statement of its own, so that it has a plan of its own.
    let text = if narrow.community.is_some() {
        list!(" AND v.community_id = $8")
    } else {
        list!("")
    };
    let asked = statement(text)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Timestamptz, _>(before.0)
        .bind::<ty::Uuid, _>(before.1)
        .bind::<ty::BigInt, _>(page.fetch())
        .bind::<ty::Nullable<native::PublicityChannel>, _>(narrow.channel)
        .bind::<ty::Nullable<ty::Bool>, _>(narrow.withdrawn);
    let found: Vec<PublicityEvent> = match narrow.community {
        Some(community) => asked.bind::<ty::Uuid, _>(community).load(conn).await?,
        None => asked.load(conn).await?,
    };
    Ok(Page::cut(found, page, |e| (e.held_at, e.id.0)))
}

/// Every version of the event that `id` is one version of, the first first.
///
/// # Errors
/// 404 when there is none in the actor's scope or of their own.
pub async fn revisions(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: PublicityEventId,
    page: &PageQuery,
) -> Result<Page<PublicityEvent>, Problem> {
    let root = get(conn, actor, now, id).await?.root_id;
    let found: Vec<PublicityEvent> = statement(concat!(
        "SELECT ",
        event_columns!(),
        " FROM publicity_events v WHERE v.root_id = $1 AND v.revision > $2 ORDER BY v.revision LIMIT $3"
    ))
    .bind::<ty::Uuid, _>(root)
    .bind::<ty::SmallInt, _>(page.after::<i16>()?.unwrap_or_default())
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(Page::cut(found, page, |e| e.revision))
}

/// Where the event was, and whether what it names may be named.
#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    community_id: Option<CommunityId>,
    #[diesel(sql_type = ty::Text)]
    division_code: String,
    #[diesel(sql_type = ty::Bool)]
    policies: bool,
    #[diesel(sql_type = ty::Bool)]
    photos: bool,
}

/// A community or division of the actor's scope; policies in force on the day; photos that the actor uploaded, or that a version of
/// the event shows already.
const PLACE: &str = concat!(
    "SELECT place.community_id, place.code AS division_code, NOT EXISTS (SELECT 1 FROM unnest($6) AS m (policy_id) WHERE m.policy_id NOT IN ( \
     SELECT p.policy_id FROM ",
    policies_in_force!("$5"),
    " p)) AS policies, NOT EXISTS (SELECT 1 FROM unnest($7) AS m (photo_id) WHERE NOT EXISTS (SELECT 1 FROM attachments a \
     WHERE a.id = m.photo_id AND (a.uploaded_by = $1 OR EXISTS (SELECT 1 FROM attachment_links l JOIN publicity_events w ON w.id = l.case_id \
     WHERE l.attachment_id = a.id AND l.case_kind = 'publicity_event' AND w.root_id = $8)))) AS photos \
     FROM (SELECT c.id AS community_id, c.division_code AS code FROM communities c WHERE c.id = $3 AND c.id IN (",
    communities_in_scope!(),
    ") UNION ALL SELECT NULL, d.code FROM divisions d WHERE d.code = $4 AND ",
    division_in_scope!("d.code"),
    ") place"
);

/// Which version of which event is written.
struct Version<'a> {
    root: PublicityEventId,
    revision: i16,
    reason: Option<&'a str>,
    recorded_by: UserId,
}

/// Writes a version of an event with its policies and photos, by one statement.
const WRITE: &str = concat!(
    "WITH event AS (INSERT INTO publicity_events (id, root_id, revision, correction_reason, corrected_by, channel, community_id, division_code, \
     subject, venue, held_at, attendance, explained, recorded_by, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)), \
     about AS (INSERT INTO publicity_event_policies (event_id, policy_id, policy_version) SELECT $1, p.policy_id, p.version FROM ",
    policies_in_force!("$16"),
    " p WHERE p.policy_id = ANY ($17)) \
     INSERT INTO attachment_links (attachment_id, case_kind, case_id, role, linked_at) SELECT m.photo_id, 'publicity_event', $1, 'photo', $15 \
     FROM unnest($18) AS m (photo_id)"
);

/// Where the event is, if the actor has the place at an instant.
async fn find_place(
    tx: &mut Tx<'_>,
    actor: &Actor,
    new: &NewPublicityEvent,
    root: PublicityEventId,
    (at, day): (DateTime<Utc>, NaiveDate),
) -> Result<Option<Place>, Problem> {
    Ok(statement(PLACE)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(at)
        .bind::<ty::Nullable<ty::Uuid>, _>(new.community_id)
        .bind::<ty::Nullable<ty::Text>, _>(new.division_code.clone())
        .bind::<ty::Date, _>(day)
        .bind::<ty::Array<ty::Uuid>, _>(new.policies.clone())
        .bind::<ty::Array<ty::Uuid>, _>(new.photos.clone())
        .bind::<ty::Uuid, _>(root)
        .get_result(tx.conn)
        .await
        .optional()?)
}

async fn write(
    tx: &mut Tx<'_>,
    actor: &Actor,
    new: &NewPublicityEvent,
    version: Version<'_>,
) -> Result<(), Problem> {
    let now = tx.now;
    let held_at = put_right(new.held_at, new.device_now, now)
        .ok_or_else(|| Problem::field("held_at", "lies in the future"))?;
    let day = local_date(held_at);
    let mut place = None;
    for at in instants(actor, now, held_at) {
        if place.is_none() {
            place = find_place(tx, actor, new, version.root, (at, day)).await?;
        }
    }
    let place = place.ok_or_else(|| PUBLICITY_PLACE_NOT_FOUND.problem())?;
    let mut problem = INVALID.problem();
    for (kept, field, message) in [
        (
            place.policies,
            "policies",
            "not all of them were in force on that day",
        ),
        (
            place.photos,
            "photos",
            "not all of them are photos that you uploaded",
        ),
    ] {
        if !kept {
            problem = problem.and_field(field, message);
        }
    }
    if !problem.fields.is_empty() {
        return Err(problem);
    }
    statement(WRITE)
        .bind::<ty::Uuid, _>(new.id)
        .bind::<ty::Uuid, _>(version.root)
        .bind::<ty::SmallInt, _>(version.revision)
        .bind::<ty::Nullable<ty::Text>, _>(version.reason.map(str::to_owned))
        .bind::<ty::Nullable<ty::Uuid>, _>(version.reason.map(|_| actor.id))
        .bind::<native::PublicityChannel, _>(new.channel)
        .bind::<ty::Nullable<ty::Uuid>, _>(place.community_id)
        .bind::<ty::Text, _>(place.division_code)
        .bind::<ty::Text, _>(new.subject.clone())
        .bind::<ty::Text, _>(new.venue.clone())
        .bind::<ty::Timestamptz, _>(held_at)
        .bind::<ty::Integer, _>(new.attendance)
        .bind::<ty::Integer, _>(new.explained)
        .bind::<ty::Uuid, _>(version.recorded_by)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Date, _>(day)
        .bind::<ty::Array<ty::Uuid>, _>(new.policies.clone())
        .bind::<ty::Array<ty::Uuid>, _>(new.photos.clone())
        .execute(tx.conn)
        .await
        .map_err(|e| {
            on_constraint(e, "publicity_events_pkey", || {
                PUBLICITY_EVENT_ALREADY_RECORDED.problem()
            })
        })?;
    Ok(())
}

/// The version that stands under an id which a phone has sent before; it may lie anywhere, and nothing is told of another's.
async fn sent_before(
    tx: &mut Tx<'_>,
    id: PublicityEventId,
    same: impl FnOnce(&PublicityEvent) -> bool,
) -> Result<Option<PublicityEvent>, Problem> {
    let found: Option<PublicityEvent> = statement(concat!(
        "SELECT ",
        event_columns!(),
        " FROM publicity_events v WHERE v.id = $1"
    ))
    .bind::<ty::Uuid, _>(id)
    .get_result(tx.conn)
    .await
    .optional()?;
    match found {
        Some(stands) if same(&stands) => Ok(Some(stands)),
        Some(_) => Err(PUBLICITY_EVENT_ALREADY_RECORDED.problem()),
        None => Ok(None),
    }
}

/// Records an event. The same id with the same event gives the one that stands.
///
/// # Errors
/// 404 for a place out of scope, 409 when the id stands for another event, 422 for a time in the future, a policy that was not in force
/// on that day or a photo that is not the actor's own.
pub async fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    new: &NewPublicityEvent,
) -> Result<PublicityEvent, Problem> {
    let mine = |e: &PublicityEvent| e.revision == 1 && e.recorded_by == actor.id && e.says(new);
    if let Some(stands) = sent_before(tx, new.id, mine).await? {
        return Ok(stands);
    }
    let version = Version {
        root: new.id,
        revision: 1,
        reason: None,
        recorded_by: actor.id,
    };
    write(tx, actor, new, version).await?;
    written(tx, actor, "publicity_events.record", new.id).await
}

/// Reads what was written, and puts it into the trail.
async fn written(
    tx: &mut Tx<'_>,
    actor: &Actor,
    action: &str,
    id: PublicityEventId,
) -> Result<PublicityEvent, Problem> {
    let now = tx.now;
    let event = get(tx.conn, actor, now, id).await?;
    let mut entry = tx.entry(action, "publicity_event", Some(id.0));
    entry.community_id = event.community_id.map(|c| c.0);
    tx.audit(entry.detail(serde_json::json!({ "revision": event.revision })));
    Ok(event)
}

/// The version `id`, locked: two who change it come one after the other.
async fn lock(tx: &mut Tx<'_>, actor: &Actor, id: PublicityEventId) -> Result<PublicityEvent, Problem> {
    let now = tx.now;
    read(tx.conn, one!(" FOR UPDATE OF v"), actor, now, id).await
}

/// A version that counts, and no other, can be changed.
fn counts(event: &PublicityEvent) -> Result<(), Problem> {
    if event.superseded_at.is_some() {
        Err(PUBLICITY_EVENT_SUPERSEDED.problem())
    } else if event.withdrawn_at.is_some() {
        Err(PUBLICITY_EVENT_WITHDRAWN.problem())
    } else {
        Ok(())
    }
}

/// Puts a new version in the place of the newest. The same version sent again gives what stands.
///
/// # Errors
/// 404 when there is no such event in the actor's scope or of their own, 409 when `id` is not the newest version, when the event was
/// withdrawn, or when the new version's id stands for something else; and whatever an event itself would be refused for.
pub async fn correct(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: PublicityEventId,
    correction: &PublicityEventCorrection,
) -> Result<PublicityEvent, Problem> {
    let now = tx.now;
    let PublicityEventCorrection { reason, event: new } = correction;
    let old = lock(tx, actor, id).await?;
    let mine = |e: &PublicityEvent| {
        (e.root_id, e.revision) == (old.root_id, old.revision + 1)
            && e.corrected_by == Some(actor.id)
            && e.correction_reason.as_ref() == Some(reason)
            && e.says(new)
    };
    if let Some(stands) = sent_before(tx, new.id, mine).await? {
        return Ok(stands);
    }
    counts(&old)?;
    statement("UPDATE publicity_events SET superseded_at = $2 WHERE id = $1")
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Timestamptz, _>(now)
        .execute(tx.conn)
        .await?;
    let version = Version {
        root: old.root_id,
        revision: old.revision + 1,
        reason: Some(reason),
        recorded_by: old.recorded_by,
    };
    write(tx, actor, new, version).await.map_err(within_event)?;
    written(tx, actor, "publicity_events.correct", new.id).await
}

/// The same problem, its fields as they are called in a correction.
pub fn within_event(mut problem: Problem) -> Problem {
    for field in &mut problem.fields {
        field.field.insert_str(0, "event.");
    }
    problem
}

/// Withdraws an event: it counts no more.
///
/// # Errors
/// 404 when there is none in the actor's scope or of their own, 409 when `id` is not the newest version or was withdrawn.
pub async fn withdraw(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: PublicityEventId,
    reason: &str,
) -> Result<PublicityEvent, Problem> {
    let now = tx.now;
    counts(&lock(tx, actor, id).await?)?;
    statement(
        "UPDATE publicity_events SET withdrawn_at = $2, withdrawn_by = $3, withdrawal_reason = $4 \
         WHERE id = $1 AND superseded_at IS NULL AND withdrawn_at IS NULL",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Text, _>(reason.to_owned())
    .execute(tx.conn)
    .await?;
    written(tx, actor, "publicity_events.withdraw", id).await
}
