//! Organisations as they are stored, sent and received.

mod agreement;
mod change;

pub use agreement::{Agreement, AgreementKind, NewAgreement};
pub use change::{
    EntryChange, ItemPrices, NewResourceChange, QualificationChange, ResourceChange, ResourceChangeStatus,
};

use crate::{
    areas::model::Position,
    ids::{ItemId, OrganisationId, QualificationId, WorkerId},
    schema::{organisation_hours, organisation_items, organisations, qualifications, workers},
};
use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use chrono_tz::Asia::Shanghai;
use diesel::{prelude::*, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The tier of the library. Orders go to the lowest tier that can serve: their order is the order of dispatch.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    diesel_derive_enum::DbEnum,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::ResourceTier")]
pub enum ResourceTier {
    /// 服务组织
    Organisation,
    /// 县区
    County,
    /// 市
    City,
}

/// What kind of organisation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::ResourceKind")]
pub enum ResourceKind {
    /// 养老机构
    ElderCare,
    /// 医疗机构
    Medical,
    /// 物业
    Property,
    /// 服务组织
    ServiceOrganisation,
    /// 社工组织
    SocialWork,
    /// 志愿队伍
    Volunteer,
}

/// An organisation of the library.
#[derive(Debug, Clone, Queryable, QueryableByName, Selectable, Serialize, ToSchema)]
#[diesel(table_name = organisations, check_for_backend(diesel::pg::Pg))]
pub struct Resource {
    /// Its id.
    pub id: OrganisationId,
    /// 统一社会信用代码
    #[schema(example = "52630104MJY001047N")]
    pub credit_code: String,
    /// Its name.
    #[schema(example = "示例养老服务中心")]
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
    #[schema(example = "0971-6123456")]
    pub phone: String,
    /// Street and number.
    pub address: String,
    /// Degrees north, WGS 84.
    pub latitude: Option<f64>,
    /// Degrees east, WGS 84.
    pub longitude: Option<f64>,
    /// First day in the library.
    pub listed_from: NaiveDate,
    /// First day out of it.
    pub listed_to: Option<NaiveDate>,
    /// Counts the edits of the entry and all that belongs to it; the ETag.
    pub version: i32,
}

/// An organisation that was looked for.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct FoundResource {
    /// The organisation.
    #[diesel(embed)]
    #[serde(flatten)]
    pub resource: Resource,
    /// Metres as the crow flies from where it was looked for, where both places are known.
    #[diesel(sql_type = ty::Nullable<ty::BigInt>)]
    #[schema(example = 1240)]
    pub distance_m: Option<i64>,
}

/// An item that an organisation offers. A class of elders without a price of its own has that of the next one up.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Queryable,
    QueryableByName,
    Selectable,
    Serialize,
    Deserialize,
    Validate,
    ToSchema,
)]
#[diesel(table_name = organisation_items, check_for_backend(diesel::pg::Pg))]
#[serde(deny_unknown_fields)]
pub struct OfferedItem {
    /// Which.
    #[garde(skip)]
    pub item_id: ItemId,
    /// Orders that it can take in an ISO week.
    #[garde(range(min = 0, max = 100_000))]
    #[schema(example = 40)]
    pub weekly_capacity: i32,
    /// The market's price, in fen.
    #[garde(range(min = 0, max = 100_000_000))]
    #[schema(example = 1800)]
    pub price_fen: i64,
    /// What other elders pay it (低偿), in fen.
    #[garde(inner(range(min = 0, max = 100_000_000)))]
    #[serde(default)]
    #[schema(example = 1500)]
    pub below_market_fen: Option<i64>,
    /// What it takes for a safety-net elder (兜底), in fen.
    #[garde(inner(range(min = 0, max = 100_000_000)))]
    #[serde(default)]
    #[schema(example = 1200)]
    pub safety_net_fen: Option<i64>,
}

impl OfferedItem {
    /// Its prices by class.
    pub fn prices(&self) -> ItemPrices {
        ItemPrices {
            item_id: self.item_id,
            price_fen: self.price_fen,
            below_market_fen: self.below_market_fen,
            safety_net_fen: self.safety_net_fen,
        }
    }
}

/// How many orders of an item an organisation can take.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemCapacity {
    /// Which item; one that it offers.
    #[garde(skip)]
    pub item_id: ItemId,
    /// Orders in an ISO week.
    #[garde(range(min = 0, max = 100_000))]
    #[schema(example = 40)]
    pub weekly_capacity: i32,
}

/// Hours of a weekday, in minutes from midnight.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Queryable,
    QueryableByName,
    Selectable,
    Serialize,
    Deserialize,
    Validate,
    ToSchema,
)]
#[diesel(table_name = organisation_hours, check_for_backend(diesel::pg::Pg))]
#[serde(deny_unknown_fields)]
pub struct OpeningHours {
    /// 1 is Monday, 7 Sunday.
    #[garde(range(min = 1, max = 7))]
    pub weekday: i16,
    /// When it opens.
    #[garde(range(min = 0, max = 1439))]
    #[schema(example = 480)]
    pub opens_minute: i16,
    /// When it closes.
    #[garde(range(min = 1, max = 1440))]
    #[schema(example = 1080)]
    pub closes_minute: i16,
}

/// A licence or certificate.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = qualifications, check_for_backend(diesel::pg::Pg))]
pub struct Qualification {
    /// Its id.
    pub id: QualificationId,
    /// Whose, where it is a worker's own.
    pub worker_id: Option<WorkerId>,
    /// What it permits; the menu's items name the kind they need.
    #[schema(example = "food_service")]
    pub kind: String,
    /// Its number.
    pub number: String,
    /// Who issued it.
    pub issued_by: String,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day.
    pub expires_on: NaiveDate,
}

/// A person whom an organisation sends.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = workers, check_for_backend(diesel::pg::Pg))]
pub struct Worker {
    /// Their id.
    pub id: WorkerId,
    /// Their name.
    #[schema(example = "示例员工")]
    pub name: String,
    /// They can be sent.
    pub active: bool,
    /// Counts the edits.
    pub version: i32,
}

/// An entry of the library with all that belongs to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResourceFile {
    /// The organisation.
    #[serde(flatten)]
    pub resource: Resource,
    /// Prefixes of the divisions it covers.
    #[schema(example = json!(["630104"]))]
    pub coverage: Vec<String>,
    /// What it offers.
    pub items: Vec<OfferedItem>,
    /// When it is open, unless always.
    pub hours: Vec<OpeningHours>,
    /// Its licences and its workers' certificates.
    pub qualifications: Vec<Qualification>,
    /// Whom it sends.
    pub workers: Vec<Worker>,
}

/// An organisation to be entered.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewResource {
    /// 统一社会信用代码, checked by GB 32100.
    #[garde(length(chars, min = 15, max = 40))]
    #[schema(example = "52630104MJY001047N")]
    pub credit_code: String,
    /// Its name.
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(example = "示例养老服务中心")]
    pub name: String,
    /// Its tier.
    #[garde(skip)]
    pub tier: ResourceTier,
    /// Its kind.
    #[garde(skip)]
    pub kind: ResourceKind,
    /// It takes orders.
    #[garde(skip)]
    pub takes_orders: bool,
    /// Open round the clock.
    #[garde(skip)]
    #[serde(default)]
    pub always_open: bool,
    /// Its telephone.
    #[garde(length(chars, max = 20))]
    #[serde(default)]
    #[schema(example = "0971-6123456")]
    pub phone: String,
    /// Street and number.
    #[garde(length(chars, max = 200))]
    #[serde(default)]
    pub address: String,
    /// Where it is.
    #[garde(dive)]
    pub position: Option<Position>,
    /// First day in the library; today unless told.
    #[garde(skip)]
    pub listed_from: Option<NaiveDate>,
    /// Prefixes of the divisions it covers.
    #[garde(
        length(min = 1, max = 100),
        inner(pattern("^[1-9]([0-9]|[0-9]{3}|[0-9]{5}|[0-9]{8}|[0-9]{11})$"))
    )]
    #[schema(example = json!(["630104"]))]
    pub coverage: Vec<String>,
    /// What it offers.
    #[garde(length(max = 8), dive)]
    #[serde(default)]
    pub items: Vec<OfferedItem>,
    /// When it is open, unless always.
    #[garde(length(max = 28), dive)]
    #[serde(default)]
    pub hours: Vec<OpeningHours>,
}

/// What of an entry is to be changed; what is absent stays, a list that is given replaces the whole list. A provider sends phone,
/// address, position, hours and capacities; the rest is the office's.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourcePatch {
    /// Its name.
    #[garde(length(chars, min = 1, max = 100))]
    pub name: Option<String>,
    /// It takes orders.
    #[garde(skip)]
    pub takes_orders: Option<bool>,
    /// Open round the clock.
    #[garde(skip)]
    pub always_open: Option<bool>,
    /// Its telephone.
    #[garde(length(chars, max = 20))]
    pub phone: Option<String>,
    /// Street and number.
    #[garde(length(chars, max = 200))]
    pub address: Option<String>,
    /// Where it is.
    #[garde(dive)]
    pub position: Option<Position>,
    /// First day out of the library; `null` takes it back.
    #[garde(skip)]
    #[serde(default, deserialize_with = "crate::http::given")]
    #[schema(value_type = Option<NaiveDate>)]
    pub listed_to: Option<Option<NaiveDate>>,
    /// Prefixes of the divisions it covers.
    #[garde(inner(
        length(min = 1, max = 100),
        inner(pattern("^[1-9]([0-9]|[0-9]{3}|[0-9]{5}|[0-9]{8}|[0-9]{11})$"))
    ))]
    pub coverage: Option<Vec<String>>,
    /// What it offers.
    #[garde(length(max = 8), dive)]
    pub items: Option<Vec<OfferedItem>>,
    /// How many orders it can take, of items that it offers; items that are not named keep theirs.
    #[garde(length(max = 8), dive)]
    pub capacities: Option<Vec<ItemCapacity>>,
    /// When it is open, unless always.
    #[garde(length(max = 28), dive)]
    pub hours: Option<Vec<OpeningHours>>,
}

impl ResourcePatch {
    /// The first field that only the office changes, if one is given.
    pub fn kept_by_office(&self) -> Option<&'static str> {
        let Self {
            name,
            takes_orders,
            always_open: _,
            phone: _,
            address: _,
            position: _,
            listed_to,
            coverage,
            items,
            capacities: _,
            hours: _,
        } = self;
        [
            ("name", name.is_some()),
            ("takes_orders", takes_orders.is_some()),
            ("listed_to", listed_to.is_some()),
            ("coverage", coverage.is_some()),
            ("items", items.is_some()),
        ]
        .into_iter()
        .find_map(|(field, given)| given.then_some(field))
    }
}

/// A worker to be entered.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWorker {
    /// Their name.
    #[garde(length(chars, min = 1, max = 50))]
    #[schema(example = "示例员工")]
    pub name: String,
}

/// Whether a worker can be sent.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkerPatch {
    /// Their name.
    #[garde(length(chars, min = 1, max = 50))]
    pub name: Option<String>,
    /// They can be sent.
    #[garde(skip)]
    pub active: Option<bool>,
}

/// A licence or certificate to be entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewQualification {
    /// Whose, where it is a worker's own.
    #[garde(skip)]
    pub worker_id: Option<WorkerId>,
    /// What it permits.
    #[garde(pattern("^[a-z][a-z_]{1,39}$"))]
    #[schema(example = "food_service")]
    pub kind: String,
    /// Its number.
    #[garde(length(chars, min = 1, max = 50))]
    #[schema(example = "JY26301040000001")]
    pub number: String,
    /// Who issued it.
    #[garde(length(chars, max = 100))]
    #[serde(default)]
    pub issued_by: String,
    /// First day.
    #[garde(skip)]
    pub valid_from: NaiveDate,
    /// Last day.
    #[garde(skip)]
    pub expires_on: NaiveDate,
}

/// The ISO weekday and the minute of the day in Asia/Shanghai, by which opening hours are told.
pub fn local_minute(at: DateTime<Utc>) -> (i16, i16) {
    let local = at.with_timezone(&Shanghai);
    let weekday = i16::try_from(local.weekday().number_from_monday()).unwrap_or(1);
    let minute = i16::try_from(local.hour() * 60 + local.minute()).unwrap_or_default();
    (weekday, minute)
}

/// The first two whose hours of one weekday overlap or run backwards, if any.
pub fn hours_clash(hours: &[OpeningHours]) -> Option<usize> {
    (0..hours.len()).find(|&n| {
        let one = &hours[n];
        one.closes_minute <= one.opens_minute
            || hours[..n].iter().any(|other| {
                other.weekday == one.weekday
                    && one.opens_minute < other.closes_minute
                    && other.opens_minute < one.closes_minute
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_of_a_day_may_touch_but_not_overlap() {
        let at = |weekday, opens_minute, closes_minute| OpeningHours {
            weekday,
            opens_minute,
            closes_minute,
        };
        assert_eq!(
            hours_clash(&[at(1, 480, 720), at(1, 720, 1080), at(2, 480, 720)]),
            None
        );
        assert_eq!(hours_clash(&[at(1, 480, 720), at(1, 719, 1080)]), Some(1));
        assert_eq!(hours_clash(&[at(1, 480, 480)]), Some(0));
    }

    #[test]
    fn hours_are_told_in_shanghai() {
        let at = "2024-01-07T16:30:00Z".parse().unwrap();
        assert_eq!(local_minute(at), (1, 30), "Monday, half an hour after midnight");
    }

    #[test]
    fn orders_go_to_the_organisation_before_the_county_and_the_city() {
        assert!(
            ResourceTier::Organisation < ResourceTier::County && ResourceTier::County < ResourceTier::City
        );
    }
}
