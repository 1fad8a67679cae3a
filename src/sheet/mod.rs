//! Lists in Excel: the form that people fill in, the reader that takes it back, and the sheet of what has to be corrected.
//!
//! A [`Form`] says what a list looks like; the three verbs follow it. Two rules hold throughout:
//!
//! * **Every cell is written as a string.** Excel never gets a number to shorten or a formula to run.
//! * **A refusal is a function of the cell's text.** What was lost before the file reached us (an ID number that Excel
//!   rounded, a room number it took for a date) is kept in a text that is refused again when the sheet of errors comes
//!   back uncorrected; nothing slips through on the second attempt.
//!
//! Strangers' files are read by [`reader`], in a process of its own; [`upload`] takes them in over HTTP, [`command`] from the
//! command line.

mod cells;
pub mod command;
mod errors;
mod read;
pub mod reader;
mod template;
pub mod upload;
mod zip;

use crate::error::Code;
use rust_xlsxwriter::XlsxError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use utoipa::ToSchema;

pub use errors::error_sheet;
pub use read::read;
pub use template::{Pick, template};

/// The list, or what it unpacks to, is larger than is looked at.
pub const SHEET_TOO_LARGE: Code = Code::new(413, "sheet_too_large", "The list is larger than allowed");
/// The list has more rows than are taken at once.
pub const SHEET_TOO_MANY_ROWS: Code = Code::new(
    422,
    "sheet_too_many_rows",
    "The list has too many rows for one file",
);
/// The file is no Excel workbook.
pub const SHEET_NOT_EXCEL: Code = Code::new(422, "sheet_not_excel", "The file is no Excel workbook");
/// The file asks for a password.
pub const SHEET_ENCRYPTED: Code = Code::new(422, "sheet_encrypted", "The file is protected by a password");
/// The file is an Excel workbook by its first bytes only.
pub const SHEET_DAMAGED: Code = Code::new(422, "sheet_damaged", "The file is damaged");
/// The headings are not the form's.
pub const SHEET_HEADINGS: Code = Code::new(422, "sheet_headings", "The headings are not those of the form");
/// The file brought down the process that read it, or held it up.
pub const SHEET_UNREADABLE: Code = Code::new(
    422,
    "sheet_unreadable",
    "The file cannot be read: open it in Excel, save it as a new .xlsx and send that",
);
/// Every row of the list can be taken.
pub const NOTHING_TO_CORRECT: Code = Code::new(
    409,
    "nothing_to_correct",
    "There is nothing to correct in this list",
);

/// The module's error codes.
pub const CODES: &[Code] = &[
    SHEET_TOO_LARGE,
    SHEET_TOO_MANY_ROWS,
    SHEET_NOT_EXCEL,
    SHEET_ENCRYPTED,
    SHEET_DAMAGED,
    SHEET_HEADINGS,
    SHEET_UNREADABLE,
    NOTHING_TO_CORRECT,
];

/// Largest file that is looked at.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;
/// Most rows in one file.
pub const MAX_ROWS: usize = 50_000;
/// Longest text of a cell, in characters.
pub const MAX_CELL: usize = 500;
/// Largest sum of the sizes a zip declares for its parts; zip refuses to unpack a part beyond what it declares.
const MAX_UNPACKED: u64 = 300 * 1024 * 1024;
/// Rows that an answer names.
const NAMED: usize = 200;

/// The column that the sheet of errors adds.
pub const REASON: &str = "错误原因";

/// What a list looks like.
pub struct Form {
    /// By which the process that reads is told what to read.
    pub key: &'static str,
    /// The sheet's name.
    pub sheet: &'static str,
    /// How to fill it in, in the first row.
    pub notes: &'static str,
    /// The columns, in the order of [`Row::cells`].
    pub columns: &'static [Column],
    /// How the row that shows how it is done is recognised.
    pub sample: Sample,
}

/// The sample row: it is left out, but never a row that somebody typed over it.
pub struct Sample {
    /// What its marked column begins with.
    pub mark: &'static str,
    /// The marked column.
    pub marked: usize,
    /// What stands in the column that tells rows apart.
    pub id: &'static str,
    /// That column.
    pub identified: usize,
}

/// How a column's cells are read and checked.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Names, codes and numbers: never a date.
    Text,
    /// Free words.
    Note,
    /// A day, stored as `YYYY-MM-DD`.
    Date,
    /// One of a closed list.
    Choice(&'static [&'static str]),
}

/// A column of a list.
pub struct Column {
    /// Its heading.
    pub heading: &'static str,
    required: bool,
    width: f64,
    kind: Kind,
}

/// A column that may be empty.
pub const fn optional(heading: &'static str, width: f64, kind: Kind) -> Column {
    Column {
        heading,
        required: false,
        width,
        kind,
    }
}

/// A column that must be there, and filled in.
pub const fn required(heading: &'static str, width: f64, kind: Kind) -> Column {
    Column {
        required: true,
        ..optional(heading, width, kind)
    }
}

/// One row of a list as it was typed, trimmed; an empty cell is an empty string.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The row's number in Excel, counted from 1.
    pub row: u32,
    /// Why the row cannot be taken as it is, in Chinese, without personal data; empty for a readable row.
    pub problems: Vec<String>,
    /// The cells, one for each of the form's columns.
    pub cells: Vec<String>,
}

/// Tells where, never who: a row printed into a log must not carry a person.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("row", &self.row)
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}

/// Why a row cannot be taken.
pub type Reasons = Vec<String>;

/// A row that cannot be taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowRejection {
    /// The row's number in Excel.
    #[schema(example = 17)]
    pub row: u32,
    /// Why, in Chinese and without personal data.
    #[schema(example = json!(["证件号码校验位不对，请检查是否有数字输错或颠倒"]))]
    pub reasons: Vec<String>,
}

/// A row that was taken although something does not fit together.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowWarning {
    /// The row's number in Excel.
    #[schema(example = 23)]
    pub row: u32,
    /// What, in Chinese and without personal data.
    #[schema(example = json!(["性别与证件号码不一致"]))]
    pub warnings: Vec<String>,
}

/// The first 200 rejected rows, for an answer.
pub fn named_rejections(rejections: &[(u32, Reasons)]) -> Vec<RowRejection> {
    let named = rejections.iter().take(NAMED).cloned();
    named
        .map(|(row, reasons)| RowRejection { row, reasons })
        .collect()
}

/// The first 200 rows with warnings, for an answer.
pub fn named_warnings(warnings: &[(u32, Vec<String>)]) -> Vec<RowWarning> {
    let named = warnings.iter().take(NAMED).cloned();
    named
        .map(|(row, warnings)| RowWarning { row, warnings })
        .collect()
}

/// SHA-256 of a file, by which an import is recognised.
pub fn fingerprint(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Why a list could not be read or made, in the words of who sent it.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// More bytes, unpacked bytes or text than is looked at.
    #[error("文件太大：请控制在10 MB以内，或分成几个文件导入")]
    TooLarge,
    /// More than [`MAX_ROWS`] rows, or formatting down to the bottom of the sheet.
    #[error("行数太多：一次最多导入{MAX_ROWS}行，请分成几个文件，并删除表格下方的空行")]
    TooManyRows,
    /// Neither `.xlsx` nor `.xls` by content, whatever the name says.
    #[error("不是Excel文件：请用Excel或WPS另存为.xlsx格式后再导入")]
    NotExcel,
    /// Protected by a password.
    #[error("文件设有打开密码：请取消密码后再导入")]
    Encrypted,
    /// Right kind, unreadable content.
    #[error("文件已损坏或格式不规范：请用Excel或WPS打开，另存为.xlsx格式后再导入")]
    Damaged,
    /// The heading row does not tell where everything is.
    #[error("表头不符合模板：{}", describe(missing, unknown, repeated))]
    Headings {
        /// Required headings that are not there.
        missing: Vec<String>,
        /// Headings that the list does not know; their data would be lost silently.
        unknown: Vec<String>,
        /// Headings that occur twice.
        repeated: Vec<String>,
    },
    /// The workbook could not be made.
    #[error("表格生成失败")]
    Write(#[from] XlsxError),
}

impl SheetError {
    /// The stable code the web app translates.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "sheet_too_large",
            Self::TooManyRows => "sheet_too_many_rows",
            Self::NotExcel => "sheet_not_excel",
            Self::Encrypted => "sheet_encrypted",
            Self::Damaged => "sheet_damaged",
            Self::Headings { .. } => "sheet_headings",
            Self::Write(_) => "sheet_not_written",
        }
    }
}

fn describe(missing: &[String], unknown: &[String], repeated: &[String]) -> String {
    [
        ("缺少列", missing),
        ("不认识的列", unknown),
        ("重复的列", repeated),
    ]
    .iter()
    .filter(|(_, names)| !names.is_empty())
    .map(|(what, names)| format!("{what}“{}”", names.join("”“")))
    .collect::<Vec<_>>()
    .join("；")
}
