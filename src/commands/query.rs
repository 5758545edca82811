//! `mirrorwatch query`: reads the samples that an expression looks at from where they are, and evaluates it here.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::answer::{self, Form};
use crate::cli::{AnswerFormat, Query};
use crate::clock;
use crate::model::time::{Timestamp, micros};
use crate::promql::{self, Answer, Footprint, Millis, Selector, SeriesSet, Settings, Steps};
use crate::storage::evidence::{self, MANIFEST};
use crate::storage::prometheus::Server;
use crate::storage::recording::{Contents, Damage, Recording};
use crate::storage::staleness::with_markers;

/// Steps of a range that is not told any.
const STEPS: Millis = 250;
/// Most steps of a range, as in Prometheus.
const MOST_STEPS: Millis = 11_000;

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
            answer::write_error(&mut out, kind(&error), &format!("{error:#}"))?;
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
    let source = Source::of(&arguments.source)?;
    let steps = steps(arguments, &source)?;
    let (samples, doubts) = source.samples(&query.selectors(), steps, &settings)?;
    let mut answer = match arguments.from {
        None => query.instant(&samples, steps.to, &settings)?,
        Some(_) => query.range(&samples, steps, &settings)?,
    };
    answer.warnings.extend(doubts);
    Ok((answer, steps))
}

/// The one step of an instant query, or those of a range.
fn steps(arguments: &Query, source: &Source) -> anyhow::Result<Steps> {
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

/// Where samples are.
enum Source {
    Server(Box<Server>, tokio::runtime::Runtime),
    Recording(Recording),
    Evidence(Box<evidence::Evidence>),
}

impl Source {
    fn of(text: &str) -> anyhow::Result<Self> {
        if text.contains("://") {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = runtime.context("cannot start the runtime")?;
            return Ok(Self::Server(Box::new(Server::new(text)?), runtime));
        }
        let dir = Path::new(text);
        if Recording::is_at(dir) {
            return Ok(Self::Recording(Recording::open(dir)?));
        }
        if dir.join(MANIFEST).exists() {
            return Ok(Self::Evidence(Box::new(evidence::load(dir)?)));
        }
        bail!(
            "{text}: neither a recording (`mirrorwatch record`), nor evidence of a drill, nor the URL of a server (http://host:9090)"
        );
    }

    /// The time of the last sample; of a server the present by its own clock.
    fn last(&self) -> anyhow::Result<Option<Millis>> {
        Ok(match self {
            Self::Server(server, runtime) => Some(
                runtime
                    .block_on(server.time())?
                    .as_micros()
                    .div_euclid(1_000),
            ),
            Self::Recording(recording) => recording.last()?,
            Self::Evidence(evidence) => {
                let samples = evidence.series.iter().flat_map(|(_, samples)| samples);
                samples.map(|sample| sample.at).max()
            }
        })
    }

    /// The samples that may matter, and reasons to doubt that they are all.
    fn samples(
        &self,
        footprints: &[Footprint],
        steps: Steps,
        settings: &Settings,
    ) -> anyhow::Result<(SeriesSet, Vec<String>)> {
        match self {
            Self::Server(server, runtime) => {
                runtime.block_on(fetch(server, footprints, steps, settings))
            }
            Self::Recording(recording) => {
                let windows = footprints
                    .iter()
                    .map(|footprint| footprint.times(steps, settings));
                let (from, to) = windows.fold((Millis::MAX, Millis::MIN), |(from, to), window| {
                    (from.min(window.0), to.max(window.1))
                });
                let keep = |labels: &_| {
                    footprints
                        .iter()
                        .any(|footprint| footprint.selector.matches(labels))
                };
                let Contents { series, damages } = recording.read(keep, from, to)?;
                Ok((series, damages.iter().map(doubt).collect()))
            }
            Self::Evidence(evidence) => Ok((
                with_markers(&evidence.series),
                evidence.manifest.warnings.clone(),
            )),
        }
    }
}

fn doubt(damage: &Damage) -> String {
    let Damage { segment, bytes } = damage;
    format!(
        "{}: bytes {} to {} cannot be read: samples are missing",
        segment.display(),
        bytes.start,
        bytes.end
    )
}

async fn fetch(
    server: &Server,
    footprints: &[Footprint],
    steps: Steps,
    settings: &Settings,
) -> anyhow::Result<(SeriesSet, Vec<String>)> {
    let (mut all, mut doubts) = (SeriesSet::default(), Vec::new());
    for footprint in footprints {
        let (from, to) = footprint.times(steps, settings);
        // Where a target was scraped tells where its series end.
        let wanted = [footprint.selector.clone(), Selector::named("up")];
        let fetched = server.samples(&wanted, from, to).await?;
        for (labels, samples) in fetched.series.iter() {
            all.add(labels.clone(), samples.iter().copied());
        }
        doubts.extend(fetched.warnings);
    }
    doubts.sort();
    doubts.dedup();
    Ok((with_markers(&all), doubts))
}
