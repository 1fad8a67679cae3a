//! The list behind a figure.

use std::collections::HashSet;

use rust_xlsxwriter::IgnoreError;

use super::{WorkbookError, body_format, header_format, new_book, page, sheet_name, span, title_format};

/// A list as an `.xlsx` file, under a title and headings. Every cell is a string in text format: numbers keep their
/// digits, and nothing that somebody typed becomes a formula.
pub fn list_book(title: &str, headings: &[&str], rows: &[Vec<String>]) -> Result<Vec<u8>, WorkbookError> {
    let mut book = new_book(title)?;
    let sheet = book.add_worksheet();
    sheet.set_name(sheet_name(title, &mut HashSet::new()))?;
    let last = (headings.len() as u16).saturating_sub(1);
    span(sheet, 0, 0, last, title, &title_format())?;
    sheet.set_row_height(0, 34)?;
    for (at, heading) in (0u16..).zip(headings) {
        sheet.write_string_with_format(1, at, *heading, &header_format())?;
        sheet.set_column_width(at, width(at as usize, heading, rows))?;
    }
    let body = body_format();
    for (at, row) in (2u32..).zip(rows) {
        for (column, cell) in (0u16..).zip(row) {
            sheet.write_string_with_format(at, column, cell, &body)?;
        }
    }
    sheet.ignore_error_range(2, 0, 2 + rows.len() as u32, last, IgnoreError::NumberStoredAsText)?;
    page(sheet, 1, 2)?;
    Ok(book.save_to_buffer()?)
}

/// Wide enough for the heading and the first rows, within reason; a Chinese character takes two columns.
fn width(column: usize, heading: &str, rows: &[Vec<String>]) -> f64 {
    let cells = rows
        .iter()
        .take(200)
        .filter_map(|row| row.get(column))
        .map(String::as_str);
    let columns = |text: &str| {
        text.chars()
            .map(|c| if c.is_ascii() { 1.0 } else { 2.0 })
            .sum::<f64>()
    };
    cells
        .chain([heading])
        .map(columns)
        .fold(0.0, f64::max)
        .clamp(6.0, 48.0)
        + 2.0
}
