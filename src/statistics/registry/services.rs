//! What providers did, and how it was found.

use super::Registered;

/// Orders, told by the instant in column `$at` of table `service_orders o`.
macro_rules! orders {
    ($at:literal, $counts:literal, $excused:literal, $same:literal, $more:literal) => {
        concat!(
            "SELECT 'order', o.id, o.household_id, o.elder_id, o.community_id, o.requested_by, o.organisation_id, ", $at, ", ", $counts, ", ", $excused, ", ",
            $same, ", o.id::text, a.place, NULL::text, NULL::text, NULL::text, m.class::text \
             FROM area a JOIN service_orders o ON o.community_id = a.id AND ", $at, " >= $3 AND ", $at, " < $4 \
             JOIN menu_items m ON m.id = o.item_id ", $more
        )
    };
}

/// First rounds completed in the range.
macro_rules! services {
    ($counts:literal, $excused:literal, $more:literal) => {
        orders!("o.completed_at", $counts, $excused, "''", $more)
    };
}

/// The services of one class.
macro_rules! of_class {
    ($code:literal, $zh:literal, $en:literal, $definition:literal, $class:literal) => {
        indicator!(once, $code of "third_party_services", $zh, $en, "人次", Count, [Division, Community, Steward, Organisation], $definition,
            orders!("o.completed_at", "true", "false", "''", "WHERE o.round = 1 AND m.class = "), "'", $class, "'")
    };
}

#[rustfmt::skip]
pub(super) static INDICATORS: &[Registered] = &[
    indicator!(once, "third_party_services", "第三方服务", "services by third parties", "人次", Count, [Division, Community, Steward, Organisation, Item],
        "Orders that a provider completed in the range, one elder each; rework rounds are counted apart. The steward is the one who ordered.",
        services!("true", "false", "WHERE o.round = 1")),
    of_class!("services_meal", "助餐服务", "meal services", "Third-party services under items of the class meal.", "meal"),
    of_class!("services_cleaning", "助洁服务", "cleaning services", "Third-party services under items of the class cleaning.", "cleaning"),
    of_class!("services_medical", "助医服务", "medical services", "Third-party services under items of the class medical.", "medical"),
    of_class!("services_rehabilitation", "康复服务", "rehabilitation services", "Third-party services under items of the class rehabilitation.", "rehabilitation"),
    of_class!("services_companionship", "精神慰藉服务", "emotional support services", "Third-party services under items of the class companionship.", "companionship"),
    of_class!("services_emergency", "助急服务", "emergency services", "Third-party services under items of the class emergency.", "emergency"),
    of_class!("services_home_safety", "居家安全服务", "home safety services", "Third-party services under items of the class home_safety: repairs after a visit.", "home_safety"),
    of_class!("services_policy", "政策服务", "policy services", "Third-party services under items of the class policy.", "policy"),
    indicator!(distinct, "third_party_people" of "third_party_services", "第三方服务人数", "elders served by third parties", "人", Count, [Division, Community, Steward, Organisation, Item],
        "Elders of the third-party services, each once; files that were merged are one elder.",
        orders!("o.completed_at", "true", "false", "coalesce(e.merged_into_id, e.id)::text", "JOIN elders e ON e.id = o.elder_id WHERE o.round = 1")),
    indicator!(once, "rework_services", "返工服务", "rework", "人次", Count, [Division, Community, Steward, Organisation, Item],
        "Rework rounds that a provider completed in the range.",
        services!("true", "false", "WHERE o.round > 1")),
    indicator!(distinct, "social_elders_served", "社会老人助餐助洁", "social elders served", "名", Count, [Division, Community, Steward, Organisation, Item],
        "Elders not of the safety net when it was ordered, with a meal or cleaning service completed in the range, each once; files that were merged are one elder.",
        orders!("o.completed_at", "true", "false", "coalesce(e.merged_into_id, e.id)::text",
            "JOIN elders e ON e.id = o.elder_id WHERE o.entitlement = 'social' AND m.class IN ('meal', 'cleaning')")),
    indicator!(once, "followups", "服务回访", "services followed up", "次", Count, [Division, Community, Steward, Organisation, Item],
        "Of the third-party services of the range, those about which the elder was reached, whenever that was.",
        services!("true", "false", "WHERE o.round = 1 AND EXISTS (SELECT 1 FROM followups f WHERE f.original_id = o.id AND f.reached)")),
    indicator!(once, "followup_rate", "回访率", "follow-up rate", "%", Ratio, [Division, Community, Steward, Organisation, Item],
        "Services followed up over third-party services; a survey that reached nobody is none.",
        services!("EXISTS (SELECT 1 FROM followups f WHERE f.original_id = o.id AND f.reached)", "false", "WHERE o.round = 1")),
    indicator!(once, "satisfaction_first", "首次满意率", "satisfaction at first", "%", Ratio, [Division, Community, Steward, Organisation, Item],
        "Third-party services none of whose four answers after the first round was 'dissatisfied', over those with such answers; where the elder was tried and not \
         reached after the first round, the service is shown apart.",
        services!("f.satisfied", "NOT f.reached", "JOIN LATERAL (SELECT bool_or(f.reached) AS reached, \
            bool_or(f.reached AND 'dissatisfied' NOT IN (f.content, f.attitude, f.quality, f.efficiency)) AS satisfied \
            FROM followups f WHERE f.original_id = o.id AND f.round = 1 HAVING count(*) > 0) f ON true WHERE o.round = 1")),
    indicator!(once, "satisfaction_final", "最终满意率", "satisfaction in the end", "%", Ratio, [Division, Community, Steward, Organisation, Item],
        "The same by the answers after the last round; where the elder was tried and never reached, the service is shown apart.",
        services!("f.reached AND 'dissatisfied' NOT IN (f.content, f.attitude, f.quality, f.efficiency)", "NOT f.reached",
            "JOIN LATERAL (SELECT f.* FROM followups f WHERE f.original_id = o.id ORDER BY f.reached DESC, f.round DESC, f.surveyed_at DESC, f.id LIMIT 1) f ON true \
             WHERE o.round = 1")),
    indicator!(once, "satisfied_strictly", "满意率(不含基本满意)", "strictly satisfied", "%", Ratio, [Division, Community, Steward, Organisation, Item],
        "Third-party services with four answers 'satisfied' after the last round over those with answers; where the elder was never reached, shown apart.",
        services!("f.reached AND f.content = 'satisfied' AND f.attitude = 'satisfied' AND f.quality = 'satisfied' AND f.efficiency = 'satisfied'", "NOT f.reached",
            "JOIN LATERAL (SELECT f.* FROM followups f WHERE f.original_id = o.id ORDER BY f.reached DESC, f.round DESC, f.surveyed_at DESC, f.id LIMIT 1) f ON true \
             WHERE o.round = 1")),
    indicator!(once, "satisfied_after_rework", "整改后满意", "satisfied after rework", "次", Count, [Division, Community, Steward, Organisation, Item],
        "Third-party services with an answer 'dissatisfied' after the first round and none after the last.",
        services!("true", "false", "WHERE o.round = 1 AND EXISTS (SELECT 1 FROM followups f WHERE f.original_id = o.id AND f.round = 1 AND f.reached \
            AND 'dissatisfied' IN (f.content, f.attitude, f.quality, f.efficiency)) \
            AND (SELECT 'dissatisfied' NOT IN (f.content, f.attitude, f.quality, f.efficiency) FROM followups f WHERE f.original_id = o.id AND f.reached \
            ORDER BY f.round DESC, f.surveyed_at DESC, f.id LIMIT 1)")),
    indicator!(once, "on_time_rate", "及时率", "on time", "%", Ratio, [Division, Community, Steward, Organisation, Item],
        "Of the third-party services with a time promised to the elder, those completed within it.",
        services!("o.completed_at <= k.due_at", "false", "JOIN order_clocks k ON k.order_id = o.id AND k.clock = 'elder' WHERE o.round = 1")),
    indicator!(once, "unmet_orders", "未满足工单", "unmet orders", "单", Count, [Division, Community, Steward, Item],
        "Orders requested in the range for which at some time nobody was left to take them, even if somebody took them later.",
        orders!("o.requested_at", "true", "false", "''", "WHERE o.status = 'unmet' OR EXISTS (SELECT 1 FROM order_events v WHERE v.order_id = o.id AND v.to_status = 'unmet')")),
    indicator!(distinct, "resources", "服务资源", "resources", "家", Count, [Division, Tier, Kind],
        "Organisations listed in the library on the last day of the range that serve where a community lies; one that serves in two divisions is one of each and one of both.",
        "SELECT 'organisation', g.id, NULL::uuid, NULL::uuid, NULL::uuid, NULL::uuid, g.id, g.created_at, true, false, g.id::text, g.id::text, d.place, \
         g.kind::text, g.tier::text, NULL::text, NULL::text FROM organisations g JOIN organisation_coverage p ON p.organisation_id = g.id \
         JOIN (SELECT DISTINCT q.division_prefix, a.place FROM (SELECT DISTINCT division_prefix FROM organisation_coverage) q \
         JOIN area a ON a.division_code LIKE q.division_prefix || '%') d ON d.division_prefix = p.division_prefix \
         WHERE g.listed_from <= $14 AND (g.listed_to IS NULL OR g.listed_to > $14)"),
];
