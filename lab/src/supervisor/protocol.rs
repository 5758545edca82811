//! What is said over the lab's Unix socket: one JSON line asks, one JSON line answers.

use serde::{Deserialize, Serialize};

use crate::connect::Connector;
use crate::deed::{Deed, Outcome};

/// A question or command to the supervisor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub(crate) enum Request {
    /// How everything is.
    Status,
    /// Do something to a worker.
    Fault {
        /// What.
        action: Action,
        /// To whom: a name, a worker id or a role.
        worker: String,
    },
    /// Do something else.
    Deed {
        /// What.
        deed: Deed,
    },
    /// Stop everything.
    Down,
}

/// What can be done to a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Stop it cleanly (SIGTERM) and wait until its process is gone.
    Stop,
    /// Kill it (SIGKILL).
    Kill,
    /// Freeze it (SIGSTOP).
    Freeze,
    /// Let it go on (SIGCONT).
    Thaw,
    /// Start it again, if it does not run, and wait until its REST interface answers.
    Start,
    /// Stop it cleanly and start it again.
    Restart,
}

/// The supervisor's answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub(crate) enum Answer {
    /// To `Status`.
    Status(Status),
    /// To `Fault`.
    Fault(Fault),
    /// To `Deed`.
    Outcome(Outcome),
    /// To the rest.
    Done(Stamp),
    /// To anything that could not be done.
    Error {
        /// Why not.
        message: String,
    },
}

/// How everything is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    /// The processes in the order of their start.
    pub processes: Vec<Process>,
    /// The connectors, as far as a worker answers.
    pub connectors: Vec<Connector>,
    /// Worker id of the leader.
    pub leader: Option<String>,
    /// The links that do not flow.
    pub hurt: Vec<Hurt>,
}

/// A link that does not flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hurt {
    /// The worker's name.
    pub worker: String,
    /// The cluster's alias.
    pub cluster: String,
    /// What was done to it: `stalled` or `dropped`.
    pub state: String,
}

/// One process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Process {
    /// Its name.
    pub name: String,
    /// Its id, also after its end.
    pub pid: u32,
    /// Where it answers.
    pub address: String,
    /// `up`, `frozen`, or how it ended.
    pub state: String,
    /// Resident memory in KiB; 0 when it is gone.
    pub resident_kib: u64,
}

/// A fault as it was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// What was done.
    pub action: Action,
    /// Process name of the worker.
    pub name: String,
    /// Its worker id.
    pub worker: String,
    /// `leader`, `owner` (of a task of the source connector, and not the leader) or `idle`.
    pub role: String,
    /// Worker id of the group's leader before.
    pub leader: Option<String>,
    /// Tasks that the worker owned before, such as `mirror-source-0`.
    pub tasks: Vec<String>,
    /// Just before it was issued, in microseconds since the epoch.
    pub before_us: i64,
    /// Just after it took effect.
    pub after_us: i64,
}

/// When something was done, in microseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Just before it was issued.
    pub before_us: i64,
    /// Just after it took effect.
    pub after_us: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_one_plain_line() {
        let request = Request::Fault {
            action: Action::Kill,
            worker: "leader".into(),
        };
        let line = serde_json::to_string(&request).unwrap();
        assert_eq!(line, r#"{"ask":"fault","action":"kill","worker":"leader"}"#);
        assert_eq!(serde_json::from_str::<Request>(&line).unwrap(), request);
    }
}
