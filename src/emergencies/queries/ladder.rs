//! Whom an emergency is said to, and what follows when nobody answers.

use crate::{
    alerts::{self, NewAlert, Urgency},
    config::ServiceConfig,
    db::statement,
    emergencies::{
        jobs,
        model::{Deadlines, Emergency, EmergencyStatus, Ladder, Reason, Rung, Said, patience},
    },
    error::Problem,
    ids::{CommunityId, EmergencyId, UserId},
    roster,
    schema::{emergencies, sql_types},
    staff,
    tx::Tx,
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;

async fn ladder(tx: &mut Tx<'_>, rules: &ServiceConfig, community: CommunityId) -> Result<Ladder, Problem> {
    let now = tx.now;
    let team = staff::queries::team_at(tx.conn, community, now).await?;
    let on_duty = roster::queries::on_duty(tx.conn, &rules.city, community, now).await?;
    Ok(Ladder::of(&team, &on_duty))
}

/// An emergency, locked for the service itself.
pub(super) async fn lock(tx: &mut Tx<'_>, id: EmergencyId) -> Result<Emergency, Problem> {
    Ok(emergencies::table
        .find(id)
        .select(Emergency::as_select())
        .for_update()
        .first(tx.conn)
        .await?)
}

/// Says an emergency that has just been raised to those who hear of it at once. Gives the row as it is then.
///
/// # Errors
/// What the database said.
pub(super) async fn start(
    tx: &mut Tx<'_>,
    rules: &ServiceConfig,
    id: EmergencyId,
) -> Result<Emergency, Problem> {
    let mut emergency = lock(tx, id).await?;
    let (before, reason) = match emergency.repeat_of {
        None => (None, Reason::Raised),
        Some(_) => (reached(tx, &emergency).await?, Reason::Repeated),
    };
    let ladder = ladder(tx, rules, emergency.community_id).await?;
    let said = ladder.say(Rung::at_once(before), reason);
    if let Some(last) = said.last().filter(|last| last.rung != emergency.rung) {
        emergency.rung = last.rung;
        statement("UPDATE emergencies SET rung = $2 WHERE id = $1")
            .bind::<ty::Uuid, _>(id)
            .bind::<sql_types::EmergencyRung, _>(last.rung)
            .execute(tx.conn)
            .await?;
    }
    tell(tx, &emergency, &said).await?;
    tx.enqueue(jobs::answer_due(&emergency)).await?;
    Ok(emergency)
}

/// The highest rung that the household's other open calls have reached.
async fn reached(tx: &mut Tx<'_>, emergency: &Emergency) -> Result<Option<Rung>, Problem> {
    #[derive(QueryableByName)]
    struct Reached {
        #[diesel(sql_type = ty::Nullable<sql_types::EmergencyRung>)]
        rung: Option<Rung>,
    }
    let found: Reached = statement(
        "SELECT max(rung) AS rung FROM emergencies WHERE household_id = $1 AND status <> 'closed' AND id <> $2",
    )
    .bind::<ty::Uuid, _>(emergency.household_id)
    .bind::<ty::Uuid, _>(emergency.id)
    .get_result(tx.conn)
    .await?;
    Ok(found.rung)
}

/// Says an emergency that nobody took up in time to the next rung; on the last, says it again. Nothing happens to one that was taken
/// up or closed, or whose present rung still has time.
///
/// # Errors
/// What the database said.
pub async fn climb(tx: &mut Tx<'_>, rules: &ServiceConfig, id: EmergencyId) -> Result<(), Problem> {
    let now = tx.now;
    let mut emergency = lock(tx, id).await?;
    if emergency.status != EmergencyStatus::Raised || emergency.answer_due_at > now {
        return Ok(());
    }
    let said = ladder(tx, rules, emergency.community_id)
        .await?
        .climb(emergency.rung);
    tell(tx, &emergency, &said).await?;
    emergency.rung = said.last().map_or(emergency.rung, |last| last.rung);
    emergency.answer_due_at = now + patience(rules, said_again(tx, id).await?);
    statement("UPDATE emergencies SET rung = $2, answer_due_at = $3, version = version + 1 WHERE id = $1")
        .bind::<ty::Uuid, _>(id)
        .bind::<sql_types::EmergencyRung, _>(emergency.rung)
        .bind::<ty::Timestamptz, _>(emergency.answer_due_at)
        .execute(tx.conn)
        .await?;
    tx.enqueue(jobs::answer_due(&emergency)).await
}

/// The emergencies that nobody took up in time, whether a job asks after them or not; the longest overdue first.
///
/// # Errors
/// What the database said.
pub async fn unanswered(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
) -> Result<Vec<EmergencyId>, Problem> {
    #[derive(QueryableByName)]
    struct Waiting {
        #[diesel(sql_type = ty::Uuid)]
        id: EmergencyId,
    }
    let waiting: Vec<Waiting> = statement(
        "SELECT id FROM emergencies WHERE status = 'raised' AND answer_due_at <= $1 ORDER BY answer_due_at LIMIT 1000",
    )
    .bind::<ty::Timestamptz, _>(now)
    .load(conn)
    .await?;
    Ok(waiting.into_iter().map(|w| w.id).collect())
}

/// How often it was said again on the last rung.
async fn said_again(tx: &mut Tx<'_>, id: EmergencyId) -> Result<i64, Problem> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = ty::BigInt)]
        again: i64,
    }
    let count: Count = statement(
        "SELECT count(*) AS again FROM emergency_alerts WHERE emergency_id = $1 AND reason = 'again'",
    )
    .bind::<ty::Uuid, _>(id)
    .get_result(tx.conn)
    .await?;
    Ok(count.again)
}

/// Asks, at the deadlines, after the steps of an emergency that has just been taken up.
///
/// # Errors
/// What the database said.
pub(super) async fn await_steps(
    tx: &mut Tx<'_>,
    rules: &ServiceConfig,
    emergency: &Emergency,
) -> Result<(), Problem> {
    let due = Deadlines::of(rules, emergency.raised_at);
    let asked = [
        (Reason::NotUnderWay, emergency.under_way_due_at),
        (Reason::NotAtDoor, emergency.arrive_due_at),
    ]
    .map(|(late, at)| jobs::step_due(emergency.id, late, due.ask_after(at, tx.now)));
    tx.enqueue_all(asked.into()).await
}

/// Says once that a step of an emergency that was taken up is late, to all who know of it.
///
/// # Errors
/// What the database said.
pub async fn step_is_late(tx: &mut Tx<'_>, id: EmergencyId, late: Reason) -> Result<(), Problem> {
    let emergency = lock(tx, id).await?;
    if !emergency.is_late(late, tx.now) {
        return Ok(());
    }
    let told = statement("SELECT 1 FROM emergency_alerts WHERE emergency_id = $1 AND reason = $2")
        .bind::<ty::Uuid, _>(id)
        .bind::<sql_types::EmergencyReason, _>(late)
        .execute(tx.conn)
        .await?;
    if told > 0 {
        return Ok(());
    }
    tell_all(tx, &emergency, late).await
}

/// Says something of an emergency to everybody whom it was said to, and to who took it up.
///
/// # Errors
/// What the database said.
pub(super) async fn tell_all(tx: &mut Tx<'_>, emergency: &Emergency, reason: Reason) -> Result<(), Problem> {
    #[derive(QueryableByName)]
    struct Told {
        #[diesel(sql_type = ty::Uuid)]
        user_id: UserId,
    }
    let told: Vec<Told> = statement(
        "SELECT t.user_id FROM emergency_alerts a CROSS JOIN LATERAL unnest(a.user_ids) AS t (user_id) WHERE a.emergency_id = $1 \
         UNION SELECT acknowledged_by FROM emergencies WHERE id = $1 AND acknowledged_by IS NOT NULL ORDER BY user_id",
    )
    .bind::<ty::Uuid, _>(emergency.id)
    .load(tx.conn)
    .await?;
    let said = Said {
        reason,
        rung: emergency.rung,
        user_ids: told.into_iter().map(|t| t.user_id).collect(),
    };
    tell(tx, emergency, &[said]).await
}

/// Writes what is said into the timeline and alerts those whom it is said to. Where nobody is, the alert goes out all the same: the
/// city's gateway may know somebody.
async fn tell(tx: &mut Tx<'_>, emergency: &Emergency, said: &[Said]) -> Result<(), Problem> {
    let Some(last) = said.last() else { return Ok(()) };
    let now = tx.now;
    statement(
        "INSERT INTO emergency_alerts (emergency_id, seq, reason, rung, user_ids, alerted_at) \
         SELECT $1, (SELECT count(*) FROM emergency_alerts WHERE emergency_id = $1) + s.n, s.reason, s.rung, s.user_ids, $3 \
         FROM ROWS FROM (jsonb_to_recordset($2) AS (reason emergency_reason, rung emergency_rung, user_ids uuid[])) \
         WITH ORDINALITY AS s (reason, rung, user_ids, n)",
    )
    .bind::<ty::Uuid, _>(emergency.id)
    .bind::<ty::Jsonb, _>(json!(said))
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    let detail = json!({
        "reason": last.reason, "rung": last.rung, "call": emergency.call, "life_at_risk": emergency.life_at_risk,
        "raised_at": emergency.raised_at,
    });
    alerts::raise(
        tx,
        NewAlert {
            topic: last.reason.topic(),
            urgency: Urgency::Immediate,
            subject_kind: "emergency",
            subject_id: emergency.id.0,
            community_id: Some(emergency.community_id),
            recipients: said.iter().flat_map(|s| s.user_ids.clone()).collect(),
            detail: detail.clone(),
        },
    )
    .await?;
    tx.audit(
        tx.entry("emergencies.alert", "emergency", Some(emergency.id.0))
            .community(emergency.community_id)
            .detail(detail),
    );
    Ok(())
}
