//! The process that owns a lab. Its main thread starts every other process, because each of them is killed when the thread that started
//! it ends; so nothing is left behind however the supervisor dies. Other threads answer on the socket and do the faults.

mod brokers;
mod children;
mod connectors;
mod deeds;
mod failing;
mod fault;
mod large;
mod links;
mod lives;
mod overrun;
mod progress;
mod protocol;
mod restarts;
mod rights;
mod scene;
mod shared;
mod socket;
mod start;
mod topics;
mod traffic;

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

pub(crate) use progress::Progress;
pub use protocol::{Action, Fault, Hurt, Process, Stamp, Status};
pub(crate) use protocol::{Answer, Request};
pub(crate) use socket::path as socket_path;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Config;
use crate::description::Description;
use crate::home::{self, Home};
use crate::links::Links;
use crate::network::{self, Namespace, Subnet};
use crate::ports::{self, Ports};
use crate::render::{self, Shipped};
use crate::secure;
use children::Children;
use shared::{Order, Shared};

/// How often the main thread looks whether a process has ended.
const REAP_EVERY: Duration = Duration::from_millis(20);

/// The lab did not start, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something is not set up.
    #[error(transparent)]
    Home(#[from] home::Error),
    /// No ports.
    #[error(transparent)]
    Ports(#[from] ports::Error),
    /// The directory holds a lab that runs.
    #[error("a lab runs in {0} already; stop it with: lab down --dir {0}")]
    Running(String),
    /// The shipped configuration of the alerts cannot be used.
    #[error(transparent)]
    Shipped(#[from] render::ShippedError),
    /// No network namespace.
    #[error(transparent)]
    Network(#[from] network::Error),
    /// A file, a process or the socket.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
    /// A process did not come up.
    #[error("{name} {what}; see {log}, its last lines:\n{lines}")]
    NotStarted {
        /// Process name.
        name: String,
        /// What happened.
        what: String,
        /// Its log file.
        log: PathBuf,
        /// The lines that tell most.
        lines: String,
    },
    /// Kafka refused something.
    #[error(transparent)]
    Kafka(#[from] crate::kafka::Error),
    /// Kafka refused a right.
    #[error(transparent)]
    Acls(#[from] crate::kafka::acls::Error),
    /// Connect refused a connector.
    #[error("the connector {name} is not created; see {log}")]
    Connector {
        /// Its name.
        name: String,
        /// The log of the worker that was asked.
        log: PathBuf,
        /// Why not.
        source: crate::connect::Error,
    },
    /// It was told to stop before it was ready.
    #[error("stopped before it was ready")]
    Stopped,
}

/// The error with its causes on one line, for those who get no more than a text.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn failed(what: impl Into<String>) -> impl FnOnce(io::Error) -> Error {
    let what = what.into();
    move |source| Error::Io { what, source }
}

/// Runs a lab until it is told to stop. With `until_stdin_closes` the end of standard input tells so too.
pub fn supervise(config: &Config, until_stdin_closes: bool) -> Result<(), Error> {
    // A session of its own: what happens to the terminal does not reach the lab.
    let _ = rustix::process::setsid();
    allow_files();
    let outcome = run(config, until_stdin_closes);
    if let Err(error) = &outcome {
        let _ = progress::tell(&Progress::Failed {
            message: chain(error),
        });
    }
    outcome
}

fn run(config: &Config, until_stdin_closes: bool) -> Result<(), Error> {
    let home = Home::find()?;
    let mut ports = Description::take_ports(config)?;
    let binary = std::env::current_exe().map_err(failed("the lab's own binary"))?;
    let lab = Description::plan(config, binary, &mut ports);
    let shipped = Shipped::of(&lab, &home)?;
    let listener = socket::listen(&lab.dir)?;
    let namespace = enter(&lab, &ports).inspect_err(|_| socket::remove(&lab.dir))?;
    clear(&lab.dir).map_err(failed(format!(
        "what an earlier lab left in {}",
        lab.dir.display()
    )))?;
    render::files(&lab, config, shipped.as_ref()).map_err(failed(format!(
        "the configuration files in {}",
        lab.dir.display()
    )))?;
    secure::make(&lab, &render::java())
        .map_err(failed("the keys and passwords of the secured lab"))?;
    let (sender, orders) = mpsc::channel();
    let links = Links::start(&lab).map_err(failed("the proxies before the brokers"))?;
    let shared = Arc::new(Shared::new(lab, config.clone(), links, sender));
    if until_stdin_closes {
        stop_at_end_of_stdin(Arc::clone(&shared));
    }
    let mut children = Children::new(Arc::clone(&shared));
    let outcome = start::everything(config, &home, &mut children).and_then(|seconds| {
        children.write_description()?;
        serve(&shared, listener);
        let _ = progress::tell(&Progress::Ready { seconds });
        obey(&shared, &orders, &mut children)
    });
    children.stop_all();
    drop(namespace);
    socket::remove(&shared.lab.dir);
    outcome
}

/// As many open files as the system grants: connections that their clients gave up during a stall are held until it ends.
fn allow_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    // Without it a lab works as well, for shorter stalls.
    let _ = setrlimit(Resource::Nofile, raised);
}

/// Removes what dead labs left, and moves this thread, and so all that it starts, into the lab's own namespace if it has one.
fn enter(lab: &Description, ports: &Ports) -> Result<Option<Namespace>, network::Error> {
    network::sweep();
    let own = lab.namespace.as_ref();
    own.map(|_| Namespace::enter(Subnet::of(ports.block())))
        .transpose()
}

/// Removes the data, truth and logs of an earlier lab in the same directory; our own log is being written already.
fn clear(dir: &Path) -> io::Result<()> {
    for folder in ["data", "truth", "config"]
        .map(|name| dir.join(name))
        .iter()
        .filter(|folder| folder.exists())
    {
        fs::remove_dir_all(folder)?;
    }
    let Ok(logs) = fs::read_dir(dir.join("logs")) else {
        return Ok(());
    };
    logs.flatten()
        .filter(|log| log.file_name() != "supervisor.log")
        .try_for_each(|log| fs::remove_file(log.path()))
}

fn serve(shared: &Arc<Shared>, listener: UnixListener) {
    let shared = Arc::clone(shared);
    thread::spawn(move || socket::serve(&shared, &listener));
}

fn stop_at_end_of_stdin(shared: Arc<Shared>) {
    thread::spawn(move || {
        let mut sink = [0_u8; 256];
        while io::stdin()
            .lock()
            .read(&mut sink)
            .is_ok_and(|read| read > 0)
        {}
        shared.request_stop();
    });
}

/// The main thread's work while the lab runs.
fn obey(shared: &Shared, orders: &Receiver<Order>, children: &mut Children) -> Result<(), Error> {
    while !shared.stop_requested() {
        match orders.recv_timeout(REAP_EVERY) {
            Ok(Order::Spawn(name, reply)) => {
                let _ = reply.send(children.spawn_again(&name).map_err(|error| chain(&error)));
                children.write_description()?;
            }
            Ok(Order::Wake) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
        children.reap();
    }
    Ok(())
}
