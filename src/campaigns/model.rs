//! Campaigns as they are stored, sent and received.

use crate::{
    calendar::{local_date, start_of_day},
    elders::model::{Entitlement, VisitTier},
    error::Problem,
    ids::{CampaignId, CommunityId, HouseholdId, ObligationId, UserId, VisitId},
    obligations::model::{Excuse, ObligationStatus},
    schema::sql_types,
};
use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A campaign is shorter than a season: what lasts is a tier.
const LONGEST_DAYS: i64 = 92;

/// Whose households are visited. What is left out asks for nothing.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignGroup {
    /// Division prefix: of a province, city, district, township or neighbourhood.
    #[garde(pattern("^[1-9][0-9]([0-9]{2}([0-9]{2}([0-9]{3}([0-9]{3})?)?)?)?$"))]
    #[schema(example = "630104")]
    pub division: String,
    /// Only these communities of the division.
    #[garde(length(max = 200))]
    #[serde(default)]
    pub communities: Vec<CommunityId>,
    /// An elder with one of these categories.
    #[garde(length(max = 20), inner(length(min = 1, max = 40)))]
    #[serde(default)]
    #[schema(example = json!(["living_alone", "disabled"]))]
    pub categories: Vec<String>,
    /// Of one of these tiers.
    #[garde(length(max = 3))]
    #[serde(default)]
    pub tiers: Vec<VisitTier>,
    /// Of this age at least.
    #[garde(range(min = 50, max = 120))]
    pub age_from: Option<i16>,
    /// Served on this ground.
    #[garde(skip)]
    pub entitlement: Option<Entitlement>,
}

/// A campaign to be started.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCampaign {
    /// What it is called; stewards see it beside the visit.
    #[garde(length(chars, min = 1, max = 50))]
    #[schema(example = "寒潮加密探访")]
    pub name: String,
    /// Why.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(example = "气象台发布寒潮橙色预警")]
    pub reason: String,
    /// First day.
    #[garde(skip)]
    pub from: NaiveDate,
    /// Last day.
    #[garde(skip)]
    pub to: NaiveDate,
    /// Whose households are visited.
    #[garde(dive)]
    pub group: CampaignGroup,
}

/// Why a campaign is stopped before its end.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignStop {
    /// Why.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(example = "预警解除")]
    pub reason: String,
}

/// From when to when a campaign owes its visits: from midnight of its first day, or from now where that is past, to the midnight
/// after its last.
///
/// # Errors
/// 422 for days that are over, out of order, or too many.
pub fn time_of(
    from: NaiveDate,
    to: NaiveDate,
    now: DateTime<Utc>,
) -> Result<(DateTime<Utc>, DateTime<Utc>), Problem> {
    if from < local_date(now) {
        return Err(Problem::field("from", "is over"));
    }
    if to < from {
        return Err(Problem::field("to", "lies before from"));
    }
    if (to - from).num_days() >= LONGEST_DAYS {
        return Err(Problem::field("to", "lies more than 92 days after from"));
    }
    Ok((start_of_day(from).max(now), start_of_day(to + Days::new(1))))
}

/// How many would be visited.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct CampaignPreview {
    /// Households of the group: so many visits.
    #[diesel(sql_type = ty::BigInt)]
    pub households: i64,
    /// Elders by whom they belong to it.
    #[diesel(sql_type = ty::BigInt)]
    pub elders: i64,
    /// Communities that they live in.
    #[diesel(sql_type = ty::BigInt)]
    pub communities: i64,
}

/// Where a campaign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignStatus {
    /// It has not begun.
    Planned,
    /// Its visits are owed.
    Running,
    /// Its time is over.
    Over,
    /// It was stopped before.
    Stopped,
}

/// A campaign as it is stored.
#[derive(Debug, Clone, QueryableByName)]
pub struct StoredCampaign {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: CampaignId,
    /// What it is called.
    #[diesel(sql_type = ty::Text)]
    pub name: String,
    /// Why.
    #[diesel(sql_type = ty::Text)]
    pub reason: String,
    /// Division prefix.
    #[diesel(sql_type = ty::Text)]
    pub division: String,
    /// Only these communities; empty for all.
    #[diesel(sql_type = ty::Array<ty::Uuid>)]
    pub communities: Vec<CommunityId>,
    /// One of these; empty for any.
    #[diesel(sql_type = ty::Array<ty::Text>)]
    pub categories: Vec<String>,
    /// One of these; empty for any.
    #[diesel(sql_type = ty::Array<sql_types::VisitTier>)]
    pub tiers: Vec<VisitTier>,
    /// Of this age at least.
    #[diesel(sql_type = ty::Nullable<ty::SmallInt>)]
    pub age_from: Option<i16>,
    /// On this ground.
    #[diesel(sql_type = ty::Nullable<sql_types::Entitlement>)]
    pub entitlement: Option<Entitlement>,
    /// Its first instant.
    #[diesel(sql_type = ty::Timestamptz)]
    pub starts_at: DateTime<Utc>,
    /// The first instant after it.
    #[diesel(sql_type = ty::Timestamptz)]
    pub ends_at: DateTime<Utc>,
    /// Households of the group when it was started.
    #[diesel(sql_type = ty::Integer)]
    pub households: i32,
    /// By whom started.
    #[diesel(sql_type = ty::Uuid)]
    pub started_by: UserId,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub started_at: DateTime<Utc>,
    /// By whom stopped.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub stopped_by: Option<UserId>,
    /// When.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub stopped_at: Option<DateTime<Utc>>,
    /// Why.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub stop_reason: Option<String>,
}

impl StoredCampaign {
    /// Where it stands at an instant.
    pub fn status(&self, now: DateTime<Utc>) -> CampaignStatus {
        match self.stopped_at {
            Some(_) => CampaignStatus::Stopped,
            None if now < self.starts_at => CampaignStatus::Planned,
            None if now < self.ends_at => CampaignStatus::Running,
            None => CampaignStatus::Over,
        }
    }

    /// As it is told at an instant.
    pub fn told(self, now: DateTime<Utc>) -> Campaign {
        Campaign {
            status: self.status(now),
            from: local_date(self.starts_at),
            to: local_date(self.ends_at - Duration::microseconds(1)),
            id: self.id,
            name: self.name,
            reason: self.reason,
            division: self.division,
            communities: self.communities,
            categories: self.categories,
            tiers: self.tiers,
            age_from: self.age_from,
            entitlement: self.entitlement,
            households: self.households,
            started_by: self.started_by,
            started_at: self.started_at,
            stopped_by: self.stopped_by,
            stopped_at: self.stopped_at,
            stop_reason: self.stop_reason,
        }
    }
}

/// A campaign.
#[derive(Debug, Serialize, ToSchema)]
pub struct Campaign {
    /// Its id.
    pub id: CampaignId,
    /// Where it stands.
    pub status: CampaignStatus,
    /// What it is called.
    #[schema(example = "寒潮加密探访")]
    pub name: String,
    /// Why.
    pub reason: String,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// Division prefix.
    #[schema(example = "630104")]
    pub division: String,
    /// Only these communities of it; empty for all.
    pub communities: Vec<CommunityId>,
    /// An elder with one of these categories; empty for any.
    pub categories: Vec<String>,
    /// Of one of these tiers; empty for any.
    pub tiers: Vec<VisitTier>,
    /// Of this age at least.
    pub age_from: Option<i16>,
    /// Served on this ground.
    pub entitlement: Option<Entitlement>,
    /// Households of the group when it was started.
    pub households: i32,
    /// By whom started.
    pub started_by: UserId,
    /// When.
    pub started_at: DateTime<Utc>,
    /// By whom stopped.
    pub stopped_by: Option<UserId>,
    /// When.
    pub stopped_at: Option<DateTime<Utc>>,
    /// Why.
    pub stop_reason: Option<String>,
}

/// What became of the visits of a campaign; the four sum up to all of them.
#[derive(Debug, Clone, Copy, QueryableByName, PartialEq, Eq, Serialize, ToSchema)]
pub struct CoverageCounts {
    /// Still to be made.
    #[diesel(sql_type = ty::BigInt)]
    pub owed: i64,
    /// Made.
    #[diesel(sql_type = ty::BigInt)]
    pub done: i64,
    /// Could not be made, or the campaign was stopped.
    #[diesel(sql_type = ty::BigInt)]
    pub excused: i64,
    /// Not made in time.
    #[diesel(sql_type = ty::BigInt)]
    pub missed: i64,
}

/// What became of them in one community.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct CommunityCoverage {
    /// Which.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// What it is called.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "西苑小区")]
    pub name: String,
    /// Its visits.
    #[diesel(embed)]
    #[serde(flatten)]
    pub visits: CoverageCounts,
    /// What the list is sorted by.
    #[diesel(sql_type = ty::Text)]
    #[serde(skip)]
    pub code: String,
}

/// What became of a campaign's visits in the actor's area.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignCoverage {
    /// Of the whole area.
    pub whole: CoverageCounts,
    /// Community by community.
    pub communities: crate::http::Page<CommunityCoverage>,
}

/// One visit of a campaign.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct CampaignObligation {
    /// The obligation.
    #[diesel(sql_type = ty::Uuid)]
    pub id: ObligationId,
    /// Whom to visit.
    #[diesel(sql_type = ty::Uuid)]
    pub household_id: HouseholdId,
    /// In which compound.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// Where it stands.
    #[diesel(sql_type = sql_types::ObligationStatus)]
    pub status: ObligationStatus,
    /// Why it could not be made.
    #[diesel(sql_type = ty::Nullable<sql_types::Excuse>)]
    pub excuse: Option<Excuse>,
    /// The visit that was made.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub visit_id: Option<VisitId>,
    /// The steward who answered for it when it was closed.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub responsible_id: Option<UserId>,
    /// When that was.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub closed_at: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_begins_now_or_at_midnight_and_ends_with_its_last_day() {
        let now: DateTime<Utc> = "2024-01-08T01:00:00Z".parse().unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let (starts, ends) = time_of(day("2024-01-08"), day("2024-01-10"), now).unwrap();
        assert_eq!((starts, ends), (now, "2024-01-10T16:00:00Z".parse().unwrap()));
        let (starts, _) = time_of(day("2024-01-09"), day("2024-01-09"), now).unwrap();
        assert_eq!(starts, "2024-01-08T16:00:00Z".parse::<DateTime<Utc>>().unwrap());
        for (from, to, field) in [
            ("2024-01-07", "2024-01-10", "from"),
            ("2024-01-10", "2024-01-09", "to"),
            ("2024-01-08", "2024-04-09", "to"),
        ] {
            let refused = time_of(day(from), day(to), now).unwrap_err();
            assert_eq!(refused.fields[0].field, field, "{from} {to}");
        }
        assert!(time_of(day("2024-01-08"), day("2024-04-08"), now).is_ok());
    }
}
