//! `/sync`.

mod caseload;
mod counts;
mod outbox;
mod profile;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    outbox::routes(config);
    caseload::routes(config);
    profile::routes(config);
    counts::routes(config);
}
