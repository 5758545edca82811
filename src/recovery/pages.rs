//! The canary's pages: what its ledger said at each scrape, in microseconds of the exporter's clock. A page that lacks a part of
//! what the contract of names promises is not used for that part.

use std::collections::BTreeMap;

use super::scrapes::Scrapes;
use crate::model::time::Timestamp;
use crate::promql::{Labels, Millis};

/// How many outages and blind spans a page lists: the last eight by number.
const LISTED: u64 = 8;

/// One page's view of the canary of one flow.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Page {
    pub(super) at: Millis,
    pub(super) run: String,
    /// The ledger on this page is complete up to here.
    pub(super) through: i64,
    pub(super) period: i64,
    /// D.
    pub(super) threshold: i64,
    /// By how much at most an arrival of the last minute was stamped too late.
    pub(super) lateness: i64,
    pub(super) partitions: BTreeMap<i32, Partition>,
    /// Blind spans by number, of the source side and of the target side.
    pub(super) blind: [Numbered<(i64, Option<i64>)>; 2],
}

/// The last eight of something that is counted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Numbered<T> {
    pub(super) count: u64,
    pub(super) listed: BTreeMap<u64, T>,
}

/// One partition's ledger on a page.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Partition {
    pub(super) sent: i64,
    pub(super) acknowledged: i64,
    pub(super) duplicates: i64,
    /// Confirmed lost, those included that arrived after all.
    pub(super) lost: i64,
    /// Counted as lost, and arrived after all: late is not lost.
    pub(super) late: i64,
    pub(super) undelivered: i64,
    pub(super) overtaken: i64,
    pub(super) first_arrival: Option<i64>,
    /// S.
    pub(super) delivered_through: Option<i64>,
    /// Worst t − S(t) since the partition is calm, as long as it is.
    pub(super) calm: Option<i64>,
    pub(super) outages: Numbered<Row>,
}

impl Partition {
    /// Rule: late is not lost.
    pub(super) fn still_lost(&self) -> i64 {
        self.lost - self.late
    }
}

/// One outage on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// a
    pub(super) start: i64,
    /// b; `None` = open.
    pub(super) end: Option<i64>,
    pub(super) worst: i64,
    pub(super) peak: i64,
    /// Worst t − S(t) in the calm that it ended.
    pub(super) calm: Option<i64>,
}

#[derive(Default)]
struct Raw<'a> {
    runs: Vec<&'a str>,
    flow: BTreeMap<&'a str, f64>,
    partitions: BTreeMap<i32, RawPartition<'a>>,
    blind: BTreeMap<(&'a str, u64, bool), f64>,
    blind_count: BTreeMap<&'a str, f64>,
}

#[derive(Default)]
struct RawPartition<'a> {
    values: BTreeMap<&'a str, f64>,
    outages: BTreeMap<u64, BTreeMap<&'a str, f64>>,
}

/// Where on a page a series stands.
#[derive(Clone, Copy)]
enum Place<'a> {
    Run(&'a str),
    BlindCount(&'a str),
    /// Side, number, and whether it is the end of the span.
    Blind(&'a str, u64, bool),
    Outage(i32, u64, &'a str),
    Partition(i32, &'a str),
    Flow(&'a str),
}

/// Whether a series belongs to the canary of a flow.
pub(super) fn is_canary(labels: &Labels, source: &str, target: &str) -> bool {
    labels.name().starts_with("mm2_canary_")
        && labels.get("source") == source
        && labels.get("target") == target
}

/// The canary's pages at the good scrapes, in order.
pub(super) fn pages(scrapes: &Scrapes<'_>, source: &str, target: &str) -> Vec<Page> {
    let mut raw: BTreeMap<Millis, Raw<'_>> = BTreeMap::new();
    for (labels, samples) in scrapes
        .series
        .iter()
        .filter(|(labels, _)| is_canary(labels, source, target))
    {
        let Some(place) = Place::of(labels) else {
            continue;
        };
        for sample in samples.iter().filter(|sample| !sample.value.is_nan()) {
            raw.entry(sample.at).or_default().put(place, sample.value);
        }
    }
    let good = scrapes.all.iter().filter(|scrape| scrape.up);
    good.filter_map(|scrape| raw.remove(&scrape.at).and_then(|raw| page(scrape.at, &raw)))
        .collect()
}

impl<'a> Place<'a> {
    fn of(labels: &'a Labels) -> Option<Self> {
        let name = labels.name().trim_start_matches("mm2_canary_");
        let number = |label| labels.get(label).parse::<u64>().ok();
        if name == "info" {
            Some(Self::Run(labels.get("run")))
        } else if name.starts_with("blind_") {
            let side = labels.get("side");
            match number("blind") {
                Some(number) => Some(Self::Blind(side, number, name.starts_with("blind_end"))),
                None => (name == "blind_spans_total").then_some(Self::BlindCount(side)),
            }
        } else if let Ok(partition) = labels.get("partition").parse() {
            Some(match number("outage") {
                Some(number) => Self::Outage(partition, number, name),
                None => Self::Partition(partition, name),
            })
        } else {
            Some(Self::Flow(name))
        }
    }
}

impl<'a> Raw<'a> {
    fn put(&mut self, place: Place<'a>, value: f64) {
        match place {
            Place::Run(run) => self.runs.push(run),
            Place::BlindCount(side) => drop(self.blind_count.insert(side, value)),
            Place::Blind(side, number, end) => {
                self.blind.insert((side, number, end), value);
            }
            Place::Outage(partition, number, name) => {
                let outages = &mut self.partitions.entry(partition).or_default().outages;
                outages.entry(number).or_default().insert(name, value);
            }
            Place::Partition(partition, name) => {
                let partition = self.partitions.entry(partition).or_default();
                partition.values.insert(name, value);
            }
            Place::Flow(name) => drop(self.flow.insert(name, value)),
        }
    }
}

fn page(at: Millis, raw: &Raw<'_>) -> Option<Page> {
    let [run] = raw.runs.as_slice() else {
        return None;
    };
    let time = |name: &str| raw.flow.get(name).and_then(|value| micros(*value));
    let partitions = raw
        .partitions
        .iter()
        .filter_map(|(number, raw)| Some((*number, partition(raw)?)))
        .collect();
    Some(Page {
        at,
        run: (*run).to_owned(),
        through: time("observed_through_timestamp_seconds")?,
        period: time("period_seconds")?,
        threshold: time("outage_threshold_seconds")?,
        lateness: time("lateness_seconds")?,
        partitions,
        blind: [blind(raw, "source")?, blind(raw, "target")?],
    })
}

fn blind(raw: &Raw<'_>, side: &str) -> Option<Numbered<(i64, Option<i64>)>> {
    let count = whole(*raw.blind_count.get(side)?)?.unsigned_abs();
    let value = |number, end| {
        raw.blind
            .get(&(side, number, end))
            .and_then(|value| micros(*value))
    };
    let listed = numbers(count)
        .map(|n| Some((n, (value(n, false)?, value(n, true)))))
        .collect::<Option<BTreeMap<_, _>>>()?;
    only_the_last_is_open(Numbered { count, listed }, |span| span.1.is_none())
}

fn partition(raw: &RawPartition<'_>) -> Option<Partition> {
    let value = |name: &str| raw.values.get(name).copied();
    let count = |name: &str| value(name).and_then(whole);
    let outages = count("outages_total")?.unsigned_abs();
    let listed = numbers(outages)
        .map(|n| Some((n, row(raw.outages.get(&n)?)?)))
        .collect::<Option<BTreeMap<_, _>>>()?;
    let partition = Partition {
        sent: count("sent_records_total")?,
        acknowledged: count("acknowledged_records_total")?,
        duplicates: count("duplicate_records_total")?,
        lost: count("lost_records_total")?,
        late: count("late_after_loss_records_total").unwrap_or(0),
        undelivered: count("undelivered_records")?,
        overtaken: count("overtaken_records")?,
        first_arrival: value("first_arrival_timestamp_seconds").and_then(micros),
        delivered_through: value("delivered_through_timestamp_seconds").and_then(micros),
        calm: value("calm_exposure_seconds").and_then(micros),
        outages: only_the_last_is_open(
            Numbered {
                count: outages,
                listed,
            },
            |row| row.end.is_none(),
        )?,
    };
    stands_still(&partition).then_some(partition)
}

/// In an open outage nothing arrives, so S does not pass its start: where it has, or is not told, the end of the outage may have been lost
/// on the way.
fn stands_still(partition: &Partition) -> bool {
    let newest = partition.outages.listed.get(&partition.outages.count);
    let open = newest.filter(|row| row.end.is_none());
    open.is_none_or(|open| {
        let delivered = partition.delivered_through;
        delivered.is_some_and(|delivered| delivered <= open.start)
    })
}

fn row(values: &BTreeMap<&str, f64>) -> Option<Row> {
    let value = |name: &str| values.get(name).copied();
    Some(Row {
        start: value("outage_start_timestamp_seconds").and_then(micros)?,
        end: value("outage_end_timestamp_seconds").and_then(micros),
        worst: value("outage_worst_exposure_seconds").and_then(micros)?,
        peak: value("outage_undelivered_peak_records").and_then(whole)?,
        calm: value("outage_calm_exposure_seconds").and_then(micros),
    })
}

fn numbers(count: u64) -> impl Iterator<Item = u64> {
    (count.saturating_sub(LISTED) + 1)..=count
}

/// Only the newest may be without an end: another one that is lost its end on the way.
fn only_the_last_is_open<T>(
    numbered: Numbered<T>,
    open: impl Fn(&T) -> bool,
) -> Option<Numbered<T>> {
    let whole = numbered
        .listed
        .iter()
        .all(|(number, item)| *number == numbered.count || !open(item));
    whole.then_some(numbered)
}

/// A time or a duration in seconds, in microseconds; `None` where no number fits.
pub(super) fn micros(seconds: f64) -> Option<i64> {
    Timestamp::from_seconds(seconds).map(Timestamp::as_micros)
}

fn whole(value: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    (0.0..9_007_199_254_740_992.0)
        .contains(&value)
        .then(|| value.round() as i64)
}
