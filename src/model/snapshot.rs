//! What the exporter knows at one instant: the latest reading of each endpoint; immutable once published.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::canary::CanaryView;
use super::checkpoint::{Checkpoints, Heartbeat};
use super::connect::{Health, TaskMap, WorkerView};
use super::flow::Flow;
use super::group::{GroupAssignment, GroupView};
use super::jmx::JmxView;
use super::limits::PageLimits;
use super::normalised::Normalised;
use super::offsets::{ClusterView, ConnectOffsets, GroupOffsets, LogOffsets};
use super::status::StatusLog;
use super::time::Timestamp;

/// One instant on both clocks: the wall clock for comparing with others, the monotonic one for ages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// On the wall clock.
    pub wall: Timestamp,
    /// On the monotonic clock.
    pub monotonic: Duration,
}

/// Why a poll failed: a closed set, safe as a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// No connection: refused, unreachable, name not found, TLS not agreed.
    Connect,
    /// No whole answer within the deadline.
    Timeout,
    /// Credentials missing or refused (HTTP 401 or 403, or Kafka's authorization).
    Denied,
    /// The worker is rebalancing (HTTP 409).
    Busy,
    /// Any other HTTP status than success.
    Status,
    /// The answer is larger than the cap.
    TooLarge,
    /// The answer is not what this endpoint answers.
    Malformed,
    /// The connection broke within the answer.
    Broken,
    /// Kafka refused the request.
    Kafka,
    /// Some MBeans could not be read; the others were.
    Mbean,
    /// mirrorwatch itself is at fault.
    Panic,
}

impl ErrorKind {
    /// All kinds, in the order of [`ErrorKind::index`].
    pub const ALL: [Self; 11] = [
        Self::Connect,
        Self::Timeout,
        Self::Denied,
        Self::Busy,
        Self::Status,
        Self::TooLarge,
        Self::Malformed,
        Self::Broken,
        Self::Kafka,
        Self::Mbean,
        Self::Panic,
    ];

    /// The kind as a label value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Denied => "denied",
            Self::Busy => "busy",
            Self::Status => "status",
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::Broken => "broken",
            Self::Kafka => "kafka",
            Self::Mbean => "mbean",
            Self::Panic => "panic",
        }
    }

    /// Its place in [`ErrorKind::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }
}

/// The latest reading of one endpoint, and how its polls went.
#[derive(Debug)]
pub struct Reading<T> {
    /// The endpoint's name, as a label value.
    pub endpoint: Arc<str>,
    /// The last good answer; in a snapshot only while it is younger than its time to live.
    pub value: Option<Arc<T>>,
    /// When the poll that gave the value was begun: the value is no older than that.
    pub begun: Option<Moment>,
    /// When the last good answer was complete.
    pub last_success: Option<Timestamp>,
    /// Whether the last poll got an answer.
    pub up: bool,
    /// How long the last poll took; `None` before the first one has ended.
    pub duration: Option<Duration>,
    /// Failures since the start, by [`ErrorKind::index`].
    pub errors: [u64; ErrorKind::ALL.len()],
    /// Values that became too old without a newer one.
    pub expired: u64,
}

impl<T> Reading<T> {
    /// The state before the first poll.
    pub fn none(endpoint: &str) -> Self {
        Self {
            endpoint: Arc::from(endpoint),
            value: None,
            begun: None,
            last_success: None,
            up: false,
            duration: None,
            errors: [0; ErrorKind::ALL.len()],
            expired: 0,
        }
    }

    /// How old the value is at `now`, at most.
    pub fn age(&self, now: Moment) -> Option<Duration> {
        self.begun
            .map(|begun| now.monotonic.saturating_sub(begun.monotonic))
    }

    /// Drop the value, and count that, if it is older than `time_to_live`.
    pub fn expire(&mut self, now: Moment, time_to_live: Duration) {
        let is_old = self.age(now).is_none_or(|age| age > time_to_live);
        if is_old && self.value.take().is_some() {
            self.expired += 1;
        }
    }

    /// This reading without its value if that is older than `time_to_live`.
    #[must_use]
    pub fn fresh_at(&self, now: Moment, time_to_live: Duration) -> Self {
        let mut reading = self.clone();
        if self.age(now).is_none_or(|age| age > time_to_live) {
            reading.value = None;
        }
        reading
    }
}

// Derived, it would ask for `T: Clone`, which a shared value does not need.
impl<T> Clone for Reading<T> {
    fn clone(&self) -> Self {
        Self {
            endpoint: Arc::clone(&self.endpoint),
            value: self.value.clone(),
            ..*self
        }
    }
}

/// One worker's readings.
#[derive(Clone, Debug)]
pub struct WorkerReadings {
    /// The worker's id, `host:port`.
    pub id: Arc<str>,
    /// Its REST API.
    pub rest: Reading<WorkerView>,
    /// What it says of its health: asked apart, for that may hang.
    pub health: Reading<Health>,
    /// Its JMX over Jolokia, where configured.
    pub jolokia: Option<Reading<JmxView>>,
}

/// One Kafka cluster's readings.
#[derive(Clone, Debug)]
pub struct ClusterReadings {
    /// Its alias.
    pub alias: Arc<str>,
    /// Whether it is there.
    pub probe: Reading<ClusterView>,
    /// Where the logs of the replicated topics begin and end.
    pub offsets: Option<Reading<LogOffsets>>,
    /// What consumer groups have committed there, where asked for.
    pub groups: Option<Reading<GroupOffsets>>,
}

/// What MM2 itself has written about one flow.
#[derive(Clone, Debug)]
pub struct FlowReadings {
    /// Checkpoints of consumer groups.
    pub checkpoints: Reading<Checkpoints>,
    /// The newest heartbeat, by topic: the one into which the task writes, and the one into which that is copied.
    pub heartbeats: Vec<(Arc<str>, Reading<Heartbeat>)>,
}

/// How a configuration was read last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Whether the last reading is in force; if not, the one before it is.
    pub is_successful: bool,
    /// When the one in force was read.
    pub since: Timestamp,
}

impl Loaded {
    /// Read at `since`, and in force.
    pub fn at(since: Timestamp) -> Self {
        Self {
            is_successful: true,
            since,
        }
    }
}

/// How the exporter's own files were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Configurations {
    /// What is polled, and how.
    pub main: Loaded,
    /// Who may ask the server, where there is such a file.
    pub web: Option<Loaded>,
}

/// Everything the exporter knows at one instant.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// When it was taken.
    pub taken: Moment,
    /// When the exporter started.
    pub started: Timestamp,
    /// Age at which a reading is no longer shown.
    pub time_to_live: Duration,
    /// The replication flows.
    pub flows: Arc<[Flow]>,
    /// The workers, in the order of the configuration.
    pub workers: Vec<WorkerReadings>,
    /// The Connect group, where configured.
    pub group: Option<Reading<GroupView>>,
    /// Connect's status topic, where configured.
    pub status: Option<Reading<StatusLog>>,
    /// What MM2 has written about each flow whose target is configured, by the flow's place.
    pub written: BTreeMap<usize, FlowReadings>,
    /// The task → partition map.
    pub tasks: Reading<TaskMap>,
    /// The Kafka clusters, in the order of their aliases.
    pub clusters: Vec<ClusterReadings>,
    /// What MM2 has committed as copied.
    pub offsets: Reading<ConnectOffsets>,
    /// The canaries that have something to say.
    pub canaries: Vec<Arc<CanaryView>>,
    /// What follows from all readings so far.
    pub normalised: Arc<Normalised>,
    /// What bounds its page.
    pub limits: Arc<PageLimits>,
    /// How the exporter's own files were read.
    pub configurations: Configurations,
}

impl Snapshot {
    /// What is known at `taken`, when nothing has been polled yet.
    pub fn unpolled(taken: Moment, time_to_live: Duration) -> Self {
        Self {
            taken,
            started: taken.wall,
            time_to_live,
            flows: Arc::from([]),
            workers: Vec::new(),
            group: None,
            status: None,
            written: BTreeMap::new(),
            tasks: Reading::none("tasks"),
            clusters: Vec::new(),
            offsets: Reading::none("connect_offsets"),
            canaries: Vec::new(),
            normalised: Arc::default(),
            limits: Arc::default(),
            configurations: Configurations {
                main: Loaded::at(taken.wall),
                web: None,
            },
        }
    }

    /// The worker whose view of the statuses counts. Every worker has a cache of its own, and one that lost the cluster
    /// keeps an old one: so the last poll must have succeeded, then members of the group go first, and the leader before.
    pub fn authority(&self) -> Option<&WorkerView> {
        let assignment = self.assignment();
        let rank = |worker: &WorkerReadings| {
            let member =
                assignment.is_some_and(|group| group.workers.iter().any(|id| **id == *worker.id));
            let leader =
                assignment.is_some_and(|group| group.leader.as_deref() == Some(&*worker.id));
            (!worker.rest.up, !member, !leader)
        };
        let answered = self
            .workers
            .iter()
            .filter(|worker| worker.rest.value.is_some());
        // Of equals the first stays, so that the view does not jump between workers.
        answered
            .min_by_key(|worker| rank(worker))?
            .rest
            .value
            .as_deref()
    }

    fn assignment(&self) -> Option<&GroupAssignment> {
        let view = self.group.as_ref()?.value.as_ref()?;
        view.group.assignment.as_ref()
    }

    /// Whether a worker lives: it answers, over REST or Jolokia; one that is not configured, if it is in the group. The group
    /// has a killed worker until its session ends, so that a configured one is not taken for alive by its word; one that
    /// only the exporter does not reach therefore counts as dead. `None` if nothing is known yet.
    pub fn is_alive(&self, id: &str) -> Option<bool> {
        let Some(worker) = self.workers.iter().find(|worker| *worker.id == *id) else {
            let assignment = self.assignment()?;
            return Some(assignment.workers.iter().any(|member| member == id));
        };
        let jolokia = worker.jolokia.as_ref();
        let is_polled = worker.rest.duration.is_some()
            && jolokia.is_none_or(|jolokia| jolokia.duration.is_some());
        is_polled.then(|| worker.rest.up || jolokia.is_some_and(|jolokia| jolokia.up))
    }

    /// Whether the leader of the group withholds tasks.
    pub fn withholds(&self) -> bool {
        self.assignment()
            .is_some_and(|assignment| !assignment.delay.is_zero())
    }

    /// Whether a cluster answered the last probe; `None` if it is not probed.
    pub fn reaches(&self, alias: &str) -> Option<bool> {
        let cluster = self
            .clusters
            .iter()
            .find(|cluster| *cluster.alias == *alias)?;
        cluster.probe.duration.is_some().then_some(cluster.probe.up)
    }

    /// What readings can come from, and whether it is configured.
    pub fn sources(&self) -> Vec<(String, bool)> {
        let jolokia = self.workers.iter().map(|worker| {
            let source = format!("jolokia:{}", worker.id);
            (source, worker.jolokia.is_some())
        });
        let aliases: BTreeSet<&str> = self
            .flows
            .iter()
            .flat_map(|flow| [&*flow.source, &*flow.target])
            .collect();
        let clusters = aliases.into_iter().map(|alias| {
            let is_there = self.clusters.iter().any(|cluster| *cluster.alias == *alias);
            (format!("cluster:{alias}"), is_there)
        });
        let groups = self.clusters.iter().any(|cluster| cluster.groups.is_some());
        let others = [
            ("group".to_owned(), self.group.is_some()),
            ("status_topic".to_owned(), self.status.is_some()),
            ("consumer_groups".to_owned(), groups),
        ];
        jolokia.chain(clusters).chain(others).collect()
    }

    /// Whether every endpoint has been polled at least once.
    pub fn is_complete(&self) -> bool {
        let workers = self.workers.iter().all(|worker| {
            worker.rest.duration.is_some()
                && worker.health.duration.is_some()
                && worker
                    .jolokia
                    .as_ref()
                    .is_none_or(|jolokia| jolokia.duration.is_some())
        });
        let group = self
            .group
            .as_ref()
            .is_none_or(|group| group.duration.is_some());
        workers && group && self.tasks.duration.is_some()
    }
}

#[test]
fn the_kinds_stand_in_the_order_of_their_indices() {
    for (index, kind) in ErrorKind::ALL.into_iter().enumerate() {
        assert_eq!(kind.index(), index, "{}", kind.as_str());
    }
}

#[test]
fn a_value_older_than_its_time_to_live_is_not_shown() {
    let at = |seconds: u64| Moment {
        wall: Timestamp::from_micros(0),
        monotonic: Duration::from_secs(seconds),
    };
    let mut reading = Reading::none("rest:a:1");
    reading.value = Some(Arc::new(7));
    reading.begun = Some(at(100));
    let time_to_live = Duration::from_secs(15);
    assert!(reading.fresh_at(at(115), time_to_live).value.is_some());
    let late = reading.fresh_at(at(116), time_to_live);
    assert!(late.value.is_none());
    assert_eq!(late.age(at(116)), Some(Duration::from_secs(16)));
    reading.expire(at(115), time_to_live);
    assert!(reading.value.is_some() && reading.expired == 0);
    reading.expire(at(116), time_to_live);
    reading.expire(at(200), time_to_live);
    assert!(reading.value.is_none());
    assert_eq!(reading.expired, 1, "it is dropped once");
}

#[cfg(test)]
mod whose_view;
