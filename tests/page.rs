//! The whole page, from answers captured on a real stack to the text that Prometheus reads: equal to the golden files,
//! within the catalogue, and accepted by promtool. `UPDATE_GOLDEN=1` refreshes; the difference is the review.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod stub;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use mirrorwatch::exposition::{Format, Kind, catalogue, render};
use mirrorwatch::model::address::AddressView;
use mirrorwatch::model::canary::{
    BlindView, CanaryView, LatencyView, LegsView, OutageView, PartitionView, ReplayView, SkewView,
};
use mirrorwatch::model::checkpoint::{Checkpoint, Checkpoints, Heartbeat};
use mirrorwatch::model::connect::TopicPartition;
use mirrorwatch::model::flow::FlowState;
use mirrorwatch::model::group::{ConnectGroup, GroupAssignment, GroupView};
use mirrorwatch::model::limits::{Granularity, PageLimits};
use mirrorwatch::model::normalised::{
    self, ConnectorView, FlowView, Normalised, TaskView, TranslationView,
};
use mirrorwatch::model::offsets::{ClusterView, GroupOffsets, LogOffsets, LogRange};
use mirrorwatch::model::snapshot::{ClusterReadings, FlowReadings, Moment, Reading, Snapshot};
use mirrorwatch::model::status::{Entered, StatusLog, Transitions};
use mirrorwatch::model::task::TaskState;
use mirrorwatch::model::time::Timestamp;
use mirrorwatch::poll::{Polls, Schedule};
use stub::{Behaviour, QUICK, Stub, endpoints};

const NOW: Moment = Moment {
    wall: Timestamp::from_micros(1_795_423_000_250_000),
    monotonic: Duration::from_secs(1_000),
};

/// What is on the page must not depend on how slow the machine is.
const PATIENT: Schedule = Schedule {
    interval: Duration::from_mins(10),
    deadline: Duration::from_mins(2),
    time_to_live: Duration::from_mins(10),
};

#[tokio::test]
async fn the_page_is_as_it_was_read_before() {
    let snapshot = snapshot().await;
    golden(
        "tests/golden/metrics.txt",
        &render(&snapshot, Format::Classic),
    );
    golden(
        "tests/golden/metrics.openmetrics.txt",
        &render(&snapshot, Format::OpenMetrics),
    );
}

#[tokio::test]
async fn a_page_within_narrow_limits_joins_partitions_and_says_what_it_dropped() {
    let mut snapshot = snapshot().await;
    snapshot.limits = Arc::new(PageLimits {
        granularity: Granularity::Topic,
        series_per_metric: 3,
        ..PageLimits::default()
    });
    golden(
        "tests/golden/metrics.narrow.txt",
        &render(&snapshot, Format::Classic),
    );
}

#[test]
fn the_document_of_metrics_is_that_of_the_catalogue() {
    golden("docs/metrics.md", &catalogue::document());
}

#[test]
fn the_page_and_the_catalogue_show_the_same_metrics_and_labels() {
    let page = golden_pages().concat();
    let mut known = BTreeMap::new();
    for metric in catalogue::all() {
        let suffixes: &[&str] = match metric.kind {
            Kind::Histogram => &["_bucket", "_sum", "_count"],
            _ => &[""],
        };
        for suffix in suffixes {
            known.insert(format!("{}{suffix}", metric.name), metric.labels);
        }
    }
    let mut seen: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let labels = known
            .get(name)
            .unwrap_or_else(|| panic!("{name} is not in the catalogue"));
        for label in labels_of(line) {
            assert!(
                labels.contains(&label) || label == "le",
                "{name}: label `{label}`"
            );
        }
        seen.entry(name).or_default().extend(labels_of(line));
    }
    let mut missing = Vec::new();
    for (name, labels) in &known {
        let Some(shown) = seen.get(&**name) else {
            missing.push(name.clone());
            continue;
        };
        let hidden = labels.iter().filter(|label| !shown.contains(*label));
        missing.extend(hidden.map(|label| format!("{name}, label {label}")));
    }
    assert!(
        missing.is_empty(),
        "in the catalogue, but not on a golden page: {missing:#?}"
    );
}

/// The pages in the classic format.
fn golden_pages() -> Vec<String> {
    let mut paths: Vec<_> = fs::read_dir("tests/golden")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.starts_with("metrics") && !name.contains("openmetrics")
        })
        .collect();
    paths.sort();
    assert!(paths.len() > 6, "{paths:?}");
    let pages = paths.iter().map(|path| fs::read_to_string(path).unwrap());
    pages.collect()
}

#[test]
fn promtool_accepts_the_classic_pages_but_for_mirrored_names() {
    for page in golden_pages() {
        promtool_accepts(&page);
    }
}

fn promtool_accepts(page: &str) {
    let here = Path::new(".lab/debian/usr/bin/promtool");
    let promtool = if here.exists() {
        here
    } else {
        Path::new("promtool")
    };
    let mut check = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("promtool is there; `make setup` gets it");
    check
        .stdin
        .take()
        .unwrap()
        .write_all(page.as_bytes())
        .unwrap();
    let output = check.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    let complaints: Vec<_> = said
        .lines()
        .filter(|line| !line.starts_with("kafka_"))
        .collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    assert!(
        matches!(output.status.code(), Some(0 | 3)),
        "promtool could not read the page: {said}"
    );
}

fn labels_of(line: &str) -> Vec<&str> {
    let Some((_, labels)) = line.split_once('{') else {
        return Vec::new();
    };
    labels
        .split("=\"")
        .filter_map(|part| part.rsplit(['{', ',', '"']).next())
        .filter(|label| !label.contains('}'))
        .collect()
}

fn golden(path: &str, now: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, now).unwrap();
    }
    let before = fs::read_to_string(path).unwrap();
    assert!(
        now == before,
        "{path} differs; look at it with `UPDATE_GOLDEN=1 cargo test --test page; git diff {path}`"
    );
}

/// What was captured, with instants that do not change from run to run.
async fn snapshot() -> Snapshot {
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
    snapshot.group = Some(group());
    snapshot.canaries = vec![Arc::new(canary())];
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

/// A ledger with everything that it can show; its topic is the one that the captured tasks replicate.
fn canary() -> CanaryView {
    let ago = |seconds: u64| NOW.wall.minus(Duration::from_secs(seconds));
    let outage = |number, start, end: Option<u64>| OutageView {
        number,
        start: ago(start),
        end: end.map(ago),
        worst_exposure: Duration::from_millis(10_900),
        undelivered_peak: 109,
        calm_exposure: (number == 1).then_some(Duration::from_millis(120)),
    };
    let partition = |partition| PartitionView {
        partition,
        sent: 1_000,
        acknowledged: 999,
        received: 890,
        duplicates: 165,
        first_arrival: Some(ago(100)),
        delivered_through: Some(ago(11)),
        calm_exposure: Some(Duration::from_millis(115)),
        ..PartitionView::default()
    };
    let mut hit = partition(0);
    hit.calm_exposure = None;
    hit.outages = vec![outage(1, 60, Some(49)), outage(2, 11, None)];
    (hit.outage_count, hit.outage_total) = (2, Duration::from_secs(22));
    (hit.undelivered, hit.overtaken, hit.lost, hit.corrupt) = (109, 2, 1, 1);
    (hit.untimed, hit.reordered, hit.misrouted, hit.mangled) = (12, 3, 4, 5);
    hit.replay = Some(ReplayView {
        records: 65,
        depth: Duration::from_millis(6_500),
        at: Some(ago(48)),
        worst_records: 100,
        worst_depth: Duration::from_secs(10),
    });
    let mut waiting = partition(1);
    (waiting.first_arrival, waiting.delivered_through) = (None, None);
    waiting.calm_exposure = None;
    CanaryView {
        source: "source".to_owned(),
        target: "target".to_owned(),
        topic: "test-mirrorwatch-canary".to_owned(),
        remote_topic: "source.test-mirrorwatch-canary".to_owned(),
        instance: "a-host".to_owned(),
        run: "0123456789abcdef".to_owned(),
        period: Duration::from_millis(100),
        outage_threshold: Duration::from_secs(1),
        run_start: ago(120),
        observed_through: NOW.wall,
        lateness: Duration::from_micros(1_750),
        problem: None,
        partitions: vec![hit, waiting, partition(2)],
        source_blind: BlindView::default(),
        target_blind: BlindView {
            spans: vec![(1, ago(90), Some(ago(80))), (2, ago(3), None)],
            count: 2,
            total: Duration::from_secs(13),
        },
        legs: legs(),
        latency: LatencyView {
            buckets: vec![
                (0.005, 3),
                (0.01, 800),
                (1.0, 880),
                (30.0, 1_780),
                (600.0, 1_780),
            ],
            count: 1_780,
            sum: 123.456,
        },
    }
}

fn legs() -> LegsView {
    let leg = |count, sum| LatencyView {
        buckets: vec![(0.005, 3), (1.0, count)],
        count,
        sum,
    };
    let skew = |seconds, error| Some(SkewView { seconds, error });
    LegsView {
        acknowledgement: leg(999, 2.5),
        replication: leg(890, 5.5),
        fetch: leg(890, 1.25),
        source_skew: skew(0.0125, 0.002),
        target_skew: skew(-3.5, 0.006),
    }
}
