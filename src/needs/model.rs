//! Needs as they are stored, sent and received.

use crate::{
    ids::{CommunityId, ElderId, HouseholdId, ItemId, NeedId, UserId},
    schema::needs,
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Where a need stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::NeedStatus")]
pub enum NeedStatus {
    /// Nothing has been done about it.
    Open,
    /// Solved by the steward.
    Solved,
    /// A service order was made of it.
    Ordered,
    /// The elder wants it no more.
    Withdrawn,
}

/// How it was collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::NeedChannel")]
pub enum NeedChannel {
    /// On a visit.
    Visit,
    /// In a call.
    Call,
}

/// What an elder asked for.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = needs, check_for_backend(diesel::pg::Pg))]
pub struct Need {
    /// Its id.
    pub id: NeedId,
    /// Whose.
    pub elder_id: ElderId,
    /// Where they live.
    pub household_id: HouseholdId,
    /// In which compound.
    pub community_id: CommunityId,
    /// Which item of the menu.
    pub item_id: ItemId,
    /// How it was collected.
    pub channel: NeedChannel,
    /// The visit or call at which it was collected: one household and one event are one household-time.
    pub event_id: Uuid,
    /// In the elder's words.
    #[schema(example = "想每天中午送餐")]
    pub description: String,
    /// Where it stands.
    pub status: NeedStatus,
    /// How it was solved, or why it was withdrawn.
    pub resolution: Option<String>,
    /// By whom.
    pub collected_by: UserId,
    /// When, the device's clock put right.
    pub collected_at: DateTime<Utc>,
    /// When it ended.
    pub closed_at: Option<DateTime<Utc>>,
    /// Counts the changes; the ETag.
    pub version: i32,
}

/// A need to be recorded. Those of a visit are logged with the visit.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNeed {
    /// Made by the phone; the same id is the same need.
    #[garde(skip)]
    pub id: NeedId,
    /// Whose.
    #[garde(skip)]
    pub elder_id: ElderId,
    /// Which item of the menu.
    #[garde(skip)]
    pub item_id: ItemId,
    /// The call in which it was collected: several needs of one call carry one id. The need's own unless told.
    #[garde(skip)]
    pub event_id: Option<Uuid>,
    /// In the elder's words.
    #[garde(length(chars, max = 1000))]
    #[serde(default)]
    #[schema(example = "想每天中午送餐")]
    pub description: String,
    /// How it was solved on the spot, where it was.
    #[garde(inner(length(chars, min = 2, max = 1000)))]
    pub solved: Option<String>,
    /// When, by the device's clock.
    #[garde(skip)]
    pub collected_at: DateTime<Utc>,
    /// The device's clock when it sent this.
    #[garde(skip)]
    pub device_now: DateTime<Utc>,
}

/// How a need was solved, or why it was withdrawn.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NeedResolution {
    /// In a sentence.
    #[garde(length(chars, min = 2, max = 1000))]
    #[schema(example = "已代为缴纳电费")]
    pub resolution: String,
}
