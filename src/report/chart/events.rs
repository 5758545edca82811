//! What happened: a row for each mark, and the marks of it all as bands through the lanes.

use super::lane::{HEADING, ROW};
use super::scale::Across;
use super::svg::{Area, Svg, width};
use super::words;
use crate::model::time::Timestamp;
use crate::recovery::timeline::{Event, Mark, Timeline};
use crate::report::{Language, number};

/// No mark is too short to be seen.
const LEAST: f64 = 2.5;

/// A row: its name, where its bar is, and what stands beside that.
pub(super) struct Row {
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    pub(super) from: Timestamp,
    /// `None` = nobody knows.
    pub(super) to: Option<Timestamp>,
    pub(super) text: String,
}

/// The rows of a timeline.
pub(super) fn rows(timeline: &Timeline, language: Language) -> Vec<Row> {
    let (from, to) = timeline.window;
    let window = Row {
        class: "window",
        name: language.pick("judged window", "fenêtre jugée"),
        from,
        to: Some(to),
        text: number::at_most(to.micros_since(from), language),
    };
    let marks = timeline.marks.iter().map(|mark| Row {
        class: class(mark.event),
        name: words::event(mark, language),
        from: mark.from,
        to: mark.to,
        text: words::when(mark, language),
    });
    std::iter::once(window).chain(marks).collect()
}

/// The look of a mark.
pub(super) fn class(event: Event) -> &'static str {
    match event {
        Event::Fault => "fault",
        Event::Detection => "detection",
        Event::Alert | Event::Rebalance | Event::Redistribution => "phase",
        Event::Recovery => "recovery",
        Event::Restoration => "restoration",
    }
}

/// Draw the rows below their heading.
pub(super) fn draw(svg: &mut Svg, across: &Across, y: f64, rows: &[Row]) {
    let mut top = y + HEADING;
    for row in rows {
        let middle = top + ROW / 2.0;
        svg.text("name end", (across.left() - 8.0, middle + 4.0), row.name);
        let (x, end) = ends(across, row.from, row.to);
        let bar = Area {
            x,
            y: top + 3.0,
            width: end - x,
            height: ROW - 6.0,
        };
        svg.area(
            &format!("{} {}", openness("bar", row.to), row.class),
            bar,
            None,
        );
        if row.to.is_none() {
            let (tip, y) = (across.right(), middle);
            let path = svg_arrow(tip, y);
            svg.path(&format!("arrow {}", row.class), &path);
        }
        beside(svg, across, (x, end), middle + 4.0, &row.text);
        top += ROW;
    }
}

/// What is not known to have happened is hollow.
fn openness(shape: &str, to: Option<Timestamp>) -> String {
    match to {
        Some(_) => shape.to_owned(),
        None => format!("{shape} hollow"),
    }
}

fn svg_arrow(tip: f64, y: f64) -> String {
    let [x, tip, up, y, down] = [tip - 7.0, tip, y - 6.0, y, y + 6.0].map(super::svg::number);
    format!("M{x} {up}L{tip} {y}L{x} {down}Z")
}

/// A text to the right of a bar, to the left where there is no room for it, inside where there is none there either.
fn beside(svg: &mut Svg, across: &Across, (x, end): (f64, f64), y: f64, text: &str) {
    let width = width(text) + 6.0;
    if end + width < across.right() {
        svg.text("when", (end + 6.0, y), text);
    } else if x - width > across.left() {
        svg.text("when end", (x - 6.0, y), text);
    } else {
        svg.text("when", (x + 6.0, y), text);
    }
}

/// Where a mark begins and ends.
fn ends(across: &Across, from: Timestamp, to: Option<Timestamp>) -> (f64, f64) {
    let x = across.x(from);
    let end = to.map_or(across.right(), |to| across.x(to));
    let short = (LEAST - (end - x)).max(0.0);
    ((x - short / 2.0).max(across.left()), end + short / 2.0)
}

/// Fault, detection, recovery and restoration through all lanes.
pub(super) fn bands(svg: &mut Svg, across: &Across, timeline: &Timeline, area: Area) {
    let shown = |mark: &&Mark| across.has(mark.from) && class(mark.event) != "phase";
    for mark in timeline.marks.iter().filter(shown) {
        let (x, end) = ends(across, mark.from, mark.to);
        let band = Area {
            x,
            width: end - x,
            ..area
        };
        svg.area(
            &format!("{} {}", openness("band", mark.to), class(mark.event)),
            band,
            None,
        );
    }
}

/// When the limit is over.
pub(super) fn limit(svg: &mut Svg, across: &Across, timeline: &Timeline, area: Area) {
    if let Some((from, to)) = timeline.limit.filter(|(_, to)| across.has(*to)) {
        let x = f64::midpoint(across.x(from), across.x(to));
        svg.line("limit", (x, area.y), (x, area.y + area.height));
    }
}
