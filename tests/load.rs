//! What a crowd of scrapers and a great many series cost, in counts: requests, encodings, bytes of memory. Times are
//! measured by `benches/scrape.rs`; they depend on the machine and gate nothing.

mod exporter;
mod large;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use exporter::Exporter;
use large::Backend;
use mirrorwatch::exposition::{Format, Pages};
use mirrorwatch::model::snapshot::{Moment, Snapshot};
use mirrorwatch::model::time::Timestamp;
use tokio::sync::watch;

/// What each worker is asked in one round of polls, and what one of them is asked for the whole cluster.
const OF_EACH: [&str; 4] = ["/", "/connectors?expand=status", "/health", "/jolokia/"];
const OF_ONE: [&str; 2] = [
    "/connectors/mirror-source/tasks",
    "/connectors/mirror-source/offsets",
];

/// Looks at what was asked, 20 ms apart, before a test gives up: far more than the slowest machine needs.
const PATIENCE: usize = 6_000;

/// An exporter that polls once and then not for a long time, its polls done.
fn polled_once(backend: &Backend, series_per_metric: usize) -> Exporter {
    let exporter = Exporter::start(&backend.configuration("1h", series_per_metric));
    exporter.wait_until_ready();
    let is_done = || {
        let asked = backend.requests();
        OF_EACH.iter().all(|path| asked.get(*path) == Some(&3))
            && OF_ONE.iter().all(|path| asked.contains_key(*path))
    };
    for _ in 0..PATIENCE {
        if is_done() {
            return exporter;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!(
        "it has not asked each question as often as it should: {:?}",
        backend.requests()
    );
}

#[test]
fn fifty_scrapers_cause_not_one_request_more_than_one_does() {
    let backend = Backend::start(3, 60);
    let exporter = polled_once(&backend, 10_000);
    let once: BTreeMap<String, usize> = OF_EACH
        .map(|path| (path.to_owned(), 3))
        .into_iter()
        .chain(OF_ONE.map(|path| (path.to_owned(), 1)))
        .collect();
    assert_eq!(backend.requests(), once);
    for scrapers in [1, 50] {
        thread::scope(|scope| {
            for _ in 0..scrapers {
                scope.spawn(|| {
                    for _ in 0..4 {
                        let page = exporter.ask("/metrics").unwrap();
                        assert!(
                            page.contains("\nkafka_connect_mirror_source_connector_record_count{"),
                            "{page}"
                        );
                    }
                });
            }
        });
        assert_eq!(backend.requests(), once, "with {scrapers} scrapers");
    }
}

#[test]
fn a_page_of_100_000_series_is_served_within_150_mb_and_in_all_forms_at_once_within_170() {
    let backend = Backend::start(3, 5_400);
    let exporter = polled_once(&backend, 10_000);
    // As Prometheus asks, always alike.
    served(&exporter, "application/openmetrics-text", "gzip", 150);
    for (accept, encoding) in [
        ("text/plain", "identity"),
        ("text/plain", "gzip"),
        ("application/openmetrics-text", "identity"),
    ] {
        served(&exporter, accept, encoding, 170);
    }
    let page = exporter.ask("/metrics").unwrap();
    let series = page.lines().filter(|line| line.contains('{')).count();
    assert!(series >= 100_000, "there are {series}");
}

fn served(exporter: &Exporter, accept: &str, encoding: &str, megabytes: u64) {
    let page = exporter.ask_as("/metrics", accept, encoding);
    let length = page.expect("it answers").len();
    assert!(length > 1 << 20, "{length} bytes");
    let (_, most) = exporter.resident();
    let limit = (megabytes * 1_000_000) >> 10;
    assert!(most <= limit, "{}", exporter.memory());
}

#[test]
fn a_page_is_encoded_once_for_each_snapshot_and_form() {
    let (sender, receiver) = watch::channel(Arc::new(snapshot()));
    let pages = Pages::new(receiver);
    let forms = [Format::Classic, Format::OpenMetrics]
        .into_iter()
        .flat_map(|format| [(format, false), (format, true)]);
    for (format, gzip) in forms {
        let first = pages.get(format, gzip);
        // The same bytes at the same place: nothing was written anew.
        assert_eq!(pages.get(format, gzip).as_ptr(), first.as_ptr());
        sender.send_replace(Arc::new(snapshot()));
        assert_ne!(pages.get(format, gzip).as_ptr(), first.as_ptr());
    }
}

fn snapshot() -> Snapshot {
    let taken = Moment {
        wall: Timestamp::from_micros(0),
        monotonic: Duration::ZERO,
    };
    Snapshot::unpolled(taken, Duration::from_secs(15))
}
