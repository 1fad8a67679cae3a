//! Edits of files and their conflicts.

use crate::{
    communities_in_scope,
    db::statement,
    elders::{
        change,
        model::{Elder, SealedElderField},
        queries::{kept, lock_in_scope, reveal},
    },
    error::{Problem, on_constraint},
    http::{IfMatch, Page, PageQuery},
    ids::{ElderId, UserId},
    schema::sql_types as native,
    sync::{
        PROFILE_CONFLICT_DECIDED, PROFILE_CONFLICT_NOT_FOUND, PROFILE_EDIT_ALREADY_MADE,
        model::profile::{
            ConflictMade, ConflictShown, NewProfileDecision, NewProfileEdit, ProfileConflict, ProfileDecided,
            ProfileDecision, ProfileEdit, ProfileField, both, more_cautious, patch,
        },
    },
    tx::{Actor, Stamp, Tx},
};
use chrono::{DateTime, Utc};
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::{Map, Value, json};
use uuid::Uuid;

const BASE: &str = "profile_conflicts.base";
const PRESENT: &str = "profile_conflicts.present";
const EDIT: &str = "profile_conflicts.edit";
const HASH: &str = "profile_edits.content";

#[derive(QueryableByName)]
struct Made {
    #[diesel(sql_type = ty::Uuid)]
    elder_id: ElderId,
    #[diesel(sql_type = ty::Binary)]
    content_hash: Vec<u8>,
    #[diesel(sql_type = ty::Array<native::ProfileField>)]
    applied: Vec<ProfileField>,
    #[diesel(sql_type = ty::Integer)]
    version: i32,
    #[diesel(sql_type = ty::Uuid)]
    made_by: UserId,
}

/// What a file says in each field.
struct Present {
    elder: Elder,
    sealed: Value,
}

impl Present {
    async fn of(tx: &mut Tx<'_>, actor: &Actor, id: ElderId) -> Result<Self, Problem> {
        let elder = lock_in_scope(tx, actor, id).await?;
        let stamp = tx.stamp();
        let fields = [SealedElderField::Phone, SealedElderField::HealthNote];
        let (_, sealed) = reveal(tx.conn, &stamp, actor, id, &fields).await?;
        Ok(Self { elder, sealed })
    }

    fn says(&self, field: ProfileField) -> Option<String> {
        let said = match field {
            ProfileField::Name => json!(self.elder.name),
            ProfileField::Sex => json!(self.elder.sex),
            ProfileField::BirthDate => json!(self.elder.birth_date),
            ProfileField::Remarks => json!(self.elder.remarks),
            ProfileField::Phone | ProfileField::HealthNote => self.sealed[field.as_str()].clone(),
        };
        field.normal(said.as_str())
    }

    /// Changes what is to be changed, and gives the file's version.
    async fn change(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        values: Map<String, Value>,
    ) -> Result<i32, Problem> {
        if values.is_empty() {
            return Ok(self.elder.version);
        }
        let changed = change::change(
            tx,
            actor,
            self.elder.id,
            IfMatch(self.elder.version),
            patch(values)?,
        )
        .await?;
        Ok(changed.version)
    }
}

struct Conflict {
    id: Uuid,
    field: ProfileField,
    base: Option<String>,
    present: String,
    edit: String,
    shown: ConflictShown,
}

/// Merges an edit into a file, field by field. The same id with the same edit gives the edit that stands.
///
/// # Errors
/// 404 for an elder out of scope, 409 when the id stands for another edit, 422 for a value that is none of its field.
pub async fn edit(tx: &mut Tx<'_>, actor: &Actor, new: NewProfileEdit) -> Result<ProfileEdit, Problem> {
    let (now, text) = (tx.now, serde_json::to_string(&new).map_err(Problem::internal)?);
    let hash = tx.keys.lookup_hash(HASH, &text).to_vec();
    if let Some(stands) = find(tx.conn, new.id, actor, &hash).await? {
        return Ok(stands);
    }
    let id = kept(tx.conn, new.elder_id).await?;
    let present = Present::of(tx, actor, id).await?;
    let (mut values, mut applied, mut conflicts) = (Map::new(), Vec::new(), Vec::new());
    for change in &new.changes {
        let field = change.field;
        let (base, edit) = (
            field.normal(change.base.as_deref()),
            field.normal(Some(&change.value)),
        );
        let says = present.says(field);
        if says == edit {
            continue;
        }
        let edit = edit.unwrap_or_default();
        let set = match says {
            // Nothing is lost where nothing was said.
            None => Some(edit.clone()),
            says if says == base => Some(edit.clone()),
            Some(present) => {
                let shown = more_cautious(field, &present, &edit);
                let meanwhile = meanwhile(shown, &present, &edit);
                let differs = shown != ConflictShown::Present;
                conflicts.push(Conflict {
                    id: tx.new_id(),
                    field,
                    base,
                    present,
                    edit: edit.clone(),
                    shown,
                });
                differs.then_some(meanwhile)
            }
        };
        if conflicts.last().is_none_or(|c: &Conflict| c.field != field) {
            applied.push(field);
        }
        if let Some(value) = set {
            values.insert(field.as_str().to_owned(), value.into());
        }
    }
    let version = present.change(tx, actor, values).await?;
    statement(
        "INSERT INTO profile_edits (id, elder_id, base_version, content_hash, applied, version, made_by, made_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind::<ty::Uuid, _>(new.id)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Integer, _>(new.base_version)
    .bind::<ty::Binary, _>(hash)
    .bind::<ty::Array<native::ProfileField>, _>(applied.clone())
    .bind::<ty::Integer, _>(version)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "profile_edits_pkey", || PROFILE_EDIT_ALREADY_MADE.problem()))?;
    write(tx, actor, (new.id, id), &conflicts).await?;
    let in_conflict: Vec<_> = conflicts.iter().map(|c| c.field).collect();
    let entry = tx
        .entry("sync.profile_edit", "elder", Some(id.0))
        .elder(id)
        .community(present.elder.community_id);
    tx.audit(entry.detail(json!({ "edit_id": new.id, "applied": applied, "conflicts": in_conflict })));
    Ok(ProfileEdit {
        id: new.id,
        elder_id: id,
        version,
        applied,
        conflicts: conflicts
            .into_iter()
            .map(|c| ConflictMade {
                id: c.id,
                field: c.field,
            })
            .collect(),
    })
}

fn meanwhile(shown: ConflictShown, present: &str, edit: &str) -> String {
    match shown {
        ConflictShown::Present => present.to_owned(),
        ConflictShown::Edit => edit.to_owned(),
        ConflictShown::Both => both(present, edit),
    }
}

async fn find(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    actor: &Actor,
    hash: &[u8],
) -> Result<Option<ProfileEdit>, Problem> {
    let made: Option<Made> = statement(
        "SELECT elder_id, content_hash, applied, version, made_by FROM profile_edits WHERE id = $1",
    )
    .bind::<ty::Uuid, _>(id)
    .get_result(conn)
    .await
    .optional()?;
    let Some(made) = made else { return Ok(None) };
    if made.made_by != actor.id || made.content_hash != hash {
        return Err(PROFILE_EDIT_ALREADY_MADE.problem());
    }
    let conflicts = statement("SELECT id, field FROM profile_conflicts WHERE edit_id = $1 ORDER BY id")
        .bind::<ty::Uuid, _>(id)
        .load(conn)
        .await?;
    Ok(Some(ProfileEdit {
        id,
        elder_id: made.elder_id,
        version: made.version,
        applied: made.applied,
        conflicts,
    }))
}

async fn write(
    tx: &mut Tx<'_>,
    actor: &Actor,
    (edit, elder): (Uuid, ElderId),
    conflicts: &[Conflict],
) -> Result<(), Problem> {
    if conflicts.is_empty() {
        return Ok(());
    }
    let now = tx.now;
    let (mut bases, mut presents, mut edits) = (Vec::new(), Vec::new(), Vec::new());
    for conflict in conflicts {
        bases.push(
            conflict
                .base
                .as_deref()
                .map(|text| tx.seal(BASE, text))
                .transpose()?,
        );
        presents.push(tx.seal(PRESENT, &conflict.present)?);
        edits.push(tx.seal(EDIT, &conflict.edit)?);
    }
    statement(
        "INSERT INTO profile_conflicts (id, edit_id, elder_id, field, base_sealed, present_sealed, edit_sealed, shown, made_by, made_at) \
         SELECT c.id, $1, $2, c.field, c.base, c.present, c.edit, c.shown, $3, $4 \
         FROM unnest($5, $6, $7, $8, $9, $10) AS c (id, field, base, present, edit, shown)",
    )
    .bind::<ty::Uuid, _>(edit)
    .bind::<ty::Uuid, _>(elder)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Array<ty::Uuid>, _>(conflicts.iter().map(|c| c.id).collect::<Vec<_>>())
    .bind::<ty::Array<native::ProfileField>, _>(conflicts.iter().map(|c| c.field).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Nullable<ty::Text>>, _>(bases)
    .bind::<ty::Array<ty::Text>, _>(presents)
    .bind::<ty::Array<ty::Text>, _>(edits)
    .bind::<ty::Array<native::ProfileConflictShown>, _>(conflicts.iter().map(|c| c.shown).collect::<Vec<_>>())
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// The conflicts of the actor's scope (`$1`, `$2`), under the file that is kept.
macro_rules! conflicts_in_scope {
    ($more:literal) => {
        concat!(
            "SELECT c.id, c.edit_id, e.id AS elder_id, e.name AS elder_name, e.community_id, c.field, c.base_sealed AS base, \
             c.present_sealed AS present, c.edit_sealed AS edit, c.shown, c.made_by, c.made_at, c.decision, c.reason, c.decided_by, c.decided_at \
             FROM profile_conflicts c JOIN elders f ON f.id = c.elder_id JOIN elders e ON e.id = coalesce(f.merged_into_id, f.id) \
             WHERE e.community_id IN (",
            communities_in_scope!(),
            ")",
            $more
        )
    };
}

fn opened(stamp: &Stamp, mut conflict: ProfileConflict) -> Result<ProfileConflict, Problem> {
    conflict.base = conflict.base.map(|text| stamp.open(BASE, &text)).transpose()?;
    conflict.present = stamp.open(PRESENT, &conflict.present)?;
    conflict.edit = stamp.open(EDIT, &conflict.edit)?;
    Ok(conflict)
}

/// The conflicts in the actor's scope, the open ones first, then the latest.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn conflicts(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    page: &PageQuery,
) -> Result<Page<ProfileConflict>, Problem> {
    let (decided, at, id) = page.after::<(bool, DateTime<Utc>, Uuid)>()?.unwrap_or((
        false,
        DateTime::<Utc>::MAX_UTC.min(stamp.now + chrono::Duration::days(1)),
        Uuid::max(),
    ));
    let rows: Vec<ProfileConflict> = statement(conflicts_in_scope!(
        " AND ((c.decided_at IS NOT NULL) > $3 OR (c.decided_at IS NOT NULL) = $3 AND (c.made_at, c.id) < ($4, $5)) \
         ORDER BY c.decided_at IS NOT NULL, c.made_at DESC, c.id DESC LIMIT $6"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(stamp.now)
    .bind::<ty::Bool, _>(decided)
    .bind::<ty::Timestamptz, _>(at)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    let rows = rows
        .into_iter()
        .map(|row| opened(stamp, row))
        .collect::<Result<_, _>>()?;
    Ok(Page::cut(rows, page, |c: &ProfileConflict| {
        (c.decided_at.is_some(), c.made_at, c.id)
    }))
}

/// Decides a conflict. What the file said is put back only where nobody has changed the field since.
///
/// # Errors
/// 404 for a conflict out of scope, 409 when it was decided.
pub async fn decide(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: Uuid,
    new: NewProfileDecision,
) -> Result<ProfileDecided, Problem> {
    let (now, stamp) = (tx.now, tx.stamp());
    let conflict: ProfileConflict = statement(conflicts_in_scope!(" AND c.id = $3 FOR UPDATE OF c"))
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Uuid, _>(id)
        .get_result(tx.conn)
        .await
        .optional()?
        .ok_or_else(|| PROFILE_CONFLICT_NOT_FOUND.problem())?;
    let conflict = opened(&stamp, conflict)?;
    let field = conflict.field;
    let file = Present::of(tx, actor, conflict.elder_id).await?;
    let says = file.says(field);
    let shown = meanwhile(conflict.shown, &conflict.present, &conflict.edit);
    let wanted = match new.value {
        ProfileDecision::EditTaken => Some(conflict.edit),
        ProfileDecision::BaseKept => (says.as_deref() == Some(shown.as_str())).then_some(conflict.present),
    };
    let mut values = Map::new();
    if let Some(value) = wanted.filter(|value| says.as_deref().unwrap_or_default() != value) {
        values.insert(field.as_str().to_owned(), value.into());
    }
    let elder_version = file.change(tx, actor, values).await?;
    let decided = statement(
        "UPDATE profile_conflicts SET decision = $2, reason = $3, decided_by = $4, decided_at = $5 WHERE id = $1 AND decision IS NULL",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<native::ProfileDecision, _>(new.value)
    .bind::<ty::Text, _>(new.reason)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    if decided == 0 {
        return Err(PROFILE_CONFLICT_DECIDED.problem());
    }
    let entry = tx
        .entry("sync.conflict_decide", "profile_conflict", Some(id))
        .elder(conflict.elder_id)
        .community(conflict.community_id);
    tx.audit(entry.detail(json!({ "field": field, "decision": new.value })));
    Ok(ProfileDecided {
        id,
        elder_id: conflict.elder_id,
        field,
        decision: new.value,
        elder_version,
    })
}
