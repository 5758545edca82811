//! The command `eval`: what to ask, and what is to come.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use mirrorwatch::promql::{Labels, Steps};
use regex::{Captures, Regex};

use super::expectation::{self, Expectations, Message};
use super::notation::{self, Points};
use super::script::{Lines, duration, error};
use super::{ScriptError, Times};

static INSTANT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^eval(?:_(fail|warn|ordered|info))?\s+instant\s+at\s+(\S+)\s+(.+)$")
        .expect("the pattern of an instant evaluation is valid")
});
static RANGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^eval(?:_(fail|warn|info))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$",
    )
    .expect("the pattern of a range evaluation is valid")
});
static RANGE_VECTOR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^expect range vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)$")
        .expect("the pattern of an expected range vector is valid")
});

/// A series that is to come.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    /// Its place among the series of the evaluation.
    pub(super) place: usize,
    /// Its values, or none at all if they are native histograms.
    pub(super) values: Option<Vec<Option<f64>>>,
}

/// What is to come.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    /// Series, elements of a vector.
    Series(BTreeMap<Labels, Expected>),
    /// A number.
    Scalar(f64),
    /// A string.
    Text(String),
}

/// One evaluation.
#[derive(Clone, Debug)]
pub(super) struct Evaluation {
    /// Its line, from one.
    pub(super) line: usize,
    /// The expression.
    pub(super) expr: String,
    /// When.
    pub(super) times: Times,
    /// Where the values of expected series stand; of an instant evaluation only if it expects a range vector.
    pub(super) steps: Option<Steps>,
    /// Errors, warnings, infos, order.
    pub(super) expectations: Expectations,
    /// The value.
    pub(super) result: Wanted,
}

impl Evaluation {
    /// Read it, its head being already read.
    pub(super) fn read(
        lines: &mut Lines<'_>,
        line: usize,
        head: &str,
    ) -> Result<Self, ScriptError> {
        let mut evaluation = if let Some(found) = INSTANT.captures(head) {
            Self::new(line, &found[3], Times::Instant(duration(line, &found[2])?))
        } else if let Some(found) = RANGE.captures(head) {
            let steps = steps(line, &found, 2)?;
            let mut evaluation = Self::new(line, &found[5], Times::Range(steps));
            evaluation.steps = Some(steps);
            evaluation
        } else {
            return Err(error(
                line,
                "an evaluation is `eval instant at …` or `eval range from … to … step …`",
            ));
        };
        let word = head.split_whitespace().next().unwrap_or_default();
        let old = word.strip_prefix("eval_");
        if let Some(old) = old {
            evaluation.expect(line, old)?;
        }
        while let Some((number, text)) = lines.within() {
            evaluation.add(number, text)?;
        }
        Ok(evaluation)
    }

    fn new(line: usize, expr: &str, times: Times) -> Self {
        Self {
            line,
            expr: expr.to_owned(),
            times,
            steps: None,
            expectations: Expectations::default(),
            result: Wanted::Series(BTreeMap::new()),
        }
    }

    fn expect(&mut self, number: usize, what: &str) -> Result<(), ScriptError> {
        self.expectations
            .add(what)
            .map_err(|message| error(number, message))
    }

    /// A line below the head.
    fn add(&mut self, number: usize, text: &str) -> Result<(), ScriptError> {
        if let Some(message) = text.strip_prefix("expected_fail_message") {
            self.expectations.fail = Some(Message::Text(message.trim().to_owned()));
        } else if let Some(pattern) = text.strip_prefix("expected_fail_regexp") {
            let pattern = expectation::pattern_of(pattern);
            self.expectations.fail = Some(pattern.map_err(|message| error(number, message))?);
        } else if text.starts_with("expect range vector") {
            let found = RANGE_VECTOR.captures(text);
            let found = found.ok_or_else(|| error(number, "no range vector can be like this"))?;
            self.steps = Some(steps(number, &found, 1)?);
        } else if let Some(string) = text.strip_prefix("expect string") {
            let string = notation::unquote(string.trim());
            let (string, rest) = string.map_err(|message| error(number, message))?;
            if !rest.is_empty() {
                return Err(error(number, format!("`{rest}` behind a string")));
            }
            self.result = Wanted::Text(string);
        } else if let Some(what) = text.strip_prefix("expect ") {
            self.expect(number, what)?;
        } else if let Some(value) = number_of(text) {
            self.result = Wanted::Scalar(value);
        } else {
            self.add_series(number, text)?;
        }
        Ok(())
    }

    fn add_series(&mut self, number: usize, text: &str) -> Result<(), ScriptError> {
        let line = notation::series(text).map_err(|message| error(number, message))?;
        let values = match line.points {
            Points::Floats(values) => Some(values),
            Points::Histograms | Points::Starts => None,
        };
        if self.steps.is_none() && values.as_ref().is_some_and(|values| values.len() != 1) {
            return Err(error(number, "an element of a vector has one value"));
        }
        let Wanted::Series(series) = &mut self.result else {
            return Err(error(number, "a series beside a value of another type"));
        };
        let place = series.len();
        series.insert(line.labels, Expected { place, values });
        Ok(())
    }

    /// Whether native histograms are to come.
    pub(super) fn expects_histograms(&self) -> bool {
        match &self.result {
            Wanted::Series(series) => series.values().any(|expected| expected.values.is_none()),
            Wanted::Scalar(_) | Wanted::Text(_) => false,
        }
    }
}

/// From, to and step in three groups from the first one on.
fn steps(line: usize, found: &Captures<'_>, first: usize) -> Result<Steps, ScriptError> {
    let steps = Steps {
        from: duration(line, &found[first])?,
        to: duration(line, &found[first + 1])?,
        step: duration(line, &found[first + 2])?,
    };
    if steps.to < steps.from {
        return Err(error(line, "the range ends before it starts"));
    }
    Ok(steps)
}

/// A bare number, decimal or with 0x.
fn number_of(text: &str) -> Option<f64> {
    if let Some(hexadecimal) = text.strip_prefix("0x") {
        let number = u32::from_str_radix(hexadecimal, 16).ok()?;
        return Some(f64::from(number));
    }
    text.strip_prefix('+').unwrap_or(text).parse().ok()
}
