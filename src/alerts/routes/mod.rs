//! `/alerts`, `/events`, `/webhooks`.

mod events;
mod own;
mod webhooks;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    own::routes(config);
    events::routes(config);
    webhooks::routes(config);
}
