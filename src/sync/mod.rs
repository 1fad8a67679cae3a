//! The phone without signal: what it may hold, and what it sends when it is back.
//!
//! **The outbox.** A phone keeps what its steward did as items: an operation of the contract, its path and its body. It sends them in
//! batches; each is done by the handler of the ordinary operation, called in-process with the steward's own token and the item's id as
//! its `Idempotency-Key`, in a transaction of its own. So an item is validated, scoped, audited and refused exactly as the ordinary
//! request is. What was done has a receipt, and the phone deletes an item only after it.
//!
//! | status | what the phone does |
//! | --- | --- |
//! | `received` | deletes the item |
//! | `refused` | keeps it and shows it to a person |
//! | `held` | keeps it: what it follows has not been received yet |
//! | `later` | sends it again as it is |
//!
//! An item goes by its id and its content, without the device's present time. If the process dies between operation and receipt, the
//! item comes again, and the operation's own idempotency answers it.
//!
//! **The clock.** A device tells when something happened and what its own clock says when it sends. The difference is taken from every
//! time in the body: a phone that is two days off still lands on the right day.
//!
//! **The caseload.** Everything that the steward may hold, by household. Its cursor is neither a time nor a transaction: it is the list
//! of the keyed hashes of what the phone holds, and the answer brings what differs. State is compared, so that a change which
//! committed late cannot be skipped. The phones of elders and contacts are in it in full, because a steward has to call without
//! signal: each elder whose entry is delivered has a row of the audit trail.
//!
//! **Fields of a file.** An edit says of each field what the phone showed. Different fields merge; where the file has another value
//! meanwhile, both are kept for an officer's decision and the file shows the more cautious one:
//!
//! | field | shown meanwhile |
//! | --- | --- |
//! | birth_date | the earlier day: older is visited more often |
//! | phone, health_note | the one that says something, where the other is empty |
//! | health_note | both texts, where they fit |
//! | everything else | what the file says |
//!
//! **The counts.** At the day's end the phone tells how many receipts it holds. Where the service counts otherwise, or an item has been
//! waiting for days, somebody has to look: a ticket.

pub mod model;
pub mod operations;
pub mod queries;
pub mod routes;
mod within;

pub use within::Within;

use crate::error::Code;
use chrono::Duration;

/// How long an item may wait on a phone before somebody is told.
pub const STUCK_AFTER: Duration = Duration::days(3);

/// The item was received under this id with another content.
pub const OUTBOX_ITEM_CHANGED: Code = Code::new(
    409,
    "outbox_item_changed",
    "This item was received already, with another content",
);
/// The item's form is newer than this service.
pub const OUTBOX_SCHEMA_UNKNOWN: Code = Code::new(
    422,
    "outbox_schema_unknown",
    "This form of an item is newer than the service knows",
);
/// The operation is none that an outbox carries.
pub const OUTBOX_OPERATION_UNKNOWN: Code = Code::new(
    422,
    "outbox_operation_unknown",
    "This operation does not travel in an outbox",
);
/// The id stands for another edit.
pub const PROFILE_EDIT_ALREADY_MADE: Code = Code::new(
    409,
    "profile_edit_already_made",
    "Another edit was made under this id",
);
/// No such conflict, or none that the actor may know of.
pub const PROFILE_CONFLICT_NOT_FOUND: Code = Code::new(
    404,
    "profile_conflict_not_found",
    "There is no such conflict in your area",
);
/// Somebody decided already.
pub const PROFILE_CONFLICT_DECIDED: Code = Code::new(
    409,
    "profile_conflict_decided",
    "This conflict was decided already",
);
/// No such ticket, or none that the actor may know of.
pub const SYNC_TICKET_NOT_FOUND: Code = Code::new(
    404,
    "sync_ticket_not_found",
    "There is no such ticket in your area",
);
/// Somebody closed it already.
pub const SYNC_TICKET_CLOSED: Code = Code::new(409, "sync_ticket_closed", "This ticket was closed already");

/// The domain's error codes.
pub const CODES: &[Code] = &[
    OUTBOX_ITEM_CHANGED,
    OUTBOX_SCHEMA_UNKNOWN,
    OUTBOX_OPERATION_UNKNOWN,
    PROFILE_EDIT_ALREADY_MADE,
    PROFILE_CONFLICT_NOT_FOUND,
    PROFILE_CONFLICT_DECIDED,
    SYNC_TICKET_NOT_FOUND,
    SYNC_TICKET_CLOSED,
];
