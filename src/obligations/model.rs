//! Periods, risk, and the worklist's lines.

use crate::{
    calendar::{IsoWeek, Month, Quarter, local_date},
    elders::model::VisitTier,
    ids::{CommunityId, HouseholdId, ObligationId},
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a visit is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::ObligationKind")]
pub enum ObligationKind {
    /// Once in an ISO week.
    Weekly,
    /// Once in a month.
    Monthly,
    /// Once in a quarter.
    Quarterly,
    /// Within 24 hours of an event.
    Event,
    /// As part of a campaign.
    Campaign,
}

/// The period in which a visit of some tier is owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// Kind of obligation.
    pub kind: ObligationKind,
    /// `2024-W03`, `2024-01`, `2024-Q1`.
    pub name: String,
    /// First instant.
    pub starts_at: DateTime<Utc>,
    /// First instant after it.
    pub due_at: DateTime<Utc>,
}

impl Period {
    /// The period of a tier that holds an instant.
    pub fn of(tier: VisitTier, instant: DateTime<Utc>) -> Self {
        let day = local_date(instant);
        match tier {
            VisitTier::Weekly => {
                let week = IsoWeek::of(day);
                Self {
                    kind: ObligationKind::Weekly,
                    name: week.to_string(),
                    starts_at: week.start(),
                    due_at: week.end(),
                }
            }
            VisitTier::Monthly => {
                let month = Month::of(day);
                Self {
                    kind: ObligationKind::Monthly,
                    name: month.to_string(),
                    starts_at: month.start(),
                    due_at: month.end(),
                }
            }
            VisitTier::Quarterly => {
                let quarter = Quarter::of(day);
                Self {
                    kind: ObligationKind::Quarterly,
                    name: quarter.to_string(),
                    starts_at: quarter.start(),
                    due_at: quarter.end(),
                }
            }
        }
    }
}

/// How urgent a visit is among those that are equally due: 0 to 100, the sum of what its reasons weigh.
pub fn risk(reasons: &[String]) -> i16 {
    let weight = |reason: &String| match reason.as_str() {
        "living_alone" => 30,
        "advanced_age" | "disabled" | "dementia" => 25,
        "empty_nest" | "partly_disabled" | "severely_handicapped" | "special_family_planning" => 15,
        _ => 5,
    };
    reasons.iter().map(weight).sum::<i16>().min(100)
}

/// One line of the worklist.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct WorklistLine {
    /// The obligation.
    #[diesel(sql_type = ty::Uuid)]
    pub id: ObligationId,
    /// Whom to visit.
    #[diesel(sql_type = ty::Uuid)]
    pub household_id: HouseholdId,
    /// In which compound.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// Kind of obligation.
    #[diesel(sql_type = crate::schema::sql_types::ObligationKind)]
    pub kind: ObligationKind,
    /// The period, or the event.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "2024-W03")]
    pub period: String,
    /// End of the period, exclusive.
    #[diesel(sql_type = ty::Timestamptz)]
    pub due_at: DateTime<Utc>,
    /// The period is over.
    #[diesel(sql_type = ty::Bool)]
    pub overdue: bool,
    /// Why: categories, age, event.
    #[diesel(sql_type = ty::Array<ty::Text>)]
    #[schema(example = json!(["living_alone", "advanced_age"]))]
    pub reasons: Vec<String>,
    /// 0 to 100.
    #[diesel(sql_type = ty::SmallInt)]
    pub risk: i16,
    /// Building.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "3")]
    pub building: String,
    /// Stairwell.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "2")]
    pub unit: String,
    /// Floor; 0 where it is not known.
    #[diesel(sql_type = ty::SmallInt)]
    pub floor: i16,
    /// Room.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "301")]
    pub room: String,
    /// Who lives there.
    #[diesel(sql_type = ty::Array<ty::Text>)]
    #[schema(example = json!(["张淑英"]))]
    pub elders: Vec<String>,
    /// When somebody was last met there.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub last_met_at: Option<DateTime<Utc>>,
    /// What the list is sorted by, falling: overdue, event, risk.
    #[diesel(sql_type = ty::Integer)]
    #[serde(skip)]
    pub need: i32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_holds_its_first_instant_in_xining_and_not_its_last() {
        let monday = "2024-01-14T16:00:00Z".parse().unwrap();
        let week = Period::of(VisitTier::Weekly, monday);
        assert_eq!((week.name.as_str(), week.starts_at), ("2024-W03", monday));
        let before = Period::of(VisitTier::Weekly, monday - chrono::Duration::microseconds(1));
        assert_eq!((before.name.as_str(), before.due_at), ("2024-W02", monday));
        let new_year = "2023-12-31T16:00:00Z".parse().unwrap();
        assert_eq!(Period::of(VisitTier::Monthly, new_year).name, "2024-01");
        assert_eq!(Period::of(VisitTier::Quarterly, new_year).name, "2024-Q1");
        assert_eq!(Period::of(VisitTier::Weekly, new_year).name, "2024-W01");
    }

    #[test]
    fn risk_adds_up_and_is_bounded() {
        let of = |reasons: &[&str]| risk(&reasons.iter().map(|r| (*r).to_owned()).collect::<Vec<_>>());
        assert!(of(&["living_alone", "advanced_age"]) > of(&["living_alone"]));
        assert_eq!(
            of(&[
                "living_alone",
                "advanced_age",
                "disabled",
                "dementia",
                "empty_nest"
            ]),
            100
        );
        assert_eq!(of(&[]), 0);
    }
}
