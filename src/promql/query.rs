//! Queries: read once, evaluated over any series at one time or at many.

use super::engine::{self, EvalError, Pieces};
use super::footprint::{self, Footprint};
use super::shape;
use super::substitute;
use super::syntax::{self, Expr};
use super::{Error, Labels, Millis, Sample, Selector, Series, SeriesSet};

/// An expression that has been read and checked.
#[derive(Clone, Debug)]
pub struct Query {
    text: String,
    expr: Expr,
}

/// The steps of a range query, in milliseconds: `from`, and every `step` after it up to `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// The first time.
    pub from: Millis,
    /// No time is after this.
    pub to: Millis,
    /// The distance of two times.
    pub step: Millis,
}

/// What a server's configuration sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How old a sample may grow and still be an element, in milliseconds; Prometheus' `--query.lookback-delta`.
    pub lookback: Millis,
    /// The step of a subquery without one, in milliseconds; Prometheus' global evaluation interval.
    pub subquery_step: Millis,
    /// Most values in memory at once; Prometheus' `--query.max-samples`.
    pub max_samples: usize,
    /// Whether names of metrics are dropped only from the answer; Prometheus' feature `promql-delayed-name-removal`.
    pub delayed_name_removal: bool,
}

/// The defaults of Prometheus 3.16.
impl Default for Settings {
    fn default() -> Self {
        Self {
            lookback: 300_000,
            subquery_step: 60_000,
            max_samples: 50_000_000,
            delayed_name_removal: false,
        }
    }
}

/// The value of an expression, and what was noticed on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The value.
    pub value: Value,
    /// Reasons to doubt it, each once, in Prometheus' words.
    pub warnings: Vec<String>,
    /// Hints, each once.
    pub infos: Vec<String>,
}

/// A value of one of the types of PromQL.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number at the time of the query.
    Scalar(Sample),
    /// A string.
    String(String),
    /// Elements at the time of the query, in the order of `sort`, `topk` and their like where it matters.
    Vector(Vec<(Labels, Sample)>),
    /// Series in order of their labels.
    Matrix(Vec<Series>),
}

impl Query {
    /// Read an expression; what is not evaluated is refused here.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self {
            text: text.to_owned(),
            expr: syntax::parse(text)?,
        })
    }

    /// The same query with variables replaced in label values, as [`Selector::substitute`](super::Selector::substitute) does it.
    ///
    /// # Errors
    ///
    /// A regular expression that is none with what was put in.
    pub fn substitute(&self, variables: &[(&str, &str)]) -> Result<Self, Error> {
        let mut query = self.clone();
        substitute::into(&mut query.expr, variables)?;
        query.text = substitute::shown(&query.text, variables);
        Ok(query)
    }

    /// The expression as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every selector and the times at which it looks.
    pub fn selectors(&self) -> Vec<Footprint> {
        footprint::of(&self.expr)
    }

    /// Whether its form alone says that it has no element, whatever there is.
    pub fn is_never(&self) -> bool {
        shape::is_never(&self.expr)
    }

    /// The selectors whose series it counts as they are, without a comparison.
    pub fn counted(&self) -> Vec<&Selector> {
        shape::counted(&self.expr)
    }

    /// Evaluate at one time.
    pub fn instant(
        &self,
        data: &SeriesSet,
        at: Millis,
        settings: &Settings,
    ) -> Result<Answer, EvalError> {
        engine::instant(&self.expr, data, at, settings)
    }

    /// To be evaluated at these steps piece by piece; none if the answer would be another than that of all steps at once.
    pub fn in_pieces(&self, steps: Steps, settings: &Settings) -> Option<Pieces> {
        Pieces::of(&self.expr, steps, settings)
    }

    /// Evaluate at every step.
    pub fn range(
        &self,
        data: &SeriesSet,
        steps: Steps,
        settings: &Settings,
    ) -> Result<Answer, EvalError> {
        engine::range(&self.expr, data, steps, settings)
    }
}
