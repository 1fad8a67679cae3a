//! An edition of the division codes: the file of one year, `data/divisions/<year>.csv`.
//!
//! Codes change every year, so they are imported by file and versioned by year (facts.md section 4). The format is
//! `code,name,level,kind` without quotes. The file is refused whole at its first fault, with the line.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::division_code::{DivisionCode, Level};

/// No edition is longer; the whole country has some 660 000 rows.
pub const MAX_ROWS: usize = 800_000;
/// The longest official name in characters, with room to spare.
const MAX_NAME: usize = 60;
const HEADER: &str = "code,name,level,kind";

/// What a division is. The digits of its code do not tell (630106401 is a subdistrict among the parks), so the file does.
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
#[schema(as = DivisionKind)]
#[db_enum(existing_type_path = "crate::schema::sql_types::DivisionKind")]
pub enum Kind {
    /// 省, 自治区, 直辖市.
    Province,
    /// 市, 州.
    City,
    /// 市辖区.
    District,
    /// 县, 自治县.
    County,
    /// 街道.
    Subdistrict,
    /// 镇.
    Town,
    /// 乡, 民族乡.
    Township,
    /// 居民委员会, the 社区.
    ResidentsCommittee,
    /// 村民委员会.
    VillagersCommittee,
    /// Parks, farms and what else is like a township or a village.
    Similar,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Province,
        Self::City,
        Self::District,
        Self::County,
        Self::Subdistrict,
        Self::Town,
        Self::Township,
        Self::ResidentsCommittee,
        Self::VillagersCommittee,
        Self::Similar,
    ];

    /// The word used in files and in the interface.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::City => "city",
            Self::District => "district",
            Self::County => "county",
            Self::Subdistrict => "subdistrict",
            Self::Town => "town",
            Self::Township => "township",
            Self::ResidentsCommittee => "residents_committee",
            Self::VillagersCommittee => "villagers_committee",
            Self::Similar => "similar",
        }
    }

    /// Whether a division of this kind can lie at that level.
    pub fn fits(self, level: Level) -> bool {
        match self {
            Self::Province => level == Level::Province,
            Self::City => level == Level::City,
            Self::District | Self::County => level == Level::County,
            Self::Subdistrict | Self::Town | Self::Township => level == Level::Township,
            Self::ResidentsCommittee | Self::VillagersCommittee => level == Level::Village,
            Self::Similar => matches!(level, Level::Township | Level::Village),
        }
    }
}

/// One division of an edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DivisionRow {
    /// Its code.
    pub code: DivisionCode,
    /// Its full official name.
    pub name: String,
    /// Its level, which is the one of its code.
    pub level: Level,
    /// What it is.
    pub kind: Kind,
}

/// What is wrong with a line of an edition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditionProblem {
    /// The first line is not the header.
    #[error("the first line must be `{HEADER}`")]
    Header,
    /// There is no row.
    #[error("there is no division in the file")]
    Empty,
    /// More rows than [`MAX_ROWS`].
    #[error("more than {MAX_ROWS} divisions")]
    TooMany,
    /// Quotes are not part of the format.
    #[error("the format has no quotes")]
    Quote,
    /// Not four fields.
    #[error("a line has four fields: {HEADER}")]
    Fields,
    /// Not a division code.
    #[error("a division code has 12 digits and does not begin with 0")]
    Code,
    /// Empty, too long, or with blanks or control characters.
    #[error(
        "the name is empty, longer than {MAX_NAME} characters, or has blanks at its ends or control characters"
    )]
    Name,
    /// The level is not the one that the code's zeros say.
    #[error("by its code the level is `{0}`")]
    Level(&'static str),
    /// Unknown, or of another level.
    #[error("the kind is unknown or does not fit the level")]
    Kind,
    /// The code stands twice.
    #[error("the code stands in line {0} already")]
    Duplicate(usize),
    /// The division that it lies in is not in the file.
    #[error("the division {0} that it lies in is not in the file")]
    Orphan(DivisionCode),
}

/// Why an edition is refused, and in which line (the header is line 1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct EditionError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: EditionProblem,
}

impl EditionError {
    /// The stable code that the web app translates.
    pub fn code(&self) -> &'static str {
        match self.problem {
            EditionProblem::Header => "edition_header",
            EditionProblem::Empty => "edition_empty",
            EditionProblem::TooMany => "edition_too_many",
            EditionProblem::Quote => "edition_quote",
            EditionProblem::Fields => "edition_fields",
            EditionProblem::Code => "edition_code",
            EditionProblem::Name => "edition_name",
            EditionProblem::Level(_) => "edition_level",
            EditionProblem::Kind => "edition_kind",
            EditionProblem::Duplicate(_) => "edition_duplicate",
            EditionProblem::Orphan(_) => "edition_orphan",
        }
    }
}

/// Reads an edition in the order of its file. A byte order mark and Windows line ends are accepted, blank lines are not;
/// a parent may stand after its children.
pub fn parse_edition(csv: &str) -> Result<Vec<DivisionRow>, EditionError> {
    let fault = |line, problem| EditionError { line, problem };
    let mut lines = csv.strip_prefix('\u{feff}').unwrap_or(csv).lines().zip(1..);
    if lines.next().is_none_or(|(header, _)| header != HEADER) {
        return Err(fault(1, EditionProblem::Header));
    }
    let mut rows = Vec::new();
    let mut seen: HashMap<DivisionCode, usize> = HashMap::new();
    for (text, line) in lines {
        if rows.len() == MAX_ROWS {
            return Err(fault(line, EditionProblem::TooMany));
        }
        let row = parse_row(text).map_err(|problem| fault(line, problem))?;
        if let Some(first) = seen.insert(row.code.clone(), line) {
            return Err(fault(line, EditionProblem::Duplicate(first)));
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(fault(1, EditionProblem::Empty));
    }
    for (row, line) in rows.iter().zip(2..) {
        if let Some(parent) = row.code.parent().filter(|parent| !seen.contains_key(parent)) {
            return Err(fault(line, EditionProblem::Orphan(parent)));
        }
    }
    Ok(rows)
}

fn parse_row(text: &str) -> Result<DivisionRow, EditionProblem> {
    if text.contains('"') {
        return Err(EditionProblem::Quote);
    }
    let fields: Vec<&str> = text.split(',').collect();
    let [code, name, level, kind] = fields[..] else {
        return Err(EditionProblem::Fields);
    };
    let code = DivisionCode::parse(code).map_err(|_| EditionProblem::Code)?;
    if name.is_empty()
        || name.trim() != name
        || name.chars().any(char::is_control)
        || name.chars().count() > MAX_NAME
    {
        return Err(EditionProblem::Name);
    }
    let by_code = code.level();
    if level != by_code.as_str() {
        return Err(EditionProblem::Level(by_code.as_str()));
    }
    let kind = Kind::ALL
        .into_iter()
        .find(|k| k.as_str() == kind && k.fits(by_code))
        .ok_or(EditionProblem::Kind)?;
    Ok(DivisionRow {
        code,
        name: name.to_owned(),
        level: by_code,
        kind,
    })
}

#[cfg(test)]
mod tests;
