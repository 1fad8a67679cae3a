//! Periods, events, an elder's standing, and the worklist's lines.

use crate::{
    calendar::{IsoWeek, Month, Quarter, local_date},
    elders::{
        model::{Entitlement, VisitTier},
        overrides::ElderTierOverride,
    },
    ids::{CommunityId, ElderEventId, ElderId, HouseholdId, ObligationId, UserId, VisitId},
    obligations::risk::RiskReason,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
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

/// Where an obligation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::ObligationStatus")]
pub enum ObligationStatus {
    /// Still to be made.
    Owed,
    /// A visit was made.
    Done,
    /// No visit could be made, and why is said.
    Excused,
    /// Its time is over.
    Missed,
}

/// Why no visit could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::Excuse")]
pub enum Excuse {
    /// In hospital.
    InHospital,
    /// Away for a time.
    Away,
    /// In a care home.
    InInstitution,
    /// Does not want visits, or not this one.
    Declined,
    /// Moved.
    Moved,
    /// Deceased.
    Deceased,
    /// The campaign was stopped before its end.
    CampaignStopped,
}

/// What happened to an elder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::ElderEventKind")]
pub enum ElderEventKind {
    /// 出院: back from hospital.
    Discharge,
    /// 跌倒
    Fall,
    /// 丧亲
    Bereavement,
    /// 突发疾病
    Illness,
    /// 失联: does not answer calls.
    Unreachable,
    /// Anything else that cannot wait for the next visit.
    OtherEvent,
}

impl ElderEventKind {
    /// As a reason of an obligation and of risk.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Discharge => "discharge",
            Self::Fall => "fall",
            Self::Bereavement => "bereavement",
            Self::Illness => "illness",
            Self::Unreachable => "unreachable",
            Self::OtherEvent => "other_event",
        }
    }
}

/// An event as a phone records it.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewElderEvent {
    /// Made by the phone.
    #[garde(skip)]
    pub id: ElderEventId,
    /// What happened.
    #[garde(skip)]
    pub kind: ElderEventKind,
    /// When, by the device's clock.
    #[garde(skip)]
    pub occurred_at: DateTime<Utc>,
    /// What the device's clock says now.
    #[garde(skip)]
    pub device_now: DateTime<Utc>,
    /// What whoever visits should know; stored sealed.
    #[garde(length(chars, min = 1, max = 500))]
    #[schema(example = "昨夜在卫生间滑倒，左腕疼痛")]
    pub note: Option<String>,
}

/// An event and the visit that it owes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ElderEvent {
    /// Its id.
    pub id: ElderEventId,
    /// To whom.
    pub elder_id: ElderId,
    /// Where the elder lived then.
    pub household_id: HouseholdId,
    /// In which compound.
    pub community_id: CommunityId,
    /// What happened.
    pub kind: ElderEventKind,
    /// What whoever visits should know.
    pub note: Option<String>,
    /// When, by the device's clock put right.
    pub occurred_at: DateTime<Utc>,
    /// When it became known to the service.
    pub received_at: DateTime<Utc>,
    /// By whom; null where the service recorded it.
    pub recorded_by: Option<UserId>,
    /// The visit owed.
    pub obligation_id: ObligationId,
    /// Until when, exclusive.
    pub due_at: DateTime<Utc>,
    /// Where it stands.
    pub status: ObligationStatus,
    /// Why no visit was made.
    pub excuse: Option<Excuse>,
    /// The visit that was made.
    pub visit_id: Option<VisitId>,
}

/// What asks for a tier.
#[derive(Debug, Serialize, ToSchema)]
pub struct TierReason {
    /// A category's code, or `advanced_age`.
    #[schema(example = "living_alone")]
    pub reason: String,
    /// The tier it asks for; the strictest of all counts.
    pub tier: VisitTier,
    /// From which day on it holds.
    pub since: NaiveDate,
}

/// An elder's tier and risk, with every reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct ElderStanding {
    /// Whose.
    pub elder_id: ElderId,
    /// In which compound.
    pub community_id: CommunityId,
    /// On what ground the elder is served.
    pub entitlement: Entitlement,
    /// The tier that counts.
    pub tier: VisitTier,
    /// What the rule says; another than `tier` where a person decided otherwise.
    pub rule_tier: VisitTier,
    /// What of the file asks for a tier; none means quarterly, unless it is raised.
    pub tier_reasons: Vec<TierReason>,
    /// What was found and missed that raises the file's tier to weekly, the weightiest first; empty where it is not raised. The
    /// visits are owed from the next night on, and as the file says from the first period on that begins without these.
    pub raised_by: Vec<RiskReason>,
    /// From how many points of what was found and missed on the tier is raised.
    #[schema(example = 20)]
    pub weekly_from: i16,
    /// A person's decision that is in force.
    pub tier_override: Option<ElderTierOverride>,
    /// 0 to 100: the sum of the reasons' points.
    #[schema(example = 55)]
    pub risk: i16,
    /// What it follows from, the weightiest first.
    pub risk_reasons: Vec<RiskReason>,
    /// The edition of the weights.
    pub weights_edition: i16,
    /// As of when.
    pub reckoned_at: DateTime<Utc>,
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
    /// The period, the event or the campaign.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "2024-W03")]
    pub period: String,
    /// What the campaign is called.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    #[schema(example = "寒潮加密探访")]
    pub campaign: Option<String>,
    /// End of the period, exclusive.
    #[diesel(sql_type = ty::Timestamptz)]
    pub due_at: DateTime<Utc>,
    /// The period is over.
    #[diesel(sql_type = ty::Bool)]
    pub overdue: bool,
    /// Why: the event or campaign, then what risk is reckoned from, the weightiest first, then what is open.
    #[diesel(sql_type = ty::Array<ty::Text>)]
    #[schema(example = json!(["living_alone", "advanced_age"]))]
    pub reasons: Vec<String>,
    /// What was found and missed for which it is owed weekly; empty where the files alone owe it.
    #[diesel(sql_type = ty::Array<ty::Text>)]
    #[schema(example = json!(["hazard_major"]))]
    pub raised_by: Vec<String>,
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
}
