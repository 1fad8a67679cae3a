//! What stands in the workbooks: the report of a month, and the list behind a figure.

use super::{
    TOO_MANY_ROWS, freeze,
    model::{DivisionFigures, FrozenVersion, IndicatorKind, IndicatorRecord},
    queries::{self, Question},
    registry::{self, Registered},
    workbook::{self, Figure, ReportBook, ReportRow, ReportSheet},
};
use crate::{
    calendar::{Month, local_date},
    crypto::KeyRing,
    db::statement,
    error::Problem,
};
use chrono::{DateTime, Datelike, FixedOffset, Utc};
use diesel::{OptionalExtension, QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use std::collections::HashMap;
use uuid::Uuid;

/// The most rows of an exported list.
pub const MOST_ROWS: usize = 50_000;

/// A month's report as it will be written, and the name it is filed under.
pub struct MonthReport {
    /// The workbook.
    pub book: ReportBook,
    /// The file's name.
    pub file_name: String,
}

/// The report of a month: the division and those one level below it, each beside the month before, the same month of the year
/// before and, where it was frozen, what the records say now. All of it from one state of the database.
///
/// # Errors
/// 404 outside the viewer's area.
pub async fn month_report(
    conn: &mut AsyncPgConnection,
    keys: &KeyRing,
    q: &Question,
    month: Month,
    division: &str,
    city: &str,
) -> Result<MonthReport, Problem> {
    queries::covers(conn, q.viewer, division).await?;
    let (now, before, year_before, frozen, city) = queries::reading(conn, async |conn| {
        let now = queries::monthly(conn, q, division).await?;
        let before = queries::monthly(conn, &q.in_month(month.prev()), division).await?;
        let year_before = match Month::new(month.year() - 1, month.month()) {
            Some(month) => queries::monthly(conn, &q.in_month(month), division).await?,
            None => Vec::new(),
        };
        let divisions = now.iter().map(|d| d.division.clone()).collect();
        let frozen = freeze::newest(conn, keys, month, divisions).await?;
        let city = division_name(conn, city).await?;
        Ok((now, before, year_before, frozen, city))
    })
    .await?;
    let mut notes = Vec::new();
    let mut sheets = Vec::new();
    for place in &now {
        let frozen = frozen.get(&place.division);
        if let Some((version, _)) = frozen {
            notes.push(note(&place.name, version));
        }
        let mut number = 0;
        let mut rows = Vec::new();
        for (at, of) in registry::all().enumerate() {
            let is = place.figures.get(at).map(|f| f.printed()).unwrap_or_default();
            let mut row = row(of, &mut number);
            (row.value, row.restated) = match frozen {
                Some((_, figures)) => {
                    let was = figures.get(of.indicator.code);
                    (was.map(|f| f.printed()).unwrap_or_default(), Some(is))
                }
                None => (is, None),
            };
            row.previous = same_place(&before, &place.division, at);
            row.last_year = same_place(&year_before, &place.division, at);
            rows.push(row);
        }
        sheets.push(ReportSheet {
            name: place.name.clone(),
            division_code: Some(format!("{:0<12}", place.division)),
            rows,
        });
    }
    let name = now
        .as_slice()
        .first()
        .map_or_else(|| city.clone(), |d| d.name.clone());
    Ok(MonthReport {
        file_name: workbook::file_name(&name, month.year(), month.month()),
        book: ReportBook {
            title: format!("{name}幸福养老管家工作月报表"),
            period_label: format!("{}年{}月", month.year(), month.month()),
            // A subdistrict has an office, what lies above it a bureau.
            unit_name: if division.len() <= 6 {
                format!("{name}民政局")
            } else {
                name
            },
            city_name: city,
            form_number: String::new(),
            division_code: format!("{division:0<12}"),
            frozen_note: (!notes.is_empty()).then(|| notes.join("；")),
            sheets,
        },
    })
}

fn same_place(divisions: &[DivisionFigures], division: &str, at: usize) -> Option<Figure> {
    divisions
        .iter()
        .find(|d| d.division == division)
        .and_then(|d| d.figures.get(at))
        .map(|f| f.printed())
}

fn row(of: &Registered, number: &mut usize) -> ReportRow {
    let indicator = &of.indicator;
    let (number, name) = match indicator.of {
        Some(_) => (String::new(), format!("其中：{}", indicator.name_zh)),
        None => {
            *number += 1;
            (format!("{}、", chinese(*number)), indicator.name_zh.to_owned())
        }
    };
    ReportRow {
        number,
        name,
        unit: indicator.unit.to_owned(),
        code: indicator.code.to_owned(),
        ..ReportRow::default()
    }
}

fn note(name: &str, version: &FrozenVersion) -> String {
    let day = local_date(version.frozen_at);
    format!(
        "{name}数据于{}年{}月{}日冻结，第{}版，{}",
        day.year(),
        day.month(),
        day.day(),
        version.version,
        if version.verified {
            "签名有效"
        } else {
            "签名无效，数据可能被改动"
        }
    )
}

/// 1 to 99 as the forms number their lines.
fn chinese(number: usize) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let (tens, ones) = (number / 10 % 10, number % 10);
    match tens {
        0 => DIGITS[ones].to_owned(),
        1 => format!("十{}", DIGITS[ones]),
        _ => format!("{}十{}", DIGITS[tens], DIGITS[ones]),
    }
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = ty::Text)]
    name: String,
}

async fn division_name(conn: &mut AsyncPgConnection, prefix: &str) -> Result<String, Problem> {
    let found: Option<Name> = statement("SELECT name FROM divisions WHERE code = rpad($1, 12, '0')")
        .bind::<ty::Text, _>(prefix)
        .get_result(conn)
        .await
        .optional()?;
    Ok(found.map(|n| n.name).unwrap_or_default())
}

/// The list behind a figure as it will be written.
pub struct RecordList {
    /// The title over the sheet, and the file's name without its ending.
    pub title: String,
    /// The rows.
    pub rows: Vec<Vec<String>>,
}

/// The headings of an exported list.
pub const HEADINGS: [&str; 19] = [
    "序号",
    "记录类型",
    "记录编号",
    "时间",
    "小区代码",
    "小区",
    "户编号",
    "老年人编号",
    "管家",
    "服务组织",
    "组织信用代码",
    "种类",
    "层级",
    "等级",
    "服务类别",
    "是否计入",
    "计入次数",
    "单列",
    "记录标识",
];

/// Every record of a list.
///
/// # Errors
/// 422 for more than 50,000.
pub async fn record_list(
    conn: &mut AsyncPgConnection,
    of: &Registered,
    q: &Question,
    with_elders: bool,
) -> Result<RecordList, Problem> {
    let most = i64::try_from(MOST_ROWS).unwrap_or(i64::MAX) + 1;
    let records = queries::list(conn, of, q, None, most).await?;
    if records.len() > MOST_ROWS {
        return Err(
            TOO_MANY_ROWS.with("more than 50,000 records: ask for a shorter time or a smaller division")
        );
    }
    let names = Names::of(conn, &records).await?;
    let yes = |yes: bool| if yes { "是" } else { "否" }.to_owned();
    let ratio = of.indicator.kind == IndicatorKind::Ratio;
    let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let word = |text: &Option<String>| {
        text.as_ref()
            .map(|t| queries::word(t).map_or_else(|| t.clone(), str::to_owned))
            .unwrap_or_default()
    };
    let rows = (1..).zip(&records).map(|(at, r)| {
        let named = |map: &HashMap<Uuid, (String, String)>, id: Option<Uuid>| {
            id.and_then(|id| map.get(&id).cloned()).unwrap_or_default()
        };
        let (community_code, community) = named(&names.communities, r.community_id);
        let (_, steward) = named(&names.stewards, r.steward_id);
        let (credit_code, organisation) = named(&names.organisations, r.organisation_id);
        vec![
            at.to_string(),
            r.record_kind.clone(),
            r.record_id.to_string(),
            local_time(r.occurred_at),
            community_code,
            community,
            id(r.household_id),
            if with_elders {
                id(r.elder_id)
            } else {
                String::new()
            },
            steward,
            organisation,
            credit_code,
            word(&r.kind),
            word(&r.tier),
            word(&r.severity),
            word(&r.item),
            yes(r.counts),
            r.weight.to_string(),
            if ratio { yes(r.excused) } else { String::new() },
            r.key.clone(),
        ]
    });
    let (first, last) = (
        local_date(q.from),
        local_date(q.to - chrono::Duration::microseconds(1)),
    );
    Ok(RecordList {
        title: format!("{}({first}至{last})", of.indicator.name_zh),
        rows: rows.collect(),
    })
}

fn local_time(at: DateTime<Utc>) -> String {
    // China has kept one time, without summer time, since long before the first record.
    FixedOffset::east_opt(8 * 3600).map_or_else(String::new, |east| {
        at.with_timezone(&east).format("%Y-%m-%d %H:%M:%S").to_string()
    })
}

/// What the records name, by id: a code and a name.
struct Names {
    communities: HashMap<Uuid, (String, String)>,
    stewards: HashMap<Uuid, (String, String)>,
    organisations: HashMap<Uuid, (String, String)>,
}

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = ty::Uuid)]
    id: Uuid,
    #[diesel(sql_type = ty::Text)]
    code: String,
    #[diesel(sql_type = ty::Text)]
    name: String,
}

impl Names {
    async fn of(conn: &mut AsyncPgConnection, records: &[IndicatorRecord]) -> Result<Self, Problem> {
        let mut known = async |text: &'static str, ids: Vec<Uuid>| -> Result<_, Problem> {
            let rows: Vec<Known> = statement(text)
                .bind::<ty::Array<ty::Uuid>, _>(ids)
                .load(conn)
                .await?;
            Ok(rows.into_iter().map(|k| (k.id, (k.code, k.name))).collect())
        };
        let distinct = |of: fn(&IndicatorRecord) -> Option<Uuid>| {
            let mut ids: Vec<Uuid> = records.iter().filter_map(of).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        Ok(Self {
            communities: known(
                "SELECT id, code, name FROM communities WHERE id = ANY ($1)",
                distinct(|r| r.community_id),
            )
            .await?,
            stewards: known(
                "SELECT id, username AS code, display_name AS name FROM users WHERE id = ANY ($1)",
                distinct(|r| r.steward_id),
            )
            .await?,
            organisations: known(
                "SELECT id, credit_code AS code, name FROM organisations WHERE id = ANY ($1)",
                distinct(|r| r.organisation_id),
            )
            .await?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_as_on_the_forms() {
        let numbers: Vec<_> = [1, 9, 10, 11, 20, 34].into_iter().map(chinese).collect();
        assert_eq!(numbers, ["一", "九", "十", "十一", "二十", "三十四"]);
    }

    #[test]
    fn times_are_those_of_xining() {
        let at: DateTime<Utc> = "2024-01-31T16:00:00Z".parse().unwrap();
        assert_eq!(local_time(at), "2024-02-01 00:00:00");
    }
}
