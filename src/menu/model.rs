//! Items and their prices.

use crate::{ids::ItemId, schema::sql_types};
use diesel::{QueryableByName, sql_types as ty};
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
