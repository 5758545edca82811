//! MBeans that every worker has.

use super::{Bean, counter, gauge, text};

/// What a worker runs.
pub(super) const WORKER: Bean = Bean {
    name: "kafka.connect:type=connect-worker-metrics",
    prefix: "kafka_connect_worker",
    labels: &["worker"],
    absent: "Jolokia does not answer",
    attributes: &[
        gauge(
            "connector-count",
            "connectors",
            "Connector instances that this worker runs",
        ),
        gauge("task-count", "tasks", "Tasks that this worker runs"),
        counter(
            "connector-startup-attempts-total",
            "attempts",
            "Connector startups attempted",
        ),
        counter(
            "connector-startup-success-total",
            "attempts",
            "Connector startups that succeeded",
        ),
        counter(
            "connector-startup-failure-total",
            "attempts",
            "Connector startups that failed",
        ),
        gauge(
            "connector-startup-success-percentage",
            "ratio",
            "Share of connector startups that succeeded, from 0 to 1 in spite of its name",
        ),
        gauge(
            "connector-startup-failure-percentage",
            "ratio",
            "Share of connector startups that failed, from 0 to 1 in spite of its name",
        ),
        counter(
            "task-startup-attempts-total",
            "attempts",
            "Task startups attempted",
        ),
        counter(
            "task-startup-success-total",
            "attempts",
            "Task startups that succeeded",
        ),
        counter(
            "task-startup-failure-total",
            "attempts",
            "Task startups that failed",
        ),
        gauge(
            "task-startup-success-percentage",
            "ratio",
            "Share of task startups that succeeded, from 0 to 1 in spite of its name",
        ),
        gauge(
            "task-startup-failure-percentage",
            "ratio",
            "Share of task startups that failed, from 0 to 1 in spite of its name",
        ),
    ],
};

/// What a worker runs of one connector.
pub(super) const WORKER_CONNECTOR: Bean = Bean {
    name: "kafka.connect:type=connect-worker-metrics,connector=*",
    prefix: "kafka_connect_worker",
    labels: &["connector", "worker"],
    absent: "the worker runs no task of the connector",
    attributes: &[
        gauge(
            "connector-total-task-count",
            "tasks",
            "Tasks of the connector on this worker",
        ),
        gauge(
            "connector-running-task-count",
            "tasks",
            "Running tasks of the connector on this worker",
        ),
        gauge(
            "connector-paused-task-count",
            "tasks",
            "Paused tasks of the connector on this worker",
        ),
        gauge(
            "connector-failed-task-count",
            "tasks",
            "Failed tasks of the connector on this worker",
        ),
        gauge(
            "connector-unassigned-task-count",
            "tasks",
            "Unassigned tasks of the connector on this worker",
        ),
        gauge(
            "connector-destroyed-task-count",
            "tasks",
            "Destroyed tasks of the connector on this worker",
        ),
        gauge(
            "connector-restarting-task-count",
            "tasks",
            "Restarting tasks of the connector on this worker",
        ),
    ],
};

/// Rebalances as a worker sees them.
pub(super) const REBALANCE: Bean = Bean {
    name: "kafka.connect:type=connect-worker-rebalance-metrics",
    prefix: "kafka_connect_worker_rebalance",
    labels: &["worker"],
    absent: "Jolokia does not answer; times also when there was no rebalance to measure",
    attributes: &[
        text(
            "connect-protocol",
            "Protocol of the group: EAGER, COMPATIBLE or SESSIONED",
        ),
        text("leader-name", "URL of the leader"),
        gauge(
            "epoch",
            "generations",
            "Generation of the group that this worker last joined",
        ),
        counter(
            "completed-rebalances-total",
            "rebalances",
            "Rebalances that this worker has completed",
        ),
        gauge(
            "rebalancing",
            "boolean",
            "1 from the receipt of an assignment to the start of its tasks; not while tasks are withheld",
        ),
        gauge(
            "rebalance-max-time-ms",
            "milliseconds",
            "Longest time from the receipt of an assignment to the start of its tasks, over JMX's window",
        ),
        gauge(
            "rebalance-avg-time-ms",
            "milliseconds",
            "Mean time from the receipt of an assignment to the start of its tasks, over JMX's window",
        ),
        gauge(
            "time-since-last-rebalance-ms",
            "milliseconds",
            "Time since the last rebalance",
        ),
    ],
};

/// The worker as a member of its group.
pub(super) const COORDINATOR: Bean = Bean {
    name: "kafka.connect:type=connect-coordinator-metrics,*",
    prefix: "kafka_connect_coordinator",
    labels: &["client_id", "worker"],
    absent: "Jolokia does not answer; times also when there was no rebalance within JMX's window",
    attributes: &[
        gauge(
            "assigned-connectors",
            "connectors",
            "Connectors assigned to the worker",
        ),
        gauge(
            "assigned-tasks",
            "tasks",
            "Tasks assigned to the worker; less than configured in sum while some are withheld",
        ),
        gauge(
            "heartbeat-rate",
            "heartbeats per second",
            "Heartbeats to the coordinator per second, over JMX's window",
        ),
        counter(
            "heartbeat-total",
            "heartbeats",
            "Heartbeats to the coordinator",
        ),
        gauge(
            "heartbeat-response-time-max",
            "milliseconds",
            "Longest answer to a heartbeat, over JMX's window",
        ),
        gauge(
            "last-heartbeat-seconds-ago",
            "seconds",
            "Time since the last answer to a heartbeat",
        ),
        gauge(
            "join-rate",
            "joins per second",
            "Joins of the group per second, over JMX's window",
        ),
        counter("join-total", "joins", "Joins of the group"),
        gauge(
            "join-time-avg",
            "milliseconds",
            "Mean time to join the group, over JMX's window",
        ),
        gauge(
            "join-time-max",
            "milliseconds",
            "Longest time to join the group, over JMX's window",
        ),
        gauge(
            "sync-rate",
            "syncs per second",
            "Syncs of the group per second, over JMX's window",
        ),
        counter("sync-total", "syncs", "Syncs of the group"),
        gauge(
            "sync-time-avg",
            "milliseconds",
            "Mean time to sync the group, over JMX's window",
        ),
        gauge(
            "sync-time-max",
            "milliseconds",
            "Longest time to sync the group, over JMX's window",
        ),
        gauge(
            "rebalance-latency-avg",
            "milliseconds",
            "Mean time of a rebalance, over JMX's window",
        ),
        gauge(
            "rebalance-latency-max",
            "milliseconds",
            "Longest time of a rebalance, over JMX's window",
        ),
        counter(
            "rebalance-latency-total",
            "milliseconds",
            "Time of all rebalances together",
        ),
        counter("rebalance-total", "rebalances", "Rebalances that succeeded"),
        gauge(
            "rebalance-rate-per-hour",
            "rebalances per hour",
            "Rebalances per hour, over JMX's window",
        ),
        counter(
            "failed-rebalance-total",
            "rebalances",
            "Rebalances that failed",
        ),
        gauge(
            "failed-rebalance-rate-per-hour",
            "rebalances per hour",
            "Failed rebalances per hour, over JMX's window",
        ),
        gauge(
            "last-rebalance-seconds-ago",
            "seconds",
            "Time since the last rebalance",
        ),
    ],
};

/// The worker's own connections to its group's cluster.
pub(super) const NETWORK: Bean = Bean {
    name: "kafka.connect:type=connect-metrics,*",
    prefix: "kafka_connect_network",
    labels: &["client_id", "worker"],
    absent: "Jolokia does not answer",
    attributes: &[
        gauge("connection-count", "connections", "Open connections"),
        counter(
            "connection-creation-total",
            "connections",
            "Connections opened",
        ),
        counter(
            "connection-close-total",
            "connections",
            "Connections closed",
        ),
        gauge(
            "request-rate",
            "requests per second",
            "Requests sent per second, over JMX's window",
        ),
        counter("request-total", "requests", "Requests sent"),
        counter("response-total", "responses", "Responses received"),
        gauge(
            "incoming-byte-rate",
            "bytes per second",
            "Bytes received per second, over JMX's window",
        ),
        counter("incoming-byte-total", "bytes", "Bytes received"),
        gauge(
            "outgoing-byte-rate",
            "bytes per second",
            "Bytes sent per second, over JMX's window",
        ),
        counter("outgoing-byte-total", "bytes", "Bytes sent"),
        counter(
            "failed-authentication-total",
            "connections",
            "Connections whose authentication failed",
        ),
    ],
};

/// Which Kafka a worker is.
pub(super) const APP_INFO: Bean = Bean {
    name: "kafka.connect:type=app-info,id=*",
    prefix: "kafka_connect_app",
    labels: &["id", "worker"],
    absent: "Jolokia does not answer",
    attributes: &[
        text("Version", "Version of Kafka"),
        text("CommitId", "Commit of that version"),
        gauge(
            "StartTimeMs",
            "milliseconds",
            "When the worker started, in milliseconds since the Unix epoch",
        ),
    ],
};
