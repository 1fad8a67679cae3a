//! How what is owed ends without a visit, and how it is owed again.

use crate::{db::statement, error::Problem, ids::HouseholdId, steward_in_charge, tx::Tx};
use chrono::Duration;
use diesel::sql_types as ty;
use diesel_async::RunQueryDsl;

/// Who comes back is owed the visit of a period of which so much is left at least.
const LEFT: Duration = Duration::hours(24);

/// Of one household, and of all, each with the index that serves it.
macro_rules! excuse {
    ($which:literal) => {
        concat!(
            "UPDATE obligations o SET status = 'excused', closed_at = $1, responsible_id = ",
            steward_in_charge!("o.community_id", "$1"),
            ", excuse = coalesce(( \
             SELECT e.status::text::excuse FROM elders e WHERE e.household_id = o.household_id AND e.status NOT IN ('active', 'merged') \
             ORDER BY e.status_since DESC, e.id LIMIT 1), 'moved') WHERE o.status = 'owed'",
            $which,
            " AND NOT EXISTS (SELECT 1 FROM elders e WHERE e.household_id = o.household_id AND (e.status = 'active' \
             OR e.status IN ('in_hospital', 'away') AND e.status_until <= $2))"
        )
    };
}

/// An event is one elder's: with that elder absent, nobody else of the household is visited for it.
macro_rules! excuse_event {
    ($which:literal) => {
        concat!(
            "UPDATE obligations o SET status = 'excused', closed_at = $1, responsible_id = ",
            steward_in_charge!("o.community_id", "$1"),
            ", excuse = e.status::text::excuse \
             FROM elder_events x JOIN elders e ON e.id = x.elder_id WHERE x.obligation_id = o.id AND o.status = 'owed'",
            $which,
            " AND e.status NOT IN ('active', 'merged') AND NOT (e.status IN ('in_hospital', 'away') AND coalesce(e.status_until <= $2, false))"
        )
    };
}

/// Excuses what is owed to households of which nobody is owed a visit any more, with the reason that their elders' status is, or
/// because everybody has moved to another dwelling or another file; and what an event owes to an elder who is absent. Of one
/// household, or of all. The steward in charge answers for it.
///
/// # Errors
/// What the database said.
pub async fn excuse_absent(tx: &mut Tx<'_>, only: Option<HouseholdId>) -> Result<usize, Problem> {
    let (now, today) = (tx.now, tx.today());
    let texts = match only {
        Some(_) => [
            excuse!(" AND o.household_id = $3"),
            excuse_event!(" AND o.household_id = $3"),
        ],
        None => [excuse!(""), excuse_event!("")],
    };
    let mut excused = 0;
    for text in texts {
        excused += statement(text)
            .bind::<ty::Timestamptz, _>(now)
            .bind::<ty::Date, _>(today)
            .bind::<ty::Nullable<ty::Uuid>, _>(only)
            .execute(tx.conn)
            .await?;
    }
    Ok(excused)
}

/// Owes again what was excused while a household was absent, now that somebody of it is back and a day or more of the period is
/// left. What a visit excused (declined or moved, said at the door) stays excused: it was closed in the instant in which that visit
/// came in.
///
/// # Errors
/// What the database said.
pub async fn owe_again(tx: &mut Tx<'_>, household: HouseholdId) -> Result<usize, Problem> {
    let (now, today) = (tx.now, tx.today());
    Ok(statement(
        "UPDATE obligations o SET status = 'owed', excuse = NULL, responsible_id = NULL, closed_at = NULL \
         WHERE o.household_id = $1 AND o.status = 'excused' AND NOT EXISTS (SELECT 1 FROM visits v WHERE v.household_id = $1 \
         AND v.received_at = o.closed_at AND v.outcome IN ('refused', 'moved')) AND o.excuse <> 'campaign_stopped' AND o.kind <> 'event' AND o.due_at >= $2 \
         AND EXISTS (SELECT 1 FROM elders e WHERE e.household_id = o.household_id AND (e.status = 'active' \
         OR e.status IN ('in_hospital', 'away') AND e.status_until <= $3))",
    )
    .bind::<ty::Uuid, _>(household)
    .bind::<ty::Timestamptz, _>(now + LEFT)
    .bind::<ty::Date, _>(today)
    .execute(tx.conn)
    .await?)
}

/// Turns what is still owed after its grace into missed; the steward in charge at the period's end answers for it.
///
/// # Errors
/// What the database said.
pub async fn close_missed(tx: &mut Tx<'_>) -> Result<usize, Problem> {
    let now = tx.now;
    Ok(statement(concat!(
        "UPDATE obligations o SET status = 'missed', closed_at = $1, responsible_id = ",
        steward_in_charge!("o.community_id", "(o.due_at - interval '1 microsecond')"),
        " WHERE o.status = 'owed' AND o.grace_until <= $1",
    ))
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?)
}
