//! Faults on workers, stamped before they are issued and after they took effect, and the roles by which a victim is chosen.

use std::io;
use std::time::Duration;

use rustix::process::Signal;

use super::lives;
use super::protocol::{Action, Fault, Stamp};
use super::scene::Scene;
use super::shared::{Shared, lock};
use crate::connect::{self, Client};
use crate::deed::note;
use crate::description::Worker;
use crate::kafka;
use crate::network;
use crate::process;

pub(super) const REST_DEADLINE: Duration = Duration::from_mins(2);
pub(super) const STATE_DEADLINE: Duration = Duration::from_secs(10);

/// A fault could not be done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(
        "there is no worker `{0}`; name one (worker-1, its worker id) or a role: leader, owner, idle"
    )]
    NoSuchWorker(String),
    #[error("no worker has the role `{0}` now")]
    NoSuchRole(String),
    #[error("there is no broker `{name}`; name a cluster or one of its brokers: {}", known.join(", "))]
    NoSuchBroker { name: String, known: Vec<String> },
    #[error("{0} does not run")]
    NotRunning(String),
    #[error("{0} is frozen and would not hear it; thaw or kill it")]
    Frozen(String),
    #[error("{name} did not {what} within {seconds} s")]
    TooSlow {
        name: String,
        what: &'static str,
        seconds: u64,
    },
    #[error("{name} cannot be started: {why}")]
    Spawn { name: String, why: String },
    #[error("there is no connector `{name}` of the lab's; there are {}", known.join(", "))]
    NoSuchConnector { name: String, known: Vec<String> },
    #[error(
        "the links of this lab lose no packets; start it as root with --links netns, or stall them: lab fault stall-source, stall-target"
    )]
    NoLoss,
    #[error(
        "records are still being copied; first: lab fault stall-source, or lab fault stop-connector mirror-source"
    )]
    StillCopied,
    #[error("all records of {0} are copied; wait a moment, or let the load go on")]
    NothingToDelete(String),
    #[error("no large record is there to be removed; write one with: lab fault large-record")]
    NoLargeRecord,
    #[error("the source has no partition {partition} of {topic}")]
    NoSuchPartition { topic: String, partition: i32 },
    #[error("the source has no topic {0}")]
    NoSuchTopic(String),
    #[error("the source has a topic {0} already; delete it first")]
    TopicExists(String),
    #[error(
        "{0} is the load's topic and stays; start the lab with --extra-topic for one that may be deleted"
    )]
    TopicOfTheLoad(String),
    #[error("this lab has no load (--rate 0)")]
    NoLoad,
    #[error(transparent)]
    Network(#[from] network::Error),
    #[error(transparent)]
    Kafka(#[from] kafka::Error),
    #[error(transparent)]
    Acls(#[from] kafka::acls::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Connect(#[from] connect::Error),
}

/// Does something to a worker and notes it in `truth/faults.jsonl`.
pub(super) fn inject(shared: &Shared, action: Action, victim: &str) -> Result<Fault, Error> {
    let _one_at_a_time = lock(&shared.faults);
    let (scene, worker) = Scene::with(shared, victim)?;
    let before = scene.fault(action, worker);
    let stamp = act(shared, action, worker)?;
    let fault = Fault {
        before_us: stamp.before_us,
        after_us: stamp.after_us,
        ..before
    };
    note(&shared.lab.dir, &fault)?;
    Ok(fault)
}

fn act(shared: &Shared, action: Action, worker: &Worker) -> Result<Stamp, Error> {
    let name = &worker.name;
    match action {
        Action::Start => start(shared, worker),
        Action::Restart => {
            let stopped = act(shared, Action::Stop, worker)?;
            Ok(Stamp {
                before_us: stopped.before_us,
                after_us: start(shared, worker)?.after_us,
            })
        }
        Action::Stop => lives::end(shared, name, Signal::TERM),
        Action::Kill => lives::end(shared, name, Signal::KILL),
        Action::Freeze => lives::signal(shared, name, Signal::STOP, |pid| {
            lives::wait("freeze", name, STATE_DEADLINE, || process::is_frozen(pid))
        }),
        Action::Thaw => lives::signal(shared, name, Signal::CONT, |pid| {
            lives::wait("thaw", name, STATE_DEADLINE, || process::is_thawed(pid))
        }),
    }
}

fn start(shared: &Shared, worker: &Worker) -> Result<Stamp, Error> {
    let client = Client::new(Duration::from_secs(2), &shared.lab);
    let root = format!("{}/", worker.rest);
    lives::start(shared, &worker.name, || client.answers(&root))
}
