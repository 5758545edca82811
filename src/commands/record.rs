//! `mirrorwatch record`: scrapes into a recording until it is stopped, and tells what one holds.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget};
use reqwest::Url;
use tokio::signal::unix::{SignalKind, signal};

use super::access;
use crate::cli::Record;
use crate::clock;
use crate::model::text::visible;
use crate::model::time::Timestamp;
use crate::storage::recorder::{Plan, Progress, record};
use crate::storage::recording::{Info, Limits, Recording, Writer};
use crate::storage::scraped::Target;

/// Longest that a scrape gets unless it is told otherwise: Prometheus' own default.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How often it is told where it cannot be overwritten how far the recording is.
const PLAIN_EVERY: Duration = Duration::from_mins(1);

/// Record, or tell what a recording holds.
pub(super) fn run(arguments: &Record) -> anyhow::Result<ExitCode> {
    if arguments.info {
        let info = Recording::open(&arguments.dir)?.info()?;
        write_info(&info, &mut io::stdout().lock()).context("cannot write")?;
        return Ok(ExitCode::SUCCESS);
    }
    let plan = plan(arguments)?;
    let limits = Limits {
        size: arguments.max_size,
        age: arguments.max_age,
    };
    let mut writer = Writer::open(&arguments.dir, limits, clock::wall())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let mut telling = Telling::new();
    let done = runtime.block_on(async {
        let stop = stopped().context("cannot listen for signals")?;
        Ok::<_, anyhow::Error>(
            record(&plan, &mut writer, stop, |so_far| telling.tell(so_far)).await?,
        )
    })?;
    telling.end(&done);
    Ok(ExitCode::SUCCESS)
}

/// Ctrl-C or SIGTERM.
fn stopped() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

fn plan(arguments: &Record) -> anyhow::Result<Plan> {
    let timeout = arguments.timeout.unwrap_or(arguments.interval.min(TIMEOUT));
    if timeout > arguments.interval {
        bail!(
            "--timeout: a scrape must be over before the next one begins; give at most the interval"
        );
    }
    let targets: Result<Vec<_>, _> = arguments
        .targets
        .iter()
        .map(|text| target(text, &arguments.job))
        .collect();
    let targets = targets?;
    for (index, (target, _)) in targets.iter().enumerate() {
        if targets[..index].iter().any(|(other, _)| other == target) {
            let Target { job, instance } = target;
            bail!(
                "{instance} is there twice under the job {job}: their series could not be told apart; write JOB=URL"
            );
        }
    }
    Ok(Plan {
        access: access::read(
            arguments.login.access.as_deref(),
            targets.iter().map(|(_, url)| url.as_str()),
        )?,
        targets,
        interval: arguments.interval,
        timeout,
        flush: arguments.flush,
        length: arguments.length,
    })
}

/// `URL` or `JOB=URL`.
fn target(text: &str, job: &str) -> anyhow::Result<(Target, Url)> {
    let (job, url) = match text.split_once('=') {
        Some((job, url)) if !job.contains("://") => (job, url),
        _ => (job, text),
    };
    let parsed = Url::parse(url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(url) = parsed else {
        bail!(
            "`{text}` is no page that can be scraped; write http://host:19850/metrics, or JOB=http://…"
        );
    };
    Ok((Target::of(&url, job), url))
}

/// Where it is told how far the recording is: in place on a terminal, plain lines otherwise.
struct Telling {
    spinner: Option<ProgressBar>,
    begun: Duration,
    told: Duration,
}

impl Telling {
    fn new() -> Self {
        let spinner = io::stderr()
            .is_terminal()
            .then(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()));
        let now = clock::monotonic();
        Self {
            spinner,
            begun: now,
            told: now,
        }
    }

    fn tell(&mut self, progress: &Progress) {
        if let Some(spinner) = &self.spinner {
            spinner.set_message(told(progress));
            spinner.tick();
        } else if clock::monotonic() >= self.told + PLAIN_EVERY {
            self.told = clock::monotonic();
            line(&told(progress));
        }
    }

    fn end(&self, progress: &Progress) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
        let seconds = clock::monotonic().saturating_sub(self.begun).as_secs();
        let length = humantime::format_duration(Duration::from_secs(seconds));
        line(&format!("{} in {length}", told(progress)));
    }
}

fn told(progress: &Progress) -> String {
    let text = format!(
        "{} scrapes, {} samples, {}",
        HumanCount(progress.scrapes),
        HumanCount(progress.samples),
        HumanBytes(progress.bytes)
    );
    match &progress.last_failure {
        None => text,
        Some(failure) => format!(
            "{text}; {} failed, the last one: {}",
            HumanCount(progress.failed),
            visible(failure)
        ),
    }
}

fn line(text: &str) {
    // Telling is not worth ending a recording when stderr is gone.
    let _ = writeln!(io::stderr(), "{text}");
}

fn write_info(info: &Info, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "begun     {}", info.created)?;
    match info.times {
        None => writeln!(out, "samples   none")?,
        Some((first, last)) => {
            let at = Timestamp::from_millis;
            writeln!(out, "from      {}", at(first))?;
            writeln!(out, "to        {}", at(last))?;
            writeln!(
                out,
                "samples   {} in {} series, {} scrapes",
                HumanCount(info.samples),
                HumanCount(info.series as u64),
                HumanCount(info.scrapes)
            )?;
        }
    }
    writeln!(
        out,
        "size      {} in {} segments{}",
        HumanBytes(info.bytes),
        info.segments,
        per_sample(info)
    )?;
    for (job, instance) in &info.targets {
        writeln!(out, "target    {} {}", visible(job), visible(instance))?;
    }
    for damage in &info.damages {
        let bytes = &damage.bytes;
        writeln!(
            out,
            "unread    {}: bytes {} to {}; a kill tore them, or they are being written",
            damage.segment.display(),
            bytes.start,
            bytes.end
        )?;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a ratio is not exact")]
fn per_sample(info: &Info) -> String {
    if info.samples == 0 {
        return String::new();
    }
    format!(
        ", {:.2} bytes a sample",
        info.bytes as f64 / info.samples as f64
    )
}

#[test]
fn a_target_is_a_url_with_or_without_a_job() {
    let of = |text| {
        let (target, url) = target(text, "mirrorwatch")?;
        Ok::<_, anyhow::Error>((target.job, target.instance, url.to_string()))
    };
    let own = |job: &str, instance: &str, url: &str| {
        (job.to_owned(), instance.to_owned(), url.to_owned())
    };
    assert_eq!(
        of("http://h:19850/metrics?a=b").unwrap(),
        own("mirrorwatch", "h:19850", "http://h:19850/metrics?a=b")
    );
    assert_eq!(
        of("lab=https://h/m").unwrap(),
        own("lab", "h:443", "https://h/m")
    );
    for wrong in ["h:19850", "lab=h", "ftp://h/x", ""] {
        assert!(of(wrong).is_err(), "{wrong}");
    }
}
