//! Service orders: a need given to a provider, from the request to the end of its last rework.
//!
//! ```text
//! requested ─→ offered ─→ accepted ─→ scheduled ─→ in_service ─→ completed ─→ followed_up ─→ closed
//!     │           │           └─────────┴─ returned: the next candidate          │       ↑
//!     │           ├ declined, expired: the next candidate                        └→ reworking ─→ (the chain's last satisfies)
//!     │           └ two refusals: referred ─→ a named officer decides
//!     ├ nobody left: unmet ─→ offered, when somebody is found
//!     └ cancelled, from any state before completed
//! ```
//!
//! An order is what its **events** made of it: every change is one event, the row's `version` counts them, and
//! [`model::replay`] of the events gives the row again. A **rework** is an order of its own, linked to the one it does again:
//! next round, same case, no charge, own deadlines. Five **clocks** run, each with its deadline from the menu: the elder's from
//! request to completion, which nothing stops, and those of acceptance, arrival, finish and follow-up, of which the party that
//! waits may be excused by a pause with a reason.
//!
//! **Dispatch** is explainable: [`dispatch`] says for every provider of the item why it may or may not have the order, and in
//! which order they are asked; an offer keeps the figures it was made on.

pub mod clocks;
pub mod dispatch;
pub mod gaps;
pub mod jobs;
pub mod model;
pub mod quality;
pub mod queries;
pub mod routes;

use crate::error::Code;

/// No such order, or none that the actor may know of.
pub const ORDER_NOT_FOUND: Code = Code::new(404, "order_not_found", "There is no such order in your area");
/// The order's state does not allow it.
pub const ORDER_STATE: Code = Code::new(
    409,
    "order_state",
    "The order is in a state that does not allow this",
);
/// The id stands for another order.
pub const ORDER_ALREADY_REQUESTED: Code = Code::new(
    409,
    "order_already_requested",
    "Another order was requested under this id",
);
/// The menu has the item delivered by stewards.
pub const ITEM_NOT_ORDERED: Code = Code::new(
    422,
    "item_not_ordered",
    "This item is delivered by the steward: solve the need instead",
);
/// A referred order waits for an officer.
pub const ORDER_IS_REFERRED: Code = Code::new(
    403,
    "order_is_referred",
    "Two providers refused: an officer decides now",
);
/// The organisation may not have the order.
pub const PROVIDER_NOT_ELIGIBLE: Code = Code::new(
    422,
    "provider_not_eligible",
    "This organisation may not have the order",
);
/// There is no offer that can be answered.
pub const NO_OPEN_OFFER: Code = Code::new(
    409,
    "no_open_offer",
    "There is no open offer of this order to your organisation",
);
/// The worker cannot be sent.
pub const WORKER_NOT_FIT: Code = Code::new(
    422,
    "worker_not_fit",
    "The worker is not active or lacks a valid qualification for this item",
);
/// The clock does not run, or is the elder's.
pub const CLOCK_NOT_PAUSABLE: Code = Code::new(
    409,
    "clock_not_pausable",
    "This clock does not run, or may not be stopped",
);
/// No such case, or none that the actor may know of.
pub const QUALITY_CASE_NOT_FOUND: Code = Code::new(
    404,
    "quality_case_not_found",
    "There is no such quality case in your area",
);
/// The case is closed.
pub const QUALITY_CASE_CLOSED: Code =
    Code::new(409, "quality_case_closed", "The quality case is closed already");

/// The domain's error codes.
pub const CODES: &[Code] = &[
    ORDER_NOT_FOUND,
    ORDER_STATE,
    ORDER_ALREADY_REQUESTED,
    ITEM_NOT_ORDERED,
    ORDER_IS_REFERRED,
    PROVIDER_NOT_ELIGIBLE,
    NO_OPEN_OFFER,
    WORKER_NOT_FIT,
    CLOCK_NOT_PAUSABLE,
    QUALITY_CASE_NOT_FOUND,
    QUALITY_CASE_CLOSED,
];
