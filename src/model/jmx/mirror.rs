//! MM2's own MBeans.

use super::{Bean, gauge, unknown};

/// What each partition of a `MirrorSourceConnector` does.
pub(super) const SOURCE: Bean = Bean {
    name: "kafka.connect.mirror:type=MirrorSourceConnector,*",
    prefix: "kafka_connect_mirror_source_connector",
    labels: &["source", "target", "topic", "partition", "worker"],
    absent: "the worker runs no task of the partition, or the task has failed, or it was started before the task of its \
             name had come to its end, which took its MBeans along; averages, minima and maxima also when no record came \
             within JMX's window of 30 to 60 s",
    attributes: &[
        unknown(
            "record-count",
            "records",
            "Records acknowledged by the target since the task started (a counter)",
        ),
        gauge(
            "record-rate",
            "records per second",
            "Records acknowledged per second, over JMX's window",
        ),
        unknown(
            "byte-count",
            "bytes",
            "Bytes of record values read from the source since the task started (a counter)",
        ),
        gauge(
            "byte-rate",
            "bytes per second",
            "Bytes of record values read per second, over JMX's window",
        ),
        gauge(
            "record-age-ms",
            "milliseconds",
            "Age of the last record when it was read; 0 before the first, never expires",
        ),
        gauge(
            "record-age-ms-max",
            "milliseconds",
            "Greatest age of a record when it was read, over JMX's window",
        ),
        gauge(
            "record-age-ms-min",
            "milliseconds",
            "Least age of a record when it was read, over JMX's window",
        ),
        gauge(
            "record-age-ms-avg",
            "milliseconds",
            "Mean age of the records when they were read, over JMX's window",
        ),
        gauge(
            "replication-latency-ms",
            "milliseconds",
            "Time from the last record's timestamp to its acknowledgement by the target; 0 before the first, never expires",
        ),
        gauge(
            "replication-latency-ms-max",
            "milliseconds",
            "Greatest time from a record's timestamp to its acknowledgement, over JMX's window",
        ),
        gauge(
            "replication-latency-ms-min",
            "milliseconds",
            "Least time from a record's timestamp to its acknowledgement, over JMX's window",
        ),
        gauge(
            "replication-latency-ms-avg",
            "milliseconds",
            "Mean time from record timestamp to acknowledgement, over JMX's window; not a lag",
        ),
    ],
};

/// What a `MirrorCheckpointConnector` does; its groups share one sensor, so each shows the same number.
pub(super) const CHECKPOINT: Bean = Bean {
    name: "kafka.connect.mirror:type=MirrorCheckpointConnector,*",
    prefix: "kafka_connect_mirror_checkpoint_connector",
    labels: &["source", "target", "group", "topic", "partition", "worker"],
    absent: "the worker runs no task that has written a checkpoint of the group; averages, minima and maxima also when none came within JMX's window of 30 to 60 s",
    attributes: &[
        gauge(
            "checkpoint-latency-ms",
            "milliseconds",
            "Time from the read of a group's offsets to the acknowledgement of a checkpoint, the last one of the task: not of this group, all groups of a task share it",
        ),
        gauge(
            "checkpoint-latency-ms-max",
            "milliseconds",
            "Greatest time from the read of offsets to the acknowledgement of a checkpoint, over JMX's window; all groups of a task share it",
        ),
        gauge(
            "checkpoint-latency-ms-min",
            "milliseconds",
            "Least time from the read of offsets to the acknowledgement of a checkpoint, over JMX's window; all groups of a task share it",
        ),
        gauge(
            "checkpoint-latency-ms-avg",
            "milliseconds",
            "Mean time from the read of offsets to the acknowledgement of a checkpoint, over JMX's window; all groups of a task share it",
        ),
    ],
};
