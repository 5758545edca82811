//! Lines and states from series made by hand: a scrape each second, a reading of the offsets each five.

use super::seen::{Seen, unbroken};
use super::{Line, Quantity, lines, states};
use crate::promql::{Labels, Sample, SeriesSet};
use crate::recovery::clocks::Clock;
use crate::recovery::inventory::Inventory;
use crate::recovery::read;
use crate::recovery::scrapes::{Job, Scrapes};
use crate::recovery::spans::Span;

const CLOCK: Clock = Clock {
    offset: 0,
    epsilon: 0,
};

/// A page: names with their labels after them, and their values.
type Page = Vec<(String, f64)>;

fn inventory() -> Inventory {
    let text = "site: s\nprometheus: { url: 'http://p', scrape_interval: 1s }\nflow: { source: a, target: b, connector: c }\n\
                connectors: { c: 1 }\nworkers: [{ id: 'w:1', zone: z }]\n";
    read::inventory("i", text).unwrap()
}

fn series(pages: impl Iterator<Item = (i64, Page)>) -> SeriesSet {
    let mut set = SeriesSet::default();
    for (second, page) in pages {
        for (name, value) in page {
            let (name, labels) = name.split_once(' ').unwrap_or((&name, ""));
            let pairs = labels.split(' ').filter_map(|pair| pair.split_once('='));
            let own = [
                ("__name__", name),
                ("job", "mirrorwatch"),
                ("instance", "e"),
            ];
            let labels: Labels = pairs.chain(own).collect();
            let at = second * 1_000;
            set.add(labels, [Sample { at, value }]);
        }
    }
    set
}

/// What every page has, and what was read at the last whole five seconds.
fn page(second: i64) -> Page {
    let read = f64::from(i32::try_from(second - second % 5).unwrap());
    let flow = "source=a target=b";
    let info = "mm2_canary_info topic=canary remote_topic=a.canary";
    let success = "mm2_exporter_last_success_timestamp_seconds endpoint=offsets";
    [
        ("up".to_owned(), 1.0),
        (format!("{info} {flow}"), 1.0),
        (format!("{success}:a"), read),
        (format!("{success}:b"), read),
        (
            partition("mm2_source_appended_records_total", "t", 0),
            300.0 * read,
        ),
        (
            partition("mm2_source_appended_records_total", "t", 1),
            700.0 * read,
        ),
        (
            partition("mm2_source_appended_records_total", "canary", 0),
            9_000.0 * read,
        ),
        (partition("mm2_replication_lag_records", "t", 0), 3.0),
        (partition("mm2_replication_lag_records", "t", 1), 4.0),
        (
            partition("mm2_replication_lag_records", "canary", 0),
            1_000.0,
        ),
    ]
    .into()
}

fn partition(name: &str, topic: &str, partition: u8) -> String {
    format!("{name} source=a target=b topic={topic} partition={partition}")
}

fn seen<T>(set: &SeriesSet, look: impl FnOnce(&Seen<'_>) -> T) -> T {
    let job = Job {
        name: "mirrorwatch",
        interval: 1_000_000,
        clock: CLOCK,
        exporter: CLOCK,
    };
    let scrapes = Scrapes::of(set, job, |labels| labels.name() == "mm2_canary_info").unwrap();
    let span = Span::new(10_000_000, 60_000_000);
    let inventory = inventory();
    look(&Seen {
        unbroken: unbroken(&scrapes, CLOCK, span),
        pages: Vec::new(),
        exporter: CLOCK,
        scrapes: &scrapes,
        inventory: &inventory,
        span,
    })
}

/// Stretches of a line as seconds and values.
fn of(lines: &[Line], quantity: Quantity) -> Vec<Vec<(f64, f64)>> {
    let line = lines.iter().find(|line| line.quantity == quantity).unwrap();
    let stretches = line.stretches.iter().map(|stretch| {
        let points = stretch.iter();
        points
            .map(|point| (point.at.as_seconds(), point.value))
            .collect()
    });
    stretches.collect()
}

fn is(value: f64, expected: f64) -> bool {
    (value - expected).abs() < 1e-9
}

#[test]
fn a_steady_stream_is_a_level_line_however_seldom_it_is_read() {
    let set = series((10..=60).map(|second| (second, page(second))));
    let lines = seen(&set, lines::lines);
    let [produced] = of(&lines, Quantity::SourceAppended).try_into().unwrap();
    assert_eq!(produced.len(), 10, "one for each two readings");
    assert!(
        produced.iter().all(|(_, rate)| is(*rate, 1_000.0)),
        "{produced:?}"
    );
    let [lag] = of(&lines, Quantity::Lag).try_into().unwrap();
    assert_eq!(lag.len(), 51);
    assert!(
        lag.iter().all(|(_, lag)| is(*lag, 7.0)),
        "without the canary's"
    );
    assert_eq!(of(&lines, Quantity::Replicated), [[(0.0, 0.0); 0]; 0]);
}

#[test]
fn a_scrape_that_failed_and_a_partition_that_is_not_there_are_holes() {
    let pages = (10..=60).map(|second| {
        let mut page = page(second);
        match second {
            20 => page[0].1 = 0.0,
            40 => {
                page.retain(|(name, _)| *name != partition("mm2_replication_lag_records", "t", 1));
            }
            _ => {}
        }
        (second, page)
    });
    let set = series(pages);
    let (lines, gaps) = seen(&set, |seen| (lines::lines(seen), seen.gaps()));
    let ends = of(&lines, Quantity::Lag);
    let ends: Vec<_> = ends.iter().map(|s| (s[0].0, s[s.len() - 1].0)).collect();
    assert_eq!(ends, [(10.0, 19.0), (21.0, 39.0), (41.0, 60.0)]);
    let gaps: Vec<_> = gaps
        .iter()
        .map(|(from, to)| (from.as_seconds(), to.as_seconds()))
        .collect();
    assert_eq!(gaps, [(19.0, 21.0)]);
}

#[test]
fn a_counter_that_begins_anew_leaves_a_hole_and_no_rate_is_made_up() {
    let pages = (10..=60).map(|second| {
        let mut page = page(second);
        if second >= 30 {
            page[4].1 -= 9_000.0;
        }
        (second, page)
    });
    let lines = seen(&series(pages), lines::lines);
    let stretches = of(&lines, Quantity::SourceAppended);
    let mut rates = stretches.iter().flatten();
    assert!(rates.all(|(_, rate)| is(*rate, 1_000.0)), "{stretches:?}");
    assert_eq!(stretches.len(), 2, "between 25 and 30 s nothing is known");
}

#[test]
fn what_a_task_really_does_comes_before_its_status_which_names_its_worker() {
    let pages = (10..=60).map(|second| {
        let mut page = page(second);
        let status = "kafka_connect_connector_task_status connector=c task=0 worker=w:1";
        page.push((format!("{status} status=running"), 1.0));
        let state = if second < 30 { "running" } else { "withheld" };
        page.push((
            format!("mm2_task_state connector=c task=0 state={state}"),
            1.0,
        ));
        page.push((
            "mm2_worker_up worker=w:1".to_owned(),
            f64::from(u8::from(second < 30)),
        ));
        (second, page)
    });
    let set = series(pages);
    let ((tasks, left_out), workers) =
        seen(&set, |seen| (states::tasks(seen), states::workers(seen)));
    assert_eq!((tasks.len(), left_out), (1, 0));
    let spans: Vec<_> = tasks[0]
        .spans
        .iter()
        .map(|span| {
            (
                span.to.as_seconds(),
                span.what.state.as_str(),
                span.what.worker.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        spans,
        [
            (30.0, "running", Some("w:1")),
            (60.0, "withheld", Some("w:1"))
        ]
    );
    let up: Vec<_> = workers[0].spans.iter().map(|span| span.what).collect();
    assert_eq!(
        (up, workers[0].zone.as_deref()),
        (vec![true, false], Some("z"))
    );
}
