//! Statements on the steps of those who answer an emergency.

use super::{emergencies::lock_visible, ladder};
use crate::{
    config::ServiceConfig,
    db::statement,
    emergencies::{
        EMERGENCY_STEP_TAKEN, jobs,
        model::{
            Ambulance, AmbulanceCaller, Deadlines, Emergency, EmergencyStep, EmergencyStepDone,
            NewEmergencyStep, Reason, by_the_device, by_the_server,
        },
    },
    error::{Problem, on_constraint},
    ids::{EmergencyId, UserId},
    schema::sql_types,
    tx::{Actor, Stamp, Tx},
};
use chrono::{DateTime, SubsecRound, Utc};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

/// Sealed under this name.
const SAID: &str = "emergency_steps.said";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = ty::Uuid)]
    id: Uuid,
    #[diesel(sql_type = ty::Uuid)]
    emergency_id: EmergencyId,
    #[diesel(sql_type = sql_types::EmergencyStep)]
    step: EmergencyStep,
    #[diesel(sql_type = ty::Uuid)]
    done_by: UserId,
    #[diesel(sql_type = ty::Timestamptz)]
    done_at: DateTime<Utc>,
    #[diesel(sql_type = ty::Timestamptz)]
    received_at: DateTime<Utc>,
    #[diesel(sql_type = ty::BigInt)]
    device_offset_ms: i64,
    #[diesel(sql_type = ty::Bool)]
    from_outside: bool,
    #[diesel(sql_type = ty::Nullable<sql_types::AmbulanceCaller>)]
    caller: Option<AmbulanceCaller>,
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    vehicle: Option<String>,
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    hospital: Option<String>,
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    said_sealed: Option<String>,
}

impl Row {
    fn open(self, stamp: &Stamp) -> Result<EmergencyStepDone, Problem> {
        let ambulance = Ambulance {
            caller: self.caller,
            vehicle: self.vehicle,
            hospital: self.hospital,
            said: self.said_sealed.map(|said| stamp.open(SAID, &said)).transpose()?,
        };
        Ok(EmergencyStepDone {
            id: self.id,
            emergency_id: self.emergency_id,
            step: self.step,
            done_by: self.done_by,
            done_at: self.done_at,
            received_at: self.received_at,
            device_offset_ms: self.device_offset_ms,
            from_outside: self.from_outside,
            ambulance: Some(ambulance).filter(|a| *a != Ambulance::default()),
        })
    }
}

macro_rules! steps {
    () => {
        "SELECT id, emergency_id, step, done_by, done_at, received_at, device_offset_ms, from_outside, caller, vehicle, hospital, said_sealed \
         FROM emergency_steps WHERE "
    };
}

/// The steps of an emergency, the earliest first.
///
/// # Errors
/// What the database said.
pub(super) async fn of(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    id: EmergencyId,
) -> Result<Vec<EmergencyStepDone>, Problem> {
    let rows: Vec<Row> = statement(concat!(
        steps!(),
        "emergency_id = $1 ORDER BY done_at, id LIMIT 500"
    ))
    .bind::<ty::Uuid, _>(id)
    .load(conn)
    .await?;
    rows.into_iter().map(|row| row.open(stamp)).collect()
}

/// Records a step of the answer. The same id with the same step gives the step that stands.
///
/// # Errors
/// 404 when there is no emergency in scope; 409 when nobody has taken it up, it was over by then, or the id stands for another step;
/// 422 for what does not belong to the step, and for one in the future.
pub async fn take_step(
    tx: &mut Tx<'_>,
    actor: &Actor,
    rules: &ServiceConfig,
    id: EmergencyId,
    new: NewEmergencyStep,
) -> Result<EmergencyStepDone, Problem> {
    let (now, stamp) = (tx.now, tx.stamp());
    new.check()?;
    let emergency = lock_visible(tx, actor, id).await?;
    let stands: Option<Row> = statement(concat!(steps!(), "id = $1"))
        .bind::<ty::Uuid, _>(new.id)
        .load(tx.conn)
        .await?
        .pop();
    if let Some(stands) = stands {
        let stands = stands.open(&stamp)?;
        let same = stands.emergency_id == id
            && stands.done_by == actor.id
            && stands.step == new.step
            && stands.from_outside == new.from_outside
            && stands.ambulance == new.ambulance
            && by_the_device(stands.done_at, stands.device_offset_ms) == new.done_at.trunc_subsecs(6);
        return if same {
            Ok(stands)
        } else {
            Err(EMERGENCY_STEP_TAKEN.problem())
        };
    }
    let (done_at, device_offset_ms) = by_the_server(new.done_at, new.device_now, now)
        .ok_or_else(|| Problem::field("done_at", "lies in the future"))?;
    emergency.takes(new.step, done_at)?;
    let done = EmergencyStepDone {
        id: new.id,
        emergency_id: id,
        step: new.step,
        done_by: actor.id,
        done_at,
        received_at: now,
        device_offset_ms,
        from_outside: new.from_outside,
        ambulance: new.ambulance,
    };
    write(tx, &stamp, &done).await?;
    follow(tx, rules, &emergency, &done).await?;
    tx.audit(
        tx.entry("emergencies.step", "emergency", Some(id.0))
            .community(emergency.community_id)
            .detail(json!({ "step": done.step, "from_outside": done.from_outside })),
    );
    Ok(done)
}

async fn write(tx: &mut Tx<'_>, stamp: &Stamp, done: &EmergencyStepDone) -> Result<(), Problem> {
    let ambulance = done.ambulance.clone().unwrap_or_default();
    let said = ambulance.said.map(|said| stamp.seal(SAID, &said)).transpose()?;
    statement(
        "INSERT INTO emergency_steps (id, emergency_id, step, done_by, done_at, received_at, device_offset_ms, from_outside, caller, \
         vehicle, hospital, said_sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind::<ty::Uuid, _>(done.id)
    .bind::<ty::Uuid, _>(done.emergency_id)
    .bind::<sql_types::EmergencyStep, _>(done.step)
    .bind::<ty::Uuid, _>(done.done_by)
    .bind::<ty::Timestamptz, _>(done.done_at)
    .bind::<ty::Timestamptz, _>(done.received_at)
    .bind::<ty::BigInt, _>(done.device_offset_ms)
    .bind::<ty::Bool, _>(done.from_outside)
    .bind::<ty::Nullable<sql_types::AmbulanceCaller>, _>(ambulance.caller)
    .bind::<ty::Nullable<ty::Text>, _>(ambulance.vehicle)
    .bind::<ty::Nullable<ty::Text>, _>(ambulance.hospital)
    .bind::<ty::Nullable<ty::Text>, _>(said)
    .execute(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "emergency_steps_pkey", || EMERGENCY_STEP_TAKEN.problem()))?;
    Ok(())
}

/// What a step changes of its emergency: the earliest of each kind counts, and who is the first to set out decides how long the way
/// may be.
async fn follow(
    tx: &mut Tx<'_>,
    rules: &ServiceConfig,
    emergency: &Emergency,
    done: &EmergencyStepDone,
) -> Result<(), Problem> {
    #[derive(QueryableByName)]
    struct Due {
        #[diesel(sql_type = ty::Timestamptz)]
        arrive_due_at: DateTime<Utc>,
    }
    let when = |step| (done.step == step).then_some(done.done_at);
    let due = Deadlines::of(rules, emergency.raised_at);
    // The step itself is written already: the first is the earliest by when it was taken, in whatever order phones send.
    let Due { arrive_due_at } = statement(
        "UPDATE emergencies SET under_way_at = least(under_way_at, $2), arrived_at = least(arrived_at, $3), \
         ambulance_called_at = least(ambulance_called_at, $4), life_at_risk = life_at_risk OR $5, arrive_due_at = coalesce( \
         (SELECT CASE WHEN s.from_outside THEN $7 ELSE $6 END FROM emergency_steps s WHERE s.emergency_id = $1 AND s.step = 'under_way' \
         ORDER BY s.done_at, s.from_outside LIMIT 1), arrive_due_at), version = version + 1 WHERE id = $1 RETURNING arrive_due_at",
    )
    .bind::<ty::Uuid, _>(emergency.id)
    .bind::<ty::Nullable<ty::Timestamptz>, _>(when(EmergencyStep::UnderWay))
    .bind::<ty::Nullable<ty::Timestamptz>, _>(when(EmergencyStep::AtDoor))
    .bind::<ty::Nullable<ty::Timestamptz>, _>(when(EmergencyStep::AmbulanceCalled))
    .bind::<ty::Bool, _>(done.step == EmergencyStep::LifeAtRisk)
    .bind::<ty::Timestamptz, _>(due.arrive)
    .bind::<ty::Timestamptz, _>(due.arrive_outside)
    .get_result(tx.conn)
    .await?;
    if arrive_due_at != emergency.arrive_due_at {
        let taken_up = emergency.acknowledged_at.unwrap_or(done.received_at);
        let at = due.ask_after(arrive_due_at, taken_up);
        tx.enqueue(jobs::step_due(emergency.id, Reason::NotAtDoor, at))
            .await?;
    }
    if done.step == EmergencyStep::LifeAtRisk && !emergency.life_at_risk {
        let graver = Emergency {
            life_at_risk: true,
            ..emergency.clone()
        };
        ladder::tell_all(tx, &graver, Reason::LifeAtRisk).await?;
    }
    Ok(())
}
