//! The three-tier library: organisations with what they offer, where, when and on what authority.
//!
//! A **resource** is an organisation at one of three tiers (organisation, county, city) and of one of six kinds; a
//! **provider** is a resource that takes orders. It covers divisions by prefix, offers items with a capacity per ISO week and
//! prices by class of elder, is open at hours of the week or always, and holds qualifications with an expiry, as do its workers.
//! Two resources may have **agreed** to share something, or be paired.
//!
//! An officer keeps the entries whose whole coverage lies in their own division, one by one or by an Excel list ([`import`]). A
//! provider keeps of its own entry what needs no approval (phone, address, hours, capacity, workers); for a price or a licence it
//! asks for a **change**. What is in force stays in force until an officer approves, and dispatch reads nothing else:
//!
//! ```text
//! pending ──→ approved (in force) │ refused, with a reason │ withdrawn by the provider
//! ```

pub mod credit_code;
pub mod import;
pub mod model;
pub mod queries;
pub mod routes;
pub mod sheet;

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

/// A provider may not change this part of its entry by itself.
pub const RESOURCE_KEPT_BY_OFFICE: Code = Code::new(
    403,
    "resource_kept_by_office",
    "The office keeps this part of the entry: ask for the change of a price or a licence",
);
/// No such agreement.
pub const AGREEMENT_NOT_FOUND: Code = Code::new(404, "agreement_not_found", "There is no such agreement");
/// The agreement is over.
pub const AGREEMENT_ENDED: Code = Code::new(409, "agreement_ended", "The agreement is over already");
/// No such change, or none that the actor may know of.
pub const RESOURCE_CHANGE_NOT_FOUND: Code = Code::new(
    404,
    "resource_change_not_found",
    "There is no such change of an entry that you keep",
);
/// A change of the same waits.
pub const RESOURCE_CHANGE_PENDING: Code = Code::new(
    409,
    "resource_change_pending",
    "A change of the same price or licence waits already",
);
/// The change is decided.
pub const RESOURCE_CHANGE_DECIDED: Code = Code::new(
    409,
    "resource_change_decided",
    "The change is approved, refused or withdrawn already",
);
/// What was in force when the change was asked for is not any more.
pub const RESOURCE_CHANGE_OVERTAKEN: Code = Code::new(
    409,
    "resource_change_overtaken",
    "What was in force when this was asked for has changed since: refuse it, and have it asked for again",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[
    RESOURCE_NOT_FOUND,
    WORKER_NOT_FOUND,
    RESOURCE_OUTSIDE_AREA,
    RESOURCE_ALREADY_LISTED,
    RESOURCE_KEPT_BY_OFFICE,
    AGREEMENT_NOT_FOUND,
    AGREEMENT_ENDED,
    RESOURCE_CHANGE_NOT_FOUND,
    RESOURCE_CHANGE_PENDING,
    RESOURCE_CHANGE_DECIDED,
    RESOURCE_CHANGE_OVERTAKEN,
];
