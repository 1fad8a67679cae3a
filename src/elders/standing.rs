//! Entitlement and tier, kept in the elder's row: written again whenever what they follow from changes, and once a day for
//! birthdays, for categories and overrides that ended, and for a stay in hospital or elsewhere that is over.

use super::{
    enrol,
    model::{self, ElderStatus, Entitlement, Tag, VisitTier},
};
use crate::{
    calendar::start_of_day,
    db::statement,
    error::Problem,
    ids::{CommunityId, ElderId, HouseholdId},
    jobs::in_transaction,
    state::AppState,
    tx::{Stamp, Tx},
};
use chrono::NaiveDate;
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// How many elders one statement looks at.
const CHUNK: i64 = 2_000;

#[derive(QueryableByName)]
struct Born {
    #[diesel(sql_type = ty::Uuid)]
    id: Uuid,
    #[diesel(sql_type = ty::Date)]
    birth_date: NaiveDate,
}

#[derive(QueryableByName)]
struct Carried {
    #[diesel(sql_type = ty::Uuid)]
    elder_id: Uuid,
    #[diesel(sql_type = ty::Text)]
    code: String,
    #[diesel(sql_type = crate::schema::sql_types::Entitlement)]
    entitlement: Entitlement,
    #[diesel(sql_type = crate::schema::sql_types::VisitTier)]
    tier: VisitTier,
}

#[derive(QueryableByName)]
struct ByHand {
    #[diesel(sql_type = ty::Uuid)]
    elder_id: Uuid,
    #[diesel(sql_type = crate::schema::sql_types::VisitTier)]
    tier: VisitTier,
}

/// Writes entitlement and tier of these elders again. A row that stays the same is not written.
///
/// # Errors
/// What the database said.
pub async fn refresh_standing(
    conn: &mut AsyncPgConnection,
    today: NaiveDate,
    ids: &[Uuid],
) -> Result<usize, Problem> {
    let born: Vec<Born> =
        statement("SELECT id, birth_date FROM elders WHERE id = ANY ($1) ORDER BY id FOR UPDATE")
            .bind::<ty::Array<ty::Uuid>, _>(ids.to_vec())
            .load(conn)
            .await?;
    let mut tags: HashMap<Uuid, Vec<Tag>> = HashMap::new();
    let carried: Vec<Carried> = statement(
        "SELECT ec.elder_id, c.code, c.entitlement, c.tier FROM elder_categories ec JOIN categories c ON c.code = ec.category_code \
         WHERE ec.elder_id = ANY ($1) AND ec.starts_on <= $2 AND (ec.ends_on IS NULL OR ec.ends_on > $2) ORDER BY c.position",
    )
    .bind::<ty::Array<ty::Uuid>, _>(ids.to_vec())
    .bind::<ty::Date, _>(today)
    .load(conn)
    .await?;
    for Carried {
        elder_id,
        code,
        entitlement,
        tier,
    } in carried
    {
        tags.entry(elder_id).or_default().push(Tag {
            code,
            entitlement,
            tier,
        });
    }
    let by_hand: Vec<ByHand> = statement(
        "SELECT DISTINCT ON (elder_id) elder_id, tier FROM tier_overrides WHERE elder_id = ANY ($1) AND starts_on <= $2 \
         AND ends_on > $2 ORDER BY elder_id, set_at DESC, id DESC",
    )
    .bind::<ty::Array<ty::Uuid>, _>(ids.to_vec())
    .bind::<ty::Date, _>(today)
    .load(conn)
    .await?;
    let by_hand: HashMap<Uuid, VisitTier> = by_hand.into_iter().map(|o| (o.elder_id, o.tier)).collect();
    let (mut elders, mut grounds, mut tiers, mut reasons) = (vec![], vec![], vec![], vec![]);
    for Born { id, birth_date } in born {
        let tags = tags.remove(&id).unwrap_or_default();
        let (tier, why) = model::tier(birth_date, today, &tags, by_hand.get(&id).copied());
        elders.push(id);
        grounds.push(model::entitlement(&tags));
        tiers.push(tier);
        reasons.push(why.join(","));
    }
    Ok(statement(
        "UPDATE elders e SET entitlement = n.entitlement, tier = n.tier, tier_reasons = string_to_array(n.reasons, ',') \
         FROM unnest($1, $2, $3, $4) AS n (id, entitlement, tier, reasons) WHERE e.id = n.id \
         AND (e.entitlement, e.tier, e.tier_reasons) IS DISTINCT FROM (n.entitlement, n.tier, string_to_array(n.reasons, ','))",
    )
    .bind::<ty::Array<ty::Uuid>, _>(elders)
    .bind::<ty::Array<crate::schema::sql_types::Entitlement>, _>(grounds)
    .bind::<ty::Array<crate::schema::sql_types::VisitTier>, _>(tiers)
    .bind::<ty::Array<ty::Text>, _>(reasons)
    .execute(conn)
    .await?)
}

#[derive(QueryableByName)]
struct Next {
    #[diesel(sql_type = ty::Uuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct Back {
    #[diesel(sql_type = ty::Uuid)]
    id: ElderId,
    #[diesel(sql_type = ty::Uuid)]
    household_id: HouseholdId,
    #[diesel(sql_type = ty::Uuid)]
    community_id: CommunityId,
    #[diesel(sql_type = crate::schema::sql_types::ElderStatus)]
    status: ElderStatus,
    #[diesel(sql_type = ty::Date)]
    until: NaiveDate,
}

/// Turns those of these elders back to active whose stay in hospital or elsewhere is over, from the day on which it was
/// expected to be. Their households are owed visits again, and who was in hospital one within a day.
async fn end_passing(tx: &mut Tx<'_>, ids: &[Uuid]) -> Result<(), Problem> {
    let (now, today) = (tx.now, tx.today());
    let back: Vec<Back> = statement(
        "SELECT id, household_id, community_id, status, status_until AS until FROM elders WHERE id = ANY ($1) \
         AND status IN ('in_hospital', 'away') AND status_until <= $2 ORDER BY id FOR UPDATE",
    )
    .bind::<ty::Array<ty::Uuid>, _>(ids.to_vec())
    .bind::<ty::Date, _>(today)
    .load(tx.conn)
    .await?;
    if back.is_empty() {
        return Ok(());
    }
    let rows: Vec<Uuid> = back.iter().map(|_| tx.new_id()).collect();
    let elders: Vec<ElderId> = back.iter().map(|b| b.id).collect();
    let days: Vec<NaiveDate> = back.iter().map(|b| b.until).collect();
    statement(
        "UPDATE elder_statuses s SET ends_on = greatest(s.starts_on, n.day) FROM unnest($1, $2) AS n (id, day) \
         WHERE s.elder_id = n.id AND s.ends_on IS NULL",
    )
    .bind::<ty::Array<ty::Uuid>, _>(elders.clone())
    .bind::<ty::Array<ty::Date>, _>(days.clone())
    .execute(tx.conn)
    .await?;
    statement(
        "INSERT INTO elder_statuses (id, elder_id, status, starts_on, reason, recorded_at) \
         SELECT n.row_id, n.id, 'active', n.day, '', $4 FROM unnest($1, $2, $3) AS n (row_id, id, day)",
    )
    .bind::<ty::Array<ty::Uuid>, _>(rows)
    .bind::<ty::Array<ty::Uuid>, _>(elders.clone())
    .bind::<ty::Array<ty::Date>, _>(days)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    statement(
        "UPDATE elders SET status = 'active', status_since = status_until, status_until = NULL, version = version + 1, updated_at = $2 \
         WHERE id = ANY ($1)",
    )
    .bind::<ty::Array<ty::Uuid>, _>(elders)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    let discharged = |b: &&Back| b.status == ElderStatus::InHospital;
    let discharges: Vec<_> = back
        .iter()
        .filter(discharged)
        .map(|b| (b.id, start_of_day(b.until)))
        .collect();
    enrol::discharges_follow(tx, &discharges).await?;
    let households: BTreeSet<HouseholdId> = back.iter().map(|b| b.household_id).collect();
    let batch = tx.new_id();
    enrol::obligations_follow_all(tx, batch, households).await?;
    for Back {
        id,
        community_id,
        status,
        ..
    } in back
    {
        let entry = tx.entry("elders.status", "elder", Some(id.0));
        let detail = serde_json::json!({ "from": status, "to": ElderStatus::Active, "because": "until" });
        tx.audit(entry.elder(id).community(community_id).detail(detail));
    }
    Ok(())
}

/// Ends what is over and writes the standing of everybody again, so many in a transaction; harmless to repeat. The first thing of a
/// day: what is owed in it follows from it.
///
/// # Errors
/// What the database said.
pub async fn refresh_all(state: &AppState, stamp: &Stamp) -> Result<(), Problem> {
    let mut after = Some(Uuid::nil());
    while let Some(from) = after {
        after = in_transaction(state, stamp.clone(), async |tx| {
            let next: Vec<Next> =
                statement("SELECT id FROM elders WHERE id > $1 AND status <> 'merged' ORDER BY id LIMIT $2")
                    .bind::<ty::Uuid, _>(from)
                    .bind::<ty::BigInt, _>(CHUNK)
                    .load(tx.conn)
                    .await?;
            let ids: Vec<Uuid> = next.into_iter().map(|n| n.id).collect();
            let today = tx.today();
            end_passing(tx, &ids).await?;
            refresh_standing(tx.conn, today, &ids).await?;
            Ok(ids.last().copied())
        })
        .await?;
    }
    Ok(())
}
