//! Statements on needs.

use super::{
    NEED_ALREADY_COLLECTED, NEED_NOT_FOUND, NEED_NOT_OPEN,
    model::{Need, NeedStatus, NewNeed},
};
use crate::{
    areas::policy::InScope,
    clock::put_right,
    communities_in_scope,
    db::statement,
    elders::queries as elders,
    error::Problem,
    http::{Page, PageQuery},
    ids::{CommunityId, ElderId, NeedId},
    schema::{needs, sql_types, users},
    served_then,
    tx::{Actor, Tx},
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// What a list of needs is narrowed to.
#[derive(Debug, Default)]
pub struct Narrow {
    /// One status.
    pub status: Option<NeedStatus>,
    /// One community.
    pub community: Option<CommunityId>,
    /// One elder.
    pub elder: Option<ElderId>,
}

/// Records a need. The same id with the same need gives the need that stands.
///
/// # Errors
/// 404 for an elder out of scope, 409 when the id stands for another need, 422 for an item that is not on the menu of the day,
/// for one that a steward may not deliver, and for a time in the future.
pub async fn collect(tx: &mut Tx<'_>, actor: &Actor, mut new: NewNeed) -> Result<Need, Problem> {
    let now = tx.now;
    // Of an elder who is nowhere nothing is found below.
    new.elder_id = elders::kept(tx.conn, new.elder_id).await.unwrap_or(new.elder_id);
    let at = put_right(new.collected_at, new.device_now, now)
        .ok_or_else(|| Problem::field("collected_at", "lies in the future"))?;
    let written = statement(concat!(
        "INSERT INTO needs (id, elder_id, household_id, community_id, item_id, channel, event_id, description, status, resolution, \
         collected_by, collected_at, received_at, closed_at, version) \
         SELECT $3, e.id, e.household_id, e.community_id, i.id, 'call', $6, $7, CASE WHEN $8 IS NULL THEN 'open'::need_status ELSE 'solved' END, \
         $8, $1, $9, $2, CASE WHEN $8 IS NOT NULL THEN $2 END, 1 FROM elders e, menu_items i \
         WHERE e.id = $4 AND e.status <> 'merged' AND (e.community_id IN (",
        communities_in_scope!(),
        ") OR ",
        served_then!("e.community_id", "$9"),
        ") AND i.id = $5 AND i.valid_from <= $10 AND (i.valid_to IS NULL OR i.valid_to > $10) \
         AND ($8 IS NULL OR i.delivered_by <> 'provider') ON CONFLICT (id) DO NOTHING",
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(new.id)
    .bind::<ty::Uuid, _>(new.elder_id)
    .bind::<ty::Uuid, _>(new.item_id)
    .bind::<ty::Uuid, _>(new.event_id.unwrap_or(new.id.0))
    .bind::<ty::Text, _>(new.description.clone())
    .bind::<ty::Nullable<ty::Text>, _>(new.solved.clone())
    .bind::<ty::Timestamptz, _>(at)
    .bind::<ty::Date, _>(crate::calendar::local_date(at))
    .execute(tx.conn)
    .await?;
    if written == 0 {
        return stands(tx, actor, new, at).await;
    }
    let need = get(tx.conn, actor, now, new.id).await?;
    tx.audit(
        tx.entry("needs.collect", "need", Some(need.id.0))
            .elder(need.elder_id)
            .community(need.community_id),
    );
    Ok(need)
}

/// The need that stands under the id, or why nothing was written.
async fn stands(tx: &mut Tx<'_>, actor: &Actor, new: NewNeed, at: DateTime<Utc>) -> Result<Need, Problem> {
    let found = needs::table
        .find(new.id)
        .select(Need::as_select())
        .first(tx.conn)
        .await
        .optional()?;
    if let Some(need) = found {
        let same = need.elder_id == new.elder_id
            && need.item_id == new.item_id
            && need.description == new.description
            && need.collected_by == actor.id;
        return if same {
            Ok(need)
        } else {
            Err(NEED_ALREADY_COLLECTED.problem())
        };
    }
    let known = statement(concat!(
        "SELECT 1 FROM elders WHERE id = $3 AND status <> 'merged' AND (community_id IN (",
        communities_in_scope!(),
        ") OR ",
        served_then!("elders.community_id", "$4"),
        ")"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(tx.now)
    .bind::<ty::Uuid, _>(new.elder_id)
    .bind::<ty::Timestamptz, _>(at)
    .execute(tx.conn)
    .await?;
    Err(match known {
        0 => NEED_NOT_FOUND.with("there is no such elder in your area"),
        _ => Problem::field(
            "item_id",
            "is not on the menu of the day, or must be delivered by a provider",
        ),
    })
}

/// One need in the actor's scope, or of their own.
///
/// # Errors
/// 404 when there is none.
pub async fn get(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: NeedId,
) -> Result<Need, Problem> {
    let enabled = users::table.find(actor.id).filter(users::disabled_at.is_null());
    let own = needs::collected_by.eq(actor.id).and(diesel::dsl::exists(enabled));
    needs::table
        .filter(needs::id.eq(id))
        .filter(InScope::of("needs.community_id", actor, now).or(own))
        .select(Need::as_select())
        .first(conn)
        .await
        .optional()?
        .ok_or_else(|| NEED_NOT_FOUND.problem())
}

/// The needs of the actor's scope, the latest first.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    narrow: Narrow,
    page: &PageQuery,
) -> Result<Page<Need>, Problem> {
    let mut query = needs::table
        .filter(InScope::of("needs.community_id", actor, now))
        .select(Need::as_select())
        .order((needs::collected_at.desc(), needs::id.desc()))
        .limit(page.fetch())
        .into_boxed();
    if let Some(status) = narrow.status {
        query = query.filter(needs::status.eq(status));
    }
    if let Some(community) = narrow.community {
        query = query.filter(needs::community_id.eq(community));
    }
    if let Some(elder) = narrow.elder {
        query = query.filter(needs::elder_id.eq(elder));
    }
    if let Some((at, id)) = page.after::<(DateTime<Utc>, NeedId)>()? {
        query = query.filter(
            needs::collected_at
                .lt(at)
                .or(needs::collected_at.eq(at).and(needs::id.lt(id))),
        );
    }
    Ok(Page::cut(query.load(conn).await?, page, |n| {
        (n.collected_at, n.id)
    }))
}

/// Ends an open need as solved or withdrawn.
///
/// # Errors
/// 404 when there is none in scope, 409 when it has ended, 422 when a provider must deliver the item.
pub async fn end(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: NeedId,
    status: NeedStatus,
    resolution: &str,
) -> Result<Need, Problem> {
    let now = tx.now;
    let need = get(tx.conn, actor, now, id).await?;
    if status == NeedStatus::Solved {
        let may = statement("SELECT 1 FROM menu_items WHERE id = $1 AND delivered_by <> 'provider'")
            .bind::<ty::Uuid, _>(need.item_id)
            .execute(tx.conn)
            .await?;
        if may == 0 {
            return Err(Problem::field("item_id", "must be delivered by a provider"));
        }
    }
    let ended = statement(
        "UPDATE needs SET status = $2, resolution = $3, closed_at = $4, version = version + 1 WHERE id = $1 AND status = 'open'",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<sql_types::NeedStatus, _>(status)
    .bind::<ty::Text, _>(resolution.to_owned())
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    if ended == 0 {
        return Err(NEED_NOT_OPEN.problem());
    }
    tx.audit(
        tx.entry(
            if status == NeedStatus::Solved {
                "needs.solve"
            } else {
                "needs.withdraw"
            },
            "need",
            Some(id.0),
        )
        .elder(need.elder_id)
        .community(need.community_id),
    );
    get(tx.conn, actor, now, id).await
}

/// Marks an open need of the actor's scope as ordered and gives it; what an order is made of.
///
/// # Errors
/// 404 when there is none in scope, 409 when it has ended.
pub async fn order(tx: &mut Tx<'_>, actor: &Actor, id: NeedId) -> Result<Need, Problem> {
    let now = tx.now;
    let ordered = diesel::update(
        needs::table
            .filter(needs::id.eq(id))
            .filter(needs::status.eq(NeedStatus::Open)),
    )
    .filter(InScope::of("needs.community_id", actor, now))
    .set((
        needs::status.eq(NeedStatus::Ordered),
        needs::closed_at.eq(now),
        needs::version.eq(needs::version + 1),
    ))
    .returning(Need::as_returning())
    .get_result(tx.conn)
    .await
    .optional()?;
    match ordered {
        Some(need) => Ok(need),
        None => {
            get(tx.conn, actor, now, id).await?;
            Err(NEED_NOT_OPEN.problem())
        }
    }
}

/// Gives a need back whose order was cancelled.
///
/// # Errors
/// What the database said.
pub async fn reopen(tx: &mut Tx<'_>, id: Uuid) -> Result<(), Problem> {
    statement(
        "UPDATE needs SET status = 'open', closed_at = NULL, version = version + 1 WHERE id = $1 AND status = 'ordered'",
    )
    .bind::<ty::Uuid, _>(id)
    .execute(tx.conn)
    .await?;
    Ok(())
}
