//! Time and randomness, the two things a test must be able to hold still.
//!
//! Nothing else in the service reads the wall clock or draws an id: `clippy.toml` forbids it.

use chrono::{DateTime, Duration, SubsecRound, Utc};
use sha2::{Digest, Sha256};
use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};
use uuid::Uuid;

/// Where the time and the random bytes of this process come from. Cheap to clone; clones share one source.
#[derive(Clone)]
pub struct Clock(Arc<Source>);

enum Source {
    System,
    Manual {
        micros: AtomicI64,
        drawn: AtomicU64,
        seed: u64,
    },
}

impl Clock {
    /// The machine's clock and random generator.
    pub fn system() -> Self {
        Self(Arc::new(Source::System))
    }

    /// A clock that stands at `start` until [`Clock::advance`] moves it, and draws reproducible ids from `seed`.
    pub fn manual(start: DateTime<Utc>, seed: u64) -> Self {
        Self(Arc::new(Source::Manual {
            micros: AtomicI64::new(start.timestamp_micros()),
            drawn: AtomicU64::new(0),
            seed,
        }))
    }

    /// The present instant, to the microsecond that PostgreSQL keeps.
    pub fn now(&self) -> DateTime<Utc> {
        match &*self.0 {
            #[expect(
                clippy::disallowed_methods,
                reason = "the one place that reads the wall clock"
            )]
            Source::System => Utc::now().trunc_subsecs(6),
            Source::Manual { micros, .. } => {
                DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).unwrap_or_default()
            }
        }
    }

    /// Moves a manual clock on; the system clock stays where it is.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual { micros, .. } = &*self.0 {
            micros.fetch_add(by.num_microseconds().unwrap_or_default(), Ordering::SeqCst);
        }
    }

    /// Sets a manual clock to `instant`; the system clock stays where it is.
    pub fn set(&self, instant: DateTime<Utc>) {
        if let Source::Manual { micros, .. } = &*self.0 {
            micros.store(instant.timestamp_micros(), Ordering::SeqCst);
        }
    }

    /// A new UUIDv7 at the present instant.
    pub fn new_id(&self) -> Uuid {
        match &*self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place that draws ids")]
            Source::System => Uuid::now_v7(),
            Source::Manual { micros, .. } => {
                let millis = u64::try_from(micros.load(Ordering::SeqCst) / 1000).unwrap_or_default();
                uuid::Builder::from_unix_timestamp_millis(millis, &self.random()).into_uuid()
            }
        }
    }

    /// Random bytes, at most 32.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        match &*self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place that draws random bytes")]
            Source::System => {
                let mut bytes = [0; N];
                rand::Rng::fill_bytes(&mut rand::rng(), &mut bytes);
                bytes
            }
            Source::Manual { drawn, seed, .. } => {
                let n = drawn.fetch_add(1, Ordering::SeqCst);
                let digest = Sha256::digest([seed.to_be_bytes(), n.to_be_bytes()].concat());
                std::array::from_fn(|i| digest[i % 32])
            }
        }
    }
}

/// How far ahead of the server something may lie that a device tells, after its clock was put right.
pub const AHEAD: Duration = Duration::minutes(10);

/// When something happened that a device tells as `at` while its own clock stands at `device_now`: by the server's clock. None
/// when that is more than [`AHEAD`].
pub fn put_right(at: DateTime<Utc>, device_now: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    Some(at - (device_now - now)).filter(|at| *at <= now + AHEAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_two_days_off_tells_the_same_instant_and_none_far_ahead() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let (off, hour) = (Duration::days(2), Duration::hours(1));
        assert_eq!(put_right(now - hour + off, now + off, now), Some(now - hour));
        assert_eq!(put_right(now - hour - off, now - off, now), Some(now - hour));
        assert_eq!(put_right(now + AHEAD, now, now), Some(now + AHEAD));
        assert_eq!(put_right(now + AHEAD + Duration::microseconds(1), now, now), None);
    }

    #[test]
    fn a_manual_clock_moves_only_when_told_and_its_ids_sort_by_time() {
        let start = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let clock = Clock::manual(start, 1);
        let first = clock.new_id();
        assert_eq!(clock.now(), start);
        clock.advance(Duration::milliseconds(5));
        assert_eq!(clock.now() - start, Duration::milliseconds(5));
        let second = clock.new_id();
        assert!(first < second);
        assert_eq!(second.get_version_num(), 7);
    }
}
