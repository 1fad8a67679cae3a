//! The enrolment list in Excel: the form that communities fill in, the reader that takes it back, and the sheet of what
//! has to be corrected.
//!
//! One table, `COLUMNS`, says what the list looks like; the three verbs follow it. Two rules hold throughout:
//!
//! * **Every cell is written as a string.** Excel never gets a number to shorten or a formula to run.
//! * **A refusal is a function of the cell's text.** What was lost before the file reached us (an ID number that Excel
//!   rounded, a room number it took for a date) is kept in a text that is refused again when the sheet of errors comes
//!   back uncorrected; nothing slips through on the second attempt.

mod cells;
mod errors;
mod read;
mod template;
#[cfg(test)]
mod tests;
mod zip;

use std::fmt;

use rust_xlsxwriter::XlsxError;
use serde::{Deserialize, Serialize};

pub use errors::error_sheet;
pub use read::read;
pub use template::template;

/// Largest file that is looked at.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;
/// Most elders in one file.
pub const MAX_ROWS: usize = 50_000;
/// Longest text of a cell, in characters.
pub const MAX_CELL: usize = 500;
/// Largest sum of the sizes a zip declares for its parts; zip refuses to unpack a part beyond what it declares.
const MAX_UNPACKED: u64 = 300 * 1024 * 1024;

/// Kinds of identity document, the usual one first; it is assumed where the cell is empty.
pub const DOCUMENT_KINDS: [&str; 5] = [
    "居民身份证",
    "港澳台居民居住证",
    "外国人永久居留身份证",
    "护照",
    "户口簿",
];
/// What the sex column takes; empty is derived from the ID number later.
pub const SEXES: [&str; 2] = ["男", "女"];

const SHEET: &str = "老年人名单";
const REASON: &str = "错误原因";
const SAMPLE_MARK: &str = "示例";
const SAMPLE_ID: &str = "630106193602290012";

/// How a column's cells are read and checked.
#[derive(Clone, Copy)]
enum Kind {
    /// Names, codes and numbers: never a date.
    Text,
    /// Free words.
    Note,
    /// A day, stored as `YYYY-MM-DD`.
    Date,
    /// One of a closed list.
    Choice(&'static [&'static str]),
}

struct Column {
    heading: &'static str,
    required: bool,
    width: f64,
    kind: Kind,
}

const WIDTH: usize = 18;

/// The list's columns, in the order of [`RawRow::cells`].
const COLUMNS: [Column; WIDTH] = [
    column("姓名", true, 10.0, Kind::Text),
    column("证件类型", false, 14.0, Kind::Choice(&DOCUMENT_KINDS)),
    column("证件号码", true, 22.0, Kind::Text),
    column("性别", false, 6.0, Kind::Choice(&SEXES)),
    column("出生日期", false, 12.0, Kind::Date),
    column("联系电话", false, 14.0, Kind::Text),
    column("小区编码", true, 18.0, Kind::Text),
    column("楼栋", true, 8.0, Kind::Text),
    column("单元", false, 6.0, Kind::Text),
    column("楼层", false, 6.0, Kind::Text),
    column("房号", true, 8.0, Kind::Text),
    column("人员类别", false, 20.0, Kind::Note),
    column("紧急联系人", false, 12.0, Kind::Text),
    column("与老人关系", false, 12.0, Kind::Text),
    column("紧急联系人电话", false, 16.0, Kind::Text),
    column("健康备注", false, 24.0, Kind::Note),
    column("知情同意日期", false, 14.0, Kind::Date),
    column("登记事项", false, 24.0, Kind::Note),
];

const fn column(heading: &'static str, required: bool, width: f64, kind: Kind) -> Column {
    Column {
        heading,
        required,
        width,
        kind,
    }
}

/// One row of the list as it was typed, trimmed; an empty cell is an empty string.
///
/// It crosses from the process that reads as row number, problems and cells.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
pub struct RawRow {
    /// The row's number in Excel, counted from 1.
    pub row: u32,
    /// Why the row cannot be taken as it is, in Chinese, without personal data; empty for a readable row.
    pub problems: Vec<String>,
    /// 姓名
    pub name: String,
    /// 证件类型; the resident identity card where the cell was empty
    pub document_kind: String,
    /// 证件号码, not yet checked
    pub document_number: String,
    /// 性别
    pub sex: String,
    /// 出生日期, `YYYY-MM-DD`
    pub birth_date: String,
    /// 联系电话
    pub phone: String,
    /// 小区编码
    pub community_code: String,
    /// 楼栋
    pub building: String,
    /// 单元
    pub unit: String,
    /// 楼层
    pub floor: String,
    /// 房号
    pub room: String,
    /// 人员类别 as typed; [`RawRow::category_names`] splits it
    pub categories: String,
    /// 紧急联系人
    pub contact_name: String,
    /// 与老人关系
    pub contact_relation: String,
    /// 紧急联系人电话
    pub contact_phone: String,
    /// 健康备注
    pub health_note: String,
    /// 知情同意日期, `YYYY-MM-DD`
    pub consent_date: String,
    /// 登记事项
    pub remarks: String,
}

type Wire = (u32, Vec<String>, [String; WIDTH]);

impl From<Wire> for RawRow {
    fn from((row, problems, cells): Wire) -> Self {
        Self::new(row, problems, cells)
    }
}

impl From<RawRow> for Wire {
    fn from(row: RawRow) -> Self {
        let cells = row.cells().map(str::to_owned);
        (row.row, row.problems, cells)
    }
}

impl RawRow {
    /// The cells in the order of the columns.
    pub fn cells(&self) -> [&str; WIDTH] {
        [
            &self.name,
            &self.document_kind,
            &self.document_number,
            &self.sex,
            &self.birth_date,
            &self.phone,
            &self.community_code,
            &self.building,
            &self.unit,
            &self.floor,
            &self.room,
            &self.categories,
            &self.contact_name,
            &self.contact_relation,
            &self.contact_phone,
            &self.health_note,
            &self.consent_date,
            &self.remarks,
        ]
    }

    /// The names in the category cell; every separator that people use is accepted.
    pub fn category_names(&self) -> impl Iterator<Item = &str> {
        self.categories
            .split(['、', ',', '，', ';', '；', '\n'])
            .map(str::trim)
            .filter(|name| !name.is_empty())
    }

    fn new(row: u32, problems: Vec<String>, cells: [String; WIDTH]) -> Self {
        let [
            name,
            document_kind,
            document_number,
            sex,
            birth_date,
            phone,
            community_code,
            building,
            unit,
            floor,
            room,
            categories,
            contact_name,
            contact_relation,
            contact_phone,
            health_note,
            consent_date,
            remarks,
        ] = cells;
        Self {
            row,
            problems,
            name,
            document_kind,
            document_number,
            sex,
            birth_date,
            phone,
            community_code,
            building,
            unit,
            floor,
            room,
            categories,
            contact_name,
            contact_relation,
            contact_phone,
            health_note,
            consent_date,
            remarks,
        }
    }
}

/// Tells where, never who: a row printed into a log must not carry a person.
impl fmt::Debug for RawRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRow")
            .field("row", &self.row)
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}

/// Why a list could not be read or made, in the words of who sent it.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// More bytes, unpacked bytes or text than is looked at.
    #[error("文件太大：请控制在10 MB以内，或分成几个文件导入")]
    TooLarge,
    /// More than [`MAX_ROWS`] elders, or formatting down to the bottom of the sheet.
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
