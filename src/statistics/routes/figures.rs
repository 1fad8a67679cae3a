//! Indicators, their figures and the records behind them.

use super::{month_of, viewer};
use crate::{
    auth::{Anyone, Ctx, Figures, Permission},
    calendar::{IsoWeek, start_of_day},
    error::Problem,
    http::{Answer, Page, PageQuery, Params},
    statistics::{
        INDICATOR_NOT_FOUND, download, export,
        model::{By, FigureWithParts, Indicator, IndicatorRecord},
        queries::{self, Only, Question},
        registry, workbook,
    },
    tx::Role,
};
use actix_web::{HttpResponse, get, web::Path};
use chrono::NaiveDate;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(indicators)
        .service(export_records)
        .service(records)
        .service(figure);
}

/// What to count: exactly one of month, week, or from and to.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct FigureQuery {
    /// A month, `2024-01`.
    #[garde(length(max = 7))]
    month: Option<String>,
    /// An ISO week, `2024-W03`.
    #[garde(length(max = 8))]
    week: Option<String>,
    /// The first day.
    #[garde(skip)]
    from: Option<NaiveDate>,
    /// The first day after.
    #[garde(skip)]
    to: Option<NaiveDate>,
    /// Only within this division prefix.
    #[garde(inner(pattern("^[1-9][0-9]{1,11}$")))]
    division: Option<String>,
    /// Only this community.
    #[garde(skip)]
    community: Option<Uuid>,
    /// Only by this steward.
    #[garde(skip)]
    steward: Option<Uuid>,
    /// Only by this organisation.
    #[garde(skip)]
    organisation: Option<Uuid>,
    /// Only of this kind.
    #[garde(inner(length(max = 40)))]
    kind: Option<String>,
    /// Only of this tier.
    #[garde(inner(length(max = 40)))]
    tier: Option<String>,
    /// Only of this severity.
    #[garde(inner(length(max = 40)))]
    severity: Option<String>,
    /// Only under items of this class.
    #[garde(inner(length(max = 40)))]
    item: Option<String>,
}

/// What to tell a figure's parts apart by.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct PartsQuery {
    /// One of those that the indicator names in `by`.
    #[garde(skip)]
    #[param(inline)]
    by: Option<By>,
}

impl FigureQuery {
    fn question<P: Permission>(self, ctx: &Ctx<P>) -> Result<Question, Problem> {
        let (from, to) = match (&self.month, &self.week, self.from, self.to) {
            (Some(month), None, None, None) => {
                let month = month_of(month)?;
                (month.start(), month.end())
            }
            (None, Some(week), None, None) => {
                let week: IsoWeek = week
                    .parse()
                    .map_err(|_| Problem::field("week", "is written 2024-W03"))?;
                (week.start(), week.end())
            }
            (None, None, Some(from), Some(to)) if from < to => (start_of_day(from), start_of_day(to)),
            _ => {
                return Err(Problem::field(
                    "month",
                    "give either month, or week, or from and a later to",
                ));
            }
        };
        Ok(Question {
            viewer: viewer(&ctx.actor),
            now: ctx.now,
            from,
            to,
            only: Only {
                division: self.division,
                community: self.community,
                steward: self.steward,
                organisation: self.organisation,
                kind: self.kind,
                tier: self.tier,
                severity: self.severity,
                item: self.item,
            },
        })
    }
}

/// The registry of indicators
#[utoipa::path(tag = "statistics", operation_id = "statistics_indicators", responses((status = 200, body = Vec<Indicator>)),
    extensions(("x-roles" = json!(["steward", "provider", "officer", "duty", "auditor", "admin"]))))]
#[get("/statistics/indicators")]
async fn indicators(_ctx: Ctx<Anyone>) -> Result<Answer, Problem> {
    Answer::ok(&registry::all().map(|r| r.indicator).collect::<Vec<_>>())
}

/// One figure, and its parts with `by`
#[utoipa::path(tag = "statistics", operation_id = "statistics_figure", params(("code" = String, Path), FigureQuery, PartsQuery),
    responses((status = 200, body = FigureWithParts)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "auditor"])), ("x-errors" = json!(["indicator_not_found", "too_many_rows"]))))]
#[get("/statistics/indicators/{code}")]
async fn figure(
    mut ctx: Ctx<Figures>,
    code: Path<String>,
    query: Params<FigureQuery>,
    parts: Params<PartsQuery>,
) -> Result<Answer, Problem> {
    let of = registry::find(&code).ok_or_else(|| INDICATOR_NOT_FOUND.problem())?;
    let question = query.0.question(&ctx)?;
    let figure = queries::reading(&mut ctx.conn, async |conn| match parts.0.by {
        Some(by) => queries::with_parts(conn, of, &question, by).await,
        None => Ok(FigureWithParts {
            figure: queries::figure(conn, of, &question).await?,
            by: None,
            additive: None,
            parts: None,
        }),
    });
    Answer::ok(&figure.await?)
}

/// The records behind a figure
#[utoipa::path(tag = "statistics", operation_id = "statistics_records", params(("code" = String, Path), FigureQuery, PageQuery),
    responses((status = 200, body = Page<IndicatorRecord>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "auditor"])), ("x-errors" = json!(["indicator_not_found"]))))]
#[get("/statistics/indicators/{code}/records")]
async fn records(
    mut ctx: Ctx<Figures>,
    code: Path<String>,
    query: Params<FigureQuery>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let of = registry::find(&code).ok_or_else(|| INDICATOR_NOT_FOUND.problem())?;
    let question = query.0.question(&ctx)?;
    let found = queries::reading(&mut ctx.conn, async |conn| {
        queries::records(conn, of, &question, &page.0).await
    });
    let mut found = found.await?;
    if ctx.actor.role == Role::Auditor {
        for record in &mut found.items {
            record.elder_id = None;
        }
    }
    let entry = ctx
        .stamp()
        .entry("statistics.records", "indicator", None)
        .detail(serde_json::json!({ "code": of.indicator.code }));
    ctx.audit(vec![entry]).await?;
    Answer::ok(&found)
}

/// The records behind a figure as an Excel workbook, at most 50,000
#[utoipa::path(tag = "statistics", operation_id = "statistics_records_export", params(("code" = String, Path), FigureQuery),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = Vec<u8>)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "auditor"])), ("x-errors" = json!(["indicator_not_found", "too_many_rows"]))))]
#[get("/statistics/indicators/{code}/records/export")]
async fn export_records(
    mut ctx: Ctx<Figures>,
    code: Path<String>,
    query: Params<FigureQuery>,
) -> Result<HttpResponse, Problem> {
    let of = registry::find(&code).ok_or_else(|| INDICATOR_NOT_FOUND.problem())?;
    let question = query.0.question(&ctx)?;
    let with_elders = ctx.actor.role != Role::Auditor;
    let list = queries::reading(&mut ctx.conn, async |conn| {
        export::record_list(conn, of, &question, with_elders).await
    });
    let list = list.await?;
    let entry = ctx
        .stamp()
        .entry("statistics.export", "indicator", None)
        .detail(serde_json::json!({ "code": of.indicator.code, "rows": list.rows.len() }));
    ctx.audit(vec![entry]).await?;
    let name = format!("{}.xlsx", list.title);
    download::workbook(&name, move || {
        workbook::list_book(&list.title, &export::HEADINGS, &list.rows)
    })
    .await
}
