//! `/menu`.

use super::{
    model::{ItemPrice, MenuItemFile, MenuItemPatch, MenuLine, ReplacementItem},
    queries,
};
use crate::{
    auth::{Anyone, Ctx},
    error::Problem,
    http::{Answer, Body, IfMatch, Params},
    ids::ItemId,
    permission,
};
use actix_web::{get, http::StatusCode, patch, post, web::Path};
use chrono::NaiveDate;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(menu)
        .service(get)
        .service(change)
        .service(set_price)
        .service(replace);
}

permission!(
    /// The bureau's staff and the administrator.
    MenuKeepers = Officer | Admin
);

/// Of which day.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct MenuDay {
    /// The day in Asia/Shanghai; today unless told.
    #[garde(skip)]
    on: Option<NaiveDate>,
}

/// The eight items of a day, with the prices in force
#[utoipa::path(operation_id = "menu", tag = "menu", params(MenuDay), responses((status = 200, body = Vec<MenuLine>)),
    extensions(("x-roles" = json!(["steward", "provider", "officer", "duty", "auditor", "admin"])), ("x-errors" = json!(["no_menu_yet"]))))]
#[get("/menu")]
async fn menu(mut ctx: Ctx<Anyone>, day: Params<MenuDay>) -> Result<Answer, Problem> {
    let on = day.0.on.unwrap_or(ctx.stamp().today());
    Answer::ok(&queries::on(&mut ctx.conn, on).await?)
}

/// An item with every price it had, has and will have
#[utoipa::path(operation_id = "menu_items_get", tag = "menu", params(("id" = ItemId, Path)), responses((status = 200, body = MenuItemFile)),
    extensions(("x-roles" = json!(["steward", "provider", "officer", "duty", "auditor", "admin"])), ("x-errors" = json!(["menu_item_not_found"]))))]
#[get("/menu/items/{id}")]
async fn get(mut ctx: Ctx<Anyone>, id: Path<ItemId>) -> Result<Answer, Problem> {
    Answer::ok(&queries::file(&mut ctx.conn, *id).await?)
}

/// Change an item's names, texts, response times, who may deliver it
#[utoipa::path(operation_id = "menu_items_change", tag = "menu", params(("id" = ItemId, Path)), request_body = MenuItemPatch, responses((status = 200, body = MenuItemFile)),
    extensions(("x-roles" = json!(["officer", "admin"])), ("x-errors" = json!(["menu_item_not_found", "menu_is_the_citys"])), ("x-edits" = json!(true))))]
#[patch("/menu/items/{id}")]
async fn change(
    mut ctx: Ctx<MenuKeepers>,
    id: Path<ItemId>,
    seen: IfMatch,
    body: Body<MenuItemPatch>,
) -> Result<Answer, Problem> {
    let (actor, patch) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::OK,
            queries::change(tx, &actor, *id, seen, patch).await?,
        ))
    })
    .await
}

/// Set an item's prices from a day on
#[utoipa::path(operation_id = "menu_items_set_price", tag = "menu", params(("id" = ItemId, Path)), request_body = ItemPrice, responses((status = 200, body = MenuItemFile)),
    extensions(("x-roles" = json!(["officer", "admin"])), ("x-errors" = json!(["menu_item_not_found", "menu_is_the_citys", "price_is_set"]))))]
#[post("/menu/items/{id}/prices")]
async fn set_price(
    mut ctx: Ctx<MenuKeepers>,
    id: Path<ItemId>,
    body: Body<ItemPrice>,
) -> Result<Answer, Problem> {
    let (actor, price) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::OK, queries::set_price(tx, &actor, *id, price).await?))
    })
    .await
}

/// Replace an item from a day on; answers the new one
#[utoipa::path(operation_id = "menu_items_replace", tag = "menu", params(("id" = ItemId, Path)), request_body = ReplacementItem, responses((status = 201, body = MenuItemFile)),
    extensions(("x-roles" = json!(["officer", "admin"])), ("x-errors" = json!(["menu_item_not_found", "menu_is_the_citys", "menu_item_is_replaced"]))))]
#[post("/menu/items/{id}/replace")]
async fn replace(
    mut ctx: Ctx<MenuKeepers>,
    id: Path<ItemId>,
    body: Body<ReplacementItem>,
) -> Result<Answer, Problem> {
    let (actor, new) = (ctx.actor, body.value);
    ctx.write(body.fingerprint, async |tx| {
        Ok((StatusCode::CREATED, queries::replace(tx, &actor, *id, new).await?))
    })
    .await
}
