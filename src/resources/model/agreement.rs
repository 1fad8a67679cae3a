//! What two organisations agreed to share, or that they are paired.

use crate::{
    ids::{AgreementId, ItemId, OrganisationId, UserId},
    schema::sql_types as native,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What kind of agreement it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::ResourceAgreementKind")]
pub enum AgreementKind {
    /// 资源共享: one lets the other use what it has.
    Sharing,
    /// 结对: an institution and a service organisation work together.
    Pairing,
}

/// An agreement between two organisations of the library.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct Agreement {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: AgreementId,
    /// The party that gives, or that leads the pair.
    #[diesel(sql_type = ty::Uuid)]
    pub organisation_id: OrganisationId,
    /// The other party.
    #[diesel(sql_type = ty::Uuid)]
    pub counterparty_id: OrganisationId,
    /// Of which kind.
    #[diesel(sql_type = native::ResourceAgreementKind)]
    pub kind: AgreementKind,
    /// What is shared.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "康复器材室，每周二、四下午")]
    pub shared: String,
    /// For which items; for none in particular when empty.
    #[diesel(sql_type = ty::Array<ty::Uuid>)]
    pub item_ids: Vec<ItemId>,
    /// First day.
    #[diesel(sql_type = ty::Date)]
    pub valid_from: NaiveDate,
    /// First day on which it holds no more, as agreed.
    #[diesel(sql_type = ty::Nullable<ty::Date>)]
    pub valid_to: Option<NaiveDate>,
    /// When it was ended before its time.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub ended_at: Option<DateTime<Utc>>,
    /// By whom.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub ended_by: Option<UserId>,
    /// Why.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub end_reason: Option<String>,
    /// It holds today.
    #[diesel(sql_type = ty::Bool)]
    pub in_force: bool,
    /// Counts the changes; the ETag.
    #[diesel(sql_type = ty::Integer)]
    pub version: i32,
}

/// An agreement to be entered.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAgreement {
    /// The party that gives, or that leads the pair; one that you keep.
    #[garde(skip)]
    pub organisation_id: OrganisationId,
    /// The other party.
    #[garde(skip)]
    pub counterparty_id: OrganisationId,
    /// Of which kind.
    #[garde(skip)]
    pub kind: AgreementKind,
    /// What is shared.
    #[garde(length(chars, min = 1, max = 500))]
    #[schema(example = "康复器材室，每周二、四下午")]
    pub shared: String,
    /// For which items.
    #[garde(length(max = 20))]
    #[serde(default)]
    pub item_ids: Vec<ItemId>,
    /// First day.
    #[garde(skip)]
    pub valid_from: NaiveDate,
    /// First day on which it holds no more.
    #[garde(skip)]
    pub valid_to: Option<NaiveDate>,
}
