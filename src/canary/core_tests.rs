//! The loop, with a producer on a mock cluster; what scouts and readers would tell it is told by the test.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use rdkafka::mocking::MockCluster;
use tokio::sync::watch;

use super::anchor::Anchor;
use super::config::Config;
use super::core::Core;
use super::event::{Event, Side};
use super::instant;
use super::producer::Producer;
use super::progress::Position;
use super::running::Running;
use super::settled::Pace;
use super::state::State;
use crate::clock;
use crate::model::canary::CanaryView;

type View = watch::Receiver<Option<Arc<CanaryView>>>;

fn config(brokers: String) -> Config {
    let mut config = Config::new("source", "target", "canary", "me");
    let properties = &mut config.source_cluster;
    properties.insert("bootstrap.servers".into(), brokers);
    config
}

/// Wait until so many partitions have records that stand.
#[track_caller]
fn wait_for(partitions: usize, view: &View) -> Arc<CanaryView> {
    let is_there = |view: &CanaryView| {
        let stand = view.partitions.iter().filter(|p| p.acknowledged >= 5);
        view.partitions.len() == partitions && stand.count() == partitions
    };
    let deadline = clock::monotonic() + Duration::from_secs(20);
    while clock::monotonic() < deadline {
        if let Some(view) = view.borrow().clone().filter(|view| is_there(view)) {
            return view;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("records do not stand: {:#?}", view.borrow());
}

#[test]
fn partitions_that_the_topic_is_given_later_are_sent_to_and_those_before_go_on() {
    let cluster = MockCluster::new(1).expect("a mock is at hand");
    cluster
        .create_topic("canary", 5, 1)
        .expect("a mock is at hand");
    let config = config(cluster.bootstrap_servers());
    let (running, _ended) = Running::new();
    let (events, received) = channel();
    let (publisher, view) = watch::channel(None);
    let now = instant::now();
    let anchor = Anchor::new(clock::wall(), now);
    let wanted = Arc::new(AtomicU32::new(0));
    let producer = Producer::new(
        &config.source_cluster,
        &config.topic,
        events.clone(),
        running.clone(),
    );
    let stop = running.stop_flag();
    let core = Core {
        state: State::new(&config, "run".into(), anchor, now, wanted),
        config,
        producer: producer.expect("the properties are known"),
        events: received,
        view: publisher,
        schedule: None,
        pace: Pace::new(Duration::ZERO, 0),
        founding: None,
        held_until: Duration::ZERO,
        running,
    };
    let core = thread::spawn(move || core.run());
    let stands = |partitions| {
        let positions = vec![Position { next: 0, until: 0 }; partitions];
        let told = events.send(Event::Positioned(Side::Source, positions));
        told.expect("the loop runs");
    };
    stands(3);
    let before = wait_for(3, &view);
    stands(5);
    let after = wait_for(5, &view);
    assert_eq!(after.run, before.run);
    for (before, after) in before.partitions.iter().zip(&after.partitions) {
        assert!(after.acknowledged > before.acknowledged, "{after:#?}");
    }
    stop.store(true, Ordering::Relaxed);
    core.join().expect("the loop ends");
}
