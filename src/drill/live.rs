//! What one page says about the recovery while the drill waits. Pure; decides when to stop looking, never the verdict.

use std::collections::BTreeMap;
use std::time::Duration;

use super::page::{Entry, Page};
use crate::model::flow::HEARTBEATS;
use crate::model::text::visible;
use crate::model::time::Timestamp;
use crate::recovery::inventory::Inventory;

/// The state of a drill on one page. Times are those of the exporter's clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// Tasks of the flow's connector by worker.
    pub tasks: BTreeMap<String, usize>,
    /// Whether tasks are withheld, and until when at the latest.
    pub withheld: Option<Option<Timestamp>>,
    /// Whether every worker answers and every connector has all its tasks running.
    pub whole: bool,
    /// Up to here everything sent has been delivered, on every partition.
    pub delivered_through: Option<Timestamp>,
    /// Up to here the page tells all.
    pub observed_through: Option<Timestamp>,
    /// Time between two records of the canary to one partition.
    pub period: Option<Duration>,
    /// D: what is delivered by less than this is not late.
    pub threshold: Option<Duration>,
    /// Records of the users' topics that wait to be copied.
    pub lag: Option<f64>,
    /// Start and end of each outage on the page, in no order.
    pub outages: Vec<(Timestamp, Option<Timestamp>)>,
}

impl Live {
    /// Read a page.
    pub fn read(page: &Page, inventory: &Inventory) -> Self {
        let flow = &inventory.flow;
        let of_flow = |entry: &&Entry| {
            entry.label("source") == flow.source && entry.label("target") == flow.target
        };
        let mut tasks = BTreeMap::new();
        for entry in page.named("kafka_connect_connector_task_status") {
            if entry.value > 0.0 && entry.label("connector") == flow.connector {
                *tasks.entry(entry.label("worker").to_owned()).or_insert(0) += 1;
            }
        }
        let instants = |name| {
            page.named(name)
                .filter(of_flow)
                .filter_map(Entry::instant)
                .collect::<Vec<_>>()
        };
        let lengths = |name| {
            page.named(name)
                .filter(of_flow)
                .find_map(|entry| Duration::try_from_secs_f64(entry.value).ok())
        };
        let withheld = page
            .named("mm2_connect_assignment_withheld")
            .any(|entry| entry.value > 0.0);
        let until = page
            .named("mm2_connect_assignment_withheld_until_timestamp_seconds")
            .find_map(Entry::instant);
        Self {
            tasks,
            whole: is_whole(page, inventory),
            withheld: withheld.then_some(until),
            delivered_through: instants("mm2_canary_delivered_through_timestamp_seconds")
                .into_iter()
                .min(),
            observed_through: instants("mm2_canary_observed_through_timestamp_seconds")
                .into_iter()
                .min(),
            period: lengths("mm2_canary_period_seconds"),
            threshold: lengths("mm2_canary_outage_threshold_seconds"),
            lag: lag(page, of_flow),
            outages: outages(page, of_flow),
        }
    }

    /// The end of the last outage that touches what follows `zero`, when all of them have ended; `None` otherwise.
    pub fn recovered(&self, zero: Timestamp) -> Option<Timestamp> {
        let touching = self
            .outages
            .iter()
            .filter(|(_, end)| end.is_none_or(|end| end > zero));
        let ends = touching.map(|(_, end)| *end).collect::<Option<Vec<_>>>()?;
        ends.into_iter().max()
    }

    /// Up to where the page tells, if what it tells of is late there: delivered through to more than D before.
    pub fn late_at(&self) -> Option<Timestamp> {
        let (through, threshold) = (self.observed_through?, self.threshold?);
        (through.since(self.delivered_through?) > threshold).then_some(through)
    }

    /// Whether all is as it should be: nobody and nothing is missing, no outage is open and nothing is late.
    pub fn is_calm(&self) -> bool {
        let open = self.outages.iter().any(|(_, end)| end.is_none());
        self.whole && self.withheld.is_none() && !open && self.late_at().is_none()
    }

    /// One line for people; `elapsed` since the zero, `now` by the exporter's clock, `lag` as it is told.
    pub fn line(&self, elapsed: Duration, now: Timestamp, lag: Option<&str>) -> String {
        let tasks = self
            .tasks
            .iter()
            .map(|(worker, tasks)| format!("{} {tasks}", visible(worker)));
        let tasks = tasks.collect::<Vec<_>>().join(", ");
        let withheld = match self.withheld {
            None => String::new(),
            Some(Some(until)) => {
                format!(" | withheld, at most {} s more", until.since(now).as_secs())
            }
            Some(None) => " | withheld".to_owned(),
        };
        let open = self.outages.iter().filter(|(_, end)| end.is_none()).count();
        let age = self
            .delivered_through
            .map_or("unknown".to_owned(), |through| seconds(now.since(through)));
        // What changes comes first: a terminal cuts the line.
        format!(
            "{} after the zero | canary age {age}, {open} partitions out{withheld}{} | tasks: {tasks}",
            seconds(elapsed),
            lag.map_or_else(String::new, |lag| format!(" | {lag}"))
        )
    }
}

fn is_whole(page: &Page, inventory: &Inventory) -> bool {
    let up = |id: &str| {
        let mut workers = page.named("mm2_worker_up");
        workers.any(|entry| entry.label("worker") == id && entry.value > 0.0)
    };
    let running = |connector: &str| {
        let status = page
            .named("kafka_connect_connector_task_status")
            .filter(|entry| {
                entry.label("connector") == connector
                    && entry.label("status") == "running"
                    && entry.value > 0.0
                    && up(entry.label("worker"))
            });
        status.count()
    };
    let mut connectors = inventory.connectors.iter();
    inventory.workers.iter().all(|worker| up(&worker.id))
        && connectors.all(|(connector, tasks)| running(connector) >= *tasks as usize)
}

/// Of all topics of the flow but the canaries' and MM2's heartbeats, which nobody waits for.
fn lag(page: &Page, of_flow: impl Fn(&&Entry) -> bool) -> Option<f64> {
    let canaries = page
        .named("mm2_canary_info")
        .map(|entry| entry.label("topic"));
    let canaries: Vec<_> = canaries.collect();
    let is_users = |topic: &str| {
        let heartbeats = topic == HEARTBEATS || topic.ends_with(".heartbeats");
        !heartbeats && !topic.ends_with("mirrorwatch-canary") && !canaries.contains(&topic)
    };
    let lags = page.named("mm2_replication_lag_records").filter(of_flow);
    let lags = lags.filter(|entry| is_users(entry.label("topic")) && !entry.value.is_nan());
    lags.map(|entry| entry.value).reduce(|sum, lag| sum + lag)
}

/// Tenths of a second are what changes visibly from one look to the next.
pub fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

fn outages(page: &Page, of_flow: impl Fn(&&Entry) -> bool) -> Vec<(Timestamp, Option<Timestamp>)> {
    let key = |entry: &Entry| {
        (
            entry.label("partition").to_owned(),
            entry.label("outage").to_owned(),
        )
    };
    let ends = page
        .named("mm2_canary_outage_end_timestamp_seconds")
        .filter(&of_flow);
    let ends: BTreeMap<_, _> = ends
        .filter_map(|entry| Some((key(entry), entry.instant()?)))
        .collect();
    let starts = page
        .named("mm2_canary_outage_start_timestamp_seconds")
        .filter(&of_flow);
    starts
        .filter_map(|entry| Some((entry.instant()?, ends.get(&key(entry)).copied())))
        .collect()
}

#[cfg(test)]
fn live(page: &str) -> Live {
    let inventory = serde_json::from_str(
        r#"{"site":"s","prometheus":{"url":"http://p","scrape_interval":"1s"},"flow":{"source":"a","target":"b","connector":"m"},"connectors":{},"workers":[]}"#,
    );
    Live::read(&Page::parse(page), &inventory.unwrap())
}

#[cfg(test)]
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

#[cfg(test)]
const PAGE: &str = r#"
kafka_connect_connector_task_status{connector="m",task="0",worker="w1:1",status="running"} 1
kafka_connect_connector_task_status{connector="other",task="0",worker="w1:1",status="running"} 1
mm2_connect_assignment_withheld 1
mm2_connect_assignment_withheld_until_timestamp_seconds 110
mm2_canary_delivered_through_timestamp_seconds{source="a",target="b",partition="0"} 101
mm2_canary_delivered_through_timestamp_seconds{source="a",target="b",partition="1"} 99.5
mm2_canary_outage_start_timestamp_seconds{source="a",target="b",partition="0",outage="1"} 40
mm2_canary_outage_end_timestamp_seconds{source="a",target="b",partition="0",outage="1"} 45
mm2_canary_outage_start_timestamp_seconds{source="a",target="b",partition="0",outage="2"} 90
mm2_canary_outage_end_timestamp_seconds{source="a",target="b",partition="0",outage="2"} 101
mm2_canary_outage_start_timestamp_seconds{source="a",target="x",partition="0",outage="2"} 90
"#;

#[test]
fn recovered_means_that_every_outage_since_the_zero_has_ended() {
    assert_eq!(live(PAGE).recovered(at(89)), Some(at(101)));
    let second = "mm2_canary_outage_start_timestamp_seconds{source=\"a\",target=\"b\",partition=\"1\",outage=\"1\"} 99.5\n";
    assert_eq!(live(&format!("{PAGE}{second}")).recovered(at(89)), None);
}

#[test]
fn late_is_what_was_delivered_by_more_than_the_threshold_before() {
    let with = |observed: &str| {
        let of = r#"{source="a",target="b",partition="1"}"#;
        live(&format!(
            "{PAGE}mm2_canary_outage_threshold_seconds{of} 1\nmm2_canary_observed_through_timestamp_seconds{of} {observed}\n"
        ))
    };
    assert_eq!(with("100.5").late_at(), None);
    assert_eq!(
        with("100.6").late_at(),
        Some(Timestamp::from_millis(100_600))
    );
    assert_eq!(live(PAGE).late_at(), None);
}

#[test]
fn an_outage_before_the_zero_is_no_recovery() {
    assert_eq!(live(PAGE).recovered(at(200)), None);
}

#[test]
fn the_line_says_who_has_tasks_what_is_withheld_and_how_old_the_canary_is() {
    let line = |lag| live(PAGE).line(Duration::from_millis(13_340), at(103), lag);
    assert_eq!(
        line(None),
        "13.3 s after the zero | canary age 3.5 s, 0 partitions out | withheld, at most 7 s more | tasks: w1:1 1"
    );
    assert!(line(Some("lag 5, steady")).contains(" more | lag 5, steady | tasks"));
}

#[test]
fn the_lag_is_that_of_the_users_topics() {
    let of = |target: &str, topic: &str, lag: u32| {
        format!(
            "mm2_replication_lag_records{{source=\"a\",target=\"{target}\",topic=\"{topic}\",partition=\"0\"}} {lag}\n"
        )
    };
    let canary = "mm2_canary_info{source=\"a\",target=\"b\",topic=\"probe\"} 1\n";
    let others = of("b", "probe", 1)
        + &of("b", "heartbeats", 2)
        + &of("b", "test-mirrorwatch-canary", 4)
        + &of("x", "orders", 8);
    assert_eq!(live(&format!("{canary}{others}")).lag, None);
    let users = of("b", "orders", 16) + &of("b", "bills", 32);
    assert_eq!(live(&format!("{canary}{others}{users}")).lag, Some(48.0));
}
