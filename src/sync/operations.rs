//! Which operations travel in an outbox.

use crate::error::Problem;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Where a body says what the device's clock is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceNow {
    /// Nowhere: the operation happens when it is received.
    Nowhere,
    /// In the body itself.
    Here,
    /// In this object of the body, where it has one.
    In(&'static str),
}

/// An operation that an item may name; all of them are `POST`.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// The contract's operationId.
    pub id: &'static str,
    /// The path below which its parameters are filled in.
    pub path: &'static str,
    /// Where its body tells the device's time.
    pub device_now: DeviceNow,
}

const fn plain(id: &'static str, path: &'static str) -> Operation {
    Operation {
        id,
        path,
        device_now: DeviceNow::Nowhere,
    }
}

const fn timed(id: &'static str, path: &'static str) -> Operation {
    Operation {
        id,
        path,
        device_now: DeviceNow::Here,
    }
}

const fn timed_in(id: &'static str, path: &'static str, part: &'static str) -> Operation {
    Operation {
        id,
        path,
        device_now: DeviceNow::In(part),
    }
}

/// All of them. A test holds each against the contract.
pub const OPERATIONS: &[Operation] = &[
    timed("visits_log", "/api/v1/visits"),
    timed_in("visits_correct", "/api/v1/visits/{id}/corrections", "visit"),
    plain("visits_photograph", "/api/v1/visits/{id}/photos"),
    timed("needs_collect", "/api/v1/needs"),
    plain("needs_solve", "/api/v1/needs/{id}/solve"),
    plain("needs_withdraw", "/api/v1/needs/{id}/withdraw"),
    plain("orders_request", "/api/v1/orders"),
    timed("followups_survey", "/api/v1/orders/{id}/follow-ups"),
    timed("second_asks_answer", "/api/v1/second-asks/{id}/answer"),
    timed_in("hazards_notify", "/api/v1/hazards/{id}/notices", "happened"),
    timed_in("hazards_report", "/api/v1/hazards/{id}/reports", "happened"),
    plain("hazards_make_responsible", "/api/v1/hazards/{id}/responsible"),
    plain("hazards_photograph", "/api/v1/hazards/{id}/photos"),
    plain("hazards_extend", "/api/v1/hazards/{id}/extension"),
    plain("hazards_repair", "/api/v1/hazards/{id}/repair-order"),
    timed("no_answer_cases_take_step", "/api/v1/no-answer-cases/{id}/steps"),
    plain("no_answer_cases_resolve", "/api/v1/no-answer-cases/{id}/resolve"),
    plain("emergencies_raise", "/api/v1/emergencies"),
    plain("emergencies_acknowledge", "/api/v1/emergencies/{id}/acknowledge"),
    timed("emergencies_take_step", "/api/v1/emergencies/{id}/steps"),
    plain("emergencies_order_service", "/api/v1/emergencies/{id}/services"),
    plain("emergencies_close", "/api/v1/emergencies/{id}/close"),
    timed("elder_events_record", "/api/v1/elders/{id}/events"),
    plain("elders_add_contact", "/api/v1/elders/{id}/contacts"),
    plain("elders_add_consent", "/api/v1/elders/{id}/consents"),
    plain("elders_set_status", "/api/v1/elders/{id}/status"),
    plain("elders_override_tier", "/api/v1/elders/{id}/tier-override"),
    timed("care_beds_inspect", "/api/v1/care-beds/{id}/inspections"),
    timed("publicity_events_record", "/api/v1/publicity-events"),
    timed_in(
        "publicity_events_correct",
        "/api/v1/publicity-events/{id}/corrections",
        "event",
    ),
    plain(
        "publicity_events_withdraw",
        "/api/v1/publicity-events/{id}/withdraw",
    ),
    plain(
        "policy_applications_apply",
        "/api/v1/elders/{id}/policy-applications",
    ),
    plain("policies_snooze", "/api/v1/elders/{id}/policy-snoozes"),
    plain("alerts_seen", "/api/v1/alerts/{id}/seen"),
    plain("sync_profile_edit", "/api/v1/sync/profile-edits"),
];

/// The operation of this id.
pub fn named(id: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.id == id)
}

impl Operation {
    /// The path with its parameters filled in.
    ///
    /// # Errors
    /// 422 when one is missing, or one is named that the path does not have.
    pub fn path(&self, given: &BTreeMap<String, Uuid>) -> Result<String, Problem> {
        let mut path = self.path.to_owned();
        for (name, value) in given {
            let place = format!("{{{name}}}");
            if !path.contains(&place) {
                return Err(Problem::field(
                    "path",
                    "names what the operation's path does not have",
                ));
            }
            path = path.replace(&place, &value.to_string());
        }
        if path.contains('{') {
            return Err(Problem::field("path", "lacks what the operation's path needs"));
        }
        Ok(path)
    }

    /// The body with the device's time as the item was sent.
    pub fn timed(&self, mut body: Value, device_now: &Value) -> Value {
        if let Some(part) = self.clocked(&mut body) {
            part["device_now"] = json!(device_now);
        }
        body
    }

    /// The body without the device's time: what is said is the same whenever it is sent.
    pub fn untimed(&self, mut body: Value) -> Value {
        if let Some(part) = self.clocked(&mut body).and_then(Value::as_object_mut) {
            part.remove("device_now");
        }
        body
    }

    fn clocked<'a>(&self, body: &'a mut Value) -> Option<&'a mut Value> {
        match self.device_now {
            DeviceNow::Nowhere => None,
            DeviceNow::Here => Some(body),
            DeviceNow::In(part) => body.get_mut(part),
        }
        .filter(|part| part.is_object())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_all_its_parameters_and_no_other() {
        let operation = named("needs_solve").unwrap();
        let id = Uuid::from_u128(7);
        let with = |names: &[&str]| {
            let given = names.iter().map(|name| ((*name).to_owned(), id)).collect();
            operation.path(&given)
        };
        assert_eq!(with(&["id"]).unwrap(), format!("/api/v1/needs/{id}/solve"));
        assert!(with(&[]).is_err());
        assert!(with(&["id", "other"]).is_err());
    }

    #[test]
    fn the_devices_time_is_put_where_the_operation_looks_for_it_and_is_no_content() {
        let now = json!("2024-01-08T01:00:00Z");
        let log = named("visits_log").unwrap();
        assert_eq!(
            log.timed(json!({ "a": 1 }), &now),
            json!({ "a": 1, "device_now": now })
        );
        assert_eq!(
            log.untimed(json!({ "a": 1, "device_now": "x" })),
            json!({ "a": 1 })
        );
        let correct = named("visits_correct").unwrap();
        assert_eq!(
            correct.timed(json!({ "visit": {} }), &now),
            json!({ "visit": { "device_now": now } })
        );
        assert_eq!(correct.timed(json!({}), &now), json!({}));
        let solve = named("needs_solve").unwrap();
        assert_eq!(solve.timed(json!({}), &now), json!({}));
    }
}
