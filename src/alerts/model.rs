//! Alerts and webhooks as they are raised, stored and told.

use crate::{
    config::AlertConfig,
    error::Problem,
    ids::{AlertId, CommunityId, UserId, WebhookId},
    schema::sql_types as native,
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
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

/// An alert.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct Alert {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: AlertId,
    /// What has happened.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "emergency.raised")]
    pub topic: String,
    /// How soon somebody must look.
    #[diesel(sql_type = native::AlertUrgency)]
    pub urgency: Urgency,
    /// What the subject is.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "emergency")]
    pub subject_kind: String,
    /// The record that it is about.
    #[diesel(sql_type = ty::Uuid)]
    pub subject_id: Uuid,
    /// Where that is.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub community_id: Option<CommunityId>,
    /// Ids, codes and times.
    #[diesel(sql_type = ty::Jsonb)]
    #[schema(value_type = Object, example = json!({ "kind": "medical" }))]
    pub detail: Value,
    /// When it was raised.
    #[diesel(sql_type = ty::Timestamptz)]
    pub raised_at: DateTime<Utc>,
}

/// An alert on a person's own list.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct OwnAlert {
    /// The alert.
    #[diesel(embed)]
    #[serde(flatten)]
    pub alert: Alert,
    /// When they said that they have seen it.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub seen_at: Option<DateTime<Utc>>,
}

/// A gateway that is told of alerts.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct Webhook {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: WebhookId,
    /// What it is called.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "短信网关")]
    pub name: String,
    /// Where it is.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "https://sms.example.gov.cn/steward")]
    pub url: String,
    /// Of which alerts: a topic, a family, or all.
    #[diesel(sql_type = ty::Array<ty::Text>)]
    #[schema(example = json!(["emergency.*"]))]
    pub topics: Vec<String>,
    /// It is told now.
    #[diesel(sql_type = ty::Bool)]
    pub enabled: bool,
    /// Until then its former secret signs beside the present one.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub former_secret_until: Option<DateTime<Utc>>,
    /// Who made it.
    #[diesel(sql_type = ty::Uuid)]
    pub created_by: UserId,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// Counts the changes; the ETag.
    #[diesel(sql_type = ty::Integer)]
    pub version: i32,
}

/// A gateway with the secret that was made for it.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookWithSecret {
    /// The gateway.
    #[serde(flatten)]
    pub webhook: Webhook,
    /// Shown this once.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    pub secret: String,
}

/// A gateway to be told.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// What it is called.
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(example = "短信网关")]
    pub name: String,
    /// Where it is: https.
    #[garde(length(max = 500))]
    #[schema(example = "https://sms.example.gov.cn/steward")]
    pub url: String,
    /// Of which alerts: a topic (`emergency.raised`), a family (`emergency.*`), or all (`*`).
    #[garde(length(min = 1, max = 50), inner(length(max = 64), custom(may_be_asked_for)))]
    #[schema(example = json!(["emergency.*"]))]
    pub topics: Vec<String>,
}

/// What of a gateway is changed; what is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookPatch {
    /// What it is called.
    #[garde(inner(length(chars, min = 1, max = 100)))]
    #[schema(example = "短信网关")]
    pub name: Option<String>,
    /// Where it is: https.
    #[garde(inner(length(max = 500)))]
    #[schema(example = "https://sms.example.gov.cn/steward")]
    pub url: Option<String>,
    /// Of which alerts.
    #[garde(inner(length(min = 1, max = 50), inner(length(max = 64), custom(may_be_asked_for))))]
    #[schema(example = json!(["emergency.*", "hazard.overdue"]))]
    pub topics: Option<Vec<String>>,
    /// It is told.
    #[garde(skip)]
    pub enabled: Option<bool>,
}

/// What a gateway may ask for: a topic, its family, everything.
fn may_be_asked_for(asked: &str, (): &()) -> garde::Result {
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let parts: Vec<&str> = asked.split('.').collect();
    let fits = match parts[..] {
        ["*"] => true,
        [family, "*"] => word(family),
        [_, _, ..] => parts.iter().all(|part| word(part)),
        _ => false,
    };
    if fits {
        Ok(())
    } else {
        Err(garde::Error::new(
            "is not a topic (emergency.raised), a family (emergency.*) or *",
        ))
    }
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// The queue will try it, for the first time or again.
    Waiting,
    /// The gateway has taken it.
    Delivered,
    /// The queue will not try it again by itself: its job is a dead letter, or was not to be done.
    GivenUp,
}

/// One alert for one gateway.
#[derive(Debug, Serialize, ToSchema)]
pub struct Delivery {
    /// The alert.
    pub alert_id: AlertId,
    /// What had happened.
    #[schema(example = "emergency.raised")]
    pub topic: String,
    /// How soon somebody had to look.
    pub urgency: Urgency,
    /// When it was raised.
    pub raised_at: DateTime<Utc>,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i32,
    /// When it was tried last.
    pub attempted_at: Option<DateTime<Utc>>,
    /// What the gateway answered then; none when it did not.
    pub http_status: Option<i16>,
    /// Why the last attempt failed.
    #[schema(example = "the gateway answered 500")]
    pub last_error: Option<String>,
    /// When the gateway took it.
    pub delivered_at: Option<DateTime<Utc>>,
}

/// Whether an address is one that a gateway may have: https, or http where the settings allow it; without a log-in in it.
///
/// # Errors
/// 422 when it is not.
pub fn check_url(url: &str, config: &AlertConfig) -> Result<(), Problem> {
    let wrong = |why: &'static str| Err(Problem::field("url", why));
    let Ok(parsed) = reqwest::Url::parse(url) else {
        return wrong("is not an address");
    };
    match parsed.scheme() {
        "https" => {}
        "http" if config.webhooks_plain => {}
        _ => return wrong("must begin with https://"),
    }
    if !parsed.has_host() {
        return wrong("names no host");
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return wrong("must not hold a log-in");
    }
    Ok(())
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
        for asked in alert.patterns() {
            assert!(may_be_asked_for(&asked, &()).is_ok(), "{asked}");
        }
        for asked in [
            "",
            "emergency",
            "emergency.",
            ".*",
            "Emergency.raised",
            "*.raised",
            "a.b.*",
        ] {
            assert!(may_be_asked_for(asked, &()).is_err(), "{asked}");
        }
    }

    #[test]
    fn a_gateway_is_addressed_by_https_and_the_address_holds_no_log_in() {
        let config = |webhooks_plain| AlertConfig {
            streams: 1,
            streams_per_account: 1,
            heartbeat: std::time::Duration::ZERO,
            poll: std::time::Duration::ZERO,
            webhook_timeout: std::time::Duration::ZERO,
            webhooks_plain,
            webhook_rotation_hours: 1,
        };
        let (strict, plain) = (config(false), config(true));
        check_url("https://sms.example/hook?city=6301", &strict).unwrap();
        check_url("http://10.1.2.3/hook", &plain).unwrap();
        for url in [
            "http://10.1.2.3/hook",
            "ftp://sms.example/",
            "sms.example/hook",
            "https://a:b@sms.example/",
            "https:///",
        ] {
            assert!(check_url(url, &strict).is_err(), "{url}");
        }
    }
}
