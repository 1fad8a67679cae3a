//! The registry of indicators.
//!
//! Every indicator has one list of records; its three statements (figure, records, parts) are made of that list, so that no
//! figure can differ from its records. What a list may refer to:
//!
//! | | |
//! | --- | --- |
//! | `$1` `$2` | who asks (null is the service itself), when |
//! | `$3` `$4` `$14` | the half-open range, and its last day in Xining |
//! | `$5` `$6` `$7` `$8` | only this division prefix, community, steward, organisation |
//! | `$9` | how many digits of a division's code tell one place from another |
//! | `$10` `$11` `$12` `$13` | only this kind, tier, severity, class of item |
//! | `area` | the communities that are asked about: all that the asker may see, of the division and community asked for |
//!
//! The weekly board counts the list of `weekly_visits` by community and steward, so that it opens to the same records.
//!
//! Past the list, `$15` is the key after which a page begins and `$16` its length; for parts `$15` is what they are told
//! apart by.
//!
//! The columns of a list are those of [`IndicatorRecord`](super::model::IndicatorRecord), with three more that are not shown:
//! `same` (records that agree in it are one), `place`, and what they are told apart by. A `once` list has no two records that
//! are one; of a `distinct` list the first record stands for those that are one. A record of a `weighted` list has one column more, its
//! `weight`, and counts that many times (an event at which a policy was explained to sixty persons is one record and sixty
//! person-times); records of the others weigh one, which is written only where records are shown. `counts` says that a record is in the
//! numerator, `excused` that it is in neither numerator nor denominator. A key never contains an elder's id: auditors see it.

#[macro_use]
mod lists;
mod board;
mod care;
mod outreach;
mod people;
mod safety;
mod services;

pub use board::BOARD;

use super::model::{By, Indicator};

/// An indicator with its statements.
pub struct Registered {
    /// What it is.
    pub indicator: Indicator,
    /// Counts the list.
    pub figure: &'static str,
    /// Pages through the list.
    pub records: &'static str,
    /// Counts the list's parts, and the whole.
    pub parts: &'static str,
}

impl Registered {
    /// Whether its records can be told apart by this.
    pub fn has(&self, by: By) -> bool {
        self.indicator.by.contains(&by)
    }
}

/// Every indicator, in the order of the report.
pub fn all() -> impl Iterator<Item = &'static Registered> {
    [
        people::INDICATORS,
        services::INDICATORS,
        safety::INDICATORS,
        care::INDICATORS,
        outreach::INDICATORS,
    ]
    .into_iter()
    .flatten()
}

/// The indicator of this code.
pub fn find(code: &str) -> Option<&'static Registered> {
    all().find(|r| r.indicator.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::model::IndicatorKind;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_every_part_has_its_whole() {
        let codes: BTreeSet<_> = all().map(|r| r.indicator.code).collect();
        assert!(codes.len() > 30);
        assert_eq!(codes.len(), all().count());
        for of in all() {
            let indicator = &of.indicator;
            if let Some(whole) = indicator.of {
                assert!(codes.contains(whole), "{}", indicator.code);
            }
            // Who is one of several parts cannot be summed, and a share of what is not summed has no meaning.
            assert!(
                indicator.additive || indicator.kind == IndicatorKind::Count,
                "{}",
                indicator.code
            );
            assert!(of.has(By::Division), "{}", indicator.code);
            assert!(
                !indicator.weighted || indicator.kind == IndicatorKind::Count,
                "{}",
                indicator.code
            );
        }
    }
}
