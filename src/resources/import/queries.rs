//! What a list is compared with, and its good rows, by a fixed number of statements for each chunk of organisations.

use super::{
    check::Lists,
    plan::{Entry, Filed, Plan},
};
use crate::{
    areas::division_code::DivisionCode,
    db::statement,
    error::{Problem, on_constraint},
    ids::{ItemId, OrganisationId, QualificationId},
    resources::{
        RESOURCE_ALREADY_LISTED,
        model::{NewQualification, OfferedItem, OpeningHours, Resource},
    },
    schema::sql_types as native,
    tx::{Actor, Tx},
};
use chrono::NaiveDate;
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// Organisations that one statement reads or writes.
const CHUNK: usize = 1_000;

#[derive(QueryableByName)]
struct Division {
    #[diesel(sql_type = ty::Text)]
    code: String,
    #[diesel(sql_type = ty::Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Item {
    #[diesel(sql_type = ty::Uuid)]
    id: ItemId,
    #[diesel(sql_type = ty::Text)]
    name_zh: String,
    #[diesel(sql_type = ty::Text)]
    code: String,
}

/// The divisions in the officer's scope and the items of the menu that organisations may offer.
///
/// # Errors
/// What the database said.
pub async fn lists(conn: &mut AsyncPgConnection, actor: &Actor, today: NaiveDate) -> Result<Lists, Problem> {
    let mut lists = Lists::default();
    let divisions: Vec<Division> = statement(
        "SELECT d.code, d.name FROM users u JOIN divisions d ON d.code LIKE u.scope || '%' AND d.revoked_edition IS NULL \
         WHERE u.id = $1 AND u.disabled_at IS NULL ORDER BY d.code LIMIT 10000",
    )
    .bind::<ty::Uuid, _>(actor.id)
    .load(conn)
    .await?;
    for Division { code, name } in divisions {
        let parsed = DivisionCode::parse(&code).map_err(Problem::internal)?;
        lists.division(&code, parsed.prefix(), name);
    }
    let items: Vec<Item> = statement(
        "SELECT id, name_zh, code FROM menu_items WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1) \
         AND delivered_by <> 'steward' ORDER BY slot",
    )
    .bind::<ty::Date, _>(today)
    .load(conn)
    .await?;
    for Item { id, name_zh, code } in items {
        lists.item(id, name_zh, code);
    }
    Ok(lists)
}

#[derive(QueryableByName)]
struct FiledRow {
    #[diesel(embed)]
    resource: Resource,
    #[diesel(sql_type = ty::Bool)]
    mine: bool,
    #[diesel(sql_type = ty::Array<ty::Text>)]
    coverage: Vec<String>,
}

#[derive(QueryableByName)]
#[diesel(table_name = crate::schema::organisation_items)]
struct ItemRow {
    organisation_id: OrganisationId,
    #[diesel(embed)]
    item: OfferedItem,
}

#[derive(QueryableByName)]
#[diesel(table_name = crate::schema::organisation_hours)]
struct HoursRow {
    organisation_id: OrganisationId,
    #[diesel(embed)]
    hours: OpeningHours,
}

#[derive(QueryableByName)]
#[diesel(table_name = crate::schema::qualifications)]
struct LicenceRow {
    id: QualificationId,
    organisation_id: OrganisationId,
    kind: String,
    number: String,
    issued_by: String,
    valid_from: NaiveDate,
    expires_on: NaiveDate,
}

/// The entries with these credit codes, locked until the transaction ends.
///
/// # Errors
/// What the database said.
pub async fn on_file(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    codes: &[String],
) -> Result<HashMap<String, Filed>, Problem> {
    let mut found = HashMap::new();
    for chunk in codes.chunks(CHUNK) {
        found.extend(filed(conn, actor, chunk).await?);
    }
    Ok(found)
}

async fn filed(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    codes: &[String],
) -> Result<Vec<(String, Filed)>, Problem> {
    let rows: Vec<FiledRow> = statement(
        "SELECT g.*, NOT EXISTS (SELECT 1 FROM organisation_coverage v WHERE v.organisation_id = g.id AND NOT EXISTS ( \
         SELECT 1 FROM users u WHERE u.id = $1 AND u.disabled_at IS NULL AND v.division_prefix LIKE u.scope || '%')) AS mine, \
         ARRAY(SELECT v.division_prefix FROM organisation_coverage v WHERE v.organisation_id = g.id) AS coverage \
         FROM organisations g WHERE g.credit_code = ANY ($2) ORDER BY g.id FOR UPDATE OF g",
    )
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Array<ty::Text>, _>(codes.to_vec())
    .load(conn)
    .await?;
    let mut filed: HashMap<OrganisationId, Filed> = rows
        .into_iter()
        .map(|row| (row.resource.id, entry(row)))
        .collect();
    let ids: Vec<OrganisationId> = filed.keys().copied().collect();
    let items: Vec<ItemRow> = statement("SELECT * FROM organisation_items WHERE organisation_id = ANY ($1)")
        .bind::<ty::Array<ty::Uuid>, _>(ids.clone())
        .load(conn)
        .await?;
    let hours: Vec<HoursRow> = statement(
        "SELECT * FROM organisation_hours WHERE organisation_id = ANY ($1) ORDER BY organisation_id, weekday, opens_minute",
    )
    .bind::<ty::Array<ty::Uuid>, _>(ids.clone())
    .load(conn)
    .await?;
    let licences: Vec<LicenceRow> = statement(
        "SELECT * FROM qualifications WHERE organisation_id = ANY ($1) AND worker_id IS NULL ORDER BY id",
    )
    .bind::<ty::Array<ty::Uuid>, _>(ids)
    .load(conn)
    .await?;
    for ItemRow {
        organisation_id,
        item,
    } in items
    {
        if let Some(of) = filed.get_mut(&organisation_id) {
            of.entry.items.insert(item.item_id, item);
        }
    }
    for HoursRow {
        organisation_id,
        hours,
    } in hours
    {
        if let Some(of) = filed.get_mut(&organisation_id) {
            of.entry.hours.push(hours);
        }
    }
    for row in licences {
        if let Some(of) = filed.get_mut(&row.organisation_id) {
            let terms = NewQualification {
                worker_id: None,
                kind: row.kind,
                number: row.number,
                issued_by: row.issued_by,
                valid_from: row.valid_from,
                expires_on: row.expires_on,
            };
            of.entry.licences.insert(row.id, terms);
        }
    }
    let filed = filed.into_values();
    Ok(filed.map(|of| (of.entry.credit_code.clone(), of)).collect())
}

fn entry(row: FiledRow) -> Filed {
    let FiledRow {
        resource,
        mine,
        coverage,
    } = row;
    Filed {
        mine,
        entry: Entry {
            id: resource.id,
            credit_code: resource.credit_code,
            name: resource.name,
            tier: resource.tier,
            kind: resource.kind,
            takes_orders: resource.takes_orders,
            always_open: resource.always_open,
            phone: resource.phone,
            address: resource.address,
            position: resource.latitude.zip(resource.longitude),
            listed_from: resource.listed_from,
            coverage: coverage.into_iter().collect(),
            hours: Vec::new(),
            items: Default::default(),
            licences: Default::default(),
        },
    }
}

/// Writes what the plan says, with audit; `import` is the id under which the import stands in the trail.
///
/// # Errors
/// 409 when one of the organisations was entered at the same moment.
pub async fn write(tx: &mut Tx<'_>, import: Uuid, plan: &Plan) -> Result<(), Problem> {
    for (entries, action) in [
        (&plan.created, "resources.create"),
        (&plan.changed, "resources.change"),
    ] {
        for chunk in entries.chunks(CHUNK) {
            organisations(tx, chunk).await?;
            places_and_times(tx, chunk).await?;
            items(tx, chunk).await?;
            licences(tx, chunk).await?;
            for entry in chunk {
                let line = tx.entry(action, "organisation", Some(entry.id.0));
                tx.audit(line.detail(json!({ "import_id": import })));
            }
            tx.flush_audit().await?;
        }
    }
    Ok(())
}

/// One column of some rows.
fn column<R, T>(rows: &[R], value: impl FnMut(&R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

/// What belongs to each entry, with whose it is.
fn each<'a, T>(entries: &'a [Entry], of: impl Fn(&'a Entry) -> Vec<T>) -> Vec<(OrganisationId, T)> {
    let all = entries.iter();
    all.flat_map(|entry| of(entry).into_iter().map(|one| (entry.id, one)))
        .collect()
}

async fn organisations(tx: &mut Tx<'_>, entries: &[Entry]) -> Result<(), Problem> {
    let now = tx.now;
    statement(
        "INSERT INTO organisations (id, credit_code, name, tier, kind, takes_orders, always_open, phone, address, latitude, longitude, \
         listed_from, version, created_at) SELECT n.*, 1, $13 FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS n \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, tier = excluded.tier, kind = excluded.kind, takes_orders = excluded.takes_orders, \
         always_open = excluded.always_open, phone = excluded.phone, address = excluded.address, latitude = excluded.latitude, \
         longitude = excluded.longitude, version = organisations.version + 1",
    )
    .bind::<ty::Array<ty::Uuid>, _>(column(entries, |e| e.id))
    .bind::<ty::Array<ty::Text>, _>(column(entries, |e| e.credit_code.clone()))
    .bind::<ty::Array<ty::Text>, _>(column(entries, |e| e.name.clone()))
    .bind::<ty::Array<native::ResourceTier>, _>(column(entries, |e| e.tier))
    .bind::<ty::Array<native::ResourceKind>, _>(column(entries, |e| e.kind))
    .bind::<ty::Array<ty::Bool>, _>(column(entries, |e| e.takes_orders))
    .bind::<ty::Array<ty::Bool>, _>(column(entries, |e| e.always_open))
    .bind::<ty::Array<ty::Text>, _>(column(entries, |e| e.phone.clone()))
    .bind::<ty::Array<ty::Text>, _>(column(entries, |e| e.address.clone()))
    .bind::<ty::Array<ty::Nullable<ty::Double>>, _>(column(entries, |e| e.position.map(|p| p.0)))
    .bind::<ty::Array<ty::Nullable<ty::Double>>, _>(column(entries, |e| e.position.map(|p| p.1)))
    .bind::<ty::Array<ty::Date>, _>(column(entries, |e| e.listed_from))
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await
    .map_err(|e| {
        on_constraint(e, "organisations_credit_code_key", || {
            RESOURCE_ALREADY_LISTED.problem()
        })
    })?;
    Ok(())
}

async fn places_and_times(tx: &mut Tx<'_>, entries: &[Entry]) -> Result<(), Problem> {
    for text in [
        "DELETE FROM organisation_coverage WHERE organisation_id = ANY ($1)",
        "DELETE FROM organisation_hours WHERE organisation_id = ANY ($1)",
    ] {
        statement(text)
            .bind::<ty::Array<ty::Uuid>, _>(column(entries, |e| e.id))
            .execute(tx.conn)
            .await?;
    }
    let areas = each(entries, |e| e.coverage.iter().cloned().collect());
    statement("INSERT INTO organisation_coverage (organisation_id, division_prefix) SELECT n.* FROM unnest($1, $2) AS n")
        .bind::<ty::Array<ty::Uuid>, _>(column(&areas, |(id, _)| *id))
        .bind::<ty::Array<ty::Text>, _>(column(&areas, |(_, prefix)| prefix.clone()))
        .execute(tx.conn)
        .await?;
    let hours = each(entries, |e| e.hours.clone());
    statement(
        "INSERT INTO organisation_hours (organisation_id, weekday, opens_minute, closes_minute) SELECT n.* FROM unnest($1, $2, $3, $4) AS n",
    )
    .bind::<ty::Array<ty::Uuid>, _>(column(&hours, |(id, _)| *id))
    .bind::<ty::Array<ty::SmallInt>, _>(column(&hours, |(_, h)| h.weekday))
    .bind::<ty::Array<ty::SmallInt>, _>(column(&hours, |(_, h)| h.opens_minute))
    .bind::<ty::Array<ty::SmallInt>, _>(column(&hours, |(_, h)| h.closes_minute))
    .execute(tx.conn)
    .await?;
    Ok(())
}

async fn items(tx: &mut Tx<'_>, entries: &[Entry]) -> Result<(), Problem> {
    let items = each(entries, |e| e.items.values().collect());
    statement(
        "INSERT INTO organisation_items (organisation_id, item_id, weekly_capacity, price_fen, below_market_fen, safety_net_fen) \
         SELECT n.* FROM unnest($1, $2, $3, $4, $5, $6) AS n ON CONFLICT (organisation_id, item_id) DO UPDATE SET \
         weekly_capacity = excluded.weekly_capacity, price_fen = excluded.price_fen, below_market_fen = excluded.below_market_fen, \
         safety_net_fen = excluded.safety_net_fen",
    )
    .bind::<ty::Array<ty::Uuid>, _>(column(&items, |(id, _)| *id))
    .bind::<ty::Array<ty::Uuid>, _>(column(&items, |(_, i)| i.item_id))
    .bind::<ty::Array<ty::Integer>, _>(column(&items, |(_, i)| i.weekly_capacity))
    .bind::<ty::Array<ty::BigInt>, _>(column(&items, |(_, i)| i.price_fen))
    .bind::<ty::Array<ty::Nullable<ty::BigInt>>, _>(column(&items, |(_, i)| i.below_market_fen))
    .bind::<ty::Array<ty::Nullable<ty::BigInt>>, _>(column(&items, |(_, i)| i.safety_net_fen))
    .execute(tx.conn)
    .await?;
    Ok(())
}

async fn licences(tx: &mut Tx<'_>, entries: &[Entry]) -> Result<(), Problem> {
    let now = tx.now;
    let licences = each(entries, |e| e.licences.iter().collect());
    statement(
        "INSERT INTO qualifications (id, organisation_id, kind, number, issued_by, valid_from, expires_on, created_at) \
         SELECT n.*, $8 FROM unnest($1, $2, $3, $4, $5, $6, $7) AS n ON CONFLICT (id) DO UPDATE SET \
         issued_by = excluded.issued_by, valid_from = excluded.valid_from, expires_on = excluded.expires_on",
    )
    .bind::<ty::Array<ty::Uuid>, _>(column(&licences, |(_, (id, _))| **id))
    .bind::<ty::Array<ty::Uuid>, _>(column(&licences, |(of, _)| *of))
    .bind::<ty::Array<ty::Text>, _>(column(&licences, |(_, (_, l))| l.kind.clone()))
    .bind::<ty::Array<ty::Text>, _>(column(&licences, |(_, (_, l))| l.number.clone()))
    .bind::<ty::Array<ty::Text>, _>(column(&licences, |(_, (_, l))| l.issued_by.clone()))
    .bind::<ty::Array<ty::Date>, _>(column(&licences, |(_, (_, l))| l.valid_from))
    .bind::<ty::Array<ty::Date>, _>(column(&licences, |(_, (_, l))| l.expires_on))
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    Ok(())
}
