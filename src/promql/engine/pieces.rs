//! A range query evaluated in consecutive pieces of time: the samples and the rows of one piece at a time are in memory, and the answer.

use std::collections::BTreeMap;

use crate::promql::footprint::{self, Footprint};
use crate::promql::syntax::Expr;
use crate::promql::{Answer, Labels, Sample, Series, SeriesSet, Settings, Steps, Value};

use super::notes::Notes;
use super::piecewise::is_piecewise;
use super::{EvalError, answer, at_steps};

/// A range query that is evaluated in pieces, which need not wait for each other.
#[derive(Debug)]
pub struct Pieces {
    /// With fixed times in place of `start()` and `end()`.
    expr: Expr,
    settings: Settings,
}

/// What one piece came to.
#[derive(Debug)]
pub struct Part {
    series: Vec<Series>,
    notes: Notes,
}

/// The answer so far.
#[derive(Debug)]
pub struct Parts {
    max_samples: usize,
    series: BTreeMap<Labels, Vec<Sample>>,
    /// How many there are.
    samples: usize,
    notes: Notes,
}

impl Pieces {
    /// None if the pieces of the answer are not the answers of the pieces.
    pub(in crate::promql) fn of(expr: &Expr, steps: Steps, settings: &Settings) -> Option<Self> {
        if !is_piecewise(expr, settings) {
            return None;
        }
        let mut expr = expr.clone();
        expr.pin((steps.from, steps.to));
        Some(Self {
            expr,
            settings: *settings,
        })
    }

    /// Every selector and the times at which it looks.
    pub fn selectors(&self) -> Vec<Footprint> {
        footprint::of(&self.expr)
    }

    /// Evaluate some steps: two at least, unless there is only one in all.
    pub fn evaluate(&self, data: &SeriesSet, steps: Steps) -> Result<Part, EvalError> {
        let (series, notes) = at_steps(&self.expr, data, steps, &self.settings)?;
        Ok(Part { series, notes })
    }

    /// The answer before the first part.
    pub fn parts(&self) -> Parts {
        Parts {
            max_samples: self.settings.max_samples,
            series: BTreeMap::new(),
            samples: 0,
            notes: Notes::default(),
        }
    }
}

impl Parts {
    /// Add the next part: they come in the order of their steps.
    pub fn add(&mut self, part: Part) -> Result<(), EvalError> {
        self.notes.join(part.notes);
        for Series { labels, samples } in part.series {
            self.samples += samples.len();
            if self.samples > self.max_samples {
                return Err(EvalError::TooManySamples);
            }
            self.series.entry(labels).or_default().extend(samples);
        }
        Ok(())
    }

    /// The answer over all steps.
    pub fn answer(self) -> Answer {
        let series = self.series.into_iter();
        let series = series.map(|(labels, samples)| Series { labels, samples });
        answer(Value::Matrix(series.collect()), self.notes)
    }
}
