//! Changes that wait for an officer. Dispatch reads the library alone and never what is only wanted.

use super::entry::{add, changed, lock};
use crate::{
    db::statement,
    error::{Problem, violates},
    http::{Page, PageQuery},
    ids::{ItemId, OrganisationId, QualificationId, ResourceChangeId, WorkerId},
    resources::{
        RESOURCE_CHANGE_DECIDED, RESOURCE_CHANGE_NOT_FOUND, RESOURCE_CHANGE_OVERTAKEN,
        RESOURCE_CHANGE_PENDING, RESOURCE_NOT_FOUND,
        model::{
            EntryChange, ItemPrices, NewQualification, NewResourceChange, QualificationChange,
            ResourceChange, ResourceChangeStatus,
        },
    },
    schema::sql_types as native,
    tx::{Actor, Tx},
};
use chrono::NaiveDate;
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

/// The changes of organisations that an officer keeps: `$1` is the actor.
macro_rules! kept_by_officer {
    ($more:expr) => {
        concat!(
            "SELECT c.* FROM resource_changes c WHERE NOT EXISTS (SELECT 1 FROM organisation_coverage v WHERE v.organisation_id = c.organisation_id \
             AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = $1 AND u.disabled_at IS NULL AND v.division_prefix LIKE u.scope || '%')) AND ",
            $more
        )
    };
}

/// Those of a provider's own organisation: `$2` is the organisation.
macro_rules! own {
    ($more:expr) => {
        concat!(
            "SELECT c.* FROM resource_changes c WHERE c.organisation_id = $2 AND ",
            $more
        )
    };
}

macro_rules! narrowed {
    () => {
        "($3 IS NULL OR c.status = $3) AND ($4 IS NULL OR c.organisation_id = $4) AND c.id < $5 ORDER BY c.id DESC LIMIT $6"
    };
}

/// The changes that the actor may know of, the latest first.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    (status, resource): (Option<ResourceChangeStatus>, Option<OrganisationId>),
    page: &PageQuery,
) -> Result<Page<ResourceChange>, Problem> {
    let text = match actor.organisation_id {
        Some(_) => own!(narrowed!()),
        None => kept_by_officer!(narrowed!()),
    };
    let found: Vec<ResourceChange> = statement(text)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Nullable<ty::Uuid>, _>(actor.organisation_id)
        .bind::<ty::Nullable<native::ResourceChangeStatus>, _>(status)
        .bind::<ty::Nullable<ty::Uuid>, _>(resource)
        .bind::<ty::Uuid, _>(page.after::<Uuid>()?.unwrap_or(Uuid::max()))
        .bind::<ty::BigInt, _>(page.fetch())
        .load(conn)
        .await?;
    Ok(Page::cut(found, page, |c| c.id.0))
}

/// Locks a change that the actor may know of and that nobody has decided on.
async fn pending(tx: &mut Tx<'_>, actor: &Actor, id: ResourceChangeId) -> Result<ResourceChange, Problem> {
    let text = match actor.organisation_id {
        Some(_) => own!("c.id = $3 FOR UPDATE OF c"),
        None => kept_by_officer!("c.id = $3 FOR UPDATE OF c"),
    };
    let mut found: Vec<ResourceChange> = statement(text)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Nullable<ty::Uuid>, _>(actor.organisation_id)
        .bind::<ty::Uuid, _>(id)
        .load(tx.conn)
        .await?;
    let change = found.pop().ok_or_else(|| RESOURCE_CHANGE_NOT_FOUND.problem())?;
    if change.status == ResourceChangeStatus::Pending {
        Ok(change)
    } else {
        Err(RESOURCE_CHANGE_DECIDED.problem())
    }
}

#[derive(QueryableByName)]
struct PricesRow {
    #[diesel(sql_type = ty::BigInt)]
    price_fen: i64,
    #[diesel(sql_type = ty::Nullable<ty::BigInt>)]
    below_market_fen: Option<i64>,
    #[diesel(sql_type = ty::Nullable<ty::BigInt>)]
    safety_net_fen: Option<i64>,
}

#[derive(QueryableByName)]
struct TermsRow {
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    worker_id: Option<WorkerId>,
    #[diesel(sql_type = ty::Text)]
    kind: String,
    #[diesel(sql_type = ty::Text)]
    number: String,
    #[diesel(sql_type = ty::Text)]
    issued_by: String,
    #[diesel(sql_type = ty::Date)]
    valid_from: NaiveDate,
    #[diesel(sql_type = ty::Date)]
    expires_on: NaiveDate,
}

/// What is in force of what is to change; none where it is not there.
async fn in_force(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    wanted: &EntryChange,
) -> Result<Option<EntryChange>, Problem> {
    match wanted {
        EntryChange::Prices(prices) => prices_in_force(tx, organisation, prices.item_id).await,
        EntryChange::Qualification(QualificationChange {
            qualification_id: Some(id),
            ..
        }) => terms_in_force(tx, organisation, *id).await,
        EntryChange::Qualification(_) => Ok(None),
    }
}

async fn prices_in_force(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    item_id: ItemId,
) -> Result<Option<EntryChange>, Problem> {
    let row: Option<PricesRow> = statement(
        "SELECT price_fen, below_market_fen, safety_net_fen FROM organisation_items WHERE organisation_id = $1 AND item_id = $2",
    )
    .bind::<ty::Uuid, _>(organisation)
    .bind::<ty::Uuid, _>(item_id)
    .get_result(tx.conn)
    .await
    .optional()?;
    Ok(row.map(|row| {
        EntryChange::Prices(ItemPrices {
            item_id,
            price_fen: row.price_fen,
            below_market_fen: row.below_market_fen,
            safety_net_fen: row.safety_net_fen,
        })
    }))
}

async fn terms_in_force(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    id: QualificationId,
) -> Result<Option<EntryChange>, Problem> {
    let row: Option<TermsRow> = statement(
        "SELECT worker_id, kind, number, issued_by, valid_from, expires_on FROM qualifications WHERE organisation_id = $1 AND id = $2",
    )
    .bind::<ty::Uuid, _>(organisation)
    .bind::<ty::Uuid, _>(id)
    .get_result(tx.conn)
    .await
    .optional()?;
    Ok(row.map(|row| {
        EntryChange::Qualification(QualificationChange {
            qualification_id: Some(id),
            terms: NewQualification {
                worker_id: row.worker_id,
                kind: row.kind,
                number: row.number,
                issued_by: row.issued_by,
                valid_from: row.valid_from,
                expires_on: row.expires_on,
            },
        })
    }))
}

/// What the wanted change may not be, beside what is in force.
async fn acceptable(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    wanted: &EntryChange,
    before: Option<&EntryChange>,
) -> Result<(), Problem> {
    let change = match (wanted, before) {
        (EntryChange::Prices(_), None) => {
            return Err(Problem::field(
                "wanted.item_id",
                "is not offered by the organisation",
            ));
        }
        (EntryChange::Prices(prices), _) if !prices.fall() => {
            return Err(Problem::field(
                "wanted.price_fen",
                "no class may pay more than the next one up",
            ));
        }
        (EntryChange::Prices(_), _) => return Ok(()),
        (EntryChange::Qualification(change), _) => change,
    };
    if change.terms.expires_on < change.terms.valid_from {
        return Err(Problem::field(
            "wanted.terms.expires_on",
            "lies before valid_from",
        ));
    }
    match (change.qualification_id, before) {
        (Some(_), None) => Err(Problem::field(
            "wanted.qualification_id",
            "is none of the organisation's",
        )),
        (Some(_), Some(EntryChange::Qualification(was))) if was.terms.worker_id != change.terms.worker_id => {
            Err(Problem::field(
                "wanted.terms.worker_id",
                "whose it is does not change",
            ))
        }
        (None, _) => own_worker(tx, organisation, change.terms.worker_id).await,
        _ => Ok(()),
    }
}

async fn own_worker(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    worker: Option<WorkerId>,
) -> Result<(), Problem> {
    let Some(worker) = worker else { return Ok(()) };
    let found = statement("SELECT 1 FROM workers WHERE id = $1 AND organisation_id = $2")
        .bind::<ty::Uuid, _>(worker)
        .bind::<ty::Uuid, _>(organisation)
        .execute(tx.conn)
        .await?;
    if found == 0 {
        Err(Problem::field(
            "wanted.terms.worker_id",
            "the organisation has no such worker",
        ))
    } else {
        Ok(())
    }
}

/// Asks for a change of the actor's own entry.
///
/// # Errors
/// 404 for another organisation, 409 when a change of the same waits already, 422 for what cannot be.
pub async fn ask(
    tx: &mut Tx<'_>,
    actor: &Actor,
    organisation: OrganisationId,
    new: NewResourceChange,
) -> Result<ResourceChange, Problem> {
    if actor.organisation_id != Some(organisation) {
        return Err(RESOURCE_NOT_FOUND.problem());
    }
    let NewResourceChange { wanted, reason } = new;
    let before = in_force(tx, organisation, &wanted).await?;
    acceptable(tx, organisation, &wanted, before.as_ref()).await?;
    let (item, qualification) = match &wanted {
        EntryChange::Prices(prices) => (Some(prices.item_id), None),
        EntryChange::Qualification(change) => (None, change.qualification_id),
    };
    let (id, now) = (ResourceChangeId(tx.new_id()), tx.now);
    tx.audit(tx.entry("resources.change_ask", "resource_change", Some(id.0)));
    statement(
        "INSERT INTO resource_changes (id, organisation_id, item_id, qualification_id, status, in_force, wanted, reason, asked_by, asked_at, version) \
         VALUES ($1, $2, $3, $4, 'pending', $5, $6, $7, $8, $9, 1) RETURNING *",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(organisation)
    .bind::<ty::Nullable<ty::Uuid>, _>(item)
    .bind::<ty::Nullable<ty::Uuid>, _>(qualification)
    .bind::<ty::Nullable<ty::Jsonb>, _>(before.map(|before| json!(before)))
    .bind::<ty::Jsonb, _>(json!(wanted))
    .bind::<ty::Text, _>(reason)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .get_result(tx.conn)
    .await
    .map_err(|error| {
        let waits = ["resource_changes_one_price", "resource_changes_one_qualification"];
        if waits.iter().any(|name| violates(&error, name)) {
            RESOURCE_CHANGE_PENDING.problem()
        } else {
            error.into()
        }
    })
}

/// Approves a change: from now on it is in force.
///
/// # Errors
/// 404, 409 when it is decided, or when what was in force has changed since it was asked for.
pub async fn approve(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ResourceChangeId,
) -> Result<ResourceChange, Problem> {
    let change = pending(tx, actor, id).await?;
    let organisation = change.organisation_id;
    lock(tx, actor, organisation).await?;
    let wanted: EntryChange = serde_json::from_value(change.wanted).map_err(Problem::internal)?;
    let current = in_force(tx, organisation, &wanted).await?;
    if current.map(|current| json!(current)) != change.in_force {
        return Err(RESOURCE_CHANGE_OVERTAKEN.problem());
    }
    put_in_force(tx, organisation, wanted).await?;
    changed(tx, organisation, "resources.change").await?;
    decide(tx, actor, id, ResourceChangeStatus::Approved, None).await
}

async fn put_in_force(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    wanted: EntryChange,
) -> Result<(), Problem> {
    match wanted {
        EntryChange::Prices(prices) => {
            statement(
                "UPDATE organisation_items SET price_fen = $3, below_market_fen = $4, safety_net_fen = $5 \
                 WHERE organisation_id = $1 AND item_id = $2",
            )
            .bind::<ty::Uuid, _>(organisation)
            .bind::<ty::Uuid, _>(prices.item_id)
            .bind::<ty::BigInt, _>(prices.price_fen)
            .bind::<ty::Nullable<ty::BigInt>, _>(prices.below_market_fen)
            .bind::<ty::Nullable<ty::BigInt>, _>(prices.safety_net_fen)
            .execute(tx.conn)
            .await?;
        }
        EntryChange::Qualification(QualificationChange {
            qualification_id: Some(id),
            terms,
        }) => {
            statement(
                "UPDATE qualifications SET kind = $3, number = $4, issued_by = $5, valid_from = $6, expires_on = $7 \
                 WHERE id = $1 AND organisation_id = $2",
            )
            .bind::<ty::Uuid, _>(id)
            .bind::<ty::Uuid, _>(organisation)
            .bind::<ty::Text, _>(terms.kind)
            .bind::<ty::Text, _>(terms.number)
            .bind::<ty::Text, _>(terms.issued_by)
            .bind::<ty::Date, _>(terms.valid_from)
            .bind::<ty::Date, _>(terms.expires_on)
            .execute(tx.conn)
            .await?;
        }
        EntryChange::Qualification(QualificationChange { terms, .. }) => add(tx, organisation, terms).await?,
    }
    Ok(())
}

/// Refuses a change.
///
/// # Errors
/// 404, 409 when it is decided.
pub async fn refuse(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ResourceChangeId,
    reason: &str,
) -> Result<ResourceChange, Problem> {
    pending(tx, actor, id).await?;
    decide(tx, actor, id, ResourceChangeStatus::Refused, Some(reason)).await
}

/// Takes a change back.
///
/// # Errors
/// 404, 409 when it is decided.
pub async fn withdraw(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ResourceChangeId,
) -> Result<ResourceChange, Problem> {
    pending(tx, actor, id).await?;
    decide(tx, actor, id, ResourceChangeStatus::Withdrawn, None).await
}

/// Ends a change that is locked and pending.
async fn decide(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ResourceChangeId,
    status: ResourceChangeStatus,
    reason: Option<&str>,
) -> Result<ResourceChange, Problem> {
    let now = tx.now;
    let entry = tx.entry("resources.change_decide", "resource_change", Some(id.0));
    tx.audit(entry.detail(json!({ "status": status })));
    statement(
        "UPDATE resource_changes SET status = $2, decided_by = $3, decided_at = $4, decision_reason = $5, version = version + 1 \
         WHERE id = $1 AND status = 'pending' RETURNING *",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<native::ResourceChangeStatus, _>(status)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Nullable<ty::Text>, _>(reason.map(str::to_owned))
    .get_result(tx.conn)
    .await
    .optional()?
    .ok_or_else(|| RESOURCE_CHANGE_DECIDED.problem())
}
