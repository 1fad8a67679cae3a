//! Who is asking: log-in, tokens, and the one extractor through which a handler gets actor, connection and clock.
//!
//! Passwords are argon2id on a bounded pool. Access tokens (JWT, 15 minutes) name account, role and session; refresh tokens
//! rotate, and a used one that comes again ends its session. Failed log-ins lock the account for a while. Whoever has a
//! second factor (TOTP) gives its code at log-in; each code works once. A log-in that must change its password or enrol a
//! second factor first has a token that permits nothing else.
//!
//! A disabled account has no session, no scope in any statement, and is turned away by [`Ctx`] where no statement has a scope.

mod credentials;
mod ctx;
pub mod password;
pub mod permission;
pub mod queries;
pub mod routes;
pub mod token;
pub mod totp;

pub use ctx::Ctx;
pub use permission::{
    Admin, Anyone, Auditor, Casework, CaseworkOrProvider, Duty, Enrolling, Figures, Officer, Permission,
    Provider, Settling, Steward,
};
