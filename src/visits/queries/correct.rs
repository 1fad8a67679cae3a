//! A correction: the visit said anew, and what it set in motion made to follow.
//!
//! What the old version did is undone, the new one is written by the same statement that logs a visit, and what then still hangs
//! on neither is judged again.

use super::{
    log::{self, Version},
    read,
};
use crate::{
    account_enabled, communities_in_scope,
    config::ServiceConfig,
    db::statement,
    emergencies::queries as emergencies,
    error::{FORBIDDEN, Problem, on_constraint},
    hazards::queries::corrected::{self as hazards, FoundByVisit, SaidAnew},
    ids::{HazardId, HouseholdId, NeedId, UserId, VisitId},
    schema::sql_types,
    steward_in_charge,
    tx::{Actor, Tx},
    visits::{
        CORRECTION_TIME, VISIT_ALREADY_LOGGED, VISIT_CORRECTION_TOO_LATE, VISIT_NOT_FOUND, VISIT_SUPERSEDED,
        model::{HazardFound, NewVisit, Visit, VisitCorrection, VisitOutcome},
    },
};
use chrono::{DateTime, Utc};
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// The version that is corrected.
#[derive(QueryableByName)]
struct Old {
    #[diesel(sql_type = ty::Uuid)]
    id: VisitId,
    #[diesel(sql_type = ty::Uuid)]
    root_id: VisitId,
    #[diesel(sql_type = ty::SmallInt)]
    revision: i16,
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    superseded_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = ty::Uuid)]
    household_id: HouseholdId,
    #[diesel(sql_type = ty::Uuid)]
    steward_id: UserId,
    #[diesel(sql_type = sql_types::VisitOutcome)]
    outcome: VisitOutcome,
    #[diesel(sql_type = ty::Timestamptz)]
    received_at: DateTime<Utc>,
    #[diesel(sql_type = ty::Timestamptz)]
    first_received_at: DateTime<Utc>,
}

/// The version `id`, locked: two corrections of it come one after the other.
const OLD: &str = concat!(
    "SELECT v.id, v.root_id, v.revision, v.superseded_at, v.household_id, v.steward_id, v.outcome, v.received_at, \
     (SELECT r.received_at FROM visits r WHERE r.id = v.root_id) AS first_received_at \
     FROM visits v WHERE v.id = $3 AND (v.steward_id = $1 AND ",
    account_enabled!(),
    " OR v.community_id IN (",
    communities_in_scope!(),
    ")) FOR UPDATE OF v"
);

/// Puts a new version in the place of the newest. The same version sent again gives what stands.
///
/// # Errors
/// 404 when there is no such visit in the actor's scope or of their own, 403 when somebody else recorded it, 409 when `id` is not the
/// newest version, when it is too late, or when the new version's id stands for something else, 422 for another household and
/// for whatever a visit itself would be refused.
pub async fn correct(
    tx: &mut Tx<'_>,
    actor: &Actor,
    rules: &ServiceConfig,
    id: VisitId,
    correction: &VisitCorrection,
) -> Result<Visit, Problem> {
    let (now, stamp) = (tx.now, tx.stamp());
    let VisitCorrection { reason, visit: new } = correction;
    let old: Old = statement(OLD)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Timestamptz, _>(now)
        .bind::<ty::Uuid, _>(id)
        .get_result(tx.conn)
        .await
        .optional()?
        .ok_or_else(|| VISIT_NOT_FOUND.problem())?;
    if old.steward_id != actor.id {
        return Err(FORBIDDEN.with("a visit is corrected by the steward who recorded it"));
    }
    if let Ok(stands) = read::get(tx.conn, actor, now, new.id).await {
        let same = stands.root_id == old.root_id
            && stands.revision == old.revision + 1
            && stands.correction_reason.as_ref() == Some(reason)
            && stands.content_hash.as_deref() == Some(&new.content_hash()?[..]);
        return if same {
            Ok(stands)
        } else {
            Err(VISIT_ALREADY_LOGGED.problem())
        };
    }
    if old.superseded_at.is_some() {
        return Err(VISIT_SUPERSEDED.problem());
    }
    if now > old.first_received_at + CORRECTION_TIME {
        return Err(VISIT_CORRECTION_TOO_LATE.problem());
    }
    if new.household_id != old.household_id {
        return Err(Problem::field("visit.household_id", "is another household"));
    }
    statement("UPDATE visits SET superseded_at = $2 WHERE id = $1")
        .bind::<ty::Uuid, _>(old.id)
        .bind::<ty::Timestamptz, _>(now)
        .execute(tx.conn)
        .await?;
    let obligations = reopen_obligations(tx, &old).await?;
    hazards::reopen_cleared_by(tx, old.id).await?;
    hazards::take_back_rechecks(tx, old.id).await?;
    let found = hazards::found_by_visit(tx, old.root_id).await?;
    let needs = collected(tx, old.root_id).await?;
    let matched = match_hazards(&found, &new.hazards, || HazardId(stamp.new_id()));
    let shut = |outcome| outcome == VisitOutcome::NoAnswer;
    let kept = log::under_kept_files(tx.conn, new).await?;
    let (said, new) = (new, kept.as_ref().unwrap_or(new));
    let version = Version {
        said,
        root: old.root_id,
        revision: old.revision + 1,
        reason: Some(reason),
        there: found
            .iter()
            .map(|h| h.id.0)
            .chain(needs.iter().map(|n| n.0))
            .collect(),
        hazards: matched,
        opens_case: shut(new.outcome) && !shut(old.outcome),
        action: "visits.correct",
    };
    // What this very visit found is neither cleared nor checked again by it.
    let own = |id: &HazardId| found.iter().any(|h| h.id == *id);
    for (name, ids) in new.rechecked() {
        if let Some(n) = ids.iter().position(own) {
            return Err(Problem::field(
                format!("visit.{name}[{n}]"),
                "was found by this visit",
            ));
        }
    }
    let written = log::write(tx.conn, &stamp, actor, rules, new, &version)
        .await
        .map_err(|e| {
            if crate::error::violates(&e, "visits_pkey") {
                VISIT_ALREADY_LOGGED.problem()
            } else {
                log::refused(e)
            }
        })?;
    if written.is_none() {
        return Err(log::why_not(tx.conn, actor, now, new, false).await?);
    }
    follow_hazards(tx, rules, &found, &version.hazards, new).await?;
    follow_needs(tx, &needs, new, reason).await?;
    follow_door(tx, actor, &old, new, reason).await?;
    judge(tx, &obligations).await?;
    let taken = taken_from_campaigns(tx, old.household_id).await?;
    judge(tx, &taken).await?;
    let met_at = (new.outcome == VisitOutcome::Met).then(|| new.began(now));
    emergencies::closing_visit_corrected(tx, old.id, new.id, met_at).await?;
    read::get(tx.conn, actor, now, new.id).await
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = ty::Uuid)]
    id: Uuid,
}

/// Takes back what the old version fulfilled or excused. An excuse names no visit: it was written in the instant in which the visit
/// was received, by who recorded it.
async fn reopen_obligations(tx: &mut Tx<'_>, old: &Old) -> Result<Vec<Uuid>, Problem> {
    let reopened: Vec<Id> = statement(
        "UPDATE obligations SET status = 'owed', visit_id = NULL, excuse = NULL, responsible_id = NULL, closed_at = NULL \
         WHERE household_id = $1 AND (visit_id = $2 OR status = 'excused' AND excuse IN ('declined', 'moved') AND closed_at = $3 \
         AND responsible_id = $4) RETURNING id",
    )
    .bind::<ty::Uuid, _>(old.household_id)
    .bind::<ty::Uuid, _>(old.id)
    .bind::<ty::Timestamptz, _>(old.received_at)
    .bind::<ty::Uuid, _>(old.steward_id)
    .load(tx.conn)
    .await?;
    Ok(reopened.into_iter().map(|o| o.id).collect())
}

/// A visit is the week's or the campaign's, never both: what a campaign had of a visit that the week, month or quarter has taken since is
/// owed again.
async fn taken_from_campaigns(tx: &mut Tx<'_>, household: HouseholdId) -> Result<Vec<Uuid>, Problem> {
    let reopened: Vec<Id> = statement(
        "UPDATE obligations c SET status = 'owed', visit_id = NULL, responsible_id = NULL, closed_at = NULL \
         WHERE c.household_id = $1 AND c.kind = 'campaign' AND c.status = 'done' AND EXISTS (SELECT 1 FROM obligations r \
         WHERE r.household_id = $1 AND r.visit_id = c.visit_id AND r.kind IN ('weekly', 'monthly', 'quarterly')) RETURNING c.id",
    )
    .bind::<ty::Uuid, _>(household)
    .load(tx.conn)
    .await?;
    Ok(reopened.into_iter().map(|o| o.id).collect())
}

/// What was reopened and the new version did not make done: another visit of the period that met somebody does, or else excuses it as
/// the new version may; what is left is owed, or missed where its grace is over, and then the steward in charge at the period's end
/// answers for it. What a campaign that was stopped still owes is excused with it.
async fn judge(tx: &mut Tx<'_>, reopened: &[Uuid]) -> Result<(), Problem> {
    let now = tx.now;
    statement(concat!(
        "UPDATE obligations o SET status = CASE WHEN j.outcome = 'met' THEN 'done'::obligation_status WHEN j.id IS NOT NULL OR j.stopped THEN 'excused' ELSE 'missed' END, \
         visit_id = CASE WHEN j.outcome = 'met' THEN j.id END, \
         excuse = CASE WHEN j.outcome = 'refused' THEN 'declined'::excuse WHEN j.outcome = 'moved' THEN 'moved' \
           WHEN j.id IS NULL AND j.stopped THEN 'campaign_stopped' END, \
         closed_at = coalesce(j.received_at, $2), \
         responsible_id = CASE WHEN j.id IS NOT NULL THEN j.steward_id ELSE ",
        steward_in_charge!("o.community_id", "(o.due_at - interval '1 microsecond')"),
        " END FROM (SELECT p.id AS obligation_id, v.id, v.outcome, v.steward_id, v.received_at, \
           EXISTS (SELECT 1 FROM campaigns g WHERE g.id = p.campaign_id AND g.stopped_at IS NOT NULL) AS stopped FROM obligations p LEFT JOIN LATERAL ( \
           SELECT v.id, v.outcome, v.steward_id, v.received_at FROM visits v WHERE v.household_id = p.household_id AND v.superseded_at IS NULL \
           AND v.outcome <> 'no_answer' AND v.started_at >= p.starts_at AND v.started_at < p.due_at AND (p.kind <> 'campaign' OR NOT EXISTS ( \
           SELECT 1 FROM obligations r WHERE r.visit_id = v.id AND r.kind IN ('weekly', 'monthly', 'quarterly'))) \
           ORDER BY v.outcome = 'met' DESC, v.started_at LIMIT 1) v ON true WHERE p.id = ANY ($1)) j \
         WHERE o.id = j.obligation_id AND (o.status = 'owed' AND (j.id IS NOT NULL OR j.stopped OR o.grace_until <= $2) OR o.status = 'excused' AND j.outcome = 'met')",
    ))
    .bind::<ty::Array<ty::Uuid>, _>(reopened.to_vec())
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// The id of each hazard that the new version names: the one that an earlier version found under the id that the phone made or at the
/// same check point, or a new one.
fn match_hazards(
    found: &[FoundByVisit],
    named: &[HazardFound],
    mut new_id: impl FnMut() -> HazardId,
) -> Vec<HazardId> {
    let mut left: Vec<&FoundByVisit> = found.iter().collect();
    named
        .iter()
        .map(|hazard| {
            let named = left.iter().position(|h| Some(h.id) == hazard.id);
            let same = || {
                left.iter()
                    .position(|h| h.kind == hazard.kind && h.check_point == hazard.check_point)
            };
            match named.or_else(same) {
                Some(at) => left.remove(at).id,
                None => hazard.id.unwrap_or_else(&mut new_id),
            }
        })
        .collect()
}

async fn follow_hazards(
    tx: &mut Tx<'_>,
    rules: &ServiceConfig,
    found: &[FoundByVisit],
    ids: &[HazardId],
    new: &NewVisit,
) -> Result<(), Problem> {
    let said: Vec<SaidAnew> = new
        .hazards
        .iter()
        .zip(ids)
        .filter(|(_, id)| found.iter().any(|h| h.id == **id))
        .map(|(hazard, id)| SaidAnew {
            id: *id,
            severity: hazard.severity,
            description: hazard.description.clone(),
            measure: hazard.measure.clone(),
        })
        .collect();
    hazards::say_anew(
        tx,
        &said,
        new.id,
        (rules.general_hazard_days, rules.major_hazard_days),
    )
    .await?;
    let gone: Vec<HazardId> = found
        .iter()
        .map(|h| h.id)
        .filter(|id| !ids.contains(id))
        .collect();
    hazards::withdraw(tx, &gone, new.id).await?;
    Ok(())
}

/// The needs that the versions of a visit collected, locked until the transaction ends.
async fn collected(tx: &mut Tx<'_>, root: VisitId) -> Result<Vec<NeedId>, Problem> {
    let needs: Vec<Id> =
        statement("SELECT id FROM needs WHERE event_id = $1 AND channel = 'visit' ORDER BY id FOR UPDATE")
            .bind::<ty::Uuid, _>(root)
            .load(tx.conn)
            .await?;
    Ok(needs.into_iter().map(|n| NeedId(n.id)).collect())
}

/// Needs that are named again are as they are said now; those named no longer are withdrawn with the correction's reason. A need
/// that was ordered stays as it is, since an order stands on it; so does one that was withdrawn.
async fn follow_needs(
    tx: &mut Tx<'_>,
    there: &[NeedId],
    new: &NewVisit,
    reason: &str,
) -> Result<(), Problem> {
    let now = tx.now;
    let again = || new.needs.iter().filter(|n| there.contains(&n.id));
    statement(
        "UPDATE needs n SET elder_id = s.elder_id, item_id = s.item_id, description = s.description, resolution = s.solved, \
         status = CASE WHEN s.solved IS NULL THEN 'open'::need_status ELSE 'solved' END, closed_at = CASE WHEN s.solved IS NOT NULL THEN $6 END, \
         version = n.version + 1 FROM unnest($1, $2, $3, $4, $5) AS s (id, elder_id, item_id, description, solved) \
         WHERE n.id = s.id AND n.status IN ('open', 'solved') \
         AND (n.elder_id, n.item_id, n.description, n.resolution) IS DISTINCT FROM (s.elder_id, s.item_id, s.description, s.solved)",
    )
    .bind::<ty::Array<ty::Uuid>, _>(again().map(|n| n.id).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Uuid>, _>(again().map(|n| n.elder_id).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Uuid>, _>(again().map(|n| n.item_id).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Text>, _>(again().map(|n| n.description.clone()).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Nullable<ty::Text>>, _>(again().map(|n| n.solved.clone()).collect::<Vec<_>>())
    .bind::<ty::Timestamptz, _>(new.ended(now))
    .execute(tx.conn)
    .await?;
    let gone: Vec<NeedId> = there
        .iter()
        .copied()
        .filter(|id| !new.needs.iter().any(|n| n.id == *id))
        .collect();
    statement(
        "UPDATE needs SET status = 'withdrawn', resolution = $2, closed_at = $3, withdrawn_visit_id = $4, version = version + 1 \
         WHERE id = ANY ($1) AND status IN ('open', 'solved')",
    )
    .bind::<ty::Array<ty::Uuid>, _>(gone)
    .bind::<ty::Text, _>(reason.to_owned())
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(new.id)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// The shut door of the old version: it follows the new one where that found it shut too; else the case is resolved, and the visit
/// owed within a day is closed by the new version.
async fn follow_door(
    tx: &mut Tx<'_>,
    actor: &Actor,
    old: &Old,
    new: &NewVisit,
    reason: &str,
) -> Result<(), Problem> {
    if old.outcome != VisitOutcome::NoAnswer {
        return Ok(());
    }
    let now = tx.now;
    if new.outcome == VisitOutcome::NoAnswer {
        emergencies::door_follows(tx, old.id, new.id).await?;
        statement(
            "UPDATE obligations SET period = $3 WHERE household_id = $1 AND kind = 'event' AND period = $2",
        )
        .bind::<ty::Uuid, _>(old.household_id)
        .bind::<ty::Text, _>(format!("event:{}", old.id))
        .bind::<ty::Text, _>(format!("event:{}", new.id))
        .execute(tx.conn)
        .await
        .map_err(|e| on_constraint(e, "obligations_once", || VISIT_ALREADY_LOGGED.problem()))?;
        return Ok(());
    }
    emergencies::door_was_answered(tx, actor, old.id, reason).await?;
    statement(
        "UPDATE obligations SET status = CASE WHEN $3 = 'met' THEN 'done'::obligation_status ELSE 'excused' END, \
         visit_id = CASE WHEN $3 = 'met' THEN $4 END, excuse = CASE $3 WHEN 'refused' THEN 'declined'::excuse WHEN 'moved' THEN 'moved' END, \
         responsible_id = $5, closed_at = $6 WHERE household_id = $1 AND kind = 'event' AND period = $2 AND status IN ('owed', 'missed')",
    )
    .bind::<ty::Uuid, _>(old.household_id)
    .bind::<ty::Text, _>(format!("event:{}", old.id))
    .bind::<sql_types::VisitOutcome, _>(new.outcome)
    .bind::<ty::Uuid, _>(new.id)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hazards::model::{HazardKind, HazardSeverity};

    #[test]
    fn a_hazard_that_is_named_again_is_the_same_and_each_only_once() {
        let there = |n| HazardId(Uuid::from_u128(n));
        let found = [
            FoundByVisit {
                id: there(1),
                kind: HazardKind::Gas,
                check_point: "hose".into(),
            },
            FoundByVisit {
                id: there(2),
                kind: HazardKind::Fire,
                check_point: "corridor".into(),
            },
        ];
        let named = |kind, point: &str| HazardFound {
            id: None,
            kind,
            severity: HazardSeverity::Advice,
            check_point: point.to_owned(),
            description: String::new(),
            measure: String::new(),
            photos: Vec::new(),
        };
        let ids = match_hazards(
            &found,
            &[
                named(HazardKind::Water, "hose"),
                named(HazardKind::Gas, "hose"),
                named(HazardKind::Gas, "hose"),
            ],
            || there(9),
        );
        assert_eq!(ids, [there(9), there(1), there(9)]);
    }
}
