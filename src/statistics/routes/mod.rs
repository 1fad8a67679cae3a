//! The operations on figures and on frozen months.

mod figures;
mod months;
mod weekly;

use super::queries::Viewer;
use crate::{calendar::Month, error::Problem, tx::Actor};
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    figures::routes(config);
    months::routes(config);
    weekly::routes(config);
}

fn month_of(text: &str) -> Result<Month, Problem> {
    text.parse()
        .map_err(|_| Problem::field("month", "is written 2024-01"))
}

fn viewer(actor: &Actor) -> Viewer {
    Viewer::Account(actor.id)
}
