//! A lab as the one who uses it holds it: started and stopped, or only visited; asked and commanded over its socket.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ExitStatus};
use std::time::Duration;

use crate::clock;
use crate::config::Config;
use crate::deed::{Deed, Outcome};
use crate::description::{self, Description};
use crate::launch::{absolute, binary, listen, reap, spawn};
use crate::network;
use crate::supervisor::{Action, Answer, Fault, Request, Stamp, Status, socket_path};
use crate::truth::{self, Arrivals, Ledger, Truth, Window};

const DOWN_DEADLINE: Duration = Duration::from_secs(20);
const TRUTH_DEADLINE: Duration = Duration::from_secs(3);

/// A lab could not be started, reached or commanded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No `lab` binary.
    #[error(
        "the lab binary is not found ({0} is missing); build it with: cargo build -p mirrorwatch-lab"
    )]
    NoBinary(PathBuf),
    /// The supervisor did not bring it up.
    #[error("the lab did not start: {0}")]
    NotStarted(String),
    /// No lab there.
    #[error(transparent)]
    Description(#[from] description::Error),
    /// Nobody answers on its socket.
    #[error("the lab in {dir} does not answer")]
    Silent {
        /// The lab's directory.
        dir: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is in no namespace of its own.
    #[error("this lab has no network namespace of its own; start it as root with --links netns")]
    NoNamespace,
    /// The namespace cannot be entered, or the command not be run.
    #[error(transparent)]
    Network(#[from] network::Error),
    /// The command did not do it.
    #[error("`{0}` ended: {1}")]
    Failed(String, ExitStatus),
    /// It answered that it could not.
    #[error("{0}")]
    Refused(String),
    /// The notes of the truth cannot be read.
    #[error("the truth in {dir} cannot be read")]
    Truth {
        /// The folder.
        dir: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Something with a file or process.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
}

/// A running lab.
#[derive(Debug)]
pub struct Lab {
    description: Description,
    /// Held by the one who started it: when its end closes, the lab stops.
    owned: Option<(Child, Option<ChildStdin>)>,
}

impl Lab {
    /// Starts a lab and waits until it is ready; it stops when this value is dropped, or the process ends in whatever way.
    pub fn start(config: &Config) -> Result<Self, Error> {
        Self::start_with(config, |_, _| {})
    }

    /// The same, telling each step with the seconds since the start.
    pub fn start_with(config: &Config, tell: impl FnMut(f64, &str)) -> Result<Self, Error> {
        let mut child = spawn(config, true)?;
        let stdin = child.stdin.take();
        let heard = listen(&mut child, tell);
        let owned = Some((child, stdin));
        let description = heard.and_then(|()| Ok(Description::read(&absolute(&config.dir)?)?));
        match description {
            Ok(description) => Ok(Self { description, owned }),
            Err(error) => {
                reap(owned);
                Err(error)
            }
        }
    }

    /// Starts a lab that goes on when this process ends, and waits until it is ready.
    pub fn start_detached(config: &Config, tell: impl FnMut(f64, &str)) -> Result<Self, Error> {
        let mut child = spawn(config, false)?;
        if let Err(error) = listen(&mut child, tell) {
            // It has stopped everything else already; nothing of it is left when the error is told.
            reap(Some((child, None)));
            return Err(error);
        }
        Self::attach(&config.dir)
    }

    /// The `lab` binary, where there is one: the running program itself, or beside the running test.
    pub fn binary() -> Result<PathBuf, Error> {
        binary()
    }

    /// A lab that somebody else started.
    pub fn attach(dir: &Path) -> Result<Self, Error> {
        Ok(Self {
            description: Description::read(&absolute(dir)?)?,
            owned: None,
        })
    }

    /// The lab's directory.
    pub fn dir(&self) -> &Path {
        &self.description.dir
    }

    /// What it consists of and where to reach it.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// How everything is.
    pub fn status(&self) -> Result<Status, Error> {
        match self.ask(&Request::Status)? {
            Answer::Status(status) => Ok(status),
            other => Err(unexpected(other)),
        }
    }

    /// Does something to a worker: its name (`worker-1`), its worker id, or a role (`leader`, `owner`, `idle`).
    pub fn fault(&self, action: Action, worker: &str) -> Result<Fault, Error> {
        match self.ask(&Request::Fault {
            action,
            worker: worker.to_owned(),
        })? {
            Answer::Fault(fault) => Ok(fault),
            other => Err(unexpected(other)),
        }
    }

    /// Does something else, and waits until it has taken effect.
    pub fn act(&self, deed: &Deed) -> Result<Outcome, Error> {
        match self.ask(&Request::Deed { deed: deed.clone() })? {
            Answer::Outcome(outcome) => Ok(outcome),
            other => Err(unexpected(other)),
        }
    }

    /// Runs a command in the lab's network namespace, where packets of the workers can be dropped, and notes what and when.
    pub fn inside(&self, words: &[String]) -> Result<Outcome, Error> {
        let Some(namespace) = &self.description.namespace else {
            return Err(Error::NoNamespace);
        };
        let before_us = clock::now_us();
        let status = network::inside(namespace, words)?;
        let outcome = Outcome {
            action: "inside".to_owned(),
            before_us,
            after_us: clock::now_us(),
            details: serde_json::json!({ "command": words.join(" "), "ended": status.to_string() }),
        };
        outcome.note(self.dir()).map_err(|source| Error::Io {
            what: "truth/faults.jsonl".to_owned(),
            source,
        })?;
        if status.success() {
            Ok(outcome)
        } else {
            Err(Error::Failed(words.join(" "), status))
        }
    }

    /// Creates a connector (`lab-failing`) whose one task is FAILED, and waits until Connect says so.
    pub fn fail_task(&self) -> Result<Outcome, Error> {
        self.act(&Deed::FailTask)
    }

    /// Deletes it again.
    pub fn heal_task(&self) -> Result<Outcome, Error> {
        self.act(&Deed::HealTask)
    }

    /// The truth of the load in a window, once it is known up to the end of the window (or up to now, for a window that goes on).
    pub fn truth(&self, window: Window, threshold: Duration) -> Result<Truth, Error> {
        let read = || Ledger::read(&self.truth_dir());
        let ledger = self.complete(window, read, |ledger| ledger.through_us)?;
        Ok(truth::judge(&ledger, window, micros(threshold)))
    }

    /// First arrivals in the watched topics, known up to the end of the window or up to now.
    pub fn arrivals(&self, window: Window) -> Result<Arrivals, Error> {
        self.complete(
            window,
            || Arrivals::read(&self.truth_dir()),
            |arrivals| arrivals.through_us,
        )
    }

    /// Waits until a lab that was started here ends, because somebody else stopped it.
    pub fn wait(mut self) {
        if let Some((child, _stdin)) = &mut self.owned {
            // Its standard input was taken out of the child and stays open, so this does not stop it.
            let _ = child.wait();
        }
    }

    /// Stops it and waits until nothing of it is left; a lab that is dead already is as good as stopped.
    pub fn stop(mut self) -> Result<(), Error> {
        if self.owned.is_some() {
            reap(self.owned.take());
            return Ok(());
        }
        match self.done(&Request::Down) {
            Err(Error::Silent { source, .. }) if is_dead(&source) => {
                network::sweep();
                return Ok(());
            }
            other => other?,
        };
        let deadline = clock::monotonic() + DOWN_DEADLINE;
        while socket_path(self.dir()).exists() && clock::monotonic() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn truth_dir(&self) -> PathBuf {
        self.dir().join("truth")
    }

    fn complete<T>(
        &self,
        window: Window,
        read: impl Fn() -> io::Result<T>,
        through: impl Fn(&T) -> i64,
    ) -> Result<T, Error> {
        let wanted = window.to_us.min(clock::now_us());
        let deadline = clock::monotonic() + TRUTH_DEADLINE;
        loop {
            let known = read().map_err(|source| Error::Truth {
                dir: self.truth_dir(),
                source,
            })?;
            // A lab that is stopped will not write more.
            if through(&known) >= wanted
                || clock::monotonic() > deadline
                || !socket_path(self.dir()).exists()
            {
                return Ok(known);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn done(&self, request: &Request) -> Result<Stamp, Error> {
        match self.ask(request)? {
            Answer::Done(stamp) => Ok(stamp),
            other => Err(unexpected(other)),
        }
    }

    fn ask(&self, request: &Request) -> Result<Answer, Error> {
        let silent = |source| Error::Silent {
            dir: self.dir().to_owned(),
            source,
        };
        let stream = UnixStream::connect(socket_path(self.dir())).map_err(silent)?;
        let converse = || -> io::Result<Answer> {
            let mut writer = &stream;
            writeln!(writer, "{}", serde_json::to_string(request)?)?;
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line)?;
            Ok(serde_json::from_str(&line)?)
        };
        converse().map_err(silent)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        reap(self.owned.take());
    }
}

/// Nobody holds the socket any more.
fn is_dead(source: &io::Error) -> bool {
    matches!(
        source.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound
    )
}

fn unexpected(answer: Answer) -> Error {
    match answer {
        Answer::Error { message } => Error::Refused(message),
        other => Error::Refused(format!("unexpected answer: {other:?}")),
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
