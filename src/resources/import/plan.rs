//! What a list would do: each organisation's entry as it is to be, beside what is on file.

use super::{
    check::{Checks, Listed},
    hours::Hours,
};
use crate::{
    ids::{ItemId, OrganisationId, QualificationId},
    resources::model::{NewQualification, OfferedItem, OpeningHours, ResourceKind, ResourceTier},
    sheet::Reasons,
};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// An entry of the library, as far as a list can say it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The organisation.
    pub id: OrganisationId,
    /// Its credit code.
    pub credit_code: String,
    /// Its name.
    pub name: String,
    /// Its tier.
    pub tier: ResourceTier,
    /// Its kind.
    pub kind: ResourceKind,
    /// It takes orders.
    pub takes_orders: bool,
    /// Open round the clock.
    pub always_open: bool,
    /// Its telephone.
    pub phone: String,
    /// Street and number.
    pub address: String,
    /// Degrees north and east.
    pub position: Option<(f64, f64)>,
    /// First day in the library.
    pub listed_from: NaiveDate,
    /// Prefixes of the divisions it covers.
    pub coverage: BTreeSet<String>,
    /// When it is open, unless always.
    pub hours: Vec<OpeningHours>,
    /// What it offers.
    pub items: BTreeMap<ItemId, OfferedItem>,
    /// Its own licences.
    pub licences: BTreeMap<QualificationId, NewQualification>,
}

/// An entry on file.
#[derive(Clone, Debug)]
pub struct Filed {
    /// Its whole coverage lies in the officer's division.
    pub mine: bool,
    /// As it is.
    pub entry: Entry,
}

/// What a list would do.
#[derive(Debug, Default)]
pub struct Plan {
    /// Rows of the list.
    pub rows: usize,
    /// Entries to be made.
    pub created: Vec<Entry>,
    /// Entries as they are to be.
    pub changed: Vec<Entry>,
    /// Organisations of which the list says what is on file already.
    pub unchanged: usize,
    /// Rows that cannot be taken, by row.
    pub rejections: Vec<(u32, Reasons)>,
}

/// Compares the list with what is on file, by credit code.
pub fn plan(
    checks: Checks,
    mut on_file: HashMap<String, Filed>,
    today: NaiveDate,
    new_id: impl Fn() -> Uuid,
) -> Plan {
    let mut plan = Plan {
        rows: checks.rows,
        rejections: checks.bad,
        ..Plan::default()
    };
    for (code, listed) in checks.good {
        match on_file.remove(code.as_str()) {
            None => {
                let blank = blank(code.as_str(), &listed, today, OrganisationId(new_id()));
                plan.created.push(with_list(blank, listed, &new_id));
            }
            Some(Filed { mine: false, .. }) => {
                let why = "该机构的服务区域超出您的管辖范围，请联系上级民政部门";
                let rows = listed.rows.into_iter();
                plan.rejections
                    .extend(rows.map(|row| (row, vec![why.to_owned()])));
            }
            Some(Filed { entry, .. }) => {
                let wanted = with_list(entry.clone(), listed, &new_id);
                if wanted == entry {
                    plan.unchanged += 1;
                } else {
                    plan.changed.push(wanted);
                }
            }
        }
    }
    plan.rejections.sort_by_key(|(row, _)| *row);
    plan
}

/// A new entry before anything that may be left out; one that offers something takes orders.
fn blank(code: &str, listed: &Listed, today: NaiveDate, id: OrganisationId) -> Entry {
    Entry {
        id,
        credit_code: code.to_owned(),
        name: String::new(),
        tier: listed.said.tier,
        kind: listed.said.kind,
        takes_orders: !listed.items.is_empty(),
        always_open: false,
        phone: String::new(),
        address: String::new(),
        position: None,
        listed_from: today,
        coverage: BTreeSet::new(),
        hours: Vec::new(),
        items: BTreeMap::new(),
        licences: BTreeMap::new(),
    }
}

/// The entry with what the list says; what it does not say stays.
fn with_list(mut entry: Entry, listed: Listed, new_id: &impl Fn() -> Uuid) -> Entry {
    let said = listed.said;
    entry.name = said.name;
    entry.tier = said.tier;
    entry.kind = said.kind;
    entry.coverage = said.coverage;
    entry.takes_orders = said.takes_orders.unwrap_or(entry.takes_orders);
    entry.phone = said.phone.unwrap_or(entry.phone);
    entry.address = said.address.unwrap_or(entry.address);
    entry.position = said.position.or(entry.position);
    match said.hours {
        Some(Hours::Always) => entry.always_open = true,
        Some(Hours::Of(hours)) => (entry.always_open, entry.hours) = (false, hours),
        None => {}
    }
    for item in listed.items {
        entry.items.insert(item.item_id, item);
    }
    for licence in listed.licences {
        let same =
            |filed: &NewQualification| (&filed.kind, &filed.number) == (&licence.kind, &licence.number);
        let filed = entry.licences.iter().find(|(_, filed)| same(filed));
        let id = filed.map_or_else(|| QualificationId(new_id()), |(id, _)| *id);
        entry.licences.insert(id, licence);
    }
    entry
}
