//! What Connect and MM2 write into topics of their own: transitions, checkpoints, heartbeats.

use super::encode::decimal;
use super::metric::{Fold, Kind, Metric};
use super::page::Page;
use crate::model::checkpoint::Checkpoints;
use crate::model::connect::TopicPartition;
use crate::model::flow::Flow;
use crate::model::offsets::real;
use crate::model::snapshot::{FlowReadings, Snapshot};
use crate::model::status::{StatusLog, Transitions};
use crate::model::time::Timestamp;

const STATUS: &str = "Connect's status topic (`connect.status_topic`), time stamps of its records; where that has never been read, Connect REST";
const NO_STATUS: &str = "the state was never entered as far as the topic tells; by REST, not since the exporter started; or the topic was read before, and not within the time to live";
const CHECKPOINT: &str = "topic `<source>.checkpoints.internal` on the target";
const NO_CHECKPOINT: &str = "the target is not configured, MM2 has written no checkpoint of the group, or the source no longer has the topic";
const GROUP: &[&str] = &["source", "target", "group", "topic", "partition"];

const TASK_TRANSITION: Metric = Metric::new(
    "mm2_task_last_transition_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    &["connector", "task", "state"],
    "When the task last entered the state, by the broker's or the worker's clock; by REST, when the exporter first saw it, up to two polls late.",
)
.from(STATUS, NO_STATUS);
const TASK_TRANSITIONS: Metric = Metric::new(
    "mm2_task_transitions_total",
    Kind::Counter,
    "transitions",
    &["connector", "task", "state"],
    "How often the task entered the state since the exporter started; by REST without what was over between two polls.",
)
.from(STATUS, NO_STATUS);
const CONNECTOR_TRANSITION: Metric = Metric::new(
    "mm2_connector_last_transition_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    &["connector", "state"],
    "When the connector instance last entered the state, by the broker's or the worker's clock; by REST, when the exporter first saw it, up to two polls late.",
)
.from(STATUS, NO_STATUS);
const CONNECTOR_TRANSITIONS: Metric = Metric::new(
    "mm2_connector_transitions_total",
    Kind::Counter,
    "transitions",
    &["connector", "state"],
    "How often the connector instance entered the state since the exporter started; by REST without what was over between two polls.",
)
.from(STATUS, NO_STATUS);
const CHECKPOINTED: Metric = Metric::new(
    "mm2_checkpoint_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    &["source", "target", "group"],
    "When the newest checkpoint of the group was written; unlike JMX's latency it is the group's own.",
)
.from(CHECKPOINT, NO_CHECKPOINT);
const UPSTREAM: Metric = Metric::new(
    "mm2_checkpoint_upstream_offset",
    Kind::Gauge,
    "offset",
    GROUP,
    "Where the group stood at the source when its newest checkpoint was written.",
)
.from(CHECKPOINT, NO_CHECKPOINT)
.joined(Fold::Never);
const DOWNSTREAM: Metric = Metric::new(
    "mm2_checkpoint_downstream_offset",
    Kind::Gauge,
    "offset",
    GROUP,
    "The offset at the target that stands for it: where the group would go on after a failover.",
)
.from(CHECKPOINT, NO_CHECKPOINT)
.joined(Fold::Never);
const HEARTBEAT: Metric = Metric::new(
    "mm2_heartbeat_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    &["source", "target", "topic"],
    "When the newest heartbeat in the topic was sent. `heartbeats` proves only that its task writes to the target; `<source>.heartbeats` proves replication, where heartbeats are written at the source at all.",
)
.from("topics `heartbeats` and `<source>.heartbeats` on the target", "the target is not configured, or there is no heartbeat in the topic")
.unfiltered();
const MALFORMED: Metric = Metric::new(
    "mm2_exporter_malformed_records_total",
    Kind::Counter,
    "records",
    &["endpoint"],
    "Records of a followed topic that were not understood and were passed over.",
)
.from(
    "mirrorwatch itself",
    "the topic was not read within the time to live",
);

pub(super) const METRICS: &[&Metric] = &[
    &TASK_TRANSITION,
    &TASK_TRANSITIONS,
    &CONNECTOR_TRANSITION,
    &CONNECTOR_TRANSITIONS,
    &CHECKPOINTED,
    &UPSTREAM,
    &DOWNSTREAM,
    &HEARTBEAT,
    &MALFORMED,
];

pub(super) fn write(page: &mut Page, snapshot: &Snapshot) {
    match &snapshot.status {
        // REST counts otherwise: where the topic was ever read, its counts come back or nothing does.
        Some(reading) if reading.last_success.is_some() => {
            if let Some(log) = &reading.value {
                statuses(page, log);
                page.add(&MALFORMED, &[&reading.endpoint], decimal(log.malformed));
            }
        }
        _ => statuses(page, &snapshot.normalised.observed),
    }
    for (index, readings) in &snapshot.written {
        if let Some(flow) = snapshot.flows.get(*index) {
            let is_gone = |at: &TopicPartition| snapshot.is_gone(flow, at);
            write_flow(page, flow, readings, is_gone);
        }
    }
}

fn statuses(page: &mut Page, log: &StatusLog) {
    for ((connector, task), transitions) in &log.transitions {
        match task {
            Some(task) => {
                let labels = [&**connector, &task.to_string()];
                entered(
                    page,
                    [&TASK_TRANSITION, &TASK_TRANSITIONS],
                    &labels,
                    transitions,
                );
            }
            None => entered(
                page,
                [&CONNECTOR_TRANSITION, &CONNECTOR_TRANSITIONS],
                &[connector],
                transitions,
            ),
        }
    }
}

fn entered(page: &mut Page, [last, count]: [&Metric; 2], of: &[&str], transitions: &Transitions) {
    for (state, entered) in &transitions.states {
        let labels: Vec<&str> = of.iter().copied().chain([&**state]).collect();
        page.add_some(last, &labels, entered.last.map(Timestamp::as_seconds));
        page.add(count, &labels, decimal(entered.count));
    }
}

fn write_flow(
    page: &mut Page,
    flow: &Flow,
    readings: &FlowReadings,
    is_gone: impl Fn(&TopicPartition) -> bool,
) {
    if let Some(checkpoints) = &readings.checkpoints.value {
        write_checkpoints(page, flow, checkpoints, is_gone);
        let endpoint = &readings.checkpoints.endpoint;
        page.add(&MALFORMED, &[endpoint], decimal(checkpoints.malformed));
    }
    for (topic, reading) in &readings.heartbeats {
        if let Some(heartbeat) = &reading.value {
            let sent = heartbeat.sent.map(Timestamp::as_seconds);
            page.add_some(&HEARTBEAT, &[&flow.source, &flow.target, topic], sent);
            page.add(
                &MALFORMED,
                &[&reading.endpoint],
                decimal(heartbeat.malformed),
            );
        }
    }
}

/// The checkpoints of topics that there are: MM2 never takes those of others back.
fn write_checkpoints(
    page: &mut Page,
    flow: &Flow,
    checkpoints: &Checkpoints,
    is_gone: impl Fn(&TopicPartition) -> bool,
) {
    let side = [&*flow.source, &*flow.target];
    for (group, partitions) in &checkpoints.groups {
        let there = partitions.iter().filter_map(|(remote, checkpoint)| {
            let topic = flow.source_topic(&remote.topic)?.to_owned();
            let partition = remote.partition;
            Some((TopicPartition { topic, partition }, checkpoint))
        });
        let there: Vec<_> = there.filter(|(at, _)| !is_gone(at)).collect();
        let newest = there
            .iter()
            .filter_map(|(_, checkpoint)| checkpoint.written);
        let newest = newest.max();
        page.add_some(
            &CHECKPOINTED,
            &[side[0], side[1], group],
            newest.map(Timestamp::as_seconds),
        );
        for (at, checkpoint) in there {
            let labels = [
                side[0],
                side[1],
                group,
                &at.topic,
                &at.partition.to_string(),
            ];
            page.add(&UPSTREAM, &labels, real(checkpoint.upstream));
            page.add(&DOWNSTREAM, &labels, real(checkpoint.downstream));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::model::normalised::Normalised;
    use crate::model::snapshot::{Moment, Reading};
    use crate::model::status::Entered;

    fn counted(count: u64) -> StatusLog {
        let mut log = StatusLog::default();
        let transitions = log
            .transitions
            .entry(("mirror".to_owned(), Some(0)))
            .or_default();
        let entered = Entered { last: None, count };
        transitions.states.insert("running".into(), entered);
        log
    }

    /// The transitions on the page of a reading of the status topic, while REST has seen two.
    fn page(status: Option<Reading<StatusLog>>) -> Vec<String> {
        let now = Moment {
            wall: Timestamp::from_millis(0),
            monotonic: Duration::ZERO,
        };
        let mut snapshot = Snapshot::unpolled(now, Duration::from_secs(15));
        snapshot.normalised = Arc::new(Normalised {
            observed: counted(2),
            ..Normalised::default()
        });
        snapshot.status = status;
        let page = super::super::render(&snapshot, super::super::Format::OpenMetrics);
        let lines = page.lines();
        lines
            .filter(|line| line.starts_with(TASK_TRANSITIONS.name))
            .map(|line| line.rsplit(' ').next().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn counts_of_transitions_do_not_change_from_the_topic_to_rest_and_back() {
        let never = Reading::none("status_topic");
        assert_eq!(page(None), ["2"]);
        assert_eq!(page(Some(never.clone())), ["2"], "it was never read");
        let read = Reading {
            value: Some(Arc::new(counted(7))),
            last_success: Some(Timestamp::from_millis(0)),
            ..never
        };
        assert_eq!(page(Some(read.clone())), ["7"]);
        let expired = Reading {
            value: None,
            ..read
        };
        assert!(page(Some(expired)).is_empty());
    }
}
