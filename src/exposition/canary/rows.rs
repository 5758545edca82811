//! The canary's part of the catalogue.

use crate::exposition::metric::{Kind, Metric};

pub(super) const FLOW: &[&str] = &["source", "target"];
pub(super) const PARTITION: &[&str] = &["source", "target", "partition"];
const OUTAGE: &[&str] = &["source", "target", "partition", "outage"];
pub(super) const SIDE: &[&str] = &["source", "target", "side"];
const BLIND: &[&str] = &["source", "target", "side", "blind"];
pub(super) const CANARY: &str = "the canary's ledger";
const NONE: &str = "no canary, or it has not found out yet whether a run goes on";
const EIGHT: &str = "no outage with that number, or not among the last eight of the partition";

/// A row that is there as long as the flow has a canary.
pub(super) const fn row(
    name: &'static str,
    kind: Kind,
    unit: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric::new(name, kind, unit, labels, help).from(CANARY, NONE)
}

pub(super) const INFO: Metric = row(
    "mm2_canary_info",
    Kind::Info,
    "",
    &[
        "source",
        "target",
        "topic",
        "remote_topic",
        "exporter",
        "run",
    ],
    "The canary of the flow: its topic on both clusters, which exporter it belongs to, and the run of its ledger, which goes on over a restart of the exporter.",
);
pub(super) const PROBLEM: Metric = row(
    "mm2_canary_problem",
    Kind::Gauge,
    "boolean",
    FLOW,
    "1 if the canary's records cannot flow; the log and the landing page say why in a sentence.",
);
pub(super) const MUTED: Metric = row(
    "mm2_canary_muted_partitions",
    Kind::Gauge,
    "partitions",
    FLOW,
    "Partitions from which nothing has arrived in this run: unless a task has them, MM2 has not picked them up, and nothing is held against them.",
);
pub(super) const PERIOD: Metric = row(
    "mm2_canary_period_seconds",
    Kind::Gauge,
    "seconds",
    FLOW,
    "Time between two records of one partition.",
);
pub(super) const THRESHOLD: Metric = row(
    "mm2_canary_outage_threshold_seconds",
    Kind::Gauge,
    "seconds",
    FLOW,
    "A gap in delivery that is longer than this is an outage.",
);
pub(super) const RUN_START: Metric = row(
    "mm2_canary_run_start_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    &["source", "target", "run"],
    "When this run of the ledger began; it goes on over a restart of the exporter.",
);
pub(super) const OBSERVED: Metric = row(
    "mm2_canary_observed_through_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    FLOW,
    "The ledger on this page is complete up to here.",
);
pub(super) const LATENESS: Metric = row(
    "mm2_canary_lateness_seconds",
    Kind::Gauge,
    "seconds",
    FLOW,
    "How late the canary's own loop came round at worst in the last 60 seconds: on a starved host arrivals may be stamped as late.",
);
pub(super) const FIRST_ARRIVAL: Metric = row(
    "mm2_canary_first_arrival_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    PARTITION,
    "First arrival in this run of the ledger.",
)
.from(
    CANARY,
    "MM2 has not picked the partition up yet: unknown, not an outage",
);
pub(super) const THROUGH: Metric = row(
    "mm2_canary_delivered_through_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    PARTITION,
    "Intended send time up to which everything acknowledged has been delivered.",
)
.from(
    CANARY,
    "MM2 has not picked the partition up yet: unknown, not an outage",
);
pub(super) const OUTAGE_START: Metric = row(
    "mm2_canary_outage_start_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    OUTAGE,
    "When delivery stopped.",
)
.from(CANARY, EIGHT);
pub(super) const OUTAGE_END: Metric = row(
    "mm2_canary_outage_end_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    OUTAGE,
    "When delivery resumed.",
)
.from(
    CANARY,
    "the outage is open, or not among the last eight of the partition",
);
pub(super) const OUTAGE_EXPOSURE: Metric = row(
    "mm2_canary_outage_worst_exposure_seconds",
    Kind::Gauge,
    "seconds",
    OUTAGE,
    "Worst age of what had been delivered, from the start of the outage until the next one starts.",
)
.from(CANARY, EIGHT);
pub(super) const OUTAGE_CALM: Metric = row(
    "mm2_canary_outage_calm_exposure_seconds",
    Kind::Gauge,
    "seconds",
    OUTAGE,
    "Worst age of what had been delivered in the calm that the outage ended.",
)
.from(
    CANARY,
    "no calm before it since the outage before, or not among the last eight of the partition",
);
pub(super) const CALM: Metric = row(
    "mm2_canary_calm_exposure_seconds",
    Kind::Gauge,
    "seconds",
    PARTITION,
    "Worst age of what has been delivered since the partition caught up with its last outage, or since its first arrival.",
)
.from(CANARY, "an outage is open or not yet caught up with, or MM2 has not picked the partition up yet");
pub(super) const OUTAGE_PEAK: Metric = row(
    "mm2_canary_outage_undelivered_peak_records",
    Kind::Gauge,
    "records",
    OUTAGE,
    "Most records undelivered at one time, in the same span.",
)
.from(CANARY, EIGHT);
pub(super) const OUTAGES: Metric = row(
    "mm2_canary_outages_total",
    Kind::Counter,
    "outages",
    PARTITION,
    "Outages of the partition, the open one included.",
);
pub(super) const OUTAGE_SECONDS: Metric = row(
    "mm2_canary_outage_seconds_total",
    Kind::Counter,
    "seconds",
    PARTITION,
    "Length of all outages of the partition together, the open one included.",
);
pub(super) const BLIND_START: Metric = row(
    "mm2_canary_blind_start_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    BLIND,
    "Since when the canary itself could not reach that side.",
)
.from(
    CANARY,
    "no blind span with that number, or not among the last eight of the side",
);
pub(super) const BLIND_END: Metric = row(
    "mm2_canary_blind_end_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    BLIND,
    "When the canary itself reached that side again.",
)
.from(
    CANARY,
    "the span is open, or not among the last eight of the side",
);
pub(super) const BLIND_SPANS: Metric = row(
    "mm2_canary_blind_spans_total",
    Kind::Counter,
    "spans",
    SIDE,
    "Spans in which the canary itself could not reach that side, the open one included; the exporter's own absence is one of both sides.",
);
pub(super) const BLIND_SECONDS: Metric = row(
    "mm2_canary_blind_seconds_total",
    Kind::Counter,
    "seconds",
    SIDE,
    "Length of all spans together in which the canary itself could not reach that side.",
);

pub(in crate::exposition) const METRICS: &[&Metric] = &[
    &INFO,
    &PROBLEM,
    &MUTED,
    &PERIOD,
    &THRESHOLD,
    &RUN_START,
    &OBSERVED,
    &LATENESS,
    &FIRST_ARRIVAL,
    &THROUGH,
    &OUTAGE_START,
    &OUTAGE_END,
    &OUTAGE_EXPOSURE,
    &OUTAGE_CALM,
    &OUTAGE_PEAK,
    &CALM,
    &OUTAGES,
    &OUTAGE_SECONDS,
    &BLIND_START,
    &BLIND_END,
    &BLIND_SPANS,
    &BLIND_SECONDS,
];
