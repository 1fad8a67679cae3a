//! What every operation's request and answer have in common.

mod answer;
mod body;
mod openapi;
mod page;
mod problems;
pub mod server;
mod web_app;

pub use answer::{Answer, IfMatch, etag};
pub use body::{Body, Empty, Fingerprint, Params, given};
pub use openapi::{Example, document};
pub use page::{Page, PageQuery, cursor};
pub use problems::{problems, request_id};
