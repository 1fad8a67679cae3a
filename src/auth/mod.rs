//! Who is asking: log-in, tokens, and the one extractor through which a handler gets actor, connection and clock.
//!
//! Passwords are argon2id on a bounded pool. Access tokens (JWT, 15 minutes) name account, role and session; refresh tokens
//! rotate, and a used one that comes again ends its session. Failed log-ins lock the account for a while.

mod ctx;
pub mod password;
pub mod permission;
pub mod queries;
pub mod routes;
pub mod token;

pub use ctx::Ctx;
pub use permission::{
    Admin, Anyone, Auditor, Casework, CaseworkOrProvider, Duty, Figures, Officer, Permission, Provider,
    Steward,
};
