//! How each operation is called about the thing of its row.

use super::{
    rows::Row,
    world::{At, COMPANY, HERE, MEALS, Place, World, shift},
};
use crate::policies::content;
use crate::{
    assessments::assessment,
    care_beds::{agreement, inspection, plan, quotas, uploaded},
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
        ("communities_get" | "assignments_history" | "team_get", _) => to(w.spot(at).community),
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
        ("leaves_record", _) => {
            let steward = w.make("steward", at).await;
            with(json!({ "user_id": steward, "ends_at": "2024-02-01T00:00:00+08:00", "reason": "年休假", "covers": [] })).about(steward)
        }
        ("team_members_add", _) => to(w.spot(at).community)
            .saying(json!({ "role": "volunteer", "name": "示例", "phone": "19900001234" })),
        ("team_members_end", _) => to(w.make("member", at).await).saying(reason),
        ("team_members_reveal", _) => to(w.seen("member", at).await).saying(reason),
        ("obligations_explain", _) => {
            to(w.make("obligation missed", at).await).saying(json!({ "reason": "weather" }))
        }
        ("leaves_end", _) => to(w.make("leave", at).await).saying(reason),
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
        ("tier_overrides_list" | "elders_standing" | "elder_events_list", _) => to(w.seen("elder", at).await),
        ("tier_overrides_end", _) => {
            let (elder, decision) = w.overridden(at).await;
            to(elder).and("override_id", &decision.to_string()).saying(reason)
        }
        ("elder_events_record", "id of another event") => {
            let taken = w.seen("event", at).await;
            to(w.make("elder", HERE).await).saying(fall(taken, &now))
        }
        ("elder_events_record", _) => to(w.make("elder", at).await).saying(fall(id, &now)),
        ("risk_weights_get", _) => Call::default(),
        ("risk_weights_change", _) => {
            with(json!({ "reason": "测试", "weights": [{ "reason": "living_alone", "weight": 30 }] }))
        }
        ("campaigns_preview", about) => with(group(w, about, at)).about(w.spot(at).community),
        ("campaigns_start", about) => {
            let group = group(w, about, at);
            with(json!({ "name": "测试", "reason": "测试", "from": "2024-01-08", "to": "2024-01-09", "group": group }))
                .about(w.spot(at).community)
        }
        ("campaigns_get" | "campaigns_coverage" | "campaigns_obligations", _) => to(w.seen("campaign", at).await),
        ("campaigns_stop", _) => to(w.make("campaign", at).await).saying(reason),
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
        ("visits_log", "id of another hazard") => {
            let mut visit = w.met(HERE);
            visit["hazards"][0]["id"] = json!(w.seen("hazard", at).await);
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
        ("visits_photograph", about) => {
            let photo = w.photo_of_a_steward(at).await;
            let visit = match (about, at.0) {
                ("visit of another steward", Place::Own) => w.visit_of_the_deputy().await,
                _ => w.make("visit", at).await,
            };
            to(visit).saying(json!({ "photos": [{ "attachment_id": photo, "role": "photo" }] }))
        }
        ("hazards_get" | "hazards_events", _) => to(w.seen("hazard", at).await),
        ("hazards_report", "hazard") => {
            to(w.make("hazard", at).await).saying(json!({ "id": id, "to": ["family"] }))
        }
        ("hazards_report", _) => {
            let taken = w.make("report", at).await;
            to(w.seen("hazard", HERE).await).saying(json!({ "id": taken, "to": ["family"] }))
        }
        ("hazards_notify", "hazard") => to(w.make("hazard", at).await).saying(
            json!({ "id": id, "to": "household", "recipient": "本人", "text": "请整改", "refused": "不同意" }),
        ),
        ("hazards_notify", _) => {
            let photo = w.seen("photo", at).await;
            to(w.seen("hazard", HERE).await)
                .saying(json!({ "id": id, "to": "household", "recipient": "本人", "text": "请整改", "signature": photo }))
                .about(photo)
        }
        ("hazards_photograph", _) => {
            let photo = w.photo_of_a_steward(at).await;
            let photos = json!([{ "attachment_id": photo, "role": "after" }]);
            to(w.make("hazard", at).await).saying(json!({ "id": id, "photos": photos }))
        }
        ("hazards_make_responsible", _) => {
            to(w.make("hazard", at).await).saying(json!({ "party": "household" }))
        }
        ("hazards_extend", _) => {
            to(w.make("hazard", at).await).saying(json!({ "days": 7, "reason": "待购配件" }))
        }
        ("hazards_repair", "hazard") => {
            let elder = w.spot(at).elder;
            to(w.make("hazard", at).await).saying(json!({ "id": id, "elder_id": elder }))
        }
        ("hazards_repair", _) => {
            let elder = w.make("elder", at).await;
            to(w.seen("hazard", HERE).await)
                .saying(json!({ "id": id, "elder_id": elder }))
                .about(elder)
        }
        ("check_points_get", _) => Call::default(),
        ("check_points_publish", _) => {
            let answer = json!({ "code": "leaking", "name_zh": "漏气", "name_en": "leaking", "severity": "major" });
            let safe = json!({ "code": "normal", "name_zh": "正常", "name_en": "in order" });
            let point = json!({ "code": "hose", "kind": "gas", "name_zh": "软管", "name_en": "hose", "note": "", "severity": "major",
                                "answers": [safe, answer] });
            with(json!({ "valid_from": "2024-02-01", "points": [point] }))
        }
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
        ("emergencies_take_step", about) => {
            let step = match about {
                "emergency" => id,
                _ => w.seen("emergency step", at).await,
            };
            let place = if about == "emergency" { at } else { HERE };
            to(w.make("emergency taken up", place).await)
                .saying(json!({ "id": step, "step": "at_door", "done_at": now, "device_now": now }))
        }
        ("emergencies_order_service", about) => {
            let mut service = json!({ "id": id, "elder_id": w.spot(HERE).elder, "kind": "transport", "description": "需轮椅" });
            let (place, other) = match about {
                "emergency" => {
                    service["elder_id"] = json!(w.spot(at).elder);
                    (at, None)
                }
                "id of another order" => {
                    service["id"] = json!(w.seen("accepted", at).await);
                    (HERE, None)
                }
                "elder elsewhere" => {
                    let elder = w.make("elder", at).await;
                    service["elder_id"] = json!(elder);
                    (HERE, Some(elder))
                }
                _ => {
                    let photo = w.seen("photo", at).await;
                    (service["kind"], service["prescription"]) = (json!("medicine"), json!([photo]));
                    (HERE, Some(photo))
                }
            };
            let call = to(w.make("emergency", place).await).saying(service);
            match other {
                Some(other) => call.about(other),
                None => call,
            }
        }
        ("duty_shifts_plan", about) => {
            let (county, user) = match about {
                "roster of a district" => {
                    let county = &w.spot(at).division[..6];
                    (county, w.city.scoped(Role::Duty, county).await.id)
                }
                _ => (&w.spot(HERE).division[..6], w.seen("account", at).await),
            };
            with(shift(county, user)).about(user)
        }
        ("duty_shifts_end", _) => to(w.make("shift", at).await).saying(reason),
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
        ("orders_reveal", _) => to(w.seen("accepted", at).await)
            .saying(json!({ "fields": ["phone", "contact_phone"], "reason": "找不到单元门" })),
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
        ("assessment_schemes_list" | "care_bed_measures_list", _) => Call::default(),
        ("assessments_record", "assessment of another elder") => {
            let other = w.make("assessment", at).await;
            let mut told = assessment(w.instant(), 60);
            told["replaces"] = json!({ "id": other, "reason": "录错" });
            to(w.make("elder", HERE).await).saying(told).about(other)
        }
        ("assessments_record", "id of another assessment") => {
            let mut told = assessment(w.instant(), 60);
            told["id"] = json!(w.seen("assessment", at).await);
            to(w.make("elder", HERE).await).saying(told)
        }
        ("assessments_record", _) => {
            to(w.make("elder", at).await).saying(assessment(w.instant(), 60))
        }
        ("assessments_list", _) => to(w.seen("elder", at).await),
        ("assessments_get", _) => to(w.seen("assessment", at).await),
        ("care_beds_apply", about) => {
            let (elder, id) = match about {
                "elder" => (w.make("elder", at).await, id),
                _ => (w.make("elder", HERE).await, w.seen("care bed applied", at).await),
            };
            with(json!({ "id": id, "kind": "devices", "elder_id": elder })).about(elder)
        }
        ("care_beds_get" | "care_beds_events" | "care_beds_usage" | "care_beds_inspections", _) => {
            to(w.seen("care bed in_service", at).await)
        }
        ("care_beds_decide", about) => {
            let stage = match about {
                "application before the county" => "care bed endorsed",
                _ => "care bed applied",
            };
            to(w.make(stage, at).await).saying(json!({ "decision": "approve" }))
        }
        ("care_beds_resubmit", _) => to(w.make("care bed returned", at).await).saying(json!({})),
        ("care_beds_assess", "assessment of another elder") => {
            let other = w.make("assessment", at).await;
            to(w.make("care bed approved", HERE).await)
                .saying(json!({ "assessment_id": other }))
                .about(other)
        }
        ("care_beds_assess", _) => {
            let bed = w.make("care bed approved", at).await;
            let own = w.assessment_of_bed(bed, at).await;
            to(bed).saying(json!({ "assessment_id": own }))
        }
        ("care_beds_plan", _) => {
            let organisation = w.provider(HERE).organisation;
            to(w.make("care bed assessed", at).await).saying(plan(organisation))
        }
        ("care_beds_install", about) => {
            let (bed, photo) = match about {
                "planned care bed" => (at, uploaded(&w.provider(at).person).await),
                _ => (HERE, json!(w.seen("photo", at).await)),
            };
            let call = to(w.make("care bed planned", bed).await)
                .saying(json!({ "installed_at": now, "device_now": now, "photos": [photo] }));
            match (about, photo.as_str()) {
                ("planned care bed", _) | (_, None) => call,
                (_, Some(photo)) => call.about(photo.parse().unwrap()),
            }
        }
        ("care_beds_accept", _) => {
            to(w.make("care bed installed", at).await).saying(json!({ "passed": true }))
        }
        ("care_beds_agree", _) => {
            // Who may record it has to have uploaded the photo.
            let own = role == Role::Steward && at.0 == Place::Own;
            let who = w.asker(if own { Role::Steward } else { Role::Officer });
            let photo = uploaded(&who).await;
            to(w.make("care bed accepted", at).await).saying(agreement(photo))
        }
        ("care_beds_plan_service", _) => to(w.make("care bed accepted", at).await).saying(quotas()),
        ("care_beds_start", _) => to(w.make("care bed ready", at).await).saying(json!({})),
        ("care_beds_suspend", _) => {
            to(w.make("care bed in_service", at).await).saying(json!({ "because": "wish" }))
        }
        ("care_beds_resume", _) => to(w.make("care bed suspended", at).await).saying(json!({})),
        ("care_beds_end", _) => {
            to(w.make("care bed in_service", at).await).saying(json!({ "because": "wish" }))
        }
        ("care_beds_inspect", "visit elsewhere") => {
            let visit = w.seen("visit", at).await;
            let mut told = inspection("building", w.instant());
            told["visit_id"] = json!(visit);
            to(w.make("care bed installed", HERE).await).saying(told).about(visit)
        }
        ("care_beds_inspect", _) => {
            let told = inspection("service", w.instant());
            to(w.make("care bed in_service", at).await).saying(told)
        }
        ("care_bed_findings_mend", _) => to(w.make("finding", at).await).saying(reason),
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
        ("resource_changes_ask", _) => to(w.provider(at).organisation).saying(
            json!({ "wanted": { "change": "prices", "item_id": MEALS, "price_fen": 1900 }, "reason": "食材涨价" }),
        ),
        ("resource_changes_approve", _) => to(w.make("change", at).await).saying(json!({})),
        ("resource_changes_refuse", _) => to(w.make("change", at).await).saying(reason),
        ("resource_changes_withdraw", _) => to(w.make("change of a provider", at).await).saying(json!({})),
        ("resource_agreements_create", about) => {
            let (one, other) = (w.spot(at).resource, w.provider(HERE).organisation);
            let (one, other) = match (about, at) {
                ("organisation", _) => (one, other),
                (_, HERE) => (w.spot(HERE).resource, other),
                _ => (w.spot(HERE).resource, one),
            };
            with(json!({ "organisation_id": one, "counterparty_id": other, "kind": "sharing", "shared": "康复器材室",
                         "valid_from": "2024-01-01" }))
        }
        ("resource_agreements_end", _) => to(w.make("agreement", at).await).saying(reason),
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
        ("policies_list", _) => Call::default(),
        ("policies_get", _) => to(w.policy().await),
        ("policies_create", _) => {
            let code = format!("policy_{}", w.serial());
            let division = &w.spot(at).division[..9];
            let content = content("2023-10-01", json!({ "applies_in": division }));
            with(json!({ "code": code, "issued_by": division, "content": content }))
        }
        ("policies_revise", _) => {
            let division = &w.spot(at).division[..9];
            let content = content("2023-10-01", json!({ "applies_in": division }));
            let call = to(w.make("policy", at).await);
            let call = call.saying(json!({ "reason": "更正", "content": content }));
            Call {
                etag: Some("\"1\"".to_owned()),
                ..call
            }
        }
        ("policies_of_elder", _) => to(w.seen("elder", at).await),
        ("policies_snooze", "elder") => {
            let (elder, policy) = (w.seen("elder", at).await, w.policy().await);
            to(elder).saying(snooze(id, policy))
        }
        ("policies_snooze", _) => {
            let (taken, policy) = (w.seen("snooze", at).await, w.policy().await);
            to(w.seen("elder", HERE).await).saying(snooze(taken, policy))
        }
        ("policy_applications_apply", "elder") => {
            let (elder, policy) = (w.make("elder", at).await, w.policy().await);
            to(elder).saying(application(id, policy))
        }
        ("policy_applications_apply", _) => {
            let (taken, policy) = (w.seen("application", at).await, w.policy().await);
            to(w.seen("elder", HERE).await).saying(application(taken, policy))
        }
        ("policy_applications_decide", _) => to(w.make("application", at).await)
            .saying(json!({ "decision": "granted", "decided_on": "2024-01-08" })),
        ("policy_applications_stop", _) => to(w.make("application", at).await)
            .saying(json!({ "reason": "迁出", "stopped_on": "2024-01-08" })),
        ("publicity_events_record", "community") => {
            let community = w.spot(at).community;
            with(w.publicity(at)).about(community)
        }
        ("publicity_events_record", _) => {
            let mut event = w.publicity(HERE);
            event["id"] = json!(w.seen("publicity event", at).await);
            event["subject"] = json!("另一次");
            with(event)
        }
        ("publicity_events_get" | "publicity_events_revisions", _) => {
            to(w.seen("publicity event", at).await)
        }
        ("publicity_events_correct", _) => {
            let event = w.make("publicity event", at).await;
            to(event).saying(json!({ "reason": "写错了", "event": w.publicity(at) }))
        }
        ("publicity_events_withdraw", _) => to(w.make("publicity event", at).await).saying(reason),
        ("menu" | "me_progress", _) => Call::default(),
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
        ("sync_outbox", _) => {
            let item = json!({ "id": id, "operation": "needs_collect", "body": {}, "recorded_at": now, "device_now": now, "schema": 1 });
            with(json!({ "device_id": id, "items": [item] }))
        }
        ("sync_counts", _) => with(counts(id)),
        ("sync_profile_edit", _) => {
            let elder = w.make("elder", at).await;
            with(renamed(elder, "测试老人")).about(elder)
        }
        ("sync_profile_conflicts_decide", _) => {
            to(w.make("conflict", at).await).saying(json!({ "value": "edit_taken", "reason": "已核实" }))
        }
        ("sync_tickets_close", _) => to(w.make("ticket", at).await).saying(json!({ "note": "已处理" })),
        ("jobs_retry", _) => to(w.make("job", at).await).saying(json!({})),
        ("jobs_discard", _) => to(w.make("job", at).await).saying(reason),
        (operation, about) => panic!("{operation} has no call about {about}"),
    }
}

fn fall(id: Uuid, now: &Value) -> Value {
    json!({ "id": id, "kind": "fall", "occurred_at": now, "device_now": now })
}

/// Whom a campaign visits: of a place's township, or of one community of the whole district.
fn group(w: &World, about: &str, at: At) -> Value {
    match about {
        "group in a community" => json!({ "division": "630104", "communities": [w.spot(at).community] }),
        _ => json!({ "division": &w.spot(at).division[..9] }),
    }
}

/// A phone that holds the receipt of a visit.
pub fn counts(device: Uuid) -> Value {
    json!({ "device_id": device, "day": "2024-01-08", "counts": [{ "operation": "visits_log", "received": 1 }], "unsent": 0,
            "storage_persisted": true, "app_version": "1.0.0" })
}

/// An elder's name changed by a phone that showed this one.
pub fn renamed(elder: Uuid, shown: &str) -> Value {
    json!({ "id": Uuid::now_v7(), "elder_id": elder, "base_version": 1,
            "changes": [{ "field": "name", "base": shown, "value": "改名老人" }] })
}

pub fn snooze(id: Uuid, policy: Uuid) -> Value {
    json!({ "id": id, "policy_id": policy, "reason": "暂不需要", "until": "2024-06-01" })
}

pub fn application(id: Uuid, policy: Uuid) -> Value {
    json!({ "id": id, "policy_id": policy, "applied_on": "2024-01-08" })
}

fn consent() -> Value {
    json!({ "basis": "consent", "form": "written", "given_by": "本人", "given_on": "2024-01-02", "notice_version": "2023-10",
            "purpose": "photos" })
}

fn price(from: &str) -> Value {
    json!({ "market_fen": 0, "below_market_fen": 0, "subsidy_fen": 0, "self_pay_fen": 0, "valid_from": from })
}
