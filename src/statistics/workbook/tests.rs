use std::io::Cursor;

use calamine::{Data, Range, Reader, Xlsx};

use super::*;

fn sheets(bytes: &[u8]) -> Vec<(String, Range<Data>)> {
    Xlsx::new(Cursor::new(bytes)).unwrap().worksheets()
}

fn at(sheet: &Range<Data>, row: u32, column: u32) -> Data {
    sheet.get_value((row, column)).cloned().unwrap_or_default()
}

fn text(text: &str) -> Data {
    Data::String(text.into())
}

fn ratio(numerator: i64, denominator: i64) -> Figure {
    Figure::Ratio {
        numerator,
        denominator,
    }
}

fn row(number: &str, name: &str, value: Figure) -> ReportRow {
    let (number, name) = (number.into(), name.into());
    ReportRow {
        number,
        name,
        unit: "人次".into(),
        code: "000110".into(),
        value,
        ..ReportRow::default()
    }
}

fn book() -> ReportBook {
    let visits = ReportRow {
        previous: Some(Figure::Count(1000)),
        last_year: Some(Figure::Count(0)),
        ..row("一、", "入户探访", Figure::Count(12_345))
    };
    let rate = ReportRow {
        previous: Some(ratio(1, 2)),
        ..row("(一)", "=1+1", ratio(29_999, 30_000))
    };
    let rows = vec![
        visits,
        rate,
        row("", "其中：无", ratio(0, 0)),
        row("二、", "空", Figure::Blank),
    ];
    ReportBook {
        title: "西宁市幸福养老管家工作月报表".into(),
        city_name: "西宁市".into(),
        period_label: "2024年2月".into(),
        unit_name: "西宁市民政局".into(),
        form_number: "XN01".into(),
        division_code: "630100000000".into(),
        frozen_note: Some("第1版".into()),
        sheets: vec![
            ReportSheet {
                name: "城西区".into(),
                division_code: Some("630104000000".into()),
                rows,
            },
            ReportSheet {
                name: "城西区".into(),
                ..ReportSheet::default()
            },
        ],
    }
}

#[test]
fn figures_are_printed_honestly() {
    let cases = [
        (Figure::Count(0), "0"),
        (Figure::Count(999), "999"),
        (Figure::Count(1_000), "1,000"),
        (Figure::Count(-1_234_567), "-1,234,567"),
        (Figure::Blank, ""),
        (ratio(0, 0), "—"),
        (ratio(0, 7), "0.00%"),
        (ratio(7, 7), "100.00%"),
        (ratio(1, 3), "33.33%"),
        (ratio(2, 3), "66.67%"),
        (ratio(1, 800), "0.13%"),          // 0.125 rounds up
        (ratio(24_999, 25_000), "99.99%"), // 99.996
        (ratio(1, 1_000_000), "0.01%"),
        (ratio(i64::MAX - 1, i64::MAX), "99.99%"),
        (ratio(3, 2), "150.00%"),
    ];
    for (figure, printed) in cases {
        assert_eq!(figure.display(), printed, "{figure:?}");
    }
}

#[test]
fn growth_is_current_over_base_less_one() {
    let count = |current, base| growth(Figure::Count(current), Some(Figure::Count(base)));
    assert_eq!(count(11_117, 10_000), "11.17");
    assert_eq!(count(901, 10_000), "-90.99");
    assert_eq!(count(100, 100), "0.00");
    assert_eq!(count(0, 5), "-100.00");
    assert_eq!(count(20_001, 20_000), "0.01"); // 0.005: half away from zero
    assert_eq!(count(19_999, 20_000), "-0.01");
    assert_eq!(count(5, 0), "");
    assert_eq!(growth(Figure::Count(5), None), "");
    assert_eq!(growth(Figure::Blank, Some(Figure::Count(5))), "");
    assert_eq!(growth(ratio(3, 4), Some(ratio(1, 2))), "50.00");
    assert_eq!(growth(ratio(3, 4), Some(ratio(0, 0))), "");
    assert_eq!(growth(Figure::Count(3), Some(ratio(1, 2))), "");
    assert_eq!(
        growth(ratio(i64::MAX, i64::MAX), Some(ratio(i64::MAX, 1))),
        "",
        "too large to count is left blank"
    );
}

#[test]
fn report_has_the_bureaus_layout() {
    let sheets = sheets(&write(&book()).unwrap());
    let names: Vec<_> = sheets.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["城西区", "城西区(2)"]);
    let sheet = &sheets[0].1;
    assert_eq!(at(sheet, 0, 0), text("西宁市幸福养老管家工作月报表"));
    assert_eq!(at(sheet, 1, 0), text("填报单位(盖章)：西宁市民政局"));
    assert_eq!(at(sheet, 1, 2), text("统计时间：2024年2月"));
    assert_eq!(at(sheet, 2, 0), text("地区编码：630104000000　城西区"));
    assert_eq!(at(sheet, 2, 2), text("制表机关：西宁市民政局"));
    assert_eq!(at(sheet, 2, 6), text("表号：XN01"));
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
        assert_eq!(at(sheet, 3, column), text(heading));
    }
    assert_eq!(at(sheet, 3, 9), Data::Empty);
    assert_eq!([at(sheet, 4, 1), at(sheet, 4, 4)], [text("甲"), text("(1)")]);

    assert_eq!(at(sheet, 5, 0), text("一、"));
    assert_eq!(at(sheet, 5, 3), text("000110"), "a code keeps its zeros");
    assert_eq!(at(sheet, 5, 4), Data::Float(12_345.0), "a count is a number");
    assert_eq!(at(sheet, 5, 5), Data::Float(1_000.0));
    assert_eq!(at(sheet, 5, 6), Data::Float(1_134.5));
    assert_eq!(at(sheet, 5, 8), Data::Empty, "no growth on zero");
    assert_eq!(at(sheet, 6, 1), text("=1+1"), "never a formula");
    assert_eq!(at(sheet, 6, 4), text("99.99%"));
    assert_eq!(at(sheet, 6, 6), Data::Float(99.99));
    assert_eq!(at(sheet, 7, 4), text("—"));
    assert_eq!(at(sheet, 8, 4), Data::Empty);
    assert_eq!(at(sheet, 9, 0), text("说明：第1版"));
    let Data::String(footer) = at(sheet, 10, 0) else {
        panic!("no footer")
    };
    for word in ["单位负责人", "审核人", "填报人", "联系电话", "填报日期"] {
        assert!(footer.contains(word));
    }
    assert_eq!(
        at(&sheets[1].1, 2, 0),
        text("地区编码：630100000000　城西区"),
        "the book's code where a sheet has none"
    );
}

#[test]
fn report_shows_what_was_restated_on_every_sheet() {
    let mut book = book();
    book.sheets[0].rows[0].restated = Some(Figure::Count(12_400));
    let sheets = sheets(&write(&book).unwrap());
    assert_eq!(sheets.len(), 2);
    for (_, sheet) in &sheets {
        assert_eq!(
            [at(sheet, 3, 4), at(sheet, 3, 5), at(sheet, 3, 6)],
            [text("数量"), text("修订数"), text("上月数")]
        );
    }
    let sheet = &sheets[0].1;
    assert_eq!(
        [at(sheet, 5, 4), at(sheet, 5, 5)],
        [Data::Float(12_345.0), Data::Float(12_400.0)]
    );
    assert_eq!(
        at(sheet, 5, 7),
        Data::Float(1_134.5),
        "growth stays with the frozen figure"
    );
    assert_eq!(at(sheet, 6, 5), Data::Empty);
}

#[test]
fn same_figures_give_the_same_bytes() {
    assert_eq!(write(&book()).unwrap(), write(&book()).unwrap());
}

#[test]
fn sheet_names_suit_excel() {
    let mut taken = HashSet::new();
    let mut name = |wanted: &str| sheet_name(wanted, &mut taken);
    assert_eq!(name("城东/城中[1]"), "城东_城中_1_");
    assert_eq!(name(""), "表");
    assert_eq!(name("'引号'"), "引号");
    assert_eq!(name("Abc"), "Abc");
    assert_eq!(name("aBC"), "aBC(2)");
    assert_eq!(name("History"), "History(2)");
    let long = "很".repeat(40);
    assert_eq!(name(&long).chars().count(), 31);
    let second = name(&long);
    assert!(second.ends_with("(2)") && second.chars().count() == 31);
    assert_eq!(
        name(&"𠮷".repeat(40)).encode_utf16().count(),
        30,
        "Excel counts UTF-16"
    );
}

#[test]
fn list_is_strings_only() {
    let rows = vec![
        vec!["630106193602290012".into(), "=cmd()".into()],
        vec!["+86".into(), String::new()],
    ];
    let sheets = sheets(&list_book("入户探访/明细", &["证件号码", "备注"], &rows).unwrap());
    let (name, sheet) = &sheets[0];
    assert_eq!(name, "入户探访_明细");
    assert_eq!(
        [at(sheet, 1, 0), at(sheet, 1, 1)],
        [text("证件号码"), text("备注")]
    );
    assert_eq!(
        [at(sheet, 2, 0), at(sheet, 2, 1)],
        [text("630106193602290012"), text("=cmd()")]
    );
    assert_eq!([at(sheet, 3, 0), at(sheet, 3, 1)], [text("+86"), Data::Empty]);
    assert!(
        list_book("一列", &["甲"], &[]).is_ok(),
        "a single column is no merged range"
    );
    assert!(list_book("无", &[], &[]).is_ok());
}

#[test]
fn file_is_named_after_city_and_month() {
    assert_eq!(
        file_name("西宁市", 2024, 2),
        "西宁市幸福养老管家工作月报表(2024年2月).xlsx"
    );
}
