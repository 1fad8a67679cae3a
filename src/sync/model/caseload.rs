//! What a phone may hold.

use crate::{
    care_beds::model::CareBed,
    elders::{
        file::{DwellingRecord, ElderConsent},
        model::{Category, ElderStatus, Entitlement, Sex, VisitTier},
    },
    emergencies::model::{Emergency, NoAnswerCase},
    followups::model::due::DueFollowup,
    hazards::{check_points::model::CheckList, model::Hazard},
    ids::{ElderId, HouseholdId, PolicyId, UserId, VisitId},
    menu::model::MenuLine,
    needs::model::Need,
    obligations::{model::WorklistLine, risk::RiskReason},
    orders::{clocks::OrderClock, model::Order},
    policies::model::PolicyInForce,
    teams::model::WeekGoal,
    visits::model::{CheckResult, Diet, Mood, PhysicalCondition, VisitOutcome, VisitPurpose},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Everything that a steward may hold, or what of it differs from what the phone holds.
#[derive(Serialize, ToSchema)]
pub struct Caseload {
    /// What the phone holds when it has taken this in; for the next call.
    #[schema(example = "AQ4Ab9kq")]
    pub cursor: String,
    /// The server's clock.
    pub server_time: DateTime<Utc>,
    /// All of it is here: what the phone held before is of no account.
    pub full: bool,
    /// The present week.
    #[schema(example = "2024-W02")]
    pub week: String,
    /// The week's goal, and how far the steward is.
    pub progress: WeekGoal,
    /// Every household that the steward may hold. What is not among them leaves the phone, once nothing unsent hangs on it.
    pub household_ids: Vec<HouseholdId>,
    /// There are more than a phone can hold; those with the longest way to their next visit are not among them.
    pub truncated: bool,
    /// Those that the phone does not hold as they are.
    pub households: Vec<HouseholdEntry>,
    /// Menu, check points, policies, categories and account; null where the phone holds them as they are.
    pub reference: Option<CaseloadReference>,
}

/// What is the same at every door.
#[derive(Serialize, ToSchema)]
pub struct CaseloadReference {
    /// Today's menu; empty before the service began.
    pub menu: Vec<MenuLine>,
    /// Today's check points.
    pub check_points: Option<CheckList>,
    /// The policies in force today.
    pub policies: Vec<PolicyInForce>,
    /// The categories that elders can carry.
    pub categories: Vec<Category>,
    /// Whose phone it is.
    pub me: CaseloadOwner,
}

/// Whose phone it is.
#[derive(Serialize, ToSchema)]
pub struct CaseloadOwner {
    /// The account.
    pub id: UserId,
    /// Its name at log-in.
    #[schema(example = "steward01")]
    pub username: String,
    /// How the steward is called.
    #[schema(example = "示例管家")]
    pub display_name: String,
}

/// A household with all that its steward has to know at the door.
#[derive(Serialize, ToSchema)]
pub struct HouseholdEntry {
    /// The dwelling.
    pub household: DwellingRecord,
    /// Who lives there.
    pub elders: Vec<CaseloadElder>,
    /// Visits owed in this week and the next, and what is still open.
    pub obligations: Vec<WorklistLine>,
    /// The last twelve visits, the latest first.
    pub visits: Vec<CaseloadVisit>,
    /// Hazards that are open or were found safe within thirty days.
    pub hazards: Vec<Hazard>,
    /// Orders that are not over or were done within thirty days.
    pub orders: Vec<CaseloadOrder>,
    /// Surveys owed.
    pub follow_ups_due: Vec<DueFollowup>,
    /// The door that stays shut.
    pub no_answer_case: Option<NoAnswerCase>,
    /// Beds and installations that are not over.
    pub care_beds: Vec<CareBed>,
    /// Emergencies that are not closed.
    pub emergencies: Vec<Emergency>,
    /// Needs that are open.
    pub needs: Vec<Need>,
}

/// An elder, with what a steward needs without signal.
#[derive(Serialize, ToSchema)]
pub struct CaseloadElder {
    /// Who.
    pub id: ElderId,
    /// The name in full.
    #[schema(example = "王福山")]
    pub name: String,
    /// Sex.
    pub sex: Sex,
    /// Birth date.
    pub birth_date: NaiveDate,
    /// Age today.
    #[schema(example = 79)]
    pub age: i32,
    /// Whether in care.
    pub status: ElderStatus,
    /// First day on which a passing status is expected to be over.
    pub status_until: Option<NaiveDate>,
    /// On what ground the elder is served.
    pub entitlement: Entitlement,
    /// Categories carried today.
    #[schema(example = json!(["living_alone"]))]
    pub categories: Vec<String>,
    /// How often a visit is owed by the file and by hand.
    pub tier: VisitTier,
    /// Why.
    #[schema(example = json!(["living_alone"]))]
    pub tier_reasons: Vec<String>,
    /// 0 to 100.
    pub risk: i16,
    /// What it follows from, the weightiest first.
    pub risk_reasons: Vec<RiskReason>,
    /// The phone in full.
    #[schema(example = "19900001234")]
    pub phone: Option<String>,
    /// Whom to call, in this order.
    pub contacts: Vec<CaseloadContact>,
    /// Consents in force.
    pub consents: Vec<ElderConsent>,
    /// What visitors must know of the elder's health.
    pub health_note: Option<String>,
    /// Remarks.
    pub remarks: String,
    /// The file's version, for edits.
    pub version: i32,
    /// How the elder was when last met, of the visits that are here.
    pub last_seen: Option<LastSeen>,
    /// Policies that the elder is entitled to and has not applied for.
    pub policies: Vec<CaseloadPolicy>,
}

/// Somebody to call.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CaseloadContact {
    /// Its id.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Relation to the elder.
    #[schema(example = "女儿")]
    pub relation: String,
    /// The phone in full.
    #[schema(example = "19900001235")]
    pub phone: String,
    /// To be called in an emergency.
    pub emergency: bool,
}

/// How an elder was when last met.
#[derive(Debug, Serialize, ToSchema)]
pub struct LastSeen {
    /// The visit.
    pub visit_id: VisitId,
    /// When.
    pub at: DateTime<Utc>,
    /// Physical condition.
    pub condition: PhysicalCondition,
    /// Daily diet.
    pub diet: Diet,
    /// Mood.
    pub mood: Mood,
}

/// A policy to be mentioned.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseloadPolicy {
    /// Which.
    pub policy_id: PolicyId,
    /// Its code.
    #[schema(example = "advanced_age_allowance")]
    pub code: String,
    /// Chinese title.
    #[schema(example = "高龄津贴")]
    pub title_zh: String,
}

/// A visit in short.
#[derive(Serialize, ToSchema)]
pub struct CaseloadVisit {
    /// Its id.
    pub id: VisitId,
    /// Check-in.
    pub started_at: DateTime<Utc>,
    /// Who visited.
    pub steward_id: UserId,
    /// How they are called.
    #[schema(example = "示例管家")]
    pub steward_name: String,
    /// How it went.
    pub outcome: VisitOutcome,
    /// What for.
    pub purposes: Vec<VisitPurpose>,
    /// 气, on a safety visit.
    pub gas: Option<CheckResult>,
    /// 电
    pub electric: Option<CheckResult>,
    /// 火
    pub fire: Option<CheckResult>,
    /// 水
    pub water: Option<CheckResult>,
    /// Each elder who was met.
    pub elders: Vec<CaseloadSeen>,
    /// What else there was to say.
    pub note: Option<String>,
}

/// How an elder was on a visit.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CaseloadSeen {
    /// Who.
    pub elder_id: ElderId,
    /// Physical condition.
    pub condition: PhysicalCondition,
    /// Daily diet.
    pub diet: Diet,
    /// Mood.
    pub mood: Mood,
    /// What else there was to say.
    pub note: Option<String>,
}

/// An order with who does it and its clocks.
#[derive(Serialize, ToSchema)]
pub struct CaseloadOrder {
    /// The order.
    #[serde(flatten)]
    pub order: Order,
    /// How the organisation is called that took it.
    pub organisation_name: Option<String>,
    /// Its clocks.
    pub clocks: Vec<OrderClock>,
}

/// A short hash of an entry: far fewer entries are compared than it can tell apart.
pub type EntryHash = [u8; 6];

/// The form of a cursor.
const FORM: u8 = 1;

/// What a phone holds: the hash of the reference, and of each household's entry.
#[derive(Debug, PartialEq, Eq)]
pub struct Held {
    /// Of the reference.
    pub reference: EntryHash,
    /// Of the households' entries.
    pub entries: Vec<EntryHash>,
}

impl Held {
    /// What a cursor says; nothing where it is none of ours, so that the phone is given everything anew.
    pub fn read(cursor: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (form, rest) = bytes.split_first()?;
        let (hashes, left) = rest.as_chunks();
        let (reference, entries) = hashes.split_first()?;
        (*form == FORM && left.is_empty()).then(|| Self {
            reference: *reference,
            entries: entries.to_vec(),
        })
    }

    /// As a cursor.
    pub fn cursor(&self) -> String {
        let mut bytes = vec![FORM];
        bytes.extend(self.reference);
        bytes.extend(self.entries.iter().flatten());
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_one_of_another_form_says_nothing() {
        let held = Held {
            reference: [1; 6],
            entries: vec![[2; 6], [3; 6]],
        };
        let cursor = held.cursor();
        assert_eq!(Held::read(&cursor), Some(held));
        for other in ["", "%%", "AQ", "AgEBAQEBAQ", "AQEBAQEBAQE"] {
            assert_eq!(Held::read(other), None, "{other}");
        }
    }
}
