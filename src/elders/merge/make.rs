//! Making one file of two.

use super::super::{
    ELDER_MERGED,
    assessment::queries::settle,
    change,
    model::{Elder, ElderStatus},
    standing::refresh_standing,
};
use super::{Before, ElderMerge, MergeElder, Moved, Row, lock, moved, told};
use crate::{
    db::statement,
    error::Problem,
    ids::{ElderId, MergeId},
    tx::{Actor, Tx},
};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = ty::Jsonb)]
    line: Value,
}

#[derive(QueryableByName)]
struct Placed {
    #[diesel(sql_type = ty::Uuid)]
    id: Uuid,
    #[diesel(sql_type = ty::SmallInt)]
    position: i16,
}

/// Keeps `kept` and gives up the other file.
///
/// # Errors
/// 404 for a file out of scope, 409 for one that was merged before, 422 for one and the same file.
pub async fn merge(
    tx: &mut Tx<'_>,
    actor: &Actor,
    kept: ElderId,
    asked: MergeElder,
) -> Result<ElderMerge, Problem> {
    let MergeElder {
        other_id: other,
        reason,
    } = asked;
    if kept == other {
        return Err(Problem::field("other_id", "is the same file"));
    }
    let (keeps, gives) = lock(tx, actor, kept, other).await?;
    if [keeps.status, gives.status].contains(&ElderStatus::Merged) {
        return Err(ELDER_MERGED.problem());
    }
    let mut all = move_what_hangs_on(tx, kept, other).await?;
    close(tx, kept, &gives, &mut all).await?;
    let (id, now, today, by) = (MergeId(tx.new_id()), tx.now, tx.today(), tx.actor_id()?);
    statement(
        "INSERT INTO elder_merges (id, kept_id, merged_id, moved, reason, merged_by, merged_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(kept)
    .bind::<ty::Uuid, _>(other)
    .bind::<ty::Jsonb, _>(serde_json::to_value(&all).map_err(Problem::internal)?)
    .bind::<ty::Text, _>(reason.clone())
    .bind::<ty::Uuid, _>(by)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    refresh_standing(tx.conn, today, &[kept.0]).await?;
    told(tx, "elders.merge", id, &keeps, &gives).await?;
    Ok(ElderMerge {
        id,
        kept_id: kept,
        merged_id: other,
        reason,
        merged_by: by,
        merged_at: now,
        undone_by: None,
        undone_at: None,
        moved: all.counts(),
    })
}

async fn move_what_hangs_on(tx: &mut Tx<'_>, kept: ElderId, other: ElderId) -> Result<Moved, Problem> {
    let today = tx.today();
    let needs = "UPDATE needs SET elder_id = $1 WHERE elder_id = $2 RETURNING id";
    let orders = "UPDATE service_orders SET elder_id = $1 WHERE elder_id = $2 RETURNING id";
    let consents = "UPDATE consents SET elder_id = $1 WHERE elder_id = $2 AND withdrawn_on IS NULL AND purpose NOT IN ( \
                    SELECT purpose FROM consents WHERE elder_id = $1 AND withdrawn_on IS NULL) RETURNING id";
    let categories = "UPDATE elder_categories SET elder_id = $1 WHERE elder_id = $2 AND ends_on IS NULL AND category_code NOT IN ( \
                      SELECT category_code FROM elder_categories WHERE elder_id = $1 AND ends_on IS NULL) RETURNING id";
    let events = "UPDATE elder_events SET elder_id = $1 WHERE elder_id = $2 RETURNING id";
    // Which is the current one is settled for both together.
    let assessments =
        "UPDATE ability_assessments SET elder_id = $1, current = false WHERE elder_id = $2 RETURNING id";
    // Where both files have one under way, the other's stays with its file.
    let care_beds = "UPDATE care_beds b SET elder_id = $1 WHERE b.elder_id = $2 AND NOT EXISTS (SELECT 1 FROM care_beds k WHERE k.elder_id = $1 \
                     AND k.kind = b.kind AND k.status NOT IN ('refused', 'ended') AND b.status NOT IN ('refused', 'ended')) RETURNING id";
    let applications = "UPDATE policy_applications SET elder_id = $1 WHERE elder_id = $2 AND (status IN ('refused', 'stopped') OR policy_id NOT IN ( \
                        SELECT policy_id FROM policy_applications WHERE elder_id = $1 AND status IN ('applied', 'granted'))) RETURNING id";
    let snoozes = "UPDATE policy_snoozes SET elder_id = $1 WHERE elder_id = $2 RETURNING id";
    let visits = "UPDATE visit_elders SET elder_id = $1 WHERE elder_id = $2 RETURNING visit_id AS id";
    let met_twice: Vec<Line> = statement(
        "DELETE FROM visit_elders o USING visit_elders k WHERE k.elder_id = $1 AND o.elder_id = $2 AND k.visit_id = o.visit_id \
         RETURNING to_jsonb(o) AS line",
    )
    .bind::<ty::Uuid, _>(kept)
    .bind::<ty::Uuid, _>(other)
    .load(tx.conn)
    .await?;
    let tier_overrides: Vec<Row> = statement(
        "UPDATE tier_overrides SET elder_id = $1 WHERE elder_id = $2 AND starts_on <= $3 AND ends_on > $3 AND NOT EXISTS ( \
         SELECT 1 FROM tier_overrides WHERE elder_id = $1 AND starts_on <= $3 AND ends_on > $3) RETURNING id",
    )
    .bind::<ty::Uuid, _>(kept)
    .bind::<ty::Uuid, _>(other)
    .bind::<ty::Date, _>(today)
    .load(tx.conn)
    .await?;
    let contacts: Vec<Placed> =
        statement("SELECT id, position FROM contacts WHERE elder_id = $1 ORDER BY position, id FOR UPDATE")
            .bind::<ty::Uuid, _>(other)
            .load(tx.conn)
            .await?;
    // Behind those whom the kept file names, in their order.
    statement(
        "UPDATE contacts c SET elder_id = $1, position = n.place + (SELECT coalesce(max(position), 0) FROM contacts WHERE elder_id = $1) \
         FROM unnest($2, $3) AS n (id, place) WHERE c.id = n.id",
    )
    .bind::<ty::Uuid, _>(kept)
    .bind::<ty::Array<ty::Uuid>, _>(contacts.iter().map(|c| c.id).collect::<Vec<_>>())
    .bind::<ty::Array<ty::SmallInt>, _>((1..).take(contacts.len()).collect::<Vec<i16>>())
    .execute(tx.conn)
    .await?;
    let assessments = moved(tx, assessments, kept, other).await?;
    settle(tx.conn, &[kept]).await?;
    Ok(Moved {
        assessments,
        care_beds: moved(tx, care_beds, kept, other).await?,
        needs: moved(tx, needs, kept, other).await?,
        orders: moved(tx, orders, kept, other).await?,
        visits: moved(tx, visits, kept, other).await?,
        consents: moved(tx, consents, kept, other).await?,
        categories: moved(tx, categories, kept, other).await?,
        events: moved(tx, events, kept, other).await?,
        policy_applications: moved(tx, applications, kept, other).await?,
        policy_snoozes: moved(tx, snoozes, kept, other).await?,
        contacts: contacts.iter().map(|c| (c.id, c.position)).collect(),
        tier_overrides: tier_overrides.iter().map(|row| row.id).collect(),
        met_twice: met_twice.into_iter().map(|row| row.line).collect(),
        ..Moved::default()
    })
}

/// Closes the file that is given up.
async fn close(tx: &mut Tx<'_>, kept: ElderId, gives: &Elder, all: &mut Moved) -> Result<(), Problem> {
    let (now, today, other) = (tx.now, tx.today(), gives.id);
    let point_on = "UPDATE elders SET merged_into_id = $1 WHERE merged_into_id = $2 RETURNING id";
    all.pointed_on = moved(tx, point_on, kept, other).await?;
    let open: Vec<Row> =
        statement("SELECT id FROM elder_statuses WHERE elder_id = $1 AND ends_on IS NULL ORDER BY id")
            .bind::<ty::Uuid, _>(other)
            .load(tx.conn)
            .await?;
    all.statuses_closed = open.iter().map(|row| row.id).collect();
    all.status_opened =
        change::open_status(tx, other, ElderStatus::Merged, (today, None), String::new()).await?;
    all.before = Some(Before {
        status: gives.status,
        since: gives.status_since,
        until: gives.status_until,
    });
    statement(
        "UPDATE elders SET status = 'merged', merged_into_id = $2, status_since = $3, status_until = NULL, version = version + 1, \
         updated_at = $4 WHERE id = $1",
    )
    .bind::<ty::Uuid, _>(other)
    .bind::<ty::Uuid, _>(kept)
    .bind::<ty::Date, _>(today)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    statement("UPDATE elders SET version = version + 1, updated_at = $2 WHERE id = $1")
        .bind::<ty::Uuid, _>(kept)
        .bind::<ty::Timestamptz, _>(now)
        .execute(tx.conn)
        .await?;
    Ok(())
}
