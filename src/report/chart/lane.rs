//! The lanes of a timeline, one above the other.

use super::events;
use super::lines::{self, Curve};
use super::rows::{self, Row};
use super::scale::Across;
use super::svg::{Svg, width};
use super::words;
use crate::recovery::timeline::{Quantity, Timeline};
use crate::report::Language;

/// Height of a lane's heading.
pub(super) const HEADING: f64 = 24.0;
/// Height of a row.
pub(super) const ROW: f64 = 17.0;
/// Height of lines.
const PLOT: f64 = 76.0;
/// What is left free below a lane.
const BELOW: f64 = 6.0;

/// How much more room a heading's letters need.
const BOLD: f64 = 1.25;

/// A lane: its heading, and what is in it.
pub(super) struct Lane<'a> {
    heading: String,
    content: Content<'a>,
}

enum Content<'a> {
    Events(Vec<events::Row>),
    Lines(Vec<Curve<'a>>),
    Rows(Vec<Row>),
    /// There is nothing to draw, and that is said.
    Nothing,
}

/// All lanes, from top to bottom.
pub(super) fn lanes(timeline: &Timeline, language: Language) -> Vec<Lane<'_>> {
    let lane = |heading: &str, content| Lane {
        heading: heading.to_owned(),
        content,
    };
    let curves = |quantities: &[Quantity]| curves(timeline, quantities, language);
    let (outages, heading) = rows::outages(timeline, language);
    let outages = (!outages.is_empty()).then(|| lane(&heading, rows_of(outages)));
    let (tasks, on) = (
        rows::tasks(timeline, language),
        words::tasks(timeline, language),
    );
    let events = events::rows(timeline, language);
    let first = lane(
        language.pick("Events", "Événements"),
        Content::Events(events),
    );
    let lines = [
        (words::AGE, &[Quantity::CanaryAge][..]),
        (words::LAG, &[Quantity::Lag]),
        (
            words::THROUGHPUT,
            &[
                Quantity::SourceAppended,
                Quantity::TargetAppended,
                Quantity::Replicated,
            ],
        ),
    ];
    let lines = lines.map(|((english, french), quantities)| {
        lane(language.pick(english, french), curves(quantities))
    });
    let workers = rows_of(rows::workers(timeline, language));
    let last = [
        lane(&on, rows_of(tasks)),
        lane(words::workers(language), workers),
    ];
    let all = std::iter::once(first).chain(outages).chain(lines);
    all.chain(last).collect()
}

fn rows_of<'a>(rows: Vec<Row>) -> Content<'a> {
    if rows.is_empty() {
        Content::Nothing
    } else {
        Content::Rows(rows)
    }
}

fn curves<'a>(timeline: &'a Timeline, which: &[Quantity], language: Language) -> Content<'a> {
    let shown = timeline.lines.iter();
    let shown = shown.filter(|line| which.contains(&line.quantity));
    let curves: Vec<_> = shown.map(|line| Curve::of(line, language)).collect();
    if curves.iter().all(Curve::is_empty) {
        Content::Nothing
    } else {
        Content::Lines(curves)
    }
}

impl Lane<'_> {
    pub(super) fn height(&self) -> f64 {
        let rows = |count: usize| ROW * f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        let inside = match &self.content {
            Content::Events(all) => rows(all.len()),
            Content::Lines(_) => PLOT,
            Content::Rows(all) => rows(all.len()),
            Content::Nothing => 0.0,
        };
        HEADING + inside + BELOW
    }

    /// Draw it from `y` downwards.
    pub(super) fn draw(&self, svg: &mut Svg, across: &Across, y: f64, language: Language) {
        svg.line("rule", (0.0, y), (across.right(), y));
        let baseline = y + HEADING - 8.0;
        svg.text("heading", (0.0, baseline), &self.heading);
        match &self.content {
            Content::Events(all) => events::draw(svg, across, y, all),
            Content::Rows(all) => rows::draw(svg, across, y, all),
            Content::Lines(curves) => {
                let bottom = y + HEADING + PLOT;
                lines::draw(svg, across, (bottom, PLOT), curves, language);
                lines::key(svg, across, baseline, curves);
            }
            Content::Nothing => {
                let nothing = language.pick("no samples of it", "aucun relevé");
                let x = (width(&self.heading) * BOLD + 12.0).max(across.left() + 6.0);
                svg.text("when", (x, baseline), nothing);
            }
        }
    }
}
