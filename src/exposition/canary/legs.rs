//! The parts of a canary record's way, and the brokers' clocks.

use super::rows::{CANARY, FLOW, SIDE, row};
use crate::exposition::metric::{Kind, Metric};
use crate::exposition::page::{Histogram, Page};
use crate::model::canary::{CanaryView, LatencyView, SkewView};

const CLOCKS: &str = "the brokers' append times of the canary's records";
const NO_APPEND: &str = "a topic carries the sender's time (`message.timestamp.type` is not `LogAppendTime`), or nothing has arrived since the start";

const LATENCY: Metric = row(
    "mm2_canary_latency_seconds",
    Kind::Histogram,
    "seconds",
    FLOW,
    "Time from the intended send of a record to its first arrival, on one monotonic clock; begins anew with each start.",
);
const ACKNOWLEDGEMENT: Metric = row(
    "mm2_canary_acknowledgement_seconds",
    Kind::Histogram,
    "seconds",
    FLOW,
    "Time from the intended send of a record to the source's acknowledgement, on one monotonic clock; begins anew with each start.",
);
const REPLICATION: Metric = row(
    "mm2_canary_replication_seconds",
    Kind::Histogram,
    "seconds",
    FLOW,
    "Time from the append of a record at the source to its append at the target, by the brokers' clocks less their skew: good to the errors of both skews.",
)
.from(CANARY, NO_APPEND);
const FETCH: Metric = row(
    "mm2_canary_fetch_seconds",
    Kind::Histogram,
    "seconds",
    FLOW,
    "Time from the append of a record at the target until it was read there, by the broker's clock less its skew: good to the error of the skew.",
)
.from(CANARY, NO_APPEND);
const SKEW: Metric = row(
    "mm2_clock_skew_seconds",
    Kind::Gauge,
    "seconds",
    SIDE,
    "How far the brokers' clock of that side is ahead of this host's: the middle of what the append times of the last one to two minutes leave possible.",
)
.from(CLOCKS, NO_APPEND);
const SKEW_ERROR: Metric = row(
    "mm2_clock_skew_error_seconds",
    Kind::Gauge,
    "seconds",
    SIDE,
    "The true skew is no further from the one told than this.",
)
.from(CLOCKS, NO_APPEND);

pub(in crate::exposition) const METRICS: &[&Metric] = &[
    &LATENCY,
    &ACKNOWLEDGEMENT,
    &REPLICATION,
    &FETCH,
    &SKEW,
    &SKEW_ERROR,
];

pub(super) fn write(page: &mut Page, [source, target]: [&str; 2], view: &CanaryView) {
    let flow = [source, target];
    histogram(page, &LATENCY, &flow, &view.latency);
    histogram(page, &ACKNOWLEDGEMENT, &flow, &view.legs.acknowledgement);
    for (metric, leg) in [
        (&REPLICATION, &view.legs.replication),
        (&FETCH, &view.legs.fetch),
    ] {
        if leg.count > 0 {
            histogram(page, metric, &flow, leg);
        }
    }
    skew(page, [source, target, "source"], view.legs.source_skew);
    skew(page, [source, target, "target"], view.legs.target_skew);
}

fn histogram(page: &mut Page, metric: &Metric, flow: &[&str], view: &LatencyView) {
    let histogram = Histogram {
        buckets: view.buckets.clone(),
        count: view.count,
        sum: view.sum,
    };
    page.histogram(metric, flow, histogram);
}

fn skew(page: &mut Page, labels: [&str; 3], skew: Option<SkewView>) {
    if let Some(skew) = skew {
        page.add(&SKEW, &labels, skew.seconds);
        page.add(&SKEW_ERROR, &labels, skew.error);
    }
}
