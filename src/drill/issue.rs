//! Issues the steps of a drill, each only after its undo and its event are on disk.

use super::events::EventLog;
use super::restore::{self, Restore};
use super::schedule::Step;
use super::signals::Signals;
use super::steps::{self, Runner};
use crate::recovery::events::What;
use crate::recovery::judgement::Zero;

/// Why the steps ended before the last one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A step failed.
    #[error("step `{step}` failed: {source}")]
    Failed {
        /// Its name.
        step: String,
        /// Why.
        source: steps::Error,
    },
    /// What is to be undone cannot be written.
    #[error(transparent)]
    Restore(#[from] restore::Error),
    /// The event log cannot be written.
    #[error("cannot write the event log: {0}")]
    Log(#[from] std::io::Error),
}

/// What the steps are issued with.
#[derive(Debug)]
pub struct Issuer<'a> {
    /// Does the calls.
    pub runner: &'a Runner,
    /// Keeps what is to be undone.
    pub restore: &'a mut Restore,
    /// Keeps what happened.
    pub log: &'a mut EventLog,
    /// Whether the drill is to end.
    pub signals: &'a Signals,
}

impl Issuer<'_> {
    /// Issue the steps in order; the zero of the clock, or `None` when a signal came before it.
    pub async fn issue_all(&mut self, steps: &[Step]) -> Result<Option<Zero>, Error> {
        let mut zero = None;
        for step in steps {
            if self.signals.is_interrupted() {
                break;
            }
            let times = self.issue(step).await?;
            if step.zero {
                zero = Some(times);
            }
        }
        Ok(zero)
    }

    async fn issue(&mut self, step: &Step) -> Result<Zero, Error> {
        self.restore.before(&step.name, step.undo.clone())?;
        let issued = self.log.append(What::StepIssued {
            step: step.name.clone(),
            zero: step.zero,
        })?;
        let abandoned = self.signals.interrupted_with_grace();
        let result = self
            .runner
            .run(&step.name, &step.call, step.limit, abandoned)
            .await;
        match result {
            Ok(()) => {
                let done = self.log.append(What::StepDone {
                    step: step.name.clone(),
                })?;
                self.restore.after()?;
                Ok(Zero { issued, done })
            }
            Err(source) => {
                self.log.append(What::StepFailed {
                    step: step.name.clone(),
                    reason: source.to_string(),
                })?;
                Err(Error::Failed {
                    step: step.name.clone(),
                    source,
                })
            }
        }
    }
}

#[cfg(test)]
fn step(name: &str, command: &str) -> Step {
    let call = |command: &str| super::call::Call::Shell {
        command: command.to_owned(),
        variables: [].into(),
    };
    Step {
        name: name.to_owned(),
        zero: true,
        call: call(command),
        limit: std::time::Duration::from_secs(5),
        undo: Some(restore::Undo {
            step: name.to_owned(),
            call: call("true"),
            limit_seconds: 5,
        }),
    }
}

#[cfg(test)]
async fn issued(dir: &std::path::Path, steps: &[Step]) -> (Result<Option<Zero>, Error>, Vec<What>) {
    let mut log = EventLog::create(dir).unwrap();
    let runner = Runner::new(dir, "m", reqwest::Client::new()).unwrap();
    let mut restore = Restore::new(dir, "m");
    let signals = Signals::listen().unwrap();
    let mut issuer = Issuer {
        runner: &runner,
        restore: &mut restore,
        log: &mut log,
        signals: &signals,
    };
    let result = issuer.issue_all(steps).await;
    (
        result,
        log.written()
            .iter()
            .map(|event| event.what.clone())
            .collect(),
    )
}

#[tokio::test]
async fn what_undoes_a_step_and_its_event_are_on_disk_when_it_begins() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().display();
    let seen = format!("cp {path}/restore.json {path}/events.jsonl {path}/steps/");
    let (result, _) = issued(dir.path(), &[step("stop", &seen)]).await;
    assert!(result.unwrap().is_some());
    let restore = std::fs::read_to_string(dir.path().join("steps/restore.json")).unwrap();
    let events = std::fs::read_to_string(dir.path().join("steps/events.jsonl")).unwrap();
    assert!(restore.contains("\"step\": \"stop\"") && events.contains("step_issued"));
}

#[tokio::test]
async fn a_step_that_fails_ends_the_drill_and_leaves_its_undo() {
    let dir = tempfile::tempdir().unwrap();
    let (result, events) =
        issued(dir.path(), &[step("stop", "exit 1"), step("next", "true")]).await;
    assert!(matches!(result, Err(Error::Failed { step, .. }) if step == "stop"));
    assert!(matches!(events.last(), Some(What::StepFailed { .. })) && events.len() == 2);
    assert!(Restore::load(dir.path()).unwrap().is_some());
}
