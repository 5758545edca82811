//! Whether there is something new to say: what was heard of each endpoint, apart from what it said.

use std::time::Duration;

use super::flow::delivery;
use super::flow_state::Delivery;
use crate::model::snapshot::{Reading, Snapshot};

/// What was heard of all endpoints and canaries.
#[derive(Debug, PartialEq)]
pub(super) struct News {
    endpoints: Vec<Heard>,
    canaries: Vec<Option<Delivery>>,
}

/// Of one endpoint: when the reading was begun, whether it is fresh, and whether the last poll was answered.
type Heard = (Option<Duration>, bool, bool);

impl News {
    /// What was heard by the time of this snapshot.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let mut endpoints = vec![heard(&snapshot.tasks), heard(&snapshot.offsets)];
        endpoints.extend(snapshot.group.as_ref().map(heard));
        endpoints.extend(snapshot.translators.as_ref().map(heard));
        endpoints.extend(snapshot.probes.values().map(heard));
        for worker in &snapshot.workers {
            endpoints.push(heard(&worker.rest));
            endpoints.extend(worker.jolokia.as_ref().map(heard));
        }
        for cluster in &snapshot.clusters {
            endpoints.push(heard(&cluster.probe));
            endpoints.extend(cluster.offsets.as_ref().map(heard));
            endpoints.extend(cluster.groups.as_ref().map(heard));
        }
        for written in snapshot.written.values() {
            endpoints.push(heard(&written.checkpoints));
        }
        Self {
            endpoints,
            canaries: snapshot
                .canaries
                .iter()
                .map(|canary| delivery(snapshot.canary_flow(canary)))
                .collect(),
        }
    }
}

fn heard<T>(reading: &Reading<T>) -> Heard {
    let begun = reading.begun.map(|begun| begun.monotonic);
    (begun, reading.value.is_some(), reading.up)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::snapshot::Moment;
    use crate::model::time::Timestamp;

    fn snapshot() -> Snapshot {
        let taken = Moment {
            wall: Timestamp::from_micros(0),
            monotonic: Duration::ZERO,
        };
        Snapshot::unpolled(taken, Duration::from_secs(15))
    }

    #[test]
    fn a_poll_that_was_answered_or_failed_is_news_and_time_alone_is_none() {
        let before = snapshot();
        let mut later = before.clone();
        later.taken.monotonic = Duration::from_millis(200);
        assert_eq!(News::of(&before), News::of(&later));
        later.tasks.up = true;
        later.tasks.begun = Some(before.taken);
        let answered = News::of(&later);
        assert_ne!(News::of(&before), answered);
        later.tasks.up = false;
        assert_ne!(answered, News::of(&later));
    }
}
