//! The canary's ledger as series. Its rules are those of the tracker; here its words only get names.

pub(super) mod legs;
pub(super) mod records;
mod rows;

use super::encode::decimal;
use super::page::Page;
use crate::model::canary::{BlindView, CanaryView, OutageView, PartitionView};
use crate::model::snapshot::Snapshot;
use crate::model::time::Timestamp;
use rows::{
    BLIND_END, BLIND_SECONDS, BLIND_SPANS, BLIND_START, CALM, FIRST_ARRIVAL, INFO, LATENESS, MUTED,
    OBSERVED, OUTAGE_CALM, OUTAGE_END, OUTAGE_EXPOSURE, OUTAGE_PEAK, OUTAGE_SECONDS, OUTAGE_START,
    OUTAGES, PERIOD, PROBLEM, RUN_START, THRESHOLD, THROUGH,
};

pub(super) use rows::METRICS;

pub(super) fn write(page: &mut Page, snapshot: &Snapshot) {
    for view in &snapshot.canaries {
        canary(page, view);
    }
}

fn canary(page: &mut Page, view: &CanaryView) {
    let flow = [view.source.as_str(), view.target.as_str()];
    page.add(&PROBLEM, &flow, f64::from(u8::from(view.problem.is_some())));
    page.add(&MUTED, &flow, decimal(view.muted() as u64));
    page.add(&PERIOD, &flow, view.period.as_secs_f64());
    page.add(&THRESHOLD, &flow, view.outage_threshold.as_secs_f64());
    page.add(&OBSERVED, &flow, view.observed_through.as_seconds());
    page.add(&LATENESS, &flow, view.lateness.as_secs_f64());
    legs::write(page, flow, view);
    // Counters must not be seen before it is known from where they go on.
    if !view.run.is_empty() {
        run(page, flow, view);
    }
}

fn run(page: &mut Page, [source, target]: [&str; 2], view: &CanaryView) {
    let info = [
        source,
        target,
        &view.topic,
        &view.remote_topic,
        &view.instance,
        &view.run,
    ];
    page.state(&INFO, &info);
    page.add(
        &RUN_START,
        &[source, target, &view.run],
        view.run_start.as_seconds(),
    );
    for partition in &view.partitions {
        ledger(page, [source, target], partition);
    }
    blind(page, [source, target, "source"], &view.source_blind);
    blind(page, [source, target, "target"], &view.target_blind);
}

fn ledger(page: &mut Page, [source, target]: [&str; 2], view: &PartitionView) {
    let number = view.partition.to_string();
    let labels = [source, target, &number];
    records::write(page, &labels, view);
    page.add_some(
        &FIRST_ARRIVAL,
        &labels,
        view.first_arrival.map(Timestamp::as_seconds),
    );
    page.add_some(
        &THROUGH,
        &labels,
        view.delivered_through.map(Timestamp::as_seconds),
    );
    page.add_some(
        &CALM,
        &labels,
        view.calm_exposure.map(|calm| calm.as_secs_f64()),
    );
    page.add(&OUTAGES, &labels, decimal(view.outage_count));
    page.add(&OUTAGE_SECONDS, &labels, view.outage_total.as_secs_f64());
    for outage in &view.outages {
        span(page, labels, outage);
    }
}

fn span(page: &mut Page, [source, target, partition]: [&str; 3], outage: &OutageView) {
    let number = outage.number.to_string();
    let labels = [source, target, partition, &number];
    page.add(&OUTAGE_START, &labels, outage.start.as_seconds());
    page.add_some(&OUTAGE_END, &labels, outage.end.map(Timestamp::as_seconds));
    page.add(
        &OUTAGE_EXPOSURE,
        &labels,
        outage.worst_exposure.as_secs_f64(),
    );
    page.add_some(
        &OUTAGE_CALM,
        &labels,
        outage.calm_exposure.map(|calm| calm.as_secs_f64()),
    );
    page.add(&OUTAGE_PEAK, &labels, decimal(outage.undelivered_peak));
}

fn blind(page: &mut Page, labels: [&str; 3], view: &BlindView) {
    page.add(&BLIND_SPANS, &labels, decimal(view.count));
    page.add(&BLIND_SECONDS, &labels, view.total.as_secs_f64());
    let [source, target, side] = labels;
    for (number, start, end) in &view.spans {
        let number = number.to_string();
        let labels = [source, target, side, &number];
        page.add(&BLIND_START, &labels, start.as_seconds());
        page.add_some(&BLIND_END, &labels, end.map(Timestamp::as_seconds));
    }
}
