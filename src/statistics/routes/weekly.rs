//! The weekly board.

use super::viewer;
use crate::{
    auth::{Ctx, Figures},
    calendar::IsoWeek,
    error::Problem,
    http::{Answer, PageQuery, Params},
    statistics::{
        board::{self, WeeklyBoard},
        queries::{Only, Question},
    },
};
use actix_web::{get, web::Path};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(weekly);
}

/// Which part of the board.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct BoardQuery {
    /// Only within this division prefix.
    #[garde(inner(pattern("^[1-9][0-9]{1,11}$")))]
    division: Option<String>,
    /// Only this community.
    #[garde(skip)]
    community: Option<Uuid>,
    /// Only this steward.
    #[garde(skip)]
    steward: Option<Uuid>,
}

/// Where the visits of a week stand, by community and steward
#[utoipa::path(tag = "statistics", operation_id = "statistics_weekly", params(("week" = String, Path, example = "2024-W03"), BoardQuery, PageQuery),
    responses((status = 200, body = WeeklyBoard)),
    extensions(("x-roles" = json!(["steward", "officer", "duty", "auditor"]))))]
#[get("/statistics/weekly/{week}")]
async fn weekly(
    mut ctx: Ctx<Figures>,
    week: Path<String>,
    query: Params<BoardQuery>,
    page: Params<PageQuery>,
) -> Result<Answer, Problem> {
    let week: IsoWeek = week
        .parse()
        .map_err(|_| Problem::field("week", "is written 2024-W03"))?;
    let BoardQuery {
        division,
        community,
        steward,
    } = query.0;
    let question = Question {
        viewer: viewer(&ctx.actor),
        now: ctx.now,
        from: week.start(),
        to: week.end(),
        only: Only {
            division,
            community,
            steward,
            ..Only::default()
        },
    };
    Answer::ok(&WeeklyBoard {
        page: board::weekly(&mut ctx.conn, &question, &page.0).await?,
        week: week.to_string(),
    })
}
