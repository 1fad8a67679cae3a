//! Statements on emergencies.

use super::{
    ladder,
    raise::{NOTE, owe_visit},
    services, steps, timeline,
};
use crate::{
    areas::policy::InScope,
    config::ServiceConfig,
    db::statement,
    emergencies::{
        EMERGENCY_CLOSED, EMERGENCY_NOT_ACKNOWLEDGED, EMERGENCY_NOT_FOUND, EMERGENCY_NOT_RAISED,
        model::{Emergency, EmergencyDetail, EmergencyStatus},
    },
    error::Problem,
    http::{Page, PageQuery},
    ids::{EmergencyId, VisitId},
    roster,
    schema::emergencies,
    tx::{Actor, Stamp, Tx},
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

/// An emergency with what was said of it.
///
/// # Errors
/// What the database said.
pub(super) async fn with_note(
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

/// An emergency of the actor's scope, or one that they took up, locked until the transaction ends.
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
        .filter(
            InScope::of("emergencies.community_id", actor, now).or_own("emergencies.acknowledged_by = $1"),
        )
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
