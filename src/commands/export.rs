//! `mirrorwatch export`: samples for other programs on stdout, and on stderr what their format cannot say.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};

use super::source::{Source, Wanted};
use crate::cli::{Export, ExportFormat};
use crate::clock;
use crate::model::bound::Bound;
use crate::promql::{Millis, Selector, SeriesSet};
use crate::storage::export::{self, Losses};

/// Write the samples that are asked for.
pub(super) fn run(arguments: &Export) -> anyhow::Result<ExitCode> {
    let mut source = Source::of(&arguments.source, &arguments.login)?;
    let now = clock::wall();
    let millis =
        |bound: Option<Bound>| bound.map(|bound| bound.at(now).as_micros().div_euclid(1_000));
    let (from, to) = (millis(arguments.from), millis(arguments.to));
    if matches!(source, Source::Server(..)) && from.is_none() {
        bail!("--from: of a server a window has to be given, its history may be long");
    }
    let present = now.as_micros().div_euclid(1_000);
    let is_server = matches!(source, Source::Server(..));
    let times = (
        from.unwrap_or(Millis::MIN),
        to.unwrap_or(if is_server { present } else { Millis::MAX }),
    );
    let selectors: Vec<Selector> = selectors(&arguments.selectors)?;
    let wanted: Vec<Wanted> = selectors
        .into_iter()
        .map(|selector| Wanted { selector, times })
        .collect();
    let (series, doubts) = source.samples(&wanted)?;
    let series = only(&series, &wanted);
    let mut out = io::BufWriter::new(io::stdout().lock());
    let losses = match arguments.format {
        ExportFormat::Openmetrics => export::openmetrics(&mut out, &series),
        ExportFormat::Load => export::load(&mut out, &series),
    };
    let losses = losses.and_then(|losses| out.flush().map(|()| losses));
    tell(&losses.context("cannot write the samples")?, &doubts);
    Ok(ExitCode::SUCCESS)
}

/// Selectors as they are written, or one of everything.
pub(super) fn selectors(texts: &[String]) -> anyhow::Result<Vec<Selector>> {
    let everything = [r#"{__name__=~".+"}"#.to_owned()];
    let texts = if texts.is_empty() {
        &everything[..]
    } else {
        texts
    };
    let all: Result<_, _> = texts.iter().map(|text| Selector::parse(text)).collect();
    Ok(all?)
}

fn only(series: &SeriesSet, wanted: &[Wanted]) -> SeriesSet {
    let is_wanted = |labels: &_| wanted.iter().any(|wanted| wanted.selector.matches(labels));
    let times = wanted
        .first()
        .map_or((Millis::MIN, Millis::MAX), |wanted| wanted.times);
    series
        .filtered(is_wanted)
        .at_times(|at| at > times.0 && at <= times.1)
}

fn tell(losses: &Losses, doubts: &[String]) {
    let losses = losses.sentences();
    let lines = losses.iter().map(|text| ("lost", text));
    for (what, text) in lines.chain(doubts.iter().map(|text| ("warning", text))) {
        // Nothing is left to do if stderr is gone.
        let _ = writeln!(io::stderr(), "{what}: {text}");
    }
}
