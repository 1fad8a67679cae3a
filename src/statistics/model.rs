//! What the statistics say.

use super::workbook::Figure;
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

/// Whether a figure is a number of records or a share of them.
#[derive(Serialize, Deserialize, ToSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum IndicatorKind {
    /// So many.
    Count,
    /// So many of so many.
    Ratio,
}

/// What a figure's records can be told apart by.
#[derive(Serialize, Deserialize, ToSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The divisions one level below the one asked for.
    Division,
    /// Communities.
    Community,
    /// Stewards.
    Steward,
    /// Organisations.
    Organisation,
    /// Kinds.
    Kind,
    /// Tiers.
    Tier,
    /// Severities.
    Severity,
    /// Classes of the menu's items.
    Item,
}

impl By {
    /// As it is written in a query.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Division => "division",
            Self::Community => "community",
            Self::Steward => "steward",
            Self::Organisation => "organisation",
            Self::Kind => "kind",
            Self::Tier => "tier",
            Self::Severity => "severity",
            Self::Item => "item",
        }
    }
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
    /// The indicator of which this one is a part or another measure (其中).
    pub of: Option<&'static str>,
    /// What its records can be told apart by, and filtered by.
    pub by: &'static [By],
    /// Whether the figures of its parts sum to its own. They do not where one person or organisation can be in several parts.
    pub additive: bool,
    /// Whether a record counts as often as its weight says; else each counts once.
    pub weighted: bool,
}

/// What a list comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, QueryableByName)]
pub struct Counted {
    /// Records that meet the condition.
    #[diesel(sql_type = ty::BigInt)]
    pub numerator: i64,
    /// All records but those shown apart.
    #[diesel(sql_type = ty::BigInt)]
    pub denominator: i64,
    /// Those shown apart.
    #[diesel(sql_type = ty::BigInt)]
    pub excused: i64,
}

/// What a part of a list comes to.
#[derive(Debug, Clone, QueryableByName)]
pub struct CountedPart {
    /// Which part; none where the record says nothing.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub part: Option<String>,
    /// Whether it is not a part but the whole.
    #[diesel(sql_type = ty::Bool)]
    pub whole: bool,
    /// What it comes to.
    #[diesel(embed)]
    pub counted: Counted,
}

impl Counted {
    /// Adds a record of a list, as often as it weighs.
    pub fn add(&mut self, counts: bool, excused: bool, weight: i32) {
        let weight = i64::from(weight);
        self.numerator += i64::from(counts) * weight;
        self.denominator += i64::from(!excused) * weight;
        self.excused += i64::from(excused) * weight;
    }
}

/// A figure.
#[derive(Debug, Clone, Serialize, ToSchema, PartialEq)]
pub struct IndicatorFigure {
    /// Code of the indicator.
    pub code: String,
    /// Records that count.
    pub numerator: i64,
    /// All records of a ratio's list but those shown apart; absent for a count.
    pub denominator: Option<i64>,
    /// Records of a ratio's list that are in neither: visits excused, elders not reached; absent for a count.
    pub excused: Option<i64>,
    /// The figure as a number, a ratio between 0 and 1; null for nothing over nothing.
    pub value: Option<f64>,
    /// The figure as it is printed.
    #[schema(example = "99.99%")]
    pub display: String,
}

impl IndicatorFigure {
    /// The figure of an indicator from the counts of its list.
    pub fn of(indicator: &Indicator, counted: Counted) -> Self {
        Self::new(indicator.code, indicator.kind, counted)
    }

    /// The figure under a code from the counts of a list.
    pub fn new(code: &str, kind: IndicatorKind, counted: Counted) -> Self {
        let ratio = kind == IndicatorKind::Ratio;
        let denominator = ratio.then_some(counted.denominator);
        let value = match denominator {
            None => Some(counted.numerator as f64),
            Some(0) => None,
            Some(all) => Some(counted.numerator as f64 / all as f64),
        };
        let mut figure = Self {
            code: code.to_owned(),
            numerator: counted.numerator,
            denominator,
            excused: ratio.then_some(counted.excused),
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

/// The figure of a part.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FigurePart {
    /// Id, code or name of the part, as the filters take it; null for the records that say nothing of it.
    pub part: Option<String>,
    /// What people call it.
    pub name: Option<String>,
    /// Its figure.
    pub figure: IndicatorFigure,
}

/// A figure, and its parts where they were asked for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FigureWithParts {
    /// The figure.
    #[serde(flatten)]
    pub figure: IndicatorFigure,
    /// What the parts are told apart by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// Whether the parts' figures sum to the figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additive: Option<bool>,
    /// The parts that have records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<Vec<FigurePart>>,
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
    /// Whether it is shown apart: in neither numerator nor denominator.
    #[diesel(sql_type = ty::Bool)]
    pub excused: bool,
    /// Its kind, where it has one.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub kind: Option<String>,
    /// Its tier, where it has one.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub tier: Option<String>,
    /// Its severity, where it has one.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub severity: Option<String>,
    /// Class of the menu's item, where it has one.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub item: Option<String>,
    /// How often it counts: once, but for what was done to many at a time.
    #[diesel(sql_type = ty::Integer)]
    #[schema(example = 1)]
    pub weight: i32,
    /// Unique in the list; pages are in its order. It says nothing of which elder it is.
    #[diesel(sql_type = ty::Text)]
    pub key: String,
}

impl IndicatorRecord {
    /// The record's line in a frozen list: its key after `+` where it counts, `-` where it does not, `~` where it is shown apart; and
    /// behind a `*` how often, unless it is once.
    pub fn line(&self) -> String {
        let mark = match (self.counts, self.excused) {
            (true, _) => '+',
            (false, false) => '-',
            (false, true) => '~',
        };
        match self.weight {
            1 => format!("{mark}{}", self.key),
            weight => format!("{mark}{}*{weight}", self.key),
        }
    }
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
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct FrozenFigure {
    /// Code of the indicator.
    pub code: String,
    /// Count or ratio.
    pub kind: IndicatorKind,
    /// Records that count.
    pub numerator: i64,
    /// All records but those shown apart.
    pub denominator: i64,
    /// Those shown apart.
    pub excused: i64,
    /// SHA-256 over the lines of the list, hexadecimal.
    pub records_sha256: String,
}

impl FrozenFigure {
    /// The figure as it was frozen.
    pub fn figure(&self) -> IndicatorFigure {
        let counted = Counted {
            numerator: self.numerator,
            denominator: self.denominator,
            excused: self.excused,
        };
        IndicatorFigure::new(&self.code, self.kind, counted)
    }
}

/// What is stored of a frozen month.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct FrozenBody {
    /// Every indicator.
    pub figures: Vec<FrozenFigure>,
}

impl FrozenBody {
    /// SHA-256 over the figures, in a form of its own: JSON comes back from a database with other spaces and orders.
    pub fn sha256(&self) -> Vec<u8> {
        let mut hasher = Sha256::new();
        for f in &self.figures {
            let kind = match f.kind {
                IndicatorKind::Count => "count",
                IndicatorKind::Ratio => "ratio",
            };
            hasher.update(format!(
                "{} {kind} {} {} {} {}\n",
                f.code, f.numerator, f.denominator, f.excused, f.records_sha256
            ));
        }
        hasher.finalize().to_vec()
    }
}

/// SHA-256 over the lines of a list.
#[derive(Clone, Default)]
pub struct LinesHash(Sha256);

impl LinesHash {
    /// Adds the next line.
    pub fn add(&mut self, line: &str) {
        self.0.update(line);
        self.0.update([b'\n']);
    }

    /// The hash, hexadecimal.
    pub fn finish(self) -> String {
        hex::encode(self.0.finalize())
    }
}

/// What a signature over a frozen month says.
#[derive(Debug, Clone)]
pub struct Sealed<'a> {
    /// The month.
    pub month: &'a str,
    /// Prefix of the division.
    pub division: &'a str,
    /// Version.
    pub version: i16,
    /// Why it was frozen again.
    pub reason: Option<&'a str>,
    /// Who froze it.
    pub frozen_by: Uuid,
    /// When, in whole microseconds.
    pub frozen_at: DateTime<Utc>,
    /// Hash of the body.
    pub sha256: &'a [u8],
}

impl Sealed<'_> {
    /// The bytes that are signed. The reason is last: it alone is free text.
    pub fn message(&self) -> Vec<u8> {
        format!(
            "steward report 1\n{}\n{}\n{}\n{}\n{}\n{}\n{}",
            self.month,
            self.division,
            self.version,
            self.frozen_at.timestamp_micros(),
            self.frozen_by,
            hex::encode(self.sha256),
            self.reason.unwrap_or_default()
        )
        .into_bytes()
    }
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
    /// Whether the differing records can be named: of a very long list only the hash was frozen.
    pub listed: bool,
    /// Records that are new in the list (`+` counts, `-` does not, `~` is shown apart), at most 1,000.
    pub added: Vec<String>,
    /// Records that are gone from it, at most 1,000.
    pub removed: Vec<String>,
}

/// A version of a frozen month.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FrozenVersion {
    /// Its id.
    pub id: Uuid,
    /// The month.
    #[schema(example = "2024-01")]
    pub month: String,
    /// Prefix of the division.
    #[schema(example = "630104")]
    pub division: String,
    /// 1 is the first freeze; a correction is a new version.
    pub version: i16,
    /// Why it was frozen again.
    pub reason: Option<String>,
    /// SHA-256 over the figures and the hashes of their lists, hexadecimal.
    pub sha256: String,
    /// Signature over month, division, version, reason, who, when and the hash.
    pub signature: String,
    /// Who froze it.
    pub frozen_by: Uuid,
    /// When.
    pub frozen_at: DateTime<Utc>,
    /// Whether figures, lists and signature are as they were signed.
    pub verified: bool,
}

/// A frozen month.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FrozenMonth {
    /// Which.
    #[serde(flatten)]
    pub head: FrozenVersion,
    /// Every indicator.
    pub figures: Vec<RestatedFigure>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_signed_changes_what_is_signed() {
        let sealed = Sealed {
            month: "2024-01",
            division: "630104",
            version: 1,
            reason: None,
            frozen_by: Uuid::nil(),
            frozen_at: DateTime::UNIX_EPOCH,
            sha256: &[1],
        };
        let others = [
            Sealed {
                month: "2024-02",
                ..sealed.clone()
            },
            Sealed {
                division: "630102",
                ..sealed.clone()
            },
            Sealed {
                version: 2,
                ..sealed.clone()
            },
            Sealed {
                reason: Some("late"),
                ..sealed.clone()
            },
            Sealed {
                frozen_by: Uuid::max(),
                ..sealed.clone()
            },
            Sealed {
                frozen_at: DateTime::UNIX_EPOCH + chrono::Duration::microseconds(1),
                ..sealed.clone()
            },
            Sealed {
                sha256: &[2],
                ..sealed.clone()
            },
        ];
        for other in others {
            assert_ne!(other.message(), sealed.message(), "{other:?}");
        }
        let figure = FrozenFigure {
            code: "coverage".into(),
            kind: IndicatorKind::Ratio,
            numerator: 1,
            denominator: 2,
            excused: 3,
            records_sha256: "00".into(),
        };
        let hash = |figure: FrozenFigure| {
            FrozenBody {
                figures: vec![figure],
            }
            .sha256()
        };
        let others = [
            FrozenFigure {
                code: "followups".into(),
                ..figure.clone()
            },
            FrozenFigure {
                kind: IndicatorKind::Count,
                ..figure.clone()
            },
            FrozenFigure {
                numerator: 2,
                ..figure.clone()
            },
            FrozenFigure {
                denominator: 3,
                ..figure.clone()
            },
            FrozenFigure {
                excused: 4,
                ..figure.clone()
            },
            FrozenFigure {
                records_sha256: "01".into(),
                ..figure.clone()
            },
        ];
        for other in others {
            assert_ne!(hash(other.clone()), hash(figure.clone()), "{other:?}");
        }
    }

    #[test]
    fn the_excused_are_in_neither_part_of_a_ratio() {
        let mut counted = Counted::default();
        for (counts, excused) in [(true, false), (false, false), (false, true)] {
            counted.add(counts, excused, 1);
        }
        let figure = IndicatorFigure::new("weekly_rate", IndicatorKind::Ratio, counted);
        assert_eq!(
            (figure.numerator, figure.denominator, figure.excused),
            (1, Some(2), Some(1))
        );
        assert_eq!(figure.display, "50.00%");
        let nothing = IndicatorFigure::new("weekly_rate", IndicatorKind::Ratio, Counted::default());
        assert_eq!((nothing.value, nothing.display.as_str()), (None, "—"));
    }
}
