//! The figures of a month: as they are, frozen, and as a report.

use super::{month_of, viewer};
use crate::{
    auth::{Ctx, Figures, Officer},
    calendar::Month,
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    statistics::{
        MONTH_NOT_OVER, Reports, download, export, freeze,
        model::{FrozenMonth, FrozenVersion, MonthlyFigures},
        queries::{self, Question},
        workbook,
    },
};
use actix_web::{HttpResponse, get, http::StatusCode, post, web::Path};
use garde::Validate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(freeze_month)
        .service(monthly)
        .service(versions)
        .service(export_month)
        .service(frozen);
}

fn question<P>(ctx: &Ctx<P>, month: Month, division: &str) -> Question {
    Question::of_month(viewer(&ctx.actor), ctx.now, month, division)
}

/// Which month of which division.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct MonthlyQuery {
    /// A month, `2024-01`.
    #[garde(length(max = 7))]
    month: String,
    /// Prefix of the division.
    #[garde(pattern("^[1-9]([0-9]|[0-9]{3}|[0-9]{5}|[0-9]{8}|[0-9]{11})$"))]
    division: String,
}

/// Every figure of a month, for a division and those below it
#[utoipa::path(tag = "statistics", operation_id = "statistics_monthly", params(MonthlyQuery), responses((status = 200, body = MonthlyFigures)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "auditor"]))))]
#[get("/statistics/monthly")]
async fn monthly(mut ctx: Ctx<Figures>, query: Params<MonthlyQuery>) -> Result<Answer, Problem> {
    let MonthlyQuery { month, division } = query.0;
    let month = month_of(&month)?;
    let question = question(&ctx, month, &division);
    let divisions = queries::reading(&mut ctx.conn, async |conn| {
        queries::monthly(conn, &question, &division).await
    })
    .await?;
    Answer::ok(&MonthlyFigures {
        month: month.to_string(),
        divisions,
    })
}

/// Which division to freeze.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct FreezeMonth {
    /// Prefix of the division.
    #[garde(pattern("^[1-9]([0-9]|[0-9]{3}|[0-9]{5}|[0-9]{8}|[0-9]{11})$"))]
    #[schema(example = "6301")]
    division: String,
    /// Why it is frozen again; required from the second version on.
    #[garde(inner(length(chars, min = 1, max = 500)))]
    reason: Option<String>,
}

/// Freeze a month
#[utoipa::path(tag = "statistics", operation_id = "statistics_freeze", params(("month" = String, Path)), request_body = FreezeMonth,
    responses((status = 201, body = FrozenMonth)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["month_not_over", "report_not_found", "report_frozen_meanwhile"]))))]
#[post("/statistics/monthly/{month}/freeze")]
async fn freeze_month(
    mut ctx: Ctx<Officer>,
    month: Path<String>,
    body: Body<FreezeMonth>,
) -> Result<Answer, Problem> {
    let month = month_of(&month)?;
    if month.end() > ctx.now {
        return Err(MONTH_NOT_OVER.problem());
    }
    let FreezeMonth { division, reason } = body.value;
    let question = question(&ctx, month, &division);
    ctx.write_snapshot(body.fingerprint, async |tx| {
        Ok((
            StatusCode::CREATED,
            freeze::freeze(tx, &question, month, &division, reason).await?,
        ))
    })
    .await
}

/// Which division's report.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct ReportQuery {
    /// Prefix of the division.
    #[garde(pattern("^[1-9]([0-9]|[0-9]{3}|[0-9]{5}|[0-9]{8}|[0-9]{11})$"))]
    division: String,
}

/// Which version of it.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct VersionQuery {
    /// The newest unless told.
    #[garde(range(min = 1))]
    version: Option<i16>,
}

/// A frozen month beside what the records say now
#[utoipa::path(tag = "statistics", operation_id = "statistics_frozen", params(("month" = String, Path), ReportQuery, VersionQuery),
    responses((status = 200, body = FrozenMonth)),
    extensions(("x-roles" = json!(["officer", "duty", "auditor"])), ("x-errors" = json!(["report_not_found"]))))]
#[get("/statistics/monthly/{month}")]
async fn frozen(
    mut ctx: Ctx<Reports>,
    month: Path<String>,
    query: Params<ReportQuery>,
    version: Params<VersionQuery>,
) -> Result<Answer, Problem> {
    let month = month_of(&month)?;
    let (division, version) = (query.0.division, version.0.version);
    let question = question(&ctx, month, &division);
    let keys = ctx.state.config.keys.clone();
    Answer::ok(&freeze::frozen(&mut ctx.conn, &keys, &question, month, &division, version).await?)
}

/// The versions of a frozen month, the newest first
#[utoipa::path(tag = "statistics", operation_id = "statistics_frozen_versions", params(("month" = String, Path), ReportQuery, PageQuery),
    responses((status = 200, body = Page<FrozenVersion>)),
    extensions(("x-roles" = json!(["officer", "duty", "auditor"])), ("x-errors" = json!(["report_not_found"]))))]
#[get("/statistics/monthly/{month}/versions")]
async fn versions(
    mut ctx: Ctx<Reports>,
    month: Path<String>,
    query: Params<ReportQuery>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let month = month_of(&month)?;
    let (keys, viewer) = (ctx.state.config.keys.clone(), viewer(&ctx.actor));
    Answer::ok(&freeze::versions(&mut ctx.conn, &keys, viewer, month, &query.0.division, &page.0).await?)
}

/// The report of a month as an Excel workbook in the bureau's layout
#[utoipa::path(tag = "statistics", operation_id = "statistics_monthly_export", params(("month" = String, Path), ReportQuery),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = Vec<u8>)),
    extensions(("x-roles" = json!(["officer", "duty", "auditor"])), ("x-errors" = json!(["report_not_found"]))))]
#[get("/statistics/monthly/{month}/export")]
async fn export_month(
    mut ctx: Ctx<Reports>,
    month: Path<String>,
    query: Params<ReportQuery>,
) -> Result<HttpResponse, Problem> {
    let month = month_of(&month)?;
    let division = query.0.division;
    let question = question(&ctx, month, &division);
    let config = ctx.state.config.clone();
    let report = export::month_report(
        &mut ctx.conn,
        &config.keys,
        &question,
        month,
        &division,
        &config.service.city,
    )
    .await?;
    let entry = ctx
        .stamp()
        .entry("statistics.export", "report", None)
        .detail(serde_json::json!({ "month": month.to_string(), "division": division }));
    ctx.audit(vec![entry]).await?;
    download::workbook(&report.file_name, move || workbook::write(&report.book)).await
}
