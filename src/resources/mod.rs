//! The three-tier library: organisations with what they offer, where, when and on what authority.
//!
//! A **resource** is an organisation at one of three tiers (organisation, county, city) and of one of six kinds; a
//! **provider** is a resource that takes orders. It covers divisions by prefix, offers items with a capacity per ISO week and
//! a price, is open at hours of the week or always, and holds qualifications with an expiry, as do its workers. An officer
//! keeps the entries whose whole coverage lies in their own division.

pub mod credit_code;
pub mod model;
pub mod queries;
pub mod routes;

use crate::error::Code;

/// No such organisation in the library.
pub const RESOURCE_NOT_FOUND: Code = Code::new(
    404,
    "resource_not_found",
    "There is no such organisation in the library",
);
/// No such worker of the organisation.
pub const WORKER_NOT_FOUND: Code = Code::new(404, "worker_not_found", "The organisation has no such worker");
/// The organisation covers more than the officer's division.
pub const RESOURCE_OUTSIDE_AREA: Code = Code::new(
    403,
    "resource_outside_area",
    "The organisation covers more than your area: ask the office above",
);
/// The credit code is in the library.
pub const RESOURCE_ALREADY_LISTED: Code = Code::new(
    409,
    "resource_already_listed",
    "An organisation with this credit code is in the library already",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[
    RESOURCE_NOT_FOUND,
    WORKER_NOT_FOUND,
    RESOURCE_OUTSIDE_AREA,
    RESOURCE_ALREADY_LISTED,
];
