//! A provider's objection to a survey.

use crate::{
    ids::{AttachmentId, CommunityId, DisputeId, FollowupId, OrderId, OrganisationId, UserId},
    schema::sql_types as native,
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a dispute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::DisputeStatus")]
pub enum DisputeStatus {
    /// An officer has to decide.
    Open,
    /// The provider was right: its record leaves the survey out.
    Upheld,
    /// It was not.
    Rejected,
}

/// A dispute.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct Dispute {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: DisputeId,
    /// The survey.
    #[diesel(sql_type = ty::Uuid)]
    pub followup_id: FollowupId,
    /// Of which order.
    #[diesel(sql_type = ty::Uuid)]
    pub order_id: OrderId,
    /// Whose work it was.
    #[diesel(sql_type = ty::Uuid)]
    pub organisation_id: OrganisationId,
    /// Where.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// Where it stands.
    #[diesel(sql_type = native::DisputeStatus)]
    pub status: DisputeStatus,
    /// What the provider says.
    #[diesel(sql_type = ty::Text)]
    pub reason: String,
    /// Who said it.
    #[diesel(sql_type = ty::Uuid)]
    pub raised_by: UserId,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub raised_at: DateTime<Utc>,
    /// Who decided.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub decided_by: Option<UserId>,
    /// When.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub decided_at: Option<DateTime<Utc>>,
    /// Why so.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub decision: Option<String>,
    /// Its evidence: photos that the provider alone and staff see.
    #[diesel(sql_type = ty::Array<ty::Uuid>)]
    pub evidence: Vec<AttachmentId>,
}

/// A dispute to be raised.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDispute {
    /// Made by the phone; the same id is the same dispute.
    #[garde(skip)]
    pub id: DisputeId,
    /// What the provider says.
    #[garde(length(chars, min = 1, max = 1000))]
    #[schema(example = "送餐准时，老人当时外出，有照片为证")]
    pub reason: String,
    /// Photos that its people uploaded.
    #[garde(length(max = 20))]
    #[serde(default)]
    pub evidence: Vec<AttachmentId>,
}

/// What an officer decides.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The provider was right.
    #[garde(skip)]
    pub upheld: bool,
    /// Why.
    #[garde(length(chars, min = 1, max = 1000))]
    #[schema(example = "照片与签到时间相符")]
    pub reason: String,
}
