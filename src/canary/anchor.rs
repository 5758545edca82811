//! How the two clocks of this host stand to each other.
//!
//! All of the canary runs on the monotonic clock; only what is published is turned into wall time, by a reading of both clocks
//! no older than the publication. When the wall clock is slewed or stepped, every published instant moves with it: it is then
//! the time that this instant has on the clock as it is now.

use std::time::Duration;

use crate::model::time::{Timestamp, micros};

/// Readings that are tried, at most.
const READINGS: usize = 5;
/// Microseconds: a reading as exact as this needs no other.
const EXACT: u64 = 20;
/// Microseconds: a reading less exact than this is none.
const USABLE: u64 = 200;

/// One reading of both clocks at the same instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    wall: Timestamp,
    monotonic: Duration,
}

impl Anchor {
    /// Both clocks, read together.
    pub fn new(wall: Timestamp, monotonic: Duration) -> Self {
        Self { wall, monotonic }
    }

    /// The wall time of an instant on the monotonic clock.
    pub fn wall(&self, instant: Duration) -> Timestamp {
        self.wall
            .plus_micros(micros(instant).saturating_sub(micros(self.monotonic)))
    }

    /// The instant on the monotonic clock at which the wall clock, as it is now, shows `wall`.
    pub fn instant(&self, wall: Timestamp) -> Duration {
        let micros = micros(self.monotonic).saturating_add(wall.micros_since(self.wall));
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }

    /// Microseconds by which the wall clock was put forward between this reading and another one.
    pub fn step_to(&self, other: &Self) -> i64 {
        other.wall.micros_since(self.wall(other.monotonic))
    }
}

/// A reading, and how exact it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) anchor: Anchor,
    /// Microseconds that it may be off: what it says of a smaller difference between the clocks is noise.
    pub(super) within: u64,
}

/// The most exact of a few readings of both clocks; `None` if the thread was interrupted in each of them.
pub(super) fn read(
    mut monotonic: impl FnMut() -> Duration,
    mut wall: impl FnMut() -> Timestamp,
) -> Option<Reading> {
    let mut best: Option<Reading> = None;
    for _ in 0..READINGS {
        let before = monotonic();
        let wall = wall();
        let between = monotonic().saturating_sub(before);
        let reading = Reading {
            anchor: Anchor::new(wall, before + between / 2),
            // Each clock is cut to whole microseconds.
            within: micros(between).unsigned_abs() + 1,
        };
        if best.is_none_or(|best| reading.within < best.within) {
            best = Some(reading);
        }
        if reading.within <= EXACT {
            break;
        }
    }
    best.filter(|reading| reading.within <= USABLE)
}

#[test]
fn the_most_exact_reading_counts_and_a_bad_one_is_none_at_all() {
    let read = |instants: &[u64]| {
        let mut instants = instants.iter();
        let monotonic = || Duration::from_micros(*instants.next().expect("enough instants"));
        read(monotonic, || Timestamp::from_micros(0)).map(|reading| reading.within)
    };
    assert_eq!(read(&[0, 3]), Some(4), "one exact reading is enough");
    assert_eq!(
        read(&[
            0, 900, 1_000, 1_090, 2_000, 2_150, 3_000, 3_500, 4_000, 4_100
        ]),
        Some(91)
    );
    assert_eq!(
        read(&[
            0, 900, 1_000, 1_900, 2_000, 2_900, 3_000, 3_900, 4_000, 4_900
        ]),
        None
    );
}

#[test]
fn instants_before_and_after_the_anchor_have_a_wall_time() {
    let anchor = Anchor::new(Timestamp::from_micros(1_000_000), Duration::from_secs(50));
    assert_eq!(
        anchor.wall(Duration::from_millis(50_001)).as_micros(),
        1_001_000
    );
    assert_eq!(
        anchor.wall(Duration::from_millis(49_500)).as_micros(),
        500_000
    );
    let instant = anchor.instant(Timestamp::from_micros(500_000));
    assert_eq!(instant, Duration::from_millis(49_500));
}

#[test]
fn a_step_of_the_wall_clock_is_seen_with_its_sign() {
    let anchor = Anchor::new(Timestamp::from_micros(1_000_000), Duration::from_secs(50));
    let later = Anchor::new(Timestamp::from_micros(1_900_000), Duration::from_secs(51));
    assert_eq!(anchor.step_to(&later), -100_000);
}
