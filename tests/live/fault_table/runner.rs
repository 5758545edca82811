//! Runs one row on a lab, from steady state to steady state.

use std::fs;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use mirrorwatch::clock;
use mirrorwatch_lab::Lab;
use mirrorwatch_lab::truth::Ledger;

use super::history::{History, Polls};
use super::kept::Kept;
use super::page::Page;
use super::peer::Peers;
use super::row::Row;
use super::run::{Run, Seen};
use super::truth::{Compared, Undelivered};
use super::whole::is_steady;

/// How long anything may take that waits for Connect; nothing is judged by it.
pub(super) const PATIENCE: Duration = Duration::from_mins(3);
/// Polls after which a page tells what the peer shows.
pub(super) const POLLS: u32 = 2;

/// A lab with an exporter whose pages are kept.
pub(super) struct Bench<'a> {
    pub(super) lab: &'a Lab,
    pub(super) history: &'a History,
    pub(super) peers: Peers<'a>,
    pub(super) kept: Kept,
}

/// What a row came to.
pub(super) struct Measured {
    pub(super) stages: Vec<Seen>,
    pub(super) lag: Option<Compared>,
}

impl Bench<'_> {
    /// Runs a row from steady state to steady state.
    pub(super) fn run(&self, row: &Row) -> Result<Measured, String> {
        let before = self.await_roles(row)?;
        self.history.forget();
        let mut run = Run::new(self, before);
        let mut told = Ok(());
        for stage in &row.stages {
            // What was begun is undone, whatever the pages say.
            let seen = run.stage(stage, told.is_ok());
            told = told.and(seen);
        }
        let steady = self.await_steady();
        let ended = told
            .and(steady)
            .and_then(|page| run.whole_again(row, &page));
        let lag = row.lag.then(|| self.compare());
        self.kept.row(row.fault, &self.history.pages(), &run.marks);
        ended?;
        lag.as_ref().map_or(Ok(()), Compared::verdict)?;
        Ok(Measured {
            stages: run.seen,
            lag,
        })
    }

    /// Waits until Connect says that everything runs, and the page has said so through two polls.
    pub(super) fn await_steady(&self) -> Result<Arc<Page>, String> {
        let deadline = clock::monotonic() + PATIENCE;
        let (mut seen, mut polls) = (self.history.len(), None::<Polls>);
        let mut last = None;
        let mut nudged = clock::monotonic();
        loop {
            for page in self.history.pages().get(seen..).unwrap_or_default() {
                seen += 1;
                if !is_steady(page, self.peers.workers().len()) {
                    polls = None;
                    continue;
                }
                let steady = polls.get_or_insert_with(|| Polls::after(page.taken(), page));
                steady.see(page);
                last = Some(Arc::clone(page));
            }
            let is_steady = polls.as_ref().is_some_and(|polls| polls.fewest() >= POLLS);
            if let Some(last) = last.take_if(|_| is_steady && self.peers.all_run()) {
                return Ok(last);
            }
            // A worker that lost the target for a while writes its late UNASSIGNED over the RUNNING of the next owner.
            if clock::monotonic() > nudged + Duration::from_secs(20) {
                nudged = clock::monotonic();
                self.peers.restart_unassigned();
            }
            if clock::monotonic() > deadline {
                return Err(format!("no steady state: {:?}", self.peers.statuses()));
            }
            sleep(Duration::from_millis(100));
        }
    }

    fn compare(&self) -> Compared {
        let ledger = Ledger::read(&self.lab.dir().join("truth")).expect("the lab notes the truth");
        let load = &self.lab.description().load;
        Undelivered::of(&ledger).compare(
            &self.history.pages(),
            &load.topic,
            load.records_per_second,
        )
    }

    /// How long the log of each worker is.
    pub(super) fn log_lengths(&self) -> Vec<usize> {
        let workers = self.peers.workers().iter();
        let length = |path| fs::metadata(path).map_or(0, |file| file.len());
        workers
            .map(|worker| usize::try_from(length(self.peers.log(worker))).unwrap_or(0))
            .collect()
    }
}
