//! Beds, events and usage as their readers may see them.

use crate::{
    attachments::model::LinkedPhotos,
    care_beds::{
        CARE_BED_NOT_FOUND,
        model::{
            CareBed, CareBedAgreement, CareBedEvent, CareBedEventLine, CareBedFile, CareBedKind,
            CareBedMeasure, CareBedStatus, Inspection, PlanLine, Quota,
        },
        queries::mend::findings_of,
    },
    communities_in_scope,
    db::statement,
    error::Problem,
    http::{Page, PageQuery},
    ids::{CareBedId, CommunityId, ElderId, HouseholdId, InspectionId, UserId},
    schema::sql_types as native,
    tx::{Actor, Stamp},
};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// Beds as a reader sees them, without a word on which: `$3` the organisation of a provider's account. A provider reads name and
/// address only while it builds or serves, and never what led to the bed.
macro_rules! care_bed_rows {
    () => {
        "SELECT b.id, b.kind, CASE WHEN r.reads THEN b.elder_id END AS elder_id, CASE WHEN r.reads THEN e.name END AS elder_name, \
         CASE WHEN r.reads THEN b.household_id END AS household_id, \
         CASE WHEN r.reads THEN concat_ws(' ', c.name, h.building, nullif(h.unit, ''), h.room) END AS address, b.community_id, b.status, \
         CASE WHEN r.staff THEN b.wish_sealed END AS wish, CASE WHEN r.staff THEN b.applied_by END AS applied_by, b.applied_at, \
         CASE WHEN r.staff THEN b.assessment_id END AS assessment_id, CASE WHEN r.staff THEN a.level END AS level, \
         b.organisation_id, b.cost_fen, b.installed_by, b.installed_at, b.accepted_by, b.accepted_at, b.started_at, \
         b.suspended_for, b.ended_for, b.ended_at, \
         (SELECT count(*) FROM care_bed_findings f WHERE f.bed_id = b.id AND f.status <> 'cleared') AS open_findings, b.version \
         FROM care_beds b JOIN elders e ON e.id = b.elder_id JOIN households h ON h.id = b.household_id JOIN communities c ON c.id = b.community_id \
         LEFT JOIN ability_assessments a ON a.id = b.assessment_id CROSS JOIN LATERAL (SELECT $3::uuid IS NULL AS staff, \
         $3::uuid IS NULL OR b.status IN ('planned', 'installed', 'accepted', 'in_service', 'suspended') AS reads) r WHERE "
    };
}
pub(super) use care_bed_rows;

/// The beds that an actor may know of: `$1` actor, `$2` instant, and as [`care_bed_rows`]. Staff: the communities in scope.
/// Providers: those that are theirs to build and serve.
macro_rules! visible_care_beds {
    () => {
        concat!(
            care_bed_rows!(),
            "(b.community_id IN (",
            communities_in_scope!(),
            ") OR b.organisation_id = $3)"
        )
    };
}

/// What a list of beds is narrowed to.
#[derive(Debug, Default)]
pub struct Narrow {
    /// One kind.
    pub kind: Option<CareBedKind>,
    /// One status.
    pub status: Option<CareBedStatus>,
    /// One community.
    pub community: Option<CommunityId>,
    /// One elder.
    pub elder: Option<ElderId>,
}

/// What narrows a list and where its page begins, over a bed `b`. A provider cannot ask for an elder whose name it may not read: that
/// the bed is found would tell whose it is.
macro_rules! narrowed {
    () => {
        "($4 IS NULL OR b.kind = $4) AND ($5 IS NULL OR b.status = $5) AND ($6 IS NULL OR b.community_id = $6) AND ($7 IS NULL OR b.elder_id = $7 \
         AND ($3::uuid IS NULL OR b.status IN ('planned', 'installed', 'accepted', 'in_service', 'suspended'))) \
         AND (b.applied_at, b.id) < ($8, $9) ORDER BY b.applied_at DESC, b.id DESC LIMIT $10"
    };
}

/// A page is sought on each way by which a bed can be known, along an index that ends in the list's order.
const LIST: &str = concat!(
    "WITH page AS ((SELECT known.id FROM (",
    communities_in_scope!(),
    ") scope (community_id) CROSS JOIN LATERAL (SELECT b.id FROM care_beds b WHERE b.community_id = scope.community_id AND ",
    narrowed!(),
    ") known) UNION (SELECT b.id FROM care_beds b WHERE b.organisation_id = $3 AND ",
    narrowed!(),
    ")) ",
    care_bed_rows!(),
    "b.id IN (SELECT id FROM page) ORDER BY b.applied_at DESC, b.id DESC LIMIT $10",
);

/// The beds that the actor may know of, the latest application first.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    narrow: &Narrow,
    page: &PageQuery,
) -> Result<Page<CareBed>, Problem> {
    let (at, id) = page
        .after::<(DateTime<Utc>, Uuid)>()?
        .unwrap_or((stamp.now + Duration::days(1), Uuid::max()));
    let beds: Vec<CareBed> = statement(LIST)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(stamp.now)
        .bind::<ty::Nullable<ty::Uuid>, _>(actor.organisation_id)
        .bind::<ty::Nullable<native::CareBedKind>, _>(narrow.kind)
        .bind::<ty::Nullable<native::CareBedStatus>, _>(narrow.status)
        .bind::<ty::Nullable<ty::Uuid>, _>(narrow.community)
        .bind::<ty::Nullable<ty::Uuid>, _>(narrow.elder)
        .bind::<ty::Timestamptz, _>(at)
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::BigInt, _>(page.fetch())
        .load(conn)
        .await?;
    let beds = beds
        .into_iter()
        .map(|bed| bed.opened(stamp))
        .collect::<Result<_, _>>()?;
    Ok(Page::cut(beds, page, |b: &CareBed| (b.applied_at, b.id.0)))
}

/// The beds of these households that are neither refused nor over, the latest application first; whether the actor may know of the
/// households is for the caller to say.
///
/// # Errors
/// What the database said.
pub async fn of_households(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    households: &[HouseholdId],
) -> Result<Vec<CareBed>, Problem> {
    let beds: Vec<CareBed> = statement(concat!(
        care_bed_rows!(),
        "b.household_id = ANY ($1) AND b.status NOT IN ('refused', 'ended') AND b.applied_at <= $2 ORDER BY b.applied_at DESC, b.id DESC"
    ))
    .bind::<ty::Array<ty::Uuid>, _>(households.to_vec())
    .bind::<ty::Timestamptz, _>(stamp.now)
    .bind::<ty::Nullable<ty::Uuid>, _>(None::<Uuid>)
    .load(conn)
    .await?;
    beds.into_iter().map(|bed| bed.opened(stamp)).collect()
}

/// One bed that the actor may know of.
///
/// # Errors
/// 404 when there is none.
pub async fn get(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    id: CareBedId,
) -> Result<CareBed, Problem> {
    let bed: Option<CareBed> = statement(concat!(visible_care_beds!(), " AND b.id = $4"))
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(stamp.now)
        .bind::<ty::Nullable<ty::Uuid>, _>(actor.organisation_id)
        .bind::<ty::Uuid, _>(id)
        .get_result(conn)
        .await
        .optional()?;
    bed.ok_or_else(|| CARE_BED_NOT_FOUND.problem())?.opened(stamp)
}

#[derive(QueryableByName)]
struct Photos {
    #[diesel(sql_type = ty::Jsonb)]
    photos: LinkedPhotos,
}

/// One bed with its plan, agreements, quotas, findings and photos. What tells of the person, a provider reads no longer than their
/// name: who signed, what was found in the home, the photos of it.
///
/// # Errors
/// 404 when there is none.
pub async fn file(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    id: CareBedId,
) -> Result<CareBedFile, Problem> {
    let bed = get(conn, stamp, actor, id).await?;
    let (mut a, mut b, mut c, mut d) = (&*conn, &*conn, &*conn, &*conn);
    let plan = statement(
        "SELECT l.measure_code, l.quantity, l.cost_fen FROM care_bed_plan_lines l JOIN care_bed_measures m ON m.code = l.measure_code \
         WHERE l.bed_id = $1 ORDER BY m.position, m.code",
    )
    .bind::<ty::Uuid, _>(id)
    .load(&mut a);
    let agreements = statement(
        "SELECT id, starts_on, ends_on, signed_by, signed_on, attachment_id FROM care_bed_agreements WHERE bed_id = $1 \
         ORDER BY starts_on DESC, id DESC LIMIT 50",
    )
    .bind::<ty::Uuid, _>(id)
    .load(&mut b);
    let quotas = statement(
        "SELECT q.item_id, q.times, q.minutes FROM care_bed_quotas q WHERE q.bed_id = $1 \
         AND q.from_month = (SELECT max(from_month) FROM care_bed_quotas WHERE bed_id = $1 AND from_month <= $2) ORDER BY q.item_id",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Date, _>(stamp.today())
    .load(&mut c);
    let photos = statement(
        "SELECT coalesce(jsonb_agg(jsonb_build_object('attachment_id', l.attachment_id, 'role', l.role) ORDER BY l.linked_at, l.attachment_id), '[]') \
         AS photos FROM attachment_links l WHERE l.case_id = $1 AND l.case_kind = 'care_bed'",
    )
    .bind::<ty::Uuid, _>(id)
    .get_result(&mut d);
    let (plan, agreements, quotas, photos): (Vec<PlanLine>, Vec<CareBedAgreement>, Vec<Quota>, Photos) =
        futures_util::try_join!(plan, agreements, quotas, photos)?;
    if bed.is_hidden() {
        return Ok(CareBedFile {
            bed,
            plan,
            agreements: Vec::new(),
            quotas,
            findings: Vec::new(),
            photos: LinkedPhotos(Vec::new()),
        });
    }
    let findings = findings_of(conn, id, stamp.now).await?;
    Ok(CareBedFile {
        bed,
        plan,
        agreements,
        quotas,
        findings,
        photos: photos.photos,
    })
}

#[derive(QueryableByName)]
struct EventRow {
    #[diesel(sql_type = ty::SmallInt)]
    seq: i16,
    #[diesel(sql_type = ty::Nullable<native::CareBedStatus>)]
    from_status: Option<CareBedStatus>,
    #[diesel(sql_type = native::CareBedStatus)]
    to_status: CareBedStatus,
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    actor_id: Option<UserId>,
    #[diesel(sql_type = ty::Timestamptz)]
    device_at: DateTime<Utc>,
    #[diesel(sql_type = ty::Timestamptz)]
    received_at: DateTime<Utc>,
    #[diesel(sql_type = ty::Text)]
    reason: String,
    #[diesel(sql_type = ty::Jsonb)]
    data: serde_json::Value,
}

/// The events of a bed that the actor may know of, in their sequence.
///
/// # Errors
/// 404 when there is no such bed.
pub async fn events(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    id: CareBedId,
    page: &PageQuery,
) -> Result<Page<CareBedEventLine>, Problem> {
    get(conn, stamp, actor, id).await?;
    let rows: Vec<EventRow> = statement(
        "SELECT seq, from_status, to_status, actor_id, device_at, received_at, reason, data FROM care_bed_events \
         WHERE bed_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::SmallInt, _>(page.after::<i16>()?.unwrap_or(0))
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    let lines = rows
        .into_iter()
        .map(|row| {
            Ok(CareBedEventLine {
                seq: row.seq,
                from_status: row.from_status,
                to_status: row.to_status,
                event: serde_json::from_value::<CareBedEvent>(row.data).map_err(Problem::internal)?,
                reason: row.reason,
                actor_id: row.actor_id,
                device_at: row.device_at,
                received_at: row.received_at,
            })
        })
        .collect::<Result<Vec<_>, Problem>>()?;
    Ok(Page::cut(lines, page, |l| l.seq))
}

/// Inspections as they are read.
macro_rules! inspection_rows {
    () => {
        "SELECT i.id, i.bed_id, i.kind, i.inspector_id, i.visit_id, i.inspected_at, i.points, i.evaluation, i.words, \
         ARRAY(SELECT f.id FROM care_bed_findings f WHERE f.inspection_id = i.id ORDER BY f.id) AS findings, \
         ARRAY(SELECT f.id FROM care_bed_findings f WHERE f.cleared_inspection_id = i.id ORDER BY f.id) AS cleared, i.received_at, i.content_hash \
         FROM care_bed_inspections i WHERE "
    };
}

/// The inspections of a bed, the latest first.
///
/// # Errors
/// 404 when there is no such bed, 400 for a foreign cursor.
pub async fn inspections(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    id: CareBedId,
    page: &PageQuery,
) -> Result<Page<Inspection>, Problem> {
    let (at, before) = page
        .after::<(DateTime<Utc>, Uuid)>()?
        .unwrap_or((stamp.now + Duration::days(1), Uuid::max()));
    get(conn, stamp, actor, id).await?;
    let found = statement(concat!(
        inspection_rows!(),
        "i.bed_id = $1 AND (i.inspected_at, i.id) < ($2, $3) ORDER BY i.inspected_at DESC, i.id DESC LIMIT $4"
    ))
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Timestamptz, _>(at)
    .bind::<ty::Uuid, _>(before)
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    Ok(Page::cut(found, page, |i: &Inspection| (i.inspected_at, i.id.0)))
}

/// One inspection by its id, whoever asks.
///
/// # Errors
/// What the database said.
pub(super) async fn inspection(
    conn: &mut AsyncPgConnection,
    id: InspectionId,
) -> Result<Option<Inspection>, Problem> {
    Ok(statement(concat!(inspection_rows!(), "i.id = $1"))
        .bind::<ty::Uuid, _>(id)
        .get_result(conn)
        .await
        .optional()?)
}

/// What can be built in, adaptations and devices, in their order.
///
/// # Errors
/// What the database said.
pub async fn measures(conn: &mut AsyncPgConnection) -> Result<Vec<CareBedMeasure>, Problem> {
    Ok(statement(
        "SELECT code, kind, name_zh, name_en, withdrawn_on FROM care_bed_measures ORDER BY position, code LIMIT 200",
    )
    .load(conn)
    .await?)
}

/// Whether an agreement of the bed holds on a day.
pub(super) async fn agreement_holds(
    conn: &mut AsyncPgConnection,
    bed: CareBedId,
    day: NaiveDate,
) -> Result<bool, Problem> {
    let holding = statement(
        "SELECT 1 FROM care_bed_agreements WHERE bed_id = $1 AND starts_on <= $2 AND ends_on >= $2 LIMIT 1",
    )
    .bind::<ty::Uuid, _>(bed)
    .bind::<ty::Date, _>(day)
    .execute(conn)
    .await?;
    Ok(holding > 0)
}
