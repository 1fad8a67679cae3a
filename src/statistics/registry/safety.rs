//! Visits that were owed, what was found unsafe, and what could not wait.

use super::Registered;

/// Obligations of one kind whose period ended in the range and is judged.
macro_rules! owed {
    ($kind:literal) => {
        concat!(
            "SELECT 'obligation', b.id, b.household_id, NULL::uuid, b.community_id, b.responsible_id, NULL::uuid, b.due_at, b.status = 'done', b.status = 'excused', \
             '', b.id::text, a.place, b.excuse::text, NULL::text, NULL::text, NULL::text \
             FROM area a JOIN obligations b ON b.community_id = a.id AND b.kind = '", $kind, "' AND b.due_at > $3 AND b.due_at <= $4 WHERE b.grace_until <= $2"
        )
    };
}

/// Hazards that were not withdrawn, told by the instant in `$at`.
macro_rules! hazards {
    ($at:literal, $counts:literal, $condition:literal) => {
        concat!(
            "SELECT 'hazard', z.id, z.household_id, NULL::uuid, z.community_id, z.found_by, NULL::uuid, ", $at, ", ", $counts, ", false, '', z.id::text, \
             a.place, z.kind::text, NULL::text, z.severity::text, NULL::text FROM area a JOIN hazards z ON z.community_id = a.id \
             WHERE z.status::text <> 'withdrawn' AND ", $condition
        )
    };
}

macro_rules! emergencies {
    ($counts:literal) => {
        concat!(
            "SELECT 'emergency', x.id, x.household_id, NULL::uuid, x.community_id, NULL::uuid, NULL::uuid, x.raised_at, ", $counts, ", false, '', x.id::text, \
             a.place, NULL::text, NULL::text, NULL::text, NULL::text FROM area a JOIN emergencies x ON x.community_id = a.id \
             AND x.raised_at >= $3 AND x.raised_at < $4"
        )
    };
}

#[rustfmt::skip]
pub(super) static INDICATORS: &[Registered] = &[
    indicator!(once, "weekly_rate", "周探访率", "weekly visits done", "%", Ratio, [Division, Community, Steward, Kind],
        "Visits owed weekly that were done, over those owed whose week ended in the range; the excused are shown apart, their kind is the reason. A week is judged when its grace \
         is over. The steward is the one who answered for it.",
        owed!("weekly")),
    indicator!(once, "weekly_visits", "周探访任务", "weekly visits owed", "次", Count, [Division, Community, Steward, Kind],
        "Visits owed weekly whose week ends in the range, also of a running week. The kind is where each stands: visited; why it was excused; owed; phone_silent where it is owed \
         and the phone of the steward in charge has not been in contact for a day of that time; why it was missed, or missed_without_reason. The steward is the one who \
         answered for it, or who is in charge.",
        weekly_visits!()),
    indicator!(once, "monthly_rate", "月探访率", "monthly visits done", "%", Ratio, [Division, Community, Steward, Kind],
        "Visits owed monthly that were done, over those owed whose month ended in the range; the excused are shown apart, their kind is the reason. A month is judged when its \
         grace is over. The steward is the one who answered for it.",
        owed!("monthly")),
    indicator!(once, "event_rate", "重大事件24小时探访率", "event visits in time", "%", Ratio, [Division, Community, Steward, Kind],
        "Visits owed within 24 hours of an event (back from hospital, fall, bereavement, no answer …) that were done in time, over those owed whose time ended in the range; \
         the excused are shown apart, their kind is the reason. One is judged when its grace is over.",
        owed!("event")),
    indicator!(once, "campaign_rate", "专项探访完成率", "campaign visits done", "%", Ratio, [Division, Community, Steward, Kind],
        "Extra visits owed by campaigns that were done, over those owed by campaigns that ended in the range; the excused are shown apart, their kind is the reason, and what a \
         campaign still owed when it was stopped is among them. A campaign is judged when its grace is over.",
        owed!("campaign")),
    indicator!(once, "hazards_found", "发现隐患", "hazards found", "处", Count, [Division, Community, Steward, Kind, Severity],
        "Hazards found in the range, without those withdrawn by a correction of the visit. The steward is the one who found it.",
        hazards!("z.found_at", "true", "z.found_at >= $3 AND z.found_at < $4")),
    indicator!(once, "hazards_cleared", "整改隐患", "hazards cleared", "处", Count, [Division, Community, Steward, Kind, Severity],
        "Hazards cleared in the range, whenever they were found. The steward is the one who found it.",
        hazards!("z.cleared_at", "true", "z.cleared_at >= $3 AND z.cleared_at < $4")),
    indicator!(once, "clear_rate", "隐患整改率", "hazards cleared in time", "%", Ratio, [Division, Community, Steward, Kind, Severity],
        "Hazards whose deadline fell in the range or that were cleared in it: those cleared by its end over all of them.",
        hazards!("coalesce(z.due_at, z.cleared_at)", "z.cleared_at IS NOT NULL AND z.cleared_at < $4",
            "(z.due_at >= $3 AND z.due_at < $4 OR z.cleared_at >= $3 AND z.cleared_at < $4)")),
    indicator!(once, "hazards_overdue", "逾期未整改隐患", "hazards overdue", "处", Count, [Division, Community, Steward, Kind, Severity],
        "Hazards whose deadline was past at the end of the range (of a running one: now) and that were not cleared by then.",
        hazards!("z.due_at", "true", "z.due_at < $4 AND z.due_at <= $2 AND (z.cleared_at IS NULL OR z.cleared_at >= $4)")),
    indicator!(once, "reported_in_time", "重大隐患及时报告率", "major hazards reported in time", "%", Ratio, [Division, Community, Steward, Kind],
        "Major hazards reported within the hour after they were found, over those found in the range whose report was made or whose hour is over. The steward is the one who found it.",
        hazards!("z.found_at", "coalesce(z.reported_at <= z.report_due_at, false)",
            "z.found_at >= $3 AND z.found_at < $4 AND z.severity = 'major' AND (z.reported_at IS NOT NULL OR z.report_due_at <= $2)")),
    indicator!(once, "emergencies", "突发事件", "emergencies", "次", Count, [Division, Community],
        "Emergencies raised in the range, repeated calls among them.",
        emergencies!("true")),
    indicator!(once, "ack_in_time", "及时响应率", "emergencies acknowledged in time", "%", Ratio, [Division, Community],
        "Emergencies acknowledged by the deadline that each had (one minute after it was raised, unless the city said otherwise then) over those raised in the range.",
        emergencies!("x.acknowledged_at IS NOT NULL AND x.acknowledged_at <= x.acknowledge_due_at")),
    indicator!(once, "arrive_in_time", "及时到场率", "emergencies reached in time", "%", Ratio, [Division, Community],
        "Emergencies at which somebody was at the door by the deadline that was theirs (15 minutes, 30 where whoever set out first came from outside the compound, unless the \
         city says otherwise) over those raised in the range.",
        emergencies!("x.arrived_at IS NOT NULL AND x.arrived_at <= x.arrive_due_at")),
];
