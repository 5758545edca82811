//! The table: each fault of the fault table with what it fires under a load above every rate threshold, held until all of it is there.

use super::group::Group;
use super::row::{Row, row};

/// Nothing is copied, and the tasks' MBeans are there: the plan's metrics at both levels.
const RATES_ZERO: &[&str] = &[
    "RecordCountFlat w",
    "RecordCountFlat c",
    "RecordSendRateLow w",
    "RecordSendRateLow c",
    "ByteRateLow w",
    "ByteRateLow c",
    "RecordPollRateLow w",
    "RecordPollRateLow c",
    "ActiveCountFlat w",
    "ActiveCountFlat c",
];
/// Nothing is copied, and the MBeans are gone: a rate that is gone is not below a threshold.
const RATES_GONE: &[&str] = &[
    "RecordCountFlat w",
    "RecordCountFlat c",
    "RecordSendRateLow c",
    "ByteRateLow c",
    "RecordPollRateLow c",
    "ActiveCountFlat w",
    "ActiveCountFlat c",
];
/// Part of the flow or all of it does not arrive for longer than the recovery point.
const LATE: &[&str] = &[
    "CanaryAgeHigh w",
    "CanaryAgeHigh c",
    "ReplicationLagHigh w",
    "ReplicationLagHigh c",
    "RecoveryPointBudgetBurn c",
];
/// What waited is late when it comes, and JMX's mean says so for a minute more.
const CATCHING_UP: &[&str] = &["ReplicationLatencyHigh w", "ReplicationLatencyHigh c"];
const LOST_WORKER: &[&str] = &["WorkerDown w", "TaskOnDeadWorker c"];
const WITHHELD: &[&str] = &["TasksWithheld w", "TasksWithheld c"];

impl Row {
    /// The flow or part of it is late, and what waited catches up.
    fn late(self) -> Self {
        self.fires(LATE).perhaps(CATCHING_UP)
    }
}

/// All rows, in the order in which each lab runs its own.
pub(super) fn all() -> Vec<Row> {
    let mut rows = of_workers();
    rows.extend(of_links());
    rows.extend(of_connectors());
    rows.extend(of_brokers());
    rows.extend(of_topics());
    rows
}

fn of_workers() -> Vec<Row> {
    vec![
        row(
            "a worker that owns tasks is killed, and does not lead",
            Group::Withholding,
        )
        .fires(LOST_WORKER)
        .fires(WITHHELD)
        .fires(&["FlowDegraded w"])
        .late(),
        row("a worker that owns tasks is frozen", Group::Withholding)
            .fires(LOST_WORKER)
            .fires(WITHHELD)
            .fires(&["FlowDegraded w"])
            .late(),
        row(
            "a worker without a task of the flow is killed",
            Group::Withholding,
        )
        .fires(LOST_WORKER)
        .fires(WITHHELD),
        row("the leader is killed", Group::Patient)
            .fires(LOST_WORKER)
            .fires(&["FlowDegraded w"])
            .late(),
    ]
}

fn of_links() -> Vec<Row> {
    let source = |fault| {
        row(fault, Group::Patient)
            .fires(&["FlowStalled c", "TaskStalled w"])
            .fires(RATES_ZERO)
            .late()
    };
    let target = |fault| {
        row(fault, Group::Tuned)
            .fires(&["FlowStalled c", "TaskStalled w", "WorkerUnhealthy w"])
            .fires(RATES_GONE)
            .late()
    };
    vec![
        source("the workers' links to the source are stalled"),
        source("the workers' packets to the source are dropped"),
        target(
            "the workers' links to the target are stalled, where Connect's own group lives, too",
        ),
        target(
            "the workers' packets to the target are dropped, where Connect's own group lives, too",
        ),
    ]
}

fn of_connectors() -> Vec<Row> {
    vec![
        row("the connector is paused", Group::Patient)
            .fires(&["FlowStalled c", "ConnectorNotRunning w"])
            .fires(RATES_ZERO)
            .late(),
        row("the connector is stopped", Group::Patient)
            .fires(&["FlowStalled c", "ConnectorNotRunning w"])
            .fires(RATES_GONE)
            .late(),
        row("the connector is deleted", Group::Patient)
            .fires(&["FlowStalled c", "ConnectorDown c"])
            .fires(RATES_GONE)
            .late(),
    ]
}

fn of_brokers() -> Vec<Row> {
    vec![
        // What the canary sent last may still be on its way. When groups cannot be listed for a minute, the checkpoint connector asks for no
        // tasks; what that rebalance moves cannot end while the source is away, and runs on beside its successor.
        row("the source cluster's broker stops", Group::Patient)
            .fires(&["SourceDown c"])
            .perhaps(LATE)
            .perhaps(&["TaskRunsTwice w", "TaskStalled w"])
            .perhaps(CATCHING_UP),
        row(
            "the target cluster's broker stops, where Connect's own group and topics live, too",
            Group::Tuned,
        )
        .fires(&["TargetDown c", "TaskStalled w", "WorkerUnhealthy w"])
        .fires(RATES_GONE)
        .late(),
    ]
}

fn of_topics() -> Vec<Row> {
    vec![
        row("a flow has no traffic", Group::Withholding).calm(),
        row(
            "retention deletes records at the source before they are copied",
            Group::Patient,
        )
        .fires(&[
            "FlowStalled c",
            "TaskStalled w",
            "RecordsDeletedBeforeCopy c",
        ])
        .fires(RATES_ZERO)
        // The log begins at what has waited longest, until that is copied.
        .perhaps(&["RetentionNear w", "RetentionNear c"])
        .late(),
        // After the retention's, which finds what was copied by the records at the source.
        row(
            "a topic is deleted at the source, and made again",
            Group::Patient,
        ),
        row(
            "a task fails of a record that is too large for the target",
            Group::Tuned,
        )
        .fires(&["TaskFailed c", "FlowDegraded w"])
        .late()
        // Whether the record counts as deleted before it was copied depends on when the offsets are read.
        .perhaps(&["RecordsDeletedBeforeCopy c"]),
    ]
}

#[test]
fn every_fault_of_the_fault_table_has_its_alerts() {
    let own: Vec<&str> = all().iter().map(|row| row.fault).collect();
    let mut theirs: Vec<&str> = super::row::faults().iter().map(|row| row.fault).collect();
    assert_eq!(own.len(), 17);
    theirs.retain(|fault| own.iter().filter(|one| *one == fault).count() != 1);
    assert_eq!(theirs, Vec::<&str>::new(), "not once in the table");
}
