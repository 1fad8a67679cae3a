//! The words of a hazard; as it is sent, as it stands, and what its events make of it.

mod seen;
mod sent;
mod state;

pub use seen::{
    BuildingHazards, Hazard, HazardCounts, HazardDetail, HazardEventLine, HazardFeature, HazardFinding,
    HazardMap, HazardPlace, HazardPoint, KindCounts, SeverityCounts,
};
pub use sent::{NewExtension, NewNotice, NewPhotos, NewRepair, NewReport, NewResponsible};
pub use state::{HazardEvent, HazardState, InvalidTransition, extended, replay};

use super::REPORT_WITHIN;
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What kind of thing is unsafe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::HazardKind")]
pub enum HazardKind {
    /// 气
    Gas,
    /// 电
    Electric,
    /// 火
    Fire,
    /// 水
    Water,
    /// 居
    Dwelling,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::HazardSeverity")]
pub enum HazardSeverity {
    /// 建议: no deadline.
    Advice,
    /// 一般
    General,
    /// 重大: handled before leaving.
    Major,
}

impl HazardSeverity {
    /// Until when it must be mended, from an instant on; never for advice.
    pub fn due(self, from: DateTime<Utc>, general_days: i64, major_days: i64) -> Option<DateTime<Utc>> {
        match self {
            Self::Advice => None,
            Self::General => Some(from + Duration::days(general_days)),
            Self::Major => Some(from + Duration::days(major_days)),
        }
    }

    /// Until when it must be reported; only a major one is.
    pub fn report_due(self, found_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (self == Self::Major).then(|| found_at + REPORT_WITHIN)
    }
}

/// Where a hazard stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::HazardStatus")]
pub enum HazardStatus {
    /// Unsafe.
    Open,
    /// A later visit found it safe.
    Cleared,
    /// The visit that found it was corrected and names it no longer.
    Withdrawn,
}

/// Whom a hazard concerns: to whom it is reported, who is served notice, who has to mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::HazardParty")]
pub enum HazardParty {
    /// 住户
    Household,
    /// 家属
    Family,
    /// 物业
    Property,
    /// 房东
    Landlord,
    /// 燃气公司
    GasFirm,
    /// 供电公司
    PowerFirm,
    /// 供水公司
    WaterFirm,
    /// 消防 119
    FireService,
    /// 社区
    Community,
}

/// How far up an overdue hazard has climbed: who is asked about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::HazardEscalation")]
pub enum HazardEscalation {
    /// The steward of the community.
    Steward,
    /// The officer of the subdistrict.
    Subdistrict,
    /// The officer of the county or district.
    County,
    /// The officer of the city.
    City,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_the_sooner_and_advice_never() {
        let from = DateTime::UNIX_EPOCH;
        let due = |severity: HazardSeverity| severity.due(from, 30, 7);
        assert_eq!(due(HazardSeverity::Advice), None);
        assert!(due(HazardSeverity::Major) < due(HazardSeverity::General));
        assert_eq!(HazardSeverity::General.report_due(from), None);
        assert_eq!(HazardSeverity::Major.report_due(from), Some(from + REPORT_WITHIN));
    }
}
