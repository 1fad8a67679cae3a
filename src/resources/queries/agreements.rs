//! Agreements between organisations.

use super::entry::lock;
use crate::{
    db::statement,
    error::{Problem, on_constraint},
    http::{Page, PageQuery},
    ids::{AgreementId, OrganisationId},
    resources::{
        AGREEMENT_ENDED, AGREEMENT_NOT_FOUND,
        model::{Agreement, AgreementKind, NewAgreement},
    },
    schema::sql_types as native,
    tx::{Actor, Tx},
};
use chrono::NaiveDate;
use diesel::sql_types as ty;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// What a list of agreements is narrowed to.
#[derive(Debug, Default)]
pub struct NarrowAgreements {
    /// Those of this organisation, as either party.
    pub resource: Option<OrganisationId>,
    /// One kind.
    pub kind: Option<AgreementKind>,
    /// Those that hold today, or those that do not.
    pub in_force: Option<bool>,
}

/// Agreements as they are shown: `$1` is today.
macro_rules! agreements {
    ($which:expr) => {
        concat!(
            "SELECT a.*, ARRAY(SELECT i.item_id FROM resource_agreement_items i WHERE i.agreement_id = a.id ORDER BY i.item_id) AS item_ids, f.in_force \
             FROM resource_agreements a CROSS JOIN LATERAL (SELECT a.ended_at IS NULL AND a.valid_from <= $1 \
             AND coalesce(a.valid_to > $1, true) AS in_force) f WHERE ",
            $which
        )
    };
}

macro_rules! narrowed {
    () => {
        "($2 IS NULL OR a.kind = $2) AND ($3 IS NULL OR f.in_force = $3) AND ($4 IS NULL OR $4 IN (a.organisation_id, a.counterparty_id)) \
         AND a.id < $5 ORDER BY a.id DESC LIMIT $6"
    };
}

const ALL: &str = agreements!(narrowed!());
const OF_ONE: &str = agreements!(concat!(
    "(a.organisation_id = $7 OR a.counterparty_id = $7) AND ",
    narrowed!()
));

/// The agreements of the library, the latest first; a provider reads its own.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    today: NaiveDate,
    narrow: NarrowAgreements,
    page: &PageQuery,
) -> Result<Page<Agreement>, Problem> {
    let one = actor.organisation_id.or(narrow.resource);
    let text = if one.is_some() { OF_ONE } else { ALL };
    let found: Vec<Agreement> = statement(text)
        .bind::<ty::Date, _>(today)
        .bind::<ty::Nullable<native::ResourceAgreementKind>, _>(narrow.kind)
        .bind::<ty::Nullable<ty::Bool>, _>(narrow.in_force)
        .bind::<ty::Nullable<ty::Uuid>, _>(narrow.resource)
        .bind::<ty::Uuid, _>(page.after::<Uuid>()?.unwrap_or(Uuid::max()))
        .bind::<ty::BigInt, _>(page.fetch())
        .bind::<ty::Nullable<ty::Uuid>, _>(one)
        .load(conn)
        .await?;
    Ok(Page::cut(found, page, |a| a.id.0))
}

async fn get(tx: &mut Tx<'_>, id: AgreementId) -> Result<Agreement, Problem> {
    let (today, found) = (tx.today(), statement(agreements!("a.id = $2 FOR UPDATE OF a")));
    let mut found: Vec<Agreement> = found
        .bind::<ty::Date, _>(today)
        .bind::<ty::Uuid, _>(id)
        .load(tx.conn)
        .await?;
    found.pop().ok_or_else(|| AGREEMENT_NOT_FOUND.problem())
}

/// Enters an agreement of an organisation that the officer keeps.
///
/// # Errors
/// 403 outside the officer's area, 404 for the giving party, 422 for the other one, for unknown items and days out of order.
pub async fn create(tx: &mut Tx<'_>, actor: &Actor, new: NewAgreement) -> Result<Agreement, Problem> {
    lock(tx, actor, new.organisation_id).await?;
    let (id, now) = (AgreementId(tx.new_id()), tx.now);
    statement(
        "INSERT INTO resource_agreements (id, organisation_id, counterparty_id, kind, shared, valid_from, valid_to, entered_by, entered_at, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(new.organisation_id)
    .bind::<ty::Uuid, _>(new.counterparty_id)
    .bind::<native::ResourceAgreementKind, _>(new.kind)
    .bind::<ty::Text, _>(new.shared)
    .bind::<ty::Date, _>(new.valid_from)
    .bind::<ty::Nullable<ty::Date>, _>(new.valid_to)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await
    .map_err(refused)?;
    statement(
        "INSERT INTO resource_agreement_items (agreement_id, item_id) SELECT DISTINCT $1, i.id FROM unnest($2) AS i (id)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Array<ty::Uuid>, _>(new.item_ids)
    .execute(tx.conn)
    .await
    .map_err(|e| {
        on_constraint(e, "resource_agreement_items_item_id_fkey", || {
            Problem::field("item_ids", "names an item that the menu never had")
        })
    })?;
    tx.audit(tx.entry("resources.agree", "resource_agreement", Some(id.0)));
    get(tx, id).await
}

/// What the table refuses of a new agreement.
fn refused(error: diesel::result::Error) -> Problem {
    use crate::error::violates;
    let field = [
        (
            "resource_agreements_two_parties",
            "counterparty_id",
            "is the same organisation",
        ),
        (
            "resource_agreements_counterparty_id_fkey",
            "counterparty_id",
            "is not in the library",
        ),
        (
            "resource_agreements_order",
            "valid_to",
            "must lie after valid_from",
        ),
    ];
    match field.iter().find(|(name, _, _)| violates(&error, name)) {
        Some((_, field, message)) => Problem::field(*field, *message),
        None => error.into(),
    }
}

/// Ends an agreement before its time.
///
/// # Errors
/// 403 outside the officer's area, 404, 409 when it is over.
pub async fn end(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: AgreementId,
    reason: &str,
) -> Result<Agreement, Problem> {
    let (now, today, agreement) = (tx.now, tx.today(), get(tx, id).await?);
    lock(tx, actor, agreement.organisation_id).await?;
    let ended = statement(
        "UPDATE resource_agreements SET ended_at = $2, ended_by = $3, end_reason = $4, version = version + 1 \
         WHERE id = $1 AND ended_at IS NULL AND coalesce(valid_to > $5, true)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Text, _>(reason.to_owned())
    .bind::<ty::Date, _>(today)
    .execute(tx.conn)
    .await?;
    if ended == 0 {
        return Err(AGREEMENT_ENDED.problem());
    }
    tx.audit(tx.entry("resources.agreement_end", "resource_agreement", Some(id.0)));
    get(tx, id).await
}
