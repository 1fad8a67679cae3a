//! What a row of the list says, and what is wrong with it. Pure: the lists it is checked against are given.
//!
//! The reasons are Chinese, for who corrects the list. They name the column and never repeat what stands in it.

use super::super::{
    enrol,
    id_number::{IdNumberError, ResidentId},
    model::{IdDocumentKind, Sex},
    phone::{Phone, PhoneError},
    sheet::{DOCUMENT_KINDS, RawRow, SEXES},
};
use crate::{ids::CommunityId, sheet::Reasons};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet, HashMap, hash_map};

/// Longest building, stairwell and room.
const PLACE: usize = 20;
/// Longest name.
const NAME: usize = 50;

/// What rows are checked against.
#[derive(Debug, Default)]
pub struct Lists {
    /// The communities in the officer's scope, by code and by name; none for a name that several bear.
    pub communities: HashMap<String, Option<CommunityId>>,
    /// The categories, by code and by Chinese name; none for one that is derived and never entered.
    pub categories: HashMap<String, Option<String>>,
}

impl Lists {
    /// Enters a community.
    pub fn community(&mut self, id: CommunityId, code: String, name: String) {
        self.communities.insert(code, Some(id));
        match self.communities.entry(name) {
            hash_map::Entry::Vacant(free) => {
                free.insert(Some(id));
            }
            hash_map::Entry::Occupied(mut taken) => {
                taken.insert(None);
            }
        }
    }

    /// Enters a category.
    pub fn category(&mut self, code: String, name: String, derived: bool) {
        let entered = (!derived).then(|| code.clone());
        self.categories.insert(name, entered.clone());
        self.categories.insert(code, entered);
    }
}

/// A dwelling, as it is found in the register.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// In which community.
    pub community: CommunityId,
    /// Building.
    pub building: String,
    /// Stairwell.
    pub unit: String,
    /// Room.
    pub room: String,
}

/// Somebody to call.
#[derive(Clone)]
pub struct Contact {
    /// Name.
    pub name: String,
    /// Relation to the elder.
    pub relation: String,
    /// Phone.
    pub phone: Phone,
}

/// A row that says all that is needed; an empty cell is none and changes nothing.
#[derive(Clone)]
pub struct Candidate {
    /// The row's number in Excel.
    pub row: u32,
    /// Name.
    pub name: String,
    /// Which document.
    pub id_kind: IdDocumentKind,
    /// Its number, normalised.
    pub id_number: String,
    /// Its number, masked.
    pub id_masked: String,
    /// Sex, where typed.
    pub sex: Option<Sex>,
    /// Birth date, where typed.
    pub birth_date: Option<NaiveDate>,
    /// What the document says, or what was typed.
    pub derived: (Sex, NaiveDate),
    /// Phone.
    pub phone: Option<Phone>,
    /// Where the elder lives.
    pub place: Place,
    /// On which floor.
    pub floor: Option<i16>,
    /// Codes of the categories.
    pub categories: Vec<String>,
    /// Whom to call.
    pub contact: Option<Contact>,
    /// Health note.
    pub health_note: Option<String>,
    /// When consent to being visited was given.
    pub consent_on: Option<NaiveDate>,
    /// Remarks.
    pub remarks: Option<String>,
    /// What does not fit together but does not stand in the way.
    pub warnings: Vec<String>,
}

/// Reads one row.
///
/// # Errors
/// Every reason at once.
pub fn row(raw: &RawRow, lists: &Lists, today: NaiveDate) -> Result<Candidate, Reasons> {
    // What the reader found is said already; a cell that is lost is not looked at again.
    if !raw.problems.is_empty() {
        return Err(raw.problems.clone());
    }
    let mut reasons = Reasons::new();
    bounded(&mut reasons, "姓名", &raw.name, NAME);
    bounded(&mut reasons, "楼栋", &raw.building, PLACE);
    bounded(&mut reasons, "单元", &raw.unit, PLACE);
    bounded(&mut reasons, "房号", &raw.room, PLACE);
    let id_kind = document_kind(&raw.document_kind);
    let document = document(id_kind, &raw.document_number, today)
        .map_err(|why| reasons.push(why.to_owned()))
        .ok();
    let sex = sex(&raw.sex);
    let birth_date: Option<NaiveDate> = raw.birth_date.parse().ok();
    if birth_date.is_some_and(|day| day > today) {
        reasons.push("出生日期晚于今天".to_owned());
    }
    let says = document.as_ref().and_then(|d| d.says);
    let (known_sex, known_birth) = (sex.or(says.map(|s| s.0)), birth_date.or(says.map(|s| s.1)));
    if document.is_some() {
        if known_sex.is_none() {
            reasons.push("该证件类型须填写性别".to_owned());
        }
        if known_birth.is_none() {
            reasons.push("该证件类型须填写出生日期".to_owned());
        }
    }
    let phone = optional(&raw.phone).and_then(|text| phone("联系电话", text, &mut reasons));
    let floor = optional(&raw.floor).and_then(|text| floor(text, &mut reasons));
    let community = community(&raw.community_code, lists)
        .map_err(|why| reasons.push(why.to_owned()))
        .ok();
    let categories = categories(raw, lists, &mut reasons);
    let contact = contact(raw, &mut reasons);
    let consent_on: Option<NaiveDate> = raw.consent_date.parse().ok();
    if consent_on.is_some_and(|day| day > today) {
        reasons.push("知情同意日期晚于今天".to_owned());
    }
    match (document, known_sex, known_birth, community) {
        (Some(document), Some(known_sex), Some(known_birth), Some(community)) if reasons.is_empty() => {
            let mut warnings = document.warnings;
            if says.is_some_and(|(said, _)| said != known_sex) {
                warnings.push("性别与证件号码不一致".to_owned());
            }
            if says.is_some_and(|(_, said)| said != known_birth) {
                warnings.push("出生日期与证件号码不一致".to_owned());
            }
            Ok(Candidate {
                row: raw.row,
                name: raw.name.trim().to_owned(),
                id_kind,
                id_number: document.number,
                id_masked: document.masked,
                sex,
                birth_date,
                derived: (known_sex, known_birth),
                phone,
                place: Place {
                    community,
                    building: raw.building.trim().to_owned(),
                    unit: raw.unit.trim().to_owned(),
                    room: raw.room.trim().to_owned(),
                },
                floor,
                categories,
                contact,
                health_note: optional(&raw.health_note).map(str::to_owned),
                consent_on,
                remarks: optional(&raw.remarks).map(str::to_owned),
                warnings,
            })
        }
        _ => Err(reasons),
    }
}

fn optional(cell: &str) -> Option<&str> {
    Some(cell.trim()).filter(|text| !text.is_empty())
}

fn bounded(reasons: &mut Reasons, heading: &str, cell: &str, most: usize) {
    if cell.trim().chars().count() > most {
        reasons.push(format!("{heading}超过{most}字"));
    }
}

fn document_kind(cell: &str) -> IdDocumentKind {
    use IdDocumentKind::{
        ForeignPermanentResidence, HmtResidencePermit, HouseholdRegister, Passport, ResidentId,
    };
    // The reader has refused what is not in the list.
    let kinds = [
        ResidentId,
        HmtResidencePermit,
        ForeignPermanentResidence,
        Passport,
        HouseholdRegister,
    ];
    DOCUMENT_KINDS
        .iter()
        .zip(kinds)
        .find(|(name, _)| **name == cell)
        .map_or(ResidentId, |(_, kind)| kind)
}

fn sex(cell: &str) -> Option<Sex> {
    SEXES
        .iter()
        .zip([Sex::Male, Sex::Female])
        .find(|(name, _)| **name == cell)
        .map(|(_, sex)| sex)
}

fn document(kind: IdDocumentKind, cell: &str, today: NaiveDate) -> Result<enrol::Document, &'static str> {
    if matches!(kind, IdDocumentKind::ResidentId) {
        ResidentId::parse(cell, today).map_err(|error| match error {
            IdNumberError::Length => "证件号码应为18位（旧证15位）",
            IdNumberError::Characters => "证件号码只能由数字组成，末位可为X",
            IdNumberError::Check => "证件号码校验位不对，请检查是否有数字输错或颠倒",
            IdNumberError::NoSuchDate => "证件号码中的出生日期不存在",
            IdNumberError::Future => "证件号码中的出生日期晚于今天",
            IdNumberError::TooOld => "证件号码中的出生日期早于130年前",
        })?;
    }
    if cell.chars().count() > 40 {
        return Err("证件号码超过40位");
    }
    let mut document = enrol::document(kind, cell, today).map_err(|_| "证件号码太短")?;
    for warning in &mut document.warnings {
        if warning == "id_prefix_unknown" {
            "证件号码开头的地区不在本市".clone_into(warning);
        }
    }
    Ok(document)
}

fn phone(heading: &str, cell: &str, reasons: &mut Reasons) -> Option<Phone> {
    let why = match Phone::parse(cell) {
        Ok(phone) => return Some(phone),
        Err(PhoneError::Empty | PhoneError::Characters) => "只能填写数字",
        Err(PhoneError::Unknown) => "既不是11位手机号，也不是本市固定电话",
    };
    reasons.push(format!("{heading}{why}"));
    None
}

fn floor(cell: &str, reasons: &mut Reasons) -> Option<i16> {
    let plain = crate::text::half_width(cell);
    let number = plain.trim_end_matches(['层', '楼', 'F', 'f']).trim().parse().ok();
    match number {
        Some(floor @ -5..=100) => Some(floor),
        _ => {
            reasons.push("楼层须为-5到100的整数".to_owned());
            None
        }
    }
}

fn community(cell: &str, lists: &Lists) -> Result<CommunityId, &'static str> {
    let plain = crate::text::half_width(cell);
    match lists.communities.get(plain.as_str()) {
        Some(Some(id)) => Ok(*id),
        Some(None) => Err("有多个小区同名，请填写小区编码"),
        None => Err("小区编码不存在，或不在您的管辖范围内"),
    }
}

fn categories(raw: &RawRow, lists: &Lists, reasons: &mut Reasons) -> Vec<String> {
    let mut codes = Vec::new();
    for (at, name) in (1..).zip(raw.category_names()) {
        match lists.categories.get(name) {
            Some(Some(code)) => codes.push(code.clone()),
            // Advanced age follows from the birth date; people write it all the same.
            Some(None) => {}
            None => reasons.push(format!("人员类别第{at}项不在类别表中")),
        }
    }
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn contact(raw: &RawRow, reasons: &mut Reasons) -> Option<Contact> {
    let cells = [&raw.contact_name, &raw.contact_relation, &raw.contact_phone].map(|cell| optional(cell));
    let (name, relation, number) = match cells {
        [None, None, None] => return None,
        [Some(name), Some(relation), Some(number)] => (name, relation, number),
        _ => {
            reasons.push("紧急联系人、与老人关系、紧急联系人电话须同时填写".to_owned());
            return None;
        }
    };
    bounded(reasons, "紧急联系人", name, NAME);
    bounded(reasons, "与老人关系", relation, PLACE);
    let phone = phone("紧急联系人电话", number, reasons)?;
    Some(Contact {
        name: name.to_owned(),
        relation: relation.to_owned(),
        phone,
    })
}

/// What rows of one list say of the same thing. Of rows that contradict each other none is taken: taking the first would let
/// the others in as corrections when they come back alone with the sheet of errors.
#[derive(Default)]
pub struct Together {
    documents: HashMap<Vec<u8>, BTreeSet<u32>>,
    floors: HashMap<Place, BTreeMap<i16, u32>>,
}

impl Together {
    /// Adds a row; `document` is the keyed hash of its document.
    pub fn add(&mut self, candidate: &Candidate, document: &[u8]) {
        let rows = self.documents.entry(document.to_vec()).or_default();
        rows.insert(candidate.row);
        if let Some(floor) = candidate.floor {
            let floors = self.floors.entry(candidate.place.clone()).or_default();
            floors.entry(floor).or_insert(candidate.row);
        }
    }

    /// What another row of the list contradicts in this one.
    pub fn contradicted(&self, candidate: &Candidate, document: &[u8]) -> Reasons {
        let rows = self.documents.get(document).into_iter().flatten();
        let twice = rows.filter(|row| **row != candidate.row).take(1);
        let mut reasons: Reasons = twice.map(|row| format!("证件号码与第{row}行重复")).collect();
        if let Some(floor) = candidate.floor {
            let floors = self.floors.get(&candidate.place).into_iter().flatten();
            let others = floors.filter(|(other, _)| **other != floor).take(1);
            reasons.extend(others.map(|(_, row)| format!("楼层与第{row}行的同一住址不一致")));
        }
        reasons
    }

    /// The floor that the list gives for a dwelling, on whichever of its rows; none where they contradict each other.
    pub fn floor(&self, place: &Place) -> Option<i16> {
        let floors = self.floors.get(place).filter(|floors| floors.len() == 1)?;
        floors.keys().next().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 1, 8).unwrap()
    }

    fn lists() -> Lists {
        let mut lists = Lists::default();
        for (n, code, name) in [
            (1, "630104002001", "西苑小区"),
            (2, "630104002002", "南园"),
            (3, "630104002003", "南园"),
        ] {
            lists.community(CommunityId(Uuid::from_u128(n)), code.to_owned(), name.to_owned());
        }
        lists.category("living_alone".to_owned(), "独居".to_owned(), false);
        lists.category("advanced_age".to_owned(), "高龄".to_owned(), true);
        lists
    }

    fn good() -> RawRow {
        RawRow {
            row: 2,
            name: "李秀英".to_owned(),
            document_kind: DOCUMENT_KINDS[0].to_owned(),
            document_number: "630106193811070024".to_owned(),
            community_code: "630104002001".to_owned(),
            building: "3".to_owned(),
            room: "502".to_owned(),
            ..RawRow::default()
        }
    }

    #[test]
    fn a_full_row_is_understood_and_empty_cells_say_nothing() {
        let found = row(&good(), &lists(), today()).ok().unwrap();
        assert_eq!(found.derived, (Sex::Female, "1938-11-07".parse().unwrap()));
        assert!(found.sex.is_none() && found.phone.is_none() && found.contact.is_none());
        let full = RawRow {
            floor: "５层".to_owned(),
            phone: "199 0000 1234".to_owned(),
            categories: "独居、高龄，living_alone".to_owned(),
            contact_name: "王小宁".to_owned(),
            contact_relation: "女儿".to_owned(),
            contact_phone: "19900001235".to_owned(),
            consent_date: "2023-12-01".to_owned(),
            community_code: "西苑小区".to_owned(),
            sex: "男".to_owned(),
            ..good()
        };
        let found = row(&full, &lists(), today()).ok().unwrap();
        assert_eq!(
            (found.floor, found.categories.as_slice()),
            (Some(5), &["living_alone".to_owned()][..])
        );
        assert_eq!(found.contact.unwrap().phone.as_str(), "19900001235");
        assert_eq!(found.warnings, ["性别与证件号码不一致"]);
    }

    #[test]
    fn every_reason_is_said_at_once_and_none_repeats_what_was_typed() {
        let bad = RawRow {
            document_number: "630106193811070025".to_owned(),
            phone: "12345678901".to_owned(),
            floor: "顶".to_owned(),
            community_code: "南园".to_owned(),
            categories: "独居、630106193811070025".to_owned(),
            contact_name: "王小宁".to_owned(),
            consent_date: "2024-01-09".to_owned(),
            building: "三".repeat(21),
            ..good()
        };
        let reasons = row(&bad, &lists(), today()).err().unwrap();
        assert_eq!(reasons.len(), 8, "{reasons:?}");
        let all = reasons.join("；");
        assert!(
            !all.contains("6301") && !all.contains("12345678901") && !all.contains("王小宁"),
            "{all}"
        );
        assert!(all.contains("第2项") && all.contains("多个小区同名"));
    }

    #[test]
    fn a_passport_must_come_with_sex_and_birth_date() {
        let passport = RawRow {
            document_kind: "护照".to_owned(),
            document_number: "e12345678".to_owned(),
            ..good()
        };
        assert_eq!(row(&passport, &lists(), today()).err().unwrap().len(), 2);
        let complete = RawRow {
            sex: "女".to_owned(),
            birth_date: "1940-05-01".to_owned(),
            ..passport
        };
        assert_eq!(
            row(&complete, &lists(), today()).ok().unwrap().id_number,
            "E12345678"
        );
    }

    #[test]
    fn of_rows_that_contradict_each_other_none_is_taken() {
        let candidate = |n: u32, floor: &str| {
            let raw = RawRow {
                row: n,
                floor: floor.to_owned(),
                ..good()
            };
            row(&raw, &lists(), today()).ok().unwrap()
        };
        let rows = [(2, "5", b"a"), (3, "", b"a"), (4, "5", b"b"), (5, "", b"c")];
        let mut together = Together::default();
        for (n, floor, document) in rows {
            together.add(&candidate(n, floor), document);
        }
        let said = |n, floor, document| together.contradicted(&candidate(n, floor), document).join("；");
        assert_eq!(said(2, "5", b"a"), "证件号码与第3行重复");
        assert_eq!(said(3, "", b"a"), "证件号码与第2行重复");
        assert_eq!(
            (said(4, "5", b"b"), said(5, "", b"c")),
            (String::new(), String::new())
        );
        assert_eq!(together.floor(&candidate(5, "").place), Some(5));
        together.add(&candidate(6, "6"), b"d");
        let said = |n, floor, document| together.contradicted(&candidate(n, floor), document).join("；");
        assert_eq!(said(4, "5", b"b"), "楼层与第6行的同一住址不一致");
        assert_eq!(said(6, "6", b"d"), "楼层与第2行的同一住址不一致");
        assert_eq!(said(5, "", b"c"), "");
        assert_eq!(together.floor(&candidate(5, "").place), None);
    }
}
