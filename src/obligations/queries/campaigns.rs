//! What a campaign owes.

use super::standing::refresh;
use crate::{
    db::statement,
    error::Problem,
    ids::{CampaignId, CommunityId, HouseholdId},
    risk_weight, steward_in_charge,
    tx::Tx,
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// What is owed that one statement excuses.
const STEP: i64 = 5_000;

/// When a campaign's visits are owed.
#[derive(Debug, Clone, Copy)]
pub struct CampaignTime {
    /// Which campaign.
    pub id: CampaignId,
    /// From then on.
    pub starts_at: DateTime<Utc>,
    /// Until then, exclusive.
    pub ends_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Owed {
    #[diesel(sql_type = ty::Uuid)]
    household_id: HouseholdId,
}

/// Owes one visit in the campaign's time to each of these households that it does not owe one yet; says to how many.
///
/// # Errors
/// What the database said.
pub async fn owe_campaign(
    tx: &mut Tx<'_>,
    grace: Duration,
    campaign: CampaignTime,
    homes: &[(HouseholdId, CommunityId)],
) -> Result<usize, Problem> {
    if homes.is_empty() {
        return Ok(0);
    }
    let now = tx.now;
    let ids: Vec<Uuid> = homes.iter().map(|_| tx.new_id()).collect();
    let owed: Vec<Owed> = statement(concat!(
        "INSERT INTO obligations (id, household_id, community_id, kind, period, campaign_id, starts_at, due_at, grace_until, reasons, risk, status, \
         created_at) SELECT u.id, u.household_id, u.community_id, 'campaign', $4, $5, $6, $7, $8, '{campaign}', ",
        risk_weight!("campaign"),
        ", 'owed', $9 FROM unnest($1, $2, $3) AS u (id, household_id, community_id) \
         ON CONFLICT ON CONSTRAINT obligations_once DO NOTHING RETURNING household_id"
    ))
    .bind::<ty::Array<ty::Uuid>, _>(ids)
    .bind::<ty::Array<ty::Uuid>, _>(homes.iter().map(|h| h.0).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Uuid>, _>(homes.iter().map(|h| h.1).collect::<Vec<_>>())
    .bind::<ty::Text, _>(format!("campaign:{}", campaign.id))
    .bind::<ty::Uuid, _>(campaign.id)
    .bind::<ty::Timestamptz, _>(campaign.starts_at)
    .bind::<ty::Timestamptz, _>(campaign.ends_at)
    .bind::<ty::Timestamptz, _>(campaign.ends_at + grace)
    .bind::<ty::Timestamptz, _>(now)
    .load(tx.conn)
    .await?;
    let households: Vec<HouseholdId> = owed.into_iter().map(|o| o.household_id).collect();
    refresh(tx, &households).await?;
    Ok(households.len())
}

/// Excuses the next 5,000 visits that a stopped campaign still owes; says whether there may be more. They stay in its figure, apart:
/// to stop a campaign must not better its rate unseen. A visit made before the stop that comes in later still makes them done.
///
/// # Errors
/// What the database said.
pub async fn excuse_stopped(
    tx: &mut Tx<'_>,
    campaign: CampaignId,
    stopped_at: DateTime<Utc>,
) -> Result<bool, Problem> {
    let excused = statement(concat!(
        "UPDATE obligations o SET status = 'excused', excuse = 'campaign_stopped', closed_at = $2, responsible_id = ",
        steward_in_charge!("o.community_id", "$2"),
        " WHERE o.status = 'owed' AND o.id = ANY (ARRAY( \
         SELECT id FROM obligations WHERE campaign_id = $1 AND status = 'owed' ORDER BY id LIMIT $3))",
    ))
    .bind::<ty::Uuid, _>(campaign)
    .bind::<ty::Timestamptz, _>(stopped_at)
    .bind::<ty::BigInt, _>(STEP)
    .execute(tx.conn)
    .await?;
    Ok(i64::try_from(excused).unwrap_or(i64::MAX) == STEP)
}
