//! A row of the trail and its place in the chain.

use crate::text::canonical;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What happened, without its place in the chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its own id.
    pub id: Uuid,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// Who did it; none for a job.
    pub actor_id: Option<Uuid>,
    /// In which role.
    pub actor_role: Option<String>,
    /// What was done: `elders.read`, `orders.accept`.
    pub action: String,
    /// To what kind of thing.
    pub subject_kind: String,
    /// To which one.
    pub subject_id: Option<Uuid>,
    /// Whose file it concerns.
    pub elder_id: Option<Uuid>,
    /// In which community.
    pub community_id: Option<Uuid>,
    /// In which request.
    pub request_id: Option<Uuid>,
    /// States and field names; nothing personal.
    pub detail: Value,
}

impl Entry {
    /// The row as it waits in the inbox.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }

    /// Concerns this elder's file.
    #[must_use]
    pub fn elder(mut self, elder: crate::ids::ElderId) -> Self {
        self.elder_id = Some(elder.0);
        self
    }

    /// Happened in this community.
    #[must_use]
    pub fn community(mut self, community: crate::ids::CommunityId) -> Self {
        self.community_id = Some(community.0);
        self
    }

    /// Carries these states and field names.
    #[must_use]
    pub fn detail(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }
}

/// The hash of the row at `seq`, which follows a row whose hash is `prev`.
///
/// Over the previous hash and the row as canonical JSON (keys sorted), so that no row can be changed, dropped, added or
/// moved without every later hash changing.
pub fn chain_hash(prev: &[u8], seq: i64, entry: &Entry) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(prev);
    hasher.update(seq.to_be_bytes());
    hasher.update(canonical(&entry.to_json()).as_bytes());
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_hash_depends_on_place_content_and_predecessor_but_not_on_key_order() {
        let entry = |detail| Entry {
            id: Uuid::nil(),
            occurred_at: DateTime::UNIX_EPOCH,
            actor_id: None,
            actor_role: None,
            action: "orders.accept".into(),
            subject_kind: "order".into(),
            subject_id: None,
            elder_id: None,
            community_id: None,
            request_id: None,
            detail,
        };
        let hash = chain_hash(&[0; 32], 1, &entry(json!({"a": 1, "b": 2})));
        assert_eq!(hash, chain_hash(&[0; 32], 1, &entry(json!({"b": 2, "a": 1}))));
        assert_ne!(hash, chain_hash(&[0; 32], 2, &entry(json!({"a": 1, "b": 2}))));
        assert_ne!(hash, chain_hash(&[1; 32], 1, &entry(json!({"a": 1, "b": 2}))));
        assert_ne!(hash, chain_hash(&[0; 32], 1, &entry(json!({"a": 1, "b": 3}))));
    }
}
