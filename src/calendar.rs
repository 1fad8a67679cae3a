//! The business calendar: days, weeks, months and quarters in Asia/Shanghai, and ages.
//!
//! Source: design.md section 1 and 2 ("weeks and months are Asia/Shanghai", ISO weeks Monday to Sunday) and facts.md
//! section 7. Periods are half-open: `start()` belongs to them, `end()` to the next. Nothing here reads the clock.

use std::fmt;

use chrono::{
    DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Offset, TimeDelta, TimeZone, Utc, Weekday,
};
use chrono_tz::Asia::Shanghai;
use serde::{Deserialize, Serialize};

/// The date in Asia/Shanghai at an instant. At the ends of what chrono can hold it is the date in UTC, not a panic.
pub fn local_date(at: DateTime<Utc>) -> NaiveDate {
    let utc = at.naive_utc();
    let offset = Shanghai.offset_from_utc_datetime(&utc).fix();
    utc.checked_add_offset(offset).unwrap_or(utc).date()
}

/// The first instant of a day in Asia/Shanghai. On the few days of the 1940s when the clocks went forward at midnight
/// that is one o'clock summer time.
pub fn start_of_day(date: NaiveDate) -> DateTime<Utc> {
    let midnight = date.and_time(NaiveTime::MIN);
    let exists = |minutes| {
        let local = midnight.checked_add_signed(TimeDelta::minutes(minutes))?;
        Shanghai.from_local_datetime(&local).earliest()
    };
    (0..=180)
        .find_map(exists)
        .map_or_else(|| midnight.and_utc(), |start| start.with_timezone(&Utc))
}

/// The next start of an ISO week: strictly after `now`.
pub fn next_monday_midnight(now: DateTime<Utc>) -> DateTime<Utc> {
    IsoWeek::of(local_date(now)).end()
}

/// The age in completed years. Who is born on the 29th of February has their birthday on the 1st of March in common
/// years. Negative before the birth.
pub fn age_on(birth: NaiveDate, on: NaiveDate) -> i32 {
    let had_birthday = (on.month(), on.day()) >= (birth.month(), birth.day());
    on.year() - birth.year() - i32::from(!had_birthday)
}

/// Why the text of a period is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// Not a week.
    #[error("a week is written 2024-W03 and has to exist")]
    IsoWeek,
    /// Not a month.
    #[error("a month is written 2024-01")]
    Month,
    /// Not a quarter.
    #[error("a quarter is written 2024-Q1")]
    Quarter,
}

impl PeriodError {
    /// The stable code that the web app translates.
    pub fn code(self) -> &'static str {
        match self {
            Self::IsoWeek => "period_week",
            Self::Month => "period_month",
            Self::Quarter => "period_quarter",
        }
    }
}

/// An ISO 8601 week, Monday to Sunday. It belongs to the year of its Thursday.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IsoWeek(NaiveDate);

impl IsoWeek {
    /// Week 1…52 or 53 of an ISO year (1…9999); `None` if that year has no such week.
    pub fn new(year: i32, week: u32) -> Option<Self> {
        NaiveDate::from_isoywd_opt(in_years(year)?, week, Weekday::Mon).map(Self)
    }

    /// The week of a date.
    pub fn of(date: NaiveDate) -> Self {
        let days = u64::from(date.weekday().num_days_from_monday());
        Self(date.checked_sub_days(Days::new(days)).unwrap_or(date))
    }

    /// The ISO year, which differs from the calendar year around New Year.
    pub fn year(self) -> i32 {
        self.0.iso_week().year()
    }

    /// The number of the week, 1…53.
    pub fn week(self) -> u32 {
        self.0.iso_week().week()
    }

    /// The next week.
    pub fn next(self) -> Self {
        Self(self.0.checked_add_days(Days::new(7)).unwrap_or(self.0))
    }

    /// The week before.
    pub fn prev(self) -> Self {
        Self(self.0.checked_sub_days(Days::new(7)).unwrap_or(self.0))
    }
}

impl fmt::Display for IsoWeek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-W{:02}", self.year(), self.week())
    }
}

/// A calendar month.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month(NaiveDate);

impl Month {
    /// Month 1…12 of a year (1…9999).
    pub fn new(year: i32, month: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(in_years(year)?, month, 1).map(Self)
    }

    /// The month of a date.
    pub fn of(date: NaiveDate) -> Self {
        Self(date.with_day(1).unwrap_or(date))
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// The number of the month, 1…12.
    pub fn month(self) -> u32 {
        self.0.month()
    }

    /// The quarter that it lies in.
    pub fn quarter(self) -> Quarter {
        Quarter::of(self.0)
    }

    /// The next month.
    pub fn next(self) -> Self {
        Self(self.0.checked_add_months(Months::new(1)).unwrap_or(self.0))
    }

    /// The month before.
    pub fn prev(self) -> Self {
        Self(self.0.checked_sub_months(Months::new(1)).unwrap_or(self.0))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

/// A calendar quarter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Quarter(NaiveDate);

impl Quarter {
    /// Quarter 1…4 of a year (1…9999).
    pub fn new(year: i32, quarter: u32) -> Option<Self> {
        let quarter = Some(quarter).filter(|q| (1..=4).contains(q))?;
        NaiveDate::from_ymd_opt(in_years(year)?, quarter * 3 - 2, 1).map(Self)
    }

    /// The quarter of a date.
    pub fn of(date: NaiveDate) -> Self {
        let first_month = date.month0() / 3 * 3 + 1;
        Self(NaiveDate::from_ymd_opt(date.year(), first_month, 1).unwrap_or(date))
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// The number of the quarter, 1…4.
    pub fn quarter(self) -> u32 {
        self.0.month0() / 3 + 1
    }

    /// Its three months in order.
    pub fn months(self) -> [Month; 3] {
        let first = Month(self.0);
        [first, first.next(), first.next().next()]
    }

    /// The next quarter.
    pub fn next(self) -> Self {
        Self(self.0.checked_add_months(Months::new(3)).unwrap_or(self.0))
    }

    /// The quarter before.
    pub fn prev(self) -> Self {
        Self(self.0.checked_sub_months(Months::new(3)).unwrap_or(self.0))
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-Q{}", self.year(), self.quarter())
    }
}

/// What every period has, given its first day, `next()` and its written form `yyyy-<mark><digits>`.
macro_rules! period {
    ($type:ident, $mark:literal, $digits:literal) => {
        impl $type {
            /// Its first day.
            pub fn first_day(self) -> NaiveDate {
                self.0
            }

            /// Its last day.
            pub fn last_day(self) -> NaiveDate {
                self.next().0.pred_opt().unwrap_or(self.0)
            }

            /// Its first instant.
            pub fn start(self) -> DateTime<Utc> {
                start_of_day(self.0)
            }

            /// The first instant after it.
            pub fn end(self) -> DateTime<Utc> {
                self.next().start()
            }

            /// Whether an instant lies in it.
            pub fn contains(self, at: DateTime<Utc>) -> bool {
                Self::of(local_date(at)) == self
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $type {
            type Err = PeriodError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.split_once($mark)
                    .and_then(|(year, number)| Self::new(number_of(year, 4)?, number_of(number, $digits)?))
                    .ok_or(PeriodError::$type)
            }
        }

        impl TryFrom<String> for $type {
            type Error = PeriodError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(period: $type) -> Self {
                period.to_string()
            }
        }
    };
}

/// Years that are written with four digits.
fn in_years(year: i32) -> Option<i32> {
    Some(year).filter(|year| (1..=9999).contains(year))
}

/// Exactly so many ASCII digits: no sign, no blank.
fn number_of<N: std::str::FromStr>(text: &str, digits: usize) -> Option<N> {
    let strict = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    strict.then(|| text.parse().ok()).flatten()
}

period!(IsoWeek, "-W", 2);
period!(Month, "-", 2);
period!(Quarter, "-Q", 1);

#[cfg(test)]
mod tests;
