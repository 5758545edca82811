//! What a page of an exporter tells of the records of one canary.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::site::{get, wait_until};

/// The flow that every lab has.
pub(crate) const FORTH: (&str, &str) = ("source", "target");
/// The other one of a lab that copies both ways.
pub(crate) const BACK: (&str, &str) = ("target", "source");

/// The page of the exporter at this address, however long it takes on a busy machine.
pub(crate) fn page(exporter: &str) -> String {
    let mut page = None;
    wait_until("the exporter answers", Duration::from_mins(1), || {
        page = get(&format!("http://{exporter}/metrics"), "text/plain");
        page.is_some()
    });
    page.expect("it was waited for")
}

/// A canary's counts, all partitions together.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    pub(crate) topic: String,
    pub(crate) remote_topic: String,
    pub(crate) exporter: String,
    pub(crate) run: String,
    pub(crate) sent: u64,
    pub(crate) acknowledged: u64,
    pub(crate) received: u64,
    pub(crate) duplicates: u64,
    pub(crate) lost: u64,
    pub(crate) late_after_loss: u64,
    pub(crate) overtaken: u64,
    pub(crate) undelivered: u64,
    pub(crate) reordered: u64,
    /// Corrupt, misrouted, or without their header.
    pub(crate) flawed: u64,
    pub(crate) problem: u64,
}

/// When each span began and ended, in seconds since the epoch: outages by partition and number, blind spans by side and number.
pub(crate) type Spans = BTreeMap<(String, String), (f64, Option<f64>)>;

impl Ledger {
    pub(crate) fn of(page: &str, flow: (&str, &str)) -> Self {
        let info = of_flow(page, "mm2_canary_info", flow).next();
        let (info, _) = info.expect("the page has the canary");
        let sum = |name: &str| total(page, &format!("mm2_canary_{name}"), flow);
        Self {
            topic: label(info, ",topic").to_owned(),
            remote_topic: label(info, "remote_topic").to_owned(),
            exporter: label(info, "exporter").to_owned(),
            run: label(info, "run").to_owned(),
            sent: sum("sent_records_total"),
            acknowledged: sum("acknowledged_records_total"),
            received: sum("received_records_total"),
            duplicates: sum("duplicate_records_total"),
            lost: sum("lost_records_total"),
            late_after_loss: sum("late_after_loss_records_total"),
            overtaken: sum("overtaken_records"),
            undelivered: sum("undelivered_records"),
            reordered: sum("reordered_records_total"),
            flawed: sum("corrupt_records_total")
                + sum("misrouted_records_total")
                + sum("mangled_header_records_total"),
            problem: sum("problem"),
        }
    }

    /// Records that stand at the source and are neither delivered nor owed nor lost: those from before the first arrival that was read. Their
    /// number stays as it is, else one is counted twice, or forgotten.
    pub(crate) fn unowed(&self) -> u64 {
        let missing = self.lost - self.late_after_loss;
        let known = self.received + self.undelivered + missing;
        self.acknowledged
            .checked_sub(known)
            .expect("none is counted twice")
    }

    /// What is said of records that did not come as they were sent.
    pub(crate) fn faults(&self) -> [u64; 4] {
        [self.lost, self.late_after_loss, self.reordered, self.flawed]
    }
}

/// The outages of a canary that the page still has.
pub(crate) fn outages(page: &str, flow: (&str, &str)) -> Spans {
    spans(page, flow, "outage", "partition")
}

/// The spans in which the canary could not reach a side, those that the page still has.
pub(crate) fn blind_spans(page: &str, flow: (&str, &str)) -> Spans {
    spans(page, flow, "blind", "side")
}

/// The longest span in which the canary could not reach the source or the target, in seconds, of those that the page still has.
pub(crate) fn longest_blind(page: &str, flow: (&str, &str), side: &str) -> f64 {
    let through = observed_through(page, flow).expect("the page has the canary");
    let spans = blind_spans(page, flow).into_iter();
    let of_side = spans.filter(|((of, _), _)| of == side);
    of_side
        .map(|(_, (start, end))| end.unwrap_or(through) - start)
        .fold(0.0, f64::max)
}

/// Up to when a page's ledger is complete, in seconds since the epoch; none as long as the page has no canary.
pub(crate) fn observed_through(page: &str, flow: (&str, &str)) -> Option<f64> {
    let through = of_flow(page, "mm2_canary_observed_through_timestamp_seconds", flow).next();
    through.map(|(_, at)| seconds(at))
}

fn spans(page: &str, flow: (&str, &str), what: &str, of: &str) -> Spans {
    let instants = |end: &str| {
        let metric = format!("mm2_canary_{what}_{end}_timestamp_seconds");
        let all = of_flow(page, &metric, flow);
        let instants = all.map(|(labels, at)| {
            let [of, number] = [of, what].map(|name| label(labels, name).to_owned());
            ((of, number), seconds(at))
        });
        instants.collect::<BTreeMap<_, _>>()
    };
    let ends = instants("end");
    let starts = instants("start").into_iter();
    starts
        .map(|(key, start)| {
            let end = ends.get(&key).copied();
            (key, (start, end))
        })
        .collect()
}

/// How long each partition had outages, in seconds.
pub(crate) fn outage_seconds(page: &str, flow: (&str, &str)) -> BTreeMap<String, f64> {
    let each = of_flow(page, "mm2_canary_outage_seconds_total", flow);
    each.map(|(labels, length)| (label(labels, "partition").to_owned(), seconds(length)))
        .collect()
}

fn seconds(value: &str) -> f64 {
    value.parse().expect("a number")
}

/// A metric of counts by partition.
pub(crate) fn counts(page: &str, metric: &str, flow: (&str, &str)) -> BTreeMap<String, u64> {
    let each = of_flow(page, metric, flow).map(|(labels, count)| {
        let partition = label(labels, "partition").to_owned();
        (partition, count.parse().expect("a count"))
    });
    each.collect()
}

/// Records that took longer than a minute.
pub(crate) fn slower_than_a_minute(page: &str, flow: (&str, &str)) -> u64 {
    let mut buckets = of_flow(page, "mm2_canary_latency_seconds_bucket", flow);
    let within = buckets.find(|(labels, _)| ["60", "60.0"].contains(&label(labels, "le")));
    let (_, within) = within.expect("the histogram has that edge");
    let within: u64 = within.parse().expect("a count");
    total(page, "mm2_canary_latency_seconds_count", flow) - within
}

/// The sum of the series that a metric of counts has for a flow.
fn total(page: &str, metric: &str, flow: (&str, &str)) -> u64 {
    let values = of_flow(page, metric, flow).map(|(_, value)| value.parse::<u64>());
    values.map(|value| value.expect("a count")).sum()
}

/// The series that a metric has for a flow: their labels, and their values.
fn of_flow<'a>(
    page: &'a str,
    metric: &str,
    (source, target): (&str, &str),
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let start = format!("{metric}{{source=\"{source}\",target=\"{target}\"");
    page.lines()
        .filter_map(move |line| line.strip_prefix(&start)?.rsplit_once(' '))
}

fn label<'a>(labels: &'a str, name: &str) -> &'a str {
    let value = labels.split_once(&format!("{name}=\""));
    let value = value.and_then(|(_, rest)| rest.split_once('"'));
    value.map_or("", |(value, _)| value)
}
