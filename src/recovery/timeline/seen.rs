//! What was seen in the span that is drawn: its scrapes on the drill host's clock, in runs without a gap.

use crate::model::time::Timestamp;
use crate::promql::Millis;
use crate::recovery::clocks::Clock;
use crate::recovery::inventory::Inventory;
use crate::recovery::pages::Page;
use crate::recovery::scrapes::{Scrapes, is_gap};
use crate::recovery::spans::{Span, without};

/// A good scrape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instant {
    /// The time of its samples.
    pub(super) stamp: Millis,
    /// The drill host's clock then, in microseconds.
    pub(super) at: i64,
}

/// The evidence, placed.
pub(super) struct Seen<'a> {
    pub(super) scrapes: &'a Scrapes<'a>,
    /// Good scrapes; between two runs there is a gap.
    pub(super) unbroken: Vec<Vec<Instant>>,
    pub(super) pages: Vec<Page>,
    pub(super) exporter: Clock,
    pub(super) inventory: &'a Inventory,
    pub(super) span: Span,
}

impl Seen<'_> {
    /// Spans without a good scrape.
    pub(super) fn gaps(&self) -> Vec<(Timestamp, Timestamp)> {
        let runs = self.unbroken.iter();
        let covered: Vec<_> = runs
            .filter_map(|run| Some(Span::new(run.first()?.at, run.last()?.at)))
            .collect();
        let at = Timestamp::from_micros;
        without(self.span, &covered)
            .into_iter()
            .filter(|gap| is_hole(*gap, self.span, self.scrapes.interval))
            .map(|gap| (at(gap.start), at(gap.end)))
            .collect()
    }
}

/// Before the first scrape and after the last one there is as much as the interval has room for.
fn is_hole(gap: Span, span: Span, interval: i64) -> bool {
    let at_an_edge = gap.start == span.start || gap.end == span.end;
    !at_an_edge || is_gap(gap.length(), interval)
}

/// The good scrapes of a span, in runs: a scrape that failed or is missing ends one.
pub(super) fn unbroken(scrapes: &Scrapes<'_>, server: Clock, span: Span) -> Vec<Vec<Instant>> {
    let mut runs: Vec<Vec<Instant>> = Vec::new();
    let mut before: Option<i64> = None;
    for scrape in &scrapes.all {
        let at = scrape
            .at
            .saturating_mul(1_000)
            .saturating_sub(server.offset);
        if at < span.start || at > span.end {
            continue;
        }
        if !scrape.up {
            before = None;
            continue;
        }
        let instant = Instant {
            stamp: scrape.at,
            at,
        };
        let follows = before.is_some_and(|before| !is_gap(at - before, scrapes.interval));
        match runs.last_mut() {
            Some(run) if follows => run.push(instant),
            _ => runs.push(vec![instant]),
        }
        before = Some(at);
    }
    runs
}
