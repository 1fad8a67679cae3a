//! Statements of the statistics: figures, their parts, the records behind them.

use super::{
    REPORT_NOT_FOUND, TOO_MANY_ROWS,
    model::{
        By, CountedPart, DivisionFigures, FigurePart, FigureWithParts, IndicatorFigure, IndicatorRecord,
    },
    registry::{self, Registered},
};
use crate::{
    calendar::{Month, local_date},
    db::{self, statement},
    error::Problem,
    http::{Page, PageQuery},
    ids::UserId,
};
use chrono::{DateTime, Duration, Utc};
use diesel::{QueryResult, QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::{StreamExt, stream::BoxStream};
use std::collections::HashMap;
use uuid::Uuid;

/// The most parts that one answer holds.
const MOST_PARTS: i64 = 5_000;

/// Who looks: whose area bounds every figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// An account sees its communities.
    Account(UserId),
    /// The service itself, at the command line, sees the whole city.
    System,
}

impl Viewer {
    /// The account, where it is one.
    pub(super) fn account(self) -> Option<Uuid> {
        match self {
            Self::Account(id) => Some(id.0),
            Self::System => None,
        }
    }
}

/// What is asked about, by whom, when.
#[derive(Debug, Clone)]
pub struct Question {
    /// Who asks.
    pub viewer: Viewer,
    /// When they ask.
    pub now: DateTime<Utc>,
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The first instant after.
    pub to: DateTime<Utc>,
    /// Only these records.
    pub only: Only,
}

/// Which records of a list are asked about.
#[derive(Debug, Clone, Default)]
pub struct Only {
    /// Division prefix.
    pub division: Option<String>,
    /// Community.
    pub community: Option<Uuid>,
    /// Steward.
    pub steward: Option<Uuid>,
    /// Organisation.
    pub organisation: Option<Uuid>,
    /// Kind.
    pub kind: Option<String>,
    /// Tier.
    pub tier: Option<String>,
    /// Severity.
    pub severity: Option<String>,
    /// Class of the menu's item.
    pub item: Option<String>,
}

impl Question {
    /// The figures of a month in a division.
    pub fn of_month(viewer: Viewer, now: DateTime<Utc>, month: Month, division: &str) -> Self {
        Self {
            viewer,
            now,
            from: month.start(),
            to: month.end(),
            only: Only {
                division: Some(division.to_owned()),
                ..Only::default()
            },
        }
    }

    /// The same question about another month.
    pub fn in_month(&self, month: Month) -> Self {
        Self {
            from: month.start(),
            to: month.end(),
            ..self.clone()
        }
    }

    /// Every filter is one by which the indicator's records can be told apart.
    ///
    /// # Errors
    /// 422 for one that says nothing about them: an answer of zero would be read as a figure.
    pub fn fits(&self, of: &Registered) -> Result<(), Problem> {
        let only = &self.only;
        let given = [
            (By::Steward, only.steward.is_some()),
            (By::Organisation, only.organisation.is_some()),
            (By::Kind, only.kind.is_some()),
            (By::Tier, only.tier.is_some()),
            (By::Severity, only.severity.is_some()),
            (By::Item, only.item.is_some()),
        ];
        match given.into_iter().find(|(by, given)| *given && !of.has(*by)) {
            Some((by, _)) => Err(cannot(by)),
            None => Ok(()),
        }
    }
}

fn cannot(by: By) -> Problem {
    Problem::field(
        by.as_str(),
        "the records of this indicator cannot be told apart by it",
    )
}

/// How many digits tell apart the divisions one level below a prefix.
pub fn digits_below(prefix: Option<&str>) -> usize {
    match prefix.map_or(4, str::len) {
        0 | 1 => 2,
        2 | 3 => 4,
        4 | 5 => 6,
        6..=8 => 9,
        _ => 12,
    }
}

macro_rules! asked {
    ($text:expr, $q:expr, $digits:expr) => {
        statement($text)
            .bind::<ty::Nullable<ty::Uuid>, _>($q.viewer.account())
            .bind::<ty::Timestamptz, _>($q.now)
            .bind::<ty::Timestamptz, _>($q.from)
            .bind::<ty::Timestamptz, _>($q.to)
            .bind::<ty::Nullable<ty::Text>, _>($q.only.division.clone())
            .bind::<ty::Nullable<ty::Uuid>, _>($q.only.community)
            .bind::<ty::Nullable<ty::Uuid>, _>($q.only.steward)
            .bind::<ty::Nullable<ty::Uuid>, _>($q.only.organisation)
            .bind::<ty::Integer, _>(i32::try_from($digits).unwrap_or(12))
            .bind::<ty::Nullable<ty::Text>, _>($q.only.kind.clone())
            .bind::<ty::Nullable<ty::Text>, _>($q.only.tier.clone())
            .bind::<ty::Nullable<ty::Text>, _>($q.only.severity.clone())
            .bind::<ty::Nullable<ty::Text>, _>($q.only.item.clone())
            .bind::<ty::Date, _>(local_date($q.to - Duration::microseconds(1)))
    };
}
pub(super) use asked;

/// Runs readings that see one state of the database, each planned for what it asks: the plan that suits any range and area
/// goes through a month of a city one visit at a time, and takes four times as long.
///
/// # Errors
/// What `work` or the database said.
pub async fn reading<T, F>(conn: &mut AsyncPgConnection, work: F) -> Result<T, Problem>
where
    F: AsyncFnOnce(&mut AsyncPgConnection) -> Result<T, Problem>,
{
    db::transaction(conn, async |conn| {
        db::one_snapshot(conn).await?;
        plan_for_each(conn).await?;
        work(conn).await
    })
    .await
}

/// Plans each statement of the transaction for the values it asks about.
///
/// # Errors
/// What the database said.
pub async fn plan_for_each(conn: &mut AsyncPgConnection) -> Result<(), Problem> {
    statement("SET LOCAL plan_cache_mode = force_custom_plan")
        .execute(conn)
        .await?;
    Ok(())
}

/// One figure.
///
/// # Errors
/// 422 for a filter that does not fit the indicator.
pub async fn figure(
    conn: &mut AsyncPgConnection,
    of: &Registered,
    q: &Question,
) -> Result<IndicatorFigure, Problem> {
    q.fits(of)?;
    let counted = asked!(of.figure, q, 0).get_result(conn).await?;
    Ok(IndicatorFigure::of(&of.indicator, counted))
}

/// At most `most` records of a list after a key, in the order of their keys.
///
/// # Errors
/// 422 for a filter that does not fit the indicator.
pub async fn list(
    conn: &mut AsyncPgConnection,
    of: &Registered,
    q: &Question,
    after: Option<String>,
    most: i64,
) -> Result<Vec<IndicatorRecord>, Problem> {
    q.fits(of)?;
    Ok(asked!(of.records, q, 0)
        .bind::<ty::Nullable<ty::Text>, _>(after)
        .bind::<ty::BigInt, _>(most)
        .load(conn)
        .await?)
}

/// The whole list in the order of its keys, read as it is worked off: never all of it is in memory.
///
/// # Errors
/// What the database said.
pub async fn stream<'c>(
    conn: &'c mut AsyncPgConnection,
    of: &Registered,
    q: &Question,
) -> Result<BoxStream<'c, QueryResult<IndicatorRecord>>, Problem> {
    Ok(asked!(of.records, q, 0)
        .bind::<ty::Nullable<ty::Text>, _>(None::<String>)
        .bind::<ty::BigInt, _>(i64::MAX)
        .load_stream(conn)
        .await?
        .boxed())
}

/// A page of the records behind a figure.
///
/// # Errors
/// 400 for a foreign cursor, 422 for a filter that does not fit the indicator.
pub async fn records(
    conn: &mut AsyncPgConnection,
    of: &Registered,
    q: &Question,
    page: &PageQuery,
) -> Result<Page<IndicatorRecord>, Problem> {
    let rows = list(conn, of, q, page.after()?, page.fetch()).await?;
    Ok(Page::cut(rows, page, |r| r.key.clone()))
}

async fn counted_parts(
    conn: &mut AsyncPgConnection,
    of: &Registered,
    q: &Question,
    by: By,
) -> Result<Vec<CountedPart>, Problem> {
    // One for the whole, one that tells that there are more.
    let most = MOST_PARTS + 2;
    let parts: Vec<CountedPart> = asked!(of.parts, q, digits_below(q.only.division.as_deref()))
        .bind::<ty::Text, _>(by.as_str())
        .bind::<ty::BigInt, _>(most)
        .load(conn)
        .await?;
    if i64::try_from(parts.len()).is_ok_and(|n| n < most) {
        Ok(parts)
    } else {
        Err(TOO_MANY_ROWS.with("more than 5,000 parts: ask about a smaller division"))
    }
}

/// A figure and its parts, from one statement.
///
/// # Errors
/// 422 where the records cannot be told apart by it, or there are more than 5,000 parts.
pub async fn with_parts(
    conn: &mut AsyncPgConnection,
    of: &Registered,
    q: &Question,
    by: By,
) -> Result<FigureWithParts, Problem> {
    q.fits(of)?;
    if !of.has(by) {
        return Err(Problem::field(
            "by",
            "the records of this indicator cannot be told apart by it",
        ));
    }
    let counted = counted_parts(conn, of, q, by).await?;
    let names = names(conn, by, &counted).await?;
    let mut whole = IndicatorFigure::of(&of.indicator, Default::default());
    let mut parts = Vec::new();
    for CountedPart {
        part,
        whole: is_whole,
        counted,
    } in counted
    {
        let figure = IndicatorFigure::of(&of.indicator, counted);
        if is_whole {
            whole = figure;
        } else {
            let name = part.as_ref().and_then(|part| names.get(part).cloned());
            parts.push(FigurePart { part, name, figure });
        }
    }
    Ok(FigureWithParts {
        figure: whole,
        by: Some(by),
        additive: Some(of.indicator.additive),
        parts: Some(parts),
    })
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = ty::Text)]
    code: String,
    #[diesel(sql_type = ty::Text)]
    name: String,
}

/// What people call the parts.
async fn names(
    conn: &mut AsyncPgConnection,
    by: By,
    parts: &[CountedPart],
) -> Result<HashMap<String, String>, Problem> {
    let text = match by {
        By::Division => {
            "SELECT p.part AS code, d.name FROM unnest($1) AS p (part) JOIN divisions d ON d.code = rpad(p.part, 12, '0')"
        }
        By::Community => "SELECT id::text AS code, name FROM communities WHERE id = ANY ($1::uuid[])",
        By::Steward => "SELECT id::text AS code, display_name AS name FROM users WHERE id = ANY ($1::uuid[])",
        By::Organisation => "SELECT id::text AS code, name FROM organisations WHERE id = ANY ($1::uuid[])",
        By::Kind | By::Tier | By::Severity | By::Item => {
            return Ok(parts
                .iter()
                .filter_map(|p| {
                    let part = p.part.clone()?;
                    let word = word(&part)?;
                    Some((part, word.to_owned()))
                })
                .collect());
        }
    };
    let parts: Vec<String> = parts.iter().filter_map(|p| p.part.clone()).collect();
    let named: Vec<Named> = statement(text)
        .bind::<ty::Array<ty::Text>, _>(parts)
        .load(conn)
        .await?;
    Ok(named.into_iter().map(|n| (n.code, n.name)).collect())
}

/// The Chinese word for a kind, tier, severity or class of item.
pub fn word(part: &str) -> Option<&'static str> {
    Some(match part {
        "meal" => "助餐",
        "cleaning" => "助洁",
        "medical" => "助医",
        "rehabilitation" => "康复",
        "companionship" => "精神慰藉",
        "emergency" => "助急",
        "home_safety" => "居家安全",
        "policy" => "政策",
        "city" => "市级",
        "county" => "区县级",
        "organisation" => "服务组织",
        "elder_care" => "养老机构",
        "property" => "物业",
        "service_organisation" => "服务机构",
        "social_work" => "社工机构",
        "volunteer" => "志愿队伍",
        "building" => "施工",
        "service" => "服务",
        "campaign_stopped" => "行动提前结束",
        "gas" => "气",
        "electric" => "电",
        "fire" => "火",
        "water" => "水",
        "dwelling" => "居",
        "advice" => "建议",
        "general" => "一般",
        "major" => "重大",
        "open" => "待处理",
        "solved" => "当场解决",
        "ordered" => "转办",
        "withdrawn" => "撤回",
        "visited" => "已探访",
        "owed" => "待探访",
        "phone_silent" => "手机失联",
        "missed_without_reason" => "漏访未说明",
        "steward_absent" => "管家缺勤",
        "too_many_visits" => "任务过多",
        "weather" => "天气交通",
        "not_at_home" => "多次上门无人",
        "put_off" => "老人改约",
        "not_recorded" => "已访未录",
        "other" => "其他",
        "in_hospital" => "住院",
        "away" => "外出",
        "in_institution" => "入住机构",
        "declined" => "拒访",
        "moved" => "迁出",
        "deceased" => "去世",
        "television" => "电视",
        "newspaper" => "报纸",
        "app" => "手机应用",
        "short_video" => "短视频",
        "leaflet" => "宣传单",
        "on_site" => "现场",
        "visit" => "入户",
        _ => return None,
    })
}

/// Every figure of the division and of those one level below it that have communities: one statement an indicator.
///
/// # Errors
/// What the database said.
pub async fn monthly(
    conn: &mut AsyncPgConnection,
    q: &Question,
    division: &str,
) -> Result<Vec<DivisionFigures>, Problem> {
    let digits = digits_below(Some(division));
    let named: Vec<Named> = statement(
        "SELECT p.part AS code, d.name FROM (SELECT $1::text AS part UNION SELECT DISTINCT left(c.division_code, $2) FROM communities c \
         WHERE c.division_code LIKE $1 || '%' AND rpad(left(c.division_code, $2), 12, '0') <> rpad($1, 12, '0')) p \
         JOIN divisions d ON d.code = rpad(p.part, 12, '0') ORDER BY length(p.part), p.part COLLATE \"C\"",
    )
    .bind::<ty::Text, _>(division)
    .bind::<ty::Integer, _>(i32::try_from(digits).unwrap_or(12))
    .load(conn)
    .await?;
    let mut answer: Vec<DivisionFigures> = named
        .into_iter()
        .map(|Named { code, name }| DivisionFigures {
            division: code,
            name,
            figures: Vec::new(),
        })
        .collect();
    for of in registry::all() {
        let mut counted = HashMap::new();
        for part in counted_parts(conn, of, q, By::Division).await? {
            let of_part = if part.whole {
                Some(division.to_owned())
            } else {
                part.part.filter(|part| part != division)
            };
            if let Some(of_part) = of_part {
                counted.insert(of_part, part.counted);
            }
        }
        for place in &mut answer {
            let counted = counted.get(&place.division).copied().unwrap_or_default();
            place.figures.push(IndicatorFigure::of(&of.indicator, counted));
        }
    }
    Ok(answer)
}

/// The viewer's area covers the whole division.
///
/// # Errors
/// 404 when it does not.
pub async fn covers(conn: &mut AsyncPgConnection, viewer: Viewer, division: &str) -> Result<(), Problem> {
    let Some(account) = viewer.account() else {
        return Ok(());
    };
    let found =
        statement("SELECT 1 FROM users WHERE id = $1 AND disabled_at IS NULL AND $2 LIKE scope || '%'")
            .bind::<ty::Uuid, _>(account)
            .bind::<ty::Text, _>(division)
            .execute(conn)
            .await?;
    if found == 0 {
        Err(REPORT_NOT_FOUND.problem())
    } else {
        Ok(())
    }
}
