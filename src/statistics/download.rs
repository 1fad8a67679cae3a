//! A workbook on its way to the browser.

use super::workbook::WorkbookError;
use crate::error::Problem;
use actix_web::{HttpResponse, http::header, web};
use std::fmt::Write;

/// The media type of `.xlsx`.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Makes a workbook on a thread that may block, and answers with it as a file to be saved under this name.
///
/// # Errors
/// A fault of ours when it cannot be made.
pub async fn workbook(
    name: &str,
    make: impl FnOnce() -> Result<Vec<u8>, WorkbookError> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let bytes = web::block(make)
        .await
        .map_err(Problem::internal)?
        .map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .content_type(XLSX)
        .insert_header((header::CONTENT_DISPOSITION, disposition(name)))
        // The figures of an area are not for a shared cache.
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(bytes))
}

/// `Content-Disposition` (RFC 6266) with the name in UTF-8, and one in ASCII for who cannot read that.
fn disposition(name: &str) -> String {
    let mut ascii: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        .collect();
    if ascii.len() == ".xlsx".len() {
        ascii = "report.xlsx".to_owned();
    }
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_any_script_fits_into_the_header() {
        assert_eq!(
            disposition("月报(2024年2月).xlsx"),
            "attachment; filename=\"20242.xlsx\"; filename*=UTF-8''%E6%9C%88%E6%8A%A5%282024%E5%B9%B42%E6%9C%88%29.xlsx"
        );
        assert_eq!(
            disposition("月.xlsx"),
            "attachment; filename=\"report.xlsx\"; filename*=UTF-8''%E6%9C%88.xlsx"
        );
        assert!(!disposition("a\"\r\n.xlsx").contains(['\r', '\n']));
    }
}
