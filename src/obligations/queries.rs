//! Statements on obligations.

use super::model::{Period, WorklistLine, risk};
use crate::{
    communities_in_scope,
    db::statement,
    elders::model::VisitTier,
    error::Problem,
    http::{Page, PageQuery},
    ids::{CommunityId, HouseholdId},
    schema::sql_types,
    steward_in_charge,
    tx::{Actor, Tx},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// Households that one statement looks at.
const STEP: usize = 5_000;

#[derive(QueryableByName)]
struct Owed {
    #[diesel(sql_type = ty::Uuid)]
    household_id: HouseholdId,
    #[diesel(sql_type = ty::Uuid)]
    community_id: CommunityId,
    #[diesel(sql_type = sql_types::VisitTier)]
    tier: VisitTier,
    #[diesel(sql_type = ty::Array<ty::Text>)]
    reasons: Vec<String>,
}

/// Makes the obligations of the periods that hold this instant, for one household or for the next 5,000 from `from` on.
/// What is there already stays as it is. Says after which household to go on, while there are more.
///
/// # Errors
/// What the database said.
pub async fn open_periods(
    tx: &mut Tx<'_>,
    grace: Duration,
    only: Option<HouseholdId>,
    from: HouseholdId,
) -> Result<Option<HouseholdId>, Problem> {
    let (now, today) = (tx.now, tx.today());
    let owed: Vec<Owed> = statement(
        "SELECT e.household_id, e.community_id, min(e.tier) AS tier, \
         array_remove(array_agg(DISTINCT r.reason), NULL) AS reasons \
         FROM elders e LEFT JOIN LATERAL unnest(e.tier_reasons) AS r (reason) ON true \
         WHERE (e.status = 'active' OR e.status IN ('in_hospital', 'away') AND e.status_until <= $1) \
         AND e.household_id BETWEEN $2 AND $3 \
         GROUP BY e.household_id, e.community_id ORDER BY e.household_id LIMIT $4",
    )
    .bind::<ty::Date, _>(today)
    .bind::<ty::Uuid, _>(only.unwrap_or(from))
    .bind::<ty::Uuid, _>(only.map_or(Uuid::max(), |one| one.0))
    .bind::<ty::BigInt, _>(STEP as i64)
    .load(tx.conn)
    .await?;
    let last = owed.last().map(|o| o.household_id).filter(|_| owed.len() == STEP);
    for tier in [VisitTier::Weekly, VisitTier::Monthly, VisitTier::Quarterly] {
        let of_tier: Vec<&Owed> = owed.iter().filter(|o| o.tier == tier).collect();
        if of_tier.is_empty() {
            continue;
        }
        let period = Period::of(tier, now);
        let ids: Vec<Uuid> = of_tier.iter().map(|_| tx.new_id()).collect();
        statement(
            "INSERT INTO obligations (id, household_id, community_id, kind, period, starts_at, due_at, grace_until, reasons, risk, status, created_at) \
             SELECT u.id, u.household_id, u.community_id, $6, $7, $8, $9, $10, coalesce(string_to_array(nullif(u.reasons, ''), ','), '{}'), u.risk, 'owed', $11 \
             FROM unnest($1, $2, $3, $4, $5) AS u (id, household_id, community_id, reasons, risk) \
             ON CONFLICT ON CONSTRAINT obligations_once DO NOTHING",
        )
        .bind::<ty::Array<ty::Uuid>, _>(ids)
        .bind::<ty::Array<ty::Uuid>, _>(of_tier.iter().map(|o| o.household_id).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Uuid>, _>(of_tier.iter().map(|o| o.community_id).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Text>, _>(of_tier.iter().map(|o| o.reasons.join(",")).collect::<Vec<_>>())
        .bind::<ty::Array<ty::SmallInt>, _>(of_tier.iter().map(|o| risk(&o.reasons)).collect::<Vec<_>>())
        .bind::<sql_types::ObligationKind, _>(period.kind)
        .bind::<ty::Text, _>(period.name)
        .bind::<ty::Timestamptz, _>(period.starts_at)
        .bind::<ty::Timestamptz, _>(period.due_at)
        .bind::<ty::Timestamptz, _>(period.due_at + grace)
        .bind::<ty::Timestamptz, _>(now)
        .execute(tx.conn)
        .await?;
    }
    Ok(last)
}

/// Of one household, and of all, each with the index that serves it.
macro_rules! excuse {
    ($which:literal) => {
        concat!(
            "UPDATE obligations o SET status = 'excused', closed_at = $1, responsible_id = ",
            steward_in_charge!("o.community_id", "$1"),
            ", excuse = coalesce(( \
             SELECT e.status::text::excuse FROM elders e WHERE e.household_id = o.household_id AND e.status NOT IN ('active', 'merged') \
             ORDER BY e.status_since DESC, e.id LIMIT 1), 'moved') WHERE o.status = 'owed'",
            $which,
            " AND NOT EXISTS (SELECT 1 FROM elders e WHERE e.household_id = o.household_id AND (e.status = 'active' \
             OR e.status IN ('in_hospital', 'away') AND e.status_until <= $2))"
        )
    };
}

/// Excuses what is owed to households of which nobody is owed a visit any more, with the reason that their elders' status is, or
/// because everybody has moved to another dwelling or another file; of one household, or of all. The steward in charge answers for
/// it.
///
/// # Errors
/// What the database said.
pub async fn excuse_absent(tx: &mut Tx<'_>, only: Option<HouseholdId>) -> Result<usize, Problem> {
    let (now, today) = (tx.now, tx.today());
    let text = match only {
        Some(_) => excuse!(" AND o.household_id = $3"),
        None => excuse!(""),
    };
    Ok(statement(text)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Date, _>(today)
        .bind::<ty::Nullable<ty::Uuid>, _>(only)
        .execute(tx.conn)
        .await?)
}

/// Turns what is still owed after its grace into missed; the steward in charge at the period's end answers for it.
///
/// # Errors
/// What the database said.
pub async fn close_missed(tx: &mut Tx<'_>) -> Result<usize, Problem> {
    let now = tx.now;
    Ok(statement(concat!(
        "UPDATE obligations o SET status = 'missed', closed_at = $1, responsible_id = ",
        steward_in_charge!("o.community_id", "(o.due_at - interval '1 microsecond')"),
        " WHERE o.status = 'owed' AND o.grace_until <= $1",
    ))
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?)
}

/// What the list was sorted by at a page's end.
type After = (i32, String, String, i16, String, Uuid);

/// The visits owed in the actor's scope, in the order of need: overdue, event, risk, then the way through the buildings.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn worklist(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    page: &PageQuery,
) -> Result<Page<WorklistLine>, Problem> {
    let (need, building, unit, floor, room, id) = page.after::<After>()?.unwrap_or((
        i32::MAX,
        String::new(),
        String::new(),
        i16::MIN,
        String::new(),
        Uuid::nil(),
    ));
    let lines: Vec<WorklistLine> = statement(concat!(
        "SELECT * FROM (SELECT o.id, o.household_id, o.community_id, o.kind, o.period, o.due_at, o.due_at <= $2 AS overdue, o.reasons, o.risk, \
         h.building, h.unit, coalesce(h.floor, 0::int2) AS floor, h.room, \
         ARRAY(SELECT e.name FROM elders e WHERE e.household_id = h.id AND e.status NOT IN ('merged', 'moved', 'deceased') ORDER BY e.id) AS elders, \
         (SELECT v.started_at FROM visits v WHERE v.household_id = h.id AND v.outcome = 'met' AND v.superseded_at IS NULL \
          ORDER BY v.started_at DESC LIMIT 1) AS last_met_at, \
         CASE WHEN o.due_at <= $2 THEN 1000 ELSE 0 END + CASE WHEN o.kind = 'event' THEN 500 ELSE 0 END + o.risk AS need \
         FROM obligations o JOIN households h ON h.id = o.household_id \
         WHERE o.status = 'owed' AND o.starts_at <= $2 AND o.community_id IN (",
        communities_in_scope!(),
        ")) w WHERE (-w.need, w.building, w.unit, w.floor, w.room, w.id) > (-$3, $4, $5, $6, $7, $8) \
         ORDER BY -w.need, w.building, w.unit, w.floor, w.room, w.id LIMIT $9",
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Integer, _>(need)
    .bind::<ty::Text, _>(building)
    .bind::<ty::Text, _>(unit)
    .bind::<ty::SmallInt, _>(floor)
    .bind::<ty::Text, _>(room)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(Page::cut(lines, page, |l| -> After {
        (
            l.need,
            l.building.clone(),
            l.unit.clone(),
            l.floor,
            l.room.clone(),
            l.id.0,
        )
    }))
}
