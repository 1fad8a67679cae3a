//! How each operation is called about the thing of its row.

use super::{
    rows::Row,
    world::{At, COMPANY, HERE, MEALS, Place, World},
};
use serde_json::{Value, json};
use steward::tx::Role;
use uuid::Uuid;

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Call {
    pub path: Vec<(&'static str, String)>,
    pub query: String,
    pub etag: Option<String>,
    /// The alert after which a stream goes on.
    pub after: Option<Uuid>,
    pub body: Option<Value>,
    /// What it is about, where that has an id.
    pub about: Option<Uuid>,
}

fn to(id: Uuid) -> Call {
    Call {
        path: vec![("id", id.to_string())],
        about: Some(id),
        ..Call::default()
    }
}

fn with(body: Value) -> Call {
    Call {
        body: Some(body),
        ..Call::default()
    }
}

impl Call {
    fn saying(self, body: Value) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }

    fn and(mut self, name: &'static str, value: &str) -> Self {
        self.path.push((name, value.to_owned()));
        self
    }

    /// About this rather than what the path names.
    fn about(self, id: Uuid) -> Self {
        Self {
            about: Some(id),
            ..self
        }
    }

    /// The same about something that is nowhere, and of a version that it never had: who may not know of a thing is not told
    /// its version either.
    pub fn about_nothing(&self) -> Option<Self> {
        let (about, nothing) = (self.about?.to_string(), Uuid::now_v7().to_string());
        let path = self.path.iter();
        Some(Self {
            path: path
                .map(|(name, value)| (*name, value.replace(&about, &nothing)))
                .collect(),
            etag: self.etag.as_ref().map(|_| "\"999\"".to_owned()),
            after: self.after.map(|_| Uuid::now_v7()),
            body: self.body.as_ref().map(|body| {
                let told = body.to_string().replace(&about, &nothing);
                serde_json::from_str(&told).unwrap()
            }),
            ..self.clone()
        })
    }

    async fn editing(self, world: &World, path: &str, body: Value) -> Self {
        let id = self.path[0].1.clone();
        let etag = world.etag(&format!("/api/v1/{path}/{id}")).await;
        Self {
            etag: Some(etag),
            body: Some(body),
            ..self
        }
    }
}

/// How an operation is called about the thing that lies there. Each call can succeed once.
#[expect(clippy::too_many_lines, reason = "a table: one line for each operation")]
pub async fn call(w: &mut World, row: &Row, role: Role, at: At) -> Call {
    let (now, id) = (w.now(), Uuid::now_v7());
    let reason = json!({ "reason": "测试" });
    match (row.operation, row.about) {
        ("communities_get" | "assignments_history", _) => to(w.spot(at).community),
        ("communities_change", _) => {
            let call = to(w.spot(at).community);
            call.editing(w, "communities", json!({ "address": "示例路" })).await
        }
        ("communities_create", _) => {
            let serial = w.serial() % 300;
            let code = format!("{}{:03}", w.spot(at).division, 700 + serial);
            with(json!({ "code": code, "name": "示例小区", "address": "", "active_from": "2024-01-01" }))
        }
        ("assignments_create", _) => {
            let user = w.city.steward(&[]).await.id;
            to(w.spot(at).community).saying(json!({ "user_id": user, "duty": "deputy", "reason": "增援" }))
        }
        ("assignments_hand_over", _) => {
            let user = w.city.steward(&[]).await.id;
            to(w.make("community", at).await).saying(json!({ "to_user_id": user, "reason": "离职" }))
        }
        ("assignments_end", _) => to(w.make("assignment", at).await).saying(reason),
        ("users_create", _) => {
            let scope = &w.spot(at).division[..9];
            let body = json!({ "display_name": "示例", "role": "duty", "scope": scope });
            let mut call = with(body);
            call.body.as_mut().unwrap()["username"] = json!(format!("duty.{}", w.serial()));
            call
        }
        ("users_get", _) => to(w.seen("account", at).await),
        ("users_change", _) => {
            let call = to(w.make("account", at).await);
            call.editing(w, "users", json!({ "display_name": "示例" })).await
        }
        ("users_enable", _) => to(w.make("account disabled", at).await).saying(json!({})),
        ("users_disable" | "users_unlock" | "users_reset_password" | "users_reset_totp", _) => {
            to(w.make("account", at).await).saying(json!({}))
        }
        ("households_get", _) => to(w.seen("household", at).await),
        ("elders_enrol", _) => {
            let (community, room) = (w.spot(at).community, w.serial().to_string());
            with(json!({ "household": { "community_id": community, "building": "9", "room": room }, "id_kind": "passport",
                         "id_number": format!("TEST{}", id.simple()), "name": "测试", "sex": "male", "birth_date": "1940-01-01" }))
                .about(community)
        }
        ("elders_get" | "elders_timeline", _) => to(w.seen("elder", at).await),
        ("elders_change", _) => {
            let call = to(w.make("elder", at).await);
            call.editing(w, "elders", json!({ "remarks": "测试" })).await
        }
        ("elders_add_category", _) => to(w.make("elder", at).await).saying(
            json!({ "code": "disabled", "starts_on": "2024-01-01", "evidence": "" }),
        ),
        ("elders_end_category", _) => to(w.make("elder", at).await)
            .and("code", "living_alone")
            .saying(json!({})),
        ("elders_add_consent", _) => to(w.make("elder", at).await).saying(consent()),
        ("elders_withdraw_consent", _) => {
            let elder = w.make("elder", at).await;
            let path = format!("/api/v1/elders/{elder}/consents");
            w.bureau.post(&path, consent()).await.expect(200);
            to(elder).and("purpose", "photos").saying(json!({}))
        }
        ("elders_add_contact", _) => to(w.make("elder", at).await)
            .saying(json!({ "name": "示例", "phone": "19900009999", "relation": "女儿" })),
        ("elders_reveal", _) => {
            to(w.seen("elder", at).await).saying(json!({ "fields": ["id_number"], "reason": "核对" }))
        }
        ("elders_set_status", _) => to(w.make("elder", at).await)
            .saying(json!({ "status": "declined", "since": "2024-01-08", "reason": "测试" })),
        ("elders_override_tier", _) => to(w.make("elder", at).await)
            .saying(json!({ "tier": "monthly", "ends_on": "2024-03-01", "reason": "测试" })),
        ("elders_merge", "elder who is kept") => {
            let other = w.make("elder", HERE).await;
            to(w.make("elder", at).await).saying(json!({ "other_id": other, "reason": "同一人" }))
        }
        ("elders_merge", _) => {
            let other = w.make("elder", at).await;
            to(w.make("elder", HERE).await)
                .saying(json!({ "other_id": other, "reason": "同一人" }))
                .about(other)
        }
        ("elder_merges_undo", _) => to(w.make("merge", at).await).saying(json!({})),
        ("visits_log", "household") => with(w.met(at)).about(w.spot(at).household),
        ("visits_log", "id of another visit") => {
            let mut visit = w.met(HERE);
            visit["id"] = json!(w.seen("visit", at).await);
            visit["note"] = json!("另一次");
            with(visit)
        }
        ("visits_log", _) => {
            let elder = w.seen("elder", at).await;
            let mut visit = w.met(HERE);
            visit["elders"][0]["elder_id"] = json!(elder);
            with(visit).about(elder)
        }
        ("visits_get" | "visits_revisions", _) => to(w.seen("visit", at).await),
        ("visits_correct", about) => {
            let visit = match (about, at.0) {
                ("visit of another steward", Place::Own) => w.visit_of_the_deputy().await,
                _ => w.make("visit", at).await,
            };
            to(visit).saying(json!({ "reason": "写错了", "visit": w.met(at) }))
        }
        ("hazards_get", _) => to(w.seen("hazard", at).await),
        ("no_answer_cases_get", _) => to(w.seen("case", at).await),
        ("no_answer_cases_take_step", _) => {
            let step = json!({ "id": id, "step": "ring", "note": "", "done_at": now, "device_now": now });
            to(w.make("case", at).await).saying(step)
        }
        ("no_answer_cases_resolve", _) => {
            to(w.make("case", at).await).saying(json!({ "resolution": "外出买菜" }))
        }
        ("emergencies_raise", "id of another emergency") => {
            let (taken, household) = (w.seen("emergency", at).await, w.seen("household", HERE).await);
            with(json!({ "id": taken, "household_id": household }))
        }
        ("emergencies_raise", _) => {
            let household = w.seen("household", at).await;
            with(json!({ "id": id, "household_id": household })).about(household)
        }
        ("emergencies_get", _) => to(w.seen("emergency", at).await),
        ("emergencies_acknowledge", _) => to(w.make("emergency", at).await).saying(json!({})),
        ("emergencies_close", "emergency") => {
            let visit = w.seen("visit", at).await;
            to(w.make("emergency taken up", at).await).saying(json!({ "visit_id": visit }))
        }
        ("emergencies_close", _) => {
            // In the own community: to another dwelling.
            let visit = match at.0 {
                Place::Own => w.visit_next_door().await,
                _ => w.seen("visit", at).await,
            };
            to(w.make("emergency taken up", HERE).await)
                .saying(json!({ "visit_id": visit }))
                .about(visit)
        }
        ("attachments_get" | "attachments_content", _) => to(w.seen("photo", at).await),
        ("needs_collect", about) => {
            let (elder, id) = match about {
                "elder" => (w.seen("elder", at).await, id),
                _ => (w.seen("elder", HERE).await, w.seen("need", at).await),
            };
            with(json!({ "id": id, "elder_id": elder, "item_id": COMPANY, "collected_at": now, "device_now": now }))
                .about(elder)
        }
        ("needs_get", _) => to(w.seen("need", at).await),
        ("needs_solve" | "needs_withdraw", _) => {
            to(w.make("need", at).await).saying(json!({ "resolution": "已办" }))
        }
        ("orders_request", "id of another order") => {
            let (taken, need) = (w.seen("accepted", at).await, w.need(HERE, MEALS).await);
            with(json!({ "id": taken, "need_id": need }))
        }
        ("orders_request", _) => {
            let need = w.need(at, MEALS).await;
            with(json!({ "id": id, "need_id": need })).about(need)
        }
        (_, "order that another gave back") => to(w.seen("second hand", at).await),
        ("orders_get" | "orders_events" | "orders_offers" | "orders_candidates", _) => {
            to(w.seen("accepted", at).await)
        }
        ("followups_list", _) => to(w.seen("completed", at).await),
        ("orders_offer", _) => to(w.make("offered", at).await).saying(json!({})),
        ("orders_cancel", _) => {
            to(w.make("offered", at).await).saying(json!({ "by": "elder", "reason": "不需要了" }))
        }
        ("orders_give_up", _) => to(w.make("referred", at).await).saying(reason),
        ("orders_pause_clock", _) => to(w.make("offered", at).await)
            .and("clock", "accept")
            .saying(reason),
        ("orders_resume_clock", _) => to(w.make("paused", at).await)
            .and("clock", "accept")
            .saying(json!({})),
        ("orders_accept", _) => to(w.make("offered", at).await).saying(json!({})),
        ("orders_decline", _) => to(w.make("offered", at).await).saying(reason),
        ("orders_schedule", "worker") => {
            let worker = w.provider(at).worker;
            to(w.make("accepted", HERE).await)
                .saying(json!({ "worker_id": worker, "scheduled_for": now }))
                .about(worker)
        }
        ("orders_schedule", _) => {
            let worker = w.provider(at).worker;
            to(w.make("accepted", at).await).saying(json!({ "worker_id": worker, "scheduled_for": now }))
        }
        ("orders_start", _) => to(w.make("scheduled", at).await).saying(json!({})),
        ("orders_complete", "photo as evidence") => {
            let photo = w.seen("photo", at).await;
            to(w.make("in_service", HERE).await)
                .saying(json!({ "signed_by": "测试老人", "evidence": [photo] }))
                .about(photo)
        }
        ("orders_complete", _) => {
            to(w.make("in_service", at).await).saying(json!({ "signed_by": "测试老人" }))
        }
        ("followups_survey", _) => {
            let good = "satisfied";
            let answers = json!({ "content": good, "attitude": good, "quality": good, "efficiency": good });
            to(w.make("completed", at).await).saying(
                json!({ "id": id, "channel": "call", "surveyed_at": now, "device_now": now, "answers": answers }),
            )
        }
        ("disputes_raise", _) => to(w.make("found wanting", at).await).saying(json!({ "id": id, "reason": "老人当时外出" })),
        ("disputes_decide", _) => {
            to(w.make("dispute", at).await).saying(json!({ "upheld": true, "reason": "照片与时间相符" }))
        }
        ("second_asks_answer", _) => {
            let good = "satisfied";
            let answers = json!({ "content": good, "attitude": good, "quality": good, "efficiency": good });
            let body = json!({ "id": id, "channel": "call", "asked_at": now, "device_now": now, "answers": answers });
            to(w.make("second ask", at).await).saying(body)
        }
        ("quality_cases_close", _) => {
            to(w.make("quality case", at).await).saying(json!({ "outcome": "talk", "measures": "已约谈" }))
        }
        ("resources_create", _) => {
            let (code, division) = (w.credit_code(), &w.spot(at).division[..9]);
            with(json!({ "credit_code": code, "name": "示例中心", "tier": "organisation", "kind": "elder_care", "takes_orders": false,
                         "coverage": [division] }))
        }
        (resources, "worker") => {
            let (organisation, worker) = match role {
                Role::Provider => (w.provider(HERE).organisation, w.provider(at).worker),
                _ => (w.spot(HERE).resource, w.make("worker", at).await),
            };
            let call = to(organisation).about(worker);
            match resources {
                "resources_change_worker" => call
                    .and("worker_id", &worker.to_string())
                    .saying(json!({ "name": "示例" })),
                _ => call.saying(
                    json!({ "kind": "food_service", "number": "T-9", "valid_from": "2023-01-01", "expires_on": "2030-01-01",
                            "worker_id": worker }),
                ),
            }
        }
        (resources, _) if resources.starts_with("resources_") => {
            let organisation = match role {
                Role::Provider => w.provider(at).organisation,
                _ => w.spot(at).resource,
            };
            let call = to(organisation);
            match resources {
                "resources_get" => call,
                "resources_change" => call.editing(w, "resources", json!({ "phone": "09711234567" })).await,
                "resources_add_qualification" => call.saying(
                    json!({ "kind": "food_service", "number": "T-9", "valid_from": "2023-01-01", "expires_on": "2030-01-01" }),
                ),
                "resources_add_worker" => call.saying(json!({ "name": "示例" })),
                "resources_change_worker" => {
                    let worker = match role {
                        Role::Provider => w.provider(at).worker,
                        _ => w.make("worker", at).await,
                    };
                    call.and("worker_id", &worker.to_string())
                        .saying(json!({ "name": "示例" }))
                }
                other => panic!("{other} has no call"),
            }
        }
        ("statistics_freeze", _) => {
            let division = &w.spot(at).division[..9];
            with(json!({ "division": division, "reason": "补报" })).and("month", "2023-12")
        }
        (reports, "report of a division") if reports.starts_with("statistics_") => Call {
            query: format!("division={}", &w.spot(at).division[..9]),
            ..Call::default().and("month", "2023-12")
        },
        ("menu", _) => Call::default(),
        ("menu_items_get", _) => to(w.make("item", at).await),
        ("menu_items_change", _) => {
            let call = to(w.make("item", at).await);
            call.editing(w, "menu/items", json!({ "description_en": "Policy" })).await
        }
        ("menu_items_set_price", _) => to(w.make("item", at).await).saying(price("2024-02-01")),
        ("menu_items_replace", _) => to(w.make("item", at).await).saying(
            json!({ "class": "policy", "code": "policy_talk", "delivered_by": "steward", "name_en": "talk", "name_zh": "宣讲",
                    "price": price("2024-03-01") }),
        ),
        ("alerts_seen", _) => to(w.make("alert", at).await).saying(json!({})),
        ("events_stream", _) => {
            let alert = w.seen("alert", at).await;
            Call {
                after: Some(alert),
                ..Call::default().about(alert)
            }
        }
        ("webhooks_create", _) => {
            with(json!({ "name": id, "url": "https://sms.example/", "topics": ["*"] }))
        }
        ("webhooks_change", _) => {
            let call = to(w.make("webhook", at).await);
            call.editing(w, "webhooks", json!({ "enabled": false })).await
        }
        ("webhooks_rotate", _) => to(w.make("webhook", at).await).saying(json!({})),
        ("webhooks_get" | "webhooks_deliveries", _) => to(w.make("webhook", at).await),
        ("jobs_retry", _) => to(w.make("job", at).await).saying(json!({})),
        ("jobs_discard", _) => to(w.make("job", at).await).saying(reason),
        (operation, about) => panic!("{operation} has no call about {about}"),
    }
}

fn consent() -> Value {
    json!({ "basis": "consent", "form": "written", "given_by": "本人", "given_on": "2024-01-02", "notice_version": "2023-10",
            "purpose": "photos" })
}

fn price(from: &str) -> Value {
    json!({ "market_fen": 0, "below_market_fen": 0, "subsidy_fen": 0, "self_pay_fen": 0, "valid_from": from })
}
