//! What those beside the run note of it.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use mirrorwatch::clock;

use super::beside::Over;
use super::crowd::Scrape;
use super::lives::Lives;
use super::lock;
use super::samples::Sample;
use super::told::Told;
use crate::site::get;

/// How often the exporter's page is read, so that no outage is gone from it before.
const READ_EVERY: Duration = Duration::from_secs(1);
const SAMPLE_EVERY: Duration = Duration::from_secs(10);

/// All that is noted.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) log: PathBuf,
    pub(super) lives: Mutex<Lives>,
    pub(super) told: Mutex<Told>,
    pub(super) samples: Mutex<Vec<Sample>>,
    pub(super) scrapes: Mutex<Vec<Scrape>>,
}

impl Notes {
    /// Reads the pages at this address.
    pub(super) fn read_pages(&self, url: &str, over: &Over) {
        over.every(Duration::ZERO, READ_EVERY, || {
            let asked = now();
            if let Some(page) = get(url, "text/plain") {
                lock(&self.lives).answers(asked);
                lock(&self.told).note(&page);
            }
        });
    }

    /// Looks at the exporter's process.
    pub(super) fn take_samples(&self, over: &Over) {
        over.every(Duration::ZERO, SAMPLE_EVERY, || {
            let life = lock(&self.lives)
                .now()
                .map(|(life, pid)| (life, pid.to_owned()));
            let Some((life, pid)) = life else { return };
            lock(&self.samples).extend(Sample::take(now(), life, &pid, &self.log));
        });
    }
}

/// The wall clock in seconds.
pub(super) fn now() -> f64 {
    clock::wall().as_seconds()
}
