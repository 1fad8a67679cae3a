//! Statements on emergencies.

use super::{ladder, services, steps, timeline};
use crate::{
    areas::policy::InScope,
    communities_in_scope,
    config::ServiceConfig,
    db::statement,
    emergencies::{
        EMERGENCY_ALREADY_RAISED, EMERGENCY_CLOSED, EMERGENCY_NOT_ACKNOWLEDGED, EMERGENCY_NOT_FOUND,
        EMERGENCY_NOT_RAISED, HOUSEHOLD_NOT_FOUND,
        model::{Deadlines, Emergency, EmergencyDetail, EmergencyStatus, NewEmergency},
    },
    error::{Problem, on_constraint},
    http::{Page, PageQuery},
    ids::{CommunityId, EmergencyId, HouseholdId, NoAnswerCaseId, VisitId},
    roster,
    schema::emergencies,
    tx::{Actor, Stamp, Tx},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

/// Sealed under this name.
const NOTE: &str = "emergencies.note";

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = ty::Uuid)]
    household_id: HouseholdId,
    #[diesel(sql_type = ty::Uuid)]
    community_id: CommunityId,
}

/// The visit of the day after, once for each emergency.
async fn owe_visit(
    tx: &mut Tx<'_>,
    rules: &ServiceConfig,
    emergency: EmergencyId,
    raised_at: DateTime<Utc>,
    (household, community): (HouseholdId, CommunityId),
) -> Result<(), Problem> {
    let (id, now) = (tx.new_id(), tx.now);
    let (starts_at, due_at) = Emergency::next_day(raised_at);
    statement(
        "INSERT INTO obligations (id, household_id, community_id, kind, period, starts_at, due_at, grace_until, reasons, risk, status, created_at) \
         VALUES ($1, $2, $3, 'event', $4, $5, $6, $7, '{emergency}', 80, 'owed', $8) ON CONFLICT ON CONSTRAINT obligations_once DO NOTHING",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(household)
    .bind::<ty::Uuid, _>(community)
    .bind::<ty::Text, _>(format!("event:{emergency}"))
    .bind::<ty::Timestamptz, _>(starts_at)
    .bind::<ty::Timestamptz, _>(due_at)
    .bind::<ty::Timestamptz, _>(due_at + Duration::hours(rules.grace_hours))
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Which call of its household a new emergency is. The household's row is locked by then, so that two calls are counted one
/// after the other.
macro_rules! calls {
    ($household:literal) => {
        concat!(
            "(SELECT o.id FROM emergencies o WHERE o.household_id = ",
            $household,
            " AND o.status <> 'closed' ORDER BY o.raised_at, o.id LIMIT 1), \
             (SELECT count(*)::smallint + 1::smallint FROM emergencies o WHERE o.household_id = ",
            $household,
            " AND o.status <> 'closed')"
        )
    };
}

/// Raises an emergency. The same id with the same content by the same person gives the emergency that stands; another one for a
/// household where one is open is a row of its own, and says which call it is.
///
/// # Errors
/// 404 for a household out of scope, 409 when the id stands for another emergency.
pub async fn raise(
    tx: &mut Tx<'_>,
    actor: &Actor,
    rules: &ServiceConfig,
    new: &NewEmergency,
) -> Result<Emergency, Problem> {
    let now = tx.now;
    let places: Vec<Place> = statement(concat!(
        "SELECT h.id AS household_id, h.community_id FROM households h WHERE h.id = $3 AND h.community_id IN (",
        communities_in_scope!(),
        ") FOR NO KEY UPDATE OF h"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(new.household_id)
    .load(tx.conn)
    .await?;
    let place = places
        .into_iter()
        .next()
        .ok_or_else(|| HOUSEHOLD_NOT_FOUND.problem())?;
    if let Some((stands, note)) = with_note(tx.conn, &tx.stamp(), new.id).await? {
        // Not by what it says of the risk: a later step may have made it graver.
        let same =
            stands.raised_by == Some(actor.id) && stands.household_id == new.household_id && note == new.note;
        return if same {
            Ok(stands)
        } else {
            Err(EMERGENCY_ALREADY_RAISED.problem())
        };
    }
    let note = new.note.as_deref().map(|n| tx.seal(NOTE, n)).transpose()?;
    let due = Deadlines::of(rules, now);
    statement(concat!(
        "INSERT INTO emergencies (id, household_id, community_id, status, raised_at, raised_by, note_sealed, life_at_risk, version, \
         answer_due_at, acknowledge_due_at, under_way_due_at, arrive_due_at, repeat_of, call) \
         SELECT $1, $2, $3, 'raised', $4, $5, $6, $7, 1, $8, $8, $9, $10, ",
        calls!("$2")
    ))
    .bind::<ty::Uuid, _>(new.id)
    .bind::<ty::Uuid, _>(place.household_id)
    .bind::<ty::Uuid, _>(place.community_id)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Nullable<ty::Text>, _>(note)
    .bind::<ty::Bool, _>(new.life_at_risk)
    .bind::<ty::Timestamptz, _>(due.acknowledge)
    .bind::<ty::Timestamptz, _>(due.under_way)
    .bind::<ty::Timestamptz, _>(due.arrive)
    .execute(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "emergencies_pkey", || EMERGENCY_ALREADY_RAISED.problem()))?;
    owe_visit(tx, rules, new.id, now, (place.household_id, place.community_id)).await?;
    tx.audit(
        tx.entry("emergencies.raise", "emergency", Some(new.id.0))
            .community(place.community_id),
    );
    ladder::start(tx, rules, new.id).await
}

/// Turns a case that is open past its deadline into an emergency; says whether it did.
///
/// # Errors
/// What the database said.
pub async fn escalate(tx: &mut Tx<'_>, rules: &ServiceConfig, id: NoAnswerCaseId) -> Result<bool, Problem> {
    let (emergency, now) = (EmergencyId(tx.new_id()), tx.now);
    statement(
        "SELECT 1 FROM households h JOIN no_answer_cases c ON c.household_id = h.id WHERE c.id = $1 FOR NO KEY UPDATE OF h",
    )
    .bind::<ty::Uuid, _>(id)
    .execute(tx.conn)
    .await?;
    let due = Deadlines::of(rules, now);
    let raised: Vec<Place> = statement(concat!(
        "WITH late AS (UPDATE no_answer_cases SET status = 'escalated', closed_at = $3, version = version + 1 \
         WHERE id = $1 AND status = 'open' AND due_at <= $3 RETURNING household_id, community_id) \
         INSERT INTO emergencies (id, household_id, community_id, no_answer_case_id, status, raised_at, version, \
         answer_due_at, acknowledge_due_at, under_way_due_at, arrive_due_at, repeat_of, call) \
         SELECT $2, household_id, community_id, $1, 'raised', $3, 1, $4, $4, $5, $6, ",
        calls!("late.household_id"),
        " FROM late RETURNING household_id, community_id"
    ))
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Uuid, _>(emergency)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Timestamptz, _>(due.acknowledge)
    .bind::<ty::Timestamptz, _>(due.under_way)
    .bind::<ty::Timestamptz, _>(due.arrive)
    .load(tx.conn)
    .await?;
    let Some(place) = raised.into_iter().next() else {
        return Ok(false);
    };
    owe_visit(
        tx,
        rules,
        emergency,
        now,
        (place.household_id, place.community_id),
    )
    .await?;
    tx.audit(
        tx.entry("emergencies.raise", "emergency", Some(emergency.0))
            .community(place.community_id),
    );
    ladder::start(tx, rules, emergency).await?;
    Ok(true)
}

async fn with_note(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    id: EmergencyId,
) -> Result<Option<(Emergency, Option<String>)>, Problem> {
    let found: Option<(Emergency, Option<String>)> = emergencies::table
        .filter(emergencies::id.eq(id))
        .select((Emergency::as_select(), emergencies::note_sealed))
        .first(conn)
        .await
        .optional()?;
    found
        .map(|(emergency, sealed)| {
            let note = sealed.map(|text| stamp.open(NOTE, &text)).transpose()?;
            Ok((emergency, note))
        })
        .transpose()
}

/// One emergency in the actor's scope, with its timeline.
///
/// # Errors
/// 404 when there is none.
pub async fn get(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    id: EmergencyId,
) -> Result<EmergencyDetail, Problem> {
    let visible = emergencies::table
        .filter(emergencies::id.eq(id))
        .filter(InScope::of("emergencies.community_id", actor, stamp.now));
    let known: bool = diesel::select(diesel::dsl::exists(visible))
        .get_result(conn)
        .await?;
    let found = if known {
        with_note(conn, stamp, id).await?
    } else {
        None
    };
    let (emergency, note) = found.ok_or_else(|| EMERGENCY_NOT_FOUND.problem())?;
    let steps = steps::of(conn, stamp, id).await?;
    let services = services::of(conn, id).await?;
    let timeline = timeline::timeline(conn, &emergency, &steps, &services).await?;
    let desks = roster::queries::desks(conn, stamp, emergency.community_id).await?;
    Ok(EmergencyDetail {
        emergency,
        note,
        timeline,
        steps,
        services,
        desks,
    })
}

/// An emergency of the actor's scope, locked until the transaction ends.
///
/// # Errors
/// 404 when there is none.
pub(super) async fn lock_visible(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: EmergencyId,
) -> Result<Emergency, Problem> {
    let now = tx.now;
    emergencies::table
        .filter(emergencies::id.eq(id))
        .filter(InScope::of("emergencies.community_id", actor, now))
        .select(Emergency::as_select())
        .for_update()
        .first(tx.conn)
        .await
        .optional()?
        .ok_or_else(|| EMERGENCY_NOT_FOUND.problem())
}

#[derive(QueryableByName)]
struct Met {
    #[diesel(sql_type = ty::Timestamptz)]
    at: DateTime<Utc>,
}

/// Closes an emergency with the visit that saw that it is over.
///
/// # Errors
/// 404 when there is none in scope, 409 when it is closed or nobody has acknowledged it, 422 for a visit that met nobody there, is
/// corrected, or is not of a later day.
pub async fn close(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: EmergencyId,
    visit: VisitId,
) -> Result<Emergency, Problem> {
    let now = tx.now;
    let emergency = lock_visible(tx, actor, id).await?;
    match emergency.status {
        EmergencyStatus::Raised => return Err(EMERGENCY_NOT_ACKNOWLEDGED.problem()),
        EmergencyStatus::Closed => return Err(EMERGENCY_CLOSED.problem()),
        EmergencyStatus::Acknowledged => {}
    }
    // Locked, so that a correction of the visit waits and then finds what it closed.
    let visits: Vec<Met> = statement(
        "SELECT v.started_at AS at FROM visits v WHERE v.id = $1 AND v.household_id = $2 AND v.outcome = 'met' \
         AND v.superseded_at IS NULL FOR SHARE",
    )
    .bind::<ty::Uuid, _>(visit)
    .bind::<ty::Uuid, _>(emergency.household_id)
    .load(tx.conn)
    .await?;
    let Some(met) = visits.into_iter().next() else {
        return Err(Problem::field("visit_id", "is no visit that met somebody there"));
    };
    if !emergency.on_a_later_day(met.at) {
        return Err(Problem::field("visit_id", "is not of a later day"));
    }
    let closed = diesel::update(emergencies::table.filter(emergencies::id.eq(id)))
        .set((
            emergencies::status.eq(EmergencyStatus::Closed),
            emergencies::closing_visit_id.eq(visit),
            emergencies::closed_by.eq(actor.id),
            emergencies::closed_at.eq(now),
            emergencies::version.eq(emergencies::version + 1),
        ))
        .returning(Emergency::as_returning())
        .get_result(tx.conn)
        .await?;
    tx.audit(
        tx.entry("emergencies.close", "emergency", Some(id.0))
            .community(emergency.community_id),
    );
    Ok(closed)
}

/// The emergencies in the actor's scope, the latest first.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    page: &PageQuery,
) -> Result<Page<Emergency>, Problem> {
    let mut query = emergencies::table
        .filter(InScope::of("emergencies.community_id", actor, now))
        .select(Emergency::as_select())
        .order(emergencies::id.desc())
        .limit(page.fetch())
        .into_boxed();
    if let Some(after) = page.after::<EmergencyId>()? {
        query = query.filter(emergencies::id.lt(after));
    }
    Ok(Page::cut(query.load(conn).await?, page, |e| e.id))
}

/// Takes an emergency up: from now on the actor answers for it.
///
/// # Errors
/// 404 when there is none in scope, 409 when somebody has taken it up.
pub async fn acknowledge(
    tx: &mut Tx<'_>,
    actor: &Actor,
    rules: &ServiceConfig,
    id: EmergencyId,
) -> Result<Emergency, Problem> {
    let now = tx.now;
    let taken = diesel::update(
        emergencies::table
            .filter(emergencies::id.eq(id))
            .filter(emergencies::status.eq(EmergencyStatus::Raised)),
    )
    .filter(InScope::of("emergencies.community_id", actor, now))
    .set((
        emergencies::status.eq(EmergencyStatus::Acknowledged),
        emergencies::acknowledged_by.eq(actor.id),
        emergencies::acknowledged_at.eq(now),
        emergencies::version.eq(emergencies::version + 1),
    ))
    .returning(Emergency::as_returning())
    .get_result(tx.conn)
    .await
    .optional()?;
    let Some(emergency) = taken else {
        let visible = emergencies::table
            .filter(emergencies::id.eq(id))
            .filter(InScope::of("emergencies.community_id", actor, now));
        let known = diesel::select(diesel::dsl::exists(visible))
            .get_result::<bool>(tx.conn)
            .await?;
        return Err(if known {
            EMERGENCY_NOT_RAISED
        } else {
            EMERGENCY_NOT_FOUND
        }
        .problem());
    };
    owe_visit(
        tx,
        rules,
        id,
        emergency.raised_at,
        (emergency.household_id, emergency.community_id),
    )
    .await?;
    ladder::await_steps(tx, rules, &emergency).await?;
    tx.audit(
        tx.entry("emergencies.acknowledge", "emergency", Some(id.0))
            .community(emergency.community_id),
    );
    Ok(emergency)
}
