//! The top of the tower: which routes, jobs and error codes the domains bring.

use crate::{alerts, audit, auth, error::Code, http, jobs, state::AppState, sync};
use actix_http::Request;
use actix_service::{IntoServiceFactory, ServiceFactory, boxed};
use actix_web::{
    App, Error,
    dev::{ServiceRequest, ServiceResponse},
    middleware::from_fn,
    web,
};
use utoipa_actix_web::AppExt;
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
            .configure(sync::routes::routes)
            .configure(crate::statistics::routes::routes),
    );
}

/// The operations with what they work with; around them a server puts what it serves besides.
pub fn api(
    state: &web::Data<AppState>,
    feed: &web::Data<alerts::Feed>,
) -> App<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = Error, InitError = ()>
    + use<>,
> {
    let (api, _) = App::new().into_utoipa_app().configure(routes).split_for_parts();
    api.app_data(web::Data::clone(state))
        .app_data(web::Data::clone(feed))
        .app_data(
            web::PathConfig::default().error_handler(|_, _| crate::error::NO_SUCH_PATH.problem().into()),
        )
}

/// The same operations once more, to be called in-process: an item of a phone's outbox is done by the very handler that answers the
/// ordinary request.
pub fn within(state: &web::Data<AppState>, feed: &web::Data<alerts::Feed>) -> sync::Within {
    let (state, feed) = (web::Data::clone(state), web::Data::clone(feed));
    sync::Within::new(move || {
        let app = api(&state, &feed).wrap(from_fn(http::problems));
        let made = IntoServiceFactory::<_, Request>::into_factory(app).new_service(Default::default());
        Box::pin(async move { made.await.map(boxed::service) })
    })
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
        sync::CODES,
        crate::statistics::CODES,
    ]
}

/// The contract as pretty JSON, as it is committed in `api-spec/openapi.json`.
pub fn openapi_text() -> String {
    let (_, mut openapi) = App::new().into_utoipa_app().configure(routes).split_for_parts();
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
