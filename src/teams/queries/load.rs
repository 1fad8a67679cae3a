//! How much each steward has to do: one statement for the officer and for the steward.

use crate::{
    calendar::{IsoWeek, Month, Quarter},
    communities_in_scope,
    db::statement,
    error::Problem,
    http::{Page, PageQuery},
    steward_in_charge,
    teams::model::{Charge, StewardLoad, WEIGHTS, WeekGoal},
    tx::Actor,
};
use chrono::{DateTime, Utc};
use diesel::sql_types as ty;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

/// The caseload of every steward who is in charge of a community of the actor's scope: `$3` the week's first instant; `$4` `$5` `$6`
/// when the visits of the week, of the month and of the quarter of its Monday are due; `$7` `$8` the weights of a monthly and of a
/// quarterly household. `$9` the user name after which a page begins, `$10` its length, `$11` whether only the actor's own is asked for.
///
/// What was done before the week began, or is excused, is no part of what it has to bring; a visit belongs to the week in which it was made,
/// whenever it arrived.
const CASELOAD: &str = concat!(
    "WITH charge AS MATERIALIZED (SELECT c.id, ",
    steward_in_charge!("c.id", "$2"),
    " AS user_id FROM communities c WHERE c.id IN (",
    communities_in_scope!(),
    ")), \
     homes AS (SELECT h.user_id, count(*) FILTER (WHERE h.tier = 'weekly') AS weekly_households, \
       count(*) FILTER (WHERE h.tier = 'monthly') AS monthly_households, count(*) FILTER (WHERE h.tier = 'quarterly') AS quarterly_households, \
       sum(h.weekly)::bigint AS weekly_elders, sum(h.monthly)::bigint AS monthly_elders, sum(h.quarterly)::bigint AS quarterly_elders \
       FROM (SELECT g.user_id, min(e.tier) AS tier, count(*) FILTER (WHERE e.tier = 'weekly') AS weekly, \
         count(*) FILTER (WHERE e.tier = 'monthly') AS monthly, count(*) FILTER (WHERE e.tier = 'quarterly') AS quarterly \
         FROM charge g JOIN elders e ON e.community_id = g.id WHERE e.status IN ('active', 'in_hospital', 'away') \
         GROUP BY g.user_id, e.household_id) h GROUP BY h.user_id), \
     owed AS (SELECT g.user_id, \
       count(*) FILTER (WHERE o.kind = 'weekly') AS weekly_owed, count(*) FILTER (WHERE o.kind = 'weekly' AND o.status = 'done') AS weekly_done, \
       count(*) FILTER (WHERE o.kind = 'monthly') AS monthly_owed, count(*) FILTER (WHERE o.kind = 'monthly' AND o.status = 'done') AS monthly_done, \
       count(*) FILTER (WHERE o.kind = 'quarterly') AS quarterly_owed, count(*) FILTER (WHERE o.kind = 'quarterly' AND o.status = 'done') AS quarterly_done \
       FROM charge g CROSS JOIN (VALUES ('weekly'::obligation_kind, $4::timestamptz), ('monthly', $5), ('quarterly', $6)) p (kind, due_at) \
       JOIN obligations o ON o.community_id = g.id AND o.kind = p.kind AND o.due_at = p.due_at AND o.status <> 'excused' \
       LEFT JOIN visits v ON v.id = o.visit_id AND o.kind <> 'weekly' WHERE v.id IS NULL OR v.started_at >= $3 GROUP BY g.user_id), \
     counted AS (SELECT u.id AS user_id, u.username, u.display_name, s.communities, \
       coalesce(h.weekly_households, 0) AS weekly_households, coalesce(h.monthly_households, 0) AS monthly_households, \
       coalesce(h.quarterly_households, 0) AS quarterly_households, coalesce(h.weekly_elders, 0) AS weekly_elders, \
       coalesce(h.monthly_elders, 0) AS monthly_elders, coalesce(h.quarterly_elders, 0) AS quarterly_elders, \
       coalesce(o.weekly_owed, 0) AS weekly_owed, coalesce(o.weekly_done, 0) AS weekly_done, coalesce(o.monthly_owed, 0) AS monthly_owed, \
       coalesce(o.monthly_done, 0) AS monthly_done, coalesce(o.quarterly_owed, 0) AS quarterly_owed, coalesce(o.quarterly_done, 0) AS quarterly_done, \
       coalesce(h.weekly_households + $7 * h.monthly_households + $8 * h.quarterly_households, 0)::float8 AS load \
       FROM (SELECT user_id, count(*) AS communities FROM charge GROUP BY user_id) s JOIN users u ON u.id = s.user_id \
       LEFT JOIN homes h ON h.user_id = u.id LEFT JOIN owed o ON o.user_id = u.id), \
     weighed AS (SELECT counted.*, avg(load) OVER () AS average FROM counted) \
     SELECT * FROM weighed w WHERE w.username > $9 AND (NOT $11 OR w.user_id = $1) ORDER BY w.username LIMIT $10",
);

async fn charges(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    week: IsoWeek,
    (after, most, own): (String, i64, bool),
) -> Result<Vec<Charge>, Problem> {
    let monday = week.first_day();
    Ok(statement(CASELOAD)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Timestamptz, _>(week.start())
        .bind::<ty::Timestamptz, _>(week.end())
        .bind::<ty::Timestamptz, _>(Month::of(monday).end())
        .bind::<ty::Timestamptz, _>(Quarter::of(monday).end())
        .bind::<ty::Double, _>(WEIGHTS.0)
        .bind::<ty::Double, _>(WEIGHTS.1)
        .bind::<ty::Text, _>(after)
        .bind::<ty::BigInt, _>(most)
        .bind::<ty::Bool, _>(own)
        .load(conn)
        .await?)
}

/// The loads of the stewards who are in charge in the actor's area, by user name.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    week: IsoWeek,
    page: &PageQuery,
) -> Result<Page<StewardLoad>, Problem> {
    let after = page.after::<String>()?.unwrap_or_default();
    let found = charges(conn, actor, now, week, (after, page.fetch(), false)).await?;
    Ok(Page::cut(found, page, |c| c.username.clone()).map(|charge| StewardLoad::of(charge, week)))
}

/// What the week has to bring in the communities that the actor is in charge of; nothing for one who is in charge of none.
///
/// # Errors
/// What the database said.
pub async fn own(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    week: IsoWeek,
) -> Result<WeekGoal, Problem> {
    let found = charges(conn, actor, now, week, (String::new(), 1, true)).await?;
    let counted = found.into_iter().next().map(|charge| charge.counted);
    Ok(counted.unwrap_or_default().goal(week))
}
