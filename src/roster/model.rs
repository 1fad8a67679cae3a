//! Shifts as they are stored, sent and received, and the gaps between them.

use super::SHIFT_ENDED;
use crate::{
    areas::division_code::{Level, Scope},
    elders::phone::Phone,
    error::Problem,
    ids::{DutyShiftId, UserId},
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A shift is at most a week, so that a person who left is not on duty for ever.
const LONGEST: Duration = Duration::days(7);
/// How far ahead a shift may be planned.
pub const AHEAD: Duration = Duration::days(366);

/// Who is on duty, where, from when to when.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DutyShift {
    /// Its id.
    pub id: DutyShiftId,
    /// The city's prefix, or a district's.
    #[schema(example = "630104")]
    pub division: String,
    /// Whose.
    pub user_id: UserId,
    /// How they are called.
    #[schema(example = "示例值班员")]
    pub display_name: String,
    /// From when.
    pub starts_at: DateTime<Utc>,
    /// Until when, exclusive.
    pub ends_at: DateTime<Utc>,
    /// Where they sit.
    #[schema(example = "城西区民政局值班室")]
    pub desk: String,
    /// Where they can be rung.
    #[schema(example = "09716100000")]
    pub phone: String,
    /// Who planned it.
    pub planned_by: UserId,
    /// Who ended it early or called it off.
    pub ended_by: Option<UserId>,
    /// Why.
    pub end_reason: Option<String>,
    /// Counts the changes; the ETag.
    pub version: i32,
}

/// A shift to be planned.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShift {
    /// The city's prefix, or a district's.
    #[garde(length(max = 12))]
    #[schema(example = "630104")]
    pub division: String,
    /// Whose: an account of the duty desk.
    #[garde(skip)]
    pub user_id: UserId,
    /// From when; it may have begun already, for who stands in at once.
    #[garde(skip)]
    pub starts_at: DateTime<Utc>,
    /// Until when: at most a week, and not past.
    #[garde(skip)]
    pub ends_at: DateTime<Utc>,
    /// Where they sit.
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(example = "城西区民政局值班室")]
    pub desk: String,
    /// Where they can be rung.
    #[garde(length(chars, max = 30))]
    #[schema(example = "0971-6100000")]
    pub phone: String,
}

impl NewShift {
    /// Its times, place and phone, where they can be those of a shift in this city.
    ///
    /// # Errors
    /// 422 with the field at fault.
    pub fn check(&self, city: &str, now: DateTime<Utc>) -> Result<Phone, Problem> {
        if self.ends_at <= self.starts_at || self.ends_at - self.starts_at > LONGEST {
            return Err(Problem::field(
                "ends_at",
                "a shift is at most a week, and not none",
            ));
        }
        if self.ends_at <= now {
            return Err(Problem::field("ends_at", "is past"));
        }
        if self.starts_at > now + AHEAD {
            return Err(Problem::field("starts_at", "is more than a year ahead"));
        }
        let place = Scope::parse(&self.division).map_err(|e| Problem::field("division", e.to_string()))?;
        let known = place.as_str() == city
            || place.as_str().starts_with(city) && Some(place.as_str().len()) == district_digits(city);
        if !known {
            return Err(Problem::field(
                "division",
                "is neither the city nor a district of it",
            ));
        }
        Phone::parse(&self.phone).map_err(|e| Problem::field("phone", e.to_string()))
    }
}

/// How many digits say a district of the city whose prefix is given: one level below it.
pub fn district_digits(city: &str) -> Option<usize> {
    Level::ALL
        .map(Level::digits)
        .into_iter()
        .find(|d| *d > city.len())
}

/// The end of a shift before its time.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndShift {
    /// Until when; now unless told. Not in the past.
    #[garde(skip)]
    pub ends_at: Option<DateTime<Utc>>,
    /// Why.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(example = "换班")]
    pub reason: String,
}

impl EndShift {
    /// When a shift of these times ends: as soon as it can unless told otherwise. One that has not begun is called off, and ends as
    /// it begins.
    ///
    /// # Errors
    /// 409 when it is over, 422 for an end that is past or later than the one it has.
    pub fn at(
        &self,
        (starts_at, ends_at): (DateTime<Utc>, DateTime<Utc>),
        now: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, Problem> {
        if ends_at <= now.max(starts_at) {
            return Err(SHIFT_ENDED.problem());
        }
        let soonest = now.max(starts_at);
        let end = self.ends_at.unwrap_or(soonest);
        if end < soonest || end > ends_at {
            return Err(Problem::field(
                "ends_at",
                "is past, before the beginning, or later than the end it has",
            ));
        }
        Ok(end)
    }
}

/// Time ahead for which a place has nobody on duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RosterGap {
    /// The city's prefix, or a district's.
    #[schema(example = "630104")]
    pub division: String,
    /// From when.
    pub starts_at: DateTime<Utc>,
    /// Until when, exclusive.
    pub ends_at: DateTime<Utc>,
}

/// What of the time from `from` to `until` none of the shifts covers; they come in the order of their beginning.
pub fn gaps(
    shifts: impl IntoIterator<Item = (DateTime<Utc>, DateTime<Utc>)>,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    let mut open = Vec::new();
    let mut covered = from;
    for (starts_at, ends_at) in shifts {
        if starts_at >= until {
            break;
        }
        if starts_at > covered {
            open.push((covered, starts_at));
        }
        covered = covered.max(ends_at);
    }
    if covered < until {
        open.push((covered, until));
    }
    open
}

/// Somebody who can be reached for a community now.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct OnDuty {
    /// Who.
    #[diesel(sql_type = ty::Uuid)]
    pub user_id: UserId,
    /// For the city, not for a district of it.
    #[diesel(sql_type = ty::Bool)]
    pub of_city: bool,
    /// By the roster; otherwise an account of the city's duty desk, for when the roster has a gap.
    #[diesel(sql_type = ty::Bool)]
    pub on_shift: bool,
}

/// A desk that can be rung for a community now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DutyDesk {
    /// Of the city, or of which district.
    #[schema(example = "630104")]
    pub division: String,
    /// Where.
    #[schema(example = "城西区民政局值班室")]
    pub desk: String,
    /// Its number.
    #[schema(example = "09716100000")]
    pub phone: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::hours(hour)
    }

    #[test]
    fn gaps_are_what_no_shift_covers() {
        let of = |shifts: &[(i64, i64)]| {
            let shifts = shifts.iter().map(|(a, b)| (at(*a), at(*b)));
            gaps(shifts, at(10), at(20))
        };
        assert_eq!(of(&[]), [(at(10), at(20))]);
        assert_eq!(of(&[(0, 10)]), [(at(10), at(20))], "an end is exclusive");
        assert_eq!(of(&[(0, 12), (12, 20)]), []);
        assert_eq!(of(&[(0, 15), (11, 13), (16, 30)]), [(at(15), at(16))]);
        assert_eq!(of(&[(12, 13), (20, 30)]), [(at(10), at(12)), (at(13), at(20))]);
    }

    fn new(division: &str, hours: (i64, i64)) -> NewShift {
        NewShift {
            division: division.into(),
            user_id: UserId(Uuid::nil()),
            starts_at: at(hours.0),
            ends_at: at(hours.1),
            desk: "值班室".into(),
            phone: "6100000".into(),
        }
    }

    #[test]
    fn a_shift_is_of_the_city_or_a_district_and_of_a_week_at_most() {
        let now = at(100);
        for division in ["6301", "630104"] {
            let phone = new(division, (90, 101)).check("6301", now).unwrap();
            assert_eq!(phone.as_str(), "09716100000");
        }
        let fault = |shift: NewShift| shift.check("6301", now).unwrap_err().fields[0].field.clone();
        for division in ["63", "6302", "630204", "630104001", "x"] {
            assert_eq!(fault(new(division, (101, 102))), "division", "{division}");
        }
        for hours in [(101, 101), (102, 101), (90, 100), (101, 101 + 7 * 24 + 1)] {
            assert_eq!(fault(new("6301", hours)), "ends_at", "{hours:?}");
        }
        assert_eq!(fault(new("6301", (10_000, 10_001))), "starts_at");
        let mut silent = new("6301", (101, 102));
        silent.phone = "123".into();
        assert_eq!(fault(silent), "phone");
    }

    #[test]
    fn a_shift_ends_early_but_not_in_the_past_and_one_ahead_is_called_off() {
        let end = |hour: Option<i64>| EndShift {
            ends_at: hour.map(at),
            reason: "换班".into(),
        };
        let shift = (at(10), at(20));
        assert_eq!(end(None).at(shift, at(12)).unwrap(), at(12));
        assert_eq!(end(None).at(shift, at(5)).unwrap(), at(10));
        assert_eq!(end(Some(15)).at(shift, at(12)).unwrap(), at(15));
        for wrong in [11, 21] {
            assert!(end(Some(wrong)).at(shift, at(12)).is_err(), "{wrong}");
        }
        assert_eq!(end(None).at(shift, at(20)).unwrap_err().code, SHIFT_ENDED);
        assert_eq!(
            end(None).at((at(10), at(10)), at(5)).unwrap_err().code,
            SHIFT_ENDED
        );
    }
}
