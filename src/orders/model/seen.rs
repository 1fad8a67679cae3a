//! Orders and offers as they stand.

use super::{OrderEvent, OrderStatus};
use crate::{
    ids::{
        AttachmentId, CommunityId, ElderId, HouseholdId, ItemId, NeedId, OfferId, OrderId, OrganisationId,
        UserId, WorkerId,
    },
    orders::clocks::{Allowed, OrderClock},
    resources::model::ResourceTier,
    schema::sql_types as native,
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// An order. A provider reads who the elder is and where they live only while it has the order open.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct Order {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: OrderId,
    /// The case that evidence belongs to: one for all rounds.
    #[diesel(sql_type = ty::Uuid)]
    pub case_id: Uuid,
    /// The need it was made of.
    #[diesel(sql_type = ty::Uuid)]
    pub need_id: NeedId,
    /// For whom.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub elder_id: Option<ElderId>,
    /// Their name.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    #[schema(example = "张淑英")]
    pub elder_name: Option<String>,
    /// Where they live.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub household_id: Option<HouseholdId>,
    /// Compound, building, unit, room.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    #[schema(example = "古城台小区 3 1 301")]
    pub address: Option<String>,
    /// In which compound.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// Which item, as the menu had it then.
    #[diesel(sql_type = ty::Uuid)]
    pub item_id: ItemId,
    /// Its code.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "meals")]
    pub item_code: String,
    /// Under which entitlement: safety-net elders first.
    #[diesel(sql_type = native::Entitlement)]
    pub entitlement: crate::elders::model::Entitlement,
    /// 1, or the number of the rework.
    #[diesel(sql_type = ty::SmallInt)]
    pub round: i16,
    /// The first order of the chain.
    #[diesel(sql_type = ty::Uuid)]
    pub original_id: OrderId,
    /// The order that this one does again.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub previous_id: Option<OrderId>,
    /// Where it stands.
    #[diesel(sql_type = native::OrderStatus)]
    pub status: OrderStatus,
    /// Who took it.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub organisation_id: Option<OrganisationId>,
    /// Who comes.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub worker_id: Option<WorkerId>,
    /// The highest tier of the library that was asked.
    #[diesel(sql_type = native::ResourceTier)]
    pub tier_reached: ResourceTier,
    /// How many providers refused.
    #[diesel(sql_type = ty::SmallInt)]
    pub refusals: i16,
    /// The officer who decides.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub referred_to: Option<UserId>,
    /// Who requested it.
    #[diesel(sql_type = ty::Uuid)]
    pub requested_by: UserId,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub requested_at: DateTime<Utc>,
    /// For when it is set.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub scheduled_for: Option<DateTime<Utc>>,
    /// When the worker arrived.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub started_at: Option<DateTime<Utc>>,
    /// When it was done.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub completed_at: Option<DateTime<Utc>>,
    /// Who signed.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub signed_by: Option<String>,
    /// The market's price, in fen.
    #[diesel(sql_type = ty::BigInt)]
    pub market_fen: i64,
    /// What the city pays, in fen.
    #[diesel(sql_type = ty::BigInt)]
    pub subsidy_fen: i64,
    /// What the elder pays, in fen.
    #[diesel(sql_type = ty::BigInt)]
    pub elder_pays_fen: i64,
    /// When it ended.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub closed_at: Option<DateTime<Utc>>,
    /// A clock ran out.
    #[diesel(sql_type = ty::Bool)]
    pub late: bool,
    /// Counts its events; the ETag.
    #[diesel(sql_type = ty::Integer)]
    pub version: i32,
    /// Minutes that the menu allows.
    #[diesel(embed)]
    #[serde(skip)]
    pub allowed: Allowed,
    /// What dispatch looks at.
    #[diesel(embed)]
    #[serde(skip)]
    pub errand: crate::orders::dispatch::Errand,
}

/// An order with its clocks, its open offer and its evidence.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderFile {
    /// The order.
    #[serde(flatten)]
    pub order: Order,
    /// Its clocks.
    pub clocks: Vec<OrderClock>,
    /// Photos and signatures of the case.
    pub evidence: Vec<AttachmentId>,
}

/// What happened, when.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderEventLine {
    /// Its place in the sequence.
    pub seq: i16,
    /// The state before; none for the first.
    pub from_status: Option<OrderStatus>,
    /// The state after.
    pub to_status: OrderStatus,
    /// What happened.
    #[schema(value_type = Object, example = json!({ "event": "accepted", "organisation_id": "018b0000-0000-7000-8000-000000000001" }))]
    pub event: OrderEvent,
    /// Why.
    pub reason: String,
    /// Who did it; none for the service itself.
    pub actor_id: Option<UserId>,
    /// When, on the device, its clock put right.
    pub device_at: DateTime<Utc>,
    /// When the server received it.
    pub received_at: DateTime<Utc>,
}

/// How an offer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::OfferStatus")]
pub enum OfferStatus {
    /// It waits for an answer.
    Open,
    /// Taken.
    Accepted,
    /// Refused.
    Declined,
    /// Not answered in time.
    Expired,
    /// Taken back.
    Withdrawn,
}

/// An order before a provider.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct Offer {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: OfferId,
    /// Which order.
    #[diesel(sql_type = ty::Uuid)]
    pub order_id: OrderId,
    /// Before whom.
    #[diesel(sql_type = ty::Uuid)]
    pub organisation_id: OrganisationId,
    /// How it stands.
    #[diesel(sql_type = native::OfferStatus)]
    pub status: OfferStatus,
    /// Their place among the candidates.
    #[diesel(sql_type = ty::SmallInt)]
    pub rank: i16,
    /// The figures it was made on.
    #[diesel(sql_type = ty::Jsonb)]
    pub figures: serde_json::Value,
    /// Who chose otherwise than the ranking.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub chosen_by: Option<UserId>,
    /// Why.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub choice_reason: Option<String>,
    /// Since when.
    #[diesel(sql_type = ty::Timestamptz)]
    pub offered_at: DateTime<Utc>,
    /// Until when.
    #[diesel(sql_type = ty::Timestamptz)]
    pub expires_at: DateTime<Utc>,
    /// When it was answered.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub answered_at: Option<DateTime<Utc>>,
    /// Why it was refused.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub answer_reason: Option<String>,
    /// Which item.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "meals")]
    pub item_code: String,
    /// Under which entitlement: safety-net elders first.
    #[diesel(sql_type = native::Entitlement)]
    pub entitlement: crate::elders::model::Entitlement,
    /// In which compound.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// 1, or the number of the rework.
    #[diesel(sql_type = ty::SmallInt)]
    pub round: i16,
}

/// The phones that were asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevealedPhones {
    /// The elder's, where it was asked for and is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "19900001234")]
    pub phone: Option<String>,
    /// The contacts', the first to be called first, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["19900001235"]))]
    pub contact_phones: Option<Vec<String>>,
}
