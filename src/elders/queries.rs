//! Statements on elders' files.

use super::{
    ELDER_MERGED, ELDER_NOT_FOUND,
    enrol::{CONTACT_PHONE, HEALTH_NOTE, ID_NUMBER, PHONE},
    model::{self, ADVANCED_AGE, Category, Elder, ElderStatus, Entitlement, SealedElderField, VisitTier},
};
use crate::{
    areas::policy::{InScope, instants},
    calendar::local_date,
    error::Problem,
    http::{Page, PageQuery},
    ids::{CommunityId, ElderId},
    schema::{categories, communities, contacts, elder_categories, elders},
    tx::{Actor, Stamp, Tx},
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::{Value, json};

/// What a list of elders is narrowed to.
#[derive(Debug, Default)]
pub struct Narrow {
    /// The beginning of the name, or any part of it.
    pub q: Option<String>,
    /// One community.
    pub community: Option<CommunityId>,
    /// One tier.
    pub tier: Option<VisitTier>,
    /// One entitlement.
    pub entitlement: Option<Entitlement>,
    /// One status; all but merged files unless told.
    pub status: Option<ElderStatus>,
    /// One category that they carry today.
    pub category: Option<String>,
}

/// The elders in the actor's scope.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    narrow: Narrow,
    page: &PageQuery,
) -> Result<Page<Elder>, Problem> {
    let mut query = elders::table
        .filter(InScope::of("elders.community_id", actor, now))
        .select(Elder::as_select())
        .order(elders::id)
        .limit(page.fetch())
        .into_boxed();
    if let Some(q) = narrow.q {
        let q = q.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        query = query.filter(elders::name.like(format!("%{q}%")));
    }
    if let Some(community) = narrow.community {
        query = query.filter(elders::community_id.eq(community));
    }
    if let Some(tier) = narrow.tier {
        query = query.filter(elders::tier.eq(tier));
    }
    if let Some(entitlement) = narrow.entitlement {
        query = query.filter(elders::entitlement.eq(entitlement));
    }
    if let Some(category) = narrow.category {
        let today = local_date(now);
        query = match category.as_str() {
            // Derived: nobody has a row of it.
            ADVANCED_AGE => query.filter(elders::birth_date.le(model::advanced_age_since(today))),
            _ => query.filter(
                elders::id.eq_any(
                    elder_categories::table
                        .filter(elder_categories::category_code.eq(category))
                        .filter(elder_categories::starts_on.le(today))
                        .filter(
                            elder_categories::ends_on
                                .is_null()
                                .or(elder_categories::ends_on.gt(today)),
                        )
                        .select(elder_categories::elder_id),
                ),
            ),
        };
    }
    query = match narrow.status {
        Some(status) => query.filter(elders::status.eq(status)),
        None => query.filter(elders::status.ne(ElderStatus::Merged)),
    };
    if let Some(after) = page.after::<ElderId>()? {
        query = query.filter(elders::id.gt(after));
    }
    Ok(Page::cut(query.load(conn).await?, page, |e| e.id))
}

/// One elder in the actor's scope.
///
/// # Errors
/// 404 when there is none.
pub async fn get_in_scope(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: ElderId,
) -> Result<Elder, Problem> {
    elders::table
        .filter(elders::id.eq(id))
        .filter(InScope::of("elders.community_id", actor, now))
        .select(Elder::as_select())
        .first(conn)
        .await
        .optional()?
        .ok_or_else(|| ELDER_NOT_FOUND.problem())
}

/// The file that is kept of this person: another one where it was merged.
///
/// # Errors
/// 404 when there is no such file.
pub async fn kept(conn: &mut AsyncPgConnection, id: ElderId) -> Result<ElderId, Problem> {
    let found: Option<Option<ElderId>> = elders::table
        .find(id)
        .select(elders::merged_into_id)
        .first(conn)
        .await
        .optional()?;
    found
        .map(|merged| merged.unwrap_or(id))
        .ok_or_else(|| ELDER_NOT_FOUND.problem())
}

/// The file that is kept, locked, for what an actor did at `then`: in their scope, or in a steward's who served there then.
///
/// # Errors
/// 404 when there is none.
pub async fn lock_kept_then(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ElderId,
    then: DateTime<Utc>,
) -> Result<Elder, Problem> {
    let (id, now) = (kept(tx.conn, id).await?, tx.now);
    for at in instants(actor, now, then) {
        let found: Option<Elder> = elders::table
            .filter(elders::id.eq(id))
            .filter(InScope::of("elders.community_id", actor, at))
            .select(Elder::as_select())
            .for_update()
            .first(tx.conn)
            .await
            .optional()?;
        if let Some(elder) = found {
            return Ok(elder);
        }
    }
    Err(ELDER_NOT_FOUND.problem())
}

/// The same, locked until the transaction ends. A merged file is closed: nothing in it is changed.
///
/// # Errors
/// 404 when there is none, 409 when another file of the person is kept.
pub async fn lock_in_scope(tx: &mut Tx<'_>, actor: &Actor, id: ElderId) -> Result<Elder, Problem> {
    let now = tx.now;
    let elder: Elder = elders::table
        .filter(elders::id.eq(id))
        .filter(InScope::of("elders.community_id", actor, now))
        .select(Elder::as_select())
        .for_update()
        .first(tx.conn)
        .await
        .optional()?
        .ok_or_else(|| ELDER_NOT_FOUND.problem())?;
    if elder.status == ElderStatus::Merged {
        return Err(ELDER_MERGED.problem());
    }
    Ok(elder)
}

/// Every category.
///
/// # Errors
/// What the database said.
pub async fn all_categories(conn: &mut AsyncPgConnection) -> Result<Vec<Category>, Problem> {
    Ok(categories::table
        .order(categories::position)
        .select(Category::as_select())
        .load(conn)
        .await?)
}

/// The sealed fields of an elder in scope, opened.
///
/// # Errors
/// 404 when there is none.
pub async fn reveal(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    id: ElderId,
    fields: &[SealedElderField],
) -> Result<(CommunityId, Value), Problem> {
    let (community, number, phone, note): (CommunityId, String, Option<String>, Option<String>) =
        elders::table
            .filter(elders::id.eq(id))
            .filter(InScope::of("elders.community_id", actor, stamp.now))
            .select((
                elders::community_id,
                elders::id_sealed,
                elders::phone_sealed,
                elders::health_note_sealed,
            ))
            .first(conn)
            .await
            .optional()?
            .ok_or_else(|| ELDER_NOT_FOUND.problem())?;
    let opened = |context, sealed: Option<String>| sealed.map(|s| stamp.open(context, &s)).transpose();
    let mut shown = serde_json::Map::new();
    if fields.contains(&SealedElderField::IdNumber) {
        shown.insert("id_number".into(), json!(stamp.open(ID_NUMBER, &number)?));
    }
    if fields.contains(&SealedElderField::Phone) {
        shown.insert("phone".into(), json!(opened(PHONE, phone)?));
    }
    if fields.contains(&SealedElderField::HealthNote) {
        shown.insert("health_note".into(), json!(opened(HEALTH_NOTE, note)?));
    }
    if fields.contains(&SealedElderField::ContactPhone) {
        let plain = contact_phones(conn, stamp, id).await?;
        shown.insert("contact_phones".into(), json!(plain));
    }
    Ok((community, Value::Object(shown)))
}

async fn contact_phones(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    id: ElderId,
) -> Result<Vec<String>, Problem> {
    let sealed: Vec<String> = contacts::table
        .filter(contacts::elder_id.eq(id))
        .order(contacts::position)
        .select(contacts::phone_sealed)
        .load(conn)
        .await?;
    sealed.iter().map(|s| stamp.open(CONTACT_PHONE, s)).collect()
}

/// The phones of an elder and of their contacts, opened. Whether they may be shown is for the caller to say.
///
/// # Errors
/// 404 when there is no such elder.
pub async fn phones(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    id: ElderId,
) -> Result<(Option<String>, Vec<String>), Problem> {
    let sealed: Option<String> = elders::table
        .find(id)
        .select(elders::phone_sealed)
        .first(conn)
        .await
        .optional()?
        .ok_or_else(|| ELDER_NOT_FOUND.problem())?;
    let phone = sealed.map(|s| stamp.open(PHONE, &s)).transpose()?;
    Ok((phone, contact_phones(conn, stamp, id).await?))
}

/// Pairs of code and name.
pub type Named = Vec<(String, String)>;

/// What the enrolment form offers: the communities in the actor's scope, and the categories that can be entered.
///
/// # Errors
/// What the database said.
pub async fn form_lists(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<(Named, Named), Problem> {
    let places = communities::table
        .filter(InScope::of("communities.id", actor, now))
        .order(communities::code)
        .select((communities::code, communities::name))
        .load(conn)
        .await?;
    let tags = categories::table
        .filter(categories::derived.eq(false))
        .order(categories::position)
        .select((categories::code, categories::name_zh))
        .load(conn)
        .await?;
    Ok((places, tags))
}
