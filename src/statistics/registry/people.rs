//! Who serves, whom, and what was asked of them.

use super::Registered;

/// Needs collected in the range. `$same` and `$key` are SQL.
macro_rules! needs {
    ($same:literal, $key:literal, $condition:literal) => {
        concat!(
            "SELECT 'need', n.id, n.household_id, n.elder_id, n.community_id, n.collected_by, NULL::uuid, n.collected_at, true, false, ",
            $same, ", ", $key, ", a.place, n.status::text, NULL::text, NULL::text, m.class::text \
             FROM area a JOIN needs n ON n.community_id = a.id JOIN menu_items m ON m.id = n.item_id \
             WHERE n.collected_at >= $3 AND n.collected_at < $4 AND n.withdrawn_visit_id IS NULL", $condition
        )
    };
}

/// Elders met on visits of the range. A correction takes the place of what it corrects under the same key: the visit's
/// identity and the elder's number within it.
macro_rules! met_elders {
    ($same:literal, $join:literal, $condition:expr) => {
        concat!(
            "SELECT 'visit', v.id, v.household_id, m.elder_id, v.community_id, v.steward_id, NULL::uuid, v.started_at, true, false, ",
            $same, ", v.root_id::text || ':' || (SELECT count(*) FROM visit_elders w WHERE w.visit_id = m.visit_id AND w.elder_id <= m.elder_id)::text, \
             a.place, NULL::text, NULL::text, NULL::text, NULL::text FROM ", met_visits!("a"),
            " JOIN visit_elders m ON m.visit_id = v.id ", $join, " WHERE true", $condition
        )
    };
}

macro_rules! safety {
    () => {
        " AND 'safety' = ANY (v.purposes) AND v.gas <> 'not_checked' AND v.electric <> 'not_checked' AND v.fire <> 'not_checked' \
          AND v.water <> 'not_checked'"
    };
}

#[rustfmt::skip]
pub(super) static INDICATORS: &[Registered] = &[
    indicator!(once, "communities", "服务小区数", "communities", "个", Count, [Division, Community, Steward],
        "Communities served on the last day of the range; their steward is the one first responsible then.",
        "SELECT 'community', a.id, NULL::uuid, NULL::uuid, a.id, p.user_id, NULL::uuid, a.created_at, true, false, a.id::text, a.id::text, a.place, \
         NULL::text, NULL::text, NULL::text, NULL::text FROM area a", primary_at_end!(),
        "WHERE a.active_from <= $14 AND (a.active_to IS NULL OR a.active_to > $14)"),
    indicator!(distinct, "stewards", "管家人数", "stewards", "人", Count, [Division, Community],
        "Persons assigned, at the end of the range, to a community that is served then; who serves in two divisions is one person of each and one of both, and who only \
         stands in for somebody's leave is not counted there.",
        "SELECT 'steward', s.user_id, NULL::uuid, NULL::uuid, s.community_id, s.user_id, NULL::uuid, s.starts_at, true, false, s.user_id::text, s.user_id::text, a.place, \
         NULL::text, NULL::text, NULL::text, NULL::text FROM area a JOIN steward_assignments s ON s.community_id = a.id JOIN users u ON u.id = s.user_id \
         WHERE s.duty <> 'cover' AND s.starts_at < $4 AND (s.ends_at IS NULL OR s.ends_at >= $4) AND (u.disabled_at IS NULL OR u.disabled_at >= $4) \
         AND a.active_from <= $14 AND (a.active_to IS NULL OR a.active_to > $14)"),
    indicator!(distinct, "needs_households", "需求采集", "households whose needs were collected", "户次", Count, [Division, Community, Steward, Item],
        "Pairs of household and collecting event (a visit or a call) with at least one need; one that a correction of the visit no longer names was never collected.",
        needs!("n.household_id::text || ':' || n.event_id::text", "n.household_id::text || ':' || n.event_id::text", "")),
    indicator!(distinct, "needs_dwellings" of "needs_households", "需求采集户数", "households with needs", "户", Count, [Division, Community, Steward, Item],
        "Households with at least one need collected in the range, each once.",
        needs!("n.household_id::text", "n.household_id::text", "")),
    indicator!(once, "needs", "采集需求", "needs collected", "件", Count, [Division, Community, Steward, Item, Kind],
        "Needs collected in the range, without those that a correction of the visit no longer names; the kind is what has become of them by now: open, solved, ordered, withdrawn.",
        needs!("n.id::text", "n.id::text", "")),
    indicator!(once, "needs_solved" of "needs", "当场解决需求", "needs solved on the spot", "件", Count, [Division, Community, Steward, Item],
        "Needs collected in the range that the steward solved without an order.",
        needs!("n.id::text", "n.id::text", " AND n.status = 'solved'")),
    indicator!(once, "needs_ordered" of "needs", "转办需求", "needs ordered", "件", Count, [Division, Community, Steward, Item],
        "Needs collected in the range that became a service order.",
        needs!("n.id::text", "n.id::text", " AND n.status = 'ordered'")),
    indicator!(once, "home_visits", "入户服务", "home visits", "人次", Count, [Division, Community, Steward],
        "Elders met at home by a steward, one per elder and visit, whatever the purpose; a corrected visit counts once, as corrected.",
        met_elders!("''", "", "")),
    indicator!(distinct, "home_visit_people" of "home_visits", "入户服务人数", "elders visited at home", "人", Count, [Division, Community, Steward],
        "Elders met at home at least once, each once; files that were merged are one elder.",
        met_elders!("coalesce(e.merged_into_id, e.id)::text", "JOIN elders e ON e.id = m.elder_id", "")),
    indicator!(once, "safety_visits", "安全巡访", "safety visits", "人次", Count, [Division, Community, Steward],
        "Home visits for safety at which none of gas, electricity, fire and water was left unchecked.",
        met_elders!("''", "", safety!())),
    indicator!(distinct, "safety_visit_people" of "safety_visits", "安全巡访人数", "elders visited for safety", "人", Count, [Division, Community, Steward],
        "Elders of the safety visits, each once; files that were merged are one elder.",
        met_elders!("coalesce(e.merged_into_id, e.id)::text", "JOIN elders e ON e.id = m.elder_id", safety!())),
    indicator!(once, "coverage", "入户覆盖率", "coverage", "%", Ratio, [Division, Community, Steward],
        "Households with a met visit in the range over households in scope: those where on its last day lived an elder who was neither moved, deceased nor in an \
         institution. Households not visited whose elders have all declined are shown apart. The steward is the one first responsible for the community at the end.",
        "SELECT 'household', e.household_id, e.household_id, NULL::uuid, a.id, p.user_id, NULL::uuid, min(e.enrolled_at), w.household_id IS NOT NULL, \
         w.household_id IS NULL AND bool_and(", status_at_end!(), " = 'declined'), '', e.household_id::text, a.place, NULL::text, NULL::text, NULL::text, NULL::text \
         FROM area a JOIN elders e ON e.community_id = a.id", history_at_end!(), primary_at_end!(),
        "LEFT JOIN (SELECT DISTINCT v.household_id FROM ", met_visits!("b"), ") w ON w.household_id = e.household_id \
         WHERE e.status <> 'merged' AND e.enrolled_at < $4 AND ", status_at_end!(), " NOT IN ('moved', 'deceased', 'in_institution') \
         GROUP BY e.household_id, a.id, a.place, p.user_id, w.household_id"),
    indicator!(once, "elders_visited_rate", "老年人探访率", "elders visited", "%", Ratio, [Division, Community, Steward],
        "Elders met at home in the range over elders in scope: those who on its last day were neither moved nor deceased. Elders not met who were then in an \
         institution or had declined visits are shown apart.",
        "SELECT 'household', e.household_id, e.household_id, e.id, a.id, p.user_id, NULL::uuid, e.enrolled_at, w.elder_id IS NOT NULL, \
         w.elder_id IS NULL AND ", status_at_end!(), " IN ('in_institution', 'declined'), '', \
         e.household_id::text || ':' || (SELECT count(*) FROM elders x WHERE x.household_id = e.household_id AND x.id <= e.id)::text, a.place, \
         NULL::text, NULL::text, NULL::text, NULL::text FROM area a JOIN elders e ON e.community_id = a.id", history_at_end!(), primary_at_end!(),
        "LEFT JOIN (SELECT DISTINCT m.elder_id FROM ", met_visits!("b"), " JOIN visit_elders m ON m.visit_id = v.id) w ON w.elder_id = e.id \
         WHERE e.status <> 'merged' AND e.enrolled_at < $4 AND ", status_at_end!(), " NOT IN ('moved', 'deceased')"),
];
