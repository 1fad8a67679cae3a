//! The HTTP server: what is mounted around the domains' routes, and how it starts and stops.

use crate::{
    app, audit,
    db::statement,
    error::Problem,
    http::{problems, web_app::web_app},
    state::AppState,
};
use actix_web::{
    HttpResponse, HttpServer,
    dev::{Server, ServiceRequest, ServiceResponse},
    get,
    middleware::{Compress, DefaultHeaders, from_fn},
    web,
};
use diesel_async::RunQueryDsl;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::{net::TcpListener, sync::OnceLock, time::Duration};
use tokio::signal::unix::{SignalKind, signal};
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder, TracingLogger};

/// Serves on a socket that is already bound. It runs when awaited; its handle stops it after the requests in flight are
/// answered. Streams have no end of their own: tell `state.stopping` first.
///
/// # Errors
/// When the threads cannot be started.
pub fn serve(state: AppState, listener: TcpListener) -> std::io::Result<Server> {
    metrics_handle();
    let http = state.config.http.clone();
    let feed = app::feed(&state);
    let data = web::Data::new(state);
    let mut server = HttpServer::new(move || {
        app::api(&data, &feed)
            .app_data(app::within(&data, &feed))
            .service(health)
            .service(ready)
            .service(metrics_page)
            .service(openapi)
            .service(docs_redirect)
            .service(
                utoipa_swagger_ui::SwaggerUi::new("/api/docs/{_:.*}")
                    .config(utoipa_swagger_ui::Config::from("/api/openapi.json").use_base_layout()),
            )
            .default_service(web::to(web_app))
            .wrap(from_fn(problems))
            .wrap(
                DefaultHeaders::new()
                    .add(("x-content-type-options", "nosniff"))
                    .add(("referrer-policy", "no-referrer"))
                    .add(("x-frame-options", "DENY"))
                    .add(("cache-control", "no-store")),
            )
            .wrap(Compress::default())
            .wrap(TracingLogger::<NothingPersonal>::new())
    })
    .disable_signals()
    .shutdown_timeout(http.shutdown.as_secs())
    .client_request_timeout(Duration::from_secs(10))
    .keep_alive(Duration::from_secs(75));
    if let Some(workers) = http.workers {
        server = server.workers(workers);
    }
    Ok(server.listen(listener)?.run())
}

/// The span of a request: method, route pattern, status, id. Never the path or query themselves, which may hold a name.
struct NothingPersonal;

impl RootSpanBuilder for NothingPersonal {
    fn on_request_start(request: &ServiceRequest) -> Span {
        use actix_web::HttpMessage;
        let id = request
            .extensions()
            .get::<RequestId>()
            .map(ToString::to_string)
            .unwrap_or_default();
        let route = request.match_pattern().unwrap_or_else(|| "unmatched".to_owned());
        tracing::info_span!("request", method = %request.method(), route, request_id = id, status = tracing::field::Empty)
    }

    fn on_request_end<B: actix_web::body::MessageBody>(
        span: Span,
        outcome: &Result<ServiceResponse<B>, actix_web::Error>,
    ) {
        let status = match outcome {
            Ok(response) => response.status().as_u16(),
            Err(error) => error.as_response_error().status_code().as_u16(),
        };
        span.record("status", status);
    }
}

/// The process is alive.
#[get("/healthz")]
async fn health() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// The database answers.
#[get("/readyz")]
async fn ready(state: web::Data<AppState>) -> Result<HttpResponse, Problem> {
    let mut conn = state.pool.get().await?;
    statement("SELECT 1").execute(&mut *conn).await?;
    Ok(HttpResponse::Ok().content_type("text/plain").body("ready\n"))
}

fn metrics_handle() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another metrics recorder is in place");
        }
        handle
    })
}

/// Prometheus text.
#[get("/metrics")]
async fn metrics_page(state: web::Data<AppState>) -> HttpResponse {
    let (open, idle) = state.pool.in_use();
    metrics::gauge!("steward_pool_connections").set(open as f64);
    metrics::gauge!("steward_pool_idle").set(idle as f64);
    let handle = metrics_handle();
    handle.run_upkeep();
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(handle.render())
}

/// The contract.
#[get("/api/openapi.json")]
async fn openapi() -> HttpResponse {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    HttpResponse::Ok()
        .content_type("application/json")
        .body(DOCUMENT.get_or_init(app::openapi_text).as_str())
}

#[get("/api/docs")]
async fn docs_redirect() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header(("location", "/api/docs/"))
        .finish()
}

/// Hears from now on, and ends at, `SIGINT` or `SIGTERM`.
///
/// # Errors
/// What the operating system said.
pub fn told_to_stop() -> Result<impl Future<Output = ()>, String> {
    let mut terminate = signal(SignalKind::terminate()).map_err(|e| e.to_string())?;
    Ok(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Runs server and, where the settings say so, worker, until `SIGINT` or `SIGTERM`.
///
/// # Errors
/// A sentence that says why it cannot start or went down.
pub async fn run(state: AppState) -> Result<(), String> {
    let listen = state.config.http.listen;
    let listener = TcpListener::bind(listen).map_err(|e| format!("cannot listen on {listen}: {e}"))?;
    let stopping = state.stopping.clone();
    let worker = state.config.worker.enabled.then(|| {
        let worker = crate::jobs::Worker::new(state.clone(), app::jobs());
        actix_web::rt::spawn(worker.run(stopping.subscribe()))
    });
    let listen = listener.local_addr().map_err(|e| e.to_string())?;
    tracing::info!(%listen, worker = worker.is_some(), "serving");
    let trail: audit::Trail = state.trail.clone();
    let server = serve(state, listener).map_err(|e| e.to_string())?;
    let (handle, told) = (server.handle(), stopping.clone());
    let told_to_stop = told_to_stop()?;
    actix_web::rt::spawn(async move {
        told_to_stop.await;
        told.send_replace(true);
        handle.stop(true).await;
    });
    let served = server.await.map_err(|e| e.to_string());
    stopping.send_replace(true);
    if let Some(worker) = worker {
        let _ = worker.await;
    }
    // What the last requests left in the inbox goes into the chain before the process ends.
    let _ = trail.append(Vec::new()).await;
    tracing::info!("stopped");
    served
}
