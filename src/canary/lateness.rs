//! How late the canary's own loop came round: on a host that starves it, arrivals are stamped late, and that must be known.
//!
//! Pure. Late is what lies between the instant at which the loop had to come round at the latest and the one at which it did.

use std::collections::VecDeque;
use std::time::Duration;

/// What happened longer ago than this is forgotten.
const SPAN: Duration = Duration::from_mins(1);

/// The worst lateness of the last minute.
#[derive(Debug, Default)]
pub(super) struct Lateness {
    /// When the loop was late and by how much: oldest first, each worse than all that follow it.
    worst: VecDeque<(Duration, Duration)>,
}

impl Lateness {
    /// The loop came round at `now` and had to by `due`.
    pub(super) fn woke(&mut self, now: Duration, due: Duration) {
        let late = now.saturating_sub(due);
        while self.worst.back().is_some_and(|(_, less)| *less <= late) {
            self.worst.pop_back();
        }
        self.worst.push_back((now, late));
        while self.worst.front().is_some_and(|(at, _)| is_old(*at, now)) {
            self.worst.pop_front();
        }
    }

    /// The worst of the minute before `now`.
    pub(super) fn worst(&self, now: Duration) -> Duration {
        let mut recent = self.worst.iter().filter(|(at, _)| !is_old(*at, now));
        recent.next().map_or(Duration::ZERO, |(_, late)| *late)
    }
}

fn is_old(at: Duration, now: Duration) -> bool {
    now.saturating_sub(at) > SPAN
}

#[test]
fn the_worst_of_the_last_minute_counts_and_an_early_wake_is_not_late() {
    let at = Duration::from_millis;
    let mut lateness = Lateness::default();
    assert_eq!(lateness.worst(at(0)), Duration::ZERO);
    lateness.woke(at(1_000), at(1_100));
    assert_eq!(lateness.worst(at(1_000)), Duration::ZERO);
    lateness.woke(at(2_300), at(2_000));
    lateness.woke(at(3_020), at(3_000));
    lateness.woke(at(4_010), at(4_000));
    assert_eq!(lateness.worst(at(62_300)), at(300));
    assert_eq!(lateness.worst(at(62_301)), at(20));
    lateness.woke(at(62_500), at(62_450));
    assert_eq!(lateness.worst(at(62_500)), at(50));
    assert_eq!(lateness.worst.len(), 1, "what can never count is not kept");
    assert_eq!(lateness.worst(at(200_000)), Duration::ZERO);
}
