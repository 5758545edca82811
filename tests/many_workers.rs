//! Many workers with many connectors: one round asks each question once, and no worker too much at a time.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod fault_server;
mod stub;

use std::sync::Arc;
use std::time::Duration;

use fault_server::faults::Fault;
use fault_server::{FaultServer, answers};
use futures_util::future::join_all;
use mirrorwatch::model::flow::{Flow, ReplicationPolicy};
use mirrorwatch::model::snapshot::ErrorKind;
use mirrorwatch::model::time::Timestamp;
use mirrorwatch::poll::{Endpoints, Polls, Schedule, Worker};
use mirrorwatch::{connect, fetch, jolokia};

const WORKERS: usize = 20;
const CONNECTORS: usize = 200;
const TASKS: usize = 10;
/// The one that a configuration has by default.
const DEFAULT: Schedule = Schedule {
    interval: Duration::from_secs(5),
    deadline: Duration::from_secs(4),
    time_to_live: Duration::from_secs(15),
};
/// One round only, and no worker is late however slow the machine is.
const ONCE: Schedule = Schedule {
    interval: Duration::from_hours(10),
    deadline: Duration::from_hours(2),
    time_to_live: Duration::from_hours(10),
};

fn endpoints(servers: &[FaultServer], schedule: Schedule, connectors: usize) -> Endpoints {
    let client = fetch::Client::new(schedule.deadline).unwrap();
    let worker = |server: &FaultServer| {
        let url = |path: &str| {
            format!("http://127.0.0.1:{}{path}", server.port)
                .parse()
                .unwrap()
        };
        Worker {
            id: format!("127.0.0.1:{}", server.port),
            rest: connect::Client::new(client.clone(), url("")),
            jolokia: Some(jolokia::Client::new(client.clone(), url("/jolokia/"))),
        }
    };
    let flow = |number: usize| Flow {
        source: format!("s{number}"),
        target: "t".to_owned(),
        connector: format!("c{number}"),
        policy: ReplicationPolicy::default(),
    };
    Endpoints {
        probes: std::collections::BTreeMap::new(),
        flows: (0..connectors).map(flow).collect(),
        workers: servers.iter().map(worker).collect(),
        group: None,
        clusters: Vec::new(),
        written: std::collections::BTreeMap::new(),
        canaries: Vec::new(),
        limits: Arc::default(),
    }
}

#[tokio::test]
async fn twenty_workers_with_two_hundred_connectors_are_asked_each_question_once() {
    let many = answers::many(CONNECTORS, TASKS);
    let pause = Duration::from_millis(50);
    let servers = (0..WORKERS).map(|_| FaultServer::answering(many.clone(), Fault::none(), pause));
    let servers: Vec<FaultServer> = join_all(servers).await;
    let polls = Polls::start(
        endpoints(&servers, ONCE, CONNECTORS),
        ONCE,
        Timestamp::from_micros(0),
    );
    let mut snapshots = polls.snapshots.clone();
    let snapshot = snapshots
        .wait_for(|snapshot| snapshot.is_complete())
        .await
        .unwrap()
        .clone();
    for worker in &snapshot.workers {
        let view = worker.rest.value.as_ref().unwrap();
        assert_eq!(
            view.connectors
                .iter()
                .map(|connector| connector.tasks.len())
                .sum::<usize>(),
            CONNECTORS * TASKS
        );
        assert!(worker.health.up && worker.jolokia.as_ref().unwrap().up);
    }
    let map = snapshot.tasks.value.as_ref().unwrap();
    assert_eq!(
        map.connectors
            .iter()
            .map(|connector| connector.tasks.len())
            .sum::<usize>(),
        CONNECTORS * TASKS
    );
    for (number, server) in servers.iter().enumerate() {
        let lists = if number == 0 { CONNECTORS } else { 0 };
        for (part, count) in [
            ("GET / ", 1),
            ("?expand=status ", 1),
            ("/health ", 1),
            ("POST /jolokia/ ", 1),
            ("/tasks ", lists),
            ("/offsets ", lists),
        ] {
            assert_eq!(server.asked(part), count, "worker {number}: {part}");
        }
        assert_eq!(
            server.asked(""),
            4 + 2 * lists,
            "worker {number}: nothing else"
        );
        // Eight task lists and eight lists of offsets beside three other polls, each of which asks one thing after the other.
        let most = server.most_at_a_time();
        assert!(
            (1..=19).contains(&most),
            "worker {number}: {most} at a time"
        );
    }
    assert!(
        servers[0].most_at_a_time() >= 16,
        "lists of tasks and of offsets are asked for side by side"
    );
    polls.stop().await;
}

#[tokio::test]
async fn a_connector_whose_offsets_do_not_come_in_time_leaves_those_of_the_others() {
    let many = answers::many(CONNECTORS, 1);
    let all_but_one: fault_server::Answers = Arc::new(move |request| {
        if request.path().ends_with("/c3/offsets") {
            // A head that promises a body that never comes; the server says no more.
            return b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n".to_vec();
        }
        many(request)
    });
    let hold = Fault::stuck(usize::MAX);
    let servers = [FaultServer::answering(all_but_one, hold, Duration::ZERO).await];
    let connectors = 40;
    let polls = Polls::start(
        endpoints(&servers, DEFAULT, connectors),
        DEFAULT,
        Timestamp::from_micros(0),
    );
    let mut snapshots = polls.snapshots.clone();
    let snapshot = snapshots
        .wait_for(|snapshot| snapshot.offsets.duration.is_some())
        .await
        .unwrap()
        .clone();
    let reading = &snapshot.offsets;
    assert!(reading.up);
    assert_eq!(reading.errors[ErrorKind::Timeout.index()], 1);
    assert_eq!(reading.errors.iter().sum::<u64>(), 1);
    let told = &reading.value.as_ref().unwrap().connectors;
    assert!(!told.contains_key("c3"));
    assert_eq!(told.len(), connectors - 1, "{told:?}");
    polls.stop().await;
}
