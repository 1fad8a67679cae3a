//! The library as a list in Excel. A row is an organisation, and at most one item and one licence of it: what offers more stands
//! on several rows, of which the first alone has to say everything about the organisation itself.

use crate::{
    resources::import::check::Lists,
    sheet::{self, Column, Form, Kind, Pick, Sample, SheetError, optional, required},
};

/// The tiers, in the order of [`super::model::ResourceTier`].
pub const TIERS: [&str; 3] = ["服务组织", "县区", "市"];
/// The kinds, in the order of [`super::model::ResourceKind`].
pub const KINDS: [&str; 6] = ["养老机构", "医疗机构", "物业", "服务组织", "社工组织", "志愿队伍"];
/// Whether it takes orders.
pub const YES_NO: [&str; 2] = ["是", "否"];
/// Chinese names of kinds of licence that the menu's items ask for; any other is written as its code.
pub const LICENCES: [(&str, &str); 2] = [
    ("医疗机构执业许可证", "medical_practice"),
    ("食品经营许可证", "food_service"),
];

/// How many columns there are.
pub const WIDTH: usize = 21;
const AREA: &str = "服务区域";
const ITEM: &str = "服务项目";
const LICENCE: &str = "资质类型";
const SAMPLE_CODE: &str = "52630104MJY001047N";

/// The list of organisations.
pub static FORM: Form = Form {
    key: "resources",
    sheet: "服务资源名单",
    notes: "填写说明：1. 带*的列必填，表头文字请勿改动，列的先后可以调整。2. 各列均为文本格式，粘贴时选“只粘贴文本”。\
3. 一行写一个机构的一个服务项目和一项资质；有多个的写多行，机构名称、层级、类别、服务区域每行都要写，其他机构信息只写在第一行即可。\
4. 服务区域见“服务区域”表，多个用“、”隔开。5. 服务时间写“24小时”，或“周一至周五 08:00-12:00、14:00-18:00；周六 09:00-12:00”。\
6. 价格以元为单位。7. 第三行为示例，不会导入。8. 一次最多导入50000行。",
    columns: &COLUMNS,
    sample: Sample {
        mark: "示例（",
        marked: 6,
        id: SAMPLE_CODE,
        identified: 0,
    },
};

const COLUMNS: [Column; WIDTH] = [
    required("统一社会信用代码", 22.0, Kind::Text),
    required("机构名称", 26.0, Kind::Text),
    required("层级", 10.0, Kind::Choice(&TIERS)),
    required("类别", 10.0, Kind::Choice(&KINDS)),
    optional("是否接单", 8.0, Kind::Choice(&YES_NO)),
    optional("联系电话", 14.0, Kind::Text),
    optional("地址", 24.0, Kind::Note),
    optional("纬度", 10.0, Kind::Text),
    optional("经度", 10.0, Kind::Text),
    required(AREA, 20.0, Kind::Note),
    optional("服务时间", 24.0, Kind::Note),
    optional(ITEM, 16.0, Kind::Text),
    optional("每周接单量", 10.0, Kind::Text),
    optional("市场价（元）", 10.0, Kind::Text),
    optional("低偿价（元）", 10.0, Kind::Text),
    optional("兜底价（元）", 10.0, Kind::Text),
    optional(LICENCE, 18.0, Kind::Text),
    optional("证书编号", 20.0, Kind::Text),
    optional("发证机关", 18.0, Kind::Text),
    optional("有效期起", 12.0, Kind::Date),
    optional("有效期止", 12.0, Kind::Date),
];

/// The empty form: a sample row, drop-downs, and sheets of the menu's items, the kinds of licence and the divisions.
///
/// # Errors
/// When the workbook cannot be made.
pub fn template(lists: &Lists) -> Result<Vec<u8>, SheetError> {
    let first = |names: &'_ [(String, String)]| names.first().map_or("", |(one, _)| one.as_str()).to_owned();
    let (area, item) = (first(&lists.divisions), first(&lists.items));
    let sample = [
        SAMPLE_CODE,
        "示例养老服务中心",
        TIERS[0],
        KINDS[3],
        YES_NO[0],
        "0971-6123456",
        "示例（本行不会导入）",
        "36.62",
        "101.77",
        &area,
        "周一至周六 08:00-18:00",
        &item,
        "40",
        "18",
        "15",
        "3",
        LICENCES[1].0,
        "JY26301040000001",
        "市场监管局",
        "2023-01-01",
        "2027-12-31",
    ];
    fn pairs(names: &[(String, String)]) -> Vec<Vec<&str>> {
        let rows = names.iter();
        rows.map(|(one, other)| vec![one.as_str(), other.as_str()])
            .collect()
    }
    let picks = [
        Pick {
            name: ITEM,
            headings: &[ITEM, "编码"],
            rows: pairs(&lists.items),
            fills: Some(ITEM),
        },
        Pick {
            name: LICENCE,
            headings: &[LICENCE, "编码"],
            rows: LICENCES.iter().map(|(name, code)| vec![*name, *code]).collect(),
            fills: None,
        },
        Pick {
            name: AREA,
            headings: &[AREA, "名称"],
            rows: pairs(&lists.divisions),
            fills: None,
        },
    ];
    sheet::template(&FORM, &sample, &picks)
}
