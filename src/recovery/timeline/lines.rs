//! Canary age, lag and throughput, scrape by scrape.

use std::collections::{BTreeMap, BTreeSet};

use super::seen::Seen;
use super::stretches::Stretches;
use super::sums::Sums;
use super::{Line, Quantity};
use crate::model::time::Timestamp;
use crate::promql::{Labels, Millis};
use crate::recovery::pages::{Page, micros};

const READ: &str = "mm2_exporter_last_success_timestamp_seconds";

/// Every line, whether there is something of it or not.
pub(super) fn lines(seen: &Seen<'_>) -> Vec<Line> {
    let source = format!("offsets:{}", seen.inventory.flow.source);
    let target = format!("offsets:{}", seen.inventory.flow.target);
    let topics = Topics::of(seen);
    let appended = topics.sums(seen, "mm2_target_appended_records_total");
    let arrived = if appended.is_empty() {
        let replicated = topics.sums(seen, "mm2_replicated_records_total");
        rate(seen, Quantity::Replicated, &replicated, "jolokia:")
    } else {
        rate(seen, Quantity::TargetAppended, &appended, &target)
    };
    let produced = topics.sums(seen, "mm2_source_appended_records_total");
    vec![
        age(seen),
        lag(seen, &topics.sums(seen, "mm2_replication_lag_records")),
        rate(seen, Quantity::SourceAppended, &produced, &source),
        arrived,
    ]
}

/// Which series are of the users' topics.
struct Topics<'a> {
    /// The canaries' own.
    canaries: BTreeSet<&'a str>,
}

impl<'a> Topics<'a> {
    fn of(seen: &'a Seen<'_>) -> Self {
        let series = seen.scrapes.series.iter();
        let infos = series.filter(|(labels, _)| labels.name() == "mm2_canary_info");
        let names = infos.flat_map(|(labels, _)| [labels.get("topic"), labels.get("remote_topic")]);
        Self {
            canaries: names.collect(),
        }
    }

    fn sums(&self, seen: &Seen<'_>, name: &str) -> Sums {
        let flow = &seen.inventory.flow;
        Sums::of(&seen.scrapes.series, |labels: &Labels| {
            labels.name() == name
                && labels.get("source") == flow.source
                && labels.get("target") == flow.target
                && !self.canaries.contains(labels.get("topic"))
        })
    }
}

/// The worst t − S(t) of the partitions at each page, t being the page's instant. Rule: a page that lacks a partition seen before says
/// nothing of the worst; one from which nothing has arrived yet is not owed anything.
fn age(seen: &Seen<'_>) -> Line {
    let pages: BTreeMap<Millis, &Page> = seen.pages.iter().map(|page| (page.at, page)).collect();
    let mut known: BTreeSet<i32> = BTreeSet::new();
    let mut stretches = Stretches::default();
    for run in &seen.unbroken {
        stretches.cut();
        for instant in run {
            let page = pages.get(&instant.stamp);
            let worst = page.and_then(|page| worst(page, &mut known));
            match worst.zip(page) {
                Some((worst, page)) => {
                    let at = seen.exporter.instant(page.through).as_micros();
                    stretches.push(at, Timestamp::from_micros(worst).as_seconds());
                }
                None => stretches.cut(),
            }
        }
    }
    Line {
        quantity: Quantity::CanaryAge,
        stretches: stretches.thinned(seen.span),
    }
}

fn worst(page: &Page, known: &mut BTreeSet<i32>) -> Option<i64> {
    known.extend(page.partitions.keys());
    if known.len() > page.partitions.len() {
        return None;
    }
    let ledgers = page.partitions.values();
    let oldest = ledgers
        .filter_map(|ledger| ledger.delivered_through)
        .min()?;
    Some((page.through - oldest).max(0))
}

fn lag(seen: &Seen<'_>, sums: &Sums) -> Line {
    let mut stretches = Stretches::default();
    for run in &seen.unbroken {
        stretches.cut();
        for instant in run {
            match sums.at(instant.stamp) {
                Some((sum, _)) => stretches.push(instant.at, sum),
                None => stretches.cut(),
            }
        }
    }
    Line {
        quantity: Quantity::Lag,
        stretches: stretches.thinned(seen.span),
    }
}

/// Growth per second between two readings of what is counted, in the middle between them. A page that shows the reading of the page
/// before says nothing new: taken for a scrape without growth, it would make steps of a steady stream.
fn rate(seen: &Seen<'_>, quantity: Quantity, sums: &Sums, endpoint: &str) -> Line {
    let read = read(seen, endpoint);
    let mut stretches = Stretches::default();
    for run in &seen.unbroken {
        stretches.cut();
        let mut before: Option<(Millis, i64)> = None;
        for instant in run {
            if sums.at(instant.stamp).is_none() {
                before = None;
                stretches.cut();
                continue;
            }
            let told = read.get(&instant.stamp);
            let at = told.map_or(instant.at, |at| seen.exporter.instant(*at).as_micros());
            if let Some((stamp, earlier)) = before {
                if at <= earlier {
                    continue;
                }
                let seconds = Timestamp::from_micros(at - earlier).as_seconds();
                match sums.growth(stamp, instant.stamp) {
                    Some(growth) => stretches.push(i64::midpoint(earlier, at), growth / seconds),
                    None => stretches.cut(),
                }
            }
            before = Some((instant.stamp, at));
        }
    }
    Line {
        quantity,
        stretches: stretches.thinned(seen.span),
    }
}

/// When what each page shows of such endpoints was read, by the exporter's clock: the newest of them.
fn read(seen: &Seen<'_>, endpoint: &str) -> BTreeMap<Millis, i64> {
    let series = seen.scrapes.series.iter();
    let named = series.filter(|(labels, _)| {
        labels.name() == READ && labels.get("endpoint").starts_with(endpoint)
    });
    let mut newest = BTreeMap::new();
    for sample in named.flat_map(|(_, samples)| samples.iter()) {
        if let Some(at) = micros(sample.value) {
            let newest = newest.entry(sample.at).or_insert(at);
            *newest = at.max(*newest);
        }
    }
    newest
}
