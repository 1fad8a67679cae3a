//! The app as a service that is called in-process.

use crate::{error::Problem, http::Fingerprint};
use actix_http::{BoxedPayloadStream, Request};
use actix_service::{Service, boxed::BoxService};
use actix_web::{
    Error, HttpMessage, HttpRequest,
    body::{BoxBody, to_bytes},
    dev::{Payload, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    web::Bytes,
};
use futures_util::{future::LocalBoxFuture, stream};
use serde_json::Value;
use std::{future::ready, rc::Rc};
use tokio::sync::OnceCell;
use tracing_actix_web::RequestId;
use uuid::Uuid;

type Operations = BoxService<Request, ServiceResponse<BoxBody>, Error>;
type Make = dyn Fn() -> LocalBoxFuture<'static, Result<Operations, ()>>;

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The operations of this thread, made when they are first called.
#[derive(Clone)]
pub struct Within(Rc<Lazy>);

struct Lazy {
    make: Box<Make>,
    made: OnceCell<Operations>,
}

/// What an operation answered.
pub(super) struct Answered {
    /// The HTTP status.
    pub status: StatusCode,
    /// The body, where there is one.
    pub body: Option<Value>,
}

impl Within {
    /// Operations that `make` makes.
    pub fn new(make: impl Fn() -> LocalBoxFuture<'static, Result<Operations, ()>> + 'static) -> Self {
        Self(Rc::new(Lazy {
            make: Box::new(make),
            made: OnceCell::new(),
        }))
    }

    /// Posts `body` to `path` for whoever sent `outer`, in the same request of the trail, under this key. The caller holds no
    /// connection meanwhile: the operation takes one.
    ///
    /// # Errors
    /// A fault of ours when it cannot be called; what the operation itself refuses is its answer.
    pub(super) async fn post(
        &self,
        outer: &HttpRequest,
        path: &str,
        (key, fingerprint): (Uuid, Fingerprint),
        body: &Value,
    ) -> Result<Answered, Problem> {
        let operations = self
            .0
            .made
            .get_or_try_init(|| (self.0.make)())
            .await
            .map_err(|()| Problem::internal("the operations could not be made"))?;
        let bytes = Bytes::from(serde_json::to_vec(body).map_err(Problem::internal)?);
        let payload: BoxedPayloadStream = Box::pin(stream::once(ready(Ok(bytes))));
        let mut request: Request = Request::with_payload(Payload::Stream { payload });
        let head = request.head_mut();
        head.method = Method::POST;
        head.uri = path.parse().map_err(Problem::internal)?;
        if let Some(token) = outer.headers().get(header::AUTHORIZATION) {
            head.headers.insert(header::AUTHORIZATION, token.clone());
        }
        head.headers
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let key = HeaderValue::from_str(&key.to_string()).map_err(Problem::internal)?;
        head.headers.insert(IDEMPOTENCY_KEY.clone(), key);
        let id = outer.extensions().get::<RequestId>().copied();
        if let Some(id) = id {
            request.extensions_mut().insert(id);
        }
        request.extensions_mut().insert(fingerprint);
        let response = operations
            .call(request)
            .await
            .map_err(|error| Problem::internal(error.to_string()))?;
        let status = response.status();
        let bytes = to_bytes(response.into_body())
            .await
            .map_err(|error| Problem::internal(error.to_string()))?;
        let body = (!bytes.is_empty())
            .then(|| serde_json::from_slice(&bytes))
            .transpose()
            .map_err(Problem::internal)?;
        Ok(Answered { status, body })
    }
}
