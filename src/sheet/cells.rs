//! What a cell says, and what is wrong with it.

use calamine::{DataRef, ExcelDateTime, ExcelDateTimeType};
use chrono::NaiveDate;

use super::{Column, Kind, MAX_CELL};

/// What Excel shows in place of a value.
const EXCEL_ERRORS: [&str; 8] = [
    "#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#DATA!",
];

/// A cell as text. What is already lost is written so that [`problem`] recognises it: a rounded number as `6.30106E+17`,
/// a room number that became a date as that date, one character more than allowed of a text that is too long.
pub(super) fn text(cell: &DataRef<'_>, kind: Kind, is_1904: bool) -> String {
    let text = match cell {
        DataRef::Empty => return String::new(),
        DataRef::String(text) => clean(text),
        DataRef::SharedString(text) => clean(text),
        DataRef::Int(number) => numeral(*number as f64, kind, is_1904),
        DataRef::Float(number) => numeral(*number, kind, is_1904),
        DataRef::Bool(truth) => truth.to_string().to_uppercase(),
        DataRef::DateTime(moment) => day(moment),
        DataRef::DateTimeIso(text) => text.chars().take(10).collect(),
        DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
    };
    match kind {
        Kind::Date => iso_date(&text).unwrap_or(text),
        _ => text,
    }
}

/// Trimmed, without the invisible marks that come along when a number is copied from a chat or a contact list.
fn clean(text: &str) -> String {
    let invisible = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
    };
    let kept: String = text.chars().filter(|c| !invisible(*c)).collect();
    kept.trim().chars().take(MAX_CELL + 1).collect()
}

fn numeral(number: f64, kind: Kind, is_1904: bool) -> String {
    // Excel keeps 15 digits.
    if number.abs() >= 1e15 {
        return format!("{number:.5E}").replace('E', "E+");
    }
    // A day typed before the cell was made text keeps its serial number; below 3000 (March 1908) it is a year alone.
    if matches!(kind, Kind::Date) && (3_000.0..100_000.0).contains(&number) {
        return day(&ExcelDateTime::new(number, ExcelDateTimeType::DateTime, is_1904));
    }
    number.to_string()
}

fn day(moment: &ExcelDateTime) -> String {
    let (year, month, day, ..) = moment.to_ymd_hms_milli();
    format!("{year:04}-{month:02}-{day:02}")
}

/// `2024-02-06`, `2024/2/6`, `2024.2.6`, `2024年2月6日`, `20240206`, with or without a time behind, full width or not.
fn iso_date(text: &str) -> Option<String> {
    let plain: String = text
        .chars()
        .map(|c| match c {
            '０'..='９' => char::from(b'0' + (c as u32 - '０' as u32) as u8),
            '年' | '月' | '/' | '.' | '／' | '－' => '-',
            '日' | '号' => ' ',
            other => other,
        })
        .collect();
    let plain = plain.split([' ', 'T']).next()?;
    let parts: Vec<&str> = match plain.len() {
        8 if plain.bytes().all(|b| b.is_ascii_digit()) => vec![&plain[..4], &plain[4..6], &plain[6..]],
        _ => plain.split('-').collect(),
    };
    let [year, month, day] = parts[..] else {
        return None;
    };
    if year.len() != 4 {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    Some(date.to_string())
}

/// What is wrong with a cell's text, without repeating it: the reason may be logged, the text may not.
pub(super) fn problem(column: &Column, text: &str) -> Option<String> {
    let Column {
        heading,
        required,
        kind,
        ..
    } = *column;
    if text.is_empty() {
        return required.then(|| format!("缺少{heading}"));
    }
    if text.chars().count() > MAX_CELL {
        return Some(format!("{heading}超过{MAX_CELL}字"));
    }
    if EXCEL_ERRORS.contains(&text) {
        return Some(format!("{heading}是Excel错误值，请重新填写"));
    }
    if is_rounded(text) {
        return Some(format!(
            "{heading}是超过15位的数字，末几位已被Excel舍去，请将单元格设为文本格式后重新填写"
        ));
    }
    match kind {
        Kind::Text if text.len() == 10 && text.parse::<NaiveDate>().is_ok() => Some(format!(
            "{heading}被Excel当成了日期，请将单元格设为文本格式后重新填写"
        )),
        Kind::Date if iso_date(text).is_none() => Some(format!("{heading}不是有效日期，请按2024-02-06填写")),
        Kind::Choice(choices) if !choices.contains(&text) => {
            Some(format!("{heading}只能填：{}", choices.join("、")))
        }
        _ => None,
    }
}

/// `6.30106E+17`: what Excel shows, and some programs save, of an ID number typed as a number.
fn is_rounded(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    text.split_once(['E', 'e'])
        .is_some_and(|(mantissa, power)| digits(mantissa) && power.strip_prefix('+').is_some_and(digits))
}
