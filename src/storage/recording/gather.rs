//! Gathers the samples that are wanted out of frames, by series.

use std::collections::HashMap;

use super::batch::Payload;
use crate::promql::{Labels, Millis, Sample, SeriesSet};

/// After the first time and until the second.
pub(super) type Span = (Millis, Millis);

fn holds(span: Span, at: Millis) -> bool {
    at > span.0 && at <= span.1
}

/// Samples so far.
pub(super) struct Gathered<F> {
    /// The spans that are wanted of a series.
    wanted: F,
    /// Where each series stands that was met, or that it is not wanted.
    places: HashMap<Labels, Option<usize>>,
    series: Vec<(Labels, Vec<Span>, Vec<Sample>)>,
    /// The places of the series of the last frame.
    last: Vec<Option<usize>>,
}

impl<F: Fn(&Labels) -> Vec<Span>> Gathered<F> {
    pub(super) fn new(wanted: F) -> Self {
        Self {
            wanted,
            places: HashMap::new(),
            series: Vec::new(),
            last: Vec::new(),
        }
    }

    /// Take in a frame. All frames have to be from one decoder, so that it knows whether they have the same series.
    pub(super) fn take_in(&mut self, payload: &Payload<'_>) {
        if !payload.has_same_series {
            self.last = payload.series.iter().map(|who| self.place(who)).collect();
        }
        for (place, samples) in self.last.iter().zip(payload.samples()) {
            let Some(place) = *place else {
                continue;
            };
            let (_, spans, all) = &mut self.series[place];
            all.extend(samples.filter(|sample| spans.iter().any(|span| holds(*span, sample.at))));
        }
    }

    fn place(&mut self, labels: &Labels) -> Option<usize> {
        if let Some(place) = self.places.get(labels) {
            return *place;
        }
        let spans = (self.wanted)(labels);
        let place = (!spans.is_empty()).then_some(self.series.len());
        if place.is_some() {
            self.series.push((labels.clone(), spans, Vec::new()));
        }
        self.places.insert(labels.clone(), place);
        place
    }

    pub(super) fn into_series(self) -> SeriesSet {
        let series = self.series.into_iter();
        let found = series.filter(|(_, _, samples)| !samples.is_empty());
        found
            .map(|(labels, _, samples)| (labels, samples))
            .collect()
    }
}
