//! The timeline of an emergency, which nobody writes: it is read from the rows of what happened.

use super::cases;
use crate::{
    db::statement,
    emergencies::model::{
        Emergency, EmergencyHappening as What, EmergencyMoment, EmergencyServiceLine, EmergencyStepDone,
        Reason, Rung,
    },
    error::Problem,
    ids::{EmergencyId, NoAnswerCaseId, UserId, VisitId},
    schema::{emergencies, sql_types},
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

#[derive(QueryableByName)]
struct Shut {
    #[diesel(sql_type = ty::Uuid)]
    visit_id: VisitId,
    #[diesel(sql_type = ty::Uuid)]
    steward_id: UserId,
    #[diesel(sql_type = ty::Timestamptz)]
    at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Told {
    #[diesel(sql_type = sql_types::EmergencyReason)]
    reason: Reason,
    #[diesel(sql_type = sql_types::EmergencyRung)]
    rung: Rung,
    #[diesel(sql_type = ty::Array<ty::Uuid>)]
    user_ids: Vec<UserId>,
    #[diesel(sql_type = ty::Timestamptz)]
    alerted_at: DateTime<Utc>,
}

/// The shut door it came from, every call, to whom it was said, who took it up, what they did and ordered, who closed it; the earliest
/// first, and what happened at one instant in this order.
///
/// # Errors
/// What the database said.
pub(super) async fn timeline(
    conn: &mut AsyncPgConnection,
    emergency: &Emergency,
    steps: &[EmergencyStepDone],
    services: &[EmergencyServiceLine],
) -> Result<Vec<EmergencyMoment>, Problem> {
    let moment = EmergencyMoment::new;
    let id = emergency.id.0;
    let mut all = match emergency.no_answer_case_id {
        Some(case) => at_the_door(conn, case).await?,
        None => Vec::new(),
    };
    all.push(moment(emergency.raised_at, What::Raised, emergency.raised_by, id));
    all.extend(repeats(conn, emergency).await?);
    all.extend(alerts(conn, emergency).await?);
    if let Some(at) = emergency.acknowledged_at {
        all.push(moment(at, What::Acknowledged, emergency.acknowledged_by, id));
    }
    all.extend(steps.iter().map(|s| EmergencyMoment {
        answer: Some(s.step),
        ..moment(s.done_at, What::Answer, Some(s.done_by), s.id)
    }));
    all.extend(services.iter().map(|s| EmergencyMoment {
        service: Some(s.kind),
        ..moment(
            s.requested_at,
            What::ServiceOrdered,
            Some(s.requested_by),
            s.order_id.0,
        )
    }));
    if let Some((at, visit)) = emergency.closed_at.zip(emergency.closing_visit_id) {
        all.push(moment(at, What::Closed, emergency.closed_by, visit.0));
    }
    all.sort_by_key(|m| m.at);
    Ok(all)
}

/// The door that stayed shut, and what was tried there.
async fn at_the_door(
    conn: &mut AsyncPgConnection,
    case: NoAnswerCaseId,
) -> Result<Vec<EmergencyMoment>, Problem> {
    let doors: Vec<Shut> = statement(
        "SELECT v.id AS visit_id, v.steward_id, v.started_at AS at FROM no_answer_cases c JOIN visits v ON v.id = c.visit_id WHERE c.id = $1",
    )
    .bind::<ty::Uuid, _>(case)
    .load(conn)
    .await?;
    let steps = cases::steps(conn, case).await?;
    let shut = doors
        .into_iter()
        .map(|d| EmergencyMoment::new(d.at, What::NoAnswer, Some(d.steward_id), d.visit_id.0));
    Ok(shut
        .chain(steps.into_iter().map(|s| EmergencyMoment {
            step: Some(s.step),
            note: Some(s.note),
            ..EmergencyMoment::new(s.done_at, What::Step, Some(s.done_by), s.id)
        }))
        .collect())
}

async fn repeats(
    conn: &mut AsyncPgConnection,
    emergency: &Emergency,
) -> Result<Vec<EmergencyMoment>, Problem> {
    let repeats: Vec<(EmergencyId, DateTime<Utc>, Option<UserId>)> = emergencies::table
        .filter(emergencies::repeat_of.eq(emergency.id))
        .select((emergencies::id, emergencies::raised_at, emergencies::raised_by))
        .order(emergencies::raised_at)
        .limit(500)
        .load(conn)
        .await?;
    Ok(repeats
        .into_iter()
        .map(|(id, at, by)| EmergencyMoment::new(at, What::Repeated, by, id.0))
        .collect())
}

async fn alerts(
    conn: &mut AsyncPgConnection,
    emergency: &Emergency,
) -> Result<Vec<EmergencyMoment>, Problem> {
    let told: Vec<Told> = statement(
        "SELECT reason, rung, user_ids, alerted_at FROM emergency_alerts WHERE emergency_id = $1 ORDER BY seq LIMIT 500",
    )
    .bind::<ty::Uuid, _>(emergency.id)
    .load(conn)
    .await?;
    Ok(told
        .into_iter()
        .map(|t| {
            let what = if t.user_ids.is_empty() {
                What::PassedOver
            } else {
                What::Alerted
            };
            EmergencyMoment {
                rung: Some(t.rung),
                reason: Some(t.reason),
                to: t.user_ids,
                ..EmergencyMoment::new(t.alerted_at, what, None, emergency.id.0)
            }
        })
        .collect())
}
