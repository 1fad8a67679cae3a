//! The one way a bed changes: locked, its events applied, row and events written by one statement.

use super::read::{self, care_bed_rows};
use crate::{
    areas::policy::instants,
    attachments::model::AttachmentRole,
    care_beds::{
        CARE_BED_NOT_FOUND, CARE_BED_STATE,
        model::{CareBed, CareBedEvent, CareBedState, CareBedStatus},
    },
    communities_in_scope,
    db::statement,
    error::{INTERNAL, Problem},
    ids::{AttachmentId, CareBedId},
    schema::sql_types as native,
    tx::{Actor, Tx},
};
use chrono::{DateTime, Utc};
use diesel::{OptionalExtension, sql_types as ty};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// A bed, locked until the transaction ends.
pub(super) struct Locked {
    /// As staff see it.
    pub bed: CareBed,
    /// What its events have made of it.
    pub state: CareBedState,
    told: Vec<Told>,
}

struct Told {
    event: CareBedEvent,
    reason: String,
    device_at: DateTime<Utc>,
    from: Option<CareBedStatus>,
    to: CareBedStatus,
}

/// Locks a bed that the actor may know of, and reads all of it, whatever of it the actor is shown.
///
/// # Errors
/// 404 when there is none.
pub(super) async fn lock(tx: &mut Tx<'_>, actor: &Actor, id: CareBedId) -> Result<Locked, Problem> {
    let now = tx.now;
    lock_then(tx, actor, id, now).await
}

/// The same for what an actor did at `then`: a bed that they may know of now, or a steward might then.
///
/// # Errors
/// 404 when there is none.
pub(super) async fn lock_then(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: CareBedId,
    then: DateTime<Utc>,
) -> Result<Locked, Problem> {
    for at in instants(actor, tx.now, then) {
        let found = find(tx, actor, id, at).await?;
        if found.is_some() {
            return Locked::found(found);
        }
    }
    Locked::found(None)
}

async fn find(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: CareBedId,
    at: DateTime<Utc>,
) -> Result<Option<CareBed>, Problem> {
    Ok(statement(concat!(
        care_bed_rows!(),
        "b.id = $5 AND (b.community_id IN (",
        communities_in_scope!(),
        ") OR b.organisation_id = $4) FOR UPDATE OF b"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(at)
    .bind::<ty::Nullable<ty::Uuid>, _>(None::<Uuid>)
    .bind::<ty::Nullable<ty::Uuid>, _>(actor.organisation_id)
    .bind::<ty::Uuid, _>(id)
    .get_result(tx.conn)
    .await
    .optional()?)
}

/// Locks a bed for the service itself.
///
/// # Errors
/// 404 when there is none.
pub(super) async fn lock_any(tx: &mut Tx<'_>, id: CareBedId) -> Result<Locked, Problem> {
    let now = tx.now;
    let found = statement(concat!(care_bed_rows!(), "b.id = $1 FOR UPDATE OF b"))
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Nullable<ty::Uuid>, _>(None::<Uuid>)
        .get_result(tx.conn)
        .await
        .optional()?;
    Locked::found(found)
}

impl Locked {
    fn found(bed: Option<CareBed>) -> Result<Self, Problem> {
        let bed = bed.ok_or_else(|| CARE_BED_NOT_FOUND.problem())?;
        Ok(Self {
            state: bed.state()?,
            bed,
            told: Vec::new(),
        })
    }

    /// A bed that was just written for an application.
    pub(super) fn applied(bed: CareBed) -> Result<Self, Problem> {
        let state = bed.state()?;
        let told = Told {
            event: CareBedEvent::Applied,
            reason: String::new(),
            device_at: bed.applied_at,
            from: None,
            to: state.status,
        };
        Ok(Self {
            bed,
            state,
            told: vec![told],
        })
    }

    /// Adds an event that happens now.
    ///
    /// # Errors
    /// 409 when the state does not allow it.
    pub(super) fn then(
        &mut self,
        event: CareBedEvent,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Problem> {
        self.then_at(event, reason, now, now)
    }

    /// Adds an event that happened on a device at `device_at`.
    ///
    /// # Errors
    /// 409 when the state does not allow it.
    pub(super) fn then_at(
        &mut self,
        event: CareBedEvent,
        reason: &str,
        device_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), Problem> {
        let after = self
            .state
            .clone()
            .apply(&event, now)
            .map_err(|wrong| CARE_BED_STATE.with(format!("it is {}", name_of(&wrong.from))))?;
        let from = Some(std::mem::replace(&mut self.state, after).status);
        self.told.push(Told {
            event,
            reason: reason.to_owned(),
            device_at,
            from,
            to: self.state.status,
        });
        Ok(())
    }

    /// Writes the events that were added and the row they lead to.
    ///
    /// # Errors
    /// What the database said.
    pub(super) async fn save(self, tx: &mut Tx<'_>) -> Result<(), Problem> {
        let Self { bed, state, told } = self;
        let (now, actor) = (tx.now, tx.actor.map(|a| a.id));
        let seqs = (1..)
            .take(told.len())
            .map(|n: i32| i16::try_from(bed.version + n))
            .collect::<Result<Vec<i16>, _>>()
            .map_err(|_| CARE_BED_STATE.with("it has had too many events"))?;
        let version = seqs.last().map_or(bed.version, |last| i32::from(*last));
        let data = told
            .iter()
            .map(|t| serde_json::to_value(&t.event).map_err(Problem::internal))
            .collect::<Result<Vec<_>, _>>()?;
        let written = statement(
            "WITH moved AS (UPDATE care_beds SET status = $3, assessment_id = $4, organisation_id = $5, cost_fen = $6, installed_by = $7, installed_at = $8, \
             accepted_by = $9, accepted_at = $10, started_at = $11, suspended_for = $12, ended_for = $13, ended_at = $14, version = $15 \
             WHERE id = $1 AND version = $2 RETURNING id), \
             told AS (INSERT INTO care_bed_events (id, bed_id, seq, from_status, to_status, actor_id, device_at, received_at, reason, data) \
             SELECT e.id, moved.id, e.seq, e.from_status, e.to_status, $16, e.device_at, $17, e.reason, e.data \
             FROM moved, unnest($18, $19, $20, $21, $22, $23, $24) AS e (id, seq, from_status, to_status, device_at, reason, data)) SELECT 1 FROM moved",
        )
        .bind::<ty::Uuid, _>(bed.id)
        .bind::<ty::Integer, _>(bed.version)
        .bind::<native::CareBedStatus, _>(state.status)
        .bind::<ty::Nullable<ty::Uuid>, _>(state.assessment_id)
        .bind::<ty::Nullable<ty::Uuid>, _>(state.organisation_id)
        .bind::<ty::Nullable<ty::BigInt>, _>(state.cost_fen)
        .bind::<ty::Nullable<ty::Uuid>, _>(state.installed.map(|i| i.0))
        .bind::<ty::Nullable<ty::Timestamptz>, _>(state.installed.map(|i| i.1))
        .bind::<ty::Nullable<ty::Uuid>, _>(state.accepted.map(|a| a.0))
        .bind::<ty::Nullable<ty::Timestamptz>, _>(state.accepted.map(|a| a.1))
        .bind::<ty::Nullable<ty::Timestamptz>, _>(state.started_at)
        .bind::<ty::Nullable<ty::Text>, _>(state.suspended_for.map(|s| s.as_str()))
        .bind::<ty::Nullable<ty::Text>, _>(state.ended.map(|e| e.0.as_str()))
        .bind::<ty::Nullable<ty::Timestamptz>, _>(state.ended.map(|e| e.1))
        .bind::<ty::Integer, _>(version)
        .bind::<ty::Nullable<ty::Uuid>, _>(actor)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Array<ty::Uuid>, _>(told.iter().map(|_| tx.new_id()).collect::<Vec<_>>())
        .bind::<ty::Array<ty::SmallInt>, _>(seqs)
        .bind::<ty::Array<ty::Nullable<native::CareBedStatus>>, _>(told.iter().map(|t| t.from).collect::<Vec<_>>())
        .bind::<ty::Array<native::CareBedStatus>, _>(told.iter().map(|t| t.to).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Timestamptz>, _>(told.iter().map(|t| t.device_at).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Text>, _>(told.iter().map(|t| t.reason.clone()).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Jsonb>, _>(data.clone())
        .execute(tx.conn)
        .await?;
        if written == 0 {
            // The row is locked and its version was read under the lock.
            return Err(INTERNAL.with("the care bed changed under its lock"));
        }
        for event in data {
            let verb = event["event"].as_str().unwrap_or_default();
            let mut entry = tx
                .entry(&format!("care_beds.{verb}"), "care_bed", Some(bed.id.0))
                .community(bed.community_id);
            entry.elder_id = bed.elder_id.map(|e| e.0);
            tx.audit(entry);
        }
        Ok(())
    }

    /// Saves and reads the bed as the actor sees it.
    ///
    /// # Errors
    /// What the database said.
    pub(super) async fn save_and_read(self, tx: &mut Tx<'_>, actor: &Actor) -> Result<CareBed, Problem> {
        let (id, stamp) = (self.bed.id, tx.stamp());
        self.save(tx).await?;
        read::get(tx.conn, &stamp, actor, id).await
    }
}

fn name_of(status: &CareBedStatus) -> String {
    serde_json::to_value(status)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Ties photos that the actor uploaded to the bed.
///
/// # Errors
/// 422 with the field when one is not the actor's.
pub(super) async fn link(
    tx: &mut Tx<'_>,
    actor: &Actor,
    bed: CareBedId,
    field: &str,
    (photos, role): (&[AttachmentId], AttachmentRole),
) -> Result<(), Problem> {
    if photos.is_empty() {
        return Ok(());
    }
    let now = tx.now;
    let mut wanted = photos.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    statement(
        "INSERT INTO attachment_links (attachment_id, case_kind, case_id, role, linked_at) SELECT a.id, 'care_bed', $1, $2, $5 \
         FROM attachments a WHERE a.id = ANY ($3) AND a.uploaded_by = $4 ON CONFLICT (case_id, attachment_id) DO NOTHING",
    )
    .bind::<ty::Uuid, _>(bed)
    .bind::<native::AttachmentRole, _>(role)
    .bind::<ty::Array<ty::Uuid>, _>(wanted.clone())
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    let own = statement("SELECT 1 FROM attachments WHERE id = ANY ($1) AND uploaded_by = $2")
        .bind::<ty::Array<ty::Uuid>, _>(wanted.clone())
        .bind::<ty::Uuid, _>(actor.id)
        .execute(tx.conn)
        .await?;
    if own == wanted.len() {
        Ok(())
    } else {
        Err(Problem::field(
            field.to_owned(),
            "names what you have not uploaded",
        ))
    }
}
