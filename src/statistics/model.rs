//! What the statistics say.

use super::workbook::Figure;
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Whether a figure is a number of records or a share of them.
#[derive(Serialize, ToSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum IndicatorKind {
    /// So many.
    Count,
    /// So many of so many.
    Ratio,
}

/// One row of the registry.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Indicator {
    /// Stable code.
    pub code: &'static str,
    /// Chinese name.
    pub name_zh: &'static str,
    /// English name.
    pub name_en: &'static str,
    /// Unit, as printed.
    pub unit: &'static str,
    /// Count or ratio.
    pub kind: IndicatorKind,
    /// What is counted.
    pub definition: &'static str,
}

/// The two counts of a list.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub struct Counted {
    /// Records that meet the condition.
    #[diesel(sql_type = ty::BigInt)]
    pub numerator: i64,
    /// All records.
    #[diesel(sql_type = ty::BigInt)]
    pub denominator: i64,
}

/// A figure.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, PartialEq)]
pub struct IndicatorFigure {
    /// Code of the indicator.
    pub code: String,
    /// Records that count.
    pub numerator: i64,
    /// All records of a ratio's list; absent for a count.
    pub denominator: Option<i64>,
    /// The figure as a number, a ratio between 0 and 1; null for nothing over nothing.
    pub value: Option<f64>,
    /// The figure as it is printed.
    #[schema(example = "99.99%")]
    pub display: String,
}

impl IndicatorFigure {
    /// The figure of an indicator from the counts of its list.
    pub fn of(indicator: &Indicator, counted: Counted) -> Self {
        let denominator = (indicator.kind == IndicatorKind::Ratio).then_some(counted.denominator);
        let value = match denominator {
            None => Some(counted.numerator as f64),
            Some(0) => None,
            Some(all) => Some(counted.numerator as f64 / all as f64),
        };
        let mut figure = Self {
            code: indicator.code.to_owned(),
            numerator: counted.numerator,
            denominator,
            value,
            display: String::new(),
        };
        figure.display = figure.printed().display();
        figure
    }

    /// The figure for a workbook.
    pub fn printed(&self) -> Figure {
        match self.denominator {
            None => Figure::Count(self.numerator),
            Some(denominator) => Figure::Ratio {
                numerator: self.numerator,
                denominator,
            },
        }
    }
}

/// A record behind a figure.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct IndicatorRecord {
    /// What it is.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "visit")]
    pub record_kind: String,
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub record_id: Uuid,
    /// Whose household.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub household_id: Option<Uuid>,
    /// Which elder; withheld from auditors.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub elder_id: Option<Uuid>,
    /// In which community.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub community_id: Option<Uuid>,
    /// By which steward.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub steward_id: Option<Uuid>,
    /// By which organisation.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub organisation_id: Option<Uuid>,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub occurred_at: DateTime<Utc>,
    /// Whether it is in a ratio's numerator; always true for a count.
    #[diesel(sql_type = ty::Bool)]
    pub counts: bool,
    /// Unique in the list; pages are in its order.
    #[diesel(sql_type = ty::Text)]
    pub key: String,
}

/// The figures of one division.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DivisionFigures {
    /// Prefix of the division's code.
    pub division: String,
    /// Its name.
    pub name: String,
    /// Every indicator.
    pub figures: Vec<IndicatorFigure>,
}

/// A month.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MonthlyFigures {
    /// The month.
    pub month: String,
    /// The division asked for, and those right below it.
    pub divisions: Vec<DivisionFigures>,
}

/// What was frozen of one indicator.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FrozenFigure {
    /// The figure.
    pub figure: IndicatorFigure,
    /// Keys of the records in its list, `+` those that count and `-` the others; absent where there are too many.
    pub records: Option<Vec<String>>,
    /// SHA-256 over them, hexadecimal.
    pub records_sha256: String,
}

/// What is stored of a frozen month.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FrozenBody {
    /// Every indicator.
    pub figures: Vec<FrozenFigure>,
}

/// A frozen figure beside what the records say now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RestatedFigure {
    /// As it was frozen.
    pub frozen: IndicatorFigure,
    /// As it is now.
    pub restated: IndicatorFigure,
    /// Whether the records behind it differ.
    pub differs: bool,
    /// Records that are new in the list (`+` counts, `-` does not), at most 1,000.
    pub added: Vec<String>,
    /// Records that are gone from it, at most 1,000.
    pub removed: Vec<String>,
}

/// A frozen month.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FrozenMonth {
    /// Its id.
    pub id: Uuid,
    /// The month.
    pub month: String,
    /// Prefix of the division.
    pub division: String,
    /// 1 is the first freeze; a correction is a new version.
    pub version: i16,
    /// SHA-256 over the stored body, hexadecimal.
    pub sha256: String,
    /// Signature over the hash.
    pub signature: String,
    /// When it was frozen.
    pub frozen_at: DateTime<Utc>,
    /// Every indicator.
    pub figures: Vec<RestatedFigure>,
}
