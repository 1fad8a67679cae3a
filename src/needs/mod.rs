//! What elders ask for, under one of the eight items.
//!
//! A need is collected on a visit (the visit log writes it with the visit) or in a call. It ends as **solved** on the spot,
//! with how; **ordered**, when a service order is made of it; or **withdrawn**, with why. A cancelled order gives it back.
//!
//! ```text
//! open ─→ solved | withdrawn
//!   └───→ ordered ─→ open (the order was cancelled)
//! ```

pub mod model;
pub mod queries;
pub mod routes;

use crate::error::Code;

/// No such need, or none that the actor may know of.
pub const NEED_NOT_FOUND: Code = Code::new(404, "need_not_found", "There is no such need in your area");
/// The need has ended.
pub const NEED_NOT_OPEN: Code = Code::new(
    409,
    "need_not_open",
    "The need is solved, ordered or withdrawn already",
);
/// The id stands for another need.
pub const NEED_ALREADY_COLLECTED: Code = Code::new(
    409,
    "need_already_collected",
    "Another need was collected under this id",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[NEED_NOT_FOUND, NEED_NOT_OPEN, NEED_ALREADY_COLLECTED];
