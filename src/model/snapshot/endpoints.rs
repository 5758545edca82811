//! All endpoints of a snapshot one after the other: whoever tells of each of them, or waits for each, goes through here.

use std::time::Duration;

use super::{ErrorKind, Moment, Reading, Snapshot};
use crate::model::time::Timestamp;

/// How the polls of one endpoint went, whatever it is that it answers.
#[derive(Clone, Copy, Debug)]
pub struct Polled<'a> {
    /// The endpoint's name, as a label value.
    pub endpoint: &'a str,
    /// When the poll that gave the last good answer was begun.
    pub begun: Option<Moment>,
    /// When the last good answer was complete.
    pub last_success: Option<Timestamp>,
    /// Whether the last poll got an answer.
    pub up: bool,
    /// How long the last poll took; `None` before the first one has ended.
    pub duration: Option<Duration>,
    /// Failures since the start, by [`ErrorKind::index`].
    pub errors: &'a [u64; ErrorKind::ALL.len()],
    /// Values that became too old without a newer one.
    pub expired: u64,
}

impl Polled<'_> {
    /// How old the last good answer is at `now`, at most.
    pub fn age(&self, now: Moment) -> Option<Duration> {
        self.begun
            .map(|begun| now.monotonic.saturating_sub(begun.monotonic))
    }
}

impl<T> Reading<T> {
    pub(super) fn polled(&self) -> Polled<'_> {
        Polled {
            endpoint: &self.endpoint,
            begun: self.begun,
            last_success: self.last_success,
            up: self.up,
            duration: self.duration,
            errors: &self.errors,
            expired: self.expired,
        }
    }
}

impl Snapshot {
    /// Every endpoint, in the order in which people look for them: Connect, then the clusters, then what stands in topics.
    pub fn endpoints(&self) -> impl Iterator<Item = Polled<'_>> {
        let workers = self.workers.iter().flat_map(|worker| {
            let always = [worker.rest.polled(), worker.health.polled()];
            let jolokia = worker.jolokia.as_ref().map(Reading::polled);
            always.into_iter().chain(jolokia)
        });
        let clusters = self.clusters.iter().flat_map(|cluster| {
            let offsets = cluster.offsets.as_ref().map(Reading::polled);
            let groups = cluster.groups.as_ref().map(Reading::polled);
            [cluster.probe.polled()]
                .into_iter()
                .chain(offsets)
                .chain(groups)
        });
        let written = self.written.values().flat_map(|written| {
            let heartbeats = written.heartbeats.iter();
            let heartbeats = heartbeats.map(|(_, heartbeat)| heartbeat.polled());
            [written.checkpoints.polled()].into_iter().chain(heartbeats)
        });
        workers
            .chain(self.group.as_ref().map(Reading::polled))
            .chain([self.tasks.polled(), self.offsets.polled()])
            .chain(clusters)
            .chain(self.status.as_ref().map(Reading::polled))
            .chain(self.translators.as_ref().map(Reading::polled))
            .chain(self.probes.values().map(Reading::polled))
            .chain(written)
    }

    /// Whether every endpoint has been polled at least once, whatever it answered.
    pub fn is_complete(&self) -> bool {
        self.endpoints().all(|polled| polled.duration.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ClusterReadings, FlowReadings, WorkerReadings};
    use super::*;

    /// One of each kind of endpoint, all polled but the one with this number; `None` if there are not so many.
    fn all_but(unpolled: usize) -> Option<Snapshot> {
        let now = Moment {
            wall: Timestamp::from_micros(0),
            monotonic: Duration::ZERO,
        };
        let mut count = 0;
        let snapshot = Snapshot {
            workers: vec![WorkerReadings {
                id: "a:1".into(),
                rest: polled("rest", &mut count, unpolled),
                health: polled("health", &mut count, unpolled),
                jolokia: Some(polled("jolokia", &mut count, unpolled)),
            }],
            group: Some(polled("group", &mut count, unpolled)),
            status: Some(polled("status_topic", &mut count, unpolled)),
            written: [(
                0,
                FlowReadings {
                    checkpoints: polled("checkpoints", &mut count, unpolled),
                    heartbeats: vec![(
                        "heartbeats".into(),
                        polled("heartbeats", &mut count, unpolled),
                    )],
                },
            )]
            .into(),
            probes: [(0, polled("translation", &mut count, unpolled))].into(),
            translators: Some(polled("checkpoint_connectors", &mut count, unpolled)),
            tasks: polled("tasks", &mut count, unpolled),
            clusters: vec![ClusterReadings {
                alias: "source".into(),
                probe: polled("cluster", &mut count, unpolled),
                offsets: Some(polled("offsets", &mut count, unpolled)),
                groups: Some(polled("consumer_groups", &mut count, unpolled)),
            }],
            offsets: polled("connect_offsets", &mut count, unpolled),
            ..Snapshot::unpolled(now, Duration::from_secs(15))
        };
        (unpolled < count).then_some(snapshot)
    }

    fn polled<T>(endpoint: &str, count: &mut usize, unpolled: usize) -> Reading<T> {
        let mut reading = Reading::none(endpoint);
        reading.duration = (*count != unpolled).then_some(Duration::ZERO);
        *count += 1;
        reading
    }

    #[test]
    fn a_snapshot_is_complete_once_each_endpoint_has_been_asked_those_of_kafka_included() {
        let mut waited_for = Vec::new();
        while let Some(snapshot) = all_but(waited_for.len()) {
            assert!(!snapshot.is_complete());
            let missing: Vec<_> = snapshot
                .endpoints()
                .filter(|polled| polled.duration.is_none())
                .map(|polled| polled.endpoint)
                .collect();
            assert_eq!(missing.len(), 1);
            waited_for.push(missing[0].to_owned());
        }
        waited_for.sort();
        waited_for.dedup();
        assert_eq!(waited_for.len(), 14, "each stands once: {waited_for:?}");
    }

    #[test]
    fn one_that_has_failed_has_been_asked() {
        let mut snapshot = all_but(0).unwrap();
        let rest = &mut snapshot.workers[0].rest;
        rest.duration = Some(Duration::from_secs(4));
        rest.errors[ErrorKind::Timeout.index()] = 1;
        assert!(snapshot.is_complete());
    }
}
