//! The whole canary against two mock clusters, with a copier of our own as the hop between them.

mod broken_kafka;
#[path = "../exporter/mod.rs"]
mod exporter;
mod faults;
mod forgetful;
mod hop;
mod kinds;
mod restart;
mod rights;
mod watch;

use std::thread;
use std::time::Duration;

use hop::Hop;
use mirrorwatch::canary::{self, Config, ConnectorFacts, Handle};
use mirrorwatch::clock;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use watch::{all_flow, is_blind, stop, wait_for};

type Cluster = MockCluster<'static, DefaultProducerContext>;

const TOPIC: &str = "test-mirrorwatch-canary";
const REMOTE: &str = "source.test-mirrorwatch-canary";
const PARTITIONS: i32 = 3;

/// A source with the canary's topic, a target with or without the remote one.
fn clusters(remote: bool) -> (Cluster, Cluster) {
    let target = if remote {
        cluster(1, REMOTE)
    } else {
        MockCluster::new(1).expect("a mock is at hand")
    };
    (cluster(1, TOPIC), target)
}

fn cluster(brokers: i32, topic: &str) -> Cluster {
    cluster_with(brokers, topic, PARTITIONS)
}

fn cluster_with(brokers: i32, topic: &str, partitions: i32) -> Cluster {
    let cluster = MockCluster::new(brokers).expect("a mock is at hand");
    cluster
        .create_topic(topic, partitions, brokers)
        .expect("a mock is at hand");
    cluster
}

fn hop_between(source: &Cluster, target: &Cluster) -> Hop {
    Hop::start(
        &source.bootstrap_servers(),
        &target.bootstrap_servers(),
        [TOPIC, REMOTE],
        PARTITIONS,
        Duration::from_millis(10),
    )
}

fn start(source: &Cluster, target: &Cluster) -> Handle {
    canary::start(config(source, target)).expect("a mock is at hand")
}

fn config(source: &Cluster, target: &Cluster) -> Config {
    let mut config = Config::new("source", "target", TOPIC, "test");
    config
        .source_cluster
        .insert("bootstrap.servers".into(), source.bootstrap_servers());
    config
        .target_cluster
        .insert("bootstrap.servers".into(), target.bootstrap_servers());
    config
}

/// A canary whose records flow on every partition.
struct Flow {
    handle: Handle,
    hop: Hop,
    source: Cluster,
    target: Cluster,
}

impl Flow {
    #[track_caller]
    fn stop(self) {
        stop(self.handle);
        drop(self.hop);
    }
}

fn flowing() -> Flow {
    flowing_between(1)
}

/// Each cluster with so many brokers.
fn flowing_between(brokers: i32) -> Flow {
    let (source, target) = (cluster(brokers, TOPIC), cluster(brokers, REMOTE));
    let hop = hop_between(&source, &target);
    let mut config = config(&source, &target);
    // Of an idempotent producer whose record it has refused, the mock takes the next one and acknowledges the first without keeping it, which
    // no broker does. With one request under way there is no next one.
    config
        .source_cluster
        .insert("max.in.flight".into(), "1".into());
    let handle = canary::start(config).expect("a mock is at hand");
    wait_for(&handle, all_flow);
    Flow {
        handle,
        hop,
        source,
        target,
    }
}

#[test]
fn on_a_healthy_flow_every_record_arrives_and_nothing_is_an_outage() {
    let flow = flowing();
    let view = wait_for(&flow.handle, all_flow);
    assert_eq!(view.problem, None);
    for partition in &view.partitions {
        assert!(partition.sent - partition.received <= 5, "{partition:?}");
        assert_eq!(
            (
                partition.outage_count,
                partition.duplicates,
                partition.lost,
                partition.corrupt
            ),
            (0, 0, 0, 0)
        );
        let through = partition.delivered_through.unwrap();
        assert!(view.observed_through.since(through) < Duration::from_secs(1));
    }
    assert_eq!((view.source_blind.count, view.target_blind.count), (0, 0));
    assert!(view.latency.count >= 30);
    flow.stop();
}

#[test]
fn a_stalled_hop_is_one_outage_per_partition_its_replays_are_duplicates_and_nobody_is_blind() {
    let flow = flowing();
    let before = clock::wall();
    flow.hop.pause();
    let paused = clock::wall();
    let open = wait_for(&flow.handle, |view| {
        view.partitions
            .iter()
            .all(|p| p.outages.iter().any(|o| o.end.is_none()))
    });
    assert!(
        open.partitions.iter().all(|p| p.undelivered >= 8),
        "{open:#?}"
    );
    thread::sleep(Duration::from_secs(1));
    let resumed = clock::wall();
    flow.hop.resume();
    for partition in 0..PARTITIONS {
        flow.hop.replay(partition, 5);
    }
    let view = wait_for(&flow.handle, |view| {
        view.partitions.iter().all(|p| {
            p.outages.iter().all(|o| o.end.is_some()) && p.duplicates > 0 && p.undelivered <= 2
        })
    });
    for partition in &view.partitions {
        assert_eq!(
            (partition.outage_count, partition.lost),
            (1, 0),
            "{partition:?}"
        );
        let outage = &partition.outages[0];
        let slack = Duration::from_millis(300);
        assert!(
            outage.start >= before.minus(slack) && outage.start <= paused.plus(slack),
            "{outage:?} {paused}"
        );
        let end = outage.end.unwrap();
        assert!(
            end >= resumed && end <= resumed.plus(Duration::from_secs(1)),
            "{outage:?} {resumed}"
        );
        assert!(outage.worst_exposure >= end.since(outage.start));
        assert!(outage.undelivered_peak >= 15, "{outage:?}");
    }
    assert_eq!((view.source_blind.count, view.target_blind.count), (0, 0));
    flow.stop();
}

#[test]
fn a_dead_source_is_a_blind_span_of_the_source_and_loses_nothing() {
    let flow = flowing();
    flow.source.broker_down(1).unwrap();
    wait_for(&flow.handle, |view| {
        is_blind(&view.source_blind) && view.problem.is_some()
    });
    flow.source.broker_up(1).unwrap();
    let view = wait_for(&flow.handle, |view| {
        let settled = view
            .partitions
            .iter()
            .all(|p| p.sent - p.acknowledged <= 2 && p.undelivered <= 2);
        settled && view.problem.is_none() && !is_blind(&view.source_blind)
    });
    assert_eq!(
        (view.source_blind.count, view.target_blind.count),
        (1, 0),
        "{view:#?}"
    );
    assert!(
        view.partitions
            .iter()
            .all(|p| p.lost == 0 && p.overtaken == 0)
    );
    flow.stop();
}

#[test]
fn a_dead_target_is_a_blind_span_of_the_target_alone() {
    let flow = flowing();
    flow.target.broker_down(1).unwrap();
    let view = wait_for(&flow.handle, |view| is_blind(&view.target_blind));
    assert_eq!(view.source_blind.count, 0);
    flow.target.broker_up(1).unwrap();
    wait_for(&flow.handle, |view| !is_blind(&view.target_blind));
    flow.stop();
}

#[test]
fn a_remote_topic_that_comes_later_is_read_from_its_beginning_and_its_absence_is_no_outage() {
    let (source, target) = clusters(false);
    let handle = start(&source, &target);
    let view = wait_for(&handle, |view| {
        view.problem.is_some()
            && view.partitions.iter().all(|p| p.acknowledged > 20)
            && !view.partitions.is_empty()
    });
    assert!(
        view.problem
            .as_deref()
            .unwrap()
            .contains("not on the target yet"),
        "{:?}",
        view.problem
    );
    assert!(
        view.partitions
            .iter()
            .all(|p| p.outage_count == 0 && p.delivered_through.is_none())
    );
    assert_eq!(
        view.target_blind.count, 0,
        "the target answers all the while"
    );
    target.create_topic(REMOTE, PARTITIONS, 1).unwrap();
    let hop = hop_between(&source, &target);
    let view = wait_for(&handle, |view| {
        view.problem.is_none()
            && view
                .partitions
                .iter()
                .all(|p| p.received > 20 && p.undelivered <= 2)
    });
    assert!(
        view.partitions
            .iter()
            .all(|p| p.overtaken == 0 && p.outage_count == 0),
        "{view:#?}"
    );
    stop(handle);
    drop(hop);
}

#[test]
fn a_source_that_can_be_read_and_takes_no_records_is_blind_from_the_start_and_says_why() {
    let (source, target) = clusters(true);
    let refusal = RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    source.request_errors(RDKafkaApiKey::Produce, &vec![refusal; 10_000]);
    let handle = start(&source, &target);
    let view = wait_for(&handle, |view| {
        is_blind(&view.source_blind) && view.problem.is_some()
    });
    let problem = view.problem.as_deref().unwrap_or_default();
    assert!(problem.contains("does not take"), "{problem}");
    assert_eq!(view.target_blind.count, 0);
    source.clear_request_errors(RDKafkaApiKey::Produce);
    let hop = hop_between(&source, &target);
    let view = wait_for(&handle, |view| {
        all_flow(view) && !is_blind(&view.source_blind)
    });
    assert_eq!(view.problem, None);
    stop(handle);
    drop(hop);
}

#[test]
fn what_keeps_records_from_flowing_is_said_in_a_sentence() {
    let (source, target) = clusters(true);
    let handle = start(&source, &target);
    handle.connector(ConnectorFacts {
        connector: "mirror-source".into(),
        topics: Some("orders".into()),
        ..ConnectorFacts::default()
    });
    let view = wait_for(&handle, |view| view.problem.is_some());
    assert!(
        view.problem.as_deref().unwrap().contains("does not match"),
        "{:?}",
        view.problem
    );
    stop(handle);
}

#[test]
fn with_nothing_to_connect_to_there_is_a_view_at_once_and_a_clean_end() {
    let mut config = Config::new("source", "target", TOPIC, "test");
    for cluster in [&mut config.source_cluster, &mut config.target_cluster] {
        cluster.insert("bootstrap.servers".into(), "127.0.0.1:1".into());
    }
    let handle = canary::start(config).unwrap();
    let view = wait_for(&handle, |view| {
        view.problem.is_some() && view.source_blind.count == 1
    });
    assert!(
        view.problem.as_deref().unwrap().contains("does not answer"),
        "{:?}",
        view.problem
    );
    assert!(view.partitions.is_empty());
    stop(handle);
}

#[test]
fn properties_that_librdkafka_refuses_are_an_error_at_the_start_that_tells_no_value() {
    let mut config = Config::new("source", "target", TOPIC, "test");
    config
        .target_cluster
        .insert("sasl.pasword".into(), "hunter2".into());
    let error = canary::start(config)
        .err()
        .expect("the property does not exist");
    let text = error.to_string();
    assert!(
        text.contains("target") && text.contains("sasl.pasword"),
        "{text}"
    );
    assert!(!text.contains("hunter2"), "the value may be a secret");
}
