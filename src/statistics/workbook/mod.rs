//! Figures as the bureau files them: the monthly report in the look of a statutory form, and the list behind a figure.
//!
//! Counts are numbers that Excel can add up. Ratios and codes are text: a ratio is rounded here, once, by rules that Excel
//! does not know ([`Figure::display`]), and a code is no quantity. The same figures give the same bytes, so that a frozen
//! report can be exported again and compared.

mod figure;
mod list;
mod report;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

pub use figure::{Figure, growth};
pub use list::list_book;
pub use report::write;

/// A monthly report, one sheet a division.
#[derive(Debug, Clone, Default)]
pub struct ReportBook {
    /// The title over every sheet: `西宁市幸福养老管家工作月报表`.
    pub title: String,
    /// The city, whose civil affairs bureau issues the form (制表机关): `西宁市`.
    pub city_name: String,
    /// The period: `2024年2月`.
    pub period_label: String,
    /// Who fills it in (编制单位), to be stamped.
    pub unit_name: String,
    /// The number of the form (表号); empty leaves room to write it.
    pub form_number: String,
    /// The 12-digit code (地区编码) of a sheet that has none of its own.
    pub division_code: String,
    /// What the reader must know of the version: frozen when, by whom, which version.
    pub frozen_note: Option<String>,
    /// The divisions.
    pub sheets: Vec<ReportSheet>,
}

/// The figures of one division.
#[derive(Debug, Clone, Default)]
pub struct ReportSheet {
    /// The division's name, also the name of the sheet as far as Excel allows.
    pub name: String,
    /// Its own 12-digit code.
    pub division_code: Option<String>,
    /// The indicators, in the order of the form.
    pub rows: Vec<ReportRow>,
}

/// One indicator.
#[derive(Debug, Clone, Default)]
pub struct ReportRow {
    /// Its number in the form: `一、`, `(一)`, `1.`; empty for a line of which (其中).
    pub number: String,
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Its code.
    pub code: String,
    /// The figure of the period, as frozen; growth is counted from it.
    pub value: Figure,
    /// The same figure with what arrived after freezing.
    pub restated: Option<Figure>,
    /// The period before.
    pub previous: Option<Figure>,
    /// The same period of the year before.
    pub last_year: Option<Figure>,
}

/// The workbook could not be made; the caller's data is not at fault.
#[derive(Debug, thiserror::Error)]
#[error("表格生成失败")]
pub struct WorkbookError(#[from] XlsxError);

impl WorkbookError {
    /// The stable code the web app translates.
    pub fn code(&self) -> &'static str {
        "workbook_not_written"
    }
}

/// The name under which the monthly report is filed: `西宁市幸福养老管家工作月报表(2024年2月).xlsx`.
pub fn file_name(city: &str, year: i32, month: u32) -> String {
    format!("{city}幸福养老管家工作月报表({year}年{month}月).xlsx")
}

/// A workbook without the moment of its making.
fn new_book(title: &str) -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    // The clock is not ours to read; zip's own earliest day says plainly that this is no date.
    let timeless = ExcelDateTime::from_ymd(1980, 1, 1)?;
    book.set_properties(
        &DocProperties::new()
            .set_title(title)
            .set_creation_datetime(&timeless),
    );
    Ok(book)
}

/// A name that Excel accepts and no earlier sheet has, whatever the division is called.
fn sheet_name(wanted: &str, taken: &mut HashSet<String>) -> String {
    let plain: String = wanted
        .chars()
        .map(|c| {
            if c.is_control() || r"[]:*?/\".contains(c) {
                '_'
            } else {
                c
            }
        })
        .collect();
    let plain = plain.trim_matches(|c: char| c == '\'' || c.is_whitespace());
    let plain = if plain.is_empty() { "表" } else { plain };
    let candidates = (1u32..).map(|turn| match turn {
        1 => shorten(plain, 31),
        _ => {
            let suffix = format!("({turn})");
            shorten(plain, 31 - suffix.len()) + &suffix
        }
    });
    // Excel compares without case, and keeps History for itself.
    let mut free =
        candidates.filter(|name| !name.eq_ignore_ascii_case("history") && taken.insert(name.to_lowercase()));
    free.next().unwrap_or_default()
}

/// As many characters as fit in so many UTF-16 units, which is how Excel counts.
fn shorten(text: &str, units: usize) -> String {
    let mut used = 0;
    let fits = |c: &char| {
        used += c.len_utf16();
        used <= units
    };
    let kept: String = text.chars().take_while(fits).collect();
    kept.trim_end_matches('\'').to_owned()
}

/// A4 across, as wide as the page, the rows above `first_data_row` from `headings` on repeated on every page.
fn page(sheet: &mut Worksheet, headings: u32, first_data_row: u32) -> Result<(), XlsxError> {
    sheet
        .set_landscape()
        .set_paper_size(9) // A4
        .set_print_fit_to_pages(1, 0)
        .set_print_center_horizontally(true)
        .set_margins(0.4, 0.4, 0.6, 0.6, 0.3, 0.3)
        .set_footer("&C第&P页 共&N页")
        .set_repeat_rows(headings, first_data_row - 1)?
        .set_freeze_panes(first_data_row, 0)?;
    Ok(())
}

/// One text over several columns, or in one.
fn span(
    sheet: &mut Worksheet,
    row: u32,
    first: u16,
    last: u16,
    text: &str,
    format: &Format,
) -> Result<(), XlsxError> {
    if first < last {
        sheet.merge_range(row, first, row, last, text, format)?;
    } else {
        sheet.write_string_with_format(row, first, text, format)?;
    }
    Ok(())
}

fn title_format() -> Format {
    font("黑体", 18.0).set_align(FormatAlign::Center)
}

fn header_format() -> Format {
    font("黑体", 11.0)
        .set_align(FormatAlign::Center)
        .set_text_wrap()
        .set_border(FormatBorder::Thin)
}

/// Text in the body; numbers take the same look with a format of their own.
fn body_format() -> Format {
    font("宋体", 11.0)
        .set_num_format("@")
        .set_border(FormatBorder::Thin)
}

fn font(name: &str, size: f64) -> Format {
    Format::new()
        .set_font_name(name)
        .set_font_size(size)
        .set_align(FormatAlign::VerticalCenter)
}
