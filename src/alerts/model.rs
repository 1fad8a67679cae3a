//! Alerts as they are raised, stored and told.

use crate::ids::{CommunityId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// How soon somebody must look.
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
#[db_enum(existing_type_path = "crate::schema::sql_types::AlertUrgency")]
pub enum Urgency {
    /// With the next look at the list.
    Routine,
    /// Today.
    Soon,
    /// Now: a person may be in danger.
    Immediate,
}

/// An alert to be raised.
#[derive(Debug, Clone)]
pub struct NewAlert {
    /// What has happened: `emergency.raised`; words of a-z and _, at most 64 characters.
    pub topic: &'static str,
    /// How soon somebody must look.
    pub urgency: Urgency,
    /// What the subject is: `emergency`.
    pub subject_kind: &'static str,
    /// The record that the alert is about.
    pub subject_id: Uuid,
    /// Where it is, where it is somewhere.
    pub community_id: Option<CommunityId>,
    /// Who is told; somebody named twice is told once.
    pub recipients: Vec<UserId>,
    /// Ids, codes and times, as a JSON object of at most 4,000 bytes; nothing personal: it leaves the service.
    pub detail: Value,
}

impl NewAlert {
    /// What an endpoint may have asked for to be told of this: the topic, its family, everything.
    pub fn patterns(&self) -> [String; 3] {
        let family = self.topic.split('.').next().unwrap_or_default();
        [self.topic.to_owned(), format!("{family}.*"), "*".to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_may_ask_for_a_topic_its_family_or_everything() {
        let alert = NewAlert {
            topic: "emergency.raised",
            urgency: Urgency::Immediate,
            subject_kind: "emergency",
            subject_id: Uuid::nil(),
            community_id: None,
            recipients: Vec::new(),
            detail: Value::Null,
        };
        assert_eq!(alert.patterns(), ["emergency.raised", "emergency.*", "*"]);
    }
}
