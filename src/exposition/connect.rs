//! Kafka Connect: workers, connectors, tasks, the group, and which tasks the canary covers.

use std::collections::BTreeSet;

use super::metric::{Kind, Metric};
use super::page::Page;
use crate::model::address::AddressFault;
use crate::model::connect::{ConnectorStatus, ConnectorTasks, Health, State};
use crate::model::group::GroupView;
use crate::model::snapshot::Snapshot;
use crate::model::time::Timestamp;

/// The state of a connector that is configured and not there.
const MISSING: &str = "missing";
const STATUS: &str = "Connect REST `GET /connectors?expand=status`, asked of the leader if it answers, else of another member of the group";
const NO_VIEW: &str =
    "no worker has answered within the time to live, or the connector has no status yet";
const GROUP: &str = "DescribeGroups of the Connect group";
const NO_GROUP: &str = "no group configured, or not read within the time to live";
const UNSETTLED: &str =
    "no group configured, not read within the time to live, or the group rebalances";
const TASKS: &str = "Connect REST `GET /connectors/{name}/tasks`, key `task.assigned.partitions`";

const TASK_STATUS: Metric = Metric::new(
    "kafka_connect_connector_task_status",
    Kind::Gauge,
    "boolean",
    &["connector", "task", "worker", "status"],
    "1 for the current status of the task, in lower case; a task of a worker that was killed stays \"running\" until it starts elsewhere.",
)
.from(STATUS, NO_VIEW);
const CONNECTOR_STATUS: Metric = Metric::new(
    "kafka_connect_connector_status",
    Kind::Gauge,
    "boolean",
    &["connector", "worker", "status"],
    "1 for the current status of the connector instance, in lower case.",
)
.from(STATUS, NO_VIEW);
const CONNECTOR_STATE: Metric = Metric::new(
    "mm2_connector_state",
    Kind::Gauge,
    "boolean",
    &["connector", "state"],
    "1 for the state of the connector instance, 0 for the other states; missing is the connector of a flow that Connect does not have, unknown a state that it adds one day.",
)
.from(STATUS, NO_VIEW);
const OWNED: Metric = Metric::new(
    "mm2_task_partitions",
    Kind::Gauge,
    "partitions",
    &["connector", "task"],
    "Source partitions that the task replicates.",
)
.from(TASKS, "no task list within the time to live");
const WORKER_UP: Metric = Metric::new(
    "mm2_worker_up",
    Kind::Gauge,
    "boolean",
    &["worker"],
    "1 if the worker's REST API answered the last poll; every configured worker always has it.",
)
.from("Connect REST", "never");
const WORKER_INFO: Metric = Metric::new(
    "mm2_worker_info",
    Kind::Info,
    "",
    &["worker", "version", "commit", "kafka_cluster_id"],
    "Kafka version of the worker, and the Kafka cluster that holds Connect's own topics.",
)
.from(
    "Connect REST `GET /`",
    "the worker has not answered within the time to live",
);
const HEALTH: Metric = Metric::new(
    "mm2_worker_health",
    Kind::Gauge,
    "boolean",
    &["worker", "status"],
    "1 for what the worker says of its own health, 0 for the other words: healthy says that its herder answers, not that it is in the group or that its tasks run.",
)
.from(
    "Connect REST `GET /health` (Kafka 3.9 and later)",
    "the worker's version does not say, or it has not said within the time to live: it hangs while the cluster behind Connect is gone",
);
const ADDRESS: Metric = Metric::new(
    "mm2_worker_address_fault",
    Kind::Gauge,
    "boolean",
    &["worker", "fault"],
    "1 if the configured addresses do not lead to that worker: several_workers (a load balancer: ids by JMX differ from answer to answer, or a version by REST comes back), another_worker (its Jolokia agent is another's), no_such_worker (REST answers, but the group never had the id); 0 if they are known to.",
)
.from(
    "JMX `app-info`, Connect REST `GET /`, the Connect group",
    "nothing tells: REST alone does not say which worker answers",
);
const STRANGER: Metric = Metric::new(
    "mm2_unconfigured_worker_info",
    Kind::Info,
    "",
    &["worker"],
    "1 for each worker that the Connect group or a status names and that is not under `connect.workers`, or is there under another id.",
)
.from(
    "the Connect group, Connect REST",
    "all are configured, or nothing was read within the time to live",
);
const MEMBERS: Metric = Metric::new(
    "mm2_connect_group_members",
    Kind::Gauge,
    "workers",
    &[],
    "Members of the Connect group.",
)
.from(GROUP, NO_GROUP);
const MEMBER_INFO: Metric = Metric::new(
    "mm2_connect_group_member_info",
    Kind::Info,
    "",
    &["worker"],
    "1 for each worker in the Connect group.",
)
.from(GROUP, UNSETTLED);
const LEADER_INFO: Metric = Metric::new(
    "mm2_connect_leader_info",
    Kind::Info,
    "",
    &["worker"],
    "1 for the worker that leads the Connect group: its loss is not followed by a delay.",
)
.from(GROUP, UNSETTLED);
const WITHHELD: Metric = Metric::new(
    "mm2_connect_assignment_withheld",
    Kind::Gauge,
    "boolean",
    &[],
    "1 while the leader withholds lost tasks (`scheduled.rebalance.max.delay.ms`).",
)
.from(GROUP, UNSETTLED);
const WITHHELD_DELAY: Metric = Metric::new(
    "mm2_connect_assignment_withheld_delay_seconds",
    Kind::Gauge,
    "seconds",
    &[],
    "The delay in the group's assignments, 0 when nothing is withheld; it does not count down.",
)
.from(GROUP, UNSETTLED);
const WITHHELD_UNTIL: Metric = Metric::new(
    "mm2_connect_assignment_withheld_until_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    &[],
    "Latest end of the withholding: when the delay was first seen, plus the delay.",
)
.from(
    GROUP,
    "nothing is withheld, no group configured, or not read within the time to live",
);
const OWNER_INFO: Metric = Metric::new(
    "mm2_canary_partition_owner_info",
    Kind::Info,
    "",
    &["source", "target", "partition", "connector", "task"],
    "1 for the task that replicates the partition of the canary's topic.",
)
.from(TASKS, "no canary, or no task list within the time to live");
const TASK_PARTITIONS: Metric = Metric::new(
    "mm2_canary_task_partitions",
    Kind::Gauge,
    "partitions",
    &["source", "target", "connector", "task"],
    "Partitions of the canary's topic that the task replicates; 0 means that the canary does not see this task.",
)
.from(TASKS, "no canary, or no task list within the time to live");

pub(super) const METRICS: &[&Metric] = &[
    &TASK_STATUS,
    &CONNECTOR_STATUS,
    &CONNECTOR_STATE,
    &OWNED,
    &WORKER_UP,
    &WORKER_INFO,
    &HEALTH,
    &ADDRESS,
    &STRANGER,
    &MEMBERS,
    &MEMBER_INFO,
    &LEADER_INFO,
    &WITHHELD,
    &WITHHELD_DELAY,
    &WITHHELD_UNTIL,
    &OWNER_INFO,
    &TASK_PARTITIONS,
];

pub(super) fn write(page: &mut Page, snapshot: &Snapshot) {
    for worker in &snapshot.workers {
        let up = f64::from(u8::from(worker.rest.up));
        page.add(&WORKER_UP, &[&worker.id], up);
        let health = worker
            .health
            .value
            .as_deref()
            .and_then(|health| health.name());
        for status in Health::NAMES.into_iter().filter(|_| health.is_some()) {
            let is_it = f64::from(u8::from(health == Some(status)));
            page.add(&HEALTH, &[&worker.id, status], is_it);
        }
        if let Some(view) = &worker.rest.value {
            let labels = [
                &*worker.id,
                &view.version,
                &view.commit,
                &view.kafka_cluster_id,
            ];
            page.state(&WORKER_INFO, &labels);
        }
    }
    for view in &snapshot.normalised.addresses {
        for (fault, is_so) in AddressFault::ALL.into_iter().zip(view.faults) {
            let is_so = is_so.map(|is_so| f64::from(u8::from(is_so)));
            page.add_some(&ADDRESS, &[&view.worker, fault.as_str()], is_so);
        }
    }
    for worker in &snapshot.normalised.strangers {
        page.state(&STRANGER, &[worker]);
    }
    if let Some(view) = snapshot.authority() {
        for connector in &view.connectors {
            statuses(page, connector);
        }
        for connector in missing(snapshot, &view.connectors) {
            states(page, connector, MISSING);
        }
    }
    if let Some(view) = snapshot
        .group
        .as_ref()
        .and_then(|group| group.value.as_ref())
    {
        group(page, view);
    }
    let lists = snapshot
        .tasks
        .value
        .as_deref()
        .map_or(&[][..], |map| &map.connectors);
    for (list, task) in lists
        .iter()
        .flat_map(|list| list.tasks.iter().map(move |task| (list, task)))
    {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a task has less than 2^53 partitions"
        )]
        let owned = task.partitions.len() as f64;
        page.add(&OWNED, &[&list.connector, &task.id.to_string()], owned);
    }
    for canary in &snapshot.canaries {
        let flow = snapshot
            .flows
            .iter()
            .find(|flow| (&flow.source, &flow.target) == (&canary.source, &canary.target));
        let tasks = snapshot.tasks.value.as_ref();
        if let Some(tasks) = flow.and_then(|flow| tasks?.of(&flow.connector)) {
            coverage(page, [&canary.source, &canary.target, &canary.topic], tasks);
        }
    }
}

fn statuses(page: &mut Page, connector: &ConnectorStatus) {
    let labels = [
        &*connector.name,
        &connector.worker,
        connector.state.as_str(),
    ];
    page.state(&CONNECTOR_STATUS, &labels);
    states(page, &connector.name, connector.state.name());
    for task in &connector.tasks {
        let labels = [
            &*connector.name,
            &task.id.to_string(),
            &task.worker,
            task.state.as_str(),
        ];
        page.state(&TASK_STATUS, &labels);
    }
}

fn states(page: &mut Page, connector: &str, current: &str) {
    for state in State::NAMES.into_iter().chain([MISSING]) {
        let is_it = f64::from(u8::from(state == current));
        page.add(&CONNECTOR_STATE, &[connector, state], is_it);
    }
}

/// The connectors of flows that Connect does not have.
fn missing<'a>(snapshot: &'a Snapshot, known: &[ConnectorStatus]) -> BTreeSet<&'a str> {
    let of_flows = snapshot.flows.iter().map(|flow| flow.connector.as_str());
    of_flows
        .filter(|name| !known.iter().any(|connector| connector.name == *name))
        .collect()
}

fn group(page: &mut Page, view: &GroupView) {
    #[expect(clippy::cast_precision_loss, reason = "a group has few members")]
    page.add(&MEMBERS, &[], view.group.members as f64);
    let until = view.withheld_until.map(Timestamp::as_seconds);
    page.add_some(&WITHHELD_UNTIL, &[], until);
    let Some(assignment) = &view.group.assignment else {
        return;
    };
    for worker in &assignment.workers {
        page.state(&MEMBER_INFO, &[worker]);
    }
    if let Some(leader) = &assignment.leader {
        page.state(&LEADER_INFO, &[leader]);
    }
    let withheld = !assignment.delay.is_zero();
    page.add(&WITHHELD, &[], f64::from(u8::from(withheld)));
    page.add(&WITHHELD_DELAY, &[], assignment.delay.as_secs_f64());
}

fn coverage(page: &mut Page, [source, target, topic]: [&String; 3], tasks: &ConnectorTasks) {
    for task in &tasks.tasks {
        let id = task.id.to_string();
        let mut owned = 0_u32;
        for at in task.partitions.iter().filter(|at| at.topic == *topic) {
            let labels = [
                source,
                target,
                &*at.partition.to_string(),
                &tasks.connector,
                &id,
            ];
            page.state(&OWNER_INFO, &labels);
            owned += 1;
        }
        let labels = [source, target, &*tasks.connector, &id];
        page.add(&TASK_PARTITIONS, &labels, f64::from(owned));
    }
}
