//! The domain's operations.

use crate::error::Code;
use utoipa_actix_web::service_config::ServiceConfig;

/// The domain's error codes.
pub const CODES: &[Code] = &[];

/// Mounts the operations.
pub fn routes(_config: &mut ServiceConfig<'_>) {}
