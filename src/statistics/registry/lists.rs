//! The texts that lists and statements are made of.

/// What the records of a `weighted` list have one column more of than others.
macro_rules! weight_of {
    (weighted) => {
        ", weight"
    };
    ($other:ident) => {
        ""
    };
}

/// The statements of a list: `with_list!(once | distinct | weighted, list, tail)`.
macro_rules! with_list {
    ($same:ident, [$($list:tt)*], $tail:expr) => {
        concat!(
            "WITH area AS MATERIALIZED (SELECT c.id, c.division_code, left(c.division_code, $9) AS place, c.active_from, c.active_to, c.created_at \
             FROM communities c WHERE ($1::uuid IS NULL OR c.id IN (", crate::communities_in_scope!(), ")) \
             AND ($5::text IS NULL OR c.division_code LIKE $5 || '%') AND ($6::uuid IS NULL OR c.id = $6)), \
             list (record_kind, record_id, household_id, elder_id, community_id, steward_id, organisation_id, occurred_at, counts, excused, \
             same, key, place, kind, tier, severity, item", weight_of!($same), ") AS (", $($list)*, "), \
             asked AS (SELECT * FROM list WHERE ($7::uuid IS NULL OR steward_id = $7) AND ($8::uuid IS NULL OR organisation_id = $8) \
             AND ($10::text IS NULL OR kind = $10) AND ($11::text IS NULL OR tier = $11) AND ($12::text IS NULL OR severity = $12) \
             AND ($13::text IS NULL OR item = $13)) ",
            $tail
        )
    };
}

macro_rules! parts_of {
    ($counts:expr) => {
        concat!(
            "SELECT part, grouping(part) = 1 AS whole, ", $counts, " FROM (SELECT asked.*, CASE $15::text WHEN 'division' THEN place \
             WHEN 'community' THEN community_id::text WHEN 'steward' THEN steward_id::text WHEN 'organisation' THEN organisation_id::text \
             WHEN 'kind' THEN kind WHEN 'tier' THEN tier WHEN 'severity' THEN severity WHEN 'item' THEN item END AS part FROM asked) parts \
             GROUP BY GROUPING SETS ((part), ()) ORDER BY whole DESC, part COLLATE \"C\" LIMIT $16"
        )
    };
}

/// What the records of a `once` list come to.
macro_rules! once_counts {
    () => {
        "count(*) FILTER (WHERE counts) AS numerator, count(*) FILTER (WHERE NOT excused) AS denominator, \
         count(*) FILTER (WHERE excused) AS excused"
    };
}

/// What the records of a `weighted` list come to; all of them count, each as often as it weighs.
macro_rules! weighted_counts {
    () => {
        "coalesce(sum(weight), 0) AS numerator, coalesce(sum(weight), 0) AS denominator, 0::bigint AS excused"
    };
}

/// What the records of a `distinct` list come to; all of them count.
macro_rules! distinct_counts {
    () => {
        "count(DISTINCT same COLLATE \"C\") AS numerator, count(DISTINCT same COLLATE \"C\") AS denominator, 0::bigint AS excused"
    };
}

/// `indicator!(once | distinct | weighted, code, zh, en, unit, Count | Ratio, [by …], definition, list …)`; `of "code"` for a part of
/// another indicator.
macro_rules! indicator {
    ($same:ident, $code:literal $(of $of:literal)?, $zh:literal, $en:literal, $unit:literal, $kind:ident, [$($by:ident),*], $definition:literal, $($list:tt)*) => {
        crate::statistics::registry::Registered {
            indicator: crate::statistics::model::Indicator {
                code: $code,
                name_zh: $zh,
                name_en: $en,
                unit: $unit,
                kind: crate::statistics::model::IndicatorKind::$kind,
                definition: $definition,
                of: indicator!(@of $($of)?),
                by: &[$(crate::statistics::model::By::$by),*],
                additive: indicator!(@additive $same),
                weighted: indicator!(@weighted $same),
            },
            figure: indicator!(@figure $same, [$($list)*]),
            records: indicator!(@records $same, [$($list)*]),
            parts: indicator!(@parts $same, [$($list)*]),
        }
    };
    (@of) => { None };
    (@of $of:literal) => { Some($of) };
    (@additive distinct) => { false };
    (@additive $summed:ident) => { true };
    (@weighted weighted) => { true };
    (@weighted $other:ident) => { false };
    (@figure once, $list:tt) => { with_list!(once, $list, concat!("SELECT ", once_counts!(), " FROM asked")) };
    (@figure distinct, $list:tt) => { with_list!(distinct, $list, concat!("SELECT ", distinct_counts!(), " FROM asked")) };
    (@figure weighted, $list:tt) => { with_list!(weighted, $list, concat!("SELECT ", weighted_counts!(), " FROM asked")) };
    (@records once, $list:tt) => {
        with_list!(once, $list, "SELECT *, 1 AS weight FROM asked WHERE $15::text IS NULL OR key COLLATE \"C\" > $15 ORDER BY key COLLATE \"C\" LIMIT $16")
    };
    (@records distinct, $list:tt) => {
        with_list!(distinct, $list, "SELECT *, 1 AS weight FROM (SELECT DISTINCT ON (same COLLATE \"C\") * FROM asked ORDER BY same COLLATE \"C\", occurred_at, record_id) first \
                           WHERE $15::text IS NULL OR key COLLATE \"C\" > $15 ORDER BY key COLLATE \"C\" LIMIT $16")
    };
    (@records weighted, $list:tt) => {
        with_list!(weighted, $list, "SELECT * FROM asked WHERE $15::text IS NULL OR key COLLATE \"C\" > $15 ORDER BY key COLLATE \"C\" LIMIT $16")
    };
    (@parts once, $list:tt) => { with_list!(once, $list, parts_of!(once_counts!())) };
    (@parts distinct, $list:tt) => { with_list!(distinct, $list, parts_of!(distinct_counts!())) };
    (@parts weighted, $list:tt) => { with_list!(weighted, $list, parts_of!(weighted_counts!())) };
}

/// Joins the steward who is first responsible for community `a` at the end of the range, as `p`.
macro_rules! primary_at_end {
    () => {
        " LEFT JOIN LATERAL (SELECT s.user_id FROM steward_assignments s WHERE s.community_id = a.id AND s.duty = 'primary' AND s.starts_at < $4 \
          AND (s.ends_at IS NULL OR s.ends_at >= $4) ORDER BY s.starts_at DESC LIMIT 1) p ON true "
    };
}

/// The status that elder `e` had on the last day of the range: from the history `h`, and where that says nothing, from the file.
macro_rules! status_at_end {
    () => {
        "coalesce(h.status, CASE WHEN e.status_since <= $14 THEN e.status ELSE 'active' END)"
    };
}

/// Joins the history that [`status_at_end`] reads.
macro_rules! history_at_end {
    () => {
        " LEFT JOIN elder_statuses h ON h.elder_id = e.id AND h.starts_on <= $14 AND (h.ends_on IS NULL OR h.ends_on > $14) "
    };
}

/// Completed visits `v` of the range, at which somebody was met.
macro_rules! met_visits {
    ($area:literal) => {
        concat!(
            " area ", $area, " JOIN visits v ON v.community_id = ", $area,
            ".id AND v.superseded_at IS NULL AND v.outcome = 'met' AND v.started_at >= $3 AND v.started_at < $4 "
        )
    };
}

/// When the phone of steward `$user` was last in contact, as a scalar SQL expression: its last log-in or refresh, or the last visit that it
/// sent, of those made since a week before the range. Null for one that never was.
macro_rules! last_contact {
    ($user:literal) => {
        concat!(
            "greatest((SELECT max(t.issued_at) FROM sessions s JOIN refresh_tokens t ON t.session_id = s.id WHERE s.user_id = ", $user, "), \
             (SELECT max(v.received_at) FROM visits v WHERE v.steward_id = ", $user, " AND v.started_at >= $3 - interval '7 days'))"
        )
    };
}

/// Joins the steward in charge of community `a` now, or at the end of the range where that is over, and when their phone was last
/// in contact, as `p`.
macro_rules! in_charge_and_contact {
    () => {
        concat!(
            " CROSS JOIN LATERAL (SELECT g.user_id, ",
            last_contact!("g.user_id"),
            " AS last_contact_at FROM (SELECT ",
            crate::steward_in_charge!("a.id", "least($2, $4 - interval '1 microsecond')"),
            " AS user_id) g) p "
        )
    };
}

/// The phone of steward `p` has not been in contact for a day of the range: who makes visits opens it every day, and it takes a new
/// token within 15 minutes.
macro_rules! phone_is_silent {
    () => {
        "p.user_id IS NOT NULL AND greatest(p.last_contact_at, $3) <= $2 - interval '24 hours'"
    };
}

/// Where an obligation `b` stands: visited; why it was excused or missed; or still owed, and whether the phone of the steward in charge, `p`,
/// is silent. Nothing that may still arrive from a phone is missed.
macro_rules! standing {
    () => {
        concat!(
            "CASE b.status WHEN 'done' THEN 'visited' WHEN 'excused' THEN b.excuse::text WHEN 'missed' THEN coalesce(b.missed_reason::text, 'missed_without_reason') \
             ELSE CASE WHEN ", phone_is_silent!(), " THEN 'phone_silent' ELSE 'owed' END END"
        )
    };
}

/// The obligations of the weeks that end in the range; the list of an indicator and of the weekly board.
macro_rules! weekly_visits {
    () => {
        concat!(
            "SELECT 'obligation', b.id, b.household_id, NULL::uuid, b.community_id, coalesce(b.responsible_id, p.user_id), NULL::uuid, b.due_at, true, \
             false, '', b.id::text, a.place, ", standing!(), ", NULL::text, NULL::text, NULL::text FROM area a", in_charge_and_contact!(),
            "JOIN obligations b ON b.community_id = a.id AND b.kind = 'weekly' AND b.due_at > $3 AND b.due_at <= $4"
        )
    };
}
