//! Workbooks: the report of a month in the bureau's layout, and the list behind a figure.

use crate::{
    statistics::{counts, full, sql, visit},
    support::Person,
};
use calamine::{Data, Range, Reader, Xlsx};
use reqwest::Method;
use serde_json::json;
use std::{collections::HashMap, io::Cursor};
use steward::{statistics::command, tx::Role};

struct Download {
    disposition: String,
    kind: String,
    sheets: Vec<(String, Range<Data>)>,
    formulas: usize,
}

fn opened(bytes: Vec<u8>) -> (Vec<(String, Range<Data>)>, usize) {
    let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheets = book.worksheets();
    let names: Vec<String> = sheets.iter().map(|(name, _)| name.clone()).collect();
    let formulas = names
        .iter()
        .map(|name| book.worksheet_formula(name).unwrap().used_cells().count())
        .sum();
    (sheets, formulas)
}

async fn download(person: &Person, path: &str) -> Download {
    let response = person.request(Method::GET, path).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    let (disposition, kind) = (header("content-disposition"), header("content-type"));
    let (sheets, formulas) = opened(response.bytes().await.unwrap().to_vec());
    Download {
        disposition,
        kind,
        sheets,
        formulas,
    }
}

fn at(sheet: &Range<Data>, row: u32, column: u32) -> Data {
    sheet.get_value((row, column)).cloned().unwrap_or_default()
}

fn text(text: &str) -> Data {
    Data::String(text.into())
}

/// The row of an indicator by its code.
fn row(sheet: &Range<Data>, code: &str) -> Vec<Data> {
    sheet
        .rows()
        .find(|row| row.get(3) == Some(&text(code)))
        .unwrap_or_else(|| panic!("no row {code}"))
        .to_vec()
}

#[actix_web::test]
async fn the_report_of_a_month_opens_as_the_bureau_files_it() {
    let full = full().await;
    let path = "/api/v1/statistics/monthly/2024-01/export?division=6301";
    let file = download(&full.officer, path).await;
    assert_eq!(
        file.kind,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    );
    // 西宁市幸福养老管家工作月报表(2024年1月).xlsx
    assert_eq!(
        file.disposition,
        "attachment; filename=\"20241.xlsx\"; filename*=UTF-8''%E8%A5%BF%E5%AE%81%E5%B8%82%E5%B9%B8%E7%A6%8F%E5%85%BB%E8%80%81%E7%AE%A1\
         %E5%AE%B6%E5%B7%A5%E4%BD%9C%E6%9C%88%E6%8A%A5%E8%A1%A8%282024%E5%B9%B41%E6%9C%88%29.xlsx"
    );
    assert_eq!(file.formulas, 0);
    let names: Vec<_> = file.sheets.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["西宁市", "城东区", "城西区"]);
    let city = &file.sheets[0].1;
    assert_eq!(at(city, 0, 0), text("西宁市幸福养老管家工作月报表"));
    assert_eq!(at(city, 1, 0), text("填报单位(盖章)：西宁市民政局"));
    assert_eq!(at(city, 1, 2), text("统计时间：2024年1月"));
    assert_eq!(at(city, 2, 0), text("地区编码：630100000000　西宁市"));
    assert_eq!(at(city, 2, 2), text("制表机关：西宁市民政局"));
    assert_eq!(
        at(&file.sheets[2].1, 2, 0),
        text("地区编码：630104000000　城西区")
    );
    let headings = [
        "序号",
        "指标名称",
        "单位",
        "代码",
        "数量",
        "上月数",
        "环比(%)",
        "上年同期",
        "同比(%)",
    ];
    for (column, heading) in (0u32..).zip(headings) {
        assert_eq!(at(city, 3, column), text(heading));
    }
    // Six visits against one in December, none the year before: growth of nothing is empty.
    let visits = row(city, "home_visits");
    assert_eq!(visits[1..3], [text("入户服务"), text("人次")]);
    assert_eq!(
        visits[4..8],
        [
            Data::Float(6.0),
            Data::Float(1.0),
            Data::Float(500.0),
            Data::Float(0.0)
        ]
    );
    assert!(visits.get(8).is_none_or(|cell| matches!(cell, Data::Empty)));
    // Ratios are text, rounded once; nothing over nothing is a dash.
    assert_eq!(row(city, "satisfaction_first")[4..6], [text("66.67%"), text("—")]);
    let part = row(city, "services_meal");
    assert_eq!(
        (&part[0], &part[1], &part[4]),
        (&Data::Empty, &text("其中：助餐服务"), &Data::Float(3.0))
    );
    assert_eq!(row(city, "communities")[0], text("一、"));
    // Every sheet says what the interface says.
    for (name, sheet) in &file.sheets[1..] {
        let division = if name == "城东区" { "630102" } else { "630104" };
        let mut compared = 0;
        for (code, counts) in full
            .figures(&full.officer, &format!("month=2024-01&division={division}"))
            .await
        {
            if counts.1.is_none() {
                assert_eq!(
                    row(sheet, &code)[4],
                    Data::Float(counts.0 as f64),
                    "{name} {code}"
                );
                compared += 1;
            }
        }
        assert!(compared > 20);
    }
    let east = full.city.scoped(Role::Officer, "630102").await;
    assert_eq!(east.get(path).await.refused(404), "report_not_found");
    full.city.stop().await;
}

#[actix_web::test]
async fn a_frozen_month_is_exported_with_what_came_later_beside_it() {
    let full = full().await;
    let freeze = json!({ "division": "630104" });
    full.officer
        .post("/api/v1/statistics/monthly/2024-01/freeze", freeze)
        .await
        .expect(201);
    visit(
        &full.city,
        full.households[0],
        full.stewards[0],
        &full.elders[..1],
        "2024-01-20T10:00:00+08",
    )
    .await;
    let path = "/api/v1/statistics/monthly/2024-01/export?division=6301";
    let file = download(&full.officer, path).await;
    let (city, west) = (&file.sheets[0].1, &file.sheets[2].1);
    assert_eq!(
        [at(west, 3, 4), at(west, 3, 5), at(west, 3, 6)],
        [text("数量"), text("修订数"), text("上月数")]
    );
    let visits = row(west, "home_visits");
    assert_eq!(
        visits[4..7],
        [Data::Float(5.0), Data::Float(6.0), Data::Float(1.0)]
    );
    assert_eq!(visits[7], Data::Float(400.0), "growth is of the frozen figure");
    // The city's own report was not frozen: its figure is the present one, and nothing is restated.
    let of_city = row(city, "home_visits");
    assert_eq!((&of_city[4], &of_city[5]), (&Data::Float(7.0), &Data::Empty));
    let note = |sheet: &Range<Data>| {
        sheet
            .rows()
            .filter_map(|r| r.first())
            .map(ToString::to_string)
            .find(|t| t.starts_with("说明："))
            .unwrap()
    };
    assert_eq!(note(west), "说明：城西区数据于2024年2月5日冻结，第1版，签名有效");
    sql(
        &full.city,
        "UPDATE frozen_reports SET frozen_at = frozen_at + interval '1 hour'",
    )
    .await;
    let file = download(&full.officer, path).await;
    assert!(note(&file.sheets[2].1).contains("签名无效"));
    full.city.stop().await;
}

#[actix_web::test]
async fn the_list_behind_a_figure_is_text_and_no_formula() {
    let full = full().await;
    sql(
        &full.city,
        &format!(
            "UPDATE communities SET name = '=1+1' WHERE id = '{}'; UPDATE users SET display_name = '@SUM(A1)' WHERE id = '{}'; \
             UPDATE organisations SET credit_code = '916301000000000001' WHERE id = '{}'",
            full.communities[0], full.stewards[0], full.organisation
        ),
    )
    .await;
    let path =
        "/api/v1/statistics/indicators/third_party_services/records/export?month=2024-01&division=630104001";
    let file = download(&full.officer, path).await;
    assert_eq!(file.formulas, 0);
    assert!(
        file.disposition.contains("filename*=UTF-8''%E7%AC%AC"),
        "{}",
        file.disposition
    );
    let sheet = &file.sheets[0].1;
    assert_eq!(at(sheet, 0, 0), text("第三方服务(2024-01-01至2024-01-31)"));
    let figure = full
        .officer
        .get("/api/v1/statistics/indicators/third_party_services?month=2024-01&division=630104001")
        .await
        .expect(200);
    assert_eq!(sheet.height() as i64 - 2, counts(&figure).0);
    let headings: HashMap<String, u32> = (0..19).map(|c| (at(sheet, 1, c).to_string(), c)).collect();
    let cell = |heading: &str| at(sheet, 2, headings[heading]);
    assert_eq!((cell("小区"), cell("管家")), (text("=1+1"), text("@SUM(A1)")));
    assert_eq!(cell("组织信用代码"), text("916301000000000001"));
    assert_eq!(cell("服务类别"), text("助餐"));
    assert!(cell("小区代码").to_string().len() == 15 && matches!(cell("小区代码"), Data::String(_)));
    assert_eq!(cell("老年人编号"), text(&full.elders[0].to_string()));
    let mut times: Vec<_> = (2..4)
        .map(|r| at(sheet, r, headings["时间"]).to_string())
        .collect();
    times.sort_unstable();
    assert_eq!(times, ["2024-01-12 10:00:00", "2024-01-13 10:00:00"]);
    for line in sheet.rows() {
        assert!(line.iter().all(|c| matches!(c, Data::String(_) | Data::Empty)));
    }
    let audited = download(&full.auditor, path).await;
    assert_eq!(at(&audited.sheets[0].1, 2, headings["老年人编号"]), Data::Empty);
    assert_eq!(
        at(&audited.sheets[0].1, 2, headings["记录编号"]),
        cell("记录编号")
    );
    full.city.stop().await;
}

#[actix_web::test]
async fn a_list_that_is_too_long_is_refused_in_words() {
    let full = full().await;
    sql(
        &full.city,
        &format!(
            "INSERT INTO needs (id, elder_id, household_id, community_id, item_id, channel, event_id, description, status, collected_by, collected_at, received_at, version) \
             SELECT gen_random_uuid(), e.id, e.household_id, e.community_id, '018b0000-0000-7000-8000-000000000004', 'call', e.id, '', 'open', '{}', \
             '2024-03-05T09:00:00+08', '2024-03-05T09:00:00+08', 1 FROM elders e, generate_series(1, 50001) WHERE e.id = '{}'",
            full.stewards[0], full.elders[0]
        ),
    )
    .await;
    let path = "/api/v1/statistics/indicators/needs/records/export?month=2024-03";
    let refused = full.officer.get(path).await.expect(422);
    assert_eq!(refused["code"], "too_many_rows");
    assert!(refused["detail"].as_str().unwrap().contains("50,000"));
    full.city.stop().await;
}

#[actix_web::test]
async fn the_command_writes_the_same_report_and_stands_in_the_audit_trail() {
    let full = full().await;
    let folder = std::env::temp_dir()
        .join("steward-tests")
        .join(full.city.admin.id.to_string());
    std::fs::create_dir_all(&folder).unwrap();
    let (state, out) = (&full.city.service.state, folder.join("report.xlsx"));
    command::report(state, "2024-01", None, None, &out).await.unwrap();
    let (sheets, _) = opened(std::fs::read(&out).unwrap());
    let path = "/api/v1/statistics/monthly/2024-01/export?division=6301";
    let same = download(&full.officer, path).await;
    assert_eq!(
        row(&sheets[0].1, "home_visits"),
        row(&same.sheets[0].1, "home_visits")
    );
    assert_eq!(sheets.len(), 3);
    // As an officer: within the officer's area only.
    let east = full.city.scoped(Role::Officer, "630102").await;
    let name = format!("officer-{}", east.id.simple());
    let west = command::report(state, "2024-01", Some("630104".into()), Some(&name), &out).await;
    assert!(west.unwrap_err().contains("report_not_found"));
    command::report(state, "2024-01", Some("630102".into()), Some(&name), &out)
        .await
        .unwrap();
    let (sheets, _) = opened(std::fs::read(&out).unwrap());
    assert_eq!(row(&sheets[0].1, "home_visits")[4], Data::Float(1.0));
    for (month, division, officer, said) in [
        ("2024-13", None, None, "2024-13"),
        ("2024-01", Some("63010"), None, "63010"),
        ("2024-01", None, Some("nobody"), "nobody"),
    ] {
        let refused = command::report(state, month, division.map(str::to_owned), officer, &out).await;
        assert!(refused.unwrap_err().contains(said));
    }
    let (client, connection) = tokio_postgres::connect(&state.config.database.url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let rows = client
        .query("SELECT actor_id, detail->>'division' FROM audit_entries WHERE action = 'statistics.export' AND detail ? 'command' ORDER BY seq", &[])
        .await
        .unwrap();
    let rows: Vec<(Option<uuid::Uuid>, String)> = rows.iter().map(|r| (r.get(0), r.get(1))).collect();
    assert_eq!(
        rows,
        [(None, "6301".to_owned()), (Some(east.id), "630102".to_owned())]
    );
    std::fs::remove_dir_all(&folder).unwrap();
    full.city.stop().await;
}
