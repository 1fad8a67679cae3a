//! What a list would do: every row's fate, and the rows of the database that follow from it, sealed and ready to be written.
//!
//! An empty cell changes nothing. What is on file and not on the list stays: a list adds and corrects, it never takes away.

use super::{
    check::{Candidate, Contact, Lists, Place, Together, row},
    queries::{Filed, OnFile},
};
use crate::{
    elders::{
        enrol::{CONTACT_PHONE, HEALTH_NOTE, ID_NUMBER, PHONE, document_hash},
        model::{ElderStatus, IdDocumentKind, Sex},
        phone::Phone,
        sheet::RawRow,
    },
    error::Problem,
    ids::{CommunityId, ElderId, HouseholdId},
    sheet::Reasons,
    tx::Stamp,
};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A row that can be taken, and the keyed hash of its document.
pub struct Checked {
    candidate: Candidate,
    /// The hash by which a file is found.
    pub document: Vec<u8>,
}

/// The list after its rows were looked at one by one, before anything was compared.
#[derive(Default)]
pub struct Checks {
    /// Rows that can be taken.
    pub good: Vec<Checked>,
    bad: Vec<(u32, Reasons)>,
    together: Together,
}

/// Looks at every row. Slow (a keyed hash a row): not for an async thread.
pub fn check(rows: &[RawRow], lists: &Lists, stamp: &Stamp) -> Checks {
    let today = stamp.today();
    let mut checks = Checks::default();
    let mut alone = Vec::new();
    for raw in rows {
        match row(raw, lists, today) {
            Err(reasons) => checks.bad.push((raw.row, reasons)),
            Ok(candidate) => {
                let document = document_hash(stamp, candidate.id_kind, &candidate.id_number);
                checks.together.add(&candidate, &document);
                alone.push(Checked { candidate, document });
            }
        }
    }
    for checked in alone {
        let Checked { candidate, document } = &checked;
        let reasons = checks.together.contradicted(candidate, document);
        if reasons.is_empty() {
            checks.good.push(checked);
        } else {
            checks.bad.push((candidate.row, reasons));
        }
    }
    checks
}

/// A phone, ready to be stored.
pub struct SealedPhone {
    /// The number, sealed.
    pub sealed: String,
    /// Its keyed hash.
    pub hash: Vec<u8>,
    /// As it is shown.
    pub masked: String,
}

/// Somebody to be enrolled.
pub struct NewFile {
    /// The elder's id.
    pub id: ElderId,
    /// The first row of the status history.
    pub status_id: Uuid,
    /// Where the elder lives.
    pub place: Place,
    /// Name.
    pub name: String,
    /// Sex.
    pub sex: Sex,
    /// Birth date.
    pub birth_date: NaiveDate,
    /// Which document.
    pub id_kind: IdDocumentKind,
    /// Its number, sealed.
    pub id_sealed: String,
    /// Its keyed hash.
    pub id_hash: Vec<u8>,
    /// As it is shown.
    pub id_masked: String,
    /// Phone.
    pub phone: Option<SealedPhone>,
    /// Health note, sealed.
    pub health_note: Option<String>,
    /// Remarks.
    pub remarks: String,
}

/// A file to be changed: its fields as they will be; a sealed one that stays is none.
pub struct ChangedFile {
    /// The elder.
    pub id: ElderId,
    /// The version that was compared.
    pub version: i32,
    /// Which fields change, for the trail.
    pub fields: Vec<&'static str>,
    /// Name.
    pub name: String,
    /// Sex.
    pub sex: Sex,
    /// Birth date.
    pub birth_date: NaiveDate,
    /// Where the elder lived.
    pub old_household: HouseholdId,
    /// In which community.
    pub old_community: CommunityId,
    /// Where the elder lives now, where that or its floor is new.
    pub place: Option<Place>,
    /// Phone.
    pub phone: Option<SealedPhone>,
    /// Health note, sealed.
    pub health_note: Option<String>,
    /// Remarks.
    pub remarks: String,
}

/// A contact to be entered, or one whose number changes.
pub struct NewContactRow {
    /// Its id.
    pub id: Uuid,
    /// Whose.
    pub elder: ElderId,
    /// Name.
    pub name: String,
    /// Relation.
    pub relation: String,
    /// Number, sealed.
    pub sealed: String,
    /// As it is shown.
    pub masked: String,
    /// Place among the contacts.
    pub position: i16,
}

/// What a list would do.
#[derive(Default)]
pub struct Plan {
    /// Rows of the list.
    pub rows: usize,
    /// Rows that say what is on file already.
    pub unchanged: usize,
    /// Rows that cannot be taken, by row.
    pub rejections: Vec<(u32, Reasons)>,
    /// What does not fit together in rows that are taken.
    pub warnings: Vec<(u32, Vec<String>)>,
    /// Dwellings that are entered or get a floor, each once, with an id for a new one.
    pub places: BTreeMap<Place, (Uuid, Option<i16>)>,
    /// Who is enrolled.
    pub created: Vec<NewFile>,
    /// Whose file changes.
    pub changed: Vec<ChangedFile>,
    /// Categories: id, elder, code.
    pub categories: Vec<(Uuid, ElderId, String)>,
    /// Contacts to be entered.
    pub contacts: Vec<NewContactRow>,
    /// Contacts whose relation or number changes.
    pub contacts_changed: Vec<NewContactRow>,
    /// Consents to being visited: id, elder, day.
    pub consents: Vec<(Uuid, ElderId, NaiveDate)>,
}

/// Compares the rows with what is on file and seals what is new. Slow: not for an async thread.
///
/// # Errors
/// A fault of ours when a field cannot be sealed or opened.
pub fn plan(checks: Checks, on_file: &OnFile, stamp: &Stamp) -> Result<Plan, Problem> {
    let Checks { good, bad, together } = checks;
    let mut planner = Planner {
        stamp,
        on_file,
        together,
        plan: Plan {
            rows: good.len() + bad.len(),
            rejections: bad,
            ..Plan::default()
        },
    };
    for Checked { candidate, document } in good {
        let row = candidate.row;
        let warnings = candidate.warnings.clone();
        let taken = match on_file.files.get(&document) {
            None => {
                planner.create(candidate, document)?;
                Ok(())
            }
            Some(file) => match standing_in_the_way(file) {
                Some(why) => Err(why),
                None => {
                    planner.change(candidate, file)?;
                    Ok(())
                }
            },
        };
        match taken {
            Ok(()) if !warnings.is_empty() => planner.plan.warnings.push((row, warnings)),
            Ok(()) => {}
            Err(why) => planner.plan.rejections.push((row, vec![why.to_owned()])),
        }
    }
    let mut plan = planner.plan;
    plan.rejections.sort_by_key(|(row, _)| *row);
    // Two lists that share people meet them in the same order: one waits for the other, never both.
    plan.created.sort_by(|a, b| a.id_hash.cmp(&b.id_hash));
    Ok(plan)
}

/// Why a file must not be changed by a list. Of a file outside the scope nothing more is said than that it is there.
fn standing_in_the_way(file: &Filed) -> Option<&'static str> {
    match (file.mine, file.status) {
        (false, _) => Some("该证件号码已在本市登记，但不在您的管辖范围内，请联系上级民政部门"),
        (true, ElderStatus::Merged) => Some("该证件号码属于一份已合并的档案，请在系统中核对保留的档案"),
        (true, ElderStatus::Deceased) => Some("该老人的档案状态为已故，请先在系统中核对"),
        (true, ElderStatus::Moved) => Some("该老人的档案状态为已迁出，请先在系统中恢复"),
        (true, _) => None,
    }
}

struct Planner<'a> {
    stamp: &'a Stamp,
    on_file: &'a OnFile,
    together: Together,
    plan: Plan,
}

impl Planner<'_> {
    fn create(&mut self, row: Candidate, document: Vec<u8>) -> Result<(), Problem> {
        let id = ElderId(self.stamp.new_id());
        let (sex, birth_date) = row.derived;
        self.place(&row.place);
        let phone = row.phone.as_ref().map(|p| self.phone(p)).transpose()?;
        let health_note = self.note(row.health_note.as_deref())?;
        self.plan.created.push(NewFile {
            id,
            status_id: self.stamp.new_id(),
            place: row.place,
            name: row.name,
            sex,
            birth_date,
            id_kind: row.id_kind,
            id_sealed: self.stamp.seal(ID_NUMBER, &row.id_number)?,
            id_hash: document,
            id_masked: row.id_masked,
            phone,
            health_note,
            remarks: row.remarks.unwrap_or_default(),
        });
        self.categories(id, row.categories);
        if let Some(contact) = row.contact {
            let contact = self.contact(id, self.stamp.new_id(), 1, contact)?;
            self.plan.contacts.push(contact);
        }
        if let Some(day) = row.consent_on {
            self.plan.consents.push((self.stamp.new_id(), id, day));
        }
        Ok(())
    }

    fn change(&mut self, row: Candidate, file: &Filed) -> Result<(), Problem> {
        let id = file.id;
        let mut fields = Vec::new();
        let mut differs = |name: &'static str, differs: bool| {
            if differs {
                fields.push(name);
            }
            differs
        };
        differs("name", row.name != file.name);
        differs("sex", row.sex.is_some_and(|sex| sex != file.sex));
        differs(
            "birth_date",
            row.birth_date.is_some_and(|day| day != file.birth_date),
        );
        differs(
            "remarks",
            row.remarks.as_ref().is_some_and(|r| *r != file.remarks),
        );
        let here = Place {
            community: file.community_id,
            building: file.building.clone(),
            unit: file.unit.clone(),
            room: file.room.clone(),
        };
        let moved = differs("dwelling", row.place != here);
        let floor = self.together.floor(&row.place).filter(|_| row.floor.is_some());
        let raised = !moved && differs("floor", floor.is_some_and(|f| file.floor != Some(f)));
        let phone_hash = |p: &Phone| self.stamp.keys.lookup_hash(PHONE, p.as_str()).to_vec();
        let phone = row.phone.as_ref();
        let phone = phone.filter(|p| differs("phone", Some(phone_hash(p)) != file.phone_hash));
        let known_note = match (&row.health_note, &file.health_note_sealed) {
            (Some(_), Some(sealed)) => Some(self.stamp.open(HEALTH_NOTE, sealed)?),
            _ => None,
        };
        let note = row.health_note.as_deref();
        let note = note.filter(|note| differs("health_note", known_note.as_deref() != Some(*note)));
        let none = Vec::new();
        let carried = self.on_file.categories.get(&id).unwrap_or(&none);
        let mut categories = row.categories;
        categories.retain(|code| !carried.contains(code));
        differs("categories", !categories.is_empty());
        let contact = match row.contact {
            Some(contact) => self.known_contact(id, contact)?,
            None => None,
        };
        differs("contacts", contact.is_some());
        // A consent that was withdrawn does not come back with the list on which it stood.
        let consent = row.consent_on.filter(|day| match self.on_file.consents.get(&id) {
            None => true,
            Some((newest, in_force)) => !in_force && newest < day,
        });
        differs("consents", consent.is_some());
        if fields.is_empty() {
            self.plan.unchanged += 1;
            return Ok(());
        }
        let changed = ChangedFile {
            id,
            version: file.version,
            fields,
            name: row.name,
            sex: row.sex.unwrap_or(file.sex),
            birth_date: row.birth_date.unwrap_or(file.birth_date),
            old_household: file.household_id,
            old_community: file.community_id,
            place: (moved || raised).then(|| row.place.clone()),
            phone: phone.map(|p| self.phone(p)).transpose()?,
            health_note: self.note(note)?,
            remarks: row.remarks.unwrap_or_else(|| file.remarks.clone()),
        };
        if moved || raised {
            self.place(&row.place);
        }
        self.plan.changed.push(changed);
        self.categories(id, categories);
        match contact {
            Some((contact, true)) => self.plan.contacts.push(contact),
            Some((contact, false)) => self.plan.contacts_changed.push(contact),
            None => {}
        }
        if let Some(day) = consent {
            self.plan.consents.push((self.stamp.new_id(), id, day));
        }
        Ok(())
    }

    /// What is to be written of a contact: nothing when it is on file; the one of that name with another number or relation
    /// (`false`), or a new one behind the others (`true`).
    fn known_contact(
        &self,
        elder: ElderId,
        typed: Contact,
    ) -> Result<Option<(NewContactRow, bool)>, Problem> {
        let none = Vec::new();
        let known = self.on_file.contacts.get(&elder).unwrap_or(&none);
        let Some(same) = known.iter().find(|c| c.name == typed.name) else {
            let last = known.iter().map(|c| c.position).max().unwrap_or(0);
            let new = self.contact(elder, self.stamp.new_id(), last.saturating_add(1), typed)?;
            return Ok(Some((new, true)));
        };
        let number = self.stamp.open(CONTACT_PHONE, &same.phone_sealed)?;
        if number == typed.phone.as_str() && same.relation == typed.relation {
            return Ok(None);
        }
        let changed = self.contact(elder, same.id, same.position, typed)?;
        Ok(Some((changed, false)))
    }

    fn contact(
        &self,
        elder: ElderId,
        id: Uuid,
        position: i16,
        typed: Contact,
    ) -> Result<NewContactRow, Problem> {
        Ok(NewContactRow {
            id,
            elder,
            sealed: self.stamp.seal(CONTACT_PHONE, typed.phone.as_str())?,
            masked: typed.phone.masked(),
            name: typed.name,
            relation: typed.relation,
            position,
        })
    }

    fn place(&mut self, place: &Place) {
        let (stamp, floor) = (self.stamp, self.together.floor(place));
        self.plan
            .places
            .entry(place.clone())
            .or_insert_with(|| (stamp.new_id(), floor));
    }

    fn phone(&self, phone: &Phone) -> Result<SealedPhone, Problem> {
        Ok(SealedPhone {
            sealed: self.stamp.seal(PHONE, phone.as_str())?,
            hash: self.stamp.keys.lookup_hash(PHONE, phone.as_str()).to_vec(),
            masked: phone.masked(),
        })
    }

    fn note(&self, note: Option<&str>) -> Result<Option<String>, Problem> {
        note.map(|note| self.stamp.seal(HEALTH_NOTE, note)).transpose()
    }

    fn categories(&mut self, elder: ElderId, codes: Vec<String>) {
        for code in codes {
            self.plan.categories.push((self.stamp.new_id(), elder, code));
        }
    }
}
