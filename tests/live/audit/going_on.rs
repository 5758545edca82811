//! Audits of topics that go on, between two real brokers: killed and begun again, on a live topic, behind an open transaction.

use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::Duration;

use mirrorwatch::audit::range::Window;
use mirrorwatch::audit::report::Verdict;
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use super::{audit, command, report};
use crate::hop::{Producer, create, producer};
use crate::site::{Site, said, wait_until};
use crate::tuned::tuned;

const DEADLINE: Duration = Duration::from_secs(30);

/// A topic and its copy, which nobody but the test writes.
struct Pair {
    topic: String,
    copy: String,
    bootstrap: [String; 2],
    producers: [Producer; 2],
    /// The timestamp of number 0.
    begun: i64,
}

impl Pair {
    fn new(site: &Site, name: &str) -> Self {
        let (topic, copy) = (format!("users-{name}"), format!("users-{name}-copy"));
        let clusters = &site.lab.description().clusters;
        let bootstrap = ["source", "target"].map(|alias| clusters[alias].bootstrap.clone());
        create(&bootstrap[0], &topic);
        create(&bootstrap[1], &copy);
        let producers = [producer(&bootstrap[0]), producer(&bootstrap[1])];
        Self {
            topic,
            copy,
            bootstrap,
            producers,
            begun: mirrorwatch::clock::wall().as_micros() / 1_000,
        }
    }

    fn at_source(&self, numbers: std::ops::Range<i64>) {
        self.write(&self.producers[0], &self.topic, numbers);
    }

    fn at_target(&self, numbers: std::ops::Range<i64>) {
        self.write(&self.producers[1], &self.copy, numbers);
    }

    fn write(&self, producer: &Producer, topic: &str, numbers: std::ops::Range<i64>) {
        for number in numbers {
            let value = format!("order {number}");
            let record: BaseRecord<'_, [u8], str> = BaseRecord::to(topic)
                .partition(0)
                .payload(&value[..])
                .timestamp(self.begun + number);
            let sent = producer.send(record).map_err(|(error, _)| error);
            sent.expect("the queue has room");
        }
        producer.flush(DEADLINE).expect("the cluster takes all");
    }

    fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        [&[&self.topic[..], "--remote-topic", &self.copy], more].concat()
    }
}

#[test]
fn an_audit_that_is_killed_goes_on_with_the_window_it_began_with() {
    let site = &tuned();
    let pair = Pair::new(site, "killed");
    pair.at_source(0..1_000);
    pair.at_target(0..900);
    let state = site.file("killed.state");
    let file = state.to_str().expect("the path is text");
    let ago = |from, settle| {
        let more = ["--from", from, "--settle", settle, "--resume", file];
        pair.arguments(&more)
    };
    // It waits for the last hundred, until it is killed.
    let mut first: Child = command(site, &ago("30m", "10m"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("mirrorwatch runs");
    wait_until("the state is kept", DEADLINE, || state.exists());
    first.kill().expect("it runs");
    first.wait().expect("it ends");
    let kept = std::fs::read(&state).expect("it was kept");
    let kept: serde_json::Value = serde_json::from_slice(&kept).expect("it is whole");
    assert!(
        kept["progress"]["0"]["half"].is_object(),
        "it was in the middle: {}",
        kept["progress"]
    );
    let other = audit(site, &ago("29m", "2s"));
    assert_eq!(other.status.code(), Some(2));
    assert!(
        said(&other).contains("its window is not the same"),
        "{}",
        said(&other)
    );
    pair.at_target(900..1_000);
    let (found, code) = report(site, &ago("30m", "2s"));
    assert_eq!(
        (found.verdict, code, found.total.matched),
        (Verdict::Complete, Some(0), 1_000),
        "{:?}",
        found.total
    );
    let Window::Times { from, .. } = found.window else {
        panic!("{:?}", found.window)
    };
    assert_eq!(
        from.map(mirrorwatch::model::time::Timestamp::as_micros),
        kept["window"]["times"]["from"].as_i64()
    );
    assert!(!state.exists(), "what is through is not gone on with");
}

#[test]
fn the_last_records_lost_on_a_live_topic_are_missing_and_the_audit_ends() {
    let site = &tuned();
    let pair = Pair::new(site, "live");
    pair.at_source(0..505);
    pair.at_target(0..500);
    let stop = AtomicBool::new(false);
    let (found, code) = thread::scope(|scope| {
        scope.spawn(|| {
            // What the audit sees of this depends on when it looks; the five before it are all that is lost.
            sleep(Duration::from_secs(2));
            let mut number = 505;
            while !stop.load(Ordering::SeqCst) {
                pair.at_source(number..number + 10);
                pair.at_target(number..number + 10);
                number += 10;
                sleep(Duration::from_millis(20));
            }
        });
        let found = report(site, &pair.arguments(&["--settle", "10s"]));
        stop.store(true, Ordering::SeqCst);
        found
    });
    assert_eq!(
        (found.verdict, code, found.total.missing),
        (Verdict::Incomplete, Some(1), 5),
        "{:?}",
        found.total
    );
    assert_eq!(
        (
            found.total.unexpected,
            found.total.changed,
            found.total.undecided.total()
        ),
        (0, 0, 0)
    );
}

#[test]
fn what_an_open_transaction_holds_is_undecided_and_an_aborted_one_is_nothing() {
    let site = &tuned();
    let pair = Pair::new(site, "open");
    let arguments = pair.arguments(&["--settle", "2s"]);
    let (found, code) = report(site, &arguments);
    assert_eq!(
        (found.verdict, code),
        (Verdict::Undecided, Some(3)),
        "there is nothing to compare"
    );
    pair.at_source(0..100);
    pair.at_target(0..100);
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &pair.bootstrap[0])
        .set("transactional.id", "hung")
        .create()
        .expect("a client is made");
    producer.init_transactions(DEADLINE).expect("it answers");
    producer.begin_transaction().expect("it is the first");
    for _ in 0..10 {
        let record: BaseRecord<'_, [u8], str> =
            BaseRecord::to(&pair.topic).partition(0).payload("hung");
        let sent = producer.send(record).map_err(|(error, _)| error);
        sent.expect("the queue has room");
    }
    producer.flush(DEADLINE).expect("the source takes all");
    let (found, code) = report(site, &arguments);
    assert_eq!(
        (found.verdict, code, found.total.matched),
        (Verdict::Undecided, Some(3), 100),
        "{:?}",
        found.total
    );
    assert_eq!(found.total.undecided.unread, 10);
    producer.abort_transaction(DEADLINE).expect("it answers");
    let (found, code) = report(site, &arguments);
    assert_eq!(
        (found.verdict, code, found.total.source_records),
        (Verdict::Complete, Some(0), 100),
        "{:?}",
        found.total
    );
}
