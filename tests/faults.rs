//! Backends that misbehave: each fault is counted under its kind, leaves the other endpoints alone, and never holds the
//! page.
#![expect(clippy::disallowed_methods, reason = "a test may look at the clock")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod stub;

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use mirrorwatch::exposition::{Format, Pages};
use mirrorwatch::model::snapshot::{ErrorKind, Snapshot};
use mirrorwatch::model::time::Timestamp;
use mirrorwatch::poll::{Polls, Schedule};
use stub::{Behaviour, QUICK, Stub, endpoints, ok, status};

const START: Timestamp = Timestamp::from_micros(0);

fn raw(bytes: Vec<u8>) -> Behaviour {
    Behaviour::Raw(Arc::new(bytes))
}

/// The snapshot after the first round with a faulty worker beside a healthy one.
async fn first_round(behaviour: Behaviour, schedule: Schedule) -> Arc<Snapshot> {
    let faulty = Stub::start(behaviour).await;
    let healthy = Stub::start(Behaviour::Captured).await;
    let polls = Polls::start(
        endpoints(&[faulty.port, healthy.port], schedule.deadline),
        schedule,
        START,
    );
    let mut snapshots = polls.snapshots.clone();
    let snapshot = snapshots
        .wait_for(|snapshot| snapshot.is_complete())
        .await
        .unwrap()
        .clone();
    polls.stop().await;
    snapshot
}

#[tokio::test]
async fn each_fault_is_counted_under_its_kind_and_leaves_the_other_worker_alone() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"version\":".to_vec();
    let cases = [
        ("silent", Behaviour::Silent, ErrorKind::Timeout),
        (
            "dripping",
            Behaviour::Drip(Arc::new(ok(&[b' '; 500]))),
            ErrorKind::Timeout,
        ),
        ("hangs up", Behaviour::Hangup, ErrorKind::Broken),
        ("half a body", raw(half), ErrorKind::Broken),
        (
            "no HTTP",
            raw(b"\x00\x01 not http at all\r\n\r\n".to_vec()),
            ErrorKind::Broken,
        ),
        ("rebalancing", raw(status("409 Conflict")), ErrorKind::Busy),
        (
            "credentials",
            raw(status("401 Unauthorized")),
            ErrorKind::Denied,
        ),
        ("forbidden", raw(status("403 Forbidden")), ErrorKind::Denied),
        (
            "internal error",
            raw(status("500 Internal Server Error")),
            ErrorKind::Status,
        ),
        (
            "unavailable",
            raw(status("503 Service Unavailable")),
            ErrorKind::Status,
        ),
        (
            "HTML",
            raw(ok(b"<html>not found</html>")),
            ErrorKind::Malformed,
        ),
        ("empty", raw(ok(b"")), ErrorKind::Malformed),
        (
            "other JSON",
            raw(ok(b"{\"error_code\":500}")),
            ErrorKind::Malformed,
        ),
        (
            "deep JSON",
            raw(ok("[".repeat(1_000_000).as_bytes())),
            ErrorKind::Malformed,
        ),
    ];
    for (name, behaviour, kind) in cases {
        let snapshot = first_round(behaviour, QUICK).await;
        let [faulty, healthy] = &snapshot.workers[..] else {
            panic!("two workers")
        };
        let jolokia = faulty.jolokia.as_ref().unwrap();
        for (up, errors) in [
            (faulty.rest.up, faulty.rest.errors),
            (jolokia.up, jolokia.errors),
        ] {
            assert!(!up, "{name}");
            assert_eq!(errors[kind.index()], 1, "{name}: {errors:?}");
        }
        assert!(
            healthy.rest.up && healthy.jolokia.as_ref().unwrap().up,
            "{name}"
        );
        assert!(
            snapshot.tasks.up,
            "{name}: the task lists come from the healthy worker"
        );
    }
}

#[tokio::test]
async fn an_endless_answer_and_a_gzip_bomb_are_cut_at_the_cap() {
    let patient = Schedule {
        interval: Duration::from_secs(10),
        deadline: Duration::from_secs(9),
        ..QUICK
    };
    let big = ok(&vec![b' '; 40 << 20]);
    let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
    bomb.write_all(&vec![b' '; 256 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        bomb.len()
    );
    let bomb = [head.into_bytes(), bomb].concat();
    for body in [big, bomb] {
        let snapshot = first_round(raw(body), patient).await;
        let errors = snapshot.workers[0].rest.errors;
        assert_eq!(errors[ErrorKind::TooLarge.index()], 1, "{errors:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let elsewhere = Stub::start(Behaviour::Captured).await;
    let head = format!(
        "302 Found\r\nlocation: http://127.0.0.1:{}/",
        elsewhere.port
    );
    let snapshot = first_round(raw(status(&head)), QUICK).await;
    assert_eq!(
        snapshot.workers[0].rest.errors[ErrorKind::Status.index()],
        1
    );
    assert_eq!(elsewhere.requests.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_refused_connection_is_down_at_once_and_the_page_says_so() {
    let gone = Stub::start(Behaviour::Captured).await.port;
    // A port that was free a moment ago, and that nobody listens on.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    assert_ne!(gone, free);
    let polls = Polls::start(endpoints(&[free], QUICK.deadline), QUICK, START);
    let pages = Pages::new(polls.snapshots.clone());
    let first = String::from_utf8(pages.get(Format::Classic, false).to_vec()).unwrap();
    assert!(
        first.contains("mm2_worker_up{worker=\"127.0.0.1:27114\"} 0\n"),
        "before the first poll, too"
    );
    polls
        .snapshots
        .clone()
        .wait_for(|snapshot| snapshot.is_complete())
        .await
        .unwrap();
    let page = String::from_utf8(pages.get(Format::Classic, false).to_vec()).unwrap();
    assert!(page.contains("mm2_exporter_endpoint_up{endpoint=\"rest:127.0.0.1:27114\"} 0\n"));
    assert!(page.contains(
        "mm2_exporter_poll_errors_total{endpoint=\"rest:127.0.0.1:27114\",kind=\"connect\"} 1\n"
    ));
    assert!(!page.contains("kafka_connect_"));
}

#[tokio::test]
async fn a_worker_that_falls_silent_keeps_its_series_for_the_time_to_live_only() {
    let snapshot = first_round(Behaviour::Captured, QUICK).await;
    assert!(snapshot.workers[0].rest.value.is_some());
    let mut late = snapshot.taken;
    late.monotonic += QUICK.time_to_live;
    let reading = snapshot.workers[0].rest.fresh_at(late, QUICK.time_to_live);
    assert!(reading.value.is_none());
}

#[tokio::test]
async fn a_silent_worker_does_not_hold_the_page() {
    let silent = Stub::start(Behaviour::Silent).await;
    let polls = Polls::start(endpoints(&[silent.port], QUICK.deadline), QUICK, START);
    let pages = Pages::new(polls.snapshots.clone());
    let begun = Instant::now();
    assert!(!pages.get(Format::OpenMetrics, true).is_empty());
    assert!(begun.elapsed() < Duration::from_millis(100));
}
