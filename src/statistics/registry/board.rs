//! The weekly board: the list of `weekly_visits`, counted by community, steward and where each stands.

/// Past the list, `$15` and `$16` are the community's code and the steward's id after which a page begins, `$17` its length.
#[rustfmt::skip]
pub static BOARD: &str = with_list!(once, [weekly_visits!()], concat!(
    "SELECT b.community_id, c.code, c.name AS community, c.division_code AS division, b.steward_id, u.display_name AS steward, b.standings, \
     CASE WHEN b.silent THEN ", last_contact!("b.steward_id"), " END AS last_contact_at FROM (SELECT k.community_id, k.steward_id, bool_or(k.kind = 'phone_silent') AS silent, \
     jsonb_agg(jsonb_build_object('kind', k.kind, 'excused', k.kind = ANY (enum_range(NULL::excuse)::text[]), 'count', k.n) ORDER BY k.kind) AS standings FROM ( \
     SELECT community_id, steward_id, kind, count(*) AS n FROM asked GROUP BY community_id, steward_id, kind) k \
     GROUP BY k.community_id, k.steward_id) b JOIN communities c ON c.id = b.community_id LEFT JOIN users u ON u.id = b.steward_id \
     WHERE (c.code, coalesce(b.steward_id::text, '')) > ($15, $16) ORDER BY c.code, coalesce(b.steward_id::text, '') LIMIT $17"
));
