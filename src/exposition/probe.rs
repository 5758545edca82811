//! The probe of MM2's offset translation as series.

use super::encode::decimal;
use super::metric::{Fold, Kind, Metric};
use super::page::Page;
use crate::model::flow::Flow;
use crate::model::probe::{Landing, ProbeView};
use crate::model::snapshot::Snapshot;
use crate::model::time::Timestamp;

const LANDING: &[&str] = &["source", "target", "topic", "partition", "via"];
const PROBE: &str = "`canary.translation_probe` of the flow: the probe's group committed at the source, and both logs read";
const NONE: &str = "the flow has no probe, MM2 has not translated the group's offset, or the record has not been copied yet";

const REREAD_RECORDS: Metric = Metric::new(
    "mm2_translation_probe_reread_records",
    Kind::Gauge,
    "records",
    LANDING,
    "Records of the target that a consumer would read again after a failover: from its translated offset to the record that it had to read next at the source by its last commit. `via` tells whose offset: MM2's `checkpoint`, or the `group`'s on the target.",
)
.from(PROBE, NONE)
.joined(Fold::Sum);
const REREAD_SECONDS: Metric = Metric::new(
    "mm2_translation_probe_reread_seconds",
    Kind::Gauge,
    "seconds",
    LANDING,
    "How much older the first of these records is than the one that it had to read next, by the records' time stamps on the target.",
)
.from(PROBE, NONE)
.joined(Fold::Greatest);
const SKIPPED: Metric = Metric::new(
    "mm2_translation_probe_skipped_records",
    Kind::Gauge,
    "records",
    LANDING,
    "Records of the source that a consumer would never read after a failover, because its translated offset lies behind them.",
)
.from(PROBE, NONE)
.joined(Fold::Sum);
const TIMESTAMP: Metric = Metric::new(
    "mm2_translation_probe_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    &["source", "target", "topic"],
    "When the probe last committed its group at the source; what its other series tell is measured against that commit.",
)
.from(PROBE, "the flow has no probe, or it has not committed yet");

const PROBLEM: Metric = Metric::new(
    "mm2_translation_probe_problem",
    Kind::Gauge,
    "boolean",
    &["source", "target"],
    "1 if MM2 does not translate the offsets of the probe's group; the log and the landing page say why in a sentence.",
)
.from(
    "the task lists of all connectors: `groups`, `topics` and the groups of each task of the checkpoint connectors; and whether there is a checkpoint of the group",
    "the flow has no probe, it has not committed yet, or no worker has told of the connectors within six times the time to live",
);

pub(super) const METRICS: &[&Metric] = &[
    &REREAD_RECORDS,
    &REREAD_SECONDS,
    &SKIPPED,
    &TIMESTAMP,
    &PROBLEM,
];

/// Write the probes of all flows.
pub(super) fn write(page: &mut Page, snapshot: &Snapshot) {
    for group in &snapshot.normalised.probes {
        let problem = f64::from(u8::from(group.problem.is_some()));
        page.add(&PROBLEM, &[&group.source, &group.target], problem);
    }
    for (index, reading) in &snapshot.probes {
        if let (Some(flow), Some(view)) = (snapshot.flows.get(*index), reading.value.as_ref()) {
            probe(page, flow, view);
        }
    }
}

fn probe(page: &mut Page, flow: &Flow, view: &ProbeView) {
    let side = [&*flow.source, &*flow.target, &*view.topic];
    let committed = view.committed_at.map(Timestamp::as_seconds);
    page.add_some(&TIMESTAMP, &side, committed);
    for (partition, found) in &view.partitions {
        let partition = partition.to_string();
        for (via, landing) in [
            ("checkpoint", found.by_checkpoint),
            ("group", found.by_group),
        ] {
            if let Some(landing) = landing {
                let labels = [side[0], side[1], side[2], &partition, via];
                write_landing(page, &labels, &landing);
            }
        }
    }
}

fn write_landing(page: &mut Page, labels: &[&str], landing: &Landing) {
    page.add(&REREAD_RECORDS, labels, decimal(landing.reread_records));
    page.add(&REREAD_SECONDS, labels, landing.reread_seconds);
    page.add(&SKIPPED, labels, decimal(landing.skipped_records));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::model::flow::ReplicationPolicy;
    use crate::model::probe::ProbePartition;
    use crate::model::snapshot::{Moment, Reading};

    #[test]
    fn what_is_not_translated_yet_is_absent_and_the_two_offsets_are_told_apart() {
        let now = Moment {
            wall: Timestamp::from_millis(0),
            monotonic: Duration::ZERO,
        };
        let mut snapshot = Snapshot::unpolled(now, Duration::from_secs(15));
        snapshot.flows = Arc::from([Flow {
            source: "a".to_owned(),
            target: "b".to_owned(),
            connector: "mirror".to_owned(),
            policy: ReplicationPolicy::default(),
        }]);
        let landing = Landing {
            offset: 7,
            reread_records: 3,
            reread_seconds: 0.25,
            skipped_records: 0,
        };
        let translated = ProbePartition {
            committed: 10,
            by_checkpoint: Some(landing),
            by_group: None,
        };
        let view = ProbeView {
            topic: "canary".to_owned(),
            group: "mirrorwatch-probe-a-b".to_owned(),
            has_checkpoint: true,
            committed_at: Some(Timestamp::from_millis(5_000)),
            partitions: BTreeMap::from([(0, ProbePartition::default()), (1, translated)]),
        };
        let mut reading = Reading::none("translation:a:b");
        reading.value = Some(Arc::new(view));
        snapshot.probes.insert(0, reading);
        let page = super::super::render(&snapshot, super::super::Format::Classic);
        let lines = page
            .lines()
            .filter(|line| line.starts_with("mm2_translation_probe"));
        assert_eq!(
            lines.collect::<Vec<_>>(),
            [
                "mm2_translation_probe_reread_records{source=\"a\",target=\"b\",topic=\"canary\",partition=\"1\",via=\"checkpoint\"} 3",
                "mm2_translation_probe_reread_seconds{source=\"a\",target=\"b\",topic=\"canary\",partition=\"1\",via=\"checkpoint\"} 0.25",
                "mm2_translation_probe_skipped_records{source=\"a\",target=\"b\",topic=\"canary\",partition=\"1\",via=\"checkpoint\"} 0",
                "mm2_translation_probe_timestamp_seconds{source=\"a\",target=\"b\",topic=\"canary\"} 5",
            ]
        );
    }
}
