//! `/policies`, `/elders/{id}/policies`, `/policy-applications`.

mod applications;
mod elder;
mod library;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(elder::to_do)
        .service(elder::of_elder)
        .service(elder::snooze)
        .service(library::list)
        .service(library::create)
        .service(library::get)
        .service(library::revise)
        .service(applications::apply)
        .service(applications::list)
        .service(applications::decide)
        .service(applications::stop);
}
