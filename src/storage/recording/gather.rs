//! Gathers the samples that are wanted out of frames, by series.

use std::collections::HashMap;

use super::batch::Payload;
use crate::promql::{Labels, Millis, Sample, SeriesSet};

/// After the first time and until the second.
pub(super) type Span = (Millis, Millis);

fn holds(span: Span, at: Millis) -> bool {
    at > span.0 && at <= span.1
}

/// Samples of a series for which there is room from the start, at most: a recording of a year must not ask for a year's room for a series of a minute.
const MOST_ROOM: usize = 1_000;

/// Samples so far.
pub(super) struct Gathered<F> {
    /// The spans that are wanted of a series.
    wanted: F,
    /// Samples of a series for which there is room from the start.
    room: usize,
    /// Where each series stands that was met, or that it is not wanted.
    places: HashMap<Labels, Option<usize>>,
    series: Vec<Selected>,
    /// The places of the series of the last frame.
    last: Vec<Option<usize>>,
}

/// A series of which some spans are wanted, and their samples so far.
struct Selected {
    labels: Labels,
    spans: Vec<Span>,
    samples: Vec<Sample>,
}

impl Selected {
    fn take_in(&mut self, sample: Sample) {
        if self.spans.iter().any(|span| holds(*span, sample.at)) {
            self.samples.push(sample);
        }
    }

    fn into_series(mut self) -> (Labels, Vec<Sample>) {
        if self.samples.len() < self.samples.capacity() / 2 {
            self.samples.shrink_to_fit();
        }
        (self.labels, self.samples)
    }
}

impl<F: Fn(&Labels) -> Vec<Span>> Gathered<F> {
    /// Out of so many frames.
    pub(super) fn new(wanted: F, frames: usize) -> Self {
        Self {
            wanted,
            room: frames.min(MOST_ROOM),
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
        let mut take_in = |place: Option<usize>, sample| {
            if let Some(place) = place {
                self.series[place].take_in(sample);
            }
        };
        if let Some(column) = payload.column() {
            for (place, sample) in self.last.iter().zip(column) {
                take_in(*place, sample);
            }
        } else {
            for (place, samples) in self.last.iter().zip(payload.samples()) {
                samples.for_each(|sample| take_in(*place, sample));
            }
        }
    }

    fn place(&mut self, labels: &Labels) -> Option<usize> {
        if let Some(place) = self.places.get(labels) {
            return *place;
        }
        let spans = (self.wanted)(labels);
        let place = (!spans.is_empty()).then_some(self.series.len());
        if place.is_some() {
            self.series.push(Selected {
                labels: labels.clone(),
                spans,
                samples: Vec::with_capacity(self.room),
            });
        }
        self.places.insert(labels.clone(), place);
        place
    }

    pub(super) fn into_series(self) -> SeriesSet {
        let series = self.series.into_iter();
        let found = series.filter(|series| !series.samples.is_empty());
        found.map(Selected::into_series).collect()
    }
}
