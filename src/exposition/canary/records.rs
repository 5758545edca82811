//! What became of the canary's records: each kind has a count of its own.

use super::rows::{CANARY, PARTITION, row};
use crate::exposition::encode::decimal;
use crate::exposition::metric::{Kind, Metric};
use crate::exposition::page::Page;
use crate::model::canary::{PartitionView, ReplayView};
use crate::model::time::Timestamp;

const NO_REPLAY: &str = "no duplicate in this run";

const SENT: Metric = row(
    "mm2_canary_sent_records_total",
    Kind::Counter,
    "records",
    PARTITION,
    "Records handed to the producer. After a kill, those that never came to stand on the source are not counted.",
);
const ACKNOWLEDGED: Metric = row(
    "mm2_canary_acknowledged_records_total",
    Kind::Counter,
    "records",
    PARTITION,
    "Records known to stand on the source.",
);
const RECEIVED: Metric = row(
    "mm2_canary_received_records_total",
    Kind::Counter,
    "records",
    PARTITION,
    "Records that have arrived at the target, each counted once, however late.",
);
const DUPLICATES: Metric = row(
    "mm2_canary_duplicate_records_total",
    Kind::Counter,
    "records",
    PARTITION,
    "Arrivals beyond a record's first; not a loss.",
);
const LOST: Metric = row(
    "mm2_canary_lost_records_total",
    Kind::Counter,
    "records",
    PARTITION,
    "Records confirmed lost: acknowledged, passed by MM2 (a later one has arrived, or its committed source offset is not before it), and not arrived within a grace in which the target could be read.",
);
const LATE: Metric = row(
    "mm2_canary_late_after_loss_records_total",
    Kind::Counter,
    "records",
    PARTITION,
    "Records counted as lost that have arrived after all: late is not lost.",
);
const CORRUPT: Metric = row(
    "mm2_canary_corrupt_records_total",
    Kind::Counter,
    "records",
    PARTITION,
    "Canary records, whoever's, that were read from the target with a wrong checksum or form; they count for no record.",
);
const UNDELIVERED: Metric = row(
    "mm2_canary_undelivered_records",
    Kind::Gauge,
    "records",
    PARTITION,
    "Records that are acknowledged and not delivered now.",
);
const OVERTAKEN: Metric = row(
    "mm2_canary_overtaken_records",
    Kind::Gauge,
    "records",
    PARTITION,
    "Undelivered records that MM2 has passed (a later one has arrived, or its committed source offset is not before it): possibly lost.",
);
const UNTIMED: Metric = row(
    "mm2_canary_untimed_records_total",
    Kind::Counter,
    "records",
    PARTITION,
    "Of the received, those that arrived while the exporter was gone: when is not known, and they are in no histogram.",
);
const REORDERED: Metric = row(
    "mm2_canary_reordered_records_total",
    Kind::Counter,
    "records",
    PARTITION,
    "First arrivals after that of a later record of the partition.",
);
const MISROUTED: Metric = row(
    "mm2_canary_misrouted_records_total",
    Kind::Counter,
    "records",
    PARTITION,
    "Sound records that were found in this partition and were sent to another topic or partition; they are not delivered there.",
);
const MANGLED: Metric = row(
    "mm2_canary_mangled_header_records_total",
    Kind::Counter,
    "records",
    PARTITION,
    "Sound records that were read without their header, or with another value of it; they are delivered all the same.",
);
const REPLAY_RECORDS: Metric = row(
    "mm2_canary_replay_records",
    Kind::Gauge,
    "records",
    PARTITION,
    "Duplicates of the latest replay: a run of them without a first arrival between.",
)
.from(CANARY, NO_REPLAY);
const REPLAY_SECONDS: Metric = row(
    "mm2_canary_replay_seconds",
    Kind::Gauge,
    "seconds",
    PARTITION,
    "How much earlier the oldest record of the latest replay was to be sent than the newest one that had been delivered.",
)
.from(CANARY, NO_REPLAY);
const REPLAY_TIME: Metric = row(
    "mm2_canary_replay_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    PARTITION,
    "When the first record of the latest replay was read.",
)
.from(
    CANARY,
    "no duplicate in this run, or the latest came while the exporter was gone",
);
const WORST_REPLAY_RECORDS: Metric = row(
    "mm2_canary_worst_replay_records",
    Kind::Gauge,
    "records",
    PARTITION,
    "Most duplicates of one replay in this run.",
)
.from(CANARY, NO_REPLAY);
const WORST_REPLAY_SECONDS: Metric = row(
    "mm2_canary_worst_replay_seconds",
    Kind::Gauge,
    "seconds",
    PARTITION,
    "Depth in seconds of the deepest replay in this run.",
)
.from(CANARY, NO_REPLAY);

pub(in crate::exposition) const METRICS: &[&Metric] = &[
    &SENT,
    &ACKNOWLEDGED,
    &RECEIVED,
    &UNTIMED,
    &DUPLICATES,
    &REORDERED,
    &LOST,
    &LATE,
    &CORRUPT,
    &MISROUTED,
    &MANGLED,
    &UNDELIVERED,
    &OVERTAKEN,
    &REPLAY_RECORDS,
    &REPLAY_SECONDS,
    &REPLAY_TIME,
    &WORST_REPLAY_RECORDS,
    &WORST_REPLAY_SECONDS,
];

pub(super) fn write(page: &mut Page, labels: &[&str; 3], view: &PartitionView) {
    let counts = [
        (&SENT, view.sent),
        (&ACKNOWLEDGED, view.acknowledged),
        (&RECEIVED, view.received),
        (&UNTIMED, view.untimed),
        (&DUPLICATES, view.duplicates),
        (&REORDERED, view.reordered),
        (&LOST, view.lost),
        (&LATE, view.late_after_loss),
        (&CORRUPT, view.corrupt),
        (&MISROUTED, view.misrouted),
        (&MANGLED, view.mangled),
        (&UNDELIVERED, view.undelivered),
        (&OVERTAKEN, view.overtaken),
    ];
    for (metric, count) in counts {
        page.add(metric, labels, decimal(count));
    }
    if let Some(replay) = &view.replay {
        replayed(page, labels, replay);
    }
}

fn replayed(page: &mut Page, labels: &[&str; 3], replay: &ReplayView) {
    page.add(&REPLAY_RECORDS, labels, decimal(replay.records));
    page.add(&REPLAY_SECONDS, labels, replay.depth.as_secs_f64());
    let at = replay.at.map(Timestamp::as_seconds);
    page.add_some(&REPLAY_TIME, labels, at);
    page.add(&WORST_REPLAY_RECORDS, labels, decimal(replay.worst_records));
    let depth = replay.worst_depth.as_secs_f64();
    page.add(&WORST_REPLAY_SECONDS, labels, depth);
}
