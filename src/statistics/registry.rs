//! The registry of indicators.
//!
//! Every indicator has one list of records; both its statements are made of that list, so the figure cannot differ from it.
//! `$1` actor, `$2` instant of asking, `$3` and `$4` the half-open range, `$5` division prefix, `$6` community, `$7` steward,
//! `$8` organisation, `$9` the key after which a page begins, `$10` its length.

use super::model::{Indicator, IndicatorKind};
use crate::communities_in_scope;

/// An indicator with its statements.
pub struct Registered {
    /// What it is.
    pub indicator: Indicator,
    /// Counts the list.
    pub figure: &'static str,
    /// Pages through the list.
    pub records: &'static str,
}

macro_rules! listed {
    ($list:literal, $tail:literal) => {
        concat!(
            "WITH area AS MATERIALIZED (SELECT c.* FROM communities c WHERE c.id IN (", communities_in_scope!(), ") \
             AND ($5::text IS NULL OR c.division_code LIKE $5 || '%') AND ($6::uuid IS NULL OR c.id = $6)), \
             list (record_kind, record_id, household_id, elder_id, community_id, steward_id, organisation_id, occurred_at, counts, key) AS (",
            $list,
            "), deduplicated AS (SELECT DISTINCT ON (key COLLATE \"C\") * FROM list WHERE ($7::uuid IS NULL OR steward_id = $7) \
             AND ($8::uuid IS NULL OR organisation_id = $8) ORDER BY key COLLATE \"C\", counts DESC, occurred_at, record_id) ",
            $tail
        )
    };
}

macro_rules! indicator {
    ($code:literal, $zh:literal, $en:literal, $unit:literal, $kind:ident, $definition:literal, $list:literal) => {
        Registered {
            indicator: Indicator { code: $code, name_zh: $zh, name_en: $en, unit: $unit, kind: IndicatorKind::$kind, definition: $definition },
            figure: listed!($list, "SELECT count(*) FILTER (WHERE counts) AS numerator, count(*) AS denominator FROM deduplicated"),
            records: listed!($list, "SELECT * FROM deduplicated WHERE $9::text IS NULL OR key COLLATE \"C\" > $9 \
                                     ORDER BY key COLLATE \"C\" LIMIT $10"),
        }
    };
}

/// The indicator of this code.
pub fn find(code: &str) -> Option<&'static Registered> {
    REGISTRY.iter().find(|r| r.indicator.code == code)
}

/// Every indicator, in the order of the report.
#[rustfmt::skip]
pub static REGISTRY: &[Registered] = &[
    indicator!("communities", "服务小区数", "communities", "个", Count, "Communities served on the last day of the range.",
        "SELECT 'community', a.id, NULL::uuid, NULL::uuid, a.id, $7::uuid, NULL::uuid, a.created_at, true, a.id::text FROM area a \
         WHERE a.active_from < ($4 AT TIME ZONE 'Asia/Shanghai')::date AND (a.active_to IS NULL OR a.active_to >= ($4 AT TIME ZONE 'Asia/Shanghai')::date) \
         AND ($7::uuid IS NULL OR EXISTS (SELECT 1 FROM steward_assignments s WHERE s.community_id = a.id AND s.user_id = $7 AND s.starts_at < $4 AND (s.ends_at IS NULL OR s.ends_at >= $4)))"),
    indicator!("stewards", "管家人数", "stewards", "人", Count, "Distinct stewards assigned to a community at the end of the range.",
        "SELECT 'steward', s.user_id, NULL::uuid, NULL::uuid, s.community_id, s.user_id, NULL::uuid, s.starts_at, true, s.user_id::text \
         FROM area a JOIN steward_assignments s ON s.community_id = a.id WHERE s.starts_at < $4 AND (s.ends_at IS NULL OR s.ends_at >= $4)"),
    indicator!("needs_households", "需求采集", "households whose needs were collected", "户次", Count, "Distinct pairs of household and collecting event with at least one need.",
        "SELECT 'need', n.id, n.household_id, n.elder_id, n.community_id, n.collected_by, NULL::uuid, n.collected_at, true, n.household_id::text || ':' || n.event_id::text \
         FROM area a JOIN needs n ON n.community_id = a.id WHERE n.collected_at >= $3 AND n.collected_at < $4"),
    indicator!("home_visits", "入户服务", "home visits", "人次", Count, "Elders met at home by a steward, one per elder and visit; corrected visits count once, as corrected.",
        "SELECT 'visit', v.id, v.household_id, e.elder_id, v.community_id, v.steward_id, NULL::uuid, v.started_at, true, v.root_id::text || ':' || md5(e.elder_id::text) \
         FROM area a JOIN visits v ON v.community_id = a.id JOIN visit_elders e ON e.visit_id = v.id \
         WHERE v.superseded_at IS NULL AND v.outcome::text = 'met' AND v.started_at >= $3 AND v.started_at < $4"),
    indicator!("safety_visits", "安全巡访", "safety visits", "人次", Count, "Home visits for safety at which gas, electricity, fire and water were looked at.",
        "SELECT 'visit', v.id, v.household_id, e.elder_id, v.community_id, v.steward_id, NULL::uuid, v.started_at, true, v.root_id::text || ':' || md5(e.elder_id::text) \
         FROM area a JOIN visits v ON v.community_id = a.id JOIN visit_elders e ON e.visit_id = v.id \
         WHERE v.superseded_at IS NULL AND v.outcome::text = 'met' AND v.started_at >= $3 AND v.started_at < $4 AND 'safety' = ANY (v.purposes::text[]) \
         AND v.gas IS NOT NULL AND 'not_checked' NOT IN (v.gas::text, v.electric::text, v.fire::text, v.water::text)"),
    indicator!("third_party_services", "第三方服务", "services by third parties", "人次", Count, "Orders that a provider completed, without rework.",
        "SELECT 'order', o.id, o.household_id, o.elder_id, o.community_id, o.requested_by, o.organisation_id, o.completed_at, true, o.id::text \
         FROM area a JOIN service_orders o ON o.community_id = a.id WHERE o.completed_at >= $3 AND o.completed_at < $4 AND o.round = 1"),
    indicator!("rework_services", "返工服务", "rework", "人次", Count, "Rework rounds that a provider completed.",
        "SELECT 'order', o.id, o.household_id, o.elder_id, o.community_id, o.requested_by, o.organisation_id, o.completed_at, true, o.id::text \
         FROM area a JOIN service_orders o ON o.community_id = a.id WHERE o.completed_at >= $3 AND o.completed_at < $4 AND o.round > 1"),
    indicator!("followups", "服务回访", "services followed up", "次", Count, "Of the third-party services, those about which the elder was reached.",
        "SELECT 'order', o.id, o.household_id, o.elder_id, o.community_id, o.requested_by, o.organisation_id, o.completed_at, true, o.id::text \
         FROM area a JOIN service_orders o ON o.community_id = a.id WHERE o.completed_at >= $3 AND o.completed_at < $4 AND o.round = 1 \
         AND EXISTS (SELECT 1 FROM followups f WHERE f.original_id = o.id AND f.reached)"),
    indicator!("followup_rate", "回访率", "follow-up rate", "%", Ratio, "Services followed up over third-party services.",
        "SELECT 'order', o.id, o.household_id, o.elder_id, o.community_id, o.requested_by, o.organisation_id, o.completed_at, \
         EXISTS (SELECT 1 FROM followups f WHERE f.original_id = o.id AND f.reached), o.id::text \
         FROM area a JOIN service_orders o ON o.community_id = a.id WHERE o.completed_at >= $3 AND o.completed_at < $4 AND o.round = 1"),
    indicator!("satisfaction_first", "首次满意率", "satisfaction at first", "%", Ratio, "Services with no answer 'dissatisfied' in the first round's survey over services with such a survey; who was not reached is not counted.",
        "SELECT 'order', o.id, o.household_id, o.elder_id, o.community_id, o.requested_by, o.organisation_id, o.completed_at, \
         'dissatisfied' NOT IN (f.content::text, f.attitude::text, f.quality::text, f.efficiency::text), o.id::text \
         FROM area a JOIN service_orders o ON o.community_id = a.id JOIN followups f ON f.original_id = o.id AND f.round = 1 AND f.reached \
         WHERE o.completed_at >= $3 AND o.completed_at < $4 AND o.round = 1"),
    indicator!("satisfaction_final", "最终满意率", "satisfaction in the end", "%", Ratio, "The same by the last round's survey.",
        "SELECT 'order', o.id, o.household_id, o.elder_id, o.community_id, o.requested_by, o.organisation_id, o.completed_at, \
         'dissatisfied' NOT IN (f.content::text, f.attitude::text, f.quality::text, f.efficiency::text), o.id::text \
         FROM area a JOIN service_orders o ON o.community_id = a.id JOIN followups f ON f.original_id = o.id AND f.reached \
         WHERE o.completed_at >= $3 AND o.completed_at < $4 AND o.round = 1 \
         AND NOT EXISTS (SELECT 1 FROM followups l WHERE l.original_id = o.id AND l.reached AND l.round > f.round)"),
    indicator!("satisfied_strictly", "满意率（不含基本满意）", "strictly satisfied", "%", Ratio, "Services with four answers 'satisfied' in the last round's survey over services with a survey.",
        "SELECT 'order', o.id, o.household_id, o.elder_id, o.community_id, o.requested_by, o.organisation_id, o.completed_at, \
         f.content::text = 'satisfied' AND f.attitude::text = 'satisfied' AND f.quality::text = 'satisfied' AND f.efficiency::text = 'satisfied', o.id::text \
         FROM area a JOIN service_orders o ON o.community_id = a.id JOIN followups f ON f.original_id = o.id AND f.reached \
         WHERE o.completed_at >= $3 AND o.completed_at < $4 AND o.round = 1 \
         AND NOT EXISTS (SELECT 1 FROM followups l WHERE l.original_id = o.id AND l.reached AND l.round > f.round)"),
    indicator!("coverage", "入户覆盖率", "coverage", "%", Ratio, "Households in scope at the end of the range with a met visit in it, over households in scope.",
        "SELECT 'household', h.id, h.id, NULL::uuid, h.community_id, $7::uuid, NULL::uuid, h.created_at, \
         EXISTS (SELECT 1 FROM visits v WHERE v.household_id = h.id AND v.superseded_at IS NULL AND v.outcome::text = 'met' \
         AND v.started_at >= $3 AND v.started_at < $4 AND ($7::uuid IS NULL OR v.steward_id = $7)), h.id::text \
         FROM area a JOIN households h ON h.community_id = a.id \
         WHERE EXISTS (SELECT 1 FROM elders e WHERE e.household_id = h.id AND e.enrolled_at < $4 AND e.status::text <> 'merged' \
         AND (e.status::text NOT IN ('moved', 'deceased') OR e.status_since >= ($4 AT TIME ZONE 'Asia/Shanghai')::date)) \
         AND ($7::uuid IS NULL OR EXISTS (SELECT 1 FROM steward_assignments s WHERE s.community_id = a.id AND s.user_id = $7 AND s.starts_at < $4 AND (s.ends_at IS NULL OR s.ends_at > $3)))"),
    indicator!("weekly_rate", "周探访率", "weekly visits done", "%", Ratio, "Weekly obligations done over those due in the range, the excused left out.",
        "SELECT 'obligation', b.id, b.household_id, NULL::uuid, b.community_id, b.responsible_id, NULL::uuid, b.due_at, b.status::text = 'done', b.id::text \
         FROM area a JOIN obligations b ON b.community_id = a.id WHERE b.kind::text = 'weekly' AND b.due_at > $3 AND b.due_at <= $4 AND b.status::text <> 'excused'"),
    indicator!("monthly_rate", "月探访率", "monthly visits done", "%", Ratio, "Monthly obligations done over those due in the range, the excused left out.",
        "SELECT 'obligation', b.id, b.household_id, NULL::uuid, b.community_id, b.responsible_id, NULL::uuid, b.due_at, b.status::text = 'done', b.id::text \
         FROM area a JOIN obligations b ON b.community_id = a.id WHERE b.kind::text = 'monthly' AND b.due_at > $3 AND b.due_at <= $4 AND b.status::text <> 'excused'"),
    indicator!("resources", "服务资源", "resources", "家", Count, "Organisations listed on the last day of the range that cover a community.",
        "SELECT 'organisation', g.id, NULL::uuid, NULL::uuid, NULL::uuid, NULL::uuid, g.id, g.created_at, true, g.id::text FROM organisations g \
         WHERE g.listed_from < ($4 AT TIME ZONE 'Asia/Shanghai')::date AND (g.listed_to IS NULL OR g.listed_to >= ($4 AT TIME ZONE 'Asia/Shanghai')::date) \
         AND EXISTS (SELECT 1 FROM organisation_coverage p JOIN area a ON a.division_code LIKE p.division_prefix || '%' WHERE p.organisation_id = g.id)"),
    indicator!("social_elders_served", "社会老人助餐助洁", "social elders served", "名", Count, "Distinct elders not of the safety net with a completed meal or cleaning service.",
        "SELECT 'order', o.id, o.household_id, o.elder_id, o.community_id, o.requested_by, o.organisation_id, o.completed_at, true, md5(o.elder_id::text) \
         FROM area a JOIN service_orders o ON o.community_id = a.id JOIN menu_items m ON m.id = o.item_id \
         WHERE o.completed_at >= $3 AND o.completed_at < $4 AND o.entitlement::text = 'social' AND m.class::text IN ('meal', 'cleaning')"),
    indicator!("hazards_found", "发现隐患", "hazards found", "处", Count, "Hazards found in the range.",
        "SELECT 'hazard', z.id, z.household_id, NULL::uuid, z.community_id, z.found_by, NULL::uuid, z.found_at, true, z.id::text \
         FROM area a JOIN hazards z ON z.community_id = a.id WHERE z.found_at >= $3 AND z.found_at < $4"),
    indicator!("hazards_cleared", "整改隐患", "hazards cleared", "处", Count, "Hazards cleared in the range.",
        "SELECT 'hazard', z.id, z.household_id, NULL::uuid, z.community_id, z.found_by, NULL::uuid, z.cleared_at, true, z.id::text \
         FROM area a JOIN hazards z ON z.community_id = a.id WHERE z.cleared_at >= $3 AND z.cleared_at < $4"),
    indicator!("clear_rate", "隐患整改率", "hazards cleared of those found", "%", Ratio, "Of the hazards found in the range, those that are cleared.",
        "SELECT 'hazard', z.id, z.household_id, NULL::uuid, z.community_id, z.found_by, NULL::uuid, z.found_at, z.cleared_at IS NOT NULL, z.id::text \
         FROM area a JOIN hazards z ON z.community_id = a.id WHERE z.found_at >= $3 AND z.found_at < $4"),
    indicator!("unmet_orders", "未满足工单", "unmet orders", "单", Count, "Orders requested in the range that nobody took.",
        "SELECT 'order', o.id, o.household_id, o.elder_id, o.community_id, o.requested_by, o.organisation_id, o.requested_at, true, o.id::text \
         FROM area a JOIN service_orders o ON o.community_id = a.id WHERE o.requested_at >= $3 AND o.requested_at < $4 AND o.status::text = 'unmet'"),
    indicator!("on_time_rate", "及时率", "on time", "%", Ratio, "Of the third-party services, those completed within the time promised to the elder.",
        "SELECT 'order', o.id, o.household_id, o.elder_id, o.community_id, o.requested_by, o.organisation_id, o.completed_at, o.completed_at <= k.due_at, o.id::text \
         FROM area a JOIN service_orders o ON o.community_id = a.id JOIN order_clocks k ON k.order_id = o.id AND k.clock::text = 'elder' \
         WHERE o.completed_at >= $3 AND o.completed_at < $4 AND o.round = 1"),
    indicator!("emergencies", "突发事件", "emergencies", "次", Count, "Emergencies raised in the range.",
        "SELECT 'emergency', x.id, x.household_id, NULL::uuid, x.community_id, NULL::uuid, NULL::uuid, x.raised_at, true, x.id::text \
         FROM area a JOIN emergencies x ON x.community_id = a.id WHERE x.raised_at >= $3 AND x.raised_at < $4"),
];
