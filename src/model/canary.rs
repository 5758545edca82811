//! What the canary of one flow knows at one instant, ready to be published.

use std::time::Duration;

use super::connect::ConnectorTasks;
use super::time::Timestamp;

/// The state of one flow's canary at `observed_through`.
#[derive(Clone, Debug)]
pub struct CanaryView {
    /// Alias of the source cluster.
    pub source: String,
    /// Alias of the target cluster.
    pub target: String,
    /// The canary's topic on the source.
    pub topic: String,
    /// The same topic on the target.
    pub remote_topic: String,
    /// Which exporter this is, stable over restarts.
    pub instance: String,
    /// One run of the ledger, which goes on over a restart of the exporter; empty before it is known which.
    pub run: String,
    /// Time between two records of one partition.
    pub period: Duration,
    /// D: a delivery gap longer than this is an outage.
    pub outage_threshold: Duration,
    /// When this run began; a restart of the exporter does not end it.
    pub run_start: Timestamp,
    /// Up to here the ledger is complete.
    pub observed_through: Timestamp,
    /// How late the canary's own loop came round at worst in the last minute: arrivals may have been stamped as late.
    pub lateness: Duration,
    /// What the pre-flight found wrong, in one sentence; `None` when records can flow.
    pub problem: Option<String>,
    /// Partitions in order of their number.
    pub partitions: Vec<PartitionView>,
    /// Spans in which the canary itself could not write to or read from the source.
    pub source_blind: BlindView,
    /// Spans in which the canary itself could not read from the target.
    pub target_blind: BlindView,
    /// End-to-end latency, from intended send to first arrival.
    pub latency: LatencyView,
    /// The same in parts.
    pub legs: LegsView,
}

/// What becomes of a canary's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanaryFlow {
    /// The canary itself does not reach a cluster.
    Blind,
    /// Nothing has arrived in this run: MM2 may not have picked the topic up yet.
    NothingArrived,
    /// Partitions by what becomes of their records; those of which that is not known yet are in neither.
    Told {
        /// Delivered.
        flowing: usize,
        /// Held up.
        interrupted: usize,
    },
}

impl CanaryView {
    /// What becomes of its records, where the connector that carries them has these `tasks`; `None` while they are not known. A partition
    /// without an arrival is held up only if a task has it: MM2 has not picked up any other.
    pub fn flow(&self, tasks: Option<&ConnectorTasks>) -> CanaryFlow {
        let is_open = |side: &BlindView| side.spans.iter().any(|(_, _, end)| end.is_none());
        if is_open(&self.source_blind) || is_open(&self.target_blind) {
            return CanaryFlow::Blind;
        }
        let arrivals = self.partitions.iter();
        let Some(first) = arrivals
            .filter_map(|partition| partition.first_arrival)
            .min()
        else {
            return CanaryFlow::NothingArrived;
        };
        // MM2 has had the topic for so long that a partition of a task would have shown an arrival.
        let is_late = self.observed_through > first.plus(self.outage_threshold);
        let is_picked_up = |partition: &PartitionView| {
            tasks.is_some_and(|tasks| tasks.has(&self.topic, partition.partition))
        };
        let (mut flowing, mut interrupted) = (0, 0);
        for partition in &self.partitions {
            let is_interrupted = match partition.first_arrival {
                None if is_late && self.has_waited(partition) && is_picked_up(partition) => true,
                None => continue,
                Some(_) => partition.outages.iter().any(|outage| outage.end.is_none()),
            };
            if is_interrupted {
                interrupted += 1;
            } else {
                flowing += 1;
            }
        }
        CanaryFlow::Told {
            flowing,
            interrupted,
        }
    }

    /// Partitions from which nothing has arrived in this run: unless a task has them, MM2 has not picked them up, and nothing is held
    /// against it.
    pub fn muted(&self) -> usize {
        let partitions = self.partitions.iter();
        partitions.filter(|p| p.first_arrival.is_none()).count()
    }

    /// That partitions are muted, where that has lasted longer than `patience`.
    pub fn muted_problem(&self, patience: Duration) -> Option<String> {
        let partitions = self.partitions.iter();
        let muted = partitions
            .filter(|p| p.first_arrival.is_none() && self.waited(p) > patience)
            .count();
        (muted > 0).then(|| {
            format!(
                "nothing has arrived yet from {muted} of {} partitions of the canary's topic: MM2 picks new ones up at its topic refresh \
                 (refresh.topics.interval.seconds), and until a task has them nothing is held against them",
                self.partitions.len()
            )
        })
    }

    /// Whether so many records of the partition are acknowledged that the first of them was sent longer ago than D.
    fn has_waited(&self, partition: &PartitionView) -> bool {
        self.waited(partition) > self.outage_threshold
    }

    /// How long ago the first acknowledged record was sent, at least.
    fn waited(&self, partition: &PartitionView) -> Duration {
        let records = u32::try_from(partition.acknowledged).unwrap_or(u32::MAX);
        self.period.saturating_mul(records.saturating_sub(1))
    }
}

/// The ledger of one canary partition.
#[derive(Clone, Debug, Default)]
pub struct PartitionView {
    /// The partition's number in the canary topic.
    pub partition: i32,
    /// Records handed to the producer.
    pub sent: u64,
    /// Records known to stand on the source: acknowledged, or read back from there.
    pub acknowledged: u64,
    /// Records of this run that arrived at the target, each counted once.
    pub received: u64,
    /// Of the received, those that arrived while the exporter was gone: when is not known.
    pub untimed: u64,
    /// Arrivals beyond a record's first.
    pub duplicates: u64,
    /// First arrivals after that of a later sequence.
    pub reordered: u64,
    /// Acknowledged, passed by MM2 (a later sequence arrived, or its committed offset is not before it), and the grace has gone by.
    pub lost: u64,
    /// Of the lost, those that arrived after all: late is not lost.
    pub late_after_loss: u64,
    /// Arrivals whose checksum or form was wrong.
    pub corrupt: u64,
    /// Sound records that were found here and belong to another topic or partition.
    pub misrouted: u64,
    /// Sound records whose header was missing or changed.
    pub mangled: u64,
    /// Acknowledged and not delivered now.
    pub undelivered: u64,
    /// Undelivered though MM2 has passed it.
    pub overtaken: u64,
    /// What MM2 copied again; `None` if it never did.
    pub replay: Option<ReplayView>,
    /// First arrival in this run; `None` while MM2 has not picked the partition up.
    pub first_arrival: Option<Timestamp>,
    /// S(t): intended send time up to which everything acknowledged has been delivered.
    pub delivered_through: Option<Timestamp>,
    /// The last eight outages, oldest first.
    pub outages: Vec<OutageView>,
    /// Worst t − S(t) since the flow is calm: no outage is open, and the last one has been caught up with. `None` while it is not.
    pub calm_exposure: Option<Duration>,
    /// Outages since the run began, the open one included.
    pub outage_count: u64,
    /// Their length in all, the open one included.
    pub outage_total: Duration,
}

/// One outage of one canary partition.
#[derive(Clone, Debug, PartialEq)]
pub struct OutageView {
    /// Its number in this run, from 1.
    pub number: u64,
    /// a: the later of the intended send of the oldest undelivered record and the first arrival before it.
    pub start: Timestamp,
    /// b: the next first arrival; `None` while the outage is open.
    pub end: Option<Timestamp>,
    /// Worst t − S(t) from the start until the next outage starts.
    pub worst_exposure: Duration,
    /// Most records undelivered at one time in the same span.
    pub undelivered_peak: u64,
    /// Worst t − S(t) in the calm that it ended; `None` if there was none since the outage before.
    pub calm_exposure: Option<Duration>,
}

/// What MM2 copied again: runs of duplicates without a first arrival between them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReplayView {
    /// Duplicates of the latest replay.
    pub records: u64,
    /// How much earlier the oldest of them was to be sent than the newest record that had been delivered.
    pub depth: Duration,
    /// When the first of them was read; `None` if it came while the exporter was gone.
    pub at: Option<Timestamp>,
    /// The most records of one replay in this run.
    pub worst_records: u64,
    /// The deepest replay in this run.
    pub worst_depth: Duration,
}

/// Spans in which one side could not be reached by the canary itself.
#[derive(Clone, Debug, Default)]
pub struct BlindView {
    /// The last eight spans, oldest first: number from 1, start, end (`None` while open).
    pub spans: Vec<(u64, Timestamp, Option<Timestamp>)>,
    /// Spans since the run began, the open one included.
    pub count: u64,
    /// Their length in all, the open one included.
    pub total: Duration,
}

/// The parts of a record's way, as far as this life of the exporter saw them.
#[derive(Clone, Debug, Default)]
pub struct LegsView {
    /// From the intended send to the source's acknowledgement.
    pub acknowledgement: LatencyView,
    /// From the append at the source to the append at the target; empty unless both topics carry the time of the append.
    pub replication: LatencyView,
    /// From the append at the target until the record was read there; empty unless the target's topic carries that time.
    pub fetch: LatencyView,
    /// How far the source's clock is ahead of ours; `None` unless its topic carries the time of the append.
    pub source_skew: Option<SkewView>,
    /// The same of the target.
    pub target_skew: Option<SkewView>,
}

/// How far a broker's clock is ahead of ours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkewView {
    /// Seconds; less than zero if it is behind.
    pub seconds: f64,
    /// The truth is no further from that than so many seconds.
    pub error: f64,
}

/// A histogram of latencies.
#[derive(Clone, Debug, Default)]
pub struct LatencyView {
    /// Upper edge in seconds and the records at or below it (cumulative), ascending; +Inf is `count`.
    pub buckets: Vec<(f64, u64)>,
    /// All records observed.
    pub count: u64,
    /// Sum of their latencies in seconds.
    pub sum: f64,
}

#[test]
fn a_partition_of_a_task_in_which_nothing_arrives_while_others_flow_is_held_up_after_d_and_one_of_none_is_muted()
 {
    use super::connect::{AssignedTask, TopicPartition};
    let at = |second: i64| Timestamp::from_millis(second * 1_000);
    let partition = |partition, acknowledged, first_arrival| PartitionView {
        partition,
        acknowledged,
        first_arrival,
        ..PartitionView::default()
    };
    let view = |partitions, observed_through, target_blind| CanaryView {
        source: "source".to_owned(),
        target: "target".to_owned(),
        topic: "canary".to_owned(),
        remote_topic: String::new(),
        instance: String::new(),
        run: String::new(),
        period: Duration::from_millis(100),
        outage_threshold: Duration::from_secs(5),
        run_start: at(0),
        observed_through,
        lateness: Duration::ZERO,
        problem: None,
        partitions,
        source_blind: BlindView::default(),
        target_blind,
        latency: LatencyView::default(),
        legs: LegsView::default(),
    };
    let sees = BlindView::default;
    let told = |flowing, interrupted| CanaryFlow::Told {
        flowing,
        interrupted,
    };
    let task_of = |partitions: &[i32]| {
        let owned = partitions.iter().map(|partition| TopicPartition {
            topic: "canary".to_owned(),
            partition: *partition,
        });
        let task = AssignedTask {
            id: 0,
            partitions: owned.collect(),
        };
        ConnectorTasks {
            tasks: vec![task],
            ..ConnectorTasks::default()
        }
    };
    let (both, one) = (task_of(&[0, 1]), task_of(&[0]));
    let both = Some(&both);
    let one_is_dead = || vec![partition(0, 200, Some(at(1))), partition(1, 200, None)];
    assert_eq!(view(one_is_dead(), at(20), sees()).flow(both), told(1, 1));
    assert_eq!(view(one_is_dead(), at(5), sees()).flow(both), told(1, 0));
    for not_picked_up in [Some(&one), None] {
        let half = view(one_is_dead(), at(20), sees());
        assert_eq!(half.flow(not_picked_up), told(1, 0));
        assert_eq!(half.muted(), 1);
    }
    let just_written = vec![partition(0, 200, Some(at(1))), partition(1, 3, None)];
    assert_eq!(view(just_written, at(20), sees()).flow(both), told(1, 0));
    let none = vec![partition(0, 200, None)];
    assert_eq!(
        view(none, at(20), sees()).flow(both),
        CanaryFlow::NothingArrived
    );
    let blind = BlindView {
        spans: vec![(1, at(10), None)],
        ..sees()
    };
    assert_eq!(
        view(one_is_dead(), at(20), blind).flow(both),
        CanaryFlow::Blind
    );
}
