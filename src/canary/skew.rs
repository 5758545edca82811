//! How far a broker's clock is ahead of ours, from records that it stamped with its own time; pure.
//!
//! A record that the broker appended between two instants of ours bounds its clock: `append − after ≤ skew ≤ append − before`. All
//! bounds of the last one to two minutes hold at once; where they do not, a clock was stepped, and the newest one counts alone.

use std::time::Duration;

use crate::model::canary::SkewView;
use crate::model::time::Timestamp;

/// For so long bounds are joined; those of the span before still count.
const SPAN: Duration = Duration::from_mins(1);
/// Brokers stamp whole milliseconds.
const STAMP_MICROS: i64 = 1_000;

/// The skew lies between these, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bounds {
    lower: i64,
    upper: i64,
}

impl Bounds {
    fn and(self, other: Self) -> Option<Self> {
        let both = Self {
            lower: self.lower.max(other.lower),
            upper: self.upper.min(other.upper),
        };
        (both.lower <= both.upper).then_some(both)
    }
}

/// One broker clock, or that of one cluster.
#[derive(Debug, Default)]
pub(super) struct Skew {
    began: Duration,
    now: Option<Bounds>,
    before: Option<Bounds>,
}

impl Skew {
    /// A record was appended at `append` by the broker's clock, between two instants of our wall clock; it is `now`.
    pub(super) fn bound(
        &mut self,
        append: Timestamp,
        [before, after]: [Timestamp; 2],
        now: Duration,
    ) {
        if now.saturating_sub(self.began) > SPAN {
            self.began = now;
            self.before = self.now.take();
        }
        let new = Bounds {
            lower: append.micros_since(after),
            upper: append.plus_micros(STAMP_MICROS).micros_since(before),
        };
        if let Some(known) = self.known()
            && known.and(new).is_none()
        {
            (self.now, self.before) = (None, None);
        }
        self.now = Some(self.now.and_then(|known| known.and(new)).unwrap_or(new));
    }

    fn known(&self) -> Option<Bounds> {
        match (self.now, self.before) {
            (Some(now), Some(before)) => now.and(before),
            (now, before) => now.or(before),
        }
    }

    /// The middle of what is possible, in microseconds.
    pub(super) fn micros(&self) -> Option<i64> {
        self.known().map(|known| known.lower.midpoint(known.upper))
    }

    pub(super) fn view(&self) -> Option<SkewView> {
        let known = self.known()?;
        let seconds = |micros| Timestamp::from_micros(micros).as_seconds();
        Some(SkewView {
            seconds: seconds(known.lower.midpoint(known.upper)),
            error: seconds(known.upper.saturating_sub(known.lower)) / 2.0,
        })
    }
}

#[cfg(test)]
fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

#[test]
fn bounds_are_joined_and_a_step_of_the_clock_leaves_the_newest() {
    let second = Duration::from_secs;
    let mut skew = Skew::default();
    assert_eq!(skew.view(), None);
    skew.bound(at(5_000), [at(1_000), at(1_019)], second(1));
    // Between 3981 and 4001 ms.
    let seen = skew.view().unwrap();
    assert!((seen.seconds - 3.991).abs() < 1e-9 && (seen.error - 0.010).abs() < 1e-9);
    skew.bound(at(6_000), [at(2_009), at(2_030)], second(2));
    // Between 3981 and 3992 ms.
    assert_eq!(skew.micros(), Some(3_986_500));
    skew.bound(at(3_000), [at(3_000), at(3_009)], second(3));
    assert_eq!(skew.micros(), Some(-4_000));
}

#[test]
fn old_bounds_are_forgotten_so_that_drift_is_followed() {
    let mut skew = Skew::default();
    for minute in 0..10 {
        let now = Duration::from_secs(minute * 61);
        let wall = at(i64::try_from(minute).unwrap() * 61_000);
        // 1 ms a minute.
        let append = wall.plus_micros(i64::try_from(minute).unwrap() * 1_000);
        skew.bound(append, [wall, wall.plus_micros(2_000)], now);
    }
    let micros = skew.micros().unwrap();
    assert!((7_000..=10_000).contains(&micros), "{micros}");
}
