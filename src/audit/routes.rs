//! `/audit`: the trail, for auditors and administrators. Who looks into it stands in it.

use super::{
    queries::{self, AuditQuery, AuditRow},
    verify,
};
use crate::{
    auth::Ctx,
    error::{Code, Problem},
    http::{Answer, Page, PageQuery, Params},
    permission,
};
use actix_web::get;
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

/// The domain's error codes.
pub const CODES: &[Code] = &[];

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(verified);
}

permission!(
    /// Who looks into the trail.
    Inspectors = Auditor | Admin
);

/// The trail, the latest first: what happened in your area, and what belongs to no area
#[utoipa::path(operation_id = "audit_list", tag = "audit", params(AuditQuery, PageQuery), responses((status = 200, body = Page<AuditRow>)),
    extensions(("x-roles" = json!(["auditor", "admin"]))))]
#[get("/audit")]
async fn list(
    mut ctx: Ctx<Inspectors>,
    query: Params<AuditQuery>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let found = queries::list(&mut ctx.conn, &ctx.actor, ctx.now, &query.0, &page.0).await?;
    let entry = ctx
        .stamp()
        .entry("audit.read", "audit_entry", None)
        .detail(json!({ "filter": query.0, "rows": found.items.len() }));
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// Which stretch of the chain to verify.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct VerifyQuery {
    /// The first row; 1 unless told.
    #[garde(range(min = 1))]
    from: Option<i64>,
    /// How many rows at most, 1 to 5,000; 1,000 unless told.
    #[garde(range(min = 1, max = 5_000))]
    limit: Option<i64>,
}

/// What the verification of a stretch of the chain found.
#[derive(Debug, Serialize, ToSchema)]
struct Verified {
    /// Every row of the stretch follows from the one before.
    ok: bool,
    /// The first row that does not.
    #[schema(example = json!(null))]
    first_broken: Option<i64>,
    /// The first row asked for.
    #[schema(example = 1)]
    from: i64,
    /// The last row looked at; before `from` where there was none.
    #[schema(example = 1000)]
    to: i64,
    /// Where to go on; absent at the end of the chain, or where it is broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1001)]
    next: Option<i64>,
}

/// Verify a stretch of the chain: each row's hash, and that it follows from the row before
#[utoipa::path(operation_id = "audit_verify", tag = "audit", params(VerifyQuery), responses((status = 200, body = Verified)),
    extensions(("x-roles" = json!(["auditor", "admin"]))))]
#[get("/audit/verify")]
async fn verified(mut ctx: Ctx<Inspectors>, query: Params<VerifyQuery>) -> Result<Answer, Problem> {
    let (from, limit) = (query.0.from.unwrap_or(1), query.0.limit.unwrap_or(1_000));
    let (to, first_broken) = verify(&mut ctx.conn, from - 1, limit).await?;
    let entry = ctx
        .stamp()
        .entry("audit.verify", "audit_entry", None)
        .detail(json!({ "from": from, "to": to, "first_broken": first_broken }));
    ctx.audit(vec![entry]).await?;
    let full = to - (from - 1) == limit;
    Answer::ok(&Verified {
        ok: first_broken.is_none(),
        first_broken,
        from,
        to,
        next: (full && first_broken.is_none()).then_some(to + 1),
    })
}
