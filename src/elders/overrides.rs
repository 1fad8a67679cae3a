//! A person's decisions on a tier: what the rule says gives way to them, for a time and with a reason. None is ever deleted.

use super::{
    TIER_OVERRIDE_NOT_FOUND, TIER_OVERRIDE_OVER,
    change::changed,
    model::{Elder, NewTierOverride, TierOverrideEnd, VisitTier},
    queries::{get_in_scope, lock_in_scope},
};
use crate::{
    db::statement,
    error::Problem,
    http::{Page, PageQuery},
    ids::{CommunityId, ElderId, TierOverrideId, UserId},
    schema::sql_types as native,
    tx::{Actor, Tx},
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// A person's decision on the tier.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct ElderTierOverride {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: TierOverrideId,
    /// Which tier.
    #[diesel(sql_type = native::VisitTier)]
    pub tier: VisitTier,
    /// Why.
    #[diesel(sql_type = ty::Text)]
    pub reason: String,
    /// From which day on.
    #[diesel(sql_type = ty::Date)]
    pub starts_on: NaiveDate,
    /// First day on which the rule holds again.
    #[diesel(sql_type = ty::Date)]
    pub ends_on: NaiveDate,
    /// Who decided.
    #[diesel(sql_type = ty::Uuid)]
    pub set_by: UserId,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub set_at: DateTime<Utc>,
    /// Of one that was ended early: the end that was set first.
    #[diesel(sql_type = ty::Nullable<ty::Date>)]
    pub planned_end: Option<NaiveDate>,
    /// Who ended it early.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub ended_by: Option<UserId>,
    /// When.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub ended_at: Option<DateTime<Utc>>,
    /// Why.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub end_reason: Option<String>,
}

/// Overrides `$1` has had; what narrows them follows.
macro_rules! overrides {
    ($which:literal) => {
        concat!(
            "SELECT id, tier, reason, starts_on, ends_on, set_by, set_at, planned_end, ended_by, ended_at, end_reason FROM tier_overrides \
             WHERE elder_id = $1 AND ",
            $which
        )
    };
}

/// Those in force on a day, the one that counts first.
pub(super) const IN_FORCE: &str =
    overrides!("starts_on <= $2 AND ends_on > $2 ORDER BY set_at DESC, id DESC LIMIT 200");

/// The decision that counts on a day.
///
/// # Errors
/// What the database said.
pub async fn in_force(
    conn: &mut AsyncPgConnection,
    elder: ElderId,
    day: NaiveDate,
) -> Result<Option<ElderTierOverride>, Problem> {
    let found: Vec<ElderTierOverride> = statement(IN_FORCE)
        .bind::<ty::Uuid, _>(elder)
        .bind::<ty::Date, _>(day)
        .load(conn)
        .await?;
    Ok(found.into_iter().next())
}

/// Sets a tier by hand for a time.
///
/// # Errors
/// 404, 422 for an end that is not in the future.
pub async fn set(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ElderId,
    new: NewTierOverride,
) -> Result<Elder, Problem> {
    let before = lock_in_scope(tx, actor, id).await?;
    let (row, now, today, by) = (tx.new_id(), tx.now, tx.today(), tx.actor_id()?);
    if new.ends_on <= today {
        return Err(Problem::field("ends_on", "is not in the future"));
    }
    statement("INSERT INTO tier_overrides (id, elder_id, tier, reason, starts_on, ends_on, set_by, set_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind::<ty::Uuid, _>(row)
        .bind::<ty::Uuid, _>(id)
        .bind::<native::VisitTier, _>(new.tier)
        .bind::<ty::Text, _>(new.reason)
        .bind::<ty::Date, _>(today)
        .bind::<ty::Date, _>(new.ends_on)
        .bind::<ty::Uuid, _>(by)
        .bind::<ty::Timestamptz, _>(now)
        .execute(tx.conn)
        .await?;
    let detail = json!({ "tier": new.tier, "override_id": row });
    changed(tx, actor, &before, "elders.tier_override", detail).await
}

/// Ends a decision today, before its time.
///
/// # Errors
/// 404 when the elder has no such override, 409 when it is over.
pub async fn end(
    tx: &mut Tx<'_>,
    actor: &Actor,
    elder: ElderId,
    id: TierOverrideId,
    end: TierOverrideEnd,
) -> Result<Elder, Problem> {
    let before = lock_in_scope(tx, actor, elder).await?;
    let (now, today, by) = (tx.now, tx.today(), tx.actor_id()?);
    let found: ElderTierOverride = statement(overrides!("id = $2 FOR UPDATE"))
        .bind::<ty::Uuid, _>(elder)
        .bind::<ty::Uuid, _>(id)
        .get_result(tx.conn)
        .await
        .optional()?
        .ok_or_else(|| TIER_OVERRIDE_NOT_FOUND.problem())?;
    if found.ends_on <= today {
        return Err(TIER_OVERRIDE_OVER.problem());
    }
    statement(
        "UPDATE tier_overrides SET planned_end = ends_on, ends_on = $2, ended_by = $3, ended_at = $4, end_reason = $5 WHERE id = $1",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Date, _>(today)
    .bind::<ty::Uuid, _>(by)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Text, _>(end.reason)
    .execute(tx.conn)
    .await?;
    let detail = json!({ "override_id": id });
    changed(tx, actor, &before, "elders.tier_override_end", detail).await
}

/// Every decision on an elder's tier, the latest first.
///
/// # Errors
/// 404 when there is no such elder in scope, 400 for a foreign cursor.
pub async fn history(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    elder: ElderId,
    page: &PageQuery,
) -> Result<(CommunityId, Page<ElderTierOverride>), Problem> {
    let (at, id) = page
        .after::<(DateTime<Utc>, Uuid)>()?
        .unwrap_or((DateTime::<Utc>::MAX_UTC, Uuid::max()));
    let file = get_in_scope(conn, actor, now, elder).await?;
    let found = statement(overrides!(
        "(set_at, id) < ($2, $3) ORDER BY set_at DESC, id DESC LIMIT $4"
    ))
    .bind::<ty::Uuid, _>(elder)
    .bind::<ty::Timestamptz, _>(at)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    let cut = Page::cut(found, page, |o: &ElderTierOverride| (o.set_at, o.id.0));
    Ok((file.community_id, cut))
}
