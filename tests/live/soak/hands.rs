//! The hands that make a fault, undo it, and wait until all is as before.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use mirrorwatch::clock;
use mirrorwatch_lab::{Action, Deed, Lab, LinkKind};

use super::faults::{Drawn, Fault};
use super::lock;
use super::logged::{self, lines};
use super::made::Made;
use super::notes::{Notes, now};
use super::pairs;
use crate::fault_table::{CONNECTOR, Peers};
use crate::site::{Exporter, serve_and_log};

/// How long it may take until all is as before; a recovery that takes longer is no longer waited for, and told.
const PATIENCE: Duration = Duration::from_mins(4);
const SETTLED: Duration = Duration::from_secs(3);
/// After this a status that nobody will correct is corrected.
const NUDGE_EVERY: Duration = Duration::from_secs(20);
/// Records of all partitions in less than two seconds.
const ON_ITS_WAY: u64 = 100;
/// A page that is complete up to so many seconds ago is a fresh one.
const FRESH: f64 = 3.0;
/// How long Connect may refuse a restart because its group is being rebalanced.
const BUSY: Duration = Duration::from_secs(30);

pub(super) struct Hands<'a> {
    pub(super) lab: &'a Lab,
    pub(super) exporter: &'a mut Exporter,
    pub(super) config: PathBuf,
    pub(super) links: LinkKind,
    pub(super) peers: Peers<'a>,
    pub(super) notes: &'a Notes,
}

impl Hands<'_> {
    /// Makes a fault, undoes it, and waits until all is as before.
    pub(super) fn make(&mut self, drawn: &Drawn) -> Made {
        let worker = self.lab.description().workers[drawn.worker].name.clone();
        let (begun, logged) = (now(), lines(&self.notes.log));
        let made = self.make_and_undo(drawn, &worker);
        let undone = now();
        let flows = self.await_flow();
        Made {
            fault: drawn.fault,
            victim: drawn.fault.has_victim().then_some(worker),
            begun,
            undone,
            over: now(),
            logged: logged::since(&self.notes.log, logged),
            trouble: made.and(flows).err(),
        }
    }

    fn make_and_undo(&mut self, drawn: &Drawn, worker: &str) -> Result<(), String> {
        let hold = drawn.hold;
        match drawn.fault {
            Fault::KillWorker => self.worker(worker, [Action::Kill, Action::Start], hold),
            Fault::FreezeWorker => self.worker(worker, [Action::Freeze, Action::Thaw], hold),
            Fault::StopWorker => self.worker(worker, [Action::Stop, Action::Start], hold),
            Fault::RollWorkers => self.roll(),
            Fault::CutSource => self.deeds(&pairs::cut(self.links, pairs::SOURCE), hold),
            Fault::CutTarget => self.deeds(&pairs::cut(self.links, pairs::TARGET), hold),
            Fault::KillSource => self.deeds(&pairs::kill("source"), hold),
            Fault::StopSource => self.deeds(&pairs::stop("source"), hold),
            Fault::KillTarget => self.deeds(&pairs::kill("target"), hold),
            Fault::StopTarget => self.deeds(&pairs::stop("target"), hold),
            Fault::PauseConnector => self.deeds(&pairs::pause(), hold),
            Fault::StopConnector => self.deeds(&pairs::stop_connector(), hold),
            Fault::RestartConnector => self.restart_connector(),
            Fault::EndExporter => {
                self.exporter(Exporter::end, hold);
                Ok(())
            }
            Fault::KillExporter => {
                self.exporter(Exporter::kill, hold);
                Ok(())
            }
        }
    }

    fn worker(&self, name: &str, acts: [Action; 2], hold: Duration) -> Result<(), String> {
        and_back(&acts, hold, |act| done(self.lab.fault(*act, name)))
    }

    fn deeds(&self, deeds: &[Deed; 2], hold: Duration) -> Result<(), String> {
        and_back(deeds, hold, |deed| done(self.lab.act(deed)))
    }

    /// One worker after the other, as an upgrade does.
    fn roll(&self) -> Result<(), String> {
        let workers = &self.lab.description().workers;
        workers
            .iter()
            .try_for_each(|worker| done(self.lab.fault(Action::Restart, &worker.name)))
    }

    fn restart_connector(&self) -> Result<(), String> {
        let deadline = clock::monotonic() + BUSY;
        let workers = &self.lab.description().workers;
        let take = |rest: &str| {
            let url = format!("{rest}/connectors/{CONNECTOR}/restart?includeTasks=true");
            ureq::post(url).send_empty().is_ok()
        };
        while !workers.iter().any(|worker| take(&worker.rest)) {
            if clock::monotonic() > deadline {
                return Err("no worker restarts the connector".to_owned());
            }
            sleep(Duration::from_secs(1));
        }
        Ok(())
    }

    fn exporter(&mut self, end: fn(&mut Exporter), hold: Duration) {
        lock(&self.notes.lives).end(now());
        end(self.exporter);
        sleep(hold);
        *self.exporter = serve_and_log(self.lab, &self.config);
        lock(&self.notes.lives).begin(self.exporter.pid(), now());
    }

    /// Waits until Connect says that everything runs, and the newest page that all flows and was seen.
    pub(super) fn await_flow(&self) -> Result<(), String> {
        // Later than an outage shows that begins now.
        sleep(SETTLED);
        let begun = clock::monotonic();
        let mut nudged = begun;
        while !(self.flows() && self.peers.all_run()) {
            if clock::monotonic() > begun + PATIENCE {
                let last = lock(&self.notes.told).last.clone();
                return Err(format!("not as before after {PATIENCE:?}: {last:?}"));
            }
            // A worker that lost the target for a while writes its late UNASSIGNED over the RUNNING of the next owner.
            if clock::monotonic() > nudged + NUDGE_EVERY {
                nudged = clock::monotonic();
                self.peers.restart_unassigned();
            }
            sleep(Duration::from_secs(1));
        }
        Ok(())
    }

    fn flows(&self) -> bool {
        let told = lock(&self.notes.told);
        told.last.as_ref().is_some_and(|last| {
            let is_fresh = now() - last.through < FRESH;
            let ledger = &last.ledger;
            let all_flow = ledger.received > 0 && ledger.undelivered < ON_ITS_WAY;
            is_fresh && !last.is_open && all_flow
        })
    }
}

/// Does the one, and after a while the other, which undoes it even if it failed half-way.
fn and_back<T>(
    [one, back]: &[T; 2],
    hold: Duration,
    act: impl Fn(&T) -> Result<(), String>,
) -> Result<(), String> {
    let made = act(one);
    sleep(hold);
    let undone = act(back);
    made.and(undone)
}

/// Whether it was done, else why not.
fn done<T>(of_lab: Result<T, impl ToString>) -> Result<(), String> {
    of_lab.map(drop).map_err(|error| error.to_string())
}
