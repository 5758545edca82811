//! Runs the commands of a script, one after the other.

use mirrorwatch::promql::{Answer, Error, Labels, Millis, Query, SeriesSet, Steps, Value};

use super::evaluation::Evaluation;
use super::report::Outcome;
use super::script::{self, Command, Loaded};
use super::{Engine, Refusal, ScriptError, Times, Verdict, again, compare};

/// Samples, and series that have what is not evaluated.
#[derive(Default)]
struct Store {
    samples: SeriesSet,
    native: Vec<Labels>,
    started: Vec<Labels>,
}

impl Store {
    fn load(&mut self, loaded: Loaded) {
        match loaded {
            Loaded::Floats(labels, samples) => self.samples.add(labels, samples),
            Loaded::Native(labels) => self.native.push(labels),
            Loaded::Started(labels) => self.started.push(labels),
        }
    }

    /// Why a query on these series would have another answer than in Prometheus.
    fn refusal(&self, query: &Query) -> Option<Refusal> {
        let selectors = query.selectors();
        let selected = |series: &[Labels]| {
            let mut pairs = series
                .iter()
                .flat_map(|labels| selectors.iter().map(move |s| (labels, s)));
            pairs.any(|(labels, footprint)| footprint.selector.matches(labels))
        };
        if selected(&self.native) {
            return Some(Refusal::NativeHistograms);
        }
        selected(&self.started).then_some(Refusal::StartTimestamps)
    }
}

/// Run a script: every evaluation in order, or what is wrong with the script.
pub(crate) fn run(text: &str, engine: &mut impl Engine) -> Result<Vec<Outcome>, ScriptError> {
    let mut store = Store::default();
    let mut outcomes = Vec::new();
    for command in script::read(text)? {
        match command {
            Command::Clear => store = Store::default(),
            Command::Load(all) => all.into_iter().for_each(|loaded| store.load(loaded)),
            Command::Evaluate(evaluation) => outcomes.push(Outcome {
                line: evaluation.line,
                verdict: judge(&evaluation, &store, engine),
                expr: evaluation.expr,
            }),
        }
    }
    Ok(outcomes)
}

fn judge(evaluation: &Evaluation, store: &Store, engine: &mut impl Engine) -> Verdict {
    if evaluation.expects_histograms() {
        return Verdict::Refused(Refusal::NativeHistograms);
    }
    let query = match Query::parse(&evaluation.expr) {
        Ok(query) => query,
        Err(Error::Unsupported { what, .. }) => {
            return Verdict::Refused(Refusal::of(&what));
        }
        Err(Error::Syntax { message, .. }) if !expected(evaluation, &message) => {
            return Verdict::Refused(Refusal::Syntax(message));
        }
        Err(error) => return verdict(fails(evaluation, &error.to_string())),
    };
    if let Some(refusal) = store.refusal(&query) {
        return Verdict::Refused(refusal);
    }
    let mut asker = Asker {
        evaluation,
        engine,
        data: &store.samples,
    };
    verdict(match evaluation.times {
        times @ Times::Range(_) => asker.ask(&query, times).map(|_| ()),
        Times::Instant(at) => asker.ask_again_and_again(&query, at),
    })
}

fn verdict(checked: Result<(), String>) -> Verdict {
    checked.map_or_else(Verdict::Failed, |()| Verdict::Passed)
}

fn expected(evaluation: &Evaluation, error: &str) -> bool {
    let expected = evaluation.expectations.fail.as_ref();
    expected.is_some_and(|expected| expected.is(error))
}

/// An error has come; was it to come?
fn fails(evaluation: &Evaluation, error: &str) -> Result<(), String> {
    match &evaluation.expectations.fail {
        Some(expected) if expected.is(error) => Ok(()),
        Some(expected) => Err(format!(
            "the error {expected:?} was expected, but came: {error}"
        )),
        None => Err(format!("no error was expected, but came: {error}")),
    }
}

fn check(evaluation: &Evaluation, answer: &Answer) -> Result<(), String> {
    if evaluation.expectations.fail.is_some() {
        return Err(format!(
            "an error was expected, but came {:?}",
            answer.value
        ));
    }
    evaluation
        .expectations
        .check(&answer.warnings, &answer.infos)?;
    compare::check(evaluation, &answer.value)
}

/// Asks for one evaluation.
struct Asker<'a, E> {
    evaluation: &'a Evaluation,
    engine: &'a mut E,
    data: &'a SeriesSet,
}

impl<E: Engine> Asker<'_, E> {
    /// The value, which is as it should be, or none if there is an error that should be.
    fn ask(&mut self, query: &Query, times: Times) -> Result<Option<Value>, String> {
        match self.engine.ask(query, times, self.data) {
            Ok(answer) => check(self.evaluation, &answer).map(|()| Some(answer.value)),
            Err(error) => fails(self.evaluation, &error).map(|()| None),
        }
    }

    /// As written, and with `@` at other times.
    fn ask_again_and_again(&mut self, query: &Query, at: Millis) -> Result<(), String> {
        self.ask_instant(query, at)?;
        let Some(text) = again::pinned(&self.evaluation.expr, at) else {
            return Ok(());
        };
        let pinned =
            Query::parse(&text).map_err(|error| format!("written as `{text}`: {error}"))?;
        for time in again::times(at) {
            self.ask_instant(&pinned, time)
                .map_err(|message| format!("written as `{text}` at {time} ms: {message}"))?;
        }
        Ok(())
    }

    fn ask_instant(&mut self, query: &Query, at: Millis) -> Result<(), String> {
        let Some(value) = self.ask(query, Times::Instant(at))? else {
            return Ok(());
        };
        let is_range_vector = matches!(value, Value::Matrix(_) | Value::String(_));
        let looks_at_range = ["start()", "end()", "range()", "step()"]
            .iter()
            .any(|call| query.text().contains(call));
        if is_range_vector || looks_at_range || self.evaluation.expectations.ordered {
            return Ok(());
        }
        self.middle_of_range(query, at, &value)
            .map_err(|message| format!("in the middle of a range around {at} ms: {message}"))
    }

    /// The same in the middle of a range query.
    fn middle_of_range(
        &mut self,
        query: &Query,
        at: Millis,
        instant: &Value,
    ) -> Result<(), String> {
        let minute = 60_000;
        let times = Times::Range(Steps {
            from: at.saturating_sub(minute),
            to: at.saturating_add(minute),
            step: minute,
        });
        let Value::Matrix(series) = self.engine.ask(query, times, self.data)?.value else {
            return Err("no matrix came".to_owned());
        };
        compare::sorted(&series)?;
        let elements = series.into_iter().filter_map(|series| {
            let sample = series.samples.into_iter().find(|sample| sample.at == at)?;
            Some((series.labels, sample))
        });
        let elements: Vec<_> = elements.collect();
        let value = match (instant, elements.first()) {
            (Value::Scalar(_), Some((_, sample))) => Value::Scalar(*sample),
            (Value::Scalar(_), None) => return Err("no scalar came".to_owned()),
            _ => Value::Vector(elements),
        };
        compare::check(self.evaluation, &value)
    }
}
