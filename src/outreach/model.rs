//! Publicity events as they are stored, sent and received.

use crate::{
    error::{INVALID, Problem},
    ids::{AttachmentId, CommunityId, PolicyId, PublicityEventId, UserId},
    schema::sql_types as native,
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// By which channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::PublicityChannel")]
pub enum PublicityChannel {
    /// 电视
    Television,
    /// 报纸
    Newspaper,
    /// 手机应用
    App,
    /// 短视频
    ShortVideo,
    /// 宣传单
    Leaflet,
    /// 现场
    OnSite,
}

/// A publicity event to be recorded.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPublicityEvent {
    /// Made by the phone; the same id is the same event.
    #[garde(skip)]
    pub id: PublicityEventId,
    /// By which channel.
    #[garde(skip)]
    pub channel: PublicityChannel,
    /// In which compound; this or the division.
    #[garde(skip)]
    pub community_id: Option<CommunityId>,
    /// 12-digit code of the division that it was for; this or the community.
    #[garde(inner(pattern("^[1-9][0-9]{11}$")))]
    #[schema(example = "630104001000")]
    pub division_code: Option<String>,
    /// What it was about.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(example = "高龄津贴政策宣讲")]
    pub subject: String,
    /// Where exactly.
    #[garde(length(chars, max = 200))]
    #[serde(default)]
    #[schema(example = "小区活动室")]
    pub venue: String,
    /// When, by the device's clock.
    #[garde(skip)]
    pub held_at: DateTime<Utc>,
    /// The device's clock when it sent this.
    #[garde(skip)]
    pub device_now: DateTime<Utc>,
    /// Persons who were there or were reached.
    #[garde(range(min = 0, max = 1_000_000))]
    pub attendance: i32,
    /// Those of them to whom a policy was explained.
    #[garde(range(min = 0, max = 1_000_000))]
    pub explained: i32,
    /// Which policies.
    #[garde(length(max = 20))]
    #[serde(default)]
    pub policies: Vec<PolicyId>,
    /// Photos that the sender has uploaded.
    #[garde(length(max = 20))]
    #[serde(default)]
    pub photos: Vec<AttachmentId>,
}

impl NewPublicityEvent {
    /// The rules that hold between fields.
    ///
    /// # Errors
    /// 422 with every field at fault.
    pub fn check(&self) -> Result<(), Problem> {
        fn twice<T: PartialEq>(items: &[T]) -> bool {
            (1..items.len()).any(|n| items[..n].contains(&items[n]))
        }
        let rules = [
            (
                self.community_id.is_some() == self.division_code.is_some(),
                "community_id",
                "name the community or the division",
            ),
            (
                self.explained > self.attendance,
                "explained",
                "is more than attended",
            ),
            (
                self.explained > 0 && self.policies.is_empty(),
                "policies",
                "say which policies were explained",
            ),
            (twice(&self.policies), "policies", "names a policy twice"),
            (twice(&self.photos), "photos", "names a photo twice"),
        ];
        let problem = rules
            .into_iter()
            .filter(|(broken, ..)| *broken)
            .fold(INVALID.problem(), |problem, (_, field, message)| {
                problem.and_field(field, message)
            });
        if problem.fields.is_empty() {
            Ok(())
        } else {
            Err(problem)
        }
    }
}

/// A publicity event said anew.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicityEventCorrection {
    /// Why.
    #[garde(length(chars, min = 2, max = 500))]
    #[schema(example = "人数写错")]
    pub reason: String,
    /// The whole event as it should stand, under an id of its own.
    #[garde(dive)]
    pub event: NewPublicityEvent,
}

/// Why a publicity event counts no more.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicityEventWithdrawal {
    /// Why.
    #[garde(length(chars, min = 2, max = 500))]
    #[schema(example = "因停电未举办")]
    pub reason: String,
}

/// A publicity event, or one version of it.
#[derive(Debug, Clone, PartialEq, QueryableByName, Serialize, ToSchema)]
pub struct PublicityEvent {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: PublicityEventId,
    /// The first version's id: the event over all its corrections.
    #[diesel(sql_type = ty::Uuid)]
    pub root_id: PublicityEventId,
    /// 1 for the first version.
    #[diesel(sql_type = ty::SmallInt)]
    pub revision: i16,
    /// When a correction took its place; none for the version that counts.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub superseded_at: Option<DateTime<Utc>>,
    /// Why it was corrected; none for the first version.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub correction_reason: Option<String>,
    /// Who corrected it.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub corrected_by: Option<UserId>,
    /// By which channel.
    #[diesel(sql_type = native::PublicityChannel)]
    pub channel: PublicityChannel,
    /// In which compound; none for one of a whole division.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub community_id: Option<CommunityId>,
    /// The compound's division, or the one that it was for.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "630104001000")]
    pub division_code: String,
    /// What it was about.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "高龄津贴政策宣讲")]
    pub subject: String,
    /// Where exactly.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "小区活动室")]
    pub venue: String,
    /// When, the device's clock put right.
    #[diesel(sql_type = ty::Timestamptz)]
    pub held_at: DateTime<Utc>,
    /// Persons who were there or were reached.
    #[diesel(sql_type = ty::Integer)]
    pub attendance: i32,
    /// Those of them to whom a policy was explained: so many person-times.
    #[diesel(sql_type = ty::Integer)]
    pub explained: i32,
    /// Who recorded its first version.
    #[diesel(sql_type = ty::Uuid)]
    pub recorded_by: UserId,
    /// When the server received this version.
    #[diesel(sql_type = ty::Timestamptz)]
    pub received_at: DateTime<Utc>,
    /// When it was withdrawn.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// Who withdrew it.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub withdrawn_by: Option<UserId>,
    /// Why.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub withdrawal_reason: Option<String>,
    /// Which policies it was about.
    #[diesel(sql_type = ty::Array<ty::Uuid>)]
    pub policies: Vec<PolicyId>,
    /// Their versions in force on the day of the event, in the same order.
    #[diesel(sql_type = ty::Array<ty::Integer>)]
    pub policy_versions: Vec<i32>,
    /// Photos of this version.
    #[diesel(sql_type = ty::Array<ty::Uuid>)]
    pub photos: Vec<AttachmentId>,
}

impl PublicityEvent {
    /// Whether it says what was sent. The time is left out: a device's clock is put right anew each time it sends.
    pub fn says(&self, new: &NewPublicityEvent) -> bool {
        let sorted = |mut ids: Vec<_>| {
            ids.sort_unstable();
            ids
        };
        let place = match &new.division_code {
            Some(code) => self.community_id.is_none() && self.division_code == *code,
            None => self.community_id == new.community_id,
        };
        place
            && self.channel == new.channel
            && self.subject == new.subject
            && self.venue == new.venue
            && (self.attendance, self.explained) == (new.attendance, new.explained)
            && self.policies.iter().map(|p| p.0).collect::<Vec<_>>()
                == sorted(new.policies.iter().map(|p| p.0).collect())
            && self.photos.iter().map(|p| p.0).collect::<Vec<_>>()
                == sorted(new.photos.iter().map(|p| p.0).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use uuid::Uuid;

    #[test]
    fn each_rule_between_fields_names_its_field() {
        type Wrong = fn(&mut Value);
        let id = Uuid::from_u128(1);
        let broken = |change: Wrong| -> Vec<String> {
            let mut event = json!({ "id": id, "channel": "leaflet", "community_id": id, "subject": "宣讲", "held_at": "2024-01-08T01:00:00Z",
                "device_now": "2024-01-08T02:00:00Z", "attendance": 60, "explained": 60, "policies": [id], "photos": [id] });
            change(&mut event);
            let event: NewPublicityEvent = serde_json::from_value(event).unwrap();
            event
                .check()
                .err()
                .map(|p| p.fields.into_iter().map(|f| f.field).collect())
                .unwrap_or_default()
        };
        assert_eq!(broken(|_| {}), Vec::<String>::new());
        let cases: [(Wrong, &str); 6] = [
            (|e| e["community_id"] = Value::Null, "community_id"),
            (|e| e["division_code"] = json!("630104000000"), "community_id"),
            (|e| e["explained"] = json!(61), "explained"),
            (|e| e["policies"] = json!([]), "policies"),
            (
                |e| e["policies"] = json!([e["policies"][0], e["policies"][0]]),
                "policies",
            ),
            (
                |e| e["photos"] = json!([e["photos"][0], e["photos"][0]]),
                "photos",
            ),
        ];
        for (change, field) in cases {
            assert_eq!(broken(change), [field]);
        }
    }
}
