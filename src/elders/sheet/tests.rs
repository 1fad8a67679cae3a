use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use rust_xlsxwriter::{Format, Workbook};

use super::*;
use crate::sheet::{MAX_BYTES, MAX_CELL, MAX_ROWS, REASON};

const SHEET: &str = FORM.sheet;

enum Put {
    Text(&'static str),
    Number(f64),
    Date(f64),
    Formula(&'static str, &'static str),
}
use Put::{Date, Formula, Number, Text};

fn headings() -> Vec<&'static str> {
    COLUMNS.iter().map(|column| column.heading).collect()
}

/// A file as people make them: headings in the first row, cells by heading.
fn file(headings: &[&str], rows: &[Vec<(&str, Put)>]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, headings.iter().copied()).unwrap();
    for (at, row) in (1u32..).zip(rows) {
        for (heading, value) in row {
            let column = headings.iter().position(|h| h == heading).unwrap() as u16;
            match value {
                Text(text) => sheet.write_string(at, column, *text).unwrap(),
                Number(number) => sheet.write_number(at, column, *number).unwrap(),
                Date(serial) => {
                    let format = Format::new().set_num_format("yyyy/m/d");
                    sheet
                        .write_number_with_format(at, column, *serial, &format)
                        .unwrap()
                }
                Formula(formula, result) => sheet
                    .write_formula(
                        at,
                        column,
                        rust_xlsxwriter::Formula::new(*formula).set_result(*result),
                    )
                    .unwrap(),
            };
        }
    }
    book.save_to_buffer().unwrap()
}

/// A row with all that is required, and `more`.
fn good(more: Vec<(&'static str, Put)>) -> Vec<(&'static str, Put)> {
    let required = [
        ("姓名", "李秀英"),
        ("证件号码", "630106193811070024"),
        ("小区编码", "630104002001"),
        ("楼栋", "3"),
        ("房号", "502"),
    ];
    let mut row: Vec<_> = required
        .into_iter()
        .filter(|(h, _)| more.iter().all(|(m, _)| m != h))
        .map(|(h, t)| (h, Text(t)))
        .collect();
    row.extend(more);
    row
}

fn read_one(more: Vec<(&'static str, Put)>) -> RawRow {
    let rows = read(&file(&headings(), &[good(more)])).unwrap();
    assert_eq!(rows.len(), 1);
    rows.into_iter().next().unwrap()
}

type Pairs = Vec<(String, String)>;

fn lists() -> (Pairs, Pairs) {
    let pairs = |list: &[(&str, &str)]| {
        list.iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    };
    (
        pairs(&[("living_alone", "独居"), ("advanced_age", "高龄")]),
        pairs(&[("630104002001", "=西苑小区"), ("630104002002", "南园")]),
    )
}

/// Rows without what changes from file to file.
fn bodies(rows: &[RawRow]) -> Vec<[&str; WIDTH]> {
    rows.iter().map(RawRow::cells).collect()
}

#[test]
fn empty_template_has_no_rows() {
    let (categories, communities) = lists();
    let bytes = template(&categories, &communities).unwrap();
    assert_eq!(read(&bytes).unwrap(), []);
    assert_eq!(read(&template(&[], &[]).unwrap()).unwrap(), []);

    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), [SHEET, "小区", "人员类别"]);
    let list = book.worksheet_range(SHEET).unwrap();
    assert_eq!(list.get_value((1, 2)), Some(&Data::String("证件号码*".into())));
    assert_eq!(list.get_value((2, 2)), Some(&Data::String(SAMPLE_ID.into())));
    assert_eq!(list.get_value((2, 11)), Some(&Data::String("独居、高龄".into())));
    let places = book.worksheet_range("小区").unwrap();
    assert_eq!(
        places.get_value((1, 0)),
        Some(&Data::String("630104002001".into()))
    );
    assert_eq!(
        places.get_value((1, 1)),
        Some(&Data::String("=西苑小区".into())),
        "never a formula"
    );
}

#[test]
fn filled_list_survives_the_way_through_the_sheet_of_errors() {
    let filled: Vec<_> = (0..3)
        .map(|_| {
            good(vec![
                ("证件类型", Text("护照")),
                ("性别", Text("女")),
                ("出生日期", Date(14_191.0)),
                ("联系电话", Text("19900001234")),
                ("单元", Number(2.0)),
                ("楼层", Number(5.0)),
                ("人员类别", Text("独居、高龄，低保")),
                ("紧急联系人", Text("王小宁")),
                ("与老人关系", Text("女儿")),
                ("紧急联系人电话", Number(19_900_001_235.0)),
                ("健康备注", Text("=1+1")),
                ("知情同意日期", Text("2024年2月6日")),
                ("登记事项", Text("@x\n第二行")),
            ])
        })
        .collect();
    let rows = read(&file(&headings(), &filled)).unwrap();
    assert_eq!(rows.iter().map(|row| row.row).collect::<Vec<_>>(), [2, 3, 4]);
    assert!(rows.iter().all(|row| row.problems.is_empty()), "{rows:?}");
    let expected = [
        "李秀英",
        "护照",
        "630106193811070024",
        "女",
        "1938-11-07",
        "19900001234",
        "630104002001",
        "3",
        "2",
        "5",
        "502",
        "独居、高龄，低保",
        "王小宁",
        "女儿",
        "19900001235",
        "=1+1",
        "2024-02-06",
        "@x\n第二行",
    ];
    assert_eq!(rows[0].cells(), expected);
    assert_eq!(
        rows[0].category_names().collect::<Vec<_>>(),
        ["独居", "高龄", "低保"]
    );

    let bytes = error_sheet(
        &rows,
        &[
            (4, vec!["重复".into()]),
            (2, vec!["小区不存在".into(), "电话不对".into()]),
        ],
    )
    .unwrap();
    let back = read(&bytes).unwrap();
    assert_eq!(bodies(&back), [expected, expected]);
    assert_eq!(back.iter().map(|row| row.row).collect::<Vec<_>>(), [3, 4]);
    let sheet = Xlsx::new(Cursor::new(bytes))
        .unwrap()
        .worksheet_range(SHEET)
        .unwrap();
    assert_eq!(
        sheet.get_value((1, WIDTH as u32)),
        Some(&Data::String(REASON.into()))
    );
    assert_eq!(
        sheet.get_value((2, WIDTH as u32)),
        Some(&Data::String("原第2行：小区不存在；电话不对".into()))
    );
}

#[test]
fn what_is_lost_is_refused_again_when_it_comes_back_uncorrected() {
    let long = "长".repeat(MAX_CELL + 20);
    let long: &'static str = Box::leak(long.into_boxed_str());
    let cases: Vec<(&str, Put, &str)> = vec![
        ("证件号码", Number(630_106_193_602_290_012.0), "15位"),
        ("证件号码", Text("6.30106E+17"), "15位"),
        ("紧急联系人电话", Number(1e16), "15位"),
        ("房号", Date(45_293.0), "日期"),
        ("单元", Date(0.5), "日期"),
        ("姓名", Text(" \u{3000} "), "缺少姓名"),
        ("楼栋", Formula("=NA()", "#N/A"), "错误值"),
        ("健康备注", Text(long), "超过500字"),
        ("出生日期", Text("1936-02-30"), "有效日期"),
        ("出生日期", Number(1936.0), "有效日期"),
        ("知情同意日期", Text("去年"), "有效日期"),
        ("证件类型", Text("身份证"), "只能填"),
        ("性别", Text("F"), "只能填"),
    ];
    for (heading, value, reason) in cases {
        let row = read_one(vec![(heading, value)]);
        let refused = |row: &RawRow| {
            row.problems.len() == 1 && row.problems[0].contains(heading) && row.problems[0].contains(reason)
        };
        assert!(refused(&row), "{heading}: {row:?}");
        let back =
            read(&error_sheet(std::slice::from_ref(&row), &[(row.row, row.problems.clone())]).unwrap())
                .unwrap();
        assert_eq!(back.len(), 1);
        assert!(refused(&back[0]), "{heading} slipped through: {:?}", back[0]);
    }
}

#[test]
fn numbers_and_marks_become_what_people_meant() {
    let row = read_one(vec![
        ("证件号码", Number(630_106_450_101_013.0)),
        ("房号", Number(3.0)),
        ("楼栋", Text("3#")),
        ("联系电话", Text("\u{202d}19900001234\u{202c}")),
        ("健康备注", Date(45_328.0)),
        ("楼层", Number(-1.0)),
    ]);
    assert_eq!(row.problems, [] as [&str; 0]);
    assert_eq!(row.document_number, "630106450101013", "the old 15 digits fit");
    assert_eq!(
        (row.room.as_str(), row.building.as_str(), row.floor.as_str()),
        ("3", "3#", "-1")
    );
    assert_eq!(row.phone, "19900001234");
    assert_eq!(row.health_note, "2024-02-06");
    assert_eq!(row.document_kind, "居民身份证", "assumed");
}

#[test]
fn dates_in_every_usual_form() {
    let forms = [
        Text("2024-02-06"),
        Text("2024/2/6"),
        Text("2024.2.6"),
        Text("2024年2月6日"),
        Text("２０２４年２月６日"),
        Text("20240206"),
        Text("2024-02-06 00:00:00"),
        Number(20_240_206.0),
        Number(45_328.0),
        Date(45_328.0),
    ];
    for form in forms {
        let row = read_one(vec![("出生日期", form)]);
        assert_eq!((row.birth_date.as_str(), row.problems.len()), ("2024-02-06", 0));
    }
    assert_eq!(
        read_one(vec![("出生日期", Number(19_360_229.0))]).birth_date,
        "1936-02-29"
    );
    assert_eq!(
        read_one(vec![("出生日期", Date(13_209.0))]).birth_date,
        "1936-02-29"
    );
}

#[test]
fn columns_are_found_by_heading() {
    let mut order = headings();
    order.reverse();
    order.insert(0, "序号");
    order.push(REASON);
    let rows = read(&file(
        &order,
        &[good(vec![("序号", Number(1.0)), ("楼层", Number(5.0))])],
    ))
    .unwrap();
    assert_eq!(
        (
            rows[0].name.as_str(),
            rows[0].floor.as_str(),
            rows[0].problems.len()
        ),
        ("李秀英", "5", 0)
    );
    // Optional columns may be left out, and headings carry stars, spaces and line breaks.
    let few = ["姓名 *", "证件\n号码＊", "小区编码*", "楼栋", "房号"];
    assert_eq!(
        read(&file(&few, &[vec![("姓名 *", Text("李秀英"))]])).unwrap()[0]
            .problems
            .len(),
        4
    );
}

#[test]
fn headings_that_do_not_fit_are_named() {
    let refused = |headings: &[&str]| read(&file(headings, &[])).unwrap_err();
    let error = refused(&["姓名", "证件号码", "楼栋", "出生年月", "姓名"]);
    assert_eq!(error.code(), "sheet_headings");
    assert_eq!(
        error.to_string(),
        "表头不符合模板：缺少列“小区编码”“房号”；不认识的列“出生年月”；重复的列“姓名”"
    );
    assert!(
        refused(&["甲", "乙"])
            .to_string()
            .contains("缺少列“姓名”“证件号码”“小区编码”“楼栋”“房号”")
    );
    assert_eq!(refused(&[]).code(), "sheet_headings");
}

/// `old.xls` was saved by another program: numbers, a date, and an ID number typed as a number.
#[test]
fn old_format_is_read_too() {
    let rows = read(include_bytes!("old.xls")).unwrap();
    assert_eq!(rows.len(), 2);
    let (good, rounded) = (&rows[0], &rows[1]);
    assert!(good.problems.is_empty(), "{good:?}");
    assert_eq!(
        (good.row, good.name.as_str(), good.birth_date.as_str()),
        (2, "李秀英", "1938-11-07")
    );
    assert_eq!(
        (good.phone.as_str(), good.building.as_str(), good.room.as_str()),
        ("19900001234", "3", "502")
    );
    assert!(
        rounded.problems.len() == 1 && rounded.problems[0].contains("15位"),
        "{rounded:?}"
    );
}

#[test]
fn sample_is_left_out_but_never_a_person_typed_over_it() {
    let sample = good(vec![
        ("证件号码", Text(SAMPLE_ID)),
        ("登记事项", Text("示例（本行不会导入）")),
    ]);
    let person = good(vec![("登记事项", Text("示例（本行不会导入）"))]);
    let rows = read(&file(&headings(), &[sample, vec![("姓名", Text("  "))], person])).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].row, 4);
    assert!(rows[0].problems[0].contains("示例"));
}

#[test]
fn files_that_are_no_list_are_told_apart() {
    let code = |bytes: &[u8]| read(bytes).unwrap_err().code();
    assert_eq!(code(b""), "sheet_not_excel");
    assert_eq!(code("姓名,证件号码\n".as_bytes()), "sheet_not_excel");
    assert_eq!(code(&vec![0; MAX_BYTES + 1]), "sheet_too_large");
    assert_eq!(code(b"PK\x03\x04 and nothing else"), "sheet_damaged");
    assert_eq!(
        code(&[&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1][..], &[0; 600]].concat()),
        "sheet_damaged"
    );
    let whole = file(&headings(), &[good(vec![])]);
    assert_eq!(code(&whole[..whole.len() - 30]), "sheet_damaged");
}

/// Overwrites the uncompressed size of every entry in the central directory.
fn declare(bytes: &mut [u8], size: u32) {
    let entries: Vec<usize> = (0..bytes.len() - 4)
        .filter(|at| bytes[*at..*at + 4] == *b"PK\x01\x02")
        .collect();
    assert!(!entries.is_empty());
    for at in entries {
        bytes[at + 24..at + 28].copy_from_slice(&size.to_le_bytes());
    }
}

#[test]
fn zip_bombs_are_refused_by_what_they_declare_and_cannot_lie() {
    let mut bomb = file(&headings(), &[good(vec![])]);
    declare(&mut bomb, 200 * 1024 * 1024);
    assert_eq!(read(&bomb).unwrap_err().code(), "sheet_too_large");
    declare(&mut bomb, 10);
    assert_eq!(
        read(&bomb).unwrap_err().code(),
        "sheet_damaged",
        "unpacking stops at the declared size"
    );
}

#[test]
fn one_cell_in_the_last_corner_costs_nothing() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, headings()).unwrap();
    sheet.write_string(1_048_575, 16_383, "x").unwrap();
    assert_eq!(read(&book.save_to_buffer().unwrap()).unwrap(), []);
}

#[test]
fn too_many_rows_are_refused() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, headings()).unwrap();
    for row in 1..=MAX_ROWS as u32 {
        sheet.write_string(row, 0, "李秀英").unwrap();
    }
    assert_eq!(read(&book.save_to_buffer().unwrap()).unwrap().len(), MAX_ROWS);
    let sheet = book.worksheet_from_index(0).unwrap();
    sheet.write_string(MAX_ROWS as u32 + 1, 0, "李秀英").unwrap();
    assert_eq!(
        read(&book.save_to_buffer().unwrap()).unwrap_err().code(),
        "sheet_too_many_rows"
    );
}

#[test]
fn a_row_in_a_log_tells_nobody() {
    let row = read_one(vec![("出生日期", Text("坏日期"))]);
    let printed = format!("{row:?}");
    assert!(
        printed.contains("row: 2")
            && !printed.contains("李秀英")
            && !printed.contains("坏日期")
            && !printed.contains("6301")
    );
}
