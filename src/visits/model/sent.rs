//! Visits as they are sent, and the rules that a visit must keep.

use super::{CheckResult, Diet, Mood, PhysicalCondition, VisitOutcome, VisitPosition, VisitPurpose};
use crate::{
    attachments::model::AttachmentRole,
    clock::AHEAD,
    error::{FieldProblem, INVALID, Problem},
    hazards::model::{HazardKind, HazardSeverity},
    ids::{AttachmentId, ElderId, HazardId, HouseholdId, ItemId, NeedId, PolicyId, VisitId},
    text::canonical,
};
use chrono::{DateTime, Duration, SubsecRound, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use utoipa::ToSchema;

/// One of the four checks.
#[derive(Debug, Clone, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What it found.
    #[garde(skip)]
    pub result: CheckResult,
    /// The points looked at.
    #[garde(length(max = 30), inner(length(chars, min = 1, max = 60)))]
    #[serde(default)]
    #[schema(example = json!(["hose", "leak_test"]))]
    pub points: Vec<String>,
    /// Why it was not checked.
    #[garde(length(chars, max = 200))]
    pub reason: Option<String>,
}

/// The four checks of a safety visit.
#[derive(Debug, Clone, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Checks {
    /// 气
    #[garde(dive)]
    pub gas: Check,
    /// 电
    #[garde(dive)]
    pub electric: Check,
    /// 火
    #[garde(dive)]
    pub fire: Check,
    /// 水
    #[garde(dive)]
    pub water: Check,
}

impl Checks {
    /// Each with its name and the kind of hazard that it can find.
    pub fn each(&self) -> [(&'static str, HazardKind, &Check); 4] {
        [
            ("gas", HazardKind::Gas, &self.gas),
            ("electric", HazardKind::Electric, &self.electric),
            ("fire", HazardKind::Fire, &self.fire),
            ("water", HazardKind::Water, &self.water),
        ]
    }
}

/// An elder who was met.
#[derive(Clone, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ElderMet {
    /// Who.
    #[garde(skip)]
    pub elder_id: ElderId,
    /// Physical condition.
    #[garde(skip)]
    pub condition: PhysicalCondition,
    /// Daily diet.
    #[garde(skip)]
    pub diet: Diet,
    /// Mood.
    #[garde(skip)]
    pub mood: Mood,
    /// What else there is to say; sealed.
    #[garde(length(chars, max = 1000))]
    pub note: Option<String>,
}

/// Something unsafe that was found.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HazardFound {
    /// Made by the phone, so that it can tell of the hazard before it has a signal; made here where it is absent.
    #[garde(skip)]
    pub id: Option<HazardId>,
    /// What kind.
    #[garde(skip)]
    pub kind: HazardKind,
    /// How bad.
    #[garde(skip)]
    pub severity: HazardSeverity,
    /// At which check point.
    #[garde(length(chars, min = 1, max = 60))]
    #[schema(example = "hose")]
    pub check_point: String,
    /// What was seen.
    #[garde(length(chars, max = 1000))]
    #[schema(example = "软管龟裂")]
    pub description: String,
    /// What was done before leaving; needed for a major one.
    #[garde(length(chars, max = 1000))]
    #[serde(default)]
    #[schema(example = "已关阀通风，联系燃气公司")]
    pub measure: String,
    /// Photos of it that the steward has uploaded.
    #[garde(length(max = 10))]
    #[serde(default)]
    pub photos: Vec<AttachmentId>,
}

/// A photo of the visit.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhotoTaken {
    /// A photo that the steward has uploaded.
    #[garde(skip)]
    pub attachment_id: AttachmentId,
    /// What it shows: `photo`, `before` or `after`.
    #[garde(skip)]
    pub role: AttachmentRole,
}

/// What an elder asked for.
#[derive(Clone, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NeedCollected {
    /// Made by the phone.
    #[garde(skip)]
    pub id: NeedId,
    /// Who asked; an elder of the household.
    #[garde(skip)]
    pub elder_id: ElderId,
    /// For which item of the day's menu.
    #[garde(skip)]
    pub item_id: ItemId,
    /// In the elder's words.
    #[garde(length(chars, max = 1000))]
    #[serde(default)]
    #[schema(example = "想请人打扫厨房")]
    pub description: String,
    /// How it was solved on the spot, where it was; only what a steward may deliver.
    #[garde(length(chars, min = 1, max = 1000))]
    pub solved: Option<String>,
}

/// A policy that was explained to somebody who was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyExplained {
    /// Which policy; in force on the day of the visit.
    #[garde(skip)]
    pub policy_id: PolicyId,
    /// To whom of those met.
    #[garde(skip)]
    pub elder_id: ElderId,
}

/// Where the phone was.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckIn {
    /// At the door, elsewhere, unknown: each is an answer.
    #[garde(skip)]
    pub position: VisitPosition,
    /// Degrees north, WGS 84.
    #[garde(inner(range(min = -90.0, max = 90.0)))]
    pub latitude: Option<f64>,
    /// Degrees east, WGS 84.
    #[garde(inner(range(min = -180.0, max = 180.0)))]
    pub longitude: Option<f64>,
    /// Radius in metres within which it was.
    #[garde(inner(range(min = 0.0, max = 100_000.0)))]
    pub accuracy_m: Option<f32>,
}

/// A visit to be logged.
#[derive(Clone, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVisit {
    /// Made by the phone; the same id is the same visit.
    #[garde(skip)]
    pub id: VisitId,
    /// Where.
    #[garde(skip)]
    pub household_id: HouseholdId,
    /// What for.
    #[garde(length(min = 1, max = 5))]
    pub purposes: Vec<VisitPurpose>,
    /// How it went.
    #[garde(skip)]
    pub outcome: VisitOutcome,
    /// Check-in, by the device's clock.
    #[garde(skip)]
    pub started_at: DateTime<Utc>,
    /// Check-out, by the device's clock.
    #[garde(skip)]
    pub ended_at: DateTime<Utc>,
    /// The device's clock when it sent this: what it is off by is taken from the other times.
    #[garde(skip)]
    pub device_now: DateTime<Utc>,
    /// Where the phone was.
    #[garde(dive)]
    pub check_in: CheckIn,
    /// The four checks, on a safety visit that met somebody.
    #[garde(dive)]
    pub checks: Option<Checks>,
    /// Who was met.
    #[garde(length(max = 10), dive)]
    #[serde(default)]
    pub elders: Vec<ElderMet>,
    /// What was found unsafe.
    #[garde(length(max = 20), dive)]
    #[serde(default)]
    pub hazards: Vec<HazardFound>,
    /// Hazards of earlier visits that are safe now.
    #[garde(length(max = 50))]
    #[serde(default)]
    pub cleared: Vec<HazardId>,
    /// Hazards of earlier visits that were checked again and are still unsafe.
    #[garde(length(max = 50))]
    #[serde(default)]
    pub still_unsafe: Vec<HazardId>,
    /// What was asked for.
    #[garde(length(max = 20), dive)]
    #[serde(default)]
    pub needs: Vec<NeedCollected>,
    /// Policies that were explained, whatever the visit was for.
    #[garde(length(max = 20), dive)]
    #[serde(default)]
    pub policies: Vec<PolicyExplained>,
    /// Photos of the visit.
    #[garde(length(max = 20), dive)]
    #[serde(default)]
    pub photos: Vec<PhotoTaken>,
    /// What else there is to say; sealed.
    #[garde(length(chars, max = 2000))]
    pub note: Option<String>,
    /// Version of the form it was entered on; old ones are accepted for ever.
    #[garde(range(min = 1))]
    pub form_version: i16,
}

/// Photos that come after the visit they were taken on: the words go first where the signal is weak.
#[derive(Debug, Clone, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVisitPhotos {
    /// One to twenty.
    #[garde(length(min = 1, max = 20), dive)]
    pub photos: Vec<PhotoTaken>,
}

impl NewVisitPhotos {
    /// No signature among them, none named twice.
    ///
    /// # Errors
    /// 422 with every field at fault.
    pub fn check(&self) -> Result<(), Problem> {
        let mut problem = INVALID.problem();
        photos_of_a_visit(&self.photos, &mut |field, message| {
            problem.fields.push(FieldProblem {
                field,
                message: message.to_owned(),
            });
        });
        if problem.fields.is_empty() {
            Ok(())
        } else {
            Err(problem)
        }
    }
}

fn photos_of_a_visit(photos: &[PhotoTaken], wrong: &mut impl FnMut(String, &str)) {
    for (n, photo) in photos.iter().enumerate() {
        if photos[..n].iter().any(|p| p.attachment_id == photo.attachment_id) {
            wrong(format!("photos[{n}]"), "is named twice");
        }
        if matches!(photo.role, AttachmentRole::Signature | AttachmentRole::Document) {
            wrong(format!("photos[{n}].role"), "must be one of photo, before, after");
        }
    }
}

impl NewVisit {
    /// What the device's clock was ahead of the server's by.
    pub fn offset(&self, now: DateTime<Utc>) -> Duration {
        self.device_now - now
    }

    /// Check-in, the device's clock put right, to the microsecond that is stored.
    pub fn began(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        (self.started_at - self.offset(now)).trunc_subsecs(6)
    }

    /// Check-out, likewise.
    pub fn ended(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        (self.ended_at - self.offset(now)).trunc_subsecs(6)
    }

    /// The hazards of earlier visits that it speaks of, by the field that names them.
    pub fn rechecked(&self) -> [(&'static str, &[HazardId]); 2] {
        [("cleared", &self.cleared), ("still_unsafe", &self.still_unsafe)]
    }

    /// Whether it says anything of hazards.
    pub fn tells_of_hazards(&self) -> bool {
        !self.hazards.is_empty() || self.rechecked().iter().any(|(_, ids)| !ids.is_empty())
    }

    /// The elders that it names, whatever for.
    pub fn named_elders(&self) -> Vec<ElderId> {
        let met = self.elders.iter().map(|e| e.elder_id);
        met.chain(self.needs.iter().map(|n| n.elder_id)).collect()
    }

    /// The same with the files that are kept in the place of those that were merged into them; nothing where it names none of those.
    /// Where both were met the kept file's line stays, as it does when they are merged.
    pub fn under_kept_files(&self, kept: &HashMap<ElderId, ElderId>) -> Option<Self> {
        let of = |id: ElderId| kept.get(&id).copied().unwrap_or(id);
        if !self.named_elders().iter().any(|id| kept.contains_key(id)) {
            return None;
        }
        let mut visit = self.clone();
        let met = |id: ElderId| self.elders.iter().any(|e| e.elder_id == id);
        visit
            .elders
            .retain(|e| of(e.elder_id) == e.elder_id || !met(of(e.elder_id)));
        for elder in &mut visit.elders {
            elder.elder_id = of(elder.elder_id);
        }
        for need in &mut visit.needs {
            need.elder_id = of(need.elder_id);
        }
        let mut told = Vec::new();
        for mut policy in std::mem::take(&mut visit.policies) {
            policy.elder_id = of(policy.elder_id);
            if !told.contains(&policy) {
                told.push(policy);
            }
        }
        visit.policies = told;
        Some(visit)
    }

    /// SHA-256 of what is said, as canonical JSON: keys sorted, what is empty left out, so that a field that a later version of the
    /// service adds changes no hash. The device's present time is no content: it is another each time the phone sends.
    ///
    /// # Errors
    /// A fault of ours when the value is not JSON.
    pub fn content_hash(&self) -> Result<[u8; 32], Problem> {
        let mut value = serde_json::to_value(self).map_err(Problem::internal)?;
        if let Value::Object(fields) = &mut value {
            fields.remove("device_now");
        }
        Ok(Sha256::digest(canonical(&without_empty(value))).into())
    }

    /// The rules that hold between fields.
    ///
    /// # Errors
    /// 422 with every field at fault.
    pub fn check(&self, now: DateTime<Utc>) -> Result<(), Problem> {
        let mut problem = INVALID.problem();
        let mut wrong = |field: String, message: &str| {
            problem.fields.push(FieldProblem {
                field,
                message: message.to_owned(),
            })
        };
        let started = self.started_at - self.offset(now);
        if started > now + AHEAD {
            wrong("started_at".into(), "lies in the future");
        }
        if self.ended_at < self.started_at || self.ended_at > self.started_at + Duration::hours(24) {
            wrong("ended_at".into(), "must lie within 24 hours after started_at");
        }
        for (n, purpose) in self.purposes.iter().enumerate() {
            if self.purposes[..n].contains(purpose) {
                wrong(format!("purposes[{n}]"), "is named twice");
            }
        }
        for (n, elder) in self.elders.iter().enumerate() {
            if self.elders[..n].iter().any(|e| e.elder_id == elder.elder_id) {
                wrong(format!("elders[{n}]"), "is named twice");
            }
        }
        for (n, need) in self.needs.iter().enumerate() {
            if self.needs[..n].iter().any(|e| e.id == need.id) {
                wrong(format!("needs[{n}]"), "is named twice");
            }
        }
        for (n, policy) in self.policies.iter().enumerate() {
            if self.policies[..n].contains(policy) {
                wrong(format!("policies[{n}]"), "is named twice");
            }
            if !self.elders.iter().any(|e| e.elder_id == policy.elder_id) {
                wrong(format!("policies[{n}].elder_id"), "was not met");
            }
        }
        photos_of_a_visit(&self.photos, &mut wrong);
        let met = self.outcome == VisitOutcome::Met;
        if met == self.elders.is_empty() {
            wrong(
                "elders".into(),
                if met { "name who was met" } else { "nobody was met" },
            );
        }
        if self.checks.is_some() != (met && self.purposes.contains(&VisitPurpose::Safety)) {
            wrong(
                "checks".into(),
                "the four checks belong to a safety visit that met somebody, and only to it",
            );
        }
        if !met && self.tells_of_hazards() {
            wrong(
                "hazards".into(),
                "nothing can be found, cleared or checked again where nobody was met",
            );
        }
        if !met && !self.needs.is_empty() {
            wrong("needs".into(), "nobody was met who could ask");
        }
        for (name, kind, check) in self.checks.iter().flat_map(Checks::each) {
            let named = self.hazards.iter().any(|h| h.kind == kind);
            if check.result == CheckResult::Hazard && !named {
                wrong(format!("checks.{name}"), "says hazard: name it in hazards");
            }
            if check.result == CheckResult::NotChecked
                && check.reason.as_deref().is_none_or(|r| r.trim().is_empty())
            {
                wrong(format!("checks.{name}.reason"), "say why it was not checked");
            }
        }
        for (n, hazard) in self.hazards.iter().enumerate() {
            if hazard.severity == HazardSeverity::Major && hazard.measure.trim().is_empty() {
                wrong(
                    format!("hazards[{n}].measure"),
                    "a major hazard is handled before leaving: say how",
                );
            }
            if hazard.id.is_some() && self.hazards[..n].iter().any(|h| h.id == hazard.id) {
                wrong(format!("hazards[{n}].id"), "is named twice");
            }
            if (1..hazard.photos.len()).any(|p| hazard.photos[..p].contains(&hazard.photos[p])) {
                wrong(format!("hazards[{n}].photos"), "names a photo twice");
            }
        }
        for (n, id) in self.still_unsafe.iter().enumerate() {
            if self.cleared.contains(id) || self.still_unsafe[..n].contains(id) {
                wrong(format!("still_unsafe[{n}]"), "is named twice, or found safe too");
            }
        }
        let own = |id: &HazardId| self.hazards.iter().any(|h| h.id == Some(*id));
        for (name, ids) in self.rechecked() {
            if let Some(n) = ids.iter().position(own) {
                wrong(format!("{name}[{n}]"), "was found by this visit");
            }
        }
        let at = &self.check_in;
        if at.latitude.is_some() != at.longitude.is_some()
            || at.position == VisitPosition::AtDoor && at.latitude.is_none()
        {
            wrong("check_in".into(), "a position has latitude and longitude");
        }
        if problem.fields.is_empty() {
            Ok(())
        } else {
            Err(problem)
        }
    }
}

/// A visit said anew.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitCorrection {
    /// Why.
    #[garde(length(chars, min = 2, max = 500))]
    #[schema(example = "误选了结果，实际已见到老人")]
    pub reason: String,
    /// The whole visit as it should stand, under an id of its own.
    #[garde(dive)]
    pub visit: NewVisit,
}

/// The value without the fields that are empty, at every depth.
fn without_empty(value: Value) -> Value {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(_, value)| !empty(value))
            .map(|(key, value)| (key, without_empty(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_empty).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    fn visit(change: impl FnOnce(&mut Value)) -> NewVisit {
        let mut value = json!({ "id": Uuid::nil(), "household_id": Uuid::nil(), "purposes": ["needs"], "outcome": "met",
            "started_at": "2024-01-15T00:30:00Z", "ended_at": "2024-01-15T00:50:00Z", "device_now": "2024-01-15T01:00:00Z",
            "check_in": { "position": "unknown" }, "form_version": 1,
            "elders": [{ "elder_id": Uuid::nil(), "condition": "good", "diet": "regular", "mood": "calm" }] });
        change(&mut value);
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_hash_is_of_what_is_said_and_not_of_when_it_is_sent() {
        let hash = |change: fn(&mut Value)| visit(change).content_hash().unwrap();
        let plain = hash(|_| {});
        assert_eq!(hash(|v| v["device_now"] = json!("2024-01-16T01:00:00Z")), plain);
        assert_eq!(
            hash(|v| v["note"] = json!("")),
            plain,
            "an empty note says nothing"
        );
        assert_eq!(
            hash(|v| v["policies"] = json!([])),
            plain,
            "no policy is what was always said"
        );
        let others: [fn(&mut Value); 5] = [
            |v| v["note"] = json!("门口有快递"),
            |v| v["elders"][0]["mood"] = json!("low"),
            |v| v["ended_at"] = json!("2024-01-15T00:51:00Z"),
            |v| v["photos"] = json!([{ "attachment_id": Uuid::nil(), "role": "photo" }]),
            |v| v["policies"] = json!([{ "policy_id": Uuid::nil(), "elder_id": Uuid::nil() }]),
        ];
        for other in others {
            assert_ne!(hash(other), plain);
        }
    }

    /// The fields that break a rule.
    fn fields(visit: NewVisit) -> Vec<String> {
        let now = "2024-01-15T01:00:00Z".parse().unwrap();
        let problem = visit.check(now).err();
        problem
            .map(|p| p.fields.into_iter().map(|f| f.field).collect())
            .unwrap_or_default()
    }

    #[test]
    fn a_policy_is_explained_to_somebody_who_was_met_and_named_once() {
        let (policy, met) = (Uuid::from_u128(1), Uuid::nil());
        let explained = visit(|v| {
            let once = json!({ "policy_id": policy, "elder_id": met });
            let other = json!({ "policy_id": policy, "elder_id": policy });
            v["policies"] = json!([once, other, once]);
        });
        assert_eq!(fields(explained), ["policies[1].elder_id", "policies[2]"]);
    }

    #[test]
    fn a_photo_of_a_visit_is_no_signature_and_none_is_named_twice() {
        assert_eq!(fields(visit(|_| {})), Vec::<String>::new());
        let photos = visit(|v| {
            v["photos"] = json!([{ "attachment_id": Uuid::nil(), "role": "before" }, { "attachment_id": Uuid::nil(), "role": "signature" }]);
        });
        assert_eq!(fields(photos), ["photos[1]", "photos[1].role"]);
    }

    #[test]
    fn a_visit_neither_clears_nor_checks_again_what_it_found_and_says_one_thing_of_a_hazard() {
        let now = "2024-01-15T01:00:00Z".parse().unwrap();
        let [own, other] = [Uuid::from_u128(1), Uuid::from_u128(2)];
        let visit = visit(|v| {
            v["hazards"] = json!([{ "id": own, "kind": "gas", "severity": "advice", "check_point": "hose", "description": "" },
                                  { "id": own, "kind": "fire", "severity": "advice", "check_point": "corridor", "description": "" }]);
            v["cleared"] = json!([other, own]);
            v["still_unsafe"] = json!([other]);
        });
        let fields: Vec<_> = visit
            .check(now)
            .unwrap_err()
            .fields
            .into_iter()
            .map(|f| f.field)
            .collect();
        assert_eq!(fields, ["hazards[1].id", "still_unsafe[0]", "cleared[1]"]);
    }
}
