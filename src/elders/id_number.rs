//! The resident identity number (公民身份号码), GB 11643-1999.
//!
//! 18 characters: 6 of the address at first numbering, 8 of the birth date, 3 of sequence (odd male, even female), one
//! check character. Source: facts.md section 5. A number that checks does not prove a person who exists.

use std::fmt;

use chrono::NaiveDate;

use crate::{calendar::age_on, text::half_width};

/// The check character for each remainder 0…10.
const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
/// Nobody is older (a proposal of ours, facts.md section 5).
const OLDEST: i32 = 130;

/// County codes of Xining in force (facts.md section 4).
const CURRENT_PREFIXES: [&str; 7] = [
    "630102", "630103", "630104", "630105", "630106", "630121", "630123",
];
/// Abolished county codes of Xining and what it took over: 郊区 1983-1986, 湟中县 1999-2019, and 湟中县 and 湟源县 while
/// they were part of 海东 (facts.md section 4). The number keeps the code of its first numbering for life.
const ABOLISHED_PREFIXES: [&str; 4] = ["630111", "630122", "632124", "632125"];

/// The sex that an identity number states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdSex {
    /// The sequence is odd.
    Male,
    /// The sequence is even.
    Female,
}

/// Why an identity number is refused. No message repeats the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdNumberError {
    /// Neither 18 nor, on an old card, 15 characters.
    #[error("an ID number has 18 characters, or 15 on an old card")]
    Length,
    /// Something other than digits, or an X that is not the check character.
    #[error("an ID number has the digits 0-9 only; the last character may be X")]
    Characters,
    /// The last character does not follow from the others.
    #[error("the check character of the ID number is wrong: a digit is mistyped or two are swapped")]
    Check,
    /// The 29th of February of a common year, the 13th month …
    #[error("the birth date in the ID number does not exist")]
    NoSuchDate,
    /// Born after today.
    #[error("the birth date in the ID number is in the future")]
    Future,
    /// Older than anybody is.
    #[error("the birth date in the ID number is more than 130 years ago")]
    TooOld,
}

impl IdNumberError {
    /// The stable code that the web app translates.
    pub fn code(self) -> &'static str {
        match self {
            Self::Length => "id_number_length",
            Self::Characters => "id_number_characters",
            Self::Check => "id_number_check",
            Self::NoSuchDate => "id_number_no_such_date",
            Self::Future => "id_number_future",
            Self::TooOld => "id_number_too_old",
        }
    }
}

/// An identity number that checks, in its one written form.
///
/// `Debug` prints it masked and there is neither `Display` nor serde, so that it does not reach a log by accident.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ResidentId {
    number: String,
    birth: NaiveDate,
}

impl ResidentId {
    /// Reads a number as people write it: trimmed, full-width forms and a small x folded, 15 digits of the scheme of
    /// 1989 converted by inserting the century 19 and adding the check character.
    pub fn parse(raw: &str, today: NaiveDate) -> Result<Self, IdNumberError> {
        let mut folded = half_width(raw);
        folded.make_ascii_uppercase();
        match folded.chars().count() {
            18 => Self::exact(folded, today),
            15 if is_digits(&folded) => {
                let first17 = format!("{}19{}", &folded[..6], &folded[6..]);
                Self::exact(with_check(&first17).ok_or(IdNumberError::Characters)?, today)
            }
            15 => Err(IdNumberError::Characters),
            _ => Err(IdNumberError::Length),
        }
    }

    /// The rules on a number that is already in its written form.
    fn exact(number: String, today: NaiveDate) -> Result<Self, IdNumberError> {
        let bytes = number.as_bytes();
        let (Some(first17), Some(&check)) = (number.get(..17), bytes.get(17)) else {
            return Err(IdNumberError::Characters);
        };
        if bytes.len() != 18 || !is_digits(first17) || !(check.is_ascii_digit() || check == b'X') {
            return Err(IdNumberError::Characters);
        }
        let part = |from: usize, to: usize| value(&number[from..to]);
        let year = i32::try_from(part(6, 10)).map_err(|_| IdNumberError::NoSuchDate)?;
        let birth =
            NaiveDate::from_ymd_opt(year, part(10, 12), part(12, 14)).ok_or(IdNumberError::NoSuchDate)?;
        // After the date, which tells the person more precisely where to look.
        if check_character(first17) != char::from(check) {
            return Err(IdNumberError::Check);
        }
        if birth > today {
            return Err(IdNumberError::Future);
        }
        if age_on(birth, today) > OLDEST {
            return Err(IdNumberError::TooOld);
        }
        Ok(Self { number, birth })
    }

    /// The 18 characters in full: for sealing and hashing only.
    pub fn as_str(&self) -> &str {
        &self.number
    }

    /// The birth date that the number states; the person's papers may say another.
    pub fn birth_date(&self) -> NaiveDate {
        self.birth
    }

    /// The sex that the number states; the person's papers may say another.
    pub fn sex(&self) -> IdSex {
        if value(&self.number[16..17]) % 2 == 1 {
            IdSex::Male
        } else {
            IdSex::Female
        }
    }

    /// The county code at first numbering, six digits; it may be abolished since.
    pub fn address_prefix(&self) -> &str {
        &self.number[..6]
    }

    /// Whether the address part is a county of Xining, current or abolished. An unknown one is a warning, not an error:
    /// people move.
    pub fn prefix_is_known(&self) -> bool {
        let prefix = self.address_prefix();
        CURRENT_PREFIXES.contains(&prefix) || ABOLISHED_PREFIXES.contains(&prefix)
    }

    /// The number as most screens show it: the first four and the last four characters.
    pub fn masked(&self) -> String {
        format!("{}**********{}", &self.number[..4], &self.number[14..])
    }
}

impl fmt::Debug for ResidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResidentId({})", self.masked())
    }
}

/// Seventeen digits with their check character, for generators; `None` if they are not seventeen ASCII digits.
pub fn with_check(first17: &str) -> Option<String> {
    (first17.len() == 17 && is_digits(first17)).then(|| format!("{first17}{}", check_character(first17)))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// The value of a short run of ASCII digits.
fn value(digits: &str) -> u32 {
    digits.bytes().fold(0, |sum, b| sum * 10 + u32::from(b - b'0'))
}

/// Σ digit × weight mod 11, the weights being 2^(17-i) mod 11. By Horner's rule that is doubling at each digit.
fn remainder(first17: &str) -> usize {
    first17
        .bytes()
        .fold(0, |sum, b| (sum + usize::from(b - b'0')) * 2 % 11)
}

fn check_character(first17: &str) -> char {
    CHECKS[remainder(first17) % CHECKS.len()]
}

#[cfg(test)]
mod tests;
