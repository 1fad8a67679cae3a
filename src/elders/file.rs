//! A whole file as it is shown: what is known of an elder over time, the dwelling, and what happened.

use super::{
    ELDER_NOT_FOUND, HOUSEHOLD_NOT_FOUND,
    merge::{self, ElderMerge},
    model::{ConsentForm, ConsentPurpose, Elder, ElderStatus, LegalBasis},
    overrides::{self, ElderTierOverride},
    queries::get_in_scope,
};
use crate::{
    areas::policy::InScope,
    calendar::local_date,
    communities_in_scope,
    db::statement,
    error::Problem,
    http::{Page, PageQuery},
    ids::{CommunityId, ElderId, HouseholdId, UserId},
    schema::{elders, sql_types as native},
    tx::Actor,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A dwelling as it is entered.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct DwellingRecord {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: HouseholdId,
    /// In which compound.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// What the compound is called.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "西苑小区")]
    pub community_name: String,
    /// Building.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "3")]
    pub building: String,
    /// Stairwell; empty where the building has one.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "2")]
    pub unit: String,
    /// Floor.
    #[diesel(sql_type = ty::Nullable<ty::SmallInt>)]
    pub floor: Option<i16>,
    /// Room.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "502")]
    pub room: String,
    /// Degrees north.
    #[diesel(sql_type = ty::Nullable<ty::Double>)]
    pub latitude: Option<f64>,
    /// Degrees east.
    #[diesel(sql_type = ty::Nullable<ty::Double>)]
    pub longitude: Option<f64>,
}

/// A category that an elder carries or carried.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct CarriedCategory {
    /// Which.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "living_alone")]
    pub code: String,
    /// From which day on.
    #[diesel(sql_type = ty::Date)]
    pub starts_on: NaiveDate,
    /// First day on which it no longer holds.
    #[diesel(sql_type = ty::Nullable<ty::Date>)]
    pub ends_on: Option<NaiveDate>,
    /// On what evidence.
    #[diesel(sql_type = ty::Text)]
    pub evidence: String,
    /// Who entered it.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub recorded_by: Option<UserId>,
}

/// Somebody to call; the number is masked.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct ElderContact {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: Uuid,
    /// Name.
    #[diesel(sql_type = ty::Text)]
    pub name: String,
    /// Relation to the elder.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "女儿")]
    pub relation: String,
    /// Phone, masked.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "199****1235")]
    pub phone_masked: String,
    /// To be called in an emergency.
    #[diesel(sql_type = ty::Bool)]
    pub emergency: bool,
}

/// A consent, in force or withdrawn.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct ElderConsent {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: Uuid,
    /// For what.
    #[diesel(sql_type = native::ConsentPurpose)]
    pub purpose: ConsentPurpose,
    /// On what basis.
    #[diesel(sql_type = native::LegalBasis)]
    pub basis: LegalBasis,
    /// How given.
    #[diesel(sql_type = native::ConsentForm)]
    pub form: ConsentForm,
    /// Which version of the notice was read out; `list` where an enrolment list says that it was given.
    #[diesel(sql_type = ty::Text)]
    pub notice_version: String,
    /// When.
    #[diesel(sql_type = ty::Date)]
    pub given_on: NaiveDate,
    /// The elder, or the guardian's relation.
    #[diesel(sql_type = ty::Text)]
    pub given_by: String,
    /// First day on which it no longer holds.
    #[diesel(sql_type = ty::Nullable<ty::Date>)]
    pub withdrawn_on: Option<NaiveDate>,
}

/// A time of one status.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct ElderStatusPeriod {
    /// Which.
    #[diesel(sql_type = native::ElderStatus)]
    pub status: ElderStatus,
    /// From which day on.
    #[diesel(sql_type = ty::Date)]
    pub starts_on: NaiveDate,
    /// First day on which it was expected to be over, as was said when it began.
    #[diesel(sql_type = ty::Nullable<ty::Date>)]
    pub until: Option<NaiveDate>,
    /// First day on which another status holds, or the same with another expected end.
    #[diesel(sql_type = ty::Nullable<ty::Date>)]
    pub ends_on: Option<NaiveDate>,
    /// Why.
    #[diesel(sql_type = ty::Text)]
    pub reason: String,
    /// Who recorded it; null for the service itself, which ends a stay whose expected end has come.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub recorded_by: Option<UserId>,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub recorded_at: DateTime<Utc>,
}

/// An elder's whole file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ElderFile {
    /// The elder.
    #[serde(flatten)]
    pub elder: Elder,
    /// Where the elder lives.
    pub household: DwellingRecord,
    /// Categories over time, newest first; at most 200.
    pub categories: Vec<CarriedCategory>,
    /// Whom to call, in order.
    pub contacts: Vec<ElderContact>,
    /// Consents, newest first; at most 200.
    pub consents: Vec<ElderConsent>,
    /// Status history, newest first; at most 200.
    pub statuses: Vec<ElderStatusPeriod>,
    /// Decisions on the tier that are in force, the one that counts first.
    pub tier_overrides: Vec<ElderTierOverride>,
    /// Merges in which this file was kept or given up, newest first; at most 200.
    pub merges: Vec<ElderMerge>,
}

/// A dwelling and who lives there.
#[derive(Debug, Serialize, ToSchema)]
pub struct HouseholdFile {
    /// The dwelling.
    #[serde(flatten)]
    pub dwelling: DwellingRecord,
    /// The elders who live there, without merged files.
    pub elders: Vec<Elder>,
}

/// Something that happened.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct TimelineEntry {
    /// `visit`, `need`, `order`, `follow_up`, `hazard`, `event` or `status`.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "visit")]
    pub kind: String,
    /// The record.
    #[diesel(sql_type = ty::Uuid)]
    pub id: Uuid,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub at: DateTime<Utc>,
    /// Its state as a code: a visit's outcome; the status of a need, order, hazard, or of the visit that an event owes; of a follow-up the worst answer, or
    /// `not_reached`; the status that began.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "met")]
    pub summary: String,
    /// What it was about as a code: a visit's purposes, the menu item, a follow-up's round, kind and severity of a hazard, the
    /// event's kind.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "safety,needs")]
    pub subject: String,
}

/// An elder's whole file, in the actor's scope.
///
/// # Errors
/// 404 when there is none.
pub async fn get(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: ElderId,
) -> Result<ElderFile, Problem> {
    let elder = get_in_scope(conn, actor, now, id).await?;
    let household = dwelling(conn, actor, now, elder.household_id)
        .await?
        .ok_or_else(|| ELDER_NOT_FOUND.problem())?;
    let merges = merge::of_elder(conn, id).await?;
    // Independent reads: sent one behind the other on the one connection, they cost one round trip.
    let conn = &*conn;
    let (mut a, mut b, mut c, mut d, mut e) = (conn, conn, conn, conn, conn);
    let categories = statement(
        "SELECT category_code AS code, starts_on, ends_on, evidence, recorded_by FROM elder_categories WHERE elder_id = $1 \
         ORDER BY starts_on DESC, id DESC LIMIT 200",
    )
    .bind::<ty::Uuid, _>(id)
    .load(&mut a);
    let contacts = statement(
        "SELECT id, name, relation, phone_masked, emergency FROM contacts WHERE elder_id = $1 ORDER BY position, id LIMIT 200",
    )
    .bind::<ty::Uuid, _>(id)
    .load(&mut b);
    let consents = statement(
        "SELECT id, purpose, basis, form, notice_version, given_on, given_by, withdrawn_on FROM consents WHERE elder_id = $1 \
         ORDER BY given_on DESC, id DESC LIMIT 200",
    )
    .bind::<ty::Uuid, _>(id)
    .load(&mut c);
    let statuses = statement(
        "SELECT status, starts_on, until, ends_on, reason, recorded_by, recorded_at FROM elder_statuses WHERE elder_id = $1 \
         ORDER BY starts_on DESC, recorded_at DESC, id DESC LIMIT 200",
    )
    .bind::<ty::Uuid, _>(id)
    .load(&mut d);
    let tier_overrides = statement(overrides::IN_FORCE)
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Date, _>(local_date(now))
        .load(&mut e);
    let (categories, contacts, consents, statuses, tier_overrides) =
        futures_util::try_join!(categories, contacts, consents, statuses, tier_overrides)?;
    Ok(ElderFile {
        elder,
        household,
        categories,
        contacts,
        consents,
        statuses,
        tier_overrides,
        merges,
    })
}

async fn dwelling(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: HouseholdId,
) -> Result<Option<DwellingRecord>, Problem> {
    let found: Vec<DwellingRecord> = statement(concat!(
        "SELECT h.id, h.community_id, c.name AS community_name, h.building, h.unit, h.floor, h.room, h.latitude, h.longitude \
         FROM households h JOIN communities c ON c.id = h.community_id WHERE h.id = $3 AND h.community_id IN (",
        communities_in_scope!(),
        ")"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(id)
    .load(conn)
    .await?;
    Ok(found.into_iter().next())
}

/// A dwelling in the actor's scope, and who lives there.
///
/// # Errors
/// 404 when there is none.
pub async fn household(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: HouseholdId,
) -> Result<HouseholdFile, Problem> {
    let dwelling = dwelling(conn, actor, now, id)
        .await?
        .ok_or_else(|| HOUSEHOLD_NOT_FOUND.problem())?;
    let elders = elders::table
        .filter(elders::household_id.eq(id))
        .filter(elders::status.ne(ElderStatus::Merged))
        .filter(InScope::of("elders.community_id", actor, now))
        .select(Elder::as_select())
        .order(elders::id)
        .limit(200)
        .load(conn)
        .await?;
    Ok(HouseholdFile { dwelling, elders })
}

/// Each table gives at most a page of what lies before the cursor, so that a long life costs no more than a short one.
const TIMELINE: &str = concat!(
    "WITH me AS (SELECT id, household_id FROM elders WHERE id = $3 AND community_id IN (",
    communities_in_scope!(),
    ")) SELECT * FROM (\
     (SELECT 'visit' AS kind, v.id, v.started_at AS at, v.outcome::text AS summary, array_to_string(v.purposes, ',') AS subject \
      FROM me JOIN visit_elders m ON m.elder_id = me.id JOIN visits v ON v.id = m.visit_id \
      WHERE v.superseded_at IS NULL AND ($4 IS NULL OR (v.started_at, v.id) < ($4, $5)) ORDER BY 3 DESC, 2 DESC LIMIT $6) \
     UNION ALL (SELECT 'visit', v.id, v.started_at, v.outcome::text, array_to_string(v.purposes, ',') \
      FROM me JOIN visits v ON v.household_id = me.household_id AND v.outcome <> 'met' \
      WHERE v.superseded_at IS NULL AND ($4 IS NULL OR (v.started_at, v.id) < ($4, $5)) ORDER BY 3 DESC, 2 DESC LIMIT $6) \
     UNION ALL (SELECT 'need', n.id, n.collected_at, n.status::text, i.code \
      FROM me JOIN needs n ON n.elder_id = me.id JOIN menu_items i ON i.id = n.item_id \
      WHERE ($4 IS NULL OR (n.collected_at, n.id) < ($4, $5)) ORDER BY 3 DESC, 2 DESC LIMIT $6) \
     UNION ALL (SELECT 'order', o.id, o.requested_at, o.status::text, i.code \
      FROM me JOIN service_orders o ON o.elder_id = me.id JOIN menu_items i ON i.id = o.item_id \
      WHERE ($4 IS NULL OR (o.requested_at, o.id) < ($4, $5)) ORDER BY 3 DESC, 2 DESC LIMIT $6) \
     UNION ALL (SELECT 'follow_up', f.id, f.surveyed_at, \
      coalesce(greatest(f.content, f.attitude, f.quality, f.efficiency)::text, 'not_reached'), f.round::text \
      FROM me JOIN service_orders o ON o.elder_id = me.id JOIN followups f ON f.order_id = o.id \
      WHERE ($4 IS NULL OR (f.surveyed_at, f.id) < ($4, $5)) ORDER BY 3 DESC, 2 DESC LIMIT $6) \
     UNION ALL (SELECT 'hazard', h.id, h.found_at, h.status::text, h.kind || ',' || h.severity \
      FROM me JOIN hazards h ON h.household_id = me.household_id \
      WHERE ($4 IS NULL OR (h.found_at, h.id) < ($4, $5)) ORDER BY 3 DESC, 2 DESC LIMIT $6) \
     UNION ALL (SELECT 'event', x.id, x.occurred_at, o.status::text, x.kind::text \
      FROM me JOIN elder_events x ON x.elder_id = me.id JOIN obligations o ON o.id = x.obligation_id \
      WHERE ($4 IS NULL OR (x.occurred_at, x.id) < ($4, $5)) ORDER BY 3 DESC, 2 DESC LIMIT $6) \
     UNION ALL (SELECT 'status', s.id, s.starts_on::timestamp AT TIME ZONE 'Asia/Shanghai', s.status::text, '' \
      FROM me JOIN elder_statuses s ON s.elder_id = me.id \
      WHERE ($4 IS NULL OR (s.starts_on::timestamp AT TIME ZONE 'Asia/Shanghai', s.id) < ($4, $5)) ORDER BY 3 DESC, 2 DESC LIMIT $6)\
     ) AS all_of_it ORDER BY at DESC, id DESC LIMIT $6"
);

/// What happened in an elder's file and household, newest first.
///
/// # Errors
/// 404 when there is none in scope, 400 for a foreign cursor.
pub async fn timeline(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    id: ElderId,
    page: &PageQuery,
) -> Result<(CommunityId, Page<TimelineEntry>), Problem> {
    let after: Option<(DateTime<Utc>, Uuid)> = page.after()?;
    let elder = get_in_scope(conn, actor, now, id).await?;
    let found = statement(TIMELINE)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Nullable<ty::Timestamptz>, _>(after.map(|a| a.0))
        .bind::<ty::Nullable<ty::Uuid>, _>(after.map(|a| a.1))
        .bind::<ty::BigInt, _>(page.fetch())
        .load(conn)
        .await?;
    let cut = Page::cut(found, page, |e: &TimelineEntry| (e.at, e.id));
    Ok((elder.community_id, cut))
}
