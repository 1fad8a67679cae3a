//! Policies made known and explained.

use super::Registered;

/// Publicity events of the range that count, in the communities asked about and in the divisions that the asker may see; `$more`
/// columns of each, `$condition` what is asked of them besides. Who recorded one as an officer is no steward.
macro_rules! events {
    ($more:literal, $condition:literal) => {
        concat!(
            "SELECT 'publicity_event', x.id, NULL::uuid, NULL::uuid, x.community_id, CASE WHEN u.role = 'steward' THEN x.recorded_by END, NULL::uuid, \
             x.held_at, true, false, '', x.root_id::text, left(x.division_code, $9), x.channel::text, NULL::text, NULL::text, NULL::text", $more,
            " FROM publicity_events x JOIN users u ON u.id = x.recorded_by WHERE x.superseded_at IS NULL AND x.withdrawn_at IS NULL \
             AND x.held_at >= $3 AND x.held_at < $4 AND (x.community_id IN (SELECT a.id FROM area a) OR x.community_id IS NULL AND $6::uuid IS NULL \
             AND ($5::text IS NULL OR x.division_code LIKE $5 || '%') AND ($1::uuid IS NULL OR EXISTS (SELECT 1 FROM users w WHERE w.id = $1 \
             AND w.disabled_at IS NULL AND x.division_code LIKE w.scope || '%')))", $condition
        )
    };
}

#[rustfmt::skip]
pub(super) static INDICATORS: &[Registered] = &[
    indicator!(once, "publicity_events", "政策宣传活动", "publicity events", "场", Count, [Division, Community, Steward, Kind],
        "Publicity events held in the range, without those withdrawn; a corrected one counts once, as corrected. The kind is the channel. The steward is the one \
         who recorded it; an event of a whole division belongs to no community.",
        events!("", "")),
    indicator!(weighted, "policy_explanations", "政策讲解", "policies explained", "人次", Count, [Division, Community, Steward, Kind],
        "Persons to whom a policy was explained in the range: at publicity events as many as were counted there, at home one per elder and visit, however many \
         policies. The kind is the event's channel, or visit.",
        events!(", x.explained", " AND x.explained > 0"),
        " UNION ALL SELECT 'visit', v.id, v.household_id, coalesce(e.merged_into_id, e.id), v.community_id, v.steward_id, NULL::uuid, v.started_at, true, \
         false, '', v.root_id::text || ':' || row_number() OVER (PARTITION BY v.id ORDER BY coalesce(e.merged_into_id, e.id)), a.place, 'visit', NULL::text, \
         NULL::text, NULL::text, 1 FROM ", met_visits!("a"),
        " JOIN visit_policies q ON q.visit_id = v.id JOIN elders e ON e.id = q.elder_id GROUP BY v.id, a.place, coalesce(e.merged_into_id, e.id)"),
];
