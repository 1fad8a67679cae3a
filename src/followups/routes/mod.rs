//! `/orders/{id}/follow-ups`, `/follow-ups/due`, `/second-asks`, `/disputes`.

mod disputes;
mod second;
mod surveys;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    surveys::routes(config);
    second::routes(config);
    disputes::routes(config);
}
