//! The domain's operations.

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(_config: &mut ServiceConfig<'_>) {}
