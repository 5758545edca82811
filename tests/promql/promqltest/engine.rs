//! Who is asked: our engine, or another one whose scripts these are.

use mirrorwatch::promql::{Answer, Millis, Query, SeriesSet, Settings, Steps};

/// When to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Times {
    /// Once.
    Instant(Millis),
    /// At every step.
    Range(Steps),
}

/// Evaluates queries.
pub(crate) trait Engine {
    /// The answer to a query on samples, or the error.
    fn ask(&mut self, query: &Query, times: Times, data: &SeriesSet) -> Result<Answer, String>;
}

/// Our engine.
impl Engine for Settings {
    fn ask(&mut self, query: &Query, times: Times, data: &SeriesSet) -> Result<Answer, String> {
        let answer = match times {
            Times::Instant(at) => query.instant(data, at, self),
            Times::Range(steps) => query.range(data, steps, self),
        };
        answer.map_err(|error| error.to_string())
    }
}
