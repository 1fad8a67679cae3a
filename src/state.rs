//! What every request and every job of this process shares.

use crate::{
    audit::Trail,
    clock::Clock,
    config::{Config, DatabaseConfig},
    db::Pool,
    error::Problem,
};
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};

/// Shared state; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The settings.
    pub config: Arc<Config>,
    /// The pool of connections.
    pub pool: Pool,
    /// Time and randomness.
    pub clock: Clock,
    /// The audit trail's appender.
    pub trail: Trail,
    /// Bounds how many password hashes are computed at once.
    pub hashing: Arc<Semaphore>,
    /// Becomes true when the process is to stop: what goes on for ever ends then.
    pub stopping: watch::Sender<bool>,
}

impl AppState {
    /// Connects to the database and starts the audit appender on the current runtime.
    ///
    /// # Errors
    /// 503 when the database cannot be reached.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, Problem> {
        let pool = Pool::connect(&config.database).await?;
        // The appender has a connection to itself: requests wait for it, and must not be able to keep it from working.
        let own = Pool::connect(&DatabaseConfig {
            pool_size: 1,
            ..config.database.clone()
        })
        .await?;
        Ok(Self {
            trail: Trail::start(own),
            hashing: Arc::new(Semaphore::new(config.login.hash_permits)),
            stopping: watch::Sender::new(false),
            config: Arc::new(config),
            pool,
            clock,
        })
    }
}
