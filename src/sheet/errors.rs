//! The sheet of what has to be corrected: the list's own layout, so that it can be sent back as it is.

use std::collections::HashMap;

use rust_xlsxwriter::{FormatAlign, Workbook};

use super::template::{FIRST_DATA_ROW, body, lay_out, write_row};
use super::{Form, REASON, Reasons, SheetError};

/// The rows of `original` that `reasons` names, in their order, each with its reasons (by Excel row) in a last column
/// 错误原因, which [`read`](super::read()) ignores when the corrected sheet comes back. The original row number leads the
/// reasons, for people who correct their own copy.
pub fn error_sheet<'a>(
    form: &Form,
    original: impl Iterator<Item = (u32, Vec<&'a str>)>,
    reasons: &[(u32, Reasons)],
) -> Result<Vec<u8>, SheetError> {
    let mut by_row: HashMap<u32, Vec<&str>> = HashMap::new();
    for (row, why) in reasons {
        by_row
            .entry(*row)
            .or_default()
            .extend(why.iter().map(String::as_str));
    }
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    lay_out(sheet, form, Some((REASON, 48.0)))?;
    let bad = original.filter_map(|(row, cells)| by_row.get(&row).map(|why| (row, cells, why)));
    for (at, (row, cells, why)) in (FIRST_DATA_ROW..).zip(bad) {
        write_row(sheet, at, &cells, &body())?;
        let why = format!("原第{row}行：{}", why.join("；"));
        let wrapped = body().set_text_wrap().set_align(FormatAlign::Left);
        sheet.write_string_with_format(at, form.columns.len() as u16, why, &wrapped)?;
    }
    Ok(book.save_to_buffer()?)
}
