//! `mirrorwatch import`: a text with times, or a window of a server, into a recording.

use std::fs::File;
use std::io::{self, BufReader, IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget};

use super::export::selectors;
use super::source::{Source, Wanted};
use crate::cli::Import;
use crate::clock;
use crate::model::bound::Bound;
use crate::storage::import;
use crate::storage::recording::{Limits, Writer};

/// Nothing of what is imported is too large or too old.
const LIMITS: Limits = Limits {
    size: u64::MAX,
    age: std::time::Duration::MAX,
};

/// Import, and tell how much it was.
pub(super) fn run(arguments: &Import) -> anyhow::Result<ExitCode> {
    if arguments.server.is_none() && arguments.login.access.is_some() {
        bail!("--access: a file is read, and no server asked; leave it out, or give --server");
    }
    let samples = match (&arguments.file, &arguments.server) {
        (Some(file), _) => from_text(&arguments.dir, file)?,
        (None, Some(url)) => from_server(arguments, url)?,
        (None, None) => bail!("give a FILE, or a server with --server"),
    };
    let dir = arguments.dir.display();
    // Telling is not worth failing when stderr is gone.
    let _ = writeln!(
        io::stderr(),
        "{dir}: {} samples imported",
        HumanCount(samples)
    );
    Ok(ExitCode::SUCCESS)
}

fn from_text(dir: &Path, file: &Path) -> anyhow::Result<u64> {
    let name = file.display();
    let (text, length): (Box<dyn Read>, u64) = if file == Path::new("-") {
        (Box::new(io::stdin()), 0)
    } else {
        let opened = File::open(file).with_context(|| name.to_string())?;
        let length = opened.metadata().map_or(0, |metadata| metadata.len());
        (Box::new(opened), length)
    };
    let mut writer = Writer::open(dir, LIMITS, clock::wall())?;
    let bar = io::stderr()
        .is_terminal()
        .then(|| ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr()));
    let read = import::openmetrics(BufReader::new(text), &mut writer, |bytes| {
        if let Some(bar) = &bar {
            bar.set_position(bytes);
        }
    });
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    read.with_context(|| name.to_string())
}

fn from_server(arguments: &Import, url: &str) -> anyhow::Result<u64> {
    let now = clock::wall();
    let millis = |bound: Bound| bound.at(now).as_micros().div_euclid(1_000);
    let (Some(from), Some(to)) = (arguments.from, arguments.to) else {
        bail!("--server: give the window with --from and --to");
    };
    let times = (millis(from), millis(to));
    if times.0 >= times.1 {
        bail!("--from must be before --to");
    }
    let wanted = selectors(&arguments.selectors)?.into_iter();
    let wanted: Vec<_> = wanted.map(|selector| Wanted { selector, times }).collect();
    let (series, doubts) = Source::server(url, &arguments.login)?.samples(&wanted)?;
    if !doubts.is_empty() && !arguments.incomplete {
        bail!(
            "{}; samples may be missing, and nothing was imported; --incomplete imports them all the same",
            doubts.join("; ")
        );
    }
    let mut writer = Writer::open(&arguments.dir, LIMITS, now)?;
    let mut samples = 0;
    for (labels, all) in series.iter() {
        samples += all.len() as u64;
        writer.add(all.iter().map(|sample| (labels.clone(), *sample)));
    }
    writer.flush()?;
    Ok(samples)
}
