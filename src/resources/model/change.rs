//! What a provider wants changed of its own entry and an officer has to approve.
//!
//! ```text
//! pending ──→ approved     it is in force
//!    │  └───→ refused      with the reason
//!    └──────→ withdrawn    by the provider
//! ```

use super::NewQualification;
use crate::{
    ids::{ItemId, OrganisationId, QualificationId, ResourceChangeId, UserId},
    schema::sql_types as native,
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Where a change stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::ResourceChangeStatus")]
pub enum ResourceChangeStatus {
    /// It waits for an officer; what was in force is in force.
    Pending,
    /// It is in force.
    Approved,
    /// It was refused, with a reason.
    Refused,
    /// The provider took it back.
    Withdrawn,
}

/// Prices of an item by class of elder, in fen. A class without a price of its own has that of the next one up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemPrices {
    /// Of which item.
    #[garde(skip)]
    pub item_id: ItemId,
    /// The market's price.
    #[garde(range(min = 0, max = 100_000_000))]
    #[schema(example = 1800)]
    pub price_fen: i64,
    /// For other elders (低偿).
    #[garde(inner(range(min = 0, max = 100_000_000)))]
    #[schema(example = 1500)]
    pub below_market_fen: Option<i64>,
    /// For safety-net elders (兜底).
    #[garde(inner(range(min = 0, max = 100_000_000)))]
    #[schema(example = 300)]
    pub safety_net_fen: Option<i64>,
}

impl ItemPrices {
    /// No class pays more than the next one up.
    pub fn fall(&self) -> bool {
        let below = self.below_market_fen.unwrap_or(self.price_fen);
        below <= self.price_fen && self.safety_net_fen.is_none_or(|fen| fen <= below)
    }
}

/// A licence or certificate as it is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QualificationChange {
    /// Which one changes; none for a new one.
    #[garde(skip)]
    pub qualification_id: Option<QualificationId>,
    /// What it says.
    #[garde(dive)]
    pub terms: NewQualification,
}

/// What is to change. The state before it has the same shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum EntryChange {
    /// The prices of an item.
    Prices(#[garde(dive)] ItemPrices),
    /// A licence of the organisation or a certificate of a worker.
    Qualification(#[garde(dive)] QualificationChange),
}

/// What a provider asks for.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewResourceChange {
    /// What is to change.
    #[garde(dive)]
    pub wanted: EntryChange,
    /// Why.
    #[garde(length(chars, min = 2, max = 500))]
    #[schema(example = "食材涨价")]
    pub reason: String,
}

/// A change that a provider asked for.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct ResourceChange {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: ResourceChangeId,
    /// Whose entry.
    #[diesel(sql_type = ty::Uuid)]
    pub organisation_id: OrganisationId,
    /// Where it stands.
    #[diesel(sql_type = native::ResourceChangeStatus)]
    pub status: ResourceChangeStatus,
    /// What was in force when it was asked for; none for a new licence or certificate.
    #[diesel(sql_type = ty::Nullable<ty::Jsonb>)]
    #[schema(value_type = Option<EntryChange>)]
    pub in_force: Option<Value>,
    /// What is to be in force.
    #[diesel(sql_type = ty::Jsonb)]
    #[schema(value_type = EntryChange)]
    pub wanted: Value,
    /// Why.
    #[diesel(sql_type = ty::Text)]
    pub reason: String,
    /// Who asked.
    #[diesel(sql_type = ty::Uuid)]
    pub asked_by: UserId,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub asked_at: DateTime<Utc>,
    /// Who decided, or withdrew it.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub decided_by: Option<UserId>,
    /// When.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub decided_at: Option<DateTime<Utc>>,
    /// Why it was refused.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub decision_reason: Option<String>,
    /// Counts the changes; the ETag.
    #[diesel(sql_type = ty::Integer)]
    pub version: i32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn no_class_pays_more_than_the_next_one_up() {
        let fall = |below, safety| {
            ItemPrices {
                item_id: ItemId(Uuid::nil()),
                price_fen: 1_800,
                below_market_fen: below,
                safety_net_fen: safety,
            }
            .fall()
        };
        assert!(fall(None, None) && fall(Some(1_500), Some(300)) && fall(None, Some(1_800)));
        assert!(fall(Some(1_800), Some(1_800)));
        assert!(!fall(Some(1_801), None) && !fall(None, Some(1_801)) && !fall(Some(1_500), Some(1_501)));
    }
}
