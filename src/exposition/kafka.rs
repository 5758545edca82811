//! The Kafka clusters: whether they are there, where logs begin and end, what MM2 has committed.

use super::metric::{Fold, Kind, Metric};
use super::page::Page;
use crate::model::offsets::real;
use crate::model::snapshot::{ClusterReadings, Snapshot};

const LOG: &[&str] = &["alias", "topic", "partition"];
const LIST: &str = "Kafka `ListOffsets`, one request for each broker";
const NO_LIST: &str = "the partition is not replicated, has no leader, may not be read, or was not read within the time to live";

const FETCH: &str = "Kafka `OffsetFetch`, for the groups in `flows[].consumer_groups`";
const NO_FETCH: &str = "the group is not configured, has committed nothing there, or was not read within the time to live";

const UP: Metric = Metric::new(
    "mm2_cluster_up",
    Kind::Gauge,
    "boolean",
    &["alias"],
    "1 if the cluster answered the exporter's last probe.",
)
.from(
    "Kafka `Metadata`",
    "the cluster is not configured, or not probed yet",
);
const BROKERS: Metric = Metric::new(
    "mm2_cluster_brokers",
    Kind::Gauge,
    "brokers",
    &["alias"],
    "Brokers of the cluster.",
)
.from(
    "Kafka `Metadata`",
    "the cluster has not answered within the time to live",
);
const INFO: Metric = Metric::new(
    "mm2_cluster_info",
    Kind::Info,
    "",
    &["alias", "kafka_cluster_id"],
    "The id of the cluster.",
)
.from(
    "Kafka `Metadata`",
    "the cluster has not answered within the time to live",
);
const START: Metric = Metric::new(
    "mm2_topic_log_start_offset",
    Kind::Gauge,
    "offset",
    LOG,
    "Offset of the oldest record of a replicated partition, under its name on that cluster.",
)
.from(LIST, NO_LIST)
.joined(Fold::Never);
const END: Metric = Metric::new(
    "mm2_topic_log_end_offset",
    Kind::Gauge,
    "offset",
    LOG,
    "Offset of the next record of a replicated partition, under its name on that cluster.",
)
.from(LIST, NO_LIST)
.joined(Fold::Never);
const COMMITTED: Metric = Metric::new(
    "mm2_connect_committed_offset",
    Kind::Gauge,
    "offset",
    &["source", "target", "topic", "partition"],
    "Source offset of the last record that MM2 has committed as copied; it is flushed each `offset.flush.interval.ms` and read rarely, so it lags behind.",
)
.from(
    "Connect REST `GET /connectors/{name}/offsets` (Kafka 3.5 and later), six times rarer than the rest",
    "MM2 has not committed the partition, the source no longer has it, or no worker has told of the connector in time",
)
.joined(Fold::Never);

const GROUP_OFFSET: Metric = Metric::new(
    "mm2_consumer_group_offset",
    Kind::Gauge,
    "offset",
    &["alias", "group", "topic", "partition"],
    "What the consumer group has committed on that cluster.",
)
.from(FETCH, NO_FETCH)
.joined(Fold::Never);
const GROUP_LAG: Metric = Metric::new(
    "mm2_consumer_group_lag_records",
    Kind::Gauge,
    "records",
    &["alias", "group", "topic", "partition"],
    "Records between what the consumer group has committed and the end of the log, read one after the other.",
)
.from(FETCH, NO_FETCH)
.joined(Fold::Sum);

pub(super) const METRICS: &[&Metric] = &[
    &UP,
    &BROKERS,
    &INFO,
    &START,
    &END,
    &COMMITTED,
    &GROUP_OFFSET,
    &GROUP_LAG,
];

pub(super) fn write(page: &mut Page, snapshot: &Snapshot) {
    for cluster in &snapshot.clusters {
        write_cluster(page, cluster);
    }
    let offsets = snapshot.offsets.value.as_deref();
    for flow in &*snapshot.flows {
        let committed = offsets.and_then(|offsets| offsets.connectors.get(&flow.connector));
        let committed = committed.into_iter().flatten();
        for (at, offset) in committed.filter(|(at, _)| !snapshot.is_gone(flow, at)) {
            let labels = [
                &*flow.source,
                &flow.target,
                &at.topic,
                &at.partition.to_string(),
            ];
            page.add(&COMMITTED, &labels, real(*offset));
        }
    }
}

fn write_cluster(page: &mut Page, cluster: &ClusterReadings) {
    let alias = &*cluster.alias;
    let probed = cluster
        .probe
        .duration
        .map(|_| f64::from(u8::from(cluster.probe.up)));
    page.add_some(&UP, &[alias], probed);
    if let Some(view) = &cluster.probe.value {
        #[expect(clippy::cast_precision_loss, reason = "a cluster has few brokers")]
        page.add(&BROKERS, &[alias], view.brokers as f64);
        if let Some(id) = &view.id {
            page.state(&INFO, &[alias, id]);
        }
    }
    let offsets = cluster
        .offsets
        .as_ref()
        .and_then(|offsets| offsets.value.as_deref());
    for (at, range) in offsets.into_iter().flat_map(|offsets| &offsets.partitions) {
        let labels = [alias, &at.topic, &at.partition.to_string()];
        page.add(&START, &labels, real(range.start));
        page.add(&END, &labels, real(range.end));
    }
    let groups = cluster
        .groups
        .as_ref()
        .and_then(|groups| groups.value.as_deref());
    for (group, committed) in groups.into_iter().flat_map(|groups| &groups.groups) {
        for (at, offset) in committed {
            let labels = [alias, group, &at.topic, &at.partition.to_string()];
            page.add(&GROUP_OFFSET, &labels, real(*offset));
            let range = offsets.and_then(|offsets| offsets.partitions.get(at));
            let lag = range.map(|range| real((range.end - offset).max(0)));
            page.add_some(&GROUP_LAG, &labels, lag);
        }
    }
}
