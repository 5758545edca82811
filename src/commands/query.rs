//! `mirrorwatch query`: reads the samples that an expression looks at from where they are, and evaluates it here.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};

use super::complaint::complaint;
use super::ranges::{self, wanted};
use super::source::Source;
use crate::answer::{self, Form};
use crate::cli::{AnswerFormat, Query};
use crate::clock;
use crate::model::time::{Timestamp, micros};
use crate::promql::{self, Answer, Millis, Settings, Steps};

/// Steps of a range that is not told any.
const STEPS: Millis = 250;
/// Most steps of a range: a week has as many at a distance of 600 ms.
const MOST_STEPS: Millis = 1_000_000;

/// Ask, and write the answer.
pub(super) fn run(arguments: &Query) -> anyhow::Result<ExitCode> {
    let is_json = arguments.format == Some(AnswerFormat::Json);
    let mut out = io::BufWriter::new(io::stdout().lock());
    match ask(arguments) {
        Ok((answer, steps)) => {
            answer::write(&mut out, &answer, steps.to, form(arguments))?;
            out.flush().context("cannot write the answer")?;
            if !is_json {
                tell_doubts(&answer);
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(error) if is_json => {
            answer::write_error(&mut out, kind(&error), &complaint(&error))?;
            out.flush().context("cannot write the answer")?;
            Ok(ExitCode::from(2))
        }
        Err(error) => Err(error),
    }
}

/// Prometheus' names of errors.
fn kind(error: &anyhow::Error) -> &'static str {
    if error.is::<promql::EvalError>() {
        "execution"
    } else if error.is::<promql::Error>() {
        "bad_data"
    } else {
        "unavailable"
    }
}

fn form(arguments: &Query) -> Form {
    match arguments.format {
        None if arguments.from.is_some() => Form::Sparkline,
        Some(AnswerFormat::Sparkline) => Form::Sparkline,
        Some(AnswerFormat::Csv) => Form::Csv,
        Some(AnswerFormat::Json) => Form::Json,
        Some(AnswerFormat::Table) | None => Form::Table,
    }
}

fn tell_doubts(answer: &Answer) {
    let doubts = answer.warnings.iter().map(|text| ("warning", text));
    for (what, text) in doubts.chain(answer.infos.iter().map(|text| ("info", text))) {
        // Nothing is left to do if stderr is gone.
        let _ = writeln!(io::stderr(), "{what}: {text}");
    }
}

fn ask(arguments: &Query) -> anyhow::Result<(Answer, Steps)> {
    let query = promql::Query::parse(&arguments.expr)?;
    let settings = Settings {
        lookback: micros(arguments.lookback) / 1_000,
        ..Settings::default()
    };
    let mut source = Source::of(&arguments.source, &arguments.login)?;
    let steps = steps(arguments, &mut source)?;
    if arguments.from.is_some() {
        let answer = ranges::range(&query, &mut source, steps, &settings)?;
        return Ok((answer, steps));
    }
    let (samples, doubts) = source.samples(&wanted(&query.selectors(), steps, &settings))?;
    let mut answer = query.instant(&samples, steps.to, &settings)?;
    answer.warnings.extend(doubts);
    Ok((answer, steps))
}

/// The one step of an instant query, or those of a range.
fn steps(arguments: &Query, source: &mut Source) -> anyhow::Result<Steps> {
    let now = clock::wall();
    let millis = |time: Timestamp| time.as_micros().div_euclid(1_000);
    let (Some(from), Some(to)) = (arguments.from, arguments.to) else {
        let at = match arguments.at {
            Some(bound) => millis(bound.at(now)),
            None => source.last()?.unwrap_or(millis(now)),
        };
        return Ok(Steps {
            from: at,
            to: at,
            step: 1,
        });
    };
    let (from, to) = (millis(from.at(now)), millis(to.at(now)));
    if from > to {
        bail!("--from must not be after --to");
    }
    let step = arguments.step.map(|step| (micros(step) / 1_000).max(1));
    let step = step.unwrap_or(((to - from) / STEPS).max(1_000));
    if (to - from) / step >= MOST_STEPS {
        bail!(
            "--step: a range of more than {MOST_STEPS} steps; give a longer step or a shorter range"
        );
    }
    Ok(Steps { from, to, step })
}
