//! From the assessment to the acceptance.

use super::write::{self, link};
use crate::{
    attachments::model::AttachmentRole,
    care_beds::{
        ACCEPTED_BY_INSTALLER,
        model::{Acceptance, CareBed, CareBedEvent, Installation, NewPlan},
    },
    db::statement,
    error::Problem,
    ids::{AssessmentId, CareBedId},
    suspended,
    tx::{Actor, Tx},
};
use diesel::sql_types as ty;
use diesel_async::RunQueryDsl;
use std::collections::BTreeSet;

/// Links an assessment of the elder that was not replaced.
///
/// # Errors
/// 404, 409 in another state, 422 for an assessment of somebody else.
pub async fn assess(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: CareBedId,
    assessment: AssessmentId,
) -> Result<CareBed, Problem> {
    let now = tx.now;
    let mut bed = write::lock(tx, actor, id).await?;
    bed.then(
        CareBedEvent::Assessed {
            assessment_id: assessment,
        },
        "",
        now,
    )?;
    let fit = statement(
        "SELECT 1 FROM ability_assessments a WHERE a.id = $1 AND a.elder_id = $2 \
         AND NOT EXISTS (SELECT 1 FROM ability_assessments r WHERE r.replaces_id = a.id)",
    )
    .bind::<ty::Uuid, _>(assessment)
    .bind::<ty::Nullable<ty::Uuid>, _>(bed.bed.elder_id)
    .execute(tx.conn)
    .await?;
    if fit == 0 {
        return Err(Problem::field(
            "assessment_id",
            "is no assessment of this elder that stands",
        ));
    }
    bed.save_and_read(tx, actor).await
}

/// Plans, or plans anew, what is built in and by whom.
///
/// # Errors
/// 404, 409 in another state, 422 for an organisation or a measure that cannot be planned with.
pub async fn plan(tx: &mut Tx<'_>, actor: &Actor, id: CareBedId, new: NewPlan) -> Result<CareBed, Problem> {
    let (now, today) = (tx.now, tx.today());
    let mut bed = write::lock(tx, actor, id).await?;
    let codes: BTreeSet<&str> = new.lines.iter().map(|line| line.measure_code.as_str()).collect();
    if codes.len() != new.lines.len() {
        return Err(Problem::field("lines", "name a measure twice"));
    }
    bed.then(
        CareBedEvent::Planned {
            organisation_id: new.organisation_id,
            lines: new.lines.clone(),
        },
        "",
        now,
    )?;
    let provider = statement(concat!(
        "SELECT 1 FROM organisations g WHERE g.id = $1 AND g.takes_orders AND g.listed_from <= $2 AND (g.listed_to IS NULL OR g.listed_to > $2) \
         AND EXISTS (SELECT 1 FROM organisation_coverage v JOIN communities c ON c.id = $3 WHERE v.organisation_id = g.id \
         AND c.division_code LIKE v.division_prefix || '%') AND NOT ",
        suspended!("g.id", "$2")
    ))
    .bind::<ty::Uuid, _>(new.organisation_id)
    .bind::<ty::Date, _>(today)
    .bind::<ty::Uuid, _>(bed.bed.community_id)
    .execute(tx.conn)
    .await?;
    if provider == 0 {
        return Err(Problem::field(
            "organisation_id",
            "is no provider of the library that serves here, or is suspended",
        ));
    }
    statement("DELETE FROM care_bed_plan_lines WHERE bed_id = $1")
        .bind::<ty::Uuid, _>(id)
        .execute(tx.conn)
        .await?;
    let written = statement(
        "INSERT INTO care_bed_plan_lines (bed_id, measure_code, quantity, cost_fen) SELECT $1, m.code, n.quantity, n.cost_fen \
         FROM unnest($2, $3, $4) AS n (code, quantity, cost_fen) JOIN care_bed_measures m ON m.code = n.code \
         AND (m.withdrawn_on IS NULL OR m.withdrawn_on > $5)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Array<ty::Text>, _>(new.lines.iter().map(|l| l.measure_code.clone()).collect::<Vec<_>>())
    .bind::<ty::Array<ty::SmallInt>, _>(new.lines.iter().map(|l| l.quantity).collect::<Vec<_>>())
    .bind::<ty::Array<ty::BigInt>, _>(new.lines.iter().map(|l| l.cost_fen).collect::<Vec<_>>())
    .bind::<ty::Date, _>(today)
    .execute(tx.conn)
    .await?;
    if written != new.lines.len() {
        return Err(Problem::field("lines", "name a measure that is not on the list"));
    }
    bed.save_and_read(tx, actor).await
}

/// Records that the provider has built in the plan, with photos.
///
/// # Errors
/// 404, 409 in another state, 422 for a time out of order and for photos that the actor did not upload.
pub async fn install(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: CareBedId,
    new: &Installation,
) -> Result<CareBed, Problem> {
    let now = tx.now;
    let at = new
        .at(now)
        .ok_or_else(|| Problem::field("installed_at", "lies in the future"))?;
    let mut bed = write::lock(tx, actor, id).await?;
    if at < bed.bed.applied_at {
        return Err(Problem::field("installed_at", "lies before the application"));
    }
    bed.then_at(CareBedEvent::Installed { by: actor.id, at }, &new.note, at, now)?;
    link(tx, actor, id, "photos", (&new.photos, AttachmentRole::After)).await?;
    bed.save_and_read(tx, actor).await
}

/// Accepts what was built in, or gives it back to be mended. Who installed it never accepts it.
///
/// # Errors
/// 403 for who installed it, 404, 409 in another state, 422 without findings where it is not accepted.
pub async fn accept(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: CareBedId,
    new: &Acceptance,
) -> Result<CareBed, Problem> {
    let now = tx.now;
    let mut bed = write::lock(tx, actor, id).await?;
    let event = if new.passed {
        CareBedEvent::Accepted { by: actor.id }
    } else {
        CareBedEvent::NotAccepted { by: actor.id }
    };
    let installer = bed.state.installed.map(|i| i.0);
    bed.then(event, &new.findings, now)?;
    if installer == Some(actor.id) {
        return Err(ACCEPTED_BY_INSTALLER.problem());
    }
    if !new.passed && new.findings.trim().is_empty() {
        return Err(Problem::field("findings", "say why it is not accepted"));
    }
    bed.save_and_read(tx, actor).await
}
