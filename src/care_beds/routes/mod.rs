//! `/care-beds`, `/care-bed-findings` and `/care-bed-measures`.

mod apply;
mod build;
mod inspect;
mod read;
mod serve;

use crate::permission;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    apply::routes(config);
    read::routes(config);
    build::routes(config);
    serve::routes(config);
    inspect::routes(config);
}

permission!(
    /// Who keeps the files of care beds.
    Keepers = Steward | Officer
);
