//! The library from Excel: what comes in, what comes back, and what a list may not do.

use crate::{
    elder_import::send,
    support::{Person, TEST_KEYS, TestCity},
};
use diesel::sql_types as ty;
use diesel_async::RunQueryDsl;
use reqwest::Method;
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use steward::{db::statement, resources::sheet::FORM, sheet, tx::Role};

const IMPORT: &str = "/api/v1/resources/import";
const CODE: &str = "52630104MJY001047N";
const OTHER: &str = "91630100MA00030483";

/// A row of the list by heading.
pub type Row = BTreeMap<&'static str, String>;

/// The list as an office would fill it in.
pub fn list(rows: &[Row]) -> Vec<u8> {
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    let heading = |at: usize| FORM.columns[at].heading;
    for at in 0..FORM.columns.len() {
        page.write_string(0, u16::try_from(at).unwrap(), heading(at))
            .unwrap();
    }
    for (line, row) in (1..).zip(rows) {
        for (name, text) in row {
            let column = (0..FORM.columns.len()).find(|at| heading(*at) == *name).unwrap();
            page.write_string(line, u16::try_from(column).unwrap(), text)
                .unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// An organisation that serves a division.
pub fn row(code: &str, division: &str) -> Row {
    [
        ("统一社会信用代码", code),
        ("机构名称", "示例养老服务中心"),
        ("层级", "服务组织"),
        ("类别", "服务组织"),
        ("服务区域", division),
    ]
    .map(|(heading, text)| (heading, text.to_owned()))
    .into()
}

fn with(mut row: Row, changes: &[(&'static str, &str)]) -> Row {
    for (heading, text) in changes {
        row.insert(heading, (*text).to_owned());
    }
    row
}

fn full() -> Row {
    with(
        row(CODE, "城西区"),
        &[
            ("联系电话", "0971-6123456"),
            ("地址", "示例路1号"),
            ("纬度", "36.62"),
            ("经度", "101.77"),
            ("服务时间", "周一至周六 08:00-18:00"),
            ("服务项目", "助餐"),
            ("每周接单量", "40"),
            ("市场价（元）", "18"),
            ("低偿价（元）", "15"),
            ("兜底价（元）", "3"),
            ("资质类型", "食品经营许可证"),
            ("证书编号", "JY26301040000001"),
            ("发证机关", "市场监管局"),
            ("有效期起", "2023-01-01"),
            ("有效期止", "2027-12-31"),
        ],
    )
}

async fn import(person: &Person, rows: &[Row]) -> Value {
    send(person, IMPORT, list(rows)).await.expect(200)
}

/// rows, created, updated, unchanged, rejected
fn counts(report: &Value) -> [u64; 5] {
    ["rows", "created", "updated", "unchanged", "rejected"].map(|name| report[name].as_u64().expect(name))
}

/// Every row that an import may touch.
async fn dump(city: &TestCity) -> Vec<String> {
    #[derive(diesel::QueryableByName)]
    struct Line {
        #[diesel(sql_type = ty::Text)]
        line: String,
    }
    let mut conn = city.service.state.pool.get().await.unwrap();
    let lines: Vec<Line> = statement(
        "SELECT 'g' || t::text AS line FROM organisations t UNION ALL SELECT 'v' || t::text FROM organisation_coverage t \
         UNION ALL SELECT 'i' || t::text FROM organisation_items t UNION ALL SELECT 'h' || t::text FROM organisation_hours t \
         UNION ALL SELECT 'q' || t::text FROM qualifications t ORDER BY 1",
    )
    .load(&mut *conn)
    .await
    .unwrap();
    lines.into_iter().map(|l| l.line).collect()
}

async fn entry(person: &Person, id: &Value) -> Value {
    let path = format!("/api/v1/resources/{}", id.as_str().unwrap());
    person.get(&path).await.expect(200)
}

async fn only(person: &Person) -> Value {
    let found = person.get("/api/v1/resources").await.expect(200);
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
    entry(person, &found["items"][0]["id"]).await
}

#[actix_web::test]
async fn a_list_enters_organisations_and_the_same_list_again_changes_nothing() {
    let city = TestCity::new().await;
    let officer = city.scoped(Role::Officer, "630104").await;
    let second = with(
        row(CODE, "630104"),
        &[
            ("服务项目", "cleaning"),
            ("每周接单量", "20"),
            ("市场价（元）", "27.50"),
        ],
    );
    let rows = [full(), second];
    let before = dump(&city).await;
    let dry = send(&officer, &format!("{IMPORT}?dry_run=true"), list(&rows))
        .await
        .expect(200);
    assert_eq!((counts(&dry), &dry["dry_run"]), ([2, 1, 0, 0, 0], &json!(true)));
    assert_eq!(dump(&city).await, before, "a dry run changes nothing");
    assert_eq!(counts(&import(&officer, &rows).await), [2, 1, 0, 0, 0]);
    let made = only(&officer).await;
    assert_eq!(
        (
            &made["credit_code"],
            &made["takes_orders"],
            &made["phone"],
            &made["coverage"]
        ),
        (
            &json!(CODE),
            &json!(true),
            &json!("0971-6123456"),
            &json!(["630104"])
        )
    );
    assert_eq!(
        (
            made["items"].as_array().unwrap().len(),
            made["hours"].as_array().unwrap().len()
        ),
        (2, 6)
    );
    assert_eq!(
        made["items"][0],
        json!({ "item_id": "018b0000-0000-7000-8000-000000000004", "weekly_capacity": 40, "price_fen": 1800, "below_market_fen": 1500,
                "safety_net_fen": 300 })
    );
    assert_eq!(made["qualifications"][0]["kind"], "food_service");
    let after = dump(&city).await;
    assert_eq!(counts(&import(&officer, &rows).await), [2, 0, 0, 1, 0]);
    assert_eq!(dump(&city).await, after);

    // A filled cell corrects, an empty one changes nothing, and what is not on the list stays.
    let corrected = with(
        row(CODE, "630104"),
        &[
            ("联系电话", "0971-6000000"),
            ("服务时间", "24小时"),
            ("资质类型", "food_service"),
            ("证书编号", "JY26301040000001"),
            ("有效期起", "2023-01-01"),
            ("有效期止", "2029-12-31"),
            ("发证机关", "市场监管局"),
        ],
    );
    assert_eq!(counts(&import(&officer, &[corrected]).await), [1, 0, 1, 0, 0]);
    let now = only(&officer).await;
    assert_eq!(
        (
            &now["phone"],
            &now["address"],
            &now["always_open"],
            &now["version"]
        ),
        (
            &json!("0971-6000000"),
            &json!("示例路1号"),
            &json!(true),
            &json!(2)
        )
    );
    assert_eq!(now["items"], made["items"]);
    let licences = now["qualifications"].as_array().unwrap();
    assert_eq!(
        (licences.len(), &licences[0]["expires_on"]),
        (1, &json!("2029-12-31"))
    );
    let wrong = send(&officer, &format!("{IMPORT}?dryrun=true"), list(&rows)).await;
    assert_eq!(wrong.refused(422), "invalid", "a misspelt dry run is no import");
    city.stop().await;
}

#[actix_web::test]
async fn bad_rows_come_back_with_their_reasons_while_the_good_ones_are_in() {
    let city = TestCity::new().await;
    let officer = city.scoped(Role::Officer, "630104").await;
    let rows = [
        full(),
        with(row("52630100MJ0000010A", "630104"), &[]),
        with(row(OTHER, "城东区"), &[("每周接单量", "4")]),
    ];
    let report = import(&officer, &rows).await;
    assert_eq!(counts(&report), [3, 1, 0, 0, 2]);
    assert_eq!(report["error_sheet"], "/api/v1/resources/import/error-sheet");
    assert_eq!(report["rejections"][0]["row"], 3);
    assert!(
        report["rejections"][1]["reasons"][0]
            .as_str()
            .unwrap()
            .contains("管辖范围")
    );
    let sheet = officer.request(Method::POST, "/api/v1/resources/import/error-sheet");
    let answer = sheet.body(list(&rows)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let errors = answer.bytes().await.unwrap().to_vec();
    let back = sheet::read(&FORM, &errors).unwrap();
    assert_eq!(
        back.iter().map(|r| r.cells[0].as_str()).collect::<Vec<_>>(),
        ["52630100MJ0000010A", OTHER]
    );
    let again = send(&officer, IMPORT, errors).await.expect(200);
    assert_eq!(counts(&again), [2, 0, 0, 0, 2], "the sheet comes back as it is");
    let good = send(&officer, "/api/v1/resources/import/error-sheet", list(&[full()])).await;
    assert_eq!(good.refused(409), "nothing_to_correct");
    assert_eq!(
        send(&officer, IMPORT, b"PK\x03\x04 and nothing else".to_vec())
            .await
            .refused(422),
        "sheet_damaged"
    );
    city.stop().await;
}

#[actix_web::test]
async fn a_list_does_not_touch_an_entry_that_another_office_keeps() {
    let city = TestCity::new().await;
    let (west, bureau) = (
        city.scoped(Role::Officer, "630104").await,
        city.scoped(Role::Officer, "6301").await,
    );
    assert_eq!(
        counts(&import(&bureau, &[row(CODE, "6301")]).await),
        [1, 1, 0, 0, 0]
    );
    let before = dump(&city).await;
    let report = import(&west, &[full()]).await;
    assert_eq!(counts(&report), [1, 0, 0, 0, 1]);
    assert!(
        report["rejections"][0]["reasons"][0]
            .as_str()
            .unwrap()
            .contains("上级民政部门")
    );
    assert_eq!(dump(&city).await, before);
    city.stop().await;
}

#[actix_web::test]
async fn the_form_names_items_and_the_officers_divisions_and_its_sample_is_no_row() {
    let city = TestCity::new().await;
    let officer = city.scoped(Role::Officer, "630104").await;
    let form = officer.request(Method::GET, "/api/v1/resources/import/template");
    let bytes = form.send().await.unwrap().bytes().await.unwrap().to_vec();
    use calamine::{Reader, Xlsx};
    let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes.clone())).unwrap();
    assert_eq!(
        book.sheet_names(),
        ["服务资源名单", "服务项目", "资质类型", "服务区域"]
    );
    let areas = book.worksheet_range("服务区域").unwrap();
    let areas: Vec<String> = areas
        .rows()
        .skip(1)
        .map(|r| format!("{} {}", r[0], r[1]))
        .collect();
    assert_eq!(
        areas,
        ["630104 城西区", "630104001 西关大街街道", "630104002 古城台街道"]
    );
    assert_eq!(
        counts(&send(&officer, IMPORT, bytes).await.expect(200)),
        [0, 0, 0, 0, 0]
    );
    city.stop().await;
}

#[actix_web::test]
async fn the_command_does_the_same_in_an_officers_name() {
    let city = TestCity::new().await;
    let officer = city.scoped(Role::Officer, "630104").await;
    let folder = std::env::temp_dir().join(format!("steward-library-{}", officer.id));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("list.xlsx");
    std::fs::write(&file, list(&[full(), row(OTHER, "城东区")])).unwrap();
    let command = async |name: String, more: &[&str]| {
        tokio::process::Command::new(env!("CARGO_BIN_EXE_steward"))
            .args(["import", "resources"])
            .arg(&file)
            .args(["--as", &name])
            .args(more)
            .env("DATABASE_URL", &city.service.state.config.database.url)
            .env("STEWARD_KEYS", TEST_KEYS)
            .output()
            .await
            .unwrap()
    };
    let officer_name = format!("officer-{}", officer.id.simple());
    let dry = command(officer_name.clone(), &["--dry-run"]).await;
    let said = String::from_utf8(dry.stdout).unwrap();
    assert!(
        dry.status.success()
            && said.contains(
                "2 rows: 1 organisations created, 0 updated, 0 unchanged; 1 rows rejected (dry run"
            ),
        "{said}"
    );
    assert_eq!(dump(&city).await, Vec::<String>::new());
    let done = command(officer_name, &[]).await;
    assert!(done.status.success());
    assert_eq!(only(&officer).await["credit_code"], CODE);
    let errors = std::fs::read(folder.join("list.errors.xlsx")).unwrap();
    assert_eq!(sheet::read(&FORM, &errors).unwrap().len(), 1);
    let admin = format!("admin-{}", city.admin.id.simple());
    assert!(
        !command(admin, &[]).await.status.success(),
        "an administrator keeps no entries"
    );
    std::fs::remove_dir_all(&folder).unwrap();
    city.stop().await;
}
