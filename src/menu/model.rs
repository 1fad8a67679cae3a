//! Items and their prices.

use crate::{
    ids::ItemId,
    schema::{item_prices, menu_items, sql_types},
};
use chrono::NaiveDate;
use diesel::{QueryableByName, prelude::*, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What figures look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::ServiceClass")]
pub enum ServiceClass {
    /// 医疗护理
    Medical,
    /// 康复保健
    Rehabilitation,
    /// 精神慰藉
    Companionship,
    /// 助餐
    Meal,
    /// 助洁
    Cleaning,
    /// 紧急送医送药
    Emergency,
    /// 上门巡访与隐患排查
    HomeSafety,
    /// 政策宣传与建议
    Policy,
}

/// Who may deliver an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::Deliverer")]
pub enum Deliverer {
    /// The steward alone.
    Steward,
    /// A provider alone.
    Provider,
    /// Either.
    Either,
}

/// An item of the menu on a day, with the price in force. Money is in fen.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct MenuLine {
    /// The item.
    #[diesel(sql_type = ty::Uuid)]
    pub id: ItemId,
    /// Its place, 1 to 8.
    #[diesel(sql_type = ty::SmallInt)]
    pub slot: i16,
    /// Its code.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "meals")]
    pub code: String,
    /// Its class.
    #[diesel(sql_type = sql_types::ServiceClass)]
    pub class: ServiceClass,
    /// Chinese name.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "助餐")]
    pub name_zh: String,
    /// English name.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "meal assistance")]
    pub name_en: String,
    /// Who may deliver it.
    #[diesel(sql_type = sql_types::Deliverer)]
    pub delivered_by: Deliverer,
    /// The promise to the elder: minutes from request to completion.
    #[diesel(sql_type = ty::Integer)]
    #[schema(example = 720)]
    pub elder_minutes: i32,
    /// The market's price.
    #[diesel(sql_type = ty::BigInt)]
    #[schema(example = 2000)]
    pub market_fen: i64,
    /// What a social elder pays.
    #[diesel(sql_type = ty::BigInt)]
    #[schema(example = 1500)]
    pub below_market_fen: i64,
    /// What the city pays for a safety-net elder.
    #[diesel(sql_type = ty::BigInt)]
    #[schema(example = 1700)]
    pub subsidy_fen: i64,
    /// What a safety-net elder pays.
    #[diesel(sql_type = ty::BigInt)]
    #[schema(example = 300)]
    pub self_pay_fen: i64,
}

/// An item as it is kept.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = menu_items, check_for_backend(diesel::pg::Pg))]
pub struct MenuItem {
    /// Its id.
    pub id: ItemId,
    /// Its place, 1 to 8.
    pub slot: i16,
    /// Its code.
    #[schema(example = "meals")]
    pub code: String,
    /// Its class.
    pub class: ServiceClass,
    /// Chinese name.
    #[schema(example = "助餐")]
    pub name_zh: String,
    /// English name.
    #[schema(example = "meal assistance")]
    pub name_en: String,
    /// What it is, in Chinese.
    pub description_zh: String,
    /// What it is, in English.
    pub description_en: String,
    /// Who may deliver it.
    pub delivered_by: Deliverer,
    /// Kind of licence that a provider and its worker must hold.
    #[schema(example = "food_service")]
    pub qualification: Option<String>,
    /// Minutes that a provider has to answer an offer.
    pub accept_minutes: i32,
    /// Minutes from acceptance to arrival.
    pub arrive_minutes: i32,
    /// Minutes from arrival to completion.
    pub finish_minutes: i32,
    /// Minutes from request to completion: the promise to the elder.
    pub elder_minutes: i32,
    /// Minutes from completion to the survey.
    pub follow_up_minutes: i32,
    /// First day on the menu.
    pub valid_from: NaiveDate,
    /// First day off it.
    pub valid_to: Option<NaiveDate>,
    /// Counts the edits; the ETag.
    pub version: i32,
}

/// Prices from a day on. Money is in fen.
#[derive(Debug, Clone, Copy, Queryable, Selectable, Serialize, Deserialize, Validate, ToSchema)]
#[diesel(table_name = item_prices, check_for_backend(diesel::pg::Pg))]
#[serde(deny_unknown_fields)]
pub struct ItemPrice {
    /// The first day.
    #[garde(skip)]
    pub valid_from: NaiveDate,
    /// The market's price.
    #[garde(range(min = 0, max = 100_000_000))]
    #[schema(example = 2000)]
    pub market_fen: i64,
    /// What a social elder pays; at most the market's.
    #[garde(range(min = 0, max = 100_000_000))]
    #[schema(example = 1500)]
    pub below_market_fen: i64,
    /// What the city pays for a safety-net elder.
    #[garde(range(min = 0, max = 100_000_000))]
    #[schema(example = 1700)]
    pub subsidy_fen: i64,
    /// What a safety-net elder pays; at most the market's.
    #[garde(range(min = 0, max = 100_000_000))]
    #[schema(example = 300)]
    pub self_pay_fen: i64,
}

/// An item with every price it had, has and will have.
#[derive(Debug, Serialize, ToSchema)]
pub struct MenuItemFile {
    /// The item.
    #[serde(flatten)]
    pub item: MenuItem,
    /// Its prices, the latest first.
    pub prices: Vec<ItemPrice>,
}

/// What of an item is to be changed; what is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MenuItemPatch {
    /// Chinese name.
    #[garde(length(chars, min = 1, max = 50))]
    pub name_zh: Option<String>,
    /// English name.
    #[garde(length(chars, min = 1, max = 100))]
    pub name_en: Option<String>,
    /// What it is, in Chinese.
    #[garde(length(chars, max = 1000))]
    pub description_zh: Option<String>,
    /// What it is, in English.
    #[garde(length(chars, max = 1000))]
    pub description_en: Option<String>,
    /// Who may deliver it.
    #[garde(skip)]
    pub delivered_by: Option<Deliverer>,
    /// Kind of licence that a provider and its worker must hold; `null` for none.
    #[garde(inner(inner(pattern("^[a-z][a-z_]{1,39}$"))))]
    #[serde(default, deserialize_with = "crate::http::given")]
    #[schema(value_type = Option<String>, example = "food_service")]
    pub qualification: Option<Option<String>>,
    /// Minutes that a provider has to answer an offer.
    #[garde(inner(range(min = 1, max = 525_600)))]
    pub accept_minutes: Option<i32>,
    /// Minutes from acceptance to arrival.
    #[garde(inner(range(min = 1, max = 525_600)))]
    pub arrive_minutes: Option<i32>,
    /// Minutes from arrival to completion.
    #[garde(inner(range(min = 1, max = 525_600)))]
    pub finish_minutes: Option<i32>,
    /// Minutes from request to completion.
    #[garde(inner(range(min = 1, max = 525_600)))]
    pub elder_minutes: Option<i32>,
    /// Minutes from completion to the survey.
    #[garde(inner(range(min = 1, max = 525_600)))]
    pub follow_up_minutes: Option<i32>,
}

/// The item that takes a slot over. Its response times are the old item's until they are edited.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplacementItem {
    /// Its code; no other item of the menu has it.
    #[garde(pattern("^[a-z][a-z_]{1,39}$"))]
    #[schema(example = "bathing")]
    pub code: String,
    /// Its class, by which it is counted.
    #[garde(skip)]
    pub class: ServiceClass,
    /// Chinese name.
    #[garde(length(chars, min = 1, max = 50))]
    #[schema(example = "助浴")]
    pub name_zh: String,
    /// English name.
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(example = "bathing assistance")]
    pub name_en: String,
    /// What it is, in Chinese.
    #[garde(length(chars, max = 1000))]
    #[serde(default)]
    pub description_zh: String,
    /// What it is, in English.
    #[garde(length(chars, max = 1000))]
    #[serde(default)]
    pub description_en: String,
    /// Who may deliver it.
    #[garde(skip)]
    pub delivered_by: Deliverer,
    /// Kind of licence that a provider and its worker must hold.
    #[garde(inner(pattern("^[a-z][a-z_]{1,39}$")))]
    pub qualification: Option<String>,
    /// Its prices; their first day is its first day on the menu, after today.
    #[garde(dive)]
    pub price: ItemPrice,
}
