//! The middleware that gives every request its id and every problem its body.

use crate::error::{self, Problem};
use actix_web::{
    Error, HttpMessage, HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue, RETRY_AFTER},
    middleware::Next,
};
use tracing_actix_web::RequestId;
use uuid::Uuid;

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request, as it stands in logs, audit rows and answers.
pub fn request_id(request: &HttpRequest) -> Option<Uuid> {
    request.extensions().get::<RequestId>().map(|id| Uuid::from(*id))
}

/// Writes problems as `application/problem+json` with the request's id, and logs the server's own faults, once.
///
/// # Errors
/// None of its own: what a service says becomes an answer.
pub async fn problems(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = std::time::Instant::now();
    let route = request.match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let method = request.method().to_string();
    let mut response = next.call(request).await?.map_into_boxed_body();
    let id = request_id(response.request());
    if let Some(problem) = problem_of(&response) {
        if problem.code.status >= 500 {
            tracing::error!(request_id = ?id, problem = %problem, "the server could not do what it was asked");
        }
        let body = serde_json::to_vec(&problem.body(id)).unwrap_or_default();
        let passing = problem.is_passing();
        let status = actix_web::ResponseError::status_code(&problem);
        let mut rewritten = actix_web::HttpResponse::build(status)
            .content_type("application/problem+json")
            .body(body);
        if passing {
            rewritten
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        if let Some(allow) = response.headers().get(actix_web::http::header::ALLOW) {
            rewritten
                .headers_mut()
                .insert(actix_web::http::header::ALLOW, allow.clone());
        }
        response = ServiceResponse::new(response.request().clone(), rewritten);
    }
    if let Some(value) = id.and_then(|id| HeaderValue::from_str(&id.to_string()).ok()) {
        response.headers_mut().insert(X_REQUEST_ID.clone(), value);
    }
    metrics::histogram!("steward_http_seconds", "method" => method, "route" => route, "status" => response.status().as_u16().to_string())
        .record(started.elapsed().as_secs_f64());
    Ok(response)
}

/// The problem behind an answer: ours, or actix's own said in our words.
fn problem_of(response: &ServiceResponse<BoxBody>) -> Option<Problem> {
    let status = response.status();
    if let Some(error) = response.response().error() {
        if let Some(problem) = error.as_error::<Problem>() {
            return Some(Problem {
                code: problem.code,
                detail: problem.detail.clone(),
                fields: problem.fields.clone(),
                source: problem.source.as_ref().map(|s| s.to_string().into()),
            });
        }
        let code = match status.as_u16() {
            404 => error::NO_SUCH_PATH,
            405 => error::METHOD_NOT_ALLOWED,
            413 => error::TOO_LARGE,
            400..=499 => error::MALFORMED,
            _ => return Some(Problem::internal(error.to_string())),
        };
        return Some(if status.as_u16() == 404 {
            code.problem()
        } else {
            code.with(error.to_string())
        });
    }
    let plain = !response
        .headers()
        .contains_key(actix_web::http::header::CONTENT_TYPE);
    match status.as_u16() {
        404 if plain => Some(error::NO_SUCH_PATH.problem()),
        405 if plain => Some(error::METHOD_NOT_ALLOWED.problem()),
        _ => None,
    }
}
