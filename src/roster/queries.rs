//! Statements on the roster.

use super::{
    NOT_FOR_DUTY, ROSTER_OF_ANOTHER, SHIFT_NOT_FOUND, SHIFT_OVERLAPS,
    model::{DutyDesk, DutyShift, EndShift, NewShift, OnDuty, RosterGap, district_digits, gaps},
};
use crate::{
    db::statement,
    error::Problem,
    http::{Page, PageQuery},
    ids::{CommunityId, DutyShiftId, UserId},
    tx::{Actor, Stamp, Tx},
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

/// Sealed under this name.
pub(crate) const PHONE: &str = "duty_shifts.phone";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = ty::Uuid)]
    id: DutyShiftId,
    #[diesel(sql_type = ty::Text)]
    division: String,
    #[diesel(sql_type = ty::Uuid)]
    user_id: UserId,
    #[diesel(sql_type = ty::Text)]
    display_name: String,
    #[diesel(sql_type = ty::Timestamptz)]
    starts_at: DateTime<Utc>,
    #[diesel(sql_type = ty::Timestamptz)]
    ends_at: DateTime<Utc>,
    #[diesel(sql_type = ty::Text)]
    desk: String,
    #[diesel(sql_type = ty::Text)]
    phone_sealed: String,
    #[diesel(sql_type = ty::Uuid)]
    planned_by: UserId,
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    ended_by: Option<UserId>,
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    end_reason: Option<String>,
    #[diesel(sql_type = ty::Integer)]
    version: i32,
}

impl Row {
    fn open(self, stamp: &Stamp) -> Result<DutyShift, Problem> {
        Ok(DutyShift {
            phone: stamp.open(PHONE, &self.phone_sealed)?,
            id: self.id,
            division: self.division,
            user_id: self.user_id,
            display_name: self.display_name,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            desk: self.desk,
            planned_by: self.planned_by,
            ended_by: self.ended_by,
            end_reason: self.end_reason,
            version: self.version,
        })
    }
}

/// The shifts that an actor (`$1`) may read: of their own division and what lies in it, and of those it lies in; an administrator
/// all. Over the shift `s`.
macro_rules! shifts {
    () => {
        "SELECT s.id, s.division, s.user_id, u.display_name, s.starts_at, s.ends_at, s.desk, s.phone_sealed, s.planned_by, s.ended_by, s.end_reason, s.version \
         FROM duty_shifts s JOIN users u ON u.id = s.user_id JOIN users reader ON reader.id = $1 AND reader.disabled_at IS NULL \
         WHERE (reader.role = 'admin' OR s.division LIKE reader.scope || '%' OR reader.scope LIKE s.division || '%')"
    };
}

/// The shifts that are not over, the next to end first.
///
/// # Errors
/// 400 for a foreign cursor.
pub async fn list(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    division: &str,
    page: &PageQuery,
) -> Result<Page<DutyShift>, Problem> {
    let (ends_at, id) = page
        .after::<(DateTime<Utc>, Uuid)>()?
        .unwrap_or((stamp.now, Uuid::max()));
    let rows: Vec<Row> = statement(concat!(
        shifts!(),
        " AND (s.ends_at, s.id) > ($2, $3) AND s.ends_at > s.starts_at AND s.division LIKE $4 || '%' ORDER BY s.ends_at, s.id LIMIT $5"
    ))
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(ends_at)
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Text, _>(division.to_owned())
    .bind::<ty::BigInt, _>(page.fetch())
    .load(conn)
    .await?;
    let shifts = rows
        .into_iter()
        .map(|row| row.open(stamp))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(shifts, page, |s| (s.ends_at, s.id.0)))
}

async fn get(tx: &mut Tx<'_>, actor: &Actor, id: DutyShiftId) -> Result<DutyShift, Problem> {
    let row: Option<Row> = statement(concat!(shifts!(), " AND s.id = $2 FOR UPDATE OF s"))
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Uuid, _>(id)
        .load(tx.conn)
        .await?
        .pop();
    row.ok_or_else(|| SHIFT_NOT_FOUND.problem())?.open(&tx.stamp())
}

/// The actor keeps the roster of this division: an officer of it or of what it lies in, an administrator.
async fn keeps(tx: &mut Tx<'_>, actor: &Actor, division: &str) -> Result<bool, Problem> {
    let kept = statement(
        "SELECT 1 FROM users WHERE id = $1 AND disabled_at IS NULL AND (role = 'admin' OR $2 LIKE scope || '%')",
    )
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Text, _>(division.to_owned())
    .execute(tx.conn)
    .await?;
    Ok(kept > 0)
}

/// Plans a shift.
///
/// # Errors
/// 403 for a division that is not the actor's to keep, 409 when the person has a shift there then, 422 for wrong times, a wrong
/// place or phone, and for an account that may not act there.
pub async fn plan(tx: &mut Tx<'_>, actor: &Actor, city: &str, new: NewShift) -> Result<DutyShift, Problem> {
    let (id, now) = (DutyShiftId(tx.new_id()), tx.now);
    let phone = new.check(city, now)?;
    if !keeps(tx, actor, &new.division).await? {
        return Err(ROSTER_OF_ANOTHER.problem());
    }
    // The account is held, so that two plans for one person are looked at one after the other.
    let fit = statement(
        "SELECT 1 FROM users WHERE id = $1 AND role = 'duty' AND disabled_at IS NULL AND $2 LIKE scope || '%' FOR NO KEY UPDATE",
    )
    .bind::<ty::Uuid, _>(new.user_id)
    .bind::<ty::Text, _>(new.division.clone())
    .execute(tx.conn)
    .await?;
    if fit == 0 {
        return Err(NOT_FOR_DUTY.problem());
    }
    let sealed = tx.seal(PHONE, phone.as_str())?;
    let planned = statement(
        "INSERT INTO duty_shifts (id, division, user_id, starts_at, ends_at, desk, phone_sealed, planned_by, planned_at, version) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, 1 WHERE NOT EXISTS ( \
         SELECT 1 FROM duty_shifts WHERE user_id = $3 AND division = $2 AND ends_at > $4 AND starts_at < $5 AND ends_at > starts_at)",
    )
    .bind::<ty::Uuid, _>(id)
    .bind::<ty::Text, _>(new.division.clone())
    .bind::<ty::Uuid, _>(new.user_id)
    .bind::<ty::Timestamptz, _>(new.starts_at)
    .bind::<ty::Timestamptz, _>(new.ends_at)
    .bind::<ty::Text, _>(new.desk)
    .bind::<ty::Text, _>(sealed)
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(now)
    .execute(tx.conn)
    .await?;
    if planned == 0 {
        return Err(SHIFT_OVERLAPS.problem());
    }
    tx.audit(tx.entry("duty_shifts.plan", "duty_shift", Some(id.0)).detail(json!({
        "user_id": new.user_id, "division": new.division, "starts_at": new.starts_at, "ends_at": new.ends_at
    })));
    get(tx, actor, id).await
}

/// Ends a shift early, or calls it off.
///
/// # Errors
/// 404 when the actor may know of none, 403 when its roster is somebody else's, 409 when it is over, 422 for an end that is past.
pub async fn end(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: DutyShiftId,
    end: EndShift,
) -> Result<DutyShift, Problem> {
    let now = tx.now;
    let shift = get(tx, actor, id).await?;
    if !keeps(tx, actor, &shift.division).await? {
        return Err(ROSTER_OF_ANOTHER.problem());
    }
    let ends_at = end.at((shift.starts_at, shift.ends_at), now)?;
    statement("UPDATE duty_shifts SET ends_at = $2, ended_by = $3, end_reason = $4, version = version + 1 WHERE id = $1")
        .bind::<ty::Uuid, _>(id)
        .bind::<ty::Timestamptz, _>(ends_at)
        .bind::<ty::Uuid, _>(actor.id)
        .bind::<ty::Text, _>(end.reason)
        .execute(tx.conn)
        .await?;
    tx.audit(
        tx.entry("duty_shifts.end", "duty_shift", Some(id.0))
            .detail(json!({ "user_id": shift.user_id, "division": shift.division, "ends_at": ends_at })),
    );
    get(tx, actor, id).await
}

#[derive(QueryableByName)]
struct Cover {
    #[diesel(sql_type = ty::Text)]
    division: String,
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    starts_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    ends_at: Option<DateTime<Utc>>,
}

/// The gaps ahead, until `until`, of the rosters that the actor reads of their own area: the city's, and each district's that has
/// a community in service. The shift of a disabled account covers nothing.
///
/// # Errors
/// What the database said.
pub async fn gaps_ahead(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    actor: &Actor,
    city: &str,
    until: DateTime<Utc>,
) -> Result<Vec<RosterGap>, Problem> {
    let from = stamp.now;
    let digits = district_digits(city).unwrap_or(city.len());
    let covers: Vec<Cover> = statement(
        "SELECT d.division, s.starts_at, s.ends_at FROM ( \
         SELECT $5 AS division UNION SELECT DISTINCT left(c.division_code, $6) FROM communities c WHERE c.division_code LIKE $5 || '%' \
         AND c.active_from <= $4 AND (c.active_to IS NULL OR c.active_to > $4)) d \
         JOIN users reader ON reader.id = $1 AND reader.disabled_at IS NULL AND (reader.role = 'admin' OR d.division LIKE reader.scope || '%') \
         LEFT JOIN (duty_shifts s JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL) \
         ON s.division = d.division AND s.ends_at > $2 AND s.starts_at < $3 AND s.ends_at > s.starts_at ORDER BY d.division, s.starts_at",
    )
    .bind::<ty::Uuid, _>(actor.id)
    .bind::<ty::Timestamptz, _>(from)
    .bind::<ty::Timestamptz, _>(until)
    .bind::<ty::Date, _>(crate::calendar::local_date(from))
    .bind::<ty::Text, _>(city.to_owned())
    .bind::<ty::Integer, _>(i32::try_from(digits).map_err(Problem::internal)?)
    .load(conn)
    .await?;
    Ok(covers
        .chunk_by(|a, b| a.division == b.division)
        .flat_map(|of| {
            let shifts = of.iter().filter_map(|c| c.starts_at.zip(c.ends_at));
            gaps(shifts, from, until)
                .into_iter()
                .map(|(starts_at, ends_at)| RosterGap {
                    division: of[0].division.clone(),
                    starts_at,
                    ends_at,
                })
        })
        .collect())
}

/// Who is on duty for a community at this instant, of its district and of the city; and the accounts of the city's duty desk, whom a
/// gap in the roster leaves.
///
/// # Errors
/// What the database said.
pub async fn on_duty(
    conn: &mut AsyncPgConnection,
    city: &str,
    community: CommunityId,
    now: DateTime<Utc>,
) -> Result<Vec<OnDuty>, Problem> {
    Ok(statement(
        "SELECT s.user_id, s.division = $3 AS of_city, true AS on_shift FROM communities c \
         JOIN duty_shifts s ON s.ends_at > $2 AND s.starts_at <= $2 AND c.division_code LIKE s.division || '%' \
         JOIN users u ON u.id = s.user_id AND u.role = 'duty' AND u.disabled_at IS NULL AND c.division_code LIKE u.scope || '%' WHERE c.id = $1 \
         UNION SELECT u.id, true, false FROM users u WHERE u.role = 'duty' AND u.disabled_at IS NULL AND $3 LIKE u.scope || '%' \
         ORDER BY user_id LIMIT 500",
    )
    .bind::<ty::Uuid, _>(community)
    .bind::<ty::Timestamptz, _>(now)
    .bind::<ty::Text, _>(city.to_owned())
    .load(conn)
    .await?)
}

#[derive(QueryableByName)]
struct Desk {
    #[diesel(sql_type = ty::Text)]
    division: String,
    #[diesel(sql_type = ty::Text)]
    desk: String,
    #[diesel(sql_type = ty::Text)]
    phone_sealed: String,
}

/// The desks that can be rung for a community now, the nearest first.
///
/// # Errors
/// What the database said.
pub async fn desks(
    conn: &mut AsyncPgConnection,
    stamp: &Stamp,
    community: CommunityId,
) -> Result<Vec<DutyDesk>, Problem> {
    let desks: Vec<Desk> = statement(
        "SELECT s.division, s.desk, s.phone_sealed FROM communities c \
         JOIN duty_shifts s ON s.ends_at > $2 AND s.starts_at <= $2 AND c.division_code LIKE s.division || '%' \
         JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL WHERE c.id = $1 ORDER BY char_length(s.division) DESC, s.id LIMIT 20",
    )
    .bind::<ty::Uuid, _>(community)
    .bind::<ty::Timestamptz, _>(stamp.now)
    .load(conn)
    .await?;
    desks
        .into_iter()
        .map(|d| {
            Ok(DutyDesk {
                phone: stamp.open(PHONE, &d.phone_sealed)?,
                division: d.division,
                desk: d.desk,
            })
        })
        .collect()
}
