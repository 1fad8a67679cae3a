//! `/hazards` and `/check-points`.

mod follow;
mod read;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    read::routes(config);
    follow::routes(config);
    super::check_points::routes::routes(config);
}
