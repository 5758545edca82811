//! A fault as it was made.

use std::fmt;

use super::faults::Fault;
use super::logged::Logged;

/// What was done, with times in seconds since the epoch.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) fault: Fault,
    /// The worker that it hit, if it hit one.
    pub(super) victim: Option<String>,
    pub(super) begun: f64,
    pub(super) undone: f64,
    /// When all was as before.
    pub(super) over: f64,
    /// What the exporter logged from its beginning until all was as before.
    pub(super) logged: Logged,
    /// What did not go as it should.
    pub(super) trouble: Option<String>,
}

impl fmt::Display for Made {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.fault.name();
        let victim = self.victim.iter().map(|name| format!(" ({name})"));
        let victim: String = victim.collect();
        let [undone, over] = [self.undone, self.over].map(|at| at - self.begun);
        let Logged { lines, tellers } = self.logged;
        write!(
            out,
            "{:.0} {name}{victim}: undone after {undone:.1} s, over after {over:.1} s, {lines} lines by {tellers}",
            self.begun
        )?;
        match &self.trouble {
            Some(why) => write!(out, ": {why}"),
            None => Ok(()),
        }
    }
}
