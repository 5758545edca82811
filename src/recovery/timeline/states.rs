//! Tasks and workers as the pages show them. A change is drawn at the scrape that shows it first.

use std::collections::BTreeMap;

use super::seen::{Instant, Seen};
use super::{Lasting, TaskRow, TaskView, WorkerRow};
use crate::model::time::Timestamp;
use crate::promql::{Labels, Millis};

/// As many tasks as a page has room for.
const TASKS: usize = 24;

/// The tasks of the inventory's connectors, and how many are left out. Those that changed are kept first, then the flow's.
pub(super) fn tasks(seen: &Seen<'_>) -> (Vec<TaskRow>, usize) {
    let mut rows: Vec<TaskRow> = views(seen)
        .into_iter()
        .map(|((connector, task), at)| TaskRow {
            connector,
            task,
            spans: lasting(&seen.unbroken, &at),
        })
        .filter(|row| !row.spans.is_empty())
        .collect();
    let left_out = rows.len().saturating_sub(TASKS);
    let flow = &seen.inventory.flow.connector;
    rows.sort_by_key(|row| (row.spans.len() < 2, row.connector != *flow));
    rows.truncate(TASKS);
    rows.sort_by(|a, b| {
        let order = |row: &TaskRow| (row.connector != *flow, row.connector.clone(), row.task);
        order(a).cmp(&order(b))
    });
    (rows, left_out)
}

type Views = BTreeMap<(String, u32), BTreeMap<Millis, TaskView>>;

/// What the pages say of each task: its status and worker, and over that what it really does.
fn views(seen: &Seen<'_>) -> Views {
    let mut views = Views::new();
    let named = |name: &'static str| {
        let series = seen.scrapes.series.iter();
        series.filter(move |(labels, _)| labels.name() == name)
    };
    let is_ours = |labels: &Labels| {
        let connector = labels.get("connector");
        let task = labels.get("task").parse().ok()?;
        let ours = seen.inventory.connectors.contains_key(connector)
            || seen.inventory.flow.connector == connector;
        ours.then(|| (connector.to_owned(), task))
    };
    for (labels, samples) in named("kafka_connect_connector_task_status") {
        let Some(task) = is_ours(labels) else {
            continue;
        };
        let view = TaskView {
            state: labels.get("status").to_owned(),
            worker: Some(labels.get("worker").to_owned()).filter(|worker| !worker.is_empty()),
        };
        let at = views.entry(task).or_default();
        for sample in samples.iter().filter(|sample| sample.value > 0.0) {
            at.insert(sample.at, view.clone());
        }
    }
    for (labels, samples) in named("mm2_task_state") {
        let Some(task) = is_ours(labels) else {
            continue;
        };
        let at = views.entry(task).or_default();
        for sample in samples.iter().filter(|sample| sample.value > 0.0) {
            let worker = at.get(&sample.at).and_then(|view| view.worker.clone());
            let state = labels.get("state").to_owned();
            at.insert(sample.at, TaskView { state, worker });
        }
    }
    views
}

/// The workers of the inventory, and after them those that only the pages know.
pub(super) fn workers(seen: &Seen<'_>) -> Vec<WorkerRow> {
    let mut up: BTreeMap<&str, BTreeMap<Millis, bool>> = BTreeMap::new();
    let series = seen.scrapes.series.iter();
    for (labels, samples) in series.filter(|(labels, _)| labels.name() == "mm2_worker_up") {
        let known = samples.iter().filter(|sample| !sample.value.is_nan());
        let at = known.map(|sample| (sample.at, sample.value > 0.0));
        up.entry(labels.get("worker")).or_default().extend(at);
    }
    let named = seen.inventory.workers.iter();
    let mut rows: Vec<WorkerRow> = named
        .map(|worker| WorkerRow {
            worker: worker.id.clone(),
            zone: worker.zone.clone(),
            spans: up
                .remove(worker.id.as_str())
                .map_or_else(Vec::new, |at| lasting(&seen.unbroken, &at)),
        })
        .collect();
    rows.extend(up.into_iter().map(|(worker, at)| WorkerRow {
        worker: worker.to_owned(),
        zone: None,
        spans: lasting(&seen.unbroken, &at),
    }));
    rows
}

/// Spans of the same, from what was seen at each scrape: each lasts until the next scrape, unless there is a gap before that.
fn lasting<T: Clone + PartialEq>(
    unbroken: &[Vec<Instant>],
    at: &BTreeMap<Millis, T>,
) -> Vec<Lasting<T>> {
    let mut spans: Vec<Lasting<T>> = Vec::new();
    for run in unbroken {
        for (i, instant) in run.iter().enumerate() {
            let Some(what) = at.get(&instant.stamp) else {
                continue;
            };
            let from = Timestamp::from_micros(instant.at);
            let to = Timestamp::from_micros(run.get(i + 1).unwrap_or(instant).at);
            match spans.last_mut() {
                Some(last) if last.to == from && last.what == *what => last.to = to,
                _ => spans.push(Lasting {
                    from,
                    to,
                    what: what.clone(),
                }),
            }
        }
    }
    spans
}

#[test]
fn a_state_lasts_until_the_scrape_that_shows_another_and_not_over_a_gap() {
    let run = |stamps: &[Millis]| {
        let instants = stamps.iter().map(|stamp| Instant {
            stamp: *stamp,
            at: stamp * 1_000,
        });
        instants.collect::<Vec<_>>()
    };
    let at = [(1, 'a'), (2, 'a'), (3, 'b'), (4, 'b'), (9, 'b'), (11, 'b')];
    let spans = lasting(&[run(&[1, 2, 3, 4]), run(&[9, 10, 11])], &at.into());
    let spans: Vec<_> = spans
        .iter()
        .map(|span| {
            (
                span.from.as_micros() / 1_000,
                span.to.as_micros() / 1_000,
                span.what,
            )
        })
        .collect();
    assert_eq!(
        spans,
        [(1, 3, 'a'), (3, 4, 'b'), (9, 10, 'b'), (11, 11, 'b')]
    );
}
