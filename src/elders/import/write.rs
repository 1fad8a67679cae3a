//! The good rows of a list, written by a fixed number of statements for each chunk of rows.

use super::{
    CHUNK,
    check::Place,
    plan::{ChangedFile, NewContactRow, NewFile, Plan},
};
use crate::{
    db::statement,
    elders::{IMPORT_OVERTAKEN, enrol::obligations_follow_all, standing::refresh_standing},
    error::{Problem, violates},
    ids::{CommunityId, HouseholdId},
    schema::sql_types as native,
    tx::Tx,
};
use diesel::{QueryableByName, result::Error as DieselError, sql_types as ty};
use diesel_async::RunQueryDsl;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Audit rows that one statement writes.
const ENTRIES: usize = 1_000;

#[derive(QueryableByName)]
struct Home {
    #[diesel(sql_type = ty::Uuid)]
    id: HouseholdId,
    #[diesel(sql_type = ty::Uuid)]
    community_id: CommunityId,
    #[diesel(sql_type = ty::Text)]
    building: String,
    #[diesel(sql_type = ty::Text)]
    unit: String,
    #[diesel(sql_type = ty::Text)]
    room: String,
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = ty::Uuid)]
    id: Uuid,
    #[diesel(sql_type = ty::Integer)]
    version: i32,
}

/// One column of some rows.
fn column<R, T>(rows: &[R], value: impl FnMut(&R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

/// Two imports of one list, or an enrolment in the meantime.
fn overtaken(error: DieselError) -> Problem {
    let raced = ["elders_id_hash_key", "elder_categories_open", "consents_open"];
    if raced.iter().any(|name| violates(&error, name)) {
        IMPORT_OVERTAKEN.problem()
    } else {
        error.into()
    }
}

/// Writes what the plan says, with standing, obligations and audit; `import` is the row of the import it belongs to.
///
/// # Errors
/// 409 when a file was changed, or somebody was enrolled, since the plan was made.
pub async fn write(tx: &mut Tx<'_>, import: Uuid, plan: &Plan) -> Result<(), Problem> {
    lock(tx, &plan.changed).await?;
    let homes = households(tx, plan).await?;
    let home = |place: &Place| {
        homes
            .get(place)
            .copied()
            .ok_or_else(|| Problem::internal("a dwelling was not entered"))
    };
    for chunk in plan.created.chunks(CHUNK) {
        let at = chunk
            .iter()
            .map(|new| home(&new.place))
            .collect::<Result<_, _>>()?;
        create(tx, chunk, at).await?;
    }
    let mut touched: BTreeSet<HouseholdId> = BTreeSet::new();
    for new in &plan.created {
        touched.insert(home(&new.place)?);
    }
    for chunk in plan.changed.chunks(CHUNK) {
        let mut at = Vec::new();
        for file in chunk {
            let now_at = match &file.place {
                Some(place) => (home(place)?, place.community),
                None => (file.old_household, file.old_community),
            };
            touched.extend([file.old_household, now_at.0]);
            at.push(now_at);
        }
        change(tx, chunk, at).await?;
    }
    hangs_on(tx, plan).await?;
    let today = tx.today();
    let ids: Vec<Uuid> = plan
        .created
        .iter()
        .map(|new| new.id.0)
        .chain(plan.changed.iter().map(|file| file.id.0))
        .collect();
    for chunk in ids.chunks(CHUNK) {
        refresh_standing(tx.conn, today, chunk).await?;
    }
    obligations_follow_all(tx, import, touched).await?;
    trail(tx, import, plan).await
}

/// Locks the files that change, in the order of their ids, and holds them against the versions that were compared.
async fn lock(tx: &mut Tx<'_>, files: &[ChangedFile]) -> Result<(), Problem> {
    let mut seen: Vec<(Uuid, i32)> = column(files, |f| (f.id.0, f.version));
    seen.sort_unstable();
    for chunk in seen.chunks(CHUNK) {
        let locked: Vec<Locked> =
            statement("SELECT id, version FROM elders WHERE id = ANY ($1) ORDER BY id FOR UPDATE")
                .bind::<ty::Array<ty::Uuid>, _>(column(chunk, |(id, _)| *id))
                .load(tx.conn)
                .await?;
        if column(&locked, |l| (l.id, l.version)) != chunk {
            return Err(IMPORT_OVERTAKEN.problem());
        }
    }
    Ok(())
}

async fn households(tx: &mut Tx<'_>, plan: &Plan) -> Result<HashMap<Place, HouseholdId>, Problem> {
    let places: Vec<_> = plan.places.iter().collect();
    let (now, mut homes) = (tx.now, HashMap::new());
    for chunk in places.chunks(CHUNK) {
        let entered: Vec<Home> = statement(
            "INSERT INTO households (id, community_id, building, unit, floor, room, version, created_at) \
             SELECT n.id, n.community_id, n.building, n.unit, n.floor, n.room, 1, $7 \
             FROM unnest($1, $2, $3, $4, $5, $6) AS n (id, community_id, building, unit, floor, room) \
             ON CONFLICT (community_id, building, unit, room) DO UPDATE SET floor = coalesce(excluded.floor, households.floor) \
             RETURNING id, community_id, building, unit, room",
        )
        .bind::<ty::Array<ty::Uuid>, _>(column(chunk, |(_, (id, _))| *id))
        .bind::<ty::Array<ty::Uuid>, _>(column(chunk, |(p, _)| p.community))
        .bind::<ty::Array<ty::Text>, _>(column(chunk, |(p, _)| p.building.clone()))
        .bind::<ty::Array<ty::Text>, _>(column(chunk, |(p, _)| p.unit.clone()))
        .bind::<ty::Array<ty::Nullable<ty::SmallInt>>, _>(column(chunk, |(_, (_, floor))| *floor))
        .bind::<ty::Array<ty::Text>, _>(column(chunk, |(p, _)| p.room.clone()))
        .bind::<ty::Timestamptz, _>(now)
        .load(tx.conn)
        .await?;
        homes.extend(entered.into_iter().map(|home| {
            let Home {
                id,
                community_id,
                building,
                unit,
                room,
            } = home;
            let place = Place {
                community: community_id,
                building,
                unit,
                room,
            };
            (place, id)
        }));
    }
    Ok(homes)
}

async fn create(tx: &mut Tx<'_>, files: &[NewFile], homes: Vec<HouseholdId>) -> Result<(), Problem> {
    let (now, today, by) = (tx.now, tx.today(), tx.actor_id()?);
    statement(
        "INSERT INTO elders (id, household_id, community_id, name, sex, birth_date, id_kind, id_sealed, id_hash, id_masked, phone_sealed, \
         phone_hash, phone_masked, health_note_sealed, status, status_since, entitlement, tier, tier_reasons, remarks, version, enrolled_at, \
         updated_at) SELECT n.*, 'active', $15, 'social', 'quarterly', '{}', r.remarks, 1, $17, $17 \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) AS n (id, household_id, community_id, name, sex, \
         birth_date, id_kind, id_sealed, id_hash, id_masked, phone_sealed, phone_hash, phone_masked, health_note_sealed) \
         JOIN unnest($1, $16) AS r (id, remarks) ON r.id = n.id",
    )
    .bind::<ty::Array<ty::Uuid>, _>(column(files, |f| f.id))
    .bind::<ty::Array<ty::Uuid>, _>(homes)
    .bind::<ty::Array<ty::Uuid>, _>(column(files, |f| f.place.community))
    .bind::<ty::Array<ty::Text>, _>(column(files, |f| f.name.clone()))
    .bind::<ty::Array<native::Sex>, _>(column(files, |f| f.sex))
    .bind::<ty::Array<ty::Date>, _>(column(files, |f| f.birth_date))
    .bind::<ty::Array<native::IdDocumentKind>, _>(column(files, |f| f.id_kind))
    .bind::<ty::Array<ty::Text>, _>(column(files, |f| f.id_sealed.clone()))
    .bind::<ty::Array<ty::Binary>, _>(column(files, |f| f.id_hash.clone()))
    .bind::<ty::Array<ty::Text>, _>(column(files, |f| f.id_masked.clone()))
    .bind::<ty::Array<ty::Nullable<ty::Text>>, _>(column(files, |f| f.phone.as_ref().map(|p| p.sealed.clone())))
    .bind::<ty::Array<ty::Nullable<ty::Binary>>, _>(column(files, |f| f.phone.as_ref().map(|p| p.hash.clone())))
    .bind::<ty::Array<ty::Nullable<ty::Text>>, _>(column(files, |f| f.phone.as_ref().map(|p| p.masked.clone())))
    .bind::<ty::Array<ty::Nullable<ty::Text>>, _>(column(files, |f| f.health_note.clone()))
    .bind::<ty::Date, _>(today)
    .bind::<ty::Array<ty::Text>, _>(column(files, |f| f.remarks.clone()))
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await
    .map_err(overtaken)?;
    statement(
        "INSERT INTO elder_statuses (id, elder_id, status, starts_on, reason, recorded_by, recorded_at) \
         SELECT n.id, n.elder_id, 'active', $3, '', $4, $5 FROM unnest($1, $2) AS n (id, elder_id)",
    )
    .bind::<ty::Array<ty::Uuid>, _>(column(files, |f| f.status_id))
    .bind::<ty::Array<ty::Uuid>, _>(column(files, |f| f.id))
    .bind::<ty::Date, _>(today)
    .bind::<ty::Uuid, _>(by)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    Ok(())
}

async fn change(
    tx: &mut Tx<'_>,
    files: &[ChangedFile],
    homes: Vec<(HouseholdId, CommunityId)>,
) -> Result<(), Problem> {
    let now = tx.now;
    statement(
        "UPDATE elders e SET name = n.name, sex = n.sex, birth_date = n.birth_date, household_id = n.household_id, \
         community_id = n.community_id, remarks = n.remarks, phone_sealed = coalesce(n.phone_sealed, e.phone_sealed), \
         phone_hash = coalesce(n.phone_hash, e.phone_hash), phone_masked = coalesce(n.phone_masked, e.phone_masked), \
         health_note_sealed = coalesce(n.health_note_sealed, e.health_note_sealed), version = e.version + 1, updated_at = $12 \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS n (id, name, sex, birth_date, household_id, community_id, remarks, \
         phone_sealed, phone_hash, phone_masked, health_note_sealed) WHERE e.id = n.id",
    )
    .bind::<ty::Array<ty::Uuid>, _>(column(files, |f| f.id))
    .bind::<ty::Array<ty::Text>, _>(column(files, |f| f.name.clone()))
    .bind::<ty::Array<native::Sex>, _>(column(files, |f| f.sex))
    .bind::<ty::Array<ty::Date>, _>(column(files, |f| f.birth_date))
    .bind::<ty::Array<ty::Uuid>, _>(column(&homes, |(home, _)| *home))
    .bind::<ty::Array<ty::Uuid>, _>(column(&homes, |(_, community)| *community))
    .bind::<ty::Array<ty::Text>, _>(column(files, |f| f.remarks.clone()))
    .bind::<ty::Array<ty::Nullable<ty::Text>>, _>(column(files, |f| f.phone.as_ref().map(|p| p.sealed.clone())))
    .bind::<ty::Array<ty::Nullable<ty::Binary>>, _>(column(files, |f| f.phone.as_ref().map(|p| p.hash.clone())))
    .bind::<ty::Array<ty::Nullable<ty::Text>>, _>(column(files, |f| f.phone.as_ref().map(|p| p.masked.clone())))
    .bind::<ty::Array<ty::Nullable<ty::Text>>, _>(column(files, |f| f.health_note.clone()))
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Categories, contacts and consents.
async fn hangs_on(tx: &mut Tx<'_>, plan: &Plan) -> Result<(), Problem> {
    let (now, today, by) = (tx.now, tx.today(), tx.actor_id()?);
    for chunk in plan.categories.chunks(CHUNK) {
        statement(
            "INSERT INTO elder_categories (id, elder_id, category_code, starts_on, evidence, recorded_by, recorded_at) \
             SELECT n.id, n.elder_id, n.code, $4, '', $5, $6 FROM unnest($1, $2, $3) AS n (id, elder_id, code)",
        )
        .bind::<ty::Array<ty::Uuid>, _>(column(chunk, |c| c.0))
        .bind::<ty::Array<ty::Uuid>, _>(column(chunk, |c| c.1))
        .bind::<ty::Array<ty::Text>, _>(column(chunk, |c| c.2.clone()))
        .bind::<ty::Date, _>(today)
        .bind::<ty::Uuid, _>(by)
        .bind::<ty::Timestamptz, _>(now)
        .execute(tx.conn)
        .await
        .map_err(overtaken)?;
    }
    for (rows, text) in [
        (
            &plan.contacts,
            "INSERT INTO contacts (id, elder_id, name, relation, phone_sealed, phone_masked, emergency, position) \
             SELECT n.id, n.elder_id, n.name, n.relation, n.sealed, n.masked, true, n.position \
             FROM unnest($1, $2, $3, $4, $5, $6, $7) AS n (id, elder_id, name, relation, sealed, masked, position)",
        ),
        (
            &plan.contacts_changed,
            "UPDATE contacts c SET relation = n.relation, phone_sealed = n.sealed, phone_masked = n.masked \
             FROM unnest($1, $2, $3, $4, $5, $6, $7) AS n (id, elder_id, name, relation, sealed, masked, position) \
             WHERE c.id = n.id AND c.elder_id = n.elder_id",
        ),
    ] {
        for chunk in rows.chunks(CHUNK) {
            contacts(tx, text, chunk).await?;
        }
    }
    for chunk in plan.consents.chunks(CHUNK) {
        statement(
            "INSERT INTO consents (id, elder_id, purpose, basis, form, notice_version, given_on, given_by, recorded_by, recorded_at) \
             SELECT n.id, n.elder_id, 'visits', 'consent', 'written', 'list', n.given_on, '本人', $4, $5 \
             FROM unnest($1, $2, $3) AS n (id, elder_id, given_on)",
        )
        .bind::<ty::Array<ty::Uuid>, _>(column(chunk, |c| c.0))
        .bind::<ty::Array<ty::Uuid>, _>(column(chunk, |c| c.1))
        .bind::<ty::Array<ty::Date>, _>(column(chunk, |c| c.2))
        .bind::<ty::Uuid, _>(by)
        .bind::<ty::Timestamptz, _>(now)
        .execute(tx.conn)
        .await
        .map_err(overtaken)?;
    }
    Ok(())
}

async fn contacts(tx: &mut Tx<'_>, text: &'static str, rows: &[NewContactRow]) -> Result<(), Problem> {
    statement(text)
        .bind::<ty::Array<ty::Uuid>, _>(column(rows, |c| c.id))
        .bind::<ty::Array<ty::Uuid>, _>(column(rows, |c| c.elder))
        .bind::<ty::Array<ty::Text>, _>(column(rows, |c| c.name.clone()))
        .bind::<ty::Array<ty::Text>, _>(column(rows, |c| c.relation.clone()))
        .bind::<ty::Array<ty::Text>, _>(column(rows, |c| c.sealed.clone()))
        .bind::<ty::Array<ty::Text>, _>(column(rows, |c| c.masked.clone()))
        .bind::<ty::Array<ty::SmallInt>, _>(column(rows, |c| c.position))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// One audit row for each file, so that its own trail says how it came about.
async fn trail(tx: &mut Tx<'_>, import: Uuid, plan: &Plan) -> Result<(), Problem> {
    for chunk in plan.created.chunks(ENTRIES) {
        for new in chunk {
            let entry = tx.entry("elders.enrol", "elder", Some(new.id.0));
            let entry = entry.elder(new.id).community(new.place.community);
            tx.audit(entry.detail(json!({ "import_id": import })));
        }
        tx.flush_audit().await?;
    }
    for chunk in plan.changed.chunks(ENTRIES) {
        for file in chunk {
            let community = file.place.as_ref().map_or(file.old_community, |p| p.community);
            let entry = tx.entry("elders.change", "elder", Some(file.id.0));
            let entry = entry.elder(file.id).community(community);
            tx.audit(entry.detail(json!({ "import_id": import, "fields": file.fields })));
        }
        tx.flush_audit().await?;
    }
    Ok(())
}
