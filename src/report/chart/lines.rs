//! Lanes of lines: values over time, with an axis of their own. A line ends where nothing is known; it is never drawn over a hole.

use std::fmt::Write;

use super::scale::{Across, Up};
use super::svg::{Area, Svg, number, width};
use super::tick;
use super::words;
use crate::recovery::timeline::{Line, Point, Quantity};
use crate::report::Language;

/// A line, and how it looks.
pub(super) struct Curve<'a> {
    line: &'a Line,
    class: &'static str,
    /// What it is called where a lane has several.
    name: Option<&'static str>,
}

impl<'a> Curve<'a> {
    pub(super) fn of(line: &'a Line, language: Language) -> Self {
        let class = match line.quantity {
            Quantity::CanaryAge => "age",
            Quantity::Lag => "lag",
            Quantity::SourceAppended => "source",
            Quantity::TargetAppended | Quantity::Replicated => "target",
        };
        Self {
            line,
            class,
            name: words::curve(line.quantity, language),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.line.stretches.is_empty()
    }

    fn most(&self) -> f64 {
        let points = self.line.stretches.iter().flatten();
        points.map(|point| point.value).fold(0.0, f64::max)
    }

    /// The least step of its axis: records are whole.
    fn least_step(&self) -> f64 {
        match self.line.quantity {
            Quantity::CanaryAge => 0.1,
            _ => 1.0,
        }
    }
}

/// Draw lines above `bottom`.
pub(super) fn draw(
    svg: &mut Svg,
    across: &Across,
    (bottom, height): (f64, f64),
    curves: &[Curve<'_>],
    language: Language,
) {
    let most = curves.iter().map(Curve::most).fold(0.0, f64::max);
    let least = curves.iter().map(Curve::least_step).fold(1.0, f64::min);
    let (step, count) = tick::values(most, least);
    let up = Up {
        most: step * f64::from(count),
        bottom,
        height: height - 4.0,
    };
    for n in 0..=count {
        let value = step * f64::from(n);
        let y = up.y(value);
        svg.line("grid", (across.left(), y), (across.right(), y));
        let text = tick::number(value, step, language);
        svg.text("number end", (across.left() - 8.0, y + 4.0), &text);
    }
    for curve in curves {
        for stretch in &curve.line.stretches {
            draw_stretch(svg, across, &up, curve.class, stretch);
        }
    }
}

fn draw_stretch(svg: &mut Svg, across: &Across, up: &Up, class: &str, stretch: &[Point]) {
    let places: Vec<_> = stretch
        .iter()
        .map(|point| (across.x(point.at), up.y(point.value)))
        .collect();
    let [(first, _), .., (last, _)] = places.as_slice() else {
        // One point has no length: a dot of its own.
        if let [(x, y)] = places.as_slice() {
            let dot = Area {
                x: x - 1.5,
                y: y - 1.5,
                width: 3.0,
                height: 3.0,
            };
            svg.area(&format!("dot {class}"), dot, None);
        }
        return;
    };
    let mut path = String::new();
    for (i, (x, y)) in places.iter().enumerate() {
        let command = if i == 0 { 'M' } else { 'L' };
        write!(path, "{command}{} {}", number(*x), number(*y)).expect("a string takes it");
    }
    if matches!(class, "age" | "lag") {
        let bottom = number(up.bottom);
        let ends = format!("L{} {bottom}L{} {bottom}Z", number(*last), number(*first));
        svg.path(&format!("under {class}"), &format!("{path}{ends}"));
    }
    svg.path(&format!("curve {class}"), &path);
}

/// Which line is which, beside the heading.
pub(super) fn key(svg: &mut Svg, across: &Across, y: f64, curves: &[Curve<'_>]) {
    let mut x = across.left() + 6.0;
    for curve in curves {
        let Some(name) = curve.name else { continue };
        svg.line(
            &format!("curve {}", curve.class),
            (x, y - 4.0),
            (x + 26.0, y - 4.0),
        );
        svg.text("when", (x + 32.0, y), name);
        x += 32.0 + width(name) + 20.0;
    }
}
