//! MBeans of connectors and tasks, on the worker that runs them.

use super::{Bean, counter, gauge, text, unknown};

/// A connector instance.
pub(super) const CONNECTOR: Bean = Bean {
    name: "kafka.connect:type=connector-metrics,connector=*",
    prefix: "kafka_connect_connector",
    labels: &["connector", "worker"],
    absent: "the worker does not run the connector instance",
    attributes: &[
        text("status", "Its status as this worker sees it"),
        text("connector-type", "Its type"),
        text("connector-class", "Its class"),
        text("connector-version", "Version of the class"),
    ],
};

/// A task.
pub(super) const TASK: Bean = Bean {
    name: "kafka.connect:type=connector-task-metrics,connector=*,task=*",
    prefix: "kafka_connect_connector_task",
    labels: &["connector", "task", "worker"],
    absent: "the worker does not run the task; averages and maxima also when nothing came within JMX's window",
    attributes: &[
        text(
            "status",
            "Its status as this worker sees it, in lower case; it stays failed until the task is restarted or moved",
        ),
        text("task-class", "its class (Kafka 4.1 and later)"),
        text("task-version", "version of the class (4.1 and later)"),
        text(
            "key-converter-class",
            "converter of its keys (4.1 and later)",
        ),
        text(
            "value-converter-class",
            "converter of its values (4.1 and later)",
        ),
        text(
            "header-converter-class",
            "converter of its headers (4.1 and later): only ByteArrayConverter copies headers as they are",
        ),
        gauge(
            "running-ratio",
            "ratio",
            "Share of its time since it was made that the task was running",
        ),
        gauge(
            "pause-ratio",
            "ratio",
            "Share of its time since it was made that the task was paused",
        ),
        gauge(
            "batch-size-avg",
            "records",
            "Mean records of a batch, over JMX's window",
        ),
        gauge(
            "batch-size-max",
            "records",
            "Most records of a batch, over JMX's window",
        ),
        gauge(
            "offset-commit-avg-time-ms",
            "milliseconds",
            "Mean time to commit offsets, over JMX's window",
        ),
        gauge(
            "offset-commit-max-time-ms",
            "milliseconds",
            "Longest time to commit offsets, over JMX's window",
        ),
        gauge(
            "offset-commit-success-percentage",
            "ratio",
            "Share of offset commits that succeeded, from 0 to 1 in spite of its name",
        ),
        gauge(
            "offset-commit-failure-percentage",
            "ratio",
            "Share of offset commits that failed, from 0 to 1 in spite of its name",
        ),
    ],
};

/// What a source task reads and writes.
pub(super) const SOURCE_TASK: Bean = Bean {
    name: "kafka.connect:type=source-task-metrics,connector=*,task=*",
    prefix: "kafka_connect_source_task",
    labels: &["connector", "task", "worker"],
    absent: "the worker does not run the task; averages and maxima also when nothing came within JMX's window; transactions only with exactly-once",
    attributes: &[
        gauge(
            "source-record-poll-rate",
            "records per second",
            "Records read per second, over JMX's window",
        ),
        counter(
            "source-record-poll-total",
            "records",
            "Records read since the task started",
        ),
        gauge(
            "source-record-write-rate",
            "records per second",
            "Records written per second, over JMX's window",
        ),
        counter(
            "source-record-write-total",
            "records",
            "Records written since the task started; it moves by whole batches",
        ),
        gauge(
            "source-record-active-count",
            "records",
            "Records read and not yet written: in flight, not a lag; 0 is also the healthy idle value",
        ),
        gauge(
            "source-record-active-count-avg",
            "records",
            "Mean of the records in flight, over JMX's window",
        ),
        gauge(
            "source-record-active-count-max",
            "records",
            "Most records in flight, over JMX's window",
        ),
        gauge(
            "poll-batch-avg-time-ms",
            "milliseconds",
            "Mean time of a poll, over JMX's window",
        ),
        gauge(
            "poll-batch-max-time-ms",
            "milliseconds",
            "Longest time of a poll, over JMX's window",
        ),
        gauge(
            "transaction-size-avg",
            "records",
            "Mean records of a transaction, over JMX's window",
        ),
        gauge(
            "transaction-size-max",
            "records",
            "Most records of a transaction, over JMX's window",
        ),
        gauge(
            "transaction-size-min",
            "records",
            "Least records of a transaction, over JMX's window",
        ),
    ],
};

/// What went wrong with records of a task. Of MM2 it counts converters, transformations, and with `errors.tolerance=all` the producer's failures.
pub(super) const TASK_ERROR: Bean = Bean {
    name: "kafka.connect:type=task-error-metrics,connector=*,task=*",
    prefix: "kafka_connect_task_error",
    labels: &["connector", "task", "worker"],
    absent: "the worker does not run the task",
    attributes: &[
        unknown(
            "total-record-failures",
            "records",
            "Records that failed (a counter)",
        ),
        unknown(
            "total-record-errors",
            "records",
            "Errors of records (a counter)",
        ),
        unknown(
            "total-records-skipped",
            "records",
            "Records that were skipped (a counter)",
        ),
        unknown(
            "total-retries",
            "retries",
            "Operations that were tried again (a counter); MM2's own are not among them",
        ),
        unknown(
            "total-errors-logged",
            "errors",
            "Errors that were logged (a counter)",
        ),
        unknown(
            "deadletterqueue-produce-requests",
            "requests",
            "Writes to the dead letter queue (a counter)",
        ),
        unknown(
            "deadletterqueue-produce-failures",
            "requests",
            "Failed writes to the dead letter queue (a counter)",
        ),
        gauge(
            "last-error-timestamp",
            "milliseconds",
            "When the last error was, in milliseconds since the Unix epoch; 0 for never",
        ),
    ],
};
