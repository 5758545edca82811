//! Two versions, one set of series: what was captured on Kafka 3.7.2 with Jolokia 1.7.2 and on Kafka 4.3.1 with Jolokia
//! 2.6.0, under each setting that changes the names of MM2's MBeans, gives the same metrics with the same labels, but for
//! what Kafka itself has changed; and the same page as before. `UPDATE_GOLDEN=1` refreshes the pages.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod stub;

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use mirrorwatch::exposition::{Format, render};
use mirrorwatch::model::checkpoint::{Checkpoint, Checkpoints};
use mirrorwatch::model::connect::TopicPartition;
use mirrorwatch::model::offsets::{ClusterView, LogOffsets, LogRange};
use mirrorwatch::model::snapshot::{ClusterReadings, FlowReadings, Moment, Reading, Snapshot};
use mirrorwatch::model::time::Timestamp;
use mirrorwatch::normalise::Normaliser;
use mirrorwatch::poll::Polls;
use stub::{Behaviour, QUICK, Stub, endpoints_of, ids};

/// The folder that the others are compared with.
const REFERENCE: &str = "kafka-4.3.1";

const NOW: Moment = Moment {
    wall: Timestamp::from_micros(1_795_705_200_000_000),
    monotonic: Duration::from_secs(1_000),
};

#[tokio::test]
async fn each_version_gives_the_page_that_it_gave_before() {
    for folder in [
        "kafka-3.7.2",
        "kafka-3.7.2-source-alias",
        "kafka-4.3.1",
        "kafka-4.3.1-new-names",
        "kafka-4.3.1-both-names",
        "kafka-4.3.1-exactly-once",
    ] {
        let now = page(folder, Behaviour::Folder).await;
        let path = format!("tests/golden/metrics-{folder}.txt");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &now).unwrap();
        }
        assert!(
            now == fs::read_to_string(&path).unwrap(),
            "{path} differs; look at it with `UPDATE_GOLDEN=1 cargo test --test versions; git diff {path}`"
        );
    }
}

/// One change of Kafka: the version that brought it, what its series hold, and how many of them only the older and only
/// the newer version has.
type Change = (&'static str, &'static str, usize, usize);

/// What lies between 3.7.2 and 4.3.1.
const SINCE_3_7: [Change; 3] = [
    ("3.9, KIP-1017: GET /health", "mm2_worker_health{", 0, 3),
    (
        "4.1, KIP-891: classes and versions of a task and its converters, as labels",
        "kafka_connect_connector_task_info{",
        4,
        4,
    ),
    (
        "3.9, KIP-1031: MirrorSourceConnector closes its admin client for offset syncs once their topic is made",
        "client_id=\"source->target|mirror-source|offset-syncs-source-admin\"",
        11,
        0,
    ),
];

/// What `metric.names.formats=new` of 4.3.1 leaves out.
const WITH_NEW_NAMES: [Change; 1] = [(
    "4.3, KIP-1280: of all groups and partitions of a checkpoint task only the first gets an MBean",
    "kafka_connect_mirror_checkpoint_connector_",
    4,
    0,
)];

#[tokio::test]
async fn kafka_3_7_gives_the_series_of_4_3_but_for_what_kafka_changed() {
    for folder in ["kafka-3.7.2", "kafka-3.7.2-source-alias"] {
        differ(folder, REFERENCE, &SINCE_3_7).await;
    }
}

#[tokio::test]
async fn the_new_names_of_mm2_give_the_series_of_the_old_ones() {
    differ(REFERENCE, "kafka-4.3.1-both-names", &[]).await;
    differ(REFERENCE, "kafka-4.3.1-new-names", &WITH_NEW_NAMES).await;
}

/// What workers of Kafka 3.7 may call themselves: Confluent's packages, a suffix that nobody knows, and what is no version at all.
const NAMES_OF_3_7: [&str; 8] = [
    "7.7.0-ccs",
    "7.7.1-ccs",
    "7.7.1-ce",
    "7.6.x-ccs",
    "8.0.0-ccs",
    "7.7.1-of-our-own",
    "unknown \\\"build\\\"",
    "",
];

#[tokio::test]
async fn whatever_version_a_worker_tells_its_page_is_that_of_its_kafka_with_the_text_as_told() {
    const OLD: &str = "kafka-3.7.2";
    let told = fs::read_to_string(format!("tests/golden/metrics-{OLD}.txt")).unwrap();
    for version in NAMES_OF_3_7 {
        let as_told = |folder, number| Behaviour::CallingItself(folder, number, version);
        let page = page(OLD, as_told).await;
        let expected = calling_itself(&told, version);
        assert_ne!(expected, told, "the page tells no version");
        assert!(page == expected, "{version}: {page}");
    }
}

/// The page of workers of 3.7.2 as it is when they tell this version; a label without text is none.
fn calling_itself(page: &str, version: &str) -> String {
    let names = [",version=", ",connector_version="];
    names.iter().fold(page.to_owned(), |page, name| {
        let told = match version {
            "" => String::new(),
            version => format!("{name}\"{version}\""),
        };
        page.replace(&format!("{name}\"3.7.2\""), &told)
    })
}

/// During a rolling upgrade.
#[tokio::test]
async fn two_workers_of_two_versions_are_each_told_with_its_own() {
    let versions = ["7.6.1-ccs", "7.7.1-ccs"];
    let each =
        |folder, number: usize| Behaviour::CallingItself(folder, number, versions[number - 1]);
    let page = page("kafka-3.7.2", each).await;
    for (id, version) in ids("kafka-3.7.2").iter().zip(versions) {
        let line = format!("mm2_worker_info{{worker=\"{id}\",version=\"{version}\",");
        assert_eq!(page.matches(&line).count(), 1, "{line}");
    }
    let one_name = versions
        .iter()
        .fold(page, |page, version| page.replace(version, "3.7.2"));
    assert!(one_name == fs::read_to_string("tests/golden/metrics-kafka-3.7.2.txt").unwrap());
}

#[tokio::test]
async fn an_mbean_under_both_names_is_told_once() {
    let samples = |folder| async move {
        let snapshot = snapshot(folder, Behaviour::FolderWithoutNan).await;
        let jolokia = snapshot
            .workers
            .iter()
            .map(|worker| worker.jolokia.as_ref().unwrap());
        let counts = jolokia.map(|jolokia| jolokia.value.as_ref().unwrap().samples.len());
        counts.sum::<usize>()
    };
    assert_eq!(
        samples("kafka-4.3.1-both-names").await,
        samples(REFERENCE).await
    );
}

#[tokio::test]
async fn what_is_gone_has_no_series_on_the_next_page() {
    let mut snapshot = snapshot(REFERENCE, Behaviour::Folder).await;
    checkpoints(&mut snapshot);
    let mut normaliser = Normaliser::default();
    for look in 0..3 {
        settle(&mut snapshot, look);
        snapshot.normalised = normaliser.observe(&snapshot);
    }
    let before = render(&snapshot, Format::Classic);
    settle(&mut snapshot, 3);
    forget(&mut snapshot);
    snapshot.normalised = normaliser.observe(&snapshot);
    let after = render(&snapshot, Format::Classic);
    let lines = |page: &str, what: &[&str]| {
        let lines = page
            .lines()
            .filter(|line| what.iter().all(|what| line.contains(what)));
        lines.count()
    };
    for gone in [
        &["test-orders.eu", "partition=\"1\""][..],
        &["connector=\"mirror-checkpoint\""],
    ] {
        assert!(lines(&before, gone) > 20, "{gone:?}");
        assert_eq!(lines(&after, gone), 0, "{gone:?}");
    }
    for metric in [
        "mm2_connect_committed_offset",
        "mm2_checkpoint_upstream_offset",
    ] {
        let both = lines(&before, &[metric, "{", "test-orders.eu"]);
        let one = lines(&after, &[metric, "{", "test-orders.eu"]);
        assert_eq!((both, one), (2, 1), "{metric}");
    }
    let stays = ["test-orders.eu", "partition=\"0\""];
    assert_eq!(lines(&after, &stays), lines(&before, &stays));
}

#[tokio::test]
async fn without_the_logs_of_the_source_what_no_worker_and_no_task_list_has_is_gone() {
    let mut snapshot = snapshot(REFERENCE, Behaviour::Folder).await;
    let mut normaliser = Normaliser::default();
    let mut counted = |snapshot: &mut Snapshot| {
        snapshot.clusters.clear();
        let said = normaliser.observe(snapshot);
        let partitions = said.flows.iter().flat_map(|flow| &flow.partitions);
        let counted = partitions.filter(|view| view.records.is_some());
        let counted = counted.map(|view| (view.at.topic.clone(), view.at.partition));
        counted.collect::<BTreeSet<_>>()
    };
    settle(&mut snapshot, 0);
    let before = counted(&mut snapshot);
    let is_second =
        |(topic, partition): &&(String, i32)| topic.ends_with("test-orders.eu") && *partition == 1;
    assert!(before.iter().any(|at| is_second(&at)), "{before:?}");
    settle(&mut snapshot, 1);
    forget(&mut snapshot);
    assert_eq!(counted(&mut snapshot), before, "a task list names it still");
    let mut lists = (**snapshot.tasks.value.as_ref().unwrap()).clone();
    let tasks = lists.connectors.iter_mut().flat_map(|list| &mut list.tasks);
    for task in tasks {
        task.partitions
            .retain(|at| !is_second(&&(at.topic.clone(), at.partition)));
    }
    snapshot.tasks.value = Some(Arc::new(lists));
    settle(&mut snapshot, 2);
    let stay: BTreeSet<_> = before.iter().filter(|at| !is_second(at)).cloned().collect();
    assert_eq!(counted(&mut snapshot), stay);
    let tasks = Arc::default();
    snapshot.tasks.value = Some(tasks);
    settle(&mut snapshot, 3);
    assert_eq!(counted(&mut snapshot), stay, "no list is no word of it");
}

/// Partition 1 of the topic and the checkpoint connector are deleted. Connect keeps what it has committed of the partition,
/// and the topic of checkpoints what was written of it.
fn forget(snapshot: &mut Snapshot) {
    let is_gone = |label: &String| label.contains("mirror-checkpoint");
    for worker in &mut snapshot.workers {
        let mut rest = (**worker.rest.value.as_ref().unwrap()).clone();
        rest.connectors
            .retain(|connector| !is_gone(&connector.name));
        worker.rest.value = Some(Arc::new(rest));
        let jolokia = worker.jolokia.as_mut().unwrap();
        let mut view = (**jolokia.value.as_ref().unwrap()).clone();
        view.samples.retain(|sample| {
            let is_of = |end: &str| sample.labels.iter().any(|label| label.ends_with(end));
            let has_number = sample.labels.last().is_some_and(|last| last == "1");
            let is_partition = is_of("test-orders.eu") && has_number;
            !is_partition && !sample.labels.iter().any(is_gone)
        });
        view.texts.retain(|text| !text.labels.iter().any(is_gone));
        jolokia.value = Some(Arc::new(view));
    }
    for cluster in &mut snapshot.clusters {
        let offsets = cluster.offsets.as_mut().unwrap();
        let mut logs = (**offsets.value.as_ref().unwrap()).clone();
        logs.partitions.retain(|at, _| at.partition != 1);
        offsets.value = Some(Arc::new(logs));
    }
}

/// A checkpoint of each of the topic's two partitions.
fn checkpoints(snapshot: &mut Snapshot) {
    let checkpoint = Checkpoint {
        upstream: 7,
        downstream: 5,
        written: Some(NOW.wall),
    };
    let at = |partition| TopicPartition {
        topic: "source.test-orders.eu".to_owned(),
        partition,
    };
    let of_group = [(at(0), checkpoint), (at(1), checkpoint)].into();
    let mut reading = Reading::none("checkpoints:source:target");
    reading.value = Some(Arc::new(Checkpoints {
        groups: [("orders-app".to_owned(), of_group)].into(),
        malformed: 0,
    }));
    let readings = FlowReadings {
        checkpoints: reading,
        heartbeats: Vec::new(),
    };
    snapshot.written = [(0, readings)].into();
}

/// That the two folders differ by these changes and by nothing else.
async fn differ(older: &'static str, newer: &'static str, changes: &[Change]) {
    let (older_series, newer_series) = (series(older).await, series(newer).await);
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| -> Vec<String> {
        a.difference(b).cloned().collect()
    };
    let mut sides = [
        only(&older_series, &newer_series),
        only(&newer_series, &older_series),
    ];
    for (change, holds, old, new) in changes {
        for (side, expected) in sides.iter_mut().zip([old, new]) {
            let before = side.len();
            side.retain(|series| !series.contains(holds));
            assert_eq!(before - side.len(), *expected, "{older}, {newer}: {change}");
        }
    }
    let [only_older, only_newer] = sides;
    assert!(
        only_older.is_empty() && only_newer.is_empty(),
        "only {older}: {only_older:#?}, only {newer}: {only_newer:#?}"
    );
}

/// The names and labels on the page of a folder, without what is another's on each run: ports, versions, ids.
async fn series(folder: &'static str) -> BTreeSet<String> {
    let mut page = page(folder, Behaviour::FolderWithoutNan).await;
    for id in ids(folder) {
        page = page.replace(&id, "WORKER");
    }
    let root = fs::read_to_string(format!("tests/fixtures/{folder}/root.json")).unwrap();
    let root: serde_json::Value = serde_json::from_str(&root).unwrap();
    for key in ["version", "commit", "kafka_cluster_id"] {
        page = page.replace(root[key].as_str().unwrap(), key);
    }
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    let names: Vec<&str> = lines.map(|line| line.rsplit_once(' ').unwrap().0).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// The page of the workers in a folder at their third look, with the logs of both clusters.
async fn page(
    folder: &'static str,
    behaviour: impl Fn(&'static str, usize) -> Behaviour,
) -> String {
    let mut snapshot = snapshot(folder, behaviour).await;
    let mut normaliser = Normaliser::default();
    for look in 0..3 {
        settle(&mut snapshot, look);
        snapshot.normalised = normaliser.observe(&snapshot);
    }
    render(&snapshot, Format::Classic)
}

async fn snapshot(
    folder: &'static str,
    behaviour: impl Fn(&'static str, usize) -> Behaviour,
) -> Snapshot {
    let stubs = [
        Stub::start(behaviour(folder, 1)).await,
        Stub::start(behaviour(folder, 2)).await,
    ];
    let ports = stubs.each_ref().map(|stub| stub.port);
    let endpoints = endpoints_of(&ports, &ids(folder), QUICK.deadline);
    let polls = Polls::start(endpoints, QUICK, NOW.wall);
    let mut snapshots = polls.snapshots.clone();
    let is_whole = |snapshot: &Arc<Snapshot>| {
        let is_up = snapshot.workers.iter().all(|worker| {
            worker.rest.value.is_some()
                && worker.health.value.is_some()
                && worker
                    .jolokia
                    .as_ref()
                    .is_some_and(|jolokia| jolokia.value.is_some())
        });
        is_up && snapshot.tasks.value.is_some() && snapshot.offsets.value.is_some()
    };
    let snapshot = Snapshot::clone(&*snapshots.wait_for(is_whole).await.unwrap());
    polls.stop().await;
    snapshot
}

/// All readings as of that look, one each 5 s, and without what depends on how a test ran.
fn settle(snapshot: &mut Snapshot, look: u32) {
    let later = Duration::from_secs(5) * look;
    let at = Moment {
        wall: NOW.wall.plus(later),
        monotonic: NOW.monotonic + later,
    };
    snapshot.taken = at;
    for worker in &mut snapshot.workers {
        note(&mut worker.rest, at);
        note(&mut worker.health, at);
        note(worker.jolokia.as_mut().unwrap(), at);
    }
    note(&mut snapshot.tasks, at);
    note(&mut snapshot.offsets, at);
    let committed = snapshot.offsets.value.as_ref().unwrap();
    let ends = committed.connectors["mirror-source"]
        .iter()
        .map(|(at, offset)| {
            // More than is ever in flight, so that where the copy stands has been seen.
            (at.clone(), offset + 1_000 * i64::from(look))
        });
    let ends: Vec<_> = ends.collect();
    snapshot.clusters = vec![
        cluster("source", &ends, at, str::to_owned),
        cluster("target", &ends, at, |topic| format!("source.{topic}")),
    ];
}

fn note<T>(reading: &mut Reading<T>, at: Moment) {
    (reading.begun, reading.last_success, reading.up) = (Some(at), Some(at.wall), true);
    reading.duration = Some(Duration::from_millis(12));
    reading.errors = Default::default();
}

fn cluster(
    alias: &str,
    ends: &[(TopicPartition, i64)],
    at: Moment,
    name: fn(&str) -> String,
) -> ClusterReadings {
    let range = |(at, end): &(TopicPartition, i64)| {
        let at = TopicPartition {
            topic: name(&at.topic),
            partition: at.partition,
        };
        let range = LogRange {
            start: 0,
            end: *end,
        };
        (at, range)
    };
    let mut probe = Reading::none(&format!("cluster:{alias}"));
    probe.value = Some(Arc::new(ClusterView {
        brokers: 1,
        id: None,
    }));
    let mut offsets = Reading::none(&format!("offsets:{alias}"));
    offsets.value = Some(Arc::new(LogOffsets {
        partitions: ends.iter().map(range).collect(),
        ..LogOffsets::default()
    }));
    note(&mut probe, at);
    note(&mut offsets, at);
    ClusterReadings {
        alias: alias.into(),
        probe,
        offsets: Some(offsets),
        groups: None,
    }
}
