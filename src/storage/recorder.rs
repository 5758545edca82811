//! Scrapes targets, each on its own clock, into one recording. What a target does not answer is a scrape with `up 0`, never the end.

use std::time::Duration;

use reqwest::Url;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout_at};

use super::recording::{self, Writer};
use super::scrape::{self, Scraper};
use super::scraped::{Scrape, Scraped, Target};
use crate::clock;
use crate::fetch::Access;
use crate::promql::{Labels, Sample};

/// Scrapes that may wait for the writer.
const QUEUE: usize = 64;
/// As many flushes may fail one after the other before it is given up: until then what they hold is kept in memory.
const MOST_FAILURES: u32 = 10;

/// What is scraped, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The targets and their pages.
    pub targets: Vec<(Target, Url)>,
    /// Who asks them.
    pub access: Access,
    /// Between two scrapes of a target.
    pub interval: Duration,
    /// For one scrape, from the connection to the last byte.
    pub timeout: Duration,
    /// Between two flushes: what a kill can cost.
    pub flush: Duration,
    /// How long to record; `None`: until stopped.
    pub length: Option<Duration>,
}

/// How far a recording is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Scrapes that yielded a page.
    pub scrapes: u64,
    /// Scrapes that did not.
    pub failed: u64,
    /// The last failure: its target, and why.
    pub last_failure: Option<String>,
    /// Samples.
    pub samples: u64,
    /// Bytes written.
    pub bytes: u64,
}

/// Record until `stop`, or until the plan's length is over; what was scraped by then is flushed. `tell` is called after each flush.
pub async fn record(
    plan: &Plan,
    writer: &mut Writer,
    stop: impl Future<Output = ()>,
    mut tell: impl FnMut(&Progress),
) -> Result<Progress, Failure> {
    let (sender, mut scrapes) = mpsc::channel(QUEUE);
    let mut targets = JoinSet::new();
    for (target, url) in &plan.targets {
        let pages = Scraper::new(url.clone(), plan.timeout, &plan.access)?;
        targets.spawn(scrape(pages, target.clone(), plan.interval, sender.clone()));
    }
    let mut progress = Progress::default();
    let mut failures = 0;
    let mut flush = interval(plan.flush);
    flush.tick().await;
    let end = async {
        match plan.length {
            Some(length) => tokio::time::sleep(length).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(stop, end);
    loop {
        tokio::select! {
            Some(done) = scrapes.recv() => progress.take(done, writer),
            _ = flush.tick() => {
                failures = progress.flush(writer, failures)?;
                tell(&progress);
            }
            () = &mut stop => break,
            () = &mut end => break,
        }
    }
    targets.shutdown().await;
    while let Ok(done) = scrapes.try_recv() {
        progress.take(done, writer);
    }
    progress.bytes += writer.flush()?;
    tell(&progress);
    Ok(progress)
}

/// Why nothing more can be recorded.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A target that cannot be asked at all.
    #[error(transparent)]
    Target(#[from] scrape::Error),
    /// The recording cannot be written.
    #[error(transparent)]
    Recording(#[from] recording::Error),
}

struct Done {
    samples: Vec<(Labels, Sample)>,
    failure: Option<String>,
}

/// Scrapes a target for ever. A scrape that is due while the one before still runs is left out, as in Prometheus.
async fn scrape(pages: Scraper, target: Target, every: Duration, to: mpsc::Sender<Done>) {
    let instance = target.instance.clone();
    let mut seen = Scraped::new(target);
    let mut due = interval(every);
    due.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        let now = due.tick().await;
        let (at, begun) = (clock::wall(), clock::monotonic());
        // A target that hangs is given up before its next scrape is due.
        let page = match timeout_at(now + every, pages.page()).await {
            Ok(page) => page.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no whole page within {every:?}")),
        };
        let seconds = clock::monotonic().saturating_sub(begun).as_secs_f64();
        let failure = page
            .as_ref()
            .err()
            .map(|error| format!("{instance}: {error}"));
        let samples = seen.samples(Scrape {
            at: at.as_micros().div_euclid(1_000),
            seconds,
            page: page.ok(),
        });
        if to.send(Done { samples, failure }).await.is_err() {
            return;
        }
    }
}

impl Progress {
    fn take(&mut self, done: Done, writer: &mut Writer) {
        self.samples += done.samples.len() as u64;
        match done.failure {
            None => self.scrapes += 1,
            Some(failure) => {
                self.failed += 1;
                tracing::debug!("record: {failure}");
                self.last_failure = Some(failure);
            }
        }
        writer.add(done.samples);
    }

    /// Flush, and count how many flushes in a row failed.
    fn flush(&mut self, writer: &mut Writer, failures: u32) -> Result<u32, Failure> {
        match writer.flush() {
            Ok(bytes) => {
                self.bytes += bytes;
                tracing::debug!(
                    scrapes = self.scrapes,
                    "record: all pages so far are on disk"
                );
                Ok(0)
            }
            Err(error) if failures < MOST_FAILURES => {
                tracing::warn!("record: {error}; what was scraped is kept for the next flush");
                Ok(failures + 1)
            }
            Err(error) => Err(error.into()),
        }
    }
}
