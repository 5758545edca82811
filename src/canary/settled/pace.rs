//! When each partition's next settled point is due; pure.

use std::time::Duration;

/// At least so often.
const EVERY: Duration = Duration::from_secs(5);
/// After an outage began or ended, no sooner than this after the one before.
const SOONEST: Duration = Duration::from_secs(1);

/// What a settled point told last of the outages: how many, and whether one is open.
type Outages = (u64, bool);

#[derive(Debug)]
struct Last {
    at: Duration,
    outages: Outages,
}

/// The pace of all partitions; those of one canary take turns.
#[derive(Debug)]
pub(crate) struct Pace {
    last: Vec<Last>,
}

impl Pace {
    /// All of `partitions` were settled at `now`, in their turns.
    pub(crate) fn new(now: Duration, partitions: usize) -> Self {
        let turn = |n: usize| {
            let share = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).max(1);
            now.saturating_sub(EVERY * share(n) / share(partitions))
        };
        let last = (0..partitions).map(|n| Last {
            at: turn(n),
            outages: (0, false),
        });
        Self {
            last: last.collect(),
        }
    }

    /// So many more were settled at `now`.
    pub(crate) fn extend(&mut self, now: Duration, partitions: usize) {
        self.last.extend(Self::new(now, partitions).last);
    }

    /// Whether the partition is to be settled now, `outages` being what there is to tell.
    pub(crate) fn is_due(&self, partition: usize, now: Duration, outages: Outages) -> bool {
        self.last.get(partition).is_some_and(|last| {
            let after = if last.outages == outages {
                EVERY
            } else {
                SOONEST
            };
            now.saturating_sub(last.at) >= after
        })
    }

    /// The partition was settled.
    pub(crate) fn settled(&mut self, partition: usize, now: Duration, outages: Outages) {
        if let Some(last) = self.last.get_mut(partition) {
            *last = Last { at: now, outages };
        }
    }
}

#[test]
fn each_partition_is_settled_every_five_seconds_in_its_turn_and_sooner_when_an_outage_begins_or_ends()
 {
    let at = |millis: u64| Duration::from_millis(100_000 + millis);
    let mut pace = Pace::new(at(0), 5);
    let due = |pace: &Pace, now, outages| -> Vec<usize> {
        (0..5).filter(|n| pace.is_due(*n, now, outages)).collect()
    };
    assert!(due(&pace, at(0), (0, false)).is_empty());
    assert_eq!(due(&pace, at(1_000), (0, false)), [4]);
    assert_eq!(due(&pace, at(2_000), (0, false)), [3, 4]);
    pace.settled(4, at(1_000), (0, false));
    assert_eq!(due(&pace, at(2_000), (0, false)), [3]);
    pace.settled(3, at(2_000), (0, false));
    assert!(!pace.is_due(3, at(2_999), (1, true)));
    assert!(pace.is_due(3, at(3_000), (1, true)));
    pace.settled(3, at(3_000), (1, true));
    assert!(!pace.is_due(3, at(7_999), (1, true)));
    assert!(pace.is_due(3, at(8_000), (1, true)));
}
