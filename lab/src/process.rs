//! One process of the lab: how it is launched so that it dies with its supervisor, and what the kernel says about it.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

/// Everything that is needed to start a process, and to start it again.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    /// Name of the process, such as `worker-1`.
    pub name: String,
    /// Program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Environment beside the inherited one.
    pub environment: Vec<(String, String)>,
    /// Working directory.
    pub directory: PathBuf,
    /// File that its output is appended to.
    pub log: PathBuf,
    /// URL or `host:port` that `lab status` shows.
    pub address: String,
    /// Keep a pipe to its standard input: its end tells the process to finish.
    pub piped: bool,
}

impl Launch {
    /// Starts the process. It is killed when the *thread* that calls this ends, however that comes about, so only the supervisor's main
    /// thread may call it.
    pub(crate) fn spawn(&self) -> io::Result<Child> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(&self.program)
            .args(&self.arguments)
            .current_dir(&self.directory)
            .envs(self.environment.iter().cloned())
            .stdin(if self.piped {
                Stdio::piped()
            } else {
                Stdio::null()
            })
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
    }
}

/// Sends a signal.
pub(crate) fn signal(pid: u32, signal: Signal) -> io::Result<()> {
    Ok(kill_process(to_pid(pid)?, signal)?)
}

/// Whether a child of this process is gone with all its threads; it is left to be reaped by its owner.
pub(crate) fn is_gone(pid: u32) -> bool {
    let Ok(pid) = to_pid(pid) else { return true };
    let looked = waitid(
        WaitId::Pid(pid),
        WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG,
    );
    matches!(looked, Ok(Some(_)) | Err(rustix::io::Errno::CHILD))
}

/// Whether all threads of the process are stopped (state `T`).
pub(crate) fn is_frozen(pid: u32) -> bool {
    thread_states(pid)
        .is_some_and(|states| !states.is_empty() && states.iter().all(|state| *state == 'T'))
}

/// Whether no thread of the process is stopped.
pub(crate) fn is_thawed(pid: u32) -> bool {
    thread_states(pid).is_some_and(|states| !states.contains(&'T'))
}

/// Resident memory of the process in KiB.
pub(crate) fn resident_kib(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn thread_states(pid: u32) -> Option<Vec<char>> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    // A thread that ended since the directory was read says nothing.
    Some(
        threads
            .flatten()
            .filter_map(|thread| fs::read_to_string(thread.path().join("stat")).ok())
            .filter_map(|stat| state(&stat))
            .collect(),
    )
}

/// The state letter of a `stat` line; the name before it is in parentheses and may hold anything.
fn state(stat: &str) -> Option<char> {
    stat.rsplit_once(") ")?.1.chars().next()
}

fn to_pid(pid: u32) -> io::Result<Pid> {
    i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| io::Error::other(format!("{pid} is no process id")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_found_behind_any_name() {
        assert_eq!(state("12 (a) T (b)) S 1 2 3"), Some('S'));
    }

    #[test]
    fn this_process_is_not_frozen() {
        let pid = std::process::id();
        assert!(!is_frozen(pid) && is_thawed(pid) && resident_kib(pid).is_some());
    }
}
