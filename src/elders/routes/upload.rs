//! A file as the body of a request.

use crate::{
    auth::{Ctx, Permission},
    config::SheetConfig,
    elders::{import, sheet},
    error::{MALFORMED, Problem, TOO_LARGE},
    http::Fingerprint,
};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use futures_util::{StreamExt, future::LocalBoxFuture};
use std::marker::PhantomData;

/// A file of at most 10 MB, from somebody with the permission.
///
/// Who asks is settled before the first byte is read, and no connection is held while a slow line delivers the file or while
/// it is being read: the handler asks for its context when it needs it.
pub(super) struct Upload<P> {
    /// The file.
    pub(super) bytes: web::Bytes,
    /// Its SHA-256.
    pub(super) sha256: [u8; 32],
    /// How lists are read.
    pub(super) sheets: SheetConfig,
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
                if bytes.len() + chunk.len() > sheet::MAX_BYTES {
                    return Err(TOO_LARGE.with("at most 10 MB"));
                }
                bytes.extend_from_slice(&chunk);
            }
            let bytes = bytes.freeze();
            let hashed = bytes.clone();
            let sha256 = web::block(move || import::fingerprint(&hashed))
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
    /// The context of the request, with a connection.
    ///
    /// # Errors
    /// 401 when the token has run out in the meantime, 503 when no connection is free.
    pub(super) async fn context(&self) -> Result<Ctx<P>, Problem> {
        Ctx::extract(&self.request).await
    }

    /// What the request's `Idempotency-Key` stands for; `query` is what the query says.
    pub(super) fn fingerprint(&self, query: &[u8]) -> Fingerprint {
        Fingerprint::of(&self.request, &[query, &self.sha256].concat())
    }
}
