//! The empty form, and the layout that the sheet of errors shares with it.

use rust_xlsxwriter::{
    DataValidation, DataValidationErrorStyle, Format, FormatAlign, FormatBorder, Formula, IgnoreError,
    Workbook, Worksheet,
};

use super::{Form, Kind, MAX_ROWS, SheetError};

/// Rows of the sheet: notes, headings, then data.
pub(super) const FIRST_DATA_ROW: u32 = 2;
const LAST_DATA_ROW: u32 = FIRST_DATA_ROW + MAX_ROWS as u32;

/// A sheet beside the list that says what can be written in it.
pub struct Pick<'a> {
    /// The sheet's name.
    pub name: &'a str,
    /// Its headings.
    pub headings: &'a [&'a str],
    /// Its rows, one cell for each heading.
    pub rows: Vec<Vec<&'a str>>,
    /// The list's column for which its first column is a drop-down, where there is one.
    pub fills: Option<&'a str>,
}

/// The empty form: notes, headings, a sample row, drop-downs, and a sheet for each of the picks.
///
/// # Errors
/// When the workbook cannot be made.
pub fn template(form: &Form, sample: &[&str], picks: &[Pick<'_>]) -> Result<Vec<u8>, SheetError> {
    debug_assert!(sample[form.sample.marked].starts_with(form.sample.mark));
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    lay_out(sheet, form, None)?;
    write_row(sheet, FIRST_DATA_ROW, sample, &body())?;
    for (at, column) in (0u16..).zip(form.columns) {
        let pick = picks.iter().find(|pick| pick.fills == Some(column.heading));
        let list = match (column.kind, pick) {
            (Kind::Choice(choices), _) => DataValidation::new().allow_list_strings(choices)?,
            (_, Some(pick)) if !pick.rows.is_empty() => {
                let last = pick.rows.len() + 1;
                DataValidation::new()
                    .allow_list_formula(Formula::new(format!("='{}'!$A$2:$A${last}", pick.name)))
            }
            _ => continue,
        };
        let list = list
            .set_error_title("请从下拉列表中选择")?
            .set_error_message("填写的内容不在列表中。")?
            .set_error_style(DataValidationErrorStyle::Stop);
        sheet.add_data_validation(FIRST_DATA_ROW, at, LAST_DATA_ROW, at, &list)?;
    }
    for pick in picks {
        list_sheet(book.add_worksheet(), pick)?;
    }
    Ok(book.save_to_buffer()?)
}

/// Notes, headings, widths, text format and print set-up; `extra` is one more column at the end.
pub(super) fn lay_out(
    sheet: &mut Worksheet,
    form: &Form,
    extra: Option<(&str, f64)>,
) -> Result<(), SheetError> {
    let text = Format::new().set_num_format("@");
    let last = form.columns.len() as u16 - 1;
    sheet.set_name(form.sheet)?;
    for (at, column) in (0u16..).zip(form.columns) {
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
        .merge_range(0, 0, 0, last, form.notes, &notes)?
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

fn list_sheet(sheet: &mut Worksheet, pick: &Pick<'_>) -> Result<(), SheetError> {
    sheet
        .set_name(pick.name)?
        .set_column_range_width(0, pick.headings.len() as u16 - 1, 28)?
        .set_freeze_panes(1, 0)?;
    write_row(sheet, 0, pick.headings, &header())?;
    for (at, row) in (1u32..).zip(&pick.rows) {
        write_row(sheet, at, row, &body())?;
    }
    Ok(())
}
