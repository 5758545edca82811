//! A site to drill on: a lab of its own, the real exporter beside it, and the real command line.

mod drills;
mod exporter;
mod questions;
mod repeated;

use std::fs;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use mirrorwatch_lab::{Config, Lab};

pub(crate) use drills::{Drill, evaluate, evaluated_bytes, finished};
pub(crate) use exporter::{Exporter, free_address, serve, serve_and_log, serve_at};
pub(crate) use questions::{ask, get, over, said, series, wait_until};
pub(crate) use repeated::Repeated;

/// The product's binary.
pub(crate) const MIRRORWATCH: &str = env!("CARGO_BIN_EXE_mirrorwatch");

/// A lab with an exporter that watches it.
pub(crate) struct Site {
    pub(crate) lab: Lab,
    exporter: Exporter,
    config: PathBuf,
}

/// The lab that is up, and what it was started for.
static SITE: Mutex<Option<(&str, Site)>> = Mutex::new(None);

/// The only way to a lab: nobody else has one meanwhile.
pub(crate) struct Turn(MutexGuard<'static, Option<(&'static str, Site)>>);

impl Turn {
    /// Waits for the turn and leaves no lab up.
    pub(crate) fn alone() -> Self {
        // A test that panicked before does not take the turn from the others.
        let mut turn = SITE.lock().unwrap_or_else(PoisonError::into_inner);
        *turn = None;
        Self(turn)
    }

    /// Waits for the turn and has this lab up; the one of the test before is used again if it is the same.
    pub(crate) fn on(name: &'static str, change: impl FnOnce(&mut Config)) -> Self {
        let mut turn = SITE.lock().unwrap_or_else(PoisonError::into_inner);
        if turn.as_ref().is_none_or(|(known, _)| *known != name) {
            *turn = None;
            let mut config = Config::new(format!("{}/lab-{name}", env!("CARGO_TARGET_TMPDIR")));
            change(&mut config);
            // What an earlier run left must not be taken for this one's.
            let _ = fs::remove_dir_all(&config.dir);
            *turn = Some((name, Site::start(&config)));
        }
        Self(turn)
    }
}

impl Deref for Turn {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.0.as_ref().expect("the turn was taken with a lab").1
    }
}

impl DerefMut for Turn {
    fn deref_mut(&mut self) -> &mut Site {
        &mut self.0.as_mut().expect("the turn was taken with a lab").1
    }
}

impl Site {
    /// Starts a lab and its exporter, and waits until the canary flows.
    pub(crate) fn start(config: &Config) -> Self {
        let lab =
            Lab::start(config).unwrap_or_else(|error| panic!("the lab does not start: {error}"));
        let file = lab.dir().join("mirrorwatch.yml");
        let exporter = serve(&lab, &file);
        let site = Self {
            lab,
            exporter,
            config: file,
        };
        site.await_canary();
        site
    }

    /// Kills the exporter (`kill -9`) and starts it again after a while.
    pub(crate) fn restart_exporter_after(&mut self, pause: Duration) {
        self.exporter.kill();
        sleep(pause);
        self.exporter = serve(&self.lab, &self.config);
    }

    /// Goes on with another configuration of the exporter.
    pub(crate) fn reconfigure(&mut self, config: &Path) {
        self.exporter.kill();
        config.clone_into(&mut self.config);
        self.exporter = serve(&self.lab, &self.config);
        self.await_canary();
    }

    /// Waits until every canary partition has had an arrival, and the slow observer has seen that, too.
    fn await_canary(&self) {
        wait_until("the canary flows", Duration::from_secs(90), || {
            let page = self.page("text/plain");
            let count = |name: &str| page.lines().filter(|line| line.starts_with(name)).count();
            let partitions = count("mm2_canary_sent_records_total{");
            partitions > 0 && partitions == count("mm2_canary_first_arrival_timestamp_seconds{")
        });
        let slow = &self.lab.description().prometheus[1].url;
        let arrivals = "mm2_canary_first_arrival_timestamp_seconds";
        wait_until(
            "the 15 s server has seen the canary",
            Duration::from_mins(1),
            || !ask(slow, arrivals).is_empty(),
        );
    }

    /// Waits until the slow observer has a page of every canary partition delivering that lies before a window of this length.
    pub(crate) fn await_history(&self, length: Duration) {
        let page = self.page("text/plain");
        let lines = page.lines();
        let partitions = lines.filter(|line| line.starts_with("mm2_canary_sent_records_total{"));
        let partitions = partitions.count();
        let slow = &self.lab.description().prometheus[1].url;
        let delivered = "mm2_canary_delivered_through_timestamp_seconds";
        let before = format!("{delivered} offset {}s", length.as_secs());
        wait_until(
            "the 15 s server has a page from before the window",
            length + Duration::from_mins(1),
            || ask(slow, &before).len() == partitions,
        );
    }

    /// The exporter's page.
    pub(crate) fn page(&self, accept: &str) -> String {
        get(
            &format!("http://{}/metrics", self.lab.description().exporter),
            accept,
        )
        .unwrap_or_default()
    }

    /// The file in the lab's directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.lab.dir().join(name)
    }

    /// The values that the lab's 1 s Prometheus server has for a query now.
    pub(crate) fn ask(&self, query: &str) -> Vec<String> {
        ask(&self.lab.description().prometheus[0].url, query)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.exporter.kill();
    }
}
