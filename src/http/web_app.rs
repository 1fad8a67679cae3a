//! The web app, embedded: its files at `/`, and its first page at every path that is one of its own pages.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
};
use rust_embed::{EmbeddedFile, RustEmbed};

/// What `npm run build` made in `web/`. A debug build reads it from the disk. Without it the service is the interface alone.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Files;

const FIRST_PAGE: &str = "index.html";

/// Scripts, styles and connections are the service's own alone, nothing is inline; pictures may be the phone's own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; \
     connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Files whose names hold the hash of their content never change.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// A file of the web app; its first page where the path names none.
pub(super) async fn web_app(request: HttpRequest) -> HttpResponse {
    let path = request.path().trim_start_matches('/');
    let of_the_interface = path == "api" || path.starts_with("api/");
    if of_the_interface || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return HttpResponse::NotFound().finish();
    }
    let (name, found) = match Files::get(path) {
        Some(file) => (path, Some(file)),
        // A file that an older version of the app asks for is not there; a page is.
        None if path.contains('.') => (path, None),
        None => (FIRST_PAGE, Files::get(FIRST_PAGE)),
    };
    match found {
        Some(file) => answer(&request, name, file),
        None => HttpResponse::NotFound().finish(),
    }
}

fn answer(request: &HttpRequest, name: &str, file: EmbeddedFile) -> HttpResponse {
    let tag = header::EntityTag::new_strong(hex::encode(file.metadata.sha256_hash()));
    let known = match request.headers().get(header::IF_NONE_MATCH) {
        Some(tags) => tags.to_str().is_ok_and(|tags| tags.contains(tag.tag())),
        None => false,
    };
    let mut response = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    let kept = if name.starts_with("assets/") {
        FOR_EVER
    } else {
        "no-cache"
    };
    response
        .insert_header(header::ETag(tag))
        .insert_header((header::CACHE_CONTROL, kept))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((
            "permissions-policy",
            "geolocation=(self), camera=(self), microphone=()",
        ));
    if known {
        return response.finish();
    }
    let kind = match name.rsplit_once('.') {
        // The guess by name is "application/octet-stream" for it.
        Some((_, "webmanifest")) => "application/manifest+json".to_owned(),
        _ => mime_guess::from_path(name).first_or_octet_stream().to_string(),
    };
    let kind = if kind.starts_with("text/") {
        kind + "; charset=utf-8"
    } else {
        kind
    };
    response.content_type(kind).body(file.data.into_owned())
}
