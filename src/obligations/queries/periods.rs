//! The visits of a period, made when it begins.

use super::standing::{Known, bring_up};
use crate::{
    db::statement,
    elders::model::VisitTier,
    error::Problem,
    ids::{CommunityId, ElderId, HouseholdId},
    obligations::model::Period,
    schema::sql_types,
    tx::Tx,
};
use chrono::Duration;
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
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
    /// Whose tier no person decided.
    #[diesel(sql_type = ty::Array<ty::Uuid>)]
    by_rule: Vec<ElderId>,
}

/// A household whose visit is owed, and what raised its tier.
struct Due {
    household: HouseholdId,
    community: CommunityId,
    tier: VisitTier,
    raised_by: Vec<String>,
}

impl Due {
    fn of(owed: &Owed, known: &Known) -> Self {
        let raised_by = known.raised_by(owed.household_id, owed.tier, &owed.by_rule);
        Self {
            household: owed.household_id,
            community: owed.community_id,
            tier: if raised_by.is_empty() {
                owed.tier
            } else {
                VisitTier::Weekly
            },
            raised_by,
        }
    }
}

/// Makes the obligations of the periods that hold this instant, for one household or for the next 5,000 from `from` on, and brings
/// what is owed to them already up to how urgent they are now. Where the tier was raised or fell back in the middle of a period, a visit
/// that met somebody in it before is the visit. Says after which household to go on, while there are more.
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
         coalesce(array_agg(e.id) FILTER (WHERE 'override' <> ALL (e.tier_reasons)), '{}') AS by_rule FROM elders e \
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
    let households: Vec<HouseholdId> = owed.iter().map(|o| o.household_id).collect();
    let known = Known::of(tx, &households).await?;
    let urgency = known.urgency();
    bring_up(tx, &urgency, &households).await?;
    let of = |d: &Due| urgency.get(&d.household).cloned().unwrap_or_default();
    let due: Vec<Due> = owed.iter().map(|o| Due::of(o, &known)).collect();
    for tier in [VisitTier::Weekly, VisitTier::Monthly, VisitTier::Quarterly] {
        let of_tier: Vec<&Due> = due.iter().filter(|d| d.tier == tier).collect();
        if of_tier.is_empty() {
            continue;
        }
        let period = Period::of(tier, now);
        let ids: Vec<Uuid> = of_tier.iter().map(|_| tx.new_id()).collect();
        statement(
            "INSERT INTO obligations (id, household_id, community_id, kind, period, starts_at, due_at, grace_until, reasons, risk, raised_by, status, \
             visit_id, responsible_id, closed_at, created_at) \
             SELECT u.id, u.household_id, u.community_id, $7, $8, $9, $10, $11, string_to_array(u.reasons, ','), u.risk, \
             string_to_array(u.raised_by, ','), CASE WHEN v.id IS NULL THEN 'owed'::obligation_status ELSE 'done' END, v.id, v.steward_id, v.received_at, $12 \
             FROM unnest($1, $2, $3, $4, $5, $6) AS u (id, household_id, community_id, reasons, risk, raised_by) LEFT JOIN LATERAL ( \
              SELECT v.id, v.steward_id, v.received_at FROM visits v WHERE v.household_id = u.household_id AND v.superseded_at IS NULL \
              AND v.outcome = 'met' AND v.started_at >= $9 AND v.started_at < $10 ORDER BY v.started_at LIMIT 1) v ON true \
             ON CONFLICT ON CONSTRAINT obligations_once DO NOTHING",
        )
        .bind::<ty::Array<ty::Uuid>, _>(ids)
        .bind::<ty::Array<ty::Uuid>, _>(of_tier.iter().map(|d| d.household).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Uuid>, _>(of_tier.iter().map(|d| d.community).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Text>, _>(of_tier.iter().map(|d| of(d).reasons.join(",")).collect::<Vec<_>>())
        .bind::<ty::Array<ty::SmallInt>, _>(of_tier.iter().map(|d| of(d).risk).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Text>, _>(of_tier.iter().map(|d| d.raised_by.join(",")).collect::<Vec<_>>())
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
