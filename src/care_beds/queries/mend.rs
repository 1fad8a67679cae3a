//! Findings: read, mended, escalated.

use crate::{
    care_beds::{
        FINDING_NOT_FOUND, FINDING_NOT_OPEN,
        model::{CareBedFinding, FindingStatus},
    },
    communities_in_scope,
    db::statement,
    error::Problem,
    http::{Page, PageQuery},
    ids::{CareBedId, CommunityId, FindingId},
    schema::sql_types as native,
    tx::{Actor, Tx},
};
use chrono::{DateTime, Utc};
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// Findings that one statement of the job escalates.
const STEP: i64 = 1_000;

/// Findings as they are read: `$2` instant.
macro_rules! finding_rows {
    () => {
        "SELECT f.id, f.bed_id, f.community_id, f.organisation_id, f.inspection_id, f.point, f.description, f.status, f.found_at, f.due_at, \
         f.status = 'open' AND f.due_at <= $2 AS overdue, f.escalated_at, f.mended_at, f.mended_note, f.cleared_inspection_id, f.cleared_at, f.version \
         FROM care_bed_findings f WHERE "
    };
}

/// The findings of a bed, the latest first.
pub(super) async fn findings_of(
    conn: &mut AsyncPgConnection,
    bed: CareBedId,
    now: DateTime<Utc>,
) -> Result<Vec<CareBedFinding>, Problem> {
    Ok(statement(concat!(
        finding_rows!(),
        "f.bed_id = $1 ORDER BY f.found_at DESC, f.id DESC LIMIT 100"
    ))
    .bind::<ty::Uuid, _>(bed)
    .bind::<ty::Timestamptz, _>(now)
    .load(conn)
    .await?)
}

/// Which findings to list.
#[derive(Debug, Default)]
pub struct Narrow {
    /// Of this status.
    pub status: Option<FindingStatus>,
    /// In this community.
    pub community: Option<CommunityId>,
    /// Open and past their deadline, or not.
    pub overdue: Option<bool>,
}

/// What narrows a list and where its page begins, over a finding `f`.
macro_rules! narrowed {
    () => {
        "($4 IS NULL OR f.status = $4) AND ($5 IS NULL OR f.community_id = $5) AND ($6 IS NULL OR $6 = (f.status = 'open' AND f.due_at <= $2)) \
         AND (f.due_at, f.id) > ($7, $8) ORDER BY f.due_at, f.id LIMIT $9"
    };
}

/// That a finding `f` is still the organisation's to know of: what was found in a home it reads no longer than it builds or serves
/// there.
macro_rules! serving {
    () => {
        "EXISTS (SELECT 1 FROM care_beds b WHERE b.id = f.bed_id AND b.organisation_id = f.organisation_id AND b.status <> 'ended')"
    };
}

const LIST: &str = concat!(
    "WITH page AS ((SELECT known.id FROM (",
    communities_in_scope!(),
    ") scope (community_id) CROSS JOIN LATERAL (SELECT f.id FROM care_bed_findings f WHERE f.community_id = scope.community_id AND ",
    narrowed!(),
    ") known) UNION (SELECT f.id FROM care_bed_findings f WHERE f.organisation_id = $3 AND ",
    serving!(),
    " AND ",
    narrowed!(),
    ")) ",
    finding_rows!(),
    "f.id IN (SELECT id FROM page) ORDER BY f.due_at, f.id LIMIT $9",
);

/// The findings in the actor's area, or those of the beds that the actor's organisation builds or serves, the soonest due first.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    narrow: &Narrow,
    page: &PageQuery,
) -> Result<Page<CareBedFinding>, Problem> {
    let (at, id) = page
        .after::<(DateTime<Utc>, Uuid)>()?
        .unwrap_or((DateTime::UNIX_EPOCH, Uuid::nil()));
    let found: Vec<CareBedFinding> = statement(LIST)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Nullable<ty::Uuid>, _>(actor.organisation_id)
        .bind::<ty::Nullable<native::CareBedFindingStatus>, _>(narrow.status)
        .bind::<ty::Nullable<ty::Uuid>, _>(narrow.community)
        .bind::<ty::Nullable<ty::Bool>, _>(narrow.overdue)
        .bind::<ty::Timestamptz, _>(at)
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::BigInt, _>(page.fetch())
        .load(conn)
        .await?;
    Ok(Page::cut(found, page, |f| (f.due_at, f.id.0)))
}

/// Records that the provider has mended what was found.
///
/// # Errors
/// 404 for a finding that is not the organisation's to mend, 409 when it was mended or cleared.
pub async fn mend(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: FindingId,
    note: &str,
) -> Result<CareBedFinding, Problem> {
    let now = tx.now;
    let mended = statement(concat!(
        "UPDATE care_bed_findings f SET status = 'mended', mended_by = $3, mended_at = $4, mended_note = $5, version = version + 1 \
         WHERE id = $1 AND organisation_id = $2 AND status = 'open' AND ",
        serving!()
    ))
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Nullable<ty::Uuid>, _>(actor.organisation_id)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Text, _>(note.to_owned())
    .execute(tx.conn)
    .await?;
    let finding: CareBedFinding = statement(concat!(
        finding_rows!(),
        "f.id = $1 AND f.organisation_id = $3 AND ",
        serving!()
    ))
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Nullable<ty::Uuid>, _>(actor.organisation_id)
    .get_result(tx.conn)
    .await
    .optional()?
    .ok_or_else(|| FINDING_NOT_FOUND.problem())?;
    if mended == 0 {
        return Err(FINDING_NOT_OPEN.problem());
    }
    tx.audit(
        tx.entry("care_beds.mend", "care_bed_finding", Some(id.0))
            .community(finding.community_id),
    );
    Ok(finding)
}

#[derive(QueryableByName)]
struct Late {
    #[diesel(sql_type = ty::Uuid)]
    id: FindingId,
    #[diesel(sql_type = ty::Uuid)]
    community_id: CommunityId,
}

/// Marks the next open findings whose deadline is over, each once; says whether there may be more.
///
/// # Errors
/// What the database said.
pub async fn escalate(tx: &mut Tx<'_>) -> Result<bool, Problem> {
    let now = tx.now;
    let late: Vec<Late> = statement(
        "UPDATE care_bed_findings SET escalated_at = $1, version = version + 1 WHERE status = 'open' AND escalated_at IS NULL AND id = ANY (ARRAY( \
         SELECT id FROM care_bed_findings WHERE status = 'open' AND due_at <= $1 AND escalated_at IS NULL ORDER BY due_at LIMIT $2)) \
         RETURNING id, community_id",
    )
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::BigInt, _>(STEP)
    .load(tx.conn)
    .await?;
    let more = i64::try_from(late.len()).unwrap_or(i64::MAX) == STEP;
    for finding in late {
        tx.audit(
            tx.entry("care_beds.escalate", "care_bed_finding", Some(finding.id.0))
                .community(finding.community_id),
        );
    }
    Ok(more)
}
