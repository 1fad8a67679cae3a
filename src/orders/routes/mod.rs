//! `/orders`, `/offers`, `/quality-cases` and `/service-gaps`.

mod gaps;
mod provider;
mod quality;
mod staff;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .configure(staff::routes)
        .configure(provider::routes)
        .configure(quality::routes)
        .configure(gaps::routes);
}
