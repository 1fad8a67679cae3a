//! What a row of the list says, and what is wrong with it. Pure: the lists it is checked against are given.
//!
//! The reasons are Chinese, for who corrects the list. They name the column and never repeat what stands in it.

use super::hours::{self, Hours};
use crate::{
    ids::ItemId,
    resources::{
        credit_code::{CreditCode, CreditCodeError},
        model::{NewQualification, OfferedItem, ResourceKind, ResourceTier},
        sheet::{KINDS, LICENCES, TIERS, WIDTH, YES_NO},
    },
    sheet::{Reasons, Row},
    text::half_width,
};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet, HashMap, hash_map};

/// Most divisions that an organisation covers.
const AREAS: usize = 100;
/// Dearest price, in fen.
const DEAREST: i64 = 100_000_000;
/// Largest capacity of a week.
const FULLEST: i32 = 100_000;

/// What rows are checked against.
#[derive(Debug, Default)]
pub struct Lists {
    /// Prefix and name of the divisions in the officer's scope.
    pub divisions: Vec<(String, String)>,
    /// Name and code of the items that organisations may offer.
    pub items: Vec<(String, String)>,
    /// Prefixes by prefix, by whole code and by name; none for a name that several bear.
    areas: HashMap<String, Option<String>>,
    item_ids: HashMap<String, ItemId>,
}

impl Lists {
    /// Enters a division by its 12-digit code.
    pub fn division(&mut self, code: &str, prefix: &str, name: String) {
        for key in [code, prefix] {
            self.areas.insert(key.to_owned(), Some(prefix.to_owned()));
        }
        match self.areas.entry(name.clone()) {
            hash_map::Entry::Vacant(free) => {
                free.insert(Some(prefix.to_owned()));
            }
            hash_map::Entry::Occupied(mut taken) => {
                taken.insert(None);
            }
        }
        self.divisions.push((prefix.to_owned(), name));
    }

    /// Enters an item of the menu.
    pub fn item(&mut self, id: ItemId, name: String, code: String) {
        self.item_ids.insert(name.clone(), id);
        self.item_ids.insert(code.clone(), id);
        self.items.push((name, code));
    }
}

/// What rows say of an organisation itself; what is none is not said.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// Its name.
    pub name: String,
    /// Its tier.
    pub tier: ResourceTier,
    /// Its kind.
    pub kind: ResourceKind,
    /// Prefixes of the divisions it covers.
    pub coverage: BTreeSet<String>,
    /// It takes orders.
    pub takes_orders: Option<bool>,
    /// Its telephone.
    pub phone: Option<String>,
    /// Street and number.
    pub address: Option<String>,
    /// Degrees north and east.
    pub position: Option<(f64, f64)>,
    /// When it serves.
    pub hours: Option<Hours>,
}

impl Said {
    /// What both say; none where they contradict each other.
    pub fn join(self, other: &Self) -> Option<Self> {
        fn either<T: PartialEq + Clone>(one: Option<T>, other: &Option<T>) -> Option<Option<T>> {
            match (one, other) {
                (Some(one), Some(other)) => (one == *other).then_some(Some(one)),
                (one, other) => Some(one.or_else(|| other.clone())),
            }
        }
        let same = self.name == other.name
            && self.tier == other.tier
            && self.kind == other.kind
            && self.coverage == other.coverage;
        same.then_some(())?;
        Some(Self {
            takes_orders: either(self.takes_orders, &other.takes_orders)?,
            phone: either(self.phone, &other.phone)?,
            address: either(self.address, &other.address)?,
            position: either(self.position, &other.position)?,
            hours: either(self.hours, &other.hours)?,
            ..self
        })
    }
}

/// A row that says all that is needed.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The row's number in Excel.
    pub row: u32,
    /// Whose row.
    pub code: CreditCode,
    /// The organisation itself.
    pub said: Said,
    /// What it offers.
    pub item: Option<OfferedItem>,
    /// On what authority.
    pub licence: Option<NewQualification>,
}

/// An organisation of the list with its rows.
#[derive(Debug)]
pub struct Listed {
    /// What the rows say together.
    pub said: Said,
    /// Its rows.
    pub rows: Vec<u32>,
    /// What it offers.
    pub items: Vec<OfferedItem>,
    /// On what authority.
    pub licences: Vec<NewQualification>,
}

/// The list after its rows were looked at, before anything was compared.
#[derive(Debug, Default)]
pub struct Checks {
    /// Rows of the list.
    pub rows: usize,
    /// The organisations, by credit code.
    pub good: BTreeMap<CreditCode, Listed>,
    /// Rows that cannot be taken.
    pub bad: Vec<(u32, Reasons)>,
}

impl Checks {
    /// The credit codes of the organisations.
    pub fn codes(&self) -> Vec<String> {
        self.good.keys().map(|code| code.as_str().to_owned()).collect()
    }
}

/// Looks at every row, and at rows of one organisation together.
pub fn check(rows: &[Row], lists: &Lists) -> Checks {
    let mut checks = Checks {
        rows: rows.len(),
        ..Checks::default()
    };
    let mut organisations: BTreeMap<CreditCode, Vec<Candidate>> = BTreeMap::new();
    for raw in rows {
        match row(raw, lists) {
            Ok(candidate) => {
                let code = candidate.code.clone();
                organisations.entry(code).or_default().push(candidate);
            }
            Err(reasons) => checks.bad.push((raw.row, reasons)),
        }
    }
    for (code, rows) in organisations {
        let rows = without_contradictions(rows, &mut checks.bad);
        if let Some(listed) = together(rows, &mut checks.bad) {
            checks.good.insert(code, listed);
        }
    }
    checks
}

/// Of rows that say different things of one item or licence none is taken: taking the first would let the others in as
/// corrections when they come back alone with the sheet of errors.
fn without_contradictions(rows: Vec<Candidate>, bad: &mut Vec<(u32, Reasons)>) -> Vec<Candidate> {
    let against = |one: &Candidate| {
        let other = |wrong: fn(&Candidate, &Candidate) -> bool| rows.iter().find(|other| wrong(one, other));
        let item = other(|one, other| match (&one.item, &other.item) {
            (Some(a), Some(b)) => a.item_id == b.item_id && a != b,
            _ => false,
        });
        let licence = other(|one, other| match (&one.licence, &other.licence) {
            (Some(a), Some(b)) => (&a.kind, &a.number) == (&b.kind, &b.number) && a != b,
            _ => false,
        });
        [("服务项目", item), ("资质", licence)]
            .into_iter()
            .filter_map(|(what, other)| Some(format!("{what}与第{}行不一致", other?.row)))
            .collect::<Reasons>()
    };
    let judged: Vec<Reasons> = rows.iter().map(against).collect();
    let mut kept = Vec::new();
    for (row, reasons) in rows.into_iter().zip(judged) {
        if reasons.is_empty() {
            kept.push(row);
        } else {
            bad.push((row.row, reasons));
        }
    }
    kept
}

/// The rows of one organisation as one; none, and every row bad, where they contradict each other.
fn together(rows: Vec<Candidate>, bad: &mut Vec<(u32, Reasons)>) -> Option<Listed> {
    let numbers: Vec<u32> = rows.iter().map(|row| row.row).collect();
    let (first, others) = rows.split_first()?;
    let said = others
        .iter()
        .try_fold(first.said.clone(), |said, row| said.join(&row.said));
    let Some(said) = said else {
        let all: Vec<String> = numbers.iter().take(10).map(u32::to_string).collect();
        let why = format!("同一机构各行（第{}行）的机构信息不一致", all.join("、"));
        bad.extend(numbers.iter().map(|row| (*row, vec![why.clone()])));
        return None;
    };
    let mut listed = Listed {
        said,
        rows: numbers,
        items: Vec::new(),
        licences: Vec::new(),
    };
    for row in rows {
        listed
            .items
            .extend(row.item.filter(|item| !listed.items.contains(item)));
        let licence = row.licence.filter(|licence| !listed.licences.contains(licence));
        listed.licences.extend(licence);
    }
    Some(listed)
}

/// Reads one row.
///
/// # Errors
/// Every reason at once.
fn row(raw: &Row, lists: &Lists) -> Result<Candidate, Reasons> {
    // What the reader found is said already; a cell that is lost is not looked at again.
    if !raw.problems.is_empty() {
        return Err(raw.problems.clone());
    }
    let cells: Vec<&str> = raw.cells.iter().map(String::as_str).collect();
    let Ok(
        [
            code,
            name,
            tier,
            kind,
            takes_orders,
            phone,
            address,
            latitude,
            longitude,
            areas,
            times,
            item,
            capacity,
            price,
            below,
            safety,
            licence,
            number,
            issued_by,
            from,
            until,
        ],
    ) = <[&str; WIDTH]>::try_from(cells)
    else {
        return Err(vec!["该行的列数与模板不符".to_owned()]);
    };
    let mut why = Reasons::new();
    let code = CreditCode::parse(code)
        .map_err(|error| why.push(credit_code(error).to_owned()))
        .ok();
    bounded(&mut why, "机构名称", name, 100);
    bounded(&mut why, "联系电话", phone, 20);
    bounded(&mut why, "地址", address, 200);
    let said = Said {
        name: name.to_owned(),
        tier: tier_of(tier),
        kind: kind_of(kind),
        coverage: coverage(areas, lists, &mut why),
        takes_orders: given(takes_orders).map(|text| text == YES_NO[0]),
        phone: given(phone).map(str::to_owned),
        address: given(address).map(str::to_owned),
        position: position(latitude, longitude, &mut why),
        hours: given(times).and_then(|text| {
            let hours = hours::parse(text);
            if hours.is_none() {
                why.push("服务时间须写作“24小时”或“周一至周五 08:00-12:00、14:00-18:00”".to_owned());
            }
            hours
        }),
    };
    let item = offered([item, capacity, price, below, safety], lists, &mut why);
    let licence = qualification([licence, number, issued_by, from, until], &mut why);
    match code {
        Some(code) if why.is_empty() => Ok(Candidate {
            row: raw.row,
            code,
            said,
            item,
            licence,
        }),
        _ => Err(why),
    }
}

fn given(cell: &str) -> Option<&str> {
    Some(cell).filter(|text| !text.is_empty())
}

fn bounded(why: &mut Reasons, heading: &str, cell: &str, most: usize) {
    if cell.chars().count() > most {
        why.push(format!("{heading}超过{most}字"));
    }
}

fn credit_code(error: CreditCodeError) -> &'static str {
    match error {
        CreditCodeError::Length => "统一社会信用代码应为18位",
        CreditCodeError::Characters => "统一社会信用代码只能由数字和大写字母组成，不含I、O、S、V、Z",
        CreditCodeError::Division => "统一社会信用代码第3至8位应为6位行政区划代码",
        CreditCodeError::Check => "统一社会信用代码校验位不对，请检查是否有输错或颠倒",
        CreditCodeError::OrganisationCheck => "统一社会信用代码第17位（组织机构代码校验位）不对",
    }
}

// The reader has refused what is not in these lists.
fn tier_of(cell: &str) -> ResourceTier {
    use ResourceTier::{City, County, Organisation};
    let all = TIERS.iter().zip([Organisation, County, City]);
    let mut all = all.filter_map(|(name, tier)| (*name == cell).then_some(tier));
    all.next().unwrap_or(Organisation)
}

fn kind_of(cell: &str) -> ResourceKind {
    use ResourceKind::{ElderCare, Medical, Property, ServiceOrganisation, SocialWork, Volunteer};
    let kinds = [
        ElderCare,
        Medical,
        Property,
        ServiceOrganisation,
        SocialWork,
        Volunteer,
    ];
    let mut all = KINDS.iter().zip(kinds);
    all.find(|(name, _)| **name == cell)
        .map_or(ServiceOrganisation, |(_, kind)| kind)
}

fn coverage(cell: &str, lists: &Lists, why: &mut Reasons) -> BTreeSet<String> {
    let mut areas = BTreeSet::new();
    let named = cell.split(['、', ',', '，', ';', '；', '\n']);
    let named = named.map(half_width).filter(|name| !name.is_empty());
    for (at, name) in (1..).zip(named) {
        match lists.areas.get(&name) {
            Some(Some(prefix)) => {
                areas.insert(prefix.clone());
            }
            Some(None) => why.push(format!("服务区域第{at}项有多个同名区域，请填写代码")),
            None => why.push(format!("服务区域第{at}项不存在，或不在您的管辖范围内")),
        }
    }
    if areas.len() > AREAS {
        why.push(format!("服务区域超过{AREAS}项"));
    }
    areas
}

fn position(latitude: &str, longitude: &str, why: &mut Reasons) -> Option<(f64, f64)> {
    let degrees = |cell: &str, most: f64| {
        let number: Option<f64> = half_width(cell).parse().ok();
        number.filter(|degrees| degrees.abs() <= most)
    };
    match (given(latitude), given(longitude)) {
        (None, None) => None,
        (Some(north), Some(east)) => {
            let place = degrees(north, 90.0).zip(degrees(east, 180.0));
            if place.is_none() {
                why.push("纬度、经度须为度数，如36.62和101.77".to_owned());
            }
            place
        }
        _ => {
            why.push("纬度、经度须同时填写".to_owned());
            None
        }
    }
}

fn offered(
    [item, capacity, price, below, safety]: [&str; 5],
    lists: &Lists,
    why: &mut Reasons,
) -> Option<OfferedItem> {
    let Some(item) = given(item) else {
        if [capacity, price, below, safety]
            .iter()
            .any(|cell| !cell.is_empty())
        {
            why.push("填写了接单量或价格，但缺少服务项目".to_owned());
        }
        return None;
    };
    let before = why.len();
    let item_id = lists.item_ids.get(item).copied();
    if item_id.is_none() {
        why.push("服务项目不在菜单中".to_owned());
    }
    let weekly: Option<i32> = half_width(capacity).parse().ok();
    let weekly_capacity = weekly.filter(|number| (0..=FULLEST).contains(number));
    if weekly_capacity.is_none() {
        why.push(format!("每周接单量须为0到{FULLEST}的整数"));
    }
    let mut money = |heading: &str, cell: &str| {
        let amount = fen(cell);
        if amount.is_none() {
            why.push(format!("{heading}须为金额，最多两位小数"));
        }
        amount
    };
    let price_fen = money("市场价", price);
    let below_market_fen = given(below).and_then(|cell| money("低偿价", cell));
    let safety_net_fen = given(safety).and_then(|cell| money("兜底价", cell));
    if why.len() > before {
        return None;
    }
    let offered = OfferedItem {
        item_id: item_id?,
        weekly_capacity: weekly_capacity?,
        price_fen: price_fen?,
        below_market_fen,
        safety_net_fen,
    };
    if offered.prices().fall() {
        Some(offered)
    } else {
        why.push("低偿价不得高于市场价，兜底价不得高于低偿价".to_owned());
        None
    }
}

/// Yuan with at most two decimals, as fen.
fn fen(cell: &str) -> Option<i64> {
    let plain = half_width(cell);
    let plain = plain
        .trim_start_matches(['¥', '￥'])
        .trim_end_matches('元')
        .trim();
    let (yuan, cents) = plain.split_once('.').unwrap_or((plain, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(yuan) || !digits(cents) || cents.len() > 2 || yuan.len() > 9 {
        return None;
    }
    let cents: i64 = format!("{cents:0<2}").parse().ok()?;
    let amount = yuan.parse::<i64>().ok()? * 100 + cents;
    (amount <= DEAREST).then_some(amount)
}

fn qualification(
    [kind, number, issued_by, from, until]: [&str; 5],
    why: &mut Reasons,
) -> Option<NewQualification> {
    let (kind, number, from, until) = match [kind, number, from, until].map(given) {
        [None, None, None, None] if issued_by.is_empty() => return None,
        [Some(kind), Some(number), Some(from), Some(until)] => (kind, number, from, until),
        _ => {
            why.push("资质类型、证书编号、有效期起、有效期止须同时填写".to_owned());
            return None;
        }
    };
    let before = why.len();
    bounded(why, "证书编号", number, 50);
    bounded(why, "发证机关", issued_by, 100);
    let named = LICENCES.iter().find(|(name, _)| *name == kind);
    let kind = named.map_or(kind, |(_, code)| code);
    let is_code = (2..=40).contains(&kind.len())
        && kind.starts_with(|c: char| c.is_ascii_lowercase())
        && kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if !is_code {
        why.push("资质类型不在“资质类型”表中".to_owned());
    }
    let (from, until): (Option<NaiveDate>, Option<NaiveDate>) = (from.parse().ok(), until.parse().ok());
    let (valid_from, expires_on) = from.zip(until)?;
    if expires_on < valid_from {
        why.push("有效期止早于有效期起".to_owned());
    }
    (why.len() == before).then(|| NewQualification {
        worker_id: None,
        kind: kind.to_owned(),
        number: number.to_owned(),
        issued_by: issued_by.to_owned(),
        valid_from,
        expires_on,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn lists() -> Lists {
        let mut lists = Lists::default();
        for (code, prefix, name) in [
            ("630104000000", "630104", "城西区"),
            ("630104001000", "630104001", "西关大街街道"),
            ("630104002000", "630104002", "同名街道"),
            ("630104003000", "630104003", "同名街道"),
        ] {
            lists.division(code, prefix, name.to_owned());
        }
        lists.item(ItemId(Uuid::from_u128(4)), "助餐".to_owned(), "meals".to_owned());
        lists.item(
            ItemId(Uuid::from_u128(5)),
            "助洁".to_owned(),
            "cleaning".to_owned(),
        );
        lists
    }

    const GOOD: [&str; WIDTH] = [
        "52630104mjy001047n",
        "示例养老服务中心",
        "服务组织",
        "服务组织",
        "是",
        "0971-6123456",
        "示例路1号",
        "36.62",
        "101.77",
        "城西区",
        "每天 08:00-18:00",
        "助餐",
        "40",
        "18",
        "15.5",
        "3.00",
        "食品经营许可证",
        "JY1",
        "",
        "2023-01-01",
        "2027-12-31",
    ];

    fn with(number: u32, changes: &[(usize, &str)]) -> Row {
        let mut cells: Vec<String> = GOOD.iter().map(|cell| (*cell).to_owned()).collect();
        for (at, text) in changes {
            cells[*at] = (*text).to_owned();
        }
        Row {
            row: number,
            problems: Vec::new(),
            cells,
        }
    }

    #[test]
    fn a_full_row_is_understood() {
        let found = row(&with(3, &[]), &lists()).unwrap();
        assert_eq!(found.code.as_str(), "52630104MJY001047N");
        assert_eq!(found.said.coverage, ["630104".to_owned()].into());
        assert_eq!(found.said.position, Some((36.62, 101.77)));
        let item = found.item.unwrap();
        assert_eq!(
            (item.price_fen, item.below_market_fen, item.safety_net_fen),
            (1_800, Some(1_550), Some(300))
        );
        assert_eq!(found.licence.unwrap().kind, "food_service");
    }

    #[test]
    fn every_reason_is_said_at_once() {
        let cases = [
            (vec![(0, "52630100MJ0000010A")], "校验位"),
            (vec![(7, "")], "同时填写"),
            (vec![(7, "north")], "度数"),
            (vec![(9, "城东区")], "不在您的管辖范围内"),
            (vec![(9, "城西区、同名街道")], "第2项有多个"),
            (vec![(10, "上午")], "服务时间"),
            (vec![(11, "理发")], "不在菜单中"),
            (vec![(11, "")], "缺少服务项目"),
            (vec![(12, "多")], "整数"),
            (vec![(13, "18.505")], "金额"),
            (vec![(14, "19")], "不得高于"),
            (vec![(16, "烟草证")], "资质类型"),
            (vec![(17, "")], "同时填写"),
            (vec![(20, "2022-12-31")], "早于"),
        ];
        for (changes, reason) in cases {
            let why = row(&with(3, &changes), &lists()).unwrap_err();
            assert!(why.len() == 1 && why[0].contains(reason), "{reason}: {why:?}");
        }
        let all = [(0, "1"), (9, "x"), (10, "x"), (12, "x")];
        assert_eq!(row(&with(3, &all), &lists()).unwrap_err().len(), 4);
    }

    #[test]
    fn rows_of_one_organisation_are_one() {
        let second = with(
            4,
            &[(5, ""), (6, ""), (7, ""), (8, ""), (10, ""), (11, "cleaning")],
        );
        let checks = check(&[with(3, &[]), second], &lists());
        assert_eq!(checks.bad, []);
        let listed = checks.good.values().next().unwrap();
        assert_eq!((listed.items.len(), listed.licences.len()), (2, 1));
        assert_eq!(listed.said.phone.as_deref(), Some("0971-6123456"));
    }

    #[test]
    fn of_rows_that_contradict_each_other_none_is_taken() {
        let bad = |one: &[(usize, &str)]| {
            let checks = check(&[with(3, &[]), with(4, one)], &lists());
            assert!(checks.good.is_empty(), "{one:?}");
            checks.bad.iter().map(|(row, _)| *row).collect::<Vec<_>>()
        };
        assert_eq!(bad(&[(1, "别名")]), [3, 4]);
        assert_eq!(bad(&[(5, "09711234567")]), [3, 4]);
        assert_eq!(bad(&[(12, "41")]), [3, 4]);
        assert_eq!(bad(&[(20, "2028-12-31")]), [3, 4]);
    }

    #[test]
    fn money_is_yuan_with_two_decimals() {
        let cases = [
            ("18", Some(1_800)),
            ("１８.5", Some(1_850)),
            ("¥0.05", Some(5)),
            ("1000000元", Some(DEAREST)),
            ("1000000.01", None),
            ("-1", None),
            ("1.", None),
            ("", None),
        ];
        for (text, amount) in cases {
            assert_eq!(fen(text), amount, "{text}");
        }
    }
}
