//! The domain's operations.

mod leaves;
mod stewards;
mod users;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    users::routes(config);
    stewards::routes(config);
    leaves::routes(config);
}
