//! One entry with all that belongs to it: read, entered, changed.

use crate::{
    db::statement,
    error::{Problem, STALE, on_constraint},
    http::IfMatch,
    ids::{ItemId, OrganisationId, QualificationId, WorkerId},
    resources::{
        RESOURCE_ALREADY_LISTED, RESOURCE_KEPT_BY_OFFICE, RESOURCE_NOT_FOUND, RESOURCE_OUTSIDE_AREA,
        WORKER_NOT_FOUND,
        credit_code::CreditCode,
        model::{
            ItemCapacity, NewQualification, NewResource, NewWorker, OfferedItem, OpeningHours, Qualification,
            Resource, ResourceFile, ResourcePatch, Worker, WorkerPatch, hours_clash,
        },
    },
    schema::{
        organisation_coverage, organisation_hours, organisation_items, organisations, qualifications,
        sql_types, workers,
    },
    tx::{Actor, Role, Tx},
};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

/// One entry with all that belongs to it; a provider sees its own alone.
///
/// # Errors
/// 404 when there is none.
pub async fn file(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    id: OrganisationId,
) -> Result<ResourceFile, Problem> {
    let resource = organisations::table
        .find(id)
        .select(Resource::as_select())
        .first(conn)
        .await
        .optional()?
        .filter(|_| actor.role != Role::Provider || actor.organisation_id == Some(id))
        .ok_or_else(|| RESOURCE_NOT_FOUND.problem())?;
    Ok(ResourceFile {
        resource,
        coverage: organisation_coverage::table
            .filter(organisation_coverage::organisation_id.eq(id))
            .order(organisation_coverage::division_prefix)
            .select(organisation_coverage::division_prefix)
            .load(conn)
            .await?,
        items: organisation_items::table
            .filter(organisation_items::organisation_id.eq(id))
            .order(organisation_items::item_id)
            .select(OfferedItem::as_select())
            .load(conn)
            .await?,
        hours: organisation_hours::table
            .filter(organisation_hours::organisation_id.eq(id))
            .order((organisation_hours::weekday, organisation_hours::opens_minute))
            .select(OpeningHours::as_select())
            .load(conn)
            .await?,
        qualifications: qualifications::table
            .filter(qualifications::organisation_id.eq(id))
            .order((qualifications::expires_on.desc(), qualifications::id))
            .limit(500)
            .select(Qualification::as_select())
            .load(conn)
            .await?,
        workers: workers::table
            .filter(workers::organisation_id.eq(id))
            .order(workers::id)
            .limit(500)
            .select(Worker::as_select())
            .load(conn)
            .await?,
    })
}

/// The officer's division holds the whole coverage.
async fn within_area(tx: &mut Tx<'_>, actor: &Actor, coverage: &[String]) -> Result<(), Problem> {
    let outside = statement(
        "SELECT 1 FROM unnest($2) AS p (prefix) WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = $1 \
         AND u.disabled_at IS NULL AND p.prefix LIKE u.scope || '%')",
    )
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Array<ty::Text>, _>(coverage.to_vec())
    .execute(tx.conn)
    .await?;
    if outside > 0 {
        Err(RESOURCE_OUTSIDE_AREA.problem())
    } else {
        Ok(())
    }
}

/// Locks an entry that the actor may keep: an officer those of their area, a provider its own.
pub(super) async fn lock(tx: &mut Tx<'_>, actor: &Actor, id: OrganisationId) -> Result<Resource, Problem> {
    let resource = organisations::table
        .find(id)
        .select(Resource::as_select())
        .for_update()
        .first(tx.conn)
        .await
        .optional()?
        .filter(|_| actor.role != Role::Provider || actor.organisation_id == Some(id))
        .ok_or_else(|| RESOURCE_NOT_FOUND.problem())?;
    if actor.role != Role::Provider {
        let coverage: Vec<String> = organisation_coverage::table
            .filter(organisation_coverage::organisation_id.eq(id))
            .select(organisation_coverage::division_prefix)
            .load(tx.conn)
            .await?;
        within_area(tx, actor, &coverage).await?;
    }
    Ok(resource)
}

/// Enters an organisation.
///
/// # Errors
/// 403 for coverage outside the officer's area, 409 when its credit code is listed, 422 for a wrong code, item or hours.
pub async fn create(tx: &mut Tx<'_>, actor: &Actor, new: NewResource) -> Result<ResourceFile, Problem> {
    let code =
        CreditCode::parse(&new.credit_code).map_err(|e| Problem::field("credit_code", e.to_string()))?;
    within_area(tx, actor, &new.coverage).await?;
    let (id, now) = (OrganisationId(tx.new_id()), tx.now);
    let listed_from = new.listed_from.unwrap_or(tx.today());
    statement(
        "INSERT INTO organisations (id, credit_code, name, tier, kind, takes_orders, always_open, phone, address, latitude, longitude, \
         listed_from, version, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Text, _>(code.as_str().to_owned())
    .bind::<ty::Text, _>(new.name.trim().to_owned())
    .bind::<sql_types::ResourceTier, _>(new.tier)
    .bind::<sql_types::ResourceKind, _>(new.kind)
    .bind::<ty::Bool, _>(new.takes_orders)
    .bind::<ty::Bool, _>(new.always_open)
    .bind::<ty::Text, _>(new.phone)
    .bind::<ty::Text, _>(new.address)
    .bind::<ty::Nullable<ty::Double>, _>(new.position.map(|p| p.latitude))
    .bind::<ty::Nullable<ty::Double>, _>(new.position.map(|p| p.longitude))
    .bind::<ty::Date, _>(listed_from)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await
    .map_err(|e| {
        on_constraint(e, "organisations_credit_code_key", || {
            RESOURCE_ALREADY_LISTED.problem()
        })
    })?;
    set_coverage(tx, id, &new.coverage).await?;
    set_items(tx, id, &new.items).await?;
    set_hours(tx, id, &new.hours).await?;
    tx.audit(tx.entry("resources.create", "organisation", Some(id.0)));
    file(tx.conn, actor, id).await
}

async fn set_coverage(tx: &mut Tx<'_>, id: OrganisationId, coverage: &[String]) -> Result<(), Problem> {
    statement("DELETE FROM organisation_coverage WHERE organisation_id = $1 AND division_prefix <> ALL ($2)")
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Array<ty::Text>, _>(coverage.to_vec())
        .execute(tx.conn)
        .await?;
    statement(
        "INSERT INTO organisation_coverage (organisation_id, division_prefix) SELECT DISTINCT $1, p.prefix \
         FROM unnest($2) AS p (prefix) ON CONFLICT DO NOTHING",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Array<ty::Text>, _>(coverage.to_vec())
    .execute(tx.conn)
    .await?;
    Ok(())
}

async fn set_items(tx: &mut Tx<'_>, id: OrganisationId, items: &[OfferedItem]) -> Result<(), Problem> {
    let twice = (0..items.len()).find(|&n| items[..n].iter().any(|other| other.item_id == items[n].item_id));
    if let Some(n) = twice {
        return Err(Problem::field(format!("items[{n}]"), "is named twice"));
    }
    if let Some(n) = items.iter().position(|item| !item.prices().fall()) {
        return Err(Problem::field(
            format!("items[{n}]"),
            "no class may pay more than the next one up",
        ));
    }
    let ids: Vec<ItemId> = items.iter().map(|i| i.item_id).collect();
    statement("DELETE FROM organisation_items WHERE organisation_id = $1 AND item_id <> ALL ($2)")
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Array<ty::Uuid>, _>(ids.clone())
        .execute(tx.conn)
        .await?;
    statement(
        "INSERT INTO organisation_items (organisation_id, item_id, weekly_capacity, price_fen, below_market_fen, safety_net_fen) \
         SELECT $1, i.id, i.capacity, i.price, i.below, i.safety FROM unnest($2, $3, $4, $5, $6) AS i (id, capacity, price, below, safety) \
         ON CONFLICT (organisation_id, item_id) DO UPDATE SET weekly_capacity = excluded.weekly_capacity, price_fen = excluded.price_fen, \
         below_market_fen = excluded.below_market_fen, safety_net_fen = excluded.safety_net_fen",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Array<ty::Uuid>, _>(ids)
    .bind::<ty::Array<ty::Integer>, _>(items.iter().map(|i| i.weekly_capacity).collect::<Vec<_>>())
    .bind::<ty::Array<ty::BigInt>, _>(items.iter().map(|i| i.price_fen).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Nullable<ty::BigInt>>, _>(items.iter().map(|i| i.below_market_fen).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Nullable<ty::BigInt>>, _>(items.iter().map(|i| i.safety_net_fen).collect::<Vec<_>>())
    .execute(tx.conn)
    .await
    .map_err(|e| {
        on_constraint(e, "organisation_items_item_id_fkey", || {
            Problem::field("items", "names an item that the menu never had")
        })
    })?;
    Ok(())
}

async fn set_hours(tx: &mut Tx<'_>, id: OrganisationId, hours: &[OpeningHours]) -> Result<(), Problem> {
    if let Some(n) = hours_clash(hours) {
        return Err(Problem::field(
            format!("hours[{n}]"),
            "runs backwards or overlaps with others of its day",
        ));
    }
    statement("DELETE FROM organisation_hours WHERE organisation_id = $1")
        .bind::<ty::Uuid, _>(id)
        .execute(tx.conn)
        .await?;
    statement(
        "INSERT INTO organisation_hours (organisation_id, weekday, opens_minute, closes_minute) \
         SELECT $1, h.weekday, h.opens, h.closes FROM unnest($2, $3, $4) AS h (weekday, opens, closes)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Array<ty::SmallInt>, _>(hours.iter().map(|h| h.weekday).collect::<Vec<_>>())
    .bind::<ty::Array<ty::SmallInt>, _>(hours.iter().map(|h| h.opens_minute).collect::<Vec<_>>())
    .bind::<ty::Array<ty::SmallInt>, _>(hours.iter().map(|h| h.closes_minute).collect::<Vec<_>>())
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Sets how many orders an organisation can take in a week, of items that it offers.
async fn set_capacities(tx: &mut Tx<'_>, id: OrganisationId, all: &[ItemCapacity]) -> Result<(), Problem> {
    let set = statement(
        "UPDATE organisation_items i SET weekly_capacity = n.capacity FROM unnest($2, $3) AS n (id, capacity) \
         WHERE i.organisation_id = $1 AND i.item_id = n.id",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Array<ty::Uuid>, _>(all.iter().map(|c| c.item_id).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Integer>, _>(all.iter().map(|c| c.weekly_capacity).collect::<Vec<_>>())
    .execute(tx.conn)
    .await?;
    if set == all.len() {
        Ok(())
    } else {
        Err(Problem::field(
            "capacities",
            "names an item twice, or one that the organisation does not offer",
        ))
    }
}

/// Changes an entry. A provider changes of its own what needs no approval.
///
/// # Errors
/// 403 outside the officer's area and for what the office keeps, 404, 412 when it has changed since, 422.
pub async fn change(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: OrganisationId,
    seen: IfMatch,
    patch: ResourcePatch,
) -> Result<ResourceFile, Problem> {
    let was = lock(tx, actor, id).await?;
    if let Some(field) = patch.kept_by_office().filter(|_| actor.role == Role::Provider) {
        return Err(RESOURCE_KEPT_BY_OFFICE.with(format!("{field} is kept by the office")));
    }
    if was.version != seen.0 {
        return Err(STALE.problem());
    }
    let ResourcePatch {
        name,
        takes_orders,
        always_open,
        phone,
        address,
        position,
        listed_to,
        coverage,
        items,
        capacities,
        hours,
    } = patch;
    diesel::update(organisations::table.find(id))
        .set((
            organisations::name.eq(name.unwrap_or(was.name)),
            organisations::takes_orders.eq(takes_orders.unwrap_or(was.takes_orders)),
            organisations::always_open.eq(always_open.unwrap_or(was.always_open)),
            organisations::phone.eq(phone.unwrap_or(was.phone)),
            organisations::address.eq(address.unwrap_or(was.address)),
            organisations::latitude.eq(position.map_or(was.latitude, |p| Some(p.latitude))),
            organisations::longitude.eq(position.map_or(was.longitude, |p| Some(p.longitude))),
            organisations::listed_to.eq(listed_to.unwrap_or(was.listed_to)),
        ))
        .execute(tx.conn)
        .await
        .map_err(|e| {
            on_constraint(e, "organisations_listed_order", || {
                Problem::field("listed_to", "lies before listed_from")
            })
        })?;
    if let Some(coverage) = coverage {
        within_area(tx, actor, &coverage).await?;
        set_coverage(tx, id, &coverage).await?;
    }
    if let Some(items) = items {
        set_items(tx, id, &items).await?;
    }
    if let Some(capacities) = capacities {
        set_capacities(tx, id, &capacities).await?;
    }
    if let Some(hours) = hours {
        set_hours(tx, id, &hours).await?;
    }
    changed(tx, id, "resources.change").await?;
    file(tx.conn, actor, id).await
}

/// Takes an organisation out of the library from today on; what is out of it already stays as it is.
///
/// # Errors
/// 403 outside the officer's area, 404.
pub async fn unlist(tx: &mut Tx<'_>, actor: &Actor, id: OrganisationId) -> Result<(), Problem> {
    let (today, was) = (tx.today(), lock(tx, actor, id).await?);
    let last = today.max(was.listed_from);
    if was.listed_to.is_some_and(|listed_to| listed_to <= last) {
        return Ok(());
    }
    diesel::update(organisations::table.find(id))
        .set(organisations::listed_to.eq(last))
        .execute(tx.conn)
        .await?;
    changed(tx, id, "resources.unlist").await
}

/// Counts an edit of the entry or of what belongs to it.
pub(super) async fn changed(tx: &mut Tx<'_>, id: OrganisationId, action: &str) -> Result<(), Problem> {
    statement("UPDATE organisations SET version = version + 1 WHERE id = $1")
        .bind::<ty::Uuid, _>(id)
        .execute(tx.conn)
        .await?;
    tx.audit(tx.entry(action, "organisation", Some(id.0)));
    Ok(())
}

/// Enters a worker.
///
/// # Errors
/// 403 outside the officer's area, 404.
pub async fn add_worker(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: OrganisationId,
    new: NewWorker,
) -> Result<ResourceFile, Problem> {
    lock(tx, actor, id).await?;
    let (worker, now) = (WorkerId(tx.new_id()), tx.now);
    statement("INSERT INTO workers (id, organisation_id, name, active, version, created_at) VALUES ($1, $2, $3, true, 1, $4)")
        .bind::<ty::Uuid, _>(worker)
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Text, _>(new.name)
        .bind::<ty::Timestamptz, _>(now)
        .execute(tx.conn)
        .await?;
    changed(tx, id, "resources.worker_add").await?;
    file(tx.conn, actor, id).await
}

/// Changes a worker.
///
/// # Errors
/// 403 outside the officer's area, 404.
pub async fn change_worker(
    tx: &mut Tx<'_>,
    actor: &Actor,
    (id, worker): (OrganisationId, WorkerId),
    patch: WorkerPatch,
) -> Result<ResourceFile, Problem> {
    lock(tx, actor, id).await?;
    let found = statement(
        "UPDATE workers SET name = coalesce($3, name), active = coalesce($4, active), version = version + 1 \
         WHERE id = $2 AND organisation_id = $1",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(worker)
    .bind::<ty::Nullable<ty::Text>, _>(patch.name)
    .bind::<ty::Nullable<ty::Bool>, _>(patch.active)
    .execute(tx.conn)
    .await?;
    if found == 0 {
        return Err(WORKER_NOT_FOUND.problem());
    }
    changed(tx, id, "resources.worker_change").await?;
    file(tx.conn, actor, id).await
}

/// Enters a licence or certificate.
///
/// # Errors
/// 403 outside the officer's area, 404 for the organisation or its worker, 422 for days out of order.
pub async fn add_qualification(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: OrganisationId,
    new: NewQualification,
) -> Result<ResourceFile, Problem> {
    lock(tx, actor, id).await?;
    add(tx, id, new).await?;
    changed(tx, id, "resources.qualification_add").await?;
    file(tx.conn, actor, id).await
}

/// Writes a licence or certificate of an organisation that is locked.
pub(super) async fn add(tx: &mut Tx<'_>, id: OrganisationId, new: NewQualification) -> Result<(), Problem> {
    let (row, now) = (QualificationId(tx.new_id()), tx.now);
    let written = statement(
        "INSERT INTO qualifications (id, organisation_id, worker_id, kind, number, issued_by, valid_from, expires_on, created_at) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 WHERE $3 IS NULL OR EXISTS (SELECT 1 FROM workers WHERE id = $3 AND organisation_id = $2)",
    )
    .bind::<ty::Uuid, _>(row)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Nullable<ty::Uuid>, _>(new.worker_id)
    .bind::<ty::Text, _>(new.kind)
    .bind::<ty::Text, _>(new.number)
    .bind::<ty::Text, _>(new.issued_by)
    .bind::<ty::Date, _>(new.valid_from)
    .bind::<ty::Date, _>(new.expires_on)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await
    .map_err(|e| {
        on_constraint(e, "qualifications_order", || {
            Problem::field("expires_on", "lies before valid_from")
        })
    })?;
    if written == 0 {
        return Err(WORKER_NOT_FOUND.problem());
    }
    Ok(())
}
