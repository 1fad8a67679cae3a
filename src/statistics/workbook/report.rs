//! The monthly report as the bureau lays it out.

use std::collections::HashSet;

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, IgnoreError, Worksheet, XlsxError};

use super::{
    Figure, ReportBook, ReportRow, ReportSheet, WorkbookError, body_format, font, growth, header_format,
    new_book, page, sheet_name, span, title_format,
};

/// Title, unit line, statutory line, two heading rows.
const HEADINGS: u32 = 3;
const FIRST_DATA_ROW: u32 = 5;
const SIGNATURES: &str = "单位负责人：　　　　　　审核人：　　　　　　填报人：　　　　　　联系电话：　　　　　　　　填报日期：　　　　年　　月　　日";

/// The report as an `.xlsx` file, one sheet for every division.
pub fn write(book: &ReportBook) -> Result<Vec<u8>, WorkbookError> {
    let mut file = new_book(&book.title)?;
    let mut taken = HashSet::new();
    // One layout for all sheets, so that they can be laid over each other.
    let restated = book
        .sheets
        .iter()
        .flat_map(|sheet| &sheet.rows)
        .any(|row| row.restated.is_some());
    let looks = Looks::new();
    for division in &book.sheets {
        let sheet = file.add_worksheet();
        sheet.set_name(sheet_name(&division.name, &mut taken))?;
        write_sheet(sheet, book, division, restated, &looks)?;
    }
    Ok(file.save_to_buffer()?)
}

/// The formats of the body, made once.
struct Looks {
    text: Format,
    centred: Format,
    right: Format,
    count: Format,
    percent: Format,
}

impl Looks {
    fn new() -> Self {
        let right = body_format().set_align(FormatAlign::Right);
        Self {
            text: body_format(),
            centred: body_format().set_align(FormatAlign::Center),
            count: right.clone().set_num_format("#,##0"),
            percent: right.clone().set_num_format("0.00"),
            right,
        }
    }
}

/// A column: heading, its letter or number in the form's second heading row, width.
fn columns(restated: bool) -> Vec<(&'static str, String, f64)> {
    let words = [
        ("序号", "", 7.0),
        ("指标名称", "甲", 38.0),
        ("单位", "乙", 8.0),
        ("代码", "丙", 20.0),
    ];
    let figures = [
        ("数量", 12.0),
        ("修订数", 12.0),
        ("上月数", 12.0),
        ("环比(%)", 10.0),
        ("上年同期", 12.0),
        ("同比(%)", 10.0),
    ];
    let figures = figures
        .into_iter()
        .filter(|(heading, _)| restated || *heading != "修订数");
    let numbered = (1u8..)
        .zip(figures)
        .map(|(number, (heading, width))| (heading, format!("({number})"), width));
    words
        .into_iter()
        .map(|(heading, letter, width)| (heading, letter.to_owned(), width))
        .chain(numbered)
        .collect()
}

fn write_sheet(
    sheet: &mut Worksheet,
    book: &ReportBook,
    division: &ReportSheet,
    restated: bool,
    looks: &Looks,
) -> Result<(), XlsxError> {
    let columns = columns(restated);
    let last = columns.len() as u16 - 1;
    let plain = font("宋体", 11.0).set_num_format("@");
    let (left, middle, right) = (
        plain.clone(),
        plain.clone().set_align(FormatAlign::Center),
        plain.clone().set_align(FormatAlign::Right),
    );

    span(sheet, 0, 0, last, &book.title, &title_format())?;
    sheet.set_row_height(0, 34)?;
    let code = division.division_code.as_deref().unwrap_or(&book.division_code);
    let lines = [
        [
            format!("填报单位(盖章)：{}", book.unit_name),
            format!("统计时间：{}", book.period_label),
            "单位：见“单位”栏".to_owned(),
        ],
        [
            format!("地区编码：{code}　{}", division.name),
            format!("制表机关：{}民政局", book.city_name),
            format!("表号：{}", book.form_number),
        ],
    ];
    for (row, [first, second, third]) in (1u32..).zip(&lines) {
        span(sheet, row, 0, 1, first, &left)?;
        span(sheet, row, 2, 5, second, &middle)?;
        span(sheet, row, 6, last, third, &right)?;
    }
    for (at, (heading, number, width)) in (0u16..).zip(&columns) {
        sheet.set_column_width(at, *width)?;
        sheet.write_string_with_format(HEADINGS, at, *heading, &header_format())?;
        sheet.write_string_with_format(HEADINGS + 1, at, number, &header_format())?;
    }

    for (at, row) in (FIRST_DATA_ROW..).zip(&division.rows) {
        write_row(sheet, at, row, restated, looks)?;
    }

    let mut below = FIRST_DATA_ROW + division.rows.len() as u32;
    // Codes of digits only are text on purpose: no green triangles beside them.
    sheet.ignore_error_range(FIRST_DATA_ROW, 0, below, last, IgnoreError::NumberStoredAsText)?;
    if let Some(note) = &book.frozen_note {
        span(
            sheet,
            below,
            0,
            last,
            &format!("说明：{note}"),
            &left.clone().set_text_wrap(),
        )?;
        below += 1;
    }
    span(
        sheet,
        below,
        0,
        last,
        SIGNATURES,
        &left.set_border(FormatBorder::None),
    )?;
    sheet.set_row_height(below, 28)?;
    page(sheet, HEADINGS, FIRST_DATA_ROW)
}

fn write_row(
    sheet: &mut Worksheet,
    at: u32,
    row: &ReportRow,
    restated: bool,
    looks: &Looks,
) -> Result<(), XlsxError> {
    let words = [
        (&row.number, &looks.centred),
        (&row.name, &looks.text),
        (&row.unit, &looks.centred),
        (&row.code, &looks.centred),
    ];
    for (column, (text, look)) in (0u16..).zip(&words) {
        sheet.write_string_with_format(at, column, *text, look)?;
    }
    let mut cells = vec![
        Cell::Figure(Some(row.value)),
        Cell::Figure(row.previous),
        Cell::Growth(growth(row.value, row.previous)),
        Cell::Figure(row.last_year),
        Cell::Growth(growth(row.value, row.last_year)),
    ];
    if restated {
        cells.insert(1, Cell::Figure(row.restated));
    }
    for (column, cell) in (words.len() as u16..).zip(cells) {
        match cell {
            // A count that Excel can add up; no count of a city comes near the 2^53 where a float stops being exact.
            Cell::Figure(Some(Figure::Count(count))) => {
                sheet.write_number_with_format(at, column, count as f64, &looks.count)?
            }
            Cell::Figure(figure) => {
                let text = figure.unwrap_or_default().display();
                sheet.write_string_with_format(at, column, text, &looks.right)?
            }
            Cell::Growth(text) => match text.parse::<f64>() {
                Ok(percent) => sheet.write_number_with_format(at, column, percent, &looks.percent)?,
                Err(_) => sheet.write_blank(at, column, &looks.percent)?,
            },
        };
    }
    Ok(())
}

/// What stands right of the code.
enum Cell {
    Figure(Option<Figure>),
    Growth(String),
}
