//! Telephone numbers as the field writes them: mobiles, and the city's fixed lines.
//!
//! Source: facts.md section 5, "Phones". The ranges there are common practice that no source confirms, so they are
//! data ([`NumberPlan`]) with Xining's values as the default.

use std::fmt;

use crate::text::half_width;

/// The ranges of numbers a city accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberPlan<'a> {
    /// The second digits a mobile number (11 digits, first digit 1) may have.
    pub mobile_second: &'a str,
    /// The area code of the city's fixed lines, with its leading zero.
    pub area_code: &'a str,
    /// The first digits a fixed line may have after the area code.
    pub fixed_first: &'a str,
    /// How many digits a fixed line has after the area code.
    pub fixed_digits: usize,
}

/// Mobiles `^1[3-9][0-9]{9}$`, fixed lines `^(0971-?)?[2-8][0-9]{6}$` (facts.md section 5).
pub const XINING: NumberPlan<'static> = NumberPlan {
    mobile_second: "3456789",
    area_code: "0971",
    fixed_first: "2345678",
    fixed_digits: 7,
};

/// Why a telephone number is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Nothing was written.
    #[error("a phone number is needed")]
    Empty,
    /// Something other than digits, spaces, hyphens, brackets and a country code.
    #[error("a phone number is written with the digits 0-9 only")]
    Characters,
    /// Digits, but neither a mobile nor a fixed line of the city.
    #[error("neither a mobile number (11 digits) nor a fixed line of the city (area code and number)")]
    Unknown,
}

impl PhoneError {
    /// The stable code that the web app translates.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "phone_empty",
            Self::Characters => "phone_characters",
            Self::Unknown => "phone_unknown",
        }
    }
}

/// A telephone number in its one written form: a mobile `139XXXXXXXX` or a fixed line `0971XXXXXXX`.
///
/// `Debug` prints it masked and there is neither `Display` nor serde, so that it does not reach a log by accident.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

impl Phone {
    /// Reads a number of Xining, see [`Phone::parse_in`].
    pub fn parse(raw: &str) -> Result<Self, PhoneError> {
        Self::parse_in(&XINING, raw)
    }

    /// Reads a number of a city: folds full-width forms, strips spaces, hyphens, brackets and `+86` or `0086`, and
    /// puts the area code before a bare fixed line.
    pub fn parse_in(plan: &NumberPlan<'_>, raw: &str) -> Result<Self, PhoneError> {
        let compact: String = half_width(raw).chars().filter(|c| !is_separator(*c)).collect();
        if compact.is_empty() {
            return Err(PhoneError::Empty);
        }
        let country = compact
            .strip_prefix("+86")
            .or_else(|| compact.strip_prefix("0086"));
        let digits = country.unwrap_or(&compact);
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PhoneError::Characters);
        }
        if is_mobile(plan, digits) {
            return Ok(Self(digits.to_owned()));
        }
        // Behind a country code the zero of the area code is left out: +86 971 XXXXXXX.
        let without_zero = plan.area_code.strip_prefix('0').filter(|_| country.is_some());
        let local = digits
            .strip_prefix(plan.area_code)
            .filter(|local| is_fixed(plan, local))
            .or_else(|| {
                digits
                    .strip_prefix(without_zero?)
                    .filter(|local| is_fixed(plan, local))
            })
            .or_else(|| Some(digits).filter(|local| is_fixed(plan, local) && country.is_none()));
        local
            .map(|local| Self(format!("{}{local}", plan.area_code)))
            .ok_or(PhoneError::Unknown)
    }

    /// The number in full: for sealing, hashing and dialling only.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it can receive a text message.
    pub fn is_mobile(&self) -> bool {
        self.0.starts_with('1')
    }

    /// The number as most screens show it: `139****1234`, `0971***4567`.
    pub fn masked(&self) -> String {
        let kept = if self.is_mobile() { 3 } else { 4 };
        let tail = self.0.len().saturating_sub(4);
        let stars = "*".repeat(tail.saturating_sub(kept));
        // The number is ASCII digits, so every byte is a boundary.
        format!("{}{stars}{}", &self.0[..kept.min(tail)], &self.0[tail..])
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '(' | ')' | '\u{2010}'..='\u{2015}')
}

fn is_mobile(plan: &NumberPlan<'_>, digits: &str) -> bool {
    let mut chars = digits.chars();
    digits.len() == 11
        && chars.next() == Some('1')
        && chars.next().is_some_and(|c| plan.mobile_second.contains(c))
}

fn is_fixed(plan: &NumberPlan<'_>, digits: &str) -> bool {
    digits.len() == plan.fixed_digits && digits.starts_with(|c| plan.fixed_first.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_one_number() {
        for (raw, number) in [
            ("19900001234", "19900001234"),
            (" 199 0000 1234 ", "19900001234"),
            ("199-0000-1234", "19900001234"),
            ("+8619900001234", "19900001234"),
            ("+86 199-0000-1234", "19900001234"),
            ("＋８６　１９９００００１２３４", "19900001234"),
            ("008619900001234", "19900001234"),
            ("6134567", "09716134567"),
            ("613-4567", "09716134567"),
            ("09716134567", "09716134567"),
            ("0971-6134567", "09716134567"),
            ("0971—6134567", "09716134567"),
            ("（0971）6134567", "09716134567"),
            ("+86 971 6134567", "09716134567"),
            ("0086-0971-6134567", "09716134567"),
        ] {
            assert_eq!(Phone::parse(raw).unwrap().as_str(), number, "{raw}");
        }
    }

    #[test]
    fn refused() {
        for (raw, error) in [
            ("", PhoneError::Empty),
            (" - ", PhoneError::Empty),
            ("+86", PhoneError::Unknown),
            ("12900001234", PhoneError::Unknown),
            ("1990000123", PhoneError::Unknown),
            ("199000012345", PhoneError::Unknown),
            ("8619900001234", PhoneError::Unknown), // 13 digits: a device's SIM, not a country code
            ("1440000012345", PhoneError::Unknown),
            ("1234567", PhoneError::Unknown),
            ("9134567", PhoneError::Unknown),
            ("61345678", PhoneError::Unknown),
            ("9716134567", PhoneError::Unknown),
            ("+866134567", PhoneError::Unknown),
            ("010-61345678", PhoneError::Unknown),
            ("12349", PhoneError::Unknown),
            ("120", PhoneError::Unknown),
            ("1990000123x", PhoneError::Characters),
            ("无", PhoneError::Characters),
            ("199٠٠٠٠1234", PhoneError::Characters),
            ("19900001234/19900001235", PhoneError::Characters),
            ("+86+8619900001234", PhoneError::Characters),
        ] {
            assert_eq!(Phone::parse(raw), Err(error), "{raw}");
            assert!(error.code().starts_with("phone_"));
        }
    }

    #[test]
    fn masked_and_silent_in_debug() {
        let mobile = Phone::parse("19900001234").unwrap();
        assert_eq!(mobile.masked(), "199****1234");
        assert!(mobile.is_mobile());
        let fixed = Phone::parse("6134567").unwrap();
        assert_eq!(fixed.masked(), "0971***4567");
        assert!(!fixed.is_mobile());
        assert_eq!(
            format!("{mobile:?} {fixed:?}"),
            "Phone(199****1234) Phone(0971***4567)"
        );
    }

    #[test]
    fn another_city_is_data() {
        let plan = NumberPlan {
            area_code: "010",
            fixed_digits: 8,
            ..XINING
        };
        assert_eq!(
            Phone::parse_in(&plan, "010-61345678").unwrap().as_str(),
            "01061345678"
        );
        assert_eq!(Phone::parse_in(&plan, "6134567"), Err(PhoneError::Unknown));
    }
}
