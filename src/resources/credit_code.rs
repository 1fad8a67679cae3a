//! The unified social credit code (统一社会信用代码), GB 32100-2015.
//!
//! 18 characters: 1 of the registering authority, 1 of the kind of entity, 6 of the division, 9 of the organisation code
//! (GB 11714, with a check of its own), one check character. Source: facts.md section 5.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::half_width;

/// The 31 characters of GB 32100: no I, O, S, V, Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// The weights of GB 32100, 3^i mod 31.
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// The weights of GB 11714.
const ORGANISATION_WEIGHTS: [usize; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// Why a credit code is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreditCodeError {
    /// Not 18 characters.
    #[error("a unified social credit code has 18 characters")]
    Length,
    /// A character outside the alphabet of 31.
    #[error("a unified social credit code has digits and capital letters without I, O, S, V and Z")]
    Characters,
    /// The third to eighth characters are not digits.
    #[error(
        "the third to eighth characters of a unified social credit code are a division code of six digits"
    )]
    Division,
    /// The last character does not follow from the others.
    #[error(
        "the check character of the unified social credit code is wrong: a character is mistyped or swapped"
    )]
    Check,
    /// The 17th character does not follow from the eight before it.
    #[error("the check character of the organisation code (the 17th character) is wrong")]
    OrganisationCheck,
}

impl CreditCodeError {
    /// The stable code that the web app translates.
    pub fn code(self) -> &'static str {
        match self {
            Self::Length => "credit_code_length",
            Self::Characters => "credit_code_characters",
            Self::Division => "credit_code_division",
            Self::Check => "credit_code_check",
            Self::OrganisationCheck => "credit_code_organisation_check",
        }
    }
}

/// A credit code that checks, in its one written form.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CreditCode(String);

impl CreditCode {
    /// Reads a code as people write it: trimmed, full-width forms and small letters folded.
    pub fn parse(raw: &str) -> Result<Self, CreditCodeError> {
        let mut code = half_width(raw);
        code.make_ascii_uppercase();
        if code.chars().count() != 18 {
            return Err(CreditCodeError::Length);
        }
        if !in_alphabet(&code) {
            return Err(CreditCodeError::Characters);
        }
        if !code[2..8].bytes().all(|b| b.is_ascii_digit()) {
            return Err(CreditCodeError::Division);
        }
        if !code.ends_with(check_character(&code[..17])) {
            return Err(CreditCodeError::Check);
        }
        if !code[16..].starts_with(organisation_check(&code[8..16])) {
            return Err(CreditCodeError::OrganisationCheck);
        }
        Ok(Self(code))
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Registering authority and kind of entity: `52` is a social service organisation at civil affairs, `91` a company.
    pub fn registering_and_type(&self) -> &str {
        &self.0[..2]
    }

    /// Whether civil affairs registered it (first character 5).
    pub fn is_civil_affairs(&self) -> bool {
        self.0.starts_with('5')
    }

    /// The six digits of the registering authority's division; it may be abolished since.
    pub fn division(&self) -> &str {
        &self.0[2..8]
    }

    /// The organisation code of GB 11714, nine characters with its check.
    pub fn organisation_code(&self) -> &str {
        &self.0[8..17]
    }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CreditCode {
    type Error = CreditCodeError;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        Self::parse(&raw)
    }
}

impl From<CreditCode> for String {
    fn from(code: CreditCode) -> Self {
        code.0
    }
}

/// A code from its parts with both check characters added, for generators; `None` if a part has not its 2, 6 and 8
/// characters.
pub fn with_checks(registering_and_type: &str, division6: &str, org8: &str) -> Option<String> {
    let fits = registering_and_type.len() == 2
        && division6.len() == 6
        && org8.len() == 8
        && in_alphabet(registering_and_type)
        && division6.bytes().all(|b| b.is_ascii_digit())
        && in_alphabet(org8);
    fits.then(|| {
        let first17 = format!(
            "{registering_and_type}{division6}{org8}{}",
            organisation_check(org8)
        );
        let check = check_character(&first17);
        format!("{first17}{check}")
    })
}

fn in_alphabet(text: &str) -> bool {
    text.bytes().all(|b| ALPHABET.contains(&b))
}

/// Σ value × weight mod 31 over characters of the alphabet.
fn remainder(first17: &str) -> usize {
    let value = |b: u8| ALPHABET.iter().position(|a| *a == b).unwrap_or_default();
    first17
        .bytes()
        .zip(WEIGHTS)
        .map(|(b, weight)| value(b) * weight)
        .sum::<usize>()
        % 31
}

fn check_character(first17: &str) -> char {
    // The outer mod matters: remainder 0 is "0", not a 32nd character.
    char::from(ALPHABET[(31 - remainder(first17)) % 31])
}

/// The check of GB 11714, where letters count A = 10 … Z = 35.
fn organisation_check(org8: &str) -> char {
    let value = |b: u8| char::from(b).to_digit(36).unwrap_or_default() as usize;
    let sum: usize = org8
        .bytes()
        .zip(ORGANISATION_WEIGHTS)
        .map(|(b, weight)| value(b) * weight)
        .sum();
    ['0', 'X', '9', '8', '7', '6', '5', '4', '3', '2', '1'][sum % 11]
}

#[cfg(test)]
mod tests;
