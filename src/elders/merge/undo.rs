//! Taking a merge back.

use super::super::{
    ELDER_ALREADY_ENROLLED, MERGE_NOT_FOUND, MERGE_NOT_UNDOABLE, assessment::queries::settle,
    standing::refresh_standing,
};
use super::{ElderMerge, MergeRow, Moved, Row, lock, told};
use crate::{
    communities_in_scope,
    db::statement,
    error::{Problem, on_constraint},
    ids::{ElderId, MergeId},
    schema::sql_types as native,
    tx::{Actor, Tx},
};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::RunQueryDsl;
use serde_json::Value;

/// Takes a merge back: what it moved goes back, with what has come of it since (the orders of a need, the corrections of a
/// visit).
///
/// # Errors
/// 404 when there is none in scope; 409 when it was undone already, when one of its files was merged again since, or when
/// somebody was enrolled with the closed file's document.
pub async fn undo(tx: &mut Tx<'_>, actor: &Actor, id: MergeId) -> Result<ElderMerge, Problem> {
    let (now, today, by) = (tx.now, tx.today(), tx.actor_id()?);
    let mut row: MergeRow = statement(concat!(
        "SELECT m.id, m.kept_id, m.merged_id, m.moved, m.reason, m.merged_by, m.merged_at, m.undone_by, m.undone_at \
         FROM elder_merges m JOIN elders k ON k.id = m.kept_id JOIN elders o ON o.id = m.merged_id \
         WHERE m.id = $3 AND k.community_id IN (",
        communities_in_scope!(),
        ") AND o.community_id IN (",
        communities_in_scope!(),
        ") FOR UPDATE OF m"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(id)
    .get_result(tx.conn)
    .await
    .optional()?
    .ok_or_else(|| MERGE_NOT_FOUND.problem())?;
    let (kept, other) = (row.kept_id, row.merged_id);
    let (keeps, gives) = lock(tx, actor, kept, other).await?;
    let later: Vec<Row> = statement(
        "SELECT id FROM elder_merges WHERE id <> $1 AND undone_at IS NULL AND merged_at >= $2 \
         AND (kept_id = ANY ($3) OR merged_id = ANY ($3)) LIMIT 1",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Timestamptz, _>(row.merged_at)
    .bind::<ty::Array<ty::Uuid>, _>(vec![kept, other])
    .load(tx.conn)
    .await?;
    if row.undone_at.is_some() || !later.is_empty() {
        return Err(MERGE_NOT_UNDOABLE.problem());
    }
    let all = row.moved()?;
    let before = all
        .before
        .as_ref()
        .ok_or_else(|| Problem::internal("a merge does not remember the file's status"))?;
    give_back(tx, kept, other, &all).await?;
    statement("DELETE FROM elder_statuses WHERE id = $1")
        .bind::<ty::Uuid, _>(all.status_opened)
        .execute(tx.conn)
        .await?;
    statement("UPDATE elder_statuses SET ends_on = NULL WHERE id = ANY ($1)")
        .bind::<ty::Array<ty::Uuid>, _>(all.statuses_closed.clone())
        .execute(tx.conn)
        .await?;
    statement(
        "UPDATE elders SET status = $2, status_since = $3, status_until = $4, merged_into_id = NULL, version = version + 1, \
         updated_at = $5 WHERE id = $1",
    )
    .bind::<ty::Uuid, _>(other)
    .bind::<native::ElderStatus, _>(before.status)
    .bind::<ty::Date, _>(before.since)
    .bind::<ty::Nullable<ty::Date>, _>(before.until)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "elders_id_hash_key", || ELDER_ALREADY_ENROLLED.problem()))?;
    statement("UPDATE elders SET merged_into_id = $1 WHERE id = ANY ($2)")
        .bind::<ty::Uuid, _>(other)
        .bind::<ty::Array<ty::Uuid>, _>(all.pointed_on.clone())
        .execute(tx.conn)
        .await?;
    statement("UPDATE elders SET version = version + 1, updated_at = $2 WHERE id = $1")
        .bind::<ty::Uuid, _>(kept)
        .bind::<ty::Timestamptz, _>(now)
        .execute(tx.conn)
        .await?;
    statement("UPDATE elder_merges SET undone_by = $2, undone_at = $3 WHERE id = $1")
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Uuid, _>(by)
        .bind::<ty::Timestamptz, _>(now)
        .execute(tx.conn)
        .await?;
    refresh_standing(tx.conn, today, &[kept.0, other.0]).await?;
    told(tx, "elders.merge_undo", id, &keeps, &gives).await?;
    (row.undone_by, row.undone_at) = (Some(by), Some(now));
    row.shown()
}

async fn give_back(tx: &mut Tx<'_>, kept: ElderId, other: ElderId, all: &Moved) -> Result<(), Problem> {
    for (text, ids) in [
        (
            "UPDATE needs SET elder_id = $2 WHERE elder_id = $1 AND id = ANY ($3)",
            &all.needs,
        ),
        (
            "UPDATE service_orders SET elder_id = $2 WHERE elder_id = $1 AND id = ANY ($3)",
            &all.orders,
        ),
        // Ordered, or done again, after the merge.
        (
            "UPDATE service_orders SET elder_id = $2 WHERE elder_id = $1 AND need_id = ANY ($3)",
            &all.needs,
        ),
        (
            "UPDATE visit_elders SET elder_id = $2 WHERE elder_id = $1 AND visit_id IN ( \
             SELECT later.id FROM visits v JOIN visits later ON later.root_id = v.root_id WHERE v.id = ANY ($3))",
            &all.visits,
        ),
        (
            "UPDATE consents SET elder_id = $2 WHERE elder_id = $1 AND id = ANY ($3)",
            &all.consents,
        ),
        (
            "UPDATE elder_categories SET elder_id = $2 WHERE elder_id = $1 AND id = ANY ($3)",
            &all.categories,
        ),
        (
            "UPDATE ability_assessments SET elder_id = $2, current = false WHERE elder_id = $1 AND id = ANY ($3)",
            &all.assessments,
        ),
        (
            "UPDATE care_beds SET elder_id = $2 WHERE elder_id = $1 AND id = ANY ($3)",
            &all.care_beds,
        ),
        (
            "UPDATE tier_overrides SET elder_id = $2 WHERE elder_id = $1 AND id = ANY ($3)",
            &all.tier_overrides,
        ),
        (
            "UPDATE elder_events SET elder_id = $2 WHERE elder_id = $1 AND id = ANY ($3)",
            &all.events,
        ),
        (
            "UPDATE policy_applications SET elder_id = $2 WHERE elder_id = $1 AND id = ANY ($3)",
            &all.policy_applications,
        ),
        (
            "UPDATE policy_snoozes SET elder_id = $2 WHERE elder_id = $1 AND id = ANY ($3)",
            &all.policy_snoozes,
        ),
    ] {
        statement(text)
            .bind::<ty::Uuid, _>(kept)
            .bind::<ty::Uuid, _>(other)
            .bind::<ty::Array<ty::Uuid>, _>(ids.clone())
            .execute(tx.conn)
            .await?;
    }
    settle(tx.conn, &[kept, other]).await?;
    statement(
        "UPDATE contacts c SET elder_id = $1, position = n.place FROM unnest($2, $3) AS n (id, place) WHERE c.id = n.id",
    )
    .bind::<ty::Uuid, _>(other)
    .bind::<ty::Array<ty::Uuid>, _>(all.contacts.iter().map(|c| c.0).collect::<Vec<_>>())
    .bind::<ty::Array<ty::SmallInt>, _>(all.contacts.iter().map(|c| c.1).collect::<Vec<_>>())
    .execute(tx.conn)
    .await?;
    statement("INSERT INTO visit_elders SELECT * FROM jsonb_populate_recordset(NULL::visit_elders, $1)")
        .bind::<ty::Jsonb, _>(Value::Array(all.met_twice.clone()))
        .execute(tx.conn)
        .await?;
    Ok(())
}
