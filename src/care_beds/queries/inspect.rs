//! Inspections: what is seen, what is found wrong, and what has become of earlier findings.

use super::{
    read::{self, agreement_holds},
    write::{self, Locked, link},
};
use crate::{
    attachments::model::AttachmentRole,
    calendar::{local_date, start_of_day},
    care_beds::{
        CARE_BED_STATE, INSPECTION_ALREADY_RECORDED,
        model::{Inspection, InspectionKind, InspectionPoint, NewInspection, PointAnswer, Recheck},
    },
    clock::put_right,
    db::statement,
    error::{Problem, on_constraint},
    followups::model::Satisfaction,
    ids::CareBedId,
    schema::sql_types as native,
    tx::{Actor, Tx},
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::sql_types as ty;
use diesel_async::RunQueryDsl;

/// Records an inspection with its findings, and rechecks earlier ones. The same id with the same inspection gives the one that stands.
///
/// # Errors
/// 404; 409 for a bed that cannot be looked at so, and for an id that stands for another inspection; 422 for what does not fit.
pub async fn inspect(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: CareBedId,
    new: &NewInspection,
) -> Result<Inspection, Problem> {
    let (now, hash) = (tx.now, new.content_hash(id)?);
    let at = put_right(new.inspected_at, new.device_now, now)
        .ok_or_else(|| Problem::field("inspected_at", "lies in the future"))?;
    let day = local_date(at);
    new.check(day)?;
    let bed = write::lock_then(tx, actor, id, at).await?;
    if let Some(stands) = read::inspection(tx.conn, new.id).await? {
        let same = stands.content_hash == hash && stands.inspector_id == actor.id;
        return if same {
            Ok(stands)
        } else {
            Err(INSPECTION_ALREADY_RECORDED.problem())
        };
    }
    if !new.kind.fits(bed.state.status) {
        return Err(CARE_BED_STATE.with("there is nothing of the kind to look at yet, or any more"));
    }
    if bed.state.installed.is_some_and(|(_, installed)| at < installed) {
        return Err(Problem::field("inspected_at", "lies before the installation"));
    }
    agreement_is_as_told(tx, id, new, day).await?;
    visit_fits(tx, actor, &bed, new).await?;
    write_inspection(tx, actor, &bed, new, (at, hash)).await?;
    write_findings(tx, &bed, new, at).await?;
    recheck(tx, id, new, at).await?;
    link(tx, actor, id, "photos", (&new.photos, AttachmentRole::Photo)).await?;
    let mut entry = tx
        .entry("care_beds.inspect", "care_bed_inspection", Some(new.id.0))
        .community(bed.bed.community_id);
    entry.elder_id = bed.bed.elder_id.map(|e| e.0);
    tx.audit(entry);
    read::inspection(tx.conn, new.id)
        .await?
        .ok_or_else(|| Problem::internal("an inspection that was just written is not there"))
}

/// What the books say of the agreement counts, not what somebody remembers of it.
async fn agreement_is_as_told(
    tx: &mut Tx<'_>,
    id: CareBedId,
    new: &NewInspection,
    day: NaiveDate,
) -> Result<(), Problem> {
    if new.kind != InspectionKind::Service {
        return Ok(());
    }
    let holds = agreement_holds(tx.conn, id, day).await?;
    let told = new.answer(InspectionPoint::AgreementInDate);
    match (holds, told) {
        (true, Some(PointAnswer::Ok)) | (false, Some(PointAnswer::Problem)) => Ok(()),
        (true, _) => Err(Problem::field("points", "an agreement holds on this day")),
        (false, _) => Err(Problem::field("points", "no agreement holds on this day")),
    }
}

/// A visit that is named is the steward's own, to this household, for its care bed.
async fn visit_fits(
    tx: &mut Tx<'_>,
    actor: &Actor,
    bed: &Locked,
    new: &NewInspection,
) -> Result<(), Problem> {
    let Some(visit) = new.visit_id else { return Ok(()) };
    let fit = statement(
        "SELECT 1 FROM visits WHERE id = $1 AND steward_id = $2 AND household_id = $3 AND outcome = 'met' AND 'care_bed' = ANY (purposes) \
         AND superseded_at IS NULL",
    )
    .bind::<ty::Uuid, _>(visit)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Nullable<ty::Uuid>, _>(bed.bed.household_id)
    .execute(tx.conn)
    .await?;
    if fit == 0 {
        Err(Problem::field(
            "visit_id",
            "is no visit of yours to this household for its care bed",
        ))
    } else {
        Ok(())
    }
}

async fn write_inspection(
    tx: &mut Tx<'_>,
    actor: &Actor,
    bed: &Locked,
    new: &NewInspection,
    (at, hash): (DateTime<Utc>, Vec<u8>),
) -> Result<(), Problem> {
    let now = tx.now;
    statement(
        "INSERT INTO care_bed_inspections (id, bed_id, household_id, community_id, kind, inspector_id, visit_id, inspected_at, received_at, points, \
         evaluation, words, content_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind::<ty::Uuid, _>(new.id)
    .bind::<ty::Uuid, _>(bed.bed.id)
    .bind::<ty::Nullable<ty::Uuid>, _>(bed.bed.household_id)
    .bind::<ty::Uuid, _>(bed.bed.community_id)
    .bind::<native::CareBedInspectionKind, InspectionKind>(new.kind)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Nullable<ty::Uuid>, _>(new.visit_id)
    .bind::<ty::Timestamptz, _>(at)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Jsonb, _>(serde_json::to_value(&new.points).map_err(Problem::internal)?)
    .bind::<ty::Nullable<native::Satisfaction>, Option<Satisfaction>>(new.evaluation)
    .bind::<ty::Text, _>(new.words.clone())
    .bind::<ty::Binary, _>(hash)
    .execute(tx.conn)
    .await?;
    Ok(())
}

async fn write_findings(
    tx: &mut Tx<'_>,
    bed: &Locked,
    new: &NewInspection,
    at: DateTime<Utc>,
) -> Result<(), Problem> {
    if new.findings.is_empty() {
        return Ok(());
    }
    let due = |last: NaiveDate| start_of_day(last.checked_add_days(Days::new(1)).unwrap_or(last));
    statement(
        "INSERT INTO care_bed_findings (id, bed_id, community_id, organisation_id, inspection_id, point, description, status, found_at, due_at, version) \
         SELECT n.id, $1, $2, $3, $4, n.point, n.description, 'open', $5, n.due_at, 1 FROM unnest($6, $7, $8, $9) AS n (id, point, description, due_at)",
    )
    .bind::<ty::Uuid, _>(bed.bed.id)
    .bind::<ty::Uuid, _>(bed.bed.community_id)
    .bind::<ty::Nullable<ty::Uuid>, _>(bed.state.organisation_id)
    .bind::<ty::Uuid, _>(new.id)
    .bind::<ty::Timestamptz, _>(at)
    .bind::<ty::Array<ty::Uuid>, _>(new.findings.iter().map(|f| f.id).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Text>, _>(new.findings.iter().map(|f| f.point.as_str()).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Text>, _>(new.findings.iter().map(|f| f.description.clone()).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Timestamptz>, _>(new.findings.iter().map(|f| due(f.due_on)).collect::<Vec<_>>())
    .execute(tx.conn)
    .await
    .map_err(|e| {
        on_constraint(e, "care_bed_findings_pkey", || {
            Problem::field("findings", "have an id that stands for another finding")
        })
    })?;
    Ok(())
}

/// Clears earlier findings that are as they should be, and opens those again that were mended and are not.
async fn recheck(
    tx: &mut Tx<'_>,
    id: CareBedId,
    new: &NewInspection,
    at: DateTime<Utc>,
) -> Result<(), Problem> {
    if new.rechecked.is_empty() {
        return Ok(());
    }
    let written = statement(
        "UPDATE care_bed_findings f SET status = CASE WHEN n.cleared THEN 'cleared' ELSE 'open' END::care_bed_finding_status, \
         cleared_inspection_id = CASE WHEN n.cleared THEN $2 END, cleared_at = CASE WHEN n.cleared THEN $3 END, version = f.version + 1 \
         FROM unnest($4, $5) AS n (id, cleared) WHERE f.id = n.id AND f.bed_id = $1 AND f.status <> 'cleared' AND f.found_at < $3 AND f.inspection_id <> $2",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(new.id)
    .bind::<ty::Timestamptz, _>(at)
    .bind::<ty::Array<ty::Uuid>, _>(new.rechecked.iter().map(|r: &Recheck| r.finding_id).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Bool>, _>(new.rechecked.iter().map(|r| r.cleared).collect::<Vec<_>>())
    .execute(tx.conn)
    .await?;
    if written == new.rechecked.len() {
        Ok(())
    } else {
        Err(Problem::field(
            "rechecked",
            "names what is no earlier finding of this bed, or was cleared",
        ))
    }
}
