//! The empty form, and the layout that the sheet of errors shares with it.

use rust_xlsxwriter::{
    DataValidation, DataValidationErrorStyle, Format, FormatAlign, FormatBorder, Formula, IgnoreError,
    Workbook, Worksheet,
};

use super::{COLUMNS, Kind, MAX_ROWS, SAMPLE_ID, SAMPLE_MARK, SHEET, SheetError, WIDTH};

const NOTES: &str = "填写说明：1. 带*的列必填，表头文字请勿改动，列的先后可以调整。2. 各列均为文本格式，证件号码、电话请按文本填写，粘贴时选“只粘贴文本”。\
3. 日期写作2024-02-06。4. 小区编码见“小区”表；人员类别见“人员类别”表，多个类别用“、”隔开。5. 第三行为示例，不会导入，可直接删除。\
6. 一次最多导入50000行。";

const COMMUNITIES: &str = "小区";
const CATEGORIES: &str = "人员类别";
/// Rows of the sheet: notes, headings, then data.
pub(super) const FIRST_DATA_ROW: u32 = 2;
const LAST_DATA_ROW: u32 = FIRST_DATA_ROW + MAX_ROWS as u32;

/// The empty form: notes, headings, a sample row, drop-downs, and two sheets that list the communities and the
/// categories, both given as (code, name).
pub fn template(
    categories: &[(String, String)],
    communities: &[(String, String)],
) -> Result<Vec<u8>, SheetError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    lay_out(sheet, None)?;
    let community = communities.first().map_or("", |(code, _)| code);
    let tags = categories
        .iter()
        .take(2)
        .map(|(_, name)| name.as_str())
        .collect::<Vec<_>>()
        .join("、");
    let sample = [
        "王福山",
        "居民身份证",
        SAMPLE_ID,
        "男",
        "1936-02-29",
        "19900001234",
        community,
        "3",
        "2",
        "5",
        "502",
        &tags,
        "王小宁",
        "女儿",
        "19900001235",
        "高血压，长期服药",
        "2024-01-05",
        "示例（本行不会导入）",
    ];
    debug_assert!(sample[WIDTH - 1].starts_with(SAMPLE_MARK));
    write_row(sheet, FIRST_DATA_ROW, &sample, &body())?;

    for (at, column) in (0u16..).zip(&COLUMNS) {
        let list = match column.kind {
            Kind::Choice(choices) => DataValidation::new().allow_list_strings(choices)?,
            _ if column.heading == "小区编码" && !communities.is_empty() => {
                let last = communities.len() + 1;
                DataValidation::new()
                    .allow_list_formula(Formula::new(format!("='{COMMUNITIES}'!$A$2:$A${last}")))
            }
            _ => continue,
        };
        let list = list
            .set_error_title("请从下拉列表中选择")?
            .set_error_message("填写的内容不在列表中。")?
            .set_error_style(DataValidationErrorStyle::Stop);
        sheet.add_data_validation(FIRST_DATA_ROW, at, LAST_DATA_ROW, at, &list)?;
    }

    list_sheet(
        book.add_worksheet(),
        COMMUNITIES,
        &["小区编码", "小区名称"],
        communities.iter().map(|(code, name)| [code, name]),
    )?;
    list_sheet(
        book.add_worksheet(),
        CATEGORIES,
        &["人员类别"],
        categories.iter().map(|(_, name)| [name]),
    )?;
    Ok(book.save_to_buffer()?)
}

/// Notes, headings, widths, text format and print set-up; `extra` is one more column at the end.
pub(super) fn lay_out(sheet: &mut Worksheet, extra: Option<(&str, f64)>) -> Result<(), SheetError> {
    let text = Format::new().set_num_format("@");
    let last = WIDTH as u16 - 1;
    sheet.set_name(SHEET)?;
    for (at, column) in (0u16..).zip(&COLUMNS) {
        let star = if column.required { "*" } else { "" };
        sheet
            .set_column_width(at, column.width)?
            .set_column_format(at, &text)?;
        sheet.write_string_with_format(1, at, format!("{}{star}", column.heading), &header())?;
    }
    if let Some((heading, width)) = extra {
        sheet
            .set_column_width(last + 1, width)?
            .set_column_format(last + 1, &text)?;
        sheet.write_string_with_format(1, last + 1, heading, &header())?;
    }
    let notes = Format::new()
        .set_text_wrap()
        .set_align(FormatAlign::Left)
        .set_align(FormatAlign::VerticalCenter);
    sheet
        .merge_range(0, 0, 0, last, NOTES, &notes)?
        .set_row_height(0, 48)?;
    sheet
        .set_freeze_panes(FIRST_DATA_ROW, 1)?
        .set_landscape()
        .set_paper_size(9) // A4
        .set_print_fit_to_pages(1, 0)
        .set_repeat_rows(1, 1)?
        // Long numbers are text on purpose: no green triangles beside every one.
        .ignore_error_range(
            FIRST_DATA_ROW,
            0,
            LAST_DATA_ROW,
            last,
            IgnoreError::NumberStoredAsText,
        )?;
    Ok(())
}

/// Writes strings, whatever they look like: a cell that begins with `=` stays words.
pub(super) fn write_row(
    sheet: &mut Worksheet,
    row: u32,
    cells: &[&str],
    format: &Format,
) -> Result<(), SheetError> {
    for (at, cell) in (0u16..).zip(cells) {
        sheet.write_string_with_format(row, at, *cell, format)?;
    }
    Ok(())
}

pub(super) fn body() -> Format {
    Format::new()
        .set_num_format("@")
        .set_border(FormatBorder::Thin)
        .set_align(FormatAlign::VerticalCenter)
}

fn header() -> Format {
    body().set_bold().set_align(FormatAlign::Center).set_text_wrap()
}

fn list_sheet<'a, const N: usize>(
    sheet: &mut Worksheet,
    name: &str,
    headings: &[&str; N],
    rows: impl Iterator<Item = [&'a String; N]>,
) -> Result<(), SheetError> {
    sheet
        .set_name(name)?
        .set_column_range_width(0, N as u16 - 1, 28)?
        .set_freeze_panes(1, 0)?;
    write_row(sheet, 0, headings, &header())?;
    for (at, row) in (1u32..).zip(rows) {
        write_row(sheet, at, &row.map(String::as_str), &body())?;
    }
    Ok(())
}
