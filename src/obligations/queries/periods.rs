//! The visits of a period, made when it begins.

use super::standing::{bring_up, urgency};
use crate::{
    db::statement,
    elders::model::VisitTier,
    error::Problem,
    ids::{CommunityId, HouseholdId},
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
}

/// Makes the obligations of the periods that hold this instant, for one household or for the next 5,000 from `from` on, and brings
/// what is owed to them already up to how urgent they are now. Says after which household to go on, while there are more.
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
        "SELECT e.household_id, e.community_id, min(e.tier) AS tier FROM elders e \
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
    let urgency = urgency(tx, &households).await?;
    bring_up(tx, &urgency, &households).await?;
    let of = |o: &Owed| urgency.get(&o.household_id).cloned().unwrap_or_default();
    for tier in [VisitTier::Weekly, VisitTier::Monthly, VisitTier::Quarterly] {
        let of_tier: Vec<&Owed> = owed.iter().filter(|o| o.tier == tier).collect();
        if of_tier.is_empty() {
            continue;
        }
        let period = Period::of(tier, now);
        let ids: Vec<Uuid> = of_tier.iter().map(|_| tx.new_id()).collect();
        statement(
            "INSERT INTO obligations (id, household_id, community_id, kind, period, starts_at, due_at, grace_until, reasons, risk, status, created_at) \
             SELECT u.id, u.household_id, u.community_id, $6, $7, $8, $9, $10, string_to_array(u.reasons, ','), u.risk, 'owed', $11 \
             FROM unnest($1, $2, $3, $4, $5) AS u (id, household_id, community_id, reasons, risk) \
             ON CONFLICT ON CONSTRAINT obligations_once DO NOTHING",
        )
        .bind::<ty::Array<ty::Uuid>, _>(ids)
        .bind::<ty::Array<ty::Uuid>, _>(of_tier.iter().map(|o| o.household_id).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Uuid>, _>(of_tier.iter().map(|o| o.community_id).collect::<Vec<_>>())
        .bind::<ty::Array<ty::Text>, _>(of_tier.iter().map(|o| of(o).reasons.join(",")).collect::<Vec<_>>())
        .bind::<ty::Array<ty::SmallInt>, _>(of_tier.iter().map(|o| of(o).risk).collect::<Vec<_>>())
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
