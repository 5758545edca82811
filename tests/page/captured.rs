//! One snapshot that shows every metric: what was captured, and beside it what only a fault or a running cluster would show.

use std::sync::Arc;
use std::time::Duration;

use mirrorwatch::model::address::AddressView;
use mirrorwatch::model::checkpoint::{Checkpoint, Checkpoints, Heartbeat};
use mirrorwatch::model::connect::TopicPartition;
use mirrorwatch::model::flow::FlowState;
use mirrorwatch::model::group::{ConnectGroup, GroupAssignment, GroupView};
use mirrorwatch::model::normalised::{
    self, ConnectorView, FlowView, Normalised, ProbedGroup, TaskView, TranslationView,
};
use mirrorwatch::model::offsets::{ClusterView, GroupOffsets, LogOffsets, LogRange};
use mirrorwatch::model::probe::{Landing, ProbePartition, ProbeView};
use mirrorwatch::model::snapshot::{ClusterReadings, FlowReadings, Moment, Reading, Snapshot};
use mirrorwatch::model::status::{Entered, StatusLog, Transitions};
use mirrorwatch::model::task::TaskState;
use mirrorwatch::model::time::Timestamp;
use mirrorwatch::poll::{Polls, Schedule};

use crate::canary;
use crate::stub::{Behaviour, QUICK, Stub, endpoints};

pub(crate) const NOW: Moment = Moment {
    wall: Timestamp::from_micros(1_795_423_000_250_000),
    monotonic: Duration::from_secs(1_000),
};

/// What is on the page must not depend on how slow the machine is.
const PATIENT: Schedule = Schedule {
    interval: Duration::from_mins(10),
    deadline: Duration::from_mins(2),
    time_to_live: Duration::from_mins(10),
};

/// What was captured, with instants that do not change from run to run.
pub(crate) async fn snapshot() -> Snapshot {
    let live = Stub::start(Behaviour::Captured).await;
    let dead = Stub::start(Behaviour::Hangup).await;
    let checkpoint = Stub::start(Behaviour::CapturedCheckpoint).await;
    let polls = Polls::start(
        endpoints(&[live.port, dead.port, checkpoint.port], PATIENT.deadline),
        PATIENT,
        NOW.wall,
    );
    let mut snapshots = polls.snapshots.clone();
    snapshots
        .wait_for(|snapshot| snapshot.is_complete())
        .await
        .unwrap();
    let mut snapshot = Snapshot::clone(&snapshots.borrow());
    polls.stop().await;
    snapshot.taken = NOW;
    snapshot.time_to_live = QUICK.time_to_live;
    for worker in &mut snapshot.workers {
        settle(&mut worker.rest);
        settle(&mut worker.health);
        settle(worker.jolokia.as_mut().unwrap());
    }
    settle(&mut snapshot.tasks);
    settle(&mut snapshot.offsets);
    snapshot.clusters = vec![cluster("source"), cluster("target")];
    snapshot.normalised = Arc::new(normalised());
    snapshot.status = Some(read("status_topic", status_log()));
    snapshot.written = [(0, written())].into();
    snapshot.probes = [(0, read("translation:source:target", probe()))].into();
    snapshot.group = Some(group());
    snapshot.canaries = vec![Arc::new(canary::ledger())];
    snapshot
}

fn settle<T>(reading: &mut Reading<T>) {
    reading.duration = Some(Duration::from_millis(12));
    if reading.begun.is_some() {
        reading.begun = Some(Moment {
            wall: NOW.wall,
            monotonic: Duration::from_millis(997_500),
        });
        reading.last_success = Some(NOW.wall.minus(Duration::from_millis(2_488)));
    }
    reading.errors = reading.errors.map(|count| count.min(1));
}

fn read<T>(endpoint: &str, value: T) -> Reading<T> {
    let mut reading = Reading::none(endpoint);
    reading.value = Some(Arc::new(value));
    (reading.begun, reading.up) = (Some(NOW), true);
    settle(&mut reading);
    reading
}

fn status_log() -> StatusLog {
    let entered = |seconds, count| Entered {
        last: Some(NOW.wall.minus(Duration::from_secs(seconds))),
        count,
    };
    let transitions = |states: &[(&str, Entered)]| Transitions {
        generation: 4,
        worker: "127.0.0.1:27114".to_owned(),
        states: states
            .iter()
            .map(|(state, entered)| ((*state).to_owned(), *entered))
            .collect(),
        state: "running".to_owned(),
    };
    let connector = "mirror-source".to_owned();
    StatusLog {
        transitions: [
            (
                (connector.clone(), None),
                transitions(&[("running", entered(500, 0))]),
            ),
            (
                (connector, Some(0)),
                transitions(&[("running", entered(20, 2)), ("failed", entered(30, 1))]),
            ),
        ]
        .into(),
        malformed: 1,
    }
}

fn probe() -> ProbeView {
    let landing = |offset, reread_records: u32, skipped_records| Landing {
        offset,
        reread_records: reread_records.into(),
        reread_seconds: f64::from(reread_records) / 10.0,
        skipped_records,
    };
    let translated = ProbePartition {
        committed: 1_200,
        by_checkpoint: Some(landing(1_187, 13, 0)),
        by_group: Some(landing(1_203, 0, 3)),
    };
    ProbeView {
        topic: "test-mirrorwatch-canary".to_owned(),
        group: "mirrorwatch-probe-source-target".to_owned(),
        has_checkpoint: true,
        committed_at: Some(NOW.wall.minus(Duration::from_secs(30))),
        partitions: [(0, translated), (1, ProbePartition::default())].into(),
    }
}

fn written() -> FlowReadings {
    let checkpoint = Checkpoint {
        upstream: 1_000,
        downstream: 990,
        written: Some(NOW.wall.minus(Duration::from_secs(40))),
    };
    let remote = TopicPartition {
        topic: "source.test-orders".to_owned(),
        partition: 0,
    };
    let checkpoints = Checkpoints {
        groups: [("orders-app".to_owned(), [(remote, checkpoint)].into())].into(),
        malformed: 0,
    };
    let heartbeat = |sent| Heartbeat { sent, malformed: 0 };
    let topics = [("heartbeats", Some(NOW.wall)), ("source.heartbeats", None)];
    FlowReadings {
        checkpoints: read("checkpoints:source:target", checkpoints),
        heartbeats: topics
            .map(|(topic, sent)| {
                (
                    topic.into(),
                    read(
                        &format!("heartbeats:{topic}:source:target"),
                        heartbeat(sent),
                    ),
                )
            })
            .into(),
    }
}

fn cluster(alias: &str) -> ClusterReadings {
    let range = LogRange {
        start: 10,
        end: 250,
    };
    let view = ClusterView {
        brokers: 1,
        id: Some("RLFx4xKqNDWqP6IguUrLPA".to_owned()),
    };
    let offsets = LogOffsets {
        partitions: [(at(0), range), (at(1), range)].into(),
        ..LogOffsets::default()
    };
    let groups = GroupOffsets {
        groups: [("orders-app".to_owned(), [(at(0), 240)].into())].into(),
    };
    ClusterReadings {
        alias: alias.into(),
        probe: read(&format!("cluster:{alias}"), view),
        offsets: Some(read(&format!("offsets:{alias}"), offsets)),
        groups: Some(read(&format!("consumer_groups:{alias}"), groups)),
    }
}

fn at(partition: i32) -> TopicPartition {
    TopicPartition {
        topic: "test-orders".to_owned(),
        partition,
    }
}

/// A flow with a partition of which all is known and one of which little is.
fn normalised() -> Normalised {
    let known = normalised::PartitionView {
        at: at(0),
        records: Some(1_200.0),
        bytes: Some(240_000.0),
        lag_records: Some(12.0),
        lag_seconds: Some(Duration::from_millis(600)),
        gap_records: 3.0,
        headroom: Some(Duration::from_hours(1)),
        source_appended: Some(1_215.0),
        target_appended: Some(1_300.0),
    };
    let new = normalised::PartitionView {
        at: at(1),
        records: None,
        bytes: None,
        lag_records: None,
        lag_seconds: None,
        gap_records: 0.0,
        headroom: None,
        source_appended: Some(0.0),
        target_appended: None,
    };
    Normalised {
        flows: vec![FlowView {
            source: "source".to_owned(),
            target: "target".to_owned(),
            state: FlowState::Degraded,
            partitions: vec![known, new],
            doubled: Some(1),
            translations: vec![TranslationView {
                group: "orders-app".to_owned(),
                at: at(0),
                behind: 30,
                distance: Some(12.0),
            }],
        }],
        tasks: vec![TaskView {
            connector: "mirror-source".to_owned(),
            task: 0,
            state: TaskState::RunningOnDeadWorker,
            workers: Some(0),
        }],
        failed: false,
        connectors: vec![ConnectorView {
            connector: "mirror-source".to_owned(),
            tasks: 3,
            running: Some(4),
        }],
        addresses: vec![AddressView {
            worker: "127.0.0.1:27114".into(),
            faults: [Some(false), Some(true), None],
        }],
        strangers: vec!["127.0.0.1:27120".to_owned()],
        probes: vec![ProbedGroup {
            source: "source".to_owned(),
            target: "target".to_owned(),
            problem: None,
        }],
        observed: StatusLog::default(),
    }
}

fn group() -> Reading<GroupView> {
    let mut reading = Reading::none("group:connect-lab");
    reading.value = Some(Arc::new(GroupView {
        group: ConnectGroup {
            members: 1,
            assignment: Some(GroupAssignment {
                workers: vec!["127.0.0.1:27114".to_owned()],
                leader: Some("127.0.0.1:27114".to_owned()),
                delay: Duration::from_mins(5),
            }),
        },
        withheld_until: Some(NOW.wall.plus(Duration::from_mins(4))),
    }));
    reading.begun = Some(NOW);
    reading.up = true;
    settle(&mut reading);
    reading
}
