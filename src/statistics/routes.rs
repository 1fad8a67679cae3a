//! `/statistics`.

use super::{
    INDICATOR_NOT_FOUND, MONTH_NOT_OVER,
    model::{FrozenMonth, Indicator, IndicatorFigure, IndicatorRecord, MonthlyFigures},
    queries::{self, Question},
    registry,
};
use crate::{
    auth::{Anyone, Ctx, Figures, Officer},
    calendar::{IsoWeek, Month, start_of_day},
    error::Problem,
    http::{Answer, Body, Page, PageQuery, Params},
    tx::{Actor, Role},
};
use actix_web::{get, http::StatusCode, post, web::Path};
use chrono::{DateTime, NaiveDate, Utc};
use garde::Validate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(indicators)
        .service(records)
        .service(figure)
        .service(freeze)
        .service(monthly)
        .service(frozen);
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
}

impl FigureQuery {
    fn question(self, actor: Actor, now: DateTime<Utc>) -> Result<Question, Problem> {
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
            actor,
            now,
            from,
            to,
            division: self.division,
            community: self.community,
            steward: self.steward,
            organisation: self.organisation,
        })
    }
}

fn month_of(text: &str) -> Result<Month, Problem> {
    text.parse()
        .map_err(|_| Problem::field("month", "is written 2024-01"))
}

fn month_question(actor: Actor, now: DateTime<Utc>, month: Month, division: &str) -> Question {
    Question {
        actor,
        now,
        from: month.start(),
        to: month.end(),
        division: Some(division.to_owned()),
        community: None,
        steward: None,
        organisation: None,
    }
}

/// The registry of indicators
#[utoipa::path(tag = "statistics", operation_id = "statistics_indicators", responses((status = 200, body = Vec<Indicator>)),
    extensions(("x-roles" = json!(["steward", "provider", "officer", "duty", "auditor", "admin"]))))]
#[get("/statistics/indicators")]
async fn indicators(_ctx: Ctx<Anyone>) -> Result<Answer, Problem> {
    Answer::ok(&registry::REGISTRY.iter().map(|r| r.indicator).collect::<Vec<_>>())
}

/// One figure
#[utoipa::path(tag = "statistics", operation_id = "statistics_figure", params(("code" = String, Path), FigureQuery),
    responses((status = 200, body = IndicatorFigure)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "auditor"])), ("x-errors" = json!(["indicator_not_found"]))))]
#[get("/statistics/indicators/{code}")]
async fn figure(
    mut ctx: Ctx<Figures>,
    code: Path<String>,
    query: Params<FigureQuery>,
) -> Result<Answer, Problem> {
    let of = registry::find(&code).ok_or_else(|| INDICATOR_NOT_FOUND.problem())?;
    let question = query.0.question(ctx.actor, ctx.now)?;
    Answer::ok(&queries::figure(&mut ctx.conn, of, &question).await?)
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
    let question = query.0.question(ctx.actor, ctx.now)?;
    let mut found = queries::records(&mut ctx.conn, of, &question, &page.0).await?;
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
    let question = month_question(ctx.actor, ctx.now, month, &division);
    let divisions = queries::monthly(&mut ctx.conn, &question, &division).await?;
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
}

/// Freeze a month
#[utoipa::path(tag = "statistics", operation_id = "statistics_freeze", params(("month" = String, Path)), request_body = FreezeMonth,
    responses((status = 201, body = FrozenMonth)),
    extensions(("x-roles" = json!(["officer"])), ("x-errors" = json!(["month_not_over", "report_not_found", "report_frozen_meanwhile"]))))]
#[post("/statistics/monthly/{month}/freeze")]
async fn freeze(
    mut ctx: Ctx<Officer>,
    month: Path<String>,
    body: Body<FreezeMonth>,
) -> Result<Answer, Problem> {
    let month = month_of(&month)?;
    if month.end() > ctx.now {
        return Err(MONTH_NOT_OVER.problem());
    }
    let division = body.value.division;
    let question = month_question(ctx.actor, ctx.now, month, &division);
    ctx.write(body.fingerprint, async |tx| {
        Ok((
            StatusCode::CREATED,
            queries::freeze(tx, &question, month, &division).await?,
        ))
    })
    .await
}

/// Which division's report.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct FrozenQuery {
    /// Prefix of the division.
    #[garde(pattern("^[1-9]([0-9]|[0-9]{3}|[0-9]{5}|[0-9]{8}|[0-9]{11})$"))]
    division: String,
}

/// A frozen month beside what the records say now
#[utoipa::path(tag = "statistics", operation_id = "statistics_frozen", params(("month" = String, Path), FrozenQuery),
    responses((status = 200, body = FrozenMonth)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "auditor"])), ("x-errors" = json!(["report_not_found"]))))]
#[get("/statistics/monthly/{month}")]
async fn frozen(
    mut ctx: Ctx<Figures>,
    month: Path<String>,
    query: Params<FrozenQuery>,
) -> Result<Answer, Problem> {
    let month = month_of(&month)?;
    let question = month_question(ctx.actor, ctx.now, month, &query.0.division);
    Answer::ok(&queries::frozen(&mut ctx.conn, &question, month, &query.0.division).await?)
}
