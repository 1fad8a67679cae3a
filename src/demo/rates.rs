//! How often what happens in the demo city: plausible, not measured. A share is between 0 and 1.

/// Dwellings of a community.
pub(super) const DWELLINGS: usize = 110;
/// Organisations of the library for each multiple of the city.
pub(super) const ORGANISATIONS: usize = 40;
/// Agreements between organisations.
pub(super) const AGREEMENTS: usize = 6;
/// Workers of an organisation that takes orders.
pub(super) const WORKERS: usize = 4;

/// Dwellings of a couple.
pub(super) const COUPLE: f64 = 0.3;
/// Elders without a partner who live alone.
pub(super) const LIVING_ALONE: f64 = 0.6;
/// Couples whose children live elsewhere, for each of the two.
pub(super) const EMPTY_NEST: f64 = 0.5;
/// Elders on allowance.
pub(super) const ALLOWANCE: f64 = 0.12;
/// Elders partly disabled.
pub(super) const PARTLY_DISABLED: f64 = 0.08;

/// Elders without a partner who were in hospital or away for some of the weeks.
pub(super) const ABSENT: f64 = 0.04;
/// The most weeks of an absence.
pub(super) const ABSENT_WEEKS: usize = 3;
/// Obligations that were missed.
pub(super) const MISSED: f64 = 0.012;
/// Obligations whose visit was refused.
pub(super) const REFUSED: f64 = 0.01;
/// Visits before which a door stayed shut once.
pub(super) const SHUT: f64 = 0.012;
/// Shut doors that became an emergency.
pub(super) const ESCALATED: f64 = 0.06;
/// Households that have been visited in the present week, of those that could have been.
pub(super) const THIS_WEEK: f64 = 0.2;
/// Visits at which policies were explained.
pub(super) const POLICY: f64 = 0.06;
/// Visits without a position.
pub(super) const NO_POSITION: f64 = 0.03;

/// Homes without gas.
pub(super) const NO_GAS: f64 = 0.1;
/// Checks that could not be made.
pub(super) const NOT_CHECKED: f64 = 0.002;
/// Checks that found a hazard.
pub(super) const HAZARD: f64 = 0.004;
/// Hazards that are advice, and those that are general; the rest is major.
pub(super) const SEVERITIES: [f64; 2] = [0.35, 0.55];
/// Open hazards that are found mended at the next visit.
pub(super) const MENDED: f64 = 0.6;
/// Major hazards that were reported within the hour.
pub(super) const REPORTED_IN_TIME: f64 = 0.95;
/// General and major hazards with a notice.
pub(super) const NOTICED: f64 = 0.8;

/// Visits at which a need was collected.
pub(super) const NEED: f64 = 0.09;
/// Such visits with a second need.
pub(super) const SECOND_NEED: f64 = 0.15;
/// Needs that were told by telephone, a few days after the visit.
pub(super) const BY_CALL: f64 = 0.15;
/// Needs that were withdrawn.
pub(super) const WITHDRAWN: f64 = 0.02;
/// Needs of the last two days that nobody has dealt with yet.
pub(super) const STILL_OPEN: f64 = 0.3;
/// Needs of an item delivered by either that the steward solved.
pub(super) const SOLVED: f64 = 0.5;
/// What is asked for: item of the menu and weight.
pub(super) const WANTED: [(&str, u32); 8] = [
    ("meals", 34),
    ("cleaning", 26),
    ("medical_nursing", 10),
    ("rehabilitation", 6),
    ("companionship", 8),
    ("home_safety", 6),
    ("policy_advice", 8),
    ("emergency", 2),
];

/// Offers that were declined, and those that expired.
pub(super) const DECLINED: f64 = 0.08;
/// See [`DECLINED`].
pub(super) const EXPIRED: f64 = 0.03;
/// Orders referred after two refusals for which nobody was found.
pub(super) const UNMET: f64 = 0.6;
/// Orders cancelled before a provider answered, and those cancelled before the service.
pub(super) const CANCELLED: [f64; 2] = [0.008, 0.012];
/// Services that came later than promised.
pub(super) const LATE: f64 = 0.03;
/// Surveys whose first attempt reached nobody.
pub(super) const NOT_REACHED: f64 = 0.06;
/// Services with which the elder was dissatisfied on some dimension.
pub(super) const DISSATISFIED: f64 = 0.03;
/// The same of rework; the third round always satisfies.
pub(super) const DISSATISFIED_AGAIN: f64 = 0.15;
/// Answers that are "basically satisfied" where the elder is not dissatisfied.
pub(super) const BASICALLY: f64 = 0.06;
/// Surveys made at a visit; the others are calls.
pub(super) const SURVEYED_AT_HOME: f64 = 0.3;
