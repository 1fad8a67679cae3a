//! The 12-digit code of an administrative division, and the scope that is a prefix of it.
//!
//! 2 digits of the province, 2 of the city, 2 of the county (GB/T 2260), 3 of the township level, 3 of the village level;
//! lower levels are filled with zeros. Source: facts.md section 4. The digits say the level, never the kind: 630106401
//! is a subdistrict among the parks.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How far down an administrative division lies.
#[derive(
    diesel_derive_enum::DbEnum,
    utoipa::ToSchema,
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[schema(as = DivisionLevel)]
#[db_enum(existing_type_path = "crate::schema::sql_types::DivisionLevel")]
pub enum Level {
    /// 省, two digits.
    Province,
    /// 市, four digits.
    City,
    /// 区县, six digits.
    County,
    /// 街道, 镇, 乡 and what is like them, nine digits.
    Township,
    /// 社区 and 村, twelve digits.
    Village,
}

impl Level {
    /// All levels from the top.
    pub const ALL: [Self; 5] = [
        Self::Province,
        Self::City,
        Self::County,
        Self::Township,
        Self::Village,
    ];

    /// How many digits of a code say this level and what is above it.
    pub fn digits(self) -> usize {
        match self {
            Self::Province => 2,
            Self::City => 4,
            Self::County => 6,
            Self::Township => 9,
            Self::Village => 12,
        }
    }

    /// The level that has this many digits.
    pub fn of_digits(digits: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.digits() == digits)
    }

    /// The word used in files and in the interface.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::City => "city",
            Self::County => "county",
            Self::Township => "township",
            Self::Village => "village",
        }
    }
}

/// Why a division code or a scope is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DivisionCodeError {
    /// Not `^[1-9][0-9]{11}$`.
    #[error("a division code has 12 digits and does not begin with 0")]
    Code,
    /// Not 2, 4, 6, 9 or 12 digits.
    #[error("a scope is the first 2, 4, 6, 9 or 12 digits of a division code")]
    Scope,
    /// A scope that ends in the zeros that fill a code up: as a prefix it would hold next to nothing.
    #[error("a scope is written without the zeros that fill a code up: 6301, not 630100")]
    ScopeZeroFilled,
}

impl DivisionCodeError {
    /// The stable code that the web app translates.
    pub fn code(self) -> &'static str {
        match self {
            Self::Code => "division_code_malformed",
            Self::Scope => "scope_malformed",
            Self::ScopeZeroFilled => "scope_zero_filled",
        }
    }
}

/// A 12-digit division code. Ordered as its digits, so that a division comes right before what lies in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DivisionCode(String);

impl DivisionCode {
    /// Reads exactly twelve ASCII digits, the first not 0.
    pub fn parse(text: &str) -> Result<Self, DivisionCodeError> {
        if text.len() == 12 && is_prefix(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(DivisionCodeError::Code)
        }
    }

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The lowest level that is not filled with zeros. A city without counties (441900) has townships right below it.
    pub fn level(&self) -> Level {
        let filled = |from: usize| self.0[from..].bytes().all(|b| b == b'0');
        Level::ALL
            .into_iter()
            .find(|level| filled(level.digits()))
            .unwrap_or(Level::Village)
    }

    /// The digits that are not filling: 2, 4, 6, 9 or 12 of them.
    pub fn prefix(&self) -> &str {
        &self.0[..self.level().digits()]
    }

    /// The division that this one lies in; `None` for a province.
    pub fn parent(&self) -> Option<Self> {
        let level = self.level();
        let above = Level::ALL.into_iter().take_while(|l| *l < level).last()?;
        Some(Self(fill(&self.0[..above.digits()])))
    }

    /// This division and all that lies in it.
    pub fn scope(&self) -> Scope {
        Scope(self.prefix().to_owned())
    }
}

/// A part of the country: a division and all that lies in it, written as the prefix of their codes.
///
/// Source: design.md section 2, "scope is a prefix of the code (`6301`, `630104`, `630104002`)".
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope(String);

impl Scope {
    /// Reads 2, 4, 6, 9 or 12 ASCII digits that do not end in a level filled with zeros.
    pub fn parse(text: &str) -> Result<Self, DivisionCodeError> {
        if Level::of_digits(text.len()).is_none() || !is_prefix(text) {
            return Err(DivisionCodeError::Scope);
        }
        let scope = Self(text.to_owned());
        if scope.division().prefix() == text {
            Ok(scope)
        } else {
            Err(DivisionCodeError::ScopeZeroFilled)
        }
    }

    /// The digits, for `LIKE 'digits%'` and the like.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The level of the division at its top.
    pub fn level(&self) -> Level {
        self.division().level()
    }

    /// The division at its top.
    pub fn division(&self) -> DivisionCode {
        DivisionCode(fill(&self.0))
    }

    /// Whether the division lies in it.
    pub fn contains(&self, code: &DivisionCode) -> bool {
        code.0.starts_with(&self.0)
    }

    /// Whether all of the other scope lies in it.
    pub fn covers(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }
}

/// Digits only, the first not 0.
fn is_prefix(text: &str) -> bool {
    !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit())
}

fn fill(prefix: &str) -> String {
    format!("{prefix:0<12}")
}

macro_rules! as_text {
    ($type:ty) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $type {
            type Err = DivisionCodeError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $type {
            type Error = DivisionCodeError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.0
            }
        }
    };
}

as_text!(DivisionCode);
as_text!(Scope);

#[cfg(test)]
mod tests;
