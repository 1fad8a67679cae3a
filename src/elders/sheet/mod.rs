//! The enrolment list: its columns, the form that communities fill in, and its rows by name.

#[cfg(test)]
mod tests;

use std::fmt;

use crate::sheet::{self, Form, Kind, Pick, Reasons, Row, Sample, SheetError, optional, required};

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

const SAMPLE_ID: &str = "630106193602290012";
const COMMUNITY: &str = "小区编码";
const WIDTH: usize = 18;

/// The enrolment list, its columns in the order of [`RawRow::cells`].
pub static FORM: Form = Form {
    key: "elders",
    sheet: "老年人名单",
    notes: "填写说明：1. 带*的列必填，表头文字请勿改动，列的先后可以调整。2. 各列均为文本格式，证件号码、电话请按文本填写，粘贴时选“只粘贴文本”。\
3. 日期写作2024-02-06。4. 小区编码见“小区”表；人员类别见“人员类别”表，多个类别用“、”隔开。5. 第三行为示例，不会导入，可直接删除。\
6. 一次最多导入50000行。",
    columns: &COLUMNS,
    sample: Sample {
        mark: "示例",
        marked: WIDTH - 1,
        id: SAMPLE_ID,
        identified: 2,
    },
};

const COLUMNS: [sheet::Column; WIDTH] = [
    required("姓名", 10.0, Kind::Text),
    optional("证件类型", 14.0, Kind::Choice(&DOCUMENT_KINDS)),
    required("证件号码", 22.0, Kind::Text),
    optional("性别", 6.0, Kind::Choice(&SEXES)),
    optional("出生日期", 12.0, Kind::Date),
    optional("联系电话", 14.0, Kind::Text),
    required(COMMUNITY, 18.0, Kind::Text),
    required("楼栋", 8.0, Kind::Text),
    optional("单元", 6.0, Kind::Text),
    optional("楼层", 6.0, Kind::Text),
    required("房号", 8.0, Kind::Text),
    optional("人员类别", 20.0, Kind::Note),
    optional("紧急联系人", 12.0, Kind::Text),
    optional("与老人关系", 12.0, Kind::Text),
    optional("紧急联系人电话", 16.0, Kind::Text),
    optional("健康备注", 24.0, Kind::Note),
    optional("知情同意日期", 14.0, Kind::Date),
    optional("登记事项", 24.0, Kind::Note),
];

/// The empty form: a sample row, drop-downs, and two sheets that list the communities and the categories, both given as
/// (code, name).
///
/// # Errors
/// When the workbook cannot be made.
pub fn template(
    categories: &[(String, String)],
    communities: &[(String, String)],
) -> Result<Vec<u8>, SheetError> {
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
    let picks = [
        Pick {
            name: "小区",
            headings: &[COMMUNITY, "小区名称"],
            rows: communities
                .iter()
                .map(|(code, name)| vec![code.as_str(), name])
                .collect(),
            fills: Some(COMMUNITY),
        },
        Pick {
            name: "人员类别",
            headings: &["人员类别"],
            rows: categories.iter().map(|(_, name)| vec![name.as_str()]).collect(),
            fills: None,
        },
    ];
    sheet::template(&FORM, &sample, &picks)
}

/// The sheet of what has to be corrected; see [`sheet::error_sheet`].
///
/// # Errors
/// When the workbook cannot be made.
pub fn error_sheet(original: &[RawRow], reasons: &[(u32, Reasons)]) -> Result<Vec<u8>, SheetError> {
    let rows = original.iter().map(|row| (row.row, row.cells().to_vec()));
    sheet::error_sheet(&FORM, rows, reasons)
}

/// Reads the list in this process; see [`sheet::read`].
///
/// # Errors
/// What is wrong with the file.
pub fn read(bytes: &[u8]) -> Result<Vec<RawRow>, SheetError> {
    rows(sheet::read(&FORM, bytes)?)
}

/// The rows by name.
///
/// # Errors
/// [`SheetError::Damaged`] when a row has not as many cells as the list has columns.
pub fn rows(rows: Vec<Row>) -> Result<Vec<RawRow>, SheetError> {
    rows.into_iter()
        .map(|row| {
            let cells = row.cells.try_into().map_err(|_| SheetError::Damaged)?;
            Ok(RawRow::new(row.row, row.problems, cells))
        })
        .collect()
}

/// One row of the list as it was typed, trimmed; an empty cell is an empty string.
#[derive(Clone, Default, PartialEq, Eq)]
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
        let document_kind = match document_kind.as_str() {
            "" => DOCUMENT_KINDS[0].to_owned(),
            _ => document_kind,
        };
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
