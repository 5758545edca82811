//! The catalogue of mirrored JMX attributes: one row each. Reading, exposition and `docs/metrics.md` follow from it.
//!
//! Names, units and traps are those of Kafka's own MBeans; the published name is mechanical: the group's prefix and
//! the attribute in snake case, unit as in JMX.

/// What a value does over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JmxKind {
    /// Goes up, starts again at zero; JMX calls it `…-total`.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A counter that JMX does not call `…-total`, so that Prometheus may not call it a counter.
    Unknown,
}

/// One group of MBeans and the attributes mirrored from it.
#[derive(Debug)]
pub struct Bean {
    /// Object name, or pattern of object names.
    pub name: &'static str,
    /// Start of the published names.
    pub prefix: &'static str,
    /// Labels: keys of the object name, and `worker`, which is always the last.
    pub labels: &'static [&'static str],
    /// When the series are absent though the worker is up.
    pub absent: &'static str,
    /// The attributes.
    pub attributes: &'static [Attribute],
}

/// One mirrored attribute.
#[derive(Debug)]
pub struct Attribute {
    /// Its name in JMX.
    pub name: &'static str,
    /// What it does over time.
    pub kind: JmxKind,
    /// Its unit in JMX.
    pub unit: &'static str,
    /// What it says.
    pub meaning: &'static str,
}

impl Bean {
    /// Whether the name matches several MBeans.
    pub fn is_pattern(&self) -> bool {
        self.name.contains('*')
    }

    /// The published name of one of its attributes.
    pub fn metric(&self, attribute: &Attribute) -> String {
        format!("{}_{}", self.prefix, attribute.name.replace('-', "_"))
    }
}

/// One value read from one MBean.
#[derive(Clone, Debug, PartialEq)]
pub struct JmxSample {
    /// Index of the row's group in [`BEANS`].
    pub bean: usize,
    /// Index of the attribute in that group.
    pub attribute: usize,
    /// Values of the group's labels in their order, without `worker`; empty where the MBean does not tell.
    pub labels: Vec<String>,
    /// The value; never NaN.
    pub value: f64,
}

/// What one worker's Jolokia answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JmxView {
    /// The values.
    pub samples: Vec<JmxSample>,
    /// MBean groups of the catalogue that Jolokia refused or could not read.
    pub refused: Vec<&'static str>,
}

const fn counter(name: &'static str, unit: &'static str, meaning: &'static str) -> Attribute {
    Attribute {
        name,
        kind: JmxKind::Counter,
        unit,
        meaning,
    }
}

const fn gauge(name: &'static str, unit: &'static str, meaning: &'static str) -> Attribute {
    Attribute {
        name,
        kind: JmxKind::Gauge,
        unit,
        meaning,
    }
}

const fn unknown(name: &'static str, unit: &'static str, meaning: &'static str) -> Attribute {
    Attribute {
        name,
        kind: JmxKind::Unknown,
        unit,
        meaning,
    }
}

/// All mirrored MBeans.
pub const BEANS: &[Bean] = &[
    Bean {
        name: "kafka.connect.mirror:type=MirrorSourceConnector,*",
        prefix: "kafka_connect_mirror_source_connector",
        labels: &["source", "target", "topic", "partition", "worker"],
        absent: "the worker runs no task of the partition, or the task has failed; averages, minima and maxima also \
                 when no record came within JMX's window of 30 to 60 s",
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
    },
    Bean {
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
    },
    Bean {
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
    },
    Bean {
        name: "kafka.connect:type=connect-worker-rebalance-metrics",
        prefix: "kafka_connect_worker_rebalance",
        labels: &["worker"],
        absent: "Jolokia does not answer; times also when there was no rebalance to measure",
        attributes: &[
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
    },
];

#[test]
fn published_names_follow_from_group_and_attribute() {
    let bean = &BEANS[0];
    assert_eq!(
        bean.metric(&bean.attributes[11]),
        "kafka_connect_mirror_source_connector_replication_latency_ms_avg"
    );
    assert_eq!(bean.attributes.len(), 12);
}

#[test]
fn no_two_rows_are_published_under_one_name_and_only_totals_are_counters() {
    let mut names: Vec<String> = Vec::new();
    for bean in BEANS {
        assert_eq!(bean.labels.last(), Some(&"worker"), "{}", bean.name);
        for attribute in bean.attributes {
            let total = attribute.name.ends_with("-total");
            assert_eq!(
                attribute.kind == JmxKind::Counter,
                total,
                "{}",
                attribute.name
            );
            names.push(bean.metric(attribute));
        }
    }
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
}
