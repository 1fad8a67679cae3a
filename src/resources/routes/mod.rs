//! `/resources`, `/resource-agreements` and `/resource-changes`.

mod agreements;
mod changes;
mod entry;
mod import;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations. Fixed paths come before `/resources/{id}`.
pub fn routes(config: &mut ServiceConfig<'_>) {
    import::routes(config);
    entry::routes(config);
    agreements::routes(config);
    changes::routes(config);
}
