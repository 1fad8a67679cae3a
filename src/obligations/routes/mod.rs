//! `/obligations` and why one was missed, `/elders/{id}/{standing,events}` and `/risk-weights`.

mod elders;
mod missed;
mod weights;
mod worklist;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    worklist::routes(config);
    missed::routes(config);
    elders::routes(config);
    weights::routes(config);
}
