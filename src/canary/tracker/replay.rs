//! How far back MM2 went when it copied records again.
//!
//! A *replay* is a run of duplicates of one partition without a first arrival between them. Its depth in records is their number;
//! in seconds it is how much earlier the oldest of them was to be sent than the newest record that had been delivered.

use std::time::Duration;

use crate::canary::anchor::Anchor;
use crate::model::canary::ReplayView;

/// One replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Replay {
    pub(super) records: u64,
    pub(super) depth: Duration,
    /// When its first duplicate was read; `None` if it came while nobody looked.
    pub(super) at: Option<Duration>,
}

/// The replays of one partition.
#[derive(Debug, Default)]
pub(super) struct Replays {
    pub(super) latest: Option<Replay>,
    /// Whether the latest one goes on: nothing has arrived for the first time since.
    pub(super) is_open: bool,
    pub(super) worst_records: u64,
    pub(super) worst_depth: Duration,
}

impl Replays {
    /// A duplicate was read whose record is so much older than the newest one that was delivered.
    pub(super) fn duplicate(&mut self, depth: Duration, at: Option<Duration>) {
        let before = self.latest.filter(|_| self.is_open).unwrap_or(Replay {
            records: 0,
            depth: Duration::ZERO,
            at,
        });
        let replay = Replay {
            records: before.records + 1,
            depth: before.depth.max(depth),
            at: before.at,
        };
        self.latest = Some(replay);
        self.is_open = true;
        self.worst_records = self.worst_records.max(replay.records);
        self.worst_depth = self.worst_depth.max(replay.depth);
    }

    /// A record arrived for the first time.
    pub(super) fn first_arrival(&mut self) {
        self.is_open = false;
    }

    pub(super) fn view(&self, anchor: &Anchor) -> Option<ReplayView> {
        let latest = self.latest?;
        Some(ReplayView {
            records: latest.records,
            depth: latest.depth,
            at: latest.at.map(|at| anchor.wall(at)),
            worst_records: self.worst_records,
            worst_depth: self.worst_depth,
        })
    }
}

#[test]
fn a_first_arrival_ends_a_replay_and_the_worst_of_all_is_kept() {
    let second = Duration::from_secs;
    let mut replays = Replays::default();
    for (depth, at) in [(9, 20), (8, 21), (7, 22)] {
        replays.duplicate(second(depth), Some(second(at)));
    }
    replays.first_arrival();
    replays.duplicate(second(2), Some(second(30)));
    let latest = Replay {
        records: 1,
        depth: second(2),
        at: Some(second(30)),
    };
    assert_eq!(replays.latest, Some(latest));
    assert_eq!((replays.worst_records, replays.worst_depth), (3, second(9)));
}
