//! A lab under load with everything that looks at its alerts.

use std::thread::sleep;
use std::time::Duration;

use mirrorwatch::clock;
use mirrorwatch_lab::Lab;

use super::alarm::{Alarm, Labels, in_line};
use super::firing::Server;
use super::kept::Kept;
use super::muted::Watch;
use super::told::Told;
use crate::fault_table::Peers;

/// How long anything may take that waits for an alert to come or go; nothing is judged by it. Alerts that count go after ten minutes.
pub(super) const PATIENCE: Duration = Duration::from_mins(14);
/// How long a flow without a load fires nothing, and one without a fault, unless `ALARM_CALM` says more seconds.
pub(super) const CALM: Duration = Duration::from_mins(10);
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After this a status that nobody will correct is corrected.
const NUDGE_EVERY: Duration = Duration::from_secs(20);

pub(super) struct Bench<'a> {
    pub(super) lab: &'a Lab,
    pub(super) server: Server,
    pub(super) peers: Peers<'a>,
    pub(super) kept: Kept,
    pub(super) watch: Watch,
}

impl Bench<'_> {
    /// Waits until everything runs, nothing fires or is about to, and the receiver was told so. The alert that remembers may go on.
    pub(super) fn await_calm(&self) -> Result<(), String> {
        let mut nudged = clock::monotonic();
        let stirs = || -> Result<Vec<Labels>, String> {
            let mut left = self.server.stirring()?;
            left.extend(self.open());
            left.retain(|labels| !Alarm::of(labels).remembers());
            Ok(left)
        };
        let nudge = || {
            // A worker that lost the target for a while writes its late UNASSIGNED over the RUNNING of the next owner.
            if clock::monotonic() > nudged + NUDGE_EVERY {
                nudged = clock::monotonic();
                self.peers.restart_unassigned();
            }
            let left = stirs()?;
            Ok(if left.is_empty() && self.peers.all_run() {
                None
            } else {
                Some(format!("it does not get calm: {}", names(&left)))
            })
        };
        wait(PATIENCE, nudge)
    }

    /// Waits until the alert that remembers one fault has forgotten, and the receiver was told so.
    pub(super) fn await_forgotten(&self) -> Result<(), String> {
        wait(PATIENCE, || {
            let mut left = self.server.stirring()?;
            left.extend(self.open());
            left.retain(|labels| !super::alarm::remembers_long(labels));
            Ok((!left.is_empty()).then(|| format!("it does not forget: {}", names(&left))))
        })
    }

    /// The alerts of which the receiver was told that they fire, and not yet that they are over. Alertmanager does not tell it of one that ends
    /// while it is held back.
    fn open(&self) -> Vec<Labels> {
        let mut open = Told::by(self.lab).open();
        let muted = self.watch.muted(0.0);
        open.retain(|labels| muted.iter().all(|muted| muted.labels != *labels));
        open
    }

    /// Lets the lab run under its load, and tells what fired or arrived meanwhile.
    pub(super) fn stay_calm(&self) -> Result<(), String> {
        let length = calm(std::env::var("ALARM_CALM").ok().as_deref());
        self.await_calm()?;
        let from = now();
        sleep(length);
        let fired = self.server.fired(from, now())?;
        self.kept.calm(length, from, &fired);
        let mut alerts: Vec<Labels> = fired.into_iter().map(|span| span.labels).collect();
        let told = Told::by(self.lab);
        let fresh = told
            .since(from)
            .filter(|(_, alert)| alert.status == "firing");
        alerts.extend(fresh.map(|(_, alert)| alert.labels.clone()));
        if alerts.is_empty() {
            return Ok(());
        }
        Err(format!("fires though nothing is wrong: {}", names(&alerts)))
    }
}

fn calm(seconds: Option<&str>) -> Duration {
    seconds.map_or(CALM, |seconds| {
        Duration::from_secs(seconds.parse().expect("ALARM_CALM is a number of seconds"))
    })
}

/// Waits until nothing is left to wait for; what is, if that takes too long.
pub(super) fn wait(
    patience: Duration,
    mut left: impl FnMut() -> Result<Option<String>, String>,
) -> Result<(), String> {
    let deadline = clock::monotonic() + patience;
    while let Some(left) = left()? {
        if clock::monotonic() > deadline {
            return Err(left);
        }
        sleep(LOOK_EVERY);
    }
    Ok(())
}

/// The wall clock in seconds.
pub(super) fn now() -> f64 {
    clock::wall().as_seconds()
}

/// Alerts in one line.
pub(super) fn names(alerts: &[Labels]) -> String {
    let names = alerts.iter();
    let mut names: Vec<String> = names
        .map(|labels| format!("{} {}", Alarm::of(labels), in_line(labels)))
        .collect();
    names.sort();
    names.dedup();
    names.join(", ")
}
