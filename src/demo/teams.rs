//! Who helps in a community, and a steward who is away with one who stands in.

use super::{
    city::Community,
    copy::{Rows, Table},
};
use crate::{elders::phone::Phone, error::Problem, teams::queries::members::PHONE};
use chrono::{Duration, NaiveDate};
use uuid::Uuid;

/// Whose steward is away, by the place of the community: steward03, for whom steward02 stands in.
const AWAY: usize = 2;

/// Writes the team of the community at this place, whose steward serves by this assignment.
///
/// # Errors
/// A fault of ours when a phone cannot be sealed.
pub(super) fn of(
    community: &Community<'_>,
    n: usize,
    assignment: Uuid,
    rows: &mut Rows,
) -> Result<(), Problem> {
    let city = community.city;
    let since: NaiveDate = city.since;
    for (role, name, place) in [("grid_worker", "示例网格员", 1), ("volunteer", "示例志愿者", 2)] {
        let number = format!("199{:08}", n * 10 + place);
        let phone = Phone::parse(&number).map_err(Problem::internal)?;
        rows.add(
            Table::Members,
            &[
                &city.id(&format!("{role} {n}")),
                &community.id,
                &role,
                &name,
                &city.stamp.seal(PHONE, phone.as_str())?,
                &phone.masked(),
                &since,
                &city.officer,
                &city.start,
            ],
        );
    }
    if n == AWAY {
        let leave = city.id("leave");
        let (from, to) = (city.now - Duration::days(1), city.now + Duration::days(5));
        rows.add(
            Table::Leaves,
            &[
                &leave,
                &community.steward,
                &from,
                &to,
                &to,
                &"年休假",
                &city.officer,
                &from,
            ],
        );
        rows.add(
            Table::Assignments,
            &[
                &city.id("cover"),
                &community.id,
                &city.steward_of(n - 1),
                &"cover",
                &from,
                &Some(to),
                &"年休假",
                &Some(leave),
                &Some(assignment),
                &from,
            ],
        );
    }
    Ok(())
}
