//! Where `query` and `export` find samples: a recording, a drill's evidence, or a server.

use std::path::Path;

use anyhow::{Context, bail};

use crate::promql::{Millis, Selector, SeriesSet};
use crate::storage::evidence::{self, MANIFEST};
use crate::storage::prometheus::Server;
use crate::storage::recording::{Contents, Recording};
use crate::storage::staleness::with_markers;

/// Where samples are.
pub(super) enum Source {
    Server(Box<Server>, tokio::runtime::Runtime),
    Recording(Recording),
    Evidence(Box<evidence::Evidence>),
}

/// The samples of a selector that are wanted: after the first and until the second time.
pub(super) struct Wanted {
    pub(super) selector: Selector,
    pub(super) times: (Millis, Millis),
}

impl Source {
    /// A directory, or a URL.
    pub(super) fn of(text: &str) -> anyhow::Result<Self> {
        if text.contains("://") {
            return Self::server(text);
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

    pub(super) fn server(url: &str) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.context("cannot start the runtime")?;
        Ok(Self::Server(Box::new(Server::new(url)?), runtime))
    }

    /// The time of the last sample; of a server the present by its own clock.
    pub(super) fn last(&self) -> anyhow::Result<Option<Millis>> {
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

    /// The samples that are wanted, maybe with others around them, and reasons to doubt that they are all. What a server or a drill's
    /// evidence does not say of the ends of series is told by `up`.
    pub(super) fn samples(&self, wanted: &[Wanted]) -> anyhow::Result<(SeriesSet, Vec<String>)> {
        match self {
            Self::Server(server, runtime) => runtime.block_on(fetch(server, wanted)),
            Self::Recording(recording) => {
                let keep = |labels: &_| wanted.iter().any(|wanted| wanted.selector.matches(labels));
                let times = wanted.iter().map(|wanted| wanted.times);
                let (from, to) = times.fold((Millis::MAX, Millis::MIN), |(from, to), times| {
                    (from.min(times.0), to.max(times.1))
                });
                let Contents { series, damages } = recording.read(keep, from, to)?;
                Ok((series, damages.iter().map(ToString::to_string).collect()))
            }
            Self::Evidence(evidence) => Ok((
                with_markers(&evidence.series),
                evidence.manifest.warnings.clone(),
            )),
        }
    }
}

async fn fetch(server: &Server, wanted: &[Wanted]) -> anyhow::Result<(SeriesSet, Vec<String>)> {
    let (mut all, mut doubts) = (SeriesSet::default(), Vec::new());
    for Wanted { selector, times } in wanted {
        let selectors = [selector.clone(), Selector::named("up")];
        let fetched = server.samples(&selectors, times.0, times.1).await?;
        for (labels, samples) in fetched.series.iter() {
            all.add(labels.clone(), samples.iter().copied());
        }
        doubts.extend(fetched.warnings);
    }
    doubts.sort();
    doubts.dedup();
    Ok((with_markers(&all), doubts))
}
