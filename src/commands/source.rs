//! Where `query`, `export` and the like find samples: a recording, a drill's evidence, or a server.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::path::Path;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

use super::access;
use crate::cli::Login;
use crate::promql::{Millis, Selector, SeriesSet};
pub(super) use crate::storage::Wanted;
use crate::storage::evidence::{self, MANIFEST};
use crate::storage::prometheus::Server;
use crate::storage::recording::{Contents, Frames, Recording};
use crate::storage::staleness::with_markers;

/// Where samples are.
pub(super) enum Source {
    /// With the progress of all that will be wanted, where that is known.
    Server(Box<Server>, tokio::runtime::Runtime, Option<ProgressBar>),
    Recording(Frames),
    /// With the ends of its series, and its warnings.
    Evidence(SeriesSet, Vec<String>),
}

impl Source {
    /// A directory, or a URL.
    pub(super) fn of(text: &str, login: &Login) -> anyhow::Result<Self> {
        if text.contains("://") {
            return Self::server(text, login);
        }
        if login.access.is_some() {
            bail!("--access: {text} is no server; leave it out, or give the URL of one");
        }
        let dir = Path::new(text);
        if Recording::is_at(dir) {
            return Ok(Self::Recording(Recording::open(dir)?.frames()));
        }
        if dir.join(MANIFEST).exists() {
            let evidence = evidence::load(dir)?;
            let series = with_markers(&evidence.series);
            return Ok(Self::Evidence(series, evidence.manifest.warnings));
        }
        bail!(
            "{text}: neither a recording (`mirrorwatch record`), nor evidence of a drill, nor the URL of a server (http://host:9090)"
        );
    }

    pub(super) fn server(url: &str, login: &Login) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.context("cannot start the runtime")?;
        Ok(Self::Server(
            Box::new(server(url, login.access.as_deref())?),
            runtime,
            None,
        ))
    }

    /// All that will be wanted, piece by piece: progress is told of the whole.
    pub(super) fn expect(&mut self, wanted: &[Wanted]) {
        if let Self::Server(_, _, whole) = self {
            *whole = Some(bar(&questions(wanted)));
        }
    }

    /// The time of the last sample; of a server the present by its own clock.
    pub(super) fn last(&mut self) -> anyhow::Result<Option<Millis>> {
        Ok(match self {
            Self::Server(server, runtime, _) => Some(
                runtime
                    .block_on(server.time())?
                    .as_micros()
                    .div_euclid(1_000),
            ),
            Self::Recording(frames) => frames.last()?,
            Self::Evidence(series, _) => {
                let samples = series.iter().flat_map(|(_, samples)| samples);
                samples.map(|sample| sample.at).max()
            }
        })
    }

    /// The samples that are wanted, maybe with others around them, and reasons to doubt that they are all. What a server or a drill's
    /// evidence does not say of the ends of series is told by `up`.
    pub(super) fn samples(
        &mut self,
        wanted: &[Wanted],
    ) -> anyhow::Result<(SeriesSet, Vec<String>)> {
        match self {
            Self::Server(server, runtime, whole) => {
                let questions = questions(wanted);
                let bar = whole.clone().unwrap_or_else(|| bar(&questions));
                runtime.block_on(fetch(server, questions, &bar))
            }
            Self::Recording(frames) => {
                let Contents { series, damages } = frames.read(wanted)?;
                Ok((series, damages.iter().map(ToString::to_string).collect()))
            }
            Self::Evidence(series, warnings) => {
                let is_wanted =
                    |labels: &_| wanted.iter().any(|wanted| wanted.selector.matches(labels));
                Ok((series.filtered(is_wanted), warnings.clone()))
            }
        }
    }
}

/// The server at a URL, asked as the file at `access` says.
pub(super) fn server(url: &str, access: Option<&Path>) -> anyhow::Result<Server> {
    Ok(Server::with_access(url, &access::read(access, [url])?)?)
}

async fn fetch(
    server: &Server,
    questions: Vec<Question>,
    bar: &ProgressBar,
) -> anyhow::Result<(SeriesSet, Vec<String>)> {
    let (mut all, mut doubts) = (SeriesSet::default(), Vec::new());
    for (selector, (from, to)) in questions {
        let tell = |fetched: Millis| bar.inc(fetched.unsigned_abs());
        let fetched = server.samples_telling(&[selector], from, to, tell).await?;
        all.join(fetched.series);
        doubts.extend(fetched.warnings);
    }
    doubts.sort();
    doubts.dedup();
    Ok((with_markers(&all), doubts))
}

/// How much of the time that is asked about has been answered; told to a terminal alone, and gone with the last who tells it.
fn bar(questions: &[Question]) -> ProgressBar {
    let length: Millis = questions.iter().map(|(_, (from, to))| to - from).sum();
    let target = if io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(length.unsigned_abs()), target);
    let style = ProgressStyle::with_template("fetching samples {bar:30} {percent} %");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_finish(ProgressFinish::AndClear)
}

/// A selector, and the times at which its samples are wanted.
type Question = (Selector, (Millis, Millis));

/// Each selector, and `up`, over the times that are wanted of it; times that touch are asked for as one.
fn questions(wanted: &[Wanted]) -> Vec<Question> {
    let up = Selector::named("up");
    let up = wanted.iter().map(|wanted| (&up, wanted.times));
    let all = wanted.iter().map(|wanted| (&wanted.selector, wanted.times));
    let mut questions: BTreeMap<String, (Selector, Vec<(Millis, Millis)>)> = BTreeMap::new();
    for (selector, times) in all.chain(up) {
        let question = questions.entry(selector.to_string());
        let (_, all) = question.or_insert_with(|| (selector.clone(), Vec::new()));
        all.push(times);
    }
    let questions = questions.into_values().flat_map(|(selector, times)| {
        let times = joined(times).into_iter();
        times.map(move |times| (selector.clone(), times))
    });
    questions.collect()
}

/// Spans in their order, those that touch as one.
fn joined(mut spans: Vec<(Millis, Millis)>) -> Vec<(Millis, Millis)> {
    spans.sort_unstable();
    let mut joined: Vec<(Millis, Millis)> = Vec::new();
    for (from, to) in spans {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

#[test]
fn a_selector_that_is_wanted_twice_is_asked_for_once() {
    let wanted = |text, times| Wanted {
        selector: Selector::parse(text).unwrap(),
        times,
    };
    let wanted = [
        wanted("a", (0, 5)),
        wanted("b", (1, 2)),
        wanted("a", (3, 9)),
        wanted("b", (20, 30)),
    ];
    let questions = questions(&wanted).into_iter();
    let questions = questions.map(|(selector, times)| (selector.to_string(), times));
    assert_eq!(
        questions.collect::<Vec<_>>(),
        [
            ("a".to_owned(), (0, 9)),
            ("b".to_owned(), (1, 2)),
            ("b".to_owned(), (20, 30)),
            ("up".to_owned(), (0, 9)),
            ("up".to_owned(), (20, 30)),
        ]
    );
}
