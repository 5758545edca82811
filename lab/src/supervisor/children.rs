//! The processes of a lab, owned by the supervisor's main thread.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;

use super::protocol::Process;
use super::shared::Shared;
use super::{Error, failed};
use crate::clock;
use crate::logs;
use crate::process::{self, Launch};

const FLUSH_DEADLINE: Duration = Duration::from_secs(3);

/// The processes with what is needed to start them again.
pub(super) struct Children {
    shared: Arc<Shared>,
    launches: BTreeMap<String, Launch>,
    running: BTreeMap<String, Child>,
}

impl Children {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            launches: BTreeMap::new(),
            running: BTreeMap::new(),
        }
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Starts a process for the first time.
    pub(super) fn spawn(&mut self, launch: Launch) -> Result<(), Error> {
        let name = launch.name.clone();
        self.launches.insert(name.clone(), launch);
        self.spawn_again(&name).map(|_| ())
    }

    /// Starts a process that was started before.
    pub(super) fn spawn_again(&mut self, name: &str) -> Result<u32, Error> {
        let launch = self
            .launches
            .get(name)
            .ok_or_else(|| failed(name)(std::io::Error::other("unknown process")))?;
        let child = launch
            .spawn()
            .map_err(failed(format!("{name} cannot be started")))?;
        let pid = child.id();
        self.shared.started(name, pid, &launch.address);
        self.running.insert(name.to_owned(), child);
        Ok(pid)
    }

    /// Notes which processes have ended.
    pub(super) fn reap(&mut self) {
        let shared = &self.shared;
        self.running.retain(|name, child| match child.try_wait() {
            Ok(Some(status)) => {
                shared.ended(name, describe(status));
                false
            }
            _ => true,
        });
    }

    /// Whether the process still runs.
    pub(super) fn runs(&mut self, name: &str) -> bool {
        self.reap();
        self.running.contains_key(name)
    }

    /// Waits for the end of a process that should do something and succeed.
    pub(super) fn finish(&mut self, name: &str) -> Result<(), Error> {
        let Some(mut child) = self.running.remove(name) else {
            return Ok(());
        };
        let status = child.wait().map_err(failed(name))?;
        self.shared.ended(name, describe(status));
        if !status.success() {
            return Err(self.not_started(name, &describe(status)));
        }
        self.shared.forget(name);
        self.launches.remove(name);
        Ok(())
    }

    /// The first process, in the order of their start, that has ended though it should run.
    pub(super) fn ended(&mut self) -> Option<Process> {
        self.reap();
        let mut processes = self.shared.processes().into_iter();
        processes.find(|process| !self.running.contains_key(&process.name))
    }

    /// The error that names the log of a process and quotes it.
    pub(super) fn not_started(&self, name: &str, what: &str) -> Error {
        let log = self
            .launches
            .get(name)
            .map(|launch| launch.log.clone())
            .unwrap_or_default();
        let lines: Vec<String> = logs::last_meaningful_lines(&log)
            .iter()
            .map(|line| format!("  {line}"))
            .collect();
        Error::NotStarted {
            name: name.to_owned(),
            what: what.to_owned(),
            log,
            lines: lines.join("\n"),
        }
    }

    /// Writes `lab.json` with the process ids of now.
    pub(super) fn write_description(&self) -> Result<(), Error> {
        let mut lab = self.shared.lab.clone();
        lab.processes = self.shared.pids();
        lab.write().map_err(failed("lab.json"))
    }

    /// Lets the load write what it knows, then ends the rest at once: nothing that the brokers hold outlives a lab.
    pub(super) fn stop_all(&mut self) {
        if let Some(load) = self.running.get_mut("load") {
            drop(load.stdin.take());
            let deadline = clock::monotonic() + FLUSH_DEADLINE;
            while self.runs("load") && clock::monotonic() < deadline {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        for child in self.running.values() {
            let _ = process::signal(child.id(), Signal::KILL);
        }
        for (name, mut child) in std::mem::take(&mut self.running) {
            if let Ok(status) = child.wait() {
                self.shared.ended(&name, describe(status));
            }
        }
    }
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with code {code}"),
        (None, Some(signal)) => format!("ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}
