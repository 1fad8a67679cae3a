//! Applications, decisions on them, and what follows the elder's status.

use super::{
    read, serve,
    write::{self, Locked},
};
use crate::{
    care_beds::{
        CARE_BED_ALREADY_APPLIED, CARE_BED_LEVEL, CARE_BED_OPEN, CARE_BED_STATE,
        model::{
            CareBed, CareBedEvent, CareBedKind, CareBedStatus, Decision, EndReason, NewCareBed, NewDecision,
            SuspendReason, WISH,
        },
    },
    db::statement,
    elders::{self, model::ElderStatus},
    error::{Problem, on_constraint},
    ids::{CareBedId, ElderId},
    schema::sql_types as native,
    tx::{Actor, Tx},
};
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;

/// Length of a subdistrict's scope.
const SUBDISTRICT: usize = 9;
/// Length of a county's scope.
const COUNTY: usize = 6;

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = ty::Uuid)]
    elder_id: ElderId,
    #[diesel(sql_type = native::CareBedKind)]
    kind: CareBedKind,
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    wish_sealed: Option<String>,
    #[diesel(sql_type = ty::Uuid)]
    applied_by: crate::ids::UserId,
}

/// Applies for an elder. The same id with the same application gives the bed that stands.
///
/// # Errors
/// 404 for an elder out of scope; 409 when the elder has one of the kind or the id stands for another application; 422 for an elder
/// who is not at home.
pub async fn apply(tx: &mut Tx<'_>, actor: &Actor, new: NewCareBed) -> Result<CareBed, Problem> {
    let stamp = tx.stamp();
    let elder = elders::queries::lock_in_scope(tx, actor, new.elder_id).await?;
    let stands: Option<Known> =
        statement("SELECT elder_id, kind, wish_sealed, applied_by FROM care_beds WHERE id = $1")
            .bind::<ty::Uuid, _>(new.id)
            .get_result(tx.conn)
            .await
            .optional()?;
    if let Some(stands) = stands {
        let wish = stands
            .wish_sealed
            .map(|words| stamp.open(WISH, &words))
            .transpose()?;
        let same = stands.elder_id == new.elder_id
            && stands.kind == new.kind
            && wish.unwrap_or_default() == new.wish
            && stands.applied_by == actor.id;
        return if same {
            read::get(tx.conn, &stamp, actor, new.id).await
        } else {
            Err(CARE_BED_ALREADY_APPLIED.problem())
        };
    }
    if end_reason(elder.status).is_some() {
        return Err(Problem::field("elder_id", "does not live at home any more"));
    }
    let wish = Some(new.wish.as_str()).filter(|words| !words.is_empty());
    let wish = wish.map(|words| stamp.seal(WISH, words)).transpose()?;
    statement(
        "INSERT INTO care_beds (id, kind, elder_id, household_id, community_id, status, wish_sealed, applied_by, applied_at, version) \
         VALUES ($1, $2, $3, $4, $5, 'applied', $6, $7, $8, 0)",
    )
    .bind::<ty::Uuid, _>(new.id)
    .bind::<native::CareBedKind, _>(new.kind)
    .bind::<ty::Uuid, _>(elder.id)
    .bind::<ty::Uuid, _>(elder.household_id)
    .bind::<ty::Uuid, _>(elder.community_id)
    .bind::<ty::Nullable<ty::Text>, _>(wish)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(stamp.now)
    .execute(tx.conn)
    .await
    .map_err(|e| on_constraint(e, "care_beds_one_open", || CARE_BED_OPEN.problem()))?;
    let bed = read::get(tx.conn, &stamp, actor, new.id).await?;
    Locked::applied(bed)?.save_and_read(tx, actor).await
}

#[derive(QueryableByName)]
struct Scope {
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    scope: Option<String>,
}

/// Decides on an application, at the level of the officer's own scope: the subdistrict endorses, the county approves; both may
/// return or refuse it while it is theirs to decide.
///
/// # Errors
/// 403 at another level, 404, 409 when there is nothing to decide, 422 without a reason.
pub async fn decide(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: CareBedId,
    new: &NewDecision,
) -> Result<CareBed, Problem> {
    let now = tx.now;
    let mut bed = write::lock(tx, actor, id).await?;
    let (level, approval) = match bed.state.status {
        CareBedStatus::Applied => (SUBDISTRICT, CareBedEvent::Endorsed),
        CareBedStatus::Endorsed => (COUNTY, CareBedEvent::Approved),
        _ => return Err(CARE_BED_STATE.with("there is nothing to decide")),
    };
    let Scope { scope } = statement("SELECT scope FROM users WHERE id = $1")
        .bind::<ty::Uuid, _>(actor.id)
        .get_result(tx.conn)
        .await?;
    if scope.is_none_or(|scope| scope.len() != level) {
        return Err(CARE_BED_LEVEL.problem());
    }
    let event = match new.decision {
        Decision::Approve => approval,
        Decision::Return => CareBedEvent::Returned,
        Decision::Refuse => CareBedEvent::Refused,
    };
    if new.decision != Decision::Approve && new.reason.trim().is_empty() {
        return Err(Problem::field("reason", "is needed"));
    }
    bed.then(event, &new.reason, now)?;
    bed.save_and_read(tx, actor).await
}

/// Gives an application that was returned to the subdistrict again.
///
/// # Errors
/// 404, 409 when it was not returned.
pub async fn resubmit(tx: &mut Tx<'_>, actor: &Actor, id: CareBedId, note: &str) -> Result<CareBed, Problem> {
    let now = tx.now;
    let mut bed = write::lock(tx, actor, id).await?;
    bed.then(CareBedEvent::Resubmitted, note, now)?;
    bed.save_and_read(tx, actor).await
}

/// Why a bed ends when its elder has this status.
fn end_reason(status: ElderStatus) -> Option<EndReason> {
    match status {
        ElderStatus::Moved => Some(EndReason::Moved),
        ElderStatus::Deceased => Some(EndReason::Deceased),
        ElderStatus::InInstitution => Some(EndReason::InInstitution),
        ElderStatus::Active
        | ElderStatus::InHospital
        | ElderStatus::Away
        | ElderStatus::Declined
        | ElderStatus::Merged => None,
    }
}

/// What happens to a bed when its elder has this status.
fn follows(
    kind: CareBedKind,
    bed: CareBedStatus,
    why: Option<SuspendReason>,
    elder: ElderStatus,
) -> Option<CareBedEvent> {
    if let Some(because) = end_reason(elder) {
        let built = kind != CareBedKind::FamilyBed && bed == CareBedStatus::Accepted;
        return (!built).then_some(CareBedEvent::Ended { because });
    }
    let by_status = why.is_some_and(SuspendReason::follows_elder);
    match (bed, elder) {
        (CareBedStatus::InService, ElderStatus::InHospital) => Some(CareBedEvent::Suspended {
            because: SuspendReason::InHospital,
        }),
        (CareBedStatus::InService, ElderStatus::Away) => Some(CareBedEvent::Suspended {
            because: SuspendReason::Away,
        }),
        (CareBedStatus::Suspended, ElderStatus::Active) if by_status => Some(CareBedEvent::Resumed),
        _ => None,
    }
}

#[derive(QueryableByName)]
struct Follower {
    #[diesel(sql_type = ty::Uuid)]
    id: CareBedId,
    #[diesel(sql_type = native::ElderStatus)]
    elder_status: ElderStatus,
}

/// Lets the next beds follow their elders' status; gives the last one looked at, none where there are no more. Service is taken up
/// again only where it could begin: a bed whose agreement has ended meanwhile waits for the next one.
///
/// # Errors
/// What the database said.
pub async fn follow_elders(
    tx: &mut Tx<'_>,
    after: CareBedId,
    limit: i64,
) -> Result<Option<CareBedId>, Problem> {
    let (now, today) = (tx.now, tx.today());
    let found: Vec<Follower> = statement(
        "SELECT b.id, e.status AS elder_status FROM care_beds b JOIN elders e ON e.id = b.elder_id WHERE b.id > $1 AND b.status NOT IN ('refused', 'ended') \
         AND (e.status IN ('moved', 'deceased', 'in_institution') AND (b.kind = 'family_bed' OR b.status <> 'accepted') \
         OR e.status IN ('in_hospital', 'away') AND b.status = 'in_service' \
         OR e.status = 'active' AND b.status = 'suspended' AND b.suspended_for IN ('in_hospital', 'away')) ORDER BY b.id LIMIT $2",
    )
    .bind::<ty::Uuid, _>(after)
    .bind::<ty::BigInt, _>(limit)
    .load(tx.conn)
    .await?;
    let last = found.last().map(|f| f.id);
    for Follower { id, elder_status } in found {
        let mut bed = write::lock_any(tx, id).await?;
        let state = &bed.state;
        let Some(event) = follows(state.kind, state.status, state.suspended_for, elder_status) else {
            continue;
        };
        if event == CareBedEvent::Resumed && !serve::is_ready(tx, id, today).await? {
            continue;
        }
        bed.then(event, "", now)?;
        bed.save(tx).await?;
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use CareBedStatus as S;

    #[test]
    fn a_bed_follows_its_elder_and_comes_back_only_from_what_it_followed() {
        let of = |bed, why, elder| follows(CareBedKind::FamilyBed, bed, why, elder);
        let ended = |because| Some(CareBedEvent::Ended { because });
        assert_eq!(
            of(S::Planned, None, ElderStatus::Deceased),
            ended(EndReason::Deceased)
        );
        assert_eq!(
            of(S::InService, None, ElderStatus::Moved),
            ended(EndReason::Moved)
        );
        assert_eq!(
            of(
                S::Suspended,
                Some(SuspendReason::Wish),
                ElderStatus::InInstitution
            ),
            ended(EndReason::InInstitution)
        );
        assert_eq!(of(S::Planned, None, ElderStatus::InHospital), None);
        assert_eq!(
            of(S::InService, None, ElderStatus::Away),
            Some(CareBedEvent::Suspended {
                because: SuspendReason::Away
            })
        );
        for why in [SuspendReason::InHospital, SuspendReason::Away] {
            assert_eq!(
                of(S::Suspended, Some(why), ElderStatus::Active),
                Some(CareBedEvent::Resumed)
            );
        }
        assert_eq!(
            of(S::Suspended, Some(SuspendReason::Wish), ElderStatus::Active),
            None
        );
        let project = |bed| follows(CareBedKind::Devices, bed, None, ElderStatus::Moved);
        assert_eq!(project(S::Accepted), None, "what is built stays built");
        assert_eq!(project(S::Planned), ended(EndReason::Moved));
    }
}
