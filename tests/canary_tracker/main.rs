//! The canary's ledger against a naive model that keeps the whole history, and its rules one by one.

mod model;
mod random;
mod rules;

use std::collections::BTreeMap;
use std::time::Duration;

use mirrorwatch::canary::anchor::Anchor;
use mirrorwatch::canary::tracker::{Arrival, Settings, Tracker};
use mirrorwatch::model::canary::{OutageView, PartitionView};
use mirrorwatch::model::time::Timestamp;

const PERIOD: i64 = 100_000;
const THRESHOLD: i64 = 300_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Sent(usize),
    Acknowledged(usize),
    Arrived(usize),
    Tick,
}

/// What happens at which microsecond, in order of time, no two things at the same one.
type History = BTreeMap<i64, Event>;

fn time(micros: i64) -> Duration {
    Duration::from_micros(micros.unsigned_abs())
}

fn settings() -> Settings {
    Settings {
        period: time(PERIOD),
        threshold: time(THRESHOLD),
        grace: Duration::from_hours(1),
    }
}

/// The intended send time of a record; the second before the first one keeps S above the zero of the clock.
fn intended(sequence: usize) -> i64 {
    1_000_000 + PERIOD * i64::try_from(sequence).expect("few records")
}

fn view(tracker: &Tracker, now: i64) -> PartitionView {
    let anchor = Anchor::new(Timestamp::from_micros(0), Duration::ZERO);
    tracker.view(time(now), &anchor).0.remove(0)
}

fn apply(tracker: &mut Tracker, at: i64, event: Event) {
    match event {
        Event::Sent(n) => tracker.sent(0, n as u64, time(intended(n))),
        Event::Acknowledged(n) => {
            tracker.acknowledged(0, n as u64, None, time(at));
        }
        Event::Arrived(n) => {
            tracker.arrived(0, &arrival(n, at));
        }
        Event::Tick => advance(tracker, at),
    }
}

fn arrival(n: usize, at: i64) -> Arrival {
    Arrival {
        sequence: n as u64,
        intended: time(intended(n)),
        at: time(at),
        is_timed: true,
    }
}

/// Let time pass; the target has always been seen, and all that it holds was read.
fn advance(tracker: &mut Tracker, at: i64) {
    tracker.read_to_end(0, time(at));
    tracker.advance(time(at), Some(Duration::ZERO));
}

fn spans(outages: &[OutageView]) -> Vec<(i64, Option<i64>)> {
    outages
        .iter()
        .map(|o| (o.start.as_micros(), o.end.map(Timestamp::as_micros)))
        .collect()
}
