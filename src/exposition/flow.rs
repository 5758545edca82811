//! What follows from several readings together: flows, their partitions, tasks.

use super::metric::{Fold, Kind, Metric};
use super::page::Page;
use crate::model::flow::FlowState;
use crate::model::normalised::{ConnectorView, FlowView, PartitionView, TaskView};
use crate::model::offsets::real;
use crate::model::snapshot::Snapshot;
use crate::model::task::TaskState;

const PARTITION: &[&str] = &["source", "target", "topic", "partition"];
const COUNTED: &str =
    "JMX `record-count` and `byte-count` of MirrorSourceConnector, over all workers";
const NOT_COUNTED: &str =
    "no worker's JMX has told of the partition since the exporter started, or the topic is gone";
const BOTH: &str =
    "log offsets of the source, and JMX of the tasks or the offsets that Connect has committed";
const NO_POSITION: &str = "the source is not configured or was not read within the time to live, or nothing has told yet how far MM2 has copied: an exporter that starts waits until `fetch-total` moves, or for a committed offset";
const LOG_SOURCE: &str = "log end offsets of the source";
const LOG_TARGET: &str = "log end offsets of the target";
const NO_LOG: &str =
    "the cluster is not configured, or the partition was not read within the time to live";

const FLOW_STATE: Metric = Metric::new(
    "mm2_flow_state",
    Kind::Gauge,
    "boolean",
    &["source", "target", "state"],
    "1 for what the flow does: healthy, idle (nothing to copy but the canary), degraded (some of it is not copied), stalled (both clusters answer and nothing is copied), source_down or target_down (by the exporter's own probe, unless the canary sees both clusters), blind (the canary itself does not see a cluster, and no probe says that it is down), unknown (nothing tells, or only Connect's RUNNING: that a flow is healthy the canary or JMX has to show); 0 for the others.",
)
.from("the canary, the tasks, log offsets, probes of both clusters", "never");
const TASK_STATE: Metric = Metric::new(
    "mm2_task_state",
    Kind::Gauge,
    "boolean",
    &["connector", "task", "state"],
    "1 for what the task really does: its status joined with whether its worker lives, has an MBean of it, and whether its counts move while there is something to copy; 0 for the other states.",
)
.from("Connect REST, the Connect group, JMX, log offsets", "Connect knows no such task");
const TASK_WORKERS: Metric = Metric::new(
    "mm2_task_workers",
    Kind::Gauge,
    "workers",
    &["connector", "task"],
    "Workers whose JMX has the task; more than 1 for longer than two polls is a task that runs twice.",
)
.from("JMX of all workers", "Connect knows no such task, or no worker's JMX was read within the time to live");
const CONNECTOR_TASKS: Metric = Metric::new(
    "mm2_connector_tasks",
    Kind::Gauge,
    "tasks",
    &["connector"],
    "Tasks that the connector of a flow has by Connect's task list; 0 is a connector that says RUNNING and copies nothing.",
)
.from("Connect REST `GET /connectors/{name}/tasks`", "the connector is not there, or no task list was read within the time to live");
const CONNECTOR_RUNNING: Metric = Metric::new(
    "mm2_connector_running_tasks",
    Kind::Gauge,
    "tasks",
    &["connector"],
    "Tasks of the connector that run by JMX, each as often as it runs; more than mm2_connector_tasks for longer than two polls are tasks that run twice, or that should be gone.",
)
.from("JMX of all workers", "as for mm2_connector_tasks; or no worker's JMX was read within the time to live");
const DOUBLED: Metric = Metric::new(
    "mm2_flow_doubled_partitions",
    Kind::Gauge,
    "partitions",
    &["source", "target"],
    "Partitions that the JMX of more than one worker has; more than 0 for longer than two polls are partitions that are copied twice.",
)
.from("JMX of all workers", "no worker's JMX answered the last poll");
const RECORDS: Metric = Metric::new(
    "mm2_replicated_records_total",
    Kind::Counter,
    "records",
    PARTITION,
    "Records acknowledged by the target since the exporter started, over task moves and worker restarts. An estimate: what was copied between the last poll and a kill is not seen, what is copied again counts again.",
)
.from(COUNTED, NOT_COUNTED);
const BYTES: Metric = Metric::new(
    "mm2_replicated_bytes_total",
    Kind::Counter,
    "bytes",
    PARTITION,
    "Bytes of record values read from the source since the exporter started, over task moves and worker restarts; an estimate in the same way.",
)
.from(COUNTED, NOT_COUNTED);
const LAG_RECORDS: Metric = Metric::new(
    "mm2_replication_lag_records",
    Kind::Gauge,
    "records",
    PARTITION,
    "Records at the source that the target has not acknowledged; it grows while nobody copies. Exact to what the source grows by within one poll; transaction markers and compacted records count as records.",
)
.from(BOTH, NO_POSITION)
.joined(Fold::Sum);
const LAG_SECONDS: Metric = Metric::new(
    "mm2_replication_lag_seconds",
    Kind::Gauge,
    "seconds",
    PARTITION,
    "Time since the oldest record was appended to the source that the target has not acknowledged, 0 if there is none; ± one poll, for the source is looked at once in each.",
)
.from(BOTH, "as for mm2_replication_lag_records; or that record is older than what the exporter has seen");
const GAP: Metric = Metric::new(
    "mm2_replication_gap_records_total",
    Kind::Counter,
    "records",
    PARTITION,
    "Records that were deleted at the source before they were copied, since the exporter started; MM2 passes over them without a word.",
)
.from(BOTH, NO_LOG);
const HEADROOM: Metric = Metric::new(
    "mm2_retention_headroom_seconds",
    Kind::Gauge,
    "seconds",
    PARTITION,
    "How long it takes until deletion at the source reaches what is not copied, if it goes on as fast as the source grew in the last 5 minutes; a rough estimate, for whole segments are deleted at a time.",
)
.from(BOTH, "as for mm2_replication_lag_records; or the source did not grow")
.joined(Fold::Least);
const SOURCE_APPENDED: Metric = Metric::new(
    "mm2_source_appended_records_total",
    Kind::Counter,
    "records",
    PARTITION,
    "Records by which the source partition grew since the exporter started.",
)
.from(LOG_SOURCE, NO_LOG);
const TARGET_APPENDED: Metric = Metric::new(
    "mm2_target_appended_records_total",
    Kind::Counter,
    "records",
    PARTITION,
    "Records by which the target partition grew since the exporter started, those that were copied again included.",
)
.from(LOG_TARGET, NO_LOG);

const REREAD: Metric = Metric::new(
    "mm2_offset_translation_reread_records",
    Kind::Gauge,
    "records",
    &["source", "target", "group", "topic", "partition"],
    "Records that the group has read at the source since its newest checkpoint: after a failover now it would read them again.",
)
.from(
    "the group's offsets at the source, and checkpoints on the target",
    "the group is not in `flows[].consumer_groups`, has no checkpoint, or one of both was not read within the time to live",
)
.joined(Fold::Sum);

const DISTANCE: Metric = Metric::new(
    "mm2_offset_translation_distance_records",
    Kind::Gauge,
    "records",
    &["source", "target", "group", "topic", "partition"],
    "Records at the target between the offset that the newest checkpoint gives the group and the one where it stood then: what the translation alone would make it read again. Exact to what is copied within one poll; records that were copied twice count twice.",
)
.from(
    "checkpoints and log end offsets on the target, and how far MM2 has copied",
    "as for mm2_offset_translation_reread_records and mm2_replication_lag_records",
)
.joined(Fold::Sum);

pub(super) const METRICS: &[&Metric] = &[
    &FLOW_STATE,
    &TASK_STATE,
    &TASK_WORKERS,
    &CONNECTOR_TASKS,
    &CONNECTOR_RUNNING,
    &DOUBLED,
    &RECORDS,
    &BYTES,
    &LAG_RECORDS,
    &LAG_SECONDS,
    &GAP,
    &HEADROOM,
    &SOURCE_APPENDED,
    &TARGET_APPENDED,
    &REREAD,
    &DISTANCE,
];

pub(super) fn write(page: &mut Page, snapshot: &Snapshot) {
    for flow in &snapshot.normalised.flows {
        for state in FlowState::ALL {
            let labels = [&*flow.source, &flow.target, state.as_str()];
            page.add(
                &FLOW_STATE,
                &labels,
                f64::from(u8::from(state == flow.state)),
            );
        }
        #[expect(clippy::cast_precision_loss, reason = "there are few partitions")]
        let doubled = flow.doubled.map(|doubled| doubled as f64);
        page.add_some(&DOUBLED, &[&flow.source, &flow.target], doubled);
        for partition in &flow.partitions {
            write_partition(page, flow, partition);
        }
        for view in &flow.translations {
            let labels = [
                &*flow.source,
                &flow.target,
                &view.group,
                &view.at.topic,
                &view.at.partition.to_string(),
            ];
            page.add(&REREAD, &labels, real(view.behind));
            page.add_some(&DISTANCE, &labels, view.distance);
        }
    }
    for task in &snapshot.normalised.tasks {
        write_task(page, task);
    }
    for connector in &snapshot.normalised.connectors {
        write_connector(page, connector);
    }
}

fn write_partition(page: &mut Page, flow: &FlowView, view: &PartitionView) {
    let number = view.at.partition.to_string();
    let labels = [&*flow.source, &flow.target, &view.at.topic, &number];
    page.add_some(&RECORDS, &labels, view.records);
    page.add_some(&BYTES, &labels, view.bytes);
    page.add_some(&LAG_RECORDS, &labels, view.lag_records);
    let seconds = view.lag_seconds.map(|lag| lag.as_secs_f64());
    page.add_some(&LAG_SECONDS, &labels, seconds);
    page.add_some(
        &GAP,
        &labels,
        view.source_appended.map(|_| view.gap_records),
    );
    let headroom = view.headroom.map(|headroom| headroom.as_secs_f64());
    // Of a partition that does not grow there is none to know.
    if headroom.is_some() || view.lag_records.is_none() {
        page.add_some(&HEADROOM, &labels, headroom);
    }
    page.add_some(&SOURCE_APPENDED, &labels, view.source_appended);
    page.add_some(&TARGET_APPENDED, &labels, view.target_appended);
}

fn write_task(page: &mut Page, view: &TaskView) {
    let number = view.task.to_string();
    for state in TaskState::ALL {
        let labels = [&*view.connector, &number, state.as_str()];
        page.add(
            &TASK_STATE,
            &labels,
            f64::from(u8::from(state == view.state)),
        );
    }
    #[expect(clippy::cast_precision_loss, reason = "there are few workers")]
    let workers = view.workers.map(|workers| workers as f64);
    page.add_some(&TASK_WORKERS, &[&view.connector, &number], workers);
}

#[expect(clippy::cast_precision_loss, reason = "there are few tasks")]
fn write_connector(page: &mut Page, view: &ConnectorView) {
    let labels = [&*view.connector];
    page.add(&CONNECTOR_TASKS, &labels, view.tasks as f64);
    let running = view.running.map(|running| running as f64);
    page.add_some(&CONNECTOR_RUNNING, &labels, running);
}
