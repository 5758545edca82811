//! The few shapes that a board is drawn with.

use std::fmt::Write;

use serde_json::Value;

use super::answers::Line;
use super::boards::items;

/// Okabe and Ito's, the order of lines.
const COLOURS: [&str; 7] = [
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#999999",
];
const ROW: f64 = 15.0;
/// Room for what stands left of a chart.
const LEFT: f64 = 46.0;
const NAMES: f64 = 190.0;

/// Where something is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Frame {
    pub(super) fn below_title(&self) -> Self {
        Self {
            x: self.x + 4.0,
            y: self.y + 22.0,
            width: self.width - 8.0,
            height: self.height - 26.0,
        }
    }

    pub(super) fn border(&self) -> String {
        rect(self, "none", " stroke=\"#bbbbbb\"")
    }
}

fn rect(at: &Frame, fill: &str, more: &str) -> String {
    format!(
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{fill}\"{more}/>",
        at.x, at.y, at.width, at.height
    )
}

pub(super) fn text(x: f64, y: f64, size: u32, words: &str) -> String {
    let escaped = words
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\">{escaped}</text>")
}

/// A value in the panel's unit.
pub(super) fn number(value: f64, unit: &str) -> String {
    let (value, unit) = match unit {
        "percentunit" => (value * 100.0, " %"),
        "s" => (value, " s"),
        "ms" => (value, " ms"),
        "cps" => (value, "/s"),
        "Bps" => (value, " B/s"),
        _ => (value, ""),
    };
    let digits = if value.fract().abs() < 0.005 { 0 } else { 2 };
    format!("{value:.digits$}{unit}")
}

fn unit(panel: &Value) -> &str {
    panel["fieldConfig"]["defaults"]["unit"]
        .as_str()
        .unwrap_or("none")
}

/// A figure, or the name of what is there where the panel shows names.
pub(super) fn figure(panel: &Value, frame: &Frame, answers: &[(usize, Line)]) -> String {
    let line = &answers[0].1;
    let value = line.points.last().map_or(f64::NAN, |point| point.1);
    let mapped =
        &panel["fieldConfig"]["defaults"]["mappings"][0]["options"][value.to_string()]["text"];
    let words = if panel["options"]["textMode"] == "name" {
        let names: Vec<&str> = answers.iter().map(|(_, line)| line.name.as_str()).collect();
        names.join(", ")
    } else {
        mapped
            .as_str()
            .map_or_else(|| number(value, unit(panel)), str::to_owned)
    };
    text(
        frame.x + 4.0,
        frame.y + frame.height / 2.0 + 8.0,
        22,
        &words,
    )
}

/// Lines over time, the thresholds dashed, the names below.
pub(super) fn lines(
    panel: &Value,
    frame: &Frame,
    answers: &[(usize, Line)],
    window: (f64, f64),
) -> String {
    let (low, high) = span(answers);
    let named = answers.len().min(4);
    let plot = Frame {
        x: frame.x + LEFT,
        width: frame.width - LEFT,
        height: frame.height - ROW * f64::from(u32::try_from(named).unwrap()) - 4.0,
        ..*frame
    };
    let at = |(time, value): (f64, f64)| {
        let x = plot.x + (time - window.0) / (window.1 - window.0) * plot.width;
        (
            x,
            plot.y + plot.height - (value - low) / (high - low) * plot.height,
        )
    };
    let mut svg = rect(&plot, "#f7f7f7", "");
    svg += &text(frame.x, plot.y + 10.0, 10, &number(high, unit(panel)));
    svg += &text(frame.x, plot.y + plot.height, 10, &number(low, unit(panel)));
    for (value, colour) in thresholds(panel).filter(|(value, _)| (low..high).contains(value)) {
        let ((x, y), end) = (at((window.0, value)), plot.x + plot.width);
        let dashes = "stroke-dasharray=\"6 4\"";
        write!(
            svg,
            "<path d=\"M{x:.1} {y:.1}H{end:.1}\" stroke=\"{colour}\" {dashes}/>"
        )
        .unwrap();
    }
    for (place, (query, line)) in answers.iter().enumerate() {
        let colour = COLOURS[place % COLOURS.len()];
        svg += &path(line, at, colour, *query > 0, gap(window));
        if place < named {
            svg += &named_line(panel, &plot, place, line);
        }
    }
    svg
}

/// Lowest and highest value, 0 among them.
fn span(answers: &[(usize, Line)]) -> (f64, f64) {
    let points = answers.iter().flat_map(|(_, line)| &line.points);
    let values = points
        .map(|point| point.1)
        .filter(|value| value.is_finite());
    let (low, high) = values.fold((0.0_f64, 0.0_f64), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    (low, if high > low { high * 1.05 } else { low + 1.0 })
}

fn thresholds(panel: &Value) -> impl Iterator<Item = (f64, &str)> {
    let steps = items(&panel["fieldConfig"]["defaults"]["thresholds"]["steps"]);
    steps.filter_map(|step| Some((step["value"].as_f64()?, step["color"].as_str()?)))
}

/// A line's colour, name and last value, below the plot.
fn named_line(panel: &Value, plot: &Frame, place: usize, line: &Line) -> String {
    let y = plot.y + plot.height + ROW * f64::from(u32::try_from(place + 1).unwrap());
    let last = line.points.last().map_or(f64::NAN, |point| point.1);
    let sample = Frame {
        x: plot.x,
        y: y - 6.0,
        width: 10.0,
        height: 4.0,
    };
    let words = format!("{}: {}", line.name, number(last, unit(panel)));
    rect(&sample, COLOURS[place % COLOURS.len()], "") + &text(plot.x + 14.0, y, 10, &words)
}

/// From which distance on two points are not joined: there is nothing between them.
fn gap(window: (f64, f64)) -> f64 {
    ((window.1 - window.0) / 180.0).max(1.0) * 1.5
}

fn path(
    line: &Line,
    at: impl Fn((f64, f64)) -> (f64, f64),
    colour: &str,
    dashed: bool,
    gap: f64,
) -> String {
    let mut way = String::new();
    let mut before = f64::NEG_INFINITY;
    for point in line.points.iter().filter(|point| point.1.is_finite()) {
        let (x, y) = at(*point);
        let step = if point.0 - before > gap { 'M' } else { 'L' };
        write!(way, "{step}{x:.1} {y:.1}").unwrap();
        before = point.0;
    }
    let dash = if dashed {
        " stroke-dasharray=\"4 3\""
    } else {
        ""
    };
    format!("<path d=\"{way}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"{dash}/>")
}

/// A row for each series, coloured where it has a value.
pub(super) fn states(
    panel: &Value,
    frame: &Frame,
    answers: &[(usize, Line)],
    window: (f64, f64),
) -> String {
    let mut svg = String::new();
    let wide = (frame.width - NAMES) / (window.1 - window.0);
    let step = gap(window) / 1.5;
    for (row, (_, line)) in answers.iter().take(rows_of(frame)).enumerate() {
        let y = row_at(frame, row);
        svg += &text(frame.x, y, 10, &line.name);
        let same = |one: &(f64, f64), next: &(f64, f64)| same_state(*one, *next, step);
        for run in line.points.chunk_by(same) {
            let bar = Frame {
                x: frame.x + NAMES + (run[0].0 - window.0) * wide,
                y: y - 9.0,
                width: (run[run.len() - 1].0 - run[0].0 + step) * wide,
                height: 11.0,
            };
            svg += &rect(&bar, state_colour(panel, &line.name, run[0].1), "");
        }
    }
    svg
}

/// Whether the later point goes on what the earlier one says.
fn same_state(one: (f64, f64), next: (f64, f64), step: f64) -> bool {
    next.0 - one.0 < step * 1.5 && (next.1 - one.1).abs() < f64::EPSILON
}

/// By the value where values have words, else by the series' name.
fn state_colour<'a>(panel: &'a Value, name: &str, value: f64) -> &'a str {
    let field = &panel["fieldConfig"];
    let mapped = &field["defaults"]["mappings"][0]["options"][value.to_string()]["color"];
    let named = items(&field["overrides"]).find(|it| {
        let ends = it["matcher"]["options"].as_str().unwrap_or_default();
        name.ends_with(ends.trim_matches('/').trim_end_matches('$'))
    });
    let of_name = named.and_then(|it| it["properties"][0]["value"]["fixedColor"].as_str());
    mapped.as_str().or(of_name).unwrap_or("#999999")
}

pub(super) fn rows_of(frame: &Frame) -> usize {
    (1..100)
        .take_while(|row| f64::from(*row) * ROW <= frame.height)
        .count()
}

pub(super) fn row_at(frame: &Frame, row: usize) -> f64 {
    frame.y + ROW * f64::from(u32::try_from(row + 1).unwrap()) - 3.0
}

/// Whether a row of another query is of the same thing: what both have is the same.
pub(super) fn belongs(other: &Line, first: &Line) -> bool {
    let mut labels = other.labels.iter().filter(|(name, _)| *name != "__name__");
    labels.all(|(name, value)| first.labels.get(name) == Some(value))
}
