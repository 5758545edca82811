//! The two axes of time, their grid, and the legend.

use super::scale::Across;
use super::svg::{Area, Svg, width};
use super::tick;
use super::words;
use crate::model::time::Timestamp;
use crate::recovery::judgement::Zero;
use crate::recovery::timeline::Timeline;
use crate::report::{Language, number};

/// At most so many numbers on an axis.
const PARTS: i64 = 10;

/// A line at every number of the axis below.
pub(super) fn grid(svg: &mut Svg, across: &Across, zero: Zero, area: Area) {
    for (at, _) in seconds(across, zero) {
        let x = across.x(at);
        svg.line("grid", (x, area.y), (x, area.y + area.height));
    }
}

/// Above the lanes: the time of day.
pub(super) fn time_of_day(svg: &mut Svg, across: &Across, y: f64, language: Language) {
    let (from, to) = (across.from.as_micros(), across.to.as_micros());
    let step = tick::step(to - from, PARTS);
    for micros in tick::multiples(step, from, to) {
        let at = Timestamp::from_micros(micros);
        let x = across.x(at);
        svg.line("axis", (x, y - 4.0), (x, y));
        let text = number::time_of_day(at);
        let whole = text.split('.').next().unwrap_or(&text);
        svg.text("number middle", (x, y - 8.0), whole);
    }
    svg.line("axis", (across.left(), y), (across.right(), y));
    let unit = language.pick("time of day, UTC", "heure, UTC");
    svg.text("number end", (across.left() - 36.0, y - 8.0), unit);
}

/// Below the lanes: seconds after the zero.
pub(super) fn after_zero(svg: &mut Svg, across: &Across, zero: Zero, y: f64, language: Language) {
    svg.line("axis", (across.left(), y), (across.right(), y));
    for (at, seconds) in seconds(across, zero) {
        let x = across.x(at);
        svg.line("axis", (x, y), (x, y + 4.0));
        let sign = if seconds > 0 { "+" } else { "" };
        let text = format!("{sign}{seconds}").replace('-', "−");
        svg.text("number middle", (x, y + 16.0), &text);
    }
    let unit = language.pick("seconds after the fault", "secondes après la panne");
    svg.text("number end", (across.left() - 36.0, y + 16.0), unit);
}

/// Round numbers of seconds after the zero's beginning, and when they are.
fn seconds(across: &Across, zero: Zero) -> Vec<(Timestamp, i64)> {
    let from = across.from.micros_since(zero.issued);
    let to = across.to.micros_since(zero.issued);
    let step = tick::step(to - from, PARTS);
    tick::multiples(step, from, to)
        .map(|micros| (zero.issued.plus_micros(micros), micros / 1_000_000))
        .collect()
}

/// What the bands, the hatching and the states stand for.
pub(super) fn legend(svg: &mut Svg, y: f64, timeline: &Timeline, language: Language) {
    let mut y = y;
    for line in words::legend(timeline, language) {
        let mut x = super::LEFT;
        for (class, text) in line {
            swatch(svg, class, (x, y));
            svg.text("number", (x + 19.0, y), &text);
            x += 19.0 + width(&text) + 16.0;
        }
        y += 17.0;
    }
}

/// A piece of what is drawn: a line where that is one, else a box.
fn swatch(svg: &mut Svg, class: &str, (x, y): (f64, f64)) {
    if class == words::LIMIT {
        svg.line(class, (x + 7.0, y - 10.0), (x + 7.0, y + 2.0));
        return;
    }
    let swatch = Area {
        x,
        y: y - 9.0,
        width: 14.0,
        height: 10.0,
    };
    svg.area(class, swatch, None);
}
