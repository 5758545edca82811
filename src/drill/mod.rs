//! Runs a resilience test: proves the steady state, injects the fault, watches, undoes what was done and saves the evidence.
//!
//! Nothing is judged here: the verdict is a function of what was saved.

mod acts;
pub mod ask;
mod audits;
pub mod call;
pub mod clocks;
pub mod clusters;
pub mod configure;
pub mod deed;
pub mod events;
pub mod issue;
pub mod live;
pub mod orphans;
pub mod page;
pub mod preflight;
pub mod progress;
mod properties;
mod ready;
pub mod recorded;
mod rehearsal;
pub mod restore;
pub(crate) mod save;
pub mod schedule;
mod session;
pub mod signals;
pub mod silence;
mod steady;
pub mod steps;
mod target;
pub mod trend;
pub mod victim;
pub mod watch;

use std::fs::{File, TryLockError};
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use futures_util::FutureExt;

use crate::audit;
use crate::fetch::{self, Access};
use crate::recovery::events::Closed;
use crate::recovery::inventory::Inventory;
use crate::recovery::scenario::Scenario;
use crate::storage::evidence;
use crate::storage::prometheus::{self, Server};
use clusters::Clusters;
use events::EventLog;
use page::Exporter;
use restore::Restore;
use session::Session;
use silence::{AccessOf, Alertmanager};
use steps::Runner;
use target::Target;
use victim::Roles;

/// What a drill is to do.
#[derive(Debug)]
pub struct Options {
    /// The scenario.
    pub scenario: Scenario,
    /// Its text, for the evidence.
    pub scenario_text: String,
    /// The site.
    pub inventory: Inventory,
    /// Its text, for the evidence.
    pub inventory_text: String,
    /// Its Prometheus server.
    pub server: Server,
    /// Who asks the workers' REST APIs.
    pub rest: Access,
    /// The file that says so, which a restore reads again.
    pub rest_file: Option<PathBuf>,
    /// Who asks the exporter for its page.
    pub page: Access,
    /// Whom to hit: `leader`, `owner`, `idle`, a worker id, or a connector's name.
    pub victim: String,
    /// Whom else to hit, where the scenario hits two workers: `leader`, `other` or a worker id.
    pub second: Option<String>,
    /// The command that injects the fault.
    pub fault: String,
    /// The clusters of the flow, or why they cannot be asked.
    pub clusters: Result<Clusters, String>,
    /// The audits that follow, one for each topic of the load; their window is that of the drill.
    pub audits: Vec<audit::Options>,
    /// Metrics whose series are saved beside those that mirrorwatch derives and the scenario names.
    pub metrics: Vec<String>,
    /// Whose alerts are silenced meanwhile, if they are to be.
    pub alerts: Option<Alerts>,
    /// Reads who asks Alertmanager.
    pub access_of: AccessOf,
    /// The evidence directory; must not exist.
    pub out: PathBuf,
    /// Whether nobody is asked before the fault.
    pub yes: bool,
    /// Whether a person does the steps.
    pub manual: bool,
    /// Whether stderr is a terminal.
    pub terminal: bool,
}

/// Where alerts are silenced.
#[derive(Clone, Debug)]
pub struct Alerts {
    /// As it is asked.
    pub alertmanager: Alertmanager,
    /// Its base URL.
    pub url: String,
    /// The file that says who asks; its path is whole, for a restore may run elsewhere.
    pub access: Option<PathBuf>,
}

/// What a restore did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// How many steps it undid.
    pub steps: usize,
    /// Whether it ended a silence.
    pub silence: bool,
}

/// Why a drill could not be run, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The inventory does not name the exporter.
    #[error(
        "the inventory has no `exporter`: a drill looks at its page and compares its clock; add `exporter: http://host:19850`"
    )]
    NoExporter,
    /// Somebody holds the directory.
    #[error(
        "{0}: a drill is still running on it; end that one first, it undoes what it did by itself"
    )]
    Running(PathBuf),
    /// The signals cannot be taken over.
    #[error("cannot take over Ctrl-C and SIGTERM, and will not begin without: {0}")]
    Signals(io::Error),
    /// The evidence cannot be written.
    #[error("cannot write the evidence: {0}")]
    Log(io::Error),
    /// The samples could not be had.
    #[error(
        "{source}; the samples are not saved: `mirrorwatch evaluate {} --server URL` judges by those of the server while it has them",
        dir.display()
    )]
    Unsaved {
        /// The evidence directory.
        dir: PathBuf,
        /// Why.
        source: Box<Error>,
    },
    /// A panic.
    #[error(
        "a defect of mirrorwatch ended the drill; what it says above belongs into a bug report"
    )]
    Defect,
    /// The directory cannot be opened.
    #[error("{path}: {source}; give the directory of a drill's evidence")]
    Directory {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No HTTP client.
    #[error("cannot make an HTTP client: {0}")]
    Http(#[from] fetch::Error),
    /// An expression or a duration cannot be read.
    #[error(transparent)]
    Expression(#[from] crate::promql::Error),
    /// A scenario that is not valid at this site.
    #[error("the scenario cannot be run at this site:\n{0}")]
    Plan(String),
    /// The exporter's page.
    #[error(transparent)]
    Page(#[from] page::Error),
    /// No victim.
    #[error(transparent)]
    Victim(#[from] victim::Error),
    /// Steps that cannot be bound.
    #[error(transparent)]
    Schedule(#[from] schedule::Error),
    /// Nobody to ask.
    #[error(transparent)]
    Ask(#[from] ask::Error),
    /// What is to be done cannot be.
    #[error(transparent)]
    Preflight(#[from] preflight::Error),
    /// A step that failed.
    #[error(transparent)]
    Issue(#[from] issue::Error),
    /// Something is left to undo.
    #[error(transparent)]
    Restore(#[from] restore::Error),
    /// The alerts could not be silenced.
    #[error("the alerts were to be silenced and are not, so nothing was done: {0}")]
    NotSilenced(silence::Error),
    /// A silence is left.
    #[error("{silence} is left; `mirrorwatch drill --restore DIR` tries again to end it: {source}")]
    Silent {
        /// Which.
        silence: String,
        /// Why.
        source: silence::Error,
    },
    /// The server of the samples.
    #[error(transparent)]
    Server(#[from] prometheus::Error),
    /// The steady state cannot be judged.
    #[error(transparent)]
    Judge(#[from] crate::recovery::judge::Error),
    /// The evidence directory.
    #[error(transparent)]
    Evidence(#[from] evidence::Error),
}

/// How a drill ended whose evidence is saved.
#[derive(Debug)]
pub struct Ended {
    /// What went wrong on the way: a step that failed, an undo that is left. The evidence is there all the same.
    pub trouble: Option<Error>,
}

/// Run a drill and save its evidence. Whatever happens after the first step, what was done is undone.
pub async fn run(options: &Options) -> Result<Ended, Error> {
    let mut session = Session::begin(options).await?;
    // A defect of ours must not leave the system under test as it is, either.
    let observed = AssertUnwindSafe(session.observe())
        .catch_unwind()
        .await
        .unwrap_or(Err(Error::Defect));
    let ending = observed.as_ref().ok().cloned();
    let ending = ending.unwrap_or_else(|| Closed::Failed.into());
    let restored = session.wind_up(ending).await;
    let saved = session.save().await;
    // A system that is not as it was before is nothing to be audited.
    let audited = match &restored {
        Ok(()) => session.audit().await,
        Err(_) => Ok(()),
    };
    let trouble = observed.err().or(restored.err()).or(audited.err());
    match (saved, trouble) {
        (Ok(()), trouble) => Ok(Ended { trouble }),
        // What keeps a system from being as before matters more than a missing file.
        (Err(_), Some(trouble)) => Err(trouble),
        (Err(source), None) => Err(Error::Unsaved {
            dir: options.out.clone(),
            source: Box::new(source),
        }),
    }
}

/// What a drill would do, for people, and why it would not begin, if so; nothing is done, and nothing written.
pub async fn rehearse(options: &Options) -> Result<(String, Option<String>), Error> {
    let url = options.inventory.exporter.as_deref();
    let exporter = Exporter::new(url.ok_or(Error::NoExporter)?, &options.page)?;
    let page = exporter.page().await?;
    let target = Target::choose(options, Roles::read(&page, &options.inventory))?;
    let look = preflight::Look {
        options,
        target: &target,
        exporter: &exporter,
        page: &page,
        http: &options.rest.requests()?,
    };
    let rows = look.rows().await;
    Ok((rehearsal::told(options, &target, &rows), rows.refusal()))
}

/// The file with who asked the workers of the interrupted drill in `dir`, if that was told.
pub fn rest_file(dir: &Path) -> Result<Option<PathBuf>, Error> {
    let left = Restore::load(dir)?;
    Ok(left.and_then(|left| left.rest_file().map(Path::to_owned)))
}

/// Undo what an interrupted drill left in `dir`, asking the workers as `rest`, and end its silence.
pub async fn restore(dir: &Path, rest: &Access, access_of: AccessOf) -> Result<Restored, Error> {
    let _lock = lock(dir)?;
    let _signals = signals::Signals::listen().map_err(Error::Signals)?;
    let Some(mut left) = Restore::load(dir)? else {
        return Ok(Restored::default());
    };
    let runner = Runner::new(dir, left.mark(), rest.requests()?).map_err(Error::Log)?;
    let runner = runner.by_hand(left.is_manual());
    let mut log = EventLog::resume(dir).map_err(Error::Log)?;
    let ended = left.end_orphans().await;
    if ended > 0 {
        tracing::warn!(
            processes = ended,
            "ended what the killed drill left running"
        );
    }
    let steps = left.len();
    let undone = left.undo_all(&runner, &mut log).await;
    // What is still broken is to be told to whoever is on duty, too.
    let silence = silence::ended(&mut left, access_of).await;
    undone?;
    Ok(Restored {
        steps,
        silence: silence?.is_some(),
    })
}

/// Hold `dir` for as long as the file lives; the system lets go of it when the process dies.
fn lock(dir: &Path) -> Result<File, Error> {
    let failed = |source| Error::Directory {
        path: dir.to_owned(),
        source,
    };
    let file = File::open(dir).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Running(dir.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// A directory is only on disk when its name is, and that stands in its parent.
fn sync_parent(dir: &Path) -> io::Result<()> {
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

#[test]
fn a_directory_in_use_is_not_restored() {
    let dir = tempfile::tempdir().unwrap();
    let held = lock(dir.path()).unwrap();
    assert!(matches!(lock(dir.path()), Err(Error::Running(_))));
    drop(held);
    assert!(lock(dir.path()).is_ok());
}
