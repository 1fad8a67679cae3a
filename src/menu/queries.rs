//! Statements on the menu.

use super::{
    ITEM_IS_REPLACED, ITEM_NOT_FOUND, MENU_IS_THE_CITYS, NO_MENU_YET, PRICE_IS_SET,
    model::{ItemPrice, MenuItem, MenuItemFile, MenuItemPatch, MenuLine, ReplacementItem},
};
use crate::{
    db::statement,
    error::{Problem, STALE, on_constraint},
    http::IfMatch,
    ids::ItemId,
    schema::{item_prices, menu_items, sql_types},
    tx::{Actor, Role, Tx},
};
use chrono::NaiveDate;
use diesel::{prelude::*, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;

/// The menu of a day, by slot.
///
/// # Errors
/// 404 for a day before the service began.
pub async fn on(conn: &mut AsyncPgConnection, day: NaiveDate) -> Result<Vec<MenuLine>, Problem> {
    let lines: Vec<MenuLine> = statement(
        "SELECT i.id, i.slot, i.code, i.class, i.name_zh, i.name_en, i.delivered_by, i.elder_minutes, \
         p.market_fen, p.below_market_fen, p.subsidy_fen, p.self_pay_fen \
         FROM menu_items i JOIN LATERAL (SELECT * FROM item_prices q WHERE q.item_id = i.id AND q.valid_from <= $1 \
         ORDER BY q.valid_from DESC LIMIT 1) p ON true \
         WHERE i.valid_from <= $1 AND (i.valid_to IS NULL OR i.valid_to > $1) ORDER BY i.slot",
    )
    .bind::<ty::Date, _>(day)
    .load(conn)
    .await?;
    if lines.is_empty() {
        Err(NO_MENU_YET.problem())
    } else {
        Ok(lines)
    }
}

/// An item with its prices.
///
/// # Errors
/// 404 when there is none.
pub async fn file(conn: &mut AsyncPgConnection, id: ItemId) -> Result<MenuItemFile, Problem> {
    let item = menu_items::table
        .find(id)
        .select(MenuItem::as_select())
        .first(conn)
        .await
        .optional()?
        .ok_or_else(|| ITEM_NOT_FOUND.problem())?;
    let prices = item_prices::table
        .filter(item_prices::item_id.eq(id))
        .order(item_prices::valid_from.desc())
        .limit(200)
        .select(ItemPrice::as_select())
        .load(conn)
        .await?;
    Ok(MenuItemFile { item, prices })
}

/// The menu is one for the city: an officer may keep it whose division is the whole city or more.
async fn keeper(tx: &mut Tx<'_>, actor: &Actor) -> Result<(), Problem> {
    if actor.role == Role::Admin {
        return Ok(());
    }
    let found =
        statement("SELECT 1 FROM users WHERE id = $1 AND disabled_at IS NULL AND char_length(scope) <= 4")
            .bind::<ty::Uuid, _>(actor.id)
            .execute(tx.conn)
            .await?;
    if found == 0 {
        Err(MENU_IS_THE_CITYS.problem())
    } else {
        Ok(())
    }
}

async fn lock(tx: &mut Tx<'_>, id: ItemId) -> Result<MenuItem, Problem> {
    menu_items::table
        .find(id)
        .select(MenuItem::as_select())
        .for_update()
        .first(tx.conn)
        .await
        .optional()?
        .ok_or_else(|| ITEM_NOT_FOUND.problem())
}

/// Changes an item. Clocks that run already keep the deadlines they were given.
///
/// # Errors
/// 403 for staff of a part of the city, 404, 412 when it has changed since.
pub async fn change(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ItemId,
    seen: IfMatch,
    patch: MenuItemPatch,
) -> Result<MenuItemFile, Problem> {
    keeper(tx, actor).await?;
    let was = lock(tx, id).await?;
    if was.version != seen.0 {
        return Err(STALE.problem());
    }
    let MenuItemPatch {
        name_zh,
        name_en,
        description_zh,
        description_en,
        delivered_by,
        qualification,
        accept_minutes,
        arrive_minutes,
        finish_minutes,
        elder_minutes,
        follow_up_minutes,
    } = patch;
    diesel::update(menu_items::table.find(id))
        .set((
            menu_items::name_zh.eq(name_zh.unwrap_or(was.name_zh)),
            menu_items::name_en.eq(name_en.unwrap_or(was.name_en)),
            menu_items::description_zh.eq(description_zh.unwrap_or(was.description_zh)),
            menu_items::description_en.eq(description_en.unwrap_or(was.description_en)),
            menu_items::delivered_by.eq(delivered_by.unwrap_or(was.delivered_by)),
            menu_items::qualification.eq(qualification.unwrap_or(was.qualification)),
            menu_items::accept_minutes.eq(accept_minutes.unwrap_or(was.accept_minutes)),
            menu_items::arrive_minutes.eq(arrive_minutes.unwrap_or(was.arrive_minutes)),
            menu_items::finish_minutes.eq(finish_minutes.unwrap_or(was.finish_minutes)),
            menu_items::elder_minutes.eq(elder_minutes.unwrap_or(was.elder_minutes)),
            menu_items::follow_up_minutes.eq(follow_up_minutes.unwrap_or(was.follow_up_minutes)),
            menu_items::version.eq(was.version + 1),
        ))
        .execute(tx.conn)
        .await?;
    tx.audit(tx.entry("menu.change", "menu_item", Some(id.0)));
    file(tx.conn, id).await
}

/// Sets prices from a day on, today or later: what was charged before stays as it was.
///
/// # Errors
/// 403, 404, 409 when a price begins on that day, 422 for a past day or a price above the market's.
pub async fn set_price(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ItemId,
    price: ItemPrice,
) -> Result<MenuItemFile, Problem> {
    keeper(tx, actor).await?;
    lock(tx, id).await?;
    insert_price(tx, id, price).await?;
    tx.audit(
        tx.entry("menu.price", "menu_item", Some(id.0))
            .detail(json!({ "valid_from": price.valid_from })),
    );
    file(tx.conn, id).await
}

async fn insert_price(tx: &mut Tx<'_>, id: ItemId, price: ItemPrice) -> Result<(), Problem> {
    if price.valid_from < tx.today() {
        return Err(Problem::field("valid_from", "lies in the past"));
    }
    if price.below_market_fen > price.market_fen {
        return Err(Problem::field("below_market_fen", "is above the market's price"));
    }
    if price.self_pay_fen > price.market_fen {
        return Err(Problem::field("self_pay_fen", "is above the market's price"));
    }
    let (row, now) = (tx.new_id(), tx.now);
    statement(
        "INSERT INTO item_prices (id, item_id, valid_from, market_fen, below_market_fen, subsidy_fen, self_pay_fen, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind::<ty::Uuid, _>(row)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Date, _>(price.valid_from)
    .bind::<ty::BigInt, _>(price.market_fen)
    .bind::<ty::BigInt, _>(price.below_market_fen)
    .bind::<ty::BigInt, _>(price.subsidy_fen)
    .bind::<ty::BigInt, _>(price.self_pay_fen)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "item_prices_from_key", || PRICE_IS_SET.problem()))?;
    Ok(())
}

/// Replaces an item from a day after today on: the slot is never empty and never held twice.
///
/// # Errors
/// 403, 404, 409 when it has been replaced, 422 for a day that is not in the future or a code that another item has.
pub async fn replace(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ItemId,
    new: ReplacementItem,
) -> Result<MenuItemFile, Problem> {
    keeper(tx, actor).await?;
    let old = lock(tx, id).await?;
    let (from, now, row) = (new.price.valid_from, tx.now, ItemId(tx.new_id()));
    if old.valid_to.is_some() {
        return Err(ITEM_IS_REPLACED.problem());
    }
    if from <= tx.today() || from <= old.valid_from {
        return Err(Problem::field(
            "price.valid_from",
            "must lie after today and after the item's own first day",
        ));
    }
    let taken = statement(
        "SELECT 1 FROM menu_items WHERE code = $1 AND slot <> $2 AND (valid_to IS NULL OR valid_to > $3)",
    )
    .bind::<ty::Text, _>(new.code.clone())
    .bind::<ty::SmallInt, _>(old.slot)
    .bind::<ty::Date, _>(from)
    .execute(tx.conn)
    .await?;
    if taken > 0 {
        return Err(Problem::field("code", "is another item's"));
    }
    // Two statements: the index that allows one open item a slot must see the old one closed first.
    statement("UPDATE menu_items SET valid_to = $2, version = version + 1 WHERE id = $1")
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Date, _>(from)
        .execute(tx.conn)
        .await?;
    statement(
        "INSERT INTO menu_items (id, slot, code, class, name_zh, name_en, description_zh, description_en, delivered_by, qualification, \
         accept_minutes, arrive_minutes, finish_minutes, elder_minutes, follow_up_minutes, valid_from, version, created_at) \
         SELECT $2, slot, $3, $4, $5, $6, $7, $8, $9, $10, accept_minutes, arrive_minutes, finish_minutes, elder_minutes, \
         follow_up_minutes, $11, 1, $12 FROM menu_items WHERE id = $1",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(row)
    .bind::<ty::Text, _>(new.code)
    .bind::<sql_types::ServiceClass, _>(new.class)
    .bind::<ty::Text, _>(new.name_zh)
    .bind::<ty::Text, _>(new.name_en)
    .bind::<ty::Text, _>(new.description_zh)
    .bind::<ty::Text, _>(new.description_en)
    .bind::<sql_types::Deliverer, _>(new.delivered_by)
    .bind::<ty::Nullable<ty::Text>, _>(new.qualification)
    .bind::<ty::Date, _>(from)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    insert_price(tx, row, new.price).await?;
    tx.audit(
        tx.entry("menu.replace", "menu_item", Some(id.0))
            .detail(json!({ "by": row, "from": from })),
    );
    file(tx.conn, row).await
}
