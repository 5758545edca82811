//! What the canary of one flow knows at one instant, ready to be published.

use std::time::Duration;

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
    /// One life of the ledger; another one at each start.
    pub run: String,
    /// Time between two records of one partition.
    pub period: Duration,
    /// D: a delivery gap longer than this is an outage.
    pub outage_threshold: Duration,
    /// When this run began.
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
    /// Arrivals beyond a record's first.
    pub duplicates: u64,
    /// Acknowledged, a later sequence arrived, and the grace has gone by.
    pub lost: u64,
    /// Of the lost, those that arrived after all: late is not lost.
    pub late_after_loss: u64,
    /// Arrivals whose checksum or form was wrong.
    pub corrupt: u64,
    /// Acknowledged and not delivered now.
    pub undelivered: u64,
    /// Undelivered though a later sequence has arrived.
    pub overtaken: u64,
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
