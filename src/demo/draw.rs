//! The generator's dice: the same seed throws the same.

use chrono::{DateTime, Duration, TimeDelta, Timelike, Utc};
use chrono_tz::Asia::Shanghai;
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};
use std::ops::Range;
use uuid::Uuid;

/// The hours in which people are visited and called, in Xining.
const DAY: Range<u32> = 8..18;

/// Seeded dice.
pub(super) struct Draw(StdRng);

impl Draw {
    /// The dice of one part of the city: parts can be made in any order and come out the same.
    pub(super) fn new(seed: u64, part: u64) -> Self {
        // An odd factor spreads the parts, so that seed 1 part 2 is not seed 2 part 1.
        Self(StdRng::seed_from_u64(
            seed ^ part.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15),
        ))
    }

    /// Yes, so often.
    pub(super) fn chance(&mut self, share: f64) -> bool {
        self.0.random_bool(share)
    }

    /// A number of the range.
    pub(super) fn below(&mut self, range: Range<usize>) -> usize {
        self.0.random_range(range)
    }

    /// A share between two.
    pub(super) fn share(&mut self, range: Range<f64>) -> f64 {
        self.0.random_range(range)
    }

    /// One of several.
    pub(super) fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.0.random_range(0..of.len())]
    }

    /// One of several by weight.
    pub(super) fn weighted<T: Copy>(&mut self, of: &[(T, u32)]) -> T {
        let mut at = self.0.random_range(0..of.iter().map(|o| o.1).sum());
        for (value, weight) in of {
            if at < *weight {
                return *value;
            }
            at -= weight;
        }
        of[0].0
    }

    /// Minutes of a range, with seconds.
    pub(super) fn minutes(&mut self, range: Range<i64>) -> TimeDelta {
        Duration::seconds(self.0.random_range(range.start * 60..range.end * 60))
    }

    /// A part of so many minutes.
    pub(super) fn part(&mut self, minutes: i32, share: Range<f64>) -> TimeDelta {
        Duration::seconds((f64::from(minutes) * 60.0 * self.0.random_range(share)) as i64)
    }

    /// An id as it would have been drawn at that instant.
    pub(super) fn id(&mut self, at: DateTime<Utc>) -> Uuid {
        let mut random = [0; 10];
        self.0.fill_bytes(&mut random);
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    /// The instant, or the next at which people are visited and called.
    pub(super) fn by_day(&mut self, at: DateTime<Utc>) -> DateTime<Utc> {
        let hour = at.with_timezone(&Shanghai).hour();
        if DAY.contains(&hour) {
            return at;
        }
        let ahead = (DAY.start + 24 - hour) % 24;
        at + Duration::hours(i64::from(ahead)) + self.minutes(0..120)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nights_are_left_out_and_ids_sort_by_time() {
        let mut draw = Draw::new(1, 0);
        for hour in 0..24 {
            let at = DateTime::from_timestamp(1_700_000_000 + hour * 3_600, 0).unwrap();
            let later = draw.by_day(at);
            assert!(later >= at && later < at + Duration::hours(18));
            assert!((8..20).contains(&later.with_timezone(&Shanghai).hour()));
            assert!(draw.id(at) < draw.id(at + Duration::hours(1)));
        }
    }

    #[test]
    fn parts_differ_and_repeat() {
        let of = |seed, part| Draw::new(seed, part).below(0..1_000_000);
        assert_eq!(of(1, 2), of(1, 2));
        assert_ne!(of(1, 2), of(2, 1));
        assert_ne!(of(1, 2), of(1, 3));
    }
}
