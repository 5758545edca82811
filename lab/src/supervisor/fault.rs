//! Faults on workers, stamped before they are issued and after they took effect, and the roles by which a victim is chosen.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::Signal;
use serde::Serialize;

use super::protocol::{Action, Fault, Stamp};
use super::scene::Scene;
use super::shared::{Order, Shared, lock};
use crate::clock;
use crate::connect::{self, Client};
use crate::description::Worker;
use crate::kafka;
use crate::network;
use crate::process;

pub(super) const REST_DEADLINE: Duration = Duration::from_mins(2);
const END_DEADLINE: Duration = Duration::from_mins(2);
const STATE_DEADLINE: Duration = Duration::from_secs(10);

/// A fault could not be done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(
        "there is no worker `{0}`; name one (worker-1, its worker id) or a role: leader, owner, idle"
    )]
    NoSuchWorker(String),
    #[error("no worker has the role `{0}` now")]
    NoSuchRole(String),
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
    note(shared, &fault)?;
    Ok(fault)
}

fn act(shared: &Shared, action: Action, worker: &Worker) -> Result<Stamp, Error> {
    match action {
        Action::Start => start(shared, worker),
        Action::Restart => {
            let stopped = act(shared, Action::Stop, worker)?;
            Ok(Stamp {
                before_us: stopped.before_us,
                after_us: start(shared, worker)?.after_us,
            })
        }
        Action::Stop => end(shared, worker, Signal::TERM),
        Action::Kill => end(shared, worker, Signal::KILL),
        Action::Freeze => stamped_signal(shared, worker, Signal::STOP, |pid| {
            wait("freeze", worker, STATE_DEADLINE, || process::is_frozen(pid))
        }),
        Action::Thaw => stamped_signal(shared, worker, Signal::CONT, |pid| {
            wait("thaw", worker, STATE_DEADLINE, || process::is_thawed(pid))
        }),
    }
}

fn end(shared: &Shared, worker: &Worker, signal: Signal) -> Result<Stamp, Error> {
    if signal == Signal::TERM && shared.pid(&worker.name).is_some_and(process::is_frozen) {
        return Err(Error::Frozen(worker.name.clone()));
    }
    let stamp = stamped_signal(shared, worker, signal, |pid| {
        wait("end", worker, END_DEADLINE, || process::is_gone(pid))
    })?;
    // The main thread reaps it a moment later; until then it would count as running.
    wait("be reaped", worker, STATE_DEADLINE, || {
        shared.pid(&worker.name).is_none()
    })?;
    Ok(stamp)
}

fn stamped_signal(
    shared: &Shared,
    worker: &Worker,
    signal: Signal,
    effect: impl Fn(u32) -> Result<(), Error>,
) -> Result<Stamp, Error> {
    let pid = shared
        .pid(&worker.name)
        .ok_or_else(|| Error::NotRunning(worker.name.clone()))?;
    let before_us = clock::now_us();
    process::signal(pid, signal)?;
    effect(pid)?;
    Ok(Stamp {
        before_us,
        after_us: clock::now_us(),
    })
}

/// Starting a worker that runs only waits until it answers: whoever restores a lab need not know how far a fault had got.
fn start(shared: &Shared, worker: &Worker) -> Result<Stamp, Error> {
    if shared.pid(&worker.name).is_some_and(process::is_frozen) {
        return Err(Error::Frozen(worker.name.clone()));
    }
    let failed = |why: String| Error::Spawn {
        name: worker.name.clone(),
        why,
    };
    let before_us = clock::now_us();
    if shared.pid(&worker.name).is_none() {
        let (reply, answer) = mpsc::channel();
        shared.order(Order::Spawn(worker.name.clone(), reply));
        let gone = |_| failed("the lab is stopping".to_owned());
        answer.recv().map_err(gone)?.map_err(failed)?;
    }
    await_answer(shared, worker)?;
    Ok(Stamp {
        before_us,
        after_us: clock::now_us(),
    })
}

fn await_answer(shared: &Shared, worker: &Worker) -> Result<(), Error> {
    let client = Client::new(Duration::from_secs(2));
    let deadline = clock::monotonic() + REST_DEADLINE;
    while !client.answers(&format!("{}/", worker.rest)) {
        if shared.pid(&worker.name).is_none() {
            let log = shared.lab.dir.join(format!("logs/{}.log", worker.name));
            return Err(Error::Spawn {
                name: worker.name.clone(),
                why: format!("it ended at once, see {}", log.display()),
            });
        }
        if clock::monotonic() > deadline {
            return Err(Error::TooSlow {
                name: worker.name.clone(),
                what: "answer",
                seconds: REST_DEADLINE.as_secs(),
            });
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn wait(
    what: &'static str,
    worker: &Worker,
    patience: Duration,
    done: impl Fn() -> bool,
) -> Result<(), Error> {
    let deadline = clock::monotonic() + patience;
    while !done() {
        if clock::monotonic() > deadline {
            return Err(Error::TooSlow {
                name: worker.name.clone(),
                what,
                seconds: patience.as_secs(),
            });
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Appends a line to `truth/faults.jsonl`.
pub(super) fn note(shared: &Shared, fault: &impl Serialize) -> io::Result<()> {
    let mut file = File::options()
        .create(true)
        .append(true)
        .open(shared.lab.dir.join("truth/faults.jsonl"))?;
    let line = serde_json::to_string(fault)? + "\n";
    file.write_all(line.as_bytes())
}
