//! Backends that misbehave: each fault is counted under its kind, leaves the other endpoints alone, never holds the page,
//! and is over as soon as it is over.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "hostile_backends/cases.rs"]
mod cases;
mod fault_server;
mod stub;

use std::sync::Arc;
use std::time::Duration;

use cases::{at_once, lasting};
use fault_server::FaultServer;
use fault_server::faults::Fault;
use futures_util::StreamExt;
use futures_util::stream;
use mirrorwatch::exposition::{Format, Pages};
use mirrorwatch::model::snapshot::{ErrorKind, Reading, Snapshot};
use mirrorwatch::model::time::Timestamp;
use mirrorwatch::poll::{Polls, Schedule};
use mirrorwatch::{connect, fetch};
use stub::{Behaviour, QUICK, Stub, endpoints};
use tokio::sync::watch;

const START: Timestamp = Timestamp::from_micros(0);
/// The machine may be slow; only what is never answered comes to this deadline.
const PATIENT: Schedule = Schedule {
    interval: Duration::from_millis(500),
    deadline: Duration::from_secs(20),
    time_to_live: Duration::from_mins(1),
};
/// For what is never answered.
const SHORT: Schedule = Schedule {
    deadline: Duration::from_secs(5),
    ..PATIENT
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_is_counted_under_its_kind_and_is_over_when_it_is_over() {
    let cases = at_once().into_iter().map(|case| (case, PATIENT));
    let cases = cases.chain(lasting().into_iter().map(|case| (case, SHORT)));
    let held = stream::iter(cases)
        .map(|((name, fault, kind), schedule)| held(name, fault, kind, schedule));
    assert_eq!(
        held.buffer_unordered(6).count().await,
        at_once().len() + lasting().len()
    );
}

/// A faulty worker beside a healthy one: the first round, and the first good answer after the fault.
async fn held(name: &str, fault: Fault, kind: ErrorKind, schedule: Schedule) {
    let faulty = FaultServer::start(fault).await;
    let healthy = FaultServer::start(Fault::none()).await;
    let polls = Polls::start(
        endpoints(&[faulty.port, healthy.port], schedule.deadline),
        schedule,
        START,
    );
    let pages = Pages::new(polls.snapshots.clone());
    let mut snapshots = polls.snapshots.clone();
    let first = until(name, &mut snapshots, Snapshot::is_complete).await;
    let [worker, other] = &first.workers[..] else {
        panic!("two workers")
    };
    let jolokia = worker.jolokia.as_ref().unwrap();
    // Connect has no items: one answer of them is simply not Connect's.
    let of_connect = if kind == ErrorKind::Mbean {
        ErrorKind::Malformed
    } else {
        kind
    };
    only(name, &worker.rest, of_connect);
    only(name, jolokia, kind);
    assert!(
        other.rest.up && other.health.up && other.jolokia.as_ref().unwrap().up,
        "{name}"
    );
    assert_eq!(other.rest.errors.iter().sum::<u64>(), 0, "{name}");
    assert!(
        first.tasks.up,
        "{name}: the task lists come from the healthy worker"
    );
    let page = String::from_utf8(pages.get(Format::Classic, false).to_vec()).unwrap();
    for (endpoint, kind) in [("rest", of_connect), ("jolokia", kind)] {
        let up = format!("mm2_exporter_endpoint_up{{endpoint=\"{endpoint}:127.0.0.1:27114\"}} 0\n");
        let errors = format!(
            "mm2_exporter_poll_errors_total{{endpoint=\"{endpoint}:127.0.0.1:27114\",kind=\"{}\"}} 0\n",
            kind.as_str()
        );
        assert!(page.contains(&up) && !page.contains(&errors), "{name}");
    }
    faulty.set(Fault::none());
    let after = until(name, &mut snapshots, |snapshot| {
        let worker = &snapshot.workers[0];
        worker.rest.up && worker.health.up && worker.jolokia.as_ref().unwrap().up
    });
    assert!(after.await.workers[0].rest.value.is_some(), "{name}");
    polls.stop().await;
}

/// Only errors of this kind were counted.
fn only<T>(name: &str, reading: &Reading<T>, kind: ErrorKind) {
    assert!(!reading.up, "{name}: {}", reading.endpoint);
    let of_kind = reading.errors[kind.index()];
    assert!(
        of_kind > 0 && of_kind == reading.errors.iter().sum::<u64>(),
        "{name}: {} {:?}",
        reading.endpoint,
        reading.errors
    );
}

async fn until(
    name: &str,
    snapshots: &mut watch::Receiver<Arc<Snapshot>>,
    is_so: impl Fn(&Snapshot) -> bool,
) -> Arc<Snapshot> {
    let wait = snapshots.wait_for(|snapshot| is_so(snapshot));
    let seen = tokio::time::timeout(Duration::from_mins(2), wait).await;
    let snapshot = seen
        .unwrap_or_else(|_| panic!("{name}: it never came to this"))
        .unwrap();
    Arc::clone(&snapshot)
}

#[tokio::test]
async fn what_is_only_unusual_is_an_answer() {
    let unusual = [
        (
            "another content type",
            "HTTP/1.1 200 OK\ncontent-type: text/html\ncontent-length: {length}",
        ),
        ("no content type, no length", "HTTP/1.1 200 OK"),
        ("HTTP/1.0", "HTTP/1.0 200 OK"),
        ("no reason", "HTTP/1.1 200\ncontent-length: {length}"),
        (
            "control bytes in a header",
            "HTTP/1.1 200 OK\nx: \u{9b}31m\ncontent-length: {length}",
        ),
    ];
    for (name, head) in unusual {
        let worker = FaultServer::start(Fault::head(head)).await;
        let polls = Polls::start(endpoints(&[worker.port], PATIENT.deadline), PATIENT, START);
        let snapshot = until(name, &mut polls.snapshots.clone(), Snapshot::is_complete).await;
        let worker = &snapshot.workers[0];
        assert!(
            worker.rest.up && worker.jolokia.as_ref().unwrap().up,
            "{name}"
        );
        polls.stop().await;
    }
}

#[tokio::test]
async fn one_mbean_that_is_refused_leaves_the_others_and_is_counted() {
    let refuse = |body: &[u8]| {
        let Ok(serde_json::Value::Array(mut items)) = serde_json::from_slice(body) else {
            return body.to_vec();
        };
        items[0] = serde_json::json!({"status": 403, "error_type": "java.lang.SecurityException"});
        serde_json::to_vec(&items).unwrap()
    };
    let worker = FaultServer::start(Fault::body(refuse)).await;
    let polls = Polls::start(endpoints(&[worker.port], PATIENT.deadline), PATIENT, START);
    let snapshot = until(
        "one item",
        &mut polls.snapshots.clone(),
        Snapshot::is_complete,
    )
    .await;
    let jolokia = snapshot.workers[0].jolokia.as_ref().unwrap();
    assert!(jolokia.up && !jolokia.value.as_ref().unwrap().samples.is_empty());
    assert!(jolokia.errors[ErrorKind::Mbean.index()] > 0);
    polls.stop().await;
}

#[tokio::test]
async fn an_answer_that_is_cut_or_reset_at_any_byte_is_an_error() {
    let http = fetch::Client::new(PATIENT.deadline).unwrap();
    let server = FaultServer::start(Fault::none()).await;
    let url = format!("http://127.0.0.1:{}", server.port);
    let client = connect::Client::new(http, url.parse().unwrap());
    assert_eq!(client.tasks("mirror-source").await.unwrap().tasks.len(), 3);
    let whole = stub::captured("GET /connectors/mirror-source/tasks HTTP/1.1", stub::WORKER).len();
    for at in 0..whole {
        for fault in [Fault::cut(at), Fault::reset(at)] {
            server.set(fault);
            let error = client.tasks("mirror-source").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Broken, "{at}: {error}");
        }
    }
    server.set(Fault::none());
    assert_eq!(client.tasks("mirror-source").await.unwrap().tasks.len(), 3);
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let elsewhere = FaultServer::start(Fault::none()).await;
    for (status, host) in [
        ("301 Moved Permanently", "127.0.0.1"),
        ("302 Found", "127.0.0.1"),
        ("307 Temporary Redirect", "127.0.0.1"),
        ("308 Permanent Redirect", "127.0.0.1"),
        ("302 Found", "169.254.169.254"),
    ] {
        let redirect = format!(
            "{status}\r\nlocation: http://{host}:{}/latest/meta-data/",
            elsewhere.port
        );
        held(status, Fault::status(&redirect), ErrorKind::Status, PATIENT).await;
    }
    assert_eq!(elsewhere.asked(""), 0);
}

#[tokio::test]
async fn a_refused_connection_and_a_name_that_is_not_found_are_down_at_once_and_the_page_says_so() {
    // A port that was free a moment ago, and that nobody listens on.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut endpoints = endpoints(&[free, free], PATIENT.deadline);
    let http = fetch::Client::new(PATIENT.deadline).unwrap();
    let nowhere = "http://no-such-host.invalid:8083".parse().unwrap();
    endpoints.workers[1].rest = connect::Client::new(http, nowhere);
    let polls = Polls::start(endpoints, PATIENT, START);
    let pages = Pages::new(polls.snapshots.clone());
    let first = String::from_utf8(pages.get(Format::Classic, false).to_vec()).unwrap();
    assert!(
        first.contains("mm2_worker_up{worker=\"127.0.0.1:27114\"} 0\n"),
        "before the first poll, too"
    );
    until(
        "refused",
        &mut polls.snapshots.clone(),
        Snapshot::is_complete,
    )
    .await;
    let page = String::from_utf8(pages.get(Format::Classic, false).to_vec()).unwrap();
    for id in ["127.0.0.1:27114", "127.0.0.1:27116"] {
        assert!(page.contains(&format!(
            "mm2_exporter_endpoint_up{{endpoint=\"rest:{id}\"}} 0\n"
        )));
        let errors =
            format!("mm2_exporter_poll_errors_total{{endpoint=\"rest:{id}\",kind=\"connect\"}} ");
        assert!(
            page.contains(&errors) && !page.contains(&format!("{errors}0\n")),
            "{page}"
        );
    }
    assert!(!page.contains("kafka_connect_"));
}

#[tokio::test]
async fn a_worker_that_falls_silent_keeps_its_series_for_the_time_to_live_only() {
    let worker = Stub::start(Behaviour::Captured).await;
    let polls = Polls::start(endpoints(&[worker.port], PATIENT.deadline), PATIENT, START);
    let snapshot = until("first", &mut polls.snapshots.clone(), Snapshot::is_complete).await;
    assert!(snapshot.workers[0].rest.value.is_some());
    let mut late = snapshot.taken;
    late.monotonic += PATIENT.time_to_live;
    let reading = snapshot.workers[0]
        .rest
        .fresh_at(late, PATIENT.time_to_live);
    assert!(reading.value.is_none());
}

#[tokio::test]
async fn a_page_is_there_before_any_backend_has_answered() {
    let silent = FaultServer::start(Fault::silence()).await;
    let polls = Polls::start(endpoints(&[silent.port], QUICK.deadline), QUICK, START);
    let pages = Pages::new(polls.snapshots.clone());
    let page = String::from_utf8(pages.get(Format::OpenMetrics, false).to_vec()).unwrap();
    assert!(!polls.snapshots.borrow().is_complete());
    assert_eq!(page.matches("\nmm2_exporter_endpoint_up{").count(), 5);
    assert_eq!(
        page.lines()
            .filter(|line| line.starts_with("mm2_exporter_endpoint_up{") && line.ends_with(" 0"))
            .count(),
        5
    );
}
