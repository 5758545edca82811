//! Instants on a wall clock, to the microsecond.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An instant on a wall clock: microseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant `micros` microseconds after the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The instant `millis` milliseconds after the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// The instant that a Prometheus value in seconds stands for; `None` unless it is finite and in range.
    pub fn from_seconds(seconds: f64) -> Option<Self> {
        let micros = (seconds * 1e6).round();
        // 2^53 µs is the year 2255: beyond it a double no longer holds whole microseconds.
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
        (micros.abs() < 9_007_199_254_740_992.0).then_some(Self(micros as i64))
    }

    /// Microseconds since the Unix epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Seconds since the Unix epoch, as Prometheus has them.
    pub fn as_seconds(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "exact until the year 2255")]
        let micros = self.0 as f64;
        micros / 1e6
    }

    /// Signed microseconds from `earlier` to `self`.
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.micros_since(earlier)).unwrap_or(0))
    }

    /// This instant moved by signed microseconds.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// This instant moved later by a duration.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        self.plus_micros(micros(duration))
    }

    /// This instant moved earlier by a duration.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        self.plus_micros(-micros(duration))
    }
}

/// RFC 3339 in UTC with microseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(instant) => write!(f, "{instant:.6}"),
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
}

/// Whole microseconds of a duration, saturating.
pub fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[test]
fn seconds_of_prometheus_survive_a_round_trip_to_the_microsecond() {
    let instant = Timestamp::from_micros(1_795_420_800_123_457);
    assert_eq!(Timestamp::from_seconds(instant.as_seconds()), Some(instant));
    assert_eq!(Timestamp::from_seconds(f64::NAN), None);
    assert_eq!(Timestamp::from_seconds(f64::INFINITY), None);
}

#[test]
fn an_instant_prints_as_rfc_3339() {
    assert_eq!(
        Timestamp::from_micros(1_500_000).to_string(),
        "1970-01-01T00:00:01.500000Z"
    );
}
