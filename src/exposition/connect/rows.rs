//! The rows of the catalogue on Kafka Connect.

use super::super::metric::{Kind, Metric};

const STATUS: &str = "Connect REST `GET /connectors?expand=status`, asked of the leader if it answers, else of another member of the group";
const NO_VIEW: &str =
    "no worker has answered within the time to live, or the connector has no status yet";
const GROUP: &str = "DescribeGroups of the Connect group";
const NO_GROUP: &str = "no group configured, or not read within the time to live";
const UNSETTLED: &str =
    "no group configured, not read within the time to live, or the group rebalances";
const TASKS: &str = "Connect REST `GET /connectors/{name}/tasks`, key `task.assigned.partitions`";

pub(super) const TASK_STATUS: Metric = Metric::new(
    "kafka_connect_connector_task_status",
    Kind::Gauge,
    "boolean",
    &["connector", "task", "worker", "status"],
    "1 for the current status of the task, in lower case; a task of a worker that was killed stays \"running\" until it starts elsewhere.",
)
.from(STATUS, NO_VIEW);
pub(super) const CONNECTOR_STATUS: Metric = Metric::new(
    "kafka_connect_connector_status",
    Kind::Gauge,
    "boolean",
    &["connector", "worker", "status"],
    "1 for the current status of the connector instance, in lower case.",
)
.from(STATUS, NO_VIEW);
pub(super) const CONNECTOR_STATE: Metric = Metric::new(
    "mm2_connector_state",
    Kind::Gauge,
    "boolean",
    &["connector", "state"],
    "1 for the state of the connector instance, 0 for the other states; missing is the connector of a flow that Connect does not have, unknown a state that it adds one day.",
)
.from(STATUS, NO_VIEW);
pub(super) const OWNED: Metric = Metric::new(
    "mm2_task_partitions",
    Kind::Gauge,
    "partitions",
    &["connector", "task"],
    "Source partitions that the task replicates.",
)
.from(TASKS, "no task list within the time to live");
pub(super) const WORKER_UP: Metric = Metric::new(
    "mm2_worker_up",
    Kind::Gauge,
    "boolean",
    &["worker"],
    "1 if the worker's REST API answered the last poll; every configured worker always has it.",
)
.from("Connect REST", "never");
pub(super) const WORKER_INFO: Metric = Metric::new(
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
pub(super) const HEALTH: Metric = Metric::new(
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
pub(super) const ADDRESS: Metric = Metric::new(
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
pub(super) const STRANGER: Metric = Metric::new(
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
pub(super) const MEMBERS: Metric = Metric::new(
    "mm2_connect_group_members",
    Kind::Gauge,
    "workers",
    &[],
    "Members of the Connect group.",
)
.from(GROUP, NO_GROUP);
pub(super) const MEMBER_INFO: Metric = Metric::new(
    "mm2_connect_group_member_info",
    Kind::Info,
    "",
    &["worker"],
    "1 for each worker in the Connect group.",
)
.from(GROUP, UNSETTLED);
pub(super) const LEADER_INFO: Metric = Metric::new(
    "mm2_connect_leader_info",
    Kind::Info,
    "",
    &["worker"],
    "1 for the worker that leads the Connect group: its loss is not followed by a delay.",
)
.from(GROUP, UNSETTLED);
pub(super) const WITHHELD: Metric = Metric::new(
    "mm2_connect_assignment_withheld",
    Kind::Gauge,
    "boolean",
    &[],
    "1 while the leader withholds lost tasks (`scheduled.rebalance.max.delay.ms`).",
)
.from(GROUP, UNSETTLED);
pub(super) const WITHHELD_DELAY: Metric = Metric::new(
    "mm2_connect_assignment_withheld_delay_seconds",
    Kind::Gauge,
    "seconds",
    &[],
    "The delay in the group's assignments, 0 when nothing is withheld; it does not count down.",
)
.from(GROUP, UNSETTLED);
pub(super) const WITHHELD_UNTIL: Metric = Metric::new(
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
pub(super) const OWNER_INFO: Metric = Metric::new(
    "mm2_canary_partition_owner_info",
    Kind::Info,
    "",
    &["source", "target", "partition", "connector", "task"],
    "1 for the task that replicates the partition of the canary's topic.",
)
.from(TASKS, "no canary, or no task list within the time to live");
pub(super) const TASK_PARTITIONS: Metric = Metric::new(
    "mm2_canary_task_partitions",
    Kind::Gauge,
    "partitions",
    &["source", "target", "connector", "task"],
    "Partitions of the canary's topic that the task replicates and the canary sends to; 0 means that the canary does not see this task.",
)
.from(TASKS, "no canary, or no task list within the time to live");

pub(in crate::exposition) const METRICS: &[&Metric] = &[
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
