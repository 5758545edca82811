//! What a drill has to undo, on disk before it is done; and the undoing, in reverse, by the drill itself or by `drill --restore DIR`.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::events::EventLog;
use super::orphans;
use super::silence::Silence;
use super::steps::Runner;
use crate::recovery::events::What;

/// Why not everything was undone.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The file is not what a drill writes.
    #[error("{path}: {source}; undo by hand what it lists")]
    Form {
        /// Which.
        path: String,
        /// Why.
        source: serde_json::Error,
    },
    /// An undo failed.
    #[error(
        "not everything is undone; `mirrorwatch drill --restore {dir}` tries again\n{failures}"
    )]
    Left {
        /// The evidence directory.
        dir: String,
        /// One line per step.
        failures: String,
    },
}

/// How a step is undone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Undo {
    /// Name of the step.
    pub step: String,
    /// What undoes it.
    pub call: Call,
    /// Longest time it may take, in seconds.
    pub limit_seconds: u64,
}

/// `restore.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Document {
    format: u32,
    /// Marks the processes of this drill.
    mark: String,
    /// Whether a person undoes it.
    #[serde(default)]
    manual: bool,
    /// The file with who asks the workers, if they want to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rest_file: Option<PathBuf>,
    /// The session in which they run.
    session: i32,
    /// The step, or the undo of a step, that is under way.
    in_flight: Option<String>,
    /// In the order of the steps; undone from the last.
    undo: Vec<Undo>,
    /// The silence that keeps alerts from being sent meanwhile; ended when all else is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    silence: Option<Silence>,
}

/// What is to be undone, kept on disk.
#[derive(Debug)]
pub struct Restore {
    dir: PathBuf,
    document: Document,
}

impl Restore {
    /// Name of the file in the evidence directory.
    pub const NAME: &'static str = "restore.json";

    /// Nothing to undo yet, and no file.
    pub fn new(dir: &Path, mark: &str) -> Self {
        let document = Document {
            format: 1,
            mark: mark.to_owned(),
            manual: false,
            rest_file: None,
            session: orphans::session(),
            in_flight: None,
            undo: Vec::new(),
            silence: None,
        };
        Self {
            dir: dir.to_owned(),
            document,
        }
    }

    /// What an interrupted drill left; `None` when there is nothing to undo.
    pub fn load(dir: &Path) -> Result<Option<Self>, Error> {
        let path = dir.join(Self::NAME);
        let text = match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|source| file_error(&path, source))?,
        };
        let document = serde_json::from_slice(&text).map_err(|source| Error::Form {
            path: path.display().to_string(),
            source,
        })?;
        Ok(Some(Self {
            dir: dir.to_owned(),
            document,
        }))
    }

    /// Marks the processes of this drill.
    pub fn mark(&self) -> &str {
        &self.document.mark
    }

    /// The same, undone by a person.
    #[must_use]
    pub fn by_hand(mut self, manual: bool) -> Self {
        self.document.manual = manual;
        self
    }

    /// The same, asking the workers as this file says; a restore from another folder finds it, too.
    #[must_use]
    pub fn asking(mut self, file: Option<&Path>) -> Self {
        let whole = |file: &Path| std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        self.document.rest_file = file.map(whole);
        self
    }

    /// The file with who asks the workers.
    pub fn rest_file(&self) -> Option<&Path> {
        self.document.rest_file.as_deref()
    }

    /// Whether a person undoes it.
    pub fn is_manual(&self) -> bool {
        self.document.manual
    }

    /// Whether nothing is to be undone.
    pub fn is_empty(&self) -> bool {
        self.document.undo.is_empty()
    }

    /// How many steps are to be undone.
    pub fn len(&self) -> usize {
        self.document.undo.len()
    }

    /// Note that `step` is about to be issued and what undoes it; on disk when this returns.
    pub fn before(&mut self, step: &str, undo: Option<Undo>) -> Result<(), Error> {
        self.document.in_flight = Some(step.to_owned());
        self.document.undo.extend(undo);
        self.save()
    }

    /// Note that the step under way has ended.
    pub fn after(&mut self) -> Result<(), Error> {
        self.document.in_flight = None;
        self.save()
    }

    /// Note the silence that is about to be made, or what it is called; nothing once it has ended. On disk when this returns.
    pub fn keep(&mut self, silence: Option<Silence>) -> Result<(), Error> {
        self.document.silence = silence;
        self.save()
    }

    /// The silence that is to be ended.
    pub fn silence(&self) -> Option<&Silence> {
        self.document.silence.as_ref()
    }

    /// End what a killed drill left running. Only a step that was under way is ended; what a finished step started is its effect.
    pub async fn end_orphans(&self) -> usize {
        if self.document.in_flight.is_none() {
            return 0;
        }
        orphans::end(&self.document.mark, self.document.session).await
    }

    /// Undo everything, the last step first. What fails stays on disk, and does not keep the rest from being undone.
    pub async fn undo_all(&mut self, runner: &Runner, log: &mut EventLog) -> Result<(), Error> {
        self.document.session = orphans::session();
        let mut failures = Vec::new();
        for undo in self.document.undo.clone().into_iter().rev() {
            tracing::info!(step = undo.step, "undoing");
            self.document.in_flight = Some(undo.step.clone());
            // Undoing matters more than its record: a full disk must not leave a worker stopped.
            warn(self.save());
            warn(log.append(What::RestoreIssued {
                step: undo.step.clone(),
            }));
            let limit = Duration::from_secs(undo.limit_seconds);
            let done = runner
                .run(
                    &format!("{}.undo", undo.step),
                    &undo.call,
                    limit,
                    std::future::pending(),
                )
                .await;
            self.document.in_flight = None;
            match done {
                Ok(()) => {
                    self.document.undo.retain(|other| *other != undo);
                    warn(log.append(What::RestoreDone { step: undo.step }));
                }
                Err(error) => {
                    failures.push(format!("undo of `{}`: {error}", undo.step));
                    warn(log.append(What::RestoreFailed {
                        step: undo.step,
                        reason: error.to_string(),
                    }));
                }
            }
            warn(self.save());
        }
        self.settled(&failures)
    }

    fn settled(&mut self, failures: &[String]) -> Result<(), Error> {
        if failures.is_empty() {
            return self.after();
        }
        Err(Error::Left {
            dir: self.dir.display().to_string(),
            failures: failures.join("\n"),
        })
    }

    /// The file is replaced as a whole, and gone when there is nothing to undo.
    fn save(&self) -> Result<(), Error> {
        let path = self.dir.join(Self::NAME);
        self.write(&path)
            .map_err(|source| file_error(&path, source))
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        if self.is_empty() && self.document.in_flight.is_none() && self.document.silence.is_none() {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        } else {
            let mut file = tempfile::NamedTempFile::new_in(&self.dir)?;
            serde_json::to_writer_pretty(&mut file, &self.document)?;
            file.as_file().sync_all()?;
            file.persist(path)?;
        }
        File::open(&self.dir)?.sync_all()
    }
}

fn file_error(path: &Path, source: io::Error) -> Error {
    Error::File {
        path: path.display().to_string(),
        source,
    }
}

fn warn<T, E: std::fmt::Display>(result: Result<T, E>) {
    if let Err(error) = result {
        tracing::warn!(%error, "the restore goes on without its record");
    }
}

#[cfg(test)]
fn undo(step: &str, command: &str) -> Undo {
    Undo {
        step: step.to_owned(),
        call: Call::Shell {
            command: command.to_owned(),
            variables: [].into(),
        },
        limit_seconds: 5,
    }
}

#[tokio::test]
async fn steps_are_undone_from_the_last_and_the_file_goes_with_the_last_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = EventLog::create(dir.path()).unwrap();
    let runner = Runner::new(dir.path(), "m", reqwest::Client::new()).unwrap();
    let state = dir.path().join("state");
    let mut restore = Restore::new(dir.path(), "m");
    for step in ["one", "two"] {
        restore
            .before(
                step,
                Some(undo(step, &format!("echo {step} >> {}", state.display()))),
            )
            .unwrap();
        restore.after().unwrap();
    }
    let mut found = Restore::load(dir.path()).unwrap().unwrap();
    found.undo_all(&runner, &mut log).await.unwrap();
    assert_eq!(std::fs::read_to_string(&state).unwrap(), "two\none\n");
    assert!(Restore::load(dir.path()).unwrap().is_none());
}

#[tokio::test]
async fn an_undo_that_fails_stays_on_disk_and_keeps_no_other_from_being_done() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = EventLog::create(dir.path()).unwrap();
    let runner = Runner::new(dir.path(), "m", reqwest::Client::new()).unwrap();
    let mut restore = Restore::new(dir.path(), "m");
    let reached = dir.path().join("reached");
    restore
        .before(
            "one",
            Some(undo("one", &format!("touch {}", reached.display()))),
        )
        .unwrap();
    restore.before("two", Some(undo("two", "exit 3"))).unwrap();
    let error = restore
        .undo_all(&runner, &mut log)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("undo of `two`: it ended with exit code 3"),
        "{error}"
    );
    assert!(reached.exists());
    let left = Restore::load(dir.path()).unwrap().unwrap();
    assert_eq!(left.document.undo.len(), 1);
    assert_eq!(left.document.undo[0].step, "two");
}
