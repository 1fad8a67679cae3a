//! Publicity events: where policies are made known, on which channel, to how many, and to how many of them they were explained.
//!
//! An event lies in a community, or in a whole division that an officer has; it is recorded by a steward or officer, and idempotent by
//! the id that the phone gave. A correction is a new version under an id of its own, with its reason; the old one is kept, and only
//! the newest counts. What did not take place is withdrawn, with its reason, and counts no more. Whoever has the place may correct
//! and withdraw: the trail says who did.
//!
//! Policies stand with the version in force on the day of the event. Advice at home belongs to the visit.
//!
//! ```text
//! recorded ─→ superseded    a newer version stands in its place
//!        └──→ withdrawn     the newest version counts no more
//! ```

pub mod model;
pub mod queries;
pub mod routes;

use crate::error::Code;

/// No such event, or none that the actor may know of.
pub const PUBLICITY_EVENT_NOT_FOUND: Code = Code::new(
    404,
    "publicity_event_not_found",
    "There is no such publicity event in your area",
);
/// The place is not the actor's.
pub const PUBLICITY_PLACE_NOT_FOUND: Code = Code::new(
    404,
    "publicity_place_not_found",
    "There is no such community or division in your area",
);
/// The id stands for another event.
pub const PUBLICITY_EVENT_ALREADY_RECORDED: Code = Code::new(
    409,
    "publicity_event_already_recorded",
    "Another publicity event was recorded under this id",
);
/// A newer version stands in its place.
pub const PUBLICITY_EVENT_SUPERSEDED: Code = Code::new(
    409,
    "publicity_event_superseded",
    "This version was corrected already: correct the newest",
);
/// The event was withdrawn.
pub const PUBLICITY_EVENT_WITHDRAWN: Code = Code::new(
    409,
    "publicity_event_withdrawn",
    "The publicity event was withdrawn",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[
    PUBLICITY_EVENT_NOT_FOUND,
    PUBLICITY_PLACE_NOT_FOUND,
    PUBLICITY_EVENT_ALREADY_RECORDED,
    PUBLICITY_EVENT_SUPERSEDED,
    PUBLICITY_EVENT_WITHDRAWN,
];
