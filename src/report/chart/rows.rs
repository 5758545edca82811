//! Lanes of rows: what something was, over time. What was not seen is left empty.

use std::collections::BTreeMap;

use super::lane::{HEADING, ROW};
use super::scale::Across;
use super::svg::{Area, Svg};
use super::words;
use crate::model::time::Timestamp;
use crate::recovery::judgement::Outage;
use crate::recovery::timeline::{Lasting, TaskView, Timeline};
use crate::report::words::task_state;
use crate::report::{Language, number};

/// As many partitions as a page has room for.
const PARTITIONS: usize = 12;
/// As many characters of a name.
const NAME: usize = 28;

/// A row under its name.
pub(super) struct Row {
    name: String,
    /// Whether it is the victim's.
    marked: bool,
    bars: Vec<Bar>,
}

struct Bar {
    class: &'static str,
    from: Timestamp,
    to: Timestamp,
    /// In the bar, if there is room.
    text: String,
    /// Where a pointer rests on it.
    title: String,
}

/// Outages of the canary's partitions, those of most outages first to be kept, and their heading.
pub(super) fn outages(timeline: &Timeline, language: Language) -> (Vec<Row>, String) {
    let mut partitions: BTreeMap<i32, Vec<&Outage>> = BTreeMap::new();
    for outage in &timeline.outages {
        partitions.entry(outage.partition).or_default().push(outage);
    }
    let left_out = partitions.len().saturating_sub(PARTITIONS);
    let shown = partitions.into_iter().take(PARTITIONS);
    let rows = shown.map(|(partition, outages)| {
        let task = outages.iter().find_map(|outage| outage.task.as_deref());
        let task = task.map_or_else(String::new, |task| format!(" · {task}"));
        Row {
            name: format!("{partition}{task}"),
            marked: false,
            bars: outages
                .iter()
                .map(|outage| outage_bar(outage, timeline, language))
                .collect(),
        }
    });
    (rows.collect(), words::outages(left_out, language))
}

fn outage_bar(outage: &Outage, timeline: &Timeline, language: Language) -> Bar {
    let end = outage.end.unwrap_or(timeline.window.1);
    let text = match outage.end {
        Some(end) => number::at_most(end.micros_since(outage.start), language),
        None => language.pick("still open", "encore ouverte").to_owned(),
    };
    Bar {
        class: "outage",
        from: outage.start,
        to: end,
        title: text.clone(),
        text,
    }
}

/// The tasks: their states, and in each the number of its worker.
pub(super) fn tasks(timeline: &Timeline, language: Language) -> Vec<Row> {
    let numbers: BTreeMap<&str, usize> = timeline
        .workers
        .iter()
        .map(|row| row.worker.as_str())
        .zip(1..)
        .collect();
    let number = |worker: &Option<String>| {
        let number = worker.as_deref().and_then(|worker| numbers.get(worker));
        number.map_or_else(|| "?".to_owned(), ToString::to_string)
    };
    let bar = |span: &Lasting<TaskView>| {
        let state = task_state(&span.what.state, language);
        let worker = number(&span.what.worker);
        let text = match span.what.state.as_str() {
            "running" => worker,
            _ => format!("{worker} · {state}"),
        };
        let named = span.what.worker.as_deref().unwrap_or("?");
        Bar {
            class: words::state_class(&span.what.state),
            from: span.from,
            to: span.to,
            text,
            title: format!("{state}, {named}"),
        }
    };
    let rows = timeline.tasks.iter().map(|row| Row {
        name: format!("{}-{}", row.connector, row.task),
        marked: false,
        bars: row.spans.iter().map(bar).collect(),
    });
    rows.collect()
}

/// The workers, numbered: up or down.
pub(super) fn workers(timeline: &Timeline, language: Language) -> Vec<Row> {
    let rows = timeline.workers.iter().zip(1..).map(|(row, n)| {
        let zone = row.zone.as_ref();
        let zone = zone.map_or_else(String::new, |zone| format!(" ({zone})"));
        let bars = row.spans.iter().map(|span| {
            let (class, word) = if span.what {
                ("up", language.pick("answers", "répond"))
            } else {
                ("down", language.pick("does not answer", "ne répond pas"))
            };
            Bar {
                class,
                from: span.from,
                to: span.to,
                text: if span.what {
                    n.to_string()
                } else {
                    word.to_owned()
                },
                title: format!("{}: {word}", row.worker),
            }
        });
        Row {
            name: format!("{n} · {}{zone}", row.worker),
            marked: timeline.victim.as_ref() == Some(&row.worker),
            bars: bars.collect(),
        }
    });
    rows.collect()
}

/// Draw rows below their heading.
pub(super) fn draw(svg: &mut Svg, across: &Across, y: f64, rows: &[Row]) {
    let mut top = y + HEADING;
    for row in rows {
        let class = if row.marked {
            "name end victim"
        } else {
            "name end"
        };
        let baseline = top + ROW / 2.0 + 4.0;
        svg.name(class, (across.left() - 8.0, baseline), &row.name, NAME);
        for bar in row
            .bars
            .iter()
            .filter(|bar| bar.to >= across.from && bar.from <= across.to)
        {
            let x = across.x(bar.from);
            let width = (across.x(bar.to) - x).max(1.5);
            let area = Area {
                x,
                y: top + 2.0,
                width,
                height: ROW - 4.0,
            };
            svg.area(&format!("state {}", bar.class), area, Some(&bar.title));
            if super::svg::width(&bar.text) + 8.0 < width {
                svg.text("when", (x + 4.0, baseline), &bar.text);
            }
        }
        top += ROW;
    }
}
