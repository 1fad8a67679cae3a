//! `/elders`, `/households`, `/elder-merges` and `/categories`.

mod file;
mod import;
mod merge;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations. Fixed paths come before `/elders/{id}`.
pub fn routes(config: &mut ServiceConfig<'_>) {
    import::routes(config);
    merge::routes(config);
    file::routes(config);
}
