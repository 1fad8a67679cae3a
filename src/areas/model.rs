//! Communities as they are stored, sent and received.

use crate::{ids::CommunityId, schema::communities};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
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
