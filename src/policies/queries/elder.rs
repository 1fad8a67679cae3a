//! What the library means for elders: for one, with every condition; for those of an area, what is to be done.

use super::applications::application_columns;
use crate::{
    calendar::age_on,
    communities_in_scope,
    db::statement,
    elders::{
        ELDER_NOT_FOUND,
        model::{ElderStatus, Entitlement},
        queries::lock_in_scope,
    },
    error::Problem,
    http::{Page, PageQuery},
    ids::{CommunityId, ElderId, HouseholdId, PolicyId},
    policies::{
        POLICY_NOT_FOUND, POLICY_SNOOZE_ALREADY_RECORDED,
        eligibility::{ElderFacts, Eligibility, entitled_in_sql},
        model::{NewPolicySnooze, PolicyApplication, PolicyForElder, PolicySnooze, PolicyToDo},
    },
    policies_in_force,
    schema::sql_types as native,
    tx::{Actor, Tx},
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// The most policies that an elder is held against: far more than a city has in force.
const MOST_POLICIES: i64 = 500;
/// The most that is to be done in the households that one person visits.
const MOST_TO_DO: i64 = 20_000;
/// How long an elder may be left unreminded.
const LONGEST_SNOOZE: Days = Days::new(366);

/// The categories that elder `e` carries on a day.
macro_rules! codes_carried {
    ($day:literal) => {
        concat!(
            "ARRAY(SELECT c.category_code FROM elder_categories c WHERE c.elder_id = e.id AND c.starts_on <= ",
            $day,
            " AND (c.ends_on IS NULL OR c.ends_on > ",
            $day,
            ") ORDER BY c.category_code)"
        )
    };
}

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = ty::Uuid)]
    community_id: CommunityId,
    #[diesel(sql_type = native::ElderStatus)]
    status: ElderStatus,
    #[diesel(sql_type = ty::Date)]
    birth_date: NaiveDate,
    #[diesel(sql_type = native::Entitlement)]
    entitlement: Entitlement,
    #[diesel(sql_type = ty::Text)]
    division_code: String,
    #[diesel(sql_type = ty::Array<ty::Text>)]
    categories: Vec<String>,
}

#[derive(QueryableByName)]
struct Offered {
    #[diesel(sql_type = ty::Uuid)]
    policy_id: PolicyId,
    #[diesel(sql_type = ty::Text)]
    code: String,
    #[diesel(sql_type = ty::Integer)]
    policy_version: i32,
    #[diesel(sql_type = ty::Text)]
    title_zh: String,
    #[diesel(sql_type = ty::Text)]
    title_en: String,
    #[diesel(embed)]
    eligibility: Eligibility,
}

/// How an elder stands to each policy in force today: first those that the elder is entitled to, each group by code.
///
/// # Errors
/// 404 for an elder out of scope.
pub async fn of_elder(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    (now, today): (DateTime<Utc>, NaiveDate),
    id: ElderId,
) -> Result<(CommunityId, Vec<PolicyForElder>), Problem> {
    let elder: Known = statement(concat!(
        "SELECT e.community_id, e.status, e.birth_date, e.entitlement, m.division_code, ",
        codes_carried!("$4"),
        " AS categories FROM elders e JOIN communities m ON m.id = e.community_id WHERE e.id = $3 AND e.community_id IN (",
        communities_in_scope!(),
        ")"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Date, _>(today)
    .get_result(conn)
    .await
    .optional()?
    .ok_or_else(|| ELDER_NOT_FOUND.problem())?;
    let offered: Vec<Offered> = statement(concat!(
        "SELECT p.policy_id, l.code, p.version AS policy_version, p.title_zh, p.title_en, p.age_from, p.age_to, p.categories_any, \
         p.categories_none, p.entitlement, p.ability, p.applies_in FROM policies l JOIN ",
        policies_in_force!("$1"),
        " p ON p.policy_id = l.id ORDER BY l.code LIMIT $2"
    ))
    .bind::<ty::Date, _>(today)
    .bind::<ty::BigInt, _>(MOST_POLICIES)
    .load(conn)
    .await?;
    let applications: Vec<PolicyApplication> = statement(concat!(
        "SELECT DISTINCT ON (a.policy_id) ",
        application_columns!(),
        " FROM policy_applications a WHERE a.elder_id = $1 ORDER BY a.policy_id, a.applied_on DESC, a.id DESC"
    ))
    .bind::<ty::Uuid, _>(id)
    .load(conn)
    .await?;
    let snoozes: Vec<PolicySnooze> = statement(
        "SELECT DISTINCT ON (policy_id) id, elder_id, policy_id, reason, until, recorded_by, recorded_at FROM policy_snoozes \
         WHERE elder_id = $1 AND until > $2 ORDER BY policy_id, until DESC, id DESC",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Date, _>(today)
    .load(conn)
    .await?;
    let facts = ElderFacts {
        status: elder.status,
        age: age_on(elder.birth_date, today),
        categories: elder.categories,
        entitlement: elder.entitlement,
        division: elder.division_code,
    };
    let mut policies: Vec<PolicyForElder> = offered
        .into_iter()
        .map(|policy| {
            let conditions = policy.eligibility.judge(&facts);
            PolicyForElder {
                policy_id: policy.policy_id,
                code: policy.code,
                policy_version: policy.policy_version,
                title_zh: policy.title_zh,
                title_en: policy.title_en,
                entitled: conditions.iter().all(|c| c.met),
                conditions,
                application: applications
                    .iter()
                    .find(|a| a.policy_id == policy.policy_id)
                    .cloned(),
                snooze: snoozes.iter().find(|s| s.policy_id == policy.policy_id).cloned(),
            }
        })
        .collect();
    policies.sort_by_key(|p| !p.entitled);
    Ok((elder.community_id, policies))
}

/// What is to be done in an area. The elders come in the order of their ids, each is asked for its categories once and held against every
/// policy, and the page ends the walk: `OFFSET 0` keeps the planner from joining all elders with all policies first, which takes
/// fifty times as long. `$7`, one policy, is no condition that an index could serve: there are few.
macro_rules! to_do {
    ($more:literal) => {
        concat!(
            "WITH p AS MATERIALIZED (SELECT l.code, f.* FROM policies l JOIN ",
            policies_in_force!("$3"),
            " f ON f.policy_id = l.id WHERE $7 IS NULL OR l.id = $7) \
             SELECT e.id AS elder_id, e.name AS elder_name, e.household_id, e.community_id, d.* FROM ( \
              SELECT x.id, x.name, x.household_id, x.community_id, x.status, x.entitlement, x.birth_date FROM elders x WHERE x.community_id IN (",
            communities_in_scope!(),
            ") AND x.id >= $4",
            $more,
            " ORDER BY x.id OFFSET 0) e JOIN communities m ON m.id = e.community_id CROSS JOIN LATERAL ( \
              SELECT date_part('year', age($3::timestamp, e.birth_date::timestamp))::integer AS years, ",
            codes_carried!("$3"),
            " AS codes OFFSET 0) k CROSS JOIN LATERAL (SELECT p.policy_id, p.code, p.version AS policy_version, p.title_zh, p.title_en FROM p WHERE ",
            entitled_in_sql!(),
            " AND (e.id, p.policy_id) > ($4, $5) \
              AND NOT EXISTS (SELECT 1 FROM policy_applications a WHERE a.elder_id = e.id AND a.policy_id = p.policy_id \
               AND (a.status IN ('applied', 'granted') OR a.policy_version = p.version)) \
              AND NOT EXISTS (SELECT 1 FROM policy_snoozes s WHERE s.elder_id = e.id AND s.policy_id = p.policy_id AND s.until > $3) \
              OFFSET 0) d ORDER BY e.id, d.policy_id LIMIT $6"
        )
    };
}

/// The policies in force that elders of the actor's scope are entitled to and have not applied for.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn to_do(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    (now, today): (DateTime<Utc>, NaiveDate),
    policy: Option<PolicyId>,
    community: Option<CommunityId>,
    page: &PageQuery,
) -> Result<Page<PolicyToDo>, Problem> {
    let after = page.after()?.unwrap_or((Uuid::nil(), Uuid::nil()));
    // Of one community in a statement of its own, so that it has a plan of its own.
    let text = if community.is_some() {
        to_do!(" AND x.community_id = $8")
    } else {
        to_do!("")
    };
    let asked = statement(text)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Date, _>(today)
        .bind::<ty::Uuid, _>(after.0)
        .bind::<ty::Uuid, _>(after.1)
        .bind::<ty::BigInt, _>(page.fetch())
        .bind::<ty::Nullable<ty::Uuid>, _>(policy);
    let found: Vec<PolicyToDo> = match community {
        Some(community) => asked.bind::<ty::Uuid, _>(community).load(conn).await?,
        None => asked.load(conn).await?,
    };
    Ok(Page::cut(found, page, |t| (t.elder_id.0, t.policy_id.0)))
}

/// Likewise all of it for the elders of these households of the actor's scope.
///
/// # Errors
/// What the database said.
pub async fn to_do_of(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    (now, today): (DateTime<Utc>, NaiveDate),
    households: &[HouseholdId],
) -> Result<Vec<PolicyToDo>, Problem> {
    Ok(statement(to_do!(" AND x.household_id = ANY ($8)"))
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Date, _>(today)
        .bind::<ty::Uuid, _>(Uuid::nil())
        .bind::<ty::Uuid, _>(Uuid::nil())
        .bind::<ty::BigInt, _>(MOST_TO_DO)
        .bind::<ty::Nullable<ty::Uuid>, _>(None::<Uuid>)
        .bind::<ty::Array<ty::Uuid>, _>(households.to_vec())
        .load(conn)
        .await?)
}

/// Leaves an elder unreminded of a policy until a day. The same id with the same snooze gives the one that stands.
///
/// # Errors
/// 404 for an elder out of scope or no such policy, 409 for a file that was merged or an id that stands for another snooze, 422 for a
/// day that is not after today or more than a year away.
pub async fn snooze(
    tx: &mut Tx<'_>,
    actor: &Actor,
    elder: ElderId,
    new: NewPolicySnooze,
) -> Result<PolicySnooze, Problem> {
    let (now, today) = (tx.now, tx.today());
    let elder = lock_in_scope(tx, actor, elder).await?;
    if new.until <= today || today.checked_add_days(LONGEST_SNOOZE) < Some(new.until) {
        return Err(Problem::field("until", "must lie after today, within a year"));
    }
    let known = statement("SELECT 1 FROM policies WHERE id = $1")
        .bind::<ty::Uuid, _>(new.policy_id)
        .execute(tx.conn)
        .await?;
    if known == 0 {
        return Err(POLICY_NOT_FOUND.problem());
    }
    let fresh = statement(
        "INSERT INTO policy_snoozes (id, elder_id, policy_id, reason, until, recorded_by, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (id) DO NOTHING",
    )
    .bind::<ty::Uuid, _>(new.id)
    .bind::<ty::Uuid, _>(elder.id)
    .bind::<ty::Uuid, _>(new.policy_id)
    .bind::<ty::Text, _>(new.reason.clone())
    .bind::<ty::Date, _>(new.until)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    let stands: PolicySnooze = statement(
        "SELECT id, elder_id, policy_id, reason, until, recorded_by, recorded_at FROM policy_snoozes WHERE id = $1",
    )
    .bind::<ty::Uuid, _>(new.id)
    .get_result(tx.conn)
    .await?;
    let same = (stands.elder_id, stands.policy_id, stands.recorded_by) == (elder.id, new.policy_id, actor.id)
        && (&stands.reason, stands.until) == (&new.reason, new.until);
    if !same {
        return Err(POLICY_SNOOZE_ALREADY_RECORDED.problem());
    }
    if fresh > 0 {
        tx.audit(
            tx.entry("policies.snooze", "policy_snooze", Some(new.id.0))
                .elder(elder.id)
                .community(elder.community_id),
        );
    }
    Ok(stands)
}
