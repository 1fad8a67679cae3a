//! A file as the body of a request, and a workbook as its answer.

use super::{Form, MAX_BYTES, Row, fingerprint, reader};
use crate::{
    auth::{Ctx, Permission},
    config::SheetConfig,
    error::{MALFORMED, Problem, TOO_LARGE},
    http::Fingerprint,
};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, http::header, web};
use futures_util::{StreamExt, future::LocalBoxFuture};
use garde::Validate;
use serde::Deserialize;
use std::marker::PhantomData;
use utoipa::IntoParams;

/// How to import.
// A misspelt `dry_run` must not import.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ImportQuery {
    /// Only say what would become of the list.
    #[garde(skip)]
    #[serde(default)]
    pub dry_run: bool,
}

/// A workbook to be kept under this name.
pub fn workbook(bytes: Vec<u8>, name: &str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ))
        .body(bytes)
}

/// A file of at most 10 MB, from somebody with the permission.
///
/// Who asks is settled before the first byte is read, and no connection is held while a slow line delivers the file or while
/// it is being read: the handler asks for its context when it needs it.
pub struct Upload<P> {
    bytes: web::Bytes,
    /// Its SHA-256.
    pub sha256: [u8; 32],
    sheets: SheetConfig,
    request: HttpRequest,
    permission: PhantomData<P>,
}

impl<P: Permission> FromRequest for Upload<P> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let sheets = Ctx::<P>::extract(&request).await?.state.config.sheets.clone();
            let mut bytes = web::BytesMut::new();
            while let Some(chunk) = payload.next().await {
                let chunk = chunk.map_err(|_| MALFORMED.with("the body broke off"))?;
                if bytes.len() + chunk.len() > MAX_BYTES {
                    return Err(TOO_LARGE.with("at most 10 MB"));
                }
                bytes.extend_from_slice(&chunk);
            }
            let bytes = bytes.freeze();
            let hashed = bytes.clone();
            let sha256 = web::block(move || fingerprint(&hashed))
                .await
                .map_err(Problem::internal)?;
            Ok(Self {
                bytes,
                sha256,
                sheets,
                request,
                permission: PhantomData,
            })
        })
    }
}

impl<P: Permission> Upload<P> {
    /// The file's rows, read in a process of their own.
    ///
    /// # Errors
    /// As [`reader::read`].
    pub async fn rows(&self, form: &Form) -> Result<Vec<Row>, Problem> {
        reader::read(&self.sheets, form, &self.bytes).await
    }

    /// The context of the request, with a connection.
    ///
    /// # Errors
    /// 401 when the token has run out in the meantime, 503 when no connection is free.
    pub async fn context(&self) -> Result<Ctx<P>, Problem> {
        Ctx::extract(&self.request).await
    }

    /// What the request's `Idempotency-Key` stands for; `query` is what the query says.
    pub fn fingerprint(&self, query: &[u8]) -> Fingerprint {
        Fingerprint::of(&self.request, &[query, &self.sha256].concat())
    }
}
