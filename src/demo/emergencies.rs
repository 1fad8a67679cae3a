//! Emergencies that were answered, whom they were said to, and the duty desk's shifts.

use super::{
    city::{City, Home},
    copy::{List, Rows, Table, UUID},
    draw::Draw,
};
use crate::{calendar::start_of_day, elders::phone::Phone, error::Problem, roster};
use chrono::{DateTime, Days, Duration, Utc};
use uuid::Uuid;

/// How many days the city's duty desk has planned ahead; the districts' rosters are still to be written, which shows as gaps.
const PLANNED_DAYS: u64 = 7;

/// The shifts of the city's duty desk.
///
/// # Errors
/// A fault of ours when a phone cannot be sealed.
pub(super) fn roster(city: &City, rows: &mut Rows) -> Result<(), Problem> {
    let phone = Phone::parse("0971-6100000").map_err(Problem::internal)?;
    let mut draw = Draw::new(city.seed, u64::from(u32::MAX));
    for day in 0..PLANNED_DAYS {
        let starts_at = start_of_day(city.today + Days::new(day));
        let id = draw.id(city.now);
        rows.add(
            Table::Shifts,
            &[
                &id,
                &"6301",
                &city.duty,
                &starts_at,
                &(starts_at + Duration::days(1)),
                &"西宁市民政局值班室",
                &city.stamp.seal(roster::queries::PHONE, phone.as_str())?,
                &city.officer,
                &city.now,
                &1i32,
            ],
        );
    }
    Ok(())
}

/// A shut door that became an emergency at `raised`: taken up by the steward within a minute or by the city's duty desk after it,
/// reached in time, and closed by the visit `closing` of the next day, which came in at `closed`.
pub(super) fn answered(
    home: &Home<'_>,
    (draw, rows): (&mut Draw, &mut Rows),
    case: Uuid,
    raised: DateTime<Utc>,
    (closing, closed): (Uuid, DateTime<Utc>),
) {
    let (city, steward) = (home.community.city, home.community.steward);
    let after = |seconds: i64| raised + Duration::seconds(seconds);
    let id = draw.id(raised);
    let seconds = draw.below(15..100) as i64;
    let climbed = seconds > 60;
    let by = if climbed { city.duty } else { steward };
    // By the deadlines that a city has unless it says otherwise.
    let (under_way, arrived) = (after(seconds + 90), after(360 + 5 * seconds));
    rows.add(
        Table::Emergencies,
        &[
            &id,
            &home.id,
            &home.community.id,
            &case,
            &"closed",
            &raised,
            &by,
            &after(seconds),
            &closing,
            &steward,
            &closed,
            &3i32,
            &if climbed { "city" } else { "steward" },
            &after(if climbed { 120 } else { 60 }),
            &after(60),
            &after(300),
            &after(900),
            &under_way,
            &arrived,
        ],
    );
    let mut told = vec![("steward", "raised", vec![steward], raised)];
    if climbed {
        told.extend(["deputy", "district"].map(|rung| (rung, "not_acknowledged", vec![], after(60))));
        told.push(("city", "not_acknowledged", vec![city.duty], after(60)));
    }
    for (seq, (rung, reason, to, at)) in (1i16..).zip(told) {
        rows.add(Table::Told, &[&id, &seq, &reason, &rung, &List(UUID, &to), &at]);
    }
    for (step, at) in [("under_way", under_way), ("at_door", arrived)] {
        rows.add(
            Table::Answers,
            &[&draw.id(at), &id, &step, &steward, &at, &at, &0i64, &false],
        );
    }
}
