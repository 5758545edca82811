//! What the exporter's pages told in the course of a run. A page has only the last eight outages of a partition: this remembers all.

use std::collections::{BTreeMap, BTreeSet};

use super::spans::{Span, joined};
use crate::ledger::{FORTH, Ledger, Spans, blind_spans, observed_through, outages};

/// Everything that pages told.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    outages: Remembered,
    blind: Remembered,
    /// The runs of the ledger: one, if it goes on through every restart.
    pub(super) runs: BTreeSet<String>,
    pub(super) pages: u64,
    pub(super) last: Option<Last>,
}

/// The newest page.
#[derive(Clone, Debug)]
pub(super) struct Last {
    pub(super) ledger: Ledger,
    /// Up to when it was complete.
    pub(super) through: f64,
    /// Whether an outage or a blind span lasts.
    pub(super) is_open: bool,
}

/// Spans by what they belong to and the millisecond in which they began: the number of one that was not settled before the exporter was killed
/// is given to the next.
type Remembered = BTreeMap<(String, i64), Span>;

impl Told {
    /// Remembers what a page tells; one of an exporter whose canary is not there yet tells nothing.
    pub(super) fn note(&mut self, page: &str) {
        let through = observed_through(page, FORTH);
        let Some(through) = through.filter(|_| page.contains("mm2_canary_info{")) else {
            return;
        };
        let (outages, blind) = (outages(page, FORTH), blind_spans(page, FORTH));
        let mut both = outages.values().chain(blind.values());
        let is_open = both.any(|(_, end)| end.is_none());
        remember(&mut self.outages, outages, through);
        remember(&mut self.blind, blind, through);
        let ledger = Ledger::of(page, FORTH);
        self.runs.insert(ledger.run.clone());
        self.pages += 1;
        self.last = Some(Last {
            ledger,
            through,
            is_open,
        });
    }

    /// The outages of each partition that were not over at this time.
    pub(super) fn outages_since(&self, from: f64) -> BTreeMap<String, Vec<Span>> {
        let mut all: BTreeMap<String, Vec<Span>> = BTreeMap::new();
        for ((partition, _), span) in &self.outages {
            if span.to > from {
                all.entry(partition.clone()).or_default().push(*span);
            }
        }
        let all = all.into_iter();
        all.map(|(partition, spans)| (partition, joined(spans.into_iter())))
            .collect()
    }

    /// When the canary could not see one side or the other.
    pub(super) fn blind_since(&self, from: f64) -> Vec<Span> {
        let all = self.blind.values().copied();
        joined(all.filter(|span| span.to > from))
    }
}

/// What lasts is known as far as the page goes.
fn remember(all: &mut Remembered, spans: Spans, through: f64) {
    for ((of, _), (from, end)) in spans {
        let to = end.unwrap_or(through).max(from);
        all.insert((of, milliseconds(from)), Span { from, to });
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "milliseconds since the epoch are far below 2^63"
)]
fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1_000.0).round() as i64
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn page(through: f64, outages: &[(u32, f64, Option<f64>)]) -> String {
        let flow = r#"{source="source",target="target""#;
        let mut text = format!(
            "mm2_canary_info{flow},topic=\"c\",remote_topic=\"r\",exporter=\"e\",run=\"1\"}} 1\n\
             mm2_canary_observed_through_timestamp_seconds{flow}}} {through}\n"
        );
        for (number, start, end) in outages {
            let labels = format!("{flow},partition=\"3\",outage=\"{number}\"}}");
            let _ = writeln!(
                text,
                "mm2_canary_outage_start_timestamp_seconds{labels} {start}"
            );
            if let Some(end) = end {
                let _ = writeln!(
                    text,
                    "mm2_canary_outage_end_timestamp_seconds{labels} {end}"
                );
            }
        }
        text
    }

    fn outages(told: &Told) -> Vec<(f64, f64)> {
        let all = told.outages_since(0.0);
        let spans = all.values().flatten();
        spans.map(|span| (span.from, span.to)).collect()
    }

    #[test]
    fn an_outage_is_remembered_when_the_page_has_it_no_longer() {
        let mut told = Told::default();
        told.note(&page(15.0, &[(1, 12.0, None)]));
        assert_eq!(outages(&told), [(12.0, 15.0)]);
        assert!(told.last.as_ref().is_some_and(|last| last.is_open));
        told.note(&page(18.0, &[(1, 12.0, Some(16.5))]));
        told.note(&page(40.0, &[(9, 30.0, Some(33.0))]));
        assert_eq!(outages(&told), [(12.0, 16.5), (30.0, 33.0)]);
        assert!(told.last.as_ref().is_some_and(|last| !last.is_open));
        assert_eq!(told.outages_since(20.0)["3"].len(), 1);
    }

    #[test]
    fn a_number_that_is_given_again_hides_no_outage() {
        let mut told = Told::default();
        told.note(&page(15.0, &[(4, 12.0, None)]));
        told.note(&page(25.0, &[(4, 20.0, Some(23.0))]));
        assert_eq!(outages(&told), [(12.0, 15.0), (20.0, 23.0)]);
    }

    #[test]
    fn a_page_without_a_canary_tells_nothing() {
        let mut told = Told::default();
        told.note("mm2_exporter_up 1\n");
        let whole = page(15.0, &[(1, 12.0, None)]);
        let (_, before_its_first_record) = whole.split_once('\n').expect("it has lines");
        told.note(before_its_first_record);
        assert!(told.last.is_none() && told.pages == 0);
    }
}
