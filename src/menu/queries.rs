//! Statements on the menu.

use super::{NO_MENU_YET, model::MenuLine};
use crate::{db::statement, error::Problem};
use chrono::NaiveDate;
use diesel::sql_types as ty;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

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
