//! Whether workers are whom the configuration takes them for, and what becomes of what they answer: polled from stand-ins
//! that answer what was captured on a real lab.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod stub;

use std::sync::Arc;

use mirrorwatch::exposition::{Format, render};
use mirrorwatch::fetch::{Access, Client};
use mirrorwatch::model::snapshot::Snapshot;
use mirrorwatch::model::time::Timestamp;
use mirrorwatch::poll::{Endpoints, Polls};
use stub::{Behaviour, QUICK, Stub, endpoints_of, endpoints_through, ids};

const FOLDER: &str = "kafka-4.3.1";

/// The first page with all of these lines.
async fn page_with(endpoints: Endpoints, lines: &[&str]) -> (String, Arc<Snapshot>) {
    let polls = Polls::start(endpoints, QUICK, Timestamp::from_micros(0));
    let mut snapshots = polls.snapshots.clone();
    let mut page = String::new();
    let has_all = |snapshot: &Arc<Snapshot>| {
        page = render(snapshot, Format::Classic);
        lines
            .iter()
            .all(|line| page.lines().any(|other| other == *line))
    };
    let snapshot = Arc::clone(&*snapshots.wait_for(has_all).await.unwrap());
    polls.stop().await;
    (page, snapshot)
}

#[tokio::test]
async fn a_load_balanced_address_is_recognised_and_the_workers_behind_it_are_named() {
    let balancer = Stub::start(Behaviour::Balancer(FOLDER)).await;
    let endpoints = endpoints_of(
        &[balancer.port],
        &["connect:8083".to_owned()],
        QUICK.deadline,
    );
    let (_, snapshot) = page_with(
        endpoints,
        &[
            "mm2_worker_address_fault{worker=\"connect:8083\",fault=\"several_workers\"} 1",
            "mm2_unconfigured_worker_info{worker=\"127.0.0.1:24680\"} 1",
            "mm2_unconfigured_worker_info{worker=\"127.0.0.1:24682\"} 1",
        ],
    )
    .await;
    let problems = snapshot.normalised.problems();
    assert!(
        problems[0].contains("list every worker under its own address"),
        "{problems:?}"
    );
}

#[tokio::test]
async fn the_agent_of_another_worker_is_recognised() {
    let other = Stub::start(Behaviour::Folder(FOLDER, 2)).await;
    let endpoints = endpoints_of(&[other.port], &ids(FOLDER)[..1], QUICK.deadline);
    let fault = |fault: &str, value| {
        format!("mm2_worker_address_fault{{worker=\"127.0.0.1:24680\",fault=\"{fault}\"}} {value}")
    };
    let lines = [
        fault("another_worker", 1),
        fault("several_workers", 0),
        fault("no_such_worker", 0),
    ];
    page_with(endpoints, &lines.each_ref().map(|line| &**line)).await;
}

/// The polled addresses are local ports; the statuses name the workers as they advertise themselves.
#[tokio::test]
async fn a_dead_worker_is_found_by_the_id_that_it_advertises() {
    let live = Stub::start(Behaviour::Folder(FOLDER, 1)).await;
    let dead = Stub::start(Behaviour::Hangup).await;
    let endpoints = endpoints_of(&[live.port, dead.port], &ids(FOLDER), QUICK.deadline);
    let (page, snapshot) = page_with(
        endpoints,
        &[
            "mm2_worker_up{worker=\"127.0.0.1:24682\"} 0",
            "mm2_task_state{connector=\"mirror-source\",task=\"0\",state=\"running\"} 1",
            "mm2_task_state{connector=\"mirror-source\",task=\"1\",state=\"running_on_dead_worker\"} 1",
        ],
    )
    .await;
    assert!(!page.contains("mm2_unconfigured_worker_info{"));
    assert!(snapshot.normalised.problems().is_empty());
}

#[tokio::test]
async fn without_jolokia_the_rest_is_told_and_the_page_says_what_is_missing() {
    let worker = Stub::start(Behaviour::Folder(FOLDER, 1)).await;
    let mut endpoints = endpoints_of(&[worker.port], &ids(FOLDER)[..1], QUICK.deadline);
    endpoints.workers[0].jolokia = None;
    let (page, _) = page_with(
        endpoints,
        &[
            "mm2_exporter_source_configured{source=\"jolokia:127.0.0.1:24680\"} 0",
            "mm2_exporter_source_configured{source=\"group\"} 0",
            "mm2_worker_health{worker=\"127.0.0.1:24680\",status=\"healthy\"} 1",
            "mm2_task_state{connector=\"mirror-source\",task=\"0\",state=\"running\"} 1",
            "mm2_connector_tasks{connector=\"mirror-source\"} 2",
            "mm2_flow_state{source=\"source\",target=\"target\",state=\"unknown\"} 1",
            "mm2_task_transitions_total{connector=\"mirror-source\",task=\"0\",state=\"running\"} 0",
        ],
    )
    .await;
    // What nobody has told is not zero.
    for absent in [
        "mm2_task_workers{",
        "mm2_connector_running_tasks{",
        "kafka_connect_mirror_",
        "mm2_flow_doubled",
    ] {
        let line = page.lines().find(|line| line.starts_with(absent));
        assert_eq!(line, None);
    }
}

#[tokio::test]
async fn a_password_is_sent_where_one_is_configured() {
    let worker = Stub::start(Behaviour::Locked(FOLDER)).await;
    let (port, ids) = ([worker.port], &ids(FOLDER)[..1]);
    let denied =
        "mm2_exporter_poll_errors_total{endpoint=\"jolokia:127.0.0.1:24680\",kind=\"denied\"} 1";
    page_with(endpoints_of(&port, ids, QUICK.deadline), &[denied]).await;
    let access = Access::default().as_user("u", "hunter2");
    let client = Client::with_access(QUICK.deadline, &access).unwrap();
    let up = [
        "mm2_exporter_endpoint_up{endpoint=\"jolokia:127.0.0.1:24680\"} 1",
        "mm2_worker_up{worker=\"127.0.0.1:24680\"} 1",
    ];
    page_with(endpoints_through(&client, &port, ids), &up).await;
}

#[tokio::test]
async fn no_value_of_a_configuration_leaves_the_parser_but_those_for_us() {
    let worker = Stub::start(Behaviour::Secretive(FOLDER)).await;
    let endpoints = endpoints_of(&[worker.port], &ids(FOLDER)[..1], QUICK.deadline);
    let (page, snapshot) = page_with(
        endpoints,
        &[
            "mm2_connector_tasks{connector=\"mirror-source\"} 2",
            "mm2_task_partitions{connector=\"mirror-source\",task=\"0\"} 1",
            "mm2_worker_up{worker=\"127.0.0.1:24680\"} 1",
        ],
    )
    .await;
    let list = &snapshot.tasks.value.as_ref().unwrap().connectors[0];
    assert_eq!(
        (list.tasks_max, list.topics.as_deref()),
        (Some(2), Some("test-.*"))
    );
    assert!(!page.contains("hunter2"));
    assert!(!format!("{snapshot:?}").contains("hunter2"));
}
