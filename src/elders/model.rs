//! Elders as they are stored, sent and received, and the rules that follow from their categories.

use crate::{
    ids::{CommunityId, ElderId, HouseholdId},
    schema::{categories, elders},
};
use chrono::{DateTime, Months, NaiveDate, Utc};
use diesel::prelude::*;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Declares a native enum of the domain with its database and JSON names.
macro_rules! native {
    ($(#[$doc:meta])* $name:ident, $path:literal { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(diesel_derive_enum::DbEnum, Serialize, Deserialize, ToSchema, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[serde(rename_all = "snake_case")]
        #[db_enum(existing_type_path = $path)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),+
        }
    };
}

native!(
    /// Sex as the identity document says.
    Sex, "crate::schema::sql_types::Sex" {
        /// 男
        Male,
        /// 女
        Female,
    }
);
native!(
    /// What kind of document proves who an elder is.
    IdDocumentKind, "crate::schema::sql_types::IdDocumentKind" {
        /// 居民身份证, checked by GB 11643
        ResidentId,
        /// 港澳台居民居住证
        HmtResidencePermit,
        /// 外国人永久居留身份证
        ForeignPermanentResidence,
        /// 护照
        Passport,
        /// 户口簿
        HouseholdRegister,
    }
);
native!(
    /// Whether an elder is in care, and if not, why.
    ElderStatus, "crate::schema::sql_types::ElderStatus" {
        /// At home and visited.
        Active,
        /// In hospital for a time.
        InHospital,
        /// Away for a time.
        Away,
        /// In a care home.
        InInstitution,
        /// Does not want the service.
        Declined,
        /// Moved out of the area.
        Moved,
        /// Deceased.
        Deceased,
        /// Another file of the same person is kept.
        Merged,
    }
);
native!(
    /// On what ground an elder is served.
    Entitlement, "crate::schema::sql_types::Entitlement" {
        /// 兜底
        SafetyNet,
        /// 社会
        Social,
    }
);
native!(
    /// How often a visit is owed, strictest first.
    VisitTier, "crate::schema::sql_types::VisitTier" {
        /// Once a week.
        Weekly,
        /// Once a month.
        Monthly,
        /// Once a quarter.
        Quarterly,
    }
);
native!(
    /// What a consent is for.
    ConsentPurpose, "crate::schema::sql_types::ConsentPurpose" {
        /// Being visited.
        Visits,
        /// Keeping health notes.
        HealthData,
        /// Passing needs on to providers.
        Referral,
        /// Taking photos.
        Photos,
    }
);
native!(
    /// On what legal basis data is kept.
    LegalBasis, "crate::schema::sql_types::LegalBasis" {
        /// Separate consent.
        Consent,
        /// A duty set by law.
        StatutoryDuty,
    }
);
native!(
    /// How a consent was given.
    ConsentForm, "crate::schema::sql_types::ConsentForm" {
        /// On paper.
        Written,
        /// By word.
        Oral,
        /// On a device.
        Electronic,
    }
);

/// A tag that an elder can carry.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = categories, check_for_backend(diesel::pg::Pg))]
#[schema(as = ElderCategory)]
pub struct Category {
    /// Its stable code.
    #[schema(example = "living_alone")]
    pub code: String,
    /// Its Chinese name.
    #[schema(example = "独居")]
    pub name_zh: String,
    /// Its English name.
    #[schema(example = "living alone")]
    pub name_en: String,
    /// The entitlement it gives.
    pub entitlement: Entitlement,
    /// The tier it asks for.
    pub tier: VisitTier,
    /// Follows from the birth date; never entered.
    pub derived: bool,
}

/// What the rules need to know of one category that an elder carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its code.
    pub code: String,
    /// The entitlement it gives.
    pub entitlement: Entitlement,
    /// The tier it asks for.
    pub tier: VisitTier,
}

/// From which completed year of age on an elder is of advanced age.
pub const ADVANCED_YEARS: i32 = 80;
/// The category that follows from the birth date.
pub const ADVANCED_AGE: &str = "advanced_age";

/// Whoever was born on this day or before is of advanced age today.
pub fn advanced_age_since(today: NaiveDate) -> NaiveDate {
    today
        .checked_sub_months(Months::new(ADVANCED_YEARS.unsigned_abs() * 12))
        .unwrap_or(NaiveDate::MIN)
}

/// Since when whoever was born on this day is of advanced age; none who is not yet.
pub fn advanced_since(birth: NaiveDate, today: NaiveDate) -> Option<NaiveDate> {
    birth
        .checked_add_months(Months::new(ADVANCED_YEARS.unsigned_abs() * 12))
        .filter(|_| birth <= advanced_age_since(today))
}

/// Safety net as soon as one category says so.
pub fn entitlement(tags: &[Tag]) -> Entitlement {
    if tags.iter().any(|tag| tag.entitlement == Entitlement::SafetyNet) {
        Entitlement::SafetyNet
    } else {
        Entitlement::Social
    }
}

/// How often a visit is owed, and why: a person's override before all; else the strictest of the categories' tiers, advanced
/// age among them; else once a quarter. The reasons are those that ask for the tier that counts.
pub fn tier(
    birth: NaiveDate,
    today: NaiveDate,
    tags: &[Tag],
    override_tier: Option<VisitTier>,
) -> (VisitTier, Vec<String>) {
    if let Some(tier) = override_tier {
        return (tier, vec!["override".to_owned()]);
    }
    let mut asked: Vec<(VisitTier, &str)> = tags.iter().map(|tag| (tag.tier, tag.code.as_str())).collect();
    if birth <= advanced_age_since(today) && !tags.iter().any(|tag| tag.code == ADVANCED_AGE) {
        asked.push((VisitTier::Weekly, ADVANCED_AGE));
    }
    let strictest = asked
        .iter()
        .map(|(tier, _)| *tier)
        .min()
        .unwrap_or(VisitTier::Quarterly);
    let reasons = asked
        .iter()
        .filter(|(tier, _)| *tier == strictest)
        .map(|(_, code)| (*code).to_owned())
        .collect();
    (strictest, reasons)
}

/// An elder; numbers are masked.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = elders, check_for_backend(diesel::pg::Pg))]
pub struct Elder {
    /// Its id.
    pub id: ElderId,
    /// Where the elder lives.
    pub household_id: HouseholdId,
    /// The household's community.
    pub community_id: CommunityId,
    /// The name in full.
    #[schema(example = "王福山")]
    pub name: String,
    /// Sex.
    pub sex: Sex,
    /// Birth date.
    pub birth_date: NaiveDate,
    /// Which document.
    pub id_kind: IdDocumentKind,
    /// Its number, masked.
    #[schema(example = "6301**********0012")]
    pub id_masked: String,
    /// The phone, masked.
    pub phone_masked: Option<String>,
    /// Whether in care.
    pub status: ElderStatus,
    /// Since when.
    pub status_since: NaiveDate,
    /// First day on which a passing status is expected to be over.
    pub status_until: Option<NaiveDate>,
    /// On what ground the elder is served.
    pub entitlement: Entitlement,
    /// How often a visit is owed by the file and by hand; what was found and missed may raise it, as the standing tells.
    pub tier: VisitTier,
    /// Why.
    #[diesel(deserialize_as = crate::db::List<String>)]
    pub tier_reasons: Vec<String>,
    /// The file that is kept instead.
    pub merged_into_id: Option<ElderId>,
    /// Free remarks.
    pub remarks: String,
    /// Counts the edits; the ETag.
    pub version: i32,
    /// When enrolled.
    pub enrolled_at: DateTime<Utc>,
}

/// A dwelling.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dwelling {
    /// In which community.
    #[garde(skip)]
    pub community_id: CommunityId,
    /// Building.
    #[garde(length(chars, min = 1, max = 20))]
    #[schema(example = "3")]
    pub building: String,
    /// Stairwell; empty where the building has one.
    #[garde(length(chars, max = 20))]
    #[serde(default)]
    pub unit: String,
    /// Floor.
    #[garde(range(min = -5, max = 100))]
    pub floor: Option<i16>,
    /// Room.
    #[garde(length(chars, min = 1, max = 20))]
    #[schema(example = "502")]
    pub room: String,
}

/// An elder to be enrolled.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewElder {
    /// Where the elder lives; found or entered.
    #[garde(dive)]
    pub household: Dwelling,
    /// The name.
    #[garde(length(chars, min = 1, max = 50))]
    pub name: String,
    /// Which document.
    #[garde(skip)]
    pub id_kind: IdDocumentKind,
    /// Its number.
    #[garde(length(chars, min = 4, max = 40))]
    #[schema(example = "630106193602290012")]
    pub id_number: String,
    /// Derived from a resident's number where absent.
    #[garde(skip)]
    pub sex: Option<Sex>,
    /// Derived from a resident's number where absent.
    #[garde(skip)]
    pub birth_date: Option<NaiveDate>,
    /// Phone.
    #[garde(length(chars, max = 30))]
    pub phone: Option<String>,
    /// What visitors must know of the elder's health.
    #[garde(length(chars, max = 500))]
    pub health_note: Option<String>,
    /// Remarks.
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    pub remarks: String,
    /// Categories, from today on.
    #[garde(length(max = 20), inner(length(max = 40)))]
    #[serde(default)]
    pub categories: Vec<String>,
    /// Whom to call.
    #[garde(length(max = 5), dive)]
    #[serde(default)]
    pub contacts: Vec<NewContact>,
    /// Consents.
    #[garde(length(max = 4), dive)]
    #[serde(default)]
    pub consents: Vec<NewConsent>,
}

/// Somebody to call.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContact {
    /// Name.
    #[garde(length(chars, min = 1, max = 50))]
    pub name: String,
    /// Relation to the elder.
    #[garde(length(chars, min = 1, max = 20))]
    #[schema(example = "女儿")]
    pub relation: String,
    /// Phone.
    #[garde(length(chars, max = 30))]
    pub phone: String,
    /// To be called in an emergency.
    #[garde(skip)]
    #[serde(default)]
    pub emergency: bool,
}

/// A consent.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConsent {
    /// For what.
    #[garde(skip)]
    pub purpose: ConsentPurpose,
    /// On what basis.
    #[garde(skip)]
    pub basis: LegalBasis,
    /// How given.
    #[garde(skip)]
    pub form: ConsentForm,
    /// Which version of the notice was read out.
    #[garde(length(chars, min = 1, max = 20))]
    pub notice_version: String,
    /// When.
    #[garde(skip)]
    pub given_on: NaiveDate,
    /// The elder, or the guardian's relation.
    #[garde(length(chars, min = 1, max = 50))]
    pub given_by: String,
}

/// An elder just enrolled.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrolledElder {
    /// The elder.
    #[serde(flatten)]
    pub elder: Elder,
    /// What does not fit together but does not stand in the way.
    pub warnings: Vec<String>,
}

/// What of an elder is to be changed; what is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ElderPatch {
    /// The name.
    #[garde(length(chars, min = 1, max = 50))]
    pub name: Option<String>,
    /// Sex.
    #[garde(skip)]
    pub sex: Option<Sex>,
    /// Birth date.
    #[garde(skip)]
    pub birth_date: Option<NaiveDate>,
    /// Phone.
    #[garde(length(chars, max = 30))]
    pub phone: Option<String>,
    /// Health note.
    #[garde(length(chars, max = 500))]
    pub health_note: Option<String>,
    /// Remarks.
    #[garde(length(chars, max = 500))]
    pub remarks: Option<String>,
}

/// Another status.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewElderStatus {
    /// Which.
    #[garde(skip)]
    pub status: ElderStatus,
    /// Why.
    #[garde(length(chars, max = 200))]
    #[serde(default)]
    pub reason: String,
    /// From which day on.
    #[garde(skip)]
    pub since: NaiveDate,
    /// First day on which it is expected to be over.
    #[garde(skip)]
    pub until: Option<NaiveDate>,
}

/// A category to be given to an elder.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewElderCategory {
    /// Which.
    #[garde(length(max = 40))]
    pub code: String,
    /// From which day on.
    #[garde(skip)]
    pub starts_on: NaiveDate,
    /// On what evidence.
    #[garde(length(chars, max = 200))]
    #[serde(default)]
    pub evidence: String,
}

/// A person's decision on the tier.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTierOverride {
    /// Which tier.
    #[garde(skip)]
    pub tier: VisitTier,
    /// Why.
    #[garde(length(chars, min = 1, max = 500))]
    pub reason: String,
    /// First day on which the rule holds again.
    #[garde(skip)]
    pub ends_on: NaiveDate,
}

/// Why a decision on the tier ends before its time.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TierOverrideEnd {
    /// Why.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(example = "护理员已离开")]
    pub reason: String,
}

/// A field that is stored sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SealedElderField {
    /// The document's number.
    IdNumber,
    /// The elder's phone.
    Phone,
    /// The contacts' phones.
    ContactPhone,
    /// The health note.
    HealthNote,
}

/// Which fields to show in full, and why.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevealElder {
    /// Which.
    #[garde(length(min = 1, max = 4))]
    pub fields: Vec<SealedElderField>,
    /// Why.
    #[garde(length(chars, min = 2, max = 200))]
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(code: &str, entitlement: Entitlement, tier: VisitTier) -> Tag {
        Tag {
            code: code.to_owned(),
            entitlement,
            tier,
        }
    }

    #[test]
    fn the_strictest_tier_wins_and_an_override_before_all() {
        use Entitlement::{SafetyNet, Social};
        use VisitTier::{Monthly, Quarterly, Weekly};
        let today = NaiveDate::from_ymd_opt(2024, 1, 8).unwrap();
        let (old, eve, young) = ("1944-01-08", "1944-01-09", "1954-01-01");
        let allowance = tag("subsistence_allowance", SafetyNet, Monthly);
        let alone = tag("living_alone", Social, Weekly);
        for (birth, tags, by_hand, expected, reasons, ground) in [
            (young, vec![], None, Quarterly, vec![], Social),
            (old, vec![], None, Weekly, vec!["advanced_age"], Social),
            (eve, vec![], None, Quarterly, vec![], Social),
            (
                young,
                vec![allowance.clone()],
                None,
                Monthly,
                vec!["subsistence_allowance"],
                SafetyNet,
            ),
            (
                young,
                vec![allowance.clone(), alone.clone()],
                None,
                Weekly,
                vec!["living_alone"],
                SafetyNet,
            ),
            (
                old,
                vec![alone.clone()],
                None,
                Weekly,
                vec!["living_alone", "advanced_age"],
                Social,
            ),
            (
                old,
                vec![alone],
                Some(Quarterly),
                Quarterly,
                vec!["override"],
                Social,
            ),
        ] {
            let (found, why) = tier(birth.parse().unwrap(), today, &tags, by_hand);
            assert_eq!(
                (found, why),
                (expected, reasons.iter().map(|r| (*r).to_owned()).collect())
            );
            assert_eq!(entitlement(&tags), ground);
        }
    }
}
