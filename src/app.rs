//! The top of the tower: which routes, jobs and error codes the domains bring.

use crate::{alerts, audit, auth, error::Code, http, jobs, state::AppState};
use actix_web::web;
use utoipa_actix_web::service_config::ServiceConfig;

/// Everything below `/api/v1`.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(
        utoipa_actix_web::scope("/api/v1")
            .configure(auth::routes::routes)
            .configure(audit::routes::routes)
            .configure(jobs::routes::routes)
            .configure(alerts::routes::routes)
            .configure(crate::areas::routes::routes)
            .configure(crate::staff::routes::routes)
            .configure(crate::elders::routes::routes)
            .configure(crate::menu::routes::routes)
            .configure(crate::attachments::routes::routes)
            .configure(crate::resources::routes::routes)
            .configure(crate::obligations::routes::routes)
            .configure(crate::teams::routes::routes)
            .configure(crate::campaigns::routes::routes)
            .configure(crate::policies::routes::routes)
            .configure(crate::needs::routes::routes)
            .configure(crate::roster::routes::routes)
            .configure(crate::orders::routes::routes)
            .configure(crate::hazards::routes::routes)
            .configure(crate::emergencies::routes::routes)
            .configure(crate::visits::routes::routes)
            .configure(crate::followups::routes::routes)
            .configure(crate::care_beds::routes::routes)
            .configure(crate::outreach::routes::routes)
            .configure(crate::statistics::routes::routes),
    );
}

/// What the streams of this process share.
pub fn feed(state: &AppState) -> web::Data<alerts::Feed> {
    web::Data::new(alerts::Feed::new(state.clone()))
}

/// The handlers of every kind of job.
pub fn jobs() -> jobs::Registry {
    let registry = jobs::sweep::register(jobs::Registry::default());
    let registry = alerts::jobs::register(registry);
    let registry = crate::staff::jobs(registry);
    let registry = crate::obligations::jobs::register(registry);
    let registry = crate::campaigns::jobs::register(registry);
    let registry = crate::orders::jobs::register(registry);
    let registry = crate::hazards::jobs::register(registry);
    let registry = crate::emergencies::jobs::register(registry);
    crate::care_beds::jobs::register(registry)
}

/// Every domain's error codes.
pub fn codes() -> Vec<&'static [Code]> {
    vec![
        auth::routes::CODES,
        audit::routes::CODES,
        jobs::routes::CODES,
        alerts::CODES,
        crate::areas::CODES,
        crate::staff::CODES,
        crate::sheet::CODES,
        crate::elders::CODES,
        crate::elders::assessment::CODES,
        crate::menu::CODES,
        crate::attachments::CODES,
        crate::resources::CODES,
        crate::obligations::CODES,
        crate::teams::CODES,
        crate::campaigns::CODES,
        crate::policies::CODES,
        crate::needs::CODES,
        crate::roster::CODES,
        crate::orders::CODES,
        crate::hazards::CODES,
        crate::emergencies::CODES,
        crate::visits::CODES,
        crate::followups::CODES,
        crate::care_beds::CODES,
        crate::outreach::CODES,
        crate::statistics::CODES,
    ]
}

/// The contract as pretty JSON, as it is committed in `api-spec/openapi.json`.
pub fn openapi_text() -> String {
    use utoipa_actix_web::AppExt;
    let (_, mut openapi) = actix_web::App::new()
        .into_utoipa_app()
        .configure(routes)
        .split_for_parts();
    let components = openapi.components.get_or_insert_default();
    <crate::error::ProblemBody<'_> as utoipa::ToSchema>::schemas(&mut Vec::new());
    components.schemas.insert(
        "ProblemBody".to_owned(),
        <crate::error::ProblemBody<'_> as utoipa::PartialSchema>::schema(),
    );
    components.schemas.insert(
        "FieldProblem".to_owned(),
        <crate::error::FieldProblem as utoipa::PartialSchema>::schema(),
    );
    let mut text = serde_json::to_string_pretty(&http::document(&openapi, &codes())).unwrap_or_default();
    text.push('\n');
    text
}
