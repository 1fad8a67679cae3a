//! The words of an order: what happens to it ([`OrderEvent`], [`OrderState`]), as it is sent, and as it stands.

mod seen;
mod sent;
mod state;

pub use seen::{Offer, OfferStatus, Order, OrderEventLine, OrderFile, RevealedPhones};
pub use sent::{
    Arrival, Cancellation, Choice, Completion, Happened, NewOrder, NewSchedule, OfferNext, OrderReason,
    PhoneField, RevealPhones,
};
pub use state::{
    CancelledBy, InvalidTransition, OrderEvent, OrderState, OrderStatus, REFUSALS_TO_REFER, replay,
};
