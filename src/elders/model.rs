//! Elders as they are sent and received, and the rules that follow from who they are.

use crate::{
    areas::model::Position,
    calendar::age_on,
    db::List,
    ids::{CommunityId, ElderId, HouseholdId},
    schema::elders,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Sex, as the register has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::Sex")]
pub enum Sex {
    /// 男
    Male,
    /// 女
    Female,
}

/// Which document the ID number stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::IdDocumentKind")]
pub enum IdDocumentKind {
    /// 居民身份证, GB 11643.
    ResidentId,
    /// 港澳台居民居住证: the same check.
    HmtResidencePermit,
    /// 外国人永久居留身份证.
    ForeignPermanentResidence,
    /// 护照
    Passport,
    /// 户口簿
    HouseholdRegister,
}

/// Whether visits are owed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::ElderStatus")]
pub enum ElderStatus {
    /// At home.
    Active,
    /// In hospital.
    InHospital,
    /// Away for a while.
    Away,
    /// In an institution.
    InInstitution,
    /// Declines visits (拒访); the guidance makes them voluntary.
    Declined,
    /// Moved out of the city.
    Moved,
    /// Has died: the file is closed, the rights stay (PIPL art. 49).
    Deceased,
    /// Found to be the same person as another file.
    Merged,
}

/// What an elder is entitled to.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    diesel_derive_enum::DbEnum,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::Entitlement")]
pub enum Entitlement {
    /// 兜底: served first and subsidised.
    SafetyNet,
    /// 社会老人: served below the market's price.
    Social,
}

/// How often a visit is owed; the strictest first.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    diesel_derive_enum::DbEnum,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::VisitTier")]
pub enum VisitTier {
    /// Every ISO week.
    Weekly,
    /// Every month.
    Monthly,
    /// Every quarter.
    Quarterly,
}

/// From this age on an elder is of advanced age (高龄), and owed a weekly visit.
pub const ADVANCED_AGE: i32 = 80;

/// What a category asks for.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = crate::schema::categories, check_for_backend(diesel::pg::Pg))]
pub struct Category {
    /// Stable code.
    #[schema(example = "living_alone")]
    pub code: String,
    /// Chinese name.
    #[schema(example = "独居")]
    pub name_zh: String,
    /// English name.
    #[schema(example = "living alone")]
    pub name_en: String,
    /// The entitlement it confers.
    pub entitlement: Entitlement,
    /// The tier it asks for.
    pub tier: VisitTier,
    /// Follows from other facts and is never entered.
    pub derived: bool,
}

/// What follows from an elder's categories and age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Entitlement: safety net as soon as one category says so.
    pub entitlement: Entitlement,
    /// Tier: the strictest that a category or the age asks for; quarterly where nothing does.
    pub tier: VisitTier,
    /// The codes that ask for this tier.
    pub reasons: Vec<String>,
}

impl Standing {
    /// The standing on a day of someone born on `birth` who carries `categories`.
    pub fn of(birth: NaiveDate, today: NaiveDate, categories: &[Category]) -> Self {
        let entitlement = categories
            .iter()
            .map(|c| c.entitlement)
            .min()
            .unwrap_or(Entitlement::Social);
        let mut asks: Vec<(VisitTier, &str)> = categories.iter().map(|c| (c.tier, c.code.as_str())).collect();
        if age_on(birth, today) >= ADVANCED_AGE {
            asks.push((VisitTier::Weekly, "advanced_age"));
        }
        let tier = asks
            .iter()
            .map(|(tier, _)| *tier)
            .min()
            .unwrap_or(VisitTier::Quarterly);
        let reasons = asks
            .into_iter()
            .filter(|(asked, _)| *asked == tier)
            .map(|(_, code)| code.to_owned())
            .collect();
        Self {
            entitlement,
            tier,
            reasons,
        }
    }
}

/// An elder, masked.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = elders, check_for_backend(diesel::pg::Pg))]
pub struct Elder {
    /// The file's id.
    pub id: ElderId,
    /// The dwelling.
    pub household_id: HouseholdId,
    /// The compound.
    pub community_id: CommunityId,
    /// Name.
    #[schema(example = "张淑英")]
    pub name: String,
    /// Sex.
    pub sex: Sex,
    /// Birth date.
    pub birth_date: NaiveDate,
    /// Document.
    pub id_kind: IdDocumentKind,
    /// ID number, first and last four characters.
    #[schema(example = "6301**********0024")]
    pub id_masked: String,
    /// Phone, masked.
    #[schema(example = "199****1234")]
    pub phone_masked: Option<String>,
    /// Whether visits are owed now.
    pub status: ElderStatus,
    /// Since when.
    pub status_since: NaiveDate,
    /// Entitlement.
    pub entitlement: Entitlement,
    /// How often a visit is owed.
    pub tier: VisitTier,
    /// Why.
    #[diesel(deserialize_as = List<String>)]
    #[schema(example = json!(["living_alone"]))]
    pub tier_reasons: Vec<String>,
    /// Counts the edits; the ETag.
    pub version: i32,
    /// When the file was opened.
    pub enrolled_at: DateTime<Utc>,
}

/// A dwelling by its address within a community.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dwelling {
    /// The compound.
    #[garde(skip)]
    pub community_id: CommunityId,
    /// Building.
    #[garde(length(chars, min = 1, max = 20))]
    #[schema(example = "3")]
    pub building: String,
    /// Stairwell; empty where there is one.
    #[garde(length(chars, max = 20))]
    #[schema(example = "2")]
    #[serde(default)]
    pub unit: String,
    /// Floor.
    #[garde(inner(range(min = -5, max = 100)))]
    pub floor: Option<i16>,
    /// Room.
    #[garde(length(chars, min = 1, max = 20))]
    #[schema(example = "301")]
    pub room: String,
    /// Where it is.
    #[garde(dive)]
    pub position: Option<Position>,
}

/// An elder to be enrolled.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewElder {
    /// Where the elder lives; the household is opened when it is new.
    #[garde(dive)]
    pub dwelling: Dwelling,
    /// Name.
    #[garde(length(chars, min = 1, max = 50))]
    #[schema(example = "张淑英")]
    pub name: String,
    /// Document.
    #[garde(skip)]
    pub id_kind: IdDocumentKind,
    /// Its number.
    #[garde(length(chars, min = 1, max = 40))]
    #[schema(example = "630106193811070024")]
    pub id_number: String,
    /// Sex; needed only where the document does not say it.
    #[garde(skip)]
    pub sex: Option<Sex>,
    /// Birth date; needed only where the document does not say it.
    #[garde(skip)]
    pub birth_date: Option<NaiveDate>,
    /// Phone.
    #[garde(length(chars, max = 30))]
    #[schema(example = "19900001234")]
    pub phone: Option<String>,
    /// Codes of the categories that hold now.
    #[garde(length(max = 15), inner(length(max = 40)))]
    #[serde(default)]
    #[schema(example = json!(["living_alone"]))]
    pub categories: Vec<String>,
    /// On what evidence.
    #[garde(length(chars, max = 200))]
    #[serde(default)]
    pub evidence: String,
}

/// An elder just enrolled, and what was odd about it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Enrolled {
    /// The file.
    #[serde(flatten)]
    pub elder: Elder,
    /// Differences between what was entered and what the document says; register errors exist, so they refuse nothing.
    #[schema(example = json!(["the birth date differs from the ID number's"]))]
    pub warnings: Vec<String>,
}

/// Why a person's numbers are to be shown.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevealReason {
    /// The reason, for the audit trail.
    #[garde(length(chars, min = 4, max = 200))]
    #[schema(example = "与街道核对补贴申请")]
    pub reason: String,
}

/// A person's numbers in full.
#[derive(Serialize, ToSchema)]
pub struct Revealed {
    /// ID number.
    #[schema(example = "630106193811070024")]
    pub id_number: String,
    /// Phone.
    #[schema(example = "19900001234")]
    pub phone: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn category(code: &str, entitlement: Entitlement, tier: VisitTier) -> Category {
        Category {
            code: code.into(),
            name_zh: String::new(),
            name_en: String::new(),
            entitlement,
            tier,
            derived: false,
        }
    }

    #[test]
    fn the_strictest_category_or_the_age_gives_the_tier_and_one_safety_net_tag_the_entitlement() {
        let day = |s: &str| s.parse::<NaiveDate>().unwrap();
        let alone = category("living_alone", Entitlement::Social, VisitTier::Weekly);
        let allowance = category(
            "subsistence_allowance",
            Entitlement::SafetyNet,
            VisitTier::Monthly,
        );
        let veteran = category("entitled_veteran", Entitlement::Social, VisitTier::Quarterly);
        let born = day("1944-02-29");
        let cases: [(&str, &[Category], Entitlement, VisitTier, &[&str]); 6] = [
            ("2024-02-28", &[], Entitlement::Social, VisitTier::Quarterly, &[]),
            (
                "2024-02-29",
                &[],
                Entitlement::Social,
                VisitTier::Weekly,
                &["advanced_age"],
            ),
            (
                "2024-02-28",
                &[allowance.clone()],
                Entitlement::SafetyNet,
                VisitTier::Monthly,
                &["subsistence_allowance"],
            ),
            (
                "2024-02-28",
                &[veteran.clone()],
                Entitlement::Social,
                VisitTier::Quarterly,
                &["entitled_veteran"],
            ),
            (
                "2024-02-28",
                &[allowance.clone(), alone.clone()],
                Entitlement::SafetyNet,
                VisitTier::Weekly,
                &["living_alone"],
            ),
            (
                "2024-02-29",
                &[veteran, alone],
                Entitlement::Social,
                VisitTier::Weekly,
                &["living_alone", "advanced_age"],
            ),
        ];
        for (today, categories, entitlement, tier, reasons) in cases {
            let standing = Standing::of(born, day(today), categories);
            assert_eq!(
                (standing.entitlement, standing.tier),
                (entitlement, tier),
                "{today} {categories:?}"
            );
            assert_eq!(standing.reasons, reasons);
        }
    }
}
