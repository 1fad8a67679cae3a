//! Divisions and communities as they are stored, sent and received.

use super::{division_code::Level, edition::Kind};
use crate::{
    ids::CommunityId,
    schema::{communities, sql_types},
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{prelude::*, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A residential compound that stewards serve.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, Serialize, ToSchema)]
#[diesel(table_name = communities, check_for_backend(diesel::pg::Pg), treat_none_as_default_value = false)]
pub struct Community {
    /// Its id.
    pub id: CommunityId,
    /// 12-digit division code and a 3-digit serial.
    #[schema(example = "630104002000001")]
    pub code: String,
    /// The division it lies in.
    #[schema(example = "630104002000")]
    pub division_code: String,
    /// Its name.
    #[schema(example = "古城台小区")]
    pub name: String,
    /// Street and number.
    #[schema(example = "昆仑路1号")]
    pub address: String,
    /// Degrees north, WGS 84.
    #[schema(example = 36.62)]
    pub latitude: Option<f64>,
    /// Degrees east, WGS 84.
    #[schema(example = 101.77)]
    pub longitude: Option<f64>,
    /// First day of service.
    pub active_from: NaiveDate,
    /// First day without service.
    pub active_to: Option<NaiveDate>,
    /// Counts the edits; the ETag.
    pub version: i32,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
}

/// A community to be entered.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCommunity {
    /// 12-digit division code and a 3-digit serial.
    #[garde(pattern("^[1-9][0-9]{14}$"))]
    #[schema(example = "630104002000001")]
    pub code: String,
    /// Its name.
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(example = "古城台小区")]
    pub name: String,
    /// Street and number.
    #[garde(length(chars, max = 200))]
    #[schema(example = "昆仑路1号")]
    pub address: String,
    /// Where it is.
    #[garde(dive)]
    pub position: Option<Position>,
    /// First day of service.
    #[garde(skip)]
    pub active_from: NaiveDate,
}

/// A place on the map, WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Degrees north.
    #[garde(range(min = -90.0, max = 90.0))]
    #[schema(example = 36.62)]
    pub latitude: f64,
    /// Degrees east.
    #[garde(range(min = -180.0, max = 180.0))]
    #[schema(example = 101.77)]
    pub longitude: f64,
}

/// What of a community is to be changed; what is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommunityPatch {
    /// Its name.
    #[garde(length(chars, min = 1, max = 100))]
    pub name: Option<String>,
    /// Street and number.
    #[garde(length(chars, max = 200))]
    pub address: Option<String>,
    /// Where it is.
    #[garde(dive)]
    pub position: Option<Position>,
    /// First day without service; `null` takes it back.
    #[garde(skip)]
    #[serde(default, deserialize_with = "crate::http::given")]
    #[schema(value_type = Option<NaiveDate>)]
    pub active_to: Option<Option<NaiveDate>>,
}

/// An administrative division.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct Division {
    /// Its 12-digit code.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "630104002000")]
    pub code: String,
    /// Its name, as the newest edition that has it says.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "古城台街道")]
    pub name: String,
    /// How far down it lies.
    #[diesel(sql_type = sql_types::DivisionLevel)]
    pub level: Level,
    /// What it is.
    #[diesel(sql_type = sql_types::DivisionKind)]
    pub kind: Kind,
    /// First edition that has it.
    #[diesel(sql_type = ty::SmallInt)]
    #[schema(example = 2023)]
    pub since_edition: i16,
    /// First edition that no longer has it.
    #[diesel(sql_type = ty::Nullable<ty::SmallInt>)]
    pub revoked_edition: Option<i16>,
}

/// A yearly list of divisions to be imported.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEdition {
    /// Its year.
    #[garde(range(min = 2000, max = 2100))]
    #[schema(example = 2024)]
    pub edition: i16,
    /// The whole list, `code,name,level,kind`, one division a line. What it does not have is revoked.
    #[garde(length(min = 1, max = 524_288))]
    #[schema(example = "code,name,level,kind\n630000000000,青海省,province,province\n")]
    pub csv: String,
}

/// What an edition has changed.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EditionImport {
    /// Its year.
    #[schema(example = 2024)]
    pub edition: i16,
    /// How many divisions it has.
    #[schema(example = 92)]
    pub rows: usize,
    /// Codes that no edition had before, or that were revoked.
    #[schema(example = 2)]
    pub added: usize,
    /// Codes with another name or kind.
    #[schema(example = 1)]
    pub renamed: usize,
    /// Codes that it no longer has.
    #[schema(example = 1)]
    pub revoked: usize,
    /// The communities, active today, that lie in a revoked division of this edition or an earlier one, at most 1,000. They go on
    /// as they are; whoever keeps the register decides where they belong.
    pub communities_in_revoked: Vec<StrandedCommunity>,
}

/// A community that lies in a revoked division.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName, Serialize, ToSchema)]
pub struct StrandedCommunity {
    /// The community.
    #[diesel(sql_type = ty::Uuid)]
    pub id: CommunityId,
    /// Its code.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "630104002000001")]
    pub code: String,
    /// Its name.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "古城台小区")]
    pub name: String,
    /// The revoked division.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "630104002000")]
    pub division_code: String,
}
